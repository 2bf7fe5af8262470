//! The facts of a record that a limit is worked out from, and their text: it is kept beside the
//! result, so that a result can be worked out anew and explained without the record.

use jiff::civil::{Date, DateTime};
use serde_json::{Value as Json, json};

/// A time in which the clock stands: from its first day up to the day it goes on again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stop {
    /// First day that does not count.
    pub from: Date,
    /// First day that counts again; `None`: it still stands.
    pub to: Option<Date>,
}

/// An extension that was granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extension {
    /// Who granted it; may be empty.
    pub by: String,
    /// Day it was granted on, for an extension by a length.
    pub on: Option<Date>,
    /// Day it was granted up to, for an extension to a day.
    pub to: Option<Date>,
}

/// What a limit is worked out from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The moment it starts with; midnight where only the day is known.
    pub from: DateTime,
    /// Times in which the clock stood, in any order; they may overlap.
    pub stops: Vec<Stop>,
    /// Extension by the length of the rule.
    pub added: Option<Extension>,
    /// Extension to a day.
    pub moved: Option<Extension>,
    /// Days of earlier custody, each counting as the rule says.
    pub credit: i32,
    /// Length by the record itself, where the rule leaves it to a field.
    pub count: Option<i32>,
}

impl Given {
    /// From the day alone.
    pub fn on(from: Date) -> Self {
        Self { from: from.at(0, 0, 0, 0), ..Self::default() }
    }

    /// The day it starts with.
    pub fn day(&self) -> Date {
        self.from.date()
    }

    /// The stops in order, those that touch or overlap as one. What ends before it begins is none.
    pub fn merged(&self) -> Vec<Stop> {
        let mut stops = self.stops.clone();
        stops.retain(|stop| stop.to.is_none_or(|to| to > stop.from));
        stops.sort();
        let mut merged: Vec<Stop> = Vec::new();
        for stop in stops {
            match merged.last_mut() {
                Some(last) if last.to.is_none_or(|to| stop.from <= to) => {
                    last.to = match (last.to, stop.to) {
                        (Some(a), Some(b)) => Some(a.max(b)),
                        _ => None,
                    };
                }
                _ => merged.push(stop),
            }
        }
        merged
    }

    /// The facts as text.
    pub fn write(&self) -> String {
        let day = |day: Option<Date>| day.map(|d| d.to_string());
        let extension = |e: &Extension| json!([e.by, day(e.on), day(e.to)]);
        let mut all = serde_json::Map::new();
        all.insert("from".to_owned(), Json::from(self.from.to_string()));
        if !self.stops.is_empty() {
            let stop = |s: &Stop| json!([s.from.to_string(), day(s.to)]);
            all.insert("stops".to_owned(), self.stops.iter().map(stop).collect());
        }
        for (name, granted) in [("added", &self.added), ("moved", &self.moved)] {
            if let Some(granted) = granted {
                all.insert(name.to_owned(), extension(granted));
            }
        }
        if self.credit != 0 {
            all.insert("credit".to_owned(), self.credit.into());
        }
        if let Some(count) = self.count {
            all.insert("count".to_owned(), count.into());
        }
        Json::Object(all).to_string()
    }

    /// Reads what [`Given::write`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        let all: Json = serde_json::from_str(text).ok()?;
        let day = |value: &Json| value.as_str().and_then(|t| t.parse().ok());
        let number = |value: &Json| value.as_i64().and_then(|n| i32::try_from(n).ok());
        let extension = |name: &str| {
            let e = all.get(name)?;
            let by = e.get(0)?.as_str().unwrap_or_default().to_owned();
            Some(Extension { by, on: day(e.get(1)?), to: day(e.get(2)?) })
        };
        let stop = |s: &Json| Some(Stop { from: day(s.get(0)?)?, to: day(s.get(1)?) });
        let stops = all.get("stops").and_then(Json::as_array);
        Some(Self {
            from: all.get("from")?.as_str()?.parse().ok()?,
            stops: stops.into_iter().flatten().filter_map(stop).collect(),
            added: extension("added"),
            moved: extension("moved"),
            credit: all.get("credit").and_then(number).unwrap_or(0),
            count: all.get("count").and_then(number),
        })
    }
}
