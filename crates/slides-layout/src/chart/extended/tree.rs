//! Treemaps and sunbursts: branches of categories with their sums.

use std::f64::consts::{FRAC_PI_2, TAU};

use kurbo::{Affine, Point, Rect, Vec2};
use slides_ooxml::model::chart::{
    ChartSpace, DataLabels, ExtendedChart, ExtendedSeries, ParentLabels, PlotKind, Series,
};
use slides_ooxml::model::{Color, Fill, Line, RunProperties, SchemeColor, ShapeProperties};

use super::super::Chart;
use super::super::canvas::Look;
use super::super::ring::{Ring, Slice, direction, outline};
use super::super::ring_labels::fits as upright;
use super::super::text::{Role, TextStyle};
use super::MAX_ITEMS;
use super::columns::look;
use super::marks::Marks;
use super::space::{names, numbers, plot, silent, space};

/// Levels that are drawn.
const MAX_DEPTH: usize = 16;
/// Smallest side of a tile and thinnest slice that is drawn, points.
const LEAST: f64 = 0.25;
/// Inset of labels from the corner of their tile.
const INSET: f64 = 3.0;

/// A branch or leaf.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Node {
    pub name: String,
    /// Sum of the leaves below, over the largest value of the chart.
    pub size: f64,
    /// The value as the file gives it.
    pub value: f64,
    pub children: Vec<Node>,
}

/// A treemap or sunburst.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tree {
    /// Branches of the first level, the largest first, with their looks.
    pub branches: Vec<(Node, ShapeProperties)>,
    pub round: bool,
    pub labels: Option<DataLabels>,
    pub parents: ParentLabels,
    pub format: Option<String>,
}

/// Builds the tree from rows; blank outer levels repeat the row above, blank inner ones end the branch.
fn grow(series: &ExtendedSeries) -> Vec<(Node, usize)> {
    let count = series.values.count.min(MAX_ITEMS);
    let most = series
        .values
        .points
        .iter()
        .map(|point| point.1)
        .fold(0.0, f64::max);
    let mut roots: Vec<(Node, usize)> = Vec::new();
    if most <= 0.0 {
        return roots;
    }
    let levels: Vec<_> = series.categories.iter().rev().take(MAX_DEPTH).collect();
    let mut above: Vec<String> = vec![String::new(); levels.len()];
    for row in 0..count {
        let mut path: Vec<String> = Vec::with_capacity(levels.len());
        let deepest = levels
            .iter()
            .rposition(|level| level.get(row).is_some_and(|text| !text.is_empty()));
        let mut fresh = false;
        for (depth, (level, last)) in levels.iter().zip(&mut above).enumerate() {
            if deepest.is_none_or(|deepest| depth > deepest) {
                break;
            }
            match level.get(row).filter(|text| !text.is_empty()) {
                Some(text) => {
                    fresh |= *text != *last;
                    text.clone_into(last);
                }
                None if fresh => last.clear(),
                None => {}
            }
            path.push(last.clone());
        }
        if path.is_empty() {
            path.push((row + 1).to_string());
        }
        let value = series.values.get(row).unwrap_or(0.0);
        // What is negative or nothing has no area.
        if value <= 0.0 {
            continue;
        }
        let root = path.first().cloned().unwrap_or_default();
        let at = roots
            .iter()
            .position(|(node, _)| node.name == root)
            .unwrap_or_else(|| {
                roots.push((
                    Node {
                        name: root,
                        ..Node::default()
                    },
                    row,
                ));
                roots.len() - 1
            });
        let Some((mut node, _)) = roots.get_mut(at).map(|(node, row)| (node, row)) else {
            continue;
        };
        let size = value / most;
        for name in path.into_iter().skip(1) {
            node.size += size;
            node.value = (node.value + value).min(1e300);
            // Equal names in a row are one branch; later ones are looked for only near the end.
            let from = node.children.len().saturating_sub(64);
            let found = node
                .children
                .iter()
                .skip(from)
                .position(|child| child.name == name)
                .map(|at| at + from);
            let child = found.unwrap_or_else(|| {
                node.children.push(Node {
                    name,
                    ..Node::default()
                });
                node.children.len() - 1
            });
            let Some(next) = node.children.get_mut(child) else {
                break;
            };
            node = next;
        }
        node.size += size;
        node.value = (node.value + value).min(1e300);
    }
    roots
}

