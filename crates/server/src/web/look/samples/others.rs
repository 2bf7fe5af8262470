//! Samples of administration and of citizens' pages.

use maud::Markup;

use super::*;

pub(super) fn units_page() -> Markup {
    let unit = |depth, code: &str, name: &str, level: &str, state| admin::UnitView {
        depth,
        code: s(code),
        name: s(name),
        level: s(level),
        accounts: Some(s("#")),
        state,
        href: s("#"),
    };
    let on = || tone("有效", Tone::Good);
    let view = admin::UnitsView {
        count_text: s("共 2,561 个"),
        units: vec![
            unit(0, "990000", "省司法厅", "省", on()),
            unit(1, "990100", "临江市司法局", "市", on()),
            unit(2, "990106", "云溪区司法局", "县", on()),
            unit(3, "990106101", "云溪区北桥司法所", "乡镇", on()),
            unit(4, "990106101203", "北桥镇青石村人民调解委员会", "村", on()),
            unit(3, "990106104", "云溪区西埠司法所", "乡镇", tone("已并入北桥", Tone::Done)),
        ],
        links: vec![link("新增单位", "#"), link("导入", "#"), link("导出", "#")],
    };
    page(&frame("单位", "/admin", &[("管理", "/admin")]), admin::units(&view))
}

pub(super) fn accounts_page() -> Markup {
    let act = |label: &str, weight, confirm: Option<&str>| ActionView {
        label: s(label),
        target: Target::Post(s("#"), vec![(s("account"), s("chenjing"))]),
        weight,
        confirm: confirm.map(s),
    };
    let row = |account: &str, name: &str, posts: &[&str], state, act| admin::AccountRow {
        account: s(account),
        name: s(name),
        posts: posts.iter().map(|post| s(post)).collect(),
        state,
        href: s("#"),
        actions: vec![act],
    };
    let view = admin::AccountsView {
        count_text: s("共 5 个"),
        href: s("/admin/accounts"),
        units: vec![option("1", "云溪区北桥司法所", true)],
        query: String::new(),
        next: Some(s("?after=1")),
        accounts: vec![
            row(
                "chenjing",
                "陈静",
                &["司法所工作人员 · 云溪区北桥司法所", "人民调解员 · 北桥镇调委会"],
                tone("使用中", Tone::Good),
                act("锁定", Weight::Danger, Some("锁定后，此人立即不能再登录。要锁定吗？")),
            ),
            row(
                "wuchanghe",
                "吴长河",
                &["人民调解员 · 青石村调委会"],
                tone("已锁定", Tone::Late),
                act("解锁", Weight::Plain, None),
            ),
        ],
        links: vec![link("新增账号", "#"), link("导入", "#")],
        csrf: s("sample"),
    };
    page(&frame("账号", "/admin", &[("管理", "/admin")]), admin::accounts(&view))
}

pub(super) fn safety_page() -> Markup {
    let view = admin::SafetyView {
        backup: Some(vec![
            FactView::text("做成", "今天 02:10"),
            FactView::text("位置", "/备份/backup-20261124-021000"),
            FactView::text("数据库大小", "1.2 GB"),
            FactView::text("内容", "4,120,556行，日志2,011,340条"),
        ]),
        backup_state: tone("正常", Tone::Good),
        rehearsal: Some(vec![
            FactView::text("通过", "11月22日 02:10"),
            FactView::text("用时", "84.2秒"),
            FactView::text("核对", "4,101,222行，日志2,001,870条"),
            FactView::text("经归档恢复", "从上一份备份经归档9,470组走到新备份，结果相同"),
        ]),
        rehearsal_state: tone("今天 02:10没有成功：归档缺第120至122组", Tone::Late),
        archive: Some((
            tone("缺到第122组，第122组以后的备份才能接着走", Tone::Warn),
            vec![
                FactView::text("目录", "/归档"),
                FactView::text("已归档到", "今天 10:31"),
                FactView::text("还差", "0组变动"),
            ],
        )),
    };
    page(&frame("备份与演练", "/admin", &[("管理", "/admin")]), admin::safety(&view))
}

pub(super) fn safety_empty_page() -> Markup {
    let never = || tone("还没有做过", Tone::Warn);
    let view =
        admin::SafetyView { backup_state: never(), rehearsal_state: never(), ..Default::default() };
    page(&frame("备份与演练", "/admin", &[("管理", "/admin")]), admin::safety(&view))
}

fn citizen_frame(title: &str, size: Size) -> Frame {
    Frame { title: s(title), size, version: s("sample"), ..Frame::default() }
}

