//! The inbox by programs.

use super::world::World;
use serde_json::json;

#[tokio::test]
async fn a_limit_is_given_put_off_and_found_by_its_group() {
    let world = World::new().await;
    let id = world.recorded().await;
    let tasks = world.get("mediator", "/tasks").await.is(200).json;
    let mine = tasks["items"].as_array().unwrap();
    let task = mine.iter().find(|task| task["record"] == id).unwrap();
    assert_eq!((&task["mine"], &task["next_action"]), (&json!(true), &json!("accept")));
    let item = task["item"].as_str().unwrap();
    let group = task["group"].as_str().unwrap();
    let found = world.get("mediator", &format!("/tasks?group={group}&limit=1")).await.is(200).json;
    assert!(found["total"].as_u64().unwrap() >= 1 && found["items"].as_array().unwrap().len() == 1);
    let seen = world.get("county", "/tasks?group=others").await.is(200).json;
    let seen = seen["items"].as_array().unwrap().iter().find(|task| task["record"] == id).unwrap();
    assert!(
        seen["waits_for"].as_array().unwrap().contains(&json!("mediator")) && seen["mine"] == false
    );

    let colleagues =
        world.get("office", &format!("/tasks/colleagues?item={item}")).await.is(200).json;
    let to = |role: &str| {
        let all = colleagues["items"].as_array().unwrap();
        all.iter().find(|one| one["role"] == role).unwrap()["account"].clone()
    };
    let give = json!({ "items": [item], "to": to("mediator"), "note": "先办这件" });
    let done = world.post("office", "/tasks/assign", &give).await.is(200).json;
    assert_eq!((&done["done"], &done["left"]), (&json!(1), &json!([])));
    let held = world.get("mediator", "/tasks?person=me").await.is(200).json;
    assert_eq!(held["items"][0]["assigned"]["note"], "先办这件");
    // Somebody else's is not there for the neighbour, whatever they send.
    world.post("neighbour", "/tasks/assign", &give).await.is(404);
    world.post("neighbour", "/tasks/recall", &json!({ "items": [item] })).await.is(404);

    let until = super::world::day(60);
    let off = json!({ "items": [item], "until": until, "reason": "等当事人" });
    let asked = world.post("mediator", "/tasks/snooze", &off).await.is(409);
    assert_eq!(asked.codes(), ["past_due"]);
    let mut sure = off.clone();
    sure["confirm"] = json!(true);
    world.post("mediator", "/tasks/snooze", &sure).await.is(200);
    let away = world.get("mediator", "/tasks?group=snoozed").await.is(200).json;
    assert_eq!(away["items"][0]["snoozed"][0]["reason"], "等当事人");
    world.post("mediator", "/tasks/wake", &json!({ "items": [item] })).await.is(200);
    world.post("office", "/tasks/recall", &json!({ "items": [item] })).await.is(200);

    for (path, body) in [
        ("/tasks/assign", json!({})),
        ("/tasks/assign", json!({ "items": "x", "to": "y" })),
        ("/tasks/assign", json!({ "items": [1], "to": "y" })),
        ("/tasks/assign", json!({ "items": [item], "to": 1 })),
        ("/tasks/assign", json!({ "items": [item], "to": "y", "admin": true })),
        ("/tasks/snooze", json!({ "items": [item], "until": until, "reason": "等", "confirm": 1 })),
    ] {
        world.post("mediator", path, &body).await.is(400).codes();
    }
    for body in [json!({ "items": [] }), json!({ "items": ["x"] })] {
        assert_eq!(
            world.post("mediator", "/tasks/recall", &body).await.is(422).codes(),
            ["nothing_chosen"]
        );
    }
    world.post("mediator", "/tasks/recall", &json!({ "items": ["x/y", "'/--"] })).await.is(404);
}

#[tokio::test]
async fn standing_in_the_calendar_the_digest_and_the_feed_have_their_addresses() {
    let world = World::new().await;
    world.recorded().await;
    let days = world.get("mediator", "/calendar?from=2026-10-01&to=2026-10-10").await.is(200).json;
    let days = days["items"].as_array().unwrap();
    assert_eq!(
        (days.len(), &days[0]["works"], &days[9]["works"]),
        (10, &json!(false), &json!(true))
    );
    world.get("mediator", "/calendar?from=2020-01-01&to=2026-10-10").await.is(400);
    world.get("mediator", "/calendar?from=x").await.is(400);
    let digest = world.get("mediator", "/digest").await.is(200).json;
    assert_eq!(digest["day"], super::world::day(0));
    assert!(digest["counts"]["soon"].is_u64());
    let wrong = json!({ "from": "2020-01-01", "to": "x", "deputy": "" });
    let wrong = world.post("mediator", "/leaves", &wrong).await.is(422);
    assert_eq!(wrong.json["errors"].as_array().unwrap().len(), 2, "{}", wrong.json);
    assert!(world.get("mediator", "/leaves").await.is(200).json["deputies"].is_array());
    world.call("mediator", "DELETE", "/leaves/none", None, &[]).await.is(404);
    assert_eq!(world.get("mediator", "/feed").await.is(200).json["on"], false);
    let path = world.post("mediator", "/feed", &json!({})).await.is(201).text("path");
    assert!(path.starts_with("/ics/") && path.len() > 60);
    assert_eq!(world.get("mediator", "/feed").await.is(200).json["on"], true);
    world.call("mediator", "DELETE", "/feed", None, &[]).await.is(204);
    world.call("mediator", "DELETE", "/feed", None, &[]).await.is(422);
}
