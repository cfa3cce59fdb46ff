//! Labels of slices: inside, at the end, outside with leader lines.

use kurbo::{Point, Rect, Vec2};
use slides_ooxml::model::Line;
use slides_ooxml::model::chart::{DataLabels, LabelPosition, Plot, PlotKind, Series};

use super::Chart;
use super::canvas::line_of;
use super::data::categories;
use super::labels::{Composed, Facts, labels_of};
use super::ring::{Ring, Slice, direction};
use super::slab::Slab;
use super::title::series_name;

/// From the circle to a label, and from a label to what is outside of it.
const GAP: f64 = 4.4;
const MARGIN: f64 = 5.2;
/// Widest label in parts of the chart's width.
const MOST_WIDTH: f64 = 0.2;
/// A label this far from where it wants to stand is joined to its slice by a line.
const LEADER_FROM: f64 = 6.0;

/// Between labels that were pushed apart.
const APART: f64 = 1.0;
/// Labels that are pushed apart, and how often each may be moved.
const MAX_PUSHED: usize = 200;
const MAX_ROUNDS: usize = 600;

/// How far from the circle a label that fits best looks for room, in parts of the radius.
const MOST_INWARDS: f64 = 0.4;
const INWARD_STEPS: u32 = 16;

/// Whether labels may stand outside of their slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outside {
    Allowed,
    Never,
}

struct One {
    index: usize,
    composed: Composed,
    position: LabelPosition,
    slab: Slab,
}

impl One {
    /// Width and height of the text, as they would be on a disc seen from straight above.
    fn size(&self) -> (f64, f64) {
        let (w, h) = self.composed.size();
        (w, h / self.slab.flat)
    }
}

/// Labels of one ring, by slice.
pub(super) struct RingLabels {
    all: Vec<Option<One>>,
    leader: Option<Line>,
    slab: Slab,
    /// Height of the disc's middle, about which it is flattened.
    pub middle: f64,
}

impl RingLabels {
    /// Composes the labels of a ring's slices.
    pub(super) fn new(
        chart: &Chart<'_>,
        plot: &Plot,
        series: &Series,
        slices: &[Slice],
        slab: Slab,
    ) -> Self {
        let Some(labels) = labels_of(plot, series) else {
            return Self {
                all: slices.iter().map(|_| None).collect(),
                leader: None,
                slab,
                middle: 0.0,
            };
        };
        let leader = labels.show_leader_lines.then(|| {
            let shape = labels
                .leader_lines
                .as_ref()
                .and_then(|lines| lines.shape.as_deref());
            line_of(shape, &chart.style.other_line())
        });
        let all = slices
            .iter()
            .map(|slice| one(chart, plot, series, labels, slice, slab))
            .collect();
        Self {
            all,
            leader,
            slab,
            middle: 0.0,
        }
    }

    /// The largest radius in a room with which labels at the end still fit around the circle.
    pub(super) fn radius(&self, room: Rect, slices: &[Slice], edge: f64) -> f64 {
        let (half_width, half_height) = (room.width() / 2.0, room.height() / 2.0);
        let smaller = half_width.min(half_height);
        let mut radius = smaller - edge;
        for one in self.all.iter().flatten() {
            if !matches!(
                one.position,
                LabelPosition::BestFit | LabelPosition::OutsideEnd
            ) {
                continue;
            }
            // One line fits above and below even where no slice needs it there.
            let line = one.composed.style.text_height() / self.slab.flat;
            radius = radius.min(half_height - (MARGIN + line + GAP));
        }
        let least = (0.25 * smaller).max(1.0);
        // What stands outside makes the circle smaller, which may turn more labels out.
        for _ in 0..3 {
            let ring = Ring {
                center: room.center(),
                inner: 0.0,
                outer: radius.max(least),
            };
            for (one, slice) in self.all.iter().zip(slices) {
                let Some(one) = one else { continue };
                let is_outside = match one.position {
                    LabelPosition::OutsideEnd => true,
                    LabelPosition::BestFit => best_inside(one, &ring, slice).is_none(),
                    _ => false,
                };
                if !is_outside {
                    continue;
                }
                let along = direction(slice.middle());
                let (w, h) = one.size();
                if along.x.abs() > 0.05 {
                    radius = radius.min((half_width - MARGIN - w) / along.x.abs() - GAP);
                }
                if along.y.abs() > 0.05 {
                    radius = radius.min((half_height - MARGIN - h) / along.y.abs() - GAP);
                }
            }
        }
        radius.max(least)
    }

