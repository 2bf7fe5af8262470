//! A record kind read from its lines.

use super::{
    Action, Asked, Attached, Class, Document, Effect, EffectTarget, Field, Fields, Finding, Group,
    InForce, List, Lock, NamedRule, Numbering, Owner, Permissions, Reach, RecordKind, Required,
    RowKind, RowsTaken, Seal, Setting, State, TitlePart, UNIT, Unique,
    dossier::read_dossier,
    node::{Node, Written},
    read::unknown_word,
    read_deadline::read_deadline,
};
use crate::{kind, rule::Rule};
use std::{collections::BTreeMap, sync::Arc};

/// Reads `档案 …`.
pub fn read_record(business: &str, node: Node<'_>, findings: &mut Vec<Finding>) -> RecordKind {
    let attached = node.child("附于").map(|n| Attached { kind: n.text(0) });
    let mut record = RecordKind {
        id: node.text(0),
        label: node.text(1),
        business: business.to_owned(),
        help: node.child_text("说明"),
        basis: node.child_text("依据"),
        owner: owner(&node.child_text("归属"), attached.as_ref()),
        attached,
        title: pattern(&node.child_text("题名")),
        permissions: Permissions::default(),
        groups: Vec::new(),
        fields: Fields::default(),
        rows: BTreeMap::new(),
        numbers: Vec::new(),
        uniques: Vec::new(),
        on_create: Vec::new(),
        lock: None,
        seal: None,
        publications: Vec::new(),
        draws: Vec::new(),
        rules: Vec::new(),
        states: Vec::new(),
        actions: Vec::new(),
        deadlines: Vec::new(),
        documents: Vec::new(),
        dossiers: Vec::new(),
        lists: Vec::new(),
        layout: super::Layout::default(),
        place: node.place(),
    };
    for line in node.children() {
        read_line(line, &mut record, findings);
    }
    record
}

fn owner(text: &str, attached: Option<&Attached>) -> Owner {
    match (text, attached) {
        ("" | "本机构", None) => Owner::Actor,
        ("" | "本机构", Some(attached)) => Owner::Field(attached.kind.clone()),
        (field, _) => Owner::Field(field.to_owned()),
    }
}

const LINES: &[&str] = &[
    "说明",
    "依据",
    "归属",
    "题名",
    "权限",
    "分组",
    "行",
    "编号",
    "唯一",
    "规则",
    "状态",
    "动作",
    "期限",
    "文书",
    "卷宗",
    "列表",
    "附于",
    "登记时",
    "锁定",
    "封存",
    "公开",
    "抽选",
];

fn read_line(line: Node<'_>, record: &mut RecordKind, findings: &mut Vec<Finding>) {
    match line.word() {
        "说明" | "依据" | "归属" | "题名" => {}
        "附于" => record.fields.0.insert(0, attached_field(line)),
        "权限" => record.permissions = read_permissions(line, findings),
        "分组" => read_group(line, record, findings),
        "行" => {
            let row = read_row(line, findings);
            if record.rows.insert(row.id.clone(), Arc::new(row)).is_some() {
                findings.push(Finding::new(201, &line.place(), "这种行已经有了"));
            }
        }
        "编号" => record.numbers.push(read_numbering(line)),
        "唯一" => record.uniques.push(read_unique(line)),
        "规则" => record.rules.push(read_rule(line, findings)),
        "状态" => record.states.push(read_state(line)),
        "动作" => record.actions.push(read_action(line, findings)),
        "锁定" => record.lock = Some(read_lock(line)),
        "封存" => record.seal = Some(read_seal(line, findings)),
        "公开" => record.publications.push(super::publication::read(line, findings)),
        "抽选" => record.draws.push(super::draw::read(line, findings)),
        "登记时" => {
            for inner in line.children() {
                read_effect(inner, &mut record.on_create, findings);
            }
        }
        "期限" => record.deadlines.push(read_deadline(line, findings)),
        "文书" => record.documents.push(read_document(line, &record.business)),
        "卷宗" => record.dossiers.push(read_dossier(line, &record.business, findings)),
        "列表" => record.lists.push(read_list(line)),
        other => findings.push(unknown_word(line, other, LINES)),
    }
}

