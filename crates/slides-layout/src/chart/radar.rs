//! Radar charts: a spoke for each category, the first at 12 o'clock, clockwise.

use std::f64::consts::TAU;

use kurbo::{BezPath, Point, Rect};
use slides_ooxml::model::chart::{
    Axis, AxisKind, LabelPosition, Plot, PlotKind, RadarStyle, TickLabelPosition,
};

use super::Chart;
use super::canvas::{Look, line_of};
use super::data::{categories, category_count, ordered};
use super::labels::{Facts, labels_of};
use super::ring::direction;
use super::scale::{Extent, Scale, linear, logarithmic};
use super::text::{Label, Role, TextStyle};
use super::title::series_name;

/// Spokes that are drawn.
const MAX_SPOKES: usize = 1_000;
/// Words of a name that are measured.
const MAX_WORDS: usize = 50;
/// From the ends of the spokes to the categories' names, and from those to the edge.
const GAP: f64 = 4.4;
const MARGIN: f64 = 5.2;

struct Web {
    center: Point,
    radius: f64,
    count: usize,
    scale: Scale,
}

impl Web {
    fn angle(&self, index: usize) -> f64 {
        index as f64 / self.count.max(1) as f64 * TAU
    }

    fn at(&self, index: usize, fraction: f64) -> Point {
        // Values outside of the scale stay near the web.
        self.center + direction(self.angle(index)) * (self.radius * fraction.clamp(0.0, 20.0))
    }

    fn point(&self, index: usize, value: f64) -> Point {
        self.at(index, self.scale.at(value))
    }

    /// The polygon through all spokes at a part of the radius.
    fn polygon(&self, fraction: f64) -> BezPath {
        closed(
            (0..self.count).map(|index| Some(self.at(index, fraction))),
            true,
        )
    }
}

/// A path through the points that are there; gaps break an open one.
fn closed(points: impl Iterator<Item = Option<Point>>, close: bool) -> BezPath {
    let mut path = BezPath::new();
    let mut drawing = false;
    for point in points {
        match point {
            Some(point) if drawing => path.line_to(point),
            Some(point) => path.move_to(point),
            None => {}
        }
        drawing = point.is_some();
    }
    if close && !path.elements().is_empty() {
        path.close_path();
    }
    path
}

/// Draws the radar plots of a plot area into the room that title and legend leave.
pub(super) fn draw<'a>(chart: &mut Chart<'a>, plots: &[&'a Plot], room: Rect) {
    let count = category_count(plots.iter().copied()).min(MAX_SPOKES);
    if count == 0 {
        return;
    }
    let space = chart.space;
    let of_kind = |kinds: &[AxisKind]| {
        space
            .plot_area
            .axes
            .iter()
            .find(|axis| kinds.contains(&axis.kind))
    };
    let value_axis = of_kind(&[AxisKind::Value]);
    let category_axis = of_kind(&[AxisKind::Category, AxisKind::Date]);
    let names = names(chart, plots, category_axis, count);
    let name_style = chart.text_style(
        &[category_axis.and_then(|axis| axis.text.as_deref())],
        Role::Plain,
    );
    let (center, radius) = place(chart, room, &names, &name_style);
    let web = Web {
        center,
        radius,
        count,
        scale: scale(chart, plots, value_axis, radius),
    };
    let look = Look::of(space.plot_area.shape.as_deref(), Look::default());
    chart.path(
        &web.polygon(1.0),
        &look,
        Rect::from_center_size(center, (2.0 * radius, 2.0 * radius)),
    );
    grid(chart, &web, value_axis);
    let filled = |plot: &Plot| plot.kind == PlotKind::Radar(RadarStyle::Filled);
    for plot in plots {
        for series in ordered(plot) {
            let points: Vec<Option<Point>> = (0..count)
                .map(|index| {
                    let value = series.values.get(index);
                    let zero = space.blanks == slides_ooxml::model::chart::BlanksAs::Zero;
                    value
                        .or(zero.then_some(0.0))
                        .map(|value| web.point(index, value))
                })
                .collect();
            let whole = points.iter().all(Option::is_some);
            if filled(plot) {
                let path = closed(points.iter().flatten().copied().map(Some), true);
                let bounds = Rect::from_center_size(center, (2.0 * radius, 2.0 * radius));
                chart.path(&path, &chart.series_look(series), bounds);
                continue;
            }
            let line = chart.series_line(plot, series);
            if crate::line::is_drawn(&line) {
                let mut path = closed(points.iter().copied(), whole);
                if let (false, Some(Some(last)), Some(Some(first))) =
                    (whole, points.last(), points.first())
                {
                    path.move_to(*last);
                    path.line_to(*first);
                }
                chart.stroke(path, &line);
            }
            for (index, point) in points.iter().enumerate() {
                let marker = chart.marker_of(plot, series, Some(index));
                if let (Some(point), Some((symbol, size, look))) = (point, marker) {
                    chart.marker(*point, symbol, size, &look);
                }
            }
        }
    }
    for (index, label) in names.iter().enumerate() {
        let along = direction(web.angle(index));
        let (w, h) = (label.width, label.text_height());
        let foot = center + along * (radius + GAP);
        chart.put(
            label,
            foot.x + along.x * w / 2.0 - w / 2.0,
            foot.y + along.y * h / 2.0 - h / 2.0,
        );
    }
    tick_labels(chart, &web, value_axis, plots);
    for plot in plots {
        data_labels(chart, &web, plot);
    }
}

