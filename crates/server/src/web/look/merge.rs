//! Two records that mean one, beside each other: which remains, which value stays where they differ,
//! and why. And first: where the other one is found.

use maud::{Markup, html};

use super::form::{ErrorView, WarningView, error_summary, warnings};
use super::hub::{HitView, hit};
use super::part::hidden;
use super::person::LifeView;

/// One of the two.
#[derive(Clone, Debug, Default)]
pub struct SideView {
    /// `left` or `right`.
    pub side: &'static str,
    /// What it is called.
    pub title: String,
    /// Its page.
    pub href: String,
    /// The unit that keeps it, and when it was made, in words.
    pub about: String,
    /// What it was concerned in, as far as the reader may see.
    pub life: Vec<LifeView>,
}

/// A field in which they differ.
#[derive(Clone, Debug, Default)]
pub struct MergeField {
    /// The field's name; the choice is sent as `take.NAME`, `left` or `right`.
    pub name: String,
    /// Its label.
    pub label: String,
    /// What each says.
    pub values: [String; 2],
    /// Whether one of them is to be chosen; else what becomes of them, in words.
    pub open: bool,
    /// What becomes of them, where there is no choice.
    pub note: String,
    /// Whether the left one is chosen.
    pub left: bool,
}

/// The page.
#[derive(Clone, Debug, Default)]
pub struct MergeView {
    /// Its title.
    pub title: String,
    /// Where it is sent.
    pub action: String,
    /// The token of the form.
    pub csrf: String,
    /// Versions, the other record, the key.
    pub hidden: Vec<(String, String)>,
    /// The two.
    pub sides: [SideView; 2],
    /// Whether the left one remains.
    pub left: bool,
    /// Where they differ.
    pub fields: Vec<MergeField>,
    /// In how many facts they agree.
    pub same: usize,
    /// What was typed as the reason.
    pub reason: String,
    /// What is wrong.
    pub errors: Vec<ErrorView>,
    /// What to look at again.
    pub warnings: Vec<WarningView>,
    /// Where one goes to leave it.
    pub cancel: String,
}

/// Draws it.
pub fn merge(view: &MergeView) -> Markup {
    let wrong = view.errors.iter().find(|error| error.field == "reason");
    html! {
        header.head {
            h1 { (view.title) }
            p.lead { "不留下的一份不删除：它指向留下的一份，找到它的人看到的是留下的一份；引用它的业务档案不改动。合并可以撤销。" }
        }
        (error_summary(&view.errors))
        form method="post" action=(view.action) data-once {
            (hidden("_csrf", &view.csrf))
            @for (name, value) in &view.hidden { (hidden(name, value)) }
            (table(view))
            div class=(if wrong.is_some() { "field wide wrong" } else { "field wide" }) {
                label for="f-reason" { "合并的理由 " span.must { "必填" } }
                textarea id="f-reason" name="reason" rows="2" maxlength="200"
                    aria-describedby=[wrong.map(|_| "e-reason")] { (view.reason) }
                @if let Some(error) = wrong { p.error id="e-reason" { (error.message) } }
            }
            (warnings(&view.warnings))
            div.actions.foot {
                button.btn.primary data-submit { "合并" }
                a.quiet href=(view.cancel) { "取消" }
            }
        }
    }
}

fn table(view: &MergeView) -> Markup {
    let [left, right] = &view.sides;
    html! {
        table.cards.conflict {
            caption { (view.fields.len()) " 项不同，其余 " (view.same) " 项相同" }
            thead { tr {
                th scope="col" { "项目" } th scope="col" { "第一份" } th scope="col" { "第二份" }
            } }
            tbody {
                tr {
                    th scope="row" { "留下哪一份" }
                    td data-label="第一份" { (stays(left, view.left)) }
                    td data-label="第二份" { (stays(right, !view.left)) }
                }
                @for one in &view.fields { (row(one)) }
                tr {
                    th scope="row" { "涉及的业务" span.sub { "合并以后在一处看" } }
                    td data-label="第一份" { (life(left)) }
                    td data-label="第二份" { (life(right)) }
                }
            }
        }
    }
}

fn stays(side: &SideView, chosen: bool) -> Markup {
    html! {
        label.box {
            input type="radio" name="stays" value=(side.side) checked[chosen]
                aria-label={ "留下" (side.title) "，" (side.about) };
            span { b { (side.title) } span.sub { (side.about) } }
        }
        a.quiet href=(side.href) { "打开" span.vh { (side.title) "，" (side.about) } }
    }
}

fn row(one: &MergeField) -> Markup {
    let cell = |at: usize, side: &str, chosen: bool| {
        let text = one.values.get(at).map_or("", String::as_str);
        let plain = if text.is_empty() { "未填" } else { text };
        html! {
            @if one.open {
                label.box {
                    input type="radio" name={ "take." (one.name) } value=(side) checked[chosen]
                        aria-label={ (one.label) "：" (plain) };
                    span { (text) }
                }
            } @else if text.is_empty() { span.muted { "未填" } } @else { (text) }
        }
    };
    html! {
        tr {
            th scope="row" { (one.label) @if !one.note.is_empty() { span.sub { (one.note) } } }
            td data-label="第一份" { (cell(0, "left", one.left)) }
            td data-label="第二份" { (cell(1, "right", !one.left)) }
        }
    }
}

fn life(side: &SideView) -> Markup {
    html! {
        @if side.life.is_empty() { span.muted { "没有，或者不在您可看的范围" } }
        @else {
            ul.plain {
                @for one in &side.life {
                    li {
                        @if let Some(href) = &one.href { a href=(href) { (one.text) } } @else { (one.text) }
                        span.sub { (one.at) "　" (one.business) }
                    }
                }
            }
        }
    }
}

/// Where the other one is found.
#[derive(Clone, Debug, Default)]
pub struct FindView {
    /// The page's title.
    pub title: String,
    /// Whom another is looked for.
    pub about: String,
    /// Where it is asked.
    pub action: String,
    /// What was looked for.
    pub query: String,
    /// Others that may mean the same; each leads to the comparison.
    pub hits: Vec<HitView>,
    /// Where one goes to leave it.
    pub cancel: String,
}

/// Draws the search for the other one.
pub fn find(view: &FindView) -> Markup {
    html! {
        header.head { h1 { (view.title) } p.lead { (view.about) } }
        form.big-find action=(view.action) role="search" aria-label="查找另一份" {
            label for="q2" { "另一份的姓名、拼音、证件号、电话" }
            span.with-button {
                input #q2 type="search" name="q" value=(view.query) maxlength="60" autocomplete="off";
                button.btn.primary { "查找" }
            }
        }
        section.panel {
            header { h2 { "可能是同一个的 " span.muted { (view.hits.len()) } } }
            @if view.hits.is_empty() { p.muted { "没有找到另一份。可以换成全名、证件号码或者电话再试。" } }
            @else { ul.ways data-keys { @for one in &view.hits { (hit(one)) } } }
        }
        p { a.quiet href=(view.cancel) { "取消" } }
    }
}
