//! The log as evidence: what is hashed, and how a whole log is checked.
//!
//! Each entry's hash covers its own fields and the hash of the entry before it in its county, so
//! no entry can be altered, removed or moved without every later hash changing. Hashes are SM3 in
//! lower-case hexadecimal. The record itself and the list of changes enter as hashes of their own.

use crate::seam::{Entry, Keeper, Row, StoreError};
use engine::query::{Cell, Comparison, Filter, Select, Sort, Term};
use sm3::{Digest, Sm3};
use std::collections::BTreeSet;

/// What the first entry of a chain names as its predecessor.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const PAGE: u32 = 500;
const COLUMNS: [&str; 14] = [
    "seq",
    "at",
    "actor",
    "authority",
    "act",
    "kind",
    "record",
    "version",
    "definition",
    "body",
    "content",
    "prev",
    "hash",
    "county",
];

/// SM3 of a text as lower-case hexadecimal.
pub fn sm3(text: &str) -> String {
    let mut hexadecimal = String::with_capacity(64);
    for byte in Sm3::digest(text.as_bytes()) {
        for half in [byte >> 4, byte & 15] {
            hexadecimal.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
    }
    hexadecimal
}

/// The hash of a record's canonical text; empty if there is no record.
pub fn content_hash(content: &str) -> String {
    if content.is_empty() { String::new() } else { sm3(content) }
}

/// The hash of one entry. `content` is the [`content_hash`], not the text.
pub fn entry_hash(prev: &str, seq: i64, entry: &Entry, content: &str) -> String {
    linked_hash(prev, seq, entry, &sm3(&entry.body), content)
}

/// The same where the body's hash is known already.
pub(crate) fn linked_hash(
    prev: &str,
    seq: i64,
    entry: &Entry,
    body: &str,
    content: &str,
) -> String {
    sm3(&canonical(prev, seq, entry, body, content))
}

/// What is hashed: a JSON list, so that no two different entries have the same text.
fn canonical(prev: &str, seq: i64, entry: &Entry, body: &str, content: &str) -> String {
    let mut text = String::with_capacity(512);
    text.push_str("[\"fengqiao-log-1\"");
    let add_text = |text: &mut String, part: &str| {
        text.push(',');
        text.push_str(&serde_json::Value::from(part).to_string());
    };
    add_text(&mut text, prev);
    add_text(&mut text, &entry.county);
    text.push_str(&format!(",{seq},{},{}", entry.at, entry.version));
    let Entry { actor, authority, act, kind, record, definition, .. } = entry;
    for part in [actor, authority, act, kind, record, definition] {
        add_text(&mut text, part);
    }
    add_text(&mut text, body);
    add_text(&mut text, content);
    text.push(']');
    text
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A field is not what was hashed.
    Altered,
    /// The entry is not there.
    Missing,
    /// The entry is intact but stands in another's place.
    Reordered,
    /// The chain's recorded end is not this last entry.
    HeadDiffers,
}

/// The first thing that is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whose chain.
    pub county: String,
    /// Which entry.
    pub seq: i64,
    /// Kind of the record it is about, if the entry is there.
    pub kind: String,
    /// The record it is about, if the entry is there.
    pub record: String,
    /// What is wrong.
    pub flaw: Flaw,
}

/// Walks every chain and names the first bad entry of each. `progress` is told how many entries
/// were read so far. Memory does not grow with the log.
pub async fn verify(
    keeper: &dyn Keeper,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    let mut read = 0;
    for county in counties(keeper).await? {
        findings.extend(verify_chain(keeper, &county, &mut read, progress).await?);
    }
    Ok(findings)
}

