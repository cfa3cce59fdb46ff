//! Titles of axes, and the names of what their values are divided by.

use kurbo::{Point, Rect};

use super::Chart;
use super::axis::{AxisView, Side};
use super::text::{Label, Role};
use super::title::TitleBox;

impl<'a> AxisView<'a> {
    /// The axis' title.
    fn title(&self, chart: &Chart<'a>, room: f64) -> Option<TitleBox<'a>> {
        let title = self.axis?.title.as_ref()?;
        chart
            .title_box(title, "Axis Title", Role::AxisTitle, room)
            .map(|(title, _)| title)
    }

    fn title_turn(&self) -> f64 {
        let title = self.axis.and_then(|axis| axis.title.as_ref());
        let rich = title.and_then(|title| match &title.text {
            Some(slides_ooxml::model::chart::ChartText::Rich(body)) => Some(&**body),
            _ => None,
        });
        let properties = title.and_then(|title| title.properties.as_deref());
        let asked = [rich, properties].into_iter().flatten().find_map(|body| {
            use slides_ooxml::model::VerticalText;
            match body.properties.vertical {
                Some(VerticalText::Vertical270) => Some(-90.0),
                Some(VerticalText::Vertical) => Some(90.0),
                _ => body.properties.rotation.filter(|turn| turn.abs() <= 90.0),
            }
        });
        asked.unwrap_or(if self.horizontal { 0.0 } else { -90.0 })
    }

    /// Room that the title's box takes across the axis.
    pub(super) fn title_extent(&self, chart: &Chart<'a>) -> f64 {
        let units = self
            .units_label(chart)
            .map_or(0.0, |label| label.height + 3.0);
        let room = if self.horizontal {
            0.8 * chart.width()
        } else {
            0.8 * chart.height()
        };
        let title = self
            .title(chart, room)
            .filter(|title| !title.title.is_some_and(|title| title.overlay))
            .map_or(0.0, |title| {
                let along = (self.title_turn().abs() > 45.0) != self.horizontal;
                if along { title.height() } else { title.width() }
            });
        units + title
    }

    /// What values are divided by is named beside the axis.
    fn units_label(&self, chart: &Chart<'a>) -> Option<Label> {
        use slides_ooxml::model::chart::ChartText;
        let units = self.axis?.display_units.as_ref()?;
        let label = units.label.as_ref()?;
        let rich = match &label.text {
            Some(ChartText::Rich(body)) => Some(&**body),
            _ => None,
        };
        let style = chart.text_style(&[rich, label.properties.as_deref()], Role::AxisTitle);
        Some(match &label.text {
            Some(ChartText::Rich(body)) => chart.rich(body, &style, None),
            Some(ChartText::Cells(cells)) => chart.label(&cells.joined(), &style, None),
            None => {
                let name = match units.built_in.as_deref() {
                    Some("hundreds") => "Hundreds".to_owned(),
                    Some("thousands") => "Thousands".to_owned(),
                    Some("tenThousands") => "x 10000".to_owned(),
                    Some("hundredThousands") => "x 100000".to_owned(),
                    Some("millions") => "Millions".to_owned(),
                    Some("tenMillions") => "x 10000000".to_owned(),
                    Some("hundredMillions") => "x 100000000".to_owned(),
                    Some("billions") => "Billions".to_owned(),
                    Some("trillions") => "Trillions".to_owned(),
                    _ => format!("x {}", chart.number("General", units.divisor)),
                };
                chart.label(&name, &style, None)
            }
        })
    }

    pub(super) fn draw_title(&self, chart: &mut Chart<'a>, other: &Self, plot: Rect, inner: Rect) {
        let side = self.outer_side(other);
        let units = self.units_label(chart);
        let length = (self.end - self.start).abs();
        let room = if self.title_turn().abs() > 45.0 || self.horizontal {
            length.max(
                0.8 * if self.horizontal {
                    chart.width()
                } else {
                    chart.height()
                },
            )
        } else {
            0.3 * chart.width()
        };
        let mut from_edge = 11.0;
        if let Some(title) = self.title(chart, room) {
            let turn = self.title_turn();
            let (w, h) = if turn.abs() > 45.0 {
                (title.height(), title.width())
            } else {
                (title.width(), title.height())
            };
            let mut center = match side {
                Side::Left => Point::new(inner.x0 + 11.0 + w / 2.0, plot.center().y),
                Side::Right => Point::new(inner.x1 - 11.0 - w / 2.0, plot.center().y),
                Side::Top => Point::new(plot.center().x, inner.y0 + 11.0 + h / 2.0),
                Side::Bottom => Point::new(plot.center().x, inner.y1 - 11.0 - h / 2.0),
            };
            let (x, y) = title.corner(chart);
            if let Some(x) = x {
                center.x = x + w / 2.0;
            }
            if let Some(y) = y {
                center.y = y + h / 2.0;
            }
            title.draw(chart, center, turn);
            from_edge += if self.horizontal { h } else { w };
        }
        if let Some(label) = units {
            let half = f64::midpoint(label.height, 3.0);
            if self.horizontal {
                let y = if side == Side::Top {
                    inner.y0 + from_edge + half
                } else {
                    inner.y1 - from_edge - half
                };
                let center = Point::new(plot.x1 - label.width / 2.0, y);
                chart.put_title_turned(&label, center, 0.0);
            } else {
                let x = if side == Side::Right {
                    inner.x1 - from_edge - half
                } else {
                    inner.x0 + from_edge + half
                };
                let center = Point::new(x, plot.y0 + label.width / 2.0);
                chart.put_title_turned(&label, center, -90.0);
            }
        }
    }
}
