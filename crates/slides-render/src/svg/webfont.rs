//! Faces as web fonts: the glyphs in use, with a character map of their own.
use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use slides_fonts::{Face, FaceId};
use subsetter::GlyphRemapper;

/// Tables of one font; there are a few dozen kinds.
const MAX_TABLES: usize = 64;

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
    let bare = subsetter::subset(face.data(), face.index(), &remapper).ok()?;
    let mut tables = tables(&bare)?;
    tables.insert(*b"cmap", cmap(&map));
    // What browsers ask for and PDF does not.
    let font = face.font_ref()?;
    let os2 = font.table_data(skrifa::Tag::new(b"OS/2"))?;
    tables.insert(*b"OS/2", os2.as_ref().to_vec());
    tables.insert(*b"post", post());
    tables
        .entry(*b"name")
        .or_insert_with(|| vec![0, 0, 0, 0, 0, 6]);
    Some(assemble(tables, bare.get(..4)?))
}

fn tables(font: &[u8]) -> Option<BTreeMap<[u8; 4], Vec<u8>>> {
    let long = |at: usize| -> Option<usize> {
        let bytes = font.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes) as usize)
    };
    let count = usize::from(u16::from_be_bytes(font.get(4..6)?.try_into().ok()?));
    (0..count.min(MAX_TABLES))
        .map(|at| {
            let record = 12 + at * 16;
            let tag = font.get(record..record + 4)?.try_into().ok()?;
            let (from, length) = (long(record + 8)?, long(record + 12)?);
            Some((tag, font.get(from..from.checked_add(length)?)?.to_vec()))
        })
        .collect()
}

/// `post` without names of glyphs.
fn post() -> Vec<u8> {
    let mut table = vec![0, 3, 0, 0];
    table.resize(32, 0);
    table
}

/// A character map of groups of characters that follow each other (format 12).
fn cmap(map: &[(u32, u16)]) -> Vec<u8> {
    let mut groups: Vec<(u32, u32, u32)> = Vec::new();
    for &(ch, glyph) in map {
        let glyph = u32::from(glyph);
        match groups.last_mut() {
            Some((first, last, start)) if *last + 1 == ch && *start + ch - *first == glyph => {
                *last = ch;
            }
            _ => groups.push((ch, ch, glyph)),
        }
    }
    let mut wide = Vec::new();
    wide.extend([0, 12, 0, 0]);
    wide.extend((16 + 12 * groups.len() as u32).to_be_bytes());
    wide.extend([0; 4]);
    wide.extend((groups.len() as u32).to_be_bytes());
    for (first, last, glyph) in &groups {
        for value in [first, last, glyph] {
            wide.extend(value.to_be_bytes());
        }
    }
    let narrow = format_4(&groups);
    let mut table = vec![0, 0, 0, if narrow.is_some() { 2 } else { 1 }];
    let head = if narrow.is_some() { 20_u32 } else { 12 };
    if let Some(narrow) = &narrow {
        table.extend([0, 3, 0, 1]);
        table.extend((head + wide.len() as u32).to_be_bytes());
        debug_assert!(narrow.len() < 65_536);
    }
    table.extend([0, 3, 0, 10]);
    table.extend(head.to_be_bytes());
    table.extend(wide);
    table.extend(narrow.unwrap_or_default());
    table
}

/// The same for readers that know the older form alone; `None` where it does not hold all.
fn format_4(groups: &[(u32, u32, u32)]) -> Option<Vec<u8>> {
    let groups: Vec<(u16, u16, u16)> = groups
        .iter()
        .filter(|(_, last, _)| *last < 0xFFFF)
        .map(|(first, last, glyph)| (*first as u16, *last as u16, *glyph as u16))
        .chain([(0xFFFF, 0xFFFF, 0)])
        .collect();
    let count = u16::try_from(groups.len()).ok()?;
    let length = u16::try_from(16 + 8 * groups.len()).ok()?;
    let power = 1_u16 << count.ilog2();
    let mut table = Vec::with_capacity(usize::from(length));
    let mut short = |value: u16| table.extend(value.to_be_bytes());
    for value in [
        4,
        length,
        0,
        count * 2,
        power * 2,
        power.ilog2() as u16,
        (count - power) * 2,
    ] {
        short(value);
    }
    for (_, last, _) in &groups {
        short(*last);
    }
    short(0);
    for (first, _, _) in &groups {
        short(*first);
    }
    for (first, _, glyph) in &groups {
        // The last group leads to the glyph of what is missing.
        short(if *first == 0xFFFF {
            1
        } else {
            glyph.wrapping_sub(*first)
        });
    }
    for _ in &groups {
        short(0);
    }
    Some(table)
}

fn checksum(bytes: &[u8]) -> u32 {
    bytes.chunks(4).fold(0, |sum: u32, chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

/// Tables to a font file.
fn assemble(mut tables: BTreeMap<[u8; 4], Vec<u8>>, kind: &[u8]) -> Vec<u8> {
    if let Some(adjustment) = tables.get_mut(b"head").and_then(|head| head.get_mut(8..12)) {
        adjustment.fill(0);
    }
    let count = tables.len() as u16;
    let power = 1_u16 << count.max(1).ilog2();
    let mut out = kind.to_vec();
    for value in [
        count,
        power * 16,
        power.ilog2() as u16,
        (count - power) * 16,
    ] {
        out.extend(value.to_be_bytes());
    }
    let mut at = 12 + 16 * tables.len();
    let mut head = None;
    for (tag, data) in &tables {
        if tag == b"head" {
            head = Some(at + 8);
        }
        out.extend(tag);
        out.extend(checksum(data).to_be_bytes());
        out.extend((at as u32).to_be_bytes());
        out.extend((data.len() as u32).to_be_bytes());
        at += data.len().next_multiple_of(4);
    }
    for data in tables.values() {
        out.extend(data);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    let adjustment = 0xB1B0_AFBA_u32.wrapping_sub(checksum(&out));
    if let Some(place) = head.and_then(|at| out.get_mut(at..at + 4)) {
        place.copy_from_slice(&adjustment.to_be_bytes());
    }
    out
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
        assert_eq!(checksum(&bytes), 0xB1B0_AFBA);
    }

    #[test]
    fn both_maps_agree() {
        let map = [(65, 1), (66, 2), (67, 9), (0x1F600, 4)];
        let table = cmap(&map);
        assert_eq!(table[..4], [0, 0, 0, 2]);
        let narrow = format_4(&[(65, 66, 1), (67, 67, 9)]).unwrap();
        assert_eq!(narrow.len(), 16 + 8 * 3);
        assert!(table.ends_with(&narrow));
    }
}
