//! Stock charts: high-low lines, up-down bars, the series' own markers.

use kurbo::Rect;
use slides_ooxml::model::chart::Plot;

use super::Chart;
use super::coords::Coordinates;
use super::data::Cells;

/// Draws a stock plot: its lines have no stroke unless the file gives one.
pub(super) fn draw(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    cells: &Cells,
    clip: Rect,
) {
    super::line::draw(chart, coordinates, plot, cells, clip);
}
