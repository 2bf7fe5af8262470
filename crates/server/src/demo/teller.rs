//! The other businesses at work: the worked examples of their definitions, told again in one
//! township.
//!
//! A kind that nobody has written yet gets records from the beginnings that its examples show; then
//! what its examples show to be possible is done to them, step by step. An example stands alone and
//! a record stands among others, so some things are refused here: they are left out. No business is
//! named.

use super::{
    days,
    dice::Dice,
    retold::{Scene, Turn, another},
    tales::{Shown, Tales, there},
};
use crate::clock;
use desk::{Actor, Deed, Desk, Done, Manner, Refusal};
use engine::{
    definition::{Example, Field, Fields, RecordKind},
    kind::Shape,
    problem::{Problem, Severity},
};
use jiff::{ToSpan, civil::Date};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use store::StoreError;

/// Steps done to a record at most.
const STEPS: usize = 5;
/// So many of the steps that are possible are tried.
const TRIED: usize = 8;
/// How often one record is tried again.
const MENDED: usize = 8;
/// After so many in a row that were not taken, no more of a kind are tried.
const GIVEN_UP: usize = 12;
/// After so many in a row that were not taken, no more begin as one example does, and no more are
/// led on from one state to another.
const POOR: usize = 3;
/// Two hours after the beginning of office hours, in milliseconds.
const TWO_HOURS: i64 = 7_200_000;
/// The shared archives.
const COMMON: &str = "common";
/// How deep records that others refer to are made for them.
const DEPTH: usize = 4;

/// Which records an example says of: by field, with which values.
type Linked = [(String, Vec<(String, String)>)];

/// A record that was made.
#[derive(Clone, Debug)]
struct Made {
    id: String,
    state: String,
    /// Which one of its kind: others that belong together have the same.
    turn: usize,
    /// Days from the example's to its own; unknown if others made it.
    shift: Option<i64>,
}

/// A record to be made.
#[derive(Clone, Copy)]
struct Wish<'t> {
    kind: &'t RecordKind,
    /// The example that it begins as.
    like: &'t Example,
    turn: usize,
    /// How far it is from the one that all this is made for.
    depth: usize,
    shift: i64,
}

/// How tellings follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How many days ago the first, the second … of a kind began.
    pub began: fn(usize) -> i64,
    /// Which of the tellers this is, of how many: each tells of other people.
    pub teller: (usize, usize),
}

/// Who tells.
pub struct Teller<'t> {
    desk: &'t Desk,
    tales: &'t Tales,
    scene: Scene,
    actors: BTreeMap<String, Actor>,
    pace: Pace,
    today: Date,
    /// The last moment anything may happen at.
    now: i64,
    made: BTreeMap<&'t str, Vec<Made>>,
    /// How often in a row one of the kind was not taken, and why not the last time.
    refused: BTreeMap<&'t str, (usize, String)>,
    /// How often in a row none was taken that begins as the example does: kind and example.
    poor: BTreeMap<(&'t str, &'t str), usize>,
    /// How often in a row none was led on: kind, from which state to which.
    stuck: BTreeMap<(&'t str, String, String), usize>,
    /// What the store could not do.
    broken: Option<Refusal>,
    dice: Dice,
}

impl<'t> Teller<'t> {
    /// Somebody who has these actors by role.
    pub fn new(
        (desk, tales): (&'t Desk, &'t Tales),
        (scene, actors): (Scene, BTreeMap<String, Actor>),
        pace: Pace,
        now: i64,
        seed: u64,
    ) -> Self {
        let (made, refused, poor, stuck) = Default::default();
        let (today, dice, broken) = (days::date(now), Dice::new(seed, 7), None);
        Self {
            desk,
            tales,
            scene,
            actors,
            pace,
            today,
            now,
            made,
            refused,
            poor,
            stuck,
            broken,
            dice,
        }
    }

    /// Tells a kind until there are so many of it, or it is not taken any more; gives how many there
    /// are.
    pub async fn tell(&mut self, kind: &'t RecordKind, count: usize) -> Result<usize, Refusal> {
        for turn in 0..count {
            if !self.all(kind).iter().any(|made| made.turn == turn) {
                self.begin(kind, turn, 0).await;
            }
            if let Some(broken) = self.broken.take() {
                return Err(broken);
            }
        }
        Ok(self.all(kind).len())
    }

