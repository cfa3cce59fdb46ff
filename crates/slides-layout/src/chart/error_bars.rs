//! Error bars.

use kurbo::{Point, Rect};
use slides_ooxml::model::chart::{
    ErrorAmount, ErrorBars, ErrorDirection, ErrorSide, Plot, PlotKind, Series,
};

use super::Chart;
use super::canvas::line_of;
use super::coords::Coordinates;
use super::data::{Cells, ordered};
use super::scale::Extent;
use super::scatter::x_value;

/// Half of an end cap, points.
const CAP: f64 = 3.0;

/// Where the bars of a series stand and how far they reach.
struct Spread {
    mean: f64,
    deviation: f64,
    error: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().count().max(1) as f64;
        let mean = values.clone().sum::<f64>() / count;
        let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
        let deviation = if count > 1.0 {
            (squares / (count - 1.0)).sqrt()
        } else {
            0.0
        };
        Self {
            mean,
            deviation,
            error: deviation / count.sqrt(),
        }
    }
}

/// From where to where the bar of a value reaches.
fn reach(bars: &ErrorBars, spread: &Spread, index: usize, value: f64) -> (f64, f64) {
    let both = |amount: f64| (value - amount, value + amount);
    let (low, high) = match &bars.amount {
        ErrorAmount::Fixed(amount) => both(*amount),
        ErrorAmount::Percent(percent) => both(value.abs() * percent / 100.0),
        ErrorAmount::StandardDeviation(times) => (
            spread.mean - times * spread.deviation,
            spread.mean + times * spread.deviation,
        ),
        ErrorAmount::StandardError => both(spread.error),
        ErrorAmount::Custom { plus, minus } => (
            value - minus.get(index).unwrap_or(0.0),
            value + plus.get(index).unwrap_or(0.0),
        ),
    };
    match bars.side {
        ErrorSide::Both => (low, high),
        ErrorSide::Minus => (low, value),
        ErrorSide::Plus => (value, high),
    }
}

/// Takes the ends of a series' vertical bars into its extent.
pub(super) fn extend(series: &Series, extent: &mut Extent) {
    for bars in &series.error_bars {
        if bars.direction == Some(ErrorDirection::X) {
            continue;
        }
        let spread = Spread::of(series.values.points.iter().map(|point| point.1));
        for (index, value) in &series.values.points {
            let (low, high) = reach(bars, &spread, *index as usize, *value);
            extent.add(low);
            extent.add(high);
        }
    }
}

/// Draws the error bars of a plot.
pub(super) fn draw(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    cells: &Cells,
    clip: Rect,
) {
    let scatter = coordinates.group.scatter;
    for (position, series) in ordered(plot).into_iter().enumerate() {
        for bars in &series.error_bars {
            let line = line_of(bars.shape.as_deref(), &chart.style.other_line());
            let sideways = scatter && bars.direction == Some(ErrorDirection::X);
            let values: Vec<(usize, f64)> = (0..series.values.count)
                .filter_map(|index| {
                    let value = if sideways {
                        x_value(series, index)
                    } else {
                        series.values.get(index)
                    };
                    Some((index, value?))
                })
                .collect();
            let spread = Spread::of(values.iter().map(|value| value.1));
            chart.clipped(clip, |chart| {
                for (index, value) in &values {
                    let (low, high) = reach(bars, &spread, *index, *value);
                    let Some(ends) = ends(
                        coordinates,
                        plot,
                        series,
                        cells,
                        (position, *index),
                        (*value, low, high),
                        sideways,
                    ) else {
                        continue;
                    };
                    bar(chart, ends, bars.no_end_cap, &line);
                }
            });
        }
    }
}

fn ends(
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    series: &Series,
    cells: &Cells,
    (position, index): (usize, usize),
    (value, low, high): (f64, f64, f64),
    sideways: bool,
) -> Option<(Point, Point)> {
    if coordinates.group.scatter {
        let (x, y) = (x_value(series, index)?, series.values.get(index)?);
        return Some(if sideways {
            (coordinates.point(low, y), coordinates.point(high, y))
        } else {
            (coordinates.point(x, low), coordinates.point(x, high))
        });
    }
    // Stacked values carry their bars up with them.
    let cell = cells.rows.get(position)?.get(index).copied().flatten()?;
    let lift = cell.1 - value;
    let along = if let PlotKind::Bar { .. } = plot.kind {
        let rect =
            super::bar::Layout::new(coordinates, plot).rect(coordinates, position, index, cell)?;
        if coordinates.group.horizontal {
            rect.center().y
        } else {
            rect.center().x
        }
    } else {
        coordinates
            .category
            .position(coordinates.category_value(index))
    };
    let across = |value: f64| coordinates.value.position(value + lift);
    Some((
        coordinates.at(along, across(low)),
        coordinates.at(along, across(high)),
    ))
}

fn bar(
    chart: &mut Chart<'_>,
    (from, to): (Point, Point),
    bare: bool,
    line: &slides_ooxml::model::Line,
) {
    let along = to - from;
    if along.hypot() < 1e-6 {
        return;
    }
    chart.segment(from, to, line);
    if bare {
        return;
    }
    let unit = along / along.hypot();
    let cap = kurbo::Vec2::new(-unit.y, unit.x) * CAP;
    for end in [from, to] {
        chart.segment(end - cap, end + cap, line);
    }
}
