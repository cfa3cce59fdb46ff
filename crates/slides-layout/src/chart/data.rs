//! Values of a plot as they are drawn: stacked, in shares, with their extents.

use slides_ooxml::model::chart::{BlanksAs, Categories, Grouping, Plot, PlotKind, Series};

use super::scale::Extent;

/// Cells (series times categories) of one plot that are drawn.
const MAX_CELLS: usize = 400_000;

/// From where to where a point of a stack reaches.
pub(super) type Cell = Option<(f64, f64)>;

/// The cells of a plot, a row for each series.
pub(super) struct Cells {
    /// Rows in series order.
    pub rows: Vec<Vec<Cell>>,
}

/// Series in drawing order with their place in it.
pub(super) fn ordered(plot: &Plot) -> Vec<&Series> {
    let mut series: Vec<&Series> = plot.series.iter().collect();
    series.sort_by_key(|series| series.order);
    series
}

/// How a plot stacks.
pub(super) fn grouping(plot: &Plot) -> Grouping {
    match plot.kind {
        PlotKind::Bar { grouping, .. }
        | PlotKind::Line { grouping, .. }
        | PlotKind::Area { grouping } => grouping,
        _ => Grouping::Standard,
    }
}

/// Categories that the plots of an axis count, bounded by what is drawn.
pub(super) fn category_count<'a>(plots: impl Iterator<Item = &'a Plot>) -> usize {
    let (mut count, mut series) = (0, 1);
    for plot in plots {
        series = series.max(plot.series.len());
        for one in &plot.series {
            count = count.max(one.values.count).max(one.categories.count());
        }
    }
    count.min(MAX_CELLS / series)
}

/// The first categories that a series of these plots names.
pub(super) fn categories<'a>(plots: impl Iterator<Item = &'a Plot>) -> Option<&'a Categories> {
    plots
        .flat_map(|plot| &plot.series)
        .map(|series| &series.categories)
        .find(|categories| **categories != Categories::None)
}

/// Cells of a plot over `count` categories.
pub(super) fn cells(plot: &Plot, count: usize, blanks: BlanksAs) -> Cells {
    let series = ordered(plot);
    let grouping = grouping(plot);
    let by_sign = matches!(plot.kind, PlotKind::Bar { .. });
    // Areas have no gaps: what is blank is zero.
    let fills = matches!(plot.kind, PlotKind::Area { .. })
        || blanks == BlanksAs::Zero && !by_sign
        || grouping != Grouping::Standard && !by_sign;
    let mut rows = vec![Vec::with_capacity(count); series.len()];
    for category in 0..count {
        let values = series.iter().map(|series| {
            let value = series.values.get(category);
            // A series that ends early just ends, unless others stand on it.
            let inside = grouping != Grouping::Standard || category < series.values.count;
            if fills && inside {
                value.or(Some(0.0))
            } else {
                value
            }
        });
        if grouping == Grouping::Standard {
            for (row, value) in rows.iter_mut().zip(values) {
                row.push(value.map(|value| (0.0, value)));
            }
            continue;
        }
        let whole: f64 = if grouping == Grouping::PercentStacked {
            values.clone().flatten().map(f64::abs).sum()
        } else {
            1.0
        };
        let (mut above, mut below) = (0.0, 0.0);
        for (row, value) in rows.iter_mut().zip(values) {
            row.push(value.map(|value| {
                let value = if whole > 0.0 { value / whole } else { 0.0 };
                let from = if by_sign && value < 0.0 {
                    &mut below
                } else {
                    &mut above
                };
                let base = *from;
                *from += value;
                (base, *from)
            }));
        }
    }
    Cells { rows }
}

impl Cells {
    /// Takes all ends of stacks in.
    pub(super) fn extend(&self, extent: &mut Extent) {
        for (_, top) in self.rows.iter().flatten().flatten() {
            extent.add(*top);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slides_ooxml::model::chart::NumberData;

    fn plot(grouping: Grouping, values: &[&[f64]]) -> Plot {
        Plot {
            kind: PlotKind::Bar {
                horizontal: false,
                grouping,
                gap_width: 150.0,
                overlap: None,
            },
            gap_depth: None,
            vary_colors: None,
            series: values
                .iter()
                .map(|values| Series {
                    values: NumberData {
                        count: values.len(),
                        points: (0..).zip(values.iter().copied()).collect(),
                        ..NumberData::default()
                    },
                    ..Series::default()
                })
                .collect(),
            labels: None,
            drop_lines: None,
            high_low_lines: None,
            up_down_bars: None,
            series_lines: Vec::new(),
            axes: Vec::new(),
        }
    }

    #[test]
    fn negative_values_stack_downwards() {
        let plot = plot(Grouping::Stacked, &[&[3.0], &[-2.0], &[4.0], &[-1.0]]);
        let cells = cells(&plot, 1, BlanksAs::Gap);
        let all: Vec<_> = cells.rows.iter().map(|row| row[0]).collect();
        assert_eq!(
            all,
            [
                Some((0.0, 3.0)),
                Some((0.0, -2.0)),
                Some((3.0, 7.0)),
                Some((-2.0, -3.0))
            ]
        );
    }

    #[test]
    fn shares_count_magnitudes() {
        let plot = plot(Grouping::PercentStacked, &[&[3.0, 0.0], &[-1.0, 0.0]]);
        let cells = cells(&plot, 2, BlanksAs::Gap);
        assert_eq!(cells.rows[0][0], Some((0.0, 0.75)));
        assert_eq!(cells.rows[1][0], Some((0.0, -0.25)));
        assert_eq!(cells.rows[0][1], Some((0.0, 0.0)));
    }

    #[test]
    fn a_count_that_lies_is_bounded() {
        let values: [&[f64]; 200] = [&[1.0]; 200];
        let mut plot = plot(Grouping::Stacked, &values);
        plot.series[0].values.count = 65_536;
        assert_eq!(category_count(std::iter::once(&plot)), 2_000);
    }
}
