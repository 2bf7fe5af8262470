//! One change inside the writer's transaction, and what a whole group shares: the ends of chains,
//! the last numbers of series, the sums of counters and the words of records are written once per
//! group.

use super::{
    failure, search,
    stamp::{self, Stamp},
    statements::Statements,
};
use crate::{
    chain,
    group::{Prepared, summed, touches_house},
    numbers,
    seam::{Count, Entry, Number, Operation, Receipt, StoreError, Words},
    shape::Catalogue,
    sql::changes::{ADD, KEEP_HEAD, LOG},
};
use rusqlite::{Connection, OptionalExtension, types::Null};
use std::collections::{BTreeMap, HashMap};

const KEEP_SERIES: &str = "insert into series (county, series, value) values (?1, ?2, ?3) \
                           on conflict (county, series) do update set value = excluded.value";

/// More than any county has; a guard against growing without end.
const MOST_REMEMBERED: usize = 50_000;

type Head = (i64, String);
type SeriesKey = (String, String);
type Done<T = ()> = Result<T, StoreError>;

/// The writer's hands: its connection and what it remembers between changes.
pub(super) struct Hands<'c> {
    connection: &'c Connection,
    statements: Statements<'c>,
    /// What is certain to be in the file, or will be at the end of the group.
    heads: HashMap<String, Head>,
    series: HashMap<SeriesKey, i64>,
    /// What the end of the group has to write.
    changed: Changed,
    /// The hashes of the contents of the last change's entries.
    contents: Vec<String>,
    /// Whether something shared was half done: then the group cannot be kept.
    lost: bool,
}

#[derive(Default)]
struct Changed {
    heads: BTreeMap<String, Head>,
    series: BTreeMap<SeriesKey, i64>,
    counts: Vec<Count>,
    words: Vec<Words>,
}

