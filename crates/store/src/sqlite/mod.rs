//! Kept in one SQLite file: a county, a demonstration.
//!
//! One thread writes. It takes what waits, does each change in a savepoint of its own, and commits
//! them together with one sync of the disk; only then are they answered. Any number of readers
//! see the last commit. What is durable is so against a power cut (`synchronous = FULL`).

mod apply;
mod copy;
mod reader;
mod replay;
mod revisions;
mod schema;
mod search;
mod stamp;
mod statements;
mod wal;
mod writer;

pub use copy::{Head, Summary, copy, stamp, summary};
pub use replay::{End, Replayed, replay};
pub use stamp::Stamp;

use crate::{
    archive::{self, encode, keep},
    clock::{self, Clock},
    group::Prepared,
    seam::{Commit, Hit, Keeper, Later, Receipt, Row, Search, StoreError},
    shape::{self, Catalogue},
    sql::{self, Dialect},
};
use engine::query::{Filter, Select, Table};
use reader::Readers;
use revisions::Revisions;
use rusqlite::{ErrorCode, ffi};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc, oneshot},
};
use writer::{Asked, Job};

/// Name of the file in the data directory.
pub const FILE: &str = "fengqiao.db";

/// Questions for no more rows than this are answered on the thread that asks.
const SHORT: u32 = 1000;
/// Changes that may wait before the askers have to.
const QUEUE: usize = 1024;

/// How the file is used.
#[derive(Clone)]
pub struct Options {
    /// What day `Today` is.
    pub clock: Clock,
    /// At most so many reading connections, two at least.
    pub readers: usize,
    /// How much of the file each reader maps into memory. Measured, it gained nothing (30 µs a page
    /// either way), counts as memory of the process, and a file cut short would kill it: so 0.
    pub mmap_bytes: u64,
    /// At most so many pages of 4 KiB in the file; beyond it writes fail as on a full disk.
    pub most_pages: Option<u32>,
    /// Folder to which every group of changes is written besides, so that a backup can be led on
    /// to any later moment.
    pub archive: Option<PathBuf>,
    /// A new file of the archive begins behind so many bytes.
    pub segment_bytes: u64,
}

impl Options {
    /// What suits an office as well as a county, with this clock.
    pub fn new(clock: Clock) -> Self {
        let segment_bytes = keep::SEGMENT;
        Self { clock, readers: 8, mmap_bytes: 0, most_pages: None, archive: None, segment_bytes }
    }
}

/// Keeps rows in an SQLite file. Its clones share the file.
#[derive(Clone)]
pub struct SqliteKeeper {
    inner: Arc<Inner>,
}

struct Inner {
    file: PathBuf,
    jobs: mpsc::Sender<Job>,
    readers: Readers,
    catalogue: Shared,
    revisions: Arc<Revisions>,
    clock: Clock,
    /// Long reads take one of these, so that half of the readers stay free for short ones.
    long: Semaphore,
    mmap_bytes: u64,
    archive: Option<keep::Watch>,
}

/// The catalogue as the writer last made it.
type Shared = Arc<RwLock<Arc<Catalogue>>>;

impl SqliteKeeper {
    /// Opens or makes the file in `directory` and starts its writer. One process at a time.
    pub fn open(directory: &Path, options: Options) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let file = directory.join(FILE);
        let revisions = Arc::new(Revisions::default());
        let (catalogue, archive) =
            writer::start(directory, &options, queue, Arc::clone(&revisions))?;
        let readers = Readers::new(file.clone(), &options);
        let long = Semaphore::new((options.readers / 2).max(1));
        let Options { clock, mmap_bytes, .. } = options;
        let inner =
            Inner { file, jobs, readers, catalogue, revisions, clock, long, mmap_bytes, archive };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.inner.file
    }

    /// Writes a copy of the last committed state to `file`, which must not exist, while work goes
    /// on.
    pub async fn backup(&self, file: &Path) -> Result<(), StoreError> {
        let (from, file) = (self.inner.file.clone(), file.to_owned());
        apart(move || copy(&from, &file)).await
    }
}

impl Inner {
    fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn find(&self, select: &Select) -> Result<Vec<Row>, StoreError> {
        let sql =
            sql::select(Dialect::Sqlite, &self.catalogue(), select, clock::day((self.clock)()))?;
        self.readers.ask(|connection| reader::rows(connection, &sql, select.columns.len()))
    }

    fn count(&self, table: &str, filter: &Filter, at_most: u32) -> Result<u32, StoreError> {
        let today = clock::day((self.clock)());
        let sql = sql::count(Dialect::Sqlite, &self.catalogue(), table, filter, at_most, today)?;
        let rows = self.readers.ask(|connection| reader::rows(connection, &sql, 1))?;
        let count = rows.first().and_then(|row| row.first()).and_then(|cell| cell.as_int());
        Ok(count.and_then(|count| u32::try_from(count).ok()).unwrap_or(0))
    }

    async fn write<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(job(reply)).await.map_err(|_| StoreError::Closing)?;
        // The writer answers every job it takes; it drops one only when it ends.
        answer.await.unwrap_or(Err(StoreError::Closing))
    }
}

