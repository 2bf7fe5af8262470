//! Records of every kind: list, view, create, change, act, log, limits, papers. Seven functions for
//! all businesses.

use super::{
    ask::{Asked, At, Body, Caller, id as check_id, sent, unknown},
    json, json_with,
    out::Out,
    problem::Fault,
    show::{self, Reader},
};
use crate::{
    app::App,
    documents::{self, Which},
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use desk::{
    Deed, Done, Manner, Refusal,
    ask::{ListAnswer, ListAsk, LogLine, NameBook},
    report::FigureAsk,
};
use engine::{
    definition::{Class, Field, RecordKind},
    derive::api::{warnings, wrong_types},
    record::Record,
};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use store::StoreError;

const KEY_LENGTH: usize = 200;

fn kind_of(app: &App, id: &str) -> Result<Arc<RecordKind>, Fault> {
    let house = app.desk.house();
    house.kind(id).cloned().ok_or_else(|| Fault::not_found("没有找到这种档案"))
}

/// `GET /records/{kind}`
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    At([kind]): At<1>,
    asked: Asked,
) -> Result<Response, Fault> {
    let kind = kind_of(&app, &kind)?;
    let ask = list_ask(&kind, asked)?;
    let answer = app.desk.list(caller.actor(), &ask).await.map_err(|e| page_fault(&ask, e))?;
    Ok(json(StatusCode::OK, list_out(&app, &answer)))
}

/// What the query of a list means; a name that is neither ours nor a field's is refused.
fn list_ask(kind: &RecordKind, mut asked: Asked) -> Result<ListAsk, Fault> {
    let mut ask = ListAsk {
        kind: kind.id.clone(),
        list: asked.take("list"),
        unit: asked.take("unit"),
        state: asked.take("state"),
        q: asked.take("q"),
        after: asked.take("after"),
        limit: asked.take_limit(20, 200)?,
        ..ListAsk::default()
    };
    if !ask.list.is_empty() && !kind.lists.iter().any(|l| l.id == ask.list) {
        return Err(Fault::malformed_at("list", "list", "没有这个列表"));
    }
    if !ask.state.is_empty() && kind.state(&ask.state).is_none() {
        return Err(Fault::malformed_at("state", "state", "没有这个状态"));
    }
    if ask.q.chars().count() > 60 {
        return Err(Fault::malformed_at("q", "too_long", "查找的字最多60个"));
    }
    ask.sort = asked.take_if("sort").map(|sort| match sort.strip_prefix('-') {
        Some(field) => (field.to_owned(), true),
        None => (sort, false),
    });
    ask.whole = match asked.take("fields").as_str() {
        "" => false,
        "*" => true,
        _ => return Err(Fault::malformed_at("fields", "fields", "fields 只能写 *")),
    };
    ask.figure = figure(&mut asked)?;
    for (name, value) in asked.rest() {
        let known = kind.fields.get(&name).is_some()
            || name == "created_by"
            || (name == "parent" && kind.attached.is_some());
        if !known {
            return Err(unknown(&name));
        }
        // An empty filter asks nothing, as in a form that was sent with a field left open.
        if !value.is_empty() {
            ask.filters.push((name, value));
        }
    }
    Ok(ask)
}

/// The records behind a figure: `figure=REPORT.COLUMN&period=…`.
pub(super) fn figure(asked: &mut Asked) -> Result<Option<FigureAsk>, Fault> {
    let period = asked.take("period");
    let Some(figure) = asked.take_if("figure") else { return Ok(None) };
    let wrong = || Fault::malformed_at("figure", "figure", "figure 应写成 报表.栏");
    let (report, column) = figure.split_once('.').ok_or_else(wrong)?;
    let (from, to) = super::figures::months(&period)?;
    Ok(Some(FigureAsk { report: report.to_owned(), column: column.to_owned(), from, to }))
}

