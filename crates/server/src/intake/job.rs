//! What is known of one intake: a folder in the data folder, so that it outlives the process and
//! every process that shares the folder knows of it.
//!
//! ```text
//! DATA/intake/ID/
//!   job.json      what it is and how far it has come; replaced whole
//!   sheet         the file as it came
//!   made.csv      the records made, each with its key; a line is added when one is made
//!   report.xlsx   the sheet with what became of each line
//!   stop          that it is to stop
//! ```

use crate::clock;
use serde_json::{Value as Json, json};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Intakes are forgotten after a week, with the sheet and all that is in it.
const KEPT_MS: i64 = 7 * 86_400_000;
/// A job that has not been heard of for so long has no process any more.
const SILENT_MS: i64 = 30_000;
/// Faults of an undoing that are told.
const MOST_TOLD: usize = 50;

/// How far an intake has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Step {
    /// Every line is tried out.
    #[default]
    Checking,
    /// All lines have been tried out.
    Checked,
    /// Records are made.
    Making,
    /// They are made.
    Done,
    /// The records made are taken back.
    Undoing,
    /// They have been.
    Undone,
    /// It was stopped, and may go on.
    Stopped,
    /// It could not go on.
    Failed,
}

const STEPS: [(Step, &str); 8] = [
    (Step::Checking, "checking"),
    (Step::Checked, "checked"),
    (Step::Making, "making"),
    (Step::Done, "done"),
    (Step::Undoing, "undoing"),
    (Step::Undone, "undone"),
    (Step::Stopped, "stopped"),
    (Step::Failed, "failed"),
];

impl Step {
    /// Whether a process is at work on it.
    pub fn is_work(self) -> bool {
        matches!(self, Self::Checking | Self::Making | Self::Undoing)
    }

    fn word(self) -> &'static str {
        STEPS.iter().find(|(step, _)| *step == self).map_or("", |(_, word)| word)
    }
}

/// One intake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// Records of what kind.
    pub kind: String,
    /// What the file was called.
    pub file: String,
    /// When it began, in milliseconds.
    pub at: i64,
    /// When it was last heard of.
    pub beat: i64,
    /// How far it has come.
    pub step: Step,
    /// Lines of the sheet.
    pub total: u64,
    /// Lines done in this step.
    pub done: u64,
    /// Lines that can be made records of.
    pub good: u64,
    /// Lines that somebody should look at.
    pub warned: u64,
    /// Lines with faults.
    pub wrong: u64,
    /// Lines that repeat an earlier one.
    pub same: u64,
    /// Records made.
    pub made: u64,
    /// Lines of which a record had been made before.
    pub already: u64,
    /// Records taken back.
    pub undone: u64,
    /// Columns that are nothing of this kind.
    pub unknown: Vec<String>,
    /// Required columns that are not there.
    pub missing: Vec<String>,
    /// The first faults: line, column, what.
    pub faults: Vec<(u32, String, String)>,
    /// Why it could not go on.
    pub failure: String,
}

impl Job {
    fn text(&self) -> String {
        let faults = self.faults.iter().map(|(line, column, what)| json!([line, column, what]));
        json!({
            "id": self.id, "account": self.account, "kind": self.kind, "file": self.file,
            "at": self.at, "beat": self.beat, "step": self.step.word(), "total": self.total,
            "done": self.done, "good": self.good, "warned": self.warned, "wrong": self.wrong,
            "same": self.same, "made": self.made, "already": self.already, "undone": self.undone,
            "unknown": self.unknown, "missing": self.missing,
            "faults": faults.collect::<Vec<_>>(), "failure": self.failure,
        })
        .to_string()
    }

    fn read(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let count = |name: &str| json[name].as_u64().unwrap_or(0);
        let list = |name: &str| {
            let list = json[name].as_array().into_iter().flatten();
            list.filter_map(|one| one.as_str().map(str::to_owned)).collect()
        };
        let faults = json["faults"].as_array().into_iter().flatten().map(|fault| {
            let part = |at: usize| fault[at].as_str().unwrap_or_default().to_owned();
            (u32::try_from(fault[0].as_u64().unwrap_or(0)).unwrap_or(0), part(1), part(2))
        });
        let step = text("step");
        Some(Self {
            id: text("id"),
            account: text("account"),
            kind: text("kind"),
            file: text("file"),
            at: json["at"].as_i64()?,
            beat: json["beat"].as_i64()?,
            step: STEPS.iter().find(|(_, word)| *word == step)?.0,
            total: count("total"),
            done: count("done"),
            good: count("good"),
            warned: count("warned"),
            wrong: count("wrong"),
            same: count("same"),
            made: count("made"),
            already: count("already"),
            undone: count("undone"),
            unknown: list("unknown"),
            missing: list("missing"),
            faults: faults.collect(),
            failure: text("failure"),
        })
    }

