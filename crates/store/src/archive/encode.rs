//! A group in bytes: numbers little-endian, texts and lists with their length in front.
//!
//! A change is said in two halves. What was asked is known to the asker and written on its thread;
//! what it gave is added by the writer, which has no time to spare.

use super::{Change, Content};
use crate::seam::{Commit, Count, Entry, Number, Operation, Receipt, Values, Words};
use engine::query::{Cell, Column, ColumnType, Index, Placement, Table};

const CHANGES: u8 = 1;
const TABLES: u8 = 2;

/// Bytes being written.
#[derive(Default)]
pub(crate) struct Out(pub Vec<u8>);

impl Out {
    fn tag(&mut self, tag: u8) {
        self.0.push(tag);
    }

    fn int(&mut self, number: i64) {
        self.0.extend(number.to_le_bytes());
    }

    /// Lengths stay far below four thousand million: a commit is made in memory.
    fn length(&mut self, length: usize) {
        self.0.extend((length as u32).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend(text.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], each: impl Fn(&mut Self, &T)) {
        self.length(items.len());
        items.iter().for_each(|item| each(self, item));
    }

    fn values(&mut self, values: &Values) {
        self.list(values, |out, (name, cell)| {
            out.text(name);
            match cell {
                Cell::Null => out.tag(0),
                Cell::Int(number) => {
                    out.tag(1);
                    out.int(*number);
                }
                Cell::Text(text) => {
                    out.tag(2);
                    out.text(text);
                }
            }
        });
    }

    fn operation(&mut self, operation: &Operation) {
        match operation {
            Operation::Insert { table, values } => self.named(1, table, &[values]),
            Operation::Update { table, key, expect, set } => {
                self.named(2, table, &[key, expect, set]);
            }
            Operation::Put { table, values } => self.named(3, table, &[values]),
            Operation::Remove { table, by } => self.named(4, table, &[by]),
        }
    }

    fn named(&mut self, tag: u8, table: &str, lists: &[&Values]) {
        self.tag(tag);
        self.text(table);
        lists.iter().for_each(|values| self.values(values));
    }

    fn number(&mut self, number: &Number) {
        let Number { county, series, before, width, after } = number;
        [county, series, before, after].into_iter().for_each(|text| self.text(text));
        self.length(*width);
    }

    fn count(&mut self, count: &Count) {
        let Count { county, statistic, unit, period, cell, delta } = count;
        [county, statistic, unit, period, cell].into_iter().for_each(|text| self.text(text));
        self.int(*delta);
    }

    fn entry(&mut self, entry: &Entry) {
        let Entry {
            county,
            at,
            actor,
            authority,
            act,
            kind,
            record,
            version,
            definition,
            body,
            content: _,
        } = entry;
        let texts = [county, actor, authority, act, kind, record, definition, body];
        texts.into_iter().for_each(|text| self.text(text));
        self.int(*at);
        self.int(*version);
    }

    fn words(&mut self, words: &Words) {
        let Words { county, kind, record, at, words } = words;
        [county, kind, record].into_iter().for_each(|text| self.text(text));
        self.int(*at);
        self.list(words, |out, word| out.text(word));
    }

    fn table(&mut self, table: &Table) {
        let Table { name, placement, columns, key, indexes } = table;
        self.text(name);
        self.tag(u8::from(*placement == Placement::County));
        self.list(columns, |out, Column { name, column_type, required }| {
            out.text(name);
            out.tag(u8::from(*column_type == ColumnType::Text));
            out.tag(u8::from(*required));
        });
        self.list(key, |out, name| out.text(name));
        self.list(indexes, |out, Index { columns, unique }| {
            out.list(columns, |out, name| out.text(name));
            out.tag(u8::from(*unique));
        });
    }
}

/// The first half of a change: what was asked.
pub(crate) fn asked(commit: &Commit) -> Vec<u8> {
    let mut out = Out(Vec::with_capacity(2048));
    out.list(&commit.numbers, Out::number);
    out.list(&commit.operations, Out::operation);
    out.list(&commit.counts, Out::count);
    out.list(&commit.entries, Out::entry);
    out.tag(u8::from(commit.carries));
    out.list(&commit.words, Out::words);
    out.0
}

/// The second half, added to the first: what it gave.
pub(crate) fn given(asked: Vec<u8>, contents: &[String], receipt: &Receipt) -> Vec<u8> {
    let mut out = Out(asked);
    out.list(contents, |out, hash| out.text(hash));
    out.list(&receipt.numbers, |out, number| out.text(number));
    out.list(&receipt.entries, |out, (seq, hash)| {
        out.int(*seq);
        out.text(hash);
    });
    out.0
}

/// A group of changes, each of both halves.
pub(crate) fn changes(changes: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Out::default();
    out.tag(CHANGES);
    out.list(changes, |out, change| out.0.extend(change));
    out.0
}

/// Tables as they have grown.
pub(crate) fn tables(tables: &[Table]) -> Vec<u8> {
    let mut out = Out::default();
    out.tag(TABLES);
    out.list(tables, Out::table);
    out.0
}

/// What a group did; `None` if the bytes are not one.
pub(crate) fn content(bytes: &[u8]) -> Option<Content> {
    let mut bytes = In(bytes);
    let content = match bytes.tag()? {
        CHANGES => Content::Changes(bytes.list(In::change)?),
        TABLES => Content::Tables(bytes.list(In::table)?),
        _ => return None,
    };
    bytes.0.is_empty().then_some(content)
}

/// Bytes being read.
struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn tag(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn flag(&mut self) -> Option<bool> {
        self.tag().map(|tag| tag == 1)
    }

    fn int(&mut self) -> Option<i64> {
        Some(i64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn length(&mut self) -> Option<usize> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?) as usize)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.length()?;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }

