//! 更正: where the work has changed figures since they were confirmed, since when, and by which
//! records.

use super::{Confirmed, Filing};
use crate::{
    Actor, Desk, Refusal,
    access::Right,
    report::{EARLIEST, Line, Lines, codes_below, effective, leaves, statistics_of, window},
    units::Unit,
};
use engine::{
    definition::{House, Report, ReportColumn},
    derive::statistic::cell_of,
    query::{Cell, Filter, Select, Sort},
    rule::Worked,
};
use std::collections::{BTreeMap, HashMap};

/// Records named at one figure; a figure of more has been reworked, not corrected.
const MOST_RECORDS: usize = 50;

/// A figure that is no longer what it was when it was confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateCell {
    /// The row's unit; empty for 本级.
    pub unit: String,
    /// What the row is called.
    pub name: String,
    /// The column's id.
    pub column: String,
    /// As it was confirmed.
    pub confirmed: Worked,
    /// As it is now.
    pub present: Worked,
    /// When it first changed; `None` if no record changed it: then the definition did.
    pub since: Option<i64>,
    /// The records that made the difference; only those of the whole are named.
    pub records: Vec<LateRecord>,
    /// How many more there are.
    pub more: usize,
}

/// A record that changed a confirmed figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateRecord {
    /// Its kind.
    pub kind: String,
    /// The record.
    pub id: String,
    /// Its title; empty where the actor may not see it, or where it is no more.
    pub title: String,
    /// When.
    pub at: i64,
    /// What was done to it.
    pub act: String,
    /// Who did it.
    pub by: String,
}

/// Changes of one figure: of each record the last line, and what all its lines added.
type ByRecord = BTreeMap<(String, String), (Line, i64)>;

impl Desk {
    /// The figures that are no longer as they were confirmed.
    pub(super) async fn late_cells(
        &self,
        actor: &Actor,
        base: &Filing,
        now: &Confirmed,
        unit: &Unit,
    ) -> Result<Vec<LateCell>, Refusal> {
        let mut late = differing(&base.figures, now);
        let house = self.house();
        let Some(report) = house.reports.get(&base.report).cloned() else { return Ok(late) };
        if late.is_empty() {
            return Ok(late);
        }
        let statistics = statistics_of(&report);
        // Stocks and what is counted from the earliest on change by what changes before, too.
        let time = (EARLIEST, base.to.as_str());
        let wanted = Lines { unit, statistics: &statistics, time, behind: base.at };
        let mut lines = Vec::new();
        self.each_line(&wanted, &mut |line| {
            if line.concerns(&unit.code) {
                lines.push(line);
            }
        })
        .await?;
        let mut known = HashMap::new();
        for cell in &mut late {
            let Some(column) = report.columns().find(|c| c.id == cell.column) else { continue };
            let behind = behind(&house, &report, (column, &*cell), unit, (base, &lines));
            cell.since = behind.values().map(|(line, _)| line.at).min();
            if cell.unit != unit.code {
                continue;
            }
            cell.more = behind.len().saturating_sub(MOST_RECORDS);
            for (line, _) in behind.values().take(MOST_RECORDS) {
                cell.records.push(self.named(actor, &house, line, &mut known).await?);
            }
        }
        Ok(late)
    }

    /// A line of the journal with what the log says of it.
    async fn named(
        &self,
        actor: &Actor,
        house: &House,
        line: &Line,
        known: &mut HashMap<(String, i64), LateRecord>,
    ) -> Result<LateRecord, Refusal> {
        let key = (line.record.clone(), line.version);
        if let Some(record) = known.get(&key) {
            return Ok(record.clone());
        }
        let of_record = Filter::equal("county", line.county.as_str())
            .and(Filter::equal("kind", line.kind.as_str()))
            .and(Filter::equal("record", line.record.as_str()));
        // What was taken back has its last entry under the version that it had.
        let version = Filter::equal("version", line.version);
        let taken_back =
            Filter::equal("version", line.version - 1).and(Filter::equal("at", line.at));
        let select = Select::from("log", &["act", "actor"])
            .filter(of_record.and(version.or(taken_back)))
            .order(vec![Sort::down("seq")])
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        let text = |at: usize| {
            let row = rows.first().and_then(|row| row.get(at));
            row.and_then(Cell::as_text).unwrap_or_default().to_owned()
        };
        let mut title = String::new();
        if let Some(kind) = house.kind(&line.kind)
            && let Some(record) = self.load(kind, &line.record).await?
            && self.covers(actor, kind, &record, Right::See).await?
        {
            title = record.text("title").to_owned();
        }
        let record = LateRecord {
            kind: line.kind.clone(),
            id: line.record.clone(),
            title,
            at: line.at,
            act: text(0),
            by: self.account_name(&text(1)).await?,
        };
        known.insert(key, record.clone());
        Ok(record)
    }
}

