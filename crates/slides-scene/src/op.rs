use std::sync::Arc;

use kurbo::{Affine, BezPath, Rect};

use crate::{GlyphRun, Image, Paint, PixelEffect, Rgba};

/// One drawing operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// Concatenates a transform until the matching [`Op::Pop`].
    Push(Affine),
    /// Ends a [`Op::Push`].
    Pop,
    /// Intersects the clip until the matching [`Op::PopClip`].
    Clip(Arc<BezPath>, FillRule),
    /// Ends a [`Op::Clip`].
    PopClip,
    /// Draws what follows as one group until the matching [`Op::PopLayer`].
    Layer {
        /// Opacity of the group 0..=1.
        alpha: f32,
        /// How the group mixes with what lies below.
        blend: BlendMode,
    },
    /// Ends a [`Op::Layer`].
    PopLayer,
    /// Fills a path.
    Fill(Arc<BezPath>, FillRule, Paint),
    /// Strokes a path.
    Stroke(Arc<BezPath>, StrokeStyle, Paint),
    /// Draws glyphs.
    Text(Arc<GlyphRun>, Paint),
    /// Draws a picture.
    Image(Box<ImageOp>),
    /// Draws a raster effect of other operations.
    Effect(Box<EffectOp>),
    /// Begins a structure element; nested until the matching [`Op::EndTag`].
    Tag(Tag),
    /// Ends a [`Op::Tag`].
    EndTag,
}

/// Which points are inside a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FillRule {
    /// Non-zero winding.
    #[default]
    NonZero,
    /// Even-odd.
    EvenOdd,
}

/// How a layer mixes with what lies below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BlendMode {
    /// Source over.
    #[default]
    Normal,
    /// Multiply.
    Multiply,
    /// Screen.
    Screen,
    /// Darken.
    Darken,
    /// Lighten.
    Lighten,
}

/// Stroke geometry. Widths and dashes are in the coordinates in force.
#[derive(Debug, Clone, PartialEq)]
pub struct StrokeStyle {
    /// Width in points; 0 is a hairline.
    pub width: f64,
    /// Ends.
    pub cap: kurbo::Cap,
    /// Corners.
    pub join: kurbo::Join,
    /// Miter limit.
    pub miter_limit: f64,
    /// Dash lengths in points; empty is solid.
    pub dashes: Vec<f64>,
}

impl StrokeStyle {
    /// A solid stroke with flat caps and round joins, PowerPoint's default.
    pub fn new(width: f64) -> Self {
        Self {
            width,
            cap: kurbo::Cap::Butt,
            join: kurbo::Join::Round,
            miter_limit: 8.0,
            dashes: Vec::new(),
        }
    }
}

/// A picture in a box.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageOp {
    /// The picture.
    pub image: Arc<Image>,
    /// Box in the coordinates in force that the cropped part fills.
    pub dst: Rect,
    /// Part of the picture to show, in fractions of its size; may reach outside 0..=1 (padding).
    pub crop: Rect,
    /// Opacity 0..=1.
    pub alpha: f32,
    /// Pixel changes, in order.
    pub effects: Vec<PixelEffect>,
    /// Alternative text.
    pub alt: Option<String>,
}

impl ImageOp {
    /// A whole picture in the unit square, for a fill that brings its own transform.
    pub fn of_fill(image: &Arc<Image>, alpha: f32, effects: &[PixelEffect]) -> Self {
        let whole = Rect::new(0.0, 0.0, 1.0, 1.0);
        Self {
            image: Arc::clone(image),
            dst: whole,
            crop: whole,
            alpha,
            effects: effects.to_vec(),
            alt: None,
        }
    }
}

/// A raster effect: `source` is drawn into an offscreen picture, changed, and painted.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectOp {
    /// What the effect is made from, in the coordinates in force.
    pub source: Vec<Op>,
    /// Box that the result needs, in the coordinates in force.
    pub bounds: Rect,
    /// What is done.
    pub kind: EffectKind,
}

/// Kinds of raster effect. Lengths in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EffectKind {
    /// The silhouette in one colour (its alpha is the plateau), blurred by a Gaussian of `sigma`. The
    /// source is *not* drawn.
    Shadow {
        /// Colour and plateau alpha.
        color: Rgba,
        /// Standard deviation (`blurRad / 3`).
        sigma: f64,
    },
    /// The silhouette grown by `radius`, in one colour, fading out. The source is not drawn.
    Glow {
        /// Colour and plateau alpha.
        color: Rgba,
        /// Radius.
        radius: f64,
    },
    /// The shadow that falls inside the silhouette, moved by `dx`, `dy`. The source is not drawn.
    InnerShadow {
        /// Colour and plateau alpha.
        color: Rgba,
        /// Standard deviation.
        sigma: f64,
        /// Offset to the right.
        dx: f64,
        /// Offset down.
        dy: f64,
    },
    /// The source itself, its edges fading over `radius`.
    SoftEdge {
        /// Radius.
        radius: f64,
    },
    /// The source itself, blurred.
    Blur {
        /// Standard deviation.
        sigma: f64,
    },
    /// The source itself with opacity falling linearly from `start_alpha` at `from_y` to `end_alpha` at `to_y`
    /// (reflections; the mirroring is in the source's own transform).
    Fade {
        /// Where the fade starts.
        from_y: f64,
        /// Where it ends.
        to_y: f64,
        /// Opacity at the start.
        start_alpha: f32,
        /// Opacity at the end.
        end_alpha: f32,
    },
}

/// Structure for tagged output and text extraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tag {
    /// A paragraph of the slide's title.
    Title,
    /// A paragraph.
    Paragraph,
    /// A paragraph of a list; neighbours make one list.
    ListItem {
        /// Nesting, 0 for the outermost.
        level: u8,
        /// Whether its label counts.
        numbered: bool,
    },
    /// The bullet or number of the list item it lies in.
    Label,
    /// A picture or drawing with its alternative text.
    Figure(Option<String>),
    /// A table.
    Table,
    /// A row of the table.
    TableRow,
    /// A cell of the row.
    TableCell {
        /// What it heads, if it is a header.
        header: Option<Heads>,
        /// Columns that it spans.
        columns: u32,
        /// Rows that it spans.
        rows: u32,
    },
    /// Decoration that is not read.
    Artifact,
}

/// What a header cell of a table heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heads {
    /// The cells below it.
    Column,
    /// The cells beside it.
    Row,
    /// Both.
    Both,
}
