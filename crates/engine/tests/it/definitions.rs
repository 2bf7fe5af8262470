//! Reading and checking definitions.

use crate::support::{files, house, list, small};
use engine::{
    definition::{self, read},
    derive::describe,
};

#[test]
fn the_real_definitions_have_no_findings_and_every_example_holds() {
    let house = house();
    let examples = house.examples.iter().filter(|e| !e.is_base).count();
    assert!(examples > 150, "{examples} examples");
}

#[test]
fn derived_files_are_fresh() {
    let files = files();
    let (house, _) = read(&files);
    for (path, text) in describe::files(&house) {
        let kept = files.iter().find(|f| f.path == path).map(|f| f.text.as_str());
        assert!(kept == Some(&text), "{path} is stale: run cargo xtask derived");
    }
}

#[test]
fn the_version_follows_from_what_the_house_does_and_not_from_examples() {
    let version = |changed: &str| {
        let mut files = files();
        let file =
            files.iter_mut().find(|f| f.path.starts_with(changed) && f.path.ends_with(".kdl"));
        file.unwrap().text += "\n// 说明\n";
        read(&files).0.version
    };
    let now = house().version.clone();
    assert_eq!(version("mediation/examples/"), now);
    assert_ne!(version("mediation/records/"), now);
}

#[test]
fn a_place_for_a_rule_takes_one_word() {
    assert_eq!(size_of::<Option<engine::rule::Rule>>(), size_of::<usize>());
}

const GOOD: &str = r#"
档案 thing "东西" {
    归属 本机构
    题名 "{name}"
    权限 { 看 clerk=辖区; 建 clerk; 改 clerk }
    分组 "一" {
        name "名称" 文本 必填
        colour "颜色" 代码 colour
        price "价格" 金额
        bought_on "买入日期" 日期
        parts "零件" 多行 part
    }
    行 part "零件行" { title_text "零件名" 文本; weight "重量" 整数 }
    规则 dear "太贵" 须="价格 ≤ 100" 于=price
    状态 fresh "新" 初始 { 可 sell }
    状态 sold "已卖" 终止
    动作 sell "卖出" { 由 clerk; 到 sold }
}
"#;

#[test]
fn a_good_definition_has_no_findings() {
    let (_, findings) = small(GOOD);
    assert!(findings.is_empty(), "{}", list(&findings));
}

fn numbers(text: &str) -> Vec<u16> {
    small(text).1.iter().map(|f| f.number).collect()
}

fn with_map(map: &str) -> String {
    let effect = "生成 note { 设 shade=colour }";
    let sell = format!("动作 sell \"卖出\" {{ 由 clerk; 到 sold; {effect} }}");
    GOOD.replace("动作 sell \"卖出\" { 由 clerk; 到 sold }", &sell)
        + map
        + r#"
档案 note "附记" {
    归属 本机构
    题名 "附记"
    权限 { 看 clerk=辖区; 建 clerk; 改 clerk }
    分组 "附记" { shade "深浅" 代码 shade }
}
"#
}

#[test]
fn a_code_goes_into_another_table_only_by_a_map_that_thinks_of_every_code() {
    let map =
        "对照 colour shade { 换 \"1\" \"D\" ; 换 \"11\" \"L\" ; 无 \"2\"; 依据 \"平台拟定\" }";
    let (house, findings) = small(&with_map(map));
    assert!(findings.is_empty(), "{}", list(&findings));
    let field = |kind: &str, id: &str| house.kind(kind).unwrap().fields.get(id).unwrap().clone();
    let (from, to) = (field("thing", "colour"), field("note", "shade"));
    let translated = |code: &str| house.translated(&from, &to, code.into());
    assert_eq!(translated("11").as_text(), Some("L"));
    assert!(translated("2").is_null(), "there is none on the other side");
    assert_eq!(house.translated(&from, &from, "2".into()).as_text(), Some("2"));
    assert_eq!(numbers(&with_map("")), [423], "two tables without a map");
    assert_eq!(numbers(&with_map(&map.replace("无 \"2\";", ""))), [507], "one was forgotten");
    assert_eq!(numbers(&with_map(&map.replace("\"L\"", "\"X\""))), [507], "no such code");
    assert_eq!(numbers(&with_map(&format!("{map}\n{map}"))), [507], "two for the same tables");
}

fn with_limit(limit: &str) -> String {
    GOOD.replace("    规则 dear", &format!("    期限 look \"查看\" {{ {limit} }}\n    规则 dear"))
}

