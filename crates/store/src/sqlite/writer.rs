//! The one thread that writes, and its groups.

use super::{
    FILE, Options, Shared,
    apply::Hands,
    failure, is_sync_failure,
    revisions::{self, Revisions},
    schema, search, stamp,
    stamp::Stamp,
    wal,
};
use crate::{
    archive::{
        encode,
        keep::{Archive, Watch},
        segment,
    },
    clock::Clock,
    group::{GROUP, Prepared},
    seam::{Receipt, StoreError},
    shape::Catalogue,
    system,
};
use engine::query::Table;
use rusqlite::{Connection, OpenFlags};
use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    thread,
};
use tokio::sync::{mpsc, oneshot};

const PRAGMAS: &str = "pragma page_size = 4096; pragma journal_mode = wal; \
                       pragma synchronous = full; pragma busy_timeout = 10000; \
                       pragma cache_size = -32000; pragma wal_autocheckpoint = 12000; \
                       pragma journal_size_limit = 67108864; pragma temp_store = memory; \
                       pragma foreign_keys = off;";

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked.
pub(super) enum Job {
    /// A change.
    Commit(Box<Asked>, Reply<Receipt>),
    /// Tables to make and grow.
    Prepare(Vec<Table>, Reply<()>),
    /// To end.
    Close(Reply<()>),
}

/// A change that fits the tables, with its half of the archive's bytes if there is an archive.
pub(super) struct Asked {
    pub prepared: Prepared,
    pub bytes: Vec<u8>,
}

/// Opens the file and starts the thread; gives the catalogue that the thread keeps up to date, and
/// where the archive can be watched.
pub(super) fn start(
    directory: &Path,
    options: &Options,
    queue: mpsc::Receiver<Job>,
    revisions: Arc<Revisions>,
) -> Result<(Shared, Option<Watch>), StoreError> {
    let lock = lock(directory)?;
    let (connection, catalogue) = open(directory, options)?;
    let shared: Shared = Arc::new(RwLock::new(Arc::new(catalogue)));
    let (archive, stamp) = archive(&connection, directory, options)?;
    let watch = archive.as_ref().map(Archive::watch);
    let clock = options.clock.clone();
    let catalogue = shared.clone();
    let writer =
        Writer { shared: catalogue, queue, revisions, stamp, archive, clock, broken: false };
    let work = move || writer.work(connection, lock);
    let started = thread::Builder::new().name("store-writer".to_owned()).spawn(work);
    started.map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok((shared, watch))
}

/// Starts the archive, if one is wanted. A database that is older than its archive was put there by
/// hand: it begins a history of its own, so that no number stands for two groups.
fn archive(
    connection: &Connection,
    directory: &Path,
    options: &Options,
) -> Result<(Option<Archive>, Stamp), StoreError> {
    let now = (options.clock)();
    let mut stamp = Stamp::ensure(connection, directory, now)?;
    let Some(folder) = &options.archive else { return Ok((None, stamp)) };
    // A folder that cannot be read now is tried again by the archive's thread.
    let there = segment::span(folder, &stamp.lineage).ok().flatten();
    if there.is_some_and(|(_, last, _)| last > stamp.group) {
        stamp = stamp.branch(connection, directory, now)?;
    }
    let started = Archive::start(folder, &stamp.lineage, stamp.group, options.segment_bytes);
    let archive = started.map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok((Some(archive), stamp))
}

/// Keeps a second process out: two writers' memories of chains and series would disagree.
pub(super) fn lock(directory: &Path) -> Result<File, StoreError> {
    let shown = directory.display();
    let failed = |error: &dyn std::fmt::Display| {
        StoreError::Failed(format!("数据目录 {shown} 不能使用：{error}"))
    };
    fs::create_dir_all(directory).map_err(|error| failed(&error))?;
    let path = directory.join("fengqiao.lock");
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(|error| failed(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Failed(format!("数据目录 {shown} 正被另一个 fengqiao 进程使用")))
        }
        Err(TryLockError::Error(error)) => Err(failed(&error)),
    }
}

pub(super) fn open(
    directory: &Path,
    options: &Options,
) -> Result<(Connection, Catalogue), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(directory.join(FILE), flags)?;
        connection.execute_batch(PRAGMAS)?;
        // As for readers: plans must not depend on bound values.
        let stable = rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
        connection.set_db_config(stable, true)?;
        if let Some(pages) = options.most_pages {
            connection.execute_batch(&format!("pragma max_page_count = {pages}"))?;
        }
        Ok(connection)
    };
    wal::check(&directory.join(FILE))?;
    let connection = open().map_err(|error| failure(&error))?;
    schema::sign(&connection)?;
    let catalogue = in_transaction(&connection, &mut false, || {
        search::prepare(&connection).map_err(|error| failure(&error))?;
        schema::prepare(&connection, schema::load(&connection)?, &system::tables())
    })?;
    // SQLite does not tell of a folder that cannot be synced, and without that the new files' names
    // may be gone after a power cut.
    let synced = File::open(directory).and_then(|folder| folder.sync_all());
    synced.map_err(|error| {
        StoreError::Failed(format!("数据目录 {} 不能落盘：{error}", directory.display()))
    })?;
    Ok((connection, catalogue))
}

pub(super) fn in_transaction<T>(
    connection: &Connection,
    broken: &mut bool,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut run = |sql| {
        connection.execute_batch(sql).map_err(|error| {
            *broken |= is_sync_failure(&error);
            failure(&error)
        })
    };
    run("begin immediate")?;
    let done = work().and_then(|done| run("commit").map(|()| done));
    if done.is_err() && !connection.is_autocommit() {
        run("rollback")?;
    }
    done
}

