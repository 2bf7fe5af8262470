//! The model: everything in maps, one lock, nothing clever. What it does is what the seam means,
//! and the other keepers are compared with it. Simulations let its n-th call fail.

use crate::{
    chain, clock,
    clock::Clock,
    numbers,
    seam::{
        Commit, Count, Entry, Hit, Keeper, Later, Number, Operation, Receipt, Row, Search,
        StoreError, Values, Words,
    },
    shape::{self, Catalogue},
    system, words,
};
use engine::query::{Cell, Column, Filter, Placement, Rows, Select, Sort, Source, Table};
use jiff::civil::Date;
use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic},
};

/// Keeps rows in memory.
#[derive(Clone)]
pub struct MemoryKeeper {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    clock: Clock,
    calls: atomic::AtomicU64,
    fail_at: atomic::AtomicU64,
}

impl MemoryKeeper {
    /// An empty keeper that has the house's own tables.
    pub fn new(clock: Clock) -> Self {
        let mut state = State::default();
        for table in system::tables() {
            state.put_table(table, Vec::new());
        }
        state.data.insert(WORDS.to_owned(), Data::new(Arc::new(words_table())));
        let (calls, fail_at) = Default::default();
        Self { inner: Arc::new(Inner { state: Mutex::new(state), clock, calls, fail_at }) }
    }

    /// Lets the `nth` call from now on (1 is the next) fail, once, doing nothing.
    pub fn fail_at(&self, nth: u64) {
        self.inner.calls.store(0, atomic::Ordering::SeqCst);
        self.inner.fail_at.store(nth, atomic::Ordering::SeqCst);
    }
}

impl Inner {
    /// The state, unless this call is the one that is to fail.
    fn enter(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let call = self.calls.fetch_add(1, atomic::Ordering::SeqCst) + 1;
        if call == self.fail_at.load(atomic::Ordering::SeqCst) {
            return Err(StoreError::Failed(format!("call {call} was told to fail")));
        }
        Ok(self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Keeper for MemoryKeeper {
    fn prepare<'a>(&'a self, tables: &'a [Table]) -> Later<'a, ()> {
        Box::pin(async move { self.inner.enter()?.prepare(tables) })
    }

    fn tables(&self) -> Vec<Table> {
        let state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        shape::tables(&state.catalogue)
    }

    fn find<'a>(&'a self, select: &'a Select) -> Later<'a, Vec<Row>> {
        Box::pin(async move {
            let today = clock::day((self.inner.clock)());
            self.inner.enter()?.find(select, today)
        })
    }

    fn count<'a>(&'a self, table: &'a str, filter: &'a Filter, at_most: u32) -> Later<'a, u32> {
        Box::pin(async move {
            let today = clock::day((self.inner.clock)());
            self.inner.enter()?.count(table, filter, at_most, today)
        })
    }

    fn search<'a>(&'a self, search: &'a Search) -> Later<'a, Vec<Hit>> {
        Box::pin(async move {
            shape::check_search(search)?;
            Ok(self.inner.enter()?.search(search))
        })
    }

    fn commit(&self, commit: Commit) -> Later<'static, Receipt> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.enter()?.commit(commit) })
    }

    fn inspect(&self) -> Later<'_, Vec<String>> {
        Box::pin(async move { self.inner.enter().map(|_| Vec::new()) })
    }

    fn close(&self) -> Later<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

type Key = Vec<Cell>;

#[derive(Default)]
struct State {
    catalogue: Catalogue,
    data: HashMap<String, Data>,
}

/// What a key held before a change.
struct Before {
    table: String,
    key: Key,
    row: Option<Row>,
}

impl State {
    fn prepare(&mut self, tables: &[Table]) -> Result<(), StoreError> {
        for wanted in tables {
            let grown = shape::grown(self.catalogue.get(&wanted.name).map(|t| &**t), wanted)?;
            let old = self.data.get(&wanted.name);
            let rows = old.map_or_else(Vec::new, |data| data.rows.values().cloned().collect());
            if let Some(columns) = doubled(&grown, &rows) {
                return Err(StoreError::Taken { table: grown.name, columns });
            }
            self.put_table(grown, rows);
        }
        Ok(())
    }

    fn put_table(&mut self, table: Table, rows: Vec<Row>) {
        let table = Arc::new(table);
        let mut data = Data::new(table.clone());
        for mut row in rows {
            row.resize(table.columns.len(), Cell::Null);
            data.set(data.key(&row), Some(row));
        }
        self.catalogue.insert(table.name.clone(), table.clone());
        self.data.insert(table.name.clone(), data);
    }

