//! What anybody may look up: one thing by the code on it, a roster, and the list of rosters. Drawn in
//! the frame of the citizens' pages, for a phone first.

use maud::{Markup, PreEscaped, html};

use super::part::{Link, links};

/// One published thing.
#[derive(Clone, Debug, Default)]
pub struct PublishedView {
    /// What stands above it, the first of its facts.
    pub title: String,
    /// Label and value.
    pub facts: Vec<(String, String)>,
    /// Why it is not good for its purpose.
    pub otherwise: Option<String>,
}

/// The answer to a code.
#[derive(Clone, Debug, Default)]
pub struct CheckView {
    /// E.g. 行政执法证件核验.
    pub title: String,
    /// What was found; absent: nothing.
    pub found: Option<PublishedView>,
    /// What the answer is, in a word.
    pub verdict: String,
    /// What it means and what to do.
    pub sentence: String,
    /// When it was looked up.
    pub at: String,
    /// The law.
    pub basis: String,
}

/// Draws the answer to a code.
pub fn check(view: &CheckView) -> Markup {
    let good = view.found.as_ref().is_some_and(|found| found.otherwise.is_none());
    html! {
        h1 { (view.title) }
        section.verdict.good[good] role="status" {
            p.big { (view.verdict) }
            p { (view.sentence) }
        }
        @if let Some(found) = &view.found { (facts(&found.facts)) }
        p.muted { "查询时间 " (view.at) }
        @if !view.basis.is_empty() { p.muted { "依据：" (view.basis) } }
    }
}

fn facts(facts: &[(String, String)]) -> Markup {
    html! {
        dl.answers { @for (label, value) in facts { div { dt { (label) } dd { (value) } } } }
    }
}

/// A roster.
#[derive(Clone, Debug, Default)]
pub struct RosterView {
    /// E.g. 法治文化场所名录.
    pub title: String,
    /// What it is for.
    pub help: String,
    /// Where the form leads.
    pub action: String,
    /// What was looked for.
    pub words: String,
    /// Code, name and whether it is chosen.
    pub divisions: Vec<(String, String, bool)>,
    /// Its rows: the unit that keeps it, and the thing.
    pub rows: Vec<(String, PublishedView)>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// The law.
    pub basis: String,
}

/// Draws a roster.
pub fn roster(view: &RosterView) -> Markup {
    html! {
        h1 { (view.title) }
        @if !view.help.is_empty() { p { (view.help) } }
        form.public-search method="get" action=(view.action) role="search" {
            p { label for="q" { "名称或者地址" } input #q name="q" value=(view.words) maxlength="40" type="search"; }
            p { label for="division" { "地区" }
                select #division name="division" {
                    option value="" { "全部地区" }
                    @for (code, name, chosen) in &view.divisions {
                        option value=(code) selected[*chosen] { (name) }
                    }
                }
            }
            div.actions { button.btn.primary { "查询" } }
        }
        @if view.rows.is_empty() {
            p.empty role="status" {
                @if view.words.is_empty() && !view.divisions.iter().any(|(_, _, chosen)| *chosen) {
                    "这里还没有公开的内容。"
                } @else { "没有查到。可以少写几个字，或者换一个地区再查。" }
            }
        }
        @for (unit, row) in &view.rows {
            section.published {
                h2 { (row.title) }
                @if let Some(words) = &row.otherwise { p.warn { (words) } }
                (facts(&row.facts))
                p.muted { "登记单位 " (unit) }
            }
        }
        nav.pages aria-label="翻页" {
            @if let Some(href) = &view.first { a href=(href) { "回到第一页" } }
            @if let Some(href) = &view.next { a href=(href) rel="next" { "下一页" } }
        }
        @if !view.basis.is_empty() { p.muted { "依据：" (view.basis) } }
    }
}

/// The list of rosters.
#[derive(Clone, Debug, Default)]
pub struct IndexView {
    /// What can be looked through, by business.
    pub rosters: Vec<(String, Vec<Link>)>,
    /// What is checked by its code, in words.
    pub checks: Vec<String>,
}

/// Draws the list of rosters.
pub fn index(view: &IndexView) -> Markup {
    html! {
        h1 { "公众查询" }
        p { "这里的内容依法公开，不用登录。" }
        @for (business, rosters) in &view.rosters { h2 { (business) } (links(rosters)) }
        @if view.rosters.is_empty() { p.empty { "现在还没有公开的名录。" } }
        @if !view.checks.is_empty() {
            h2 { "扫码核验" }
            p { "用手机扫描证件上的二维码，可以核验：" (view.checks.join("、")) "。" }
        }
    }
}

/// A code on a record, for the card that is printed.
#[derive(Clone, Debug, Default)]
pub struct CodeView {
    /// What scanning it opens.
    pub title: String,
    /// Where it leads.
    pub href: String,
    /// The code itself: a drawing; `None` where the house does not know its address.
    pub svg: Option<String>,
}

/// Draws the codes of a record.
pub fn codes(codes: &[CodeView]) -> Markup {
    html! {
        @for code in codes {
            section.public-code {
                h2 { (code.title) }
                @if let Some(svg) = &code.svg {
                    div.qr role="img" aria-label={ (code.title) "二维码" } { (PreEscaped(svg)) }
                }
                p { a href=(code.href) { "看公众扫码后看到什么" } }
                @if code.svg.is_some() {
                    p.muted { "印在证件上。换发、补发以后要印新的码，旧码随即作废。" }
                } @else {
                    p.muted { "平台还没有设置公开地址，印不出二维码，请告知系统管理员。" }
                }
            }
        }
    }
}
