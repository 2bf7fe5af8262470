//! A disk that fails once, at every place where it can: EIO, no space, half a write, a failed sync.
//!
//! A fixed small day of work is done once to count the calls; then again for the n-th call failing,
//! for every n. The server must go on or stop with a clear sentence, refuse clearly what it did not
//! keep, take it when it is sent again with its key, and be whole after a restart. After a failed
//! sync of the database nothing more may be taken until then.

use std::path::Path;

use super::clerk::{self, Acknowledged, Clerk, Request, acknowledged, is_clear_refusal, refused};
use super::lab::{Lab, copy_folder, remove_folder};
use super::outcome::Outcome;
use super::server::{Ended, Launch, Server, complaints};
use super::shim::{self, pair};
use super::trace::{Trace, What};
use crate::http::{Answer, Site};
use crate::json::parse;

/// Call, error, how often in a row.
type Fault = (&'static str, &'static str, u32);

const FAULTS: [Fault; 7] = [
    ("write", "EIO", 1),
    ("write", "ENOSPC", 1),
    ("write", "ENOSPC", 25),
    ("write", "SHORT", 1),
    ("write", "SHORT", 3),
    ("sync", "EIO", 1),
    ("size", "EIO", 1),
];
/// Tries of one step; more than faults in a row.
const TRIES: usize = 30;

/// What a day's work under a fault came to.
#[derive(Default)]
struct Day {
    kept: Vec<Acknowledged>,
    unanswered: Vec<Request>,
    refusals: usize,
    /// A change of a record was refused after a failed sync.
    distrusts: bool,
    wrong: Vec<String>,
}

/// Sums over all days.
#[derive(Default)]
struct Sum {
    days: usize,
    refusals: usize,
    stops: usize,
    kept: usize,
    wrong: Vec<String>,
}

/// Every fault at every n; in the short form at some.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    let (library, mut sum) = (shim::compile("disk")?, Sum::default());
    let calls = count(lab, &library)?;
    for (call, error, times) in FAULTS {
        let most = calls.iter().find(|(name, _)| *name == call).map_or(0, |(_, count)| *count);
        // Faults in a row fail calls n to n + times: steps as long as that leave no call out.
        let step = lab.pick((most / 6).max(1), times.min(6) as usize);
        // Begins elsewhere in each run, so that in time every n has its turn.
        let first = 1 + lab.dice(error).below(step as u64) as usize;
        for n in (first..=most).step_by(step) {
            one_day(lab, &library, (call, error, times), n, &mut sum)?;
        }
    }
    let mut outcome = Outcome::default();
    for (name, count) in calls {
        outcome = outcome.with(name, count);
    }
    let outcome = outcome.with("days", sum.days).with("refusals", sum.refusals);
    let outcome = outcome.with("clear_stops", sum.stops).with("acknowledged", sum.kept);
    Ok(Outcome { wrong: sum.wrong, ..outcome })
}