    /// Goes on with each record of a kind, some further than others.
    pub async fn go_on_with(&mut self, kind: &'t RecordKind) {
        for made in self.all(kind).to_vec() {
            let steps = self.dice.below(STEPS as u64 + 1) as usize;
            self.go_on(kind, made, steps, None).await;
        }
    }

    /// Why the last record of the kind was not taken; empty if it was.
    pub fn refused(&self, kind: &RecordKind) -> &str {
        self.refused.get(kind.id.as_str()).map_or("", |(_, why)| why)
    }

    fn all(&self, kind: &RecordKind) -> &[Made] {
        self.made.get(kind.id.as_str()).map_or(&[], Vec::as_slice)
    }

    fn turn(&self, turn: usize, shift: i64) -> Turn {
        let (at, of) = self.pace.teller;
        Turn { number: (turn * of + at) as u64, shift }
    }

    /// One record of a kind, if the house takes it.
    async fn begin(&mut self, kind: &'t RecordKind, turn: usize, depth: usize) -> Option<Made> {
        if self.refused.get(kind.id.as_str()).is_some_and(|(times, _)| *times >= GIVEN_UP) {
            return None;
        }
        let tales = self.tales;
        let all = tales.beginnings(kind);
        for at in 0..all.len() {
            let like = &all[(turn + at) % all.len()];
            let name = (kind.id.as_str(), like.name.as_str());
            if self.poor.get(&name).is_some_and(|times| *times >= POOR) {
                continue;
            }
            let made = self.begin_as(Wish { kind, like, turn, depth, shift: 0 }).await;
            let poor = self.poor.entry(name).or_default();
            *poor = if made.is_some() { 0 } else { *poor + 1 };
            if made.is_some() {
                return made;
            }
        }
        None
    }

    async fn begin_as(&mut self, mut wish: Wish<'t>) -> Option<Made> {
        let Wish { kind, like, turn, depth, .. } = wish;
        let began: Date = like.on.parse().ok()?;
        wish.shift = days_to(began, self.today - (self.pace.began)(turn).days());
        let mut input = Map::new();
        if let Some(attached) = &kind.attached {
            let upper = self.kind(&attached.kind)?;
            let wanted = state_of(&like.linked, &upper.id);
            let parent = Box::pin(self.one(upper, turn, &wanted, depth)).await?;
            // As long after its parent as in the examples, but not after today.
            let own = wish.shift - 60;
            wish.shift = parent.shift.map_or(own, |shift| shift.max(own));
            let latest = i64::try_from(turn % 7).unwrap_or(0);
            wish.shift = wish.shift.min(days_to(began, self.today) - latest);
            input.insert(upper.id.clone(), Json::from(parent.id));
        }
        for (field, values) in &like.linked {
            if !input.contains_key(field) {
                self.refer(wish, field, values, &mut input).await;
            }
        }
        self.tell_fields(wish, &mut input);
        self.refer_in_rows(wish, &mut input).await;
        let day = (began + wish.shift.days()).min(self.today);
        let done = self.create(wish, input, day).await?;
        Some(self.kept(wish, done))
    }

    /// What the example gives, of the record and of its rows.
    fn tell_fields(&self, wish: Wish<'t>, input: &mut Map<String, Json>) {
        let turn = self.turn(wish.turn, wish.shift);
        let told = |fields: &Fields, given: &[(String, String)]| -> Map<String, Json> {
            let told = given.iter().filter_map(|(field, value)| {
                Some((field.clone(), self.scene.told(fields.get(field), value, turn)?))
            });
            told.collect()
        };
        input.extend(told(&wish.kind.fields, &wish.like.given));
        for (field, row) in &wish.like.rows {
            let Some(fields) = columns(wish.kind, field) else { continue };
            let row = Json::Object(told(fields, row));
            match input.entry(field.clone()).or_insert_with(|| Json::Array(Vec::new())) {
                Json::Array(rows) => rows.push(row),
                other => *other = Json::Array(vec![row]),
            }
        }
    }

