//! A limit counted out day by day, for whoever wants to follow it with a finger on a calendar.

use super::{Bound, Calendar, Counting, Due, Given, Length, Start, System, Unit, count::nominal};
use jiff::civil::Date;

/// One day of a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayLine {
    /// The day.
    pub date: Date,
    /// Which day of the limit it is; `None` if it does not count.
    pub number: Option<i32>,
    /// Why it does not count, or what is special about it; may be empty.
    pub note: String,
}

/// So many days are counted out; of longer limits only the days with something to say.
const COUNTED_OUT: i32 = 400;

/// The days from the first to the last one. Empty if there is no last day yet, or hours are counted.
pub fn day_by_day(
    counting: &Counting,
    given: &Given,
    due: &Due,
    calendar: &Calendar,
) -> Vec<DayLine> {
    let unit = counting.length.unit;
    let Some(end) = due.on.filter(|_| unit != Unit::Hour) else { return Vec::new() };
    let from = given.day();
    if counting.bound == Bound::Before || end < from {
        return vec![
            DayLine { date: end, number: None, note: "最后一日".to_owned() },
            DayLine { date: from, number: None, note: "由这一天往前算".to_owned() },
        ];
    }
    let same_day = counting.start == Start::SameDay || counting.system == System::Penalty;
    let stops = given.merged();
    let long = (end - from).get_days() > COUNTED_OUT;
    let mut lines = Vec::new();
    let (mut date, mut number, mut months) = (from, 0, 1);
    while date <= end {
        let stands = stops.iter().any(|s| s.from <= date && s.to.is_none_or(|to| date < to));
        let rest = unit == Unit::WorkingDay && calendar.is_working_day(date) == Ok(false);
        let kind = calendar.show(date);
        let (counts, mut notes) = match () {
            () if date == from && !same_day => (false, vec!["当日不计".to_owned()]),
            () if stands => (false, vec!["中止，不计".to_owned()]),
            () if rest => (false, vec![format!("{kind}，不计")]),
            () if kind.is_empty() => (true, Vec::new()),
            () => (true, vec![kind]),
        };
        number += i32::from(counts);
        let monthly = matches!(unit, Unit::Month | Unit::Year);
        if monthly && date == full_month(counting, from, months, same_day) {
            notes.push(full_words(months));
            months += 1;
        }
        if date == end {
            notes.push("最后一日".to_owned());
        }
        let telling = !notes.is_empty() && (date == from || date == end || monthly || stands);
        if !long || telling {
            let number = counts.then_some(number);
            lines.push(DayLine { date, number, note: notes.join("，") });
        }
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    if long {
        // Weekends of years are nothing to read.
        lines.retain(|line| !matches!(line.note.as_str(), "周六" | "周日"));
    }
    lines
}

fn full_month(counting: &Counting, from: Date, months: i32, same_day: bool) -> Date {
    let length = Length { count: months, unit: Unit::Month };
    let day = nominal(counting, from, length).unwrap_or(from);
    if same_day { day.yesterday().unwrap_or(day) } else { day }
}

fn full_words(months: i32) -> String {
    match (months / 12, months % 12) {
        (0, months) => format!("满{months}个月"),
        (years, 0) => format!("满{years}年"),
        (years, months) => format!("满{years}年{months}个月"),
    }
}