fn attached_field(line: Node<'_>) -> Field {
    let label = line.text(1);
    let mut field = blank_field(line, &line.text(0), kind::reference(&line.text(0)));
    field.label = if label.is_empty() { "所属档案".to_owned() } else { label };
    field.required = Required::Yes;
    field
}

fn blank_field(line: Node<'_>, id: &str, kind: Arc<dyn kind::FieldKind>) -> Field {
    Field {
        id: id.to_owned(),
        label: String::new(),
        kind,
        required: Required::No,
        read_only: false,
        least: None,
        most: None,
        default: String::new(),
        hint: String::new(),
        unit: String::new(),
        basis: String::new(),
        show: None,
        exchange: String::new(),
        class: Class::Plain,
        taken_from: Vec::new(),
        only: None,
        in_force: None,
        group: 0,
        place: line.place(),
    }
}

/// `看 city=辖区 写理由`: one record at a time, with a reason.
const REASONED: &str = "写理由";

fn read_permissions(node: Node<'_>, findings: &mut Vec<Finding>) -> Permissions {
    let mut permissions = Permissions::default();
    for line in node.children() {
        let reasoned = line.arguments().iter().any(|word| word.text == REASONED);
        let target = match line.word() {
            "看" if reasoned => &mut permissions.reason,
            "看" => &mut permissions.see,
            "建" => &mut permissions.create,
            "改" => &mut permissions.change,
            "密" => &mut permissions.secret,
            "数" => &mut permissions.count,
            "并" => &mut permissions.merge,
            other => {
                findings.push(unknown_word(line, other, &["看", "建", "改", "密", "数", "并"]));
                continue;
            }
        };
        for (name, written) in line.entries() {
            let (role, reach) = if name.is_empty() {
                if written.text == REASONED && line.word() == "看" {
                    continue;
                }
                (written.text, "本单位".to_owned())
            } else {
                (name, written.text)
            };
            match reach_of(&reach) {
                Some(reach) => {
                    target.insert(role, reach);
                }
                None => findings.push(
                    Finding::new(104, &written.place, format!("不认识范围“{reach}”"))
                        .fix("本人、本单位、辖区、全部"),
                ),
            }
        }
    }
    permissions
}

fn reach_of(text: &str) -> Option<Reach> {
    Some(match text {
        "本人" => Reach::Own,
        "本单位" => Reach::Unit,
        "辖区" => Reach::Subtree,
        "全部" => Reach::All,
        _ => return None,
    })
}

fn read_group(node: Node<'_>, record: &mut RecordKind, findings: &mut Vec<Finding>) {
    let group = record.groups.len();
    record.groups.push(Group { label: node.text(0), show: rule_setting(node, "显示") });
    for line in node.children() {
        if let Some(mut field) = read_field(line, findings) {
            field.group = group;
            if record.fields.get(&field.id).is_some() {
                findings.push(duplicate(&field));
            } else {
                record.fields.0.push(field);
            }
        }
    }
}

fn duplicate(field: &Field) -> Finding {
    Finding::new(202, &field.place, format!("字段“{}”已经有了", field.id))
        .fix("标识不能重复，也不能重用，请换一个标识")
}

fn read_row(node: Node<'_>, findings: &mut Vec<Finding>) -> RowKind {
    let mut row = RowKind { id: node.text(0), label: node.text(1), ..RowKind::default() };
    for line in node.children() {
        match line.word() {
            "题名" => row.title = pattern(&line.text(0)),
            "规则" => row.rules.push(read_rule(line, findings)),
            _ => {
                if let Some(field) = read_field(line, findings) {
                    if row.fields.get(&field.id).is_some() {
                        findings.push(duplicate(&field));
                    } else {
                        row.fields.0.push(field);
                    }
                }
            }
        }
    }
    row
}

