//! Draws that can be repeated (抽选): the seed is promised before and told when it is drawn, nobody
//! chooses, and the same comes of it for whoever does it again.

use crate::world::{World, confirmed, map, now};
use desk::{Actor, Deed, Done, Refusal, draws::DrawAnswer};
use engine::{
    draw::{candidates, digest, draw},
    query::{Cell, Filter, Select},
};
use serde_json::{Value as Json, json};
use store::seam::{Commit, Operation};

const LOT: &str = r#"
业务 lot "抽" { 档案 lot_draw lot_thing lot_check }
档案 lot_thing "件" {
    归属 本机构
    题名 "{name}"
    权限 { 看 office=本单位 county=辖区 resett_worker=本单位; 建 office county; 改 office county }
    封存 当="要保密 = 是" { 看 office county }
    分组 "件" {
        name "名称" 文本 必填
        sorting "类" 文本
        made_on "日期" 日期 必填
        is_secret "要保密" 是否
    }
    列表 默认 "件" { 列 name; 序 name }
}
档案 lot_draw "抽选" {
    归属 本机构
    题名 "抽选"
    权限 { 看 office=本单位 county=辖区; 建 office county; 改 office county }
    分组 "抽选" {
        sorting "类" 文本
        from_on "自" 日期
        to_on "止" 日期
        count "数" 整数 必填
        people "名单人数" 整数
        list_hash "名单摘要" 文本
        seed_hash "种子摘要" 文本 只读
        seed "种子" 文本 只读
        size "总数" 整数 只读
        frame_hash "总体摘要" 文本 只读
        result_hash "结果摘要" 文本 只读
        drawn "抽中的" 多行 lot_row 只读 最多=50
        lines "抽中的行" 多行 lot_line 只读 最多=50
        reason "理由" 文本
    }
    行 lot_row "抽中的" { 题名 "{at}"; at "次序" 整数 必填; thing "件" 引用 lot_thing 必填 }
    行 lot_line "抽中的行" { 题名 "{at}"; at "次序" 整数 必填; line "行号" 整数 必填 }
    抽选 things "抽件" 当="名单人数 为空" {
        自 lot_thing { 同 sorting=sorting; 不早于 made_on=from_on; 不晚于 made_on=to_on; 分层 sorting }
        数 count
        动作 pick
        写 承诺=seed_hash 种子=seed 总数=size 总体=frame_hash 结果=result_hash
        行 drawn 次序=at 件=thing
    }
    抽选 people "抽人" 当="名单人数 不为空" {
        名单 people list_hash
        数 count
        动作 pick
        写 承诺=seed_hash 种子=seed 结果=result_hash
        行 lines 次序=at 件=line
    }
    状态 promised "已承诺" 初始 { 可 pick void }
    状态 picked "已抽" { 可 hand_out void }
    状态 handed "已交" 终止
    状态 void "作废" 终止
    动作 pick "抽" { 由 office county; 到 picked }
    动作 hand_out "交办" { 由 office county; 到 handed; 生成 lot_check 每=drawn { 设 lot_draw=本档案 thing=drawn.thing place=drawn.at } }
    动作 void "作废" { 由 office county; 到 void; 填 reason }
}
档案 lot_check "检查" {
    附于 lot_draw "抽选"
    题名 "{place}"
    权限 { 看 office=本单位 county=辖区; 改 office }
    分组 "检查" { place "次序" 整数; thing "件" 引用 lot_thing }
}
"#;

/// Forty things in one township, of two sorts and twenty days, two of them sealed.
async fn world() -> World {
    let world = World::with(&[("lot/business.kdl", LOT)]).await;
    let office = world.actor("office", "560101001");
    for n in 0..40 {
        let sort = if n % 4 == 0 { "甲" } else { "乙" };
        let input = json!({ "name": format!("第{n}件"), "sorting": sort,
            "made_on": format!("2026-05-{:02}", 1 + n % 20), "is_secret": n >= 38 });
        world.create(&office, "lot_thing", input).await.unwrap();
    }
    world
}

async fn promised(world: &World, actor: &Actor, input: Json) -> String {
    world.create(actor, "lot_draw", input).await.unwrap().id
}

async fn pick(world: &World, actor: &Actor, id: &str) -> Result<Done, Refusal> {
    world.action_on(actor, "lot_draw", id, "pick", json!({})).await
}

async fn again(world: &World, actor: &Actor, id: &str) -> DrawAnswer {
    world.desk.draw_again(actor, "lot_draw", id, &now()).await.unwrap().unwrap()
}

fn codes(refusal: Refusal) -> Vec<String> {
    let Refusal::Invalid(problems) = refusal else { panic!("{refusal:?}") };
    problems.into_iter().map(|problem| problem.code).collect()
}

