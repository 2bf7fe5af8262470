//! The history of a record as sentences: who did what when, and what that changed, in the words of
//! the definition. Values that identify people are not told again here.

use super::{look::record::HistoryView, visitor::Visitor, words};
use desk::{
    Refusal,
    ask::{LogLine, NameBook, RecordAnswer},
    at_end::NOT_DONE,
    calendar::WORKED_OUT_ANEW,
    inbox::{ASSIGNED, RECALLED, SNOOZED, WOKEN},
    looks::LOOKED,
    papers,
};
use engine::{
    definition::{Class, Field, House, RecordKind},
    kind::{Cells, Shape, Showing},
    query::Cell,
};
use serde_json::Value as Json;

/// A text longer than this is only said to have changed.
const LONG: usize = 60;

/// The lines of a record's history, newest first; none where the reader may not see the log.
pub async fn lines(
    visitor: &Visitor,
    house: &House,
    answer: &RecordAnswer,
) -> Result<Vec<HistoryView>, Refusal> {
    let desk = &visitor.app.desk;
    let (kind, id) = (&answer.kind, answer.record.id());
    let log = match desk.history(visitor.actor(), &kind.id, id).await {
        Ok(log) => log,
        Err(Refusal::NotFound(_)) => return Ok(Vec::new()),
        Err(refusal) => return Err(refusal),
    };
    let names = desk
        .names_of(visitor.actor(), log.iter().flat_map(|line| referred(kind, line)).collect())
        .await?;
    let view = |line: &LogLine| HistoryView {
        at: words::at(line.at, &visitor.moment),
        text: format!("{} {}", who(house, line), act(kind, &line.act)),
        changes: match line.act.as_str() {
            LOOKED => looked(visitor, line),
            _ => changes(house, kind, line, &names),
        },
    };
    Ok(log.iter().map(view).collect())
}

fn who(house: &House, line: &LogLine) -> String {
    let role = line.authority.split('@').next().unwrap_or_default();
    let role = words::role(house, role);
    if line.actor.starts_with("house:") || role.is_empty() {
        return line.name.clone();
    }
    format!("{}（{role}）", line.name)
}

/// What was done, in words.
pub fn act(kind: &RecordKind, act: &str) -> String {
    match act {
        WORKED_OUT_ANEW => "重新计算期限".to_owned(),
        LOOKED => "写理由查看".to_owned(),
        ASSIGNED => "交办".to_owned(),
        RECALLED => "收回交办".to_owned(),
        NOT_DONE => "到期没有办成".to_owned(),
        SNOOZED => "暂缓".to_owned(),
        WOKEN => "恢复".to_owned(),
        desk::MERGED => "并入另一份".to_owned(),
        desk::TOOK_IN => "并进另一份".to_owned(),
        desk::GIVEN_BACK => "撤销合并，重新单独存在".to_owned(),
        desk::GAVE_BACK => "撤销合并，还出另一份".to_owned(),
        "create" => format!("登记{}", kind.label),
        "change" => "修改".to_owned(),
        "follow" => "随附属档案更新".to_owned(),
        papers::ISSUED => "出具文书".to_owned(),
        papers::FILED => "归入签名件".to_owned(),
        papers::SIGNED => "在屏幕上签名".to_owned(),
        action => kind.action(action).map_or_else(|| action.to_owned(), |a| a.label.clone()),
    }
}

/// What the values before and after refer to.
fn referred(kind: &RecordKind, line: &LogLine) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, pair) in &line.body {
        let target = match kind.fields.get(name).map(|field| field.kind.shape()) {
            Some(Shape::Reference(target)) => target,
            Some(Shape::Unit(_)) => "unit",
            _ => continue,
        };
        let ids = pair.as_array().into_iter().flatten().filter_map(Json::as_str);
        found.extend(ids.map(|id| (target.to_owned(), id.to_owned())));
    }
    found
}

