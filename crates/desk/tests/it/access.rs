//! Who may see and do what, tried by the wrong people.

use crate::world::{World, id_number, now};
use desk::{Actor, Refusal, ask::ListAsk};
use engine::definition::Class;
use serde_json::json;

fn list(kind: &str) -> ListAsk {
    ListAsk { kind: kind.to_owned(), ..ListAsk::default() }
}

#[tokio::test]
async fn every_role_at_every_place_sees_exactly_its_reach() {
    let world = World::new().await;
    let id = world.agreed("滴水纠纷").await;
    let units = world.desk.units();
    let path = units.get("560101001001").unwrap().path.clone();
    let mut tried = 0;
    for role in [
        "mediator",
        "office",
        "county",
        "city",
        "province",
        "system_admin",
        "security_admin",
        "auditor",
    ] {
        for unit in units.all() {
            let actor = world.actor(role, &unit.code);
            let expected = match role {
                "mediator" => unit.code == "560101001001",
                "office" | "county" | "city" | "province" => path.starts_with(&unit.path),
                _ => false,
            };
            let by_list = world.desk.list(&actor, &list("mediation_case")).await;
            let listed = by_list.unwrap().records.len();
            assert_eq!(listed, usize::from(expected), "list: {role} at {}", unit.code);
            let counted = world.desk.count(&actor, &list("mediation_case"), 9).await.unwrap();
            assert_eq!(counted, u32::from(expected), "count: {role} at {}", unit.code);
            let sheet = world.sheet(&actor, &list("mediation_case")).await;
            assert_eq!(sheet.len(), usize::from(expected), "sheet: {role} at {}", unit.code);
            let newest = world.desk.newest(&actor, 50).await.unwrap();
            let begun = newest.iter().filter(|(_, record)| record.id() == id).count();
            assert_eq!(begun, usize::from(expected), "newest: {role} at {}", unit.code);
            let tasks = world.desk.tasks(&actor, &now(), 50).await.unwrap();
            let due = tasks.iter().any(|task| task.record == id);
            assert_eq!(due, expected, "tasks: {role} at {}", unit.code);
            let record = world.desk.record(&actor, "mediation_case", &id, &now()).await;
            assert_eq!(record.is_ok(), expected, "record: {role} at {}", unit.code);
            let log = world.desk.log(&actor, "mediation_case", &id).await;
            assert_eq!(log.is_ok(), expected, "log: {role} at {}", unit.code);
            let found = world.search(&actor, "滴水").await;
            assert_eq!(found.len(), usize::from(expected), "search: {role} at {}", unit.code);
            let act = world.action(&actor, &id, "perform", json!({ "performance": "9" })).await;
            let may = expected && (role == "mediator" || role == "office");
            // 9 is no code: whoever gets as far as the checks may act, nobody does.
            assert_eq!(matches!(act, Err(Refusal::Invalid(_))), may, "act: {role} {act:?}");
            tried += 1;
        }
    }
    assert_eq!(tried, 8 * 12);
}

#[tokio::test]
async fn a_look_at_another_villages_case_is_refused_and_logged() {
    let world = World::new().await;
    let id = world.agreed("滴水纠纷").await;
    let stranger = world.actor("mediator", "560101001002");
    let refusal = world.desk.record(&stranger, "mediation_case", &id, &now()).await.unwrap_err();
    assert!(matches!(refusal, Refusal::NotFound(_)));
    let refusal = world.action(&stranger, &id, "perform", json!({})).await.unwrap_err();
    assert!(matches!(refusal, Refusal::NotFound(_)));
    let county = world.actor("county", "560101");
    let log = world.desk.changes(&county, "560101", 0, 1000).await.unwrap();
    let refused: Vec<_> = log.iter().filter(|l| l.act == "refused" && l.record == id).collect();
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|l| l.actor == stranger.account));
}

#[tokio::test]
async fn what_identifies_people_is_masked_upward_and_sealed_below() {
    let world = World::new().await;
    let id = world.agreed("滴水纠纷").await;
    let sees = |actor: Actor| {
        let (desk, id) = (world.desk.clone(), id.clone());
        async move { desk.record(&actor, "mediation_case", &id, &now()).await.unwrap().sees }
    };
    assert_eq!(sees(world.mediator()).await, Class::Sensitive);
    assert_eq!(sees(world.actor("county", "560101")).await, Class::Sensitive);
    assert_eq!(sees(world.actor("province", "560000")).await, Class::Plain);
    let number = id_number("19600203", 22);
    let select = engine::query::Select::from("mediation_case__parties", &["id_number", "phone"]);
    for row in world.desk.keeper().find(&select).await.unwrap() {
        for cell in row {
            let text = cell.as_text().unwrap().to_owned();
            assert!(text.starts_with("sm4:") && !text.contains(&number), "{text}");
        }
    }
    let select = engine::query::Select::from("log", &["body"]);
    for row in world.desk.keeper().find(&select).await.unwrap() {
        assert!(!row[0].as_text().unwrap_or_default().contains(&number));
    }
}

#[tokio::test]
async fn a_case_cannot_be_put_into_another_units_committee() {
    let world = World::new().await;
    let stranger = world.actor("mediator", "560101001002");
    let refusal =
        world.create(&stranger, "mediation_case", world.case("滴水纠纷")).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Forbidden { .. }), "{refusal:?}");
    let office = world.actor("office", "560101001");
    let done = world.create(&office, "mediation_case", world.case("滴水纠纷")).await.unwrap();
    // The office typed it, the village keeps it.
    let answer = world.desk.record(&world.mediator(), "mediation_case", &done.id, &now()).await;
    assert_eq!(answer.unwrap().record.text("unit"), "560101001001");
}
