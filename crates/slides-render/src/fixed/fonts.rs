//! Faces as font files of the document: the glyphs in use, numbered as they come.
use std::collections::{BTreeMap, HashMap};

use slides_fonts::{Face, FaceId};
use subsetter::GlyphRemapper;

use super::Dialect;
use crate::sfnt;
use crate::svg::SideFile;

/// Bytes at the start of a font that are obfuscated.
const OBFUSCATED: usize = 32;
/// Glyphs of one font; the number after the last is no glyph.
const MAX_GLYPHS: u16 = u16::MAX - 1;

#[derive(Debug)]
pub(super) struct Fonts {
    dialect: Dialect,
    faces: HashMap<FaceId, Option<usize>>,
    used: Vec<Used>,
}

#[derive(Debug)]
struct Used {
    face: Face,
    name: String,
    key: u128,
    glyphs: GlyphRemapper,
    chars: BTreeMap<u32, u16>,
}

/// A name that no other font of the document has; the same for the same document.
fn key(face: &Face, slot: usize) -> u128 {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
    const START: u128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D;
    let style = [u8::from(face.is_bold()), u8::from(face.is_italic())];
    let slot = (slot as u64).to_be_bytes();
    let bytes = face.family().bytes().chain(style).chain(slot);
    bytes.fold(START, |sum, byte| {
        (sum ^ u128::from(byte)).wrapping_mul(PRIME)
    })
}

/// `00112233-4455-6677-8899-AABBCCDDEEFF`.
fn guid(key: u128) -> String {
    let digits = format!("{key:032X}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    let parts = parts.map(|part| digits.get(part).unwrap_or_default().to_owned());
    parts.join("-")
}

impl Fonts {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            faces: HashMap::new(),
            used: Vec::new(),
        }
    }

    fn slot(&mut self, face: &Face) -> Option<usize> {
        if let Some(known) = self.faces.get(&face.id()) {
            return *known;
        }
        // What cannot be made into a font is found out before a text relies on it.
        let slot = sfnt::subset(face, &GlyphRemapper::new(), &[], true).map(|_| self.used.len());
        if let Some(slot) = slot {
            let key = key(face, slot);
            self.used.push(Used {
                face: face.clone(),
                name: match self.dialect {
                    Dialect::Xps => format!("/Resources/Fonts/{}.odttf", guid(key)),
                    Dialect::Xaml { folder } => format!("{folder}/font{}.ttf", slot + 1),
                },
                key,
                glyphs: GlyphRemapper::new(),
                chars: BTreeMap::new(),
            });
        }
        self.faces.insert(face.id(), slot);
        slot
    }

    /// The file of a face, and the numbers that its glyphs have there. `chars` are those of glyphs that stand for one.
    pub(super) fn note(
        &mut self,
        face: &Face,
        glyphs: &[(u32, Option<char>)],
    ) -> Option<(String, Vec<u16>)> {
        let slot = self.slot(face)?;
        let used = self.used.get_mut(slot)?;
        let ids = glyphs
            .iter()
            .map(|&(glyph, ch)| {
                let glyph = u16::try_from(glyph).ok()?;
                let is_new = used.glyphs.get(glyph).is_none();
                if is_new && used.glyphs.num_gids() >= MAX_GLYPHS {
                    return None;
                }
                let id = used.glyphs.remap(glyph);
                if let Some(ch) = ch {
                    used.chars.entry(u32::from(ch)).or_insert(id);
                }
                Some(id)
            })
            .collect::<Option<Vec<u16>>>()?;
        Some((used.name.clone(), ids))
    }

    /// The font files.
    pub(super) fn files(&self) -> Vec<SideFile> {
        self.used
            .iter()
            .filter_map(|used| {
                let chars: Vec<(u32, u16)> = used.chars.iter().map(|(ch, id)| (*ch, *id)).collect();
                let mut bytes = sfnt::subset(&used.face, &used.glyphs, &chars, true)?;
                let (extension, media_type) = match self.dialect {
                    Dialect::Xps => {
                        obfuscate(&mut bytes, used.key);
                        ("odttf", "application/vnd.ms-package.obfuscated-opentype")
                    }
                    Dialect::Xaml { .. } => ("ttf", "font/ttf"),
                };
                Some(SideFile {
                    name: used.name.trim_start_matches('/').to_owned(),
                    extension,
                    media_type,
                    bytes,
                })
            })
            .collect()
    }
}

/// Changes the start of a font by its own name and back (XPS 1.0, 9.1.7.3).
fn obfuscate(bytes: &mut [u8], key: u128) {
    let key = key.to_be_bytes();
    let key = key.iter().rev().cycle();
    for (byte, key) in bytes.iter_mut().take(OBFUSCATED).zip(key) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_are_named_by_their_key_and_read_with_it() {
        assert_eq!(
            guid(0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF),
            "00112233-4455-6677-8899-AABBCCDDEEFF"
        );
        let book = slides_fonts::FontBook::bundled();
        let face = book.select("Arial", slides_fonts::Style::default()).face;
        let mut fonts = Fonts::new(Dialect::Xps);
        let (name, ids) = fonts.note(&face, &[(36, Some('A')), (5, None)]).unwrap();
        assert_eq!(ids, [1, 2]);
        let mut file = fonts.files().remove(0);
        assert_eq!(format!("/{}", file.name), name);
        let stem = name.rsplit(['/', '.']).nth(1).unwrap();
        assert!(skrifa::FontRef::new(&file.bytes).is_err());
        let key = u128::from_str_radix(&stem.replace('-', ""), 16).unwrap();
        obfuscate(&mut file.bytes, key);
        assert!(skrifa::FontRef::new(&file.bytes).is_ok());
    }
}
