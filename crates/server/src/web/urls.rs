//! Addresses of pages.

use engine::{
    definition::{House, RecordKind},
    kind::PERSON,
};
use std::fmt::Write;

/// A text as it stands in a query.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            byte => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// `path?name=value&…`, without those that are empty.
pub fn with_query<N: AsRef<str>, V: AsRef<str>>(path: &str, pairs: &[(N, V)]) -> String {
    let mut address = path.to_owned();
    let mut mark = '?';
    for (name, value) in pairs.iter().filter(|(_, value)| !value.as_ref().is_empty()) {
        let (name, value) = (encode(name.as_ref()), encode(value.as_ref()));
        let _ = write!(address, "{mark}{name}={value}");
        mark = '&';
    }
    address
}

/// The list of a kind.
pub fn list(kind: &RecordKind) -> String {
    format!("/b/{}/{}", kind.business, kind.id)
}

/// What the address of a form says: kind, record and action; the last two are empty where there is
/// none. `None` if it is no form.
pub fn form_parts(path: &str) -> Option<(&str, &str, &str)> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["b", _, kind, "new"] => Some((*kind, "", "")),
        ["b", _, kind, id, "edit"] => Some((*kind, *id, "")),
        ["b", _, kind, id, "do", action] => Some((*kind, *id, *action)),
        _ => None,
    }
}

/// A record, below the list of its kind: forms, papers and files hang on this.
pub fn below(kind: &RecordKind, id: &str) -> String {
    format!("{}/{}", list(kind), encode(id))
}

/// The page of a record.
pub fn record(kind: &RecordKind, id: &str) -> String {
    if kind.id == PERSON { format!("/people/{}", encode(id)) } else { below(kind, id) }
}

/// The page of a record of a kind known by its id.
pub fn record_of(house: &House, kind: &str, id: &str) -> Option<String> {
    house.kind(kind).map(|kind| record(kind, id))
}

/// An address of this house, for going back to: anything else becomes the workbench.
pub fn own(address: &str) -> String {
    let inside = address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains('\\')
        && !address.contains(char::is_control)
        && address.is_ascii();
    if inside { address.to_owned() } else { "/".to_owned() }
}

/// The header by which a file gets its name (RFC 8187).
pub fn disposition(how: &str, name: &str) -> axum::http::HeaderValue {
    let value = format!("{how}; filename*=UTF-8''{}", encode(name));
    axum::http::HeaderValue::from_str(&value)
        .unwrap_or(axum::http::HeaderValue::from_static("attachment"))
}