/// `id "标签" KIND [ARG] [flags] [settings]`
fn read_field(line: Node<'_>, findings: &mut Vec<Finding>) -> Option<Field> {
    let arguments = line.arguments();
    let word = arguments.get(1).cloned().unwrap_or_default();
    let (argument, flags) = match kind::takes_argument(&word.text) {
        true => (arguments.get(2).map(|w| w.text.clone()), arguments.get(3..)),
        false => (None, arguments.get(2..)),
    };
    let made = kind::make(&word.text, argument.as_deref(), &|name| {
        line.setting(name).map(|w| (w.text, w.place))
    });
    let kind = match made {
        Ok(kind) => kind,
        Err(message) => {
            let place = if word.text.is_empty() { line.place() } else { word.place };
            findings.push(near_kind(Finding::new(105, &place, message), &word.text));
            return None;
        }
    };
    let mut field = blank_field(line, line.word(), kind);
    field.label = arguments.first().map(|w| w.text.clone()).unwrap_or_default();
    check_id(&field, findings);
    for flag in flags.unwrap_or_default() {
        read_flag(flag, &mut field, findings);
    }
    for (name, value) in line.settings() {
        read_setting(&name, value, &mut field, findings);
    }
    Some(field)
}

fn near_kind(finding: Finding, word: &str) -> Finding {
    match super::nearest(word, kind::WORDS.iter().copied()) {
        Some(near) => finding.fix(format!("是不是“{near}”？")),
        None => finding.fix(format!("字段种类有：{}", kind::WORDS.join("、"))),
    }
}

fn check_id(field: &Field, findings: &mut Vec<Finding>) {
    let system = crate::record::SYSTEM_COLUMNS.contains(&field.id.as_str());
    if system || field.id == "parent" || field.id == "position" {
        let message = format!("“{}”是系统自己的列，不能作字段标识", field.id);
        findings.push(Finding::new(106, &field.place, message).fix("换一个标识"));
    }
    let mut characters = field.id.chars();
    let first = characters.next().is_some_and(|c| c.is_ascii_lowercase());
    if !first || !characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        findings.push(
            Finding::new(106, &field.place, format!("“{}”不能作字段标识", field.id))
                .fix("用小写英文字母开头，只含小写字母、数字和下划线"),
        );
    }
}

fn read_flag(flag: &Written, field: &mut Field, findings: &mut Vec<Finding>) {
    match flag.text.as_str() {
        "必填" => field.required = Required::Yes,
        "只读" => field.read_only = true,
        other => findings.push(
            Finding::new(103, &flag.place, format!("不认识“{other}”")).fix("可以写：必填、只读"),
        ),
    }
}

fn read_setting(name: &str, value: Written, field: &mut Field, findings: &mut Vec<Finding>) {
    match name {
        "必填" => field.required = Required::When(Box::new(Rule::written(value))),
        "默认" => field.default = value.text,
        "提示" => field.hint = value.text,
        "单位" => field.unit = value.text,
        "依据" => field.basis = value.text,
        "显示" => field.show = Some(Rule::written(value)),
        "仅" => field.only = Some(Rule::written(value)),
        "施行" => field.in_force = in_force(&value, findings),
        "交换名" => field.exchange = value.text,
        "取自" => field.taken_from = taken_from(&value.text),
        "密级" => match value.text.as_str() {
            "敏感" => field.class = Class::Sensitive,
            "联系" => field.class = Class::Contact,
            "一般" => {}
            other => findings.push(
                Finding::new(104, &value.place, format!("不认识密级“{other}”"))
                    .fix("一般、联系、敏感"),
            ),
        },
        "最少" | "最小" | "最多" | "最大" => read_bound(name, value, field, findings),
        other if kind::SETTINGS.contains(&other) => {}
        other => {
            let finding = Finding::new(103, &value.place, format!("不认识设置“{other}”"));
            let near = super::nearest(other, SETTINGS.iter().copied());
            let fix = near.map_or(SETTINGS.join("、"), |near| format!("是不是“{near}”？"));
            findings.push(finding.fix(fix));
        }
    }
}

