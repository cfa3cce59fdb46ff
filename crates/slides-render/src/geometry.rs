//! Cleans geometry that comes from a deck before a library sees it.
use std::borrow::Cow;

use kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape};
use slides_scene::StrokeStyle;

/// Coordinates are held inside this distance of the origin, in points.
pub(crate) const MAX_COORDINATE: f64 = 1e6;

fn good(point: Point) -> bool {
    point.x.abs() <= MAX_COORDINATE && point.y.abs() <= MAX_COORDINATE
}

fn bring_in(point: Point) -> Point {
    Point::new(
        point.x.clamp(-MAX_COORDINATE, MAX_COORDINATE),
        point.y.clamp(-MAX_COORDINATE, MAX_COORDINATE),
    )
}

fn points(element: &PathEl) -> ([Point; 3], usize) {
    match *element {
        PathEl::MoveTo(a) | PathEl::LineTo(a) => ([a, a, a], 1),
        PathEl::QuadTo(a, b) => ([a, b, b], 2),
        PathEl::CurveTo(a, b, c) => ([a, b, c], 3),
        PathEl::ClosePath => ([Point::ZERO; 3], 0),
    }
}

/// A path that starts each part with a move, has finite, bounded coordinates and at most `max_elements` elements.
/// `None` when nothing is left. The flag says that elements were cut off.
pub(crate) fn clean_path(path: &BezPath, max_elements: usize) -> Option<(Cow<'_, BezPath>, bool)> {
    let elements = path.elements();
    let mut open = false;
    let clean = elements.len() <= max_elements
        && elements.iter().all(|element| {
            let (points, count) = points(element);
            match element {
                PathEl::MoveTo(_) => open = true,
                PathEl::ClosePath if !open => return false,
                _ => {}
            }
            open && points.iter().take(count).all(|&point| good(point))
        });
    if clean {
        return (elements.len() > 1).then_some((Cow::Borrowed(path), false));
    }
    let mut out = BezPath::new();
    let mut open = false;
    for element in elements.iter().take(max_elements) {
        let (points, count) = points(element);
        if points
            .iter()
            .take(count)
            .any(|point| !point.x.is_finite() || !point.y.is_finite())
        {
            continue;
        }
        let [a, b, c] = points.map(bring_in);
        match element {
            PathEl::MoveTo(_) => {
                out.move_to(a);
                open = true;
            }
            PathEl::ClosePath if !open => {}
            PathEl::ClosePath => out.close_path(),
            _ if !open => {
                let end = [a, b, c][count - 1];
                out.move_to(end);
                open = true;
            }
            PathEl::LineTo(_) => out.line_to(a),
            PathEl::QuadTo(..) => out.quad_to(a, b),
            PathEl::CurveTo(..) => out.curve_to(a, b, c),
        }
    }
    (out.elements().len() > 1).then_some((Cow::Owned(out), elements.len() > max_elements))
}

/// An invertible transform with bounded entries; `None` when what it draws cannot be seen.
pub(crate) fn clean_affine(affine: Affine) -> Option<Affine> {
    let coefficients = affine.as_coeffs();
    if coefficients
        .iter()
        .any(|value| !value.is_finite() || value.abs() > MAX_COORDINATE)
    {
        return None;
    }
    (affine.determinant().abs() > 1e-9).then_some(affine)
}

/// A rectangle with finite, bounded, ordered edges and some area.
pub(crate) fn clean_rect(rect: Rect) -> Option<Rect> {
    if !(rect.x0.is_finite() && rect.y0.is_finite() && rect.x1.is_finite() && rect.y1.is_finite()) {
        return None;
    }
    let (a, b) = (
        bring_in(Point::new(rect.x0, rect.y0)),
        bring_in(Point::new(rect.x1, rect.y1)),
    );
    let rect = Rect::from_points(a, b);
    (rect.width() > 1e-6 && rect.height() > 1e-6).then_some(rect)
}

/// Scale of a transform as a single number: the root of its area scale.
pub(crate) fn scale_of(affine: Affine) -> f64 {
    affine.determinant().abs().sqrt()
}

