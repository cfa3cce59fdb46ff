//! Transitions and entrances (ECMA-376 part 1, 19.5).

use std::collections::HashSet;

use crate::model::{Motion, MotionKind, MotionSide, SlideMotion};
use crate::xml::{Node, attr, child, elements, is_named, unsigned};

/// Entrances of a slide that are read.
const MAX_ENTRANCES: usize = 1000;
/// No effect takes longer.
const MAX_MILLISECONDS: u32 = 10_000;

pub(crate) fn motion(root: Node<'_>) -> SlideMotion {
    SlideMotion {
        transition: child(root, "transition").and_then(transition),
        entrances: child(root, "timing").map(entrances).unwrap_or_default(),
    }
}

fn transition(node: Node<'_>) -> Option<Motion> {
    // What follows the effect is a sound or extensions.
    let effect = elements(node).find(|child| {
        let name = child.tag_name().name();
        name != "sndAc" && name != "extLst"
    })?;
    let duration = node
        .attributes()
        .find(|a| a.name() == "dur" && a.namespace().is_some())
        .and_then(|a| a.value().parse().ok());
    // As PowerPoint times them.
    let speed = match attr(node, "spd") {
        Some("slow") => 1000,
        Some("med") => 750,
        _ => 500,
    };
    // A direction is where it goes to.
    let side = match attr(effect, "dir") {
        Some(dir) if dir.starts_with('r') => MotionSide::Left,
        Some(dir) if dir.starts_with('u') => MotionSide::Bottom,
        Some(dir) if dir.starts_with('d') => MotionSide::Top,
        _ => MotionSide::Right,
    };
    let kind = match effect.tag_name().name() {
        "cut" => return None,
        "push" | "cover" => MotionKind::Move(side),
        "wipe" | "strips" => MotionKind::Wipe(side),
        "split" => MotionKind::Split {
            sideways: attr(effect, "orient") == Some("vert"),
        },
        "circle" | "wheel" | "wedge" => MotionKind::Circle,
        "diamond" | "plus" => MotionKind::Diamond,
        "zoom" | "newsflash" => MotionKind::Zoom,
        _ => MotionKind::Fade,
    };
    Some(Motion {
        kind,
        milliseconds: duration.unwrap_or(speed).min(MAX_MILLISECONDS),
    })
}

fn entrances(timing: Node<'_>) -> Vec<(u32, Motion)> {
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    let nodes = timing
        .descendants()
        .filter(|node| is_named(*node, "cTn") && attr(*node, "presetClass") == Some("entr"));
    for node in nodes {
        let target = node
            .descendants()
            .find(|inner| is_named(*inner, "spTgt"))
            .and_then(|target| unsigned(target, "spid"));
        let Some(shape) = target.filter(|shape| seen.insert(*shape)) else {
            continue;
        };
        if out.len() >= MAX_ENTRANCES {
            break;
        }
        let milliseconds = node
            .descendants()
            .filter(|inner| is_named(*inner, "cTn"))
            .filter_map(|inner| unsigned(inner, "dur"))
            .max();
        out.push((
            shape,
            Motion {
                kind: entrance_kind(
                    unsigned(node, "presetID").unwrap_or(0),
                    unsigned(node, "presetSubtype").unwrap_or(0),
                ),
                milliseconds: milliseconds.unwrap_or(500).min(MAX_MILLISECONDS),
            },
        ));
    }
    out
}

/// The presets by number, as PowerPoint writes them.
fn entrance_kind(preset: u32, subtype: u32) -> MotionKind {
    let side = match subtype {
        1 | 9 | 3 => MotionSide::Top,
        2 => MotionSide::Right,
        8 => MotionSide::Left,
        _ => MotionSide::Bottom,
    };
    match preset {
        2 | 7 => MotionKind::Move(side),
        12 | 18 | 22 => MotionKind::Wipe(side),
        16 => MotionKind::Split {
            sideways: matches!(subtype, 21 | 37),
        },
        6 | 20 | 21 => MotionKind::Circle,
        8 | 13 => MotionKind::Diamond,
        23 | 31 | 53 => MotionKind::Zoom,
        _ => MotionKind::Fade,
    }
}