/// A cursor that somebody made up may not fit the order it is used with.
fn page_fault(ask: &ListAsk, refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Store(StoreError::Misfit(_)) if !ask.after.is_empty() => {
            Fault::malformed_at("after", "after", "翻页位置不对，请从第一页开始")
        }
        refusal => refusal.into(),
    }
}

fn list_out(app: &App, answer: &ListAnswer) -> Out {
    let house = app.desk.house();
    let reader = Reader { house: &house, names: &answer.names, sees: answer.sees };
    let columns: Vec<&Field> =
        answer.columns.iter().filter_map(|id| answer.kind.fields.get(id)).collect();
    let mut out = Out::with_room(512 * answer.records.len() + 64);
    out.open();
    out.list_at("items");
    for record in &answer.records {
        out.open();
        show::heading(&mut out, &answer.kind, record);
        reader.columns(&mut out, &columns, &record.cells);
        out.close();
    }
    out.end_list();
    if answer.next.is_empty() {
        out.null("next")
    } else {
        out.text("next", &answer.next)
    }
    out.close();
    out
}

/// `GET /records/{kind}/{id}`
pub async fn view(
    State(app): State<App>,
    caller: Caller,
    At([kind, id]): At<2>,
    asked: Asked,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    one(&app, &caller, &kind, &id).await
}

/// One record as its reader may see it.
pub async fn one(app: &App, caller: &Caller, kind: &str, id: &str) -> Result<Response, Fault> {
    check_id(id, "这份档案")?;
    let answer = app.desk.record(caller.actor(), kind, id, &caller.moment).await?;
    let warned = warnings(&answer.kind, &answer.record, &answer.links, caller.moment.today);
    let out = show::record(&app.desk, &answer, &warned, caller.moment.today);
    let tag = [(header::ETAG, etag(answer.record.version()))];
    Ok(json_with(StatusCode::OK, tag, out))
}

fn etag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// `POST /records/{kind}`
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    At([kind]): At<1>,
    headers: HeaderMap,
    Body(input): Body,
) -> Result<Response, Fault> {
    let kind = kind_of(&app, &kind)?;
    let deed = Deed::Create { kind: kind.id.clone(), input };
    act(&app, &caller, &kind, deed, &headers, StatusCode::CREATED).await
}

/// `PATCH /records/{kind}/{id}`
pub async fn change(
    State(app): State<App>,
    caller: Caller,
    At([kind, id]): At<2>,
    headers: HeaderMap,
    Body(input): Body,
) -> Result<Response, Fault> {
    let kind = kind_of(&app, &kind)?;
    check_id(&id, "这份档案")?;
    let version = if_match(&headers);
    let deed = Deed::Change { kind: kind.id.clone(), id, version, input };
    act(&app, &caller, &kind, deed, &headers, StatusCode::OK).await
}

/// `POST /records/{kind}/{id}/actions/{action}`
pub async fn action(
    State(app): State<App>,
    caller: Caller,
    At([kind, id, action]): At<3>,
    headers: HeaderMap,
    Body(input): Body,
) -> Result<Response, Fault> {
    let kind = kind_of(&app, &kind)?;
    check_id(&id, "这份档案")?;
    if kind.action(&action).is_none() {
        return Err(Fault::not_found("没有找到这个动作"));
    }
    let version = if_match(&headers);
    let deed = Deed::Action { kind: kind.id.clone(), id, action, version, input };
    act(&app, &caller, &kind, deed, &headers, StatusCode::OK).await
}

async fn act(
    app: &App,
    caller: &Caller,
    kind: &RecordKind,
    deed: Deed,
    headers: &HeaderMap,
    status: StatusCode,
) -> Result<Response, Fault> {
    if let Deed::Create { input, .. } | Deed::Change { input, .. } | Deed::Action { input, .. } =
        &deed
    {
        let problems = wrong_types(kind, input);
        if !problems.is_empty() {
            return Err(Refusal::Invalid(problems).into());
        }
    }
    done(app, caller, kind, deed, headers, status).await
}

