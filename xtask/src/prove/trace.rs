//! What the disk shim wrote down: everything that reached the disk, and every answer, in order.

use std::ops::Range;
use std::path::Path;

/// One thing that happened, in the terms of `xtask/shim/disk.c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The file, below the data folder; `.` is the folder itself.
    pub path: String,
    /// What happened to it.
    pub what: What,
}

/// What happened to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It was made.
    Create,
    /// It was made, and is a folder.
    Folder,
    /// Bytes were written at a place; they stand in the trace.
    Write(u64, Range<usize>),
    /// It got this length.
    Resize(u64),
    /// It was synced with success.
    Sync,
    /// It got another name.
    Rename(String),
    /// It was removed.
    Remove,
    /// No file: an answer was about to leave, and so promised this.
    Answer(String),
}

/// A whole trace.
pub struct Trace {
    /// All bytes, into which writes point.
    pub bytes: Vec<u8>,
    /// All events.
    pub events: Vec<Event>,
}

impl Trace {
    /// Reads a trace file; a last event that is not whole was not finished, and is left out.
    pub fn read(file: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let (mut events, mut at) = (Vec::new(), 0);
        while let Some((event, next)) = event(&bytes, at)? {
            events.push(event);
            at = next;
        }
        Ok(Self { bytes, events })
    }
}

fn event(bytes: &[u8], at: usize) -> Result<Option<(Event, usize)>, String> {
    let Some(length) = bytes[at..].iter().position(|it| *it == b'\n') else { return Ok(None) };
    let begin = at + length + 1;
    let head = String::from_utf8_lossy(&bytes[at..begin - 1]).into_owned();
    let broken = || format!("`{head}` is no line of a trace");
    let [letter, path, number, length] = *head.split(' ').collect::<Vec<_>>().as_slice() else {
        return Err(broken());
    };
    let number: u64 = number.parse().map_err(|_| broken())?;
    let range = begin..begin + length.parse::<usize>().map_err(|_| broken())?;
    let Some(content) = bytes.get(range.clone()) else { return Ok(None) };
    let text = || String::from_utf8_lossy(content).into_owned();
    let what = match letter {
        "C" => What::Create,
        "M" => What::Folder,
        "W" => What::Write(number, range.clone()),
        "T" => What::Resize(number),
        "S" => What::Sync,
        "R" => What::Rename(text()),
        "U" => What::Remove,
        "A" => What::Answer(text()),
        _ => return Err(broken()),
    };
    Ok(Some((Event { path: path.into(), what }, range.end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_up_to_its_last_whole_event() {
        let file = std::env::temp_dir().join(format!("fengqiao-trace-{}", std::process::id()));
        std::fs::write(&file, b"C a 0 0\nW a 8 3\nx\nyS a 0 0\nR a 0 3\nb/cW b/c 0 9\nhalf")
            .unwrap();
        let trace = Trace::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let whats: Vec<_> = trace.events.iter().map(|it| it.what.clone()).collect();
        let renamed = What::Rename("b/c".into());
        assert_eq!(whats, [What::Create, What::Write(8, 16..19), What::Sync, renamed]);
        assert_eq!(&trace.bytes[16..19], b"x\ny");
    }
}
