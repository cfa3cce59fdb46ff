//! Equations in a paragraph: their parts take part in lines as clusters, and are drawn where their cluster stands.

use std::rc::Rc;
use std::sync::Arc;

use kurbo::{BezPath, Rect, Shape as _};
use slides_ooxml::model::{MathAlign, Paragraph, RunKind, TextAlign};
use slides_scene::{FillRule, Glyph, Op, Paint, StrokeStyle};

use super::fonts::Font;
use super::math::{Draw, MathBox, Segment};
use super::shape::{Cluster, ClusterKind, LINE_BREAK, Shaped, Span};

/// The face of equations.
pub(super) const FAMILY: &str = "Cambria Math";

/// A part of an equation, in the paragraph's text as one cluster.
pub(super) struct MathObject {
    start: usize,
    end: usize,
    inner: MathBox,
    break_before: bool,
}

/// Adds an equation's parts to a paragraph's text in one style.
pub(super) fn insert(
    segments: Vec<Segment>,
    style: usize,
    text: &mut String,
    spans: &mut Vec<Span>,
    objects: &mut Vec<MathObject>,
) {
    let from = text.len();
    for segment in segments {
        if segment.new_line {
            text.push(LINE_BREAK);
        }
        let start = text.len();
        text.push_str(&segment.inner.text());
        if text.len() == start {
            // Something without letters still needs a place in the text.
            text.push('\u{2063}');
        }
        objects.push(MathObject {
            start,
            end: text.len(),
            inner: segment.inner,
            break_before: segment.break_before,
        });
    }
    if text.len() > from {
        spans.push(Span {
            start: from,
            end: text.len(),
            style,
        });
    }
}

/// Makes the letters of each part one cluster as wide as the part.
pub(super) fn gather(shaped: &mut Shaped, objects: &[MathObject]) {
    if objects.is_empty() {
        return;
    }
    let mut kept: Vec<Cluster> = Vec::with_capacity(shaped.clusters.len());
    for cluster in shaped.clusters.drain(..) {
        let Some(object) = find(objects, cluster.start as usize) else {
            kept.push(cluster);
            continue;
        };
        if kept
            .last()
            .is_some_and(|last| last.start as usize == object.start)
        {
            continue;
        }
        kept.push(Cluster {
            start: object.start as u32,
            end: object.end as u32,
            glyph_count: 0,
            kind: ClusterKind::Text,
            width: object.inner.width.max(0.0),
            ..cluster
        });
    }
    shaped.clusters = kept;
}

/// Lines may begin where the equation says, and nowhere else inside it.
pub(super) fn mark_breaks(clusters: &mut [Cluster], objects: &[MathObject]) {
    if objects.is_empty() {
        return;
    }
    for cluster in clusters {
        if let Some(object) = find(objects, cluster.start as usize) {
            let inside = objects
                .iter()
                .any(|other| other.end == object.start && !std::ptr::eq(other, object));
            if inside {
                cluster.break_before = object.break_before;
            }
        }
    }
}

/// The part at a place of the text.
fn find(objects: &[MathObject], at: usize) -> Option<&MathObject> {
    let index = objects.partition_point(|object| object.end <= at);
    objects.get(index).filter(|object| object.start <= at)
}

/// Height and depth that the equations among some clusters need.
pub(super) fn reach(objects: &[MathObject], clusters: &[Cluster]) -> (f64, f64) {
    if objects.is_empty() {
        return (0.0, 0.0);
    }
    clusters
        .iter()
        .filter_map(|cluster| find(objects, cluster.start as usize))
        .fold((0.0, 0.0), |(above, below), object| {
            (
                object.inner.ascent.max(above),
                object.inner.descent.max(below),
            )
        })
}

/// How a paragraph that is one display equation is aligned.
pub(super) fn display_align(paragraph: &Paragraph) -> Option<TextAlign> {
    let mut align = None;
    for run in &paragraph.runs {
        match &run.kind {
            RunKind::Math { equation, .. } if equation.display => {
                align = Some(match equation.align {
                    MathAlign::Left => TextAlign::Left,
                    MathAlign::Right => TextAlign::Right,
                    MathAlign::Center | MathAlign::CenterGroup => TextAlign::Center,
                });
            }
            RunKind::Text(text) if text.trim().is_empty() => {}
            RunKind::Break => {}
            _ => return None,
        }
    }
    align
}

