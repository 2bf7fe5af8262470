//! Several files become one: papers, scans and photographs, page after page, numbered through.
//!
//! Whatever is bound is looked at first, so that one scan that cannot be read is named and does not
//! spoil the rest with a message nobody understands.

use std::io::Cursor;
use std::sync::Arc;

use hayro::hayro_syntax::Pdf;
use image::{ImageDecoder, ImageReader, metadata::Orientation};
use serde_json::{Value, json};
use typst::foundations::Bytes;
use typst_layout::PagedDocument;
use typst_pdf::PdfStandard;

use crate::{Moment, PaperError, Press, timestamp, world::World};

/// One file to be bound.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Its bookmark; empty: none.
    pub name: &'a str,
    /// PDF, JPEG or PNG.
    pub bytes: &'a [u8],
    /// Whether its pages are counted and bear a number.
    pub numbered: bool,
    /// Only these pages, from 0; `None`: all.
    pub pages: Option<(usize, usize)>,
}

/// What was bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
}

/// No file of more pages is bound or looked through.
pub const MOST_PAGES: usize = 2_000;

/// How many pages a PDF or picture has; `None` if it cannot be read.
#[must_use]
pub fn page_count(bytes: &[u8]) -> Option<usize> {
    leaves(bytes).map(|leaves| leaves.len())
}

/// Whether each page is wider than high.
fn leaves(bytes: &[u8]) -> Option<Vec<bool>> {
    if bytes.starts_with(b"%PDF-") {
        let pdf = Pdf::new(Arc::new(bytes.to_vec())).ok()?;
        let wide = |page: &hayro::hayro_syntax::page::Page<'_>| {
            let (width, height) = page.render_dimensions();
            width > height
        };
        let pages: Vec<bool> = pdf.pages().iter().map(wide).collect();
        return (1..=MOST_PAGES).contains(&pages.len()).then_some(pages);
    }
    let mut decoder =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let turned = decoder.orientation().is_ok_and(|turned| {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        matches!(turned, Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH)
    });
    Some(vec![if turned { height > width } else { width > height }])
}

/// Lays one file after the other on pages of A4, each as large as it fits.
const BINDING: &str = r#"
#let all = json("data.json")
#set document(title: all.title)
#set text(font: ("Noto Serif CJK SC", "HanaMinB"), size: 10.5pt, lang: "zh", region: "cn")
#show heading: none
#for leaf in all.leaves {
  page(paper: "a4", flipped: leaf.wide, margin: 0pt, foreground: if leaf.number > 0 {
    place(top + right, dx: -12mm, dy: 10mm, box(fill: white, inset: 3pt, str(leaf.number)))
  }, {
    if leaf.name != "" { heading(leaf.name) }
    if leaf.page > 0 {
      place(image(leaf.file, page: leaf.page, width: 100%, height: 100%, fit: "contain"))
    } else {
      place(center + horizon, image(leaf.file, width: 92%, height: 92%, fit: "contain"))
    }
  })
}
"#;

impl Press {
    /// Binds files into one. The pages of numbered parts are counted through from 1.
    ///
    /// # Errors
    /// [`PaperError::Part`] names the first part that cannot be read.
    pub fn bind(
        &self,
        title: &str,
        parts: &[Part<'_>],
        printed_at: Moment,
    ) -> Result<Bound, PaperError> {
        let fonts = self.fonts()?;
        let timestamp = timestamp(printed_at)?;
        let (mut pages, mut files, mut number) = (Vec::new(), Vec::new(), 0);
        for (at, part) in parts.iter().enumerate() {
            let unread = || PaperError::Part(at + 1, part.name.to_owned());
            let wide = leaves(part.bytes).ok_or_else(unread)?;
            let (from, to) = part.pages.unwrap_or((0, wide.len()));
            let chosen = wide.get(from..to).ok_or_else(unread)?;
            // Names are interned for ever, so they are few: by place, not by content.
            let file = format!("part-{at}.{}", extension(part.bytes));
            files.push((file.clone(), Bytes::new(part.bytes.to_vec())));
            for (page, wide) in (from..to).zip(chosen) {
                number += usize::from(part.numbered);
                let name = if page == from { part.name } else { "" };
                pages.push(leaf(&file, page, *wide, name, if part.numbered { number } else { 0 }));
            }
        }
        let count = pages.len();
        if count == 0 || count > MOST_PAGES {
            return Err(PaperError::Pages(MOST_PAGES));
        }
        let data = json!({ "title": title, "leaves": pages });
        let world = World::bound(fonts, BINDING, &data, files)?;
        let printed = typst::compile::<PagedDocument>(&world).output;
        let printed = printed.map_err(|found| world.explain(&found)).and_then(|document| {
            // Scans of any version may lie inside; the archive's PDF/A allows no embedded file at all.
            let options = crate::options(timestamp, PdfStandard::V_2_0)?;
            typst_pdf::pdf(&document, &options).map_err(|found| world.explain(&found))
        });
        comemo::evict(0);
        Ok(Bound { pdf: printed?, pages: count })
    }
}

/// A page of a file; the pages of a picture are not counted.
fn leaf(file: &str, page: usize, wide: bool, name: &str, number: usize) -> Value {
    let page = if file.ends_with(".pdf") { page + 1 } else { 0 };
    json!({ "file": file, "page": page, "wide": wide, "name": name, "number": number })
}

fn extension(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'%', b'P', b'D', b'F', ..] => "pdf",
        [0x89, b'P', b'N', b'G', ..] => "png",
        _ => "jpg",
    }
}
