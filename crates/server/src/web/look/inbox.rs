//! The workbench and the whole inbox: what is due, across all businesses, most urgent first.

use maud::{Markup, html};

use super::filing::{WaitingView, waiting};
use super::hub::{HitView, hit};
use super::list::{ChipView, FilterView, filter};
use super::part::{ActionView, DueView, Link, action, due, hidden, links};

/// One thing to do.
#[derive(Clone, Debug, Default)]
pub struct TaskView {
    /// What names it when it is chosen.
    pub key: String,
    /// What it concerns, e.g. 沈国强与云溪顺达物业纠纷.
    pub what: String,
    /// The record and the limit, and their address.
    pub record: Link,
    /// The business, e.g. 人民调解.
    pub business: String,
    /// Whom it concerns, or who is waited for.
    pub who: String,
    /// By when.
    pub due: Option<DueView>,
    /// Who holds it, who looks away from it.
    pub marks: Vec<String>,
    /// Why, with the article.
    pub why: Option<String>,
    /// The one next step.
    pub next: Option<ActionView>,
}

/// A group of tasks.
#[derive(Clone, Debug, Default)]
pub struct GroupView {
    /// Its id in addresses.
    pub id: String,
    /// Its name.
    pub label: String,
    /// How many there are; the page may show fewer.
    pub count: u32,
    /// Those shown.
    pub tasks: Vec<TaskView>,
    /// Where to see the rest.
    pub more: Option<String>,
}

/// How many a group has, and where it is.
#[derive(Clone, Debug, Default)]
pub struct TallyView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub label: String,
    /// How many there are.
    pub count: u32,
    /// Where they are.
    pub href: String,
    /// Whether one is there.
    pub here: bool,
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
    /// What the day brings, in sentences; shown once a day.
    pub digest: Vec<String>,
    /// How many each group has.
    pub tally: Vec<TallyView>,
    /// Reports to be approved or confirmed anew.
    pub reports: Vec<WaitingView>,
    /// The groups that hold something.
    pub groups: Vec<GroupView>,
    /// What one's post may begin.
    pub create: Vec<Link>,
    /// Calendar, digest, standing in.
    pub ways: Vec<Link>,
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
        (digest(&view.digest))
        (drafts(&view.drafts, &view.csrf))
        (tally(&view.tally))
        (links(&view.ways))
        (waiting(&view.reports))
        @if view.groups.is_empty() && view.reports.is_empty() {
            div.empty {
                p { "没有到期或者将到期的事项。" }
                (links(&view.create))
            }
        }
        @for group in &view.groups { (self::group(group, &view.csrf)) }
        (news(&view.news))
    }
}

