//! The data table below a plot: values under their categories, a row for each series.

use kurbo::{Point, Rect};
use slides_ooxml::model::chart::{DataTable, Series};

use super::Chart;
use super::canvas::{Look, line_of};
use super::coords::Coordinates;
use super::data::ordered;
use super::groups::Group;
use super::legend::{Key, draw_key, key_gap, key_width};
use super::text::{INSET_ACROSS, INSET_ALONG, Label, Role, TextStyle};
use super::title::series_name;

/// Rows and cells of one table that are drawn.
const MAX_ROWS: usize = 255;
const MAX_CELLS: usize = 5_000;
/// Widest column of names in parts of the chart's width.
const MOST_NAMES: f64 = 0.4;

struct Row<'a> {
    series: &'a Series,
    name: Label,
    key: Option<Key>,
}

/// A data table composed but for its values.
pub(super) struct TableBox<'a> {
    table: &'a DataTable,
    style: TextStyle,
    categories: Vec<Label>,
    rows: Vec<Row<'a>>,
    key_width: f64,
    key_gap: f64,
    /// Width of the column of names, left of the plot.
    pub names: f64,
    header: f64,
    row: f64,
}

impl<'a> TableBox<'a> {
    /// Composes the chart's table below a plot so wide; none where it has none.
    pub(super) fn new(chart: &Chart<'a>, groups: &[Group<'a>], width: f64) -> Option<Self> {
        let table = chart.space.plot_area.data_table.as_ref()?;
        let first = groups.iter().find(|group| !group.scatter)?;
        let style = chart.text_style(&[table.text.as_deref()], Role::Plain);
        let most = MOST_NAMES * chart.width();
        let plots = groups
            .iter()
            .filter(|group| !group.scatter)
            .flat_map(|group| &group.plots);
        let rows: Vec<Row<'a>> = plots
            .flat_map(|(plot, _)| ordered(plot).into_iter().map(|series| (*plot, series)))
            .take(MAX_ROWS)
            .map(|(plot, series)| {
                let name = series_name(series, series.order as usize);
                let mut label = chart.label(&name, &style, None);
                if label.width > most {
                    label = chart.label_left(&name, &style, most);
                }
                Row {
                    series,
                    name: label,
                    key: table.keys.then(|| chart.series_key(plot, series)),
                }
            })
            .collect();
        let count = first.count.min(MAX_CELLS / rows.len().max(1));
        if count < first.count {
            chart.cx.warn(
                "limit",
                format!("a data table has more than {MAX_CELLS} cells: the rest is left out"),
            );
        }
        let column = width / first.count.max(1) as f64;
        let categories: Vec<Label> = (0..count)
            .map(|index| {
                let text = chart.category_text(first.names, index, None);
                let label = chart.label(&text, &style, None);
                if label.width <= column {
                    label
                } else {
                    chart.label(&text, &style, Some(column))
                }
            })
            .collect();
        let height = style.text_height();
        let lines = rows
            .iter()
            .any(|row| matches!(row.key, Some(Key::Line(..))));
        let (key_width, key_gap) = if table.keys {
            (key_width(height, lines), key_gap(height, lines))
        } else {
            (0.0, 0.0)
        };
        let tallest = |labels: &mut dyn Iterator<Item = &Label>| {
            let line = style.line_height();
            labels.map(|label| label.height).fold(line, f64::max) + 2.0 * INSET_ACROSS
        };
        let header = tallest(&mut categories.iter());
        let row = tallest(&mut rows.iter().map(|row| &row.name));
        let widest = rows.iter().map(|row| row.name.width).fold(0.0, f64::max);
        Some(Self {
            table,
            names: widest + key_width + key_gap + 2.0 * INSET_ALONG,
            categories,
            key_width,
            key_gap,
            header,
            row,
            rows,
            style,
        })
    }

    /// Height of the whole table.
    pub(super) fn height(&self) -> f64 {
        self.header + self.row * self.rows.len() as f64
    }

    /// Draws the table with its upper edge at `top`, its columns under the plot's categories.
    pub(super) fn draw(&self, chart: &mut Chart<'a>, coordinates: &Coordinates<'_, 'a>, top: f64) {
        let plot = coordinates.plot;
        let count = coordinates.group.count.max(1);
        let width = plot.width() / count as f64;
        // Bars have no columns of their own that the table's could stand under.
        let middle = |index: usize| {
            if coordinates.group.horizontal {
                plot.x0 + (index as f64 + 0.5) * width
            } else {
                let value = coordinates.category_value(index);
                coordinates.category.position(value)
            }
        };
        let below = Rect::new(
            plot.x0 - self.names,
            top + self.header,
            plot.x1,
            top + self.height(),
        );
        self.borders(chart, plot, below, top, width, count);
        let size = self.style.size();
        let baseline = (0.32 - self.style.metrics.ascent) * size;
        let put = |chart: &mut Chart<'a>, label: &Label, x: f64, center: f64| {
            let lines = label.lines.saturating_sub(1) as f64 * self.style.line_height();
            chart.put(label, x, center + baseline - lines / 2.0);
        };
        for (index, label) in self.categories.iter().enumerate() {
            let at = middle(index);
            if at.is_finite() {
                put(
                    chart,
                    label,
                    at - label.width / 2.0,
                    top + self.header / 2.0,
                );
            }
        }
        for (place, row) in self.rows.iter().enumerate() {
            let center = below.y0 + (place as f64 + 0.5) * self.row;
            let left = below.x0 + INSET_ALONG;
            if let Some(key) = &row.key {
                let at = Point::new(left, center);
                draw_key(chart, key, at, self.key_width, self.style.text_height());
            }
            put(
                chart,
                &row.name,
                left + self.key_width + self.key_gap,
                center,
            );
            for index in 0..self.categories.len() {
                let Some(text) = value_text(chart, row, index) else {
                    continue;
                };
                let label = chart.label(&text, &self.style, None);
                let at = middle(index);
                if at.is_finite() {
                    put(chart, &label, at - label.width / 2.0, center);
                }
            }
        }
    }

    fn borders(
        &self,
        chart: &mut Chart<'a>,
        plot: Rect,
        below: Rect,
        top: f64,
        width: f64,
        count: usize,
    ) {
        let own = self.table.shape.as_deref();
        let fill = Look {
            line: None,
            ..Look::of(own, Look::default())
        };
        chart.rect(below, &fill);
        let line = line_of(own, &chart.style.axis_line());
        if !crate::line::is_drawn(&line) {
            return;
        }
        let mut across = Vec::new();
        let mut along = Vec::new();
        if self.table.outline {
            across.extend([(plot.x0, top), (below.x0, below.y0), (below.x0, below.y1)]);
            along.extend([(below.x0, below.y0), (plot.x0, top), (plot.x1, top)]);
        }
        if self.table.horizontal_border {
            across.extend(
                (0..self.rows.len()).map(|row| (below.x0, below.y0 + row as f64 * self.row)),
            );
        }
        if self.table.vertical_border {
            along.extend((0..count).map(|index| (plot.x0 + index as f64 * width, top)));
        }
        let same =
            |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0).abs() < 0.01 && (a.1 - b.1).abs() < 0.01;
        for lines in [&mut across, &mut along] {
            lines.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.total_cmp(&b.0)));
            lines.dedup_by(|a, b| same(a, b));
        }
        for (x, y) in across {
            // The upper edge of the names alone belongs to the outline, the rest to the rows.
            let end = if self.table.outline && !self.table.horizontal_border && y == below.y0 {
                plot.x0
            } else {
                plot.x1
            };
            chart.segment(Point::new(x, y), Point::new(end, y), &line);
        }
        for (x, y) in along {
            chart.segment(Point::new(x, y), Point::new(x, below.y1), &line);
        }
    }
}

/// A value as the table shows it: in the format of its cell.
fn value_text(chart: &Chart<'_>, row: &Row<'_>, index: usize) -> Option<String> {
    let values = &row.series.values;
    let value = values.get(index)?;
    let code = values.format_of(index).unwrap_or("General");
    Some(chart.number(code, value))
}
