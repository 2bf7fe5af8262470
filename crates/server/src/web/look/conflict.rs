//! A conflict: someone else saved meanwhile. Both versions side by side, a choice for each field
//! that differs; the fields that agree are only counted.

use maud::{Markup, html};

use super::part::hidden;

/// A field that differs.
#[derive(Clone, Debug, Default)]
pub struct ConflictField {
    /// The field's name; the choice is sent as `_take.NAME`, `mine` or `theirs`.
    pub name: String,
    /// Its label.
    pub label: String,
    /// What it was before either.
    pub before: String,
    /// What I typed.
    pub mine: String,
    /// What was saved meanwhile.
    pub theirs: String,
    /// Whether both changed it. If only one did, that side is chosen beforehand.
    pub both: bool,
    /// Whether mine is chosen beforehand.
    pub prefer_mine: bool,
}

/// A conflict.
#[derive(Clone, Debug, Default)]
pub struct ConflictView {
    /// The record, e.g. its number and title.
    pub title: String,
    /// Who saved meanwhile and when, in a sentence.
    pub sentence: String,
    /// Where the choice is sent.
    pub action: String,
    /// The token of the form.
    pub csrf: String,
    /// Everything else that was typed, and the version now kept.
    pub hidden: Vec<(String, String)>,
    /// The fields that differ.
    pub fields: Vec<ConflictField>,
    /// How many fields agree.
    pub same: u32,
    /// The verb on the button.
    pub submit: String,
    /// Where one goes to leave it.
    pub cancel: String,
}

/// Draws a conflict.
pub fn conflict(view: &ConflictView) -> Markup {
    html! {
        header.head { h1 { "两人同时修改，请逐项选定" } p.lead { (view.title) } }
        div.notice.t-warn role="status" { p { (view.sentence) " 您填写的内容都在下面，没有丢失。" } }
        form method="post" action=(view.action) data-once {
            (hidden("_csrf", &view.csrf))
            @for (name, value) in &view.hidden { (hidden(name, value)) }
            table.cards.conflict {
                caption { (view.fields.len()) " 项不同，其余 " (view.same) " 项相同" }
                thead { tr {
                    th scope="col" { "项目" } th scope="col" { "原来" }
                    th scope="col" { "您填写的" } th scope="col" { "已保存的" }
                } }
                tbody { @for one in &view.fields { (row(one)) } }
            }
            div.actions.foot {
                button.btn.primary data-submit { (view.submit) }
                a.quiet href=(view.cancel) { "取消" }
            }
        }
    }
}

fn row(one: &ConflictField) -> Markup {
    html! {
        tr {
            th scope="row" { (one.label) @if one.both { span.sub { "两人都改了" } } }
            td data-label="原来" { (words(&one.before)) }
            td data-label="您填写的" { (choice(one, "mine", &one.mine, one.prefer_mine)) }
            td data-label="已保存的" { (choice(one, "theirs", &one.theirs, !one.prefer_mine)) }
        }
    }
}

fn choice(one: &ConflictField, side: &str, text: &str, chosen: bool) -> Markup {
    let whose = if side == "mine" { "用您填写的" } else { "用已保存的" };
    html! {
        label.box {
            input type="radio" name={ "_take." (one.name) } value=(side) checked[chosen]
                aria-label={ (one.label) "：" (whose) "，" (words_plain(text)) };
            span { (words(text)) }
        }
    }
}

fn words_plain(text: &str) -> &str {
    if text.is_empty() { "未填" } else { text }
}

fn words(text: &str) -> Markup {
    html! { @if text.is_empty() { span.muted { "未填" } } @else { (text) } }
}
