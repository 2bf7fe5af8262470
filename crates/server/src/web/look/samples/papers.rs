//! Samples of what is read: a record, a person, a report.

use maud::Markup;

use super::*;

fn intake() -> record::RecordSection {
    record::RecordSection {
        id: s("intake"),
        title: s("受理"),
        edit_href: Some(s("#")),
        facts: vec![
            FactView::text("受理日期", "2026年2月18日 (周三)"),
            FactView::text("纠纷类别", "物业纠纷"),
            FactView::text("案件来源", "依申请"),
            FactView::text("涉案金额", "12,600.00元"),
            FactView {
                source: Some(s("网格上报")),
                ..FactView::text("发生地点", "北桥镇青石村 青石小区 3 幢")
            },
            FactView::of(
                "简要情况",
                Value::Long(s(
                    "因地下车库渗水三次报修未果，业主拒交两年物业费，物业公司上门催收时发生争吵。\n双方均愿意调解。",
                )),
            ),
        ],
        tables: vec![],
        ..Default::default()
    }
}

fn parties() -> record::RecordSection {
    let row = |name: &str, role: &str, number: &str, phone: &str| {
        vec![
            Value::Link(s(name), s("#")),
            Value::Text(s(role)),
            Value::Masked(s(number), Some(s("#"))),
            Value::Text(s(phone)),
        ]
    };
    let heads = ["姓名或名称", "身份", "证件号码", "电话"];
    record::RecordSection {
        id: s("parties"),
        title: s("当事人"),
        edit_href: Some(s("#")),
        facts: vec![],
        tables: vec![record::RowsView {
            title: s("当事人 2 名"),
            columns: heads.iter().map(|head| (s(head), false)).collect(),
            rows: vec![
                row("沈国强", "申请人", "330106********301*", "138****0217"),
                row("云溪顺达物业服务有限公司", "被申请人", "9133********4X2R", "0571-****0032"),
            ],
        }],
        cards: vec![(s("1. 沈国强"), vec![FactView::text("身份", "申请人")])],
        add: Some(link("新建", "#")),
    }
}

fn side(view: record::RecordView) -> record::RecordView {
    let paper = |title: &str, href: Option<&str>, why: Option<&str>| record::PaperView {
        page: href.map(|_| s("#")),
        title: s(title),
        href: href.map(s),
        word: href.map(s),
        why_not: why.map(s),
        note: None,
    };
    record::RecordView {
        limits: vec![
            record::LimitView {
                title: s("调解期限"),
                due: Some(DueView::in_days("2026年3月18日 (周三)", 16)),
                ended: None,
                derivation: s("2026年2月18日受理，次日起算，一个月，届满日为3月18日。"),
                basis: s("人民调解工作若干规定 第33条"),
                href: Some(s("#")),
            },
            record::LimitView {
                title: s("首次调解"),
                due: None,
                ended: Some(tone("已于 2月21日 完成", Tone::Good)),
                derivation: s("受理后三个工作日内。"),
                basis: s("北桥司法所工作制度 第8条"),
                href: None,
            },
        ],
        people: vec![
            record::RoleView {
                role: s("申请人"),
                name: s("沈国强"),
                href: Some(s("#")),
                others: vec![s("2024年 邻里纠纷 被申请人，已终结")],
            },
            record::RoleView {
                role: s("调解员"),
                name: s("陈静"),
                href: Some(s("#")),
                others: vec![],
            },
        ],
        papers: vec![
            paper("人民调解申请书", Some("#"), None),
            paper("受理登记表", Some("#"), None),
            paper("人民调解协议书", None, Some("达成协议后可以出具")),
        ],
        related: vec![link("以案定补申报 2026年2月", "#")],
        links: vec![link("打印本页", "#"), link("整卷 PDF", "#")],
        ..view
    }
}

