//! How a report is confirmed from level to level: what waits, the rounds so far, what the work has
//! changed since, and the forms by which it goes on.

use super::part::{Link, StateView, hidden, state};
use maud::{Markup, html};

/// What one may be asked to explain before confirming.
#[derive(Clone, Debug, Default)]
pub struct OpenView {
    /// Name of its field.
    pub name: String,
    /// What is not in order.
    pub words: String,
    /// What was typed.
    pub typed: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// The form by which a unit confirms its figures.
#[derive(Clone, Debug, Default)]
pub struct ConfirmForm {
    /// Where it is sent.
    pub action: String,
    /// What is carried along: the period, and the figures that were seen.
    pub hidden: Vec<(String, String)>,
    /// What the button says.
    pub verb: String,
    /// What must be explained.
    pub open: Vec<OpenView>,
    /// Whether it is a correction: then its reason is asked.
    pub corrects: bool,
    /// The reason typed.
    pub reason: String,
    /// What is wrong with the reason.
    pub reason_error: Option<String>,
}

/// The form by which the unit above, or the unit itself, rules on the last round.
#[derive(Clone, Debug, Default)]
pub struct RuleForm {
    /// Where it is sent.
    pub action: String,
    /// What is carried along.
    pub hidden: Vec<(String, String)>,
    /// Whether it may be approved.
    pub approve: bool,
    /// Whether it may be returned.
    pub send_back: bool,
    /// Whether it may be taken back.
    pub withdraw: bool,
    /// The reason typed.
    pub reason: String,
    /// What is wrong with the reason.
    pub error: Option<String>,
}

/// One round.
#[derive(Clone, Debug, Default)]
pub struct RoundView {
    /// E.g. 第1次, 第2次（更正）.
    pub title: String,
    /// How far it got.
    pub state: StateView,
    /// Who and when, in words.
    pub facts: Vec<String>,
    /// The figures as they were confirmed.
    pub href: Option<String>,
}

/// A record that changed a confirmed figure.
#[derive(Clone, Debug, Default)]
pub struct CauseView {
    /// What it is called, and what was done.
    pub text: String,
    /// The record, where one may see it.
    pub href: Option<String>,
}

/// A figure that is no longer as it was confirmed.
#[derive(Clone, Debug, Default)]
pub struct LateView {
    /// Its column.
    pub column: String,
    /// As it was confirmed.
    pub confirmed: String,
    /// As it is now.
    pub present: String,
    /// Since when.
    pub since: String,
    /// Which records made the difference.
    pub causes: Vec<CauseView>,
    /// What else is to be said.
    pub note: String,
}

/// The whole section of a report.
#[derive(Clone, Debug, Default)]
pub struct FilingView {
    /// What the period is called.
    pub period: String,
    /// Who confirms and who approves, in a sentence.
    pub way: String,
    /// Why it cannot be confirmed now.
    pub not_yet: String,
    /// The rounds, the last first.
    pub rounds: Vec<RoundView>,
    /// Figures that are no longer as confirmed.
    pub late: Vec<LateView>,
    /// The form to confirm, if one may.
    pub confirm: Option<ConfirmForm>,
    /// The form to rule, if one may.
    pub rule: Option<RuleForm>,
    /// What is wrong with what was sent.
    pub error: Option<String>,
}

/// What waits for somebody, on the pages of reports.
#[derive(Clone, Debug, Default)]
pub struct WaitingView {
    /// E.g. 柳河镇 人民调解案件情况统计表 2026年上半年.
    pub link: Link,
    /// 待审核, 退回.
    pub state: StateView,
    /// Since when.
    pub since: String,
}

/// Draws what waits; nothing where nothing does.
pub fn waiting(views: &[WaitingView]) -> Markup {
    html! {
        @if !views.is_empty() {
            section.to-rule aria-labelledby="to-rule" {
                p #to-rule { b { "等您办理的报表 " } span.counter { (views.len()) } }
                ul.plain {
                    @for one in views {
                        li {
                            (state(&one.state)) " " a href=(one.link.1) { (one.link.0) }
                            " " span.muted { (one.since) }
                        }
                    }
                }
            }
        }
    }
}

/// Draws the section.
pub fn filing(view: &FilingView, csrf: &str) -> Markup {
    html! {
        section.filing #filing {
            h2 { "确认与审核　" (view.period) }
            p.muted { (view.way) }
            @if let Some(error) = &view.error { p.error role="alert" { (error) } }
            @if !view.late.is_empty() { (late(&view.late)) }
            @if !view.rounds.is_empty() { ol.rounds { @for one in &view.rounds { (round(one)) } } }
            @if !view.not_yet.is_empty() { p { (view.not_yet) "。" } }
            @if let Some(form) = &view.rule { (rule(form, csrf)) }
            @if let Some(form) = &view.confirm { (confirm(form, csrf)) }
        }
    }
}

