//! Pictures as bytes that go into a document: as they came where that can be.
use std::fmt::Write;

use kurbo::Rect;
use slides_scene::{Image, ImageData, ImageFormat, PixelEffect};

use crate::files::{PngCompression, encode_png};
use crate::limits::Limits;
use crate::picture::{self, Pixels};
use crate::raster::Pixmap;

/// Below this part of a picture its rest is cut away when that was asked for.
const CROP_PART: f64 = 0.98;

/// A picture that a page asks for.
pub(crate) struct Request<'a> {
    pub(crate) image: &'a Image,
    pub(crate) effects: &'a [PixelEffect],
    /// Pixels that the whole picture needs at the resolution asked for.
    pub(crate) target: Option<(u32, u32)>,
    /// The part of it that is seen, in fractions; none where the rest is kept.
    pub(crate) cut_to: Option<Rect>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        image: &'a Image,
        effects: &'a [PixelEffect],
        target: Option<(u32, u32)>,
    ) -> Self {
        Self {
            image,
            effects,
            target,
            cut_to: None,
        }
    }

    /// With what is not seen cut away.
    pub(crate) fn cut_to(mut self, seen: Rect) -> Self {
        self.cut_to = Some(seen).filter(|seen| seen.area() < CROP_PART);
        self
    }

    /// Equal for requests that give the same bytes.
    pub(crate) fn name(&self) -> String {
        let Image {
            key, width, height, ..
        } = self.image;
        let mut name = format!("{key}|{width}x{height}|{:?}", self.effects);
        if let Some(target) = self.target {
            let _ = write!(name, "|{target:?}");
        }
        if let Some(seen) = self.cut_to {
            let _ = write!(name, "|{seen:?}");
        }
        name
    }
}

/// A picture as a PNG or JPEG file.
pub(crate) struct Coded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_jpeg: bool,
    pub(crate) size: (u32, u32),
    /// The part of the whole picture that it holds, in fractions.
    pub(crate) part: Rect,
    /// What could not be read of it.
    pub(crate) lost: Option<String>,
}

impl Coded {
    /// The picture's file; the reason where it cannot be read. `quality` is that of JPEG pictures that are coded again.
    pub(crate) fn of(request: &Request<'_>, quality: u8, limits: &Limits) -> Result<Self, String> {
        passed(request, limits).map_or_else(|| code(request, quality, limits), Ok)
    }

    /// Pixels that were drawn.
    pub(crate) fn of_pixels(pixels: Pixels) -> Result<Self, String> {
        png(pixels, Rect::new(0.0, 0.0, 1.0, 1.0))
    }

    /// File extension and media type.
    pub(crate) fn kind(&self) -> (&'static str, &'static str) {
        if self.is_jpeg {
            ("jpg", "image/jpeg")
        } else {
            ("png", "image/png")
        }
    }
}

/// A picture as it came.
fn passed(request: &Request<'_>, limits: &Limits) -> Option<Coded> {
    let ImageData::Encoded { format, bytes } = &request.image.data else {
        return None;
    };
    if request.cut_to.is_some() || !request.effects.is_empty() {
        return None;
    }
    let (size, is_jpeg) = match picture::sniff(bytes).unwrap_or(*format) {
        ImageFormat::Jpeg if !picture::is_four_colored(bytes) => {
            let header = picture::jpeg_header(bytes).ok()?;
            ((header.width, header.height), true)
        }
        ImageFormat::Png => {
            let reader = png::Decoder::new(std::io::Cursor::new(&**bytes))
                .read_info()
                .ok()?;
            let info = reader.info();
            // Moving pictures stand still.
            if info.is_animated() {
                return None;
            }
            ((info.width, info.height), false)
        }
        _ => return None,
    };
    let reduced = request.target.is_some_and(|(width, height)| {
        picture::is_reduced(size.0, width) || picture::is_reduced(size.1, height)
    });
    let pixels = u64::from(size.0) * u64::from(size.1);
    if reduced || pixels == 0 || pixels > limits.max_image_pixels {
        return None;
    }
    Some(Coded {
        bytes: bytes.to_vec(),
        is_jpeg,
        size,
        part: Rect::new(0.0, 0.0, 1.0, 1.0),
        lost: None,
    })
}

/// Decodes, changes, scales and cuts a picture; the reason where it cannot be read.
fn code(request: &Request<'_>, quality: u8, limits: &Limits) -> Result<Coded, String> {
    let (pixels, lost) = picture::prepare(request.image, request.effects, request.target, limits)?;
    let (pixels, part) = match request.cut_to {
        Some(seen) => picture::cut(&pixels, seen),
        None => (pixels, Rect::new(0.0, 0.0, 1.0, 1.0)),
    };
    let was_jpeg = match &request.image.data {
        ImageData::Encoded { format, bytes } => {
            picture::sniff(bytes).unwrap_or(*format) == ImageFormat::Jpeg
        }
        ImageData::Rgba(_) => false,
    };
    let sides = (u16::try_from(pixels.width), u16::try_from(pixels.height));
    if let (true, true, (Ok(width), Ok(height))) = (was_jpeg, pixels.opaque, sides) {
        let mut bytes = Vec::new();
        jpeg_encoder::Encoder::new(&mut bytes, quality.clamp(1, 100))
            .encode(&pixels.rgba, width, height, jpeg_encoder::ColorType::Rgba)
            .map_err(|error| format!("cannot be written ({error})"))?;
        return Ok(Coded {
            bytes,
            is_jpeg: true,
            size: (pixels.width, pixels.height),
            part,
            lost,
        });
    }
    Ok(Coded {
        lost,
        ..png(pixels, part)?
    })
}

fn png(pixels: Pixels, part: Rect) -> Result<Coded, String> {
    let pixmap = Pixmap::new(pixels);
    let bytes = encode_png(&pixmap, PngCompression::Balanced, None)
        .map_err(|error| format!("cannot be written ({error})"))?;
    Ok(Coded {
        bytes,
        is_jpeg: false,
        size: (pixmap.width(), pixmap.height()),
        part,
        lost: None,
    })
}
