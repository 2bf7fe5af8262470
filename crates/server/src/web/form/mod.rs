//! Forms: making a record, changing it, and the actions of its flow. One way for all three.
//!
//! ```text
//! definition + record ─fill─▶ Typed ─draw─▶ page ─▶ person ─▶ Typed ─read─▶ input ─▶ Desk::act
//!                               ▲                               │
//!                               └── faults, look-ups, rows, drafts: drawn again, nothing lost
//! ```

mod away;
mod conflict;
mod drafts;
mod draw;
mod fields;
mod fill;
mod find;
mod lookup;
mod read;

pub use away::{held, is_away};
pub use drafts::{draft_address, draft_label, keep_held, remove_draft};

use super::{
    me,
    page::{self, About},
    record::{above, kind_of},
    typed::Typed,
    urls,
    visitor::{Posted, Visitor, foreign},
};
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use desk::{Deed, Done, Manner, Refusal, ask::RecordAnswer};
use engine::{
    definition::{Action, House, RecordKind},
    problem::{Problem, Severity},
};
use find::Found;
use std::sync::Arc;

/// Names that the form itself uses; what belongs to the record has none of these.
const KEY: &str = "_key";
const VERSION: &str = "_version";
const ALL: &str = "_all";
/// This open page, and the one whose draft it goes on with: so that two devices at one draft are
/// told apart.
const PAGE: &str = "_page";
const CONTINUES: &str = "_continues";

/// What a form does.
pub enum Task {
    /// A new record.
    Create,
    /// Some fields of a record changed.
    Change(Box<RecordAnswer>),
    /// An action of its flow.
    Act(Box<RecordAnswer>, Box<Action>),
}

/// A form at work: who fills it in, on what.
pub struct Work {
    /// Who.
    pub visitor: Visitor,
    /// All definitions.
    pub house: Arc<House>,
    /// The kind of record.
    pub kind: Arc<RecordKind>,
    /// What is to be done.
    pub task: Task,
}

/// What is said on a form besides its fields.
#[derive(Default)]
pub struct Said {
    /// What is wrong, at the names of the form.
    pub problems: Vec<Problem>,
    /// The answer of a look-up.
    pub found: Option<Found>,
    /// When the draft was saved, in words.
    pub saved: Option<String>,
    /// Whether warnings wait to be confirmed.
    pub confirm: bool,
    /// Whether the database is away, so that the same is to be sent again.
    pub away: bool,
}

impl Work {
    fn new(visitor: Visitor, kind: Arc<RecordKind>, task: Task) -> Self {
        let house = visitor.app.desk.house();
        Self { visitor, house, kind, task }
    }

    /// The record worked on; none while it is being made.
    pub fn before(&self) -> Option<&RecordAnswer> {
        match &self.task {
            Task::Create => None,
            Task::Change(answer) | Task::Act(answer, _) => Some(answer),
        }
    }

    /// Id of the record; empty while it is being made.
    pub fn id(&self) -> &str {
        self.before().map_or("", |answer| answer.record.id())
    }

    /// Id of the action, if it is one.
    pub fn action(&self) -> &str {
        match &self.task {
            Task::Act(_, action) => &action.id,
            _ => "",
        }
    }

    /// Where the form is.
    pub fn address(&self) -> String {
        address(&self.kind, self.id(), self.action())
    }

    /// Where one goes who leaves the form.
    pub fn leave(&self) -> String {
        match self.before() {
            None => urls::list(&self.kind),
            Some(answer) => urls::record(&self.kind, answer.record.id()),
        }
    }

    /// The verb of the form.
    pub fn verb(&self) -> String {
        match &self.task {
            Task::Create => format!("登记{}", self.kind.label),
            Task::Change(_) => "保存修改".to_owned(),
            Task::Act(_, action) => action.label.clone(),
        }
    }

    /// The title of the form.
    pub fn title(&self) -> String {
        match &self.task {
            Task::Create => format!("新建{}", self.kind.label),
            Task::Change(_) => format!("修改{}", self.kind.label),
            Task::Act(_, action) => action.label.clone(),
        }
    }

