//! One axis in place: its sides, tick marks, gridlines.

use kurbo::{BezPath, Point, Rect, Vec2};
use slides_ooxml::model::chart::{Axis, TickLabelPosition, TickMark};

use super::Chart;
use super::canvas::line_of;
use super::groups::Group;
use super::scale::Scale;
use super::text::{Role, TextStyle};
use super::tick_labels::MAX_LABELS;

/// Length of a tick mark, in font sizes (2.64 points at 9).
const TICK: f64 = 0.2933;

/// From the edge of the room to tick labels.
pub(super) fn edge() -> f64 {
    5.0
}

/// A side of the plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Top,
    Right,
    Bottom,
}

/// An axis with its scale over a plot's box.
pub(super) struct AxisView<'a> {
    /// What the file says; none where it names an axis that it does not hold.
    pub axis: Option<&'a Axis>,
    /// Its scale.
    pub scale: Scale,
    /// It runs from left to right.
    pub horizontal: bool,
    /// Value of the *other* axis where this one lies.
    pub cross: f64,
    pub(super) start: f64,
    pub(super) end: f64,
}

impl<'a> AxisView<'a> {
    /// An axis over a plot's box.
    pub(super) fn new(
        axis: Option<&'a Axis>,
        scale: Scale,
        horizontal: bool,
        plot: Rect,
        cross: f64,
    ) -> Self {
        let (start, end) = if horizontal {
            (plot.x0, plot.x1)
        } else {
            (plot.y1, plot.y0)
        };
        let reversed = axis.is_some_and(|axis| axis.reversed);
        let (start, end) = if reversed { (end, start) } else { (start, end) };
        Self {
            axis,
            scale,
            horizontal,
            cross,
            start,
            end,
        }
    }

    /// Where a value lies along the axis.
    pub(super) fn position(&self, value: f64) -> f64 {
        if value == f64::INFINITY {
            return self.end;
        }
        if value == f64::NEG_INFINITY {
            return self.start;
        }
        self.start + (self.end - self.start) * self.scale.at(value)
    }

    /// Whether values grow to the left or downwards.
    fn is_turned(&self) -> bool {
        if self.horizontal {
            self.start > self.end
        } else {
            self.start < self.end
        }
    }

    /// The side of the plot where the low end of `other` lies.
    pub(super) fn low_side(&self, other: &Self) -> Side {
        match (self.horizontal, other.is_turned()) {
            (true, false) => Side::Bottom,
            (true, true) => Side::Top,
            (false, false) => Side::Left,
            (false, true) => Side::Right,
        }
    }

