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
            let period = one.period().to_owned();
            let same = |c: &&mut Change| {
                c.statistic == one.statistic
                    && c.period == period
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
                period,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use engine::{
        definition::{SourceFile, read},
        query::Cell,
    };

    const THING: &str = r#"
档案 thing "事" {
    说明 "一件事。"
    归属 本机构
    题名 "{name}"
    权限 { 看 office=辖区; 建 office=辖区; 改 office=辖区 }
    分组 "内容" {
        name "名" 文本
        day "日" 日期
        size "数" 整数
    }
}
"#;
    const STATISTICS: &str = r#"统计 things "事" 档案=thing 月=day { 量 total "件" 单位=件; 量 size "数" 单位=个 合计=size }"#;
    const PATHS: [(&str, &str, &str); 4] = [
        ("560101", "560101001001", "560000/560100/560101/560101001/560101001001/"),
        ("560101", "560101001002", "560000/560100/560101/560101001/560101001002/"),
        ("560101", "560101002", "560000/560100/560101/560101002/"),
        ("560201", "560201001", "560000/560200/560201/560201001/"),
    ];

    fn house() -> House {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let roles = file("common/roles.kdl", r#"角色 office "所" 级=乡 { 说明 "所。" }"#);
        let business = file("x/business.kdl", r#"业务 x "试" { 说明 "试。"; 依据 "试"; 次序 1 }"#);
        let things = file("x/records/thing.kdl", THING);
        read(&[roles, business, things, file("x/statistics.kdl", STATISTICS)]).0
    }

    fn record(place: usize, month: usize, size: i64) -> Record {
        let (county, unit, path) = PATHS[place];
        let mut record = Record { kind: "thing".to_owned(), ..Record::default() };
        for (name, text) in [("county", county), ("unit", unit), ("path", path)] {
            record.set(name, text);
        }
        record.set("day", format!("2026-0{}-05", month + 1));
        record.set("size", Cell::Int(size));
        record
    }

    /// However records are made, changed, moved to other units and counties, and taken away, the
    /// counters are what the records that are left add, and the journal adds up to the counters.
    #[test]
    fn whatever_moves_where_counters_and_journal_are_the_sum_of_what_is_there() {
        let house = house();
        let kind = house.kind("thing").unwrap();
        for seed in 1..40_u64 {
            let mut dice = seed;
            let mut below = |n: usize| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_041);
                ((dice >> 33) as usize) % n
            };
            let mut there: Vec<Option<Record>> = vec![None; 6];
            let (mut counters, mut journal) = (BTreeMap::new(), BTreeMap::new());
            for _ in 0..60 {
                let at = below(there.len());
                let gone = below(5) == 0;
                let after = (!gone).then(|| record(below(4), below(3), below(4) as i64));
                let changes = changes(&house, kind, there[at].as_ref(), after.as_ref());
                for count in levels(&changes) {
                    let delta = count.delta;
                    *counters.entry(Count { delta: 0, ..count }).or_insert(0) += delta;
                }
                for change in &changes {
                    for unit in change.path.split('/').filter(|code| !code.is_empty()) {
                        for (cell, added) in &change.cells {
                            let key = (unit.to_owned(), change.period.clone(), cell.clone());
                            *journal.entry(key).or_insert(0) += added;
                        }
                    }
                }
                there[at] = after;
            }
            let mut recount: BTreeMap<Count, i64> = BTreeMap::new();
            for record in there.iter().flatten() {
                for count in differences(&house, kind, None, Some(record)) {
                    let delta = count.delta;
                    *recount.entry(Count { delta: 0, ..count }).or_insert(0) += delta;
                }
            }
            assert!(!recount.is_empty(), "something is counted");
            counters.retain(|_, value| *value != 0);
            assert_eq!(counters, recount, "seed {seed}");
            journal.retain(|_, value| *value != 0);
            let by_unit = counters
                .iter()
                .map(|(c, value)| ((c.unit.clone(), c.period.clone(), c.cell.clone()), *value));
            assert_eq!(journal, by_unit.collect(), "seed {seed}");
        }
    }
}
