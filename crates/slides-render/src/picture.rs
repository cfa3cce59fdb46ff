//! Pictures: headers, decoding, pixel changes, scaling. Sizes are checked from the header before anything is allocated.
use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Cursor;
use std::sync::Arc;

use kurbo::{Affine, Rect};
use slides_scene::{Image, ImageData, ImageFormat, ImageOp, PixelEffect, Rgba};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::error::Warnings;
use crate::inks;
use crate::limits::Limits;
use crate::raster::place;
use crate::recolor::{apply, needs_own_pixels};

/// Decoded pixels, straight alpha, rows from the top.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgba: Vec<u8>,
    pub(crate) opaque: bool,
}

impl Pixels {
    pub(crate) fn new(width: u32, height: u32, rgba: Vec<u8>) -> Self {
        // By blocks, which a machine compares at once.
        let mut blocks = rgba.as_chunks::<4>().0.chunks(64);
        let opaque = blocks.all(|block| block.iter().fold(255, |all, pixel| all & pixel[3]) == 255);
        Self {
            width,
            height,
            rgba,
            opaque,
        }
    }

    /// Part of the picture, in pixels; brought inside it.
    pub(crate) fn part(&self, x0: u32, y0: u32, x1: u32, y1: u32) -> Self {
        let (x1, y1) = (x1.clamp(1, self.width), y1.clamp(1, self.height));
        let (x0, y0) = (x0.min(x1 - 1), y0.min(y1 - 1));
        let stride = self.width as usize * 4;
        let mut rgba = Vec::with_capacity((x1 - x0) as usize * (y1 - y0) as usize * 4);
        for row in self
            .rgba
            .chunks_exact(stride)
            .skip(y0 as usize)
            .take((y1 - y0) as usize)
        {
            rgba.extend_from_slice(
                row.get(x0 as usize * 4..x1 as usize * 4)
                    .unwrap_or_default(),
            );
        }
        Self {
            width: x1 - x0,
            height: y1 - y0,
            rgba,
            opaque: self.opaque,
        }
    }
}

/// Changes the layout of each pixel, as fast as memory can be read: an iterator over bytes is many times slower.
pub(crate) fn repack<const N: usize, const M: usize>(
    from: &[u8],
    pixel: impl Fn([u8; N]) -> [u8; M],
) -> Vec<u8> {
    let (from, _) = from.as_chunks::<N>();
    let mut out = vec![0; from.len() * M];
    for (to, from) in out.as_chunks_mut::<M>().0.iter_mut().zip(from) {
        *to = pixel(*from);
    }
    out
}

fn rgb_to_rgba([r, g, b]: [u8; 3]) -> [u8; 4] {
    [r, g, b, 255]
}

fn gray_to_rgba([gray]: [u8; 1]) -> [u8; 4] {
    [gray, gray, gray, 255]
}

/// Format by the first bytes.
pub(crate) fn sniff(bytes: &[u8]) -> Option<ImageFormat> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Some(ImageFormat::Png),
        [b'G', b'I', b'F', b'8', ..] => Some(ImageFormat::Gif),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some(ImageFormat::WebP),
        _ => None,
    }
}

fn check_size(width: u32, height: u32, limits: &Limits) -> Result<(), String> {
    if width == 0 || height == 0 {
        return Err("has no pixels".to_owned());
    }
    if u64::from(width) * u64::from(height) > limits.max_image_pixels {
        return Err(format!(
            "has {width} x {height} pixels, more than {} (`max_image_pixels`)",
            limits.max_image_pixels
        ));
    }
    Ok(())
}

