//! Tables (ECMA-376 part 1, 21.1.3): rows grow with their text, borders are shared by neighbours, the
//! look comes from the cell, then from the parts of the table's style.

mod border;
mod builtin;
mod style;

use std::borrow::Cow;
use std::sync::Arc;

use kurbo::{Affine, Rect, Shape as _};
use slides_ooxml::model::{Fill, Table, TableCell, TableStyle, VerticalText};
use slides_scene::{FillRule, Heads, Op, Tag};

use self::style::Applied;
use crate::context::SlideContext;
use crate::fill::PaintFrame;
use crate::points;
use crate::shape::{Canvas, Scope, has_text, paint_frame, place_links};
use crate::text::{self, TextCascade, TextFrame};
use crate::transform::Placed;

/// Most rows and columns that are laid out.
const MAX_ROWS: usize = 2_000;
const MAX_COLUMNS: usize = 500;
/// Tallest row and widest column in points.
const MAX_SIDE: f64 = 100_000.0;

/// Where cells lie.
pub(super) struct Grid {
    /// Left edges of the columns in reading order, and the right edge of the last.
    pub xs: Vec<f64>,
    /// Top edges of the rows and the bottom edge of the last.
    pub ys: Vec<f64>,
    /// Cells by row and column: the origin's row and column of what covers the slot.
    pub origins: Vec<Vec<(usize, usize)>>,
    /// Columns run from the right.
    pub rtl: bool,
}

impl Grid {
    fn rows(&self) -> usize {
        self.origins.len()
    }

    fn columns(&self) -> usize {
        self.xs.len().saturating_sub(1)
    }

    /// Horizontal extent of columns `from..to` as drawn.
    pub(crate) fn span_x(&self, from: usize, to: usize) -> (f64, f64) {
        let at = |i: usize| {
            self.xs
                .get(i)
                .or(self.xs.last())
                .copied()
                .unwrap_or_default()
        };
        let width = self.xs.last().copied().unwrap_or_default();
        let (left, right) = (at(from), at(to));
        if self.rtl {
            (width - right, width - left)
        } else {
            (left, right)
        }
    }

    /// Vertical extent of rows `from..to`.
    pub(crate) fn span_y(&self, from: usize, to: usize) -> (f64, f64) {
        let at = |i: usize| {
            self.ys
                .get(i)
                .or(self.ys.last())
                .copied()
                .unwrap_or_default()
        };
        (at(from), at(to))
    }
}

