//! Tick labels of an axis: their texts, how they stand, outer levels of categories.

use kurbo::{Affine, Point, Rect};
use slides_ooxml::model::chart::{Axis, Categories, Grouping, NumberData, TickLabelPosition};

use super::Chart;
use super::axis::{AxisView, Side};
use super::data::grouping;
use super::groups::Group;
use super::scale::Scale;
use super::text::{Label, TextStyle};

/// From axis line to labels, in text heights.
const GAP_ACROSS: f64 = 0.536;
/// The same beside a vertical axis.
const GAP_ALONG: f64 = 0.77;
/// Most that the lines of a category beside a vertical axis take of its slot.
const MOST_SLOT: f64 = 1.3;
/// Height of an outer level of categories, in text heights.
const LEVEL: f64 = 1.67;
/// Labels of one axis that are drawn.
pub(super) const MAX_LABELS: usize = 2_000;

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
        let (sin, cos) = self.turn.to_radians().sin_cos();
        for (value, label) in &self.labels {
            let x = axis.position(*value);
            let half = label.text_height() * sin.abs() / 2.0;
            let (left, right) = if self.turn == 0.0 {
                (label.width / 2.0, label.width / 2.0)
            } else if sin < 0.0 {
                (label.width * cos + half, half)
            } else {
                (half, label.width * cos + half)
            };
            low = low.max(plot.x0 - (x - left));
            high = high.max(x + right - plot.x1);
        }
        (low, high)
    }
}

impl<'a> AxisView<'a> {
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
        // A data table names the categories below the plot.
        let named = self.horizontal
            && matches!(self.scale, Scale::Category { .. } | Scale::Date { .. })
            && chart.space.plot_area.data_table.is_some();
        if none || named {
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
            Scale::Date { .. } => {
                // Months are not all as long, and the last tick need not be at the end.
                let ticks = self.scale.ticks();
                ticks
                    .iter()
                    .zip(ticks.iter().skip(1))
                    .map(|(a, b)| (self.position(*b) - self.position(*a)).abs())
                    .fold(length, f64::min)
            }
            Scale::Linear { .. } | Scale::Log { .. } => {
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
            self.vertical_labels(chart, group, style, &texts, slot)
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
        self.banded(
            chart,
            group,
            style,
            labels,
            turn,
            across + GAP_ACROSS * height,
        )
        .bounded(plot.height().max(chart.height()))
    }

    fn vertical_labels(
        &self,
        chart: &Chart<'a>,
        group: &Group<'a>,
        style: TextStyle,
        texts: &[(f64, String)],
        slot: f64,
    ) -> AxisLabels {
        let height = style.text_height();
        let turn = style.rotation.unwrap_or(0.0);
        let most = 0.4 * chart.width();
        let skip = self.axis.and_then(|axis| axis.label_skip).unwrap_or(1);
        // Lines that reach a little into the next slot are still whole.
        let lines = (MOST_SLOT * slot * f64::from(skip) / style.line_height().max(0.1)).floor();
        let is_category = matches!(self.scale, Scale::Category { .. });
        let labels: Vec<(f64, Label)> = texts
            .iter()
            .map(|(value, text)| {
                let mut label = chart.label(text, &style, None);
                if is_category && turn == 0.0 && label.width > most {
                    label = cut_to_lines(chart, text, &style, most, (lines as usize).max(1));
                }
                (*value, label)
            })
            .collect();
        let (sin, cos) = (turn.to_radians().sin().abs(), turn.to_radians().cos().abs());
        let across = labels
            .iter()
            .map(|(_, label)| label.width * cos + label.text_height() * sin)
            .fold(0.0, f64::max);
        self.banded(
            chart,
            group,
            style,
            labels,
            turn,
            across + GAP_ALONG * height,
        )
    }

    /// Labels in the band they need beside the axis, `depth` with its gap, and the outer levels behind it.
    fn banded(
        &self,
        chart: &Chart<'a>,
        group: &Group<'a>,
        style: TextStyle,
        labels: Vec<(f64, Label)>,
        turn: f64,
        depth: f64,
    ) -> AxisLabels {
        let inner = if labels.is_empty() { 0.0 } else { depth + 1.5 };
        let levels = self.outer_levels(chart, group, &style);
        AxisLabels {
            extent: inner + levels.len() as f64 * LEVEL * style.text_height(),
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

    pub(super) fn draw_labels(
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

/// A label of so many lines at most: cut at a word, with an ellipsis.
fn cut_to_lines(
    chart: &Chart<'_>,
    text: &str,
    style: &TextStyle,
    width: f64,
    lines: usize,
) -> Label {
    let whole = chart.label(text, style, Some(width));
    if whole.lines <= lines {
        return whole;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let with = |count: usize| {
        let kept = words.get(..count).unwrap_or_default().join(" ");
        chart.label(&format!("{kept}..."), style, Some(width))
    };
    // The most words that fit, by halves.
    let (mut fitting, mut over) = (1, words.len());
    while over > fitting + 1 {
        let middle = usize::midpoint(fitting, over);
        if with(middle).lines <= lines {
            fitting = middle;
        } else {
            over = middle;
        }
    }
    with(fitting)
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
