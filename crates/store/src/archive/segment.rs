//! The archive's files. A segment is named after the history it belongs to and its first group,
//! and holds frames: a mark, the length, the number and moment of the group, its bytes, and SM3
//! over all that.
//!
//! Reading trusts nothing but a whole frame. What lies between two of them is skipped, and the
//! numbers tell whether a group was in there: at the end of the last segment it is what a power
//! cut tore off, anywhere else it is a hole.

use super::{Content, Group, encode};
use sm3::{Digest, Sm3};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

const MARK: &[u8; 8] = b"\x89FQGROUP";
const HEAD: usize = 8 + 4 + 8 + 8;
const CHECK: usize = 32;
const ENDING: &str = "segment";

/// A group as it is written.
pub(crate) fn frame(number: u64, moment: i64, content: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEAD + content.len() + CHECK);
    frame.extend(MARK);
    frame.extend((content.len() as u32).to_le_bytes());
    frame.extend(number.to_le_bytes());
    frame.extend(moment.to_le_bytes());
    frame.extend(content);
    let check = Sm3::digest(&frame);
    frame.extend(&check[..]);
    frame
}

/// A whole frame found in a segment.
struct Found<'a> {
    number: u64,
    moment: i64,
    content: &'a [u8],
    end: usize,
}

/// The first whole frame at or behind `from`.
fn find(bytes: &[u8], from: usize) -> Option<Found<'_>> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        let step = rest.windows(MARK.len()).position(|window| window == MARK)?;
        if let Some(found) = read(bytes, at + step) {
            return Some(found);
        }
        at += step + 1;
    }
}

fn read(bytes: &[u8], at: usize) -> Option<Found<'_>> {
    let head = bytes.get(at..at + HEAD)?;
    let length = u32::from_le_bytes(head[8..12].try_into().ok()?) as usize;
    let body = at + HEAD + length;
    let (content, check) = (bytes.get(at + HEAD..body)?, bytes.get(body..body + CHECK)?);
    (Sm3::digest(&bytes[at..body])[..] == *check).then_some(())?;
    Some(Found {
        number: u64::from_le_bytes(head[12..20].try_into().ok()?),
        moment: i64::from_le_bytes(head[20..28].try_into().ok()?),
        content,
        end: body + CHECK,
    })
}

/// One file of the archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    /// Its first group.
    pub first: u64,
    /// How often a segment with this first group was begun before: after a fault it is begun anew.
    pub attempt: u32,
    /// Where it is.
    pub path: PathBuf,
}

/// Where a segment is.
pub(crate) fn path(folder: &Path, lineage: &str, first: u64, attempt: u32) -> PathBuf {
    folder.join(format!("{lineage}-{first:012}-{attempt}.{ENDING}"))
}

/// The segments of one history, in the order of their groups.
pub(crate) fn segments(folder: &Path, lineage: &str) -> io::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        segments.extend(named(&path, lineage));
    }
    segments.sort();
    Ok(segments)
}

fn named(path: &Path, lineage: &str) -> Option<Segment> {
    let name = path.file_name()?.to_str()?;
    let name = name.strip_suffix(ENDING)?.strip_suffix('.')?;
    let (first, attempt) = name.strip_prefix(lineage)?.strip_prefix('-')?.split_once('-')?;
    let (first, attempt) = (first.parse().ok()?, attempt.parse().ok()?);
    Some(Segment { first, attempt, path: path.to_owned() })
}

/// The first group of a history that its archive holds, and the number and moment of the last;
/// `None` if it holds none.
pub fn span(folder: &Path, lineage: &str) -> io::Result<Option<(u64, u64, i64)>> {
    let segments = segments(folder, lineage)?;
    let first = segments.first().map_or(0, |segment| segment.first);
    for segment in segments.iter().rev() {
        let bytes = fs::read(&segment.path)?;
        if let Some(last) = last(&bytes) {
            return Ok(Some((first, last.number, last.moment)));
        }
    }
    Ok(None)
}

fn last(bytes: &[u8]) -> Option<Found<'_>> {
    let (mut last, mut at) = (None, 0);
    while let Some(found) = find(bytes, at) {
        at = found.end;
        last = Some(found);
    }
    last
}

