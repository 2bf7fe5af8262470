//! What needs the whole of the definitions: names are resolved, rules compiled, flows walked.

use super::{
    Action, Adds, DeadlineRule, Field, Fields, Finding, House, Numbering, Owner, Place, RecordKind,
    Required, RowKind, Setting, Statistic, Stock, TitlePart, nearest,
};
use crate::{
    kind::Shape,
    query::{Filter, Term},
    rule::{Rule, Scope, Type},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Checks everything and compiles every rule in place.
pub fn check(house: &mut House, findings: &mut Vec<Finding>) {
    compute(house, findings);
    let snapshot = house.clone();
    let mut kinds = BTreeMap::new();
    for (id, kind) in &snapshot.kinds {
        let mut kind = (**kind).clone();
        compile_kind(&snapshot, &mut kind, findings);
        kind.layout = super::Layout::of(&kind);
        for action in &mut kind.actions {
            action.hands = snapshot.hands(id, action);
        }
        kind.states = snapshot.brought(&kind);
        kinds.insert(id.clone(), Arc::new(kind));
    }
    super::layout::tell_asked(&mut kinds);
    house.kinds = kinds;
    for kind in house.kinds.values() {
        Kind { house, kind, findings: &mut *findings }.check();
    }
    let snapshot = house.clone();
    for statistic in house.statistics.values_mut() {
        compile_statistic(&snapshot, Arc::make_mut(statistic), findings);
    }
    for report in house.reports.values_mut() {
        super::check_report::settle_time(&house.statistics, Arc::make_mut(report));
    }
    for report in house.reports.values() {
        super::check_report::check(house, report, findings);
    }
    house.businesses.iter().for_each(|business| check_order(house, business, findings));
    super::check_effect::check_intakes(house, findings);
    super::check_around::check_answers(house, findings);
    super::mapping::check(house, findings);
    super::example::check(house, findings);
}

/// Compiles 计算 fields first: their types are needed by every other rule, and by one another.
fn compute(house: &mut House, findings: &mut Vec<Finding>) {
    compute_once(house, &mut Vec::new());
    compute_once(house, findings);
}

fn compute_once(house: &mut House, findings: &mut Vec<Finding>) {
    let snapshot = house.clone();
    for kind in house.kinds.values_mut() {
        let kind = Arc::make_mut(kind);
        let before = kind.clone();
        let scope = Scope::record(&snapshot, &before);
        compute_fields(&mut kind.fields, &scope.around(), findings);
        for (id, row) in &mut kind.rows {
            if let Some(row_before) = before.rows.get(id) {
                compute_fields(&mut Arc::make_mut(row).fields, &scope.of_row(row_before), findings);
            }
        }
    }
}

fn compute_fields(fields: &mut Fields, scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    for field in &mut fields.0 {
        let Some(rule) = field.kind.rule() else { continue };
        let mut rule = Rule::new(rule.text.clone(), field.place.clone());
        match rule.compile_value(scope) {
            Ok(value_type) => {
                if let Some(kind) = field.kind.with_rule(rule, value_type) {
                    field.kind = kind;
                }
            }
            Err(finding) => findings.push(finding),
        }
    }
}

fn compile(rule: &mut Rule, scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    if let Err(finding) = rule.compile(scope) {
        findings.push(finding);
    }
}

fn compile_some(rule: &mut Option<Rule>, scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    if let Some(rule) = rule {
        compile(rule, scope, findings);
    }
}

fn compile_kind(house: &House, kind: &mut RecordKind, findings: &mut Vec<Finding>) {
    let before = kind.clone();
    let scope = Scope::record(house, &before);
    compile_fields(house, &mut kind.fields, &scope, findings);
    for (id, row) in &mut kind.rows {
        let Some(row_before) = before.rows.get(id) else { continue };
        let row = Arc::make_mut(row);
        let inner = scope.of_row(row_before);
        compile_fields(house, &mut row.fields, &inner, findings);
        for rule in &mut row.rules {
            compile(&mut rule.condition, &inner.around(), findings);
            compile_some(&mut rule.when, &inner.around(), findings);
        }
    }
    let demanded: BTreeSet<&String> = before.actions.iter().flat_map(|a| &a.needs).collect();
    for rule in &mut kind.rules {
        compile(&mut rule.condition, &scope.around(), findings);
        compile_some(&mut rule.when, &scope.around(), findings);
        rule.on_demand = demanded.contains(&rule.id);
    }
    let named = |sets: &mut Vec<(String, Setting)>| {
        sets.iter_mut().for_each(|(_, setting)| setting.resolve(&before.fields));
    };
    let effects = kind.on_create.iter_mut();
    for effect in kind.actions.iter_mut().flat_map(|a| &mut a.effects).chain(effects) {
        named(&mut effect.sets);
        for rows in &mut effect.rows {
            let Some(row) = before.row_kind(&rows.from) else { continue };
            rows.sets.iter_mut().for_each(|(_, setting)| setting.resolve(&row.fields));
        }
        compile_some(&mut effect.when, &scope.around(), findings);
    }
    kind.actions.iter_mut().for_each(|action| named(&mut action.sets));
    if let Some(lock) = &mut kind.lock {
        compile(&mut lock.when, &scope, findings);
    }
    if let Some(seal) = &mut kind.seal {
        compile(&mut seal.when, &scope, findings);
    }
    for one in &mut kind.publications {
        compile_some(&mut one.when, &scope, findings);
        compile_some(&mut one.good, &scope, findings);
    }
    kind.uniques.iter_mut().for_each(|unique| compile_some(&mut unique.when, &scope, findings));
    kind.groups.iter_mut().for_each(|g| compile_some(&mut g.show, &scope, findings));
    for deadline in &mut kind.deadlines {
        compile_some(&mut deadline.when, &scope, findings);
        deadline.runs_in = running(&before, deadline).into_iter().collect();
    }
    kind.documents.iter_mut().for_each(|d| compile_some(&mut d.when, &scope, findings));
    super::dossier::compile(house, &before, kind, findings);
    super::draw::compile(house, &before, kind, findings);
    kind.lists.iter_mut().for_each(|l| compile_some(&mut l.when, &scope.around(), findings));
}

fn compile_fields(
    house: &House,
    fields: &mut Fields,
    scope: &Scope<'_>,
    findings: &mut Vec<Finding>,
) {
    for field in &mut fields.0 {
        if let Required::When(rule) = &mut field.required {
            compile(rule, scope, findings);
        }
        compile_some(&mut field.show, scope, findings);
        let Shape::Reference(target) = field.kind.shape() else { continue };
        if let (Some(only), Some(kind)) = (&mut field.only, house.kind(target)) {
            compile(only, &Scope::record(house, kind), findings);
        }
    }
}

/// One kind being checked.
pub(super) struct Kind<'a> {
    pub house: &'a House,
    pub kind: &'a RecordKind,
    findings: &'a mut Vec<Finding>,
}

