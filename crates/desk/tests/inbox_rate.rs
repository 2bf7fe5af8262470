//! How long an inbox takes for an office with many open limits:
//! `cargo run --release -p desk --example inbox [limits]`, on SQLite. The same number again lies with
//! the other offices of the county.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]
#![allow(missing_docs, dead_code)]

#[path = "it/world.rs"]
mod world;

use desk::{
    Actor,
    inbox::{Group, InboxAsk, Line},
};
use engine::query::Cell;
use jiff::ToSpan;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{
    Options, SqliteKeeper,
    seam::{Commit, Operation},
};
use world::{NOON, World, now};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Limits as acts keep them, in all states, due from 50 days ago to 150 days ahead.
async fn fill(world: &World, limits: usize) {
    let house = world.desk.house();
    let kind = house.kind("mediation_case").unwrap();
    let states: Vec<&str> = kind.states.iter().filter(|s| !s.last).map(|s| s.id.as_str()).collect();
    let villages = ["560101001001", "560101001002", "560101002001", "560101002001"];
    for from in (0..limits * 2).step_by(1_000) {
        let row = |n: usize| {
            let unit = world.desk.units().get(villages[n % 4]).unwrap().clone();
            let record = format!("{n:08x}-0000-7000-9000-000000000000");
            let due = now().today.checked_add((n as i64 * 7 % 200 - 50).days()).unwrap();
            let values = [
                ("county", unit.county.as_str().into()),
                ("id", format!("{record}:mediation_term").into()),
                ("kind", "mediation_case".into()),
                ("record", record.as_str().into()),
                ("rule", "mediation_term".into()),
                ("unit", unit.code.as_str().into()),
                ("path", unit.path.as_str().into()),
                ("title", format!("第{n}号邻里纠纷").into()),
                ("due", due.to_string().into()),
                ("warn", due.to_string().into()),
                ("words", "自2026年5月1日次日起1个月，至2026年6月1日".into()),
                ("given", "2026-05-01".into()),
                ("state", states[n % states.len()].into()),
                ("created_by", "somebody".into()),
                ("done", Cell::from(0)),
            ];
            let values = values.map(|(name, cell): (&str, Cell)| (name.to_owned(), cell));
            Operation::Insert { table: "deadline".to_owned(), values: values.into() }
        };
        let operations = (from..(limits * 2).min(from + 1_000)).map(row).collect();
        let commit = Commit { operations, ..Commit::default() };
        world.desk.keeper().commit(commit).await.unwrap();
    }
}

/// What the page of a group asks of the desk.
async fn page(world: &World, actor: &Actor) -> (usize, usize) {
    let desk = &world.desk;
    let inbox = desk.inbox(actor, &now()).await.unwrap();
    let ask = InboxAsk { group: Some(Group::Late), ..InboxAsk::default() };
    let lines = inbox.select(&desk.house(), &desk.units(), &ask);
    let shown: Vec<&Line> = lines.into_iter().take(30).collect();
    let tasks = desk.tasks_of(actor, &inbox.stands_in, &shown, &now()).await.unwrap();
    desk.late(actor, &now()).await.unwrap();
    (inbox.lines.len(), tasks.len())
}

/// A change that makes everything that is kept of inboxes old.
async fn touch(world: &World, n: usize) {
    let values = [
        ("account", Cell::from("nobody")),
        ("item", Cell::from(n.to_string())),
        ("until", Cell::from("2000-01-01")),
        ("reason", Cell::from("量")),
        ("at", Cell::from(0)),
    ];
    let values = values.map(|(name, cell)| (name.to_owned(), cell)).into();
    let operations = vec![Operation::Insert { table: "snooze".to_owned(), values }];
    let commit = Commit { operations, ..Commit::default() };
    world.desk.keeper().commit(commit).await.unwrap();
}

async fn measure(world: &World, what: &str, actor: &Actor, changing: bool) {
    let mut spent: Vec<Duration> = Vec::new();
    let mut seen = (0, 0);
    for n in 0..201 {
        if changing {
            touch(world, spent.len() + 1_000 * what.len() + n).await;
        }
        let start = Instant::now();
        seen = page(world, actor).await;
        spent.push(start.elapsed());
    }
    spent.sort();
    let ms = |share: f64| spent[((spent.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{what}: {} lines, {} shown; median {:.2} ms, 95 % {:.2} ms, slowest {:.2} ms",
        seen.0,
        seen.1,
        ms(0.5),
        ms(0.95),
        ms(1.0)
    );
}

#[tokio::main]
async fn main() {
    let limits = std::env::args().nth(1).map_or(5_000, |a| a.parse().unwrap());
    let folder = std::env::temp_dir().join("fengqiao-inbox-rate");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let keeper = SqliteKeeper::open(&folder, Options::new(Arc::new(|| NOON))).unwrap();
    let world = World::on(Arc::new(keeper)).await;
    fill(&world, limits).await;
    let office = world.actor("office", "560101001");
    let county = world.actor("county", "560101");
    let mediator = world.mediator();
    measure(&world, "office, read anew", &office, true).await;
    measure(&world, "office, kept", &office, false).await;
    measure(&world, "county, read anew ", &county, true).await;
    measure(&world, "mediator, read anew  ", &mediator, true).await;
    std::fs::remove_dir_all(&folder).unwrap();
}
