//! Ways to go: a business, what one may begin, what is found.

use super::{
    form,
    look::{
        frame::Notice,
        hub::{BusinessView, CreateView, HitGroup, HitView, KindView, SearchView},
        hub::{business as draw_business, create as draw_create, search as draw_search},
        part::{Icon, Link, Tone},
    },
    me,
    page::{self, About},
    typed::Typed,
    urls,
    visitor::Visitor,
    words,
};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use desk::{Refusal, ask::Hit, report::may_report};
use engine::{
    definition::{House, RecordKind},
    kind::PERSON,
};
use std::sync::Arc;

fn creatable<'h>(visitor: &Visitor, house: &'h House, business: &str) -> Vec<&'h Arc<RecordKind>> {
    let kinds = page::kinds_of(house, visitor.actor(), business);
    kinds.into_iter().filter(|kind| page::creates(visitor.actor(), kind)).collect()
}

/// `GET /new`
pub async fn create(visitor: Visitor) -> Response {
    page::done(&visitor, draw_new(&visitor).await).await
}

async fn draw_new(visitor: &Visitor) -> Result<Response, Refusal> {
    let house = visitor.app.desk.house();
    let ids = house.businesses.iter().map(|b| b.id.as_str()).chain(["common"]);
    let views = ids.map(|id| CreateView {
        business: words::business(&house, id).to_owned(),
        icon: Icon::named(house.business(id).map_or("", |b| &b.icon)),
        kinds: creatable(visitor, &house, id)
            .into_iter()
            .map(|k| (k.label.clone(), format!("{}/new", urls::list(k)), k.help.clone()))
            .collect(),
    });
    let views: Vec<CreateView> = views.filter(|view| !view.kinds.is_empty()).collect();
    let drafts = visitor.app.desk.drafts(&visitor.actor().account).await?;
    let draft = |draft: &desk::drafts::Draft| -> Option<Link> {
        let saved = words::at(draft.updated_at, &visitor.moment);
        let label = form::draft_label(&house, draft)?;
        Some((format!("{label}，{saved} 保存"), form::draft_address(&house, draft)?))
    };
    let drafts: Vec<Link> = drafts.iter().filter_map(draft).collect();
    Ok(page::page(visitor, About::new("新建", "/new"), draw_create("新建", &drafts, &views)).await)
}

/// `GET /b/{business}`
pub async fn business(visitor: Visitor, Path(id): Path<String>) -> Response {
    let house = visitor.app.desk.house();
    let kinds = page::kinds_of(&house, visitor.actor(), &id);
    let Some(business) = house.business(&id).filter(|_| !kinds.is_empty()) else {
        return page::refused(&visitor, &Refusal::NotFound("这项业务".to_owned())).await;
    };
    let kind = |kind: &&Arc<RecordKind>| KindView {
        label: kind.label.clone(),
        href: urls::list(kind),
        help: kind.help.clone(),
        create: page::creates(visitor.actor(), kind).then(|| format!("{}/new", urls::list(kind))),
    };
    let reports = house
        .reports
        .values()
        .filter(|report| report.business == id && may_report(&house, visitor.actor(), report));
    let view = BusinessView {
        title: business.label.clone(),
        help: business.help.clone(),
        basis: business.basis.clone(),
        kinds: kinds.iter().map(kind).collect(),
        reports: reports.map(|r| (r.label.clone(), format!("/statistics/{}", r.id))).collect(),
    };
    let about = About::new(business.label.clone(), format!("/b/{id}"));
    page::page(&visitor, about, draw_business(&view)).await
}

/// `GET /people`: the archive of people.
pub async fn people(visitor: Visitor) -> Response {
    let house = visitor.app.desk.house();
    match house.kind(PERSON) {
        Some(kind) => me::back(&urls::list(kind)),
        None => page::refused(&visitor, &Refusal::NotFound("人员档案".to_owned())).await,
    }
}

/// `GET /search?q=`
pub async fn search(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let query = Typed::read(pairs).unwrap_or_default().take("q");
    page::done(&visitor, draw_found(&visitor, query.trim()).await).await
}

async fn draw_found(visitor: &Visitor, query: &str) -> Result<Response, Refusal> {
    let house = visitor.app.desk.house();
    let hits = visitor.app.desk.search(visitor.actor(), query).await?;
    let archives = creatable(visitor, &house, "common");
    let view = SearchView {
        query: query.to_owned(),
        groups: groups(&house, &hits, query),
        create: archives
            .into_iter()
            .map(|kind| (format!("新建{}档案", kind.label), format!("{}/new", urls::list(kind))))
            .collect(),
    };
    let mut about = About { search: query.to_owned(), ..About::new("查找", "/search") };
    about.notice = (query.chars().count() == 1).then(|| Notice {
        tone: Tone::Warn,
        text: "请至少输入两个字。".to_owned(),
        link: None,
    });
    Ok(page::page(visitor, about, draw_search(&view)).await)
}

fn groups(house: &House, hits: &[Hit], query: &str) -> Vec<HitGroup> {
    let mut groups: Vec<HitGroup> = Vec::new();
    for hit in hits {
        let Some(kind) = house.kind(&hit.kind) else { continue };
        let view = HitView {
            title: hit.title.clone(),
            href: urls::record(kind, &hit.id),
            detail: hit.note.clone(),
            state: None,
        };
        match groups.iter_mut().find(|group| group.title == kind.label) {
            Some(group) => group.hits.push(view),
            None => {
                groups.push(HitGroup { title: kind.label.clone(), hits: vec![view], more: None })
            }
        }
    }
    for group in groups.iter_mut().filter(|group| group.hits.len() >= 10) {
        let kind = house.kinds.values().find(|kind| kind.label == group.title);
        group.more = kind.map(|kind| urls::with_query(&urls::list(kind), &[("q", query)]));
    }
    groups
}