    fn table(&self, name: &str) -> Result<&Data, StoreError> {
        self.data.get(name).ok_or_else(|| StoreError::Misfit(format!("no table {name}")))
    }

    fn find(&self, select: &Select, today: Date) -> Result<Vec<Row>, StoreError> {
        shape::check_select(&self.catalogue, select)?;
        let data = self.table(&select.table)?;
        let order: Vec<_> = select.order.iter().map(|s| (data.at(&s.column), s)).collect();
        let place = |row: &Row| order.iter().map(|(at, _)| row[*at].clone()).collect::<Vec<_>>();
        let mut rows: Vec<&Row> = data
            .rows
            .values()
            .filter(|row| self.holds(data, row, &select.filter, today))
            .filter(|row| {
                select.after.as_ref().is_none_or(|after| {
                    in_order(&select.order, &place(row), after) == Ordering::Greater
                        || select.order.is_empty()
                })
            })
            .collect();
        rows.sort_by(|a, b| in_order(&select.order, &place(a), &place(b)));
        rows.truncate(select.limit as usize);
        let columns: Vec<_> = select.columns.iter().map(|name| data.at(name)).collect();
        let bring = |row: &Row| columns.iter().map(|at| row[*at].clone()).collect();
        Ok(rows.into_iter().map(bring).collect())
    }

    fn count(
        &self,
        table: &str,
        filter: &Filter,
        at_most: u32,
        today: Date,
    ) -> Result<u32, StoreError> {
        let data = self.table(table)?;
        shape::check_filter(&self.catalogue, &data.table, filter)?;
        let rows = data.rows.values().filter(|row| self.holds(data, row, filter, today));
        Ok(rows.take(at_most as usize).count() as u32)
    }

    fn holds(&self, data: &Data, row: &Row, filter: &Filter, today: Date) -> bool {
        filter.holds(&Kept { state: self, data, row, today, outer: None }) == Some(true)
    }

    fn commit(&mut self, commit: Commit) -> Result<Receipt, StoreError> {
        shape::check_commit(&self.catalogue, &commit)?;
        let mut undo = Vec::new();
        let done = self.apply(commit, &mut undo);
        if done.is_err() {
            for Before { table, key, row } in undo.into_iter().rev() {
                if let Some(data) = self.data.get_mut(&table) {
                    data.set(key, row);
                }
            }
        }
        done
    }

    fn apply(&mut self, mut commit: Commit, undo: &mut Vec<Before>) -> Result<Receipt, StoreError> {
        let mut receipt = Receipt::default();
        for number in &commit.numbers {
            receipt.numbers.push(self.number(number, undo)?);
        }
        numbers::fill(&mut commit, &receipt.numbers);
        for operation in &commit.operations {
            self.operate(operation, undo)?;
        }
        for count in &commit.counts {
            self.add(count, undo)?;
        }
        for entry in &commit.entries {
            receipt.entries.push(self.append(entry, undo)?);
        }
        for words in commit.words {
            self.index(words, undo)?;
        }
        Ok(receipt)
    }

    /// Puts a record's words in place of those it had.
    fn index(&mut self, words: Words, undo: &mut Vec<Before>) -> Result<(), StoreError> {
        let Words { county, kind, record, at, words } = words;
        let of = vec![Cell::from(county.as_str()), Cell::from(record.as_str())];
        let held = self.table("search")?.unique.first().and_then(|(_, held)| held.get(&of));
        let old = held.and_then(|key| key[0].as_int());
        if let Some(old) = old {
            let by = vec![named_int(("place", old))];
            self.operate(&Operation::Remove { table: WORDS.to_owned(), by: by.clone() }, undo)?;
            self.operate(&Operation::Remove { table: "search".to_owned(), by }, undo)?;
        }
        let words = words::once(words);
        if words.is_empty() {
            return Ok(());
        }
        let place = match old.filter(|old| words::places(at).contains(old)) {
            Some(old) => old,
            None => words::next_place(at, self.last_place(at))?,
        };
        let mut values = named(&[("county", &county), ("kind", &kind), ("record", &record)]);
        values.extend([("place", place), ("print", words::print(&words))].map(named_int));
        self.operate(&Operation::Insert { table: "search".to_owned(), values }, undo)?;
        words.iter().try_for_each(|word| {
            let values = vec![named_int(("place", place)), named_text(("word", word))];
            self.operate(&Operation::Insert { table: WORDS.to_owned(), values }, undo)
        })
    }

