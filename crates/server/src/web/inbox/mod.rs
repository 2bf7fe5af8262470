//! The inbox on pages: the list with its groups, filters and acts, the calendar, the digest of the
//! day, standing in for somebody, the calendar feed, and counts that stay as they are.

pub mod acts;
pub mod calendar;
pub mod digest;
pub mod feed;
pub mod leave;
pub mod live;

use super::{
    filing,
    look::{
        frame::Notice,
        inbox::{
            BulkView, ReportsView, TallyView, TaskView, TasksView, reports as draw_reports,
            tasks as draw_tasks,
        },
        list::{ChipView, FilterKind, FilterView, OptionView},
        part::{ActionView, Target, Tone, Weight},
    },
    page::{self, About},
    typed::Typed,
    urls,
    visitor::Visitor,
    words,
};
use crate::app::App;
use axum::{
    Router,
    extract::Query,
    response::Response,
    routing::{get, post},
};
use desk::{
    Refusal,
    inbox::{Counts, Group, Inbox, InboxAsk, Line, Order, Task, Turn, Whose},
};
use engine::{check::date::show, definition::House};
use std::collections::BTreeMap;

const HERE: &str = "/tasks";
const A_PAGE: usize = 30;
/// The group of reports that wait: they have no limit and no record.
pub const REPORTS: &str = "reports";

/// Where all this is.
pub fn router() -> Router<App> {
    Router::new()
        .route("/tasks", get(page))
        .route("/tasks/assign", get(acts::assign_form).post(acts::assign))
        .route("/tasks/recall", post(acts::recall))
        .route("/tasks/snooze", get(acts::snooze_form).post(acts::snooze))
        .route("/tasks/wake", post(acts::wake))
        .route("/calendar", get(calendar::page))
        .route("/digest", get(digest::page))
        .route("/digest.txt", get(digest::text))
        .route("/me/leave", get(leave::page).post(leave::hand_over))
        .route("/me/leave/{id}/end", post(leave::end))
        .route("/me/feed", get(feed::page).post(feed::renew))
        .route("/me/feed/end", post(feed::end))
        .route("/ics/{file}", get(feed::give))
        .route("/events", get(live::events))
}

/// Where a group is, whole.
pub fn group_address(group: Group) -> String {
    address_of(group.id())
}

/// The same by its id.
pub fn address_of(id: &str) -> String {
    urls::with_query(HERE, &[("group", id)])
}

/// What a group is called.
pub fn label(group: Group) -> &'static str {
    match group {
        Group::Raised => "下级超期上报",
        Group::Late => "逾期",
        Group::Today => "今天",
        Group::Soon => "近期",
        Group::Mine => "等我办",
        Group::Others => "等别人办",
        Group::Snoozed => "已暂缓",
    }
}

/// The groups, with how many each has. What few have is left out where there is none.
pub fn tally(counts: &Counts, here: &str, href: impl Fn(&str) -> String) -> Vec<TallyView> {
    let shown = |group: &Group| {
        let rare = matches!(group, Group::Raised | Group::Snoozed);
        !rare || counts.of(*group) > 0 || here == group.id()
    };
    let view = |id: &str, label: &str, count| TallyView {
        id: id.to_owned(),
        label: label.to_owned(),
        count,
        href: href(id),
        here: here == id,
    };
    let of = |group: Group| view(group.id(), label(group), counts.of(group));
    let mut tally: Vec<TallyView> = Group::ALL.into_iter().filter(shown).map(of).collect();
    if counts.reports > 0 || here == REPORTS {
        tally.insert(0, view(REPORTS, "报表", counts.reports));
    }
    tally
}

