//! The life of a province: waves of errands, while the clock jumps and calls fail.

use crate::sim::{
    access::Oracle,
    dice::{Task, run, together},
    errand::{Errand, lock_race},
    failing::Plan,
    town::{DAY, Size, Town},
    typist::Typist,
};
use engine::definition::House;
use std::sync::{Arc, atomic::Ordering};

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    pub seed: u64,
    pub actors: usize,
    /// Villages with a committee in office.
    pub settled: usize,
    /// Errands.
    pub steps: usize,
    /// Accounts that are locked while they sign in.
    pub locks: usize,
    /// Calls that fail, of a thousand.
    pub faults: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Lived {
    pub deeds: usize,
    pub refused: u64,
    pub faults: u64,
    pub asked: u64,
    pub head: String,
    pub kinds: std::collections::BTreeMap<String, usize>,
    pub refusals: std::collections::BTreeMap<&'static str, u64>,
}

/// Days the whole life takes: over a leap day and three ends of a year.
const DAYS: i64 = 1_100;

/// Lives it and proves it.
pub fn live(house: &Arc<House>, life: Life) -> Lived {
    let size = Size { actors: life.actors, settled: life.settled };
    let town = run(Town::new(Arc::clone(house), life.seed, size));
    town.keeper.plan(Plan::Often(life.faults));
    run(days(&town, life));
    town.calm();
    let head = town.head();
    town.prove();
    let asked = prove_access(&town);
    let ledger = town.ledger.borrow();
    Lived {
        deeds: ledger.acknowledged.len(),
        refused: ledger.refusals(),
        faults: town.keeper.faults(),
        asked,
        head,
        kinds: ledger.known.iter().map(|(kind, known)| (kind.clone(), known.len())).collect(),
        refusals: ledger.refused.clone(),
    }
}

async fn days(town: &Town, life: Life) {
    let typist = Typist::new(Arc::clone(&town.house), town.dice.clone(), &town.ledger);
    let oracle = Oracle(town);
    let mut left = life.steps;
    let mut victims = town.actors.iter().take(life.locks);
    let rest = life.steps / life.locks.max(1);
    let mut until_lock = rest;
    while left > 0 {
        let wave = (1 + town.dice.below(10)).min(left);
        let mut tasks: Vec<Task<'_, ()>> = Vec::new();
        let mut busy = Vec::new();
        while busy.len() < wave.min(town.actors.len()) {
            let at = town.dice.below(town.actors.len());
            if !busy.contains(&at) {
                busy.push(at);
                let actor = &town.actors[at];
                let errand = Errand { town, typist: &typist, oracle: &oracle, actor };
                tasks.push(Box::pin(errand.go()));
            }
        }
        together(&town.dice, tasks).await;
        left -= wave;
        until_lock = until_lock.saturating_sub(wave);
        if until_lock == 0 {
            until_lock = rest;
            if let Some(victim) = victims.next() {
                // A session from before, then the race.
                lock_race(town, victim).await;
            }
        }
        jump(town, DAYS * DAY * wave as i64 / life.steps as i64);
    }
}

/// The clock goes on by `mean` on average: mostly minutes, sometimes days, now and then back, and
/// to a second before or at the beginning of a day.
fn jump(town: &Town, mean: i64) {
    let dice = &town.dice;
    let now = town.now();
    let next = match dice.below(20) {
        0..10 => now + dice.between(0, mean / 10),
        10 => now - 5 * 60_000,
        11 | 12 => (now + 8 * 3_600_000) / DAY * DAY + DAY - 8 * 3_600_000 - 1_000,
        13 => now + dice.between(0, 60_000),
        _ => now + dice.between(0, mean * 6),
    };
    town.clock.store(next.max(0), Ordering::Relaxed);
}

/// Every role at every level, and some of the people.
fn prove_access(town: &Town) -> u64 {
    let oracle = Oracle(town);
    let mut asked = 0;
    let roles: Vec<&str> = town.house.roles.iter().map(|role| role.id.as_str()).collect();
    for unit in ["560000", "560100", "560101", "560101001", "560101001001"] {
        for role in &roles {
            asked += oracle.prove(&town.persona(role, unit));
        }
    }
    for _ in 0..20 {
        let actor = town.dice.pick(&town.actors).unwrap();
        asked += oracle.prove(actor);
    }
    asked
}
