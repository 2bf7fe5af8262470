//! Figures that are published: cells so small that they may point at somebody are hidden, and so many
//! others with them that nobody can work them out from sums.
//!
//! What a reader knows are linear equations: a column's rows make its total, and the cross-checks
//! that say "equal". Hidden cells are the unknowns. More cells are hidden until the equations
//! determine none of them, and no equation leaves hidden cells that together are small.

use super::ReportAnswer;
use engine::{
    definition::Report,
    query::Comparison,
    rule::{Figure, Worked},
};
use std::collections::{BTreeMap, BTreeSet};

/// Row (0 is the whole) and column.
pub type Place = (usize, usize);

/// Cells with their factors, whose sum is known to be 0 or another fixed number.
type Equation = Vec<(Place, i64)>;

/// The cells that are not shown when the report is published; `least` is the smallest figure that is.
pub fn hidden(answer: &ReportAnswer, least: i64) -> BTreeSet<Place> {
    let table = Table::of(answer);
    let least = i128::from(least);
    let mut hidden: BTreeSet<Place> = table
        .places()
        .filter(|place| table.value(*place).is_some_and(|v| v != 0 && v.abs() < least))
        .collect();
    let equations = equations(answer, &table);
    while let Some(more) = next(&table, &equations, &hidden, least) {
        hidden.extend(more);
    }
    hidden.extend(rates(&answer.report, &table, &hidden));
    hidden.extend(money(&answer.report, &table, &hidden));
    hidden
}

/// Sums of money in rows that count few: a sum of one case is that case's. Such a row is known by its
/// first figure, which is what reports begin with.
fn money(report: &Report, table: &Table<'_>, hidden: &BTreeSet<Place>) -> BTreeSet<Place> {
    let sums =
        report.columns().enumerate().filter(|(_, c)| ["元", "万元"].contains(&c.unit.as_str()));
    let sums: Vec<usize> = sums.map(|(at, _)| at).collect();
    let few = (0..table.rows.len()).filter(|row| hidden.contains(&(*row, 0)));
    few.flat_map(|row| sums.iter().map(move |at| (row, *at))).collect()
}

struct Table<'a> {
    rows: Vec<&'a [Worked]>,
    columns: usize,
    is_rate: Vec<bool>,
}

impl<'a> Table<'a> {
    fn of(answer: &'a ReportAnswer) -> Self {
        let rows = std::iter::once(&answer.total).chain(&answer.rows);
        let ratio = |figure: &Figure| matches!(figure, Figure::Ratio(..));
        let is_rate: Vec<bool> = answer.report.columns().map(|c| ratio(&c.value)).collect();
        Self {
            rows: rows.map(|row| row.figures.as_slice()).collect(),
            columns: is_rate.len(),
            is_rate,
        }
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        let columns = self.columns;
        (0..self.rows.len()).flat_map(move |row| (0..columns).map(move |column| (row, column)))
    }

    /// The whole number there; rates have none.
    fn value(&self, (row, column): Place) -> Option<i128> {
        if self.is_rate.get(column).copied().unwrap_or(true) {
            return None;
        }
        let figure = self.rows.get(row)?.get(column)?;
        (figure.of == 1).then_some(figure.number)
    }
}

/// Everything that is known of the cells, as far as it holds.
fn equations(answer: &ReportAnswer, table: &Table<'_>) -> Vec<Equation> {
    let report = &answer.report;
    let mut equations = Vec::new();
    if table.rows.len() > 1 {
        for column in (0..table.columns).filter(|column| !table.is_rate[*column]) {
            let rows = (1..table.rows.len()).map(|row| ((row, column), -1));
            equations.push(std::iter::once(((0, column), 1)).chain(rows).collect());
        }
    }
    let mut within: Vec<BTreeMap<usize, i64>> = Vec::new();
    for (at, column) in report.columns().enumerate() {
        if let Some(mut terms) = linear(report, &column.value) {
            *terms.entry(at).or_default() -= 1;
            within.push(terms);
        }
    }
    for check in report.checks.iter().filter(|check| check.comparison == Comparison::Equal) {
        if let (Some(mut left), Some(right)) =
            (linear(report, &check.left), linear(report, &check.right))
        {
            right.into_iter().for_each(|(at, n)| *left.entry(at).or_default() -= n);
            within.push(left);
        }
    }
    for terms in within {
        let terms: Vec<(usize, i64)> = terms.into_iter().filter(|(_, n)| *n != 0).collect();
        for row in 0..table.rows.len() {
            let equation: Equation = terms.iter().map(|(at, n)| ((row, *at), *n)).collect();
            let sum: i128 = equation
                .iter()
                .map(|(place, n)| table.value(*place).unwrap_or(0) * i128::from(*n))
                .sum();
            // A cross-check that does not hold tells a reader nothing.
            if sum == 0 && equation.len() > 1 {
                equations.push(equation);
            }
        }
    }
    equations
}

