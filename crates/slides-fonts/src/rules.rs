//! What a job asks for in place of families, and for ranges of characters.

/// Rules of one job that count.
const MAX_RULES: usize = 1000;

/// Families in place of others, and for ranges of characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FontRules {
    substitutes: Vec<Substitute>,
    ranges: Vec<Range>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Substitute {
    /// In lower case.
    source: String,
    target: String,
    only_missing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    first: u32,
    last: u32,
    families: Vec<String>,
}

impl FontRules {
    /// Draws `source` with `target`: always, or only when no face of that very name is there. Of several rules for one
    /// family the first counts. Rules beyond the first thousand are ignored.
    #[must_use]
    pub fn substitute(mut self, source: &str, target: &str, only_missing: bool) -> Self {
        if self.substitutes.len() < MAX_RULES {
            self.substitutes.push(Substitute {
                source: source.trim().to_lowercase(),
                target: target.trim().to_owned(),
                only_missing,
            });
        }
        self
    }

    /// Families to try first for characters `first` to `last` that the text's own face has not. Rules beyond the first
    /// thousand are ignored.
    #[must_use]
    pub fn fall_back(mut self, first: u32, last: u32, families: Vec<String>) -> Self {
        if self.ranges.len() < MAX_RULES {
            self.ranges.push(Range {
                first,
                last,
                families,
            });
        }
        self
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.substitutes.is_empty() && self.ranges.is_empty()
    }

    /// The family to draw with; `is_there` tells whether a face of that very name is there.
    pub(crate) fn instead_of(&self, family: &str, is_there: impl FnOnce() -> bool) -> Option<&str> {
        if self.substitutes.is_empty() {
            return None;
        }
        let name = family.trim().to_lowercase();
        let rule = self.substitutes.iter().find(|rule| rule.source == name)?;
        (!rule.only_missing || !is_there()).then_some(rule.target.as_str())
    }

    /// Families to try for a character, in order.
    pub(crate) fn families_for(&self, ch: char) -> impl Iterator<Item = &str> {
        let ch = u32::from(ch);
        self.ranges
            .iter()
            .filter(move |range| (range.first..=range.last).contains(&ch))
            .flat_map(|range| range.families.iter().map(String::as_str))
    }
}
