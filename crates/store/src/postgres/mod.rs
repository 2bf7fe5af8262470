//! Kept in PostgreSQL 15 or later: a province, with any number of programs on one database.
//!
//! One task of each program writes: it takes what waits and keeps it in one transaction; only then
//! are the changes answered. A pool of connections reads. Nothing is waited for without end: what
//! the server does not answer in time is tried again on another connection, and a commit whose
//! answer was lost is never done twice (`transaction`).

mod address;
mod connection;
mod failure;
mod health;
mod inspect;
mod patience;
mod readers;
mod schema;
mod search;
mod session;
mod tls;
mod transaction;
pub mod vault;
mod writer;
mod written;

use crate::{
    clock::{self, Clock},
    group::Prepared,
    seam::{Commit, Freshness, Health, Hit, Keeper, Later, Receipt, Row, Search, StoreError},
    shape::{self, Catalogue},
    sql::{self, Dialect, Sql},
    system,
};
use address::{Address, Wants};
use connection::{Bound, Connection, Done};
use engine::query::{Cell, Filter, Select, Table};
use failure::Trouble;
use patience::Patience;
use readers::Readers;
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, mpsc, oneshot};
use writer::{Change, Job, Writer};

/// Questions for no more rows than this are short.
const SHORT: u32 = 1000;
/// Changes that may wait before the askers have to.
const QUEUE: usize = 1024;
/// Programs that kept nothing for so long are forgotten.
const FORGOTTEN_MS: i64 = 7 * 86_400_000;

const FORGET: &str = "delete from house_writer where at < $1";
const ENTER: &str = "insert into house_writer (writer, done, at) \
                     values (gen_random_uuid()::text, 0, $1) returning writer";

/// How the database is used.
#[derive(Clone)]
pub struct PostgresOptions {
    /// What day `Today` is.
    pub clock: Clock,
    /// At most so many reading connections, two at least.
    pub readers: usize,
    /// How long any answer is waited for. A frozen server never gives one.
    pub deadline: Duration,
    /// The same for questions for many rows.
    pub long: Duration,
    /// How long a change is tried, from when it was asked, while the database cannot be reached.
    pub patience: Duration,
    /// How long tables are tried to be made, while other programs make or use them.
    pub tables: Duration,
}

impl PostgresOptions {
    /// What suits a province, with this clock.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            readers: 8,
            deadline: Duration::from_secs(5),
            long: Duration::from_secs(120),
            patience: Duration::from_secs(60),
            tables: Duration::from_secs(600),
        }
    }
}

/// Keeps rows in PostgreSQL. Its clones share the connections.
#[derive(Clone)]
pub struct PostgresKeeper {
    inner: Arc<Inner>,
}

struct Inner {
    address: Arc<Address>,
    options: PostgresOptions,
    jobs: mpsc::Sender<Job>,
    readers: Readers,
    catalogue: Shared,
    /// Long reads take one of these, so that half of the readers stay free for short ones.
    long: Semaphore,
    /// This program makes tables one call after the other.
    preparing: tokio::sync::Mutex<()>,
}

/// The catalogue as it was last made or read.
type Shared = Arc<RwLock<Arc<Catalogue>>>;

impl PostgresKeeper {
    /// Connects to `postgres://user:password@host1,host2/database`, makes the house's own tables
    /// and starts the writer, on the runtime it is called on.
    pub async fn open(address: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let address = Arc::new(Address::read(address, options.deadline)?);
        // Whether anybody is there is told at once; only work on tables is tried for long.
        let first = address.connect(Wants::Primary).await.map_err(Trouble::told)?;
        let mut patience = Patience::new(Instant::now(), options.tables);
        let (catalogue, name) = loop {
            match enter(&address, &options).await {
                Ok(entered) => break entered,
                Err(trouble) => patience.after(trouble).await?,
            }
        };
        let catalogue: Shared = Arc::new(RwLock::new(Arc::new(catalogue)));
        let (jobs, queue) = mpsc::channel(QUEUE);
        let writer = Writer {
            address: address.clone(),
            catalogue: catalogue.clone(),
            clock: options.clock.clone(),
            queue,
            connection: Some(first),
            name,
            group: 0,
            patience: options.patience,
        };
        tokio::spawn(writer.work());
        let readers = Readers::new(address.clone(), options.readers);
        let long = Semaphore::new((options.readers / 2).max(1));
        let preparing = tokio::sync::Mutex::new(());
        let inner = Inner { address, options, jobs, readers, catalogue, long, preparing };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The address without user and password.
    pub fn address(&self) -> String {
        self.inner.address.shown()
    }
}

/// Signs the database, makes the house's tables, and writes this program down under a new name.
async fn enter(address: &Address, options: &PostgresOptions) -> Done<(Catalogue, String)> {
    let connection = for_tables(address, options).await?;
    schema::sign(&connection).await?;
    let catalogue = schema::prepare(&connection, &system::tables()).await?;
    let now = (options.clock)();
    connection.all(FORGET, vec![Bound::Int(now - FORGOTTEN_MS)]).await?;
    let rows = connection.all(ENTER, vec![Bound::Int(now)]).await?;
    let name = rows.first().map(|row| row.try_get(0)).transpose();
    let name = name.map_err(|error| failure::trouble(&error, &catalogue))?.unwrap_or_default();
    Ok((catalogue, name))
}

async fn for_tables(address: &Address, options: &PostgresOptions) -> Done<Connection> {
    address.connect(Wants::Primary).await?.patient(options.tables).await
}

impl Inner {
    fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn prepare(&self, tables: &[Table]) -> Result<(), StoreError> {
        let _one = self.preparing.lock().await;
        let mut patience = Patience::new(Instant::now(), self.options.tables);
        let grown = loop {
            match self.grow(tables).await {
                Ok(grown) => break grown,
                Err(trouble) => patience.after(trouble).await?,
            }
        };
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(grown);
        Ok(())
    }