/// Size and colours of a JPEG as its header says them.
pub(crate) struct JpegHeader {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Reads a JPEG's header; an error when it is none that can be passed on.
pub(crate) fn jpeg_header(bytes: &[u8]) -> Result<JpegHeader, String> {
    let mut decoder =
        JpegDecoder::new_with_options(ZCursor::new(bytes), jpeg_options(ColorSpace::RGB));
    decoder
        .decode_headers()
        .map_err(|error| format!("is no readable JPEG: {error}"))?;
    let info = decoder.info().ok_or("is no readable JPEG")?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    if width == 0 || height == 0 {
        return Err("has no pixels".to_owned());
    }
    match decoder.input_colorspace() {
        Some(
            ColorSpace::Luma
            | ColorSpace::YCbCr
            | ColorSpace::RGB
            | ColorSpace::CMYK
            | ColorSpace::YCCK,
        ) => Ok(JpegHeader { width, height }),
        other => Err(format!("is a JPEG of the colour model {other:?}")),
    }
}

fn jpeg_options(colors: ColorSpace) -> DecoderOptions {
    // The pixel count is checked by us; the sides may be what the format allows.
    DecoderOptions::default()
        .set_max_width(65_535)
        .set_max_height(65_535)
        .jpeg_set_out_colorspace(colors)
        .set_strict_mode(false)
}

/// Decodes a picture; the text says what is wrong with it, the second value what was lost.
pub(crate) fn decode(image: &Image, limits: &Limits) -> Result<(Pixels, Option<String>), String> {
    match &image.data {
        ImageData::Rgba(pixels) => {
            check_size(image.width, image.height, limits)?;
            let needed = u64::from(image.width) * u64::from(image.height) * 4;
            if pixels.len() as u64 != needed {
                return Err(format!(
                    "holds {} bytes where {needed} were expected",
                    pixels.len()
                ));
            }
            Ok((
                Pixels::new(image.width, image.height, pixels.to_vec()),
                None,
            ))
        }
        ImageData::Encoded { format, bytes } => match sniff(bytes).unwrap_or(*format) {
            ImageFormat::Jpeg => decode_jpeg(bytes, limits).map(|pixels| (pixels, None)),
            ImageFormat::Png => decode_png(bytes, limits),
            ImageFormat::Gif => decode_gif(bytes, limits).map(|pixels| (pixels, None)),
            ImageFormat::WebP => decode_webp(bytes, limits).map(|pixels| (pixels, None)),
        },
    }
}

fn decode_jpeg(bytes: &[u8], limits: &Limits) -> Result<Pixels, String> {
    let mut decoder =
        JpegDecoder::new_with_options(ZCursor::new(bytes), jpeg_options(ColorSpace::RGB));
    decoder
        .decode_headers()
        .map_err(|error| format!("is no readable JPEG: {error}"))?;
    let info = decoder.info().ok_or("is no readable JPEG")?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    check_size(width, height, limits)?;
    let printed = decoder
        .input_colorspace()
        .filter(|colors| matches!(colors, ColorSpace::CMYK | ColorSpace::YCCK));
    if let Some(colors) = printed {
        decoder.set_options(jpeg_options(colors));
    }
    let pixels = decoder
        .decode()
        .map_err(|error| format!("is a damaged JPEG: {error}"))?;
    let expected = width as usize * height as usize;
    let components = pixels.len() / expected.max(1);
    let mut rgba = match components {
        4 if let Some(colors) = printed => {
            repack(&pixels, |[a, b, c, left]: [u8; 4]| {
                // What is written is the paper that each ink leaves, or the brightness and hue of the inks.
                let [cyan, magenta, yellow] = if colors == ColorSpace::YCCK {
                    inks::from_ycc([a, b, c])
                } else {
                    [255 - a, 255 - b, 255 - c]
                };
                let [r, g, b] = inks::color([cyan, magenta, yellow, 255 - left]);
                [r, g, b, 255]
            })
        }
        1 => repack(&pixels, gray_to_rgba),
        3 => repack(&pixels, rgb_to_rgba),
        4 => repack(&pixels, |[r, g, b, _]| [r, g, b, 255]),
        _ => return Err("is a JPEG of an unknown colour model".to_owned()),
    };
    rgba.truncate(expected * 4);
    if rgba.len() != expected * 4 {
        return Err("is a JPEG that holds too few pixels".to_owned());
    }
    Ok(Pixels {
        width,
        height,
        rgba,
        opaque: true,
    })
}

fn decode_png(bytes: &[u8], limits: &Limits) -> Result<(Pixels, Option<String>), String> {
    let mut decoder =
        png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: 64 << 20 });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    decoder.ignore_checksums(true);
    let damaged = |error: png::DecodingError| format!("is a damaged PNG: {error}");
    let info = decoder.read_header_info().map_err(damaged)?;
    let (width, height) = (info.width, info.height);
    check_size(width, height, limits)?;
    // The rows of an interlaced picture are decoded in passes over one buffer, which the library limits by this.
    decoder.set_limits(png::Limits {
        bytes: usize::try_from(limits.max_image_pixels.saturating_mul(8)).unwrap_or(usize::MAX),
    });
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (color, _) = reader.output_color_type();
    let samples = color.samples();
    let expected = width as usize * height as usize;
    let interlaced = reader.info().interlaced;
    let mut raw: Vec<u8>;
    let mut lost = None;
    if interlaced {
        raw = vec![0; reader.output_buffer_size().ok_or("is too large")?];
        // What was decoded before an error stays in the buffer.
        if let Err(error) = reader.next_frame(&mut raw) {
            lost = Some(format!(
                "is damaged and drawn as far as it could be read: {error}"
            ));
        }
    } else {
        raw = Vec::with_capacity(expected * samples);
        loop {
            match reader.next_row() {
                Ok(Some(row)) => raw.extend_from_slice(row.data()),
                Ok(None) => break,
                Err(error) => {
                    lost = Some(format!(
                        "is damaged and drawn as far as it could be read: {error}"
                    ));
                    break;
                }
            }
            if raw.len() >= expected * samples {
                break;
            }
        }
        if raw.is_empty() {
            return Err("is a damaged PNG: no row can be read".to_owned());
        }
    }
    let opaque = samples % 2 == 1 && raw.len() == expected * samples && lost.is_none();
    let mut rgba = match color {
        png::ColorType::Grayscale => repack(&raw, gray_to_rgba),
        png::ColorType::GrayscaleAlpha => repack(&raw, |[gray, alpha]| [gray, gray, gray, alpha]),
        png::ColorType::Rgb => repack(&raw, rgb_to_rgba),
        png::ColorType::Rgba => raw,
        png::ColorType::Indexed => return Err("is a PNG without its palette".to_owned()),
    };
    rgba.resize(expected * 4, 0);
    let pixels = if opaque {
        Pixels {
            width,
            height,
            rgba,
            opaque,
        }
    } else {
        Pixels::new(width, height, rgba)
    };
    Ok((pixels, lost))
}

