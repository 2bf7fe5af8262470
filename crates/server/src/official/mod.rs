//! Reports in the layout of an official form: one table in words, which becomes a spreadsheet
//! ([`sheet`]) or a PDF ([`print`]). Both faces give it out; neither draws it anew.

mod print;
mod sheet;

pub use print::pdf;
pub use sheet::{XLSX, xlsx};

use desk::{
    Desk,
    filing::Filing,
    report::{ReportAnswer, guard::Place},
};
use engine::{
    check::{
        amount,
        date::{show, show_datetime},
    },
    definition::{Cycle, Report},
    kind::china_time,
    rule::Worked,
};
use std::collections::BTreeSet;

/// What stands in the place of a figure that is not published.
pub const HIDDEN: &str = "＊";

/// A cell in words, and the number that a spreadsheet adds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// As it is read.
    pub text: String,
    /// Its number; none where it is blank or hidden.
    pub number: Option<f64>,
}

/// A column.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Its heading, with its unit.
    pub label: String,
    /// Unit of its figures.
    pub unit: String,
}

/// A report as a form.
#[derive(Clone, Debug, Default)]
pub struct Official {
    /// Its title.
    pub title: String,
    /// 填报单位.
    pub unit: String,
    /// 统计时间.
    pub period: String,
    /// What it follows.
    pub basis: String,
    /// What must be known to read it: as of which day, how far it is confirmed, what is hidden.
    pub notes: Vec<String>,
    /// Groups of columns with their headings.
    pub groups: Vec<(String, Vec<Head>)>,
    /// Rows with their names, the whole first.
    pub rows: Vec<(String, Vec<Shown>)>,
}

impl Official {
    /// A report as it was answered; `hidden` is what is not published.
    pub fn of(answer: &ReportAnswer, hidden: Option<&BTreeSet<Place>>) -> Self {
        let report = &answer.report;
        let columns: Vec<&str> = report.columns().map(|c| c.unit.as_str()).collect();
        let cell = |row: usize, (at, figure): (usize, &Worked)| {
            if hidden.is_some_and(|hidden| hidden.contains(&(row, at))) {
                return Shown { text: HIDDEN.to_owned(), number: None };
            }
            shown(columns.get(at).copied().unwrap_or_default(), *figure)
        };
        let rows = std::iter::once(&answer.total).chain(&answer.rows).enumerate();
        let rows = rows.map(|(at, row)| {
            let cells = row.figures.iter().enumerate().map(|one| cell(at, one));
            (row.name.clone(), cells.collect())
        });
        let head =
            |label: &str, unit: &str| Head { label: with_unit(label, unit), unit: unit.to_owned() };
        let groups = report.groups.iter().map(|group| {
            let heads = group.columns.iter().map(|column| head(&column.label, &column.unit));
            (group.label.clone(), heads.collect())
        });
        let mut notes = Vec::new();
        if let Some(day) = answer.as_of {
            notes.push(format!("数字截至{}终了", show(day)));
        }
        if hidden.is_some() {
            notes.push(format!(
                "“{HIDDEN}”：为保护个人信息，少于{}的数和由此可以推算出来的数不公布",
                report.guarded_below
            ));
        }
        Self {
            title: report.label.clone(),
            unit: answer.unit.name.clone(),
            period: period(report, &answer.from, &answer.to),
            basis: report.basis.clone(),
            notes,
            groups: groups.collect(),
            rows: rows.collect(),
        }
    }

