//! Files that open with a reason (看 … 写理由): one file, one account, one day, and told of at once;
//! nothing of them in anything that shows many.

use crate::world::{World, at, now};
use desk::{
    Actor, Refusal,
    ask::{BehindAsk, ListAsk},
    looks::{HOLDS, LOOKED, Reason},
    report::{FigureAsk, ReportAsk},
};
use serde_json::{Value as Json, json};

const CHEST: &str = r#"
业务 chest "柜" { 档案 chest_file }
档案 chest_file "卷" {
    归属 本机构
    题名 "{owner}的卷"
    权限 {
        看 office=本单位
        建 office
        改 office
        密 office
        数 city=辖区 province=辖区
        看 city=辖区 province=辖区 写理由
    }
    封存 当="要保密 = 是" { 看 office city; 看 province 写理由 }
    分组 "卷" {
        file_no "卷号" 文本 只读
        owner "姓名" 姓名 必填
        id_number "证件号码" 证件号 密级=敏感
        is_secret "要保密" 是否
        noted "附页数" 计算 "个数(附页)"
        scan "扫描件" 文件
        opened_on "立卷日期" 日期 必填
    }
    编号 file_no "卷{序:3}" 每="县" 于=登记
    状态 open "在用" 初始 { 可 shut }
    状态 ended "已结" 终止
    动作 shut "结卷" { 由 office city; 到 ended }
    期限 look_again "复看" { 起 opened_on; 长 "3 日"; 止 ended; 提前 "1 日"; 依据 "平台拟定" }
    列表 默认 "卷" { 列 owner is_secret state; 筛 state; 序 opened_on }
}
档案 chest_page "附页" {
    附于 chest_file "所在卷"
    题名 "{words}"
    权限 { 看 office=本单位; 建 office; 改 office; 数 city=辖区; 看 city=辖区 写理由 }
    分组 "附页" { words "内容" 文本 必填 }
    列表 默认 "附页" { 列 chest_file words; 序 words }
}
档案 chest_mark "页注" {
    附于 chest_file "所在卷"
    题名 "{remark}"
    权限 { 看 office=本单位; 建 office; 改 office }
    分组 "页注" { remark "注" 文本 必填 }
}
"#;

const COUNTED: &str = r#"
统计 chest_files "卷" 档案=chest_file 月=opened_on { 量 total "份数" 单位=份 }
报表 chest_report "卷" { 期 月; 栏组 "卷" { 栏 total "份数" 值="chest_files.total" 单位=份 } }
"#;

/// Three files with a page and a mark each; the last is sealed.
async fn world() -> (World, Vec<String>) {
    let world = World::with(&[("chest/business.kdl", CHEST), ("chest/statistics.kdl", COUNTED)]);
    let world = world.await;
    let office = world.actor("office", "560101001");
    let mut files = Vec::new();
    for n in 0..3 {
        let input = json!({
            "owner": "何向阳", "opened_on": "2026-05-20", "is_secret": n == 2,
            "id_number": crate::world::id_number("19800101", 11 + 2 * n),
        });
        let file = world.create(&office, "chest_file", input).await.unwrap().id;
        let page = json!({ "chest_file": file, "words": format!("第{n}页的文字") });
        world.create(&office, "chest_page", page).await.unwrap();
        let mark = json!({ "chest_file": file, "remark": format!("第{n}条页注") });
        world.create(&office, "chest_mark", mark).await.unwrap();
        files.push(file);
    }
    (world, files)
}

fn reason() -> Reason {
    Reason {
        why: "核查上月数字的真实性".to_owned(), basis: "省厅通知第3项".to_owned()
    }
}

fn list(kind: &str) -> ListAsk {
    ListAsk { kind: kind.to_owned(), ..ListAsk::default() }
}

fn figure() -> FigureAsk {
    FigureAsk {
        report: "chest_report".to_owned(),
        column: "total".to_owned(),
        from: "2026-05".to_owned(),
        to: "2026-05".to_owned(),
    }
}