fn decode_gif(bytes: &[u8], limits: &Limits) -> Result<Pixels, String> {
    let damaged = |error: gif::DecodingError| format!("is a damaged GIF: {error}");
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    options.set_memory_limit(gif::MemoryLimit::Bytes(
        std::num::NonZeroU64::new(limits.max_image_pixels.saturating_mul(4))
            .unwrap_or(std::num::NonZeroU64::MIN),
    ));
    let mut decoder = options.read_info(Cursor::new(bytes)).map_err(damaged)?;
    let (mut width, mut height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    let frame = decoder
        .read_next_frame()
        .map_err(damaged)?
        .ok_or("is a GIF without a picture")?;
    width = width.max(u32::from(frame.left) + u32::from(frame.width));
    height = height.max(u32::from(frame.top) + u32::from(frame.height));
    check_size(width, height, limits)?;
    let mut rgba = vec![0; width as usize * height as usize * 4];
    let (left, row_bytes) = (usize::from(frame.left) * 4, usize::from(frame.width) * 4);
    if row_bytes > 0 {
        let rows = rgba
            .chunks_exact_mut(width as usize * 4)
            .skip(usize::from(frame.top));
        for (target, source) in rows.zip(frame.buffer.chunks_exact(row_bytes)) {
            if let Some(target) = target.get_mut(left..left + row_bytes) {
                target.copy_from_slice(source);
            }
        }
    }
    Ok(Pixels::new(width, height, rgba))
}

fn decode_webp(bytes: &[u8], limits: &Limits) -> Result<Pixels, String> {
    let damaged = |error: image_webp::DecodingError| format!("is a damaged WebP: {error}");
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, limits)?;
    decoder.set_memory_limit(
        usize::try_from(limits.max_image_pixels.saturating_mul(8)).unwrap_or(usize::MAX),
    );
    let mut raw = vec![0; decoder.output_buffer_size().ok_or("is too large")?];
    decoder.read_image(&mut raw).map_err(damaged)?;
    let rgba = if decoder.has_alpha() {
        raw
    } else {
        repack(&raw, rgb_to_rgba)
    };
    if rgba.len() != width as usize * height as usize * 4 {
        return Err("is a WebP that holds too few pixels".to_owned());
    }
    Ok(Pixels::new(width, height, rgba))
}

/// For each target position: first source position and the weights from there.
fn weights(from: u32, to: u32) -> Vec<(usize, Vec<f32>)> {
    let step = f64::from(from) / f64::from(to);
    (0..to)
        .map(|at| {
            let (start, end) = (f64::from(at) * step, f64::from(at + 1) * step);
            let first = start.floor() as u32;
            let last = (end.ceil() as u32).clamp(first + 1, from.max(first + 1));
            let parts = (first..last).map(|source| {
                (f64::from(source + 1).min(end) - f64::from(source).max(start)).max(0.0) / step
            });
            (first as usize, parts.map(|part| part as f32).collect())
        })
        .collect()
}

