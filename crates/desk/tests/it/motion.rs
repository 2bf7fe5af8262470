//! What an act sets in motion in other records: all of it is kept, or nothing is.

use crate::world::{World, map, now};
use desk::{Deed, Done, Manner, Refusal};
use serde_json::{Value as Json, json};

const SHOP: &str = r#"
业务 shop "店" { 接 shop_order 自=cash_bill "付清的账" }
档案 shop_order "订单" {
    归属 本机构
    题名 "{buyer}的订单"
    权限 { 看 office=本单位 county=辖区; 建 office; 改 office; 数 city=辖区 }
    分组 "订单" {
        buyer "买主" 文本 必填
        price "价格" 金额
        closed_on "结清日期" 日期
        is_noted "有附记" 是否
        twice "附记数的两倍" 计算 "附记数 × 2"
        note_count "附记数" 计算 "个数(附记)"
        remark "备注" 文本
    }
    锁定 当="状态 ≠ 新" "已经送货的订单不能改，要改的请先取消" 除 remark
    唯一 buyer 当="状态 ≠ 已结" "这位买主还有没结的订单"
    状态 fresh "新" 初始 { 可 deliver note wrap cancel }
    状态 delivered "已送" { 可 close note }
    状态 closed "已结" 终止
    动作 deliver "送货" {
        由 office county
        到 delivered
        生成 cash_bill 当="价格 > 0" { 设 bought=本档案 payer=buyer sum=price opened_on=今日 way="转账" }
    }
    动作 close "结清" { 由 county; 到 closed; 可填 closed_on }
    动作 wrap "打包" { 由 county; 生成 cash_parcel { 设 bought=本档案 } }
    动作 cancel "取消" { 由 office; 到 closed }
    动作 note "附记" { 由 county; 设 is_noted="是" }
}
档案 shop_note "附记" {
    附于 shop_order "订单"
    题名 "附记"
    权限 { 看 office=本单位; 建 office; 改 office }
    分组 "附记" { words "内容" 文本 必填 }
    登记时 { 推 shop_order note }
}
"#;

const CASH: &str = r#"
业务 cash "账房" { 接 cash_bill 自=shop_order "送出的货"; 接 cash_parcel 自=shop_order "要寄的货" }
档案 cash_parcel "包裹" {
    归属 office_unit
    题名 "{bought}的包裹"
    权限 { 看 office=辖区 county=辖区; 建 office=辖区; 改 office=辖区 county=辖区 }
    分组 "包裹" {
        bought "订单" 引用 shop_order 必填
        office_unit "收寄的所" 机构 必填
    }
}
档案 cash_bill "账单" {
    归属 本机构
    题名 "{payer}的账单"
    权限 { 看 office=本单位 county=辖区; 建 office; 改 office }
    分组 "账单" {
        bought "订单" 引用 shop_order 必填
        payer "付款人" 文本 必填
        sum "金额" 金额
        way "方式" 文本
        opened_on "开出日期" 日期
        paid_on "付款日期" 日期
        clerk_name "经手人" 文本 必填
    }
    规则 paid_in_time "三十日内付清" 须="若空(付款日期, 2020-01-01) ≥ 开出日期" 于=paid_on
    状态 open "未付" 初始 { 可 settle }
    状态 settled "已付" 终止
    动作 settle "付清" { 由 office; 到 settled; 填 paid_on clerk_name; 推 bought close { 设 closed_on=paid_on } }
}
"#;

async fn world() -> World {
    World::with(&[("shop/business.kdl", SHOP), ("cash/business.kdl", CASH)]).await
}

async fn order(world: &World, buyer: &str, price: &str) -> Done {
    let office = world.actor("office", "560101001");
    let input = json!({ "buyer": buyer, "price": price });
    world.create(&office, "shop_order", input).await.unwrap()
}

async fn show(world: &World, kind: &str, id: &str) -> Json {
    let house = world.desk.house();
    let kind = house.kind(kind).unwrap();
    let office = world.actor("office", "560101001");
    let record = world.desk.record(&office, &kind.id, id, &now()).await.unwrap().record;
    let shown = kind.fields.iter().map(|f| (f.id.clone(), f.kind.json(f, &record.cells)));
    let mut shown: serde_json::Map<String, Json> = shown.collect();
    shown.insert("state".to_owned(), record.state().into());
    shown.insert("unit".to_owned(), record.text("unit").into());
    shown.insert("version".to_owned(), record.version().into());
    Json::Object(shown)
}

