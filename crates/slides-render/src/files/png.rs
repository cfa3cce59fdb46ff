use crate::error::RenderError;
use crate::picture::repack;
use crate::raster::Pixmap;

/// How much work goes into a PNG's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PngCompression {
    /// Quick.
    Fast,
    /// A good size for the time.
    #[default]
    Balanced,
    /// The smallest.
    Small,
}

/// Writes pixels as PNG; without an alpha channel when all are opaque. `dpi` is noted in the file when given.
///
/// # Errors
///
/// [`RenderError::File`] when the encoder fails.
pub fn encode_png(
    pixmap: &Pixmap,
    compression: PngCompression,
    dpi: Option<f64>,
) -> Result<Vec<u8>, RenderError> {
    let (width, height) = (pixmap.width(), pixmap.height());
    let mut out = Vec::new();
    let mut write = || -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(match compression {
            PngCompression::Fast => png::Compression::Fast,
            PngCompression::Balanced => png::Compression::Balanced,
            PngCompression::Small => png::Compression::High,
        });
        if let Some(dpi) = dpi.filter(|dpi| dpi.is_finite() && *dpi > 0.0) {
            let resolution = super::per_meter(dpi);
            encoder.set_pixel_dims(Some(png::PixelDimensions {
                xppu: resolution,
                yppu: resolution,
                unit: png::Unit::Meter,
            }));
        }
        if pixmap.rgba().chunks_exact(4).all(|pixel| pixel[3] == 255) {
            encoder.set_color(png::ColorType::Rgb);
            let rgb = repack(pixmap.rgba(), |[r, g, b, _]: [u8; 4]| [r, g, b]);
            encoder.write_header()?.write_image_data(&rgb)
        } else {
            encoder.set_color(png::ColorType::Rgba);
            encoder.write_header()?.write_image_data(pixmap.rgba())
        }
    };
    write().map_err(|error| super::failed("PNG", pixmap, error))?;
    Ok(out)
}
