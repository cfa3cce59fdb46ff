//! Scene to PDF and raster images.
//!
//! [`PdfWriter`] (feature `pdf`) takes pages one after the other and gives a PDF with selectable text, links and an
//! outline. [`Rasterizer`] draws a page into pixels, which [`encode_png`] (feature `png`) writes as PNG.
//!
//! Nothing a page holds can make them panic or use memory without bound: geometry is cleaned, sizes are held against
//! [`Limits`], and a picture that cannot be read is left out with a [`Warning`]. The same pages and options give the
//! same bytes.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod effect;
mod error;
mod geometry;
mod gradient;
mod inks;
mod limits;
mod outlines;
#[cfg(feature = "pdf")]
mod pdf;
mod picture;
#[cfg(feature = "png")]
mod png_file;
mod raster;
mod recolor;
#[cfg(test)]
mod testing;
mod walk;

pub use error::{RenderError, Warning};
pub use limits::Limits;
#[cfg(feature = "pdf")]
pub use pdf::{
    DateTime, PdfConformance, PdfOptions, PdfPermissions, PdfProtection, PdfVersion, PdfWriter,
    PicturePrefetch, ReadyPictures,
};
#[cfg(feature = "png")]
pub use png_file::{PngCompression, encode_png};
pub use raster::{Pixmap, RasterOptions, Rasterizer};
