//! Joining two records of an archive that mean one: the other is found, both stand beside each other,
//! one is chosen. And giving it back.

use super::{
    hub,
    look::{
        field::{FieldView, Input},
        form::{ErrorView, FormView, SectionView, WarningView, form as draw_form},
        merge::{
            FindView, MergeField, MergeView, SideView, find as draw_find, merge as draw_merge,
        },
        person::LifeView,
    },
    page::{self, About},
    record::{kind_of, life_of},
    typed::Typed,
    urls,
    visitor::{Sure, Visitor},
    words,
};
use crate::{app::App, clock::SystemChance};
use axum::{
    Router,
    extract::{Path, Query},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use desk::{
    Chance, Deed, Manner, Merging, Refusal,
    ask::{MergedRecord, RecordAnswer},
    search::SearchAsk,
};
use engine::{
    definition::RecordKind,
    kind::Showing,
    problem::{Problem, Severity},
    record::{Difference, Record, differences},
};
use std::sync::Arc;

/// Their pages.
pub fn router() -> Router<App> {
    let at = |rest: &str| format!("/b/{{business}}/{{kind}}/{{id}}{rest}");
    Router::new()
        .route(&at("/merge"), get(ask).post(merge))
        .route(&at("/unmerge"), get(ask_back).post(give_back))
}

type At = Path<(String, String, String)>;

/// What one does, on the button that leads here.
pub fn verb(kind: &RecordKind) -> &'static str {
    if kind.id == engine::kind::PERSON { "与另一人合并" } else { "与另一份合并" }
}

/// `GET …/merge`: where the other one is found; `?with=ID`: both beside each other.
async fn ask(
    visitor: Visitor,
    Path((business, kind, id)): At,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::read(pairs).unwrap_or_default();
    let drawn = draw(&visitor, (&business, &kind, &id), &typed, &[]).await;
    page::done(&visitor, drawn).await
}

async fn draw(
    visitor: &Visitor,
    (business, kind, id): (&str, &str, &str),
    typed: &Typed,
    problems: &[Problem],
) -> Result<Response, Refusal> {
    let kind = kind_of(&visitor.app.desk.house(), business, kind)?;
    let left = allowed(visitor, &kind, id).await?;
    let base = urls::below(&kind, left.record.id());
    let here = urls::record(&kind, left.record.id());
    let title = left.record.text("title").to_owned();
    let about = About::new(verb(&kind), urls::list(&kind))
        .below(vec![(kind.label.clone(), urls::list(&kind)), (title.clone(), here.clone())]);
    let other = typed.get("with");
    if other.is_empty() {
        let view = found(visitor, &kind, &left, typed.get("q"), &base, here).await?;
        return Ok(page::page(visitor, about, draw_find(&view)).await);
    }
    let right = visitor.app.desk.record(visitor.actor(), &kind.id, other, &visitor.moment).await?;
    if right.record.id() == left.record.id() {
        return Ok(Redirect::to(&here).into_response());
    }
    let view = beside(visitor, &kind, [&left, &right], typed, problems).await?;
    let view = MergeView { action: format!("{base}/merge"), cancel: here, ..view };
    Ok(page::page(visitor, about, draw_merge(&view)).await)
}

/// The record, if the visitor may join it with another.
async fn allowed(visitor: &Visitor, kind: &RecordKind, id: &str) -> Result<RecordAnswer, Refusal> {
    let desk = &visitor.app.desk;
    let answer = desk.record(visitor.actor(), &kind.id, id, &visitor.moment).await?;
    if answer.may_merge {
        return Ok(answer);
    }
    let house = desk.house();
    let roles = kind.permissions.merge.keys().map(|role| words::role(&house, role));
    let who = roles.collect::<Vec<_>>().join("、");
    Err(Refusal::Forbidden { why: format!("这份{}不归您合并", kind.label), who })
}

