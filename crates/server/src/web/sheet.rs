//! Sheets: lists as CSV and as `.xlsx`, reports as `.xlsx`. A text that a spreadsheet would take
//! for a formula is made harmless.

use super::statistics::{column_label, figure_text};
use desk::report::{ReportAnswer, ReportRow};
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};
use tokio::sync::mpsc::Receiver;

/// Media type of `.xlsx`.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A text that begins like a formula, with an apostrophe before it.
pub fn harmless(text: &str) -> String {
    let formula = |c: char| ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'].contains(&c);
    if text.starts_with(formula) { format!("'{text}") } else { text.to_owned() }
}

/// Adds one line of CSV (RFC 4180).
pub fn csv_line(text: &mut String, cells: &[String]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        if cell.contains(['"', ',', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push_str("\r\n");
}

/// Writes rows as they come; the first is the heading. Memory stays the same however many come.
pub fn write_rows(title: &str, mut rows: Receiver<Vec<String>>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name(sheet_name(title))?;
    sheet.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    let mut line = 0u32;
    while let Some(cells) = rows.blocking_recv() {
        for (at, cell) in (0u16..).zip(&cells) {
            if line == 0 {
                sheet.set_column_width(at, 18)?;
                sheet.write_string_with_format(line, at, cell, &bold)?;
            } else {
                sheet.write_string(line, at, cell)?;
            }
        }
        line += 1;
    }
    book.save_to_buffer()
}

/// A title as the name of a page of a workbook: without what is not allowed there, and short.
pub fn sheet_name(title: &str) -> String {
    let kept = title.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(30);
    kept.collect()
}

/// A report as an `.xlsx` file: what the page shows, in the same order.
pub fn report(answer: &ReportAnswer) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let bold = Format::new().set_bold();
    sheet.write_string_with_format(0, 0, &answer.report.label, &bold)?;
    let about = format!("{}　{} 至 {}", answer.unit.name, answer.from, answer.to);
    sheet.write_string(1, 0, about)?;
    sheet.write_string(2, 0, &answer.report.basis)?;
    heading(sheet, answer)?;
    line(sheet, 5, answer, &answer.total)?;
    for (at, row) in (6u32..).zip(&answer.rows) {
        line(sheet, at, answer, row)?;
    }
    sheet.set_column_width(0, 24)?;
    sheet.set_freeze_panes(5, 1)?;
    book.save_to_buffer()
}

fn heading(sheet: &mut Worksheet, answer: &ReportAnswer) -> Result<(), XlsxError> {
    let middle = Format::new().set_bold().set_align(FormatAlign::Center).set_text_wrap();
    sheet.write_string_with_format(4, 0, "单位", &middle)?;
    let mut at = 1u16;
    for group in &answer.report.groups {
        sheet.write_string_with_format(3, at, &group.label, &middle)?;
        for column in &group.columns {
            sheet.write_string_with_format(4, at, column_label(column), &middle)?;
            at += 1;
        }
    }
    Ok(())
}

/// A figure is written as the number that the page shows, so that sums of it agree.
fn line(
    sheet: &mut Worksheet,
    at: u32,
    answer: &ReportAnswer,
    row: &ReportRow,
) -> Result<(), XlsxError> {
    let percent = Format::new().set_num_format("0.00%");
    let hundredths = Format::new().set_num_format("#,##0.00");
    sheet.write_string(at, 0, &row.name)?;
    for ((place, column), figure) in (1u16..).zip(answer.report.columns()).zip(&row.figures) {
        let shown = figure_text(column, *figure).replace([',', '%'], "");
        let Ok(number) = shown.parse::<f64>() else { continue };
        match column.unit.as_str() {
            "%" => sheet.write_number_with_format(at, place, number / 100.0, &percent)?,
            "元" | "万元" => sheet.write_number_with_format(at, place, number, &hundredths)?,
            _ => sheet.write_number(at, place, number)?,
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_a_text() {
        for text in ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝HYPERLINK"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["", "张三", "12-3", "a=b"] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn csv_keeps_commas_quotes_and_lines_within_one_cell() {
        let mut text = String::new();
        let cells = ["a,b", "说\"好\"", "两\n行", "平常"].map(str::to_owned);
        csv_line(&mut text, &cells);
        assert_eq!(text, "\"a,b\",\"说\"\"好\"\"\",\"两\n行\",平常\r\n");
    }
}
