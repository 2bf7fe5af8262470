//! A report goes up from a township to a county through the API.

use super::world::*;
use serde_json::json;

const TOWN: &str = "990101001";
/// A half-year that is over.
const PERIOD: &str = "2025H1";

#[tokio::test]
async fn a_township_confirms_and_its_county_returns_and_approves() {
    let world = World::in_memory().await;
    let path = "/filings/mediation_cases";
    let stands = format!("{path}?period={PERIOD}");
    let before = world.get("office", &stands).await.is(200).json;
    assert_eq!((&before["cycle"], &before["may"]["confirm"]), (&json!("半年"), &json!(true)));
    let input = json!({ "period": PERIOD, "seen": before["seen"] });
    // Neither the county for the township, nor a township beside it.
    for who in ["county", "far_office", "mediator"] {
        let other = json!({ "unit": TOWN, "period": PERIOD });
        world.post(who, path, &other).await.is(403);
    }
    let filing = world.post("office", path, &input).await.is(201).json;
    assert_eq!((&filing["state"], &filing["round"]), (&json!("confirmed"), &json!(1)));
    assert_eq!(filing["hash"], before["seen"]);
    world.post("office", path, &input).await.is(422);

    let waiting = world.get("county", "/filings").await.is(200).json;
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1);
    assert_eq!(waiting["items"][0]["unit"], TOWN);
    assert_eq!(world.get("city", "/filings").await.is(200).json["items"], json!([]));
    let own = format!("{path}/{}", filing["id"].as_str().unwrap());
    let rule = |what: &str, reason: &str| json!({ "unit": TOWN, "version": filing["version"], "ruling": what, "reason": reason });
    world.post("county", &own, &rule("return", "")).await.is(422);
    world.post("county", &own, &rule("forget", "")).await.is(422);
    world.post("city", &own, &rule("approve", "")).await.is(403);
    let returned = world.post("county", &own, &rule("return", "请核对")).await.is(200).json;
    assert_eq!((&returned["state"], &returned["decision"]), (&json!("returned"), &json!("请核对")));
    let again = world.post("office", path, &input).await.is(201).json;
    assert_eq!(again["round"], 2);
    // Before the county has approved it, it would have to explain that.
    let refused = world.post("county", path, &json!({ "period": PERIOD })).await.is(422);
    assert_eq!(refused.codes(), ["unexplained"]);
    let own = format!("{path}/{}", again["id"].as_str().unwrap());
    let approve = json!({ "unit": TOWN, "version": again["version"], "ruling": "approve" });
    assert_eq!(world.post("county", &own, &approve).await.is(200).json["state"], "approved");
    let county = world.post("county", path, &json!({ "period": PERIOD })).await.is(201).json;
    assert_eq!((&county["state"], &county["explained"]), (&json!("confirmed"), &json!([])));
    let none = json!({ "period": PERIOD, "nonsense": 1 });
    world.post("county", path, &none).await.is(422);
    world.get("county", path).await.is(400);
}

#[tokio::test]
async fn a_report_of_a_past_day_and_its_sheet_are_asked_for_by_the_day() {
    let world = World::in_memory().await;
    let yesterday = day(-1);
    let path = format!("/reports/mediation_cases?period={PERIOD}&as_of={yesterday}");
    let answer = world.get("county", &path).await.is(200).json;
    assert_eq!(answer["as_of"], yesterday.as_str());
    assert!(world.get("county", "/reports/mediation_cases").await.is(200).json["as_of"].is_null());
    let sheet = format!("/reports/mediation_cases.xlsx?period={PERIOD}&as_of={yesterday}");
    assert!(world.get("county", &sheet).await.is(200).bytes.starts_with(b"PK"));
    for wrong in [day(1), "yesterday".to_owned()] {
        let path = format!("/reports/mediation_cases?as_of={wrong}");
        world.get("county", &path).await.is(400);
    }
}