/// Does a deed whose input has the right types, and answers.
pub async fn done(
    app: &App,
    caller: &Caller,
    kind: &RecordKind,
    deed: Deed,
    headers: &HeaderMap,
    status: StatusCode,
) -> Result<Response, Fault> {
    let manner = manner(headers)?;
    match app.desk.act(caller.actor(), deed, manner, &caller.moment).await {
        Ok(done) => Ok(done_response(&done, status)),
        Err(Refusal::Changed(now)) => Err(changed(app, caller, kind, &now)),
        Err(refusal) => Err(refusal.into()),
    }
}

fn manner(headers: &HeaderMap) -> Result<Manner, Fault> {
    let confirmed = !sent(headers, "prefer").is_some_and(|p| p.contains("confirm"));
    let key = match headers.get("idempotency-key") {
        None => None,
        Some(value) => {
            let text = value.to_str().ok().filter(|t| (1..=KEY_LENGTH).contains(&t.len()));
            let wrong = || {
                let detail = format!("请求编号应为1至{KEY_LENGTH}个英文字符");
                Fault::malformed_at("Idempotency-Key", "key", detail)
            };
            Some(text.ok_or_else(wrong)?.to_owned())
        }
    };
    Ok(Manner { confirmed, key })
}

/// The version that If-Match names. One that is no version of ours matches nothing.
pub fn if_match(headers: &HeaderMap) -> Option<i64> {
    let tag = headers.get(header::IF_MATCH)?.to_str().unwrap_or_default().trim();
    if tag == "*" {
        return None;
    }
    let number = tag.trim_start_matches("W/").trim_matches('"');
    Some(number.parse().unwrap_or(-1))
}

