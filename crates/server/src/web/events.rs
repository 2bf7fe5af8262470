//! What passes between the businesses, drawn out of their definitions.

use super::{
    look::{
        events::{EventsView, PassGroup, PassView, SideView, events},
        part::Link,
    },
    page::{self, About},
    urls,
    visitor::Visitor,
    words,
};
use axum::{extract::Query, response::Response};
use desk::Refusal;
use engine::{
    definition::{House, RecordKind},
    derive::between::{HandOver, Way, hand_overs},
};
use std::{collections::HashMap, sync::Arc};

/// Where the page is.
pub const ADDRESS: &str = "/between";

/// What an account is called beside records.
const ACCOUNT: &str = "账号";

/// The page of one business.
pub fn address(business: &str) -> String {
    urls::with_query(ADDRESS, &[("business", business)])
}

/// `GET /between?business=`: what passes between businesses, or all that passes to, from and within
/// one of them.
pub async fn page(visitor: Visitor, Query(asked): Query<HashMap<String, String>>) -> Response {
    let house = visitor.app.desk.house();
    let business = asked.get("business").map_or("", String::as_str);
    if !business.is_empty() && house.business(business).is_none() {
        return page::refused(&visitor, &Refusal::NotFound("这项业务".to_owned())).await;
    }
    let view = view(&visitor, &house, business);
    let about = match business {
        "" => About::new(view.title.clone(), ADDRESS),
        one => {
            let above = (words::business(&house, one).to_owned(), format!("/b/{one}"));
            About::new(view.title.clone(), format!("/b/{one}")).below(vec![above])
        }
    };
    page::page(&visitor, about, events(&view)).await
}

fn view(visitor: &Visitor, house: &House, business: &str) -> EventsView {
    let mut all = hand_overs(house);
    all.retain(|one| match business {
        "" => one.is_between(),
        business => one.touches(business),
    });
    let (left, from) = side(house, &all, |one| (name(house, Some(&one.from)), gives(one)));
    let (right, to) = side(house, &all, |one| (name(house, one.to.as_ref()), takes(one)));
    let mut groups: Vec<PassGroup> = Vec::new();
    for (nth, one) in all.iter().enumerate() {
        let (giver, taker) = (name(house, Some(&one.from)), name(house, one.to.as_ref()));
        let title = if giver == taker { giver } else { format!("{giver} → {taker}") };
        let pass = PassView { ends: (from[nth], to[nth]), ..pass(visitor, one) };
        match groups.iter_mut().find(|group| group.title == title) {
            Some(group) => group.passes.push(pass),
            None => groups.push(PassGroup { title, passes: vec![pass] }),
        }
    }
    let (title, lead) = match house.business(business) {
        Some(one) => (format!("{}的流转", one.label), ONE),
        None => ("业务流转".to_owned(), BETWEEN),
    };
    let pages = pages(house, business);
    EventsView { title, lead: lead.to_owned(), pages, left, right, groups }
}

const BETWEEN: &str = "一处登记，别处自动有：哪种档案办了什么，生成或者推动另一项业务的哪种档案。由业务定义画出，定义改了，这里跟着变。虚线是选了对方的档案、把内容带过来。";
const ONE: &str = "这项业务之内，和它与别的业务之间：哪种档案办了什么，生成或者推动哪种档案。由业务定义画出。虚线是选了对方的档案、把内容带过来。";

fn pages(house: &House, business: &str) -> Vec<(Link, bool)> {
    let between = (("业务之间".to_owned(), ADDRESS.to_owned()), business.is_empty());
    let one = house.businesses.iter().map(|one| {
        let link = (one.label.clone(), address(&one.id));
        (link, one.id == business)
    });
    std::iter::once(between).chain(one).collect()
}

fn name(house: &House, kind: Option<&Arc<RecordKind>>) -> String {
    kind.map_or(ACCOUNT, |kind| words::business(house, &kind.business)).to_owned()
}

/// What gives, as a line of the drawing.
fn gives(one: &HandOver) -> String {
    match one.way {
        Way::Taken => format!("{} · 供选用", one.from.label),
        _ => format!("{} · {}", one.from.label, one.act),
    }
}

fn takes(one: &HandOver) -> String {
    let label = one.to.as_ref().map_or(ACCOUNT, |to| &to.label);
    match &one.way {
        Way::Moved(action) => format!("{label} · {action}"),
        Way::Locked => format!("{label} · 停用"),
        Way::Made | Way::Taken => label.to_owned(),
    }
}

/// One side of the drawing, and for each that passes the line it has there.
fn side(
    house: &House,
    all: &[HandOver],
    line: impl Fn(&HandOver) -> (String, String),
) -> (Vec<SideView>, Vec<usize>) {
    let place = |label: &String| house.businesses.iter().position(|one| one.label == *label);
    let mut sides: Vec<SideView> = Vec::new();
    for (label, text) in all.iter().map(&line) {
        let at = sides.iter().position(|side| side.label == label).unwrap_or_else(|| {
            sides.push(SideView { label, lines: Vec::new() });
            sides.len() - 1
        });
        if !sides[at].lines.contains(&text) {
            sides[at].lines.push(text);
        }
    }
    sides.sort_by_key(|side| place(&side.label).unwrap_or(usize::MAX));
    let lines: Vec<(String, String)> = sides
        .iter()
        .flat_map(|side| side.lines.iter().map(|text| (side.label.clone(), text.clone())))
        .collect();
    let at = |one: &HandOver| {
        let wanted = line(one);
        lines.iter().position(|found| *found == wanted).unwrap_or_default()
    };
    (sides, all.iter().map(at).collect())
}

fn pass(visitor: &Visitor, one: &HandOver) -> PassView {
    let named = |kind: Option<&Arc<RecordKind>>| match kind {
        None => (ACCOUNT.to_owned(), None),
        Some(kind) => {
            let seen = page::sees(visitor.actor(), kind);
            (kind.label.clone(), seen.then(|| urls::list(kind)))
        }
    };
    let (way, action) = match &one.way {
        Way::Made => ("生成", ""),
        Way::Moved(action) => ("推动", action.as_str()),
        Way::Locked => ("停用", ""),
        Way::Taken => ("带出", ""),
    };
    PassView {
        from: named(Some(&one.from)),
        act: one.act.clone(),
        way: way.to_owned(),
        to: named(one.to.as_ref()),
        action: action.to_owned(),
        when: one.when.clone(),
        gives: one.gives.clone(),
        help: one.help.clone(),
        is_taken: one.way == Way::Taken,
        ends: (0, 0),
    }
}
