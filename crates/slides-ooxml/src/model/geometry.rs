/// `a:xfrm`. EMU and degrees.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Transform {
    /// `a:off/@x`.
    pub x: i64,
    /// `a:off/@y`.
    pub y: i64,
    /// `a:ext/@cx`.
    pub width: i64,
    /// `a:ext/@cy`.
    pub height: i64,
    /// `@rot` in degrees clockwise.
    pub rotation: f64,
    /// `@flipH`.
    pub flip_h: bool,
    /// `@flipV`.
    pub flip_v: bool,
}

/// Outline of a shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    /// `a:prstGeom`: name (`rect`, `roundRect` …) and adjust values.
    Preset {
        /// `@prst`.
        name: String,
        /// `a:avLst`.
        adjust: Vec<AdjustValue>,
    },
    /// `a:custGeom`.
    Custom(Box<CustomGeometry>),
}

/// One `a:gd` of an `a:avLst`; the formula is nearly always `val N`.
#[derive(Debug, Clone, PartialEq)]
pub struct AdjustValue {
    /// `@name`.
    pub name: String,
    /// `@fmla`.
    pub formula: String,
}

/// `a:custGeom`; also the shape of a preset definition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomGeometry {
    /// `a:avLst`.
    pub adjust: Vec<AdjustValue>,
    /// `a:gdLst`.
    pub guides: Vec<Guide>,
    /// `a:pathLst`.
    pub paths: Vec<GuidePath>,
    /// `a:rect`.
    pub text_rect: Option<TextRect>,
}

/// One guide: a name and a formula over other guides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// `@name`.
    pub name: String,
    /// `@fmla`.
    pub formula: String,
}

/// `a:rect`: guide names or numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextRect {
    /// `@l`.
    pub left: String,
    /// `@t`.
    pub top: String,
    /// `@r`.
    pub right: String,
    /// `@b`.
    pub bottom: String,
}

/// `a:path`.
#[derive(Debug, Clone, PartialEq)]
pub struct GuidePath {
    /// `@w`; none takes the shape's width.
    pub width: Option<f64>,
    /// `@h`; none takes the shape's height.
    pub height: Option<f64>,
    /// `@fill`.
    pub fill: PathFill,
    /// `@stroke`; default true.
    pub stroke: bool,
    /// The commands; coordinates are guide names or numbers.
    pub commands: Vec<PathCommand>,
}

/// `a:path/@fill`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum PathFill {
    None,
    #[default]
    Norm,
    Lighten,
    LightenLess,
    Darken,
    DarkenLess,
}

/// One path command; every value is a guide name or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathCommand {
    /// `a:moveTo`.
    MoveTo(String, String),
    /// `a:lnTo`.
    LineTo(String, String),
    /// `a:arcTo`: wR, hR, stAng, swAng.
    ArcTo(String, String, String, String),
    /// `a:quadBezTo`.
    QuadTo([String; 4]),
    /// `a:cubicBezTo`.
    CubicTo([String; 6]),
    /// `a:close`.
    Close,
}
