//! Ink separations of JPEG pictures as screen colours.
//!
//! PowerPoint turns them into RGB by a press profile. Here the colours of the sixteen overprints of such a press are
//! mixed by the parts of the paper that they cover: on the one such picture known beside PowerPoint's own PDF that is
//! nearer than the plain product of the inks.

/// Encoded colours of the overprints, bit 0 cyan, 1 magenta, 2 yellow, 3 black: solids of a coated web press.
const OVERPRINTS: [[u8; 3]; 16] = [
    [255, 255, 255],
    [0, 174, 239],
    [236, 0, 140],
    [46, 49, 146],
    [255, 242, 0],
    [0, 166, 81],
    [237, 28, 36],
    [54, 53, 55],
    [35, 31, 32],
    [0, 18, 25],
    [32, 0, 8],
    [9, 2, 12],
    [30, 26, 0],
    [0, 19, 8],
    [32, 0, 0],
    [0, 0, 0],
];
/// Screen colour of amounts of cyan, magenta, yellow and black.
pub(crate) fn color(inks: [u8; 4]) -> [u8; 3] {
    // Each ink halves the overprints that are left.
    let [cyan, magenta, yellow, black] = inks.map(|ink| f32::from(ink) / 255.0);
    let without_black = halved::<16, 8>(&PAPER, black);
    let without_yellow = halved::<8, 4>(&without_black, yellow);
    let without_magenta = halved::<4, 2>(&without_yellow, magenta);
    let [[r, g, b, _]] = halved::<2, 1>(&without_magenta, cyan);
    [r, g, b].map(|value| (value.clamp(0.0, 255.0) + 0.5) as u8)
}

/// [`OVERPRINTS`] to calculate with; the fourth place makes them a machine's vector.
const PAPER: [[f32; 4]; 16] = {
    let mut colors = [[0.0; 4]; 16];
    let mut at = 0;
    while at < 16 {
        let [r, g, b] = OVERPRINTS[at];
        colors[at] = [r as f32, g as f32, b as f32, 0.0];
        at += 1;
    }
    colors
};

/// Colours without the last ink, which covers a part of the paper.
fn halved<const N: usize, const M: usize>(colors: &[[f32; 4]; N], part: f32) -> [[f32; 4]; M] {
    let (bare, printed) = colors.split_at(M);
    let mut mixed = [[0.0; 4]; M];
    for (mixed, (bare, printed)) in mixed.iter_mut().zip(bare.iter().zip(printed)) {
        for (mixed, (bare, printed)) in mixed.iter_mut().zip(bare.iter().zip(printed)) {
            *mixed = bare + (printed - bare) * part;
        }
    }
    mixed
}

/// Three channels from brightness and two differences (JFIF's BT.601).
pub(crate) fn from_ycc([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [
        y + 1.402 * cr,
        y - 0.344_136 * cb - 0.714_136 * cr,
        y + 1.772 * cb,
    ]
    .map(|value| (value.clamp(0.0, 255.0) + 0.5) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_come_from_brightness_and_differences() {
        assert_eq!(from_ycc([90, 128, 128]), [90, 90, 90]);
        assert_eq!(from_ycc([76, 85, 255]), [254, 0, 0]);
    }

    #[test]
    fn paper_and_solids_are_exact_and_tints_lie_between() {
        assert_eq!(color([0, 0, 0, 0]), [255, 255, 255]);
        assert_eq!(color([255, 255, 255, 255]), [0, 0, 0]);
        for (got, expected) in [
            ([255, 0, 0, 0], [0, 174, 239]),
            ([0, 255, 255, 0], [237, 28, 36]),
            ([0, 0, 0, 255], [35, 31, 32]),
        ] {
            let got_color = color(got);
            assert!(
                got_color
                    .iter()
                    .zip(expected)
                    .all(|(a, b)| a.abs_diff(b) <= 1),
                "{got:?} is {got_color:?}"
            );
        }
        let [tint, ..] = color([128, 0, 0, 0]);
        assert!((120..135).contains(&tint), "{tint}");
    }

    #[test]
    fn colours_are_nearer_to_powerpoints_than_the_product_of_the_inks() {
        // Medians of areas of one colour in a picture beside PowerPoint's own PDF.
        for (cmyk, measured) in [
            ([171, 157, 157, 129], [69, 63, 58]),
            ([2, 129, 250, 0], [223, 145, 65]),
            ([138, 128, 127, 105], [110, 106, 102]),
        ] {
            let off = |color: [u8; 3]| -> u32 {
                let channels = color.iter().zip(measured);
                channels.map(|(a, b)| u32::from(a.abs_diff(b))).sum()
            };
            let [c, m, y, k]: [u8; 4] = cmyk;
            let product =
                [c, m, y].map(|ink| (u16::from(255 - ink) * u16::from(255 - k) / 255) as u8);
            assert!(off(color(cmyk)) < off(product), "{cmyk:?}");
        }
    }
}
