//! A workbook of one page, written row by row and handed out in pieces: memory stays the same
//! however many rows come, and nothing waits on the disk.
//!
//! An `.xlsx` file is a ZIP of XML parts. All but the rows are small and known beforehand; the rows
//! are deflated as they come, at nearly the fastest level, and their size follows behind them.

use flate2::{Compression, Crc, write::DeflateEncoder};
use std::io::{self, Write};

/// Longest text of a cell that spreadsheets open.
const LONGEST: usize = 32_767;
/// Uncompressed text that is handed to the compressor at once.
const PIECE: usize = 64 * 1024;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// The size stands behind the content.
const SIZE_FOLLOWS: u16 = 8;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const ROWS: &str = "xl/worksheets/sheet1.xml";

/// A workbook that is being written.
pub struct Workbook {
    out: DeflateEncoder<Vec<u8>>,
    text: String,
    letters: Vec<String>,
    line: u32,
    column: usize,
    crc: Crc,
    /// Bytes handed out, before the rows began.
    before: u64,
    /// Bytes of rows compressed and handed out.
    taken: u64,
    parts: Vec<Part>,
}

/// What the directory at the end says of a part.
struct Part {
    name: &'static str,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    at: u32,
}

impl Workbook {
    /// Begins a workbook whose page has this name and so many columns.
    pub fn new(name: &str, columns: usize) -> io::Result<Self> {
        let mut head = Vec::new();
        let mut parts = Vec::new();
        for (part, content) in fixed_parts(name) {
            add_stored(&mut head, &mut parts, part, &content)?;
        }
        let at = small(head.len() as u64)?;
        local_header(&mut head, ROWS, DEFLATED, SIZE_FOLLOWS, [0, 0, 0]);
        parts.push(Part { name: ROWS, method: DEFLATED, crc: 0, packed: 0, size: 0, at });
        Ok(Self {
            before: head.len() as u64,
            taken: 0,
            out: DeflateEncoder::new(head, Compression::new(2)),
            text: page_head(columns),
            letters: (0..columns).map(letters).collect(),
            line: 0,
            column: 0,
            crc: Crc::new(),
            parts,
        })
    }

    /// Begins a row.
    pub fn begin_row(&mut self) {
        self.line += 1;
        self.column = 0;
        self.text.push_str("<row r=\"");
        self.text.push_str(&self.line.to_string());
        self.text.push_str("\">");
    }

    /// Adds a cell to the row. The first row is the heading.
    pub fn cell(&mut self, text: &str) {
        let column = self.column;
        self.column += 1;
        if text.is_empty() {
            return;
        }
        self.text.push_str("<c r=\"");
        self.text.push_str(self.letters.get(column).map_or("", String::as_str));
        self.text.push_str(&self.line.to_string());
        self.text.push_str(if self.line == 1 { "\" s=\"1\"" } else { "\"" });
        let blank = |c: char| c.is_ascii_whitespace();
        let kept = text.starts_with(blank) || text.ends_with(blank) || text.contains(['\n', '\t']);
        self.text.push_str(" t=\"inlineStr\"><is><t");
        self.text.push_str(if kept { " xml:space=\"preserve\">" } else { ">" });
        escape(&mut self.text, short(text).as_ref());
        self.text.push_str("</t></is></c>");
    }

    /// Ends the row.
    pub fn end_row(&mut self) -> io::Result<()> {
        self.text.push_str("</row>");
        if self.text.len() >= PIECE { self.pack() } else { Ok(()) }
    }

    fn pack(&mut self) -> io::Result<()> {
        self.crc.update(self.text.as_bytes());
        self.out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    /// What is ready to be handed out.
    pub fn take(&mut self) -> Vec<u8> {
        let ready = std::mem::take(self.out.get_mut());
        self.taken += ready.len() as u64;
        ready
    }

    /// The rest of the file.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        self.text.push_str("</sheetData></worksheet>");
        self.pack()?;
        let size = small(self.out.total_in())?;
        let mut rest = self.out.finish()?;
        let end = self.taken + rest.len() as u64;
        let packed = small(end - self.before)?;
        let crc = self.crc.sum();
        if let Some(rows) = self.parts.last_mut() {
            (rows.crc, rows.packed, rows.size) = (crc, packed, size);
        }
        rest.extend(b"PK\x07\x08");
        [crc, packed, size].iter().for_each(|n| rest.extend(n.to_le_bytes()));
        let at = small(self.taken + rest.len() as u64)?;
        let begun = rest.len();
        self.parts.iter().for_each(|part| directory_entry(&mut rest, part));
        let length = small((rest.len() - begun) as u64)?;
        let count = u16::try_from(self.parts.len()).map_err(io::Error::other)?;
        rest.extend(b"PK\x05\x06\0\0\0\0");
        [count, count].iter().for_each(|n| rest.extend(n.to_le_bytes()));
        [length, at].iter().for_each(|n| rest.extend(n.to_le_bytes()));
        rest.extend([0, 0]);
        Ok(rest)
    }
}

