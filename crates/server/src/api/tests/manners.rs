//! How the face behaves: once under one key, versions, warnings, lists, what is open to all.

use super::world::{World, day};
use axum::{body::Body, http::Request};
use serde_json::{Value as Json, json};

const CASES: &str = "/records/mediation_case";

#[tokio::test]
async fn one_key_makes_one_case_and_the_same_answer() {
    let world = World::new().await;
    let key = [("idempotency-key", "k-1")];
    let first = world.call("mediator", "POST", CASES, Some(&world.case()), &key).await.is(201);
    let again = world.call("mediator", "POST", CASES, Some(&world.case()), &key).await.is(201);
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(first.headers["location"], again.headers["location"]);
    let mut other = world.case();
    other["case_name"] = json!("另外一件纠纷");
    let reused = world.call("mediator", "POST", CASES, Some(&other), &key).await.is(422);
    assert_eq!(reused.codes(), ["key_reused"]);
    for wrong in ["", &"k".repeat(201)] {
        let key = [("idempotency-key", wrong)];
        world.call("mediator", "POST", CASES, Some(&other), &key).await.is(400);
    }
    assert_eq!(world.count("mediation_case").await, 1);
}

#[tokio::test]
async fn a_change_on_an_old_version_is_shown_the_new_one() {
    let world = World::new().await;
    let path = format!("{CASES}/{}", world.recorded().await);
    let read = world.get("mediator", &path).await.is(200);
    assert_eq!(read.headers["etag"], "\"1\"");
    let change = json!({ "requests": "拆除砖墙，恢复原状" });
    let tag = [("if-match", "\"1\"")];
    let done = world.call("mediator", "PATCH", &path, Some(&change), &tag).await.is(200);
    assert_eq!(done.json["version"], 2);
    assert_eq!(done.headers["etag"], "\"2\"");
    for old in ["\"1\"", "1", "W/\"1\"", "nonsense", "\"-5\""] {
        let other = json!({ "requests": "赔偿损失" });
        let late = world
            .call("mediator", "PATCH", &path, Some(&other), &[("if-match", old)])
            .await
            .is(412);
        assert_eq!(late.json["current"]["requests"], "拆除砖墙，恢复原状");
        assert_eq!(late.json["current"]["version"], 2);
        assert_eq!(late.headers["etag"], "\"2\"");
        assert!(!late.json.to_string().contains("19740512022"), "not without a logged look");
    }
    let accept = format!("{path}/actions/accept");
    world.call("mediator", "POST", &accept, None, &tag).await.is(412);
    world.call("mediator", "POST", &accept, None, &[("if-match", "\"2\"")]).await.is(200);
    world.patch("mediator", &path, &json!({ "requests": "赔偿损失" })).await.is(200);
}

#[tokio::test]
async fn warnings_are_told_or_asked_about() {
    let world = World::new().await;
    let mut case = world.case();
    case["difficulty"] = json!("1");
    case["amount"] = json!("250000.00");
    let asked = [("prefer", "confirm")];
    let refused = world.call("mediator", "POST", CASES, Some(&case), &asked).await.is(409);
    assert_eq!(refused.codes(), ["large_simple"]);
    assert_eq!(world.count("mediation_case").await, 0);
    assert_eq!(world.count("person").await, 3, "nobody is made for a case that is not kept");
    let made = world.post("mediator", CASES, &case).await.is(201);
    assert_eq!(made.json["warnings"][0]["code"], "large_simple");
    let read = world.get("mediator", &format!("{CASES}/{}", made.text("id"))).await.is(200);
    assert_eq!(read.json["warnings"][0]["code"], "large_simple");
    assert_eq!(read.json["amount"], "250000.00");
    assert_eq!(read.json["actions"][0]["id"], "accept");
}

#[tokio::test]
async fn a_list_filters_sorts_and_pages() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in 0..7 {
        let mut case = world.case();
        case["case_name"] = json!(format!("第{number}件滴水沟纠纷"));
        case["people_count"] = json!(10 - number);
        case["dispute_type"] = json!(if number % 2 == 0 { "02" } else { "01" });
        let id = world.post("mediator", CASES, &case).await.is(201).text("id");
        let accept = json!({ "accepted_on": day(-number) });
        world.post("mediator", &format!("{CASES}/{id}/actions/accept"), &accept).await.is(200);
        ids.push(id);
    }
    let page = |query: String| {
        let world = &world;
        async move {
            let answer = world.get("mediator", &format!("{CASES}?{query}")).await.is(200).json;
            let items = answer["items"].as_array().unwrap().clone();
            let ids: Vec<String> =
                items.iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect();
            (ids, answer["next"].as_str().map(str::to_owned), items)
        }
    };
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let (ids, next, _) = page(format!("sort=-accepted_on&limit=3{after}")).await;
        seen.extend(ids);
        let Some(next) = next else { break };
        let encoded: String = next.bytes().map(|b| format!("%{b:02X}")).collect();
        after = format!("&after={encoded}");
    }
    assert_eq!(seen, ids, "newest first, each once");
    let (found, _, items) = page("dispute_type=01&state=accepted".to_owned()).await;
    assert_eq!(found.len(), 3);
    assert!(items.iter().all(|i| i["dispute_type"] == "01" && i["state_label"] == "已受理待调解"));
    assert!(items[0].get("summary").is_none(), "only the columns of the list");
    let (found, _, items) = page(format!("accepted_on={}..{}&fields=*", day(-2), day(-1))).await;
    assert_eq!(found.len(), 2);
    assert!(items[0]["summary"].is_string() && items[0]["people_count"].is_i64());
    let (found, ..) = page("people_count=7".to_owned()).await;
    assert_eq!(found, [ids[3].clone()]);
    let (found, ..) = page("q=%E7%AC%AC5%E4%BB%B6&unit=990101".to_owned()).await;
    assert_eq!(found, [ids[5].clone()]);
    let wrong = world.get("mediator", &format!("{CASES}?dispute_typ=02")).await.is(400);
    assert_eq!(wrong.json["errors"][0]["field"], "dispute_typ");
}

