//! Lines between cells. An edge belongs to both cells beside it: what a cell says itself wins over any
//! style, a drawn line over none, and the later cell over the earlier one.

use std::sync::Arc;

use kurbo::{BezPath, Point};
use slides_ooxml::model::{Line, Table};
use slides_scene::{Op, Rgba};

use super::style::{self, Applied, Side};
use super::{Grid, origin_cell};
use crate::context::SlideContext;
use crate::fill::PaintFrame;

/// Rank of what a cell says itself.
const OWN: u8 = u8::MAX;

#[derive(Debug, Clone, PartialEq)]
struct Edge {
    rank: u8,
    line: Line,
    placeholder: Option<Rgba>,
}

/// Draws all borders and diagonals in the table's frame.
pub(super) fn draw<'p>(
    cx: &SlideContext<'_>,
    ops: &mut Vec<Op>,
    table: &Table,
    grid: &Grid,
    parts_at: &dyn Fn(usize, usize) -> &'p [Applied<'p>],
    frame: &PaintFrame<'_>,
) {
    let (rows, columns) = (grid.rows(), grid.columns());
    let edge = |slot: Option<(usize, usize)>, side: Side| -> Option<Edge> {
        let (row, column) = slot?;
        cell_edge(cx, table, grid, parts_at, row, column, side)
    };
    let covered = |a: Option<(usize, usize)>, b: Option<(usize, usize)>| match (a, b) {
        (Some((r1, c1)), Some((r2, c2))) => {
            let at = |r: usize, c: usize| grid.origins.get(r).and_then(|row| row.get(c));
            at(r1, c1) == at(r2, c2)
        }
        _ => false,
    };
    for y in 0..=rows {
        let mut run: Vec<Option<Edge>> = Vec::with_capacity(columns);
        for column in 0..columns {
            let above = y.checked_sub(1).map(|row| (row, column));
            let below = (y < rows).then_some((y, column));
            run.push(if covered(above, below) {
                None
            } else {
                stronger(edge(above, Side::Bottom), edge(below, Side::Top))
            });
        }
        let (at, _) = grid.span_y(y, y);
        segments(&run, |from, to, edge| {
            let (a, b) = (grid.span_x(from, from + 1), grid.span_x(to - 1, to));
            let (x0, x1) = (a.0.min(b.0), a.1.max(b.1));
            stroke(cx, ops, edge, Point::new(x0, at), Point::new(x1, at), frame);
        });
    }
    for x in 0..=columns {
        let mut run: Vec<Option<Edge>> = Vec::with_capacity(rows);
        for row in 0..rows {
            let before = x.checked_sub(1).map(|column| (row, column));
            let after = (x < columns).then_some((row, x));
            // In a table from right to left the next column lies to the left.
            let (side_before, side_after) = if grid.rtl {
                (Side::Left, Side::Right)
            } else {
                (Side::Right, Side::Left)
            };
            run.push(if covered(before, after) {
                None
            } else {
                stronger(edge(before, side_before), edge(after, side_after))
            });
        }
        let at = if grid.rtl {
            grid.span_x(x, x).1
        } else {
            grid.span_x(x, x).0
        };
        segments(&run, |from, to, edge| {
            let (y0, y1) = grid.span_y(from, to);
            stroke(cx, ops, edge, Point::new(at, y0), Point::new(at, y1), frame);
        });
    }
    diagonals(cx, ops, table, grid, frame);
}

/// Runs of equal edges, drawn in one stroke.
fn segments(run: &[Option<Edge>], mut draw: impl FnMut(usize, usize, &Edge)) {
    let mut from = 0;
    while from < run.len() {
        let Some(Some(edge)) = run.get(from) else {
            from += 1;
            continue;
        };
        let same = |e: &Option<Edge>| {
            e.as_ref()
                .is_some_and(|e| e.line == edge.line && e.placeholder == edge.placeholder)
        };
        let to = from + run.iter().skip(from).take_while(|e| same(e)).count();
        if crate::line::is_drawn(&edge.line) {
            draw(from, to, edge);
        }
        from = to;
    }
}

