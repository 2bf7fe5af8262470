//! Statistics and reports read from their lines.

use super::{
    Adds, Confirms, Cycle, Finding, Measure, Report, ReportCheck, ReportColumn, ReportGroup,
    Statistic, Stock,
    node::{Node, Written},
    read::unknown_word,
};
use crate::{
    query::Comparison,
    rule::{Figure, Rule},
};

/// What a statistic is called that counts what there is, not what happened.
const STOCK: &str = "存量";

/// Reads `统计 …`.
pub fn read_statistic(node: Node<'_>, findings: &mut Vec<Finding>) -> Statistic {
    let mut measures = Vec::new();
    for line in node.children() {
        match line.word() {
            "说明" => {}
            "量" => measures.push(read_measure(line)),
            other => findings.push(unknown_word(line, other, &["说明", "量"])),
        }
    }
    Statistic {
        id: node.text(0),
        label: node.text(1),
        help: node.child_text("说明"),
        kind: node.setting_text("档案"),
        month: node.setting_text("月"),
        stock: read_stock(node, findings),
        when: node.setting("当").map(Rule::written),
        measures,
        place: node.place(),
    }
}

/// `存量 至=FIELD`, or `存量` alone.
fn read_stock(node: Node<'_>, findings: &mut Vec<Finding>) -> Option<Stock> {
    let more = node.arguments();
    let is_stock = more.iter().any(|word| word.text == STOCK);
    for word in more.iter().skip(2).filter(|word| word.text != STOCK) {
        let message = format!("统计不认识“{}”", word.text);
        findings.push(Finding::new(103, &word.place, message).fix("这里可以写：存量"));
    }
    match node.setting("至") {
        Some(until) if is_stock => Some(Stock::Until(until.text)),
        Some(until) => {
            let message = "“至”只写在存量里";
            findings.push(Finding::new(612, &until.place, message).fix("存量 至=字段"));
            None
        }
        None => is_stock.then_some(Stock::AsKept),
    }
}

fn read_measure(node: Node<'_>) -> Measure {
    let row_rule = || node.setting("行当").map(Rule::written);
    let sum = node.setting_text("合计");
    let adds = match (node.setting("个数"), sum.split_once('.')) {
        (Some(rows), _) => Adds::Rows(rows.text, row_rule()),
        (None, Some((rows, field))) => Adds::RowSum(rows.to_owned(), field.to_owned(), row_rule()),
        (None, None) if sum.is_empty() => Adds::One,
        (None, None) => Adds::Field(sum),
    };
    Measure {
        id: node.text(0),
        label: node.text(1),
        unit: node.setting_text("单位"),
        when: node.setting("当").map(Rule::written),
        adds,
        by: node.setting_text("分").split_whitespace().map(str::to_owned).collect(),
    }
}

/// Reads `报表 …`.
pub fn read_report(business: &str, node: Node<'_>, findings: &mut Vec<Finding>) -> Report {
    let mut report = Report {
        id: node.text(0),
        label: node.text(1),
        business: business.to_owned(),
        help: node.child_text("说明"),
        basis: node.setting_text("依据"),
        cycles: Vec::new(),
        confirms: Vec::new(),
        at_end: node.child("累计").is_some(),
        guarded_below: 0,
        groups: Vec::new(),
        checks: Vec::new(),
        place: node.place(),
    };
    for line in node.children() {
        match line.word() {
            "说明" | "累计" => {}
            "期" => report.cycles = read_cycles(line, findings),
            "确认" => report.confirms = read_confirms(line),
            "公开" => report.guarded_below = read_guard(line, findings),
            "栏组" => report.groups.push(read_group(line, findings)),
            "核对" => report.checks.extend(read_check(line, findings)),
            other => findings.push(unknown_word(
                line,
                other,
                &["说明", "期", "累计", "确认", "公开", "栏组", "核对"],
            )),
        }
    }
    report
}

