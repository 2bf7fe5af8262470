//! What a definition says of figures: statistics, and the reports made of them.

use super::Place;
use crate::{
    query::Comparison,
    rule::{Rule, Worked},
};
use jiff::civil::Date;

/// A statistic: what is counted of one kind of record, in the month of one date.
#[derive(Clone, Debug)]
pub struct Statistic {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// In words.
    pub help: String,
    /// Kind counted.
    pub kind: String,
    /// Date field whose month is the period; of a stock, from when on a record belongs to it.
    pub month: String,
    /// Whether it is a stock, and how that is known; `None`: it counts what happened.
    pub stock: Option<Stock>,
    /// Counted only if this holds.
    pub when: Option<Rule>,
    /// What is counted.
    pub measures: Vec<Measure>,
    /// Where it is written.
    pub place: Place,
}

/// How it is known what a stock was on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stock {
    /// By the dates of the record: from that of the statistic until this one, on which it no longer
    /// belongs to it. Late entries count where they belong.
    Until(String),
    /// By what the records said on that day, out of the journal of figures.
    AsKept,
}

/// One measure of a statistic.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Unit, 件 人 元.
    pub unit: String,
    /// Counted only if this holds.
    pub when: Option<Rule>,
    /// What one record adds.
    pub adds: Adds,
    /// Code fields it is also counted by; `ref.field` reaches one record further.
    pub by: Vec<String>,
}

/// What one record adds to a measure.
#[derive(Clone, Debug)]
pub enum Adds {
    /// One.
    One,
    /// The number in a field.
    Field(String),
    /// The number of rows for which the rule holds.
    Rows(String, Option<Rule>),
    /// The sum of a number in rows for which the rule holds.
    RowSum(String, String, Option<Rule>),
}

/// An official report.
#[derive(Clone, Debug)]
pub struct Report {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Business it belongs to.
    pub business: String,
    /// In words: period, what counts.
    pub help: String,
    /// Law or notice.
    pub basis: String,
    /// The periods it is confirmed for.
    pub cycles: Vec<Cycle>,
    /// Whose confirmation it needs, from the lowest level up; none: it is only looked at.
    pub confirms: Vec<Confirms>,
    /// Whether all of it is as of the end of the period: stocks, and what is counted from the
    /// earliest on.
    pub at_end: bool,
    /// Figures from 1 to below this are not shown where it is published; 0: it is not published.
    pub guarded_below: i64,
    /// Groups of columns.
    pub groups: Vec<ReportGroup>,
    /// Cross-checks.
    pub checks: Vec<ReportCheck>,
    /// Where it is written.
    pub place: Place,
}

impl Report {
    /// All columns in order.
    pub fn columns(&self) -> impl Iterator<Item = &ReportColumn> {
        self.groups.iter().flat_map(|g| &g.columns)
    }

    /// The roles that confirm it at a level.
    pub fn confirmed_by(&self, level: &str) -> &[String] {
        self.confirms.iter().find(|c| c.level == level).map_or(&[], |c| &c.roles)
    }
}

/// The roles that confirm a report at a level, for their own unit and for those right below.
#[derive(Clone, Debug)]
pub struct Confirms {
    /// 村 乡 县 市 省.
    pub level: String,
    /// Their ids.
    pub roles: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

/// A period that reports are confirmed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycle {
    /// 月
    Month,
    /// 季
    Quarter,
    /// 半年
    Half,
    /// 年
    Year,
}