pub(super) fn question_page(size: Size) -> Markup {
    let choices = ["邻里之间", "家庭成员之间", "与物业公司", "与用人单位", "其他"];
    let choices = choices.iter().enumerate().map(|(at, label)| ChoiceView {
        group: None,
        option: option(&at.to_string(), label, at == 2),
    });
    let view = citizen::QuestionView {
        title: s("您和谁有了纠纷？"),
        why: Some(s("我们据此安排熟悉这类事情的调解员。")),
        action: s("#"),
        csrf: s("sample"),
        fields: vec![FieldView {
            required: true,
            ..FieldView::new("against", "对方是", Input::Choice(choices.collect()))
        }],
        submit: s("下一步"),
        ..Default::default()
    };
    let other = if size == Size::Elder { "标准字号" } else { "大字版" };
    let step = citizen::StepView {
        step: Some((2, 6)),
        back: Some(s("#")),
        other_size: Some(link(other, "#")),
    };
    citizen::page(&citizen_frame("申请调解", size), &step, citizen::question(&view))
}

pub(super) fn answers_page() -> Markup {
    let answer = |question: &str, answer: &str| (s(question), s(answer), s("#"));
    let view = citizen::AnswersView {
        answers: vec![
            answer("对方是", "与物业公司"),
            answer("姓名", "沈国强"),
            answer("手机号码", "138****0217"),
            answer("事情经过", "地下车库渗水，三次报修没有修好。"),
        ],
        declaration: s("提交即表示以上内容属实，并同意由人民调解委员会调解。调解不收费。"),
        action: s("#"),
        csrf: s("sample"),
        submit: s("提交申请"),
        hidden: vec![],
    };
    let step = citizen::StepView { step: Some((6, 6)), back: Some(s("#")), other_size: None };
    citizen::page(&citizen_frame("核对", Size::Citizen), &step, citizen::answers(&view))
}

pub(super) fn receipt_page() -> Markup {
    let side = 25;
    let view = citizen::ReceiptView {
        title: s("申请已提交"),
        number: s("TJ20260302-0017"),
        qr: Some(citizen::QrView {
            side,
            dark: (0..side * side).map(|at| (at * 7 + at / side * 3) % 5 < 2).collect(),
            label: s("扫码查看办理进度"),
        }),
        next: vec![
            s("司法所会在 3 个工作日内打电话给您。"),
            s("双方都同意后，约定时间当面调解。"),
            s("一般在一个月内有结果。"),
        ],
        links: vec![link("保存或打印本页", "#"), link("查询进度", "#")],
    };
    citizen::page(
        &citizen_frame("申请已提交", Size::Citizen),
        &citizen::StepView::default(),
        citizen::receipt(&view),
    )
}

pub(super) fn events_page() -> Markup {
    let side = |label: &str, line: &str| events::SideView { label: s(label), lines: vec![s(line)] };
    let pass = |act: &str, at: usize| events::PassView {
        from: (s("调解案件"), Some(s("#"))),
        act: s(act),
        way: s("生成"),
        to: (s("法律援助申请"), None),
        when: vec![s("当事人申请法律援助是“是”")],
        gives: vec![s("案情及申请理由")],
        help: s("调解不成，转来的法律援助申请"),
        is_taken: at > 0,
        ends: (0, at),
        ..events::PassView::default()
    };
    let group = |title: &str, pass| events::PassGroup { title: s(title), passes: vec![pass] };
    let view = events::EventsView {
        title: s("业务流转"),
        lead: s("一处登记，别处自动有。"),
        pages: vec![(link("业务之间", "#"), true), (link("人民调解", "#"), false)],
        left: vec![side("人民调解", "调解案件 · 调解不成")],
        right: vec![side("法律服务", "法律援助申请"), side("普法宣传", "以案释法案例")],
        groups: vec![
            group("人民调解 → 法律服务", pass("调解不成", 0)),
            group("人民调解 → 普法宣传", pass("归档", 1)),
        ],
    };
    page(&frame("业务流转", "/between", &[]), events::events(&view))
}

fn published(title: &str) -> public::PublishedView {
    let fact = |label: &str, value: &str| (s(label), s(value));
    public::PublishedView {
        title: s(title),
        facts: vec![fact("状态", "有效"), fact("有效期至", "2028-05-31")],
        otherwise: None,
    }
}

pub(super) fn check_page() -> Markup {
    let view = public::CheckView {
        title: s("行政执法证件核验"),
        found: Some(published("何向阳")),
        verdict: s("查到了"),
        sentence: s("请与出示的内容逐项核对。"),
        at: s("2026-06-01 12:00"),
        basis: s("行政执法监督条例 第17条"),
    };
    let step = citizen::StepView { back: Some(s("#")), ..Default::default() };
    citizen::page(&citizen_frame("核验", Size::Citizen), &step, public::check(&view))
}

pub(super) fn roster_page() -> Markup {
    let view = public::RosterView {
        title: s("法治文化场所名录"),
        action: s("#"),
        divisions: vec![(s("990106"), s("云溪区"), true)],
        rows: vec![(s("云溪区北桥司法所"), published("北桥法治文化公园"))],
        next: Some(s("#")),
        basis: s("法治宣传教育法 第52条"),
        ..Default::default()
    };
    let step = citizen::StepView { back: Some(s("#")), ..Default::default() };
    citizen::page(&citizen_frame("名录", Size::Citizen), &step, public::roster(&view))
}
