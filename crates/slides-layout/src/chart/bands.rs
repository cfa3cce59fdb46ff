//! What stands around the plot: the title's band and the legend's block.

use kurbo::{Point, Rect};
use slides_ooxml::model::chart::LegendPosition;

use super::Chart;
use super::legend::LegendBox;
use super::title::{TitleBox, manual_rect};

/// Title and legend with the room they leave.
pub(super) struct Bands<'a> {
    title: Option<TitleBox<'a>>,
    legend: Option<LegendBox<'a>>,
    /// What is left for axes and plot, from which their own edges count.
    pub inner: Rect,
    /// Height of the title's band.
    pub title_band: f64,
}

impl<'a> Bands<'a> {
    /// Composes title and legend. Both take their room even when they are moved by hand.
    pub(super) fn new(chart: &Chart<'a>) -> Self {
        let title = chart.chart_title();
        let overlaid = chart
            .space
            .title
            .as_ref()
            .is_some_and(|title| title.overlay);
        let title_band = title
            .as_ref()
            .filter(|_| !overlaid)
            .map_or(0.0, |title| 9.0 + title.label.height);
        let mut inner = Rect::new(0.0, title_band, chart.width(), chart.height());
        let legend = LegendBox::new(chart, title_band);
        if let Some(legend) = legend.as_ref().filter(|legend| !legend.legend.overlay) {
            let (width, height) = legend.size();
            match legend.legend.position {
                LegendPosition::Right | LegendPosition::TopRight => inner.x1 -= 6.0 + width,
                LegendPosition::Left => inner.x0 += 6.0 + width,
                LegendPosition::Top => inner.y0 += 6.0 + height,
                LegendPosition::Bottom => inner.y1 -= 6.0 + height,
            }
        }
        // A frame too small for both still has a plot.
        if inner.width() < 4.0 {
            (inner.x0, inner.x1) = (0.0, chart.width());
        }
        if inner.height() < 4.0 {
            (inner.y0, inner.y1) = (0.0, chart.height());
        }
        Self {
            title,
            legend,
            inner,
            title_band,
        }
    }

    /// Draws title and legend.
    pub(super) fn draw(&self, chart: &mut Chart<'a>) {
        if let Some(legend) = &self.legend {
            let (width, height) = legend.size();
            let top = self.title_band;
            let (w, h) = (chart.width(), chart.height());
            let middle = top + (h - top - height) / 2.0;
            let corner = match legend.legend.position {
                LegendPosition::Right => Point::new(w - 6.0 - width, middle),
                LegendPosition::TopRight => Point::new(w - 6.0 - width, top.max(6.0)),
                LegendPosition::Left => Point::new(6.0, middle),
                LegendPosition::Top => Point::new((w - width) / 2.0, top.max(0.0) + 6.0),
                LegendPosition::Bottom => Point::new((w - width) / 2.0, h - 6.0 - height),
            };
            let default = Rect::from_origin_size(corner, (width, height));
            match legend.legend.layout {
                Some(layout) => {
                    let rect = manual_rect(&layout, chart.size, default);
                    legend.draw(chart, rect, layout.w.is_some() || layout.h.is_some());
                }
                None => legend.draw(chart, default, false),
            }
        }
        if let Some(title) = &self.title {
            let (x, y) = title.corner(chart);
            let left = x.unwrap_or((chart.width() - title.width()) / 2.0);
            let top = y.unwrap_or(6.0);
            let center = Point::new(left + title.width() / 2.0, top + title.height() / 2.0);
            let turn = title
                .title
                .and_then(|t| t.properties.as_deref())
                .and_then(|body| body.properties.rotation)
                .filter(|turn| turn.abs() <= 90.0)
                .unwrap_or(0.0);
            title.draw(chart, center, turn);
        }
    }
}
