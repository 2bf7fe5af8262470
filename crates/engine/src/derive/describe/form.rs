//! Forms and lists as clerks see them.

use super::note;
use crate::{
    definition::{Bound, Field, Fields, House, NamedRule, RecordKind, Required},
    kind::Shape,
};
use std::{fmt::Write, sync::Arc};

/// Every form, then every list.
pub fn text(house: &House, kinds: &[&Arc<RecordKind>]) -> String {
    let mut out = String::new();
    for kind in kinds {
        let _ = writeln!(out, "表单 {}{}", kind.label, note(&kind.basis));
        for (index, group) in kind.groups.iter().enumerate() {
            let when = group.show.as_ref().map(|r| format!("（仅当{}）", r.words));
            let _ = writeln!(out, "  {}{}", group.label, when.unwrap_or_default());
            for field in kind.fields.iter().filter(|f| f.group == index) {
                line(&mut out, house, field, "    ");
                if let Shape::Rows(row) = field.kind.shape()
                    && let Some(row) = kind.rows.get(row)
                {
                    rows(&mut out, house, &row.fields);
                    rules(&mut out, &row.rules, "      ");
                }
            }
        }
        rules(&mut out, &kind.rules, "  ");
        for list in &kind.lists {
            let when = list.when.as_ref().map(|r| format!("（仅{}）", r.words));
            let order = if list.descending { "倒" } else { "" };
            let _ = writeln!(
                out,
                "  列表 {}{}：{}；筛选 {}；按 {}{order}",
                list.label,
                when.unwrap_or_default(),
                labels(kind, &list.columns),
                labels(kind, &list.filters),
                label(kind, &list.order),
            );
        }
        out.push('\n');
    }
    out
}

fn rows(out: &mut String, house: &House, fields: &Fields) {
    for field in fields {
        line(out, house, field, "      ");
    }
}

fn rules(out: &mut String, rules: &[NamedRule], indent: &str) {
    for rule in rules {
        let verb = if rule.warning { "提醒" } else { "须" };
        let when = rule.when.as_ref().map(|w| format!("当{}时，", w.words)).unwrap_or_default();
        let words = &rule.condition.words;
        let _ =
            writeln!(out, "{indent}{verb} {when}{words}{}：{}", note(&rule.basis), rule.message);
    }
}

fn line(out: &mut String, house: &House, field: &Field, indent: &str) {
    let mut parts = vec![field.kind.word().to_owned()];
    match field.kind.shape() {
        Shape::Code(table) | Shape::Codes(table) => parts.push(table.to_owned()),
        Shape::Reference(kind) => {
            parts.push(house.kind(kind).map_or(kind.to_owned(), |k| k.label.clone()));
        }
        _ => {}
    }
    match &field.required {
        Required::No => {}
        Required::Yes => parts.push("必填".to_owned()),
        Required::When(rule) => parts.push(format!("当{}时必填", rule.words)),
    }
    if field.read_only {
        parts.push("系统填写".to_owned());
    }
    if let Some(least) = &field.least {
        parts.push(format!("不少于{}", bound(least)));
    }
    if let Some(most) = &field.most {
        parts.push(format!("不多于{}", bound(most)));
    }
    if let Some(show) = &field.show {
        parts.push(format!("仅当{}", show.words));
    }
    if let Some(rule) = field.kind.rule() {
        parts.push(rule.words.clone());
    }
    let _ = writeln!(out, "{indent}{}：{}{}", field.label, parts.join("，"), note(&field.basis));
}

fn bound(bound: &Bound) -> String {
    match bound {
        Bound::Number(number) => number.to_string(),
        Bound::Date(date) => crate::check::date::show(*date),
        Bound::Today => "今日".to_owned(),
    }
}

fn label(kind: &RecordKind, id: &str) -> String {
    match (kind.fields.get(id), id) {
        (Some(field), _) => field.label.clone(),
        (None, "state") => "状态".to_owned(),
        (None, "unit") => "所属单位".to_owned(),
        (None, "title") => "题名".to_owned(),
        (None, "created_at" | "created_on" | "") => "登记时间".to_owned(),
        (None, other) => other.to_owned(),
    }
}

fn labels(kind: &RecordKind, ids: &[String]) -> String {
    ids.iter().map(|id| label(kind, id)).collect::<Vec<_>>().join("、")
}
