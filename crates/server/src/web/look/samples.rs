//! One realistic sample of every view, as (file name, title, markup). The gallery writes them to
//! look at, and a test renders every one. People and numbers are invented.

use maud::Markup;

use super::chart::{Bar, BarChart, Chart, LineChart, Series};
use super::field::*;
use super::frame::{AccountView, Frame, NavItem, Notice, Size, page};
use super::list::*;
use super::part::*;
use super::pick::{FoundView, PickInput, PlaceInput};
use super::{
    admin, citizen, conflict, draw, events, filing, form, hub, inbox, limit, paper, person,
    progress, public, reason, record, refused, report, signin,
};

mod forms;
mod inboxes;
mod merges;
mod others;
mod papers;

/// A page of the gallery.
pub struct Sample {
    /// Its file name, without ending.
    pub name: &'static str,
    /// The whole document.
    pub html: Markup,
}

fn s(text: &str) -> String {
    text.to_owned()
}

fn link(label: &str, href: &str) -> Link {
    (s(label), s(href))
}

fn tone(text: &str, tone: Tone) -> StateView {
    StateView { text: s(text), tone }
}

fn option(value: &str, label: &str, chosen: bool) -> OptionView {
    OptionView { value: s(value), label: s(label), chosen }
}

fn go(label: &str, href: &str, weight: Weight) -> ActionView {
    ActionView { label: s(label), target: Target::Page(s(href)), weight, confirm: None }
}

/// The frame of an office clerk.
pub fn frame(title: &str, current: &str, place: &[(&str, &str)]) -> Frame {
    Frame {
        title: s(title),
        place: place.iter().map(|(label, href)| link(label, href)).collect(),
        account: Some(account()),
        nav: nav(current),
        search: String::new(),
        csrf: s("sample"),
        version: s("sample"),
        ..Frame::default()
    }
}

fn account() -> AccountView {
    AccountView {
        name: s("陈静"),
        post: s("司法所工作人员"),
        unit: s("云溪区北桥司法所"),
        inbox_count: 9,
        report_count: 2,
        switch_href: Some(s("/me/post")),
    }
}

fn nav(current: &str) -> Vec<NavItem> {
    let item = |heading: Option<&str>, label: &str, href: &str, icon, count| NavItem {
        heading: heading.map(s),
        label: s(label),
        href: s(href),
        current: href == current,
        icon,
        count,
        within: false,
    };
    vec![
        item(None, "待办", "/", Icon::Inbox, Some(9)),
        item(None, "人员", "/people", Icon::People, None),
        item(Some("业务"), "人民调解", "/b/mediation", Icon::Mediation, Some(4)),
        NavItem {
            within: true, ..item(None, "调解案件", "/b/mediation/case", Icon::Paper, None)
        },
        item(None, "法律服务", "/b/services", Icon::Services, None),
        item(None, "普法宣传", "/b/publicity", Icon::Publicity, None),
        item(None, "社区矫正", "/b/corrections", Icon::Corrections, Some(3)),
        item(None, "安置帮教", "/b/resettlement", Icon::Resettlement, Some(2)),
        item(None, "执法监督", "/b/supervision", Icon::Supervision, None),
        item(None, "队伍建设", "/b/team", Icon::Team, None),
        item(Some("管理"), "报表", "/statistics", Icon::Report, None),
        item(None, "单位与账号", "/admin", Icon::Admin, None),
    ]
}

/// Every sample.
pub fn all() -> Vec<Sample> {
    let sample = |name, html| Sample { name, html };
    vec![
        sample("signin", signin_page()),
        sample("inbox", inbox_page()),
        sample("tasks", inboxes::tasks_page()),
        sample("tasks-reports", inboxes::reports_page()),
        sample("calendar", inboxes::calendar_page()),
        sample("digest", inboxes::digest_page()),
        sample("list", list_page()),
        sample("list-empty", empty_list_page()),
        sample("form", forms::form_page()),
        sample("form-action", forms::action_page()),
        sample("record", papers::record_page()),
        sample("limit", papers::limit_page()),
        sample("paper", papers::paper_page()),
        sample("sign", papers::sign_page()),
        sample("dossier", papers::dossier_page()),
        sample("scans", papers::scans_page()),
        sample("scan", papers::scan_page()),
        sample("person", papers::person_page()),
        sample("merge", merges::merge_page()),
        sample("merge-find", merges::find_page()),
        sample("report", papers::report_page()),
        sample("conflict", conflict_page()),
        sample("import", import_page()),
        sample("draw", papers::draw_page()),
        sample("draw-differs", papers::draw_differs_page()),
        sample("reason", papers::reason_page()),
        sample("behind", papers::behind_page()),
        sample("looks", papers::looks_page()),
        sample("refused", refused_page()),
        sample("failed", failed_page()),
        sample("create", create_page()),
        sample("business", business_page()),
        sample("search", search_page()),
        sample("events", others::events_page()),
        sample("me", me_page()),
        sample("units", others::units_page()),
        sample("accounts", others::accounts_page()),
        sample("safety", others::safety_page()),
        sample("safety-empty", others::safety_empty_page()),
        sample("question", others::question_page(Size::Citizen)),
        sample("question-elder", others::question_page(Size::Elder)),
        sample("answers", others::answers_page()),
        sample("receipt", others::receipt_page()),
        sample("public-check", others::check_page()),
        sample("public-roster", others::roster_page()),
    ]
}

