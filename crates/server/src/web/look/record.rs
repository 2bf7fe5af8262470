//! A record: its number, title, state, owner and next limit; what can be done; then what is known.

use maud::{Markup, html};

use super::part::{
    ActionView, DueView, FactView, Link, StateView, Value, actions, due, facts, links, state, value,
};
use super::person::{LifeView, life};

/// A table of rows inside a section, e.g. 当事人.
#[derive(Clone, Debug, Default)]
pub struct RowsView {
    /// What the rows are.
    pub title: String,
    /// Headings, and whether figures stand below.
    pub columns: Vec<(String, bool)>,
    /// One list of values a row.
    pub rows: Vec<Vec<Value>>,
}

/// A section of a record.
#[derive(Clone, Debug, Default)]
pub struct RecordSection {
    /// Its id, for links.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where one corrects it.
    pub edit_href: Option<String>,
    /// Its facts.
    pub facts: Vec<FactView>,
    /// Its rows.
    pub tables: Vec<RowsView>,
    /// Rows with too many facts for a table: each with its name.
    pub cards: Vec<(String, Vec<FactView>)>,
    /// Where one more of what it lists begins.
    pub add: Option<Link>,
}

/// A person in this record, with other roles as far as the reader may see them.
#[derive(Clone, Debug, Default)]
pub struct RoleView {
    /// The role, e.g. 申请人.
    pub role: String,
    /// The name and where it opens, if it may be opened.
    pub name: String,
    /// The person's page.
    pub href: Option<String>,
    /// Other roles elsewhere, in words.
    pub others: Vec<String>,
}

/// A paper that follows from the record.
#[derive(Clone, Debug, Default)]
pub struct PaperView {
    /// Its title.
    pub title: String,
    /// The PDF, when it can be made.
    pub href: Option<String>,
    /// The same to be edited in Word.
    pub word: Option<String>,
    /// Where it is issued, signed and corrected.
    pub page: Option<String>,
    /// Why it cannot be made yet.
    pub why_not: Option<String>,
    /// When it was last made or signed, in words.
    pub note: Option<String>,
}

/// A limit and how it came about.
#[derive(Clone, Debug, Default)]
pub struct LimitView {
    /// Its name.
    pub title: String,
    /// When it ends; absent once it has ended.
    pub due: Option<DueView>,
    /// How it ended, e.g. 已于 2月27日 完成.
    pub ended: Option<StateView>,
    /// The derivation in words.
    pub derivation: String,
    /// The article.
    pub basis: String,
    /// Where it is counted out day by day.
    pub href: Option<String>,
}

/// A line of the history.
#[derive(Clone, Debug, Default)]
pub struct HistoryView {
    /// When, in words.
    pub at: String,
    /// A sentence: 张某 于 3月2日 受理.
    pub text: String,
    /// What changed, line by line.
    pub changes: Vec<String>,
}

/// A record.
#[derive(Clone, Debug, Default)]
pub struct RecordView {
    /// Its number, or that it has none yet.
    pub number: String,
    /// What it is called.
    pub title: String,
    /// Its state.
    pub state: StateView,
    /// The unit that keeps it.
    pub owner: String,
    /// The next limit: its name and when.
    pub next_limit: Option<(String, DueView)>,
    /// What can be done, the likely one first.
    pub actions: Vec<ActionView>,
    /// What is known.
    pub sections: Vec<RecordSection>,
    /// For an archive: what it was concerned in, newest first.
    pub life: Option<Vec<LifeView>>,
    /// Who is in it.
    pub people: Vec<RoleView>,
    /// What papers follow.
    pub papers: Vec<PaperView>,
    /// Records that belong together, e.g. the 安置帮教 file opened by this one.
    pub related: Vec<Link>,
    /// Its limits.
    pub limits: Vec<LimitView>,
    /// What has happened, newest first.
    pub history: Vec<HistoryView>,
    /// Where the whole history is.
    pub history_href: Option<String>,
    /// Codes by which anybody may check it.
    pub codes: Vec<super::public::CodeView>,
    /// Print, whole dossier, export.
    pub links: Vec<Link>,
    /// The token of the forms.
    pub csrf: String,
}