#[tokio::test]
async fn the_seed_is_promised_before_told_after_and_makes_the_draw() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let id = promised(&world, &office, json!({ "count": 8 })).await;
    let before = again(&world, &office, &id).await;
    assert!(before.seed.is_empty() && before.drawn.is_empty() && before.promise.len() == 64);
    pick(&world, &office, &id).await.unwrap();
    let after = again(&world, &office, &id).await;
    assert_eq!(after.promise, before.promise);
    assert_eq!(digest(&after.seed), after.promise);
    assert_eq!(digest(&after.frame), after.frame_hash);
    // What is sealed is in the frame for nobody; the rest is in it in the order of ids.
    assert_eq!((after.size, after.drawn.len()), (38, 8));
    let frame = candidates(&after.frame);
    assert!(frame.is_sorted());
    assert_eq!(draw(&after.seed, &frame, 8), after.drawn);
    assert!(after.differs.is_empty(), "{:?}", after.differs);
    // A quarter of the things is of the first sort: ten of thirty-eight, so two of eight.
    let of_first = |id: &String| frame.iter().any(|one| one.id == *id && one.stratum == "甲");
    assert_eq!(after.drawn.iter().filter(|id| of_first(id)).count(), 2);
    // Whoever sees the record does it again and finds the same.
    let county = again(&world, &world.actor("county", "560101"), &id).await;
    assert_eq!((county.drawn, county.differs), (after.drawn, Vec::new()));
    for (role, unit) in [("office", "560101002"), ("mediator", "560101001001")] {
        let actor = world.actor(role, unit);
        let refused = world.desk.draw_again(&actor, "lot_draw", &id, &now()).await;
        assert!(matches!(refused, Err(Refusal::NotFound(_))), "{role}");
    }
}

#[tokio::test]
async fn the_promised_seed_is_nowhere_to_be_read_before_the_draw() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let id = promised(&world, &office, json!({ "count": 3 })).await;
    let select = Select::from("draw", &["seed"]).filter(Filter::equal("record", id.as_str()));
    let rows = world.desk.keeper().find(&select).await.unwrap();
    let kept = rows[0][0].as_text().unwrap().to_owned();
    assert!(kept.starts_with("sm4:"), "{kept}");
    pick(&world, &office, &id).await.unwrap();
    let seed = again(&world, &office, &id).await.seed;
    assert!(!kept.contains(&seed));
    let log = world.desk.log(&office, "lot_draw", &id).await.unwrap();
    let told: Vec<bool> = log
        .iter()
        .map(|line| Json::Object(line.body.clone()).to_string().contains(&seed))
        .collect();
    assert_eq!(told, [false, true]);
}

#[tokio::test]
async fn the_frame_is_what_the_record_asks_for() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let far = world.actor("office", "560101002");
    for (input, size) in [
        (json!({ "count": 2, "sorting": "甲" }), 10),
        (json!({ "count": 2, "from_on": "2026-05-01", "to_on": "2026-05-05" }), 10),
        (json!({ "count": 2, "from_on": "2026-05-20" }), 1),
    ] {
        let id = promised(&world, &office, input.clone()).await;
        let done = pick(&world, &office, &id).await;
        if size < 2 {
            assert_eq!(codes(done.unwrap_err()), ["frame_small"]);
            continue;
        }
        done.unwrap();
        assert_eq!(again(&world, &office, &id).await.size, size, "{input}");
    }
    // Another unit's things are not among them.
    let id = promised(&world, &far, json!({ "count": 1 })).await;
    assert_eq!(codes(pick(&world, &far, &id).await.unwrap_err()), ["frame_small"]);
    for count in [0, -1, 51] {
        let id = promised(&world, &office, json!({ "count": count })).await;
        assert_eq!(codes(pick(&world, &office, &id).await.unwrap_err()), ["draw_count"]);
    }
}

#[tokio::test]
async fn the_draw_stays_the_same_when_the_records_change() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let id = promised(&world, &office, json!({ "count": 5 })).await;
    pick(&world, &office, &id).await.unwrap();
    let drawn = again(&world, &office, &id).await.drawn;
    let hide = Deed::Change {
        kind: "lot_thing".to_owned(),
        id: drawn[0].clone(),
        version: None,
        input: map(json!({ "is_secret": true, "sorting": "丙" })),
    };
    world.desk.act(&office, hide, confirmed(), &now()).await.unwrap();
    let input = json!({ "name": "后来的", "sorting": "甲", "made_on": "2026-05-01" });
    world.create(&office, "lot_thing", input).await.unwrap();
    let after = again(&world, &office, &id).await;
    assert_eq!((after.drawn, after.differs), (drawn, Vec::new()));
}

#[tokio::test]
async fn nobody_chooses_not_by_typing_and_not_by_trying() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    for field in ["seed", "seed_hash", "size", "frame_hash", "result_hash", "drawn"] {
        let value = if field == "drawn" { json!([]) } else { json!("1") };
        let input = json!({ "count": 2, field: value });
        let refused = world.create(&office, "lot_draw", input).await.unwrap_err();
        assert_eq!(codes(refused), ["read_only"], "{field}");
    }
    // Drawn once, it is not drawn again, and what was drawn cannot be changed.
    let id = promised(&world, &office, json!({ "count": 3 })).await;
    pick(&world, &office, &id).await.unwrap();
    let drawn = again(&world, &office, &id).await.drawn;
    assert_eq!(codes(pick(&world, &office, &id).await.unwrap_err()), ["state"]);
    let change = Deed::Change {
        kind: "lot_draw".to_owned(),
        id: id.clone(),
        version: None,
        input: map(json!({ "drawn": [] })),
    };
    let refused = world.desk.act(&office, change, confirmed(), &now()).await.unwrap_err();
    assert_eq!(codes(refused), ["read_only"]);
    assert_eq!(again(&world, &office, &id).await.drawn, drawn);
}

