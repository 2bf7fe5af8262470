//! A file as lines of text: `.xlsx`, or CSV in UTF-8, UTF-16 or GB18030 with commas, semicolons or
//! tabs.

use super::MOST_LINES;
use calamine::{Data, Reader, Xlsx};
use engine::{
    definition::RecordKind,
    derive::sheet::{Column, recognise},
    problem::Problem,
};
use jiff::civil::{Date, date};
use std::io::Cursor;

/// So many of the first lines may be titles and notes before the headings come.
const TITLES: usize = 10;
/// So many lines are looked at to tell what a column is.
const LOOKED_AT: usize = 200;
/// From here on a spreadsheet's number has lost digits.
const EXACT: f64 = 1e15;

/// A sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// What stands above the columns.
    pub headings: Vec<String>,
    /// The lines below that are not empty, with their number in the file, from 1.
    pub lines: Vec<(u32, Vec<String>)>,
}

impl Grid {
    /// Reads a file for records of `kind`: the headings are the line of which most is recognised.
    pub fn read(bytes: &[u8], kind: &RecordKind) -> Result<Self, Problem> {
        let rows = match bytes {
            [] => return Err(wrong("file_empty", "文件是空的，请重新选择")),
            [b'P', b'K', 3, 4, ..] => workbook(bytes)?,
            [0xd0, 0xcf, 0x11, 0xe0, ..] => {
                let message = "这是旧的 xls 文件，请在表格软件里另存为 xlsx 或者 CSV 再导入";
                return Err(wrong("file_type", message));
            }
            bytes => separated(&decoded(bytes)?)?,
        };
        let recognised = |row: &Vec<String>| {
            recognise(kind, row, &[]).iter().flatten().filter(|c| !c.path.is_empty()).count()
        };
        let first = rows.iter().take(TITLES).enumerate();
        // Of several the first: below the headings stand values, that are seldom recognised.
        let top = first.rev().max_by_key(|(_, (_, row))| recognised(row));
        let Some((top, headings)) = top.map(|(at, (_, row))| (at, row.clone())) else {
            return Err(wrong("file_empty", "表格里没有内容"));
        };
        let lines: Vec<_> = rows.into_iter().skip(top + 1).collect();
        if lines.len() > MOST_LINES {
            let message =
                format!("一次最多导入{MOST_LINES}行，这份有{}行，请分成几份", lines.len());
            return Err(wrong("too_many", &message));
        }
        if lines.is_empty() {
            return Err(wrong("file_empty", "表头下面没有数据"));
        }
        Ok(Self { headings, lines })
    }

    /// What its columns are for records of `kind`.
    pub fn columns<'k>(&self, kind: &'k RecordKind) -> Vec<Option<Column<'k>>> {
        let lines: Vec<_> =
            self.lines.iter().take(LOOKED_AT).map(|(_, cells)| cells.clone()).collect();
        recognise(kind, &self.headings, &lines)
    }
}

type Rows = Vec<(u32, Vec<String>)>;

fn wrong(code: &str, message: &str) -> Problem {
    Problem::error(code, message)
}

fn filled(cells: &[String]) -> bool {
    cells.iter().any(|cell| !cell.trim().is_empty())
}

fn workbook(bytes: &[u8]) -> Result<Rows, Problem> {
    let broken =
        || wrong("file_broken", "这个 xlsx 文件打不开，可能损坏或者设了密码，请另存一份再试");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| broken())?;
    let names = book.sheet_names();
    // The first sheet that has anything.
    for name in names {
        let range = book.worksheet_range(&name).map_err(|_| broken())?;
        let Some((top, left)) = range.start() else { continue };
        let margin = vec![String::new(); left as usize];
        let rows = (top + 1..).zip(range.rows()).map(|(number, row)| {
            let cells = margin.iter().cloned().chain(row.iter().map(cell_text));
            (number, cells.collect::<Vec<_>>())
        });
        return Ok(rows.filter(|(_, cells)| filled(cells)).collect());
    }
    Ok(Vec::new())
}

fn cell_text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) => own_text(text),
        Data::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) if number.abs() >= EXACT => format!("{number:.5E}").replace('E', "E+"),
        Data::Float(number) => number.to_string(),
        Data::DateTime(moment) => day_text(moment.as_f64()),
        Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
    }
}

