//! SmartArt without a drawing and without a layout that can be followed: the nodes' texts in plain boxes, by the family of the layout.

use std::sync::Arc;

use kurbo::{BezPath, Point, Rect, RoundedRect, Shape as _};
use slides_ooxml::model::{
    Anchor, BulletKind, Color, ColorMod, DiagramFamily, DiagramModel, DiagramNode, Fill, Paragraph,
    RunKind, RunProperties, SchemeColor, TextAlign, TextBody,
};
use slides_scene::{FillRule, Op, Paint, StrokeStyle};

use crate::context::SlideContext;
use crate::shape::Canvas;
use crate::text::{self, TextCascade, TextFrame};
use crate::transform::Placed;

/// Boxes of one diagram.
const MAX_BOXES: usize = 500;

/// How a box looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Accent with light letters.
    Strong,
    /// A light tint with dark letters.
    Pale,
}

/// A text in its box, in the frame's coordinates.
struct Item {
    rect: Rect,
    look: Look,
    body: TextBody,
    centered: bool,
}

/// Draws a diagram from its data model.
pub(crate) fn draw(
    cx: &SlideContext<'_>,
    canvas: &mut Canvas,
    model: &DiagramModel,
    placed: &Placed,
) {
    let frame = on_page(cx, placed);
    let model = &DiagramModel {
        reversed: model.reversed || model.nodes.iter().any(|node| from_right(&node.text)),
        ..model.clone()
    };
    let mut items = Vec::new();
    let mut lines = Vec::new();
    match model.family {
        DiagramFamily::List => list(model, frame, &mut items),
        DiagramFamily::Process => process(model, frame, &mut items, &mut lines),
        DiagramFamily::Cycle => cycle(model, frame, &mut items, &mut lines),
        DiagramFamily::Hierarchy => hierarchy(model, frame, &mut items, &mut lines),
    }
    items.truncate(MAX_BOXES);
    let accent = Color::scheme(SchemeColor::Accent(model.accent));
    let mut pale = accent.clone();
    pale.mods.push(ColorMod::Tint(0.2));
    let (accent, pale) = (cx.color(&accent, None), cx.color(&pale, None));
    canvas.ops.push(Op::Push(placed.to_page));
    for line in lines {
        let ink = Paint::Solid(accent);
        canvas
            .ops
            .push(Op::Stroke(Arc::new(line), StrokeStyle::new(1.5), ink));
    }
    canvas.ops.push(Op::Pop);
    // One size for all boxes of a look, as large as every one of them allows.
    for look in [Look::Strong, Look::Pale] {
        let group: Vec<&Item> = items.iter().filter(|item| item.look == look).collect();
        let size = common_size(cx, &group, look);
        for item in group {
            let outline = RoundedRect::from_rect(item.rect, item.rect.height().min(40.0) * 0.1);
            let fill = if look == Look::Strong { accent } else { pale };
            canvas.ops.extend([
                Op::Push(placed.to_page),
                Op::Fill(
                    Arc::new(outline.to_path(0.1)),
                    FillRule::NonZero,
                    Paint::Solid(fill),
                ),
                Op::Pop,
                Op::Push(placed.text_to_page),
            ]);
            let body = styled(item, size);
            let block = text::layout_text(cx, &body, &cascade(cx, look), &text_frame(placed, item));
            canvas.ops.extend(block.ops);
            canvas.ops.push(Op::Pop);
            crate::shape::place_links(canvas, block.links, placed.text_to_page);
        }
    }
}

fn text_frame(placed: &Placed, item: &Item) -> TextFrame {
    TextFrame {
        anchor_override: Some(Anchor::Center),
        ..crate::shape::text_frame(placed, item.rect)
    }
}

fn cascade<'a>(cx: &'a SlideContext<'_>, look: Look) -> TextCascade<'a> {
    let color = match look {
        Look::Strong => SchemeColor::Light1,
        Look::Pale => SchemeColor::Dark1,
    };
    TextCascade {
        list_styles: vec![&cx.presentation.default_text_style],
        style_run: Some(RunProperties {
            fill: Some(Fill::Solid(Color::scheme(color))),
            ..RunProperties::default()
        }),
        ..TextCascade::default()
    }
}

