//! Limits as they are kept: stopped, extended, gone up, and worked out anew by another calendar.

use crate::world::{NOON, World, at, confirmed, map, now};
use desk::{Actor, Deed, Done, Refusal};
use engine::query::{Cell, Filter, Select};
use serde_json::{Value as Json, json};

const PLEA: &str = r#"
业务 plea "申请"
档案 plea "申请书" {
    归属 本机构
    题名 "{who}的申请"
    权限 { 看 office=本单位 county=辖区 city=辖区; 建 office; 改 office }
    分组 "申请" {
        who "申请人" 文本 必填
        got_on "收到日期" 日期 必填
        called_at "报警时间" 日期时间
        stops "中止经过" 多行 stop
        more_on "批准延长日期" 日期
        more_by "批准人" 文本
        waits_on "等材料起" 日期
        goes_on "材料到齐" 日期
        told_on "答复日期" 日期
    }
    行 stop "中止" { from_on "中止日期" 日期 必填; to_on "恢复日期" 日期 }
    状态 open "办理中" 初始 { 可 pause tell }
    状态 paused "等材料" { 可 resume }
    状态 told "已答复" 终止
    动作 pause "等材料" { 由 office; 到 paused; 设 waits_on=今日 }
    动作 resume "恢复" { 由 office; 到 open; 设 goes_on=今日 }
    动作 tell "答复" { 由 office; 到 told; 填 told_on }
    期限 answer_term "答复" {
        起 got_on
        长 "20 工作日"
        中止 stops.from_on 至=stops.to_on
        中止 waits_on 至=goes_on 状态=paused
        延长 "10 工作日" 于=more_on 由=more_by
        止于 told_on
        止 told
        提前 "3 工作日"
        升级 县="1 日" 市="10 日"
        依据 "民法典 第201条"
    }
    期限 visit_term "上门" {
        起 called_at
        长 "48 小时"
        止 told
        依据 "平台拟定"
    }
    期限 plain_term "自然日" {
        起 got_on
        长 "30 日"
        止 told
        依据 "平台拟定"
    }
}
"#;

async fn world() -> World {
    World::with(&[("plea/business.kdl", PLEA)]).await
}

fn office(world: &World) -> Actor {
    world.actor("office", "560101001")
}

async fn plea(world: &World, input: Json) -> Done {
    world.create(&office(world), "plea", input).await.unwrap()
}

/// A kept limit: due, words, done, stopped, at, county_on.
async fn kept(world: &World, id: &str, rule: &str) -> Vec<Cell> {
    let columns = ["due", "words", "done", "stopped", "at", "county_on", "city_on", "law", "ended"];
    let filter = Filter::equal("record", id).and(Filter::equal("rule", rule));
    let select = Select::from("deadline", &columns).filter(filter).limit(2);
    let rows = world.desk.keeper().find(&select).await.unwrap();
    assert_eq!(rows.len(), 1);
    rows.into_iter().next().unwrap()
}

fn text(row: &[Cell], at: usize) -> &str {
    row[at].as_text().unwrap_or_default()
}

async fn change(world: &World, id: &str, input: Json) {
    let deed = Deed::Change {
        kind: "plea".to_owned(),
        id: id.to_owned(),
        version: None,
        input: map(input),
    };
    world.desk.act(&office(world), deed, confirmed(), &now()).await.unwrap();
}

async fn run_pass(world: &World) -> (u64, u64) {
    let mut pass = world.desk.pass_over_limits().await.unwrap().unwrap();
    while world.desk.step(&mut pass, &now()).await.unwrap() {}
    (pass.looked, pass.changed)
}

const YEAR_2027: &str = "date,kind,name,basis
2027-01-01,holiday,元旦,测试用
2027-02-05,holiday,春节,测试用
2027-02-08,holiday,春节,测试用
2027-04-05,holiday,清明节,测试用
2027-05-03,holiday,劳动节,测试用
2027-06-09,holiday,端午节,测试用
2027-09-15,holiday,中秋节,测试用
2027-10-01,holiday,国庆节,测试用
";