const SETTINGS: &[&str] = &[
    "必填",
    "默认",
    "提示",
    "单位",
    "依据",
    "显示",
    "仅",
    "施行",
    "交换名",
    "取自",
    "密级",
    "最少",
    "最多",
    "最小",
    "最大",
    "位数",
    "级",
    "证件类型",
    "性别",
    "照片",
    "出生日期",
];

fn read_bound(name: &str, value: Written, field: &mut Field, findings: &mut Vec<Finding>) {
    let bound = if name == "最少" || name == "最多" {
        value.text.parse().ok().map(super::Bound::Number)
    } else {
        field.kind.bound(&value.text)
    };
    match bound {
        None => findings.push(
            Finding::new(107, &value.place, format!("“{}”不能作{name}", value.text))
                .fix("写一个数；日期字段写日期或者 今日"),
        ),
        bound if name == "最少" || name == "最小" => field.least = bound,
        bound => field.most = bound,
    }
}

/// `施行="division valid_from valid_to"`
fn in_force(value: &Written, findings: &mut Vec<Finding>) -> Option<InForce> {
    let words: Vec<&str> = value.text.split_whitespace().collect();
    if let [unit, from, to] = words.as_slice() {
        let [unit, from, to] = [unit, from, to].map(|word| (*word).to_owned());
        return Some(InForce { unit, from, to });
    }
    let message = format!("“施行”要写三个字段，现在是“{}”", value.text);
    let fix = "适用单位、施行日期、停止日期，如 施行=\"division valid_from valid_to\"";
    findings.push(Finding::new(107, &value.place, message).fix(fix));
    None
}

fn taken_from(text: &str) -> Vec<(String, String)> {
    text.split_whitespace()
        .filter_map(|path| path.split_once('.'))
        .map(|(field, target)| (field.to_owned(), target.to_owned()))
        .collect()
}

fn rule_setting(node: Node<'_>, name: &str) -> Option<Rule> {
    node.setting(name).map(Rule::written)
}

fn read_rule(node: Node<'_>, findings: &mut Vec<Finding>) -> NamedRule {
    let must = node.setting("须");
    let warn = node.setting("提醒");
    let warning = must.is_none();
    if must.is_some() == warn.is_some() {
        findings.push(Finding::new(301, &node.place(), "一条规则要么写“须”，要么写“提醒”"));
    }
    NamedRule {
        id: node.text(0),
        message: node.text(1),
        when: rule_setting(node, "当"),
        condition: Rule::written(must.or(warn).unwrap_or_default()),
        warning,
        at: node.setting_text("于"),
        basis: node.setting_text("依据"),
        on_demand: false,
        place: node.place(),
    }
}

