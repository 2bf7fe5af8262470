//! What a disk may hold after the power went: the model behind the power cuts.
//!
//! What was synced is there. Of everything later, each write, each change of length and each change
//! of a folder (a new name, another name, a removed one) is there or not, each by itself and in no
//! order; a write may also be torn, each of its 512-byte sectors being there or not. A name is safe
//! only after a sync of its folder. That is harsher than the file systems one meets.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;

use super::dice::Dice;
use super::trace::{Event, Trace, What};

const SECTOR: usize = 512;

type Id = usize;

/// A disk on which some things are safe and others are not yet.
#[derive(Default)]
pub struct Disk {
    contents: Vec<Content>,
    /// Names as the program sees them.
    seen: HashMap<String, Id>,
    /// Names and folders that are safe.
    safe: Names,
    /// Changes of names since the last sync of their folder.
    later: Vec<Change>,
}

#[derive(Default)]
struct Content {
    safe: Vec<u8>,
    later: Vec<What>,
}

#[derive(Default, Clone)]
struct Names {
    files: BTreeMap<String, Id>,
    folders: HashSet<String>,
}

#[derive(Clone)]
enum Change {
    File(String, Id),
    Folder(String),
    Moved(String, String, Id),
    Removed(String),
}

/// How much of what was not synced is there.
#[derive(Debug, Clone, Copy)]
pub enum Mood {
    /// Nothing.
    Nothing,
    /// Everything.
    Everything,
    /// Each by itself, in so many of a hundred cases; a third of what is there is torn.
    Some(u64),
}

impl Disk {
    /// A disk that holds a folder, all of it safe.
    pub fn holding(folder: &Path) -> Result<Self, String> {
        let mut disk = Self::default();
        disk.take_in(folder, "").map_err(|e| format!("{}: {e}", folder.display()))?;
        Ok(disk)
    }

    fn take_in(&mut self, folder: &Path, prefix: &str) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                self.safe.folders.insert(name.clone());
                self.take_in(&entry.path(), &format!("{name}/"))?;
            } else {
                let id = self.new_content(fs::read(entry.path())?);
                self.seen.insert(name.clone(), id);
                self.safe.files.insert(name, id);
            }
        }
        Ok(())
    }

    fn new_content(&mut self, safe: Vec<u8>) -> Id {
        self.contents.push(Content { safe, later: Vec::new() });
        self.contents.len() - 1
    }

    /// One more thing happens.
    pub fn happen(&mut self, event: &Event, trace: &Trace) -> Result<(), String> {
        let path = event.path.clone();
        match &event.what {
            What::Answer(_) => {}
            What::Folder => self.later.push(Change::Folder(path)),
            What::Create => {
                let id = self.new_content(Vec::new());
                self.seen.insert(path.clone(), id);
                self.later.push(Change::File(path, id));
            }
            What::Rename(to) => {
                let id = self.forget(&path)?;
                self.seen.insert(to.clone(), id);
                self.later.push(Change::Moved(path, to.clone(), id));
            }
            What::Remove => {
                self.forget(&path)?;
                self.later.push(Change::Removed(path));
            }
            What::Sync if self.is_folder(&path) => self.sync_folder(&path),
            What::Sync => {
                let content = self.content(&path)?;
                for what in std::mem::take(&mut content.later) {
                    apply(&mut content.safe, &what, &trace.bytes, |_| true);
                }
            }
            what => self.content(&path)?.later.push(what.clone()),
        }
        Ok(())
    }

    fn forget(&mut self, path: &str) -> Result<Id, String> {
        self.seen.remove(path).ok_or_else(|| format!("the trace names {path}, which is not there"))
    }

    fn content(&mut self, path: &str) -> Result<&mut Content, String> {
        let id = self.seen.get(path).copied();
        let content = id.and_then(|id| self.contents.get_mut(id));
        content.ok_or_else(|| format!("the trace names {path}, which is not there"))
    }

    fn is_folder(&self, path: &str) -> bool {
        path == "." || !self.seen.contains_key(path)
    }

    fn sync_folder(&mut self, folder: &str) {
        for change in std::mem::take(&mut self.later) {
            if parent(change.path()) == folder {
                self.safe.make(&change);
            } else {
                self.later.push(change);
            }
        }
    }

    /// What the disk may hold if the power goes now, written into a folder.
    pub fn cut(&self, mood: Mood, dice: &mut Dice, trace: &Trace, to: &Path) -> Result<(), String> {
        let mut names = self.safe.clone();
        for change in &self.later {
            if mood.keeps(dice) {
                names.make(change);
            }
        }
        let wrong = |error: std::io::Error| format!("{}: {error}", to.display());
        fs::create_dir_all(to).map_err(wrong)?;
        for (path, id) in names.files.iter().filter(|(path, _)| names.can_hold(path)) {
            // What stands in shared memory is no file of the disk: SQLite makes it anew.
            let Some(content) = self.contents.get(*id).filter(|_| !path.ends_with("-shm")) else {
                continue;
            };
            let file = to.join(path);
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder).map_err(wrong)?;
            }
            fs::write(&file, content.after_cut(mood, dice, &trace.bytes)).map_err(wrong)?;
        }
        Ok(())
    }
}

