//! A worked example run: what is done is done, and what came of it is compared.

use super::{
    House, RecordKind,
    example::{AT_END, CHANGE, Example, Expectation, SEE, Step},
    example_unique,
};
use crate::{
    kind::Cells,
    problem::Problem,
    query::Cell,
    record::{self, Act, Decision, Links, Moment, Record, View},
};
use jiff::civil::Date;
use serde_json::{Map, Value as Json};

fn input(pairs: &[(String, String)]) -> Map<String, Json> {
    pairs.iter().map(|(name, value)| (name.clone(), Json::from(value.as_str()))).collect()
}

/// What does not hold of the example.
pub(super) fn run(house: &House, kind: &RecordKind, example: &Example) -> Vec<String> {
    let today: Date = match example.on.parse() {
        Ok(date) => date,
        Err(_) if example.on.is_empty() => jiff::civil::date(2026, 6, 1),
        Err(_) => return vec![format!("“{}”不是日期", example.on)],
    };
    let moment = Moment { at: noon(today), today, actor: "example".to_owned() };
    if !example.role.is_empty() && !house.roles.iter().any(|role| role.id == example.role) {
        return vec![format!("没有角色“{}”", example.role)];
    }
    let at_end = match at_end(kind, example) {
        Ok(example) => example,
        Err(failure) => return vec![failure],
    };
    let example = at_end.as_ref().unwrap_or(example);
    let links = links(house, kind, example, today);
    let act = Act { house, kind, links: &links, moment: &moment };
    let decision = match is_allowed(kind, example) {
        Some(false) => Ok(forbidden(house, example)),
        _ => decide(act, example),
    };
    if let Some(failure) = example_unique::misread(act, example) {
        return vec![failure];
    }
    match decision {
        Ok(mut decision) => {
            // As at the desk: what is wrong in itself is not compared with others.
            if decision.errors().next().is_none() {
                let repeats = example_unique::repeats(act, &decision, example);
                decision.problems.extend(repeats);
            }
            judge(act, &decision, example)
        }
        Err(failure) => vec![failure],
    }
}

/// The example with the action that the house does when its limit has passed; `None` where it is not
/// about that.
fn at_end(kind: &RecordKind, example: &Example) -> Result<Option<Example>, String> {
    let Some(step) = example.does.as_ref().filter(|step| step.action == AT_END) else {
        return Ok(None);
    };
    let rule = kind.deadlines.iter().find(|rule| rule.id == step.limit);
    let Some(at_end) = rule.and_then(|rule| rule.at_end.as_ref()) else {
        return Err(format!("期限“{}”没有写 到期", step.limit));
    };
    let action = at_end.action.clone();
    Ok(Some(Example { does: Some(Step { action, ..step.clone() }), ..example.clone() }))
}

/// What the house types when it does the action; `None`: the limit has not passed.
fn typed_at_end(act: Act<'_>, before: &Record, limit: &str) -> Option<Map<String, Json>> {
    let limits = record::limits(act.house, act.kind, before, act.links, act.moment.today);
    let due = limits.iter().find(|one| one.id == limit && !one.done)?.due?;
    let rule = act.kind.deadlines.iter().find(|rule| rule.id == limit)?;
    let days = rule.at_end.iter().flat_map(|at_end| &at_end.last_day_in);
    let input = days.map(|field| (field.clone(), Json::from(due.to_string())));
    (due < act.moment.today).then(|| input.collect())
}

fn noon(day: Date) -> i64 {
    let time = day.at(12, 0, 0, 0);
    jiff::tz::Offset::constant(8).to_timestamp(time).map_or(0, |t| t.as_millisecond())
}