#[tokio::test]
async fn an_action_makes_a_record_of_another_business_with_what_is_known_already() {
    let world = world().await;
    let order = order(&world, "陈秀兰", "120.50").await;
    let county = world.actor("county", "560101");
    let deed = |version| Deed::Action {
        kind: "shop_order".to_owned(),
        id: order.id.clone(),
        action: "deliver".to_owned(),
        version,
        input: map(json!({})),
    };
    let manner = Manner { confirmed: false, key: Some("one".to_owned()) };
    let done = world.desk.act(&county, deed(None), manner.clone(), &now()).await.unwrap();
    let [(kind, bill, title)] = done.along.as_slice() else { panic!("{:?}", done.along) };
    assert_eq!((kind.as_str(), title.as_str()), ("cash_bill", "陈秀兰的账单"));
    let bill = show(&world, "cash_bill", bill).await;
    assert_eq!(bill["payer"], "陈秀兰");
    assert_eq!(bill["sum"], "120.50");
    assert_eq!(bill["way"], "转账");
    assert_eq!(bill["opened_on"], "2026-06-01");
    assert_eq!(bill["bought"], order.id.as_str());
    assert_eq!(bill["unit"], "560101001", "it belongs where the order belongs");
    assert_eq!(bill["clerk_name"], Json::Null, "what nobody knows yet may be missing");
    let again = world.desk.act(&county, deed(None), manner, &now()).await.unwrap();
    assert_eq!(again, Done { repeated: true, ..done });
}

#[tokio::test]
async fn an_effect_whose_condition_does_not_hold_comes_to_nothing() {
    let world = world().await;
    let order = order(&world, "陈秀兰", "").await;
    let county = world.actor("county", "560101");
    let done =
        world.action_on(&county, "shop_order", &order.id, "deliver", json!({})).await.unwrap();
    assert!(done.along.is_empty(), "{:?}", done.along);
}

#[tokio::test]
async fn what_moves_another_record_moves_both_or_neither() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let order = order(&world, "陈秀兰", "8").await;
    let sent =
        world.action_on(&office, "shop_order", &order.id, "deliver", json!({})).await.unwrap();
    let bill = sent.along[0].1.clone();
    let settle = || json!({ "paid_on": "2026-06-01", "clerk_name": "许佳" });
    let missing = json!({ "paid_on": "2026-06-01" });
    let refused = world.action_on(&office, "cash_bill", &bill, "settle", missing).await;
    assert!(matches!(refused, Err(Refusal::Invalid(_))), "{refused:?}");
    assert_eq!(show(&world, "shop_order", &order.id).await["state"], "delivered");
    world.action_on(&office, "cash_bill", &bill, "settle", settle()).await.unwrap();
    let order = show(&world, "shop_order", &order.id).await;
    assert_eq!((&order["state"], &order["closed_on"]), (&json!("closed"), &json!("2026-06-01")));
    assert_eq!(show(&world, "cash_bill", &bill).await["state"], "settled");
}

#[tokio::test]
async fn what_the_other_record_refuses_is_said_and_nothing_is_kept() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let order = order(&world, "陈秀兰", "8").await;
    world.action_on(&office, "shop_order", &order.id, "cancel", json!({})).await.unwrap();
    let input = json!({ "bought": order.id, "payer": "陈秀兰", "clerk_name": "许佳" });
    let bill = world.create(&office, "cash_bill", input).await.unwrap();
    let paid = json!({ "paid_on": "2026-05-30" });
    let refused = world.action_on(&office, "cash_bill", &bill.id, "settle", paid).await;
    let Err(Refusal::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(problems[0].message, "随之办理的“订单”：“已结”的档案不能“结清”");
    let bill = show(&world, "cash_bill", &bill.id).await;
    assert_eq!((&bill["state"], &bill["version"]), (&json!("open"), &json!(1)));
}

#[tokio::test]
async fn a_record_that_hangs_on_another_is_counted_there_and_moves_it_once() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let order = order(&world, "陈秀兰", "8").await;
    let input = json!({ "shop_order": order.id, "words": "改日再送" });
    world.create(&office, "shop_note", input).await.unwrap();
    let order = show(&world, "shop_order", &order.id).await;
    assert_eq!(order["is_noted"], true);
    assert_eq!((&order["note_count"], &order["twice"]), (&json!(1), &json!(2)));
    assert_eq!(order["version"], 2);
}

#[tokio::test]
async fn a_locked_record_keeps_its_fields_but_for_those_excepted() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let order = order(&world, "陈秀兰", "8").await;
    let change = async |input: Json| {
        let deed = Deed::Change {
            kind: "shop_order".to_owned(),
            id: order.id.clone(),
            version: None,
            input: map(input),
        };
        world.desk.act(&office, deed, Manner::default(), &now()).await
    };
    change(json!({ "price": "9" })).await.unwrap();
    world.action_on(&office, "shop_order", &order.id, "deliver", json!({})).await.unwrap();
    let Err(Refusal::Invalid(problems)) = change(json!({ "price": "10", "remark": "急" })).await
    else {
        panic!("a locked price was changed")
    };
    assert_eq!((problems[0].field.as_str(), problems[0].code.as_str()), ("price", "locked"));
    assert_eq!(problems[0].message, "已经送货的订单不能改，要改的请先取消");
    change(json!({ "price": "9", "remark": "急" })).await.unwrap();
    let order = show(&world, "shop_order", &order.id).await;
    assert_eq!((&order["price"], &order["remark"]), (&json!("9.00"), &json!("急")));
}

