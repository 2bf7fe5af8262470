//! Backups and rehearsals by themselves, while the server runs, and what was done last.
//!
//! What was done last stands in the data folder, so that the operator's page, `doctor` and whoever
//! runs a command by hand speak of the same.

use super::{
    Backup, moment_words, prune,
    prune::Keep,
    rehearse::{self, Rehearsed},
    write_whole,
};
use crate::{
    app::{App, Trouble},
    cli::config::Config,
    clock,
};
use engine::definition::House;
use serde_json::{Value as Json, json};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use store::postgres::vault;

/// A day, in milliseconds.
pub const DAY: i64 = 86_400_000;
const LOOK_EVERY: Duration = Duration::from_secs(60);
const AFTER_FAILURE: i64 = 3_600_000;

/// Something that was done, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Last {
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// How long it took, in milliseconds.
    pub took: i64,
    /// Where the backup is.
    pub folder: String,
    /// Its size with nothing but the database.
    pub size: u64,
    /// Rows.
    pub rows: u64,
    /// Log entries.
    pub entries: u64,
    /// The last group it holds.
    pub group: u64,
    /// In which history.
    pub lineage: String,
    /// Groups that the archive led on, where that was rehearsed.
    pub archived: Option<u64>,
    /// What failed; empty if nothing did.
    pub failure: String,
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A backup.
    Backup,
    /// A rehearsal.
    Rehearsal,
}

impl Task {
    fn file(self, data: &Path, well: bool) -> PathBuf {
        let name = match (self, well) {
            (Self::Backup, true) => "backup.json",
            (Self::Backup, false) => "backup-failed.json",
            (Self::Rehearsal, true) => "rehearsal.json",
            (Self::Rehearsal, false) => "rehearsal-failed.json",
        };
        data.join("care").join(name)
    }

    /// The last one that went well.
    pub fn last(self, data: &Path) -> Option<Last> {
        Last::read(&fs::read_to_string(self.file(data, true)).ok()?)
    }

    /// The last one that failed, if none went well since.
    pub fn failed(self, data: &Path) -> Option<Last> {
        let failed = Last::read(&fs::read_to_string(self.file(data, false)).ok()?)?;
        self.last(data).is_none_or(|last| last.at < failed.at).then_some(failed)
    }

    fn note(self, data: &Path, last: &Last) -> Result<(), Trouble> {
        let file = self.file(data, last.failure.is_empty());
        fs::create_dir_all(data.join("care"))?;
        Ok(write_whole(&file, &last.text())?)
    }
}

impl Last {
    fn of(at: i64, backup: &Backup) -> Self {
        let manifest = &backup.manifest;
        Self {
            at,
            took: clock::now("").at - at,
            folder: backup.folder.display().to_string(),
            size: manifest.size,
            rows: manifest.rows(),
            entries: manifest.entries(),
            group: manifest.summary.stamp.group,
            lineage: manifest.summary.stamp.lineage.clone(),
            ..Self::default()
        }
    }

    fn failed(at: i64, trouble: &Trouble) -> Self {
        let failure = match trouble {
            Trouble::Words(words) => words.clone(),
            Trouble::Definitions(findings) => format!("业务定义有{}处问题", findings.len()),
        };
        Self { at, took: clock::now("").at - at, failure, ..Self::default() }
    }

    fn text(&self) -> String {
        let last = json!({
            "at": self.at, "when": moment_words(self.at), "took": self.took,
            "folder": self.folder, "size": self.size, "rows": self.rows,
            "entries": self.entries, "group": self.group, "lineage": self.lineage,
            "archived": self.archived, "failure": self.failure,
        });
        format!("{last:#}\n")
    }

    fn read(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        let words = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let count = |name: &str| json[name].as_u64().unwrap_or(0);
        Some(Self {
            at: json["at"].as_i64()?,
            took: json["took"].as_i64().unwrap_or(0),
            folder: words("folder"),
            size: count("size"),
            rows: count("rows"),
            entries: count("entries"),
            group: count("group"),
            lineage: words("lineage"),
            archived: json["archived"].as_u64(),
            failure: words("failure"),
        })
    }
}

