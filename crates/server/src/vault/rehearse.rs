//! The rehearsal: a backup is made, brought back into a folder of its own, proven and thrown away.
//!
//! Where there is an archive, the backup before is led on through it as well, up to the moment of
//! the new one, and must then hold the same rows and end its logs with the same hashes. So both
//! ways back are walked before anybody needs them.

use super::{
    Backup, VERIFIED, backups, cannot, cluster, lock, make,
    restore::{self, Tell},
    words, write_whole,
};
use crate::app::Trouble;
use engine::definition::House;
use serde_json::json;
use std::{fs, path::Path};

/// What is rehearsed.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The data folder; its keys are used.
    pub data: &'a Path,
    /// The address of the database server, where the rows are in one.
    pub database: Option<&'a str>,
    /// The folder of backups.
    pub shelf: &'a Path,
    /// The archive, if there is one.
    pub archive: Option<&'a Path>,
}

/// What came of it.
#[derive(Debug)]
pub struct Rehearsed {
    /// The backup made for it, which is now verified.
    pub backup: Backup,
    /// How many groups, or files of a server's log, the archive added to the backup before; none:
    /// that way was not walked.
    pub groups: Option<u64>,
    /// Rows that were brought back.
    pub rows: u64,
}

/// Rehearses.
pub async fn rehearse(
    ask: &Ask<'_>,
    house: House,
    now: i64,
    tell: Tell<'_>,
) -> Result<Rehearsed, Trouble> {
    tell("正在备份");
    fs::create_dir_all(ask.shelf).map_err(cannot("建立备份目录", ask.shelf))?;
    let _lock = lock(ask.shelf, "rehearsal.lock")?;
    let before = backups(ask.shelf).into_iter().next();
    let made = make::make(ask.data, ask.database, ask.shelf, now).await?;
    if let Some(hash) = made.damaged.first() {
        return Err(words(format!("附件 {hash} 在磁盘上被改动过或者损坏")));
    }
    let folder = ask.shelf.join("rehearsal");
    let walked = walk(ask, &made.backup, before.as_ref(), &folder, house, tell).await;
    let cleared = clear(&folder);
    let (groups, rows) = walked?;
    cleared?;
    let mark = made.backup.folder.join(VERIFIED);
    write_whole(&mark, &format!("{}\n", json!({ "at": now }))).map_err(cannot("写", &mark))?;
    Ok(Rehearsed { backup: Backup { verified: true, ..made.backup }, groups, rows })
}

pub(super) fn clear(folder: &Path) -> Result<(), Trouble> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(cannot("删除", folder))?;
    }
    Ok(())
}

async fn walk(
    ask: &Ask<'_>,
    backup: &Backup,
    before: Option<&Backup>,
    folder: &Path,
    house: House,
    tell: Tell<'_>,
) -> Result<(Option<u64>, u64), Trouble> {
    clear(folder)?;
    restore::check_files(backup)?;
    if let Some(cluster) = &backup.manifest.cluster {
        return cluster::rehearse::walk(ask, backup, cluster, before, folder, house, tell).await;
    }
    restore::rebuild(backup, None, None, folder, tell)?;
    let keys = ask.data.join("keys");
    let wrong = restore::prove(folder, house, Some(&keys), tell).await?;
    if !wrong.is_empty() {
        return Err(words(wrong.join("；")));
    }
    clear(folder)?;
    let groups = match (ask.archive, before) {
        (Some(archive), Some(before)) => follow(archive, before, backup, folder, tell)?,
        _ => None,
    };
    Ok((groups, backup.manifest.rows()))
}

/// Leads the backup before up to the new one.
fn follow(
    archive: &Path,
    before: &Backup,
    backup: &Backup,
    folder: &Path,
    tell: Tell<'_>,
) -> Result<Option<u64>, Trouble> {
    let (old, new) = (&before.manifest.summary, &backup.manifest.summary);
    if old.stamp.lineage != new.stamp.lineage || old.stamp.group == new.stamp.group {
        return Ok(None);
    }
    let until = Some(new.stamp.moment);
    let (replayed, led) = restore::rebuild(before, Some(archive), until, folder, tell)?;
    if replayed.stamp != new.stamp {
        let (reached, wanted) = (replayed.stamp.group, new.stamp.group);
        return Err(words(format!("归档只到第{reached}组，备份已到第{wanted}组")));
    }
    if led.rows != new.rows || led.heads != new.heads {
        return Err(words("从上一份备份经归档恢复出来的，和新的备份不同"));
    }
    Ok(Some(replayed.groups))
}
