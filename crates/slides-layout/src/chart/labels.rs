//! Data labels: what they say and where they stand.

use kurbo::{Point, Rect};
use slides_ooxml::model::chart::{
    ChartText, DataLabel, DataLabels, Grouping, LabelPosition, LabelSettings, Plot, PlotKind,
    Series,
};
use slides_ooxml::model::{RunKind, TextBody};

use super::Chart;
use super::canvas::{Look, line_of};
use super::coords::Coordinates;
use super::data::{Cells, grouping, ordered};
use super::depth::Depth;
use super::legend::{Key, draw_key, key_gap, key_width};
use super::text::{INSET_ACROSS, INSET_ALONG, Label, Role, TextStyle};
use super::title::series_name;

/// From the end of a bar to a label's text.
const GAP: f64 = 4.4;
/// Labels of one plot that are drawn.
const MAX_LABELS: usize = 5_000;

/// What a label may show of a point.
pub(super) struct Facts<'f> {
    /// The plot; none where the kind has no keys.
    pub plot: Option<&'f Plot>,
    /// The series.
    pub series: &'f Series,
    /// Name of the series.
    pub series_name: String,
    /// Point by position.
    pub index: usize,
    /// Name of the category, or the x value.
    pub category: String,
    /// Value.
    pub value: Option<f64>,
    /// Share of the whole, where the kind has one.
    pub share: Option<f64>,
    /// Size of a bubble.
    pub bubble: Option<f64>,
    /// What stands between the parts when the file does not say.
    pub separator: &'f str,
}

/// A label composed.
pub(super) struct Composed {
    /// Its text.
    pub label: Label,
    /// Its style.
    pub style: TextStyle,
    /// Fill and line of its box.
    pub look: Look,
    /// Where the file wants it.
    pub position: Option<LabelPosition>,
    /// The move from its place, points.
    pub shift: Option<(f64, f64)>,
    /// The series' sign before the text.
    key: Option<Key>,
}

impl Composed {
    /// Turn of the text in degrees clockwise.
    fn turn(&self) -> f64 {
        self.style.rotation.unwrap_or(0.0)
    }

    /// Width of the key with the gap after it.
    fn lead(&self) -> f64 {
        let height = self.style.text_height();
        self.key.as_ref().map_or(0.0, |key| {
            let lines = matches!(key, Key::Line(..));
            key_width(height, lines) + key_gap(height, lines)
        })
    }

    /// Width and height of what is drawn, turned as it is.
    pub(super) fn size(&self) -> (f64, f64) {
        let (w, h) = (self.label.width + self.lead(), self.label.text_height());
        let (sin, cos) = self.turn().to_radians().sin_cos();
        if sin.abs() < 1e-9 {
            return (w, h);
        }
        (w * cos.abs() + h * sin.abs(), w * sin.abs() + h * cos.abs())
    }
}

/// The labels that hold for a series.
pub(super) fn labels_of<'p>(plot: &'p Plot, series: &'p Series) -> Option<&'p DataLabels> {
    series
        .labels
        .as_ref()
        .or(plot.labels.as_ref())
        .filter(|labels| !labels.deleted || !labels.labels.is_empty())
}

