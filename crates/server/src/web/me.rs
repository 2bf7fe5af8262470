//! One's own page: posts, places, password, the way out.

use super::{
    door,
    look::{
        field::{FieldView, Input, TextKind},
        form::{ErrorView, FormView, SectionView, form},
        hub::{PostView, me},
    },
    page::{self, About},
    typed::Typed,
    visitor::{Sure, Visitor},
    words,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use desk::Refusal;
use engine::problem::Problem;

/// `GET /me`
pub async fn page(visitor: Visitor) -> Response {
    page::done(&visitor, draw(&visitor).await).await
}

async fn draw(visitor: &Visitor) -> Result<Response, Refusal> {
    let house = visitor.app.desk.house();
    let actor = visitor.actor();
    let units = visitor.app.desk.units();
    let held = visitor.app.desk.posts(&actor.account).await?;
    let posts: Vec<PostView> = held
        .into_iter()
        .map(|(role, unit)| PostView {
            label: words::role(&house, &role).to_owned(),
            unit: units.long_name(&unit),
            help: house.roles.iter().find(|r| r.id == role).map_or("", |r| &r.help).to_owned(),
            current: role == actor.role && unit == actor.unit.code,
            fields: vec![("role".to_owned(), role), ("unit".to_owned(), unit)],
        })
        .collect();
    let account = page::account(visitor, &house, 0);
    let nav = page::places(visitor, &house, "/me");
    let mut settings = vec![
        ("修改密码".to_owned(), "/me/password".to_owned()),
        ("业务流转".to_owned(), super::events::ADDRESS.to_owned()),
    ];
    if page::sees_any(&house, actor) {
        settings.push(("请假代办".to_owned(), "/me/leave".to_owned()));
        settings.push(("日历订阅".to_owned(), "/me/feed".to_owned()));
    }
    let body = me(&account, &posts, &nav, &settings, &visitor.session.csrf);
    Ok(page::page(visitor, About::new("我的", "/me"), body).await)
}

/// `POST /me/post`: goes on in another of one's posts.
pub async fn switch(Sure(visitor, typed): Sure) -> Response {
    let (role, unit) = (typed.get("role"), typed.get("unit"));
    let desk = &visitor.app.desk;
    match desk.switch_post(&visitor.token, role, unit, &visitor.moment).await {
        Ok((token, _)) => door::signed_in("/", &token, visitor.secure),
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

/// `GET /me/password`
pub async fn password_page(visitor: Visitor) -> Response {
    password_form(&visitor, &[]).await
}

async fn password_form(visitor: &Visitor, problems: &[Problem]) -> Response {
    let secret = |name: &str, label: &str, hint: Option<&str>| FieldView {
        required: true,
        hint: hint.map(str::to_owned),
        error: problems.iter().find(|p| p.field == name).map(|p| p.message.clone()),
        ..FieldView::new(name, label, Input::Text(String::new(), 200, TextKind::Secret))
    };
    let view = FormView {
        title: "修改密码".to_owned(),
        action: "/me/password".to_owned(),
        csrf: visitor.session.csrf.clone(),
        errors: errors(problems),
        sections: vec![SectionView {
            id: "password".to_owned(),
            fields: vec![
                secret("current", "现在的密码", None),
                secret("password", "新密码", Some("至少10位，不能包含登录名")),
                secret("again", "新密码，再填一次", None),
            ],
            ..SectionView::default()
        }],
        submit: "修改密码".to_owned(),
        cancel: "/me".to_owned(),
        ..FormView::default()
    };
    let about = About {
        status: (!problems.is_empty()).then_some(StatusCode::UNPROCESSABLE_ENTITY),
        ..About::new("修改密码", "/me").below(vec![("我的".to_owned(), "/me".to_owned())])
    };
    page::page(visitor, about, form(&view)).await
}

/// Problems as a form lists them on top.
pub fn errors(problems: &[Problem]) -> Vec<ErrorView> {
    let view = |problem: &Problem| ErrorView {
        field: problem.field.clone(),
        label: String::new(),
        message: problem.message.clone(),
        basis: (!problem.basis.is_empty()).then(|| problem.basis.clone()),
    };
    problems.iter().map(view).collect()
}

/// `POST /me/password`: all other sessions end; this one goes on under a new secret.
pub async fn password(Sure(visitor, typed): Sure) -> Response {
    match set_password(&visitor, &typed).await {
        Ok(token) => door::signed_in("/me", &token, visitor.secure),
        Err(Refusal::Invalid(problems)) => password_form(&visitor, &problems).await,
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

async fn set_password(visitor: &Visitor, typed: &Typed) -> Result<String, Refusal> {
    let problem = |field: &str, message: &str| {
        Err(Refusal::problem(Problem::error("password", message).at(field)))
    };
    let (desk, moment) = (&visitor.app.desk, &visitor.moment);
    let (login, new) = (&visitor.session.login, typed.get("password"));
    if new != typed.get("again") {
        return problem("again", "两次填的新密码不一样，请重新填写");
    }
    match desk.sign_in(login, typed.get("current"), moment).await {
        Ok((token, _)) => desk.sign_out(&token).await?,
        Err(Refusal::SignIn(words)) => return problem("current", &words),
        Err(refusal) => return Err(refusal),
    }
    let actor = visitor.actor();
    desk.set_password(actor, &actor.account, new, moment).await?;
    let (token, session) = desk.sign_in(login, new, moment).await?;
    if session.actor.role == actor.role && session.actor.unit.code == actor.unit.code {
        return Ok(token);
    }
    let (role, unit) = (&actor.role, &actor.unit.code);
    Ok(desk.switch_post(&token, role, unit, moment).await?.0)
}

/// Back to a page.
pub fn back(to: &str) -> Response {
    Redirect::to(to).into_response()
}