pub(super) fn record_page() -> Markup {
    let entry = |at: &str, text: &str, changes: &[&str]| record::HistoryView {
        at: s(at),
        text: s(text),
        changes: changes.iter().map(|line| s(line)).collect(),
    };
    let view = side(record::RecordView {
        number: s("北调〔2026〕第 0018 号"),
        title: s("沈国强与云溪顺达物业服务有限公司物业纠纷"),
        state: tone("调解中", Tone::Active),
        owner: s("陈静（北桥镇调委会）"),
        next_limit: Some((s("调解期限"), DueView::in_days("2026年3月18日 (周三)", 16))),
        actions: vec![
            go("达成协议", "#", Weight::Primary),
            go("调解不成", "#", Weight::Plain),
            go("移交", "#", Weight::Plain),
            ActionView {
                label: s("撤回"),
                target: Target::Post(s("#"), vec![]),
                weight: Weight::Danger,
                confirm: Some(s("撤回后案件终结，不能恢复。要撤回吗？")),
            },
        ],
        sections: vec![intake(), parties()],
        history: vec![
            entry(
                "3月1日 10:20",
                "陈静 更正了受理信息",
                &["涉案金额：12,000.00元 改为 12,600.00元"],
            ),
            entry("2月21日 09:30", "陈静 主持第一次调解", &[]),
            entry("2月18日 15:12", "陈静 受理", &[]),
            entry("2月18日 14:40", "沈国强 经便民服务页申请", &[]),
        ],
        history_href: Some(s("#")),
        csrf: s("sample"),
        ..Default::default()
    });
    page(
        &frame("北调〔2026〕第 0018 号", "/b/mediation", &[("人民调解", "#"), ("调解案件", "#")]),
        record::record(&view),
    )
}

pub(super) fn person_page() -> Markup {
    let life = |at: &str, business: &str, text: &str, state| person::LifeView {
        at: s(at),
        business: s(business),
        text: s(text),
        href: Some(s("#")),
        state: Some(state),
    };
    let identity = record::RecordSection {
        id: s("identity"),
        title: s("身份"),
        edit_href: Some(s("#")),
        facts: vec![
            FactView::text("性别", "男"),
            FactView::text("出生日期", "1978年4月12日"),
            FactView::of("证件号码", Value::Masked(s("330106********301*"), None)),
        ],
        ..Default::default()
    };
    let view = record::RecordView {
        number: s("人员"),
        title: s("沈国强"),
        owner: s("北桥镇"),
        sections: vec![identity],
        life: Some(vec![
            life("2026年2月18日", "人民调解", "作为申请人，物业纠纷", tone("调解中", Tone::Active)),
            life("2024年6月3日", "人民调解", "作为被申请人，邻里纠纷", tone("已终结", Tone::Done)),
        ]),
        csrf: s("sample"),
        ..Default::default()
    };
    page(&frame("沈国强", "/people", &[("人员", "/people")]), record::record(&view))
}

const KINDS: [(&str, u32); 8] = [
    ("婚姻家庭纠纷", 96),
    ("邻里纠纷", 132),
    ("房屋宅基地纠纷", 41),
    ("合同纠纷", 27),
    ("物业纠纷", 58),
    ("损害赔偿纠纷", 44),
    ("劳动争议", 19),
    ("征地拆迁安置补偿纠纷", 7),
];

fn charts() -> Vec<Chart> {
    let bars = KINDS.iter().map(|(label, count)| Bar {
        label: s(label),
        value: f64::from(*count),
        shown: format!("{count} 件"),
    });
    let this = [31, 42, 38, 35, 40, 44, 37, 33, 36, 41, 47];
    let last = [28, 30, 35, 33, 36, 39, 38, 31, 30, 34, 40, 43];
    let values =
        |counts: &[i32]| (0..12).map(|at| counts.get(at).map(|count| f64::from(*count))).collect();
    vec![
        Chart::Bar(BarChart {
            title: s("按纠纷类别"),
            description: s("邻里纠纷最多，132 件；征地拆迁最少，7 件。"),
            bars: bars.collect(),
        }),
        Chart::Line(LineChart {
            title: s("按月受理"),
            description: s("本年各月受理多在 30 至 47 件之间，高于上年同期。"),
            unit: s("件"),
            points: (1..=12).map(|month| format!("{month}月")).collect(),
            series: vec![
                Series { name: s("2025年"), values: values(&this) },
                Series { name: s("2024年"), values: values(&last) },
            ],
        }),
    ]
}