impl Chart<'_> {
    /// Composes the label of a point; none where it has none. `width` is where its lines wrap.
    pub(super) fn data_label(
        &self,
        labels: &DataLabels,
        facts: &Facts<'_>,
        width: Option<f64>,
    ) -> Option<Composed> {
        let own = labels.label(facts.index);
        if own.is_some_and(|own| own.deleted) || own.is_none() && labels.deleted {
            return None;
        }
        let none = LabelSettings::default();
        let (own_settings, all) = (own.map_or(&none, |own| &own.settings), &labels.settings);
        let rich = own.and_then(|own| match &own.text {
            Some(ChartText::Rich(body)) => Some(&**body),
            _ => None,
        });
        let style = self.text_style(
            &[rich, own_settings.text.as_deref(), all.text.as_deref()],
            Role::Plain,
        );
        let label = if let Some(body) = rich.filter(|body| crate::shape::has_text(body)) {
            let body = self.with_fields(body, facts, own_settings, all);
            self.rich(&body, &style, width)
        } else if let Some(ChartText::Cells(cells)) = own.and_then(|own| own.text.as_ref()) {
            self.label(&cells.joined(), &style, width)
        } else {
            let text = self.label_text(facts, own_settings, all);
            if text.is_empty() {
                return None;
            }
            self.label(&text, &style, width)
        };
        let shape = own_settings.shape.as_deref().or(all.shape.as_deref());
        Some(Composed {
            label,
            style,
            look: Look::of(shape, Look::default()),
            position: own_settings.position.or(all.position),
            key: own_settings
                .legend_key
                .or(all.legend_key)
                .unwrap_or(false)
                .then(|| self.label_key(facts))
                .flatten(),
            shift: own.and_then(|own| self.label_shift(own)),
        })
    }

    /// The sign of the point that a label belongs to.
    fn label_key(&self, facts: &Facts<'_>) -> Option<Key> {
        let plot = facts.plot?;
        Some(if Self::varies(plot) {
            Key::Square(Box::new(self.point_look(plot, facts.series, facts.index)))
        } else {
            self.series_key(plot, facts.series)
        })
    }

    fn label_shift(&self, label: &DataLabel) -> Option<(f64, f64)> {
        let layout = label.layout?;
        Some((
            layout.x.unwrap_or(0.0) * self.size.width,
            layout.y.unwrap_or(0.0) * self.size.height,
        ))
    }

    fn value_text(&self, facts: &Facts<'_>, own: &LabelSettings, all: &LabelSettings) -> String {
        let format = own.number_format.as_ref().or(all.number_format.as_ref());
        let code = format
            .filter(|format| !format.source_linked)
            .map(|format| format.code.as_str())
            .or_else(|| facts.series.values.format_of(facts.index))
            .or(format.map(|format| format.code.as_str()))
            .unwrap_or("General");
        facts
            .value
            .map(|value| self.number(code, value))
            .unwrap_or_default()
    }

    fn share_text(&self, facts: &Facts<'_>, own: &LabelSettings, all: &LabelSettings) -> String {
        let shows_value = own.value.or(all.value).unwrap_or(false);
        let code = own
            .number_format
            .as_ref()
            .or(all.number_format.as_ref())
            .filter(|format| !format.source_linked && !shows_value)
            .map(|format| format.code.as_str())
            .filter(|code| code.contains('%'))
            .unwrap_or("0%");
        facts
            .share
            .map(|share| self.number(code, share))
            .unwrap_or_default()
    }

    fn label_text(&self, facts: &Facts<'_>, own: &LabelSettings, all: &LabelSettings) -> String {
        let shown =
            |read: fn(&LabelSettings) -> Option<bool>| read(own).or(read(all)).unwrap_or(false);
        let mut parts: Vec<String> = Vec::new();
        if shown(|settings| settings.range) {
            let range = facts.series.label_range.as_ref();
            parts.extend(
                range
                    .and_then(|range| range.get(facts.index))
                    .map(str::to_owned),
            );
        }
        if shown(|settings| settings.series_name) {
            parts.push(facts.series_name.clone());
        }
        if shown(|settings| settings.category) {
            parts.push(facts.category.clone());
        }
        if shown(|settings| settings.value) {
            parts.push(self.value_text(facts, own, all));
        }
        if shown(|settings| settings.percent) {
            parts.push(self.share_text(facts, own, all));
        }
        if shown(|settings| settings.bubble_size) {
            parts.extend(facts.bubble.map(|size| self.number("General", size)));
        }
        parts.retain(|part| !part.is_empty());
        let separator = own
            .separator
            .as_deref()
            .or(all.separator.as_deref())
            .unwrap_or(facts.separator);
        parts.join(separator)
    }

    /// A rich label with its fields filled in.
    fn with_fields(
        &self,
        body: &TextBody,
        facts: &Facts<'_>,
        own: &LabelSettings,
        all: &LabelSettings,
    ) -> TextBody {
        let mut body = body.clone();
        for run in body
            .paragraphs
            .iter_mut()
            .flat_map(|paragraph| &mut paragraph.runs)
        {
            let RunKind::Field { kind, text } = &run.kind else {
                continue;
            };
            let text = match kind.as_str() {
                "VALUE" | "YVALUE" => self.value_text(facts, own, all),
                "CATEGORYNAME" | "XVALUE" => facts.category.clone(),
                "SERIESNAME" => facts.series_name.clone(),
                "PERCENTAGE" => self.share_text(facts, own, all),
                "BUBBLESIZE" => facts
                    .bubble
                    .map(|size| self.number("General", size))
                    .unwrap_or_default(),
                "CELLRANGE" => facts
                    .series
                    .label_range
                    .as_ref()
                    .and_then(|range| range.get(facts.index))
                    .unwrap_or_default()
                    .to_owned(),
                _ => text.clone(),
            };
            run.kind = RunKind::Text(text);
        }
        body
    }

    /// Draws a label with the corner of what it draws at a place.
    pub(super) fn put_label(&mut self, composed: &Composed, x: f64, y: f64) {
        let (label, lead) = (&composed.label, composed.lead());
        let (w, h) = composed.size();
        let rect = Rect::new(x, y, x + w, y + h).inflate(INSET_ALONG, INSET_ACROSS);
        self.rect(rect, &composed.look);
        if let Some(key) = &composed.key {
            let height = composed.style.text_height();
            let width = key_width(height, matches!(key, Key::Line(..)));
            draw_key(self, key, Point::new(x, y + h / 2.0), width, height);
        }
        if composed.turn() == 0.0 {
            self.put(label, x + lead, y);
            return;
        }
        let place = kurbo::Affine::translate(rect.center().to_vec2())
            * kurbo::Affine::rotate(composed.turn().to_radians())
            * kurbo::Affine::translate((-label.width / 2.0, -label.text_height() / 2.0));
        self.put_turned(label, place);
    }

    /// The top of a label's text whose middle is to lie at `middle`.
    pub(super) fn centred_top(composed: &Composed, middle: f64) -> f64 {
        if composed.turn() != 0.0 {
            return middle - composed.size().1 / 2.0;
        }
        let size = composed.style.size();
        let lines = composed.label.lines.saturating_sub(1) as f64;
        middle + (0.305 - composed.style.metrics.ascent) * size
            - lines * composed.style.line_height() / 2.0
    }
}

