//! One fixed script; for every deed of it the n-th call fails, for every n, before and after it
//! took effect. Nothing may be kept by halves.

use crate::{
    sim::{
        dice::run,
        failing::Plan,
        town::{Size, Town},
    },
    world::{id_number, map},
};
use desk::{Actor, Deed, Done, Manner, Refusal};
use engine::{
    definition::House,
    query::{Cell, Select},
};
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, sync::Arc};
use store::{Keeper, StoreError};

#[derive(Debug)]
pub struct Failed {
    pub deeds: u64,
    pub calls: u64,
    pub faults: u64,
}

/// A script being done.
struct Script {
    town: Town,
    failed: Failed,
}

/// Does the script with every fault.
pub fn every_call(house: &Arc<House>, seed: u64) -> Failed {
    let town = run(Town::new(Arc::clone(house), seed, Size { actors: 1, settled: 1 }));
    let failed = Failed { deeds: 0, calls: 0, faults: 0 };
    let mut script = Script { town, failed };
    script.go();
    script.town.calm();
    script.town.prove();
    script.failed.faults = script.town.keeper.faults();
    script.failed
}

/// Every row of every table.
type Everything = BTreeMap<String, Vec<Vec<Cell>>>;

impl Script {
    fn go(&mut self) {
        let village = self.town.villages[0].clone();
        let (mediator, office) = (village.mediator.clone(), village.office.clone());
        let county = self.town.persona("county", "560101");
        let stranger = self.town.persona("mediator", "560101002001");
        for round in 0..2 {
            let case = self.town.case(&village, &format!("第{round}号纠纷"));
            let id = self.done(&mediator, create("mediation_case", case)).id;
            let act = |action: &str, input: Json| action_on("mediation_case", &id, action, input);
            self.refused(&stranger, act("accept", json!({})));
            self.done(&mediator, change(&id, json!({ "requests": "改装檐沟" })));
            self.done(&mediator, act("accept", json!({})));
            self.refused(&mediator, act("accept", json!({})));
            let start = json!({ "host_mediator": village.mediators[0], "informed_mode": "1" });
            self.done(&mediator, act("start", start));
            let parties = json!({ "parties": [
                { "role": "1", "name": "周守义", "id_number": id_number("19660303", 40 + round) },
                { "role": "2", "name": "吴青禾", "id_number": id_number("19770407", 50 + round) },
            ] });
            self.done(&mediator, change(&id, parties));
            let agree = json!({
                "agreement_form": "2", "place": "村委会", "main_facts": "屋檐滴水",
                "agreement_text": "孙建国七日内改装檐沟。", "performance_mode": "6",
            });
            self.done(&mediator, act("agree", agree));
            let due = json!({ "performance_due_on": self.town.today().to_string() });
            self.done(&mediator, act("begin_performance", due));
            let visit = json!({
                "mediation_case": id, "reason": "滴水纠纷", "place": "孙建国家", "party": "孙建国",
                "findings": "檐沟已改装，双方无异议", "performance": "3", "visitor": "王长河",
            });
            self.done(&mediator, create("return_visit", visit));
            let performed = json!({ "performance": "3", "satisfied": "1" });
            self.done(&mediator, act("perform", performed));
            let record = json!({
                "mediation_case": id, "mediated_at": "2023-12-27T09:00", "place": "村委会",
                "subject": "滴水纠纷", "parties_present": "周守义、吴青禾", "recorder": "李秋月",
                "process": "先听双方陈述，再看现场，经劝解后达成一致", "result": "达成协议",
            });
            self.done(&mediator, create("mediation_record", record));
            self.done(&mediator, act("close", json!({ "filed_by": "李秋月", "retention": "3" })));
            let materials = json!({ "materials": [{ "type": "D23" }, { "type": "D08" }] });
            self.done(&office, act("archive", materials));
            let newcomer = json!({
                "mediation_committee": village.committee, "full_name": "郑望川",
                "id_number": id_number("19800909", 60 + round), "ethnic": "01", "education": "60",
                "mobile": "19900000005", "post": "3", "employment": "1", "origin": "1",
                "is_purchased": false, "hired_on": "2020-01-01", "term_from": "2023-01-01",
                "term_to": "2025-12-31",
            });
            let newcomer = self.done(&office, create("mediator", newcomer)).id;
            self.done(&county, action_on("mediator", &newcomer, "file", json!({})));
            let leave = json!({ "left_reason": "迁居外地" });
            self.done(&office, action_on("mediator", &newcomer, "leave", leave));
        }
    }

