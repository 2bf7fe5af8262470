//! Days and hours: what happens when, in office hours.

use super::dice::Dice;
use jiff::{ToSpan, civil::Date, civil::Weekday};

/// How long the story lasts.
pub const LASTS: i64 = 730;
const DAY: i64 = 86_400_000;
/// 08:00 in China, from midnight UTC.
const OPENS: i64 = 0;

/// The time of the story.
#[derive(Clone, Copy, Debug)]
pub struct Days {
    /// First day of cases.
    pub start: Date,
    /// Now.
    pub now: i64,
}

impl Days {
    /// Two years up to now.
    pub fn until(today: Date, now: i64) -> Self {
        Self { start: today - LASTS.days(), now }
    }

    /// Before anything happens.
    pub fn earliest(&self) -> i64 {
        at(self.start - 60.days())
    }

    /// Some moment about so many days before the first day.
    pub fn before(&self, days: i64, dice: &mut Dice) -> i64 {
        at(self.start - days.days()) + dice.between(0, 3 * 60) * 60_000
    }

    /// A moment of office hours in a day of the story, workdays mostly.
    pub fn moment(&self, day: i64, dice: &mut Dice) -> i64 {
        let mut date = self.start + day.days();
        // Sunday's quarrels mostly wait; mediators in villages also work at weekends.
        while matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && dice.happens(700) {
            date += 1.day();
        }
        at(date) + dice.between(30, 9 * 60 + 20) * 60_000
    }
}

/// 08:00 in China of a day, in milliseconds.
pub fn at(date: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    let days = epoch.until(date).map_or(0, |span| i64::from(span.get_days()));
    days * DAY + OPENS
}

/// The day in China.
pub fn date(at: i64) -> Date {
    engine::kind::china_time(at).date()
}

/// So many days later at a time of office hours, never before `at`.
pub fn later(at: i64, days: i64, dice: &mut Dice) -> i64 {
    if days == 0 {
        return at + dice.between(10, 50) * 60_000;
    }
    let morning = at.div_euclid(DAY) * DAY + days * DAY;
    morning + dice.between(30, 9 * 60 + 20) * 60_000
}
