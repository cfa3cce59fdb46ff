//! Pies with depth: a disc seen from above its front edge.

use std::f64::consts::{PI, TAU};

use kurbo::{Affine, Arc as EllipticArc, BezPath, Point, Rect, Shape as _, Vec2};
use slides_ooxml::model::chart::Plot;

use super::Chart;
use super::canvas::Look;
use super::depth::darker;
use super::ring::{Ring, Slice, direction, outline};

/// Turn of a view that says nothing, in degrees.
const ROTATION_X: f64 = 30.0;
/// Thickness of the disc in parts of its radius.
const THICKNESS: f64 = 0.25;
/// How dark the rim and the cut sides are.
const RIM: f64 = 0.25;
const CUT: f64 = 0.4;
/// Steepest steps of arcs that are drawn as curves.
const TOLERANCE: f64 = 0.02;

/// How a disc is seen: circles become flatter about its middle, and its rim shows below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slab {
    /// Height of a circle in parts of its width.
    pub flat: f64,
    /// What is seen of the rim in parts of the radius.
    pub rim: f64,
}

impl Slab {
    /// A disc from straight above.
    pub(super) const FLAT: Self = Self {
        flat: 1.0,
        rim: 0.0,
    };

    /// How the view of a chart shows the disc of a plot.
    pub(super) fn of(chart: &Chart<'_>, plot: &Plot) -> Self {
        if plot.gap_depth.is_none() {
            return Self::FLAT;
        }
        let view = chart.space.view_3d.as_ref();
        let turn = view.and_then(|view| view.rotation_x).unwrap_or(ROTATION_X);
        let (sin, cos) = turn.clamp(10.0, 90.0).to_radians().sin_cos();
        Self {
            flat: sin,
            rim: THICKNESS * cos,
        }
    }

    /// The room as it would be for a circle seen from straight above.
    pub(super) fn unfolded(self, room: Rect) -> Rect {
        let center = room.center();
        let height = room.height() / (self.flat + self.rim / 2.0);
        Rect::from_center_size(center, (room.width(), height))
    }

    /// A place on the disc as it is seen; `middle` is the disc's.
    pub(super) fn seen(self, place: Point, middle: f64) -> Point {
        Point::new(place.x, middle + (place.y - middle) * self.flat)
    }

    /// Paints slices, those farther behind first.
    pub(super) fn paint(
        self,
        chart: &mut Chart<'_>,
        slices: &[Slice],
        rings: &[Ring],
        looks: &[Look],
        middle: f64,
    ) {
        let mut order: Vec<((&Slice, &Ring), &Look)> =
            slices.iter().zip(rings).zip(looks).collect();
        order.sort_by(|((a, _), _), ((b, _), _)| {
            direction(a.middle()).y.total_cmp(&direction(b.middle()).y)
        });
        let mut pieces = Vec::new();
        for ((slice, ring), look) in order {
            let shaded = |dark| Look {
                fill: look.fill.as_ref().map(|fill| darker(fill, dark)),
                line: look.line.clone(),
                effects: None,
            };
            let down = Vec2::new(0.0, ring.outer * self.rim);
            for angle in [slice.start, slice.start + slice.sweep] {
                if slice.sweep < TAU - 1e-9 {
                    let edge = ring.center + direction(angle) * ring.outer;
                    let ends = [ring.center, edge].map(|end| self.seen(end, middle));
                    let [a, b] = ends;
                    let mut path = BezPath::new();
                    path.move_to(a);
                    for corner in [b, b + down, a + down] {
                        path.line_to(corner);
                    }
                    path.close_path();
                    let bounds = path.bounding_box();
                    pieces.push((path, shaded(CUT), bounds));
                }
            }
            for (from, to) in front(slice) {
                let path = self.rim_of(ring, from, to, down, middle);
                let bounds = path.bounding_box();
                pieces.push((path, shaded(RIM), bounds));
            }
            let flatten = Affine::translate((0.0, middle))
                * Affine::scale_non_uniform(1.0, self.flat)
                * Affine::translate((0.0, -middle));
            let path = flatten * outline(*ring, slice);
            let bounds = path.bounding_box();
            pieces.push((path, look.clone(), bounds));
        }
        chart.pieces(pieces);
    }

    fn rim_of(self, ring: &Ring, from: f64, to: f64, down: Vec2, middle: f64) -> BezPath {
        let center = self.seen(ring.center, middle);
        let radii = (ring.outer, ring.outer * self.flat);
        let arc = |center: Point, from: f64, sweep: f64| {
            EllipticArc::new(center, radii, from - PI / 2.0, sweep, 0.0)
        };
        let at = |angle: f64| self.seen(ring.center + direction(angle) * ring.outer, middle);
        let mut path = BezPath::new();
        path.move_to(at(from));
        path.extend(arc(center, from, to - from).append_iter(TOLERANCE));
        path.line_to(at(to) + down);
        path.extend(arc(center + down, to, from - to).append_iter(TOLERANCE));
        path.close_path();
        path
    }
}

/// The parts of a slice's edge that look to the front: from a quarter to three quarters of a turn.
fn front(slice: &Slice) -> Vec<(f64, f64)> {
    let end = slice.start + slice.sweep;
    (-1..=1)
        .map(|turn| {
            let shift = f64::from(turn) * TAU;
            (
                slice.start.max(PI / 2.0 + shift),
                end.min(3.0 * PI / 2.0 + shift),
            )
        })
        .filter(|(from, to)| to - from > 1e-9)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(start: f64, sweep: f64) -> Slice {
        Slice {
            index: 0,
            start,
            sweep,
            share: sweep / TAU,
        }
    }

    #[test]
    fn only_the_lower_half_of_the_edge_is_seen() {
        assert!(front(&slice(0.0, PI / 4.0)).is_empty());
        assert_eq!(front(&slice(0.0, TAU)), [(PI / 2.0, 3.0 * PI / 2.0)]);
        // Over the end of a turn into the next one.
        let next = front(&slice(1.75 * PI, PI));
        assert_eq!(next.len(), 1);
        assert!((next[0].1 - next[0].0 - PI / 4.0).abs() < 1e-9);
    }

    #[test]
    fn circles_become_flatter_about_the_middle() {
        let slab = Slab {
            flat: 0.5,
            rim: 0.2,
        };
        assert_eq!(
            slab.seen(Point::new(3.0, 20.0), 10.0),
            Point::new(3.0, 15.0)
        );
        let room = slab.unfolded(Rect::new(0.0, 0.0, 100.0, 60.0));
        assert_eq!(room.height(), 100.0);
        assert_eq!(Slab::FLAT.unfolded(room), room);
    }
}