/// A figure as a sum of columns; `None` if it is anything else.
fn linear(report: &Report, figure: &Figure) -> Option<BTreeMap<usize, i64>> {
    match figure {
        Figure::Column(id) => {
            let at = report.columns().position(|c| c.id == *id)?;
            Some(BTreeMap::from([(at, 1)]))
        }
        Figure::Sum(terms) => {
            let mut sum = BTreeMap::new();
            for (plus, term) in terms {
                for (at, n) in linear(report, term)? {
                    *sum.entry(at).or_default() += if *plus { n } else { -n };
                }
            }
            Some(sum)
        }
        Figure::Times(a, b) => match (&**a, &**b) {
            (Figure::Number(n), other) | (other, Figure::Number(n)) => {
                Some(linear(report, other)?.into_iter().map(|(at, m)| (at, n * m)).collect())
            }
            _ => None,
        },
        _ => None,
    }
}

/// The cells to be hidden next; `None` if nothing gives any of the hidden ones away.
fn next(
    table: &Table<'_>,
    equations: &[Equation],
    hidden: &BTreeSet<Place>,
    least: i128,
) -> Option<BTreeSet<Place>> {
    let within = |equation: &Equation| -> Vec<(Place, i64)> {
        equation.iter().filter(|(place, _)| hidden.contains(place)).copied().collect()
    };
    let determined = determined(equations.iter().map(&within).filter(|e| !e.is_empty()).collect());
    let mut more = BTreeSet::new();
    for equation in equations {
        let unknown = within(equation);
        let given_away = unknown.iter().any(|(place, _)| determined.contains(place));
        if unknown.is_empty() || !(given_away || is_small(table, &unknown, least)) {
            continue;
        }
        if equation.iter().any(|(place, _)| more.contains(place)) {
            continue;
        }
        // The smallest that is there, and the whole last: what is lost should matter least.
        let open = equation.iter().map(|(place, _)| *place).filter(|p| !hidden.contains(p));
        let weight = |place: &Place| (place.0 == 0, table.value(*place).unwrap_or(0).abs());
        let candidates = open.filter(|place| table.value(*place).is_some_and(|v| v != 0));
        more.extend(candidates.min_by_key(weight));
    }
    (!more.is_empty()).then_some(more)
}

/// Whether the unknowns of an equation are known to be small together: all on one side, where their
/// sum is what the rest leaves.
fn is_small(table: &Table<'_>, unknown: &[(Place, i64)], least: i128) -> bool {
    let one_side = unknown.iter().all(|(_, n)| *n > 0) || unknown.iter().all(|(_, n)| *n < 0);
    let sum: i128 = unknown
        .iter()
        .map(|(place, n)| (table.value(*place).unwrap_or(0) * i128::from(*n)).abs())
        .sum();
    one_side && sum < least
}

