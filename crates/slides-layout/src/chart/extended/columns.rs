//! Waterfalls, funnels, histograms and Pareto charts.

use std::collections::HashMap;

use slides_ooxml::model::chart::{
    AxisKind, AxisPosition, ChartSpace, Crosses, DataLabels, ExtendedChart, ExtendedKind,
    ExtendedSeries, NumberFormat, PlotKind, Series, TickLabelPosition,
};
use slides_ooxml::model::{Color, Fill, Line, SchemeColor, ShapeProperties};

use super::MAX_ITEMS;
use super::marks::{Float, Marks};
use super::space::{
    SECOND_CATEGORY, SECOND_VALUE, axis, bars, category_names, hide_entries, invisible, lined,
    name_of, names, numbers, plot, silent, space,
};
use super::statistics::{Bin, bins};

/// Gap between bars, in parts of their width, where the file does not say.
const GAP: f64 = 0.5;

fn solid(accent: u8) -> ShapeProperties {
    ShapeProperties {
        fill: Some(Fill::Solid(Color::scheme(SchemeColor::Accent(accent)))),
        ..ShapeProperties::default()
    }
}

/// A series' or point's own look over the colour it has by itself.
pub(super) fn look(own: Option<&ShapeProperties>, base: ShapeProperties) -> ShapeProperties {
    let Some(own) = own else { return base };
    ShapeProperties {
        fill: own.fill.clone().or(base.fill),
        line: own.line.clone().or(base.line),
        ..ShapeProperties::default()
    }
}

/// Bars from where the last one ended; totals stand on the axis.
pub(super) fn waterfall(
    chart: &ExtendedChart,
    series: &ExtendedSeries,
) -> Option<(ChartSpace, Marks)> {
    let count = series.values.count.min(MAX_ITEMS);
    if count == 0 {
        return None;
    }
    let mut floats = Vec::with_capacity(count);
    let mut total = 0.0;
    for index in 0..count {
        let value = series.values.get(index).unwrap_or(0.0);
        let is_total = series
            .layout
            .subtotals
            .binary_search(&(index as u32))
            .is_ok();
        let (from, to) = if is_total {
            (0.0, value)
        } else {
            (total, finite(total + value))
        };
        total = to;
        let accent = match (is_total, value < 0.0) {
            (true, _) => 3,
            (false, true) => 2,
            (false, false) => 1,
        };
        let own = series
            .points
            .iter()
            .find(|point| point.index as usize == index)
            .and_then(|point| point.shape.as_deref());
        floats.push(Float {
            category: index,
            from,
            to,
            value: series.values.get(index),
            look: look(own, look(series.shape.as_deref(), solid(accent))),
        });
    }
    let categories = names(category_names(series, count));
    let ends = |pick: fn(f64, f64) -> f64| {
        let ends = floats.iter().map(|float| pick(float.from, float.to));
        numbers(ends, series.values.format.as_ref())
    };
    let kinds = [("Increase", 1), ("Decrease", 2), ("Total", 3)];
    let mut all: Vec<Series> = kinds
        .iter()
        .map(|(name, accent)| {
            let shape = Some(Box::new(look(series.shape.as_deref(), solid(*accent))));
            silent(
                u32::from(*accent) - 1,
                name,
                shape,
                &categories,
                numbers([], None),
            )
        })
        .collect();
    all.push(silent(
        3,
        "",
        Some(invisible()),
        &categories,
        ends(f64::min),
    ));
    all.push(silent(
        4,
        "",
        Some(invisible()),
        &categories,
        ends(f64::max),
    ));

    let mut space = space(chart);
    let (category, gap) = axis(chart, AxisKind::Category, 0);
    let (value, _) = axis(chart, AxisKind::Value, 0);
    let gap = gap.unwrap_or(GAP);
    space.plot_area.axes = vec![category, value];
    space.plot_area.plots = vec![bars(false, gap, all)];
    hide_entries(&mut space, [3, 4]);
    let marks = Marks::Floats {
        floats,
        gap,
        labels: series.labels.clone(),
        facts: facts(series),
        connectors: (series.layout.connector_lines != Some(false))
            .then(|| super::space::hairline(0.65)),
        centred: false,
    };
    Some((space, marks))
}

