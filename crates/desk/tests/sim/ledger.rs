//! What people were answered: the truth from outside, with which the inside is compared.

use crate::sim::dice::Dice;
use desk::{Actor, Deed, Done, Manner};
use std::collections::{BTreeMap, BTreeSet};

/// A deed that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    pub account: String,
    pub act: String,
    pub at: i64,
    pub key: String,
}

/// An answer to be had again under its key.
#[derive(Clone)]
pub struct Answered {
    pub actor: Actor,
    pub deed: Deed,
    pub manner: Manner,
    pub done: Done,
}

/// A record somebody was told of.
#[derive(Clone)]
pub struct Known {
    pub id: String,
    pub path: String,
    pub version: i64,
}

#[derive(Default)]
pub struct Ledger {
    pub known: BTreeMap<String, Vec<Known>>,
    /// By kind, record and version.
    pub acknowledged: BTreeMap<(String, String, i64), Acknowledged>,
    pub answered: Vec<Answered>,
    pub refused: BTreeMap<&'static str, u64>,
    pub drafts: BTreeMap<(String, String), Option<String>>,
    /// Session secrets, with their accounts.
    pub sessions: Vec<(String, String)>,
    pub locked: BTreeSet<String>,
    keys: u64,
}

impl Ledger {
    pub fn new_key(&mut self) -> String {
        self.keys += 1;
        format!("key-{}", self.keys)
    }

    /// A record of the kind at or below a unit, the newest ones more often than others.
    pub fn near(&self, kind: &str, path: &str, dice: &Dice) -> Option<String> {
        self.near_with_version(kind, path, dice).map(|known| known.id.clone())
    }

    pub fn near_with_version(&self, kind: &str, path: &str, dice: &Dice) -> Option<&Known> {
        let known = self.known.get(kind)?;
        let guess = |recent: bool| {
            let from = if recent { known.len().saturating_sub(15) } else { 0 };
            dice.pick(&known[from..])
        };
        let fits = |one: &&Known| one.path.starts_with(path);
        let guessed = (0..12).find_map(|i| guess(i % 2 == 0).filter(fits));
        guessed.or_else(|| known.iter().rev().find(fits))
    }

    /// Writes down an answer; says what is wrong with it.
    pub fn note(&mut self, answered: Answered, at: i64, path: &str) -> Result<(), String> {
        let Answered { actor, deed, manner, done } = &answered;
        let key = manner.key.clone().unwrap_or_default();
        let place = (done.kind.clone(), done.id.clone(), done.version);
        let entry = Acknowledged { account: actor.account.clone(), act: act(deed), at, key };
        match self.acknowledged.get(&place) {
            Some(other) if *other != entry => {
                return Err(format!("{place:?} was acknowledged twice: {other:?}, {entry:?}"));
            }
            Some(_) => return Ok(()),
            None => self.acknowledged.insert(place, entry),
        };
        let known = self.known.entry(done.kind.clone()).or_default();
        match known.iter_mut().rev().find(|k| k.id == done.id) {
            Some(known) => known.version = known.version.max(done.version),
            None => known.push(Known {
                id: done.id.clone(),
                path: path.to_owned(),
                version: done.version,
            }),
        }
        self.answered.push(answered);
        Ok(())
    }

    pub fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }
}

/// The word the log has for a deed.
pub fn act(deed: &Deed) -> String {
    match deed {
        Deed::Create { .. } => "create".to_owned(),
        Deed::Change { .. } => "change".to_owned(),
        Deed::Action { action, .. } => action.clone(),
        Deed::Merge(_) => desk::MERGED.to_owned(),
        Deed::GiveBack { .. } => desk::GIVEN_BACK.to_owned(),
    }
}
