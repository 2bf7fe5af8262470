//! Files that are opened with a reason: asked for on the file's own page, reached from a figure, and
//! listed for those who read the log.

use super::{
    look::{
        part::FactView,
        reason::{
            BehindRow, BehindView, LookRow, LooksView, ReasonView, behind as draw_behind,
            looks as draw_looks, reason as draw_reason,
        },
    },
    me,
    page::{self, About},
    record::kind_of,
    typed::Typed,
    urls,
    visitor::{Sure, Visitor},
    words,
};
use crate::app::App;
use axum::{
    Router,
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use desk::{
    Refusal,
    access::{Right, reach},
    ask::BehindAsk,
    looks::{HOLDS, Look, Outline, Reason},
    report::FigureAsk,
};
use engine::definition::RecordKind;

/// Where the reasons are listed.
pub const LOOKS: &str = "/looks";
const A_PAGE: u32 = 20;

/// Their pages.
pub fn router() -> Router<App> {
    Router::new().route(LOOKS, get(looks)).route("/b/{business}/{kind}/{id}/look", post(look))
}

/// The page that asks for a reason, in place of the file.
pub async fn ask(
    visitor: &Visitor,
    outline: &Outline,
    typed: (String, String),
    errors: (Option<String>, Option<String>),
) -> Response {
    let house = visitor.app.desk.house();
    let (kind, actor) = (&outline.kind, visitor.actor());
    let units = visitor.app.desk.units();
    let role = words::role(&house, &actor.role);
    let view = ReasonView {
        facts: vec![
            FactView::text("档案", &format!("{}　{}", kind.label, outline.number)),
            FactView::text("保管单位", &units.long_name(&outline.unit)),
            FactView::text("登记日期", &day(&outline.created_on)),
        ],
        action: format!("{}/look", urls::below(kind, &outline.id)),
        who: format!("{} {} {}", units.long_name(&actor.unit.code), role, actor.name),
        holds: format!("{}小时", HOLDS / 3_600_000),
        typed,
        errors,
        csrf: visitor.session.csrf.clone(),
    };
    let mut about = About::new("写理由查看", urls::list(kind));
    about.status = Some(StatusCode::FORBIDDEN);
    page::page(visitor, about, draw_reason(&view)).await
}

/// `POST /b/{business}/{kind}/{id}/look`
async fn look(
    Path((business, kind, id)): Path<(String, String, String)>,
    Sure(visitor, typed): Sure,
) -> Response {
    let (desk, actor, moment) = (&visitor.app.desk, visitor.actor(), &visitor.moment);
    let kind = match kind_of(&desk.house(), &business, &kind) {
        Ok(kind) => kind,
        Err(refusal) => return page::refused(&visitor, &refusal).await,
    };
    let text = |name: &str| typed.get(name).to_owned();
    let reason = Reason { why: text("why"), basis: text("basis") };
    let problems = match desk.open_with_reason(actor, &kind.id, &id, &reason, moment).await {
        Ok(_) => return me::back(&urls::record(&kind, &id)),
        Err(Refusal::Invalid(problems)) => problems,
        Err(refusal) => return page::refused(&visitor, &refusal).await,
    };
    // What was typed stands again beside what it lacks, where the file still asks for it.
    match desk.record(actor, &kind.id, &id, moment).await {
        Err(Refusal::ReasonRequired(outline)) => {
            let wrong = |field: &str| {
                let found = problems.iter().find(|problem| problem.field == field);
                found.map(|problem| problem.message.clone())
            };
            let errors = (wrong("why"), wrong("basis"));
            ask(&visitor, &outline, (reason.why, reason.basis), errors).await
        }
        Ok(_) => me::back(&urls::record(&kind, &id)),
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

/// Whether the visitor comes from a figure to files that open with a reason.
pub fn asks(visitor: &Visitor, kind: &RecordKind, figure: Option<&FigureAsk>) -> bool {
    let actor = visitor.actor();
    let sees = |right| reach(actor, &kind.permissions, right).is_some();
    figure.is_some() && !sees(Right::See) && sees(Right::Reasoned)
}

/// The files behind a figure, in place of the list.
pub async fn behind(
    visitor: &Visitor,
    kind: &RecordKind,
    figure: FigureAsk,
    query: &Typed,
) -> Result<Response, Refusal> {
    let ask = BehindAsk {
        kind: kind.id.clone(),
        unit: query.get("unit").trim().to_owned(),
        figure,
        after: query.get("after").to_owned(),
        limit: A_PAGE,
    };
    let found = visitor.app.desk.behind(visitor.actor(), &ask).await?;
    let units = visitor.app.desk.units();
    let row = |one: &Outline| BehindRow {
        number: match one.number.as_str() {
            "" => "没有编号".to_owned(),
            number => number.to_owned(),
        },
        unit: units.long_name(&one.unit),
        registered: day(&one.created_on),
        href: urls::record(kind, &one.id),
    };
    let view = BehindView {
        title: kind.label.clone(),
        count_text: match found.count {
            count if count > 10_000 => "共 10,000 多份".to_owned(),
            count => format!("共 {} 份", words::thousands(i128::from(count))),
        },
        rows: found.files.iter().map(row).collect(),
        next: (!found.next.is_empty()).then(|| {
            let mut pairs = query.pairs();
            pairs.retain(|(name, _)| name != "after");
            pairs.push(("after".to_owned(), found.next.clone()));
            urls::with_query(&urls::list(kind), &pairs)
        }),
    };
    let about = About::new(kind.label.clone(), "/statistics")
        .below(vec![("报表".to_owned(), "/statistics".to_owned())]);
    Ok(page::page(visitor, about, draw_behind(&view)).await)
}

/// `GET /looks`
async fn looks(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let drawn = list(&visitor, Typed::read(pairs).unwrap_or_default()).await;
    page::done(&visitor, drawn).await
}

async fn list(visitor: &Visitor, query: Typed) -> Result<Response, Refusal> {
    let (desk, house) = (&visitor.app.desk, visitor.app.desk.house());
    let (unit, after) = (query.get("unit").trim(), query.get("after"));
    let found = desk.looks(visitor.actor(), unit, after, A_PAGE).await?;
    let units = desk.units();
    let row = |look: &Look| {
        let kind = house.kind(&look.kind).map_or(look.kind.as_str(), |kind| &kind.label);
        LookRow {
            at: words::at(look.at, &visitor.moment),
            who: format!(
                "{} {} {}",
                units.long_name(&look.by_unit),
                words::role(&house, &look.role),
                look.name
            ),
            file: format!("{kind}　{}", look.number).trim_end().to_owned(),
            unit: units.long_name(&look.unit),
            why: look.why.clone(),
            basis: look.basis.clone(),
        }
    };
    let next = found.next.map(|id| urls::with_query(LOOKS, &[("unit", unit), ("after", &id)]));
    let view = LooksView { rows: found.looks.iter().map(row).collect(), next };
    Ok(page::page(visitor, About::new("写理由查看的记录", LOOKS), draw_looks(&view)).await)
}

/// A kept date in words.
fn day(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), engine::check::date::show)
}
