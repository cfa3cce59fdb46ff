//! Picture parts to scene pictures. Formats that exporters read are passed through; the rest is decoded
//! here, after its header was checked.

use std::io::Cursor;
use std::sync::Arc;

use slides_fonts::FontBook;
use slides_scene::{Image, ImageData, ImageFormat};

use crate::context::SlideContext;

/// Most pixels of one picture.
const MAX_PIXELS: u64 = 64_000_000;
/// Most pixels of a picture that is averaged down while it is read.
const MAX_STREAMED_PIXELS: u64 = 300_000_000;
/// Widest row of such a picture.
const MAX_STREAMED_WIDTH: u32 = 65_535;
/// About the pixels that are left of it.
const REDUCED_PIXELS: f64 = 8_000_000.0;
/// Side in pixels that a vector picture is drawn at, at most.
const MAX_VECTOR_SIDE: f32 = 4096.0;
/// Largest vector picture file that is read.
const MAX_SVG_BYTES: usize = 8 * 1024 * 1024;

/// What a picture's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Read by exporters.
    Encoded(ImageFormat),
    /// Windows bitmap.
    Bmp,
    /// TIFF.
    Tiff,
    /// SVG, plain or gzipped.
    Svg,
    /// EMF or WMF.
    Metafile,
    /// Not known.
    Unknown,
}

/// The format by content.
pub(crate) fn sniff(bytes: &[u8]) -> Kind {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if starts(b"\x89PNG\r\n\x1a\n") {
        Kind::Encoded(ImageFormat::Png)
    } else if starts(b"\xff\xd8\xff") {
        Kind::Encoded(ImageFormat::Jpeg)
    } else if starts(b"GIF8") {
        Kind::Encoded(ImageFormat::Gif)
    } else if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Kind::Encoded(ImageFormat::WebP)
    } else if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
        Kind::Tiff
    } else if ooxml_metafile::is_metafile(bytes) {
        Kind::Metafile
    } else if starts(b"BM") {
        Kind::Bmp
    } else if starts(b"\x1f\x8b") || looks_like_svg(bytes) {
        Kind::Svg
    } else {
        Kind::Unknown
    }
}

fn looks_like_svg(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
    head.windows(4).any(|w| w == b"<svg") || head.windows(5).any(|w| w == b":svg ")
}

/// Reads a picture part; none, with a warning, when it cannot be drawn. Metafiles are not pictures here.
pub(crate) fn load(cx: &SlideContext<'_>, part: &str) -> Option<Arc<Image>> {
    let Some(bytes) = cx.parts.media(part) else {
        cx.warn(
            "picture",
            format!("picture `{part}` is missing or cannot be read"),
        );
        return None;
    };
    let result = match sniff(&bytes) {
        Kind::Encoded(format) => size(format, &bytes)
            .ok_or_else(|| "its header is damaged".to_owned())
            .and_then(|(width, height)| {
                if let Err(reason) = check(width, height) {
                    // Posters hold screenshots and plots of this size; they are read row by row.
                    return if format == ImageFormat::Png {
                        reduced_png(&bytes, width, height)
                    } else {
                        Err(reason)
                    };
                }
                Ok((
                    width,
                    height,
                    ImageData::Encoded {
                        format,
                        bytes: bytes.clone(),
                    },
                ))
            }),
        Kind::Bmp => bmp(&bytes),
        Kind::Tiff => tiff(&bytes),
        Kind::Svg => svg(&bytes, cx.fonts),
        Kind::Metafile => Err("a metafile cannot be used as a fill".to_owned()),
        Kind::Unknown => Err("its format is not known".to_owned()),
    };
    match result {
        Ok((width, height, data)) => Some(Arc::new(Image {
            key: part.to_owned(),
            data,
            width,
            height,
        })),
        Err(reason) => {
            cx.warn("picture", format!("picture `{part}` is left out: {reason}"));
            None
        }
    }
}

