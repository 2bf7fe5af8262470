//! From files to definitions. This file finds its way through `businesses/`; `read_record` and
//! `read_statistic` read the two large kinds of file; `check` does what needs the whole.

use super::{
    Answers, Business, CodeTable, Finding, House, Intake, Law, LawText, Place, Role, check,
    example,
    node::{Node, Source, nodes, parse},
    read_record::read_record,
    read_statistic::{read_report, read_statistic},
};
use crate::deadline::Calendar;
use sm3::{Digest, Sm3};
use std::{collections::btree_map::Entry, sync::Arc};

/// One file of `businesses/`.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path below `businesses/`, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Reads and checks all definitions. The house is as complete as the findings allow; with any
/// finding it must not be worked with.
pub fn read(files: &[SourceFile]) -> (House, Vec<Finding>) {
    let mut house = House { version: version(files), ..House::default() };
    let mut findings = Vec::new();
    for file in files {
        read_file(file, &mut house, &mut findings);
    }
    house.businesses.sort_by_key(|b| (b.order, b.id.clone()));
    check::check(&mut house, &mut findings);
    (house, findings)
}

/// A hash over everything that can change what the house does; READMEs, worked examples and derived
/// text cannot.
fn version(files: &[SourceFile]) -> String {
    let beside = |f: &SourceFile| {
        f.path.contains("/examples/") || f.path.contains("/derived/") || f.path.ends_with(".md")
    };
    let mut hash = Sm3::new();
    for file in files.iter().filter(|f| !beside(f)) {
        hash.update(file.path.as_bytes());
        hash.update([0]);
        hash.update(file.text.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
}

fn read_file(file: &SourceFile, house: &mut House, findings: &mut Vec<Finding>) {
    let parts: Vec<&str> = file.path.split('/').collect();
    let name = file.path.rsplit('/').next().unwrap_or_default();
    match parts.as_slice() {
        [_, "calendars", _] => {
            read_calendar(file, house, findings);
        }
        [_, "codes", _] if name.ends_with(".csv") => {
            let id = name.trim_end_matches(".csv");
            let table = CodeTable::read(id, &file.path, &file.text, findings);
            if house.codes.insert(id.to_owned(), Arc::new(table)).is_some() {
                let place = Place { file: file.path.as_str().into(), ..Place::default() };
                findings.push(Finding::new(506, &place, format!("代码表“{id}”有两个文件")));
            }
        }
        [_, "documents", _] if name.ends_with(".typ") => {
            house.templates.insert(file.path.clone(), file.text.clone());
        }
        [business, ..] if name.ends_with(".kdl") => {
            let source = Source::new(&file.path, &file.text);
            if let Some(document) = parse(&source, findings) {
                for node in nodes(&document, &source) {
                    read_node(business, node, house, findings);
                }
            }
        }
        _ => {}
    }
}

fn read_node(business: &str, node: Node<'_>, house: &mut House, findings: &mut Vec<Finding>) {
    match node.word() {
        "业务" => {
            house.intakes.extend(node.all("接").map(|line| read_intake(business, line)));
            house.answers.extend(node.all("答").map(|line| read_answers(business, line)));
            house.businesses.push(read_business(node));
        }
        "角色" => house.roles.push(read_role(node)),
        "法" => {
            let since = |node: Node<'_>| node.setting_text("施行");
            let text = |n: Node<'_>| LawText { name: n.text(0), since: since(n) };
            let texts = node.all("文本").map(text).collect();
            let law = Law { name: node.text(1), since: since(node), texts };
            house.laws.insert(node.text(0), law);
        }
        "档案" => {
            let kind = read_record(business, node, findings);
            add(&mut house.kinds, kind.id.clone(), kind, node, findings);
        }
        "统计" => {
            let statistic = read_statistic(node, findings);
            add(&mut house.statistics, statistic.id.clone(), statistic, node, findings);
        }
        "报表" => {
            let report = read_report(business, node, findings);
            add(&mut house.reports, report.id.clone(), report, node, findings);
        }
        "对照" => house.maps.push(super::mapping::read_map(node, findings)),
        "例" | "样" => house.examples.push(example::read_example(node, findings)),
        other => findings.push(unknown_word(
            node,
            other,
            &["业务", "角色", "法", "对照", "档案", "统计", "报表", "例", "样"],
        )),
    }
}

fn add<T>(
    map: &mut std::collections::BTreeMap<String, Arc<T>>,
    id: String,
    item: T,
    node: Node<'_>,
    findings: &mut Vec<Finding>,
) {
    let message = format!("“{id}”已经有了");
    match map.entry(id) {
        Entry::Vacant(place) => {
            place.insert(Arc::new(item));
        }
        Entry::Occupied(_) => findings
            .push(Finding::new(201, &node.place(), message).fix("标识不能重复，请换一个标识")),
    }
}

fn read_business(node: Node<'_>) -> Business {
    Business {
        id: node.text(0),
        label: node.text(1),
        help: node.child_text("说明"),
        basis: node.child_text("依据"),
        order: node.child_text("次序").parse().unwrap_or(99),
        icon: node.child_text("图标"),
        kinds: node.all("档案").flat_map(|n| n.arguments()).map(|w| w.text).collect(),
        place: node.place(),
    }
}

/// `接 resettled_person 自=corr_subject "解除矫正人员"`.
fn read_intake(business: &str, line: Node<'_>) -> Intake {
    Intake {
        business: business.to_owned(),
        kind: line.text(0),
        from: line.setting_text("自"),
        help: line.text(1),
        place: line.place(),
    }
}

/// `答 corr_case 问=pub_lmr "法律明白人的资格核查"`.
fn read_answers(business: &str, line: Node<'_>) -> Answers {
    Answers {
        business: business.to_owned(),
        kind: line.text(0),
        to: line.setting_text("问"),
        help: line.text(1),
        place: line.place(),
    }
}

fn read_role(node: Node<'_>) -> Role {
    Role {
        id: node.text(0),
        label: node.text(1),
        help: node.child_text("说明"),
        level: node.setting_text("级"),
    }
}

/// Finding 103: a word the language does not know.
pub fn unknown_word(node: Node<'_>, word: &str, known: &[&str]) -> Finding {
    let finding = Finding::new(103, &node.place(), format!("不认识“{word}”"));
    match super::nearest(word, known.iter().copied()) {
        Some(near) => finding.fix(format!("是不是“{near}”？")),
        None => finding.fix(format!("这里可以写：{}", known.join("、"))),
    }
}

/// A file of announced days; its years stand as a whole.
fn read_calendar(file: &SourceFile, house: &mut House, findings: &mut Vec<Finding>) {
    let (calendar, wrong) = Calendar::read(&file.text);
    house.calendar.overlay(&calendar);
    for (line, words) in wrong {
        let place = Place { file: file.path.as_str().into(), line, column: 0 };
        findings.push(Finding::new(507, &place, format!("节假日表：{words}")));
    }
}
