//! What the house does itself when a limit has passed (到期 推).

use crate::world::{NOON, World, at, confirmed, map};
use desk::{Actor, Deed, Refusal, at_end::Ended};
use engine::query::{Cell, Filter, Select};
use serde_json::{Value as Json, json};

const POSTED: &str = r#"
业务 posted "公示"
档案 posted "公示" {
    归属 本机构
    题名 "{called}"
    权限 { 看 office=本单位; 建 office; 改 office }
    分组 "公示" {
        called "名称" 文本 必填
        ends_on "公示截止" 日期 必填
        objected "有异议" 是否
        closed_on "期满日期" 日期
    }
    规则 no_objection "有异议没有处理，不能结束公示" 须="有异议 为空 或 有异议 = 否" 于=objected
    状态 open "公示中" 初始 { 可 close stop }
    状态 closed "公示期满" 终止
    状态 stopped "停止" 终止
    动作 close "公示期满" { 只推; 到 closed; 可填 closed_on; 须 no_objection }
    动作 stop "停止公示" { 由 office; 到 stopped }
    期限 posted_term "公示" {
        起 ends_on
        长 "0 日"
        止 closed stopped
        到期 推 close { 设 closed_on=末日 }
        依据 "平台拟定"
    }
}
"#;

/// Noon of so many days after the first one.
fn day(days: i64) -> desk::Moment {
    at(NOON + days * 86_400_000)
}

fn office(world: &World) -> Actor {
    world.actor("office", "560101001")
}

async fn posted(world: &World, input: Json) -> String {
    world.create(&office(world), "posted", input).await.unwrap().id
}

async fn state(world: &World, id: &str) -> (String, String) {
    let answer = world.desk.record(&office(world), "posted", id, &day(0)).await.unwrap();
    (answer.record.state().to_owned(), answer.record.text("closed_on").to_owned())
}

/// Who did this to the record, as often as it was done.
async fn logged(world: &World, id: &str, act: &str) -> Vec<String> {
    let filter = Filter::equal("record", id).and(Filter::equal("act", act));
    let select = Select::from("log", &["actor"]).filter(filter).limit(9);
    let rows = world.desk.keeper().find(&select).await.unwrap();
    rows.iter().map(|row| row[0].as_text().unwrap().to_owned()).collect()
}

fn done(done: u64) -> Ended {
    Ended { done, refused: 0 }
}

#[tokio::test]
async fn on_the_day_after_the_last_one_the_house_acts_and_nobody_else_can() {
    let world = World::with(&[("posted/business.kdl", POSTED)]).await;
    let id = posted(&world, json!({ "called": "甲", "ends_on": "2026-06-03" })).await;
    let pressed = world.action_on(&office(&world), "posted", &id, "close", json!({})).await;
    let Err(Refusal::Forbidden { why, .. }) = pressed else { panic!("{pressed:?}") };
    assert_eq!(why, "“公示期满”不由人办，期限“公示”到期的次日由平台办");
    assert_eq!(world.desk.end_limits(&day(2)).await.unwrap(), done(0), "the last day counts");
    assert_eq!(state(&world, &id).await.0, "open");
    assert_eq!(world.desk.end_limits(&day(3)).await.unwrap(), done(1));
    assert_eq!(state(&world, &id).await, ("closed".to_owned(), "2026-06-03".to_owned()));
    assert_eq!(logged(&world, &id, "close").await, ["house:deadline"]);
    assert_eq!(world.desk.account_name("house:deadline").await.unwrap(), "系统（期限到期）");
    assert_eq!(world.desk.end_limits(&day(4)).await.unwrap(), done(0));
}

#[tokio::test]
async fn days_on_which_no_process_ran_are_made_up_and_what_ended_before_is_left_alone() {
    let world = World::with(&[("posted/business.kdl", POSTED)]).await;
    let late = posted(&world, json!({ "called": "甲", "ends_on": "2026-06-03" })).await;
    let stopped = posted(&world, json!({ "called": "乙", "ends_on": "2026-06-03" })).await;
    world.action_on(&office(&world), "posted", &stopped, "stop", json!({})).await.unwrap();
    assert_eq!(world.desk.end_limits(&day(30)).await.unwrap(), done(1));
    assert_eq!(state(&world, &late).await.1, "2026-06-03", "the last day, not the day of the act");
    assert_eq!(state(&world, &stopped).await.0, "stopped");
}

