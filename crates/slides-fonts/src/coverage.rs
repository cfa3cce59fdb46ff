//! Which characters a face has a glyph for.
use skrifa::MetadataProvider;

/// Sorted, disjoint, inclusive ranges of code points.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Coverage(Vec<(u32, u32)>);

impl Coverage {
    /// Reads the character map; code points mapped to glyph 0 do not count.
    pub(crate) fn of(font: &skrifa::FontRef<'_>) -> Self {
        let mut codes: Vec<u32> = font
            .charmap()
            .mappings()
            .filter(|(_, glyph)| glyph.to_u32() != 0)
            .map(|(code, _)| code)
            .take(0x11_0000)
            .collect();
        codes.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for code in codes {
            match ranges.last_mut() {
                Some(last) if code <= last.1.saturating_add(1) => last.1 = code,
                _ => ranges.push((code, code)),
            }
        }
        ranges.shrink_to_fit();
        Self(ranges)
    }

    pub(crate) fn has(&self, ch: char) -> bool {
        let code = u32::from(ch);
        let at = self.0.partition_point(|range| range.1 < code);
        self.0.get(at).is_some_and(|range| range.0 <= code)
    }

    /// Reads what [`Self::encode`] wrote, up to its first fault.
    pub(crate) fn decode(encoded: &[u8]) -> Self {
        let mut numbers = encoded;
        let mut ranges = Vec::new();
        let mut next = 0_u32;
        while let Some((gap, length)) = number(&mut numbers).zip(number(&mut numbers)) {
            let first = next.saturating_add(gap);
            let last = first.saturating_add(length);
            ranges.push((first, last));
            next = last.saturating_add(1);
        }
        ranges.shrink_to_fit();
        Self(ranges)
    }

    /// The characters left out before each range, and its length less one, in LEB128.
    #[cfg(test)]
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut encoded = Vec::new();
        let mut next = 0;
        for &(first, last) in &self.0 {
            for mut number in [first - next, last - first] {
                while number > 0x7f {
                    encoded.push(number as u8 | 0x80);
                    number >>= 7;
                }
                encoded.push(number as u8);
            }
            next = last + 1;
        }
        encoded
    }
}

/// Takes a number in LEB128 off the front.
fn number(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0_u32;
    for shift in (0..32).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_come_back_from_their_encoding() {
        for ranges in [
            vec![],
            vec![(0, 0)],
            vec![
                (32, 126),
                (160, 0x3ff),
                (0x4e00, 0x9fff),
                (0x1_f600, 0x10_ffff),
            ],
        ] {
            let coverage = Coverage(ranges);
            assert_eq!(Coverage::decode(&coverage.encode()), coverage);
        }
        assert_eq!(
            Coverage::decode(&[0x20, 0x5e, 0x80]),
            Coverage(vec![(32, 126)])
        );
        assert_eq!(Coverage::decode(&[0xff; 12]), Coverage::default());
    }
}
