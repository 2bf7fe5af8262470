//! Stocks at the end of a period: by the dates of records, and as records were kept on a day.

use crate::world::{NOON, World, at, confirmed, map};
use desk::{
    Actor, Deed, Done,
    ask::ListAsk,
    report::{FigureAsk, ReportAnswer, ReportAsk},
};
use jiff::{ToSpan, civil::Date};
use serde_json::{Value as Json, json};

const BUSINESS: &str = r#"业务 trial "试验" { 说明 "试验。"; 依据 "试验"; 次序 99 }"#;
const STAY: &str = r#"
档案 stay "在册" {
    说明 "一个人在册的一段。"
    依据 "试验"
    归属 本机构
    题名 "{name}"
    权限 { 看 office=辖区 county=辖区; 建 office=辖区; 改 office=辖区 }
    分组 "内容" {
        name "名" 文本
        came "接收日期" 日期
        gone "解除日期" 日期
        sorting "类" 代码 sex
    }
    状态 open "正常" 初始 { 可 lose end }
    状态 lost "脱管" { 可 find end }
    状态 ended "已解除" 终止
    动作 lose "登记脱管" { 由 office; 到 lost }
    动作 find "查到" { 由 office; 到 open }
    动作 end "解除" { 由 office; 到 ended; 填 gone }
    列表 默认 "全部" { 列 name came; 序 came }
}
"#;
const STATISTICS: &str = r#"
统计 trial_in "在册" 档案=stay 存量 月=came 至=gone { 量 total "在册" 单位=人 分="sorting" }
统计 trial_came "接收" 档案=stay 月=came { 量 total "接收" 单位=人 }
统计 trial_gone "解除" 档案=stay 月=gone { 量 total "解除" 单位=人 }
统计 trial_kept "登记" 档案=stay 存量 月=came 当="状态 属于 正常、脱管" {
    量 total "登记在册" 单位=人
    量 lost "脱管" 单位=人 当="状态 = 脱管"
}
报表 trial_stock "在册表" {
    期 月
    确认 乡=office 县=county
    栏组 "变动" {
        栏 opening "期初" 值="期初 trial_in.total" 单位=人
        栏 came "增加" 值="trial_came.total" 单位=人
        栏 gone "减少" 值="trial_gone.total" 单位=人
        栏 closing "期末" 值="trial_in.total" 单位=人
        栏 men "男" 值="trial_in.total[sorting=1]" 单位=人
        栏 ever "累计" 值="累计 trial_came.total" 单位=人
    }
    栏组 "登记" {
        栏 kept "登记在册" 值="trial_kept.total" 单位=人
        栏 lost "脱管" 值="trial_kept.lost" 单位=人
        栏 kept_before "期初登记" 值="期初 trial_kept.total" 单位=人
    }
    核对 stock "期末等于期初加增加减减少" 须="closing = opening + came - gone"
    核对 kept "登记等于期末" 须="kept = closing"
}
"#;
const MORE: [(&str, &str); 3] = [
    ("trial/business.kdl", BUSINESS),
    ("trial/records/stay.kdl", STAY),
    ("trial/statistics.kdl", STATISTICS),
];
const TOWNS: [&str; 2] = ["560101001", "560101002"];
const COUNTY: &str = "560101";
const DAY: i64 = 86_400_000;

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_041);
        (self.0 >> 33) % n
    }

    fn day(&mut self) -> Date {
        Date::constant(2025, 11, 20).checked_add((self.below(190) as i64).days()).unwrap()
    }
}

fn ask(from: &str, to: &str) -> ReportAsk {
    ReportAsk {
        report: "trial_stock".to_owned(),
        unit: COUNTY.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        as_of: None,
    }
}

fn figure(answer: &ReportAnswer, column: &str) -> i128 {
    let at = answer.report.columns().position(|c| c.id == column).unwrap();
    answer.total.figures[at].number
}

fn holds(answer: &ReportAnswer, check: &str) -> bool {
    answer.checks.iter().find(|one| one.id == check).unwrap().holds()
}

