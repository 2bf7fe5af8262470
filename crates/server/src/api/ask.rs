//! What a request says: who asks, the parts of its address, its query, its body. Each is read once
//! and in one way, and what cannot be read is a [`Fault`] that names the place.

use super::problem::Fault;
use crate::{app::App, clock};
use axum::{
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, Query, RawPathParams, Request, rejection::BytesRejection,
    },
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};
use desk::{Actor, Moment, Refusal, accounts::Session};
use serde_json::{Map, Value as Json};

const COOKIE: &str = "fq";
const CSRF: &str = "x-csrf-token";
/// Nothing that is typed nests deeper; a parser that follows deeper nesting only spends its stack.
const DEEPEST: usize = 64;

/// Who asks, and when: read once for the whole request.
#[derive(Debug)]
pub struct Caller {
    /// The session.
    pub session: Session,
    /// Its secret.
    pub token: String,
    /// The moment of the request.
    pub moment: Moment,
}

impl Caller {
    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.session.actor
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let (token, by_cookie) = secret(&parts.headers).ok_or(Refusal::NotSignedIn)?;
        let mut moment = clock::now("");
        let session = app.desk.session(&token, &moment).await?;
        let reads = parts.method == Method::GET || parts.method == Method::HEAD;
        if by_cookie && !reads && sent(&parts.headers, CSRF).is_none_or(|t| t != session.csrf) {
            return Err(Fault::forged());
        }
        moment.actor.clone_from(&session.actor.account);
        Ok(Self { session, token, moment })
    }
}

/// The secret, and whether a browser sent it by itself.
fn secret(headers: &HeaderMap) -> Option<(String, bool)> {
    if let Some(value) = sent(headers, "authorization") {
        let (scheme, token) = value.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| (token.trim().to_owned(), false));
    }
    let pairs = sent(headers, "cookie")?.split(';').filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(name, _)| *name == COOKIE);
    found.next().map(|(_, token)| (token.to_owned(), true))
}

/// A header that is readable text.
pub fn sent<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The parts of the address that vary, in order.
#[derive(Debug)]
pub struct At<const N: usize>(pub [String; N]);

impl<const N: usize> FromRequestParts<App> for At<N> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let lost = || Fault::not_found("没有这个地址");
        let found = RawPathParams::from_request_parts(parts, app).await.map_err(|_| lost())?;
        let found: Vec<String> = found.iter().map(|(_, value)| value.to_owned()).collect();
        found.try_into().map(Self).map_err(|_| lost())
    }
}

/// An id as the house gives them. Anything else cannot be one, and is not even looked up.
pub fn id(text: &str, what: &str) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !text.is_empty() && text.len() <= 64 && text.chars().all(fits) {
        return Ok(());
    }
    Err(Fault::not_found(format!("没有找到{what}")))
}

/// The query: names with their values, in order, each name at most once.
#[derive(Debug, Default)]
pub struct Asked(Vec<(String, String)>);

impl FromRequestParts<App> for Asked {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let read = Query::<Vec<(String, String)>>::from_request_parts(parts, app).await;
        let unread = || Fault::malformed("地址里问号后面的部分读不懂，请按 UTF-8 编码");
        let Query(pairs) = read.map_err(|_| unread())?;
        // The decoder puts this character where the bytes are no UTF-8.
        if pairs.iter().any(|(n, v)| n.contains('\u{fffd}') || v.contains('\u{fffd}')) {
            return Err(unread());
        }
        for (index, (name, _)) in pairs.iter().enumerate() {
            if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                let shown = short(name);
                let detail = format!("“{shown}”在地址里出现了两次");
                return Err(Fault::malformed_at(&shown, "repeated", detail));
            }
        }
        Ok(Self(pairs))
    }
}

impl Asked {
    /// Takes the value of a name; empty if it was not there.
    pub fn take(&mut self, name: &str) -> String {
        self.take_if(name).unwrap_or_default()
    }

    /// Takes the value of a name, if it was there.
    pub fn take_if(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.remove(at).1)
    }

    /// Takes a whole number; `otherwise` if it was not there.
    pub fn take_number(&mut self, name: &str, otherwise: i64) -> Result<i64, Fault> {
        match self.take_if(name) {
            None => Ok(otherwise),
            Some(text) => text.parse().ok().filter(|n| *n >= 0).ok_or_else(|| {
                Fault::malformed_at(name, "type", format!("“{name}”应为不小于0的整数"))
            }),
        }
    }

    /// Takes how many are wanted: 1 to `most`.
    pub fn take_limit(&mut self, otherwise: i64, most: i64) -> Result<u32, Fault> {
        let limit = self.take_number("limit", otherwise)?.clamp(1, most);
        Ok(u32::try_from(limit).unwrap_or(1))
    }

    /// What was not taken.
    pub fn rest(self) -> Vec<(String, String)> {
        self.0
    }

    /// Refuses what was not taken: a misspelt filter must not look like a list of everything.
    pub fn nothing_else(self) -> Result<(), Fault> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(unknown(name)),
        }
    }
}

/// A name in the query that means nothing here.
pub fn unknown(name: &str) -> Fault {
    let shown = short(name);
    let detail = format!("地址里的“{shown}”不认识");
    Fault::malformed_at(&shown, "unknown_field", detail)
}

fn short(name: &str) -> String {
    name.chars().take(40).collect()
}

/// The body: one JSON object.
#[derive(Debug)]
pub struct Body(pub Map<String, Json>);

impl FromRequest<App> for Body {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let declared = sent(request.headers(), "content-type").map(str::to_owned);
        let bytes = Bytes::from_request(request, app).await.map_err(|r| unread(&r))?;
        if bytes.is_empty() {
            return Ok(Self(Map::new()));
        }
        if !declared.as_deref().is_some_and(is_json) {
            return Err(Fault::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media-type",
                "格式不对",
                "请求内容应为 JSON，Content-Type 应为 application/json",
            )
            .header(header::ACCEPT, "application/json"));
        }
        object(&bytes).map(Self)
    }
}

fn is_json(declared: &str) -> bool {
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn unread(rejection: &BytesRejection) -> Fault {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = "请求内容超过 2 MB；大的文件请单独上传";
        return Fault::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "内容太大", detail);
    }
    Fault::malformed("请求内容没有收全，请再试一次")
}

fn object(bytes: &[u8]) -> Result<Map<String, Json>, Fault> {
    if depth(bytes) > DEEPEST {
        let detail = format!("JSON 嵌套超过{DEEPEST}层");
        return Err(Fault::malformed_at("", "too_deep", detail));
    }
    match serde_json::from_slice(bytes) {
        Ok(Json::Object(map)) => Ok(map),
        Ok(_) => Err(Fault::malformed_at("", "type", "请求内容应为一个 JSON 对象")),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let detail = format!("JSON 读不懂：第{line}行第{column}个字节附近有误");
            Err(Fault::malformed_at("", "json", detail))
        }
    }
}

/// How deep brackets nest, outside of texts.
fn depth(bytes: &[u8]) -> usize {
    let (mut now, mut deepest, mut in_text, mut escaped) = (0usize, 0, false, false);
    for byte in bytes {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'{' | b'[') => {
                now += 1;
                deepest = deepest.max(now);
            }
            (false, b'}' | b']') => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
