//! The archive of a database server's log: one file after the other, each there whole or not at
//! all, and never one in place of another.

use crate::{
    app::Trouble,
    vault::{Backup, cannot, hash_file, lock, sync_folder, words},
};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// A file of the log: on which timeline, and the how manieth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segment {
    /// The timeline: each time a server becomes the one that writes, it begins a new one.
    pub timeline: u32,
    /// Counted from the beginning, in files of the server's size.
    pub number: u64,
}

impl Segment {
    /// From the name of its file.
    pub fn read(name: &str, size: u64) -> Option<Self> {
        let whole = name.len() == 24 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        whole.then_some(())?;
        let part = |at: usize| u64::from_str_radix(&name[at..at + 8], 16).ok();
        let (timeline, high, low) = (part(0)?, part(8)?, part(16)?);
        Some(Self { timeline: u32::try_from(timeline).ok()?, number: high * a_log(size) + low })
    }

    /// The name of its file.
    pub fn name(self, size: u64) -> String {
        let (high, low) = (self.number / a_log(size), self.number % a_log(size));
        format!("{:08X}{high:08X}{low:08X}", self.timeline)
    }
}

/// Files that share the middle part of their names.
fn a_log(size: u64) -> u64 {
    ((1 << 32) / size.max(1)).max(1)
}

/// A place in the log, as PostgreSQL writes it: `1/2000028`.
pub fn position(text: &str) -> Option<u64> {
    let (high, low) = text.split_once('/')?;
    let part = |text: &str| u64::from_str_radix(text, 16).ok();
    Some((part(high)? << 32) | part(low)?)
}

/// The same, written.
pub fn position_words(position: u64) -> String {
    format!("{:X}/{:X}", position >> 32, position & u64::from(u32::MAX))
}

/// Keeps one file in the archive, for PostgreSQL's `archive_command`. It is on disk when this
/// returns; keeping the same again is no fault, because PostgreSQL asks again after a crash.
pub fn keep(file: &Path, archive: &Path) -> Result<(), Trouble> {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name.is_empty() || name.starts_with('.') {
        return Err(words(format!("{} 不是日志文件的路径", file.display())));
    }
    if !archive.is_dir() {
        // A disk that is not mounted must not look like an empty archive.
        return Err(words(format!("归档目录 {} 不存在，请先建立", archive.display())));
    }
    let _lock = lock(archive, ".lock")?;
    let there = archive.join(name);
    if there.exists() {
        return same(file, &there, archive);
    }
    of_one_server(file, archive)?;
    let beside = archive.join(format!(".{name}.part"));
    write(file, &beside).map_err(cannot("归档", file))?;
    fs::rename(&beside, &there).map_err(cannot("归档", file))?;
    sync_folder(archive).map_err(cannot("写", archive))
}

fn write(from: &Path, to: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    // Whoever is in the group may rehearse with it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let mut out = options.open(to)?;
    io::copy(&mut File::open(from)?, &mut out)?;
    out.sync_all()
}

fn same(file: &Path, there: &Path, archive: &Path) -> Result<(), Trouble> {
    let hash = |file: &Path| hash_file(file).map_err(cannot("读", file));
    if hash(file)? != hash(there)? {
        return Err(words(format!(
            "归档里已有另一个 {}，没有盖掉它。每套数据库要用自己的归档目录",
            there.display()
        )));
    }
    // What the first try left may not have been on disk.
    let sync = || File::open(there)?.sync_all().and_then(|()| sync_folder(archive));
    sync().map_err(cannot("写", there))
}

/// Refuses the log of another server than the one that is archived here.
fn of_one_server(file: &Path, archive: &Path) -> Result<(), Trouble> {
    let Some(system) = system_of(file) else { return Ok(()) };
    let entries = fs::read_dir(archive).map_err(cannot("读", archive))?.flatten();
    let other = entries.map(|entry| entry.path()).find_map(|path| system_of(&path));
    match other.filter(|other| *other != system) {
        None => Ok(()),
        Some(_) => Err(words(format!(
            "归档目录 {} 是另一套数据库的，没有写进去。每套数据库要用自己的归档目录",
            archive.display()
        ))),
    }
}

