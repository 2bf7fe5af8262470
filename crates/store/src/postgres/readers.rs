//! Connections that read. They are opened when first needed and handed round; where no primary is
//! to be had, a replica answers, and it is remembered that what it says is old.

use super::{
    address::{Address, Wants},
    connection::{Connection, Done},
    failure::Trouble,
    patience::Patience,
};
use crate::{
    seam::{Freshness, Row, StoreError},
    shape::Catalogue,
    sql::Sql,
};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// A replica is left so soon, to see whether there is a primary again.
const REPLICA_FOR: Duration = Duration::from_secs(2);
const CURRENT: i64 = i64::MIN;

/// Until when a replica's data are. Where nothing was replayed since it started, they are no newer
/// than its start.
const REPLAYED: &str = "select cast(cast(extract(epoch from coalesce(\
                        pg_last_xact_replay_timestamp(), pg_postmaster_start_time())) * 1000 \
                        as bigint) as text)";

/// The readers of one database.
pub(super) struct Readers {
    address: Arc<Address>,
    idle: Mutex<Vec<Connection>>,
    free: Semaphore,
    closed: AtomicBool,
    since: AtomicI64,
}

impl Readers {
    pub(super) fn new(address: Arc<Address>, most: usize) -> Self {
        let (idle, closed) = Default::default();
        let (free, since) = (Semaphore::new(most.max(2)), AtomicI64::new(CURRENT));
        Self { address, idle, free, closed, since }
    }

    pub(super) fn freshness(&self) -> Freshness {
        match self.since.load(Ordering::Relaxed) {
            CURRENT => Freshness::Current,
            since => Freshness::Since(since),
        }
    }

    /// The rows of a question. It is asked again where a connection was lost, until `patience` has
    /// passed: asking twice does no harm.
    pub(super) async fn ask(
        &self,
        sql: &Sql,
        width: usize,
        catalogue: &Catalogue,
        deadline: Duration,
        patience: Duration,
    ) -> Result<Vec<Row>, StoreError> {
        let mut patience = Patience::new(Instant::now(), patience);
        let _permit = self.free.acquire().await.map_err(|_| StoreError::Closing)?;
        loop {
            match self.try_once(sql, width, catalogue, deadline).await {
                Ok(rows) => return Ok(rows),
                Err(trouble) => patience.after(trouble).await?,
            }
        }
    }

    async fn try_once(
        &self,
        sql: &Sql,
        width: usize,
        catalogue: &Catalogue,
        deadline: Duration,
    ) -> Done<Vec<Row>> {
        let mut connection = self.take().await?;
        let rows = connection.rows(sql, width, catalogue, deadline).await;
        match &rows {
            Err(Trouble::Again(_)) => {
                // The others most likely lead to the same server.
                connection.abandon();
                self.lock().clear();
                self.address.doubt();
            }
            _ => self.give_back(connection),
        }
        rows
    }

    async fn take(&self) -> Done<Connection> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(Trouble::Refused(StoreError::Closing));
        }
        loop {
            let idle = self.lock().pop();
            let connection = match idle {
                Some(connection) if !still_good(&connection) => continue,
                Some(connection) => connection,
                None => self.address.connect(Wants::Any).await?,
            };
            let since = match connection.is_primary {
                true => CURRENT,
                false => replayed(&connection).await?,
            };
            self.since.store(since, Ordering::Relaxed);
            return Ok(connection);
        }
    }

    fn give_back(&self, connection: Connection) {
        if !self.closed.load(Ordering::Relaxed) {
            self.lock().push(connection);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the idle connections go; the others go when their question is answered.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.lock().clear();
    }
}

fn still_good(connection: &Connection) -> bool {
    let in_time = connection.is_primary || connection.since.elapsed() < REPLICA_FOR;
    in_time && !connection.is_closed()
}

async fn replayed(connection: &Connection) -> Done<i64> {
    let told = connection.texts(REPLAYED).await?;
    Ok(told.first().and_then(|text| text.parse().ok()).unwrap_or(0))
}