fn signin_page() -> Markup {
    let demo = |account: &str, post: &str, unit: &str, what: &str| signin::DemoAccount {
        account: s(account),
        password: s("fengqiao"),
        post: s(post),
        unit: s(unit),
        what_for: s(what),
    };
    let view = signin::SigninView {
        title: s("司法所综合业务平台"),
        account: s("mediator"),
        error: Some(s("账号或密码不对，请核对大小写后再试。")),
        next: s("/"),
        public_href: Some(s("/public")),
        demo: vec![
            demo("mediator", "人民调解员", "北桥镇青石村调委会", "登记纠纷、制作协议书、申请补贴"),
            demo(
                "office",
                "司法所工作人员",
                "云溪区北桥司法所",
                "七项业务的待办、矫正对象、安置帮教",
            ),
            demo("county", "县级审核", "云溪区司法局", "审核补贴与等级、卷宗抽查、全区报表"),
            demo("province", "省级分析", "省司法厅", "全省报表、校核与报送"),
            demo("auditor", "审计员", "省司法厅", "操作日志、敏感信息查看记录"),
        ],
        ..Default::default()
    };
    let frame = Frame { title: s("登录"), version: s("sample"), ..Frame::default() };
    page(&frame, signin::signin(&view))
}

/// The groups with their counts.
pub fn inbox_tally(here: Option<&str>) -> Vec<inbox::TallyView> {
    let groups = [
        ("late", "逾期", 1),
        ("today", "今天", 2),
        ("soon", "近期", 5),
        ("mine", "等我办", 0),
        ("others", "等别人办", 1),
    ];
    let view = |(id, label, count): (&str, &str, u32)| inbox::TallyView {
        id: s(id),
        label: s(label),
        count,
        href: format!("/tasks?group={id}"),
        here: here == Some(id),
    };
    groups.into_iter().map(view).collect()
}

/// A line of an inbox.
pub fn task(
    what: &str,
    record: &str,
    business: &str,
    who: &str,
    days: Option<(&str, i64)>,
    why: &str,
    next: &str,
) -> inbox::TaskView {
    inbox::TaskView {
        what: s(what),
        key: s("330102/1:term"),
        record: link(record, "/b/mediation/case/1"),
        business: s(business),
        who: s(who),
        marks: Vec::new(),
        due: days.map(|(on, days)| DueView::in_days(on, days)),
        why: (!why.is_empty()).then(|| s(why)),
        next: (!next.is_empty()).then(|| go(next, "/b/mediation/case/1/agree", Weight::Plain)),
    }
}

