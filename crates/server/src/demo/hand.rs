//! Hands that do things through the desk: who acts, and one verb a kind of deed. Warnings count as
//! read.

use crate::clock;
use desk::{Actor, Deed, Desk, Manner, Refusal};
use serde_json::{Map, Value as Json};
use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

/// Who acts where.
#[derive(Debug)]
pub struct Hand<'a> {
    desk: &'a Desk,
    /// By role and code of the unit; mediators by their committee's name.
    actors: HashMap<(String, String), Actor>,
    acts: AtomicU64,
}

impl<'a> Hand<'a> {
    /// Hands of these actors; a mediator's second word is unit code and committee.
    pub fn new(desk: &'a Desk, actors: HashMap<(String, String), Actor>) -> Self {
        Self { desk, actors, acts: AtomicU64::new(0) }
    }

    /// How many deeds were done.
    pub fn acts(&self) -> u64 {
        self.acts.load(Ordering::Relaxed)
    }

    /// The actor of a role for a unit.
    pub fn actor(&self, role: &str, unit: &str) -> Result<Actor, Refusal> {
        let actor = self.actors.get(&(role.to_owned(), unit.to_owned())).cloned();
        actor.ok_or_else(|| Refusal::NotFound(format!("{role}@{unit}")))
    }

    /// The mediator who acts for a committee.
    pub fn mediator_of(&self, unit: &str, committee: &str) -> Result<Actor, Refusal> {
        self.actor("mediator", &format!("{unit} {committee}"))
    }

    /// A new record; gives its id.
    pub async fn create(
        &self,
        actor: &Actor,
        kind: &str,
        input: Json,
        at: i64,
    ) -> Result<String, Refusal> {
        self.act(actor, Deed::Create { kind: kind.to_owned(), input: object(input) }, at).await
    }

    /// Fields changed.
    pub async fn change(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
        input: Json,
        at: i64,
    ) -> Result<String, Refusal> {
        let (kind, id, input) = (kind.to_owned(), id.to_owned(), object(input));
        self.act(actor, Deed::Change { kind, id, version: None, input }, at).await
    }

    /// An action.
    pub async fn action(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
        action: &str,
        input: Json,
        at: i64,
    ) -> Result<String, Refusal> {
        let (kind, id, input) = (kind.to_owned(), id.to_owned(), object(input));
        let action = action.to_owned();
        self.act(actor, Deed::Action { kind, id, action, version: None, input }, at).await
    }

    async fn act(&self, actor: &Actor, deed: Deed, at: i64) -> Result<String, Refusal> {
        let manner = Manner { confirmed: true, key: None };
        let moment = clock::moment(at, &actor.account);
        let what = words(&deed);
        let done = self.desk.act(actor, deed, manner, &moment).await.inspect_err(|refusal| {
            // A definition that refuses the demonstration is a fault worth every detail.
            tracing::error!(?refusal, actor = actor.account, what, "refused");
        })?;
        self.acts.fetch_add(1, Ordering::Relaxed);
        Ok(done.id)
    }
}

/// The fields of an object; none of anything else.
pub fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

fn words(deed: &Deed) -> String {
    match deed {
        Deed::Create { kind, .. } => format!("create {kind}"),
        Deed::Change { kind, id, .. } => format!("change {kind} {id}"),
        Deed::Action { kind, id, action, .. } => format!("{action} {kind} {id}"),
        Deed::Merge(merging) => format!("merge {} {}", merging.kind, merging.id),
        Deed::GiveBack { kind, id, .. } => format!("give back {kind} {id}"),
    }
}