/// The unknowns that the equations determine: after elimination each stands alone in a row. Worked
/// out in a finite field, where numbers do not grow.
fn determined(equations: Vec<Vec<(Place, i64)>>) -> BTreeSet<Place> {
    const PRIME: i128 = (1 << 61) - 1;
    let modulo = |n: i128| n.rem_euclid(PRIME);
    let mut rows: Vec<BTreeMap<Place, i128>> = equations
        .into_iter()
        .map(|e| e.into_iter().map(|(place, n)| (place, modulo(i128::from(n)))).collect())
        .collect();
    let mut done = 0;
    while done < rows.len() {
        let Some((&pivot, &factor)) = rows[done].iter().next() else {
            rows.swap_remove(done);
            continue;
        };
        let inverse = power(factor, PRIME - 2, PRIME);
        rows[done].values_mut().for_each(|n| *n = modulo(*n * inverse));
        let base = rows[done].clone();
        for (at, row) in rows.iter_mut().enumerate() {
            let Some(times) = row.get(&pivot).copied().filter(|_| at != done) else { continue };
            for (place, n) in &base {
                let left = modulo(row.get(place).copied().unwrap_or(0) - n * times);
                if left == 0 {
                    row.remove(place)
                } else {
                    row.insert(*place, left)
                };
            }
        }
        done += 1;
    }
    let alone = rows.iter().filter(|row| row.len() == 1);
    alone.filter_map(|row| row.keys().next().copied()).collect()
}

fn power(mut base: i128, mut exponent: i128, prime: i128) -> i128 {
    let mut result = 1;
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result * base % prime;
        }
        base = base * base % prime;
        exponent /= 2;
    }
    result
}

