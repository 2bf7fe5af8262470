//! Starts that are cut off, and folders that a program must not touch.
//!
//! The first start makes keys, database and tables; a start with definitions that have grown makes
//! tables grow. Each is killed at a call to the disk, over the whole range of calls: the next start
//! must go on. Then what a program refuses: a newer schema, a folder it may not write, a lost key, a
//! folder in use. Each with a clear sentence and exit code 1, and nothing changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::clerk::{Clerk, refused};
use super::lab::{Lab, copy_folder, remove_folder};
use super::outcome::Outcome;
use super::server::{Ended, Launch, complaints, tool};
use super::shim::{self, pair};
use super::trace::{Trace, What};
use crate::process::on_path;
use crate::root;

/// A field that no definition has yet, and after which line it is put.
const FIELD: &str = "        proved_by       \"试验人\"         文本   最多=20\n";
const BEFORE: &str = "        registrar ";

/// Kills, then refusals.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    let (library, kills) = (shim::compile("disk")?, lab.pick(8, 50));
    let (empty, businesses) = (lab.folder.join("migration-empty"), grown_businesses(lab)?);
    fs::create_dir_all(&empty).map_err(|e| format!("{}: {e}", empty.display()))?;
    let first = Start { name: "first", from: empty, args: vec!["serve".into()], library: &library };
    let args = ["serve", "--businesses", &businesses.to_string_lossy()].map(String::from);
    let grown = Start { name: "grown", from: lab.base(), args: args.to_vec(), library: &library };
    let mut wrong = Vec::new();
    let (of_first, killed_first) = kill_within(lab, &first, kills, &mut wrong, |_| Ok(()))?;
    let use_field = |data: &Path| record_with_field(lab, &grown, data);
    let (of_grown, killed_grown) = kill_within(lab, &grown, kills, &mut wrong, use_field)?;
    let (refusals, lines) = refusals(lab)?;
    wrong.extend(lines);
    let outcome = Outcome { wrong, ..Outcome::default() };
    let outcome = outcome.with("calls_of_first_start", of_first).with("kills", killed_first);
    let outcome = outcome.with("calls_of_growing", of_grown).with("kills_in_it", killed_grown);
    Ok(outcome.with("refusals", refusals))
}

/// A kind of start that is to be cut off.
struct Start<'a> {
    name: &'a str,
    from: PathBuf,
    args: Vec<String>,
    library: &'a Path,
}

impl Start<'_> {
    fn launch(&self, data: &Path) -> Launch {
        Launch { args: self.args.clone(), ..Launch::serve(data) }
    }

    fn launch_with(&self, data: &Path, name: &str, value: String) -> Launch {
        self.launch(data).with(&shim::disk(self.library, data)).with(&[pair(name, value)])
    }

    /// Verifies with the definitions that the data were written by.
    fn verify(&self, data: &Path) -> Ended {
        let args: Vec<_> = self.args.iter().skip(1).map(String::as_str).collect();
        tool(&[&["verify"], &args[..]].concat(), data, &[])
    }

    /// How many calls to the disk it makes.
    fn count(&self, lab: &Lab) -> Result<usize, String> {
        let data = lab.copy_of(&self.from, &format!("migration-{}", self.name))?;
        let file = lab.folder.join(format!("migration-{}.trace", self.name));
        let mut server =
            self.launch_with(&data, "DISK_TRACE", file.display().to_string()).start()?;
        // Before it ends, so that only the start is counted.
        let events = Trace::read(&file)?.events;
        server.stop()?;
        Ok(events.iter().filter(|it| !matches!(it.what, What::Answer(_))).count())
    }
}

/// Kills a start at calls spread over all of them, and starts again; then `and` must hold too.
fn kill_within(
    lab: &Lab,
    start: &Start,
    kills: usize,
    wrong: &mut Vec<String>,
    and: impl Fn(&Path) -> Result<(), String>,
) -> Result<(usize, usize), String> {
    let (calls, mut killed) = (start.count(lab)?, 0);
    let shift = lab.dice(start.name).below((calls / kills).max(1) as u64) as usize;
    for number in 0..kills {
        let n = 1 + (number * calls / kills + shift) % calls;
        let data = lab.copy_of(&start.from, &format!("migration-{}-{n}", start.name))?;
        let ended = match start.launch_with(&data, "DISK_FAULT", format!("any {n} 1 KILL")).start()
        {
            Ok(mut server) => server.kill().map(|()| None)?,
            Err(ended) => Some(ended),
        };
        if let Some(ended) = ended {
            killed += 1;
            let by_kill = ended.code.is_none();
            wrong.extend((!by_kill).then(|| format!("{}: {ended}", data.display())));
        }
        let resumed = resume(start, &data).and_then(|()| and(&data));
        let place = data.display();
        wrong.extend(resumed.err().map(|it| format!("killed at call {n}, {place}: {it}")));
        let verified = start.verify(&data);
        wrong.extend((verified.code != Some(0)).then(|| format!("{place}: {verified}")));
    }
    Ok((calls, killed))
}

fn resume(start: &Start, data: &Path) -> Result<(), String> {
    start.launch(data).start()?.stop()
}

