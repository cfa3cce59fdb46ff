use super::per_meter;
use crate::raster::Pixmap;

/// Bytes of the file header and of the header that tells size and depth.
const HEADERS: u32 = 14 + 40;

/// Writes pixels as an uncompressed BMP of 24 bits a pixel; opacity is left out. `dpi` is noted in the file when
/// given.
pub fn encode_bmp(pixmap: &Pixmap, dpi: Option<f64>) -> Vec<u8> {
    let (width, height) = (pixmap.width() as usize, pixmap.height() as usize);
    let padding = (4 - width * 3 % 4) % 4;
    let pixels = (width * 3 + padding) * height;
    // Readers that meet a file of more than four gigabytes go by its rows.
    let long = |value: usize| u32::try_from(value).unwrap_or(0).to_le_bytes();
    let resolution = dpi
        .filter(|dpi| dpi.is_finite() && *dpi > 0.0)
        .map_or(0, per_meter)
        .to_le_bytes();
    let mut out = Vec::with_capacity(HEADERS as usize + pixels);
    out.extend(b"BM");
    out.extend(long(HEADERS as usize + pixels));
    out.extend([0; 4]);
    out.extend(HEADERS.to_le_bytes());
    out.extend(40_u32.to_le_bytes());
    out.extend(long(width));
    out.extend(long(height));
    // One plane, 24 bits a pixel, not compressed.
    out.extend([1, 0, 24, 0, 0, 0, 0, 0]);
    out.extend(long(pixels));
    out.extend(resolution);
    out.extend(resolution);
    out.extend([0; 8]);
    // Rows from the bottom.
    for row in pixmap.rgba().chunks_exact(width.max(1) * 4).rev() {
        let pixels = row.as_chunks::<4>().0.iter();
        out.extend(pixels.flat_map(|[r, g, b, _]| [*b, *g, *r]));
        out.extend(std::iter::repeat_n(0, padding));
    }
    out
}
