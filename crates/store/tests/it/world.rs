//! A small world: two tables of a business, one of the house, and keepers to hold them.

use engine::query::{Cell, Column, Filter, Placement, Select, Sort, Table};
use std::{
    future::Future,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use store::{
    Clock, Commit, Count, Entry, Keeper, MemoryKeeper, Number, Operation, Options, PostgresKeeper,
    PostgresOptions, Row, SqliteKeeper, StoreError, Values, lab, number_token,
};

/// 2026-11-24 in China.
pub const NOW: i64 = 1_795_500_000_000;
pub const COUNTY: &str = "330102";

pub fn clock() -> Clock {
    Arc::new(|| NOW)
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(4).enable_all().build().unwrap().block_on(future)
}

/// A directory that goes with its last user.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let name = format!("fengqiao-store-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Deref for Directory {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn options() -> Options {
    Options::new(clock())
}

pub fn sqlite(directory: &Path) -> SqliteKeeper {
    SqliteKeeper::open(directory, options()).unwrap()
}

/// A keeper on a database, usually one that [`store::lab`] made.
pub async fn postgres(address: &str) -> PostgresKeeper {
    PostgresKeeper::open(address, PostgresOptions::new(clock())).await.unwrap()
}

/// Runs one check on every keeper, each with the tables of the world.
pub fn on_every_keeper<F: Future<Output = ()>>(check: impl Fn(Arc<dyn Keeper>) -> F) {
    let directory = Directory::new();
    let address = lab::shared().database().unwrap();
    let pooled = lab::shared_pool().through(&lab::shared().database().unwrap());
    for keeper in 0..4 {
        run(async {
            let keeper: Arc<dyn Keeper> = match keeper {
                0 => Arc::new(MemoryKeeper::new(clock())),
                1 => Arc::new(sqlite(&directory)),
                2 => Arc::new(postgres(&address).await),
                _ => Arc::new(postgres(&pooled).await),
            };
            keeper.prepare(&tables()).await.unwrap();
            check(keeper.clone()).await;
            keeper.close().await.unwrap();
        });
    }
}

pub fn tables() -> Vec<Table> {
    vec![case(), party(), body()]
}

pub fn case() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("id").required(),
        Column::int("a"),
        Column::int("b"),
        Column::text("t"),
        Column::text("d"),
        Column::text("codes"),
        Column::text("body"),
        Column::text("twin"),
        Column::text("no"),
        Column::int("version").required(),
    ];
    Table::new("case", Placement::County, &["county", "id"], columns)
        .unique(&["county", "no"])
        .index(&["county", "a", "id"])
}

pub fn party() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("id").required(),
        Column::text("parent").required(),
        Column::int("n"),
        Column::text("s"),
    ];
    Table::new("party", Placement::County, &["county", "id"], columns).index(&["county", "parent"])
}

/// A reference table: the same id in every county.
pub fn body() -> Table {
    let columns = vec![Column::text("id").required(), Column::text("name"), Column::int("size")];
    Table::new("body", Placement::Reference, &["id"], columns)
}

pub fn values(pairs: &[(&str, Cell)]) -> Values {
    pairs.iter().map(|(name, cell)| ((*name).to_owned(), cell.clone())).collect()
}

pub fn insert(table: &str, pairs: &[(&str, Cell)]) -> Operation {
    Operation::Insert { table: table.to_owned(), values: values(pairs) }
}

pub fn put(table: &str, pairs: &[(&str, Cell)]) -> Operation {
    Operation::Put { table: table.to_owned(), values: values(pairs) }
}

/// A case with these further columns.
pub fn new_case(id: &str, more: &[(&str, Cell)]) -> Operation {
    let mut pairs = vec![("county", COUNTY.into()), ("id", id.into()), ("version", 1.into())];
    pairs.extend(more.iter().cloned());
    insert("case", &pairs)
}

pub fn change_case(id: &str, version: i64, set: &[(&str, Cell)]) -> Operation {
    Operation::Update {
        table: "case".to_owned(),
        key: values(&[("county", COUNTY.into()), ("id", id.into())]),
        expect: values(&[("version", version.into())]),
        set: values(set),
    }
}

pub fn operations(operations: Vec<Operation>) -> Commit {
    Commit { operations, ..Commit::default() }
}

/// A new case with its number, counter and log entry.
pub fn commit(id: &str) -> Commit {
    Commit {
        numbers: vec![number("no")],
        operations: vec![new_case(id, &[("no", number_token(0).into())])],
        counts: vec![count("total", 1)],
        entries: vec![entry(id)],
        ..Commit::default()
    }
}

pub fn entry(record: &str) -> Entry {
    Entry {
        county: COUNTY.to_owned(),
        at: NOW,
        actor: "clerk".to_owned(),
        authority: "office@330102001".to_owned(),
        act: "create".to_owned(),
        kind: "case".to_owned(),
        record: record.to_owned(),
        version: 1,
        definition: "1".to_owned(),
        body: "{\"t\":[null,\"漏水\"]}".to_owned(),
        content: format!("content of {record}"),
    }
}

pub fn number(series: &str) -> Number {
    Number {
        county: COUNTY.to_owned(),
        series: series.to_owned(),
        before: "枫调".to_owned(),
        width: 4,
        after: "号".to_owned(),
    }
}

pub fn count(cell: &str, delta: i64) -> Count {
    Count {
        county: COUNTY.to_owned(),
        statistic: "cases".to_owned(),
        unit: "330102001".to_owned(),
        period: "2026-11".to_owned(),
        cell: cell.to_owned(),
        delta,
    }
}

/// All rows of these columns, in the order of the first.
pub async fn all(keeper: &dyn Keeper, table: &str, columns: &[&str]) -> Vec<Row> {
    let order = vec![Sort::up(columns[0])];
    keeper.find(&Select::from(table, columns).order(order)).await.unwrap()
}

/// Ids of the cases that a filter is true for.
pub async fn ids(keeper: &dyn Keeper, filter: &Filter) -> Result<Vec<Cell>, StoreError> {
    let order = vec![Sort::up("id")];
    let select = Select::from("case", &["id"]).filter(filter.clone()).order(order);
    Ok(keeper.find(&select).await?.into_iter().flatten().collect())
}
