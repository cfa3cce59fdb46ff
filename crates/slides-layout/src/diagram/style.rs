//! How a shape looks: quick style and colours by the label of its node (ECMA-376 part 1, 21.4.4 and 21.4.5).

use std::collections::HashMap;

use slides_ooxml::model::{
    Color, ColorList, ColorMethod, ColorMod, PointKind, SchemeColor, ShapeStyle, StyleRef,
};
use slides_scene::to_hsl;

use super::graph::Graph;
use super::tree::{PresNode, Tree};
use crate::context::SlideContext;

/// Looks of all nodes of a tree.
pub(super) struct Styles(Vec<ShapeStyle>);

impl Styles {
    pub(super) fn new(cx: &SlideContext<'_>, tree: &Tree<'_>, graph: &Graph<'_>) -> Self {
        let labels: Vec<String> = tree.nodes.iter().map(|node| label(node, graph)).collect();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for label in &labels {
            *counts.entry(label).or_default() += 1;
        }
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let looks = tree.nodes.iter().zip(&labels).map(|(node, label)| {
            let next = seen.entry(label).or_default();
            let mut place = (*next, counts.get(label.as_str()).copied().unwrap_or(1));
            *next += 1;
            if let Some((_, own)) = node.stored.filter(|(_, own)| own.style_count > 0) {
                place = (own.style_index, own.style_count);
            }
            look(cx, graph, label, place)
        });
        Self(looks.collect())
    }

    pub(super) fn of(&self, node: usize) -> Option<&ShapeStyle> {
        self.0.get(node)
    }
}

/// The label that was stored, that of the definition, or one by what the node stands for.
fn label(node: &PresNode<'_>, graph: &Graph<'_>) -> String {
    let stored = node.stored.and_then(|(_, own)| own.style_label.clone());
    if let Some(label) = stored.or_else(|| node.layout.style_label.clone()) {
        return label;
    }
    let depth = graph.depth(node.point);
    let flat = node.parameter("dim") == Some("1D");
    match graph.kind(node.point) {
        PointKind::ParentTransition if flat => format!("parChTrans1D{}", depth.clamp(1, 4)),
        PointKind::ParentTransition => format!("parChTrans2D{}", depth.clamp(1, 4)),
        PointKind::SiblingTransition if flat => "sibTrans1D1".to_owned(),
        PointKind::SiblingTransition => "sibTrans2D1".to_owned(),
        PointKind::Assistant => format!("asst{}", depth.saturating_sub(1).min(4)),
        _ => format!("node{}", depth.min(4)),
    }
}

fn look(
    cx: &SlideContext<'_>,
    graph: &Graph<'_>,
    label: &str,
    (index, count): (usize, usize),
) -> ShapeStyle {
    fn find<'l, T>(list: &'l [(String, T)], label: &str) -> Option<&'l T> {
        let named = |name: &str| list.iter().find(|(known, _)| known == name);
        // A set without a label of this depth has that of the first.
        let found = named(label).or_else(|| named("node1"))?;
        Some(&found.1)
    }
    let plain = |index, color| {
        Some(StyleRef {
            index,
            color: Some(Color::scheme(color)),
        })
    };
    let mut style = find(&graph.parts.styles, label)
        .cloned()
        .unwrap_or_else(|| ShapeStyle {
            line: plain(2, SchemeColor::Light1),
            fill: plain(1, SchemeColor::Accent(1)),
            effect: None,
            font: plain(2, SchemeColor::Light1),
        });
    let Some(colors) = find(&graph.parts.colors, label) else {
        return style;
    };
    let paint = |reference: &mut Option<StyleRef>, list: &ColorList| {
        if let Some(color) = color(cx, list, index, count) {
            reference
                .get_or_insert(StyleRef {
                    index: 0,
                    color: None,
                })
                .color = Some(color);
        }
    };
    paint(&mut style.fill, &colors.fill);
    paint(&mut style.line, &colors.line);
    paint(&mut style.effect, &colors.effect);
    paint(&mut style.font, &colors.text);
    style
}

/// The colour of one of so many shapes (21.4.7.19 `ST_ClrAppMethod`).
fn color(cx: &SlideContext<'_>, list: &ColorList, index: usize, count: usize) -> Option<Color> {
    let (first, last) = (list.colors.first()?, list.colors.last()?);
    let length = list.colors.len();
    match list.method {
        ColorMethod::Repeat => list.colors.get(index % length).cloned(),
        ColorMethod::Cycle => {
            let round = (2 * length - 2).max(1);
            let at = index % round;
            list.colors.get(at.min(round - at)).cloned()
        }
        ColorMethod::Span => {
            let share = index as f64 / count.saturating_sub(1).max(1) as f64;
            if length == 1 || share <= 0.0 {
                return Some(first.clone());
            }
            // Between the colours on both sides, through hue, saturation and luminance.
            let at = share.min(1.0) * (length - 1) as f64;
            let low = at.floor();
            let from = list.colors.get(low as usize)?;
            let to = list.colors.get(low as usize + 1).unwrap_or(last);
            let share = at - low;
            let resolve = |color: &Color| cx.color(color, None);
            let (a, b) = (resolve(from), resolve(to));
            let hsl = |color: slides_scene::Rgba| {
                to_hsl([color.r, color.g, color.b].map(|part| f64::from(part) / 255.0))
            };
            let ([h0, s0, l0], [h1, s1, l1]) = (hsl(a), hsl(b));
            let turn = (h1 - h0 + 0.5).rem_euclid(1.0) - 0.5;
            let mut mixed = from.clone();
            mixed.mods.extend([
                ColorMod::HueOff(turn * share * 360.0),
                ColorMod::SatOff((s1 - s0) * share),
                ColorMod::LumOff((l1 - l0) * share),
            ]);
            Some(mixed)
        }
    }
}
