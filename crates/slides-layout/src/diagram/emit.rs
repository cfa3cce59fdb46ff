//! Placed nodes as the shapes that a stored drawing would hold.

use kurbo::{Point, Rect};
use slides_ooxml::model::{
    AdjustValue, CustomGeometry, Geometry, GuidePath, LayoutShape, Line, LineEnd, LineEndKind,
    LineEndSize, NonVisual, PathCommand, PathFill, Shape, ShapeKind, ShapeProperties, Transform,
};

use super::connect::{self, Drawn};
use super::plan::Plan;
use super::style::Styles;

/// EMU in a millimetre.
const EMU: f64 = 36_000.0;

fn emu(millimetres: f64) -> i64 {
    if millimetres.is_finite() {
        (millimetres.clamp(-1e6, 1e6) * EMU).round() as i64
    } else {
        0
    }
}

fn transform(rect: Rect) -> Transform {
    Transform {
        x: emu(rect.x0),
        y: emu(rect.y0),
        width: emu(rect.width().max(0.0)),
        height: emu(rect.height().max(0.0)),
        ..Transform::default()
    }
}

/// All shapes, those in front last.
pub(super) fn shapes(plan: &Plan<'_, '_>, styles: &Styles) -> Vec<Shape> {
    let mut drawn: Vec<(f64, Shape)> = Vec::new();
    for node in 0..plan.tree.nodes.len() {
        let offset = plan
            .tree
            .nodes
            .get(node)
            .and_then(|node| node.shape)
            .map_or(0, |shape| shape.z_offset);
        // A shape moved by so many places comes to stand behind (or before) the last of them.
        let order = node as f64 + f64::from(offset) + 0.5 * f64::from(offset.signum());
        if let Some(shape) = shape(plan, styles, node) {
            drawn.push((order, shape));
        }
    }
    drawn.sort_by(|a, b| a.0.total_cmp(&b.0));
    drawn.into_iter().map(|(_, shape)| shape).collect()
}

fn shape(plan: &Plan<'_, '_>, styles: &Styles, node: usize) -> Option<Shape> {
    let own = plan.tree.nodes.get(node)?;
    let stored = own
        .stored
        .and_then(|(index, stored)| Some((plan.graph.parts.points.get(index)?, stored)));
    let by_hand = stored.map(|(point, _)| &point.properties);
    let shown = own
        .shape
        .filter(|shape| !shape.hidden && !shape.kind.is_empty());
    let text = plan.texts.body(&plan.values, node);
    if shown.is_none() && text.is_none() {
        return None;
    }
    let mut properties = by_hand.cloned().unwrap_or_default();
    properties.transform = None;
    // What was set by hand on a node goes for the shape that shows it first.
    let shown_point = own
        .shows
        .first()
        .and_then(|point| plan.graph.parts.points.get(*point));
    if let Some(point) = shown_point {
        let set = &point.properties;
        properties.fill = properties.fill.or_else(|| set.fill.clone());
        properties.line = properties.line.or_else(|| set.line.clone());
        properties.effects = properties.effects.or_else(|| set.effects.clone());
        properties.geometry = properties.geometry.or_else(|| set.geometry.clone());
    }
    let mut style = styles.of(node).cloned();
    let rect = if own.is_connector() {
        connector(plan, node, shown?, &mut properties)?
    } else {
        let mut rect = plan.absolute(node);
        let mut turn = own.shape.map_or(0.0, |shape| shape.rotation);
        let sideways = lies_on_side(turn);
        turn += plan.turns.get(node).copied().unwrap_or(0.0);
        let mut flip = (false, false);
        if let Some((_, stored)) = stored {
            turn += stored.rotation;
            flip = stored.flip;
            let size = rect.size();
            rect = rect
                + kurbo::Vec2::new(
                    stored.offset.0.clamp(-100.0, 100.0) * size.width,
                    stored.offset.1.clamp(-100.0, 100.0) * size.height,
                );
        }
        let upright = rect;
        if sideways {
            rect = Rect::from_center_size(rect.center(), (rect.height(), rect.width()));
        }
        properties.transform = Some(Transform {
            rotation: turn.rem_euclid(360.0),
            flip_h: flip.0,
            flip_v: flip.1,
            ..transform(rect)
        });
        if let Some(shape) = shown {
            if properties.geometry.is_none() {
                properties.geometry = geometry_of(shape, plan.slants.get(node).copied().flatten());
            }
            if text.is_some() {
                text_box(plan, node, &mut properties, (rect, upright), turn);
            }
        } else {
            // Letters alone: the look of the label is that of a shape that is not there.
            properties.geometry = Some(preset("rect"));
            properties.fill = Some(slides_ooxml::model::Fill::None);
            properties.line = Some(Line {
                fill: Some(slides_ooxml::model::Fill::None),
                ..Line::default()
            });
            if let Some(style) = &mut style {
                style.effect = None;
            }
        }
        rect
    };
    if rect.width() <= 0.0 && rect.height() <= 0.0 {
        return None;
    }
    Some(Shape {
        nv: NonVisual {
            name: own.layout.name.clone(),
            ..NonVisual::default()
        },
        kind: ShapeKind::Shape {
            properties,
            style,
            text,
            is_text_box: false,
        },
    })
}

