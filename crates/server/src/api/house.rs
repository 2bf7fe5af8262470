//! What is not about records: signing in and out, definitions, units, tasks, the contract, and
//! how the server is.

use super::{
    ask::{Asked, At, Body, Caller},
    bytes, json,
    out::Out,
    problem::Fault,
};
use crate::{app::App, clock};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use desk::Refusal;
use engine::{derive::api, problem::Problem, query::Filter};
use serde_json::{Map, Value as Json};
use std::sync::{Mutex, PoisonError, atomic::Ordering};

/// `POST /login`
pub async fn login(State(app): State<App>, Body(input): Body) -> Result<Response, Fault> {
    let (account, password) = credentials(&input)?;
    let (token, session) = app.desk.sign_in(account, password, &clock::now("")).await?;
    let mut out = Out::with_room(192);
    out.open();
    out.text("token", &token);
    out.moment("expires_at", session.expires_at);
    out.close();
    Ok(json(StatusCode::OK, out))
}

fn credentials(input: &Map<String, Json>) -> Result<(&str, &str), Fault> {
    let mut problems = Vec::new();
    let known = ["account", "password", "otp"];
    for name in input.keys().filter(|name| !known.contains(&name.as_str())) {
        let shown: String = name.chars().take(40).collect();
        problems.push(Problem::error("unknown_field", format!("没有“{shown}”这一项")).at(&shown));
    }
    let mut text = |name: &str, label: &str| match input.get(name) {
        Some(Json::String(text)) if !text.is_empty() && text.len() <= 1_000 => text.as_str(),
        Some(Json::String(text)) if !text.is_empty() => {
            problems.push(Problem::error("too_long", format!("{label}太长")).at(name));
            ""
        }
        None | Some(Json::Null | Json::String(_)) => {
            problems.push(Problem::error("required", format!("请填写{label}")).at(name));
            ""
        }
        Some(_) => {
            problems.push(Problem::error("type", format!("{label}应为文字")).at(name));
            ""
        }
    };
    let found = (text("account", "账号"), text("password", "密码"));
    if problems.is_empty() { Ok(found) } else { Err(Refusal::Invalid(problems).into()) }
}

/// `POST /logout`
pub async fn logout(State(app): State<App>, caller: Caller) -> Result<Response, Fault> {
    app.desk.sign_out(&caller.token).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /definitions`
pub async fn definitions(State(app): State<App>, _caller: Caller) -> Response {
    bytes("application/json", api::index(&app.desk.house()).to_string().into_bytes())
}

/// `GET /definitions/{kind}`
pub async fn definition(
    State(app): State<App>,
    _caller: Caller,
    At([kind]): At<1>,
) -> Result<Response, Fault> {
    let house = app.desk.house();
    let kind = house.kind(&kind).ok_or_else(|| Fault::not_found("没有找到这种档案"))?;
    Ok(bytes("application/json", api::definition(&house, kind).to_string().into_bytes()))
}

/// The contract of the definitions last asked about: it changes only with them.
static CONTRACT: Mutex<(String, Vec<u8>)> = Mutex::new((String::new(), Vec::new()));

/// `GET /openapi.json`; it holds no data, so nobody need sign in for it.
pub async fn openapi(State(app): State<App>) -> Response {
    let house = app.desk.house();
    let mut kept = CONTRACT.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.0 != house.version || kept.1.is_empty() {
        *kept = (house.version.clone(), api::openapi(&house).to_string().into_bytes());
    }
    bytes("application/json", kept.1.clone())
}

/// `GET /units`
pub async fn units(
    State(app): State<App>,
    _caller: Caller,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let parent = asked.take("parent");
    asked.nothing_else()?;
    let units = app.desk.units();
    if !parent.is_empty() && units.get(&parent).is_none() {
        return Err(Fault::not_found("没有找到这个单位"));
    }
    let mut out = Out::with_room(4_096);
    out.open();
    out.list_at("items");
    for unit in units.below(&parent) {
        out.open();
        out.text("code", &unit.code);
        out.text("name", &unit.name);
        out.text("level", unit.level.word());
        out.text("parent", &unit.parent);
        out.text("county", &unit.county);
        if let Some(day) = unit.valid_from {
            out.text("valid_from", &day.to_string());
        }
        if let Some(day) = unit.valid_to {
            out.text("valid_to", &day.to_string());
        }
        if !unit.successor.is_empty() {
            out.text("successor", &unit.successor);
        }
        out.close();
    }
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// `GET /healthz`: the process answers.
pub async fn health() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store answers too.
pub async fn ready(State(app): State<App>) -> Response {
    match app.desk.keeper().count("unit", &Filter::Everything, 1).await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
        }
    }
}

/// `GET /metrics`, in the text form that Prometheus reads.
pub async fn metrics(State(app): State<App>) -> Response {
    let counts = [
        ("fengqiao_requests_total", "counter", app.requests.load(Ordering::Relaxed)),
        ("fengqiao_failures_total", "counter", app.failures.load(Ordering::Relaxed)),
        ("fengqiao_open_pages", "gauge", app.live.pages() as u64),
        ("process_resident_memory_bytes", "gauge", resident_bytes()),
        ("process_uptime_seconds", "gauge", uptime_seconds()),
    ];
    let lines = counts.map(|(name, kind, value)| format!("# TYPE {name} {kind}\n{name} {value}\n"));
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, lines.concat()).into_response()
}

/// Resident memory. `status` says it in kB whatever the page size is, `statm` only in pages.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1_024
}

/// Seconds since the process began: both times count from the start of the machine.
fn uptime_seconds() -> u64 {
    const TICKS_A_SECOND: u64 = 100;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name may hold spaces; fields are counted behind its closing bracket.
    let behind = stat.rsplit_once(") ").map_or("", |(_, behind)| behind);
    let began = behind.split_whitespace().nth(19).and_then(|t| t.parse::<u64>().ok());
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let now = uptime.split('.').next().and_then(|t| t.parse::<u64>().ok());
    match (began, now) {
        (Some(began), Some(now)) => now.saturating_sub(began / TICKS_A_SECOND),
        _ => 0,
    }
}
