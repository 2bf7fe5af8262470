//! One group of changes in one transaction, in three journeys to the server: locks are taken and
//! what they guard is read; everything is written; it is committed. Each journey carries all its
//! statements at once.
//!
//! Locks are taken in one order everywhere, so that programs wait for each other and do not block:
//! chains, series, rows as the changes name them, words, counters with those of upper units last,
//! because every county adds to them.

use super::{
    connection::{Bound, Connection, Done, Statement},
    failure::{Trouble, trouble},
    search,
};
use crate::{
    chain,
    group::{Prepared, hashes, summed},
    numbers,
    seam::{Commit, Count, Entry, Number, Operation, Receipt, StoreError, Values, Words},
    shape::Catalogue,
    sql::changes::{KEEP_HEAD, LOG},
};
use engine::query::Cell;
use std::collections::{BTreeMap, HashMap};
use tokio_postgres::Row;

/// Says which group of which program this is. It changes nothing where that group was kept already,
/// and waits where the lost connection it was sent on is still at work.
const TOKEN: &str = "insert into house_writer (writer, done, at) values ($1, $2, $3) \
                     on conflict (writer) do update set done = excluded.done, at = excluded.at \
                     where house_writer.done < excluded.done";
const FIRST_HEAD: &str = "insert into chain (county, seq, hash) values ($1, $2, $3) \
                          on conflict (county) do nothing";
const HEAD: &str = "select seq, hash from chain where county = $1 for update";
const SERIES: &str = "insert into series (county, series, value) values ($1, $2, $3) \
                      on conflict (county, series) do update \
                      set value = series.value + excluded.value returning value";
const ADD_ALL: &str = "insert into counter (county, statistic, unit, period, cell, value) \
                       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], \
                       $5::text[], $6::bigint[]) on conflict (county, statistic, unit, period, \
                       cell) do update set value = counter.value + excluded.value";

/// Which group of which program; a group that is tried again keeps its token.
#[derive(Clone, Copy)]
pub(super) struct Token<'a> {
    pub writer: &'a str,
    pub group: i64,
    pub at: i64,
}

/// Why a group was not kept.
pub(super) enum Stopped {
    /// The connection is lost. If it was lost in the middle of the commit, what was to be
    /// answered, in case the group was kept.
    Lost { words: String, perhaps: Option<Vec<Receipt>> },
    /// It is rolled back, because of this change if one is to blame.
    Refused { change: Option<usize>, error: StoreError },
}

type Kept<T> = Result<T, Stopped>;
type Head = (i64, String);
type SeriesKey<'a> = (&'a str, &'a str);

impl From<Trouble> for Stopped {
    fn from(trouble: Trouble) -> Self {
        blamed(None)(trouble)
    }
}

fn blamed(change: Option<usize>) -> impl Fn(Trouble) -> Stopped {
    move |trouble| match trouble {
        Trouble::Again(words) => Stopped::Lost { words, perhaps: None },
        Trouble::Refused(error) => Stopped::Refused { change, error },
    }
}

/// Keeps a group. `perhaps` is what an earlier try with this token would have answered.
pub(super) async fn keep(
    connection: &mut Connection,
    catalogue: &Catalogue,
    group: &[&Prepared],
    token: Token<'_>,
    perhaps: Option<Vec<Receipt>>,
) -> Kept<Vec<Receipt>> {
    let shapes = shapes(connection, catalogue, group).await?;
    let fixed = Fixed::of(connection).await?;
    let kept = in_transaction(connection, catalogue, group, token, &shapes, &fixed).await;
    match kept {
        Ok(Some(receipts)) => Ok(receipts),
        // Only a commit that was sent can have moved the token; then its answer is known.
        Ok(None) => {
            roll_back(connection).await?;
            perhaps.ok_or_else(|| blamed(None)(Trouble::Again("组号已用".to_owned())))
        }
        Err(Stopped::Refused { change, error }) => {
            roll_back(connection).await?;
            Err(Stopped::Refused { change, error })
        }
        Err(Stopped::Lost { words, perhaps: now }) => {
            Err(Stopped::Lost { words, perhaps: now.or(perhaps) })
        }
    }
}

async fn roll_back(connection: &Connection) -> Kept<()> {
    connection.end("rollback").await.map_err(Stopped::from)
}

