//! The seam: what the house asks of the place where it keeps things.
//!
//! A [`Keeper`] keeps rows of typed tables, a log chained per county, counters and number series.
//! It knows nothing of businesses, people or permissions: `desk` says what to keep, as data.
//! Three keepers implement it: `memory` (the model, for tests and simulation), `sqlite` (a county,
//! a demonstration), `postgres` (a province).
//!
//! To add a keeper: implement the trait, then run the conformance suite (`tests/it`) on it. The
//! suite is the contract; where it is silent, do as the memory keeper does.
//!
//! Verbs: `find`, `count` and `search` read, `commit` writes. Everything in one [`Commit`] becomes durable
//! together or not at all, and is durable when the answer arrives.

use engine::query::{Cell, Filter, Select, Table};
use std::{future::Future, pin::Pin};

/// An answer that arrives later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// One row: the values of the columns asked for, in the order asked.
pub type Row = Vec<Cell>;

/// Named values of one row.
pub type Values = Vec<(String, Cell)>;

/// A place where rows are kept.
pub trait Keeper: Send + Sync + 'static {
    /// Makes the tables and indexes that are not there yet and adds missing columns. Never drops,
    /// narrows or renames anything. Idempotent.
    fn prepare<'a>(&'a self, tables: &'a [Table]) -> Later<'a, ()>;

    /// The tables that are there, the house's own included, in no particular order.
    fn tables(&self) -> Vec<Table>;

    /// Rows of one table.
    fn find<'a>(&'a self, select: &'a Select) -> Later<'a, Vec<Row>>;

    /// How many rows of `table` the filter is true for, counting no further than `at_most`.
    fn count<'a>(&'a self, table: &'a str, filter: &'a Filter, at_most: u32) -> Later<'a, u32>;

    /// Records by their words, the newest first.
    fn search<'a>(&'a self, search: &'a Search) -> Later<'a, Vec<Hit>>;

    /// Keeps everything in `commit`, or nothing.
    fn commit(&self, commit: Commit) -> Later<'static, Receipt>;

    /// How new the answers are. Old ones are given only where nobody can write.
    fn freshness(&self) -> Freshness {
        Freshness::Current
    }

    /// What an operator should know of a database server; nothing of a medium that has none.
    fn health(&self) -> Later<'_, Option<Health>> {
        Box::pin(async { Ok(None) })
    }

    /// A number that grows whenever a change of the table is kept, before that change is answered:
    /// while it stays, so does what was read behind it. `None` where that cannot be told.
    fn revision(&self, table: &str) -> Option<u64> {
        let _ = table;
        None
    }

    /// Whether other processes may write to the same rows.
    fn is_shared(&self) -> bool {
        false
    }

    /// How the archive of its changes stands, where it keeps one.
    fn archive(&self) -> Option<crate::archive::Status> {
        None
    }

    /// Checks the medium itself (pages, indexes, checksums); findings in words, empty if sound.
    fn inspect(&self) -> Later<'_, Vec<String>>;

    /// Makes sure that everything acknowledged is in the main file and lets go of it.
    fn close(&self) -> Later<'_, ()>;
}

/// How new what is read is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// The last change is in it.
    #[default]
    Current,
    /// Everything up to this moment is in it, in milliseconds since 1970 UTC: a replica answers,
    /// because there is nobody who can write.
    Since(i64),
}

/// Facts about a database server, for an operator. What they mean is decided where they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Its hosts, as they were given.
    pub hosts: Vec<String>,
    /// Whether a commit must wait for standbys that are named.
    pub names_standbys: bool,
    /// Standbys that follow now.
    pub standbys: u32,
    /// Those of them that commits wait for; none where we may not see it.
    pub synchronous: Option<u32>,
    /// Its clock, in milliseconds since 1970 UTC.
    pub at: i64,
    /// How its own archive of changes stands.
    pub archiving: Archiving,
    /// How it is reached.
    pub link: Link,
}

/// How a database server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// How the way to it is secured, or to the pooler.
    pub near: Secured,
    /// Where a pooler stands between, whether the way from there on is encrypted or stays on one
    /// machine.
    pub beyond: Option<bool>,
}

/// How the way to a server is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secured {
    /// It does not leave the machine.
    Local,
    /// Anybody on the way can read along.
    Open,
    /// It is encrypted.
    Encrypted {
        /// Whether it was proven who is at the other end.
        known: bool,
    },
}

/// How a database server's own archive of its changes stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archiving {
    /// Whether it is told to keep one, and how.
    pub is_on: bool,
    /// What was archived last, and when, in milliseconds since 1970 UTC.
    pub last: Option<(String, i64)>,
    /// What could not be archived, and when, if nothing was archived since.
    pub failed: Option<(String, i64)>,
}

/// One indivisible change.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// Number series that advance by one; the texts they give replace [`number_token`]`(i)`
    /// wherever that token stands in `operations` and `entries`.
    pub numbers: Vec<Number>,
    /// Changes of rows, in order.
    pub operations: Vec<Operation>,
    /// Additions to counters. A counter that is not there starts at 0.
    pub counts: Vec<Count>,
    /// Log entries, in order; each is chained to the last entry of its county.
    pub entries: Vec<Entry>,
    /// Whether a whole house is being carried here ([`crate::transfer`]): then the log and the
    /// chains may be written as rows. Never set otherwise.
    pub carries: bool,
    /// Words by which records are found, in order.
    pub words: Vec<Words>,
}

