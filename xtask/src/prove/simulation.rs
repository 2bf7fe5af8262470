//! The simulation of one process with thousands of actors, when the tree holds it.

use super::lab::Lab;
use super::outcome::Outcome;
use crate::json::{Json, parse};
use crate::process::cargo;
use crate::root;

/// Runs the example `simulate` of the desk and reads its line of JSON.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    if !root().join("crates/desk/examples/simulate.rs").exists() {
        return Ok(Outcome::skipped("this tree has no crates/desk/examples/simulate.rs"));
    }
    let seed = lab.seed.to_string();
    let mut simulate = cargo(&["run", "--release", "-p", "desk", "--example", "simulate", "--"]);
    let done = simulate.args(["--seed", &seed]).args(lab.pick(&[][..], &["--long"])).output();
    let done = done.map_err(|e| format!("cargo: {e}"))?;
    let said = String::from_utf8_lossy(&done.stdout);
    let Some(read) = said.lines().rev().find_map(parse) else {
        return Err(format!(
            "it printed no line of JSON: {}",
            String::from_utf8_lossy(&done.stderr)
        ));
    };
    let mut outcome = Outcome::default();
    if !done.status.success() || read.get("ok") != Some(&Json::Plain("true".into())) {
        outcome.wrong.push(format!("{}: {said}", done.status));
    }
    for name in ["actors", "acts", "faults", "steps"] {
        if let Some(figure) = read.number(name) {
            outcome = outcome.with(name, figure);
        }
    }
    Ok(outcome)
}
