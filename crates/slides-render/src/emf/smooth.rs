//! Pictures without detail in fewer pixels: a picture of a gradient over a page takes megabytes otherwise, as plain EMF
//! has no compression.

use crate::picture::Pixels;

/// Sides of the blocks that become a pixel, largest first.
const SIDES: [u32; 4] = [16, 8, 4, 2];
/// How far the pixels of a block may lie apart in a channel: what is drawn in place of each is half of it off at most.
const SPREAD: u8 = 6;
/// Pixels of a picture that is worth the look.
const MIN_PIXELS: u64 = 64 * 64;

/// The picture in fewer pixels, where nobody would see the difference.
pub(super) fn fewer(pixels: Pixels) -> Pixels {
    if u64::from(pixels.width) * u64::from(pixels.height) < MIN_PIXELS {
        return pixels;
    }
    let found = SIDES.into_iter().find_map(|side| blocks(&pixels, side));
    found.unwrap_or(pixels)
}

/// A pixel for each block; `None` where one has detail.
fn blocks(pixels: &Pixels, side: u32) -> Option<Pixels> {
    let (width, height) = (pixels.width / side, pixels.height / side);
    if width == 0 || height == 0 {
        return None;
    }
    // All of one size but for a pixel, so that nothing shifts.
    let edge = |at: u32, count: u32, whole: u32| {
        (u64::from(at) * u64::from(whole) / u64::from(count)) as usize
    };
    let stride = pixels.width as usize * 4;
    let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
    for row in 0..height {
        let rows = edge(row, height, pixels.height)..edge(row + 1, height, pixels.height);
        for column in 0..width {
            let from = edge(column, width, pixels.width) * 4;
            let to = edge(column + 1, width, pixels.width) * 4;
            let (mut low, mut high) = ([u8::MAX; 4], [0_u8; 4]);
            for y in rows.clone() {
                let line = pixels.rgba.get(y * stride + from..y * stride + to)?;
                for pixel in line.chunks_exact(4) {
                    for ((low, high), value) in low.iter_mut().zip(&mut high).zip(pixel) {
                        *low = (*low).min(*value);
                        *high = (*high).max(*value);
                    }
                }
            }
            for (low, high) in low.into_iter().zip(high) {
                if high.saturating_sub(low) > SPREAD {
                    return None;
                }
                rgba.push(u8::midpoint(low, high));
            }
        }
    }
    Some(Pixels::new(width, height, rgba))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, color: impl Fn(u32, u32) -> [u8; 4]) -> Pixels {
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let rgba = places.flat_map(|(x, y)| color(x, y)).collect();
        Pixels::new(width, height, rgba)
    }

    #[test]
    fn only_pictures_without_detail_get_fewer_pixels() {
        let size = |pixels: Pixels| (pixels.width, pixels.height, pixels.opaque);
        let gradient = picture(1001, 300, |x, y| [(x / 4) as u8, (y / 3) as u8, 9, 255]);
        assert_eq!(size(fewer(gradient)), (62, 18, true));
        let glass = picture(320, 320, |x, _| [8, 8, 8, (x / 2) as u8]);
        assert_eq!(size(fewer(glass)), (40, 40, false));
        let dot = picture(320, 320, |x, y| {
            if (x, y) == (319, 319) {
                [0; 4]
            } else {
                [255; 4]
            }
        });
        assert_eq!(size(fewer(dot)), (320, 320, false));
        let small = picture(20, 20, |_, _| [7, 7, 7, 255]);
        assert_eq!(size(fewer(small)), (20, 20, true));
    }
}
