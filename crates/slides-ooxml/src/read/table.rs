use crate::model::{CellBorders, Table, TableCell, TableRow};
use crate::read::Context;
use crate::read::fill::fill;
use crate::read::line::line;
use crate::read::text::{anchor, text_body, vertical};
use crate::xml::{Node, boolean, child, coordinate, elements, is_named, text_of, unsigned};

/// Columns of a table that are kept; PowerPoint allows 75.
const MAX_COLUMNS: usize = 1000;

/// `a:tbl` (ECMA-376 part 1, 21.1.3.13).
pub(super) fn table(cx: &Context<'_>, node: Node<'_>) -> Table {
    let mut table = Table::default();
    for element in elements(node) {
        match element.tag_name().name() {
            "tblPr" => table_properties(cx, element, &mut table),
            "tblGrid" => {
                table.columns = elements(element)
                    .filter(|column| is_named(*column, "gridCol"))
                    .map(|column| coordinate(column, "w").unwrap_or(0).max(0))
                    .take(MAX_COLUMNS)
                    .collect();
            }
            "tr" => table.rows.push(TableRow {
                height: coordinate(element, "h").unwrap_or(0).max(0),
                cells: elements(element)
                    .filter(|cell| is_named(*cell, "tc"))
                    .map(|node| cell(cx, node))
                    .take(MAX_COLUMNS)
                    .collect(),
            }),
            _ => {}
        }
    }
    // Spans end with the grid, whatever the file says.
    let (columns, rows) = (table.columns.len(), table.rows.len());
    for (y, row) in table.rows.iter_mut().enumerate() {
        for (x, cell) in row.cells.iter_mut().enumerate() {
            cell.grid_span = cell
                .grid_span
                .clamp(1, columns.saturating_sub(x).max(1) as u32);
            cell.row_span = cell.row_span.clamp(1, rows.saturating_sub(y).max(1) as u32);
        }
    }
    table
}

fn table_properties(cx: &Context<'_>, node: Node<'_>, table: &mut Table) {
    let flag = |name| boolean(node, name).unwrap_or(false);
    table.first_row = flag("firstRow");
    table.last_row = flag("lastRow");
    table.first_column = flag("firstCol");
    table.last_column = flag("lastCol");
    table.band_rows = flag("bandRow");
    table.band_columns = flag("bandCol");
    table.rtl = flag("rtl");
    table.fill = fill(cx, node);
    table.style_id = child(node, "tableStyleId")
        .map(|id| text_of(id).trim().to_ascii_uppercase())
        .filter(|id| !id.is_empty());
}

fn cell(cx: &Context<'_>, node: Node<'_>) -> TableCell {
    let flag = |name| boolean(node, name).unwrap_or(false);
    let mut cell = TableCell {
        text: child(node, "txBody").map(|body| text_body(cx, body)),
        grid_span: unsigned(node, "gridSpan").unwrap_or(1),
        row_span: unsigned(node, "rowSpan").unwrap_or(1),
        h_merge: flag("hMerge"),
        v_merge: flag("vMerge"),
        margin_left: None,
        margin_right: None,
        margin_top: None,
        margin_bottom: None,
        anchor: None,
        anchor_center: false,
        vertical: None,
        fill: None,
        borders: CellBorders::default(),
    };
    let Some(properties) = child(node, "tcPr") else {
        return cell;
    };
    cell.margin_left = coordinate(properties, "marL");
    cell.margin_right = coordinate(properties, "marR");
    cell.margin_top = coordinate(properties, "marT");
    cell.margin_bottom = coordinate(properties, "marB");
    cell.anchor = anchor(properties);
    cell.anchor_center = boolean(properties, "anchorCtr").unwrap_or(false);
    cell.vertical = vertical(properties);
    cell.fill = fill(cx, properties);
    let border = |name| child(properties, name).map(|node| line(cx, node));
    cell.borders = CellBorders {
        left: border("lnL"),
        right: border("lnR"),
        top: border("lnT"),
        bottom: border("lnB"),
        diagonal_down: border("lnTlToBr"),
        diagonal_up: border("lnBlToTr"),
        ..CellBorders::default()
    };
    cell
}
