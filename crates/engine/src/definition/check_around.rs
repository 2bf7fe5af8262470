//! Checks of what reaches beyond one record: records that hide with all that hangs on them, and rules
//! that ask about records of another kind.

use super::{Owner, check::Kind, check::reaches_out, nearest};
use crate::{
    definition::{Reach, RecordKind},
    query::{Rows, Term},
};

impl Kind<'_> {
    /// Finding 427: whether a record hides is known from the record alone, by the database too, and
    /// what hangs on it lies where it lies.
    pub(super) fn check_seal(&mut self) {
        let kind = self.kind;
        if let Some(owner) = self.hides_with(kind)
            && let (Owner::Field(field), Some(attached)) = (&kind.owner, &kind.attached)
            && *field != attached.kind
        {
            let message = format!("“{}”随“{owner}”封存，不能另有归属", kind.label);
            self.say(427, &kind.place, message).fix = "删去 归属，随所附的档案".to_owned();
        }
        let Some(seal) = &kind.seal else { return };
        if seal.open_to.is_empty() {
            let message = "“封存”没有写谁还能看".to_owned();
            self.say(427, &seal.place, message).fix = "如 { 看 office county }".to_owned();
        }
        if kind.business == "common" {
            let message = "公共档案人人要能查到，不能封存".to_owned();
            self.say(427, &seal.place, message).fix = "写在引用它的业务档案上".to_owned();
        }
        let attached: Vec<&str> = self.house.attached_to(&kind.id).map(|k| k.id.as_str()).collect();
        let mut unreadable = reaches_out(&seal.when.filter, &attached);
        seal.when.filter.terms(&mut |term| {
            unreadable |=
                matches!(term, Term::Column(column) if kind.layout.sealed.contains(column));
        });
        if unreadable {
            let message = "“封存”的条件只能看本档案自己的、不加密的字段和状态".to_owned();
            self.say(427, &seal.place, message).fix =
                "用是否、代码、日期字段；写了密级的文字在数据库里是加密的".to_owned();
        }
    }

    /// Finding 444: a file is opened with a reason by whoever comes from a figure and does not see it
    /// anyway.
    pub(super) fn check_reasons(&mut self) {
        let kind = self.kind;
        let rights = &kind.permissions;
        for (role, reach) in &rights.reason {
            let (message, fix) = if rights.see.contains_key(role) {
                (format!("{role} 已经能看，不用再写理由"), "两行 看 里删去一处")
            } else if !rights.count.contains_key(role) {
                let message = format!("{role} 写理由才能看，但是没有数字可以点开");
                (message, "同时写 数")
            } else if *reach == Reach::Own {
                (format!("{role} 自己登记的不用写理由"), "写 本单位、辖区 或者 全部")
            } else if kind.business == "common" {
                ("公共档案人人要能查到，不能写理由才看".to_owned(), "写在引用它的业务档案上")
            } else {
                continue;
            };
            self.say(444, &kind.place, message).fix = fix.to_owned();
        }
    }

    /// What a kind hides with: the kind above it that has a 封存.
    fn hides_with(&self, kind: &RecordKind) -> Option<String> {
        let mut above = self.house.kind(&kind.attached.as_ref()?.kind)?;
        for _ in 0..8 {
            if above.seal.is_some() {
                return Some(above.label.clone());
            }
            above = self.house.kind(&above.attached.as_ref()?.kind)?;
        }
        None
    }

    /// Finding 428: a rule that asks about records of another business is declared over there.
    pub(super) fn check_around(&mut self) {
        let (house, kind) = (self.house, self.kind);
        let mut asked: Vec<Rows> = kind.layout.around.clone();
        for when in kind.lists.iter().filter_map(|list| list.when.as_ref()) {
            let mut works = false;
            when.filter.terms(&mut |term| {
                asked.extend(term.rows().cloned());
                works |= matches!(term, Term::WorkDays(..) | Term::AddWorkDays(..));
            });
            if works {
                let message = "列表的条件不能数工作日".to_owned();
                self.say(306, &when.place, message).fix =
                    "用计算字段存下来，或者写成若干日".to_owned();
            }
        }
        asked.retain(|rows| !rows.are_children());
        asked.sort();
        asked.dedup_by(|a, b| a.table == b.table);
        for rows in asked {
            let Some(other) = house.kind(&rows.table) else { continue };
            let answers = house.answers.iter().any(|a| a.kind == other.id && a.to == kind.id);
            if other.business == kind.business || other.business == "common" || answers {
                continue;
            }
            let message = format!("“{}”没有说它答“{}”的问", other.business, kind.id);
            self.say(428, &kind.place, message).fix = format!(
                "在 {}/business.kdl 写 答 {} 问={} \"问来做什么\"",
                other.business, other.id, kind.id
            );
        }
    }
}

/// Finding 428: an answer that nobody can ask for.
pub(super) fn check_answers(house: &super::House, findings: &mut Vec<super::Finding>) {
    for answers in &house.answers {
        let own = house.kind(&answers.kind).is_some_and(|k| k.business == answers.business);
        for (id, known) in [(&answers.kind, own), (&answers.to, house.kind(&answers.to).is_some())]
        {
            if known {
                continue;
            }
            let near = nearest(id, house.kinds.keys().map(String::as_str));
            let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
            let message = format!("“答”：没有档案“{id}”");
            findings.push(super::Finding::new(428, &answers.place, message).fix(fix));
        }
    }
}
