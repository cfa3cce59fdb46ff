//! Scene to PDF and raster images.
//!
//! [`PdfWriter`] (feature `pdf`) takes pages one after the other and gives a PDF with selectable text, links and an
//! outline. [`Rasterizer`] draws a page into pixels, which [`encode_png`] (feature `png`) writes as PNG, [`encode_jpeg`]
//! as JPEG, and so on; [`GifWriter`] and [`TiffWriter`] put many pages into one file. [`XpsWriter`] and [`XamlWriter`]
//! share their markup; [`EmfWriter`] writes metafiles.
//!
//! Nothing a page holds can make them panic or use memory without bound: geometry is cleaned, sizes are held against
//! [`Limits`], and a picture that cannot be read is left out with a [`Warning`]. The same pages and options give the
//! same bytes.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod coded;
mod effect;
mod effect_cache;
mod emf;
mod error;
mod files;
mod fixed;
mod geometry;
mod gradient;
mod html;
mod inks;
mod limits;
mod markdown;
mod motion;
mod outlines;
mod paints;
#[cfg(feature = "pdf")]
mod pdf;
mod picture;
mod plain;
mod raster;
mod recolor;
mod sfnt;
mod svg;
#[cfg(test)]
mod testing;
mod walk;
mod xaml;
mod xps;

pub use emf::{EmfOptions, EmfWriter};
pub use error::{RenderError, Warning};
pub use files::{
    BlackWhite, GifFrame, GifWriter, TiffCompression, TiffOptions, TiffPage, TiffPixels,
    TiffWriter, encode_bmp, encode_gif_frame, encode_jpeg, encode_tiff_page,
};
#[cfg(feature = "png")]
pub use files::{PngCompression, encode_png};
pub use html::{HtmlOptions, HtmlWidth, HtmlWriter};
pub use limits::Limits;
pub use markdown::{
    MarkdownLines, MarkdownOptions, MarkdownSpaces, MarkdownTables, MarkdownWriter, Remarks,
};
#[cfg(feature = "pdf")]
pub use pdf::{
    DateTime, PdfConformance, PdfOptions, PdfPermissions, PdfProtection, PdfVersion, PdfWriter,
    PicturePrefetch, PrefetchWorker, ReadyPictures,
};
pub use raster::{Pixmap, RasterOptions, Rasterizer};
pub use svg::{SideFile, SvgOptions, SvgText, SvgWriter};
pub use xaml::{XamlOptions, XamlWriter};
pub use xps::{XpsOptions, XpsWriter};