    /// A length that lies asks for no memory: items are read one by one.
    fn list<T>(&mut self, each: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.length()?).map(|_| each(self)).collect()
    }

    fn values(&mut self) -> Option<Values> {
        self.list(|bytes| {
            let name = bytes.text()?;
            let cell = match bytes.tag()? {
                0 => Cell::Null,
                1 => Cell::Int(bytes.int()?),
                2 => Cell::Text(bytes.text()?),
                _ => return None,
            };
            Some((name, cell))
        })
    }

    fn operation(&mut self) -> Option<Operation> {
        let (tag, table) = (self.tag()?, self.text()?);
        Some(match tag {
            1 => Operation::Insert { table, values: self.values()? },
            2 => {
                let (key, expect, set) = (self.values()?, self.values()?, self.values()?);
                Operation::Update { table, key, expect, set }
            }
            3 => Operation::Put { table, values: self.values()? },
            4 => Operation::Remove { table, by: self.values()? },
            _ => return None,
        })
    }

    fn number(&mut self) -> Option<Number> {
        let [county, series, before, after] =
            [self.text()?, self.text()?, self.text()?, self.text()?];
        Some(Number { county, series, before, after, width: self.length()? })
    }

    fn count(&mut self) -> Option<Count> {
        let [county, statistic] = [self.text()?, self.text()?];
        let [unit, period, cell] = [self.text()?, self.text()?, self.text()?];
        Some(Count { county, statistic, unit, period, cell, delta: self.int()? })
    }

    fn entry(&mut self) -> Option<Entry> {
        let [county, actor, authority, act] =
            [self.text()?, self.text()?, self.text()?, self.text()?];
        let [kind, record, definition, body] =
            [self.text()?, self.text()?, self.text()?, self.text()?];
        let (at, version, content) = (self.int()?, self.int()?, String::new());
        Some(Entry {
            county,
            at,
            actor,
            authority,
            act,
            kind,
            record,
            version,
            definition,
            body,
            content,
        })
    }

    fn words(&mut self) -> Option<Words> {
        let [county, kind, record] = [self.text()?, self.text()?, self.text()?];
        Some(Words { county, kind, record, at: self.int()?, words: self.list(Self::text)? })
    }

    fn change(&mut self) -> Option<Change> {
        let commit = Commit {
            numbers: self.list(Self::number)?,
            operations: self.list(Self::operation)?,
            counts: self.list(Self::count)?,
            entries: self.list(Self::entry)?,
            carries: self.flag()?,
            words: self.list(Self::words)?,
        };
        let contents = self.list(Self::text)?;
        let numbers = self.list(Self::text)?;
        let entries = self.list(|bytes| Some((bytes.int()?, bytes.text()?)))?;
        Some(Change { commit, contents, receipt: Receipt { numbers, entries } })
    }

    fn table(&mut self) -> Option<Table> {
        let name = self.text()?;
        let placement = if self.flag()? { Placement::County } else { Placement::Reference };
        let columns = self.list(|bytes| {
            let name = bytes.text()?;
            let column_type = if bytes.flag()? { ColumnType::Text } else { ColumnType::Int };
            Some(Column { name, column_type, required: bytes.flag()? })
        })?;
        let key = self.list(Self::text)?;
        let indexes = self.list(|bytes| {
            Some(Index { columns: bytes.list(Self::text)?, unique: bytes.flag()? })
        })?;
        Some(Table { name, placement, columns, key, indexes })
    }
}
