//! Reports and statistics out of the counters, and the records behind a figure.

mod behind;
mod broken;
pub mod guard;
mod past;
mod span;

pub(crate) use behind::leaves;
pub use behind::{column_kind, figure_filter};
pub(crate) use past::{Line, Lines};
pub use span::Span;

use crate::{
    Actor, Desk, Refusal,
    access::{Right, reach},
    units::{Level, Unit},
};
use engine::{
    definition::{House, RecordKind, Report, ReportCheck, dimension_table},
    derive::statistic::cell_of,
    problem::Problem,
    query::{Cell, Comparison, Filter, Select, Term},
    rule::{Figure, Figures, Worked},
};
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use store::seam::Row;

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
pub const EARLIEST: &str = "0001-01";

/// Where the time begins in which the records behind a figure lie.
pub fn counted_from<'a>(report: &Report, from: &'a str) -> &'a str {
    if report.cumulative { EARLIEST } else { from }
}

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
    /// Total by month, of the first column, for a chart.
    pub months: Vec<(String, i64)>,
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

/// Counters of one unit over a time, by statistic and cell.
#[derive(Clone, Debug, Default)]
struct Counters(HashMap<String, HashMap<String, i64>>);

impl Counters {
    fn get(&self, statistic: &str, cell: &str) -> i64 {
        self.0.get(statistic).and_then(|cells| cells.get(cell)).copied().unwrap_or(0)
    }

    /// Those of a statistic.
    fn of(&mut self, statistic: &str) -> &mut HashMap<String, i64> {
        self.0.entry(statistic.to_owned()).or_default()
    }

    fn add(&mut self, counted: Counted) {
        let cells = match self.0.get_mut(&counted.statistic) {
            Some(cells) => cells,
            None => self.0.entry(counted.statistic).or_default(),
        };
        *cells.entry(counted.cell).or_default() += counted.value;
    }

    fn minus(&self, others: &[Self]) -> Self {
        let mut left = self.clone();
        for (statistic, cells) in others.iter().flat_map(|other| &other.0) {
            let left = left.of(statistic);
            for (cell, value) in cells {
                *left.entry(cell.clone()).or_default() -= value;
            }
        }
        left.0.values_mut().for_each(|cells| cells.retain(|_, value| *value != 0));
        left.0.retain(|_, cells| !cells.is_empty());
        left
    }
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

/// Counters looked at through a report.
struct View<'a> {
    house: &'a House,
    report: &'a Report,
    counters: &'a Counters,
}

impl Figures for View<'_> {
    fn measure(&self, statistic: &str, measure: &str, by: Option<(&str, &str)>) -> i64 {
        let Some((dimension, code)) = by else {
            return self.counters.get(statistic, measure);
        };
        codes_below(self.house, statistic, dimension, code)
            .into_iter()
            .map(|c| self.counters.get(statistic, &cell_of(measure, Some((dimension, &c)))))
            .sum()
    }

    fn column(&self, id: &str) -> Option<&Figure> {
        self.report.columns().find(|c| c.id == id).map(|c| &c.value)
    }
}

/// A code of a dimension with those below it.
pub(crate) fn codes_below(
    house: &House,
    statistic: &str,
    dimension: &str,
    code: &str,
) -> Vec<String> {
    let table = house
        .statistics
        .get(statistic)
        .and_then(|s| house.kind(&s.kind))
        .and_then(|kind| dimension_table(kind, dimension))
        .and_then(|table| house.codes.get(table));
    match table {
        Some(table) => table.with_children(code).into_iter().map(str::to_owned).collect(),
        None => vec![code.to_owned()],
    }
}

