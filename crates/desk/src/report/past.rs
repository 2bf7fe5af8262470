//! Figures as they stood at the end of a past day: those of now, less what the journal says was
//! added since.

use super::{Counted, placed};
use crate::{
    Desk, Refusal,
    tables::JOURNAL_KEY,
    units::{Level, Unit},
};
use engine::{
    kind::{china_time, end_of_day},
    problem::Problem,
    query::{Cell, Comparison, Filter, Select, Sort, Term},
};
use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap};
use store::{StoreError, seam::Row};

/// The mark that says from when on the journal is whole, in milliseconds.
const SINCE: &str = "journal";
/// Lines read at a time.
const PAGE: u32 = 5_000;
/// How often figures are read again because somebody changed them meanwhile.
const TRIES: usize = 5;

/// A line of the journal.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub statistic: String,
    pub at: i64,
    pub record: String,
    pub version: i64,
    pub period: String,
    pub path: String,
    pub kind: String,
    pub county: String,
    pub cells: Vec<(String, i64)>,
}

impl Line {
    /// Whether it changed the figures of the unit.
    pub fn concerns(&self, unit: &str) -> bool {
        self.path.split('/').any(|code| code == unit)
    }
}

/// Which lines are wanted: of these statistics and months, in a unit and below it, behind a moment.
pub(crate) struct Lines<'a> {
    pub unit: &'a Unit,
    pub statistics: &'a [String],
    pub time: (&'a str, &'a str),
    pub behind: i64,
}

impl Desk {
    /// Counters of these units, the first of which holds the others, at the end of a day.
    pub(super) async fn counted_as_of(
        &self,
        units: &[&Unit],
        statistics: &[String],
        time: (&str, &str),
        day: Option<Date>,
    ) -> Result<Vec<Counted>, Refusal> {
        let now = || self.counted(units, statistics, time);
        let (Some(day), Some(unit)) = (day, units.first()) else { return now().await };
        self.kept_since(day).await?;
        let wanted = Lines { unit, statistics, time, behind: end_of_day(day) };
        let mut counted = now().await?;
        counted.sort_unstable();
        for _ in 0..TRIES {
            let added = self.added(&wanted, units).await?;
            // Both must speak of the same moment: nobody may have changed a figure between.
            let mut again = now().await?;
            again.sort_unstable();
            if again == counted {
                return Ok(less(counted, added));
            }
            counted = again;
        }
        let message = "这些数字正在变动，请稍后再看那一天的数";
        Err(Refusal::problem(Problem::error("as_of", message).at("as_of")))
    }

    /// What was added to the counters of the units.
    async fn added(&self, wanted: &Lines<'_>, units: &[&Unit]) -> Result<Added, Refusal> {
        let mut added = Added::new();
        self.each_line(wanted, &mut |line| {
            for unit in units.iter().filter(|unit| line.concerns(&unit.code)) {
                for (cell, value) in &line.cells {
                    let key = (
                        unit.code.clone(),
                        line.statistic.clone(),
                        line.period.clone(),
                        cell.clone(),
                    );
                    *added.entry(key).or_default() += value;
                }
            }
        })
        .await?;
        Ok(added)
    }