fn sort(nodes: &mut [Node]) {
    nodes.sort_by(|a, b| b.size.total_cmp(&a.size));
    for node in nodes {
        sort(&mut node.children);
    }
}

pub(super) fn lower(
    chart: &ExtendedChart,
    series: &ExtendedSeries,
    round: bool,
) -> Option<(ChartSpace, Marks)> {
    let roots = grow(series);
    if roots.is_empty() {
        return None;
    }
    let border = Line {
        width: Some(if round { 19_050 } else { 9_525 }),
        fill: Some(Fill::Solid(Color::scheme(SchemeColor::Background1))),
        ..Line::default()
    };
    let mut branches: Vec<(Node, ShapeProperties)> = roots
        .into_iter()
        .enumerate()
        .map(|(index, (node, row))| {
            let base = ShapeProperties {
                fill: Some(Fill::Solid(Color::scheme(SchemeColor::Accent(
                    (index % 6) as u8 + 1,
                )))),
                line: Some(border.clone()),
                ..ShapeProperties::default()
            };
            let own = series
                .points
                .iter()
                .find(|point| point.index as usize == row)
                .and_then(|point| point.shape.as_deref());
            let shape = look(own, look(series.shape.as_deref(), base));
            (node, shape)
        })
        .collect();
    // The legend lists branches in the order of the data.
    let categories = names(branches.iter().map(|branch| branch.0.name.clone()));
    let entry = Series {
        points: branches
            .iter()
            .enumerate()
            .map(|(index, branch)| slides_ooxml::model::chart::DataPoint {
                index: index as u32,
                shape: Some(Box::new(branch.1.clone())),
                ..slides_ooxml::model::chart::DataPoint::default()
            })
            .collect(),
        ..silent(
            0,
            &super::space::name_of(series),
            None,
            &categories,
            numbers(branches.iter().map(|branch| branch.0.value), None),
        )
    };
    branches.sort_by(|a, b| b.0.size.total_cmp(&a.0.size));
    for (node, _) in &mut branches {
        sort(&mut node.children);
    }
    let mut space = space(chart);
    let mut listed = plot(PlotKind::Pie { first_slice: 0.0 }, vec![entry], Vec::new());
    listed.vary_colors = Some(true);
    space.plot_area.plots = vec![listed];
    Some((
        space,
        Marks::Tree(Tree {
            branches,
            round,
            labels: series.labels.clone(),
            parents: series.layout.parent_labels,
            format: series.values.format.clone(),
        }),
    ))
}

impl Tree {
    /// Draws the tree into the room that title and legend leave.
    pub(crate) fn draw(&self, chart: &mut Chart<'_>, room: Rect) {
        let room = room.inset(-11.0);
        if room.width() < 4.0 || room.height() < 4.0 {
            return;
        }
        if self.round {
            self.sunburst(chart, room);
        } else {
            self.treemap(chart, room);
        }
    }

    /// Text on tiles: the background's colour.
    fn style(&self, chart: &Chart<'_>) -> TextStyle {
        let own = self
            .labels
            .as_ref()
            .and_then(|labels| labels.settings.text.as_deref());
        let mut style = chart.text_style(&[own], Role::Plain);
        let says_fill = own.is_some_and(|body| {
            let run = |run: &RunProperties| run.fill.is_some();
            body.paragraphs
                .first()
                .and_then(|p| p.properties.default_run.as_deref())
                .is_some_and(run)
        });
        if !says_fill {
            style.run.fill = Some(Fill::Solid(Color::scheme(SchemeColor::Background1)));
        }
        style
    }

    fn text(&self, chart: &Chart<'_>, node: &Node) -> String {
        let Some(labels) = &self.labels else {
            return String::new();
        };
        let settings = &labels.settings;
        let mut parts = Vec::new();
        if settings.category.unwrap_or(true) {
            parts.push(node.name.clone());
        }
        if settings.value.unwrap_or(false) {
            let code = settings
                .number_format
                .as_ref()
                .filter(|format| !format.source_linked)
                .map(|format| format.code.as_str())
                .or(self.format.as_deref())
                .unwrap_or("General");
            parts.push(chart.number(code, node.value));
        }
        parts.join(settings.separator.as_deref().unwrap_or(", "))
    }

