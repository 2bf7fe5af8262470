//! What a definition says of a time limit.

use super::{AtEnd, Place};
use crate::{
    deadline::{Counting, Length, Unit},
    rule::Rule,
};

/// A time limit.
#[derive(Clone, Debug)]
pub struct DeadlineRule {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Date or date-time field it starts with, or `created_on`.
    pub from: String,
    /// How it is counted.
    pub counting: Counting,
    /// Whole-number field that says how long, where the record itself does.
    pub count_from: String,
    /// States that end it.
    pub until: Vec<String>,
    /// Date field that ends it when it is filled.
    pub ended_by: String,
    /// States in which it runs: those that can be reached without passing one that ends it.
    pub runs_in: Vec<String>,
    /// What stops the clock.
    pub stops: Vec<StopRule>,
    /// Date field that moves it.
    pub extended_by: String,
    /// Field that says who moved it; may be empty.
    pub moved_by: String,
    /// Date field that is filled when the extension by a length is granted.
    pub added_on: String,
    /// Field that says who granted it; may be empty.
    pub added_by: String,
    /// Whole-number field with the days of earlier custody.
    pub credit_from: String,
    /// How long before it is warned of.
    pub warn: Length,
    /// How long before it is warned of again, the earlier first.
    pub warn_again: Vec<Length>,
    /// Whether it comes back: counted anew from the day that `ended_by` says, until its states or
    /// its condition end it.
    pub repeats: bool,
    /// How long after its last day it goes up, by level from the lowest: 县, 市, 省.
    pub raise: [Option<Length>; 3],
    /// What the house does itself on the day after the last one.
    pub at_end: Option<AtEnd>,
    /// Runs only if this holds.
    pub when: Option<Rule>,
    /// Law or standard.
    pub basis: String,
    /// Where it is written.
    pub place: Place,
}

impl DeadlineRule {
    /// Whether a change of the calendar can change its result.
    pub fn needs_calendar(&self) -> bool {
        let working = |length: &Length| length.unit == Unit::WorkingDay;
        let raised = self.raise.iter().flatten().any(working);
        let warned = working(&self.warn) || self.warn_again.iter().any(working);
        self.counting.needs_calendar() || warned || raised
    }
}

/// A pair of date fields between which the clock stands. Both may be of the same rows: then each
/// row is a stop.
#[derive(Clone, Debug)]
pub struct StopRule {
    /// Field with the first day that does not count; `rows.field` for rows.
    pub from: String,
    /// Field with the day it goes on; of the same rows.
    pub to: String,
    /// State in which the clock stands whatever `to` says; may be empty.
    pub state: String,
    /// Where it is written.
    pub place: Place,
}

/// The levels a limit goes up to, lowest first.
pub const LEVELS: [&str; 3] = ["县", "市", "省"];
