//! What day is meant by [`engine::query::Term::Today`]. Nothing here reads a clock: whoever opens a
//! keeper brings one.

use jiff::{Span, civil::Date};
use std::sync::Arc;

/// Gives the moment in milliseconds since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

const EIGHT_HOURS: i64 = 8 * 3_600_000;
const DAY: i64 = 86_400_000;

/// The calendar day in China (UTC+8, no summer time) of a moment.
pub fn day(moment: i64) -> Date {
    let days = moment.saturating_add(EIGHT_HOURS).div_euclid(DAY);
    let epoch = Date::constant(1970, 1, 1);
    Span::new().try_days(days).and_then(|span| epoch.checked_add(span)).unwrap_or(epoch)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_day_begins_at_sixteen_hours_utc() {
        let moment = 1_767_196_800_000; // 2025-12-31 16:00 UTC
        assert_eq!(super::day(moment).to_string(), "2026-01-01");
        assert_eq!(super::day(moment - 1).to_string(), "2025-12-31");
    }
}
