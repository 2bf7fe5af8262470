//! Which kinds may let their records be merged (并): those whose merged records stand in nobody's way.

use super::check::Kind;
use crate::{kind::Shape, record::MERGE_COLUMNS};

impl Kind<'_> {
    /// Finding 430: a record that points to another must be nothing but a name and facts. A flow, what
    /// is attached to it, numbers and uniques within a county would go on beside the one that remains.
    pub(super) fn check_merging(&mut self) {
        let kind = self.kind;
        let taken = |id: &str| MERGE_COLUMNS.contains(&id);
        for field in kind.fields.iter().filter(|field| taken(&field.id)) {
            let message = format!("“{}”是系统自己的列，不能作字段标识", field.id);
            self.say(106, &field.place, message).fix = "换一个标识".to_owned();
        }
        if !kind.merges() {
            return;
        }
        let house = self.house;
        let mut wrong = Vec::new();
        wrong.extend((kind.business != "common").then_some("只有公共档案能合并"));
        wrong.extend((!kind.states.is_empty()).then_some("有状态的不能合并"));
        wrong.extend((!kind.numbers.is_empty()).then_some("有编号的不能合并"));
        wrong.extend((!kind.deadlines.is_empty()).then_some("有期限的不能合并"));
        let rows = kind.fields.iter().any(|field| matches!(field.kind.shape(), Shape::Rows(_)));
        wrong.extend(rows.then_some("有多行的不能合并"));
        let attached = kind.attached.is_some() || house.attached_to(&kind.id).next().is_some();
        wrong.extend(attached.then_some("有附属档案、附于别的档案的不能合并"));
        let narrow = |u: &super::Unique| !(u.warns || u.everywhere && u.fields.len() == 1);
        let narrow = kind.uniques.iter().any(narrow);
        wrong.extend(narrow.then_some("唯一只能写 全省 一项，或者 提醒"));
        for message in wrong {
            self.say(430, &kind.place, format!("“并”：{message}")).fix = "删去 并".to_owned();
        }
    }
}
