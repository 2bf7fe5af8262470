//! Temporary: the JSON face alone, while the rest of the binary is being written.
#![allow(dead_code, missing_docs)]
#[path = "../src/api/mod.rs"]
mod api;
#[path = "../src/app.rs"]
mod app;
#[path = "../src/businesses.rs"]
mod businesses;
#[path = "../src/clock.rs"]
mod clock;
#[path = "../src/documents.rs"]
mod documents;
mod web {
    pub fn assets_version() -> String { String::new() }
}
fn main() {
    if std::env::args().nth(1).as_deref() == Some("openapi") {
        let house = app::read_house(None).unwrap_or_else(|_| std::process::exit(1));
        let text = engine::derive::api::openapi(&house).to_string();
        let _ = std::fs::write("/tmp/openapi.json", text);
    }
}
