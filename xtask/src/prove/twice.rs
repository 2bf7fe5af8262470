//! The same submission more than once: ten at the same moment under one idempotency key, and
//! answers that never arrive. There must be one case, and identical bytes for everyone who asks.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use super::clerk::{CASES, Clerk, Request, acknowledged, refused};
use super::lab::Lab;
use super::outcome::Outcome;
use super::server::{Launch, complaints};
use crate::http::Answer;

const AT_ONCE: usize = 10;

/// Runs both parts on one server.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    let data = lab.copy("twice")?;
    let mut server = Launch::serve(&data).start()?;
    let clerk = Clerk::sign_in(lab, &server)?;
    let (rounds, cuts) = lab.pick((30, 60), (1000, 1000));
    let mut wrong = Vec::new();
    for number in 0..rounds {
        wrong.extend(at_once(&clerk, &format!("once-{number}"))?);
    }
    let mut dice = lab.dice("twice");
    for number in 0..cuts {
        // Up to some milliseconds: before, during and after the commit.
        let wait = Duration::from_micros(dice.below(6_000));
        wrong.extend(cut_reply(&clerk, &format!("cut-{number}"), wait)?);
    }
    // By the list, so that a second case under another id is found.
    let wanted = (rounds + cuts) as usize;
    let kept =
        clerk.names()?.iter().filter(|it| it.contains("（once-") || it.contains("（cut-")).count();
    if kept != wanted {
        wrong.push(format!("{wanted} submissions made {kept} cases"));
    }
    server.stop()?;
    wrong.extend(complaints(&data));
    let outcome = Outcome { wrong, ..Outcome::default() };
    let outcome = outcome.with("rounds", rounds).with("at_once", AT_ONCE).with("cut_replies", cuts);
    Ok(outcome.with("cases", kept))
}

/// Ten at the same moment.
fn at_once(clerk: &Clerk, mark: &str) -> Result<Vec<String>, String> {
    let (request, start) = (clerk.request(mark), Barrier::new(AT_ONCE));
    let send = || {
        let connection = clerk.connect();
        start.wait();
        let mut connection = connection?;
        let answer = connection.post(CASES, Some(&request.key), &request.body);
        answer.map_err(|e| e.to_string())
    };
    let answers: Vec<Result<Answer, String>> = thread::scope(|scope| {
        let sent: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(send)).collect();
        let join = |it: thread::ScopedJoinHandle<_>| it.join().unwrap_or(Err("panic".into()));
        sent.into_iter().map(join).collect()
    });
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(unlike(&request, &answers))
}

/// Sends, leaves before the answer, sends again twice.
fn cut_reply(clerk: &Clerk, mark: &str, wait: Duration) -> Result<Vec<String>, String> {
    let request = clerk.request(mark);
    let (connection, Request { key, body, .. }) = (clerk.connect()?, &request);
    connection.send_and_leave(CASES, key, body, wait).map_err(|e| e.to_string())?;
    let answers = [clerk.send(&request)?, clerk.send(&request)?];
    Ok(unlike(&request, &answers))
}

/// Answers that are no promise, or not the same promise.
fn unlike(request: &Request, answers: &[Answer]) -> Vec<String> {
    let first = answers.first().map(|it| it.body.as_str());
    let other =
        |it: &&Answer| acknowledged(request, it).is_err() || Some(it.body.as_str()) != first;
    answers.iter().filter(other).map(|it| refused(&request.key, it)).collect()
}
