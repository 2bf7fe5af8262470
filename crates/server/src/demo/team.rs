//! The people and bodies who do the work: justice offices with premises and staff, committees with
//! their mediators. Everything through the desk, by the actors whose work it is.

use super::{
    crowd,
    days::Days,
    dice::Dice,
    hand::Hand,
    land::{County, Township, Unit},
    names::{self, Body, Person, Span},
};
use desk::{Actor, Refusal};
use jiff::{ToSpan, civil::Date};
use serde_json::{Value as Json, json};
use std::sync::Mutex;

/// A committee at work.
#[derive(Clone, Debug)]
pub struct Committee {
    /// Id of its record.
    pub id: String,
    /// What it is called, shortly: for titles of places.
    pub name: String,
    /// Type code.
    pub kind: &'static str,
    /// Where it works.
    pub area: Unit,
    /// Who acts for it.
    pub mediator: Actor,
    /// Who may void its cases; the office of its township, if it lies in one.
    pub office: Option<Actor>,
    /// Mediators: id and name, the head first.
    pub members: Vec<(String, String)>,
    /// How many cases come to it.
    pub weight: u64,
}

/// A township, or what a county keeps itself: one walk goes through each, so that its numbers come
/// in order.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its number.
    pub index: u64,
    /// Name of its county.
    pub county: String,
    /// Villages with their long names.
    pub villages: Vec<(String, Unit)>,
    /// Bodies that are party to cases.
    pub bodies: Vec<Body>,
    /// Committees.
    pub committees: Vec<Committee>,
    /// People met before.
    pub known: Vec<Person>,
}

/// A committee to be set up.
struct Plan {
    name: String,
    short: String,
    kind: &'static str,
    field: Option<&'static str>,
    area: Unit,
    weight: u64,
}

/// What an office of a township is made with.
struct Set<'a> {
    hand: &'a Hand<'a>,
    days: Days,
    county: &'a County,
    officer: Actor,
    dice: Dice,
    staff: u64,
}

/// Sets up all of it; gives the places in order.
pub async fn settle(
    hand: &Hand<'_>,
    counties: &[County],
    seed: u64,
    days: Days,
) -> Result<Vec<Place>, Refusal> {
    let places = Mutex::new(Vec::new());
    let walks = (0u64..).zip(counties).map(|(at, county)| {
        let places = &places;
        async move {
            let mut made = settle_county(hand, county, at, seed, days).await?;
            if let Ok(mut places) = places.lock() {
                places.append(&mut made);
            }
            Ok(())
        }
    });
    crowd::all(walks.collect()).await?;
    let mut places = places.into_inner().unwrap_or_default();
    places.sort_by_key(|p: &Place| p.index);
    Ok(places)
}

async fn settle_county(
    hand: &Hand<'_>,
    county: &County,
    at: u64,
    seed: u64,
    days: Days,
) -> Result<Vec<Place>, Refusal> {
    let mut places = Vec::new();
    let mut set = Set {
        hand,
        days,
        county,
        officer: hand.actor("county", &county.unit.code)?,
        dice: Dice::new(seed, 1_000 + at),
        staff: at * 10_000,
    };
    for (number, township) in (0u64..).zip(&county.townships) {
        places.push(set.township(township, at * 10 + number).await?);
    }
    let mut own = set.place(at * 10 + 9, county.unit.name.clone(), all_villages(county));
    for plan in county_plans(county, at) {
        own.committees.push(set.committee(&plan, None, "").await?);
    }
    places.push(own);
    Ok(places)
}

fn all_villages(county: &County) -> Vec<(String, Unit)> {
    county.townships.iter().flat_map(|t| villages(county, t)).collect()
}

fn villages<'a>(
    county: &'a County,
    township: &'a Township,
) -> impl Iterator<Item = (String, Unit)> + 'a {
    let long = move |v: &Unit| format!("{}{}{}", county.unit.name, township.unit.name, v.name);
    township.villages.iter().map(move |v| (long(v), v.clone()))
}

