//! States, actions and time limits.

use super::{limit, note};
use crate::{
    definition::{
        Action, Draw, Effect, EffectTarget, Frame, House, RecordKind, RowsTaken, Setting,
    },
    kind::Shape,
};
use std::{fmt::Write, sync::Arc};

/// Every flow.
pub fn text(house: &House, kinds: &[&Arc<RecordKind>]) -> String {
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
            describe(&mut out, house, kind, action);
        }
        if !kind.on_create.is_empty() {
            let _ = writeln!(out, "  登记时");
            kind.on_create.iter().for_each(|e| in_motion(&mut out, house, kind, e));
        }
        for rule in &kind.deadlines {
            let _ = writeln!(out, "  期限 {}", limit::text(kind, rule));
        }
        out.push('\n');
    }
    out
}

fn describe(out: &mut String, house: &House, kind: &RecordKind, action: &Action) {
    let label = |id: &str| kind.fields.get(id).map_or(id.to_owned(), |f| f.label.clone());
    let to = if action.to.is_empty() { "状态不变" } else { kind.state_label(&action.to) };
    let _ = writeln!(out, "  动作 {} → {to}{}", action.label, note(&action.basis));
    if action.pushed_only {
        let _ = writeln!(out, "    {}", house.pushed_by(kind, action));
    }
    let asked = |required: bool| -> Vec<String> {
        action.asks.iter().filter(|a| a.required == required).map(|a| label(&a.field)).collect()
    };
    for (word, list) in [("填", asked(true)), ("可填", asked(false))] {
        if !list.is_empty() {
            let _ = writeln!(out, "    {word} {}", list.join("、"));
        }
    }
    for (field, setting) in &action.sets {
        let _ = writeln!(out, "    设 {} = {}", label(field), value(house, kind, setting));
    }
    for rule in action.needs.iter().filter_map(|id| kind.rules.iter().find(|r| r.id == *id)) {
        let _ = writeln!(out, "    须 {}", rule.condition.words);
    }
    for draw in kind.draws.iter().filter(|draw| draw.action == action.id) {
        drawn(out, house, kind, draw);
    }
    action.effects.iter().for_each(|effect| in_motion(out, house, kind, effect));
}

/// What an action draws, from what, and by what key it can be drawn again.
fn drawn(out: &mut String, house: &House, kind: &RecordKind, draw: &Draw) {
    let label = |id: &str| kind.fields.get(id).map_or(id.to_owned(), |f| f.label.clone());
    let when = draw.when.as_ref().map(|w| format!("（{}）", w.words)).unwrap_or_default();
    let from = match &draw.from {
        Frame::List { lines, hash } => {
            format!("名单的第1行到第{}行（{}）", label(lines), label(hash))
        }
        Frame::Records { kind: from, when, stratum, .. } => {
            let target = house.kind(from);
            let what = target.map_or(from.as_str(), |t| t.label.as_str());
            let only = when.as_ref().map(|w| format!("，{}", w.words)).unwrap_or_default();
            let by = target.and_then(|t| t.fields.get(stratum));
            let by = by.map(|f| format!("，按{}分层", f.label)).unwrap_or_default();
            format!("本单位和下级的{what}{only}{by}")
        }
        Frame::Unknown => return,
    };
    let (count, promise) = (label(&draw.count), label(&draw.writes.promise));
    let _ = writeln!(
        out,
        "    抽选 {}{when}：从{from}里抽{count}，种子登记时承诺（{promise}）",
        draw.label
    );
}

/// What a setting says, with labels.
fn value(house: &House, kind: &RecordKind, setting: &Setting) -> String {
    let label = |id: &str| kind.fields.get(id).map_or(id.to_owned(), |f| f.label.clone());
    match setting {
        Setting::Value(value) | Setting::Unit(value) => value.clone(),
        Setting::Field(other) => label(other),
        Setting::Today => "今日".to_owned(),
        Setting::Itself => "本档案".to_owned(),
        Setting::Linked(own, other) => {
            let field = match kind.fields.get(own).map(|f| f.kind.shape()) {
                Some(Shape::Reference(target)) => {
                    house.kind(target).and_then(|t| t.fields.get(other))
                }
                Some(Shape::Rows(row)) => kind.rows.get(row).and_then(|r| r.fields.get(other)),
                _ => None,
            };
            format!("{}的{}", label(own), field.map_or(other.as_str(), |f| &f.label))
        }
    }
}

/// `生成 刑满释放人员：姓名 = 姓名` and `推 社区矫正对象 → 解除矫正`.
fn in_motion(out: &mut String, house: &House, kind: &RecordKind, effect: &Effect) {
    let when = effect.when.as_ref().map(|w| format!("（{}）", w.words)).unwrap_or_default();
    let (word, target, action) = match &effect.target {
        EffectTarget::New { kind, via } => {
            let target = house.kind(kind);
            ("生成", target, target.and_then(|t| t.action(via)))
        }
        EffectTarget::Account { field } => {
            let label = kind.fields.get(field).map_or(field.as_str(), |f| &f.label);
            let _ = writeln!(out, "    停用 {label}{when}");
            return;
        }
        EffectTarget::Linked { field, action } => {
            let target = match kind.fields.get(field).map(|f| f.kind.shape()) {
                Some(Shape::Reference(target)) => house.kind(target),
                _ => None,
            };
            ("推", target, target.and_then(|t| t.action(action)))
        }
    };
    let Some(target) = target else { return };
    let step = action.map(|a| format!(" → {}", a.label)).unwrap_or_default();
    let _ = writeln!(out, "    {word} {}{step}{when}", target.label);
    for (field, setting) in &effect.sets {
        let label = target.fields.get(field).map_or(field.as_str(), |f| &f.label);
        let _ = writeln!(out, "      设 {label} = {}", value(house, kind, setting));
    }
    for rows in &effect.rows {
        rows_taken(out, kind, target, rows);
    }
}

/// `行 家庭成员 = 家庭成员及主要社会关系（亲属姓名、与本人关系 = 关系）`.
fn rows_taken(out: &mut String, kind: &RecordKind, target: &RecordKind, rows: &RowsTaken) {
    let label = |kind: &RecordKind, id: &str| {
        kind.fields.get(id).map_or(id.to_owned(), |field| field.label.clone())
    };
    let (Some(to), Some(from)) = (target.row_kind(&rows.to), kind.row_kind(&rows.from)) else {
        return;
    };
    let mut parts: Vec<String> = rows.alike(from, to).map(|(_, to)| to.label.clone()).collect();
    for (id, setting) in &rows.sets {
        let own = to.fields.get(id).map_or(id.as_str(), |field| &field.label);
        match setting {
            Setting::Value(value) if value.is_empty() => {}
            Setting::Field(source) => {
                let source = from.fields.get(source).map_or(source.as_str(), |field| &field.label);
                parts.push(format!("{own} = {source}"));
            }
            Setting::Today => parts.push(format!("{own} = 今日")),
            Setting::Value(value) => parts.push(format!("{own} = {value}")),
            Setting::Linked(..) | Setting::Itself | Setting::Unit(_) => {}
        }
    }
    let (to, from) = (label(target, &rows.to), label(kind, &rows.from));
    let _ = writeln!(out, "      行 {to} = {from}（{}）", parts.join("、"));
}
