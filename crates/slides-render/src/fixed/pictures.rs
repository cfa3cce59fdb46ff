//! Pictures as files of the document, each once.
use std::collections::HashMap;

use kurbo::Rect;

use super::Dialect;
use crate::coded::{Coded, Request};
use crate::error::Warnings;
use crate::limits::Limits;
use crate::picture::{Allowance, Pixels};
use crate::svg::SideFile;

/// Quality of JPEG pictures that have to be coded again.
const JPEG_QUALITY: u8 = 95;
/// `JFIF` with 96 dots to the inch.
const JFIF: [u8; 18] = [
    0xFF, 0xE0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 1, 0, 96, 0, 96, 0, 0,
];

/// A picture of the document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Held {
    pub(super) name: String,
    /// Pixels, which are its size in units.
    pub(super) size: (u32, u32),
    /// The part of the whole picture that it shows, in fractions.
    pub(super) part: Rect,
}

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

    pub(super) fn get(
        &mut self,
        request: &Request<'_>,
        dialect: Dialect,
        limits: &Limits,
        warnings: &mut Warnings,
    ) -> Option<Held> {
        let key = &request.image.key;
        let name = request.name();
        if let Some(known) = self.known.get(&name) {
            return known.clone();
        }
        if !self.allowance.decode(request.image, limits, warnings) {
            return None;
        }
        let held = match Coded::of(request, JPEG_QUALITY, limits) {
            Ok(coded) => {
                if let Some(lost) = &coded.lost {
                    warnings.add("picture", format!("picture `{key}` {lost}"));
                }
                Some(self.keep(coded, dialect))
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
    pub(super) fn pixels(&mut self, pixels: Pixels, dialect: Dialect) -> Option<Held> {
        Some(self.keep(Coded::of_pixels(pixels).ok()?, dialect))
    }

    fn keep(&mut self, coded: Coded, dialect: Dialect) -> Held {
        self.count += 1;
        let (extension, media_type) = coded.kind();
        let held = Held {
            name: dialect.picture(self.count, extension),
            size: coded.size,
            part: coded.part,
        };
        let bytes = if coded.is_jpeg {
            plain_jpeg(&coded.bytes)
        } else {
            plain_png(&coded.bytes)
        };
        self.files.push(SideFile {
            name: held.name.trim_start_matches('/').to_owned(),
            extension,
            media_type,
            bytes: bytes.unwrap_or(coded.bytes),
        });
        held
    }
}

/// Without a resolution: readers measure pictures in 1/96 inch by it.
fn plain_png(bytes: &[u8]) -> Option<Vec<u8>> {
    let (head, mut rest) = bytes.split_at_checked(8)?;
    let mut out = head.to_vec();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        let kind = rest.get(4..8)?;
        let (chunk, after) = rest.split_at_checked(length.checked_add(12)?)?;
        if !matches!(kind, b"pHYs" | b"eXIf") {
            out.extend_from_slice(chunk);
        }
        rest = after;
        if kind == b"IEND" {
            break;
        }
    }
    Some(out)
}

/// The same of a JPEG; it says 96 dots to the inch, and nothing of how the camera was held.
fn plain_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let (head, mut rest) = bytes.split_at_checked(2)?;
    let mut out = head.to_vec();
    let mut segments = Vec::new();
    let mut has_jfif = false;
    loop {
        let (0xFF, marker) = (*rest.first()?, *rest.get(1)?) else {
            return None;
        };
        match marker {
            // Filler.
            0xFF => rest = rest.get(1..)?,
            // The scan: as it is to the end.
            0xDA => break,
            0x01 | 0xD0..=0xD9 => return None,
            _ => {
                let length = usize::from(u16::from_be_bytes(rest.get(2..4)?.try_into().ok()?));
                let (segment, after) = rest.split_at_checked(length + 2)?;
                let says = segment.get(4..).unwrap_or_default();
                let drops = match marker {
                    0xE0 => {
                        has_jfif |= says.starts_with(b"JFIF\0");
                        says.starts_with(b"JFIF\0") || says.starts_with(b"JFXX\0")
                    }
                    0xE1 => says.starts_with(b"Exif\0"),
                    0xED => true,
                    _ => false,
                };
                if !drops {
                    segments.extend_from_slice(segment);
                }
                rest = after;
            }
        }
    }
    // Without one its colours could be read otherwise.
    if has_jfif {
        out.extend(JFIF);
    }
    out.extend(segments);
    out.extend_from_slice(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::samples;

    #[test]
    fn resolutions_are_left_out_and_pixels_stay() {
        let jpeg = samples::jpeg(16, 8);
        let mut dense = jpeg.clone();
        let at = dense.windows(5).position(|part| part == b"JFIF\0").unwrap();
        dense[at + 7..at + 12].copy_from_slice(&[1, 1, 44, 1, 44]);
        let camera = [0xFF, 0xE1, 0, 10, b'E', b'x', b'i', b'f', 0, 0, 1, 2];
        dense.splice(2..2, camera);
        let plain = plain_jpeg(&dense).unwrap();
        assert_eq!(plain[2..20], JFIF);
        assert!(!plain.windows(4).any(|part| part == b"Exif"));
        let decode = |bytes: &[u8]| {
            zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(bytes))
                .decode()
                .unwrap()
        };
        assert_eq!(decode(&plain), decode(&jpeg));

        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, 1, 1);
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: 100,
            yppu: 100,
            unit: png::Unit::Meter,
        }));
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[7]).unwrap();
        writer.finish().unwrap();
        let plain = plain_png(&png).unwrap();
        assert_eq!(plain.len() + 21, png.len());
        let reader = png::Decoder::new(std::io::Cursor::new(&plain)).read_info();
        assert!(reader.unwrap().info().pixel_dims.is_none());
    }

    #[test]
    fn broken_files_are_no_harm() {
        for bytes in [
            &b""[..],
            b"\xFF\xD8",
            b"\xFF\xD8\xFF\xE0\0",
            b"\x89PNG\r\n\x1A\n\xFF\xFF\xFF\xFFIDAT",
        ] {
            assert_eq!(plain_jpeg(bytes), None);
            assert!(plain_png(bytes).is_none_or(|out| out.len() <= bytes.len()));
        }
    }
}
