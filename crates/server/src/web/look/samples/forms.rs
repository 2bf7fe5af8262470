//! Samples of forms: a long one with every kind of field, and a short one for an act.

use maud::Markup;

use super::*;

fn choices(texts: &[(&str, &str)], chosen: usize) -> Vec<ChoiceView> {
    let each = texts.iter().enumerate().map(|(at, (group, label))| ChoiceView {
        group: (!group.is_empty()).then(|| s(group)),
        option: option(&at.to_string(), label, at == chosen),
    });
    each.collect()
}

fn must(name: &str, label: &str, input: Input) -> FieldView {
    FieldView { required: true, ..FieldView::new(name, label, input) }
}

fn intake() -> form::SectionView {
    let date = DateInput { value: s("2026-03-02"), min: None, max: Some(s("2026-03-02")) };
    let kinds = choices(
        &[
            ("民间纠纷", "婚姻家庭纠纷"),
            ("民间纠纷", "邻里纠纷"),
            ("民间纠纷", "房屋宅基地纠纷"),
            ("行业纠纷", "物业纠纷"),
            ("行业纠纷", "医疗纠纷"),
            ("行业纠纷", "劳动争议"),
        ],
        3,
    );
    let source = choices(&[("", "依申请"), ("", "主动调解"), ("", "委托移送")], 0);
    let amount = NumberInput { value: s("12.6万"), unit: Some(s("元")), decimals: true };
    form::SectionView {
        id: s("intake"),
        title: s("受理"),
        hint: None,
        when: None,
        fields: vec![
            must("accepted_on", "受理日期", Input::Date(date)),
            must("dispute_type", "纠纷类别", Input::Choice(kinds)),
            must("source", "案件来源", Input::Choice(source)),
            FieldView {
                error: Some(s("请只填数字，单位是元，例如 126000")),
                ..FieldView::new("amount", "涉案金额", Input::Number(amount))
            },
            must("large", "是否疑难复杂", Input::Choice(choices(&[("", "是"), ("", "否")], 1))),
            FieldView::new(
                "people_count",
                "涉及人数",
                Input::Number(NumberInput { value: s("2"), unit: Some(s("人")), decimals: false }),
            ),
            FieldView {
                hint: Some(s("写清时间、地点、起因和双方要求。")),
                ..must(
                    "summary",
                    "纠纷简要情况",
                    Input::LongText(
                        s(
                            "因地下车库渗水三次报修未果，业主拒交两年物业费，物业公司上门催收时发生争吵。",
                        ),
                        2000,
                    ),
                )
            },
        ],
    }
}

fn found() -> FoundView {
    FoundView {
        id: s("p1"),
        name: s("沈国强"),
        detail: s("男，1978年4月12日，330106********301*，138****0217，北桥镇青石村"),
        why: s("证件号相同"),
    }
}

fn row_fields(index: &str, person: PickInput) -> Vec<FieldView> {
    let path = |name: &str| format!("parties.{index}.{name}");
    let role = choices(&[("", "申请人"), ("", "被申请人"), ("", "第三人")], 0);
    let known = |name: &str, label: &str, value: &str, kind| FieldView {
        source: (!value.is_empty()).then(|| s("人员档案")),
        ..FieldView::new(&path(name), label, Input::Text(s(value), 60, kind))
    };
    let value = if person.chosen.is_some() { "沈国强" } else { "" };
    vec![
        must(&path("role"), "身份", Input::Choice(role)),
        FieldView::new(&path("person"), "人员档案", Input::Pick(person)),
        FieldView { required: true, ..known("name", "姓名", value, TextKind::Plain) },
        FieldView {
            when: Some(format!("parties.{index}.role=0,1")),
            error: (index == "1").then(|| s("第18位应为 8，请核对第 1–17 位")),
            ..known("id_number", "证件号码", "", TextKind::IdNumber)
        },
    ]
}

fn archive() -> PickInput {
    PickInput {
        by: s("姓名、证件号码、电话"),
        mark: s("已有档案"),
        none: s("档案中没有，请在下面填写。"),
        ..Default::default()
    }
}

fn parties() -> form::SectionView {
    let known = PickInput { chosen: Some(found()), ..archive() };
    let asked = PickInput {
        query: s("郑敏"),
        found: Some(vec![FoundView {
            id: s("p2"),
            name: s("郑敏"),
            detail: s("女，1985年9月23日，330106********102*，西埠街道"),
            why: s("姓名相同"),
        }]),
        ..archive()
    };
    let kept = |index: usize, person| RowInput {
        index,
        id: String::new(),
        fields: row_fields(&index.to_string(), person),
    };
    let rows = RowsInput {
        item: s("当事人"),
        rows: vec![kept(0, known), kept(1, asked)],
        blank: row_fields("#", archive()),
        can_add: true,
        can_remove: true,
    };
    form::SectionView {
        id: s("parties"),
        title: s("当事人"),
        hint: Some(s("至少两名。先查找档案，已有的资料不必再填。")),
        when: None,
        fields: vec![must("parties", "当事人", Input::Rows(rows))],
    }
}

