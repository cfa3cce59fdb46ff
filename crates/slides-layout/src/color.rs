//! Colours with PowerPoint's arithmetic: luminance and saturation in HSL of the encoded values, shade and
//! tint in linear light, channels clamped only at the end (ECMA-376 part 1, 20.1.2.3; the exact
//! arithmetic was fitted to PowerPoint's own output).

use slides_ooxml::model::{Color, ColorBase, ColorMap, ColorMod, SchemeColor, Theme};
use slides_scene::{Rgba, from_hsl, to_hsl};

/// Encoded sRGB fractions, possibly out of range between two modifiers.
#[derive(Clone, Copy)]
struct Work {
    rgb: [f64; 3],
    alpha: f64,
}

/// The colour that `color` is under a theme and map; `placeholder` stands for `phClr`.
pub(crate) fn resolve(
    color: &Color,
    theme: &Theme,
    map: &ColorMap,
    placeholder: Option<Rgba>,
) -> Rgba {
    let work = modified(color, theme, map, placeholder, 0);
    let channel = |v: f64| round_half_down(v.clamp(0.0, 1.0) * 255.0);
    Rgba {
        r: channel(work.rgb[0]),
        g: channel(work.rgb[1]),
        b: channel(work.rgb[2]),
        a: (work.alpha.clamp(0.0, 1.0) * 255.0).round() as u8,
    }
}

/// Halves go down: 7F at 50 % is 3F.
fn round_half_down(v: f64) -> u8 {
    (v - 0.5 - 1e-9).ceil().clamp(0.0, 255.0) as u8
}

fn modified(
    color: &Color,
    theme: &Theme,
    map: &ColorMap,
    placeholder: Option<Rgba>,
    depth: u8,
) -> Work {
    let bytes = |[r, g, b]: [u8; 3]| Work {
        rgb: [r, g, b].map(|c| f64::from(c) / 255.0),
        alpha: 1.0,
    };
    let mut work = match &color.base {
        ColorBase::Srgb(rgb) => bytes(*rgb),
        ColorBase::ScRgb(linear) => Work {
            rgb: linear.map(encode),
            alpha: 1.0,
        },
        ColorBase::Hsl([h, s, l]) => Work {
            rgb: from_hsl([h.rem_euclid(360.0) / 360.0, *s, *l]),
            alpha: 1.0,
        },
        ColorBase::Scheme(SchemeColor::Placeholder) => {
            let p = placeholder.unwrap_or(Rgba::BLACK);
            Work {
                alpha: f64::from(p.a) / 255.0,
                ..bytes([p.r, p.g, p.b])
            }
        }
        ColorBase::Scheme(name) => {
            let name = map.0.get(name).copied().unwrap_or(match name {
                SchemeColor::Text1 => SchemeColor::Dark1,
                SchemeColor::Text2 => SchemeColor::Dark2,
                SchemeColor::Background1 => SchemeColor::Light1,
                SchemeColor::Background2 => SchemeColor::Light2,
                other => *other,
            });
            match theme.colors.get(&name) {
                // A theme's colours are plain values; one that refers onward is followed a little only.
                Some(theme_color) if depth < 4 => {
                    modified(theme_color, theme, map, placeholder, depth + 1)
                }
                _ => match name {
                    SchemeColor::Light1 | SchemeColor::Light2 => bytes([255; 3]),
                    _ => bytes([0; 3]),
                },
            }
        }
    };
    for modifier in &color.mods {
        apply(&mut work, *modifier);
    }
    if work.rgb.iter().any(|c| !c.is_finite()) || !work.alpha.is_finite() {
        return Work {
            rgb: [0.0; 3],
            alpha: 1.0,
        };
    }
    work
}

fn apply(work: &mut Work, modifier: ColorMod) {
    let hsl = |work: &mut Work, change: &dyn Fn(&mut [f64; 3])| {
        let mut v = to_hsl(work.rgb);
        change(&mut v);
        work.rgb = from_hsl(v);
    };
    let linear = |work: &mut Work, change: &dyn Fn(f64) -> f64| {
        work.rgb = work.rgb.map(|c| encode(change(decode(c.clamp(0.0, 1.0)))));
    };
    match modifier {
        ColorMod::Tint(v) => linear(work, &|c| c * v + (1.0 - v)),
        ColorMod::Shade(v) => linear(work, &|c| c * v),
        ColorMod::Alpha(v) => work.alpha = v,
        ColorMod::AlphaMod(v) => work.alpha *= v,
        ColorMod::AlphaOff(v) => work.alpha += v,
        ColorMod::Hue(v) => hsl(work, &|c| c[0] = v / 360.0),
        ColorMod::HueMod(v) => hsl(work, &|c| c[0] *= v),
        ColorMod::HueOff(v) => hsl(work, &|c| c[0] += v / 360.0),
        ColorMod::Sat(v) => hsl(work, &|c| c[1] = v),
        ColorMod::SatMod(v) => hsl(work, &|c| c[1] *= v),
        ColorMod::SatOff(v) => hsl(work, &|c| c[1] += v),
        ColorMod::Lum(v) => hsl(work, &|c| c[2] = v),
        ColorMod::LumMod(v) => hsl(work, &|c| c[2] *= v),
        ColorMod::LumOff(v) => hsl(work, &|c| c[2] += v),
        ColorMod::Red(v) => work.rgb[0] = v,
        ColorMod::RedMod(v) => work.rgb[0] *= v,
        ColorMod::RedOff(v) => work.rgb[0] += v,
        ColorMod::Green(v) => work.rgb[1] = v,
        ColorMod::GreenMod(v) => work.rgb[1] *= v,
        ColorMod::GreenOff(v) => work.rgb[1] += v,
        ColorMod::Blue(v) => work.rgb[2] = v,
        ColorMod::BlueMod(v) => work.rgb[2] *= v,
        ColorMod::BlueOff(v) => work.rgb[2] += v,
        ColorMod::Gamma => work.rgb = work.rgb.map(|c| encode(c.clamp(0.0, 1.0))),
        ColorMod::InverseGamma => work.rgb = work.rgb.map(|c| decode(c.clamp(0.0, 1.0))),
        ColorMod::Complement => hsl(work, &|c| c[0] += 0.5),
        ColorMod::Inverse => work.rgb = work.rgb.map(|c| 1.0 - c),
        ColorMod::Gray => {
            let [r, g, b] = work.rgb;
            work.rgb = [0.299 * r + 0.587 * g + 0.114 * b; 3];
        }
    }
}

