//! A page: a body in its frame, with the places of the visitor's post; and the pages for what was
//! refused, not found or failed.

use super::{
    look::{
        frame::{AccountView, Frame, NavItem, Notice},
        held::{HeldView, held as draw_held},
        part::{Icon, Link},
        refused::{RefusedView, refused as draw_refused},
    },
    urls,
    visitor::Visitor,
    words,
};
use crate::{
    app::App,
    clock::{self, SystemChance},
};
use axum::{
    extract::{FromRequestParts, Request, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use desk::{
    Actor, Chance, Refusal,
    access::{Right, reach},
    report::may_report,
};
use engine::{
    definition::{House, RecordKind},
    kind::{PERSON, china_time},
};
use maud::Markup;
use std::sync::Arc;
use store::seam::Freshness;

/// Roles that run the platform and see no business content.
const ADMINISTRATORS: [&str; 3] = ["system_admin", "security_admin", "auditor"];

/// What a page is about.
#[derive(Default)]
pub struct About {
    /// Its title, for the window.
    pub title: String,
    /// The places above it, outermost first.
    pub place: Vec<Link>,
    /// The place in the list on the left that one is in.
    pub here: String,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// What stands in the search box.
    pub search: String,
    /// The status of the answer, where it is not 200.
    pub status: Option<StatusCode>,
    /// Seconds until the page asks again by itself.
    pub refresh: Option<u32>,
}

impl About {
    /// A page with a title, in a place of the list on the left.
    pub fn new(title: impl Into<String>, here: impl Into<String>) -> Self {
        Self { title: title.into(), here: here.into(), ..Self::default() }
    }

    /// The same, below these places.
    #[must_use]
    pub fn below(mut self, place: Vec<Link>) -> Self {
        self.place = place;
        self
    }
}

/// Draws a page for somebody signed in.
pub async fn page(visitor: &Visitor, about: About, body: Markup) -> Response {
    let house = visitor.app.desk.house();
    let (late, reports) = match sees_any(&house, visitor.actor()) {
        true => (
            visitor.app.desk.late(visitor.actor(), &visitor.moment).await.unwrap_or(0),
            visitor.app.desk.waiting(visitor.actor()).await.map_or(0, |all| all.len()),
        ),
        false => (0, 0),
    };
    let frame = Frame {
        title: about.title,
        place: about.place,
        account: Some(AccountView {
            report_count: u32::try_from(reports).unwrap_or(u32::MAX),
            ..account(visitor, &house, late)
        }),
        nav: places(visitor, &house, &about.here),
        search: about.search,
        csrf: visitor.session.csrf.clone(),
        notice: about.notice,
        refresh: about.refresh,
        as_of: as_of(visitor.app.desk.keeper().freshness()),
        version: visitor.app.assets.clone(),
        ..Frame::default()
    };
    answer(about.status.unwrap_or(StatusCode::OK), &frame, body)
}

/// The time of the data in words, where it is not that of now.
fn as_of(freshness: Freshness) -> Option<String> {
    let Freshness::Since(at) = freshness else { return None };
    let time = china_time(at);
    Some(format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second()))
}

fn answer(status: StatusCode, frame: &Frame, body: Markup) -> Response {
    (status, Html(super::look::frame::page(frame, body).into_string())).into_response()
}

/// Who is signed in, in the words of the bar on top.
pub fn account(visitor: &Visitor, house: &House, late: u32) -> AccountView {
    let actor = visitor.actor();
    AccountView {
        name: actor.name.clone(),
        post: words::role(house, &actor.role).to_owned(),
        unit: visitor.app.desk.units().long_name(&actor.unit.code),
        inbox_count: late,
        report_count: 0,
        switch_href: Some("/me#posts".to_owned()),
    }
}

/// Whether the post may see records of the kind.
pub fn sees(actor: &Actor, kind: &RecordKind) -> bool {
    reach(actor, &kind.permissions, Right::See).is_some()
}

/// Whether the post may make records of the kind.
pub fn creates(actor: &Actor, kind: &RecordKind) -> bool {
    reach(actor, &kind.permissions, Right::Create).is_some()
}

/// The kinds of a business that the post works with, those of daily use first.
pub fn kinds_of<'h>(house: &'h House, actor: &Actor, business: &str) -> Vec<&'h Arc<RecordKind>> {
    let kinds = house.kinds.values().filter(|kind| kind.business == business && sees(actor, kind));
    let mut kinds: Vec<_> = kinds.collect();
    kinds.sort_by_cached_key(|kind| (house.rank(kind), kind.id != PERSON));
    kinds
}

