//! Which characters a face has a glyph for.
use skrifa::MetadataProvider;

/// Sorted, disjoint, inclusive ranges of code points.
#[derive(Debug, Default)]
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
}
