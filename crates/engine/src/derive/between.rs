//! What passes from record to record: which act makes or moves which other record, which account it
//! locks, and what is taken over from a record of another business that is referred to. It is read
//! out of the definitions alone, for people who ask where a record comes from and where it goes.

use crate::{
    definition::{Effect, EffectTarget, Field, House, RecordKind, Setting},
    kind::Shape,
};
use std::{collections::BTreeMap, sync::Arc};

/// How something passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The other record is made.
    Made,
    /// An action is done to the other record: its label.
    Moved(String),
    /// The account is locked.
    Locked,
    /// The other record, which refers to this one, takes over its values.
    Taken,
}

/// Something that passes from records of one kind to those of another.
#[derive(Clone, Debug)]
pub struct HandOver {
    /// The kind it begins with.
    pub from: Arc<RecordKind>,
    /// The act that begins it: the label of an action, `登记`, or of the field that refers.
    pub act: String,
    /// The kind it reaches; `None`: an account.
    pub to: Option<Arc<RecordKind>>,
    /// How.
    pub way: Way,
    /// Under which conditions, in words; any of them is enough. Empty: always.
    pub when: Vec<String>,
    /// What the other record is given: labels of its fields.
    pub gives: Vec<String>,
    /// What comes, in the words of the business that takes it over.
    pub help: String,
}

impl HandOver {
    /// Whether it goes from one business into another.
    pub fn is_between(&self) -> bool {
        self.to.as_ref().is_none_or(|to| to.business != self.from.business)
    }

    /// Whether it begins or ends in a business.
    pub fn touches(&self, business: &str) -> bool {
        self.from.business == business || self.to.as_ref().is_some_and(|t| t.business == business)
    }

    fn is_like(&self, other: &Self) -> bool {
        let to = |one: &Self| one.to.as_ref().map(|kind| kind.id.clone());
        self.from.id == other.from.id
            && to(self) == to(other)
            && self.act == other.act
            && self.way == other.way
    }
}

/// Everything that passes, in the order of the businesses and of their kinds.
pub fn hand_overs(house: &House) -> Vec<HandOver> {
    let place = |kind: &RecordKind| {
        let at = house.businesses.iter().position(|b| b.id == kind.business);
        (at.unwrap_or(usize::MAX), house.rank(kind))
    };
    let mut kinds: Vec<&Arc<RecordKind>> = house.kinds.values().collect();
    kinds.sort_by_key(|kind| place(kind));
    let mut all: Vec<HandOver> = Vec::new();
    for kind in kinds {
        let actions = kind.actions.iter();
        let acts = actions.map(|action| (action.label.as_str(), &action.effects));
        for (act, effects) in acts.chain([("登记", &kind.on_create)]) {
            for effect in effects {
                let Some(one) = set_in_motion(house, kind, act, effect) else { continue };
                match all.iter_mut().find(|other| other.is_like(&one)) {
                    Some(other) => join(other, one),
                    None => all.push(one),
                }
            }
        }
        all.extend(taken(house, kind));
    }
    // What is taken over was found with the taker.
    all.sort_by_key(|one| place(&one.from).0);
    all
}

/// The same act reaches the same kind in several ways: as one.
fn join(other: &mut HandOver, one: HandOver) {
    // Always in one case is always.
    if other.when.is_empty() || one.when.is_empty() {
        other.when.clear();
    } else {
        other.when.extend(one.when);
    }
    for label in one.gives {
        if !other.gives.contains(&label) {
            other.gives.push(label);
        }
    }
}

fn set_in_motion(
    house: &House,
    kind: &Arc<RecordKind>,
    act: &str,
    effect: &Effect,
) -> Option<HandOver> {
    let to = match &effect.target {
        EffectTarget::Account { .. } => None,
        _ => Some(house.kind(effect.reaches(kind)?)?.clone()),
    };
    let way = match (&effect.target, &to) {
        (EffectTarget::Linked { action, .. }, Some(to)) => {
            Way::Moved(to.action(action).map_or(action.clone(), |action| action.label.clone()))
        }
        (EffectTarget::Account { .. }, _) => Way::Locked,
        _ => Way::Made,
    };
    // What is written out is no news from the other record, and that it is meant goes without saying.
    let passes = |setting: &Setting| matches!(setting, Setting::Field(_) | Setting::Linked(..));
    let given = effect.sets.iter().filter(|(_, setting)| passes(setting));
    let label = |field: &String| Some(to.as_ref()?.fields.get(field)?.label.clone());
    let rows = effect.rows.iter().filter_map(|rows| label(&rows.to));
    let gives = given.filter_map(|(field, _)| label(field)).chain(rows).collect();
    let intake = house.intakes.iter().find(|intake| {
        intake.from == kind.id && to.as_ref().is_some_and(|to| to.id == intake.kind)
    });
    Some(HandOver {
        from: kind.clone(),
        act: act.to_owned(),
        way,
        when: effect.when.iter().map(|when| when.words.clone()).collect(),
        gives,
        help: intake.map(|intake| intake.help.clone()).unwrap_or_default(),
        to,
    })
}

/// What a kind takes over from records of other businesses that it refers to.
fn taken(house: &House, kind: &Arc<RecordKind>) -> Vec<HandOver> {
    let rows = kind.rows.values().map(|row| &row.fields);
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for fields in std::iter::once(&kind.fields).chain(rows) {
        for field in fields {
            for (own, _) in &field.taken_from {
                let Some(reference) = fields.get(own) else { continue };
                let Shape::Reference(from) = reference.kind.shape() else { continue };
                let key = (from.to_owned(), reference.label.clone());
                found.entry(key).or_default().push(Field::clone(field).label);
            }
        }
    }
    let crosses = |from: &RecordKind| from.business != kind.business && from.business != "common";
    found
        .into_iter()
        .filter_map(|((from, act), gives)| {
            let from = house.kind(&from).filter(|from| crosses(from))?.clone();
            let to = Some(kind.clone());
            Some(HandOver {
                from,
                act,
                to,
                way: Way::Taken,
                when: Vec::new(),
                gives,
                help: String::new(),
            })
        })
        .collect()
}
