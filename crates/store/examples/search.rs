//! How fast records are found by words: `cargo run --release -p store --example search [records]`.
//! Words are made as the desk makes them, with frequencies as in real texts: a few in every second
//! record, most in a handful.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{Commit, Keeper, Options, Search, SqliteKeeper, Words};

const COUNTIES: u64 = 160;
const TOWNSHIPS: u64 = 15;
/// How often each question is asked.
const REPEATS: u32 = 12;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// Small numbers are common, large ones rare (Zipf).
    fn zipf(&mut self, below: u64) -> u64 {
        let part = self.roll(1 << 24) as f64 / f64::from(1 << 24);
        (below as f64).powf(part) as u64 - 1
    }
}

/// The word of a rank: two characters.
fn word(rank: u64) -> String {
    let at = |n: u64| char::from_u32(0x4e00 + (n % 20_000) as u32).unwrap();
    [at(rank * 37), at(rank * 7_919 + rank / 20_000)].iter().collect()
}

fn record(dice: &mut Dice, number: u64) -> Words {
    let county = format!("33{:04}", number % COUNTIES);
    let township = format!("{county}{:03}", number / COUNTIES % TOWNSHIPS);
    let scope = ["33".to_owned(), county[..4].to_owned(), county.clone(), township];
    let mut words: Vec<String> = scope.iter().map(|unit| format!("case@{unit}")).collect();
    words.extend((0..130).map(|_| word(dice.zipf(100_000))));
    words.extend((0..30).map(|_| word(100_000 + dice.roll(3_000_000))));
    let name = |dice: &mut Dice| format!("n{}", dice.zipf(200_000));
    words.extend([name(dice), name(dice), format!("no{number:08}")]);
    words.extend((0..6).map(|at| format!("s:{at}{:06}", dice.roll(1_000_000))));
    let id = format!("{number:08x}-0000-7000-8000-{number:012x}");
    let at = 1_700_000_000_000 + number as i64 * 31_536;
    Words { county, kind: "case".to_owned(), record: id, at, words }
}

#[tokio::main]
async fn main() {
    let records: u64 = std::env::args().nth(1).map_or(1_000_000, |n| n.parse().unwrap());
    let group: usize = std::env::args().nth(2).map_or(48, |n| n.parse().unwrap());
    let directory = std::env::temp_dir().join(format!("fengqiao-search-{records}"));
    // What an earlier run made is asked again; remove the folder to make it anew.
    if !directory.exists() {
        let keeper = SqliteKeeper::open(&directory, Options::new(Arc::new(|| 0))).unwrap();
        make(&keeper, records, group).await;
        keeper.close().await.unwrap();
    }
    let keeper = SqliteKeeper::open(&directory, Options::new(Arc::new(|| 0))).unwrap();
    let size = std::fs::metadata(keeper.file()).unwrap().len() as f64 / records as f64;
    println!("{size:.0} bytes a record");
    measure(&keeper).await;
    keeper.close().await.unwrap();
}

async fn make(keeper: &SqliteKeeper, records: u64, group: usize) {
    let (mut dice, mut worst, start) = (Dice(1), Duration::ZERO, Instant::now());
    let (mut next, mut spent) = (0, Duration::ZERO);
    while next < records {
        let ends = records.min(next + group as u64);
        let words = (next..ends).map(|number| record(&mut dice, number)).collect();
        let asked = Instant::now();
        keeper.commit(Commit { words, ..Commit::default() }).await.unwrap();
        worst = worst.max(asked.elapsed());
        spent += asked.elapsed();
        next = ends;
    }
    let each = spent.as_secs_f64() / records as f64 * 1e6;
    println!(
        "{records} records in groups of {group}: {each:.1} µs each, worst group {worst:?}, \
         {:.0} s in all",
        start.elapsed().as_secs_f64()
    );
}

async fn measure(keeper: &SqliteKeeper) {
    let scopes = [
        ("province", ""),
        ("city", "case@3300"),
        ("county", "case@330021"),
        ("township", "case@330021003"),
    ];
    type Make = fn(&mut Dice) -> Vec<String>;
    let questions: [(&str, Make); 7] = [
        ("common, 2 characters", |d| vec![word(d.roll(50))]),
        ("middling, 2 characters", |d| vec![word(1_000 + d.roll(1_000))]),
        ("rare, 2 characters", |d| vec![word(100_000 + d.roll(3_000_000))]),
        ("absent, 2 characters", |d| vec![word(9_000_000 + d.roll(1_000_000))]),
        ("common, 3 characters", |d| vec![word(d.roll(50)), word(d.roll(50))]),
        ("middling, 4 characters", |d| (0..3).map(|_| word(200 + d.roll(2_000))).collect()),
        ("4 characters, one absent", |d| {
            vec![word(d.roll(50)), word(d.roll(50)), word(9_000_000 + d.roll(1_000_000))]
        }),
    ];
    for (name, make) in questions {
        for (scope, unit) in scopes {
            let (mut dice, mut times, mut hits) = (Dice(7), Vec::new(), 0);
            for _ in 0..300 {
                let mut all: Vec<_> = make(&mut dice).into_iter().map(|word| vec![word]).collect();
                all.extend((!unit.is_empty()).then(|| vec![unit.to_owned()]));
                let search = Search { all, after: None, limit: 20 };
                // On a shared machine a question of 2 ms is often put off: the shortest time is its own.
                let mut shortest = Duration::MAX;
                for _ in 0..REPEATS {
                    let asked = Instant::now();
                    hits += keeper.search(&search).await.unwrap().len();
                    shortest = shortest.min(asked.elapsed());
                }
                times.push(shortest);
            }
            times.sort();
            let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
            println!(
                "{name:26} {scope:9} {:5.1} hits  p50 {p50:>9.1?}  p99 {p99:>9.1?}",
                hits as f64 / 300.0 / f64::from(REPEATS)
            );
        }
    }
}
