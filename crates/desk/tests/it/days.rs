//! Figures between any two days: whole months from the counters and the days beside them counted
//! one by one are what somebody counts who looks at every record.

use crate::world::{World, confirmed, map, now};
use desk::{
    Actor, Deed, Refusal,
    ask::ListAsk,
    report::{FigureAsk, ReportAnswer, ReportAsk},
};
use jiff::{ToSpan, civil::Date};
use serde_json::json;

const BUSINESS: &str = r#"业务 trial "试验" { 说明 "试验。"; 依据 "试验"; 次序 99 }"#;
const THING: &str = r#"
档案 thing "事" {
    说明 "一件事。"
    依据 "试验"
    归属 本机构
    题名 "{name}"
    权限 { 看 office=辖区 county=辖区; 建 office=辖区; 改 office=辖区 }
    分组 "内容" {
        name "名" 文本
        day "日" 日期
        sorting "类" 代码 sex
        size "数" 整数
        real "算数" 是否
        items "细目" 多行 item
    }
    行 item "细目" { 题名 "{what}"; what "什么" 文本; much "多少" 整数 }
    列表 默认 "全部" { 列 name day; 序 day }
}
"#;
const STATISTICS: &str = r#"
统计 trial_things "事" 档案=thing 月=day 当="算数 = 是" {
    量 total "件" 单位=件 分="sorting"
    量 size "数" 单位=个 合计=size
    量 items "细目" 单位=个 个数=items
    量 large "有大细目的" 单位=件 当="存在(细目, 多少 > 5)"
}
报表 trial_table "事情表" {
    期 月
    栏组 "事" {
        栏 total "件" 值="trial_things.total" 单位=件
        栏 men "男" 值="trial_things.total[sorting=1]" 单位=件
        栏 size "数" 值="trial_things.size" 单位=个
        栏 items "细目" 值="trial_things.items" 单位=个
        栏 large "有大细目的" 值="trial_things.large" 单位=件
    }
}
"#;
const MORE: [(&str, &str); 3] = [
    ("trial/business.kdl", BUSINESS),
    ("trial/records/thing.kdl", THING),
    ("trial/statistics.kdl", STATISTICS),
];
const TOWNS: [&str; 2] = ["560101001", "560101002"];
const COUNTY: &str = "560101";

/// A record, as the one who counts by hand knows it.
struct Thing {
    town: &'static str,
    day: Date,
    man: bool,
    size: i64,
    items: Vec<i64>,
    real: bool,
}

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

async fn things(world: &World, dice: &mut Dice, count: usize) -> Vec<Thing> {
    let mut things = Vec::new();
    for at in 0..count {
        let thing = Thing {
            town: TOWNS[at % 2],
            day: dice.day(),
            man: dice.below(2) == 0,
            size: dice.below(9) as i64,
            items: (0..dice.below(3)).map(|_| dice.below(10) as i64).collect(),
            real: dice.below(5) > 0,
        };
        let office = world.actor("office", thing.town);
        let items: Vec<_> =
            thing.items.iter().map(|much| json!({ "what": "细目", "much": much })).collect();
        let input = json!({
            "name": format!("事{at}"), "day": thing.day.to_string(), "size": thing.size,
            "sorting": if thing.man { "1" } else { "2" }, "real": thing.real, "items": items,
        });
        world.create(&office, "thing", input).await.unwrap();
        things.push(thing);
    }
    things
}

fn ask(from: &str, to: &str) -> ReportAsk {
    ReportAsk {
        report: "trial_table".to_owned(),
        unit: COUNTY.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        as_of: None,
    }
}

fn by_hand<'a>(things: impl Iterator<Item = &'a Thing> + Clone) -> Vec<i128> {
    let sum = |of: &dyn Fn(&Thing) -> i64| i128::from(things.clone().map(of).sum::<i64>());
    vec![
        sum(&|_| 1),
        sum(&|thing| i64::from(thing.man)),
        sum(&|thing| thing.size),
        sum(&|thing| thing.items.len() as i64),
        sum(&|thing| i64::from(thing.items.iter().any(|much| *much > 5))),
    ]
}

fn figures(answer: &ReportAnswer, unit: &str) -> Vec<i128> {
    let rows = std::iter::once(&answer.total).chain(&answer.rows);
    let row = rows.into_iter().find(|row| row.unit == unit).unwrap();
    row.figures.iter().map(|figure| figure.number).collect()
}

async fn behind(world: &World, actor: &Actor, column: &str, from: &str, to: &str) -> u32 {
    let figure = FigureAsk {
        report: "trial_table".to_owned(),
        column: column.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
    };
    let ask = ListAsk { kind: "thing".to_owned(), figure: Some(figure), ..ListAsk::default() };
    world.desk.count(actor, &ask, 10_000).await.unwrap()
}