/// Cuts what a power cut tore off the last segment, so that what follows a whole group is again a
/// whole group. Damage in front of a whole group is left for whoever wants to look at it.
pub(crate) fn cut(folder: &Path, lineage: &str) -> io::Result<()> {
    let Some(segment) = segments(folder, lineage)?.pop() else { return Ok(()) };
    let bytes = fs::read(&segment.path)?;
    let end = last(&bytes).map_or(0, |found| found.end);
    if end < bytes.len() {
        let file = fs::File::options().write(true).open(&segment.path)?;
        file.set_len(end as u64)?;
        file.sync_all()?;
    }
    Ok(())
}

/// Removes the segments of a history that hold nothing behind group `number`; gives how many. No
/// backup that is still there may need them.
pub fn remove_before(folder: &Path, lineage: &str, number: u64) -> io::Result<usize> {
    let segments = segments(folder, lineage)?;
    let firsts = segments.iter().skip(1).map(|segment| segment.first);
    let done = segments.iter().zip(firsts).take_while(|(_, next)| *next <= number + 1);
    let done: Vec<_> = done.map(|(segment, _)| &segment.path).collect();
    done.iter().try_for_each(fs::remove_file)?;
    Ok(done.len())
}

/// Groups that are there but cannot follow: one in between is not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hole {
    /// The first group behind it.
    pub next: u64,
}

/// The groups of one history behind a number, in order.
pub(crate) struct Groups {
    segments: std::vec::IntoIter<Segment>,
    bytes: Vec<u8>,
    at: usize,
    expected: u64,
}

impl Groups {
    /// Those behind group `after`.
    pub(crate) fn behind(folder: &Path, lineage: &str, after: u64) -> io::Result<Self> {
        let segments = segments(folder, lineage)?;
        let reaching = segments.iter().rposition(|segment| segment.first <= after + 1);
        // Attempts at the same first group repeat each other, so all of them are read.
        let first = reaching.map_or(0, |at| segments[at].first);
        let segments: Vec<_> = segments.into_iter().filter(|s| s.first >= first).collect();
        let segments = segments.into_iter();
        Ok(Self { segments, bytes: Vec::new(), at: 0, expected: after + 1 })
    }

    /// The next group; `Ok(None)` at the end of the archive.
    pub(crate) fn next(&mut self) -> io::Result<Result<Option<Group>, Hole>> {
        loop {
            let Some(found) = find(&self.bytes, self.at) else {
                let Some(segment) = self.segments.next() else { return Ok(Ok(None)) };
                (self.bytes, self.at) = (fs::read(&segment.path)?, 0);
                continue;
            };
            self.at = found.end;
            if found.number < self.expected {
                continue;
            }
            if found.number > self.expected {
                return Ok(Err(Hole { next: found.number }));
            }
            self.expected += 1;
            return Ok(Ok(Some(group(&found)?)));
        }
    }
}

/// The first number behind `after`, up to and with `last`, whose group the archive of a history does
/// not have.
pub fn first_missing(
    folder: &Path,
    lineage: &str,
    after: u64,
    last: u64,
) -> io::Result<Option<u64>> {
    let mut groups = Groups::behind(folder, lineage, after)?;
    while let Ok(Some(_)) = groups.next()? {}
    Ok((groups.expected <= last).then_some(groups.expected))
}

fn group(found: &Found) -> io::Result<Group> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "not a group of this program");
    let content: Content = encode::content(found.content).ok_or_else(wrong)?;
    Ok(Group { number: found.number, moment: found.moment, content })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(bytes: &[u8]) -> Vec<u64> {
        let (mut numbers, mut at) = (Vec::new(), 0);
        while let Some(found) = find(bytes, at) {
            numbers.push(found.number);
            at = found.end;
        }
        numbers
    }

    #[test]
    fn whole_frames_are_found_whatever_lies_between() {
        let mut bytes = Vec::new();
        for number in 1..=5 {
            bytes.extend(frame(number, 7, &[number as u8; 40]));
        }
        let one = bytes.len() / 5;
        assert_eq!(numbers(&bytes), [1, 2, 3, 4, 5]);
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 4;
            let lost = (at / one) as u64 + 1;
            let expected: Vec<_> = (1..=5).filter(|number| *number != lost).collect();
            assert_eq!(numbers(&flipped), expected, "byte {at}");
            assert_eq!(numbers(&bytes[..at]), (1..=at as u64 / one as u64).collect::<Vec<_>>());
        }
    }
}
