//! The door: signing in, and on a demonstration the accounts one may try.

use maud::{Markup, html};

use super::part::hidden;

/// One account of a demonstration.
#[derive(Clone, Debug, Default)]
pub struct DemoAccount {
    /// What one types.
    pub account: String,
    /// Its password, in the open because it guards nothing.
    pub password: String,
    /// The post it holds.
    pub post: String,
    /// The unit it acts for.
    pub unit: String,
    /// What to look at with it.
    pub what_for: String,
}

/// The sign-in page.
#[derive(Clone, Debug, Default)]
pub struct SigninView {
    /// Whose platform this is, e.g. 浙江省司法所综合业务平台.
    pub title: String,
    /// What was typed before.
    pub account: String,
    /// Why signing in failed.
    pub error: Option<String>,
    /// Where one meant to go.
    pub next: String,
    /// Whether a one-time code is asked for.
    pub code_needed: bool,
    /// The token of the form.
    pub csrf: String,
    /// What was typed into a form when the session had ended; sent along, so that it is not lost.
    pub held: Option<String>,
    /// Accounts to try; empty outside a demonstration.
    pub demo: Vec<DemoAccount>,
    /// Where citizens go, who need no account.
    pub public_href: Option<String>,
}

/// Draws the sign-in page.
pub fn signin(view: &SigninView) -> Markup {
    html! {
        div.door.with-demo[!view.demo.is_empty()] {
            section aria-labelledby="t" {
                h1 #t { (view.title) }
                @if let Some(href) = &view.public_href {
                    p { "群众办事不必登录：" a href=(href) { "申请调解、咨询、查询进度" } }
                }
                (form(view))
            }
            @if !view.demo.is_empty() { (demo(view)) }
        }
    }
}

fn form(view: &SigninView) -> Markup {
    let told = view.error.as_ref().map(|_| "signin-error");
    html! {
        form.signin #signin method="post" action="/login" data-once {
            (hidden("_csrf", &view.csrf))
            (hidden("next", &view.next))
            @if let Some(held) = &view.held { (hidden("held", held)) }
            @if let Some(error) = &view.error {
                p.error #signin-error role="alert" { (error) }
            }
            div.field {
                label for="account" { "账号" }
                input #account name="account" value=(view.account) autocomplete="username"
                    autocapitalize="off" spellcheck="false" aria-describedby=[told];
            }
            div.field {
                label for="password" { "密码" }
                input #password name="password" type="password" autocomplete="current-password"
                    aria-describedby=[told];
            }
            @if view.code_needed {
                div.field {
                    label for="otp" { "动态验证码" }
                    input.short #otp name="otp" inputmode="numeric" autocomplete="one-time-code" maxlength="6";
                }
            }
            div.actions { button.btn.primary { "登录" } }
        }
    }
}

fn demo(view: &SigninView) -> Markup {
    html! {
        section.demo aria-labelledby="demo" {
            h2 #demo { "演示账号" }
            p.muted { "这是演示数据，人名与案件均为虚构。选一个岗位进去看看。" }
            table.cards {
                thead { tr {
                    th scope="col" { "岗位" } th scope="col" { "可以看什么" }
                    th scope="col" { "账号 / 密码" } th scope="col" { "进入" }
                } }
                tbody {
                    @for row in &view.demo {
                        tr {
                            th scope="row" { (row.post) span.sub { (row.unit) } }
                            td data-label="可看" { (row.what_for) }
                            td data-label="账号" { span.line.date { (row.account) } span.line.date { (row.password) } }
                            td.do { (enter(row)) }
                        }
                    }
                }
            }
        }
    }
}

/// Another button of the one sign-in form, so that what the form carries along comes too.
fn enter(row: &DemoAccount) -> Markup {
    html! {
        button.btn form="signin" name="demo" value=(row.account) formnovalidate {
            "进入" span.vh { "：" (row.post) }
        }
    }
}
