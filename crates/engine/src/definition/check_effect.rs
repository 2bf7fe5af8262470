//! Checks of what an act sets in motion elsewhere, of locks, and of conditions under which values
//! are unique.

use super::{
    Effect, EffectTarget, Field, Finding, House, RecordKind, RowsTaken, Setting, Unique,
    check::{Kind, reaches_out},
    nearest,
};
use crate::{kind::Shape, rule::Type};
use std::sync::Arc;

/// Finding 427: what a business says it takes over, and nobody hands over.
pub(super) fn check_intakes(house: &House, findings: &mut Vec<Finding>) {
    for intake in &house.intakes {
        let sent = house.kind(&intake.from).is_some_and(|from| {
            let effects = from.actions.iter().flat_map(|action| &action.effects);
            let mut effects = effects.chain(&from.on_create);
            effects.any(|effect| effect.reaches(from) == Some(intake.kind.as_str()))
        });
        if !sent {
            let message = format!("“{}”既不生成也不推动“{}”", intake.from, intake.kind);
            let fix = format!("在 {} 的动作里写 生成 或者 推，或者删去这一行", intake.from);
            findings.push(Finding::new(427, &intake.place, message).fix(fix));
        }
    }
}

impl Kind<'_> {
    /// Finding 421 and after: effects whose other side is not there or does not fit.
    pub(super) fn check_effects(&mut self) {
        let kind = self.kind;
        kind.fields.iter().for_each(|field| self.check_in_force(field));
        for effect in kind.actions.iter().flat_map(|action| &action.effects).chain(&kind.on_create)
        {
            self.check_effect(effect);
        }
    }

    /// Finding 206: a field that names what is in force refers to a kind that says where and when.
    fn check_in_force(&mut self, field: &Field) {
        let Some(by) = &field.in_force else { return };
        let target = match field.kind.shape() {
            Shape::Reference(target) => self.house.kind(target).cloned(),
            _ => None,
        };
        let Some(target) = target else {
            self.say(206, &field.place, "“施行”只能写在引用字段上".to_owned());
            return;
        };
        let is_unit = |shape: Shape<'_>| matches!(shape, Shape::Unit(_));
        let mut fits = by.unit == "unit"
            || target.fields.get(&by.unit).is_some_and(|f| is_unit(f.kind.shape()));
        for day in [&by.from, &by.to] {
            let found = target.fields.get(day);
            fits &= found.is_some_and(|f| f.kind.rule_type() == Type::Date);
        }
        if !fits {
            let message = format!("“{}”没有这样的单位字段和日期字段", target.label);
            self.say(206, &field.place, message).fix =
                "依次写 机构字段（或者 unit）、施行日期、停止日期".to_owned();
        }
    }

    fn check_effect(&mut self, effect: &Effect) {
        let Some(target) = self.target(effect) else { return };
        if let EffectTarget::Linked { action, .. } = &effect.target {
            match target.action(action) {
                None => {
                    let near = nearest(action, target.actions.iter().map(|a| a.id.as_str()));
                    let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
                    let message = format!("“{}”没有动作“{action}”", target.label);
                    self.say(422, &effect.place, message).fix = fix;
                }
                Some(action) => {
                    let asks = |field: &str| action.asks.iter().any(|asked| asked.field == field);
                    for (field, _) in effect.sets.iter().filter(|(field, _)| !asks(field)) {
                        let message = format!("动作“{}”不填“{field}”", action.label);
                        self.say(423, &effect.place, message).fix =
                            format!("在动作 {} 里写 可填 {field}", action.id);
                    }
                }
            }
        }
        if let EffectTarget::New { via, .. } = &effect.target
            && !via.is_empty()
        {
            self.check_via(effect, &target, via);
        }
        self.check_each(effect);
        for (field, setting) in &effect.sets {
            self.check_set(effect, &target, field, setting);
        }
        effect.rows.iter().for_each(|rows| self.check_rows(effect, &target, rows));
        self.check_intake(effect, &target);
    }

    /// Finding 423: rows that an effect is for are rows, and their fields are named with nothing else.
    fn check_each(&mut self, effect: &Effect) {
        let rows = |id: &str| {
            self.kind.fields.get(id).is_some_and(|f| matches!(f.kind.shape(), Shape::Rows(_)))
        };
        let other = effect.sets.iter().find_map(|(_, setting)| match setting {
            Setting::Linked(own, _) if rows(own) && *own != effect.each => Some(own.clone()),
            _ => None,
        });
        let made = matches!(effect.target, EffectTarget::New { .. });
        if !(effect.each.is_empty() || made && rows(&effect.each)) {
            let message = format!("“每={}”要是多行字段，只写在 生成 后面", effect.each);
            self.say(423, &effect.place, message).fix = "写一个多行字段".to_owned();
        } else if let Some(own) = other {
            let message = format!("“{own}”有许多行，不知道是哪一行");
            self.say(423, &effect.place, message).fix = format!("写 每={own}");
        }
    }

    /// Finding 422: the action that a made record starts with is there, and can be done at first.
    fn check_via(&mut self, effect: &Effect, target: &RecordKind, via: &str) {
        let first = target.states.iter().find(|state| state.initial);
        if !first.is_some_and(|state| state.can.iter().any(|action| action == via)) {
            let can = first.map_or(&[][..], |state| &state.can);
            let near = nearest(via, can.iter().map(String::as_str));
            let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
            let message = format!("“{}”登记以后不能马上办“{via}”", target.label);
            self.say(422, &effect.place, message).fix = fix;
        }
        if target.action(via).is_some_and(|action| !action.effects.is_empty()) {
            let message = format!("“{via}”还带动别的档案，不能写在“经”后面");
            self.say(422, &effect.place, message).fix = "登记以后由人来办".to_owned();
        }
    }

    fn target(&mut self, effect: &Effect) -> Option<Arc<RecordKind>> {
        let id = match &effect.target {
            EffectTarget::New { kind, .. } => kind.as_str(),
            EffectTarget::Account { field } => {
                if self.kind.fields.get(field).map(|f| f.kind.shape()) != Some(Shape::Account) {
                    let message = format!("“停用 {field}”：{field} 不是账号字段");
                    self.say(421, &effect.place, message).fix = "写一个账号字段".to_owned();
                }
                return None;
            }
            EffectTarget::Linked { field, .. } => {
                match self.kind.fields.get(field).map(|f| f.kind.shape()) {
                    Some(Shape::Reference(kind)) => kind,
                    _ => {
                        let message = format!("“推 {field}”：{field} 不是引用字段");
                        self.say(421, &effect.place, message).fix =
                            "写引用另一份档案的字段，或者 附于 的档案".to_owned();
                        return None;
                    }
                }
            }
        };
        let found = self.house.kind(id).cloned();
        if found.is_none() {
            let near = nearest(id, self.house.kinds.keys().map(String::as_str));
            let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
            self.say(421, &effect.place, format!("没有档案“{id}”")).fix = fix;
        }
        found
    }

    /// Finding 423: a field that is not there, or a value that it cannot hold.
    fn check_set(&mut self, effect: &Effect, target: &RecordKind, id: &str, setting: &Setting) {
        let Some(field) = target.fields.get(id) else {
            let near = nearest(id, target.fields.iter().map(|f| f.id.as_str()));
            let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
            let message = format!("“{}”没有字段“{id}”", target.label);
            self.say(423, &effect.place, message).fix = fix;
            return;
        };
        let from = match setting {
            Setting::Value(_) => return,
            Setting::Unit(_) if matches!(field.kind.shape(), Shape::Unit(_)) => return,
            Setting::Unit(_) => Some(Type::Text),
            Setting::Today => Some(Type::Date),
            Setting::Itself => Some(Type::Reference(self.kind.id.clone())),
            Setting::Field(own) => self.kind.fields.get(own).map(|f| f.kind.rule_type()),
            Setting::Linked(own, other) => self.linked_type(own, other),
        };
        let Some(from) = from else {
            self.say(423, &effect.place, format!("给“{}”设的值没有找到", field.label));
            return;
        };
        let mapped = match (field.kind.rule_type(), &from) {
            (Type::Code(to), Type::Code(from)) => self.house.map(from, &to).is_some(),
            _ => false,
        };
        if !mapped && !fits(field, &from) {
            let to = field.kind.rule_type();
            let message = format!("“{}”是{}，不能设为{}", field.label, to.name(), from.name());
            self.say(423, &effect.place, message).fix =
                "两边要同一种字段、同一个代码表，或者两张代码表写了 对照".to_owned();
        }
    }

    /// Finding 423: rows that are not there, or fields of them that do not fit.
    fn check_rows(&mut self, effect: &Effect, target: &RecordKind, rows: &RowsTaken) {
        let own = self.kind;
        if !matches!(effect.target, EffectTarget::New { .. }) {
            self.say(423, &rows.place, "“行”只能写在 生成 里".to_owned());
            return;
        }
        let (Some(to), Some(from)) = (target.row_kind(&rows.to), own.row_kind(&rows.from)) else {
            let message = format!("“行 {}={}”不是两边的多行字段", rows.to, rows.from);
            self.say(423, &rows.place, message).fix =
                "写 行 对方的多行字段=本档案的多行字段".to_owned();
            return;
        };
        for (id, setting) in &rows.sets {
            let Some(field) = to.fields.get(id) else {
                let near = nearest(id, to.fields.iter().map(|f| f.id.as_str()));
                let message = format!("“{}”没有字段“{id}”", to.label);
                self.say(423, &rows.place, message).fix =
                    near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
                continue;
            };
            match setting {
                Setting::Value(_) => {}
                Setting::Today if field.kind.rule_type() == Type::Date => {}
                Setting::Field(source) => {
                    let source = from.fields.get(source);
                    source.into_iter().for_each(|source| self.check_passing(source, field, rows));
                }
                _ => {
                    let message = format!("“行”里不能这样设“{id}”");
                    self.say(423, &rows.place, message).fix =
                        "写本档案那一行的字段、今日，或者照写的文字".to_owned();
                }
            }
        }
        for (source, field) in rows.alike(from, to) {
            self.check_passing(source, field, rows);
        }
    }

    /// A value keeps its kind on its way from row to row, and does not become less secret.
    fn check_passing(&mut self, from: &Field, to: &Field, rows: &RowsTaken) {
        let mapped = match (to.kind.rule_type(), from.kind.rule_type()) {
            (Type::Code(to), Type::Code(from)) => self.house.map(&from, &to).is_some(),
            _ => false,
        };
        let simple = |field: &Field| field.kind.columns(&field.id).len() == 1;
        let by_name = from.id == to.id || (simple(from) && simple(to));
        let alike = from.kind.word() == to.kind.word() && from.kind.rule_type() == Type::Opaque;
        if !by_name || !(mapped || alike || fits(to, &from.kind.rule_type())) {
            let message = format!("行里的“{}”不能设为“{}”", to.label, from.label);
            self.say(423, &rows.place, message).fix =
                format!("两边要同一种字段；不带过去的写 设 {}=\"\"", to.id);
        } else if from.class > to.class {
            let message = format!("“{}”是保密的，带到“{}”就人人可见了", from.label, to.label);
            self.say(423, &rows.place, message).fix =
                format!("给对方的字段写 密级，或者不带过去：设 {}=\"\"", to.id);
        }
    }

    fn linked_type(&self, own: &str, other: &str) -> Option<Type> {
        let kind = match self.kind.fields.get(own)?.kind.shape() {
            Shape::Reference(kind) => kind,
            Shape::Rows(row) => {
                return Some(self.kind.rows.get(row)?.fields.get(other)?.kind.rule_type());
            }
            _ => return None,
        };
        Some(self.house.kind(kind)?.fields.get(other)?.kind.rule_type())
    }

    /// Finding 424: what crosses from one business into another is declared on both sides.
    fn check_intake(&mut self, effect: &Effect, target: &RecordKind) {
        let (from, to) = (&self.kind.business, &target.business);
        let declared = self
            .house
            .intakes
            .iter()
            .any(|i| i.business == *to && i.kind == target.id && i.from == self.kind.id);
        if from != to && !declared {
            let message = format!("“{}”没有说它从“{}”接“{}”", to, self.kind.id, target.id);
            self.say(424, &effect.place, message).fix = format!(
                "在 {to}/business.kdl 写 接 {} 自={} \"接来的是什么\"",
                target.id, self.kind.id
            );
        }
    }

    /// A lock says why, and excepts fields that are there.
    pub(super) fn check_lock(&mut self) {
        let Some(lock) = &self.kind.lock else { return };
        if lock.message.is_empty() {
            self.say(426, &lock.place, "“锁定”要写一句话：为什么不能改、要改怎么办".to_owned());
        }
        lock.except.iter().for_each(|field| self.known_field(field, &lock.place));
    }

    /// Finding 212: whether a value is unique is known from the record alone, and at any time.
    pub(super) fn check_condition(&mut self, unique: &Unique) {
        let Some(when) = &unique.when else { return };
        let attached: Vec<&str> =
            self.house.attached_to(&self.kind.id).map(|k| k.id.as_str()).collect();
        if reaches_out(&when.filter, &attached) {
            let message = "“唯一”的条件只能看本档案自己的字段和状态".to_owned();
            self.say(212, &unique.place, message);
        }
        if unique.everywhere || unique.warns {
            let message = "“唯一 全省”和“唯一 提醒”不能再带条件".to_owned();
            self.say(212, &unique.place, message);
        }
    }
}

fn fits(field: &Field, from: &Type) -> bool {
    match (field.kind.rule_type(), from) {
        (Type::Opaque | Type::Rows, _) => false,
        // What was computed, or written as text elsewhere, may be copied into a text.
        (Type::Text, Type::Text) => true,
        (to, from) => to == *from,
    }
}
