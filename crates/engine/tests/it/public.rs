//! 公开: what may be published, and what the definition must say about it.

use crate::support::{list, small};

const SITE: &str = r#"
档案 site "场所" {
    归属 本机构
    题名 "{name}"
    权限 { 看 clerk=辖区; 建 clerk; 改 clerk }
    公开 card "核验" 按 no 当="状态 = 在用" { 给 name no state; 有效 当="到 ≥ 今日" 否则="过期了"; 依据 "平台拟定" }
    公开 roster "名录" 名录 { 给 name; 依据 "平台拟定" }
    分组 "一" {
        name "名称" 文本 必填
        no "证号" 文本
        until "到" 日期
        secret "内情" 文本 密级=敏感
        tel "私人电话" 电话 密级=联系
        paper "附件" 文件
        by "经办账号" 账号
        gone "清理日" 日期
    }
    唯一 全省 no "已经登记"
    状态 open "在用" 初始 { 可 shut }
    状态 shut "停用" 终止
    动作 shut "停用" { 由 clerk; 到 shut }
}
"#;

fn with(from: &str, to: &str) -> Vec<u16> {
    assert!(SITE.contains(from), "{from}");
    small(&SITE.replace(from, to)).1.iter().map(|finding| finding.number).collect()
}

#[test]
fn an_example_says_what_exists_already() {
    let base = r#"
例 "空着不算重复" 档案=site { 设 name="甲"; 已有 site name="乙"; 做 登记; 则 成 }
例 "重复" 档案=site { 设 name="甲" no="1"; 已有 site no="1" county="330199"; 做 登记; 则 拒 taken }
"#;
    let said = |more: &str| small(&format!("{SITE}{base}{more}")).1;
    assert!(said("").is_empty(), "{}", list(&said("")));
    let other = "例 \"不重复\" 档案=site { 设 name=\"甲\" no=\"1\"; 已有 site no=\"2\"; 做 登记; 则 拒 taken }";
    let wrong = "例 \"别种\" 档案=site { 设 name=\"甲\"; 已有 walker no=\"2\"; 做 登记; 则 成 }";
    let unknown =
        "例 \"字段\" 档案=site { 设 name=\"甲\"; 已有 site nothing=\"2\"; 做 登记; 则 成 }";
    for more in [other, wrong, unknown] {
        let numbers: Vec<u16> = said(more).iter().map(|finding| finding.number).collect();
        assert_eq!(numbers, [801], "{more}");
    }
}

#[test]
fn what_is_published_is_named_lawful_and_impersonal() {
    let (_, findings) = small(SITE);
    assert!(findings.is_empty(), "{}", list(&findings));
    for personal in ["secret", "tel", "paper", "by"] {
        assert_eq!(with("{ 给 name;", &format!("{{ 给 name {personal};")), [442], "{personal}");
    }
    assert_eq!(with("给 name; 依据 \"平台拟定\"", "给 name"), [443]);
    assert_eq!(with("给 name; 依据", "依据"), [441]);
    assert_eq!(with("{ 给 name;", "{ 给 nothing;"), [209]);
    assert_eq!(with(" 名录 {", " {"), [441]);
    assert_eq!(with("唯一 全省 no", "唯一 no"), [441]);
    assert_eq!(with(" 否则=\"过期了\"", ""), [441]);
    assert_eq!(with("当=\"状态 = 在用\"", "当=\"内情 = '甲'\""), [441]);
    assert_eq!(with("公开 roster", "公开 card"), [202]);
    assert_eq!(with("{ 给 name;", "{ 出 name;"), [103, 441]);
}