/// Draws a table from the top left corner of its frame.
pub(crate) fn draw<'a>(
    cx: &SlideContext<'a>,
    canvas: &mut Canvas,
    table: &'a Table,
    placed: &Placed,
    scope: &Scope<'_>,
) {
    let rows = table.rows.len().min(MAX_ROWS);
    let widths = column_widths(table, placed.width);
    if rows == 0 || widths.is_empty() {
        return;
    }
    if table.rows.len() > MAX_ROWS || table.columns.len() > MAX_COLUMNS {
        cx.warn(
            "limit",
            format!("only {MAX_ROWS} rows and {MAX_COLUMNS} columns of a table are drawn"),
        );
    }
    let style = table_style(cx, table);
    let columns = widths.len();
    let origins = origins(table, rows, columns);
    let parts: Vec<Vec<Vec<Applied<'_>>>> = (0..rows)
        .map(|row| {
            (0..columns)
                .map(|column| {
                    style.as_ref().map_or_else(Vec::new, |style| {
                        style::applied(style, table, (row, column), (rows, columns))
                    })
                })
                .collect()
        })
        .collect();
    let no_parts: &[Applied<'_>] = &[];
    let parts_at = |row: usize, column: usize| {
        parts
            .get(row)
            .and_then(|r| r.get(column))
            .map_or(no_parts, Vec::as_slice)
    };

    let mut xs = vec![0.0];
    xs.extend(widths.iter().scan(0.0, |x, w| {
        *x += w;
        Some(*x)
    }));
    let mut grid = Grid {
        xs,
        ys: Vec::new(),
        origins,
        rtl: table.rtl,
    };
    let heights = row_heights(cx, table, &grid, &parts_at);
    grid.ys = vec![0.0];
    grid.ys.extend(heights.iter().scan(0.0, |y, h| {
        *y += h;
        Some(*y)
    }));

    // What is taller than its frame grows downward; turns stay about the frame's own centre.
    let to_page = placed.text_to_page;
    let frame = PaintFrame {
        to_page,
        ..paint_frame(placed, scope)
    };
    let mut ops = vec![Op::Push(to_page)];
    paint_fills(
        cx,
        &mut ops,
        table,
        style.as_deref(),
        &grid,
        &parts_at,
        &frame,
    );
    border::draw(cx, &mut ops, table, &grid, &parts_at, &frame);
    ops.push(Op::Pop);
    canvas.ops.push(Op::Tag(if scope.is_backdrop {
        Tag::Artifact
    } else {
        Tag::Table
    }));
    canvas.ops.push(Op::Tag(Tag::Artifact));
    canvas.ops.extend(ops);
    canvas.ops.push(Op::EndTag);
    for row in 0..grid.rows() {
        if !cx.spend(grid.columns()) {
            break;
        }
        canvas.ops.push(Op::Tag(Tag::TableRow));
        for column in 0..grid.columns() {
            if let Some(cell) = origin_cell(table, &grid, row, column) {
                let span = |count: u32, left: usize| count.clamp(1, left.max(1) as u32);
                canvas.ops.push(Op::Tag(Tag::TableCell {
                    header: match (
                        table.first_row && row == 0,
                        table.first_column && column == 0,
                    ) {
                        (true, true) => Some(Heads::Both),
                        (true, false) => Some(Heads::Column),
                        (false, true) => Some(Heads::Row),
                        (false, false) => None,
                    },
                    columns: span(cell.grid_span, grid.columns() - column),
                    rows: span(cell.row_span, grid.rows() - row),
                }));
                cell_text(
                    cx,
                    canvas,
                    cell,
                    &grid,
                    (row, column),
                    parts_at(row, column),
                    placed,
                    to_page,
                );
                canvas.ops.push(Op::EndTag);
            }
        }
        canvas.ops.push(Op::EndTag);
    }
    canvas.ops.push(Op::EndTag);
}

/// The style by id: the file's own, then the built-in ones.
fn table_style<'a>(cx: &SlideContext<'a>, table: &Table) -> Option<Cow<'a, TableStyle>> {
    let id = table.style_id.as_deref()?;
    if let Some(own) = cx.presentation.table_styles.get(id) {
        return Some(Cow::Borrowed(own));
    }
    builtin::style(id).map(Cow::Owned)
}

fn side(emu: i64) -> f64 {
    points(emu).clamp(0.0, MAX_SIDE)
}

/// Widths as the grid gives them; equal shares of the frame where it gives none.
fn column_widths(table: &Table, frame_width: f64) -> Vec<f64> {
    let mut widths: Vec<f64> = table
        .columns
        .iter()
        .take(MAX_COLUMNS)
        .map(|w| side(*w))
        .collect();
    if widths.is_empty() {
        let count = table
            .rows
            .iter()
            .map(|row| row.cells.len())
            .max()
            .unwrap_or_default()
            .min(MAX_COLUMNS);
        widths = vec![0.0; count];
    }
    if widths.iter().sum::<f64>() <= 0.0 {
        let share = frame_width / widths.len().max(1) as f64;
        widths.fill(share);
    }
    widths
}

fn cell_at(table: &Table, row: usize, column: usize) -> Option<&TableCell> {
    table.rows.get(row)?.cells.get(column)
}

/// Which cell covers each slot of the grid.
fn origins(table: &Table, rows: usize, columns: usize) -> Vec<Vec<(usize, usize)>> {
    let mut out: Vec<Vec<Option<(usize, usize)>>> = vec![vec![None; columns]; rows];
    for row in 0..rows {
        for column in 0..columns {
            let taken = out
                .get(row)
                .and_then(|r| r.get(column))
                .is_some_and(Option::is_some);
            let Some(cell) = cell_at(table, row, column).filter(|_| !taken) else {
                continue;
            };
            // A cell merged away without an origin stands for itself.
            let bottom = row.saturating_add(cell.row_span.max(1) as usize).min(rows);
            let right = column
                .saturating_add(cell.grid_span.max(1) as usize)
                .min(columns);
            for slots in out.iter_mut().take(bottom).skip(row) {
                for slot in slots.iter_mut().take(right).skip(column) {
                    slot.get_or_insert((row, column));
                }
            }
        }
    }
    out.into_iter()
        .enumerate()
        .map(|(row, slots)| {
            slots
                .into_iter()
                .enumerate()
                .map(|(column, slot)| slot.unwrap_or((row, column)))
                .collect()
        })
        .collect()
}

