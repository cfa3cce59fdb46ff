//! Compound lines: strips side by side along a path (ECMA-376 part 1, 20.1.10.12). How wide each strip is the
//! standard does not say; these are thirds, fifths and sixths of the line.

use kurbo::{BezPath, Join, PathEl, Point, Vec2};

/// Points of a flattened path that are kept.
const MAX_POINTS: usize = 20_000;
/// How far flattened curves may be from their curves in points.
const TOLERANCE: f64 = 0.05;

/// Strips of a compound line: their middles' distance from the path, to the left of its direction, and their
/// widths, both in widths of the line.
pub(crate) fn strips(compound: &str) -> &'static [(f64, f64)] {
    match compound {
        "dbl" => &[(1.0 / 3.0, 1.0 / 3.0), (-1.0 / 3.0, 1.0 / 3.0)],
        "thickThin" => &[(0.2, 0.6), (-0.4, 0.2)],
        "thinThick" => &[(0.4, 0.2), (-0.2, 0.6)],
        "tri" => &[
            (5.0 / 12.0, 1.0 / 6.0),
            (0.0, 1.0 / 3.0),
            (-5.0 / 12.0, 1.0 / 6.0),
        ],
        _ => &[],
    }
}

/// The path moved to the left of its direction by `left` points (to the right where negative), its corners joined.
pub(crate) fn moved(path: &BezPath, left: f64, join: Join, miter_limit: f64) -> BezPath {
    let mut out = BezPath::new();
    let mut points: Vec<Point> = Vec::new();
    let mut count = 0;
    kurbo::flatten(path.iter(), TOLERANCE, |element| {
        count += 1;
        if count > MAX_POINTS {
            return;
        }
        match element {
            PathEl::MoveTo(to) => {
                emit(&mut out, &points, false, left, join, miter_limit);
                points = vec![to];
            }
            PathEl::LineTo(to) => points.push(to),
            PathEl::ClosePath => {
                emit(&mut out, &points, true, left, join, miter_limit);
                points.clear();
            }
            // Flattened paths have no curves.
            PathEl::QuadTo(..) | PathEl::CurveTo(..) => {}
        }
    });
    emit(&mut out, &points, false, left, join, miter_limit);
    out
}

fn emit(
    out: &mut BezPath,
    points: &[Point],
    closed: bool,
    left: f64,
    join: Join,
    miter_limit: f64,
) {
    let mut points = points.to_vec();
    points.dedup_by(|a, b| (*a - *b).hypot() < 1e-6);
    if closed && points.len() > 1 && (points[0] - points[points.len() - 1]).hypot() < 1e-6 {
        points.pop();
    }
    if points.len() < 2 {
        return;
    }
    let normals: Vec<Vec2> = points
        .iter()
        .zip(points.iter().cycle().skip(1))
        .map(|(from, to)| {
            let along = (*to - *from).normalize();
            // To the left where y points down.
            Vec2::new(along.y, -along.x)
        })
        .collect();
    let mut line: Vec<Point> = Vec::with_capacity(points.len());
    let last = points.len() - 1;
    for (index, (point, after)) in points.iter().zip(&normals).enumerate() {
        let before = if index > 0 {
            normals.get(index - 1)
        } else {
            normals.last()
        };
        let (before, after) = match (before, index) {
            (_, 0) if !closed => (*after, *after),
            (Some(before), _) if index == last && !closed => (*before, *before),
            (Some(before), _) => (*before, *after),
            (None, _) => (*after, *after),
        };
        corner(&mut line, *point, before, after, left, join, miter_limit);
    }
    let Some((first, rest)) = line.split_first() else {
        return;
    };
    out.move_to(*first);
    for point in rest {
        out.line_to(*point);
    }
    if closed {
        out.close_path();
    }
}

/// Where a corner goes: one point inside, a join outside.
fn corner(
    line: &mut Vec<Point>,
    at: Point,
    before: Vec2,
    after: Vec2,
    left: f64,
    join: Join,
    miter_limit: f64,
) {
    let turn = before.cross(after).atan2(before.dot(after));
    // Half the angle's cosine says how far the corner moves out.
    let half = (turn / 2.0).cos();
    let is_outside = turn * left > 0.0;
    let sharp = half.abs() < 1e-3;
    if turn.abs() < 0.2 || (!is_outside && !sharp) {
        let middle = before + after;
        let factor = left / half.max(0.2) / middle.hypot().max(1e-9);
        line.push(at + middle * factor);
        return;
    }
    match join {
        Join::Round => {
            let steps = (turn.abs() / 0.2).ceil().clamp(1.0, 32.0) as usize;
            for step in 0..=steps {
                let angle = turn * step as f64 / steps as f64;
                let (sin, cos) = angle.sin_cos();
                let normal = Vec2::new(
                    before.x * cos - before.y * sin,
                    before.x * sin + before.y * cos,
                );
                line.push(at + normal * left);
            }
        }
        Join::Miter if !sharp && 1.0 / half <= miter_limit.max(1.0) => {
            let middle = before + after;
            line.push(at + middle * (left / half / middle.hypot().max(1e-9)));
        }
        Join::Miter | Join::Bevel => line.extend([at + before * left, at + after * left]),
    }
}

#[cfg(test)]
mod tests {
    use kurbo::{Rect, Shape as _};

    use super::*;

    fn near(a: Rect, b: Rect) -> bool {
        [a.x0 - b.x0, a.y0 - b.y0, a.x1 - b.x1, a.y1 - b.y1]
            .iter()
            .all(|gap| gap.abs() < 1e-9)
    }

    #[test]
    fn a_clockwise_box_grows_to_the_left() {
        let path = Rect::new(0.0, 0.0, 100.0, 50.0).to_path(0.1);
        let out = moved(&path, 4.0, Join::Miter, 8.0);
        assert!(near(out.bounding_box(), Rect::new(-4.0, -4.0, 104.0, 54.0)));
        let inner = moved(&path, -4.0, Join::Miter, 8.0);
        assert!(near(inner.bounding_box(), Rect::new(4.0, 4.0, 96.0, 46.0)));
        let round = moved(&path, 4.0, Join::Round, 8.0);
        assert!(round.area().abs() < out.area().abs());
    }

    #[test]
    fn an_open_line_keeps_its_ends() {
        let mut path = BezPath::new();
        path.move_to((0.0, 0.0));
        path.line_to((10.0, 0.0));
        path.line_to((10.0, 10.0));
        let out = moved(&path, 2.0, Join::Miter, 8.0);
        let points: Vec<Point> = out
            .elements()
            .iter()
            .filter_map(PathEl::end_point)
            .collect();
        let expected = [(0.0, -2.0), (12.0, -2.0), (12.0, 10.0)].map(Point::from);
        assert_eq!(points.len(), expected.len());
        for (point, expected) in points.iter().zip(expected) {
            assert!((*point - expected).hypot() < 1e-9, "{points:?}");
        }
    }

    #[test]
    fn strips_fill_the_width() {
        for (name, strips) in ["dbl", "thickThin", "thinThick", "tri"].map(|n| (n, strips(n))) {
            let reach = |side: f64| {
                strips
                    .iter()
                    .map(|(middle, width)| side * middle + width / 2.0)
                    .fold(0.0, f64::max)
            };
            assert!(
                (reach(1.0) - 0.5).abs() < 1e-9 && (reach(-1.0) - 0.5).abs() < 1e-9,
                "{name}"
            );
        }
        assert!(strips("sng").is_empty());
    }
}
