//! Whether the write-ahead log still holds what was committed, asked before SQLite opens it.
//!
//! SQLite ends the log at the first frame whose checksum is wrong, as if the power had gone there.
//! A frame that rotted in the middle would so take all commits behind it along, without a word. But
//! the index beside the log (`-shm`) counts the frames that were committed and synced, and it
//! outlives a killed process. What it counts must be there. After a power cut it may be old or gone;
//! then it says less, never more.

use crate::seam::StoreError;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

const INDEX_HEADER: usize = 48;
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Refuses a log from which committed frames are missing; nothing has been changed then.
pub(super) fn check(database: &Path) -> Result<(), StoreError> {
    let log = beside(database, "-wal");
    let unreadable = |error: io::Error| {
        StoreError::Failed(format!("数据库的预写日志 {} 读不了：{error}", log.display()))
    };
    let Some(promised) = promised(&beside(database, "-shm")).map_err(unreadable)? else {
        return Ok(());
    };
    match committed(&log, promised.salts).map_err(unreadable)? {
        Some(there) if there < promised.frames => Err(StoreError::Failed(format!(
            "数据库的预写日志 {} 损坏：已经落盘{}页，只读得出{there}页，打开会丢失后面的写入。\
             没有改动任何文件；请保留整个数据目录，用备份恢复",
            log.display(),
            promised.frames
        ))),
        _ => Ok(()),
    }
}

fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// What the index promises of a log.
struct Promise {
    frames: u32,
    salts: [u8; 8],
}

/// Reads the index's header, which stands there twice; one that is not whole promises nothing.
fn promised(index: &Path) -> io::Result<Option<Promise>> {
    let Some(mut file) = open(index)? else { return Ok(None) };
    let mut both = [0; INDEX_HEADER * 2];
    if !read_whole(&mut file, &mut both)? {
        return Ok(None);
    }
    let (header, copy) = both.split_at(INDEX_HEADER);
    let native = cfg!(target_endian = "big");
    let whole = header == copy && sum((0, 0), &header[..40], native) == pair(&header[40..], native);
    let (frames, _) = pair(&header[16..24], native);
    let mut salts = [0; 8];
    salts.copy_from_slice(&header[32..40]);
    Ok((whole && frames > 0).then_some(Promise { frames, salts }))
}

/// The number of frames up to the last commit that can be read; `None` for a log that is empty or
/// another than the index speaks of.
fn committed(log: &Path, salts: [u8; 8]) -> io::Result<Option<u32>> {
    let Some(file) = open(log)? else { return Ok(None) };
    let mut file = io::BufReader::with_capacity(1 << 16, file);
    let mut header = [0; LOG_HEADER];
    if !read_whole(&mut file, &mut header)? {
        return Ok(None);
    }
    let big = header[3] & 1 == 1;
    let mut sums = sum((0, 0), &header[..24], big);
    if sums != pair(&header[24..], true) {
        return Ok(Some(0));
    }
    if header[16..24] != salts {
        return Ok(None);
    }
    let page = pair(&header[8..16], true).0 as usize;
    let (mut frame, mut number, mut last) = (vec![0; FRAME_HEADER + page], 0, 0);
    while read_whole(&mut file, &mut frame)? {
        sums = sum(sum(sums, &frame[..8], big), &frame[FRAME_HEADER..], big);
        if frame[8..16] != salts || pair(&frame[16..24], true) != sums {
            break;
        }
        number += 1;
        if pair(&frame[..8], true).1 != 0 {
            last = number;
        }
    }
    Ok(Some(last))
}

fn open(file: &Path) -> io::Result<Option<File>> {
    match File::open(file) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Fills the room; false where the file ends before.
fn read_whole(file: &mut impl Read, room: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(room) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The checksum of SQLite's file format, going on from `sums`.
fn sum(sums: (u32, u32), bytes: &[u8], big: bool) -> (u32, u32) {
    bytes.chunks_exact(8).fold(sums, |(first, second), chunk| {
        let (a, b) = pair(chunk, big);
        let first = first.wrapping_add(a).wrapping_add(second);
        (first, second.wrapping_add(b).wrapping_add(first))
    })
}

/// Two words.
fn pair(bytes: &[u8], big: bool) -> (u32, u32) {
    let word = |at: usize| {
        let mut word = [0; 4];
        word.copy_from_slice(&bytes[at..at + 4]);
        if big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    };
    (word(0), word(4))
}
