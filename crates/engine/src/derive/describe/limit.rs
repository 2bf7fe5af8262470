//! A time limit in one sentence.

use super::note;
use crate::{
    deadline::{Bound, Length, Start, System, Unit},
    definition::{DeadlineRule, LEVELS, RecordKind},
};

/// `受理答复：自登记日期次日起3个工作日，提前1日提醒（依据）`.
pub fn text(kind: &RecordKind, rule: &DeadlineRule) -> String {
    format!("{}：{}{}", rule.label, sentence(kind, rule), note(&rule.basis))
}

/// How long: `15日`, or `“刑期月数”个月` where the record says how many.
pub fn length(kind: &RecordKind, rule: &DeadlineRule) -> String {
    match rule.count_from.as_str() {
        "" => rule.counting.length.show(),
        field => format!("“{}”{}", label(kind, field), rule.counting.length.unit.show()),
    }
}

/// How it is counted, without its name and law.
pub fn sentence(kind: &RecordKind, rule: &DeadlineRule) -> String {
    let counting = &rule.counting;
    let (from, length) = (label(kind, &rule.from), length(kind, rule));
    let mut words = match (counting.bound, counting.system, counting.start) {
        (Bound::Before, ..) => format!("{from}之前{length}"),
        _ if counting.length.unit == Unit::Hour => format!("自{from}起{length}"),
        (_, System::Penalty, _) => format!("自{from}起（当日计入刑期）{length}"),
        (_, _, Start::SameDay) => format!("自{from}当日起{length}"),
        (_, _, Start::NextDay) => format!("自{from}次日起{length}"),
    };
    if rule.repeats {
        words = format!("每{length}一次：{words}");
    }
    if counting.bound == Bound::Under {
        words += "（不满，不含末日）";
    }
    if counting.system == System::Criminal {
        words += "，按刑事期间计算";
    }
    if !rule.credit_from.is_empty() {
        let field = label(kind, &rule.credit_from);
        words += &format!("，“{field}”一日折抵{}日", counting.credit);
    }
    for stop in &rule.stops {
        words += &format!("，{}至{}中止", label(kind, &stop.from), label(kind, &stop.to));
    }
    if let Some(extension) = counting.extension {
        let by = granted_by(kind, &rule.added_by);
        words += &format!("，{by}可以延长{}", extension.show());
    }
    if !rule.extended_by.is_empty() {
        let by = granted_by(kind, &rule.moved_by);
        words += &format!("，{by}可以延期（填“{}”）", label(kind, &rule.extended_by));
    }
    if counting.rolls {
        words += &format!("，末日是休假日的顺延{}", note(&counting.roll_basis));
    }
    if rule.repeats {
        words += &format!("，有{}的从那天重新起算", label(kind, &rule.ended_by));
    } else if !rule.ended_by.is_empty() {
        words += &format!("，有{}的到此为止", label(kind, &rule.ended_by));
    }
    if rule.warn != Length::NONE || rule.raise.iter().all(Option::is_none) {
        let warned: Vec<String> =
            std::iter::once(&rule.warn).chain(&rule.warn_again).map(|w| w.show()).collect();
        words += &format!("，提前{}提醒", warned.join("、"));
    }
    for (level, after) in LEVELS.iter().zip(rule.raise) {
        let Some(after) = after else { continue };
        words += &format!("，超期{}报{level}", after.show());
    }
    if let Some(at_end) = &rule.at_end {
        let action = kind.action(&at_end.action).map_or(at_end.action.as_str(), |a| &a.label);
        words += &format!("，到期没有办的次日由平台“{action}”");
    }
    words
}

fn granted_by(kind: &RecordKind, field: &str) -> String {
    match field {
        "" => String::new(),
        field => format!("经{}批准", label(kind, field)),
    }
}

fn label(kind: &RecordKind, id: &str) -> String {
    if id == "created_on" {
        return "登记日期".to_owned();
    }
    let (outer, inner) = id.split_once('.').unwrap_or((id, ""));
    let Some(field) = kind.fields.get(outer) else { return id.to_owned() };
    match field.kind.shape() {
        crate::kind::Shape::Rows(row) => {
            let row = kind.rows.get(row).and_then(|row| row.fields.get(inner));
            format!("{}的{}", field.label, row.map_or(inner, |f| f.label.as_str()))
        }
        _ => field.label.clone(),
    }
}