#[test]
fn a_limit_that_comes_back_says_what_it_is_counted_from_and_warns_earlier_first() {
    let good = "起 bought_on; 每 \"1 月\"; 止于 bought_on; 止 sold; 提前 \"7 日\" \"1 日\"; 依据 \"平台拟定\"";
    let (house, findings) = small(&with_limit(good));
    assert!(findings.is_empty(), "{}", list(&findings));
    let thing = house.kind("thing").unwrap();
    assert_eq!(
        describe::limit_of(thing, &thing.deadlines[0]),
        "每1个月一次：自买入日期次日起1个月，有买入日期的从那天重新起算，提前7日、1日提醒"
    );
    let wrong =
        [("止于 bought_on; ", ""), ("1 月", "5 小时"), ("\"7 日\" \"1 日\"", "\"1 日\" \"7 日\"")];
    for (was, is) in wrong {
        let numbers = numbers(&with_limit(&good.replace(was, is)));
        assert!(numbers.contains(&411), "{is}: {numbers:?}");
    }
}

/// `sell` is pushed by a receipt that hangs on the thing, if `pushes`.
fn pushed_only(sell: &str, pushes: bool) -> String {
    let push = if pushes { "推 thing sell" } else { "" };
    GOOD.replace("动作 sell \"卖出\" { 由 clerk; 到 sold }", sell)
        + &format!(
            r#"
档案 receipt "收据" {{
    附于 thing "东西"
    题名 "收据"
    权限 {{ 看 clerk=辖区; 建 clerk; 改 clerk }}
    分组 "收据" {{ note "附记" 文本 }}
    状态 open "未结" 初始 {{ 可 settle }}
    状态 done "已结" 终止
    动作 settle "结清" {{ 由 clerk; 到 done; {push} }}
}}
"#
        )
}

#[test]
fn an_action_is_pressed_by_somebody_or_pushed_by_something() {
    let pushed = "动作 sell \"卖出\" { 只推; 到 sold }";
    let (house, findings) = small(&pushed_only(pushed, true));
    assert!(findings.is_empty(), "{}", list(&findings));
    let thing = house.kind("thing").unwrap();
    let sell = thing.action("sell").unwrap();
    assert_eq!(sell.hands, ["clerk"], "whoever settles the receipt can sell");
    assert_eq!(
        house.pushed_by(thing, sell),
        "“卖出”不在这里直接办，由“收据”的“结清”带动，请到那份档案里办"
    );
    assert_eq!(numbers(&pushed_only(pushed, false)), [429], "nobody pushes it");
    let both = "动作 sell \"卖出\" { 只推; 由 clerk; 到 sold }";
    assert_eq!(numbers(&pushed_only(both, true)), [407]);
    let neither = "动作 sell \"卖出\" { 到 sold }";
    assert_eq!(numbers(&pushed_only(neither, true)), [407]);
}

#[test]
fn four_faults_give_four_numbered_findings_with_line_and_fix() {
    let text = GOOD
        .replace("代码 colour", "代码 color")
        .replace("状态 sold \"已卖\" 终止", "状态 sold \"已卖\" 终止\n    状态 lost \"丢失\" 终止")
        .replace("price \"价格\" 金额", "price \"价格\" 金额\n        price \"价\" 金额")
        + "例 \"贵的也收\" 档案=thing { 设 name=\"表\" price=\"200\" ; 做 登记 ; 则 成 }";
    let (_, findings) = small(&text);
    let numbers: Vec<u16> = findings.iter().map(|f| f.number).collect();
    assert_eq!(numbers, [202, 508, 403, 801], "{}", list(&findings));
    for finding in &findings {
        assert!(finding.place.line > 0, "{finding}");
        assert_eq!(&*finding.place.file, "trial/records/thing.kdl");
    }
    assert_eq!(findings[1].fix, "是不是“colour”？");
}

#[test]
fn a_misspelt_word_kind_field_or_state_is_named_with_the_nearest() {
    assert_eq!(numbers(&GOOD.replace("题名 \"{name}\"", "题名 \"{nane}\"")), [208]);
    assert_eq!(numbers(&GOOD.replace("价格 ≤ 100", "价各 ≤ 100")), [304]);
    assert_eq!(numbers(&GOOD.replace("到 sold", "到 solt")), [403, 406]);
    assert_eq!(numbers(&GOOD.replace("金额", "金钱")), [105, 304, 209]);
    assert_eq!(numbers(&GOOD.replace("由 clerk", "由 clark")), [211]);
    assert_eq!(numbers(&GOOD.replace("必填", "必田")), [103]);
}

