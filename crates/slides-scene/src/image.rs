use std::sync::Arc;

use crate::{BlendMode, Rgba};

/// A picture, shared by all pages that show it.
#[derive(Debug, Clone)]
pub struct Image {
    /// Key that is equal for equal pictures of one deck (such as the part name).
    pub key: String,
    /// Bytes or pixels.
    pub data: ImageData,
    /// Size in pixels as the header says it; never trusted for allocation.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// By their keys, as exporters tell pictures apart.
impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        (&self.key, self.width, self.height) == (&other.key, other.width, other.height)
    }
}

/// Encoded bytes that exporters may pass through, or decoded pixels.
#[derive(Debug, Clone)]
pub enum ImageData {
    /// Bytes as the deck holds them.
    Encoded {
        /// Format by content, not by name.
        format: ImageFormat,
        /// The bytes.
        bytes: Arc<[u8]>,
    },
    /// Straight-alpha RGBA, 4 bytes a pixel, rows from the top, `width x height x 4` bytes.
    Rgba(Arc<[u8]>),
}

/// Encodings an exporter reads itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImageFormat {
    /// JPEG, any colour model.
    Jpeg,
    /// PNG.
    Png,
    /// GIF, first frame.
    Gif,
    /// WebP.
    WebP,
}

/// A per-pixel change (DrawingML children of `a:blip`), applied to the decoded pixels in order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PixelEffect {
    /// Grey by luminance.
    Grayscale,
    /// Black or white by a threshold 0..=1.
    BiLevel(f32),
    /// Luminance mapped between two colours.
    Duotone(Rgba, Rgba),
    /// Brightness and contrast, each -1..=1.
    Luminance {
        /// Brightness.
        bright: f32,
        /// Contrast.
        contrast: f32,
    },
    /// One colour replaced by another.
    ColorChange {
        /// Colour to replace.
        from: Rgba,
        /// Colour to put there; may be transparent.
        to: Rgba,
    },
    /// Opacity multiplied by 0..=1.
    AlphaModulate(f32),
    /// Clear below a threshold 0..=1 of opacity, else opaque.
    AlphaBiLevel(f32),
    /// Opaque unless clear.
    AlphaCeiling,
    /// Clear unless opaque.
    AlphaFloor,
    /// Opacity the other way round.
    AlphaInverse,
    /// One opacity 0..=1 everywhere.
    AlphaReplace(f32),
    /// One colour everywhere; opacity stays.
    ColorReplace(Rgba),
    /// Hue turned, saturation and luminance changed relative to what they are.
    Hsl {
        /// Degrees.
        hue: f32,
        /// -1 (grey) ..=1 (doubled).
        saturation: f32,
        /// -1 (black) ..=1 (white).
        luminance: f32,
    },
    /// Colours moved towards a hue, their luminance kept.
    Tint {
        /// Degrees.
        hue: f32,
        /// -1 (away from it) ..=1 (that hue only).
        amount: f32,
    },
    /// A colour laid over what is opaque.
    Overlay(Rgba, BlendMode),
}
