//! Fifty writers on one record: of those that saw the same version one wins, the others are told
//! what is there now, and no change is lost.

use std::sync::Barrier;
use std::thread;

use super::clerk::{CASES, Clerk, refused};
use super::lab::Lab;
use super::outcome::Outcome;
use super::server::{Launch, complaints};
use crate::http::Answer;
use crate::json::parse;

const WRITERS: usize = 50;

/// Runs every round on one case.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    let data = lab.copy("crowd")?;
    let mut server = Launch::serve(&data).start()?;
    let clerk = Clerk::sign_in(lab, &server)?;
    let case = clerk.record(&clerk.request("crowd"))?;
    let rounds = lab.pick(20, 1000);
    let mut wrong = Vec::new();
    for round in 0..rounds {
        wrong.extend(one_round(&clerk, &case.id, case.version + round)?);
    }
    wrong.extend(log_differs(&clerk, &case.id, rounds)?);
    server.stop()?;
    wrong.extend(complaints(&data));
    let outcome = Outcome { wrong, ..Outcome::default() };
    Ok(outcome.with("rounds", rounds).with("writers", WRITERS).with("winners", rounds))
}

/// All writers change the version they saw, at the same moment.
fn one_round(clerk: &Clerk, id: &str, version: u64) -> Result<Vec<String>, String> {
    let start = Barrier::new(WRITERS);
    let write = |writer: usize| {
        let body = format!(r#"{{"people_count":{}}}"#, 100 + writer);
        start.wait();
        clerk.change(id, version, &body)
    };
    let write = &write;
    let answers: Vec<Result<Answer, String>> = thread::scope(|scope| {
        let sent: Vec<_> = (0..WRITERS).map(|it| scope.spawn(move || write(it))).collect();
        let join = |it: thread::ScopedJoinHandle<_>| it.join().unwrap_or(Err("panic".into()));
        sent.into_iter().map(join).collect()
    });
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let winners: Vec<_> = (0..WRITERS).filter(|it| answers[*it].status == 200).collect();
    let [winner] = winners.as_slice() else {
        return Ok(vec![format!("version {version} had {} winners", winners.len())]);
    };
    let told = |it: &&Answer| is_told(it, version + 1, 100 + *winner as u64);
    let others = answers.iter().filter(|it| it.status != 200);
    Ok(others.filter(|it| !told(it)).map(|it| refused("a writer", it)).collect())
}

/// Whether a loser learns what is there now: the next version, with what the winner wrote.
fn is_told(answer: &Answer, version: u64, value: u64) -> bool {
    let read = parse(&answer.body);
    let current = read.as_ref().and_then(|it| it.get("current"));
    let number = |name| current.and_then(|it| it.number(name));
    matches!(answer.status, 409 | 412)
        && number("version") == Some(version)
        && number("people_count") == Some(value)
}

/// The log must hold the making of the case and one change a round.
fn log_differs(clerk: &Clerk, id: &str, rounds: u64) -> Result<Option<String>, String> {
    let path = format!("{CASES}/{id}/log");
    let answer = clerk.connect()?.get(&path).map_err(|e| format!("{path}: {e}"))?;
    let read = parse(&answer.body).ok_or_else(|| refused("the log", &answer))?;
    let items = read.get("items").map_or(&[][..], |it| it.items());
    let mut versions: Vec<_> = items.iter().filter_map(|it| it.number("version")).collect();
    versions.retain(|it| *it > 0);
    versions.sort_unstable();
    let wanted: Vec<_> = (1..=rounds + 1).collect();
    let differs = versions != wanted;
    Ok(differs.then(|| format!("the log holds {} versions: {versions:?}", versions.len())))
}