fn read_cycles(node: Node<'_>, findings: &mut Vec<Finding>) -> Vec<Cycle> {
    let mut cycles = Vec::new();
    for written in node.arguments() {
        match Cycle::ALL.into_iter().find(|cycle| cycle.word() == written.text) {
            Some(cycle) => cycles.push(cycle),
            None => findings.push(
                Finding::new(609, &written.place, format!("不认识期“{}”", written.text))
                    .fix("月、季、半年、年"),
            ),
        }
    }
    cycles
}

/// `确认 乡=office 县="county review"`: levels with their roles.
fn read_confirms(node: Node<'_>) -> Vec<Confirms> {
    let confirms = |(level, written): (String, Written)| Confirms {
        level,
        roles: written.text.split_whitespace().map(str::to_owned).collect(),
        place: written.place,
    };
    node.settings().into_iter().map(confirms).collect()
}

fn read_guard(node: Node<'_>, findings: &mut Vec<Finding>) -> i64 {
    match node.setting_text("少于").parse() {
        Ok(least) if least > 1 => least,
        _ => {
            let message = "“公开”要写明少于多少的数不公布";
            findings.push(Finding::new(611, &node.place(), message).fix("如 公开 少于=\"5\""));
            0
        }
    }
}

fn read_group(node: Node<'_>, findings: &mut Vec<Finding>) -> ReportGroup {
    let mut columns = Vec::new();
    for line in node.children() {
        match line.word() {
            "栏" => columns.extend(read_column(line, findings)),
            other => findings.push(unknown_word(line, other, &["栏"])),
        }
    }
    ReportGroup { label: node.text(0), columns }
}

fn read_column(node: Node<'_>, findings: &mut Vec<Finding>) -> Option<ReportColumn> {
    let known = ["值", "单位", "依据"];
    for (name, written) in
        node.settings().iter().filter(|(name, _)| !known.contains(&name.as_str()))
    {
        let finding = Finding::new(103, &written.place, format!("不认识设置“{name}”"));
        findings.push(finding.fix(format!("这里可以写：{}", known.join("、"))));
    }
    let written = node.setting("值").unwrap_or_default();
    let value = figure(&written, &written.text, findings)?;
    Some(ReportColumn {
        id: node.text(0),
        label: node.text(1),
        unit: node.setting_text("单位"),
        value,
        basis: node.setting_text("依据"),
        place: node.place(),
    })
}

fn figure(written: &Written, text: &str, findings: &mut Vec<Finding>) -> Option<Figure> {
    match Figure::parse(text) {
        Ok(figure) => Some(figure),
        Err(message) => {
            findings.push(Finding::new(601, &written.place, message));
            None
        }
    }
}

const COMPARISONS: [(&str, Comparison); 8] = [
    ("≤", Comparison::LessOrEqual),
    ("≥", Comparison::GreaterOrEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("=", Comparison::Equal),
    ("≠", Comparison::NotEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

fn read_check(node: Node<'_>, findings: &mut Vec<Finding>) -> Option<ReportCheck> {
    let written = node.setting("须").unwrap_or_default();
    let split = COMPARISONS.iter().find_map(|(sign, comparison)| {
        // A sign inside [ ] belongs to a dimension, not to the check.
        outside_brackets(&written.text, sign)
            .map(|at| (&written.text[..at], *comparison, &written.text[at + sign.len()..]))
    });
    let Some((left, comparison, right)) = split else {
        findings.push(
            Finding::new(602, &written.place, "核对要有一个比较符号").fix("如 total = a + b"),
        );
        return None;
    };
    Some(ReportCheck {
        id: node.text(0),
        label: node.text(1),
        left: figure(&written, left, findings)?,
        comparison,
        right: figure(&written, right, findings)?,
        text: written.text.clone(),
    })
}

fn outside_brackets(text: &str, sign: &str) -> Option<usize> {
    text.match_indices(sign)
        .map(|(at, _)| at)
        .find(|&at| text[..at].matches('[').count() == text[..at].matches(']').count())
}