    fn last_place(&self, at: i64) -> Option<i64> {
        let (first, last) = words::places(at).into_inner();
        let rows = &self.data.get("search")?.rows;
        rows.range(vec![Cell::Int(first)]..=vec![Cell::Int(last)]).next_back()?.0[0].as_int()
    }

    fn search(&self, search: &Search) -> Vec<Hit> {
        let (Some(entries), Some(words)) = (self.data.get("search"), self.data.get(WORDS)) else {
            return Vec::new();
        };
        let has = |place: &Cell, word: &String| {
            words.rows.contains_key(&vec![place.clone(), Cell::from(word.as_str())])
        };
        let found = entries.rows.values().rev().filter(|row| {
            let behind = search.after.is_none_or(|after| row[0] < Cell::Int(after));
            behind && search.all.iter().all(|any| any.iter().any(|word| has(&row[0], word)))
        });
        found.take(search.limit as usize).map(hit).collect()
    }

    fn number(&mut self, number: &Number, undo: &mut Vec<Before>) -> Result<String, StoreError> {
        let key = named(&[("county", &number.county), ("series", &number.series)]);
        let value = self.value("series", &key) + 1;
        self.put_value("series", key, value, undo)?;
        Ok(numbers::text(number, value))
    }

    fn add(&mut self, count: &Count, undo: &mut Vec<Before>) -> Result<(), StoreError> {
        let key = named(&[
            ("county", &count.county),
            ("statistic", &count.statistic),
            ("unit", &count.unit),
            ("period", &count.period),
            ("cell", &count.cell),
        ]);
        let value = self.value("counter", &key) + count.delta;
        self.put_value("counter", key, value, undo)
    }

    fn value(&self, table: &str, key: &Values) -> i64 {
        let key: Key = key.iter().map(|(_, cell)| cell.clone()).collect();
        let data = self.data.get(table);
        let value = data.and_then(|data| Some(data.rows.get(&key)?[data.at("value")].as_int()));
        value.flatten().unwrap_or(0)
    }

    fn put_value(
        &mut self,
        table: &str,
        mut values: Values,
        value: i64,
        undo: &mut Vec<Before>,
    ) -> Result<(), StoreError> {
        values.push(("value".to_owned(), Cell::Int(value)));
        self.operate(&Operation::Put { table: table.to_owned(), values }, undo)
    }

    fn append(
        &mut self,
        entry: &Entry,
        undo: &mut Vec<Before>,
    ) -> Result<(i64, String), StoreError> {
        let head = self.table("chain")?.rows.get(&vec![Cell::from(entry.county.as_str())]).cloned();
        let (last, prev) = match head.as_deref() {
            Some([_, Cell::Int(seq), Cell::Text(hash)]) => (*seq, hash.clone()),
            _ => (0, chain::GENESIS.to_owned()),
        };
        let seq = last + 1;
        let content = chain::content_hash(&entry.content);
        let hash = chain::entry_hash(&prev, seq, entry, &content);
        let values = log_row(entry, seq, &content, &prev, &hash);
        self.operate(&Operation::Insert { table: "log".to_owned(), values }, undo)?;
        let mut values = named(&[("county", &entry.county), ("hash", &hash)]);
        values.push(("seq".to_owned(), Cell::Int(seq)));
        self.operate(&Operation::Put { table: "chain".to_owned(), values }, undo)?;
        Ok((seq, hash))
    }

    fn operate(&mut self, operation: &Operation, undo: &mut Vec<Before>) -> Result<(), StoreError> {
        match operation {
            Operation::Insert { table, values } => {
                let data = self.table(table)?;
                let row = data.row(values);
                data.free(&row, None)?;
                self.set(table, data.key(&row), Some(row), undo)
            }
            Operation::Put { table, values } => {
                let data = self.table(table)?;
                let key = data.key(&data.row(values));
                let row = data.rows.get(&key).map(|old| data.changed(old, values));
                let row = row.unwrap_or_else(|| data.row(values));
                data.free(&row, Some(&key))?;
                self.set(table, key, Some(row), undo)
            }
            Operation::Update { table, key, expect, set } => {
                let data = self.table(table)?;
                let key = data.key(&data.row(key));
                let old = data.rows.get(&key).filter(|row| data.equals(row, expect, true));
                let changed = || StoreError::Changed { table: table.clone() };
                let row = data.changed(old.ok_or_else(changed)?, set);
                data.free(&row, Some(&key))?;
                self.set(table, key, Some(row), undo)
            }
            Operation::Remove { table, by } => {
                let data = self.table(table)?;
                let gone = data.rows.iter().filter(|(_, row)| data.equals(row, by, false));
                let keys: Vec<_> = gone.map(|(key, _)| key.clone()).collect();
                keys.into_iter().try_for_each(|key| self.set(table, key, None, undo))
            }
        }
    }