impl Keeper for SqliteKeeper {
    fn prepare<'a>(&'a self, tables: &'a [Table]) -> Later<'a, ()> {
        Box::pin(self.inner.write(|reply| Job::Prepare(tables.to_vec(), reply)))
    }

    fn tables(&self) -> Vec<Table> {
        shape::tables(&self.inner.catalogue())
    }

    fn find<'a>(&'a self, select: &'a Select) -> Later<'a, Vec<Row>> {
        Box::pin(async move {
            if select.limit <= SHORT {
                return self.inner.find(select);
            }
            let _permit = self.inner.long.acquire().await.map_err(|_| StoreError::Closing)?;
            let (inner, select) = (self.inner.clone(), select.clone());
            apart(move || inner.find(&select)).await
        })
    }

    fn count<'a>(&'a self, table: &'a str, filter: &'a Filter, at_most: u32) -> Later<'a, u32> {
        Box::pin(async move {
            if at_most <= SHORT {
                return self.inner.count(table, filter, at_most);
            }
            let _permit = self.inner.long.acquire().await.map_err(|_| StoreError::Closing)?;
            let (inner, table, filter) = (self.inner.clone(), table.to_owned(), filter.clone());
            apart(move || inner.count(&table, &filter, at_most)).await
        })
    }

    fn search<'a>(&'a self, search: &'a Search) -> Later<'a, Vec<Hit>> {
        Box::pin(async move {
            shape::check_search(search)?;
            self.inner.readers.ask(|connection| search::find(connection, search))
        })
    }

    fn commit(&self, commit: Commit) -> Later<'static, Receipt> {
        let inner = self.inner.clone();
        Box::pin(async move {
            // Checked and hashed here, on the asker's thread: the writer is the narrow way.
            shape::check_commit(&inner.catalogue(), &commit)?;
            let archived = inner.archive.is_some();
            let bytes = if archived { encode::asked(&commit) } else { Vec::new() };
            let asked = Box::new(Asked { prepared: Prepared::new(commit), bytes });
            inner.write(|reply| Job::Commit(asked, reply)).await
        })
    }

    fn revision(&self, table: &str) -> Option<u64> {
        Some(self.inner.revisions.of(table))
    }

    fn archive(&self) -> Option<archive::Status> {
        self.inner.archive.as_ref().map(keep::Watch::status)
    }

    fn inspect(&self) -> Later<'_, Vec<String>> {
        let (file, mmap_bytes) = (self.inner.file.clone(), self.inner.mmap_bytes);
        Box::pin(apart(move || Ok(inspect(&file, mmap_bytes))))
    }

    fn close(&self) -> Later<'_, ()> {
        Box::pin(async {
            self.inner.readers.close();
            match self.inner.write(Job::Close).await {
                Err(StoreError::Closing) => Ok(()),
                other => other,
            }
        })
    }
}

/// Runs what may take long away from the threads that serve everybody.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(work).await.unwrap_or_else(|error| {
            Err(StoreError::Failed(format!("a reading thread ended: {error}")))
        }),
        Err(_) => work(),
    }
}

fn inspect(file: &Path, mmap_bytes: u64) -> Vec<String> {
    let check = || {
        let connection = reader::open(file, mmap_bytes)?;
        let mut statement = connection.prepare("pragma integrity_check(100)")?;
        let findings = statement.query_map([], |row| row.get::<_, String>(0))?;
        findings.collect::<rusqlite::Result<Vec<_>>>()
    };
    match check() {
        Ok(findings) => findings.into_iter().filter(|finding| finding != "ok").collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// What an error of SQLite means at the seam.
fn failure(error: &rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(code, message) = error else {
        return StoreError::Failed(error.to_string());
    };
    let message = message.clone().unwrap_or_else(|| code.to_string());
    let taken = [
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        ffi::SQLITE_CONSTRAINT_UNIQUE,
        ffi::SQLITE_CONSTRAINT_ROWID,
    ];
    if taken.contains(&code.extended_code) {
        return clash(&message);
    }
    match code.code {
        ErrorCode::ConstraintViolation => StoreError::Misfit(message),
        _ => StoreError::Failed(message),
    }
}

/// Reads `UNIQUE constraint failed: case.county, case.number`.
fn clash(message: &str) -> StoreError {
    let list = message.rsplit_once(": ").map_or(message, |(_, list)| list);
    let pairs: Vec<_> = list.split(", ").filter_map(|pair| pair.split_once('.')).collect();
    let table = pairs.first().map_or_else(String::new, |(table, _)| (*table).to_owned());
    let columns = pairs.into_iter().map(|(_, column)| column.to_owned()).collect();
    StoreError::Taken { table, columns }
}

/// Whether the disk refused to make something durable. What it then holds is unknown, so nothing
/// more may be promised until the file is opened anew.
fn is_sync_failure(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map_or(0, |error| error.extended_code);
    [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC].contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("x".to_owned()))
    }

    #[test]
    fn only_a_failed_sync_ends_trust_in_the_disk() {
        assert!(is_sync_failure(&of(ffi::SQLITE_IOERR_FSYNC)));
        assert!(!is_sync_failure(&of(ffi::SQLITE_FULL)));
        assert_eq!(failure(&of(ffi::SQLITE_FULL)), StoreError::Failed("x".to_owned()));
    }
}
