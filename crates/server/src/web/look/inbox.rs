//! The workbench: what is due, across all businesses, most urgent first.

use maud::{Markup, html};

use super::hub::{HitView, hit};
use super::part::{ActionView, DueView, Link, action, due, hidden, links};

/// When a group of tasks is due. The order here is the order on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Late for so long below that it has come up to this unit.
    Raised,
    /// Past its limit.
    Late,
    /// Due today.
    Today,
    /// Due within seven days.
    Week,
    /// Due after that, or without a limit.
    Later,
    /// Waiting for someone else.
    Others,
}

impl When {
    /// All groups, in order.
    pub const ALL: [When; 6] =
        [When::Raised, When::Late, When::Today, When::Week, When::Later, When::Others];

    /// The group's name.
    pub fn label(self) -> &'static str {
        match self {
            When::Raised => "下级超期上报",
            When::Late => "已超期",
            When::Today => "今天",
            When::Week => "七日内",
            When::Later => "以后",
            When::Others => "等待他人",
        }
    }

    /// Its id in addresses.
    pub fn id(self) -> &'static str {
        match self {
            When::Raised => "raised",
            When::Late => "late",
            When::Today => "today",
            When::Week => "week",
            When::Later => "later",
            When::Others => "others",
        }
    }
}

/// One thing to do.
#[derive(Clone, Debug)]
pub struct TaskView {
    /// What is to be done, e.g. 调解期限将满.
    pub what: String,
    /// The record it concerns, and its address.
    pub record: Link,
    /// The business, e.g. 人民调解.
    pub business: String,
    /// Whom it concerns, or who is waited for.
    pub who: String,
    /// By when.
    pub due: Option<DueView>,
    /// Why, with the article.
    pub why: Option<String>,
    /// The one next step.
    pub next: Option<ActionView>,
}

/// A group of tasks.
#[derive(Clone, Debug)]
pub struct GroupView {
    /// When they are due.
    pub when: When,
    /// How many there are; the page may show fewer.
    pub count: u32,
    /// Those shown.
    pub tasks: Vec<TaskView>,
    /// Where to see the rest.
    pub more: Option<String>,
}

/// Something typed and not yet sent.
#[derive(Clone, Debug, Default)]
pub struct DraftView {
    /// What it is.
    pub label: String,
    /// Where it is taken up.
    pub href: String,
    /// When it was saved, in words.
    pub saved: String,
    /// Where throwing it away is posted.
    pub remove: String,
}

/// The workbench.
#[derive(Clone, Debug, Default)]
pub struct InboxView {
    /// Today in words, e.g. 2026年3月2日 (周一).
    pub today: String,
    /// The groups that hold something.
    pub groups: Vec<GroupView>,
    /// What one's post may begin.
    pub create: Vec<Link>,
    /// Whether only one group is shown, and all of it.
    pub one_group: bool,
    /// What was typed and not yet sent: each can be taken up or thrown away.
    pub drafts: Vec<DraftView>,
    /// The newest records.
    pub news: Vec<HitView>,
    /// The token of the forms on the lines.
    pub csrf: String,
}

/// Draws the workbench.
pub fn inbox(view: &InboxView) -> Markup {
    html! {
        header.head {
            h1 { "待办" }
            span.muted { (view.today) }
            @if !view.create.is_empty() {
                p.links.start {
                    span.muted { "新建" } " "
                    @for (label, href) in &view.create { a href=(href) { (label) } " " }
                }
            }
        }
        (drafts(&view.drafts, &view.csrf))
        @if view.groups.is_empty() {
            div.empty {
                p { "没有到期或者将到期的事项。" }
                (links(&view.create))
            }
        } @else {
            @if !view.one_group { (summary(view)) }
            @for group in &view.groups { (self::group(group, &view.csrf)) }
        }
        (news(&view.news))
    }
}

fn drafts(drafts: &[DraftView], csrf: &str) -> Markup {
    html! {
        @if !drafts.is_empty() {
            section.panel.drafts aria-labelledby="h-drafts" {
                header { h2 #h-drafts { "您有未提交的草稿 " span.muted { (drafts.len()) } } }
                ul.ways {
                    @for one in drafts {
                        li {
                            a href=(one.href) { (one.label) }
                            form.inline method="post" action=(one.remove) {
                                (hidden("_csrf", csrf))
                                button.text data-confirm="丢弃后不能找回。要丢弃这份草稿吗？" {
                                    "丢弃" span.vh { "：" (one.label) }
                                }
                            }
                            span.sub { (one.saved) }
                        }
                    }
                }
            }
        }
    }
}

fn news(news: &[HitView]) -> Markup {
    html! {
        @if !news.is_empty() {
            section.panel aria-labelledby="h-news" {
                header { h2 #h-news { "新近登记" } }
                ul.ways data-keys { @for one in news { (hit(one)) } }
            }
        }
    }
}

fn summary(view: &InboxView) -> Markup {
    html! {
        ul.tally {
            @for when in When::ALL.into_iter().filter(|when| *when != When::Others) {
                @let count = view.groups.iter().find(|group| group.when == when).map_or(0, |g| g.count);
                li class=(when.id()) {
                    @if count > 0 {
                        a href={ "#" (when.id()) } { b { (count) } " " (when.label()) }
                    } @else {
                        span { b { "0" } " " (when.label()) }
                    }
                }
            }
        }
    }
}

fn group(group: &GroupView, csrf: &str) -> Markup {
    html! {
        section.tasks id=(group.when.id()) aria-labelledby={ "h-" (group.when.id()) } {
            h2 id={ "h-" (group.when.id()) } { (group.when.label()) " " span.muted { (group.count) } }
            ul data-keys {
                @for task in &group.tasks { li { (self::task(task, csrf)) } }
            }
            @if let Some(href) = &group.more { p { a href=(href) { "查看全部 " (group.count) " 件" } } }
        }
    }
}

fn task(task: &TaskView, csrf: &str) -> Markup {
    html! {
        div.what {
            a.open href=(task.record.1) { (task.what) }
            span.sub { (task.business) " · " (task.record.0) }
        }
        div.whom { (task.who) }
        div.when { @if let Some(view) = &task.due { (due(view)) } }
        div.next { @if let Some(next) = &task.next { (action(next, csrf)) } }
        @if let Some(why) = &task.why { div.why { (why) } }
    }
}
