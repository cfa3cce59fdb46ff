//! Changes of a picture's colours and opacity (children of `a:blip`; ECMA-376 part 1, 20.1.8).

use slides_ooxml::model::{BlipEffect, Fill, FillOverlay, OverlayBlend};
use slides_scene::{BlendMode, PixelEffect, Rgba};

use crate::context::SlideContext;
use crate::points;

/// Changes of one picture that are kept.
const MAX_EFFECTS: usize = 16;

/// What the children of a blip ask for.
pub(crate) struct PixelChanges {
    /// Changes of pixels, in order.
    pub effects: Vec<PixelEffect>,
    /// Opacity of the whole, after them.
    pub alpha: f32,
    /// Radius in points of a blur after them, and whether the picture grows by it.
    pub blur: Option<(f64, bool)>,
}

/// The changes of a blip with their colours resolved.
pub(crate) fn pixel_changes(
    cx: &SlideContext<'_>,
    effects: &[BlipEffect],
    placeholder: Option<Rgba>,
) -> PixelChanges {
    let mut out = PixelChanges {
        effects: Vec::new(),
        alpha: 1.0,
        blur: None,
    };
    let color = |color| cx.color(color, placeholder);
    let leave_out = |name: &str| {
        cx.warn(
            "picture effect",
            format!("picture effect `{name}` is left out"),
        );
    };
    for effect in effects.iter().take(MAX_EFFECTS) {
        let pixel = match effect {
            BlipEffect::AlphaModulate(amount) => {
                out.alpha *= (*amount as f32).clamp(0.0, 1.0);
                continue;
            }
            BlipEffect::AlphaOf(source) => {
                out.alpha *= f32::from(color(source).a) / 255.0;
                continue;
            }
            BlipEffect::Blur(radius, grow) => {
                let radius = points(*radius);
                if radius > 0.0 {
                    out.blur = Some((radius, *grow));
                }
                continue;
            }
            BlipEffect::Other(name) => {
                leave_out(name);
                continue;
            }
            BlipEffect::Overlay(FillOverlay { fill, blend }) => {
                let Some(over) = overlay_color(cx, fill, placeholder) else {
                    continue;
                };
                PixelEffect::Overlay(over, blend_mode(*blend))
            }
            BlipEffect::Grayscale => PixelEffect::Grayscale,
            BlipEffect::BiLevel(threshold) => PixelEffect::BiLevel(*threshold as f32),
            BlipEffect::Duotone(dark, light) => PixelEffect::Duotone(color(dark), color(light)),
            BlipEffect::Luminance(bright, contrast) => PixelEffect::Luminance {
                bright: *bright as f32,
                contrast: *contrast as f32,
            },
            BlipEffect::ColorChange(from, to) => PixelEffect::ColorChange {
                from: color(from),
                to: color(to),
            },
            BlipEffect::ColorReplace(with) => PixelEffect::ColorReplace(color(with)),
            BlipEffect::Hsl(hue, saturation, luminance) => PixelEffect::Hsl {
                hue: *hue as f32,
                saturation: *saturation as f32,
                luminance: *luminance as f32,
            },
            BlipEffect::Tint(hue, amount) => PixelEffect::Tint {
                hue: *hue as f32,
                amount: *amount as f32,
            },
            BlipEffect::AlphaBiLevel(threshold) => PixelEffect::AlphaBiLevel(*threshold as f32),
            BlipEffect::AlphaCeiling => PixelEffect::AlphaCeiling,
            BlipEffect::AlphaFloor => PixelEffect::AlphaFloor,
            BlipEffect::AlphaInverse => PixelEffect::AlphaInverse,
            BlipEffect::AlphaReplace(alpha) => PixelEffect::AlphaReplace(*alpha as f32),
        };
        // These see the opacity so far; for the others the order makes no difference.
        let sees_alpha = matches!(
            pixel,
            PixelEffect::AlphaBiLevel(_)
                | PixelEffect::AlphaCeiling
                | PixelEffect::AlphaFloor
                | PixelEffect::AlphaInverse
                | PixelEffect::AlphaReplace(_)
        );
        if sees_alpha && out.alpha < 1.0 {
            out.effects.push(PixelEffect::AlphaModulate(out.alpha));
            out.alpha = 1.0;
        }
        out.effects.push(pixel);
    }
    out
}

/// The one colour that stands for a fill laid over a picture's pixels.
fn overlay_color(cx: &SlideContext<'_>, fill: &Fill, placeholder: Option<Rgba>) -> Option<Rgba> {
    let (color, what) = match fill {
        Fill::Solid(color) => return Some(cx.color(color, placeholder)),
        Fill::Gradient(gradient) => {
            let middle = gradient.stops.get(gradient.stops.len() / 2)?;
            (&middle.color, "gradient")
        }
        Fill::Pattern(pattern) => (pattern.foreground.as_ref()?, "pattern"),
        Fill::Blip(_) => {
            cx.warn(
                "picture effect",
                "a picture laid over a picture is left out",
            );
            return None;
        }
        Fill::None | Fill::Group => return None,
    };
    cx.warn(
        "picture effect",
        format!("a {what} laid over a picture is drawn as one of its colours"),
    );
    Some(cx.color(color, placeholder))
}

/// How a fill that is laid over mixes.
pub(crate) fn blend_mode(blend: OverlayBlend) -> BlendMode {
    match blend {
        OverlayBlend::Over => BlendMode::Normal,
        OverlayBlend::Multiply => BlendMode::Multiply,
        OverlayBlend::Screen => BlendMode::Screen,
        OverlayBlend::Darken => BlendMode::Darken,
        OverlayBlend::Lighten => BlendMode::Lighten,
    }
}

#[cfg(test)]
mod tests {
    use slides_ooxml::model::{Color, ColorMod};

    use super::*;
    use crate::testing::with_context;

    #[test]
    fn opacity_goes_before_what_sees_it_and_else_to_the_end() {
        let (floor, plain) = with_context(|cx| {
            let half = BlipEffect::AlphaModulate(0.5);
            (
                pixel_changes(cx, &[half.clone(), BlipEffect::AlphaFloor], None),
                pixel_changes(cx, &[half, BlipEffect::Grayscale], None),
            )
        });
        assert_eq!(
            floor.effects,
            [PixelEffect::AlphaModulate(0.5), PixelEffect::AlphaFloor]
        );
        assert_eq!(floor.alpha, 1.0);
        assert_eq!(plain.effects, [PixelEffect::Grayscale]);
        assert_eq!(plain.alpha, 0.5);
    }

    #[test]
    fn overlays_and_containers_take_their_colours() {
        let mut half = Color::rgb(1, 2, 3);
        half.mods.push(ColorMod::Alpha(0.2));
        let changes = with_context(|cx| {
            let overlay = FillOverlay {
                fill: Box::new(Fill::Solid(half.clone())),
                blend: OverlayBlend::Screen,
            };
            let effects = [
                BlipEffect::Overlay(overlay),
                BlipEffect::AlphaOf(half),
                BlipEffect::Blur(25_400, true),
            ];
            pixel_changes(cx, &effects, None)
        });
        let color = Rgba::rgb(1, 2, 3).with_alpha(51);
        assert_eq!(
            changes.effects,
            [PixelEffect::Overlay(color, BlendMode::Screen)]
        );
        assert_eq!((changes.alpha, changes.blur), (0.2, Some((2.0, true))));
    }
}
