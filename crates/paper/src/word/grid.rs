//! Tables and grids: columns get their widths, cells their content, borders and merges.

use typst::diag::SourceResult;
use typst::foundations::{Content, Smart, StyleChain};
use typst::layout::grid::resolve::{Cell as Laid, CellGrid, Entry};
use typst::layout::{Abs, Alignment, GridCell, Length, Rel, Sides, Sizing, VAlignment};
use typst::model::TableCell;
use typst::visualize::Stroke;

use super::flow::{Flow, Walk, points};
use super::model::{Block, Cell, Merge, Row, Side, Table};

/// A column that is no wider holds nothing.
const NO_WIDTH: f64 = 0.5;

/// A table, `width` being the room there is.
pub(crate) fn grid(
    walk: &mut Walk<'_, '_>,
    grid: &CellGrid,
    styles: StyleChain<'_>,
    width: f64,
) -> SourceResult<Flow> {
    let widths = widths(walk, grid, styles, width)?;
    let mut edges = vec![0.0];
    for wide in &widths {
        edges.push(edges.last().copied().unwrap_or(0.0) + wide);
    }
    let content_columns =
        if grid.has_gutter { grid.cols.len().div_ceil(2) } else { grid.cols.len() };
    let step = if grid.has_gutter { 2 } else { 1 };
    let mut rows = Vec::new();
    for (y, sizing) in grid.rows.iter().enumerate() {
        let mut row = Row {
            height: match sizing {
                Sizing::Rel(rel) => points(*rel, styles, 0.0),
                _ => 0.0,
            },
            header: grid.headers.iter().any(|header| header.repeated && header.range.contains(&y)),
            whole: true,
            cells: Vec::new(),
        };
        for x in 0..grid.cols.len() {
            let Some(entry) = grid.entry(x, y) else { continue };
            let (laid, from, merge) = match entry {
                Entry::Cell(cell) if cell.rowspan.get() > 1 => (cell, x, Merge::First),
                Entry::Cell(cell) => (cell, x, Merge::None),
                Entry::Merged { parent } => {
                    let (px, py) =
                        (parent % content_columns * step, parent / content_columns * step);
                    let above = grid.entries.get(*parent).and_then(Entry::as_cell);
                    match above {
                        Some(cell) if py < y && px == x => (cell, px, Merge::Rest),
                        _ => continue,
                    }
                }
            };
            let span = laid.colspan.get() * step - (step - 1);
            let to = (from + span).min(edges.len() - 1);
            let (cell, tall, whole) = cell(walk, laid, (edges[from], edges[to]), merge, styles)?;
            if merge == Merge::None {
                row.height = row.height.max(tall);
            }
            row.whole &= whole;
            if edges[to] - edges[from] > NO_WIDTH {
                row.cells.push(cell);
            }
        }
        rows.push(row);
    }
    let plain = |cell: &Cell| cell.border.iter().all(|side| *side == 0.0);
    if let [row] = &mut rows[..]
        && let [only] = &mut row.cells[..]
        && plain(only)
    {
        // One cell without borders is only what it holds.
        let mut flow = Flow { blocks: std::mem::take(&mut only.blocks), tall: row.height };
        flow.indent(only.from);
        return Ok(flow);
    }
    if walk.in_cell == 0 && rows.iter().all(|row| row.cells.iter().all(plain)) {
        // What is laid out beside each other stays together.
        rows.iter_mut().for_each(|row| row.whole &= row.cells.len() > 1);
    }
    let table = Table { rows, ..Table::default() };
    Ok(Flow { blocks: vec![Block::Table(table)], tall: 0.0 })
}