fn read_numbering(node: Node<'_>) -> Numbering {
    let when = node.setting_text("于");
    Numbering {
        field: node.text(0),
        pattern: pattern(&node.text(1)),
        per: words(&node.setting_text("每")),
        when: if when.is_empty() || when == "登记" { "create".to_owned() } else { when },
        place: node.place(),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn read_unique(node: Node<'_>) -> Unique {
    let mut fields: Vec<String> = node.arguments().into_iter().map(|w| w.text).collect();
    let message = fields.pop().unwrap_or_default();
    let mut leads_with = |word: &str| {
        let leads = fields.first().is_some_and(|first| first == word);
        fields.drain(..usize::from(leads));
        leads
    };
    let (everywhere, warns) = (leads_with("全省"), leads_with("提醒"));
    let when = node.setting("当").map(Rule::written);
    Unique { fields, everywhere, warns, when, message, place: node.place() }
}

/// `锁定 当="状态 = 已入账" "已入账的不能再改，要改的请先退回" 除 remark`
fn read_lock(line: Node<'_>) -> Lock {
    let mut words = line.arguments().into_iter().map(|w| w.text);
    let message = words.next().unwrap_or_default();
    let except = words.filter(|word| word != "除").collect();
    let when = line.setting("当").map(Rule::written);
    let when = when.unwrap_or_else(|| Rule::new(String::new(), line.place()));
    Lock { when, except, message, place: line.place() }
}

/// `封存 当="犯罪记录已封存 = 是" { 看 office county }`
fn read_seal(line: Node<'_>, findings: &mut Vec<Finding>) -> Seal {
    let (mut open_to, mut reason) = (Vec::new(), Vec::new());
    for inner in line.children() {
        match inner.word() {
            "看" => {
                let mut words: Vec<String> =
                    inner.arguments().into_iter().map(|w| w.text).collect();
                let all = words.len();
                words.retain(|word| word != REASONED);
                let roles = if words.len() < all { &mut reason } else { &mut open_to };
                roles.extend(words);
            }
            other => findings.push(unknown_word(inner, other, &["看"])),
        }
    }
    let when = line.setting("当").map(Rule::written);
    let when = when.unwrap_or_else(|| Rule::new(String::new(), line.place()));
    Seal { when, open_to, reason, place: line.place() }
}

fn read_state(node: Node<'_>) -> State {
    let arguments: Vec<String> = node.arguments().into_iter().map(|w| w.text).collect();
    let flag = |word: &str| arguments.iter().skip(2).any(|a| a == word);
    State {
        id: node.text(0),
        label: node.text(1),
        code: node.setting_text("码"),
        initial: flag("初始"),
        last: flag("终止"),
        brought: Vec::new(),
        can: node.all("可").flat_map(|n| n.arguments()).map(|w| w.text).collect(),
        place: node.place(),
    }
}

fn read_action(node: Node<'_>, findings: &mut Vec<Finding>) -> Action {
    let mut action = Action {
        id: node.text(0),
        label: node.text(1),
        help: node.child_text("说明"),
        by: Vec::new(),
        pushed_only: false,
        hands: Vec::new(),
        to: node.child_text("到"),
        asks: Vec::new(),
        sets: Vec::new(),
        needs: Vec::new(),
        prints: Vec::new(),
        effects: Vec::new(),
        basis: node.child_text("依据"),
        place: node.place(),
    };
    for line in node.children() {
        let texts = || line.arguments().into_iter().map(|w| w.text);
        match line.word() {
            "说明" | "到" | "依据" => {}
            "由" => action.by.extend(texts()),
            "只推" => action.pushed_only = true,
            "须" => action.needs.extend(texts()),
            "出" => action.prints.extend(texts()),
            "填" | "可填" => action.asks.extend(asked(line, line.word() == "填")),
            "设" => action.sets.extend(settings(line)),
            "生成" | "推" | "停用" => read_effect(line, &mut action.effects, findings),
            other => findings.push(unknown_word(
                line,
                other,
                &[
                    "由", "只推", "到", "填", "可填", "设", "须", "出", "生成", "推", "停用",
                    "依据", "说明",
                ],
            )),
        }
    }
    action
}

fn settings(line: Node<'_>) -> Vec<(String, Setting)> {
    let setting = |text: String| match text.as_str() {
        "今日" => Setting::Today,
        "本档案" => Setting::Itself,
        UNIT => Setting::Unit(format!("{{{UNIT}}}")),
        text if text.contains(&format!("{{{UNIT}}}")) => Setting::Unit(text.to_owned()),
        _ => Setting::Value(text),
    };
    line.settings().into_iter().map(|(field, value)| (field, setting(value.text))).collect()
}

/// `生成 档案 当="…" { 设 字段=值 }`, `推 引用字段 动作 当="…" { 设 字段=值 }`, `停用 账号字段 当="…"`.
fn read_effect(line: Node<'_>, effects: &mut Vec<Effect>, findings: &mut Vec<Finding>) {
    let target = match line.word() {
        "生成" => {
            let via = if line.text(1) == "经" { line.text(2) } else { String::new() };
            EffectTarget::New { kind: line.text(0), via }
        }
        "推" => EffectTarget::Linked { field: line.text(0), action: line.text(1) },
        "停用" => EffectTarget::Account { field: line.text(0) },
        other => {
            findings.push(unknown_word(line, other, &["生成", "推", "停用"]));
            return;
        }
    };
    let (mut sets, mut rows) = (Vec::new(), Vec::new());
    for inner in line.children() {
        match inner.word() {
            "设" => sets.extend(settings(inner)),
            "行" => rows.extend(rows_taken(inner, findings)),
            other => findings.push(unknown_word(inner, other, &["设", "行"])),
        }
    }
    let when = line.setting("当").map(Rule::written);
    let each = line.setting_text("每");
    effects.push(Effect { target, when, each, sets, rows, place: line.place() });
}

/// `行 对方多行=本档案多行 { 设 字段=值 }`.
fn rows_taken(line: Node<'_>, findings: &mut Vec<Finding>) -> Vec<RowsTaken> {
    let mut sets = Vec::new();
    for inner in line.children() {
        match inner.word() {
            "设" => sets.extend(settings(inner)),
            other => findings.push(unknown_word(inner, other, &["设"])),
        }
    }
    let taken = |(to, from): (String, Written)| RowsTaken {
        to,
        from: from.text,
        sets: sets.clone(),
        place: line.place(),
    };
    line.settings().into_iter().map(taken).collect()
}

fn asked(line: Node<'_>, required: bool) -> Vec<Asked> {
    line.entries()
        .into_iter()
        .map(|(name, written)| {
            if name.is_empty() {
                Asked { field: written.text, default: String::new(), required }
            } else {
                Asked { field: name, default: written.text, required }
            }
        })
        .collect()
}

fn read_document(node: Node<'_>, business: &str) -> Document {
    Document {
        id: node.text(0),
        label: node.text(1),
        template: format!("{business}/documents/{}", node.child_text("模板")),
        number: node.child_text("编号"),
        signed: node.child_text("签名件"),
        when: node.child_written("当").map(Rule::written),
        place: node.place(),
    }
}

fn read_list(node: Node<'_>) -> List {
    let texts = |word: &'static str| -> Vec<String> {
        node.all(word).flat_map(|n| n.arguments()).map(|w| w.text).collect()
    };
    let order = texts("序");
    List {
        id: node.text(0),
        label: node.text(1),
        when: rule_setting(node, "当"),
        columns: texts("列"),
        filters: texts("筛"),
        order: order.first().cloned().unwrap_or_default(),
        descending: order.get(1).is_some_and(|o| o == "倒"),
        place: node.place(),
    }
}

/// Reads `text{field}text{ref.field}{序:6}`.
pub fn pattern(text: &str) -> Vec<TitlePart> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('{') {
        if !before.is_empty() {
            parts.push(TitlePart::Text(before.to_owned()));
        }
        let (inside, after) = tail.split_once('}').unwrap_or((tail, ""));
        parts.push(placeholder(inside.trim()));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(TitlePart::Text(rest.to_owned()));
    }
    parts
}

fn placeholder(inside: &str) -> TitlePart {
    if inside.starts_with(|c: char| !c.is_ascii()) {
        let (word, width) = inside.split_once(':').unwrap_or((inside, "0"));
        return TitlePart::Word(word.to_owned(), width.parse().unwrap_or(0));
    }
    match inside.split_once('.') {
        Some((field, target)) => TitlePart::Linked(field.to_owned(), target.to_owned()),
        None => TitlePart::Field(inside.to_owned()),
    }
}
