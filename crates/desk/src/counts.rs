//! Counters carried along with a change, for the record's unit and every unit above it, and the
//! journal of what changed them: one line for each statistic and month that an act touches, in the
//! unit that keeps the record. With the journal, figures can be taken back to any past day, and a
//! figure that differs from a confirmed one names the records that made the difference.

use crate::ops::values;
use engine::{
    definition::{House, RecordKind},
    derive::statistic::contributions,
    record::{Moment, Record},
};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use store::seam::{Commit, Count, Operation};

/// What a change adds to the figures of one statistic and month, in the unit that keeps the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    county: String,
    path: String,
    statistic: String,
    period: String,
    /// By cell; none is 0.
    cells: BTreeMap<String, i64>,
}

/// contribution(after) − contribution(before).
pub fn changes(
    house: &House,
    kind: &RecordKind,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (record, sign) in [(before, -1), (after, 1)] {
        let Some(record) = record else { continue };
        for one in contributions(house, kind, record) {
            let (county, path) = (record.county(), record.text("path"));
            let same = |c: &&mut Change| {
                c.statistic == one.statistic
                    && c.period == one.period
                    && c.path == path
                    && c.county == county
            };
            let added = one.value * sign;
            if let Some(change) = changes.iter_mut().find(same) {
                *change.cells.entry(one.cell).or_default() += added;
                continue;
            }
            changes.push(Change {
                county: county.to_owned(),
                path: path.to_owned(),
                statistic: one.statistic,
                period: one.period,
                cells: BTreeMap::from([(one.cell, added)]),
            });
        }
    }
    changes.iter_mut().for_each(|change| change.cells.retain(|_, added| *added != 0));
    changes.retain(|change| !change.cells.is_empty());
    changes
}

/// The same for each level.
pub fn differences(
    house: &House,
    kind: &RecordKind,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Vec<Count> {
    levels(&changes(house, kind, before, after))
}

/// Counts of the units that keep the records and of the units above them.
fn levels(changes: &[Change]) -> Vec<Count> {
    let mut sums: BTreeMap<Count, i64> = BTreeMap::new();
    for change in changes {
        for unit in change.path.split('/').filter(|code| !code.is_empty()) {
            // Codes of provinces, cities and counties have six digits; longer ones lie in a county.
            let county = if unit.len() <= 6 { unit } else { &change.county };
            for (cell, added) in &change.cells {
                let count = Count {
                    county: county.to_owned(),
                    statistic: change.statistic.clone(),
                    unit: unit.to_owned(),
                    period: change.period.clone(),
                    cell: cell.clone(),
                    delta: 0,
                };
                *sums.entry(count).or_default() += added;
            }
        }
    }
    let changed = sums.into_iter().filter(|(_, delta)| *delta != 0);
    changed.map(|(count, delta)| Count { delta, ..count }).collect()
}

/// Adds to the commit what the change of a record does to the counters, and its lines in the
/// journal.
pub fn count(
    commit: &mut Commit,
    house: &House,
    kind: &RecordKind,
    before: Option<&Record>,
    after: Option<&Record>,
    moment: &Moment,
) {
    let changes = changes(house, kind, before, after);
    commit.counts.extend(levels(&changes));
    // What was taken back has one version more than it had.
    let version = match (after, before) {
        (Some(after), _) => after.version(),
        (None, before) => before.map_or(0, Record::version) + 1,
    };
    let id = after.or(before).map_or("", Record::id);
    commit.operations.extend(changes.iter().map(|change| line(change, kind, id, version, moment)));
}

fn line(change: &Change, kind: &RecordKind, id: &str, version: i64, moment: &Moment) -> Operation {
    let cells: Map<String, Json> =
        change.cells.iter().map(|(cell, added)| (cell.clone(), Json::from(*added))).collect();
    let values = values([
        ("county", change.county.as_str().into()),
        ("statistic", change.statistic.as_str().into()),
        ("at", moment.at.into()),
        ("record", id.into()),
        ("version", version.into()),
        ("period", change.period.as_str().into()),
        ("path", change.path.as_str().into()),
        ("kind", kind.id.as_str().into()),
        ("cells", Json::Object(cells).to_string().into()),
    ]);
    Operation::Insert { table: "journal".to_owned(), values }
}