    /// Tells of every line, those of a county and statistic in order of time.
    pub(crate) async fn each_line(
        &self,
        wanted: &Lines<'_>,
        each: &mut (dyn FnMut(Line) + Send),
    ) -> Result<(), Refusal> {
        let column = |name: &str| Term::Column(name.to_owned());
        let among = |name: &str, values: BTreeSet<&str>| {
            Filter::In(column(name), values.into_iter().map(Cell::from).collect())
        };
        let period = |comparison, month: &str| {
            Filter::Compare(column("period"), comparison, Term::Value(Cell::from(month)))
        };
        let units = self.units();
        let inside = |unit: &&Unit| unit.path.starts_with(&wanted.unit.path);
        let mut counties: BTreeSet<&str> = BTreeSet::from([placed(wanted.unit)]);
        // Below a county, everything is kept with it.
        if wanted.unit.level < Level::County {
            counties.extend(units.all().iter().filter(inside).map(|unit| unit.county.as_str()));
        }
        let behind = Term::Value(Cell::Int(wanted.behind));
        let filter = among("county", counties)
            .and(among("statistic", wanted.statistics.iter().map(String::as_str).collect()))
            .and(Filter::Compare(column("at"), Comparison::GreaterOrEqual, behind))
            .and(period(Comparison::GreaterOrEqual, wanted.time.0))
            .and(period(Comparison::LessOrEqual, wanted.time.1));
        let columns: Vec<&str> = JOURNAL_KEY.into_iter().chain(["kind", "cells"]).collect();
        let mut after = None;
        loop {
            let order = JOURNAL_KEY.iter().map(|column| Sort::up(column)).collect();
            let select = Select::from("journal", &columns).filter(filter.clone()).order(order);
            let rows = self.keeper.find(&Select { after, ..select.limit(PAGE) }).await?;
            let full = rows.len() == PAGE as usize;
            after = rows.last().and_then(|row| row.get(..JOURNAL_KEY.len())).map(<[Cell]>::to_vec);
            rows.into_iter().filter_map(line).for_each(&mut *each);
            if !full {
                return Ok(());
            }
        }
    }

    /// Refuses a day of which the journal knows nothing.
    async fn kept_since(&self, day: Date) -> Result<(), Refusal> {
        let mark = self.mark(SINCE).await?.unwrap_or_default();
        let since: i64 = mark.parse().unwrap_or(i64::MAX);
        if since < end_of_day(day) {
            return Ok(());
        }
        let message = if since == i64::MAX {
            "这个数据库还没有留存过去的数字".to_owned()
        } else {
            format!("过去的数字从{}起留存，更早的查不到", china_time(since).date())
        };
        Err(Refusal::problem(Problem::error("as_of", message).at("as_of")))
    }

    /// Notes from when on the journal is whole: from the beginning, or, where figures were counted
    /// before there was a journal, from the last act.
    pub(crate) async fn begin_journal(&self) -> Result<(), Refusal> {
        if self.mark(SINCE).await?.is_some() {
            return Ok(());
        }
        let counted = Select::from("counter", &["county"]).limit(1);
        let mut since = 0;
        if !self.keeper.find(&counted).await?.is_empty() {
            for head in self.keeper.find(&Select::from("chain", &["county", "seq"])).await? {
                let [Cell::Text(county), Cell::Int(seq)] = head.as_slice() else { continue };
                let filter =
                    Filter::equal("county", county.as_str()).and(Filter::equal("seq", *seq));
                let select = Select::from("log", &["at"]).filter(filter).limit(1);
                let at = self.keeper.find(&select).await?;
                let at = at.first().and_then(|row| row.first()?.as_int()).unwrap_or(0);
                since = since.max(at);
            }
        }
        match self.first_mark(SINCE, &since.to_string()).await {
            Ok(()) | Err(StoreError::Taken { .. } | StoreError::Unavailable(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// By unit, statistic, month and cell.
type Added = HashMap<(String, String, String, String), i64>;

fn less(counted: Vec<Counted>, mut added: Added) -> Vec<Counted> {
    let mut before = Vec::with_capacity(counted.len());
    for mut one in counted {
        let key = (one.unit, one.statistic, one.period, one.cell);
        let value = one.value - added.remove(&key).unwrap_or(0);
        (one.unit, one.statistic, one.period, one.cell) = key;
        before.push(Counted { value, ..one });
    }
    // A counter that is not there has the value 0.
    let gone = added.into_iter().map(|((unit, statistic, period, cell), value)| Counted {
        unit,
        statistic,
        period,
        cell,
        value: -value,
    });
    before.extend(gone);
    before
}

fn line(row: Row) -> Option<Line> {
    let text = |at: usize| row.get(at).and_then(Cell::as_text).unwrap_or_default().to_owned();
    let int = |at: usize| row.get(at).and_then(Cell::as_int);
    let cells: std::collections::BTreeMap<String, i64> = serde_json::from_str(&text(8)).ok()?;
    Some(Line {
        county: text(0),
        statistic: text(1),
        at: int(2)?,
        record: text(3),
        version: int(4)?,
        period: text(5),
        path: text(6),
        kind: text(7),
        cells: cells.into_iter().collect(),
    })
}