fn small(size: u64) -> io::Result<u32> {
    u32::try_from(size).map_err(|_| io::Error::other("a workbook of more than 4 GiB"))
}

/// `A`, `B`, … `Z`, `AA` …
fn letters(column: usize) -> String {
    let last = char::from(b'A' + (column % 26) as u8);
    if column < 26 { last.to_string() } else { format!("{}{last}", letters(column / 26 - 1)) }
}

/// A text that spreadsheets open: what is longer ends in `…`.
fn short(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= LONGEST || text.encode_utf16().count() <= LONGEST {
        return text.into();
    }
    let mut left = LONGEST - 1;
    let kept = text.chars().take_while(|c| {
        let fits = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        fits
    });
    let mut kept: String = kept.collect();
    kept.push('…');
    kept.into()
}

/// Adds text as XML: what XML cannot hold is written as spreadsheets do, `_x0001_`.
fn escape(out: &mut String, text: &str) {
    let plain = |b: u8| b >= b' ' && !b"&<>\"_\xEF".contains(&b);
    if text.bytes().all(plain) {
        return out.push_str(text);
    }
    for (at, c) in text.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '_' if is_escape(text.as_bytes().get(at..at + 7)) => out.push_str("_x005F_"),
            '\0'..=' ' if c != ' ' => out.push_str(&format!("_x{:04X}_", u32::from(c))),
            '\u{FFFE}' | '\u{FFFF}' => out.push_str(&format!("_x{:04X}_", u32::from(c))),
            c => out.push(c),
        }
    }
}

fn is_escape(text: Option<&[u8]>) -> bool {
    matches!(text, Some([b'_', b'x', hex @ .., b'_']) if hex.iter().all(u8::is_ascii_hexdigit))
}

fn page_head(columns: usize) -> String {
    let widths = match columns {
        0 => String::new(),
        _ => format!(
            "<cols><col min=\"1\" max=\"{columns}\" width=\"18.7\" customWidth=\"1\"/></cols>"
        ),
    };
    format!(
        "{DECLARATION}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView tabSelected=\"1\" \
         workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" \
         state=\"frozen\"/><selection pane=\"bottomLeft\"/></sheetView></sheetViews>\
         <sheetFormatPr defaultRowHeight=\"15\"/>{widths}<sheetData>"
    )
}

