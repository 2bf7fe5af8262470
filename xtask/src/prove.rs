//! `cargo xtask prove`: experiments against the real program, from one seed.
//!
//! Each experiment is a file under `prove/`, a function from the [`Lab`] to its [`Outcome`], and a
//! line in [`EXPERIMENTS`]. It prints one line of JSON; a table stands at the end. What each does
//! and what it showed last is told in `docs/reliability.md`.

mod archive;
pub(crate) mod clerk;
mod clock;
mod crowd;
mod dice;
mod faults;
mod flips;
mod full;
mod image;
mod kill;
pub(crate) mod lab;
mod migration;
mod outcome;
mod power;
pub(crate) mod server;
mod shim;
mod simulation;
mod trace;
mod twice;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Instant;

use lab::Lab;
use outcome::{Circumstances, Outcome, Row};

use crate::process::build;

type Experiment = (&'static str, fn(&Lab) -> Result<Outcome, String>);

/// All of them, the most telling first.
const EXPERIMENTS: [Experiment; 11] = [
    ("kill", kill::run),
    ("power", power::run),
    ("faults", faults::run),
    ("full", full::run),
    ("clock", clock::run),
    ("twice", twice::run),
    ("crowd", crowd::run),
    ("flips", flips::run),
    ("migration", migration::run),
    ("archive", archive::run),
    ("simulation", simulation::run),
];

/// Which experiments to run, and how.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Take hours rather than minutes.
    pub long: bool,
    /// Only the one of this name.
    pub only: Option<String>,
    /// Repeats an earlier run; without it, a new seed is thrown and printed.
    pub seed: Option<u64>,
    /// Put the figures into `docs/reliability.md`.
    pub write: bool,
}

impl Options {
    /// Reads `[--short|--long] [--only NAME] [--seed N] [--write]`.
    pub fn read(args: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = args.iter();
        while let Some(name) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{name} needs a value"));
            match name.as_str() {
                "--short" => options.long = false,
                "--long" => options.long = true,
                "--write" => options.write = true,
                "--only" => options.only = Some(known(value()?)?),
                "--seed" => {
                    let text = value()?;
                    let seed = text.parse().map_err(|_| format!("`{text}` is no number"))?;
                    options.seed = Some(seed);
                }
                _ => return Err(format!("prove knows no {name}")),
            }
        }
        Ok(options)
    }
}

fn known(name: &str) -> Result<String, String> {
    let names: Vec<_> = EXPERIMENTS.iter().map(|(it, _)| *it).collect();
    let there = names.contains(&name);
    there.then(|| name.into()).ok_or_else(|| format!("no `{name}`; there are {}", names.join(", ")))
}

/// Runs them all, and fails when one of them showed what must not be.
pub fn run(options: &Options) -> Result<(), String> {
    build()?;
    let now = Circumstances::now(options.long);
    let seed = options.seed.unwrap_or_else(|| RandomState::new().build_hasher().finish() >> 16);
    let lab = Lab::open(seed, options.long)?;
    println!("prove: seed {seed}, folder {}", lab.folder.display());
    let wanted = |it: &&Experiment| options.only.as_ref().is_none_or(|only| only == it.0);
    let rows: Vec<Row> = EXPERIMENTS.iter().filter(wanted).map(|it| one(it, &lab)).collect();
    println!("\n{}", outcome::table(&rows));
    if options.write {
        outcome::write(&rows, &now)?;
    }
    let failed: Vec<_> = rows.iter().filter(|it| !it.is_ok()).map(|it| it.name).collect();
    if failed.is_empty() {
        return lab::remove_folder(&lab.folder);
    }
    Err(format!("{} failed; seed {seed}, data in {}", failed.join(", "), lab.folder.display()))
}

fn one((name, experiment): &Experiment, lab: &Lab) -> Row {
    println!("\n── {name}, seed {}", lab.seed);
    let began = Instant::now();
    let outcome = experiment(lab).unwrap_or_else(Outcome::failed);
    for wrong in &outcome.wrong {
        println!("   wrong: {wrong}");
    }
    let row = Row { name, seed: lab.seed, outcome, took: began.elapsed() };
    println!("{}", row.json());
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_what_is_unknown_is_refused() {
        let read = |text: &str| {
            Options::read(&text.split_whitespace().map(String::from).collect::<Vec<_>>())
        };
        assert_eq!(read("--short"), Ok(Options::default()));
        let all = Options { long: true, only: Some("kill".into()), seed: Some(7), write: true };
        assert_eq!(read("--long --only kill --seed 7 --write"), Ok(all));
        for wrong in ["--seed", "--seed x", "--only nothing", "--fast"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
