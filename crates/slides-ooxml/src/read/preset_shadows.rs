//! The twenty preset shadows as the outer shadows that they stand for (ECMA-376 part 1, 20.1.8.49 and 20.1.10.52).

use crate::model::{Color, ColorMod, OuterShadow, RectAlign};
use crate::read::color::color;
use crate::xml::{Node, angle, attr, coordinate};

/// Skew of the shadows in perspective, degrees.
const SKEW: f64 = 40.89;
/// How much lighter the second of two shadows is, as a part of full strength.
const LIGHTER: f64 = 102.0 / 255.0;

/// The shadow of an `a:prstShdw`, and the one below it where the preset has two.
pub(super) fn preset_shadow(node: Node<'_>) -> (OuterShadow, Option<OuterShadow>) {
    let plain = OuterShadow {
        blur: 0,
        distance: coordinate(node, "dist").unwrap_or(0).max(0),
        direction: angle(node, "dir").unwrap_or(0.0),
        sx: 1.0,
        sy: 1.0,
        kx: 0.0,
        ky: 0.0,
        align: RectAlign::Bottom,
        rotate_with_shape: false,
        color: color(node).unwrap_or(Color::rgb(0, 0, 0)),
    };
    let number = attr(node, "prst").and_then(|name| name.strip_prefix("shdw")?.parse::<u8>().ok());
    let second = match number {
        Some(13) => Some(OuterShadow {
            distance: plain.distance.saturating_mul(2),
            ..lighter(&plain)
        }),
        Some(17 | 18) => Some(OuterShadow {
            direction: plain.direction + 180.0,
            ..lighter(&plain)
        }),
        _ => None,
    };
    let scaled = |align, scale| OuterShadow {
        align,
        sx: scale,
        sy: scale,
        ..plain.clone()
    };
    let leaning = |kx, sy| OuterShadow {
        sy,
        kx,
        ..plain.clone()
    };
    let first = match number {
        // Behind the shape; the long ones have the same parameters.
        Some(3 | 11) => leaning(SKEW, 0.5),
        Some(4 | 12) => leaning(-SKEW, 0.5),
        // In front of it.
        Some(7 | 15) => leaning(SKEW, -0.5),
        Some(8 | 16) => leaning(-SKEW, -0.5),
        Some(9) => scaled(RectAlign::TopLeft, 0.75),
        Some(10) => scaled(RectAlign::BottomRight, 1.25),
        Some(19) => leaning(0.0, 0.5),
        Some(20) => leaning(0.0, -1.0),
        _ => plain,
    };
    (first, second)
}

fn lighter(shadow: &OuterShadow) -> OuterShadow {
    let mut lighter = shadow.clone();
    lighter.color.mods.extend([
        ColorMod::RedOff(LIGHTER),
        ColorMod::GreenOff(LIGHTER),
        ColorMod::BlueOff(LIGHTER),
    ]);
    lighter
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> (OuterShadow, Option<OuterShadow>) {
        let xml = format!("<s prst='{name}' dist='100' dir='2700000'><srgbClr val='101010'/></s>");
        preset_shadow(roxmltree::Document::parse(&xml).unwrap().root_element())
    }

    #[test]
    fn each_preset_has_its_own_form() {
        let form = |name| {
            let (shadow, second) = read(name);
            assert_eq!((shadow.distance, shadow.direction), (100, 45.0), "{name}");
            assert!(!shadow.rotate_with_shape && second.is_none(), "{name}");
            (shadow.align, shadow.sx, shadow.sy, shadow.kx)
        };
        for name in [
            "shdw1", "shdw2", "shdw5", "shdw6", "shdw14", "shdw99", "odd",
        ] {
            assert_eq!(form(name), (RectAlign::Bottom, 1.0, 1.0, 0.0));
        }
        assert_eq!(form("shdw3"), (RectAlign::Bottom, 1.0, 0.5, SKEW));
        assert_eq!(form("shdw12"), (RectAlign::Bottom, 1.0, 0.5, -SKEW));
        assert_eq!(form("shdw7"), (RectAlign::Bottom, 1.0, -0.5, SKEW));
        assert_eq!(form("shdw16"), (RectAlign::Bottom, 1.0, -0.5, -SKEW));
        assert_eq!(form("shdw9"), (RectAlign::TopLeft, 0.75, 0.75, 0.0));
        assert_eq!(form("shdw10"), (RectAlign::BottomRight, 1.25, 1.25, 0.0));
        assert_eq!(form("shdw19"), (RectAlign::Bottom, 1.0, 0.5, 0.0));
        assert_eq!(form("shdw20"), (RectAlign::Bottom, 1.0, -1.0, 0.0));
    }

    #[test]
    fn doubled_and_embossed_shadows_have_a_lighter_second() {
        let (first, second) = read("shdw13");
        let second = second.unwrap();
        assert_eq!((first.distance, second.distance), (100, 200));
        assert_eq!(second.color.mods.len(), 3);
        for name in ["shdw17", "shdw18"] {
            let second = read(name).1.unwrap();
            assert_eq!((second.distance, second.direction), (100, 225.0));
        }
    }
}
