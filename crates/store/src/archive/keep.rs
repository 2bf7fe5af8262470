//! The thread that writes the archive. The writer of the database never waits for it.
//!
//! Groups stay in memory until they are synced, so a fault that passes leaves no hole: they are
//! written again into a new segment. Only when the medium stays away until the room for waiting
//! groups is full are groups given up, and the status says which.

use super::{
    Status,
    segment::{self, frame},
};
use sm3::{Digest, Sm3};
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// What is written is synced no later than this; a lost machine loses no more of the archive.
const SYNC: Duration = Duration::from_millis(500);
/// After a fault the medium is tried again so often.
const AGAIN: Duration = Duration::from_secs(5);
/// Room for groups that wait.
const ROOM: usize = 64 * 1024 * 1024;
/// A new segment begins behind this many bytes.
pub(crate) const SEGMENT: u64 = 64 * 1024 * 1024;

struct Waiting {
    number: u64,
    moment: i64,
    content: Vec<u8>,
}

struct Shared {
    status: Mutex<Status>,
    /// Bytes that wait.
    waiting: AtomicUsize,
}

impl Shared {
    fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the archive stands; asked by others than the writer.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Shared>);

impl Watch {
    /// How it stands now.
    pub(crate) fn status(&self) -> Status {
        self.0.status().clone()
    }
}

/// The archive as the writer has it.
pub(crate) struct Archive {
    sender: mpsc::Sender<Waiting>,
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

impl Archive {
    /// Starts the thread, for a database that has kept groups of `lineage` up to `kept`.
    pub(crate) fn start(folder: &Path, lineage: &str, kept: u64, segment: u64) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let status = Status { folder: folder.to_owned(), kept, ..Status::default() };
        let shared = Arc::new(Shared { status: Mutex::new(status), waiting: AtomicUsize::new(0) });
        let keeper = Keeper {
            folder: folder.to_owned(),
            lineage: lineage.to_owned(),
            most: segment,
            shared: shared.clone(),
            pending: VecDeque::new(),
            written: 0,
            open: None,
            lock: None,
        };
        let work = move || keeper.work(&receiver, kept);
        let thread = thread::Builder::new().name("store-archive".to_owned()).spawn(work)?;
        Ok(Self { sender, shared, thread })
    }

    /// How it stands, for others.
    pub(crate) fn watch(&self) -> Watch {
        Watch(self.shared.clone())
    }

    /// Takes a group that was kept. Never waits; where there is no room, the group is given up.
    pub(crate) fn add(&self, number: u64, moment: i64, content: Vec<u8>) {
        self.shared.status().kept = number;
        let size = content.len();
        let waiting = self.shared.waiting.fetch_add(size, Ordering::Relaxed);
        let room = waiting + size <= ROOM;
        if !room || self.sender.send(Waiting { number, moment, content }).is_err() {
            self.shared.waiting.fetch_sub(size, Ordering::Relaxed);
            self.shared.status().missing = Some(number);
        }
    }

    /// Waits until what was taken is safe, or cannot be made so.
    pub(crate) fn end(self) {
        drop(self.sender);
        // A thread that panicked has nothing more to say than its status does.
        let _ = self.thread.join();
    }
}

struct Keeper {
    folder: PathBuf,
    lineage: String,
    most: u64,
    shared: Arc<Shared>,
    /// Groups that are not safe yet, of which the first `written` are in the segment.
    pending: VecDeque<Waiting>,
    written: usize,
    open: Option<Open>,
    lock: Option<File>,
}

/// The segment being written.
struct Open {
    file: File,
    size: u64,
}

