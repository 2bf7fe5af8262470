//! A file that opens with a reason, by programs.

use super::world::{World, day, id_number};
use serde_json::{Value as Json, json};

/// An assessment of a township of this county, as the house keeps it.
async fn assessment(world: &World) -> String {
    let input = json!({
        "entrust_no": "WT20260001", "office_unit": "990101001", "entruster_type": "01",
        "entruster": "安和县人民法院", "entruster_contact": "书记员",
        "entruster_phone": "0579-88880001", "letter_no": "（2026）安法委字第3号",
        "entrusted_on": day(-3), "received_on": day(-1), "procedure": "1", "intended": "02",
        "person_kind": "01", "full_name": "陆子安", "id_type": "111",
        "id_number": id_number("33019819880203003"), "sex": "1", "birth_date": "1988-02-03",
        "residence_address": "安和县枫桥镇梅坞村2组", "domicile_address": "安和县枫桥镇梅坞村2组",
        "charge": "危险驾驶罪",
    });
    world.made("corr_assessment", input).await
}

#[tokio::test]
async fn a_city_reads_a_file_after_a_reason_and_the_auditor_reads_the_reason() {
    let world = World::new().await;
    let id = assessment(&world).await;
    let file = format!("/records/corr_assessment/{id}");
    let none = world.get("city", "/records/corr_assessment").await.is(200).json;
    assert_eq!(none["items"], json!([]));
    let asked = world.get("city", &file).await.is(403);
    assert_eq!(asked.codes(), ["reason_required"]);
    assert_eq!(asked.json["type"], "/problems/reason-required");
    assert!(!String::from_utf8_lossy(&asked.bytes).contains("陆子安"));
    world.get("city", &format!("{file}/log")).await.is(404);

    let look = format!("{file}/look");
    let short = world.post("city", &look, &json!({ "why": "看看" })).await.is(422);
    assert_eq!(short.codes(), ["reason_short", "reason_short"]);
    world.post("city", &look, &json!({ "why": 1, "basis": "省厅通知" })).await.is(400);
    world.post("city", &look, &json!({ "who": "我" })).await.is(400);
    for who in ["mediator", "far_office", "auditor"] {
        world.get(who, &file).await.is(404);
        let reason = json!({ "why": "核查上月的数字", "basis": "省厅通知第3项" });
        world.post(who, &look, &reason).await.is(404);
    }
    let reason = json!({ "why": "核查上月的数字", "basis": "省厅通知第3项" });
    let written = world.post("city", &look, &reason).await.is(201).json;
    assert_eq!((&written["id"], &written["role"]), (&json!(id), &json!("city")));
    let open = world.get("city", &file).await.is(200).json;
    // The number stays masked: a reason opens the file, not what identifies the person.
    assert_eq!(open["full_name"], "陆子安");
    assert!(open["id_number"].as_str().unwrap().contains('*'), "{}", open["id_number"]);
    for shut in ["documents", "log"] {
        let answer = world.get("city", &format!("{file}/{shut}")).await;
        assert!(answer.status >= 400 || answer.json["items"] == json!([]), "{shut}");
    }
    world.get("province", &file).await.is(403);

    let listed = world.get("auditor", "/looks").await.is(200).json;
    let items = listed["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["why"]), (1, &json!("核查上月的数字")));
    assert!(!Json::to_string(&listed).contains("陆子安"));
    world.get("office", "/looks").await.is(403);
    world.get("mediator", "/looks").await.is(403);
}