impl Kind<'_> {
    fn check(&mut self) {
        let kind = self.kind;
        self.check_fields(&kind.fields, None);
        self.check_reserved();
        for row in kind.rows.values() {
            self.check_fields(&row.fields, Some(row));
            self.check_parts(&row.title, &row.fields, &kind.place);
            self.unique_ids(row.rules.iter().map(|r| (&r.id, &r.place)));
        }
        self.check_labels();
        self.check_parts(&kind.title, &kind.fields, &kind.place);
        self.unique_ids(kind.rules.iter().map(|r| (&r.id, &r.place)));
        self.unique_ids(kind.states.iter().map(|s| (&s.id, &s.place)));
        self.unique_ids(kind.actions.iter().map(|a| (&a.id, &a.place)));
        self.unique_ids(kind.deadlines.iter().map(|d| (&d.id, &d.place)));
        self.unique_ids(kind.documents.iter().map(|d| (&d.id, &d.place)));
        self.unique_ids(kind.dossiers.iter().map(|d| (&d.id, &d.place)));
        self.unique_ids(kind.lists.iter().map(|l| (&l.id, &l.place)));
        self.check_owner();
        self.check_roles();
        self.check_reasons();
        self.check_flow();
        self.check_effects();
        self.check_lock();
        self.check_seal();
        self.check_publications();
        self.check_draws();
        self.check_merging();
        self.check_around();
        kind.actions.iter().for_each(|action| self.check_action(action));
        kind.numbers.iter().for_each(|number| self.check_number(number));
        self.check_uniques();
        super::check_deadline::check(kind, self.findings);
        self.check_documents();
        super::dossier::check(self);
        self.check_lists();
        for rule in &kind.rules {
            self.known_field(&rule.at, &rule.place);
        }
    }

    pub fn say(&mut self, number: u16, place: &Place, message: String) -> &mut Finding {
        self.findings.push(Finding::new(number, place, message));
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    pub(super) fn unique_ids<'i>(&mut self, ids: impl Iterator<Item = (&'i String, &'i Place)>) {
        let mut seen = BTreeSet::new();
        for (id, place) in ids {
            if !seen.insert(id) {
                self.say(202, place, format!("标识“{id}”重复")).fix = "换一个标识".to_owned();
            }
        }
    }

    fn check_fields(&mut self, fields: &Fields, row: Option<&RowKind>) {
        for field in fields {
            match field.kind.shape() {
                Shape::Code(table) | Shape::Codes(table) => self.check_table(table, field),
                Shape::Reference(kind) => self.check_kind(kind, &field.place),
                Shape::Rows(_) if row.is_some() => {
                    self.say(203, &field.place, "行里面不能再有多行".to_owned());
                }
                Shape::Rows(rows) => self.check_row(rows, field),
                _ => {}
            }
            self.check_taken_from(field, fields);
        }
    }

    /// Answers and lists of the API have names of their own beside the fields.
    fn check_reserved(&mut self) {
        let kind = self.kind;
        let taken = |f: &&super::Field| crate::derive::api::RESERVED.contains(&f.id.as_str());
        for field in kind.fields.iter().filter(taken) {
            let message = format!("“{}”是接口自己的名称，不能作字段标识", field.id);
            self.say(106, &field.place, message).fix = "换一个标识".to_owned();
        }
    }

    fn check_table(&mut self, table: &str, field: &Field) {
        let Some(codes) = self.house.codes.get(table) else {
            let near = nearest(table, self.house.codes.keys().map(String::as_str));
            let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
            self.say(508, &field.place, format!("没有代码表“{table}”")).fix = fix;
            return;
        };
        if !field.default.is_empty() && codes.get(&field.default).is_none() {
            let message = format!("默认值“{}”不在代码表“{table}”中", field.default);
            self.say(509, &field.place, message);
        }
    }

    fn check_kind(&mut self, kind: &str, place: &Place) {
        if self.house.kind(kind).is_none() {
            let near = nearest(kind, self.house.kinds.keys().map(String::as_str));
            let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
            self.say(204, place, format!("没有档案“{kind}”")).fix = fix;
        }
    }

    fn check_row(&mut self, row: &str, field: &Field) {
        if !self.kind.rows.contains_key(row) {
            let near = nearest(row, self.kind.rows.keys().map(String::as_str));
            let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
            self.say(205, &field.place, format!("没有行“{row}”")).fix = fix;
        }
    }

    fn check_taken_from(&mut self, field: &Field, fields: &Fields) {
        for (source, target) in &field.taken_from {
            let archive = fields.get(source).map(|f| f.kind.shape());
            let found = match archive {
                Some(Shape::Reference(kind)) => {
                    self.house.kind(kind).is_some_and(|k| k.fields.get(target).is_some())
                }
                _ => false,
            };
            if !found {
                self.say(206, &field.place, format!("取自“{source}.{target}”没有找到"));
            }
        }
    }

    fn check_labels(&mut self) {
        let kind = self.kind;
        let fields = std::iter::once(&kind.fields).chain(kind.rows.values().map(|r| &r.fields));
        for fields in fields {
            let mut seen = BTreeSet::new();
            for field in fields {
                if field.label.is_empty() {
                    self.say(207, &field.place, format!("字段“{}”没有标签", field.id));
                } else if !seen.insert(&field.label) {
                    let message = format!("标签“{}”用了两次，规则里分不清", field.label);
                    self.say(207, &field.place, message);
                }
            }
        }
    }

    fn check_parts(&mut self, parts: &[TitlePart], fields: &Fields, place: &Place) {
        for part in parts {
            let (TitlePart::Field(id) | TitlePart::Linked(id, _)) = part else { continue };
            match fields.get(id) {
                None => {
                    let near = nearest(id, fields.iter().map(|f| f.id.as_str()));
                    let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
                    self.say(208, place, format!("{{{id}}} 不是字段")).fix = fix;
                }
                Some(field) => self.check_linked(part, field, place),
            }
        }
    }

    fn check_linked(&mut self, part: &TitlePart, field: &Field, place: &Place) {
        let TitlePart::Linked(id, target) = part else { return };
        let known = match field.kind.shape() {
            Shape::Reference(kind) => {
                self.house.kind(kind).is_some_and(|k| k.fields.get(target).is_some())
            }
            _ => false,
        };
        if !known {
            self.say(208, place, format!("{{{id}.{target}}} 没有找到"));
        }
    }

    pub fn known_field(&mut self, id: &str, place: &Place) {
        let first = id.split('.').next().unwrap_or_default();
        if !first.is_empty() && self.kind.fields.get(first).is_none() {
            let near = nearest(first, self.kind.fields.iter().map(|f| f.id.as_str()));
            let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
            self.say(209, place, format!("没有字段“{first}”")).fix = fix;
        }
    }

    fn check_owner(&mut self) {
        if let Owner::Field(id) = &self.kind.owner {
            let shape = self.kind.fields.get(id).map(|f| f.kind.shape());
            if !matches!(shape, Some(Shape::Reference(_) | Shape::Unit(_))) {
                let place = self.kind.place.clone();
                self.say(210, &place, format!("归属“{id}”应是引用字段或者机构字段"));
            }
        }
    }

    fn check_roles(&mut self) {
        let kind = self.kind;
        let p = &kind.permissions;
        let rights = [&p.see, &p.create, &p.change, &p.secret, &p.count, &p.reason, &p.merge];
        let named = rights.into_iter().flat_map(|r| r.keys()).map(|role| (role, &kind.place));
        let acting =
            kind.actions.iter().flat_map(|a| a.by.iter().map(move |role| (role, &a.place)));
        let open = kind
            .seal
            .iter()
            .flat_map(|s| s.open_to.iter().chain(&s.reason).map(move |r| (r, &s.place)));
        for (role, place) in named.chain(acting).chain(open) {
            if !self.house.roles.iter().any(|r| r.id == *role) {
                let near = nearest(role, self.house.roles.iter().map(|r| r.id.as_str()));
                let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
                self.say(211, place, format!("没有角色“{role}”")).fix = fix;
            }
        }
    }

    /// Every state can be reached, every action can be done somewhere and leads somewhere.
    fn check_flow(&mut self) {
        let kind = self.kind;
        if kind.states.is_empty() {
            return;
        }
        for state in &kind.states {
            for action in &state.can {
                if kind.action(action).is_none() {
                    let near = nearest(action, kind.actions.iter().map(|a| a.id.as_str()));
                    let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
                    self.say(402, &state.place, format!("没有动作“{action}”")).fix = fix;
                }
            }
            if state.can.is_empty() && !state.last {
                let message = format!("状态“{}”走不出去", state.label);
                self.say(404, &state.place, message).fix = "写 终止，或者写 可 动作".to_owned();
            }
        }
        let reached = reached(kind);
        for state in kind.states.iter().filter(|s| !reached.contains(s.id.as_str())) {
            let message = format!("状态“{}”到不了：没有动作走到它", state.label);
            self.say(403, &state.place, message).fix =
                format!("给某个动作写 到 {}，或者删去这个状态", state.id);
        }
    }

    fn check_action(&mut self, action: &Action) {
        let kind = self.kind;
        if !kind.states.iter().any(|s| s.can.contains(&action.id)) {
            let message = format!("动作“{}”在哪个状态都做不了", action.label);
            self.say(405, &action.place, message).fix = format!("在某个状态写 可 {}", action.id);
        }
        if !action.to.is_empty() && kind.state(&action.to).is_none() {
            let near = nearest(&action.to, kind.states.iter().map(|s| s.id.as_str()));
            let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
            self.say(406, &action.place, format!("没有状态“{}”", action.to)).fix = fix;
        }
        self.check_hands(action);
        for asked in &action.asks {
            self.known_field(&asked.field, &action.place);
        }
        for (field, _) in &action.sets {
            self.known_field(field, &action.place);
        }
        for rule in &action.needs {
            if !kind.rules.iter().any(|r| r.id == *rule) {
                let near = nearest(rule, kind.rules.iter().map(|r| r.id.as_str()));
                let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
                self.say(305, &action.place, format!("没有规则“{rule}”")).fix = fix;
            }
        }
        for paper in &action.prints {
            if kind.document(paper).is_none() {
                self.say(701, &action.place, format!("没有文书“{paper}”"));
            }
        }
    }

    fn check_number(&mut self, number: &Numbering) {
        self.known_field(&number.field, &number.place);
        let sequences =
            number.pattern.iter().filter(|p| matches!(p, TitlePart::Word(w, _) if w == "序"));
        if sequences.count() != 1 {
            self.say(408, &number.place, "编号里要有一个 {序}".to_owned());
        }
        if number.when != "create" && self.kind.action(&number.when).is_none() {
            self.say(402, &number.place, format!("没有动作“{}”", number.when));
        }
        for key in number.per.iter().filter(|k| k.is_ascii()) {
            self.known_field(key, &number.place);
        }
        self.check_parts(&number.pattern, &self.kind.fields, &number.place);
    }

    fn check_uniques(&mut self) {
        for unique in &self.kind.uniques {
            self.check_condition(unique);
            if unique.fields.is_empty() {
                self.say(212, &unique.place, "“唯一”要写字段和一句话".to_owned());
            }
            if unique.everywhere && unique.warns {
                let message = "“唯一 全省”不能只提醒：写“唯一 全省”或者“唯一 提醒”";
                self.say(212, &unique.place, message.to_owned());
            }
            for field in &unique.fields {
                self.known_field(field, &unique.place);
            }
        }
    }

    fn check_documents(&mut self) {
        for document in &self.kind.documents {
            if !self.house.templates.contains_key(&document.template) {
                let message = format!("没有模板“{}”", document.template);
                self.say(702, &document.place, message);
            }
            self.known_field(&document.number, &document.place);
            self.known_field(&document.signed, &document.place);
        }
    }

    fn check_lists(&mut self) {
        let system = ["state", "unit", "created_at", "created_on", "title", "updated_at"];
        for list in &self.kind.lists {
            let order = (!list.order.is_empty()).then_some(&list.order);
            for id in list.columns.iter().chain(&list.filters).chain(order) {
                if !system.contains(&id.as_str()) {
                    self.known_field(id, &list.place);
                }
            }
        }
    }
}

