//! Legends: entries, keys and how they are arranged.

use kurbo::{Point, Rect};
use slides_ooxml::model::Line;
use slides_ooxml::model::chart::{Legend, LegendPosition, MarkerSymbol, Plot, PlotKind};

use super::Chart;
use super::canvas::Look;
use super::data::{categories, grouping, ordered};
use super::text::{Label, Role, TextStyle};
use super::title::series_name;

/// Entries of one legend that are drawn.
const MAX_ENTRIES: usize = 1_000;

/// Most of the chart's height that a legend above or below the plot takes.
const MOST_HEIGHT: f64 = 0.5;

/// The sign before an entry's text.
#[derive(Debug, Clone)]
pub(super) enum Key {
    /// A filled square.
    Square(Box<Look>),
    /// A line, with a marker in its middle.
    Line(Option<Box<Line>>, Option<Box<(MarkerSymbol, f64, Look)>>),
}

/// An entry before it is laid out.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The series', point's or trend line's name.
    pub text: String,
    /// Its key.
    pub key: Key,
}

struct Row {
    label: Label,
    key: Key,
    style: TextStyle,
}

/// A legend composed.
pub(super) struct LegendBox<'a> {
    /// What the file says.
    pub legend: &'a Legend,
    rows: Vec<Row>,
    /// Entries side by side in one line of the legend.
    columns: usize,
    text_height: f64,
    width: f64,
    height: f64,
}

/// A row's height from its text height.
fn row_height(text_height: f64) -> f64 {
    text_height + 5.88
}

impl<'a> LegendBox<'a> {
    /// Composes the chart's legend; none where it has none or no entries.
    pub(super) fn new(chart: &Chart<'a>, title_band: f64) -> Option<Self> {
        let legend = chart.space.legend.as_ref()?;
        let common = chart.text_style(&[legend.text.as_deref()], Role::Plain);
        let mut rows = Vec::new();
        let most = 0.45 * chart.width();
        for (index, entry) in entries(chart).into_iter().take(MAX_ENTRIES).enumerate() {
            let own = legend
                .entries
                .iter()
                .find(|own| own.index as usize == index);
            if own.is_some_and(|own| own.deleted) {
                continue;
            }
            let style = match own.and_then(|own| own.text.as_deref()) {
                Some(own) => chart.text_style(&[Some(own), legend.text.as_deref()], Role::Plain),
                None => common.clone(),
            };
            let mut label = chart.label(&entry.text, &style, None);
            if is_upright(legend.position) && label.width > most {
                label = chart.label_left(&entry.text, &style, most);
            }
            rows.push(Row {
                label,
                key: entry.key,
                style,
            });
        }
        if rows.is_empty() {
            return None;
        }
        let upright = is_upright(legend.position);
        if upright && is_reversed(chart) {
            rows.reverse();
        }
        let mut this = Self {
            legend,
            rows,
            columns: 1,
            text_height: common.text_height(),
            width: 0.0,
            height: 0.0,
        };
        if upright {
            let widest = this.widest();
            let key = this.key_width();
            this.width = widest + key + 1.025 * this.text_height;
            let room = chart.height() - title_band - 12.0;
            let height = |row: &Row| {
                row_height(this.text_height) + row.label.height
                    - row.label.height.min(row.style.line_height())
            };
            // Entries close up, and what still does not fit is not shown.
            let mut used = 0.0;
            let shown = this.rows.iter().take_while(|row| {
                used += row.label.height;
                used <= room
            });
            let shown = shown.count().max(1);
            this.rows.truncate(shown);
            let whole: f64 = this.rows.iter().map(height).sum();
            this.height = whole.min(room.max(row_height(this.text_height)));
        } else {
            this.arrange_in_rows(0.9 * chart.width(), MOST_HEIGHT * chart.height());
        }
        Some(this)
    }

    /// Width and height of the box.
    pub(super) fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    fn widest(&self) -> f64 {
        self.rows
            .iter()
            .map(|row| row.label.width)
            .fold(0.0, f64::max)
    }

