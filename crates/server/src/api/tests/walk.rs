//! One case over the API alone, from the village to the province.

use super::world::{CITY, COUNTY, PASSWORD, PROVINCE, VILLAGE, World, day};
use serde_json::{Value as Json, json};

const CASES: &str = "/records/mediation_case";

async fn total(world: &World, who: &str, unit: &str) -> i64 {
    let answer = world.get(who, &format!("/reports/mediation_cases?unit={unit}")).await.is(200);
    answer.json["total"]["figures"]["total"].as_i64().expect("the report has a total")
}

async fn totals(world: &World) -> Vec<i64> {
    let mut totals = Vec::new();
    for (who, unit) in
        [("mediator", VILLAGE), ("county", COUNTY), ("city", CITY), ("province", PROVINCE)]
    {
        totals.push(total(world, who, unit).await);
    }
    totals
}

async fn act(world: &World, who: &str, id: &str, action: &str, input: Json) -> Json {
    world.post(who, &format!("{CASES}/{id}/actions/{action}"), &input).await.is(200).json
}

#[tokio::test]
async fn a_case_goes_from_a_village_to_the_province() {
    let world = World::new().await;
    let body = json!({ "account": "mediator", "password": PASSWORD });
    let login = world.post("", "/login", &body).await.is(200);
    assert!(login.text("expires_at").ends_with("+08:00"));

    // The archive knows one of the two already.
    let known = json!({ "full_name": "陈秀兰", "id_number": "33019819740512022X",
        "mobile": "13800010021", "ethnic_code": "01", "occupation": "农民" });
    let known = world.post("mediator", "/records/person", &known).await.is(201).text("id");
    let hint = json!({ "id_number": "33019819740512022x" });
    let found = world.post("mediator", "/people/match", &hint).await.is(200);
    assert_eq!(found.json["items"][0]["id"], known.as_str());
    assert!(!found.json.to_string().contains("19740512022"), "a match stays masked");

    let before = totals(&world).await;
    let made = world.post("mediator", CASES, &world.case()).await.is(201);
    let id = made.text("id");
    assert_eq!(made.headers["location"], format!("/api/v1{CASES}/{id}"));
    assert_eq!(made.json["state"], "pending");
    assert!(made.text("case_code").ends_with("000001"), "{}", made.json);

    let case = world.get("mediator", &format!("{CASES}/{id}")).await.is(200).json;
    assert_eq!(case["parties"][0]["person"], known.as_str(), "known, so not made again");
    assert_eq!(case["parties"][0]["id_number"], "33019819740512022X");
    assert_eq!(case["parties"][0]["sex"], "2");
    assert_eq!(case["parties"][0]["occupation"], "农民", "what the archive knows is not asked");
    assert_eq!(world.count("person").await, 5, "three mediators and two parties");
    let by_number = format!("{CASES}?q=33019819740512022X");
    let found = world.get("mediator", &by_number).await.is(200);
    assert_eq!(found.json["items"][0]["id"], id.as_str());

    through(&world, &id).await;

    let after = totals(&world).await;
    let expected: Vec<i64> = before.iter().map(|n| n + 1).collect();
    assert_eq!(after, expected, "one more at village, county, city and province");
    behind_the_figure(&world, &id).await;

    let log = world.get("mediator", &format!("{CASES}/{id}/log")).await.is(200).json;
    let acts: Vec<&str> =
        log["items"].as_array().unwrap().iter().filter_map(|e| e["act"].as_str()).collect();
    let done: Vec<&str> = acts.iter().copied().filter(|a| *a != "read").collect();
    assert_eq!(
        done,
        [
            "create",
            "accept",
            "start",
            "agree",
            "begin_performance",
            "perform",
            "close",
            "archive",
            "refused",
        ],
        "what was tried and refused is in it too"
    );
    assert!(!log.to_string().contains("19740512022"), "the log keeps secrets sealed");
    assert!(world.app.desk.verify(&mut |_| {}).await.unwrap().is_empty());

    let person = world.get("mediator", &format!("/people/{known}")).await.is(200).json;
    assert_eq!(person["involvements"][0]["id"], id.as_str());
}

