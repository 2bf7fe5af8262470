//! What a definition says of draws (抽选): of what frame, how many, by which action, and where it is
//! written. How they are drawn stands in [`crate::draw`].

use super::{
    RecordKind,
    check::{Kind, reaches_out},
    finding::{Finding, Place},
    node::Node,
    read::unknown_word,
};
use crate::{
    definition::House,
    kind::Shape,
    query::Term,
    rule::{Rule, Scope, Type},
};

/// A draw of records, or of the lines of a list.
#[derive(Clone, Debug)]
pub struct Draw {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Only of records for which this holds.
    pub when: Option<Rule>,
    /// Who may be drawn.
    pub from: Frame,
    /// The field that says how many.
    pub count: String,
    /// The action that draws.
    pub action: String,
    /// Where it is written.
    pub writes: Writes,
    /// The rows of those drawn.
    pub rows: String,
    /// The row's field that holds the order, from 1.
    pub order: String,
    /// The row's field that holds the record, or the number of the line.
    pub item: String,
    /// Where the definition says it.
    pub place: Place,
}

/// Who may be drawn.
#[derive(Clone, Debug)]
pub enum Frame {
    /// Records of a kind, of the unit that the draw belongs to and those below it.
    Records {
        /// The kind.
        kind: String,
        /// Only those for which this holds; it looks at nothing but the record.
        when: Option<Rule>,
        /// Fields that must be equal: theirs and the draw's. An empty one of the draw says nothing.
        same: Vec<(String, String)>,
        /// Fields of theirs that are not before a day of the draw's.
        since: Vec<(String, String)>,
        /// Fields of theirs that are not after a day of the draw's.
        until: Vec<(String, String)>,
        /// The field of theirs by whose value they are drawn apart; empty: not.
        stratum: String,
    },
    /// The lines of a list that is kept as a file.
    List {
        /// The field that says how many lines it has.
        lines: String,
        /// The field with the hash of the file.
        hash: String,
    },
    /// Neither is written.
    Unknown,
}

/// Fields that the house writes; the last three may be empty.
#[derive(Clone, Debug, Default)]
pub struct Writes {
    /// SM3 of the seed, when the record is made.
    pub promise: String,
    /// The seed, when it is drawn.
    pub seed: String,
    /// How many could be drawn.
    pub size: String,
    /// SM3 of the frame.
    pub frame: String,
    /// SM3 of those drawn.
    pub result: String,
}

impl Writes {
    /// All fields that are written.
    pub fn fields(&self) -> impl Iterator<Item = &String> {
        let all = [&self.promise, &self.seed, &self.size, &self.frame, &self.result];
        all.into_iter().filter(|field| !field.is_empty())
    }
}

const LINES: &[&str] = &["自", "名单", "数", "动作", "写", "行"];

/// `抽选 second "第二次抽选" 当="…" { 自 juror_candidate 当="…" { 同 a=b }; 数 n; 动作 hold; 写 …; 行 … }`
pub(super) fn read(line: Node<'_>, findings: &mut Vec<Finding>) -> Draw {
    let written = line.child("写");
    let writes = |word: &str| written.as_ref().map(|n| n.setting_text(word)).unwrap_or_default();
    let rows = line.child("行");
    let row = |word: &str| rows.as_ref().map(|n| n.setting_text(word)).unwrap_or_default();
    let mut from = Frame::Unknown;
    for inner in line.children() {
        match inner.word() {
            "自" => from = records(inner, findings),
            "名单" => from = Frame::List { lines: inner.text(0), hash: inner.text(1) },
            word if LINES.contains(&word) => {}
            other => findings.push(unknown_word(inner, other, LINES)),
        }
    }
    Draw {
        id: line.text(0),
        label: line.text(1),
        when: line.setting("当").map(Rule::written),
        from,
        count: line.child_text("数"),
        action: line.child_text("动作"),
        writes: Writes {
            promise: writes("承诺"),
            seed: writes("种子"),
            size: writes("总数"),
            frame: writes("总体"),
            result: writes("结果"),
        },
        rows: line.child_text("行"),
        order: row("次序"),
        item: row("件"),
        place: line.place(),
    }
}

