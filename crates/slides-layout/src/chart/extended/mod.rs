//! Charts of 2016 (`cx:chartSpace`): each is put in the terms of the other charts, so that title, legend, axes and
//! text come out alike; what those have no kind for is drawn as [`Marks`].

mod boxes;
mod columns;
mod marks;
mod space;
mod statistics;
#[cfg(test)]
mod tests;
mod tree;

use slides_ooxml::model::chart::{ChartSpace, ExtendedChart, ExtendedKind};

pub(super) use self::marks::Marks;

/// Points, bins and tiles of one chart that are drawn.
const MAX_ITEMS: usize = 20_000;

/// The chart in the terms of the other kinds, and what is drawn over its axes; none where it cannot be drawn.
pub(super) fn lower(chart: &ExtendedChart) -> Option<(ChartSpace, Marks)> {
    let first = chart.series.iter().find(|series| !series.hidden)?;
    match first.kind {
        ExtendedKind::Waterfall => columns::waterfall(chart, first),
        ExtendedKind::Funnel => columns::funnel(chart, first),
        ExtendedKind::Histogram | ExtendedKind::ParetoLine => columns::histogram(chart),
        ExtendedKind::BoxWhisker => boxes::lower(chart),
        ExtendedKind::Treemap => tree::lower(chart, first, false),
        ExtendedKind::Sunburst => tree::lower(chart, first, true),
        ExtendedKind::RegionMap | ExtendedKind::Unknown => None,
    }
}
