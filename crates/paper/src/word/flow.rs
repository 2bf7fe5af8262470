//! Walks what stands one below the other: paragraphs, blocks, tables, room between them.

use typst::diag::SourceResult;
use typst::engine::Engine;
use typst::foundations::{Content, Packed, Resolve, Smart, StyleChain};
use typst::introspection::{SplitLocator, TagElem};
use typst::layout::{
    Abs, AlignElem, BlockBody, BlockElem, BoxElem, FixedAlignment, GridElem, LayoutElem, Length,
    MoveElem, PadElem, PlaceElem, Ratio, Rel, Sizing, Spacing, StackChild, StackElem, VElem,
};
use typst::model::{ParElem, TableElem};
use typst::routines::{Arenas, FragmentKind, Pair, RealizationKind};
use typst::text::{SpaceElem, TextElem};
use typst::visualize::{ImageElem, LineElem};

use super::grid;
use super::model::{Block, Cell, Par, Row, Run, Side, Table};

/// A block of a fixed height from here on keeps it, in a row of its own.
const TALL: f64 = 40.0;

/// A picture of the file.
pub(crate) struct Picture {
    pub(crate) bytes: Vec<u8>,
    pub(crate) extension: &'static str,
}

/// What a container became.
#[derive(Default)]
pub(crate) struct Flow {
    pub(crate) blocks: Vec<Block>,
    /// At least so high, because something in it says so.
    pub(crate) tall: f64,
}

/// The walk through one paper.
pub(crate) struct Walk<'e, 'w> {
    pub(crate) engine: &'e mut Engine<'w>,
    locator: SplitLocator<'e>,
    pub(crate) pictures: Vec<Picture>,
    pub(crate) in_cell: usize,
}

/// Room between two blocks, as typst collapses it: what is strong adds up; of what is weak the more
/// decided one counts, or the larger.
#[derive(Default)]
struct Gap {
    strong: f64,
    weak: Option<(u8, f64)>,
}

impl Gap {
    fn weak(&mut self, level: u8, amount: f64) {
        self.weak = Some(match self.weak {
            Some((known, kept)) if known < level => (known, kept),
            Some((known, kept)) if known == level => (known, kept.max(amount)),
            _ => (level, amount),
        });
    }

    /// A line is as high as text and leading, so before one only what is more than that stands.
    fn take(&mut self, first: bool, leading: f64) -> f64 {
        let Gap { strong, weak } = std::mem::take(self);
        let weak = weak.map_or(0.0, |(_, amount)| amount);
        strong + if first { 0.0 } else { (weak - leading).max(0.0) }
    }
}

impl<'e, 'w> Walk<'e, 'w> {
    pub(crate) fn new(engine: &'e mut Engine<'w>, locator: SplitLocator<'e>) -> Self {
        Walk { engine, locator, pictures: Vec::new(), in_cell: 0 }
    }