fn county_plans(county: &County, at: u64) -> Vec<Plan> {
    const FIELDS: [(&str, &str); 5] = [
        ("医疗纠纷", "01"),
        ("道路交通事故", "02"),
        ("劳动争议", "03"),
        ("物业纠纷", "04"),
        ("消费纠纷", "05"),
    ];
    let (what, field) = FIELDS[usize::try_from(at).unwrap_or(0) % FIELDS.len()];
    let plan = |what: &str, kind, field, weight| Plan {
        name: format!("{}{what}人民调解委员会", county.unit.name),
        short: format!("{}{}", county.unit.stem(), what.chars().take(2).collect::<String>()),
        kind,
        field,
        area: county.unit.clone(),
        weight,
    };
    let mut plans = vec![plan(what, "06", Some(field), 30)];
    if at.is_multiple_of(2) {
        plans.push(plan("商圈", "99", None, 8));
    }
    plans
}

fn township_plans(township: &Township, first: bool, second: bool) -> Vec<Plan> {
    let (town, urban) = (&township.unit, township.unit.is_urban());
    let mut plans: Vec<Plan> = (0..)
        .zip(&township.villages)
        .map(|(at, village)| Plan {
            name: format!("{}{}人民调解委员会", town.name, village.name),
            short: village.stem().to_owned(),
            kind: if urban { "02" } else { "01" },
            field: None,
            area: village.clone(),
            // The one that visitors see first has enough to show.
            weight: if first && at == 0 { 40 } else { 10 },
        })
        .collect();
    plans.push(Plan {
        name: format!("{}人民调解委员会", town.name),
        short: town.name.chars().take(10).collect(),
        kind: if urban { "04" } else { "03" },
        field: None,
        area: town.clone(),
        weight: 25,
    });
    if second {
        plans.push(Plan {
            name: format!("{}工业园区人民调解委员会", town.stem()),
            short: format!("{}园区", town.stem()),
            kind: "05",
            field: None,
            area: town.clone(),
            weight: 8,
        });
    }
    plans
}

