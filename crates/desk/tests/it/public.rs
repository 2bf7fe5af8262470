//! What anybody may look up (公开): what is named and nothing else, codes that cannot be made up, and
//! never a record that hides.

use crate::world::{World, now};
use desk::{
    Refusal,
    public::{Checked, Opened, PAGE, RosterAsk},
};
use serde_json::json;

const PASSES: &str = r#"
业务 passes "证" { 档案 pass }
档案 pass "证" {
    归属 本机构
    题名 "{bearer}"
    权限 { 看 office=本单位; 建 office; 改 office }
    封存 当="要保密 = 是" { 看 office }
    公开 card "证件核验" 按 no 当="状态 属于 在用、到期" {
        给 bearer no state until
        有效 当="状态 = 在用 且 到 ≥ 今日" 否则="现在无效"
        依据 "平台拟定"
    }
    公开 list "持证名录" 名录 当="状态 = 在用" { 给 bearer spot duty until; 依据 "平台拟定" }
    分组 "证" {
        bearer "姓名" 姓名 必填
        no "证号" 文本
        until "到" 日期
        spot "地点" 地点
        has_duty "有职务" 是否
        duty "职务" 文本 显示="有职务 = 是"
        inner "内情" 文本
        is_secret "要保密" 是否
    }
    唯一 全省 no "这个证号已经登记"
    状态 asked "申领中" 初始 { 可 issue }
    状态 valid "在用" { 可 renew shut }
    状态 ended "到期" 终止
    动作 issue "发证" { 由 office; 到 valid; 填 no; 填 until }
    动作 shut "到期" { 由 office; 到 ended }
    动作 renew "补发" { 由 office; 到 valid; 填 no; 填 until }
}
"#;

async fn world() -> World {
    World::with(&[("passes/business.kdl", PASSES)]).await
}

fn opened(world: &World, what: &str) -> Opened {
    world.desk.publication("pass", what).unwrap()
}

async fn issued(world: &World, unit: &str, input: serde_json::Value, no: &str) -> String {
    let office = world.actor("office", unit);
    let id = world.create(&office, "pass", input).await.unwrap().id;
    let input = json!({ "no": no, "until": "2026-12-31" });
    world.action_on(&office, "pass", &id, "issue", input).await.unwrap();
    id
}

async fn code(world: &World, unit: &str, id: &str) -> Option<String> {
    let answer = world.desk.record(&world.actor("office", unit), "pass", id, &now()).await.unwrap();
    let (kind, card) = opened(world, "card");
    world.desk.public_code(&kind, &card, &answer.record).await.unwrap()
}

async fn check(world: &World, code: &str) -> Checked {
    let (kind, card) = opened(world, "card");
    world.desk.check_public(&kind, &card, code, &now()).await.unwrap()
}

const TOWN: &str = "560101001";

#[tokio::test]
async fn a_code_shows_what_is_named_and_dies_with_its_number() {
    let world = world().await;
    let input = json!({ "bearer": "何向阳", "inner": "不该公开的" });
    let office = world.actor("office", TOWN);
    let id = world.create(&office, "pass", input).await.unwrap().id;
    assert_eq!(code(&world, TOWN, &id).await, None, "no number yet");
    let input = json!({ "no": "QH-001", "until": "2026-12-31" });
    world.action_on(&office, "pass", &id, "issue", input).await.unwrap();
    let first = code(&world, TOWN, &id).await.unwrap();
    let Checked::Found(found) = check(&world, &first).await else { panic!("not found") };
    let labels: Vec<&str> = found.facts.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["姓名", "证号", "状态", "到"]);
    assert_eq!((found.facts[2].1.as_str(), &found.otherwise), ("在用", &None));
    // A good code goes bad with the day, not with the minute of a job.
    let (kind, card) = opened(&world, "card");
    let later = crate::world::at(crate::world::NOON + 250 * 86_400_000);
    let then = world.desk.check_public(&kind, &card, &first, &later).await.unwrap();
    let Checked::Found(then) = then else { panic!("gone") };
    assert_eq!(then.otherwise.as_deref(), Some("现在无效"));
    // A new number voids the old code.
    let input = json!({ "no": "QH-002", "until": "2026-12-31" });
    world.action_on(&office, "pass", &id, "renew", input).await.unwrap();
    assert!(matches!(check(&world, &first).await, Checked::Void));
    let second = code(&world, TOWN, &id).await.unwrap();
    assert!(matches!(check(&world, &second).await, Checked::Found(_)));
}