fn digest(lines: &[String]) -> Markup {
    html! {
        @if !lines.is_empty() {
            div.notice.t-active role="status" {
                p { b { "今天的日报" } }
                ul { @for line in lines { li { (line) } } }
                p { a href="/digest" { "查看、打印或者下载" } }
            }
        }
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

/// The counts of all groups; script keeps them as they are.
pub fn tally(views: &[TallyView]) -> Markup {
    html! {
        ul.tally {
            @for one in views {
                li class=(one.id) {
                    a href=(one.href) aria-current=[one.here.then_some("page")] {
                        b data-live=(one.id) { (one.count) } " " (one.label)
                    }
                }
            }
        }
    }
}

fn group(group: &GroupView, csrf: &str) -> Markup {
    html! {
        section.tasks id=(group.id) aria-labelledby={ "h-" (group.id) } {
            h2 id={ "h-" (group.id) } { (group.label) " " span.muted { (group.count) } }
            ul data-keys { @for one in &group.tasks { li { (task(one, false, csrf)) } } }
            @if let Some(href) = &group.more { p { a href=(href) { "查看全部 " (group.count) " 件" } } }
        }
    }
}

fn task(task: &TaskView, choosing: bool, csrf: &str) -> Markup {
    html! {
        div.what {
            @if choosing {
                input.pick type="checkbox" name="item" value=(task.key) form="chosen" data-pick
                    aria-label={ "选择 " (task.what) };
            }
            a.open href=(task.record.1) { (task.what) }
            span.sub { (task.business) " · " (task.record.0) }
        }
        div.whom {
            (task.who)
            @for mark in &task.marks { span.sub.mark-of { (mark) } }
        }
        div.when { @if let Some(view) = &task.due { (due(view)) } }
        div.next { @if let Some(next) = &task.next { (action(next, csrf)) } }
        @if let Some(why) = &task.why { div.why { (why) } }
    }
}

/// Lines of an inbox under a heading of their own, to be looked at only.
pub fn lines(tasks: &[TaskView]) -> Markup {
    html! {
        div.tasks { ul data-keys { @for one in tasks { li { (task(one, false, "")) } } } }
    }
}

/// An act on the lines chosen.
#[derive(Clone, Debug, Default)]
pub struct BulkView {
    /// The verb.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is done at once, not asked about on a form.
    pub posts: bool,
}

/// The inbox, whole.
#[derive(Clone, Debug, Default)]
pub struct TasksView {
    /// Its title.
    pub title: String,
    /// How many, in words.
    pub count_text: String,
    /// What is to be known of the numbers; may be empty.
    pub remark: String,
    /// The groups.
    pub tally: Vec<TallyView>,
    /// What one may filter by.
    pub filters: Vec<FilterView>,
    /// The filters in force.
    pub chips: Vec<ChipView>,
    /// Values of the address that filtering must keep.
    pub keep: Vec<(String, String)>,
    /// Reports to be approved or confirmed anew.
    pub reports: Vec<WaitingView>,
    /// The lines of this page.
    pub tasks: Vec<TaskView>,
    /// Acts on those chosen.
    pub bulk: Vec<BulkView>,
    /// This page, to come back to.
    pub back: String,
    /// The address of the page before.
    pub prev: Option<String>,
    /// The address of the page after.
    pub next: Option<String>,
    /// Ways from here.
    pub ways: Vec<Link>,
    /// What to say when there is nothing, and where to go then.
    pub empty: (String, Option<Link>),
    /// The token of the forms.
    pub csrf: String,
}

/// Draws the whole inbox.
pub fn tasks(view: &TasksView) -> Markup {
    html! {
        header.head {
            h1 { (view.title) }
            span.muted { (view.count_text) }
            div.start { @for (label, href) in &view.ways { a.quiet href=(href) { (label) } } }
        }
        (tally(&view.tally))
        (waiting(&view.reports))
        (filters(view))
        @if !view.chips.is_empty() {
            ul.chips aria-label="已选条件" {
                @for chip in &view.chips {
                    li { a href=(chip.remove_href) aria-label={ "取消条件 " (chip.label) } {
                        (chip.label) span aria-hidden="true" { "×" }
                    } }
                }
            }
        }
        @if !view.remark.is_empty() { p.muted { (view.remark) } }
        @if view.tasks.is_empty() {
            div.empty {
                p { (view.empty.0) }
                @if let Some((label, href)) = &view.empty.1 { a.btn href=(href) { (label) } }
            }
        } @else {
            div.tasks.choosing {
                ul data-keys { @for one in &view.tasks { li { (task(one, true, &view.csrf)) } } }
            }
            (bulk(view))
        }
        @if view.prev.is_some() || view.next.is_some() {
            nav.pager aria-label="翻页" {
                @if let Some(href) = &view.prev { a.btn rel="prev" href=(href) { "上一页" } }
                @if let Some(href) = &view.next { a.btn rel="next" href=(href) { "下一页" } }
            }
        }
    }
}

/// The reports that wait, alone.
#[derive(Clone, Debug, Default)]
pub struct ReportsView {
    /// The groups.
    pub tally: Vec<TallyView>,
    /// The reports.
    pub waiting: Vec<WaitingView>,
    /// Ways from here.
    pub ways: Vec<Link>,
}

/// Draws them.
pub fn reports(view: &ReportsView) -> Markup {
    html! {
        header.head {
            h1 { "报表" }
            span.muted { "共 " (view.waiting.len()) " 张" }
            div.start { @for (label, href) in &view.ways { a.quiet href=(href) { (label) } } }
        }
        (tally(&view.tally))
        (waiting(&view.waiting))
        @if view.waiting.is_empty() {
            div.empty {
                p { "没有等您审核或者重报的报表。" }
                a.btn href="/statistics" { "看各种报表" }
            }
        }
    }
}

fn filters(view: &TasksView) -> Markup {
    html! {
        input.toggle #show-filters type="checkbox";
        label.toggle for="show-filters" { "显示筛选条件" }
        form.filters action="/tasks" aria-label="筛选" {
            @for (name, value) in &view.keep { (hidden(name, value)) }
            @for one in &view.filters { (filter(one)) }
            button.btn { "查询" }
        }
    }
}

/// One form for all boxes: each of them says by `form` that it belongs here.
fn bulk(view: &TasksView) -> Markup {
    html! {
        form.actions.foot.bulk #chosen method="post" data-once {
            (hidden("_csrf", &view.csrf))
            (hidden("back", &view.back))
            label.box { input type="checkbox" data-pick-all hidden; span.muted { "对选中的：" } }
            @for one in &view.bulk {
                // Where a form comes first, the same address draws it when it is only asked.
                button.btn name=[(!one.posts).then_some("_ask")] value=[(!one.posts).then_some("true")]
                    formaction=(one.href) { (one.label) }
            }
        }
    }
}

/// One day of a calendar.
#[derive(Clone, Debug, Default)]
pub struct DayCell {
    /// Its number.
    pub number: String,
    /// What kind of day it is: 休, 班, or the name of a holiday; empty for an ordinary one.
    pub mark: String,
    /// 休 or 班, where the day is named.
    pub flag: String,
    /// Whether people rest.
    pub rests: bool,
    /// Whether it lies in another month.
    pub outside: bool,
    /// Whether it is today.
    pub today: bool,
    /// Whether it is the day shown below.
    pub here: bool,
    /// How many are due, in words for those who cannot see; empty if none.
    pub count: String,
    /// How many of them wait for the reader.
    pub mine: u32,
    /// Whether they are late.
    pub late: bool,
    /// Where the day opens.
    pub href: String,
}

/// Some days in a row, with their lines.
#[derive(Clone, Debug, Default)]
pub struct DayView {
    /// The day in words.
    pub title: String,
    /// What kind of day it is.
    pub mark: String,
    /// How many are due.
    pub count: u32,
    /// Those shown.
    pub tasks: Vec<TaskView>,
    /// Where to see the rest.
    pub more: Option<String>,
}

/// A month or a week.
#[derive(Clone, Debug, Default)]
pub struct CalendarView {
    /// E.g. 2026年6月.
    pub title: String,
    /// 上月, 今天, 下月.
    pub steps: Vec<Link>,
    /// Month and week: name, address, whether it is this one.
    pub tabs: Vec<(String, String, bool)>,
    /// The weeks of seven days from Monday.
    pub weeks: Vec<Vec<DayCell>>,
    /// Days with their lines.
    pub days: Vec<DayView>,
    /// What is to be known, e.g. that a year has not been announced.
    pub remark: String,
    /// Ways from here.
    pub ways: Vec<Link>,
}

/// Draws it.
pub fn calendar(view: &CalendarView) -> Markup {
    html! {
        header.head {
            h1 { (view.title) }
            nav.links aria-label="换时间" { @for (label, href) in &view.steps { a href=(href) { (label) } } }
            div.start { @for (label, href) in &view.ways { a.quiet href=(href) { (label) } } }
        }
        nav.lists aria-label="月或者周" {
            @for (label, href, here) in &view.tabs {
                a href=(href) aria-current=[here.then_some("page")] { (label) }
            }
        }
        @if !view.remark.is_empty() { p.muted { (view.remark) } }
        (weeks(view))
        @for day in &view.days { (self::day(day)) }
    }
}

fn weeks(view: &CalendarView) -> Markup {
    html! {
        @if !view.weeks.is_empty() {
            table.cal {
                caption.vh { (view.title) "每日到期件数" }
                thead { tr { @for name in ["一", "二", "三", "四", "五", "六", "日"] {
                    th scope="col" { span.vh { "周" } (name) }
                } } }
                tbody {
                    @for week in &view.weeks { tr { @for day in week { (cell(day)) } } }
                }
            }
        }
    }
}

fn cell(day: &DayCell) -> Markup {
    html! {
        td.rests[day.rests].outside[day.outside].here[day.here].late[day.late] {
            a href=(day.href) aria-current=[day.today.then_some("date")] {
                b { (day.number) } " "
                @if !day.flag.is_empty() { span.flag aria-hidden="true" { (day.flag) } }
                @if !day.mark.is_empty() { span.sub { (day.mark) } }
                @if !day.count.is_empty() {
                    span.due-count { (day.count) }
                    @if day.mine > 0 { span.sub { "等我办 " (day.mine) } }
                }
            }
        }
    }
}

fn day(day: &DayView) -> Markup {
    html! {
        section.panel {
            header { h2 { (day.title) " " span.muted { (day.mark) } } span.muted { (day.count) " 件" } }
            @if day.tasks.is_empty() { p.muted { "没有到期的事项。" } }
            @else { (lines(&day.tasks)) }
            @if let Some(href) = &day.more { p { a href=(href) { "查看这一天的全部 " (day.count) " 件" } } }
        }
    }
}

/// What a day brings.
#[derive(Clone, Debug, Default)]
pub struct DigestView {
    /// The day in words.
    pub today: String,
    /// Whose it is: name, post, unit.
    pub whose: String,
    /// It in sentences.
    pub lines: Vec<String>,
    /// Reports to be approved or confirmed anew.
    pub reports: Vec<WaitingView>,
    /// Its parts: heading, how many, lines.
    pub parts: Vec<GroupView>,
    /// Ways from here.
    pub ways: Vec<Link>,
}

/// Draws it.
pub fn digest_page(view: &DigestView) -> Markup {
    html! {
        header.head {
            h1 { "日报" }
            span.muted { (view.today) " " (view.whose) }
            div.start { @for (label, href) in &view.ways { a.quiet href=(href) { (label) } } }
        }
        section.panel { ul.plain { @for line in &view.lines { li { (line) } } } }
        (waiting(&view.reports))
        @for part in &view.parts { (group(part, "")) }
    }
}

/// What was done with some and not with others.
pub fn left(done: &str, left: &[(String, String)], back: &str) -> Markup {
    html! {
        header.head { h1 { "有" (left.len()) "件没有办成" } p.lead { (done) } }
        table.cards {
            thead { tr { th scope="col" { "事项" } th scope="col" { "原因" } } }
            tbody {
                @for (title, why) in left {
                    tr { td data-label="事项" { (title) } td data-label="原因" { (why) } }
                }
            }
        }
        div.actions { a.btn.primary href=(back) { "回到待办" } }
    }
}
