//! Scatter and bubble plots.

use kurbo::{Circle, Point, Rect, Shape as _};
use slides_ooxml::model::chart::{Categories, Plot, PlotKind, ScatterStyle, Series};

use super::Chart;
use super::coords::Coordinates;
use super::data::ordered;

/// Share of the plot's smaller side that the largest bubble spans.
const LARGEST_BUBBLE: f64 = 0.25;

/// The x value of a point; points without numbers count from 1.
pub(super) fn x_value(series: &Series, index: usize) -> Option<f64> {
    match &series.categories {
        Categories::Numbers(data) => data.get(index),
        _ => Some(index as f64 + 1.0),
    }
}

/// Draws a scatter or bubble plot.
pub(super) fn draw(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    clip: Rect,
) {
    if let PlotKind::Bubble { .. } = plot.kind {
        bubbles(chart, coordinates, plot, clip);
        return;
    }
    let smooth_style = matches!(
        plot.kind,
        PlotKind::Scatter(ScatterStyle::Smooth | ScatterStyle::SmoothMarker)
    );
    for series in ordered(plot) {
        let points: Vec<Option<Point>> = (0..series.values.count)
            .map(|index| {
                let (x, y) = (x_value(series, index)?, series.values.get(index)?);
                Some(coordinates.point(x, y))
            })
            .collect();
        let smooth = series.smooth.unwrap_or(smooth_style);
        super::line::polyline(chart, plot, series, &points, smooth, clip);
    }
}

/// Size of a point's bubble; none where it is not drawn.
fn bubble_size(plot: &Plot, series: &Series, index: usize) -> Option<f64> {
    let PlotKind::Bubble { show_negative, .. } = plot.kind else {
        return None;
    };
    let size = match &series.bubble_sizes {
        Some(sizes) => sizes.get(index)?,
        None => 1.0,
    };
    (size > 0.0 || show_negative && size < 0.0).then_some(size.abs())
}

/// Radius of a point's bubble.
pub(super) fn bubble_radius(
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    series: &Series,
    index: usize,
) -> Option<f64> {
    let PlotKind::Bubble {
        scale,
        size_is_width,
        ..
    } = plot.kind
    else {
        return None;
    };
    let size = bubble_size(plot, series, index)?;
    let largest = plot
        .series
        .iter()
        .flat_map(|series| {
            series
                .bubble_sizes
                .iter()
                .flat_map(|sizes| &sizes.points)
                .map(|point| point.1.abs())
        })
        .fold(0.0, f64::max);
    let share = if largest > 0.0 { size / largest } else { 1.0 };
    let share = if size_is_width { share } else { share.sqrt() };
    let side = coordinates.plot.width().min(coordinates.plot.height());
    Some(share * side * LARGEST_BUBBLE * scale / 100.0 / 2.0)
}

fn bubbles(chart: &mut Chart<'_>, coordinates: &Coordinates<'_, '_>, plot: &Plot, clip: Rect) {
    chart.clipped(clip, |chart| {
        for series in ordered(plot) {
            let bubbles: Vec<_> = (0..series.values.count)
                .filter_map(|index| {
                    let (x, y) = (x_value(series, index)?, series.values.get(index)?);
                    let radius = bubble_radius(coordinates, plot, series, index)?;
                    let circle = Circle::new(coordinates.point(x, y), radius);
                    let bounds = circle.bounding_box();
                    let look = chart.point_look(plot, series, index);
                    (radius > 0.0 && bounds.overlaps(clip))
                        .then(|| (circle.to_path(0.02), look, bounds))
                })
                .collect();
            chart.pieces(bubbles);
        }
    });
}
