//! `cargo xtask test`: everything that must hold, step by step, the quick ones first.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use crate::process::{binary, build, cargo, command, run as run_to_end};
use crate::{divisions, fonts, house, packages, postgres, prove, root};

type Step = (&'static str, fn() -> Result<(), String>);

const STEPS: [Step; 15] = [
    ("fonts for papers", || fonts::ensure(&root())),
    ("packages for tests", packages::ensure),
    ("format", || run_to_end(cargo(&["fmt", "--all", "--check"]))),
    ("house rules", house_rules),
    ("lints", lints),
    // By itself: what its tests bring along would have typesetting built once more for everybody.
    ("tests of the engine", || tests("sqlite", &["-p", "engine", "--lib", "--tests"])),
    ("tests of the other crates, on SQLite", || {
        let others = ["--workspace", "--exclude", "engine"];
        tests("sqlite", &[&others[..], &["--lib", "--bins", "--tests"]].concat())
    }),
    ("tests of the desk and the faces on PostgreSQL", || {
        let faces = ["-p", "desk", "-p", "server", "--test", "it", "--bins", "--"];
        // These are about SQLite whatever is asked for.
        tests("postgres", &[&faces[..], &["--skip", "vault::tests", "--skip", "demo::"]].concat())
    }),
    ("the binary", build),
    ("definitions", || run_to_end(command(&binary().to_string_lossy(), &["check", "businesses"]))),
    ("a whole province's units", divisions::run),
    ("browser parts", || run_to_end(npm(&["ci", "--no-audit", "--no-fund"]))),
    ("browser walk", || run_to_end(npm(&["test"]))),
    ("browser walk, two processes on PostgreSQL", walk_on_postgres),
    ("experiments with faults", || prove::run(&prove::Options::default())),
];

/// Runs every step; the first that fails ends the run and is named last.
pub fn run() -> Result<(), String> {
    let began = Instant::now();
    let mut done = Vec::new();
    for (number, (name, step)) in STEPS.iter().enumerate() {
        println!("\n── {}/{} {name}", number + 1, STEPS.len());
        let start = Instant::now();
        let result = step();
        done.push((*name, start.elapsed(), result.is_ok()));
        if let Err(reason) = result {
            summary(&done, began.elapsed());
            return Err(format!("{name}: {reason}"));
        }
    }
    summary(&done, began.elapsed());
    Ok(())
}

/// The house rules alone, each finding on a line.
pub fn house_rules() -> Result<(), String> {
    let findings = house::check(&root())?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("{} house rules hold", house::RULES.len());
            Ok(())
        }
        count => Err(format!("{count} findings against the house rules")),
    }
}

fn lints() -> Result<(), String> {
    let what = ["clippy", "--release", "--workspace", "--all-targets"];
    run_to_end(cargo(&[&what[..], &["--", "-D", "warnings"]].concat()))
}

/// Tests of a selection, with the desk and the faces on that keeper; on the model they run without
/// a word, by `cargo test`. The faces are built once more for them; to make them quick as well is
/// not worth three minutes. Examples are not built: clippy has seen that they compile.
fn tests(keeper: &str, which: &[&str]) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("fengqiao-tests-{}", std::process::id()));
    let quick = ["test", "--release", "--config", "profile.release.package.server.opt-level=0"];
    let mut tests = cargo(&[&quick[..], which].concat());
    tests.env("TEST_KEEPER", keeper).env("TMPDIR", &folder);
    // Servers of PostgreSQL run as another user and make their folders in it too.
    let made = fs::create_dir_all(&folder)
        .and_then(|()| fs::set_permissions(&folder, Permissions::from_mode(0o1777)));
    made.map_err(|error| format!("{}: {error}", folder.display()))?;
    let done = run_to_end(tests);
    let _ = fs::remove_dir_all(&folder);
    done
}

/// The same walk, with requests going in turn to two processes on one database.
fn walk_on_postgres() -> Result<(), String> {
    let server = postgres::Server::start()?;
    let address = server.database("walk")?;
    let mut walk = npm(&["run", "walk"]);
    walk.env("BROWSER_TEST_DATABASE", address);
    run_to_end(walk)
}

fn npm(args: &[&str]) -> std::process::Command {
    let mut npm = command("npm", args);
    npm.current_dir(root().join("tests/browser")).env("BROWSER_TEST_BINARY", binary());
    npm
}

fn summary(done: &[(&str, Duration, bool)], all: Duration) {
    println!();
    for (name, took, held) in done {
        let word = if *held { "ok    " } else { "FAILED" };
        println!("{word} {:>7.1} s  {name}", took.as_secs_f64());
    }
    println!("       {:>7.1} s  altogether", all.as_secs_f64());
    let failed = done.iter().filter(|(_, _, held)| !held).count();
    println!("steps: {} passed, {failed} failed", done.len() - failed);
}
