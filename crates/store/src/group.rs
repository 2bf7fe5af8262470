//! What a group of changes that are kept together shares, whoever keeps it.

use crate::{
    chain,
    seam::{Commit, Count, Entry, Operation},
};

/// At most so many changes share a sync.
pub(crate) const GROUP: usize = 256;

/// A change that fits the tables, with the hashes of its entries' bodies and contents where no
/// number stands in them.
pub(crate) struct Prepared {
    pub commit: Commit,
    pub hashes: Vec<(String, String)>,
}

impl Prepared {
    /// Hashes what no number will change.
    pub(crate) fn new(commit: Commit) -> Self {
        let early = commit.numbers.is_empty();
        let entries = if early { commit.entries.as_slice() } else { &[] };
        let hashes = entries.iter().map(hashes).collect();
        Self { commit, hashes }
    }
}

/// The hashes of an entry's body and content.
pub(crate) fn hashes(entry: &Entry) -> (String, String) {
    (chain::sm3(&entry.body), chain::content_hash(&entry.content))
}

/// One addition per counter, in the order of the table's key, so that pages are met once. A sum of
/// 0 is written too: that the counter is there does not depend on how changes were grouped.
pub(crate) fn summed(mut counts: Vec<Count>) -> Vec<Count> {
    counts.sort_unstable();
    let mut sums: Vec<Count> = Vec::with_capacity(counts.len());
    for count in counts {
        match sums.last_mut().filter(|last| same_counter(last, &count)) {
            Some(last) => last.delta += count.delta,
            None => sums.push(count),
        }
    }
    sums
}

fn same_counter(a: &Count, b: &Count) -> bool {
    // The cell differs most often, so it is compared first.
    (&a.cell, &a.period, &a.unit, &a.statistic, &a.county)
        == (&b.cell, &b.period, &b.unit, &b.statistic, &b.county)
}

/// Whether a change writes what is otherwise written at the end of the group, as a recount does.
pub(crate) fn touches_house(commit: &Commit) -> bool {
    commit.operations.iter().any(|operation| {
        let (Operation::Insert { table, .. }
        | Operation::Update { table, .. }
        | Operation::Put { table, .. }
        | Operation::Remove { table, .. }) = operation;
        matches!(table.as_str(), "series" | "counter" | "chain" | "log")
    })
}