/// A size in words.
pub fn size_words(bytes: u64) -> String {
    let units = [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    let fitting = units.iter().find(|(unit, _)| bytes >= *unit);
    fitting.map_or(format!("{bytes} B"), |(unit, word)| {
        format!("{}.{} {word}", bytes / unit, bytes % unit * 10 / unit)
    })
}

/// Makes a backup, removes old ones, and notes what came of it.
pub async fn backup(config: &Config, shelf: &Path) -> Result<super::make::Made, Trouble> {
    let (data, at) = (&config.data, clock::now("").at);
    let made = match server(config).await {
        Ok(database) => super::make::make(data, database, shelf, at).await,
        Err(trouble) => Err(trouble),
    };
    match &made {
        Ok(made) => Task::Backup.note(data, &Last::of(at, &made.backup))?,
        Err(trouble) => Task::Backup.note(data, &Last::failed(at, trouble))?,
    }
    prune_old(config, shelf);
    made
}

/// The database server to be backed up. Where programs reach it through a pooler, its own address
/// is another; that both lead to the same rows is seen to.
async fn server(config: &Config) -> Result<Option<&str>, Trouble> {
    let used = config.database.as_deref();
    let (Some(used), Some(own)) = (used, config.backup_database.as_deref()) else {
        return Ok(used);
    };
    let there = vault::which(used, clock::ticks()).await?;
    if vault::which(own, clock::ticks()).await? == there {
        return Ok(Some(own));
    }
    Err(super::words(
        "backup_database 不是正在用的数据库：它和 database 必须是同一台服务器上的同一个库",
    ))
}

/// Rehearses, removes old backups, and notes what came of it.
pub async fn rehearse(
    config: &Config,
    shelf: &Path,
    house: House,
    tell: super::restore::Tell<'_>,
) -> Result<Rehearsed, Trouble> {
    let (data, at) = (&config.data, clock::now("").at);
    let archive = config.archive.as_deref();
    let rehearsed = match server(config).await {
        Ok(database) => {
            let ask = rehearse::Ask { data, database, shelf, archive };
            rehearse::rehearse(&ask, house, at, tell).await
        }
        Err(trouble) => Err(trouble),
    };
    let last = match &rehearsed {
        Ok(Rehearsed { backup, groups, rows }) => {
            Task::Backup.note(data, &Last::of(at, backup))?;
            Last { archived: *groups, rows: *rows, ..Last::of(at, backup) }
        }
        Err(trouble) => Last::failed(at, trouble),
    };
    Task::Rehearsal.note(data, &last)?;
    prune_old(config, shelf);
    rehearsed
}

/// That an old backup could not be removed is no reason to call a new one failed.
fn prune_old(config: &Config, shelf: &Path) {
    let keep = Keep { daily: config.keep_daily, weekly: config.keep_weekly };
    if let Err(trouble) = prune::prune(shelf, config.archive.as_deref(), keep) {
        tracing::warn!(?trouble, "old backups could not be removed");
    }
}

/// Makes a backup every day and rehearses every week, as long as the server runs.
pub async fn watch(app: App, config: Config) {
    let Some(shelf) = config.backups.clone() else { return };
    let config = Arc::new(config);
    let mut rest_until = 0;
    loop {
        let now = clock::now("house:care").at;
        if now >= rest_until
            && let Some(task) = due(&app, &config, now).await
            && !done(&app, &config, &shelf, task).await
        {
            rest_until = now + AFTER_FAILURE;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What is to be done now: a rehearsal makes a backup as well.
async fn due(app: &App, config: &Config, now: i64) -> Option<Task> {
    let claim = async |job, every| app.desk.claim(job, now, every).await.unwrap_or(false);
    // What failed is tried again the next day: each rehearsal leaves a backup that takes room.
    let failed = Task::Rehearsal.failed(&config.data).is_some_and(|last| now - last.at >= DAY);
    if failed || claim("rehearsal", 7 * DAY).await {
        return Some(Task::Rehearsal);
    }
    let last = Task::Backup.last(&config.data);
    let stale = last.as_ref().is_none_or(|last| now - last.at >= DAY);
    // A hole in the archive is bridged by a backup behind it, and by nothing else.
    let missing = app.desk.keeper().archive().and_then(|status| status.missing).unwrap_or(0);
    let hole = last.is_none_or(|last| last.group < missing);
    (stale || hole).then_some(Task::Backup)
}

/// Does it on a thread of its own: checking a whole database would keep others waiting.
async fn done(app: &App, config: &Arc<Config>, shelf: &Path, task: Task) -> bool {
    let house = House::clone(&app.desk.house());
    let (config, shelf) = (config.clone(), shelf.to_owned());
    let work = move || match task {
        Task::Backup => alone(async { backup(&config, &shelf).await.map(|_| ()) }),
        Task::Rehearsal => {
            alone(async { rehearse(&config, &shelf, house, &mut |_| ()).await.map(|_| ()) })
        }
    };
    let (answer, outcome) = tokio::sync::oneshot::channel();
    // Not one of the runtime's threads: a server that is told to stop does not wait for this one.
    std::thread::spawn(move || answer.send(work()));
    let ended = |_| Err(super::words("备份或者演练的线程中途停了"));
    let outcome = outcome.await.unwrap_or_else(ended);
    if let Err(trouble) = &outcome {
        tracing::error!(?trouble, ?task, "a backup or rehearsal failed");
    }
    outcome.is_ok()
}

fn alone<T>(work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