impl Desk {
    /// A report for a unit and the units right below it.
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
        let (from, to) = Span::read(&ask.from, &ask.to)?.written();
        let units = self.units();
        let below: Vec<&Unit> = units.below(&unit.code).collect();
        let all: Vec<&Unit> = std::iter::once(&unit).chain(below.iter().copied()).collect();
        let span = Span::read(counted_from(&report, &from), &to)?;
        let counted = self.counted_in(&all, &statistics, &span, ask.as_of).await?;
        let (whole, by_month, parts) = sorted(&unit, &below, counted);
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
        if !own.0.is_empty() && !below.is_empty() {
            rows.push((row("", "本级", &own), &own));
        }
        let checks = report.checks.iter().map(|check| checked(&house, &report, check, &rows));
        let checks = checks.collect();
        let months =
            if report.cumulative { Vec::new() } else { months(&house, &report, &by_month) };
        let rows = rows.into_iter().skip(1).map(|(row, _)| row).collect();
        let as_of = ask.as_of;
        Ok(ReportAnswer { report, unit, from, to, total, rows, checks, as_of, months })
    }

    /// What was counted of a time: of whole months by the counters, of the days beside them one by
    /// one.
    async fn counted_in(
        &self,
        units: &[&Unit],
        statistics: &[String],
        span: &Span,
        as_of: Option<Date>,
    ) -> Result<Vec<Counted>, Refusal> {
        let days = span.broken();
        if as_of.is_some() && !days.is_empty() {
            let message = "以前某日的数字只按整月留存：请把起止改成整月，或者不填“截至”";
            return Err(Refusal::problem(Problem::error("as_of", message).at("as_of")));
        }
        let mut counted = Vec::new();
        if let Some((from, to)) = span.whole() {
            counted = self.counted_as_of(units, statistics, (&from, &to), as_of).await?;
        }
        if !days.is_empty() {
            counted.extend(self.counted_by_day(units, statistics, &days).await?);
        }
        Ok(counted)
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

    /// Counters of all these units at once: each stands under its own placement key.
    async fn counted(
        &self,
        units: &[&Unit],
        statistics: &[String],
        (from, to): (&str, &str),
    ) -> Result<Vec<Counted>, Refusal> {
        if units.is_empty() {
            return Ok(Vec::new());
        }
        let among = |column: &str, values: BTreeSet<&str>| {
            let values = values.into_iter().map(Cell::from).collect();
            Filter::In(Term::Column(column.to_owned()), values)
        };
        let period = |comparison, month: &str| {
            let month = Term::Value(Cell::from(month));
            Filter::Compare(Term::Column("period".to_owned()), comparison, month)
        };
        let filter = among("county", units.iter().map(|unit| placed(unit)).collect())
            .and(among("statistic", statistics.iter().map(String::as_str).collect()))
            .and(among("unit", units.iter().map(|unit| unit.code.as_str()).collect()))
            .and(period(Comparison::GreaterOrEqual, from))
            .and(period(Comparison::LessOrEqual, to));
        const COLUMNS: [&str; 5] = ["unit", "statistic", "period", "cell", "value"];
        let select = Select::from("counter", &COLUMNS).filter(filter);
        let rows = self.keeper.find(&Select { limit: 1_000_000, ..select }).await?;
        Ok(rows.into_iter().filter_map(counted).collect())
    }

    /// A statistic by unit, month and one dimension: `(unit, month, code, value)`, zeros left out.
    pub async fn statistic(
        &self,
        actor: &Actor,
        statistic: &str,
        measure: &str,
        dimension: &str,
        ask: &ReportAsk,
    ) -> Result<Vec<(String, String, String, i64)>, Refusal> {
        let house = self.house();
        let found = house
            .statistics
            .get(statistic)
            .cloned()
            .ok_or(Refusal::NotFound("这项统计".to_owned()))?;
        may_count(&house, actor, statistic)?;
        let measure = found.measures.iter().find(|m| m.id == measure || measure.is_empty());
        let measure = measure.ok_or(Refusal::NotFound("这个量".to_owned()))?;
        if !dimension.is_empty() && !measure.by.iter().any(|d| d == dimension) {
            return Err(Refusal::NotFound(format!("按“{dimension}”的统计")));
        }
        let unit = self.reported_unit(actor, &ask.unit)?;
        let span = Span::read(&ask.from, &ask.to)?;
        let units = self.units();
        let all: Vec<&Unit> = std::iter::once(&unit).chain(units.below(&unit.code)).collect();
        let prefix = format!("{}/{dimension}=", measure.id);
        let mut answered = Vec::new();
        let statistics = [statistic.to_owned()];
        let mut counted = self.counted_in(&all, &statistics, &span, ask.as_of).await?;
        counted.retain(|one| match dimension {
            "" => one.cell == measure.id,
            _ => one.cell.starts_with(&prefix),
        });
        counted.retain(|one| one.value != 0);
        for one in counted {
            let code = one.cell.strip_prefix(&prefix).unwrap_or_default().to_owned();
            answered.push((one.unit, one.period, code, one.value));
        }
        // Unit by unit as they stand in the tree, each month by month.
        let places: HashMap<&str, usize> =
            all.iter().enumerate().map(|(at, unit)| (unit.code.as_str(), at)).collect();
        answered.sort_by(|(a, from, ..), (b, to, ..)| {
            places.get(a.as_str()).cmp(&places.get(b.as_str())).then_with(|| from.cmp(to))
        });
        Ok(answered)
    }
}

/// What was counted, by whom: the whole, the whole by month, and each unit below.
fn sorted(
    unit: &Unit,
    below: &[&Unit],
    counted: Vec<Counted>,
) -> (Counters, BTreeMap<String, Counters>, Vec<Counters>) {
    let mut by_month: BTreeMap<String, Counters> = BTreeMap::new();
    let mut parts = vec![Counters::default(); below.len()];
    let places: HashMap<&str, usize> =
        below.iter().enumerate().map(|(at, unit)| (unit.code.as_str(), at)).collect();
    let mut whole = Counters::default();
    for one in counted {
        if one.unit != unit.code {
            let place = places.get(one.unit.as_str()).and_then(|at| parts.get_mut(*at));
            if let Some(counters) = place {
                counters.add(one);
            }
            continue;
        }
        let sums = whole.of(&one.statistic);
        *sums.entry(one.cell.clone()).or_default() += one.value;
        match by_month.get_mut(&one.period) {
            Some(counters) => counters.add(one),
            None => by_month.entry(one.period.clone()).or_default().add(one),
        }
    }
    (whole, by_month, parts)
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

fn counted(row: Row) -> Option<Counted> {
    match <[Cell; 5]>::try_from(row) {
        Ok(
            [
                Cell::Text(unit),
                Cell::Text(statistic),
                Cell::Text(period),
                Cell::Text(cell),
                Cell::Int(value),
            ],
        ) => Some(Counted { unit, statistic, period, cell, value }),
        _ => None,
    }
}

/// The first figure of a report by month, for a chart.
fn months(
    house: &House,
    report: &Report,
    by_month: &BTreeMap<String, Counters>,
) -> Vec<(String, i64)> {
    let Some(first) = report.columns().next() else { return Vec::new() };
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
