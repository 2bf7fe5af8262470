//! A person: identity, how to reach them, and one line of life across all businesses. What the
//! reader may not see is not in the view, and so is not hinted at.

use maud::{Markup, html};

use super::part::{ActionView, FactView, StateView, actions, facts, state};

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

/// A person.
#[derive(Clone, Debug, Default)]
pub struct PersonView {
    /// The name.
    pub name: String,
    /// Roles held now, e.g. 调解当事人.
    pub roles: Vec<StateView>,
    /// What can be done.
    pub actions: Vec<ActionView>,
    /// Identity.
    pub identity: Vec<FactView>,
    /// Phones, addresses, next of kin.
    pub contact: Vec<FactView>,
    /// The line of life, newest first.
    pub life: Vec<LifeView>,
    /// Who confirmed what and when, in sentences.
    pub confirmed: Vec<String>,
    /// The token of the forms.
    pub csrf: String,
}

/// Draws a person.
pub fn person(view: &PersonView) -> Markup {
    html! {
        article.record {
            header.title {
                p.number { "人员档案" }
                h1 { (view.name) }
                @if !view.roles.is_empty() { p.line { @for role in &view.roles { (state(role)) } } }
            }
            (actions(&view.actions, &view.csrf))
            div.columns {
                div.main {
                    section.panel { header { h2 { "身份" } } (facts(&view.identity, &view.csrf)) }
                    section.panel { header { h2 { "联系" } } (facts(&view.contact, &view.csrf)) }
                    (life(&view.life))
                }
                aside aria-label="核实" {
                    section {
                        h2 { "核实情况" }
                        ul.plain { @for one in &view.confirmed { li { (one) } } }
                    }
                }
            }
        }
    }
}

fn life(life: &[LifeView]) -> Markup {
    html! {
        section.panel {
            header { h2 { "经历" } }
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
