//! Samples of the whole inbox, the calendar and the digest.

use maud::Markup;

use super::*;
use crate::web::look::list::{ChipView, FilterKind, FilterView};

fn lines() -> Vec<inbox::TaskView> {
    let due = Some(("2026年3月6日 (周五)", 4));
    let case = "调解案件 · 调解期限";
    let why = "自2026年2月6日次日起1个月，至2026年3月6日（人民调解工作若干规定 第33条）";
    let plain = task(
        "沈国强与云溪顺达物业服务有限公司物业纠纷",
        case,
        "人民调解",
        "北桥镇青石村",
        due,
        why,
        "达成协议",
    );
    let mut held = task("周建平与周建安宅基地纠纷", case, "人民调解", "北桥镇南桥村", due, "", "");
    held.key = s("330102/2:term");
    held.marks =
        vec![s("您交给李秋月办：当事人信得过她"), s("李秋月暂缓至2026年3月5日：等当事人回乡")];
    vec![plain, held]
}

pub(super) fn reports_page() -> Markup {
    let view = inbox::ReportsView {
        tally: inbox_tally(Some("reports")),
        waiting: waiting_reports(),
        ways: vec![link("全部待办", "/tasks")],
    };
    page(&frame("待办：报表", "/", &[("待办", "/")]), inbox::reports(&view))
}

pub(super) fn tasks_page() -> Markup {
    let choice = |name: &str, label: &str, options: &[&str]| FilterView {
        name: s(name),
        label: s(label),
        kind: FilterKind::Choice(options.iter().map(|one| option(one, one, false)).collect()),
    };
    let act =
        |label: &str, href: &str, posts| inbox::BulkView { label: s(label), href: s(href), posts };
    let view = inbox::TasksView {
        title: s("近期"),
        count_text: s("共 5 件，第 1/2 页"),
        remark: s("您今天代陈静办理，交给他们的事项也列在这里。"),
        tally: inbox_tally(Some("soon")),
        filters: vec![
            choice("business", "业务", &["全部", "人民调解（5）"]),
            choice("person", "交给谁", &["全部", "交给我的", "未交办的", "李秋月（1）"]),
            choice("sort", "排序", &["期限近的在前", "按业务"]),
        ],
        chips: vec![ChipView { label: s("单位：北桥镇"), remove_href: s("/tasks") }],
        keep: vec![(s("group"), s("soon"))],
        tasks: lines(),
        reports: Vec::new(),
        bulk: vec![
            act("交办", "/tasks/assign", false),
            act("收回或者退回", "/tasks/recall", true),
            act("暂缓", "/tasks/snooze", false),
        ],
        back: s("/tasks?group=soon&page=1"),
        prev: None,
        next: Some(s("/tasks?group=soon&page=2")),
        ways: vec![link("日历", "/calendar"), link("日报", "/digest")],
        empty: (s("近期没有要办的到期事项。"), None),
        csrf: s("sample"),
    };
    page(&frame("待办：近期", "/", &[("待办", "/")]), inbox::tasks(&view))
}

pub(super) fn calendar_page() -> Markup {
    let cell = |day: usize| inbox::DayCell {
        number: (day % 31 + 1).to_string(),
        mark: if day == 3 { s("清明节假期") } else { String::new() },
        flag: if day == 3 { s("休") } else { String::new() },
        rests: day % 7 > 4 || day == 3,
        outside: day > 31,
        today: day == 8,
        here: day == 9,
        count: if day % 4 == 1 { s("12 件") } else { String::new() },
        mine: u32::from(day == 9) * 3,
        late: day < 8 && day % 4 == 1,
        href: s("/calendar?month=2026-04&day=2026-04-10"),
    };
    let view = inbox::CalendarView {
        title: s("2026年4月"),
        steps: vec![link("上个月", "#"), link("本月", "#"), link("下个月", "#")],
        tabs: vec![(s("月"), s("#"), true), (s("周"), s("#"), false)],
        weeks: (0..5).map(|week| (0..7).map(|day| cell(week * 7 + day)).collect()).collect(),
        days: vec![inbox::DayView {
            title: s("2026年4月10日 (周五)"),
            mark: s("工作日"),
            count: 12,
            tasks: lines(),
            more: Some(s("/tasks?from=2026-04-10&to=2026-04-10")),
        }],
        remark: String::new(),
        ways: vec![link("日报", "/digest")],
    };
    page(&frame("日历：2026年4月", "/", &[("待办", "/")]), inbox::calendar(&view))
}

pub(super) fn digest_page() -> Markup {
    let view = inbox::DigestView {
        today: s("2026年3月2日 (周一)"),
        whose: s("云溪区北桥司法所 司法所工作人员 陈静"),
        lines: vec![
            s("2026年3月2日 (周一)，工作日：今天到期要办 2 件，逾期 1 件，近期 5 件。"),
            s("昨天以来交给您 1 件。"),
        ],
        parts: vec![inbox::GroupView {
            id: s("soon"),
            label: s("近期"),
            count: 5,
            tasks: lines(),
            more: Some(s("/tasks?group=soon")),
        }],
        reports: waiting_reports(),
        ways: vec![link("下载", "/digest.txt"), link("回到待办", "/")],
    };
    page(&frame("日报", "/", &[("待办", "/")]), inbox::digest_page(&view))
}
