//! Sheets: lists as CSV and as `.xlsx`. A text that a spreadsheet would take for a formula is made
//! harmless.

mod list;
mod told;
mod workbook;

pub use crate::official::XLSX;
pub use list::{Format, ListWriter, handed_out};
pub use told::{Tell, column_label};

use std::io;
use workbook::Workbook;

/// Whether a spreadsheet would take the text for a formula.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// A text that begins like a formula, with an apostrophe before it.
pub fn harmless(text: String) -> String {
    if is_formula(&text) { format!("'{text}") } else { text }
}

/// A list that is being written, row by row.
pub enum Written {
    /// As CSV (RFC 4180): the text not yet handed out.
    Csv(String),
    /// As a workbook.
    Xlsx(Box<Workbook>),
}

impl Written {
    /// An empty CSV. With the mark at its head, spreadsheets read it as UTF-8.
    pub fn csv() -> Self {
        Self::Csv(String::from("\u{feff}"))
    }

    /// An empty workbook for so many columns.
    pub fn xlsx(title: &str, columns: usize) -> io::Result<Self> {
        Ok(Self::Xlsx(Box::new(Workbook::new(&sheet_name(title), columns)?)))
    }

    /// Adds a row; the first is the heading.
    pub fn row(&mut self, cells: impl Iterator<Item = String>) -> io::Result<()> {
        match self {
            Self::Csv(text) => {
                csv_line(text, cells);
                Ok(())
            }
            Self::Xlsx(book) => {
                book.begin_row();
                cells.for_each(|cell| book.cell(&cell));
                book.end_row()
            }
        }
    }

    /// What is ready to be handed out.
    pub fn take(&mut self) -> Vec<u8> {
        match self {
            Self::Csv(text) => std::mem::take(text).into_bytes(),
            Self::Xlsx(book) => book.take(),
        }
    }

    /// The rest.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Csv(text) => Ok(text.into_bytes()),
            Self::Xlsx(book) => book.finish(),
        }
    }
}

/// Adds one line of CSV.
fn csv_line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        if cell.contains(['"', ',', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

/// A title as the name of a page of a workbook: without what is not allowed there, and short.
pub fn sheet_name(title: &str) -> String {
    let kept = title.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(30);
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_a_text() {
        for text in ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝HYPERLINK"] {
            assert_eq!(harmless(text.to_owned()), format!("'{text}"));
        }
        for text in ["", "张三", "12-3", "a=b"] {
            assert_eq!(harmless(text.to_owned()), text);
        }
    }

    #[test]
    fn csv_keeps_commas_quotes_and_lines_within_one_cell() {
        let mut text = String::new();
        let cells = ["a,b", "说\"好\"", "两\n行", "平常"].map(str::to_owned);
        csv_line(&mut text, cells.into_iter());
        assert_eq!(text, "\"a,b\",\"说\"\"好\"\"\",\"两\n行\",平常\r\n");
    }
}