/// Averages the source pixels under each target pixel. Sizes grow never.
pub(crate) fn downscale(source: &Pixels, width: u32, height: u32) -> Pixels {
    let (width, height) = (width.clamp(1, source.width), height.clamp(1, source.height));
    if (width, height) == (source.width, source.height) {
        return source.clone();
    }
    let columns = weights(source.width, width);
    let rows = weights(source.height, height);
    let stride = source.width as usize * 4;
    let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
    let mut sums = vec![[0f32; 4]; width as usize];
    for (first_row, row_weights) in &rows {
        sums.fill([0.0; 4]);
        for (row, row_weight) in source
            .rgba
            .chunks_exact(stride)
            .skip(*first_row)
            .zip(row_weights)
        {
            for (sum, (first, column_weights)) in sums.iter_mut().zip(&columns) {
                let mut part = [0f32; 4];
                let (row, _) = row.as_chunks::<4>();
                let under = row.get(*first..).unwrap_or_default().iter();
                if source.opaque {
                    for (pixel, weight) in under.zip(column_weights) {
                        for (part, value) in part.iter_mut().zip(pixel) {
                            *part += f32::from(*value) * weight;
                        }
                    }
                } else {
                    for ([r, g, b, alpha], weight) in under.zip(column_weights) {
                        let alpha = f32::from(*alpha) * weight;
                        // Colours count by their opacity, so that clear pixels do not bleed.
                        part[0] += f32::from(*r) * alpha;
                        part[1] += f32::from(*g) * alpha;
                        part[2] += f32::from(*b) * alpha;
                        part[3] += alpha;
                    }
                }
                for (sum, part) in sum.iter_mut().zip(part) {
                    *sum += part * row_weight;
                }
            }
        }
        for sum in &sums {
            let color = |value: f32| {
                if source.opaque {
                    (value + 0.5) as u8
                } else if sum[3] > 0.0 {
                    (value / sum[3] + 0.5) as u8
                } else {
                    0
                }
            };
            rgba.extend([
                color(sum[0]),
                color(sum[1]),
                color(sum[2]),
                (sum[3] + 0.5) as u8,
            ]);
        }
    }
    Pixels {
        width,
        height,
        rgba,
        opaque: source.opaque,
    }
}

/// Whether a side of `has` pixels is averaged down for one of which `needs` are drawn.
pub(crate) fn is_reduced(has: u32, needs: u32) -> bool {
    f64::from(has) > f64::from(needs) * 1.5
}

/// A picture with its changes, averaged down when it is much larger than it is drawn (`target` pixels for the whole picture).
pub(crate) fn prepare(
    image: &Image,
    effects: &[PixelEffect],
    target: Option<(u32, u32)>,
    limits: &Limits,
) -> Result<(Pixels, Option<String>), String> {
    let (mut pixels, lost) = decode(image, limits)?;
    let early = needs_own_pixels(effects);
    if early {
        apply(&mut pixels, effects);
    }
    if let Some((width, height)) = target
        && (is_reduced(pixels.width, width) || is_reduced(pixels.height, height))
    {
        pixels = downscale(&pixels, width, height);
    }
    if !early {
        apply(&mut pixels, effects);
    }
    Ok((pixels, lost))
}

/// Decoded pictures kept for reuse, the oldest dropped first.
#[derive(Debug, Default)]
pub(crate) struct PictureCache {
    entries: HashMap<String, Option<Arc<Pixels>>>,
    order: VecDeque<String>,
    bytes: usize,
    allowance: Allowance,
}

/// What pictures have cost the page so far.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    decoded: u64,
    painted: u64,
    /// Pictures counted already. A copy that is left from an earlier page counts too: what a page shows must not hang
    /// on which pages the same thread drew before.
    counted: HashSet<String>,
}

