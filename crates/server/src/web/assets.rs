//! The stylesheet, the script and the icon: kept by browsers for a year, under an address that
//! changes with them.

use super::look::{ICON, PAD, SCRIPT, STYLESHEET};
use crate::app::App;
use axum::{
    Router,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

/// A name for the assets as they are: it stands in their addresses.
pub fn assets_version() -> String {
    let all = format!("{STYLESHEET}{SCRIPT}{PAD}{ICON}");
    desk::seal::hash(&all).chars().take(12).collect()
}

/// Where they are.
pub fn router() -> Router<App> {
    Router::new()
        .route("/assets/app.css", get(|| asset("text/css; charset=utf-8", STYLESHEET)))
        .route("/assets/app.js", get(|| asset("text/javascript; charset=utf-8", SCRIPT)))
        .route("/assets/sign.js", get(|| asset("text/javascript; charset=utf-8", PAD)))
        .route("/assets/icon.svg", get(|| asset("image/svg+xml", ICON)))
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, text).into_response()
}
