//! Who may do what.

use crate::definition::{House, Reach, RecordKind};
use std::{collections::BTreeMap, fmt::Write, sync::Arc};

/// Every kind with its rights and actions by role.
pub fn text(house: &House, kinds: &[&Arc<RecordKind>]) -> String {
    let role = |id: &String| {
        house.roles.iter().find(|r| r.id == *id).map_or(id.clone(), |r| r.label.clone())
    };
    let mut out = String::new();
    for kind in kinds {
        let _ = writeln!(out, "{}", kind.label);
        let p = &kind.permissions;
        for (word, rights) in
            [("看", &p.see), ("建", &p.create), ("改", &p.change), ("看敏感项", &p.secret)]
        {
            let _ = writeln!(out, "  {word}：{}", list(rights, &role));
        }
        if !p.count.is_empty() {
            let _ = writeln!(out, "  只看数字：{}", list(&p.count, &role));
        }
        if !p.reason.is_empty() {
            let _ = writeln!(out, "  写理由才看：{}", list(&p.reason, &role));
        }
        if kind.merges() {
            let _ = writeln!(out, "  与另一份合并：{}", list(&p.merge, &role));
        }
        if let Some(lock) = &kind.lock {
            let _ = writeln!(out, "  锁定：{}", lock.when.words);
        }
        if let Some(seal) = &kind.seal {
            let open: Vec<String> = seal.open_to.iter().map(role).collect();
            let open = open.join("、");
            let _ =
                writeln!(out, "  封存：{}的，连同附在上面的，只有{open}看得到", seal.when.words);
            if !seal.reason.is_empty() {
                let open: Vec<String> = seal.reason.iter().map(role).collect();
                let _ = writeln!(out, "  封存的，{}写理由可以看", open.join("、"));
            }
        }
        for one in &kind.publications {
            let labels = one.shows.iter().map(|id| match kind.fields.get(id) {
                Some(field) => field.label.as_str(),
                None => "状态",
            });
            let labels = labels.collect::<Vec<_>>().join("、");
            let when = one.when.as_ref().map(|when| format!("{}的，", when.words));
            let _ = writeln!(
                out,
                "  公开（{}）：{}任何人看得到{labels}",
                one.label,
                when.unwrap_or_default()
            );
        }
        for action in &kind.actions {
            if action.pushed_only {
                let _ = writeln!(out, "  {}", house.pushed_by(kind, action));
                continue;
            }
            let by: Vec<String> = action.by.iter().map(role).collect();
            let _ = writeln!(out, "  {}：{}", action.label, by.join("、"));
        }
        out.push('\n');
    }
    out
}

fn list(rights: &BTreeMap<String, Reach>, role: &dyn Fn(&String) -> String) -> String {
    if rights.is_empty() {
        return "无".to_owned();
    }
    let reach = |reach: &Reach| match reach {
        Reach::Own => "本人",
        Reach::Unit => "本单位",
        Reach::Subtree => "辖区",
        Reach::All => "全部",
    };
    let each = rights.iter().map(|(id, r)| format!("{}（{}）", role(id), reach(r)));
    each.collect::<Vec<_>>().join("、")
}
