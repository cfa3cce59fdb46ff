//! Boxes with whiskers.

use std::collections::HashMap;

use slides_ooxml::model::chart::{
    AxisKind, ChartSpace, ExtendedChart, ExtendedKind, ExtendedSeries, Series,
};
use slides_ooxml::model::{Color, Fill, SchemeColor, ShapeProperties};

use super::MAX_ITEMS;
use super::columns::look;
use super::marks::{BoxMark, Marks};
use super::space::{
    axis, bars, category_names, hairline, hide_entries, invisible, name_of, names, numbers, silent,
    space,
};
use super::statistics::box_of;

/// Gap between the boxes of two categories, in parts of a box.
const GAP: f64 = 1.0;

/// One box for each category and series.
pub(super) fn lower(chart: &ExtendedChart) -> Option<(ChartSpace, Marks)> {
    let all: Vec<&ExtendedSeries> = chart
        .series
        .iter()
        .filter(|series| series.kind == ExtendedKind::BoxWhisker && !series.hidden)
        .collect();
    // Categories in the order of their first appearance.
    let mut order: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<Vec<f64>>> = Vec::new();
    for series in &all {
        let mut own: Vec<Vec<f64>> = Vec::new();
        let count = series.values.count.min(MAX_ITEMS);
        let names = if series.categories.is_empty() {
            vec![String::new(); count]
        } else {
            category_names(series, count)
        };
        for (index, name) in names.into_iter().enumerate() {
            let Some(value) = series.values.get(index) else {
                continue;
            };
            let place = *places.entry(name.clone()).or_insert_with(|| {
                order.push(name);
                order.len() - 1
            });
            if own.len() <= place {
                own.resize(place + 1, Vec::new());
            }
            if let Some(values) = own.get_mut(place) {
                values.push(value);
            }
        }
        groups.push(own);
    }
    if order.is_empty() {
        return None;
    }
    let categories = names(order.iter().cloned());
    let mut entries: Vec<Series> = Vec::new();
    let mut marks = Vec::new();
    for (lane, (series, groups)) in all.iter().zip(&groups).enumerate() {
        let accent = (series.index % 6) as u8 + 1;
        let own = look(
            series.shape.as_deref(),
            ShapeProperties {
                fill: Some(Fill::Solid(Color::scheme(SchemeColor::Accent(accent)))),
                line: Some(hairline(0.65)),
                ..ShapeProperties::default()
            },
        );
        entries.push(silent(
            lane as u32,
            &name_of(series),
            Some(Box::new(own.clone())),
            &categories,
            numbers([], None),
        ));
        let layout = &series.layout;
        for (category, values) in groups.iter().enumerate() {
            let Some(figures) = box_of(values, layout.inclusive_quartiles) else {
                continue;
            };
            marks.push(BoxMark {
                category,
                lane,
                figures,
                look: own.clone(),
                mean: layout.mean_marker != Some(false),
                mean_line: layout.mean_line,
                outliers: layout.outliers != Some(false),
                inner: layout.inner_points,
            });
        }
    }
    // Two series that are not seen stretch the axis over all values.
    let lanes = entries.len();
    let shown = |mark: &BoxMark, pick: fn(f64, f64) -> f64, end: f64| {
        let outliers = mark.figures.outliers.iter().filter(|_| mark.outliers);
        outliers.fold(end, |end, value| pick(end, *value))
    };
    let least = marks
        .iter()
        .map(|mark| shown(mark, f64::min, mark.figures.low));
    let most = marks
        .iter()
        .map(|mark| shown(mark, f64::max, mark.figures.high));
    let ends = [
        least.fold(f64::INFINITY, f64::min),
        most.fold(f64::NEG_INFINITY, f64::max),
    ];
    for (at, end) in ends.into_iter().enumerate() {
        let index = (lanes + at) as u32;
        entries.push(silent(
            index,
            "",
            Some(invisible()),
            &categories,
            numbers([end], None),
        ));
    }
    let mut space = space(chart);
    let (category, gap) = axis(chart, AxisKind::Category, 0);
    let (value, _) = axis(chart, AxisKind::Value, 0);
    space.plot_area.axes = vec![category, value];
    let gap = gap.unwrap_or(GAP);
    space.plot_area.plots = vec![bars(false, gap, entries)];
    hide_entries(&mut space, [lanes, lanes + 1]);
    Some((
        space,
        Marks::Boxes {
            boxes: marks,
            lanes,
            gap,
        },
    ))
}
