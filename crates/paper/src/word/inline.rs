//! Walks what stands in a line: text, blanks to write on, pictures.

use std::io::Cursor;

use image::ImageReader;
use typst::diag::SourceResult;
use typst::foundations::{Packed, Smart, StyleChain};
use typst::introspection::TagElem;
use typst::layout::{BoxElem, HElem, Sizing, Spacing};
use typst::routines::{Arenas, FragmentKind, Pair, RealizationKind};
use typst::text::{LinebreakElem, SmartQuoteElem, SpaceElem, TextElem};
use typst::visualize::{ImageElem, Paint};

use super::flow::{Picture, Walk, points};
use super::model::{Block, Look, Run};

/// The page number and the number of pages, as the shared styles write them for Word.
const PAGE: char = '\u{e000}';
const PAGES: char = '\u{e001}';
/// As wide as a Chinese character, and nothing in it.
const WIDE_SPACE: &str = "\u{3000}";

impl Run {
    /// How large its text is.
    pub(crate) fn size(&self) -> f64 {
        match self {
            Run::Text(_, look) | Run::Tab(look) | Run::Field(_, look) => look.size,
            Run::Break | Run::Picture { .. } => 0.0,
        }
    }
}

impl Walk<'_, '_> {
    pub(crate) fn inline(
        &mut self,
        children: &[Pair<'_>],
        width: f64,
        underline: bool,
        runs: &mut Vec<Run>,
        tall: &mut f64,
    ) -> SourceResult<()> {
        for &(child, styles) in children {
            let look = || Look { underline, ..look(styles) };
            if child.is::<TagElem>() {
            } else if child.is::<SpaceElem>() {
                text(runs, " ", look());
            } else if let Some(elem) = child.to_packed::<TextElem>() {
                text(runs, &elem.text, look());
            } else if child.is::<LinebreakElem>() {
                runs.push(Run::Break);
            } else if let Some(elem) = child.to_packed::<SmartQuoteElem>() {
                text(runs, if elem.double.get(styles) { "\"" } else { "'" }, look());
            } else if let Some(elem) = child.to_packed::<HElem>() {
                match elem.amount {
                    Spacing::Fr(_) => runs.push(Run::Tab(look())),
                    Spacing::Rel(rel) => {
                        let many = points(rel, styles, width) / look().size;
                        text(runs, &WIDE_SPACE.repeat(many.round().max(0.0) as usize), look());
                    }
                }
            } else if let Some(elem) = child.to_packed::<BoxElem>() {
                self.boxed(elem, styles, (width, underline), runs, tall)?;
            } else if let Some(elem) = child.to_packed::<ImageElem>() {
                let run = self.picture(elem, styles, width);
                runs.push(run);
            }
        }
        Ok(())
    }

    /// A box in a line: with a stroke below it is a place to write on, otherwise what it holds.
    fn boxed(
        &mut self,
        elem: &Packed<BoxElem>,
        styles: StyleChain<'_>,
        (width, underline): (f64, bool),
        runs: &mut Vec<Run>,
        tall: &mut f64,
    ) -> SourceResult<()> {
        let ruled = elem.stroke.resolve(styles).bottom.flatten().is_some();
        let (wide, fills) = match elem.width.get(styles) {
            Sizing::Fr(_) => (width, true),
            Sizing::Rel(rel) => {
                let wide = points(rel, styles, width);
                (wide, wide > width * 0.9)
            }
            Sizing::Auto => (0.0, false),
        };
        if let Smart::Custom(height) = elem.height.get(styles) {
            *tall = tall.max(points(height, styles, 0.0));
        }
        let before = runs.len();
        if let Some(body) = elem.body.get_ref(styles) {
            let arenas = Arenas::default();
            let mut kind = FragmentKind::Block;
            let asked = RealizationKind::Fragment { kind: &mut kind };
            let children = self.realize(asked, &arenas, body, styles)?;
            let line = underline || ruled;
            if kind == FragmentKind::Inline {
                let inner = if wide > 0.0 { wide } else { width };
                self.inline(&children, inner, line, runs, tall)?;
            } else {
                let flow = self.flow(&children, styles, width, None)?;
                *tall = tall.max(flow.tall);
                for block in flow.blocks {
                    flatten(block, line, runs);
                }
            }
        }
        let look = Look { underline: true, ..look(styles) };
        if ruled && fills {
            runs.push(Run::Tab(look));
        } else if ruled && runs.len() == before {
            let many = (wide / look.size).round().max(1.0) as usize;
            text(runs, &WIDE_SPACE.repeat(many), look);
        }
        Ok(())
    }

    /// A picture, as large as the template says.
    pub(crate) fn picture(
        &mut self,
        elem: &Packed<ImageElem>,
        styles: StyleChain<'_>,
        width: f64,
    ) -> Run {
        let bytes = elem.source.derived.data.to_vec();
        let (across, down) = ImageReader::new(Cursor::new(&bytes))
            .with_guessed_format()
            .ok()
            .and_then(|reader| reader.into_dimensions().ok())
            .unwrap_or((1, 1));
        let shape = f64::from(down) / f64::from(across.max(1));
        let wide = match elem.width.get(styles) {
            Smart::Custom(rel) => Some(points(rel, styles, width)),
            Smart::Auto => None,
        };
        let high = match elem.height.get(styles) {
            Sizing::Rel(rel) => Some(points(rel, styles, 0.0)),
            _ => None,
        };
        let (wide, high) = match (wide, high) {
            (Some(wide), _) => (wide, wide * shape),
            (None, Some(high)) => (high / shape.max(0.01), high),
            (None, None) => (width.min(f64::from(across) * 0.75), 0.0),
        };
        let high = if high > 0.0 { high } else { wide * shape };
        let extension = if bytes.starts_with(&[0x89, b'P']) { "png" } else { "jpeg" };
        let says = elem.alt.get_cloned(styles).map(|alt| alt.to_string()).unwrap_or_default();
        let known = self.pictures.iter().position(|known| known.bytes == bytes);
        let at = known.unwrap_or(self.pictures.len());
        if known.is_none() {
            self.pictures.push(Picture { bytes, extension });
        }
        Run::Picture { at, width: wide, height: high, says }
    }
}

/// Blocks inside a line become its text.
fn flatten(block: Block, underline: bool, runs: &mut Vec<Run>) {
    match block {
        Block::Par(par) => runs.extend(par.runs.into_iter().map(|run| match run {
            Run::Text(text, look) => {
                Run::Text(text, Look { underline: look.underline || underline, ..look })
            }
            run => run,
        })),
        Block::Table(table) => {
            for cell in table.rows.into_iter().flat_map(|row| row.cells) {
                cell.blocks.into_iter().for_each(|block| flatten(block, underline, runs));
            }
        }
    }
}

/// Adds text, to the run before where it looks the same; page numbers become fields.
fn text(runs: &mut Vec<Run>, text: &str, look: Look) {
    for character in text.chars() {
        match character {
            PAGE => runs.push(Run::Field("PAGE", look.clone())),
            PAGES => runs.push(Run::Field("NUMPAGES", look.clone())),
            '\n' => runs.push(Run::Break),
            _ => match runs.last_mut() {
                Some(Run::Text(known, same)) if *same == look => known.push(character),
                _ => runs.push(Run::Text(character.to_string(), look.clone())),
            },
        }
    }
}

/// How text of this style looks.
pub(crate) fn look(styles: StyleChain<'_>) -> Look {
    let weight = i64::from(styles.get(TextElem::weight).to_number());
    let color = match styles.get_ref(TextElem::fill) {
        Paint::Solid(color) => color.to_hex().trim_start_matches('#').chars().take(6).collect(),
        _ => String::new(),
    };
    let first = styles.get_ref(TextElem::font).into_iter().next();
    Look {
        font: font(first.map_or("", |family| family.as_str())),
        size: styles.resolve(TextElem::size).to_pt(),
        bold: weight + styles.get(TextElem::delta).0 >= 600,
        italic: styles.get(TextElem::emph).0,
        underline: false,
        tracking: styles.resolve(TextElem::tracking).to_pt(),
        color: if color == "000000" { String::new() } else { color },
    }
}

/// The name by which Word and WPS know a font.
fn font(family: &str) -> &'static str {
    let family = family.to_lowercase();
    let starts = |names: &[&str]| names.iter().any(|name| family.starts_with(name));
    if starts(&["fangsong", "仿宋"]) {
        "仿宋_GB2312"
    } else if starts(&["fzxiaobiaosong", "方正小标宋"]) {
        "方正小标宋简体"
    } else if starts(&["kaiti", "楷体"]) {
        "楷体_GB2312"
    } else if starts(&["simhei", "noto sans", "黑体"]) {
        "黑体"
    } else {
        "宋体"
    }
}
