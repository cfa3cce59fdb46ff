//! SmartArt without a stored drawing: laid out from its points, layout definition, quick style and colours
//! (ECMA-376 part 1, 21.4), else as plain boxes.
//!
//! The definition is run over the points ([`graph`], [`tree`]), its constraints are solved ([`constraints`]), each
//! node's algorithm places what is in it ([`plan`]), sizes of type shrink until texts fit ([`shrink`]), and the
//! result are the shapes that a drawing part would have held ([`emit`]).

mod connect;
mod constraints;
mod cycle;
mod emit;
mod graph;
mod hierarchy;
mod linear;
mod plain;
mod plan;
mod pyramid;
mod shrink;
mod snake;
mod style;
#[cfg(test)]
mod tests;
mod texts;
mod tree;

use slides_ooxml::model::{DiagramParts, Shape};

pub(crate) use self::plain::draw as draw_plain;
use crate::context::SlideContext;

/// Millimetres in a point.
const MILLIMETRES: f64 = 25.4 / 72.0;

/// The shapes of a diagram in a frame of so many points; their coordinates are the frame's.
///
/// # Errors
/// Says in what way the definition asks for more than is known or allowed.
pub(crate) fn shapes<'a>(
    cx: &SlideContext<'a>,
    parts: &'a DiagramParts,
    (width, height): (f64, f64),
) -> Result<Vec<Shape>, &'static str> {
    let graph = graph::Graph::new(parts).ok_or("has no document point")?;
    let tree = tree::Tree::new(&graph)?;
    let solver = constraints::Solver::new(&tree, &graph)?;
    let styles = style::Styles::new(cx, &tree, &graph);
    let texts = texts::Texts::new(cx, &tree, &graph, &solver, &styles);
    let frame = (width.max(1.0) * MILLIMETRES, height.max(1.0) * MILLIMETRES);
    let mut plan = plan::Plan::new(&tree, &graph, &solver, &texts, frame);
    shrink::run(&mut plan)?;
    let shapes = emit::shapes(&plan, &styles);
    if shapes.is_empty() {
        return Err("comes to no shape");
    }
    Ok(shapes)
}
