//! Writes blocks down as WordprocessingML (ECMA-376), and packs the parts into one file.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::flow::Picture;
use super::model::{Block, Cell, Look, Merge, Page, Par, Row, Run, Section, Side, Table};
use crate::Moment;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const SPACES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
    xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
    xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
    xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";

const STYLES: &str = "<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"仿宋_GB2312\" \
    w:hAnsi=\"仿宋_GB2312\" w:eastAsia=\"仿宋_GB2312\" w:cs=\"仿宋_GB2312\"/><w:sz w:val=\"32\"/>\
    <w:szCs w:val=\"32\"/><w:lang w:val=\"en-US\" w:eastAsia=\"zh-CN\"/></w:rPr></w:rPrDefault>\
    <w:pPrDefault/></w:docDefaults><w:style w:type=\"paragraph\" w:default=\"1\" \
    w:styleId=\"a\"><w:name w:val=\"Normal\"/><w:qFormat/></w:style>";
/// Word takes the other name where a machine has no font of the first.
const FONTS: &str = "<w:font w:name=\"仿宋_GB2312\"><w:altName w:val=\"仿宋\"/></w:font>\
    <w:font w:name=\"楷体_GB2312\"><w:altName w:val=\"楷体\"/></w:font>\
    <w:font w:name=\"方正小标宋简体\"><w:altName w:val=\"宋体\"/></w:font>\
    <w:font w:name=\"宋体\"><w:altName w:val=\"SimSun\"/></w:font>\
    <w:font w:name=\"黑体\"><w:altName w:val=\"SimHei\"/></w:font>";
/// Spaces at the end of a line are underlined too: lines to write on are made of them.
const SETTINGS: &str = "<w:characterSpacingControl w:val=\"compressPunctuation\"/><w:compat>\
    <w:ulTrailSpace/><w:compatSetting w:name=\"compatibilityMode\" \
    w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat>";

/// The whole file.
pub(crate) fn package(
    title: &str,
    sections: &[Section],
    pictures: &[Picture],
    at: Moment,
) -> Result<Vec<u8>, ZipError> {
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    let mut types = String::new();
    let mut relations = String::new();
    for (name, kind, root, content) in [
        ("styles", "styles", "styles", STYLES),
        ("fontTable", "fontTable", "fonts", FONTS),
        ("settings", "settings", "settings", SETTINGS),
    ] {
        let text = format!("{HEAD}<w:{root} {SPACES}>{content}</w:{root}>");
        parts.push((format!("word/{name}.xml"), text.into_bytes()));
        relation(&mut relations, name, kind, &format!("{name}.xml"));
        typed(&mut types, &format!("word/{name}.xml"), kind);
    }
    let mut shown = String::new();
    for (at, picture) in pictures.iter().enumerate() {
        let name = format!("media/picture{at}.{}", picture.extension);
        relation(&mut shown, &format!("picture{at}"), "image", &name);
        parts.push((format!("word/{name}"), picture.bytes.clone()));
    }
    let mut out = Out::default();
    for (nth, section) in sections.iter().enumerate() {
        let mut references = String::new();
        for (kind, root, blocks) in
            [("header", "hdr", &section.header), ("footer", "ftr", &section.footer)]
        {
            let mut marginal = Out { pictures: out.pictures, ..Out::default() };
            marginal.blocks(blocks);
            out.pictures = marginal.pictures;
            let name = format!("{kind}{nth}");
            let text = format!("{HEAD}<w:{root} {SPACES}>{}</w:{root}>", marginal.filled());
            parts.push((format!("word/{name}.xml"), text.into_bytes()));
            parts.push((format!("word/_rels/{name}.xml.rels"), related(&shown)));
            relation(&mut relations, &name, kind, &format!("{name}.xml"));
            typed(&mut types, &format!("word/{name}.xml"), kind);
            let _ = write!(references, "<w:{kind}Reference w:type=\"default\" r:id=\"{name}\"/>");
        }
        out.blocks(&section.blocks);
        let last = nth + 1 == sections.len();
        out.section(&section.page, &references, last);
    }
    relations += &shown;
    let document = format!("{HEAD}<w:document {SPACES}><w:body>{}</w:body></w:document>", out.text);
    parts.push(("word/document.xml".to_owned(), document.into_bytes()));
    parts.push(("word/_rels/document.xml.rels".to_owned(), related(&relations)));
    typed(&mut types, "word/document.xml", "document.main");
    parts.push(("docProps/core.xml".to_owned(), core(title, at)));
    let mut root = String::new();
    relation(&mut root, "document", "officeDocument", "word/document.xml");
    let _ = write!(
        root,
        "<Relationship Id=\"core\" Type=\"{PACKAGE}/relationships/metadata/core-properties\" \
         Target=\"docProps/core.xml\"/>"
    );
    parts.push(("_rels/.rels".to_owned(), related(&root)));
    let types = format!(
        "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Default Extension=\"png\" ContentType=\"image/png\"/>\
         <Default Extension=\"jpeg\" ContentType=\"image/jpeg\"/>{types}\
         <Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>"
    );
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    // The same paper is the same bytes: no clock.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    file.start_file("[Content_Types].xml", options)?;
    file.write_all(types.as_bytes())?;
    for (name, content) in parts {
        file.start_file(name, options)?;
        file.write_all(&content)?;
    }
    Ok(file.finish()?.into_inner())
}

