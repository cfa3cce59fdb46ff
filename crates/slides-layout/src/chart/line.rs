//! Lines with their markers, drop lines, high-low lines and up-down bars.

use kurbo::{BezPath, Point, Rect};
use slides_ooxml::model::chart::{BlanksAs, Plot, PlotKind, Series};

use super::Chart;
use super::canvas::{Look, line_of};
use super::coords::Coordinates;
use super::data::{Cells, ordered};

/// Draws the lines of a plot.
pub(super) fn draw(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    cells: &Cells,
    clip: Rect,
) {
    beneath(chart, coordinates, plot, cells, clip);
    for (series, row) in ordered(plot).into_iter().zip(&cells.rows) {
        let points: Vec<Option<Point>> = row
            .iter()
            .enumerate()
            .map(|(category, cell)| {
                let at = coordinates.category_value(category);
                cell.filter(|_| at.is_finite())
                    .map(|(_, value)| coordinates.point(at, value))
            })
            .collect();
        polyline(
            chart,
            plot,
            series,
            &points,
            matches!(plot.kind, PlotKind::Line { .. }) && series.smooth.unwrap_or(false),
            clip,
        );
    }
}

/// Draws a line through points and the markers on it.
pub(super) fn polyline(
    chart: &mut Chart<'_>,
    plot: &Plot,
    series: &Series,
    points: &[Option<Point>],
    smooth: bool,
    clip: Rect,
) {
    let base = chart.series_line(plot, series);
    let spans = chart.space.blanks == BlanksAs::Span;
    let mut runs: Vec<Vec<(usize, Point)>> = vec![Vec::new()];
    for (index, point) in points.iter().enumerate() {
        match point {
            Some(point) => {
                if let Some(run) = runs.last_mut() {
                    run.push((index, *point));
                }
            }
            None if spans => {}
            None => {
                if runs.last().is_some_and(|run| !run.is_empty()) {
                    runs.push(Vec::new());
                }
            }
        }
    }
    // Points with a line of their own break the line up.
    let own = series.points.iter().any(|point| {
        point
            .shape
            .as_ref()
            .is_some_and(|shape| shape.line.is_some())
    });
    let effects = series.shape.as_ref().and_then(|own| own.effects.as_ref());
    chart.clipped(clip, |chart| {
        for run in runs.iter().filter(|run| run.len() > 1) {
            let places: Vec<Point> = run.iter().map(|(_, point)| *point).collect();
            if own {
                for at in 1..run.len() {
                    let index = run.get(at).map_or(0, |(index, _)| *index);
                    let line = Chart::point_line(series.point(index), &base);
                    if crate::line::is_drawn(&line) {
                        chart.stroke_with(&path(&places, at - 1..at + 1, smooth), &line, effects);
                    }
                }
            } else if crate::line::is_drawn(&base) {
                chart.stroke_with(&path(&places, 0..places.len(), smooth), &base, effects);
            }
        }
    });
    for (index, point) in points.iter().enumerate() {
        let Some(point) = point.filter(|point| clip.inflate(0.05, 0.05).contains(*point)) else {
            continue;
        };
        if let Some((symbol, size, look)) = chart.marker_of(plot, series, Some(index)) {
            chart.marker(point, symbol, size, &look);
        }
    }
}

/// A path through a range of points; curves lean on the neighbours outside of it too.
fn path(points: &[Point], range: std::ops::Range<usize>, smooth: bool) -> BezPath {
    let mut path = BezPath::new();
    for index in range.clone() {
        let Some(point) = points.get(index).copied() else {
            continue;
        };
        let before = index.checked_sub(1).and_then(|i| points.get(i)).copied();
        match before.filter(|_| index > range.start) {
            None => path.move_to(point),
            Some(before) if smooth => {
                let first = index
                    .checked_sub(2)
                    .and_then(|i| points.get(i))
                    .copied()
                    .unwrap_or(before);
                let last = points.get(index + 1).copied().unwrap_or(point);
                path.curve_to(
                    before + (point - first) / 6.0,
                    point - (last - before) / 6.0,
                    point,
                );
            }
            Some(_) => path.line_to(point),
        }
    }
    path
}

/// What lies under the lines: drop lines, high-low lines, up-down bars.
pub(super) fn beneath(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    cells: &Cells,
    clip: Rect,
) {
    let count = cells.rows.iter().map(Vec::len).max().unwrap_or(0);
    let other = chart.style.other_line();
    let values = |category: usize| {
        cells
            .rows
            .iter()
            .filter_map(move |row| row.get(category).copied().flatten())
            .map(|(_, value)| value)
    };
    let ends = |category: usize| {
        values(category).fold(None, |ends: Option<(f64, f64)>, value| {
            Some(ends.map_or((value, value), |(low, high)| {
                (low.min(value), high.max(value))
            }))
        })
    };
    chart.clipped(clip, |chart| {
        if let Some(lines) = &plot.drop_lines {
            let line = line_of(lines.shape.as_deref(), &other);
            for category in 0..count {
                if let Some((_, high)) = ends(category) {
                    let at = coordinates
                        .category
                        .position(coordinates.category_value(category));
                    let tip = coordinates.at(at, coordinates.value.position(high));
                    chart.segment(coordinates.at(at, coordinates.base()), tip, &line);
                }
            }
        }
        if let Some(lines) = &plot.high_low_lines {
            let line = line_of(lines.shape.as_deref(), &other);
            for category in 0..count {
                if let Some((low, high)) = ends(category) {
                    let at = coordinates.category_value(category);
                    let from = coordinates.point(at, low);
                    chart.segment(from, coordinates.point(at, high), &line);
                }
            }
        }
        up_down_bars(chart, coordinates, plot, cells, count);
    });
}

/// Bars from the first series' values to the last's.
fn up_down_bars(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    cells: &Cells,
    count: usize,
) {
    let (Some(bars), Some(first), Some(last)) =
        (&plot.up_down_bars, cells.rows.first(), cells.rows.last())
    else {
        return;
    };
    let half = coordinates.slot() / (1.0 + bars.gap_width / 100.0) / 2.0;
    for category in 0..count {
        let value = |row: &Vec<super::data::Cell>| row.get(category).copied().flatten();
        let (Some((_, open)), Some((_, close))) = (value(first), value(last)) else {
            continue;
        };
        let up = close >= open;
        let Some(own) = (if up { &bars.up } else { &bars.down }) else {
            continue;
        };
        let look = Look::of(own.shape.as_deref(), chart.style.up_down_bar(up));
        let at = coordinates
            .category
            .position(coordinates.category_value(category));
        let a = coordinates.at(at - half, coordinates.value.position(open));
        let b = coordinates.at(at + half, coordinates.value.position(close));
        chart.rect(Rect::from_points(a, b), &look);
    }
}
