//! Whether the limits of a kind can be counted as they are written: every name leads somewhere, and
//! what is combined goes together.

use super::{Action, Class, DeadlineRule, Field, Finding, Place, RecordKind, StopRule, nearest};
use crate::{
    deadline::{Bound, System, Unit},
    kind::Shape,
};

/// Checks the limits of `kind`.
pub fn check(kind: &RecordKind, findings: &mut Vec<Finding>) {
    for rule in &kind.deadlines {
        Limit { kind, rule, findings: &mut *findings }.check();
    }
}

/// One limit being checked.
struct Limit<'a> {
    kind: &'a RecordKind,
    rule: &'a DeadlineRule,
    findings: &'a mut Vec<Finding>,
}

impl Limit<'_> {
    fn say(&mut self, number: u16, place: &Place, message: String, fix: &str) {
        self.findings.push(Finding::new(number, place, message).fix(fix));
    }

    fn check(&mut self) {
        let rule = self.rule;
        if rule.from != "created_on" {
            self.moment(&rule.from, &rule.place, "起");
        }
        for (id, word) in
            [(&rule.extended_by, "延至"), (&rule.ended_by, "止于"), (&rule.added_on, "延长 … 于=")]
        {
            if !id.is_empty() {
                self.moment(id, &rule.place, word);
            }
        }
        for (id, word) in [(&rule.count_from, "长"), (&rule.credit_from, "折抵")] {
            self.number(id, word);
        }
        for id in [&rule.moved_by, &rule.added_by] {
            self.approver(id);
        }
        for state in &rule.until {
            if self.kind.state(state).is_none() {
                let fix = near_state(self.kind, state);
                self.say(406, &rule.place, format!("没有状态“{state}”"), &fix);
            }
        }
        if rule.basis.is_empty() {
            let message = format!("期限“{}”没有写依据", rule.label);
            self.say(409, &rule.place, message, "写 依据 法律和条款");
        }
        rule.stops.iter().for_each(|stop| self.stop(stop));
        self.counting();
        self.coming_back();
        super::at_end::check(self.kind, rule, self.findings);
    }

    /// What is warned of several times, and what comes back.
    fn coming_back(&mut self) {
        let (rule, place) = (self.rule, &self.rule.place);
        let label = &rule.label;
        let warned: Vec<i32> =
            [rule.warn].iter().chain(&rule.warn_again).map(|length| rough_days(*length)).collect();
        if warned.windows(2).any(|pair| pair[0] <= pair[1]) {
            let message = format!("期限“{label}”的几次提醒没有从早到晚写");
            self.say(411, place, message, "先写早的，如 提前 \"7 日\" \"1 日\"");
        }
        if !rule.repeats {
            return;
        }
        if rule.ended_by.is_empty() {
            let message = format!("期限“{label}”一次次回来，没有写哪个日期算办过一次");
            self.say(411, place, message, "写 止于 最近一次办的日期字段");
        }
        if rule.counting.bound != Bound::Within || rule.counting.length.unit == Unit::Hour {
            let message = format!("期限“{label}”一次次回来，只能按日、工作日、月、年往后算");
            self.say(411, place, message, "如 每 \"1 月\"");
        }
    }

    /// What does not go together.
    fn counting(&mut self) {
        let (rule, place) = (self.rule, &self.rule.place);
        let counting = &rule.counting;
        let unit = counting.length.unit;
        let label = &rule.label;
        if unit == Unit::Hour {
            let timed = self.field(&rule.from).is_some_and(|f| f.kind.shape() == Shape::DateTime);
            if !timed {
                let message = format!("期限“{label}”按小时计算，起点“{}”要有时间", rule.from);
                self.say(410, place, message, "把这个字段改成 日期时间");
            }
            if counting.rolls {
                let message = format!("期限“{label}”按小时计算，不能顺延");
                self.say(411, place, message, "删去 顺延，或者按日计算");
            }
        }
        if counting.rolls && counting.system == System::Penalty {
            let message = format!("期限“{label}”是刑期，不因休假日顺延");
            self.say(411, place, message, "删去 顺延（刑事诉讼法 第105条）");
        }
        if counting.rolls && counting.bound == Bound::Before {
            let message = format!("期限“{label}”往前算，不能顺延");
            self.say(411, place, message, "删去 顺延");
        }
        let penalty = counting.system == System::Penalty;
        if penalty && !matches!(unit, Unit::Day | Unit::Month | Unit::Year) {
            let message = format!("期限“{label}”是刑期，只能按日、月、年计算");
            self.say(411, place, message, "如 长 \"6 月\"");
        }
        if !rule.credit_from.is_empty() && !penalty {
            let message = format!("期限“{label}”不是刑期，没有折抵");
            self.say(411, place, message, "写 算 刑期，或者删去 折抵");
        }
        if counting.extension.is_some() == rule.added_on.is_empty() {
            let message = format!("期限“{label}”的延长要写多长和批准日期");
            self.say(411, place, message, "如 延长 \"10 日\" 于=extended_on 由=extended_by");
        }
        if counting.bound == Bound::Before && !rule.stops.is_empty() {
            let message = format!("期限“{label}”往前算，没有中止");
            self.say(411, place, message, "删去 中止");
        }
        let mut before = None;
        for after in rule.raise.iter().flatten() {
            let days = rough_days(*after);
            if before.is_some_and(|before| before > days) {
                let message = format!("期限“{label}”先升级到上级，后升级到下级");
                self.say(411, place, message, "县、市、省依次推迟");
            }
            before = Some(days);
        }
    }

    fn field(&self, id: &str) -> Option<&Field> {
        self.kind.fields.get(id)
    }

    /// A field of the record, or of its rows, that holds a day.
    fn moment(&mut self, id: &str, place: &Place, word: &str) {
        let field = match id.split_once('.') {
            Some((rows, inner)) => self.row_field(rows, inner),
            None => self.field(id).cloned(),
        };
        match field.map(|f| is_moment(&f)) {
            Some(true) => {}
            Some(false) => {
                let message = format!("“{word}”的“{id}”不是日期");
                self.say(410, place, message, "要用日期或者日期时间字段");
            }
            None => {
                let near = nearest(id, self.kind.fields.iter().map(|f| f.id.as_str()));
                let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
                self.say(209, place, format!("没有字段“{id}”"), &fix);
            }
        }
    }

    fn row_field(&self, rows: &str, inner: &str) -> Option<Field> {
        let Shape::Rows(row) = self.field(rows)?.kind.shape() else { return None };
        self.kind.rows.get(row)?.fields.get(inner).cloned()
    }

    fn number(&mut self, id: &str, word: &str) {
        if id.is_empty() {
            return;
        }
        let place = &self.rule.place;
        match self.field(id).map(|f| f.kind.shape()) {
            Some(Shape::Number | Shape::Computed) => {}
            Some(_) => {
                let message = format!("“{word}”的“{id}”不是数");
                self.say(410, place, message, "要用整数字段");
            }
            None => self.say(209, place, format!("没有字段“{id}”"), ""),
        }
    }

    /// Whoever granted something is named in the words, which everybody may read.
    fn approver(&mut self, id: &str) {
        if id.is_empty() {
            return;
        }
        let place = &self.rule.place;
        match self.field(id) {
            None => self.say(209, place, format!("没有字段“{id}”"), ""),
            Some(field) if field.class > Class::Plain => {
                let message = format!("“由”的“{id}”是保密字段，期限的说明人人可见");
                self.say(410, place, message, "换一个不保密的字段");
            }
            Some(_) => {}
        }
    }

    fn stop(&mut self, stop: &StopRule) {
        let place = &stop.place;
        if stop.to.is_empty() {
            let message = "“中止”没有写什么时候恢复".to_owned();
            self.say(411, place, message, "如 中止 stopped_on 至=resumed_on");
            return;
        }
        self.moment(&stop.from, place, "中止");
        self.moment(&stop.to, place, "中止 … 至=");
        let rows = |id: &str| id.split_once('.').map(|(rows, _)| rows.to_owned());
        if rows(&stop.from) != rows(&stop.to) {
            let message = "“中止”和“至”要在同一个多行里".to_owned();
            self.say(411, place, message, "如 中止 stops.from_on 至=stops.to_on");
        }
        if stop.state.is_empty() {
            return;
        }
        let Some(state) = self.kind.state(&stop.state) else {
            let fix = near_state(self.kind, &stop.state);
            self.say(406, place, format!("没有状态“{}”", stop.state), &fix);
            return;
        };
        let (kind, label) = (self.kind, state.label.clone());
        let enters = |a: &&Action| a.to == stop.state;
        for action in kind.actions.iter().filter(enters).filter(|a| !fills(a, &stop.from)) {
            let message = format!("动作“{}”到“{label}”，没有填中止日期", action.label);
            let fix = format!("在动作里写 设 {}=今日，或者 填 {}", stop.from, stop.from);
            self.say(412, &action.place, message, &fix);
        }
        let leaves = |a: &&Action| state.can.contains(&a.id) && !a.to.is_empty();
        let leaves = kind.actions.iter().filter(leaves).filter(|a| a.to != stop.state);
        let going_on = leaves.filter(|a| self.rule.runs_in.contains(&a.to));
        for action in going_on.filter(|a| !fills(a, &stop.to)) {
            let message = format!("动作“{}”离开“{label}”，没有填恢复日期", action.label);
            let fix = format!("在动作里写 设 {}=今日，或者 填 {}", stop.to, stop.to);
            self.findings.push(Finding::new(412, &action.place, message).fix(fix));
        }
    }
}

fn fills(action: &Action, field: &str) -> bool {
    let rows = field.split('.').next().unwrap_or_default();
    action.asks.iter().any(|asked| asked.field == field || asked.field == rows)
        || action.sets.iter().any(|(set, _)| set == field)
}

fn is_moment(field: &Field) -> bool {
    matches!(field.kind.shape(), Shape::Date | Shape::DateTime | Shape::Computed)
}

fn near_state(kind: &RecordKind, state: &str) -> String {
    let near = nearest(state, kind.states.iter().map(|s| s.id.as_str()));
    near.map(|n| format!("是不是“{n}”？")).unwrap_or_default()
}

fn rough_days(length: crate::deadline::Length) -> i32 {
    let days = match length.unit {
        Unit::Hour => return length.count / 24,
        Unit::Day | Unit::WorkingDay => 1,
        Unit::Month => 30,
        Unit::Year => 365,
    };
    length.count.saturating_mul(days)
}
