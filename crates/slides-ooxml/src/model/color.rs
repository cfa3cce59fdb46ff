use std::collections::BTreeMap;

/// A colour with its transforms in document order (ECMA-376 part 1, 20.1.2.3).
#[derive(Debug, Clone, PartialEq)]
pub struct Color {
    /// Where it starts from.
    pub base: ColorBase,
    /// Transforms in document order.
    pub mods: Vec<ColorMod>,
}

impl Color {
    /// An sRGB colour without transforms.
    pub const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Self {
            base: ColorBase::Srgb([r, g, b]),
            mods: Vec::new(),
        }
    }

    /// A scheme colour without transforms.
    pub const fn scheme(color: SchemeColor) -> Self {
        Self {
            base: ColorBase::Scheme(color),
            mods: Vec::new(),
        }
    }
}

/// Start value of a colour.
#[derive(Debug, Clone, PartialEq)]
pub enum ColorBase {
    /// `a:srgbClr`; also presets (`a:prstClr`) and system colours (`a:sysClr/@lastClr`), resolved on reading.
    Srgb([u8; 3]),
    /// `a:scrgbClr`: linear RGB fractions.
    ScRgb([f64; 3]),
    /// `a:hslClr`: hue in degrees, saturation and luminance as fractions.
    Hsl([f64; 3]),
    /// `a:schemeClr`.
    Scheme(SchemeColor),
}

/// `a:schemeClr/@val`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SchemeColor {
    /// `dk1`.
    Dark1,
    /// `lt1`.
    Light1,
    /// `dk2`.
    Dark2,
    /// `lt2`.
    Light2,
    /// `tx1`, through the colour map.
    Text1,
    /// `bg1`, through the colour map.
    Background1,
    /// `tx2`, through the colour map.
    Text2,
    /// `bg2`, through the colour map.
    Background2,
    /// `accent1` to `accent6`: 1 to 6.
    Accent(u8),
    /// `hlink`.
    Hyperlink,
    /// `folHlink`.
    FollowedHyperlink,
    /// `phClr`: the colour of the style reference that uses the theme's fill.
    Placeholder,
}

/// A colour transform. Fractions unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ColorMod {
    /// `a:tint`.
    Tint(f64),
    /// `a:shade`.
    Shade(f64),
    /// `a:alpha`.
    Alpha(f64),
    /// `a:alphaMod`.
    AlphaMod(f64),
    /// `a:alphaOff`.
    AlphaOff(f64),
    /// `a:hue`, degrees.
    Hue(f64),
    /// `a:hueMod`.
    HueMod(f64),
    /// `a:hueOff`, degrees.
    HueOff(f64),
    /// `a:sat`.
    Sat(f64),
    /// `a:satMod`.
    SatMod(f64),
    /// `a:satOff`.
    SatOff(f64),
    /// `a:lum`.
    Lum(f64),
    /// `a:lumMod`.
    LumMod(f64),
    /// `a:lumOff`.
    LumOff(f64),
    /// `a:red`.
    Red(f64),
    /// `a:redMod`.
    RedMod(f64),
    /// `a:redOff`.
    RedOff(f64),
    /// `a:green`.
    Green(f64),
    /// `a:greenMod`.
    GreenMod(f64),
    /// `a:greenOff`.
    GreenOff(f64),
    /// `a:blue`.
    Blue(f64),
    /// `a:blueMod`.
    BlueMod(f64),
    /// `a:blueOff`.
    BlueOff(f64),
    /// `a:gamma`.
    Gamma,
    /// `a:invGamma`.
    InverseGamma,
    /// `a:comp`.
    Complement,
    /// `a:inv`.
    Inverse,
    /// `a:gray`.
    Gray,
}

/// `p:clrMap`: which theme colour each mapped name (`bg1`, `tx1`, …) stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColorMap(pub BTreeMap<SchemeColor, SchemeColor>);

impl Default for ColorMap {
    fn default() -> Self {
        use SchemeColor::{Background1, Background2, Dark1, Dark2, Light1, Light2, Text1, Text2};
        Self(
            [
                (Background1, Light1),
                (Text1, Dark1),
                (Background2, Light2),
                (Text2, Dark2),
            ]
            .into(),
        )
    }
}
