//! Who asks: somebody signed in, at a moment read once; and what they sent. A session that has
//! lapsed loses nothing: the sign-in page carries on what was typed.

use super::{door, form, page, typed::Typed, urls};
use crate::{
    app::App,
    clock::{self, SystemChance},
    files,
};
use axum::{
    body::Bytes,
    extract::{Form, FromRequest, FromRequestParts, Multipart, Request, multipart::Field},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use desk::{Actor, Chance, Moment, Refusal, accounts::Session};
use engine::problem::Problem;

/// Name of the session's cookie; the JSON face reads the same.
pub const COOKIE: &str = "fq";

/// Somebody signed in.
#[derive(Clone)]
pub struct Visitor {
    /// The server.
    pub app: App,
    /// The session.
    pub session: Session,
    /// Its secret.
    pub token: String,
    /// The moment of the request.
    pub moment: Moment,
    /// Whether the browser came over TLS, as far as the balancer says.
    pub secure: bool,
}

impl Visitor {
    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.session.actor
    }

    /// A fresh id.
    pub fn id(&self) -> String {
        SystemChance.id(self.moment.at)
    }

    async fn find(app: &App, parts: &Parts) -> Result<Self, Refusal> {
        let token = cookie(&parts.headers, COOKIE).ok_or(Refusal::NotSignedIn)?;
        let mut moment = clock::now("");
        let session = app.desk.session(&token, &moment).await?;
        moment.actor.clone_from(&session.actor.account);
        let secure = is_secure(&parts.headers);
        Ok(Self { app: app.clone(), session, token, moment, secure })
    }
}

/// Whether the balancer in front says that the browser came over TLS.
pub fn is_secure(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = sent.flat_map(|value| value.split(';')).filter_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name && !value.is_empty()).then(|| value.to_owned())
    });
    pairs.next()
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match Self::find(app, parts).await {
            Ok(visitor) => Ok(visitor),
            Err(Refusal::NotSignedIn) => {
                let next = parts.uri.path_and_query().map_or("/", |it| it.as_str());
                let next = if next == "/" { "" } else { next };
                let login = urls::with_query("/login", &[("next", next)]);
                Err(Redirect::to(&login).into_response())
            }
            Err(refusal) => Err(page::bare_refusal(app, &refusal)),
        }
    }
}

/// What somebody signed in has sent.
pub struct Posted {
    /// Who.
    pub visitor: Visitor,
    /// What.
    pub typed: Typed,
    /// Where it was sent.
    pub address: String,
    /// What was wrong with files.
    pub problems: Vec<Problem>,
    /// Whether it comes from a page of this session. Where not, nothing may be done: at most the
    /// form may be shown again, to be sent by hand.
    pub genuine: bool,
}

/// Like [`Posted`], and certainly from a page of this session.
pub struct Sure(pub Visitor, pub Typed);

/// What a body holds, before anything is done with it.
struct Sent {
    pairs: Vec<(String, String)>,
    files: Vec<(String, String, Bytes)>,
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let found = Visitor::find(app, &parts).await;
        let headers = parts.headers.clone();
        let address = parts.uri.path().to_owned();
        let sent = read(Request::from_parts(parts, body), app).await?;
        match found {
            Ok(visitor) => take(visitor, address, sent).await,
            Err(Refusal::NotSignedIn) => Err(lapsed(app, &headers, &address, sent)),
            Err(refusal) => Err(form::held(app, &address, sent.pairs, !sent.files.is_empty())
                .filter(|_| form::is_away(&refusal))
                .unwrap_or_else(|| page::bare_refusal(app, &refusal))),
        }
    }
}

impl FromRequest<App> for Sure {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let posted = Posted::from_request(request, app).await?;
        if posted.genuine {
            return Ok(Self(posted.visitor, posted.typed));
        }
        Err(page::refused(&posted.visitor, &foreign()).await)
    }
}

/// The refusal of what does not come from a page of this session.
pub fn foreign() -> Refusal {
    Refusal::forbidden("这个页面是在这次登录之前打开的，为安全起见没有办理。请刷新页面再试")
}

async fn take(visitor: Visitor, address: String, sent: Sent) -> Result<Posted, Response> {
    let Some(mut typed) = Typed::read(sent.pairs) else {
        return Err(page::bare(&visitor.app, StatusCode::PAYLOAD_TOO_LARGE, "内容太多", TOO_MANY));
    };
    let genuine = typed.take("_csrf") == visitor.session.csrf;
    // The form's address says what each file is for.
    let (kind, ..) = urls::form_parts(&address).unwrap_or_default();
    let mut problems = Vec::new();
    for (name, file, bytes) in sent.files.into_iter().filter(|_| genuine) {
        let photo = files::photo(&visitor.app.desk.house(), kind, &name);
        match files::keep(&visitor.app, &file, &bytes, photo).await {
            Ok(kept) => typed.set(&name, kept),
            Err(Refusal::Invalid(found)) => {
                problems.extend(found.into_iter().map(|problem| problem.at(&name)));
            }
            Err(refusal) => return Err(page::refused(&visitor, &refusal).await),
        }
    }
    Ok(Posted { visitor, typed, address, problems, genuine })
}

