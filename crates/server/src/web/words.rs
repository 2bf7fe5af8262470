//! Dates, counts and states in the words of the pages.

use super::look::part::{DueView, StateView, Tone};
pub use crate::official::thousands;
use engine::{
    check::date::{show, show_datetime, show_weekday},
    definition::{House, RecordKind},
    kind::china_time,
    record::Moment,
};
use jiff::civil::Date;

/// A moment: the year only where it is another.
pub fn at(milliseconds: i64, moment: &Moment) -> String {
    let time = china_time(milliseconds);
    if time.date() == moment.today {
        return format!("今天 {:02}:{:02}", time.hour(), time.minute());
    }
    let words = show_datetime(time);
    let year = format!("{}年", moment.today.year());
    words.strip_prefix(&year).map_or(words.clone(), str::to_owned)
}

/// A day: the year only where it is another.
pub fn day(milliseconds: i64, moment: &Moment) -> String {
    let words = show(china_time(milliseconds).date());
    let year = format!("{}年", moment.today.year());
    words.strip_prefix(&year).map_or(words.clone(), str::to_owned)
}

/// When something is due.
pub fn due(on: Date, moment: &Moment) -> DueView {
    DueView::in_days(show_weekday(on), days_until(on, moment))
}

/// Days from today; negative when it has passed.
pub fn days_until(on: Date, moment: &Moment) -> i64 {
    moment.today.until(on).map_or(0, |span| i64::from(span.get_days()))
}

/// A state, in a tone that says where in its flow it stands.
pub fn state(kind: &RecordKind, id: &str) -> StateView {
    let tone = match kind.state(id) {
        Some(state) if state.last => Tone::Done,
        Some(state) if state.initial => Tone::Plain,
        Some(_) => Tone::Active,
        None => Tone::Plain,
    };
    StateView { text: kind.state_label(id).to_owned(), tone }
}

/// What a role is called.
pub fn role<'a>(house: &'a House, id: &'a str) -> &'a str {
    house.roles.iter().find(|role| role.id == id).map_or(id, |role| &role.label)
}

/// What a business is called; the shared archives have no business of their own.
pub fn business<'a>(house: &'a House, id: &'a str) -> &'a str {
    house.business(id).map_or("档案", |business| &business.label)
}