fn decide(act: Act<'_>, example: &Example) -> Result<Decision, String> {
    let step = example.does.clone().unwrap_or_default();
    let mut given = input(&example.given);
    for (field, row) in &example.rows {
        let list = given.entry(field.clone()).or_insert_with(|| Json::Array(Vec::new()));
        if let Json::Array(list) = list {
            list.push(Json::Object(input(row)));
        }
    }
    for (field, _) in &example.linked {
        let own = act.kind.fields.get(field).is_some();
        if own && !given.contains_key(field) {
            given.insert(field.clone(), Json::from(linked_id(field)));
        }
    }
    let mut count = 0;
    let mut new_id = || {
        count += 1;
        format!("row-{count}")
    };
    let today = act.moment.today;
    if step.action.is_empty() {
        given.extend(input(&step.input));
        // What is in force is filled by the house, from what the example refers to.
        let may = |f: &super::Field| !f.read_only || f.in_force.is_some();
        let read = record::read(act.house, act.kind, &given, today, &may, &mut new_id);
        return Ok(record::create(act, start(example), read));
    }
    let read = record::read(act.house, act.kind, &given, today, &|_| true, &mut new_id);
    if let Some(problem) =
        read.problems.iter().find(|p| p.severity == crate::problem::Severity::Error)
    {
        return Err(format!("给出的“{}”读不懂：{}", problem.field, problem.message));
    }
    let mut before = record::create(act, start(example), read).record;
    if !example.state.is_empty() {
        before.set("state", example.state.as_str());
    }
    let mut typed = |may: &dyn Fn(&super::Field) -> bool| {
        record::read(act.house, act.kind, &input(&step.input), today, may, &mut new_id)
    };
    match step.action.as_str() {
        SEE => return see(act, &example.role, &step, before),
        CHANGE => return Ok(record::change(act, &before, typed(&|f| !f.read_only))),
        _ => {}
    }
    let Some(action) = act.kind.action(&step.action) else {
        return Err(format!("没有动作“{}”", step.action));
    };
    if example.state.is_empty() {
        let can = act.kind.states.iter().find(|s| s.can.contains(&action.id));
        before.set("state", can.map_or("", |s| s.id.as_str()));
    }
    let asks = |f: &super::Field| action.asks.iter().any(|a| a.field == f.id);
    if step.limit.is_empty() {
        return drawn(act, example, &before, action, typed(&asks));
    }
    let Some(input) = typed_at_end(act, &before, &step.limit) else {
        let problems = vec![Problem::error("not_due", "期限还没有到期，或者不在计算")];
        return Ok(Decision { record: before, problems, ..Decision::default() });
    };
    let read = record::read(act.house, act.kind, &input, today, &asks, &mut new_id);
    Ok(record::act(act, &before, action, read))
}

/// An action, with its draw from what the example says may be drawn.
fn drawn(
    act: Act<'_>,
    example: &Example,
    before: &Record,
    action: &super::Action,
    mut read: record::Read,
) -> Result<Decision, String> {
    let mut asked = before.clone();
    asked.cells.extend(read.cells.clone());
    let holds = |rule: &crate::rule::Rule| {
        rule.holds(&View::record(&asked, act.links, act.moment.today)) == Some(true)
    };
    let Some(rule) = act.kind.draw_of(&action.id, &holds) else {
        return Ok(record::act(act, before, action, read));
    };
    let Some((seed, ids)) = &example.draw else {
        return Err("这个动作要抽选：写 抽 种子=\"…\" 件=\"…\"".to_owned());
    };
    let mut links = act.links.clone();
    let from = match &rule.from {
        super::Frame::List { lines, .. } => {
            crate::draw::numbered(usize::try_from(asked.int(lines)).unwrap_or_default())
        }
        super::Frame::Records { kind, .. } => {
            for id in ids {
                let cells = Cells::from([("id".to_owned(), Cell::text(id.as_str()))]);
                links.records.insert((kind.clone(), id.clone()), cells);
            }
            ids.iter()
                .map(|id| crate::draw::Candidate { id: id.clone(), ..Default::default() })
                .collect()
        }
        super::Frame::Unknown => Vec::new(),
    };
    let count = usize::try_from(asked.int(&rule.count)).unwrap_or_default();
    let mut rows = 0;
    let mut new_id = || {
        rows += 1;
        format!("drawn-{rows}")
    };
    record::drawn::write(rule, seed, from, count, &mut read, &mut new_id);
    Ok(record::act(Act { links: &links, ..act }, before, action, read))
}

