//! Rules that ask about other records: those that hang on the same record, and those that refer to the
//! same. They are brought when the act is prepared, from the record's own county.

use crate::world::{World, map, now};
use desk::{Deed, Manner, Refusal, ask::ListAsk};
use engine::kind::FieldKind;
use serde_json::{Value as Json, json};

const TRIP: &str = r#"
业务 walk "出行" { 档案 walker }
档案 walker "行人" {
    归属 本机构
    题名 "{called}"
    权限 { 看 office=本单位 county=辖区; 建 office; 改 office }
    封存 当="要保密 = 是" { 看 office }
    分组 "行人" { called "称呼" 文本 必填; is_secret "要保密" 是否 }
}
档案 trip "出行" {
    附于 walker "行人"
    题名 "{from_on}"
    权限 { 看 office=本单位 county=辖区; 建 office; 改 office }
    分组 "出行" {
        from_on "起" 日期 必填
        to_on "止" 日期 必填
        days "天" 计算 "天数(起, 止) + 1"
        guide "向导" 引用 guide
        secret_note "密记" 文本 密级=敏感
        earlier "以前的天" 计算 "合计(行人.出行, 天, 止 < 本档案.起)"
    }
    规则 apart "与另一次出行重叠" 须="非 存在(行人.出行, 状态 ≠ 作废 且 起 ≤ 本档案.止 且 止 ≥ 本档案.起)" 于=from_on
    规则 guide_free "这名向导已带了两次" 须="个数(向导.出行@向导, 状态 ≠ 作废) < 2" 于=guide
    规则 same_note "另一次出行写过同样的密记" 提醒="存在(行人.出行, 密记 = 本档案.密记)" 于=secret_note
    状态 planned "拟定" 初始 { 可 drop }
    状态 dropped "作废" 终止
    动作 drop "作废" { 由 office; 到 dropped }
    列表 默认 "出行" { 列 from_on to_on state; 序 from_on }
    列表 again "同一人的第二次以后" 当="存在(行人.出行, 止 < 本档案.起)" { 列 from_on to_on state; 序 from_on }
}
档案 guide "向导" {
    归属 本机构
    题名 "{called}"
    权限 { 看 office=全部 county=全部; 建 office county; 改 office county }
    分组 "向导" { called "称呼" 文本 必填; led "带的次数" 计算 "个数(出行@向导)" }
    状态 free "空" 初始 { 可 look leave }
    状态 gone "走了" 终止
    动作 look "看看" { 由 office county }
    动作 leave "走" { 由 office; 到 gone }
}
"#;

async fn world() -> World {
    World::with(&[("walk/business.kdl", TRIP)]).await
}

async fn create(world: &World, kind: &str, input: Json) -> Result<String, Refusal> {
    let office = world.actor("office", "560101001");
    world.create(&office, kind, input).await.map(|done| done.id)
}

async fn walker(world: &World, secret: bool) -> String {
    let input = json!({ "called": "柯静言", "is_secret": secret });
    create(world, "walker", input).await.unwrap()
}

fn trip(walker: &str, from: &str, to: &str) -> Json {
    json!({ "walker": walker, "from_on": from, "to_on": to })
}

fn code(result: Result<String, Refusal>) -> String {
    match result {
        Err(Refusal::Invalid(problems)) => problems[0].code.clone(),
        other => panic!("{other:?}"),
    }
}

async fn number(world: &World, kind: &str, id: &str, field: &str) -> Json {
    let office = world.actor("office", "560101001");
    let answer = world.desk.record(&office, kind, id, &now()).await.unwrap();
    let field = answer.kind.fields.get(field).unwrap();
    let kind: &dyn FieldKind = &*field.kind;
    kind.json(field, &answer.record.cells)
}

