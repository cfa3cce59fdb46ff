use crate::model::{Color, EffectList, InnerShadow, OuterShadow, RectAlign, Reflection};
use crate::read::Context;
use crate::read::color::color;
use crate::read::fill::{fill_overlay, rect_align};
use crate::read::preset_shadows::preset_shadow;
use crate::xml::{Node, angle, attr, boolean, child, coordinate, elements, fraction, integer};

/// Nested containers of an effect graph that are looked into.
const MAX_CONTAINERS: usize = 8;
/// Effects of other kinds that are named.
const MAX_OTHERS: usize = 8;

/// The `a:effectLst` among the children; an empty one switches inherited effects off. An `a:effectDag` is reduced to
/// the effects in it.
pub(super) fn effects_in(cx: &Context<'_>, parent: Node<'_>) -> Option<EffectList> {
    if let Some(list) = child(parent, "effectLst") {
        return Some(effect_list(cx, elements(list)));
    }
    let graph = child(parent, "effectDag")?;
    let mut flat = Vec::new();
    flatten(graph, 0, &mut flat);
    Some(effect_list(cx, flat.into_iter()))
}

fn flatten<'a>(container: Node<'a>, depth: usize, out: &mut Vec<Node<'a>>) {
    for element in elements(container) {
        if element.tag_name().name() != "cont" {
            out.push(element);
        } else if depth < MAX_CONTAINERS {
            flatten(element, depth + 1, out);
        }
    }
}

fn effect_list<'a>(cx: &Context<'_>, effects: impl Iterator<Item = Node<'a>>) -> EffectList {
    let mut list = EffectList::default();
    for element in effects {
        let length = |name| coordinate(element, name).unwrap_or(0).max(0);
        let degrees = |name| angle(element, name).unwrap_or(0.0);
        let color = || color(element).unwrap_or(Color::rgb(0, 0, 0));
        match element.tag_name().name() {
            "outerShdw" => {
                list.outer_shadow = Some(OuterShadow {
                    blur: length("blurRad"),
                    distance: length("dist"),
                    direction: degrees("dir"),
                    sx: fraction(element, "sx").unwrap_or(1.0),
                    sy: fraction(element, "sy").unwrap_or(1.0),
                    kx: degrees("kx"),
                    ky: degrees("ky"),
                    align: rect_align(element).unwrap_or(RectAlign::Bottom),
                    rotate_with_shape: boolean(element, "rotWithShape").unwrap_or(true),
                    color: color(),
                });
            }
            "prstShdw" => {
                let (shadow, under) = preset_shadow(element);
                (list.outer_shadow, list.under_shadow) = (Some(shadow), under);
            }
            "innerShdw" => {
                list.inner_shadow = Some(InnerShadow {
                    blur: length("blurRad"),
                    distance: length("dist"),
                    direction: degrees("dir"),
                    color: color(),
                });
            }
            "glow" => list.glow = Some((length("rad"), color())),
            "softEdge" => list.soft_edge = Some(length("rad")),
            "blur" => list.blur = Some(length("rad")),
            "reflection" => {
                list.reflection = Some(Reflection {
                    blur: length("blurRad"),
                    start_alpha: fraction(element, "stA").unwrap_or(1.0),
                    start_position: fraction(element, "stPos").unwrap_or(0.0),
                    end_alpha: fraction(element, "endA").unwrap_or(0.0),
                    end_position: fraction(element, "endPos").unwrap_or(1.0),
                    distance: length("dist"),
                    direction: degrees("dir"),
                    sx: fraction(element, "sx").unwrap_or(1.0),
                    sy: fraction(element, "sy").unwrap_or(1.0),
                    align: rect_align(element).unwrap_or(RectAlign::Bottom),
                });
            }
            "fillOverlay" => list.overlay = fill_overlay(cx, element),
            // What the graph's other nodes refer to.
            "effect" => {}
            other if list.others.len() < MAX_OTHERS => list.others.push(other.to_owned()),
            _ => {}
        }
    }
    list
}

/// 3-D among the children that changes the front view: what it is, for a warning. An empty text for a plain
/// `a:sp3d`, which takes back what a theme's style gives.
pub(super) fn three_d(parent: Node<'_>) -> Option<String> {
    let camera = child(parent, "scene3d").and_then(|scene| child(scene, "camera"));
    if let Some(camera) = camera {
        let turned = child(camera, "rot").is_some_and(|rotation| {
            ["lat", "lon", "rev"]
                .iter()
                .any(|name| integer(rotation, name).unwrap_or(0) != 0)
        });
        let preset = attr(camera, "prst").unwrap_or("orthographicFront");
        if turned
            || !matches!(
                preset,
                "orthographicFront" | "perspectiveFront" | "legacyObliqueFront"
            )
        {
            return Some("rotated camera".to_owned());
        }
    }
    let solid = child(parent, "sp3d")?;
    let bevelled = child(solid, "bevelT").is_some_and(|bevel| {
        ["w", "h"]
            .iter()
            .all(|name| coordinate(bevel, name).unwrap_or(76_200) > 0)
    });
    if bevelled {
        return Some("bevel".to_owned());
    }
    let contoured = coordinate(solid, "contourW").unwrap_or(0) > 0;
    Some(if contoured { "contour" } else { "" }.to_owned())
}
