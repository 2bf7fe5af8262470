//! Time limits: how long, counted how, from when, what stopped and extended them, and how that was
//! worked out in words.
//!
//! Everything here is a function of what it is given: facts of the record ([`Given`]), a way of
//! counting ([`Counting`]) and the [`Calendar`]. Days are calendar days in China. Which law counts
//! how is data of the definition; the rules themselves stand at the functions that follow them.

mod calendar;
mod count;
mod given;
mod show;
mod standing;

pub use calendar::{Calendar, CalendarDay};
pub use count::{Bound, Counting, Due, Start, System, warn_on, work_out};
pub use given::{Extension, Given, Stop};
pub use show::{DayLine, day_by_day};
pub use standing::{Standing, raised_on, standing};

/// How time is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Hours, from the moment itself.
    Hour,
    /// Working days: Monday to Friday and make-up days, without statutory holidays.
    WorkingDay,
    /// Calendar days.
    Day,
    /// Months.
    Month,
    /// Years.
    Year,
}

impl Unit {
    /// Reads `小时`, `工作日`, `日`, `天`, `月`, `个月`, `年`.
    pub fn read(text: &str) -> Option<Self> {
        Some(match text.trim() {
            "小时" | "时" => Self::Hour,
            "工作日" | "个工作日" => Self::WorkingDay,
            "日" | "天" => Self::Day,
            "月" | "个月" => Self::Month,
            "年" => Self::Year,
            _ => return None,
        })
    }

    /// As it stands behind a number: `个工作日`.
    pub const fn show(self) -> &'static str {
        match self {
            Self::Hour => "小时",
            Self::WorkingDay => "个工作日",
            Self::Day => "日",
            Self::Month => "个月",
            Self::Year => "年",
        }
    }
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

    /// Reads `48 小时`, `3 工作日`, `15 日`, `1 月`, `半个月`, `3 年`.
    ///
    /// 半个月 is fifteen days (刑诉法解释 第202条).
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if matches!(text, "半个月" | "半月") {
            return Some(Self { count: 15, unit: Unit::Day });
        }
        let digits = text.chars().take_while(char::is_ascii_digit).count();
        let count = text.get(..digits)?.parse().ok().filter(|&c| c <= 36_500)?;
        Some(Self { count, unit: Unit::read(text.get(digits..)?)? })
    }

    /// `48小时`, `3个工作日`, `15日`, `1个月`, `3年`.
    pub fn show(self) -> String {
        format!("{}{}", self.count, self.unit.show())
    }
}

impl Default for Length {
    fn default() -> Self {
        Self::NONE
    }
}
