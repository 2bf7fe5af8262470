//! Held: what was typed while the database changed hands. Where the form itself can be drawn it
//! carries the same banner; where nothing can be read, this page carries the form unseen.

use maud::{Markup, html};

use super::part::hidden;

/// How forms say to script that they are to be sent again by themselves.
pub const SENT_AGAIN: &str = "数据库正在切换，您填写的内容没有丢，系统会自动再试";

/// A form as it was sent.
#[derive(Clone, Debug, Default)]
pub struct HeldView {
    /// What is wrong.
    pub title: String,
    /// Where it is sent.
    pub action: String,
    /// Everything typed, its idempotency key and secret among it.
    pub typed: Vec<(String, String)>,
    /// Whether files were chosen that could not be taken in.
    pub files: bool,
}

/// The banner. Script changes its words when it gives up.
pub fn banner() -> Markup {
    html! {
        div.notice.t-warn role="alert" {
            p data-away { (SENT_AGAIN) "。您也可以稍后自己再按一次按钮，不会重复办理。" }
        }
    }
}

/// Draws it.
pub fn held(view: &HeldView) -> Markup {
    html! {
        section.refused {
            h1 { (view.title) }
            (banner())
            @if view.files { p { "选好的文件没有收下，提交以后请补上。" } }
            form method="post" action=(view.action) data-once data-form data-retry {
                @for (name, value) in &view.typed { (hidden(name, value)) }
                button.btn.primary data-submit { "再提交一次" }
            }
        }
    }
}
