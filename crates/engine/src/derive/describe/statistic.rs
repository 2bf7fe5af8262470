//! Statistics and reports in words.

use super::note;
use crate::{
    definition::{Adds, Confirms, House, RecordKind, Report, Stock},
    rule::Figure,
};
use std::{fmt::Write, sync::Arc};

/// Every statistic of these kinds, then every report of the business.
pub fn text(house: &House, business: &str, kinds: &[&Arc<RecordKind>]) -> String {
    let mut out = String::new();
    for kind in kinds {
        for statistic in house.statistics_of(&kind.id) {
            let month = kind.fields.get(&statistic.month).map_or("登记日期", |f| &f.label);
            let when = statistic.when.as_ref().map(|r| r.words.as_str()).unwrap_or("全部");
            let time = match &statistic.stock {
                None => format!("按{month}所在月"),
                Some(Stock::Until(until)) => {
                    format!("存量：从{month}起，到{}止", label(kind, until))
                }
                Some(Stock::AsKept) => format!("存量：{month}在期末以前，按期末那天档案的情况"),
            };
            let _ = writeln!(out, "统计 {}：{}，{time}，{when}", statistic.label, kind.label);
            for measure in &statistic.measures {
                let what = match &measure.adds {
                    Adds::One => "件数".to_owned(),
                    Adds::Field(field) => format!("{}合计", label(kind, field)),
                    Adds::Rows(rows, _) => format!("{}个数", label(kind, rows)),
                    Adds::RowSum(rows, field, _) => format!("{}的{field}合计", label(kind, rows)),
                };
                let when = measure.when.as_ref().map(|r| format!("，{}", r.words));
                let by: Vec<&str> = measure.by.iter().map(|f| label(kind, f)).collect();
                let _ = writeln!(
                    out,
                    "  {}：{what}{}；分 {}",
                    measure.label,
                    when.unwrap_or_default(),
                    by.join("、")
                );
            }
        }
    }
    for report in house.reports.values().filter(|r| r.business == business) {
        let _ = writeln!(out, "报表 {}{}", report.label, note(&report.basis));
        filing(house, report, &mut out);
        for group in &report.groups {
            let _ = writeln!(out, "  {}", group.label);
            for column in &group.columns {
                let value = figure(&column.value);
                let _ = writeln!(out, "    {}（{}）= {value}", column.label, column.unit);
            }
        }
        for check in &report.checks {
            let _ = writeln!(out, "  核对 {} {}：{}", check.id, check.label, check.text);
        }
    }
    out
}

/// When it is confirmed, and by whom.
fn filing(house: &House, report: &Report, out: &mut String) {
    if report.at_end {
        let _ = writeln!(out, "  全是期末数");
    }
    let role = |id: &String| {
        house.roles.iter().find(|r| r.id == *id).map_or(id.clone(), |r| r.label.clone())
    };
    let level = |one: &Confirms| {
        let roles: Vec<String> = one.roles.iter().map(role).collect();
        format!("{}（{}）", one.level, roles.join("、"))
    };
    if !report.confirms.is_empty() {
        let cycles: Vec<&str> = report.cycles.iter().map(|cycle| cycle.word()).collect();
        let levels: Vec<String> = report.confirms.iter().map(level).collect();
        let (cycles, levels) = (cycles.join("、"), levels.join("、"));
        let _ = writeln!(out, "  按{cycles}逐级确认：{levels}");
    }
    if report.guarded_below > 0 {
        let _ = writeln!(out, "  公开时少于{}的数不公布", report.guarded_below);
    }
}

fn label<'k>(kind: &'k RecordKind, id: &'k str) -> &'k str {
    kind.fields.get(id).map_or(id, |f| &f.label)
}

fn figure(value: &Figure) -> String {
    match value {
        Figure::Measure { statistic, measure, by, when } => {
            let by = by.as_ref().map(|(d, c)| format!("[{d}={c}]")).unwrap_or_default();
            format!("{} {statistic}.{measure}{by}", when.word()).trim_start().to_owned()
        }
        Figure::Column(id) => id.clone(),
        Figure::Number(number) => number.to_string(),
        Figure::Sum(terms) => {
            let each = terms
                .iter()
                .map(|(plus, f)| format!("{} {}", if *plus { "+" } else { "-" }, figure(f)));
            each.collect::<Vec<_>>().join(" ")
        }
        Figure::Times(a, b) => format!("{} × {}", figure(a), figure(b)),
        Figure::Ratio(a, b) => format!("{} ÷ {}", figure(a), figure(b)),
    }
}
