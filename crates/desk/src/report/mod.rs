//! Reports and statistics out of the counters, and the records behind a figure.

mod behind;
mod broken;
mod counters;
mod fetch;
pub mod guard;
mod past;
mod series;
mod span;

pub use behind::{column_kind, figure_filter, is_of_now};
pub(crate) use behind::{leaves, window};
pub(crate) use counters::{codes_below, effective};
pub(crate) use past::{Line, Lines};
pub use span::Span;

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, reach},
    units::{Level, Unit},
};
use counters::{Counters, Sorted, View};
use engine::{
    definition::{House, RecordKind, Report, ReportCheck},
    rule::{Figure, When, Worked},
};
use fetch::Times;
use jiff::civil::Date;
use std::{collections::BTreeMap, sync::Arc};

/// A question for a report.
#[derive(Clone, Debug, Default)]
pub struct ReportAsk {
    /// The report.
    pub report: String,
    /// Unit; empty: the actor's.
    pub unit: String,
    /// First month, `YYYY-MM`, or first day, `YYYY-MM-DD`.
    pub from: String,
    /// Last month or last day.
    pub to: String,
    /// As it stood at the end of this day; `None`: as it is now.
    pub as_of: Option<Date>,
}

/// The first month of what is counted from the beginning.
pub(crate) const EARLIEST: &str = "0001-01";

/// A report answered.
#[derive(Clone, Debug)]
pub struct ReportAnswer {
    /// Its definition.
    pub report: Arc<Report>,
    /// The unit.
    pub unit: Unit,
    /// First month; first day, if the time is not whole months.
    pub from: String,
    /// Last month or day.
    pub to: String,
    /// The unit as a whole.
    pub total: ReportRow,
    /// The units right below it, and what the unit itself keeps (本级) where that is not nothing.
    pub rows: Vec<ReportRow>,
    /// Cross-checks, on the whole and on every row.
    pub checks: Vec<Checked>,
    /// The day at whose end it stood so; `None`: it is as it is now.
    pub as_of: Option<Date>,
    /// Total by month, of the first column, for a chart. Unlike the total it holds what the units
    /// counted that this one took the place of: a trend does not begin anew with a new code.
    pub months: Vec<(String, i64)>,
    /// Names of those units.
    pub formerly: Vec<String>,
}

/// What became of a cross-check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Its id.
    pub id: String,
    /// In words.
    pub label: String,
    /// The rows where it does not hold.
    pub failing: Vec<Failing>,
}

impl Checked {
    /// Whether it holds everywhere.
    pub fn holds(&self) -> bool {
        self.failing.is_empty()
    }
}

/// A row in which a cross-check does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// The row's unit; empty for 本级.
    pub unit: String,
    /// What the row is called.
    pub name: String,
    /// The two sides.
    pub sides: (Worked, Worked),
    /// The cells it looks at: the columns' ids.
    pub columns: Vec<String>,
}

/// One row of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// Unit; empty for 本级.
    pub unit: String,
    /// What it is called.
    pub name: String,
    /// Figures in order of the columns.
    pub figures: Vec<Worked>,
}

/// Which figure's records are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FigureAsk {
    /// Report.
    pub report: String,
    /// Column.
    pub column: String,
    /// First month or day.
    pub from: String,
    /// Last month or day.
    pub to: String,
}

/// A counter as it is kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Counted {
    unit: String,
    statistic: String,
    period: String,
    cell: String,
    value: i64,
}

impl Desk {
    /// A report for a unit and the units right below it.
    #[boxed]
    pub async fn report(&self, actor: &Actor, ask: &ReportAsk) -> Result<ReportAnswer, Refusal> {
        let house = self.house();
        let report = house
            .reports
            .get(&ask.report)
            .cloned()
            .ok_or(Refusal::NotFound("这张报表".to_owned()))?;
        let statistics = statistics_of(&report);
        statistics.iter().try_for_each(|s| may_count(&house, actor, s))?;
        let unit = self.reported_unit(actor, &ask.unit)?;
        let span = Span::read(&ask.from, &ask.to)?;
        let (from, to) = span.written();
        let units = self.units();
        let below: Vec<&Unit> = units.below(&unit.code).collect();
        let all: Vec<&Unit> = std::iter::once(&unit).chain(below.iter().copied()).collect();
        let mut counted = Sorted::new(&unit, &below);
        let times = Times::of(&house, &report);
        self.counted_parts(&all, &times, &span, ask.as_of, &mut counted).await?;
        let Sorted { whole, mut by_month, parts, .. } = counted;
        let former = units.before(&unit.code);
        for old in &former {
            let mut counted = Sorted::new(old, &[]);
            self.counted_parts(&[*old], &times, &span, ask.as_of, &mut counted).await?;
            for (month, counters) in counted.by_month {
                by_month.entry(month).or_default().plus(&counters);
            }
        }
        let formerly = former.iter().map(|old| old.name.clone()).collect();
        let work = |counters: &Counters| -> Vec<Worked> {
            let view = View { house: &house, report: &report, counters };
            report.columns().map(|c| c.value.work(&view)).collect()
        };
        let row = |unit: &str, name: &str, counters: &Counters| ReportRow {
            unit: unit.to_owned(),
            name: name.to_owned(),
            figures: work(counters),
        };
        let total = row(&unit.code, &unit.name, &whole);
        let mut rows = vec![(total.clone(), &whole)];
        for (child, counters) in below.iter().zip(&parts) {
            rows.push((row(&child.code, &child.name, counters), counters));
        }
        let own = whole.minus(&parts);
        if !own.is_empty() && !below.is_empty() {
            rows.push((row("", "本级", &own), &own));
        }
        let checks = report.checks.iter().map(|check| checked(&house, &report, check, &rows));
        let checks = checks.collect();
        let months = months(&house, &report, &by_month);
        let rows = rows.into_iter().skip(1).map(|(row, _)| row).collect();
        let as_of = ask.as_of;
        Ok(ReportAnswer { report, unit, from, to, total, rows, checks, as_of, months, formerly })
    }

