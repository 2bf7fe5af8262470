//! What reaches beyond one record: records that hide, rules about other records, who does it in an
//! example.

use crate::support::{list, small};
use engine::{
    derive::seal::{hidden_from, sealed},
    query::{Filter, Rows},
};

const TRIP: &str = r#"
档案 walker "行人" {
    归属 本机构
    题名 "{name}"
    权限 { 看 clerk=辖区; 建 clerk; 改 clerk }
    封存 当="要保密 = 是" { 看 clerk }
    分组 "一" { name "姓名" 文本 必填; is_secret "要保密" 是否; born_on "出生日期" 日期; days_all "天数合计" 计算 "合计(出行, 天)" }
}
档案 trip "出行" {
    附于 walker "行人"
    题名 "出行"
    权限 { 看 clerk=辖区; 建 clerk; 改 clerk }
    分组 "一" {
        from_on "起" 日期 必填
        to_on "止" 日期 必填
        days "天" 计算 "天数(起, 止) + 1"
        guide "向导" 引用 guide
        stops "停留" 多行 stop
        earlier "以前的天" 计算 "合计(行人.出行, 天, 止 < 本档案.起)"
    }
    行 stop "停留" {
        on "日" 日期 必填
        规则 within "停留要在出行的日期里" 须="日 ≥ 本档案.起 且 日 ≤ 本档案.止" 于=on
    }
    规则 apart "与另一次出行重叠" 须="非 存在(行人.出行, 状态 ≠ 作废 且 起 ≤ 本档案.止 且 止 ≥ 本档案.起)" 于=from_on
    规则 guide_free "这名向导已带了两次" 须="个数(向导.出行@向导) < 2" 于=guide
    状态 planned "拟定" 初始 { 可 drop }
    状态 dropped "作废" 终止
    动作 drop "作废" { 由 clerk; 到 dropped }
}
档案 guide "向导" {
    归属 本机构
    题名 "{name}"
    权限 { 看 clerk=辖区; 建 clerk; 改 clerk }
    分组 "一" { name "姓名" 文本 必填; led "带的次数" 计算 "个数(出行@向导)" }
}
样 trip_new 档案=trip {
    于 "2026-06-01"
    引 walker name="甲"
    引 guide name="乙"
    设 from_on="2026-05-10" to_on="2026-05-12"
}
"#;

fn numbers(more: &str) -> Vec<u16> {
    small(&format!("{TRIP}{more}")).1.iter().map(|finding| finding.number).collect()
}

#[test]
fn examples_show_what_other_records_make_of_it() {
    let (_, findings) = small(&format!(
        "{TRIP}{}",
        r#"
例 "没有别的" 档案=trip 基=trip_new { 做 登记; 则 成; 则 值 earlier="0" }
例 "重叠被拒" 档案=trip 基=trip_new { 另 trip from_on="2026-05-12" to_on="2026-05-20" state="planned"; 做 登记; 则 拒 apart }
例 "作废的不算" 档案=trip 基=trip_new { 另 trip from_on="2026-05-12" to_on="2026-05-20" state="dropped"; 做 登记; 则 成 }
例 "以前的天数" 档案=trip 基=trip_new { 另 trip from_on="2026-05-01" to_on="2026-05-04" state="planned"; 做 登记; 则 成; 则 值 earlier="4" }
例 "向导带了两次" 档案=trip 基=trip_new { 另 trip from_on="2026-01-01" to_on="2026-01-02" state="planned"; 另 trip from_on="2026-02-01" to_on="2026-02-02" state="planned"; 做 登记; 则 拒 guide_free }
例 "停留在日期外被拒" 档案=trip 基=trip_new { 行 stops on="2026-05-13"; 做 登记; 则 拒 within }
例 "停留在日期里" 档案=trip 基=trip_new { 行 stops on="2026-05-12"; 做 登记; 则 成 }
"#
    ));
    assert!(findings.is_empty(), "{}", list(&findings));
}

