//! How long all running limits take to be worked out anew after a calendar changed, and whether
//! saves notice: `cargo run --release -p desk --example recompute [limits]`. Every limit changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]
#![allow(missing_docs, dead_code)]

#[path = "it/world.rs"]
mod world;

use desk::Deed;
use engine::{deadline::Given, query::Cell, record::work_out_limit};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use store::{
    Options, SqliteKeeper,
    seam::{Commit, Operation},
};
use world::{NOON, World, confirmed, map, now};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const YEAR_2027: &str = "date,kind,name,basis
2027-01-01,holiday,元旦,
2027-02-05,holiday,春节,
2027-04-05,holiday,清明节,
2027-05-03,holiday,劳动节,
2027-06-09,holiday,端午节,
2027-10-01,holiday,国庆节,
";

/// Rows as an act keeps them: three working days from 30 December 2026, which nobody knows yet.
async fn fill(world: &World, limits: usize) {
    let house = world.desk.house();
    let kind = house.kind("mediation_case").unwrap();
    let rule = kind.deadlines.iter().find(|rule| rule.id == "acceptance_term").unwrap();
    let given = Given { count: Some(3), ..Given::on(jiff::civil::date(2026, 12, 30)) };
    let limit = work_out_limit(&house, rule, given);
    assert_eq!(limit.due, None);
    let unit = world.desk.units().get("560101001001").unwrap().clone();
    for from in (0..limits).step_by(1_000) {
        let row = |n: usize| {
            let record = format!("{n:08x}-0000-7000-9000-000000000000");
            let cell = |name: &str, cell: Cell| (name.to_owned(), cell);
            let values = vec![
                cell("county", unit.county.as_str().into()),
                cell("id", format!("{record}:acceptance_term").into()),
                cell("kind", "mediation_case".into()),
                cell("record", record.as_str().into()),
                cell("rule", "acceptance_term".into()),
                cell("unit", unit.code.as_str().into()),
                cell("path", unit.path.as_str().into()),
                cell("title", "某某纠纷".into()),
                cell("words", limit.words.as_str().into()),
                cell("given", limit.given.write().into()),
                cell("done", 0.into()),
            ];
            Operation::Insert { table: "deadline".to_owned(), values }
        };
        let operations = (from..limits.min(from + 1_000)).map(row).collect();
        let commit = Commit { operations, ..Commit::default() };
        world.desk.keeper().commit(commit).await.unwrap();
    }
}

/// Saves cases, one after the other, until told to stop.
async fn saves(world: Arc<World>, stop: Arc<AtomicBool>, name: &str) -> Vec<Duration> {
    let mediator = world.mediator();
    let mut spent = Vec::new();
    let mut n = 0;
    while !stop.load(Ordering::Relaxed) {
        n += 1;
        let input = map(world.case(&format!("{name}的第{n}号纠纷")));
        let deed = Deed::Create { kind: "mediation_case".to_owned(), input };
        let start = Instant::now();
        world.desk.act(&mediator, deed, confirmed(), &now()).await.unwrap();
        spent.push(start.elapsed());
        rest(5).await;
    }
    spent.sort();
    spent
}

async fn rest(ms: u64) {
    let sleep = move || std::thread::sleep(Duration::from_millis(ms));
    tokio::task::spawn_blocking(sleep).await.unwrap();
}

fn tell(what: &str, spent: &[Duration]) {
    let at = |share: f64| {
        let index = ((spent.len() - 1) as f64 * share) as usize;
        spent[index].as_secs_f64() * 1e3
    };
    println!(
        "{what}: {} saves, median {:.1} ms, 95 % {:.1} ms, slowest {:.1} ms",
        spent.len(),
        at(0.5),
        at(0.95),
        at(1.0)
    );
}

#[tokio::main]
async fn main() {
    let limits = std::env::args().nth(1).map_or(100_000, |a| a.parse().unwrap());
    let folder = std::env::temp_dir().join("fengqiao-recompute");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let keeper = SqliteKeeper::open(&folder, Options::new(Arc::new(|| NOON))).unwrap();
    let world = Arc::new(World::on(Arc::new(keeper)).await);
    fill(&world, limits).await;
    let stop = Arc::new(AtomicBool::new(false));
    let quiet = tokio::spawn(saves(Arc::clone(&world), Arc::clone(&stop), "平时"));
    rest(3_000).await;
    stop.store(true, Ordering::Relaxed);
    tell("without a pass", &quiet.await.unwrap());
    world.desk.import_calendar(None, YEAR_2027, &now()).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let busy = tokio::spawn(saves(Arc::clone(&world), Arc::clone(&stop), "重算时"));
    let start = Instant::now();
    let mut pass = world.desk.pass_over_limits().await.unwrap().unwrap();
    while world.desk.step(&mut pass, &now()).await.unwrap() {
        tokio::task::yield_now().await;
    }
    let spent = start.elapsed();
    stop.store(true, Ordering::Relaxed);
    tell("during the pass", &busy.await.unwrap());
    println!(
        "{} limits looked at, {} changed, in {:.1} s",
        pass.looked,
        pass.changed,
        spent.as_secs_f64()
    );
}
