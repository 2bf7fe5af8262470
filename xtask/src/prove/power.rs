//! Power cuts: no image of the disk that a cut may leave loses what was promised before it.
//!
//! The real server works under a load while `xtask/shim/disk.c` writes down every write, sync and
//! name, and every answer just before it leaves. Images are rebuilt at cut points ([`Disk`]), the
//! real program is started on each, and everything that had been answered by then must be there.
//! The server is killed once and stopped once on the way, so that recovery and the move of the log
//! into the main file are cut too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use super::clerk::{Acknowledged, Clerk, refused};
use super::dice::Dice;
use super::image::{Disk, Mood};
use super::lab::{Lab, remove_folder};
use super::outcome::Outcome;
use super::server::{Launch, complaints};
use super::shim;
use super::trace::{Event, Trace, What};
use crate::json::{Json, parse};

/// Images that are looked at together.
const WORKERS: usize = 2;
const CLIENTS: usize = 4;

/// What had been promised, by id.
type Promised = BTreeMap<String, Acknowledged>;

/// An image and what it must hold.
struct Cut {
    number: usize,
    folder: PathBuf,
    promised: Promised,
}

/// Records, then cuts.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    let file = lab.folder.join("power.trace");
    let sent = record(lab, &file)?;
    let trace = Trace::read(&file)?;
    let mut dice = lab.dice("power");
    let cuts = cut_points(&trace, &mut dice, lab.pick(40, 1000));
    let (looked_at, mut wrong) = look_at_all(lab, &trace, &sent, &cuts, &mut dice)?;
    wrong.extend(control(lab, trace_without_syncs(&trace), &sent)?);
    let outcome = Outcome { wrong, ..Outcome::default() };
    let syncs = trace.events.iter().filter(|it| it.what == What::Sync).count();
    let outcome = outcome.with("images", cuts.len()).with("events", trace.events.len());
    let outcome = outcome.with("syncs", syncs).with("acknowledged", sent.len());
    let lost = outcome.wrong.len();
    Ok(outcome.with("looked_up", looked_at).with("lost", lost))
}

/// The same trace as of a disk that never keeps what it says it has synced.
fn trace_without_syncs(trace: &Trace) -> Trace {
    let events = trace.events.iter().filter(|it| it.what != What::Sync).cloned().collect();
    Trace { bytes: trace.bytes.clone(), events }
}

/// On a disk that lies about syncs, losses must be found; otherwise the experiment proves nothing.
fn control(lab: &Lab, lying: Trace, sent: &Promised) -> Result<Option<String>, String> {
    let (mut disk, mut promised) = (Disk::holding(&lab.base())?, Promised::new());
    for event in &lying.events {
        disk.happen(event, &lying)?;
        promise(&mut promised, event, sent);
    }
    let folder = lab.folder.join("image-control");
    disk.cut(Mood::Nothing, &mut lab.dice("control"), &lying, &folder)?;
    let wrong = look_at(lab, &Cut { number: 0, folder: folder.clone(), promised })?;
    remove_folder(&folder)?;
    let blind = wrong.len() < sent.len();
    Ok(blind.then(|| format!("of {} lost records only {} were found", sent.len(), wrong.len())))
}

/// Works under the shim: a load that is killed, one that is stopped, one that ends well.
fn record(lab: &Lab, file: &Path) -> Result<Promised, String> {
    let (library, data) = (shim::compile("disk")?, lab.copy("power")?);
    let trace = shim::pair("DISK_TRACE", file.display());
    let launch = Launch::serve(&data).with(&shim::disk(&library, &data)).with(&[trace]);
    let mut promised = Promised::new();
    for (session, most) in [lab.pick(10, 40), lab.pick(10, 160), 10].into_iter().enumerate() {
        let mut server = launch.start()?;
        let clerk = Clerk::sign_in(lab, &server)?;
        let clients = clerk.load(&format!("p{session}"), CLIENTS, most);
        let with_files = attach(&clerk, session, most / 5)?;
        let sent = clients.collect()?;
        if let Some((_, answer)) = sent.refused.first() {
            return Err(refused("recording a case", answer));
        }
        for case in sent.acknowledged.into_iter().chain(with_files) {
            promised.insert(case.id.clone(), case);
        }
        if session == 0 { server.kill()? } else { server.stop()? }
    }
    Ok(promised)
}