fn inbox_page() -> Markup {
    let group =
        |id: &str, tasks: Vec<inbox::TaskView>, count, more: Option<&str>| inbox::GroupView {
            id: s(id),
            label: s(match id {
                "late" => "逾期",
                "today" => "今天",
                "soon" => "近期",
                _ => "等别人办",
            }),
            count,
            tasks,
            more: more.map(s),
        };
    let term = "自受理之日起一个月内调结（人民调解工作若干规定 第33条）";
    let view = inbox::InboxView {
        digest: vec![s("2026年3月2日 (周一)，工作日：今天到期要办 2 件，逾期 1 件，近期 5 件。")],
        tally: inbox_tally(None),
        reports: waiting_reports(),
        ways: vec![link("全部待办", "/tasks"), link("日历", "/calendar")],
        drafts: vec![inbox::DraftView {
            label: s("调解案件：未命名"),
            href: s("#"),
            saved: s("昨天 16:20 保存"),
            remove: s("#"),
        }],
        news: vec![hub::HitView {
            title: s("沈国强与云溪顺达物业服务有限公司物业纠纷"),
            href: s("#"),
            detail: s("调解案件 · 北桥镇青石村 · 3月1日 14:40 登记"),
            state: Some(tone("待受理", Tone::Plain)),
            ..hub::HitView::default()
        }],
        today: s("2026年3月2日 (周一)"),
        create: vec![link("调解案件", "#"), link("法律咨询", "#"), link("走访记录", "#")],
        csrf: s("sample"),
        groups: vec![
            group(
                "late",
                vec![task(
                    "调解期限已过，应当终结或延长",
                    "北调〔2026〕第 0012 号",
                    "人民调解",
                    "周建平 与 周建安",
                    Some(("2026年2月27日 (周五)", -3)),
                    term,
                    "办理",
                )],
                1,
                None,
            ),
            group(
                "today",
                vec![
                    task(
                        "报到当日应当登记接收",
                        "韩某 社区矫正档案",
                        "社区矫正",
                        "韩立群",
                        Some(("2026年3月2日 (周一)", 0)),
                        "社区矫正法 第22条",
                        "登记接收",
                    ),
                    task(
                        "回访协议履行情况",
                        "北调〔2026〕第 0009 号",
                        "人民调解",
                        "杨秀兰",
                        Some(("2026年3月2日 (周一)", 0)),
                        "人民调解法 第31条",
                        "回访",
                    ),
                ],
                2,
                None,
            ),
            group(
                "soon",
                vec![
                    task(
                        "制作调解协议书",
                        "北调〔2026〕第 0018 号",
                        "人民调解",
                        "沈国强 与 云溪顺达物业服务有限公司",
                        Some(("2026年3月6日 (周五)", 4)),
                        "",
                        "出具协议书",
                    ),
                    task(
                        "申请司法确认期限将满",
                        "北调〔2026〕第 0003 号",
                        "人民调解",
                        "王桂香 与 李大勇",
                        Some(("2026年3月8日 (周日)", 6)),
                        "自协议生效之日起三十日内（人民调解法 第33条）",
                        "申请确认",
                    ),
                ],
                5,
                Some("/tasks?group=soon"),
            ),
            group(
                "others",
                vec![task(
                    "补贴待县局审核",
                    "2026年1月 以案定补 申报",
                    "人民调解",
                    "云溪区司法局",
                    None,
                    "",
                    "",
                )],
                1,
                None,
            ),
        ],
    };
    page(&frame("待办", "/", &[]), inbox::inbox(&view))
}

pub(super) fn waiting_reports() -> Vec<super::filing::WaitingView> {
    vec![super::filing::WaitingView {
        link: link("北桥镇　人民调解案件情况统计表　2026年上半年", "#"),
        state: tone("待审核", Tone::Warn),
        since: s("7月2日 09:12确认"),
    }]
}

fn columns() -> Vec<Column> {
    let column =
        |id: &str, label: &str, sort, numeric| Column { id: s(id), label: s(label), sort, numeric };
    vec![
        column("dossier_no", "编号", Some((s("?sort=dossier_no"), Sort::None)), false),
        column("parties", "当事人", None, false),
        column("dispute_type", "纠纷类别", None, false),
        column("state", "状态", None, false),
        column("accepted_on", "受理日期", Some((s("?sort=accepted_on"), Sort::Desc)), false),
        column("due", "期限", Some((s("?sort=-due"), Sort::Asc)), false),
        column("amount", "涉案金额（元）", Some((s("?sort=amount"), Sort::None)), true),
        column("mediator", "调解员", None, false),
    ]
}

fn row(at: usize) -> RowView {
    let cell = |text: &str, kind| Cell { text: s(text), kind };
    let parties = [
        "周建平、周建安",
        "沈国强、云溪顺达物业服务有限公司",
        "王桂香、李大勇",
        "杨秀兰、杨秀芳",
        "何志远、郑敏",
    ];
    let kinds = ["邻里纠纷", "物业纠纷", "婚姻家庭纠纷", "房屋宅基地纠纷", "损害赔偿纠纷"];
    let states = [
        ("调解中", Tone::Active),
        ("待受理", Tone::Plain),
        ("已达成", Tone::Good),
        ("已终结", Tone::Done),
        ("超期", Tone::Late),
    ];
    let state = states[at % 5];
    let nth = 128 - at;
    RowView {
        id: nth.to_string(),
        href: format!("/b/mediation/case/{nth}"),
        cells: vec![
            cell(&format!("北调〔2026〕第 {nth:04} 号"), CellKind::Text),
            cell(parties[at * 3 % 5], CellKind::Text),
            cell(kinds[at * 2 % 5], CellKind::Text),
            cell(state.0, CellKind::State(state.1)),
            cell(&format!("2026-02-{:02}", 28 - at), CellKind::Date),
            cell(&format!("2026-03-{:02}", 28 - at), CellKind::Date),
            cell(["", "12,000.00", "3,500.00", "186,000.00"][at % 4], CellKind::Number),
            cell(["陈静", "吴长河", "赵玉梅"][at % 3], CellKind::Text),
        ],
    }
}

