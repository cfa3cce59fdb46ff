//! Pairs of axes with the plots drawn along them: scales, the plot's box, the order of painting.

use kurbo::{Point, Rect, Vec2};
use slides_ooxml::model::chart::{Axis, Categories, Crosses, Plot, PlotKind};

use super::Chart;
use super::axis::{AxisView, Side, edge};
use super::bands::Bands;
use super::canvas::Look;
use super::depth::Depth;
use super::groups::{
    Group, category_scale, groups, is_percent, value_extent, value_scale, x_extent,
};
use super::scale::{Extent, Scale};
use super::table::TableBox;
use super::title::manual_rect;

/// Rounds in which labels, scale and plot settle; most charts need three.
const ROUNDS: usize = 6;

/// A group with its axes in place.
pub(super) struct Coordinates<'g, 'a> {
    /// Its plots.
    pub group: &'g Group<'a>,
    /// Category or x axis.
    pub category: AxisView<'a>,
    /// Value axis.
    pub value: AxisView<'a>,
    /// The plot's inner box; of one with depth its front.
    pub plot: Rect,
    /// How its depth is seen; none for a flat one.
    pub depth: Option<Depth>,
}

impl Coordinates<'_, '_> {
    /// Where a value at a category (or x) lies.
    pub(super) fn point(&self, category: f64, value: f64) -> Point {
        self.at(self.category.position(category), self.value.position(value))
    }

    /// A point from positions along the two axes.
    pub(super) fn at(&self, along: f64, across: f64) -> Point {
        if self.group.horizontal {
            Point::new(across, along)
        } else {
            Point::new(along, across)
        }
    }

    /// The value that stands for a category: its number, or its date.
    pub(super) fn category_value(&self, index: usize) -> f64 {
        if let (Scale::Date { .. }, Some(Categories::Numbers(dates))) =
            (&self.category.scale, self.group.names)
        {
            return dates.get(index).unwrap_or(f64::NAN);
        }
        index as f64
    }

    /// Width of a category's slot.
    pub(super) fn slot(&self) -> f64 {
        let length = if self.group.horizontal {
            self.plot.height()
        } else {
            self.plot.width()
        };
        match &self.category.scale {
            Scale::Category {
                count,
                between: true,
            } => length / (*count).max(1) as f64,
            Scale::Category { count, .. } => length / (count.saturating_sub(1)).max(1) as f64,
            Scale::Date { min, max, .. } => length / (max - min + 1.0).max(1.0),
            _ => length,
        }
    }

    /// Where bars and areas stand: at the value that the category axis crosses.
    pub(super) fn base(&self) -> f64 {
        self.value.position(self.category.cross)
    }
}

/// Where an axis crosses the other one: a value of the other axis.
fn crossing(axis: Option<&Axis>, other: &Scale) -> f64 {
    let crosses = axis.map_or(Crosses::AutoZero, |axis| axis.crosses);
    match (other, crosses) {
        (Scale::Linear { max, .. } | Scale::Log { max, .. }, Crosses::Max) => *max,
        (Scale::Linear { min, .. } | Scale::Log { min, .. }, Crosses::Min) => *min,
        (Scale::Linear { min, max, .. } | Scale::Log { min, max, .. }, Crosses::At(at)) => {
            at.clamp(*min, *max)
        }
        (Scale::Linear { .. } | Scale::Log { .. }, Crosses::AutoZero) => other.zero(),
        // Between categories: before the first, after the last, or before the one that is named.
        (Scale::Category { count, between }, Crosses::Max) => {
            *count as f64 - if *between { 0.5 } else { 1.0 }
        }
        (Scale::Category { count, between }, Crosses::At(at)) => {
            let half = if *between { 0.5 } else { 0.0 };
            (at - 1.0 - half).clamp(-half, (*count as f64 - 1.0 + half).max(-half))
        }
        (Scale::Category { between, .. }, _) => {
            if *between {
                -0.5
            } else {
                0.0
            }
        }
        (Scale::Date { .. }, Crosses::Max) => f64::INFINITY,
        (Scale::Date { .. }, Crosses::At(at)) => at,
        (Scale::Date { .. }, _) => f64::NEG_INFINITY,
    }
}

