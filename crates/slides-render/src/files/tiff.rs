//! TIFF 6.0, little endian, one strip a page, written from front to back.
use std::io::{self, Write};

use fax::maps::{EOL, black, white};
use fax::{BitWriter, Bits, Color, VecWriter};

use super::failed;
use super::palette::{indexed, over_white};
use crate::error::RenderError;
use crate::raster::Pixmap;

/// How pixels are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TiffCompression {
    /// Not at all.
    None,
    /// CCITT group 3, one dimension; black and white only.
    Ccitt3,
    /// CCITT group 4; black and white only.
    Ccitt4,
    /// LZW.
    #[default]
    Lzw,
    /// Runs of equal bytes (`PackBits`).
    PackBits,
}

/// What a pixel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TiffPixels {
    /// Black or white.
    BlackWhite,
    /// One of 16 colours.
    Colors16,
    /// One of 256 colours.
    Colors256,
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Red, green, blue, opacity.
    Rgba,
}

/// How a colour becomes black or white.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum BlackWhite {
    /// Errors are passed on to the neighbours (Floyd and Steinberg).
    #[default]
    Dithered,
    /// Black below this part of full brightness, 0 to 1.
    Threshold(f32),
    /// Black below the brightness that parts the page best (Otsu).
    Otsu,
}

/// What a page is written as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TiffOptions {
    /// How pixels are packed.
    pub compression: TiffCompression,
    /// What a pixel is.
    pub pixels: TiffPixels,
    /// How a colour becomes black or white, where it does.
    pub black_white: BlackWhite,
    /// Dots per inch across and down, noted in the file.
    pub dpi: (f64, f64),
}

impl Default for TiffOptions {
    fn default() -> Self {
        Self {
            compression: TiffCompression::default(),
            pixels: TiffPixels::default(),
            black_white: BlackWhite::default(),
            dpi: (96.0, 96.0),
        }
    }
}

/// A page of a TIFF, packed.
#[derive(Debug, Clone)]
pub struct TiffPage {
    size: (u32, u32),
    options: TiffOptions,
    colors: Vec<[u8; 3]>,
    strip: Vec<u8>,
}

impl TiffPage {
    /// Bytes that its pixels take.
    pub fn len(&self) -> usize {
        self.strip.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.strip.is_empty()
    }

    #[cfg(test)]
    pub(super) fn strip(&self) -> &[u8] {
        &self.strip
    }
}

/// Packs a page.
///
/// # Errors
///
/// [`RenderError::File`] when a side has more than 65535 pixels.
pub fn encode_tiff_page(pixmap: &Pixmap, options: &TiffOptions) -> Result<TiffPage, RenderError> {
    let mut options = *options;
    let fax = matches!(
        options.compression,
        TiffCompression::Ccitt3 | TiffCompression::Ccitt4
    );
    if fax {
        options.pixels = TiffPixels::BlackWhite;
    }
    let width = u16::try_from(pixmap.width()).map_err(|error| failed("TIFF", pixmap, error))?;
    let (rgba, mut colors) = (pixmap.rgba(), Vec::new());
    let bytes = match options.pixels {
        TiffPixels::BlackWhite => {
            let dark = black_white(pixmap, options.black_white);
            if fax {
                let strip = faxed(&dark, width, options.compression);
                return Ok(TiffPage {
                    size: (pixmap.width(), pixmap.height()),
                    options,
                    colors,
                    strip,
                });
            }
            packed::<1>(dark.iter().map(|dark| u8::from(!dark)), width)
        }
        TiffPixels::Colors16 => {
            let found = indexed(rgba, 16);
            colors = found.colors;
            packed::<4>(found.pixels.iter().copied(), width)
        }
        TiffPixels::Colors256 => {
            let found = indexed(rgba, 256);
            colors = found.colors;
            found.pixels
        }
        TiffPixels::Rgb => {
            let pixels = rgba.as_chunks::<4>().0.iter();
            pixels.flat_map(|pixel| over_white(*pixel)).collect()
        }
        TiffPixels::Rgba => rgba.to_vec(),
    };
    let row = bytes.len() / pixmap.height().max(1) as usize;
    let strip = match options.compression {
        TiffCompression::Lzw => {
            weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
                .encode(&bytes)
                .map_err(|error| failed("TIFF", pixmap, error))?
        }
        TiffCompression::PackBits => pack_bits(&bytes, row.max(1)),
        _ => bytes,
    };
    Ok(TiffPage {
        size: (pixmap.width(), pixmap.height()),
        options,
        colors,
        strip,
    })
}