/// What a label is put beside.
enum Anchor {
    /// A bar: its box, and whether its value is negative.
    Bar(Rect, bool),
    /// A point with the radius around it that stays free.
    Point(Point, f64),
}

/// Draws the labels of a plot along axes.
pub(super) fn draw(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    cells: &Cells,
) {
    let mut budget = MAX_LABELS;
    for (position, series) in ordered(plot).into_iter().enumerate() {
        let Some(labels) = labels_of(plot, series) else {
            continue;
        };
        let name = series_name(series, series.order as usize);
        let layout = super::bar::Layout::new(coordinates, plot);
        for (index, value) in series
            .values
            .points
            .iter()
            .map(|point| (point.0 as usize, point.1))
        {
            let Some(anchor) = anchor(coordinates, plot, series, cells, &layout, (position, index))
            else {
                continue;
            };
            if budget == 0 {
                chart.cx.warn(
                    "limit",
                    format!("a plot has more than {MAX_LABELS} labels: the rest is left out"),
                );
                return;
            }
            let category = if coordinates.group.scatter {
                super::scatter::x_value(series, index)
                    .map(|x| chart.number("General", x))
                    .unwrap_or_default()
            } else {
                chart.category_text(coordinates.group.names, index, None)
            };
            let facts = Facts {
                plot: Some(plot),
                series,
                series_name: name.clone(),
                index,
                category,
                value: Some(value),
                share: None,
                bubble: series
                    .bubble_sizes
                    .as_ref()
                    .and_then(|sizes| sizes.get(index)),
                separator: ", ",
            };
            let Some(composed) = chart.data_label(labels, &facts, None) else {
                continue;
            };
            budget -= 1;
            place(chart, coordinates, plot, labels, &composed, &anchor);
        }
    }
}

fn anchor(
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    series: &Series,
    cells: &Cells,
    layout: &super::bar::Layout,
    (position, index): (usize, usize),
) -> Option<Anchor> {
    let inside = |point: Point| coordinates.plot.inflate(0.05, 0.05).contains(point);
    if coordinates.group.scatter {
        let x = super::scatter::x_value(series, index)?;
        let point = coordinates.point(x, series.values.get(index)?);
        let radius = super::scatter::bubble_radius(coordinates, plot, series, index).unwrap_or(0.0);
        return inside(point).then_some(Anchor::Point(point, radius));
    }
    let cell = cells.rows.get(position)?.get(index).copied().flatten()?;
    let at = coordinates.category_value(index);
    match plot.kind {
        PlotKind::Bar { .. } => {
            let rect = layout.rect(coordinates, position, index, cell)?;
            let behind = coordinates.depth.map(Depth::to_bars).unwrap_or_default();
            let shown = rect.intersect(coordinates.plot + behind);
            (shown.x1 >= shown.x0 && shown.y1 >= shown.y0)
                .then_some(Anchor::Bar(shown, cell.1 < cell.0))
        }
        PlotKind::Area { .. } => {
            let middle = f64::midpoint(cell.0, cell.1);
            let point = coordinates.point(at, middle);
            (at.is_finite() && inside(point)).then_some(Anchor::Point(point, 0.0))
        }
        _ => {
            let point = coordinates.point(at, cell.1);
            (at.is_finite() && inside(point)).then_some(Anchor::Point(point, 0.0))
        }
    }
}