/// The edge of one cell: its own line over the style's.
fn cell_edge<'p>(
    cx: &SlideContext<'_>,
    table: &Table,
    grid: &Grid,
    parts_at: &dyn Fn(usize, usize) -> &'p [Applied<'p>],
    row: usize,
    column: usize,
    side: Side,
) -> Option<Edge> {
    let origin = grid.origins.get(row)?.get(column).copied()?;
    let own = |(row, column): (usize, usize)| {
        let borders = &table.rows.get(row)?.cells.get(column)?.borders;
        match side {
            Side::Left => borders.left.as_ref(),
            Side::Right => borders.right.as_ref(),
            Side::Top => borders.top.as_ref(),
            Side::Bottom => borders.bottom.as_ref(),
        }
    };
    // Of merged cells the one at the edge may say more than the origin.
    let own = own(origin)
        .filter(|line| line.fill.is_some())
        .or_else(|| own((row, column)));
    let styled = style::border(cx, parts_at(row, column), side);
    match (own, styled) {
        (Some(line), styled) => {
            let line = match styled {
                Some((_, base, _)) if line.fill.is_none() => crate::line::merge(line, &base),
                _ => line.clone(),
            };
            Some(Edge {
                rank: OWN,
                line,
                placeholder: None,
            })
        }
        (None, Some((rank, line, placeholder))) => Some(Edge {
            rank,
            line,
            placeholder,
        }),
        (None, None) => None,
    }
}

fn stronger(earlier: Option<Edge>, later: Option<Edge>) -> Option<Edge> {
    match (earlier, later) {
        (Some(a), Some(b)) => {
            let key = |e: &Edge| (e.rank, crate::line::is_drawn(&e.line));
            Some(if key(&a) > key(&b) { a } else { b })
        }
        (a, b) => a.or(b),
    }
}

fn stroke(
    cx: &SlideContext<'_>,
    ops: &mut Vec<Op>,
    edge: &Edge,
    from: Point,
    to: Point,
    frame: &PaintFrame<'_>,
) {
    let frame = PaintFrame {
        bounds: kurbo::Rect::from_points(from, to),
        placeholder: edge.placeholder,
        ..*frame
    };
    let Some((mut style, paint)) = crate::line::stroke(cx, &edge.line, &frame) else {
        return;
    };
    style.cap = kurbo::Cap::Butt;
    // Corners close because every segment reaches half its width beyond them.
    let direction = to - from;
    let reach = if direction.hypot() > 0.0 {
        direction.normalize() * (style.width / 2.0)
    } else {
        return;
    };
    let mut path = BezPath::new();
    path.move_to(from - reach);
    path.line_to(to + reach);
    crate::line::draw(
        ops,
        &Arc::new(path),
        &Line {
            head: None,
            tail: None,
            ..edge.line.clone()
        },
        &style,
        &paint,
    );
}

fn diagonals(
    cx: &SlideContext<'_>,
    ops: &mut Vec<Op>,
    table: &Table,
    grid: &Grid,
    frame: &PaintFrame<'_>,
) {
    for row in 0..grid.rows() {
        for column in 0..grid.columns() {
            let Some(cell) = origin_cell(table, grid, row, column) else {
                continue;
            };
            let (x0, x1) = grid.span_x(
                column,
                column
                    .saturating_add(cell.grid_span.max(1) as usize)
                    .min(grid.columns()),
            );
            let (y0, y1) = grid.span_y(
                row,
                row.saturating_add(cell.row_span.max(1) as usize)
                    .min(grid.rows()),
            );
            for (line, from, to) in [
                (
                    &cell.borders.diagonal_down,
                    Point::new(x0, y0),
                    Point::new(x1, y1),
                ),
                (
                    &cell.borders.diagonal_up,
                    Point::new(x0, y1),
                    Point::new(x1, y0),
                ),
            ] {
                let Some(line) = line else { continue };
                let frame = PaintFrame {
                    bounds: kurbo::Rect::from_points(from, to),
                    ..*frame
                };
                if let Some((style, paint)) = crate::line::stroke(cx, line, &frame) {
                    let mut path = BezPath::new();
                    path.move_to(from);
                    path.line_to(to);
                    crate::line::draw(ops, &Arc::new(path), line, &style, &paint);
                }
            }
        }
    }
}
