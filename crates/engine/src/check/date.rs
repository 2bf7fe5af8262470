//! Dates and moments as people type them and as papers show them; ages in full years.

use jiff::civil::{Date, DateTime, Time, Weekday};

use crate::problem::Problem;

use super::text;

/// A run of digits and what stands between it and the next, without white space.
type Token = (String, String);

/// Reads a calendar date: `2026-03-02`, `2026/3/2`, `2026.3.2`, `2026年3月2日`, `20260302`, in any
/// width, with a midnight that spreadsheets add.
///
/// # Errors
/// `required` if blank, `date_format` if it is not a full date, `date_impossible` if the calendar
/// has no such day.
pub fn parse(input: &str) -> Result<Date, Problem> {
    let tokens = tokens(input)?;
    let (date, rest) = date_of(&tokens)?;
    match time_of(rest) {
        _ if rest.is_empty() => Ok(date),
        Some(time) if time == Time::midnight() => Ok(date),
        Some(_) => Err(Problem::error("date_format", "这里只填日期，不填钟点，如 2026-03-02")),
        None => Err(not_a_date()),
    }
}

/// Reads a date with the time of day: `2026-03-02T14:05`, `2026-03-02 14:05`, seconds or not,
/// `2026年3月2日14时5分`.
///
/// # Errors
/// Those of [`parse`]; `time_format` if the time is missing or not one.
pub fn parse_datetime(input: &str) -> Result<DateTime, Problem> {
    let tokens = tokens(input)?;
    let (date, rest) = date_of(&tokens)?;
    let wrong = || {
        Problem::error("time_format", "请写明日期和钟点（0–23 时、0–59 分），如 2026-03-02 14:05")
    };
    time_of(rest).map(|time| date.to_datetime(time)).ok_or_else(wrong)
}

/// The date as papers show it: `2026年3月2日`.
pub fn show(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// The date with its weekday: `2026年3月2日（周一）`.
pub fn show_weekday(date: Date) -> String {
    let weekday = match date.weekday() {
        Weekday::Monday => "一",
        Weekday::Tuesday => "二",
        Weekday::Wednesday => "三",
        Weekday::Thursday => "四",
        Weekday::Friday => "五",
        Weekday::Saturday => "六",
        Weekday::Sunday => "日",
    };
    format!("{}（周{weekday}）", show(date))
}

/// Date and time as papers show them: `2026年3月2日 14:05`.
pub fn show_datetime(moment: DateTime) -> String {
    format!("{} {:02}:{:02}", show(moment.date()), moment.hour(), moment.minute())
}

/// Age in full years (周岁) on a day; negative before birth. Who was born on 29 February is a year
/// older on 1 March of other years.
pub fn age(birth: Date, on: Date) -> i16 {
    let had_birthday = (on.month(), on.day()) >= (birth.month(), birth.day());
    on.year() - birth.year() - i16::from(!had_birthday)
}

/// Whether a person is under 18 on a day, and so needs a legal representative (民法典 第17条).
pub fn is_minor(birth: Date, on: Date) -> bool {
    age(birth, on) < 18
}

/// The day of the calendar, or the sentence that says why there is none.
pub(super) fn on_calendar(year: i16, month: i8, day: i8) -> Result<Date, String> {
    if !(1..=12).contains(&month) {
        return Err(format!("没有 {month} 月，月份应为 1–12"));
    }
    let last = Date::new(year, month, 1).map(Date::days_in_month).unwrap_or(31);
    if !(1..=last).contains(&day) {
        return Err(format!("{year}年{month}月只有{last}天，没有{day}日"));
    }
    Date::new(year, month, day).map_err(|_| format!("年份 {year} 不在日历中"))
}

fn not_a_date() -> Problem {
    Problem::error("date_format", "日期写法不对，请写成 2026-03-02 或 2026年3月2日 的样子")
}

/// Runs of digits with what follows each. A long text is no date, however it begins.
fn tokens(input: &str) -> Result<Vec<Token>, Problem> {
    let text = text::half_width(&text::one_line(input)).trim().to_owned();
    if text.is_empty() {
        return Err(Problem::error("required", "请填写日期，如 2026-03-02"));
    }
    if text::chars_len(&text) > 40 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(not_a_date());
    }
    let mut tokens: Vec<Token> = Vec::new();
    let mut in_digits = false;
    for c in text.chars() {
        let digit = c.is_ascii_digit();
        if digit && !in_digits {
            tokens.push((String::new(), String::new()));
        }
        in_digits = digit;
        match tokens.last_mut() {
            Some((digits, _)) if digit => digits.push(c),
            Some((_, between)) if !c.is_whitespace() => between.push(c),
            _ => {}
        }
    }
    Ok(tokens)
}

