//! The keepers beside the bare limits, in one run: `cargo run --release -p store --example keepers`.
//! PostgreSQL's bare limit is `pgbench` with the same statements, prepared, as many clients.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use engine::query::{Column, Filter, Placement, Select, Sort, Table};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use store::{
    Commit, Count, Entry, Keeper, Number, Operation, Options, PostgresKeeper, PostgresOptions,
    SqliteKeeper,
    bench::{self, Figures, pgbench},
    lab::{Pool, Server},
    number_token,
};

const CLIENTS: u64 = 16;

fn main() {
    let operations: u64 = std::env::args().nth(1).map_or(30_000, |n| n.parse().unwrap());
    let clients: u64 = std::env::args().nth(2).map_or(CLIENTS, |n| n.parse().unwrap());
    let directory = std::env::temp_dir().join(format!("fengqiao-rate-{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for round in 1..=2 {
        let (bare, ours) =
            (directory.join(format!("b{round}")), directory.join(format!("o{round}")));
        show("bare writer", bench::bare_writer(&bare, operations, clients).unwrap());
        let archived = directory.join(format!("a{round}"));
        let keeper = runtime.block_on(open(&archived, Some(archived.join("archive"))));
        show("archived", runtime.block_on(write(&keeper, operations, clients)));
        runtime.block_on(keeper.close()).unwrap();
        let keeper = runtime.block_on(open(&ours, None));
        show("our writer", runtime.block_on(write(&keeper, operations, clients)));
        show("bare read", bench::bare_read(&bare, 20_000).unwrap());
        show("our read", runtime.block_on(read(&keeper, 20_000)));
        runtime.block_on(keeper.close()).unwrap();
        on_postgres(&runtime, operations, clients);
    }
    std::fs::remove_dir_all(directory).unwrap();
}

fn on_postgres(runtime: &tokio::runtime::Runtime, operations: u64, clients: u64) {
    let server = Server::start(&["shared_buffers=512MB", "max_wal_size=4GB"]).unwrap();
    let (bare, scripts) = (server.database().unwrap(), server.folder().join("scripts"));
    let (written, read_back) = pgbench::measure(&bare, &scripts, operations, clients).unwrap();
    show("pgbench write", written);
    show("pgbench read", read_back);
    let pool = Pool::start(&server, &["server_round_robin = 0", "default_pool_size = 20"]).unwrap();
    let pooled = pool.through(&server.database().unwrap());
    for (name, address) in
        [("PostgreSQL", server.database().unwrap()), ("behind PgBouncer", pooled)]
    {
        let keeper = runtime.block_on(async {
            let options = PostgresOptions::new(Arc::new(|| 0));
            prepared(PostgresKeeper::open(&address, options).await.unwrap()).await
        });
        let written = runtime.block_on(write(&keeper, operations, clients));
        show(&format!("our writer, {name}"), written);
        show(&format!("our read, {name}"), runtime.block_on(read(&keeper, 20_000)));
        runtime.block_on(keeper.close()).unwrap();
    }
}

fn show(name: &str, figures: Figures) {
    let Figures { p50, p99, .. } = figures;
    println!("{name:12} {:9.0}/s  p50 {p50:?}  p99 {p99:?}", figures.rate());
}

async fn open(directory: &Path, archive: Option<PathBuf>) -> Arc<dyn Keeper> {
    let options = Options { archive, ..Options::new(Arc::new(|| 0)) };
    prepared(SqliteKeeper::open(directory, options).unwrap()).await
}

async fn prepared(keeper: impl Keeper) -> Arc<dyn Keeper> {
    let text = |names: &[&str]| names.iter().map(|n| Column::text(n)).collect::<Vec<_>>();
    let mut columns = vec![Column::text("county").required(), Column::text("id").required()];
    columns.push(Column::int("created").required());
    columns.push(Column::int("version").required());
    let mut party = columns[..2].to_vec();
    columns.extend(text(&["unit", "state", "title", "body", "number"]));
    party.extend(text(&["parent", "name", "secret"]));
    let tables = [
        Table::new("cases", Placement::County, &["county", "id"], columns)
            .index(&["county", "unit", "created", "id"]),
        Table::new("party", Placement::County, &["county", "id"], party)
            .index(&["county", "parent"]),
    ];
    keeper.prepare(&tables).await.unwrap();
    Arc::new(keeper)
}

async fn write(keeper: &Arc<dyn Keeper>, operations: u64, clients: u64) -> Figures {
    let start = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let keeper = keeper.clone();
            tokio::spawn(async move {
                let mut times: Vec<Duration> = Vec::new();
                for case in (client..operations).step_by(clients as usize) {
                    let asked = Instant::now();
                    keeper.commit(commit(case)).await.unwrap();
                    times.push(asked.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    Figures::of(times, start.elapsed())
}

fn county(case: u64) -> String {
    format!("3301{:02}", case % 10)
}

fn unit(case: u64) -> String {
    format!("{}{:03}", county(case), case / 10 % 15)
}

fn commit(case: u64) -> Commit {
    let (county, unit) = (county(case), unit(case));
    let id = format!("0192f000-0000-7000-8000-{case:012x}");
    let body = "双方因漏水修缮费用发生争执，".repeat(12);
    let text = |name: &str, value: &str| (name.to_owned(), value.into());
    let mut values = vec![
        text("county", &county),
        text("id", &id),
        text("unit", &unit),
        text("state", "pending"),
        ("version".to_owned(), 1.into()),
        ("created".to_owned(), (case as i64).into()),
        text("title", "楼上漏水引起的邻里纠纷"),
        text("body", &body),
    ];
    values.push(("number".to_owned(), number_token(0).into()));
    let mut operations = vec![Operation::Insert { table: "cases".to_owned(), values }];
    for party in 0..2 {
        let values = vec![
            text("county", &county),
            text("id", &format!("{id}{party}")),
            text("parent", &id),
            text("name", "张三"),
            text("secret", "0123456789abcdef0123456789abcdef0123456789abcdef"),
        ];
        operations.push(Operation::Insert { table: "party".to_owned(), values });
    }
    let counter = |cell: u64, unit: &str| Count {
        county: county.clone(),
        statistic: "cases".to_owned(),
        unit: unit.to_owned(),
        period: "2026-11".to_owned(),
        cell: format!("total/type={}", cell + case % 3),
        delta: 1,
    };
    let counts = (0..4).flat_map(|cell| [&unit, &county, "330100"].map(|u| counter(cell, u)));
    let counts = counts.collect();
    let number = Number {
        county: county.clone(),
        series: format!("cases/{unit}"),
        before: "浙".to_owned(),
        width: 8,
        after: String::new(),
    };
    let entry = Entry {
        county: county.clone(),
        at: case as i64,
        actor: "clerk".to_owned(),
        act: "create".to_owned(),
        kind: "cases".to_owned(),
        record: id,
        version: 1,
        content: body.clone(),
        body,
        ..Entry::default()
    };
    Commit { numbers: vec![number], operations, counts, entries: vec![entry], ..Commit::default() }
}

async fn read(keeper: &Arc<dyn Keeper>, pages: u64) -> Figures {
    let (start, mut times) = (Instant::now(), Vec::new());
    for page in 0..pages {
        let asked = Instant::now();
        let filter = Filter::equal("county", county(page)).and(Filter::equal("unit", unit(page)));
        let select = Select::from("cases", &["id", "title", "state", "created", "number"])
            .filter(filter)
            .order(vec![Sort::down("created"), Sort::down("id")])
            .limit(20);
        std::hint::black_box(keeper.find(&select).await.unwrap());
        times.push(asked.elapsed());
    }
    Figures::of(times, start.elapsed())
}