/// What labels show of the series.
fn facts(series: &ExtendedSeries) -> Box<Series> {
    Box::new(Series {
        name: Some(slides_ooxml::model::chart::SeriesText::Value(name_of(
            series,
        ))),
        values: series.values.clone(),
        ..Series::default()
    })
}

fn finite(value: f64) -> f64 {
    if value.is_finite() {
        value.clamp(-1e300, 1e300)
    } else {
        0.0
    }
}

/// Bars one below the other, centred.
pub(super) fn funnel(
    chart: &ExtendedChart,
    series: &ExtendedSeries,
) -> Option<(ChartSpace, Marks)> {
    let count = series.values.count.min(MAX_ITEMS);
    let most = series
        .values
        .points
        .iter()
        .map(|point| point.1.abs())
        .fold(0.0, f64::max);
    if count == 0 || most <= 0.0 {
        return None;
    }
    let base = look(series.shape.as_deref(), solid(1));
    let floats = (0..count)
        .map(|index| {
            let value = series.values.get(index);
            let half = value.unwrap_or(0.0).abs() / 2.0;
            let own = series
                .points
                .iter()
                .find(|point| point.index as usize == index)
                .and_then(|point| point.shape.as_deref());
            Float {
                category: index,
                from: -half,
                to: half,
                value,
                look: look(own, base.clone()),
            }
        })
        .collect();
    let categories = names(category_names(series, count));
    let entry = silent(
        0,
        &name_of(series),
        Some(Box::new(base)),
        &categories,
        numbers([], None),
    );
    let mut space = space(chart);
    let (mut category, gap) = axis(chart, AxisKind::Category, 0);
    let (mut value, _) = axis(chart, AxisKind::Value, 0);
    category.reversed = true;
    category.position = AxisPosition::Left;
    category.crosses = Crosses::Min;
    value.deleted = true;
    value.position = AxisPosition::Bottom;
    value.major_gridlines = None;
    value.min = Some(-most / 2.0);
    value.max = Some(most / 2.0);
    let gap = gap.unwrap_or(0.06);
    space.plot_area.axes = vec![category, value];
    space.plot_area.plots = vec![bars(true, gap, vec![entry])];
    let marks = Marks::Floats {
        floats,
        gap,
        labels: series.labels.clone(),
        facts: facts(series),
        connectors: None,
        centred: true,
    };
    Some((space, marks))
}

/// A bin's limits as the axis shows them.
fn bin_name(bin: &Bin, first: bool, last: bool, left_closed: bool) -> String {
    let show = |value: f64| {
        // Limits are sums of widths: what is left of them below a millionth is noise.
        let rounded = if value.abs() < 1e9 {
            (value * 1e6).round() / 1e6
        } else {
            value
        };
        super::super::number_format::format("General", rounded, None, false)
    };
    match (bin.low, bin.high) {
        (None, Some(high)) if left_closed => format!("< {}", show(high)),
        (None, Some(high)) => format!("\u{2264} {}", show(high)),
        (Some(low), None) if left_closed => format!("\u{2265} {}", show(low)),
        (Some(low), None) => format!("> {}", show(low)),
        (Some(low), Some(high)) => {
            let open = if left_closed || first { '[' } else { '(' };
            let close = if !left_closed || last { ']' } else { ')' };
            format!("{open}{}, {}{close}", show(low), show(high))
        }
        (None, None) => String::new(),
    }
}