/// The cell whose origin is this slot.
pub(super) fn origin_cell<'t>(
    table: &'t Table,
    grid: &Grid,
    row: usize,
    column: usize,
) -> Option<&'t TableCell> {
    let origin = grid.origins.get(row)?.get(column)?;
    if *origin == (row, column) {
        cell_at(table, row, column)
    } else {
        None
    }
}

/// Margins of a cell: left, top, right, bottom.
fn margins(cell: &TableCell) -> [f64; 4] {
    let margin =
        |value: Option<i64>, default: i64| points(value.unwrap_or(default)).clamp(0.0, MAX_SIDE);
    [
        margin(cell.margin_left, 91_440),
        margin(cell.margin_top, 45_720),
        margin(cell.margin_right, 91_440),
        margin(cell.margin_bottom, 45_720),
    ]
}

fn is_vertical(cell: &TableCell) -> bool {
    !matches!(cell.vertical, None | Some(VerticalText::Horizontal))
}

fn cascade<'a>(
    cx: &SlideContext<'a>,
    cell: &'a TableCell,
    parts: &[Applied<'_>],
) -> TextCascade<'a> {
    let mut list_styles = Vec::with_capacity(3);
    list_styles.extend(cell.text.as_ref().map(|text| &text.list_style));
    let own_styles = list_styles.len();
    list_styles.push(&cx.slide.layout.master.other_style);
    list_styles.push(&cx.presentation.default_text_style);
    TextCascade {
        body: cell.text.iter().map(|text| &text.properties).collect(),
        list_styles,
        own_styles,
        style_run: style::run(parts),
        is_title: false,
        placeholder: None,
    }
}

/// Heights: what the file says at least, grown to the text. A cell over several rows that needs more
/// grows the last of them.
fn row_heights<'a, 'p>(
    cx: &SlideContext<'a>,
    table: &'a Table,
    grid: &Grid,
    parts_at: &dyn Fn(usize, usize) -> &'p [Applied<'p>],
) -> Vec<f64> {
    let (rows, columns) = (grid.rows(), grid.columns());
    let mut heights: Vec<f64> = table
        .rows
        .iter()
        .take(rows)
        .map(|row| side(row.height))
        .collect();
    let mut spanning = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let Some(cell) = origin_cell(table, grid, row, column) else {
                continue;
            };
            let Some(body) = cell.text.as_ref().filter(|_| !is_vertical(cell)) else {
                continue;
            };
            let right = column
                .saturating_add(cell.grid_span.max(1) as usize)
                .min(columns);
            let (x0, x1) = grid.span_x(column, right);
            let [left, top, right_margin, bottom] = margins(cell);
            let width = (x1 - x0 - left - right_margin).max(1.0);
            let need =
                text::measure_text(cx, body, &cascade(cx, cell, parts_at(row, column)), width)
                    + top
                    + bottom;
            let need = if need.is_finite() {
                need.min(MAX_SIDE)
            } else {
                0.0
            };
            let last = row
                .saturating_add(cell.row_span.max(1) as usize)
                .min(rows)
                .saturating_sub(1);
            if last > row {
                spanning.push((row, last, need));
            } else if let Some(height) = heights.get_mut(row) {
                *height = height.max(need);
            }
        }
    }
    for (first, last, need) in spanning {
        let have: f64 = heights.iter().take(last + 1).skip(first).sum();
        if let Some(height) = heights.get_mut(last).filter(|_| need > have) {
            *height += need - have;
        }
    }
    heights
}

