use super::{Anchor, Color, Fill, FontRef, Line, StyleRef, TextBody, VerticalText};

/// `a:tbl`. EMU.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// `a:tblPr/a:tableStyleId`, upper case with braces.
    pub style_id: Option<String>,
    /// `@firstRow`.
    pub first_row: bool,
    /// `@lastRow`.
    pub last_row: bool,
    /// `@firstCol`.
    pub first_column: bool,
    /// `@lastCol`.
    pub last_column: bool,
    /// `@bandRow`.
    pub band_rows: bool,
    /// `@bandCol`.
    pub band_columns: bool,
    /// `@rtl`.
    pub rtl: bool,
    /// Fill of `a:tblPr`.
    pub fill: Option<Fill>,
    /// `a:gridCol/@w`.
    pub columns: Vec<i64>,
    /// Rows.
    pub rows: Vec<TableRow>,
}

/// `a:tr`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableRow {
    /// `@h`: least height.
    pub height: i64,
    /// Cells in grid order, merged-away ones included.
    pub cells: Vec<TableCell>,
}

/// `a:tc`.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCell {
    /// `a:txBody`.
    pub text: Option<TextBody>,
    /// `@gridSpan`, at least 1.
    pub grid_span: u32,
    /// `@rowSpan`, at least 1.
    pub row_span: u32,
    /// `@hMerge`.
    pub h_merge: bool,
    /// `@vMerge`.
    pub v_merge: bool,
    /// `@marL`.
    pub margin_left: Option<i64>,
    /// `@marR`.
    pub margin_right: Option<i64>,
    /// `@marT`.
    pub margin_top: Option<i64>,
    /// `@marB`.
    pub margin_bottom: Option<i64>,
    /// `@anchor`.
    pub anchor: Option<Anchor>,
    /// `@anchorCtr`.
    pub anchor_center: bool,
    /// `@vert`.
    pub vertical: Option<VerticalText>,
    /// Fill of `a:tcPr`.
    pub fill: Option<Fill>,
    /// `a:lnL` … of `a:tcPr`.
    pub borders: CellBorders,
}

/// Lines around and inside a cell or table part.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CellBorders {
    /// Left.
    pub left: Option<Line>,
    /// Right.
    pub right: Option<Line>,
    /// Top.
    pub top: Option<Line>,
    /// Bottom.
    pub bottom: Option<Line>,
    /// Between columns (styles only).
    pub inside_h: Option<Line>,
    /// Between rows (styles only).
    pub inside_v: Option<Line>,
    /// `lnTlToBr`.
    pub diagonal_down: Option<Line>,
    /// `lnBlToTr`.
    pub diagonal_up: Option<Line>,
    /// Style references beside the lines (`a:lnRef` in table styles), same order: left, right, top, bottom, insideH, insideV.
    pub refs: [Option<StyleRef>; 6],
}

/// `a:tblStyle`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableStyle {
    /// `@styleId`, upper case with braces.
    pub id: String,
    /// `@styleName`.
    pub name: String,
    /// Fill of the whole table (`a:tblBg`).
    pub background: Option<TableCellStyle>,
    /// The parts that the style defines.
    pub parts: Vec<(TablePart, TableCellStyle)>,
}

/// Parts of a table style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the parts name themselves")]
pub enum TablePart {
    WholeTable,
    Band1Horizontal,
    Band2Horizontal,
    Band1Vertical,
    Band2Vertical,
    LastColumn,
    FirstColumn,
    LastRow,
    SouthEastCell,
    SouthWestCell,
    FirstRow,
    NorthEastCell,
    NorthWestCell,
}

/// Look of one part.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableCellStyle {
    /// Text colour, weight and face.
    pub text: TextStyle,
    /// Fill.
    pub fill: Option<Fill>,
    /// `a:fillRef`.
    pub fill_ref: Option<StyleRef>,
    /// Borders.
    pub borders: CellBorders,
}

/// `a:tcTxStyle`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextStyle {
    /// `@b`.
    pub bold: Option<bool>,
    /// `@i`.
    pub italic: Option<bool>,
    /// Colour.
    pub color: Option<Color>,
    /// `a:fontRef`.
    pub font_ref: Option<StyleRef>,
    /// `a:font/a:latin`.
    pub latin: Option<FontRef>,
}
