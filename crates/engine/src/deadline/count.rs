//! Counting: from what is given to the last day.
//!
//! - 期间 (民法典 第200条至第204条; 民事诉讼法 第85条): the day it starts on does not count; months
//!   and years end on the same day number, or on the last day of a month that has no such day; by
//!   hours it runs from the moment itself. If the last day is a rest day, the next working day is
//!   the last, only where the rule says so.
//! - 刑事期间 (刑诉法解释 第202条): as before, but what starts on the last day of a month ends on
//!   the last day of a month.
//! - 刑期 (刑诉法解释 第202条): its first day counts, so it ends the day before. It never moves.

use super::{Calendar, Given, Length, Stop, Unit};
use crate::check::date::{show, show_datetime};
use jiff::{
    ToSpan,
    civil::{Date, DateTime},
};

/// Which day counts first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// The day after.
    #[default]
    NextDay,
    /// The day itself.
    SameDay,
}

/// Whose rules months and years follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum System {
    /// 期间.
    #[default]
    Civil,
    /// 刑事期间.
    Criminal,
    /// 刑期.
    Penalty,
}

/// How the length bounds the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bound {
    /// 以内, 不超过: the last day of the length is in time.
    #[default]
    Within,
    /// 不满, 不足: the last day of the length is too late.
    Under,
    /// 之前: counted back from the day given; that day so long before is still in time.
    Before,
}

/// How a limit is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counting {
    /// How long. Its count is replaced by that of [`Given`] where the record has one.
    pub length: Length,
    /// Inclusive, exclusive or backwards.
    pub bound: Bound,
    /// Which day counts first.
    pub start: Start,
    /// Whose rules.
    pub system: System,
    /// Whether a last day of rest moves to the next working day.
    pub rolls: bool,
    /// Why it moves: law and article.
    pub roll_basis: String,
    /// Length of an extension.
    pub extension: Option<Length>,
    /// Days that one day of earlier custody counts for.
    pub credit: i32,
}

impl Counting {
    /// Whether a change of the calendar can change a result.
    pub fn needs_calendar(&self) -> bool {
        let working = |length: Length| length.unit == Unit::WorkingDay;
        self.rolls || working(self.length) || self.extension.is_some_and(working)
    }

    /// The length for this record.
    pub fn length_for(&self, given: &Given) -> Length {
        Length { count: given.count.unwrap_or(self.length.count), ..self.length }
    }
}

/// A worked-out limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Last day; `None` if it cannot be worked out yet.
    pub on: Option<Date>,
    /// Last moment, where hours are counted.
    pub at: Option<DateTime>,
    /// The day to be on the safe side, where the last one cannot be worked out.
    pub safe: Option<Date>,
    /// Whether the clock stands now.
    pub stopped: bool,
    /// How it was worked out, or why it cannot be.
    pub words: String,
}

/// Why there is no last day.
pub(super) enum Hitch {
    /// This year's calendar is missing.
    Year(i16),
    /// The clock stands since that day; so much is left.
    Stands(Date, i32, Unit),
    /// Out of the calendar.
    Beyond,
}

/// The last day of what is given, and how it comes about.
pub fn work_out(counting: &Counting, given: &Given, calendar: &Calendar) -> Due {
    let mut words = opening(counting, given);
    let stops = given.merged();
    let reached = match counting.length.unit {
        Unit::Hour => return hours(counting, given, &stops, words),
        _ => reach(counting, given, &stops, calendar, &mut words),
    };
    let last = reached.and_then(|last| {
        let last = credit(counting, given, last, &mut words)?;
        moved(given, last, &mut words)
    });
    match last {
        Ok(last) => roll(counting, last, calendar, words),
        Err(hitch) => hindered(&hitch, counting, given, words),
    }
}

/// `自2024年1月31日次日起30日`.
fn opening(counting: &Counting, given: &Given) -> String {
    let length = counting.length_for(given);
    let day = show(given.day());
    let bound = match counting.bound {
        Bound::Within => "",
        Bound::Under => "（不满，不含末日）",
        Bound::Before => return format!("{day}之前{}", length.show()),
    };
    if length.unit == Unit::Hour {
        return format!("自{}起{}{bound}", show_datetime(given.from), length.show());
    }
    let start = match (counting.start, counting.system) {
        (_, System::Penalty) => "起（当日计入刑期）",
        (Start::SameDay, _) => "当日起",
        (Start::NextDay, _) => "次日起",
    };
    format!("自{day}{start}{}{bound}", length.show())
}

