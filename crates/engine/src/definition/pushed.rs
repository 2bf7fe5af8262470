//! Actions that only another record's act sets off (`只推`): who pushes them, and what that means for
//! whoever would press them.

use super::{Action, DeadlineRule, EffectTarget, House, RecordKind, State, check::Kind};
use std::{collections::BTreeSet, sync::Arc};

/// An act that moves another record.
#[derive(Clone, Debug)]
pub struct Pusher<'h> {
    /// The kind of record it is done to.
    pub kind: &'h Arc<RecordKind>,
    /// The action; `None`: the making of the record.
    pub action: Option<&'h Action>,
}

impl Pusher<'_> {
    /// `“解除矫正”的“发证明书”`.
    fn words(&self) -> String {
        match self.action {
            Some(action) => format!("“{}”的“{}”", self.kind.label, action.label),
            None => format!("登记“{}”", self.kind.label),
        }
    }
}

impl RecordKind {
    /// The limits on whose end the house does this action itself.
    pub fn ends_with<'k>(&'k self, action: &'k str) -> impl Iterator<Item = &'k DeadlineRule> {
        let does = move |rule: &&DeadlineRule| {
            rule.at_end.as_ref().is_some_and(|at_end| at_end.action == action)
        };
        self.deadlines.iter().filter(does)
    }
}

impl House {
    /// The acts that do `action` to a record of `kind`.
    pub fn pushers<'h>(&'h self, kind: &str, action: &str) -> Vec<Pusher<'h>> {
        let pushes = |from: &RecordKind, effect: &super::Effect| match &effect.target {
            EffectTarget::Linked { action: done, .. } => {
                done == action && effect.reaches(from) == Some(kind)
            }
            _ => false,
        };
        let mut pushers = Vec::new();
        for from in self.kinds.values() {
            let acts = from.actions.iter().filter(|a| a.effects.iter().any(|e| pushes(from, e)));
            pushers.extend(acts.map(|action| Pusher { kind: from, action: Some(action) }));
            if from.on_create.iter().any(|effect| pushes(from, effect)) {
                pushers.push(Pusher { kind: from, action: None });
            }
        }
        pushers
    }

    /// The roles that can set an action off: its own, or those of the acts that push it.
    pub(super) fn hands(&self, kind: &str, action: &Action) -> Vec<String> {
        if !action.pushed_only {
            return action.by.clone();
        }
        let mut roles = BTreeSet::new();
        for pusher in self.pushers(kind, &action.id) {
            match pusher.action {
                Some(action) => roles.extend(action.by.iter().cloned()),
                None => roles.extend(pusher.kind.permissions.create.keys().cloned()),
            }
        }
        roles.into_iter().collect()
    }

    /// The states of a kind, each with the fields that only a push brings in it.
    pub(super) fn brought(&self, kind: &RecordKind) -> Vec<State> {
        let given = |action: &Action| -> BTreeSet<String> {
            let pushers = self.pushers(&kind.id, &action.id);
            let effects = pushers.iter().flat_map(|pusher| match pusher.action {
                Some(from) => &from.effects,
                None => &pusher.kind.on_create,
            });
            let same = effects.filter(|effect| match &effect.target {
                EffectTarget::Linked { action: done, .. } => *done == action.id,
                _ => false,
            });
            let days = kind.ends_with(&action.id).filter_map(|rule| rule.at_end.as_ref());
            let days = days.flat_map(|at_end| at_end.last_day_in.iter().cloned());
            let set = same.flat_map(|effect| effect.sets.iter().map(|(field, _)| field.clone()));
            set.chain(days).collect()
        };
        let only = kind.actions.iter().filter(|action| action.pushed_only);
        let only: Vec<(&Action, BTreeSet<String>)> = only.map(|a| (a, given(a))).collect();
        let mut states = kind.states.clone();
        for state in &mut states {
            let can = |action: &&Action| state.can.contains(&action.id);
            let pressed = kind.actions.iter().filter(can).filter(|action| !action.pushed_only);
            let asked: BTreeSet<&String> =
                pressed.flat_map(|a| a.asks.iter().map(|asked| &asked.field)).collect();
            let here = only.iter().filter(|(action, _)| can(action));
            let each = here.flat_map(|(action, fields)| fields.iter().map(|f| (f, &action.id)));
            let brought = each.filter(|(field, _)| !asked.contains(field));
            state.brought = brought.map(|(f, action)| (f.clone(), action.clone())).collect();
        }
        states
    }

    /// Why an action that is only pushed cannot be pressed, and where to go instead.
    pub fn pushed_by(&self, kind: &RecordKind, action: &Action) -> String {
        let pushers = self.pushers(&kind.id, &action.id);
        let all: Vec<String> = pushers.iter().map(Pusher::words).collect();
        let ends = kind.ends_with(&action.id).map(|rule| format!("“{}”", rule.label));
        let ends: Vec<String> = ends.collect();
        match (all.is_empty(), ends.is_empty()) {
            (true, _) => {
                format!("“{}”不由人办，期限{}到期的次日由平台办", action.label, ends.join("、"))
            }
            (false, true) => {
                let all = all.join("、");
                format!("“{}”不在这里直接办，由{all}带动，请到那份档案里办", action.label)
            }
            (false, false) => format!(
                "“{}”不在这里直接办，由{}带动，期限{}到期的次日由平台办",
                action.label,
                all.join("、"),
                ends.join("、")
            ),
        }
    }
}

impl Kind<'_> {
    /// Findings 407 and 429: somebody can set an action off, in one of the two ways.
    pub(super) fn check_hands(&mut self, action: &Action) {
        let label = &action.label;
        match (action.pushed_only, action.by.is_empty()) {
            (false, true) => {
                self.say(407, &action.place, format!("动作“{label}”没有写谁能做")).fix =
                    "写 由 角色；只由别的档案推动的写 只推".to_owned();
            }
            (true, false) => {
                self.say(407, &action.place, format!("动作“{label}”写了 只推，又写了 由")).fix =
                    "只由别的档案推动的，删去 由；人也能办的，删去 只推".to_owned();
            }
            (true, true)
                if self.kind.ends_with(&action.id).next().is_none()
                    && self.house.pushers(&self.kind.id, &action.id).is_empty() =>
            {
                let message = format!("动作“{label}”写了 只推，却没有别的档案推它");
                self.say(429, &action.place, message).fix = format!(
                    "在办这件事的档案的动作里写 推 {} {}，或者改写 由 角色",
                    self.kind.id, action.id
                );
            }
            _ => {}
        }
    }
}