#[tokio::test]
async fn what_is_open_to_all_says_nothing_of_anybody() {
    let world = World::in_memory().await;
    let contract = world.get("", "/openapi.json").await.is(200).json;
    assert_eq!(contract["openapi"], "3.1.0");
    let case = &contract["components"]["schemas"]["mediation_case_input"]["properties"];
    assert_eq!(case["dispute_type"]["$ref"], "#/components/schemas/code_dispute_type");
    for (path, starts) in [("/healthz", "ok"), ("/readyz", "ok"), ("/metrics", "# TYPE")] {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let answer = world.raw(request).await.is(200);
        assert!(answer.bytes.starts_with(starts.as_bytes()), "{path}");
    }
    world.keeper.fail_at(1);
    let request = Request::builder().uri("/readyz").body(Body::empty()).unwrap();
    world.raw(request).await.is(503);
}

#[tokio::test]
async fn a_store_that_fails_is_503_and_nothing_is_kept_by_halves() {
    let world = World::in_memory().await;
    let mut failed = 0;
    for nth in 1.. {
        world.keeper.fail_at(nth);
        let answer = world.post("mediator", CASES, &world.case()).await;
        world.keeper.fail_at(0);
        if answer.status == 201 {
            break;
        }
        assert_eq!(answer.is(503).headers["retry-after"], "5");
        assert_eq!(world.count("mediation_case").await, 0, "call {nth}");
        assert_eq!(world.count("mediation_case__parties").await, 0, "call {nth}");
        assert_eq!(world.count("person").await, 3, "call {nth}");
        failed += 1;
    }
    assert!(failed >= 3, "a case needs several calls of the store");
    assert_eq!(world.count("mediation_case").await, 1);
}

#[tokio::test]
async fn a_definition_tells_what_may_be_sent() {
    let world = World::new().await;
    let told = world.get("mediator", "/definitions/mediation_case").await.is(200).json;
    let fields = told["fields"].as_array().unwrap();
    let field = |id: &str| fields.iter().find(|f| f["id"] == id).unwrap();
    assert_eq!(field("dispute_type")["codes"], "dispute_type");
    assert_eq!(field("dispute_type")["required"], true);
    assert_eq!(field("case_code")["read_only"], true);
    assert_eq!(field("parties")["rows"], "case_party");
    let codes = told["codes"]["dispute_type"].as_array().unwrap();
    assert!(codes.iter().any(|c| c["code"] == "02" && c["name"] == "邻里纠纷"));
    let all = world.get("mediator", "/definitions").await.is(200).json;
    let kinds: Vec<&Json> = all["kinds"].as_array().unwrap().iter().map(|k| &k["id"]).collect();
    assert!(kinds.contains(&&json!("mediation_case")) && kinds.contains(&&json!("person")));
    world.get("mediator", "/definitions/nothing").await.is(404);
    let units = world.get("mediator", "/units?parent=990101001").await.is(200).json;
    assert_eq!(units["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_contract_refers_to_nothing_that_is_not_in_it() {
    let world = World::new().await;
    let contract = world.get("", "/openapi.json").await.is(200).json;
    let mut references = Vec::new();
    let mut operations = Vec::new();
    walk(&contract, &mut |name, value| match (name, value.as_str()) {
        ("$ref", Some(place)) => references.push(place.to_owned()),
        ("operationId", Some(id)) => operations.push(id.to_owned()),
        _ => {}
    });
    assert!(references.len() > 500 && operations.len() > 100);
    for place in &references {
        let found = contract.pointer(place.trim_start_matches('#'));
        assert!(found.is_some(), "{place}");
    }
    let all = operations.len();
    operations.sort();
    operations.dedup();
    assert_eq!(operations.len(), all, "an operation's name is its own");
    // Kinds, rows and code tables share one set of names.
    let house = world.app.desk.house();
    let rows: Vec<&String> = house.kinds.values().flat_map(|k| k.rows.keys()).collect();
    let mut names = rows.clone();
    names.extend(house.kinds.keys());
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "{rows:?}");
}

fn walk(value: &Json, each: &mut dyn FnMut(&str, &Json)) {
    match value {
        Json::Object(map) => {
            for (name, inner) in map {
                each(name, inner);
                walk(inner, each);
            }
        }
        Json::Array(list) => list.iter().for_each(|inner| walk(inner, each)),
        _ => {}
    }
}
