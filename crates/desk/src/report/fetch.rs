//! What a report reads of the counters: what lies in its time, and where stocks or what was before
//! are asked for, what lies before it.

use super::{
    Counted, EARLIEST, Span,
    behind::leaves,
    counters::{Part, Sorted, effective},
    placed,
};
use crate::{Desk, Refusal, units::Unit};
use engine::{
    definition::{House, Report, Stock},
    problem::Problem,
    query::{Cell, Comparison, Filter, Select, Term},
    rule::When,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use store::seam::Row;

/// The statistics of a report, by what is read of them.
#[derive(Default)]
pub(super) struct Times {
    within: Vec<String>,
    before: Vec<String>,
    /// Stocks as they were kept, and whether what was before is asked for too.
    kept: Vec<String>,
    kept_before: bool,
}

impl Times {
    pub fn of(house: &House, report: &Report) -> Self {
        let mut asked: BTreeMap<String, Vec<When>> = BTreeMap::new();
        let sides = report.checks.iter().flat_map(|check| [&check.left, &check.right]);
        for figure in report.columns().map(|column| &column.value).chain(sides) {
            leaves(report, figure, 0, &mut |leaf| {
                let when = effective(house, leaf.statistic, leaf.when);
                asked.entry(leaf.statistic.to_owned()).or_default().push(when);
            });
        }
        let mut times = Self::default();
        for (statistic, whens) in asked {
            let before = whens.contains(&When::Before);
            match house.statistics.get(&statistic).and_then(|found| found.stock.as_ref()) {
                Some(Stock::AsKept) => {
                    times.kept_before |= before;
                    times.kept.push(statistic);
                }
                Some(Stock::Until(_)) | None => {
                    if whens.iter().any(|when| *when != When::Within) {
                        times.before.push(statistic.clone());
                    }
                    times.within.push(statistic);
                }
            }
        }
        times
    }
}

impl Desk {
    /// Everything that a report looks at.
    pub(super) async fn counted_parts(
        &self,
        units: &[&Unit],
        times: &Times,
        span: &Span,
        as_of: Option<Date>,
        to: &mut Sorted,
    ) -> Result<(), Refusal> {
        if !times.within.is_empty() {
            to.add(Part::Within, &self.counted_in(units, &times.within, span, as_of).await?);
        }
        let before = span.before();
        if let (false, Some(before)) = (times.before.is_empty(), &before) {
            to.add(Part::Before, &self.counted_in(units, &times.before, before, as_of).await?);
        }
        if !times.kept.is_empty() {
            to.add(Part::Within, &self.kept_at(units, &times.kept, span.last, as_of).await?);
        }
        if let (true, Some(before)) = (times.kept_before, &before) {
            let mut opening = self.kept_at(units, &times.kept, before.last, as_of).await?;
            to.add(Part::Before, &opening);
            opening.iter_mut().for_each(|one| one.value = -one.value);
            to.add(Part::Within, &opening);
        }
        Ok(())
    }

    /// Stocks as the records said on a day, if that day is over; as they say now, if it is not.
    pub(super) async fn kept_at(
        &self,
        units: &[&Unit],
        statistics: &[String],
        day: Date,
        as_of: Option<Date>,
    ) -> Result<Vec<Counted>, Refusal> {
        let last = day.to_string();
        let month = last.get(..7).unwrap_or_default();
        let at = as_of.map_or(day, |as_of| as_of.min(day));
        self.counted_as_of(units, statistics, (EARLIEST, month), Some(at)).await
    }

    /// What was counted of a time: of whole months by the counters, of the days beside them one by
    /// one.
    pub(super) async fn counted_in(
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

    /// Counters of all these units at once: each stands under its own placement key.
    pub(super) async fn counted(
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