/// One line.
pub fn task_view(visitor: &Visitor, house: &House, task: &Task) -> TaskView {
    let kind = house.kind(&task.kind);
    let label = kind.map_or("", |kind| kind.label.as_str());
    let why = match (task.words.as_str(), task.basis.as_str()) {
        ("", "") => None,
        (words, "") => Some(words.to_owned()),
        (words, basis) => Some(format!("{words}（{basis}）")),
    };
    let next = task.next.as_ref().filter(|_| task.turn == Turn::Mine).zip(kind);
    let next = next.map(|((action, verb), kind)| ActionView {
        label: verb.clone(),
        target: Target::Page(format!("{}/do/{action}", urls::below(kind, &task.record))),
        weight: Weight::Plain,
        confirm: None,
    });
    TaskView {
        key: task.key(),
        what: task.title.clone(),
        record: (
            format!("{label} · {}", task.label),
            urls::record_of(house, &task.kind, &task.record).unwrap_or_default(),
        ),
        business: kind.map_or("", |kind| words::business(house, &kind.business)).to_owned(),
        who: visitor.app.desk.units().long_name(&task.unit),
        due: task.due.map(|due| words::due(due, &visitor.moment)),
        marks: marks(visitor, house, task),
        why,
        next,
    }
}

/// Who is waited for, who holds it, who looks away.
fn marks(visitor: &Visitor, house: &House, task: &Task) -> Vec<String> {
    let me = &visitor.actor().account;
    let mut marks = Vec::new();
    if let Some(held) = &task.held {
        let note = if held.note.is_empty() { String::new() } else { format!("：{}", held.note) };
        marks.push(match (held.account == *me, held.by == *me, held.stands_in) {
            (true, true, _) => format!("您自己接办{note}"),
            (true, false, _) => format!("{}交给您{note}", held.by_name),
            (_, _, true) => format!("代{}（{}交办）{note}", held.name, held.by_name),
            (_, true, _) => format!("您交给{}办{note}", held.name),
            _ => format!("{}交给{}办{note}", held.by_name, held.name),
        });
    }
    match &task.turn {
        Turn::Roles(roles) if !roles.is_empty() => {
            let names: Vec<&str> = roles.iter().map(|role| words::role(house, role)).collect();
            marks.push(format!("等{}办", names.join("、")));
        }
        Turn::Roles(_) => marks.push("等待中".to_owned()),
        Turn::Mine | Turn::Held => {}
    }
    if task.stopped {
        marks.push("期限中止".to_owned());
    }
    if let Some((action, why)) = &task.refused {
        let action = house.kind(&task.kind).and_then(|kind| kind.action(action));
        let action = action.map_or("到期动作", |action| &action.label);
        marks.push(format!("到期后平台没有办成“{action}”：{why}"));
    }
    if task.group == Group::Raised
        && let Some(day) = task.raised_on
    {
        marks.push(format!("{}起上报本级", show(day)));
    }
    for (name, until, reason) in &task.away {
        let who = if *name == visitor.actor().name { "您" } else { name };
        marks.push(format!("{who}暂缓至{}：{reason}", show(*until)));
    }
    marks
}

/// What is asked by the address.
struct Asked {
    query: Typed,
    ask: InboxAsk,
    page: usize,
}

impl Asked {
    fn read(visitor: &Visitor, pairs: Vec<(String, String)>) -> Self {
        let query = Typed::read(pairs).unwrap_or_default();
        let text = |name: &str| query.get(name).trim().to_owned();
        let day = |name: &str| query.get(name).parse().ok();
        // Addresses of earlier versions.
        let group = match query.get("group") {
            "" => query.get("when").replace("week", "soon").replace("later", "mine"),
            group => group.to_owned(),
        };
        let whose = match query.get("person") {
            "" => Whose::All,
            "none" => Whose::Nobody,
            "me" => Whose::Account(visitor.actor().account.clone()),
            account => Whose::Account(account.to_owned()),
        };
        let ask = InboxAsk {
            group: Group::of(&group),
            business: text("business"),
            kind: text("kind"),
            unit: text("unit"),
            whose,
            from: day("from"),
            to: day("to"),
            order: Order::of(query.get("sort")).unwrap_or_default(),
        };
        let page = query.get("page").parse().unwrap_or(1_usize).clamp(1, 10_000);
        Self { query, ask, page }
    }

