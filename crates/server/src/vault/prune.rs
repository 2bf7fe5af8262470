//! Removing old backups, and the parts of the archive that no backup needs any more.
//!
//! One backup a day and one a week are kept, as the settings say, and everything of the last day:
//! whoever makes a backup by hand still finds the one before. Nothing goes before a newer backup was
//! brought back and found sound: an untested heap replaces nothing.

use super::{Backup, MANIFEST, backups, cannot, care::DAY, cluster};
use crate::app::Trouble;
use engine::kind::china_time;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Days of which the last backup is kept.
    pub daily: usize,
    /// Weeks of which the last backup is kept.
    pub weekly: usize,
}

/// Removes what need not be kept; gives the names of the backups removed.
pub fn prune(shelf: &Path, archive: Option<&Path>, keep: Keep) -> Result<Vec<String>, Trouble> {
    let backups = backups(shelf);
    let old = superfluous(&backups, keep);
    for backup in &old {
        // Without its manifest it is none, whatever happens to the rest.
        let manifest = backup.folder.join(MANIFEST);
        fs::remove_file(&manifest).map_err(cannot("删除", &manifest))?;
        fs::remove_dir_all(&backup.folder).map_err(cannot("删除", &backup.folder))?;
    }
    let gone: Vec<String> = old.iter().map(|backup| backup.name()).collect();
    if let Some(archive) = archive {
        shorten(archive, backups.iter().filter(|backup| !gone.contains(&backup.name())))?;
    }
    Ok(gone)
}

/// Those that need not be kept, of backups that stand newest first.
pub(super) fn superfluous(backups: &[Backup], keep: Keep) -> Vec<&Backup> {
    let Some(verified) = backups.iter().position(|backup| backup.verified) else {
        return Vec::new();
    };
    let day = |backup: &Backup| china_time(backup.manifest.made_at).date();
    let days = newest(backups, keep.daily, |backup| day(backup).to_string());
    let week = |backup: &Backup| {
        let week = day(backup).iso_week_date();
        format!("{}-{:02}", week.year(), week.week())
    };
    let weeks = newest(backups, keep.weekly, week);
    let last = backups.first().map_or(0, |backup| backup.manifest.made_at);
    let needed = |at: usize, backup: &Backup| {
        at <= verified
            || last - backup.manifest.made_at < DAY
            || days.contains(&at)
            || weeks.contains(&at)
    };
    let old = backups.iter().enumerate().filter(|(at, backup)| !needed(*at, backup));
    old.map(|(_, backup)| backup).collect()
}

/// The first of each of the first `most` spans of time.
fn newest(backups: &[Backup], most: usize, span: impl Fn(&Backup) -> String) -> BTreeSet<usize> {
    let (mut seen, mut first) = (BTreeSet::new(), BTreeSet::new());
    for (at, backup) in backups.iter().enumerate() {
        if seen.len() < most && seen.insert(span(backup)) {
            first.insert(at);
        }
    }
    first
}

fn shorten<'a>(
    archive: &Path,
    kept: impl Iterator<Item = &'a Backup> + Clone,
) -> Result<(), Trouble> {
    let of_a_server = |backup: &&Backup| backup.manifest.cluster.is_some();
    cluster::wal::shorten(archive, kept.clone().filter(of_a_server))?;
    let kept = kept.filter(|backup| !of_a_server(backup));
    let mut oldest: BTreeMap<&str, u64> = BTreeMap::new();
    for backup in kept {
        let stamp = &backup.manifest.summary.stamp;
        let group = oldest.entry(&stamp.lineage).or_insert(stamp.group);
        *group = (*group).min(stamp.group);
    }
    for (lineage, group) in oldest {
        let removed = store::archive::remove_before(archive, lineage, group);
        removed.map_err(cannot("清理归档", archive))?;
    }
    Ok(())
}