/// Values of `BITS` bits in rows of whole bytes.
fn packed<const BITS: usize>(values: impl Iterator<Item = u8>, width: u16) -> Vec<u8> {
    let (mut out, mut byte, mut filled, mut column) = (Vec::new(), 0_u8, 0, 0_u16);
    for value in values {
        byte |= value << (8 - BITS - filled);
        filled += BITS;
        column += 1;
        if filled == 8 || column == width {
            out.push(byte);
            (byte, filled) = (0, 0);
        }
        if column == width {
            column = 0;
        }
    }
    out
}

/// Brightness 0 to 255 over white.
fn brightness(pixel: [u8; 4]) -> u8 {
    let [r, g, b] = over_white(pixel).map(u32::from);
    ((299 * r + 587 * g + 114 * b + 500) / 1000) as u8
}

/// Which pixels are black.
fn black_white(pixmap: &Pixmap, how: BlackWhite) -> Vec<bool> {
    let gray: Vec<u8> = pixmap
        .rgba()
        .as_chunks::<4>()
        .0
        .iter()
        .map(|pixel| brightness(*pixel))
        .collect();
    let below = |threshold: u8| gray.iter().map(|gray| *gray < threshold).collect();
    match how {
        BlackWhite::Threshold(part) => below((part.clamp(0.0, 1.0) * 255.0).round() as u8),
        BlackWhite::Otsu => below(otsu(&gray)),
        BlackWhite::Dithered => dithered(&gray, pixmap.width().max(1) as usize),
    }
}

fn dithered(gray: &[u8], width: usize) -> Vec<bool> {
    let mut out = Vec::with_capacity(gray.len());
    // Sixteenths, with a place more at each end.
    let (mut here, mut below) = (vec![0_i32; width + 2], vec![0_i32; width + 2]);
    for row in gray.chunks(width) {
        below.fill(0);
        for (x, value) in row.iter().enumerate() {
            let wanted = i32::from(*value) + here[x + 1] / 16;
            let dark = wanted < 128;
            let error = wanted - if dark { 0 } else { 255 };
            here[x + 2] += error * 7;
            below[x] += error * 3;
            below[x + 1] += error * 5;
            below[x + 2] += error;
            out.push(dark);
        }
        std::mem::swap(&mut here, &mut below);
    }
    out
}

/// The brightness that parts dark from light so that each side is most alike.
fn otsu(gray: &[u8]) -> u8 {
    let mut counts = [0_u64; 256];
    for value in gray {
        counts[usize::from(*value)] += 1;
    }
    let total: u64 = gray.len() as u64;
    let sum: f64 = (0_u64..).zip(&counts).map(|(v, n)| (v * n) as f64).sum();
    let (mut count, mut below, mut best) = (0_u64, 0.0, (0.0, 128_u8));
    for (value, number) in counts.iter().enumerate() {
        count += number;
        below += (value as u64 * number) as f64;
        if count == 0 || count == total {
            continue;
        }
        let (dark, light) = (count as f64, (total - count) as f64);
        let apart = dark * light * (below / dark - (sum - below) / light).powi(2);
        if apart > best.0 {
            best = (apart, value.saturating_add(1).min(255) as u8);
        }
    }
    best.1
}

