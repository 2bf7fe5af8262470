//! Signing in and out. Who comes from a form whose session had lapsed gets the form back as a
//! draft, whoever signs in on that page.

use super::{
    form,
    look::{
        frame::{Frame, page as draw_page},
        signin::{DemoAccount, SigninView, signin},
    },
    page,
    typed::Typed,
    urls,
    visitor::{COOKIE, Sure, Visitor, cookie, is_secure},
    words,
};
use crate::{
    app::App,
    clock::{self, SystemChance},
};
use axum::{
    extract::{Form, FromRequestParts, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use desk::{Chance, Refusal, accounts::SESSION_MS, seal};
use serde_json::{Value as Json, json};

/// Cookie of those not signed in yet: a form sent to the door must carry what it says.
const DOOR: &str = "fq_door";

/// What the sign-in page is asked for.
struct Asked {
    next: String,
    account: String,
    error: Option<String>,
    held: Option<String>,
    status: StatusCode,
}

/// `GET /login`
pub async fn page(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let next = Typed::read(pairs).unwrap_or_default().take("next");
    let next = urls::own(if next.is_empty() { "/" } else { &next });
    let (mut parts, _) = request.into_parts();
    let headers = parts.headers.clone();
    if Visitor::from_request_parts(&mut parts, &app).await.is_ok() {
        return Redirect::to(&next).into_response();
    }
    let (account, status) = (String::new(), StatusCode::OK);
    draw(&app, &headers, Asked { next, account, error: None, held: None, status })
}

/// The sign-in page for a form that came without a session.
pub fn lapsed(app: &App, headers: &HeaderMap, address: &str, typed: &Typed) -> Response {
    let held = json!({ "to": address, "typed": typed.to_text() }).to_string();
    let asked = Asked {
        next: urls::own(address),
        account: String::new(),
        error: Some("登录已过期，请重新登录。您填写的内容没有丢失，登录后继续。".to_owned()),
        held: Some(held),
        status: StatusCode::UNAUTHORIZED,
    };
    draw(app, headers, asked)
}

fn draw(app: &App, headers: &HeaderMap, asked: Asked) -> Response {
    let secret = cookie(headers, DOOR).unwrap_or_else(|| {
        let mut bytes = [0; 16];
        SystemChance.fill(&mut bytes);
        seal::hex(&bytes)
    });
    let view = SigninView {
        title: "司法所综合业务平台".to_owned(),
        account: asked.account,
        error: asked.error,
        next: asked.next,
        csrf: secret.clone(),
        held: asked.held,
        demo: demo(app),
        ..SigninView::default()
    };
    let frame =
        Frame { title: "登录".to_owned(), version: app.assets.clone(), ..Frame::default() };
    let html = Html(draw_page(&frame, signin(&view)).into_string());
    let mut response = (asked.status, html).into_response();
    set_cookie(&mut response, DOOR, &secret, 3_600, is_secure(headers));
    response
}

fn demo(app: &App) -> Vec<DemoAccount> {
    let (house, units) = (app.desk.house(), app.desk.units());
    let view = |account: &crate::app::DemoAccount| DemoAccount {
        account: account.account.clone(),
        password: account.password.clone(),
        post: words::role(&house, &account.role).to_owned(),
        unit: units.long_name(&account.unit),
        what_for: account.what_for.clone(),
    };
    app.demo.iter().map(view).collect()
}

/// `POST /login`
pub async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let mut typed = Typed::read(pairs).unwrap_or_default();
    let chosen = typed.take("demo");
    let demo = app.demo.iter().find(|account| account.account == chosen && !chosen.is_empty());
    let (account, password) = match demo {
        Some(demo) => (demo.account.clone(), demo.password.clone()),
        None => (typed.take("account").trim().to_owned(), typed.take("password")),
    };
    let (next, held) = (urls::own(typed.get("next")), typed.take("held"));
    let held = (!held.is_empty()).then_some(held);
    let again = |error: String, status, held: Option<String>| {
        let (next, account) = (next.clone(), account.clone());
        draw(&app, &headers, Asked { next, account, error: Some(error), held, status })
    };
    if cookie(&headers, DOOR).is_none_or(|secret| secret != typed.get("_csrf")) {
        let error = "请再按一次登录。仍不能登录的，请允许浏览器保存本站的 Cookie。";
        return again(error.to_owned(), StatusCode::FORBIDDEN, held);
    }
    let moment = clock::now("");
    match app.desk.sign_in(&account, &password, &moment).await {
        Ok((token, session)) => {
            let to = match &held {
                Some(held) => restore(&app, &session.actor.account, held, &next).await,
                None => next,
            };
            signed_in(&to, &token, is_secure(&headers))
        }
        Err(Refusal::SignIn(words)) => again(words, StatusCode::UNAUTHORIZED, held),
        Err(refusal) => page::bare_refusal(&app, &refusal),
    }
}

/// Puts what was typed before the session lapsed among the drafts; gives where it is taken up.
async fn restore(app: &App, account: &str, held: &str, next: &str) -> String {
    let held: Json = serde_json::from_str(held).unwrap_or_default();
    let text = |name: &str| held[name].as_str().unwrap_or_default();
    let typed = Typed::from_text(text("typed"));
    let kept = form::keep_held(app, account, text("to"), &typed).await;
    kept.unwrap_or_else(|| next.to_owned())
}

/// Goes to a page with a session's secret.
pub fn signed_in(to: &str, token: &str, secure: bool) -> Response {
    let mut response = Redirect::to(to).into_response();
    set_cookie(&mut response, COOKIE, token, SESSION_MS / 1_000, secure);
    response
}

/// `POST /logout`
pub async fn sign_out(Sure(visitor, _): Sure) -> Response {
    if let Err(refusal) = visitor.app.desk.sign_out(&visitor.token).await {
        return page::refused(&visitor, &refusal).await;
    }
    let mut response = Redirect::to("/login").into_response();
    set_cookie(&mut response, COOKIE, "", 0, visitor.secure);
    response
}

/// Sets a cookie for so many seconds.
pub fn set_cookie(response: &mut Response, name: &str, value: &str, seconds: i64, secure: bool) {
    let secure = if secure { "; Secure" } else { "" };
    let cookie =
        format!("{name}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