#[tokio::test]
async fn several_processes_do_it_once() {
    let (one, two) = World::twice(&[("posted/business.kdl", POSTED)]).await;
    let mut ids = Vec::new();
    for name in 0..20 {
        ids.push(
            posted(&one, json!({ "called": format!("{name}"), "ends_on": "2026-06-03" })).await,
        );
    }
    let moment = day(3);
    let (a, b, c, d) = tokio::join!(
        one.desk.end_limits(&moment),
        two.desk.end_limits(&moment),
        one.desk.end_limits(&moment),
        two.desk.end_limits(&moment),
    );
    let all = [a, b, c, d].map(Result::unwrap);
    assert_eq!(all.iter().map(|ended| ended.done).sum::<u64>(), 20, "{all:?}");
    assert_eq!(all.iter().map(|ended| ended.refused).sum::<u64>(), 0, "{all:?}");
    for id in &ids {
        assert_eq!(logged(&one, id, "close").await.len(), 1);
    }
}

#[tokio::test]
async fn what_a_rule_refuses_stands_in_the_inbox_with_its_reason_and_is_tried_again() {
    let world = World::with(&[("posted/business.kdl", POSTED)]).await;
    let input = json!({ "called": "甲", "ends_on": "2026-06-03", "objected": true });
    let deed = Deed::Create { kind: "posted".to_owned(), input: map(input) };
    let id = world.desk.act(&office(&world), deed, confirmed(), &day(0)).await.unwrap().id;
    let refused = Ended { done: 0, refused: 1 };
    assert_eq!(world.desk.end_limits(&day(3)).await.unwrap(), refused);
    assert_eq!(world.desk.end_limits(&day(3)).await.unwrap(), done(0), "once a day");
    let tasks = world.desk.tasks(&office(&world), &day(3), 9).await.unwrap();
    let why = Some(("close".to_owned(), "有异议没有处理，不能结束公示".to_owned()));
    assert_eq!(tasks.iter().find(|task| task.record == id).unwrap().refused, why);
    assert_eq!(world.desk.end_limits(&day(4)).await.unwrap(), refused, "and on the next day");
    let logged_once = logged(&world, &id, desk::at_end::NOT_DONE).await;
    assert_eq!(logged_once, ["house:deadline"], "the same reason is no news");
    let change = Deed::Change {
        kind: "posted".to_owned(),
        id: id.clone(),
        version: None,
        input: map(json!({ "objected": false })),
    };
    world.desk.act(&office(&world), change, confirmed(), &day(4)).await.unwrap();
    let rows = Select::from("deadline", &["refused"]).filter(Filter::equal("record", id.as_str()));
    let rows = world.desk.keeper().find(&rows.limit(2)).await.unwrap();
    assert_eq!(rows, [vec![Cell::Null]], "the record is another one now");
    assert_eq!(world.desk.end_limits(&day(4)).await.unwrap(), done(1));
    assert_eq!(state(&world, &id).await.0, "closed");
}

#[tokio::test]
async fn a_limit_that_was_moved_meanwhile_has_not_passed() {
    let world = World::with(&[("posted/business.kdl", POSTED)]).await;
    let id = posted(&world, json!({ "called": "甲", "ends_on": "2026-06-03" })).await;
    let change = Deed::Change {
        kind: "posted".to_owned(),
        id: id.clone(),
        version: None,
        input: map(json!({ "ends_on": "2026-06-20" })),
    };
    world.desk.act(&office(&world), change, confirmed(), &day(2)).await.unwrap();
    assert_eq!(world.desk.end_limits(&day(3)).await.unwrap(), done(0));
    assert_eq!(state(&world, &id).await.0, "open");
    assert_eq!(world.desk.end_limits(&day(20)).await.unwrap(), done(1));
}