/// How many calls of each kind a day without faults makes.
fn count(lab: &Lab, library: &Path) -> Result<[(&'static str, usize); 3], String> {
    let (data, file) = (lab.copy("faults-count")?, lab.folder.join("faults.trace"));
    let trace = pair("DISK_TRACE", file.display());
    let launch = Launch::serve(&data).with(&shim::disk(library, &data)).with(&[trace]);
    let mut server = launch.start()?;
    let day = work(lab, &mut server, "write");
    server.stop()?;
    if let Some(first) = day.wrong.first().cloned().or((day.refusals > 0).then(String::new)) {
        return Err(format!("a day without faults went wrong: {first}"));
    }
    let events = Trace::read(&file)?.events;
    let number = |wanted: fn(&What) -> bool| events.iter().filter(|it| wanted(&it.what)).count();
    Ok([
        ("write", number(|it| matches!(it, What::Write(..)))),
        ("sync", number(|it| *it == What::Sync)),
        ("size", number(|it| matches!(it, What::Resize(_)))),
    ])
}

/// One day under one fault, then one without.
fn one_day(lab: &Lab, library: &Path, fault: Fault, n: usize, sum: &mut Sum) -> Result<(), String> {
    let (call, error, times) = fault;
    let data = lab.folder.join(format!("faults-{call}-{error}-{times}-{n}"));
    copy_folder(&lab.base(), &data)?;
    let setting = pair("DISK_FAULT", format!("{call} {n} {times} {error}"));
    let launch = Launch::serve(&data).with(&shim::disk(library, &data)).with(&[setting]);
    let (mut day, ended) = match launch.start() {
        Ok(mut server) => (work(lab, &mut server, call), server.end()),
        Err(ended) => (Day::default(), ended),
    };
    if ended.code != Some(0) {
        sum.stops += 1;
        day.wrong.extend(unclear(&ended));
    }
    let after = afterwards(lab, &data, &mut day);
    day.wrong.extend(after.err());
    sum.days += 1;
    sum.refusals += day.refusals;
    sum.kept += day.kept.len();
    let place = data.display();
    sum.wrong.extend(day.wrong.iter().map(|it| format!("{place}: {it}")));
    if day.wrong.is_empty() { remove(&data) } else { Ok(()) }
}

fn remove(data: &Path) -> Result<(), String> {
    let _ = std::fs::remove_file(data.with_extension("log"));
    remove_folder(data)
}

fn unclear(ended: &Ended) -> Option<String> {
    (!ended.is_clear_refusal()).then(|| format!("it stopped without a clear sentence: {ended}"))
}

/// The fixed small day: signing in, three cases, a case with a file, a change.
fn work(lab: &Lab, server: &mut Server, call: &str) -> Day {
    let mut day = Day::default();
    if let Err(reason) = steps(lab, server, call, &mut day) {
        // What stopped of itself is judged by how it stopped.
        if server.ended().is_none() {
            day.wrong.push(reason);
        }
    }
    day
}

fn steps(lab: &Lab, server: &Server, call: &str, day: &mut Day) -> Result<(), String> {
    let site = Site { address: server.address().into(), token: None };
    let login = || clerk::login(&lab.account, &site).map_err(|e| format!("signing in: {e}"));
    let Some(answer) = until_kept(day, call, login)? else { return Ok(()) };
    let clerk = Clerk::signed_in(lab, site.clone(), &answer)?;
    let mut last = None;
    for number in 0..3 {
        last = record(&clerk, clerk.request(&format!("day-{number}")), call, day)?.or(last);
    }
    // A file is no change of a record: its failed sync ends no trust in the database.
    if let Some(kept) = until_kept(day, "file", || clerk.upload("day"))? {
        let file = parse(&kept.body).and_then(|it| it.text("file").map(String::from));
        let file = file.ok_or_else(|| refused("uploading", &kept))?;
        record(&clerk, clerk.request_with_file("day-file", &file), call, day)?;
    }
    if let Some(case) = last {
        let change = || clerk.change(&case.id, case.version, r#"{"people_count":4}"#);
        let changed = until_kept(day, call, change)?;
        let kept = day.kept.iter_mut().find(|it| it.id == case.id);
        if let (Some(_), Some(kept)) = (changed, kept) {
            kept.version = case.version + 1;
        }
    }
    Ok(())
}

fn record(
    clerk: &Clerk,
    request: Request,
    call: &str,
    day: &mut Day,
) -> Result<Option<Acknowledged>, String> {
    let kept = until_kept(day, call, || clerk.send(&request))?;
    let Some(answer) = kept else {
        day.unanswered.push(request);
        return Ok(None);
    };
    let case = acknowledged(&request, &answer)?;
    day.kept.push(case.clone());
    Ok(Some(case))
}

/// Does a step again until it is kept, as a person would; `None` where trust has ended.
fn until_kept(
    day: &mut Day,
    call: &str,
    step: impl Fn() -> Result<Answer, String>,
) -> Result<Option<Answer>, String> {
    for _ in 0..TRIES {
        let answer = step()?;
        match answer.status {
            200 | 201 if day.distrusts && call == "sync" => {
                return Err(refused("after a failed sync, a step", &answer));
            }
            200 | 201 => return Ok(Some(answer)),
            _ if is_clear_refusal(&answer) => day.refusals += 1,
            _ => return Err(refused("a step", &answer)),
        }
        day.distrusts |= call == "sync";
    }
    if day.distrusts { Ok(None) } else { Err("it does not recover when the fault is gone".into()) }
}

/// The next day, without faults: all is there, once, and what was refused is taken.
fn afterwards(lab: &Lab, data: &Path, day: &mut Day) -> Result<(), String> {
    let mut server = Launch::serve(data).start()?;
    let clerk = Clerk::sign_in(lab, &server)?;
    for request in std::mem::take(&mut day.unanswered) {
        day.kept.push(clerk.record(&request)?);
    }
    day.wrong.extend(clerk.missing(&day.kept)?);
    for case in &day.kept {
        let count = clerk.count(&case.mark)?;
        if count != 1 {
            day.wrong.push(format!("{count} cases with the mark {}", case.mark));
        }
    }
    server.stop()?;
    day.wrong.extend(complaints(data));
    Ok(())
}
