//! The compact table format of MicroType Express (W3C submission, section 5) back to TrueType tables.

/// Tables of a font.
const MAX_TABLES: u16 = 128;
/// Components of a composite glyph.
const MAX_COMPONENTS: usize = 256;

/// A font program from the tables of a compact one; `None` when they are damaged or larger than `most`.
///
/// Hinting programs and device metrics are left out.
pub(super) fn restore(data: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut reader = Reader { data, at: 0 };
    let version = reader.u32()?;
    let count = reader.u16()?;
    if count > MAX_TABLES {
        return None;
    }
    reader.skip(6)?;
    let mut tables: Vec<([u8; 4], Vec<u8>)> = Vec::new();
    let mut outlines = None;
    for _ in 0..count {
        let tag: [u8; 4] = reader.take(4)?.try_into().ok()?;
        reader.skip(4)?;
        let (offset, length) = (reader.u32()? as usize, reader.u32()? as usize);
        match &tag {
            b"glyf" => outlines = Some(offset),
            b"loca" | b"hdmx" | b"VDMX" | b"cvt " | b"fpgm" | b"prep" | b"DSIG" | b"LTSH" => {}
            _ => tables.push((tag, data.get(offset..offset.checked_add(length)?)?.to_vec())),
        }
    }
    if let Some(offset) = outlines {
        let table = |tag: &[u8; 4]| {
            tables
                .iter()
                .find(|table| table.0 == *tag)
                .map(|table| &table.1)
        };
        let glyphs = table(b"maxp")?.get(4..6)?;
        let glyphs = u16::from_be_bytes(glyphs.try_into().ok()?);
        let (glyf, loca) = glyphs_of(&mut Reader { data, at: offset }, glyphs, most)?;
        // Places are written as 32-bit numbers.
        let head = tables.iter_mut().find(|table| table.0 == *b"head")?;
        head.1.get_mut(50..52)?.copy_from_slice(&[0, 1]);
        tables.push((*b"glyf", glyf));
        tables.push((*b"loca", loca));
    }
    tables.sort_by_key(|table| table.0);
    (tables.iter().map(|table| table.1.len()).sum::<usize>() <= most)
        .then(|| assemble(version, &tables))
}