type Decoded = Result<(u32, u32, ImageData), String>;

fn check(width: u32, height: u32) -> Result<usize, String> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err("it has no pixels".to_owned());
    }
    if pixels > MAX_PIXELS {
        return Err(format!(
            "{width} x {height} pixels are more than {MAX_PIXELS}"
        ));
    }
    Ok(pixels as usize)
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_be_bytes(
        bytes.get(at..at + 2)?.try_into().ok()?,
    )))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_le_bytes(
        bytes.get(at..at + 2)?.try_into().ok()?,
    )))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Size in pixels from the header of an encoded picture.
fn size(format: ImageFormat, bytes: &[u8]) -> Option<(u32, u32)> {
    match format {
        ImageFormat::Png => Some((be32(bytes, 16)?, be32(bytes, 20)?)),
        ImageFormat::Gif => Some((le16(bytes, 6)?, le16(bytes, 8)?)),
        ImageFormat::Jpeg => {
            let (at, _) = jpeg_markers(bytes).find(|(_, marker)| {
                matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
            })?;
            Some((be16(bytes, at + 7)?, be16(bytes, at + 5)?))
        }
        ImageFormat::WebP => match bytes.get(12..16)? {
            b"VP8X" => {
                let three = |at: usize| Some((le32(bytes, at)? & 0x00FF_FFFF) + 1);
                Some((three(24)?, le32(bytes, 26).map(|v| (v >> 8) + 1)?))
            }
            b"VP8L" => {
                let bits = le32(bytes, 21)?;
                Some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1))
            }
            b"VP8 " => Some((le16(bytes, 26)? & 0x3FFF, le16(bytes, 28)? & 0x3FFF)),
            _ => None,
        },
    }
}

/// Offsets of a JPEG's markers (at the `FF`) with their codes, up to the scan.
fn jpeg_markers(bytes: &[u8]) -> impl Iterator<Item = (usize, u8)> + '_ {
    let mut at = 2;
    std::iter::from_fn(move || {
        // Fill bytes may stand before a marker.
        while bytes.get(at) == Some(&0xFF) && bytes.get(at + 1) == Some(&0xFF) {
            at += 1;
        }
        if bytes.get(at) != Some(&0xFF) {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        if marker == 0xDA {
            return None;
        }
        let here = at;
        at += 2 + if matches!(marker, 0x01 | 0xD0..=0xD8) {
            0
        } else {
            be16(bytes, at + 2)?.max(2) as usize
        };
        Some((here, marker))
    })
}

/// Dots per inch that a picture says of itself; 96 when it says nothing.
pub(crate) fn dpi(image: &Image) -> (f64, f64) {
    let ImageData::Encoded { format, bytes } = &image.data else {
        return (96.0, 96.0);
    };
    let found = match format {
        ImageFormat::Png => png_dpi(bytes),
        ImageFormat::Jpeg => jpeg_markers(bytes)
            .find(|(_, marker)| *marker == 0xE0)
            .and_then(|(at, _)| {
                (bytes.get(at + 4..at + 8)? == b"JFIF").then_some(())?;
                let (x, y) = (
                    f64::from(be16(bytes, at + 12)?),
                    f64::from(be16(bytes, at + 14)?),
                );
                match bytes.get(at + 11)? {
                    1 => Some((x, y)),
                    2 => Some((x * 2.54, y * 2.54)),
                    _ => None,
                }
            }),
        _ => None,
    };
    found
        .filter(|(x, y)| (1.0..=10_000.0).contains(x) && (1.0..=10_000.0).contains(y))
        .unwrap_or((96.0, 96.0))
}