/// The axes of a group over a plot's box.
fn place<'g, 'a>(chart: &Chart<'a>, group: &'g Group<'a>, plot: Rect) -> Coordinates<'g, 'a> {
    let (across, along) = if group.horizontal {
        (plot.width(), plot.height())
    } else {
        (plot.height(), plot.width())
    };
    let intervals = |axis: Option<&Axis>, length: f64, horizontal: bool, extent: Extent| {
        let own = axis.and_then(|axis| axis.text.as_deref());
        let style = chart.text_style(&[own], super::text::Role::Plain);
        if axis.is_none_or(|axis| axis.deleted) {
            return 10.0;
        }
        let needed = if horizontal {
            let code = axis
                .and_then(|axis| axis.number_format.as_ref())
                .map_or("General", |format| format.code.as_str());
            let widest = chart.label(
                &chart.number(code, extent.max.max(0.0).round()),
                &style,
                None,
            );
            widest.width + 1.5 * style.text_height()
        } else {
            style.text_height()
        };
        (length / needed.max(1.0)).floor()
    };
    let percent = is_percent(group);
    let extent = value_extent(group);
    let room = intervals(group.value, across, group.horizontal, extent);
    let value = value_scale(extent, group.value, percent, room);
    let category = if group.scatter {
        let extent = x_extent(group);
        let room = intervals(group.category, along, true, extent);
        value_scale(extent, group.category, false, room)
    } else {
        let own = group.category.and_then(|axis| axis.text.as_deref());
        let style = chart.text_style(&[own], super::text::Role::Plain);
        category_scale(chart, group, along / (1.5 * style.text_height()).max(1.0))
    };
    let category_cross = crossing(group.category, &value);
    let value_cross = crossing(group.value, &category);
    Coordinates {
        group,
        category: AxisView::new(
            group.category,
            category,
            !group.horizontal,
            plot,
            category_cross,
        ),
        value: AxisView::new(group.value, value, group.horizontal, plot, value_cross),
        plot,
        depth: None,
    }
}

/// Lays out and draws all plots along axes.
pub(super) fn draw<'a>(chart: &mut Chart<'a>, bands: &Bands<'a>) {
    let groups = groups(chart);
    if groups.is_empty() {
        return;
    }
    let inner = bands.inner;
    let manual = chart.space.plot_area.layout;
    let mut plot = Rect::new(
        inner.x0 + 0.1 * inner.width(),
        inner.y0 + 11f64.min(0.1 * inner.height()),
        inner.x1 - 11f64.min(0.1 * inner.width()),
        inner.y1 - 0.15 * inner.height(),
    );
    let frame = Rect::from_origin_size((0.0, 0.0), chart.size);
    let mut bands = [Band::default(); 4];
    let mut depth = None;
    // Labels need the scale, the scale needs the plot's size, and that the labels: a few rounds settle it.
    for round in 0..ROUNDS {
        if let Some(layout) = manual.filter(|layout| layout.inner) {
            plot = manual_rect(&layout, chart.size, plot).intersect(frame);
            depth = Depth::of(chart, &groups, plot);
            plot = depth.map_or(plot, |depth| depth.front);
            break;
        }
        let mut sides = sides(chart, &groups, plot, round > 0);
        if round > 2 {
            // Labels that turn with each round have the room of both ways.
            for (side, before) in sides.iter_mut().zip(bands) {
                side.band = side.band.max(before.band);
                side.labels = side.labels.max(before.labels);
            }
        }
        let settled = round > 1 && sides == bands;
        bands = sides;
        if settled {
            break;
        }
        let outer = manual.map(|layout| manual_rect(&layout, chart.size, inner).intersect(frame));
        let (within, edges) = match outer {
            // The outer box ends where the tick labels do.
            Some(outer) if manual.is_some_and(|m| m.w.is_some()) => {
                (outer, sides.map(|s| s.labels))
            }
            _ => (inner, sides.map(|s| s.band)),
        };
        let [left, top, right, bottom] = edges;
        plot = Rect::new(
            within.x0 + left,
            within.y0 + top,
            within.x1 - right,
            within.y1 - bottom,
        );
        // What labels leave is never less than a sliver.
        if plot.width() < 0.1 * within.width() {
            plot.x0 = within.x0 + (0.45 * within.width()).min(left);
            plot.x1 = plot.x0 + 0.1 * within.width();
        }
        if plot.height() < 0.1 * within.height() {
            plot.y1 = (within.y1 - bottom).max(within.y0 + 0.1 * within.height());
            plot.y0 = plot.y1 - 0.1 * within.height();
        }
        depth = Depth::of(chart, &groups, plot);
        plot = depth.map_or(plot, |depth| depth.front);
    }
    if !(plot.width() > 0.5 && plot.height() > 0.5) {
        return;
    }
    paint(chart, &groups, plot, inner, depth);
}

