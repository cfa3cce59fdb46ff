//! Gradients that follow the outline of their shape (`a:path/@path` of `shape`, ECMA-376 part 1, 20.1.8.46).

use std::sync::Arc;

use kurbo::{Affine, BezPath, Rect, Shape as _};
use slides_scene::{FillRule, GradientStop, Op, Paint, PathGradient, Rgba};

/// Copies of the outline, each a step nearer to the focus.
const STEPS: u32 = 64;

/// Fills a path; a gradient along its outline as copies of it, each smaller than the one below. Boxes, which exporters
/// draw smoothly, and translucent stops stay as they are.
pub(crate) fn fill(ops: &mut Vec<Op>, path: &Arc<BezPath>, paint: Paint) {
    if let Paint::Path {
        kind: PathGradient::Shape,
        bounds,
        focus,
        stops,
    } = &paint
        && !is_box(path)
        && bounds.width() > 1e-3
        && bounds.height() > 1e-3
        && stops.iter().all(|stop| stop.color.a == 255)
    {
        for step in 0..=STEPS {
            let at = 1.0 - f64::from(step) / f64::from(STEPS);
            let ring = between(*focus, *bounds, at);
            let shrink = Affine::translate(ring.origin().to_vec2())
                * Affine::scale_non_uniform(
                    ring.width() / bounds.width(),
                    ring.height() / bounds.height(),
                )
                * Affine::translate(-bounds.origin().to_vec2());
            let outline = if step == 0 {
                path.clone()
            } else {
                Arc::new(shrink * BezPath::clone(path))
            };
            let color = Paint::Solid(color_at(stops, at as f32));
            ops.push(Op::Fill(outline, FillRule::EvenOdd, color));
        }
        return;
    }
    ops.push(Op::Fill(path.clone(), FillRule::EvenOdd, paint));
}

fn is_box(path: &BezPath) -> bool {
    let area = path.bounding_box().area();
    path.elements().len() <= 6 && (path.area().abs() - area).abs() <= 1e-6 * area.max(1.0)
}

fn between(from: Rect, to: Rect, at: f64) -> Rect {
    let mix = |a: f64, b: f64| a + (b - a) * at;
    Rect::new(
        mix(from.x0, to.x0),
        mix(from.y0, to.y0),
        mix(from.x1, to.x1),
        mix(from.y1, to.y1),
    )
}

/// The colour at a position of ascending stops.
pub(crate) fn color_at(stops: &[GradientStop], at: f32) -> Rgba {
    let after = stops.iter().position(|stop| stop.offset >= at);
    let (before, after) = match after {
        None => return stops.last().map_or(Rgba::BLACK, |stop| stop.color),
        Some(0) => return stops.first().map_or(Rgba::BLACK, |stop| stop.color),
        Some(index) => (stops.get(index - 1), stops.get(index)),
    };
    let (Some(before), Some(after)) = (before, after) else {
        return Rgba::BLACK;
    };
    let share = (at - before.offset) / (after.offset - before.offset).max(1e-6);
    crate::gradient::mixed(before.color, after.color, f64::from(share))
}

#[cfg(test)]
mod tests {
    use kurbo::Circle;

    use super::*;

    fn paint(alpha: u8) -> Paint {
        let stop = |offset, color: Rgba| GradientStop {
            offset,
            color: color.with_alpha(alpha),
        };
        Paint::Path {
            kind: PathGradient::Shape,
            bounds: Rect::new(0.0, 0.0, 100.0, 100.0),
            focus: Rect::new(50.0, 50.0, 50.0, 50.0),
            stops: vec![stop(0.0, Rgba::WHITE), stop(1.0, Rgba::BLACK)],
        }
    }

    #[test]
    fn rings_shrink_to_the_focus() {
        let circle = Arc::new(Circle::new((50.0, 50.0), 50.0).to_path(0.1));
        let mut ops = Vec::new();
        fill(&mut ops, &circle, paint(255));
        assert_eq!(ops.len(), STEPS as usize + 1);
        let Op::Fill(half, _, Paint::Solid(color)) = &ops[STEPS as usize / 2] else {
            panic!("{:?}", ops[STEPS as usize / 2])
        };
        assert!((half.bounding_box().width() - 50.0).abs() < 0.1);
        assert_eq!(*color, Rgba::rgb(128, 128, 128));
    }

    #[test]
    fn boxes_and_clear_colours_stay_one_fill() {
        let square = Arc::new(Rect::new(0.0, 0.0, 100.0, 100.0).to_path(0.1));
        let circle = Arc::new(Circle::new((50.0, 50.0), 50.0).to_path(0.1));
        for (path, alpha) in [(&square, 255), (&circle, 100)] {
            let mut ops = Vec::new();
            fill(&mut ops, path, paint(alpha));
            assert_eq!(ops.len(), 1);
        }
    }
}
