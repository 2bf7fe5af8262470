//! Files that are opened with a reason: writing one, the files behind a figure, and the reasons that
//! were written.

use super::{
    ask::{Asked, At, Body, Caller, id as check_id, unknown},
    json,
    out::Out,
    problem::Fault,
    records::figure,
};
use crate::app::App;
use axum::{extract::State, http::StatusCode, response::Response};
use desk::{
    ask::BehindAsk,
    looks::{Look, Outline, Reason},
};
use serde_json::Value as Json;

/// `POST /records/{kind}/{id}/look`: `{"why": …, "basis": …}` opens the file for a day.
pub async fn look(
    State(app): State<App>,
    caller: Caller,
    At([kind, id]): At<2>,
    Body(input): Body,
) -> Result<Response, Fault> {
    check_id(&id, "这份档案")?;
    if let Some(name) = input.keys().find(|name| !["why", "basis"].contains(&name.as_str())) {
        return Err(unknown(name));
    }
    let text = |name: &str| match input.get(name) {
        None | Some(Json::Null) => Ok(String::new()),
        Some(Json::String(text)) => Ok(text.clone()),
        Some(_) => Err(Fault::malformed_at(name, "type", format!("“{name}”应为文字"))),
    };
    let reason = Reason { why: text("why")?, basis: text("basis")? };
    let look =
        app.desk.open_with_reason(caller.actor(), &kind, &id, &reason, &caller.moment).await?;
    let mut out = Out::with_room(512);
    written(&mut out, &look);
    Ok(json(StatusCode::CREATED, out))
}

/// `GET /records/{kind}/behind?figure=REPORT.COLUMN&period=…`: the files behind a figure, by number
/// and unit.
pub async fn behind(
    State(app): State<App>,
    caller: Caller,
    At([kind]): At<1>,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let missing = || Fault::malformed_at("figure", "required", "请给出 figure 和 period");
    let ask = BehindAsk {
        kind,
        unit: asked.take("unit"),
        after: asked.take("after"),
        limit: asked.take_limit(20, 200)?,
        figure: figure(&mut asked)?.ok_or_else(missing)?,
    };
    asked.nothing_else()?;
    let found = app.desk.behind(caller.actor(), &ask).await?;
    let mut out = Out::with_room(256 * found.files.len() + 64);
    out.open();
    out.list_at("items");
    found.files.iter().for_each(|one| outline(&app, &mut out, one));
    out.end_list();
    next(&mut out, &found.next);
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// `GET /looks`: the reasons that were written, newest first.
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let (unit, after) = (asked.take("unit"), asked.take("after"));
    let limit = asked.take_limit(20, 200)?;
    asked.nothing_else()?;
    let found = app.desk.looks(caller.actor(), &unit, &after, limit).await?;
    let mut out = Out::with_room(512 * found.looks.len() + 64);
    out.open();
    out.list_at("items");
    found.looks.iter().for_each(|look| written(&mut out, look));
    out.end_list();
    next(&mut out, found.next.as_deref().unwrap_or_default());
    out.close();
    Ok(json(StatusCode::OK, out))
}

fn next(out: &mut Out, next: &str) {
    match next {
        "" => out.null("next"),
        next => out.text("next", next),
    }
}

fn outline(app: &App, out: &mut Out, one: &Outline) {
    out.open();
    out.text("id", &one.id);
    out.text("number", &one.number);
    out.text("unit", &one.unit);
    out.text("unit_name", &app.desk.units().long_name(&one.unit));
    out.text("created_on", &one.created_on);
    out.close();
}

fn written(out: &mut Out, look: &Look) {
    out.open();
    for (name, text) in [
        ("kind", &look.kind),
        ("id", &look.record),
        ("number", &look.number),
        ("unit", &look.unit),
        ("account", &look.account),
        ("name", &look.name),
        ("role", &look.role),
        ("by_unit", &look.by_unit),
        ("why", &look.why),
        ("basis", &look.basis),
    ] {
        out.text(name, text);
    }
    out.moment("at", look.at);
    out.moment("until", look.until);
    out.close();
}