fn behind() -> BehindAsk {
    BehindAsk { kind: "chest_file".to_owned(), figure: figure(), limit: 50, ..BehindAsk::default() }
}

/// Whoever is not asked for a reason is not told that there is a file.
async fn opens(world: &World, actor: &Actor, kind: &str, id: &str, at_ms: i64) -> &'static str {
    match world.desk.record(actor, kind, id, &at(at_ms)).await {
        Ok(_) => "open",
        Err(Refusal::ReasonRequired(_)) => "asks",
        Err(Refusal::NotFound(_)) => "nothing",
        Err(other) => panic!("{other:?}"),
    }
}

/// Every reader that shows many has nothing of these files.
async fn shows_nothing(world: &World, actor: &Actor) {
    for kind in ["chest_file", "chest_page", "chest_mark"] {
        assert!(world.desk.list(actor, &list(kind)).await.unwrap().records.is_empty());
        let whole = ListAsk { whole: true, figure: None, ..list(kind) };
        assert!(world.desk.list(actor, &whole).await.unwrap().records.is_empty());
        assert_eq!(world.desk.count(actor, &list(kind), 99).await.unwrap(), 0);
        assert!(world.sheet(actor, &list(kind)).await.is_empty());
    }
    let figured = ListAsk { figure: Some(figure()), ..list("chest_file") };
    assert!(world.desk.list(actor, &figured).await.unwrap().records.is_empty());
    assert!(world.sheet(actor, &figured).await.is_empty());
    for words in ["何向阳", "第0页", "第0条", "卷001"] {
        let hits = world.search(actor, words).await;
        assert!(hits.iter().all(|hit| !hit.kind.id.starts_with("chest")), "{words}");
    }
    let newest = world.desk.newest(actor, 99).await.unwrap();
    assert!(newest.iter().all(|(kind, _)| !kind.id.starts_with("chest")));
    let tasks = world.desk.tasks(actor, &now(), 99).await.unwrap();
    assert!(tasks.iter().all(|task| !task.kind.starts_with("chest")));
}

#[tokio::test]
async fn a_file_opens_when_a_reason_is_written_to_that_account_and_for_a_day() {
    let (world, files) = world().await;
    let city = world.actor("city", "560100");
    let noon = now().at;
    assert_eq!(opens(&world, &city, "chest_file", &files[0], noon).await, "asks");
    let look = world
        .desk
        .open_with_reason(&city, "chest_file", &files[0], &reason(), &now())
        .await
        .unwrap();
    assert_eq!((look.until - look.at, look.number.as_str()), (HOLDS, "卷001"));
    assert_eq!(opens(&world, &city, "chest_file", &files[0], noon + 1).await, "open");
    assert_eq!(opens(&world, &city, "chest_file", &files[0], noon + HOLDS - 1).await, "open");
    assert_eq!(opens(&world, &city, "chest_file", &files[0], noon + HOLDS).await, "asks");
    // Another file, another account, another post of the same account, another place.
    assert_eq!(opens(&world, &city, "chest_file", &files[1], noon + 1).await, "asks");
    let colleague = Actor { account: "other".to_owned(), ..city.clone() };
    assert_eq!(opens(&world, &colleague, "chest_file", &files[0], noon + 1).await, "asks");
    let elsewhere = Actor { role: "province".to_owned(), ..city.clone() };
    assert_eq!(opens(&world, &elsewhere, "chest_file", &files[0], noon + 1).await, "asks");
    let far = world.actor("city", "560200");
    assert_eq!(opens(&world, &far, "chest_file", &files[0], noon + 1).await, "nothing");
    let refused =
        world.desk.open_with_reason(&far, "chest_file", &files[0], &reason(), &now()).await;
    assert!(matches!(refused, Err(Refusal::NotFound(_))), "{refused:?}");
    for (role, unit) in [("mediator", "560101001001"), ("auditor", "560000")] {
        let actor = world.actor(role, unit);
        assert_eq!(opens(&world, &actor, "chest_file", &files[0], noon + 1).await, "nothing");
    }
    let office = world.actor("office", "560101001");
    let unneeded =
        world.desk.open_with_reason(&office, "chest_file", &files[0], &reason(), &now()).await;
    let Err(Refusal::Invalid(problems)) = unneeded else { panic!("{unneeded:?}") };
    assert_eq!(problems[0].code, "reason_unneeded");
}

