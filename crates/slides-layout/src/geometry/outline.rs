//! A geometry evaluated at a size.

use std::f64::consts::TAU;
use std::sync::Arc;

use kurbo::{Arc as EllipseArc, BezPath, Point, Rect, Vec2};
use slides_ooxml::model::{AdjustValue, CustomGeometry, GuidePath, PathCommand, PathFill};

use super::formula::Guides;

/// Most commands of one geometry that are drawn.
const MAX_COMMANDS: usize = 100_000;
/// Coordinates beyond this many points are held back.
const FAR: f64 = 1e6;
const EMU: f64 = 12_700.0;

/// An evaluated outline, in the shape's frame.
#[derive(Debug, Clone)]
pub(crate) struct Outline {
    /// Paths in painting order.
    pub parts: Vec<OutlinePart>,
    /// Where text goes, before insets.
    pub text_rect: Rect,
}

/// One path of an outline.
#[derive(Debug, Clone)]
pub(crate) struct OutlinePart {
    /// The path.
    pub path: Arc<BezPath>,
    /// How the shape's fill is changed for it.
    pub fill: PathFill,
    /// Whether the shape's line follows it.
    pub stroke: bool,
}

/// Evaluates a definition with the adjust values of a shape of `width` x `height` points.
pub(crate) fn evaluate(
    definition: &CustomGeometry,
    adjust: &[AdjustValue],
    width: f64,
    height: f64,
) -> Outline {
    let (w, h) = (width.max(0.0) * EMU, height.max(0.0) * EMU);
    let mut guides = Guides::new(w, h);
    for value in &definition.adjust {
        guides.define(&value.name, &value.formula);
    }
    // A shape's own values replace the defaults before any guide is read.
    for value in adjust.iter().take(64) {
        guides.define(&value.name, &value.formula);
    }
    for guide in &definition.guides {
        guides.define(&guide.name, &guide.formula);
    }
    let mut budget = MAX_COMMANDS;
    let parts = definition
        .paths
        .iter()
        .filter_map(|path| {
            let used = path.commands.len().min(budget);
            budget -= used;
            let bez = draw(path, used, &guides, w, h);
            (!bez.elements().is_empty()).then(|| OutlinePart {
                path: Arc::new(bez),
                fill: path.fill,
                stroke: path.stroke,
            })
        })
        .collect();
    let text_rect =
        definition
            .text_rect
            .as_ref()
            .map_or(Rect::new(0.0, 0.0, width, height), |rect| {
                let at = |token: &str| bounded(guides.value(token) / EMU);
                let (l, t, r, b) = (
                    at(&rect.left),
                    at(&rect.top),
                    at(&rect.right),
                    at(&rect.bottom),
                );
                Rect::new(l, t, r.max(l), b.max(t))
            });
    Outline { parts, text_rect }
}

fn bounded(v: f64) -> f64 {
    if v.is_finite() {
        v.clamp(-FAR, FAR)
    } else {
        0.0
    }
}

fn draw(path: &GuidePath, commands: usize, guides: &Guides<'_>, w: f64, h: f64) -> BezPath {
    // A path's own size stretches it to the shape's.
    let scale = |own: Option<f64>, shape: f64| match own {
        Some(own) if own > 0.0 => shape / own / EMU,
        _ => 1.0 / EMU,
    };
    let (sx, sy) = (scale(path.width, w), scale(path.height, h));
    let point =
        |x: &str, y: &str| Point::new(bounded(guides.value(x) * sx), bounded(guides.value(y) * sy));
    let mut out = BezPath::new();
    let mut pen: Option<Point> = None;
    let mut start = Point::ZERO;
    for command in path.commands.iter().take(commands) {
        // Drawing before a `moveTo`, or after a `close`, goes on from the last start.
        if pen.is_none() && !matches!(command, PathCommand::MoveTo(..) | PathCommand::Close) {
            out.move_to(start);
            pen = Some(start);
        }
        let from = pen.unwrap_or(start);
        match command {
            PathCommand::MoveTo(x, y) => {
                start = point(x, y);
                out.move_to(start);
                pen = Some(start);
            }
            PathCommand::LineTo(x, y) => {
                let to = point(x, y);
                out.line_to(to);
                pen = Some(to);
            }
            PathCommand::QuadTo([x1, y1, x, y]) => {
                let to = point(x, y);
                out.quad_to(point(x1, y1), to);
                pen = Some(to);
            }
            PathCommand::CubicTo([x1, y1, x2, y2, x, y]) => {
                let to = point(x, y);
                out.curve_to(point(x1, y1), point(x2, y2), to);
                pen = Some(to);
            }
            PathCommand::ArcTo(wr, hr, st, sw) => {
                let finite = |value: f64| if value.is_finite() { value.abs() } else { 0.0 };
                let radii = (finite(guides.value(wr)), finite(guides.value(hr)));
                let drawn = (bounded(radii.0 * sx), bounded(radii.1 * sy));
                let (st, sw) = (guides.value(st) / 60_000.0, guides.value(sw) / 60_000.0);
                pen = Some(arc_to(&mut out, from, radii, drawn, (st, sw)));
            }
            PathCommand::Close => {
                if pen.take().is_some() {
                    out.close_path();
                }
            }
        }
    }
    out
}