    fn high_side(&self, other: &Self) -> Side {
        match self.low_side(other) {
            Side::Bottom => Side::Top,
            Side::Top => Side::Bottom,
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }

    /// The side that the axis line itself is at or nearest to.
    pub(super) fn outer_side(&self, other: &Self) -> Side {
        let at = other.position(self.cross);
        let fraction = (at - other.start) / (other.end - other.start);
        if fraction > 0.999 {
            self.high_side(other)
        } else {
            self.low_side(other)
        }
    }

    /// The side of the plot where labels stand; none where they stand inside, at the axis line.
    pub(super) fn label_side(&self, other: &Self) -> Option<Side> {
        match self
            .axis
            .map_or(TickLabelPosition::NextTo, |axis| axis.label_position)
        {
            TickLabelPosition::Low => Some(self.low_side(other)),
            TickLabelPosition::High => Some(self.high_side(other)),
            TickLabelPosition::NextTo | TickLabelPosition::None => {
                let at = other.position(self.cross);
                let fraction = (at - other.start) / (other.end - other.start);
                if fraction > 0.999 {
                    Some(self.high_side(other))
                } else if fraction < 0.001 {
                    Some(self.low_side(other))
                } else {
                    None
                }
            }
        }
    }

    pub(super) fn text_style(&self, chart: &Chart<'_>) -> TextStyle {
        let own = self.axis.and_then(|axis| axis.text.as_deref());
        chart.text_style(&[own], Role::Plain)
    }

    /// Gridlines over the plot, or over the walls of one whose back is moved; the one at the other axis' line is
    /// left out.
    pub(super) fn gridlines(
        &self,
        chart: &mut Chart<'a>,
        other: &Self,
        (plot, back): (Rect, Vec2),
        minor: bool,
    ) {
        let Some(axis) = self.axis else { return };
        let (lines, default) = if minor {
            (&axis.minor_gridlines, chart.style.minor_line())
        } else {
            (&axis.major_gridlines, chart.style.axis_line())
        };
        let Some(lines) = lines else { return };
        let line = line_of(lines.shape.as_deref(), &default);
        if !crate::line::is_drawn(&line) {
            return;
        }
        let crossed = other
            .axis
            .filter(|axis| !axis.deleted)
            .map(|_| self.position(other.cross));
        for at in self.marks(minor) {
            let (from, to) = if self.horizontal {
                (Point::new(at, plot.y1), Point::new(at, plot.y0))
            } else if back.x < 0.0 {
                (Point::new(plot.x1, at), Point::new(plot.x0, at))
            } else {
                (Point::new(plot.x0, at), Point::new(plot.x1, at))
            };
            if back != Vec2::ZERO {
                let mut path = BezPath::new();
                path.move_to(from);
                path.line_to(from + back);
                path.line_to(to + back);
                chart.stroke(path, &line);
            } else if crossed.is_none_or(|crossed| (crossed - at).abs() >= 0.01) {
                chart.segment(from, to, &line);
            }
        }
    }

    /// Positions of tick marks: between categories where they have slots.
    fn marks(&self, minor: bool) -> Vec<f64> {
        match &self.scale {
            Scale::Category { count, between } => {
                let skip = self
                    .axis
                    .and_then(|axis| axis.mark_skip)
                    .map_or(1, |skip| skip as usize)
                    .max(1);
                let half = if *between { 0.5 } else { 0.0 };
                let last = if *between {
                    *count
                } else {
                    count.saturating_sub(1)
                };
                // Minor marks of categories halve the slots.
                let shift = if minor && *between { 0.5 } else { 0.0 };
                (0..=last)
                    .step_by(skip)
                    .take(MAX_LABELS)
                    .map(|index| self.position(index as f64 - half + shift))
                    .filter(|at| self.holds(*at))
                    .collect()
            }
            Scale::Date {
                between, max, min, ..
            } => {
                let half = if *between {
                    (self.end - self.start) / (max - min + 1.0) / 2.0
                } else {
                    0.0
                };
                let ticks = self.scale.ticks();
                ticks
                    .into_iter()
                    .map(|tick| self.position(tick) - half)
                    .collect()
            }
            _ => {
                let ticks = if minor {
                    self.scale.minor_ticks()
                } else {
                    self.scale.ticks()
                };
                ticks
                    .into_iter()
                    .map(|tick| self.position(tick))
                    .filter(|at| self.holds(*at))
                    .collect()
            }
        }
    }

    pub(super) fn holds(&self, at: f64) -> bool {
        let (low, high) = (self.start.min(self.end), self.start.max(self.end));
        (low - 0.01..=high + 0.01).contains(&at)
    }

    /// Draws the axis line, tick marks, labels and title.
    pub(super) fn draw(
        &self,
        chart: &mut Chart<'a>,
        group: &Group<'a>,
        other: &Self,
        plot: Rect,
        inner: Rect,
    ) {
        let Some(axis) = self.axis.filter(|axis| !axis.deleted) else {
            return;
        };
        let line = line_of(axis.shape.as_deref(), &chart.style.axis_line());
        let at = other.position(self.cross);
        let style = self.text_style(chart);
        if crate::line::is_drawn(&line) {
            let (from, to) = if self.horizontal {
                (Point::new(plot.x0, at), Point::new(plot.x1, at))
            } else {
                (Point::new(at, plot.y0), Point::new(at, plot.y1))
            };
            chart.segment(from, to, &line);
            let outward = match (self.horizontal, self.outer_side(other)) {
                (true, Side::Top) | (false, Side::Left) => -1.0,
                (true, _) | (false, Side::Right) => 1.0,
                (false, _) => -1.0,
            };
            for (mark, minor, size) in [
                (axis.major_tick, false, TICK),
                (axis.minor_tick, true, TICK * 0.6),
            ] {
                let length = size * style.size();
                let (inside, outside) = match mark {
                    TickMark::None => continue,
                    TickMark::In => (-length, 0.0),
                    TickMark::Out => (0.0, length),
                    TickMark::Cross => (-length, length),
                };
                for tick in self.marks(minor) {
                    let (a, b) = (at + outward * inside, at + outward * outside);
                    let (from, to) = if self.horizontal {
                        (Point::new(tick, a), Point::new(tick, b))
                    } else {
                        (Point::new(a, tick), Point::new(b, tick))
                    };
                    chart.segment(from, to, &line);
                }
            }
        }
        let labels = self.labels(chart, group, plot);
        let side = self.label_side(other);
        let (line_at, stands) = match side {
            None => (at, self.low_side(other)),
            Some(side) => {
                let edge = match side {
                    Side::Left => plot.x0,
                    Side::Right => plot.x1,
                    Side::Top => plot.y0,
                    Side::Bottom => plot.y1,
                };
                (edge, side)
            }
        };
        self.draw_labels(chart, &labels, line_at, stands, &line);
        self.draw_title(chart, other, plot, inner);
    }
}