/// Cells whose figures differ, as far as both tables have them. A row that one of them lacks is all 0.
fn differing(confirmed: &Confirmed, now: &Confirmed) -> Vec<LateCell> {
    let mut late = Vec::new();
    let rows = now.rows.iter().map(|row| (&row.unit, &row.name));
    let gone = confirmed.rows.iter().map(|row| (&row.unit, &row.name));
    let gone = gone.filter(|(unit, _)| !now.rows.iter().any(|row| row.unit == **unit));
    for (unit, name) in rows.chain(gone) {
        for column in &now.columns {
            if !confirmed.columns.iter().any(|c| c.id == column.id) {
                continue;
            }
            let blank =
                if column.unit == "%" { Worked { number: 0, of: 0 } } else { Worked::whole(0) };
            let was = confirmed.figure(unit, &column.id).unwrap_or(blank);
            let is = now.figure(unit, &column.id).unwrap_or(blank);
            if !same(was, is) {
                late.push(LateCell {
                    unit: unit.clone(),
                    name: name.clone(),
                    column: column.id.clone(),
                    confirmed: was,
                    present: is,
                    since: None,
                    records: Vec::new(),
                    more: 0,
                });
            }
        }
    }
    late
}

/// Whether they are the same number, however it is written.
pub fn same(a: Worked, b: Worked) -> bool {
    if a.of == 0 || b.of == 0 { a.of == b.of } else { a.number * b.of == b.number * a.of }
}

/// The records whose changes, taken together, changed a figure.
fn behind(
    house: &House,
    report: &Report,
    (column, cell): (&ReportColumn, &LateCell),
    unit: &Unit,
    (base, lines): (&Filing, &[Line]),
) -> ByRecord {
    // By statistic: the cells, and between which months they count.
    let mut cells: HashMap<String, Vec<(String, String, String)>> = HashMap::new();
    leaves(report, &column.value, 0, &mut |leaf| {
        let of = cells.entry(leaf.statistic.to_owned()).or_default();
        let when = effective(house, leaf.statistic, leaf.when);
        let (from, to) = window(when, &base.from, &base.to);
        let mut add = |cell: String| of.push((cell, from.clone(), to.clone()));
        match leaf.by {
            None => add(cell_of(leaf.measure, None)),
            Some((dimension, code)) => {
                let codes = codes_below(house, leaf.statistic, dimension, code);
                codes.iter().for_each(|c| add(cell_of(leaf.measure, Some((dimension, c)))));
            }
        }
    });
    // What the unit keeps itself stands in its own row, not in one of those below it.
    let own = |line: &Line| line.path == unit.path;
    let in_row = |line: &Line| match cell.unit.as_str() {
        "" => own(line),
        code => line.concerns(code),
    };
    let mut behind = ByRecord::new();
    for line in lines.iter().filter(|line| in_row(line)) {
        let Some(wanted) = cells.get(line.statistic.as_str()) else { continue };
        // A record that only moved from one cell of the figure to another changes nothing of it.
        let counts = |cell: &String| {
            wanted
                .iter()
                .any(|(one, from, to)| one == cell && *from <= line.period && line.period < *to)
        };
        let added: i64 = line.cells.iter().filter(|(cell, _)| counts(cell)).map(|(_, n)| n).sum();
        if added == 0 {
            continue;
        }
        let key = (line.kind.clone(), line.record.clone());
        match behind.get_mut(&key) {
            Some((last, sum)) => {
                *sum += added;
                if line.at >= last.at {
                    *last = line.clone();
                }
            }
            None => drop(behind.insert(key, (line.clone(), added))),
        }
    }
    behind.retain(|_, (_, sum)| *sum != 0);
    behind
}
