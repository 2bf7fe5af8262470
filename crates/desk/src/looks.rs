//! Files that are opened one at a time, after a reason was written (看 … 写理由).
//!
//! Lists, search, sheets and choices show nothing of them; figures count them. A written reason
//! opens one file and what hangs on it to one account in one post, for [`HOLDS`]. It is in the log
//! of the county that keeps the file before anything is shown, and in the file's own history.

use crate::boxed;
use crate::{
    Actor, Desk, Moment, Refusal,
    access::{Right, about_shown, subtree},
    ops::values,
};
use engine::{
    definition::RecordKind,
    problem::Problem,
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::Record,
};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use store::seam::{Commit, Entry, Operation, Row};

/// Name of the log entry of a written reason.
pub const LOOKED: &str = "looked";
/// How long a reason holds, in milliseconds: 24 hours (平台拟定).
pub const HOLDS: i64 = 24 * 60 * 60 * 1000;

/// Characters that a reason and its basis have at least and at most.
const WHY: (usize, usize) = (5, 200);
const BASIS: (usize, usize) = (2, 200);

/// Why somebody wants to open a file.
#[derive(Clone, Debug, Default)]
pub struct Reason {
    /// What for.
    pub why: String,
    /// On what: an article, a document, a request with its number.
    pub basis: String,
}

/// A reason that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its id.
    pub id: String,
    /// County that keeps the file.
    pub county: String,
    /// Kind of the file.
    pub kind: String,
    /// The file.
    pub record: String,
    /// The number it bears; empty if it bears none.
    pub number: String,
    /// Unit that keeps it.
    pub unit: String,
    /// Account that opened it.
    pub account: String,
    /// What the account is called.
    pub name: String,
    /// Role it was opened in.
    pub role: String,
    /// Unit it was opened for.
    pub by_unit: String,
    /// What for.
    pub why: String,
    /// On what.
    pub basis: String,
    /// When, in milliseconds.
    pub at: i64,
    /// Until when it holds, in milliseconds.
    pub until: i64,
}

/// What is told of a file before it is opened: nothing of whom it is about.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Its kind.
    pub kind: Arc<RecordKind>,
    /// The file.
    pub id: String,
    /// The number it bears; empty if it bears none.
    pub number: String,
    /// Unit that keeps it.
    pub unit: String,
    /// Day it was registered.
    pub created_on: String,
}

impl Outline {
    pub(crate) fn of(kind: &Arc<RecordKind>, record: &Record) -> Self {
        Self {
            kind: Arc::clone(kind),
            id: record.id().to_owned(),
            number: number(kind, record),
            unit: record.text("unit").to_owned(),
            created_on: record.text("created_on").to_owned(),
        }
    }
}

/// A page of written reasons.
#[derive(Clone, Debug, Default)]
pub struct LooksPage {
    /// Newest first.
    pub looks: Vec<Look>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// What a reason opens to somebody who does not see the file without one.
pub(crate) enum Sight {
    /// It is open.
    Open(Box<Look>),
    /// It opens when a reason is written.
    Asked(Outline),
    /// Not to this actor.
    Shut,
}

const COLUMNS: [&str; 14] = [
    "id", "county", "kind", "record", "number", "unit", "account", "name", "role", "by_unit",
    "why", "basis", "at", "until",
];

impl Desk {
    /// How a reason stands between the actor and a record that is out of sight without one.
    pub(crate) async fn sight(
        &self,
        actor: &Actor,
        kind: &Arc<RecordKind>,
        record: &Record,
        moment: &Moment,
    ) -> Result<Sight, Refusal> {
        if !self.covers(actor, kind, record, Right::Reasoned).await? {
            return Ok(Sight::Shut);
        }
        let files = self.lies_in(kind, record).await?.into_iter().map(Cell::from).collect();
        let until = Term::Column("until".to_owned());
        let now = Term::Value(Cell::Int(moment.at));
        let filter = Filter::equal("county", record.county())
            .and(Filter::In(Term::Column("record".to_owned()), files))
            .and(Filter::equal("account", actor.account.as_str()))
            .and(Filter::equal("role", actor.role.as_str()))
            .and(Filter::Compare(until, Comparison::Greater, now));
        let found = self.find_looks(filter, None, 1).await?.pop();
        Ok(match found {
            Some(look) => Sight::Open(Box::new(look)),
            None => Sight::Asked(Outline::of(kind, record)),
        })
    }

