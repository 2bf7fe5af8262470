//! Long work: how far it has come and how long it will take; one may cancel, leave and come back.
//! Imports answer here too, with what is wrong in which row.

use maud::{Markup, html};

use super::part::{ActionView, Link, StateView, actions, links, state};

/// What is wrong in a row of an import.
#[derive(Clone, Debug, Default)]
pub struct RowProblem {
    /// The row in the sheet, as the sheet counts.
    pub row: u32,
    /// The column's heading.
    pub column: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// A piece of long work.
#[derive(Clone, Debug, Default)]
pub struct WorkView {
    /// What is being done.
    pub title: String,
    /// Running, done, cancelled.
    pub state: StateView,
    /// How many are done.
    pub done: u64,
    /// Of how many.
    pub total: u64,
    /// What is counted, e.g. 行.
    pub unit: String,
    /// How long it will still take, in words.
    pub left: Option<String>,
    /// What came of it, in sentences.
    pub results: Vec<String>,
    /// What is wrong in the rows.
    pub problems: Vec<RowProblem>,
    /// Files that came of it.
    pub files: Vec<Link>,
    /// 取消, 导入其余各行.
    pub actions: Vec<ActionView>,
    /// The token of the forms.
    pub csrf: String,
}

/// Draws a piece of long work.
pub fn work(view: &WorkView) -> Markup {
    html! {
        header.head { h1 { (view.title) } (state(&view.state)) }
        section.work {
            @if view.total > 0 {
                progress max=(view.total) value=(view.done) aria-label=(view.title) {}
                p.num {
                    (view.done) " / " (view.total) " " (view.unit)
                    @if let Some(left) = &view.left { span.muted { "　" (left) "。可以离开本页，稍后回来看结果。" } }
                }
            }
            @for one in &view.results { p { (one) } }
            (links(&view.files))
            (actions(&view.actions, &view.csrf))
        }
        @if !view.problems.is_empty() { (problems(&view.problems)) }
    }
}

/// Work that was begun earlier, in a list.
#[derive(Clone, Debug, Default)]
pub struct JobRow {
    /// What it works on.
    pub title: String,
    /// Its page.
    pub href: String,
    /// When it was begun, in words.
    pub at: String,
    /// How far it is.
    pub state: StateView,
    /// What came of it, in a few words.
    pub result: String,
}

/// Draws work that was begun earlier; nothing where there is none.
pub fn jobs(rows: &[JobRow]) -> Markup {
    html! {
        @if !rows.is_empty() {
            table.cards {
                caption { "最近的导入（保留七天，只有自己看得到）" }
                thead { tr {
                    th scope="col" { "文件" } th scope="col" { "时间" } th scope="col" { "状态" }
                    th scope="col" { "结果" }
                } }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" { a.open href=(row.href) { (row.title) } }
                            td.date data-label="时间" { (row.at) }
                            td data-label="状态" { (state(&row.state)) }
                            td data-label="结果" { (row.result) }
                        }
                    }
                }
            }
        }
    }
}

fn problems(problems: &[RowProblem]) -> Markup {
    let columns = problems.iter().any(|one| !one.column.is_empty());
    html! {
        table.cards {
            caption { "需要更正的地方（只列前面的，全部写在标注后的表格里）" }
            thead { tr {
                th scope="col" { "行" }
                @if columns { th scope="col" { "列" } }
                th scope="col" { "问题" }
            } }
            tbody {
                @for one in problems {
                    tr {
                        td.date data-label="行" {
                            @if one.row > 0 { "第 " (one.row) " 行" }
                        }
                        @if columns { td data-label="列" { (one.column) } }
                        td data-label="问题" { (one.message) }
                    }
                }
            }
        }
    }
}