    /// Realises what a container holds.
    pub(crate) fn realize<'a>(
        &mut self,
        kind: RealizationKind<'_>,
        arenas: &'a Arenas,
        content: &'a Content,
        styles: StyleChain<'a>,
    ) -> SourceResult<Vec<Pair<'a>>> {
        let realize = self.engine.library.routines.realize;
        realize(kind, self.engine, &mut self.locator, arenas, content, styles)
    }

    /// A container's content, `width` wide.
    pub(crate) fn fragment(
        &mut self,
        content: &Content,
        styles: StyleChain<'_>,
        width: f64,
    ) -> SourceResult<Flow> {
        self.container(content, styles, width, None)
    }

    fn container(
        &mut self,
        content: &Content,
        styles: StyleChain<'_>,
        width: f64,
        height: Option<f64>,
    ) -> SourceResult<Flow> {
        let arenas = Arenas::default();
        let mut kind = FragmentKind::Block;
        let asked = RealizationKind::Fragment { kind: &mut kind };
        let children = self.realize(asked, &arenas, content, styles)?;
        if kind == FragmentKind::Inline {
            return self.paragraph(&children, styles, width, None);
        }
        self.flow(&children, styles, width, height)
    }

    /// Elements one below the other; `height` is that of what holds them, where it is fixed.
    pub(crate) fn flow(
        &mut self,
        children: &[Pair<'_>],
        _styles: StyleChain<'_>,
        width: f64,
        height: Option<f64>,
    ) -> SourceResult<Flow> {
        let mut out = Flow::default();
        let mut gap = Gap::default();
        let (mut middle, mut bottom) = (Vec::new(), Vec::new());
        for &(child, styles) in children {
            if child.is::<TagElem>() {
            } else if let Some(elem) = child.to_packed::<VElem>() {
                if let Spacing::Rel(rel) = elem.amount {
                    let amount = points(rel, styles, height.unwrap_or(0.0));
                    if elem.weak.get(styles) {
                        gap.weak(1, amount);
                    } else {
                        gap.strong += amount;
                    }
                }
            } else if let Some(elem) = child.to_packed::<ParElem>() {
                let spacing = elem.spacing.resolve(styles).to_pt();
                gap.weak(4, spacing);
                let arenas = Arenas::default();
                let inner = self.realize(RealizationKind::Par, &arenas, &elem.body, styles)?;
                let flow = self.paragraph(&inner, styles, width, Some(indent(elem, styles)))?;
                out.add(flow, &mut gap);
                gap.weak(4, spacing);
            } else if let Some(elem) = child.to_packed::<BlockElem>() {
                let usual = styles.resolve(ParElem::spacing).to_pt();
                let room = |asked: Smart<Spacing>| match asked {
                    Smart::Custom(Spacing::Rel(rel)) => (3, points(rel, styles, 0.0)),
                    _ => (4, usual),
                };
                let (level, amount) = room(elem.above.get(styles));
                gap.weak(level, amount);
                let flow = self.block(elem, styles, width)?;
                out.add(flow, &mut gap);
                let (level, amount) = room(elem.below.get(styles));
                gap.weak(level, amount);
            } else if let Some(elem) = child.to_packed::<PlaceElem>() {
                let alignment = elem.alignment.get(styles);
                let body = match alignment {
                    Smart::Custom(alignment) => elem.body.clone().aligned(alignment),
                    Smart::Auto => elem.body.clone(),
                };
                let flow = self.container(&body, styles, width, None)?;
                let y = alignment.custom().and_then(|a| a.y()).map(|y| y.resolve(styles));
                match y {
                    Some(FixedAlignment::Center) => middle.push(flow),
                    Some(FixedAlignment::End) => bottom.push(flow),
                    _ => out.add(flow, &mut gap),
                }
            } else {
                let usual = styles.resolve(ParElem::spacing).to_pt();
                let around = match child.is::<TableElem>() {
                    // What `set block(spacing: …)` says counts for tables.
                    true => match styles.get(BlockElem::above) {
                        Smart::Custom(Spacing::Rel(rel)) => points(rel, styles, 0.0),
                        _ => usual,
                    },
                    false => usual,
                };
                gap.weak(4, around);
                let flow = self.other(child, styles, width)?;
                out.add(flow, &mut gap);
                gap.weak(4, around);
            }
        }
        let lost = gap.strong;
        if out.blocks.is_empty() {
            out.tall = out.tall.max(lost);
        }
        out.tall = out.tall.max(height.unwrap_or(0.0));
        out.place(middle, width, height, 0.5);
        out.place(bottom, width, height, 1.0);
        Ok(out)
    }

    /// What is neither paragraph nor block.
    fn other(&mut self, child: &Content, styles: StyleChain<'_>, width: f64) -> SourceResult<Flow> {
        if let Some(elem) = child.to_packed::<TableElem>() {
            let cells = typst::layout::grid::resolve::table_to_cellgrid(elem, self.engine, styles)?;
            return grid::grid(self, &cells, styles, width);
        }
        if let Some(elem) = child.to_packed::<GridElem>() {
            let cells = typst::layout::grid::resolve::grid_to_cellgrid(elem, self.engine, styles)?;
            return grid::grid(self, &cells, styles, width);
        }
        if let Some(elem) = child.to_packed::<ImageElem>() {
            let run = self.picture(elem, styles, width);
            let par = Par { runs: vec![run], pitch: 0.0, ..par(styles, width) };
            return Ok(Flow { blocks: vec![Block::Par(par)], tall: 0.0 });
        }
        if let Some(elem) = child.to_packed::<LineElem>() {
            let stroke = elem.stroke.resolve(styles);
            let dashed = stroke.dash.custom().flatten().is_some();
            let par = Par { ruled: Some(dashed), pitch: 6.0, ..par(styles, width) };
            return Ok(Flow { blocks: vec![Block::Par(par)], tall: 0.0 });
        }
        if let Some(elem) = child.to_packed::<StackElem>() {
            let mut out = Flow::default();
            let mut gap = Gap::default();
            let between = elem.spacing.get(styles);
            for child in &elem.children {
                let room = |spacing: Spacing| match spacing {
                    Spacing::Rel(rel) => points(rel, styles, 0.0),
                    Spacing::Fr(_) => 0.0,
                };
                match child {
                    StackChild::Spacing(spacing) => gap.strong += room(*spacing),
                    StackChild::Block(content) => {
                        if let (Some(between), false) = (between, out.blocks.is_empty()) {
                            gap.weak(1, room(between));
                        }
                        let flow = self.container(content, styles, width, None)?;
                        out.add(flow, &mut gap);
                    }
                }
            }
            return Ok(out);
        }
        if let Some(elem) = child.to_packed::<PadElem>() {
            let left = points(elem.left.get(styles), styles, width);
            let right = points(elem.right.get(styles), styles, width);
            let mut flow = self.container(&elem.body, styles, width - left - right, None)?;
            flow.indent(left);
            return Ok(flow);
        }
        if let Some(elem) = child.to_packed::<MoveElem>() {
            return self.container(&elem.body, styles, width, None);
        }
        if child.is::<LayoutElem>() {
            typst::diag::bail!(child.span(), "layout() cannot become a Word file");
        }
        // A shape: what it holds counts, not how it looks.
        Ok(Flow::default())
    }

    /// A block: its borders and its height are those of a table of one cell.
    fn block(
        &mut self,
        elem: &Packed<BlockElem>,
        styles: StyleChain<'_>,
        width: f64,
    ) -> SourceResult<Flow> {
        let Some(BlockBody::Content(body)) = elem.body.get_ref(styles) else {
            return Ok(Flow::default());
        };
        let height = match elem.height.get(styles) {
            Sizing::Rel(rel) => Some(points(rel, styles, 0.0)).filter(|height| *height > 0.0),
            _ => None,
        };
        let inset = elem.inset.get(styles).map(Option::unwrap_or_default);
        let inset = inset.map(|side| points(side, styles, width));
        let stroke = elem.stroke.resolve(styles).map(|side| side.flatten());
        let thick = |stroke: &Option<typst::visualize::Stroke<Abs>>| {
            stroke.as_ref().map_or(0.0, |stroke| stroke.thickness.unwrap_or(Abs::pt(1.0)).to_pt())
        };
        let border =
            [thick(&stroke.top), thick(&stroke.right), thick(&stroke.bottom), thick(&stroke.left)];
        let framed = border.iter().any(|side| *side > 0.0);
        let wide = match elem.width.get(styles) {
            Smart::Custom(rel) => points(rel, styles, width).min(width),
            Smart::Auto => width,
        };
        let own_row = framed || (self.in_cell == 0 && height.is_some_and(|high| high >= TALL));
        let inner = wide - inset.left - inset.right;
        self.in_cell += usize::from(own_row);
        let flow = self.container(body, styles, inner, height);
        self.in_cell -= usize::from(own_row);
        let mut flow = flow?;
        let whole = !elem.breakable.get(styles);
        if own_row {
            let cell = Cell {
                to: wide,
                border,
                inset: [inset.top, inset.right, inset.bottom, inset.left],
                blocks: flow.blocks,
                ..Cell::default()
            };
            let row = Row { height: flow.tall, whole, cells: vec![cell], header: false };
            let table = Table { rows: vec![row], ..Table::default() };
            return Ok(Flow { blocks: vec![Block::Table(table)], tall: 0.0 });
        }
        let sticky = elem.sticky.get(styles);
        let last = flow.blocks.len().saturating_sub(1);
        for (at, block) in flow.blocks.iter_mut().enumerate() {
            match block {
                Block::Par(par) => par.keep_next |= sticky || (whole && at < last),
                Block::Table(table) => {
                    let rows = table.rows.len().saturating_sub(1);
                    for (nth, row) in table.rows.iter_mut().enumerate() {
                        row.whole |= whole;
                        let kept = sticky || (whole && (at < last || nth < rows));
                        for block in row.cells.iter_mut().flat_map(|cell| &mut cell.blocks) {
                            if let Block::Par(par) = block {
                                par.keep_next |= kept;
                            }
                        }
                    }
                }
            }
        }
        Ok(flow)
    }

    /// A paragraph; where it is nothing but one box of blocks, those blocks.
    pub(crate) fn paragraph(
        &mut self,
        children: &[Pair<'_>],
        styles: StyleChain<'_>,
        width: f64,
        indent: Option<f64>,
    ) -> SourceResult<Flow> {
        let solid = |child: &Content| !child.is::<TagElem>() && !child.is::<SpaceElem>();
        let shown: Vec<&Pair<'_>> = children.iter().filter(|(child, _)| solid(child)).collect();
        if let [(only, styles)] = shown[..]
            && let Some(elem) = only.to_packed::<BoxElem>()
            && let Some(flow) = self.lone_box(elem, *styles, width)?
        {
            return Ok(flow);
        }
        let own = shown.first().map_or(styles, |(_, styles)| *styles);
        let mut made = par(own, width);
        let mut tall = 0.0;
        self.inline(children, width, false, &mut made.runs, &mut tall)?;
        if made.runs.is_empty() {
            return Ok(Flow { blocks: Vec::new(), tall });
        }
        let size = own.resolve(TextElem::size).to_pt();
        let pictured = made.runs.iter().any(|run| matches!(run, Run::Picture { .. }));
        let largest = made.runs.iter().map(Run::size).fold(0.0, f64::max);
        let leading = own.resolve(ParElem::leading).to_pt();
        made.leading = if pictured { 0.0 } else { leading };
        if made.side == Side::End {
            made.right = set_in(&mut made.runs);
        }
        made.pitch = if pictured { 0.0 } else { largest.max(size * 0.5) + leading };
        if let Some(first) = indent
            && !matches!(made.side, Side::Center | Side::End)
        {
            made.first = first;
            made.first_chars = first / size;
        }
        Ok(Flow { blocks: vec![Block::Par(made)], tall })
    }

    /// A box that stands alone and holds more than a line of text.
    fn lone_box(
        &mut self,
        elem: &Packed<BoxElem>,
        styles: StyleChain<'_>,
        width: f64,
    ) -> SourceResult<Option<Flow>> {
        let wide = match elem.width.get(styles) {
            Sizing::Rel(rel) => points(rel, styles, width),
            _ => width,
        };
        let height = match elem.height.get(styles) {
            Smart::Custom(rel) => Some(points(rel, styles, 0.0)),
            Smart::Auto => None,
        };
        let Some(body) = elem.body.get_ref(styles) else {
            let drawn = elem.stroke.resolve(styles).bottom.flatten().is_some();
            let tall = height.unwrap_or(0.0);
            return Ok((!drawn).then(|| Flow { blocks: Vec::new(), tall }));
        };
        let arenas = Arenas::default();
        let mut kind = FragmentKind::Block;
        let asked = RealizationKind::Fragment { kind: &mut kind };
        let children = self.realize(asked, &arenas, body, styles)?;
        if kind == FragmentKind::Inline {
            return Ok(None);
        }
        if elem.stroke.resolve(styles).bottom.flatten().is_some() {
            return Ok(None);
        }
        self.flow(&children, styles, wide, height).map(Some)
    }
}

impl Flow {
    fn add(&mut self, mut flow: Flow, gap: &mut Gap) {
        self.tall = self.tall.max(flow.tall);
        if let Some(first) = flow.blocks.first_mut() {
            let leading = match first {
                Block::Par(par) => par.leading,
                Block::Table(_) => 0.0,
            };
            *first.before() += gap.take(self.blocks.is_empty(), leading);
            self.blocks.append(&mut flow.blocks);
        }
    }

    /// What stands at a fixed place of something that has a height.
    fn place(&mut self, flows: Vec<Flow>, width: f64, height: Option<f64>, part: f64) {
        for mut flow in flows {
            let used = high(&self.blocks, width);
            let own = high(&flow.blocks, width);
            if let (Some(first), Some(height)) = (flow.blocks.first_mut(), height) {
                *first.before() = ((height - own) * part - used).max(0.0);
            }
            self.tall = self.tall.max(flow.tall);
            self.blocks.append(&mut flow.blocks);
        }
    }

    pub(crate) fn indent(&mut self, left: f64) {
        for block in &mut self.blocks {
            match block {
                Block::Par(par) => par.left += left,
                Block::Table(table) => table.left += left,
            }
        }
    }
}

/// About how high blocks are.
pub(crate) fn high(blocks: &[Block], width: f64) -> f64 {
    let one = |block: &Block| match block {
        Block::Par(par) => par.height(width),
        Block::Table(table) => {
            let row = |row: &Row| {
                let cells = row.cells.iter();
                cells.map(|cell| high(&cell.blocks, cell.to - cell.from)).fold(row.height, f64::max)
            };
            table.before + table.rows.iter().map(row).sum::<f64>()
        }
    };
    blocks.iter().map(one).sum()
}

/// What stands at the right is set in by an indent: Word lets room at the end of a line hang over.
fn set_in(runs: &mut [Run]) -> f64 {
    let mut room = 0.0_f64;
    for at in 0..runs.len() {
        let last = matches!(runs.get(at + 1), None | Some(Run::Break));
        if let (true, Run::Text(text, look)) = (last, &mut runs[at])
            && !look.underline
        {
            let kept = text.trim_end_matches('\u{3000}').chars().count();
            room = room.max((text.chars().count() - kept) as f64 * look.size);
            *text = text.chars().take(kept).collect();
        }
    }
    room
}

/// A paragraph of this style without text.
pub(crate) fn par(styles: StyleChain<'_>, width: f64) -> Par {
    let side = match styles.resolve(AlignElem::alignment).x {
        FixedAlignment::Center => Side::Center,
        FixedAlignment::End => Side::End,
        FixedAlignment::Start if styles.get(ParElem::justify) => Side::Justify,
        FixedAlignment::Start => Side::Start,
    };
    Par { side, width, ..Par::default() }
}

/// Indent of a paragraph's first line.
fn indent(elem: &Packed<ParElem>, styles: StyleChain<'_>) -> f64 {
    use typst::foundations::{Dict, IntoValue, Value};
    let Value::Dict(asked) = elem.first_line_indent.get(styles).into_value() else {
        return 0.0;
    };
    let asked: Dict = asked;
    match asked.get("amount") {
        Ok(Value::Length(length)) => length.resolve(styles).to_pt(),
        _ => 0.0,
    }
}

/// A length in points; its share is of `whole`.
pub(crate) fn points(rel: Rel<Length>, styles: StyleChain<'_>, whole: f64) -> f64 {
    let Rel { abs, rel } = rel;
    let share: Ratio = rel;
    abs.resolve(styles).to_pt() + share.get() * whole
}
