//! Bars and columns.

use kurbo::{Point, Rect, Shape as _};
use slides_ooxml::model::Line;
use slides_ooxml::model::chart::{Grouping, Plot, PlotKind};

use super::Chart;
use super::canvas::line_of;
use super::coords::Coordinates;
use super::data::{Cells, ordered};
use super::depth::Depth;

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
        let Cluster { count, overlap, .. } = cluster(plot);
        let stacked = overlap == 1.0;
        let width = coordinates.slot() * share(plot);
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
        let behind = coordinates.depth.map(Depth::to_bars).unwrap_or_default();
        Some(Rect::from_points(a, b) + behind)
    }
}

/// Bars that stand beside each other in a slot.
struct Cluster {
    count: f64,
    /// In parts of a bar's width; stacked bars are one.
    overlap: f64,
    gap: f64,
}

fn cluster(plot: &Plot) -> Cluster {
    let PlotKind::Bar {
        grouping,
        gap_width,
        overlap,
        ..
    } = plot.kind
    else {
        return Cluster {
            count: 1.0,
            overlap: 0.0,
            gap: 1.5,
        };
    };
    let stacked = grouping != Grouping::Standard;
    Cluster {
        count: if stacked {
            1.0
        } else {
            plot.series.len().max(1) as f64
        },
        overlap: if stacked {
            1.0
        } else {
            overlap.unwrap_or(0.0) / 100.0
        },
        gap: gap_width / 100.0,
    }
}

/// A bar's width in parts of its slot.
pub(super) fn share(plot: &Plot) -> f64 {
    let Cluster {
        count,
        overlap,
        gap,
    } = cluster(plot);
    1.0 / (count - (count - 1.0) * overlap + gap)
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
    if let Some(depth) = coordinates.depth {
        boxes(chart, coordinates, plot, cells, &layout, depth);
        return;
    }
    chart.clipped(clip, |chart| {
        for (position, (series, row)) in ordered(plot).into_iter().zip(&cells.rows).enumerate() {
            let bars: Vec<_> = row
                .iter()
                .enumerate()
                .filter_map(|(category, cell)| {
                    let cell = (*cell)?;
                    let rect = layout.rect(coordinates, position, category, cell)?;
                    if rect.width().min(rect.height()) <= 0.0 || !rect.overlaps(clip) {
                        return None;
                    }
                    // What lies far outside would only cost.
                    let drawn = rect.intersect(clip.inflate(100.0, 100.0));
                    let look = chart.bar_look(plot, series, category, cell.1 - cell.0);
                    Some((drawn.to_path(0.1), look, drawn))
                })
                .collect();
            chart.pieces(bars);
        }
        series_lines(chart, coordinates, plot, cells, &layout);
    });
}

/// Draws the bars of a plot as boxes, those farther behind first.
fn boxes(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    cells: &Cells,
    layout: &Layout,
    depth: Depth,
) {
    let front = depth.front + depth.to_bars();
    let mut all = Vec::new();
    for (position, (series, row)) in ordered(plot).into_iter().zip(&cells.rows).enumerate() {
        for (category, cell) in row.iter().enumerate() {
            let Some(cell) = *cell else { continue };
            let rect = layout.rect(coordinates, position, category, cell);
            let Some(rect) = rect.filter(|rect| rect.overlaps(front)) else {
                continue;
            };
            let look = chart.bar_look(plot, series, category, cell.1 - cell.0);
            all.push((rect.intersect(front), look));
        }
    }
    let order = |rect: &Rect| {
        if coordinates.group.horizontal {
            rect.y0 * depth.back.y.signum()
        } else {
            rect.x0 * depth.back.x.signum()
        }
    };
    all.sort_by(|(a, _), (b, _)| order(a).total_cmp(&order(b)));
    for (rect, look) in all {
        let mut pieces = depth.sides(rect, &look);
        pieces.push((rect.to_path(0.1), look, rect));
        chart.pieces(pieces);
    }
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