    async fn grow(&self, tables: &[Table]) -> Done<Catalogue> {
        let connection = for_tables(&self.address, &self.options).await?;
        schema::prepare(&connection, tables).await
    }

    async fn ask(&self, sql: &Sql, width: usize, rows: u32) -> Result<Vec<Row>, StoreError> {
        let (catalogue, options) = (self.catalogue(), &self.options);
        if rows <= SHORT {
            let deadline = options.deadline;
            return self.readers.ask(sql, width, &catalogue, deadline, deadline).await;
        }
        let _permit = self.long.acquire().await.map_err(|_| StoreError::Closing)?;
        self.readers.ask(sql, width, &catalogue, options.long, options.deadline).await
    }
}

impl Keeper for PostgresKeeper {
    fn prepare<'a>(&'a self, tables: &'a [Table]) -> Later<'a, ()> {
        Box::pin(self.inner.prepare(tables))
    }

    fn find<'a>(&'a self, select: &'a Select) -> Later<'a, Vec<Row>> {
        Box::pin(async move {
            let (inner, today) = (&self.inner, clock::day((self.inner.options.clock)()));
            let sql = sql::select(Dialect::Postgres, &inner.catalogue(), select, today)?;
            inner.ask(&sql, select.columns.len(), select.limit).await
        })
    }

    fn count<'a>(&'a self, table: &'a str, filter: &'a Filter, at_most: u32) -> Later<'a, u32> {
        Box::pin(async move {
            let (inner, today) = (&self.inner, clock::day((self.inner.options.clock)()));
            let catalogue = inner.catalogue();
            let sql = sql::count(Dialect::Postgres, &catalogue, table, filter, at_most, today)?;
            let rows = inner.ask(&sql, 1, at_most).await?;
            let count = rows.first().and_then(|row| row.first()).and_then(|cell| cell.as_int());
            Ok(count.and_then(|count| u32::try_from(count).ok()).unwrap_or(0))
        })
    }

    fn search<'a>(&'a self, search: &'a Search) -> Later<'a, Vec<Hit>> {
        Box::pin(async move {
            shape::check_search(search)?;
            let newest = Sql { text: search::NEWEST.to_owned(), ..Sql::default() };
            let newest = self.inner.ask(&newest, 1, 1).await?;
            let Some(Cell::Int(newest)) = newest.into_iter().flatten().next() else {
                return Ok(Vec::new());
            };
            let mut rows = Vec::new();
            for question in search::questions(search, newest) {
                rows = self.inner.ask(&question, 4, search.limit).await?;
                if rows.len() >= search.limit as usize {
                    break;
                }
            }
            rows.into_iter().map(search::hit).collect()
        })
    }

    fn commit(&self, commit: Commit) -> Later<'static, Receipt> {
        let inner = self.inner.clone();
        Box::pin(async move {
            shape::check_commit(&inner.catalogue(), &commit)?;
            let (reply, answer) = oneshot::channel();
            let change = Change { prepared: Prepared::new(commit), reply, since: Instant::now() };
            inner.jobs.send(Job::Commit(change)).await.map_err(|_| StoreError::Closing)?;
            // The writer answers every job it takes; it drops one only when it ends.
            answer.await.unwrap_or(Err(StoreError::Closing))
        })
    }

    fn inspect(&self) -> Later<'_, Vec<String>> {
        Box::pin(async {
            let connection = for_tables(&self.inner.address, &self.inner.options).await;
            let connection = connection.map_err(Trouble::told)?;
            inspect::findings(&connection).await.map_err(Trouble::told)
        })
    }

    fn tables(&self) -> Vec<Table> {
        shape::tables(&self.inner.catalogue())
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn health(&self) -> Later<'_, Option<Health>> {
        Box::pin(async {
            let connection = self.inner.address.connect(Wants::Primary).await;
            let connection = connection.map_err(Trouble::told)?;
            let hosts = self.inner.address.hosts();
            health::facts(&connection, hosts).await.map(Some).map_err(Trouble::told)
        })
    }

    fn freshness(&self) -> Freshness {
        self.inner.readers.freshness()
    }

    fn close(&self) -> Later<'_, ()> {
        Box::pin(async {
            self.inner.readers.close();
            let (reply, answer) = oneshot::channel();
            if self.inner.jobs.send(Job::Close(reply)).await.is_ok() {
                // If it ended before it could answer, it is closed.
                return answer.await.unwrap_or(Ok(()));
            }
            Ok(())
        })
    }
}