fn place(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    labels: &DataLabels,
    composed: &Composed,
    anchor: &Anchor,
) {
    let (w, h) = composed.size();
    let stacked = grouping(plot) != Grouping::Standard;
    let default = match plot.kind {
        PlotKind::Bar { .. } if stacked => LabelPosition::Center,
        PlotKind::Bar { .. } => LabelPosition::OutsideEnd,
        PlotKind::Area { .. } => LabelPosition::Center,
        _ => LabelPosition::Right,
    };
    let position = composed.position.unwrap_or(default);
    let (mut x, mut y, end) = match anchor {
        Anchor::Bar(rect, negative) => bar_place(coordinates, *rect, *negative, position, composed),
        Anchor::Point(point, radius) => {
            let beside = radius + 2.9 + INSET_ALONG;
            let center = (point.x - w / 2.0, Chart::centred_top(composed, point.y));
            let (x, y) = match position {
                LabelPosition::Top | LabelPosition::OutsideEnd => {
                    (center.0, point.y - radius - GAP - h)
                }
                LabelPosition::Bottom => (center.0, point.y + radius + GAP),
                LabelPosition::Left => (point.x - beside - w, center.1),
                LabelPosition::Center => center,
                _ => (point.x + beside, center.1),
            };
            (x, y, *point)
        }
    };
    if let Some((dx, dy)) = composed.shift {
        (x, y) = (x + dx, y + dy);
        if labels.show_leader_lines && (dx, dy) != (0.0, 0.0) {
            let own = labels
                .leader_lines
                .as_ref()
                .and_then(|l| l.shape.as_deref());
            let line = line_of(own, &chart.style.other_line());
            let below = y + h + INSET_ACROSS;
            let to = if end.y < y {
                Point::new(x + w / 2.0, y - INSET_ACROSS)
            } else {
                Point::new(x + w / 2.0, below)
            };
            chart.segment(end, to, &line);
        }
    }
    chart.put_label(composed, x, y);
}

/// The corner of a bar's label, and the end of the bar.
fn bar_place(
    coordinates: &Coordinates<'_, '_>,
    rect: Rect,
    negative: bool,
    position: LabelPosition,
    composed: &Composed,
) -> (f64, f64, Point) {
    let (w, h) = composed.size();
    let center = rect.center();
    let (cx, cy) = (center.x - w / 2.0, Chart::centred_top(composed, center.y));
    let beside = 2.9 + INSET_ALONG;
    // Bars that grow to the left or downwards have their end there.
    let turned = coordinates.value.position(1.0) < coordinates.value.position(0.0);
    if coordinates.group.horizontal {
        let leftward = turned != negative;
        let (end, base) = if leftward {
            (rect.x0, rect.x1)
        } else {
            (rect.x1, rect.x0)
        };
        let x = match (position, leftward) {
            (LabelPosition::OutsideEnd, false) | (LabelPosition::InsideEnd, true) => end + beside,
            (LabelPosition::OutsideEnd, true) | (LabelPosition::InsideEnd, false) => {
                end - beside - w
            }
            (LabelPosition::InsideBase, false) => base + beside,
            (LabelPosition::InsideBase, true) => base - beside - w,
            _ => cx,
        };
        return (x, cy, Point::new(end, center.y));
    }
    let upward = turned != negative;
    let (end, base) = if upward {
        (rect.y0, rect.y1)
    } else {
        (rect.y1, rect.y0)
    };
    let y = match (position, upward) {
        (LabelPosition::OutsideEnd, true) | (LabelPosition::InsideEnd, false) => end - GAP - h,
        (LabelPosition::OutsideEnd, false) | (LabelPosition::InsideEnd, true) => end + GAP,
        (LabelPosition::InsideBase, true) => base - GAP - h,
        (LabelPosition::InsideBase, false) => base + GAP,
        _ => cy,
    };
    (cx, y, Point::new(center.x, end))
}
