//! Records that hide (封存): gone from everywhere for everybody else, with what hangs on them; counted
//! all the same; every look and every try in the log.

use crate::world::{World, map, now};
use desk::{
    Actor, Deed, Manner, Refusal,
    ask::ListAsk,
    report::{FigureAsk, ReportAsk},
};
use serde_json::{Value as Json, json};

const CHEST: &str = r#"
业务 chest "柜" { 档案 chest_file }
档案 chest_file "卷" {
    归属 本机构
    题名 "{owner}的卷"
    权限 { 看 office=本单位 resett_worker=本单位 county=辖区 city=辖区; 建 office; 改 office resett_worker; 数 province=辖区 }
    封存 当="要保密 = 是 或 未成年 = 是" { 看 office county }
    分组 "卷" {
        owner "姓名" 姓名 必填
        is_secret "要保密" 是否
        is_young "未成年" 是否
        noted "附页数" 计算 "个数(附页)"
        opened_on "立卷日期" 日期 必填
    }
    状态 open "在用" 初始 { 可 shut hide }
    状态 ended "已结" 终止
    动作 shut "结卷" { 由 office resett_worker; 到 ended }
    动作 hide "封存" { 由 office; 设 is_secret="是" }
    期限 look_again "复看" { 起 opened_on; 长 "3 日"; 止 ended; 提前 "1 日"; 依据 "平台拟定" }
    列表 默认 "卷" { 列 owner is_secret state; 筛 state; 序 opened_on }
}
档案 chest_page "附页" {
    附于 chest_file "所在卷"
    题名 "{words}"
    权限 { 看 office=本单位 resett_worker=本单位 county=辖区; 建 office; 改 office resett_worker }
    分组 "附页" { words "内容" 文本 必填 }
    列表 默认 "附页" { 列 chest_file words; 序 words }
}
档案 chest_mark "页注" {
    附于 chest_page "所在页"
    题名 "{remark}"
    权限 { 看 office=本单位 resett_worker=本单位; 建 office; 改 office }
    分组 "页注" { remark "注" 文本 必填 }
}
"#;

const OTHER: &str = r#"
业务 desk_slip "条子" { 档案 slip }
档案 slip "条子" {
    归属 本机构
    题名 "条子"
    权限 { 看 office=本单位 resett_worker=本单位 mediator=本单位; 建 office resett_worker; 改 office resett_worker }
    分组 "条子" { file "卷" 引用 chest_file ; words "内容" 文本 }
}
"#;

const COUNTED: &str = r#"
统计 chest_files "卷" 档案=chest_file 月=opened_on { 量 total "份数" 单位=份 }
报表 chest_report "卷" { 期 月; 栏组 "卷" { 栏 total "份数" 值="chest_files.total" 单位=份 } }
"#;

/// Files, their pages and marks: every second one is sealed.
async fn world() -> (World, Vec<String>) {
    let world = World::with(&[
        ("chest/business.kdl", CHEST),
        ("chest/statistics.kdl", COUNTED),
        ("desk_slip/business.kdl", OTHER),
    ])
    .await;
    let office = world.actor("office", "560101001");
    let mut files = Vec::new();
    for n in 0..8 {
        let sealed = n % 2 == 1;
        let input = json!({
            "owner": if sealed { "柯静言" } else { "何向阳" },
            "is_secret": (sealed && n != 7).then_some(true),
            "is_young": (n == 7).then_some(true), "opened_on": "2026-05-20",
        });
        let file = world.create(&office, "chest_file", input).await.unwrap().id;
        let page = json!({ "chest_file": file, "words": format!("第{n}页的文字") });
        let page = world.create(&office, "chest_page", page).await.unwrap().id;
        let mark = json!({ "chest_page": page, "remark": format!("第{n}条页注") });
        world.create(&office, "chest_mark", mark).await.unwrap();
        files.push(file);
    }
    (world, files)
}

fn list(kind: &str) -> ListAsk {
    ListAsk { kind: kind.to_owned(), ..ListAsk::default() }
}

async fn refused(world: &World, record: &str) -> usize {
    let county = world.actor("county", "560101");
    let log = world.desk.changes(&county, "560101", 0, 1_000).await.unwrap();
    log.iter().filter(|line| line.act == "refused" && line.record == record).count()
}

