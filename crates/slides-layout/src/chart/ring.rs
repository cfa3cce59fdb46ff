//! Pies, doughnuts, pies of pies: slices clockwise from 12 o'clock.

use std::f64::consts::{PI, TAU};

use kurbo::{Arc as EllipticArc, BezPath, Point, Rect, Vec2};
use slides_ooxml::model::Line;
use slides_ooxml::model::chart::{PieSplit, Plot, PlotKind, Series};

use super::Chart;
use super::canvas::line_of;
use super::data::ordered;
use super::ring_labels::{Outside, RingLabels};
use super::slab::Slab;

/// Slices of one ring that are drawn.
const MAX_SLICES: usize = 4_000;
/// From the plot's room to the circle where no label needs more.
const EDGE: f64 = 11.0;
/// Steepest steps of arcs that are drawn as curves.
const TOLERANCE: f64 = 0.02;

/// A circle or ring around a middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ring {
    pub center: Point,
    pub inner: f64,
    pub outer: f64,
}

/// One slice: angles in radians clockwise from 12 o'clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slice {
    /// Index of the point; the count of points stands for those moved to the second plot.
    pub index: usize,
    pub start: f64,
    pub sweep: f64,
    /// Share of the whole, 0 to 1.
    pub share: f64,
}

impl Slice {
    pub(super) fn middle(&self) -> f64 {
        self.start + self.sweep / 2.0
    }
}

/// The direction of an angle clockwise from 12 o'clock.
pub(super) fn direction(angle: f64) -> Vec2 {
    Vec2::new(angle.sin(), -angle.cos())
}

/// Magnitudes over the largest one, so that no sum passes what a double holds.
fn magnitudes(series: &Series) -> Vec<(usize, f64)> {
    let values: Vec<(usize, f64)> = (0..series.values.count.min(MAX_SLICES))
        .filter_map(|index| Some((index, series.values.get(index)?.abs())))
        .filter(|(_, value)| value.is_finite() && *value > 0.0)
        .collect();
    let most = values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    values
        .into_iter()
        .map(|(index, value)| (index, value / most))
        .collect()
}

/// Slices of values that share a turn.
fn slices(values: &[(usize, f64)], start: f64) -> Vec<Slice> {
    let whole: f64 = values.iter().map(|(_, value)| value).sum();
    let mut at = start;
    values
        .iter()
        .map(|(index, value)| {
            let share = value / whole.max(f64::MIN_POSITIVE);
            let slice = Slice {
                index: *index,
                start: at,
                sweep: share * TAU,
                share,
            };
            at += slice.sweep;
            slice
        })
        .collect()
}

/// Outline of a slice of a ring.
pub(super) fn outline(ring: Ring, slice: &Slice) -> BezPath {
    let full = slice.sweep >= TAU - 1e-9;
    let arc = |radius: f64, from: f64, sweep: f64| {
        EllipticArc::new(ring.center, (radius, radius), from - PI / 2.0, sweep, 0.0)
            .append_iter(TOLERANCE)
    };
    let at = |radius: f64, angle: f64| ring.center + direction(angle) * radius;
    let end = slice.start + slice.sweep;
    let mut path = BezPath::new();
    if full || ring.inner > 0.0 {
        path.move_to(at(ring.outer, slice.start));
    } else {
        path.move_to(ring.center);
        path.line_to(at(ring.outer, slice.start));
    }
    path.extend(arc(ring.outer, slice.start, slice.sweep));
    if ring.inner > 0.0 {
        if full {
            path.close_path();
            path.move_to(at(ring.inner, end));
        } else {
            path.line_to(at(ring.inner, end));
        }
        path.extend(arc(ring.inner, end, -slice.sweep));
    }
    path.close_path();
    path
}

/// Explosion of a point in parts of the radius.
fn explosion(series: &Series, index: usize) -> f64 {
    series
        .point(index)
        .and_then(|point| point.explosion)
        .unwrap_or(series.explosion)
        .max(0.0)
        / 100.0
}

/// Draws the pies and doughnuts of a plot area into the room that title and legend leave.
pub(super) fn draw<'a>(chart: &mut Chart<'a>, plot: &'a Plot, room: Rect) {
    let room = manual(chart, room);
    match plot.kind {
        PlotKind::Pie { first_slice } => pie(chart, plot, room.0, room.1, first_slice),
        PlotKind::Doughnut {
            first_slice,
            hole_size,
        } => doughnut(chart, plot, room.0, room.1, first_slice, hole_size),
        PlotKind::OfPie {
            bar,
            split,
            second_size,
            gap_width,
        } => of_pie(chart, plot, room.0, bar, split, second_size, gap_width),
        _ => {}
    }
}