async fn behind(world: &World, actor: &Actor, column: &str, from: &str, to: &str) -> i128 {
    let figure = FigureAsk {
        report: "trial_stock".to_owned(),
        column: column.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
    };
    let ask = ListAsk { kind: "stay".to_owned(), figure: Some(figure), ..ListAsk::default() };
    i128::from(world.desk.count(actor, &ask, 10_000).await.unwrap())
}

async fn act(world: &World, actor: &Actor, id: &str, action: &str, input: Json, day: i64) {
    let deed = Deed::Action {
        kind: "stay".to_owned(),
        id: id.to_owned(),
        action: action.to_owned(),
        version: None,
        input: map(input),
    };
    world.desk.act(actor, deed, confirmed(), &at(NOON + day * DAY)).await.unwrap();
}

async fn create(world: &World, actor: &Actor, input: Json, day: i64) -> Done {
    let deed = Deed::Create { kind: "stay".to_owned(), input: map(input) };
    world.desk.act(actor, deed, confirmed(), &at(NOON + day * DAY)).await.unwrap()
}

#[tokio::test]
async fn what_there_was_and_what_came_less_what_went_is_what_there_is_at_any_two_days() {
    let world = World::with(&MORE).await;
    let (mut dice, mut stays) = (Dice(51), Vec::new());
    for number in 0..70 {
        let (came, later) = (dice.day(), dice.day());
        let gone = (later >= came && number % 3 > 0).then_some(later);
        let man = dice.below(2) == 0;
        let office = world.actor("office", TOWNS[number % 2]);
        let input = json!({ "name": format!("甲{number}"), "came": came.to_string(),
            "gone": gone.map(|day| day.to_string()), "sorting": if man { "1" } else { "2" } });
        create(&world, &office, input, 0).await;
        stays.push((came, gone, man));
    }
    let county = world.actor("county", COUNTY);
    let there = |day: Date, man: bool| {
        let on = stays.iter().filter(|(came, gone, is_man)| {
            *came <= day && gone.is_none_or(|gone| gone > day) && (!man || *is_man)
        });
        on.count() as i128
    };
    for _ in 0..100 {
        let (one, other) = (dice.day(), dice.day());
        let (first, last) = (one.min(other), one.max(other));
        let (from, to) = (first.to_string(), last.to_string());
        let answer = world.desk.report(&county, &ask(&from, &to)).await.unwrap();
        assert_eq!(figure(&answer, "opening"), there(first.yesterday().unwrap(), false), "{from}");
        assert_eq!(figure(&answer, "closing"), there(last, false), "{to}");
        assert_eq!(figure(&answer, "men"), there(last, true), "{to}");
        let ever = stays.iter().filter(|(came, ..)| *came <= last).count() as i128;
        assert_eq!(figure(&answer, "ever"), ever, "{to}");
        assert!(holds(&answer, "stock"), "{from} {to}");
        for column in ["opening", "closing", "men", "came", "gone", "ever"] {
            let records = behind(&world, &county, column, &from, &to).await;
            assert_eq!(records, figure(&answer, column), "{column} {from} {to}");
        }
    }
    // Month by month, the end of one is the beginning of the next, also in the series of a programme.
    let mut end = None;
    let series = world
        .desk
        .statistic(&county, "trial_in", "total", "", &ask("2025-12", "2026-05"))
        .await
        .unwrap();
    for month in ["2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05"] {
        let answer = world.desk.report(&county, &ask(month, month)).await.unwrap();
        assert!(end.is_none_or(|end| end == figure(&answer, "opening")), "{month}");
        end = Some(figure(&answer, "closing"));
        let told = series.iter().find(|(unit, m, ..)| unit == COUNTY && m == month);
        assert_eq!(told.map(|(.., value)| i128::from(*value)), end, "{month}");
    }
    assert!(world.desk.recount(&mut |_| {}).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_only_the_state_says_stays_what_it_was_at_the_end_of_the_period() {
    let world = World::with(&MORE).await;
    let (office, county) = (world.actor("office", TOWNS[0]), world.actor("county", COUNTY));
    // NOON is the first of June.
    let one = create(&world, &office, json!({ "name": "甲", "came": "2026-05-04" }), 0).await;
    let other = create(&world, &office, json!({ "name": "乙", "came": "2026-06-02" }), 2).await;
    act(&world, &office, &one.id, "lose", json!({}), 10).await;
    // July: one is found and the other leaves; a third is entered late.
    act(&world, &office, &one.id, "find", json!({}), 35).await;
    act(&world, &office, &other.id, "end", json!({ "gone": "2026-07-10" }), 40).await;
    create(&world, &office, json!({ "name": "丙", "came": "2026-06-29" }), 33).await;
    let june = world.desk.report(&county, &ask("2026-06", "2026-06")).await.unwrap();
    let of = |answer: &ReportAnswer, columns: [&str; 4]| columns.map(|c| figure(answer, c));
    let columns = ["closing", "kept", "lost", "kept_before"];
    assert_eq!(of(&june, columns), [3, 2, 1, 0], "nothing was kept in May");
    assert!(holds(&june, "stock") && !holds(&june, "kept"), "the late one has to be explained");
    let july = world.desk.report(&county, &ask("2026-07", "2026-07")).await.unwrap();
    assert_eq!(of(&july, columns), [2, 2, 0, 2]);
    assert!(holds(&july, "stock") && holds(&july, "kept"));
    // By days, too: the eleventh of June was the first day on which one was lost.
    for (day, lost) in [("2026-06-10", 0), ("2026-06-11", 1), ("2026-07-05", 1), ("2026-07-06", 0)]
    {
        let answer = world.desk.report(&county, &ask("2026-06-01", day)).await.unwrap();
        assert_eq!(figure(&answer, "lost"), lost, "{day}");
    }
    // As of a past day it is what it was then.
    let past = ReportAsk { as_of: Some(Date::constant(2026, 6, 5)), ..ask("2026-06", "2026-06") };
    let past = world.desk.report(&county, &past).await.unwrap();
    assert_eq!(of(&past, columns), [2, 2, 0, 0]);
}

#[tokio::test]
async fn a_confirmed_stock_is_changed_by_a_late_entry_and_by_nothing_that_goes_on() {
    let world = World::with(&MORE).await;
    let office = world.actor("office", TOWNS[0]);
    let one = create(&world, &office, json!({ "name": "甲", "came": "2026-06-04" }), 0).await;
    let (june, july) = (ReportAsk { unit: String::new(), ..ask("2026-06", "2026-06") }, 40);
    let moment = at(NOON + july * DAY);
    let answer = world.desk.report(&office, &june).await.unwrap();
    let standing = world.desk.standing(&office, &answer, &moment).await.unwrap();
    let explained = standing.open.iter().map(|open| (open.id.clone(), "核对过".to_owned()));
    let typed = desk::filing::Confirming {
        seen: standing.hash.clone(),
        explanations: explained.collect(),
        reason: String::new(),
    };
    world.desk.confirm(&office, &june, &typed, &moment).await.unwrap();
    act(&world, &office, &one.id, "lose", json!({}), july + 1).await;
    act(&world, &office, &one.id, "end", json!({ "gone": "2026-07-12" }), july + 2).await;
    let late = async || {
        let answer = world.desk.report(&office, &june).await.unwrap();
        let late = world.desk.standing(&office, &answer, &at(NOON + 50 * DAY)).await.unwrap().late;
        late.iter().map(|cell| cell.column.clone()).collect::<Vec<_>>()
    };
    assert_eq!(late().await, Vec::<String>::new());
    create(&world, &office, json!({ "name": "乙", "came": "2026-06-20" }), july + 3).await;
    let changed = late().await;
    assert!(["came", "closing", "ever"].iter().all(|c| changed.iter().any(|id| id == c)));
    assert!(!changed.iter().any(|id| ["opening", "kept", "lost"].contains(&id.as_str())));
}
