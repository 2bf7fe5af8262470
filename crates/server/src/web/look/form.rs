//! Forms: sections with a contents list that says what is still missing, faults on top with
//! links, buttons that name what they do. Nothing typed is lost: the draft saves itself.

use maud::{Markup, html};

use super::field::{FieldView, field};
use super::part::{Link, hidden, links};

/// A fault, as listed on top.
#[derive(Clone, Debug, Default)]
pub struct ErrorView {
    /// The name of the field it concerns; empty for the form as a whole.
    pub field: String,
    /// The field's label.
    pub label: String,
    /// What is wrong, and what would be right.
    pub message: String,
    /// The article that says so.
    pub basis: Option<String>,
}

/// Something to look at again before going on.
#[derive(Clone, Debug, Default)]
pub struct WarningView {
    /// What is unusual.
    pub message: String,
    /// The article, if one says so.
    pub basis: Option<String>,
}

/// A section.
#[derive(Clone, Debug, Default)]
pub struct SectionView {
    /// Its id, for the contents list.
    pub id: String,
    /// Its title; none where the form is the only section.
    pub title: String,
    /// Help under the title.
    pub hint: Option<String>,
    /// On what its being shown depends; see [`FieldView::when`].
    pub when: Option<String>,
    /// Its fields.
    pub fields: Vec<FieldView>,
}

impl SectionView {
    /// How far it has come, in words, and whether it is complete.
    pub fn progress(&self) -> (String, &'static str) {
        let faults: usize = self.fields.iter().map(FieldView::faults).sum();
        let missing: usize = self.fields.iter().map(FieldView::missing).sum();
        match (faults, missing) {
            (0, 0) if self.fields.iter().any(FieldView::is_filled) => ("已齐".to_owned(), "t-good"),
            (0, 0) => ("选填".to_owned(), "t-plain"),
            (0, missing) => (format!("缺 {missing} 项"), "t-plain"),
            (faults, _) => (format!("{faults} 处要改"), "t-late"),
        }
    }
}

/// A form.
#[derive(Clone, Debug, Default)]
pub struct FormView {
    /// Its title.
    pub title: String,
    /// Below which heading it stands: 2 where the page has its own; otherwise it is the page.
    pub heading: u8,
    /// One sentence on what it is for.
    pub lead: Option<String>,
    /// Ways to more: all fields, a draft that waits.
    pub links: Vec<Link>,
    /// Where it is sent.
    pub action: String,
    /// The token it carries.
    pub csrf: String,
    /// Values carried along unseen: version, idempotency key, draft id.
    pub hidden: Vec<(String, String)>,
    /// Where script saves the draft.
    pub draft_url: Option<String>,
    /// When the draft was last saved, in words.
    pub draft_saved: Option<String>,
    /// Whether it could not be kept just now and is to be sent again as it is.
    pub away: bool,
    /// What is wrong.
    pub errors: Vec<ErrorView>,
    /// What to look at again.
    pub warnings: Vec<WarningView>,
    /// The sections.
    pub sections: Vec<SectionView>,
    /// The verb on the main button.
    pub submit: String,
    /// Whether the act cannot be taken back.
    pub danger: bool,
    /// The question asked before it, where script runs.
    pub confirm: Option<String>,
    /// Where cancelling leads.
    pub cancel: String,
}

/// Draws a form.
pub fn form(view: &FormView) -> Markup {
    html! {
        header.head {
            @if view.heading > 1 { h2 { (view.title) } } @else { h1 { (view.title) } }
            span.saved role="status" data-saved {
                @if let Some(saved) = &view.draft_saved { (saved) }
            }
            @if let Some(lead) = &view.lead { p.lead { (lead) } }
            (links(&view.links))
        }
        @if view.away { (super::held::banner()) }
        (error_summary(&view.errors))
        div.form-page.single[view.sections.len() < 2] {
            @if view.sections.len() > 1 { (contents(&view.sections)) }
            (body(view))
        }
    }
}

/// The faults on top, each a link to its field. It takes the focus when the page opens.
pub fn error_summary(errors: &[ErrorView]) -> Markup {
    html! {
        @if !errors.is_empty() {
            div.summary role="alert" tabindex="-1" data-focus {
                h2 { "有 " (errors.len()) " 处需要更正" }
                ul { @for error in errors { li { (fault(error)) } } }
            }
        }
    }
}

fn fault(error: &ErrorView) -> Markup {
    let words = if error.label.is_empty() {
        error.message.clone()
    } else {
        format!("{}：{}", error.label, error.message)
    };
    html! {
        @if error.field.is_empty() { (words) }
        @else { a href={ "#f-" (error.field) } { (words) } }
        @if let Some(basis) = &error.basis { " " span.basis { (basis) } }
    }
}

fn contents(sections: &[SectionView]) -> Markup {
    html! {
        nav.contents aria-label="本表各节" {
            ol {
                @for section in sections {
                    @let (words, tone) = section.progress();
                    li {
                        a href={ "#s-" (section.id) } { (section.title) }
                        " " span class={ "state " (tone) } { (words) }
                    }
                }
            }
        }
    }
}

fn body(view: &FormView) -> Markup {
    let parts = view.sections.iter().flat_map(|section| &section.fields).any(FieldView::has_file);
    html! {
        form.form method="post" action=(view.action) novalidate data-once data-form
            data-retry[view.away]
            enctype=[parts.then_some("multipart/form-data")] data-draft-url=[view.draft_url.as_deref()] {
            // The first button is what Enter presses in a text field; it must be the main one, not
            // whichever row button happens to stand first.
            button.vh tabindex="-1" aria-hidden="true" { (view.submit) }
            (hidden("_csrf", &view.csrf))
            @for (name, value) in &view.hidden { (hidden(name, value)) }
            @for one in &view.sections { (section(one)) }
            (warnings(&view.warnings))
            (buttons(view))
        }
    }
}

fn section(section: &SectionView) -> Markup {
    let titled = !section.title.is_empty();
    html! {
        section id={ "s-" (section.id) } data-when=[section.when.as_deref()]
            aria-labelledby=[titled.then(|| format!("st-{}", section.id))] {
            @if titled { h2 id={ "st-" (section.id) } { (section.title) } }
            @if let Some(hint) = &section.hint { p.hint { (hint) } }
            div.grid { @for one in &section.fields { (field(one)) } }
        }
    }
}

/// What to look at again, and the box that says one has.
pub fn warnings(warnings: &[WarningView]) -> Markup {
    html! {
        @if !warnings.is_empty() {
            div.notice.t-warn role="status" {
                p { b { "请再核对" } }
                ul {
                    @for one in warnings {
                        li { (one.message) @if let Some(basis) = &one.basis { " " span.basis { (basis) } } }
                    }
                }
                label.box for="f-_confirm" {
                    input #f-_confirm type="checkbox" name="_confirm" value="true";
                    span { "我已核对，继续" }
                }
            }
        }
    }
}

fn buttons(view: &FormView) -> Markup {
    let class = if view.danger { "btn danger" } else { "btn primary" };
    html! {
        div.actions.foot {
            button class=(class) data-submit data-confirm=[view.confirm.as_deref()]
                aria-keyshortcuts="Control+Enter" { (view.submit) }
            @if view.draft_url.is_some() {
                button.btn name="_draft" value="true" aria-keyshortcuts="Control+S" { "保存草稿" }
            }
            a.quiet href=(view.cancel) { "取消" }
        }
    }
}
