//! The province of the simulation: units, people, a clock that jumps, and villages whose committees
//! are in office.

use crate::{
    sim::{
        dice::Dice,
        failing::{Failing, Plan},
        ledger::{Answered, Ledger},
    },
    world::{Counting, at, id_number, map},
};
use desk::{
    Actor, Deed, Desk, Done, Manner, Moment, Refusal,
    accounts::NewAccount,
    division::Which,
    seal::Keys,
    units::{Level, Unit},
};
use engine::{
    definition::House,
    query::{Filter, Select},
};
use jiff::{ToSpan, civil::Date};
use serde_json::{Value as Json, json};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use store::{Keeper, MemoryKeeper};

/// Noon of 2023-12-27 in China: a year's end, a leap day and another year's end lie ahead.
const BEGIN: i64 = 1_703_649_600_000;
pub const DAY: i64 = 86_400_000;
pub const PASSWORD: &str = "Fengqiao-2026";

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub actors: usize,
    /// Villages with a committee in office.
    pub settled: usize,
}

pub struct Town {
    pub seed: u64,
    pub dice: Dice,
    pub house: Arc<House>,
    pub keeper: Failing,
    /// The model without faults.
    pub model: MemoryKeeper,
    pub desk: Desk,
    pub clock: Arc<AtomicI64>,
    pub ledger: RefCell<Ledger>,
    pub actors: Vec<Actor>,
    /// For each unit, the codes at and below it.
    pub below: BTreeMap<String, Vec<String>>,
    pub villages: Vec<Village>,
}

/// A village with its committee.
#[derive(Clone, Debug)]
pub struct Village {
    pub mediator: Actor,
    pub office: Actor,
    pub committee: String,
    pub mediators: Vec<String>,
}

/// 1 province, 2 cities, 4 counties, 12 townships, 48 villages.
fn units() -> String {
    let mut csv = "code,name,parent\n560000,青禾省,\n".to_owned();
    for city in 1..=2 {
        csv += &format!("560{city}00,第{city}市,560000\n");
        for county in 1..=2 {
            let county = format!("560{city}0{county}");
            csv += &format!("{county},县{county},560{city}00\n");
            for township in 1..=3 {
                let township = format!("{county}00{township}");
                csv += &format!("{township},镇{township},{county}\n");
                for village in 1..=4 {
                    csv += &format!("{township}00{village},村{township}{village},{township}\n");
                }
            }
        }
    }
    csv
}

/// Role, length of the unit's code, share in a thousand.
const POSTS: [(&str, usize, u64); 9] = [
    ("mediator", 12, 560),
    ("office", 9, 260),
    ("county", 6, 90),
    ("city", 6, 25),
    ("province", 6, 15),
    ("system_admin", 6, 15),
    ("security_admin", 6, 10),
    ("auditor", 6, 10),
    // A post where it does not belong.
    ("mediator", 9, 15),
];

impl Town {
    pub async fn new(house: Arc<House>, seed: u64, size: Size) -> Self {
        let dice = Dice::new(seed);
        let clock = Arc::new(AtomicI64::new(BEGIN));
        let told = Arc::clone(&clock);
        let model = MemoryKeeper::new(Arc::new(move || told.load(Ordering::Relaxed)));
        let keeper = Failing::new(model.clone(), dice.clone());
        let keys = Keys { seal: [7; 16], index: [9; 32] };
        let chance = Box::new(Counting::default());
        let desk =
            Desk::open(Arc::new(keeper.clone()), (*house).clone(), &keys, chance).await.unwrap();
        desk.import_units(None, &[&units()], &Which::default(), &at(BEGIN)).await.unwrap();
        let mut town = Self {
            seed,
            dice,
            house,
            keeper,
            model,
            desk,
            clock,
            ledger: RefCell::default(),
            actors: Vec::new(),
            below: BTreeMap::new(),
            villages: Vec::new(),
        };
        town.below = town.below();
        town.actors = town.people(size).await;
        town.settle(size.settled).await;
        town
    }

    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    pub fn today(&self) -> Date {
        at(self.now()).today
    }

    /// The moment of somebody's deed: no two are the same while the clock goes on.
    pub fn moment(&self, actor: &Actor) -> Moment {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        Moment { actor: actor.account.clone(), ..at(now) }
    }

    /// Says what is wrong, with the seed that shows it again.
    pub fn claim(&self, holds: bool, what: impl FnOnce() -> String) {
        assert!(holds, "seed {}: {}", self.seed, what());
    }