/// The words by which one record is found, in place of all it was found by before. Without words
/// it is no longer found.
///
/// A word is a text without blanks, control characters and capital ASCII letters, of at most
/// [`LONGEST_WORD`] bytes. What words mean is not the keeper's business. Where [`digits_token`]
/// stands in a word, the number's digits take its place, and the record is found by the beginnings
/// of that word too (2 to [`LONGEST_BEGINNING`] characters): nobody else can say them in time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// County that keeps the record.
    pub county: String,
    /// Its kind.
    pub kind: String,
    /// The record.
    pub record: String,
    /// Its place in time, in milliseconds since 1970 UTC: hits come newest first.
    pub at: i64,
    /// The words, in any order; one that stands there twice counts once.
    pub words: Vec<String>,
}

/// Most bytes of a word.
pub const LONGEST_WORD: usize = 200;

/// Most characters of a beginning that is a word of its own.
pub const LONGEST_BEGINNING: usize = 12;

/// A question for records that have, of every group, at least one word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The groups; none is a mistake.
    pub all: Vec<Vec<String>>,
    /// Only behind this [`Hit::place`].
    pub after: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// A record found by its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// County that keeps it.
    pub county: String,
    /// Its kind.
    pub kind: String,
    /// The record.
    pub record: String,
    /// Its place in the order: greatest first. See [`crate::system::search`].
    pub place: i64,
}

/// One change of one table.
#[derive(Clone, Debug)]
pub enum Operation {
    /// A new row. [`StoreError::Taken`] if its key or a unique index has these values already.
    Insert {
        /// The table.
        table: String,
        /// Its values; columns not named are null.
        values: Values,
    },
    /// Changes columns of one row. [`StoreError::Changed`] if no row has this key and `expect`.
    Update {
        /// The table.
        table: String,
        /// The whole primary key.
        key: Values,
        /// What must still be true of the row, for instance its version.
        expect: Values,
        /// The new values.
        set: Values,
    },
    /// Inserts the row, or replaces the named columns of the row that has its key.
    Put {
        /// The table.
        table: String,
        /// The values, the whole primary key among them.
        values: Values,
    },
    /// Removes rows, if there are any. `by` is compared with `=`; in a table placed by county it
    /// names `county`.
    Remove {
        /// The table.
        table: String,
        /// Column values of the rows to remove.
        by: Values,
    },
}

/// One number out of a series without gaps.
#[derive(Clone, Debug)]
pub struct Number {
    /// County that keeps the series.
    pub county: String,
    /// Name of the series, for instance `mediation_case.dossier_no/0192…/2026`.
    pub series: String,
    /// Text before the number.
    pub before: String,
    /// Least number of digits.
    pub width: usize,
    /// Text behind the number.
    pub after: String,
}

/// An addition to a counter of table `counter`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Count {
    /// Placement key: the county, or the upper unit's own code.
    pub county: String,
    /// Name of the statistic.
    pub statistic: String,
    /// Unit counted for.
    pub unit: String,
    /// Period, `YYYY-MM`.
    pub period: String,
    /// Measure and dimension value, for instance `total/dispute_type=01`.
    pub cell: String,
    /// What is added.
    pub delta: i64,
}

/// What is written into the log; the keeper adds sequence number and hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Whose chain.
    pub county: String,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Account, or the named actor of the house.
    pub actor: String,
    /// On whose authority: role and unit acted for.
    pub authority: String,
    /// What was done: `create`, `accept`, `refused`, `read` …
    pub act: String,
    /// Kind of record, or table of the house.
    pub kind: String,
    /// The record; empty if none.
    pub record: String,
    /// Version of the record after the act; 0 if none.
    pub version: i64,
    /// Version of the definition acted under.
    pub definition: String,
    /// What changed: JSON.
    pub body: String,
    /// Canonical text of the whole record after the act; only its hash is kept. Empty if none.
    pub content: String,
}

/// What a commit gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The texts of the numbers allotted, in order.
    pub numbers: Vec<String>,
    /// Sequence number and hash of each log entry, in order.
    pub entries: Vec<(i64, String)>,
}

/// What stands in for the `index`-th number of a commit until it is allotted. It holds a control
/// character, which no checked input has.
pub fn number_token(index: usize) -> String {
    format!("\u{1}{index}\u{1}")
}

/// What stands in a word for the digits of the `index`-th number of a commit.
pub fn digits_token(index: usize) -> String {
    format!("\u{2}{index}\u{2}")
}

/// Why the keeper did not do it.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum StoreError {
    /// A row with the same key or unique values is there already.
    #[error("{table}: {columns:?} is taken")]
    Taken {
        /// The table.
        table: String,
        /// The columns that clash.
        columns: Vec<String>,
    },
    /// The row is not there, or no longer as expected.
    #[error("{table}: changed meanwhile")]
    Changed {
        /// The table.
        table: String,
    },
    /// The question or change does not fit the tables: an error of the house.
    #[error("not understood: {0}")]
    Misfit(String),
    /// The medium failed: nothing of the change is kept.
    #[error("cannot keep: {0}")]
    Failed(String),
    /// Nobody can be reached now who could do it: it may be asked again. What could not be reached
    /// may have kept a change and only not said so; a key of its own (see `desk`) tells.
    #[error("{0}")]
    Unavailable(String),
    /// The keeper is closing.
    #[error("closing")]
    Closing,
}
