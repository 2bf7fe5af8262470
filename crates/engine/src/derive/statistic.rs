//! What one record adds to which counters. The counters kept are the sum of this over all records,
//! carried along with every change as contribution(new) − contribution(old).

use crate::{
    definition::{Adds, House, Measure, RecordKind, Statistic, Stock},
    query::{Cell, Filter, Term},
    record::{Links, Record, View},
};
use jiff::civil::Date;

/// What one record adds to one counter of its own unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contribution {
    /// Statistic.
    pub statistic: String,
    /// Day it lies on, `YYYY-MM-DD`.
    pub day: String,
    /// Measure, and dimension value if any: `total`, `total/source=31`.
    pub cell: String,
    /// What is added.
    pub value: i64,
}

impl Contribution {
    /// Its month, `YYYY-MM`: what counters are kept by.
    pub fn period(&self) -> &str {
        self.day.get(..7).unwrap_or(&self.day)
    }
}

/// `total` or `total[source=31]`, as written in a definition, as the name of a counter.
pub fn cell_name(written: &str) -> String {
    written.replace('[', "/").replace(']', "")
}

/// The name of the counter of a measure for one value of a dimension.
pub fn cell_of(measure: &str, by: Option<(&str, &str)>) -> String {
    match by {
        None => measure.to_owned(),
        Some((dimension, code)) => format!("{measure}/{dimension}={code}"),
    }
}

/// Everything the record adds, zeros left out. To a stock it adds on the day it comes and takes away on
/// the day it leaves: the sum up to a day is what there was at its end.
pub fn contributions(house: &House, kind: &RecordKind, record: &Record) -> Vec<Contribution> {
    // No links and no "today": what a record adds may depend on nothing but the record itself, or
    // a recount would differ from the counters.
    let links = Links::default();
    let view = View::record(record, &links, Date::ZERO);
    let mut added = Vec::new();
    // One person is counted once: by the record that remains.
    if record.is_merged() {
        return added;
    }
    for statistic in house.statistics_of(&kind.id) {
        let day: String = record.text(&statistic.month).chars().take(10).collect();
        let counted = statistic.when.as_ref().is_none_or(|w| w.holds(&view) == Some(true));
        if day.is_empty() || !counted {
            continue;
        }
        let left = left_on(statistic, record, &day);
        for measure in &statistic.measures {
            if measure.when.as_ref().is_some_and(|w| w.holds(&view) != Some(true)) {
                continue;
            }
            let value = amount(measure, kind, &view);
            add_measure(statistic, measure, (&day, value), record, &mut added);
            if let Some(left) = &left {
                add_measure(statistic, measure, (left, -value), record, &mut added);
            }
        }
    }
    added
}

/// The day from which on a record no longer belongs to a stock. One that left before it came was
/// never there.
fn left_on(statistic: &Statistic, record: &Record, came: &str) -> Option<String> {
    let Some(Stock::Until(until)) = &statistic.stock else { return None };
    let day: String = record.text(until).chars().take(10).collect();
    (!day.is_empty()).then(|| if day.as_str() < came { came.to_owned() } else { day })
}

/// What a record adds on a day: to the measure, and to it by each dimension.
fn add_measure(
    statistic: &Statistic,
    measure: &Measure,
    (day, value): (&str, i64),
    record: &Record,
    added: &mut Vec<Contribution>,
) {
    if value == 0 {
        return;
    }
    let mut add = |cell: String| {
        added.push(Contribution {
            statistic: statistic.id.clone(),
            day: day.to_owned(),
            cell,
            value,
        });
    };
    add(measure.id.clone());
    for dimension in &measure.by {
        if let Some(Cell::Text(code)) = record.cells.get(dimension) {
            add(cell_of(&measure.id, Some((dimension, code))));
        }
    }
}

fn amount(measure: &Measure, kind: &RecordKind, view: &View<'_>) -> i64 {
    let filter = |rule: &Option<crate::rule::Rule>| {
        Box::new(rule.as_ref().map_or(Filter::Everything, |r| r.filter.clone()))
    };
    let term = match &measure.adds {
        Adds::One => return 1,
        Adds::Field(field) => Term::Column(field.clone()),
        Adds::Rows(rows, rule) => {
            Term::Count { rows: kind.row_table(rows).into(), filter: filter(rule) }
        }
        Adds::RowSum(rows, column, rule) => {
            let rows = kind.row_table(rows).into();
            Term::Sum { rows, column: column.clone(), filter: filter(rule) }
        }
    };
    term.value(view).as_int().unwrap_or(0)
}