/// States reached from the initial one, and from those that are initial too.
fn reached(kind: &RecordKind) -> BTreeSet<&str> {
    let mut open: Vec<&str> =
        kind.states.iter().filter(|s| s.initial).map(|s| s.id.as_str()).collect();
    if open.is_empty() {
        open.push(kind.initial_state());
    }
    reached_from(kind, open, &[])
}

/// States in which a limit runs: reached, without passing one that ends it, from where records
/// start and from where actions that fill its first day lead.
fn running(kind: &RecordKind, limit: &DeadlineRule) -> BTreeSet<String> {
    let fills = |a: &&Action| {
        a.asks.iter().any(|asked| asked.field == limit.from)
            || a.sets.iter().any(|(field, _)| *field == limit.from)
    };
    let led = kind.actions.iter().filter(fills).map(|a| a.to.as_str());
    let mut open: Vec<&str> = led.filter(|to| !to.is_empty()).collect();
    open.push(kind.initial_state());
    reached_from(kind, open, &limit.until).into_iter().map(str::to_owned).collect()
}

fn reached_from<'k>(
    kind: &'k RecordKind,
    mut open: Vec<&'k str>,
    barred: &[String],
) -> BTreeSet<&'k str> {
    let mut reached = BTreeSet::new();
    while let Some(state) = open.pop() {
        if barred.iter().any(|b| b == state) || !reached.insert(state) {
            continue;
        }
        let can = kind.state(state).map_or(&[][..], |s| &s.can);
        open.extend(can.iter().filter_map(|a| kind.action(a)).map(|a| a.to.as_str()));
    }
    reached
}