/// Cases with a file, each changed once more after that.
fn attach(clerk: &Clerk, session: usize, most: usize) -> Result<Vec<Acknowledged>, String> {
    let mut cases = Vec::new();
    for number in 0..most {
        let mark = format!("f{session}-{number}");
        let kept = clerk.upload(&mark)?;
        let read = parse(&kept.body);
        let file = read.as_ref().and_then(|it| it.text("file"));
        let file = file.ok_or_else(|| refused("uploading", &kept))?;
        let case = clerk.record(&clerk.request_with_file(&mark, file))?;
        let changed = clerk.change(&case.id, case.version, r#"{"people_count":3}"#)?;
        if changed.status != 200 {
            return Err(refused("changing a case", &changed));
        }
        cases.push(case);
    }
    Ok(cases)
}

/// Places in the trace, in order: half anywhere, half just behind an answer.
fn cut_points(trace: &Trace, dice: &mut Dice, count: usize) -> Vec<usize> {
    let is_answer = |it: &usize| matches!(trace.events[*it].what, What::Answer(_));
    let answers: Vec<_> = (0..trace.events.len()).filter(is_answer).collect();
    let mut below = |limit: usize| dice.below(limit.max(1) as u64) as usize;
    let throw = |number: usize| match number % 2 {
        0 => below(trace.events.len()),
        _ => answers.get(below(answers.len())).copied().unwrap_or(0),
    };
    let mut cuts: Vec<_> = (0..count).map(throw).collect();
    cuts.sort_unstable();
    cuts
}

/// Makes the images one after the other while workers look at them; answers with how many records
/// were looked up and what was wrong.
fn look_at_all(
    lab: &Lab,
    trace: &Trace,
    sent: &Promised,
    cuts: &[usize],
    dice: &mut Dice,
) -> Result<(usize, Vec<String>), String> {
    let (images, taken) = std::sync::mpsc::sync_channel::<Cut>(WORKERS);
    let (taken, found) = (Mutex::new(taken), Mutex::new((0, Vec::new())));
    let work = || {
        while let Some(cut) = taken.lock().ok().and_then(|it| it.recv().ok()) {
            let wrong = look_at(lab, &cut).unwrap_or_else(|reason| vec![reason]);
            let place = format!("image {} in {}", cut.number, cut.folder.display());
            let Ok(mut found) = found.lock() else { return };
            found.0 += cut.promised.len();
            found.1.extend(wrong.into_iter().map(|it| format!("{place}: {it}")));
        }
    };
    let made = thread::scope(|scope| {
        (0..WORKERS).for_each(|_| drop(scope.spawn(work)));
        // Moved in, so that the workers end when it does.
        let images = images;
        let mut disk = Disk::holding(&lab.base())?;
        let (mut promised, mut at) = (Promised::new(), 0);
        for (number, cut) in cuts.iter().enumerate() {
            for event in &trace.events[at..=*cut] {
                disk.happen(event, trace)?;
                promise(&mut promised, event, sent);
            }
            at = cut + 1;
            let folder = lab.folder.join(format!("image-{number}"));
            disk.cut(mood(number, dice), dice, trace, &folder)?;
            let cut = Cut { number, folder, promised: promised.clone() };
            images.send(cut).map_err(|_| "the workers have ended")?;
        }
        Ok::<_, String>(())
    });
    made?;
    found.into_inner().map_err(|_| "a worker panicked".into())
}

fn mood(number: usize, dice: &mut Dice) -> Mood {
    match number % 6 {
        0 | 1 => Mood::Nothing,
        2 => Mood::Everything,
        _ => Mood::Some(25 + 25 * dice.below(3)),
    }
}

/// What an answer that was about to leave promised: this record in at least this version.
fn promise(promised: &mut Promised, event: &Event, sent: &Promised) {
    let What::Answer(text) = &event.what else { return };
    let Some((id, version)) = record_of(text) else { return };
    // An answer that the client did not live to read promises the id and the version alone.
    let unread =
        Acknowledged { id: id.clone(), mark: String::new(), version: 1, file: String::new() };
    let case = sent.get(&id).cloned().unwrap_or(unread);
    let kept = promised.entry(id).or_insert(case);
    kept.version = kept.version.max(version);
}

/// Id and version that the body of an answer begins with; other answers begin otherwise.
fn record_of(answer: &str) -> Option<(String, u64)> {
    let (_, body) = answer.split_once("\r\n\r\n{\"id\":\"")?;
    let (id, rest) = body.split_once("\",\"version\":")?;
    let digits = rest.split(|it: char| !it.is_ascii_digit()).next()?;
    matches!(parse(&format!("\"{id}\"")), Some(Json::Text(_))).then_some(())?;
    Some((id.into(), digits.parse().ok()?))
}

/// Starts the real program on an image. One that is as it should be is removed.
fn look_at(lab: &Lab, cut: &Cut) -> Result<Vec<String>, String> {
    let mut server = Launch::serve(&cut.folder).start()?;
    let clerk = Clerk::sign_in(lab, &server)?;
    let promised: Vec<_> = cut.promised.values().cloned().collect();
    let mut wrong = clerk.missing(&promised)?;
    server.stop()?;
    wrong.extend(complaints(&cut.folder));
    if wrong.is_empty() {
        remove_folder(&cut.folder)?;
        let _ = std::fs::remove_file(cut.folder.with_extension("log"));
    }
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_with_a_record_promises_it_and_others_promise_nothing() {
        let of = |body: &str| record_of(&format!("HTTP/1.1 201 Created\r\na: b\r\n\r\n{body}"));
        assert_eq!(of(r#"{"id":"01-a","version":12,"state":"x"#), Some(("01-a".into(), 12)));
        assert_eq!(of(r#"{"token":"secret"}"#), None);
        assert_eq!(of(r#"{"items":[{"id":"01-a","version":1}]}"#), None);
    }
}
