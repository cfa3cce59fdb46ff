//! Advance widths of faces that cannot be shipped, so that lines break where they would with the real face.
#[rustfmt::skip]
mod data;

/// Advance widths of a face that was asked for but is drawn with another one.
#[derive(Debug)]
pub struct Advances {
    units_per_em: u16,
    average: f64,
    widths: &'static [(u32, u16)],
}

impl Advances {
    /// Width of a character in em; `None` where nothing is known of it.
    pub fn em(&self, ch: char) -> Option<f64> {
        let index = self
            .widths
            .binary_search_by_key(&u32::from(ch), |entry| entry.0)
            .ok()?;
        self.widths
            .get(index)
            .map(|entry| f64::from(entry.1) / f64::from(self.units_per_em))
    }

    /// Mean width of English text in em.
    pub fn average(&self) -> f64 {
        self.average
    }

    /// The characters and their widths in em, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (char, f64)> + '_ {
        self.widths.iter().filter_map(|&(code, width)| {
            Some((
                char::from_u32(code)?,
                f64::from(width) / f64::from(self.units_per_em),
            ))
        })
    }
}

/// Families that come without a bold face: their bold is drawn from the regular one, at its widths.
const WITHOUT_BOLD: &[&str] = &[
    "arial unicode ms",
    "cambria math",
    "microsoft sans serif",
    "ms pgothic",
    "simplified arabic fixed",
];

/// The table for a family in lower case. An italic without a table of its own takes the upright one of its weight.
pub(crate) fn find(family: &str, bold: bool, italic: bool) -> Option<&'static Advances> {
    let bold = bold && !WITHOUT_BOLD.contains(&family);
    let exact = |slant: bool| {
        data::TABLES
            .iter()
            .find(|entry| entry.0 == family && entry.1 == bold && entry.2 == slant)
            .map(|entry| entry.3)
    };
    exact(italic).or_else(|| if italic { exact(false) } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_plausible() {
        for (family, _, _, table) in data::TABLES {
            assert!(
                table.widths.windows(2).all(|pair| pair[0].0 < pair[1].0),
                "{family} is not sorted"
            );
            assert!(
                (0.2..1.2).contains(&table.average()),
                "{family} has a mean of {}",
                table.average()
            );
        }
    }

    #[test]
    fn widths_are_found_by_character_and_style() {
        let regular = find("verdana", false, false).unwrap();
        assert!((regular.em('0').unwrap() - 0.64).abs() < 1e-9);
        assert!(regular.em('\u{4e00}').is_none());
        let joining = find("b nazanin", false, false).unwrap();
        assert!(
            joining.em('ب').is_none(),
            "letters that join have no single width"
        );
        assert!(
            std::ptr::eq(find("verdana", false, true).unwrap(), regular),
            "an italic without widths of its own takes the upright ones"
        );
        assert!(find("verdana", true, false).unwrap().average() > regular.average());
        assert!(find("no such family", false, false).is_none());
        assert!(find("ms pgothic", true, false).is_some() && find("aptos", true, false).is_some());
    }
}