fn table() -> report::OfficialTable {
    let cell =
        |label: &str, colspan, rowspan| report::HeadCell { label: s(label), colspan, rowspan };
    let figure = |count: u32| report::FigureView {
        text: count.to_string(),
        href: Some(s("#")),
        change: None,
        column: s("total"),
        wrong: false,
    };
    let row = |label: &str, count: u32, indent, total| report::TableRow {
        key: s("total"),
        state: None,
        href: None,
        label: s(label),
        indent,
        total,
        figures: [
            count,
            count * 97 / 100,
            count * 70 / 100,
            count * 27 / 100,
            count * 92 / 100,
            count * 8 / 100,
        ]
        .into_iter()
        .map(figure)
        .collect(),
    };
    let sum = KINDS.iter().map(|kind| kind.1).sum();
    let mut rows = vec![row("合计", sum, 0, true)];
    rows.extend(KINDS.iter().map(|(label, count)| row(label, *count, 1, false)));
    if let Some(first) = rows.first_mut().and_then(|row| row.figures.first_mut()) {
        first.change = Some(s("比上年 +12.5%"));
    }
    report::OfficialTable {
        caption: s("人民调解案件情况统计表"),
        note: s("单位：件"),
        head: vec![
            vec![
                cell("纠纷类别", 1, 2),
                cell("调解", 2, 1),
                cell("协议形式", 2, 1),
                cell("履行", 2, 1),
            ],
            vec![
                cell("受理", 1, 1),
                cell("成功", 1, 1),
                cell("书面", 1, 1),
                cell("口头", 1, 1),
                cell("已履行", 1, 1),
                cell("未履行", 1, 1),
            ],
        ],
        rows,
    }
}

fn filing_section() -> filing::FilingView {
    let open = filing::OpenView {
        name: s("open.F4"),
        words: s("核对 F4“口头协议与书面协议之和等于调解成功”不符：北桥镇"),
        typed: s("有一件"),
        error: Some(s("请写明情况，500字以内")),
    };
    filing::FilingView {
        period: s("2025年下半年"),
        way: s("乡镇确认，县审核；县、市依次确认，上一级审核。"),
        late: vec![filing::LateView {
            column: s("调解案件总数（件）"),
            confirmed: s("412"),
            present: s("411"),
            since: s("1月8日"),
            causes: vec![filing::CauseView {
                text: s("王桂香与李国庆的邻里纠纷：变更协议，陈明 1月8日"),
                href: Some(s("#")),
            }],
            note: s("另有2份档案，您看不到"),
        }],
        rounds: vec![filing::RoundView {
            title: s("第1次"),
            state: tone("已审核", Tone::Good),
            facts: vec![s("陈明 1月3日确认，周海 1月4日审核")],
            href: Some(s("#")),
        }],
        confirm: Some(filing::ConfirmForm {
            action: s("#"),
            verb: s("确认更正"),
            open: vec![open],
            corrects: true,
            ..filing::ConfirmForm::default()
        }),
        rule: Some(filing::RuleForm {
            action: s("#"),
            approve: true,
            send_back: true,
            withdraw: true,
            ..filing::RuleForm::default()
        }),
        ..filing::FilingView::default()
    }
}

pub(super) fn report_page() -> Markup {
    let check = |text: &str, passed, detail: Option<&str>| report::CheckView {
        text: s(text),
        passed,
        details: detail.into_iter().map(s).collect(),
    };
    let view = report::ReportView {
        title: s("人民调解案件情况"),
        state: tone("待确认", Tone::Plain),
        definition: vec![
            s("受理：受理日期在本期内的调解案件。撤回的不计。"),
            s("成功：在本期内达成书面或口头协议的案件。"),
        ],
        basis: Some(s("司法行政统计调查制度")),
        query: report::ReportQuery {
            href: s("/statistics/mediation"),
            from: s("2025-01"),
            to: s("2025-12"),
            days: Some((s("2025-01-10"), s("2025-12-20"))),
            as_of: s("2026-01-05"),
            today: s("2026-01-10"),
            usual: vec![link("本月", "#"), link("今年", "#")],
            units: vec![option("1", "云溪区北桥司法所", true)],
            error: None,
        },
        charts: charts(),
        table: table(),
        checks: vec![
            check("合计 = 各纠纷类别之和", true, None),
            check(
                "成功 = 书面 + 口头",
                false,
                Some("合计行：成功 411，书面与口头之和 410，相差 1"),
            ),
        ],
        notes: vec![s("数字截至2026年1月5日终了，以后的变化没有计入。")],
        waiting: vec![filing::WaitingView {
            link: link("南桥镇 人民调解案件情况 2025年下半年", "#"),
            state: tone("待审核", Tone::Warn),
            since: s("1月4日确认"),
        }],
        filing: Some(filing_section()),
        exports: vec![link("导出 Excel", "#"), link("打印", "#")],
        csrf: s("sample"),
    };
    page(
        &frame("人民调解案件情况", "/statistics", &[("报表", "/statistics")]),
        report::report(&view),
    )
}

