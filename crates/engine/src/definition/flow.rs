//! What a definition says of the flow of a record: states, actions, time limits, papers.

use super::{Field, Fields, Place, RecordKind, Required, RowKind};
use crate::{kind::Shape, rule::Rule};

/// A state.
#[derive(Clone, Debug)]
pub struct State {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Its code in exchange.
    pub code: String,
    /// Whether new records start here.
    pub initial: bool,
    /// Whether nothing follows.
    pub last: bool,
    /// Actions possible in it, the likely one first.
    pub can: Vec<String>,
    /// Fields that only a push brings in it, each with the action: nobody types over them.
    pub brought: Vec<(String, String)>,
    /// Where it is written.
    pub place: Place,
}

impl State {
    /// The action that alone may give the field another value now. What is required and not there
    /// yet may be typed.
    pub fn brings(&self, field: &Field, is_empty: bool) -> Option<&str> {
        let missing = is_empty && !matches!(field.required, Required::No);
        let found = self.brought.iter().find(|(id, _)| *id == field.id && !missing)?;
        Some(&found.1)
    }
}

/// An action.
#[derive(Clone, Debug)]
pub struct Action {
    /// Id.
    pub id: String,
    /// The verb on its button.
    pub label: String,
    /// What it does.
    pub help: String,
    /// Roles that may do it.
    pub by: Vec<String>,
    /// Whether only an act on another record sets it off; nobody presses it.
    pub pushed_only: bool,
    /// Roles that can set it off: those above, or those whose acts push it.
    pub hands: Vec<String>,
    /// State after it; empty: the state stays.
    pub to: String,
    /// Fields asked, with the value offered; required ones first.
    pub asks: Vec<Asked>,
    /// Fields set by the house.
    pub sets: Vec<(String, Setting)>,
    /// Rules checked only here, besides those always checked.
    pub needs: Vec<String>,
    /// Papers it prints.
    pub prints: Vec<String>,
    /// What it sets in motion in other records.
    pub effects: Vec<Effect>,
    /// Law or standard.
    pub basis: String,
    /// Where it is written.
    pub place: Place,
}

/// A field an action asks.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Field id.
    pub field: String,
    /// Value offered if the record has none.
    pub default: String,
    /// Whether it must be filled.
    pub required: bool,
}

/// What a field is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// As typed.
    Value(String),
    /// The value of another field.
    Field(String),
    /// The day of the act.
    Today,
    /// The value of a field of the record that a field refers to, or of the row that an effect is
    /// for; in effects only.
    Linked(String, String),
    /// The record itself, for a field that refers to its kind; in effects only.
    Itself,
    /// A text with the name of the record's unit in place of [`UNIT`]; for a unit field, the unit.
    Unit(String),
}

/// Where a text, a title or a rule means the unit that the record belongs to.
pub const UNIT: &str = "所属单位";

impl Setting {
    /// A value that is the name of one of `fields`, or of what one of them refers to, means that.
    pub(super) fn resolve(&mut self, fields: &Fields) {
        let Self::Value(value) = self else { return };
        if fields.get(value).is_some() {
            *self = Self::Field(std::mem::take(value));
        } else if let Some((field, target)) = value.split_once('.')
            && fields.get(field).is_some()
        {
            *self = Self::Linked(field.to_owned(), target.to_owned());
        }
    }
}

/// What an act sets in motion in another record, kept in the same commit or not at all.
#[derive(Clone, Debug)]
pub struct Effect {
    /// In which record.
    pub target: EffectTarget,
    /// Only if this holds for the record after the act.
    pub when: Option<Rule>,
    /// Once for each of these rows; empty: once.
    pub each: String,
    /// Fields of the other record, with what they are set to from this one.
    pub sets: Vec<(String, Setting)>,
    /// Rows of a new record that come from rows of this one.
    pub rows: Vec<RowsTaken>,
    /// Where it is written.
    pub place: Place,
}

/// Rows that are handed over, field by field.
#[derive(Clone, Debug)]
pub struct RowsTaken {
    /// The rows of the new record.
    pub to: String,
    /// The rows of this one.
    pub from: String,
    /// What does not go from a field to the one with the same id.
    pub sets: Vec<(String, Setting)>,
    /// Where it is written.
    pub place: Place,
}

impl RowsTaken {
    /// The fields of the new rows that get the value of the field with the same id: both with it.
    pub fn alike<'k>(
        &'k self,
        from: &'k RowKind,
        to: &'k RowKind,
    ) -> impl Iterator<Item = (&'k Field, &'k Field)> {
        let set = |id: &str| self.sets.iter().any(|(field, _)| field == id);
        let open = to.fields.iter().filter(move |f| f.kind.rule().is_none() && !set(&f.id));
        open.filter_map(|field| Some((from.fields.get(&field.id)?, field)))
    }
}

impl Effect {
    /// The kind of record it makes or moves, when it is an effect of a record of `kind`.
    pub fn reaches<'e>(&'e self, kind: &'e RecordKind) -> Option<&'e str> {
        match &self.target {
            EffectTarget::New { kind, .. } => Some(kind),
            EffectTarget::Linked { field, .. } => match kind.fields.get(field)?.kind.shape() {
                Shape::Reference(target) => Some(target),
                _ => None,
            },
            EffectTarget::Account { .. } => None,
        }
    }
}

/// The other record of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectTarget {
    /// A new record of a kind.
    New {
        /// The kind.
        kind: String,
        /// The action done to it at once, so that it starts further on; empty: none.
        via: String,
    },
    /// The record that a field refers to, or that this one hangs on.
    Linked {
        /// The referring field.
        field: String,
        /// The action done to it.
        action: String,
    },
    /// The account that a field names: it is locked, and its sessions end.
    Account {
        /// The field.
        field: String,
    },
}

/// A paper.
#[derive(Clone, Debug)]
pub struct Document {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Path of its template below `businesses/`.
    pub template: String,
    /// Field that holds its number.
    pub number: String,
    /// Field that holds the copy that was signed on paper; empty: none does.
    pub signed: String,
    /// Printed only if this holds.
    pub when: Option<Rule>,
    /// Where it is written.
    pub place: Place,
}
