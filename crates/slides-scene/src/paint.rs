use std::sync::Arc;

use kurbo::{Affine, Point, Rect};

use crate::Image;

/// Encoded sRGB with straight alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rgba {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// Opacity: 255 is opaque.
    pub a: u8,
}

impl Rgba {
    /// Opaque black.
    pub const BLACK: Self = Self::rgb(0, 0, 0);
    /// Opaque white.
    pub const WHITE: Self = Self::rgb(255, 255, 255);

    /// An opaque colour.
    pub const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b, a: 255 }
    }

    /// The colour with another opacity.
    #[must_use]
    pub const fn with_alpha(self, a: u8) -> Self {
        Self { a, ..self }
    }
}

/// What a path or glyph run is filled with. Geometry is in the coordinates in
/// force at the operation that uses the paint.
#[derive(Debug, Clone, PartialEq)]
pub enum Paint {
    /// One colour.
    Solid(Rgba),
    /// Colours along an axis; before the first and after the last stop the end colours go on.
    Linear {
        /// Where position 0 lies.
        start: Point,
        /// Where position 1 lies.
        end: Point,
        /// Stops, positions ascending.
        stops: Vec<GradientStop>,
    },
    /// Colours along nested shapes, from `focus` (position 0) to `bounds` (position 1).
    Path {
        /// Shape of the nested rings.
        kind: PathGradient,
        /// Outer box: position 1.
        bounds: Rect,
        /// Inner box, possibly without area: position 0.
        focus: Rect,
        /// Stops, positions ascending.
        stops: Vec<GradientStop>,
    },
    /// A picture, once or repeated.
    Image {
        /// The picture.
        image: Arc<Image>,
        /// From the unit square (picture left-top 0,0 to right-bottom 1,1) to the coordinates in force.
        transform: Affine,
        /// Whether it repeats.
        tile: TileMode,
        /// Opacity 0..=1.
        alpha: f32,
        /// Pixel changes, in order.
        effects: Vec<crate::PixelEffect>,
    },
    /// An 8 x 8 two-colour pattern (DrawingML `pattFill`); one cell is 0.75 points.
    Pattern {
        /// Colour of set bits.
        foreground: Rgba,
        /// Colour of clear bits.
        background: Rgba,
        /// Rows from the top, most significant bit left.
        bits: [u8; 8],
    },
}

/// Shape of a path gradient (DrawingML `a:path/@path`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathGradient {
    /// Ellipses.
    Circle,
    /// Rectangles.
    Rect,
    /// The outline of the shape that is filled. Layout breaks it down where it can; exporters draw rectangles.
    Shape,
}

/// One colour on a gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradientStop {
    /// Position 0..=1.
    pub offset: f32,
    /// Colour there.
    pub color: Rgba,
}

/// How a picture paint repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TileMode {
    /// Once; nothing is painted beyond it.
    #[default]
    None,
    /// Repeated, with every other copy mirrored along the named axes.
    Repeat {
        /// Mirror every other column.
        flip_x: bool,
        /// Mirror every other row.
        flip_y: bool,
    },
}
