//! One flipped bit, anywhere on the disk: somebody names it, or it changes no answer.
//!
//! For each place the stopped data is copied and one bit is flipped. Then `verify` and `recount` may
//! name it, the server may refuse to start, or an answer may say that something is damaged. If none
//! does, every answer must be what it was. An answer that is another and says nothing is wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::clerk::{CASES, Clerk, login};
use super::dice::Dice;
use super::lab::{Lab, copy_folder, remove_folder};
use super::outcome::Outcome;
use super::server::{Launch, complaints_of, tool};
use crate::http::{Answer, Connection, Site, encoded};
use crate::json::parse;
use crate::process::binary;

/// Answers by path.
type Answers = BTreeMap<String, (u16, String)>;

/// What became of one flip.
enum Fate {
    Named,
    Unused,
    Wrong(String),
}

/// Data as a stop or a kill leaves it, and what it answers.
struct Kept {
    folder: PathBuf,
    answers: Answers,
}

/// Flips in every file.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    let (stopped, killed) = (keep(lab, "flips-stopped", false)?, keep(lab, "flips-killed", true)?);
    let attached = attached(&stopped.folder)?;
    let (few, many) = lab.pick((6, 12), (60, 300));
    let targets = [
        ("database", &stopped, "fengqiao.db", many),
        ("wal", &killed, "fengqiao.db-wal", many),
        ("shm", &killed, "fengqiao.db-shm", few),
        ("file", &stopped, attached.as_str(), few),
        ("keys", &stopped, "keys", few),
    ];
    let (mut dice, mut wrong) = (lab.dice("flips"), Vec::new());
    let (mut named, mut unused, mut flips) = (0, 0, 0);
    for (what, kept, file, count) in targets {
        for number in 0..count {
            let copy = lab.folder.join(format!("flip-{what}-{number}"));
            copy_folder(&kept.folder, &copy)?;
            let place = flip(&copy.join(file), &mut dice)?;
            flips += 1;
            match judge(lab, kept, &copy) {
                Fate::Named => named += 1,
                Fate::Unused => unused += 1,
                Fate::Wrong(how) => {
                    wrong.push(format!("{what} {place} in {}: {how}", copy.display()));
                    continue;
                }
            }
            remove_folder(&copy)?;
        }
    }
    let (flipped, lines) = settings(lab, &stopped.folder, few, &mut dice)?;
    wrong.extend(lines);
    let outcome = Outcome { wrong, ..Outcome::default() };
    let outcome = outcome.with("flips", flips + flipped).with("named", named);
    let silent = outcome.wrong.len();
    Ok(outcome.with("unused", unused).with("settings", flipped).with("silent", silent))
}

/// Some work with a file, then a stop or a kill; and all answers of a copy of what that leaves.
fn keep(lab: &Lab, name: &str, kill: bool) -> Result<Kept, String> {
    let folder = lab.copy(name)?;
    let mut server = Launch::serve(&folder).start()?;
    let clerk = Clerk::sign_in(lab, &server)?;
    for number in 0..10 {
        clerk.record(&clerk.request(&format!("{name}-{number}")))?;
    }
    let kept = clerk.upload(name)?;
    let read = parse(&kept.body);
    let file = read.as_ref().and_then(|it| it.text("file")).ok_or("no file was kept")?;
    clerk.record(&clerk.request_with_file(&format!("{name}-file"), file))?;
    if kill {
        server.kill()?
    } else {
        server.stop()?
    }
    let copy = lab.copy_of(&folder, &format!("{name}-read"))?;
    let answers = answers(lab, &copy)?;
    remove_folder(&copy)?;
    Ok(Kept { folder, answers })
}

/// The one attached file, below the data folder.
fn attached(data: &Path) -> Result<String, String> {
    let mut place = String::from("files");
    while data.join(&place).is_dir() {
        let first = fs::read_dir(data.join(&place)).ok().and_then(|mut it| it.next()?.ok());
        let first = first.ok_or("no file was attached")?;
        place = format!("{place}/{}", first.file_name().to_string_lossy());
    }
    Ok(place)
}

/// Flips one bit; answers with its place.
fn flip(file: &Path, dice: &mut Dice) -> Result<String, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", file.display());
    let mut bytes = fs::read(file).map_err(wrong)?;
    let (at, bit) = (dice.below(bytes.len().max(1) as u64) as usize, dice.below(8));
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
    fs::write(file, bytes).map_err(wrong)?;
    Ok(format!("byte {at} bit {bit}"))
}

fn judge(lab: &Lab, kept: &Kept, copy: &Path) -> Fate {
    let complaints = complaints_of(copy);
    if let Some(unclear) = complaints.iter().find(|it| !it.is_clear_refusal()) {
        return Fate::Wrong(format!("it stopped without a clear sentence: {unclear}"));
    }
    if !complaints.is_empty() {
        return Fate::Named;
    }
    match answers(lab, copy) {
        // The server or the way in says that something is wrong.
        Err(_) => Fate::Named,
        Ok(now) => compare(&kept.answers, &now),
    }
}

