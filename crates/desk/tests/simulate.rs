//! The experiments of the simulation in their long form, one JSON line each:
//! `cargo run --release -p desk --example simulate -- --seed 7 --actors 2000 --steps 5000`.
//! `--only simulation|nth_call|concurrent_edit|double_submit|attached_race` does one of them. The
//! model looks through all it has for every question, so many seeds tell more than many steps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::disallowed_methods, missing_docs, dead_code)]

#[path = "sim/mod.rs"]
mod sim;
#[path = "it/world.rs"]
mod world;

use serde_json::{Value as Json, json};
use sim::{
    life::{Life, live},
    race, script,
};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let number = |name: &str, other: usize| {
        let given = argument(name).map(|text| text.parse().expect("a number"));
        given.unwrap_or(other)
    };
    let (seed, rounds) = (number("--seed", 1) as u64, number("--rounds", 1_000) as u64);
    let life = Life {
        seed,
        actors: number("--actors", 2_000),
        settled: 40,
        steps: number("--steps", 5_000),
        locks: 40,
        faults: number("--faults", 8) as u64,
    };
    let house = Arc::new(world::house());
    let only = argument("--only");
    let told = |name: &str, experiment: &dyn Fn() -> Json| {
        if only.as_ref().is_none_or(|only| only == name) {
            let mut line = json!({ "experiment": name, "seed": seed });
            let figures = experiment();
            line.as_object_mut().unwrap().extend(figures.as_object().unwrap().clone());
            println!("{line}");
        }
    };
    told("simulation", &|| simulation(&house, life));
    told("nth_call", &|| {
        let failed = script::every_call(&house, seed);
        json!({ "deeds": failed.deeds, "calls": failed.calls, "faults": failed.faults, "half": 0 })
    });
    told("concurrent_edit", &|| {
        let raced = race::edits(&house, seed, rounds);
        let race::Raced { won, changed, faults } = raced;
        json!({ "rounds": rounds, "won": won, "changed": changed, "faults": faults, "lost": 0 })
    });
    told(
        "attached_race",
        &|| json!({ "cases": race::attachments(&house, seed, rounds / 4), "lost": 0 }),
    );
    told("double_submit", &|| {
        let race::Sent { deeds, copies, faults } = race::submissions(&house, seed, rounds);
        json!({ "deeds": deeds, "copies": copies, "faults": faults, "doubled": 0, "lost": 0 })
    });
}

/// What broke would have ended it: a line that is printed says that everything held.
fn simulation(house: &Arc<engine::definition::House>, life: Life) -> Json {
    let lived = live(house, life);
    json!({
        "actors": life.actors, "steps": life.steps, "deeds": lived.deeds,
        "refused": lived.refused, "refusals": lived.refusals, "faults": lived.faults,
        "records": lived.kinds, "access_questions": lived.asked, "lost": 0, "head": lived.head,
    })
}

fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|given| given != name);
    arguments.nth(1)
}