/// What stands on one side of the plot.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Band {
    /// From the edge of the room to the plot.
    band: f64,
    /// Tick labels alone.
    labels: f64,
}

/// Bands left, top, right, bottom.
fn sides<'a>(chart: &Chart<'a>, groups: &[Group<'a>], plot: Rect, exact: bool) -> [Band; 4] {
    let mut bands = [Band {
        band: 11.0,
        labels: 0.0,
    }; 4];
    let [left, top, right, bottom] = &mut bands;
    let table = TableBox::new(chart, groups, plot.width());
    if table.is_some() {
        bottom.band = edge();
    }
    for group in groups {
        let coordinates = place(chart, group, plot);
        let pair = [
            (&coordinates.category, &coordinates.value),
            (&coordinates.value, &coordinates.category),
        ];
        for (axis, other) in pair {
            if axis.axis.is_none_or(|axis| axis.deleted) {
                continue;
            }
            let labels = axis.labels(chart, group, plot);
            let side = axis.label_side(other);
            let at_zero = side.is_none();
            let extent = if at_zero { 0.0 } else { labels.extent };
            let title = axis.title_extent(chart);
            let wanted = if title > 0.0 || extent > 0.0 {
                let base = if title > 0.0 { 11.0 + title } else { edge() };
                base + extent
            } else {
                11.0
            };
            let band = match side.unwrap_or_else(|| axis.outer_side(other)) {
                Side::Left => &mut *left,
                Side::Top => &mut *top,
                Side::Right => &mut *right,
                Side::Bottom => &mut *bottom,
            };
            if extent > 0.0 || title > 0.0 {
                band.band = band.band.max(wanted);
                band.labels = band.labels.max(extent);
            }
            if axis.horizontal {
                // The outermost labels reach over the ends of the axis.
                let (low, high) = labels.overhang(axis, plot);
                if exact && !matches!(axis.scale, Scale::Category { between: true, .. }) {
                    left.band = left.band.max(11.0 + low);
                    right.band = right.band.max(11.0 + high);
                    left.labels = left.labels.max(low);
                    right.labels = right.labels.max(high);
                }
            } else if matches!(axis.scale, Scale::Linear { .. } | Scale::Log { .. })
                && !labels.is_empty()
            {
                let half = labels.style.text_height() / 2.0;
                top.band = top.band.max(5.0 + half);
                top.labels = top.labels.max(half);
                if table.is_none() {
                    bottom.band = bottom.band.max(5.0 + half);
                    bottom.labels = bottom.labels.max(half);
                }
            }
        }
    }
    if let Some(table) = table {
        bottom.band += table.height();
        bottom.labels += table.height();
        left.band = left.band.max(edge() + table.names);
        left.labels = left.labels.max(table.names);
    }
    bands
}