/// Every county that has a chain, an entry, or both: skips from one to the next through the key.
async fn counties(keeper: &dyn Keeper) -> Result<BTreeSet<String>, StoreError> {
    let mut counties = BTreeSet::new();
    for table in ["chain", "log"] {
        let mut last: Option<String> = None;
        loop {
            let beyond = last.take().map_or(Filter::Everything, |county| {
                let column = Term::Column("county".to_owned());
                Filter::Compare(column, Comparison::Greater, Term::Value(county.into()))
            });
            let order = vec![Sort::up("county")];
            let select = Select::from(table, &["county"]).filter(beyond).order(order).limit(1);
            let Some(row) = keeper.find(&select).await?.pop() else { break };
            last = row.first().and_then(Cell::as_text).map(str::to_owned);
            counties.extend(last.clone());
        }
    }
    Ok(counties)
}

async fn verify_chain(
    keeper: &dyn Keeper,
    county: &str,
    read: &mut u64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Option<Finding>, StoreError> {
    let mut select = Select::from("log", &COLUMNS)
        .filter(Filter::equal("county", county))
        .order(vec![Sort::up("seq")])
        .limit(PAGE);
    let mut last =
        Link { seq: 0, hash: GENESIS.to_owned(), kind: String::new(), record: String::new() };
    loop {
        let rows = keeper.find(&select).await?;
        for row in &rows {
            let link = Kept::read(county, row);
            if let Some(flaw) = link.flaw(&last) {
                return Ok(Some(link.finding(keeper, county, &last, flaw).await?));
            }
            last = link.link();
        }
        *read += rows.len() as u64;
        progress(*read);
        if rows.len() < PAGE as usize {
            return against_head(keeper, county, &last).await;
        }
        select.after = Some(vec![Cell::Int(last.seq)]);
    }
}

async fn against_head(
    keeper: &dyn Keeper,
    county: &str,
    last: &Link,
) -> Result<Option<Finding>, StoreError> {
    let select = Select::from("chain", &["seq", "hash"]).filter(Filter::equal("county", county));
    let head = keeper.find(&select.limit(1)).await?.pop();
    let (seq, hash) = head.map_or((0, String::new()), |row| (int(&row, 0), text(&row, 1)));
    let (kind, record, county) = (last.kind.clone(), last.record.clone(), county.to_owned());
    Ok(if seq > last.seq {
        let (kind, record) = (String::new(), String::new());
        Some(Finding { county, seq: last.seq + 1, kind, record, flaw: Flaw::Missing })
    } else if seq != last.seq || hash != last.hash {
        Some(Finding { county, seq: last.seq, kind, record, flaw: Flaw::HeadDiffers })
    } else {
        None
    })
}

struct Link {
    seq: i64,
    hash: String,
    kind: String,
    record: String,
}

/// An entry as it is kept.
struct Kept {
    seq: i64,
    entry: Entry,
    content: String,
    prev: String,
    hash: String,
}

impl Kept {
    fn read(county: &str, row: &Row) -> Self {
        let entry = Entry {
            county: county.to_owned(),
            at: int(row, 1),
            actor: text(row, 2),
            authority: text(row, 3),
            act: text(row, 4),
            kind: text(row, 5),
            record: text(row, 6),
            version: int(row, 7),
            definition: text(row, 8),
            body: text(row, 9),
            content: String::new(),
        };
        Self {
            seq: int(row, 0),
            entry,
            content: text(row, 10),
            prev: text(row, 11),
            hash: text(row, 12),
        }
    }

    fn flaw(&self, last: &Link) -> Option<Flaw> {
        let intact = self.hash == entry_hash(&self.prev, self.seq, &self.entry, &self.content);
        if self.seq < 1 {
            Some(Flaw::Altered)
        } else if last.seq.checked_add(1) != Some(self.seq) {
            Some(Flaw::Missing)
        } else if self.prev != last.hash {
            Some(Flaw::Reordered)
        } else if !intact {
            Some(Flaw::Altered)
        } else {
            None
        }
    }

    fn link(self) -> Link {
        let Entry { kind, record, .. } = self.entry;
        Link { seq: self.seq, hash: self.hash, kind, record }
    }

    async fn finding(
        self,
        keeper: &dyn Keeper,
        county: &str,
        last: &Link,
        flaw: Flaw,
    ) -> Result<Finding, StoreError> {
        let county = county.to_owned();
        if flaw == Flaw::Missing {
            let (kind, record) = (String::new(), String::new());
            return Ok(Finding { county, seq: last.seq + 1, kind, record, flaw });
        }
        let moved = flaw == Flaw::Reordered && self.was_moved(keeper).await?;
        let flaw = if moved { Flaw::Reordered } else { Flaw::Altered };
        let Entry { kind, record, .. } = self.entry;
        Ok(Finding { county, seq: self.seq, kind, record, flaw })
    }

    /// Whether the predecessor it names is another entry of this chain: then it was moved, else
    /// its `prev` was altered. Asked once per bad chain, so the scan does not matter.
    async fn was_moved(&self, keeper: &dyn Keeper) -> Result<bool, StoreError> {
        let filter = Filter::equal("county", self.entry.county.as_str())
            .and(Filter::equal("hash", self.prev.as_str()));
        let select = Select::from("log", &["seq"]).filter(filter).limit(1);
        let named_first = self.prev == GENESIS;
        Ok(named_first || !keeper.find(&select).await?.is_empty())
    }
}

fn int(row: &Row, index: usize) -> i64 {
    row.get(index).and_then(Cell::as_int).unwrap_or(0)
}

fn text(row: &Row, index: usize) -> String {
    row.get(index).and_then(Cell::as_text).unwrap_or_default().to_owned()
}

/// The last content hash that the log has for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatestContent {
    /// The record.
    pub record: String,
    /// The entry that says so.
    pub seq: i64,
    /// Version of the record then.
    pub version: i64,
    /// [`content_hash`] of its canonical text.
    pub content: String,
}

