//! Limits as iCalendar text (RFC 5545), for calendar programs.

use desk::inbox::FeedItem;
use engine::kind::china_time;
use std::fmt::Write;

/// No line of a calendar is longer, its end not counted (section 3.1).
const LONGEST_LINE: usize = 75;

/// A calendar with one event a limit, on its last day.
pub fn calendar(items: &[FeedItem], at: i64) -> String {
    let stamp = stamp(at);
    let mut out = String::new();
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Fengqiao//待办期限//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:枫桥待办期限",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ] {
        fold(&mut out, line);
    }
    for item in items {
        event(&mut out, item, &stamp);
    }
    fold(&mut out, "END:VCALENDAR");
    out
}

fn event(out: &mut String, item: &FeedItem, stamp: &str) {
    let next = item.due.tomorrow().unwrap_or(item.due);
    let day =
        |day: jiff::civil::Date| format!("{:04}{:02}{:02}", day.year(), day.month(), day.day());
    let what = [item.limit.as_str(), item.kind.as_str(), item.number.as_str()];
    let what: Vec<&str> = what.into_iter().filter(|part| !part.is_empty()).collect();
    fold(out, "BEGIN:VEVENT");
    fold(out, &format!("UID:{}@fengqiao", escape(&item.id)));
    fold(out, &format!("DTSTAMP:{stamp}"));
    fold(out, &format!("DTSTART;VALUE=DATE:{}", day(item.due)));
    fold(out, &format!("DTEND;VALUE=DATE:{}", day(next)));
    fold(out, &format!("SUMMARY:{}", escape(&what.join(" "))));
    fold(out, "TRANSP:TRANSPARENT");
    fold(out, "END:VEVENT");
}

/// A moment in UTC.
fn stamp(at: i64) -> String {
    let utc = china_time(at - 8 * 3_600_000);
    let (date, time) = (utc.date(), utc.time());
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// Text as a value (section 3.3.11): what has a meaning of its own gets a backslash, and no control
/// character stays.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '\n' | '\r' => escaped.push_str("\\n"),
            '\t' => escaped.push(' '),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// Adds a line, folded where it is too long in bytes, never within a character (section 3.1).
fn fold(out: &mut String, line: &str) {
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > LONGEST_LINE {
            out.push_str("\r\n ");
            length = 1;
        }
        // Writing into a String cannot fail.
        let _ = out.write_char(c);
        length += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn item(kind: &str, number: &str) -> FeedItem {
        FeedItem {
            id: "0192-aa:term".to_owned(),
            kind: kind.to_owned(),
            number: number.to_owned(),
            limit: "调解期限".to_owned(),
            due: jiff::civil::date(2026, 12, 31),
        }
    }

    /// Folded lines put together again.
    fn unfolded(text: &str) -> Vec<String> {
        text.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn an_event_is_a_whole_day_with_its_names() {
        let text = calendar(&[item("调解案件", "（2026）柳人调字第3号")], 1_780_286_400_000);
        let lines = unfolded(&text);
        for line in [
            "UID:0192-aa:term@fengqiao",
            "DTSTAMP:20260601T040000Z",
            "DTSTART;VALUE=DATE:20261231",
            "DTEND;VALUE=DATE:20270101",
            "SUMMARY:调解期限 调解案件 （2026）柳人调字第3号",
        ] {
            assert!(lines.iter().any(|l| l == line), "{line} in {lines:?}");
        }
        assert_eq!(lines.first().unwrap(), "BEGIN:VCALENDAR");
        assert_eq!(lines.last().unwrap(), "END:VCALENDAR");
        assert!(calendar(&[], 0).contains("END:VCALENDAR\r\n"));
    }

    #[test]
    fn what_has_a_meaning_is_escaped_and_nothing_can_end_a_line() {
        assert_eq!(escape("a;b,c\\d"), "a\\;b\\,c\\\\d");
        assert_eq!(escape("一\r\n二\n三\r四\u{7}"), "一\\n二\\n三\\n四");
        let text = calendar(&[item("x\r\nEND:VEVENT\r\nBEGIN:VALARM", "\"1:2\"")], 0);
        let lines = unfolded(&text);
        assert_eq!(lines.iter().filter(|l| *l == "END:VEVENT").count(), 1);
        assert!(!lines.iter().any(|l| l.starts_with("BEGIN:VALARM")));
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
    }

    #[test]
    fn long_lines_are_folded_by_bytes_and_never_within_a_character() {
        for length in 60..90 {
            let text = calendar(&[item(&"镇".repeat(length), "号")], 0);
            for line in text.split("\r\n") {
                assert!(line.len() <= LONGEST_LINE, "{line}");
            }
            let summary = format!("SUMMARY:调解期限 {} 号", "镇".repeat(length));
            assert!(unfolded(&text).contains(&summary));
        }
    }
}