    fn set(
        &mut self,
        table: &str,
        key: Key,
        row: Option<Row>,
        undo: &mut Vec<Before>,
    ) -> Result<(), StoreError> {
        if let Some(data) = self.data.get_mut(table) {
            let row = data.set(key.clone(), row);
            undo.push(Before { table: table.to_owned(), key, row });
        }
        Ok(())
    }
}

/// Where the words of what is found stand: one row a word. It is in no catalogue, so that nobody
/// asks for it.
const WORDS: &str = "words of search";

fn words_table() -> Table {
    let columns = vec![Column::int("place").required(), Column::text("word").required()];
    Table::new(WORDS, Placement::Reference, &["place", "word"], columns)
}

fn hit(row: &Row) -> Hit {
    let text = |at: usize| row[at].as_text().unwrap_or_default().to_owned();
    let place = row[0].as_int().unwrap_or_default();
    Hit { county: text(1), kind: text(2), record: text(3), place }
}

fn named(pairs: &[(&str, &String)]) -> Values {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), Cell::from(text.as_str()))).collect()
}

/// A row of the log.
fn log_row(entry: &Entry, seq: i64, content: &str, prev: &str, hash: &str) -> Values {
    let mut values = named(&[
        ("county", &entry.county),
        ("actor", &entry.actor),
        ("authority", &entry.authority),
        ("act", &entry.act),
        ("kind", &entry.kind),
        ("record", &entry.record),
        ("definition", &entry.definition),
        ("body", &entry.body),
    ]);
    values.extend([("seq", seq), ("at", entry.at), ("version", entry.version)].map(named_int));
    values.extend([("content", content), ("prev", prev), ("hash", hash)].map(named_text));
    values
}

fn named_int((name, value): (&str, i64)) -> (String, Cell) {
    (name.to_owned(), Cell::Int(value))
}

fn named_text((name, value): (&str, &str)) -> (String, Cell) {
    (name.to_owned(), Cell::from(value))
}

/// Columns that a unique index names and two rows share.
fn doubled(table: &Table, rows: &[Row]) -> Option<Vec<String>> {
    let mut data = Data::new(Arc::new(table.clone()));
    for row in rows {
        let mut row = row.clone();
        row.resize(table.columns.len(), Cell::Null);
        if let Err(StoreError::Taken { columns, .. }) = data.free(&row, None) {
            return Some(columns);
        }
        data.set(data.key(&row), Some(row));
    }
    None
}

fn in_order(order: &[Sort], left: &[Cell], right: &[Cell]) -> Ordering {
    for ((sort, left), right) in order.iter().zip(left).zip(right) {
        let step = if sort.descending { right.cmp(left) } else { left.cmp(right) };
        if step != Ordering::Equal {
            return step;
        }
    }
    Ordering::Equal
}

/// The rows of one table.
struct Data {
    table: Arc<Table>,
    rows: BTreeMap<Key, Row>,
    key_at: Vec<usize>,
    /// For each unique index: where its columns are, and who has which values.
    unique: Vec<(Vec<usize>, BTreeMap<Key, Key>)>,
}

impl Data {
    fn new(table: Arc<Table>) -> Self {
        let mut data =
            Self { table, rows: BTreeMap::new(), key_at: Vec::new(), unique: Vec::new() };
        let places = |names: &[String]| names.iter().map(|name| data.at(name)).collect::<Vec<_>>();
        let key_at = places(&data.table.key);
        let unique = data.table.indexes.iter().filter(|index| index.unique);
        let unique = unique.map(|index| (places(&index.columns), BTreeMap::new())).collect();
        (data.key_at, data.unique) = (key_at, unique);
        data
    }

    /// Where a column is; the caller has checked that it is there.
    fn at(&self, name: &str) -> usize {
        self.table.columns.iter().position(|column| column.name == name).unwrap_or(0)
    }

