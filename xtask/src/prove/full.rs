//! A disk that is really full: a small one is mounted, and recorded upon until nothing fits. The
//! server's own log lies on it too, as it does on many a machine.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::clerk::{Acknowledged, Clerk, Sent, is_clear_refusal, refused};
use super::lab::{Lab, copy_folder};
use super::outcome::Outcome;
use super::server::{Launch, Server, complaints};

const MEGABYTES: usize = 48;
/// What the operator removes when told: another's file of this size. It is as large as the log that
/// fits beside it, so that a stop can move the log into the main file.
const BALLAST: usize = 20;
const CLIENTS: usize = 8;

/// A small disk in memory, gone when dropped.
struct Small<'a>(&'a Path);

impl Drop for Small<'_> {
    fn drop(&mut self) {
        // At the end of a run there is nobody to tell.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// Fills the disk, frees space, goes on; as often as asked.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    let disk = lab.folder.join("full");
    fs::create_dir_all(&disk).map_err(|e| format!("{}: {e}", disk.display()))?;
    let size = format!("size={MEGABYTES}m");
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|it| it.status.success()) {
        return Ok(Outcome::skipped("mounting a small disk is not permitted here"));
    }
    let _small = Small(&disk);
    let data = disk.join("data");
    copy_folder(&lab.base(), &data)?;
    fill(lab, &disk, &data)
}

fn fill(lab: &Lab, disk: &Path, data: &Path) -> Result<Outcome, String> {
    let ballast = disk.join("ballast");
    fs::write(&ballast, vec![7; BALLAST << 20]).map_err(|e| format!("ballast: {e}"))?;
    let mut server = Launch::serve(data).start()?;
    let clerk = Clerk::sign_in(lab, &server)?;
    let sent = clerk.load("full", CLIENTS, usize::MAX).collect()?;
    let (mut kept, refusals) = (sent.acknowledged.len(), sent.refused.len());
    let mut wrong = while_full(&clerk, &mut server, &sent);
    fs::remove_file(&ballast).map_err(|e| format!("ballast: {e}"))?;
    let more = go_on(&clerk, &sent)?;
    kept += more.len();
    let all: Vec<_> = sent.acknowledged.into_iter().chain(more).collect();
    wrong.extend(clerk.missing(&all)?);
    server.stop()?;
    let mut server = Launch::serve(data).start()?;
    wrong.extend(Clerk::sign_in(lab, &server)?.missing(&all)?);
    server.stop()?;
    wrong.extend(complaints(data));
    let outcome = Outcome { wrong, ..Outcome::default() };
    let outcome = outcome.with("megabytes", MEGABYTES).with("acknowledged", kept);
    Ok(outcome.with("clear_refusals", refusals))
}

/// While nothing fits: everyone is refused clearly, nobody is cut off, and what is kept is read.
fn while_full(clerk: &Clerk, server: &mut Server, sent: &Sent) -> Vec<String> {
    let unclear = sent.refused.iter().filter(|(_, answer)| !is_clear_refusal(answer));
    let mut wrong: Vec<_> = unclear.map(|(it, answer)| refused(&it.key, answer)).collect();
    wrong.extend(sent.cut_off.iter().map(|it| format!("{} was not answered", it.key)));
    wrong.extend(server.ended().map(|it| format!("the server ended: {it}")));
    if sent.refused.len() != CLIENTS {
        wrong.push(format!("{} of {CLIENTS} clients met the full disk", sent.refused.len()));
    }
    // A list opens no sealed field, so no look has to be logged.
    wrong.extend(clerk.names().err());
    wrong
}

/// The same requests again, and some new ones.
fn go_on(clerk: &Clerk, sent: &Sent) -> Result<Vec<Acknowledged>, String> {
    let mut kept = Vec::new();
    for (request, _) in &sent.refused {
        kept.push(clerk.send_again(request)?);
    }
    for number in 0..20 {
        kept.push(clerk.record(&clerk.request(&format!("freed-{number}")))?);
    }
    Ok(kept)
}