    fn treemap(&self, chart: &mut Chart<'_>, room: Rect) {
        let style = self.style(chart);
        let sizes: Vec<f64> = self.branches.iter().map(|branch| branch.0.size).collect();
        for ((node, shape), rect) in self.branches.iter().zip(squarify(&sizes, room)) {
            let look = Look::of(Some(shape), Look::default());
            let mut inner = rect;
            if self.parents == ParentLabels::Banner && !node.children.is_empty() {
                let banner = style.line_height() + 2.0 * INSET;
                if rect.height() > 2.0 * banner {
                    inner.y0 += banner;
                    chart.rect(Rect::new(rect.x0, rect.y0, rect.x1, inner.y0), &look);
                    Self::tile_label(chart, &node.name, &style, rect);
                }
            }
            // Names lie over the first leaf: it keeps its own out of their way.
            let overlapping =
                self.parents == ParentLabels::Overlapping && !node.children.is_empty();
            self.tiles(chart, node, inner, &look, &style, overlapping);
            if overlapping && self.labels.is_some() {
                let mut parent = style.clone();
                parent.run.size = Some(style.size() * 1.17);
                Self::tile_label(chart, &node.name, &parent, inner);
            }
        }
    }

    fn tiles(
        &self,
        chart: &mut Chart<'_>,
        node: &Node,
        rect: Rect,
        look: &Look,
        style: &TextStyle,
        covered: bool,
    ) {
        if rect.width() < LEAST || rect.height() < LEAST {
            return;
        }
        if node.children.is_empty() {
            chart.rect(rect, look);
            let text = self.text(chart, node);
            if covered {
                // The name of the branch has the upper corner, the leaf's own the lower one.
                let label = chart.label(&text, style, None);
                if fits(&label, rect) && rect.height() > 2.6 * style.line_height() {
                    chart.put(
                        &label,
                        rect.x0 + INSET,
                        rect.y1 - INSET - label.text_height(),
                    );
                }
            } else {
                Self::tile_label(chart, &text, style, rect);
            }
            return;
        }
        let sizes: Vec<f64> = node.children.iter().map(|child| child.size).collect();
        for (at, (child, rect)) in node.children.iter().zip(squarify(&sizes, rect)).enumerate() {
            self.tiles(chart, child, rect, look, style, covered && at == 0);
        }
    }

    fn tile_label(chart: &mut Chart<'_>, text: &str, style: &TextStyle, rect: Rect) {
        if text.is_empty() || rect.width() < 8.0 || rect.height() < 0.8 * style.line_height() {
            return;
        }
        let mut label = chart.label(text, style, None);
        if label.width > rect.width() - 2.0 * INSET {
            label = chart.label_left(text, style, rect.width() - 2.0 * INSET);
        }
        if fits(&label, rect) {
            chart.put(&label, rect.x0 + INSET, rect.y0 + INSET);
        }
    }

    fn sunburst(&self, chart: &mut Chart<'_>, room: Rect) {
        let depth = self
            .branches
            .iter()
            .map(|branch| levels(&branch.0))
            .max()
            .unwrap_or(1);
        let radius = room.width().min(room.height()) / 2.0;
        // The hole is as wide as four fifths of a ring.
        let step = radius / (depth as f64 + 0.8);
        let hole = radius - step * depth as f64;
        let whole: f64 = self.branches.iter().map(|branch| branch.0.size).sum();
        let style = self.style(chart);
        let mut start = 0.0;
        for (node, shape) in &self.branches {
            let sweep = node.size / whole.max(f64::MIN_POSITIVE) * TAU;
            let look = Look::of(Some(shape), Look::default());
            let burst = Burst {
                center: room.center(),
                hole,
                step,
                look: &look,
                style: &style,
            };
            self.ring(chart, node, &burst, (start, sweep), 0);
            start += sweep;
        }
    }

