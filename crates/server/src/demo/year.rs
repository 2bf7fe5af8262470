//! A large county's year in every business, for volume: records as the worked examples create
//! them, spread over the townships of one county and over the year.
//!
//! The examples are the acceptance tests of a business, so what they create is sound; here each is
//! created again and again, by the role whose work it is, with other people and other days. What
//! an example only supposes of other records (a state that they reached by acts) is not acted out:
//! kinds that need that are said to be left out, with the refusal.

use super::{
    crowd,
    dice::Dice,
    land::{self, County, Township},
    load,
    names::{self, Span},
};
use crate::{businesses, clock};
use desk::{Actor, Deed, Desk, Manner, Moment, Refusal};
use engine::{
    check::id_number,
    definition::{Example, Expectation, Fields, House, RecordKind},
    kind::Shape,
};
use jiff::{ToSpan, civil::Date, civil::DateTime};
use serde_json::{Map, Value as Json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

/// Records of the year that are given by what a large county has; the rest is spread evenly.
const GIVEN: [(&str, u64); 2] = [("corr_case", 1_000), ("resett_case", 5_000)];
/// The business that the cases of the demonstration belong to.
const TOLD: &str = "mediation";
/// A kind is given up after so many refusals that no creation came between.
const PATIENCE: u64 = 3;

/// What came of a kind.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// Records made.
    pub records: u64,
    /// Why it was given up; empty if it was not.
    pub refused: String,
}

/// One township's part of the year.
struct Walk<'a> {
    desk: &'a Desk,
    house: &'a House,
    examples: &'a BTreeMap<String, Vec<Example>>,
    county: &'a County,
    township: &'a Township,
    number: u64,
    now: &'a Moment,
    made: HashMap<String, Vec<String>>,
}

/// The worked examples that create a record and are not refused, by kind.
fn examples(house: &House) -> BTreeMap<String, Vec<Example>> {
    let mut found: BTreeMap<String, Vec<Example>> = BTreeMap::new();
    for example in house.examples.iter().filter(|e| !e.is_base) {
        let Some(whole) = example.whole(house) else { continue };
        let creates = whole.does.as_ref().is_none_or(|step| step.action.is_empty());
        if creates && whole.expects.contains(&Expectation::Done) {
            found.entry(whole.kind.clone()).or_default().push(whole);
        }
    }
    found
}

/// Makes the year in a province that is made already: `records` altogether, beside what is there.
pub async fn make(
    desk: &Desk,
    records: u64,
    now: &Moment,
    progress: &mut (dyn FnMut(&str, u64, u64) + Send),
) -> Result<BTreeMap<String, Made>, Refusal> {
    let (house, _) = engine::definition::read(&businesses::embedded());
    let examples = examples(&house);
    let counties = land::counties();
    let Some(county) = counties.iter().find(|c| c.unit.code == load::COUNTY) else {
        return Err(Refusal::NotFound(load::COUNTY.to_owned()));
    };
    let mut walks: Vec<Walk<'_>> = (0..)
        .zip(&county.townships)
        .map(|(number, township)| Walk {
            desk,
            house: &house,
            examples: &examples,
            county,
            township,
            number,
            now,
            made: HashMap::new(),
        })
        .collect();
    let townships = walks.len().max(1) as u64;
    let kinds: Vec<&str> = examples
        .keys()
        .map(String::as_str)
        .filter(|id| house.kind(id).is_some_and(|k| k.business != TOLD && k.business != "common"))
        .collect();
    let given: u64 = GIVEN.iter().map(|(_, count)| count).sum();
    let even = records.saturating_sub(given) / (kinds.len().max(1) as u64);
    let mut came = BTreeMap::new();
    // What others hang on or refer to comes first, so that they find it.
    for (at, kind) in (0..).zip(in_order(&house, &kinds)) {
        progress(kind, at, kinds.len() as u64);
        let count = GIVEN.iter().find(|(id, _)| *id == kind).map_or(even, |(_, count)| *count);
        let made = Mutex::new(Made::default());
        let parts = walks.iter_mut().map(|walk| walk.go(kind, count.div_ceil(townships), &made));
        crowd::spread(parts.collect())?;
        came.insert(kind.to_owned(), made.into_inner().unwrap_or_else(PoisonError::into_inner));
    }
    Ok(came)
}