/// The room, and whether the file gives it: then the circle fills it.
fn manual(chart: &Chart<'_>, room: Rect) -> (Rect, bool) {
    match chart.space.plot_area.layout {
        Some(layout) if layout.w.is_some() && layout.h.is_some() => {
            (super::title::manual_rect(&layout, chart.size, room), true)
        }
        _ => (room, false),
    }
}

fn plot_background(chart: &mut Chart<'_>, ring: Rect) {
    let look = super::canvas::Look::of(
        chart.space.plot_area.shape.as_deref(),
        super::canvas::Look::default(),
    );
    chart.rect(ring, &look);
}

fn square(center: Point, radius: f64) -> Rect {
    Rect::from_center_size(center, (2.0 * radius, 2.0 * radius))
}

fn pie<'a>(chart: &mut Chart<'a>, plot: &'a Plot, room: Rect, fixed: bool, first_slice: f64) {
    // A pie shows its first series only.
    let Some(series) = ordered(plot).into_iter().next() else {
        return;
    };
    let slices = slices(&magnitudes(series), first_slice.to_radians());
    let slab = Slab::of(chart, plot);
    let mut labels = RingLabels::new(chart, plot, series, &slices, slab);
    let unfolded = slab.unfolded(room);
    let smaller = unfolded.width().min(unfolded.height());
    let exploded = slices
        .iter()
        .map(|slice| explosion(series, slice.index))
        .fold(0.0, f64::max);
    let full = if fixed {
        smaller / 2.0
    } else {
        labels.radius(unfolded, &slices, EDGE)
    };
    let outer = (full / (1.0 + exploded)).max(1.0);
    // The rim below takes its share of the height.
    let center = room.center() - Vec2::new(0.0, slab.rim * outer / 2.0);
    labels.middle = center.y;
    plot_background(chart, square(center, full.max(1.0)));
    let ring_of = |slice: &Slice| Ring {
        center: center + direction(slice.middle()) * (explosion(series, slice.index) * outer),
        inner: 0.0,
        outer,
    };
    let rings: Vec<Ring> = slices.iter().map(ring_of).collect();
    if slab == Slab::FLAT {
        paint(chart, plot, series, &rings, &slices);
    } else {
        let looks: Vec<_> = slices
            .iter()
            .map(|slice| chart.point_look(plot, series, slice.index))
            .collect();
        slab.paint(chart, &slices, &rings, &looks, center.y);
    }
    labels.draw(chart, &slices, &rings, Outside::Allowed);
}

fn paint(chart: &mut Chart<'_>, plot: &Plot, series: &Series, rings: &[Ring], slices: &[Slice]) {
    let pieces: Vec<_> = slices
        .iter()
        .zip(rings)
        .map(|(slice, ring)| {
            let look = chart.point_look(plot, series, slice.index);
            (outline(*ring, slice), look, square(ring.center, ring.outer))
        })
        .collect();
    chart.pieces(pieces);
}

fn doughnut<'a>(
    chart: &mut Chart<'a>,
    plot: &'a Plot,
    room: Rect,
    fixed: bool,
    first_slice: f64,
    hole_size: f64,
) {
    let rings = ordered(plot);
    let rings: Vec<&Series> = rings.into_iter().take(255).collect();
    if rings.is_empty() {
        return;
    }
    let edge = if fixed { 0.0 } else { EDGE };
    let full = (room.width().min(room.height()) / 2.0 - edge).max(1.0);
    // Only the outermost ring can be drawn apart.
    let last = rings.len() - 1;
    let exploded = |index: usize, slice: usize| {
        rings
            .get(index)
            .filter(|_| index == last)
            .map_or(0.0, |series| explosion(series, slice))
    };
    let all: Vec<Vec<Slice>> = rings
        .iter()
        .map(|series| slices(&magnitudes(series), first_slice.to_radians()))
        .collect();
    let most = all
        .iter()
        .enumerate()
        .flat_map(|(ring, slices)| slices.iter().map(move |slice| (ring, slice.index)))
        .map(|(ring, slice)| exploded(ring, slice))
        .fold(0.0, f64::max);
    let outer = full / (1.0 + most);
    let hole = outer * (hole_size / 100.0).clamp(0.01, 0.9);
    let step = (outer - hole) / rings.len() as f64;
    let center = room.center();
    plot_background(chart, square(center, full));
    let mut labelled = Vec::new();
    for (index, (series, slices)) in rings.iter().zip(&all).enumerate() {
        let inner = hole + step * index as f64;
        let of: Vec<Ring> = slices
            .iter()
            .map(|slice| Ring {
                center: center + direction(slice.middle()) * (exploded(index, slice.index) * outer),
                inner,
                outer: inner + step,
            })
            .collect();
        paint(chart, plot, series, &of, slices);
        labelled.push((RingLabels::new(chart, plot, series, slices, Slab::FLAT), of));
    }
    for ((labels, of), slices) in labelled.iter().zip(&all) {
        labels.draw(chart, slices, of, Outside::Never);
    }
}