fn compare(before: &Answers, now: &Answers) -> Fate {
    let mut fate = Fate::Unused;
    for (path, answer) in before {
        match now.get(path) {
            Some(same) if same == answer => {}
            Some((status, body)) if *status >= 500 || body.contains("改动过") => {
                fate = Fate::Named
            }
            other => return Fate::Wrong(format!("{path} was {answer:?}, is {other:?}")),
        }
    }
    match now.keys().find(|it| !before.contains_key(*it)) {
        Some(path) => Fate::Wrong(format!("{path} was not there")),
        None => fate,
    }
}

/// Everything that the county and the mediator read of all records; an error is an answer that
/// nobody mistakes for a right one.
fn answers(lab: &Lab, data: &Path) -> Result<Answers, String> {
    let mut server = Launch::serve(data).start()?;
    let mut all = Answers::new();
    for account in [&lab.county, &lab.account] {
        let site = Site { address: server.address().into(), token: None };
        let answer = login(account, &site).map_err(|e| e.to_string())?;
        let token = parse(&answer.body).and_then(|it| it.text("token").map(String::from));
        let site = Site { token: Some(token.ok_or("signing in is refused")?), ..site };
        let mut connection = Connection::open(&site).map_err(|e| e.to_string())?;
        read_all(&mut connection, &account.name, &mut all)?;
    }
    server.stop()?;
    Ok(all)
}

fn read_all(connection: &mut Connection, who: &str, all: &mut Answers) -> Result<(), String> {
    let mut ask = |path: &str| -> Result<Answer, String> {
        let answer = connection.get(path).map_err(|e| format!("{path}: {e}"))?;
        all.insert(format!("{who} {path}"), (answer.status, answer.body.clone()));
        Ok(answer)
    };
    ask("/api/v1/units")?;
    let definitions = parse(&ask("/api/v1/definitions")?.body).ok_or("no definitions")?;
    let kinds = definitions.get("kinds").map_or(&[][..], |it| it.items());
    for kind in kinds.iter().filter_map(|it| it.text("id")) {
        let mut after = String::new();
        loop {
            let list = ask(&format!("/api/v1/records/{kind}?limit=200&fields=*{after}"))?;
            let Some(page) = parse(&list.body) else { break };
            let items = page.get("items").map_or(&[][..], |it| it.items());
            for id in items.iter().filter_map(|it| it.text("id")) {
                let record = ask(&format!("/api/v1/records/{kind}/{id}"))?;
                for hash in hashes(&record.body) {
                    ask(&format!("{CASES}/{id}/files/{hash}"))?;
                }
            }
            match page.text("next") {
                Some(next) => after = format!("&after={}", encoded(next)),
                None => break,
            }
        }
    }
    let body = r#"{"id_number":"11010519491231002X"}"#;
    let path = "/api/v1/people/match";
    let answer = connection.post(path, None, body).map_err(|e| format!("{path}: {e}"))?;
    all.insert(format!("{who} {path}"), (answer.status, answer.body));
    Ok(())
}

/// The hashes of attached files that a record names.
fn hashes(record: &str) -> Vec<&str> {
    let parts = record.split("\"file\":\"").skip(1);
    parts.filter_map(|it| it.get(..64)).collect()
}

/// Flips in the settings file: `verify` must find the data by what is left of it, or say so.
fn settings(
    lab: &Lab,
    data: &Path,
    count: u32,
    dice: &mut Dice,
) -> Result<(u32, Vec<String>), String> {
    let (file, mut wrong) = (lab.folder.join("fengqiao.conf"), Vec::new());
    let text = format!("# 设置\ndata = {}\n", data.display());
    for _ in 0..count {
        fs::write(&file, &text).map_err(|e| format!("{}: {e}", file.display()))?;
        let place = flip(&file, dice)?;
        let mut verify = Command::new(binary());
        verify.arg("verify").env("FENGQIAO_CONFIG", &file).current_dir(&lab.folder);
        let done = verify.output().map_err(|e| format!("verify: {e}"))?;
        // With another folder's data it would say something else than what it says of ours.
        let fine = done.status.success() && done.stdout == expected(data)?;
        if !fine && done.status.code() != Some(1) {
            wrong.push(format!("settings {place}: {}", String::from_utf8_lossy(&done.stderr)));
        }
    }
    Ok((count, wrong))
}

fn expected(data: &Path) -> Result<Vec<u8>, String> {
    let ended = tool(&["verify"], data, &[]);
    let fine = ended.code == Some(0);
    fine.then(|| (ended.words + "\n").into_bytes())
        .ok_or("verify complains of untouched data".into())
}
