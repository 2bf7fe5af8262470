//! The JSON face: `/api/v1`, generic over the definitions, with `openapi.json` as its contract.
//!
//! A handler reads as a paragraph: who asks ([`ask`]), what is meant, ask the desk, answer
//! ([`out`], [`show`]); what goes wrong is a [`problem::Fault`]. It knows nothing of HTML, and no
//! business by name.

mod ask;
mod draws;
mod figures;
mod files;
mod filings;
mod house;
mod inbox;
mod looks;
mod merging;
mod out;
mod papers;
mod people;
mod problem;
mod records;
mod show;
#[cfg(test)]
mod tests;

use crate::app::App;
use axum::{
    Router,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, delete, get, post},
};
use engine::kind::{BODY, PERSON};
use out::Out;
use problem::Fault;

/// Everything under `/api/v1`, and how the server is.
pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/login", post(house::login))
        .route("/api/v1/logout", post(house::logout))
        .route("/api/v1/openapi.json", get(house::openapi))
        .route("/api/v1/definitions", get(house::definitions))
        .route("/api/v1/definitions/{kind}", get(house::definition))
        .route("/api/v1/records/{kind}", get(records::list).post(records::create))
        .route("/api/v1/records/{kind}/{id}", get(records::view).patch(records::change))
        .route("/api/v1/records/{kind}/behind", get(looks::behind))
        .route("/api/v1/records/{kind}/{id}/look", post(looks::look))
        .route("/api/v1/records/{kind}/{id}/draw", get(draws::again))
        .route("/api/v1/looks", get(looks::list))
        .route("/api/v1/records/{kind}/{id}/log", get(records::log))
        .route("/api/v1/records/{kind}/{id}/deadlines", get(records::deadlines))
        .route("/api/v1/records/{kind}/{id}/actions/{action}", post(records::action))
        .route("/api/v1/records/{kind}/{id}/documents", get(papers::list))
        .route(
            "/api/v1/records/{kind}/{id}/documents/{document}",
            get(records::document).post(papers::issue),
        )
        .route(
            "/api/v1/records/{kind}/{id}/documents/{document}/signatures",
            get(papers::signatures).post(papers::sign).layer(room()),
        )
        .route("/api/v1/records/{kind}/{id}/dossiers/{dossier}", get(papers::dossier))
        .route("/api/v1/scans", post(papers::bring).layer(room()))
        .route("/api/v1/records/{kind}/{id}/files/{hash}", get(files::give))
        .route("/api/v1/files", post(files::take).layer(room()))
        .route("/api/v1/people/match", post(people::match_people))
        .route("/api/v1/people/{id}", get(people::person))
        .route(
            "/api/v1/people/{id}/merge",
            post(|s, c, a, h, b| merging::merge(s, c, a, h, b, PERSON)),
        )
        .route(
            "/api/v1/people/{id}/unmerge",
            post(|s, c, a, h, b| merging::give_back(s, c, a, h, b, PERSON)),
        )
        .route(
            "/api/v1/organizations/{id}/merge",
            post(|s, c, a, h, b| merging::merge(s, c, a, h, b, BODY)),
        )
        .route(
            "/api/v1/organizations/{id}/unmerge",
            post(|s, c, a, h, b| merging::give_back(s, c, a, h, b, BODY)),
        )
        .route("/api/v1/organizations/match", post(people::match_bodies))
        .route("/api/v1/organizations/{id}", get(people::body))
        .route("/api/v1/statistics/{statistic}", get(figures::statistic))
        .route("/api/v1/reports/{report}", get(figures::report))
        .route("/api/v1/filings", get(filings::waiting))
        .route("/api/v1/filings/{report}", get(filings::standing).post(filings::confirm))
        .route("/api/v1/filings/{report}/{id}", post(filings::rule))
        .route("/api/v1/search", get(people::search))
        .merge(inbox())
        .route("/api/v1/changes", get(people::changes))
        .route("/api/v1/units", get(house::units))
        .route("/api", any(no_such_address))
        .route("/api/", any(no_such_address))
        .route("/api/{*rest}", any(no_such_address))
        .route("/healthz", get(house::health))
        .route("/readyz", get(house::ready))
        .route("/metrics", get(house::metrics))
        .method_not_allowed_fallback(no_such_method)
}

/// Room for one file.
fn room() -> axum::extract::DefaultBodyLimit {
    axum::extract::DefaultBodyLimit::max(crate::files::MOST_BYTES + 1024)
}

/// The inbox and what belongs to it.
fn inbox() -> Router<App> {
    Router::new()
        .route("/api/v1/tasks", get(inbox::tasks))
        .route("/api/v1/tasks/colleagues", get(inbox::colleagues))
        .route("/api/v1/tasks/assign", post(inbox::assign))
        .route("/api/v1/tasks/recall", post(inbox::recall))
        .route("/api/v1/tasks/snooze", post(inbox::snooze))
        .route("/api/v1/tasks/wake", post(inbox::wake))
        .route("/api/v1/calendar", get(inbox::calendar))
        .route("/api/v1/digest", get(inbox::digest))
        .route("/api/v1/leaves", get(inbox::leaves).post(inbox::hand_over))
        .route("/api/v1/leaves/{id}", delete(inbox::end_leave))
        .route("/api/v1/feed", get(inbox::feed).post(inbox::renew_feed).delete(inbox::end_feed))
}

async fn no_such_address() -> Fault {
    Fault::not_found("没有这个地址，可用的地址见 /api/v1/openapi.json")
}

async fn no_such_method() -> Fault {
    let detail = "这个地址不能用这种方法，可用的见 Allow";
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, "method", "方法不对", detail)
}

fn bytes(content_type: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}

/// An answer in JSON.
fn json(status: StatusCode, out: Out) -> Response {
    let mut response = bytes("application/json", out.done());
    *response.status_mut() = status;
    response
}

/// An answer in JSON with more headers.
fn json_with<const N: usize>(
    status: StatusCode,
    headers: [(HeaderName, HeaderValue); N],
    out: Out,
) -> Response {
    let mut response = json(status, out);
    response.headers_mut().extend(headers);
    response
}

/// How a file is called, in a header that holds only ASCII (RFC 8187).
fn disposition(how: &str, name: &str) -> HeaderValue {
    let mut encoded = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                encoded.push(char::from(byte));
            }
            byte => encoded += &format!("%{byte:02X}"),
        }
    }
    HeaderValue::from_str(&format!("{how}; filename*=UTF-8''{encoded}"))
        .unwrap_or(HeaderValue::from_static("attachment"))
}