    /// The address with some values replaced; the first page of what then is.
    fn address(&self, replaced: &[(&str, &str)]) -> String {
        const KEPT: [&str; 8] =
            ["group", "business", "kind", "unit", "person", "from", "to", "sort"];
        let mut pairs: Vec<(String, String)> = KEPT
            .iter()
            .map(|name| ((*name).to_owned(), self.query.get(name).to_owned()))
            .filter(|(name, _)| !replaced.iter().any(|(other, _)| other == name))
            .collect();
        pairs.extend(replaced.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        urls::with_query(HERE, &pairs)
    }
}

/// `GET /tasks?group=&business=&kind=&unit=&person=&from=&to=&sort=&page=`
pub async fn page(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let asked = Asked::read(&visitor, pairs);
    if asked.query.get("group") == REPORTS {
        return page::done(&visitor, draw_reports_of(&visitor).await).await;
    }
    page::done(&visitor, draw(&visitor, &asked).await).await
}

/// The reports that wait, alone.
async fn draw_reports_of(visitor: &Visitor) -> Result<Response, Refusal> {
    let inbox = visitor.app.desk.inbox(visitor.actor(), &visitor.moment).await?;
    let view = ReportsView {
        tally: tally(&inbox.counts(), REPORTS, address_of),
        waiting: filing::waiting_views(visitor, &inbox.reports),
        ways: ways(Some(HERE.to_owned())),
    };
    let place = vec![("待办".to_owned(), "/".to_owned())];
    let about = About::new("待办：报表", "/").below(place);
    Ok(page::page(visitor, about, draw_reports(&view)).await)
}

async fn draw(visitor: &Visitor, asked: &Asked) -> Result<Response, Refusal> {
    let desk = &visitor.app.desk;
    let (house, units) = (desk.house(), desk.units());
    let inbox = desk.inbox(visitor.actor(), &visitor.moment).await?;
    // The groups are counted under the filters that are in force.
    let any = |group| InboxAsk { group, ..asked.ask.clone() };
    let filtered = inbox.select(&house, &units, &any(None));
    let away = inbox.select(&house, &units, &any(Some(Group::Snoozed)));
    let mut counts = Inbox::count(filtered.iter().chain(&away).copied());
    counts.reports = inbox.counts().reports;
    let lines = inbox.select(&house, &units, &asked.ask);
    let pages = lines.len().div_ceil(A_PAGE).max(1);
    let at = asked.page.min(pages);
    let shown: Vec<&Line> = lines.iter().skip((at - 1) * A_PAGE).take(A_PAGE).copied().collect();
    let tasks = desk.tasks_of(visitor.actor(), &inbox.stands_in, &shown, &visitor.moment).await?;
    let title = asked.ask.group.map_or("全部待办", label);
    let turn = |page: usize| asked.address(&[("page", &page.to_string())]);
    let narrowed = asked.address(&[])
        != asked.address(&[
            ("business", ""),
            ("kind", ""),
            ("unit", ""),
            ("person", ""),
            ("from", ""),
            ("to", ""),
        ]);
    let view = TasksView {
        title: title.to_owned(),
        count_text: count_text(lines.len(), at, pages, inbox.capped),
        remark: remark(visitor, &inbox, asked),
        tally: tally(&counts, asked.ask.group.map_or("", Group::id), |id| match id {
            REPORTS => address_of(REPORTS),
            id => asked.address(&[("group", id)]),
        }),
        reports: match asked.ask.group {
            None if !narrowed && at == 1 => filing::waiting_views(visitor, &inbox.reports),
            _ => Vec::new(),
        },
        filters: filters(visitor, &house, &inbox, asked).await?,
        chips: chips(visitor, asked),
        keep: ["group", "unit", "from", "to"]
            .map(|name| (name.to_owned(), asked.query.get(name).to_owned()))
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        tasks: tasks.iter().map(|task| task_view(visitor, &house, task)).collect(),
        bulk: bulk(asked.ask.group),
        back: asked.address(&[("page", &at.to_string())]),
        prev: (at > 1).then(|| turn(at - 1)),
        next: (at < pages).then(|| turn(at + 1)),
        ways: ways(asked.ask.group.map(|_| asked.address(&[("group", "")]))),
        empty: if narrowed {
            let all = asked.address(&[
                ("business", ""),
                ("kind", ""),
                ("unit", ""),
                ("person", ""),
                ("from", ""),
                ("to", ""),
            ]);
            ("没有符合这些条件的事项。".to_owned(), Some(("去掉条件再看".to_owned(), all)))
        } else {
            let home = ("回到工作台".to_owned(), "/".to_owned());
            (empty(asked.ask.group).to_owned(), Some(home))
        },
        csrf: visitor.session.csrf.clone(),
    };
    let place = vec![("待办".to_owned(), "/".to_owned())];
    let mut about = About::new(format!("待办：{title}"), "/").below(place);
    about.notice = said(asked.query.get("said"));
    Ok(page::page(visitor, about, draw_tasks(&view)).await)
}

fn count_text(count: usize, at: usize, pages: usize, capped: bool) -> String {
    let more = if capped { "以上" } else { "" };
    let turned = if pages > 1 { format!("，第 {at}/{pages} 页") } else { String::new() };
    format!("共 {count} 件{more}{turned}")
}

fn empty(group: Option<Group>) -> &'static str {
    match group {
        None => "没有到期或者将到期的事项。",
        Some(Group::Raised) => "下级没有超期上报的事项。",
        Some(Group::Late) => "没有逾期的事项。",
        Some(Group::Today) => "今天没有要办的到期事项。",
        Some(Group::Soon) => "近期没有要办的到期事项。",
        Some(Group::Mine) => "没有其他等您办的事项。",
        Some(Group::Others) => "没有等别人办的事项。",
        Some(Group::Snoozed) => "没有暂缓的事项。",
    }
}

