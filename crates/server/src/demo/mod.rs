//! The demonstration: an invented province at work for two years.
//!
//! [`land`] is its map, [`team`] the offices and committees, [`matters`] what people quarrel about,
//! [`quarrel`] who with whom, [`story`] one case from beginning to end, [`walk`] two years of one
//! place. The work of the other businesses is what their worked examples show ([`tales`]), told again
//! ([`teller`]) of other people and days ([`retold`]). Everything is done through the desk by the
//! accounts whose work it is, at moments of the past. The same seed and day give the same province;
//! only ids differ.

mod crowd;
mod days;
mod dice;
mod hand;
mod land;
pub mod load;
mod matters;
mod names;
mod quarrel;
mod retold;
mod story;
mod tales;
mod team;
mod teller;
#[cfg(test)]
mod tests;
mod walk;
pub mod year;

use crate::app::DemoAccount;
use days::Days;
use desk::{Actor, Desk, Moment, Refusal, accounts::NewAccount, division::Which};
use engine::definition::House;
use hand::Hand;
use land::County;
use retold::Scene;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// Password of every account of the demonstration.
pub const PASSWORD: &str = "Fengqiao-2026";

/// How far cases are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// To their end.
    Full,
    /// Registered and accepted; one in ten to its end. For volume.
    Shallow,
}

/// Makes the province: units, accounts, offices, committees, so many cases up to today, and some
/// work of the other businesses in the place of the shown accounts, as the examples of `told` have
/// it. `progress` is told what is being made, how many, of how many.
pub async fn make(
    desk: &Desk,
    told: House,
    cases: u64,
    seed: u64,
    now: &Moment,
    progress: &mut (dyn FnMut(&str, u64, u64) + Send),
) -> Result<Vec<DemoAccount>, Refusal> {
    let hand = province(desk, cases, seed, Depth::Full, now, progress).await?;
    progress("其他业务", 0, 1);
    let turns = usize::try_from(cases / 50).unwrap_or(usize::MAX).min(BEGAN.len());
    let told = others_work(desk, &hand, tales::Tales::of(told), turns, (now, seed)).await?;
    tracing::info!(told, "the other businesses are at work");
    Ok(shown())
}

/// How long ago the first, the second … of a kind began, in days.
const BEGAN: [i64; 6] = [200, 120, 75, 40, 20, 7];

/// The work of the other businesses in the place of the shown accounts: so many of each kind; gives
/// how many records were made of all.
async fn others_work(
    desk: &Desk,
    hand: &Hand<'_>,
    tales: tales::Tales,
    turns: usize,
    (now, seed): (&Moment, u64),
) -> Result<usize, Refusal> {
    let missing = || Refusal::NotFound(land::TOP.to_owned());
    let mut scene = Scene::shown().ok_or_else(missing)?;
    let actors = others(desk, hand, &scene, now).await?;
    scene.accounts = actors.values().map(|actor| actor.account.clone()).collect();
    let untold = tales.untold(desk, actors.get("county").ok_or_else(missing)?).await;
    let pace = teller::Pace { began: |turn| BEGAN[turn % BEGAN.len()], teller: (0, 1) };
    let mut teller = teller::Teller::new((desk, &tales), (scene, actors), pace, now.at, seed);
    let mut told = 0;
    for kind in untold {
        told += teller.tell(kind, turns).await?;
        teller.go_on_with(kind).await;
    }
    Ok(told)
}

/// The province alone, with cases told so far.
pub async fn make_to(
    desk: &Desk,
    cases: u64,
    seed: u64,
    depth: Depth,
    now: &Moment,
    progress: &mut (dyn FnMut(&str, u64, u64) + Send),
) -> Result<Vec<DemoAccount>, Refusal> {
    province(desk, cases, seed, depth, now, progress).await?;
    Ok(shown())
}

async fn province<'d>(
    desk: &'d Desk,
    cases: u64,
    seed: u64,
    depth: Depth,
    now: &Moment,
    progress: &mut (dyn FnMut(&str, u64, u64) + Send),
) -> Result<Hand<'d>, Refusal> {
    let days = Days::until(now.today, now.at);
    let counties = land::counties();
    let begin = crate::clock::moment(days.earliest(), "house:demo");
    progress("单位和账号", 0, 1);
    desk.import_units(None, &[&land::csv(&counties)], &Which::default(), &begin).await?;
    let hand = Hand::new(desk, accounts(desk, &counties, &begin).await?);
    progress("司法所和调委会", 0, 1);
    let places = team::settle(&hand, &counties, seed, days).await?;
    let begins = walk::begins(&places, cases, seed, days);
    let (told, progress) = (AtomicU64::new(0), Mutex::new(progress));
    let begun = || {
        let told = told.fetch_add(1, Ordering::Relaxed) + 1;
        if told % 50 == 0
            && let Ok(mut progress) = progress.lock()
        {
            progress("案件", told, cases);
        }
    };
    let walks = places.into_iter().zip(begins).map(|(place, begins)| {
        walk::Walk { hand: &hand, place, seed, days, depth }.go(begins, &begun)
    });
    crowd::spread(walks.collect())?;
    tracing::info!(acts = hand.acts(), "the province is made");
    Ok(hand)
}