#[tokio::test]
async fn a_sealed_record_is_gone_from_lists_sheets_counts_and_what_was_begun_last() {
    let (world, files) = world().await;
    for (role, unit, sees) in [
        ("office", "560101001", 8),
        ("county", "560101", 8),
        ("resett_worker", "560101001", 4),
        ("city", "560100", 4),
    ] {
        let actor = world.actor(role, unit);
        let mut ids = Vec::new();
        let mut ask = ListAsk { limit: 3, ..list("chest_file") };
        loop {
            let page = world.desk.list(&actor, &ask).await.unwrap();
            // A page is full before there is a next one: nothing is taken out of it afterwards.
            assert!(page.next.is_empty() || page.records.len() == 3, "{role}");
            ids.extend(page.records.iter().map(|record| record.id().to_owned()));
            ask.after = page.next;
            if ask.after.is_empty() {
                break;
            }
        }
        assert_eq!(ids.len(), sees, "{role}");
        assert_eq!(ids.contains(&files[1]), sees == 8);
        assert_eq!(world.desk.count(&actor, &list("chest_file"), 99).await.unwrap(), sees as u32);
        assert_eq!(world.sheet(&actor, &list("chest_file")).await.len(), sees);
        let newest = world.desk.newest(&actor, 99).await.unwrap();
        let own = newest.iter().filter(|(kind, _)| kind.id == "chest_file").count();
        assert_eq!(own, sees, "{role}");
        let tasks = world.desk.tasks(&actor, &now(), 99).await.unwrap();
        assert_eq!(tasks.iter().filter(|t| t.kind == "chest_file").count(), sees, "{role}");
        assert_eq!(world.desk.late(&actor, &now()).await.unwrap(), sees as u32, "{role}");
    }
}

#[tokio::test]
async fn a_reminder_goes_when_its_record_is_sealed_though_nothing_else_changes() {
    let (world, files) = world().await;
    let (office, worker) =
        (world.actor("office", "560101001"), world.actor("resett_worker", "560101001"));
    let reminded = async || {
        let tasks = world.desk.tasks(&worker, &now(), 99).await.unwrap();
        let late = world.desk.late(&worker, &now()).await.unwrap() as usize;
        assert_eq!(tasks.len(), late);
        tasks.iter().any(|task| task.record == files[0])
    };
    assert!(reminded().await);
    world.action_on(&office, "chest_file", &files[0], "hide", json!({})).await.unwrap();
    assert!(!reminded().await);
}

#[tokio::test]
async fn what_hangs_on_a_sealed_record_is_gone_with_it_however_far_down() {
    let (world, _) = world().await;
    let (office, worker) =
        (world.actor("office", "560101001"), world.actor("resett_worker", "560101001"));
    for kind in ["chest_page", "chest_mark"] {
        let all = world.desk.list(&office, &list(kind)).await.unwrap().records;
        let some = world.desk.list(&worker, &list(kind)).await.unwrap().records;
        assert_eq!((all.len(), some.len()), (8, 4), "{kind}");
        let gone = all.iter().find(|one| !some.iter().any(|s| s.id() == one.id())).unwrap();
        let look = world.desk.record(&worker, kind, gone.id(), &now()).await;
        assert!(matches!(look, Err(Refusal::NotFound(_))), "{kind}");
        assert_eq!(refused(&world, gone.id()).await, 1);
        world.desk.record(&worker, kind, some[0].id(), &now()).await.unwrap();
    }
}

