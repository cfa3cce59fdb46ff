//! Mean widths and heights of faces that are not bundled, so that a stand-in is drawn as wide as they are.
#[rustfmt::skip]
mod data;

/// What is known of a family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Published {
    kind: u8,
    regular: f64,
    bold: f64,
    /// Height above the baseline, em.
    pub(crate) ascent: f64,
    /// Depth below it, em.
    pub(crate) descent: f64,
}

impl Published {
    /// The bundled family that is nearest in kind.
    pub(crate) fn stand_in(&self) -> &'static str {
        match self.kind {
            b'R' => "Liberation Serif",
            b'M' => "Liberation Mono",
            b'H' => "Carlito",
            _ => "Liberation Sans",
        }
    }

    /// How much wider its text is than that of a bundled family; `None` for families of other scripts.
    pub(crate) fn ratio(&self, family: &str, bold: bool) -> Option<f64> {
        let own = match (family, bold) {
            ("Liberation Sans", false) => 0.446,
            ("Liberation Sans", true) => 0.480,
            ("Carlito", false) => 0.410,
            ("Carlito", true) => 0.419,
            ("Liberation Serif", false) => 0.406,
            ("Liberation Serif", true) => 0.433,
            ("Caladea", false) => 0.411,
            ("Caladea", true) => 0.451,
            ("Liberation Mono", _) => 0.600,
            _ => return None,
        };
        let asked = if bold { self.bold } else { self.regular };
        Some((asked / own).clamp(0.6, 1.4))
    }
}

/// The figures of a family in lower case.
pub(crate) fn find(family: &str) -> Option<Published> {
    let at = data::FAMILIES
        .binary_search_by(|entry| entry.0.cmp(family))
        .ok()?;
    let &(_, kind, regular, bold, ascent, descent) = data::FAMILIES.get(at)?;
    let em = |thousandths: u16| f64::from(thousandths) / 1000.0;
    Some(Published {
        kind,
        regular: em(regular),
        bold: em(bold),
        ascent: em(ascent),
        descent: em(descent),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_sorted_and_plausible() {
        assert!(data::FAMILIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (family, kind, regular, bold, ascent, descent) in data::FAMILIES {
            assert!(b"SRMDH".contains(kind), "{family}");
            assert!(
                (150..=1000).contains(regular) && (150..=1300).contains(bold),
                "{family}"
            );
            assert!(*ascent > 300 && *descent < 2500, "{family}");
        }
    }

    #[test]
    fn the_bundled_twins_are_as_wide_as_their_stand_ins() {
        for (family, stand_in) in [
            ("arimo", "Liberation Sans"),
            ("carlito", "Carlito"),
            ("tinos", "Liberation Serif"),
            ("cousine", "Liberation Mono"),
        ] {
            for bold in [false, true] {
                let ratio = find(family).unwrap().ratio(stand_in, bold).unwrap();
                assert!((ratio - 1.0).abs() < 0.01, "{family} {bold}: {ratio}");
            }
        }
        assert!(find("no such family").is_none());
    }
}