async fn in_transaction(
    connection: &Connection,
    catalogue: &Catalogue,
    group: &[&Prepared],
    token: Token<'_>,
    shapes: &[Vec<Step>],
    fixed: &Fixed,
) -> Kept<Option<Vec<Receipt>>> {
    let Some(mut shared) = begin(connection, catalogue, group, token, fixed).await? else {
        return Ok(None);
    };
    let mut changes: Vec<_> = group.iter().map(|prepared| shared.settle(prepared)).collect();
    write(connection, catalogue, &changes, shapes, fixed).await?;
    let words = changes.iter_mut().flat_map(|change| std::mem::take(&mut change.words));
    search::keep(connection, catalogue, words, &fixed.search).await?;
    finish(connection, catalogue, group, shared, fixed).await?;
    let receipts = changes.into_iter().map(|change| change.receipt).collect();
    match connection.end("commit").await {
        Ok(()) => Ok(Some(receipts)),
        Err(Trouble::Again(words)) => Err(Stopped::Lost { words, perhaps: Some(receipts) }),
        Err(Trouble::Refused(error)) => Err(Stopped::Refused { change: None, error }),
    }
}

/// A statement and how many operations it does.
type Step = (usize, Statement);

/// The statements of every operation, prepared before the transaction begins: a shape that does not
/// fit the tables hurts nobody else.
async fn shapes(
    connection: &mut Connection,
    catalogue: &Catalogue,
    group: &[&Prepared],
) -> Kept<Vec<Vec<Step>>> {
    let (mut all, mut shape) = (Vec::with_capacity(group.len()), String::new());
    for (index, prepared) in group.iter().enumerate() {
        let mut operations = &prepared.commit.operations[..];
        let mut steps = Vec::with_capacity(operations.len());
        while let Some(first) = operations.first() {
            let rows = if prepared.commit.carries { puts(operations) } else { Vec::new() };
            let statement = match (first, rows.len()) {
                (Operation::Put { table, values }, 2..) => {
                    connection.lists(table, values, catalogue).await
                }
                _ => connection.operation(first, &mut shape, catalogue).await,
            };
            let length = rows.len().max(1);
            steps.push((length, statement.map_err(blamed(Some(index)))?));
            operations = &operations[length..];
        }
        all.push(steps);
    }
    Ok(all)
}

/// The rows that the first operations put into one table with the same columns. What is carried
/// names no row twice, so one statement may put them all.
fn puts(operations: &[Operation]) -> Vec<&Values> {
    let Some(Operation::Put { table: to, values: first }) = operations.first() else {
        return Vec::new();
    };
    let alike = |row: &Values| {
        row.len() == first.len() && row.iter().zip(first).all(|((a, _), (b, _))| a == b)
    };
    let rows = operations.iter().map_while(|operation| match operation {
        Operation::Put { table, values } if table == to && alike(values) => Some(values),
        _ => None,
    });
    rows.collect()
}

/// The statements that every group uses.
struct Fixed {
    token: Statement,
    first_head: Statement,
    head: Statement,
    series: Statement,
    log: Statement,
    keep_head: Statement,
    add_all: Statement,
    search: search::Fixed,
}

impl Fixed {
    async fn of(connection: &mut Connection) -> Done<Self> {
        Ok(Self {
            token: connection.fixed(TOKEN).await?,
            first_head: connection.fixed(FIRST_HEAD).await?,
            head: connection.fixed(HEAD).await?,
            series: connection.fixed(SERIES).await?,
            log: connection.fixed(LOG).await?,
            keep_head: connection.fixed(KEEP_HEAD).await?,
            add_all: connection.fixed(ADD_ALL).await?,
            search: search::Fixed::of(connection).await?,
        })
    }
}

/// What the changes of a group share.
struct Shared {
    heads: BTreeMap<String, Head>,
    /// The last number given out.
    series: HashMap<(String, String), i64>,
}