/// The list of mediation cases, 20 rows.
pub fn list_view() -> ListView {
    let filter =
        |name: &str, label: &str, kind| FilterView { name: s(name), label: s(label), kind };
    ListView {
        key: s("mediation_case"),
        title: s("调解案件"),
        count_text: s("共 1,284 件"),
        href: s("/b/mediation"),
        create: Some(link("登记纠纷", "/b/mediation/new")),
        filters: vec![
            filter("q", "姓名或编号", FilterKind::Text(String::new())),
            filter(
                "state",
                "状态",
                FilterKind::Choice(vec![
                    option("", "全部", false),
                    option("mediating", "调解中", true),
                ]),
            ),
            filter(
                "dispute_type",
                "纠纷类别",
                FilterKind::Choice(vec![option("", "全部", true), option("1", "邻里纠纷", false)]),
            ),
            filter("accepted_on", "受理日期", FilterKind::Dates(s("2026-01-01"), String::new())),
        ],
        chips: vec![
            ChipView {
                label: s("状态：调解中"), remove_href: s("?accepted_on_from=2026-01-01")
            },
            ChipView {
                label: s("受理日期：2026年1月1日起"), remove_href: s("?state=mediating")
            },
        ],
        tabs: vec![(s("全部案件"), s("#"), true), (s("在办案件"), s("?list=open"), false)],
        keep: vec![(s("sort"), s("-accepted_on"))],
        columns: columns(),
        rows: (0..20).map(row).collect(),
        prev: None,
        next: Some(s("?after=109")),
        exports: vec![link("导入", "#"), link("导出表格", "#"), link("打印", "#")],
        csrf: s("sample"),
        ..ListView::default()
    }
}

fn list_page() -> Markup {
    let frame = Frame {
        notice: Some(Notice {
            tone: Tone::Good,
            text: s("已登记 北调〔2026〕第 0128 号。"),
            link: Some(link("查看", "#")),
        }),
        ..frame("调解案件", "/b/mediation", &[("人民调解", "/b/mediation")])
    };
    page(&frame, list(&list_view()))
}

fn empty_list_page() -> Markup {
    let view = ListView {
        title: s("人民建议"),
        count_text: s("共 0 件"),
        create: Some(link("登记建议", "#")),
        empty_hint: s("还没有登记过建议。群众在便民服务页提交的建议也会出现在这里。"),
        ..ListView::default()
    };
    page(&frame("人民建议", "/b/services", &[("法律服务", "/b/services")]), list(&view))
}

fn conflict_page() -> Markup {
    let field =
        |name: &str, label: &str, texts: [&str; 3], both, prefer_mine| conflict::ConflictField {
            name: s(name),
            label: s(label),
            before: s(texts[0]),
            mine: s(texts[1]),
            theirs: s(texts[2]),
            both,
            prefer_mine,
        };
    let view = conflict::ConflictView {
        title: s("北调〔2026〕第 0018 号　沈国强与云溪顺达物业服务有限公司物业纠纷"),
        sentence: s("吴长河 于 14:02 先保存了这件案件。"),
        action: s("#"),
        csrf: s("sample"),
        fields: vec![
            field("amount", "涉案金额", ["12,000.00元", "12,600.00元", "12,500.00元"], true, true),
            field(
                "summary",
                "纠纷简要情况",
                ["", "因地下车库渗水三次报修未果，拒交两年物业费。", ""],
                false,
                true,
            ),
            field("mediator", "调解员", ["陈静", "陈静", "吴长河"], false, false),
        ],
        same: 17,
        submit: s("按选定的保存"),
        cancel: s("#"),
        hidden: vec![],
    };
    page(&frame("两人同时修改", "/b/mediation", &[("人民调解", "#")]), conflict::conflict(&view))
}