    /// Whether its process is gone.
    pub fn is_orphan(&self, now: i64) -> bool {
        self.step.is_work() && now - self.beat > SILENT_MS
    }

    /// Remembers a fault, if there is still room.
    pub fn fault(&mut self, line: u32, column: &str, what: &str) {
        if self.faults.len() < MOST_TOLD {
            self.faults.push((line, column.to_owned(), what.to_owned()));
        }
    }
}

/// Where intakes are kept.
#[derive(Clone, Debug)]
pub struct Shelf(PathBuf);

impl Shelf {
    /// That of a data folder.
    pub fn of(data: &Path) -> Self {
        Self(data.join("intake"))
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.0.join(id)
    }

    /// Begins a job with its sheet.
    pub fn begin(&self, job: &mut Job, sheet: &[u8]) -> io::Result<()> {
        let folder = self.folder(&job.id);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("sheet"), sheet)?;
        self.keep(job)
    }

    /// Writes down how far it has come.
    pub fn keep(&self, job: &mut Job) -> io::Result<()> {
        job.beat = clock::now("").at;
        let (file, beside) = (self.file(&job.id, "job.json"), self.file(&job.id, "job.part"));
        fs::write(&beside, job.text())?;
        fs::rename(beside, file)
    }

    /// The job, if it belongs to this account.
    pub fn find(&self, account: &str, id: &str) -> Option<Job> {
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let text = fs::read_to_string(self.file(id, "job.json")).ok().filter(|_| plain)?;
        Job::read(&text).filter(|job| job.account == account)
    }

    /// An account's jobs with one kind, the newest first; those that are too old are removed.
    pub fn all(&self, account: &str, kind: &str, now: i64) -> Vec<Job> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut jobs = Vec::new();
        for entry in entries {
            let text = fs::read_to_string(entry.path().join("job.json"));
            let Some(job) = text.ok().as_deref().and_then(Job::read) else { continue };
            if now - job.at > KEPT_MS && !job.step.is_work() {
                // Another visitor may be removing it in this instant.
                let _ = fs::remove_dir_all(entry.path());
            } else if job.account == account && job.kind == kind {
                jobs.push(job);
            }
        }
        jobs.sort_by_key(|job| std::cmp::Reverse(job.at));
        jobs
    }

    /// A file of a job: `sheet`, `report.xlsx`.
    pub fn file(&self, id: &str, name: &str) -> PathBuf {
        self.folder(id).join(name)
    }

    /// Tells whoever works on it to stop.
    pub fn stop(&self, id: &str) -> io::Result<()> {
        fs::write(self.file(id, "stop"), "")
    }

    /// Whether it is to stop.
    pub fn stops(&self, id: &str) -> bool {
        self.file(id, "stop").exists()
    }

    /// It may go on.
    pub fn go_on(&self, id: &str) -> io::Result<()> {
        match fs::remove_file(self.file(id, "stop")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Adds records that were made, each with its key.
    pub fn add_made(&self, id: &str, made: &[(String, String)]) -> io::Result<()> {
        let mut file = File::options().create(true).append(true).open(self.file(id, "made.csv"))?;
        let lines: String = made.iter().map(|(id, key)| format!("{id},{key}\n")).collect();
        file.write_all(lines.as_bytes())
    }

    /// The records made and not taken back, with their keys.
    pub fn made(&self, id: &str) -> Vec<(String, String)> {
        let text = fs::read_to_string(self.file(id, "made.csv")).unwrap_or_default();
        let pairs = text.lines().filter_map(|line| line.split_once(','));
        pairs.map(|(id, key)| (id.to_owned(), key.to_owned())).collect()
    }

    /// What of it is left after some were taken back.
    pub fn set_made(&self, id: &str, left: &[(String, String)]) -> io::Result<()> {
        let lines: String = left.iter().map(|(id, key)| format!("{id},{key}\n")).collect();
        fs::write(self.file(id, "made.csv"), lines)
    }
}
