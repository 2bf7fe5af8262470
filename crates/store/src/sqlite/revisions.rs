//! How often each table was changed since the file was opened: one process writes, so it knows.

use crate::seam::{Commit, Operation};
use std::{
    collections::{HashMap, HashSet},
    sync::{PoisonError, RwLock},
};

/// A number a table.
#[derive(Debug, Default)]
pub(super) struct Revisions(RwLock<HashMap<String, u64>>);

impl Revisions {
    pub(super) fn of(&self, table: &str) -> u64 {
        let numbers = self.0.read().unwrap_or_else(PoisonError::into_inner);
        numbers.get(table).copied().unwrap_or(0)
    }

    /// After a group was kept and before anybody hears of it.
    pub(super) fn grow(&self, changed: HashSet<String>) {
        let mut numbers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for table in changed {
            *numbers.entry(table).or_default() += 1;
        }
    }
}

/// Adds the tables whose rows a change names.
pub(super) fn add_changed(commit: &Commit, changed: &mut HashSet<String>) {
    for operation in &commit.operations {
        let (Operation::Insert { table, .. }
        | Operation::Update { table, .. }
        | Operation::Put { table, .. }
        | Operation::Remove { table, .. }) = operation;
        if !changed.contains(table) {
            changed.insert(table.clone());
        }
    }
}