#[test]
fn what_must_be_at_hand_follows_from_the_rules() {
    let (house, findings) = small(TRIP);
    assert!(findings.is_empty(), "{}", list(&findings));
    let rows = |table: &str, column: &str, of: Option<&str>| Rows {
        table: table.to_owned(),
        column: column.to_owned(),
        of: of.map(str::to_owned),
    };
    let around = &house.kind("trip").unwrap().layout.around;
    assert_eq!(
        *around,
        [rows("trip", "guide", Some("guide")), rows("trip", "parent", Some("walker"))]
    );
    assert_eq!(house.kind("guide").unwrap().layout.around, [rows("trip", "guide", None)]);
    // What hangs on the record itself is at hand anyhow.
    assert!(house.kind("walker").unwrap().layout.around.is_empty());
}

#[test]
fn a_rule_that_asks_where_nothing_is_at_hand_is_a_finding() {
    let kind = |inside: &str| {
        format!(
            "档案 other \"别的\" {{ 归属 本机构; 题名 \"x\"; 权限 {{ 看 clerk=辖区; 建 clerk }}
            分组 \"一\" {{ guide \"向导\" 引用 guide; is_a \"甲\" 是否; {inside} }} }}"
        )
    };
    let shown = kind("b \"乙\" 文本 显示=\"个数(向导.出行@向导) > 1\"");
    assert_eq!(numbers(&shown), [306]);
    let unknown = kind("b \"乙\" 计算 \"个数(向导.没有这种)\"");
    assert!(numbers(&unknown).contains(&304), "{:?}", numbers(&unknown));
    let mismatched = kind("b \"乙\" 计算 \"个数(出行@向导)\"");
    assert!(numbers(&mismatched).contains(&306), "{:?}", numbers(&mismatched));
}

#[test]
fn a_kind_hides_with_what_it_hangs_on_from_all_but_those_named() {
    let (house, _) = small(TRIP);
    let (walker, trip) = (house.kind("walker").unwrap(), house.kind("trip").unwrap());
    assert_eq!(hidden_from(&house, walker, "clerk"), Filter::Nothing);
    assert!(matches!(hidden_from(&house, walker, "somebody"), Filter::Surely(_)));
    let Filter::Refers { column, table, .. } = hidden_from(&house, trip, "somebody") else {
        panic!("a trip does not hide")
    };
    assert_eq!((column.as_str(), table.as_str()), ("walker", "walker"));
    assert_eq!(sealed(&house, house.kind("guide").unwrap(), &|_| true), Filter::Nothing);
}

#[test]
fn a_seal_that_no_database_can_judge_is_a_finding() {
    let with = |from: &str, to: &str| {
        assert!(TRIP.contains(from));
        let findings = small(&TRIP.replace(from, to)).1;
        findings.iter().map(|finding| finding.number).collect::<Vec<_>>()
    };
    assert_eq!(with("当=\"要保密 = 是\" { 看 clerk }", "当=\"要保密 = 是\""), [427]);
    assert_eq!(with("要保密 = 是\" {", "个数(出行) > 1\" {"), [427]);
    assert_eq!(with("要保密 = 是\" {", "周岁(出生日期) < 18\" {"), [427]);
    assert_eq!(with("{ 看 clerk }\n", "{ 看 nobody }\n"), [211]);
    let secret = TRIP.replace(
        "name \"姓名\" 文本 必填; is_secret",
        "name \"姓名\" 文本 必填 密级=敏感; is_secret",
    );
    let secret = secret.replace("要保密 = 是\" {", "姓名 = '甲'\" {");
    let found: Vec<u16> = small(&secret).1.iter().map(|finding| finding.number).collect();
    assert!(found.contains(&427), "{found:?}");
    assert_eq!(with("附于 walker \"行人\"", "附于 walker \"行人\"\n    归属 guide"), [427]);
}