#[tokio::test]
async fn a_value_may_come_again_when_its_condition_no_longer_holds() {
    let world = world().await;
    let office = world.actor("office", "560101001");
    let first = order(&world, "陈秀兰", "8").await;
    let input = || json!({ "buyer": "陈秀兰", "price": "9" });
    let refused = world.create(&office, "shop_order", input()).await;
    let Err(Refusal::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(problems[0].message, "这位买主还有没结的订单");
    world.action_on(&office, "shop_order", &first.id, "cancel", json!({})).await.unwrap();
    world.create(&office, "shop_order", input()).await.unwrap();
}

#[tokio::test]
async fn whose_a_made_record_is_may_be_said_once_by_whoever_goes_on_with_it() {
    let world = world().await;
    let order = order(&world, "陈秀兰", "120.50").await;
    let county = world.actor("county", "560101");
    let done = world.action_on(&county, "shop_order", &order.id, "wrap", json!({})).await.unwrap();
    let parcel = done.along[0].1.clone();
    let change = |unit: &str| Deed::Change {
        kind: "cash_parcel".to_owned(),
        id: parcel.clone(),
        version: None,
        input: map(json!({ "office_unit": unit })),
    };
    let put = async |actor, unit| {
        let manner = Manner { confirmed: false, key: None };
        world.desk.act(actor, change(unit), manner, &now()).await
    };
    // Not where one's reach ends.
    let office = world.actor("office", "560101001");
    let beyond = put(&office, "560101002").await;
    assert!(matches!(beyond, Err(Refusal::Forbidden { .. })), "{beyond:?}");
    put(&county, "560101002").await.unwrap();
    let record = world.desk.record(&county, "cash_parcel", &parcel, &now()).await.unwrap().record;
    assert_eq!((record.text("unit"), record.text("office_unit")), ("560101002", "560101002"));
    let elsewhere = world.desk.record(&office, "cash_parcel", &parcel, &now()).await;
    assert!(matches!(elsewhere, Err(Refusal::NotFound(_))), "{elsewhere:?}");
    let again = put(&county, "560101001").await;
    assert!(matches!(again, Err(Refusal::Invalid(_))), "{again:?}");
}

const STORE: &str = r#"
业务 depot "库房"
档案 depot_lot "批次" {
    归属 本机构
    题名 "{lot}"
    权限 { 看 office=本单位; 建 office; 改 office }
    分组 "批次" { lot "批号" 文本 必填; goods "货物" 多行 good }
    行 good "货物" {
        题名 "{name}"
        name "名称" 文本 必填
        count "件数" 整数 必填
        owner "货主" 文本 密级=联系
        seen_on "验货日期" 日期
    }
    状态 open "在库" 初始 { 可 ship }
    状态 gone "出库" 终止
    动作 ship "出库" {
        由 office
        到 gone
        生成 depot_list { 设 lot=lot; 行 things=goods { 设 called=name left_on=今日 } }
    }
}
档案 depot_list "清单" {
    归属 本机构
    题名 "{lot}的清单"
    权限 { 看 office=本单位; 建 office; 改 office; 密 office }
    分组 "清单" { lot "批号" 文本 必填; things "物品" 多行 thing; pieces "总件数" 计算 "合计(物品, 件数)" }
    行 thing "物品" {
        题名 "{called}"
        called "品名" 文本 必填
        count "件数" 整数 必填
        owner "货主" 文本 密级=联系
        left_on "出库日期" 日期
        way "方式" 文本 默认="车运"
    }
}
"#;

#[tokio::test]
async fn rows_of_a_made_record_come_from_the_rows_of_the_one_that_makes_it() {
    let world = World::with(&[("depot/business.kdl", STORE)]).await;
    let office = world.actor("office", "560101001");
    let goods = json!([
        { "name": "灯", "count": 3, "owner": "陈秀兰" },
        { "name": "椅", "count": 4, "seen_on": "2026-05-30" },
    ]);
    let lot = json!({ "lot": "甲", "goods": goods });
    let lot = world.create(&office, "depot_lot", lot).await.unwrap();
    let done = world.action_on(&office, "depot_lot", &lot.id, "ship", json!({})).await.unwrap();
    let (kind, id, _) = &done.along[0];
    let list = world.desk.record(&office, kind, id, &now()).await.unwrap().record;
    let things = &list.rows["things"];
    let text = |at: usize, field: &str| {
        things[at].cells.get(field).and_then(engine::query::Cell::as_text).unwrap_or_default()
    };
    assert_eq!([text(0, "called"), text(1, "called")], ["灯", "椅"]);
    assert_eq!([text(0, "owner"), text(1, "owner")], ["陈秀兰", ""]);
    assert_eq!([text(0, "left_on"), text(0, "way")], ["2026-06-01", "车运"]);
    assert_eq!(list.int("pieces"), 7, "and are counted like typed ones");
    assert!(things[0].id != things[1].id && !things[0].id.is_empty());
    assert!(!things[1].cells.contains_key("seen_on"), "only what the new rows have");
}
