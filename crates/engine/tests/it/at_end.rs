//! 到期 推: which actions the house can do by itself.

use crate::support::small;

const THING: &str = r#"
档案 thing "事项" {
    归属 本机构
    题名 "{called}"
    权限 { 看 clerk=本单位; 建 clerk; 改 clerk }
    分组 "事项" { called "名称" 文本 必填; due_on "时限" 日期; late_on "逾期日期" 日期; why "理由" 文本 }
    状态 draft "拟稿" 初始 { 可 send }
    状态 sent "已发" { 可 answer late }
    状态 late "逾期" { 可 answer }
    状态 done "办结" 终止
    动作 send "发出" { 由 clerk; 到 sent }
    动作 answer "答复" { 由 clerk; 到 done }
    动作 late "逾期" { 由 clerk; 到 late; 填 late_on=今日 }
    期限 term "答复" {
        起 due_on
        长 "0 日"
        止 done
        到期 推 late { 设 late_on=末日 }
        当 "状态 ≠ 拟稿 且 (时限 不为空 或 状态 = 已发)"
        依据 "平台拟定"
    }
}
"#;

/// Finding numbers of the thing with something else written in one place.
fn faulty(from: &str, to: &str) -> Vec<u16> {
    assert!(THING.contains(from), "{from}");
    let (_, findings) = small(&THING.replace(from, to));
    findings.iter().map(|finding| finding.number).collect()
}

#[test]
fn the_house_does_only_what_asks_for_nothing_and_goes_wherever_the_limit_runs() {
    assert_eq!(faulty("到期 推 late", "到期 推 late"), [0u16; 0]);
    assert_eq!(faulty("到期 推 late {", "到期 推 latex {"), [431], "no such action");
    assert_eq!(faulty("填 late_on=今日", "填 late_on=今日 why"), [431], "nobody says why");
    assert_eq!(faulty("填 late_on=今日", "填 late_on"), [0u16; 0], "the last day is said");
    assert_eq!(faulty("设 late_on=末日", "设 why=末日"), [431], "asked for, and a day");
    assert_eq!(faulty("状态 ≠ 拟稿 且 ", ""), [431], "it runs in a draft too");
    assert!(faulty("{ 可 answer late }", "{ 可 answer }").contains(&431), "not from 已发");
    assert_eq!(faulty("设 late_on=末日", "设 late_on=今日"), [411]);
    assert_eq!(faulty("到期 推 late", "到期 办 late"), [411]);
}

#[test]
fn an_action_that_only_a_passed_limit_sets_off_is_set_off_by_somebody() {
    assert_eq!(faulty("{ 由 clerk; 到 late;", "{ 只推; 到 late;"), [0u16; 0]);
    let without = THING.replace("        到期 推 late { 设 late_on=末日 }\n", "");
    let without = without.replace("{ 由 clerk; 到 late;", "{ 只推; 到 late;");
    let (_, findings) = small(&without);
    assert_eq!(findings.iter().map(|f| f.number).collect::<Vec<_>>(), [429]);
}