/// Our own exports put an apostrophe before what a spreadsheet would take for a formula.
fn own_text(text: &str) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) => {
            rest.to_owned()
        }
        _ => text.to_owned(),
    }
}

/// A day as spreadsheets count them: from the last day of 1899 on, with a 29 February 1900 that
/// never was.
fn day_text(serial: f64) -> String {
    const BEGINNING: Date = date(1899, 12, 30);
    let days = serial.floor() as i64;
    let days = if days < 60 { days + 1 } else { days };
    let day = BEGINNING.checked_add(jiff::Span::new().days(days));
    let minutes = (serial.fract() * 1440.0).round() as i64;
    match day {
        Err(_) => serial.to_string(),
        Ok(day) if minutes == 0 => day.to_string(),
        Ok(day) => format!("{day} {:02}:{:02}", minutes / 60, minutes % 60),
    }
}

/// The text of a CSV file. What is not UTF-8 is what Chinese spreadsheets write: GB18030, which GBK
/// and GB2312 are part of.
fn decoded(bytes: &[u8]) -> Result<String, Problem> {
    let unknown =
        || wrong("encoding", "认不出文件的编码，请在表格软件里另存为 xlsx 或者“CSV UTF-8”再导入");
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, _, failed) = encoding.decode(bytes);
        return if failed { Err(unknown()) } else { Ok(text.into_owned()) };
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let (text, _, failed) = encoding_rs::GB18030.decode(bytes);
    if failed { Err(unknown()) } else { Ok(text.into_owned()) }
}

fn separated(text: &str) -> Result<Rows, Problem> {
    if text.contains('\0') {
        return Err(wrong("file_type", "只收 xlsx 和 CSV 文件"));
    }
    let first = text.lines().next().unwrap_or_default();
    let count = |mark: u8| first.bytes().filter(|byte| *byte == mark).count();
    let mark =
        [b',', b'\t', b';'].into_iter().rev().max_by_key(|mark| count(*mark)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(mark)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let (mut seen, mut line) = (0, 1);
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            wrong("file_broken", &format!("第{line}行读不懂，请检查引号和逗号"))
        })?;
        // Where a record begins, the reader has not passed over the empty lines before it.
        let from = record.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0));
        let blank = text[from..].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line += text[seen..from + blank].bytes().filter(|byte| *byte == b'\n').count();
        seen = from + blank;
        let cells: Vec<_> = record.iter().map(|cell| own_text(cell.trim())).collect();
        if filled(&cells) {
            rows.push((u32::try_from(line).unwrap_or(u32::MAX), cells));
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn days_of_a_spreadsheet_are_days_of_the_calendar() {
        let cases = [
            (1.0, "1900-01-01"),
            (59.0, "1900-02-28"),
            (61.0, "1900-03-01"),
            (46_024.0, "2026-01-02"),
            (46_024.395_833_333_336, "2026-01-02 09:30"),
        ];
        for (serial, day) in cases {
            assert_eq!(day_text(serial), day);
        }
    }

    #[test]
    fn numbers_that_lost_digits_say_so() {
        assert_eq!(cell_text(&Data::Float(3.301_981_975_050_6e17)), "3.30198E+17");
        assert_eq!(cell_text(&Data::Float(13_700_000_001.0)), "13700000001");
        assert_eq!(cell_text(&Data::Float(12.5)), "12.5");
        assert_eq!(cell_text(&Data::String("'=1+1".to_owned())), "=1+1");
    }

    #[test]
    fn whatever_separates_and_encodes_is_found_out() {
        for mark in [",", ";", "\t"] {
            let text = format!("甲{mark}乙\n1{mark}\"a\nb\"\n\n3{mark}4\n");
            let utf16: Vec<u8> = std::iter::once(0xfeff)
                .chain(text.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect();
            let gbk = encoding_rs::GB18030.encode(&text).0.into_owned();
            for bytes in
                [text.clone().into_bytes(), format!("\u{feff}{text}").into_bytes(), utf16, gbk]
            {
                let rows = separated(&decoded(&bytes).unwrap()).unwrap();
                let expected = [(1, ["甲", "乙"]), (2, ["1", "a\nb"]), (5, ["3", "4"])];
                let expected = expected.map(|(n, cells)| (n, cells.map(str::to_owned).to_vec()));
                assert_eq!(rows, expected);
            }
        }
    }
}
