//! Accounts: made by the system administrator, given posts and locked by the security
//! administrator, looked at by the auditor.

use super::{about, entitled, is};
use crate::web::{
    filter::unit_options,
    look::{
        admin::{AccountRow, AccountsView, accounts as draw_accounts},
        field::{ChoiceView, FieldView, Input, TextKind},
        form::{FormView, SectionView, form},
        frame::Notice,
        list::OptionView,
        part::{ActionView, FactView, StateView, Target, Tone, Weight, actions, facts},
    },
    me,
    page::{self, About},
    typed::Typed,
    urls,
    visitor::{Sure, Visitor},
    words,
};
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use desk::{
    Refusal,
    accounts::{Account, NewAccount},
};
use engine::problem::Problem;
use maud::html;

const HERE: &str = "/admin/accounts";
const A_PAGE: u32 = 30;

/// `GET /admin/accounts?unit=&q=`
pub async fn page(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let query = Typed::read(pairs).unwrap_or_default();
    page::done(&visitor, draw(&visitor, &query).await).await
}

async fn draw(visitor: &Visitor, query: &Typed) -> Result<Response, Refusal> {
    entitled(visitor)?;
    let (unit, q, after) = (query.get("unit"), query.get("q").trim(), query.get("after"));
    let desk = &visitor.app.desk;
    let mut found = desk.accounts(visitor.actor(), unit, q, after, A_PAGE + 1).await?;
    let more = found.len() > A_PAGE as usize;
    found.truncate(A_PAGE as usize);
    let next = found.last().filter(|_| more).map(|last| {
        let after = format!("{} {}", last.unit, last.id);
        urls::with_query(HERE, &[("unit", unit), ("q", q), ("after", &after)])
    });
    let add = is(visitor, &["system_admin"]).then(|| {
        let href = urls::with_query(&format!("{HERE}/new"), &[("unit", unit)]);
        ("新增账号".to_owned(), href)
    });
    let view = AccountsView {
        count_text: if found.is_empty() {
            "没有符合条件的账号".to_owned()
        } else {
            String::new()
        },
        href: HERE.to_owned(),
        units: unit_options(visitor, unit, "全部"),
        query: q.to_owned(),
        accounts: found.iter().map(|account| row(visitor, account)).collect(),
        next,
        links: add.into_iter().collect(),
        csrf: visitor.session.csrf.clone(),
    };
    let mut about = about("账号", HERE);
    about.notice = said(query.get("said"));
    Ok(page::page(visitor, about, draw_accounts(&view)).await)
}

/// What has just been done.
fn said(what: &str) -> Option<Notice> {
    let text = match what {
        "new" => "账号已新增",
        "lock" => "账号已锁定，已登录的会话同时结束",
        "unlock" => "账号已解锁",
        "post" => "岗位已增加，此人下次登录时生效",
        "password" => "密码已重置，请当面告知本人，并请本人登录后修改",
        _ => return None,
    };
    Some(Notice { tone: Tone::Good, text: text.to_owned(), link: None })
}

fn posts(visitor: &Visitor, account: &Account) -> Vec<String> {
    let (house, units) = (visitor.app.desk.house(), visitor.app.desk.units());
    let words = |(role, unit): &(String, String)| {
        format!("{} · {}", words::role(&house, role), units.long_name(unit))
    };
    account.posts.iter().map(words).collect()
}

fn state(account: &Account) -> StateView {
    let (text, tone) = if account.state == "active" {
        ("使用中", Tone::Good)
    } else {
        ("已锁定", Tone::Late)
    };
    StateView { text: text.to_owned(), tone }
}

fn row(visitor: &Visitor, account: &Account) -> AccountRow {
    AccountRow {
        account: account.login.clone(),
        name: account.name.clone(),
        posts: posts(visitor, account),
        state: state(account),
        href: format!("{HERE}/{}", urls::encode(&account.login)),
        actions: lock(visitor, account).into_iter().collect(),
    }
}

