//! The shared archives: find before create, and one person (or body) with every role.

use super::{
    ask::{Asked, At, Body, Caller, id as check_id},
    json,
    out::Out,
    problem::Fault,
    records,
    show::{self, Reader},
};
use crate::app::App;
use axum::{extract::State, http::StatusCode, response::Response};
use desk::{
    Refusal,
    ask::{Involvement, MergedRecord, NameBook},
    search::{Hit, SearchAsk},
};
use engine::{
    definition::{Class, RecordKind, TitlePart},
    derive::api::warnings,
    kind::{BODY, PERSON, Shape},
    problem::Problem,
};
use serde_json::{Map, Value as Json};

/// Longest hint that is looked for; no name or number is longer.
const LONGEST: usize = 100;

/// `POST /people/match`
pub async fn match_people(
    state: State<App>,
    caller: Caller,
    body: Body,
) -> Result<Response, Fault> {
    candidates(state, caller, body, PERSON).await
}

/// `POST /organizations/match`
pub async fn match_bodies(
    state: State<App>,
    caller: Caller,
    body: Body,
) -> Result<Response, Fault> {
    candidates(state, caller, body, BODY).await
}

async fn candidates(
    State(app): State<App>,
    caller: Caller,
    Body(input): Body,
    archive: &str,
) -> Result<Response, Fault> {
    let house = app.desk.house();
    let kind = house.kind(archive).ok_or_else(|| Fault::not_found("没有找到这种档案"))?;
    let hints = hints(kind, &input)?;
    let found = app.desk.match_archive(caller.actor(), archive, &hints).await?;
    // What the asker does not know yet of a candidate is not for the taking here.
    let names = NameBook::default();
    let reader = Reader { house: &house, names: &names, sees: Class::Plain };
    let mut out = Out::with_room(512 * found.len() + 64);
    out.open();
    out.list_at("items");
    for record in &found {
        out.open();
        show::heading(&mut out, kind, record);
        out.text("unit_name", &app.desk.units().long_name(record.text("unit")));
        reader.fields(&mut out, &kind.fields, &record.cells);
        out.close();
    }
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// What is known of the person, as hints on fields of the archive. `name` is the field it is
/// called by, `phone` every telephone.
fn hints(kind: &RecordKind, input: &Map<String, Json>) -> Result<Vec<(String, String)>, Fault> {
    let mut hints = Vec::new();
    let mut problems = Vec::new();
    for (name, value) in input {
        let fields = hinted(kind, name);
        let shown: String = name.chars().take(40).collect();
        match value {
            _ if fields.is_empty() => {
                let message = format!("没有“{shown}”这一项");
                problems.push(Problem::error("unknown_field", message).at(&shown));
            }
            Json::Null => {}
            Json::String(text) if text.chars().count() <= LONGEST => {
                hints.extend(fields.into_iter().map(|field| (field, text.clone())));
            }
            Json::String(_) => {
                let message = format!("“{shown}”最多{LONGEST}字");
                problems.push(Problem::error("too_long", message).at(&shown));
            }
            _ => {
                let message = format!("“{shown}”应为文字");
                problems.push(Problem::error("type", message).at(&shown));
            }
        }
    }
    if !problems.is_empty() {
        return Err(Refusal::Invalid(problems).into());
    }
    if hints.iter().all(|(_, text)| text.trim().is_empty()) {
        let problem = Problem::error("required", "请给出姓名、证件号码或者电话中的一项");
        return Err(Refusal::problem(problem).into());
    }
    Ok(hints)
}

fn hinted(kind: &RecordKind, name: &str) -> Vec<String> {
    let title = kind.title.iter().find_map(|part| match part {
        TitlePart::Field(field) => Some(field.clone()),
        _ => None,
    });
    match name {
        "name" => title.into_iter().collect(),
        "phone" => {
            let phones = kind.fields.iter().filter(|f| f.kind.word() == "电话");
            phones.map(|f| f.id.clone()).collect()
        }
        field => {
            let known = kind.fields.get(field);
            let typed =
                known.filter(|f| !matches!(f.kind.shape(), Shape::Rows(_) | Shape::File(_)));
            typed.map(|f| f.id.clone()).into_iter().collect()
        }
    }
}

/// `GET /people/{id}`
pub async fn person(
    state: State<App>,
    caller: Caller,
    at: At<1>,
    asked: Asked,
) -> Result<Response, Fault> {
    archive(state, caller, at, asked, PERSON).await
}

/// `GET /organizations/{id}`
pub async fn body(
    state: State<App>,
    caller: Caller,
    at: At<1>,
    asked: Asked,
) -> Result<Response, Fault> {
    archive(state, caller, at, asked, BODY).await
}

async fn archive(
    State(app): State<App>,
    caller: Caller,
    At([id]): At<1>,
    asked: Asked,
    kind: &str,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    check_id(&id, "这份档案")?;
    let answer = app.desk.record(caller.actor(), kind, &id, &caller.moment).await?;
    let involved = app.desk.involvements(caller.actor(), kind, &id).await?;
    let remains = answer.record.id();
    let merged = app.desk.merged(caller.actor(), kind, remains).await?;
    let warned = warnings(&answer.kind, &answer.record, &answer.links, caller.moment.today);
    let record = show::record(&app.desk, &answer, &warned, caller.moment.today).done();
    let mut out = Out::with_room(record.len() + 256 * involved.len());
    out.open();
    out.raw("record", &record);
    out.list_at("involvements");
    involved.iter().for_each(|one| involvement(&mut out, one));
    out.end_list();
    // The one asked for was merged into the one answered with.
    match remains == id {
        true => out.null("merged_from"),
        false => out.text("merged_from", &id),
    }
    out.list_at("merged");
    merged.iter().for_each(|one| merged_record(&mut out, one));
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}

fn merged_record(out: &mut Out, one: &MergedRecord) {
    out.open();
    out.text("id", &one.id);
    out.text("title", &one.title);
    out.text("into", &one.into);
    out.text("reason", &one.reason);
    out.moment("at", one.at);
    out.text("by", &one.by);
    out.int("version", one.version);
    out.close();
}

fn involvement(out: &mut Out, one: &Involvement) {
    out.open();
    out.text("kind", &one.kind.id);
    out.text("kind_label", &one.kind.label);
    out.text("as", &one.label);
    show::heading(out, &one.kind, &one.record);
    out.close();
}

/// `GET /search`
pub async fn search(
    State(app): State<App>,
    caller: Caller,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let ask = SearchAsk {
        q: asked.take("q"),
        kind: asked.take("kind"),
        after: asked.take("after"),
        limit: asked.take_limit(20, 100)?,
    };
    asked.nothing_else()?;
    let answer = app.desk.search(caller.actor(), &ask, &caller.moment).await?;
    if !answer.advice.is_empty() {
        return Err(Fault::malformed_at("q", "search", &answer.advice));
    }
    let mut out = Out::with_room(512 * answer.hits.len() + 64);
    out.open();
    out.list_at("items");
    answer.hits.iter().for_each(|hit| found(&mut out, hit));
    out.end_list();
    match answer.next.as_str() {
        "" => out.null("next"),
        next => out.text("next", next),
    }
    out.close();
    Ok(json(StatusCode::OK, out))
}

fn found(out: &mut Out, hit: &Hit) {
    out.open();
    out.text("kind", &hit.kind.id);
    out.text("kind_label", &hit.kind.label);
    out.text("id", &hit.id);
    out.text("title", &hit.title);
    out.text("note", &hit.note);
    out.text("unit_name", &hit.unit);
    out.text("state", &hit.state);
    out.text("state_label", hit.kind.state_label(&hit.state));
    out.moment("created_at", hit.created_at);
    out.list_at("found");
    for one in &hit.found {
        out.open();
        out.text("label", &one.label);
        out.text("before", &one.before);
        out.text("hit", &one.hit);
        out.text("after", &one.after);
        out.close();
    }
    out.end_list();
    out.close();
}

/// `GET /changes`
pub async fn changes(
    State(app): State<App>,
    caller: Caller,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let county = match asked.take("county") {
        none if none.is_empty() => caller.actor().unit.county.clone(),
        county => county,
    };
    let after = asked.take_number("after", 0)?;
    let limit = asked.take_limit(100, 1_000)?;
    asked.nothing_else()?;
    let lines = app.desk.changes(caller.actor(), &county, after, limit).await?;
    let mut out = Out::with_room(512 * lines.len() + 64);
    out.open();
    out.text("county", &county);
    out.list_at("items");
    lines.iter().for_each(|line| records::log_line(&mut out, line));
    out.end_list();
    out.int("next", lines.last().map_or(after, |line| line.seq));
    out.close();
    Ok(json(StatusCode::OK, out))
}