struct Writer {
    shared: Shared,
    queue: mpsc::Receiver<Job>,
    revisions: Arc<Revisions>,
    stamp: Stamp,
    archive: Option<Archive>,
    clock: Clock,
    /// After a failed sync nothing is promised any more.
    broken: bool,
}

impl Writer {
    fn work(mut self, connection: Connection, lock: File) {
        let mut hands = Hands::new(&connection);
        let mut next = self.queue.blocking_recv();
        let mut closing = None;
        while let Some(job) = next.take() {
            match job {
                Job::Commit(prepared, reply) => {
                    next = self.group(&mut hands, (prepared, reply));
                }
                Job::Prepare(tables, reply) => {
                    // Nobody may wait for the answer any more; the work is done all the same.
                    let _ = reply.send(self.prepare(&connection, &tables));
                }
                Job::Close(reply) => {
                    closing = Some(reply);
                    break;
                }
            }
            next = next.or_else(|| self.queue.blocking_recv());
        }
        drop(hands);
        self.end(connection, lock, closing);
    }

    /// Keeps the first change and what comes while it is at work, up to a full group, with one
    /// sync. Gives back the first job that is no change.
    fn group(&mut self, hands: &mut Hands, first: Change) -> Option<Job> {
        let catalogue = self.catalogue();
        let begin = |hands: &mut Hands| hands.run("begin immediate").map_err(|e| failure(&e));
        let begun = self.usable().and_then(|()| begin(hands));
        let (mut answers, mut next, mut other) = (Vec::new(), Some(first), None);
        let (mut changes, mut changed) = (Vec::new(), HashSet::new());
        while let Some((asked, reply)) = next.take() {
            let Asked { prepared, bytes } = *asked;
            revisions::add_changed(&prepared.commit, &mut changed);
            let done = begun.clone().and_then(|()| hands.apply(prepared, &catalogue));
            if let Ok(receipt) = &done {
                changes.push(encode::given(bytes, hands.contents(), receipt));
            }
            answers.push((reply, done));
            match self.waiting(answers.len()) {
                Some(Job::Commit(prepared, reply)) => next = Some((prepared, reply)),
                job => other = job,
            }
        }
        let kept = begun.and_then(|()| self.commit(hands, &changes));
        self.revisions.grow(changed);
        for (reply, done) in answers {
            // Nobody may wait for the answer any more; the change is kept all the same.
            let _ = reply.send(done.and_then(|receipt| kept.clone().map(|()| receipt)));
        }
        other
    }

    /// The next job that is there already. It does not wait for one: on a busy machine even giving
    /// up one turn of the processor costs longer than a sync.
    fn waiting(&mut self, so_far: usize) -> Option<Job> {
        if so_far < GROUP { self.queue.try_recv().ok() } else { None }
    }

    fn commit(&mut self, hands: &mut Hands, changes: &[Vec<u8>]) -> Result<(), StoreError> {
        let next = self.stamp.next((self.clock)());
        // A group in which nothing was done is none.
        let sign = |hands: &mut Hands| if changes.is_empty() { Ok(()) } else { hands.sign(&next) };
        let kept = hands.finish().and_then(|()| sign(hands)).and_then(|()| {
            hands.run("commit").map_err(|error| {
                self.broken |= is_sync_failure(&error);
                failure(&error)
            })
        });
        if kept.is_err() {
            hands.forget();
            // It fails where SQLite has rolled back by itself; then there is nothing to do.
            let _ = hands.run("rollback");
        } else if !changes.is_empty() {
            self.keep(next, || encode::changes(changes));
        }
        kept.map_err(|error| StoreError::Failed(error.to_string()))
    }

    /// After a group was kept: it counts, and the archive gets it.
    fn keep(&mut self, stamp: Stamp, content: impl FnOnce() -> Vec<u8>) {
        if let Some(archive) = &self.archive {
            archive.add(stamp.group, stamp.moment, content());
        }
        self.stamp = stamp;
    }

    fn usable(&self) -> Result<(), StoreError> {
        if self.broken {
            let words = "磁盘未能落盘，已停止写入；请检查磁盘后重新启动";
            return Err(StoreError::Failed(words.to_owned()));
        }
        Ok(())
    }

    fn prepare(&mut self, connection: &Connection, tables: &[Table]) -> Result<(), StoreError> {
        self.usable()?;
        let before = self.catalogue();
        let next = self.stamp.next((self.clock)());
        let (after, grown) = in_transaction(connection, &mut self.broken, || {
            let after = schema::prepare(connection, Catalogue::clone(&before), tables)?;
            let grown = schema::grown(&before, &after, tables);
            if !grown.is_empty() {
                let (group, moment) = (next.group.to_string(), next.moment.to_string());
                connection.execute(stamp::KEEP, [group, moment]).map_err(|e| failure(&e))?;
            }
            Ok((after, grown))
        })?;
        if !grown.is_empty() {
            self.keep(next, || encode::tables(&grown));
        }
        *self.shared.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        Ok(())
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Moves the log into the main file. A reader may still hold it; then SQLite does so when the
    /// file is opened next.
    fn end(mut self, connection: Connection, lock: File, reply: Option<Reply<()>>) {
        self.queue.close();
        let moved = connection.execute_batch("pragma wal_checkpoint(truncate)");
        let closed = connection.close().map_err(|(_, error)| error);
        let ended = moved.and(closed).map_err(|error| failure(&error));
        if let Some(archive) = self.archive.take() {
            archive.end();
        }
        // Whoever is told that it is closed may open it at once.
        drop(lock);
        if let Some(reply) = reply {
            let _ = reply.send(ended);
        }
    }
}

type Change = (Box<Asked>, Reply<Receipt>);
