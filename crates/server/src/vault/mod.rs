//! The vault: copies of a data folder, and how one comes back.
//!
//! ```text
//! BACKUPS/
//!   backup-20261124-023000/   one backup
//!     fengqiao.db             the database at one moment
//!     files.txt               hash and size of every attached file there was
//!     manifest.json           what it is; written last, so that half a backup is none
//!     verified.json           that it was brought back once and found sound
//!   files/ab/…                attached files by their hash, shared by all backups
//! ```
//!
//! Where the rows are in a database server, `base/` stands in place of the file ([`cluster`]).
//!
//! The keys are in none of this: with them beside it, the sealing would be worth nothing.
//! [`make`] makes a backup, [`restore`] brings one back, [`prune`] removes old ones, [`rehearse`]
//! proves that it works, and [`care`] does all that by itself while the server runs;
//! [`health`] says how things stand.

pub mod care;
pub mod cluster;
pub mod health;
pub mod make;
mod manifest;
pub mod prune;
pub mod rehearse;
pub mod restore;
#[cfg(test)]
mod tests;

use crate::app::Trouble;
use desk::seal::hash_read;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

pub use manifest::{Attached, Manifest, attached};

/// The folder of attached files, in a data folder, among backups and in an archive.
const FILES: &str = "files";
const MANIFEST: &str = "manifest.json";
const LIST: &str = "files.txt";
const VERIFIED: &str = "verified.json";
const NAME: &str = "backup-";

/// A backup that is whole.
#[derive(Clone, Debug)]
pub struct Backup {
    /// Its folder.
    pub folder: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Whether it was brought back once and found sound.
    pub verified: bool,
}

impl Backup {
    /// Reads a backup.
    pub fn open(folder: &Path) -> Result<Self, Trouble> {
        let text = fs::read_to_string(folder.join(MANIFEST)).map_err(|error| {
            let why = format!("没有 {MANIFEST} 或者读不了：{error}");
            words(format!("{} 不是一份完整的备份（{why}）", folder.display()))
        })?;
        let manifest = Manifest::read(&text);
        let manifest =
            manifest.ok_or_else(|| words(format!("{} 的 {MANIFEST} 读不懂", folder.display())))?;
        let verified = folder.join(VERIFIED).exists();
        Ok(Self { folder: folder.to_owned(), manifest, verified })
    }

    /// The name of its folder.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The folder that holds it and its fellows.
    fn shelf(&self) -> &Path {
        self.folder.parent().unwrap_or(Path::new("."))
    }
}

/// The whole backups in a folder, the newest first.
pub fn backups(shelf: &Path) -> Vec<Backup> {
    let mut backups: Vec<_> =
        folders(shelf).iter().filter_map(|folder| Backup::open(folder).ok()).collect();
    backups.sort_by_key(|backup| std::cmp::Reverse((backup.manifest.made_at, backup.name())));
    backups
}

/// The folders of backups, whole or not.
fn folders(shelf: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(shelf).into_iter().flatten().flatten().map(|entry| entry.path());
    let named = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|n| n.starts_with(NAME))
    };
    entries.filter(named).collect()
}

/// Keeps others from doing the same in the same folder of backups.
fn lock(shelf: &Path, name: &str) -> Result<File, Trouble> {
    let file = shelf.join(name);
    let open = File::options().create(true).truncate(false).write(true).open(&file);
    let lock = open.map_err(cannot("写入备份目录", shelf))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(_) => Err(words(format!("{} 里正在做另一次备份或者演练，请等它做完", shelf.display()))),
    }
}

fn words(words: impl Into<String>) -> Trouble {
    Trouble::Words(words.into())
}

/// What was being done when a file could not be used.
fn cannot(what: &str, path: &Path) -> impl Fn(io::Error) -> Trouble {
    let what = format!("{what} {}", path.display());
    move |error| words(format!("{what} 没有做成：{error}"))
}

/// A moment as the operator reads and types it, exact.
pub fn moment_words(at: i64) -> String {
    let time = engine::kind::china_time(at);
    let text = time.strftime("%Y-%m-%d %H:%M:%S").to_string();
    match time.millisecond() {
        0 => text,
        part => format!("{text}.{part:03}"),
    }
}

/// The moment that somebody typed, in China.
pub fn moment_typed(text: &str) -> Option<i64> {
    let time: jiff::civil::DateTime = text.trim().parse().ok()?;
    let moment = jiff::tz::Offset::constant(8).to_timestamp(time).ok()?;
    Some(moment.as_millisecond())
}

/// The hash of a file's content, and its size.
fn hash_file(file: &Path) -> io::Result<(String, u64)> {
    hash_read(&mut File::open(file)?)
}

/// Writes a small file that is there whole or not at all.
fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    let beside = file.with_extension("part");
    let mut out = File::create(&beside)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    fs::rename(&beside, file)?;
    sync_folder(file.parent().unwrap_or(Path::new(".")))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Where an attached file lies below a folder of such files.
fn place(files: &Path, hash: &str) -> PathBuf {
    files.join(hash.get(..2).unwrap_or("")).join(hash)
}

/// Every attached file below a folder of such files, by hash and size, in order.
fn attached_below(files: &Path) -> io::Result<Vec<Attached>> {
    let mut found = Vec::new();
    let inside = |folder: &Path| match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.collect::<io::Result<Vec<_>>>(),
    };
    for folder in inside(files)? {
        if !folder.file_type()?.is_dir() {
            continue;
        }
        for file in inside(&folder.path())? {
            let hash = file.file_name().to_string_lossy().into_owned();
            if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                found.push(Attached { hash, size: file.metadata()?.len() });
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies an attached file from one folder of such files to another; what lies there under its name
/// is always whole and right. Gives false if the content is not what the name says.
pub fn carry(from: &Path, to: &Path, hash: &str) -> io::Result<bool> {
    let (from, to) = (place(from, hash), place(to, hash));
    if to.exists() {
        return Ok(true);
    }
    fs::create_dir_all(to.parent().unwrap_or(Path::new(".")))?;
    let beside = to.with_extension("part");
    fs::copy(&from, &beside)?;
    if hash_file(&beside)?.0 != hash {
        fs::remove_file(&beside)?;
        return Ok(false);
    }
    File::open(&beside)?.sync_all()?;
    fs::rename(&beside, &to)?;
    Ok(true)
}

/// How many bytes are free where `path` is.
pub fn free(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|path| path.exists())?;
    let state = rustix::fs::statvfs(there).ok()?;
    Some(state.f_bavail.saturating_mul(state.f_frsize))
}
