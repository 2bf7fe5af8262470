//! Who may see and do what: one predicate for every path.
//!
//! An [`Actor`] acts in one post: a role held for a unit. A definition gives roles a reach per
//! right; the reach and the unit make a [`Filter`], and what hides from the role (封存) is taken out
//! of it. Every reader of records is built from [`scope`], and there is no other way to build one:
//! whether an actor may see one record that is at hand is the same question, asked of it alone
//! ([`Desk::covers`]).

use crate::{
    Desk, Refusal,
    ask::remaining,
    units::{Level, Unit},
};
use engine::{
    definition::{Class, House, Permissions, Reach, RecordKind},
    derive::seal,
    query::{Cell, Filter, Select, Term},
    record::Record,
};
use std::{collections::BTreeSet, sync::Arc};

/// Somebody who acts: a person in a post, or a named actor of the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Account id, or `house:` and a name for the house's own actors.
    pub account: String,
    /// What the person is called.
    pub name: String,
    /// Role acted in.
    pub role: String,
    /// Unit acted for.
    pub unit: Unit,
}

impl Actor {
    /// A named actor of the house (demonstration, import, worker): may do what no person may.
    pub fn house(name: &str, top: &Unit) -> Self {
        Self {
            account: format!("house:{name}"),
            name: name.to_owned(),
            role: HOUSE.to_owned(),
            unit: top.clone(),
        }
    }

    /// On whose authority it acts, for the log.
    pub fn authority(&self) -> String {
        format!("{}@{}", self.role, self.unit.code)
    }

    /// Whether it is one of the house's own actors.
    pub fn is_house(&self) -> bool {
        self.role == HOUSE
    }
}

const HOUSE: &str = "house";

/// What somebody wants to do with records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// See.
    See,
    /// Create.
    Create,
    /// Change outside an action.
    Change,
    /// See sensitive fields.
    Secret,
    /// Open one record after writing a reason: [`crate::looks`].
    Reasoned,
    /// Join two that mean one.
    Merge,
}

/// How far the actor's right reaches; `None`: it has none.
pub fn reach(actor: &Actor, permissions: &Permissions, right: Right) -> Option<Reach> {
    if actor.is_house() {
        return Some(Reach::All);
    }
    let rights = match right {
        Right::See => &permissions.see,
        Right::Create => &permissions.create,
        Right::Change => &permissions.change,
        Right::Secret => &permissions.secret,
        Right::Reasoned => &permissions.reason,
        Right::Merge => &permissions.merge,
    };
    rights.get(&actor.role).copied()
}

/// The records of `kind` that the actor's right reaches. What was merged into another is not there:
/// the other is.
pub fn scope(house: &House, actor: &Actor, kind: &RecordKind, right: Right) -> Filter {
    match reach(actor, &kind.permissions, right) {
        None => Filter::Nothing,
        Some(reach) => reach_filter(actor, reach)
            .and(not(hidden_by(house, actor, kind, right)))
            .and(remaining(kind)),
    }
}

/// The records of `kind` that hide from the actor wherever they lie. `Nothing`: none can.
pub fn hidden(house: &House, actor: &Actor, kind: &RecordKind) -> Filter {
    if actor.is_house() {
        return Filter::Nothing;
    }
    seal::hidden_from(house, kind, &actor.role)
}

/// The others.
pub(crate) fn shown(house: &House, actor: &Actor, kind: &RecordKind) -> Filter {
    not(hidden(house, actor, kind))
}

/// What hides from the actor's right: a reason does not open what is sealed, unless the seal says so.
fn hidden_by(house: &House, actor: &Actor, kind: &RecordKind, right: Right) -> Filter {
    match right {
        Right::Reasoned if !actor.is_house() => seal::hidden_from_reason(house, kind, &actor.role),
        _ => hidden(house, actor, kind),
    }
}

fn not(hidden: Filter) -> Filter {
    match hidden {
        Filter::Nothing => Filter::Everything,
        hidden => Filter::Not(Box::new(hidden)),
    }
}

/// Rows with `county`, `unit`, `path`, `created_by` that a reach covers.
pub fn reach_filter(actor: &Actor, reach: Reach) -> Filter {
    let unit = &actor.unit;
    match reach {
        Reach::All => Filter::Everything,
        Reach::Own => Filter::equal("county", unit.county.as_str())
            .and(Filter::equal("created_by", actor.account.as_str())),
        Reach::Unit => Filter::equal("county", unit.county.as_str())
            .and(Filter::equal("unit", unit.code.as_str())),
        Reach::Subtree => subtree(unit),
    }
}

/// Rows of a unit and those below it.
pub fn subtree(unit: &Unit) -> Filter {
    match unit.level {
        // Nothing lies beside the province.
        Level::Province => Filter::Everything,
        Level::City => Filter::StartsWith(Term::Column("path".to_owned()), unit.path.clone()),
        Level::County => Filter::equal("county", unit.code.as_str()),
        Level::Township => Filter::equal("county", unit.county.as_str())
            .and(Filter::StartsWith(Term::Column("path".to_owned()), unit.path.clone())),
        Level::Village => Filter::equal("county", unit.county.as_str())
            .and(Filter::equal("unit", unit.code.as_str())),
    }
}

