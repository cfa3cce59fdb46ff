//! Chart parts (ECMA-376 part 1, 21.2).

mod axis;
mod data;
mod drawing;
mod extended;
mod plot;
mod reference;
mod series;
mod space;

pub(crate) use drawing::user_shapes;
pub(crate) use extended::extended_chart;
pub(super) use reference::chart;
pub(crate) use space::chart_space;

use crate::model::chart::{ChartLines, ChartText, ManualLayout, NumberFormat, Title};
use crate::model::{ShapeProperties, TextBody};
use crate::read::Context;
use crate::read::shape::shape_properties;
use crate::read::text::text_body;
use crate::xml::{Node, attr, boolean, child, elements, is_named};

/// Children of one kind that are kept (labels, points, legend entries); PowerPoint's own limits are lower.
const MAX_ITEMS: usize = 65_536;
/// Largest value that is kept, so that sums and products stay finite.
const MAX_VALUE: f64 = 1e300;

/// A finite number of the file, bounded.
fn number(text: &str) -> Option<f64> {
    let value: f64 = text.trim().parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    // What is next to nothing is nothing, so that quotients stay finite too.
    Some(if value.abs() < 1.0 / MAX_VALUE {
        0.0
    } else {
        value.clamp(-MAX_VALUE, MAX_VALUE)
    })
}

/// `@val` of a child as a number; percent signs (strict files) are dropped.
fn number_in(node: Node<'_>, name: &str) -> Option<f64> {
    let text = value_in(node, name)?;
    number(text.trim().trim_end_matches('%'))
}

/// `@val` of a child.
fn value_in<'a>(node: Node<'a>, name: &str) -> Option<&'a str> {
    attr(child(node, name)?, "val")
}

/// `@val` of a child as an index.
fn index_in(node: Node<'_>, name: &str) -> Option<u32> {
    value_in(node, name)?.trim().parse().ok()
}

/// A boolean child: there without `@val` is true.
fn flag_in(node: Node<'_>, name: &str) -> Option<bool> {
    child(node, name).map(|node| boolean(node, "val").unwrap_or(true))
}

fn shape_in(cx: &Context<'_>, node: Node<'_>) -> Option<Box<ShapeProperties>> {
    child(node, "spPr").map(|node| Box::new(shape_properties(cx, node)))
}

fn text_in(cx: &Context<'_>, node: Node<'_>) -> Option<Box<TextBody>> {
    child(node, "txPr").map(|node| Box::new(text_body(cx, node)))
}

fn lines_in(cx: &Context<'_>, node: Node<'_>, name: &str) -> Option<ChartLines> {
    child(node, name).map(|node| lines(cx, node))
}

fn lines(cx: &Context<'_>, node: Node<'_>) -> ChartLines {
    ChartLines {
        shape: shape_in(cx, node),
    }
}

fn number_format_in(node: Node<'_>) -> Option<NumberFormat> {
    let node = child(node, "numFmt")?;
    Some(NumberFormat {
        code: attr(node, "formatCode")?.to_owned(),
        source_linked: boolean(node, "sourceLinked").unwrap_or(false),
    })
}

/// `c:layout/c:manualLayout`; an empty layout is none.
fn layout_in(node: Node<'_>) -> Option<ManualLayout> {
    let node = child(child(node, "layout")?, "manualLayout")?;
    let edge = |name| value_in(node, name) == Some("edge");
    let part = |name| number_in(node, name).map(|part| part.clamp(-100.0, 100.0));
    Some(ManualLayout {
        inner: value_in(node, "layoutTarget") == Some("inner"),
        x_edge: edge("xMode"),
        y_edge: edge("yMode"),
        w_edge: edge("wMode"),
        h_edge: edge("hMode"),
        x: part("x"),
        y: part("y"),
        w: part("w"),
        h: part("h"),
    })
}

/// `c:tx` of a title or label.
fn chart_text_in(cx: &Context<'_>, node: Node<'_>) -> Option<ChartText> {
    let text = child(node, "tx")?;
    if let Some(rich) = child(text, "rich") {
        return Some(ChartText::Rich(Box::new(text_body(cx, rich))));
    }
    data::strings(cx, text).map(ChartText::Cells)
}

/// An axis' id; writers sign it or not.
fn axis_id(text: &str) -> Option<u32> {
    text.trim().parse::<i64>().ok().map(|id| id as u32)
}

/// `c:title` of an axis; that of a chart lies over the plot where nothing is said of it.
fn title_in(cx: &Context<'_>, node: Node<'_>) -> Option<Title> {
    let node = child(node, "title")?;
    Some(Title {
        text: chart_text_in(cx, node),
        layout: layout_in(node),
        overlay: flag_in(node, "overlay").unwrap_or(false),
        shape: shape_in(cx, node),
        properties: text_in(cx, node),
    })
}

/// Elements of `c:extLst/c:ext` below a node, of any extension.
fn extensions(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    elements(node)
        .filter(|list| is_named(*list, "extLst"))
        .flat_map(elements)
        .flat_map(elements)
}

fn extension<'a>(node: Node<'a>, name: &'a str) -> Option<Node<'a>> {
    extensions(node).find(move |element| is_named(*element, name))
}