pub(super) fn limit_page() -> Markup {
    let day = |date: &str, number: &str, note: &str| limit::DayView {
        date: s(date),
        number: s(number),
        note: s(note),
    };
    let view = limit::LimitPage {
        title: s("受理答复"),
        standing: s("临近到期"),
        due: Some(DueView::in_days("2026年2月24日 (周二)", 1)),
        last_moment: None,
        words: s("自2026年2月12日次日起3个工作日，至2026年2月24日"),
        rule: s("自登记日期次日起3个工作日，提前1日提醒"),
        basis: s("人民调解工作若干规定 第24条"),
        law: s("人民调解工作若干规定（司法部令第75号），2002年11月1日起施行"),
        raised: vec![s("2026年2月27日 (周五)起报县")],
        days: vec![
            day("2026年2月12日 (周四)", "", "当日不计"),
            day("2026年2月13日 (周五)", "第1日", ""),
            day("2026年2月14日 (周六)", "第2日", "春节调休上班"),
            day("2026年2月15日 (周日)", "", "春节假期，不计"),
            day("2026年2月24日 (周二)", "第3日", "最后一日"),
        ],
    };
    page(&frame("期限：受理答复", "", &[("王桂香与李国庆的邻里纠纷", "#")]), limit::limit(&view))
}

pub(super) fn paper_page() -> Markup {
    let view = paper::PaperPage {
        title: s("人民调解协议书"),
        links: vec![link("预览按现有内容的新稿", "#")],
        issued: vec![
            paper::IssueRow {
                name: s("第2份"),
                href: s("#"),
                about: vec![
                    s("编号 （2026）梅调协字第7号"),
                    s("今天 10:20 周慧出具，共3页"),
                    s("更正前一份：履行期限写错一天"),
                    s("SM3 8ca2e3abed69d460"),
                ],
                signed: Some(link("签名件：协议书.pdf（今天 16:02归档）", "#")),
            },
            paper::IssueRow { name: s("第1份"), href: s("#"), ..paper::IssueRow::default() },
        ],
        signers: vec![
            paper::SignerRow {
                name: s("申请人"),
                about: s("今天 10:12在周慧的设备上签"),
                href: Some(s("#")),
            },
            paper::SignerRow { name: s("被申请人1"), href: Some(s("#")), ..Default::default() },
        ],
        note: Some(s("被申请人2签名以后文书的内容改过，须重新签名。")),
        actions: vec![go("出具", "#", Weight::Primary)],
        correct: Some(s("#")),
        error: Some(s("请写明更正的理由，印在新的文书上")),
        csrf: s("sample"),
        ..paper::PaperPage::default()
    };
    let place = [("调解案件", "#"), ("陈秀兰与孙㛃滴水沟纠纷", "#")];
    page(&frame("人民调解协议书", "", &place), paper::paper(&view))
}

pub(super) fn sign_page() -> Markup {
    let view = paper::SignPage {
        title: s("人民调解协议书"),
        signer: s("申请人"),
        paper: s("/b/mediation/mediation_case/1/papers/agreement.pdf"),
        action: s("/b/mediation/mediation_case/1/papers/agreement/sign"),
        cancel: s("/b/mediation/mediation_case/1/papers/agreement"),
        signed: true,
        error: Some(s("没有看到笔迹，请签名以后再提交")),
        csrf: s("sample"),
    };
    page(&frame("申请人签名", "", &[("人民调解协议书", "#")]), paper::sign(&view))
}

pub(super) fn dossier_page() -> Markup {
    let piece = |part: &str, name: &str, what: &str| paper::PieceRow {
        part: s(part),
        name: s(name),
        what: s(what),
        href: Some(s("#")),
    };
    let view = paper::DossierPage {
        title: s("人民调解卷宗"),
        state: tone("还缺1项", Tone::Warn),
        missing: vec![(s("卷内缺“当事人身份证明”"), s("人民调解卷宗格式（2010年）"))],
        notes: vec![s("“履行凭证(收条/汇款单)”只有纸质原件，没有扫描")],
        pieces: vec![
            piece("人民调解申请书或人民调解受理登记表", "人民调解申请书", "签名件"),
            piece("人民调解协议书", "人民调解协议书", "已出具，未签名"),
        ],
        actions: vec![go("整卷 PDF", "#", Weight::Primary)],
        why_not: None,
        csrf: s("sample"),
    };
    page(&frame("人民调解卷宗", "", &[("调解案件", "#")]), paper::dossier(&view))
}

