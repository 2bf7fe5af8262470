//! The frame: the whole document around a page's body. Staff get a bar on top and a narrow list
//! of places; on a phone the list becomes four tabs at the bottom, by style alone.

use maud::{DOCTYPE, Markup, html};

use super::part::{Icon, Link, Tone, hidden, icon};

/// Where signing out is posted.
pub const SIGN_OUT: &str = "/logout";

/// How large things are: the same markup serves all three.
#[allow(dead_code, reason = "the citizens' pages are drawn and tested before they are served")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// 15 pixels on 24.
    #[default]
    Staff,
    /// 18 on 30.
    Citizen,
    /// 24 on 40: elder mode and the kiosk.
    Elder,
}

impl Size {
    fn class(self) -> &'static str {
        match self {
            Size::Staff => "staff",
            Size::Citizen => "citizen",
            Size::Elder => "citizen elder",
        }
    }
}

/// Who is signed in, and for which post and unit they act.
#[derive(Clone, Debug, Default)]
pub struct AccountView {
    /// The person's name.
    pub name: String,
    /// The post, e.g. 调解员.
    pub post: String,
    /// The unit acted for.
    pub unit: String,
    /// How many things in the inbox are late.
    pub inbox_count: u32,
    /// How many reports wait to be approved or confirmed anew.
    pub report_count: u32,
    /// Where to change post, for those who hold more than one.
    pub switch_href: Option<String>,
}

/// One place in the list on the left.
#[derive(Clone, Debug, Default)]
pub struct NavItem {
    /// A heading over this item and those after it, when a group begins here.
    pub heading: Option<String>,
    /// Its name.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether one is there now.
    pub current: bool,
    /// Its picture.
    pub icon: Icon,
    /// How many things wait there.
    pub count: Option<u32>,
    /// Whether it lies within the place above it, and stands in.
    pub within: bool,
}

/// What has just happened, said once at the top.
#[derive(Clone, Debug, Default)]
pub struct Notice {
    /// Good, Warn or Late.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
    /// What one may want next.
    pub link: Option<Link>,
}

/// Everything around a page's body.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The page's title, for the window.
    pub title: String,
    /// The places above this one, outermost first.
    pub place: Vec<Link>,
    /// Who is signed in, if anyone.
    pub account: Option<AccountView>,
    /// The places of one's post.
    pub nav: Vec<NavItem>,
    /// What stands in the search box.
    pub search: String,
    /// The token every form carries.
    pub csrf: String,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// The time of the data, where it is not that of now.
    pub as_of: Option<String>,
    /// Seconds until the page asks again by itself: long work only.
    pub refresh: Option<u32>,
    /// How large things are.
    pub size: Size,
    /// Stands behind the addresses of the assets, so that they may be kept for ever.
    pub version: String,
}

/// The whole document of a staff page.
pub fn page(frame: &Frame, body: Markup) -> Markup {
    let main = html! {
        (place(&frame.place))
        (as_of(frame.as_of.as_deref()))
        (notice(frame.notice.as_ref()))
        (body)
    };
    document(
        frame,
        html! {
            (bar(frame))
            @if frame.account.is_some() {
                div.shell { (side(&frame.nav)) main #main tabindex="-1" { (main) } }
                (tabs(frame))
            } @else {
                main.alone #main tabindex="-1" { (main) }
            }
        },
    )
}

/// A document with nothing round its body: what `page` and the citizens' pages share.
pub fn document(frame: &Frame, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="zh-CN" class=(frame.size.class()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover";
                @if let Some(seconds) = frame.refresh { meta http-equiv="refresh" content=(seconds); }
                title { (frame.title) " · 枫桥" }
                link rel="stylesheet" href={ "/assets/app.css?v=" (frame.version) };
                link rel="icon" href={ "/assets/icon.svg?v=" (frame.version) } type="image/svg+xml";
                script src={ "/assets/app.js?v=" (frame.version) } defer {}
            }
            body {
                a.skip href="#main" { "跳到正文" }
                (body)
            }
        }
    }
}