    /// The record and those it hangs on, however far up.
    async fn lies_in(&self, kind: &RecordKind, record: &Record) -> Result<Vec<String>, Refusal> {
        let house = self.house();
        let mut ids = vec![record.id().to_owned()];
        let attached = |kind: &RecordKind| kind.attached.as_ref().map(|a| a.kind.clone());
        let mut above = attached(kind).map(|kind| (record.text(&kind).to_owned(), kind));
        while let Some((id, kind)) = above.take().filter(|_| ids.len() < 8) {
            let Some(kind) = house.kind(&kind) else { break };
            let next = attached(kind);
            if let Some(next) = next
                && let Some(cells) = self.load_flat(kind, &id).await?
            {
                let up = cells.get(&next).and_then(Cell::as_text).unwrap_or_default();
                above = Some((up.to_owned(), next));
            }
            ids.push(id);
        }
        Ok(ids)
    }

    /// Opens a file with a reason. What is answered is in the log of the county that keeps it.
    #[boxed]
    pub async fn open_with_reason(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
        reason: &Reason,
        moment: &Moment,
    ) -> Result<Look, Refusal> {
        let missing = || Refusal::NotFound("这份档案".to_owned());
        let kind = self.house().kind(kind).cloned().ok_or_else(missing)?;
        let record = self.load(&kind, id).await?.ok_or_else(missing)?;
        if self.covers(actor, &kind, &record, Right::See).await? {
            let message = format!("这份{}您可以直接看，不用写理由", kind.label);
            return Err(Refusal::problem(Problem::error("reason_unneeded", message)));
        }
        if !self.covers(actor, &kind, &record, Right::Reasoned).await? {
            return Err(self.refuse_look(actor, &kind, id, moment).await);
        }
        let reason = read(reason)?;
        let look = Look {
            id: self.chance.id(moment.at),
            county: record.county().to_owned(),
            kind: kind.id.clone(),
            record: id.to_owned(),
            number: number(&kind, &record),
            unit: record.text("unit").to_owned(),
            account: actor.account.clone(),
            name: actor.name.clone(),
            role: actor.role.clone(),
            by_unit: actor.unit.code.clone(),
            why: reason.why,
            basis: reason.basis,
            at: moment.at,
            until: moment.at + HOLDS,
        };
        let mut row = row(&look);
        row.push(("path".to_owned(), record.text("path").into()));
        let commit = Commit {
            operations: vec![Operation::Insert { table: "look".to_owned(), values: row }],
            entries: vec![self.told(actor, moment, LOOKED, &record, body(&look))],
            ..Commit::default()
        };
        self.keeper.commit(commit).await?;
        Ok(look)
    }

    /// Notes, where the file is kept, that it was looked at with a reason.
    pub(crate) async fn log_reasoned(
        &self,
        actor: &Actor,
        record: &Record,
        look: &Look,
        moment: &Moment,
    ) -> Result<(), Refusal> {
        let body = Map::from_iter([("look".to_owned(), Json::from(look.id.as_str()))]);
        let entry = self.told(actor, moment, "read", record, body);
        self.keeper.commit(Commit { entries: vec![entry], ..Commit::default() }).await?;
        Ok(())
    }

    /// A log entry in the chain of the county that keeps the record.
    fn told(
        &self,
        actor: &Actor,
        moment: &Moment,
        act: &str,
        record: &Record,
        body: Map<String, Json>,
    ) -> Entry {
        let entry = self.note(actor, moment, act, &record.kind, record.id(), body);
        Entry { county: record.county().to_owned(), ..entry }
    }