/// sRGB transfer, linear to encoded.
pub(crate) fn encode(linear: f64) -> f64 {
    if linear <= 0.003_130_8 {
        12.92 * linear
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}

/// sRGB transfer, encoded to linear.
pub(crate) fn decode(encoded: f64) -> f64 {
    if encoded <= 0.040_45 {
        encoded / 12.92
    } else {
        ((encoded + 0.055) / 1.055).powf(2.4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(base: [u8; 3], mods: &[ColorMod]) -> String {
        let color = Color {
            base: ColorBase::Srgb(base),
            mods: mods.to_vec(),
        };
        let c = resolve(&color, &Theme::default(), &ColorMap::default(), None);
        format!("{:02X}{:02X}{:02X}", c.r, c.g, c.b)
    }

    #[test]
    fn shade_tint_and_saturation_match_powerpoint() {
        use ColorMod::{SatMod, Shade, Tint};
        let accent = [0x4F, 0x81, 0xBD];
        assert_eq!(hex([0x2A, 0x75, 0xBB], &[Shade(0.5)]), "1C5489");
        for (mods, expected) in [
            ([Shade(0.51), SatMod(1.3)], "2C5D98"),
            ([Shade(0.93), SatMod(1.3)], "3C7BC7"),
            ([Shade(0.94), SatMod(1.35)], "3A7CCB"),
            ([Tint(0.5), SatMod(3.0)], "A3C4FF"),
            ([Tint(0.37), SatMod(3.0)], "BFD5FF"),
            ([Tint(0.15), SatMod(3.5)], "E5EEFF"),
        ] {
            assert_eq!(hex(accent, &mods), expected, "{mods:?}");
        }
    }

    #[test]
    fn table_tints_match_powerpoint() {
        use ColorMod::Tint;
        assert_eq!(hex([0x2A, 0x75, 0xBB], &[Tint(0.4)]), "CDD6E7");
        assert_eq!(hex([0x26, 0x60, 0x92], &[Tint(0.2)]), "E8EAEE");
        assert_eq!(hex([0x2A, 0x75, 0xBB], &[Tint(0.2)]), "E8ECF3");
    }

    #[test]
    fn red_tints_match_the_measured_gradient_stops() {
        use ColorMod::{SatMod, Tint};
        assert_eq!(hex([255, 0, 0], &[Tint(0.66), SatMod(1.6)]), "FF8080");
        assert_eq!(hex([255, 0, 0], &[Tint(0.235), SatMod(1.6)]), "FFDADA");
    }

    #[test]
    fn luminance_halves_round_down() {
        assert_eq!(hex([0x7F, 0x7F, 0x7F], &[ColorMod::LumMod(0.5)]), "3F3F3F");
        assert_eq!(hex([255, 255, 255], &[ColorMod::LumMod(0.95)]), "F2F2F2");
        assert_eq!(
            hex([0, 0, 0], &[ColorMod::LumMod(0.5), ColorMod::LumOff(0.5)]),
            "7F7F7F"
        );
        assert_eq!(hex([0x44, 0x72, 0xC4], &[ColorMod::LumMod(0.75)]), "2F5597");
    }

    #[test]
    fn scheme_colours_go_through_the_map_and_placeholders_keep_their_own_modifiers() {
        let mut theme = Theme::default();
        theme.colors.insert(SchemeColor::Dark1, Color::rgb(1, 2, 3));
        theme
            .colors
            .insert(SchemeColor::Light1, Color::rgb(250, 251, 252));
        let mut map = ColorMap::default();
        assert_eq!(
            resolve(&Color::scheme(SchemeColor::Text1), &theme, &map, None),
            Rgba::rgb(1, 2, 3)
        );
        map.0.insert(SchemeColor::Text1, SchemeColor::Light1);
        assert_eq!(
            resolve(&Color::scheme(SchemeColor::Text1), &theme, &map, None),
            Rgba::rgb(250, 251, 252)
        );
        let half = Color {
            base: ColorBase::Scheme(SchemeColor::Placeholder),
            mods: vec![ColorMod::AlphaMod(0.5)],
        };
        let got = resolve(
            &half,
            &theme,
            &map,
            Some(Rgba {
                r: 9,
                g: 8,
                b: 7,
                a: 128,
            }),
        );
        assert_eq!(
            got,
            Rgba {
                r: 9,
                g: 8,
                b: 7,
                a: 64
            }
        );
    }

    #[test]
    fn wild_modifiers_stay_in_range() {
        let wild = [
            ColorMod::SatMod(1e300),
            ColorMod::LumMod(-1e300),
            ColorMod::HueOff(1e308),
            ColorMod::Tint(f64::NAN),
        ];
        assert_eq!(hex([10, 20, 30], &wild).len(), 6);
    }
}
