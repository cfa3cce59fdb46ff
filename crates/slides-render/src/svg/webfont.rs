//! Faces as web fonts: the glyphs in use, with a character map of their own.
use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use slides_fonts::{Face, FaceId};
use subsetter::GlyphRemapper;

use crate::sfnt;

/// The faces and characters of a document.
#[derive(Debug, Default)]
pub(super) struct WebFonts {
    faces: HashMap<FaceId, Option<usize>>,
    used: Vec<Used>,
}

#[derive(Debug)]
struct Used {
    face: Face,
    glyphs: BTreeMap<char, u32>,
}

impl WebFonts {
    /// Whether a face can be embedded.
    pub(super) fn embeds(&mut self, face: &Face) -> bool {
        self.slot(face).is_some()
    }

    fn slot(&mut self, face: &Face) -> Option<usize> {
        if let Some(known) = self.faces.get(&face.id()) {
            return *known;
        }
        // What cannot be made into a font is found out before a text relies on it.
        let slot = subset(face, &BTreeMap::new()).map(|_| self.used.len());
        if slot.is_some() {
            self.used.push(Used {
                face: face.clone(),
                glyphs: BTreeMap::new(),
            });
        }
        self.faces.insert(face.id(), slot);
        slot
    }

    /// Notes that characters are drawn with these glyphs; gives the family to write.
    pub(super) fn note(
        &mut self,
        face: &Face,
        glyphs: impl Iterator<Item = (char, u32)>,
    ) -> Option<String> {
        let slot = self.slot(face)?;
        self.used.get_mut(slot)?.glyphs.extend(glyphs);
        Some(format!("f{}", slot + 1))
    }

    /// `@font-face` rules of all faces in use.
    pub(super) fn css(&self) -> String {
        let mut css = String::new();
        for (slot, used) in self.used.iter().enumerate() {
            let Some(font) = subset(&used.face, &used.glyphs).filter(|_| !used.glyphs.is_empty())
            else {
                continue;
            };
            css.push_str("@font-face{font-family:f");
            css.push_str(&(slot + 1).to_string());
            css.push_str(";src:url(data:font/ttf;base64,");
            STANDARD.encode_string(&font, &mut css);
            css.push_str(") format(\"truetype\")}");
        }
        css
    }
}

/// A font of these glyphs alone.
fn subset(face: &Face, glyphs: &BTreeMap<char, u32>) -> Option<Vec<u8>> {
    let mut remapper = GlyphRemapper::new();
    let mut map = Vec::with_capacity(glyphs.len());
    for (&ch, &glyph) in glyphs {
        map.push((u32::from(ch), remapper.remap(u16::try_from(glyph).ok()?)));
    }
    sfnt::subset(face, &remapper, &map, false)
}

#[cfg(test)]
mod tests {
    use skrifa::MetadataProvider;

    use super::*;

    #[test]
    fn a_subset_maps_its_characters_and_keeps_their_widths() {
        let text = "Hällo, wörld 123";
        let book = slides_fonts::FontBook::bundled();
        let face = book.select("Arial", slides_fonts::Style::default()).face;
        let font = face.font_ref().unwrap();
        let glyphs: BTreeMap<char, u32> = text
            .chars()
            .map(|ch| (ch, font.charmap().map(ch).unwrap().to_u32()))
            .collect();
        let bytes = subset(&face, &glyphs).unwrap();
        assert!(bytes.len() < face.data().len() / 4, "{}", bytes.len());
        assert_eq!(bytes, subset(&face, &glyphs).unwrap());
        let small = skrifa::FontRef::new(&bytes).unwrap();
        let size = skrifa::instance::Size::new(1000.0);
        let at = skrifa::instance::LocationRef::default();
        for ch in text.chars() {
            let width = |font: &skrifa::FontRef<'_>| {
                let glyph = font.charmap().map(ch).unwrap();
                font.glyph_metrics(size, at).advance_width(glyph).unwrap()
            };
            assert_eq!(width(&small), width(&font), "{ch}");
        }
        assert_eq!(small.charmap().map('x'), None);
        // The whole file sums up to the number that the format asks for.
        assert_eq!(sfnt::checksum(&bytes), 0xB1B0_AFBA);
    }
}