/// Height of the tick labels right below the plot.
fn labels_below<'a>(chart: &Chart<'a>, all: &[Coordinates<'_, 'a>]) -> f64 {
    all.iter()
        .flat_map(|coordinates| {
            let (category, value) = (&coordinates.category, &coordinates.value);
            [
                (coordinates, category, value),
                (coordinates, value, category),
            ]
        })
        .filter(|(_, axis, other)| axis.label_side(other) == Some(Side::Bottom))
        .map(|(at, axis, _)| axis.labels(chart, at.group, at.plot).extent)
        .fold(0.0, f64::max)
}

/// Paints the plot area, gridlines, series, axes, labels.
fn paint<'a>(
    chart: &mut Chart<'a>,
    groups: &[Group<'a>],
    plot: Rect,
    inner: Rect,
    depth: Option<Depth>,
) {
    let back = depth.map_or(Vec2::ZERO, |depth| depth.back);
    let whole = plot.union(plot + back);
    let look = Look::of(
        chart.space.plot_area.shape.as_deref(),
        Look {
            fill: chart.style.plot_fill(),
            ..Look::default()
        },
    );
    chart.rect(whole, &look);
    let all: Vec<Coordinates<'_, 'a>> = groups
        .iter()
        .map(|group| Coordinates {
            depth,
            ..place(chart, group, plot)
        })
        .collect();
    for coordinates in &all {
        for minor in [true, false] {
            coordinates
                .category
                .gridlines(chart, &coordinates.value, (plot, back), minor);
            coordinates
                .value
                .gridlines(chart, &coordinates.category, (plot, back), minor);
        }
    }
    // Areas lie behind bars, bars behind lines, lines behind points.
    let rank = |plot: &Plot| match plot.kind {
        PlotKind::Area { .. } => 0,
        PlotKind::Bar { .. } => 1,
        PlotKind::Stock => 2,
        PlotKind::Line { .. } => 3,
        _ => 4,
    };
    let clip = whole.inflate(0.01, 0.01);
    for kind in 0..=4 {
        for coordinates in &all {
            for (plot_of, cells) in &coordinates.group.plots {
                if rank(plot_of) != kind {
                    continue;
                }
                match plot_of.kind {
                    PlotKind::Area { .. } => {
                        super::area::draw(chart, coordinates, plot_of, cells, clip);
                    }
                    PlotKind::Bar { .. } => {
                        super::bar::draw(chart, coordinates, plot_of, cells, clip);
                    }
                    PlotKind::Line { .. } | PlotKind::Stock => {
                        super::line::draw(chart, coordinates, plot_of, cells, clip);
                    }
                    _ => super::scatter::draw(chart, coordinates, plot_of, clip),
                }
            }
        }
    }
    if let Some(coordinates) = all.first() {
        chart.marks.draw(chart, coordinates);
        if let Some(table) = TableBox::new(chart, groups, plot.width()) {
            let above = labels_below(chart, &all);
            table.draw(chart, coordinates, plot.y1 + above);
        }
    }
    for coordinates in &all {
        coordinates
            .category
            .draw(chart, coordinates.group, &coordinates.value, plot, inner);
        coordinates
            .value
            .draw(chart, coordinates.group, &coordinates.category, plot, inner);
    }
    for coordinates in &all {
        for (plot_of, cells) in &coordinates.group.plots {
            super::error_bars::draw(chart, coordinates, plot_of, cells, clip);
            super::trend::draw(chart, coordinates, plot_of, clip);
        }
    }
    for coordinates in &all {
        for (plot_of, cells) in &coordinates.group.plots {
            super::labels::draw(chart, coordinates, plot_of, cells);
        }
    }
}
