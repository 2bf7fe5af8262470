//! The HTML face: pages for people, drawn on the server out of the definitions.
//!
//! A handler reads as a paragraph: who asks ([`visitor`]), what was typed ([`typed`]), ask or act at
//! the desk, draw ([`look`]). Three nouns: a *visitor* is somebody signed in at a moment, *typed* is
//! what a form sent, a *page* is a body in its frame. It knows no business by name and nothing of
//! the JSON face.

mod admin;
mod assets;
mod door;
mod draw;
mod events;
mod export;
mod filing;
mod filter;
mod form;
mod history;
mod home;
mod hub;
mod inbox;
mod intake;
mod limit;
mod list;
mod look;
mod me;
mod merge;
mod page;
mod papers;
mod public;
mod reason;
mod record;
mod scans;
mod statistics;
#[cfg(test)]
mod tests;
mod typed;
pub mod urls;
mod visitor;
mod words;

use crate::app::App;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, Response as HttpResponse, header},
    middleware::map_response,
    response::Response,
    routing::{get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

pub use assets::assets_version;
pub use public::Gates;

/// Room for one form with a few attached files.
const MOST_BODY: usize = 64 * 1024 * 1024;

/// All pages.
pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(home::workbench))
        .route("/login", get(door::page).post(door::sign_in))
        .route("/logout", post(door::sign_out))
        .route("/new", get(hub::create))
        .route("/search", get(hub::search))
        .route(events::ADDRESS, get(events::page))
        .route("/people", get(hub::people))
        .route("/people/{id}", get(record::person))
        .route("/me", get(me::page))
        .route("/me/post", post(me::switch))
        .route("/me/password", get(me::password_page).post(me::password))
        .route("/drafts/{id}/remove", post(form::remove_draft))
        .route("/b/{business}", get(hub::business))
        .route("/b/{business}/{kind}", get(list::page))
        .route("/b/{business}/{kind}/export.csv", get(export::csv))
        .route("/b/{business}/{kind}/export.xlsx", get(export::xlsx))
        .merge(public::router())
        .merge(inbox::router())
        .merge(intake::router())
        .route("/b/{business}/{kind}/{id}", get(record::page))
        .route("/b/{business}/{kind}/{id}/limits/{limit}", get(limit::page))
        .merge(merge::router())
        .merge(papers::router())
        .merge(draw::router())
        .merge(reason::router())
        .merge(scans::router())
        .route("/b/{business}/{kind}/{id}/files/{hash}", get(record::file))
        .merge(forms())
        .route("/statistics", get(statistics::index))
        .route("/statistics/{report}", get(statistics::page))
        .route("/statistics/{report}/confirm", post(filing::confirm))
        .route("/statistics/{report}/rule", post(filing::rule))
        .route("/statistics/{report}/filings/{id}", get(filing::page))
        .route("/admin", get(admin::index))
        .route("/admin/units", get(admin::units::page).post(admin::units::import))
        .route("/admin/safety", get(admin::safety::page))
        .route("/admin/accounts", get(admin::accounts::page))
        .route("/admin/accounts/new", get(admin::accounts::new).post(admin::accounts::add))
        .route("/admin/accounts/{login}", get(admin::accounts::one))
        .route("/admin/accounts/{login}/{what}", post(admin::accounts::change))
        .merge(assets::router())
        .fallback(page::lost)
        .method_not_allowed_fallback(page::lost)
        .layer(CatchPanicLayer::custom(page::panicked))
        .layer(map_response(secured))
}

/// The forms: large bodies, because files come with them.
fn forms() -> Router<App> {
    Router::new()
        .route("/b/{business}/{kind}/new", get(form::new).post(form::create))
        .route("/b/{business}/{kind}/{id}/edit", get(form::edit).post(form::change))
        .route("/b/{business}/{kind}/{id}/do/{action}", get(form::ask).post(form::act))
        .layer(DefaultBodyLimit::max(MOST_BODY))
}

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);

/// What every answer of this face says to the browser: no foreign code, no guessing, no frames.
async fn secured(mut response: Response) -> HttpResponse<axum::body::Body> {
    let headers = response.headers_mut();
    let html = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("text/html"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if html {
        // Only what is public may be kept, and says so itself.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    } else if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
