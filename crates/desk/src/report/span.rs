//! The time of a report: whole months are read from the counters, and the days of a month that is
//! not whole are counted record by record ([`super::broken`]).

use crate::Refusal;
use engine::problem::Problem;
use jiff::civil::Date;

/// A time, first and last day counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

impl Span {
    /// From a month or day to a month or day.
    pub fn read(from: &str, to: &str) -> Result<Self, Refusal> {
        let last = day_of(to).map(|(day, whole)| if whole { day.last_of_month() } else { day });
        match (day_of(from), last) {
            (Some((first, _)), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => {
                let message = "统计时间应为两个月份或者两个日期，开始不晚于结束，\
                               如 2026-01 至 2026-06、2026-01-05 至 2026-02-10";
                Err(Refusal::problem(Problem::error("period", message).at("period")))
            }
        }
    }

    /// The whole months in it, first and last.
    pub fn whole(&self) -> Option<(String, String)> {
        let from = match self.first.day() {
            1 => self.first,
            _ => self.first.last_of_month().tomorrow().ok()?,
        };
        let to = match self.last == self.last.last_of_month() {
            true => self.last,
            false => self.last.first_of_month().yesterday().ok()?,
        };
        (from <= to).then(|| (month(from), month(to)))
    }

    /// The days that lie in no whole month, at most two stretches.
    pub fn broken(&self) -> Vec<Self> {
        let mut broken = Vec::new();
        let mut rest = self.first;
        if self.first.day() != 1 {
            let last = self.last.min(self.first.last_of_month());
            broken.push(Self { first: self.first, last });
            match last.tomorrow() {
                Ok(next) if next <= self.last => rest = next,
                _ => return broken,
            }
        }
        if self.last != self.last.last_of_month() {
            broken.push(Self { first: rest.max(self.last.first_of_month()), last: self.last });
        }
        broken
    }

    /// Everything before it.
    pub fn before(&self) -> Option<Self> {
        let last = self.first.yesterday().ok()?;
        let first = Date::constant(1, 1, 1);
        (first <= last).then_some(Self { first, last })
    }

    /// The months it touches.
    pub fn months(&self) -> Vec<String> {
        let (mut months, mut next) = (Vec::new(), Some(self.first.first_of_month()));
        while let Some(day) = next.filter(|day| *day <= self.last) {
            months.push(month(day));
            next = day.last_of_month().tomorrow().ok();
        }
        months
    }

    /// Whether it is more than months.
    pub fn is_by_day(&self) -> bool {
        self.first.day() != 1 || self.last != self.last.last_of_month()
    }

    /// How it is written: as months where it can be.
    pub fn written(&self) -> (String, String) {
        match self.is_by_day() {
            true => (self.first.to_string(), self.last.to_string()),
            false => (month(self.first), month(self.last)),
        }
    }

    /// Whether the day lies in it.
    pub fn holds(&self, day: &str) -> bool {
        day >= self.first.to_string().as_str() && day <= self.last.to_string().as_str()
    }
}

/// The day, or the first day of the month, and whether it was a month. Only what is written in full
/// is one: texts are compared later.
fn day_of(text: &str) -> Option<(Date, bool)> {
    let (whole, day) = match text.len() {
        7 => (true, format!("{text}-01")),
        10 => (false, text.to_owned()),
        _ => return None,
    };
    let day = day.parse::<Date>().ok()?;
    (day.to_string().starts_with(text)).then_some((day, whole))
}

/// `YYYY-MM`
fn month(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use jiff::ToSpan;

    #[test]
    fn every_day_lies_in_one_whole_month_or_one_broken_stretch() {
        let start = Date::constant(2027, 12, 20);
        for from in 0..110_i64 {
            for length in 0..110_i64 {
                let first = start.checked_add(from.days()).unwrap();
                let last = first.checked_add(length.days()).unwrap();
                let span = Span::read(&first.to_string(), &last.to_string()).unwrap();
                let mut day = first.checked_sub(35.days()).unwrap();
                while day <= last.checked_add(35.days()).unwrap() {
                    let in_whole = span.whole().is_some_and(|(a, b)| (a..=b).contains(&month(day)));
                    let text = day.to_string();
                    let stretches = span.broken().iter().filter(|s| s.holds(&text)).count();
                    let times = usize::from(in_whole) + stretches;
                    assert_eq!(times, usize::from(span.holds(&text)), "{day} of {span:?}");
                    day = day.tomorrow().unwrap();
                }
                assert_eq!(span.is_by_day(), !span.broken().is_empty(), "{span:?}");
            }
        }
    }

    #[test]
    fn months_and_days_are_read_and_written_as_months_where_they_can_be() {
        let written = |from: &str, to: &str| Span::read(from, to).unwrap().written();
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(written("2028-02-01", "2028-02-29"), pair("2028-02", "2028-02"));
        assert_eq!(written("2028-02-01", "2028-02-28"), pair("2028-02-01", "2028-02-28"));
        assert_eq!(written("2026-01", "2026-02-10"), pair("2026-01-01", "2026-02-10"));
        assert_eq!(written("0001-01", "2026-06"), pair("0001-01", "2026-06"));
        for (from, to) in [
            ("2026-02", "2026-01"),
            ("2026-02-10", "2026-02-09"),
            ("2026-2", "2026-03"),
            ("2026-02-30", "2026-03"),
            ("", "2026-03"),
            ("2026-01-05T00:00", "2026-03"),
        ] {
            assert!(Span::read(from, to).is_err(), "{from} {to}");
        }
    }
}