/// Which points go into the second plot.
fn second_part(series: &Series, values: &[(usize, f64)], split: PieSplit) -> Vec<bool> {
    let count = values.len();
    let whole: f64 = values.iter().map(|(_, value)| value).sum();
    let last = |most: usize| -> Vec<bool> {
        let first = count.saturating_sub(most);
        (0..count).map(|at| at >= first).collect()
    };
    match split {
        PieSplit::Auto => last(count.div_ceil(3)),
        PieSplit::Position(most) => last(most.clamp(0.0, count as f64) as usize),
        PieSplit::Percent(limit) => values
            .iter()
            .map(|(_, value)| value / whole.max(f64::MIN_POSITIVE) * 100.0 < limit)
            .collect(),
        PieSplit::Value(limit) => values
            .iter()
            .map(|(index, _)| series.values.get(*index).is_some_and(|v| v.abs() < limit))
            .collect(),
        PieSplit::Custom(bits) => values
            .iter()
            .map(|(index, _)| *index < 64 && bits >> *index & 1 == 1)
            .collect(),
    }
}

fn of_pie<'a>(
    chart: &mut Chart<'a>,
    plot: &'a Plot,
    room: Rect,
    bar: bool,
    split: PieSplit,
    second_size: f64,
    gap_width: f64,
) {
    let Some(series) = ordered(plot).into_iter().next() else {
        return;
    };
    let values = magnitudes(series);
    let moved = second_part(series, &values, split);
    let part = |second: bool| -> Vec<(usize, f64)> {
        values
            .iter()
            .zip(&moved)
            .filter(|(_, moved)| **moved == second)
            .map(|(value, _)| *value)
            .collect()
    };
    let (mut first, second) = (part(false), part(true));
    let rest: f64 = second.iter().map(|(_, value)| value).sum();
    let other = series.values.count;
    if rest > 0.0 {
        first.push((other, rest));
    }
    // The slice of the rest looks towards the second plot.
    let whole: f64 = first.iter().map(|(_, value)| value).sum();
    let half = rest / whole.max(f64::MIN_POSITIVE) * PI;
    let first = slices(&first, PI / 2.0 + half);
    let whole_share = whole.max(f64::MIN_POSITIVE);
    let mut second = slices(&second, 0.0);
    for slice in &mut second {
        slice.share *= rest / whole_share;
    }

    let labels = RingLabels::new(chart, plot, series, &first, Slab::FLAT);
    let second_labels = RingLabels::new(chart, plot, series, &second, Slab::FLAT);
    let scale = (second_size / 100.0).clamp(0.05, 2.0);
    let gap = (gap_width / 100.0).clamp(0.0, 5.0);
    // In radii of the first: itself, the gap, the second.
    let across = if bar { scale } else { 2.0 * scale };
    let widths = 2.0 + gap * scale + across;
    let high = (room.height() - 2.0 * EDGE) / 2.0 / scale.max(1.0);
    let wide = (room.width() - 2.0 * EDGE) / widths;
    // Labels at the sides stand in the gap or over the edge; those above and below need their room.
    let endless = room.inflate(1e4, 0.0);
    let edge = labels.radius(endless, &first, EDGE);
    let radius = high.min(wide).min(edge.max(high / 2.0)).max(1.0);
    let left = room.center().x - radius * widths / 2.0;
    let middle = room.center().y;
    let ring = Ring {
        center: Point::new(left + radius, middle),
        inner: 0.0,
        outer: radius,
    };
    let far = left + radius * (2.0 + gap * scale);
    let box_height = 2.0 * radius * scale;
    plot_background(
        chart,
        Rect::new(
            left,
            middle - radius,
            far + radius * across,
            middle + radius,
        ),
    );
    let rings = vec![ring; first.len()];
    paint(chart, plot, series, &rings, &first);
    if !second.is_empty() {
        let line = connector(chart, plot);
        let from = |angle: f64| ring.center + direction(angle) * radius;
        let x = if bar { far } else { far + radius * scale };
        for (angle, y) in [
            (PI / 2.0 - half, middle - box_height / 2.0),
            (PI / 2.0 + half, middle + box_height / 2.0),
        ] {
            chart.segment(from(angle), Point::new(x, y), &line);
        }
    }
    labels.draw(chart, &first, &rings, Outside::Allowed);
    if bar {
        let mut y = middle - box_height / 2.0;
        let sum: f64 = second.iter().map(|slice| slice.sweep).sum();
        for slice in &second {
            let height = slice.sweep / sum.max(f64::MIN_POSITIVE) * box_height;
            let rect = Rect::new(far, y, far + radius * scale, y + height);
            let look = chart.point_look(plot, series, slice.index);
            chart.rect(rect, &look);
            second_labels.draw_in(chart, slice, rect);
            y += height;
        }
    } else {
        let ring = Ring {
            center: Point::new(far + radius * scale, middle),
            inner: 0.0,
            outer: radius * scale,
        };
        let rings = vec![ring; second.len()];
        paint(chart, plot, series, &rings, &second);
        second_labels.draw(chart, &second, &rings, Outside::Allowed);
    }
}

