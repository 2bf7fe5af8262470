//! The inbox: what is due, given to whom, looked away from; standing in; the calendar; the digest;
//! the calendar feed.

use super::{
    ask::{Asked, At, Body, Caller},
    json,
    out::Out,
    problem::Fault,
};
use crate::app::App;
use axum::{extract::State, http::StatusCode, response::Response};
use desk::{
    Refusal,
    inbox::{Counts, Group, InboxAsk, Leave, Line, Moved, NewLeave, Order, Task, Turn, Whose},
};
use engine::problem::Problem;
use jiff::civil::Date;
use serde_json::{Map, Value as Json};

/// Nobody turns further.
const FURTHEST: i64 = 10_000;

fn day(asked: &mut Asked, name: &str) -> Result<Option<Date>, Fault> {
    match asked.take(name).as_str() {
        "" => Ok(None),
        text => match text.parse() {
            Ok(day) => Ok(Some(day)),
            Err(_) => {
                let detail = format!("“{name}”应为日期，例如 2026-06-01");
                Err(Fault::malformed_at(name, "date", detail))
            }
        },
    }
}

fn choice<T>(
    asked: &mut Asked,
    name: &str,
    of: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Fault> {
    match asked.take(name).as_str() {
        "" => Ok(None),
        text => match of(text) {
            Some(found) => Ok(Some(found)),
            None => Err(Fault::malformed_at(name, "choice", format!("“{name}”没有这个取值"))),
        },
    }
}

/// `GET /tasks`
pub async fn tasks(
    State(app): State<App>,
    caller: Caller,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let limit = asked.take_limit(50, 500)? as usize;
    let offset = asked.take_number("offset", 0)?.min(FURTHEST);
    let person = asked.take("person");
    let ask = InboxAsk {
        group: choice(&mut asked, "group", Group::of)?,
        business: asked.take("business"),
        kind: asked.take("kind"),
        unit: asked.take("unit"),
        whose: match person.as_str() {
            "" => Whose::All,
            "none" => Whose::Nobody,
            "me" => Whose::Account(caller.actor().account.clone()),
            account => Whose::Account(account.to_owned()),
        },
        from: day(&mut asked, "from")?,
        to: day(&mut asked, "to")?,
        order: choice(&mut asked, "sort", Order::of)?.unwrap_or_default(),
    };
    asked.nothing_else()?;
    let inbox = app.desk.inbox(caller.actor(), &caller.moment).await?;
    let lines = inbox.select(&app.desk.house(), &app.desk.units(), &ask);
    let offset = usize::try_from(offset).unwrap_or(0);
    let page: Vec<&Line> = lines.iter().skip(offset).take(limit).copied().collect();
    let late = app.desk.late(caller.actor(), &caller.moment).await?;
    let tasks = app.desk.tasks_of(caller.actor(), &inbox.stands_in, &page, &caller.moment).await?;
    let mut out = Out::with_room(640 * tasks.len() + 256);
    out.open();
    out.int("late", i64::from(late));
    out.int("total", i64::try_from(lines.len()).unwrap_or(i64::MAX));
    out.yes_no("more", inbox.capped);
    counts(&mut out, &inbox.counts());
    out.list_at("items");
    tasks.iter().for_each(|one| task(&app, &mut out, one));
    out.end_list();
    super::filings::waiting_at(&mut out, &app, "reports", &inbox.reports);
    out.close();
    Ok(json(StatusCode::OK, out))
}

fn counts(out: &mut Out, counts: &Counts) {
    out.open_at("counts");
    for group in Group::ALL {
        out.int(group.id(), i64::from(counts.of(group)));
    }
    out.int("reports", i64::from(counts.reports));
    out.close();
}

fn task(app: &App, out: &mut Out, task: &Task) {
    out.open();
    out.text("item", &task.key());
    out.text("group", task.group.id());
    out.text("kind", &task.kind);
    out.text("record", &task.record);
    out.text("limit", &task.rule);
    out.text("title", &task.title);
    out.text("label", &task.label);
    match task.due {
        Some(due) => out.text("due", &due.to_string()),
        None => out.null("due"),
    }
    if !task.at.is_empty() {
        out.text("at", &task.at);
    }
    out.yes_no("stopped", task.stopped);
    if let Some((action, why)) = &task.refused {
        out.open_at("not_done");
        out.text("action", action);
        out.text("reason", why);
        out.close();
    }
    if let Some(day) = task.raised_on {
        out.text("raised_on", &day.to_string());
    }
    out.text("words", &task.words);
    out.text("basis", &task.basis);
    out.text("unit", &task.unit);
    out.text("unit_name", &app.desk.units().long_name(&task.unit));
    out.yes_no("mine", task.turn == Turn::Mine);
    if let Turn::Roles(roles) = &task.turn {
        out.list_at("waits_for");
        roles.iter().for_each(|role| out.item(role));
        out.end_list();
    }
    if let Some((action, _)) = task.next.as_ref().filter(|_| task.turn == Turn::Mine) {
        out.text("next_action", action);
    }
    if let Some(held) = &task.held {
        out.open_at("assigned");
        out.text("account", &held.account);
        out.text("name", &held.name);
        out.text("by", &held.by_name);
        out.moment("at", held.at);
        out.text("note", &held.note);
        out.yes_no("stands_in", held.stands_in);
        out.close();
    }
    if !task.away.is_empty() {
        out.list_at("snoozed");
        for (name, until, reason) in &task.away {
            out.open();
            out.text("name", name);
            out.text("until", &until.to_string());
            out.text("reason", reason);
            out.close();
        }
        out.end_list();
    }
    out.close();
}

/// A text of the body.
fn text(body: &Map<String, Json>, name: &str) -> Result<String, Fault> {
    match body.get(name) {
        None | Some(Json::Null) => Ok(String::new()),
        Some(Json::String(text)) => Ok(text.clone()),
        Some(_) => Err(Fault::malformed_at(name, "type", format!("“{name}”应为文本"))),
    }
}

fn items(body: &Map<String, Json>) -> Result<Vec<String>, Fault> {
    let wrong = || Fault::malformed_at("items", "type", "“items”应为事项编号的列表");
    let list = body.get("items").and_then(Json::as_array).ok_or_else(wrong)?;
    let texts = list.iter().map(|one| one.as_str().map(str::to_owned));
    texts.collect::<Option<Vec<String>>>().ok_or_else(wrong)
}

fn only(body: &Map<String, Json>, names: &[&str]) -> Result<(), Fault> {
    match body.keys().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(super::ask::unknown(name)),
        None => Ok(()),
    }
}