/// The date at the front, and what is left for the time of day.
fn date_of(tokens: &[Token]) -> Result<(Date, &[Token]), Problem> {
    let (year, month, day, rest) = match tokens {
        [(all, after), rest @ ..] if all.len() == 8 && ["", "T"].contains(&after.as_str()) => {
            (&all[..4], &all[4..6], &all[6..], rest)
        }
        [(year, a), (month, b), (day, c), rest @ ..] if separated(a, b, c, rest.is_empty()) => {
            (year.as_str(), month.as_str(), day.as_str(), rest)
        }
        _ => return Err(why_no_date(tokens)),
    };
    if year.len() != 4 {
        return Err(Problem::error("date_format", "年份应为四位数字，如 2026-03-02"));
    }
    let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse()) else {
        return Err(not_a_date());
    };
    let impossible = |why| Problem::error("date_impossible", format!("日期不存在：{why}"));
    on_calendar(year, month, day).map(|date| (date, rest)).map_err(impossible)
}

/// Whether year, month and day are separated in one of the usual ways.
fn separated(a: &str, b: &str, c: &str, ends: bool) -> bool {
    match (a, b) {
        ("年", "月") => ["日", "号", "日T"].contains(&c) || (ends && c.is_empty()),
        ("-", "-") | ("/", "/") | (".", ".") => c.is_empty() || (!ends && c == "T"),
        _ => false,
    }
}

/// What is most likely meant by something that is no full date.
fn why_no_date(tokens: &[Token]) -> Problem {
    match tokens {
        [(serial, after)] if serial.len() == 5 && after.is_empty() => Problem::error(
            "date_format",
            "这像是电子表格的日期序号，请把该列改为日期格式，写成 2026-03-02",
        ),
        [(year, _), (_, after)] if year.len() == 4 && ["", "月"].contains(&after.as_str()) => {
            Problem::error("date_format", "日期缺少“日”，请写到哪一天，如 2026-03-02")
        }
        _ => not_a_date(),
    }
}

/// Time of day from hour, minute and perhaps second; a fraction of a second is dropped.
fn time_of(tokens: &[Token]) -> Option<Time> {
    let (hour, minute, second) = match tokens {
        [(hour, a), (minute, b)] if parts_day(a) && ["", "分"].contains(&b.as_str()) => {
            (hour, minute, "0")
        }
        [(hour, a), (minute, b), (second, c), fraction @ ..]
            if parts_day(a) && [":", "分"].contains(&b.as_str()) && ends_time(c, fraction) =>
        {
            (hour, minute, second.as_str())
        }
        _ => return None,
    };
    Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()
}

fn parts_day(between: &str) -> bool {
    [":", "时", "点"].contains(&between)
}

fn ends_time(after: &str, fraction: &[Token]) -> bool {
    match fraction {
        [] => ["", "秒"].contains(&after),
        [(_, end)] => after == "." && end.is_empty(),
        _ => false,
    }
}

