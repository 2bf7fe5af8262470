//! The golden table of limits (`tests/deadlines.csv`), and what the words and days say of them. The
//! table's answers were found by hand or by walking a calendar day by day, not by this crate.

use crate::support::house;
use engine::deadline::{
    Bound, Calendar, CalendarDay, Counting, Due, Extension, Given, Length, Standing, Start, Stop,
    System, day_by_day, raised_on, standing, warn_on, work_out,
};
use jiff::civil::{Date, date};
use std::{fmt::Write, fs, path::PathBuf};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// One row of the table.
struct Row {
    cells: Vec<String>,
    counting: Counting,
    given: Given,
}

impl Row {
    fn read(cells: Vec<String>) -> Self {
        let length = |text: &str| Length::read(text).unwrap();
        let day = |text: &str| text.parse::<Date>().ok();
        let counting = Counting {
            length: length(&cells[3]),
            bound: match cells[4].as_str() {
                "以内" => Bound::Within,
                "不满" => Bound::Under,
                "之前" => Bound::Before,
                other => panic!("{other}"),
            },
            start: if cells[2] == "当日" { Start::SameDay } else { Start::NextDay },
            system: match cells[5].as_str() {
                "期间" => System::Civil,
                "刑事期间" => System::Criminal,
                "刑期" => System::Penalty,
                other => panic!("{other}"),
            },
            rolls: cells[6] == "顺延",
            roll_basis: "民法典 第203条".to_owned(),
            extension: (!cells[8].is_empty()).then(|| length(&cells[8])),
            credit: cells[10].split_once('x').map_or(1, |(_, each)| each.parse().unwrap()),
        };
        let stop = |text: &str| {
            let (from, to) = text.split_once('~').unwrap();
            Stop { from: day(from).unwrap(), to: day(to) }
        };
        let given = Given {
            from: match cells[1].contains('T') {
                true => cells[1].parse().unwrap(),
                false => day(&cells[1]).unwrap().at(0, 0, 0, 0),
            },
            stops: cells[7].split(';').filter(|t| !t.is_empty()).map(stop).collect(),
            added: (!cells[8].is_empty()).then(Extension::default),
            moved: day(&cells[9]).map(|to| Extension { by: String::new(), on: None, to: Some(to) }),
            credit: cells[10].split_once('x').map_or(0, |(days, _)| days.parse().unwrap()),
            count: None,
        };
        Self { cells, counting, given }
    }

