//! Gradient fills: along an axis, along a path, tiled (ECMA-376 part 1, 20.1.8.33).

use std::sync::Arc;

use kurbo::{Affine, Point, Rect, Vec2};
use slides_ooxml::model::{Gradient, GradientKind, RelativeRect};
use slides_scene::{GradientStop, Image, ImageData, Paint, PathGradient, Rgba};

use crate::context::SlideContext;
use crate::fill::{PaintFrame, inset, tile_mode};
use crate::rings::color_at;

/// Most stops of a gradient that are kept.
const MAX_STOPS: usize = 128;
/// Steps that stand for the curve between two colours of a circle.
const CURVE_STEPS: u16 = 24;
/// Pixels to a point of a gradient that repeats.
const TILE_SCALE: f64 = 2.0;
/// Most pixels along one side of it.
const MAX_TILE_PIXELS: f64 = 512.0;

/// The paint of a gradient; none without stops or when all is clear.
pub(crate) fn paint(
    cx: &SlideContext<'_>,
    gradient: &Gradient,
    frame: &PaintFrame<'_>,
) -> Option<Paint> {
    let mut stops: Vec<GradientStop> = gradient
        .stops
        .iter()
        .take(MAX_STOPS)
        .map(|stop| GradientStop {
            offset: if stop.position.is_finite() {
                stop.position.clamp(0.0, 1.0) as f32
            } else {
                0.0
            },
            color: cx.color(&stop.color, frame.placeholder),
        })
        .collect();
    stops.sort_by(|a, b| a.offset.total_cmp(&b.offset));
    let first = stops.first()?;
    if stops.iter().all(|s| s.color == first.color) {
        return (first.color.a > 0).then_some(Paint::Solid(first.color));
    }
    let tile = inset(frame.bounds, gradient.tile_rect);
    let repeats = is_smaller(tile, frame.bounds);
    let path = |kind: PathGradient, focus: RelativeRect, stops: Vec<GradientStop>| {
        // PowerPoint stretches the tile so that the focus is in its middle, and means the shape's box by the focus:
        // its gradients from a corner have a tile of twice the box and the focus in that corner of the box.
        let focus = upright(inset(if repeats { tile } else { frame.bounds }, focus));
        let (bounds, stops) = if kind == PathGradient::Circle {
            (around(tile, focus), eased(stops))
        } else {
            (tile, stops)
        };
        Paint::Path {
            kind,
            bounds,
            focus,
            stops,
        }
    };
    let once = match gradient.kind {
        GradientKind::Linear { angle, scaled } => {
            let (start, end) = if gradient.rotate_with_shape {
                axis(tile, angle, scaled)
            } else {
                page_axis(tile, angle, frame.rotation)
            };
            Paint::Linear { start, end, stops }
        }
        GradientKind::Circle(focus) => path(PathGradient::Circle, focus, stops),
        GradientKind::Rect(focus) => path(PathGradient::Rect, focus, stops),
        GradientKind::Shape(focus) => path(PathGradient::Shape, focus, stops),
    };
    if !repeats {
        return Some(once);
    }
    Some(Paint::Image {
        image: drawn_tile(&once, tile),
        transform: Affine::new([tile.width(), 0.0, 0.0, tile.height(), tile.x0, tile.y0]),
        tile: tile_mode(gradient.flip),
        alpha: 1.0,
        effects: Vec::new(),
    })
}

/// Whether a tile leaves part of a box to its copies. One without a size is none.
fn is_smaller(tile: Rect, bounds: Rect) -> bool {
    let slack = 1e-3 * bounds.width().abs().max(bounds.height().abs());
    let inside = tile.x0 > bounds.x0 + slack
        || tile.y0 > bounds.y0 + slack
        || tile.x1 < bounds.x1 - slack
        || tile.y1 < bounds.y1 - slack;
    inside && tile.is_finite() && tile.width() >= 0.5 && tile.height() >= 0.5
}

/// Written the other way round, a box would have a negative size.
fn upright(rect: Rect) -> Rect {
    Rect::new(
        rect.x0.min(rect.x1),
        rect.y0.min(rect.y1),
        rect.x0.max(rect.x1),
        rect.y0.max(rect.y1),
    )
}

