//! Attached files: taken in once, then named by a field of kind 文件.

use super::{
    ask::{Asked, At, Caller, sent},
    bytes, disposition,
    problem::Fault,
};
use crate::{app::App, files};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde_json::json;

/// `POST /files`: the bytes are the body, the name stands (percent-encoded) in `X-File-Name`. The
/// answer's `file` is what the field is given. `?kind=…&field=…` names the field it is for, so that
/// a photograph is made to fit.
pub async fn take(
    State(app): State<App>,
    _caller: Caller,
    mut asked: Asked,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Fault> {
    let name = decoded(sent(&headers, "x-file-name").unwrap_or("文件"));
    let (kind, field) = (asked.take("kind"), asked.take("field"));
    asked.nothing_else()?;
    let photo = files::photo(&app.desk.house(), &kind, &field);
    let kept = files::keep(&app, &name, &body, photo).await?;
    let mut response = bytes("application/json", json!({ "file": kept }).to_string().into_bytes());
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// `GET /records/{kind}/{id}/files/{hash}`
pub async fn give(
    State(app): State<App>,
    caller: Caller,
    At([kind, id, hash]): At<3>,
) -> Result<Response, Fault> {
    let actor = caller.actor();
    let (name, media, body) = files::fetch(&app, actor, &kind, &id, &hash, &caller.moment).await?;
    let mut response = bytes(media, body);
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition("attachment", &name));
    Ok(response)
}

/// A name that came percent-encoded.
pub fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let pair = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