/// Whether the post administers the platform.
pub fn administers(actor: &Actor) -> bool {
    ADMINISTRATORS.contains(&actor.role.as_str())
}

/// The places of the visitor's post; `here` is the one to mark.
pub fn places(visitor: &Visitor, house: &House, here: &str) -> Vec<NavItem> {
    let actor = visitor.actor();
    let item = |label: &str, href: String, icon: Icon| NavItem {
        current: href == here,
        label: label.to_owned(),
        href,
        icon,
        ..NavItem::default()
    };
    let mut places = Vec::new();
    if sees_any(house, actor) || !administers(actor) {
        places.push(item("待办", "/".to_owned(), Icon::Inbox));
    }
    let archives = kinds_of(house, actor, "common");
    places.extend(archives.iter().map(|kind| item(&kind.label, urls::list(kind), Icon::People)));
    for business in &house.businesses {
        if !house.kinds.values().any(|kind| kind.business == business.id && sees(actor, kind)) {
            continue;
        }
        let href = format!("/b/{}", business.id);
        let below = here.strip_prefix(href.as_str());
        let inside = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        places.push(item(&business.label, href, Icon::named(&business.icon)));
        if !inside {
            continue;
        }
        // What hangs on other records is found there, and on the page of the business.
        let kinds = kinds_of(house, actor, &business.id);
        let within = kinds.iter().filter(|kind| !house.rank(kind).0);
        places.extend(within.map(|kind| NavItem {
            within: true,
            ..item(&kind.label, urls::list(kind), Icon::Paper)
        }));
    }
    let issues = |kind: &RecordKind| {
        !kind.documents.is_empty() && reach(actor, &kind.permissions, Right::Change).is_some()
    };
    if house.kinds.values().any(|kind| issues(kind)) {
        places.push(item("签名件归档", "/scans".to_owned(), Icon::Paper));
    }
    if house.reports.values().any(|report| may_report(house, actor, report))
        && sees_any(house, actor)
    {
        places.push(item("报表", "/statistics".to_owned(), Icon::Report));
    }
    if administers(actor) {
        places.push(item("单位", "/admin/units".to_owned(), Icon::Admin));
        places.push(item("账号", "/admin/accounts".to_owned(), Icon::People));
        places.push(item("业务流转", super::events::ADDRESS.to_owned(), Icon::Paper));
        if actor.role == "auditor" {
            let looks = super::reason::LOOKS.to_owned();
            places.push(item("写理由查看的记录", looks, Icon::Paper));
        }
        places.push(item("备份与演练", "/admin/safety".to_owned(), Icon::Admin));
    }
    places
}

/// Whether the post works with any records at all.
pub fn sees_any(house: &House, actor: &Actor) -> bool {
    house.kinds.values().any(|kind| sees(actor, kind))
}

/// A page, or the page that says why there is none.
pub async fn done(visitor: &Visitor, result: Result<Response, Refusal>) -> Response {
    match result {
        Ok(response) => response,
        Err(refusal) => refused(visitor, &refusal).await,
    }
}

/// What the operator finds a request by.
fn number() -> String {
    let id = SystemChance.id(clock::now("").at);
    id.chars().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect()
}

/// The page for a refusal.
pub async fn refused(visitor: &Visitor, refusal: &Refusal) -> Response {
    let (status, view) = refusal_view(refusal);
    let about = About { title: view.title.clone(), status: Some(status), ..About::default() };
    page(visitor, about, draw_refused(&view)).await
}