impl Allowance {
    /// Counts a picture that is about to be decoded; false (with a warning) when the page has had its share.
    pub(crate) fn decode(
        &mut self,
        image: &Image,
        limits: &Limits,
        warnings: &mut Warnings,
    ) -> bool {
        let pixels = u64::from(image.width) * u64::from(image.height);
        self.decoded = self.decoded.saturating_add(pixels);
        if self.decoded <= limits.max_page_image_pixels {
            return true;
        }
        warnings.add(
            "picture",
            format!(
                "pictures after the first {} pixels were left out (`max_page_image_pixels`)",
                limits.max_page_image_pixels
            ),
        );
        false
    }

    /// Counts pixels that a picture is about to paint.
    pub(crate) fn paint(&mut self, pixels: u64, limits: &Limits, warnings: &mut Warnings) -> bool {
        self.painted = self.painted.saturating_add(pixels);
        if self.painted <= limits.max_page_painted_pixels {
            return true;
        }
        warnings.add(
            "picture",
            format!(
                "pictures after {} painted pixels were left out (`max_page_painted_pixels`)",
                limits.max_page_painted_pixels
            ),
        );
        false
    }
}

impl PictureCache {
    /// A page begins.
    pub(crate) fn begin_page(&mut self) {
        self.allowance = Allowance::default();
    }

    /// Counts pixels that a picture is about to paint; false when the page has had its share.
    pub(crate) fn may_paint(
        &mut self,
        pixels: u64,
        limits: &Limits,
        warnings: &mut Warnings,
    ) -> bool {
        self.allowance.paint(pixels, limits, warnings)
    }

    /// The picture, or `None` (with a warning) when it cannot be read.
    pub(crate) fn get(
        &mut self,
        image: &Image,
        effects: &[PixelEffect],
        target: (u32, u32),
        limits: &Limits,
        warnings: &mut Warnings,
    ) -> Option<Arc<Pixels>> {
        // The nominal size keeps one copy for near sizes; pictures never grow.
        let key = format!(
            "{}|{}x{}|{effects:?}|{target:?}",
            image.key, image.width, image.height
        );
        if self.allowance.counted.insert(key.clone())
            && !self.allowance.decode(image, limits, warnings)
        {
            self.allowance.counted.remove(&key);
            return None;
        }
        if let Some(known) = self.entries.get(&key) {
            return known.clone();
        }
        let pixels = match prepare(image, effects, Some(target), limits) {
            Ok((pixels, lost)) => {
                if let Some(lost) = lost {
                    warnings.add("picture", format!("picture `{}` {lost}", image.key));
                }
                Some(Arc::new(pixels))
            }
            Err(reason) => {
                warnings.add(
                    "picture",
                    format!("picture `{}` {reason}; it was left out", image.key),
                );
                None
            }
        };
        self.bytes += pixels.as_ref().map_or(64, |pixels| pixels.rgba.len());
        self.entries.insert(key.clone(), pixels.clone());
        self.order.push_back(key);
        while self.bytes > limits.image_cache_bytes && self.order.len() > 1 {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            if let Some(dropped) = self.entries.remove(&oldest) {
                self.bytes -= dropped.map_or(64, |pixels| pixels.rgba.len());
            }
        }
        pixels
    }
}

/// The part of a picture's changes that is opacity at its end, and the others.
pub(crate) fn split_alpha(effects: &[PixelEffect]) -> (&[PixelEffect], f32) {
    let mut alpha = 1.0;
    let mut rest = effects;
    while let [head @ .., PixelEffect::AlphaModulate(factor)] = rest {
        alpha *= if factor.is_nan() {
            1.0
        } else {
            factor.clamp(0.0, 1.0)
        };
        rest = head;
    }
    (rest, alpha)
}

/// Whether a picture covers all of its box, as its header says; no when that would take decoding it.
pub(crate) fn is_surely_opaque(image: &Image) -> bool {
    let ImageData::Encoded { format, bytes } = &image.data else {
        return false;
    };
    match sniff(bytes).unwrap_or(*format) {
        ImageFormat::Jpeg => jpeg_header(bytes).is_ok(),
        ImageFormat::Png => {
            let decoder =
                png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: 1 << 20 });
            decoder.read_info().is_ok_and(|reader| {
                let info = reader.info();
                info.trns.is_none()
                    && !matches!(
                        info.color_type,
                        png::ColorType::Rgba | png::ColorType::GrayscaleAlpha
                    )
            })
        }
        ImageFormat::Gif | ImageFormat::WebP => false,
    }
}

