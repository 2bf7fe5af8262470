//! A line of life: what a person or body was concerned in across all businesses. What the reader
//! may not see is not in the view, and so is not hinted at.

use maud::{Markup, html};

use super::part::{StateView, state};

/// A role the person holds or held.
#[derive(Clone, Debug, Default)]
pub struct LifeView {
    /// When, in words.
    pub at: String,
    /// The business.
    pub business: String,
    /// What happened, in a sentence.
    pub text: String,
    /// The record it belongs to.
    pub href: Option<String>,
    /// The record's state now.
    pub state: Option<StateView>,
}

/// Draws a line of life.
pub fn life(life: &[LifeView]) -> Markup {
    html! {
        section.panel #s-life {
            header { h2 { "经历" } }
            @if life.is_empty() { p.muted { "您可以查看的业务中，还没有涉及。" } }
            ol.history {
                @for one in life {
                    li {
                        time { (one.at) }
                        div {
                            @if let Some(href) = &one.href { a href=(href) { (one.text) } } @else { (one.text) }
                            span.sub { (one.business) @if let Some(view) = &one.state { " · " (state(view)) } }
                        }
                    }
                }
            }
        }
    }
}
