//! Who stands against whom: people of the place, some of them met before, and bodies.

use super::{
    dice::Dice,
    matters::{Matter, Sides},
    names::{self, Body, Person, Span},
    team::Place,
};

/// A party.
pub enum Party {
    /// A natural person.
    Person(Person),
    /// A body.
    Body(Body),
}

impl Party {
    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Person(person) => &person.name,
            Self::Body(body) => &body.name,
        }
    }
}

/// Who quarrels; somebody of the place known from before now and then.
pub fn quarrel(
    dice: &mut Dice,
    place: &mut Place,
    matter: &Matter,
    long: &str,
    number: u64,
) -> (Vec<(Party, &'static str)>, &'static str) {
    let first = somebody(dice, place, long, number * 4, None);
    let mut parties = Vec::new();
    let relation = match matter.sides {
        Sides::People(relations) => {
            let relation = *dice.pick(relations);
            let other = opponent(dice, place, long, number * 4 + 1, &first, relation);
            parties.push((Party::Person(other), "2"));
            relation
        }
        Sides::Body(trades) | Sides::Workers(trades) => {
            let body = place.bodies[*dice.pick(trades)].clone();
            parties.push((Party::Body(body), "2"));
            if matches!(matter.sides, Sides::Workers(_)) { "劳动者与用人单位" } else { "" }
        }
    };
    let more = match matter.sides {
        Sides::Workers(_) => dice.between(1, 2),
        _ if dice.happens(120) && relation != "夫妻" => 1,
        _ => 0,
    };
    for extra in 0..more {
        let index = number * 4 + 2 + u64::try_from(extra).unwrap_or(0);
        let another = somebody(dice, place, long, index, Some(&first));
        let taken = another.id_number == first.id_number
            || parties
                .iter()
                .any(|(p, _)| matches!(p, Party::Person(p) if p.id_number == another.id_number));
        if !taken {
            parties.push((Party::Person(another), "1"));
        }
    }
    if matter.code == "06" && dice.happens(80) {
        // A hurt child; the parent acts for it.
        let woman = dice.happens(500);
        let mut child = names::person(dice, Span::Child, number, woman, first.address.clone());
        names::join_family(&mut child, &first);
        parties.insert(0, (Party::Person(first), "6"));
        parties.insert(0, (Party::Person(child), "1"));
    } else {
        parties.insert(0, (Party::Person(first), "1"));
    }
    (parties, relation)
}

fn opponent(
    dice: &mut Dice,
    place: &mut Place,
    long: &str,
    index: u64,
    first: &Person,
    relation: &str,
) -> Person {
    let family = ["夫妻", "父子", "母女", "兄弟", "姐弟", "叔侄"].contains(&relation);
    if family {
        let woman = match relation {
            "夫妻" => !first.woman,
            _ => dice.happens(500),
        };
        let address = first.address.clone();
        let mut other = names::person(dice, Span::Grown, index, woman, address);
        if relation != "夫妻" {
            names::join_family(&mut other, first);
        }
        return other;
    }
    let mut other = somebody(dice, place, long, index, Some(first));
    if other.id_number == first.id_number {
        other = fresh(dice, long, index);
    }
    if dice.happens(40) && !place.known.iter().any(|p| p.id_number == other.id_number) {
        // Not everybody's papers are at hand at first.
        other.id_number.clear();
    }
    other
}

/// Somebody met before, or somebody new.
fn somebody(
    dice: &mut Dice,
    place: &mut Place,
    long: &str,
    index: u64,
    not: Option<&Person>,
) -> Person {
    if !place.known.is_empty() && dice.happens(130) {
        let known = dice.pick(&place.known).clone();
        if not.is_none_or(|not| not.id_number != known.id_number) {
            return known;
        }
    }
    let person = fresh(dice, long, index);
    if place.known.len() < 400 && dice.happens(300) {
        place.known.push(person.clone());
    }
    person
}

fn fresh(dice: &mut Dice, long: &str, index: u64) -> Person {
    let address = if long.ends_with("社区") {
        let (building, floor) = (dice.between(1, 30), dice.between(1, 18));
        format!("{long}{building}幢{}单元{floor}0{}室", dice.between(1, 4), dice.between(1, 4))
    } else {
        format!("{long}{}组{}号", dice.between(1, 12), dice.between(1, 160))
    };
    let woman = dice.happens(430);
    names::person(dice, Span::Grown, index, woman, address)
}