#[tokio::test]
async fn a_look_a_change_and_an_act_find_nothing_and_are_logged() {
    let (world, files) = world().await;
    let worker = world.actor("resett_worker", "560101001");
    let sealed = &files[1];
    let change = Deed::Change {
        kind: "chest_file".to_owned(),
        id: sealed.clone(),
        version: None,
        input: map(json!({ "is_young": false })),
    };
    let look = world.desk.record(&worker, "chest_file", sealed, &now()).await.unwrap_err();
    let change = world.desk.act(&worker, change, Manner::default(), &now()).await.unwrap_err();
    let act = world.action_on(&worker, "chest_file", sealed, "shut", json!({})).await.unwrap_err();
    for refusal in [look, change, act] {
        assert!(matches!(refusal, Refusal::NotFound(_)), "{refusal:?}");
    }
    assert_eq!(refused(&world, sealed).await, 3);
    let log = world.desk.log(&worker, "chest_file", sealed).await;
    assert!(matches!(log, Err(Refusal::NotFound(_))));
    let history = world.desk.history(&worker, "chest_file", sealed).await;
    assert!(matches!(history, Err(Refusal::NotFound(_))));
    world.action_on(&worker, "chest_file", &files[0], "shut", json!({})).await.unwrap();
    // Whoever may look leaves a line as well, though nothing in it is sensitive.
    let office = world.actor("office", "560101001");
    world.desk.record(&office, "chest_file", sealed, &now()).await.unwrap();
    world.desk.record(&office, "chest_file", &files[0], &now()).await.unwrap();
    let looks = |lines: Vec<desk::ask::LogLine>| lines.iter().filter(|l| l.act == "read").count();
    let log = world.desk.log(&office, "chest_file", sealed).await.unwrap();
    assert_eq!(looks(log), 1);
    let log = world.desk.log(&office, "chest_file", &files[0]).await.unwrap();
    assert_eq!(looks(log), 0);
}

#[tokio::test]
async fn the_search_box_finds_nothing_of_it_and_the_try_is_logged() {
    let (world, files) = world().await;
    let office = world.actor("office", "560101001");
    assert_eq!(world.search(&office, "柯静言").await.len(), 4);
    assert_eq!(refused(&world, &files[1]).await, 0);
    // A mediator of a village sees none of these files, and looks for one by name.
    for (role, unit) in [("resett_worker", "560101001"), ("mediator", "560101001001")] {
        let actor = world.actor(role, unit);
        assert!(world.search(&actor, "柯静言").await.is_empty(), "{role}");
        assert!(world.search(&actor, "第1页").await.is_empty(), "{role}");
    }
    assert_eq!(refused(&world, &files[1]).await, 2);
    assert_eq!(refused(&world, &files[0]).await, 0);
    let worker = world.actor("resett_worker", "560101001");
    assert_eq!(world.search(&worker, "何向阳").await.len(), 4);
}

#[tokio::test]
async fn references_to_it_have_no_name_and_it_cannot_be_chosen() {
    let (world, files) = world().await;
    let (office, worker) =
        (world.actor("office", "560101001"), world.actor("resett_worker", "560101001"));
    let input = json!({ "file": files[1], "words": "找卷" });
    let slip = world.create(&office, "slip", input).await.unwrap().id;
    let name = async |actor| {
        let listed =
            world.desk.list(actor, &ListAsk { whole: true, ..list("slip") }).await.unwrap().names;
        let shown = world.desk.record(actor, "slip", &slip, &now()).await.unwrap();
        use engine::kind::Names;
        let named = listed.name("chest_file", &files[1]);
        assert_eq!(shown.names.name("chest_file", &files[1]), named);
        assert_eq!(shown.links.get("chest_file", &files[1]).is_some(), named.is_some());
        named
    };
    assert_eq!(name(&office).await.as_deref(), Some("柯静言的卷"));
    assert_eq!(name(&worker).await, None);
    let house = world.desk.house();
    let field = house.kind("slip").unwrap().fields.get("file").unwrap().clone();
    for (actor, sees) in [(&office, 8), (&worker, 4)] {
        let chosen = world.desk.choices(actor, &field, "", 99).await.unwrap();
        assert_eq!(chosen.len(), sees);
        assert_eq!(world.desk.filter_choices(actor, &field, 99).await.unwrap().len(), sees);
        let found = world.desk.refer(actor, &field, "柯静言的卷").await.unwrap_err();
        let Refusal::Invalid(problems) = found else { panic!("{found:?}") };
        assert_eq!(problems[0].code, if sees == 8 { "several" } else { "not_found" });
    }
    // Sealed now: what was kept of the choices is not offered on.
    world.action_on(&office, "chest_file", &files[0], "hide", json!({})).await.unwrap();
    assert_eq!(world.desk.filter_choices(&worker, &field, 99).await.unwrap().len(), 3);
}