impl Content {
    fn after_cut(&self, mood: Mood, dice: &mut Dice, trace: &[u8]) -> Vec<u8> {
        let mut bytes = self.safe.clone();
        for what in &self.later {
            if !mood.keeps(dice) {
                continue;
            }
            let torn = matches!(mood, Mood::Some(_)) && dice.chance(33);
            apply(&mut bytes, what, trace, |_| !torn || dice.chance(50));
        }
        bytes
    }
}

impl Mood {
    fn keeps(self, dice: &mut Dice) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Some(percent) => dice.chance(percent),
        }
    }
}

impl Names {
    fn make(&mut self, change: &Change) {
        match change {
            Change::File(path, id) => {
                self.files.insert(path.clone(), *id);
            }
            Change::Folder(path) => {
                self.folders.insert(path.clone());
            }
            Change::Moved(from, to, id) => {
                self.files.remove(from);
                self.files.insert(to.clone(), *id);
            }
            Change::Removed(path) => {
                self.files.remove(path);
            }
        }
    }

    /// Whether every folder above a path is there.
    fn can_hold(&self, path: &str) -> bool {
        match parent(path) {
            "." => true,
            folder => self.folders.contains(folder) && self.can_hold(folder),
        }
    }
}

impl Change {
    fn path(&self) -> &str {
        match self {
            Self::File(path, _) | Self::Folder(path) | Self::Removed(path) => path,
            // Both names lie in one folder wherever the program renames.
            Self::Moved(_, to, _) => to,
        }
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

/// Does what was done to a file, sector by sector; `keeps` says of each whether it is there.
fn apply(bytes: &mut Vec<u8>, what: &What, trace: &[u8], mut keeps: impl FnMut(usize) -> bool) {
    match what {
        What::Resize(length) => bytes.resize(*length as usize, 0),
        What::Write(at, range) => {
            let (at, content) = (*at as usize, &trace[range.clone()]);
            for (number, sector) in content.chunks(SECTOR).enumerate() {
                if keeps(number) {
                    put(bytes, at + number * SECTOR, sector);
                }
            }
        }
        _ => {}
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, sector: &[u8]) {
    let end = at + sector.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(sector);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(path: &str, what: What) -> Event {
        Event { path: path.into(), what }
    }

    /// Cuts after these events; what is then in the folder, by name.
    fn cut(events: &[Event], bytes: &[u8], mood: Mood) -> BTreeMap<String, Vec<u8>> {
        let own =
            format!("fengqiao-image-{}-{:?}", std::process::id(), std::thread::current().id());
        let to = std::env::temp_dir().join(own);
        let trace = Trace { bytes: bytes.to_vec(), events: events.to_vec() };
        let mut disk = Disk::default();
        events.iter().for_each(|it| disk.happen(it, &trace).unwrap());
        disk.cut(mood, &mut Dice::new(1), &trace, &to).unwrap();
        let found = fs::read_dir(&to).unwrap().map(|it| it.unwrap());
        let read = |it: fs::DirEntry| {
            let name = it.file_name().to_string_lossy().into_owned();
            (name, fs::read(it.path()).unwrap_or_default())
        };
        let all = found.map(read).collect();
        fs::remove_dir_all(&to).unwrap();
        all
    }

    #[test]
    fn what_is_synced_is_there_and_a_name_needs_a_sync_of_its_folder() {
        let write = |range| event("a", What::Write(0, range));
        let mut events = vec![event("a", What::Create), write(0..3), event("a", What::Sync)];
        assert_eq!(cut(&events, b"abcxyz", Mood::Nothing), BTreeMap::new());
        events.extend([event(".", What::Sync), write(3..6)]);
        assert_eq!(cut(&events, b"abcxyz", Mood::Nothing)["a"], b"abc");
        assert_eq!(cut(&events, b"abcxyz", Mood::Everything)["a"], b"xyz");
        events.push(event("a", What::Rename("b".into())));
        assert!(cut(&events, b"abcxyz", Mood::Nothing).contains_key("a"));
        assert!(cut(&events, b"abcxyz", Mood::Everything).contains_key("b"));
    }

    #[test]
    fn a_write_may_be_torn_between_sectors_only() {
        let events = [
            event("a", What::Create),
            event(".", What::Sync),
            event("a", What::Write(0, 0..64 * SECTOR)),
        ];
        let torn = cut(&events, &vec![1; 64 * SECTOR], Mood::Some(100));
        let sectors: HashSet<_> = torn["a"].chunks(SECTOR).map(<[u8]>::to_vec).collect();
        assert!(sectors.iter().all(|it| it.windows(2).all(|two| two[0] == two[1])));
    }
}