impl Set<'_> {
    async fn township(&mut self, township: &Township, index: u64) -> Result<Place, Refusal> {
        let county = self.county;
        let long = format!("{}{}", county.unit.name, township.unit.name);
        let mut place = self.place(index, long, villages(county, township).collect());
        let clerk = self.hand.actor("office", &township.unit.code)?;
        let office = self.office(&clerk, township).await?;
        let plans = township_plans(township, index == 0, index % 10 == 1);
        for plan in plans {
            place.committees.push(self.committee(&plan, Some(&clerk), &office).await?);
        }
        Ok(place)
    }

    fn place(&mut self, index: u64, long: String, villages: Vec<(String, Unit)>) -> Place {
        let town = villages.first().map_or("", |v| v.1.stem()).to_owned();
        let bodies = (0..16).map(|at| {
            names::body(&mut self.dice, index * 16 + at, &town, &format!("{long}工业路"))
        });
        let bodies = bodies.collect();
        let county = self.county.unit.name.clone();
        Place { index, county, villages, bodies, committees: Vec::new(), known: Vec::new() }
    }

    /// Somebody of staff or a committee. Their birth date comes out of the number.
    fn somebody(&mut self, woman: bool, address: String) -> Person {
        self.staff += 1;
        names::person(&mut self.dice, Span::Staff, self.staff, woman, address)
    }

    async fn office(&mut self, clerk: &Actor, township: &Township) -> Result<String, Refusal> {
        let unit = &township.unit;
        let allocated = self.dice.between(3, 6);
        let office = json!({
            "office_name": format!("{}司法所", unit.stem()),
            "is_established": self.dice.happens(900),
            "management_system": self.dice.pick(&["1", "2", "3"]),
            "area_type": if unit.is_urban() { "2" } else { "1" },
            "area_division": unit.code,
            "establishment_level": self.dice.pick(&["1", "2", "2", "3"]),
            "quota_allocated": allocated, "quota_filled": allocated - self.dice.between(0, 1),
            "head_phone": names::mobile(&mut self.dice),
            "phone": format!("0579-8{:07}", self.dice.below(1_000)),
            "address": format!("{}{}政府路{}号", self.county.unit.name, unit.name, self.dice.between(1, 60)),
            "computers": self.dice.between(3, 9), "printers": self.dice.between(1, 3),
            "body_cams": self.dice.between(1, 4),
            "trainings": [{
                "course": "民法典与调解技巧", "category": "01", "people": self.dice.between(20, 80),
                "started_on": (self.days.start - 60.days()).to_string(),
                "ended_on": (self.days.start - 59.days()).to_string(), "hours": "8.0",
            }],
        });
        let at = self.days.before(40, &mut self.dice);
        let office = self.hand.create(clerk, "justice_office", office, at).await?;
        let premises = self.premises(unit, &office);
        self.hand.create(clerk, "premises", premises, at + 600_000).await?;
        let mut head = String::new();
        for number in 0..self.dice.between(2, 3) {
            let staff = self.staff(clerk, township, &office, number, at).await?;
            if number == 0 {
                head = staff;
            }
        }
        let chosen = json!({ "head": head });
        self.hand.change(clerk, "justice_office", &office, chosen, at + 7_200_000).await?;
        let approve = at + 86_400_000;
        self.hand
            .action(&self.officer, "justice_office", &office, "approve", json!({}), approve)
            .await?;
        Ok(office)
    }

    fn premises(&mut self, unit: &Unit, office: &str) -> Json {
        let nature = *self.dice.pick(&["01", "02", "03"]);
        json!({
            "justice_office": office,
            "address": format!("{}政府路{}号", unit.name, self.dice.between(1, 60)),
            "is_standalone": self.dice.happens(600),
            "ownership": if nature == "02" { "02" } else { self.dice.pick(&["01", "03"]) },
            "investor": self.dice.pick(&["01", "02", "03"]),
            "nature": nature,
            "area_m2": format!("{}.50", self.dice.between(90, 320)),
            "built_on": format!("20{:02}-06-01", self.dice.between(8, 22)),
        })
    }

    async fn staff(
        &mut self,
        clerk: &Actor,
        township: &Township,
        office: &str,
        number: i64,
        at: i64,
    ) -> Result<String, Refusal> {
        let woman = self.dice.happens(400);
        let address = format!("{}{}", self.county.unit.name, township.unit.name);
        let person = self.somebody(woman, address);
        let quota = number < 2;
        let input = json!({
            "justice_office": office, "full_name": person.name, "id_number": person.id_number,
            "ethnic": person.ethnic, "political": self.dice.pick(&["01", "03", "13"]),
            "education": self.dice.pick(&["20", "21", "31"]), "mobile": person.phone,
            "staff_type": if quota { "01" } else { "04" },
            "work_since": "2014-07-01", "justice_since": "2015-03-01", "joined_on": "2019-09-01",
            "posts": [{
                "post": if number == 0 { "所长" } else { "科员" }, "from_on": "2019-09-01",
            }],
        });
        let at = at + 1_200_000 * (number + 1);
        let id = self.hand.create(clerk, "office_staff", input, at).await?;
        let action = if quota { "confirm_quota" } else { "confirm" };
        self.hand
            .action(&self.officer, "office_staff", &id, action, json!({}), at + 600_000)
            .await?;
        Ok(id)
    }

    /// A committee, set up and filed, with its mediators in office.
    async fn committee(
        &mut self,
        plan: &Plan,
        clerk: Option<&Actor>,
        office: &str,
    ) -> Result<Committee, Refusal> {
        let officer = self.officer.clone();
        let clerk_or_officer = clerk.unwrap_or(&officer);
        let at = self.days.before(25, &mut self.dice);
        // Some terms end before today: those elections are due.
        let elected = self.days.start - self.dice.between(60, 420).days();
        let ends = elected.checked_add(3.years()).unwrap_or(elected) - 1.day();
        let mut input = json!({
            "committee_name": plan.name, "short_name": plan.short, "committee_type": plan.kind,
            "division": plan.area.code, "founded_on": (elected - 900.days()).to_string(),
            "elected_on": elected.to_string(), "term_ends_on": ends.to_string(),
            "phone": format!("0579-8{:07}", self.dice.below(1_000)),
            "address": format!("{}{}号", plan.area.name, self.dice.between(1, 90)),
            "has_room": true, "has_plate": true, "has_seal": true,
            "open_online": self.dice.happens(500),
        });
        if !office.is_empty() {
            input["office"] = Json::from(office);
        }
        if let Some(field) = plan.field {
            input["field"] = Json::from(field);
        }
        let id = self.hand.create(clerk_or_officer, "mediation_committee", input, at).await?;
        let mut members = Vec::new();
        for number in 0..self.dice.between(3, 5) {
            let term = (elected, ends);
            members.push(self.mediator(plan, clerk_or_officer, &id, number, term, at).await?);
        }
        let head = json!({ "head": members.first().map(|m: &(String, String)| m.0.clone()) });
        let later = at + 86_400_000;
        self.hand.change(clerk_or_officer, "mediation_committee", &id, head, later).await?;
        let later = later + 3_600_000;
        self.hand.action(&officer, "mediation_committee", &id, "file", json!({}), later).await?;
        let mediator = self.hand.mediator_of(&plan.area.code, &plan.name)?;
        let (name, area) = (plan.name.replace("人民调解委员会", ""), plan.area.clone());
        let office = clerk.cloned();
        Ok(Committee {
            id,
            name,
            kind: plan.kind,
            area,
            mediator,
            office,
            members,
            weight: plan.weight,
        })
    }

    async fn mediator(
        &mut self,
        plan: &Plan,
        clerk: &Actor,
        committee: &str,
        number: i64,
        (elected, ends): (Date, Date),
        at: i64,
    ) -> Result<(String, String), Refusal> {
        let woman = number == 1 || self.dice.happens(350);
        let address = format!("{}{}", self.county.unit.name, plan.area.name);
        let person = self.somebody(woman, address);
        let post = match number {
            0 => "1",
            1 => "2",
            4.. => "4",
            _ => "3",
        };
        let full_time = number == 0 && plan.kind >= "03" || self.dice.happens(150);
        let employment = match (full_time, number) {
            (true, _) => "1",
            (false, 3..) if self.dice.happens(250) => "3",
            _ => "2",
        };
        let input = json!({
            "mediation_committee": committee, "full_name": person.name,
            "id_number": person.id_number, "ethnic": person.ethnic,
            "education": self.dice.pick(&["21", "31", "61", "61", "41"]),
            "political": self.dice.pick(&["01", "13", "13"]), "mobile": person.phone,
            "address": person.address, "post": post,
            "employment": employment, "origin": if plan.kind <= "02" { "1" } else { "3" },
            "is_purchased": full_time && self.dice.happens(400),
            "hired_on": (elected - self.dice.between(0, 4_000).days()).to_string(),
            "term_from": elected.to_string(), "term_to": ends.to_string(),
            "other_identity": [self.dice.pick(&["01", "02", "03", "06", "09", "10"])],
        });
        let at = at + 1_800_000 * (number + 1);
        let id = self.hand.create(clerk, "mediator", input, at).await?;
        let level = json!({ "level": self.dice.pick(&["0", "0", "4", "3", "2", "1"]) });
        let later = at + 86_400_000;
        self.hand.action(&self.officer, "mediator", &id, "file", level, later).await?;
        Ok((id, person.name))
    }
}

/// Who needs an account for which committee: code of the area and the committee's name.
pub fn committees(counties: &[County]) -> Vec<(Unit, String)> {
    let mut found = Vec::new();
    for (at, county) in (0u64..).zip(counties) {
        for (number, township) in (0u64..).zip(&county.townships) {
            let first = at == 0 && number == 0;
            found.extend(
                township_plans(township, first, number == 1).into_iter().map(|p| (p.area, p.name)),
            );
        }
        found.extend(county_plans(county, at).into_iter().map(|p| (p.area, p.name)));
    }
    found
}