pub(super) fn scans_page() -> Markup {
    let view = paper::ScansPage {
        done: vec![(s("协议书.pdf：归到陈秀兰与孙㛃滴水沟纠纷的《人民调解协议书》"), Some(s("#")))],
        waiting: vec![paper::ScanRow {
            name: s("扫描0007.jpg"),
            href: s("#"),
            about: vec![s("没有认出二维码，请看图选择"), s("今天 10:20 周慧上传")],
        }],
        error: Some(s("请选择扫描件")),
        csrf: s("sample"),
    };
    page(&frame("签名件归档", "/scans", &[]), paper::scans(&view))
}

pub(super) fn scan_page() -> Markup {
    let view = paper::ScanPage {
        name: s("扫描0007.jpg"),
        file: s("/scans/1/file"),
        why: s("没有认出二维码，请看图选择"),
        action: s("/scans/1"),
        q: s("陈秀兰"),
        choices: vec![(s("1"), s("人民调解协议书"), s("陈秀兰与孙㛃滴水沟纠纷　第1份，今天出具"))],
        error: Some(s("请选是哪一份文书")),
        csrf: s("sample"),
    };
    page(&frame("认扫描件", "/scans", &[("签名件归档", "/scans")]), paper::scan(&view))
}

/// A city is asked for a reason.
pub(super) fn reason_page() -> Markup {
    let view = reason::ReasonView {
        facts: vec![
            FactView::text("档案", "社区矫正对象　云溪矫〔2026〕0012号"),
            FactView::text("保管单位", "云溪区北桥司法所"),
            FactView::text("登记日期", "2026年2月9日"),
        ],
        action: s("/b/corrections/corr_case/1/look"),
        who: s("云川市 市级司法局工作人员 周敏"),
        holds: s("24小时"),
        typed: (s("核查"), s("省厅监督检查通知第3项")),
        errors: (Some(s("“理由”至少写5个字")), None),
        csrf: s("sample"),
    };
    page(&frame("写理由查看", "/statistics", &[]), reason::reason(&view))
}

/// The files behind a figure.
pub(super) fn behind_page() -> Markup {
    let row = |number: &str, unit: &str, on: &str| reason::BehindRow {
        number: s(number),
        unit: s(unit),
        registered: s(on),
        href: s("/b/corrections/corr_case/1"),
    };
    let view = reason::BehindView {
        title: s("社区矫正对象"),
        count_text: s("共 43 份"),
        rows: vec![
            row("云溪矫〔2026〕0012号", "云溪区北桥司法所", "2026年2月9日"),
            row("没有编号", "云溪区南塘司法所", "2026年2月3日"),
        ],
        next: Some(s("/b/corrections/corr_case?after=1")),
    };
    page(&frame("社区矫正对象", "/statistics", &[("报表", "/statistics")]), reason::behind(&view))
}

/// The reasons an auditor reads.
pub(super) fn looks_page() -> Markup {
    let view = reason::LooksView {
        rows: vec![reason::LookRow {
            at: s("今天 09:12"),
            who: s("云川市 市级司法局工作人员 周敏"),
            file: s("社区矫正对象　云溪矫〔2026〕0012号"),
            unit: s("云溪区北桥司法所"),
            why: s("核查上月脱管人数的认定"),
            basis: s("省厅监督检查通知第3项"),
        }],
        next: None,
    };
    page(&frame("写理由查看的记录", "/looks", &[]), reason::looks(&view))
}

fn drawn(differs: Vec<String>) -> Markup {
    let hash = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    let view = draw::DrawView {
        title: s("2026年第一批"),
        facts: vec![
            FactView::text("抽选", "案卷抽样"),
            FactView::text("抽取", "20"),
            FactView::text("种子摘要值", hash),
            FactView::text(
                "种子",
                "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a",
            ),
            FactView::text("总体", "1,284"),
            FactView::text("总体摘要值", hash),
        ],
        is_drawn: true,
        differs,
        frame: Some(s("/b/supervision/sup_file_batch/1/draw/frame.txt")),
        back: s("/b/supervision/sup_file_batch/1"),
    };
    page(&frame("复核抽选", "/b/supervision", &[]), draw::draw(&view))
}

/// A draw that is the same when it is done again.
pub(super) fn draw_page() -> Markup {
    drawn(Vec::new())
}

/// A draw that somebody has changed.
pub(super) fn draw_differs_page() -> Markup {
    drawn(vec![s("第3个：重抽是梅市监罚〔2025〕7号，档案里记的是梅市监罚〔2025〕9号")])
}
