//! Many at once on one record, and one request many times (experiments E11 and E12).

use crate::{
    sim::{
        dice::{Task, run, together},
        errand::{insist, same},
        failing::Plan,
        town::{Size, Town, Village},
    },
    world::map,
};
use desk::{Deed, Done, Manner, Refusal};
use engine::definition::House;
use serde_json::json;
use std::sync::Arc;

#[derive(Debug)]
pub struct Raced {
    pub won: u64,
    pub changed: u64,
    pub faults: u64,
}

/// So many rounds of 2 to 50 writers, all with the version they saw: one wins, the others are
/// given what is there now.
pub fn edits(house: &Arc<House>, seed: u64, rounds: u64) -> Raced {
    let town = run(Town::new(Arc::clone(house), seed, Size { actors: 1, settled: 1 }));
    let village = town.villages[0].clone();
    let case =
        run(town.create(&village.mediator, "mediation_case", town.case(&village, "滴水纠纷")));
    let mut raced = Raced { won: 0, changed: 0, faults: 0 };
    town.keeper.plan(Plan::Often(2));
    for round in 0..rounds {
        let version = 1 + round as i64;
        let writers = 2 + (round as usize * 7) % 49;
        let answers = run(write(&town, &village, &case, version, writers));
        let winners: Vec<usize> = (0..writers).filter(|&at| answers[at].is_ok()).collect();
        town.claim(winners.len() == 1, || format!("round {round}: {} won", winners.len()));
        raced.won += 1;
        for answer in answers {
            let Err(refusal) = answer else { continue };
            let Refusal::Changed(now) = refusal else { panic!("seed {seed}: {refusal:?}") };
            let right = now.version() == version + 1 && now.text("case_name") == name(winners[0]);
            town.claim(right, || format!("round {round}: the loser was shown {now:?}"));
            raced.changed += 1;
        }
    }
    town.calm();
    raced.faults = town.keeper.faults();
    town.prove();
    raced
}

fn name(writer: usize) -> String {
    format!("第{writer}人写的名称")
}

async fn write(
    town: &Town,
    village: &Village,
    case: &str,
    version: i64,
    writers: usize,
) -> Vec<Result<Done, Refusal>> {
    let one = |writer: usize| -> Task<'_, Result<Done, Refusal>> {
        Box::pin(async move {
            let actor = if writer.is_multiple_of(2) { &village.mediator } else { &village.office };
            let (kind, id) = ("mediation_case".to_owned(), case.to_owned());
            let input = map(json!({ "case_name": name(writer) }));
            let deed = Deed::Change { kind, id, version: Some(version), input };
            let key = Some(format!("{version}-{writer}"));
            let manner = Manner { confirmed: true, key };
            let moment = town.moment(actor);
            let answer = insist(town, actor, &deed, &manner, &moment).await;
            if let Ok(done) = &answer {
                town.note(actor, deed, manner, done, moment.at).await;
            }
            answer
        })
    };
    together(&town.dice, (0..writers).map(one).collect()).await
}

/// So many cases on which a limit begins in the same instant as somebody writes down what ends it.
/// Whichever is first, the limit kept is the one that a recomputation gives.
pub fn attachments(house: &Arc<House>, seed: u64, cases: u64) -> u64 {
    let town = run(Town::new(Arc::clone(house), seed, Size { actors: 1, settled: 1 }));
    let village = town.villages[0].clone();
    for n in 0..cases {
        let case = run(agreed(&town, &village, &format!("第{n}号纠纷")));
        let begin = json!({ "performance_due_on": town.today().to_string() });
        let visit = json!({
            "mediation_case": case, "reason": "滴水纠纷", "place": "孙建国家", "party": "孙建国",
            "findings": "檐沟已改装，双方无异议", "performance": "3", "visitor": "王长河",
        });
        let (kind, action) = ("mediation_case".to_owned(), "begin_performance".to_owned());
        let deeds = [
            Deed::Action { kind, id: case, action, version: None, input: map(begin) },
            Deed::Create { kind: "return_visit".to_owned(), input: map(visit) },
        ];
        let task = |deed: &Deed| -> Task<'_, ()> {
            let deed = deed.clone();
            Box::pin(until_done(&town, &village, deed, n))
        };
        run(together(&town.dice, deeds.iter().map(task).collect()));
    }
    town.prove();
    cases
}

