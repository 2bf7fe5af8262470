//! Worked examples of reports: columns given as numbers, as somebody published them, then which
//! cross-checks hold and what the rates are.

use super::{Example, Expectation, House, Report, ReportCheck};
use crate::rule::{Figure, Figures, When, Worked};

/// A report whose columns are known only as far as they are given.
struct Given<'a> {
    report: &'a Report,
    numbers: Vec<(&'a str, Figure)>,
}

impl Figures for Given<'_> {
    fn measure(&self, _: &str, _: &str, _: Option<(&str, &str)>, _: When) -> i64 {
        0
    }

    fn column(&self, id: &str) -> Option<&Figure> {
        let given = self.numbers.iter().find(|(column, _)| *column == id).map(|(_, f)| f);
        given.or_else(|| self.report.columns().find(|c| c.id == id).map(|c| &c.value))
    }
}

impl Given<'_> {
    /// Whether the figure follows from what is given alone.
    fn knows(&self, figure: &Figure) -> bool {
        let mut known = true;
        figure.walk(&mut |part| {
            known &= match part {
                Figure::Measure { .. } => false,
                Figure::Column(id) => match self.column(id) {
                    Some(Figure::Number(_)) => true,
                    Some(Figure::Measure { .. }) | None => false,
                    // Other columns in turn; a column that names itself is finding enough.
                    Some(other) => id_free(other, id) && self.knows(other),
                },
                _ => true,
            };
        });
        known
    }

    fn holds(&self, check: &ReportCheck) -> Option<bool> {
        let known = self.knows(&check.left) && self.knows(&check.right);
        known.then(|| check.holds(check.left.work(self), check.right.work(self)))
    }
}

fn id_free(figure: &Figure, id: &str) -> bool {
    let mut free = true;
    figure.walk(&mut |part| free &= *part != Figure::Column(id.to_owned()));
    free
}

/// What does not follow as the example says.
pub fn run(house: &House, example: &Example) -> Vec<String> {
    let Some(report) = house.reports.get(&example.report) else {
        return vec![format!("没有报表“{}”", example.report)];
    };
    let mut failures = Vec::new();
    let mut given = Given { report, numbers: Vec::new() };
    for (column, number) in &example.numbers {
        if !report.columns().any(|c| c.id == *column) {
            failures.push(format!("报表没有栏“{column}”"));
        }
        match number.parse() {
            Ok(number) => given.numbers.push((column, Figure::Number(number))),
            Err(_) => failures.push(format!("“{column}”的“{number}”不是整数")),
        }
    }
    if example.expects.is_empty() {
        failures.push("没有写“则”".to_owned());
    }
    for expected in &example.expects {
        failures.extend(unmet(&given, expected));
    }
    failures
}

fn unmet(given: &Given<'_>, expected: &Expectation) -> Vec<String> {
    let check = |id: &str| given.report.checks.iter().find(|check| check.id == id);
    let verdict = |ids: &[String], wanted: bool| {
        let ids = ids.iter().filter_map(|id| match check(id).map(|check| given.holds(check)) {
            Some(Some(holds)) if holds == wanted => None,
            Some(Some(true)) => Some(format!("核对 {id} 是通过的")),
            Some(Some(false)) => Some(format!("核对 {id} 不通过")),
            Some(None) => Some(format!("核对 {id} 用到的栏没有给全")),
            None => Some(format!("没有核对 {id}")),
        });
        ids.collect()
    };
    match expected {
        Expectation::Holds(ids) if ids.is_empty() => {
            let known = given.report.checks.iter().filter_map(|c| Some((c, given.holds(c)?)));
            let known: Vec<(&ReportCheck, bool)> = known.collect();
            if known.is_empty() {
                return vec!["给出的栏不够，一条核对也做不了".to_owned()];
            }
            let failed = known.into_iter().filter(|(_, holds)| !holds);
            failed.map(|(check, _)| format!("核对 {} 不通过", check.id)).collect()
        }
        Expectation::Holds(ids) => verdict(ids, true),
        Expectation::Fails(ids) => verdict(ids, false),
        Expectation::Values(values) => {
            values.iter().filter_map(|(column, text)| differs(given, column, text)).collect()
        }
        _ => vec!["报表的例只能写：则 核对、则 不符、则 值".to_owned()],
    }
}

fn differs(given: &Given<'_>, column: &str, text: &str) -> Option<String> {
    let Some(found) = given.report.columns().find(|c| c.id == column) else {
        return Some(format!("报表没有栏“{column}”"));
    };
    let figure = Figure::Column(column.to_owned());
    if !given.knows(&figure) {
        return Some(format!("“{}”用到的栏没有给全", found.label));
    }
    let worked = figure.work(given);
    let shown = if found.unit == "%" { worked.percent() } else { plain(worked) };
    (shown != text).then(|| format!("“{}”是 {shown}，不是 {text}", found.label))
}

fn plain(worked: Worked) -> String {
    if worked.of == 0 { String::new() } else { (worked.number / worked.of).to_string() }
}