/// The same, for nobody in particular.
pub fn bare_refusal(app: &App, refusal: &Refusal) -> Response {
    let (status, view) = refusal_view(refusal);
    bare_view(app, status, &view)
}

/// A form that cannot be drawn now, carried along as it was sent until it is answered.
pub fn held(app: &App, view: &HeldView) -> Response {
    let frame =
        Frame { title: view.title.clone(), version: app.assets.clone(), ..Frame::default() };
    answer(StatusCode::SERVICE_UNAVAILABLE, &frame, draw_held(view))
}

/// A page with a sentence, for nobody in particular.
pub fn bare(app: &App, status: StatusCode, title: &str, sentence: &str) -> Response {
    let view = RefusedView {
        title: title.to_owned(),
        sentence: sentence.to_owned(),
        links: home(),
        request_number: number(),
        ..RefusedView::default()
    };
    bare_view(app, status, &view)
}

fn bare_view(app: &App, status: StatusCode, view: &RefusedView) -> Response {
    let frame =
        Frame { title: view.title.clone(), version: app.assets.clone(), ..Frame::default() };
    answer(status, &frame, draw_refused(view))
}

fn home() -> Vec<Link> {
    vec![("回到待办".to_owned(), "/".to_owned())]
}

fn refusal_view(refusal: &Refusal) -> (StatusCode, RefusedView) {
    let number = number();
    let view = |title: &str, sentence: String, who_can: Option<String>| RefusedView {
        title: title.to_owned(),
        sentence,
        who_can,
        links: home(),
        request_number: number.clone(),
        ..RefusedView::default()
    };
    match refusal {
        Refusal::NotFound(_) => (StatusCode::NOT_FOUND, RefusedView::not_found(&number)),
        Refusal::Forbidden { why, who } => {
            let who = (!who.is_empty()).then(|| format!("可以办理的岗位：{who}。"));
            (StatusCode::FORBIDDEN, view("不能办理", format!("{why}。"), who))
        }
        Refusal::ReasonRequired(outline) => {
            let mut view = view("先写理由", format!("{refusal}。"), None);
            let file = urls::record(&outline.kind, &outline.id);
            view.links.insert(0, ("写理由".to_owned(), file));
            (StatusCode::FORBIDDEN, view)
        }
        Refusal::NotSignedIn | Refusal::SignIn(_) => {
            (StatusCode::UNAUTHORIZED, view("请先登录", refusal.to_string(), None))
        }
        Refusal::Invalid(problems) | Refusal::Confirm(problems) => {
            let words: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
            (StatusCode::UNPROCESSABLE_ENTITY, view("没有办成", words.join("；"), None))
        }
        Refusal::Changed(_) | Refusal::KeyReused => {
            (StatusCode::CONFLICT, view("没有办成", format!("{refusal}。请刷新后再试。"), None))
        }
        Refusal::Store(error @ store::StoreError::Unavailable(_)) => {
            tracing::warn!(number, %error, "the database cannot be reached");
            (StatusCode::SERVICE_UNAVAILABLE, RefusedView::unavailable(&number))
        }
        Refusal::Store(error) => {
            tracing::error!(number, %error, "a page failed");
            (StatusCode::INTERNAL_SERVER_ERROR, RefusedView::failed(&number))
        }
    }
}

/// The page for an address that leads nowhere.
pub async fn lost(State(app): State<App>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    match Visitor::from_request_parts(&mut parts, &app).await {
        Ok(visitor) => refused(&visitor, &Refusal::NotFound("这个地址".to_owned())).await,
        Err(_) => {
            let view = RefusedView::not_found(&number());
            bare_view(&app, StatusCode::NOT_FOUND, &view)
        }
    }
}

/// The page for a fault of ours.
pub fn panicked(reason: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let words = reason
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| reason.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    let number = number();
    tracing::error!(number, words, "a page panicked");
    let view = RefusedView::failed(&number);
    let frame =
        Frame { title: view.title.clone(), version: super::assets_version(), ..Frame::default() };
    answer(StatusCode::INTERNAL_SERVER_ERROR, &frame, draw_refused(&view))
}