    fn below(&self) -> BTreeMap<String, Vec<String>> {
        let units = self.desk.units();
        let below = |path: &str| {
            units
                .all()
                .iter()
                .filter(|u| u.path.starts_with(path))
                .map(|u| u.code.clone())
                .collect()
        };
        units.all().iter().map(|u| (u.code.clone(), below(&u.path))).collect()
    }

    async fn people(&self, size: Size) -> Vec<Actor> {
        let units = self.desk.units();
        let top = Actor::house("people", &units.all()[0]);
        let settled = self.village_codes(size.settled);
        let posts: Vec<_> = (0..size.actors).map(|_| self.post(&settled)).collect();
        let account = |(n, (role, unit)): (usize, &(&str, Unit))| NewAccount {
            login: format!("{role}-{n}"),
            name: "李秋月".to_owned(),
            password: PASSWORD.to_owned(),
            role: (*role).to_owned(),
            unit: unit.code.clone(),
        };
        let new: Vec<NewAccount> = posts.iter().enumerate().map(account).collect();
        let ids = self.desk.add_accounts(&top, &new, &self.moment(&top)).await.unwrap();
        let actor = |((account, new), (role, unit)): ((String, NewAccount), (&str, _))| Actor {
            account,
            name: new.login,
            role: role.to_owned(),
            unit,
        };
        ids.into_iter().zip(new).zip(posts).map(actor).collect()
    }

    /// A role and where: most of those of villages where there is something to do.
    fn post(&self, settled: &[String]) -> (&'static str, Unit) {
        let mut draw = self.dice.draw() % 1_000;
        let post = POSTS.iter().find(|(_, _, share)| {
            let found = draw < *share;
            draw = draw.saturating_sub(*share);
            found
        });
        let (role, digits, _) = *post.unwrap_or(&POSTS[0]);
        let units = self.desk.units();
        if digits == 12
            && self.dice.percent(80)
            && let Some(unit) = self.dice.pick(settled).and_then(|code| units.get(code))
        {
            return (role, unit.clone());
        }
        let fits = |unit: &&Unit| match role {
            "city" => unit.level == Level::City,
            "county" => unit.level == Level::County,
            "province" => unit.level == Level::Province,
            _ => unit.code.len() == digits,
        };
        let fitting: Vec<_> = units.all().iter().filter(fits).collect();
        (role, (*self.dice.pick(&fitting).unwrap()).clone())
    }

    /// An actor who is nobody's account, for set-up.
    pub fn persona(&self, role: &str, unit: &str) -> Actor {
        crate::world::persona(&self.desk, role, unit)
    }

    /// Does it as set-up: it must be done.
    pub async fn must(&self, actor: &Actor, deed: Deed) -> Done {
        let key = Some(self.ledger.borrow_mut().new_key());
        let manner = Manner { confirmed: true, key };
        let moment = self.moment(actor);
        let done = self.desk.act(actor, deed.clone(), manner.clone(), &moment).await;
        let done = done.unwrap_or_else(|refusal| panic!("seed {}: {refusal:?}", self.seed));
        self.note(actor, deed, manner, &done, moment.at).await;
        done
    }

    pub async fn create(&self, actor: &Actor, kind: &str, input: Json) -> String {
        self.must(actor, Deed::Create { kind: kind.to_owned(), input: map(input) }).await.id
    }

    pub async fn action(&self, actor: &Actor, kind: &str, id: &str, action: &str, input: Json) {
        let (kind, id, action) = (kind.to_owned(), id.to_owned(), action.to_owned());
        let deed = Deed::Action { kind, id, action, version: None, input: map(input) };
        self.must(actor, deed).await;
    }

    /// Writes an acknowledged deed down.
    pub async fn note(&self, actor: &Actor, deed: Deed, manner: Manner, done: &Done, at: i64) {
        let select =
            Select::from(&done.kind, &["path"]).filter(Filter::equal("id", done.id.as_str()));
        let rows = self.model.find(&select).await.unwrap();
        let path = rows.first().and_then(|row| row[0].as_text()).unwrap_or_default().to_owned();
        self.claim(!path.is_empty(), || format!("{done:?} was acknowledged and is not there"));
        let answered = Answered { actor: actor.clone(), deed, manner, done: done.clone() };
        let noted = self.ledger.borrow_mut().note(answered, at, &path);
        self.claim(noted.is_ok(), || format!("{noted:?}"));
    }