/// What a KDL parser makes of a document, as ours would have it.
fn lines_of(document: &kdl::KdlDocument) -> Vec<String> {
    let mut lines = Vec::new();
    for node in document.nodes() {
        let text = |value: &kdl::KdlValue| match value {
            kdl::KdlValue::String(text) => text.clone(),
            other => other.to_string(),
        };
        let entry = |e: &kdl::KdlEntry| {
            format!("{}={}", e.name().map_or("", |n| n.value()), text(e.value()))
        };
        let entries: Vec<String> = node.entries().iter().map(entry).collect();
        lines.push(format!("{} {entries:?}", node.name().value()));
        lines.extend(node.children().map(lines_of).into_iter().flatten());
        lines.push("}".to_owned());
    }
    lines
}

fn our_lines(lines: &[engine::definition::Line]) -> Vec<String> {
    let mut shown = Vec::new();
    for line in lines {
        let entries = line.entries.iter().map(|e| format!("{}={}", e.name, e.text));
        shown.push(format!("{} {:?}", line.word, entries.collect::<Vec<_>>()));
        shown.extend(our_lines(&line.children));
        shown.push("}".to_owned());
    }
    shown
}

#[test]
fn every_definition_is_kdl_and_reads_the_same() {
    let mut read = 0;
    for file in crate::support::files().iter().filter(|file| file.path.ends_with(".kdl")) {
        let ours = engine::definition::read_lines(&file.text);
        let ours = ours.unwrap_or_else(|wrong| panic!("{} {wrong:?}", file.path));
        let theirs: kdl::KdlDocument = kdl::KdlDocument::parse(&file.text).unwrap();
        assert_eq!(our_lines(&ours), lines_of(&theirs), "{}", file.path);
        read += 1;
    }
    assert!(read > 50);
}

const SENT: &str = r#"
档案 sale "买卖" {
    归属 本机构
    题名 "{buyer}"
    权限 { 看 clerk=辖区; 建 clerk; 改 clerk }
    分组 "一" { buyer "买主" 文本; thing "东西" 引用 thing; paid "已付" 金额; day "日期" 日期; worker "经手人" 账号; norm "标准" 引用 thing 施行="unit bought_on bought_on" }
    唯一 buyer 当="已付 为空" "还没付"
    登记时 { 推 thing sell }
    状态 open "未付" 初始 { 可 pay }
    状态 done "已付" 终止
    动作 pay "付" { 由 clerk; 到 done; 生成 sale 当="已付 > 100" { 设 buyer=buyer paid=thing.price day=今日 }; 停用 worker 当="已付 > 500" }
}
例 "付了再来一份" 档案=sale { 引 thing price="130"; 做 pay; 设 buyer="王" paid="120"; 则 生成 sale buyer="王" paid="130.00元" }
例 "登记时卖出" 档案=sale { 引 thing price="130"; 做 登记; 设 buyer="王"; 则 推 thing }
"#;

#[test]
fn an_effect_is_checked_against_the_other_record() {
    let whole = format!("{GOOD}{SENT}");
    let (_, findings) = small(&whole);
    assert!(findings.is_empty(), "{}", list(&findings));
    let faulty = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        numbers(&whole.replace(from, to))
    };
    assert_eq!(faulty("生成 sale 当", "生成 sael 当"), [421, 801]);
    assert_eq!(faulty("推 thing sell", "推 buyer sell"), [421, 801]);
    assert_eq!(faulty("推 thing sell", "推 thing sel"), [422]);
    assert_eq!(faulty("推 thing sell", "推 thing sell { 设 name=buyer }"), [423]);
    assert_eq!(faulty("paid=thing.price", "paid=buyer"), [423, 801]);
    assert_eq!(faulty("day=今日", "date=今日"), [423]);
    assert_eq!(faulty("停用 worker", "停用 buyer"), [421]);
    assert_eq!(faulty("unit bought_on bought_on", "unit name bought_on"), [206]);
    assert_eq!(faulty("unit bought_on bought_on", "colour bought_on bought_on"), [206]);
    assert_eq!(faulty("unit bought_on bought_on", "unit bought_on"), [107]);
    assert_eq!(faulty("当=\"已付 为空\"", "当=\"日期 < 今日\""), [212]);
    let locked = |text: &str| faulty("登记时 {", &format!("{text}\n    登记时 {{"));
    assert_eq!(locked("锁定 当=\"已付 > 5\" \"付了的不能改\" 除 day"), Vec::<u16>::new());
    assert_eq!(locked("锁定 当=\"已付 > 5\""), [426]);
    assert_eq!(locked("锁定 当=\"已付 > 5\" \"付了的不能改\" 除 dya"), [209]);
    assert_eq!(faulty("paid=\"130.00元\"", "paid=\"120.00元\""), [801]);
}