fn refused(result: Result<ReportAnswer, Refusal>) -> String {
    match result.unwrap_err() {
        Refusal::Invalid(problems) => problems[0].message.clone(),
        refusal => refusal.to_string(),
    }
}

#[tokio::test]
async fn between_any_two_days_the_figures_are_those_counted_by_hand() {
    let world = World::with(&MORE).await;
    let mut dice = Dice(20_260_601);
    let things = things(&world, &mut dice, 90).await;
    let county = world.actor("county", COUNTY);
    let mut some = 0;
    for _ in 0..150 {
        let (one, other) = (dice.day(), dice.day());
        let (first, last) = (one.min(other), one.max(other));
        let (from, to) = (first.to_string(), last.to_string());
        let answer = world.desk.report(&county, &ask(&from, &to)).await.unwrap();
        let within = |thing: &&Thing| thing.real && first <= thing.day && thing.day <= last;
        let expected = by_hand(things.iter().filter(within));
        assert_eq!(figures(&answer, COUNTY), expected, "{from} {to}");
        for town in TOWNS {
            let there = things.iter().filter(within).filter(|thing| thing.town == town);
            assert_eq!(figures(&answer, town), by_hand(there), "{town} {from} {to}");
        }
        for (column, at) in [("total", 0), ("men", 1), ("large", 4)] {
            let records = behind(&world, &county, column, &from, &to).await;
            assert_eq!(i128::from(records), expected[at], "{column} {from} {to}");
        }
        let by_month: i64 = world
            .desk
            .statistic(&county, "trial_things", "total", "sorting", &ask(&from, &to))
            .await
            .unwrap()
            .iter()
            .filter(|(unit, ..)| unit == COUNTY)
            .map(|(.., value)| value)
            .sum();
        assert_eq!(i128::from(by_month), expected[0], "{from} {to}");
        some += usize::from(expected[0] > 0);
    }
    assert!(some > 100, "most stretches hold something");
    // A month may stand at one end, and whole months are written as months.
    let answer = world.desk.report(&county, &ask("2026-01", "2026-02-10")).await.unwrap();
    assert_eq!((answer.from.as_str(), answer.to.as_str()), ("2026-01-01", "2026-02-10"));
    let whole = world.desk.report(&county, &ask("2026-01-01", "2026-02-28")).await.unwrap();
    assert_eq!((whole.from.as_str(), whole.to.as_str()), ("2026-01", "2026-02"));
    let months = world.desk.report(&county, &ask("2026-01", "2026-02")).await.unwrap();
    assert_eq!(whole.total, months.total);
}

#[tokio::test]
async fn a_day_that_is_none_and_a_past_day_beside_days_are_refused_in_words() {
    let world = World::with(&MORE).await;
    let county = world.actor("county", COUNTY);
    for (from, to) in [("2026-02-30", "2026-03-01"), ("2026-03-02", "2026-03-01"), ("x", "2026-03")]
    {
        let words = refused(world.desk.report(&county, &ask(from, to)).await);
        assert!(words.contains("2026-01-05 至 2026-02-10"), "{words}");
    }
    let past = ReportAsk { as_of: Some(now().today), ..ask("2026-01-05", "2026-02-10") };
    let words = refused(world.desk.report(&county, &past).await);
    assert!(words.contains("只按整月"), "{words}");
    let past = ReportAsk { as_of: Some(now().today), ..ask("2026-01-01", "2026-02-28") };
    world.desk.report(&county, &past).await.unwrap();
}

#[tokio::test]
async fn a_record_changed_or_moved_to_another_day_counts_where_it_now_is() {
    let world = World::with(&MORE).await;
    let (office, county) = (world.actor("office", TOWNS[0]), world.actor("county", COUNTY));
    let input =
        json!({ "name": "事", "day": "2026-02-10", "sorting": "1", "size": 3, "real": true });
    let thing = world.create(&office, "thing", input).await.unwrap();
    let change = Deed::Change {
        kind: "thing".to_owned(),
        id: thing.id,
        version: None,
        input: map(json!({ "day": "2026-02-20", "size": 4 })),
    };
    world.desk.act(&office, change, confirmed(), &now()).await.unwrap();
    for (from, to, total, size) in [
        ("2026-02-01", "2026-02-19", 0, 0),
        ("2026-02-20", "2026-02-20", 1, 4),
        ("2026-01-15", "2026-03-15", 1, 4),
    ] {
        let answer = world.desk.report(&county, &ask(from, to)).await.unwrap();
        let figures = figures(&answer, COUNTY);
        assert_eq!((figures[0], figures[2]), (total, size), "{from} {to}");
    }
}
