//! Which parts of a table style a cell takes, and what they give it.

use slides_ooxml::model::{
    CellBorders, Fill, Line, RunProperties, Table, TableCellStyle, TablePart, TableStyle,
};
use slides_scene::Rgba;

use crate::context::SlideContext;
use crate::inherit;

/// A side of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
    /// Top.
    Top,
    /// Bottom.
    Bottom,
}

/// A part that applies to a cell, with the cell's place in the part's region.
pub(crate) struct Applied<'s> {
    look: &'s TableCellStyle,
    /// Whether the cell's left, right, top, bottom side is the region's.
    edges: [bool; 4],
    /// Later parts win over earlier ones.
    rank: u8,
}

/// The parts of `style` that apply to the cell at `row`, `column`, weakest first.
pub(crate) fn applied<'s>(
    style: &'s TableStyle,
    table: &Table,
    (row, column): (usize, usize),
    (rows, columns): (usize, usize),
) -> Vec<Applied<'s>> {
    let (last_row, last_column) = (rows.saturating_sub(1), columns.saturating_sub(1));
    let is_first_row = table.first_row && row == 0;
    let is_last_row = table.last_row && row == last_row;
    let is_first_column = table.first_column && column == 0;
    let is_last_column = table.last_column && column == last_column;
    let left = column == 0;
    let right = column == last_column;
    let top = row == 0;
    let bottom = row == last_row;

    let mut out = Vec::new();
    let mut add = |part: TablePart, edges: [bool; 4], rank: u8| {
        out.extend(
            style
                .parts
                .iter()
                .filter(|(p, _)| *p == part)
                .map(|(_, look)| Applied { look, edges, rank }),
        );
    };
    add(TablePart::WholeTable, [left, right, top, bottom], 0);
    // Bands are counted without the special rows and columns, and do not reach into them.
    if table.band_columns && !is_first_column && !is_last_column {
        let band = column - usize::from(table.first_column);
        let part = if band % 2 == 0 {
            TablePart::Band1Vertical
        } else {
            TablePart::Band2Vertical
        };
        add(part, [true, true, top, bottom], 1);
    }
    if table.band_rows && !is_first_row && !is_last_row {
        let band = row - usize::from(table.first_row);
        let part = if band % 2 == 0 {
            TablePart::Band1Horizontal
        } else {
            TablePart::Band2Horizontal
        };
        add(part, [left, right, true, true], 2);
    }
    if is_last_column {
        add(TablePart::LastColumn, [true, true, top, bottom], 3);
    }
    if is_first_column {
        add(TablePart::FirstColumn, [true, true, top, bottom], 4);
    }
    if is_last_row {
        add(TablePart::LastRow, [left, right, true, true], 5);
        if is_last_column {
            add(TablePart::SouthEastCell, [true; 4], 6);
        }
        if is_first_column {
            add(TablePart::SouthWestCell, [true; 4], 6);
        }
    }
    if is_first_row {
        add(TablePart::FirstRow, [left, right, true, true], 7);
        if is_last_column {
            add(TablePart::NorthEastCell, [true; 4], 8);
        }
        if is_first_column {
            add(TablePart::NorthWestCell, [true; 4], 8);
        }
    }
    out
}

/// The strongest part's fill, with what `phClr` stands for.
pub(crate) fn fill_of(
    cx: &SlideContext<'_>,
    parts: &[Applied<'_>],
) -> Option<(Fill, Option<Rgba>)> {
    parts.iter().rev().find_map(|part| look_fill(cx, part.look))
}

/// The fill of one look: its own or its theme reference's.
pub(crate) fn look_fill(
    cx: &SlideContext<'_>,
    look: &TableCellStyle,
) -> Option<(Fill, Option<Rgba>)> {
    if let Some(fill) = &look.fill {
        return Some((fill.clone(), None));
    }
    let reference = look.fill_ref.as_ref()?;
    Some((
        inherit::theme_fill(cx, reference)?.clone(),
        inherit::reference_color(cx, reference),
    ))
}

/// The strongest part's line on a side, with its rank and what `phClr` stands for.
pub(crate) fn border(
    cx: &SlideContext<'_>,
    parts: &[Applied<'_>],
    side: Side,
) -> Option<(u8, Line, Option<Rgba>)> {
    parts.iter().rev().find_map(|part| {
        let [left, right, top, bottom] = part.edges;
        let borders = &part.look.borders;
        let (line, index) = match side {
            Side::Left if left => (&borders.left, 0),
            Side::Right if right => (&borders.right, 1),
            Side::Top if top => (&borders.top, 2),
            Side::Bottom if bottom => (&borders.bottom, 3),
            Side::Top | Side::Bottom => (&borders.inside_h, 4),
            Side::Left | Side::Right => (&borders.inside_v, 5),
        };
        let (line, placeholder) = resolve(cx, borders, line.as_ref(), index)?;
        Some((part.rank, line, placeholder))
    })
}

fn resolve(
    cx: &SlideContext<'_>,
    borders: &CellBorders,
    line: Option<&Line>,
    index: usize,
) -> Option<(Line, Option<Rgba>)> {
    if let Some(line) = line {
        return Some((line.clone(), None));
    }
    let reference = borders.refs.get(index)?.as_ref()?;
    let line = match inherit::theme_line(cx, reference) {
        Some(line) => line.clone(),
        None => Line {
            fill: Some(Fill::None),
            ..Line::default()
        },
    };
    Some((line, inherit::reference_color(cx, reference)))
}

/// What the parts say about text; none when they say nothing.
pub(crate) fn run(parts: &[Applied<'_>]) -> Option<RunProperties> {
    let mut run = RunProperties::default();
    for part in parts {
        let text = &part.look.text;
        if let Some(from_ref) = text.font_ref.as_ref().and_then(inherit::style_run) {
            run.latin = from_ref.latin.or(run.latin);
            run.east_asian = from_ref.east_asian.or(run.east_asian);
            run.complex_script = from_ref.complex_script.or(run.complex_script);
            // The colour inside the reference gives way to the one beside it.
            if text.color.is_none() {
                run.fill = from_ref.fill.or(run.fill);
            }
        }
        run.latin = text.latin.clone().or(run.latin);
        run.bold = text.bold.or(run.bold);
        run.italic = text.italic.or(run.italic);
        run.fill = text.color.clone().map(Fill::Solid).or(run.fill);
    }
    (run != RunProperties::default()).then_some(run)
}