/// Others that answer what was typed, or that are called the same.
async fn found(
    visitor: &Visitor,
    kind: &RecordKind,
    left: &RecordAnswer,
    q: &str,
    base: &str,
    cancel: String,
) -> Result<FindView, Refusal> {
    let title = left.record.text("title");
    let q = if q.trim().is_empty() { title } else { q.trim() };
    let ask = SearchAsk {
        q: q.chars().take(60).collect(),
        kind: kind.id.clone(),
        limit: 20,
        ..SearchAsk::default()
    };
    let answer = visitor.app.desk.search(visitor.actor(), &ask, &visitor.moment).await?;
    let others = answer.hits.iter().filter(|hit| hit.id != left.record.id());
    let hits = others.map(|hit| {
        let mut view = hub::hit_view(visitor, hit);
        view.href = urls::with_query(&format!("{base}/merge"), &[("with", hit.id.as_str())]);
        view
    });
    let owner = visitor.app.desk.units().long_name(left.record.text("unit"));
    Ok(FindView {
        title: verb(kind).to_owned(),
        about: format!(
            "“{title}”（{owner}登记）还有一份档案，说的是同一个：先找到那一份，再比较。"
        ),
        action: format!("{base}/merge"),
        query: q.to_owned(),
        hits: hits.collect(),
        cancel,
    })
}

