//! What a diagram's drawing is made from: its points, the quick style and the colours (ECMA-376 part 1, 21.4.3 to 21.4.5).

use std::collections::HashMap;

use crate::model::{
    ColorList, ColorMethod, DiagramConnection, DiagramPoint, DiagramPresentation, LabelColors,
    PointKind, ShapeStyle,
};
use crate::read::Context;
use crate::read::color::color_element;
use crate::read::diagram_layout::variables;
use crate::read::shape::{shape_properties, style_in};
use crate::read::text::text_body;
use crate::xml::{Node, angle, attr, boolean, child, elements, fraction, is_named, unsigned};

/// Points that are kept, presentation points included; twenty shapes a node are many.
const MAX_POINTS: usize = 10_000;
/// Labels of a quick style or a set of colours: there are some fifty.
const MAX_LABELS: usize = 500;
/// Colours of one list.
const MAX_COLORS: usize = 100;

/// Points and the connections between them.
pub(super) fn points(
    cx: &Context<'_>,
    root: Node<'_>,
) -> (Vec<DiagramPoint>, Vec<DiagramConnection>) {
    let listed = || {
        child(root, "ptLst")
            .into_iter()
            .flat_map(elements)
            .filter(|node| is_named(*node, "pt") && attr(*node, "modelId").is_some())
            .take(MAX_POINTS)
    };
    let index: HashMap<&str, usize> = listed()
        .enumerate()
        .filter_map(|(index, node)| Some((attr(node, "modelId")?, index)))
        .collect();
    let points = listed().map(|node| point(cx, node, &index)).collect();
    let at = |node, name| attr(node, name).and_then(|id| index.get(id)).copied();
    let connections = child(root, "cxnLst")
        .into_iter()
        .flat_map(elements)
        .take(4 * MAX_POINTS)
        .filter_map(|node| {
            Some(DiagramConnection {
                parent_of: matches!(attr(node, "type"), None | Some("parOf")),
                from: at(node, "srcId")?,
                to: at(node, "destId")?,
                order: unsigned(node, "srcOrd").unwrap_or(0),
                parent_transition: at(node, "parTransId"),
                sibling_transition: at(node, "sibTransId"),
            })
        })
        .collect();
    (points, connections)
}

fn point(cx: &Context<'_>, node: Node<'_>, index: &HashMap<&str, usize>) -> DiagramPoint {
    let kind = match attr(node, "type") {
        Some("asst") => PointKind::Assistant,
        Some("doc") => PointKind::Document,
        Some("parTrans") => PointKind::ParentTransition,
        Some("sibTrans") => PointKind::SiblingTransition,
        Some("pres") => PointKind::Presentation,
        _ => PointKind::Node,
    };
    let set = child(node, "prSet");
    DiagramPoint {
        kind,
        text: child(node, "t")
            .map(|body| text_body(cx, body))
            .unwrap_or_default(),
        properties: child(node, "spPr")
            .map(|node| shape_properties(cx, node))
            .unwrap_or_default(),
        presentation: set
            .filter(|_| kind == PointKind::Presentation)
            .map(|set| Box::new(presentation(set, index))),
        variables: set
            .and_then(|set| child(set, "presLayoutVars"))
            .map(variables)
            .unwrap_or_default(),
    }
}

fn presentation(set: Node<'_>, index: &HashMap<&str, usize>) -> DiagramPresentation {
    let part = |name| fraction(set, name).filter(|value| value.is_finite());
    let sum = |one, other| part(one).unwrap_or(0.0) + part(other).unwrap_or(0.0);
    let count = |name| unsigned(set, name).unwrap_or(0) as usize;
    DiagramPresentation {
        point: attr(set, "presAssocID")
            .and_then(|id| index.get(id))
            .copied(),
        name: attr(set, "presName").unwrap_or_default().to_owned(),
        style_label: attr(set, "presStyleLbl")
            .filter(|label| !label.is_empty())
            .map(str::to_owned),
        style_index: count("presStyleIdx"),
        style_count: count("presStyleCnt"),
        scale: (
            part("custScaleX").unwrap_or(1.0),
            part("custScaleY").unwrap_or(1.0),
        ),
        offset: (
            sum("custLinFactX", "custLinFactNeighborX"),
            sum("custLinFactY", "custLinFactNeighborY"),
        ),
        rotation: angle(set, "custAng").unwrap_or(0.0),
        custom_text: boolean(set, "custT").unwrap_or(false),
        flip: (
            boolean(set, "custFlipHor").unwrap_or(false),
            boolean(set, "custFlipVert").unwrap_or(false),
        ),
    }
}

fn labels(root: Node<'_>) -> impl Iterator<Item = (String, Node<'_>)> {
    elements(root)
        .filter(|node| is_named(*node, "styleLbl"))
        .take(MAX_LABELS)
        .filter_map(|node| Some((attr(node, "name")?.to_owned(), node)))
}

/// `dgm:styleDef` (21.4.5).
pub(super) fn styles(root: Node<'_>) -> Vec<(String, ShapeStyle)> {
    labels(root)
        .filter_map(|(name, node)| Some((name, style_in(node)?)))
        .collect()
}

/// `dgm:colorsDef` (21.4.4).
pub(super) fn colors(root: Node<'_>) -> Vec<(String, LabelColors)> {
    let list = |label, name| {
        child(label, name)
            .map(|node| ColorList {
                method: match attr(node, "meth") {
                    Some("cycle") => ColorMethod::Cycle,
                    Some("repeat") => ColorMethod::Repeat,
                    _ => ColorMethod::Span,
                },
                colors: elements(node)
                    .filter_map(color_element)
                    .take(MAX_COLORS)
                    .collect(),
            })
            .unwrap_or_default()
    };
    labels(root)
        .map(|(name, node)| {
            let colors = LabelColors {
                fill: list(node, "fillClrLst"),
                line: list(node, "linClrLst"),
                effect: list(node, "effectClrLst"),
                text: list(node, "txFillClrLst"),
            };
            (name, colors)
        })
        .collect()
}
