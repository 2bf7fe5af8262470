//! Ways to go: a business, what one may begin, what is found.

use super::{
    form,
    look::{
        frame::Notice,
        hub::{BusinessView, CreateView, FoundPart, HitGroup, HitView, KindView, SearchView},
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
use desk::{
    Refusal,
    report::may_report,
    search::{Found, Hit, SearchAsk},
};
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
        kinds: kinds.iter().filter(|k| !house.rank(k).0).map(kind).collect(),
        attached: kinds.iter().filter(|k| house.rank(k).0).map(kind).collect(),
        events: super::events::address(&id),
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

/// `GET /search?q=&kind=&after=`
pub async fn search(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let mut typed = Typed::read(pairs).unwrap_or_default();
    let ask = SearchAsk {
        q: typed.take("q").trim().to_owned(),
        kind: typed.take("kind"),
        after: typed.take("after"),
        limit: 0,
    };
    page::done(&visitor, draw_found(&visitor, ask).await).await
}

async fn draw_found(visitor: &Visitor, ask: SearchAsk) -> Result<Response, Refusal> {
    let house = visitor.app.desk.house();
    let answer = visitor.app.desk.search(visitor.actor(), &ask, &visitor.moment).await?;
    let archives = creatable(visitor, &house, "common");
    let page = |after: &str| [("q", &*ask.q), ("kind", &*ask.kind), ("after", after)].map(owned);
    let view = SearchView {
        query: ask.q.chars().take(60).collect(),
        asked: !ask.q.is_empty() && answer.advice.is_empty(),
        groups: groups(visitor, &answer.hits, &ask),
        next: (!answer.next.is_empty()).then(|| urls::with_query("/search", &page(&answer.next))),
        create: archives
            .into_iter()
            .map(|kind| (format!("新建{}档案", kind.label), format!("{}/new", urls::list(kind))))
            .collect(),
    };
    let mut about = About { search: view.query.clone(), ..About::new("查找", "/search") };
    about.notice = (!answer.advice.is_empty()).then(|| Notice {
        tone: Tone::Warn,
        text: answer.advice.clone(),
        link: None,
    });
    Ok(page::page(visitor, about, draw_search(&view)).await)
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// What was found by its kind; each in the order found, and the kind of the newest first.
fn groups(visitor: &Visitor, hits: &[Hit], ask: &SearchAsk) -> Vec<HitGroup> {
    let mut groups: Vec<HitGroup> = Vec::new();
    for hit in hits {
        let view = hit_view(visitor, hit);
        match groups.iter_mut().find(|group| group.title == hit.kind.label) {
            Some(group) => group.hits.push(view),
            None => {
                let only = [("q", ask.q.as_str()), ("kind", hit.kind.id.as_str())];
                let more = ask.kind.is_empty().then(|| urls::with_query("/search", &only));
                groups.push(HitGroup { title: hit.kind.label.clone(), hits: vec![view], more });
            }
        }
    }
    // With one kind alone there is nothing more to see of it apart.
    if let [only] = groups.as_mut_slice() {
        only.more = None;
    }
    groups
}

/// A hit as a line.
pub fn hit_view(visitor: &Visitor, hit: &Hit) -> HitView {
    let state = words::state(&hit.kind, &hit.state);
    let day = words::day(hit.created_at, &visitor.moment);
    let mut detail = vec![hit.unit.clone(), format!("{day}登记")];
    if hit.note != state.text {
        detail.insert(0, hit.note.clone());
    }
    HitView {
        title: hit.title.clone(),
        href: urls::record(&hit.kind, &hit.id),
        detail: detail.join("，"),
        state: (!state.text.is_empty()).then_some(state),
        found: hit.found.iter().map(found_view).collect(),
    }
}

fn found_view(found: &Found) -> FoundPart {
    let Found { label, before, hit, after } = found.clone();
    FoundPart { label, before, hit, after }
}
