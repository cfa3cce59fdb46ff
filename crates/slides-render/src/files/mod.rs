//! Pixels as files.
//!
//! Files of many pages are written as they come: nothing of a page is kept once it is written.

mod bmp;
mod gif;
mod jpeg;
mod palette;
#[cfg(feature = "png")]
mod png;
#[cfg(test)]
mod tests;
mod tiff;

pub use bmp::encode_bmp;
pub use gif::{GifFrame, GifWriter, encode_gif_frame};
pub use jpeg::encode_jpeg;
#[cfg(feature = "png")]
pub use png::{PngCompression, encode_png};
pub use tiff::{
    BlackWhite, TiffCompression, TiffOptions, TiffPage, TiffPixels, TiffWriter, encode_tiff_page,
};

use crate::error::RenderError;
use crate::raster::Pixmap;

/// Pixels per metre of a resolution in dots per inch.
fn per_meter(dpi: f64) -> u32 {
    (dpi / 0.0254).round().clamp(0.0, f64::from(u32::MAX)) as u32
}

fn failed(
    format: &'static str,
    pixmap: &Pixmap,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> RenderError {
    RenderError::File {
        format,
        width: pixmap.width(),
        height: pixmap.height(),
        source: std::io::Error::other(cause),
    }
}