fn png_dpi(bytes: &[u8]) -> Option<(f64, f64)> {
    let mut at = 8_usize;
    for _ in 0..64 {
        let length = be32(bytes, at)? as usize;
        match bytes.get(at + 4..at + 8)? {
            b"pHYs" => {
                let metre = bytes.get(at + 16) == Some(&1);
                let per_inch = |v: u32| f64::from(v) * 0.0254;
                return metre.then_some((
                    per_inch(be32(bytes, at + 8)?),
                    per_inch(be32(bytes, at + 12)?),
                ));
            }
            b"IDAT" | b"IEND" => return None,
            _ => at = at.checked_add(length)?.checked_add(12)?,
        }
    }
    None
}

/// A PNG too large to be held, averaged down while it is read row by row.
fn reduced_png(bytes: &[u8], width: u32, height: u32) -> Decoded {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > MAX_STREAMED_PIXELS || width > MAX_STREAMED_WIDTH {
        return Err(format!(
            "{width} x {height} pixels are more than {MAX_STREAMED_PIXELS}"
        ));
    }
    let failed = |error: png::DecodingError| format!("the PNG cannot be read: {error}");
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(failed)?;
    if reader.info().interlaced {
        return Err("interlaced PNGs of this size are not read".to_owned());
    }
    let samples = reader.output_color_type().0.samples();
    let step = (pixels as f64 / REDUCED_PIXELS).sqrt().ceil().max(1.0) as usize;
    let out_width = (width as usize).div_ceil(step);
    let out_height = (height as usize).div_ceil(step);
    let mut out = Vec::with_capacity(out_width * out_height * 4);
    // Sums of red, green, blue (weighted by opacity), opacity, and the count of a row of blocks.
    let mut sums = vec![[0_u64; 5]; out_width];
    let mut rows = 0;
    while let Some(row) = reader.next_row().map_err(failed)? {
        for (sum, block) in sums.iter_mut().zip(row.data().chunks(step * samples)) {
            add_block(sum, block, samples);
        }
        rows += 1;
        if rows % step == 0 || rows == height as usize {
            for sum in &mut sums {
                let [r, g, b, alpha, count] = std::mem::take(sum);
                let mean = |v: u64| (v / alpha.max(1)).min(255) as u8;
                out.extend([mean(r), mean(g), mean(b), (alpha / count.max(1)) as u8]);
            }
        }
    }
    if out.len() != out_width * out_height * 4 {
        return Err("the PNG ends early".to_owned());
    }
    Ok((
        out_width as u32,
        out_height as u32,
        ImageData::Rgba(out.into()),
    ))
}

/// Adds the pixels of one row of a block to its sums of red, green and blue (weighted by opacity), opacity and count.
fn add_block(sum: &mut [u64; 5], block: &[u8], samples: usize) {
    let mut own = [0_u64; 5];
    // Without opacity the sums are plain ones; this is the case of nearly all pictures of this size.
    if samples == 3 {
        let mut colors = [0_u32; 3];
        for pixel in block.chunks_exact(3) {
            for (color, value) in colors.iter_mut().zip(pixel) {
                *color = color.saturating_add(u32::from(*value));
            }
        }
        let count = (block.len() / 3) as u64;
        for (slot, color) in own.iter_mut().zip(colors) {
            *slot = u64::from(color) * 255;
        }
        own[3] = count * 255;
        own[4] = count;
    } else {
        for pixel in block.chunks_exact(samples.max(1)) {
            let (color, alpha) = match *pixel {
                [g] => ([g; 3], 255),
                [g, a] => ([g; 3], a),
                [r, g, b, a] => ([r, g, b], a),
                _ => continue,
            };
            let weight = u64::from(alpha);
            for (slot, value) in own.iter_mut().zip(color) {
                *slot += u64::from(value) * weight;
            }
            own[3] += weight;
            own[4] += 1;
        }
    }
    for (all, own) in sum.iter_mut().zip(own) {
        *all += own;
    }
}