fn relation(to: &mut String, id: &str, kind: &str, target: &str) {
    let _ = write!(to, "<Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>");
}

fn related(relations: &str) -> Vec<u8> {
    format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">{relations}</Relationships>")
        .into_bytes()
}

fn typed(to: &mut String, part: &str, kind: &str) {
    let _ = write!(to, "<Override PartName=\"/{part}\" ContentType=\"{WORD}.{kind}+xml\"/>");
}

fn core(title: &str, at: Moment) -> Vec<u8> {
    let Moment { year, month, day, hour, minute, second } = at;
    let when = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00");
    format!(
        "{HEAD}<cp:coreProperties xmlns:cp=\"{PACKAGE}/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{}</dc:title>\
         <dcterms:created xsi:type=\"dcterms:W3CDTF\">{when}</dcterms:created></cp:coreProperties>",
        escaped(title)
    )
    .into_bytes()
}

/// XML takes no control characters, not even by number.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c < ' ' && c != '\t' => {}
            c => out.push(c),
        }
    }
    out
}

fn twips(points: f64) -> i64 {
    (points * 20.0).round() as i64
}

#[derive(Default)]
struct Out {
    text: String,
    pictures: usize,
    /// Whether the last block was a table: two of them would become one.
    after_table: bool,
}

impl Out {
    fn filled(&self) -> &str {
        if self.text.is_empty() { "<w:p/>" } else { &self.text }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        let mut rest = blocks;
        while let [first, others @ ..] = rest {
            match first {
                Block::Par(par) => {
                    let below = match others.first() {
                        Some(Block::Table(table)) => table.before,
                        _ => 0.0,
                    };
                    self.paragraph(par, below);
                    rest = others;
                }
                Block::Table(table) => {
                    // Tables whose edges meet are one form: one table, as a clerk would draw it.
                    let joined = |block: &&Block| match block {
                        Block::Table(next) => next.before < 1.0 && same(next.left, table.left),
                        Block::Par(_) => false,
                    };
                    let more = others.iter().take_while(joined).count();
                    if self.after_table || self.text.is_empty() {
                        self.room(table.before);
                    }
                    let parts = rest.iter().take(more + 1).filter_map(|block| match block {
                        Block::Table(table) => Some(table),
                        Block::Par(_) => None,
                    });
                    self.table(&parts.collect::<Vec<_>>());
                    rest = &others[more..];
                }
            }
        }
    }

