//! Shapes that users drew over a chart, in parts of its frame.

use slides_ooxml::model::chart::{UserShape, UserShapeEnd};
use slides_ooxml::model::{Shape, ShapeKind, Transform};

use crate::context::SlideContext;
use crate::shape::{Canvas, Scope, draw_tree};
use crate::transform::{Placed, Placement};

/// EMU of a point.
const EMU: f64 = 12_700.0;

/// Draws the shapes of a chart's drawing part over its frame.
pub(super) fn draw(
    cx: &SlideContext<'_>,
    canvas: &mut Canvas,
    part: &str,
    placed: &Placed,
    scope: &Scope<'_>,
) {
    let shapes = match cx.parts.chart_shapes(part) {
        Ok(shapes) => shapes,
        Err(message) => {
            cx.warn("chart", message);
            return;
        }
    };
    let shapes: Vec<Shape> = shapes
        .into_iter()
        .map(|shape| anchored(shape, placed))
        .collect();
    let inner = Scope {
        placement: Placement::relative_to(placed),
        depth: scope.depth + 1,
        ..*scope
    };
    draw_tree(cx, canvas, &shapes, &inner);
}

/// The shape with its anchor as its position.
fn anchored(user: UserShape, placed: &Placed) -> Shape {
    let place = |part: f64, whole: f64| (part * whole * EMU).round() as i64;
    let (x, y) = (
        place(user.from.0, placed.width),
        place(user.from.1, placed.height),
    );
    let (width, height) = match user.to {
        UserShapeEnd::Part(right, bottom) => (
            place(right, placed.width).saturating_sub(x),
            place(bottom, placed.height).saturating_sub(y),
        ),
        UserShapeEnd::Size(width, height) => (width, height),
    };
    let moved = |own: Option<Transform>| {
        let own = own.unwrap_or_default();
        // A shape on its side is anchored by what it covers.
        let turned = own.rotation.rem_euclid(180.0);
        let (w, h) = (width.max(0), height.max(0));
        let (w, h, x, y) = if (45.0..135.0).contains(&turned) {
            (h, w, x + (w - h) / 2, y + (h - w) / 2)
        } else {
            (w, h, x, y)
        };
        Some(Transform {
            x,
            y,
            width: w,
            height: h,
            ..own
        })
    };
    let mut shape = user.shape;
    match &mut shape.kind {
        ShapeKind::Shape { properties, .. } => properties.transform = moved(properties.transform),
        ShapeKind::Picture(picture) => {
            picture.properties.transform = moved(picture.properties.transform);
        }
        ShapeKind::Connector(connector) => {
            connector.properties.transform = moved(connector.properties.transform);
        }
        ShapeKind::Group(group) => {
            let own = group.transform;
            // Children keep the coordinates that the group was made in.
            group.child_box = group
                .child_box
                .or_else(|| own.map(|own| (own.x, own.y, own.width, own.height)));
            group.transform = moved(own);
        }
        ShapeKind::GraphicFrame(frame) => frame.transform = moved(frame.transform),
        ShapeKind::Unknown(_) => {}
    }
    shape
}