fn done_response(done: &Done, status: StatusCode) -> Response {
    let mut out = Out::with_room(256);
    out.open();
    out.text("id", &done.id);
    out.int("version", done.version);
    out.text("state", &done.state);
    for (field, number) in &done.numbers {
        out.text(field, number);
    }
    out.list_at("along");
    for (kind, id, title) in &done.along {
        out.open();
        out.text("kind", kind);
        out.text("id", id);
        out.text("title", title);
        out.close();
    }
    out.end_list();
    out.findings("warnings", done.warnings.iter());
    out.close();
    let mut response = json_with(status, [(header::ETAG, etag(done.version))], out);
    let place = format!("/api/v1/records/{}/{}", done.kind, done.id);
    if let (StatusCode::CREATED, Ok(place)) = (status, HeaderValue::from_str(&place)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// Somebody was faster: the record as it is now goes along, without what only a look that is
/// logged may show.
fn changed(app: &App, caller: &Caller, kind: &RecordKind, now: &Record) -> Fault {
    let house = app.desk.house();
    let names = NameBook::default();
    let sees = desk::access::sees(caller.actor(), kind, now).min(Class::Contact);
    let reader = Reader { house: &house, names: &names, sees };
    let mut out = Out::with_room(2_048);
    out.open();
    show::heading(&mut out, kind, now);
    reader.fields(&mut out, &kind.fields, &now.cells);
    reader.rows(&mut out, kind, now);
    out.close();
    let current = serde_json::from_slice(&out.done()).unwrap_or(Json::Null);
    let tag = format!("\"{}\"", now.version());
    Fault::from(Refusal::Changed(Box::default())).current(current).header(header::ETAG, &tag)
}

/// `GET /records/{kind}/{id}/log`
pub async fn log(
    State(app): State<App>,
    caller: Caller,
    At([kind, id]): At<2>,
    asked: Asked,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    check_id(&id, "这份档案")?;
    let kind = kind_of(&app, &kind)?;
    let lines = match app.desk.log(caller.actor(), &kind.id, &id).await {
        Err(refusal @ Refusal::NotFound(_)) => {
            app.desk.log_look(caller.actor(), "refused", &kind.id, &id, &caller.moment).await?;
            return Err(refusal.into());
        }
        answered => answered?,
    };
    let mut out = Out::with_room(512 * lines.len() + 64);
    out.open();
    out.list_at("items");
    lines.iter().for_each(|line| log_line(&mut out, line));
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// One entry of the log; what is sealed stays sealed.
pub fn log_line(out: &mut Out, line: &LogLine) {
    out.open();
    out.int("seq", line.seq);
    out.moment("at", line.at);
    out.text("actor", &line.actor);
    out.text("name", &line.name);
    out.text("authority", &line.authority);
    out.text("act", &line.act);
    out.text("kind", &line.kind);
    out.text("record", &line.record);
    out.int("version", line.version);
    out.json("changes", &Json::Object(unsealed_only(&line.body)));
    out.text("hash", &line.hash);
    out.close();
}

fn unsealed_only(body: &Map<String, Json>) -> Map<String, Json> {
    fn hide(value: &Json) -> Json {
        match value {
            Json::String(text) if text.starts_with("sm4:") => Json::from("******"),
            Json::Array(list) => list.iter().map(hide).collect(),
            Json::Object(map) => map.iter().map(|(k, v)| (k.clone(), hide(v))).collect(),
            other => other.clone(),
        }
    }
    body.iter().map(|(name, value)| (name.clone(), hide(value))).collect()
}

/// `GET /records/{kind}/{id}/deadlines`
pub async fn deadlines(
    State(app): State<App>,
    caller: Caller,
    At([kind, id]): At<2>,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let counted_out = match asked.take("days").as_str() {
        "" | "no" => false,
        "yes" => true,
        _ => return Err(Fault::malformed_at("days", "value", "“days”应为 yes 或者 no")),
    };
    asked.nothing_else()?;
    check_id(&id, "这份档案")?;
    let answer = app.desk.record(caller.actor(), &kind, &id, &caller.moment).await?;
    let house = app.desk.house();
    let mut out = Out::with_room(1_024);
    out.open();
    let counted_out = counted_out.then_some(&*house);
    show::limits(&mut out, "items", &answer, caller.moment.today, counted_out);
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// `GET /records/{kind}/{id}/documents/{document}.pdf`; `….docx`: a draft to be edited in Word.
pub async fn document(
    State(app): State<App>,
    caller: Caller,
    At([kind, id, file]): At<3>,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let which = match (asked.take_number("issue", 0)?, asked.take("draft").as_str()) {
        (0, "") => Which::Latest,
        (0, "yes") => Which::Draft,
        (number, "") => Which::Issue(number),
        _ => return Err(Fault::malformed_at("draft", "value", "“draft”应为 yes，不与“issue”同用")),
    };
    asked.nothing_else()?;
    check_id(&id, "这份档案")?;
    let actor = caller.actor();
    if let Some(document) = file.strip_suffix(".docx") {
        if matches!(which, Which::Issue(_)) {
            return Err(Fault::malformed_at(
                "issue",
                "value",
                "出具的文书只有 PDF；Word 稿是草稿，不写“issue”",
            ));
        }
        let made = documents::word(&app, actor, &kind, &id, document, &caller.moment).await?;
        return Ok(sent_as(documents::DOCX, "attachment", made));
    }
    let document = file.strip_suffix(".pdf").ok_or_else(|| Fault::not_found("没有找到这种文书"))?;
    let asked = (document, which);
    let printed = documents::print(&app, actor, &kind, &id, asked, &caller.moment).await?;
    Ok(pdf(printed))
}

/// A PDF in an answer.
pub fn pdf(printed: documents::Printed) -> Response {
    sent_as("application/pdf", "inline", printed)
}

fn sent_as(media: &'static str, how: &str, printed: documents::Printed) -> Response {
    let missing: String =
        printed.missing.iter().map(|c| format!("U+{:04X} ", u32::from(*c))).collect();
    let mut response = ([(header::CONTENT_TYPE, media)], printed.pdf).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_DISPOSITION, super::disposition(how, &printed.name));
    if let (false, Ok(missing)) = (missing.is_empty(), HeaderValue::from_str(missing.trim())) {
        // Characters that no font has, to be filled in by hand.
        headers.insert("x-missing-characters", missing);
    }
    response
}