fn compile_statistic(house: &House, statistic: &mut Statistic, findings: &mut Vec<Finding>) {
    let Some(kind) = house.kind(&statistic.kind) else {
        let message = format!("没有档案“{}”", statistic.kind);
        findings.push(Finding::new(204, &statistic.place, message));
        return;
    };
    let scope = Scope::record(house, kind);
    compile_some(&mut statistic.when, &scope, findings);
    let is_date = kind.fields.get(&statistic.month).is_some_and(|f| f.kind.shape() == Shape::Date);
    if !is_date && statistic.month != "created_on" {
        let message = format!("“{}”不是日期字段，不能按月统计", statistic.month);
        findings.push(Finding::new(603, &statistic.place, message));
    }
    if let Some(Stock::Until(until)) = &statistic.stock {
        let is_date = kind.fields.get(until).is_some_and(|f| f.kind.shape() == Shape::Date);
        if !is_date || *until == statistic.month {
            let message = format!("“至={until}”应是另一个日期字段：从哪天起不再计入");
            findings.push(Finding::new(612, &statistic.place, message));
        }
    }
    for measure in &mut statistic.measures {
        compile_some(&mut measure.when, &scope, findings);
        let place = &statistic.place;
        match &mut measure.adds {
            Adds::One => {}
            Adds::Field(field) => number_field(&kind.fields, field, place, findings),
            Adds::Rows(rows, rule) => {
                if let Some(row) = row_of(kind, rows, place, findings) {
                    compile_some(rule, &scope.of_row(row), findings);
                }
            }
            Adds::RowSum(rows, field, rule) => {
                if let Some(row) = row_of(kind, rows, place, findings) {
                    number_field(&row.fields, field, place, findings);
                    compile_some(rule, &scope.of_row(row), findings);
                }
            }
        }
        for dimension in &measure.by {
            check_dimension(kind, dimension, place, findings);
        }
    }
    let inside = statistic.measures.iter().filter_map(|m| match &m.adds {
        Adds::Rows(_, rule) | Adds::RowSum(_, _, rule) => rule.as_ref(),
        _ => None,
    });
    let rules = statistic.measures.iter().filter_map(|m| m.when.as_ref()).chain(&statistic.when);
    let attached: Vec<&str> = house.attached_to(&kind.id).map(|k| k.id.as_str()).collect();
    for rule in rules.chain(inside).filter(|r| reaches_out(&r.filter, &attached)) {
        let message = format!("统计的条件“{}”用到了别的档案，重新统计时会对不上", rule.text);
        let finding = Finding::new(608, &rule.place, message);
        findings.push(finding.fix("用 取自 把那个值登记时抄到本档案，再按它统计"));
    }
}