/// Both beside each other, with what was typed and what was wrong.
async fn beside(
    visitor: &Visitor,
    kind: &Arc<RecordKind>,
    [left, right]: [&RecordAnswer; 2],
    typed: &Typed,
    problems: &[Problem],
) -> Result<MergeView, Refusal> {
    let stays = match typed.get("stays") {
        "left" => true,
        "right" => false,
        _ => more_certain(kind, &left.record, &right.record),
    };
    let differ = differences(kind, &left.record, &right.record);
    let filled = |record: &Record| {
        let shown = kind.fields.iter().filter(|f| record.cells.contains_key(&f.id));
        shown.map(|field| field.id.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    let known = filled(&left.record).union(&filled(&right.record)).count();
    let fields: Vec<MergeField> =
        differ.iter().map(|one| field(visitor, one, [left, right], typed, stays)).collect();
    let key = match typed.get("_key") {
        "" => SystemChance.id(visitor.moment.at),
        key => key.to_owned(),
    };
    let version = |answer: &RecordAnswer| answer.record.version().to_string();
    let label = |name: &str| kind.fields.get(name).map_or("", |f| f.label.as_str()).to_owned();
    let errors = problems.iter().filter(|p| p.severity == Severity::Error);
    let warned = problems.iter().filter(|p| p.severity == Severity::Warning);
    Ok(MergeView {
        title: verb(kind).to_owned(),
        csrf: visitor.session.csrf.clone(),
        hidden: [
            ("with", right.record.id().to_owned()),
            ("left", version(left)),
            ("right", version(right)),
            ("_key", key),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
        sides: [
            side(visitor, kind, "left", left).await?,
            side(visitor, kind, "right", right).await?,
        ],
        left: stays,
        same: known.saturating_sub(fields.len()),
        fields,
        reason: typed.get("reason").to_owned(),
        errors: errors
            .map(|p| ErrorView {
                field: if p.field == "reason" { "reason".to_owned() } else { String::new() },
                label: label(&p.field),
                message: p.message.clone(),
                basis: None,
            })
            .collect(),
        warnings: warned.map(|p| WarningView { message: p.message.clone(), basis: None }).collect(),
        ..MergeView::default()
    })
}

/// The one that is known by a number that is there once; of two such, or of none, the older.
fn more_certain(kind: &RecordKind, left: &Record, right: &Record) -> bool {
    let sole = |record: &Record| {
        let uniques = kind.uniques.iter().filter(|unique| unique.everywhere);
        uniques.flat_map(|unique| &unique.fields).any(|field| !record.text(field).is_empty())
    };
    match (sole(left), sole(right)) {
        (true, false) => true,
        (false, true) => false,
        _ => left.int("created_at") <= right.int("created_at"),
    }
}

fn field(
    visitor: &Visitor,
    one: &Difference<'_>,
    sides: [&RecordAnswer; 2],
    typed: &Typed,
    stays: bool,
) -> MergeField {
    let house = visitor.app.desk.house();
    let shown = |answer: &RecordAnswer| {
        let cx = Showing { house: &house, names: &answer.names };
        one.field.show(&answer.record.cells, &cx, answer.sees)
    };
    let values = sides.map(shown);
    let name = &one.field.id;
    let note = match (one.open, values.iter().any(String::is_empty)) {
        (true, _) => String::new(),
        (false, true) => "有的一份补给留下的一份".to_owned(),
        (false, false) => "不选，随号码走或者用留下的一份的".to_owned(),
    };
    let left = match typed.get(&format!("take.{name}")) {
        "left" => true,
        "right" => false,
        _ => stays,
    };
    let label = one.field.label.clone();
    MergeField { name: name.clone(), label, values, open: one.open, note, left }
}

async fn side(
    visitor: &Visitor,
    kind: &Arc<RecordKind>,
    side: &'static str,
    answer: &RecordAnswer,
) -> Result<SideView, Refusal> {
    let record = &answer.record;
    let owner = visitor.app.desk.units().long_name(record.text("unit"));
    let day = words::day(record.int("created_at"), &visitor.moment);
    let life: Vec<LifeView> = life_of(visitor, kind, record.id()).await?;
    Ok(SideView {
        side,
        title: record.text("title").to_owned(),
        href: urls::record(kind, record.id()),
        about: format!("{owner}，{day}登记"),
        life,
    })
}

/// `POST …/merge`
async fn merge(Path((business, kind, id)): At, Sure(visitor, typed): Sure) -> Response {
    let done = merged(&visitor, &business, &kind, &id, &typed).await;
    page::done(&visitor, done).await
}

async fn merged(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
    typed: &Typed,
) -> Result<Response, Refusal> {
    let found = kind_of(&visitor.app.desk.house(), business, kind)?;
    let stays = typed.get("stays");
    if !["left", "right"].contains(&stays) {
        let problem = Problem::error("required", "请选留下哪一份");
        return draw(visitor, (business, kind, id), typed, &[problem]).await;
    }
    let version = |side: &str| -> Option<i64> { typed.get(side).parse().ok() };
    let (mut lost, mut kept) =
        ((id.to_owned(), version("left")), (typed.get("with").to_owned(), version("right")));
    if stays == "left" {
        std::mem::swap(&mut lost, &mut kept);
    }
    // Chosen on the other side than the one that remains.
    let chosen = |name: &str| {
        let side = typed.get(&format!("take.{name}"));
        !side.is_empty() && side != stays
    };
    let take = found.fields.iter().map(|field| field.id.clone()).filter(|name| chosen(name));
    let merging = Merging {
        kind: found.id.clone(),
        id: lost.0,
        version: lost.1,
        into: kept.0,
        into_version: kept.1,
        take: take.collect(),
        reason: typed.get("reason").to_owned(),
    };
    let to = urls::record(&found, &merging.into);
    let manner = manner(typed);
    let desk = &visitor.app.desk;
    match desk.act(visitor.actor(), Deed::Merge(merging), manner, &visitor.moment).await {
        Ok(_) => Ok(Redirect::to(&urls::with_query(&to, &[("said", "merge")])).into_response()),
        Err(Refusal::Invalid(problems) | Refusal::Confirm(problems)) => {
            draw(visitor, (business, kind, id), typed, &problems).await
        }
        Err(Refusal::Changed(_)) => {
            let message = "其中一份刚刚被别人改过，下面是现在的内容，请重新核对";
            let problem = Problem::error("changed", message);
            draw(visitor, (business, kind, id), typed, &[problem]).await
        }
        Err(refusal) => Err(refusal),
    }
}

fn manner(typed: &Typed) -> Manner {
    let key = typed.get("_key");
    Manner {
        confirmed: typed.get("_confirm") == "true",
        key: (!key.is_empty()).then(|| key.to_owned()),
    }
}

/// `GET …/unmerge`
async fn ask_back(visitor: Visitor, Path((business, kind, id)): At) -> Response {
    let drawn = draw_back(&visitor, (&business, &kind, &id), &Typed::default(), &[]).await;
    page::done(&visitor, drawn).await
}

/// The record that was merged, and the one that remains in its place.
async fn back(
    visitor: &Visitor,
    kind: &RecordKind,
    id: &str,
) -> Result<(MergedRecord, RecordAnswer), Refusal> {
    let desk = &visitor.app.desk;
    let answer = desk.record(visitor.actor(), &kind.id, id, &visitor.moment).await?;
    let merged = desk.merged(visitor.actor(), &kind.id, answer.record.id()).await?;
    let one = merged.into_iter().find(|one| one.id == id && one.may_give_back);
    let none = || Refusal::NotFound("可以撤销的合并".to_owned());
    Ok((one.ok_or_else(none)?, answer))
}

async fn draw_back(
    visitor: &Visitor,
    (business, kind, id): (&str, &str, &str),
    typed: &Typed,
    problems: &[Problem],
) -> Result<Response, Refusal> {
    let kind = kind_of(&visitor.app.desk.house(), business, kind)?;
    let (one, answer) = back(visitor, &kind, id).await?;
    let remains = urls::record(&kind, answer.record.id());
    let error = |name: &str| {
        let found = problems.iter().find(|p| p.field == name);
        found.map(|problem| problem.message.clone())
    };
    let reason = Input::LongText(typed.get("reason").to_owned(), 200);
    let reason = FieldView {
        required: true,
        error: error("reason"),
        ..FieldView::new("reason", "撤销的理由", reason)
    };
    let key = match typed.get("_key") {
        "" => SystemChance.id(visitor.moment.at),
        key => key.to_owned(),
    };
    let day = words::at(one.at, &visitor.moment);
    let view = FormView {
        title: "撤销合并".to_owned(),
        lead: Some(format!(
            "“{}”{day}并入“{}”，理由：{}。撤销以后各是一份；留下的一份当时接过去、以后没有改过的内容还给它。",
            one.title,
            answer.record.text("title"),
            one.reason
        )),
        action: format!("{}/unmerge", urls::below(&kind, id)),
        csrf: visitor.session.csrf.clone(),
        hidden: vec![("version".to_owned(), one.version.to_string()), ("_key".to_owned(), key)],
        errors: problems
            .iter()
            .map(|p| ErrorView {
                field: if p.field == "reason" { p.field.clone() } else { String::new() },
                message: p.message.clone(),
                ..ErrorView::default()
            })
            .collect(),
        sections: vec![SectionView {
            id: "why".to_owned(),
            fields: vec![reason],
            ..SectionView::default()
        }],
        submit: "撤销合并".to_owned(),
        cancel: remains.clone(),
        ..FormView::default()
    };
    let place = (answer.record.text("title").to_owned(), remains);
    let about = About::new("撤销合并", urls::list(&kind))
        .below(vec![(kind.label.clone(), urls::list(&kind)), place]);
    Ok(page::page(visitor, about, draw_form(&view)).await)
}

/// `POST …/unmerge`
async fn give_back(Path((business, kind, id)): At, Sure(visitor, typed): Sure) -> Response {
    let done = given_back(&visitor, (&business, &kind, &id), &typed).await;
    page::done(&visitor, done).await
}

async fn given_back(
    visitor: &Visitor,
    (business, kind, id): (&str, &str, &str),
    typed: &Typed,
) -> Result<Response, Refusal> {
    let found = kind_of(&visitor.app.desk.house(), business, kind)?;
    let deed = Deed::GiveBack {
        kind: found.id.clone(),
        id: id.to_owned(),
        version: typed.get("version").parse().ok(),
        reason: typed.get("reason").to_owned(),
    };
    let manner = Manner { confirmed: true, ..manner(typed) };
    let result = visitor.app.desk.act(visitor.actor(), deed, manner, &visitor.moment).await;
    match result {
        Ok(_) => {
            let to = urls::with_query(&urls::record(&found, id), &[("said", "give_back")]);
            Ok(Redirect::to(&to).into_response())
        }
        Err(Refusal::Invalid(problems)) => {
            draw_back(visitor, (business, kind, id), typed, &problems).await
        }
        Err(refusal) => Err(refusal),
    }
}