/// Whether the role may begin with what is done at all; `None`: no role is said.
fn is_allowed(kind: &RecordKind, example: &Example) -> Option<bool> {
    let role = &example.role;
    if role.is_empty() {
        return None;
    }
    let doing = example.does.as_ref().map_or("", |step| step.action.as_str());
    Some(match doing {
        "" => kind.permissions.create.contains_key(role),
        SEE => true,
        CHANGE => {
            let ended = kind.state(&example.state).is_some_and(|state| state.last);
            kind.permissions.change.contains_key(role) && !ended
        }
        action => kind.action(action)?.by.contains(role),
    })
}

/// A role's look at the record: what hides from it is not found, what is opened with a reason only
/// stays shut without one.
fn see(act: Act<'_>, role: &str, step: &Step, record: Record) -> Result<Decision, String> {
    if role.is_empty() {
        return Err("“做 看”要写 角色".to_owned());
    }
    let rights = &act.kind.permissions;
    let sees = rights.see.contains_key(role);
    let hidden = match sees {
        true => crate::derive::seal::hidden_from(act.house, act.kind, role),
        false => crate::derive::seal::hidden_from_reason(act.house, act.kind, role),
    };
    let hides = hidden.holds(&View::record(&record, act.links, act.moment.today)) == Some(true);
    let mut decision = Decision { record, ..Decision::default() };
    let says = |name: &str| step.input.iter().any(|(key, text)| key == name && !text.is_empty());
    if hides || !(sees || rights.reason.contains_key(role)) {
        let message = format!("没有找到{}", act.kind.label);
        decision.problems.push(Problem::error("not_found", message));
    } else if !(sees || says("why") && says("basis")) {
        decision.problems.push(Problem::error("reason_required", "先写理由和依据再看"));
    }
    Ok(decision)
}

fn forbidden(house: &House, example: &Example) -> Decision {
    let role = house.roles.iter().find(|role| role.id == example.role);
    let role = role.map_or(example.role.as_str(), |role| role.label.as_str());
    let problems = vec![Problem::error("forbidden", format!("{role}不能做这件事"))];
    Decision { problems, ..Decision::default() }
}

/// Where examples lie that say no unit.
const ANYWHERE: [&str; 2] = ["000000000000", "000000/000000/000000/000000000/000000000000/"];

/// Code and path of a unit of this level; `None` if there is no such level. The county does not exist.
pub(super) fn unit_of_level(level: &str) -> Option<[&'static str; 2]> {
    Some(match level {
        "省" => ["330000", "330000/"],
        "市" => ["330100", "330000/330100/"],
        "县" => ["330198", "330000/330100/330198/"],
        "乡" => ["330198001", "330000/330100/330198/330198001/"],
        "村" => ["330198001001", "330000/330100/330198/330198001/330198001001/"],
        _ => return None,
    })
}

fn start(example: &Example) -> Record {
    let [unit, path] = unit_of_level(&example.unit.0).unwrap_or(ANYWHERE);
    let mut record = Record::default();
    record.set("county", unit.get(..6).unwrap_or(unit));
    record.set("id", "example");
    record.set("unit", unit);
    record.set("path", path);
    record
}

fn linked_id(field: &str) -> String {
    format!("linked-{}", field.replace(['.', '_'], "-"))
}

fn links(house: &House, kind: &RecordKind, example: &Example, today: Date) -> Links {
    let mut links = Links::default();
    let name = if example.unit.1.is_empty() { "本单位" } else { example.unit.1.as_str() };
    links.name_unit(start(example).text("unit"), name);
    for (field, values) in &example.linked {
        let Some(target) = target_of(kind, field) else { continue };
        let Some(target) = house.kind(target) else { continue };
        let cells = cells(house, target, values, today);
        // The id the example gives the field, or one of its own.
        let id = example
            .given
            .iter()
            .rev()
            .find(|(f, _)| f == field)
            .map_or_else(|| linked_id(field), |(_, id)| id.clone());
        links.records.insert((target.id.clone(), id), cells);
    }
    for (attached, values) in &example.attached {
        if let Some(target) = house.kind(attached) {
            let cells = worked_out(target, cells(house, target, values, today), today);
            links.attached.entry(attached.clone()).or_default().push(cells);
        }
    }
    // Where no other is given there is none: that is known as well.
    for rows in &kind.layout.around {
        let Some(target) = house.kind(&rows.table) else { continue };
        let given = example.others.iter().filter(|(other, _)| *other == target.id);
        let found =
            given.map(|(_, values)| worked_out(target, cells(house, target, values, today), today));
        links.around.insert(rows.clone(), found.collect());
    }
    links
}