/// Whether the answer depends on more than the record itself.
pub(super) fn reaches_out(filter: &Filter, attached: &[&str]) -> bool {
    let mut out = false;
    filter.terms(&mut |term| {
        out |= matches!(term, Term::Linked { .. } | Term::Today)
            || matches!(term, Term::WorkDays(..) | Term::AddWorkDays(..))
            || term.rows().is_some_and(|rows| {
                !rows.are_children() || attached.contains(&rows.table.as_str())
            });
    });
    out
}

fn number_field(fields: &Fields, field: &str, place: &Place, findings: &mut Vec<Finding>) {
    let is_number =
        fields.get(field).is_some_and(|f| matches!(f.kind.rule_type(), Type::Number { .. }));
    if !is_number {
        findings.push(Finding::new(604, place, format!("“{field}”不是数，不能合计")));
    }
}

fn row_of<'k>(
    kind: &'k RecordKind,
    rows: &str,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> Option<&'k RowKind> {
    let row = match kind.fields.get(rows).map(|f| f.kind.shape()) {
        Some(Shape::Rows(row)) => kind.rows.get(row),
        _ => None,
    };
    if row.is_none() {
        findings.push(Finding::new(605, place, format!("“{rows}”不是多行字段")));
    }
    row.map(|r| &**r)
}