impl<'c> Hands<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        let statements = Statements::new(connection);
        let (heads, series, changed, contents, lost) = Default::default();
        Self { connection, statements, heads, series, changed, contents, lost }
    }

    /// The hashes of the contents of the last change's entries, in order.
    pub(super) fn contents(&self) -> &[String] {
        &self.contents
    }

    /// Writes the number of the group.
    pub(super) fn sign(&mut self, stamp: &Stamp) -> Done {
        let Stamp { group, moment, .. } = stamp;
        let values = (group.to_string(), moment.to_string());
        self.shared(|hands| hands.statements.fixed(stamp::KEEP)?.execute(values).map(|_| ()))
    }

    pub(super) fn run(&mut self, sql: &str) -> rusqlite::Result<()> {
        self.statements.run(sql, []).map(|_| ())
    }

    /// After a transaction that was not kept, nothing remembered is certain.
    pub(super) fn forget(&mut self) {
        self.heads.clear();
        self.series.clear();
        self.changed = Changed::default();
        self.lost = false;
    }

    /// Whether the transaction is still what it was. SQLite ends it by itself where it cannot go
    /// on, as on a full disk; what is written after that would be kept at once.
    fn intact(&self) -> Done {
        if self.lost || self.connection.is_autocommit() {
            return Err(StoreError::Failed("the group was given up".to_owned()));
        }
        Ok(())
    }

    /// A step that the whole group depends on.
    fn shared<T>(&mut self, step: impl FnOnce(&mut Self) -> rusqlite::Result<T>) -> Done<T> {
        self.intact()?;
        let done = step(self);
        self.lost |= done.is_err();
        done.map_err(|error| failure(&error))
    }

    /// One change, kept whole or not at all within the transaction.
    pub(super) fn apply(&mut self, prepared: Prepared, catalogue: &Catalogue) -> Done<Receipt> {
        self.intact()?;
        let touches_house = touches_house(&prepared.commit);
        if touches_house {
            self.finish()?;
        }
        self.shared(|hands| hands.run("savepoint change"))?;
        let mut staged = Changed::default();
        let done = self.stage(prepared, catalogue, &mut staged);
        if done.is_ok() {
            self.shared(|hands| hands.run("release change"))?;
            self.accept(staged);
        } else if self.intact().is_ok() {
            self.shared(|hands| hands.run("rollback to change"))?;
            self.shared(|hands| hands.run("release change"))?;
        }
        if touches_house {
            self.series.clear();
            self.heads.clear();
        }
        done
    }

    fn accept(&mut self, staged: Changed) {
        for (county, head) in staged.heads {
            self.heads.insert(county.clone(), head.clone());
            self.changed.heads.insert(county, head);
        }
        for (key, value) in staged.series {
            self.series.insert(key.clone(), value);
            self.changed.series.insert(key, value);
        }
        self.changed.counts.extend(staged.counts);
        self.changed.words.extend(staged.words);
    }

    fn stage(
        &mut self,
        prepared: Prepared,
        catalogue: &Catalogue,
        staged: &mut Changed,
    ) -> Done<Receipt> {
        let Prepared { mut commit, hashes, .. } = prepared;
        self.contents.clear();
        let mut receipt = Receipt::default();
        for number in &commit.numbers {
            receipt.numbers.push(self.number(number, staged)?);
        }
        numbers::fill(&mut commit, &receipt.numbers);
        for operation in &commit.operations {
            self.operate(operation, catalogue)?;
        }
        let mut hashes = hashes.into_iter();
        for entry in commit.entries {
            receipt.entries.push(self.append(entry, hashes.next(), staged)?);
        }
        (staged.counts, staged.words) = (commit.counts, commit.words);
        Ok(receipt)
    }

    fn number(&mut self, number: &Number, staged: &mut Changed) -> Done<String> {
        let key = (number.county.clone(), number.series.clone());
        let last = match staged.series.get(&key).or_else(|| self.series.get(&key)) {
            Some(last) => *last,
            None => self.last_number(&key).map_err(|error| failure(&error))?,
        };
        staged.series.insert(key, last + 1);
        Ok(numbers::text(number, last + 1))
    }

    fn last_number(&mut self, (county, series): &SeriesKey) -> rusqlite::Result<i64> {
        let question = "select value from series where county = ?1 and series = ?2";
        let statement = self.statements.fixed(question)?;
        Ok(statement.query_row([county, series], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    fn operate(&mut self, operation: &Operation, catalogue: &Catalogue) -> Done {
        let changed = self.statements.operate(operation, catalogue);
        match (changed.map_err(|error| failure(&error))?, operation) {
            (0, Operation::Update { table, .. }) => {
                Err(StoreError::Changed { table: table.clone() })
            }
            _ => Ok(()),
        }
    }

    fn append(
        &mut self,
        entry: Entry,
        hashes: Option<(String, String)>,
        staged: &mut Changed,
    ) -> Done<Head> {
        let head = staged.heads.get(&entry.county).or_else(|| self.heads.get(&entry.county));
        let (last, prev) = match head {
            Some(head) => head.clone(),
            None => self.head(&entry.county).map_err(|error| failure(&error))?,
        };
        let seq = last + 1;
        let (body, content) = hashes
            .unwrap_or_else(|| (chain::sm3(&entry.body), chain::content_hash(&entry.content)));
        let hash = chain::linked_hash(&prev, seq, &entry, &body, &content);
        self.log(&entry, seq, &content, &prev, &hash).map_err(|error| failure(&error))?;
        self.contents.push(content);
        staged.heads.insert(entry.county, (seq, hash.clone()));
        Ok((seq, hash))
    }

    fn head(&mut self, county: &str) -> rusqlite::Result<Head> {
        let statement = self.statements.fixed("select seq, hash from chain where county = ?1")?;
        let head = statement.query_row([county], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(head.optional()?.unwrap_or_else(|| (0, chain::GENESIS.to_owned())))
    }

    fn log(
        &mut self,
        entry: &Entry,
        seq: i64,
        content: &str,
        prev: &str,
        hash: &str,
    ) -> rusqlite::Result<()> {
        let statement = self.statements.fixed(LOG)?;
        for (at, number) in [(2, seq), (3, entry.at), (9, entry.version)] {
            statement.raw_bind_parameter(at, number)?;
        }
        let Entry { county, actor, authority, act, kind, record, definition, body, .. } = entry;
        let texts: [(usize, &str); 11] = [
            (1, county),
            (4, actor),
            (5, authority),
            (6, act),
            (7, kind),
            (8, record),
            (10, definition),
            (11, body),
            (12, content),
            (13, prev),
            (14, hash),
        ];
        for (at, text) in texts {
            match text {
                "" => statement.raw_bind_parameter(at, Null)?,
                text => statement.raw_bind_parameter(at, text)?,
            }
        }
        statement.raw_execute().map(|_| ())
    }

    /// Writes what the group shares.
    pub(super) fn finish(&mut self) -> Done {
        let changed = std::mem::take(&mut self.changed);
        if self.heads.len() + self.series.len() > MOST_REMEMBERED {
            self.heads.clear();
            self.series.clear();
        }
        self.shared(|hands| hands.write(changed))
    }

    fn write(&mut self, changed: Changed) -> rusqlite::Result<()> {
        search::keep(&mut self.statements, changed.words)?;
        for ((county, series), value) in changed.series {
            let statement = self.statements.fixed(KEEP_SERIES)?;
            statement.execute((county, series, value))?;
        }
        for (county, (seq, hash)) in changed.heads {
            let statement = self.statements.fixed(KEEP_HEAD)?;
            statement.execute((county, seq, hash))?;
        }
        for count in summed(changed.counts) {
            let Count { county, statistic, unit, period, cell, delta } = &count;
            let statement = self.statements.fixed(ADD)?;
            statement.execute((county, statistic, unit, period, cell, delta))?;
        }
        Ok(())
    }
}
