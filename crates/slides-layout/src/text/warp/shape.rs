//! The curves of the preset text warps (ECMA-376 part 1, 20.1.10.76), in points from the frame's corner.

use kurbo::{Affine, Arc, BezPath, Point, Shape as _, Vec2};
use slides_ooxml::model::TextWarp;

/// Where letters go.
pub(super) enum Curves {
    /// Between an upper and a lower curve, stretched to fill.
    Between(BezPath, BezPath),
    /// Along a curve, at their own size.
    Along(BezPath),
    /// The lines of a text shared out among several.
    Bands(Vec<Curves>),
}

/// The curves of a preset; none for one that is not drawn.
pub(super) fn curves(warp: &TextWarp, w: f64, h: f64) -> Option<Curves> {
    let value = |index: usize, default: f64| {
        warp.adjust
            .get(index)
            .and_then(|adjust| adjust.formula.strip_prefix("val "))
            .and_then(|number| number.trim().parse::<f64>().ok())
            .filter(|number| number.is_finite())
            .unwrap_or(default)
    };
    let share = |index, default, (low, high): (f64, f64)| {
        value(index, default).clamp(low, high) / 100_000.0
    };
    let angle = |default: f64| (value(0, default) / 60_000.0).rem_euclid(360.0);
    let line = |points: &[(f64, f64)]| polyline(points);
    let bow = |ends: f64, control: f64| curve(0.0, w, ends, control, control, ends);
    let flat = |y: f64| polyline(&[(0.0, y), (w, y)]);
    let between = |top, bottom| Some(Curves::Between(top, bottom));
    match warp.preset.as_str() {
        "textPlain" => between(flat(0.0), flat(h)),
        "textStop" => {
            let y = h * share(0, 25_000.0, (14_286.0, 50_000.0));
            let (a, b) = (w / 3.0, 2.0 * w / 3.0);
            between(
                line(&[(0.0, y), (a, 0.0), (b, 0.0), (w, y)]),
                line(&[(0.0, h - y), (a, h), (b, h), (w, h - y)]),
            )
        }
        "textTriangle" => {
            let y = h * share(0, 50_000.0, (0.0, 100_000.0));
            between(line(&[(0.0, y), (w / 2.0, 0.0), (w, y)]), flat(h))
        }
        "textTriangleInverted" => {
            let y = h * share(0, 50_000.0, (0.0, 100_000.0));
            between(flat(0.0), line(&[(0.0, y), (w / 2.0, h), (w, y)]))
        }
        "textChevron" => {
            let y = h * share(0, 25_000.0, (0.0, 50_000.0));
            between(
                line(&[(0.0, y), (w / 2.0, 0.0), (w, y)]),
                line(&[(0.0, h), (w / 2.0, h - y), (w, h)]),
            )
        }
        "textChevronInverted" => {
            let y = h * share(0, 75_000.0, (50_000.0, 100_000.0));
            between(
                line(&[(0.0, 0.0), (w / 2.0, h - y), (w, 0.0)]),
                line(&[(0.0, y), (w / 2.0, h), (w, y)]),
            )
        }
        "textWave1" | "textWave2" | "textDoubleWave1" | "textWave4" => {
            let double = matches!(warp.preset.as_str(), "textDoubleWave1" | "textWave4");
            let up_first = matches!(warp.preset.as_str(), "textWave1" | "textDoubleWave1");
            let most = if double { 12_500.0 } else { 20_000.0 };
            let y = h * share(0, if double { 6_250.0 } else { 12_500.0 }, (0.0, most));
            let lean = w * share(1, 0.0, (-10_000.0, 10_000.0)) * 2.0;
            let swing = if up_first { -10.0 } else { 10.0 } * y / 3.0;
            let wave = |y: f64, from: f64, to: f64| {
                let mut path = BezPath::new();
                path.move_to((from, y));
                let waves = if double { 2.0 } else { 1.0 };
                let step = (to - from) / waves;
                for at in [from, from + step]
                    .into_iter()
                    .take(if double { 2 } else { 1 })
                {
                    path.curve_to(
                        (at + step / 3.0, y + swing),
                        (at + 2.0 * step / 3.0, y - swing),
                        (at + step, y),
                    );
                }
                path
            };
            let (left, right) = ((-lean).max(0.0), lean.max(0.0));
            between(wave(y, left, w - right), wave(h - y, right, w - left))
        }
        "textInflate" => {
            let y = h * share(0, 18_750.0, (0.0, 20_000.0));
            between(bow(y, -y / 3.0), bow(h - y, h + y / 3.0))
        }
        "textDeflate" => {
            let y = h * share(0, 18_750.0, (0.0, 37_500.0)) * 4.0 / 3.0;
            between(bow(0.0, y), bow(h, h - y))
        }
        "textInflateBottom" => {
            let y = h * share(0, 60_000.0, (60_000.0, 100_000.0));
            between(flat(0.0), bow(y, through(y, h)))
        }
        "textDeflateBottom" => {
            let y = h * share(0, 50_000.0, (6_250.0, 100_000.0));
            between(flat(0.0), bow(h, through(h, y)))
        }
        "textInflateTop" => {
            let y = h * share(0, 40_000.0, (0.0, 50_000.0));
            between(bow(y, through(y, 0.0)), flat(h))
        }
        "textDeflateTop" => {
            let y = h * share(0, 50_000.0, (0.0, 93_750.0));
            between(bow(0.0, through(0.0, y)), flat(h))
        }
        "textFadeRight" | "textFadeLeft" => {
            let y = h * share(0, 33_333.0, (0.0, 49_999.0));
            let (left, right) = if warp.preset == "textFadeRight" {
                (0.0, y)
            } else {
                (y, 0.0)
            };
            between(
                line(&[(0.0, left), (w, right)]),
                line(&[(0.0, h - left), (w, h - right)]),
            )
        }
        "textFadeUp" | "textFadeDown" => {
            let x = w * share(0, 33_333.0, (0.0, 49_999.0));
            let (top, bottom) = if warp.preset == "textFadeUp" {
                (x, 0.0)
            } else {
                (0.0, x)
            };
            between(
                line(&[(top, 0.0), (w - top, 0.0)]),
                line(&[(bottom, h), (w - bottom, h)]),
            )
        }
        "textSlantUp" => {
            let y = h * share(0, 55_556.0, (0.0, 100_000.0));
            between(line(&[(0.0, y), (w, 0.0)]), line(&[(0.0, h), (w, h - y)]))
        }
        "textSlantDown" => {
            let y = h * share(0, 44_444.0, (0.0, 100_000.0));
            between(line(&[(0.0, 0.0), (w, h - y)]), line(&[(0.0, y), (w, h)]))
        }
        "textCascadeUp" | "textCascadeDown" => {
            let y = h * share(0, 44_444.0, (28_570.0, 100_000.0));
            let drop = (h - y) / 4.0;
            if warp.preset == "textCascadeUp" {
                between(line(&[(0.0, drop), (w, 0.0)]), line(&[(0.0, h), (w, y)]))
            } else {
                between(line(&[(0.0, 0.0), (w, drop)]), line(&[(0.0, y), (w, h)]))
            }
        }
        "textCurveUp" | "textCurveDown" => {
            let y = h * share(0, 45_977.0, (0.0, 56_338.0));
            let up = warp.preset == "textCurveUp";
            let ends = |left: f64, right: f64| if up { (left, right) } else { (right, left) };
            let bend = |(left, right): (f64, f64)| {
                // The level end leaves flat.
                let low = left.max(right);
                curve(0.0, w, left, low, low, right)
            };
            between(bend(ends(y, 0.0)), bend(ends(h, h - y)))
        }
        "textCanUp" => {
            let y = h * (1.0 - share(0, 85_714.0, (66_667.0, 99_999.0)));
            between(arch(w, y, y, -1.0), arch(w, h, y, -1.0))
        }
        "textCanDown" => {
            let y = h * share(0, 14_286.0, (0.0, 33_333.0));
            between(arch(w, 0.0, y, 1.0), arch(w, h - y, y, 1.0))
        }
        "textArchUp" => {
            let (start, sweep) = over(angle(10_800_000.0));
            Some(Curves::Along(ring(w, h, 1.0, start, sweep)))
        }
        "textArchDown" => {
            let (start, sweep) = under(angle(0.0));
            Some(Curves::Along(ring(w, h, 1.0, start, sweep)))
        }
        "textCircle" => {
            let start = angle(10_819_319.0);
            Some(Curves::Along(ring(w, h, 1.0, start, round(start))))
        }
        "textArchUpPour" => {
            let (start, sweep) = over(angle(10_800_000.0));
            let inner = share(1, 50_000.0, (0.0, 99_000.0));
            between(
                ring(w, h, 1.0, start, sweep),
                ring(w, h, inner, start, sweep),
            )
        }
        "textArchDownPour" => {
            let (start, sweep) = under(angle(0.0));
            let inner = share(1, 25_000.0, (0.0, 99_000.0));
            between(
                ring(w, h, inner, start, sweep),
                ring(w, h, 1.0, start, sweep),
            )
        }
        "textCirclePour" => {
            let start = angle(10_800_000.0);
            let inner = share(1, 50_000.0, (0.0, 99_000.0));
            let sweep = round(start);
            between(
                ring(w, h, 1.0, start, sweep),
                ring(w, h, inner, start, sweep),
            )
        }
        "textRingInside" | "textRingOutside" => {
            // Two flat rings, one above the other; letters on the far half are seen from behind.
            let high = h * share(0, 60_000.0, (50_000.0, 99_000.0));
            let sweep = if warp.preset == "textRingInside" {
                359.9
            } else {
                -359.9
            };
            let ring = |top: f64| Affine::translate((0.0, top)) * ring(w, high, 1.0, 180.0, sweep);
            between(ring(0.0), ring(h - high))
        }
        "textButton" => {
            let start = angle(10_800_000.0);
            let ((top, sweep), (bottom, back)) = (over(start), under(start - 180.0));
            Some(Curves::Bands(vec![
                Curves::Along(ring(w, h, 1.0, top, sweep)),
                Curves::Along(flat(h / 2.0)),
                Curves::Along(ring(w, h, 1.0, bottom, back)),
            ]))
        }
        "textButtonPour" => {
            let start = angle(10_800_000.0);
            let inner = share(1, 50_000.0, (0.0, 99_000.0));
            let ((top, sweep), (bottom, back)) = (over(start), under(start - 180.0));
            // The middle line stays inside the inner ring.
            let (half, x) = (h / 4.0 * inner, w / 2.0 * (1.0 - inner));
            let level = |y: f64| line(&[(x, y), (w - x, y)]);
            Some(Curves::Bands(vec![
                Curves::Between(ring(w, h, 1.0, top, sweep), ring(w, h, inner, top, sweep)),
                Curves::Between(level(h / 2.0 - half), level(h / 2.0 + half)),
                Curves::Between(
                    ring(w, h, inner, bottom, back),
                    ring(w, h, 1.0, bottom, back),
                ),
            ]))
        }
        "textDeflateInflate" => {
            let y = h * share(0, 35_000.0, (5_000.0, 95_000.0));
            let gap = h * 0.025;
            let bowed = |off: f64| bow(h / 2.0 + off, through(h / 2.0 + off, y + off));
            Some(Curves::Bands(vec![
                Curves::Between(flat(0.0), bowed(-gap)),
                Curves::Between(bowed(gap), flat(h)),
            ]))
        }
        "textDeflateInflateDeflate" => {
            let y = h * share(0, 25_000.0, (3_000.0, 47_000.0));
            let (gap, third) = (h * 0.015, h / 3.0);
            let bowed = |ends: f64, middle: f64| bow(ends, through(ends, middle));
            Some(Curves::Bands(vec![
                Curves::Between(flat(0.0), bowed(third - gap, y - gap)),
                Curves::Between(
                    bowed(third + gap, y + gap),
                    bowed(h - third - gap, h - y - gap),
                ),
                Curves::Between(bowed(h - third + gap, h - y + gap), flat(h)),
            ]))
        }
        _ => None,
    }
}