    /// Draws the labels of slices, each about its own ring.
    pub(super) fn draw(
        &self,
        chart: &mut Chart<'_>,
        slices: &[Slice],
        rings: &[Ring],
        outside: Outside,
    ) {
        let mut placed: Vec<Standing<'_>> = Vec::new();
        for ((one, slice), ring) in self.all.iter().zip(slices).zip(rings) {
            let Some(one) = one else { continue };
            let along = direction(slice.middle());
            let (w, h) = one.size();
            let half = Vec2::new(w / 2.0, h / 2.0);
            let middle = ring.center + along * f64::midpoint(ring.inner, ring.outer);
            let outer = outside_of(slice.middle(), half, ring);
            let (center, is_outside) = match one.position {
                _ if outside == Outside::Never => (middle, false),
                LabelPosition::OutsideEnd => (outer, true),
                LabelPosition::InsideEnd => (inside_end(slice.middle(), half, ring), false),
                LabelPosition::BestFit => match best_inside(one, ring, slice) {
                    Some(inside) => (inside, false),
                    None => (outer, true),
                },
                _ => (middle, false),
            };
            placed.push(Standing {
                one,
                center,
                wanted: center,
                half,
                angle: slice.middle(),
                foot: ring.center + along * ring.outer,
                ring: *ring,
                is_outside: is_outside && one.composed.shift.is_none(),
            });
        }
        let frame = Rect::from_origin_size(Point::ORIGIN, chart.size);
        if self.slab == Slab::FLAT {
            push_apart(&mut placed, frame);
        } else {
            let middle = self.middle;
            let unfold = |y: f64| middle + (y - middle) / self.slab.flat;
            let frame = Rect::new(frame.x0, unfold(frame.y0), frame.x1, unfold(frame.y1));
            push_apart(&mut placed, frame);
            for standing in &mut placed {
                for place in [
                    &mut standing.center,
                    &mut standing.wanted,
                    &mut standing.foot,
                ] {
                    *place = self.slab.seen(*place, middle);
                }
                standing.half.y *= self.slab.flat;
                // In front of the disc labels stand below its rim.
                if standing.is_outside && standing.center.y > middle {
                    let down = Vec2::new(0.0, standing.ring.outer * self.slab.rim);
                    standing.center += down;
                    standing.wanted += down;
                }
            }
        }
        for standing in &mut placed {
            if let Some((x, y)) = standing.one.composed.shift {
                standing.center += Vec2::new(x, y);
            }
        }
        for standing in &placed {
            self.leader(chart, standing);
            draw_one(chart, standing.one, standing.center);
        }
    }

    /// Draws the label of a part of a bar in its middle.
    pub(super) fn draw_in(&self, chart: &mut Chart<'_>, slice: &Slice, rect: Rect) {
        let found = self
            .all
            .iter()
            .flatten()
            .find(|one| one.index == slice.index);
        if let Some(one) = found {
            draw_one(chart, one, rect.center());
        }
    }

