//! The workbench: what is due, what was begun and not finished, what is new.

use super::{
    door, filing, form,
    inbox::{self as tasks, digest, label, task_view},
    look::{
        hub::HitView,
        inbox::{DraftView, GroupView, InboxView, inbox},
        part::Link,
    },
    me,
    page::{self, About},
    urls,
    visitor::{Visitor, cookie},
    words,
};
use axum::{http::HeaderMap, response::Response};
use desk::{
    Refusal,
    inbox::{Group, Inbox, InboxAsk, Line},
};
use engine::{
    check::date::show_weekday,
    definition::{Business, House, RecordKind},
    record::Record,
};
use std::sync::Arc;

/// So many of a group stand on the workbench itself.
const SHOWN: usize = 8;
/// So many ways to begin something stand on top.
const SHORTCUTS: usize = 6;
/// So many new records are shown.
const NEWS: usize = 10;

/// `GET /`
pub async fn workbench(headers: HeaderMap, visitor: Visitor) -> Response {
    // Who runs the platform has no inbox: their work begins with units and accounts.
    if page::administers(visitor.actor())
        && !page::sees_any(&visitor.app.desk.house(), visitor.actor())
    {
        return me::back("/admin/units");
    }
    let today = visitor.moment.today.to_string();
    let seen = cookie(&headers, digest::SEEN).is_some_and(|day| day == today);
    let mut response = page::done(&visitor, draw(&visitor, !seen).await).await;
    if !seen && response.status().is_success() {
        door::set_cookie(&mut response, digest::SEEN, &today, 2 * 86_400, visitor.secure);
    }
    response
}

/// The workbench; the first of a day says what the day brings.
async fn draw(visitor: &Visitor, first: bool) -> Result<Response, Refusal> {
    let desk = &visitor.app.desk;
    let house = desk.house();
    let inbox_of = desk.inbox(visitor.actor(), &visitor.moment).await?;
    let counts = inbox_of.counts();
    let digest = match first && counts.all() > 0 {
        true => {
            let digest = desk.digest(visitor.actor(), &visitor.moment).await?;
            digest::sentences(visitor, &digest)
        }
        false => Vec::new(),
    };
    let way = |label: &str, href: &str| (label.to_owned(), href.to_owned());
    let view = InboxView {
        today: show_weekday(visitor.moment.today),
        digest,
        tally: tasks::tally(&counts, "", tasks::address_of),
        reports: filing::waiting_views(visitor, &inbox_of.reports),
        groups: groups(visitor, &house, &inbox_of).await?,
        create: shortcuts(visitor, &house),
        ways: vec![
            way("全部待办", "/tasks"),
            way("日历", "/calendar"),
            way("日报", "/digest"),
            way("请假代办", "/me/leave"),
        ],
        drafts: drafts(visitor, &house).await?,
        news: news(visitor).await?,
        csrf: visitor.session.csrf.clone(),
    };
    Ok(page::page(visitor, About::new("待办", "/"), inbox(&view)).await)
}

/// The first lines of every group that has any, but for those looked away from.
async fn groups(
    visitor: &Visitor,
    house: &House,
    inbox: &Inbox,
) -> Result<Vec<GroupView>, Refusal> {
    let desk = &visitor.app.desk;
    let counts = inbox.counts();
    let shown = Group::ALL.into_iter().filter(|group| *group != Group::Snoozed);
    let lines: Vec<&Line> = shown
        .clone()
        .flat_map(|group| {
            let ask = InboxAsk { group: Some(group), ..InboxAsk::default() };
            inbox.select(house, &desk.units(), &ask).into_iter().take(SHOWN)
        })
        .collect();
    let tasks = desk.tasks_of(visitor.actor(), &inbox.stands_in, &lines, &visitor.moment).await?;
    let view = |group: Group| GroupView {
        id: group.id().to_owned(),
        label: label(group).to_owned(),
        count: counts.of(group),
        tasks: tasks
            .iter()
            .filter(|task| task.group == group)
            .map(|task| task_view(visitor, house, task))
            .collect(),
        more: (counts.of(group) as usize > SHOWN).then(|| tasks::group_address(group)),
    };
    Ok(shown.map(view).filter(|group| group.count > 0).collect())
}

/// What one's post begins most: kinds with a flow that stand alone.
fn shortcuts(visitor: &Visitor, house: &House) -> Vec<Link> {
    let of_business = |business: &Business| page::kinds_of(house, visitor.actor(), &business.id);
    let kinds = house.businesses.iter().flat_map(of_business).filter(|kind| {
        kind.attached.is_none() && !kind.states.is_empty() && page::creates(visitor.actor(), kind)
    });
    let way = |kind: &Arc<RecordKind>| (kind.label.clone(), format!("{}/new", urls::list(kind)));
    let mut ways: Vec<Link> = kinds.map(way).collect();
    if ways.len() > SHORTCUTS {
        ways.truncate(SHORTCUTS);
        ways.push(("其他".to_owned(), "/new".to_owned()));
    }
    ways
}

async fn drafts(visitor: &Visitor, house: &House) -> Result<Vec<DraftView>, Refusal> {
    let drafts = visitor.app.desk.drafts(&visitor.actor().account).await?;
    let view = |draft: &desk::drafts::Draft| {
        Some(DraftView {
            label: form::draft_label(house, draft)?,
            href: form::draft_address(house, draft)?,
            saved: format!("{} 保存", words::at(draft.updated_at, &visitor.moment)),
            remove: format!("/drafts/{}/remove", urls::encode(&draft.id)),
        })
    };
    Ok(drafts.iter().filter_map(view).collect())
}

/// The newest records of the kinds that have a flow.
async fn news(visitor: &Visitor) -> Result<Vec<HitView>, Refusal> {
    let found = visitor.app.desk.newest(visitor.actor(), NEWS).await?;
    let units = visitor.app.desk.units();
    let view = |(kind, record): &(Arc<RecordKind>, Record)| {
        let made = words::at(record.int("created_at"), &visitor.moment);
        let unit = units.long_name(record.text("unit"));
        HitView {
            title: record.text("title").to_owned(),
            href: urls::record(kind, record.id()),
            detail: format!("{} · {unit} · {made} 登记", kind.label),
            state: Some(words::state(kind, record.state())),
            ..HitView::default()
        }
    };
    Ok(found.iter().map(view).collect())
}
