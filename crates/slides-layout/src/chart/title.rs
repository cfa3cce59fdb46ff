//! Titles of charts and axes: their texts and boxes.

use kurbo::Rect;
use slides_ooxml::model::chart::{ChartText, ManualLayout, Series, Title};

use super::Chart;
use super::canvas::Look;
use super::text::{INSET_ACROSS, INSET_ALONG, Label, Role, TextStyle};

/// A title composed.
#[derive(Debug, Clone)]
pub(super) struct TitleBox<'a> {
    /// What the file says of it; none for an automatic one.
    pub title: Option<&'a Title>,
    /// The text.
    pub label: Label,
}

impl TitleBox<'_> {
    /// Width of the box, insets included.
    pub(super) fn width(&self) -> f64 {
        self.label.width + 2.0 * INSET_ALONG
    }

    /// Height of the box, insets included.
    pub(super) fn height(&self) -> f64 {
        self.label.height + 2.0 * INSET_ACROSS
    }

    /// Where the file puts the box's corner.
    pub(super) fn corner(&self, chart: &Chart<'_>) -> (Option<f64>, Option<f64>) {
        let Some(layout) = self.title.and_then(|title| title.layout) else {
            return (None, None);
        };
        (
            layout
                .x
                .filter(|_| layout.x_edge)
                .map(|x| x * chart.size.width),
            layout
                .y
                .filter(|_| layout.y_edge)
                .map(|y| y * chart.size.height),
        )
    }

    /// Draws box and text, the box's middle at a place.
    pub(super) fn draw(&self, chart: &mut Chart<'_>, center: kurbo::Point, degrees: f64) {
        if let Some(shape) = self.title.and_then(|title| title.shape.as_deref()) {
            let (w, h) = if degrees.abs() > 45.0 {
                (self.height(), self.width())
            } else {
                (self.width(), self.height())
            };
            let rect = Rect::from_center_size(center, (w, h));
            chart.rect(rect, &Look::of(Some(shape), Look::default()));
        }
        chart.put_title_turned(&self.label, center, degrees);
    }
}

/// The name of a series as titles and legends show it.
pub(super) fn series_name(series: &Series, position: usize) -> String {
    series.name.as_ref().map_or_else(
        || format!("Series{}", position + 1),
        slides_ooxml::model::chart::SeriesText::text,
    )
}

impl<'a> Chart<'a> {
    /// Composes a title; `automatic` is the text of one that says nothing.
    pub(super) fn title_box(
        &self,
        title: &'a Title,
        automatic: &str,
        role: Role,
        width: f64,
    ) -> Option<(TitleBox<'a>, TextStyle)> {
        let rich = match &title.text {
            Some(ChartText::Rich(body)) => Some(&**body),
            _ => None,
        };
        let style = self.text_style(&[rich, title.properties.as_deref()], role);
        let label = match &title.text {
            Some(ChartText::Rich(body)) => {
                if !crate::shape::has_text(body) {
                    return None;
                }
                self.rich(body, &style, Some(width))
            }
            Some(ChartText::Cells(cells)) => self.label(&cells.joined(), &style, Some(width)),
            None if automatic.is_empty() => return None,
            None => self.label(automatic, &style, Some(width)),
        };
        Some((
            TitleBox {
                title: Some(title),
                label,
            },
            style,
        ))
    }

    /// The chart's title, where it has one.
    pub(super) fn chart_title(&self) -> Option<TitleBox<'a>> {
        let mut all = self
            .space
            .plot_area
            .plots
            .iter()
            .flat_map(|plot| &plot.series);
        let only = all.next().filter(|_| all.next().is_none());
        let name = only.map(|series| series_name(series, 0));
        let width = 0.8 * self.size.width;
        if let Some(title) = &self.space.title {
            let automatic = name.as_deref().unwrap_or("Chart Title");
            return self
                .title_box(title, automatic, Role::Title, width)
                .map(|(title, _)| title);
        }
        // A single series names the chart by itself.
        let name = only
            .filter(|series| !self.space.auto_title_deleted && series.name.is_some())
            .and(name)?;
        let style = self.text_style(&[], Role::Title);
        Some(TitleBox {
            title: None,
            label: self.label(&name, &style, Some(width)),
        })
    }
}

/// A box that a manual layout places, in points of the chart; missing figures come from `default`.
pub(super) fn manual_rect(layout: &ManualLayout, size: kurbo::Size, default: Rect) -> Rect {
    let x = match (layout.x, layout.x_edge) {
        (Some(x), true) => x * size.width,
        (Some(x), false) => default.x0 + x * size.width,
        (None, _) => default.x0,
    };
    let y = match (layout.y, layout.y_edge) {
        (Some(y), true) => y * size.height,
        (Some(y), false) => default.y0 + y * size.height,
        (None, _) => default.y0,
    };
    let right = match (layout.w, layout.w_edge) {
        (Some(w), true) => w * size.width,
        (Some(w), false) => x + w * size.width,
        (None, _) => x + default.width(),
    };
    let bottom = match (layout.h, layout.h_edge) {
        (Some(h), true) => h * size.height,
        (Some(h), false) => y + h * size.height,
        (None, _) => y + default.height(),
    };
    Rect::new(x, y, right.max(x), bottom.max(y))
}