    fn kept(&mut self, wish: Wish<'t>, done: Done) -> Made {
        let Wish { turn, shift, .. } = wish;
        let made = Made { id: done.id, state: done.state, turn, shift: Some(shift) };
        self.made.entry(&wish.kind.id).or_default().push(made.clone());
        made
    }

    /// Makes it, by whom may, mending what stands in the way of a second one of its kind.
    async fn create(
        &mut self,
        wish: Wish<'t>,
        mut input: Map<String, Json>,
        day: Date,
    ) -> Option<Done> {
        let kind = wish.kind;
        let mut why = String::new();
        let roles = kind.permissions.create.keys().map(String::as_str);
        for actor in self.acting(roles, &wish.like.role) {
            for again in 0..MENDED {
                let deed = Deed::Create { kind: kind.id.clone(), input: input.clone() };
                let problems = match self.done(&actor, deed, day).await {
                    Ok(done) => {
                        self.refused.remove(kind.id.as_str());
                        return Some(done);
                    }
                    Err(refusal) => {
                        why = words(&refusal);
                        match refusal {
                            Refusal::Invalid(problems) => problems,
                            _ => break,
                        }
                    }
                };
                let mut mended = false;
                for problem in &problems {
                    mended |= self.mend(wish, problem, again, &mut input).await;
                }
                if !mended {
                    break;
                }
            }
        }
        let (times, last) = self.refused.entry(&kind.id).or_default();
        (*times, *last) = (*times + 1, why);
        None
    }

    /// Changes the input so that this problem may be gone.
    async fn mend(
        &mut self,
        wish: Wish<'t>,
        problem: &Problem,
        again: usize,
        input: &mut Map<String, Json>,
    ) -> bool {
        let field = problem.field.as_str();
        match problem.code.as_str() {
            "taken" => {
                let number = self.turn(wish.turn, 0).number + again as u64;
                match input.get(field).and_then(Json::as_str).map(|it| another(it, number)) {
                    Some(value) => input.insert(field.to_owned(), Json::from(value)).is_some(),
                    None => false,
                }
            }
            // The archive and the house know better.
            "read_only" | "archive_name_differs" => input.remove(field).is_some(),
            "required" if wish.depth < DEPTH && !input.contains_key(field) => {
                let deeper = Wish { depth: wish.depth + 1, ..wish };
                self.refer(deeper, field, &[], input).await;
                input.contains_key(field)
            }
            // Another one is wanted: one as the example describes it.
            "reference" if wish.depth < DEPTH => {
                let target = wish.kind.fields.get(field).and_then(|found| self.target(found));
                let values = wish.like.linked.iter().rev().find(|(name, _)| name == field);
                let (Some(target), Some((_, values))) = (target, values) else { return false };
                let Some(made) = self.described(target, values, wish).await else { return false };
                input.insert(field.to_owned(), Json::from(made.id)).is_some()
            }
            _ => false,
        }
    }