/// Writes a font file.
fn assemble(version: u32, tables: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let count = tables.len() as u16;
    let selector = count.max(1).ilog2() as u16;
    let range = 16_u16 << selector;
    let mut out = Vec::new();
    out.extend(version.to_be_bytes());
    for number in [count, range, selector, (16 * count).wrapping_sub(range)] {
        out.extend(number.to_be_bytes());
    }
    let mut offset = 12 + 16 * tables.len();
    for (tag, table) in tables {
        let sum = table.chunks(4).fold(0_u32, |sum, chunk| {
            let mut word = [0; 4];
            word.iter_mut()
                .zip(chunk)
                .for_each(|(to, from)| *to = *from);
            sum.wrapping_add(u32::from_be_bytes(word))
        });
        out.extend(tag);
        for number in [sum, offset as u32, table.len() as u32] {
            out.extend(number.to_be_bytes());
        }
        offset += table.len().next_multiple_of(4);
    }
    for (_, table) in tables {
        out.extend(table);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

struct Reader<'d> {
    data: &'d [u8],
    at: usize,
}

impl<'d> Reader<'d> {
    fn take(&mut self, count: usize) -> Option<&'d [u8]> {
        let part = self.data.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(part)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(|_| ())
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn i16(&mut self) -> Option<i16> {
        self.u16().map(u16::cast_signed)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// `255USHORT`.
    fn packed(&mut self) -> Option<u16> {
        Some(match self.u8()? {
            253 => self.u16()?,
            254 => 506 + u16::from(self.u8()?),
            255 => 253 + u16::from(self.u8()?),
            value => value.into(),
        })
    }
}

/// The `glyf` and `loca` tables.
fn glyphs_of(reader: &mut Reader<'_>, count: u16, most: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut glyf = Vec::new();
    let mut loca = Vec::with_capacity(4 * usize::from(count) + 4);
    for _ in 0..count {
        loca.extend((glyf.len() as u32).to_be_bytes());
        glyph(reader, &mut glyf)?;
        glyf.resize(glyf.len().next_multiple_of(4), 0);
        if glyf.len() > most {
            return None;
        }
    }
    loca.extend((glyf.len() as u32).to_be_bytes());
    Some((glyf, loca))
}

fn glyph(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    let mut contours = reader.i16()?;
    if contours < 0 {
        return composite(reader, out);
    }
    let mut bounds = None;
    if contours == 0x7FFF {
        contours = reader.i16()?;
        bounds = Some([reader.i16()?, reader.i16()?, reader.i16()?, reader.i16()?]);
    }
    if contours <= 0 {
        return Some(());
    }
    simple(reader, contours, bounds, out)
}

/// Outlines of points in the triplet coding that WOFF2 took over.
fn simple(
    reader: &mut Reader<'_>,
    contours: i16,
    bounds: Option<[i16; 4]>,
    out: &mut Vec<u8>,
) -> Option<()> {
    let mut ends = Vec::new();
    let mut points = 1_usize;
    for _ in 0..contours {
        points += usize::from(reader.packed()?);
        ends.push(u16::try_from(points - 1).ok()?);
    }
    let flags = reader.take(points)?;
    let mut steps = Vec::with_capacity(points);
    for flag in flags {
        steps.push(step(reader, *flag)?);
    }
    // Sizes of the two hinting programs, which lie in other streams.
    let _ = (reader.packed()?, reader.packed()?);

    let bounds = bounds.unwrap_or_else(|| extent(&steps));
    out.extend(contours.to_be_bytes());
    for edge in bounds {
        out.extend(edge.to_be_bytes());
    }
    for end in ends {
        out.extend(end.to_be_bytes());
    }
    out.extend([0, 0]);
    for flag in flags {
        out.push(u8::from(flag & 0x80 == 0));
    }
    for coordinate in [0, 1] {
        for step in &steps {
            out.extend(
                step.get(coordinate)
                    .copied()
                    .unwrap_or_default()
                    .to_be_bytes(),
            );
        }
    }
    Some(())
}

/// Left, bottom, right and top edge of the points.
fn extent(steps: &[[i16; 2]]) -> [i16; 4] {
    let mut edges = [i16::MAX, i16::MAX, i16::MIN, i16::MIN];
    let (mut x, mut y) = (0_i16, 0_i16);
    for [dx, dy] in steps {
        (x, y) = (x.wrapping_add(*dx), y.wrapping_add(*dy));
        edges = [
            edges[0].min(x),
            edges[1].min(y),
            edges[2].max(x),
            edges[3].max(y),
        ];
    }
    edges
}

/// The way from the point before.
fn step(reader: &mut Reader<'_>, flag: u8) -> Option<[i16; 2]> {
    let flag = i32::from(flag & 0x7F);
    let mut byte = || reader.u8().map(i32::from);
    let signed = |bit: i32, value: i32| if bit & 1 == 1 { value } else { -value };
    let (x, y) = match flag {
        0..10 => (0, signed(flag, ((flag & 0xE) << 7) + byte()?)),
        10..20 => (signed(flag, (((flag - 10) & 0xE) << 7) + byte()?), 0),
        20..84 => {
            let (high, low) = (flag - 20, byte()?);
            (
                signed(flag, 1 + (high & 0x30) + (low >> 4)),
                signed(flag >> 1, 1 + ((high & 0x0C) << 2) + (low & 0x0F)),
            )
        }
        84..120 => {
            let high = flag - 84;
            let x = 1 + ((high / 12) << 8) + byte()?;
            let y = 1 + (((high % 12) >> 2) << 8) + byte()?;
            (signed(flag, x), signed(flag >> 1, y))
        }
        120..124 => {
            let (first, middle, last) = (byte()?, byte()?, byte()?);
            (
                signed(flag, (first << 4) + (middle >> 4)),
                signed(flag >> 1, ((middle & 0x0F) << 8) + last),
            )
        }
        _ => {
            let x = (byte()? << 8) + byte()?;
            let y = (byte()? << 8) + byte()?;
            (signed(flag, x), signed(flag >> 1, y))
        }
    };
    Some([x as i16, y as i16])
}

fn composite(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    const WORDS: u16 = 0x1;
    const SCALE: u16 = 0x8;
    const MORE: u16 = 0x20;
    const SCALES: u16 = 0x40;
    const MATRIX: u16 = 0x80;
    const PROGRAM: u16 = 0x100;
    out.extend((-1_i16).to_be_bytes());
    out.extend(reader.take(8)?);
    let mut programs = false;
    for _ in 0..MAX_COMPONENTS {
        let flags = reader.u16()?;
        programs |= flags & PROGRAM != 0;
        out.extend((flags & !PROGRAM).to_be_bytes());
        let transform = match flags {
            _ if flags & MATRIX != 0 => 8,
            _ if flags & SCALES != 0 => 4,
            _ if flags & SCALE != 0 => 2,
            _ => 0,
        };
        let place = if flags & WORDS != 0 { 4 } else { 2 };
        out.extend(reader.take(2 + place + transform)?);
        if flags & MORE == 0 {
            if programs {
                let _ = (reader.packed()?, reader.packed()?);
            }
            return Some(());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_by_their_triplets() {
        let read = |bytes: &[u8], flag| {
            let mut reader = Reader { data: bytes, at: 0 };
            let found = step(&mut reader, flag);
            assert_eq!(reader.at, bytes.len());
            found
        };
        assert_eq!(read(&[5], 1), Some([0, 5]));
        assert_eq!(read(&[5], 2), Some([0, -261]));
        assert_eq!(read(&[7], 0x80 | 0x0d), Some([263, 0]));
        assert_eq!(read(&[0x12], 23), Some([2, 3]));
        assert_eq!(read(&[1, 2], 87), Some([2, 3]));
        assert_eq!(read(&[1, 0x23, 4], 120), Some([-18, -772]));
        assert_eq!(read(&[1, 2, 3, 4], 127), Some([258, 772]));
        assert_eq!(step(&mut Reader { data: &[], at: 0 }, 1), None);
    }

    #[test]
    fn a_triangle_comes_back() {
        let mut maxp = vec![0, 1, 0, 0, 0, 1];
        maxp.resize(32, 0);
        // One contour of three points, no hinting.
        let glyf = [0, 1, 2, 1, 11, 1, 10, 10, 20, 0, 0];
        let head = vec![0; 54];
        let mut data = vec![0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0];
        let mut offset = 12 + 48;
        for (tag, table) in [(b"glyf", &glyf[..]), (b"head", &head), (b"maxp", &maxp)] {
            data.extend(tag);
            data.extend([0; 4]);
            data.extend((offset as u32).to_be_bytes());
            data.extend((table.len() as u32).to_be_bytes());
            offset += table.len();
        }
        data.extend(glyf);
        data.extend(head);
        data.extend(maxp);
        let font = restore(&data, 10_000).unwrap();
        let font = skrifa::FontRef::new(&font).unwrap();
        use skrifa::raw::TableProvider;
        let loca = font.loca(None).unwrap();
        let glyf = font.glyf().unwrap();
        let glyph = loca
            .get_glyf(skrifa::GlyphId::new(0), &glyf)
            .unwrap()
            .unwrap();
        assert_eq!(
            (glyph.x_min(), glyph.y_min(), glyph.x_max(), glyph.y_max()),
            (0, 10, 10, 30)
        );
        assert!(restore(&data[..70], 10_000).is_none());
    }
}