/// Two colours of a circle go into each other along a bell's curve: the cumulative normal distribution with a standard
/// deviation of a quarter, cut at both ends (measured on PowerPoint's own output at 20 radii of five shapes: within
/// 0.03). More colours do not.
fn eased(stops: Vec<GradientStop>) -> Vec<GradientStop> {
    let [from, to] = stops[..] else {
        return stops;
    };
    (0..=CURVE_STEPS)
        .map(|step| {
            let at = f64::from(step) / f64::from(CURVE_STEPS);
            GradientStop {
                offset: from.offset + (to.offset - from.offset) * at as f32,
                color: mixed(from.color, to.color, bell(at)),
            }
        })
        .collect()
}

/// The curve of [`eased`], 0 to 1.
fn bell(at: f64) -> f64 {
    // Abramowitz and Stegun 7.1.26, off by less than 2e-7.
    let erf = |x: f64| {
        let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
        let series = [
            1.061_405_429,
            -1.453_152_027,
            1.421_413_741,
            -0.284_496_736,
            0.254_829_592,
        ]
        .iter()
        .fold(0.0, |sum, part| (sum + part) * t);
        (1.0 - series * (-x * x).exp()).copysign(x)
    };
    let ends = erf(std::f64::consts::SQRT_2);
    let here = erf((at - 0.5) * 4.0 * std::f64::consts::FRAC_1_SQRT_2);
    f64::midpoint(here / ends, 1.0)
}

/// A colour between two.
pub(crate) fn mixed(from: Rgba, to: Rgba, at: f64) -> Rgba {
    let channel = |a: u8, b: u8| {
        let mixed = f64::from(a) + (f64::from(b) - f64::from(a)) * at;
        mixed.round().clamp(0.0, 255.0) as u8
    };
    Rgba {
        r: channel(from.r, to.r),
        g: channel(from.g, to.g),
        b: channel(from.b, to.b),
        a: channel(from.a, to.a),
    }
}

/// The box of the outermost ring of a circle gradient: true circles around the focus, the last one
/// through the farthest corner.
fn around(bounds: Rect, focus: Rect) -> Rect {
    let c = focus.center();
    let dx = (c.x - bounds.x0).abs().max((bounds.x1 - c.x).abs());
    let dy = (c.y - bounds.y0).abs().max((bounds.y1 - c.y).abs());
    Rect::from_center_size(c, (2.0 * dx.hypot(dy), 2.0 * dx.hypot(dy)))
}

/// Ends of a linear gradient's axis over a box; `scaled` bends it with the aspect ratio.
fn axis(bounds: Rect, angle: f64, scaled: bool) -> (Point, Point) {
    let (sin, cos) = angle.to_radians().sin_cos();
    let (w, h) = (
        bounds.width().abs().max(1e-6),
        bounds.height().abs().max(1e-6),
    );
    let center = bounds.center();
    let half = if scaled {
        // The isolines of the unit square are stretched with the box.
        let g = Vec2::new(cos / w, sin / h) / (cos.abs() + sin.abs());
        g / g.hypot2() * 0.5
    } else {
        Vec2::new(cos, sin) * (0.5 * (w * cos.abs() + h * sin.abs()))
    };
    (center - half, center + half)
}

/// The same for a gradient that keeps the page's direction while its shape is rotated.
fn page_axis(bounds: Rect, angle: f64, rotation: f64) -> (Point, Point) {
    let (sin, cos) = rotation.to_radians().sin_cos();
    let (w, h) = (bounds.width().abs(), bounds.height().abs());
    let (pw, ph) = (w * cos.abs() + h * sin.abs(), w * sin.abs() + h * cos.abs());
    let center = bounds.center();
    let upright = Rect::from_center_size(center, (pw, ph));
    let (start, end) = axis(upright, angle, false);
    let back = Affine::rotate_about(-rotation.to_radians(), center);
    (back * start, back * end)
}

