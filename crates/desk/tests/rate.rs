//! How fast acts are, without HTTP: `cargo run --release -p desk --example rate [cases] [clients]`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]
#![allow(missing_docs, dead_code)]

#[path = "it/world.rs"]
mod world;

use desk::{Deed, ask::ListAsk};
use std::{sync::Arc, time::Instant};
use store::{Options, SqliteKeeper};
use world::{NOON, World, confirmed, id_number, map, now};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<usize>().unwrap());
    let (cases, clients) = (arguments.next().unwrap_or(20_000), arguments.next().unwrap_or(16));
    let folder = std::env::temp_dir().join("fengqiao-rate");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let keeper = SqliteKeeper::open(&folder, Options::new(Arc::new(|| NOON))).unwrap();
    let world = Arc::new(World::on(Arc::new(keeper)).await);
    let start = Instant::now();
    let mut tasks = Vec::new();
    for client in 0..clients {
        let world = Arc::clone(&world);
        tasks.push(tokio::spawn(async move {
            let mediator = world.mediator();
            for n in (client..cases).step_by(clients) {
                let mut case = world.case(&format!("第{n}号纠纷"));
                let birth = format!("{:04}{:02}{:02}", 1940 + n % 60, n % 12 + 1, n % 28 + 1);
                case["parties"][0]["id_number"] =
                    id_number(&birth, (n / 7 % 500) as u32 * 2).into();
                let deed = Deed::Create { kind: "mediation_case".to_owned(), input: map(case) };
                world.desk.act(&mediator, deed, confirmed(), &now()).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let spent = start.elapsed().as_secs_f64();
    println!("create: {:.0}/s with {clients} clients", cases as f64 / spent);
    let mediator = world.mediator();
    let ask = ListAsk { kind: "mediation_case".to_owned(), ..ListAsk::default() };
    let start = Instant::now();
    for _ in 0..5_000 {
        assert_eq!(world.desk.list(&mediator, &ask).await.unwrap().records.len(), 20);
    }
    println!("list of 20: {:.0} µs", start.elapsed().as_secs_f64() / 5_000.0 * 1e6);
    let id = world.desk.list(&mediator, &ask).await.unwrap().records[0].id().to_owned();
    let start = Instant::now();
    for _ in 0..2_000 {
        world.desk.record(&mediator, "mediation_case", &id, &now()).await.unwrap();
    }
    println!("record: {:.0} µs", start.elapsed().as_secs_f64() / 2_000.0 * 1e6);
}