fn faxed(dark: &[bool], width: u16, compression: TiffCompression) -> Vec<u8> {
    let rows = dark.chunks(usize::from(width.max(1)));
    let color = |dark: &bool| if *dark { Color::Black } else { Color::White };
    if compression == TiffCompression::Ccitt4 {
        let mut encoder = fax::encoder::Encoder::new(VecWriter::new());
        for row in rows {
            let Ok(()) = encoder.encode_line(row.iter().map(color), width);
        }
        let Ok(writer) = encoder.finish();
        return writer.finish();
    }
    let mut writer = VecWriter::new();
    for row in rows {
        let Ok(()) = writer.write(EOL);
        let mut is_dark = false;
        let mut at = 0;
        // Runs take turns, white first, and may have no pixel.
        while at < row.len() {
            let run = row[at..]
                .iter()
                .take_while(|dark| **dark == is_dark)
                .count();
            write_run(&mut writer, is_dark, run);
            at += run;
            is_dark = !is_dark;
        }
    }
    writer.finish()
}

fn write_run(writer: &mut VecWriter, dark: bool, mut run: usize) {
    const LONGEST: usize = 2560;
    let table: &[(u16, Bits)] = if dark {
        &black::ENTRIES
    } else {
        &white::ENTRIES
    };
    let mut code = |run: usize| {
        let at = if run >= 64 { 63 + run / 64 } else { run };
        if let Some((_, bits)) = table.get(at) {
            let Ok(()) = writer.write(*bits);
        }
    };
    while run >= LONGEST {
        code(LONGEST);
        run -= LONGEST;
    }
    if run >= 64 {
        code(run & !63);
    }
    code(run % 64);
}

/// Apple's `PackBits`, row by row as TIFF asks.
fn pack_bits(bytes: &[u8], row: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for row in bytes.chunks(row) {
        let mut at = 0;
        while at < row.len() {
            let rest = &row[at..];
            let same = |from: &[u8]| from.iter().take(128).take_while(|b| **b == from[0]).count();
            let equal = same(rest);
            if equal >= 2 {
                out.extend([(257 - equal) as u8, rest[0]]);
                at += equal;
                continue;
            }
            let mut count = 1;
            while count < rest.len().min(128) && same(&rest[count..]) < 3 {
                count += 1;
            }
            out.push((count - 1) as u8);
            out.extend(&rest[..count]);
            at += count;
        }
    }
    out
}

/// Writes pages one after the other.
#[derive(Debug)]
pub struct TiffWriter<W: Write> {
    out: W,
    /// Bytes written.
    at: u64,
    pages: u32,
    total: u32,
}

/// An entry of a directory.
struct Entry {
    tag: u16,
    kind: u16,
    values: Vec<u32>,
}

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

impl Entry {
    fn bytes(&self) -> Vec<u8> {
        let values = self.values.iter();
        if self.kind == SHORT {
            values
                .flat_map(|value| (*value as u16).to_le_bytes())
                .collect()
        } else {
            values.flat_map(|value| value.to_le_bytes()).collect()
        }
    }

    fn count(&self) -> u32 {
        let values = self.values.len() as u32;
        if self.kind == RATIONAL {
            values / 2
        } else {
            values
        }
    }
}

impl<W: Write> TiffWriter<W> {
    /// A file of `total` pages.
    pub fn new(out: W, total: u32) -> Self {
        Self {
            out,
            at: 0,
            pages: 0,
            total,
        }
    }

    /// Writes the next page.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being written; a file of more than four gigabytes cannot be.
    pub fn page(&mut self, page: &TiffPage) -> io::Result<()> {
        let mut head = Vec::new();
        if self.pages == 0 {
            head.extend(b"II*\0");
            head.extend(8_u32.to_le_bytes());
        }
        self.pages += 1;
        let start = self.at + head.len() as u64;
        let directory = self.directory(page, start)?;
        head.extend(directory);
        self.out.write_all(&head)?;
        self.out.write_all(&page.strip)?;
        self.at += (head.len() + page.strip.len()) as u64;
        // Directories begin at even places.
        if page.strip.len() % 2 == 1 {
            self.out.write_all(&[0])?;
            self.at += 1;
        }
        Ok(())
    }

