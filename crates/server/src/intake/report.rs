//! Sheets for people: the template that a kind is taken in from, and a sheet with what became of
//! each of its lines.

use super::{grid::Grid, line::Fate};
use engine::{
    definition::{Bound, House, RecordKind, Required},
    derive::sheet::{self, Column},
    kind::Shape,
    problem::Problem,
};
use jiff::civil::Date;
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, Workbook, Worksheet,
    XlsxError,
};
use std::collections::HashMap;

/// The heading of the column that says what became of a line.
pub const COLUMN: &str = "导入结果";
/// Lines of the template that are ready to be filled in.
const READY: u32 = 5_000;
/// Longer lists of codes stand on a sheet of their own only.
const MOST_CODES: usize = 2_000;

/// The sheet as it came, with a column that says what became of each line.
pub fn report(
    title: &str,
    grid: &Grid,
    fates: &[Fate],
    labels: &HashMap<String, String>,
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let page = book.add_worksheet_with_constant_memory()?;
    page.set_name(crate::sheets::sheet_name(title))?;
    page.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    // A report that is taken in again gets its column anew.
    let shown: Vec<usize> =
        (0..grid.headings.len()).filter(|at| grid.headings[*at] != COLUMN).collect();
    for (at, from) in (0u16..).zip(&shown) {
        page.set_column_width(at, 16)?;
        page.write_string_with_format(0, at, &grid.headings[*from], &bold)?;
    }
    let last = u16::try_from(shown.len()).unwrap_or(u16::MAX);
    page.set_column_width(last, 60)?;
    page.write_string_with_format(0, last, COLUMN, &bold)?;
    let red = Format::new().set_background_color(Color::RGB(0x00FB_E3E1)).set_text_wrap();
    let yellow = Format::new().set_background_color(Color::RGB(0x00FF_F3CD)).set_text_wrap();
    let plain = Format::new();
    for ((line, (_, cells)), fate) in (1u32..).zip(&grid.lines).zip(fates) {
        for (at, from) in (0u16..).zip(&shown) {
            if let Some(cell) = cells.get(*from).filter(|cell| !cell.is_empty()) {
                page.write_string(line, at, cell)?;
            }
        }
        let format = match fate {
            Fate::Wrong(_) => &red,
            Fate::Warned(_) | Fate::Same(_) => &yellow,
            _ => &plain,
        };
        page.write_string_with_format(line, last, words(fate, labels), format)?;
    }
    book.save_to_buffer()
}

fn words(fate: &Fate, labels: &HashMap<String, String>) -> String {
    match fate {
        Fate::Good => "可以导入".to_owned(),
        Fate::Made(..) => "已导入".to_owned(),
        Fate::Already => "以前已经导入，没有重复建".to_owned(),
        Fate::Same(first) => format!("没有导入：和第{first}行完全相同"),
        Fate::Warned(problems) => format!("请核对：{}", told(problems, labels)),
        Fate::Wrong(problems) => format!("没有导入：{}", told(problems, labels)),
    }
}

fn told(problems: &[Problem], labels: &HashMap<String, String>) -> String {
    let one = |problem: &Problem| {
        let label = labels.get(&problem.field).filter(|label| !problem.message.contains(*label));
        let place = label.map(|label| format!("{label}：")).unwrap_or_default();
        let basis = match problem.basis.as_str() {
            "" => String::new(),
            basis => format!("（{basis}）"),
        };
        format!("{place}{}{basis}", problem.message)
    };
    problems.iter().map(one).collect::<Vec<_>>().join("；")
}

/// The template: a page to fill in, one that explains its columns, and one with the lists.
pub fn template(house: &House, kind: &RecordKind, today: Date) -> Result<Vec<u8>, XlsxError> {
    let columns = sheet::columns(kind);
    let mut book = Workbook::new();
    let mut lists = Vec::new();
    fill_in(book.add_worksheet(), kind, &columns, house, today, &mut lists)?;
    explain(book.add_worksheet(), &columns, house, today)?;
    if !lists.is_empty() {
        let page = book.add_worksheet();
        page.set_name(LISTS)?;
        for (at, (heading, codes)) in (0u16..).zip(&lists) {
            page.set_column_width(at, 20)?;
            page.write_string_with_format(0, at, heading, &Format::new().set_bold())?;
            for (line, code) in (1u32..).zip(codes) {
                page.write_string(line, at, code)?;
            }
        }
    }
    book.save_to_buffer()
}

const LISTS: &str = "选项";