/// An actor for every role, on the line of units of the shown accounts: theirs, and new accounts,
/// named by their roles, for the rest.
async fn others(
    desk: &Desk,
    hand: &Hand<'_>,
    scene: &Scene,
    now: &Moment,
) -> Result<BTreeMap<String, Actor>, Refusal> {
    let (house, units) = (desk.house(), desk.units());
    let mut actors = BTreeMap::new();
    let mut new = Vec::new();
    for (turn, role) in house.roles.iter().enumerate() {
        let Some(unit) = scene.unit(&role.level) else { continue };
        match hand.actor(&role.id, unit) {
            Ok(actor) => drop(actors.insert(role.id.clone(), actor)),
            // The mediators of a village are told apart by their committees; they have their work.
            Err(_) if SHOWN.iter().any(|(shown, _, _)| *shown == role.id) => {}
            Err(_) => new.push(NewAccount {
                login: role.id.clone(),
                name: names::somebody(turn),
                password: PASSWORD.to_owned(),
                role: role.id.clone(),
                unit: unit.to_owned(),
            }),
        }
    }
    let top = units.get(land::TOP).ok_or_else(|| Refusal::NotFound(land::TOP.to_owned()))?;
    let ids = desk.add_accounts(&Actor::house("demo", top), &new, now).await?;
    for (account, new) in ids.into_iter().zip(new) {
        if let Some(unit) = units.get(&new.unit).cloned() {
            let actor = Actor { account, name: new.name, role: new.role.clone(), unit };
            actors.insert(new.role, actor);
        }
    }
    Ok(actors)
}

/// The accounts that visitors try; they lie on one line of the tree.
const SHOWN: [(&str, &str, &str); 8] = [
    ("mediator", "560101001001", "柳河村调解员：登记一件纠纷，调解，出协议书，归档"),
    ("office", "560101001", "柳河司法所：看全镇案件和期限，核查卷宗，管理调委会"),
    ("county", "560101", "临溪县司法局：备案调委会和调解员，看报表"),
    ("city", "560100", "云川市司法局：看各县数字，逐级打开"),
    ("province", "560000", "青禾省司法厅：看全省统计表和各市数字"),
    ("system_admin", "560000", "系统管理员：管理单位和账号"),
    ("security_admin", "560000", "安全管理员：给岗位、停用账号"),
    ("auditor", "560000", "安全审计员：查看操作日志"),
];

fn shown() -> Vec<DemoAccount> {
    let account = |&(role, unit, what_for): &(&str, &str, &str)| DemoAccount {
        account: role.to_owned(),
        password: PASSWORD.to_owned(),
        role: role.to_owned(),
        unit: unit.to_owned(),
        what_for: what_for.to_owned(),
    };
    SHOWN.iter().map(account).collect()
}

/// An account to be made, and under what its actor is found.
struct Wanted {
    account: NewAccount,
    key: (String, String),
}

fn wanted(counties: &[County]) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    let mut want = |login: String, name: String, role: &str, unit: &str, key: String| {
        let shown = SHOWN.iter().find(|(r, u, _)| *r == role && *u == unit);
        let first = !wanted.iter().any(|w: &Wanted| w.account.login == role);
        let login = if shown.is_some() && first { role.to_owned() } else { login };
        let (role, unit) = (role.to_owned(), unit.to_owned());
        let account =
            NewAccount { login, name, password: PASSWORD.to_owned(), role: role.clone(), unit };
        wanted.push(Wanted { account, key: (role, key) });
    };
    for (role, name) in [
        ("province", "青禾省司法厅"),
        ("system_admin", "系统管理员"),
        ("security_admin", "安全管理员"),
        ("auditor", "安全审计员"),
    ] {
        want(role.to_owned(), name.to_owned(), role, land::TOP, land::TOP.to_owned());
    }
    for (code, name) in land::cities() {
        want(format!("city-{code}"), format!("{name}司法局"), "city", code, code.to_owned());
    }
    for county in counties {
        let code = &county.unit.code;
        want(
            format!("county-{code}"),
            format!("{}司法局", county.unit.name),
            "county",
            code,
            code.clone(),
        );
        for township in &county.townships {
            let code = &township.unit.code;
            let name = format!("{}司法所", township.unit.stem());
            want(format!("office-{code}"), name, "office", code, code.clone());
        }
    }
    for (number, (area, committee)) in (1..).zip(team::committees(counties)) {
        let name = format!("{}调解员", area.name);
        let key = format!("{} {committee}", area.code);
        want(format!("mediator-{number:03}"), name, "mediator", &area.code, key);
    }
    wanted
}

/// Makes the accounts; gives their actors.
async fn accounts(
    desk: &Desk,
    counties: &[County],
    moment: &Moment,
) -> Result<HashMap<(String, String), Actor>, Refusal> {
    let units = desk.units();
    let unit =
        |code: &str| units.get(code).cloned().ok_or_else(|| Refusal::NotFound(code.to_owned()));
    let house = Actor::house("demo", &unit(land::TOP)?);
    let (keys, new): (Vec<_>, Vec<_>) =
        wanted(counties).into_iter().map(|w| (w.key, w.account)).unzip();
    let ids = desk.add_accounts(&house, &new, moment).await?;
    let mut actors = HashMap::new();
    for ((key, new), id) in keys.into_iter().zip(&new).zip(ids) {
        let (role, name) = (new.role.clone(), new.name.clone());
        actors.insert(key, Actor { account: id, name, role, unit: unit(&new.unit)? });
    }
    Ok(actors)
}