/// All businesses, with one field more.
fn grown_businesses(lab: &Lab) -> Result<PathBuf, String> {
    let folder = lab.folder.join("businesses");
    copy_folder(&root().join("businesses"), &folder)?;
    let file = folder.join("mediation/records/mediation_case.kdl");
    let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let grown = text.replacen(BEFORE, &format!("{FIELD}{BEFORE}"), 1);
    if grown == text {
        return Err(format!("{} has no line with `{BEFORE}`", file.display()));
    }
    fs::write(&file, grown).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(folder)
}

/// After growing, the new field is there to be used.
fn record_with_field(lab: &Lab, start: &Start, data: &Path) -> Result<(), String> {
    let mut server = start.launch(data).start()?;
    let clerk = Clerk::sign_in(lab, &server)?;
    let case = clerk.record(&clerk.request("grown"))?;
    let changed = clerk.change(&case.id, case.version, r#"{"proved_by":"周试"}"#)?;
    server.stop()?;
    // The program's own definitions do not know the field, and hide it.
    Launch::serve(data).start()?.stop()?;
    if changed.status == 200 { Ok(()) } else { Err(refused("the new field", &changed)) }
}

/// What must be refused; with how many of them could be tried, and what was wrong.
fn refusals(lab: &Lab) -> Result<(usize, Vec<String>), String> {
    let tried = [newer_schema(lab)?, read_only(lab)?, lost_key(lab)?, in_use(lab)?];
    let count = tried.iter().flatten().count();
    Ok((count, tried.into_iter().flatten().filter_map(Result::err).collect()))
}

type Tried = Option<Result<(), String>>;

/// A clear refusal, in which these words stand, that left the database as it was.
fn must_refuse(
    what: &str,
    words: &str,
    data: &Path,
    started: Result<(), Ended>,
) -> Result<(), String> {
    match started {
        Ok(()) => Err(format!("{what}: it started all the same, in {}", data.display())),
        Err(ended) if ended.is_clear_refusal() && ended.words.contains(words) => Ok(()),
        Err(ended) => Err(format!("{what}: no clear sentence with `{words}`: {ended}")),
    }
}

fn start(data: &Path) -> Result<(), Ended> {
    Launch::serve(data).start().map(|_| ())
}

/// A database that a later program has written.
fn newer_schema(lab: &Lab) -> Result<Tried, String> {
    if !on_path("sqlite3") {
        println!("   there is no sqlite3, so no newer schema is tried");
        return Ok(None);
    }
    let data = lab.copy("migration-newer")?;
    let database = data.join("fengqiao.db");
    let change = "update house set value = value + 1 where name = 'format'";
    let done = Command::new("sqlite3").arg(&database).arg(change).output();
    if !done.as_ref().is_ok_and(|it| it.status.success()) {
        return Err(format!("sqlite3: {done:?}"));
    }
    let before = fs::read(&database).map_err(|e| e.to_string())?;
    let mut tried = must_refuse("a newer schema", "更新版本", &data, start(&data));
    if tried.is_ok() && tool(&["verify"], &data, &[]).code != Some(1) {
        tried = Err("a newer schema: verify opened it".into());
    }
    if tried.is_ok() && fs::read(&database).map_err(|e| e.to_string())? != before {
        tried = Err("a newer schema: the database was changed".into());
    }
    Ok(Some(tried))
}

/// A folder that cannot be written; for root only a mount is that.
fn read_only(lab: &Lab) -> Result<Tried, String> {
    let data = lab.copy("migration-read-only")?;
    let mount = |args: &[&str]| {
        let done = Command::new("mount").args(args).arg(&data).output();
        done.is_ok_and(|it| it.status.success())
    };
    let place = data.to_string_lossy();
    if !mount(&["--bind", &place]) {
        println!("   mounting is not permitted, so no read-only folder is tried");
        return Ok(None);
    }
    let tried = mount(&["-o", "remount,bind,ro"])
        .then(|| must_refuse("a read-only folder", "数据目录", &data, start(&data)));
    let _ = Command::new("umount").arg(&data).status();
    Ok(tried)
}

/// A database without its key; with the key put back all is well.
fn lost_key(lab: &Lab) -> Result<Tried, String> {
    let data = lab.copy("migration-lost-key")?;
    let (key, aside) = (data.join("keys"), lab.folder.join("keys-aside"));
    fs::rename(&key, &aside).map_err(|e| e.to_string())?;
    let tried = must_refuse("a lost key", "密钥文件", &data, start(&data));
    fs::rename(&aside, &key).map_err(|e| e.to_string())?;
    let back = complaints(&data);
    Ok(Some(tried.and_then(|()| back.into_iter().next().map_or(Ok(()), Err))))
}

/// A folder that another process uses; the first goes on.
fn in_use(lab: &Lab) -> Result<Tried, String> {
    let data = lab.copy("migration-in-use")?;
    let mut first = Launch::serve(&data).start()?;
    let clerk = Clerk::sign_in(lab, &first)?;
    let tried = must_refuse("a folder in use", "正被另一个", &data, start_elsewhere(&data));
    clerk.record(&clerk.request("in-use"))?;
    first.stop()?;
    remove_folder(&data)?;
    Ok(Some(tried))
}

/// A second start on the same data, by a name of its own so that each has its log.
fn start_elsewhere(data: &Path) -> Result<(), Ended> {
    match tool(&["verify"], data, &[]) {
        ended if ended.code == Some(0) => Ok(()),
        ended => Err(ended),
    }
}