#[test]
fn what_comes_from_another_business_is_declared_there() {
    let file = |path: &str, text: &str| engine::definition::SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let with = |intake: &str| {
        let files = [
            file("common/roles.kdl", "角色 clerk \"文员\" 级=乡"),
            file("common/codes/colour.csv", "code,name,parent\n1,红,\n"),
            file("trial/business.kdl", &format!("业务 trial \"试验\" {{ {intake} }}")),
            file("trial/records/thing.kdl", GOOD),
            file("other/business.kdl", "业务 other \"另一项\""),
            file("other/records/sale.kdl", SENT),
        ];
        engine::definition::read(&files).1.iter().map(|f| f.number).collect::<Vec<_>>()
    };
    assert_eq!(with(""), [424]);
    assert_eq!(with("接 thing 自=sale \"卖出的东西\""), Vec::<u16>::new());
    let none = "接 thing 自=sale \"卖出的东西\"; 接 thing 自=thing \"没有人送的\"";
    assert_eq!(with(none), [427]);
}

#[test]
fn only_what_stands_in_nobodys_way_may_be_merged() {
    let with = |record: &str, business: &str| {
        let file = |path: &str, text: &str| definition::SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let files = [
            file("common/roles.kdl", "角色 clerk \"文员\" 级=乡"),
            file("trial/business.kdl", "业务 trial \"试验\""),
            file(&format!("{business}/records/card.kdl"), record),
        ];
        engine::definition::read(&files).1.iter().map(|f| f.number).collect::<Vec<_>>()
    };
    let card = r#"
档案 card "名片" {
    归属 本机构
    题名 "{called}"
    权限 { 看 clerk; 建 clerk; 改 clerk; 并 clerk=辖区 }
    分组 "名片" { called "称呼" 文本 必填; number "号码" 文本 }
    唯一 全省 number "这个号码已有名片"
}
"#;
    assert_eq!(with(card, "common"), Vec::<u16>::new());
    assert_eq!(with(card, "trial"), [430], "only shared archives");
    assert_eq!(with(&card.replace("唯一 全省", "唯一"), "common"), [430]);
    let flow = "    状态 open \"开\" 初始 终止\n}";
    let flow = format!("{}{flow}", card.trim_end().trim_end_matches('}'));
    assert_eq!(with(&flow, "common"), [430]);
    assert_eq!(with(&card.replace("number", "remains_as"), "common"), [106]);
    assert_eq!(with(&card.replace("并 clerk", "并 nobody"), "common"), [211]);
}

#[test]
fn comparing_a_date_with_a_number_is_a_finding_at_its_place() {
    let (_, findings) = small(&GOOD.replace("价格 ≤ 100", "买入日期 ≤ 100"));
    assert_eq!(findings.len(), 1);
    assert!(findings[0].message.contains("左边是日期，右边是数"), "{}", findings[0]);
}

#[test]
fn broken_kdl_and_full_width_signs_are_findings_not_panics() {
    assert!(numbers("档案 thing \"东西\" {").contains(&101));
    assert!(numbers(&GOOD.replace("看 clerk=辖区", "看 clerk＝辖区")).contains(&102));
    for end in 0..GOOD.len() {
        if GOOD.is_char_boundary(end) {
            let _ = small(&GOOD[..end]);
        }
    }
}