    fn leader(&self, chart: &mut Chart<'_>, standing: &Standing<'_>) {
        let Some(line) = &self.leader else { return };
        let moved = (standing.center - standing.wanted).hypot() > LEADER_FROM;
        if !moved || standing.rect().inflate(2.0, 2.0).contains(standing.foot) {
            return;
        }
        // To the middle of the side that is nearest to the slice.
        let (center, half) = (standing.center, standing.half);
        let sides = [
            Vec2::new(half.x + 1.5, 0.0),
            Vec2::new(-half.x - 1.5, 0.0),
            Vec2::new(0.0, half.y + 1.5),
            Vec2::new(0.0, -half.y - 1.5),
        ];
        let far = |side: &Vec2| (center + *side - standing.foot).hypot();
        let nearest = sides
            .into_iter()
            .min_by(|a, b| far(a).total_cmp(&far(b)))
            .unwrap_or_default();
        let end = center + nearest;
        chart.segment(standing.foot, end, line);
    }
}

struct Standing<'l> {
    one: &'l One,
    center: Point,
    wanted: Point,
    half: Vec2,
    /// Where around the circle it stands, and where on the circle its slice is.
    angle: f64,
    foot: Point,
    ring: Ring,
    is_outside: bool,
}

impl Standing<'_> {
    fn rect(&self) -> Rect {
        Rect::from_center_size(self.center, (2.0 * self.half.x, 2.0 * self.half.y))
    }
}

/// Beside the circle at an angle.
fn outside_of(angle: f64, half: Vec2, ring: &Ring) -> Point {
    let along = direction(angle);
    let beside = Vec2::new(along.x * half.x, along.y * half.y);
    let mut center = ring.center + along * (ring.outer + GAP) + beside;
    // A wide label off the axes would still touch the circle with its corner.
    for _ in 0..64 {
        if is_clear(center, half, ring) {
            break;
        }
        center += along;
    }
    center
}

/// Inside the circle at an angle, next to its edge.
fn inside_end(angle: f64, half: Vec2, ring: &Ring) -> Point {
    let along = direction(angle);
    let beside = Vec2::new(along.x * half.x, along.y * half.y);
    ring.center + along * (ring.outer - GAP) - beside
}

/// Where a label fits into its slice: as near to the circle as it can.
fn best_inside(one: &One, ring: &Ring, slice: &Slice) -> Option<Point> {
    let (w, h) = one.size();
    let half = Vec2::new(w / 2.0, h / 2.0);
    let end = inside_end(slice.middle(), half, ring);
    let inwards = direction(slice.middle()) * (ring.outer * MOST_INWARDS / f64::from(INWARD_STEPS));
    (0..=INWARD_STEPS)
        .map(|step| end - inwards * f64::from(step))
        .find(|place| fits(*place, half, ring, slice))
}

/// Whether a box about a point lies outside of a circle.
fn is_clear(center: Point, half: Vec2, ring: &Ring) -> bool {
    let away = center - ring.center;
    let near = Vec2::new(
        (away.x.abs() - half.x).max(0.0),
        (away.y.abs() - half.y).max(0.0),
    );
    near.hypot() >= ring.outer + 1.0
}

/// Whether a box about a point lies in a slice.
pub(super) fn fits(center: Point, half: Vec2, ring: &Ring, slice: &Slice) -> bool {
    let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
    corners.iter().all(|(x, y)| {
        let away = center + Vec2::new(x * half.x, y * half.y) - ring.center;
        let angle = away.x.atan2(-away.y);
        let turned = (angle - slice.start).rem_euclid(std::f64::consts::TAU);
        let length = away.hypot();
        length <= ring.outer && length >= ring.inner && turned <= slice.sweep
    })
}

