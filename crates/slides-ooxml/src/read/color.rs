use crate::model::{Color, ColorBase, ColorMap, ColorMod, SchemeColor};
use crate::read::preset_colors::{preset, system};
use crate::xml::{Node, angle, attr, elements, fraction};

/// First colour among the children.
pub(super) fn color(parent: Node<'_>) -> Option<Color> {
    elements(parent).find_map(color_element)
}

/// The colour that an element is, if it is one (ECMA-376 part 1, 20.1.2.3).
pub(super) fn color_element(node: Node<'_>) -> Option<Color> {
    let base = match node.tag_name().name() {
        "srgbClr" => ColorBase::Srgb(hex(attr(node, "val")?)?),
        "schemeClr" => ColorBase::Scheme(scheme(attr(node, "val")?)?),
        "sysClr" => ColorBase::Srgb(
            attr(node, "lastClr")
                .and_then(hex)
                .or_else(|| system(attr(node, "val").unwrap_or_default()))?,
        ),
        "prstClr" => ColorBase::Srgb(preset(attr(node, "val")?)?),
        "scrgbClr" => {
            let part = |name| fraction(node, name).unwrap_or(0.0).clamp(0.0, 1.0);
            ColorBase::ScRgb([part("r"), part("g"), part("b")])
        }
        "hslClr" => ColorBase::Hsl([
            angle(node, "hue").unwrap_or(0.0),
            fraction(node, "sat").unwrap_or(0.0),
            fraction(node, "lum").unwrap_or(0.0),
        ]),
        _ => return None,
    };
    Some(Color {
        base,
        mods: elements(node).filter_map(modifier).collect(),
    })
}

fn modifier(node: Node<'_>) -> Option<ColorMod> {
    let value = || fraction(node, "val");
    let degrees = || angle(node, "val");
    Some(match node.tag_name().name() {
        "tint" => ColorMod::Tint(value()?),
        "shade" => ColorMod::Shade(value()?),
        "alpha" => ColorMod::Alpha(value()?),
        "alphaMod" => ColorMod::AlphaMod(value()?),
        "alphaOff" => ColorMod::AlphaOff(value()?),
        "hue" => ColorMod::Hue(degrees()?),
        "hueMod" => ColorMod::HueMod(value()?),
        "hueOff" => ColorMod::HueOff(degrees()?),
        "sat" => ColorMod::Sat(value()?),
        "satMod" => ColorMod::SatMod(value()?),
        "satOff" => ColorMod::SatOff(value()?),
        "lum" => ColorMod::Lum(value()?),
        "lumMod" => ColorMod::LumMod(value()?),
        "lumOff" => ColorMod::LumOff(value()?),
        "red" => ColorMod::Red(value()?),
        "redMod" => ColorMod::RedMod(value()?),
        "redOff" => ColorMod::RedOff(value()?),
        "green" => ColorMod::Green(value()?),
        "greenMod" => ColorMod::GreenMod(value()?),
        "greenOff" => ColorMod::GreenOff(value()?),
        "blue" => ColorMod::Blue(value()?),
        "blueMod" => ColorMod::BlueMod(value()?),
        "blueOff" => ColorMod::BlueOff(value()?),
        "gamma" => ColorMod::Gamma,
        "invGamma" => ColorMod::InverseGamma,
        "comp" => ColorMod::Complement,
        "inv" => ColorMod::Inverse,
        "gray" => ColorMod::Gray,
        _ => return None,
    })
}

fn hex(text: &str) -> Option<[u8; 3]> {
    let text = text.trim().trim_start_matches('#');
    if text.len() != 6 {
        return None;
    }
    let value = u32::from_str_radix(text, 16).ok()?;
    let [_, r, g, b] = value.to_be_bytes();
    Some([r, g, b])
}

pub(super) fn scheme(name: &str) -> Option<SchemeColor> {
    Some(match name {
        "dk1" => SchemeColor::Dark1,
        "lt1" => SchemeColor::Light1,
        "dk2" => SchemeColor::Dark2,
        "lt2" => SchemeColor::Light2,
        "tx1" => SchemeColor::Text1,
        "bg1" => SchemeColor::Background1,
        "tx2" => SchemeColor::Text2,
        "bg2" => SchemeColor::Background2,
        "hlink" => SchemeColor::Hyperlink,
        "folHlink" => SchemeColor::FollowedHyperlink,
        "phClr" => SchemeColor::Placeholder,
        _ => match name.strip_prefix("accent")?.as_bytes() {
            [digit @ b'1'..=b'6'] => SchemeColor::Accent(digit - b'0'),
            _ => return None,
        },
    })
}

/// `p:clrMap` and `a:overrideClrMapping`; what is missing maps as by default.
pub(crate) fn color_map(node: Node<'_>) -> ColorMap {
    let mut map = ColorMap::default();
    for attribute in node.attributes() {
        if let (Some(from), Some(to)) = (scheme(attribute.name()), scheme(attribute.value())) {
            map.0.insert(from, to);
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(xml: &str) -> Option<Color> {
        let document = roxmltree::Document::parse(xml).unwrap();
        color(document.root_element())
    }

    #[test]
    fn reads_every_kind_of_colour() {
        assert_eq!(
            read("<f><srgbClr val='00ff7F'/></f>"),
            Some(Color::rgb(0, 255, 127))
        );
        assert_eq!(
            read("<f><prstClr val='dkBlue'/></f>"),
            Some(Color::rgb(0, 0, 139))
        );
        assert_eq!(
            read("<f><sysClr val='windowText'/></f>"),
            Some(Color::rgb(0, 0, 0))
        );
        assert_eq!(
            read("<f><sysClr val='window' lastClr='FEFEFE'/></f>"),
            Some(Color::rgb(254, 254, 254))
        );
        assert_eq!(read("<f><srgbClr val='nope'/></f>"), None);
        let color = read(
            "<f><schemeClr val='accent3'><lumMod val='75000'/><alpha val='40%'/></schemeClr></f>",
        )
        .unwrap();
        assert_eq!(color.base, ColorBase::Scheme(SchemeColor::Accent(3)));
        assert_eq!(color.mods, [ColorMod::LumMod(0.75), ColorMod::Alpha(0.4)]);
        assert_eq!(read("<f><schemeClr val='accent7'/></f>"), None);
    }

    #[test]
    fn a_colour_map_keeps_what_it_says() {
        let document =
            roxmltree::Document::parse("<m bg1='dk1' tx1='lt1' accent1='accent4' odd='x'/>")
                .unwrap();
        let map = color_map(document.root_element()).0;
        assert_eq!(map[&SchemeColor::Background1], SchemeColor::Dark1);
        assert_eq!(map[&SchemeColor::Accent(1)], SchemeColor::Accent(4));
        assert_eq!(map[&SchemeColor::Text2], SchemeColor::Dark2);
    }
}