#[tokio::test]
async fn what_was_changed_in_the_database_differs_and_is_named() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let id = promised(&world, &office, json!({ "count": 3 })).await;
    pick(&world, &office, &id).await.unwrap();
    let right = again(&world, &office, &id).await;
    let other = candidates(&right.frame).into_iter().find(|c| !right.drawn.contains(&c.id));
    let other = other.unwrap().id;
    let house = world.desk.house();
    let table = house.kind("lot_draw").unwrap().row_table("drawn");
    let select = Select::from(&table, &["county", "parent", "id", "position"])
        .filter(Filter::equal("parent", id.as_str()).and(Filter::equal("at", 2)));
    let row = world.desk.keeper().find(&select).await.unwrap().remove(0);
    let tampered = Operation::Update {
        table: table.clone(),
        key: vec![("county".to_owned(), row[0].clone()), ("id".to_owned(), row[2].clone())],
        expect: Vec::new(),
        set: vec![("thing".to_owned(), Cell::from(other.as_str()))],
    };
    let commit = Commit { operations: vec![tampered], ..Commit::default() };
    world.desk.keeper().commit(commit).await.unwrap();
    let found = again(&world, &office, &id).await;
    assert_eq!(found.differs.len(), 2, "{:?}", found.differs);
    assert!(found.differs[0].starts_with("第2个：重抽是第"), "{:?}", found.differs);
    // A frame from which somebody took a thing is no longer that of its hash.
    let less: Vec<&str> = right.frame.lines().skip(1).collect();
    let tampered = Operation::Update {
        table: "draw".to_owned(),
        key: vec![
            ("county".to_owned(), row[0].clone()),
            ("record".to_owned(), Cell::from(id.as_str())),
        ],
        expect: Vec::new(),
        set: vec![("frame".to_owned(), Cell::from(less.join("\n")))],
    };
    let commit = Commit { operations: vec![tampered], ..Commit::default() };
    world.desk.keeper().commit(commit).await.unwrap();
    let found = again(&world, &office, &id).await;
    assert!(found.differs[0].contains("总体清单"), "{:?}", found.differs);
}

#[tokio::test]
async fn a_second_draw_is_a_second_record_and_keeps_the_first_as_void() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let first = promised(&world, &office, json!({ "count": 4 })).await;
    pick(&world, &office, &first).await.unwrap();
    let before = again(&world, &office, &first).await;
    let void =
        async |input: Json| world.action_on(&office, "lot_draw", &first, "void", input).await;
    assert_eq!(codes(void(json!({})).await.unwrap_err()), ["required"]);
    void(json!({ "reason": "范围写错" })).await.unwrap();
    let second = promised(&world, &office, json!({ "count": 4 })).await;
    pick(&world, &office, &second).await.unwrap();
    let (old, new) = (again(&world, &office, &first).await, again(&world, &office, &second).await);
    assert_eq!((old.drawn, old.seed, old.differs), (before.drawn, before.seed.clone(), vec![]));
    assert_ne!(new.seed, before.seed);
}

#[tokio::test]
async fn each_thing_drawn_gets_its_record() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let id = promised(&world, &office, json!({ "count": 4 })).await;
    pick(&world, &office, &id).await.unwrap();
    let done = world.action_on(&office, "lot_draw", &id, "hand_out", json!({})).await.unwrap();
    assert_eq!(done.along.len(), 4);
    let answer = world.desk.record(&office, "lot_draw", &id, &now()).await.unwrap();
    let (_, checks) = answer.attached.iter().find(|(kind, _)| kind.id == "lot_check").unwrap();
    let mut things: Vec<(i64, String)> =
        checks.iter().map(|one| (one.int("place"), one.text("thing").to_owned())).collect();
    things.sort();
    let drawn = again(&world, &office, &id).await.drawn;
    assert_eq!(things.into_iter().map(|(_, thing)| thing).collect::<Vec<_>>(), drawn);
}

#[tokio::test]
async fn lines_of_a_list_are_drawn_by_their_numbers() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let input = json!({ "count": 5, "people": 186_420, "list_hash": "6e34" });
    let id = promised(&world, &office, input).await;
    pick(&world, &office, &id).await.unwrap();
    let found = again(&world, &office, &id).await;
    assert_eq!((found.size, found.drawn.len(), found.differs.len()), (186_420, 5, 0));
    assert!(found.drawn.iter().all(|line| (1..=186_420).contains(&line.parse::<u32>().unwrap())));
}