/// Uncompressed Windows bitmaps of 1, 4, 8, 16, 24 and 32 bits.
fn bmp(bytes: &[u8]) -> Decoded {
    let damaged = || "the bitmap is damaged".to_owned();
    let header = le32(bytes, 14).ok_or_else(damaged)?;
    let offset = le32(bytes, 10).ok_or_else(damaged)? as usize;
    let (width, signed, depth, compression, colors, entry) = if header == 12 {
        (
            le16(bytes, 18).ok_or_else(damaged)?,
            le16(bytes, 20).ok_or_else(damaged)? as i32,
            le16(bytes, 24).ok_or_else(damaged)?,
            0,
            0,
            3_usize,
        )
    } else {
        (
            le32(bytes, 18).ok_or_else(damaged)?,
            le32(bytes, 22).ok_or_else(damaged)? as i32,
            le16(bytes, 28).ok_or_else(damaged)?,
            le32(bytes, 30).ok_or_else(damaged)?,
            le32(bytes, 46).ok_or_else(damaged)?,
            4,
        )
    };
    let height = signed.unsigned_abs();
    let pixels = check(width, height)?;
    if !matches!(compression, 0 | 3 | 6) || !matches!(depth, 1 | 4 | 8 | 16 | 24 | 32) {
        return Err(format!(
            "bitmaps with compression {compression} and {depth} bits are not read"
        ));
    }
    let (w, h) = (width as usize, height as usize);
    let stride = (w * depth as usize).div_ceil(32) * 4;
    let data = bytes.get(offset..).ok_or_else(damaged)?;
    if data.len() < stride.saturating_mul(h) {
        return Err(damaged());
    }
    let table = 14 + header as usize;
    let palette = |index: usize| -> [u8; 4] {
        if colors > 0 && index >= colors as usize {
            return [0, 0, 0, 255];
        }
        match bytes.get(table + index * entry..table + index * entry + 3) {
            Some([b, g, r]) => [*r, *g, *b, 255],
            _ => [0, 0, 0, 255],
        }
    };
    let five_six_five =
        depth == 16 && compression == 3 && le32(bytes, table.min(54)) == Some(0xF800);
    let mut out = Vec::with_capacity(pixels * 4);
    let mut any_alpha = false;
    for y in 0..h {
        let row = if signed < 0 { y } else { h - 1 - y };
        let line = data
            .get(row * stride..(row + 1) * stride)
            .ok_or_else(damaged)?;
        for x in 0..w {
            let byte = |at: usize| line.get(at).copied().unwrap_or_default();
            let pixel = match depth {
                1 => palette(usize::from(byte(x / 8) >> (7 - x % 8) & 1)),
                4 => palette(usize::from(
                    byte(x / 2) >> (if x % 2 == 0 { 4 } else { 0 }) & 15,
                )),
                8 => palette(usize::from(byte(x))),
                16 => {
                    let v = u32::from(byte(x * 2)) | u32::from(byte(x * 2 + 1)) << 8;
                    let wide = |v: u32, max: u32| (v * 255 / max) as u8;
                    if five_six_five {
                        [
                            wide(v >> 11, 31),
                            wide(v >> 5 & 63, 63),
                            wide(v & 31, 31),
                            255,
                        ]
                    } else {
                        [
                            wide(v >> 10 & 31, 31),
                            wide(v >> 5 & 31, 31),
                            wide(v & 31, 31),
                            255,
                        ]
                    }
                }
                24 => [byte(x * 3 + 2), byte(x * 3 + 1), byte(x * 3), 255],
                _ => {
                    any_alpha |= byte(x * 4 + 3) != 0;
                    [
                        byte(x * 4 + 2),
                        byte(x * 4 + 1),
                        byte(x * 4),
                        byte(x * 4 + 3),
                    ]
                }
            };
            out.extend_from_slice(&pixel);
        }
    }
    // The fourth byte of 32-bit bitmaps is mostly unused and then zero throughout.
    if depth == 32 && !any_alpha {
        out.chunks_exact_mut(4).for_each(|p| p[3] = 255);
    }
    Ok((width, height, ImageData::Rgba(out.into())))
}