/// Appends an arc from the pen; angles in degrees are visual in the path's own units, before it is stretched to the
/// shape, and turn into ellipse parameters.
fn arc_to(
    out: &mut BezPath,
    from: Point,
    radii: (f64, f64),
    (rx, ry): (f64, f64),
    (start, sweep): (f64, f64),
) -> Point {
    if sweep == 0.0 || !start.is_finite() || !sweep.is_finite() {
        return from;
    }
    let sweep = sweep.clamp(-360.0, 360.0);
    let parameter = |degrees: f64| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        if radii.0 == 0.0 || radii.1 == 0.0 {
            degrees.to_radians()
        } else {
            (radii.0 * sin).atan2(radii.1 * cos)
        }
    };
    let first = parameter(start);
    let delta = if sweep.abs() >= 360.0 {
        TAU.copysign(sweep)
    } else {
        let turn = (parameter(start + sweep) - first).rem_euclid(TAU);
        // Guards a sweep so small that its ends fall together.
        if sweep > 0.0 {
            if turn > TAU - 1e-9 { 0.0 } else { turn }
        } else if turn < 1e-9 {
            0.0
        } else {
            turn - TAU
        }
    };
    let center = from - Vec2::new(rx * first.cos(), ry * first.sin());
    let arc = EllipseArc::new(center, Vec2::new(rx, ry), first, delta, 0.0);
    // The first element of an appended arc is a move the pen already made.
    for element in arc.append_iter(0.01) {
        out.push(element);
    }
    let last = first + delta;
    center + Vec2::new(rx * last.cos(), ry * last.sin())
}

#[cfg(test)]
mod tests {
    use kurbo::Shape as _;
    use slides_ooxml::model::Geometry;

    use super::*;
    use crate::geometry::{outline, preset};

    fn preset_outline(name: &str, adjust: &[(&str, i64)], w: f64, h: f64) -> Outline {
        let adjust = adjust
            .iter()
            .map(|(name, value)| AdjustValue {
                name: (*name).to_owned(),
                formula: format!("val {value}"),
            })
            .collect();
        outline(
            &Geometry::Preset {
                name: name.to_owned(),
                adjust,
            },
            w,
            h,
        )
        .unwrap()
    }

