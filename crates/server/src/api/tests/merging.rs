//! Two records of one person, joined and given back by a program.

use super::world::World;
use serde_json::{Value as Json, json};

async fn person(world: &World, input: Json) -> String {
    world.post("mediator", "/records/person", &input).await.is(201).text("id")
}

async fn two(world: &World) -> (String, String) {
    let one = json!({ "full_name": "陈秀蓝", "mobile": "13800010031" });
    let other = json!({ "full_name": "陈秀兰", "id_number": "33019819740512022X" });
    (person(world, one).await, person(world, other).await)
}

#[tokio::test]
async fn a_person_is_joined_with_another_and_given_back() {
    let world = World::new().await;
    let (lost, remains) = two(&world).await;
    let merge = format!("/people/{lost}/merge");
    let input = json!({ "into": remains, "reason": "同一个人登记了两次" });

    let stale = [("if-match", "\"7\"")];
    world.call("county", "POST", &merge, Some(&input), &stale).await.is(412);
    let headers = [("if-match", "\"1\""), ("prefer", "confirm"), ("idempotency-key", "join-1")];
    let asked = world.call("county", "POST", &merge, Some(&input), &headers).await.is(409);
    assert_eq!(asked.codes(), ["facts_differ"], "the names differ");
    let headers = [("if-match", "\"1\""), ("idempotency-key", "join-1")];
    let done = world.call("county", "POST", &merge, Some(&input), &headers).await.is(200);
    assert_eq!(
        (done.text("id"), done.json["along"][0]["id"].clone()),
        (lost.clone(), json!(remains))
    );
    assert_eq!(done.headers["etag"], "\"2\"");
    let again = world.call("county", "POST", &merge, Some(&input), &headers).await.is(200);
    assert_eq!(again.json["version"], done.json["version"], "one key, one deed");

    let found = world.get("mediator", &format!("/people/{lost}")).await.is(200).json;
    assert_eq!((&found["record"]["id"], &found["merged_from"]), (&json!(remains), &json!(lost)));
    assert_eq!(found["record"]["mobile"], "13800010031");
    assert_eq!(found["merged"][0]["id"], lost.as_str());
    assert_eq!(found["merged"][0]["reason"], "同一个人登记了两次");
    let own = world.get("mediator", &format!("/people/{remains}")).await.is(200).json;
    assert!(own["merged_from"].is_null());
    let list = world.get("county", "/records/person").await.is(200).json;
    assert!(!list.to_string().contains(&lost), "it is in no list");

    let change = json!({ "occupation": "船工" });
    let refused =
        world.patch("mediator", &format!("/records/person/{lost}"), &change).await.is(422);
    assert_eq!(refused.codes(), ["merged"]);
    let back = format!("/people/{lost}/unmerge");
    world.post("county", &back, &json!({})).await.is(422);
    world.post("county", &back, &json!({ "reason": "是两个人" })).await.is(200);
    let found = world.get("mediator", &format!("/people/{lost}")).await.is(200).json;
    assert_eq!(found["record"]["id"], lost.as_str());
    assert_eq!(found["merged"], json!([]));
    assert!(world.app.desk.verify(&mut |_| {}).await.unwrap().is_empty());
}

#[tokio::test]
async fn bodies_are_joined_in_the_same_way() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for phone in ["0571-63010011", "0571-63010012"] {
        let input = json!({ "org_name": "云溪顺达物业服务有限公司", "phone": phone });
        ids.push(world.post("mediator", "/records/organization", &input).await.is(201).text("id"));
    }
    let merge = format!("/organizations/{}/merge", ids[0]);
    let input = json!({ "into": ids[1], "reason": "同一个公司", "take": ["phone"] });
    world.post("county", &merge, &input).await.is(200);
    let found = world.get("county", &format!("/organizations/{}", ids[0])).await.is(200).json;
    assert_eq!(found["record"]["id"], ids[1].as_str());
    assert_eq!(found["record"]["phone"], "0571-63010011", "what was named is taken over");
    let back = format!("/organizations/{}/unmerge", ids[0]);
    world.post("county", &back, &json!({ "reason": "是两个公司" })).await.is(200);
}

#[tokio::test]
async fn what_a_program_says_wrongly_is_told_and_who_may_not_is_refused() {
    let world = World::new().await;
    let (lost, remains) = two(&world).await;
    let merge = format!("/people/{lost}/merge");
    let input = json!({ "into": remains, "reason": "同一个人" });
    for who in ["mediator", "office"] {
        let refused = world.post(who, &merge, &input).await.is(403);
        assert!(refused.text("who").contains("县级司法局"), "{}", refused.json);
    }
    world.post("admin", &merge, &input).await.is(404);
    let unknown = format!("/people/{lost}/unmerge");
    assert_eq!(
        world.post("county", &unknown, &json!({ "reason": "x" })).await.is(422).codes(),
        ["not_merged"]
    );
    let wrong = [
        (json!({ "reason": "x" }), "required"),
        (json!({ "into": remains }), "required"),
        (json!({ "into": 7, "reason": "x" }), "type"),
        (json!({ "into": remains, "reason": "x", "take": "mobile" }), "type"),
        (json!({ "into": remains, "reason": "x", "keep": [] }), "unknown_field"),
        (json!({ "into": remains, "reason": "x", "take": ["id_number"] }), "take"),
        (json!({ "into": lost, "reason": "x" }), "same"),
    ];
    for (input, code) in wrong {
        let refused = world.post("county", &merge, &input).await.is(422);
        assert!(refused.codes().iter().any(|one| one == code), "{code} {}", refused.json);
    }
    let none = json!({ "into": "00000000-0000-7000-8000-000000000000", "reason": "x" });
    world.post("county", &merge, &none).await.is(404);
    let body = format!("/organizations/{lost}/merge");
    world.post("county", &body, &input).await.is(404);
}