fn fill_in(
    page: &mut Worksheet,
    kind: &RecordKind,
    columns: &[Column<'_>],
    house: &House,
    today: Date,
    lists: &mut Vec<(String, Vec<String>)>,
) -> Result<(), XlsxError> {
    page.set_name(crate::sheets::sheet_name(&kind.label))?;
    page.set_freeze_panes(1, 0)?;
    // Everything is text: a spreadsheet would take the last digits of an identity number.
    let text = Format::new().set_num_format("@");
    let heading = Format::new().set_bold().set_align(FormatAlign::Center).set_text_wrap();
    let required = heading.clone().set_font_color(Color::RGB(0x00A6_1B1B));
    for (at, column) in (0u16..).zip(columns) {
        let format = if column.is_required() { &required } else { &heading };
        let mark = if column.is_required() { "（必填）" } else { "" };
        page.set_column_width(at, 16)?;
        page.set_column_format(at, &text)?;
        page.write_string_with_format(0, at, format!("{}{mark}", column.heading), format)?;
        let codes = column.codes(house, today);
        let one = matches!(column.field.kind.shape(), Shape::Code(_));
        if codes.is_empty() || codes.len() > MOST_CODES {
            continue;
        }
        let place = match lists.iter().position(|(_, known)| *known == codes) {
            Some(place) => place,
            None => {
                lists.push((column.heading.clone(), codes.clone()));
                lists.len() - 1
            }
        };
        if one {
            let name = column_name(place);
            let range = format!("={LISTS}!${name}$2:${name}${}", codes.len() + 1);
            let choice = DataValidation::new()
                .allow_list_formula(range.as_str().into())
                .set_error_style(DataValidationErrorStyle::Warning)
                .set_error_title("请从列表中选择")?;
            page.add_data_validation(1, at, READY, at, &choice)?;
        }
    }
    Ok(())
}

/// A column's name in a spreadsheet: A, B, …, Z, AA.
fn column_name(at: usize) -> String {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap_or(0));
    match at / 26 {
        0 => letter(at).to_string(),
        high => format!("{}{}", column_name(high - 1), letter(at)),
    }
}

fn explain(
    page: &mut Worksheet,
    columns: &[Column<'_>],
    house: &House,
    today: Date,
) -> Result<(), XlsxError> {
    page.set_name("填写说明")?;
    page.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (at, (heading, width)) in (0u16..).zip([("列", 24), ("必填", 10), ("怎样填", 80)]) {
        page.set_column_width(at, width)?;
        page.write_string_with_format(0, at, heading, &bold)?;
    }
    let wrap = Format::new().set_text_wrap();
    for (line, column) in (1u32..).zip(columns) {
        let required = match &column.field.required {
            Required::Yes if column.is_required() => "必填".to_owned(),
            Required::When(rule) => format!("当{}", rule.words),
            _ => String::new(),
        };
        page.write_string(line, 0, &column.heading)?;
        page.write_string_with_format(line, 1, required, &wrap)?;
        page.write_string_with_format(line, 2, how(column, house, today), &wrap)?;
    }
    Ok(())
}

fn how(column: &Column<'_>, house: &House, today: Date) -> String {
    let field = column.field;
    let most = match field.most {
        Some(Bound::Number(most)) => format!("，最多{most}字"),
        _ => String::new(),
    };
    let codes = column.codes(house, today);
    let shown = || {
        let few = codes.iter().take(40).map(String::as_str).collect::<Vec<_>>().join("、");
        if codes.len() > 40 { format!("{few}……（见“{LISTS}”）") } else { few }
    };
    let kind = match field.kind.shape() {
        Shape::Code(_) => format!("从这些里选一个：{}", shown()),
        Shape::Codes(_) => format!("可以选几个，用顿号隔开：{}", shown()),
        Shape::YesNo => "填“是”或者“否”".to_owned(),
        Shape::Date => "日期，如 2026-03-02".to_owned(),
        Shape::DateTime => "日期和时间，如 2026-03-02 09:30".to_owned(),
        Shape::Money => "金额，单位元，如 1234.50".to_owned(),
        Shape::Number => format!("数字{}", unit(&field.unit)),
        Shape::Unit(_) => "单位的代码或者全称".to_owned(),
        Shape::Reference(_) => "已登记的名称或者编号".to_owned(),
        _ => format!("文字{most}"),
    };
    let default = match field.default.as_str() {
        "" => String::new(),
        default => format!("；不填算“{}”", default_words(column, house, default)),
    };
    let hint = if field.hint.is_empty() { String::new() } else { format!("；{}", field.hint) };
    format!("{kind}{default}{hint}")
}

fn unit(unit: &str) -> String {
    if unit.is_empty() { String::new() } else { format!("，单位{unit}") }
}

fn default_words<'h>(column: &Column<'_>, house: &'h House, default: &'h str) -> &'h str {
    match column.field.kind.shape() {
        Shape::Code(table) | Shape::Codes(table) => house.code_name(table, default),
        _ => default,
    }
}