    /// A page's directory and the values that do not fit into it; the strip comes behind them.
    fn directory(&self, page: &TiffPage, start: u64) -> io::Result<Vec<u8>> {
        let options = &page.options;
        let entry = |tag, kind, values: &[u32]| Entry {
            tag,
            kind,
            values: values.to_vec(),
        };
        let (bits, photometric): (&[u32], u32) = match options.pixels {
            // Fax codes call white 0.
            TiffPixels::BlackWhite => (
                &[1],
                u32::from(!matches!(
                    options.compression,
                    TiffCompression::Ccitt3 | TiffCompression::Ccitt4
                )),
            ),
            TiffPixels::Colors16 => (&[4], 3),
            TiffPixels::Colors256 => (&[8], 3),
            TiffPixels::Rgb => (&[8; 3], 2),
            TiffPixels::Rgba => (&[8; 4], 2),
        };
        let compression = match options.compression {
            TiffCompression::None => 1,
            TiffCompression::Ccitt3 => 3,
            TiffCompression::Ccitt4 => 4,
            TiffCompression::Lzw => 5,
            TiffCompression::PackBits => 32_773,
        };
        let dots = |dpi: f64| {
            let dpi = if dpi.is_finite() { dpi } else { 96.0 };
            [(dpi * 100.0).round().clamp(1.0, 1e9) as u32, 100]
        };
        // Tags ascend. Sizes of the strip are known, its place only when the rest is counted.
        let mut entries = vec![
            entry(254, LONG, &[2]),
            entry(256, LONG, &[page.size.0]),
            entry(257, LONG, &[page.size.1]),
            entry(258, SHORT, bits),
            entry(259, SHORT, &[compression]),
            entry(262, SHORT, &[photometric]),
            entry(273, LONG, &[0]),
            entry(277, SHORT, &[bits.len() as u32]),
            entry(278, LONG, &[page.size.1]),
            entry(279, LONG, &[page.strip.len() as u32]),
            entry(282, RATIONAL, &dots(options.dpi.0)),
            entry(283, RATIONAL, &dots(options.dpi.1)),
            entry(284, SHORT, &[1]),
        ];
        if options.compression == TiffCompression::Ccitt3 {
            entries.push(entry(292, LONG, &[0]));
        } else if options.compression == TiffCompression::Ccitt4 {
            entries.push(entry(293, LONG, &[0]));
        }
        entries.push(entry(296, SHORT, &[2]));
        entries.push(entry(297, SHORT, &[self.pages - 1, self.total]));
        if !page.colors.is_empty() {
            let places = 1_usize << bits[0];
            let channel = |channel: usize| {
                (0..places).map(move |at| {
                    let color = page.colors.get(at).copied().unwrap_or_default();
                    u32::from(color[channel]) * 257
                })
            };
            let values: Vec<u32> = (0..3).flat_map(channel).collect();
            entries.push(entry(320, SHORT, &values));
        }
        if options.pixels == TiffPixels::Rgba {
            // Not multiplied into the colours.
            entries.push(entry(338, SHORT, &[2]));
        }
        let too_large = |_| io::Error::from(io::ErrorKind::FileTooLarge);
        let after = start + 2 + entries.len() as u64 * 12 + 4;
        let mut values_length = 0_u64;
        for entry in &entries {
            let length = entry.bytes().len() as u64;
            values_length += if length > 4 { length } else { 0 };
        }
        let strip = after + values_length;
        let end = strip + page.strip.len() as u64;
        let next = if self.pages < self.total {
            u32::try_from(end + end % 2).map_err(too_large)?
        } else {
            0
        };
        u32::try_from(end).map_err(too_large)?;
        let mut out = (entries.len() as u16).to_le_bytes().to_vec();
        let mut values = Vec::new();
        for entry in &mut entries {
            if entry.tag == 273 {
                entry.values = vec![strip as u32];
            }
            out.extend(entry.tag.to_le_bytes());
            out.extend(entry.kind.to_le_bytes());
            out.extend(entry.count().to_le_bytes());
            let mut bytes = entry.bytes();
            if bytes.len() > 4 {
                out.extend((after as u32 + values.len() as u32).to_le_bytes());
                values.extend(bytes);
            } else {
                bytes.resize(4, 0);
                out.extend(bytes);
            }
        }
        out.extend(next.to_le_bytes());
        out.extend(values);
        Ok(out)
    }

    /// Ends the file.
    ///
    /// # Errors
    ///
    /// Whatever keeps the end from being written.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}