/// The latest content of every record of one kind in one county, in the order of record ids, read
/// page by page.
pub struct LatestContents<'a> {
    keeper: &'a dyn Keeper,
    select: Select,
    page: std::vec::IntoIter<Row>,
    pending: Option<LatestContent>,
    ended: bool,
}

impl<'a> LatestContents<'a> {
    /// Starts with the first record.
    pub fn of(keeper: &'a dyn Keeper, county: &str, kind: &str) -> Self {
        let has_content = Filter::Not(Box::new(Filter::IsNull(Term::Column("content".to_owned()))));
        let filter = Filter::equal("county", county).and(Filter::equal("kind", kind));
        let select = Select::from("log", &["record", "seq", "version", "content"])
            .filter(filter.and(has_content))
            .order(vec![Sort::up("record"), Sort::up("seq")])
            .limit(PAGE);
        Self { keeper, select, page: Vec::new().into_iter(), pending: None, ended: false }
    }

    /// The next record, or none when all were told.
    pub async fn next(&mut self) -> Result<Option<LatestContent>, StoreError> {
        loop {
            let Some(row) = self.page.next() else {
                if self.ended {
                    return Ok(self.pending.take());
                }
                self.turn().await?;
                continue;
            };
            let (record, seq) = (text(&row, 0), int(&row, 1));
            let new = LatestContent { record, seq, version: int(&row, 2), content: text(&row, 3) };
            let before = self.pending.replace(new);
            let told =
                before.filter(|b| self.pending.as_ref().is_none_or(|p| p.record != b.record));
            if told.is_some() {
                return Ok(told);
            }
        }
    }

    async fn turn(&mut self) -> Result<(), StoreError> {
        let rows = self.keeper.find(&self.select).await?;
        self.ended = rows.len() < PAGE as usize;
        if let Some(row) = rows.last() {
            self.select.after = Some(row.iter().take(2).cloned().collect());
        }
        self.page = rows.into_iter();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sm3_gives_the_standards_own_example() {
        let expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        assert_eq!(sm3("abc"), expected);
    }

    #[test]
    fn no_text_can_slide_from_one_field_into_the_next() {
        let one = Entry { actor: "ab".into(), authority: "c".into(), ..Entry::default() };
        let two = Entry { actor: "a".into(), authority: "bc".into(), ..Entry::default() };
        assert_ne!(entry_hash(GENESIS, 1, &one, ""), entry_hash(GENESIS, 1, &two, ""));
    }
}
