//! The time limits that run for a record, worked out anew from what it holds.

use super::{Links, Record, View};
use crate::{
    deadline::{due, warn_on},
    definition::{DeadlineRule, House, RecordKind},
    query::Cell,
};
use jiff::civil::Date;

/// One running or ended limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Id of its rule.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Day it starts from.
    pub from: Date,
    /// Last day; `None` if it cannot be worked out yet.
    pub due: Option<Date>,
    /// Day to warn on.
    pub warn: Option<Date>,
    /// How it was worked out.
    pub words: String,
    /// Whether it has ended.
    pub done: bool,
    /// Law or standard.
    pub basis: String,
}

/// The limits of `record`, in order of the definition.
pub fn limits(
    house: &House,
    kind: &RecordKind,
    record: &Record,
    links: &Links,
    today: Date,
) -> Vec<Limit> {
    let view = View::record(record, links, today);
    let runs = |rule: &&DeadlineRule| {
        rule.when.as_ref().is_none_or(|when| when.holds(&view) == Some(true))
    };
    kind.deadlines.iter().filter(runs).filter_map(|rule| limit(house, record, rule)).collect()
}

fn date(record: &Record, column: &str) -> Option<Date> {
    record.cells.get(column).and_then(Cell::as_text).and_then(|t| t.parse().ok())
}

fn limit(house: &House, record: &Record, rule: &DeadlineRule) -> Option<Limit> {
    let from = date(record, &rule.from)?;
    let mut worked = due(from, rule.length, &house.calendar);
    if let Some(later) = date(record, &rule.extended_by) {
        worked.on = Some(later);
        worked.words += &format!("；延期至{}", crate::check::date::show(later));
    }
    Some(Limit {
        id: rule.id.clone(),
        label: rule.label.clone(),
        from,
        due: worked.on,
        warn: worked.on.map(|due| warn_on(due, rule.warn)),
        words: worked.words,
        done: !rule.runs_in.iter().any(|s| s == record.state()),
        basis: rule.basis.clone(),
    })
}
