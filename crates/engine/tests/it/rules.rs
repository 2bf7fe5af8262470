//! The rule language: the answer, the sentence, and totality.

use crate::support::small;
use engine::{
    kind::Cells,
    query::Cell,
    record::{Links, Record, Row, View},
    rule::{Rule, Scope},
};

const THING: &str = r#"
档案 thing "东西" {
    归属 本机构
    题名 "{name}"
    分组 "一" {
        name "名称" 文本
        colour "颜色" 代码 colour
        price "价格" 金额
        count_of "数量" 整数
        bought_on "买入日期" 日期
        sold_on "卖出日期" 日期
        is_new "全新" 是否
        parts "零件" 多行 part
    }
    行 part "零件行" { part_name "零件名" 文本; weight "重量" 整数 }
}
"#;

fn record(cells: &[(&str, Cell)], parts: &[(&str, i64)]) -> Record {
    let mut record = Record { kind: "thing".to_owned(), ..Record::default() };
    record.cells = cells.iter().map(|(n, c)| ((*n).to_owned(), c.clone())).collect();
    let rows = parts.iter().enumerate().map(|(i, (name, weight))| {
        let mut cells = Cells::new();
        cells.insert("part_name".to_owned(), Cell::from(*name));
        cells.insert("weight".to_owned(), Cell::Int(*weight));
        Row { id: i.to_string(), cells }
    });
    record.rows.insert("parts".to_owned(), rows.collect());
    record
}

fn compiled(text: &str) -> Result<Rule, String> {
    let (house, findings) = small(THING);
    assert!(findings.is_empty(), "{findings:?}");
    let kind = house.kind("thing").unwrap();
    let mut rule = Rule::new(text.to_owned(), Default::default());
    rule.compile(&Scope::record(&house, kind)).map_err(|f| f.to_string())?;
    Ok(rule)
}

fn answer(text: &str, record: &Record) -> Option<bool> {
    let links = Links::default();
    let view = View::record(record, &links, jiff::civil::date(2026, 6, 1));
    compiled(text).unwrap().holds(&view)
}

#[test]
fn answers() {
    let full = record(
        &[
            ("name", "红木椅".into()),
            ("colour", "11".into()),
            ("price", Cell::Int(12_050)),
            ("count_of", Cell::Int(3)),
            ("bought_on", "2024-01-31".into()),
            ("sold_on", "2024-03-01".into()),
            ("is_new", Cell::Int(1)),
        ],
        &[("腿", 4), ("腿", 4), ("面", 9)],
    );
    for (text, expected) in [
        ("价格 ≥ 120.5", true),
        ("价格 = 120.50 且 数量 < 4", true),
        ("价格 > 数量", true),
        ("颜色 = 朱红", true),
        ("颜色 = 红", false),
        ("颜色 属于 红、蓝", true),
        ("颜色 不属于 蓝", true),
        ("颜色 = \"11\"", true),
        ("卖出日期 ≤ 买入日期 + 30 日", true),
        ("卖出日期 ≤ 买入日期 + 29 日", false),
        ("天数(买入日期, 卖出日期) = 30", true),
        ("周岁(买入日期) = 2", true),
        ("买入日期 < 今日 且 非 全新 = 否", true),
        ("全新", true),
        ("名称 包含 \"木\"", true),
        ("名称 包含任一 \"石\"、\"木\" 且 全新", true),
        ("名称 包含任一 \"石\"、\"砖\"", false),
        ("非 名称 包含任一 \"石\"、\"木\"", false),
        ("长度(名称) = 3", true),
        ("个数(零件) = 3", true),
        ("个数(零件, 重量 > 5) = 1", true),
        ("合计(零件, 重量) = 17", true),
        ("重复(零件, 零件名) = 1", true),
        ("最大(零件, 重量) = 9 且 最小(零件, 重量, 重量 < 5) = 4", true),
        ("存在(零件, 重量 > 8) 且 非 存在(零件, 重量 > 9)", true),
        ("价格 × 数量 = 361.50", true),
        ("价格 * 0.6 = 72.30", true),
        ("数量 ÷ 7 = 0.42 且 数量 × 100 ÷ 7 = 42.85", true),
        ("2 + 数量 × 2 = 8", true),
        ("买入日期 + 1 个月 = 2024-02-29", true),
        ("买入日期 + 1 年 = 2025-01-31", true),
        ("买入日期 + 数量 个月 = 2024-04-30", true),
        ("卖出日期 - 数量 日 = 2024-02-27", true),
        ("年份(买入日期) = 2024 且 月份(卖出日期) = 3", true),
        ("(价格 > 1000 或 数量 = 3) 且 名称 不为空", true),
        ("bought_on == 2024-01-31 && count_of != 4", true),
    ] {
        assert_eq!(answer(text, &full), Some(expected), "{text}");
    }
}

