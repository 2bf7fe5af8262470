//! 看 … 写理由 and 抽选: what a definition may say of them, and what it may not.

use crate::support::{list, small};

const FILE: &str = r#"
档案 file "卷" {
    归属 本机构
    题名 "{name}"
    权限 { 看 clerk=本单位; 建 clerk; 改 clerk }
    分组 "一" { name "名称" 文本 必填; colour "颜色" 代码 colour; made_on "日期" 日期; secret "内情" 文本 密级=敏感 }
}
档案 lot "抽" {
    归属 本机构
    题名 "抽"
    权限 { 看 clerk=本单位; 建 clerk; 改 clerk }
    分组 "一" {
        colour "颜色" 代码 colour
        count "数" 整数 必填
        people "人数" 整数
        hash "摘要" 文本
        seed_hash "种子摘要" 文本 只读
        seed "种子" 文本 只读
        size "总数" 整数 只读
        drawn "抽中" 多行 one 只读
        lines "抽中的行" 多行 line 只读
        note "附言" 文本
    }
    行 one "抽中" { 题名 "{at}"; at "次序" 整数 必填; file "卷" 引用 file }
    行 line "行" { 题名 "{at}"; at "次序" 整数 必填; no "行号" 整数 }
    抽选 files "抽卷" 当="人数 为空" {
        自 file 当="日期 不为空" { 同 colour=colour; 分层 colour }
        数 count
        动作 pick
        写 承诺=seed_hash 种子=seed 总数=size
        行 drawn 次序=at 件=file
    }
    抽选 people "抽人" 当="人数 不为空" {
        名单 people hash
        数 count
        动作 pick
        写 承诺=seed_hash 种子=seed
        行 lines 次序=at 件=no
    }
    状态 open "未抽" 初始 { 可 pick }
    状态 ended "已抽" 终止
    动作 pick "抽" { 由 clerk; 到 ended; 可填 note }
}
例 "抽两卷" 档案=lot { 设 count="2"; 抽 种子="k" 件="a b c"; 做 pick; 则 成; 则 值 size="3" drawn.0.at="1" }
"#;

fn with(from: &str, to: &str) -> Vec<u16> {
    assert!(FILE.contains(from), "{from}");
    let mut found: Vec<u16> =
        small(&FILE.replace(from, to)).1.iter().map(|finding| finding.number).collect();
    found.dedup();
    found
}

#[test]
fn a_draw_leaves_nothing_to_anybody_and_has_where_to_be_written() {
    let (_, findings) = small(FILE);
    assert!(findings.is_empty(), "{}", list(&findings));
    for (from, to) in [
        ("        自 file 当=\"日期 不为空\" { 同 colour=colour; 分层 colour }\n", ""),
        ("自 file 当", "自 files 当"),
        (
            "        数 count\n        动作 pick\n        写 承诺=seed_hash 种子=seed 总数=size",
            "        动作 pick\n        写 承诺=seed_hash 种子=seed 总数=size",
        ),
        ("种子=seed 总数=size", "总数=size"),
        ("总数=size", "总数=note"),
        ("可填 note", "可填 note size"),
        ("可填 note", "可填 note; 设 seed=\"1\""),
        ("seed \"种子\" 文本 只读", "seed \"种子\" 文本"),
        ("drawn \"抽中\" 多行 one 只读", "drawn \"抽中\" 多行 one"),
        ("次序=at 件=file", "次序=at 件=at"),
        ("次序=at 件=no", "次序=at"),
        ("分层 colour", "分层 secret"),
        ("同 colour=colour", "同 secret=note"),
        ("当=\"日期 不为空\"", "当=\"内情 不为空\""),
        ("名单 people hash", "名单 people none"),
    ] {
        let found = with(from, to);
        assert!(found.contains(&445), "{to}: {found:?}");
    }
    assert_eq!(
        with("写 承诺=seed_hash 种子=seed 总数=size", "写 承诺=seed_hash 种子=hash 总数=size")[0],
        445
    );
}

#[test]
fn an_example_of_a_draw_says_what_may_be_drawn_and_the_seed() {
    assert_eq!(with("抽 种子=\"k\" 件=\"a b c\"; ", ""), [801]);
    assert_eq!(with("size=\"3\"", "size=\"4\""), [801]);
    assert_eq!(with("件=\"a b c\"", "件=\"a b\""), [801]);
}

const OPENED: &str = r#"
档案 chest "柜" {
    归属 本机构
    题名 "{name}"
    权限 { 看 clerk=本单位; 建 clerk; 改 clerk; 数 boss=辖区; 看 boss=辖区 写理由 }
    分组 "一" { name "名称" 文本 必填; hidden "要保密" 是否 }
    封存 当="要保密 = 是" { 看 clerk }
}
"#;

fn opened(from: &str, to: &str) -> Vec<String> {
    assert!(OPENED.contains(from), "{from}");
    let roles = "角色 clerk \"文员\" 级=乡\n角色 boss \"主管\" 级=市";
    let file = |path: &str, text: &str| engine::definition::SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let (_, findings) = engine::definition::read(&[
        file("common/roles.kdl", roles),
        file("trial/business.kdl", "业务 trial \"试验\""),
        file("trial/records/thing.kdl", &OPENED.replace(from, to)),
    ]);
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_reason_is_written_by_whoever_counts_and_does_not_see() {
    assert_eq!(opened("柜", "柜"), Vec::<String>::new());
    for (from, to) in [
        ("看 clerk=本单位;", "看 clerk=本单位 boss=辖区;"),
        ("数 boss=辖区; ", ""),
        ("看 boss=辖区 写理由", "看 boss=本人 写理由"),
    ] {
        let found = opened(from, to);
        assert!(found.len() == 1 && found[0].contains("444"), "{to}: {found:?}");
    }
    assert!(opened("看 boss=辖区 写理由", "看 bass=辖区 写理由").iter().any(|f| f.contains("211")));
}

#[test]
fn examples_of_a_look_ask_for_the_reason_and_leave_sealed_what_is_sealed() {
    let told = |role: &str, given: &str, then: &str| {
        let example = format!(
            "}}\n例 \"看\" 档案=chest {{ 设 name=\"甲\" {given}; 角色 {role}; 做 看 {then} }}"
        );
        opened("\n}\n", &format!("\n{example}\n"))
    };
    let good: &[(&str, &str, &str)] = &[
        ("clerk", "", "; 则 成"),
        ("boss", "", "; 则 拒 reason_required"),
        ("boss", "", "why=\"核查\"; 则 拒 reason_required"),
        ("boss", "", "why=\"核查\" basis=\"通知\"; 则 成"),
        ("boss", "hidden=\"是\"", "why=\"核查\" basis=\"通知\"; 则 拒 not_found"),
    ];
    for (role, given, then) in good {
        assert_eq!(told(role, given, then), Vec::<String>::new(), "{role} {given} {then}");
    }
    let seal = "封存 当=\"要保密 = 是\" { 看 clerk }";
    let example = "例 \"看\" 档案=chest { 设 name=\"甲\" hidden=\"是\"; 角色 boss; 做 看 why=\"核查\" basis=\"通知\"; 则 成 }";
    let text = format!("封存 当=\"要保密 = 是\" {{ 看 clerk; 看 boss 写理由 }}\n}}\n{example}\n");
    let found = opened(&format!("{seal}\n}}\n"), &text);
    assert_eq!(found, Vec::<String>::new());
}
