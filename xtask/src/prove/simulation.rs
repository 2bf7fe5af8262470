//! The simulation of one process with thousands of actors (`crates/desk/tests/simulate.rs`).

use super::lab::Lab;
use super::outcome::Outcome;
use crate::json::parse;
use crate::process::cargo;

const SHORT: [&str; 6] = ["--actors", "500", "--steps", "1500", "--rounds", "150"];
const LONG: [&str; 6] = ["--actors", "2000", "--steps", "20000", "--rounds", "1000"];
const FIGURES: [&str; 9] = [
    "actors",
    "deeds",
    "refused",
    "faults",
    "rounds",
    "won",
    "copies",
    "calls",
    "access_questions",
];

/// Runs the example `simulate` of the desk; what it finds broken ends it.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    let seed = lab.seed.to_string();
    let mut simulate = cargo(&["run", "--release", "-p", "desk", "--example", "simulate", "--"]);
    let size = if lab.long { LONG } else { SHORT };
    let done = simulate.args(["--seed", &seed]).args(size).output();
    let done = done.map_err(|e| format!("cargo: {e}"))?;
    let said = String::from_utf8_lossy(&done.stdout);
    let mut outcome = Outcome::default();
    if !done.status.success() {
        outcome.wrong.push(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    for name in FIGURES {
        let all = said.lines().filter_map(parse).filter_map(|line| line.number(name));
        let sum: u64 = all.sum();
        if sum > 0 {
            outcome = outcome.with(name, sum);
        }
    }
    if outcome.figures.is_empty() {
        outcome.wrong.push("it printed no figure".into());
    }
    Ok(outcome)
}