#[test]
fn what_is_missing_is_neither_true_nor_false() {
    let empty = record(&[], &[]);
    for (text, expected) in [
        ("价格 ≥ 100", None),
        ("非 价格 ≥ 100", None),
        ("价格 为空", Some(true)),
        ("价格 不为空", Some(false)),
        ("价格 ≥ 100 或 名称 为空", Some(true)),
        ("价格 ≥ 100 且 名称 不为空", Some(false)),
        ("个数(零件) = 0", Some(true)),
        ("零件 为空", Some(true)),
        ("颜色 属于 红", None),
        ("价格 ÷ 数量 > 1", None),
        ("若空(价格, 0) + 1 = 1", Some(true)),
        ("若空(卖出日期, 2024-01-01) < 今日", Some(true)),
        ("买入日期 + 1 个月 ≤ 今日", None),
        ("存在(零件, 重量 > 1)", Some(false)),
        ("最大(零件, 重量) > 1", None),
    ] {
        assert_eq!(answer(text, &empty), expected, "{text}");
    }
}

#[test]
fn sentences() {
    for (text, words) in [
        ("卖出日期 ≥ 买入日期", "卖出日期不早于买入日期"),
        ("颜色 属于 红、蓝", "颜色是“红”或者“蓝”"),
        ("价格 ≥ 100000 且 名称 为空", "价格不少于100000，并且名称未填写"),
        ("个数(零件, 重量 > 5) ≥ 1", "重量多于5的零件的个数不少于1"),
        ("卖出日期 ≤ 买入日期 + 30 日", "卖出日期不晚于买入日期后30日"),
        ("卖出日期 ≤ 买入日期 + 数量 个月", "卖出日期不晚于买入日期后数量个月"),
        ("存在(零件, 重量 > 5)", "有重量多于5的零件"),
        ("若空(价格, 0) > 1", "价格（没有的按0）多于1"),
        ("价格 × 100 ÷ 数量 > 1", "价格乘100除以数量多于1"),
    ] {
        assert_eq!(compiled(text).unwrap().words, words);
    }
}

#[test]
fn errors_point_at_the_place_and_propose() {
    for (text, part) in [
        ("价各 ≥ 1", "是不是“价格”"),
        ("颜色 = 绿", "没有字段“绿”"),
        ("颜色 属于 蓝色", "是不是“蓝”"),
        ("价格 ≥ \"多\"", "左边是数，右边是文字"),
        ("价格", "这里要有一个比较"),
        ("价格 ≥ 1 名称 为空", "且 或者 或"),
        ("个数(名称) = 1", "这里要多行"),
        ("名称 × 2 = 1", "只有数能乘除"),
        ("买入日期 + 3 = 今日", "日期只能加减若干日、个月、年"),
        ("最晚(零件, 重量) = 1", "最早、最晚要日期字段"),
        ("", "这里要有一个字段或者值"),
    ] {
        let error = compiled(text).unwrap_err();
        assert!(error.contains(part), "{text}: {error}");
    }
}

/// Any text compiles or is refused; it never panics and never loops.
#[test]
fn hostile_rules_are_refused_quietly() {
    let pieces = [
        "价格",
        "颜色",
        "零件",
        "(",
        ")",
        "（",
        "且",
        "或",
        "非",
        "≥",
        "=",
        "属于",
        "为空",
        "、",
        "\"",
        "“",
        "今日",
        "30 日",
        "1.2.3",
        "99999999999999999999",
        "个数",
        "合计(",
        "，",
        "2024-02-30",
        ".",
        "\u{0}",
        "𠮷",
        " ",
        "-",
        "+",
        "是",
    ];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as usize
    };
    let (house, _) = small(THING);
    let kind = house.kind("thing").unwrap();
    for _ in 0..20_000 {
        let text: String =
            (0..next() % 12).map(|_| format!("{} ", pieces[next() % pieces.len()])).collect();
        let mut rule = Rule::new(text, Default::default());
        let _ = rule.compile(&Scope::record(&house, kind));
        let _ = rule.compile_value(&Scope::record(&house, kind));
    }
}