/// One copy of a gradient as a picture.
fn drawn_tile(gradient: &Paint, tile: Rect) -> Arc<Image> {
    let pixels = |length: f64| (length * TILE_SCALE).ceil().clamp(2.0, MAX_TILE_PIXELS) as u32;
    let (width, height) = (pixels(tile.width()), pixels(tile.height()));
    let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
    for y in 0..height {
        for x in 0..width {
            let point = Point::new(
                tile.x0 + (f64::from(x) + 0.5) / f64::from(width) * tile.width(),
                tile.y0 + (f64::from(y) + 0.5) / f64::from(height) * tile.height(),
            );
            let color = color_of(gradient, point);
            rgba.extend([color.r, color.g, color.b, color.a]);
        }
    }
    Arc::new(Image {
        key: format!("gradient {gradient:?} {tile:?}"),
        data: ImageData::Rgba(rgba.into()),
        width,
        height,
    })
}

/// The colour of a gradient at a point.
fn color_of(gradient: &Paint, point: Point) -> Rgba {
    let (at, stops) = match gradient {
        Paint::Linear { start, end, stops } => {
            let along = *end - *start;
            let at = (point - *start).dot(along) / along.hypot2().max(1e-12);
            (at, stops)
        }
        Paint::Path {
            kind: PathGradient::Circle,
            bounds,
            focus,
            stops,
        } => {
            let radius = (bounds.width() / 2.0).max(1e-9);
            (point.distance(focus.center()) / radius, stops)
        }
        Paint::Path {
            bounds,
            focus,
            stops,
            ..
        } => {
            let side = |value: f64, inner: f64, outer: f64| {
                let room = (outer - inner).abs();
                let past = (value - inner) * (outer - inner).signum();
                if room > 1e-9 { past / room } else { 0.0 }
            };
            let at = side(point.x, focus.x0, bounds.x0)
                .max(side(point.x, focus.x1, bounds.x1))
                .max(side(point.y, focus.y0, bounds.y0))
                .max(side(point.y, focus.y1, bounds.y1));
            (at, stops)
        }
        _ => return Rgba::BLACK.with_alpha(0),
    };
    color_at(stops, at.clamp(0.0, 1.0) as f32)
}

#[cfg(test)]
mod tests {
    use slides_ooxml::model::{Color, GradientStop as ModelStop, TileFlip};
    use slides_scene::TileMode;

    use super::*;
    use crate::testing::near;
    use crate::testing::with_context;

    /// Black to white over a box of 100 by 50 points.
    fn painted(kind: GradientKind, tile_rect: [f64; 4], flip: TileFlip) -> Paint {
        let stop = |position, value| ModelStop {
            position,
            color: Color::rgb(value, value, value),
        };
        let gradient = Gradient {
            stops: vec![stop(0.0, 0), stop(1.0, 255)],
            kind,
            rotate_with_shape: true,
            flip,
            tile_rect: relative(tile_rect),
        };
        with_context(|cx| {
            let frame = PaintFrame::new(Rect::new(0.0, 0.0, 100.0, 50.0));
            paint(cx, &gradient, &frame).unwrap()
        })
    }

    fn relative([left, top, right, bottom]: [f64; 4]) -> RelativeRect {
        RelativeRect {
            left,
            top,
            right,
            bottom,
        }
    }

    #[test]
    fn axis_spans_the_projection() {
        let (start, end) = axis(Rect::new(0.0, 0.0, 200.0, 100.0), 0.0, false);
        near(start, 0.0, 50.0);
        near(end, 200.0, 50.0);
        // 270 degrees with scaled: position 0 at the bottom edge.
        let (start, end) = axis(Rect::new(0.0, 0.0, 200.0, 100.0), 270.0, true);
        near(start, 100.0, 100.0);
        near(end, 100.0, 0.0);
        // 45 degrees unscaled: corners of the box project onto the ends.
        let (start, end) = axis(Rect::new(0.0, 0.0, 200.0, 100.0), 45.0, false);
        let dir = (end - start).normalize();
        assert!(((Point::ZERO - start).dot(dir)).abs() < 1e-6);
        assert!(((Point::new(200.0, 100.0) - end).dot(dir)).abs() < 1e-6);
        // Scaled 45 degrees: the other diagonal is an isoline.
        let (start, end) = axis(Rect::new(0.0, 0.0, 200.0, 100.0), 45.0, true);
        let dir = end - start;
        assert!((Vec2::new(200.0, -100.0).dot(dir)).abs() < 1e-6);
    }