fn paint_fills<'a, 'p>(
    cx: &SlideContext<'a>,
    ops: &mut Vec<Op>,
    table: &'a Table,
    style: Option<&TableStyle>,
    grid: &Grid,
    parts_at: &dyn Fn(usize, usize) -> &'p [Applied<'p>],
    frame: &PaintFrame<'_>,
) {
    let (rows, columns) = (grid.rows(), grid.columns());
    let mut paint = |fill: &Fill, placeholder: Option<slides_scene::Rgba>, rect: Rect| {
        if rect.width() <= 0.0 || rect.height() <= 0.0 {
            return;
        }
        let frame = PaintFrame {
            bounds: rect,
            placeholder,
            ..*frame
        };
        if let Some(paint) = cx.paint_in(fill, &frame) {
            ops.push(Op::Fill(
                Arc::new(rect.to_path(0.1)),
                FillRule::NonZero,
                paint,
            ));
        }
    };
    let rect_of = |(row, column): (usize, usize), (bottom, right): (usize, usize)| {
        let (x0, x1) = grid.span_x(column, right);
        let (y0, y1) = grid.span_y(row, bottom);
        Rect::new(x0, y0, x1, y1)
    };
    let whole = rect_of((0, 0), (rows, columns));
    if let Some((fill, placeholder)) = style
        .and_then(|s| s.background.as_ref())
        .and_then(|look| style::look_fill(cx, look))
    {
        paint(&fill, placeholder, whole);
    }
    if let Some(fill) = &table.fill {
        paint(fill, None, whole);
    }
    for row in 0..rows {
        for column in 0..columns {
            let Some(cell) = origin_cell(table, grid, row, column) else {
                continue;
            };
            let bottom = row.saturating_add(cell.row_span.max(1) as usize).min(rows);
            let right = column
                .saturating_add(cell.grid_span.max(1) as usize)
                .min(columns);
            let rect = rect_of((row, column), (bottom, right));
            if let Some(fill) = &cell.fill {
                paint(fill, None, rect);
            } else if let Some((fill, placeholder)) = style::fill_of(cx, parts_at(row, column)) {
                paint(&fill, placeholder, rect);
            }
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "a cell's place and look")]
fn cell_text<'a>(
    cx: &SlideContext<'a>,
    canvas: &mut Canvas,
    cell: &'a TableCell,
    grid: &Grid,
    (row, column): (usize, usize),
    parts: &[Applied<'_>],
    placed: &Placed,
    to_page: Affine,
) {
    let Some(body) = cell.text.as_ref().filter(|body| has_text(body)) else {
        return;
    };
    let bottom = row
        .saturating_add(cell.row_span.max(1) as usize)
        .min(grid.rows());
    let right = column
        .saturating_add(cell.grid_span.max(1) as usize)
        .min(grid.columns());
    let (x0, x1) = grid.span_x(column, right);
    let (y0, y1) = grid.span_y(row, bottom);
    let frame = TextFrame {
        rect: Rect::new(x0, y0, x1, y1),
        rotation: placed.rotation,
        insets_override: Some(margins(cell)),
        anchor_override: Some(cell.anchor.unwrap_or_default()),
        vertical_override: Some(cell.vertical.unwrap_or_default()),
        flip_v: false,
    };
    let block = text::layout_text(cx, body, &cascade(cx, cell, parts), &frame);
    place_links(canvas, block.links, to_page);
    if !block.ops.is_empty() {
        canvas.ops.push(Op::Push(to_page));
        canvas.ops.extend(block.ops);
        canvas.ops.push(Op::Pop);
    }
}

#[cfg(test)]
mod tests {
    use slides_ooxml::model::{
        CellBorders, Color, Line, Paragraph, Run, RunKind, RunProperties, TableRow, TextBody,
    };
    use slides_scene::Paint;

    use super::*;
    use crate::testing::with_context;
    use crate::transform::Placement;

    fn cell(text: &str) -> TableCell {
        TableCell {
            text: Some(TextBody {
                paragraphs: vec![Paragraph {
                    runs: vec![Run {
                        kind: RunKind::Text(text.to_owned()),
                        properties: RunProperties {
                            size: Some(20.0),
                            ..RunProperties::default()
                        },
                    }],
                    ..Paragraph::default()
                }],
                ..TextBody::default()
            }),
            grid_span: 1,
            row_span: 1,
            h_merge: false,
            v_merge: false,
            margin_left: None,
            margin_right: None,
            margin_top: None,
            margin_bottom: None,
            anchor: None,
            anchor_center: false,
            vertical: None,
            fill: None,
            borders: CellBorders::default(),
        }
    }

    fn table(rows: Vec<Vec<TableCell>>) -> Table {
        let columns = rows[0].len();
        Table {
            columns: vec![100 * 12_700; columns],
            rows: rows
                .into_iter()
                .map(|cells| TableRow {
                    height: 10 * 12_700,
                    cells,
                })
                .collect(),
            ..Table::default()
        }
    }

    fn drawn(table: &Table) -> Vec<Op> {
        with_context(|cx| {
            let mut canvas = Canvas::default();
            let placed = Placement::PAGE.place(&slides_ooxml::model::Transform::default());
            let scope = Scope {
                placement: Placement::PAGE,
                group: None,
                depth: 0,
                is_backdrop: false,
            };
            // Tests borrow from the stack; the context only needs the table while drawing.
            draw(cx, &mut canvas, table, &placed, &scope);
            canvas.ops
        })
    }

    fn boxes(ops: &[Op]) -> Vec<[f64; 4]> {
        ops.iter()
            .filter_map(|op| match op {
                Op::Fill(path, _, Paint::Solid(_)) => {
                    let b = path.bounding_box();
                    Some([b.x0, b.y0, b.x1, b.y1])
                }
                _ => None,
            })
            .collect()
    }

    #[test]
    fn rows_grow_to_their_text_and_push_the_rest_down() {
        let red = Some(Fill::Solid(Color::rgb(255, 0, 0)));
        let mut tall = cell("one line");
        tall.fill.clone_from(&red);
        let mut below = cell("x");
        below.fill = red;
        below.margin_top = Some(10 * 12_700);
        let boxes = boxes(&drawn(&table(vec![vec![tall], vec![below]])));
        // A 20 pt line is 24 pt high; the margins add 3.6 + 3.6 and 10 + 3.6.
        let expected = [[0.0, 0.0, 100.0, 31.2], [0.0, 31.2, 100.0, 68.8]];
        for (got, expected) in boxes.iter().zip(expected) {
            assert!(
                got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.01),
                "{got:?} is not {expected:?}"
            );
        }
        assert_eq!(boxes.len(), 2);
    }

    #[test]
    fn a_cell_over_two_rows_grows_the_last() {
        let mut origin = cell("a");
        origin.row_span = 2;
        origin.text.as_mut().unwrap().paragraphs =
            vec![origin.text.as_ref().unwrap().paragraphs[0].clone(); 4];
        let mut away = cell("");
        away.v_merge = true;
        let mut first = cell("");
        first.text = None;
        first.fill = Some(Fill::Solid(Color::rgb(1, 1, 1)));
        let mut second = first.clone();
        second.fill = Some(Fill::Solid(Color::rgb(2, 2, 2)));
        let boxes = boxes(&drawn(&table(vec![
            vec![origin, first],
            vec![away, second],
        ])));
        assert!((boxes[0][3] - 10.0).abs() < 0.01);
        assert!((boxes[1][3] - (4.0 * 24.0 + 7.2)).abs() < 0.01, "{boxes:?}");
    }

    #[test]
    fn absurd_spans_and_missing_grids_stay_in_bounds() {
        let mut huge = cell("x");
        huge.grid_span = u32::MAX;
        huge.row_span = u32::MAX;
        let mut odd = table(vec![vec![huge, cell("y")], vec![cell("z")]]);
        odd.columns.clear();
        odd.rows[1].height = i64::MAX;
        assert!(!drawn(&odd).is_empty());
        assert!(drawn(&Table::default()).is_empty());
    }

    #[test]
    fn borders_are_lengthened_by_half_their_width_and_shared() {
        let line = |width: i64| {
            Some(Line {
                width: Some(width * 12_700),
                fill: Some(Fill::Solid(Color::rgb(0, 0, 0))),
                ..Line::default()
            })
        };
        let mut left = cell("");
        left.text = None;
        left.borders.right = line(2);
        let mut right = left.clone();
        right.borders = CellBorders::default();
        let ops = drawn(&table(vec![vec![left, right]]));
        let strokes: Vec<_> = ops
            .iter()
            .filter_map(|op| match op {
                Op::Stroke(path, style, _) => Some((path.to_svg(), style.width)),
                _ => None,
            })
            .collect();
        assert_eq!(strokes, [("M100,-1 L100,11".to_owned(), 2.0)]);
    }
}