const TOO_MANY: &str = "一张表最多5000个数据项，请分成几份填写。";
const TOO_LARGE: &str = "内容超过了能接收的大小，请压缩文件或者分几次上传。";
const BROKEN: &str = "内容没有收全，请返回再提交一次。";

async fn read(request: Request, app: &App) -> Result<Sent, Response> {
    let parts = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("multipart/form-data"));
    if parts {
        return read_parts(request, app).await;
    }
    let form = Form::<Vec<(String, String)>>::from_request(request, app).await;
    match form {
        Ok(Form(pairs)) => Ok(Sent { pairs, files: Vec::new() }),
        Err(rejection) => Err(unread(app, rejection.into_response().status())),
    }
}

async fn read_parts(request: Request, app: &App) -> Result<Sent, Response> {
    let mut sent = Sent { pairs: Vec::new(), files: Vec::new() };
    let mut parts = Multipart::from_request(request, app)
        .await
        .map_err(|rejection| unread(app, rejection.into_response().status()))?;
    loop {
        let part = parts.next_field().await.map_err(|error| unread(app, error.status()))?;
        let Some(part) = part else { return Ok(sent) };
        read_part(part, &mut sent).await.map_err(|status| unread(app, status))?;
    }
}

async fn read_part(part: Field<'_>, sent: &mut Sent) -> Result<(), StatusCode> {
    let name = part.name().unwrap_or_default().to_owned();
    let file = part.file_name().map(str::to_owned);
    let bytes = part.bytes().await.map_err(|error| error.status())?;
    match file {
        Some(file) if !file.is_empty() || !bytes.is_empty() => {
            sent.files.push((name, file, bytes));
        }
        Some(_) => {}
        None => {
            let text = String::from_utf8(bytes.to_vec()).map_err(|_| StatusCode::BAD_REQUEST)?;
            sent.pairs.push((name, text));
        }
    }
    Ok(())
}

fn unread(app: &App, status: StatusCode) -> Response {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => page::bare(app, status, "内容太大", TOO_LARGE),
        _ => page::bare(app, StatusCode::BAD_REQUEST, "没有收全", BROKEN),
    }
}

/// The sign-in page with everything typed on it. Script that saves drafts gets only the status.
fn lapsed(app: &App, headers: &HeaderMap, address: &str, sent: Sent) -> Response {
    match Typed::read(sent.pairs) {
        Some(typed) if !typed.has("_autosave") => door::lapsed(app, headers, address, &typed),
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// Files sent to be read and not kept, by somebody signed in, from a page of this session.
pub struct Upload(pub Visitor, pub Typed, pub Vec<Bytes>);

impl FromRequest<App> for Upload {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (visitor, typed, files) = uploaded(request, app).await?;
        Ok(Self(visitor, typed, files.into_iter().map(|(_, _, bytes)| bytes).collect()))
    }
}

/// Files sent to be read, each with its name, by somebody signed in, from a page of this session.
pub struct Uploads(pub Visitor, pub Vec<(String, Bytes)>);

impl FromRequest<App> for Uploads {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (visitor, _, files) = uploaded(request, app).await?;
        Ok(Self(visitor, files.into_iter().map(|(_, name, bytes)| (name, bytes)).collect()))
    }
}

/// What somebody signed in sent with files that are only to be read: field, name and content each.
async fn uploaded(
    request: Request,
    app: &App,
) -> Result<(Visitor, Typed, Vec<(String, String, Bytes)>), Response> {
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor::from_request_parts(&mut parts, app).await?;
    let sent = read(Request::from_parts(parts, body), app).await?;
    let typed = Typed::read(sent.pairs).unwrap_or_default();
    if typed.get("_csrf") != visitor.session.csrf {
        return Err(page::refused(&visitor, &foreign()).await);
    }
    Ok((visitor, typed, sent.files))
}

/// One sheet sent to be read and not attached, with its name, by somebody signed in, from a page of
/// this session; nothing where none was chosen.
pub struct Sheet(pub Visitor, pub Option<(String, Bytes)>);

impl FromRequest<App> for Sheet {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (visitor, _, files) = uploaded(request, app).await?;
        let sheet = files.into_iter().next().map(|(_, name, bytes)| (name, bytes));
        Ok(Self(visitor, sheet))
    }
}
