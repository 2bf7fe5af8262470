//! A question answered in memory: the reading that decides about a record before it is kept, and
//! the model that the SQL reading is compared with.

use super::{Cell, Comparison, Filter, Rows, Term};
use jiff::civil::Date;
use std::cmp::Ordering;

/// Where a question finds its values: one row with what hangs on it.
pub trait Source {
    /// The value of a column; null if there is none.
    fn column(&self, name: &str) -> Cell;
    /// The value of `target` in the record of `table` that `column` refers to; null if none.
    fn linked(&self, column: &str, table: &str, target: &str) -> Cell;
    /// Calls `each` with the record of `table` that `column` refers to, if there is one. Seen from
    /// it, the question is about it alone.
    fn referred(&self, column: &str, table: &str, each: &mut dyn FnMut(&dyn Source));
    /// Calls `each` with every one of the other rows.
    fn others(&self, rows: &Rows, each: &mut dyn FnMut(&dyn Source));
    /// The value of a column of the row that the whole question is about.
    fn outer(&self, name: &str) -> Cell;
    /// The calendar day of the question.
    fn today(&self) -> Date;
    /// Whether people work on a day; `None` if no calendar is at hand or it lacks the year.
    fn works(&self, _: Date) -> Option<bool> {
        None
    }
}

impl Filter {
    /// The answer for one row: yes, no, or `None` for unknown.
    pub fn holds(&self, source: &dyn Source) -> Option<bool> {
        match self {
            Self::Everything => Some(true),
            Self::Nothing => Some(false),
            Self::Compare(left, comparison, right) => {
                compare(&left.value(source), *comparison, &right.value(source))
            }
            Self::In(term, values) => is_in(&term.value(source), values),
            Self::IsNull(term) => Some(term.value(source).is_null()),
            Self::StartsWith(term, text) => {
                term.value(source).as_text().map(|t| t.starts_with(text))
            }
            Self::Contains(term, text) => term.value(source).as_text().map(|t| t.contains(text)),
            Self::Has(term, text) => term.value(source).as_text().map(|t| has(t, text)),
            Self::All(filters) => all(filters, source),
            Self::Any(filters) => any(filters, source),
            Self::Not(filter) => filter.holds(source).map(|yes| !yes),
            Self::Surely(filter) => Some(filter.holds(source) == Some(true)),
            Self::Refers { column, table, filter } => {
                let mut holds = false;
                source.referred(column, table, &mut |other| {
                    holds |= filter.holds(other) == Some(true);
                });
                Some(holds)
            }
        }
    }
}

impl Term {
    /// The value in one row; arithmetic that leaves 64 bits is null.
    pub fn value(&self, source: &dyn Source) -> Cell {
        match self {
            Self::Value(cell) => cell.clone(),
            Self::Column(name) => source.column(name),
            Self::Outer(name) => source.outer(name),
            Self::Today => Cell::Text(source.today().to_string()),
            Self::Linked { column, table, target } => source.linked(column, table, target),
            Self::Plus(a, b) => numbers(a, b, source, i64::checked_add),
            Self::Minus(a, b) => numbers(a, b, source, i64::checked_sub),
            Self::Times(a, b) => numbers(a, b, source, i64::checked_mul),
            Self::Quotient(a, b) => numbers(a, b, source, i64::checked_div),
            Self::Coalesce(a, b) => match a.value(source) {
                Cell::Null => b.value(source),
                known => known,
            },
            Self::AddDays(date, days) => moved(date, days, source, jiff::Span::try_days),
            Self::AddMonths(date, months) => moved(date, months, source, jiff::Span::try_months),
            Self::WorkDays(a, b) => work_days(&a.value(source), &b.value(source), source),
            Self::AddWorkDays(date, by) => {
                moved_by_work(&date.value(source), &by.value(source), source)
            }
            Self::Year(term) => part(&term.value(source), Date::year),
            Self::Month(term) => part(&term.value(source), |date| date.month().into()),
            Self::DaysBetween(a, b) => days_between(&a.value(source), &b.value(source)),
            Self::YearsBetween(a, b) => years_between(&a.value(source), &b.value(source)),
            Self::Length(term) => match term.value(source) {
                Cell::Text(text) => Cell::Int(text.chars().count() as i64),
                _ => Cell::Null,
            },
            Self::Level(term) => {
                let level = term.value(source).as_text().and_then(unit_level);
                Cell::from(level.map(str::to_owned))
            }
            Self::Count { rows, filter } => {
                let mut count = 0;
                source.others(rows, &mut |row| {
                    count += i64::from(filter.holds(row) == Some(true));
                });
                Cell::Int(count)
            }
            Self::Sum { rows, column, filter } => sum(source, rows, column, filter),
            Self::Extreme { rows, column, filter, greatest } => {
                extreme(source, rows, column, filter, *greatest)
            }
            Self::Repeats { rows, column } => repeats(source, rows, column),
        }
    }
}

/// The level of the unit with this code of GB/T 2260 or below it.
pub fn unit_level(code: &str) -> Option<&'static str> {
    match code.chars().count() {
        12 => Some("村"),
        9 => Some("乡"),
        6 if code.ends_with("0000") => Some("省"),
        6 if code.ends_with("00") => Some("市"),
        6 => Some("县"),
        _ => None,
    }
}