/// A box's text at a size, with the links, faces and own sizes of the file: diagrams say a size only where one was set
/// by hand.
fn styled(item: &Item, size: f64) -> TextBody {
    let mut body = item.body.clone();
    body.properties = slides_ooxml::model::BodyProperties::default();
    let rtl = from_right(&body);
    for paragraph in &mut body.paragraphs {
        for run in &mut paragraph.runs {
            run.properties.size.get_or_insert(size);
        }
        if let Some(end) = &mut paragraph.end {
            end.size.get_or_insert(size);
        }
        let properties = &mut paragraph.properties;
        if rtl {
            properties.rtl.get_or_insert(true);
            properties.align.get_or_insert(TextAlign::Right);
        }
        if item.centered {
            properties.align = Some(TextAlign::Center);
        } else {
            let step = (size * 0.75 * 12_700.0) as i64;
            properties.margin_left = properties.margin_left.map(|steps| steps * step);
            properties.indent = properties.indent.map(|steps| steps * step);
        }
    }
    body
}

/// The largest size at which every text fits its box.
fn common_size(cx: &SlideContext<'_>, items: &[&Item], look: Look) -> f64 {
    let sizes = [
        36.0, 32.0, 28.0, 24.0, 20.0, 18.0, 16.0, 14.0, 12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0,
    ];
    let cascade = cascade(cx, look);
    let fits = |size: &f64| {
        items.iter().all(|item| {
            let width = (item.rect.width() - 14.4).max(1.0);
            let words = longest_word(&item.body) * 0.56 * size <= width;
            words
                && text::measure_text(cx, &styled(item, *size), &cascade, width)
                    <= (item.rect.height() - 7.2).max(1.0)
        })
    };
    sizes.into_iter().find(fits).unwrap_or(5.0)
}

/// The frame as far as it lies on the page, so that everything can be read.
fn on_page(cx: &SlideContext<'_>, placed: &Placed) -> Rect {
    let frame = placed.local();
    let (width, height) = cx.presentation.slide_size;
    let page = Rect::new(0.0, 0.0, crate::points(width), crate::points(height));
    if placed.to_page.determinant().abs() < 1e-9 {
        return frame;
    }
    let seen = frame.intersect(placed.to_page.inverse().transform_rect_bbox(page));
    if seen.width() > 1.0 && seen.height() > 1.0 {
        seen
    } else {
        frame
    }
}