/// Draws a record.
pub fn record(view: &RecordView) -> Markup {
    html! {
        article.record {
            (top(view))
            (actions(&view.actions, &view.csrf))
            div.columns {
                div.main {
                    @for one in &view.sections { (section(one, &view.csrf)) }
                    @if let Some(lived) = &view.life { (life(lived)) }
                    @if !view.history.is_empty() { (history(view)) }
                }
                aside aria-label="相关" {
                    (limits(&view.limits))
                    (people(&view.people))
                    (papers(&view.papers))
                    (super::public::codes(&view.codes))
                    @if !view.related.is_empty() { section { h2 { "相关记录" } (links(&view.related)) } }
                    @if !view.links.is_empty() { section { h2 { "卷宗" } (links(&view.links)) } }
                }
            }
        }
    }
}

fn top(view: &RecordView) -> Markup {
    html! {
        header.title {
            p.number { (view.number) }
            h1 { (view.title) }
            p.line {
                @if !view.state.text.is_empty() { (state(&view.state)) }
                span { span.muted { "所属 " } (view.owner) }
                @if let Some((name, limit)) = &view.next_limit {
                    span { span.muted { (name) " " } (due(limit)) }
                }
            }
        }
    }
}

fn section(section: &RecordSection, csrf: &str) -> Markup {
    html! {
        section.panel id={ "s-" (section.id) } {
            header { h2 { (section.title) }
                @if let Some(href) = &section.edit_href {
                    a.quiet href=(href) { "更正" span.vh { (section.title) } }
                }
                @if let Some((label, href)) = &section.add { a.quiet href=(href) { (label) } }
            }
            @if !section.facts.is_empty() { (facts(&section.facts, csrf)) }
            @for table in &section.tables { (rows(table, csrf)) }
            @for (name, about) in &section.cards {
                div.one-row { h3 { (name) } (facts(about, csrf)) }
            }
        }
    }
}

/// Draws rows as a table.
pub fn rows(view: &RowsView, csrf: &str) -> Markup {
    html! {
        div.scroll {
            table.cards {
                caption.vh { (view.title) }
                thead { tr {
                    @for (label, numeric) in &view.columns { th.num[*numeric] scope="col" { (label) } }
                } }
                tbody {
                    @for row in &view.rows {
                        tr {
                            @for ((label, numeric), cell) in view.columns.iter().zip(row) {
                                td.num[*numeric] data-label=(label) { (value(cell, csrf)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn limits(limits: &[LimitView]) -> Markup {
    html! {
        @if !limits.is_empty() {
            section.limits {
                h2 { "期限" }
                @for limit in limits {
                    div.limit {
                        h3 { (limit.title) }
                        @if let Some(view) = &limit.due { p { (due(view)) } }
                        @if let Some(ended) = &limit.ended { p { (state(ended)) } }
                        p.muted { (limit.derivation) span.line { (limit.basis) } }
                        @if let Some(href) = &limit.href { p { a href=(href) { "逐日计算" } } }
                    }
                }
            }
        }
    }
}

fn people(people: &[RoleView]) -> Markup {
    html! {
        @if !people.is_empty() {
            section {
                h2 { "人员" }
                ul.plain {
                    @for one in people {
                        li {
                            span.muted { (one.role) } " "
                            @if let Some(href) = &one.href { a href=(href) { (one.name) } } @else { (one.name) }
                            @for other in &one.others { span.sub { (other) } }
                        }
                    }
                }
            }
        }
    }
}

fn papers(papers: &[PaperView]) -> Markup {
    html! {
        @if !papers.is_empty() {
            section {
                h2 { "文书" }
                ul.plain {
                    @for paper in papers {
                        li {
                            @if let Some(href) = &paper.href { a href=(href) { (paper.title) } " " span.muted { "PDF" } }
                            @else { (paper.title) }
                            @if let Some(word) = &paper.word { " " a.quiet href=(word) title="Word 稿是草稿，供修改；正式文书以出具的 PDF 为准" { "Word" span.vh { (paper.title) } } }
                            @if let Some(page) = &paper.page { " " a.quiet href=(page) { "出具、签名" span.vh { (paper.title) } } }
                            @for note in paper.note.iter().chain(&paper.why_not) { span.sub { (note) } }
                        }
                    }
                }
            }
        }
    }
}

fn history(view: &RecordView) -> Markup {
    html! {
        section.panel #s-history {
            header { h2 { "经过" } }
            ol.history {
                @for one in &view.history {
                    li {
                        time { (one.at) }
                        div { (one.text) @for change in &one.changes { span.sub { (change) } } }
                    }
                }
            }
            @if let Some(href) = &view.history_href { p { a href=(href) { "全部经过" } } }
        }
    }
}