fn remark(visitor: &Visitor, inbox: &Inbox, asked: &Asked) -> String {
    let mut remarks = Vec::new();
    if !inbox.stands_in.is_empty() {
        let names: Vec<&str> = inbox.stands_in.iter().map(|(_, name)| name.as_str()).collect();
        remarks.push(format!("您今天代{}办理，交给他们的事项也列在这里。", names.join("、")));
    }
    if let (Some(from), Some(to)) = (asked.ask.from, asked.ask.to) {
        let days = if from == to { show(from) } else { format!("{}至{}", show(from), show(to)) };
        remarks.push(format!("只看{days}到期的。"));
    }
    if !asked.ask.unit.is_empty() {
        let unit = visitor.app.desk.units().long_name(&asked.ask.unit);
        remarks.push(format!("只看{unit}的。"));
    }
    if inbox.capped {
        remarks.push("事项很多，只列出期限最近的和等您办的；其余请按单位查看。".to_owned());
    }
    remarks.concat()
}

/// Ways beside the inbox.
fn ways(all: Option<String>) -> Vec<(String, String)> {
    let way = |label: &str, href: &str| (label.to_owned(), href.to_owned());
    let mut ways: Vec<(String, String)> = Vec::new();
    ways.extend(all.map(|href| ("全部待办".to_owned(), href)));
    ways.extend([way("日历", "/calendar"), way("日报", "/digest"), way("请假代办", "/me/leave")]);
    ways
}

fn bulk(group: Option<Group>) -> Vec<BulkView> {
    let act = |label: &str, href: &str, posts: bool| BulkView {
        label: label.to_owned(),
        href: href.to_owned(),
        posts,
    };
    let mut acts =
        vec![act("交办", "/tasks/assign", false), act("收回或者退回", "/tasks/recall", true)];
    acts.push(match group {
        Some(Group::Snoozed) => act("恢复", "/tasks/wake", true),
        _ => act("暂缓", "/tasks/snooze", false),
    });
    acts
}

fn option(value: &str, label: &str, now: &str) -> OptionView {
    OptionView { value: value.to_owned(), label: label.to_owned(), chosen: value == now }
}