/// Locking and unlocking, for those who may.
fn lock(visitor: &Visitor, account: &Account) -> Option<ActionView> {
    let own = account.id == visitor.actor().account;
    if own || !is(visitor, &["security_admin", "system_admin"]) {
        return None;
    }
    let active = account.state == "active";
    let what = if active { "lock" } else { "unlock" };
    let href = format!("{HERE}/{}/{what}", urls::encode(&account.login));
    Some(ActionView {
        label: if active { "锁定" } else { "解锁" }.to_owned(),
        target: Target::Post(href, vec![("id".to_owned(), account.id.clone())]),
        weight: if active { Weight::Danger } else { Weight::Plain },
        confirm: active.then(|| format!("锁定后，{}立即不能再登录。要锁定吗？", account.name)),
    })
}

/// `GET /admin/accounts/new`
pub async fn new(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let typed = Typed::read(pairs).unwrap_or_default();
    if !is(&visitor, &["system_admin"]) {
        let who = "系统管理员".to_owned();
        let why = "您的岗位不能新增账号".to_owned();
        return page::refused(&visitor, &Refusal::Forbidden { why, who }).await;
    }
    new_form(&visitor, &typed, &[]).await
}

async fn new_form(visitor: &Visitor, typed: &Typed, problems: &[Problem]) -> Response {
    let text = |name: &str, label: &str, hint: &str, kind| {
        let value = if kind == TextKind::Secret { "" } else { typed.get(name) };
        FieldView {
            required: true,
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
            error: problems.iter().find(|p| p.field == name).map(|p| p.message.clone()),
            ..FieldView::new(name, label, Input::Text(value.to_owned(), 60, kind))
        }
    };
    let login = "3至40个小写字母、数字、下划线、点或者短横线";
    let mut fields = vec![
        text("login", "登录名", login, TextKind::Plain),
        text("name", "姓名", "", TextKind::Plain),
        text(
            "password",
            "初始密码",
            "至少10位；请当面告知本人，并请本人登录后修改",
            TextKind::Secret,
        ),
    ];
    fields.extend(post_fields(visitor, typed, problems));
    let view = FormView {
        title: "新增账号".to_owned(),
        action: format!("{HERE}/new"),
        csrf: visitor.session.csrf.clone(),
        errors: me::errors(problems),
        sections: vec![SectionView { id: "account".to_owned(), fields, ..SectionView::default() }],
        submit: "新增账号".to_owned(),
        cancel: HERE.to_owned(),
        ..FormView::default()
    };
    let mut about = below("新增账号");
    about.status = (!problems.is_empty()).then_some(StatusCode::UNPROCESSABLE_ENTITY);
    page::page(visitor, about, form(&view)).await
}

fn below(title: &str) -> About {
    about(title, HERE).below(vec![("账号".to_owned(), HERE.to_owned())])
}

fn post_fields(visitor: &Visitor, typed: &Typed, problems: &[Problem]) -> Vec<FieldView> {
    let house = visitor.app.desk.house();
    let choice = |value: &str, label: &str, now: &str| ChoiceView {
        group: None,
        option: OptionView {
            value: value.to_owned(),
            label: label.to_owned(),
            chosen: value == now,
        },
    };
    let role = typed.get("role");
    let roles =
        house.roles.iter().map(|r| choice(&r.id, &format!("{}（{}）", r.label, r.level), role));
    let unit = FieldView {
        required: true,
        hint: Some("单位代码，可在“单位”页查到".to_owned()),
        error: problems.iter().find(|p| p.field == "unit").map(|p| p.message.clone()),
        ..FieldView::new(
            "unit",
            "单位代码",
            Input::Text(typed.get("unit").to_owned(), 12, TextKind::Plain),
        )
    };
    let role = FieldView {
        required: true,
        error: problems.iter().find(|p| p.field == "role").map(|p| p.message.clone()),
        ..FieldView::new("role", "岗位", Input::Choice(roles.collect()))
    };
    vec![role, unit]
}