#[tokio::test]
async fn what_hangs_on_the_file_opens_with_it_where_its_kind_says_so() {
    let (world, files) = world().await;
    let (city, office) = (world.actor("city", "560100"), world.actor("office", "560101001"));
    let hanging = async |file: &str, kind: &str| {
        let answer = world.desk.record(&office, "chest_file", file, &now()).await.unwrap();
        let (_, found) = answer.attached.iter().find(|(k, _)| k.id == kind).unwrap();
        found.first().unwrap().id().to_owned()
    };
    let page = hanging(&files[0], "chest_page").await;
    let mark = hanging(&files[0], "chest_mark").await;
    assert_eq!(opens(&world, &city, "chest_page", &page, now().at).await, "asks");
    world.desk.open_with_reason(&city, "chest_file", &files[0], &reason(), &now()).await.unwrap();
    let answer = world.desk.record(&city, "chest_file", &files[0], &now()).await.unwrap();
    let attached = |kind: &str| {
        let found = answer.attached.iter().find(|(k, _)| k.id == kind);
        found.map_or(0, |(_, records)| records.len())
    };
    assert_eq!((attached("chest_page"), attached("chest_mark")), (1, 0));
    assert_eq!(opens(&world, &city, "chest_page", &page, now().at).await, "open");
    assert_eq!(opens(&world, &city, "chest_mark", &mark, now().at).await, "nothing");
    // A reason for the page alone opens the page and not the file above it.
    let other = hanging(&files[1], "chest_page").await;
    world.desk.open_with_reason(&city, "chest_page", &other, &reason(), &now()).await.unwrap();
    assert_eq!(opens(&world, &city, "chest_page", &other, now().at).await, "open");
    assert_eq!(opens(&world, &city, "chest_file", &files[1], now().at).await, "asks");
}

#[tokio::test]
async fn looking_is_not_acting_and_nothing_leaves_as_a_file() {
    let (world, files) = world().await;
    let city = world.actor("city", "560100");
    world.desk.open_with_reason(&city, "chest_file", &files[0], &reason(), &now()).await.unwrap();
    let answer = world.desk.record(&city, "chest_file", &files[0], &now()).await.unwrap();
    assert!(answer.actions.is_empty() && !answer.may_change);
    assert!(matches!(answer.may_leave(), Err(Refusal::Forbidden { .. })));
    assert!(answer.sees < engine::definition::Class::Sensitive);
    // The action is the city's by its role, and still not without seeing the file.
    let shut = world.action_on(&city, "chest_file", &files[0], "shut", json!({})).await;
    assert!(matches!(shut, Err(Refusal::NotFound(_))), "{shut:?}");
    for closed in [
        world.desk.log(&city, "chest_file", &files[0]).await.err(),
        world.desk.history(&city, "chest_file", &files[0]).await.err(),
        world.desk.papers(&city, "chest_file", &files[0]).await.err(),
    ] {
        assert!(matches!(closed, Some(Refusal::NotFound(_))), "{closed:?}");
    }
}

