use std::io::Write;

use gif::{Encoder, Frame, Repeat};

use super::{failed, palette};
use crate::error::RenderError;
use crate::raster::Pixmap;

/// Colours of one frame.
const COLORS: usize = 256;

/// A page as a frame of a GIF, compressed.
#[derive(Debug, Clone)]
pub struct GifFrame(Frame<'static>);

impl GifFrame {
    /// Bytes that it takes.
    pub fn len(&self) -> usize {
        self.0.buffer.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.0.buffer.is_empty()
    }
}

/// Makes a frame of at most 256 colours, shown for `delay` hundredths of a second; opacity is left out.
///
/// # Errors
///
/// [`RenderError::File`] when a side has more than 65535 pixels.
pub fn encode_gif_frame(pixmap: &Pixmap, delay: u16) -> Result<GifFrame, RenderError> {
    let side = |side: u32| u16::try_from(side).map_err(|error| failed("GIF", pixmap, error));
    let (width, height) = (side(pixmap.width())?, side(pixmap.height())?);
    let indexed = palette::indexed(pixmap.rgba(), COLORS);
    let mut frame =
        Frame::from_palette_pixels(width, height, indexed.pixels, indexed.colors.concat(), None);
    frame.delay = delay;
    frame.make_lzw_pre_encoded();
    Ok(GifFrame(frame))
}

/// Writes frames of one size into a GIF that starts over when it ends.
pub struct GifWriter<W: Write> {
    encoder: Option<Encoder<W>>,
    out: Option<W>,
}

impl<W: Write> std::fmt::Debug for GifWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GifWriter").finish_non_exhaustive()
    }
}

impl<W: Write> GifWriter<W> {
    /// A file that begins with its first frame.
    pub fn new(out: W) -> Self {
        Self {
            encoder: None,
            out: Some(out),
        }
    }

    /// Writes the next frame.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being written.
    pub fn frame(&mut self, frame: &GifFrame) -> std::io::Result<()> {
        let frame = &frame.0;
        if let Some(out) = self.out.take() {
            let mut encoder = Encoder::new(out, frame.width, frame.height, &[]).map_err(io)?;
            encoder.set_repeat(Repeat::Infinite).map_err(io)?;
            self.encoder = Some(encoder);
        }
        match &mut self.encoder {
            Some(encoder) => encoder.write_lzw_pre_encoded_frame(frame).map_err(io),
            None => Err(std::io::Error::other("the file could not be begun")),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    ///
    /// Whatever keeps the end from being written.
    pub fn finish(self) -> std::io::Result<()> {
        match self.encoder {
            Some(encoder) => encoder.into_inner().map_err(io)?.flush(),
            None => Ok(()),
        }
    }
}

fn io(error: gif::EncodingError) -> std::io::Error {
    match error {
        gif::EncodingError::Io(error) => error,
        error => std::io::Error::other(error),
    }
}