    /// The unit asked about, if it is the actor's or below; otherwise the actor's.
    pub(crate) fn reported_unit(&self, actor: &Actor, code: &str) -> Result<Unit, Refusal> {
        let units = self.units();
        if code.is_empty() {
            return Ok(actor.unit.clone());
        }
        let unit = units.get(code).ok_or(Refusal::NotFound("这个单位".to_owned()))?;
        if !unit.path.starts_with(&actor.unit.path) {
            return Err(Refusal::forbidden("只能看本单位和下级单位的数字"));
        }
        Ok(unit.clone())
    }
}

/// A cross-check answered for every row.
fn checked(
    house: &House,
    report: &Report,
    check: &ReportCheck,
    rows: &[(ReportRow, &Counters)],
) -> Checked {
    let failing = rows.iter().filter_map(|(row, counters)| {
        let view = View { house, report, counters };
        let sides = (check.left.work(&view), check.right.work(&view));
        (!check.holds(sides.0, sides.1)).then(|| Failing {
            unit: row.unit.clone(),
            name: row.name.clone(),
            sides,
            columns: columns_of(check),
        })
    });
    let failing = failing.collect();
    Checked { id: check.id.clone(), label: check.label.clone(), failing }
}

/// The columns a check names, in its order.
fn columns_of(check: &ReportCheck) -> Vec<String> {
    let mut columns = Vec::new();
    for side in [&check.left, &check.right] {
        side.walk(&mut |figure| {
            if let Figure::Column(id) = figure {
                columns.push(id.clone());
            }
        });
    }
    columns
}

/// The placement key of a unit's counters: its county, or its own code from the county up.
pub(crate) fn placed(unit: &Unit) -> &str {
    if unit.code.len() <= 6 { &unit.code } else { &unit.county }
}

/// The first figure of a report by month, for a chart.
fn months(
    house: &House,
    report: &Report,
    by_month: &BTreeMap<String, Counters>,
) -> Vec<(String, i64)> {
    let Some(first) = report.columns().next() else { return Vec::new() };
    let mut within = true;
    leaves(report, &first.value, 0, &mut |leaf| {
        within &= effective(house, leaf.statistic, leaf.when) == When::Within;
    });
    if !within {
        return Vec::new();
    }
    let worked = |counters: &Counters| {
        let worked = first.value.work(&View { house, report, counters });
        if worked.of == 1 { worked.number as i64 } else { 0 }
    };
    by_month.iter().map(|(month, counters)| (month.clone(), worked(counters))).collect()
}

/// Figures are for those who may see some of the records they count.
pub(crate) fn may_count(house: &House, actor: &Actor, statistic: &str) -> Result<(), Refusal> {
    let kind = house.statistics.get(statistic).and_then(|s| house.kind(&s.kind));
    match kind {
        Some(kind) if !counts(actor, kind) => {
            Err(Refusal::forbidden(format!("您的身份不看{}的数字", kind.label)))
        }
        _ => Ok(()),
    }
}

/// Whether the actor sees records of the kind, or at least how many there are.
fn counts(actor: &Actor, kind: &RecordKind) -> bool {
    let figures = kind.permissions.count.contains_key(&actor.role);
    figures || reach(actor, &kind.permissions, Right::See).is_some()
}

/// Whether the actor may see every figure of a report.
pub fn may_report(house: &House, actor: &Actor, report: &Report) -> bool {
    statistics_of(report).iter().all(|s| may_count(house, actor, s).is_ok())
}

pub(crate) fn statistics_of(report: &Report) -> Vec<String> {
    let mut statistics = Vec::new();
    let sides = report.checks.iter().flat_map(|c| [&c.left, &c.right]);
    for figure in report.columns().map(|c| &c.value).chain(sides) {
        figure.walk(&mut |figure| {
            if let Figure::Measure { statistic, .. } = figure
                && !statistics.contains(statistic)
            {
                statistics.push(statistic.clone());
            }
        });
    }
    statistics
}

/// Whether a unit of this level has units below it that are reported one by one.
pub fn opens(level: Level) -> bool {
    level < Level::Village
}