/// `POST /admin/accounts/new`
pub async fn add(Sure(visitor, typed): Sure) -> Response {
    let text = |name: &str| typed.get(name).trim().to_owned();
    let new = NewAccount {
        login: text("login"),
        name: text("name"),
        password: typed.get("password").to_owned(),
        role: text("role"),
        unit: text("unit"),
    };
    match visitor.app.desk.add_account(visitor.actor(), &new, &visitor.moment).await {
        Ok(_) => me::back(&format!("{HERE}?said=new&q={}", urls::encode(&new.login))),
        Err(Refusal::Invalid(problems)) => new_form(&visitor, &typed, &problems).await,
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

/// `GET /admin/accounts/{login}`
pub async fn one(
    visitor: Visitor,
    Path(login): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let said = Typed::read(pairs).unwrap_or_default().take("said");
    let drawn = draw_one(&visitor, &login, &said, &Typed::default(), &[]).await;
    page::done(&visitor, drawn).await
}

async fn find(visitor: &Visitor, login: &str) -> Result<Account, Refusal> {
    entitled(visitor)?;
    let found = visitor.app.desk.accounts(visitor.actor(), "", login, "", 500).await?;
    let account = found.into_iter().find(|account| account.login == login);
    account.ok_or(Refusal::NotFound("这个账号".to_owned()))
}

async fn draw_one(
    visitor: &Visitor,
    login: &str,
    said_what: &str,
    typed: &Typed,
    problems: &[Problem],
) -> Result<Response, Refusal> {
    let account = find(visitor, login).await?;
    let posts = posts(visitor, &account).join("；");
    let shown = [
        FactView::text("登录名", &account.login),
        FactView::text("姓名", &account.name),
        FactView::text("状态", &state(&account).text),
        FactView::text("岗位", &posts),
    ];
    let acts: Vec<ActionView> = lock(visitor, &account).into_iter().collect();
    let csrf = &visitor.session.csrf;
    let body = html! {
        header.head { h1 { (account.name) } span.muted { (account.login) } }
        (facts(&shown, csrf))
        (actions(&acts, csrf))
        @if is(visitor, &["security_admin"]) {
            (form(&small(visitor, &account, "post", "增加岗位", post_fields(visitor, typed, problems))))
        }
        @if is(visitor, &["system_admin"]) {
            (form(&small(visitor, &account, "password", "重置密码", vec![secret(problems)])))
        }
    };
    let mut about = below(&account.name);
    about.notice = said(said_what);
    about.status = (!problems.is_empty()).then_some(StatusCode::UNPROCESSABLE_ENTITY);
    Ok(page::page(visitor, about, body).await)
}

fn secret(problems: &[Problem]) -> FieldView {
    FieldView {
        required: true,
        error: problems.iter().find(|p| p.field == "password").map(|p| p.message.clone()),
        hint: Some("至少10位；请当面告知本人".to_owned()),
        ..FieldView::new("password", "新密码", Input::Text(String::new(), 200, TextKind::Secret))
    }
}

fn small(
    visitor: &Visitor,
    account: &Account,
    what: &str,
    title: &str,
    fields: Vec<FieldView>,
) -> FormView {
    FormView {
        heading: 2,
        title: title.to_owned(),
        action: format!("{HERE}/{}/{what}", urls::encode(&account.login)),
        csrf: visitor.session.csrf.clone(),
        sections: vec![SectionView { id: what.to_owned(), fields, ..SectionView::default() }],
        submit: title.to_owned(),
        cancel: HERE.to_owned(),
        ..FormView::default()
    }
}

/// `POST /admin/accounts/{login}/{what}`: lock, unlock, post, password.
pub async fn change(
    Path((login, what)): Path<(String, String)>,
    Sure(visitor, typed): Sure,
) -> Response {
    match act(&visitor, &login, &what, &typed).await {
        Ok(()) => me::back(&format!("{HERE}/{}?said={what}", urls::encode(&login))),
        Err(Refusal::Invalid(problems)) => {
            let drawn = draw_one(&visitor, &login, "", &typed, &problems).await;
            page::done(&visitor, drawn).await
        }
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

async fn act(visitor: &Visitor, login: &str, what: &str, typed: &Typed) -> Result<(), Refusal> {
    let account = find(visitor, login).await?;
    let (desk, actor, moment) = (&visitor.app.desk, visitor.actor(), &visitor.moment);
    let text = |name: &str| typed.get(name).trim().to_owned();
    match what {
        "lock" | "unlock" => desk.set_locked(actor, &account.id, what == "lock", moment).await,
        "post" => desk.add_post(actor, &account.id, &text("role"), &text("unit"), moment).await,
        "password" => desk.set_password(actor, &account.id, typed.get("password"), moment).await,
        _ => Err(Refusal::NotFound("这个地址".to_owned())),
    }
}
