//! A copy of the database, made while others write, and what a copy says of itself.

use super::{failure, reader, schema, stamp::Stamp, wal};
use crate::seam::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::{collections::BTreeMap, fs::File, path::Path, time::Duration};

/// Writes a copy of the last committed state of the database file `from` to `to`, which must not
/// exist. It needs no keeper: a server may be using the file, or nobody. A reader's transaction
/// holds the state still, so nobody waits for it.
pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::Failed(error.to_string());
    unharmed(from)?;
    let run = || {
        // A reader that may write: after a crash the file's log must be taken in before reading.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = Connection::open_with_flags(from, flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.execute("vacuum into ?1", [to.to_string_lossy()])
    };
    run().map_err(|error| failure(&error))?;
    File::open(to).and_then(|file| file.sync_all()).map_err(failed)?;
    let folder = to.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// Refuses a database whose log has lost committed changes: the copy would lack them without a
/// word. A server that begins its log anew while it is being read looks like that, but only once.
fn unharmed(from: &Path) -> Result<(), StoreError> {
    let again = |checked: Result<(), StoreError>| checked.or_else(|_| wal::check(from));
    again(again(wal::check(from)))
}

/// The last entry of a county's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The county.
    pub county: String,
    /// Its number.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
    /// When the act was, in milliseconds since 1970 UTC.
    pub at: i64,
}

/// What a database file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Where in which history it is.
    pub stamp: Stamp,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
    /// The ends of the logs, by county.
    pub heads: Vec<Head>,
}

/// Where in which history the database file is; only read.
pub fn stamp(file: &Path) -> Result<Stamp, StoreError> {
    stamp_of(&reader::open(file, 0).map_err(|error| failure(&error))?)
}

fn stamp_of(connection: &Connection) -> Result<Stamp, StoreError> {
    let words = "这个数据库文件没有提交组的编号，请先用本程序打开一次原来的数据目录";
    Stamp::read(connection)?.ok_or_else(|| StoreError::Failed(words.to_owned()))
}

/// What the database file holds; only read.
pub fn summary(file: &Path) -> Result<Summary, StoreError> {
    let connection = reader::open(file, 0).map_err(|error| failure(&error))?;
    let stamp = stamp_of(&connection)?;
    let mut rows = BTreeMap::new();
    for table in schema::load(&connection)?.into_keys() {
        let question = format!("select count(*) from \"{table}\"");
        let count = connection.query_row(&question, [], |row| row.get::<_, i64>(0));
        rows.insert(table, count.map_err(|error| failure(&error))?.unsigned_abs());
    }
    let heads = heads(&connection).map_err(|error| failure(&error))?;
    Ok(Summary { stamp, rows, heads })
}

fn heads(connection: &Connection) -> rusqlite::Result<Vec<Head>> {
    let question = "select c.county, c.seq, c.hash, coalesce(l.at, 0) from chain c left join log l \
                    on l.county = c.county and l.seq = c.seq order by c.county";
    let mut statement = connection.prepare(question)?;
    let heads = statement.query_map([], |row| {
        let (county, seq, hash, at) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Head { county, seq, hash, at })
    })?;
    heads.collect()
}
