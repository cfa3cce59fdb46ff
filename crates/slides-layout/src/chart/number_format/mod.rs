//! Number formats of `SpreadsheetML` (ECMA-376 part 1, 18.8.31), as chart labels show them.
//!
//! Values are read with 15 significant digits and rounded half up in decimal, as spreadsheets do, so that the
//! noise of binary fractions never shows.

mod calendar;
mod date;
mod decimal;
mod fraction;
mod locale;
mod number;
mod parse;
#[cfg(test)]
mod tests;

use self::decimal::Decimal;
pub(crate) use self::locale::Locale;
use self::parse::{Section, Token};

/// Longest format code in bytes that is read; spreadsheets allow 255 characters. Longer ones count as `General`.
const MAX_CODE: usize = 1024;

/// How values are shown, besides the format code.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Setting<'a> {
    /// Signs and names of the language.
    pub locale: &'a Locale,
    /// Dates count from 1904 (`c:date1904`) instead of 1900.
    pub date1904: bool,
}

/// A value as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shown {
    /// The text; empty for a value that is no number.
    pub text: String,
    /// `0xRRGGBB` that the section asks for, such as `[Red]`.
    pub color: Option<u32>,
}

/// A format code, read once and used for many values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NumberFormat {
    sections: Vec<Section>,
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self::new("General")
    }
}

impl NumberFormat {
    /// Reads a format code; whatever it does not know stands for itself. An empty code is `General`.
    pub(crate) fn new(code: &str) -> Self {
        let code = if code.trim().is_empty() || code.len() > MAX_CODE {
            "General"
        } else {
            code
        };
        Self {
            sections: parse::sections(code),
        }
    }

    /// The value as text; empty when it is not finite.
    pub(crate) fn show(&self, value: f64, setting: Setting<'_>) -> Shown {
        if !value.is_finite() {
            return Shown::default();
        }
        let Some((section, signed)) = self.section(value) else {
            return Shown::default();
        };
        let text = if section.is_date() {
            date::show(section, value, setting)
        } else {
            number::show(section, value, signed, setting)
        };
        Shown {
            text,
            color: section.color,
        }
    }

    /// The text of [`NumberFormat::show`].
    pub(crate) fn text(&self, value: f64, setting: Setting<'_>) -> String {
        self.show(value, setting).text
    }

    /// A text value in the format's text section.
    pub(crate) fn text_value(&self, text: &str) -> String {
        let last = self
            .sections
            .last()
            .filter(|section| self.sections.len() > 3 || section.tokens.contains(&Token::Text));
        let Some(section) = last else {
            return text.to_owned();
        };
        section
            .tokens
            .iter()
            .map(|token| match token {
                Token::Text | Token::General => text.to_owned(),
                other => other.plain(),
            })
            .collect()
    }

    /// Whether the values are shown as dates or times.
    pub(crate) fn is_date(&self) -> bool {
        self.sections.first().is_some_and(Section::is_date)
    }

    /// The section for a value, and whether a negative value needs its sign there.
    fn section(&self, value: f64) -> Option<(&Section, bool)> {
        // A fourth section, or one that only holds the text sign, is for texts.
        let is_text = |section: &Section| section.tokens.contains(&Token::Text);
        let count = match self.sections.len() {
            4.. => 3,
            count @ 2..=3 if self.sections.get(count - 1).is_some_and(is_text) => count - 1,
            count => count,
        };
        let sections = self.sections.get(..count)?;
        let first = sections.first()?;
        let condition = |index: usize| sections.get(index).and_then(|section| section.condition);
        if sections.iter().all(|section| section.condition.is_none()) {
            let index = match count {
                2.. if value < 0.0 => 1,
                3.. if value == 0.0 => 2,
                _ => 0,
            };
            return Some((sections.get(index)?, index == 0));
        }
        let met = |index: usize| condition(index).map(|condition| condition.holds(value));
        let index = match (met(0), met(1), count) {
            (Some(true), ..) => 0,
            (_, Some(true), _) | (Some(false), None, 2) => 1,
            (None, ..) if value > 0.0 => 0,
            (Some(false), None, 3..) if value < 0.0 => 1,
            (_, _, 3..) => 2,
            _ => 0,
        };
        let section = sections.get(index).unwrap_or(first);
        let negatives_only = match (section.condition, condition(0)) {
            (Some(own), _) => index > 0 && own.takes_negatives_only(),
            (None, Some(first)) => index == 1 && first.takes_all_but_negatives(),
            (None, None) => index == 1,
        };
        Some((section, !negatives_only))
    }
}

/// A value in a format code, with the signs of a language (`c:lang`).
pub(crate) fn format(code: &str, value: f64, language: Option<&str>, date1904: bool) -> String {
    let setting = Setting {
        locale: language.map_or_else(Default::default, Locale::new),
        date1904,
    };
    NumberFormat::new(code).text(value, setting)
}
