//! The workbench: what is due, what was begun and not finished, what is new.

use super::{
    form,
    look::{
        hub::HitView,
        inbox::{DraftView, GroupView, InboxView, TaskView, When, inbox},
        part::Link,
    },
    me,
    page::{self, About},
    typed::Typed,
    urls,
    visitor::Visitor,
    words,
};
use axum::{extract::Query, response::Response};
use desk::{Refusal, ask::Task};
use engine::{
    check::date::show_weekday,
    definition::{Business, House, RecordKind},
    record::Record,
};
use std::sync::Arc;

/// So many of a group stand on the workbench itself.
const SHOWN: usize = 8;
/// So many limits are looked at.
const LOOKED_AT: u32 = 500;
/// So many ways to begin something stand on top.
const SHORTCUTS: usize = 6;
/// So many new records are shown.
const NEWS: usize = 10;

/// `GET /`
pub async fn workbench(visitor: Visitor) -> Response {
    // Who runs the platform has no inbox: their work begins with units and accounts.
    if page::administers(visitor.actor())
        && !page::sees_any(&visitor.app.desk.house(), visitor.actor())
    {
        return me::back("/admin/units");
    }
    page::done(&visitor, draw(&visitor, None).await).await
}

/// `GET /tasks?when=late`: one group, whole.
pub async fn tasks(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let asked = Typed::read(pairs).unwrap_or_default();
    let when = When::ALL.into_iter().find(|when| when.id() == asked.get("when"));
    page::done(&visitor, draw(&visitor, Some(when.unwrap_or(When::Late))).await).await
}

async fn draw(visitor: &Visitor, only: Option<When>) -> Result<Response, Refusal> {
    let house = visitor.app.desk.house();
    let tasks = visitor.app.desk.tasks(visitor.actor(), LOOKED_AT).await?;
    let mut view = InboxView {
        today: show_weekday(visitor.moment.today),
        groups: groups(visitor, &house, &tasks, only),
        one_group: only.is_some(),
        csrf: visitor.session.csrf.clone(),
        ..InboxView::default()
    };
    let mut about = About::new("待办", "/");
    match only {
        Some(when) => {
            about.title = format!("待办：{}", when.label());
            about.place = vec![("待办".to_owned(), "/".to_owned())];
        }
        None => {
            view.create = shortcuts(visitor, &house);
            view.drafts = drafts(visitor, &house).await?;
            view.news = news(visitor).await?;
        }
    }
    Ok(page::page(visitor, about, inbox(&view)).await)
}

fn when(visitor: &Visitor, task: &Task) -> When {
    if task.raised_on.is_some_and(|day| day <= visitor.moment.today) {
        return When::Raised;
    }
    match task.due.map(|due| words::days_until(due, &visitor.moment)) {
        Some(..=-1) => When::Late,
        Some(0) => When::Today,
        Some(1..=7) => When::Week,
        _ => When::Later,
    }
}

fn groups(visitor: &Visitor, house: &House, tasks: &[Task], only: Option<When>) -> Vec<GroupView> {
    let wanted = When::ALL.into_iter().filter(|when| only.is_none_or(|only| only == *when));
    let groups = wanted.map(|group| {
        let of_group: Vec<&Task> =
            tasks.iter().filter(|task| when(visitor, task) == group).collect();
        let shown = if only.is_some() { of_group.len() } else { SHOWN };
        let more = of_group.len() > shown;
        GroupView {
            when: group,
            count: u32::try_from(of_group.len()).unwrap_or(u32::MAX),
            tasks: of_group
                .iter()
                .take(shown)
                .map(|task| task_view(visitor, house, task))
                .collect(),
            more: more.then(|| format!("/tasks?when={}", group.id())),
        }
    });
    groups.filter(|group| group.count > 0).collect()
}

fn task_view(visitor: &Visitor, house: &House, task: &Task) -> TaskView {
    let kind = house.kind(&task.kind);
    let business = kind.map_or("", |kind| words::business(house, &kind.business));
    let label = kind.map_or("", |kind| kind.label.as_str());
    let why = match (task.words.as_str(), task.basis.as_str()) {
        ("", "") => None,
        (words, "") => Some(words.to_owned()),
        (words, basis) => Some(format!("{words}（{basis}）")),
    };
    TaskView {
        what: task.title.clone(),
        record: (
            format!("{label} · {}", task.label),
            urls::record_of(house, &task.kind, &task.record).unwrap_or_default(),
        ),
        business: business.to_owned(),
        who: visitor.app.desk.units().long_name(&task.unit),
        due: task.due.map(|due| words::due(due, &visitor.moment)),
        why,
        next: None,
    }
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
