//! What is due on which day: a month or a week, with the days people work on.

use super::{HERE, task_view, ways};
use crate::web::{
    look::inbox::{CalendarView, DayCell, DayView, calendar as draw_calendar},
    page::{self, About},
    typed::Typed,
    urls,
    visitor::Visitor,
};
use axum::{extract::Query, response::Response};
use desk::{
    Refusal,
    inbox::{Inbox, InboxAsk, Line},
};
use engine::{check::date::show_weekday, deadline::Calendar, definition::House};
use jiff::{ToSpan, civil::Date};
use std::collections::BTreeMap;

/// So many lines of a day are shown.
const A_DAY: usize = 20;

/// `GET /calendar?month=2026-06&day=2026-06-11`, `GET /calendar?week=2026-06-11`
pub async fn page(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let typed = Typed::read(pairs).unwrap_or_default();
    page::done(&visitor, draw(&visitor, &typed).await).await
}

async fn draw(visitor: &Visitor, typed: &Typed) -> Result<Response, Refusal> {
    let desk = &visitor.app.desk;
    let house = desk.house();
    let inbox = desk.inbox(visitor.actor(), &visitor.moment).await?;
    let day = typed.get("day").parse::<Date>().ok();
    let view = match typed.get("week").parse::<Date>() {
        Ok(of) => week(visitor, &house, &inbox, of).await?,
        Err(_) => {
            let first = format!("{}-01", typed.get("month")).parse::<Date>().ok();
            let of = first.or(day).unwrap_or(visitor.moment.today);
            month(visitor, &house, &inbox, of, day).await?
        }
    };
    let about = About::new(format!("日历：{}", view.title), "/")
        .below(vec![("待办".to_owned(), "/".to_owned())]);
    Ok(page::page(visitor, about, draw_calendar(&view)).await)
}

fn add(day: Date, days: i64) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}

fn monday(day: Date) -> Date {
    add(day, -i64::from(day.weekday().to_monday_zero_offset()))
}

fn of_month(day: Date) -> String {
    format!("{}-{:02}", day.year(), day.month())
}

fn month_address(day: Date) -> String {
    urls::with_query("/calendar", &[("month", of_month(day))])
}

fn week_address(day: Date) -> String {
    urls::with_query("/calendar", &[("week", day.to_string())])
}

async fn month(
    visitor: &Visitor,
    house: &House,
    inbox: &Inbox,
    of: Date,
    day: Option<Date>,
) -> Result<CalendarView, Refusal> {
    let (first, last) = (of.first_of_month(), of.last_of_month());
    let counts = inbox.days();
    let mut weeks = Vec::new();
    let mut at = monday(first);
    // No month reaches into more than six weeks; at the end of all dates a week stands still.
    while at <= last && weeks.len() < 6 {
        let days = (0..7).map(|i| cell(visitor, house, &counts, add(at, i), first, day));
        weeks.push(days.collect());
        at = add(at, 7);
    }
    let shown = match day {
        Some(day) => vec![day_view(visitor, house, inbox, day).await?],
        None => Vec::new(),
    };
    let step = |label: &str, to: Date| (label.to_owned(), month_address(to));
    let middle = day.unwrap_or(if of_month(visitor.moment.today) == of_month(first) {
        visitor.moment.today
    } else {
        first
    });
    Ok(CalendarView {
        title: format!("{}年{}月", first.year(), first.month()),
        steps: vec![
            step("上个月", add(first, -1)),
            step("本月", visitor.moment.today),
            step("下个月", add(last, 1)),
        ],
        tabs: tabs(middle, true),
        weeks,
        days: shown,
        remark: remark(&house.calendar, &[first, last], inbox),
        ways: ways(Some(HERE.to_owned())).into_iter().filter(|(_, to)| to != "/calendar").collect(),
    })
}