/// Whether effects leave the opacity of each pixel as it is.
pub(crate) fn keep_alpha(effects: &[PixelEffect]) -> bool {
    effects.iter().all(|effect| {
        matches!(
            effect,
            PixelEffect::Grayscale
                | PixelEffect::BiLevel(_)
                | PixelEffect::Luminance { .. }
                | PixelEffect::Hsl { .. }
                | PixelEffect::Tint { .. }
        )
    })
}

/// Straight RGBA of a colour as bytes.
pub(crate) fn bytes_of(color: Rgba) -> [u8; 4] {
    [color.r, color.g, color.b, color.a]
}

/// Where a picture and the part of it that is seen lie.
pub(crate) struct Shown {
    pub(crate) whole: Rect,
    pub(crate) seen: Rect,
    /// The same in fractions of the picture.
    pub(crate) part: Rect,
}

impl Shown {
    pub(crate) fn of(op: &ImageOp) -> Option<Self> {
        let (whole, seen) = place(op.dst, op.crop)?;
        Some(Self {
            whole,
            seen,
            part: Rect::new(
                (seen.x0 - whole.x0) / whole.width(),
                (seen.y0 - whole.y0) / whole.height(),
                (seen.x1 - whole.x0) / whole.width(),
                (seen.y1 - whole.y0) / whole.height(),
            ),
        })
    }
}

/// Pixels that a picture filling `whole` needs at the resolution asked for.
pub(crate) fn pixels_needed(dpi: Option<f64>, to_page: Affine, whole: Rect) -> Option<(u32, u32)> {
    let dpi = dpi.filter(|dpi| dpi.is_finite() && *dpi >= 1.0)?;
    let [a, b, c, d, ..] = to_page.as_coeffs();
    let side = |length: f64| (length * dpi / 72.0).ceil().clamp(1.0, 65_535.0) as u32;
    Some((
        side(whole.width() * a.hypot(b)),
        side(whole.height() * c.hypot(d)),
    ))
}

/// The pixels that a part of the picture touches, and that part.
pub(crate) fn cut(pixels: &Pixels, seen: Rect) -> (Pixels, Rect) {
    let (width, height) = (f64::from(pixels.width), f64::from(pixels.height));
    let low = |value: f64, side: f64| (value.clamp(0.0, 1.0) * side).floor().min(side - 1.0) as u32;
    let high = |value: f64, side: f64| (value.clamp(0.0, 1.0) * side).ceil().max(1.0) as u32;
    let (x0, y0) = (low(seen.x0, width), low(seen.y0, height));
    let (x1, y1) = (
        high(seen.x1, width).max(x0 + 1),
        high(seen.y1, height).max(y0 + 1),
    );
    let part = Rect::new(
        f64::from(x0) / width,
        f64::from(y0) / height,
        f64::from(x1) / width,
        f64::from(y1) / height,
    );
    (pixels.part(x0, y0, x1, y1), part)
}

