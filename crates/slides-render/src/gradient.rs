//! Gradient stops made fit for drawing.
use kurbo::{Point, Rect};
use slides_scene::{GradientStop, Paint, PathGradient, Rgba};

/// Stops of one gradient.
const MAX_STOPS: usize = 256;

/// What a gradient comes down to.
#[derive(Debug, PartialEq)]
pub(crate) enum Gradient {
    /// Nothing to see or one colour only.
    Solid(Option<Rgba>),
    /// Along an axis.
    Linear {
        start: Point,
        end: Point,
        stops: Vec<GradientStop>,
    },
    /// Ellipses around a point; all in the space where the outer one is the unit circle around the origin.
    Ellipse {
        bounds: Rect,
        focus: Point,
        focus_radius: f64,
        stops: Vec<GradientStop>,
    },
    /// Nested rectangles.
    Rect {
        bounds: Rect,
        focus: Rect,
        stops: Vec<GradientStop>,
    },
}

/// Stops with positions 0..=1, ascending, at least two of them.
fn clean_stops(stops: &[GradientStop]) -> Vec<GradientStop> {
    let mut clean: Vec<GradientStop> = Vec::with_capacity(stops.len().min(MAX_STOPS));
    for stop in stops
        .iter()
        .take(MAX_STOPS)
        .filter(|stop| !stop.offset.is_nan())
    {
        let floor = clean.last().map_or(0.0, |last| last.offset);
        clean.push(GradientStop {
            offset: stop.offset.clamp(0.0, 1.0).max(floor),
            color: stop.color,
        });
    }
    clean
}

/// Analyses a gradient paint; `None` for paints that are none.
pub(crate) fn analyse(paint: &Paint) -> Option<Gradient> {
    let stops = match paint {
        Paint::Linear { stops, .. } | Paint::Path { stops, .. } => clean_stops(stops),
        _ => return None,
    };
    let (first, last) = (
        stops.first().map(|stop| stop.color),
        stops.last().map(|stop| stop.color),
    );
    if stops.iter().all(|stop| Some(stop.color) == first) {
        return Some(Gradient::Solid(first));
    }
    Some(match paint {
        Paint::Linear { start, end, .. } => {
            let fit = |point: &Point| {
                point.x.abs() <= crate::geometry::MAX_COORDINATE
                    && point.y.abs() <= crate::geometry::MAX_COORDINATE
            };
            if !fit(start) || !fit(end) || start.distance(*end) < 1e-6 {
                return Some(Gradient::Solid(last));
            }
            Gradient::Linear {
                start: *start,
                end: *end,
                stops,
            }
        }
        Paint::Path {
            kind,
            bounds,
            focus,
            ..
        } => {
            let Some(bounds) = crate::geometry::clean_rect(*bounds) else {
                return Some(Gradient::Solid(last));
            };
            let inside = |x: f64, low: f64, high: f64| {
                if x.is_finite() {
                    x.clamp(low, high)
                } else {
                    f64::midpoint(low, high)
                }
            };
            let focus = Rect::new(
                inside(focus.x0.min(focus.x1), bounds.x0, bounds.x1),
                inside(focus.y0.min(focus.y1), bounds.y0, bounds.y1),
                inside(focus.x0.max(focus.x1), bounds.x0, bounds.x1),
                inside(focus.y0.max(focus.y1), bounds.y0, bounds.y1),
            );
            match kind {
                PathGradient::Rect | PathGradient::Shape => Gradient::Rect {
                    bounds,
                    focus,
                    stops,
                },
                PathGradient::Circle => {
                    let (half_width, half_height) = (bounds.width() / 2.0, bounds.height() / 2.0);
                    let center = focus.center() - bounds.center();
                    let mut point = Point::new(center.x / half_width, center.y / half_height);
                    let mut radius = f64::midpoint(
                        focus.width() / bounds.width(),
                        focus.height() / bounds.height(),
                    )
                    .min(0.99);
                    if focus.width() < 1e-6 || focus.height() < 1e-6 {
                        radius = 0.0;
                    }
                    // The inner circle has to lie inside the outer one, or the cone between them opens.
                    let reach = point.to_vec2().hypot();
                    let room = 0.99 - radius;
                    if reach > room {
                        point = (point.to_vec2() * (room.max(0.0) / reach)).to_point();
                    }
                    Gradient::Ellipse {
                        bounds,
                        focus: point,
                        focus_radius: radius,
                        stops,
                    }
                }
            }
        }
        _ => return None,
    })
}

/// The colour that stands for a paint where only one colour will do.
pub(crate) fn average(stops: &[GradientStop]) -> Rgba {
    let count = stops.len().max(1) as u32;
    let mean = |channel: fn(Rgba) -> u8| {
        (stops
            .iter()
            .map(|stop| u32::from(channel(stop.color)))
            .sum::<u32>()
            / count) as u8
    };
    Rgba {
        r: mean(|c| c.r),
        g: mean(|c| c.g),
        b: mean(|c| c.b),
        a: mean(|c| c.a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(offset: f32, color: Rgba) -> GradientStop {
        GradientStop { offset, color }
    }

    #[test]
    fn stops_are_ordered_and_bounded() {
        let stops = clean_stops(&[
            stop(-1.0, Rgba::BLACK),
            stop(0.7, Rgba::WHITE),
            stop(0.2, Rgba::BLACK),
            stop(f32::NAN, Rgba::BLACK),
            stop(9.0, Rgba::WHITE),
        ]);
        let offsets: Vec<f32> = stops.iter().map(|stop| stop.offset).collect();
        assert_eq!(offsets, [0.0, 0.7, 0.7, 1.0]);
    }

    #[test]
    fn degenerate_gradients_become_solid() {
        let stops = vec![stop(0.0, Rgba::BLACK), stop(1.0, Rgba::WHITE)];
        let point = Paint::Linear {
            start: Point::ZERO,
            end: Point::ZERO,
            stops: stops.clone(),
        };
        assert_eq!(analyse(&point), Some(Gradient::Solid(Some(Rgba::WHITE))));
        assert_eq!(
            analyse(&Paint::Linear {
                start: Point::ZERO,
                end: Point::new(1.0, 0.0),
                stops: Vec::new()
            }),
            Some(Gradient::Solid(None))
        );
        let flat = Paint::Path {
            kind: PathGradient::Circle,
            bounds: Rect::ZERO,
            focus: Rect::ZERO,
            stops,
        };
        assert_eq!(analyse(&flat), Some(Gradient::Solid(Some(Rgba::WHITE))));
    }

    #[test]
    fn a_focus_on_the_rim_is_moved_inside() {
        let stops = vec![stop(0.0, Rgba::BLACK), stop(1.0, Rgba::WHITE)];
        let paint = Paint::Path {
            kind: PathGradient::Circle,
            bounds: Rect::new(0.0, 0.0, 10.0, 10.0),
            focus: Rect::new(0.0, 0.0, 0.0, 0.0),
            stops,
        };
        let Some(Gradient::Ellipse { focus, .. }) = analyse(&paint) else {
            panic!("not an ellipse")
        };
        assert!(focus.to_vec2().hypot() < 1.0);
    }
}