#[test]
fn an_example_says_who_does_it_and_who_may_not_is_refused() {
    let good = r#"
例 "文员作废" 档案=trip 基=trip_new { 角色 clerk; 做 drop; 则 成 }
例 "文员看得到" 档案=trip 基=trip_new { 角色 clerk; 做 看; 则 成 }
例 "文员改" 档案=trip 基=trip_new { 角色 clerk; 做 修改 to_on="2026-05-11"; 则 成; 则 值 days="2" }
例 "作废的不能改" 档案=trip 基=trip_new { 状态 dropped; 角色 clerk; 做 修改 to_on="2026-05-11"; 则 拒 forbidden }
"#;
    let (_, findings) = small(&format!("{TRIP}{good}"));
    assert!(findings.is_empty(), "{}", list(&findings));
    assert_eq!(
        numbers("例 \"谁\" 档案=trip 基=trip_new { 角色 nobody; 做 drop; 则 拒 forbidden }"),
        [801]
    );
    let other = r#"
档案 quiet "静" {
    归属 本机构
    题名 "{name}"
    权限 { 看 clerk=辖区; 建 clerk }
    封存 当="要保密 = 是" { 看 other }
    分组 "一" { name "姓名" 文本 必填; is_secret "要保密" 是否 }
    状态 open "开" 初始 { 可 shut }
    状态 shut "关" 终止
    动作 shut "关" { 由 other; 到 shut }
}
角色 other "别人" 级=乡
例 "文员不能关" 档案=quiet { 设 name="甲"; 角色 clerk; 做 shut; 则 拒 forbidden }
例 "文员看不到封存的" 档案=quiet { 设 name="甲" is_secret="是"; 角色 clerk; 做 看; 则 拒 not_found }
例 "没有封存的看得到" 档案=quiet { 设 name="甲"; 角色 clerk; 做 看; 则 成 }
例 "别人没有看的权限" 档案=quiet { 设 name="甲"; 角色 other; 做 看; 则 拒 not_found }
例 "别人不能登记" 档案=quiet { 设 name="甲"; 角色 other; 做 登记; 则 拒 forbidden }
"#;
    let (_, findings) = small(&format!("{TRIP}{other}"));
    assert!(findings.is_empty(), "{}", list(&findings));
    // What is said to be refused and is not, is a finding too.
    let wrong = other.replace("做 登记; 则 拒 forbidden", "做 登记; 则 成");
    assert_eq!(numbers(&wrong), [801]);
    assert_eq!(numbers("样 who 档案=trip { 角色 clerk }"), [805]);
}

#[test]
fn working_days_are_counted_where_a_calendar_is_at_hand() {
    let with = |rule: &str| {
        let text = TRIP.replace("    规则 guide_free", &format!("    {rule}\n    规则 guide_free"));
        small(&format!("{text}例 \"登记\" 档案=trip 基=trip_new {{ 做 登记; 则 成 }}"))
    };
    // Nobody has announced that year here: what is unknown refuses nothing.
    for rule in ["须=\"工作日数(起, 止) ≤ 0\"", "须=\"止 > 起 + 300 个工作日\""] {
        let (_, findings) = with(&format!("规则 short \"太长\" {rule} 于=to_on"));
        assert!(findings.is_empty(), "{}", list(&findings));
    }
    let listed = with("列表 long \"长的\" 当=\"工作日数(起, 止) > 3\" { 列 from_on }").1;
    assert_eq!(listed.iter().map(|f| f.number).collect::<Vec<_>>(), [306]);
    let shown = "档案 other \"别的\" { 归属 本机构; 题名 \"x\"; 权限 { 看 clerk=辖区; 建 clerk }
        分组 \"一\" { on \"日\" 日期; b \"乙\" 文本 显示=\"工作日数(日, 今日) > 1\" } }";
    assert_eq!(numbers(shown), [306]);
}
