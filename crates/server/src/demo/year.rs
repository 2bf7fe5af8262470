//! A large county's year in every business, for volume: what the worked examples show, told again
//! and again in each township of one county, of other people and other days of the year.
//!
//! What an example supposes of other records (a state that they reach by acts) is acted out as far
//! as examples show how; kinds that are not taken all the same are said to be left out, with the
//! refusal.

use super::{
    crowd,
    land::{self, County, Township},
    load,
    retold::Scene,
    tales::Tales,
    teller::{Pace, Teller},
};
use crate::businesses;
use desk::{Actor, Desk, Moment, Refusal};
use engine::definition::{House, RecordKind};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Records of the year that are given by what a large county has; the rest is spread evenly.
const GIVEN: [(&str, u64); 2] = [("corr_case", 1_000), ("resett_case", 5_000)];

/// So many tell in each township, because each waits for the disk after every act.
const TELLERS: usize = 4;

/// What came of a kind.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// Records made.
    pub records: usize,
    /// Why no more were taken somewhere; empty if all were.
    pub refused: String,
}

/// Makes the year in a province that is made already: `records` altogether, of the kinds that nobody
/// has written yet.
pub async fn make(
    desk: &Desk,
    records: u64,
    now: &Moment,
    progress: &mut (dyn FnMut(&str, u64, u64) + Send),
) -> Result<BTreeMap<String, Made>, Refusal> {
    let (house, _) = engine::definition::read(&businesses::embedded());
    let tales = Tales::of(house);
    let counties = land::counties();
    let missing = || Refusal::NotFound(load::COUNTY.to_owned());
    let county = counties.iter().find(|c| c.unit.code == load::COUNTY).ok_or_else(missing)?;
    let of = county.townships.len() * TELLERS;
    let places = county.townships.iter().cycle().enumerate().take(of);
    let tellers =
        places.map(|(at, township)| teller((desk, &tales), (county, township), (at, of), now.at));
    let mut tellers: Vec<Teller<'_>> = tellers.collect();
    let untold = tales.untold(desk, &sees_all(desk)?).await;
    let given: u64 = GIVEN.iter().map(|(_, count)| count).sum();
    let even = records.saturating_sub(given) / (untold.len().max(1) as u64);
    let (mut came, all) = (BTreeMap::new(), untold.len() as u64);
    for (at, kind) in (0..).zip(untold) {
        progress(&kind.label, at, all);
        let count = GIVEN.iter().find(|(id, _)| *id == kind.id).map_or(even, |(_, count)| *count);
        let count = usize::try_from(count).unwrap_or(usize::MAX).div_ceil(of.max(1));
        let made = Mutex::new(Made::default());
        let Some(first) = tellers.first_mut() else { break };
        // What the first is refused the others need not try.
        let taken = first.tell(kind, 1).await? > 0;
        let tell = |one| tell(one, kind, if taken { count } else { 0 }, &made);
        crowd::spread(tellers.iter_mut().map(tell).collect())?;
        let made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        came.insert(kind.label.clone(), made);
    }
    Ok(came)
}

async fn tell<'t>(
    teller: &mut Teller<'t>,
    kind: &'t RecordKind,
    count: usize,
    made: &Mutex<Made>,
) -> Result<(), Refusal> {
    let records = teller.tell(kind, count).await?;
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    made.records += records;
    if made.refused.is_empty() {
        teller.refused(kind).clone_into(&mut made.refused);
    }
    Ok(())
}

/// Whoever tells in one township; every role acts there for the unit of its level.
fn teller<'t>(
    (desk, tales): (&'t Desk, &'t Tales),
    (county, township): (&County, &Township),
    teller: (usize, usize),
    now: i64,
) -> Teller<'t> {
    let scene = Scene::at(county, township);
    let actors = actors(desk, &tales.house, &scene);
    // Every day of the year by turns, none of them today.
    let pace = Pace { began: |turn| 1 + (turn as i64 * 37) % 364, teller };
    Teller::new((desk, tales), (scene, actors), pace, now, teller.0 as u64)
}

fn actors(desk: &Desk, house: &House, scene: &Scene) -> BTreeMap<String, Actor> {
    let units = desk.units();
    let actor = |role: &engine::definition::Role| {
        let (unit, name) = (units.get(scene.unit(&role.level)?).cloned()?, role.id.clone());
        let account = format!("house:year-{name}");
        Some((name.clone(), Actor { account, role: name.clone(), name, unit }))
    };
    house.roles.iter().filter_map(actor).collect()
}

/// Who sees which kinds have records.
fn sees_all(desk: &Desk) -> Result<Actor, Refusal> {
    let top = desk.units().get(land::TOP).cloned();
    Ok(Actor::house("year", &top.ok_or_else(|| Refusal::NotFound(land::TOP.to_owned()))?))
}
