//! States, actions and time limits.

use super::{limit, note};
use crate::definition::{Action, RecordKind, Setting};
use std::{fmt::Write, sync::Arc};

/// Every flow.
pub fn text(kinds: &[&Arc<RecordKind>]) -> String {
    let mut out = String::new();
    for kind in kinds.iter().filter(|k| !k.states.is_empty()) {
        let _ = writeln!(out, "流程 {}", kind.label);
        for state in &kind.states {
            let can: Vec<&str> =
                state.can.iter().filter_map(|a| kind.action(a)).map(|a| a.label.as_str()).collect();
            let mark = match (state.initial, state.last) {
                (true, _) => "（开始）",
                (_, true) => "（终止）",
                _ => "",
            };
            let _ = writeln!(out, "  {} {}{mark} → {}", state.code, state.label, can.join("、"));
        }
        for action in &kind.actions {
            describe(&mut out, kind, action);
        }
        for rule in &kind.deadlines {
            let _ = writeln!(out, "  期限 {}", limit::text(kind, rule));
        }
        out.push('\n');
    }
    out
}

fn describe(out: &mut String, kind: &RecordKind, action: &Action) {
    let label = |id: &str| kind.fields.get(id).map_or(id.to_owned(), |f| f.label.clone());
    let to = if action.to.is_empty() { "状态不变" } else { kind.state_label(&action.to) };
    let _ = writeln!(out, "  动作 {} → {to}{}", action.label, note(&action.basis));
    let asked = |required: bool| -> Vec<String> {
        action.asks.iter().filter(|a| a.required == required).map(|a| label(&a.field)).collect()
    };
    for (word, list) in [("填", asked(true)), ("可填", asked(false))] {
        if !list.is_empty() {
            let _ = writeln!(out, "    {word} {}", list.join("、"));
        }
    }
    for (field, setting) in &action.sets {
        let value = match setting {
            Setting::Value(value) => value.clone(),
            Setting::Field(other) => label(other),
            Setting::Today => "今日".to_owned(),
        };
        let _ = writeln!(out, "    设 {} = {value}", label(field));
    }
    for rule in action.needs.iter().filter_map(|id| kind.rules.iter().find(|r| r.id == *id)) {
        let _ = writeln!(out, "    须 {}", rule.condition.words);
    }
}