fn names(chart: &Chart<'_>, plots: &[&Plot], axis: Option<&Axis>, count: usize) -> Vec<Label> {
    let hidden =
        axis.is_some_and(|axis| axis.deleted || axis.label_position == TickLabelPosition::None);
    if hidden {
        return Vec::new();
    }
    let style = chart.text_style(&[axis.and_then(|axis| axis.text.as_deref())], Role::Plain);
    let categories = categories(plots.iter().copied());
    let width = (0.2 * chart.size.width).max(24.0);
    (0..count)
        .map(|index| {
            let text = chart.category_text(categories, index, axis);
            let label = chart.label(&text, &style, Some(width));
            if label.text_height() <= style.text_height() + 0.5 {
                return label;
            }
            // Names wrap between words, not inside of them.
            let word = text
                .split_whitespace()
                .take(MAX_WORDS)
                .map(|word| chart.label(word, &style, None).width)
                .fold(0.0, f64::max);
            if word <= width {
                return label;
            }
            let wide = (word + 0.1).min(0.35 * chart.size.width).max(width);
            chart.label(&text, &style, Some(wide))
        })
        .collect()
}

/// Middle and radius: one line of names fits above and below, the widest ones at the sides.
fn place(chart: &Chart<'_>, room: Rect, names: &[Label], style: &TextStyle) -> (Point, f64) {
    if let Some(layout) = chart.space.plot_area.layout
        && layout.w.is_some()
        && layout.h.is_some()
    {
        let rect = super::title::manual_rect(&layout, chart.size, room);
        return (
            rect.center(),
            (rect.width().min(rect.height()) / 2.0).max(1.0),
        );
    }
    let (half_width, half_height) = (room.width() / 2.0, room.height() / 2.0);
    let smaller = half_width.min(half_height);
    let mut radius = smaller - 11.0;
    if !names.is_empty() {
        radius = radius.min(half_height - (MARGIN + style.text_height() + GAP));
    }
    for (index, label) in names.iter().enumerate() {
        let along = direction(index as f64 / names.len() as f64 * TAU);
        if along.x.abs() > 0.05 {
            let free = half_width - MARGIN - label.width * f64::midpoint(1.0, along.x.abs());
            radius = radius.min(free / along.x.abs() - GAP);
        }
        // Names of several lines need more room above and below.
        if along.y.abs() > 0.05 && label.text_height() > style.text_height() + 0.5 {
            let need = label.text_height() * f64::midpoint(1.0, along.y.abs());
            radius = radius.min((half_height - MARGIN - need) / along.y.abs() - GAP);
        }
    }
    (room.center(), radius.max(0.25 * smaller).max(1.0))
}