    /// Empty room of some height, where no paragraph can have it.
    fn room(&mut self, height: f64) {
        if self.after_table || height >= 1.0 {
            let line = twips(height.max(1.0));
            let _ = write!(
                self.text,
                "<w:p><w:pPr><w:spacing w:line=\"{line}\" w:lineRule=\"exact\"/>\
                 <w:rPr><w:sz w:val=\"2\"/></w:rPr></w:pPr></w:p>"
            );
        }
        self.after_table = false;
    }

    fn paragraph(&mut self, par: &Par, below: f64) {
        self.after_table = false;
        self.text.push_str("<w:p>");
        self.properties(par, below, "");
        for run in &par.runs {
            self.run(run);
        }
        self.text.push_str("</w:p>");
    }

    fn properties(&mut self, par: &Par, below: f64, section: &str) {
        let out = &mut self.text;
        out.push_str("<w:pPr>");
        if par.keep_next {
            out.push_str("<w:keepNext/>");
        }
        if par.break_before {
            out.push_str("<w:pageBreakBefore/>");
        }
        out.push_str("<w:widowControl w:val=\"0\"/>");
        if let Some(dashed) = par.ruled {
            let kind = if dashed { "dashed" } else { "single" };
            let _ = write!(
                out,
                "<w:pBdr><w:bottom w:val=\"{kind}\" w:sz=\"4\" w:space=\"1\" w:color=\"auto\"/></w:pBdr>"
            );
        }
        if par.runs.iter().any(|run| matches!(run, Run::Tab(_))) {
            let stop = twips(par.width);
            let _ = write!(out, "<w:tabs><w:tab w:val=\"right\" w:pos=\"{stop}\"/></w:tabs>");
        }
        // Templates set no room between Chinese and other characters.
        out.push_str(
            "<w:autoSpaceDE w:val=\"0\"/><w:autoSpaceDN w:val=\"0\"/><w:snapToGrid w:val=\"0\"/>",
        );
        let (before, after) = (twips(par.before.max(0.0)), twips(below.max(0.0)));
        let line = twips(par.pitch);
        let line = match line {
            0 => String::new(),
            line => format!(" w:line=\"{line}\" w:lineRule=\"exact\""),
        };
        let _ = write!(out, "<w:spacing w:before=\"{before}\" w:after=\"{after}\"{line}/>");
        if par.left > 0.0 || par.first > 0.0 || par.right > 0.0 {
            let (left, first) = (twips(par.left), twips(par.first));
            let right = twips(par.right);
            let chars = (par.first_chars * 100.0).round() as i64;
            let chars = match chars {
                0 => String::new(),
                chars => format!(" w:firstLineChars=\"{chars}\""),
            };
            let _ = write!(
                out,
                "<w:ind w:left=\"{left}\" w:right=\"{right}\"{chars} w:firstLine=\"{first}\"/>"
            );
        }
        let side = match par.side {
            Side::Start => "left",
            Side::Center => "center",
            Side::End => "right",
            Side::Justify => "both",
        };
        let _ = write!(out, "<w:jc w:val=\"{side}\"/>{section}</w:pPr>");
    }

    fn run(&mut self, run: &Run) {
        let out = &mut self.text;
        match run {
            Run::Text(text, look) => {
                let text = escaped(text).replace('\t', " ");
                let properties = properties(look);
                let _ =
                    write!(out, "<w:r>{properties}<w:t xml:space=\"preserve\">{text}</w:t></w:r>");
            }
            Run::Tab(look) => {
                let _ = write!(out, "<w:r>{}<w:tab/></w:r>", properties(look));
            }
            Run::Break => out.push_str("<w:r><w:br/></w:r>"),
            Run::Field(name, look) => {
                let properties = properties(look);
                let _ = write!(
                    out,
                    "<w:fldSimple w:instr=\" {name} \"><w:r>{properties}<w:t>1</w:t></w:r></w:fldSimple>"
                );
            }
            Run::Picture { at, width, height, says } => {
                self.pictures += 1;
                let (id, says) = (self.pictures, escaped(says));
                let (cx, cy) = ((width * 12700.0).round(), (height * 12700.0).round());
                let _ = write!(
                    out,
                    "<w:r><w:drawing><wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\">\
                     <wp:extent cx=\"{cx}\" cy=\"{cy}\"/><wp:docPr id=\"{id}\" name=\"图片{id}\" descr=\"{says}\"/>\
                     <a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\">\
                     <pic:pic><pic:nvPicPr><pic:cNvPr id=\"{id}\" name=\"图片{id}\"/><pic:cNvPicPr/></pic:nvPicPr>\
                     <pic:blipFill><a:blip r:embed=\"picture{at}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>\
                     <pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{cx}\" cy=\"{cy}\"/></a:xfrm>\
                     <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>\
                     </wp:inline></w:drawing></w:r>"
                );
            }
        }
    }