    /// The reasons written about files of a unit and those below it (empty: of the actor's), newest
    /// first, for those who read the log.
    #[boxed]
    pub async fn looks(
        &self,
        actor: &Actor,
        unit: &str,
        after: &str,
        limit: u32,
    ) -> Result<LooksPage, Refusal> {
        let house = self.house();
        if !crate::ask::reads_log(&house, actor) {
            return Err(Refusal::forbidden("写理由查看的记录由审计员和县级以上查看"));
        }
        let units = self.units();
        let unit = if unit.is_empty() { &actor.unit.code } else { unit };
        let within = |unit: &&crate::units::Unit| crate::access::holds_unit(actor, unit);
        let unit = units.get(unit).filter(within).ok_or(Refusal::NotFound("这个单位".into()))?;
        let filter = subtree(unit).and(about_shown(&house, actor));
        let limit = limit.clamp(1, 200);
        let after = (!after.is_empty()).then(|| after.to_owned());
        let mut looks = self.find_looks(filter, after, limit + 1).await?;
        let more = looks.len() > limit as usize;
        looks.truncate(limit as usize);
        let next = looks.last().filter(|_| more).map(|look| look.id.clone());
        Ok(LooksPage { looks, next })
    }

    async fn find_looks(
        &self,
        filter: Filter,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<Look>, Refusal> {
        let mut select = Select::from("look", &COLUMNS).filter(filter).limit(limit);
        // Ids are made of the moment.
        select.order = vec![Sort::down("id")];
        select.after = after.map(|id| vec![Cell::from(id)]);
        Ok(self.keeper.find(&select).await?.iter().map(read_row).collect())
    }
}

/// The number a record bears.
fn number(kind: &RecordKind, record: &Record) -> String {
    let mut numbers = kind.numbers.iter().map(|numbering| record.text(&numbering.field));
    numbers.find(|number| !number.is_empty()).unwrap_or_default().to_owned()
}

/// The reason in one line each, or what it lacks.
fn read(reason: &Reason) -> Result<Reason, Refusal> {
    let line = |text: &str| engine::check::text::one_line(text.trim());
    let read = Reason { why: line(&reason.why), basis: line(&reason.basis) };
    let mut problems = Vec::new();
    for (field, label, text, (least, most)) in
        [("why", "理由", &read.why, WHY), ("basis", "依据", &read.basis, BASIS)]
    {
        let length = text.chars().count();
        if length < least {
            let message = format!("“{label}”至少写{least}个字");
            problems.push(Problem::error("reason_short", message).at(field));
        } else if length > most {
            let message = format!("“{label}”最多写{most}个字，现在{length}个");
            problems.push(Problem::error("reason_long", message).at(field));
        }
    }
    if problems.is_empty() { Ok(read) } else { Err(Refusal::Invalid(problems)) }
}

fn row(look: &Look) -> store::seam::Values {
    values([
        ("id", look.id.as_str().into()),
        ("county", look.county.as_str().into()),
        ("kind", look.kind.as_str().into()),
        ("record", look.record.as_str().into()),
        ("number", look.number.as_str().into()),
        ("unit", look.unit.as_str().into()),
        ("account", look.account.as_str().into()),
        ("name", look.name.as_str().into()),
        ("role", look.role.as_str().into()),
        ("by_unit", look.by_unit.as_str().into()),
        ("why", look.why.as_str().into()),
        ("basis", look.basis.as_str().into()),
        ("at", look.at.into()),
        ("until", look.until.into()),
    ])
}

fn body(look: &Look) -> Map<String, Json> {
    let text = [
        ("look", &look.id),
        ("by_unit", &look.by_unit),
        ("why", &look.why),
        ("basis", &look.basis),
    ];
    let mut body: Map<String, Json> =
        text.into_iter().map(|(name, text)| (name.to_owned(), text.as_str().into())).collect();
    body.insert("until".to_owned(), look.until.into());
    body
}

fn read_row(row: &Row) -> Look {
    let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
    let int = |i: usize| row.get(i).and_then(Cell::as_int).unwrap_or_default();
    Look {
        id: text(0),
        county: text(1),
        kind: text(2),
        record: text(3),
        number: text(4),
        unit: text(5),
        account: text(6),
        name: text(7),
        role: text(8),
        by_unit: text(9),
        why: text(10),
        basis: text(11),
        at: int(12),
        until: int(13),
    }
}
