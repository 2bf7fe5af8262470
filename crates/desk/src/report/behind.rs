//! The records behind a figure: from the same definition, the filter that the counter counted.

use super::{EARLIEST, FigureAsk, Span, codes_below, effective};
use crate::Refusal;
use engine::{
    definition::{Adds, House, Measure, RecordKind, Report, ReportColumn, Statistic, Stock},
    query::{Cell, Comparison, Filter, Term},
    rule::{Figure, When},
};
use jiff::civil::Date;

/// The kind of record behind a column, if all of it comes from one.
pub fn column_kind(house: &House, report: &Report, column: &ReportColumn) -> Option<String> {
    let mut kinds = Vec::new();
    leaves(report, &column.value, 0, &mut |leaf| {
        if let Some(found) = house.statistics.get(leaf.statistic) {
            kinds.push(found.kind.clone());
        }
    });
    kinds.sort();
    kinds.dedup();
    match kinds.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// Whether the records of now are those that a column counts: a stock as it was kept on a day that is
/// over may have been of others.
pub fn is_of_now(
    house: &House,
    report: &Report,
    column: &ReportColumn,
    to: &str,
    today: Date,
) -> bool {
    let runs = Span::read(to, to).is_ok_and(|span| span.last >= today);
    let mut of_now = true;
    leaves(report, &column.value, 0, &mut |leaf| {
        let stock = house.statistics.get(leaf.statistic).and_then(|s| s.stock.as_ref());
        of_now &= stock != Some(&Stock::AsKept) || runs && leaf.when == When::Within;
    });
    of_now
}

/// A measure that a figure is made of.
pub(crate) struct Leaf<'a> {
    pub statistic: &'a str,
    pub measure: &'a str,
    pub by: Option<&'a (String, String)>,
    pub when: When,
}

/// From when to when the dates lie of what a measure counts, as texts to be compared: the end of one
/// is written `…~`, which sorts behind every day of it.
pub(crate) fn window(when: When, from: &str, to: &str) -> (String, String) {
    match when {
        When::Within => (from.to_owned(), format!("{to}~")),
        // Nothing lies between the end of what is before and its beginning.
        When::Before => (EARLIEST.to_owned(), from.to_owned()),
        When::Until => (EARLIEST.to_owned(), format!("{to}~")),
    }
}

/// Told of every measure behind a figure.
pub(crate) fn leaves(
    report: &Report,
    figure: &Figure,
    depth: usize,
    each: &mut dyn FnMut(Leaf<'_>),
) {
    if depth > 8 {
        return;
    }
    match figure {
        Figure::Measure { statistic, measure, by, when } => {
            each(Leaf { statistic, measure, by: by.as_ref(), when: *when });
        }
        Figure::Column(id) => {
            if let Some(column) = report.columns().find(|c| c.id == *id) {
                leaves(report, &column.value, depth + 1, each);
            }
        }
        Figure::Sum(terms) => {
            terms.iter().for_each(|(_, f)| leaves(report, f, depth + 1, each));
        }
        // The records behind a rate are those it is a rate of.
        Figure::Ratio(_, b) => leaves(report, b, depth + 1, each),
        Figure::Times(a, b) => {
            leaves(report, a, depth + 1, each);
            leaves(report, b, depth + 1, each);
        }
        Figure::Number(_) => {}
    }
}

/// The records of `kind` behind a figure.
pub fn figure_filter(house: &House, kind: &RecordKind, ask: &FigureAsk) -> Result<Filter, Refusal> {
    let missing = || Refusal::NotFound("这个数字".to_owned());
    let report = house.reports.get(&ask.report).ok_or_else(missing)?;
    let column = report.columns().find(|c| c.id == ask.column).ok_or_else(missing)?;
    Span::read(&ask.from, &ask.to)?;
    let mut filters = Vec::new();
    leaves(report, &column.value, 0, &mut |leaf| {
        let found = house.statistics.get(leaf.statistic).filter(|s| s.kind == kind.id);
        let Some(statistic) = found else { return };
        if let Some(measure) = statistic.measures.iter().find(|m| m.id == leaf.measure) {
            let when = effective(house, leaf.statistic, leaf.when);
            let dated = dated(statistic, when, ask);
            filters.push(dated.and(measure_filter(house, kind, statistic, measure, leaf.by)));
        }
    });
    Ok(match filters.pop() {
        Some(only) if filters.is_empty() => only,
        Some(last) => {
            filters.push(last);
            Filter::Any(filters)
        }
        None => Filter::Nothing,
    })
}

/// Records whose dates lie where the measure counts them.
fn dated(statistic: &Statistic, when: When, ask: &FigureAsk) -> Filter {
    let compare = |column: &str, comparison, text: &str| {
        let (column, value) = (Term::Column(column.to_owned()), Term::Value(Cell::from(text)));
        Filter::Compare(column, comparison, value)
    };
    let (from, to) = window(when, &ask.from, &ask.to);
    let filter = compare(&statistic.month, Comparison::GreaterOrEqual, &from).and(compare(
        &statistic.month,
        Comparison::Less,
        &to,
    ));
    match &statistic.stock {
        // Still there at the end of the time.
        Some(Stock::Until(until)) => {
            let stays = Filter::IsNull(Term::Column(until.clone()));
            filter.and(stays.or(compare(until, Comparison::GreaterOrEqual, &to)))
        }
        Some(Stock::AsKept) | None => filter,
    }
}

fn measure_filter(
    house: &House,
    kind: &RecordKind,
    statistic: &Statistic,
    measure: &Measure,
    by: Option<&(String, String)>,
) -> Filter {
    let mut filter = Filter::Everything;
    for rule in statistic.when.iter().chain(&measure.when) {
        filter = filter.and(rule.filter.clone());
    }
    if let Some((dimension, code)) = by {
        let codes = codes_below(house, &statistic.id, dimension, code);
        let codes = codes.into_iter().map(Cell::from).collect();
        filter = filter.and(Filter::In(Term::Column(dimension.clone()), codes));
    }
    if let Adds::Rows(rows, rule) | Adds::RowSum(rows, _, rule) = &measure.adds {
        let inner = rule.as_ref().map_or(Filter::Everything, |r| r.filter.clone());
        let count = Term::Count { rows: kind.row_table(rows).into(), filter: Box::new(inner) };
        let some = Term::Value(Cell::Int(0));
        filter = filter.and(Filter::Compare(count, Comparison::Greater, some));
    }
    filter
}