async fn filters(
    visitor: &Visitor,
    house: &House,
    inbox: &Inbox,
    asked: &Asked,
) -> Result<Vec<FilterView>, Refusal> {
    let choice = |name: &str, label: &str, options| FilterView {
        name: name.to_owned(),
        label: label.to_owned(),
        kind: FilterKind::Choice(options),
    };
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    let mut people: BTreeMap<&str, u32> = BTreeMap::new();
    for line in inbox.lines.iter().filter(|line| line.group != Group::Snoozed) {
        *kinds.entry(&line.kind).or_default() += 1;
        if !line.assignee.is_empty() {
            *people.entry(&line.assignee).or_default() += 1;
        }
    }
    let now = asked.query.get("business");
    let mut businesses = vec![option("", "全部", now)];
    for business in &house.businesses {
        let of = kinds
            .iter()
            .filter(|(kind, _)| house.kind(kind).is_some_and(|k| k.business == business.id));
        let count: u32 = of.map(|(_, count)| count).sum();
        if count > 0 || business.id == now {
            businesses.push(option(&business.id, &format!("{}（{count}）", business.label), now));
        }
    }
    let now = asked.query.get("kind");
    let mut of_kind = vec![option("", "全部", now)];
    for (id, count) in &kinds {
        let Some(kind) = house.kind(id) else { continue };
        if asked.ask.business.is_empty() || kind.business == asked.ask.business || *id == now {
            of_kind.push(option(id, &format!("{}（{count}）", kind.label), now));
        }
    }
    let now = asked.query.get("person");
    let mut whose = vec![
        option("", "全部", now),
        option("me", "交给我的", now),
        option("none", "未交办的", now),
    ];
    let me = visitor.actor().account.as_str();
    let ids: Vec<&str> = people.keys().copied().filter(|id| *id != me).collect();
    let wanted = ids.iter().map(|id| (*id).to_owned()).collect();
    let names = visitor.app.desk.account_names(wanted).await?;
    for id in ids {
        let name = names.get(id).map_or("", String::as_str);
        whose.push(option(id, &format!("{name}（{}）", people.get(id).unwrap_or(&0)), now));
    }
    let now = asked.query.get("sort");
    let sorts =
        [("", "期限近的在前"), ("-due", "期限远的在前"), ("kind", "按业务"), ("unit", "按单位")];
    let sorts = sorts.map(|(id, label)| option(id, label, now)).into();
    Ok(vec![
        choice("business", "业务", businesses),
        choice("kind", "档案种类", of_kind),
        choice("person", "交给谁", whose),
        choice("sort", "排序", sorts),
    ])
}

/// What narrows the list and has no field among the filters.
fn chips(visitor: &Visitor, asked: &Asked) -> Vec<ChipView> {
    let mut chips = Vec::new();
    if !asked.ask.unit.is_empty() {
        chips.push(ChipView {
            label: format!("单位：{}", visitor.app.desk.units().long_name(&asked.ask.unit)),
            remove_href: asked.address(&[("unit", "")]),
        });
    }
    if asked.ask.from.is_some() || asked.ask.to.is_some() {
        let day = |day: Option<jiff::civil::Date>| day.map(show).unwrap_or_default();
        chips.push(ChipView {
            label: format!("到期：{}至{}", day(asked.ask.from), day(asked.ask.to)),
            remove_href: asked.address(&[("from", ""), ("to", "")]),
        });
    }
    chips
}

/// What has just been done: `assign.3`.
fn said(what: &str) -> Option<Notice> {
    let (act, count) = what.split_once('.')?;
    let count: u32 = count.parse().ok()?;
    let text = match act {
        "assign" => format!("已交办{count}件，对方的待办里已经有了。"),
        "recall" => format!("已收回{count}件。"),
        "snooze" => format!("已暂缓{count}件，到日子会重新出现；在“已暂缓”里可以随时恢复。"),
        "wake" => format!("已恢复{count}件。"),
        _ => return None,
    };
    let undo =
        (act == "snooze").then(|| ("看已暂缓的".to_owned(), "/tasks?group=snoozed".to_owned()));
    Some(Notice { tone: Tone::Good, text, link: undo })
}
