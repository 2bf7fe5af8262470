//! What a developer, a reader of the README and CI do with this tree.
//!
//! `cargo xtask demo` runs the platform, `cargo xtask test` proves it; the others are parts of these
//! two that one may want alone. It needs no crate, so it is there a second after a fresh clone, and
//! it knows nothing of how the product works inside: it starts programs and reads their answers.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool speaks here")]
#![allow(clippy::disallowed_methods, reason = "it is no part of the product")]

mod coverage;
mod demo;
mod divisions;
mod failover;
mod fonts;
mod house;
mod http;
mod json;
mod packages;
mod postgres;
mod process;
mod proof;
mod prove;
mod scan;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask demo [ARGS…]        build the platform and run `fengqiao demo ARGS…`
cargo xtask test                install what the tests need and run all of them
cargo xtask fonts               bring the CJK fonts that papers need
cargo xtask house               the house rules alone
cargo xtask derived             write the derived files of businesses/ anew
cargo xtask coverage DIR        which names of the domain files in DIR the definitions make
cargo xtask prove-units         import a real province's units, down to villages
cargo xtask prove [--short|--long] [--only NAME] [--seed N] [--write]   experiments with faults

cargo xtask prove-failover [--short|--only NAME]   a cluster that loses its primary, under load";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<(), String> {
    let (command, rest) = args.split_first().ok_or(USAGE)?;
    match command.as_str() {
        "demo" => demo::run(rest),
        "test" => proof::run(),
        "fonts" => fonts::ensure(&root()),
        "house" => proof::house_rules(),
        "derived" => demo::write_derived(),
        "coverage" => coverage::run(rest),
        "prove-units" => divisions::run(),
        "prove" => prove::run(&prove::Options::read(rest)?),
        "prove-failover" => failover::run(rest),
        other => Err(format!("there is no `{other}`\n{USAGE}")),
    }
}

/// The root of the tree, wherever one stands in it.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}
