use super::number;
use crate::model::ShapeKind;
use crate::model::chart::{UserShape, UserShapeEnd};
use crate::read::Context;
use crate::read::shape::shapes;
use crate::xml::{Node, child, coordinate, elements, text_of};

/// Shapes over one chart that are kept.
const MAX_SHAPES: usize = 2_000;

/// `c:userShapes`, the root of a chart's drawing part.
pub(crate) fn user_shapes(cx: &Context<'_>, root: Node<'_>) -> Vec<UserShape> {
    elements(root)
        .filter_map(|anchor| user_shape(cx, anchor))
        .take(MAX_SHAPES)
        .collect()
}

fn user_shape(cx: &Context<'_>, anchor: Node<'_>) -> Option<UserShape> {
    let part = |node: Node<'_>, name: &str| {
        number(&text_of(child(node, name)?)).map(|part| part.clamp(-100.0, 100.0))
    };
    let corner = |name: &str| {
        let node = child(anchor, name)?;
        Some((part(node, "x")?, part(node, "y")?))
    };
    let to = if let Some((x, y)) = corner("to") {
        UserShapeEnd::Part(x, y)
    } else {
        let size = child(anchor, "ext")?;
        UserShapeEnd::Size(coordinate(size, "cx")?, coordinate(size, "cy")?)
    };
    let shape = shapes(cx, anchor, 0)
        .into_iter()
        .find(|shape| !matches!(shape.kind, ShapeKind::Unknown(_)))?;
    Some(UserShape {
        from: corner("from")?,
        to,
        shape,
    })
}