fn records(line: Node<'_>, findings: &mut Vec<Finding>) -> Frame {
    let (mut same, mut since, mut until) = (Vec::new(), Vec::new(), Vec::new());
    let mut stratum = String::new();
    for inner in line.children() {
        let pairs = || inner.settings().into_iter().map(|(theirs, own)| (theirs, own.text));
        match inner.word() {
            "同" => same.extend(pairs()),
            "不早于" => since.extend(pairs()),
            "不晚于" => until.extend(pairs()),
            "分层" => stratum = inner.text(0),
            other => findings.push(unknown_word(inner, other, &["同", "不早于", "不晚于", "分层"])),
        }
    }
    let when = line.setting("当").map(Rule::written);
    Frame::Records { kind: line.text(0), when, same, since, until, stratum }
}

/// Compiles the conditions of a kind's draws.
pub(super) fn compile(
    house: &House,
    before: &RecordKind,
    kind: &mut RecordKind,
    findings: &mut Vec<Finding>,
) {
    let mut all: Vec<(&mut Rule, &RecordKind)> = Vec::new();
    for draw in &mut kind.draws {
        all.extend(draw.when.as_mut().map(|rule| (rule, before)));
        if let Frame::Records { kind: from, when: Some(rule), .. } = &mut draw.from
            && let Some(from) = house.kind(from)
        {
            all.push((rule, from));
        }
    }
    for (rule, of) in all {
        if let Err(finding) = rule.compile(&Scope::record(house, of)) {
            findings.push(finding);
        }
    }
}

impl RecordKind {
    /// The draw that an action makes of a record, if it makes one: the first whose condition holds.
    pub fn draw_of(&self, action: &str, holds: &dyn Fn(&Rule) -> bool) -> Option<&Draw> {
        let mut draws = self.draws.iter().filter(|draw| draw.action == action);
        draws.find(|draw| draw.when.as_ref().is_none_or(holds))
    }
}