#[tokio::test]
async fn codes_cannot_be_made_up_or_carried_over() {
    let world = world().await;
    let one = issued(&world, TOWN, json!({ "bearer": "何向阳" }), "QH-001").await;
    let two = issued(&world, TOWN, json!({ "bearer": "柯静言" }), "QH-002").await;
    let code_one = code(&world, TOWN, &one).await.unwrap();
    let (_, proof) = code_one.split_once('.').unwrap();
    let last = if proof.ends_with('0') { "1" } else { "0" };
    let (kind, card) = opened(&world, "card");
    for made_up in [
        format!("{two}.{proof}"),
        one.clone(),
        format!("{one}."),
        format!("{one}.{}", "0".repeat(proof.len())),
        format!("{code_one}0"),
        "QH-001".to_owned(),
        "证.件".to_owned(),
    ] {
        assert!(!world.desk.is_own_code(&kind, &card, &made_up), "{made_up}");
        assert!(matches!(check(&world, &made_up).await, Checked::Unknown), "{made_up}");
    }
    // Half a proof is not enough either: the end proves the number.
    let bent = format!("{one}.{}{last}", &proof[..proof.len() - 1]);
    assert!(matches!(check(&world, &bent).await, Checked::Void));
}

#[tokio::test]
async fn what_hides_is_not_public() {
    let world = world().await;
    let id = issued(&world, TOWN, json!({ "bearer": "何向阳" }), "QH-001").await;
    let known = code(&world, TOWN, &id).await.unwrap();
    let office = world.actor("office", TOWN);
    let deed = desk::Deed::Change {
        kind: "pass".to_owned(),
        id: id.clone(),
        version: None,
        input: crate::world::map(json!({ "is_secret": true })),
    };
    world.desk.act(&office, deed, crate::world::confirmed(), &now()).await.unwrap();
    assert!(matches!(check(&world, &known).await, Checked::Unknown));
    assert_eq!(code(&world, TOWN, &id).await, None);
    let (kind, list) = opened(&world, "list");
    let page = world.desk.roster(&kind, &list, &RosterAsk::default(), &now()).await.unwrap();
    assert!(page.rows.is_empty());
}

#[tokio::test]
async fn a_roster_is_looked_through_by_place_and_by_published_words_only() {
    let world = world().await;
    for n in 0..(PAGE + 3) {
        let input = json!({
            "bearer": "何向阳", "spot": format!("青禾路{n:02}号"),
            "duty": "站长", "inner": "内情一",
        });
        issued(&world, TOWN, input, &format!("QH-{n:03}")).await;
    }
    issued(&world, "560201001", json!({ "bearer": "柯静言" }), "QH-900").await;
    world
        .create(&world.actor("office", TOWN), "pass", json!({ "bearer": "未发证" }))
        .await
        .unwrap();
    let (kind, list) = opened(&world, "list");
    let ask = |division: &str, words: &str| RosterAsk {
        division: division.to_owned(),
        words: words.to_owned(),
        after: None,
    };
    let count = async |asked: RosterAsk| {
        let page = world.desk.roster(&kind, &list, &asked, &now()).await;
        page.map(|page| page.rows.len())
    };
    assert_eq!(count(ask("560201", "")).await.unwrap(), 1);
    assert_eq!(count(ask("", "路07号")).await.unwrap(), 1);
    assert_eq!(count(ask("", "内情")).await.unwrap(), 0, "not published, not guessed");
    assert_eq!(count(ask("", "站长")).await.unwrap(), 0, "not shown, not guessed");
    assert_eq!(count(ask("", "%")).await.unwrap(), 0);
    assert!(matches!(count(ask("999999", "")).await, Err(Refusal::NotFound(_))));
    let first = world.desk.roster(&kind, &list, &RosterAsk::default(), &now()).await.unwrap();
    assert_eq!(first.rows.len(), PAGE);
    assert!(first.rows.iter().all(|row| row.facts.iter().all(|(label, _)| label != "职务")));
    let asked = RosterAsk { after: first.next.clone(), ..RosterAsk::default() };
    let second = world.desk.roster(&kind, &list, &asked, &now()).await.unwrap();
    assert_eq!((second.rows.len(), second.next), (4, None));
    // What is checked by its code is no roster, and the other way round.
    let (_, card) = opened(&world, "card");
    assert!(world.desk.roster(&kind, &card, &RosterAsk::default(), &now()).await.is_err());
}