    /// What is to be done with what was typed.
    fn deed(&self, typed: &Typed, input: &read::Input) -> Deed {
        let (kind, input) = (self.kind.id.clone(), input.map.clone());
        let version = typed.get(VERSION).parse().ok();
        let id = self.id().to_owned();
        match &self.task {
            Task::Create => Deed::Create { kind, input },
            Task::Change(_) => Deed::Change { kind, id, version, input },
            Task::Act(_, action) => {
                Deed::Action { kind, id, action: action.id.clone(), version, input }
            }
        }
    }

    /// Draws the form.
    async fn draw(&self, typed: &Typed, said: Said) -> Result<Response, Refusal> {
        let wrong = said.problems.iter().any(|p| p.severity == Severity::Error);
        let status = match (said.away, wrong) {
            (true, _) => Some(StatusCode::SERVICE_UNAVAILABLE),
            (false, true) => Some(StatusCode::UNPROCESSABLE_ENTITY),
            (false, false) => None,
        };
        let view = draw::form(self, typed, &said).await?;
        let mut place = Vec::new();
        if let Some(business) = self.house.business(&self.kind.business) {
            place.push((business.label.clone(), format!("/b/{}", business.id)));
        }
        place.push((self.kind.label.clone(), urls::list(&self.kind)));
        if let Some(answer) = self.before() {
            place.extend(above(&self.house, answer));
            place.push((answer.record.text("title").to_owned(), self.leave()));
        }
        let about = About { status, ..About::new(self.title(), urls::list(&self.kind)) };
        let body = super::look::form::form(&view);
        Ok(page::page(&self.visitor, about.below(place), body).await)
    }
}

/// Where a form is: of a new record, of a change, of an action.
pub fn address(kind: &RecordKind, id: &str, action: &str) -> String {
    match (id, action) {
        ("", _) => format!("{}/new", urls::list(kind)),
        (id, "") => format!("{}/edit", urls::below(kind, id)),
        (id, action) => format!("{}/do/{action}", urls::below(kind, id)),
    }
}

// ── Opening ─────────────────────────────────────────────────────────────────────────────────────

async fn open_new(visitor: &Visitor, business: &str, kind: &str) -> Result<Work, Refusal> {
    let house = visitor.app.desk.house();
    let kind = kind_of(&house, business, kind)?;
    if page::creates(visitor.actor(), &kind) {
        return Ok(Work::new(visitor.clone(), kind, Task::Create));
    }
    let why = format!("您的岗位不能新建{}", kind.label);
    let roles = kind.permissions.create.keys().map(|role| super::words::role(&house, role));
    Err(Refusal::Forbidden { why, who: roles.collect::<Vec<_>>().join("、") })
}

async fn open_change(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
) -> Result<Work, Refusal> {
    let kind = kind_of(&visitor.app.desk.house(), business, kind)?;
    let desk = &visitor.app.desk;
    let answer = desk.record(visitor.actor(), &kind.id, id, &visitor.moment).await?;
    if !answer.may_change {
        let why = match answer.locked.as_str() {
            "" => "这份档案已经办结，或者您的岗位不能修改它".to_owned(),
            locked => locked.to_owned(),
        };
        return Err(Refusal::forbidden(why));
    }
    Ok(Work::new(visitor.clone(), kind, Task::Change(Box::new(answer))))
}

async fn open_act(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
    action: &str,
) -> Result<Work, Refusal> {
    let house = visitor.app.desk.house();
    let kind = kind_of(&house, business, kind)?;
    let desk = &visitor.app.desk;
    let answer = desk.record(visitor.actor(), &kind.id, id, &visitor.moment).await?;
    let found = kind.action(action).cloned().ok_or(Refusal::NotFound("这个动作".to_owned()))?;
    if answer.actions.iter().any(|possible| possible.id == found.id) {
        return Ok(Work::new(visitor.clone(), kind, Task::Act(Box::new(answer), Box::new(found))));
    }
    if found.pushed_only {
        return Err(Refusal::forbidden(house.pushed_by(&kind, &found)));
    }
    let state = kind.state_label(answer.record.state());
    let why = format!("“{state}”的{}现在不能“{}”，或者您的岗位不能办理", kind.label, found.label);
    let roles = found.by.iter().map(|role| super::words::role(&house, role));
    Err(Refusal::Forbidden { why, who: roles.collect::<Vec<_>>().join("、") })
}

