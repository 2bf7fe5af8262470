//! 期限 read from its lines. What names lead to is looked at in `check_deadline`.

use super::{
    DeadlineRule, Finding, LEVELS, StopRule,
    node::{Node, Written},
    read::unknown_word,
};
use crate::{
    deadline::{Bound, Counting, Length, Start, System, Unit},
    rule::Rule,
};

const LINES: &[&str] = &[
    "起", "长", "每", "算", "顺延", "中止", "延至", "延长", "折抵", "止", "止于", "提前", "升级",
    "到期", "当", "依据",
];

/// Reads `期限 …`.
pub fn read_deadline(node: Node<'_>, findings: &mut Vec<Finding>) -> DeadlineRule {
    let mut rule = DeadlineRule {
        id: node.text(0),
        label: node.text(1),
        from: node.child_text("起"),
        counting: Counting::default(),
        count_from: String::new(),
        until: node.all("止").flat_map(|n| n.arguments()).map(|w| w.text).collect(),
        ended_by: node.child_text("止于"),
        runs_in: Vec::new(),
        stops: node.all("中止").map(read_stop).collect(),
        extended_by: node.child_text("延至"),
        moved_by: String::new(),
        added_on: String::new(),
        added_by: String::new(),
        credit_from: node.child_text("折抵"),
        warn: Length::NONE,
        warn_again: Vec::new(),
        repeats: node.child("每").is_some(),
        raise: [None; 3],
        at_end: node.child("到期").map(|line| super::at_end::read(line, findings)),
        when: node.child_written("当").map(Rule::written),
        basis: node.child_text("依据"),
        place: node.place(),
    };
    if node.child("长").is_none() && !rule.repeats {
        findings.push(
            Finding::new(401, &node.place(), format!("期限“{}”没有写多长", rule.label)).fix(
                "写 长 \"15 日\"；到登记的日期为止的写 长 \"0 日\"；一次次回来的写 每 \"1 月\"",
            ),
        );
    }
    for line in node.children() {
        read_line(line, &mut rule, findings);
    }
    rule
}

fn read_line(line: Node<'_>, rule: &mut DeadlineRule, findings: &mut Vec<Finding>) {
    let words = line.arguments();
    match line.word() {
        "起" => {
            let known = [("次日", Start::NextDay), ("当日", Start::SameDay)];
            if let Some(start) = choice(words.get(1), &known, findings) {
                rule.counting.start = start;
            }
        }
        "长" | "每" => read_length(&words, rule, findings),
        "算" => {
            let known = [
                ("期间", System::Civil),
                ("刑事期间", System::Criminal),
                ("刑期", System::Penalty),
            ];
            if let Some(system) = choice(words.first(), &known, findings) {
                rule.counting.system = system;
            }
        }
        "顺延" => {
            rule.counting.rolls = true;
            rule.counting.roll_basis = line.text(0);
        }
        "延至" => rule.moved_by = line.setting_text("由"),
        "延长" => {
            rule.counting.extension = words.first().and_then(|w| length(w, findings));
            rule.added_on = line.setting_text("于");
            rule.added_by = line.setting_text("由");
        }
        "折抵" => {
            let written = line.setting("一日");
            let days = written.as_ref().and_then(|w| w.text.parse().ok());
            if let (Some(written), None) = (&written, days) {
                findings.push(
                    Finding::new(411, &written.place, "折抵要写一日抵几日")
                        .fix("如 折抵 custody_days 一日=\"2\""),
                );
            }
            rule.counting.credit = days.unwrap_or(1);
        }
        "提前" => {
            let mut lengths = words.iter().filter_map(|word| length(word, findings));
            rule.warn = lengths.next().unwrap_or(Length::NONE);
            rule.warn_again = lengths.collect();
        }
        "升级" => {
            for (level, after) in line.settings() {
                match LEVELS.iter().position(|known| *known == level) {
                    Some(index) => rule.raise[index] = length(&after, findings),
                    None => findings.push(
                        Finding::new(411, &after.place, format!("不能升级到“{level}”"))
                            .fix("写 县、市、省，如 升级 县=\"1 日\" 市=\"10 日\""),
                    ),
                }
            }
        }
        "止" | "止于" | "中止" | "到期" | "当" | "依据" => {}
        other => findings.push(unknown_word(line, other, LINES)),
    }
}

/// `长 "15 日" [以内|不满|之前]`, or `长 FIELD "月"` where the record says how many.
fn read_length(words: &[Written], rule: &mut DeadlineRule, findings: &mut Vec<Finding>) {
    let Some(first) = words.first() else { return };
    let by_field = first.text.starts_with(|c: char| c.is_ascii_lowercase());
    let bound = if by_field {
        rule.count_from.clone_from(&first.text);
        let unit = words.get(1).and_then(|w| Unit::read(&w.text));
        if unit.is_none() {
            let place = words.get(1).map_or(&first.place, |w| &w.place);
            findings.push(
                Finding::new(401, place, format!("“{}”后面要写单位", first.text))
                    .fix("如 长 term_months \"月\""),
            );
        }
        rule.counting.length = Length { count: 0, unit: unit.unwrap_or(Unit::Day) };
        words.get(2)
    } else {
        rule.counting.length = length(first, findings).unwrap_or(Length::NONE);
        words.get(1)
    };
    let known = [
        ("以内", Bound::Within),
        ("不超过", Bound::Within),
        ("不满", Bound::Under),
        ("之前", Bound::Before),
    ];
    if let Some(bound) = choice(bound, &known, findings) {
        rule.counting.bound = bound;
    }
}

fn read_stop(line: Node<'_>) -> StopRule {
    StopRule {
        from: line.text(0),
        to: line.setting_text("至"),
        state: line.setting_text("状态"),
        place: line.place(),
    }
}

fn length(written: &Written, findings: &mut Vec<Finding>) -> Option<Length> {
    let read = Length::read(&written.text);
    if read.is_none() {
        findings.push(
            Finding::new(401, &written.place, format!("“{}”不是一段时间", written.text))
                .fix("如 48 小时、3 工作日、15 日、1 月、半个月、3 年"),
        );
    }
    read
}

/// One of a few words; none written is none meant.
fn choice<T: Copy>(
    written: Option<&Written>,
    known: &[(&str, T)],
    findings: &mut Vec<Finding>,
) -> Option<T> {
    let written = written?;
    let found = known.iter().find(|(word, _)| *word == written.text).map(|(_, meant)| *meant);
    if found.is_none() {
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        findings.push(
            Finding::new(411, &written.place, format!("不认识“{}”", written.text))
                .fix(format!("可以写：{}", words.join("、"))),
        );
    }
    found
}
