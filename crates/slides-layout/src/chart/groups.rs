//! Plots by the pair of axes that they share, with the extents and scales of those.

use slides_ooxml::model::chart::{
    Axis, AxisKind, Categories, CrossBetween, Grouping, Plot, PlotKind,
};

use super::data::{Cells, categories, category_count, cells, grouping};
use super::scale::{Extent, Scale, linear, logarithmic};
use super::{Chart, date, is_cartesian};

/// Plots that share a pair of axes.
pub(super) struct Group<'a> {
    /// The plots in document order with their cells.
    pub plots: Vec<(&'a Plot, Cells)>,
    /// The category axis, or the x axis of scatter plots.
    pub category: Option<&'a Axis>,
    /// The value axis.
    pub value: Option<&'a Axis>,
    /// Categories run from bottom to top.
    pub horizontal: bool,
    /// Both axes hold values.
    pub scatter: bool,
    /// Number of categories.
    pub count: usize,
    /// What the categories are called.
    pub names: Option<&'a Categories>,
}

/// The pairs of axes of a chart.
pub(super) fn groups<'a>(chart: &Chart<'a>) -> Vec<Group<'a>> {
    let area = &chart.space.plot_area;
    let mut found: Vec<(&[u32], Group<'a>)> = Vec::new();
    for plot in area.plots.iter().filter(|plot| is_cartesian(plot)) {
        if let Some((_, group)) = found.iter_mut().find(|(ids, _)| *ids == plot.axes) {
            group.plots.push((plot, Cells { rows: Vec::new() }));
            continue;
        }
        let mut axes = plot
            .axes
            .iter()
            .filter_map(|id| area.axes.iter().find(|axis| axis.id == *id))
            .filter(|axis| axis.kind != AxisKind::Series);
        let (first, second) = (axes.next(), axes.next());
        let scatter = matches!(plot.kind, PlotKind::Scatter(_) | PlotKind::Bubble { .. });
        let swapped = match (first, second) {
            (Some(a), Some(b)) if scatter => {
                !a.position.is_horizontal() && b.position.is_horizontal()
            }
            (Some(a), _) => a.kind == AxisKind::Value && !scatter,
            _ => false,
        };
        let (category, value) = if swapped {
            (second, first)
        } else {
            (first, second)
        };
        let group = Group {
            plots: vec![(plot, Cells { rows: Vec::new() })],
            category,
            value,
            horizontal: matches!(
                plot.kind,
                PlotKind::Bar {
                    horizontal: true,
                    ..
                }
            ),
            scatter,
            count: 0,
            names: None,
        };
        found.push((&plot.axes, group));
    }
    let mut groups: Vec<Group<'a>> = found.into_iter().map(|(_, group)| group).collect();
    for group in &mut groups {
        group.count = category_count(group.plots.iter().map(|(plot, _)| *plot));
        group.names = categories(group.plots.iter().map(|(plot, _)| *plot));
        for (plot, its) in &mut group.plots {
            if !group.scatter {
                *its = cells(plot, group.count, chart.space.blanks);
            }
        }
    }
    // A secondary category axis without names counts by the primary one's.
    let (names, most) = groups.first().map_or((None, 0), |g| (g.names, g.count));
    for group in groups.iter_mut().skip(1).filter(|group| !group.scatter) {
        group.names = group.names.or(names);
        if group.category.is_none_or(|axis| axis.deleted) && group.count < most {
            group.count = most;
        }
    }
    groups
}

/// The extent of the values along the value axis.
pub(super) fn value_extent(group: &Group<'_>) -> Extent {
    let mut extent = Extent::EMPTY;
    for (plot, cells) in &group.plots {
        if group.scatter {
            for series in &plot.series {
                for (_, value) in &series.values.points {
                    extent.add(*value);
                }
            }
        } else {
            cells.extend(&mut extent);
        }
        for series in &plot.series {
            super::error_bars::extend(series, &mut extent);
        }
    }
    extent
}

/// The extent of the x values of scatter plots; without numbers points count from 1.
pub(super) fn x_extent(group: &Group<'_>) -> Extent {
    let mut extent = Extent::EMPTY;
    for series in group.plots.iter().flat_map(|(plot, _)| &plot.series) {
        for (index, _) in &series.values.points {
            extent.add(super::scatter::x_value(series, *index as usize).unwrap_or(0.0));
        }
    }
    extent
}

pub(super) fn is_percent(group: &Group<'_>) -> bool {
    group
        .plots
        .iter()
        .any(|(plot, _)| grouping(plot) == Grouping::PercentStacked)
}

pub(super) fn value_scale(
    extent: Extent,
    axis: Option<&Axis>,
    percent: bool,
    intervals: f64,
) -> Scale {
    match axis.and_then(|axis| axis.log_base) {
        Some(base) if !percent => logarithmic(extent, axis, base),
        _ => linear(extent, axis, percent, intervals),
    }
}

/// Whether categories have slots rather than ends.
pub(super) fn is_between(group: &Group<'_>) -> bool {
    let bars = group
        .plots
        .iter()
        .any(|(plot, _)| matches!(plot.kind, PlotKind::Bar { .. } | PlotKind::Stock));
    let areas = group
        .plots
        .iter()
        .all(|(plot, _)| matches!(plot.kind, PlotKind::Area { .. }));
    let said = group.value.and_then(|axis| axis.cross_between);
    bars || match said {
        Some(said) => said == CrossBetween::Between,
        None => !areas,
    }
}

pub(super) fn category_scale(chart: &Chart<'_>, group: &Group<'_>, room: f64) -> Scale {
    // The columns of a data table are slots.
    let between = is_between(group) || chart.space.plot_area.data_table.is_some();
    let from_1904 = chart.space.date_1904;
    let (Some(AxisKind::Date), Some(Categories::Numbers(dates))) =
        (group.category.map(|axis| axis.kind), group.names)
    else {
        return Scale::Category {
            count: group.count,
            between,
        };
    };
    let serials: Vec<f64> = dates.points.iter().map(|point| point.1).collect();
    let axis = group.category;
    let unit = axis
        .and_then(|axis| axis.base_unit)
        .unwrap_or_else(|| date::base_unit(&serials, from_1904));
    let mut extent = Extent::EMPTY;
    for serial in &serials {
        extent.add(*serial);
    }
    let ends = if extent.min <= extent.max {
        (extent.min, extent.max)
    } else {
        (0.0, 0.0)
    };
    let min = axis.and_then(|axis| axis.min).unwrap_or(ends.0);
    let max = axis.and_then(|axis| axis.max).unwrap_or(ends.1).max(min);
    let in_units = |serial: f64| date::in_units(serial.clamp(-1e7, 1e7), unit, from_1904);
    let (min, max) = (in_units(min), in_units(max));
    let asked = axis.and_then(|axis| {
        Some((
            axis.major_unit?.clamp(1.0, 1e5),
            axis.major_time_unit.unwrap_or(unit),
        ))
    });
    Scale::Date {
        unit,
        min,
        max,
        major: asked.unwrap_or_else(|| date::automatic_major(unit, max - min, room)),
        between,
        from_1904,
    }
}