    fn due(&self, calendar: &Calendar) -> Due {
        work_out(&self.counting, &self.given, calendar)
    }
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(file("tests/deadlines.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let cells = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    reader.records().map(|row| Row::read(cells(row.unwrap()))).collect()
}

fn answer(due: &Due, calendar: &Calendar) -> String {
    match (due.on, due.at) {
        (_, Some(at)) => at.strftime("%Y-%m-%dT%H:%M").to_string(),
        (Some(on), None) => on.to_string(),
        (None, None) if due.stopped => "中止".to_owned(),
        (None, None) => {
            let missing = (2019..2030).find(|year| {
                !calendar.years().any(|y| y == *year) && due.words.contains(&year.to_string())
            });
            format!("缺{}", missing.map_or("?".to_owned(), |y| y.to_string()))
        }
    }
}

#[test]
fn every_row_of_the_golden_table_comes_out() {
    let (calendar, rows) = (house().calendar, table());
    assert!(rows.len() >= 200, "{} rows", rows.len());
    let mut wrong = String::new();
    for row in &rows {
        let due = row.due(&calendar);
        let is = answer(&due, &calendar);
        if is != row.cells[11] {
            let _ = writeln!(wrong, "{} is {is}: {}", row.cells.join(","), due.words);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What a limit is given survives being written beside it: that is what a recomputation uses.
#[test]
fn what_is_given_can_be_written_and_read_back() {
    for row in table() {
        let text = row.given.write();
        assert_eq!(Given::read(&text).as_ref(), Some(&row.given), "{text}");
    }
}

/// The day-by-day count ends on the last day, and in days and working days its number is the length.
#[test]
fn counted_out_day_by_day_every_limit_ends_on_its_last_day() {
    let calendar = house().calendar;
    for row in table() {
        let due = row.due(&calendar);
        let lines = day_by_day(&row.counting, &row.given, &due, &calendar);
        let (Some(on), None) = (due.on, due.at) else {
            assert!(lines.is_empty(), "{:?}", row.cells);
            continue;
        };
        if row.counting.bound == Bound::Before {
            assert_eq!(lines[0].date, on, "{:?}", row.cells);
            continue;
        }
        let last = lines.last().unwrap();
        assert_eq!(last.date, on, "{:?}", row.cells);
        let plain = row.counting.bound == Bound::Within
            && row.cells[6..=10].iter().all(String::is_empty)
            && row.counting.length.count > 0;
        if plain && matches!(row.cells[3].split(' ').nth(1), Some("日" | "工作日")) {
            assert_eq!(last.number, Some(row.counting.length.count), "{:?}", row.cells);
        }
    }
}

fn printed() -> String {
    let calendar = house().calendar;
    let mut out = String::from(PREFACE);
    for row in table() {
        let c = &row.cells;
        let due = row.due(&calendar);
        let _ = writeln!(out, "| {} | {} | {} | {} |", c[0], c[11], due.words, c[12]);
    }
    out
}

const PREFACE: &str = "# 期限金表

每一行的末日是手算的，或者用另一个逐日走日历的程序算的，不是抄本程序的结果；`crates/engine/tests/deadlines.csv` \
是题目，本页是它和推导的打印件。重印：`cargo test --release -p engine --test it print_the_golden_table -- --ignored`。

| 号 | 末日 | 推导 | 来源 |
| --- | --- | --- | --- |
";

#[test]
fn the_printed_golden_table_is_fresh() {
    let kept = fs::read_to_string(file("../../docs/deadlines.md")).unwrap_or_default();
    assert!(kept == printed(), "docs/deadlines.md is stale; its first lines say how to print it");
}

#[test]
#[ignore = "writes docs/deadlines.md"]
fn print_the_golden_table() {
    fs::write(file("../../docs/deadlines.md"), printed()).unwrap();
}

#[test]
fn words_say_everything_that_moved_the_last_day() {
    let calendar = house().calendar;
    let counting = Counting {
        length: Length::read("30 日").unwrap(),
        rolls: true,
        roll_basis: "民法典 第203条".to_owned(),
        extension: Length::read("10 日"),
        ..Counting::default()
    };
    let given = Given {
        stops: vec![Stop { from: date(2025, 9, 1), to: Some(date(2025, 9, 5)) }],
        added: Some(Extension {
            by: "县局负责人".to_owned(),
            on: Some(date(2025, 9, 20)),
            to: None,
        }),
        ..Given::on(date(2025, 8, 18))
    };
    let due = work_out(&counting, &given, &calendar);
    assert_eq!(
        due.words,
        "自2025年8月18日次日起30日；2025年9月1日起中止，2025年9月5日恢复，不计4日，至2025年9月21日；\
         2025年9月20日经县局负责人批准延长10日，至2025年10月1日；\
         最后一日是国庆节假期，依民法典 第203条，顺延至2025年10月9日"
    );
    let lines = day_by_day(&counting, &given, &due, &calendar);
    let note = |day: Date| lines.iter().find(|l| l.date == day).unwrap().note.as_str();
    assert_eq!(note(date(2025, 8, 18)), "当日不计");
    assert_eq!(note(date(2025, 9, 2)), "中止，不计");
    assert_eq!(note(date(2025, 9, 28)), "国庆节调休上班");
    assert_eq!(note(date(2025, 10, 9)), "最后一日");
}

#[test]
fn a_missing_year_blocks_and_says_what_to_do_meanwhile() {
    let counting =
        Counting { length: Length::read("15 日").unwrap(), rolls: true, ..Counting::default() };
    let due = work_out(&counting, &Given::on(date(2026, 12, 20)), &house().calendar);
    assert_eq!(due.on, None);
    assert_eq!(due.safe, Some(date(2027, 1, 4)));
    assert_eq!(
        due.words,
        "自2026年12月20日次日起15日，至2027年1月4日；2027年节假日安排尚未录入，\
         最后一日是否顺延暂不能确定，请先按2027年1月4日办理"
    );
}

#[test]
fn warning_and_going_up_follow_their_units() {
    let calendar = house().calendar;
    let length = |text: &str| Length::read(text).unwrap();
    // The three working days before 5 February 2025 are 27, 26 and 24 January.
    assert_eq!(warn_on(date(2025, 2, 5), length("3 工作日"), &calendar), date(2025, 1, 24));
    assert_eq!(warn_on(date(2025, 3, 31), length("1 月"), &calendar), date(2025, 2, 28));
    assert_eq!(warn_on(date(2025, 3, 3), length("12 小时"), &calendar), date(2025, 3, 2));
    assert_eq!(raised_on(date(2025, 1, 27), length("1 工作日"), &calendar), date(2025, 2, 5));
    assert_eq!(raised_on(date(2025, 1, 27), length("10 日"), &calendar), date(2025, 2, 6));
}

#[test]
fn a_limit_stands_where_its_days_say() {
    let (due, warn) = (Some(date(2025, 3, 10)), Some(date(2025, 3, 8)));
    let on = |day| standing(due, warn, false, None, date(2025, 3, day));
    assert_eq!(on(7), Standing::Running);
    assert_eq!(on(8), Standing::Warned);
    assert_eq!(on(10), Standing::LastDay);
    assert_eq!(on(13), Standing::Late(3));
    let ended = |day: Option<Date>| standing(due, warn, false, Some(day), date(2025, 4, 1));
    assert_eq!(ended(Some(date(2025, 3, 10))).words(), "按期办结");
    assert_eq!(ended(Some(date(2025, 3, 12))).words(), "超期2日办结");
    assert_eq!(ended(None).words(), "已办结");
    assert_eq!(standing(None, None, true, None, date(2025, 3, 1)), Standing::Stopped);
    assert_eq!(standing(None, None, false, None, date(2025, 3, 1)), Standing::Blocked);
}

#[test]
fn a_calendar_is_read_with_every_wrong_line_named() {
    let text = "日期,类别,名称,依据\n2027-01-01,放假,元旦,甲\n2027-01-03,上班,元旦,甲\n\
                2027-01-04,上班,元旦,甲\n2027-01-01,放假,元旦,甲\n明天,放假,元旦,甲\n2027-02-06,放假,,甲\n";
    let (calendar, wrong) = Calendar::read(text);
    let lines: Vec<usize> = wrong.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [4, 5, 6, 7], "{wrong:?}");
    assert_eq!(calendar.is_working_day(date(2027, 1, 1)), Ok(false));
    assert_eq!(calendar.is_working_day(date(2027, 1, 3)), Ok(true));
    assert_eq!(calendar.lacks(2027).len(), 6, "{:?}", calendar.lacks(2027));
    for year in 2020..=2026 {
        assert!(house().calendar.lacks(year).is_empty(), "{:?}", house().calendar.lacks(year));
    }
}

#[test]
fn a_newer_calendar_takes_over_whole_years() {
    let day = |rest| CalendarDay { rest, name: "春节".to_owned(), basis: String::new() };
    let (mut old, mut new) = (Calendar::default(), Calendar::default());
    old.add(date(2025, 2, 3), day(true));
    old.add(date(2026, 2, 16), day(true));
    new.add(date(2026, 2, 17), day(true));
    let before = old.version();
    old.overlay(&new);
    assert_eq!(old.is_working_day(date(2025, 2, 3)), Ok(false));
    assert_eq!(old.is_working_day(date(2026, 2, 16)), Ok(true));
    assert_eq!(old.is_working_day(date(2026, 2, 17)), Ok(false));
    assert_ne!(old.version(), before);
}