    fn close(rect: Rect, expected: [f64; 4]) {
        let got = [rect.x0, rect.y0, rect.x1, rect.y1];
        assert!(
            got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.02),
            "{got:?} is not {expected:?}"
        );
    }

    #[test]
    fn all_presets_draw_inside_bounds_without_trouble() {
        let mut count = 0;
        for name in preset::names() {
            count += 1;
            for (w, h) in [(200.0, 100.0), (0.0, 100.0), (100.0, 0.0), (0.0, 0.0)] {
                let shape = preset_outline(name, &[], w, h);
                assert!(!shape.parts.is_empty(), "{name}");
                for part in &shape.parts {
                    let b = part.path.bounding_box();
                    assert!(
                        b.is_finite() && b.width() < 1000.0 && b.height() < 1000.0,
                        "{name} {b:?}"
                    );
                }
            }
        }
        assert_eq!(count, 187);
    }

    #[test]
    fn round_rectangles_round_by_their_short_side() {
        let shape = preset_outline("roundRect", &[], 200.0, 100.0);
        // Corner radius 16.667 % of 100; the text keeps 29.289 % of it free.
        close(shape.text_rect, [4.88, 4.88, 195.12, 95.12]);
        let path = &shape.parts[0].path;
        close(path.bounding_box(), [0.0, 0.0, 200.0, 100.0]);
        let radius = 100.0 * 0.16667;
        assert!(
            (path.area().abs() - (20_000.0 - (4.0 - std::f64::consts::PI) * radius * radius)).abs()
                < 1.0
        );
    }

    #[test]
    fn ellipses_are_whole() {
        let shape = preset_outline("ellipse", &[], 200.0, 100.0);
        assert!((shape.parts[0].path.area().abs() - std::f64::consts::PI * 5000.0).abs() < 2.0);
        close(shape.text_rect, [29.29, 14.64, 170.71, 85.36]);
    }

    #[test]
    fn arrows_follow_their_adjust_values() {
        let shape = preset_outline(
            "rightArrow",
            &[("adj1", 50000), ("adj2", 50000)],
            200.0,
            100.0,
        );
        // Shaft 50 % of the height, head 50 % of the short side.
        assert!(
            (shape.parts[0].path.area().abs() - (150.0 * 50.0 + 0.5 * 50.0 * 100.0)).abs() < 1e-6
        );
        close(shape.text_rect, [0.0, 25.0, 175.0, 75.0]);
    }

    #[test]
    fn arcs_use_visual_angles() {
        // blockArc by default is the upper half ring of 25 % of the short side.
        let shape = preset_outline("blockArc", &[], 100.0, 100.0);
        close(shape.parts[0].path.bounding_box(), [0.0, 0.0, 100.0, 50.0]);
        // A quarter of a flat ellipse from 0 to 90 degrees ends at the bottom whatever the aspect.
        let mut path = BezPath::new();
        path.move_to((100.0, 0.0));
        let flat = (100.0, 20.0);
        let from = Point::new(100.0, 0.0);
        let end = arc_to(&mut path, from, flat, flat, (0.0, 90.0));
        assert!((end - Point::new(0.0, 20.0)).hypot() < 1e-9);
        // 45 degrees is seen under 45 degrees.
        let end = arc_to(&mut path, from, flat, flat, (0.0, 45.0));
        assert!((end.x - end.y).abs() < 1e-9);
        // A path with a size of its own is bent first and stretched then.
        let end = arc_to(&mut path, from, (20.0, 20.0), flat, (0.0, 45.0));
        assert!((end.x / 100.0 - end.y / 20.0).abs() < 1e-9);
    }

    #[test]
    fn the_lines_of_a_cloud_start_at_its_outline() {
        let cloud = preset_outline("cloud", &[], 200.0, 80.0);
        let points = |part: usize| -> Vec<Point> {
            let elements = cloud.parts[part].path.elements().iter();
            elements.filter_map(kurbo::PathEl::end_point).collect()
        };
        let dents = points(0);
        let at_dent = |point: &Point| {
            let near =
                |dent: &Point| (point.x - dent.x).abs() < 4.0 && (point.y - dent.y).abs() < 1.6;
            dents.iter().any(near)
        };
        let touching = points(1).iter().filter(|point| at_dent(point)).count();
        assert!(touching >= 11, "{touching} of eleven lines");
    }

    #[test]
    fn cans_have_a_lighter_lid_and_connectors_no_fill() {
        let can = preset_outline("can", &[], 100.0, 100.0);
        assert_eq!(
            can.parts
                .iter()
                .map(|p| (p.fill, p.stroke))
                .collect::<Vec<_>>(),
            [
                (PathFill::Norm, false),
                (PathFill::Lighten, false),
                (PathFill::None, true),
            ]
        );
        let bent = preset_outline("bentConnector3", &[("adj1", 25000)], 100.0, 40.0);
        assert_eq!(bent.parts[0].path.to_svg(), "M0,0 L25,0 L25,40 L100,40");
        assert_eq!(bent.parts[0].fill, PathFill::None);
    }

    #[test]
    fn custom_paths_stretch_from_their_own_size() {
        let number = |n: &str| n.to_owned();
        let custom = CustomGeometry {
            paths: vec![GuidePath {
                width: Some(100.0),
                height: Some(50.0),
                fill: PathFill::Norm,
                stroke: true,
                commands: vec![
                    PathCommand::MoveTo(number("0"), number("0")),
                    PathCommand::LineTo(number("100"), number("50")),
                    PathCommand::LineTo(number("0"), number("1e999")),
                    PathCommand::Close,
                ],
            }],
            ..CustomGeometry::default()
        };
        let shape = outline(&Geometry::Custom(Box::new(custom)), 200.0, 200.0).unwrap();
        assert_eq!(shape.parts[0].path.to_svg(), "M0,0 L200,200 L0,0 Z");
        assert!(
            outline(
                &Geometry::Preset {
                    name: "nope".into(),
                    adjust: vec![]
                },
                1.0,
                1.0
            )
            .is_none()
        );
    }
}