/// Of rows that are about records (`kind` and `record`), such as limits and papers: those about
/// records that do not hide from the actor. How far a right to see reaches is another question.
pub(crate) fn about_shown(house: &House, actor: &Actor) -> Filter {
    let mut filter = Filter::Everything;
    // Asked with every page, and for most roles no seal is closed.
    let closed = |kind: &RecordKind| {
        kind.seal.as_ref().is_some_and(|seal| !seal.open_to.contains(&actor.role))
    };
    if !house.kinds.values().any(|kind| closed(kind)) {
        return filter;
    }
    for kind in house.kinds.values() {
        let hidden = match hidden(house, actor, kind) {
            Filter::Nothing => continue,
            hidden => Box::new(hidden),
        };
        if reach(actor, &kind.permissions, Right::See).is_none() {
            continue;
        }
        let of_kind = Filter::equal("kind", kind.id.as_str());
        let (column, table) = ("record".to_owned(), kind.id.clone());
        let hides = of_kind.and(Filter::Refers { column, table, filter: hidden });
        filter = filter.and(Filter::Not(Box::new(hides)));
    }
    filter
}

/// The same, and only of kinds of which the actor sees any.
pub(crate) fn about_seen(house: &House, actor: &Actor) -> Filter {
    let sees = |kind: &&Arc<RecordKind>| reach(actor, &kind.permissions, Right::See).is_some();
    let seen = house.kinds.values().filter(sees).map(|kind| Cell::from(kind.id.as_str()));
    let seen = Filter::In(Term::Column("kind".to_owned()), seen.collect());
    seen.and(about_shown(house, actor))
}

impl Desk {
    /// Whether the right reaches this record, and it does not hide from the actor.
    pub(crate) async fn covers(
        &self,
        actor: &Actor,
        kind: &RecordKind,
        record: &Record,
        right: Right,
    ) -> Result<bool, Refusal> {
        if !reaches(actor, kind, record, right) {
            return Ok(false);
        }
        let hidden = hidden_by(&self.house(), actor, kind, right);
        Ok(!self.is_among(kind, record, hidden).await?)
    }

    /// Whether the record is sealed, whoever asks.
    pub(crate) async fn is_sealed(
        &self,
        kind: &RecordKind,
        record: &Record,
    ) -> Result<bool, Refusal> {
        let sealed = seal::sealed(&self.house(), kind, &|_| true);
        self.is_among(kind, record, sealed).await
    }

    async fn is_among(
        &self,
        kind: &RecordKind,
        record: &Record,
        filter: Filter,
    ) -> Result<bool, Refusal> {
        if filter == Filter::Nothing {
            return Ok(false);
        }
        let one = Filter::equal("county", record.county()).and(Filter::equal("id", record.id()));
        Ok(self.keeper.count(&kind.id, &one.and(filter), 1).await? > 0)
    }

    /// Those of these records of a kind that hide from the actor.
    pub(crate) async fn hidden_among(
        &self,
        actor: &Actor,
        kind: &RecordKind,
        ids: impl Iterator<Item = &str>,
    ) -> Result<BTreeSet<String>, Refusal> {
        self.hidden_by_among(actor, kind, Right::See, ids).await
    }

    /// The same, for another right.
    pub(crate) async fn hidden_by_among(
        &self,
        actor: &Actor,
        kind: &RecordKind,
        right: Right,
        ids: impl Iterator<Item = &str>,
    ) -> Result<BTreeSet<String>, Refusal> {
        let hidden = hidden_by(&self.house(), actor, kind, right);
        let ids: Vec<Cell> = ids.map(Cell::from).collect();
        if hidden == Filter::Nothing || ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let limit = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let select = Select::from(&kind.id, &["id"])
            .filter(Filter::In(Term::Column("id".to_owned()), ids).and(hidden))
            .limit(limit);
        let rows = self.keeper.find(&select).await?;
        Ok(rows.iter().filter_map(|row| row.first()?.as_text().map(str::to_owned)).collect())
    }
}

/// Whether the right reaches where the record lies. Whether it hides there is another question:
/// [`Desk::covers`].
pub(crate) fn reaches(actor: &Actor, kind: &RecordKind, record: &Record, right: Right) -> bool {
    match reach(actor, &kind.permissions, right) {
        None => false,
        Some(Reach::All) => true,
        Some(Reach::Own) => record.text("created_by") == actor.account,
        Some(Reach::Unit) => record.text("unit") == actor.unit.code,
        Some(Reach::Subtree) => record.text("path").starts_with(&actor.unit.path),
    }
}

/// Whether the record is the actor's to work on: one of the own unit or of those below it. A right
/// to see may reach further.
pub fn acts_on(actor: &Actor, record: &Record) -> bool {
    acts_for(actor, record.text("path"), record.text("created_by"))
}

/// The same, of a record of the unit with this path, made by this account.
pub fn acts_for(actor: &Actor, path: &str, created_by: &str) -> bool {
    actor.is_house() || path.starts_with(&actor.unit.path) || created_by == actor.account
}

/// The highest class of fields the actor sees unmasked in this record.
pub fn sees(actor: &Actor, kind: &RecordKind, record: &Record) -> Class {
    if reaches(actor, kind, record, Right::Secret) {
        Class::Sensitive
    } else if actor.unit.level >= Level::County && !actor.is_house() {
        // Ways to reach a person are for those who deal with the person; city and province count.
        Class::Contact
    } else {
        Class::Plain
    }
}

/// The code of the county that the unit lies in, or of the unit if that is larger.
pub(crate) fn acted_for(unit: &Unit) -> &str {
    if unit.level < Level::County { &unit.code } else { &unit.county }
}

/// Whether the unit lies at or below the actor's.
pub fn holds_unit(actor: &Actor, unit: &Unit) -> bool {
    actor.is_house() || unit.path.starts_with(&actor.unit.path)
}
