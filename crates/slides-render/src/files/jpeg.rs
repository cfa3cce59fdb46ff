use jpeg_encoder::{ColorType, Density, Encoder, SamplingFactor};

use super::failed;
use crate::error::RenderError;
use crate::raster::Pixmap;

/// Writes pixels as a baseline JPEG with colours at full resolution, so that edges of text stay clean; opacity is
/// left out. `quality` is 1 to 100. `dpi` is noted in the file when given.
///
/// # Errors
///
/// [`RenderError::File`] when the encoder fails or a side has more than 65535 pixels.
pub fn encode_jpeg(pixmap: &Pixmap, quality: u8, dpi: Option<f64>) -> Result<Vec<u8>, RenderError> {
    let side = |side: u32| u16::try_from(side).map_err(|error| failed("JPEG", pixmap, error));
    let (width, height) = (side(pixmap.width())?, side(pixmap.height())?);
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, quality.clamp(1, 100));
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    if let Some(dpi) = dpi.filter(|dpi| dpi.is_finite() && *dpi > 0.0) {
        let dots = dpi.round().clamp(1.0, 65_535.0) as u16;
        encoder.set_density(Density::Inch { x: dots, y: dots });
    }
    encoder
        .encode(pixmap.rgba(), width, height, ColorType::Rgba)
        .map_err(|error| failed("JPEG", pixmap, error))?;
    Ok(out)
}
