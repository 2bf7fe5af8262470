//! Time limits: how long, counted how, from when, and how that was worked out in words.
//!
//! Days are calendar days in China. The day something starts on does not count
//! (民法典 第201条). A month ends on the same day number, or on the last day of a month that has no
//! such day (民法典 第202条). Roll-over to the next working day (第203条) is not applied yet: the
//! earlier day is the safe one to warn of.

use jiff::{ToSpan, civil::Date, civil::Weekday};
use std::collections::{BTreeMap, BTreeSet};

/// How time is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Working days: Monday to Friday and make-up days, without statutory holidays.
    WorkingDay,
    /// Calendar days.
    Day,
    /// Months.
    Month,
    /// Years.
    Year,
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// How many.
    pub count: i32,
    /// Of what.
    pub unit: Unit,
}

impl Length {
    /// No time at all.
    pub const NONE: Self = Self { count: 0, unit: Unit::Day };

    /// Reads `3 工作日`, `15 日`, `1 月`, `3 年`.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.chars().take_while(char::is_ascii_digit).count();
        let count = text.get(..digits)?.parse().ok().filter(|&c| c <= 36_500)?;
        let unit = match text.get(digits..)?.trim() {
            "工作日" | "个工作日" => Unit::WorkingDay,
            "日" | "天" => Unit::Day,
            "月" | "个月" => Unit::Month,
            "年" => Unit::Year,
            _ => return None,
        };
        Some(Self { count, unit })
    }

    /// `3个工作日`, `15日`, `1个月`, `3年`.
    pub fn show(self) -> String {
        let unit = match self.unit {
            Unit::WorkingDay => "个工作日",
            Unit::Day => "日",
            Unit::Month => "个月",
            Unit::Year => "年",
        };
        format!("{}{unit}", self.count)
    }
}

/// Statutory holidays and make-up working days of the years that have been announced.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    days: BTreeMap<Date, bool>,
    years: BTreeSet<i16>,
}

impl Calendar {
    /// Adds a statutory holiday (`true`) or a make-up working day.
    pub fn add(&mut self, date: Date, holiday: bool) {
        self.days.insert(date, holiday);
        self.years.insert(date.year());
    }

    /// Whether people work on `date`; the year itself if it has not been announced.
    pub fn is_working_day(&self, date: Date) -> Result<bool, i16> {
        if !self.years.contains(&date.year()) {
            return Err(date.year());
        }
        Ok(match self.days.get(&date) {
            Some(holiday) => !holiday,
            None => !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday),
        })
    }
}

/// A worked-out limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Last day; `None` if it cannot be worked out yet.
    pub on: Option<Date>,
    /// How it was worked out, or why it cannot be.
    pub words: String,
}

/// The last day of `length` from `start`.
pub fn due(start: Date, length: Length, calendar: &Calendar) -> Due {
    let last = match length.unit {
        Unit::WorkingDay => working_days(start, length.count, calendar),
        Unit::Day => start.checked_add(length.count.days()).map_err(|_| start.year()),
        Unit::Month => start.checked_add(length.count.months()).map_err(|_| start.year()),
        Unit::Year => start.checked_add(length.count.years()).map_err(|_| start.year()),
    };
    let shown = crate::check::date::show(start);
    match last {
        Ok(date) => Due {
            on: Some(date),
            words: format!(
                "自{shown}次日起{}，至{}",
                length.show(),
                crate::check::date::show(date)
            ),
        },
        Err(year) => Due {
            on: None,
            words: format!(
                "自{shown}次日起{}；{year}年节假日安排尚未录入，暂不能计算",
                length.show()
            ),
        },
    }
}

fn working_days(start: Date, count: i32, calendar: &Calendar) -> Result<Date, i16> {
    let (mut date, mut left) = (start, count);
    while left > 0 {
        date = date.tomorrow().map_err(|_| date.year())?;
        left -= i32::from(calendar.is_working_day(date)?);
    }
    Ok(date)
}

/// The day to warn on: `warn` before `due`, counted in calendar days.
pub fn warn_on(due: Date, warn: Length) -> Date {
    let span = match warn.unit {
        Unit::WorkingDay | Unit::Day => warn.count.days(),
        Unit::Month => warn.count.months(),
        Unit::Year => warn.count.years(),
    };
    due.checked_sub(span).unwrap_or(due)
}
