use super::Color;

/// A fill. `Group` takes the fill of the enclosing group.
#[derive(Debug, Clone, PartialEq)]
pub enum Fill {
    /// `a:noFill`.
    None,
    /// `a:solidFill`.
    Solid(Color),
    /// `a:gradFill`.
    Gradient(Gradient),
    /// `a:blipFill`.
    Blip(Box<BlipFill>),
    /// `a:pattFill`.
    Pattern(PatternFill),
    /// `a:grpFill`.
    Group,
}

/// `a:gradFill`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    /// Stops sorted by position.
    pub stops: Vec<GradientStop>,
    /// Direction or shape.
    pub kind: GradientKind,
    /// `@rotWithShape`; default true.
    pub rotate_with_shape: bool,
    /// `@flip`.
    pub flip: TileFlip,
    /// `a:tileRect`: insets as fractions of the shape's box.
    pub tile_rect: RelativeRect,
}

/// One stop; position as a fraction.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientStop {
    /// Position 0..=1.
    pub position: f64,
    /// Colour.
    pub color: Color,
}

/// Direction or shape of a gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GradientKind {
    /// `a:lin`: degrees clockwise from +x, and `@scaled`.
    Linear {
        /// Degrees clockwise.
        angle: f64,
        /// Whether the angle bends with the box's aspect ratio.
        scaled: bool,
    },
    /// `a:path path="circle"`; the focus box as insets.
    Circle(RelativeRect),
    /// `a:path path="rect"`.
    Rect(RelativeRect),
    /// `a:path path="shape"`.
    Shape(RelativeRect),
}

/// Insets from a box's edges as fractions of its size; negative reaches outside.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RelativeRect {
    /// From the left edge.
    pub left: f64,
    /// From the top edge.
    pub top: f64,
    /// From the right edge.
    pub right: f64,
    /// From the bottom edge.
    pub bottom: f64,
}

/// `@flip` of tiles and gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TileFlip {
    /// `none`.
    #[default]
    None,
    /// `x`.
    X,
    /// `y`.
    Y,
    /// `xy`.
    Xy,
}

/// A picture that the package holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PictureRef {
    /// Part name inside the package, such as `/ppt/media/image1.png`.
    pub part: String,
}

/// `a:blipFill` and `p:blipFill`.
#[derive(Debug, Clone, PartialEq)]
pub struct BlipFill {
    /// `a:blip/@r:embed`; none when it is linked from outside or missing.
    pub picture: Option<PictureRef>,
    /// The SVG beside a raster picture (`asvg:svgBlip`).
    pub svg: Option<PictureRef>,
    /// Children of `a:blip`, in order.
    pub effects: Vec<BlipEffect>,
    /// `a:srcRect`: crop insets as fractions, negative pads.
    pub crop: RelativeRect,
    /// Stretch or tile.
    pub mode: BlipMode,
    /// `@rotWithShape`.
    pub rotate_with_shape: bool,
}

/// How the picture fills its box.
#[derive(Debug, Clone, PartialEq)]
pub enum BlipMode {
    /// `a:stretch` with `a:fillRect` insets.
    Stretch(RelativeRect),
    /// `a:tile`.
    Tile(Tile),
}

/// `a:tile`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tile {
    /// Offset in EMU.
    pub tx: i64,
    /// Offset in EMU.
    pub ty: i64,
    /// Horizontal scale.
    pub sx: f64,
    /// Vertical scale.
    pub sy: f64,
    /// Mirroring.
    pub flip: TileFlip,
    /// Where the first tile lies.
    pub align: RectAlign,
}

/// `a:algn` values of boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the nine positions name themselves")]
pub enum RectAlign {
    #[default]
    TopLeft,
    Top,
    TopRight,
    Left,
    Center,
    Right,
    BottomLeft,
    Bottom,
    BottomRight,
}

/// A child of `a:blip` that changes pixels.
#[derive(Debug, Clone, PartialEq)]
pub enum BlipEffect {
    /// `a:grayscl`.
    Grayscale,
    /// `a:biLevel/@thresh`.
    BiLevel(f64),
    /// `a:duotone`.
    Duotone(Color, Color),
    /// `a:lum`: brightness and contrast.
    Luminance(f64, f64),
    /// `a:clrChange`.
    ColorChange(Color, Color),
    /// `a:alphaModFix/@amt`.
    AlphaModulate(f64),
    /// `a:alphaMod` by a plain colour: its opacity counts.
    AlphaOf(Color),
    /// `a:alphaBiLevel/@thresh`.
    AlphaBiLevel(f64),
    /// `a:alphaCeiling`.
    AlphaCeiling,
    /// `a:alphaFloor`.
    AlphaFloor,
    /// `a:alphaInv`.
    AlphaInverse,
    /// `a:alphaRepl/@a`.
    AlphaReplace(f64),
    /// `a:clrRepl`.
    ColorReplace(Color),
    /// `a:hsl`: degrees, then changes of saturation and luminance.
    Hsl(f64, f64, f64),
    /// `a:tint`: degrees and amount.
    Tint(f64, f64),
    /// `a:fillOverlay`.
    Overlay(FillOverlay),
    /// `a:blur`: radius in EMU, and whether the picture grows by it.
    Blur(i64, bool),
    /// Anything else, by its local name, for a warning.
    Other(String),
}

