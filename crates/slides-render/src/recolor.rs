//! Changes of a picture's pixels: colour and opacity (ECMA-376 part 1, 20.1.8).
use slides_scene::{BlendMode, PixelEffect, Rgba, from_hsl, to_hsl};

use crate::picture::Pixels;

/// Colours this near to the one of a colour change are changed too: lossy pictures never hit it exactly.
const COLOR_TOLERANCE: u8 = 8;

/// Whether a change has to see the picture's own pixels rather than averaged ones.
pub(crate) fn needs_own_pixels(effects: &[PixelEffect]) -> bool {
    effects.iter().any(|effect| {
        matches!(
            effect,
            PixelEffect::ColorChange { .. }
                | PixelEffect::BiLevel(_)
                | PixelEffect::AlphaBiLevel(_)
                | PixelEffect::AlphaCeiling
                | PixelEffect::AlphaFloor
        )
    })
}

/// Applies pixel changes in order.
pub(crate) fn apply(pixels: &mut Pixels, effects: &[PixelEffect]) {
    for effect in effects {
        match *effect {
            PixelEffect::Luminance { bright, contrast } => {
                let table = luminance_table(clean(bright), clean(contrast));
                let look = |value: u8| table.get(usize::from(value)).copied().unwrap_or(value);
                each(pixels, |p| [look(p[0]), look(p[1]), look(p[2]), p[3]]);
            }
            PixelEffect::Grayscale => each(pixels, |p| {
                let y = to_byte(luminance(p));
                [y, y, y, p[3]]
            }),
            PixelEffect::BiLevel(threshold) => each(pixels, |p| {
                let value = full(luminance(p) >= threshold);
                [value, value, value, p[3]]
            }),
            PixelEffect::Duotone(dark, light) => duotone(pixels, dark, light),
            PixelEffect::ColorChange { from, to } => change_color(pixels, from, to),
            PixelEffect::ColorReplace(color) => {
                each(pixels, |p| [color.r, color.g, color.b, p[3]]);
            }
            PixelEffect::Hsl {
                hue,
                saturation,
                luminance,
            } => shift(pixels, hue, saturation, luminance),
            PixelEffect::Tint { hue, amount } => tint(pixels, hue, amount),
            PixelEffect::Overlay(color, blend) => overlay(pixels, color, blend),
            PixelEffect::AlphaModulate(factor) => {
                let factor = to_byte(if factor.is_nan() { 1.0 } else { factor });
                alpha(pixels, |a| multiply(a, factor));
            }
            PixelEffect::AlphaReplace(value) => {
                let value = to_byte(if value.is_nan() { 1.0 } else { value });
                alpha(pixels, |_| value);
            }
            PixelEffect::AlphaBiLevel(threshold) => {
                let threshold = clean(threshold) * 255.0;
                alpha(pixels, |a| full(f32::from(a) >= threshold));
            }
            PixelEffect::AlphaCeiling => alpha(pixels, |a| full(a > 0)),
            PixelEffect::AlphaFloor => alpha(pixels, |a| full(a == 255)),
            PixelEffect::AlphaInverse => alpha(pixels, |a| 255 - a),
        }
    }
}

fn each(pixels: &mut Pixels, change: impl Fn([u8; 4]) -> [u8; 4]) {
    for pixel in pixels.rgba.as_chunks_mut::<4>().0 {
        *pixel = change(*pixel);
    }
}

/// The same for a change that costs much: runs of equal pixels are worked out once.
fn each_color(pixels: &mut Pixels, change: impl Fn([f64; 3]) -> [f64; 3]) {
    let mut last = ([0u8; 3], None);
    for pixel in pixels.rgba.as_chunks_mut::<4>().0 {
        let [r, g, b, a] = *pixel;
        let [r, g, b] = match last {
            (color, Some(changed)) if color == [r, g, b] => changed,
            _ => {
                let changed = change([r, g, b].map(|value| f64::from(value) / 255.0))
                    .map(|value| to_byte(value as f32));
                last = ([r, g, b], Some(changed));
                changed
            }
        };
        *pixel = [r, g, b, a];
    }
}

fn alpha(pixels: &mut Pixels, change: impl Fn(u8) -> u8) {
    let mut opaque = true;
    for pixel in pixels.rgba.as_chunks_mut::<4>().0 {
        pixel[3] = change(pixel[3]);
        opaque &= pixel[3] == 255;
    }
    pixels.opaque = opaque;
}

fn full(yes: bool) -> u8 {
    if yes { 255 } else { 0 }
}

