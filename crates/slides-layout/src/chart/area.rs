//! Areas.

use kurbo::{BezPath, Point, Rect};
use slides_ooxml::model::chart::{Grouping, Plot};

use super::Chart;
use super::coords::Coordinates;
use super::data::{Cells, grouping, ordered};

/// Draws the areas of a plot, in series order or, stacked, each on the one before.
pub(super) fn draw(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    cells: &Cells,
    clip: Rect,
) {
    let stacked = grouping(plot) != Grouping::Standard;
    chart.clipped(clip, |chart| {
        for (series, row) in ordered(plot).into_iter().zip(&cells.rows) {
            let mut top: Vec<Point> = Vec::with_capacity(row.len());
            let mut bottom: Vec<Point> = Vec::with_capacity(row.len());
            for (category, cell) in row.iter().enumerate() {
                let at = coordinates.category_value(category);
                let Some((from, to)) = cell.filter(|_| at.is_finite()) else {
                    continue;
                };
                let along = coordinates.category.position(at);
                top.push(coordinates.at(along, coordinates.value.position(to)));
                let base = if stacked && from != 0.0 {
                    coordinates.value.position(from)
                } else {
                    coordinates.base()
                };
                bottom.push(coordinates.at(along, base));
            }
            let mut path = BezPath::new();
            for (index, point) in top.iter().chain(bottom.iter().rev()).enumerate() {
                if index == 0 {
                    path.move_to(*point);
                } else {
                    path.line_to(*point);
                }
            }
            if path.elements().len() > 2 {
                path.close_path();
                use kurbo::Shape as _;
                let bounds = path.bounding_box();
                chart.path(&path, &chart.series_look(series), bounds);
            }
        }
    });
    super::line::beneath(chart, coordinates, plot, cells, clip);
}