/// Begins, takes the locks, and reads what they guard; nothing where the group was kept already.
async fn begin(
    connection: &Connection,
    catalogue: &Catalogue,
    group: &[&Prepared],
    token: Token<'_>,
    fixed: &Fixed,
) -> Kept<Option<Shared>> {
    let (counties, wanted) = needed(group);
    let begun = connection.begin().await;
    let values = vec![Bound::Text(token.writer), Bound::Int(token.group), Bound::Int(token.at)];
    let token = connection.send(&fixed.token, values).await;
    let mut heads = Vec::new();
    for county in &counties {
        let values = vec![Bound::Text(county), Bound::Int(0), Bound::Text(chain::GENESIS)];
        let first = connection.send(&fixed.first_head, values).await;
        heads.push((
            *county,
            first,
            connection.query(&fixed.head, vec![Bound::Text(county)]).await,
        ));
    }
    let mut series = Vec::new();
    for ((county, name), count) in &wanted {
        let values = vec![Bound::Text(county), Bound::Text(name), Bound::Int(*count)];
        series.push((*county, *name, *count, connection.query(&fixed.series, values).await));
    }
    connection.within(catalogue, begun.answer()).await?;
    if connection.within(catalogue, token.answer()).await? == 0 {
        return Ok(None);
    }
    let mut shared = Shared { heads: BTreeMap::new(), series: HashMap::new() };
    let broken = |error| Stopped::from(trouble(&error, catalogue));
    for (county, first, head) in heads {
        connection.within(catalogue, first.answer()).await?;
        let row = only(connection.within(catalogue, head.answer()).await?)?;
        let head = (row.try_get(0).map_err(broken)?, row.try_get(1).map_err(broken)?);
        shared.heads.insert(county.to_owned(), head);
    }
    for (county, name, count, last) in series {
        let row = only(connection.within(catalogue, last.answer()).await?)?;
        let last: i64 = row.try_get(0).map_err(broken)?;
        shared.series.insert((county.to_owned(), name.to_owned()), last - count);
    }
    Ok(Some(shared))
}

fn only(rows: Vec<Row>) -> Kept<Row> {
    let none = || Trouble::Again("数据库没有答全".to_owned());
    rows.into_iter().next().ok_or_else(|| none().into())
}

/// The chains and series that a group needs, in the order of their keys.
fn needed<'a>(group: &[&'a Prepared]) -> (Vec<&'a str>, BTreeMap<SeriesKey<'a>, i64>) {
    let entries = group.iter().flat_map(|prepared| &prepared.commit.entries);
    let mut counties: Vec<_> = entries.map(|entry| entry.county.as_str()).collect();
    counties.sort_unstable();
    counties.dedup();
    let mut series = BTreeMap::new();
    for number in group.iter().flat_map(|prepared| &prepared.commit.numbers) {
        *series.entry((number.county.as_str(), number.series.as_str())).or_default() += 1;
    }
    (counties, series)
}

/// A change with its numbers in it.
struct Settled {
    operations: Vec<Operation>,
    log: Vec<[Cell; 14]>,
    words: Vec<Words>,
    receipt: Receipt,
}

impl Shared {
    fn settle(&mut self, prepared: &Prepared) -> Settled {
        let mut commit = Commit { counts: Vec::new(), ..prepared.commit.clone() };
        let numbers: Vec<_> = commit.numbers.iter().map(|number| self.next(number)).collect();
        numbers::fill(&mut commit, &numbers);
        let mut known = prepared.hashes.iter().cloned();
        let mut receipt = Receipt { numbers, entries: Vec::new() };
        let mut log = Vec::new();
        for entry in commit.entries {
            let (row, head) = self.append(entry, known.next());
            log.push(row);
            receipt.entries.push(head);
        }
        Settled { operations: commit.operations, log, words: commit.words, receipt }
    }

    fn next(&mut self, number: &Number) -> String {
        let key = (number.county.clone(), number.series.clone());
        let last = self.series.entry(key).or_default();
        *last += 1;
        numbers::text(number, *last)
    }

    fn append(&mut self, entry: Entry, known: Option<(String, String)>) -> ([Cell; 14], Head) {
        let first = || (0, chain::GENESIS.to_owned());
        let head = self.heads.entry(entry.county.clone()).or_insert_with(first);
        let (body, content) = known.unwrap_or_else(|| hashes(&entry));
        let seq = head.0 + 1;
        let hash = chain::linked_hash(&head.1, seq, &entry, &body, &content);
        let prev = std::mem::replace(head, (seq, hash.clone())).1;
        (log_row(entry, seq, content, prev, hash.clone()), (seq, hash))
    }
}

