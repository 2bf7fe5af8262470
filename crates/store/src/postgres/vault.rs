//! What a base backup of the server must know before and after it is made: the programs of
//! PostgreSQL copy the files, and these are the facts by which a copy is checked later.

use super::{
    PostgresOptions,
    address::{Address, Wants},
    connection::{Connection, Done},
    failure::{Trouble, trouble},
};
use crate::{clock::Clock, seam::StoreError, shape::Catalogue, sqlite::Head};
use std::fmt;

/// One host of a database, as PostgreSQL's own programs are told of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Name of the host, or the folder of its socket.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who connects.
    pub user: String,
    /// With which password, if any.
    pub password: Option<String>,
    /// The database.
    pub database: String,
    /// How TLS is asked for, as those programs read it from their surroundings.
    pub tls: Vec<(&'static str, String)>,
}

/// The password is not shown.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.host, self.port, self.database)
    }
}

/// What the server says of itself at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The host that can write now.
    pub place: Place,
    /// The major version of PostgreSQL.
    pub version: u32,
    /// The number that tells this server's files from those of every other.
    pub system: String,
    /// Bytes of one file of its log.
    pub segment: u64,
    /// Its clock, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Bytes of all its databases.
    pub size: u64,
    /// Folders of its own outside the data folder.
    pub tablespaces: u64,
    /// The ends of the logs, by county.
    pub heads: Vec<Head>,
}

const FACTS: &str = "select cast(cast(current_setting('server_version_num') as int) / 10000 as text), \
    (select cast(system_identifier as text) from pg_control_system()), \
    (select setting from pg_settings where name = 'wal_segment_size'), \
    cast(cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint) as text), \
    (select cast(coalesce(sum(pg_database_size(oid)), 0) as text) from pg_database \
     where has_database_privilege(oid, 'connect')), \
    (select cast(count(*) as text) from pg_tablespace \
     where spcname not in ('pg_default', 'pg_global'))";

const HEADS: &str = "select c.county, c.seq, c.hash, l.at from chain c \
    join log l on l.county = c.county and l.seq = c.seq order by c.county";

const THROUGH_POOLER: &str = "经连接池（PgBouncer 等）不能备份数据库，\
    请在设置里写 backup_database = 数据库自己的地址";

/// Asks the host that can write. A database that no program of ours has used is refused.
pub async fn facts(address: &str, clock: Clock) -> Result<Facts, StoreError> {
    let options = PostgresOptions::new(clock);
    let address = Address::read(address, options.deadline)?;
    let asked = async {
        let connection = address.connect(Wants::Primary).await?.patient(options.long).await?;
        if connection.pooled {
            return Err(Trouble::Refused(StoreError::Failed(THROUGH_POOLER.to_owned())));
        }
        let place = address.place();
        ask(&connection, place).await
    };
    asked.await.map_err(Trouble::told)
}

const WHICH: &str = "select cast(system_identifier as text), current_database() \
    from pg_control_system()";

/// Which database of which server it is, whatever the way to it. Two addresses with the same answer
/// lead to the same rows.
pub async fn which(address: &str, clock: Clock) -> Result<Vec<String>, StoreError> {
    let address = Address::read(address, PostgresOptions::new(clock).deadline)?;
    let asked = async { address.connect(Wants::Primary).await?.texts(WHICH).await };
    asked.await.map_err(Trouble::told)
}

async fn ask(connection: &Connection, place: Place) -> Done<Facts> {
    let there = "select coalesce(cast(to_regclass('chain') as text), '')";
    if connection.texts(there).await?.concat().is_empty() {
        let words = format!("库 {} 里没有枫桥的数据，请核对数据库地址", place.database);
        return Err(Trouble::Refused(StoreError::Failed(words)));
    }
    let told = connection.texts(FACTS).await?;
    let number = |at: usize| told.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let heads = heads(connection).await?;
    Ok(Facts {
        place,
        version: u32::try_from(number(0)).unwrap_or(0),
        system: told.get(1).cloned().unwrap_or_default(),
        segment: number(2),
        at: i64::try_from(number(3)).unwrap_or(0),
        size: number(4),
        tablespaces: number(5),
        heads,
    })
}

async fn heads(connection: &Connection) -> Done<Vec<Head>> {
    let none = Catalogue::new();
    let rows = connection.all(HEADS, Vec::new()).await?;
    let read = |row: &tokio_postgres::Row| {
        let (county, seq) = (row.try_get(0)?, row.try_get(1)?);
        Ok(Head { county, seq, hash: row.try_get(2)?, at: row.try_get(3)? })
    };
    let heads: Result<_, tokio_postgres::Error> = rows.iter().map(read).collect();
    heads.map_err(|error| trouble(&error, &none))
}
