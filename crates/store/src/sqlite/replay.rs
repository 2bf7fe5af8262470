//! Archived groups done again on a copy of the database, up to a moment.
//!
//! They go through the same hands as the first time, and what each change gives is compared with
//! what it gave then: numbers, and the place and hash of every log entry.

use super::{FILE, Options, apply::Hands, failure, schema, stamp::Stamp, writer};
use crate::{
    archive::{Change, Content, Group, segment::Groups},
    chain,
    group::Prepared,
    numbers,
    seam::StoreError,
    shape::Catalogue,
};
use engine::query::Table;
use rusqlite::Connection;
use std::{fs::File, path::Path};

/// At most so many groups share a transaction: nobody else reads the copy yet.
const TOGETHER: u64 = 200;

/// Where the archive to follow is, and how far.
#[derive(Clone, Debug)]
pub struct End<'a> {
    /// The archive's folder.
    pub archive: &'a Path,
    /// The last moment to keep, in milliseconds since 1970 UTC; none: as far as it goes.
    pub until: Option<i64>,
}

/// Where replaying ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The place in the history it came from.
    pub stamp: Stamp,
    /// How many groups were done again.
    pub groups: u64,
    /// The first group behind a hole in the archive, if that ended it.
    pub hole: Option<u64>,
}

/// Leads the database in `directory` on through the archive, and lets it begin a history of its
/// own. `progress` is told how many groups were done.
pub fn replay(
    directory: &Path,
    options: &Options,
    end: Option<&End>,
    progress: &mut dyn FnMut(u64),
) -> Result<Replayed, StoreError> {
    let lock = writer::lock(directory)?;
    let (connection, catalogue) = writer::open(directory, options)?;
    // What is not whole is begun anew, so only the end has to be safe.
    sql(&connection, "pragma synchronous = off")?;
    let start = Stamp::ensure(&connection, directory, (options.clock)())?;
    let mut replayed = Replayed { stamp: start, groups: 0, hole: None };
    if let Some(end) = end {
        follow(&connection, catalogue, end, &mut replayed, progress)?;
    }
    sql(&connection, "pragma synchronous = full")?;
    replayed.stamp.clone().branch(&connection, directory, (options.clock)())?;
    sql(&connection, "pragma wal_checkpoint(truncate)")?;
    connection.close().map_err(|(_, error)| failure(&error))?;
    let safe = File::open(directory.join(FILE)).and_then(|file| file.sync_all());
    safe.map_err(|error| StoreError::Failed(error.to_string()))?;
    drop(lock);
    Ok(replayed)
}

fn sql(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.execute_batch(sql).map_err(|error| failure(&error))
}

fn follow(
    connection: &Connection,
    mut catalogue: Catalogue,
    end: &End,
    replayed: &mut Replayed,
    progress: &mut dyn FnMut(u64),
) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::Failed(format!("归档读不出来：{error}"));
    let Stamp { lineage, group, .. } = &replayed.stamp;
    let mut groups = Groups::behind(end.archive, lineage, *group).map_err(failed)?;
    let mut hands = Hands::new(connection);
    let mut next = |replayed: &mut Replayed| -> Result<Option<Group>, StoreError> {
        if end.until.is_some_and(|until| until <= replayed.stamp.moment) {
            return Ok(None);
        }
        match groups.next().map_err(failed)? {
            Ok(group) => Ok(group.filter(|g| end.until.is_none_or(|until| g.moment <= until))),
            Err(hole) => {
                replayed.hole = Some(hole.next);
                Ok(None)
            }
        }
    };
    let mut group = next(replayed)?;
    while let Some(first) = group.take() {
        sql(connection, "begin immediate")?;
        let mut at_work = Some(first);
        let last = replayed.groups + TOGETHER;
        while let Some(now) = at_work.take() {
            redo(connection, &mut hands, &mut catalogue, now, &mut replayed.stamp)?;
            replayed.groups += 1;
            group = next(replayed)?;
            if replayed.groups < last {
                at_work = group.take();
            }
        }
        hands.sign(&replayed.stamp)?;
        sql(connection, "commit")?;
        progress(replayed.groups);
    }
    Ok(())
}

fn redo(
    connection: &Connection,
    hands: &mut Hands,
    catalogue: &mut Catalogue,
    group: Group,
    stamp: &mut Stamp,
) -> Result<(), StoreError> {
    let Group { number, moment, content } = group;
    match content {
        Content::Changes(changes) => {
            for change in changes {
                redo_change(hands, catalogue, change, number)?;
            }
            hands.finish()?;
        }
        Content::Tables(tables) => grow(connection, catalogue, &tables)?,
    }
    (stamp.group, stamp.moment) = (number, moment);
    Ok(())
}

fn grow(
    connection: &Connection,
    catalogue: &mut Catalogue,
    tables: &[Table],
) -> Result<(), StoreError> {
    *catalogue = schema::prepare(connection, std::mem::take(catalogue), tables)?;
    Ok(())
}

/// The numbers are filled in first, so that the bodies' hashes can be worked out; allotting them
/// again advances their series.
fn redo_change(
    hands: &mut Hands,
    catalogue: &Catalogue,
    change: Change,
    group: u64,
) -> Result<(), StoreError> {
    let Change { mut commit, contents, receipt } = change;
    numbers::fill(&mut commit, &receipt.numbers);
    let bodies = commit.entries.iter().map(|entry| chain::sm3(&entry.body));
    let hashes = bodies.zip(contents).collect();
    let differs = |why: &str| {
        let words = format!("归档第{group}组和这份数据对不上（{why}），不是同一段经过");
        Err(StoreError::Failed(words))
    };
    match hands.apply(Prepared { commit, hashes }, catalogue) {
        Ok(again) if again == receipt => Ok(()),
        Ok(_) => differs("编号或者日志的哈希不同"),
        Err(error) => differs(&error.to_string()),
    }
}
