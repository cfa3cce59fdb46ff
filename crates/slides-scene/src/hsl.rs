//! Hue, saturation and luminance of encoded sRGB (ECMA-376 part 1, 20.1.2.3.13).

/// Hue (0..1), saturation and luminance of red, green and blue as fractions of full strength. Values outside 0..=1 are
/// taken as they are, so that colours may leave the range between two changes.
#[must_use]
pub fn to_hsl([r, g, b]: [f64; 3]) -> [f64; 3] {
    let max = r.max(g).max(b);
    let min = r.min(g).min(b);
    let l = f64::midpoint(max, min);
    let chroma = max - min;
    if chroma.abs() < 1e-12 {
        return [0.0, 0.0, l];
    }
    let room = 1.0 - (2.0 * l - 1.0).abs();
    let s = if room.abs() < 1e-12 {
        0.0
    } else {
        chroma / room
    };
    let sector = if max == r {
        ((g - b) / chroma).rem_euclid(6.0)
    } else if max == g {
        (b - r) / chroma + 2.0
    } else {
        (r - g) / chroma + 4.0
    };
    [sector / 6.0, s, l]
}

/// The reverse. Any hue is brought into one turn, luminance into 0..=1; a saturation above 1 gives channels out of range.
#[must_use]
pub fn from_hsl([h, s, l]: [f64; 3]) -> [f64; 3] {
    // Luminance alone is bounded at once: beyond white there is no chroma to come back to.
    let l = l.clamp(0.0, 1.0);
    let s = s.max(0.0);
    let chroma = (1.0 - (2.0 * l - 1.0).abs()) * s;
    let sector = h.rem_euclid(1.0) * 6.0;
    let x = chroma * (1.0 - (sector % 2.0 - 1.0).abs());
    let m = l - chroma / 2.0;
    let (r, g, b) = match sector as u8 {
        0 => (chroma, x, 0.0),
        1 => (x, chroma, 0.0),
        2 => (0.0, chroma, x),
        3 => (0.0, x, chroma),
        4 => (x, 0.0, chroma),
        _ => (chroma, 0.0, x),
    };
    [r + m, g + m, b + m]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_from_hue_saturation_and_luminance() {
        for rgb in [
            [1.0, 0.0, 0.0],
            [0.2, 0.7, 0.4],
            [0.5, 0.5, 0.5],
            [0.1, 0.0, 0.9],
        ] {
            let back = from_hsl(to_hsl(rgb));
            assert!(
                rgb.iter().zip(back).all(|(a, b)| (a - b).abs() < 1e-12),
                "{rgb:?} is not {back:?}"
            );
        }
        assert_eq!(to_hsl([0.0, 0.0, 1.0])[0], 4.0 / 6.0);
    }
}