fn polyline(points: &[(f64, f64)]) -> BezPath {
    let mut path = BezPath::new();
    for (index, point) in points.iter().enumerate() {
        if index == 0 {
            path.move_to(*point);
        } else {
            path.line_to(*point);
        }
    }
    path
}

/// A cubic over the whole width with its controls at thirds.
fn curve(x0: f64, x1: f64, y0: f64, c0: f64, c1: f64, y1: f64) -> BezPath {
    let step = (x1 - x0) / 3.0;
    let mut path = BezPath::new();
    path.move_to((x0, y0));
    path.curve_to((x0 + step, c0), (x1 - step, c1), (x1, y1));
    path
}

/// The controls of a cubic that starts and ends at one height and passes another in its middle.
fn through(ends: f64, middle: f64) -> f64 {
    (8.0 * middle - 2.0 * ends) / 6.0
}

/// Half an ellipse over the width, bulging up (-1) or down (1).
fn arch(w: f64, y: f64, radius: f64, side: f64) -> BezPath {
    let sweep = if side < 0.0 { 180.0_f64 } else { -180.0 };
    let arc = Arc {
        center: Point::new(w / 2.0, y),
        radii: Vec2::new(w / 2.0, radius.max(1e-3)),
        start_angle: std::f64::consts::PI,
        sweep_angle: sweep.to_radians(),
        x_rotation: 0.0,
    };
    arc.to_path(0.05)
}