#[tokio::test]
async fn others_of_the_same_record_are_asked_about_and_the_record_itself_is_not() {
    let world = world().await;
    let (one, other) = (walker(&world, false).await, walker(&world, false).await);
    let first = create(&world, "trip", trip(&one, "2026-05-01", "2026-05-04")).await.unwrap();
    let overlapping = create(&world, "trip", trip(&one, "2026-05-04", "2026-05-06")).await;
    assert_eq!(code(overlapping), "apart");
    create(&world, "trip", trip(&other, "2026-05-04", "2026-05-06")).await.unwrap();
    let second = create(&world, "trip", trip(&one, "2026-05-05", "2026-05-06")).await.unwrap();
    assert_eq!(number(&world, "trip", &second, "earlier").await, 4);
    let office = world.actor("office", "560101001");
    let change = async |to: &str| {
        let deed = Deed::Change {
            kind: "trip".to_owned(),
            id: first.clone(),
            version: None,
            input: map(json!({ "to_on": to })),
        };
        world.desk.act(&office, deed, Manner::default(), &now()).await.map(|done| done.id)
    };
    change("2026-05-03").await.unwrap();
    assert_eq!(code(change("2026-05-05").await), "apart");
    world.action_on(&office, "trip", &second, "drop", json!({})).await.unwrap();
    change("2026-05-05").await.unwrap();
    let ask = |list: &str| ListAsk { list: list.to_owned(), ..of("trip") };
    let listed = world.desk.list(&office, &ask("again")).await.unwrap().records;
    assert!(listed.is_empty(), "the one that began later lies inside the first now");
    change("2026-05-02").await.unwrap();
    let listed = world.desk.list(&office, &ask("again")).await.unwrap().records;
    assert_eq!(listed.iter().map(|r| r.id()).collect::<Vec<_>>(), [second.as_str()]);
}

fn of(kind: &str) -> ListAsk {
    ListAsk { kind: kind.to_owned(), ..ListAsk::default() }
}

#[tokio::test]
async fn what_is_kept_sealed_can_be_asked_about() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let one = walker(&world, false).await;
    let noted = |from: &str| {
        let mut input = trip(&one, from, from);
        input["secret_note"] = "带着药".into();
        input
    };
    let first = world.create(&office, "trip", noted("2026-05-01")).await.unwrap();
    assert!(first.warnings.is_empty());
    let second = world.create(&office, "trip", noted("2026-05-03")).await.unwrap();
    assert_eq!(second.warnings[0].code, "same_note");
}

#[tokio::test]
async fn records_that_refer_to_the_same_are_counted_but_for_those_that_hide_from_the_actor() {
    let world = world().await;
    let (open, secret) = (walker(&world, false).await, walker(&world, true).await);
    let guide = create(&world, "guide", json!({ "called": "林远" })).await.unwrap();
    let led = |walker: &str, from: &str| {
        let mut input = trip(walker, from, from);
        input["guide"] = guide.as_str().into();
        input
    };
    create(&world, "trip", led(&open, "2026-05-01")).await.unwrap();
    create(&world, "trip", led(&secret, "2026-05-02")).await.unwrap();
    assert_eq!(code(create(&world, "trip", led(&open, "2026-05-03")).await), "guide_free");
    // The number is what it was when the guide's record was last worked on, by whoever did.
    assert_eq!(number(&world, "guide", &guide, "led").await, 0);
    for (role, unit, sees) in [("office", "560101001", 2), ("county", "560101", 1)] {
        let actor = world.actor(role, unit);
        world.action_on(&actor, "guide", &guide, "look", json!({})).await.unwrap();
        assert_eq!(number(&world, "guide", &guide, "led").await, sees, "{role}");
    }
}

#[tokio::test]
async fn two_that_are_made_at_once_do_not_miss_each_other() {
    let world = world().await;
    let one = walker(&world, false).await;
    for day in 1..=9 {
        let day = format!("2026-05-0{day}");
        let deeds = || create(&world, "trip", trip(&one, &day, &day));
        let (a, b) = tokio::join!(deeds(), deeds());
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
        assert_eq!(code(if a.is_ok() { b } else { a }), "apart");
    }
}

#[tokio::test]
async fn two_at_once_on_different_records_do_not_both_take_the_last_place() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    for _ in 0..9 {
        let guide = json!({ "called": "魏南山" });
        let guide = create(&world, "guide", guide).await.unwrap();
        let (one, other) = (walker(&world, false).await, walker(&world, false).await);
        let led = |walker: &str, day: &str| {
            let mut input = trip(walker, day, day);
            input["guide"] = guide.as_str().into();
            input
        };
        let first = create(&world, "trip", led(&one, "2026-05-01")).await.unwrap();
        let (a, b) = tokio::join!(
            create(&world, "trip", led(&one, "2026-05-02")),
            create(&world, "trip", led(&other, "2026-05-02"))
        );
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
        assert_eq!(code(if a.is_ok() { b } else { a }), "guide_free");
        // What leaves makes room, and is no obstacle for what comes after it.
        world.action_on(&office, "trip", &first, "drop", json!({})).await.unwrap();
        create(&world, "trip", led(&other, "2026-05-03")).await.expect("there is room again");
    }
}
