//! Faces cut down to the glyphs in use, as font files with a character map of their own.
use std::collections::BTreeMap;

use slides_fonts::Face;
use subsetter::GlyphRemapper;

/// Tables of one font; there are a few dozen kinds.
const MAX_TABLES: usize = 64;

/// A font of these glyphs alone.
///
/// `map` leads from characters, ascending, to glyphs of the new font; `named` puts the family's name into it.
pub(crate) fn subset(
    face: &Face,
    glyphs: &GlyphRemapper,
    map: &[(u32, u16)],
    named: bool,
) -> Option<Vec<u8>> {
    let bare = subsetter::subset(face.data(), face.index(), glyphs).ok()?;
    let mut tables = tables(&bare)?;
    tables.insert(*b"cmap", cmap(map));
    // What browsers ask for and PDF does not.
    let font = face.font_ref()?;
    let os2 = font.table_data(skrifa::Tag::new(b"OS/2"))?;
    tables.insert(*b"OS/2", os2.as_ref().to_vec());
    tables.insert(*b"post", post());
    if named {
        tables.insert(*b"name", names(face.family()));
    }
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

/// `name` with a family, which the typesetters of Windows ask for.
fn names(family: &str) -> Vec<u8> {
    let family: String = family.chars().filter(|ch| !ch.is_control()).collect();
    let family: Vec<u8> = family
        .encode_utf16()
        .take(64)
        .flat_map(u16::to_be_bytes)
        .collect();
    let style: Vec<u8> = "Regular"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    // Family, style, identity, full name, PostScript name.
    let records = [(1, false), (2, true), (3, false), (4, false), (6, false)];
    let mut table = Vec::new();
    for value in [0, records.len() as u16, 6 + 12 * records.len() as u16] {
        table.extend(value.to_be_bytes());
    }
    for (kind, is_style) in records {
        let (length, at) = if is_style {
            (style.len(), family.len())
        } else {
            (family.len(), 0)
        };
        for value in [3, 1, 0x409, kind, length as u16, at as u16] {
            table.extend(value.to_be_bytes());
        }
    }
    table.extend(family);
    table.extend(style);
    table
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

pub(crate) fn checksum(bytes: &[u8]) -> u32 {
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
    use super::*;

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
