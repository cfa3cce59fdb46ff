//! Text for unit tests.

use skrifa::MetadataProvider;
use slides_fonts::Face;
use slides_scene::{Glyph, GlyphRun};

/// A run of characters one by one, mapped by the face's character map; `reversed` sets them right to left.
pub(crate) fn run(face: &Face, text: &str, x: f64, y: f64, size: f64, reversed: bool) -> GlyphRun {
    let font = face.font_ref().unwrap();
    let charmap = font.charmap();
    let metrics = font.glyph_metrics(
        skrifa::instance::Size::new(size as f32),
        skrifa::instance::LocationRef::default(),
    );
    let mut pen = x;
    let mut chars: Vec<(usize, char)> = text.char_indices().collect();
    if reversed {
        chars.reverse();
    }
    let glyphs = chars
        .into_iter()
        .map(|(at, ch)| {
            let id = charmap.map(ch).unwrap();
            let advance = f64::from(metrics.advance_width(id).unwrap());
            pen += advance;
            Glyph {
                id: id.to_u32(),
                x: pen - advance,
                y,
                advance,
                start: at as u32,
                end: (at + ch.len_utf8()) as u32,
            }
        })
        .collect();
    GlyphRun {
        face: face.clone(),
        size,
        scale_x: 1.0,
        skew: 0.0,
        embolden: 0.0,
        glyphs,
        text: text.into(),
    }
}