    fn has_lines(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.key, Key::Line(..)))
    }

    /// Width of the keys: a square, or the sample of a line where an entry has one.
    fn key_width(&self) -> f64 {
        key_width(self.text_height, self.has_lines())
    }

    /// From a key to its text.
    fn key_gap(&self) -> f64 {
        key_gap(self.text_height, self.has_lines())
    }

    /// From one entry's text to the next key.
    fn gap(&self) -> f64 {
        let mean = self.rows.iter().map(|row| row.label.width).sum::<f64>()
            / self.rows.len().max(1) as f64;
        6.3 + 0.12 * mean
    }

    fn entry_width(&self, row: &Row) -> f64 {
        self.key_width() + self.key_gap() + row.label.width
    }

    /// One line when it fits, else columns of equal width.
    fn arrange_in_rows(&mut self, room: f64, most: f64) {
        let count = self.rows.len();
        let gap = self.gap();
        let all: f64 = self
            .rows
            .iter()
            .map(|row| self.entry_width(row))
            .sum::<f64>()
            + gap * (count.saturating_sub(1)) as f64;
        let height = row_height(self.text_height);
        if all <= room {
            self.columns = count;
            self.width = all + 4.2;
            self.height = height;
            return;
        }
        let widest = self.key_width() + self.key_gap() + self.widest() + gap;
        self.columns = ((room / widest).floor() as usize).clamp(1, count);
        // What does not fit is not shown.
        let fitting = ((most / height).floor() as usize).max(1);
        let lines = count.div_ceil(self.columns).min(fitting);
        self.rows.truncate(lines * self.columns);
        self.width = (self.columns as f64 * widest).min(room);
        self.height = lines as f64 * height;
    }

    /// Draws the legend in a box; `sized` where the file gives the box's size.
    pub(super) fn draw(&self, chart: &mut Chart<'_>, rect: Rect, sized: bool) {
        let look = Look::of(self.legend.shape.as_deref(), Look::default());
        chart.rect(rect, &look);
        let count = self.rows.len();
        let mut columns = if is_upright(self.legend.position) {
            1
        } else {
            self.columns
        };
        if sized {
            // As many columns as the box is wide, no more than its height needs.
            let widest = self.key_width() + self.key_gap() + self.widest() + self.gap();
            let fitting = ((rect.width() / widest.max(1.0)).floor() as usize).clamp(1, count);
            let lines = ((rect.height() / row_height(self.text_height)).round() as usize).max(1);
            columns = count.div_ceil(lines).min(fitting).max(1);
        }
        let lines = count.div_ceil(columns).max(1);
        let pitch = rect.height() / lines as f64;
        let one_line = lines == 1 && !is_upright(self.legend.position);
        let gap = self.gap();
        let entries: f64 = self
            .rows
            .iter()
            .map(|row| self.entry_width(row))
            .sum::<f64>()
            + gap * count.saturating_sub(1) as f64;
        let mut pen = rect.x0 + (rect.width() - entries) / 2.0 + 2.1;
        for (index, row) in self.rows.iter().enumerate() {
            let line = index / columns;
            let x = if one_line {
                let at = pen;
                pen += self.entry_width(row) + gap;
                at
            } else {
                let column = (index % columns) as f64;
                rect.x0 + 0.44 * self.text_height + column * rect.width() / columns as f64
            };
            let middle = rect.y0 + (line as f64 + 0.5) * pitch;
            let at = Point::new(x, middle);
            draw_key(chart, &row.key, at, self.key_width(), self.text_height);
            let size = row.style.size();
            let first =
                middle - (row.label.lines.saturating_sub(1)) as f64 * row.style.line_height() / 2.0;
            let top = first + 0.32 * size - row.style.metrics.ascent * size;
            chart.put(&row.label, x + self.key_width() + self.key_gap(), top);
        }
    }
}

/// Width of keys beside text of a height: squares, or samples where one of them is a line.
pub(super) fn key_width(text_height: f64, lines: bool) -> f64 {
    text_height * if lines { 1.432 } else { 0.45 }
}

/// From such a key to its text.
pub(super) fn key_gap(text_height: f64, lines: bool) -> f64 {
    if lines { 2.0 } else { 0.19 * text_height }
}

/// Draws a key from the left end of its middle line.
pub(super) fn draw_key(chart: &mut Chart<'_>, key: &Key, at: Point, width: f64, text_height: f64) {
    match key {
        Key::Square(look) => {
            let side = 0.45 * text_height;
            let center = Point::new(at.x + width / 2.0, at.y);
            chart.rect(Rect::from_center_size(center, (side, side)), look);
        }
        Key::Line(line, marker) => {
            let end = Point::new(at.x + width, at.y);
            if let Some(line) = line {
                chart.segment(at, end, line);
            }
            if let Some(marker) = marker {
                let (symbol, size, look) = &**marker;
                chart.marker(at.midpoint(end), *symbol, *size, look);
            }
        }
    }
}

fn is_upright(position: LegendPosition) -> bool {
    matches!(
        position,
        LegendPosition::Right | LegendPosition::Left | LegendPosition::TopRight
    )
}

/// Stacked columns are listed from the top down.
fn is_reversed(chart: &Chart<'_>) -> bool {
    chart.space.plot_area.plots.iter().any(|plot| {
        matches!(
            plot.kind,
            PlotKind::Bar {
                horizontal: false,
                ..
            } | PlotKind::Area { .. }
        ) && grouping(plot) != slides_ooxml::model::chart::Grouping::Standard
    })
}

/// Whether the points of a plot have colours of their own, so that the legend lists them.
pub(super) fn lists_points(plot: &Plot) -> bool {
    let round = matches!(
        plot.kind,
        PlotKind::Pie { .. } | PlotKind::Doughnut { .. } | PlotKind::OfPie { .. }
    );
    round && plot.vary_colors.unwrap_or(true)
        || plot.series.len() == 1
            && matches!(plot.kind, PlotKind::Bar { .. })
            && plot.vary_colors.unwrap_or(false)
}

/// What the legend lists: series in order, points of varied plots, then trend lines.
pub(super) fn entries(chart: &Chart<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let plots = &chart.space.plot_area.plots;
    let single = plots.len() == 1;
    for plot in plots {
        if single && lists_points(plot) {
            if let Some(series) = plot.series.first() {
                let count = super::data::category_count(std::iter::once(plot)).min(MAX_ENTRIES);
                let names = categories(std::iter::once(plot));
                for index in 0..count {
                    entries.push(Entry {
                        text: chart.category_text(names, index, None),
                        key: Key::Square(Box::new(chart.point_look(plot, series, index))),
                    });
                }
            }
            continue;
        }
        for (position, series) in ordered(plot).into_iter().enumerate() {
            let name = series_name(series, series.order.max(position as u32) as usize);
            entries.push(Entry {
                text: name,
                key: chart.series_key(plot, series),
            });
        }
    }
    for plot in plots {
        for series in ordered(plot) {
            for trendline in &series.trendlines {
                let name = series_name(series, series.order as usize);
                entries.push(Entry {
                    text: super::trend::name(trendline, &name),
                    key: Key::Line(Some(Box::new(chart.trend_line(trendline))), None),
                });
            }
        }
    }
    entries
}
