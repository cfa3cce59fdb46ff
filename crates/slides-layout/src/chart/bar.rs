//! Bars and columns.

use kurbo::{Point, Rect};
use slides_ooxml::model::Line;
use slides_ooxml::model::chart::{Grouping, Plot, PlotKind};

use super::Chart;
use super::canvas::line_of;
use super::coords::Coordinates;
use super::data::{Cells, ordered};

/// How the bars of a plot stand in their slots.
pub(super) struct Layout {
    width: f64,
    step: f64,
    /// From the middle of a slot to the start of the first bar.
    start: f64,
    /// Towards higher categories.
    sign: f64,
    stacked: bool,
}

impl Layout {
    /// Bars are centred in their slots; `overlap` is signed, stacked bars are one.
    pub(super) fn new(coordinates: &Coordinates<'_, '_>, plot: &Plot) -> Self {
        let (grouping, gap, overlap) = match plot.kind {
            PlotKind::Bar {
                grouping,
                gap_width,
                overlap,
                ..
            } => (grouping, gap_width, overlap),
            _ => (Grouping::Standard, 150.0, None),
        };
        // The deepest axis of a kind with depth is reduced to bars one behind the other.
        let stacked = grouping != Grouping::Standard;
        let count = if stacked {
            1.0
        } else {
            plot.series.len().max(1) as f64
        };
        let overlap = if stacked {
            1.0
        } else {
            overlap.unwrap_or(0.0) / 100.0
        };
        let slot = coordinates.slot();
        let width = slot / (count - (count - 1.0) * overlap + gap / 100.0);
        let step = width * (1.0 - overlap);
        let all = width + (count - 1.0) * step;
        let ahead = coordinates.category.position(1.0) - coordinates.category.position(0.0);
        Self {
            width,
            step,
            start: -all / 2.0,
            sign: if ahead < 0.0 { -1.0 } else { 1.0 },
            stacked,
        }
    }

    /// The box of a bar.
    pub(super) fn rect(
        &self,
        coordinates: &Coordinates<'_, '_>,
        series: usize,
        category: usize,
        (from, to): (f64, f64),
    ) -> Option<Rect> {
        let value = coordinates.category_value(category);
        if !value.is_finite() {
            return None;
        }
        let center = coordinates.category.position(value);
        let place = if self.stacked { 0 } else { series };
        let near = center + self.sign * (self.start + place as f64 * self.step);
        let far = near + self.sign * self.width;
        let base = if from == 0.0 {
            coordinates.base()
        } else {
            coordinates.value.position(from)
        };
        let tip = coordinates.value.position(to);
        let (a, b) = (coordinates.at(near, base), coordinates.at(far, tip));
        Some(Rect::from_points(a, b))
    }
}

/// Draws the bars of a plot.
pub(super) fn draw(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    cells: &Cells,
    clip: Rect,
) {
    let layout = Layout::new(coordinates, plot);
    chart.clipped(clip, |chart| {
        for (position, (series, row)) in ordered(plot).into_iter().zip(&cells.rows).enumerate() {
            for (category, cell) in row.iter().enumerate() {
                let Some(cell) = cell else { continue };
                let Some(rect) = layout.rect(coordinates, position, category, *cell) else {
                    continue;
                };
                if rect.width().min(rect.height()) <= 0.0 || !rect.overlaps(clip) {
                    continue;
                }
                let look = chart.bar_look(plot, series, category, cell.1 - cell.0);
                // What lies far outside would only cost.
                let drawn = rect.intersect(clip.inflate(100.0, 100.0));
                chart.rect(drawn, &look);
            }
        }
        series_lines(chart, coordinates, plot, cells, &layout);
    });
}

/// Lines that join the tops of stacked bars.
fn series_lines(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    cells: &Cells,
    layout: &Layout,
) {
    let Some(lines) = plot.series_lines.first().filter(|_| layout.stacked) else {
        return;
    };
    let line: Line = line_of(lines.shape.as_deref(), &chart.style.other_line());
    for row in &cells.rows {
        for (category, pair) in row.windows(2).enumerate() {
            let [Some(a), Some(b)] = pair else { continue };
            let half = layout.sign * layout.width / 2.0;
            let along = |index: usize| {
                coordinates
                    .category
                    .position(coordinates.category_value(index))
            };
            let from: Point =
                coordinates.at(along(category) + half, coordinates.value.position(a.1));
            let to = coordinates.at(along(category + 1) - half, coordinates.value.position(b.1));
            chart.segment(from, to, &line);
        }
    }
}
