//! What anybody may look up, without a session: see `desk::public`.
//!
//! A code that was not made here is known for one before anything is read, so trying codes costs the
//! house next to nothing; too many of them in a minute are answered with 429, right ones never.

use super::{
    look::{
        citizen::{self, StepView},
        frame::{Frame, Size},
        part::Link,
        public::{self as draw, CheckView, CodeView, IndexView, PublishedView, RosterView},
    },
    page,
    typed::Typed,
    urls::{encode, with_query},
    visitor::Visitor,
};
use crate::{app::App, clock, reach};
use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use desk::{
    Refusal,
    ask::RecordAnswer,
    public::{Checked, Opened, Published, RosterAsk},
    units::Level,
};
use engine::{check::date::show_datetime, kind::china_time};
use maud::Markup;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// Where it begins.
pub const ADDRESS: &str = reach::PUBLIC;

/// Codes that were never made here, answered in a minute.
const MOST_WRONG: u32 = 120;
/// Pages of rosters, answered in a minute.
const MOST_PAGES: u32 = 1_200;

/// The pages.
pub fn router() -> Router<App> {
    Router::new()
        .route(ADDRESS, get(index))
        .route("/public/check/{kind}/{publication}/{code}", get(check))
        .route("/public/list/{kind}/{publication}", get(roster))
}

/// Counts what is done in a minute.
#[derive(Debug, Default)]
pub struct Gate {
    minute: AtomicI64,
    count: AtomicU32,
}