    /// A deed that must be done in the end.
    fn done(&mut self, actor: &Actor, deed: Deed) -> Done {
        let answer = self.with_every_fault(actor, &deed);
        answer.unwrap_or_else(|refusal| panic!("seed {}: {deed:?}: {refusal:?}", self.town.seed))
    }

    /// A deed that must be refused in the end.
    fn refused(&mut self, actor: &Actor, deed: Deed) {
        let answer = self.with_every_fault(actor, &deed);
        self.town.claim(answer.is_err(), || format!("{deed:?} was done"));
    }

    /// The n-th call fails before anything happened, and then its reply is lost, for every n. What
    /// failed changed nothing, but for the commit whose reply was lost: that is there whole, and
    /// asked again it is answered as if nothing had been lost.
    fn with_every_fault(&mut self, actor: &Actor, deed: &Deed) -> Result<Done, Refusal> {
        let key = self.town.ledger.borrow_mut().new_key();
        let manner = Manner { confirmed: true, key: Some(key) };
        let moment = self.town.moment(actor);
        let town = &self.town;
        let attempt = |plan| {
            town.keeper.plan(plan);
            run(town.desk.act(actor, deed.clone(), manner.clone(), &moment))
        };
        self.failed.deeds += 1;
        let before = everything(town);
        let mut faults = (1..).flat_map(|call| [(call, false), (call, true)]);
        let answer = loop {
            let Some((call, after)) = faults.next() else { continue };
            let answer = attempt(Plan::At { call, after });
            self.failed.calls += town.keeper.calls();
            let lost = matches!(answer, Err(Refusal::Store(StoreError::Failed(_))));
            if lost != (call <= town.keeper.calls()) {
                town.claim(false, || format!("{deed:?}: call {call} failed unseen: {answer:?}"));
            }
            if !lost {
                break answer;
            }
            if after && everything(town) != before {
                town.prove_evidence();
                let answer = attempt(Plan::Never);
                let repeated = answer.as_ref().map_or(true, |done| done.repeated);
                town.claim(repeated, || format!("{deed:?} was done twice: {answer:?}"));
                break answer;
            }
            unchanged(town, &before, deed, call);
        };
        town.calm();
        town.prove_evidence();
        if let Ok(done) = &answer {
            run(town.note(actor, deed.clone(), manner.clone(), done, moment.at));
        }
        answer
    }
}

fn everything(town: &Town) -> Everything {
    let mut tables = desk::tables::tables();
    tables.extend(engine::derive::table::tables(&town.house));
    tables.extend(store::system::tables());
    let rows = |table: &engine::query::Table| {
        let columns: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        run(town.model.find(&Select::from(&table.name, &columns))).unwrap()
    };
    tables.iter().map(|table| (table.name.clone(), rows(table))).collect()
}

fn unchanged(town: &Town, before: &Everything, deed: &Deed, call: u64) {
    let now = everything(town);
    let differs = before.iter().find(|(table, rows)| now[*table] != **rows);
    town.claim(differs.is_none(), || {
        format!("{deed:?}: call {call} failed and changed {differs:?}")
    });
}

fn create(kind: &str, input: Json) -> Deed {
    Deed::Create { kind: kind.to_owned(), input: map(input) }
}

fn change(id: &str, input: Json) -> Deed {
    let (kind, id) = ("mediation_case".to_owned(), id.to_owned());
    Deed::Change { kind, id, version: None, input: map(input) }
}

fn action_on(kind: &str, id: &str, action: &str, input: Json) -> Deed {
    let (kind, id, action) = (kind.to_owned(), id.to_owned(), action.to_owned());
    Deed::Action { kind, id, action, version: None, input: map(input) }
}
