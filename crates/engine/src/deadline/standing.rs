//! Where a limit stands on a day.

use super::{Calendar, Length, Unit};
use jiff::{ToSpan, civil::Date};

/// Where a limit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs, and there is time.
    Running,
    /// The day to warn on has come.
    Warned,
    /// This is its last day.
    LastDay,
    /// So many days late.
    Late(i32),
    /// The clock stands.
    Stopped,
    /// It cannot be worked out: a calendar is missing.
    Blocked,
    /// It has ended; in time or late where the day is known.
    Ended {
        /// Days late; 0: in time. `None` if the day it ended on is not known.
        late: Option<i32>,
    },
}

impl Standing {
    /// Its stable name, for programs.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Warned => "warned",
            Self::LastDay => "last_day",
            Self::Late(_) => "late",
            Self::Stopped => "stopped",
            Self::Blocked => "blocked",
            Self::Ended { .. } => "ended",
        }
    }

    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Running => "未到期".to_owned(),
            Self::Warned => "临近到期".to_owned(),
            Self::LastDay => "今天到期".to_owned(),
            Self::Late(days) => format!("已超期{days}日"),
            Self::Stopped => "中止".to_owned(),
            Self::Blocked => "暂不能计算".to_owned(),
            Self::Ended { late: None } => "已办结".to_owned(),
            Self::Ended { late: Some(0) } => "按期办结".to_owned(),
            Self::Ended { late: Some(days) } => format!("超期{days}日办结"),
        }
    }
}

/// Where a limit with these results stands on `today`. `ended` is its end: the day where known.
pub fn standing(
    due: Option<Date>,
    warn: Option<Date>,
    stopped: bool,
    ended: Option<Option<Date>>,
    today: Date,
) -> Standing {
    let days = |from: Date, to: Date| (to - from).get_days();
    if let Some(day) = ended {
        let late = day.zip(due).map(|(day, due)| days(due, day).max(0));
        return Standing::Ended { late };
    }
    match due {
        None if stopped => Standing::Stopped,
        None => Standing::Blocked,
        Some(due) if today > due => Standing::Late(days(due, today)),
        Some(due) if today == due => Standing::LastDay,
        Some(_) if warn.is_some_and(|warn| today >= warn) => Standing::Warned,
        Some(_) => Standing::Running,
    }
}

/// The day on which a limit that is due on `due` and has not ended goes up to a higher unit.
pub fn raised_on(due: Date, after: Length, calendar: &Calendar) -> Date {
    let later = match after.unit {
        Unit::Hour => due.checked_add((after.count / 24).days()),
        Unit::Day => due.checked_add(after.count.days()),
        Unit::Month => due.checked_add(after.count.months()),
        Unit::Year => due.checked_add(after.count.years()),
        Unit::WorkingDay => {
            let (mut date, mut left) = (due, after.count);
            while left > 0 {
                let Ok(next) = date.tomorrow() else { break };
                date = next;
                // What is not announced counts as worked: to go up a little early is the safe side.
                left -= i32::from(calendar.is_working_day(date).unwrap_or(true));
            }
            Ok(date)
        }
    };
    later.unwrap_or(due)
}