/// The cells with what is computed from nothing but them.
fn worked_out(kind: &RecordKind, mut cells: Cells, today: Date) -> Cells {
    let nothing = Links::default();
    for field in &kind.fields {
        let Some(value) = field.kind.rule().and_then(|rule| rule.value.as_ref()) else { continue };
        let mut own = !cells.contains_key(&field.id);
        value.walk(&mut |term| own &= term.rows().is_none());
        let computed = own.then(|| value.value(&View::row(&cells, &nothing, today)));
        cells.extend(computed.filter(|c| !c.is_null()).map(|cell| (field.id.clone(), cell)));
    }
    cells
}

/// The kind that a field, or a field of a row (`parties.person`), refers to.
fn target_of<'k>(kind: &'k RecordKind, path: &str) -> Option<&'k str> {
    let field = match path.split_once('.') {
        None => kind.fields.get(path)?,
        Some((rows, field)) => match kind.fields.get(rows)?.kind.shape() {
            crate::kind::Shape::Rows(row) => kind.rows.get(row)?.fields.get(field)?,
            _ => return None,
        },
    };
    match field.kind.shape() {
        crate::kind::Shape::Reference(target) => Some(target),
        _ => None,
    }
}

pub(super) fn cells(
    house: &House,
    kind: &RecordKind,
    values: &[(String, String)],
    today: Date,
) -> Cells {
    let mut new_id = || "linked".to_owned();
    let (system, fields): (Vec<_>, Vec<_>) = values
        .iter()
        .cloned()
        .partition(|(name, _)| record::SYSTEM_COLUMNS.contains(&name.as_str()));
    let computes = |name: &String| kind.fields.get(name).is_some_and(|f| f.kind.rule().is_some());
    let (computed, fields): (Vec<_>, Vec<_>) =
        fields.into_iter().partition(|(name, _)| computes(name));
    let read = record::read(house, kind, &input(&fields), today, &|_| true, &mut new_id);
    let mut cells = read.cells;
    cells.extend(computed.into_iter().map(|(name, value)| {
        let cell = value.parse().map_or_else(|_| Cell::text(value.as_str()), Cell::Int);
        (name, cell)
    }));
    cells.extend(system.into_iter().map(|(name, value)| (name, value.into())));
    cells
}

