//! Files that are opened with a reason: the page that asks for it, the files behind a figure by
//! number and unit, and the reasons that were written.

use super::filing::words;
use super::part::{FactView, facts, hidden};
use maud::{Markup, html};

/// The page that asks for a reason.
#[derive(Clone, Debug, Default)]
pub struct ReasonView {
    /// What is told of the file before it is opened.
    pub facts: Vec<FactView>,
    /// Where the form leads.
    pub action: String,
    /// Who asks, as it will be recorded.
    pub who: String,
    /// For how long the reason holds, e.g. 24小时.
    pub holds: String,
    /// What was typed: why and basis.
    pub typed: (String, String),
    /// What is wrong with either.
    pub errors: (Option<String>, Option<String>),
    /// The token of the form.
    pub csrf: String,
}

/// Draws it.
pub fn reason(view: &ReasonView) -> Markup {
    html! {
        header.head { h1 { "写理由查看" } }
        section.panel {
            (facts(&view.facts, ""))
            p { "这份档案平日不向您的岗位开放。工作确实需要的，写明理由和依据以后可以查看。" }
            p { "会记下：谁（" (view.who) "）、什么时候、看哪份档案、理由和依据。保管单位在档案的办理记录里看得到，审计员可以逐条查。" }
            p.muted { "写一次，" (view.holds) "内有效，只开这一份和附在它上面的；只能看页面，敏感的号码仍然遮住。" }
            form.confirm method="post" action=(view.action) {
                (hidden("_csrf", &view.csrf))
                (words("why", "理由（为什么要看）", &view.typed.0, view.errors.0.as_deref(), true))
                (words("basis", "依据（哪条规定、哪份文件或者哪件交办）", &view.typed.1, view.errors.1.as_deref(), true))
                p.muted { "请不要在这里写当事人的姓名和证件号码。" }
                div.actions { button.btn.primary { "记下理由，查看" } }
            }
        }
    }
}

/// A file behind a figure.
#[derive(Clone, Debug, Default)]
pub struct BehindRow {
    /// Its number, or what stands for it.
    pub number: String,
    /// Who keeps it.
    pub unit: String,
    /// When it was registered, in words.
    pub registered: String,
    /// Its page, which asks for a reason.
    pub href: String,
}

/// The files behind a figure.
#[derive(Clone, Debug, Default)]
pub struct BehindView {
    /// E.g. 社区矫正对象.
    pub title: String,
    /// How many, in words.
    pub count_text: String,
    /// The files.
    pub rows: Vec<BehindRow>,
    /// The page after.
    pub next: Option<String>,
}

/// Draws them.
pub fn behind(view: &BehindView) -> Markup {
    html! {
        header.head { h1 { (view.title) } span.muted { (view.count_text) } }
        p { "您的岗位看数字。这里只列编号和保管单位；要看其中一份，须先写明理由和依据，每次都有记录。封存的不列。" }
        @if view.rows.is_empty() {
            div.empty { p { "这个数字背后没有可以列出的档案。" } }
        } @else {
            table.cards data-keys {
                caption.vh { "数字背后的档案" }
                thead { tr {
                    th scope="col" { "编号" } th scope="col" { "保管单位" } th scope="col" { "登记日期" }
                    th.do scope="col" { "办理" }
                } }
                tbody { @for row in &view.rows { tr {
                    th scope="row" { (row.number) }
                    td data-label="保管单位" { (row.unit) }
                    td.date data-label="登记日期" { (row.registered) }
                    td.do { a.quiet href=(row.href) { "写理由查看" span.vh { "：" (row.number) } } }
                } } }
            }
        }
        @if let Some(href) = &view.next {
            nav.pager aria-label="翻页" { a.btn rel="next" href=(href) { "下一页" } }
        }
    }
}

/// A reason that was written.
#[derive(Clone, Debug, Default)]
pub struct LookRow {
    /// When, in words.
    pub at: String,
    /// Name, role and unit of whoever looked.
    pub who: String,
    /// Kind and number of the file.
    pub file: String,
    /// Who keeps it.
    pub unit: String,
    /// What for.
    pub why: String,
    /// On what.
    pub basis: String,
}

/// The reasons that were written.
#[derive(Clone, Debug, Default)]
pub struct LooksView {
    /// The reasons, newest first.
    pub rows: Vec<LookRow>,
    /// The page after.
    pub next: Option<String>,
}

/// Draws them.
pub fn looks(view: &LooksView) -> Markup {
    html! {
        header.head { h1 { "写理由查看的记录" } }
        p { "平日只看数字的岗位，写了理由才打开的档案。新的在前；写下以后不能改。" }
        @if view.rows.is_empty() {
            div.empty { p { "还没有人写理由查看过。" } }
        } @else {
            table.cards data-keys {
                caption.vh { "写理由查看的记录" }
                thead { tr {
                    th scope="col" { "谁" } th scope="col" { "什么时候" } th scope="col" { "档案" }
                    th scope="col" { "保管单位" } th scope="col" { "理由" } th scope="col" { "依据" }
                } }
                tbody { @for row in &view.rows { tr {
                    th scope="row" { (row.who) }
                    td.date data-label="什么时候" { (row.at) }
                    td data-label="档案" { (row.file) }
                    td data-label="保管单位" { (row.unit) }
                    td data-label="理由" { (row.why) }
                    td data-label="依据" { (row.basis) }
                } } }
            }
        }
        @if let Some(href) = &view.next {
            nav.pager aria-label="翻页" { a.btn rel="next" href=(href) { "下一页" } }
        }
    }
}