fn changes(house: &House, kind: &RecordKind, line: &LogLine, names: &NameBook) -> Vec<String> {
    if line.act == "create" {
        return Vec::new();
    }
    if line.act == WORKED_OUT_ANEW {
        let text = |key: &str| line.body.get(key).and_then(Json::as_str).unwrap_or_default();
        let words = |key: &str| line.body.get(key).and_then(|pair| pair[1].as_str());
        let (old, new) = (words("before").unwrap_or("没有"), words("after").unwrap_or("没有"));
        return vec![format!("{}（{}）：原为“{old}”，现为“{new}”", text("label"), text("why"))];
    }
    if let Some(words) = of_limit(line) {
        return vec![words];
    }
    if [papers::ISSUED, papers::FILED, papers::SIGNED].contains(&line.act.as_str()) {
        return paper_words(line);
    }
    let state = line.body.get("state").map(|pair| {
        let label = |at: usize| kind.state_label(pair[at].as_str().unwrap_or_default()).to_owned();
        format!("状态：{} → {}", label(0), label(1))
    });
    let fields = kind
        .fields
        .iter()
        .filter_map(|field| line.body.get(&field.id).map(|pair| change(house, field, pair, names)));
    let merging = [desk::MERGED, desk::TOOK_IN, desk::GIVEN_BACK, desk::GAVE_BACK];
    let merging = merging.contains(&line.act.as_str());
    let reason = line.body.get("reason").and_then(Json::as_str).filter(|_| merging);
    let reason = reason.map(|reason| format!("理由：{reason}"));
    reason.into_iter().chain(state).chain(fields).collect()
}

/// Who from where looked, why and on what.
fn looked(visitor: &Visitor, line: &LogLine) -> Vec<String> {
    let text = |key: &str| line.body.get(key).and_then(Json::as_str).unwrap_or_default();
    let unit = visitor.app.desk.units().long_name(text("by_unit"));
    let until = line.body.get("until").and_then(Json::as_i64).unwrap_or_default();
    let until = words::at(until, &visitor.moment);
    vec![
        format!("单位：{unit}；到{until}为止"),
        format!("理由：{}", text("why")),
        format!("依据：{}", text("basis")),
    ]
}

/// What was done with a paper.
fn paper_words(line: &LogLine) -> Vec<String> {
    let text = |key: &str| line.body.get(key).and_then(Json::as_str).unwrap_or_default();
    let issue = line.body.get("issue").and_then(Json::as_i64);
    let issue = issue.map(|number| format!("第{number}份")).unwrap_or_default();
    let hash: String = text("sm3").chars().take(16).collect();
    let mut words = vec![format!("《{}》{issue}{}", text("document"), text("signer"))];
    words.extend((!text("reason").is_empty()).then(|| format!("更正理由：{}", text("reason"))));
    words.extend((!hash.is_empty()).then(|| format!("SM3 {hash}")));
    words
}

/// What was done to a limit, not to the record.
fn of_limit(line: &LogLine) -> Option<String> {
    let text = |key: &str| line.body.get(key).and_then(Json::as_str).unwrap_or_default();
    let label = text("label");
    let note = |text: &str| if text.is_empty() { String::new() } else { format!("：{text}") };
    Some(match line.act.as_str() {
        ASSIGNED => format!("{label}，交给{}{}", text("to_name"), note(text("note"))),
        RECALLED => format!("{label}，原交给{}", text("from_name")),
        SNOOZED => {
            let past = line.body.get("past_due").and_then(Json::as_bool) == Some(true);
            let past = if past { "（过期限末日）" } else { "" };
            format!("{label}，到{}{past}{}", text("until"), note(text("reason")))
        }
        WOKEN => label.to_owned(),
        NOT_DONE => format!("{label}{}", note(text("why"))),
        _ => return None,
    })
}

fn change(house: &House, field: &Field, pair: &Json, names: &NameBook) -> String {
    let label = &field.label;
    if let Shape::Rows(_) = field.kind.shape() {
        let count = |at: usize| pair[at].as_array().map_or(0, Vec::len);
        return match (count(0), count(1)) {
            (old, new) if old == new => format!("{label}：改了内容，共{new}行"),
            (old, new) => format!("{label}：{old}行 → {new}行"),
        };
    }
    if field.class > Class::Plain {
        return format!("{label}：已更新");
    }
    let cx = Showing { house, names };
    let shown = |at: usize| field.kind.show(field, &cells(field, &pair[at]), &cx);
    let (old, new) = (shown(0), shown(1));
    let long = |text: &String| text.chars().count() > LONG;
    match (old.is_empty(), new.is_empty()) {
        _ if long(&old) || long(&new) => format!("{label}：已更新"),
        (true, _) => format!("{label}：{new}"),
        (false, true) => format!("{label}：删去“{old}”"),
        (false, false) => format!("{label}：{old} → {new}"),
    }
}

fn cells(field: &Field, value: &Json) -> Cells {
    let cell = match value {
        Json::Number(number) => number.as_i64().map_or(Cell::Null, Cell::Int),
        Json::String(text) => Cell::text(text.as_str()),
        _ => Cell::Null,
    };
    Cells::from([(field.id.clone(), cell)])
}
