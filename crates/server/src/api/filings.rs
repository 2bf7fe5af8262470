//! Reports confirmed from level to level: what waits, how one stands, confirming, and ruling on it.

use super::{
    ask::{Asked, At, Body, Caller, id as check_id},
    figures::{figure, months},
    json,
    out::Out,
    problem::Fault,
};
use crate::app::App;
use axum::{extract::State, http::StatusCode, response::Response};
use desk::{
    Refusal,
    filing::{Confirming, Filing, LateCell, Ruling, Standing, Waiting},
    report::ReportAsk,
};
use engine::problem::Problem;
use serde_json::{Map, Value as Json};

/// `GET /filings`: what waits for the caller.
pub async fn waiting(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    let waiting = app.desk.waiting(caller.actor()).await?;
    let mut out = Out::with_room(200 * waiting.len() + 64);
    out.open();
    waiting_at(&mut out, &app, "items", &waiting);
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// Rounds that wait, as a list.
pub(super) fn waiting_at(out: &mut Out, app: &App, key: &str, waiting: &[Waiting]) {
    let house = app.desk.house();
    out.list_at(key);
    for one in waiting {
        out.open();
        out.text("report", &one.report);
        out.text("label", house.reports.get(&one.report).map_or("", |r| r.label.as_str()));
        out.text("unit", &one.unit);
        out.text("unit_name", &app.desk.units().long_name(&one.unit));
        out.text("from", &one.from);
        out.text("to", &one.to);
        out.int("round", one.round);
        out.text("state", one.state.id());
        out.moment("since", one.since);
        out.close();
    }
    out.end_list();
}

/// `GET /filings/{report}?unit=&period=`: how the report of a unit for a period stands.
pub async fn standing(
    State(app): State<App>,
    caller: Caller,
    At([report]): At<1>,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let (unit, period) = (asked.take("unit"), asked.take("period"));
    asked.nothing_else()?;
    let (from, to) = months(&period)?;
    let ask = ReportAsk { report, unit, from, to, as_of: None };
    let answer = app.desk.report(caller.actor(), &ask).await?;
    let standing = app.desk.standing(caller.actor(), &answer, &caller.moment).await?;
    Ok(json(StatusCode::OK, standing_out(&standing)))
}

/// `POST /filings/{report}`: confirms the figures of the caller's unit.
pub async fn confirm(
    State(app): State<App>,
    caller: Caller,
    At([report]): At<1>,
    Body(input): Body,
) -> Result<Response, Fault> {
    let known = ["unit", "period", "seen", "reason", "explanations"];
    only(&input, &known)?;
    let (from, to) = months(text(&input, "period"))?;
    let ask = ReportAsk { report, unit: text(&input, "unit").to_owned(), from, to, as_of: None };
    let explanations = match input.get("explanations") {
        None => Map::new(),
        Some(Json::Object(all)) => all.clone(),
        Some(_) => return Err(wrong("explanations", "应为一个对象：情况的标识和说明")),
    };
    let explanations = explanations
        .into_iter()
        .map(|(id, why)| (id, why.as_str().unwrap_or_default().to_owned()))
        .collect();
    let typed = Confirming {
        seen: text(&input, "seen").to_owned(),
        explanations,
        reason: text(&input, "reason").to_owned(),
    };
    let filing = app.desk.confirm(caller.actor(), &ask, &typed, &caller.moment).await?;
    Ok(json(StatusCode::CREATED, one(&filing)))
}

/// `POST /filings/{report}/{id}`: approves, returns or takes back.
pub async fn rule(
    State(app): State<App>,
    caller: Caller,
    At([report, id]): At<2>,
    Body(input): Body,
) -> Result<Response, Fault> {
    only(&input, &["unit", "version", "ruling", "reason"])?;
    check_id(&id, "这一期报表")?;
    let ruling = match text(&input, "ruling") {
        "approve" => Ruling::Approve,
        "return" => Ruling::Return(text(&input, "reason").to_owned()),
        "withdraw" => Ruling::Withdraw,
        _ => return Err(wrong("ruling", "ruling 应为 approve、return 或者 withdraw")),
    };
    let mut filing = app.desk.filing(caller.actor(), text(&input, "unit"), &id).await?;
    if filing.report != report {
        return Err(Fault::not_found("没有找到这一期报表"));
    }
    if let Some(version) = input.get("version").and_then(Json::as_i64) {
        filing.version = version;
    }
    let filing = app.desk.rule(caller.actor(), &filing, &ruling, &caller.moment).await?;
    Ok(json(StatusCode::OK, one(&filing)))
}

fn text<'i>(input: &'i Map<String, Json>, name: &str) -> &'i str {
    input.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn only(input: &Map<String, Json>, known: &[&str]) -> Result<(), Fault> {
    match input.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(wrong(name, &format!("不认识“{name}”，可以写：{}", known.join("、")))),
        None => Ok(()),
    }
}