impl Gate {
    /// Whether one more may pass at this moment.
    fn passes(&self, at: i64, most: u32) -> bool {
        let minute = at / 60_000;
        if self.minute.swap(minute, Ordering::Relaxed) != minute {
            self.count.store(0, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed) < most
    }
}

/// The gates of the public pages.
#[derive(Debug, Default)]
pub struct Gates {
    wrong: Gate,
    pages: Gate,
}

fn answer(app: &App, status: StatusCode, title: &str, back: bool, body: Markup) -> Response {
    let frame = Frame {
        title: title.to_owned(),
        size: Size::Citizen,
        version: app.assets.clone(),
        ..Frame::default()
    };
    let step = StepView { back: back.then(|| ADDRESS.to_owned()), ..StepView::default() };
    let html = Html(citizen::page(&frame, &step, body).into_string());
    let mut response = (status, html).into_response();
    let kept = match status {
        StatusCode::OK => "public, max-age=60",
        _ => "no-store",
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    response
}

fn busy(app: &App) -> Response {
    let view = CheckView {
        title: "公众查询".to_owned(),
        verdict: "查询的人太多".to_owned(),
        sentence: "请过一分钟再试。".to_owned(),
        ..CheckView::default()
    };
    answer(app, StatusCode::TOO_MANY_REQUESTS, "公众查询", true, draw::check(&view))
}

fn refused(app: &App, refusal: &Refusal) -> Response {
    match refusal {
        Refusal::NotFound(_) => {
            page::bare(app, StatusCode::NOT_FOUND, "没有找到", &format!("{refusal}。"))
        }
        _ => {
            tracing::warn!(%refusal, "a public page could not be answered");
            let sentence = "现在查不了，请过一会儿再试。";
            page::bare(app, StatusCode::SERVICE_UNAVAILABLE, "请稍后再试", sentence)
        }
    }
}

/// `GET /public`
async fn index(State(app): State<App>) -> Response {
    let house = app.desk.house();
    let mut view = IndexView::default();
    for business in &house.businesses {
        let kinds = house.kinds.values().filter(|kind| kind.business == business.id);
        let mut rosters: Vec<Link> = Vec::new();
        for kind in kinds {
            for one in &kind.publications {
                if one.is_roster() {
                    rosters.push((one.label.clone(), list_address(&kind.id, &one.id)));
                } else {
                    view.checks.push(one.label.clone());
                }
            }
        }
        if !rosters.is_empty() {
            view.rosters.push((business.label.clone(), rosters));
        }
    }
    answer(&app, StatusCode::OK, "公众查询", false, draw::index(&view))
}

fn list_address(kind: &str, publication: &str) -> String {
    format!("{ADDRESS}/list/{}/{}", encode(kind), encode(publication))
}

fn opened(app: &App, kind: &str, publication: &str) -> Result<Opened, Refusal> {
    let found = app.desk.publication(kind, publication);
    found.ok_or_else(|| Refusal::NotFound("这一项公开的内容".to_owned()))
}

/// `GET /public/check/{kind}/{publication}/{code}`
async fn check(
    State(app): State<App>,
    Path((kind, publication, code)): Path<(String, String, String)>,
) -> Response {
    let done = async {
        let (kind, publication) = opened(&app, &kind, &publication)?;
        let moment = clock::now("house:public");
        if !app.desk.is_own_code(&kind, &publication, &code)
            && !app.public.wrong.passes(moment.at, MOST_WRONG)
        {
            return Ok(busy(&app));
        }
        let checked = app.desk.check_public(&kind, &publication, &code, &moment).await?;
        let mut view = CheckView {
            title: publication.label.clone(),
            at: show_datetime(china_time(moment.at)),
            basis: publication.basis.clone(),
            ..CheckView::default()
        };
        let mut status = StatusCode::OK;
        let (verdict, sentence) = match checked {
            Checked::Unknown => {
                status = StatusCode::NOT_FOUND;
                (
                    "没有查到",
                    "这个码不是本平台发出的，或者所指的内容没有公开。请核对二维码是否完整；\
                     有疑问的，可以向出示的人所在单位或者司法行政部门查证。"
                        .to_owned(),
                )
            }
            Checked::Void => {
                status = StatusCode::GONE;
                (
                    "这个码已经作废",
                    "上面的号码已经换发或者补发，请出示的人提供新的二维码。".to_owned(),
                )
            }
            Checked::Found(found) => {
                let words = found.otherwise.clone();
                view.found = Some(published(found));
                match words {
                    Some(words) => ("查到了，但是现在无效", words),
                    None => ("查到了", "请与出示的内容逐项核对。".to_owned()),
                }
            }
        };
        view.verdict = verdict.to_owned();
        view.sentence = sentence;
        Ok(answer(&app, status, &publication.label, true, draw::check(&view)))
    };
    done.await.unwrap_or_else(|refusal| refused(&app, &refusal))
}

fn published(found: Published) -> PublishedView {
    let title = found.facts.first().map(|(_, value)| value.clone()).unwrap_or_default();
    PublishedView { title, facts: found.facts, otherwise: found.otherwise }
}

/// `GET /public/list/{kind}/{publication}`
async fn roster(
    State(app): State<App>,
    Path((kind, publication)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let done = async {
        let (kind, publication) = opened(&app, &kind, &publication)?;
        let moment = clock::now("house:public");
        if !app.public.pages.passes(moment.at, MOST_PAGES) {
            return Ok(busy(&app));
        }
        let mut typed = Typed::read(pairs).unwrap_or_default();
        let words: String = typed.take("q").trim().chars().take(40).collect();
        let (division, after) = (typed.take("division"), typed.take("after"));
        let ask = RosterAsk {
            after: after.split_once('.').map(|(county, id)| (county.to_owned(), id.to_owned())),
            division: division.clone(),
            words: words.clone(),
        };
        let found = app.desk.roster(&kind, &publication, &ask, &moment).await?;
        let address = list_address(&kind.id, &publication.id);
        let to = |after: &str| {
            with_query(
                &address,
                &[("q", words.as_str()), ("division", &division), ("after", after)],
            )
        };
        let row = |row: Published| {
            let unit = row.unit.clone();
            let mut view = published(row);
            view.facts.drain(..1.min(view.facts.len()));
            (unit, view)
        };
        let view = RosterView {
            title: publication.label.clone(),
            help: String::new(),
            action: address.clone(),
            divisions: divisions(&app, &division),
            first: (!after.is_empty()).then(|| to("")),
            next: found.next.as_ref().map(|(county, id)| to(&format!("{county}.{id}"))),
            rows: found.rows.into_iter().map(row).collect(),
            words: words.clone(),
            basis: publication.basis.clone(),
        };
        Ok(answer(&app, StatusCode::OK, &publication.label, true, draw::roster(&view)))
    };
    done.await.unwrap_or_else(|refusal| refused(&app, &refusal))
}

/// Cities and counties, and the chosen place with what lies below it.
fn divisions(app: &App, chosen: &str) -> Vec<(String, String, bool)> {
    let units = app.desk.units();
    let line: Vec<&str> = units.line(chosen).into_iter().map(|unit| unit.code.as_str()).collect();
    let offered = units.all().iter().filter(|unit| {
        matches!(unit.level, Level::City | Level::County)
            || unit.level > Level::County && line.contains(&unit.parent.as_str())
    });
    offered
        .map(|unit| (unit.code.clone(), units.long_name(&unit.code), unit.code == chosen))
        .collect()
}

/// The codes that a record bears, as they are printed.
pub async fn codes(visitor: &Visitor, answer: &RecordAnswer) -> Result<Vec<CodeView>, Refusal> {
    let codes = reach::codes(&visitor.app, answer).await?;
    let view = |code: reach::PublicCode| {
        let svg = code.address.as_deref().and_then(|address| paper::qr_svg(address).ok());
        CodeView { title: code.label, href: code.href, svg }
    };
    Ok(codes.into_iter().map(view).collect())
}
