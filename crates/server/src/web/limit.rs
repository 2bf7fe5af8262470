//! A limit counted out day by day.

use super::{
    look::limit::{DayView, LimitPage, limit as draw_limit},
    page::{self, About},
    urls,
    visitor::Visitor,
    words,
};
use axum::{extract::Path, response::Response};
use desk::Refusal;
use engine::check::date::{show_datetime, show_weekday};

/// `GET /b/{business}/{kind}/{id}/limits/{limit}`
pub async fn page(
    visitor: Visitor,
    Path((business, kind, id, limit)): Path<(String, String, String, String)>,
) -> Response {
    let drawn = draw(&visitor, &business, &kind, &id, &limit).await;
    page::done(&visitor, drawn).await
}

async fn draw(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
    limit: &str,
) -> Result<Response, Refusal> {
    let missing = || Refusal::NotFound("这个期限".to_owned());
    let desk = &visitor.app.desk;
    let house = desk.house();
    let answer = desk.record(visitor.actor(), kind, id, &visitor.moment).await?;
    if answer.kind.business != business {
        return Err(missing());
    }
    let found = answer.limits.iter().find(|l| l.id == limit).ok_or_else(missing)?;
    let rule = answer.kind.deadlines.iter().find(|r| r.id == limit).ok_or_else(missing)?;
    let raised = engine::definition::LEVELS.iter().zip(found.raised);
    let raised = raised.filter_map(|(level, day)| Some((*level, day?)));
    let raised: Vec<String> =
        raised.map(|(level, day)| format!("{}起报{level}", show_weekday(day))).collect();
    let day = |line: &engine::deadline::DayLine| DayView {
        date: show_weekday(line.date),
        number: line.number.map(|n| format!("第{n}日")).unwrap_or_default(),
        note: line.note.clone(),
    };
    let view = LimitPage {
        title: found.label.clone(),
        standing: found.standing(visitor.moment.today).words(),
        due: found.due.filter(|_| !found.done).map(|due| words::due(due, &visitor.moment)),
        last_moment: found.at.map(show_datetime),
        words: found.words.clone(),
        rule: engine::derive::describe::limit_of(&answer.kind, rule),
        basis: found.basis.clone(),
        law: found.law.clone(),
        raised,
        days: found.days(&house, rule).iter().map(day).collect(),
    };
    let title = answer.record.text("title").to_owned();
    let mut about = About::new(format!("期限：{}", found.label), "");
    about.place = vec![(title, urls::record(&answer.kind, id))];
    Ok(page::page(visitor, about, draw_limit(&view)).await)
}