/// Two cells compared; `None` if either is null or they are of different types.
pub fn compare(left: &Cell, comparison: Comparison, right: &Cell) -> Option<bool> {
    let order = match (left, right) {
        (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
        (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
        _ => return None,
    };
    Some(match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    })
}

fn is_in(cell: &Cell, values: &[Cell]) -> Option<bool> {
    match (values.is_empty(), cell.is_null()) {
        (true, _) => Some(false),
        (_, true) => None,
        _ => Some(values.contains(cell)),
    }
}

fn all(filters: &[Filter], source: &dyn Source) -> Option<bool> {
    let mut answer = Some(true);
    for filter in filters {
        match filter.holds(source) {
            Some(false) => return Some(false),
            None => answer = None,
            Some(true) => {}
        }
    }
    answer
}

fn any(filters: &[Filter], source: &dyn Source) -> Option<bool> {
    let mut answer = Some(false);
    for filter in filters {
        match filter.holds(source) {
            Some(true) => return Some(true),
            None => answer = None,
            Some(false) => {}
        }
    }
    answer
}

/// Whether the JSON list `list` has the text `wanted`.
fn has(list: &str, wanted: &str) -> bool {
    serde_json::from_str::<Vec<String>>(list).is_ok_and(|list| list.iter().any(|t| t == wanted))
}

fn numbers(
    a: &Term,
    b: &Term,
    source: &dyn Source,
    operation: fn(i64, i64) -> Option<i64>,
) -> Cell {
    match (a.value(source), b.value(source)) {
        (Cell::Int(a), Cell::Int(b)) => operation(a, b).map_or(Cell::Null, Cell::Int),
        _ => Cell::Null,
    }
}

fn date(cell: &Cell) -> Option<Date> {
    cell.as_text().and_then(|text| text.get(..10)).and_then(|text| text.parse().ok())
}

/// A date moved by as much as `span` makes of the number.
fn moved(
    from: &Term,
    by: &Term,
    source: &dyn Source,
    span: fn(jiff::Span, i64) -> Result<jiff::Span, jiff::Error>,
) -> Cell {
    let span = by.value(source).as_int().and_then(|by| span(jiff::Span::new(), by).ok());
    match (date(&from.value(source)), span) {
        (Some(date), Some(span)) => {
            let moved = date.checked_add(span).ok().filter(|moved| moved.year() >= 0);
            moved.map_or(Cell::Null, |date| Cell::Text(date.to_string()))
        }
        _ => Cell::Null,
    }
}

fn part(cell: &Cell, part: fn(Date) -> i16) -> Cell {
    date(cell).map_or(Cell::Null, |date| Cell::Int(part(date).into()))
}

/// Working days after one day up to another; negative where the second comes first.
fn work_days(from: &Cell, to: &Cell, source: &dyn Source) -> Cell {
    let (Some(from), Some(to)) = (date(from), date(to)) else { return Cell::Null };
    let (mut day, last, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
    let mut count = 0;
    while day < last {
        let Ok(next) = day.tomorrow() else { return Cell::Null };
        let Some(works) = source.works(next) else { return Cell::Null };
        count += i64::from(works);
        day = next;
    }
    Cell::Int(sign * count)
}

/// The so-many-th working day after (or before) a day.
fn moved_by_work(from: &Cell, by: &Cell, source: &dyn Source) -> Cell {
    let (Some(mut day), Some(by)) = (date(from), by.as_int()) else { return Cell::Null };
    let mut left = by.unsigned_abs();
    while left > 0 {
        let next = if by > 0 { day.tomorrow() } else { day.yesterday() };
        let Ok(next) = next else { return Cell::Null };
        let Some(works) = source.works(next) else { return Cell::Null };
        left -= u64::from(works);
        day = next;
    }
    Cell::Text(day.to_string())
}

fn days_between(from: &Cell, to: &Cell) -> Cell {
    match (date(from), date(to)) {
        (Some(from), Some(to)) => Cell::Int(i64::from((to - from).get_days())),
        _ => Cell::Null,
    }
}

/// Years as people count an age: the year is full on the birthday.
fn years_between(from: &Cell, to: &Cell) -> Cell {
    let number =
        |d: Date| i64::from(d.year()) * 10_000 + i64::from(d.month()) * 100 + i64::from(d.day());
    match (date(from), date(to)) {
        (Some(from), Some(to)) => Cell::Int((number(to) - number(from)).div_euclid(10_000)),
        _ => Cell::Null,
    }
}

fn sum(source: &dyn Source, rows: &Rows, column: &str, filter: &Filter) -> Cell {
    let mut total: i128 = 0;
    source.others(rows, &mut |row| {
        if filter.holds(row) == Some(true) {
            total += i128::from(row.column(column).as_int().unwrap_or(0));
        }
    });
    i64::try_from(total).map_or(Cell::Null, Cell::Int)
}

fn extreme(
    source: &dyn Source,
    rows: &Rows,
    column: &str,
    filter: &Filter,
    greatest: bool,
) -> Cell {
    let mut found = Cell::Null;
    source.others(rows, &mut |row| {
        let value = row.column(column);
        let counts = !value.is_null() && filter.holds(row) == Some(true);
        if counts && (found.is_null() || (value > found) == greatest) {
            found = value;
        }
    });
    found
}

fn repeats(source: &dyn Source, rows: &Rows, column: &str) -> Cell {
    let (mut values, mut distinct) = (0, std::collections::BTreeSet::new());
    source.others(rows, &mut |row| {
        let value = row.column(column);
        if !value.is_null() {
            values += 1;
            distinct.insert(value);
        }
    });
    Cell::Int(values - distinct.len() as i64)
}