    #[test]
    fn a_gradient_from_a_corner_starts_in_that_corner_of_the_shape() {
        let corner = relative([1.0, 1.0, 0.0, 0.0]);
        let tile = [0.0, 0.0, -1.0, -1.0];
        let Paint::Path { bounds, focus, .. } =
            painted(GradientKind::Circle(corner), tile, TileFlip::None)
        else {
            panic!("not a path gradient")
        };
        near(focus.center(), 100.0, 50.0);
        assert!((bounds.width() / 2.0 - 100f64.hypot(50.0)).abs() < 1e-6);
        let Paint::Path { bounds, focus, .. } =
            painted(GradientKind::Rect(corner), tile, TileFlip::None)
        else {
            panic!("not a path gradient")
        };
        near(focus.center(), 100.0, 50.0);
        assert_eq!(bounds, Rect::new(0.0, 0.0, 200.0, 100.0));
    }

    #[test]
    fn two_colours_of_a_circle_follow_the_bell() {
        // Measured on PowerPoint's output.
        for (at, expected) in [
            (0.1, 0.04),
            (0.3, 0.21),
            (0.5, 0.51),
            (0.7, 0.81),
            (0.9, 0.97),
        ] {
            assert!((bell(at) - expected).abs() < 0.02, "{at}: {}", bell(at));
        }
        assert!(bell(0.0).abs() < 1e-6 && (bell(1.0) - 1.0).abs() < 1e-6);
        let Paint::Path { stops, .. } = painted(
            GradientKind::Circle(relative([0.5; 4])),
            [0.0; 4],
            TileFlip::None,
        ) else {
            panic!("not a path gradient")
        };
        assert_eq!(stops.first().unwrap().color, Rgba::BLACK);
        assert_eq!(stops.last().unwrap().color, Rgba::WHITE);
        assert!(stops.windows(2).all(|pair| pair[0].offset < pair[1].offset));
    }

    #[test]
    fn a_smaller_tile_repeats_with_its_flip() {
        let linear = GradientKind::Linear {
            angle: 0.0,
            scaled: false,
        };
        let Paint::Image {
            image,
            transform,
            tile,
            ..
        } = painted(linear, [0.0, 0.0, 0.75, 0.0], TileFlip::X)
        else {
            panic!("not a tile")
        };
        assert_eq!(
            tile,
            TileMode::Repeat {
                flip_x: true,
                flip_y: false
            }
        );
        near(transform * Point::new(1.0, 1.0), 25.0, 50.0);
        let ImageData::Rgba(pixels) = &image.data else {
            panic!("not pixels")
        };
        assert_eq!((image.width, image.height), (50, 100));
        assert_eq!(pixels[..4], [3, 3, 3, 255]);
        assert_eq!(pixels[49 * 4..50 * 4], [252, 252, 252, 255]);
        assert!(matches!(
            painted(linear, [-0.5, 0.0, 0.0, 0.0], TileFlip::None),
            Paint::Linear { .. }
        ));
    }

    #[test]
    fn rings_of_boxes_are_read_at_any_point() {
        let Paint::Image { image, .. } = painted(
            GradientKind::Rect(relative([1.0, 1.0, 0.0, 0.0])),
            [0.0, 0.0, 0.5, 0.5],
            TileFlip::None,
        ) else {
            panic!("not a tile")
        };
        let ImageData::Rgba(pixels) = &image.data else {
            panic!("not pixels")
        };
        // White at the left and upper edges, black in the lower right corner.
        assert!(pixels[0] > 245);
        assert!(pixels[pixels.len() - 4] < 8);
        let left = (image.height as usize - 1) * image.width as usize * 4;
        assert!(pixels[left] > 245);
    }
}