fn bar(frame: &Frame) -> Markup {
    html! {
        header.bar {
            a.name href="/" { (mark()) "枫桥" }
            @if let Some(account) = &frame.account {
                form.find action="/search" role="search" {
                    label.vh for="q" { "查找人员或案件" }
                    input #q type="search" name="q" value=(frame.search) maxlength="60"
                        placeholder="姓名、拼音、证件号、电话、案号" autocomplete="off" aria-keyshortcuts="/";
                    button { "查找" }
                }
                (who(account, &frame.csrf))
            }
        }
    }
}

fn who(account: &AccountView, csrf: &str) -> Markup {
    html! {
        div.who {
            span.acting {
                span.unit { (account.unit) }
                span.post {
                    (account.post)
                    @if let Some(href) = &account.switch_href { " " a href=(href) { "切换" } }
                }
            }
            a.waiting href="/#late" hidden[account.inbox_count == 0] data-live-box {
                "超期 " b data-live="overdue" { (up_to_99(account.inbox_count)) }
            }
            a.waiting href="/tasks?group=reports" hidden[account.report_count == 0] data-live-box {
                "报表 " b data-live="reports" { (up_to_99(account.report_count)) }
            }
            a.me href="/me" { (account.name) }
            form.inline.out method="post" action=(SIGN_OUT) {
                (hidden("_csrf", csrf))
                button.text { "退出" }
            }
        }
    }
}

fn side(nav: &[NavItem]) -> Markup {
    html! {
        nav.side aria-label="去往" {
            ul {
                @for item in nav {
                    @if let Some(heading) = &item.heading { li.grp { (heading) } }
                    li { (nav_link(item)) }
                }
            }
        }
    }
}

/// One place as a link: the list on the left and the page 我的 share it.
pub fn nav_link(item: &NavItem) -> Markup {
    html! {
        a.within[item.within] href=(item.href) aria-current=[item.current.then_some("page")] {
            @if !item.within { (icon(item.icon)) }
            span { (item.label) }
            @if let Some(count) = item.count.filter(|count| *count > 0) { b.count { (count) } }
        }
    }
}

/// Nobody counts further than that on every page.
fn up_to_99(count: u32) -> String {
    if count > 99 { "99+".to_owned() } else { count.to_string() }
}

fn tabs(frame: &Frame) -> Markup {
    let waiting = frame.account.as_ref().map_or(0, |account| account.inbox_count);
    let here = |href: &str| frame.nav.iter().any(|item| item.current && item.href == href);
    let tab = |label: &str, href: &str, picture: Icon, count: u32| {
        html! {
            a href=(href) aria-current=[here(href).then_some("page")] {
                (icon(picture)) span { (label) }
                @if href == "/" {
                    span hidden[count == 0] data-live-box {
                        b.count data-live="overdue" { (up_to_99(count)) }
                    }
                }
            }
        }
    };
    html! {
        nav.tabs aria-label="快捷" {
            (tab("待办", "/", Icon::Inbox, waiting))
            (tab("新建", "/new", Icon::Add, 0))
            (tab("查找", "/search", Icon::Search, 0))
            (tab("我的", "/me", Icon::Me, 0))
        }
    }
}

fn place(place: &[Link]) -> Markup {
    html! {
        @if !place.is_empty() {
            nav.place aria-label="当前位置" {
                ol { @for (label, href) in place { li { a href=(href) { (label) } } } }
            }
        }
    }
}

/// Says of when the page is, while it is read from a replica.
fn as_of(time: Option<&str>) -> Markup {
    html! {
        @if let Some(time) = time {
            div.notice.t-warn role="status" {
                p { "数据截至 " span.num { (time) } "：数据库正在切换，这期间可以查看，办理要稍等。" }
            }
        }
    }
}

/// Draws a notice; bad news interrupts a screen reader, good news waits.
pub fn notice(notice: Option<&Notice>) -> Markup {
    html! {
        @if let Some(notice) = notice {
            @let role = if notice.tone == Tone::Late { "alert" } else { "status" };
            div class={ "notice " (notice.tone.class()) } role=(role) {
                p {
                    (notice.text)
                    @if let Some((label, href)) = &notice.link { " " a href=(href) { (label) } }
                }
            }
        }
    }
}

/// The mark beside the name: a bridge over its own reflection.
pub fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 24 24" aria-hidden="true" {
            path d="M2 13h3a7 7 0 0 1 14 0h3M2 17h20M7 20.5h10M12 6V3" {}
        }
    }
}
