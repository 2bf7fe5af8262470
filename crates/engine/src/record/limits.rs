//! The time limits that run for a record, worked out anew from what it holds.

use super::{Links, Record, View};
use crate::{
    deadline::{
        DayLine, Due, Extension, Given, Standing, Stop, day_by_day, raised_on, standing, warn_on,
        work_out,
    },
    definition::{DeadlineRule, House, RecordKind, StopRule},
    kind::{Cells, Shape, china_time},
    query::Cell,
};
use jiff::civil::{Date, DateTime};

/// One running or ended limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Id of its rule.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Day it starts from.
    pub from: Date,
    /// Last day; `None` if it cannot be worked out yet, or the clock stands.
    pub due: Option<Date>,
    /// Last moment, where hours are counted.
    pub at: Option<DateTime>,
    /// Day to warn on.
    pub warn: Option<Date>,
    /// Days to warn on again, the earlier first.
    pub warn_again: Vec<Date>,
    /// Whether the clock stands.
    pub stopped: bool,
    /// How it was worked out.
    pub words: String,
    /// Whether it has ended.
    pub done: bool,
    /// The day it ended on, where the record says.
    pub ended: Option<Date>,
    /// Days on which it goes up to 县, 市 and 省 if it has not ended.
    pub raised: [Option<Date>; 3],
    /// What it was worked out from.
    pub given: Given,
    /// Law or standard.
    pub basis: String,
    /// The text of the law that was in force on its first day; empty if the law is not listed.
    pub law: String,
}

impl Limit {
    /// Where it stands on `today`.
    pub fn standing(&self, today: Date) -> Standing {
        let ended = self.done.then_some(self.ended);
        standing(self.due, self.warn, self.stopped, ended, today)
    }

    /// It counted out day by day.
    pub fn days(&self, house: &House, rule: &DeadlineRule) -> Vec<DayLine> {
        let due = Due { on: self.due, ..Due::default() };
        day_by_day(&rule.counting, &self.given, &due, &house.calendar)
    }
}

/// The limits of `record`, in order of the definition.
pub fn limits(
    house: &House,
    kind: &RecordKind,
    record: &Record,
    links: &Links,
    today: Date,
) -> Vec<Limit> {
    let view = View::record(record, links, today).by(&house.calendar);
    let runs = |rule: &&DeadlineRule| {
        rule.when.as_ref().is_none_or(|when| when.holds(&view) == Some(true))
    };
    let limit = |rule: &DeadlineRule| {
        let given = given(house, kind, record, links, rule)?;
        let ended = date(&record.cells, &rule.ended_by).filter(|_| !rule.repeats);
        let done = ended.is_some() || !rule.runs_in.iter().any(|s| s == record.state());
        Some(Limit { done, ended, ..work_out_limit(house, rule, given) })
    };
    kind.deadlines.iter().filter(runs).filter_map(limit).collect()
}

/// A running limit out of what it is given: what a record's facts and the calendar make of it.
pub fn work_out_limit(house: &House, rule: &DeadlineRule, given: Given) -> Limit {
    let calendar = &house.calendar;
    let due = work_out(&rule.counting, &given, calendar);
    let last = due.on.or(due.safe);
    let warn = last.map(|day| warn_on(day, rule.warn, calendar));
    let again = last
        .into_iter()
        .flat_map(|day| rule.warn_again.iter().map(move |length| warn_on(day, *length, calendar)));
    let raised = rule.raise.map(|after| Some(raised_on(due.on?, after?, calendar)));
    let from = given.day();
    Limit {
        id: rule.id.clone(),
        label: rule.label.clone(),
        from,
        due: due.on,
        at: due.at,
        warn,
        warn_again: again.collect(),
        stopped: due.stopped,
        words: due.words,
        done: false,
        ended: None,
        raised,
        given,
        basis: rule.basis.clone(),
        law: house.law_in_force(&rule.basis, from),
    }
}

/// The facts of the record; `None` as long as it does not start.
fn given(
    house: &House,
    kind: &RecordKind,
    record: &Record,
    links: &Links,
    rule: &DeadlineRule,
) -> Option<Given> {
    let number = |field: &str| record.cells.get(field).and_then(Cell::as_int);
    let count = match rule.count_from.as_str() {
        "" => None,
        field => Some(i32::try_from(number(field)?).ok()?),
    };
    let who = |field: &str| who(house, kind, record, links, field);
    let added = date(&record.cells, &rule.added_on);
    let moved = date(&record.cells, &rule.extended_by);
    // What comes back is counted from the last time it was done.
    let last = moment(&record.cells, &rule.ended_by).filter(|_| rule.repeats);
    let first = moment(&record.cells, &rule.from)?;
    Some(Given {
        from: last.map_or(first, |last| last.max(first)),
        stops: rule.stops.iter().flat_map(|stop| stops(record, stop)).collect(),
        added: added.map(|on| Extension { by: who(&rule.added_by), on: Some(on), to: None }),
        moved: moved.map(|to| Extension { by: who(&rule.moved_by), on: None, to: Some(to) }),
        credit: number(&rule.credit_from).and_then(|n| i32::try_from(n).ok()).unwrap_or(0),
        count,
    })
}

fn stops(record: &Record, rule: &StopRule) -> Vec<Stop> {
    let stop = |cells: &Cells, from: &str, to: &str| {
        let from = date(cells, from)?;
        let stands = !rule.state.is_empty() && rule.state == record.state();
        // A day it goes on that lies before the stop belongs to an earlier one.
        let to = date(cells, to).filter(|to| !stands && *to >= from);
        Some(Stop { from, to })
    };
    match (rule.from.split_once('.'), rule.to.split_once('.')) {
        (Some((rows, from)), Some((_, to))) => {
            let rows = record.rows.get(rows).into_iter().flatten();
            rows.filter_map(|row| stop(&row.cells, from, to)).collect()
        }
        _ => stop(&record.cells, &rule.from, &rule.to).into_iter().collect(),
    }
}

/// What the field says of who granted something.
fn who(house: &House, kind: &RecordKind, record: &Record, links: &Links, id: &str) -> String {
    let Some(field) = kind.fields.get(id) else { return String::new() };
    let text = record.text(id);
    match field.kind.shape() {
        Shape::Code(table) => house.code_name(table, text).to_owned(),
        Shape::Reference(other) => {
            let title = links.get(other, text).and_then(|cells| cells.get("title"));
            title.and_then(Cell::as_text).unwrap_or_default().to_owned()
        }
        Shape::Plain => text.to_owned(),
        _ => String::new(),
    }
}

/// A day kept as text, or the day of a moment.
fn date(cells: &Cells, column: &str) -> Option<Date> {
    moment(cells, column).map(|moment| moment.date())
}

fn moment(cells: &Cells, column: &str) -> Option<DateTime> {
    match cells.get(column)? {
        Cell::Text(text) => text.parse::<Date>().ok().map(|day| day.at(0, 0, 0, 0)),
        Cell::Int(ms) => Some(china_time(*ms)),
        Cell::Null => None,
    }
}
