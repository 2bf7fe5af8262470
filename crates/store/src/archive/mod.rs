//! The archive: every group of changes that was kept, one after the other, in files of its own.
//!
//! A backup is the database at one moment; the archive leads from there to any later one. The
//! writer numbers its groups inside the same transaction ([`crate::sqlite::Stamp`]), so a copy of
//! the database knows which groups it holds, and a group that is missing shows as a hole in the
//! numbers: nobody has to record a gap, and none can be overlooked.
//!
//! [`encode`] says a group in bytes, [`segment`] puts groups into files and finds them there again,
//! [`keep`] is the thread that writes them. What a record looks like as a whole is not in here: of
//! an entry's content only the hash goes to the disk, as in the database.

pub(crate) mod encode;
pub(crate) mod keep;
pub(crate) mod segment;

use crate::seam::{Commit, Receipt};
use engine::query::Table;
use std::path::PathBuf;

pub use segment::{first_missing, remove_before, span};

/// One group, as it is read back.
#[derive(Debug)]
pub(crate) struct Group {
    pub number: u64,
    pub moment: i64,
    pub content: Content,
}

/// What a group did.
#[derive(Debug)]
pub(crate) enum Content {
    /// Changes, in order.
    Changes(Vec<Change>),
    /// Tables as they had grown.
    Tables(Vec<Table>),
}

/// One change and what it gave, so that doing it again can be compared with the first time.
#[derive(Debug)]
pub(crate) struct Change {
    /// The commit; its entries carry no content.
    pub commit: Commit,
    /// The hash of each entry's content.
    pub contents: Vec<String>,
    /// What the commit gave.
    pub receipt: Receipt,
}

/// How the archive of a running keeper stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The folder.
    pub folder: PathBuf,
    /// The last group kept in the database.
    pub kept: u64,
    /// The last group that is safe in the archive.
    pub safe: u64,
    /// The moment of that group, in milliseconds since 1970 UTC; 0 if none was written yet.
    pub safe_at: i64,
    /// Why the archive cannot be written, while it cannot.
    pub failure: Option<String>,
    /// The last group that the archive does not have: only a backup that holds it can be led on.
    pub missing: Option<u64>,
}
