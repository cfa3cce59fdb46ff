use std::collections::BTreeMap;

use crate::model::{CellBorders, Line, StyleRef, TableCellStyle, TablePart, TableStyle, TextStyle};
use crate::read::Context;
use crate::read::color::color;
use crate::read::fill::fill;
use crate::read::line::line_in;
use crate::read::shape::style_ref;
use crate::read::text::font;
use crate::xml::{Node, attr, boolean, child, elements, is_named};

/// `a:tblStyleLst`: the styles by id, and the default's id.
pub(crate) fn table_styles(
    cx: &Context<'_>,
    root: Node<'_>,
) -> (BTreeMap<String, TableStyle>, Option<String>) {
    let styles = elements(root)
        .filter(|node| is_named(*node, "tblStyle"))
        .map(|node| table_style(cx, node))
        .map(|style| (style.id.clone(), style))
        .collect();
    (styles, attr(root, "def").map(str::to_ascii_uppercase))
}

fn table_style(cx: &Context<'_>, node: Node<'_>) -> TableStyle {
    let mut style = TableStyle {
        id: attr(node, "styleId")
            .unwrap_or_default()
            .to_ascii_uppercase(),
        name: attr(node, "styleName").unwrap_or_default().to_owned(),
        ..TableStyle::default()
    };
    for element in elements(node) {
        let part = match element.tag_name().name() {
            "tblBg" => {
                style.background = Some(fills(cx, element));
                continue;
            }
            "wholeTbl" => TablePart::WholeTable,
            "band1H" => TablePart::Band1Horizontal,
            "band2H" => TablePart::Band2Horizontal,
            "band1V" => TablePart::Band1Vertical,
            "band2V" => TablePart::Band2Vertical,
            "lastCol" => TablePart::LastColumn,
            "firstCol" => TablePart::FirstColumn,
            "lastRow" => TablePart::LastRow,
            "seCell" => TablePart::SouthEastCell,
            "swCell" => TablePart::SouthWestCell,
            "firstRow" => TablePart::FirstRow,
            "neCell" => TablePart::NorthEastCell,
            "nwCell" => TablePart::NorthWestCell,
            _ => continue,
        };
        style.parts.push((part, cell_style(cx, element)));
    }
    style
}

/// `a:fill` (a wrapper) and `a:fillRef`.
fn fills(cx: &Context<'_>, node: Node<'_>) -> TableCellStyle {
    TableCellStyle {
        fill: child(node, "fill").and_then(|wrapper| fill(cx, wrapper)),
        fill_ref: child(node, "fillRef").map(style_ref),
        ..TableCellStyle::default()
    }
}

fn cell_style(cx: &Context<'_>, node: Node<'_>) -> TableCellStyle {
    let mut style = child(node, "tcStyle")
        .map(|cell| fills(cx, cell))
        .unwrap_or_default();
    if let Some(borders) = child(node, "tcStyle").and_then(|cell| child(cell, "tcBdr")) {
        style.borders = cell_borders(cx, borders);
    }
    if let Some(text) = child(node, "tcTxStyle") {
        style.text = TextStyle {
            bold: boolean(text, "b"),
            italic: boolean(text, "i"),
            color: color(text),
            font_ref: child(text, "fontRef").map(style_ref),
            latin: child(text, "font")
                .and_then(|fonts| child(fonts, "latin"))
                .and_then(font),
        };
    }
    style
}

fn cell_borders(cx: &Context<'_>, node: Node<'_>) -> CellBorders {
    let line = |name: &str| -> Option<Line> { line_in(cx, child(node, name)?) };
    let reference =
        |name: &str| -> Option<StyleRef> { child(child(node, name)?, "lnRef").map(style_ref) };
    CellBorders {
        left: line("left"),
        right: line("right"),
        top: line("top"),
        bottom: line("bottom"),
        inside_h: line("insideH"),
        inside_v: line("insideV"),
        diagonal_down: line("tl2br"),
        diagonal_up: line("tr2bl"),
        refs: ["left", "right", "top", "bottom", "insideH", "insideV"].map(reference),
    }
}
