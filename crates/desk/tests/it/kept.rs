//! What is read in other ways than a page at a time, and what is kept between questions, says the
//! same as a question asked anew.

use crate::world::{NOON, World, at};
use desk::ask::ListAsk;
use serde_json::json;
use std::sync::Arc;
use store::{Options, SqliteKeeper};

/// A world on SQLite, which tells when a table changes.
async fn world(name: &str) -> World {
    let folder = std::env::temp_dir().join(format!("fengqiao-kept-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    World::on(Arc::new(SqliteKeeper::open(&folder, Options::new(Arc::new(|| NOON))).unwrap())).await
}

fn cases() -> ListAsk {
    ListAsk { kind: "mediation_case".to_owned(), ..ListAsk::default() }
}

#[tokio::test]
async fn a_sheet_is_the_list_to_its_end() {
    let world = World::new().await;
    for at in 0..10 {
        let case = world.case(&format!("第{at}件纠纷"));
        world.create(&world.mediator(), "mediation_case", case).await.unwrap();
    }
    let county = world.actor("county", "560101");
    for sort in [None, Some(("title".to_owned(), true)), Some(("accepted_on".to_owned(), false))] {
        let ask = ListAsk { sort, ..cases() };
        let listed = world.desk.list(&county, &ask).await.unwrap().records;
        let listed: Vec<&str> = listed.iter().map(|record| record.text("title")).collect();
        assert_eq!(listed.len(), 10);
        assert_eq!(world.sheet(&county, &ask).await, listed);
    }
    let mut few = world.desk.sheet(&county, &cases(), 7).await.unwrap().in_parts_of(3);
    let mut rows = 0;
    while let Some(mut part) = few.next(&world.desk).await.unwrap() {
        part.each(|_, _| rows += 1);
    }
    assert_eq!(rows, 7, "no further than asked");
}

#[tokio::test]
async fn the_newest_are_the_newest_of_all_kinds() {
    let world = World::new().await;
    let county = world.actor("county", "560101");
    for at in 0..12 {
        let case = world.case(&format!("第{at}件纠纷"));
        world.create(&world.mediator(), "mediation_case", case).await.unwrap();
    }
    let newest = world.desk.newest(&county, 10).await.unwrap();
    let ask = ListAsk { sort: Some(("created_at".to_owned(), true)), limit: 10, ..cases() };
    let last = world.desk.list(&county, &ask).await.unwrap();
    let last: Vec<String> = last.records.iter().map(|record| record.id().to_owned()).collect();
    let found: Vec<String> = newest.iter().map(|(_, record)| record.id().to_owned()).collect();
    assert_eq!(found, last);
    assert!(newest.iter().all(|(kind, _)| kind.id == "mediation_case"));
    // Before the cases stand the committee and its mediators.
    let all = world.desk.newest(&county, 50).await.unwrap();
    assert!(all.len() > 12 && all.iter().any(|(kind, _)| kind.id == "mediation_committee"));
}

#[tokio::test]
async fn what_was_added_may_be_chosen_at_once() {
    let world = world("choices").await;
    let (county, far) = (world.actor("county", "560101"), world.actor("county", "560201"));
    let house = world.desk.house();
    let field = house.kind("mediation_case").unwrap().fields.get("committee").unwrap();
    let choices = async |actor: &desk::Actor| {
        world.desk.filter_choices(actor, field, 60).await.unwrap().len()
    };
    assert_eq!((choices(&county).await, choices(&county).await, choices(&far).await), (1, 1, 0));
    let office = world.office_at("560101002", "石桥司法所").await;
    let another = json!({
        "committee_name": "石桥镇石桥村人民调解委员会", "short_name": "石", "committee_type": "01",
        "division": "560101002001", "founded_on": "2024-05-01", "elected_on": "2025-05-01",
        "term_ends_on": "2028-04-30", "phone": "0579-88880009", "address": "石桥村1号",
        "office": office,
    });
    world.create(&county, "mediation_committee", another).await.unwrap();
    assert_eq!((choices(&county).await, choices(&far).await), (2, 0));
}

#[tokio::test]
async fn a_limit_that_runs_late_is_counted_at_once() {
    let world = world("late").await;
    let county = world.actor("county", "560101");
    let long_after = at(NOON + 400 * 86_400_000);
    let late = async |actor: &desk::Actor| world.desk.late(actor, &long_after).await.unwrap();
    let (mediator, office) = (world.mediator(), world.actor("office", "560101001"));
    let stranger = world.actor("mediator", "560101001002");
    let before = late(&county).await;
    assert_eq!(late(&county).await, before);
    world.agreed("滴水纠纷").await;
    let after = late(&county).await;
    assert!(after > before, "{before} {after}");
    assert_eq!(late(&mediator).await, late(&office).await);
    assert_eq!(late(&stranger).await, 0);
    assert_eq!(world.desk.late(&county, &at(NOON)).await.unwrap(), 0, "a day of its own");
}

#[tokio::test]
async fn an_inbox_is_kept_and_read_again_when_anything_it_is_made_of_changes() {
    let world = world("inbox").await;
    let mediator = world.mediator();
    let read = async || world.desk.inbox(&mediator, &at(NOON)).await.unwrap();
    let case = world.create(&mediator, "mediation_case", world.case("滴水纠纷")).await.unwrap();
    let first = read().await;
    assert!(std::sync::Arc::ptr_eq(&first, &read().await), "nothing has changed");
    let item = vec![format!("560101/{}:acceptance_term", case.id)];
    world.desk.snooze(&mediator, &item, "2026-06-03", "等回信", false, &at(NOON)).await.unwrap();
    let away = read().await;
    let snoozed = |inbox: &desk::inbox::Inbox| inbox.counts().of(desk::inbox::Group::Snoozed);
    assert_eq!((snoozed(&first), snoozed(&away)), (0, 1));
    world.desk.wake(&mediator, &item, &at(NOON)).await.unwrap();
    assert_eq!(snoozed(&*read().await), 0);
    world.action(&mediator, &case.id, "accept", json!({})).await.unwrap();
    let lines = read().await.lines.iter().filter(|line| line.id.starts_with(&case.id)).count();
    assert_eq!(lines, 1, "one limit has ended, the next one runs");
}