async fn through(world: &World, id: &str) {
    act(world, "mediator", id, "accept", json!({ "accepted_on": day(-10) })).await;
    let limits = world.get("mediator", &format!("{CASES}/{id}/deadlines")).await.is(200).json;
    let names: Vec<&str> =
        limits["items"].as_array().unwrap().iter().filter_map(|l| l["id"].as_str()).collect();
    assert_eq!(names, ["acceptance_term", "mediation_term"]);
    let tasks = world.get("mediator", "/tasks").await.is(200).json;
    assert!(tasks["items"].as_array().unwrap().iter().any(|t| t["record"] == id));
    act(
        world,
        "mediator",
        id,
        "start",
        json!({ "host_mediator": world.host,
        "informed_on": day(-9), "informed_mode": "2" }),
    )
    .await;
    let agreed = act(
        world,
        "mediator",
        id,
        "agree",
        json!({ "agreement_form": "2",
        "mediated_on": day(-5), "place": "梅坞村人民调解室", "agreed_on": day(-5),
        "effective_on": day(-5), "main_facts": "加砌的砖墙占用共用滴水沟。",
        "agreement_text": "孙建国拆除砖墙，恢复滴水沟原状。", "performance_mode": "5" }),
    )
    .await;
    assert!(agreed["agreement_no"].as_str().unwrap().ends_with("梅调协字第1号"), "{agreed}");
    act(world, "mediator", id, "begin_performance", json!({ "performance_due_on": day(-1) })).await;
    act(world, "mediator", id, "perform", json!({ "performed_on": day(-1), "performance": "3" }))
        .await;
    act(
        world,
        "mediator",
        id,
        "close",
        json!({ "filed_by": "周慧", "retention": "3",
        "materials": [{ "type": "D23", "pages": 2 }, { "type": "D08", "pages": 3 }] }),
    )
    .await;
    // Without the record of the mediation, the dossier is not whole.
    let path = format!("{CASES}/{id}/actions/archive");
    let refused = world.post("office", &path, &json!({})).await.is(422);
    assert_eq!(refused.codes(), ["dossier_record"]);
    assert_ne!(refused.json["errors"][0]["basis"], "");
    let record = json!({ "mediation_case": id, "mediated_at": format!("{}T14:00", day(-5)),
        "place": "梅坞村人民调解室", "subject": "滴水沟纠纷", "parties_present": "陈秀兰、孙建国",
        "recorder": "周慧", "process": "出示现场照片，分别谈话，双方同意拆墙。",
        "result": "双方达成书面协议。", "signed_on": day(-5) });
    world.post("mediator", "/records/mediation_record", &record).await.is(201);
    let archived = act(world, "office", id, "archive", json!({})).await;
    assert_eq!(archived["state"], "archived");
    assert!(archived["dossier_no"].as_str().unwrap().ends_with("梅人调字第1号"), "{archived}");
    let path = format!("{CASES}/{id}");
    world.patch("mediator", &path, &json!({ "summary": "归档以后还想改一改" })).await.is(403);
}

async fn behind_the_figure(world: &World, id: &str) {
    let year = &day(-5)[..4];
    let path = format!("{CASES}?figure=mediation_cases.total&period={year}");
    let behind = world.get("province", &path).await.is(200).json;
    assert_eq!(behind["items"].as_array().unwrap().len(), 1);
    assert_eq!(behind["items"][0]["id"], id);
    let month = &day(-5)[..7];
    let path = format!("/statistics/cases?by=dispute_type&from={month}&to={month}");
    let cells = world.get("city", &path).await.is(200).json;
    let own = &cells["items"][0];
    assert_eq!(
        (&own["unit"], &own["code"], &own["value"]),
        (&json!(CITY), &json!("02"), &json!(1))
    );
    assert_eq!(own["name"], "邻里纠纷");
    let sheet = world.get("county", &format!("/reports/mediation_cases.xlsx?period={year}")).await;
    assert!(sheet.is(200).bytes.starts_with(b"PK"), "a spreadsheet is a zip file");
    let county = world.get("county", "/changes?limit=5").await.is(200).json;
    assert_eq!(county["items"].as_array().unwrap().len(), 5);
    let after = county["next"].as_i64().unwrap();
    let more = world.get("county", &format!("/changes?after={after}&limit=1")).await.is(200).json;
    assert_eq!(more["items"][0]["seq"], after + 1);
}