fn check_dimension(kind: &RecordKind, dimension: &str, place: &Place, findings: &mut Vec<Finding>) {
    if dimension_table(kind, dimension).is_none() {
        let message = format!("“{dimension}”不是本档案的代码字段，不能按它分");
        let finding = Finding::new(606, place, message);
        findings.push(finding.fix("别的档案的代码，用 取自 抄到本档案再分"));
    }
}

/// The code table that a dimension's values come from.
pub fn dimension_table<'k>(kind: &'k RecordKind, dimension: &str) -> Option<&'k str> {
    match kind.fields.get(dimension)?.kind.shape() {
        Shape::Code(table) => Some(table),
        _ => None,
    }
}

/// The order of its kinds names kinds of the business.
fn check_order(house: &House, business: &super::Business, findings: &mut Vec<Finding>) {
    let own = |id: &String| house.kind(id).is_some_and(|kind| kind.business == business.id);
    for id in business.kinds.iter().filter(|id| !own(id)) {
        let near = nearest(id, house.kinds.keys().map(String::as_str));
        let fix = near.map(|n| format!("是不是“{n}”？")).unwrap_or_default();
        let message = format!("“{}”没有档案“{id}”", business.label);
        findings.push(Finding::new(425, &business.place, message).fix(fix));
    }
}
