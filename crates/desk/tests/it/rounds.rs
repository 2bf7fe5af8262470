//! Limits that come back, and those that are warned of more than once.

use crate::world::{World, confirmed, map, now};
use desk::{Actor, Deed, Refusal};
use engine::query::{Cell, Filter, Select};
use serde_json::{Value as Json, json};

const PATROL: &str = r#"
业务 patrol "巡查"
档案 patrol "巡查点" {
    归属 本机构
    题名 "{called}"
    权限 { 看 office=本单位; 建 office; 改 office }
    分组 "点" {
        called "名称" 文本 必填
        begun_on "设点日期" 日期 必填
        quiet "停用" 是否
        last_on "最近一次" 计算 "最晚(巡查, 巡查日期)"
    }
    状态 open "巡查中" 初始 { 可 close }
    状态 closed "撤销" 终止
    动作 close "撤销" { 由 office; 到 closed }
    期限 round_term "巡查" {
        起 begun_on
        每 "1 月"
        止于 last_on
        止 closed
        提前 "10 日" "2 日"
        当 "停用 为空 或 停用 = 否"
        依据 "平台拟定"
    }
}
档案 patrol_round "巡查" {
    附于 patrol "巡查点"
    题名 "{on_date}"
    权限 { 看 office=本单位; 建 office; 改 office }
    分组 "巡查" { on_date "巡查日期" 日期 必填 }
}
"#;

fn office(world: &World) -> Actor {
    world.actor("office", "560101001")
}

/// Due and whether it has ended; `None` where nothing runs.
async fn kept(world: &World, id: &str) -> Option<(String, bool)> {
    let select =
        Select::from("deadline", &["due", "done"]).filter(Filter::equal("record", id)).limit(2);
    let rows = world.desk.keeper().find(&select).await.unwrap();
    assert!(rows.len() < 2);
    let row = rows.first()?;
    Some((row[0].as_text().unwrap_or_default().to_owned(), row[1] == Cell::Int(1)))
}

async fn looked_away(world: &World) -> Vec<String> {
    let rows = world.desk.keeper().find(&Select::from("snooze", &["until"]).limit(9)).await;
    rows.unwrap().iter().map(|row| row[0].as_text().unwrap().to_owned()).collect()
}

async fn create(world: &World, kind: &str, input: Json) -> String {
    world.create(&office(world), kind, input).await.unwrap().id
}

#[tokio::test]
async fn a_limit_comes_back_from_the_day_it_was_last_done_until_the_record_ends() {
    let world = World::with(&[("patrol/business.kdl", PATROL)]).await;
    let point = json!({ "called": "渡口", "begun_on": "2026-05-20" });
    let id = create(&world, "patrol", point).await;
    let due = |day: &str| Some((day.to_owned(), false));
    assert_eq!(kept(&world, &id).await, due("2026-06-20"), "from the first day, if never done");
    for (day, next) in
        [("2026-05-31", "2026-06-30"), ("2026-05-25", "2026-06-30"), ("2026-06-01", "2026-07-01")]
    {
        create(&world, "patrol_round", json!({ "patrol": id, "on_date": day })).await;
        assert_eq!(kept(&world, &id).await, due(next), "after {day}");
    }
    let change = |quiet: bool| Deed::Change {
        kind: "patrol".to_owned(),
        id: id.clone(),
        version: None,
        input: map(json!({ "quiet": quiet })),
    };
    let desk = &world.desk;
    desk.act(&office(&world), change(true), confirmed(), &now()).await.unwrap();
    let quiet = kept(&world, &id).await;
    assert!(quiet.is_none_or(|(_, done)| done), "its condition fails");
    desk.act(&office(&world), change(false), confirmed(), &now()).await.unwrap();
    assert_eq!(kept(&world, &id).await, due("2026-07-01"));
    world.action_on(&office(&world), "patrol", &id, "close", json!({})).await.unwrap();
    assert!(kept(&world, &id).await.is_none_or(|(_, done)| done), "the record ends");
}

#[tokio::test]
async fn nobody_looks_away_past_the_next_warning_or_into_the_next_round() {
    let world = World::with(&[("patrol/business.kdl", PATROL)]).await;
    let point = json!({ "called": "渡口", "begun_on": "2026-05-20" });
    let id = create(&world, "patrol", point).await;
    let office = office(&world);
    let items = [format!("560101/{id}:round_term")];
    let snooze = async |until: &str, confirmed: bool| {
        world.desk.snooze(&office, &items, until, "等渡口通航", confirmed, &now()).await
    };
    let asked = snooze("2026-06-19", false).await;
    let Err(Refusal::Confirm(problems)) = &asked else { panic!("{asked:?}") };
    assert_eq!(problems[0].code, "warned_again");
    snooze("2026-06-19", true).await.unwrap();
    assert_eq!(looked_away(&world).await, ["2026-06-18"], "two days before the last");
    snooze("2026-06-12", false).await.expect("no warning falls in between");
    assert_eq!(looked_away(&world).await, ["2026-06-12"]);
    create(&world, "patrol_round", json!({ "patrol": id, "on_date": "2026-06-01" })).await;
    assert!(looked_away(&world).await.is_empty(), "it is another round");
}