fn clean(value: f32) -> f32 {
    if value.is_nan() {
        0.0
    } else {
        value.clamp(-1.0, 1.0)
    }
}

fn luminance_table(bright: f32, contrast: f32) -> Vec<u8> {
    let slope = if contrast > 0.0 {
        1.0 / (1.0 - contrast).max(1e-3)
    } else {
        1.0 + contrast
    };
    (0..=255u8)
        .map(|value| to_byte((f32::from(value) / 255.0 - 0.5) * slope + 0.5 + bright))
        .collect()
}

fn duotone(pixels: &mut Pixels, dark: Rgba, light: Rgba) {
    each(pixels, |p| {
        let y = luminance(p);
        let mix =
            |a: u8, b: u8| to_byte((f32::from(a) + (f32::from(b) - f32::from(a)) * y) / 255.0);
        let alpha = mix(dark.a, light.a);
        [
            mix(dark.r, light.r),
            mix(dark.g, light.g),
            mix(dark.b, light.b),
            multiply(p[3], alpha),
        ]
    });
    pixels.opaque &= dark.a == 255 && light.a == 255;
}

fn change_color(pixels: &mut Pixels, from: Rgba, to: Rgba) {
    let near = |a: u8, b: u8| a.abs_diff(b) <= COLOR_TOLERANCE;
    each(pixels, |p| {
        if near(p[0], from.r) && near(p[1], from.g) && near(p[2], from.b) {
            [to.r, to.g, to.b, multiply(p[3], to.a)]
        } else {
            p
        }
    });
    pixels.opaque &= to.a == 255;
}

fn turns(degrees: f32) -> f64 {
    if degrees.is_finite() {
        f64::from(degrees / 360.0)
    } else {
        0.0
    }
}

/// A share -1..=1 of the way down to nothing or up to everything.
fn toward(value: f64, share: f64) -> f64 {
    if share < 0.0 {
        value * (1.0 + share)
    } else {
        value + (1.0 - value) * share
    }
}

fn shift(pixels: &mut Pixels, hue: f32, saturation: f32, luminance: f32) {
    let hue = turns(hue);
    let (saturation, luminance) = (f64::from(clean(saturation)), f64::from(clean(luminance)));
    each_color(pixels, |rgb| {
        let [h, s, l] = to_hsl(rgb);
        // Grey has no hue to be saturated with, so its part is multiplied.
        let s = (s * (1.0 + saturation)).min(1.0);
        from_hsl([h + hue, s, toward(l, luminance)])
    });
}

fn tint(pixels: &mut Pixels, hue: f32, amount: f32) {
    let hue = turns(hue);
    let amount = f64::from(clean(amount));
    each_color(pixels, |rgb| {
        let [_, _, l] = to_hsl(rgb);
        let pure = from_hsl([hue, 1.0, l]);
        let mix = |from: f64, to: f64| from + (to - from) * amount;
        let [r, g, b] = rgb;
        [mix(r, pure[0]), mix(g, pure[1]), mix(b, pure[2])]
    });
}

fn overlay(pixels: &mut Pixels, color: Rgba, blend: BlendMode) {
    let share = f32::from(color.a) / 255.0;
    let channel = |below: u8, above: u8| {
        let mixed = match blend {
            BlendMode::Normal => above,
            BlendMode::Multiply => multiply(below, above),
            BlendMode::Screen => 255 - multiply(255 - below, 255 - above),
            BlendMode::Darken => below.min(above),
            BlendMode::Lighten => below.max(above),
        };
        to_byte((f32::from(below) + (f32::from(mixed) - f32::from(below)) * share) / 255.0)
    };
    each(pixels, |p| {
        [
            channel(p[0], color.r),
            channel(p[1], color.g),
            channel(p[2], color.b),
            p[3],
        ]
    });
}

fn luminance(pixel: [u8; 4]) -> f32 {
    (0.299 * f32::from(pixel[0]) + 0.587 * f32::from(pixel[1]) + 0.114 * f32::from(pixel[2]))
        / 255.0
}

fn to_byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

