//! Ways to go: what one may begin (新建), what was found (查找), and one's own page (我的). On a
//! phone these are the tabs at the bottom.

use maud::{Markup, html};

use super::frame::{AccountView, NavItem, SIGN_OUT, nav_link};
use super::part::{Icon, Link, StateView, hidden, icon, links, state};

/// What may be begun in one business.
#[derive(Clone, Debug, Default)]
pub struct CreateView {
    /// The business.
    pub business: String,
    /// Its picture.
    pub icon: Icon,
    /// Each kind: what it is called, where it begins, what it is for.
    pub kinds: Vec<(String, String, String)>,
}

/// Draws the page 新建; drafts come first, for what was begun should be finished.
pub fn create(drafts: &[Link], views: &[CreateView]) -> Markup {
    html! {
        header.head { h1 { "新建" } }
        @if !drafts.is_empty() {
            section.panel { header { h2 { "接着填写" } }
                ul.plain { @for (label, href) in drafts { li { a href=(href) { (label) } } } } }
        }
        @for view in views {
            section.panel {
                header { h2 { (icon(view.icon)) (view.business) } }
                ul.ways {
                    @for (label, href, what) in &view.kinds {
                        li { a href=(href) { (label) } span.sub { (what) } }
                    }
                }
            }
        }
    }
}

/// Something found.
#[derive(Clone, Debug, Default)]
pub struct HitView {
    /// What it is called.
    pub title: String,
    /// Where it opens.
    pub href: String,
    /// What tells it from others.
    pub detail: String,
    /// Its state, for records.
    pub state: Option<StateView>,
}

/// Found things of one sort.
#[derive(Clone, Debug, Default)]
pub struct HitGroup {
    /// 人员, 调解案件 …
    pub title: String,
    /// What was found.
    pub hits: Vec<HitView>,
    /// Where to see the rest.
    pub more: Option<String>,
}

/// What was searched for and found.
#[derive(Clone, Debug, Default)]
pub struct SearchView {
    /// The words.
    pub query: String,
    /// What was found.
    pub groups: Vec<HitGroup>,
    /// What one may do when nothing was.
    pub create: Vec<Link>,
}

/// Draws the page 查找.
pub fn search(view: &SearchView) -> Markup {
    html! {
        header.head { h1 { "查找" } }
        form.big-find action="/search" role="search" aria-label="本页查找" {
            label for="q2" { "姓名、拼音、证件号、电话、案号" }
            span.with-button {
                input #q2 type="search" name="q" value=(view.query) maxlength="60" autocomplete="off";
                button.btn.primary { "查找" }
            }
        }
        @for group in &view.groups { (hits(group)) }
        @if view.groups.is_empty() && !view.query.is_empty() {
            div.empty {
                p { "没有找到「" (view.query) "」。可以换成全名、证件号后几位或案号再试。" }
                (links(&view.create))
            }
        }
    }
}

fn hits(group: &HitGroup) -> Markup {
    html! {
        section.panel {
            header { h2 { (group.title) " " span.muted { (group.hits.len()) } } }
            ul.ways data-keys {
                @for hit in &group.hits {
                    li {
                        a.open href=(hit.href) { (hit.title) }
                        @if let Some(view) = &hit.state { " " (state(view)) }
                        span.sub { (hit.detail) }
                    }
                }
            }
            @if let Some(href) = &group.more { p { a href=(href) { "查看全部" } } }
        }
    }
}

/// Draws the page 我的: every place of one's post, and the way out.
pub fn me(account: &AccountView, nav: &[NavItem], settings: &[Link], csrf: &str) -> Markup {
    html! {
        header.head { h1 { (account.name) } span.muted { (account.unit) " · " (account.post) } }
        nav.places aria-label="全部去处" { ul { @for item in nav { li { (nav_link(item)) } } } }
        (links(settings))
        form method="post" action=(SIGN_OUT) {
            (hidden("_csrf", csrf))
            button.btn { "退出登录" }
        }
    }
}
