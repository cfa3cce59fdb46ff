//! Fonts that a deck carries: Embedded OpenType (the W3C submission of 2008), plain, masked or compressed with
//! MicroType Express.

mod ctf;
mod lzcomp;

/// Font files above this are not read.
const MAX_FILE: usize = 8 << 20;
/// Bytes of a font after decompression.
const MAX_FONT: usize = 24 << 20;

/// `TTEMBED_TTCOMPRESSED`.
const COMPRESSED: u32 = 0x4;
/// `TTEMBED_XORENCRYPTDATA`.
const MASKED: u32 = 0x1000_0000;
/// What masked bytes are combined with.
const MASK: u8 = 0x50;

/// The font program (`sfnt`) in an embedded font part; `None` when the bytes are no font that can be read.
pub(crate) fn font_program(part: &[u8]) -> Option<Vec<u8>> {
    if part.len() > MAX_FILE {
        return None;
    }
    if is_sfnt(part) {
        return Some(part.to_vec());
    }
    let word = |at: usize| {
        part.get(at..at + 4)
            .and_then(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?)))
    };
    let (size, flags) = (word(4)? as usize, word(12)?);
    let version = word(8)?;
    if !matches!(version, 0x0001_0000 | 0x0002_0001 | 0x0002_0002)
        || part.get(34..36) != Some(&[0x4C, 0x50])
    {
        return None;
    }
    // The font is the end of the file; the strings before it are not needed.
    let total = (word(0)? as usize).min(part.len());
    let mut data = part.get(total.checked_sub(size)?..total)?.to_vec();
    if flags & MASKED != 0 {
        for byte in &mut data {
            *byte ^= MASK;
        }
    }
    if flags & COMPRESSED != 0 {
        data = expand(&data)?;
    }
    is_sfnt(&data).then_some(data)
}

fn is_sfnt(bytes: &[u8]) -> bool {
    matches!(
        bytes.get(..4),
        Some([0, 1, 0, 0] | b"OTTO" | b"true" | b"ttcf")
    )
}

/// Undoes MicroType Express: three packed streams, of which only the first is needed. The others hold hinting
/// programs, and text is drawn unhinted.
fn expand(data: &[u8]) -> Option<Vec<u8>> {
    let triple = |at: usize| {
        data.get(at..at + 3).map(|part| {
            part.iter()
                .fold(0, |sum, byte| (sum << 8) | usize::from(*byte))
        })
    };
    let version = *data.first()?;
    let tables = data.get(10..triple(4)?)?;
    let tables = lzcomp::unpack(tables, version != 1, MAX_FONT)?;
    ctf::restore(&tables, MAX_FONT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(flags: u32, data: &[u8]) -> Vec<u8> {
        let mut part = vec![0; 82];
        part[0..4].copy_from_slice(&((82 + data.len()) as u32).to_le_bytes());
        part[4..8].copy_from_slice(&(data.len() as u32).to_le_bytes());
        part[8..12].copy_from_slice(&0x0002_0001_u32.to_le_bytes());
        part[12..16].copy_from_slice(&flags.to_le_bytes());
        part[34..36].copy_from_slice(&[0x4C, 0x50]);
        part.extend_from_slice(data);
        part
    }

    #[test]
    fn plain_and_masked_fonts_are_unwrapped() {
        let font = [0, 1, 0, 0, 9, 8, 7];
        assert_eq!(font_program(&font).unwrap(), font);
        assert_eq!(font_program(&wrapped(0, &font)).unwrap(), font);
        let masked: Vec<u8> = font.iter().map(|byte| byte ^ MASK).collect();
        assert_eq!(font_program(&wrapped(MASKED, &masked)).unwrap(), font);
        assert!(font_program(&wrapped(0, &masked)).is_none());
        assert!(font_program(b"no font").is_none() && font_program(&[]).is_none());
    }

    /// Orbitron, SIL Open Font License 1.1, as Google Slides writes it.
    const COMPRESSED_FONT: &[u8] = include_bytes!("../../testdata/orbitron.fntdata");

    #[test]
    fn compressed_fonts_keep_their_outlines_and_widths() {
        use skrifa::MetadataProvider;
        use skrifa::instance::{LocationRef, Size};
        let program = font_program(COMPRESSED_FONT).unwrap();
        let font = skrifa::FontRef::new(&program).unwrap();
        let em = f32::from(
            font.metrics(Size::unscaled(), LocationRef::default())
                .units_per_em,
        );
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let glyph = font.charmap().map('O').unwrap();
        let advance = metrics.advance_width(glyph).unwrap();
        let bounds = metrics.bounds(glyph).unwrap();
        assert!(
            bounds.x_min > 0.0 && bounds.x_max < advance,
            "{bounds:?} in {advance}"
        );
        assert!((0.6..0.8).contains(&(bounds.y_max / em)), "{bounds:?}");
        assert!(font.outline_glyphs().get(glyph).is_some());
    }

    #[test]
    fn damaged_compressed_fonts_never_panic() {
        for at in (0..COMPRESSED_FONT.len()).step_by(37) {
            let mut damaged = COMPRESSED_FONT.to_vec();
            damaged[at] ^= 0x24;
            let _ = font_program(&damaged);
            let _ = font_program(&COMPRESSED_FONT[..at]);
        }
    }

    #[test]
    fn damaged_fonts_are_refused() {
        let mut noise = 1_u32;
        for length in [0, 3, 10, 40, 400, 4000] {
            let mut data = vec![3, 1, 0, 0, 0, (length >> 8) as u8, length as u8, 0, 0, 0];
            data.extend((0..length).map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            }));
            let found = font_program(&wrapped(COMPRESSED, &data));
            assert!(found.is_none_or(|font| font.len() <= MAX_FONT));
        }
        let mut lying = wrapped(0, &[0, 1, 0, 0]);
        lying[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(font_program(&lying).is_none());
    }
}