/// A cell with its content; how high it must be at least; whether it may not be broken.
fn cell(
    walk: &mut Walk<'_, '_>,
    laid: &Laid,
    (from, to): (f64, f64),
    merge: Merge,
    styles: StyleChain<'_>,
) -> SourceResult<(Cell, f64, bool)> {
    let (body, inset, align) = parts(&laid.body, styles);
    let body = match align {
        Smart::Custom(alignment) => body.aligned(alignment),
        Smart::Auto => body,
    };
    let around = inset.unwrap_or_default().map(Option::unwrap_or_default);
    let inset = around.map(|side| points(side, styles, to - from));
    let inner = to - from - inset.left - inset.right;
    let flow = match merge {
        Merge::Rest => Flow::default(),
        _ => {
            walk.in_cell += 1;
            let flow = walk.fragment(&body, styles, inner.max(0.0));
            walk.in_cell -= 1;
            flow?
        }
    };
    // typst leaves room between lines, Word above and below each: a cell's own room makes up for it.
    let leading = |block: Option<&Block>| match block {
        Some(Block::Par(par)) => par.leading / 2.0,
        _ => 0.0,
    };
    let above = (inset.top - leading(flow.blocks.first())).max(0.0);
    let below = (inset.bottom - leading(flow.blocks.last())).max(0.0);
    let tall = if flow.tall > 0.0 { flow.tall + inset.top + inset.bottom } else { 0.0 };
    let thick = |side: &Option<std::sync::Arc<Stroke<Abs>>>| {
        side.as_ref().map_or(0.0, |stroke| stroke.thickness.unwrap_or(Abs::pt(1.0)).to_pt())
    };
    let stroke = &laid.stroke;
    let middle = match align.custom().and_then(Alignment::y) {
        Some(VAlignment::Horizon) => Side::Center,
        Some(VAlignment::Bottom) => Side::End,
        _ => Side::Start,
    };
    let cell = Cell {
        from,
        to,
        merge,
        border: [
            thick(&stroke.top),
            thick(&stroke.right),
            thick(&stroke.bottom),
            thick(&stroke.left),
        ],
        inset: [above, inset.right, below, inset.left],
        middle,
        blocks: flow.blocks,
    };
    Ok((cell, tall, !laid.breakable))
}

type Inset = Smart<Sides<Option<Rel<Length>>>>;

fn parts(content: &Content, styles: StyleChain<'_>) -> (Content, Inset, Smart<Alignment>) {
    if let Some(cell) = content.to_packed::<TableCell>() {
        return (cell.body.clone(), cell.inset.get(styles), cell.align.get(styles));
    }
    if let Some(cell) = content.to_packed::<GridCell>() {
        return (cell.body.clone(), cell.inset.get(styles), cell.align.get(styles));
    }
    (content.clone(), Smart::Auto, Smart::Auto)
}

/// Widths as typst gives them: lengths first, then what fits its content, then shares of the rest.
fn widths(
    walk: &mut Walk<'_, '_>,
    grid: &CellGrid,
    styles: StyleChain<'_>,
    width: f64,
) -> SourceResult<Vec<f64>> {
    let mut widths = vec![0.0; grid.cols.len()];
    let mut shares = 0.0;
    for (x, sizing) in grid.cols.iter().enumerate() {
        match sizing {
            Sizing::Rel(rel) => widths[x] = points(*rel, styles, width),
            Sizing::Fr(fr) => shares += fr.get(),
            Sizing::Auto => {
                for y in 0..grid.rows.len() {
                    let Some(Entry::Cell(laid)) = grid.entry(x, y) else { continue };
                    if laid.colspan.get() > 1 {
                        continue;
                    }
                    let (made, ..) = cell(walk, laid, (0.0, width), Merge::None, styles)?;
                    let natural = natural(&made.blocks) + made.inset[1] + made.inset[3];
                    widths[x] = f64::max(widths[x], natural + 1.0);
                }
            }
        }
    }
    let fixed: f64 = widths.iter().sum();
    let rest = width - fixed;
    let fit: f64 = (0..widths.len())
        .filter(|x| matches!(grid.cols[*x], Sizing::Auto))
        .map(|x| widths[x])
        .sum();
    for (x, sizing) in grid.cols.iter().enumerate() {
        match sizing {
            Sizing::Fr(fr) => widths[x] = (rest.max(0.0)) * fr.get() / f64::max(shares, 1e-6),
            Sizing::Auto if rest < 0.0 => widths[x] *= ((fit + rest) / fit).max(0.1),
            _ => {}
        }
    }
    Ok(widths)
}

fn natural(blocks: &[Block]) -> f64 {
    let one = |block: &Block| match block {
        Block::Par(par) => par.natural(),
        Block::Table(table) => {
            let cells = table.rows.iter().flat_map(|row| &row.cells);
            cells.map(|cell| cell.to).fold(0.0, f64::max)
        }
    };
    blocks.iter().map(one).fold(0.0, f64::max)
}