/// The kinds, each behind those it refers to, where that is possible.
fn in_order<'k>(house: &House, kinds: &[&'k str]) -> Vec<&'k str> {
    let mut left = kinds.to_vec();
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits = |kind: &&str| {
            let refers = house.kind(kind).into_iter().flat_map(|k| &k.fields.0);
            refers.into_iter().any(|field| match field.kind.shape() {
                Shape::Reference(other) => other != *kind && left.contains(&other),
                _ => false,
            })
        };
        let at = left.iter().position(|kind| !waits(kind)).unwrap_or(0);
        order.push(left.remove(at));
    }
    order
}

impl Walk<'_> {
    async fn go(&mut self, kind: &str, count: u64, made: &Mutex<Made>) -> Result<(), Refusal> {
        let mut refused = 0;
        for n in 0..count {
            let outcome = self.one(kind, n * 16 + self.number, 0).await;
            let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
            match outcome {
                Ok(_) => (made.records, refused) = (made.records + 1, 0),
                Err(Refusal::Store(error)) if !matches!(error, store::StoreError::Taken { .. }) => {
                    return Err(error.into());
                }
                Err(refusal) => {
                    refused += 1;
                    if refused == PATIENCE {
                        made.refused = words(&refusal);
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// One record of a kind, by the first of its examples that is accepted.
    async fn one(&mut self, kind: &str, n: u64, depth: u32) -> Result<String, Refusal> {
        let none = || Refusal::NotFound(format!("{kind} 的例"));
        let (house, examples) = (self.house, self.examples);
        let kind = house.kind(kind).ok_or_else(none)?;
        let all = examples.get(&kind.id).ok_or_else(none)?;
        let mut last = none();
        for at in 0..all.len().min(4) {
            let example = &all[(n as usize / 16 + at) % all.len()];
            // Not every example can be moved to another day of the year.
            for back in [(n * 37 % 300) as i64, 0] {
                match Box::pin(self.create(kind, example, n, back, depth)).await {
                    Ok(id) => {
                        self.made.entry(kind.id.clone()).or_default().push(id.clone());
                        return Ok(id);
                    }
                    Err(refusal) => last = refusal,
                }
            }
        }
        Err(last)
    }

    async fn create(
        &mut self,
        kind: &RecordKind,
        example: &Example,
        n: u64,
        back: i64,
        depth: u32,
    ) -> Result<String, Refusal> {
        let typed = example.does.iter().flat_map(|step| &step.input);
        let mut input: Map<String, Json> =
            pairs(&kind.fields, example.given.iter().chain(typed), n, back);
        for (field, row) in &example.rows {
            let Some(Shape::Rows(rows)) = kind.fields.get(field).map(|f| f.kind.shape()) else {
                continue;
            };
            let Some(rows) = kind.rows.get(rows).or_else(|| kind.rows.get(field)) else { continue };
            let row = pairs(&rows.fields, row.iter(), n, back);
            if let Json::Array(list) =
                input.entry(field.clone()).or_insert_with(|| Json::Array(Vec::new()))
            {
                list.push(Json::Object(row));
            }
        }
        for field in &kind.fields {
            match field.kind.shape() {
                Shape::Unit(level)
                    if input.contains_key(&field.id) || field.id.ends_with("_unit") =>
                {
                    input.insert(field.id.clone(), Json::from(self.unit(level)));
                }
                Shape::File(_) | Shape::Account => {
                    input.remove(&field.id);
                }
                Shape::Reference(target)
                    if example.linked.iter().any(|(linked, _)| *linked == field.id) =>
                {
                    let other = match self.made.get(target).filter(|made| !made.is_empty()) {
                        Some(made) => made[n as usize / 16 % made.len()].clone(),
                        None if depth < 4 => Box::pin(self.one(target, n, depth + 1)).await?,
                        None => return Err(Refusal::NotFound(target.to_owned())),
                    };
                    input.insert(field.id.clone(), Json::from(other));
                }
                _ => {}
            }
        }
        let actor = self.actor(kind, &example.role)?;
        let day: Date = example.on.parse().unwrap_or(Date::constant(2026, 6, 1));
        let noon = (day - back.days()).at(12, 0, 0, 0);
        let at = jiff::tz::Offset::constant(8)
            .to_timestamp(noon)
            .map_or(self.now.at, |at| at.as_millisecond() + (n % 10_000) as i64 * 1_000);
        let moment = clock::moment(at.min(self.now.at), &actor.account);
        let deed = Deed::Create { kind: kind.id.clone(), input };
        let manner = Manner { confirmed: true, key: None };
        self.desk.act(&actor, deed, manner, &moment).await.map(|done| done.id)
    }

    /// Code of the unit of a level that the township lies in, or of its first village.
    fn unit(&self, level: &str) -> String {
        match level {
            "省" => land::TOP.to_owned(),
            "市" => self.county.unit.parent.clone(),
            "县" => self.county.unit.code.clone(),
            "村" => self.township.villages.first().map(|v| v.code.clone()).unwrap_or_default(),
            _ => self.township.unit.code.clone(),
        }
    }

    /// Whose work it is: the role of the example, or the lowest that may.
    fn actor(&self, kind: &RecordKind, role: &str) -> Result<Actor, Refusal> {
        let may = &kind.permissions.create;
        let usual = ["office", "county", "city", "province"];
        let usual = usual.iter().copied().find(|role| may.contains_key(*role));
        let role = if may.contains_key(role) { Some(role) } else { usual };
        let role = role.or_else(|| may.keys().next().map(String::as_str)).unwrap_or_default();
        let level = self.house.roles.iter().find(|r| r.id == role).map_or("", |r| r.level.as_str());
        let code = self.unit(level);
        let unit = self.desk.units().get(&code).cloned();
        let unit = unit.ok_or(Refusal::NotFound(code))?;
        Ok(Actor {
            account: format!("house:year-{role}"),
            name: role.to_owned(),
            role: role.to_owned(),
            unit,
        })
    }
}

/// What an example gives, with another person's number and days moved back.
fn pairs<'a>(
    fields: &Fields,
    given: impl Iterator<Item = &'a (String, String)>,
    n: u64,
    back: i64,
) -> Map<String, Json> {
    let value = |id: &str, text: &str| {
        let Some(field) = fields.get(id) else { return text.to_owned() };
        match field.kind.shape() {
            Shape::Date => moved(text, back),
            Shape::DateTime => text
                .parse::<DateTime>()
                .map(|at| (at - back.days()).strftime("%Y-%m-%d %H:%M").to_string())
                .unwrap_or_else(|_| text.to_owned()),
            Shape::Plain if field.kind.word() == "证件号" => other_number(text, n),
            // One name for all would make every creation look at all namesakes.
            Shape::Plain if field.kind.word() == "姓名" => {
                names::person(&mut Dice::new(n, 1), Span::Grown, n, false, String::new()).name
            }
            _ => text.to_owned(),
        }
    };
    given.map(|(id, text)| (id.clone(), Json::from(value(id, text)))).collect()
}

fn moved(text: &str, back: i64) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), |day| (day - back.days()).to_string())
}

/// A number of the same birth date and sex; the given text if it is none.
fn other_number(text: &str, n: u64) -> String {
    let (Some(birth), Some(odd)) = (text.get(6..14), text.get(16..17)) else {
        return text.to_owned();
    };
    let area: String = names::number(Span::Grown, n / 500, false).chars().take(6).collect();
    let odd = odd.parse::<u64>().unwrap_or(1) % 2;
    let first = format!("{area}{birth}{:03}", n % 499 * 2 + odd);
    match id_number::check_digit(&first) {
        Some(check) if text.len() == 18 => format!("{first}{check}"),
        _ => text.to_owned(),
    }
}

/// A refusal with what is to be mended.
fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Invalid(problems) => {
            let first = problems.iter().find(|p| p.severity == engine::problem::Severity::Error);
            first.map_or_else(|| refusal.to_string(), ToString::to_string)
        }
        _ => refusal.to_string(),
    }
}
