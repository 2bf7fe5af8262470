//! The desk under everything at once, in one process and from one seed.
//!
//! The long form: `cargo run --release -p desk --example simulate -- --seed 7 --steps 5000`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, dead_code)]

#[path = "mod.rs"]
mod sim;
#[path = "../it/world.rs"]
mod world;

use sim::{
    life::{Life, live},
    race, script,
};
use std::sync::Arc;

const SHORT: Life = Life { seed: 1, actors: 300, settled: 12, steps: 1_500, locks: 6, faults: 8 };

#[test]
fn whatever_happens_the_invariants_hold() {
    let house = Arc::new(world::house());
    let lived = live(&house, SHORT);
    assert!(lived.deeds > 500 && lived.refused > 500 && lived.faults > 100, "{lived:?}");
}

#[test]
fn the_same_seed_gives_the_same_log() {
    let house = Arc::new(world::house());
    let small = |seed| live(&house, Life { seed, steps: 300, locks: 1, ..SHORT }).head;
    assert_eq!(small(2), small(2));
    assert_ne!(small(2), small(3));
}

#[test]
fn of_many_writers_on_one_record_one_wins_each_round() {
    let raced = race::edits(&Arc::new(world::house()), 4, 60);
    assert_eq!(raced.won, 60);
}

#[test]
fn ten_identical_requests_are_one_deed_and_one_answer() {
    let sent = race::submissions(&Arc::new(world::house()), 5, 40);
    assert_eq!(sent.deeds, 40);
}

#[test]
fn a_limit_that_begins_while_it_is_ended_ends() {
    assert_eq!(race::attachments(&Arc::new(world::house()), 8, 40), 40);
}

#[test]
fn whichever_call_fails_nothing_is_kept_by_halves() {
    let failed = script::every_call(&Arc::new(world::house()), 6);
    assert!(failed.deeds >= 30 && failed.faults > 300, "{failed:?}");
}
