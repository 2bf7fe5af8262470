//! Ways to go: what one may begin (新建), what was found (查找), and one's own page (我的). On a
//! phone these are the tabs at the bottom.

use maud::{Markup, html};

use super::frame::{AccountView, NavItem, SIGN_OUT, nav_link};
use super::part::{Icon, Link, StateView, Tone, hidden, icon, links, state};

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

/// Draws a page of ways, such as 新建; drafts come first, for what was begun should be finished.
pub fn create(title: &str, drafts: &[Link], views: &[CreateView]) -> Markup {
    html! {
        header.head { h1 { (title) } }
        @if !drafts.is_empty() {
            section.panel { header { h2 { "接着填写" } }
                ul.plain { @for (label, href) in drafts { li { a href=(href) { (label) } } } } }
        }
        @if drafts.is_empty() && views.is_empty() {
            div.empty { p { "您的岗位在这里没有可以办理的。" } }
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
    /// The fields that answer what was searched for.
    pub found: Vec<FoundPart>,
}

/// A field that answers, with what answers in it.
#[derive(Clone, Debug, Default)]
pub struct FoundPart {
    /// What the field is called.
    pub label: String,
    /// Text before it.
    pub before: String,
    /// What answers.
    pub hit: String,
    /// Text behind it.
    pub after: String,
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
    /// Whether anything was looked for.
    pub asked: bool,
    /// What was found.
    pub groups: Vec<HitGroup>,
    /// The next page.
    pub next: Option<String>,
    /// What one may do when nothing was.
    pub create: Vec<Link>,
}

/// Draws the page 查找.
pub fn search(view: &SearchView) -> Markup {
    html! {
        header.head { h1 { "查找" } }
        form.big-find action="/search" role="search" aria-label="本页查找" {
            label for="q2" { "姓名、拼音、证件号、电话、案号、文中的字" }
            span.with-button {
                input #q2 type="search" name="q" value=(view.query) maxlength="60" autocomplete="off";
                button.btn.primary { "查找" }
            }
        }
        @for group in &view.groups { (hits(group)) }
        @if let Some(href) = &view.next {
            nav.pager aria-label="翻页" { a.btn rel="next" href=(href) { "下一页" } }
        } @else if view.groups.is_empty() && view.asked {
            div.empty {
                p { "没有找到「" (view.query) "」。可以换成全名、证件号后四位或后六位、案号再试。" }
                (links(&view.create))
            }
        }
    }
}

/// One thing found, as a line.
pub fn hit(hit: &HitView) -> Markup {
    html! {
        li {
            a.open href=(hit.href) { (hit.title) }
            @if let Some(view) = &hit.state { " " (state(view)) }
            span.sub { (hit.detail) }
            @for part in &hit.found {
                span.sub {
                    (part.label) "：" (part.before) mark { (part.hit) } (part.after)
                }
            }
        }
    }
}

fn hits(group: &HitGroup) -> Markup {
    html! {
        section.panel {
            header { h2 { (group.title) " " span.muted { (group.hits.len()) } } }
            ul.ways data-keys {
                @for one in &group.hits { (hit(one)) }
            }
            @if let Some(href) = &group.more { p { a href=(href) { "只找" (group.title) } } }
        }
    }
}

/// A kind of record of a business.
#[derive(Clone, Debug, Default)]
pub struct KindView {
    /// What it is called.
    pub label: String,
    /// Its list.
    pub href: String,
    /// What it is for.
    pub help: String,
    /// Where a new one begins, if one may.
    pub create: Option<String>,
}

/// A business: its records and its reports.
#[derive(Clone, Debug, Default)]
pub struct BusinessView {
    /// What it is called.
    pub title: String,
    /// What it does.
    pub help: String,
    /// Its law.
    pub basis: String,
    /// Its kinds that stand alone.
    pub kinds: Vec<KindView>,
    /// Those that hang on others.
    pub attached: Vec<KindView>,
    /// What passes between its records and others.
    pub events: String,
    /// Its reports.
    pub reports: Vec<Link>,
}

fn kinds(title: &str, kinds: &[KindView]) -> Markup {
    html! {
        section.panel {
            header { h2 { (title) } }
            ul.ways data-keys {
                @for kind in kinds {
                    li {
                        a.open href=(kind.href) { (kind.label) }
                        @if let Some(href) = &kind.create {
                            a.quiet href=(href) { "新建" span.vh { (kind.label) } }
                        }
                        span.sub { (kind.help) }
                    }
                }
            }
        }
    }
}

/// Draws a business.
pub fn business(view: &BusinessView) -> Markup {
    html! {
        header.head {
            h1 { (view.title) }
            p.lead {
                (view.help) " " span.basis { (view.basis) } " " a href=(view.events) { "流转图" }
            }
        }
        (kinds("档案", &view.kinds))
        @if !view.attached.is_empty() { (kinds("随档案办理的", &view.attached)) }
        @if !view.reports.is_empty() {
            section.panel {
                header { h2 { "报表" } }
                ul.ways { @for (label, href) in &view.reports { li { a href=(href) { (label) } } } }
            }
        }
    }
}

/// A post one holds.
#[derive(Clone, Debug, Default)]
pub struct PostView {
    /// What it is called.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// What it does.
    pub help: String,
    /// Whether one acts in it now.
    pub current: bool,
    /// What is sent to act in it.
    pub fields: Vec<(String, String)>,
}

fn posts(posts: &[PostView], csrf: &str) -> Markup {
    html! {
        section.panel #posts {
            header { h2 { "岗位" } }
            ul.ways {
                @for post in posts {
                    li {
                        b { (post.label) } " · " (post.unit) " "
                        @if post.current { (state(&StateView { text: "当前".to_owned(), tone: Tone::Active })) }
                        @else {
                            form.inline method="post" action="/me/post" {
                                (hidden("_csrf", csrf))
                                @for (name, value) in &post.fields { (hidden(name, value)) }
                                button.text { "切换到此岗位" span.vh { (post.unit) } }
                            }
                        }
                        span.sub { (post.help) }
                    }
                }
            }
        }
    }
}

/// Draws the page 我的: posts, every place of one's post, what one may set, and the way out.
pub fn me(
    account: &AccountView,
    held: &[PostView],
    nav: &[NavItem],
    settings: &[Link],
    csrf: &str,
) -> Markup {
    html! {
        header.head { h1 { (account.name) } span.muted { (account.unit) " · " (account.post) } }
        (posts(held, csrf))
        nav.places aria-label="全部去处" { ul { @for item in nav { li { (nav_link(item)) } } } }
        (links(settings))
        form method="post" action=(SIGN_OUT) {
            (hidden("_csrf", csrf))
            button.btn { "退出登录" }
        }
    }
}