fn round(one: &RoundView) -> Markup {
    html! {
        li {
            b { (one.title) } " " (state(&one.state))
            @if let Some(href) = &one.href { " " a href=(href) { "看确认时的数字" } }
            @for fact in &one.facts { p.sub { (fact) } }
        }
    }
}

fn late(views: &[LateView]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="更正" {
            table.late-cells {
                caption { b { "更正" } " " span.muted { "确认以后数字有变化的栏；确认时的数不改" } }
                thead { tr {
                    th scope="col" { "栏" } th scope="col" { "确认时" } th scope="col" { "现在" }
                    th scope="col" { "从何时起" } th scope="col" { "由哪些档案" }
                } }
                tbody { @for one in views { tr {
                    th scope="row" { (one.column) }
                    td.num { (one.confirmed) } td.num { b { (one.present) } } td { (one.since) }
                    td {
                        @if !one.causes.is_empty() { ul.plain { @for cause in &one.causes {
                            li {
                                @if let Some(href) = &cause.href { a href=(href) { (cause.text) } }
                                @else { (cause.text) }
                            }
                        } } }
                        @if !one.note.is_empty() { span.sub { (one.note) } }
                    }
                } } }
            }
        }
    }
}

fn rule(form: &RuleForm, csrf: &str) -> Markup {
    html! {
        form.rule method="post" action=(form.action) {
            (hidden("_csrf", csrf))
            @for (name, value) in &form.hidden { (hidden(name, value)) }
            @if form.send_back {
                (words("decision", "退回的原因", &form.reason, form.error.as_deref(), false))
            }
            div.actions {
                @if form.approve {
                    button.btn.primary name="ruling" value="approve" { "审核通过" }
                }
                @if form.send_back {
                    button.btn name="ruling" value="return" { "退回" }
                }
                @if form.withdraw {
                    button.btn name="ruling" value="withdraw" { "撤回确认" }
                }
            }
        }
    }
}

fn confirm(form: &ConfirmForm, csrf: &str) -> Markup {
    html! {
        form.confirm method="post" action=(form.action) {
            (hidden("_csrf", csrf))
            @for (name, value) in &form.hidden { (hidden(name, value)) }
            @if !form.open.is_empty() { p { "下面的情况，确认以前须逐项说明：" } }
            @for one in &form.open {
                (words(&one.name, &one.words, &one.typed, one.error.as_deref(), true))
            }
            @if form.corrects {
                (words("reason", "更正的原因", &form.reason, form.reason_error.as_deref(), true))
            }
            div.actions { button.btn.primary { (form.verb) } }
        }
    }
}

/// A field for a sentence or two.
pub(super) fn words(
    name: &str,
    label: &str,
    typed: &str,
    error: Option<&str>,
    required: bool,
) -> Markup {
    let id = format!("w-{name}");
    let about = format!("e-{name}");
    html! {
        div.f.wrong[error.is_some()] {
            label for=(id) { (label) @if required { " " span.muted { "必填" } } }
            textarea id=(id) name=(name) rows="2" maxlength="500" required[required]
                aria-invalid=[error.map(|_| "true")]
                aria-describedby=[error.map(|_| about.as_str())] { (typed) }
            @if let Some(error) = error { p.error id=(about) { (error) } }
        }
    }
}