/// A row of the log, in the order of [`LOG`].
fn log_row(entry: Entry, seq: i64, content: String, prev: String, hash: String) -> [Cell; 14] {
    let Entry {
        county, at, actor, authority, act, kind, record, version, definition, body, ..
    } = entry;
    [
        county.into(),
        seq.into(),
        at.into(),
        actor.into(),
        authority.into(),
        act.into(),
        kind.into(),
        record.into(),
        version.into(),
        definition.into(),
        body.into(),
        content.into(),
        prev.into(),
        hash.into(),
    ]
}

/// Writes rows and log entries. The first that is refused in the order of the changes is to blame:
/// all before it went well.
async fn write(
    connection: &Connection,
    catalogue: &Catalogue,
    changes: &[Settled],
    shapes: &[Vec<Step>],
    fixed: &Fixed,
) -> Kept<()> {
    let mut answers = Vec::new();
    for (index, (change, steps)) in changes.iter().zip(shapes).enumerate() {
        let mut operations = &change.operations[..];
        for (length, statement) in steps {
            let (now, later) = operations.split_at(*length);
            let sent = match now {
                [operation] => {
                    let cells = crate::sql::changes::cells(operation);
                    connection.send_cells(statement, cells).await
                }
                many => connection.send_lists(statement, &puts(many)).await,
            };
            answers.push((index, now.first().and_then(expected), sent));
            operations = later;
        }
        for row in &change.log {
            answers.push((index, None, connection.send_cells(&fixed.log, row).await));
        }
    }
    for (index, expected, answer) in answers {
        let changed = connection.within(catalogue, answer.answer()).await;
        let changed = changed.map_err(blamed(Some(index)))?;
        if let (0, Some(table)) = (changed, expected) {
            let error = StoreError::Changed { table: table.to_owned() };
            return Err(Stopped::Refused { change: Some(index), error });
        }
    }
    Ok(())
}

/// The table of which a row must have been changed.
fn expected(operation: &Operation) -> Option<&str> {
    match operation {
        Operation::Update { table, .. } => Some(table),
        _ => None,
    }
}

/// Writes what the group shares.
async fn finish(
    connection: &Connection,
    catalogue: &Catalogue,
    group: &[&Prepared],
    shared: Shared,
    fixed: &Fixed,
) -> Kept<()> {
    let heads: Vec<_> = shared.heads.into_iter().collect();
    let counts: Vec<_> = group.iter().flat_map(|prepared| prepared.commit.counts.clone()).collect();
    let lists = Lists::of(&lower_first(counts));
    let mut answers = Vec::new();
    for (county, (seq, hash)) in &heads {
        let values = vec![Bound::Text(county), Bound::Int(*seq), Bound::Text(hash)];
        answers.push(connection.send(&fixed.keep_head, values).await);
    }
    if !lists.delta.is_empty() {
        answers.push(connection.send(&fixed.add_all, lists.bound()).await);
    }
    for answer in answers {
        connection.within(catalogue, answer.answer()).await?;
    }
    Ok(())
}

/// Counters as one list a column: they are the most of what a group writes, and one statement for
/// all of them costs a tenth of one for each.
struct Lists {
    /// County, statistic, unit, period, cell.
    texts: [Vec<String>; 5],
    delta: Vec<i64>,
}

impl Lists {
    fn of(counts: &[Count]) -> Self {
        let texts = |part: fn(&Count) -> &String| counts.iter().map(part).cloned().collect();
        Self {
            texts: [
                texts(|count| &count.county),
                texts(|count| &count.statistic),
                texts(|count| &count.unit),
                texts(|count| &count.period),
                texts(|count| &count.cell),
            ],
            delta: counts.iter().map(|count| count.delta).collect(),
        }
    }

    /// As [`ADD_ALL`] takes them.
    fn bound(&self) -> Vec<Bound<'_>> {
        let texts = self.texts.iter().map(|list| Bound::Texts(list));
        texts.chain([Bound::Ints(&self.delta)]).collect()
    }
}

/// One addition per counter, those of cities and provinces, whose codes end with more zeros, last.
fn lower_first(counts: Vec<Count>) -> Vec<Count> {
    let mut counts = summed(counts);
    let rank = |count: &Count| {
        let code = &count.county;
        (code.len() - code.trim_end_matches('0').len()) / 2
    };
    // Stable: within a rank they stay in the order of the key.
    counts.sort_by_key(rank);
    counts
}