/// Columns of counts or sums; with a line of running shares for a Pareto chart.
pub(super) fn histogram(chart: &ExtendedChart) -> Option<(ChartSpace, Marks)> {
    let visible = |kind: ExtendedKind| {
        chart
            .series
            .iter()
            .find(move |series| series.kind == kind && !series.hidden)
    };
    let columns = chart
        .series
        .iter()
        .find(|series| series.kind == ExtendedKind::Histogram)?;
    let pareto = visible(ExtendedKind::ParetoLine);
    let has_names = columns
        .categories
        .iter()
        .any(|level| !level.points.is_empty());
    let by_category = has_names && columns.layout.binning.is_none();
    let mut rows: Vec<(String, f64)> = if by_category {
        sums(columns)
    } else {
        let values: Vec<f64> = columns.values.points.iter().map(|point| point.1).collect();
        let binning = columns.layout.binning.unwrap_or_default();
        let bins = bins(&values, &binning);
        let closed = |at: usize, bin: &Bin| (at, bin.low.is_some() && bin.high.is_some());
        let ends: Vec<usize> = bins
            .iter()
            .enumerate()
            .map(|(at, bin)| closed(at, bin))
            .filter_map(|(at, is)| is.then_some(at))
            .collect();
        bins.iter()
            .enumerate()
            .map(|(at, bin)| {
                let (first, last) = (ends.first() == Some(&at), ends.last() == Some(&at));
                let name = bin_name(bin, first, last, binning.left_closed);
                (name, bin.count as f64)
            })
            .collect()
    };
    if rows.is_empty() {
        return None;
    }
    if pareto.is_some() {
        rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    }
    let categories = names(rows.iter().map(|row| row.0.clone()));
    let format = by_category
        .then_some(columns.values.format.as_ref())
        .flatten();
    let shape = look(columns.shape.as_deref(), solid(1));
    let column = Series {
        labels: columns.labels.clone().map(sized_labels),
        points: columns.points.clone(),
        ..silent(
            0,
            &name_of(columns),
            Some(Box::new(shape)),
            &categories,
            numbers(rows.iter().map(|row| row.1), format),
        )
    };
    let mut space = space(chart);
    let (category, gap) = axis(chart, AxisKind::Category, 0);
    let (value, _) = axis(chart, AxisKind::Value, 0);
    space.plot_area.axes = vec![category, value];
    space.plot_area.plots = vec![bars(false, gap.unwrap_or(0.0), vec![column])];
    if let Some(pareto) = pareto {
        let most = rows.iter().map(|row| row.1.abs()).fold(0.0, f64::max);
        let parts = rows
            .iter()
            .map(|row| row.1.abs() / most.max(f64::MIN_POSITIVE));
        let whole: f64 = parts.clone().sum();
        let mut sum = 0.0;
        let shares: Vec<f64> = parts
            .map(|part| {
                sum += part;
                sum / whole.max(f64::MIN_POSITIVE)
            })
            .collect();
        let line = Line {
            width: Some(28_575),
            fill: Some(Fill::Solid(Color::scheme(SchemeColor::Accent(2)))),
            ..Line::default()
        };
        let own = pareto.shape.as_deref().and_then(|shape| shape.line.clone());
        let series = silent(
            1,
            &name_of(pareto),
            Some(lined(own.unwrap_or(line))),
            &categories,
            numbers(shares, None),
        );
        let (mut second, _) = axis(chart, AxisKind::Category, 1);
        second.deleted = true;
        let (mut percent, _) = axis(chart, AxisKind::Value, 1);
        percent.position = AxisPosition::Right;
        percent.crosses = Crosses::Max;
        percent.min = Some(0.0);
        percent.max = Some(1.0);
        percent.major_gridlines = None;
        percent.major_unit = percent.major_unit.or(Some(0.1));
        percent.number_format = percent
            .number_format
            .filter(|format| !format.source_linked)
            .or_else(|| {
                Some(NumberFormat {
                    code: "0%".to_owned(),
                    source_linked: false,
                })
            });
        if !percent.deleted {
            percent.label_position = TickLabelPosition::NextTo;
        }
        space.plot_area.axes.extend([second, percent]);
        space.plot_area.plots.push(plot(
            PlotKind::Line {
                grouping: slides_ooxml::model::chart::Grouping::Standard,
                marker: false,
            },
            vec![series],
            vec![SECOND_CATEGORY, SECOND_VALUE],
        ));
        hide_entries(&mut space, [1]);
    }
    Some((space, Marks::None))
}

/// Labels of columns show the values, whatever else the file says.
fn sized_labels(mut labels: DataLabels) -> DataLabels {
    let settings = &mut labels.settings;
    if settings.value.is_none() && settings.category.is_none() && settings.series_name.is_none() {
        settings.value = Some(true);
    }
    labels
}

/// Sums of the values of equal categories, in the order of their first appearance.
fn sums(series: &ExtendedSeries) -> Vec<(String, f64)> {
    let count = series.values.count.min(MAX_ITEMS);
    let mut rows: Vec<(String, f64)> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, name) in category_names(series, count).into_iter().enumerate() {
        let value = series.values.get(index).unwrap_or(0.0);
        let at = *seen.entry(name.clone()).or_insert_with(|| {
            rows.push((name, 0.0));
            rows.len() - 1
        });
        if let Some(row) = rows.get_mut(at) {
            row.1 = finite(row.1 + value);
        }
    }
    rows
}