#[tokio::test]
async fn nothing_that_shows_many_shows_it_with_or_without_a_reason_and_figures_count_it() {
    let (world, files) = world().await;
    let city = world.actor("city", "560100");
    shows_nothing(&world, &city).await;
    world.desk.open_with_reason(&city, "chest_file", &files[0], &reason(), &now()).await.unwrap();
    shows_nothing(&world, &city).await;
    let ask = ReportAsk {
        report: "chest_report".to_owned(),
        from: "2026-05".to_owned(),
        to: "2026-05".to_owned(),
        ..ReportAsk::default()
    };
    let report = world.desk.report(&city, &ask).await.unwrap();
    assert_eq!(report.total.figures[0].number, 3);
    // Behind the figure: number, unit and day of what is not sealed, and nothing of whom it is about.
    let found = world.desk.behind(&city, &behind()).await.unwrap();
    assert_eq!((found.files.len(), found.count), (2, 2));
    assert!(found.files.iter().all(|file| file.number.starts_with("卷00")));
    assert!(!format!("{:?}", found.files[0].number).contains("何"));
    let told = |file: &desk::looks::Outline| {
        format!("{}{}{}{}", file.id, file.number, file.unit, file.created_on)
    };
    assert!(found.files.iter().all(|file| !told(file).contains("何向阳")));
    let pages = BehindAsk { limit: 1, ..behind() };
    let first = world.desk.behind(&city, &pages).await.unwrap();
    let second = BehindAsk { after: first.next.clone(), ..pages };
    let second = world.desk.behind(&city, &second).await.unwrap();
    assert_ne!(first.files[0].id, second.files[0].id);
    assert!(second.next.is_empty());
    // Whoever has no such right has no such list.
    for (role, unit) in [("office", "560101001"), ("mediator", "560101001001")] {
        let actor = world.actor(role, unit);
        let refused = world.desk.behind(&actor, &behind()).await;
        assert!(matches!(refused, Err(Refusal::NotFound(_))), "{role}");
    }
    let far = world.desk.behind(&world.actor("city", "560200"), &behind()).await.unwrap();
    assert!(far.files.is_empty());
}

#[tokio::test]
async fn a_sealed_file_stays_sealed_unless_its_seal_opens_to_reasons() {
    let (world, files) = world().await;
    // The seal lets the city see what hangs on it; that opens nothing to a reason.
    let city = world.actor("city", "560100");
    assert_eq!(opens(&world, &city, "chest_file", &files[2], now().at).await, "nothing");
    let refused =
        world.desk.open_with_reason(&city, "chest_file", &files[2], &reason(), &now()).await;
    assert!(matches!(refused, Err(Refusal::NotFound(_))), "{refused:?}");
    let province = world.actor("province", "560000");
    assert_eq!(opens(&world, &province, "chest_file", &files[2], now().at).await, "asks");
    world
        .desk
        .open_with_reason(&province, "chest_file", &files[2], &reason(), &now())
        .await
        .unwrap();
    assert_eq!(opens(&world, &province, "chest_file", &files[2], now().at).await, "open");
    // What is sealed while a reason holds is shut at once.
    world.desk.open_with_reason(&city, "chest_file", &files[0], &reason(), &now()).await.unwrap();
    let hide = desk::Deed::Change {
        kind: "chest_file".to_owned(),
        id: files[0].clone(),
        version: None,
        input: crate::world::map(json!({ "is_secret": true })),
    };
    let office = world.actor("office", "560101001");
    world.desk.act(&office, hide, crate::world::confirmed(), &now()).await.unwrap();
    assert_eq!(opens(&world, &city, "chest_file", &files[0], now().at).await, "nothing");
}