fn judge(act: Act<'_>, decision: &Decision, example: &Example) -> Vec<String> {
    let expects = &example.expects;
    let doing = example.does.as_ref().map_or("", |step| step.action.as_str());
    let mut failures = Vec::new();
    let errors: Vec<&str> = decision.errors().map(|p| p.code.as_str()).collect();
    let warnings: Vec<&str> = decision.warnings().map(|p| p.code.as_str()).collect();
    let said = || decision.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("；");
    let refusal_expected = expects.iter().any(|e| matches!(e, Expectation::Refused(_)));
    if !errors.is_empty() && !refusal_expected {
        failures.push(format!("被拒（{}）：{}", errors.join("、"), said()));
        return failures;
    }
    for expect in expects {
        match expect {
            Expectation::Done => {}
            Expectation::Refused(codes) => {
                for code in codes.iter().filter(|c| !errors.contains(&c.as_str())) {
                    failures.push(format!("应以“{code}”拒绝，实际：{}", said()));
                }
            }
            Expectation::Warned(codes) => {
                for code in codes.iter().filter(|c| !warnings.contains(&c.as_str())) {
                    failures.push(format!("应以“{code}”提醒，实际：{}", said()));
                }
            }
            Expectation::State(state) if decision.record.state() != state => {
                failures.push(format!("状态应为“{state}”，实际“{}”", decision.record.state()));
            }
            Expectation::State(_) => {}
            Expectation::Values(values) => failures.extend(values_differ(act, decision, values)),
            Expectation::Limits(days) => failures.extend(limits_differ(act, decision, days)),
            Expectation::Sets(kind, values) => {
                failures.extend(sets_differ(act, decision, doing, kind, values))
            }
            Expectation::Lacks(dossier, parts) => {
                failures.extend(lacks_differ(act, decision, dossier, parts));
            }
            Expectation::Closes(accounts) => {
                let closed = record::closed_accounts(act, &decision.record, effects(act, doing));
                let closed: Vec<String> = closed.into_iter().map(|(_, account)| account).collect();
                if closed != *accounts {
                    let actual = closed.join("、");
                    failures.push(format!("应停用账号“{}”，实际“{actual}”", accounts.join("、")));
                }
            }
            Expectation::Counts(counts) => failures.extend(counts_differ(act, decision, counts)),
            Expectation::Holds(_) | Expectation::Fails(_) => {
                failures.push("“则 核对”“则 不符”只写在报表的例里".to_owned());
            }
        }
    }
    failures
}

fn values_differ(act: Act<'_>, decision: &Decision, values: &[(String, String)]) -> Vec<String> {
    let cx = crate::kind::Showing { house: act.house, names: &crate::kind::NoNames };
    let mut failures = Vec::new();
    for (path, wanted) in values {
        let (shown, held) = shown_and_held(act, decision, path, &cx);
        let numbered = decision
            .numbers
            .iter()
            .find(|n| n.field == *path)
            .map(|n| format!("{}{:0w$}{}", n.before, 1, n.after, w = n.width));
        if shown != *wanted && held != *wanted && numbered.as_ref() != Some(wanted) {
            let number = numbered.unwrap_or_default();
            failures.push(format!("“{path}”应为“{wanted}”，实际“{shown}{number}”"));
        }
    }
    failures
}

/// The value of `field` or of `rows.0.field`, as shown and as held.
fn shown_and_held(
    act: Act<'_>,
    decision: &Decision,
    path: &str,
    cx: &crate::kind::Showing<'_>,
) -> (String, String) {
    let parts: Vec<&str> = path.split('.').collect();
    if path == "title" && act.kind.fields.get(path).is_none() {
        let title = decision.record.text(path).to_owned();
        return (title.clone(), title);
    }
    let found = match parts.as_slice() {
        [field] => act.kind.fields.get(field).map(|f| (f, &decision.record.cells)),
        [rows, index, field] => {
            let row =
                index.parse().ok().and_then(|i: usize| decision.record.rows.get(*rows)?.get(i));
            match (act.kind.fields.get(rows).map(|f| f.kind.shape()), row) {
                (Some(crate::kind::Shape::Rows(kind)), Some(row)) => act
                    .kind
                    .rows
                    .get(kind)
                    .and_then(|k| k.fields.get(field))
                    .map(|f| (f, &row.cells)),
                _ => None,
            }
        }
        _ => None,
    };
    match found {
        Some((field, cells)) => (field.kind.show(field, cells, cx), field.kind.typed(field, cells)),
        None => (String::new(), "没有这个字段".to_owned()),
    }
}

fn limits_differ(act: Act<'_>, decision: &Decision, days: &[(String, String)]) -> Vec<String> {
    let house = act.house;
    let limits = record::limits(house, act.kind, &decision.record, act.links, act.moment.today);
    let actual = |id: &str| match limits.iter().find(|l| l.id == id) {
        Some(limit) => limit.due.map_or("不能计算".to_owned(), |d| d.to_string()),
        None => "没有".to_owned(),
    };
    days.iter()
        .filter(|(id, day)| actual(id) != *day)
        .map(|(id, day)| format!("期限“{id}”应至{day}，实际{}", actual(id)))
        .collect()
}

