//! The number of the last group, kept in the transaction of that group.
//!
//! It is what makes a copy of the database a place in a history: the copy says of itself which
//! groups it holds. A database that was brought back from a backup begins a history of its own,
//! because groups of the same numbers may already lie in the archive of the old one.

use super::failure;
use crate::{archive::keep, seam::StoreError};
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// Where in which history of groups a database is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The history.
    pub lineage: String,
    /// Its last group here; 0 if none was kept yet.
    pub group: u64,
    /// When that was kept, in milliseconds since 1970 UTC. It only grows, so that a moment names
    /// one place in the history even where the clock was put back.
    pub moment: i64,
}

/// Keeps the place; part of the group's transaction.
pub(super) const KEEP: &str = "insert into house (name, value) values ('group', ?1), \
                               ('moment', ?2) on conflict (name) do update set \
                               value = excluded.value";

impl Stamp {
    /// The place behind one more group.
    pub(super) fn next(&self, now: i64) -> Self {
        let Self { lineage, group, moment } = self.clone();
        Self { lineage, group: group + 1, moment: now.max(moment + 1) }
    }

    /// What a database says of itself; `None` if it was written before groups had numbers.
    pub(super) fn read(connection: &Connection) -> Result<Option<Self>, StoreError> {
        let read = |name: &str| {
            let question = "select value from house where name = ?1";
            connection.query_row(question, [name], |row| row.get::<_, String>(0)).optional()
        };
        let values = [read("lineage"), read("group"), read("moment")];
        let [lineage, group, moment] = values.map(|value| value.map_err(|e| failure(&e)));
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
        let (group, moment): (i64, i64) = (number(group?), number(moment?));
        let stamp = |lineage| Self { lineage, group: group.unsigned_abs(), moment };
        Ok(lineage?.map(stamp))
    }

    /// The same, beginning a history if there is none.
    pub(super) fn ensure(
        connection: &Connection,
        directory: &Path,
        now: i64,
    ) -> Result<Self, StoreError> {
        match Self::read(connection)? {
            Some(stamp) => Ok(stamp),
            None => Self::default().branch(connection, directory, now),
        }
    }

    /// Begins a history of its own at this place.
    pub(super) fn branch(
        self,
        connection: &Connection,
        directory: &Path,
        now: i64,
    ) -> Result<Self, StoreError> {
        let (place, process) = (directory.to_string_lossy(), std::process::id().to_string());
        let (group, at) = (self.group.to_string(), now.to_string());
        let lineage = keep::lineage(&[&self.lineage, &group, &at, &place, &process]);
        let write = "insert into house (name, value) values ('lineage', ?1) \
                     on conflict (name) do update set value = excluded.value";
        connection.execute(write, [&lineage]).map_err(|error| failure(&error))?;
        Ok(Self { lineage, ..self })
    }
}