    /// A round as it was confirmed.
    pub fn confirmed(desk: &Desk, filing: &Filing) -> Self {
        let (house, units) = (desk.house(), desk.units());
        let report = house.reports.get(&filing.report);
        let mut groups: Vec<(String, Vec<Head>)> = Vec::new();
        for column in &filing.figures.columns {
            let head =
                Head { label: with_unit(&column.label, &column.unit), unit: column.unit.clone() };
            match groups.last_mut().filter(|(label, _)| *label == column.group) {
                Some((_, heads)) => heads.push(head),
                None => groups.push((column.group.clone(), vec![head])),
            }
        }
        let units_of = filing.figures.columns.iter().map(|c| c.unit.as_str());
        let rows = filing.figures.rows.iter().map(|row| {
            let cells = row.figures.iter().zip(units_of.clone()).map(|(f, unit)| shown(unit, *f));
            (row.name.clone(), cells.collect())
        });
        let mut notes = vec![said(filing)];
        notes.extend(filing.open.iter().map(|(_, words, why)| format!("{words}。说明：{why}")));
        Self {
            title: filing.figures.label.clone(),
            unit: units.get(&filing.unit).map_or(filing.unit.clone(), |unit| unit.name.clone()),
            period: report.map_or_else(
                || format!("{} 至 {}", filing.from, filing.to),
                |report| period(report, &filing.from, &filing.to),
            ),
            basis: report.map(|report| report.basis.clone()).unwrap_or_default(),
            notes,
            rows: rows.collect(),
            groups,
        }
    }
}

/// Who confirmed a round, when, and the print of its figures.
fn said(filing: &Filing) -> String {
    let at = |ms: i64| show_datetime(china_time(ms));
    let round = if filing.round > 1 { format!("第{}次，", filing.round) } else { String::new() };
    let hash = filing.hash.get(..16).unwrap_or_default();
    let decided = match filing.decided_at {
        Some(when) if filing.state == desk::filing::State::Approved => {
            format!("；{}于{}审核", filing.decided_by, at(when))
        }
        _ => String::new(),
    };
    format!("{round}{}于{}确认{decided}；校验 {hash}", filing.by, at(filing.at))
}

/// What a time of a report is called.
pub fn period(report: &Report, from: &str, to: &str) -> String {
    let name = match Cycle::of(from, to) {
        Some(cycle) => cycle.name(from),
        None => format!("{} 至 {}", named(from), named(to)),
    };
    match to.parse::<jiff::civil::Date>() {
        Ok(day) if report.at_end => format!("截至{}", show(day)),
        _ if report.at_end => format!("{name}末"),
        _ => name,
    }
}

/// A month as it is, a day as people write it.
fn named(time: &str) -> String {
    time.parse::<jiff::civil::Date>().map_or_else(|_| time.to_owned(), show)
}

/// A heading with its unit, said once.
pub fn with_unit(label: &str, unit: &str) -> String {
    let said = format!("（{unit}）");
    if unit.is_empty() || label.ends_with(&said) {
        return label.to_owned();
    }
    format!("{label}{said}")
}

fn shown(unit: &str, figure: Worked) -> Shown {
    let text = figure_text(unit, figure);
    let number = text.replace([',', '%'], "").parse::<f64>().ok();
    Shown { number: number.map(|n| if unit == "%" { n / 100.0 } else { n }), text }
}

/// A figure in words: blank where there is nothing to divide by.
pub fn figure_text(unit: &str, figure: Worked) -> String {
    if figure.of == 0 {
        return String::new();
    }
    let whole = figure.number / figure.of;
    match unit {
        "%" => figure.percent(),
        "万元" => i64::try_from(whole).map(amount::wan_yuan).unwrap_or_default(),
        "元" => i64::try_from(whole).map(amount::yuan).unwrap_or_default(),
        _ => thousands(whole),
    }
}

/// A number with its thousands set apart.
pub fn thousands(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_rounded_half_up_and_blank_where_there_is_nothing() {
        let rate = |number, of| figure_text("%", Worked { number, of });
        assert_eq!(rate(1, 3), "33.33%");
        assert_eq!(rate(2, 3), "66.67%");
        assert_eq!(rate(1, 1), "100.00%");
        assert_eq!(rate(1, 20_000), "0.01%");
        assert_eq!(rate(0, 7), "0.00%");
        assert_eq!(rate(0, 0), "");
    }

    #[test]
    fn a_cell_of_a_sheet_is_the_number_that_is_read() {
        assert_eq!(shown("件", Worked::whole(12_345)).number, Some(12_345.0));
        assert_eq!(shown("%", Worked { number: 1, of: 3 }).number, Some(0.3333));
        assert_eq!(shown("万元", Worked::whole(2_873_800_000)).text, "2,873.80");
    }
}
