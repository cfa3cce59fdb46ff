use crate::model::{
    BlipEffect, BlipFill, BlipMode, Color, ColorMod, Fill, FillOverlay, Gradient, GradientKind,
    GradientStop, OverlayBlend, PatternFill, RectAlign, RelativeRect, Tile, TileFlip,
};
use crate::read::Context;
use crate::read::color::color;
use crate::xml::{Node, angle, attr, boolean, child, coordinate, elements, fraction};

/// Stops of one gradient that are kept; PowerPoint itself allows ten.
const MAX_STOPS: usize = 256;

/// First fill among the children.
pub(super) fn fill(cx: &Context<'_>, parent: Node<'_>) -> Option<Fill> {
    elements(parent).find_map(|node| fill_element(cx, node))
}

/// The fill that an element is, if it is one (ECMA-376 part 1, 20.1.8).
pub(super) fn fill_element(cx: &Context<'_>, node: Node<'_>) -> Option<Fill> {
    Some(match node.tag_name().name() {
        "noFill" => Fill::None,
        // A solid fill without a readable colour says nothing.
        "solidFill" => Fill::Solid(color(node)?),
        "gradFill" => Fill::Gradient(gradient(node)),
        "blipFill" => Fill::Blip(Box::new(blip_fill(cx, node))),
        "pattFill" => Fill::Pattern(PatternFill {
            preset: attr(node, "prst").unwrap_or_default().to_owned(),
            foreground: child(node, "fgClr").and_then(color),
            background: child(node, "bgClr").and_then(color),
        }),
        "grpFill" => Fill::Group,
        _ => return None,
    })
}

fn gradient(node: Node<'_>) -> Gradient {
    let mut stops: Vec<GradientStop> = child(node, "gsLst")
        .into_iter()
        .flat_map(elements)
        .filter_map(|stop| {
            let position = fraction(stop, "pos").unwrap_or(0.0).clamp(0.0, 1.0);
            Some(GradientStop {
                position,
                color: color(stop)?,
            })
        })
        .take(MAX_STOPS)
        .collect();
    stops.sort_by(|a, b| a.position.total_cmp(&b.position));
    let mut kind = GradientKind::Linear {
        angle: 0.0,
        scaled: false,
    };
    for element in elements(node) {
        match element.tag_name().name() {
            "lin" => {
                kind = GradientKind::Linear {
                    angle: angle(element, "ang").unwrap_or(0.0),
                    scaled: boolean(element, "scaled").unwrap_or(false),
                };
            }
            "path" => {
                let focus =
                    child(element, "fillToRect").map_or_else(RelativeRect::default, relative_rect);
                kind = match attr(element, "path") {
                    Some("circle") => GradientKind::Circle(focus),
                    Some("shape") => GradientKind::Shape(focus),
                    _ => GradientKind::Rect(focus),
                };
            }
            _ => {}
        }
    }
    Gradient {
        stops,
        kind,
        rotate_with_shape: boolean(node, "rotWithShape").unwrap_or(true),
        flip: flip(node),
        tile_rect: child(node, "tileRect").map_or_else(RelativeRect::default, relative_rect),
    }
}

/// `a:srcRect`, `a:fillRect`, `a:fillToRect`, `a:tileRect`.
fn relative_rect(node: Node<'_>) -> RelativeRect {
    let side = |name| fraction(node, name).unwrap_or(0.0);
    RelativeRect {
        left: side("l"),
        top: side("t"),
        right: side("r"),
        bottom: side("b"),
    }
}

fn flip(node: Node<'_>) -> TileFlip {
    match attr(node, "flip") {
        Some("x") => TileFlip::X,
        Some("y") => TileFlip::Y,
        Some("xy") => TileFlip::Xy,
        _ => TileFlip::None,
    }
}

/// `@algn` of tiles, shadows and reflections.
pub(super) fn rect_align(node: Node<'_>) -> Option<RectAlign> {
    Some(match attr(node, "algn")? {
        "tl" => RectAlign::TopLeft,
        "t" => RectAlign::Top,
        "tr" => RectAlign::TopRight,
        "l" => RectAlign::Left,
        "ctr" => RectAlign::Center,
        "r" => RectAlign::Right,
        "bl" => RectAlign::BottomLeft,
        "b" => RectAlign::Bottom,
        "br" => RectAlign::BottomRight,
        _ => return None,
    })
}

