//! The records behind a figure: from the same definition, the filter that the counter counted.

use super::{FigureAsk, Span, codes_below, counted_from};
use crate::Refusal;
use engine::{
    definition::{Adds, House, Measure, RecordKind, Report, ReportColumn, Statistic},
    query::{Cell, Comparison, Filter, Term},
    rule::Figure,
};

/// The kind of record behind a column, if all of it comes from one.
pub fn column_kind(house: &House, report: &Report, column: &ReportColumn) -> Option<String> {
    let mut kinds = Vec::new();
    leaves(report, &column.value, 0, &mut |statistic, _, _| {
        if let Some(found) = house.statistics.get(statistic) {
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

/// Told of a measure: statistic, measure, and the dimension value asked for.
pub(crate) type EachMeasure<'a> = dyn FnMut(&str, &str, Option<&(String, String)>) + 'a;

pub(crate) fn leaves(report: &Report, figure: &Figure, depth: usize, each: &mut EachMeasure<'_>) {
    if depth > 8 {
        return;
    }
    match figure {
        Figure::Measure { statistic, measure, by } => each(statistic, measure, by.as_ref()),
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
    let ask = &FigureAsk { from: counted_from(report, &ask.from).to_owned(), ..ask.clone() };
    let mut filters = Vec::new();
    leaves(report, &column.value, 0, &mut |statistic, measure, by| {
        let Some(statistic) = house.statistics.get(statistic).filter(|s| s.kind == kind.id) else {
            return;
        };
        if let Some(measure) = statistic.measures.iter().find(|m| m.id == measure) {
            filters.push(measure_filter(house, kind, statistic, measure, by, ask));
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

fn measure_filter(
    house: &House,
    kind: &RecordKind,
    statistic: &Statistic,
    measure: &Measure,
    by: Option<&(String, String)>,
    ask: &FigureAsk,
) -> Filter {
    let month = |comparison, text: String| {
        Filter::Compare(
            Term::Column(statistic.month.clone()),
            comparison,
            Term::Value(Cell::Text(text)),
        )
    };
    let mut filter = month(Comparison::GreaterOrEqual, ask.from.clone())
        .and(month(Comparison::LessOrEqual, format!("{}~", ask.to)));
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