/// `a:fillOverlay`: a fill laid over what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct FillOverlay {
    /// What is laid over.
    pub fill: Box<Fill>,
    /// `@blend`.
    pub blend: OverlayBlend,
}

/// `a:fillOverlay/@blend`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OverlayBlend {
    /// `over`.
    #[default]
    Over,
    /// `mult`.
    Multiply,
    /// `screen`.
    Screen,
    /// `darken`.
    Darken,
    /// `lighten`.
    Lighten,
}

/// `a:pattFill`.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternFill {
    /// `@prst`.
    pub preset: String,
    /// `a:fgClr`.
    pub foreground: Option<Color>,
    /// `a:bgClr`.
    pub background: Option<Color>,
}

/// `a:ln`. Every attribute inherits apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// `@w` in EMU.
    pub width: Option<i64>,
    /// Fill of the stroke.
    pub fill: Option<Fill>,
    /// Dash pattern.
    pub dash: Option<Dash>,
    /// `@cap`.
    pub cap: Option<LineCap>,
    /// Corner style.
    pub join: Option<Join>,
    /// `@cmpd`: `sng`, `dbl`, `thickThin`, `thinThick`, `tri`.
    pub compound: Option<String>,
    /// `@algn="in"`: pen inside the outline.
    pub inset: Option<bool>,
    /// `a:headEnd` (at the path's start).
    pub head: Option<LineEnd>,
    /// `a:tailEnd` (at the path's end).
    pub tail: Option<LineEnd>,
}

/// Dash pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum Dash {
    /// `a:prstDash/@val`.
    Preset(String),
    /// `a:custDash`: dash and space lengths in line widths.
    Custom(Vec<(f64, f64)>),
}

/// `a:ln/@cap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineCap {
    /// `flat`.
    Flat,
    /// `rnd`.
    Round,
    /// `sq`.
    Square,
}

/// Corner style.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Join {
    /// `a:round`.
    Round,
    /// `a:bevel`.
    Bevel,
    /// `a:miter/@lim` as a factor.
    Miter(f64),
}

/// `a:headEnd`, `a:tailEnd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineEnd {
    /// `@type`.
    pub kind: LineEndKind,
    /// `@w`.
    pub width: LineEndSize,
    /// `@len`.
    pub length: LineEndSize,
}

/// Shape of a line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the shapes name themselves")]
pub enum LineEndKind {
    None,
    Triangle,
    Stealth,
    Diamond,
    Oval,
    Arrow,
}

/// Size of a line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the sizes name themselves")]
pub enum LineEndSize {
    Small,
    #[default]
    Medium,
    Large,
}

/// `a:effectLst`. An empty list means "no effects", an absent one inherits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EffectList {
    /// `a:outerShdw` and `a:prstShdw`.
    pub outer_shadow: Option<OuterShadow>,
    /// The second shadow of an `a:prstShdw` that has two; it lies below the first.
    pub under_shadow: Option<OuterShadow>,
    /// `a:innerShdw`.
    pub inner_shadow: Option<InnerShadow>,
    /// `a:glow`: radius in EMU and colour.
    pub glow: Option<(i64, Color)>,
    /// `a:softEdge/@rad` in EMU.
    pub soft_edge: Option<i64>,
    /// `a:reflection`.
    pub reflection: Option<Reflection>,
    /// `a:blur/@rad` in EMU.
    pub blur: Option<i64>,
    /// `a:fillOverlay`.
    pub overlay: Option<FillOverlay>,
    /// Anything else that an effect graph holds, by its local name, for a warning.
    pub others: Vec<String>,
}

/// `a:outerShdw`. Lengths in EMU, angles in degrees.
#[derive(Debug, Clone, PartialEq)]
pub struct OuterShadow {
    /// `@blurRad`.
    pub blur: i64,
    /// `@dist`.
    pub distance: i64,
    /// `@dir` in degrees clockwise.
    pub direction: f64,
    /// `@sx`.
    pub sx: f64,
    /// `@sy`.
    pub sy: f64,
    /// `@kx` in degrees.
    pub kx: f64,
    /// `@ky` in degrees.
    pub ky: f64,
    /// `@algn`; default bottom.
    pub align: RectAlign,
    /// `@rotWithShape`; default true.
    pub rotate_with_shape: bool,
    /// Colour with alpha.
    pub color: Color,
}

/// `a:innerShdw`. Lengths in EMU, angle in degrees.
#[derive(Debug, Clone, PartialEq)]
pub struct InnerShadow {
    /// `@blurRad`.
    pub blur: i64,
    /// `@dist`.
    pub distance: i64,
    /// `@dir`.
    pub direction: f64,
    /// Colour with alpha.
    pub color: Color,
}

/// `a:reflection`. Lengths in EMU, angles in degrees, the rest fractions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reflection {
    /// `@blurRad`.
    pub blur: i64,
    /// `@stA`.
    pub start_alpha: f64,
    /// `@stPos`.
    pub start_position: f64,
    /// `@endA`.
    pub end_alpha: f64,
    /// `@endPos`.
    pub end_position: f64,
    /// `@dist`.
    pub distance: i64,
    /// `@dir` in degrees.
    pub direction: f64,
    /// `@sx`.
    pub sx: f64,
    /// `@sy`; -1 mirrors.
    pub sy: f64,
    /// `@algn`.
    pub align: RectAlign,
}
