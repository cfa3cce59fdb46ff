//! One axis in place: labels, their room, tick marks, gridlines, title.

use kurbo::{Affine, Point, Rect};
use slides_ooxml::model::chart::{
    Axis, Categories, Grouping, NumberData, TickLabelPosition, TickMark,
};

use super::Chart;
use super::canvas::line_of;
use super::coords::Group;
use super::data::grouping;
use super::scale::Scale;
use super::text::{Label, Role, TextStyle};
use super::title::TitleBox;

/// From axis line to labels, in text heights.
const GAP_ACROSS: f64 = 0.536;
/// The same beside a vertical axis.
const GAP_ALONG: f64 = 0.77;
/// Length of a tick mark, in font sizes (2.64 points at 9).
const TICK: f64 = 0.2933;
/// Height of an outer level of categories, in text heights.
const LEVEL: f64 = 1.67;
/// Labels of one axis that are drawn.
const MAX_LABELS: usize = 2_000;

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
    start: f64,
    end: f64,
}

/// Tick labels composed.
pub(super) struct AxisLabels {
    /// Their style.
    pub style: TextStyle,
    /// Room that they take across the axis, with the gap.
    pub extent: f64,
    labels: Vec<(f64, Label)>,
    /// Turn in degrees clockwise.
    turn: f64,
    /// Room of the innermost level.
    inner: f64,
    /// Outer levels, the innermost first: first and last category, and the text.
    levels: Vec<Vec<(usize, usize, Label)>>,
}

impl AxisLabels {
    fn none(style: TextStyle) -> Self {
        Self {
            style,
            extent: 0.0,
            labels: Vec::new(),
            turn: 0.0,
            inner: 0.0,
            levels: Vec::new(),
        }
    }