#[test]
fn who_confirms_a_report_and_when_is_checked() {
    let report = |lines: &str| {
        let text = format!(
            "{GOOD}\n统计 things \"东西\" 档案=thing 月=bought_on {{ 量 total \"件\" 单位=件 }}\n\
             报表 things \"东西表\" {{ {lines}\n 栏组 \"一\" {{ 栏 total \"件\" 值=\"things.total\" 单位=件 }} }}"
        );
        numbers(&text)
    };
    assert_eq!(report("期 月 季 半年 年\n 累计\n 确认 乡=clerk\n 公开 少于=\"5\""), [0u16; 0]);
    assert_eq!(report("期 旬"), [609]);
    // A role of another level, an unknown one, a level left out, no period.
    assert_eq!(report("期 月\n 确认 县=clerk"), [610]);
    assert_eq!(report("期 月\n 确认 乡=nobody"), [610]);
    assert_eq!(report("期 月\n 确认 村=\"\" 县=\"\""), [610]);
    assert_eq!(report("确认 乡=clerk"), [610]);
    assert_eq!(report("期 月\n 公开 少于=\"许多\""), [611]);
}

#[test]
fn an_example_may_be_about_the_figures_of_a_report() {
    let example = |lines: &str| {
        let text = format!(
            "{GOOD}\n统计 things \"东西\" 档案=thing 月=bought_on {{ 量 total \"件\" 单位=件 }}\n\
             报表 things \"东西表\" {{\n 期 月\n 栏组 \"一\" {{\n 栏 total \"件\" 值=\"things.total\" 单位=件\n \
             栏 sold \"卖出\" 值=\"things.total\" 单位=件\n 栏 rate \"卖出率\" 值=\"sold ÷ total\" 单位=\"%\" }}\n \
             核对 F1 \"不多于\" 须=\"sold ≤ total\" }}\n例 \"公布数\" 报表=things {{ {lines} }}"
        );
        numbers(&text)
    };
    assert_eq!(example("数 total=\"8\" sold=\"7\"\n 则 核对\n 则 值 rate=\"87.50%\""), [0u16; 0]);
    assert_eq!(example("数 total=\"7\" sold=\"8\"\n 则 不符 F1"), [0u16; 0]);
    assert_eq!(example("数 total=\"7\" sold=\"8\"\n 则 核对 F1"), [801]);
    assert_eq!(example("数 total=\"8\" sold=\"7\"\n 则 值 rate=\"87.5%\""), [801]);
    // What is not given is not known: it is no 0.
    assert_eq!(example("数 total=\"8\"\n 则 核对 F1"), [801]);
    assert_eq!(example("数 total=\"8\"\n 则 核对"), [801]);
    assert_eq!(example("数 nothing=\"8\"\n 则 不符 F9"), [801, 801]);
    assert_eq!(example("数 total=\"8\""), [801]);
}

#[test]
fn rows_are_handed_over_field_by_field_and_never_become_less_secret() {
    const LOT: &str = r#"
档案 lot "批次" {
    归属 本机构
    题名 "{no}"
    权限 { 看 clerk=本单位; 建 clerk; 改 clerk }
    分组 "一" { no "批号" 文本 必填; goods "货物" 多行 good }
    行 good "货物" { 题名 "{name}"; name "名称" 文本 必填; owner "货主" 文本 密级=联系; tint "颜色" 代码 colour }
    状态 open "在库" 初始 { 可 ship }
    状态 gone "出库" 终止
    动作 ship "出库" { 由 clerk; 到 gone; 生成 list { 行 things=goods { 设 called=name } } }
}
档案 list "清单" {
    归属 本机构
    题名 "{no}"
    权限 { 看 clerk=本单位; 建 clerk; 改 clerk }
    分组 "一" { no "批号" 文本; things "物品" 多行 thing }
    行 thing "物品" { 题名 "{called}"; called "品名" 文本 必填; owner "货主" 文本 密级=联系; tint "颜色" 代码 colour; on "日期" 日期 }
}
"#;
    let faulty = |from: &str, to: &str| -> Vec<u16> {
        assert!(LOT.contains(from), "{from}");
        small(&LOT.replacen(from, to, 1)).1.iter().map(|finding| finding.number).collect()
    };
    assert_eq!(faulty("行 things", "行 things"), [0u16; 0]);
    assert_eq!(faulty("things=goods", "things=no"), [423], "no rows of that name");
    assert_eq!(faulty("设 called=name", "设 calle=name"), [423], "no such field");
    assert_eq!(faulty("设 called=name", "设 on=name called=name"), [423], "a text is no day");
    assert_eq!(
        faulty("货主\" 文本 密级=联系; tint", "货主\" 文本 密级=敏感; tint"),
        [423],
        "less secret"
    );
    assert_eq!(faulty("设 called=name", "设 called=name owner=\"\""), [0u16; 0]);
    assert_eq!(faulty("代码 colour }\n    状态", "代码 shade }\n    状态"), [423], "another table");
}