/// The stroke with sane values; dashes that are none, or too many for the path, are dropped (the flag says so).
pub(crate) fn clean_stroke(
    style: &StrokeStyle,
    path: &BezPath,
    max_dashes: usize,
) -> (kurbo::Stroke, bool) {
    let width = if style.width.is_finite() {
        style.width.clamp(0.0, MAX_COORDINATE)
    } else {
        1.0
    };
    let miter = if style.miter_limit.is_finite() {
        style.miter_limit.clamp(1.0, 1000.0)
    } else {
        8.0
    };
    let stroke = kurbo::Stroke::new(width)
        .with_caps(style.cap)
        .with_join(style.join)
        .with_miter_limit(miter);
    let usable = style.dashes.len() <= 64
        && style
            .dashes
            .iter()
            .all(|dash| dash.is_finite() && (0.0..=MAX_COORDINATE).contains(dash));
    let period: f64 = style.dashes.iter().sum();
    if style.dashes.is_empty() || !usable || period < 1e-3 {
        return (stroke, false);
    }
    let dashes = length_bound(path) / period * style.dashes.len() as f64;
    if dashes > max_dashes as f64 {
        return (stroke, true);
    }
    (stroke.with_dashes(0.0, style.dashes.iter().copied()), false)
}

/// An upper bound of a path's length: that of its control polygons.
fn length_bound(path: &BezPath) -> f64 {
    let (mut length, mut last, mut start) = (0.0, Point::ZERO, Point::ZERO);
    for element in path.elements() {
        let (points, count) = points(element);
        if let PathEl::MoveTo(point) = *element {
            (last, start) = (point, point);
            continue;
        }
        if matches!(element, PathEl::ClosePath) {
            length += last.distance(start);
            last = start;
        }
        for &point in points.iter().take(count) {
            length += last.distance(point);
            last = point;
        }
    }
    length
}

/// A rectangle as a path.
pub(crate) fn rect_path(rect: Rect) -> BezPath {
    rect.to_path(0.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_paths_pass_unchanged() {
        let path = rect_path(Rect::new(0.0, 0.0, 10.0, 10.0));
        assert!(matches!(
            clean_path(&path, 100),
            Some((Cow::Borrowed(_), false))
        ));
    }

    #[test]
    fn bad_points_are_dropped_or_brought_in() {
        let mut path = BezPath::new();
        path.move_to((0.0, 0.0));
        path.line_to((f64::NAN, 1.0));
        path.line_to((1e30, 1.0));
        path.line_to((f64::INFINITY, 1.0));
        let (cleaned, _) = clean_path(&path, 100).unwrap();
        assert_eq!(cleaned.elements().len(), 2);
        assert_eq!(cleaned.control_box().x1, MAX_COORDINATE);
        let headless =
            BezPath::from_vec(vec![PathEl::MoveTo((0.0, 0.0).into()), PathEl::ClosePath]);
        assert!(clean_path(&headless, 100).is_some());
        assert!(clean_path(&BezPath::new(), 100).is_none());
    }

    #[test]
    fn long_paths_are_cut() {
        let mut path = BezPath::new();
        path.move_to((0.0, 0.0));
        for at in 0..1000 {
            path.line_to((f64::from(at), 1.0));
        }
        let (cleaned, cut) = clean_path(&path, 100).unwrap();
        assert!(cut && cleaned.elements().len() == 100);
    }

    #[test]
    fn endless_dashes_become_solid() {
        let mut path = BezPath::new();
        path.move_to((-1e6, 0.0));
        path.line_to((1e6, 0.0));
        let mut style = StrokeStyle::new(1.0);
        style.dashes = vec![0.01, 0.01];
        let (stroke, dropped) = clean_stroke(&style, &path, 20_000);
        assert!(dropped && stroke.dash_pattern.is_empty());
        style.dashes = vec![f64::NAN];
        assert!(
            clean_stroke(&style, &path, 20_000)
                .0
                .dash_pattern
                .is_empty()
        );
        style.dashes = vec![1000.0, 1000.0];
        assert_eq!(clean_stroke(&style, &path, 20_000).0.dash_pattern.len(), 2);
    }

    #[test]
    fn flat_or_endless_transforms_are_refused() {
        assert!(clean_affine(Affine::scale(0.0)).is_none());
        assert!(clean_affine(Affine::translate((f64::NAN, 0.0))).is_none());
        assert!(clean_affine(Affine::rotate(0.3)).is_some());
        assert!(clean_rect(Rect::new(5.0, 5.0, 1.0, 1.0)).is_some_and(|rect| rect.x0 == 1.0));
        assert!(clean_rect(Rect::new(0.0, 0.0, f64::NAN, 1.0)).is_none());
    }
}
