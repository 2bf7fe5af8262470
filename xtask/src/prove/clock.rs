//! A clock that jumps while the server works: an hour and a day either way, five minutes back, over
//! a leap day, over the end of 32 bits in 2038, and home again.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::clerk::{Acknowledged, CASES, Clerk, refused};
use super::lab::Lab;
use super::outcome::Outcome;
use super::server::{Launch, Server, complaints, tool};
use super::shim::{self, pair};
use crate::json::parse;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// How long a session lasts.
const SESSION: i64 = 12 * HOUR;

/// To which time the clock is set.
enum To {
    /// So many seconds from the true time.
    Offset(i64),
    /// A moment, in seconds since 1970 UTC.
    Moment(i64),
}

const JUMPS: [To; 11] = [
    To::Offset(HOUR),
    To::Offset(0),
    To::Offset(-HOUR),
    To::Offset(-HOUR - 300),
    To::Offset(DAY),
    To::Offset(-DAY),
    // In China it is 2028-02-28 23:59:58, and a moment later the 29th.
    To::Moment(1_835_366_398),
    // In UTC it is 2028-02-29 23:59:58.
    To::Moment(1_835_481_598),
    // Two seconds before 32 bits of seconds are full.
    To::Moment(2_147_483_645),
    To::Moment(2_147_483_647 + DAY),
    To::Offset(0),
];

/// The clock of one server, set through a file that the shim reads.
struct Clock {
    file: PathBuf,
    offset: i64,
}

impl Clock {
    /// Sets it; answers with the seconds it jumped.
    fn set(&mut self, to: &To) -> Result<i64, String> {
        let before = self.offset;
        self.offset = match to {
            To::Offset(offset) => *offset,
            To::Moment(moment) => moment - now(),
        };
        // Over the old bytes: the server has the file mapped, and must never see it empty.
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.file);
        let written = file.and_then(|it| it.write_all_at(&self.offset.to_ne_bytes(), 0));
        written.map_err(|e| format!("{}: {e}", self.file.display()))?;
        Ok(self.offset - before)
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs() as i64)
}

/// What is remembered over all jumps.
#[derive(Default)]
struct Seen {
    kept: Vec<Acknowledged>,
    ids: HashSet<String>,
    head: u64,
    wrong: Vec<String>,
}

/// Jumps while one server works, then starts one at each time.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    let (library, data) = (shim::compile("clock")?, lab.copy("clock")?);
    let mut clock = Clock { file: lab.folder.join("clock.offset"), offset: 0 };
    clock.set(&To::Offset(0))?;
    let environment =
        [pair("LD_PRELOAD", library.display()), pair("CLOCK_OFFSET", clock.file.display())];
    let launch = Launch::serve(&data).with(&environment);
    let (mut seen, rounds) = (Seen::default(), lab.pick(1, 20));
    for round in 0..rounds {
        let mut server = launch.start()?;
        jumps(lab, &server, &mut clock, round, &mut seen)?;
        server.stop()?;
    }
    for to in &JUMPS {
        clock.set(to)?;
        start_at(lab, &launch, &data, &environment, &mut seen)?;
    }
    seen.wrong.extend(complaints(&data));
    let outcome = Outcome { wrong: seen.wrong, ..Outcome::default() };
    let outcome = outcome.with("jumps", JUMPS.len() * rounds).with("starts", JUMPS.len());
    Ok(outcome.with("acknowledged", seen.kept.len()).with("ids", seen.ids.len()))
}

/// A load goes on while the clock is set; at each time some cases are recorded and looked at.
fn jumps(
    lab: &Lab,
    server: &Server,
    clock: &mut Clock,
    round: usize,
    seen: &mut Seen,
) -> Result<(), String> {
    let mut clerk = Clerk::sign_in(lab, server)?;
    // How long ago, by the clock, the clerk signed in.
    let mut age = 0;
    for (number, to) in JUMPS.iter().enumerate() {
        let load = clerk.load(&format!("l{round}-{number}"), 2, 15);
        age += clock.set(to)?;
        let sent = load.collect()?;
        // A load whose session the jump has ended is refused by name, nothing else.
        let others = sent.refused.iter().filter(|(_, it)| it.status != 401 || age < SESSION);
        seen.wrong.extend(others.map(|(it, answer)| refused(&it.key, answer)));
        sent.acknowledged.into_iter().for_each(|it| take(seen, it));
        let status = clerk.connect()?.get("/api/v1/tasks").map_err(|e| e.to_string())?.status;
        let ended = age >= SESSION;
        if status != if ended { 401 } else { 200 } {
            seen.wrong.push(format!("a session {age} s old was answered with {status}"));
        }
        if status != 200 {
            (clerk, age) = (Clerk::sign_in(lab, server)?, 0);
        }
        for case in 0..3 {
            let case = clerk.record(&clerk.request(&format!("j{round}-{number}-{case}")))?;
            seen.wrong.extend(usable(&clerk, &case, &mut seen.head)?);
            take(seen, case);
        }
    }
    seen.wrong.extend(clerk.missing(&seen.kept)?);
    Ok(())
}

fn take(seen: &mut Seen, case: Acknowledged) {
    if !seen.ids.insert(case.id.clone()) {
        seen.wrong.push(format!("the id {} was given twice", case.id));
    }
    seen.kept.push(case);
}

/// Whether a new case can be changed, and stands in the log behind all that were before it.
fn usable(clerk: &Clerk, case: &Acknowledged, head: &mut u64) -> Result<Vec<String>, String> {
    let mut wrong = Vec::new();
    let changed = clerk.change(&case.id, case.version, r#"{"people_count":5}"#)?;
    if changed.status != 200 {
        wrong.push(refused("changing a case", &changed));
    }
    let path = format!("{CASES}/{}/log", case.id);
    let log = clerk.connect()?.get(&path).map_err(|e| format!("{path}: {e}"))?;
    let read = parse(&log.body).ok_or_else(|| refused("the log", &log))?;
    let items = read.get("items").map_or(&[][..], |it| it.items());
    let mut places: Vec<_> = items.iter().filter_map(|it| it.number("seq")).collect();
    places.sort_unstable();
    match (places.first(), places.last()) {
        (Some(first), Some(last)) if first > head && places.len() >= 2 => *head = *last,
        _ => wrong.push(format!("after entry {head} a new case has entries {places:?}")),
    }
    Ok(wrong)
}

/// A server that starts at this time is ready, takes a case, and verifies.
fn start_at(
    lab: &Lab,
    launch: &Launch,
    data: &Path,
    environment: &[(String, String)],
    seen: &mut Seen,
) -> Result<(), String> {
    let mut server = launch.start()?;
    let clerk = Clerk::sign_in(lab, &server)?;
    let case = clerk.record(&clerk.request(&format!("s-{}", seen.kept.len())))?;
    seen.wrong.extend(usable(&clerk, &case, &mut seen.head)?);
    take(seen, case);
    server.stop()?;
    let ended = tool(&["verify"], data, environment);
    if ended.code != Some(0) {
        seen.wrong.push(format!("verify: {ended}"));
    }
    Ok(())
}