/// Draws the part that a cluster stands for; none when the cluster is ordinary text.
pub(super) fn draw(
    objects: &[MathObject],
    cluster: &Cluster,
    x: f64,
    baseline: f64,
    paint: &mut dyn FnMut(usize, Rect) -> Option<Paint>,
) -> Option<Vec<Op>> {
    let object = find(objects, cluster.start as usize)?;
    let inner = &object.inner;
    let bounds = Rect::new(
        x,
        baseline - inner.ascent,
        x + inner.width.max(0.01),
        baseline + inner.descent.max(0.01),
    );
    let mut ops = Vec::new();
    let mut open: Option<Open> = None;
    for item in &inner.items {
        let (left, top) = (x + item.x, baseline + item.y);
        match &item.draw {
            Draw::Glyph {
                font,
                id,
                size,
                advance,
                ch,
            } => {
                let joins = open.as_ref().is_some_and(|open| {
                    open.font.id == font.id && open.size == *size && open.look == item.look
                });
                if !joins {
                    flush(&mut open, bounds, paint, &mut ops);
                }
                let open = open.get_or_insert_with(|| Open {
                    font: font.clone(),
                    size: *size,
                    look: item.look,
                    text: String::new(),
                    glyphs: Vec::new(),
                });
                let start = open.text.len() as u32;
                open.text.extend(*ch);
                open.glyphs.push(Glyph {
                    id: *id,
                    x: left,
                    y: top,
                    advance: *advance,
                    start,
                    end: open.text.len() as u32,
                });
            }
            Draw::Rule { width, height } => {
                if let Some(paint) = paint(item.look, bounds) {
                    let bar = Rect::new(left, top, left + width, top + height).to_path(0.1);
                    ops.push(Op::Fill(Arc::new(bar), FillRule::NonZero, paint));
                }
            }
            Draw::Line { dx, dy, width } => {
                if let Some(paint) = paint(item.look, bounds) {
                    let mut path = BezPath::new();
                    path.move_to((left, top));
                    path.line_to((left + dx, top + dy));
                    ops.push(Op::Stroke(Arc::new(path), StrokeStyle::new(*width), paint));
                }
            }
        }
    }
    flush(&mut open, bounds, paint, &mut ops);
    Some(ops)
}

/// Glyphs of one face, size and look.
struct Open {
    font: Rc<Font>,
    size: f64,
    look: usize,
    text: String,
    glyphs: Vec<Glyph>,
}

fn flush(
    open: &mut Option<Open>,
    bounds: Rect,
    paint: &mut dyn FnMut(usize, Rect) -> Option<Paint>,
    ops: &mut Vec<Op>,
) {
    let Some(open) = open.take() else { return };
    if let Some(paint) = paint(open.look, bounds) {
        let run = super::emit::letters(&open.font, open.size, open.glyphs, &open.text);
        ops.push(Op::Text(Arc::new(run), paint));
    }
}

#[cfg(test)]
mod tests {
    use slides_ooxml::model::{
        Equation, FractionKind, MathNode, MathRun, Run, RunProperties, TextBody,
    };

    use super::*;
    use crate::testing::with_context;
    use crate::text::{TextBlock, TextCascade, TextFrame, layout_text};

    fn letters(text: &str) -> Vec<MathNode> {
        vec![MathNode::Run(Box::new(MathRun {
            text: text.into(),
            italic: true,
            ..MathRun::default()
        }))]
    }

    fn lay(display: bool, nodes: Vec<MathNode>, width: f64) -> TextBlock {
        let equation = Equation {
            display,
            lines: vec![nodes],
            ..Equation::default()
        };
        let size = |size: f64| RunProperties {
            size: Some(size),
            ..RunProperties::default()
        };
        let body = TextBody {
            paragraphs: vec![Paragraph {
                runs: vec![Run {
                    kind: RunKind::Math {
                        text: String::new(),
                        equation: Box::new(equation),
                    },
                    properties: size(20.0),
                }],
                ..Paragraph::default()
            }],
            ..TextBody::default()
        };
        let frame = TextFrame {
            rect: Rect::new(0.0, 0.0, width + 14.4, 200.0),
            ..TextFrame::default()
        };
        with_context(|cx| layout_text(cx, &body, &TextCascade::default(), &frame))
    }

