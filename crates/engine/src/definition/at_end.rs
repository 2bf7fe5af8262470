//! `到期 推 ACTION`: what the house does itself on the day after a limit has ended unfinished.

use super::{
    DeadlineRule, Finding, Place, RecordKind,
    node::{Node, Written},
};
use crate::{
    kind::Shape,
    query::{Filter, Term},
    record::{Links, View},
};
use jiff::civil::Date;

/// An action that the house does on the day after the last one.
#[derive(Clone, Debug)]
pub struct AtEnd {
    /// The action of the record's own flow.
    pub action: String,
    /// Fields that get the limit's last day; the action asks them.
    pub last_day_in: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

/// Reads `到期 推 ACTION` and `到期 推 ACTION { 设 FIELD=末日 }`.
pub(super) fn read(line: Node<'_>, findings: &mut Vec<Finding>) -> AtEnd {
    let mut say = |place: &Place, message: String| {
        findings.push(
            Finding::new(411, place, message)
                .fix("如 到期 推 late，或者 到期 推 deemed { 设 accepted_on=末日 }"),
        );
    };
    if line.text(0) != "推" || line.text(1).is_empty() {
        say(&line.place(), "“到期”后面写 推 和本档案的一个动作".to_owned());
    }
    let mut last_day_in = Vec::new();
    for child in line.children() {
        if child.word() != "设" {
            say(&child.place(), format!("“到期”里面不认识“{}”", child.word()));
        }
        for (field, Written { text, place }) in child.settings() {
            if text != "末日" {
                say(&place, format!("“到期”里的 设 只能设末日，不能设“{text}”"));
            }
            last_day_in.push(field);
        }
    }
    AtEnd { action: line.text(1), last_day_in, place: line.place() }
}

/// Finding 431: an action that the house cannot do by itself, or not wherever the limit runs.
pub(super) fn check(kind: &RecordKind, rule: &DeadlineRule, findings: &mut Vec<Finding>) {
    let Some(at_end) = &rule.at_end else { return };
    let mut say = |message: String, fix: &str| {
        findings.push(Finding::new(431, &at_end.place, message).fix(fix));
    };
    let Some(action) = kind.action(&at_end.action) else {
        let near = super::nearest(&at_end.action, kind.actions.iter().map(|a| a.id.as_str()));
        let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
        return say(format!("“{}”没有动作“{}”", kind.label, at_end.action), &fix);
    };
    for asked in action.asks.iter().filter(|asked| asked.required && asked.default.is_empty()) {
        if !at_end.last_day_in.contains(&asked.field) {
            let message = format!("到期由平台办“{}”，没有人填“{}”", action.label, asked.field);
            say(message, "改成 可填，写默认值，或者另写一个不用填的动作");
        }
    }
    for field in &at_end.last_day_in {
        let asked = action.asks.iter().any(|asked| asked.field == *field);
        let is_date = kind.fields.get(field).is_some_and(|f| f.kind.shape() == Shape::Date);
        if !asked || !is_date {
            let message = format!("动作“{}”不填日期“{field}”，不能设末日", action.label);
            say(message, "在动作里写 填 或者 可填 这个日期字段");
        }
    }
    for state in rule.runs_in.iter().filter_map(|id| kind.state(id)) {
        let stays = state.id == action.to;
        if may_run(rule, &state.id) && !stays && !state.can.contains(&action.id) {
            let message = format!(
                "期限“{}”在“{}”里也计算，那里不能“{}”",
                rule.label, state.label, action.label
            );
            say(message, "在那个状态里写 可，或者用 当 把那个状态除外");
        }
    }
}

/// Whether the limit's condition leaves open that it runs in this state.
fn may_run(rule: &DeadlineRule, state: &str) -> bool {
    rule.when.as_ref().is_none_or(|when| possible(&when.filter, state))
}

/// Whether the filter can hold for a record of this state; what it asks of anything else is open.
fn possible(filter: &Filter, state: &str) -> bool {
    match filter {
        Filter::All(all) => all.iter().all(|one| possible(one, state)),
        Filter::Any(any) => any.iter().any(|one| possible(one, state)),
        _ if asks_state_alone(filter) => {
            let (links, cells) = (Links::default(), [("state".to_owned(), state.into())].into());
            filter.holds(&View::row(&cells, &links, Date::ZERO)) == Some(true)
        }
        _ => true,
    }
}

fn asks_state_alone(filter: &Filter) -> bool {
    match filter {
        Filter::Refers { .. } => false,
        Filter::Not(one) | Filter::Surely(one) => asks_state_alone(one),
        Filter::All(some) | Filter::Any(some) => some.iter().all(asks_state_alone),
        _ => {
            let mut alone = true;
            filter.terms(&mut |term| {
                let is_state = matches!(term, Term::Column(column) if column == "state");
                alone &= is_state || matches!(term, Term::Value(_));
            });
            alone
        }
    }
}
