//! Worked examples: given, who, does what, then. They are read here, run here, and are the
//! acceptance tests of a business.

use super::{
    Finding, House, Place, RecordKind,
    node::{Node, Written},
    read::unknown_word,
};

/// A worked example, or (without steps) a base that examples build on.
#[derive(Clone, Debug, Default)]
pub struct Example {
    /// Its name, or the base's id.
    pub name: String,
    /// Whether it is a base.
    pub is_base: bool,
    /// Record kind.
    pub kind: String,
    /// Report, where it is about the figures of one and not about a record.
    pub report: String,
    /// Columns given as numbers.
    pub numbers: Vec<(String, String)>,
    /// Base it builds on.
    pub base: String,
    /// Day it happens on.
    pub on: String,
    /// Level of the unit that keeps the record, and what the unit is called; empty: any.
    pub unit: (String, String),
    /// State the record is in before; empty for the initial one.
    pub state: String,
    /// Fields given.
    pub given: Vec<(String, String)>,
    /// Rows given.
    pub rows: Vec<(String, Vec<(String, String)>)>,
    /// Records referred to: by which field, with which values.
    pub linked: Vec<(String, Vec<(String, String)>)>,
    /// Records attached: of which kind, with which values.
    pub attached: Vec<(String, Vec<(String, String)>)>,
    /// Other records that rules ask about: of which kind, with which values.
    pub others: Vec<(String, Vec<(String, String)>)>,
    /// Records of the same kind that exist already, with their values.
    pub existing: Vec<(String, Vec<(String, String)>)>,
    /// A draw: the seed, and the ids that may be drawn.
    pub draw: Option<(String, Vec<String>)>,
    /// Role that does it; empty: whoever may.
    pub role: String,
    /// What is done; nothing: the record is created.
    pub does: Option<Step>,
    /// What follows.
    pub expects: Vec<Expectation>,
    /// Where it is written.
    pub place: Place,
}

/// What is done where fields are changed without an action.
pub(super) const CHANGE: &str = "修改";
/// What is done where somebody looks at the record.
pub(super) const SEE: &str = "看";

/// What is done where a limit has passed: what the house does then.
pub(super) const AT_END: &str = "到期";

/// What is done in an example.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// An action, [`CHANGE`], [`SEE`] or [`AT_END`]; empty: the record is created.
    pub action: String,
    /// The limit at whose end it is done by the house; empty: people do it.
    pub limit: String,
    /// What is typed.
    pub input: Vec<(String, String)>,
}

/// What follows in an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// No error.
    Done,
    /// These problems are among the errors.
    Refused(Vec<String>),
    /// These problems are among the warnings, and there is no error.
    Warned(Vec<String>),
    /// The record is in this state.
    State(String),
    /// Fields show these values, or hold them.
    Values(Vec<(String, String)>),
    /// Time limits end on these days.
    Limits(Vec<(String, String)>),
    /// A record of this kind is made, or moved, with these values.
    Sets(String, Vec<(String, String)>),
    /// A dossier of the record lacks these of its places, and no other.
    Lacks(String, Vec<String>),
    /// These accounts are locked along with it.
    Closes(Vec<String>),
    /// Measures the record adds to, `统计.量` or `统计.量[维=码]`.
    Counts(Vec<(String, String)>),
    /// Cross-checks of a report that hold; none named: all whose columns are given.
    Holds(Vec<String>),
    /// Cross-checks of a report that do not hold.
    Fails(Vec<String>),
}

/// Reads `例 …` and `样 …`.
pub fn read_example(node: Node<'_>, findings: &mut Vec<Finding>) -> Example {
    let mut example = Example {
        name: node.text(0),
        is_base: node.word() == "样",
        kind: node.setting_text("档案"),
        report: node.setting_text("报表"),
        base: node.setting_text("基"),
        place: node.place(),
        ..Example::default()
    };
    for line in node.children() {
        read_line(line, &mut example, findings);
    }
    example
}

fn pairs(node: Node<'_>) -> Vec<(String, String)> {
    let own = node.settings().into_iter().map(|(name, w)| (name, w.text));
    let inside = node.children().map(|line| match line.settings().into_iter().next() {
        Some((name, Written { text, .. })) => (name, text),
        None => (line.word().to_owned(), line.text(0)),
    });
    // `{ a="1" b="2" }` and `{ a "1"; b "2" }` and one setting a line all say the same.
    own.chain(inside).filter(|(name, _)| !name.is_empty()).collect()
}