/// Where the text of a turned shape stands upright.
fn text_box(
    plan: &Plan<'_, '_>,
    node: usize,
    properties: &mut ShapeProperties,
    (rect, upright): (Rect, Rect),
    turn: f64,
) {
    let turn = turn.rem_euclid(360.0);
    if turn == 0.0 || plan.parameter(node, "autoTxRot") == Some("none") {
        return;
    }
    let room = properties
        .geometry
        .as_ref()
        .and_then(|geometry| crate::geometry::outline(geometry, rect.width(), rect.height()))
        .map_or(rect.size().to_rect(), |outline| outline.text_rect);
    let center = room.center() - rect.size().to_rect().center();
    let turned = kurbo::Affine::rotate(turn.to_radians()) * center.to_point();
    let center = upright.center() + turned.to_vec2();
    let quarter = (45.0..135.0).contains(&turn.rem_euclid(180.0));
    let size = if quarter {
        (room.height(), room.width())
    } else {
        (room.width(), room.height())
    };
    properties.text_transform = Some(Transform {
        rotation: -turn,
        ..transform(Rect::from_center_size(center, size))
    });
}

/// Whether a shape turned by so many degrees is as wide as it was high.
pub(super) fn lies_on_side(turn: f64) -> bool {
    (turn.rem_euclid(180.0) - 90.0).abs() < 1.0
}

fn preset(name: &str) -> Geometry {
    Geometry::Preset {
        name: name.to_owned(),
        adjust: Vec::new(),
    }
}

/// The preset of a layout node's shape with its adjust values.
pub(super) fn geometry_of(shape: &LayoutShape, slant: Option<f64>) -> Option<Geometry> {
    let name = match shape.kind.as_str() {
        "" => return None,
        "conn" => "rightArrow",
        kind => kind,
    };
    // Adjust values count in shares of 100000, but for those that are angles.
    let angles = matches!(
        name,
        "arc" | "blockArc" | "chord" | "pie" | "circularArrow" | "leftCircularArrow"
    );
    let Some(definition) = crate::geometry::definition(name) else {
        return Some(preset(name));
    };
    let adjusted = |index: u32, value: f64| {
        let slot = usize::try_from(index).ok()?.checked_sub(1)?;
        let known = definition.adjust.get(slot)?;
        let default = known
            .formula
            .strip_prefix("val ")
            .and_then(|value| value.parse::<f64>().ok());
        let by_angle =
            angles && default.is_some_and(|value| value.abs() > 100_000.0 || value == 0.0);
        let value = value * if by_angle { 60_000.0 } else { 100_000.0 };
        Some(AdjustValue {
            name: known.name.clone(),
            formula: format!("val {}", value.round() as i64),
        })
    };
    let mut adjust: Vec<_> = shape
        .adjust
        .iter()
        .filter_map(|(index, value)| adjusted(*index, *value))
        .collect();
    if let Some(slant) = slant.filter(|_| adjust.is_empty() && name == "trapezoid") {
        adjust.extend(adjusted(1, slant));
    }
    Some(Geometry::Preset {
        name: name.to_owned(),
        adjust,
    })
}