fn rest() -> form::SectionView {
    let place = PlaceInput {
        divisions: choices(
            &[("北桥镇", "青石村"), ("北桥镇", "桥头社区"), ("西埠街道", "西埠社区")],
            0,
        ),
        address: s("青石小区 3 幢地下车库"),
        ..Default::default()
    };
    let methods = choices(
        &[
            ("", "当面调解"),
            ("", "电话调解"),
            ("", "视频调解"),
            ("", "联合调解"),
            ("", "巡回调解"),
            ("", "专家参与"),
        ],
        1,
    );
    form::SectionView {
        id: s("place"),
        title: s("地点与材料"),
        hint: None,
        when: None,
        fields: vec![
            FieldView::new("place", "发生地点", Input::Place(Box::new(place))),
            FieldView::new("methods", "拟采用的方式", Input::Choices(methods)),
            FieldView::new(
                "committee",
                "受理调委会",
                Input::Pick(PickInput {
                    query: s("青石"),
                    suggestions: vec![s("北桥镇青石村人民调解委员会")],
                    found: Some(vec![]),
                    none: s("没有找到，请换一个名称或编号。"),
                    ..Default::default()
                }),
            ),
            FieldView {
                hint: Some(s("照片、合同、收据等，每个不超过 20 兆。")),
                ..FieldView::new(
                    "evidence",
                    "证据材料",
                    Input::File(FileInput {
                        value: s("0123 车库渗水.jpg"),
                        kept: vec![(s("车库渗水.jpg"), s("#"), s("1.2 兆"))],
                        accept: s("image/*,.pdf"),
                        camera: false,
                        many: true,
                    }),
                )
            },
            FieldView::new("heard_at", "约定调解时间", Input::DateTime(DateInput::default())),
            FieldView::new("phone", "来电号码", Input::Text(String::new(), 20, TextKind::Phone)),
            FieldView::new(
                "id_number",
                "代办人证件号码",
                Input::Text(String::new(), 18, TextKind::IdNumber),
            ),
            FieldView::new(
                "uscc",
                "统一社会信用代码",
                Input::Text(String::new(), 18, TextKind::Uscc),
            ),
            FieldView::new("term", "调解期限", Input::Shown(s("2026年4月2日 (周四)"))),
        ],
    }
}

pub(super) fn form_page() -> Markup {
    let error = |field: &str, label: &str, message: &str| form::ErrorView {
        field: s(field),
        label: s(label),
        message: s(message),
        basis: None,
    };
    let view = form::FormView {
        title: s("登记纠纷"),
        lead: Some(s("登记后由调委会决定是否受理。")),
        action: s("/b/mediation/new"),
        csrf: s("sample"),
        draft_url: Some(s("/drafts/1")),
        draft_saved: Some(s("已于 14:05 保存")),
        errors: vec![
            error("amount", "涉案金额", "请只填数字，单位是元，例如 126000"),
            error("parties.1.id_number", "当事人 2 证件号码", "第18位应为 8，请核对第 1–17 位"),
        ],
        warnings: vec![form::WarningView {
            message: s("金额超过 10 万元，请核对难度是否为「简易」。"),
            basis: None,
        }],
        sections: vec![intake(), parties(), rest()],
        submit: s("登记"),
        cancel: s("/b/mediation"),
        ..Default::default()
    };
    page(
        &frame(
            "登记纠纷",
            "/b/mediation",
            &[("人民调解", "/b/mediation"), ("调解案件", "/b/mediation")],
        ),
        form::form(&view),
    )
}

pub(super) fn action_page() -> Markup {
    let ways = choices(&[("", "书面协议"), ("", "口头协议")], 0);
    let view = form::FormView {
        title: s("达成协议"),
        lead: Some(s("北调〔2026〕第 0018 号　沈国强与云溪顺达物业服务有限公司物业纠纷")),
        action: s("#"),
        csrf: s("sample"),
        sections: vec![form::SectionView {
            id: s("agree"),
            title: s("协议"),
            hint: None,
            when: None,
            fields: vec![
                must(
                    "agreed_on",
                    "达成日期",
                    Input::Date(DateInput { value: s("2026-03-02"), ..Default::default() }),
                ),
                must("form", "协议形式", Input::Choice(ways)),
                must("text", "协议内容", Input::LongText(String::new(), 4000)),
            ],
        }],
        submit: s("达成协议"),
        cancel: s("#"),
        ..Default::default()
    };
    page(
        &frame("达成协议", "/b/mediation", &[("人民调解", "#"), ("北调〔2026〕第 0018 号", "#")]),
        form::form(&view),
    )
}