    /// So many villages: one of each township first, so that few lie in many counties.
    fn village_codes(&self, count: usize) -> Vec<String> {
        let units = self.desk.units();
        let villages = units.all().iter().filter(|u| u.level == Level::Village);
        let mut codes: Vec<String> = villages.map(|u| u.code.clone()).collect();
        codes.sort_by_key(|code| (code[9..].to_owned(), code[..9].to_owned()));
        codes.truncate(count);
        codes
    }

    /// Offices and committees in force, each with three mediators in office.
    async fn settle(&mut self, count: usize) {
        let villages = self.village_codes(count);
        let mut offices: BTreeMap<&str, String> = BTreeMap::new();
        for (number, village) in villages.iter().enumerate() {
            let township = &village[..9];
            if !offices.contains_key(township) {
                let office = self.settle_office(township).await;
                offices.insert(township, office);
            }
            let village = self.settle_village(village, number, &offices[township]).await;
            self.villages.push(village);
        }
    }

    async fn settle_office(&self, township: &str) -> String {
        let office = json!({
            "office_name": format!("{township}司法所"), "is_established": true,
            "management_system": "1", "area_type": "1", "area_division": township,
            "establishment_level": "1", "quota_allocated": 3, "quota_filled": 2,
            "phone": "0579-88880001", "address": "镇2号", "head_phone": "19900000009",
        });
        self.create(&self.persona("office", township), "justice_office", office).await
    }

    async fn settle_village(&self, village: &str, number: usize, office: &str) -> Village {
        let (clerk, county) =
            (self.persona("office", &village[..9]), self.persona("county", &village[..6]));
        let day = |days: i64| self.today().checked_add(days.days()).unwrap().to_string();
        let committee = json!({
            "committee_name": format!("{village}村人民调解委员会"), "committee_type": "01",
            "short_name": format!("柳{number}"), "division": village, "founded_on": day(-800),
            "elected_on": day(-200), "term_ends_on": day(800), "phone": "0579-88880000",
            "address": "村1号", "office": office,
        });
        let committee = self.create(&county, "mediation_committee", committee).await;
        let mut mediators = Vec::new();
        for (index, name) in ["王长河", "李秋月", "赵平安"].into_iter().enumerate() {
            let mediator = json!({
                "mediation_committee": committee, "full_name": name,
                "id_number": id_number("19700101", (number * 6 + index * 2) as u32 + 1),
                "ethnic": "01", "education": "60", "mobile": "19900000001",
                "post": if index == 0 { "1" } else { "3" }, "employment": "2", "origin": "1",
                "is_purchased": false, "hired_on": day(-900), "term_from": day(-200),
                "term_to": day(800),
            });
            let id = self.create(&clerk, "mediator", mediator).await;
            self.action(&county, "mediator", &id, "file", json!({})).await;
            mediators.push(id);
        }
        let (kind, input) = ("mediation_committee", map(json!({ "head": mediators[0] })));
        let (id, version) = (committee.clone(), None);
        self.must(&county, Deed::Change { kind: kind.to_owned(), id, version, input }).await;
        self.action(&county, kind, &committee, "file", json!({})).await;
        Village { mediator: self.persona("mediator", village), office: clerk, committee, mediators }
    }

    /// A case as a mediator of the village types it.
    pub fn case(&self, village: &Village, name: &str) -> Json {
        json!({
            "committee": village.committee, "case_name": name, "source": "2", "dispute_type": "02",
            "difficulty": "2", "summary": "两家因屋檐滴水多次争吵，要求调解。", "amount": "1200.50",
            "people_count": 2, "occurred_place": { "address": "村东头" },
            "parties": [
                { "role": "1", "name": "陈秀兰", "id_number": id_number("19600203", 22) },
                { "role": "2", "name": "孙建国", "id_number": id_number("19580607", 31) },
            ],
        })
    }

    /// From now on nothing fails.
    pub fn calm(&self) {
        self.keeper.plan(Plan::Never);
    }
}

/// What a refusal is called in counts.
pub fn name(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotSignedIn => "not_signed_in",
        Refusal::SignIn(_) => "sign_in",
        Refusal::Forbidden { .. } => "forbidden",
        Refusal::NotFound(_) => "not_found",
        Refusal::Invalid(_) => "invalid",
        Refusal::Confirm(_) => "confirm",
        Refusal::ReasonRequired(_) => "reason_required",
        Refusal::Changed(_) => "changed",
        Refusal::KeyReused => "key_reused",
        Refusal::Store(_) => "store",
    }
}