/// Whether a JPEG holds four ink separations.
pub(crate) fn is_four_colored(bytes: &[u8]) -> bool {
    let mut at = 2;
    // The frame header comes after a few segments; a byte string without one is none that can be read.
    for _ in 0..1000 {
        let (Some(0xFF), Some(marker)) = (bytes.get(at), bytes.get(at + 1)) else {
            return false;
        };
        if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
            return bytes.get(at + 9) == Some(&4);
        }
        let Some(&[high, low]) = bytes.get(at + 2..at + 4) else {
            return false;
        };
        at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
    }
    false
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A PNG of one colour for each quarter: red, green, blue, half-clear white.
    pub(crate) fn quarters(size: u32) -> Vec<u8> {
        let mut rgba = Vec::new();
        for y in 0..size {
            for x in 0..size {
                rgba.extend(match (x < size / 2, y < size / 2) {
                    (true, true) => [255, 0, 0, 255],
                    (false, true) => [0, 255, 0, 255],
                    (true, false) => [0, 0, 255, 255],
                    (false, false) => [255, 255, 255, 128],
                });
            }
        }
        png_of(size, size, &rgba)
    }

    pub(crate) fn png_of(width: u32, height: u32, rgba: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder
            .write_header()
            .unwrap()
            .write_image_data(rgba)
            .unwrap();
        out
    }

    pub(crate) fn image(key: &str, bytes: Vec<u8>) -> Arc<Image> {
        let format = sniff(&bytes).unwrap_or(ImageFormat::Png);
        Arc::new(Image {
            key: key.to_owned(),
            data: ImageData::Encoded {
                format,
                bytes: bytes.into(),
            },
            width: 0,
            height: 0,
        })
    }

    pub(crate) fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut out = Vec::new();
        let pixels: Vec<u8> = (0..u32::from(width) * u32::from(height))
            .flat_map(|at| [200, (at % 200) as u8, 30])
            .collect();
        jpeg_encoder::Encoder::new(&mut out, 90)
            .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
            .unwrap();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel(pixels: &Pixels, x: u32, y: u32) -> [u8; 4] {
        let at = (y as usize * pixels.width as usize + x as usize) * 4;
        pixels.rgba[at..at + 4].try_into().unwrap()
    }

    #[test]
    fn png_and_jpeg_are_read_by_content() {
        let (png, lost) = decode(
            &samples::image("a", samples::quarters(8)),
            &Limits::default(),
        )
        .unwrap();
        assert_eq!(
            (png.width, png.height, png.opaque, lost),
            (8, 8, false, None)
        );
        assert_eq!(pixel(&png, 7, 0), [0, 255, 0, 255]);
        let (jpeg, _) = decode(
            &samples::image("b", samples::jpeg(32, 16)),
            &Limits::default(),
        )
        .unwrap();
        assert_eq!((jpeg.width, jpeg.height, jpeg.opaque), (32, 16, true));
        assert!(pixel(&jpeg, 3, 3)[0].abs_diff(200) < 12);
    }

    #[test]
    fn sizes_are_refused_by_the_header() {
        let limits = Limits {
            max_image_pixels: 100,
            ..Limits::default()
        };
        let error = decode(&samples::image("a", samples::quarters(64)), &limits).unwrap_err();
        assert!(error.contains("max_image_pixels"), "{error}");
        // A header that lies about 60,000 x 60,000 pixels.
        let mut bomb = samples::quarters(8);
        bomb[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000u32.to_be_bytes());
        assert!(decode(&samples::image("a", bomb), &Limits::default()).is_err());
        assert!(decode(&samples::image("a", samples::jpeg(64, 64)), &limits).is_err());
    }

    #[test]
    fn damaged_pictures_are_errors_or_partly_drawn() {
        for bytes in [
            Vec::new(),
            b"\x89PNG\r\n\x1a\n".to_vec(),
            b"GIF89a".to_vec(),
            b"RIFF\0\0\0\0WEBP".to_vec(),
            vec![0xFF, 0xD8, 0xFF, 0xE0],
            b"nothing".to_vec(),
        ] {
            assert!(decode(&samples::image("x", bytes), &Limits::default()).is_err());
        }
        let noise: Vec<u8> = (0..64u32 * 64 * 4)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        let mut cut = samples::png_of(64, 64, &noise);
        cut.truncate(cut.len() / 2);
        let (pixels, lost) = decode(&samples::image("x", cut), &Limits::default()).unwrap();
        assert!(lost.is_some() && pixels.rgba.len() == 64 * 64 * 4);
    }

    #[test]
    fn averaging_keeps_colours_clean_of_clear_pixels() {
        let source = Pixels::new(2, 1, vec![255, 0, 0, 255, 0, 255, 0, 0]);
        let small = downscale(&source, 1, 1);
        assert_eq!(small.rgba, [255, 0, 0, 128]);
        let (quarters, _) = decode(
            &samples::image("a", samples::quarters(90)),
            &Limits::default(),
        )
        .unwrap();
        let small = downscale(&quarters, 7, 5);
        assert_eq!(
            (small.width, small.height, pixel(&small, 0, 0)),
            (7, 5, [255, 0, 0, 255])
        );
        assert_eq!(downscale(&quarters, 500, 500).width, 90);
    }

    #[test]
    fn the_cache_stays_within_its_bytes() {
        let limits = Limits {
            image_cache_bytes: 1000,
            ..Limits::default()
        };
        let (mut cache, mut warnings) = (PictureCache::default(), Warnings::default());
        for at in 0..20 {
            cache
                .get(
                    &samples::image(&format!("{at}"), samples::quarters(8)),
                    &[],
                    (8, 8),
                    &limits,
                    &mut warnings,
                )
                .unwrap();
        }
        assert!(cache.bytes <= 1000 && cache.entries.len() == cache.order.len());
        assert!(
            cache
                .get(
                    &samples::image("bad", Vec::new()),
                    &[],
                    (8, 8),
                    &limits,
                    &mut warnings
                )
                .is_none()
        );
        assert_eq!(warnings.list().len(), 1);
    }
}