    /// Characters with their places, in drawing order.
    fn drawn(block: &TextBlock) -> Vec<(String, f64, f64, f64)> {
        let mut out = Vec::new();
        for op in &block.ops {
            if let Op::Text(run, _) = op {
                for glyph in &run.glyphs {
                    let text = &run.text[glyph.start as usize..glyph.end as usize];
                    out.push((text.to_owned(), glyph.x, glyph.y, run.size));
                }
            }
        }
        out
    }

    #[test]
    fn a_fraction_stands_on_its_bar_and_makes_its_line_higher() {
        let plain = lay(true, letters("x"), 400.0);
        let fraction = lay(
            true,
            vec![MathNode::Fraction {
                kind: FractionKind::Bar,
                numerator: letters("a"),
                denominator: letters("b"),
            }],
            400.0,
        );
        let [over, under] = drawn(&fraction).try_into().unwrap();
        let bar = fraction
            .ops
            .iter()
            .find_map(|op| match op {
                Op::Fill(path, ..) => Some(path.bounding_box()),
                _ => None,
            })
            .unwrap();
        assert_eq!((over.0.as_str(), under.0.as_str()), ("𝑎", "𝑏"));
        assert!(over.2 < bar.y0 && bar.y1 < under.2 && over.3 == 20.0);
        assert!((plain.height - 24.0).abs() < 1e-6 && fraction.height > 30.0);
        // Alone in its paragraph, a display equation is centred.
        let middle = f64::midpoint(bar.x0, bar.x1);
        assert!((middle - (7.2 + 200.0)).abs() < 0.01, "{middle}");
    }

    #[test]
    fn scripts_are_small_and_stand_apart() {
        let block = lay(
            false,
            vec![MathNode::Scripts {
                base: letters("x"),
                sub: Some(letters("i")),
                sup: Some(letters("2")),
            }],
            400.0,
        );
        let [base, sup, sub] = drawn(&block).try_into().unwrap();
        assert_eq!((sup.0.as_str(), sub.0.as_str()), ("2", "𝑖"));
        assert!(sup.2 < base.2 - 4.0 && sub.2 > base.2 + 2.0);
        assert!(sup.3 < 16.0 && sup.3 == sub.3 && sup.1 > base.1);
    }

    #[test]
    fn lines_break_before_signs_only() {
        let block = lay(false, letters("aaaaaaaa=bbbbbbbb+cccccccc"), 150.0);
        let at = |ch: &str| drawn(&block).into_iter().find(|g| g.0 == ch).unwrap();
        let (equals, plus) = (at("="), at("+"));
        assert!((equals.1 - 7.2).abs() < 1.0 && equals.2 > at("𝑎").2 + 20.0);
        assert!((plus.1 - 7.2).abs() < 1.0 && plus.2 > equals.2 + 20.0);
        // Words hold together and stick out.
        let words = lay(false, letters("one two three four five six seven"), 60.0);
        assert!((words.height - 24.0).abs() < 1e-6);
    }

    #[test]
    fn signs_grow_with_what_they_hold() {
        let delimiters = |elements| {
            vec![MathNode::Delimiters {
                open: Some('('),
                separator: Some('|'),
                close: None,
                grows: true,
                elements,
            }]
        };
        let flat = lay(true, delimiters(vec![letters("x")]), 400.0);
        let mut nested = letters("x");
        for _ in 0..6 {
            nested = vec![MathNode::Fraction {
                kind: FractionKind::Bar,
                numerator: nested,
                denominator: letters("y"),
            }];
        }
        let tall = lay(true, delimiters(vec![nested]), 400.0);
        let glyph = |block: &TextBlock| {
            block
                .ops
                .iter()
                .find_map(|op| match op {
                    Op::Text(run, _) => run.glyphs.first().map(|g| g.id),
                    _ => None,
                })
                .unwrap()
        };
        assert_ne!(glyph(&flat), glyph(&tall));
        assert!(drawn(&tall).len() > 9, "an assembled sign has pieces");
    }
}
