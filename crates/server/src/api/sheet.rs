//! A report as a spreadsheet: what the page shows, in the same order.

use desk::report::{ReportAnswer, ReportRow};
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};

/// The report as an `.xlsx` file. Texts are written as texts: nothing becomes a formula.
pub fn report(answer: &ReportAnswer) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let bold = Format::new().set_bold();
    let middle = Format::new().set_bold().set_align(FormatAlign::Center).set_text_wrap();
    sheet.write_string_with_format(0, 0, &answer.report.label, &bold)?;
    let about = format!("{}　{} 至 {}", answer.unit.name, answer.from, answer.to);
    sheet.write_string(1, 0, about)?;
    sheet.write_string(2, 0, &answer.report.basis)?;
    sheet.write_string_with_format(4, 0, "单位", &middle)?;
    let mut at = 1u16;
    for group in &answer.report.groups {
        sheet.write_string_with_format(3, at, &group.label, &middle)?;
        for column in &group.columns {
            let label = match column.unit.as_str() {
                "" => column.label.clone(),
                unit => format!("{}（{unit}）", column.label),
            };
            sheet.write_string_with_format(4, at, label, &middle)?;
            at += 1;
        }
    }
    row(sheet, 5, &answer.total)?;
    for (line, one) in (6u32..).zip(&answer.rows) {
        row(sheet, line, one)?;
    }
    sheet.set_column_width(0, 24)?;
    sheet.set_freeze_panes(5, 1)?;
    book.save_to_buffer()
}

fn row(sheet: &mut Worksheet, line: u32, row: &ReportRow) -> Result<(), XlsxError> {
    let percent = Format::new().set_num_format("0.00%");
    sheet.write_string(line, 0, &row.name)?;
    for (at, figure) in (1u16..).zip(&row.figures) {
        match figure.of {
            0 => {}
            1 => drop(sheet.write_number(line, at, figure.number as f64)?),
            of => {
                let value = figure.number as f64 / of as f64;
                sheet.write_number_with_format(line, at, value, &percent)?;
            }
        }
    }
    Ok(())
}