fn tiff(bytes: &[u8]) -> Decoded {
    use tiff::ColorType;
    use tiff::decoder::{Decoder, DecodingResult, Limits};

    let failed = |error: tiff::TiffError| format!("the TIFF cannot be read: {error}");
    let mut limits = Limits::default();
    limits.decoding_buffer_size = 512 * 1024 * 1024;
    let mut decoder = Decoder::new(Cursor::new(bytes))
        .map_err(failed)?
        .with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(failed)?;
    let pixels = check(width, height)?;
    let color = decoder.colortype().map_err(failed)?;
    let samples: Vec<u8> = match decoder.read_image().map_err(failed)? {
        DecodingResult::U8(v) => v,
        DecodingResult::U16(v) => v.into_iter().map(|s| (s >> 8) as u8).collect(),
        _ => return Err("TIFF samples other than 8 and 16 bits are not read".to_owned()),
    };
    let mut out = Vec::with_capacity(pixels * 4);
    match color {
        ColorType::Gray(1) => {
            let stride = (width as usize).div_ceil(8);
            for y in 0..height as usize {
                for x in 0..width as usize {
                    let bit = samples.get(y * stride + x / 8).copied().unwrap_or_default()
                        >> (7 - x % 8)
                        & 1;
                    out.extend_from_slice(&[bit * 255, bit * 255, bit * 255, 255]);
                }
            }
        }
        ColorType::Gray(_) => samples
            .iter()
            .for_each(|&g| out.extend_from_slice(&[g, g, g, 255])),
        ColorType::GrayA(_) => {
            samples
                .chunks_exact(2)
                .for_each(|p| out.extend_from_slice(&[p[0], p[0], p[0], p[1]]));
        }
        ColorType::RGB(_) => samples
            .chunks_exact(3)
            .for_each(|p| out.extend_from_slice(&[p[0], p[1], p[2], 255])),
        ColorType::RGBA(_) => out = samples,
        ColorType::CMYK(_) => samples.chunks_exact(4).for_each(|p| {
            let mix = |c: u8| ((255 - u32::from(c)) * (255 - u32::from(p[3])) / 255) as u8;
            out.extend_from_slice(&[mix(p[0]), mix(p[1]), mix(p[2]), 255]);
        }),
        other => return Err(format!("TIFF colours of type {other:?} are not read")),
    }
    if out.len() != pixels * 4 {
        return Err("the TIFF is damaged".to_owned());
    }
    Ok((width, height, ImageData::Rgba(out.into())))
}