#[tokio::test]
async fn stops_extension_and_end_move_the_kept_limit_and_say_so() {
    let world = world().await;
    let id = plea(&world, json!({ "who": "甲", "got_on": "2026-06-01" })).await.id;
    // Twenty working days after 1 June 2026, 19 June being 端午.
    let row = kept(&world, &id, "answer_term").await;
    assert_eq!(text(&row, 0), "2026-06-30");
    assert_eq!(text(&row, 5), "2026-07-01");
    assert_eq!(text(&row, 6), "2026-07-10");
    assert_eq!(text(&row, 7), "中华人民共和国民法典，2021年1月1日起施行");

    let stops = json!([{ "from_on": "2026-06-10", "to_on": "2026-06-12" }, { "from_on": "2026-06-11", "to_on": "2026-06-15" }]);
    change(&world, &id, json!({ "stops": stops })).await;
    let row = kept(&world, &id, "answer_term").await;
    assert_eq!(text(&row, 0), "2026-07-03", "{row:?}");

    change(&world, &id, json!({ "more_on": "2026-06-20", "more_by": "张局" })).await;
    let row = kept(&world, &id, "answer_term").await;
    assert_eq!(text(&row, 0), "2026-07-17");
    assert!(text(&row, 1).contains("经张局批准延长10个工作日"), "{row:?}");

    world.action_on(&office(&world), "plea", &id, "pause", json!({})).await.unwrap();
    let row = kept(&world, &id, "answer_term").await;
    assert_eq!((&row[0], &row[3]), (&Cell::Null, &Cell::Int(1)));
    assert!(text(&row, 1).ends_with("起中止，恢复后还有20个工作日"), "{row:?}");

    world.action_on(&office(&world), "plea", &id, "resume", json!({})).await.unwrap();
    let told = json!({ "told_on": "2026-07-20" });
    world.action_on(&office(&world), "plea", &id, "tell", told).await.unwrap();
    let row = kept(&world, &id, "answer_term").await;
    assert_eq!((&row[2], text(&row, 8)), (&Cell::Int(1), "2026-07-20"));
}

#[tokio::test]
async fn hours_run_to_the_minute() {
    let world = world().await;
    let input = json!({ "who": "甲", "got_on": "2026-06-01", "called_at": "2026-06-01T09:30" });
    let id = plea(&world, input).await.id;
    let row = kept(&world, &id, "visit_term").await;
    assert_eq!((text(&row, 0), text(&row, 4)), ("2026-06-03", "2026-06-03T09:30:00"));
}

#[tokio::test]
async fn a_new_calendar_gives_blocked_limits_their_day_and_the_log_keeps_the_old_result() {
    let world = world().await;
    let blocked = plea(&world, json!({ "who": "甲", "got_on": "2026-12-20" })).await.id;
    let known = plea(&world, json!({ "who": "乙", "got_on": "2026-06-01" })).await.id;
    run_pass(&world).await;
    let row = kept(&world, &blocked, "answer_term").await;
    assert_eq!(row[0], Cell::Null);
    assert!(text(&row, 1).contains("2027年节假日安排尚未录入"), "{row:?}");

    let imported = world.desk.import_calendar(None, YEAR_2027, &now()).await.unwrap();
    assert_eq!((imported.years, imported.changed, imported.days), (vec![2027], vec![2027], 8));
    let (_, changed) = run_pass(&world).await;
    assert_eq!(changed, 1);
    // 21 to 31 December are nine working days; the eleventh in January 2027 is the 18th.
    let row = kept(&world, &blocked, "answer_term").await;
    assert_eq!(text(&row, 0), "2027-01-18");
    assert_eq!(text(&kept(&world, &known, "answer_term").await, 0), "2026-06-30");

    let log = world.desk.history(&office(&world), "plea", &blocked).await.unwrap();
    let entry = log.iter().find(|line| line.act == "limit_anew").unwrap();
    assert!(entry.body["before"][1].as_str().unwrap().contains("尚未录入"), "{entry:?}");
    assert_eq!(entry.body["after"][0], "2027-01-18");
    assert!(world.desk.verify(&mut |_| ()).await.unwrap().is_empty());
    assert!(world.desk.pass_over_limits().await.unwrap().is_none());

    // The same file again changes nothing.
    let again = world.desk.import_calendar(None, YEAR_2027, &now()).await.unwrap();
    assert!(again.changed.is_empty());
    assert!(world.desk.pass_over_limits().await.unwrap().is_none());
    // And a record made now counts by it at once.
    let later = plea(&world, json!({ "who": "丙", "got_on": "2026-12-20" })).await.id;
    assert_eq!(text(&kept(&world, &later, "answer_term").await, 0), "2027-01-18");
}