fn wrong(field: &str, message: &str) -> Fault {
    Refusal::problem(Problem::error("input", message).at(field)).into()
}

fn one(filing: &Filing) -> Out {
    let mut out = Out::with_room(4_096);
    out.open();
    filing_out(&mut out, filing);
    out.close();
    out
}

fn filing_out(out: &mut Out, filing: &Filing) {
    out.text("id", &filing.id);
    out.text("report", &filing.report);
    out.text("unit", &filing.unit);
    out.text("from", &filing.from);
    out.text("to", &filing.to);
    out.int("round", filing.round);
    out.text("state", filing.state.id());
    out.int("version", filing.version);
    out.text("hash", &filing.hash);
    out.text("definition", &filing.definition);
    out.text("reason", &filing.reason);
    out.moment("confirmed_at", filing.at);
    out.text("confirmed_by", &filing.by);
    match filing.decided_at {
        Some(at) => out.moment("decided_at", at),
        None => out.null("decided_at"),
    }
    out.text("decided_by", &filing.decided_by);
    out.text("decision", &filing.decision);
    out.list_at("explained");
    for (id, words, why) in &filing.open {
        out.open();
        out.text("id", id);
        out.text("words", words);
        out.text("explanation", why);
        out.close();
    }
    out.end_list();
    out.list_at("rows");
    for row in &filing.figures.rows {
        out.open();
        out.text("unit", &row.unit);
        out.text("name", &row.name);
        out.open_at("figures");
        for (column, worked) in filing.figures.columns.iter().zip(&row.figures) {
            out.json(&column.id, &figure(*worked));
        }
        out.close();
        out.close();
    }
    out.end_list();
}

fn standing_out(standing: &Standing) -> Out {
    let mut out = Out::with_room(8_192);
    out.open();
    out.text("cycle", standing.cycle.map_or("", |cycle| cycle.word()));
    out.text("seen", &standing.hash);
    out.open_at("may");
    out.yes_no("confirm", standing.may.confirm);
    out.text("not_yet", &standing.may.not_yet);
    out.yes_no("approve", standing.may.approve);
    out.yes_no("return", standing.may.send_back);
    out.yes_no("withdraw", standing.may.withdraw);
    out.close();
    out.list_at("open");
    for open in &standing.open {
        out.open();
        out.text("id", &open.id);
        out.text("words", &open.words);
        out.close();
    }
    out.end_list();
    out.list_at("below");
    for (unit, state) in &standing.below {
        out.open();
        out.text("unit", unit);
        out.text("state", state.id());
        out.close();
    }
    out.end_list();
    out.list_at("late");
    standing.late.iter().for_each(|cell| late_out(&mut out, cell));
    out.end_list();
    out.list_at("rounds");
    for filing in &standing.rounds {
        out.open();
        filing_out(&mut out, filing);
        out.close();
    }
    out.end_list();
    out.close();
    out
}

fn late_out(out: &mut Out, cell: &LateCell) {
    out.open();
    out.text("unit", &cell.unit);
    out.text("name", &cell.name);
    out.text("column", &cell.column);
    out.json("confirmed", &figure(cell.confirmed));
    out.json("present", &figure(cell.present));
    match cell.since {
        Some(at) => out.moment("since", at),
        None => out.null("since"),
    }
    out.list_at("records");
    for record in cell.records.iter().filter(|record| !record.title.is_empty()) {
        out.open();
        out.text("kind", &record.kind);
        out.text("id", &record.id);
        out.text("title", &record.title);
        out.text("act", &record.act);
        out.text("by", &record.by);
        out.moment("at", record.at);
        out.close();
    }
    out.end_list();
    out.close();
}