fn named(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.len() == 24 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The number of the server that wrote this file of its log, which stands in its first page.
fn system_of(file: &Path) -> Option<u64> {
    named(file).then_some(())?;
    let mut head = [0; 40];
    File::open(file).ok()?.read_exact(&mut head).ok()?;
    // Mark, flags, timeline, place, rest and padding come before it.
    let flags = u16::from_ne_bytes([head[2], head[3]]);
    // The flag that says that this page has the long head.
    (flags & 2 != 0).then_some(())?;
    let system: [u8; 8] = head[24..32].try_into().ok()?;
    Some(u64::from_ne_bytes(system))
}

/// What an archive holds behind a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// The first file that is missing although later ones are there.
    pub missing: Option<String>,
    /// The last file of the newest timeline.
    pub last: Option<Segment>,
    /// Files behind the backup.
    pub files: u64,
}

/// Looks through the archive of the server that a backup is of.
pub fn stock(archive: &Path, backup: &Backup) -> Result<Stock, Trouble> {
    let Some(cluster) = &backup.manifest.cluster else { return Ok(Stock::default()) };
    let paths = files(archive)?;
    let stamp = &backup.manifest.summary.stamp;
    let system = paths.iter().find_map(|path| system_of(path));
    if system.map(|system| system.to_string()).as_deref() != Some(stamp.lineage.as_str()) {
        return Err(words(format!(
            "{} 里没有这份备份的数据库的归档，请核对 --archive",
            archive.display()
        )));
    }
    let size = cluster.segment;
    let names = paths.iter().filter_map(|path| path.file_name()?.to_str());
    let segments: BTreeSet<Segment> = names.filter_map(|name| Segment::read(name, size)).collect();
    let inside = stamp.group / size;
    let numbers: BTreeSet<u64> = segments.iter().map(|segment| segment.number).collect();
    let highest = numbers.last().copied().unwrap_or(0);
    // The file in which the backup ends is in the backup, as far as it was written then.
    let needed = if highest > inside { inside } else { inside + 1 };
    let missing = (needed..=highest).find(|number| !numbers.contains(number));
    let timeline = segments.last().map_or(1, |segment| segment.timeline);
    Ok(Stock {
        missing: missing.map(|number| Segment { timeline, number }.name(size)),
        last: segments.last().copied(),
        files: numbers.iter().filter(|number| **number >= inside).count() as u64,
    })
}

fn files(archive: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let entries = fs::read_dir(archive).map_err(cannot("读归档", archive))?;
    let paths: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(cannot("读归档", archive))?;
    paths.retain(|path| named(path));
    paths.sort();
    Ok(paths)
}

/// Removes what no backup needs any more: files before the oldest one's beginning. Where backups of
/// several servers lie together, nothing is.
pub fn shorten<'a>(
    archive: &Path,
    backups: impl Iterator<Item = &'a Backup> + Clone,
) -> Result<u64, Trouble> {
    let system = |backup: &Backup| backup.manifest.summary.stamp.lineage.clone();
    let systems: BTreeSet<_> = backups.clone().map(system).collect();
    let starts = backups.filter_map(|backup| {
        let cluster = backup.manifest.cluster.as_ref()?;
        Some((cluster.start / cluster.segment, cluster.segment))
    });
    let (Some((first, size)), 1) = (starts.min(), systems.len()) else { return Ok(0) };
    let mut removed = 0;
    for file in files(archive)? {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let old = Segment::read(name, size).is_some_and(|segment| segment.number < first);
        let ours = || system_of(&file).is_some_and(|of| systems.contains(&of.to_string()));
        if old && ours() {
            fs::remove_file(&file).map_err(cannot("删除", &file))?;
            removed += 1;
        }
    }
    Ok(removed)
}
