//! Labels of slices: inside, at the end, outside with leader lines.

use kurbo::{Point, Rect, Vec2};
use slides_ooxml::model::Line;
use slides_ooxml::model::chart::{DataLabels, LabelPosition, Plot, PlotKind, Series};

use super::Chart;
use super::canvas::line_of;
use super::data::categories;
use super::labels::{Composed, Facts, labels_of};
use super::ring::{Ring, Slice, direction};
use super::title::series_name;

/// From the circle to a label, and from a label to what is outside of it.
const GAP: f64 = 4.4;
const MARGIN: f64 = 5.2;
/// Widest label in parts of the chart's width.
const MOST_WIDTH: f64 = 0.2;
/// A label this far from where it wants to stand is joined to its slice by a line.
const LEADER_FROM: f64 = 6.0;

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
}

impl One {
    /// Width and height of the text.
    fn size(&self) -> (f64, f64) {
        let label = &self.composed.label;
        (label.width, label.text_height())
    }
}

/// Labels of one ring, by slice.
pub(super) struct RingLabels {
    all: Vec<Option<One>>,
    leader: Option<Line>,
}

impl RingLabels {
    /// Composes the labels of a ring's slices.
    pub(super) fn new(chart: &Chart<'_>, plot: &Plot, series: &Series, slices: &[Slice]) -> Self {
        let Some(labels) = labels_of(plot, series) else {
            return Self {
                all: slices.iter().map(|_| None).collect(),
                leader: None,
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
            .map(|slice| one(chart, plot, series, labels, slice))
            .collect();
        Self { all, leader }
    }

    /// The largest radius in a room with which labels at the end still fit around the circle.
    pub(super) fn radius(&self, room: Rect, slices: &[Slice], edge: f64) -> f64 {
        let (half_width, half_height) = (room.width() / 2.0, room.height() / 2.0);
        let smaller = half_width.min(half_height);
        let mut radius = smaller - edge;
        for (one, slice) in self.all.iter().zip(slices) {
            let Some(one) = one else { continue };
            if !matches!(
                one.position,
                LabelPosition::BestFit | LabelPosition::OutsideEnd
            ) {
                continue;
            }
            // One line fits above and below even where no slice needs it there.
            radius = radius.min(half_height - (MARGIN + one.composed.style.text_height() + GAP));
            if one.position == LabelPosition::OutsideEnd {
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
        radius.max(0.25 * smaller).max(1.0)
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
            let at_end = |sign: f64| {
                let beside = Vec2::new(sign * along.x * half.x, sign * along.y * half.y);
                let mut center = ring.center + along * (ring.outer + sign * GAP) + beside;
                // A wide label off the axes would still touch the circle with its corner.
                for _ in 0..64 {
                    if sign < 0.0 || is_clear(center, half, ring) {
                        break;
                    }
                    center += along;
                }
                center
            };
            let middle = ring.center + along * f64::midpoint(ring.inner, ring.outer);
            let (center, is_outside) = match one.position {
                _ if outside == Outside::Never => (middle, false),
                LabelPosition::OutsideEnd => (at_end(1.0), true),
                LabelPosition::InsideEnd => (at_end(-1.0), false),
                LabelPosition::BestFit => {
                    let inside = at_end(-1.0);
                    if fits(inside, half, ring, slice) {
                        (inside, false)
                    } else {
                        (at_end(1.0), true)
                    }
                }
                _ => (middle, false),
            };
            placed.push(Standing {
                one,
                center,
                wanted: center,
                half,
                foot: ring.center + along * ring.outer,
                side: along.x >= 0.0,
                ring: *ring,
                is_outside: is_outside && one.composed.shift.is_none(),
            });
        }
        for side in [true, false] {
            spread(&mut placed, side, chart.size.height);
        }
        // What was moved down or up may lie over the circle: it makes way to its side.
        for standing in placed.iter_mut().filter(|standing| standing.is_outside) {
            let step = if standing.side { 1.0 } else { -1.0 };
            for _ in 0..64 {
                if is_clear(standing.center, standing.half, &standing.ring) {
                    break;
                }
                standing.center.x += step;
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
        let rect = Rect::from_center_size(
            standing.center,
            (2.0 * standing.half.x, 2.0 * standing.half.y),
        );
        if !moved || rect.inflate(2.0, 2.0).contains(standing.foot) {
            return;
        }
        // To the middle of the side that looks at the slice.
        let away = standing.foot - standing.center;
        let end = if away.x.abs() > standing.half.x {
            Point::new(
                standing.center.x + away.x.signum() * (standing.half.x + 1.5),
                standing.center.y,
            )
        } else {
            Point::new(
                standing.center.x,
                standing.center.y + away.y.signum() * (standing.half.y + 1.5),
            )
        };
        chart.segment(standing.foot, end, line);
    }
}

struct Standing<'l> {
    one: &'l One,
    center: Point,
    wanted: Point,
    half: Vec2,
    foot: Point,
    side: bool,
    ring: Ring,
    is_outside: bool,
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

/// Moves labels outside of one half of the circle apart, where they would lie over each other.
fn spread(all: &mut [Standing<'_>], side: bool, height: f64) {
    let mut order: Vec<usize> = all
        .iter()
        .enumerate()
        .filter(|(_, standing)| standing.is_outside && standing.side == side)
        .map(|(index, _)| index)
        .collect();
    let y = |all: &[Standing<'_>], index: usize| all.get(index).map_or(0.0, |s| s.center.y);
    order.sort_by(|a, b| y(all, *a).total_cmp(&y(all, *b)));
    let overlap = |above: &Standing<'_>, below: &Standing<'_>| {
        let near = (above.center.x - below.center.x).abs() < above.half.x + below.half.x;
        near.then_some(above.center.y + above.half.y + below.half.y - below.center.y)
    };
    for upwards in [false, true] {
        if upwards {
            order.reverse();
        }
        for pair in order.windows(2) {
            let &[fixed, moved] = pair else { continue };
            let (Some(one), Some(other)) = (all.get(fixed), all.get(moved)) else {
                continue;
            };
            let needed = if upwards {
                overlap(other, one)
            } else {
                overlap(one, other)
            };
            let Some(needed) = needed.filter(|needed| *needed > 0.0) else {
                continue;
            };
            if let Some(moved) = all.get_mut(moved) {
                moved.center.y += if upwards { -needed } else { needed };
            }
        }
        // What ran over the bottom is pushed back from there.
        if !upwards && let Some(last) = order.last().and_then(|last| all.get_mut(*last)) {
            last.center.y = last.center.y.min(height - last.half.y);
        }
    }
}

fn draw_one(chart: &mut Chart<'_>, one: &One, center: Point) {
    let (w, h) = one.size();
    chart.put_label(&one.composed, center.x - w / 2.0, center.y - h / 2.0);
}

fn one(
    chart: &Chart<'_>,
    plot: &Plot,
    series: &Series,
    labels: &DataLabels,
    slice: &Slice,
) -> Option<One> {
    let round = matches!(plot.kind, PlotKind::Pie { .. } | PlotKind::OfPie { .. });
    let moved = slice.index >= series.values.count;
    let facts = Facts {
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