    fn ring(
        &self,
        chart: &mut Chart<'_>,
        node: &Node,
        burst: &Burst<'_>,
        (start, sweep): (f64, f64),
        depth: usize,
    ) {
        let inner = burst.hole + burst.step * depth as f64;
        let ring = Ring {
            center: burst.center,
            inner,
            outer: inner + burst.step,
        };
        if depth >= MAX_DEPTH || sweep * ring.outer < LEAST {
            return;
        }
        let slice = Slice {
            index: 0,
            start,
            sweep,
            share: 0.0,
        };
        let bounds = Rect::from_center_size(burst.center, (2.0 * ring.outer, 2.0 * ring.outer));
        // A row without names of its own below leaves its ring open.
        if !node.name.is_empty() {
            chart.path(&outline(ring, &slice), burst.look, bounds);
            self.arc_label(chart, node, burst, ring, &slice);
        }
        let whole = node.size.max(f64::MIN_POSITIVE);
        let mut at = start;
        for child in &node.children {
            let part = child.size / whole * sweep;
            self.ring(chart, child, burst, (at, part), depth + 1);
            at += part;
        }
    }

    /// A label across its ring, turned so that it reads from the left.
    fn arc_label(
        &self,
        chart: &mut Chart<'_>,
        node: &Node,
        burst: &Burst<'_>,
        ring: Ring,
        slice: &Slice,
    ) {
        let text = self.text(chart, node);
        if text.is_empty() {
            return;
        }
        let label = chart.label(&text, burst.style, None);
        let (w, h) = (label.width, label.text_height());
        let middle = f64::midpoint(ring.inner, ring.outer);
        let across = 2.0 * ring.inner * (slice.sweep / 2.0).min(FRAC_PI_2).sin();
        let along = direction(slice.middle());
        let center: Point = ring.center + along * middle;
        if upright(center, Vec2::new(w / 2.0, h / 2.0), &ring, slice) {
            chart.put(&label, center.x - w / 2.0, center.y - h / 2.0);
            return;
        }
        if w > burst.step - 2.0 || h > across {
            return;
        }
        let mut turn = slice.middle() - FRAC_PI_2;
        if along.x < -1e-9 {
            turn += std::f64::consts::PI;
        }
        let place = Affine::translate(center.to_vec2())
            * Affine::rotate(turn)
            * Affine::translate((-w / 2.0, -h / 2.0));
        chart.put_turned(&label, place);
    }
}

struct Burst<'b> {
    center: Point,
    hole: f64,
    step: f64,
    look: &'b Look,
    style: &'b TextStyle,
}

fn levels(node: &Node) -> usize {
    1 + node.children.iter().map(levels).max().unwrap_or(0)
}

fn fits(label: &super::super::text::Label, rect: Rect) -> bool {
    label.width <= rect.width() - 2.0 * INSET + 0.1 && label.text_height() <= rect.height() - INSET
}

/// Rectangles of these shares of a room, as near to squares as rows of them get; sizes descend.
pub(super) fn squarify(sizes: &[f64], room: Rect) -> Vec<Rect> {
    let whole: f64 = sizes.iter().sum();
    let mut out = Vec::with_capacity(sizes.len());
    if !(whole > 0.0 && whole.is_finite()) {
        return out;
    }
    let scale = room.area() / whole;
    let mut rest = room;
    let mut first = 0;
    while first < sizes.len() {
        let side = rest.width().min(rest.height()).max(1e-9);
        let worst = |sum: f64, least: f64, most: f64| {
            let sum = (sum * scale).max(1e-12);
            let (least, most) = ((least * scale).max(1e-12), most * scale);
            (side * side * most / (sum * sum)).max(sum * sum / (side * side * least))
        };
        let most = sizes.get(first).copied().unwrap_or(0.0);
        let (mut sum, mut end) = (most, first + 1);
        while let Some(next) = sizes.get(end) {
            let last = sizes.get(end - 1).copied().unwrap_or(most);
            if worst(sum + next, *next, most) > worst(sum, last, most) {
                break;
            }
            sum += next;
            end += 1;
        }
        let wide = rest.width() >= rest.height();
        let thickness = (sum * scale / side).min(if wide { rest.width() } else { rest.height() });
        let mut at = if wide { rest.y0 } else { rest.x0 };
        for size in sizes.get(first..end).unwrap_or_default() {
            let length = size / sum.max(f64::MIN_POSITIVE) * side;
            out.push(if wide {
                Rect::new(rest.x0, at, rest.x0 + thickness, at + length)
            } else {
                Rect::new(at, rest.y0, at + length, rest.y0 + thickness)
            });
            at += length;
        }
        if wide {
            rest.x0 += thickness;
        } else {
            rest.y0 += thickness;
        }
        first = end;
    }
    out
}
