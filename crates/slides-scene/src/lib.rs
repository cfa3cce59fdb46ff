//! The display list between layout and the exporters: pages of paths, glyph
//! runs, pictures, effects and links. Data only; nothing here reads a deck or
//! writes a file.
//!
//! Coordinates are points (1/72 inch), x to the right, y **down**, origin at
//! the page's top left corner, `f64`. Colours are encoded (not linear) sRGB
//! with straight alpha.

mod hsl;
mod image;
mod motion;
mod op;
mod page;
mod paint;
mod text;

pub use hsl::{from_hsl, to_hsl};
pub use image::{Image, ImageData, ImageFormat, PixelEffect};
pub use kurbo;
pub use motion::{Motion, MotionKind, PageMotion, Side};
pub use op::{BlendMode, EffectKind, EffectOp, FillRule, Heads, ImageOp, Op, StrokeStyle, Tag};
pub use page::{Link, LinkTarget, Page};
pub use paint::{GradientStop, Paint, PathGradient, Rgba, TileMode};
pub use text::{Glyph, GlyphRun};
