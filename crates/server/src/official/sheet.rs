//! A form as a spreadsheet: title, unit and time on top, grouped headings, numbered columns, lines
//! around every cell, the signatures below; on paper one page wide, the headings on every page.

use super::Official;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

/// Media type of `.xlsx`.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const HEADINGS: u32 = 2;
const FIRST: u32 = 5;
const A3: u8 = 8;

/// The form as an `.xlsx` file. Texts are written as texts: nothing becomes a formula.
pub fn xlsx(form: &Official) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let columns = form.groups.iter().map(|(_, heads)| heads.len()).sum::<usize>();
    let last = u16::try_from(columns).unwrap_or(u16::MAX);
    top(sheet, form, last)?;
    headings(sheet, form)?;
    for (line, (name, cells)) in (FIRST..).zip(&form.rows) {
        row(sheet, line, name, cells, form)?;
    }
    let end = FIRST + u32::try_from(form.rows.len()).unwrap_or(0);
    bottom(sheet, form, end, last)?;
    sheet.set_column_width(0, 22)?;
    (1..=last).try_for_each(|at| sheet.set_column_width(at, 10).map(|_| ()))?;
    sheet.set_row_height(0, 28)?;
    sheet.set_row_height(HEADINGS + 1, 48)?;
    sheet.set_freeze_panes(FIRST, 1)?;
    sheet.set_repeat_rows(HEADINGS, FIRST - 1)?;
    sheet.set_repeat_columns(0, 0)?;
    sheet.set_landscape();
    sheet.set_paper_size(A3);
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_footer("&C第 &P 页，共 &N 页");
    book.save_to_buffer()
}

fn lined() -> Format {
    Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter)
}

fn heading() -> Format {
    lined().set_bold().set_align(FormatAlign::Center).set_text_wrap()
}

/// One cell over several; a single one cannot be merged.
fn over(
    sheet: &mut Worksheet,
    (row, from): (u32, u16),
    (to_row, to): (u32, u16),
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    if (row, from) == (to_row, to) {
        sheet.write_string_with_format(row, from, text, format)?;
    } else {
        sheet.merge_range(row, from, to_row, to, text, format)?;
    }
    Ok(())
}

fn top(sheet: &mut Worksheet, form: &Official, last: u16) -> Result<(), XlsxError> {
    let title = Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center);
    over(sheet, (0, 0), (0, last), &form.title, &title)?;
    let plain = Format::new();
    let about = format!("填报单位：{}　　统计时间：{}", form.unit, form.period);
    let about = if form.basis.is_empty() { about } else { format!("{about}　　{}", form.basis) };
    over(sheet, (1, 0), (1, last), &about, &plain)
}

fn headings(sheet: &mut Worksheet, form: &Official) -> Result<(), XlsxError> {
    let format = heading();
    over(sheet, (HEADINGS, 0), (HEADINGS + 1, 0), "单位", &format)?;
    sheet.write_string_with_format(HEADINGS + 2, 0, "甲", &format)?;
    let mut at = 1u16;
    for (group, heads) in &form.groups {
        let width = u16::try_from(heads.len()).unwrap_or(1);
        if width == 0 {
            continue;
        }
        over(sheet, (HEADINGS, at), (HEADINGS, at + width - 1), group, &format)?;
        for head in heads {
            sheet.write_string_with_format(HEADINGS + 1, at, &head.label, &format)?;
            sheet.write_number_with_format(HEADINGS + 2, at, f64::from(at), &format)?;
            at += 1;
        }
    }
    Ok(())
}

/// A figure is written as the number that is read, so that sums of it agree.
fn row(
    sheet: &mut Worksheet,
    line: u32,
    name: &str,
    cells: &[super::Shown],
    form: &Official,
) -> Result<(), XlsxError> {
    let plain = if line == FIRST { lined().set_bold() } else { lined() };
    sheet.write_string_with_format(line, 0, name, &plain)?;
    let heads = form.groups.iter().flat_map(|(_, heads)| heads);
    for ((at, head), cell) in (1u16..).zip(heads).zip(cells) {
        let format = match head.unit.as_str() {
            "%" => plain.clone().set_num_format("0.00%"),
            "元" | "万元" => plain.clone().set_num_format("#,##0.00"),
            _ => plain.clone().set_num_format("#,##0"),
        };
        match cell.number {
            Some(number) => sheet.write_number_with_format(line, at, number, &format)?,
            None => {
                let middle = format.set_align(FormatAlign::Center);
                sheet.write_string_with_format(line, at, &cell.text, &middle)?
            }
        };
    }
    Ok(())
}

fn bottom(sheet: &mut Worksheet, form: &Official, end: u32, last: u16) -> Result<(), XlsxError> {
    let plain = Format::new();
    let mut line = end;
    for note in &form.notes {
        over(sheet, (line, 0), (line, last), &format!("注：{note}"), &plain)?;
        line += 1;
    }
    let signs = "单位负责人：　　　　　　统计负责人：　　　　　　填表人：　　　　　　报出日期：";
    over(sheet, (line + 1, 0), (line + 1, last), signs, &plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{Head, Shown};
    use super::*;
    use calamine::{Data, Reader, Xlsx};

    #[test]
    fn another_program_reads_headings_numbers_and_what_is_hidden() {
        let head =
            |label: &str, unit: &str| Head { label: label.to_owned(), unit: unit.to_owned() };
        let cell = |text: &str, number| Shown { text: text.to_owned(), number };
        let form = Official {
            title: "情况统计表".to_owned(),
            unit: "柳河镇".to_owned(),
            period: "2026年上半年".to_owned(),
            basis: "试验".to_owned(),
            notes: vec!["少于5的数不公布".to_owned()],
            groups: vec![
                ("情况".to_owned(), vec![head("总数（件）", "件"), head("成功率（%）", "%")]),
                ("形式".to_owned(), vec![head("口头（件）", "件")]),
            ],
            rows: vec![
                (
                    "柳河镇".to_owned(),
                    vec![
                        cell("1,200", Some(1_200.0)),
                        cell("98.10%", Some(0.981)),
                        cell("＊", None),
                    ],
                ),
                ("=柳河村".to_owned(), vec![cell("", None), cell("", None), cell("7", Some(7.0))]),
            ],
        };
        let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(xlsx(&form).unwrap())).unwrap();
        let name = book.sheet_names()[0].clone();
        let page = book.worksheet_range(&name).unwrap();
        let text = |row: u32, column: u32| page.get_value((row, column)).unwrap().to_string();
        assert_eq!(text(0, 0), "情况统计表");
        assert!(text(1, 0).contains("填报单位：柳河镇") && text(1, 0).contains("2026年上半年"));
        assert_eq!((text(2, 1), text(2, 3)), ("情况".to_owned(), "形式".to_owned()));
        assert_eq!(text(3, 2), "成功率（%）");
        assert_eq!(page.get_value((4, 3)), Some(&Data::Float(3.0)));
        assert_eq!(page.get_value((5, 1)), Some(&Data::Float(1_200.0)));
        assert_eq!(text(5, 3), "＊");
        assert_eq!(text(6, 0), "=柳河村");
        assert!(text(7, 0).contains("少于5的数不公布"));
    }
}