    /// Whether no label is drawn.
    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// How far labels reach over the ends of a horizontal axis.
    pub(super) fn overhang(&self, axis: &AxisView<'_>, plot: Rect) -> (f64, f64) {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        if self.turn != 0.0 {
            return (low, high);
        }
        for (value, label) in &self.labels {
            let x = axis.position(*value);
            low = low.max(plot.x0 - (x - label.width / 2.0));
            high = high.max(x + label.width / 2.0 - plot.x1);
        }
        (low, high)
    }
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
    fn low_side(&self, other: &Self) -> Side {
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

    fn text_style(&self, chart: &Chart<'_>) -> TextStyle {
        let own = self.axis.and_then(|axis| axis.text.as_deref());
        chart.text_style(&[own], Role::Plain)
    }

    /// The axis' title.
    fn title(&self, chart: &Chart<'a>, room: f64) -> Option<TitleBox<'a>> {
        let title = self.axis?.title.as_ref()?;
        chart
            .title_box(title, "Axis Title", Role::AxisTitle, room)
            .map(|(title, _)| title)
    }

    fn title_turn(&self) -> f64 {
        let title = self.axis.and_then(|axis| axis.title.as_ref());
        let rich = title.and_then(|title| match &title.text {
            Some(slides_ooxml::model::chart::ChartText::Rich(body)) => Some(&**body),
            _ => None,
        });
        let properties = title.and_then(|title| title.properties.as_deref());
        let asked = [rich, properties].into_iter().flatten().find_map(|body| {
            use slides_ooxml::model::VerticalText;
            match body.properties.vertical {
                Some(VerticalText::Vertical270) => Some(-90.0),
                Some(VerticalText::Vertical) => Some(90.0),
                _ => body.properties.rotation.filter(|turn| turn.abs() <= 90.0),
            }
        });
        asked.unwrap_or(if self.horizontal { 0.0 } else { -90.0 })
    }

    /// Room that the title's box takes across the axis.
    pub(super) fn title_extent(&self, chart: &Chart<'a>) -> f64 {
        let units = self
            .units_label(chart)
            .map_or(0.0, |label| label.height + 3.0);
        let room = if self.horizontal {
            0.8 * chart.width()
        } else {
            0.8 * chart.height()
        };
        let title = self
            .title(chart, room)
            .filter(|title| !title.title.is_some_and(|title| title.overlay))
            .map_or(0.0, |title| {
                let along = (self.title_turn().abs() > 45.0) != self.horizontal;
                if along { title.height() } else { title.width() }
            });
        units + title
    }

    /// What values are divided by is named beside the axis.
    fn units_label(&self, chart: &Chart<'a>) -> Option<Label> {
        use slides_ooxml::model::chart::ChartText;
        let units = self.axis?.display_units.as_ref()?;
        let label = units.label.as_ref()?;
        let rich = match &label.text {
            Some(ChartText::Rich(body)) => Some(&**body),
            _ => None,
        };
        let style = chart.text_style(&[rich, label.properties.as_deref()], Role::AxisTitle);
        Some(match &label.text {
            Some(ChartText::Rich(body)) => chart.rich(body, &style, None),
            Some(ChartText::Cells(cells)) => chart.label(&cells.joined(), &style, None),
            None => {
                let name = match units.built_in.as_deref() {
                    Some("hundreds") => "Hundreds".to_owned(),
                    Some("thousands") => "Thousands".to_owned(),
                    Some("tenThousands") => "x 10000".to_owned(),
                    Some("hundredThousands") => "x 100000".to_owned(),
                    Some("millions") => "Millions".to_owned(),
                    Some("tenMillions") => "x 10000000".to_owned(),
                    Some("hundredMillions") => "x 100000000".to_owned(),
                    Some("billions") => "Billions".to_owned(),
                    Some("trillions") => "Trillions".to_owned(),
                    _ => format!("x {}", chart.number("General", units.divisor)),
                };
                chart.label(&name, &style, None)
            }
        })
    }

    /// Texts of the ticks that have one.
    fn texts(&self, chart: &Chart<'a>, group: &Group<'a>, fits: usize) -> Vec<(f64, String)> {
        let Some(axis) = self.axis else {
            return Vec::new();
        };
        match &self.scale {
            Scale::Category { count, .. } => {
                let skip = axis.label_skip.map_or(1, |skip| skip as usize).max(fits);
                (0..*count)
                    .step_by(skip.max(1))
                    .take(MAX_LABELS)
                    .map(|index| {
                        (
                            index as f64,
                            chart.category_text(group.names, index, Some(axis)),
                        )
                    })
                    .collect()
            }
            Scale::Date { .. } => {
                let data = match group.names {
                    Some(Categories::Numbers(dates)) => Some(dates),
                    _ => None,
                };
                let code = format_code(axis, data, false);
                let ticks = self.scale.ticks();
                let texts = ticks
                    .into_iter()
                    .map(|tick| (tick, chart.number(code, tick)));
                texts.take(MAX_LABELS).collect()
            }
            Scale::Linear { .. } | Scale::Log { .. } => {
                let series = group.plots.iter().flat_map(|(plot, _)| &plot.series);
                let is_value = group.value.is_some_and(|value| std::ptr::eq(value, axis));
                let data = series
                    .map(|series| match (&series.categories, is_value) {
                        (_, true) => Some(&series.values),
                        (Categories::Numbers(data), false) => Some(data),
                        _ => None,
                    })
                    .next()
                    .flatten();
                let percent = is_value
                    && group
                        .plots
                        .iter()
                        .any(|(plot, _)| grouping(plot) == Grouping::PercentStacked);
                let code = format_code(axis, data, percent);
                let divisor = axis
                    .display_units
                    .as_ref()
                    .map_or(1.0, |units| units.divisor);
                let ticks = self.scale.ticks();
                let texts = ticks
                    .into_iter()
                    .map(|tick| (tick, chart.number(code, tick / divisor)));
                texts.take(MAX_LABELS).collect()
            }
        }
    }

    /// Composes the tick labels and chooses how they stand.
    pub(super) fn labels(&self, chart: &Chart<'a>, group: &Group<'a>, plot: Rect) -> AxisLabels {
        let style = self.text_style(chart);
        let none = self
            .axis
            .is_none_or(|axis| axis.deleted || axis.label_position == TickLabelPosition::None);
        if none {
            return AxisLabels::none(style);
        }
        let height = style.text_height();
        let length = (self.end - self.start).abs();
        let slot = match &self.scale {
            Scale::Category { count, between } => {
                let parts = if *between {
                    *count
                } else {
                    count.saturating_sub(1)
                };
                length / parts.max(1) as f64
            }
            Scale::Date { .. } | Scale::Linear { .. } | Scale::Log { .. } => {
                length / (self.scale.ticks().len().saturating_sub(1)).max(1) as f64
            }
        };
        // Labels closer than a text is high are thinned, from the first on.
        let thin = if slot < height && matches!(self.scale, Scale::Category { .. }) {
            (height / slot.max(1e-6)).ceil().min(1e6) as usize
        } else {
            1
        };
        let texts = self.texts(chart, group, thin);
        if self.horizontal {
            self.horizontal_labels(chart, group, style, &texts, slot, plot)
        } else {
            self.vertical_labels(chart, group, style, &texts)
        }
    }

    fn horizontal_labels(
        &self,
        chart: &Chart<'a>,
        group: &Group<'a>,
        style: TextStyle,
        texts: &[(f64, String)],
        slot: f64,
        plot: Rect,
    ) -> AxisLabels {
        let height = style.text_height();
        let skip = self.axis.and_then(|axis| axis.label_skip).unwrap_or(1);
        let room = slot * f64::from(skip.max(1));
        let words = |text: &str| {
            text.split_whitespace()
                .map(|word| chart.label(word, &style, None).width)
                .fold(0.0, f64::max)
        };
        let is_category = matches!(self.scale, Scale::Category { .. } | Scale::Date { .. });
        let turn = style.rotation.unwrap_or_else(|| {
            if !is_category || room >= height && texts.iter().all(|(_, text)| words(text) <= room) {
                0.0
            } else if matches!(group.names, Some(Categories::Levels(_)))
                || room * std::f64::consts::FRAC_1_SQRT_2 < height
            {
                -90.0
            } else {
                -45.0
            }
        });
        let wrap = (turn == 0.0 && is_category).then_some(room);
        let most = 0.45 * chart.height();
        let labels: Vec<(f64, Label)> = texts
            .iter()
            .map(|(value, text)| {
                let label = if turn == 0.0 {
                    chart.label(text, &style, wrap)
                } else {
                    cut(chart, text, &style, most)
                };
                (*value, label)
            })
            .collect();
        let (sin, cos) = (turn.to_radians().sin().abs(), turn.to_radians().cos().abs());
        let across = labels
            .iter()
            .map(|(_, label)| {
                if label.width <= 0.0 {
                    0.0
                } else {
                    label.width * sin + label.text_height() * cos
                }
            })
            .fold(0.0, f64::max);
        let inner = if labels.is_empty() {
            0.0
        } else {
            across + (GAP_ACROSS * height) + 1.5
        };
        let levels = self.outer_levels(chart, group, &style);
        AxisLabels {
            extent: inner + levels.len() as f64 * LEVEL * height,
            labels,
            turn,
            inner,
            levels,
            style,
        }
        .bounded(plot.height().max(chart.height()))
    }

    fn vertical_labels(
        &self,
        chart: &Chart<'a>,
        group: &Group<'a>,
        style: TextStyle,
        texts: &[(f64, String)],
    ) -> AxisLabels {
        let height = style.text_height();
        let turn = style.rotation.unwrap_or(0.0);
        let most = 0.4 * chart.width();
        let is_category = matches!(self.scale, Scale::Category { .. });
        let labels: Vec<(f64, Label)> = texts
            .iter()
            .map(|(value, text)| {
                let mut label = chart.label(text, &style, None);
                if is_category && turn == 0.0 && label.width > most {
                    label = chart.label(text, &style, Some(most));
                }
                (*value, label)
            })
            .collect();
        let (sin, cos) = (turn.to_radians().sin().abs(), turn.to_radians().cos().abs());
        let across = labels
            .iter()
            .map(|(_, label)| label.width * cos + label.text_height() * sin)
            .fold(0.0, f64::max);
        let inner = if labels.is_empty() {
            0.0
        } else {
            across + GAP_ALONG * height + 1.5
        };
        let levels = self.outer_levels(chart, group, &style);
        AxisLabels {
            extent: inner + levels.len() as f64 * LEVEL * height,
            labels,
            turn,
            inner,
            levels,
            style,
        }
    }

    /// Outer levels of categories: each text stands over the categories up to the next one.
    fn outer_levels(
        &self,
        chart: &Chart<'a>,
        group: &Group<'a>,
        style: &TextStyle,
    ) -> Vec<Vec<(usize, usize, Label)>> {
        let (Scale::Category { count, .. }, Some(Categories::Levels(levels))) =
            (&self.scale, group.names)
        else {
            return Vec::new();
        };
        if self.axis.is_some_and(|axis| axis.no_multi_level) {
            return Vec::new();
        }
        levels
            .iter()
            .skip(1)
            .map(|level| {
                let starts: Vec<usize> = level
                    .points
                    .iter()
                    .map(|point| point.0 as usize)
                    .filter(|start| start < count)
                    .take(MAX_LABELS)
                    .collect();
                let ends = starts.iter().skip(1).copied().chain([*count]);
                starts
                    .iter()
                    .zip(ends)
                    .map(|(start, end)| {
                        let text = level.get(*start).unwrap_or_default();
                        (*start, end, chart.label(text, style, None))
                    })
                    .collect()
            })
            .collect()
    }

    /// Gridlines over the plot; the one at the other axis' line is left out.
    pub(super) fn gridlines(&self, chart: &mut Chart<'a>, other: &Self, plot: Rect, minor: bool) {
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
            if crossed.is_some_and(|crossed| (crossed - at).abs() < 0.01) {
                continue;
            }
            let (from, to) = if self.horizontal {
                (Point::new(at, plot.y0), Point::new(at, plot.y1))
            } else {
                (Point::new(plot.x0, at), Point::new(plot.x1, at))
            };
            chart.segment(from, to, &line);
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

    fn holds(&self, at: f64) -> bool {
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

    fn draw_labels(
        &self,
        chart: &mut Chart<'a>,
        labels: &AxisLabels,
        at: f64,
        side: Side,
        line: &slides_ooxml::model::Line,
    ) {
        let style = &labels.style;
        let (size, height) = (style.size(), style.text_height());
        let ascent = style.metrics.ascent * size;
        let turn = labels.turn;
        let (sin, cos) = turn.to_radians().sin_cos();
        for (value, label) in &labels.labels {
            let along = self.position(*value);
            if !self.holds(along) {
                continue;
            }
            if self.horizontal {
                let gap = GAP_ACROSS * height + 0.01 * size;
                if turn == 0.0 {
                    let top = if side == Side::Top {
                        at - gap - label.text_height()
                    } else {
                        at + gap
                    };
                    chart.put(label, along - label.width / 2.0, top);
                    continue;
                }
                // The end next to the axis has its middle on the tick, its upper corner one gap away.
                let away = gap + cos.abs() * height / 2.0;
                let (y, near_end) = if side == Side::Top {
                    (at - away, turn > 0.0)
                } else {
                    (at + away, turn < 0.0)
                };
                let shift = if near_end { -label.width } else { 0.0 };
                let place = Affine::translate((along, y))
                    * Affine::rotate(turn.to_radians())
                    * Affine::translate((shift, -height / 2.0));
                chart.put_turned(label, place);
            } else {
                let gap = GAP_ALONG * height;
                let wide = label.width * cos.abs() + label.text_height() * sin.abs();
                let left = if side == Side::Right {
                    at + gap
                } else {
                    at - gap - wide
                };
                if turn == 0.0 {
                    let lines = label.lines.saturating_sub(1) as f64;
                    let top = along + 0.325 * size - ascent - lines * style.line_height() / 2.0;
                    chart.put(label, left, top);
                } else {
                    let place = Affine::translate((left + wide / 2.0, along))
                        * Affine::rotate(turn.to_radians())
                        * Affine::translate((-label.width / 2.0, -label.text_height() / 2.0));
                    chart.put_turned(label, place);
                }
            }
        }
        self.draw_levels(chart, labels, at, side, line);
    }

    /// Outer levels of categories with the lines between their groups.
    fn draw_levels(
        &self,
        chart: &mut Chart<'a>,
        labels: &AxisLabels,
        at: f64,
        side: Side,
        line: &slides_ooxml::model::Line,
    ) {
        let Scale::Category { between, .. } = self.scale else {
            return;
        };
        let half = if between { 0.5 } else { 0.0 };
        let style = &labels.style;
        let height = style.text_height();
        let outward = if matches!(side, Side::Left | Side::Top) {
            -1.0
        } else {
            1.0
        };
        for (rank, level) in labels.levels.iter().enumerate() {
            let from = labels.inner + rank as f64 * LEVEL * height;
            let middle = at + outward * (from + LEVEL * height / 2.0);
            let end = at + outward * (from + LEVEL * height);
            for (first, last, label) in level {
                let low = self.position(*first as f64 - half);
                let high = self.position(*last as f64 - half);
                for edge in [low, high] {
                    let (a, b) = if self.horizontal {
                        (Point::new(edge, at), Point::new(edge, end))
                    } else {
                        (Point::new(at, edge), Point::new(end, edge))
                    };
                    chart.segment(a, b, line);
                }
                let center = f64::midpoint(low, high);
                if self.horizontal {
                    chart.put(label, center - label.width / 2.0, middle - height / 2.0);
                } else {
                    let place = Affine::translate((middle, center))
                        * Affine::rotate(-std::f64::consts::FRAC_PI_2)
                        * Affine::translate((-label.width / 2.0, -height / 2.0));
                    chart.put_turned(label, place);
                }
            }
        }
    }

    fn draw_title(&self, chart: &mut Chart<'a>, other: &Self, plot: Rect, inner: Rect) {
        let side = self.outer_side(other);
        let units = self.units_label(chart);
        let length = (self.end - self.start).abs();
        let room = if self.title_turn().abs() > 45.0 || self.horizontal {
            length.max(
                0.8 * if self.horizontal {
                    chart.width()
                } else {
                    chart.height()
                },
            )
        } else {
            0.3 * chart.width()
        };
        let mut from_edge = 11.0;
        if let Some(title) = self.title(chart, room) {
            let turn = self.title_turn();
            let (w, h) = if turn.abs() > 45.0 {
                (title.height(), title.width())
            } else {
                (title.width(), title.height())
            };
            let mut center = match side {
                Side::Left => Point::new(inner.x0 + 11.0 + w / 2.0, plot.center().y),
                Side::Right => Point::new(inner.x1 - 11.0 - w / 2.0, plot.center().y),
                Side::Top => Point::new(plot.center().x, inner.y0 + 11.0 + h / 2.0),
                Side::Bottom => Point::new(plot.center().x, inner.y1 - 11.0 - h / 2.0),
            };
            let (x, y) = title.corner(chart);
            if let Some(x) = x {
                center.x = x + w / 2.0;
            }
            if let Some(y) = y {
                center.y = y + h / 2.0;
            }
            title.draw(chart, center, turn);
            from_edge += if self.horizontal { h } else { w };
        }
        if let Some(label) = units {
            let half = f64::midpoint(label.height, 3.0);
            if self.horizontal {
                let y = if side == Side::Top {
                    inner.y0 + from_edge + half
                } else {
                    inner.y1 - from_edge - half
                };
                let center = Point::new(plot.x1 - label.width / 2.0, y);
                chart.put_title_turned(&label, center, 0.0);
            } else {
                let x = if side == Side::Right {
                    inner.x1 - from_edge - half
                } else {
                    inner.x0 + from_edge + half
                };
                let center = Point::new(x, plot.y0 + label.width / 2.0);
                chart.put_title_turned(&label, center, -90.0);
            }
        }
    }
}

impl AxisLabels {
    /// Labels never take more room than the chart has.
    fn bounded(mut self, most: f64) -> Self {
        self.extent = self.extent.min(most);
        self
    }
}

/// The code that an axis' labels are written in.
fn format_code<'f>(axis: &'f Axis, data: Option<&'f NumberData>, percent: bool) -> &'f str {
    let own = axis.number_format.as_ref();
    match own {
        Some(format) if !format.source_linked => &format.code,
        _ if percent => "0%",
        _ => data
            .and_then(|data| data.format.as_deref())
            .or(own.map(|format| format.code.as_str()))
            .unwrap_or("General"),
    }
}

/// A turned label no longer than `most`: cut at a word, with an ellipsis.
fn cut(chart: &Chart<'_>, text: &str, style: &TextStyle, most: f64) -> Label {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let label = chart.label(&text, style, None);
    if label.width <= most {
        return label;
    }
    let mut kept = text.as_str();
    for _ in 0..64 {
        let at = kept.rfind(' ').unwrap_or_else(|| {
            let most = kept.chars().count() * 4 / 5;
            kept.char_indices().nth(most).map_or(0, |(at, _)| at)
        });
        kept = kept.get(..at).unwrap_or_default();
        let label = chart.label(&format!("{kept}..."), style, None);
        if label.width <= most || kept.is_empty() {
            return label;
        }
    }
    chart.label("...", style, None)
}

impl Chart<'_> {
    /// A category as labels and legends show it.
    pub(super) fn category_text(
        &self,
        names: Option<&Categories>,
        index: usize,
        axis: Option<&Axis>,
    ) -> String {
        match names {
            None | Some(Categories::None) => (index + 1).to_string(),
            Some(Categories::Strings(data)) => data.get(index).unwrap_or_default().to_owned(),
            Some(Categories::Numbers(data)) => {
                let own = axis
                    .and_then(|axis| axis.number_format.as_ref())
                    .filter(|format| !format.source_linked)
                    .map(|format| format.code.as_str());
                let code = own.or_else(|| data.format_of(index)).unwrap_or("General");
                data.get(index)
                    .map(|value| self.number(code, value))
                    .unwrap_or_default()
            }
            Some(Categories::Levels(levels)) => {
                let inner = levels.first().and_then(|level| level.get(index));
                if axis.is_some_and(|axis| !axis.no_multi_level) {
                    return inner.unwrap_or_default().to_owned();
                }
                // Elsewhere the levels are joined, the outermost first.
                let mut parts: Vec<&str> = levels
                    .iter()
                    .skip(1)
                    .rev()
                    .filter_map(|level| {
                        level
                            .points
                            .iter()
                            .take_while(|point| point.0 as usize <= index)
                            .last()
                            .map(|point| point.1.as_str())
                    })
                    .collect();
                parts.extend(inner);
                parts.join(" ")
            }
        }
    }
}