/// Settings of the line and of the lines inside it.
fn all_pairs(node: Node<'_>) -> Vec<(String, String)> {
    let mut found = pairs(node);
    for line in node.children() {
        for (name, written) in line.settings().into_iter().skip(1) {
            found.push((name, written.text));
        }
    }
    found
}

fn read_line(line: Node<'_>, example: &mut Example, findings: &mut Vec<Finding>) {
    match line.word() {
        "于" => example.on = line.text(0),
        "说明" => {}
        // Who does it belongs to what is done: a base is only what was there before.
        "角色" if example.is_base => findings
            .push(Finding::new(805, &line.place(), "样里不写角色").fix("写在例里，做 的前面")),
        "角色" => example.role = line.text(0),
        "状态" => example.state = line.text(0),
        "单位" => {
            if super::example_run::unit_of_level(&line.text(0)).is_none() {
                let message = format!("“单位”后面写级：省、市、县、乡、村，不是“{}”", line.text(0));
                findings.push(
                    Finding::new(805, &line.place(), message).fix("如 单位 乡 \"临溪县柳河镇\""),
                );
            }
            example.unit = (line.text(0), line.text(1));
        }
        "设" => example.given.extend(all_pairs(line)),
        "行" => example.rows.push((line.text(0), all_pairs(line))),
        "引" => example.linked.push((line.text(0), all_pairs(line))),
        "数" => example.numbers.extend(all_pairs(line)),
        "附" => example.attached.push((line.text(0), all_pairs(line))),
        "另" => example.others.push((line.text(0), all_pairs(line))),
        "已有" => example.existing.push((line.text(0), all_pairs(line))),
        "抽" => {
            let ids = line.setting_text("件").split_whitespace().map(str::to_owned).collect();
            example.draw = Some((line.setting_text("种子"), ids));
        }
        "做" => {
            let action = line.text(0);
            let action = if action == "登记" { String::new() } else { action };
            let limit = if action == AT_END { line.text(1) } else { String::new() };
            example.does = Some(Step { action, limit, input: all_pairs(line) });
        }
        "则" => example.expects.extend(read_expectation(line, findings)),
        other => findings.push(unknown_word(
            line,
            other,
            &[
                "于", "单位", "角色", "状态", "设", "行", "引", "附", "另", "已有", "数", "抽",
                "做", "则", "说明",
            ],
        )),
    }
}

fn read_expectation(line: Node<'_>, findings: &mut Vec<Finding>) -> Option<Expectation> {
    let rest = || line.arguments().into_iter().skip(1).map(|w| w.text).collect::<Vec<_>>();
    Some(match line.text(0).as_str() {
        "成" => Expectation::Done,
        "拒" => Expectation::Refused(rest()),
        "提醒" => Expectation::Warned(rest()),
        "状态" => Expectation::State(line.text(1)),
        "值" => Expectation::Values(all_pairs(line)),
        "期限" => Expectation::Limits(all_pairs(line)),
        "生成" | "推" => Expectation::Sets(line.text(1), all_pairs(line)),
        "卷宗" => {
            let lacks = rest().into_iter().skip(1).filter(|word| word != "缺" && word != "齐");
            Expectation::Lacks(line.text(1), lacks.collect())
        }
        "停用" => Expectation::Closes(rest()),
        "统计" => Expectation::Counts(all_pairs(line)),
        "核对" => Expectation::Holds(rest()),
        "不符" => Expectation::Fails(rest()),
        other => {
            let message = format!("“则”后面不认识“{other}”");
            findings.push(
                Finding::new(802, &line.place(), message)
                    .fix("成、拒、提醒、状态、值、期限、生成、推、停用、卷宗、统计、核对、不符"),
            );
            return None;
        }
    })
}

/// Runs every example; a failing one is finding 801.
pub fn check(house: &House, findings: &mut Vec<Finding>) {
    let torn = house.kinds.values().filter(|kind| !unreadable(house, kind).is_empty());
    let broken: Vec<&String> = torn.map(|kind| &kind.id).collect();
    for example in house.examples.iter().filter(|e| !e.is_base) {
        if !example.report.is_empty() {
            for failure in super::example_report::run(house, example) {
                let message = format!("例“{}”不成立：{failure}", example.name);
                findings.push(Finding::new(801, &example.place, message));
            }
            continue;
        }
        let Some(whole) = example.whole(house) else {
            let message = format!("例“{}”的基“{}”没有找到", example.name, example.base);
            findings.push(Finding::new(803, &example.place, message));
            continue;
        };
        let Some(kind) = house.kind(&whole.kind) else {
            let message = format!("例“{}”的档案“{}”没有找到", example.name, whole.kind);
            findings.push(Finding::new(804, &example.place, message));
            continue;
        };
        // What cannot be read for a reason already found would only repeat that finding.
        let own = unreadable(house, kind).iter().any(|field| whole.names(field));
        if own || around(house, kind).any(|other| broken.contains(&&other.id)) {
            continue;
        }
        for failure in super::example_run::run(house, kind, &whole) {
            let message = format!("例“{}”不成立：{failure}", example.name);
            findings.push(Finding::new(801, &example.place, message));
        }
    }
}