/// `a:blipFill`, `p:blipFill`.
pub(super) fn blip_fill(cx: &Context<'_>, node: Node<'_>) -> BlipFill {
    let mut fill = BlipFill {
        picture: None,
        svg: None,
        effects: Vec::new(),
        crop: RelativeRect::default(),
        mode: BlipMode::Stretch(RelativeRect::default()),
        rotate_with_shape: boolean(node, "rotWithShape").unwrap_or(true),
    };
    for element in elements(node) {
        match element.tag_name().name() {
            "blip" => blip(cx, element, &mut fill),
            "srcRect" => fill.crop = relative_rect(element),
            "stretch" => {
                let rect =
                    child(element, "fillRect").map_or_else(RelativeRect::default, relative_rect);
                fill.mode = BlipMode::Stretch(rect);
            }
            "tile" => {
                fill.mode = BlipMode::Tile(Tile {
                    tx: coordinate(element, "tx").unwrap_or(0),
                    ty: coordinate(element, "ty").unwrap_or(0),
                    sx: fraction(element, "sx").unwrap_or(1.0),
                    sy: fraction(element, "sy").unwrap_or(1.0),
                    flip: flip(element),
                    align: rect_align(element).unwrap_or_default(),
                });
            }
            _ => {}
        }
    }
    fill
}

fn blip(cx: &Context<'_>, node: Node<'_>, fill: &mut BlipFill) {
    fill.picture = cx.picture(node, "embed");
    if fill.picture.is_none() && crate::xml::rel_attr(node, "link").is_some() {
        cx.warn(
            "picture",
            "a linked picture lies outside the package: it is left out",
        );
    }
    for element in elements(node) {
        if element.tag_name().name() == "extLst" {
            fill.svg = elements(element)
                .flat_map(elements)
                .find(|node| node.tag_name().name() == "svgBlip")
                .and_then(|node| cx.picture(node, "embed"));
        } else {
            fill.effects.extend(blip_effect(cx, element));
        }
    }
}

/// A child of `a:blip`; none where a colour that it needs cannot be read.
fn blip_effect(cx: &Context<'_>, element: Node<'_>) -> Option<BlipEffect> {
    let share = |name, default| fraction(element, name).unwrap_or(default);
    let degrees = |name| angle(element, name).unwrap_or(0.0);
    let inner = |name: &str| -> Option<Color> { child(element, name).and_then(color) };
    Some(match element.tag_name().name() {
        "grayscl" => BlipEffect::Grayscale,
        "biLevel" => BlipEffect::BiLevel(share("thresh", 0.5)),
        "duotone" => {
            let mut colors = elements(element).filter_map(super::color::color_element);
            BlipEffect::Duotone(colors.next()?, colors.next()?)
        }
        "lum" => BlipEffect::Luminance(share("bright", 0.0), share("contrast", 0.0)),
        "clrChange" => {
            let mut to = inner("clrTo")?;
            if boolean(element, "useA") == Some(false) {
                to.mods.push(ColorMod::Alpha(1.0));
            }
            BlipEffect::ColorChange(inner("clrFrom")?, to)
        }
        "clrRepl" => BlipEffect::ColorReplace(color(element)?),
        "hsl" => BlipEffect::Hsl(degrees("hue"), share("sat", 0.0), share("lum", 0.0)),
        "tint" => BlipEffect::Tint(degrees("hue"), share("amt", 0.0)),
        "alphaModFix" => BlipEffect::AlphaModulate(share("amt", 1.0)),
        "alphaMod" => alpha_source(element).map_or_else(
            || BlipEffect::Other("alphaMod".to_owned()),
            BlipEffect::AlphaOf,
        ),
        "alphaBiLevel" => BlipEffect::AlphaBiLevel(share("thresh", 0.5)),
        "alphaCeiling" => BlipEffect::AlphaCeiling,
        "alphaFloor" => BlipEffect::AlphaFloor,
        "alphaInv" => BlipEffect::AlphaInverse,
        "alphaRepl" => BlipEffect::AlphaReplace(share("a", 1.0)),
        "fillOverlay" => BlipEffect::Overlay(fill_overlay(cx, element)?),
        "blur" => BlipEffect::Blur(
            coordinate(element, "rad").unwrap_or(0).max(0),
            boolean(element, "grow").unwrap_or(true),
        ),
        other => BlipEffect::Other(other.to_owned()),
    })
}

/// The colour that an `a:alphaMod` multiplies with, where its container holds one plain fill and nothing else.
fn alpha_source(node: Node<'_>) -> Option<Color> {
    let mut effects = elements(child(node, "cont")?);
    let (only, None) = (effects.next()?, effects.next()) else {
        return None;
    };
    color(child(only, "solidFill")?)
}

/// `a:fillOverlay`.
pub(super) fn fill_overlay(cx: &Context<'_>, node: Node<'_>) -> Option<FillOverlay> {
    Some(FillOverlay {
        fill: Box::new(fill(cx, node)?),
        blend: match attr(node, "blend") {
            Some("mult") => OverlayBlend::Multiply,
            Some("screen") => OverlayBlend::Screen,
            Some("darken") => OverlayBlend::Darken,
            Some("lighten") => OverlayBlend::Lighten,
            _ => OverlayBlend::Over,
        },
    })
}