/// Rates of hidden figures: with the other side they would give them away.
fn rates(report: &Report, table: &Table<'_>, hidden: &BTreeSet<Place>) -> BTreeSet<Place> {
    let columns: Vec<&str> = report.columns().map(|c| c.id.as_str()).collect();
    let mut found = BTreeSet::new();
    for (at, column) in report.columns().enumerate().filter(|(at, _)| table.is_rate[*at]) {
        let mut of = Vec::new();
        let mut plain = true;
        column.value.walk(&mut |figure| match figure {
            Figure::Column(id) => of.extend(columns.iter().position(|c| c == id)),
            Figure::Measure { .. } => plain = false,
            _ => {}
        });
        for row in 0..table.rows.len() {
            let small = of.iter().any(|column| hidden.contains(&(row, *column)));
            // A rate of figures that are not shown themselves: nothing says how small they are.
            if small || !plain {
                found.insert((row, at));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{
        report::ReportRow,
        units::{Level, Unit},
    };
    use engine::definition::{SourceFile, read};
    use std::sync::Arc;

    const STATISTICS: &str = r#"
统计 s "试" 档案=thing 月=day { 量 total "件" 单位=件 分="kind" }
报表 r "试验表" {
    期 月
    栏组 "件" {
        栏 total "合计" 值="s.total" 单位=件
        栏 a "甲" 值="s.total[kind=1]" 单位=件
        栏 b "乙" 值="s.total[kind=2]" 单位=件
        栏 rate "甲占" 值="a ÷ total" 单位="%"
        栏 paid "金额" 值="s.paid" 单位=元
    }
    核对 F1 "合计" 须="total = a + b"
}
"#;

    fn report() -> Arc<Report> {
        let file = SourceFile { path: "x/statistics.kdl".to_owned(), text: STATISTICS.to_owned() };
        let (house, _) = read(&[file]);
        house.reports.get("r").unwrap().clone()
    }

    /// A table of a and b by row; totals follow.
    fn answer(rows: &[(i128, i128)]) -> ReportAnswer {
        let figures = |a: i128, b: i128| {
            let whole = [a + b, a, b].map(Worked::whole);
            let paid = Worked::whole(100_000);
            whole.into_iter().chain([Worked { number: a, of: a + b }, paid]).collect()
        };
        let row =
            |name: String, a, b| ReportRow { unit: name.clone(), name, figures: figures(a, b) };
        let sum = rows.iter().fold((0, 0), |(x, y), (a, b)| (x + a, y + b));
        let unit = Unit {
            code: "1".to_owned(),
            name: "全部".to_owned(),
            level: Level::County,
            parent: String::new(),
            path: "1/".to_owned(),
            county: "1".to_owned(),
            valid_from: None,
            valid_to: None,
            successor: String::new(),
        };
        ReportAnswer {
            report: report(),
            unit,
            from: "2026-01".to_owned(),
            to: "2026-01".to_owned(),
            total: row("全部".to_owned(), sum.0, sum.1),
            rows: rows.iter().enumerate().map(|(n, (a, b))| row(n.to_string(), *a, *b)).collect(),
            checks: Vec::new(),
            as_of: None,
            months: Vec::new(),
            formerly: Vec::new(),
        }
    }

    /// Every way the hidden cells could be filled that agrees with what is shown, tried out: no hidden
    /// cell may be the same in all of them. Cells of up to `most` are tried.
    fn worked_out(answer: &ReportAnswer, hidden: &BTreeSet<Place>, most: i128) -> Vec<Place> {
        let cells: Vec<Place> = hidden.iter().copied().filter(|(_, c)| *c < 3).collect();
        let mut possible: Vec<BTreeSet<i128>> = vec![BTreeSet::new(); cells.len()];
        let table: Vec<Vec<i128>> = std::iter::once(&answer.total)
            .chain(&answer.rows)
            .map(|row| row.figures.iter().take(3).map(|f| f.number).collect())
            .collect();
        // Free are a and b of each row; everything else follows.
        let free: Vec<Place> = cells.iter().copied().filter(|(r, c)| *r > 0 && *c > 0).collect();
        let choices = (most + 1).pow(u32::try_from(free.len()).unwrap());
        for mut choice in 0..choices {
            let mut filled = table.clone();
            for (row, column) in &free {
                filled[*row][*column] = choice % (most + 1);
                choice /= most + 1;
            }
            for row in filled.iter_mut().skip(1) {
                row[0] = row[1] + row[2];
            }
            for column in 0..3 {
                filled[0][column] = filled.iter().skip(1).map(|row| row[column]).sum();
            }
            let agrees = (0..table.len())
                .all(|r| (0..3).all(|c| hidden.contains(&(r, c)) || filled[r][c] == table[r][c]));
            if agrees {
                for (at, (row, column)) in cells.iter().enumerate() {
                    possible[at].insert(filled[*row][*column]);
                }
            }
        }
        let known = cells.iter().zip(&possible).filter(|(_, values)| values.len() < 2);
        known.map(|(place, _)| *place).collect()
    }

    #[test]
    fn a_small_cell_is_hidden_and_cannot_be_worked_out_from_any_sum() {
        for rows in [
            vec![(7, 3), (9, 11), (6, 8)],
            vec![(2, 3), (9, 11)],
            vec![(7, 0), (1, 9), (8, 8)],
            vec![(1, 0), (0, 9), (8, 6)],
        ] {
            let answer = answer(&rows);
            let hidden = hidden(&answer, 5);
            for (row, line) in std::iter::once(&answer.total).chain(&answer.rows).enumerate() {
                for (column, figure) in line.figures.iter().take(3).enumerate() {
                    let small = (1..5).contains(&figure.number);
                    assert!(!small || hidden.contains(&(row, column)), "{rows:?} {row} {column}");
                }
            }
            if hidden.iter().filter(|(r, c)| *r > 0 && (1..3).contains(c)).count() <= 4 {
                assert_eq!(worked_out(&answer, &hidden, 14), [], "{rows:?} {hidden:?}");
            }
        }
    }

    #[test]
    fn where_nothing_is_small_nothing_is_hidden() {
        assert!(hidden(&answer(&[(12, 13), (20, 30), (0, 18)]), 5).is_empty());
    }

    #[test]
    fn money_of_a_row_that_counts_few_is_hidden() {
        let hidden = hidden(&answer(&[(2, 1), (20, 30), (50, 18)]), 5);
        assert!(hidden.contains(&(1, 4)));
        assert!(!hidden.contains(&(0, 4)), "the whole counts many");
    }

    #[test]
    fn the_rate_of_a_hidden_figure_is_hidden_with_it() {
        let hidden = hidden(&answer(&[(3, 40), (20, 30), (50, 18)]), 5);
        assert!(hidden.contains(&(1, 1)) && hidden.contains(&(1, 3)));
        assert!(!hidden.contains(&(0, 3)), "the rate of the whole says nothing of the small row");
    }
}