/// A part of the ellipse in the frame, its radii scaled; degrees, clockwise from the right.
fn ring(w: f64, h: f64, scale: f64, start: f64, sweep: f64) -> BezPath {
    Arc {
        center: Point::new(w / 2.0, h / 2.0),
        radii: Vec2::new((w / 2.0 * scale).max(1e-3), (h / 2.0 * scale).max(1e-3)),
        start_angle: start.to_radians(),
        sweep_angle: sweep.to_radians(),
        x_rotation: 0.0,
    }
    .to_path(0.05)
}

/// From an angle clockwise over the top to its mirror image.
fn over(start: f64) -> (f64, f64) {
    let sweep = (540.0 - 2.0 * start).rem_euclid(360.0);
    (start, if sweep < 1.0 { 360.0 } else { sweep })
}

/// From the mirror image of an angle counter-clockwise under the bottom to the angle.
fn under(end: f64) -> (f64, f64) {
    let sweep = (180.0 - 2.0 * end).rem_euclid(360.0);
    (180.0 - end, -if sweep < 1.0 { 360.0 } else { sweep })
}

/// Nearly all the way round, as much as the start lies past the left end.
fn round(start: f64) -> f64 {
    (360.0 - 2.0 * (start - 180.0).abs()).clamp(10.0, 359.9)
}