#[tokio::test]
async fn figures_count_it_and_their_records_do_not_show_it() {
    let (world, _) = world().await;
    let (from, to) = ("2026-05".to_owned(), "2026-05".to_owned());
    let ask = ReportAsk {
        report: "chest_report".to_owned(),
        unit: String::new(),
        from: from.clone(),
        to: to.clone(),
        as_of: None,
    };
    for (role, unit, sees) in
        [("county", "560101", 8), ("city", "560100", 4), ("resett_worker", "560101001", 4)]
    {
        let actor = world.actor(role, unit);
        let report = world.desk.report(&actor, &ask).await.unwrap();
        assert_eq!(report.total.figures[0].number, 8, "{role}");
        let figure = FigureAsk {
            report: "chest_report".to_owned(),
            column: "total".to_owned(),
            from: from.clone(),
            to: to.clone(),
        };
        let behind = ListAsk { figure: Some(figure), ..list("chest_file") };
        assert_eq!(world.desk.list(&actor, &behind).await.unwrap().records.len(), sees, "{role}");
        assert_eq!(world.desk.count(&actor, &behind, 99).await.unwrap(), sees as u32, "{role}");
    }
}

#[tokio::test]
async fn the_countys_log_says_that_something_was_done_to_it_and_not_what() {
    let (world, files) = world().await;
    let lines = async |role: &str, unit: &str| {
        let actor = world.actor(role, unit);
        let log = world.desk.changes(&actor, "560101", 0, 1_000).await.unwrap();
        let of = |id: &str| -> Json {
            let line = log.iter().find(|l| l.record == id && l.act == "create").unwrap();
            Json::Object(line.body.clone())
        };
        (of(&files[0]), of(&files[1]))
    };
    let (open, sealed) = lines("county", "560101").await;
    assert!(open.to_string().contains("何向阳") && sealed.to_string().contains("柯静言"));
    let (open, sealed) = lines("city", "560100").await;
    assert!(open.to_string().contains("何向阳"));
    assert_eq!(sealed, json!({}));
    let (_, sealed) = lines("auditor", "560000").await;
    assert_eq!(sealed, json!({}));
}

#[tokio::test]
async fn it_comes_back_when_it_is_no_longer_sealed() {
    let (world, files) = world().await;
    let (office, worker) =
        (world.actor("office", "560101001"), world.actor("resett_worker", "560101001"));
    let open = Deed::Change {
        kind: "chest_file".to_owned(),
        id: files[1].clone(),
        version: None,
        input: map(json!({ "is_secret": false })),
    };
    world.desk.act(&office, open, Manner::default(), &now()).await.unwrap();
    world.desk.record(&worker, "chest_file", &files[1], &now()).await.unwrap();
    assert_eq!(world.desk.count(&worker, &list("chest_mark"), 99).await.unwrap(), 5);
}

#[tokio::test]
async fn the_limit_of_a_sealed_record_is_given_to_nobody_from_whom_it_hides() {
    let (world, files) = world().await;
    let office = world.actor("office", "560101001");
    let admin = world.actor("system_admin", "560000");
    let worker = desk::accounts::NewAccount {
        login: "worker".to_owned(),
        name: "何工".to_owned(),
        password: "Long-enough-1".to_owned(),
        role: "resett_worker".to_owned(),
        unit: "560101001".to_owned(),
    };
    let worker = world.desk.add_account(&admin, &worker, &now()).await.unwrap();
    let key = |file: &str| vec![format!("560101/{file}:look_again")];
    let give = async |file: &str| {
        world.desk.assign(&office, &key(file), &worker, "", &now()).await.unwrap()
    };
    assert_eq!(give(&files[0]).await.done.len(), 1);
    assert!(give(&files[1]).await.left[0].1.contains("看不到"));
    let offered = async |file: &str| {
        let colleagues = world.desk.colleagues(&office, &key(file)).await.unwrap();
        colleagues.iter().any(|one| one.account == worker)
    };
    assert!(offered(&files[0]).await && !offered(&files[1]).await);
    // What was given and is sealed afterwards is gone from the list of whoever it hides from.
    let post = Actor {
        account: worker.clone(),
        name: "何工".to_owned(),
        role: "resett_worker".to_owned(),
        unit: office.unit.clone(),
    };
    let held = async || world.desk.tasks(&post, &now(), 99).await.unwrap().len();
    let before = held().await;
    world.action_on(&office, "chest_file", &files[0], "hide", json!({})).await.unwrap();
    assert_eq!(held().await, before - 1);
}