/// The parts that do not depend on the rows.
fn fixed_parts(name: &str) -> [(&'static str, String); 5] {
    let mut shown = String::new();
    escape(&mut shown, name);
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let types = format!(
        "{DECLARATION}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{kind}.sheet.main+xml\"/>\
         <Override PartName=\"/{ROWS}\" ContentType=\"{kind}.worksheet+xml\"/>\
         <Override PartName=\"/xl/styles.xml\" ContentType=\"{kind}.styles+xml\"/></Types>"
    );
    let relations = |all: &[(&str, &str)]| {
        let one = |(at, (kind, target)): (usize, &(&str, &str))| {
            let number = at + 1;
            format!(
                "<Relationship Id=\"rId{number}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>"
            )
        };
        let all: String = all.iter().enumerate().map(one).collect();
        format!(
            "{DECLARATION}<Relationships xmlns=\"{PACKAGE}/relationships\">{all}</Relationships>"
        )
    };
    let book = format!(
        "{DECLARATION}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>\
         <sheet name=\"{shown}\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let styles = format!(
        "{DECLARATION}<styleSheet xmlns=\"{MAIN}\"><fonts count=\"2\"><font><sz val=\"11\"/>\
         <name val=\"Calibri\"/></font><font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font>\
         </fonts><fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill>\
         <patternFill patternType=\"gray125\"/></fill></fills><borders count=\"1\"><border><left/>\
         <right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count=\"1\">\
         <xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
         <cellXfs count=\"2\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" \
         xfId=\"0\"/><xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" \
         applyFont=\"1\"/></cellXfs><cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" \
         builtinId=\"0\"/></cellStyles></styleSheet>"
    );
    [
        ("[Content_Types].xml", types),
        ("_rels/.rels", relations(&[("officeDocument", "xl/workbook.xml")])),
        ("xl/workbook.xml", book),
        (
            "xl/_rels/workbook.xml.rels",
            relations(&[("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")]),
        ),
        ("xl/styles.xml", styles),
    ]
}

fn add_stored(
    out: &mut Vec<u8>,
    parts: &mut Vec<Part>,
    name: &'static str,
    content: &str,
) -> io::Result<()> {
    let mut crc = Crc::new();
    crc.update(content.as_bytes());
    let (crc, size, at) = (crc.sum(), small(content.len() as u64)?, small(out.len() as u64)?);
    local_header(out, name, STORED, 0, [crc, size, size]);
    out.extend(content.as_bytes());
    parts.push(Part { name, method: STORED, crc, packed: size, size, at });
    Ok(())
}

/// Version needed, flags, method, and a date that says nothing: the same rows, the same file.
fn common(out: &mut Vec<u8>, flags: u16, method: u16, numbers: [u32; 3], name: &str) {
    const FIRST_DAY: u16 = 0x21;
    [20, flags, method, 0, FIRST_DAY].iter().for_each(|n: &u16| out.extend(n.to_le_bytes()));
    numbers.iter().for_each(|n| out.extend(n.to_le_bytes()));
    // The names are ours, and short.
    out.extend((name.len() as u16).to_le_bytes());
    out.extend([0, 0]);
}

fn local_header(out: &mut Vec<u8>, name: &str, method: u16, flags: u16, numbers: [u32; 3]) {
    out.extend(b"PK\x03\x04");
    common(out, flags, method, numbers, name);
    out.extend(name.as_bytes());
}

fn directory_entry(out: &mut Vec<u8>, part: &Part) {
    let flags = if part.method == DEFLATED { SIZE_FOLLOWS } else { 0 };
    out.extend(b"PK\x01\x02");
    out.extend(20u16.to_le_bytes());
    common(out, flags, part.method, [part.crc, part.packed, part.size], part.name);
    out.extend([0; 10]);
    out.extend(part.at.to_le_bytes());
    out.extend(part.name.as_bytes());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use calamine::{Data, Reader, Xlsx};

    /// The cells that another program reads in the file.
    fn read(name: &str, rows: &[Vec<String>]) -> (String, Vec<Vec<String>>) {
        let mut book = Workbook::new(name, rows.first().map_or(0, Vec::len)).unwrap();
        let mut bytes = Vec::new();
        for row in rows {
            book.begin_row();
            row.iter().for_each(|cell| book.cell(cell));
            book.end_row().unwrap();
            bytes.extend(book.take());
        }
        bytes.extend(book.finish().unwrap());
        let mut read: Xlsx<_> = Xlsx::new(io::Cursor::new(bytes)).unwrap();
        let name = read.sheet_names()[0].clone();
        let text = |cell: &Data| cell.to_string();
        let page = read.worksheet_range(&name).unwrap();
        (name, page.rows().map(|row| row.iter().map(text).collect()).collect())
    }

    #[test]
    fn another_program_reads_what_was_written_however_odd() {
        let odd = ["a<b>&\"c\"", " 两头有空格 ", "两\n行", "䶮𠮷·", "'=1+1", "-12", "_x", ""];
        let row: Vec<String> = odd.iter().map(|&text| text.to_owned()).collect();
        let (name, rows) = read("纠纷 & <案件>", &[row.clone(), row.clone()]);
        assert_eq!(name, "纠纷 & <案件>");
        // The blank at the end of every row is no cell.
        let shown = row[..7].to_vec();
        assert_eq!(rows, [shown.clone(), shown]);
    }

    #[test]
    fn many_rows_come_out_in_pieces_and_whole() {
        let rows: Vec<Vec<String>> =
            (0..20_000).map(|n| (0..30).map(|c| format!("{n} 行 {c} 列")).collect()).collect();
        assert_eq!(read("多", &rows).1, rows);
    }

    #[test]
    fn what_xml_cannot_hold_is_written_as_spreadsheets_do() {
        let shown = |text: &str| {
            let mut out = String::new();
            escape(&mut out, text);
            out
        };
        assert_eq!(shown("a\u{1}b\r"), "a_x0001_b_x000D_");
        assert_eq!(shown("_x0001_ _y"), "_x005F_x0001_ _y");
        assert_eq!(shown("\u{FFFF}，"), "_xFFFF_，");
    }

    #[test]
    fn columns_have_letters_and_long_texts_end() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
        let long = "长".repeat(40_000);
        let cut = short(&long);
        assert_eq!(cut.chars().count(), LONGEST);
        assert!(cut.ends_with('…'));
        assert_eq!(short("短"), "短");
    }
}