fn multiply(a: u8, b: u8) -> u8 {
    ((u16::from(a) * u16::from(b) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// White, a red, a half-clear green and a clear pixel after a change.
    fn after(effect: PixelEffect) -> (Vec<[u8; 4]>, bool) {
        let rgba = [
            [255, 255, 255, 255],
            [200, 0, 0, 255],
            [0, 128, 0, 128],
            [9, 9, 9, 0],
        ];
        let mut pixels = Pixels::new(4, 1, rgba.concat());
        apply(&mut pixels, &[effect]);
        (pixels.rgba.as_chunks::<4>().0.to_vec(), pixels.opaque)
    }

    fn alphas(effect: PixelEffect) -> Vec<u8> {
        after(effect).0.iter().map(|p| p[3]).collect()
    }

    #[test]
    fn colours_are_changed_and_opacity_kept() {
        assert_eq!(after(PixelEffect::Grayscale).0[1], [60, 60, 60, 255]);
        assert_eq!(after(PixelEffect::BiLevel(0.5)).0[1], [0, 0, 0, 255]);
        let blue = Rgba::rgb(10, 20, 30);
        assert_eq!(
            after(PixelEffect::Duotone(blue, Rgba::WHITE)).0[0],
            [255, 255, 255, 255]
        );
        let gone = PixelEffect::ColorChange {
            from: Rgba::WHITE,
            to: Rgba::BLACK.with_alpha(0),
        };
        assert_eq!(after(gone).0[0], [0, 0, 0, 0]);
        let brighter = PixelEffect::Luminance {
            bright: 0.2,
            contrast: 0.0,
        };
        assert_eq!(after(brighter).0[1], [251, 51, 51, 255]);
        assert_eq!(
            after(PixelEffect::ColorReplace(blue)).0[1..],
            [[10, 20, 30, 255], [10, 20, 30, 128], [10, 20, 30, 0]]
        );
    }

    #[test]
    fn opacity_is_changed_and_colours_kept() {
        assert_eq!(alphas(PixelEffect::AlphaModulate(0.5)), [128, 128, 64, 0]);
        assert_eq!(alphas(PixelEffect::AlphaReplace(0.2)), [51; 4]);
        assert_eq!(alphas(PixelEffect::AlphaBiLevel(0.5)), [255, 255, 255, 0]);
        assert_eq!(alphas(PixelEffect::AlphaBiLevel(0.6)), [255, 255, 0, 0]);
        assert_eq!(alphas(PixelEffect::AlphaCeiling), [255, 255, 255, 0]);
        assert_eq!(alphas(PixelEffect::AlphaFloor), [255, 255, 0, 0]);
        assert_eq!(alphas(PixelEffect::AlphaInverse), [0, 0, 127, 255]);
        assert_eq!(after(PixelEffect::AlphaFloor).0[2], [0, 128, 0, 0]);
        assert!(after(PixelEffect::AlphaReplace(1.0)).1);
        assert!(!after(PixelEffect::AlphaCeiling).1);
    }

    #[test]
    fn hue_saturation_and_luminance_are_relative() {
        let hsl = |hue, saturation, luminance| {
            let effect = PixelEffect::Hsl {
                hue,
                saturation,
                luminance,
            };
            after(effect).0[1]
        };
        assert_eq!(hsl(120.0, 0.0, 0.0), [0, 200, 0, 255]);
        assert_eq!(hsl(0.0, -1.0, 0.0), [100, 100, 100, 255]);
        assert_eq!(hsl(0.0, 0.0, 1.0), [255, 255, 255, 255]);
        assert_eq!(hsl(0.0, 0.0, -0.5), [100, 0, 0, 255]);
        assert_eq!(hsl(f32::NAN, f32::NAN, 0.0), [200, 0, 0, 255]);
    }

    #[test]
    fn a_tint_gives_its_hue_and_keeps_black_and_white() {
        let tint = |amount| after(PixelEffect::Tint { hue: 240.0, amount }).0;
        assert_eq!(tint(1.0)[..2], [[255, 255, 255, 255], [0, 0, 200, 255]]);
        assert_eq!(tint(0.5)[1], [100, 0, 100, 255]);
        assert_eq!(tint(0.0)[1], [200, 0, 0, 255]);
    }

    #[test]
    fn an_overlay_blends_with_what_is_there() {
        let gray = Rgba::rgb(128, 128, 128);
        let with = |blend| after(PixelEffect::Overlay(gray, blend)).0[1];
        assert_eq!(with(BlendMode::Normal), [128, 128, 128, 255]);
        assert_eq!(with(BlendMode::Multiply), [100, 0, 0, 255]);
        assert_eq!(with(BlendMode::Screen), [228, 128, 128, 255]);
        assert_eq!(with(BlendMode::Darken), [128, 0, 0, 255]);
        assert_eq!(with(BlendMode::Lighten), [200, 128, 128, 255]);
        let clear = PixelEffect::Overlay(gray.with_alpha(0), BlendMode::Normal);
        assert_eq!(after(clear).0[1], [200, 0, 0, 255]);
    }
}