#[tokio::test]
async fn the_reason_is_in_the_files_history_and_every_page_leaves_a_line() {
    let (world, files) = world().await;
    let (city, office) = (world.actor("city", "560100"), world.actor("office", "560101001"));
    world.desk.open_with_reason(&city, "chest_file", &files[0], &reason(), &now()).await.unwrap();
    for _ in 0..2 {
        world.desk.record(&city, "chest_file", &files[0], &now()).await.unwrap();
    }
    let history = world.desk.history(&office, "chest_file", &files[0]).await.unwrap();
    let line = history.iter().find(|line| line.act == LOOKED).unwrap();
    assert_eq!((line.actor.as_str(), line.authority.as_str()), ("city-560100", "city@560100"));
    assert_eq!(line.body["why"], json!("核查上月数字的真实性"));
    assert_eq!(line.body["basis"], json!("省厅通知第3项"));
    assert_eq!(line.body["by_unit"], json!("560100"));
    // The looks stand in the chain of the county that keeps the file.
    let log = world.desk.log(&office, "chest_file", &files[0]).await.unwrap();
    let reads = log.iter().filter(|l| l.act == "read" && l.actor == city.account);
    assert_eq!(reads.count(), 2);
    // Asking without writing leaves no reason behind.
    let _ = world.desk.record(&city, "chest_file", &files[1], &now()).await;
    let history = world.desk.history(&office, "chest_file", &files[1]).await.unwrap();
    assert!(history.iter().all(|line| line.act != LOOKED));
    // The county's log says that and why, and to whoever only counts nothing of what the file says.
    let county_log = async |actor: &Actor| -> Json {
        let lines = world.desk.changes(actor, "560101", 0, 1_000).await.unwrap();
        let line = lines.iter().find(|l| l.act == LOOKED).unwrap();
        Json::Object(line.body.clone())
    };
    for (role, unit) in [("county", "560101"), ("city", "560100"), ("auditor", "560000")] {
        let actor = world.actor(role, unit);
        assert_eq!(county_log(&actor).await["why"], reason().why, "{role}");
        let lines = world.desk.changes(&actor, "560101", 0, 1_000).await.unwrap();
        let made = lines.iter().find(|l| l.act == "create" && l.record == files[0]).unwrap();
        let told = Json::Object(made.body.clone()).to_string();
        assert_eq!(told.contains("何向阳"), role == "auditor", "{role}");
    }
}

#[tokio::test]
async fn the_reasons_are_listed_for_auditors_and_from_the_county_up_in_their_place() {
    let (world, files) = world().await;
    let city = world.actor("city", "560100");
    for (at_ms, file) in [(now().at, &files[0]), (now().at + 1_000, &files[1])] {
        world
            .desk
            .open_with_reason(&city, "chest_file", file, &reason(), &at(at_ms))
            .await
            .unwrap();
    }
    let auditor = world.actor("auditor", "560000");
    let page = world.desk.looks(&auditor, "", "", 1).await.unwrap();
    assert_eq!((page.looks.len(), page.looks[0].record.as_str()), (1, files[1].as_str()));
    let rest = world.desk.looks(&auditor, "", page.next.as_deref().unwrap(), 1).await.unwrap();
    assert_eq!((rest.looks[0].record.as_str(), rest.next), (files[0].as_str(), None));
    assert_eq!(rest.looks[0].why, reason().why);
    let county = world.actor("county", "560101");
    assert_eq!(world.desk.looks(&county, "", "", 9).await.unwrap().looks.len(), 2);
    assert!(world.desk.looks(&county, "560201", "", 9).await.is_err());
    let elsewhere = world.actor("county", "560201");
    assert!(world.desk.looks(&elsewhere, "", "", 9).await.unwrap().looks.is_empty());
    for (role, unit) in [("office", "560101001"), ("mediator", "560101001001")] {
        let refused = world.desk.looks(&world.actor(role, unit), "", "", 9).await;
        assert!(matches!(refused, Err(Refusal::Forbidden { .. })), "{role}");
    }
}

#[tokio::test]
async fn a_reason_that_says_nothing_is_not_taken() {
    let (world, files) = world().await;
    let city = world.actor("city", "560100");
    for (why, basis, wrong) in [
        ("", "", 2),
        ("看看", "省厅通知第3项", 1),
        ("    核查    ", "省厅通知第3项", 1),
        ("核查上月数字的真实性", "无", 1),
        (&*"长".repeat(201), "省厅通知第3项", 1),
    ] {
        let reason = Reason { why: why.to_owned(), basis: basis.to_owned() };
        let refused =
            world.desk.open_with_reason(&city, "chest_file", &files[0], &reason, &now()).await;
        let Err(Refusal::Invalid(problems)) = refused else { panic!("{refused:?}") };
        assert_eq!(problems.len(), wrong, "{why}");
    }
    assert_eq!(opens(&world, &city, "chest_file", &files[0], now().at).await, "asks");
}