    /// Tables one directly below the other, as one.
    fn table(&mut self, parts: &[&Table]) {
        let rows: Vec<&Row> = parts.iter().flat_map(|table| &table.rows).collect();
        let mut edges: Vec<f64> = vec![0.0];
        for cell in rows.iter().flat_map(|row| &row.cells) {
            edges.extend([cell.from, cell.to]);
        }
        edges.sort_by(f64::total_cmp);
        edges.dedup_by(|a, b| same(*a, *b));
        let left = twips(parts.first().map_or(0.0, |table| table.left));
        let total = twips(edges.last().copied().unwrap_or(0.0));
        let _ = write!(
            self.text,
            "<w:tbl><w:tblPr><w:tblW w:w=\"{total}\" w:type=\"dxa\"/><w:tblInd w:w=\"{left}\" w:type=\"dxa\"/>\
             <w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left w:w=\"0\" w:type=\"dxa\"/>\
             <w:right w:w=\"0\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr><w:tblGrid>"
        );
        for pair in edges.windows(2) {
            let _ = write!(self.text, "<w:gridCol w:w=\"{}\"/>", twips(pair[1] - pair[0]));
        }
        self.text.push_str("</w:tblGrid>");
        // Only a table's first rows may be repeated, says Word.
        let heads = rows.iter().take_while(|row| row.header).count();
        for (nth, row) in rows.iter().enumerate() {
            self.row(row, &edges, nth < heads);
        }
        self.text.push_str("</w:tbl>");
        self.after_table = true;
    }

    fn row(&mut self, row: &Row, edges: &[f64], header: bool) {
        self.text.push_str("<w:tr><w:trPr>");
        if row.whole {
            self.text.push_str("<w:cantSplit/>");
        }
        if row.height > 0.0 {
            let height = twips(row.height);
            let _ = write!(self.text, "<w:trHeight w:val=\"{height}\" w:hRule=\"atLeast\"/>");
        }
        if header {
            self.text.push_str("<w:tblHeader/>");
        }
        self.text.push_str("</w:trPr>");
        let mut at = 0;
        let find = |edge: f64| edges.iter().position(|known| same(*known, edge)).unwrap_or(0);
        for cell in &row.cells {
            let (from, to) = (find(cell.from), find(cell.to));
            if from > at {
                self.empty(edges, at, from);
            }
            self.cell(cell, to.saturating_sub(from).max(1));
            at = to;
        }
        if at + 1 < edges.len() {
            self.empty(edges, at, edges.len() - 1);
        }
        self.text.push_str("</w:tr>");
    }

    /// Room between cells.
    fn empty(&mut self, edges: &[f64], from: usize, to: usize) {
        let cell = Cell { from: edges[from], to: edges[to], ..Cell::default() };
        self.cell(&cell, to - from);
    }

