//! Fills, lines and markers of series and points: their own over what `c:style` gives.

use slides_ooxml::model::chart::{
    DataPoint, Marker, MarkerSymbol, Plot, PlotKind, ScatterStyle, Series, Trendline,
};
use slides_ooxml::model::{Color, Fill, Line, ShapeProperties};

use super::Chart;
use super::canvas::{Look, line_of};
use super::legend::Key;
use super::style::automatic_symbol;

/// Width of a marker's outline, EMU.
const MARKER_LINE: i64 = 9_525;

impl Chart<'_> {
    /// Series of the whole chart, for the spread of default colours.
    fn series_count(&self) -> usize {
        let plots = &self.space.plot_area.plots;
        let counted: usize = plots.iter().map(|plot| plot.series.len()).sum();
        let highest = plots
            .iter()
            .flat_map(|plot| &plot.series)
            .map(|series| series.index as usize + 1)
            .max()
            .unwrap_or(0);
        counted.max(highest.min(255))
    }

    /// The colour that a series has by itself.
    pub(super) fn series_color(&self, series: &Series) -> Color {
        self.style.color(series.index as usize, self.series_count())
    }

    /// Whether each point of a plot takes a colour of its own.
    pub(super) fn varies(plot: &Plot) -> bool {
        let round = matches!(
            plot.kind,
            PlotKind::Pie { .. } | PlotKind::Doughnut { .. } | PlotKind::OfPie { .. }
        );
        plot.vary_colors.unwrap_or(round) && (round || plot.series.len() == 1)
    }

    /// The colour that a point has by itself.
    pub(super) fn point_color(&self, plot: &Plot, series: &Series, index: usize) -> Color {
        let filled = !matches!(plot.kind, PlotKind::Line { .. } | PlotKind::Scatter(_));
        if filled && Self::varies(plot) {
            self.style.color(index, series.values.count)
        } else {
            self.series_color(series)
        }
    }

    /// Fill and line of a filled series.
    pub(super) fn series_look(&self, series: &Series) -> Look {
        let base = self
            .style
            .filled(&self.series_color(series), series.index as usize);
        Look::of(series.shape.as_deref(), base)
    }

    /// Fill and line of a filled point.
    pub(super) fn point_look(&self, plot: &Plot, series: &Series, index: usize) -> Look {
        let own = series.point(index);
        let place = if Self::varies(plot) {
            index
        } else {
            series.index as usize
        };
        let color = self.point_color(plot, series, index);
        let base = self.style.filled(&color, place);
        let look = Look::of(series.shape.as_deref(), base);
        Look::of(own.and_then(|point| point.shape.as_deref()), look)
    }

    /// The same for a bar that may be inverted when negative.
    pub(super) fn bar_look(&self, plot: &Plot, series: &Series, index: usize, value: f64) -> Look {
        let look = self.point_look(plot, series, index);
        let own = series.point(index);
        let inverts = own
            .and_then(|point| point.invert_if_negative)
            .unwrap_or(series.invert_if_negative);
        let has_fill = own
            .and_then(|point| point.shape.as_ref())
            .is_some_and(|shape| shape.fill.is_some());
        if value >= 0.0 || !inverts || has_fill {
            return look;
        }
        match series.inverted_shape.as_deref() {
            Some(shape) => Look::of(Some(shape), look),
            None if matches!(look.fill, Some(Fill::Solid(_))) => Look {
                fill: Some(Fill::Solid(Color::rgb(255, 255, 255))),
                line: look.line.or_else(|| {
                    Some(Line {
                        fill: Some(Fill::Solid(self.series_color(series))),
                        ..Line::default()
                    })
                }),
                effects: look.effects,
            },
            None => look,
        }
    }

    /// The line of a line, scatter or radar series.
    pub(super) fn series_line(&self, plot: &Plot, series: &Series) -> Line {
        let mut default = self.style.series_line(&self.series_color(series));
        if matches!(
            plot.kind,
            PlotKind::Scatter(ScatterStyle::Marker | ScatterStyle::None)
        ) {
            default.fill = Some(Fill::None);
        }
        line_of(series.shape.as_deref(), &default)
    }

    /// The line that leads to a point.
    pub(super) fn point_line(point: Option<&DataPoint>, base: &Line) -> Line {
        line_of(point.and_then(|point| point.shape.as_deref()), base)
    }

    /// Symbol, size and look of a point's marker; none where there is none.
    pub(super) fn marker_of(
        &self,
        plot: &Plot,
        series: &Series,
        index: Option<usize>,
    ) -> Option<(MarkerSymbol, f64, Look)> {
        let own = index.and_then(|index| series.point(index));
        let own_marker = own.and_then(|point| point.marker.as_ref());
        let all = series.marker.as_ref();
        let shown = match plot.kind {
            PlotKind::Line { marker, .. } => marker,
            PlotKind::Scatter(style) => !matches!(style, ScatterStyle::Line | ScatterStyle::Smooth),
            PlotKind::Radar(style) => style == slides_ooxml::model::chart::RadarStyle::Marker,
            PlotKind::Stock => true,
            _ => return None,
        };
        let from = |marker: Option<&Marker>| marker.and_then(|marker| marker.symbol);
        let symbol = match from(own_marker).or(from(all)) {
            Some(MarkerSymbol::None) => return None,
            Some(MarkerSymbol::Auto) => automatic_symbol(series.index as usize),
            Some(symbol) => symbol,
            None if shown || all.is_some() || own_marker.is_some() => {
                automatic_symbol(series.index as usize)
            }
            None => return None,
        };
        let size = own_marker
            .and_then(|marker| marker.size)
            .or(all.and_then(|marker| marker.size))
            .unwrap_or(5.0);
        let color = self.series_color(series);
        // Without a colour of its own a marker takes that of the series' line.
        let shape: Option<&ShapeProperties> = series.shape.as_deref();
        let line_fill = shape
            .and_then(|shape| shape.line.as_ref())
            .and_then(|line| line.fill.clone())
            .filter(|fill| !matches!(fill, Fill::None));
        let fill = line_fill.unwrap_or(Fill::Solid(color));
        let mut look = Look {
            fill: Some(fill.clone()),
            line: Some(Line {
                width: Some(MARKER_LINE),
                fill: Some(fill),
                ..Line::default()
            }),
            effects: None,
        };
        look = Look::of(all.and_then(|marker| marker.shape.as_deref()), look);
        look = Look::of(own_marker.and_then(|marker| marker.shape.as_deref()), look);
        Some((symbol, size, look))
    }

    /// The sign of a series in the legend.
    pub(super) fn series_key(&self, plot: &Plot, series: &Series) -> Key {
        match plot.kind {
            PlotKind::Line { .. } | PlotKind::Scatter(_) | PlotKind::Radar(_) | PlotKind::Stock
                if !matches!(
                    plot.kind,
                    PlotKind::Radar(slides_ooxml::model::chart::RadarStyle::Filled)
                ) =>
            {
                let line = self.series_line(plot, series);
                Key::Line(
                    Some(Box::new(line)).filter(|line| crate::line::is_drawn(line)),
                    self.marker_of(plot, series, None).map(Box::new),
                )
            }
            _ => Key::Square(Box::new(self.series_look(series))),
        }
    }

    /// The line of a trend line.
    pub(super) fn trend_line(&self, trendline: &Trendline) -> Line {
        line_of(trendline.shape.as_deref(), &self.style.other_line())
    }
}