async fn week(
    visitor: &Visitor,
    house: &House,
    inbox: &Inbox,
    of: Date,
) -> Result<CalendarView, Refusal> {
    let first = monday(of);
    let last = add(first, 6);
    let mut days = Vec::new();
    for i in 0..7 {
        days.push(day_view(visitor, house, inbox, add(first, i)).await?);
    }
    let step = |label: &str, to: Date| (label.to_owned(), week_address(to));
    Ok(CalendarView {
        title: format!(
            "{}年{}月{}日至{}月{}日",
            first.year(),
            first.month(),
            first.day(),
            last.month(),
            last.day()
        ),
        steps: vec![
            step("上一周", add(first, -7)),
            step("本周", visitor.moment.today),
            step("下一周", add(first, 7)),
        ],
        tabs: tabs(of, false),
        weeks: Vec::new(),
        days,
        remark: remark(&house.calendar, &[first, last], inbox),
        ways: ways(Some(HERE.to_owned())).into_iter().filter(|(_, to)| to != "/calendar").collect(),
    })
}

fn tabs(of: Date, month: bool) -> Vec<(String, String, bool)> {
    vec![("月".to_owned(), month_address(of), month), ("周".to_owned(), week_address(of), !month)]
}

/// Years that have not been announced are said to be so, and never guessed.
fn remark(calendar: &Calendar, days: &[Date], inbox: &Inbox) -> String {
    let mut years: Vec<i16> =
        days.iter().filter_map(|day| calendar.is_working_day(*day).err()).collect();
    years.dedup();
    let unknown =
        years.iter().map(|year| format!("{year}年的节假日安排还没有导入，只标出周六、周日。"));
    let capped = inbox.capped.then(|| "事项很多，只计入期限最近的和等您办的。".to_owned());
    unknown.chain(capped).collect()
}

/// Whether people rest on a day, and what to say of it.
fn rest(calendar: &Calendar, day: Date) -> (bool, String) {
    let weekend = day.weekday().to_monday_zero_offset() >= 5;
    match calendar.is_working_day(day) {
        Ok(works) => (!works, calendar.show(day)),
        Err(_) => (weekend, calendar.show(day)),
    }
}

fn cell(
    visitor: &Visitor,
    house: &House,
    counts: &BTreeMap<Date, (u32, u32)>,
    day: Date,
    first: Date,
    here: Option<Date>,
) -> DayCell {
    let (rests, words) = rest(&house.calendar, day);
    let (count, mine) = counts.get(&day).copied().unwrap_or_default();
    let named = house.calendar.day(day).is_some();
    let pairs = [("month", of_month(first)), ("day", day.to_string())];
    DayCell {
        number: day.day().to_string(),
        mark: if named { words } else { String::new() },
        flag: if named { if rests { "休" } else { "班" }.to_owned() } else { String::new() },
        rests,
        outside: of_month(day) != of_month(first),
        today: day == visitor.moment.today,
        here: here == Some(day),
        count: if count > 0 { format!("{count} 件") } else { String::new() },
        mine,
        late: count > 0 && day < visitor.moment.today,
        href: urls::with_query("/calendar", &pairs),
    }
}

async fn day_view(
    visitor: &Visitor,
    house: &House,
    inbox: &Inbox,
    day: Date,
) -> Result<DayView, Refusal> {
    let desk = &visitor.app.desk;
    let ask = InboxAsk { from: Some(day), to: Some(day), ..InboxAsk::default() };
    let lines = inbox.select(house, &desk.units(), &ask);
    let shown: Vec<&Line> = lines.iter().take(A_DAY).copied().collect();
    let tasks = desk.tasks_of(visitor.actor(), &inbox.stands_in, &shown, &visitor.moment).await?;
    let (rests, words) = rest(&house.calendar, day);
    let whole = [("from", day.to_string()), ("to", day.to_string())];
    Ok(DayView {
        title: show_weekday(day),
        mark: match (rests, words.is_empty()) {
            (_, false) => words,
            (true, true) => "休息日".to_owned(),
            (false, true) => "工作日".to_owned(),
        },
        count: u32::try_from(lines.len()).unwrap_or(u32::MAX),
        tasks: tasks.iter().map(|task| task_view(visitor, house, task)).collect(),
        more: (lines.len() > A_DAY).then(|| urls::with_query(HERE, &whole)),
    })
}