fn hours(counting: &Counting, given: &Given, stops: &[Stop], mut words: String) -> Due {
    let length = counting.length_for(given);
    let end = match counting.bound {
        Bound::Before => given.from.checked_sub(length.count.hours()),
        Bound::Within | Bound::Under => given.from.checked_add(length.count.hours()),
    };
    let Ok(mut end) = end else { return hindered(&Hitch::Beyond, counting, given, words) };
    for stop in stops.iter().filter(|_| counting.bound != Bound::Before) {
        let first = stop.from.max(given.day());
        if first > end.date() {
            break;
        }
        let Some(to) = stop.to else {
            return hindered(&Hitch::Stands(stop.from, 0, Unit::Hour), counting, given, words);
        };
        let stood = days_between(first, to).max(0);
        words += &stood_words(first, to, stood);
        end = end.checked_add(stood.days()).unwrap_or(end);
    }
    if let (Some(extension), Some(granted)) = (counting.extension, &given.added) {
        let span = match extension.unit {
            Unit::Hour => extension.count.hours(),
            _ => extension.count.days(),
        };
        end = end.checked_add(span).unwrap_or(end);
        words += &granted_words(extension, &granted.by, granted.on);
    }
    words += &format!("，至{}", show_datetime(end));
    if let Some(moved) = given.moved.as_ref().filter(|moved| moved.to.is_some()) {
        let to = moved.to.unwrap_or(end.date());
        words += &moved_words(to, &moved.by);
        return Due { on: Some(to), words, ..Due::default() };
    }
    Due { on: Some(end.date()), at: Some(end), words, ..Due::default() }
}

/// The last day by length, stops and extension, before any roll-over.
fn reach(
    counting: &Counting,
    given: &Given,
    stops: &[Stop],
    calendar: &Calendar,
    words: &mut String,
) -> Result<Date, Hitch> {
    let length = counting.length_for(given);
    if counting.bound == Bound::Before {
        let last = backwards(given.day(), length, calendar)?;
        *words += &format!("，至{}", show(last));
        return Ok(last);
    }
    let under = counting.bound == Bound::Under;
    let whole_days = matches!(length.unit, Unit::Day | Unit::WorkingDay);
    let count = length.count - i32::from(under && whole_days);
    let length = Length { count: count.max(0), ..length };
    let mut last = forwards(counting, given.day(), length, stops, calendar, words)?;
    if under && !whole_days {
        last = last.yesterday().map_err(|_| Hitch::Beyond)?;
    }
    *words += &format!("，至{}", show(last));
    if let (Some(extension), Some(granted)) = (counting.extension, &given.added) {
        *words += &granted_words(extension, &granted.by, granted.on);
        let plain = Counting { system: counting.system, ..Counting::default() };
        let plain = match counting.system {
            // The added time of a penalty begins the day behind its last one.
            System::Penalty => Counting { system: System::Civil, ..plain },
            _ => plain,
        };
        last = forwards(&plain, last, extension, stops, calendar, words)?;
        *words += &format!("，至{}", show(last));
    }
    Ok(last)
}

fn forwards(
    counting: &Counting,
    from: Date,
    length: Length,
    stops: &[Stop],
    calendar: &Calendar,
    words: &mut String,
) -> Result<Date, Hitch> {
    let same_day = counting.start == Start::SameDay || counting.system == System::Penalty;
    let first = if same_day { from } else { from.tomorrow().map_err(|_| Hitch::Beyond)? };
    if length.unit == Unit::WorkingDay {
        return working_days(first, length.count, stops, calendar, words);
    }
    let mut last = nominal(counting, from, length)?;
    if same_day && length.count > 0 {
        last = last.yesterday().map_err(|_| Hitch::Beyond)?;
    }
    for stop in stops {
        let begins = stop.from.max(first);
        if begins > last {
            break;
        }
        let Some(to) = stop.to else {
            let left = days_between(begins, last) + 1;
            return Err(Hitch::Stands(stop.from, left, Unit::Day));
        };
        let stood = days_between(begins, to).max(0);
        if stood > 0 {
            *words += &stood_words(begins, to, stood);
            last = last.checked_add(stood.days()).map_err(|_| Hitch::Beyond)?;
        }
    }
    Ok(last)
}

/// The day that months and years lead to, by the system's rule; days simply add.
pub(super) fn nominal(counting: &Counting, from: Date, length: Length) -> Result<Date, Hitch> {
    let span = match length.unit {
        Unit::Month => length.count.months(),
        Unit::Year => length.count.years(),
        Unit::Day | Unit::WorkingDay | Unit::Hour => length.count.days(),
    };
    // A month without such a day gives its last day.
    let day = from.checked_add(span).map_err(|_| Hitch::Beyond)?;
    let clings = counting.system != System::Civil && length.unit == Unit::Month;
    if clings && from == from.last_of_month() {
        return Ok(day.last_of_month());
    }
    Ok(day)
}

fn working_days(
    first: Date,
    count: i32,
    stops: &[Stop],
    calendar: &Calendar,
    words: &mut String,
) -> Result<Date, Hitch> {
    let (mut date, mut left) = (first, count);
    let mut last = first.yesterday().map_err(|_| Hitch::Beyond)?;
    let mut stood = Vec::new();
    while left > 0 {
        if let Some(stop) = stops.iter().find(|s| s.from <= date && s.to.is_none_or(|t| date < t)) {
            let Some(to) = stop.to else {
                return Err(Hitch::Stands(stop.from, left, Unit::WorkingDay));
            };
            stood.push(stood_words(date, to, days_between(date, to)));
            date = to;
            continue;
        }
        if calendar.is_working_day(date).map_err(Hitch::Year)? {
            left -= 1;
            last = date;
        }
        date = date.tomorrow().map_err(|_| Hitch::Beyond)?;
    }
    stood.iter().for_each(|stop| *words += stop);
    Ok(last)
}