    fn cell(&mut self, cell: &Cell, span: usize) {
        let width = twips(cell.to - cell.from);
        let _ = write!(self.text, "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>");
        if span > 1 {
            let _ = write!(self.text, "<w:gridSpan w:val=\"{span}\"/>");
        }
        match cell.merge {
            Merge::None => {}
            Merge::First => self.text.push_str("<w:vMerge w:val=\"restart\"/>"),
            Merge::Rest => self.text.push_str("<w:vMerge/>"),
        }
        let sides = ["top", "right", "bottom", "left"];
        let order = [0, 3, 2, 1];
        if cell.border.iter().any(|side| *side > 0.0) {
            self.text.push_str("<w:tcBorders>");
            for side in order.into_iter().filter(|side| cell.border[*side] > 0.0) {
                let eighths = (cell.border[side] * 8.0).round().max(2.0);
                let _ = write!(
                    self.text,
                    "<w:{} w:val=\"single\" w:sz=\"{eighths}\" w:space=\"0\" w:color=\"auto\"/>",
                    sides[side]
                );
            }
            self.text.push_str("</w:tcBorders>");
        }
        self.text.push_str("<w:tcMar>");
        for side in order {
            let room = twips(cell.inset[side]);
            let _ = write!(self.text, "<w:{} w:w=\"{room}\" w:type=\"dxa\"/>", sides[side]);
        }
        self.text.push_str("</w:tcMar>");
        match cell.middle {
            Side::Center => self.text.push_str("<w:vAlign w:val=\"center\"/>"),
            Side::End => self.text.push_str("<w:vAlign w:val=\"bottom\"/>"),
            Side::Start | Side::Justify => {}
        }
        self.text.push_str("</w:tcPr>");
        let mut inner = Out { pictures: self.pictures, ..Out::default() };
        inner.blocks(&cell.blocks);
        if inner.text.is_empty() {
            inner.text.push_str("<w:p><w:pPr><w:snapToGrid w:val=\"0\"/><w:rPr><w:sz w:val=\"12\"/></w:rPr></w:pPr></w:p>");
        } else if inner.after_table {
            // A cell ends with a paragraph.
            inner.room(1.0);
        }
        self.pictures = inner.pictures;
        self.text.push_str(&inner.text);
        self.text.push_str("</w:tc>");
    }

    fn section(&mut self, page: &Page, references: &str, last: bool) {
        let wide = if page.width > page.height { " w:orient=\"landscape\"" } else { "" };
        let foot = twips(page.foot);
        let text = format!(
            "<w:sectPr>{references}<w:pgSz w:w=\"{}\" w:h=\"{}\"{wide}/>\
             <w:pgMar w:top=\"{}\" w:right=\"{}\" w:bottom=\"{}\" w:left=\"{}\" \
             w:header=\"{foot}\" w:footer=\"{foot}\" w:gutter=\"0\"/></w:sectPr>",
            twips(page.width),
            twips(page.height),
            twips(page.top),
            twips(page.right),
            twips(page.bottom),
            twips(page.left),
        );
        if last {
            if self.after_table {
                self.room(1.0);
            }
            self.text.push_str(&text);
        } else {
            self.text.push_str("<w:p>");
            self.properties(&Par { pitch: 1.0, ..Par::default() }, 0.0, &text);
            self.text.push_str("</w:p>");
        }
        self.after_table = false;
    }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < 1.5
}

fn properties(look: &Look) -> String {
    let Look { font, size, bold, italic, underline, tracking, color } = look;
    let mut out = format!(
        "<w:rPr><w:rFonts w:hint=\"eastAsia\" w:ascii=\"{font}\" w:hAnsi=\"{font}\" w:eastAsia=\"{font}\" w:cs=\"{font}\"/>"
    );
    if *bold {
        out.push_str("<w:b/>");
    }
    if *italic {
        out.push_str("<w:i/>");
    }
    if !color.is_empty() {
        let _ = write!(out, "<w:color w:val=\"{color}\"/>");
    }
    if *tracking != 0.0 {
        let _ = write!(out, "<w:spacing w:val=\"{}\"/>", twips(*tracking));
    }
    let halves = (size * 2.0).round();
    let _ = write!(out, "<w:sz w:val=\"{halves}\"/><w:szCs w:val=\"{halves}\"/>");
    if *underline {
        out.push_str("<w:u w:val=\"single\"/>");
    }
    out.push_str("</w:rPr>");
    out
}