fn effects<'a>(act: Act<'a>, doing: &str) -> &'a [super::Effect] {
    act.kind.action(doing).map_or(&act.kind.on_create, |action| &action.effects)
}

/// The records that follow from the act, as the definition says.
fn sets_differ(
    act: Act<'_>,
    decision: &Decision,
    doing: &str,
    kind: &str,
    values: &[(String, String)],
) -> Vec<String> {
    let made = record::consequences(act, &decision.record, effects(act, doing));
    let Some(one) = made.iter().find(|one| one.kind.id == kind) else {
        return vec![format!("应当生成或者推动“{kind}”，实际没有")];
    };
    let cx = crate::kind::Showing { house: act.house, names: &crate::kind::NoNames };
    let mut failures = Vec::new();
    for (id, wanted) in values {
        let Some((field, cells)) = given(one, id) else {
            failures.push(format!("“{kind}”没有得到“{id}”"));
            continue;
        };
        let shown = field.kind.show(field, cells, &cx);
        if shown != *wanted && field.kind.typed(field, cells) != *wanted {
            failures.push(format!("“{kind}.{id}”应设为“{wanted}”，实际“{shown}”"));
        }
    }
    failures
}

/// The field that `field` or `rows.0.field` names in a record that follows, with what it was given.
fn given<'c>(one: &'c record::Consequence, path: &str) -> Option<(&'c super::Field, &'c Cells)> {
    let mut parts = path.split('.');
    let first = parts.next()?;
    let (Some(index), Some(inner)) = (parts.next(), parts.next()) else {
        return Some((one.kind.fields.get(first)?, &one.cells));
    };
    let row = one.rows.get(first)?.get(index.parse::<usize>().ok()?)?;
    Some((one.kind.row_kind(first)?.fields.get(inner)?, &row.cells))
}

/// What a dossier of the record lacks, nothing having been signed on paper yet.
fn lacks_differ(
    act: Act<'_>,
    decision: &Decision,
    dossier: &str,
    parts: &[String],
) -> Option<String> {
    use crate::derive::dossier::{Filling, fill, gaps};
    let Some(dossier) = act.kind.dossier(dossier) else {
        return Some(format!("没有卷宗“{dossier}”"));
    };
    let records = |kind: &RecordKind| -> Vec<Record> {
        let cells = act.links.attached.get(&kind.id).into_iter().flatten().cloned();
        let record = |cells| Record { kind: kind.id.clone(), cells, ..Record::default() };
        cells.map(record).collect()
    };
    let attached: Vec<_> = act.house.attached_to(&act.kind.id).map(|k| (k, records(k))).collect();
    let attached: Vec<_> =
        attached.iter().map(|(kind, records)| (&***kind, records.iter().collect())).collect();
    let filling = Filling {
        house: act.house,
        kind: act.kind,
        record: &decision.record,
        links: act.links,
        attached: &attached,
        today: act.moment.today,
    };
    let found = gaps(dossier, &fill(dossier, filling), &|_| false);
    let mut lacks: Vec<&str> =
        found.iter().filter(|gap| gap.missing).map(|gap| gap.part.as_str()).collect();
    lacks.dedup();
    (lacks != parts).then(|| format!("卷宗应缺“{}”，实际缺“{}”", parts.join(" "), lacks.join(" ")))
}

fn counts_differ(act: Act<'_>, decision: &Decision, counts: &[(String, String)]) -> Vec<String> {
    let added = crate::derive::statistic::contributions(act.house, act.kind, &decision.record);
    let mut failures = Vec::new();
    for (name, wanted) in counts {
        let (statistic, cell) = name.split_once('.').unwrap_or((name, ""));
        let cell = crate::derive::statistic::cell_name(cell);
        let actual: i64 = added
            .iter()
            .filter(|c| c.statistic == statistic && c.cell == cell)
            .map(|c| c.value)
            .sum();
        if actual.to_string() != *wanted {
            failures.push(format!("统计“{name}”应加{wanted}，实际{actual}"));
        }
    }
    failures
}