/// Fills in a connector's place and outline.
fn connector(
    plan: &Plan<'_, '_>,
    node: usize,
    shape: &LayoutShape,
    properties: &mut ShapeProperties,
) -> Option<Rect> {
    let heads = (
        plan.parameter(node, "begSty") == Some("arr"),
        plan.parameter(node, "endSty") != Some("noArr"),
    );
    match connect::drawn(plan, node)? {
        Drawn::Block(rect, turn) => {
            properties.transform = Some(Transform {
                rotation: turn.rem_euclid(360.0),
                ..transform(rect)
            });
            if properties.geometry.is_none() {
                properties.geometry = if shape.kind == "conn" {
                    Some(block_arrow(shape, heads))
                } else {
                    geometry_of(shape, None)
                };
            }
            Some(rect)
        }
        Drawn::Line(points) => Some(line(properties, &points, heads, |points| {
            points
                .iter()
                .skip(1)
                .map(|p| PathCommand::LineTo(p.0.clone(), p.1.clone()))
                .collect()
        })),
        Drawn::Bow(points) => Some(line(properties, &points, heads, |points| {
            let mut flat = points
                .iter()
                .skip(1)
                .flat_map(|p| [p.0.clone(), p.1.clone()]);
            let next =
                [flat.next(), flat.next(), flat.next(), flat.next()].map(Option::unwrap_or_default);
            vec![PathCommand::QuadTo(next)]
        })),
    }
}

fn block_arrow(shape: &LayoutShape, heads: (bool, bool)) -> Geometry {
    let name = match heads {
        (true, true) => "leftRightArrow",
        (true, false) => "leftArrow",
        _ => "rightArrow",
    };
    // PowerPoint's arrows between nodes have a head half as long as they are high, and a shaft of three fifths.
    let adjust = [("adj1", 60_000), ("adj2", 50_000)].map(|(name, value)| AdjustValue {
        name: name.to_owned(),
        formula: format!("val {value}"),
    });
    let own = LayoutShape {
        kind: name.to_owned(),
        ..shape.clone()
    };
    match geometry_of(&own, None) {
        Some(Geometry::Preset { adjust, .. }) if !adjust.is_empty() => Geometry::Preset {
            name: name.to_owned(),
            adjust,
        },
        _ => Geometry::Preset {
            name: name.to_owned(),
            adjust: adjust.to_vec(),
        },
    }
}

fn line(
    properties: &mut ShapeProperties,
    points: &[Point],
    heads: (bool, bool),
    commands: impl FnOnce(&[(String, String)]) -> Vec<PathCommand>,
) -> Rect {
    let mut bounds: Option<Rect> = None;
    for point in points {
        let spot = Rect::from_points(*point, *point);
        bounds = Some(bounds.map_or(spot, |all| all.union(spot)));
    }
    let bounds = bounds.unwrap_or_default();
    let texts: Vec<_> = points
        .iter()
        .map(|point| {
            let at = *point - bounds.origin();
            (emu(at.x).to_string(), emu(at.y).to_string())
        })
        .collect();
    let mut all = Vec::new();
    if let Some((x, y)) = texts.first() {
        all.push(PathCommand::MoveTo(x.clone(), y.clone()));
    }
    all.extend(commands(&texts));
    properties.transform = Some(transform(bounds));
    properties.geometry = Some(Geometry::Custom(Box::new(CustomGeometry {
        paths: vec![GuidePath {
            width: None,
            height: None,
            fill: PathFill::None,
            stroke: true,
            commands: all,
        }],
        ..CustomGeometry::default()
    })));
    let end = |has: bool| {
        has.then_some(LineEnd {
            kind: LineEndKind::Arrow,
            width: LineEndSize::Medium,
            length: LineEndSize::Medium,
        })
    };
    let line = properties.line.get_or_insert_default();
    line.head = line.head.take().or_else(|| end(heads.0));
    line.tail = line.tail.take().or_else(|| end(heads.1));
    bounds
}