fn moved(moved: &Moved) -> Response {
    let mut out = Out::with_room(512);
    out.open();
    out.int("done", i64::try_from(moved.done.len()).unwrap_or(i64::MAX));
    out.list_at("left");
    for (title, why) in &moved.left {
        out.open();
        out.text("title", title);
        out.text("why", why);
        out.close();
    }
    out.end_list();
    out.close();
    json(StatusCode::OK, out)
}

/// `GET /tasks/colleagues?item=`
pub async fn colleagues(
    State(app): State<App>,
    caller: Caller,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let item = asked.take("item");
    asked.nothing_else()?;
    let found = app.desk.colleagues(caller.actor(), &[item]).await?;
    let mut out = Out::with_room(256);
    out.open();
    out.list_at("items");
    for colleague in found {
        out.open();
        out.text("account", &colleague.account);
        out.text("name", &colleague.name);
        out.text("role", &colleague.role);
        out.text("unit", &colleague.unit);
        out.close();
    }
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// `POST /tasks/assign {items, to, note}`
pub async fn assign(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, Fault> {
    only(&body, &["items", "to", "note"])?;
    let (to, note) = (text(&body, "to")?, text(&body, "note")?);
    let done = app.desk.assign(caller.actor(), &items(&body)?, &to, &note, &caller.moment).await?;
    Ok(moved(&done))
}

/// `POST /tasks/recall {items}`
pub async fn recall(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, Fault> {
    only(&body, &["items"])?;
    let done = app.desk.recall(caller.actor(), &items(&body)?, &caller.moment).await?;
    Ok(moved(&done))
}

/// `POST /tasks/snooze {items, until, reason, confirm}`
pub async fn snooze(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, Fault> {
    only(&body, &["items", "until", "reason", "confirm"])?;
    let (until, reason) = (text(&body, "until")?, text(&body, "reason")?);
    let confirmed = match body.get("confirm") {
        None | Some(Json::Null) => false,
        Some(Json::Bool(yes)) => *yes,
        Some(_) => return Err(Fault::malformed_at("confirm", "type", "“confirm”应为真或者假")),
    };
    let chosen = items(&body)?;
    let done = app
        .desk
        .snooze(caller.actor(), &chosen, &until, &reason, confirmed, &caller.moment)
        .await?;
    Ok(moved(&done))
}

/// `POST /tasks/wake {items}`
pub async fn wake(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, Fault> {
    only(&body, &["items"])?;
    let done = app.desk.wake(caller.actor(), &items(&body)?, &caller.moment).await?;
    Ok(moved(&done))
}

/// `GET /calendar?from=&to=`: how many limits end on which day, and which days are worked.
pub async fn calendar(
    State(app): State<App>,
    caller: Caller,
    mut asked: Asked,
) -> Result<Response, Fault> {
    /// Two years.
    const MOST_DAYS: i32 = 731;
    let today = caller.moment.today;
    let from = day(&mut asked, "from")?.unwrap_or(today.first_of_month());
    let to = day(&mut asked, "to")?.unwrap_or(from.last_of_month());
    asked.nothing_else()?;
    if from.until(to).map_or(0, |span| span.get_days()) >= MOST_DAYS {
        return Err(Fault::malformed_at("to", "too_many", "一次最多两年"));
    }
    let inbox = app.desk.inbox(caller.actor(), &caller.moment).await?;
    let (days, house) = (inbox.days(), app.desk.house());
    let mut out = Out::with_room(4_096);
    out.open();
    out.list_at("items");
    let mut at = from;
    while at <= to {
        let (due, mine) = days.get(&at).copied().unwrap_or_default();
        out.open();
        out.text("day", &at.to_string());
        match house.calendar.is_working_day(at) {
            Ok(works) => out.yes_no("works", works),
            Err(_) => out.null("works"),
        }
        out.text("name", &house.calendar.show(at));
        out.int("due", i64::from(due));
        out.int("mine", i64::from(mine));
        out.close();
        let Ok(next) = at.tomorrow() else { break };
        at = next;
    }
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// `GET /digest`
pub async fn digest(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    let digest = app.desk.digest(caller.actor(), &caller.moment).await?;
    let mut out = Out::with_room(8_192);
    out.open();
    out.text("day", &caller.moment.today.to_string());
    counts(&mut out, &digest.counts);
    for (group, tasks) in &digest.parts {
        out.list_at(group.id());
        tasks.iter().for_each(|one| task(&app, &mut out, one));
        out.end_list();
    }
    super::filings::waiting_at(&mut out, &app, "reports", &digest.reports);
    out.list_at("given");
    digest.given.iter().for_each(|one| task(&app, &mut out, one));
    out.end_list();
    out.list_at("stands_in");
    digest.stands_in.iter().for_each(|(_, name)| out.item(name));
    out.end_list();
    leaves_at(&mut out, "leaves", &digest.away);
    out.close();
    Ok(json(StatusCode::OK, out))
}

fn leaves_at(out: &mut Out, key: &str, leaves: &[Leave]) {
    out.list_at(key);
    for leave in leaves {
        out.open();
        out.text("id", &leave.id);
        out.text("account", &leave.account);
        out.text("name", &leave.name);
        out.text("deputy", &leave.deputy);
        out.text("deputy_name", &leave.deputy_name);
        out.text("unit", &leave.unit);
        out.text("from", &leave.from.to_string());
        out.text("to", &leave.to.to_string());
        out.text("note", &leave.note);
        out.close();
    }
    out.end_list();
}

/// `GET /leaves`: one's own absences, those in which one stands in, and who may stand in.
pub async fn leaves(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    let (mine, others) = app.desk.leaves(caller.actor(), &caller.moment).await?;
    let mut out = Out::with_room(1_024);
    out.open();
    leaves_at(&mut out, "mine", &mine);
    leaves_at(&mut out, "stands_in", &others);
    out.list_at("deputies");
    for colleague in app.desk.deputies(caller.actor()).await? {
        out.open();
        out.text("account", &colleague.account);
        out.text("name", &colleague.name);
        out.close();
    }
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// `POST /leaves {from, to, deputy, note}`
pub async fn hand_over(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, Fault> {
    only(&body, &["from", "to", "deputy", "note"])?;
    let new = NewLeave {
        from: text(&body, "from")?,
        to: text(&body, "to")?,
        deputy: text(&body, "deputy")?,
        note: text(&body, "note")?,
    };
    let id = app.desk.hand_over(caller.actor(), &new, &caller.moment).await?;
    let mut out = Out::with_room(64);
    out.open();
    out.text("id", &id);
    out.close();
    Ok(json(StatusCode::CREATED, out))
}

/// `DELETE /leaves/{id}`
pub async fn end_leave(
    State(app): State<App>,
    caller: Caller,
    At([id]): At<1>,
) -> Result<StatusCode, Fault> {
    super::ask::id(&id, "这次代办安排")?;
    app.desk.end_leave(caller.actor(), &id, &caller.moment).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /feed`
pub async fn feed(State(app): State<App>, caller: Caller) -> Result<Response, Fault> {
    let feed = app.desk.feed(caller.actor()).await?;
    let mut out = Out::with_room(128);
    out.open();
    out.yes_no("on", feed.is_some());
    if let Some(feed) = feed {
        out.text("role", &feed.role);
        out.text("unit", &feed.unit);
        out.moment("since", feed.created_at);
    }
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// `POST /feed`: makes or renews it; the address is told once.
pub async fn renew_feed(State(app): State<App>, caller: Caller) -> Result<Response, Fault> {
    let secret = app.desk.renew_feed(caller.actor(), &caller.moment).await?;
    let mut out = Out::with_room(128);
    out.open();
    out.text("path", &format!("/ics/{secret}.ics"));
    out.close();
    Ok(json(StatusCode::CREATED, out))
}

/// `DELETE /feed`
pub async fn end_feed(State(app): State<App>, caller: Caller) -> Result<StatusCode, Fault> {
    if app.desk.feed(caller.actor()).await?.is_none() {
        let problem = Problem::error("off", "日历订阅没有开启");
        return Err(Refusal::problem(problem).into());
    }
    app.desk.end_feed(caller.actor(), &caller.moment).await?;
    Ok(StatusCode::NO_CONTENT)
}