fn import_page() -> Markup {
    let problem = |row, column: &str, message: &str| progress::RowProblem {
        row,
        column: s(column),
        message: s(message),
    };
    let view = progress::WorkView {
        title: s("导入人民调解员"),
        state: tone("进行中", Tone::Active),
        done: 1_460,
        total: 3_200,
        unit: s("行"),
        left: Some(s("约还需 2 分钟")),
        results: vec![s("已导入 1,457 行，3 行需要更正。")],
        problems: vec![
            problem(18, "证件号码", "第18位应为 X，请核对第 1–17 位"),
            problem(203, "手机号码", "应为 11 位，现为 10 位"),
            problem(977, "聘任日期", "不能晚于今天"),
        ],
        files: vec![link("下载标注后的表格", "#")],
        actions: vec![ActionView {
            label: s("停止导入"),
            target: Target::Post(s("#"), vec![]),
            weight: Weight::Danger,
            confirm: Some(s("停止后，已导入的各行保留。要停止吗？")),
        }],
        csrf: s("sample"),
    };
    page(&frame("导入", "/b/team", &[("队伍建设", "#")]), progress::work(&view))
}

fn refused_page() -> Markup {
    page(
        &frame("没有找到", "", &[]),
        refused::refused(&refused::RefusedView::not_found("0195-7c2e-41b8")),
    )
}

fn failed_page() -> Markup {
    page(
        &frame("没能完成", "", &[]),
        refused::refused(&refused::RefusedView::failed("0195-7c2e-41b9")),
    )
}

fn create_page() -> Markup {
    let kind = |label: &str, what: &str| (s(label), s("#"), s(what));
    let views = [
        hub::CreateView {
            business: s("人民调解"),
            icon: Icon::named("对话"),
            kinds: vec![
                kind("登记纠纷", "当事人申请、主动发现或其他单位移交的纠纷"),
                kind("登记排查", "一次矛盾纠纷排查及其发现"),
            ],
        },
        hub::CreateView {
            business: s("社区矫正"),
            icon: Icon::Corrections,
            kinds: vec![kind("调查评估", "受委托的社会调查评估")],
        },
    ];
    page(
        &frame("新建", "/new", &[]),
        hub::create("新建", &[link("调解案件：未命名，昨天 16:20 保存", "#")], &views),
    )
}

fn business_page() -> Markup {
    let view = hub::BusinessView {
        title: s("人民调解"),
        help: s("预防和化解民间纠纷。"),
        basis: s("人民调解法"),
        kinds: vec![hub::KindView {
            label: s("调解案件"),
            href: s("#"),
            help: s("一件纠纷从登记到归档的全部记录。"),
            create: Some(s("#")),
        }],
        attached: vec![hub::KindView {
            label: s("回访记录"),
            href: s("#"),
            help: s("协议履行得怎样。"),
            create: Some(s("#")),
        }],
        events: s("#"),
        reports: vec![link("人民调解案件情况统计表", "#")],
    };
    page(&frame("人民调解", "/b/mediation", &[]), hub::business(&view))
}

fn search_page() -> Markup {
    let hit = |title: &str, detail: &str, state| hub::HitView {
        title: s(title),
        href: s("#"),
        detail: s(detail),
        state,
        found: vec![hub::FoundPart {
            label: s("当事人：姓名或者名称"),
            before: s(""),
            hit: s("沈国强"),
            after: s(""),
        }],
    };
    let view = hub::SearchView {
        query: s("沈国强"),
        asked: true,
        next: Some(s("#")),
        groups: vec![
            hub::HitGroup {
                title: s("人员"),
                hits: vec![hit("沈国强", "男，1978年4月，北桥镇青石村，330106********301*", None)],
                more: None,
            },
            hub::HitGroup {
                title: s("调解案件"),
                hits: vec![
                    hit(
                        "北调〔2026〕第 0018 号　物业纠纷",
                        "2026年2月18日 受理，陈静 承办",
                        Some(tone("调解中", Tone::Active)),
                    ),
                    hit(
                        "北调〔2024〕第 0107 号　邻里纠纷",
                        "2024年6月3日 受理，吴长河 承办",
                        Some(tone("已终结", Tone::Done)),
                    ),
                ],
                more: Some(s("#")),
            },
        ],
        create: vec![],
    };
    page(&frame("查找", "/search", &[]), hub::search(&view))
}

fn me_page() -> Markup {
    let post = |unit: &str, current| hub::PostView {
        label: s("司法所工作人员"),
        unit: s(unit),
        help: s("指导辖区调委会，办理司法所各项业务。"),
        current,
        fields: vec![],
    };
    let held = [post("云溪区北桥司法所", true), post("云溪区西埠司法所", false)];
    let body = hub::me(&account(), &held, &nav(""), &[link("修改密码", "#")], "sample");
    page(&frame("我的", "/me", &[]), body)
}