fn scale(chart: &Chart<'_>, plots: &[&Plot], axis: Option<&Axis>, radius: f64) -> Scale {
    let mut extent = Extent::EMPTY;
    for value in plots
        .iter()
        .flat_map(|plot| &plot.series)
        .flat_map(|series| &series.values.points)
    {
        extent.add(value.1);
    }
    if let Some(base) = axis.and_then(|axis| axis.log_base) {
        return logarithmic(extent, axis, base);
    }
    let style = chart.text_style(&[axis.and_then(|axis| axis.text.as_deref())], Role::Plain);
    linear(extent, axis, false, radius / style.line_height().max(1.0))
}

fn grid(chart: &mut Chart<'_>, web: &Web, axis: Option<&Axis>) {
    let lines = axis.and_then(|axis| axis.major_gridlines.as_ref());
    let line = lines.map(|lines| line_of(lines.shape.as_deref(), &chart.style.axis_line()));
    let mut ticks = web.scale.ticks();
    ticks.truncate(200);
    if let Some(line) = &line {
        for tick in ticks {
            let fraction = web.scale.at(tick);
            if fraction > 1e-6 && fraction < 1.0 + 1e-6 {
                chart.stroke(web.polygon(fraction), line);
            }
        }
    }
    if axis.is_none_or(|axis| !axis.deleted) {
        let own = axis.and_then(|axis| axis.shape.as_deref());
        let spoke = line_of(own, &chart.style.axis_line());
        if crate::line::is_drawn(&spoke) {
            for index in 0..web.count {
                chart.segment(web.center, web.at(index, 1.0), &spoke);
            }
        }
    }
}

fn tick_labels(chart: &mut Chart<'_>, web: &Web, axis: Option<&Axis>, plots: &[&Plot]) {
    let Some(axis) =
        axis.filter(|axis| !axis.deleted && axis.label_position != TickLabelPosition::None)
    else {
        return;
    };
    let style = chart.text_style(&[axis.text.as_deref()], Role::Plain);
    let of_data = || {
        plots
            .iter()
            .flat_map(|plot| &plot.series)
            .find_map(|series| series.values.format.as_deref())
    };
    let code = match &axis.number_format {
        Some(format) if !format.source_linked => format.code.as_str(),
        Some(format) => of_data().unwrap_or(&format.code),
        None => of_data().unwrap_or("General"),
    };
    let mut ticks = web.scale.ticks();
    ticks.truncate(200);
    for tick in ticks {
        let label = chart.label(&chart.number(code, tick), &style, None);
        let y = web.center.y - web.radius * web.scale.at(tick);
        let size = style.size();
        let top = y + (0.325 - style.metrics.ascent) * size;
        chart.put(
            &label,
            web.center.x - 0.77 * style.text_height() - label.width,
            top,
        );
    }
}

fn data_labels(chart: &mut Chart<'_>, web: &Web, plot: &Plot) {
    for series in ordered(plot) {
        let Some(labels) = labels_of(plot, series) else {
            continue;
        };
        for index in 0..web.count {
            let Some(value) = series.values.get(index) else {
                continue;
            };
            let facts = Facts {
                plot: Some(plot),
                series,
                series_name: series_name(series, series.order as usize),
                index,
                category: chart.category_text(categories(std::iter::once(plot)), index, None),
                value: Some(value),
                share: None,
                bubble: None,
                separator: ", ",
            };
            let Some(composed) = chart.data_label(labels, &facts, None) else {
                continue;
            };
            let along = direction(web.angle(index));
            let point = web.point(index, value);
            let (w, h) = composed.size();
            let middle = match composed.position {
                Some(LabelPosition::Center) => point,
                _ => point + along * GAP + kurbo::Vec2::new(along.x * w / 2.0, along.y * h / 2.0),
            };
            let (dx, dy) = composed.shift.unwrap_or_default();
            chart.put_label(&composed, middle.x - w / 2.0 + dx, middle.y - h / 2.0 + dy);
        }
    }
}
