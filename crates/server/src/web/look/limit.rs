//! A limit and how it was counted, day by day.

use super::part::{DueView, due};
use maud::{Markup, html};

/// One day of the count.
#[derive(Clone, Debug, Default)]
pub struct DayView {
    /// The date in words.
    pub date: String,
    /// Which day of the limit it is; empty if it does not count.
    pub number: String,
    /// Why it does not count, or what is special about it.
    pub note: String,
}

/// A limit, whole.
#[derive(Clone, Debug, Default)]
pub struct LimitPage {
    /// Its name.
    pub title: String,
    /// Where it stands, in words.
    pub standing: String,
    /// When it ends, while it runs.
    pub due: Option<DueView>,
    /// The last moment, where hours are counted.
    pub last_moment: Option<String>,
    /// How this one was worked out.
    pub words: String,
    /// How the definition counts it.
    pub rule: String,
    /// Law and article.
    pub basis: String,
    /// The text of the law in force on its first day; may be empty.
    pub law: String,
    /// When it goes up to whom.
    pub raised: Vec<String>,
    /// The days; none while there is no last one.
    pub days: Vec<DayView>,
}

/// Draws it.
pub fn limit(view: &LimitPage) -> Markup {
    html! {
        header.head { h1 { "期限：" (view.title) } }
        section.panel {
            p {
                strong { (view.standing) }
                @if let Some(view) = &view.due { " " (due(view)) }
                @if let Some(at) = &view.last_moment { " 至 " (at) }
            }
            p { (view.words) }
            p.muted { "计算办法：" (view.rule) }
            p.muted { "依据：" (view.basis) }
            @if !view.law.is_empty() { p.muted { "起算之日施行的文本：" (view.law) } }
            @for line in &view.raised { p.muted { "不办结的，" (line) } }
        }
        @if !view.days.is_empty() {
            section.panel {
                h2 { "逐日计算" }
                table {
                    thead { tr { th scope="col" { "日期" } th scope="col" { "计入" } th scope="col" { "说明" } } }
                    tbody {
                        @for day in &view.days {
                            tr {
                                td { (day.date) }
                                td { @if day.number.is_empty() { "不计" } @else { (day.number) } }
                                td { (day.note) }
                            }
                        }
                    }
                }
            }
        }
    }
}
