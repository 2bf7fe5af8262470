//! Counters carried along with a change, for the record's unit and every unit above it.

use engine::{
    definition::{House, RecordKind},
    derive::statistic::{Contribution, contributions},
    record::Record,
};
use std::collections::BTreeMap;
use store::seam::Count;

/// contribution(after) − contribution(before), for each level.
pub fn differences(
    house: &House,
    kind: &RecordKind,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Vec<Count> {
    let mut sums: BTreeMap<Count, i64> = BTreeMap::new();
    for (record, sign) in [(before, -1), (after, 1)] {
        let Some(record) = record else { continue };
        for contribution in contributions(house, kind, record) {
            for count in levels(record, contribution) {
                let delta = count.delta * sign;
                *sums.entry(Count { delta: 0, ..count }).or_default() += delta;
            }
        }
    }
    let changed = sums.into_iter().filter(|(_, delta)| *delta != 0);
    changed.map(|(count, delta)| Count { delta, ..count }).collect()
}

/// One contribution as counts of the record's unit and the units above it.
fn levels(record: &Record, contribution: Contribution) -> impl Iterator<Item = Count> {
    let (path, county) = (record.text("path").to_owned(), record.county().to_owned());
    let codes: Vec<String> = path.split('/').filter(|c| !c.is_empty()).map(str::to_owned).collect();
    codes.into_iter().map(move |unit| Count {
        // Codes of provinces, cities and counties have six digits; longer ones lie in a county.
        county: if unit.len() <= 6 { unit.clone() } else { county.clone() },
        statistic: contribution.statistic.clone(),
        unit,
        period: contribution.period.clone(),
        cell: contribution.cell.clone(),
        delta: contribution.value,
    })
}
