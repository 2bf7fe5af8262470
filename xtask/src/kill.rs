//! `prove-kill`: what was acknowledged survives kill -9, and nothing is kept by halves.
//!
//! One data folder lives through all rounds. In each round eight clients record cases as fast as
//! they are answered, the server is killed at a moment nobody chose, and is started again. Then:
//! every acknowledged case is there with what was sent; every request that was cut off can be sent
//! again with its key and makes one case, not two. After the last round all cases of all rounds are
//! asked for once more, and `recount` and `verify` must agree with what is kept.

pub(crate) mod load;
pub(crate) mod server;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use load::{Acknowledged, Load, Sent};
use server::Server;

use crate::process::{binary, command, run as run_to_end};
use crate::{demo, root};

/// How often to kill, and with which dice.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// Rounds.
    pub times: u32,
    /// Repeats the moments of an earlier run; without it, new ones are thrown and printed.
    pub seed: Option<u64>,
}

impl Options {
    /// Reads `--times N` and `--seed N`.
    pub fn read(args: &[String]) -> Result<Self, String> {
        let mut options = Self { times: 50, seed: None };
        let mut rest = args.iter();
        while let Some(name) = rest.next() {
            let value = rest.next().ok_or_else(|| format!("{name} needs a number"))?;
            let number: u64 = value.parse().map_err(|_| format!("`{value}` is no number"))?;
            match name.as_str() {
                "--times" if number > 0 => options.times = number.min(10_000) as u32,
                "--seed" => options.seed = Some(number),
                _ => return Err(format!("prove-kill knows no {name} {value}")),
            }
        }
        Ok(options)
    }
}

/// What one round showed.
struct Round {
    kill_after: Duration,
    acknowledged: Vec<Acknowledged>,
    lost: Vec<String>,
    sent_again: usize,
    restart: Duration,
}

/// Runs every round; the first broken promise ends it with the folder left to be looked at.
pub fn run(options: &Options) -> Result<(), String> {
    demo::prepare()?;
    let seed = options.seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let folder = std::env::temp_dir().join(format!("fengqiao-kill-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    println!("prove-kill: seed {seed}, data in {}", folder.display());
    prove(options.times, seed, &folder)
        .map_err(|reason| format!("{reason}\nseed {seed}, data kept in {}", folder.display()))?;
    std::fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))
}

fn prove(times: u32, seed: u64, folder: &Path) -> Result<(), String> {
    let body = case_body()?;
    let data = folder.join("data");
    let mut dice = Dice(seed | 1);
    let (mut server, account) = Server::start_demo(&data, &folder.join("server.log"))?;
    let mut kept = Vec::new();
    for number in 1..=times {
        let load = Load { body: &body, account: &account, run: format!("{seed:x}-{number}") };
        let kill_after = Duration::from_millis(200 + dice.below(1300));
        let round = one_round(&mut server, &load, kill_after)?;
        println!("{}", round.json(number));
        if let Some(first) = round.lost.first() {
            let count = round.lost.len();
            return Err(format!("{count} acknowledged cases are lost, the first: {first}"));
        }
        kept.extend(round.acknowledged);
    }
    finish(server, &Load { body: &body, account: &account, run: String::new() }, &kept, &data)?;
    println!("prove-kill: {times} kills, {} cases acknowledged, none lost", kept.len());
    Ok(())
}

fn one_round(server: &mut Server, load: &Load, kill_after: Duration) -> Result<Round, String> {
    let site = load.sign_in(server.address())?;
    let clients = load.start(&site)?;
    std::thread::sleep(kill_after);
    server.kill()?;
    let Sent { mut acknowledged, cut_off } = clients.collect()?;

    let began = Instant::now();
    server.serve()?;
    let restart = began.elapsed();
    let site = load.sign_in(server.address())?;
    let lost = load::missing(&site, &acknowledged)?;
    let sent_again = cut_off.len();
    for request in &cut_off {
        acknowledged.push(load::send_again(&site, request)?);
    }
    Ok(Round { kill_after, acknowledged, lost, sent_again, restart })
}

/// All that was ever acknowledged, then what the program itself says of its data.
fn finish(
    mut server: Server,
    load: &Load,
    kept: &[Acknowledged],
    data: &Path,
) -> Result<(), String> {
    if kept.is_empty() {
        return Err("no case was ever acknowledged, so nothing is proved".into());
    }
    let site = load.sign_in(server.address())?;
    if let Some(first) = load::missing(&site, kept)?.first() {
        return Err(format!("a case of an earlier round is lost: {first}"));
    }
    server.stop()?;
    for question in ["recount", "verify"] {
        let data = data.to_string_lossy();
        run_to_end(command(&binary().to_string_lossy(), &[question, "--data", &data]))?;
    }
    Ok(())
}

impl Round {
    fn json(&self, number: u32) -> String {
        format!(
            r#"{{"kill":{number},"after_ms":{},"acknowledged":{},"lost":{},"sent_again":{},"restart_ms":{}}}"#,
            self.kill_after.as_millis(),
            self.acknowledged.len() - self.sent_again,
            self.lost.len(),
            self.sent_again,
            self.restart.as_millis(),
        )
    }
}

/// The body that the browser tests use too; `{{…}}` is filled in for each case.
pub(crate) fn case_body() -> Result<String, String> {
    let path: PathBuf = root().join("tests/browser/case.json");
    std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Xorshift: the same seed gives the same moments.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_what_is_unknown_is_refused() {
        let read = |text: &str| {
            Options::read(&text.split_whitespace().map(String::from).collect::<Vec<_>>())
        };
        assert_eq!(read(""), Ok(Options { times: 50, seed: None }));
        assert_eq!(read("--times 5 --seed 7"), Ok(Options { times: 5, seed: Some(7) }));
        for wrong in ["--times", "--times 0", "--times x", "--fast 1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_same_seed_throws_the_same_moments_within_the_limit() {
        let throw = || {
            let mut dice = Dice(42);
            (0..100).map(|_| dice.below(1300)).collect::<Vec<_>>()
        };
        assert_eq!(throw(), throw());
        assert!(throw().iter().all(|it| *it < 1300) && throw()[0] != throw()[1]);
    }
}