fn small(digits: &str) -> Option<i8> {
    if digits.len() <= 2 { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use jiff::civil::{date, datetime};

    #[test]
    fn every_usual_way_of_writing_a_date_is_read() {
        for input in [
            "2026-03-02",
            "2026/3/2",
            "2026.3.2",
            "2026年3月2日",
            "2026年3月2号",
            "2026年03月02",
            "20260302",
            "２０２６－０３－０２",
            "２０２６年３月２日",
            " 2026 年 3 月 2 日 ",
            "2026-03-02 00:00:00",
            "2026-03-02T00:00",
            "2026-03-02\u{200b}",
        ] {
            assert_eq!(parse(input), Ok(date(2026, 3, 2)), "{input}");
        }
        assert_eq!(parse("2024-02-29"), Ok(date(2024, 2, 29)));
        assert_eq!(parse("1880-01-01"), Ok(date(1880, 1, 1)));
    }

    #[test]
    fn what_is_no_date_is_refused_with_its_reason() {
        for (input, code, says) in [
            ("", "required", "请填写日期"),
            ("  ", "required", "请填写日期"),
            ("2026-02-30", "date_impossible", "2026年2月只有28天，没有30日"),
            ("2026-02-29", "date_impossible", "2026年2月只有28天，没有29日"),
            ("20260431", "date_impossible", "2026年4月只有30天，没有31日"),
            ("2026-13-01", "date_impossible", "没有 13 月"),
            ("2026-00-10", "date_impossible", "没有 0 月"),
            ("2026年3月0日", "date_impossible", "没有0日"),
            ("26-3-2", "date_format", "四位数字"),
            ("2026年3月", "date_format", "缺少“日”"),
            ("2026-03", "date_format", "缺少“日”"),
            ("46083", "date_format", "日期序号"),
            ("2026-03-02 14:05", "date_format", "不填钟点"),
            ("2026-03/02", "date_format", "写法不对"),
            ("2026-03-02-", "date_format", "写法不对"),
            ("-2026-03-02", "date_format", "写法不对"),
            ("3月2日", "date_format", "写法不对"),
            ("今天", "date_format", "写法不对"),
            ("2026-03-999", "date_format", "写法不对"),
            ("2026-03-02 25:00", "date_format", "写法不对"),
        ] {
            let problem = parse(input).unwrap_err();
            assert_eq!(problem.code, code, "{input}");
            assert!(problem.message.contains(says), "{input}: {}", problem.message);
        }
    }

    #[test]
    fn moments_need_a_time_of_day() {
        let moment = datetime(2026, 3, 2, 14, 5, 0, 0);
        for input in [
            "2026-03-02T14:05",
            "2026-03-02 14:05",
            "2026/3/2 14:05:00",
            "2026年3月2日14时5分",
            "2026年3月2日 14:05",
            "２０２６－０３－０２　１４：０５",
            "20260302 14:05",
            "2026-03-02T14:05:00.250",
        ] {
            assert_eq!(parse_datetime(input), Ok(moment), "{input}");
        }
        for input in
            ["2026-03-02", "2026-03-02 24:00", "2026-03-02 14:60", "2026-03-02 14", "2026-03-02 x"]
        {
            let problem = parse_datetime(input).unwrap_err();
            assert!(problem.code == "time_format" || problem.code == "date_format", "{input}");
        }
        let problem = parse_datetime("2026-02-30 14:05").unwrap_err();
        assert_eq!(problem.code, "date_impossible");
    }

    #[test]
    fn papers_show_dates_in_chinese() {
        assert_eq!(show(date(2026, 3, 2)), "2026年3月2日");
        assert_eq!(show_weekday(date(2026, 3, 2)), "2026年3月2日（周一）");
        assert_eq!(show_weekday(date(2026, 3, 1)), "2026年3月1日（周日）");
        assert_eq!(show_datetime(datetime(2026, 3, 2, 9, 5, 0, 0)), "2026年3月2日 09:05");
    }

    #[test]
    fn vector_20_fifteen_is_a_minor_and_ages_turn_on_the_birthday() {
        let birth = date(2010, 6, 15);
        assert_eq!(age(birth, date(2026, 6, 14)), 15);
        assert_eq!(age(birth, date(2026, 6, 15)), 16);
        assert!(is_minor(birth, date(2028, 6, 14)));
        assert!(!is_minor(birth, date(2028, 6, 15)));
        assert_eq!(age(date(2004, 2, 29), date(2022, 2, 28)), 17);
        assert_eq!(age(date(2004, 2, 29), date(2022, 3, 1)), 18);
        assert_eq!(age(Date::MIN, Date::MAX), 19998);
    }

    #[test]
    fn every_day_of_a_leap_cycle_comes_back_from_each_form() {
        let mut day = date(2023, 12, 31);
        while day < date(2028, 1, 2) {
            assert_eq!(parse(&day.to_string()), Ok(day));
            assert_eq!(parse(&show(day)), Ok(day));
            day = day.tomorrow().unwrap();
        }
    }

    #[test]
    fn hostile_text_is_refused_or_is_a_date() {
        for input in super::super::hostile::strings() {
            match parse(&input) {
                Ok(date) => assert_eq!(parse(&show(date)), Ok(date), "{input:?}"),
                Err(problem) => super::super::hostile::fits_a_page(&problem),
            }
            if let Err(problem) = parse_datetime(&input) {
                super::super::hostile::fits_a_page(&problem);
            }
        }
    }
}
