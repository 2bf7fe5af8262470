//! Samples of two records of one person.

use maud::Markup;

use super::*;
use crate::web::look::merge;

fn side(
    side: &'static str,
    title: &str,
    about: &str,
    life: &[(&str, &str, &str)],
) -> merge::SideView {
    let one = |(at, business, text): &(&str, &str, &str)| person::LifeView {
        at: s(at),
        business: s(business),
        text: s(text),
        href: Some(s("#")),
        state: None,
    };
    let life = life.iter().map(one).collect();
    merge::SideView { side, title: s(title), href: s("#"), about: s(about), life }
}

fn field(name: &str, label: &str, values: [&str; 2], note: &str) -> merge::MergeField {
    merge::MergeField {
        name: s(name),
        label: s(label),
        values: values.map(s),
        open: note.is_empty(),
        note: s(note),
        left: true,
    }
}

pub(super) fn merge_page() -> Markup {
    let filled = "有的一份补给留下的一份";
    let view = merge::MergeView {
        title: s("与另一人合并"),
        action: s("#"),
        csrf: s("sample"),
        hidden: vec![(s("with"), s("2"))],
        sides: [
            side(
                "left",
                "杨秀兰",
                "北桥镇青石村，2026年1月8日登记",
                &[("2026年1月8日", "人民调解 · 北桥镇青石村", "当事人　杨秀兰与周建平邻里纠纷")],
            ),
            side(
                "right",
                "杨秀蓝",
                "云溪区北桥司法所，2026年2月27日登记",
                &[("2026年2月27日", "法律服务 · 云溪区北桥司法所", "法律咨询　宅基地继承")],
            ),
        ],
        left: true,
        fields: vec![
            field("full_name", "姓名", ["杨秀兰", "杨秀蓝"], ""),
            field("id_number", "证件号码", ["990106197405120225", ""], filled),
            field("birth_date", "出生日期", ["1974年5月12日", ""], filled),
            field("mobile", "手机", ["199****0021", "199****0034"], ""),
            field("residence_address", "现住址", ["", "北桥镇青石村 41 号"], filled),
        ],
        same: 3,
        errors: vec![form::ErrorView {
            field: s("reason"),
            message: s("请写明理由"),
            ..form::ErrorView::default()
        }],
        warnings: vec![form::WarningView {
            message: s("两份档案的“姓名”不同，请核对是同一人员"),
            basis: None,
        }],
        cancel: s("#"),
        ..merge::MergeView::default()
    };
    page(&frame("与另一人合并", "/people", &[("人员", "/people")]), merge::merge(&view))
}

pub(super) fn find_page() -> Markup {
    let hit = |title: &str, detail: &str| hub::HitView {
        title: s(title),
        href: s("#"),
        detail: s(detail),
        ..hub::HitView::default()
    };
    let view = merge::FindView {
        title: s("与另一人合并"),
        about: s("“杨秀兰”（北桥镇青石村登记）还有一份档案，说的是同一个：先找到那一份，再比较。"),
        action: s("#"),
        query: s("杨秀"),
        hits: vec![
            hit("杨秀蓝", "199****0034，云溪区北桥司法所，2月27日登记"),
            hit("杨秀", "西埠镇，2025年11月3日登记"),
        ],
        cancel: s("#"),
    };
    page(&frame("与另一人合并", "/people", &[("人员", "/people")]), merge::find(&view))
}