impl Cycle {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] = [Self::Month, Self::Quarter, Self::Half, Self::Year];

    /// `月`, `季`, `半年`, `年`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Month => "月",
            Self::Quarter => "季",
            Self::Half => "半年",
            Self::Year => "年",
        }
    }

    /// How many months it has.
    pub fn months(self) -> i8 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Half => 6,
            Self::Year => 12,
        }
    }

    /// The period of this kind that `day` lies in: its first and its last month, `YYYY-MM`.
    pub fn around(self, day: Date) -> (String, String) {
        let first = (day.month() - 1) / self.months() * self.months() + 1;
        let month = |month: i8| format!("{:04}-{month:02}", day.year());
        (month(first), month(first + self.months() - 1))
    }

    /// The kind of period that these months are, if they are one.
    pub fn of(from: &str, to: &str) -> Option<Self> {
        let day = format!("{from}-01").parse::<Date>().ok()?;
        Self::ALL.into_iter().find(|cycle| {
            let (first, last) = cycle.around(day);
            first == from && last == to
        })
    }

    /// What one of its periods is called: `2026年3月`, `2026年第2季度`, `2026年上半年`, `2026年`.
    pub fn name(self, from: &str) -> String {
        let (year, month) = from.split_once('-').unwrap_or((from, "1"));
        let month: i8 = month.parse().unwrap_or(1);
        match self {
            Self::Month => format!("{year}年{month}月"),
            Self::Quarter => format!("{year}年第{}季度", (month + 2) / 3),
            Self::Half => format!("{year}年{}半年", if month < 7 { "上" } else { "下" }),
            Self::Year => format!("{year}年"),
        }
    }
}

/// A group of columns.
#[derive(Clone, Debug)]
pub struct ReportGroup {
    /// Its heading.
    pub label: String,
    /// Its columns.
    pub columns: Vec<ReportColumn>,
}

/// A column of a report.
#[derive(Clone, Debug)]
pub struct ReportColumn {
    /// Id.
    pub id: String,
    /// Its heading.
    pub label: String,
    /// Unit: 件 人 万元 次 %.
    pub unit: String,
    /// Where the figure comes from.
    pub value: crate::rule::Figure,
    /// Law or notice.
    pub basis: String,
    /// Where it is written.
    pub place: Place,
}

/// A cross-check of a report: two figures compared.
#[derive(Clone, Debug)]
pub struct ReportCheck {
    /// Id, for instance `F1`.
    pub id: String,
    /// What it says.
    pub label: String,
    /// Left side.
    pub left: crate::rule::Figure,
    /// How they are compared.
    pub comparison: Comparison,
    /// Right side.
    pub right: crate::rule::Figure,
    /// The check as written.
    pub text: String,
}

impl ReportCheck {
    /// Whether two worked sides satisfy it, compared exactly; a blank one makes no difference.
    pub fn holds(&self, left: Worked, right: Worked) -> bool {
        if left.of == 0 || right.of == 0 {
            return true;
        }
        let (a, b) = (left.number * right.of, right.number * left.of);
        match self.comparison {
            Comparison::Equal => a == b,
            Comparison::NotEqual => a != b,
            Comparison::Less => a < b,
            Comparison::LessOrEqual => a <= b,
            Comparison::Greater => a > b,
            Comparison::GreaterOrEqual => a >= b,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_lies_in_one_period_of_each_kind() {
        let of = |cycle: Cycle, month| cycle.around(date(2026, month, 15));
        let is = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(of(Cycle::Month, 8), is("2026-08", "2026-08"));
        assert_eq!(of(Cycle::Quarter, 8), is("2026-07", "2026-09"));
        assert_eq!(of(Cycle::Half, 8), is("2026-07", "2026-12"));
        assert_eq!(of(Cycle::Half, 6), is("2026-01", "2026-06"));
        assert_eq!(of(Cycle::Year, 1), is("2026-01", "2026-12"));
    }

    #[test]
    fn months_are_a_period_only_if_they_are_a_whole_one() {
        assert_eq!(Cycle::of("2026-01", "2026-06"), Some(Cycle::Half));
        assert_eq!(Cycle::of("2026-02", "2026-02"), Some(Cycle::Month));
        assert_eq!(Cycle::of("2026-04", "2026-06"), Some(Cycle::Quarter));
        assert_eq!(Cycle::of("2026-01", "2026-12"), Some(Cycle::Year));
        for (from, to) in [("2026-02", "2026-04"), ("2025-07", "2026-06"), ("x", "2026-06")] {
            assert_eq!(Cycle::of(from, to), None);
        }
        assert_eq!(Cycle::Half.name("2026-07"), "2026年下半年");
        assert_eq!(Cycle::Quarter.name("2026-04"), "2026年第2季度");
    }
}