/// Moves labels outside of the circle apart along it, where they would lie over each other.
fn push_apart(all: &mut [Standing<'_>], frame: Rect) {
    let mut order: Vec<usize> = (0..all.len())
        .filter(|index| all.get(*index).is_some_and(|one| one.is_outside))
        .collect();
    if order.len() < 2 || order.len() > MAX_PUSHED {
        return;
    }
    let angle = |all: &[Standing<'_>], index: usize| all.get(index).map_or(0.0, |s| s.angle);
    order.sort_by(|a, b| angle(all, *a).total_cmp(&angle(all, *b)));
    let next = order.iter().skip(1).chain(order.first()).copied();
    let pairs: Vec<(usize, usize)> = order.iter().copied().zip(next).collect();
    for _ in 0..MAX_ROUNDS {
        let mut settled = true;
        for (before, after) in &pairs {
            let (Some(one), Some(other)) = (all.get(*before), all.get(*after)) else {
                continue;
            };
            let (a, b) = (one.rect(), other.rect());
            if before == after || !a.inflate(APART, APART).overlaps(b) {
                continue;
            }
            settled = false;
            // Both make way, by about a point of the circle.
            let step = 0.5 / one.ring.outer.max(4.0);
            for (index, step) in [(before, -step), (after, step)] {
                if let Some(moved) = all.get_mut(*index) {
                    moved.angle += step;
                    moved.center = held(
                        outside_of(moved.angle, moved.half, &moved.ring),
                        moved.half,
                        frame,
                    );
                }
            }
        }
        if settled {
            break;
        }
    }
}

/// A middle moved so that its box stays in a frame.
fn held(center: Point, half: Vec2, frame: Rect) -> Point {
    let hold = |at: f64, half: f64, from: f64, to: f64| {
        at.min(to - half)
            .max((from + half).min(f64::midpoint(from, to)))
    };
    Point::new(
        hold(center.x, half.x, frame.x0, frame.x1),
        hold(center.y, half.y, frame.y0, frame.y1),
    )
}

fn draw_one(chart: &mut Chart<'_>, one: &One, center: Point) {
    let (w, h) = one.composed.size();
    chart.put_label(&one.composed, center.x - w / 2.0, center.y - h / 2.0);
}

fn one(
    chart: &Chart<'_>,
    plot: &Plot,
    series: &Series,
    labels: &DataLabels,
    slice: &Slice,
    slab: Slab,
) -> Option<One> {
    let round = matches!(plot.kind, PlotKind::Pie { .. } | PlotKind::OfPie { .. });
    let moved = slice.index >= series.values.count;
    let facts = Facts {
        plot: Some(plot),
        series,
        series_name: series_name(series, series.order as usize),
        index: slice.index,
        category: if moved {
            "Other".to_owned()
        } else {
            chart.category_text(categories(std::iter::once(plot)), slice.index, None)
        },
        value: if moved {
            Some(rest(series, slice))
        } else {
            series.values.get(slice.index)
        },
        share: Some(slice.share),
        bubble: None,
        separator: "\n",
    };
    let width = (MOST_WIDTH * chart.size.width).max(24.0);
    let composed = chart.data_label(labels, &facts, Some(width))?;
    let default = if round {
        LabelPosition::BestFit
    } else {
        LabelPosition::Center
    };
    Some(One {
        index: slice.index,
        position: composed.position.unwrap_or(default),
        composed,
        slab,
    })
}

/// The sum that a slice of several points stands for.
fn rest(series: &Series, slice: &Slice) -> f64 {
    let whole: f64 = (series.values.points.iter())
        .map(|(_, value)| value.abs())
        .sum();
    whole * slice.share
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn a_label_fits_where_all_its_corners_lie_in_the_slice() {
        let ring = Ring {
            center: Point::new(100.0, 100.0),
            inner: 0.0,
            outer: 90.0,
        };
        let slice = |sweep| Slice {
            index: 0,
            start: 0.0,
            sweep,
            share: sweep / TAU,
        };
        let half = Vec2::new(15.0, 6.0);
        let quarter = slice(TAU / 4.0);
        let place = |slice: &Slice| ring.center + direction(slice.middle()) * 60.0;
        assert!(fits(place(&quarter), half, &ring, &quarter));
        let thin = slice(TAU / 40.0);
        assert!(!fits(place(&thin), half, &ring, &thin));
        let far = ring.center + direction(quarter.middle()) * 85.0;
        assert!(!fits(far, half, &ring, &quarter));
    }
}