/// Does it again when somebody else was quicker.
async fn until_done(town: &Town, village: &Village, deed: Deed, n: u64) {
    let key = Some(format!("{}-{n}", crate::sim::ledger::act(&deed)));
    let manner = Manner { confirmed: true, key };
    let moment = town.moment(&village.mediator);
    loop {
        match insist(town, &village.mediator, &deed, &manner, &moment).await {
            Ok(done) => return town.note(&village.mediator, deed, manner, &done, moment.at).await,
            Err(Refusal::Changed(_)) => {}
            Err(other) => panic!("seed {}: {deed:?}: {other:?}", town.seed),
        }
    }
}

async fn agreed(town: &Town, village: &Village, name: &str) -> String {
    let (mediator, kind) = (&village.mediator, "mediation_case");
    let id = town.create(mediator, kind, town.case(village, name)).await;
    town.action(mediator, kind, &id, "accept", json!({})).await;
    let start = json!({ "host_mediator": village.mediators[0], "informed_mode": "1" });
    town.action(mediator, kind, &id, "start", start).await;
    let agree = json!({
        "agreement_form": "2", "place": "村委会", "main_facts": "屋檐滴水",
        "agreement_text": "孙建国七日内改装檐沟。", "performance_mode": "6",
    });
    town.action(mediator, kind, &id, "agree", agree).await;
    id
}

#[derive(Debug)]
pub struct Sent {
    pub deeds: u64,
    pub copies: u64,
    pub faults: u64,
}

/// So many deeds of every form, each ten times at once with replies lost on the way: each is done
/// once, and every copy is answered alike.
pub fn submissions(house: &Arc<House>, seed: u64, deeds: u64) -> Sent {
    let town = run(Town::new(Arc::clone(house), seed, Size { actors: 1, settled: 1 }));
    let village = town.villages[0].clone();
    town.keeper.plan(Plan::Often(30));
    let mut case = (String::new(), 0);
    for n in 0..deeds {
        let deed = deed(&town, &village, &case, n);
        let key = Some(format!("submission-{n}"));
        let manner = Manner { confirmed: true, key };
        let moment = town.moment(&village.mediator);
        let copy = |_| -> Task<'_, Result<Done, Refusal>> {
            Box::pin(insist(&town, &village.mediator, &deed, &manner, &moment))
        };
        let answers = run(together(&town.dice, (0..10).map(copy).collect()));
        let first = answers[0].clone().unwrap_or_else(|r| panic!("seed {seed}: {deed:?}: {r:?}"));
        for answer in &answers {
            let alike = answer.as_ref().is_ok_and(|done| same(done, &first));
            town.claim(alike, || format!("{deed:?}: {answer:?} beside {first:?}"));
        }
        case = (first.id.clone(), first.version);
        run(town.note(&village.mediator, deed, manner, &first, moment.at));
    }
    town.calm();
    let faults = town.keeper.faults();
    town.prove();
    Sent { deeds, copies: deeds * 10, faults }
}

/// Create, change with a version, an action without and one with: over and over.
fn deed(town: &Town, village: &Village, case: &(String, i64), n: u64) -> Deed {
    let (kind, id) = ("mediation_case".to_owned(), case.0.clone());
    let action = |action: &str, version, input| Deed::Action {
        kind: kind.clone(),
        id: id.clone(),
        action: action.to_owned(),
        version,
        input: map(input),
    };
    match n % 4 {
        0 => Deed::Create { kind, input: map(town.case(village, &format!("第{n}号纠纷"))) },
        1 => {
            let input = map(json!({ "case_name": format!("改后的名称{n}") }));
            Deed::Change { kind, id, version: Some(case.1), input }
        }
        2 => action("accept", None, json!({})),
        _ => {
            let host = json!({ "host_mediator": village.mediators[0], "informed_mode": "1" });
            action("start", Some(case.1), host)
        }
    }
}
