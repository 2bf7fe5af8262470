//! The days people work on: what the State Council's office announces each year.

use jiff::civil::{Date, Weekday};
use sm3::{Digest, Sm3};
use std::collections::{BTreeMap, BTreeSet};

/// A day that the announcement of its year names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarDay {
    /// Whether people rest on it; otherwise it is a weekend day they work on.
    pub rest: bool,
    /// Which holiday it belongs to, for instance 春节.
    pub name: String,
    /// Where it was announced.
    pub basis: String,
}

/// Statutory holidays and make-up working days of the years that have been announced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    days: BTreeMap<Date, CalendarDay>,
    years: BTreeSet<i16>,
}

impl Calendar {
    /// Adds a named day; its year counts as announced.
    pub fn add(&mut self, date: Date, day: CalendarDay) {
        self.days.insert(date, day);
        self.years.insert(date.year());
    }

    /// Takes over the years of `newer`, each as a whole.
    pub fn overlay(&mut self, newer: &Self) {
        self.days.retain(|date, _| !newer.years.contains(&date.year()));
        self.days.extend(newer.days.iter().map(|(date, day)| (*date, day.clone())));
        self.years.extend(&newer.years);
    }

    /// The named days in order.
    pub fn days(&self) -> impl Iterator<Item = (&Date, &CalendarDay)> {
        self.days.iter()
    }

    /// The years that have been announced.
    pub fn years(&self) -> impl Iterator<Item = i16> {
        self.years.iter().copied()
    }

    /// The announced day, if `date` is one.
    pub fn day(&self, date: Date) -> Option<&CalendarDay> {
        self.days.get(&date)
    }

    /// Whether people work on `date`; the year itself if it has not been announced.
    pub fn is_working_day(&self, date: Date) -> Result<bool, i16> {
        if !self.years.contains(&date.year()) {
            return Err(date.year());
        }
        Ok(match self.days.get(&date) {
            Some(day) => !day.rest,
            None => !is_weekend(date),
        })
    }

    /// The first working day from `date` on.
    pub fn working_day_from(&self, date: Date) -> Result<Date, i16> {
        let mut date = date;
        while !self.is_working_day(date)? {
            date = date.tomorrow().map_err(|_| date.year())?;
        }
        Ok(date)
    }

    /// What kind of day it is, in words: 春节假期, 春节调休上班, 周六, or nothing to say.
    pub fn show(&self, date: Date) -> String {
        match self.days.get(&date) {
            Some(day) if day.rest => format!("{}假期", day.name),
            Some(day) => format!("{}调休上班", day.name),
            None if date.weekday() == Weekday::Saturday => "周六".to_owned(),
            None if date.weekday() == Weekday::Sunday => "周日".to_owned(),
            None => String::new(),
        }
    }

    /// A short hash over everything that can change a result.
    pub fn version(&self) -> String {
        let mut hash = Sm3::new();
        for (date, day) in &self.days {
            hash.update(date.to_string().as_bytes());
            hash.update([u8::from(day.rest)]);
            hash.update(day.name.as_bytes());
            hash.update([0]);
        }
        hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
    }

    /// Reads `date,kind,name,basis` (or 日期,类别,名称,依据), kind being `holiday`/放假 or
    /// `workday`/上班. What is wrong comes with its line, line 1 being the header.
    pub fn read(text: &str) -> (Self, Vec<(usize, String)>) {
        let (mut calendar, mut wrong) = (Self::default(), Vec::new());
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        for (index, row) in reader.records().enumerate() {
            match row.map_err(|_| ROW.to_owned()).and_then(|row| read_row(&row)) {
                Ok((date, _)) if calendar.days.contains_key(&date) => {
                    wrong.push((index + 2, format!("{date}出现了两次")));
                }
                Ok((date, day)) => calendar.add(date, day),
                Err(words) => wrong.push((index + 2, words)),
            }
        }
        (calendar, wrong)
    }

    /// What a year lacks that every announcement has; empty if nothing.
    pub fn lacks(&self, year: i16) -> Vec<String> {
        let named = |name: &str| {
            self.days
                .iter()
                .any(|(date, day)| date.year() == year && day.rest && day.name.contains(name))
        };
        let names = ["元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆"];
        let missing = names.into_iter().filter(|name| !named(name));
        // In some years 中秋 falls into the days of 国庆 and is not named by itself.
        let missing = missing.filter(|name| *name != "中秋" || !named("国庆"));
        missing.map(|name| format!("{year}年没有“{name}”的放假日期")).collect()
    }
}

const ROW: &str = "这一行读不懂，应为：日期,holiday（放假）或者 workday（调休上班）,名称,依据";

fn read_row(row: &csv::StringRecord) -> Result<(Date, CalendarDay), String> {
    let text = |i: usize| row.get(i).unwrap_or_default().trim();
    let date: Date = text(0).parse().map_err(|_| ROW.to_owned())?;
    let rest = match text(1) {
        "holiday" | "放假" => true,
        "workday" | "上班" => false,
        _ => return Err(ROW.to_owned()),
    };
    if !rest && !is_weekend(date) {
        return Err(format!("{date}不是周六、周日，本来就上班，不必写调休上班"));
    }
    if text(2).is_empty() {
        return Err("没有写是哪个节日".to_owned());
    }
    Ok((date, CalendarDay { rest, name: text(2).to_owned(), basis: text(3).to_owned() }))
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}