fn backwards(from: Date, length: Length, calendar: &Calendar) -> Result<Date, Hitch> {
    let date = match length.unit {
        Unit::Month => from.checked_sub(length.count.months()),
        Unit::Year => from.checked_sub(length.count.years()),
        Unit::Day | Unit::Hour => from.checked_sub(length.count.days()),
        Unit::WorkingDay => {
            let (mut date, mut left) = (from, length.count);
            while left > 0 {
                date = date.yesterday().map_err(|_| Hitch::Beyond)?;
                left -= i32::from(calendar.is_working_day(date).map_err(Hitch::Year)?);
            }
            Ok(date)
        }
    };
    date.map_err(|_| Hitch::Beyond)
}

/// 折抵: days of custody before the sentence shorten it.
fn credit(
    counting: &Counting,
    given: &Given,
    last: Date,
    words: &mut String,
) -> Result<Date, Hitch> {
    let days = given.credit.saturating_mul(counting.credit.max(1));
    if days <= 0 {
        return Ok(last);
    }
    let earlier = last.checked_sub(days.days()).map_err(|_| Hitch::Beyond)?;
    *words += &format!(
        "；先行羁押{}日，一日折抵{}日，折抵{days}日，至{}",
        given.credit,
        counting.credit.max(1),
        show(earlier)
    );
    Ok(earlier)
}

/// 延至: a day that was granted stands instead of what was counted.
fn moved(given: &Given, last: Date, words: &mut String) -> Result<Date, Hitch> {
    let Some((moved, to)) = given.moved.as_ref().and_then(|m| Some((m, m.to?))) else {
        return Ok(last);
    };
    *words += &moved_words(to, &moved.by);
    Ok(to)
}

fn roll(counting: &Counting, last: Date, calendar: &Calendar, mut words: String) -> Due {
    if !counting.rolls {
        return Due { on: Some(last), words, ..Due::default() };
    }
    match calendar.working_day_from(last) {
        Ok(day) if day == last => Due { on: Some(last), words, ..Due::default() },
        Ok(day) => {
            let why = calendar.show(last);
            let basis = match counting.roll_basis.as_str() {
                "" => String::new(),
                basis => format!("，依{basis}"),
            };
            words += &format!("；最后一日是{why}{basis}，顺延至{}", show(day));
            Due { on: Some(day), words, ..Due::default() }
        }
        Err(year) => {
            words += &format!(
                "；{year}年节假日安排尚未录入，最后一日是否顺延暂不能确定，请先按{}办理",
                show(last)
            );
            Due { safe: Some(last), words, ..Due::default() }
        }
    }
}

fn hindered(hitch: &Hitch, counting: &Counting, given: &Given, mut words: String) -> Due {
    let due = Due::default();
    match hitch {
        Hitch::Year(year) => {
            words += &format!("；{year}年节假日安排尚未录入，暂不能计算");
            // So many calendar days are always fewer than so many working days.
            let count = counting.length_for(given).count;
            let safe = match counting.bound {
                Bound::Before => None,
                _ => given.day().checked_add(count.days()).ok(),
            };
            Due { safe, words, ..due }
        }
        Hitch::Stands(since, left, unit) => {
            words += &format!("；{}起中止", show(*since));
            if *unit != Unit::Hour {
                words += &format!("，恢复后还有{left}{}", unit.show());
            }
            Due { stopped: true, words, ..due }
        }
        Hitch::Beyond => Due { words: words + "；年份超出可以计算的范围", ..due },
    }
}

fn stood_words(from: Date, to: Date, days: i32) -> String {
    format!("；{}起中止，{}恢复，不计{days}日", show(from), show(to))
}

fn granted_words(extension: Length, by: &str, on: Option<Date>) -> String {
    let on = on.map(show).unwrap_or_default();
    let by = if by.is_empty() { String::new() } else { format!("经{by}批准") };
    format!("；{on}{by}延长{}", extension.show())
}

fn moved_words(to: Date, by: &str) -> String {
    let by = if by.is_empty() { String::new() } else { format!("经{by}批准，") };
    format!("；{by}延期至{}", show(to))
}

fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

/// The day to warn on: `warn` before `due`. Working days that are not announced count as worked.
pub fn warn_on(due: Date, warn: Length, calendar: &Calendar) -> Date {
    let earlier = match warn.unit {
        Unit::Hour => due.checked_sub((warn.count / 24 + i32::from(warn.count % 24 > 0)).days()),
        Unit::Day => due.checked_sub(warn.count.days()),
        Unit::Month => due.checked_sub(warn.count.months()),
        Unit::Year => due.checked_sub(warn.count.years()),
        Unit::WorkingDay => {
            let (mut date, mut left) = (due, warn.count);
            while left > 0 {
                let Ok(before) = date.yesterday() else { break };
                date = before;
                left -= i32::from(calendar.is_working_day(date).unwrap_or(true));
            }
            Ok(date)
        }
    };
    earlier.unwrap_or(due)
}