/// The kinds whose records an example of `kind` looks at: referred to, hanging on it, or set in
/// motion.
fn around<'h>(house: &'h House, kind: &'h RecordKind) -> impl Iterator<Item = &'h RecordKind> {
    use crate::{definition::EffectTarget, kind::Shape};
    let rows = kind.rows.values().map(|row| &row.fields);
    let fields = std::iter::once(&kind.fields).chain(rows).flatten();
    let referred = fields.filter_map(|field| match field.kind.shape() {
        Shape::Reference(target) => house.kind(target),
        _ => None,
    });
    let effects = kind.actions.iter().flat_map(|action| &action.effects).chain(&kind.on_create);
    let made = effects.filter_map(|effect| match &effect.target {
        EffectTarget::New { kind, .. } => house.kind(kind),
        EffectTarget::Linked { .. } | EffectTarget::Account { .. } => None,
    });
    let others = referred.chain(made).chain(house.attached_to(&kind.id));
    others.map(|other| &**other).filter(|other| other.id != kind.id)
}

/// Fields whose code table or record kind is not there.
fn unreadable(house: &House, kind: &RecordKind) -> Vec<String> {
    use crate::kind::Shape;
    let rows = kind.rows.values().map(|row| &row.fields);
    let fields = std::iter::once(&kind.fields).chain(rows).flatten();
    let broken = fields.filter(|field| match field.kind.shape() {
        Shape::Code(table) | Shape::Codes(table) => !house.codes.contains_key(table),
        Shape::Reference(target) => house.kind(target).is_none(),
        _ => false,
    });
    broken.map(|field| field.id.clone()).collect()
}

impl Example {
    /// With everything that it builds on; `None` if a base is missing.
    pub fn whole(&self, house: &House) -> Option<Self> {
        with_base(house, self, 0)
    }

    /// Whether a field is given or typed anywhere in it.
    fn names(&self, field: &str) -> bool {
        let rows = self.rows.iter().flat_map(|(_, values)| values);
        let typed = self.does.iter().flat_map(|step| &step.input);
        self.given.iter().chain(rows).chain(typed).any(|(name, _)| name == field)
    }
}

fn with_base(house: &House, example: &Example, depth: usize) -> Option<Example> {
    if example.base.is_empty() {
        return Some(example.clone());
    }
    let base = house.examples.iter().find(|e| e.is_base && e.name == example.base)?;
    let mut whole = if depth < 8 { with_base(house, base, depth + 1)? } else { return None };
    let mut own = example.clone();
    whole.given.append(&mut own.given);
    replace_rows(&mut whole.rows, own.rows);
    whole.linked.append(&mut own.linked);
    whole.attached.append(&mut own.attached);
    whole.others.append(&mut own.others);
    whole.existing.append(&mut own.existing);
    let or = |own: String, base: String| if own.is_empty() { base } else { own };
    Some(Example {
        name: own.name,
        is_base: own.is_base,
        kind: or(own.kind, whole.kind),
        base: String::new(),
        on: or(own.on, whole.on),
        state: or(own.state, whole.state),
        unit: if own.unit.0.is_empty() { whole.unit } else { own.unit },
        role: own.role,
        does: own.does.or(whole.does),
        expects: own.expects,
        place: own.place,
        given: whole.given,
        rows: whole.rows,
        linked: whole.linked,
        attached: whole.attached,
        draw: own.draw.or(whole.draw),
        report: own.report,
        numbers: own.numbers,
        others: whole.others,
        existing: whole.existing,
    })
}

/// Rows of an example take the place of all rows of the same field in its base.
fn replace_rows(
    base: &mut Vec<(String, Vec<(String, String)>)>,
    own: Vec<(String, Vec<(String, String)>)>,
) {
    base.retain(|(field, _)| !own.iter().any(|(f, _)| f == field));
    base.extend(own);
}
