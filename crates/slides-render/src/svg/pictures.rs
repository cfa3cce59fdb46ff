//! Pictures as a document holds them: each once, as it came where that can be.
use std::collections::HashMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kurbo::Rect;
use slides_scene::{Image, ImageData, ImageFormat, PixelEffect};

use super::SvgOptions;
use crate::error::Warnings;
use crate::files::{PngCompression, encode_png};
use crate::limits::Limits;
use crate::picture::{self, Allowance, Pixels};
use crate::raster::Pixmap;

/// Below this part of a picture its rest is cut away when that was asked for.
const CROP_PART: f64 = 0.98;

/// A picture that a page asks for.
pub(super) struct Request<'a> {
    pub(super) image: &'a Image,
    pub(super) effects: &'a [PixelEffect],
    /// Pixels that the whole picture needs at the resolution asked for.
    pub(super) target: Option<(u32, u32)>,
    /// The part of it that is seen, in fractions.
    pub(super) seen: Rect,
}

/// A picture of the document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Held {
    /// Its element.
    pub(super) id: String,
    /// Pixels, which are the element's size.
    pub(super) size: (u32, u32),
    /// The part of the whole picture that it shows, in fractions.
    pub(super) part: Rect,
}

/// A file beside the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideFile {
    /// Its name below the document's folder, with `/` between folders.
    pub name: String,
    /// File extension without a dot.
    pub extension: &'static str,
    /// Media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The pictures of one document.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    known: HashMap<String, Option<Held>>,
    allowance: Allowance,
    count: usize,
    /// Files made since they were last taken.
    pub(super) files: Vec<SideFile>,
}

impl Pictures {
    pub(super) fn begin_page(&mut self) {
        self.allowance = Allowance::default();
    }

    /// The picture's element, written to `out` when it is new.
    pub(super) fn get(
        &mut self,
        request: &Request<'_>,
        options: &SvgOptions,
        out: &mut String,
        warnings: &mut Warnings,
    ) -> Option<Held> {
        let Image {
            key, width, height, ..
        } = request.image;
        let cut = options.cut_pictures && request.seen.area() < CROP_PART;
        let mut name = format!("{key}|{width}x{height}|{:?}", request.effects);
        if let Some(target) = request.target {
            let _ = write!(name, "|{target:?}");
        }
        if cut {
            let _ = write!(name, "|{:?}", request.seen);
        }
        if let Some(known) = self.known.get(&name) {
            return known.clone();
        }
        if !self
            .allowance
            .decode(request.image, &options.limits, warnings)
        {
            return None;
        }
        let coded =
            passed(request, cut, &options.limits).map_or_else(|| code(request, cut, options), Ok);
        let held = match coded {
            Ok(coded) => {
                if let Some(lost) = &coded.lost {
                    warnings.add("picture", format!("picture `{key}` {lost}"));
                }
                Some(self.write(coded, options, out))
            }
            Err(reason) => {
                warnings.add(
                    "picture",
                    format!("picture `{key}` {reason}; it was left out"),
                );
                None
            }
        };
        self.known.insert(name, held.clone());
        held
    }

    /// Pixels that were drawn for this place alone.
    pub(super) fn pixels(
        &mut self,
        pixels: Pixels,
        options: &SvgOptions,
        out: &mut String,
    ) -> Option<Held> {
        let coded = png(pixels, Rect::new(0.0, 0.0, 1.0, 1.0)).ok()?;
        Some(self.write(coded, options, out))
    }

    fn write(&mut self, coded: Coded, options: &SvgOptions, out: &mut String) -> Held {
        self.count += 1;
        let held = Held {
            id: format!("{}p{}", options.id_prefix, self.count),
            size: coded.size,
            part: coded.part,
        };
        let _ = write!(
            out,
            "<defs><image id=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" xlink:href=\"",
            held.id, coded.size.0, coded.size.1
        );
        let (media_type, extension) = if coded.is_jpeg {
            ("image/jpeg", "jpg")
        } else {
            ("image/png", "png")
        };
        if let Some(folder) = &options.picture_folder {
            let name = format!(
                "{folder}/{}picture{}.{extension}",
                options.picture_prefix, self.count
            );
            super::markup::escape(out, &name.replace(' ', "%20"));
            self.files.push(SideFile {
                name,
                extension,
                media_type,
                bytes: coded.bytes,
            });
        } else {
            let _ = write!(out, "data:{media_type};base64,");
            STANDARD.encode_string(&coded.bytes, out);
        }
        out.push_str("\"/></defs>");
        held
    }
}

struct Coded {
    bytes: Vec<u8>,
    is_jpeg: bool,
    size: (u32, u32),
    part: Rect,
    lost: Option<String>,
}

/// A picture as it came.
fn passed(request: &Request<'_>, cut: bool, limits: &Limits) -> Option<Coded> {
    let ImageData::Encoded { format, bytes } = &request.image.data else {
        return None;
    };
    if cut || !request.effects.is_empty() {
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
fn code(request: &Request<'_>, cut: bool, options: &SvgOptions) -> Result<Coded, String> {
    let (pixels, lost) = picture::prepare(
        request.image,
        request.effects,
        request.target,
        &options.limits,
    )?;
    let (pixels, part) = if cut {
        picture::cut(&pixels, request.seen)
    } else {
        (pixels, Rect::new(0.0, 0.0, 1.0, 1.0))
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
        let quality = options.jpeg_quality.clamp(1, 100);
        jpeg_encoder::Encoder::new(&mut bytes, quality)
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