fn connector(chart: &Chart<'_>, plot: &Plot) -> Line {
    let own = plot
        .series_lines
        .first()
        .and_then(|lines| lines.shape.as_deref());
    line_of(own, &chart.style.other_line())
}

#[cfg(test)]
mod tests {
    use super::*;
    use slides_ooxml::model::chart::NumberData;

    fn series(values: &[f64]) -> Series {
        Series {
            values: NumberData {
                count: values.len(),
                points: (0..).zip(values.iter().copied()).collect(),
                ..NumberData::default()
            },
            ..Series::default()
        }
    }

    #[test]
    fn shares_count_magnitudes_and_leave_out_what_is_none() {
        let all = slices(&magnitudes(&series(&[3.0, 0.0, -1.0])), 0.0);
        let seen: Vec<(usize, f64)> = all.iter().map(|slice| (slice.index, slice.share)).collect();
        assert_eq!(seen, [(0, 0.75), (2, 0.25)]);
        assert!((all[1].start - 0.75 * TAU).abs() < 1e-12);
        assert!(slices(&magnitudes(&series(&[0.0, 0.0])), 0.0).is_empty());
        assert!(slices(&magnitudes(&series(&[])), 0.0).is_empty());
    }

    #[test]
    fn huge_values_still_share_one_turn() {
        let all = slices(&magnitudes(&series(&[1e300; 500])), 0.0);
        let turn: f64 = all.iter().map(|slice| slice.sweep).sum();
        assert!((turn - TAU).abs() < 1e-9, "{turn}");
        let tiny = slices(&magnitudes(&series(&[5e-324, 1e300])), 0.0);
        assert!(tiny.iter().all(|slice| slice.share.is_finite()));
    }

    #[test]
    fn a_ring_of_one_slice_is_closed() {
        let ring = Ring {
            center: Point::new(50.0, 50.0),
            inner: 10.0,
            outer: 40.0,
        };
        let slice = slices(&[(0, 1.0)], 0.0)[0];
        use kurbo::Shape as _;
        let path = outline(ring, &slice);
        let area = path.area().abs();
        let exact = PI * (1600.0 - 100.0);
        assert!((area - exact).abs() < 5.0, "{area}");
        assert!((path.bounding_box().width() - 80.0).abs() < 0.1);
    }

    #[test]
    fn the_second_plot_takes_what_the_split_says() {
        let series = series(&[50.0, 30.0, 10.0, 6.0, 4.0]);
        let values = magnitudes(&series);
        let moved = |split| second_part(&series, &values, split);
        assert_eq!(moved(PieSplit::Auto), [false, false, false, true, true]);
        assert_eq!(
            moved(PieSplit::Position(1.0)),
            [false, false, false, false, true]
        );
        assert_eq!(moved(PieSplit::Position(1e9)), [true; 5]);
        assert_eq!(
            moved(PieSplit::Percent(10.5)),
            [false, false, true, true, true]
        );
        assert_eq!(
            moved(PieSplit::Value(30.0)),
            [false, false, true, true, true]
        );
        assert_eq!(
            moved(PieSplit::Custom(0b1)),
            [true, false, false, false, false]
        );
    }
}