// ── Handlers ────────────────────────────────────────────────────────────────────────────────────

/// `GET /b/{business}/{kind}/new`
pub async fn new(
    visitor: Visitor,
    Path((business, kind)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let work = open_new(&visitor, &business, &kind).await;
    page::done(&visitor, show(work, pairs).await).await
}

/// `POST /b/{business}/{kind}/new`
pub async fn create(Path((business, kind)): Path<(String, String)>, posted: Posted) -> Response {
    let visitor = posted.visitor.clone();
    let work = open_new(&visitor, &business, &kind).await;
    page::done(&visitor, away::patiently(work, posted).await).await
}

/// `GET /b/{business}/{kind}/{id}/edit`
pub async fn edit(
    visitor: Visitor,
    Path((business, kind, id)): Path<(String, String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let work = open_change(&visitor, &business, &kind, &id).await;
    page::done(&visitor, show(work, pairs).await).await
}

/// `POST /b/{business}/{kind}/{id}/edit`
pub async fn change(
    Path((business, kind, id)): Path<(String, String, String)>,
    posted: Posted,
) -> Response {
    let visitor = posted.visitor.clone();
    let work = open_change(&visitor, &business, &kind, &id).await;
    page::done(&visitor, away::patiently(work, posted).await).await
}

/// `GET /b/{business}/{kind}/{id}/do/{action}`
pub async fn ask(
    visitor: Visitor,
    Path((business, kind, id, action)): Path<(String, String, String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let work = open_act(&visitor, &business, &kind, &id, &action).await;
    page::done(&visitor, show(work, pairs).await).await
}

/// `POST /b/{business}/{kind}/{id}/do/{action}`
pub async fn act(
    Path((business, kind, id, action)): Path<(String, String, String, String)>,
    posted: Posted,
) -> Response {
    let visitor = posted.visitor.clone();
    let work = open_act(&visitor, &business, &kind, &id, &action).await;
    // A second press of the same button comes after the state has moved on: it is no mistake.
    let work = match work {
        Err(Refusal::Forbidden { .. }) if !posted.typed.get(KEY).is_empty() => {
            match again(&visitor, &business, &kind, &id, &action, &posted.typed).await {
                Some(response) => return response,
                None => work,
            }
        }
        work => work,
    };
    page::done(&visitor, away::patiently(work, posted).await).await
}

/// The answer to a deed that was done a moment ago under the same key.
async fn again(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
    action: &str,
    typed: &Typed,
) -> Option<Response> {
    let kind = kind_of(&visitor.app.desk.house(), business, kind).ok()?;
    let (desk, actor) = (&visitor.app.desk, visitor.actor());
    let action = kind.action(action)?.clone();
    let answer = desk.record(actor, &kind.id, id, &visitor.moment).await.ok()?;
    let work = Work::new(
        visitor.clone(),
        Arc::clone(&kind),
        Task::Act(Box::new(answer), Box::new(action)),
    );
    let drawn = fields::drawn(&work, typed);
    let input = read::input(&work, &drawn, typed);
    let manner = Manner { confirmed: true, key: Some(typed.get(KEY).to_owned()) };
    let done = desk.act(actor, work.deed(typed, &input), manner, &visitor.moment).await.ok()?;
    done.repeated.then(|| finished(&work, &done))
}

/// Shows an empty form, a prefilled one, or a draft taken up again.
async fn show(
    work: Result<Work, Refusal>,
    pairs: Vec<(String, String)>,
) -> Result<Response, Refusal> {
    let work = work?;
    let mut query = Typed::read(pairs).unwrap_or_default();
    let draft = query.take("draft");
    if let Some((typed, saved)) = drafts::take_up(&work, &draft).await? {
        return work.draw(&typed, Said { saved: Some(saved), ..Said::default() }).await;
    }
    let mut typed = fill::start(&work, &query);
    typed.set(KEY, work.visitor.id());
    typed.set(PAGE, work.visitor.id());
    let all = query.take("all");
    if !all.is_empty() {
        typed.set(ALL, "true");
    }
    lookup::only_choices(&work, &mut typed).await?;
    work.draw(&typed, Said::default()).await
}

/// Takes what was sent: a button of the form, a draft, a choice between two versions, or the deed.
async fn take(work: &Work, posted: Posted) -> Result<Response, Refusal> {
    let mut typed = posted.typed;
    if !posted.genuine {
        let problem = Problem::error("session", foreign().to_string());
        return work.draw(&typed, Said { problems: vec![problem], ..Said::default() }).await;
    }
    if typed.has("_draft") || typed.has("_autosave") {
        return drafts::save(work, typed).await;
    }
    if let Some(found) = find::button(work, &mut typed).await? {
        return work.draw(&typed, Said { found, ..Said::default() }).await;
    }
    if !posted.problems.is_empty() {
        return work.draw(&typed, Said { problems: posted.problems, ..Said::default() }).await;
    }
    conflict::settle(work, &mut typed);
    send(work, typed).await
}

async fn send(work: &Work, mut typed: Typed) -> Result<Response, Refusal> {
    let unsettled = find::names(work, &mut typed).await?;
    if !unsettled.problems.is_empty() {
        return work.draw(&typed, unsettled).await;
    }
    let confirmed = typed.has("_confirm");
    let drawn = fields::drawn(work, &typed);
    let input = read::input(work, &drawn, &typed);
    let (desk, visitor) = (&work.visitor.app.desk, &work.visitor);
    let manner = Manner { confirmed, key: Some(typed.get(KEY).to_owned()) };
    let deed = work.deed(&typed, &input);
    match desk.act(visitor.actor(), deed, manner, &visitor.moment).await {
        Ok(done) => {
            drafts::done(work, &typed).await?;
            Ok(finished(work, &done))
        }
        Err(Refusal::Invalid(problems)) => {
            let problems = problems.into_iter().filter(|p| p.severity == Severity::Error);
            let problems: Vec<_> = problems.map(|p| input.at_form(p)).collect();
            fill::wanting(work, &mut typed, &problems);
            work.draw(&typed, Said { problems, ..Said::default() }).await
        }
        Err(Refusal::Confirm(problems)) => {
            let problems = problems.into_iter().map(|p| input.at_form(p)).collect();
            work.draw(&typed, Said { problems, confirm: true, ..Said::default() }).await
        }
        Err(Refusal::Changed(record)) => conflict::show(work, typed, &record).await,
        Err(Refusal::KeyReused) => {
            typed.set(KEY, visitor.id());
            let message =
                "这张表刚才已经提交过一次，这次的内容与上次不同。要另办一件的，请再提交一次";
            let problems = vec![Problem::error("key_reused", message)];
            work.draw(&typed, Said { problems, ..Said::default() }).await
        }
        Err(refusal) => Err(refusal),
    }
}

/// On to the record, with a word about what was done.
fn finished(work: &Work, done: &Done) -> Response {
    let said = match &work.task {
        Task::Create => "create",
        Task::Change(_) => "change",
        Task::Act(_, action) => &action.id,
    };
    let page = urls::record(&work.kind, &done.id);
    let along = done.along.first().map(|(kind, id, _)| format!("{kind}.{id}"));
    let along = along.as_deref().map(|along| ("along", along));
    let query: Vec<(&str, &str)> = std::iter::once(("said", said)).chain(along).collect();
    me::back(&urls::with_query(&page, &query))
}