/// Whether a text begins with a script that runs from the right.
fn from_right(body: &TextBody) -> bool {
    body.paragraphs.iter().any(|paragraph| {
        paragraph
            .runs
            .iter()
            .filter_map(|run| match &run.kind {
                RunKind::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .flat_map(str::chars)
            .find(|ch| ch.is_alphabetic())
            .is_some_and(|ch| matches!(ch, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FEFC}'))
    })
}

/// Characters of the longest word, which no line should tear apart.
fn longest_word(body: &TextBody) -> f64 {
    body.paragraphs
        .iter()
        .flat_map(|paragraph| &paragraph.runs)
        .filter_map(|run| match &run.kind {
            RunKind::Text(text) => text
                .split_whitespace()
                .map(|word| word.chars().count())
                .max(),
            _ => None,
        })
        .max()
        .unwrap_or(0) as f64
}

/// A node's children as bulleted paragraphs, deeper ones indented.
fn bullets(children: &[DiagramNode], depth: i64, out: &mut Vec<Paragraph>) {
    for child in children {
        for paragraph in &child.text.paragraphs {
            let mut paragraph = paragraph.clone();
            let properties = &mut paragraph.properties;
            // In steps; the size of the text says how far one goes.
            properties.margin_left = Some(depth + 1);
            properties.indent = Some(-1);
            properties.bullet.kind = Some(BulletKind::Char("•".to_owned()));
            out.push(paragraph);
        }
        if depth < 4 {
            bullets(&child.children, depth + 1, out);
        }
    }
}

fn listed(children: &[DiagramNode]) -> TextBody {
    let mut body = TextBody::default();
    bullets(children, 0, &mut body.paragraphs);
    body
}

fn strong(node: &DiagramNode, rect: Rect) -> Item {
    Item {
        rect,
        look: Look::Strong,
        body: node.text.clone(),
        centered: true,
    }
}

/// `count` slots along a length with gaps between them.
fn slots(from: f64, to: f64, count: usize, gap: f64) -> impl Iterator<Item = (f64, f64)> {
    let n = count.max(1) as f64;
    let size = (to - from) / (n + gap * (n - 1.0));
    (0..count).map(move |index| {
        let start = from + index as f64 * size * (1.0 + gap);
        (start, start + size)
    })
}

/// Rows: the node, and what is below it in a pale box beside.
fn list(model: &DiagramModel, frame: Rect, items: &mut Vec<Item>) {
    let rows = slots(frame.y0, frame.y1, model.nodes.len(), 0.08);
    for (node, (top, bottom)) in model.nodes.iter().zip(rows) {
        let row = Rect::new(frame.x0, top, frame.x1, bottom);
        if node.children.is_empty() {
            items.push(strong(node, row));
            continue;
        }
        let share = 0.3 * row.width();
        let (title, rest) = if model.reversed {
            (
                Rect::new(row.x1 - share, row.y0, row.x1, row.y1),
                Rect::new(row.x0, row.y0, row.x1 - share, row.y1),
            )
        } else {
            (
                Rect::new(row.x0, row.y0, row.x0 + share, row.y1),
                Rect::new(row.x0 + share, row.y0, row.x1, row.y1),
            )
        };
        items.push(Item {
            rect: rest.inset(-0.03 * row.height()),
            look: Look::Pale,
            body: listed(&node.children),
            centered: false,
        });
        items.push(strong(node, title));
    }
}

/// Boxes side by side with arrows between, what is below a node in a pale box under it.
fn process(model: &DiagramModel, frame: Rect, items: &mut Vec<Item>, lines: &mut Vec<BezPath>) {
    let deep = model.nodes.iter().any(|node| !node.children.is_empty());
    let columns: Vec<_> = slots(frame.x0, frame.x1, model.nodes.len(), 0.25).collect();
    let middle = frame.center().y;
    let width = columns.first().map_or(0.0, |(from, to)| to - from);
    let height = if deep {
        frame.height() * 0.4
    } else {
        frame.height().min(width * 0.75)
    };
    let (top, bottom) = if deep {
        (frame.y0, frame.y0 + height)
    } else {
        (middle - height / 2.0, middle + height / 2.0)
    };
    let order: Vec<_> = if model.reversed {
        columns.iter().rev().copied().collect()
    } else {
        columns
    };
    let mut before: Option<(f64, f64)> = None;
    for (node, (left, right)) in model.nodes.iter().zip(order) {
        items.push(strong(node, Rect::new(left, top, right, bottom)));
        if !node.children.is_empty() {
            items.push(Item {
                rect: Rect::new(left, bottom + 4.0, right, frame.y1.max(bottom + 5.0)),
                look: Look::Pale,
                body: listed(&node.children),
                centered: false,
            });
        }
        if let Some((from_left, from_right)) = before {
            let y = f64::midpoint(top, bottom);
            let (from, to) = if left >= from_right {
                (from_right, left)
            } else {
                (from_left, right)
            };
            lines.push(arrow(Point::new(from, y), Point::new(to, y)));
        }
        before = Some((left, right));
    }
}

/// Boxes around a ring, the first at the top.
fn cycle(model: &DiagramModel, frame: Rect, items: &mut Vec<Item>, lines: &mut Vec<BezPath>) {
    let count = model.nodes.len().max(1) as f64;
    let center = frame.center();
    let size = (frame.width().min(frame.height()) * (1.9 / (count + 2.0)).min(0.38)).max(1.0);
    let (wide, high) = (size * 1.4, size * 0.8);
    let (rx, ry) = (
        ((frame.width() - wide) / 2.0)
            .min((frame.height() - high) * 0.75)
            .max(0.0),
        ((frame.height() - high) / 2.0).max(0.0),
    );
    let at = |index: f64| {
        let turn = if model.reversed { -1.0 } else { 1.0 };
        let angle = -std::f64::consts::FRAC_PI_2 + turn * index / count * std::f64::consts::TAU;
        Point::new(center.x + rx * angle.cos(), center.y + ry * angle.sin())
    };
    for (index, node) in model.nodes.iter().enumerate() {
        let index = index as f64;
        let mut body = node.text.clone();
        for child in &node.children {
            body.paragraphs
                .extend(child.text.paragraphs.iter().cloned());
        }
        items.push(Item {
            rect: Rect::from_center_size(at(index), (wide, high)),
            look: Look::Strong,
            body,
            centered: true,
        });
        if count > 1.0 {
            lines.push(arrow(at(index + 0.4), at(index + 0.6)));
        }
    }
}

/// Rows of boxes, each above its children.
fn hierarchy(model: &DiagramModel, frame: Rect, items: &mut Vec<Item>, lines: &mut Vec<BezPath>) {
    let levels = model.nodes.iter().map(depth).max().unwrap_or(1);
    let rows: Vec<_> = slots(frame.y0, frame.y1, levels, 0.5).collect();
    branch(
        &model.nodes,
        frame.x0,
        frame.x1,
        &rows,
        model.reversed,
        items,
        lines,
    );
}

fn depth(node: &DiagramNode) -> usize {
    1 + node.children.iter().map(depth).max().unwrap_or(0)
}

fn leaves(node: &DiagramNode) -> usize {
    node.children.iter().map(leaves).sum::<usize>().max(1)
}

/// Centres of the boxes drawn in this row.
fn branch(
    nodes: &[DiagramNode],
    from: f64,
    to: f64,
    rows: &[(f64, f64)],
    reversed: bool,
    items: &mut Vec<Item>,
    lines: &mut Vec<BezPath>,
) -> Vec<f64> {
    let Some((&(top, bottom), below)) = rows.split_first() else {
        return Vec::new();
    };
    let total = nodes.iter().map(leaves).sum::<usize>().max(1) as f64;
    let mut centers = Vec::new();
    let mut at = from;
    let order: Vec<&DiagramNode> = if reversed {
        nodes.iter().rev().collect()
    } else {
        nodes.iter().collect()
    };
    for node in order {
        let width = (to - from) * leaves(node) as f64 / total;
        let center = at + width / 2.0;
        let unit = (to - from) / total;
        let wide = (unit * 0.9).min((bottom - top) * 2.5);
        let rect = Rect::new(center - wide / 2.0, top, center + wide / 2.0, bottom);
        let children = branch(
            &node.children,
            at,
            at + width,
            below,
            reversed,
            items,
            lines,
        );
        if let Some(&(next, _)) = below.first() {
            let bend = f64::midpoint(bottom, next);
            for child in children {
                let mut path = BezPath::new();
                path.move_to((center, bottom));
                path.line_to((center, bend));
                path.line_to((child, bend));
                path.line_to((child, next));
                lines.push(path);
            }
        }
        items.push(strong(node, rect));
        centers.push(center);
        at += width;
    }
    centers
}

/// A line with an open head.
fn arrow(from: Point, to: Point) -> BezPath {
    let mut path = BezPath::new();
    let reach = to - from;
    let length = reach.hypot().max(1e-6);
    let along = reach / length;
    let across = kurbo::Vec2::new(-along.y, along.x);
    let (from, to) = (from + along * (length * 0.15), to - along * (length * 0.15));
    let head = (length * 0.25).min(8.0);
    path.move_to(from);
    path.line_to(to);
    path.move_to(to - along * head + across * (head * 0.7));
    path.line_to(to);
    path.line_to(to - along * head - across * (head * 0.7));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(children: Vec<DiagramNode>) -> DiagramNode {
        DiagramNode {
            children,
            ..DiagramNode::default()
        }
    }

    fn model(family: DiagramFamily, reversed: bool) -> DiagramModel {
        let leaf = || node(Vec::new());
        DiagramModel {
            family,
            reversed,
            accent: 1,
            parts: None,
            nodes: vec![
                node(vec![leaf(), node(vec![leaf(), leaf()])]),
                leaf(),
                node(vec![leaf()]),
            ],
        }
    }

    #[test]
    fn boxes_stay_in_the_frame_and_apart() {
        let frame = Rect::new(0.0, 0.0, 400.0, 240.0);
        for reversed in [false, true] {
            for family in [
                DiagramFamily::List,
                DiagramFamily::Process,
                DiagramFamily::Cycle,
                DiagramFamily::Hierarchy,
            ] {
                let model = model(family, reversed);
                let (mut items, mut lines) = (Vec::new(), Vec::new());
                match family {
                    DiagramFamily::List => list(&model, frame, &mut items),
                    DiagramFamily::Process => process(&model, frame, &mut items, &mut lines),
                    DiagramFamily::Cycle => cycle(&model, frame, &mut items, &mut lines),
                    DiagramFamily::Hierarchy => hierarchy(&model, frame, &mut items, &mut lines),
                }
                assert!(items.len() >= 3, "{family:?}");
                for (index, item) in items.iter().enumerate() {
                    let inside = frame.inflate(0.01, 0.01).union(item.rect);
                    assert_eq!(inside, frame.inflate(0.01, 0.01), "{family:?} {index}");
                    for other in items.iter().skip(index + 1) {
                        let shared = item.rect.intersect(other.rect).inset(-0.01);
                        assert!(
                            shared.width() <= 0.0 || shared.height() <= 0.0,
                            "{family:?} {reversed} {index}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn reversed_processes_run_to_the_left() {
        let frame = Rect::new(0.0, 0.0, 400.0, 240.0);
        let first = |reversed| {
            let (mut items, mut lines) = (Vec::new(), Vec::new());
            process(
                &model(DiagramFamily::Process, reversed),
                frame,
                &mut items,
                &mut lines,
            );
            items[0].rect.x0
        };
        assert!(first(false) < 1.0 && first(true) > 200.0);
    }
}