    fn row(&self, values: &Values) -> Row {
        self.changed(&vec![Cell::Null; self.table.columns.len()], values)
    }

    fn changed(&self, row: &Row, values: &Values) -> Row {
        let mut row = row.clone();
        for (name, cell) in values {
            row[self.at(name)] = cell.clone();
        }
        row
    }

    fn key(&self, row: &Row) -> Key {
        self.key_at.iter().map(|at| row[*at].clone()).collect()
    }

    /// Whether no other row than the one of `own` has this row's key or unique values.
    fn free(&self, row: &Row, own: Option<&Key>) -> Result<(), StoreError> {
        let taken = |columns: Vec<String>| {
            Err(StoreError::Taken { table: self.table.name.clone(), columns })
        };
        let key = self.key(row);
        if own.is_none() && self.rows.contains_key(&key) {
            return taken(self.table.key.clone());
        }
        for (at, held) in &self.unique {
            let values: Key = at.iter().map(|at| row[*at].clone()).collect();
            if held.get(&values).is_some_and(|holder| Some(holder) != own) {
                return taken(at.iter().map(|at| self.table.columns[*at].name.clone()).collect());
            }
        }
        Ok(())
    }

    fn equals(&self, row: &Row, values: &Values, null_equals_null: bool) -> bool {
        values.iter().all(|(name, cell)| {
            row[self.at(name)] == *cell && (null_equals_null || !cell.is_null())
        })
    }

    fn set(&mut self, key: Key, row: Option<Row>) -> Option<Row> {
        let old = self.rows.remove(&key);
        for (at, held) in &mut self.unique {
            let values = |row: &Row| at.iter().map(|at| row[*at].clone()).collect::<Key>();
            if let Some(old) = &old {
                held.remove(&values(old));
            }
            let new = row.as_ref().map(values).filter(|new| !new.contains(&Cell::Null));
            held.extend(new.map(|new| (new, key.clone())));
        }
        if let Some(row) = row {
            self.rows.insert(key, row);
        }
        old
    }
}

/// A kept row with everything that hangs on it.
struct Kept<'a> {
    state: &'a State,
    data: &'a Data,
    row: &'a Row,
    today: Date,
    outer: Option<&'a Kept<'a>>,
}

impl Kept<'_> {
    /// The row that `column` refers to.
    fn row_referred(&self, column: &str, table: &str) -> Option<(&Data, &Row)> {
        let id = self.column(column);
        let data = self.state.data.get(table).filter(|_| !id.is_null())?;
        let county = shape::by_county(&data.table).then(|| self.column("county"));
        let fits = |row: &&Row| {
            row[data.at("id")] == id
                && county.as_ref().is_none_or(|county| row[data.at("county")] == *county)
        };
        data.rows.values().find(fits).map(|row| (data, row))
    }
}

impl Source for Kept<'_> {
    fn column(&self, name: &str) -> Cell {
        let at = self.data.table.columns.iter().position(|column| column.name == name);
        at.map_or(Cell::Null, |at| self.row[at].clone())
    }

    fn linked(&self, column: &str, table: &str, target: &str) -> Cell {
        let found = self.row_referred(column, table);
        found.map_or(Cell::Null, |(data, row)| row[data.at(target)].clone())
    }

    fn referred(&self, column: &str, table: &str, each: &mut dyn FnMut(&dyn Source)) {
        if let Some((data, row)) = self.row_referred(column, table) {
            each(&Kept { state: self.state, data, row, today: self.today, outer: None });
        }
    }

    fn others(&self, rows: &Rows, each: &mut dyn FnMut(&dyn Source)) {
        let Some(data) = self.state.data.get(&rows.table) else { return };
        let county = self.column("county");
        let wanted = self.column(rows.of.as_deref().unwrap_or("id"));
        let (county_at, column_at) = (data.at("county"), data.at(&rows.column));
        let itself = |row: &Row| {
            data.table.name == self.data.table.name && row[data.at("id")] == self.column("id")
        };
        let outer = Some(self.outer.unwrap_or(self));
        for row in data.rows.values().filter(|_| !wanted.is_null()) {
            if row[county_at] == county && row[column_at] == wanted && !itself(row) {
                each(&Kept { state: self.state, data, row, today: self.today, outer });
            }
        }
    }

    fn outer(&self, name: &str) -> Cell {
        self.outer.unwrap_or(self).column(name)
    }

    fn today(&self) -> Date {
        self.today
    }
}
