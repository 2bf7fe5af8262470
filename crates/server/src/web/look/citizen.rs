//! Citizens' pages: a title, a step count and a way back; one thing a page; answers to check; a
//! receipt with its number, its QR code and what happens next. Elder mode and the kiosk are these
//! pages, larger.

use maud::{Markup, html};

use super::field::{FieldView, field};
use super::form::{ErrorView, error_summary};
use super::frame::{Frame, document, mark, notice};
use super::part::{Link, hidden};

/// Where one stands on the way.
#[derive(Clone, Debug, Default)]
pub struct StepView {
    /// This step and how many there are.
    pub step: Option<(u32, u32)>,
    /// The page before.
    pub back: Option<String>,
    /// The same page larger or smaller again, and its words.
    pub other_size: Option<Link>,
}

/// The whole document of a citizens' page.
pub fn page(frame: &Frame, step: &StepView, body: Markup) -> Markup {
    document(
        frame,
        html! {
            header.plain-bar {
                a.name href="/public" { (mark()) "司法所便民服务" }
                @if let Some((label, href)) = &step.other_size { a href=(href) { (label) } }
            }
            main.one #main tabindex="-1" {
                @if step.back.is_some() || step.step.is_some() {
                    p.steps {
                        @if let Some(href) = &step.back { a href=(href) { "上一步" } }
                        @if let Some((at, all)) = step.step { span.muted { "第 " (at) " 步，共 " (all) " 步" } }
                    }
                }
                (notice(frame.notice.as_ref()))
                (body)
            }
            footer.foot-line { "拨打 12348 可以得到电话帮助" }
        },
    )
}

/// A question.
#[derive(Clone, Debug, Default)]
pub struct QuestionView {
    /// The question itself.
    pub title: String,
    /// Why it is asked.
    pub why: Option<String>,
    /// Where the answer is sent.
    pub action: String,
    /// The token of the form.
    pub csrf: String,
    /// Answers given before.
    pub hidden: Vec<(String, String)>,
    /// Its fields, nearly always one.
    pub fields: Vec<FieldView>,
    /// What is wrong.
    pub errors: Vec<ErrorView>,
    /// The verb, e.g. 下一步.
    pub submit: String,
}

/// Draws a question.
pub fn question(view: &QuestionView) -> Markup {
    let parts = view.fields.iter().any(FieldView::has_file).then_some("multipart/form-data");
    html! {
        (error_summary(&view.errors))
        h1 { (view.title) }
        @if let Some(why) = &view.why { p { (why) } }
        form method="post" action=(view.action) enctype=[parts] novalidate data-once {
            (hidden("_csrf", &view.csrf))
            @for (name, value) in &view.hidden { (hidden(name, value)) }
            @for one in &view.fields { (field(one)) }
            div.actions { button.btn.primary { (view.submit) } }
        }
    }
}

/// Answers to look over before sending.
#[derive(Clone, Debug, Default)]
pub struct AnswersView {
    /// Question, answer, and the page to change it.
    pub answers: Vec<(String, String, String)>,
    /// What one declares by sending.
    pub declaration: String,
    /// Where it is sent.
    pub action: String,
    /// The token of the form.
    pub csrf: String,
    /// Everything answered.
    pub hidden: Vec<(String, String)>,
    /// The verb, e.g. 提交申请.
    pub submit: String,
}

/// Draws the answers.
pub fn answers(view: &AnswersView) -> Markup {
    html! {
        h1 { "请核对您填写的内容" }
        dl.answers {
            @for (question, answer, href) in &view.answers {
                div {
                    dt { (question) }
                    dd { (answer) }
                    dd.change { a href=(href) { "更改" span.vh { (question) } } }
                }
            }
        }
        form method="post" action=(view.action) data-once {
            (hidden("_csrf", &view.csrf))
            @for (name, value) in &view.hidden { (hidden(name, value)) }
            p { (view.declaration) }
            div.actions { button.btn.primary { (view.submit) } }
        }
    }
}

/// A QR code as a square of modules, row by row; the caller computes it.
#[derive(Clone, Debug, Default)]
pub struct QrView {
    /// Modules a side.
    pub side: usize,
    /// Whether each is dark.
    pub dark: Vec<bool>,
    /// What scanning it opens, in words.
    pub label: String,
}

/// A receipt.
#[derive(Clone, Debug, Default)]
pub struct ReceiptView {
    /// E.g. 申请已提交.
    pub title: String,
    /// The number to keep.
    pub number: String,
    /// The code to keep.
    pub qr: Option<QrView>,
    /// What happens next, in order, with days.
    pub next: Vec<String>,
    /// Save, print, follow.
    pub links: Vec<Link>,
}

/// Draws a receipt.
pub fn receipt(view: &ReceiptView) -> Markup {
    html! {
        section.receipt {
            h1 { (view.title) }
            p { "请记下受理编号" }
            p.big-number { (view.number) }
            @if let Some(code) = &view.qr { (qr(code)) p.muted { (code.label) } }
        }
        h2 { "接下来" }
        ol { @for one in &view.next { li { (one) } } }
        (super::part::links(&view.links))
    }
}

/// Draws a QR code, with the quiet margin of four modules that readers need.
pub fn qr(view: &QrView) -> Markup {
    let whole = view.side + 8;
    let cells = view.dark.iter().enumerate().filter(|(_, dark)| **dark);
    let path: String = cells
        .map(|(at, _)| format!("M{} {}h1v1h-1z", at % view.side + 4, at / view.side + 4))
        .collect();
    html! {
        svg.qr viewBox={ "0 0 " (whole) " " (whole) } role="img" aria-label=(view.label) {
            rect width=(whole) height=(whole) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}