#[tokio::test]
async fn limits_kept_before_facts_were_kept_beside_them_are_worked_out_from_their_records() {
    let world = world().await;
    let id = plea(&world, json!({ "who": "甲", "got_on": "2026-12-20" })).await.id;
    let filter = Filter::equal("record", id.as_str()).and(Filter::equal("rule", "answer_term"));
    let select = Select::from("deadline", &["county", "id"]).filter(filter).limit(1);
    let row = world.desk.keeper().find(&select).await.unwrap().remove(0);
    let key = vec![("county".to_owned(), row[0].clone()), ("id".to_owned(), row[1].clone())];
    let operation = store::seam::Operation::Update {
        table: "deadline".to_owned(),
        key,
        expect: Vec::new(),
        set: vec![("given".to_owned(), Cell::Null)],
    };
    let commit = store::seam::Commit { operations: vec![operation], ..Default::default() };
    world.desk.keeper().commit(commit).await.unwrap();
    world.desk.import_calendar(None, YEAR_2027, &now()).await.unwrap();
    run_pass(&world).await;
    assert_eq!(text(&kept(&world, &id, "answer_term").await, 0), "2027-01-18");
}

#[tokio::test]
async fn a_wrong_calendar_is_refused_whole_with_every_reason() {
    let world = world().await;
    let refused = |text: String| {
        let desk = world.desk.clone();
        async move {
            match desk.import_calendar(None, &text, &now()).await {
                Err(Refusal::Invalid(problems)) => problems,
                other => panic!("{other:?}"),
            }
        }
    };
    let problems = refused(YEAR_2027.replace("2027-02-08,holiday", "2027-02-09,workday")).await;
    assert!(problems[0].message.starts_with("第4行：2027-02-09不是周六、周日"), "{problems:?}");
    let problems = refused(YEAR_2027.replace("清明节", "元旦")).await;
    assert_eq!(problems[0].message, "2027年没有“清明”的放假日期");
    let none = refused("date,kind,name,basis\n".to_owned()).await;
    assert_eq!(none[0].code, "calendar_empty");
    let mediator = world.mediator();
    let refusal = world.desk.import_calendar(Some(&mediator), YEAR_2027, &now()).await;
    assert!(matches!(refusal, Err(Refusal::Forbidden { .. })), "{refusal:?}");
    assert!(world.desk.house().calendar.is_working_day(jiff::civil::date(2027, 3, 1)).is_err());
}

#[tokio::test]
async fn what_is_late_goes_up_the_tree_in_its_time() {
    let world = world().await;
    let id = plea(&world, json!({ "who": "甲", "got_on": "2026-03-02" })).await.id;
    let of = async |role: &str, unit: &str| {
        let tasks = world.desk.tasks(&world.actor(role, unit), &now(), 500).await.unwrap();
        let found = tasks.into_iter().find(|t| t.record == id && t.label == "答复");
        found.map(|task| task.raised_on.map(|day| day.to_string()))
    };
    // Twenty working days after 2 March 2026 end on the 30th.
    assert_eq!(of("office", "560101001").await, Some(None));
    assert_eq!(of("county", "560101").await, Some(Some("2026-03-31".to_owned())));
    assert_eq!(of("city", "560100").await, Some(Some("2026-04-09".to_owned())));
    assert!(at(NOON).today > jiff::civil::date(2026, 4, 9));
    // Another county knows nothing of it.
    assert_eq!(of("county", "560201").await, None);
}
