//! What a Word file is made of: paragraphs and tables, measured in points.

/// A stretch of pages of one size with one foot.
#[derive(Debug, Default)]
pub(crate) struct Section {
    pub(crate) page: Page,
    pub(crate) header: Vec<Block>,
    pub(crate) footer: Vec<Block>,
    pub(crate) blocks: Vec<Block>,
}

/// Size and margins of a page.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Page {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
    pub(crate) left: f64,
    /// From the edge of the paper to the foot's lower edge.
    pub(crate) foot: f64,
}

#[derive(Debug)]
pub(crate) enum Block {
    Par(Par),
    Table(Table),
}

impl Block {
    /// The room above it, which whoever holds it decides.
    pub(crate) fn before(&mut self) -> &mut f64 {
        match self {
            Block::Par(par) => &mut par.before,
            Block::Table(table) => &mut table.before,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Side {
    #[default]
    Start,
    Center,
    End,
    Justify,
}

#[derive(Debug, Default)]
pub(crate) struct Par {
    pub(crate) runs: Vec<Run>,
    pub(crate) side: Side,
    /// Indent of the first line, and how many characters that is.
    pub(crate) first: f64,
    pub(crate) first_chars: f64,
    pub(crate) left: f64,
    pub(crate) right: f64,
    /// What of the pitch is room between lines.
    pub(crate) leading: f64,
    /// From one line to the next.
    pub(crate) pitch: f64,
    pub(crate) before: f64,
    pub(crate) keep_next: bool,
    pub(crate) break_before: bool,
    /// A rule below it; whether it is dashed.
    pub(crate) ruled: Option<bool>,
    /// The room it stands in: where its right tab stops.
    pub(crate) width: f64,
}

impl Par {
    /// How wide it would be in one line.
    pub(crate) fn natural(&self) -> f64 {
        let mut widest = 0.0_f64;
        let mut line = self.left + self.first;
        for run in &self.runs {
            match run {
                Run::Text(text, look) => line += text_width(text, look.size),
                Run::Picture { width, .. } => line += width,
                Run::Field(_, look) => line += look.size,
                Run::Break => {
                    widest = widest.max(line);
                    line = self.left;
                }
                Run::Tab(_) => {}
            }
        }
        widest.max(line)
    }

    /// How high it is at this width.
    pub(crate) fn height(&self, width: f64) -> f64 {
        let pictures = self.runs.iter().map(|run| match run {
            Run::Picture { height, .. } => *height,
            _ => 0.0,
        });
        let lines = (self.natural() / width.max(1.0)).ceil().max(1.0);
        let breaks = self.runs.iter().filter(|run| matches!(run, Run::Break)).count() as f64;
        self.before + (lines + breaks) * self.pitch + pictures.fold(0.0, f64::max)
    }
}

/// Chinese characters are square, others about half as wide.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 0.52 } else { 1.0 }).sum::<f64>() * size
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Look {
    pub(crate) font: &'static str,
    pub(crate) size: f64,
    pub(crate) bold: bool,
    pub(crate) italic: bool,
    pub(crate) underline: bool,
    /// Room between characters.
    pub(crate) tracking: f64,
    /// Six hexadecimal digits; empty: black.
    pub(crate) color: String,
}

#[derive(Debug)]
pub(crate) enum Run {
    Text(String, Look),
    /// To the next tab stop; underlined where it is a line to write on.
    Tab(Look),
    Break,
    /// A picture by its place among the file's pictures.
    Picture {
        at: usize,
        width: f64,
        height: f64,
        says: String,
    },
    /// What Word counts: `PAGE` or `NUMPAGES`.
    Field(&'static str, Look),
}

#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) before: f64,
    pub(crate) left: f64,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug, Default)]
pub(crate) struct Row {
    /// At least so high.
    pub(crate) height: f64,
    /// Repeated on every page.
    pub(crate) header: bool,
    pub(crate) whole: bool,
    pub(crate) cells: Vec<Cell>,
}

/// Merged downwards?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Merge {
    #[default]
    None,
    First,
    Rest,
}

#[derive(Debug, Default)]
pub(crate) struct Cell {
    /// Its left and right edge, from the table's left edge.
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) merge: Merge,
    /// Thickness of its borders: top, right, bottom, left; 0: none.
    pub(crate) border: [f64; 4],
    /// Room between border and content, in the same order.
    pub(crate) inset: [f64; 4],
    pub(crate) middle: Side,
    pub(crate) blocks: Vec<Block>,
}
