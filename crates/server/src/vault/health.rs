//! How backups, rehearsals, the archive and the disks stand, in words for `doctor`.

use super::{
    care::{DAY, Last, Task, size_words},
    free, moment_words,
};
use crate::cli::config::Config;
use std::{fs, path::Path};
use store::{archive, sqlite};

/// Findings: whether it is well, and what it is.
pub fn findings(config: &Config, now: i64) -> Vec<(bool, String)> {
    let data = &config.data;
    let mut findings = vec![
        timely(Task::Backup, "备份", 2, data, now),
        timely(Task::Rehearsal, "演练", 14, data, now),
    ];
    let size = if config.database.is_some() {
        // What the server itself says of its archive stands among the facts of the server.
        Task::Backup.last(data).map_or(0, |last| last.size)
    } else {
        findings.push(archived(config));
        fs::metadata(data.join(sqlite::FILE)).map_or(0, |file| file.len())
    };
    let disks = [&config.backups, &config.archive];
    findings.extend(disks.into_iter().flatten().filter_map(|folder| roomy(folder, size)));
    findings
}

fn timely(task: Task, what: &str, days: i64, data: &Path, now: i64) -> (bool, String) {
    if let Some(Last { at, failure, .. }) = task.failed(data) {
        return (false, format!("{}的{what}没有成功：{failure}", moment_words(at)));
    }
    match task.last(data) {
        None => (false, format!("还没有做过{what}")),
        Some(last) if now - last.at > days * DAY => {
            (false, format!("已有{}天没有{what}", (now - last.at) / DAY))
        }
        Some(last) => (true, format!("上次{what} {}", moment_words(last.at))),
    }
}

/// Whether the last backup can be led on to what the database holds.
fn archived(config: &Config) -> (bool, String) {
    let Some(folder) = &config.archive else {
        return (true, "没有设置归档：磁盘坏了，只能回到上次备份".to_owned());
    };
    let Ok(stamp) = sqlite::stamp(&config.data.join(sqlite::FILE)) else {
        return (false, "数据库读不了，不知道归档到了哪里".to_owned());
    };
    let last = Task::Backup.last(&config.data).filter(|last| last.lineage == stamp.lineage);
    let Some(last) = last else {
        return (false, "归档要从一份备份接起，请现在做一次备份".to_owned());
    };
    match archive::first_missing(folder, &stamp.lineage, last.group, stamp.group) {
        Ok(None) => (true, format!("归档和数据库一致，到第{}组", stamp.group)),
        Ok(Some(group)) => (
            false,
            format!("归档缺第{group}组起的变动，请现在做一次备份（数据库到第{}组）", stamp.group),
        ),
        Err(error) => (false, format!("归档目录 {} 读不了：{error}", folder.display())),
    }
}

/// A disk should hold the database twice more, and a gigabyte.
fn roomy(folder: &Path, size: u64) -> Option<(bool, String)> {
    let free = free(folder)?;
    let enough = free >= (2 * size).max(1 << 30);
    Some((enough, format!("{} 所在的磁盘还有 {}", folder.display(), size_words(free))))
}