impl Keeper {
    fn work(mut self, receiver: &mpsc::Receiver<Waiting>, kept: u64) {
        let mut tried = self.attempt(|keeper| keeper.enter(kept));
        loop {
            let more = match self.pending.is_empty() {
                true => receiver.recv().map_err(|_| mpsc::RecvTimeoutError::Disconnected),
                false => receiver.recv_timeout(SYNC),
            };
            let ended = matches!(more, Err(mpsc::RecvTimeoutError::Disconnected));
            self.pending.extend(more.ok().into_iter().chain(receiver.try_iter()));
            let resting = self.shared.status().failure.is_some() && tried.elapsed() < AGAIN;
            let due = ended || tried.elapsed() >= SYNC;
            if ended || !resting {
                let now = Instant::now();
                self.attempt(|keeper| keeper.write(kept, due));
                tried = if due { now } else { tried };
            }
            if ended {
                return self.leave();
            }
        }
    }

    /// Does a step and says whether it went well; after a fault everything begins anew.
    fn attempt(&mut self, step: impl FnOnce(&mut Self) -> io::Result<()>) -> Instant {
        let failure = step(self).err().map(|error| error.to_string());
        if failure.is_some() {
            (self.open, self.lock, self.written) = (None, None, 0);
        }
        self.shared.status().failure = failure;
        Instant::now()
    }

    /// Takes the folder for this process and looks what is there.
    fn enter(&mut self, kept: u64) -> io::Result<()> {
        if self.lock.is_some() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        let lock = self.folder.join(format!("{}.lock", self.lineage));
        let lock = File::options().create(true).truncate(false).write(true).open(lock)?;
        lock.try_lock().map_err(|_| io::Error::other("归档目录正被另一个进程使用"))?;
        segment::cut(&self.folder, &self.lineage)?;
        let there = segment::span(&self.folder, &self.lineage)?;
        let mut status = self.shared.status();
        if status.safe == 0 {
            let (safe, at) = there.map_or((0, 0), |(_, last, moment)| (last, moment));
            (status.safe, status.safe_at) = (safe, at);
            status.missing = status.missing.or((safe < kept).then_some(kept));
        }
        drop(status);
        self.lock = Some(lock);
        Ok(())
    }

    /// Writes what is not written, and makes it safe when that is due.
    fn write(&mut self, kept: u64, due: bool) -> io::Result<()> {
        self.enter(kept)?;
        while let Some(group) = self.pending.get(self.written) {
            let bytes = frame(group.number, group.moment, &group.content);
            let first = group.number;
            if self.open.as_ref().is_some_and(|open| open.size >= self.most) {
                self.sync()?;
                self.open = None;
                continue;
            }
            let open = match self.open.take() {
                Some(open) => open,
                None => self.begin(first)?,
            };
            let open = self.open.insert(open);
            open.file.write_all(&bytes)?;
            open.size += bytes.len() as u64;
            self.written += 1;
        }
        if due { self.sync() } else { Ok(()) }
    }

    fn begin(&self, first: u64) -> io::Result<Open> {
        let mut attempt = 0;
        let file = loop {
            let path = segment::path(&self.folder, &self.lineage, first, attempt);
            match File::options().create_new(true).append(true).open(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
                other => break other?,
            }
        };
        File::open(&self.folder)?.sync_all()?;
        Ok(Open { file, size: 0 })
    }

    fn sync(&mut self) -> io::Result<()> {
        let Some(open) = self.open.as_ref().filter(|_| self.written > 0) else { return Ok(()) };
        open.file.sync_data()?;
        let mut safe = None;
        for group in self.pending.drain(..self.written) {
            self.shared.waiting.fetch_sub(group.content.len(), Ordering::Relaxed);
            safe = Some((group.number, group.moment));
        }
        self.written = 0;
        let mut status = self.shared.status();
        if let Some((number, moment)) = safe {
            (status.safe, status.safe_at) = (number, moment);
        }
        Ok(())
    }

    /// What could not be made safe is missing from now on.
    fn leave(mut self) {
        let lost = self.pending.pop_back().map(|group| group.number);
        let mut status = self.shared.status();
        status.missing = lost.or(status.missing);
    }
}

/// A name for a history of groups that no other has: what it comes from, and when and where it
/// began.
pub(crate) fn lineage(of: &[&str]) -> String {
    let digest = Sm3::digest(of.join("\n").as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