/// Draws an SVG at twice its size in pixels, for want of a raster picture beside it.
fn svg(bytes: &[u8], fonts: &FontBook) -> Decoded {
    use resvg::{tiny_skia, usvg};

    if bytes.len() > MAX_SVG_BYTES {
        return Err(format!("the SVG is larger than {MAX_SVG_BYTES} bytes"));
    }
    // Nothing outside the package is read: no files, no links.
    let options = usvg::Options {
        image_href_resolver: usvg::ImageHrefResolver {
            resolve_data: usvg::ImageHrefResolver::default_data_resolver(),
            resolve_string: Box::new(|_, _| None),
        },
        font_resolver: crate::svg_text::resolver(fonts),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_data(bytes, &options)
        .map_err(|error| format!("the SVG cannot be read: {error}"))?;
    let size = tree.size();
    let scale = 2.0_f32.min(MAX_VECTOR_SIDE / size.width().max(size.height()).max(1.0));
    let (width, height) = (
        (size.width() * scale).ceil().max(1.0) as u32,
        (size.height() * scale).ceil().max(1.0) as u32,
    );
    check(width, height)?;
    let mut pixmap = tiny_skia::Pixmap::new(width, height).ok_or("the SVG has no size")?;
    resvg::render(
        &tree,
        tiny_skia::Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    let straight: Vec<u8> = pixmap
        .pixels()
        .iter()
        .flat_map(|pixel| {
            let c = pixel.demultiply();
            [c.red(), c.green(), c.blue(), c.alpha()]
        })
        .collect();
    Ok((width, height, ImageData::Rgba(straight.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_come_from_headers() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 1, 0, 0, 0, 0, 50]);
        assert_eq!(sniff(&png), Kind::Encoded(ImageFormat::Png));
        assert_eq!(size(ImageFormat::Png, &png), Some((256, 50)));
        // Application data, then a start of frame.
        let jpeg = [
            0xFF, 0xD8, 0xFF, 0xE0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 1, 0, 150, 0, 75, 0, 0,
            0xFF, 0xC0, 0, 17, 8, 0, 20, 0, 30, 3,
        ];
        assert_eq!(size(ImageFormat::Jpeg, &jpeg), Some((30, 20)));
        let image = Image {
            key: String::new(),
            data: ImageData::Encoded {
                format: ImageFormat::Jpeg,
                bytes: jpeg.to_vec().into(),
            },
            width: 30,
            height: 20,
        };
        assert_eq!(dpi(&image), (150.0, 75.0));
        assert_eq!(size(ImageFormat::Jpeg, &jpeg[..22]), None);
        assert_eq!(sniff(b"<?xml version=\"1.0\"?><svg xmlns=''/>"), Kind::Svg);
    }

    #[test]
    fn bitmaps_decode_bottom_up() {
        let mut bmp_bytes = b"BM".to_vec();
        bmp_bytes.extend([0; 8]);
        bmp_bytes.extend(54_u32.to_le_bytes());
        bmp_bytes.extend(40_u32.to_le_bytes());
        bmp_bytes.extend(1_u32.to_le_bytes());
        bmp_bytes.extend(2_u32.to_le_bytes());
        bmp_bytes.extend([1, 0, 24, 0]);
        bmp_bytes.extend([0; 24]);
        bmp_bytes.extend([255, 0, 0, 0, 0, 0, 255, 0]);
        let Ok((1, 2, ImageData::Rgba(pixels))) = bmp(&bmp_bytes) else {
            panic!("not decoded")
        };
        assert_eq!(*pixels, [255, 0, 0, 255, 0, 0, 255, 255]);
        bmp_bytes.truncate(58);
        assert!(bmp(&bmp_bytes).is_err());
        // A header that claims a terabyte is refused before anything is allocated.
        bmp_bytes[18..22].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0x7F]);
        assert!(bmp(&bmp_bytes).unwrap_err().contains("pixels"));
    }

    #[test]
    fn large_pictures_are_averaged_row_by_row() {
        let (width, height) = (9000_u32, 8000_u32);
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        encoder.set_compression(png::Compression::Fast);
        let row = [0b0101_0101_u8; 1125];
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&row.repeat(8000)).unwrap();
        drop(writer);
        // 72 million pixels become blocks of 3 x 3: every other pixel is white.
        let Ok((3000, 2667, ImageData::Rgba(pixels))) = reduced_png(&bytes, width, height) else {
            panic!("not read")
        };
        assert_eq!(pixels[..8], [85, 85, 85, 255, 170, 170, 170, 255]);
        bytes.truncate(bytes.len() / 2);
        assert!(reduced_png(&bytes, width, height).is_err());
        assert!(reduced_png(&bytes, 30_000, 30_000).is_err());
    }

    #[test]
    fn vector_pictures_are_drawn_at_twice_their_size() {
        let svg_bytes = b"<svg xmlns='http://www.w3.org/2000/svg' width='3' height='2'><rect width='3' height='2' fill='red'/></svg>";
        let Ok((6, 4, ImageData::Rgba(pixels))) = svg(svg_bytes, &FontBook::bundled()) else {
            panic!("not drawn")
        };
        assert_eq!(pixels[..4], [255, 0, 0, 255]);
        assert!(svg(b"<svg", &FontBook::bundled()).is_err());
    }
}