impl Kind<'_> {
    /// Finding 445: a draw that leaves something to somebody's choice, or has nowhere to be written.
    pub(super) fn check_draws(&mut self) {
        let kind = self.kind;
        self.unique_ids(kind.draws.iter().map(|draw| (&draw.id, &draw.place)));
        for draw in &kind.draws {
            self.check_frame(draw);
            self.check_written(draw);
            self.check_drawn_rows(draw);
            let like = |other: &&Draw| {
                other.writes.promise != draw.writes.promise
                    || other.writes.seed != draw.writes.seed
                    || other.action != draw.action
            };
            if let Some(other) = kind.draws.iter().find(like) {
                let message =
                    format!("“{}”和“{}”要用同一个动作、承诺和种子", draw.label, other.label);
                self.wrong(draw, message, "一份档案只有一个种子，只抽一次；用 当 分开");
            }
        }
    }

    fn wrong(&mut self, draw: &Draw, message: String, fix: &str) {
        self.say(445, &draw.place, message).fix = fix.to_owned();
    }

    fn check_frame(&mut self, draw: &Draw) {
        let (kind, house) = (self.kind, self.house);
        let number = |id: &str| {
            let found = kind.fields.get(id).map(|f| f.kind.rule_type());
            matches!(found, Some(Type::Number { .. }))
        };
        if !number(&draw.count) {
            let message = format!("抽选“{}”没有写抽多少", draw.label);
            self.wrong(draw, message, "写 数 整数字段");
        }
        match &draw.from {
            Frame::Unknown => {
                let message = format!("抽选“{}”没有写从哪里抽", draw.label);
                self.wrong(draw, message, "写 自 档案，或者 名单 人数字段 摘要值字段");
            }
            Frame::List { lines, hash } => {
                if !number(lines) || kind.fields.get(hash).is_none() {
                    let message = "“名单”要写人数字段和摘要值字段".to_owned();
                    self.wrong(draw, message, "如 名单 input_people input_hash");
                }
            }
            Frame::Records { kind: from, when, same, since, until, stratum } => {
                let Some(from) = house.kind(from) else {
                    let message = format!("没有档案“{from}”");
                    self.wrong(draw, message, "写从哪一种档案里抽");
                    return;
                };
                let pairs = same.iter().chain(since).chain(until);
                let plain = |id: &String| {
                    from.layout.columns.contains(id) && !from.layout.sealed.contains(id)
                };
                let unknown = pairs
                    .clone()
                    .find(|(theirs, own)| !plain(theirs) || kind.fields.get(own).is_none());
                if let Some((theirs, own)) = unknown {
                    let message =
                        format!("“{theirs}={own}”：要写对方的字段和本档案的字段，都不加密");
                    self.wrong(draw, message, "如 同 juror_round=juror_round");
                }
                if !stratum.is_empty() && !plain(stratum) {
                    let message = format!("分层的“{stratum}”不是“{}”的字段", from.label);
                    self.wrong(draw, message, "写对方的一个代码、是否或者机构字段");
                }
                let attached: Vec<&str> =
                    house.attached_to(&from.id).map(|k| k.id.as_str()).collect();
                let unfit = when.as_ref().is_some_and(|when| {
                    let mut sealed = false;
                    when.filter.terms(&mut |term| {
                        sealed |= matches!(term, Term::Column(c) if from.layout.sealed.contains(c));
                    });
                    sealed || reaches_out(&when.filter, &attached)
                });
                if unfit {
                    let message = "抽选的条件只能看对方自己的、不加密的字段和状态".to_owned();
                    self.wrong(draw, message, "换成存下来的字段");
                }
            }
        }
    }

    fn check_written(&mut self, draw: &Draw) {
        let kind = self.kind;
        if kind.action(&draw.action).is_none() {
            let message = format!("抽选“{}”没有写由哪个动作抽", draw.label);
            self.wrong(draw, message, "写 动作 …");
        }
        if draw.writes.promise.is_empty() || draw.writes.seed.is_empty() {
            let message = "“写”要有 承诺 和 种子".to_owned();
            self.wrong(draw, message, "如 写 承诺=seed_hash 种子=seed");
        }
        for id in draw.writes.fields().chain([&draw.rows]) {
            let only_read = kind.fields.get(id).is_some_and(|field| field.read_only);
            let touched = |action: &super::Action| {
                let set = action.sets.iter().any(|(field, _)| field == id);
                set || action.asks.iter().any(|asked| asked.field == *id)
            };
            if !only_read || kind.actions.iter().any(touched) {
                let message = format!("抽选写的“{id}”要是只读字段，别的动作不能填、不能设");
                self.wrong(draw, message, "给这个字段写 只读，从动作里删去");
            }
        }
    }

    fn check_drawn_rows(&mut self, draw: &Draw) {
        let kind = self.kind;
        let row = kind.fields.get(&draw.rows).and_then(|field| match field.kind.shape() {
            Shape::Rows(row) => kind.rows.get(row),
            _ => None,
        });
        let fits = row.is_some_and(|row| {
            let number = |id: &str| {
                let found = row.fields.get(id).map(|f| f.kind.rule_type());
                matches!(found, Some(Type::Number { .. }))
            };
            let item = match &draw.from {
                Frame::Records { kind, .. } => {
                    let found = row.fields.get(&draw.item).map(|f| f.kind.shape());
                    found == Some(Shape::Reference(kind))
                }
                _ => number(&draw.item),
            };
            number(&draw.order) && item
        });
        if !fits {
            let message = format!("抽选“{}”没有地方写抽中的", draw.label);
            let fix = "写 行 多行字段 次序=整数字段 件=引用字段（名单的写整数字段）";
            self.wrong(draw, message, fix);
        }
    }
}