    /// Fills what rows refer to.
    async fn refer_in_rows(&mut self, wish: Wish<'t>, input: &mut Map<String, Json>) {
        for (field, values) in &wish.like.linked {
            let Some((rows, column)) = field.split_once('.') else { continue };
            let found = columns(wish.kind, rows).and_then(|fields| fields.get(column));
            let Some(target) = found.and_then(|field| self.target(field)) else { continue };
            let Some(id) = self.found(target, values, wish).await else { continue };
            let list = input.entry(rows).or_insert_with(|| json!([{}]));
            for row in list.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut) {
                row.insert(column.to_owned(), Json::from(id.as_str()));
            }
        }
    }

    fn kind(&self, id: &str) -> Option<&'t RecordKind> {
        self.tales.house.kind(id).map(|kind| &**kind)
    }

    fn target(&self, field: &Field) -> Option<&'t RecordKind> {
        match field.kind.shape() {
            Shape::Reference(target) => self.kind(target),
            _ => None,
        }
    }

    /// A new record as an example describes what it refers to, brought into the state it says.
    async fn described(
        &mut self,
        target: &'t RecordKind,
        values: &[(String, String)],
        by: Wish<'t>,
    ) -> Option<Made> {
        let like = self.tales.beginnings(target).first()?;
        if by.depth >= DEPTH {
            return None;
        }
        let day = self.today - (self.pace.began)(0).days();
        let shift = like.on.parse().map_or(0, |began| days_to(began, day));
        let turn = self.turn(by.turn, shift);
        let mut input = Map::new();
        for (field, value) in like.given.iter().chain(values.iter().filter(|(f, _)| f != "state")) {
            if let Some(value) = self.scene.told(target.fields.get(field), value, turn) {
                input.insert(field.clone(), value);
            }
        }
        let wish = Wish { kind: target, like, turn: by.turn, depth: DEPTH, shift };
        let done = Box::pin(self.create(wish, input, day)).await?;
        let made = self.kept(wish, done);
        let wanted = value_of(values, "state").to_owned();
        Some(Box::pin(self.go_on(target, made, STEPS, Some(&wanted))).await)
    }

    /// The id of a record to refer to. One of the shared archives is made as the example describes
    /// it, because names are compared with it.
    async fn found(
        &mut self,
        target: &'t RecordKind,
        values: &[(String, String)],
        by: Wish<'t>,
    ) -> Option<String> {
        if target.business == COMMON
            && !values.is_empty()
            && let Some(made) = self.described(target, values, by).await
        {
            return Some(made.id);
        }
        let wanted = value_of(values, "state").to_owned();
        Some(Box::pin(self.one(target, by.turn, &wanted, by.depth)).await?.id)
    }

    /// A record that others can refer to: ours of the same turn first, then one that others made,
    /// then a new one.
    async fn one(
        &mut self,
        kind: &'t RecordKind,
        turn: usize,
        wanted: &str,
        depth: usize,
    ) -> Option<Made> {
        let fits = |made: &Made| wanted.is_empty() || made.state == wanted;
        let same = self.all(kind).iter().find(|made| made.turn == turn).cloned();
        let made = match same {
            Some(made) => made,
            None => match self.others(kind, turn, wanted).await {
                Some(made) => return Some(made),
                None if depth < DEPTH => Box::pin(self.begin(kind, turn, depth + 1)).await?,
                None => return None,
            },
        };
        let made = self.lead(kind, made, wanted).await;
        if fits(&made) {
            return Some(made);
        }
        Some(self.all(kind).iter().find(|made| fits(made)).cloned().unwrap_or(made))
    }

    /// A record that somebody else made, where none is ours.
    async fn others(&self, kind: &'t RecordKind, turn: usize, wanted: &str) -> Option<Made> {
        let actor = self.actors.get("county").filter(|_| self.all(kind).is_empty())?;
        let there = there(self.desk, actor, kind, wanted).await;
        let id = there.get(turn % there.len().max(1))?.clone();
        Some(Made { id, state: wanted.to_owned(), turn, shift: None })
    }

    /// Brings a record into a state, where that was possible before.
    async fn lead(&mut self, kind: &'t RecordKind, made: Made, wanted: &str) -> Made {
        if wanted.is_empty() || made.state == wanted {
            return made;
        }
        let way = (kind.id.as_str(), made.state.clone(), wanted.to_owned());
        if self.stuck.get(&way).is_some_and(|times| *times >= POOR) {
            return made;
        }
        let made = self.go_on(kind, made, STEPS, Some(wanted)).await;
        let stuck = self.stuck.entry(way).or_default();
        *stuck = if made.state == wanted { 0 } else { *stuck + 1 };
        made
    }

    /// Fills a field that refers to another record.
    async fn refer(
        &mut self,
        wish: Wish<'t>,
        field: &str,
        values: &[(String, String)],
        input: &mut Map<String, Json>,
    ) {
        if let Some(target) = wish.kind.fields.get(field).and_then(|found| self.target(found))
            && let Some(id) = self.found(target, values, wish).await
        {
            input.insert(field.to_owned(), Json::from(id));
        }
    }

    /// Does to a record what its examples show, at most so many steps, or until it is in a state.
    async fn go_on(
        &mut self,
        kind: &'t RecordKind,
        mut made: Made,
        steps: usize,
        until: Option<&str>,
    ) -> Made {
        for _ in 0..steps {
            if until.is_some_and(|wanted| wanted.is_empty() || made.state == wanted) {
                break;
            }
            let mut shown = self.tales.steps(kind, &made.state);
            // What leads where somebody waits comes first; otherwise chance.
            let to = |shown: &Shown| kind.action(&shown.action).map_or("", |a| a.to.as_str());
            let first = self.dice.below(shown.len().max(1) as u64) as usize;
            let cut = first.min(shown.len());
            shown.rotate_left(cut);
            shown.sort_by_key(|shown| until != Some(to(shown)));
            let mut went = false;
            for shown in shown.into_iter().take(TRIED) {
                if self.act(kind, &mut made, shown).await {
                    went = true;
                    break;
                }
            }
            if !went {
                break;
            }
        }
        made
    }

    async fn act(&mut self, kind: &'t RecordKind, made: &mut Made, shown: &Shown) -> bool {
        let shift = made.shift.unwrap_or(0);
        let day = shown.on.map_or(self.today, |on| (on + shift.days()).min(self.today));
        let turn = self.turn(made.turn, shift);
        let told = shown.typed.iter().filter_map(|(field, value)| {
            Some((field.clone(), self.scene.told(kind.fields.get(field), value, turn)?))
        });
        let input: Map<_, _> = told.collect();
        let by = kind.action(&shown.action).map_or(&[][..], |action| &action.by);
        for actor in self.acting(by.iter().map(String::as_str), "") {
            let deed = Deed::Action {
                kind: kind.id.clone(),
                id: made.id.clone(),
                action: shown.action.clone(),
                version: None,
                input: input.clone(),
            };
            if let Ok(done) = self.done(&actor, deed, day).await {
                made.state.clone_from(&done.state);
                let all = self.made.get_mut(kind.id.as_str()).into_iter().flatten();
                all.filter(|one| one.id == made.id)
                    .for_each(|one| one.state.clone_from(&done.state));
                return true;
            }
        }
        false
    }

    /// Who may: whom the example names, the township's office, the county's, then the rest.
    fn acting<'r>(&self, roles: impl Iterator<Item = &'r str>, named: &str) -> Vec<Actor> {
        let mut acting: Vec<_> = roles.filter_map(|role| self.actors.get(role).cloned()).collect();
        let first = [named, "office", "county"];
        acting.sort_by_key(|actor| first.iter().position(|role| *role == actor.role).unwrap_or(9));
        acting
    }

    async fn done(&mut self, actor: &Actor, deed: Deed, day: Date) -> Result<Done, Refusal> {
        // Ten in the morning in China, never later than now.
        let at = (days::at(day) + TWO_HOURS).min(self.now);
        let moment = clock::moment(at, &actor.account);
        let manner = Manner { confirmed: true, key: None };
        let done = self.desk.act(actor, deed, manner, &moment).await;
        if let Err(refusal) = &done {
            tracing::debug!(?refusal, "left out");
            if let Refusal::Store(error) = refusal
                && !matches!(error, StoreError::Taken { .. })
            {
                self.broken = Some(Refusal::Store(error.clone()));
            }
        }
        done
    }
}

/// A refusal with what is to be mended.
fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Invalid(problems) => {
            let first = problems.iter().find(|p| p.severity == Severity::Error);
            first.map_or_else(|| refusal.to_string(), ToString::to_string)
        }
        _ => refusal.to_string(),
    }
}

fn days_to(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The fields of the rows of a field.
fn columns<'k>(kind: &'k RecordKind, field: &str) -> Option<&'k Fields> {
    match kind.fields.get(field)?.kind.shape() {
        Shape::Rows(row) => kind.rows.get(row).map(|row| &row.fields),
        _ => None,
    }
}

fn value_of<'v>(values: &'v [(String, String)], name: &str) -> &'v str {
    values.iter().rev().find(|(n, _)| n == name).map_or("", |(_, value)| value)
}

fn state_of(linked: &Linked, field: &str) -> String {
    let found = linked.iter().rev().find(|(name, _)| name == field);
    found.map_or_else(String::new, |(_, values)| value_of(values, "state").to_owned())
}
