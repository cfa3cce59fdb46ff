//! Outlines of shapes: the 187 presets and custom geometry, through one guide evaluator
//! (ECMA-376 part 1, 20.1.9 and 20.1.10.56).

mod formula;
mod outline;
mod preset;

use kurbo::Rect;
use slides_ooxml::model::Geometry;

pub(crate) use outline::{Outline, OutlinePart};

pub(crate) use preset::definition;

/// A shape's outline in its own frame, `(0, 0)` to `(width, height)` points; none for a preset name
/// outside the standard.
pub(crate) fn outline(geometry: &Geometry, width: f64, height: f64) -> Option<Outline> {
    match geometry {
        Geometry::Preset { name, adjust } => {
            if name == "rect" && adjust.is_empty() {
                return Some(rectangle(width, height));
            }
            let definition = preset::definition(name)?;
            Some(outline::evaluate(&definition, adjust, width, height))
        }
        Geometry::Custom(custom) => Some(outline::evaluate(custom, &[], width, height)),
    }
}

/// A plain box.
pub(crate) fn rectangle(width: f64, height: f64) -> Outline {
    use kurbo::Shape as _;
    let rect = Rect::new(0.0, 0.0, width, height);
    Outline {
        parts: vec![OutlinePart {
            path: std::sync::Arc::new(rect.to_path(0.1)),
            fill: slides_ooxml::model::PathFill::Norm,
            stroke: true,
        }],
        text_rect: rect,
    }
}
