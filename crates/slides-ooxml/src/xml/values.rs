//! Attribute values. What is no number is absent, what is too large is clamped; neither is an error.

use super::Node;

/// No length of a deck comes near this (about 1.2 million metres); sums and products of a few stay exact.
const MAX_COORDINATE: i64 = 1 << 40;

pub(crate) fn boolean(node: Node<'_>, name: &str) -> Option<bool> {
    match node.attribute(name)?.trim() {
        "1" | "true" | "on" => Some(true),
        "0" | "false" | "off" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    let value: f64 = text.trim().parse().ok()?;
    value.is_finite().then_some(value)
}

pub(crate) fn integer(node: Node<'_>, name: &str) -> Option<i64> {
    let text = node.attribute(name)?.trim();
    text.parse()
        .ok()
        .or_else(|| number(text).map(|value| value as i64))
}

pub(crate) fn unsigned(node: Node<'_>, name: &str) -> Option<u32> {
    integer(node, name).and_then(|value| u32::try_from(value).ok())
}

/// Length in EMU: a number, or one with a unit (ECMA-376 part 1, 22.9.2.15).
pub(crate) fn coordinate(node: Node<'_>, name: &str) -> Option<i64> {
    coordinate_of(node.attribute(name)?)
}

fn coordinate_of(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(value) = text.parse::<i64>() {
        return Some(value.clamp(-MAX_COORDINATE, MAX_COORDINATE));
    }
    const UNITS: [(&str, f64); 6] = [
        ("mm", 36_000.0),
        ("cm", 360_000.0),
        ("in", 914_400.0),
        ("pt", 12_700.0),
        ("pc", 152_400.0),
        ("pi", 152_400.0),
    ];
    let with_unit = UNITS
        .iter()
        .find_map(|(unit, emu)| Some(number(text.strip_suffix(unit)?)? * emu));
    let value = with_unit.or_else(|| number(text))?;
    Some((value.round() as i64).clamp(-MAX_COORDINATE, MAX_COORDINATE))
}

/// Percentage as a fraction: `50000` and `50%` are 0.5.
pub(crate) fn fraction(node: Node<'_>, name: &str) -> Option<f64> {
    fraction_of(node.attribute(name)?)
}

fn fraction_of(text: &str) -> Option<f64> {
    let text = text.trim();
    let value = match text.strip_suffix('%') {
        Some(percent) => number(percent)? / 100.0,
        None => number(text)? / 100_000.0,
    };
    Some(value.clamp(-1e6, 1e6))
}

/// Angle in degrees from 1/60,000 degree, within one turn.
pub(crate) fn angle(node: Node<'_>, name: &str) -> Option<f64> {
    Some((number(node.attribute(name)?)? / 60_000.0) % 360.0)
}

/// Hundredths of a point (or a length with a unit) in points.
pub(crate) fn hundredths(node: Node<'_>, name: &str) -> Option<f64> {
    let text = node.attribute(name)?.trim();
    match number(text) {
        Some(value) => Some((value / 100.0).clamp(-1e6, 1e6)),
        None => coordinate_of(text).map(|emu| emu as f64 / 12_700.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(value: &str, read: impl Fn(Node<'_>, &str) -> T) -> T {
        let xml = format!("<a v=\"{value}\"/>");
        let document = roxmltree::Document::parse(&xml).unwrap();
        read(document.root_element(), "v")
    }

    #[test]
    fn numbers_that_are_none_are_absent_and_large_ones_clamped() {
        assert_eq!(with("12", coordinate), Some(12));
        assert_eq!(with("NaN", coordinate), None);
        assert_eq!(with("-", coordinate), None);
        assert_eq!(with("1e400", coordinate), None);
        assert_eq!(
            with("99999999999999999999", coordinate),
            Some(MAX_COORDINATE)
        );
        assert_eq!(
            with("-9223372036854775808", coordinate),
            Some(-MAX_COORDINATE)
        );
        assert_eq!(with("1in", coordinate), Some(914_400));
        assert_eq!(with("-2.5pt", coordinate), Some(-31_750));
    }

    #[test]
    fn percentages_have_two_spellings() {
        assert_eq!(with("50000", fraction), Some(0.5));
        assert_eq!(with("50%", fraction), Some(0.5));
        assert_eq!(with("-12.5%", fraction), Some(-0.125));
        assert_eq!(with("x%", fraction), None);
    }

    #[test]
    fn angles_stay_within_a_turn() {
        assert_eq!(with("5400000", angle), Some(90.0));
        assert!(with("99999999999999", angle).unwrap().abs() < 360.0);
        assert_eq!(with("1200", hundredths), Some(12.0));
        assert_eq!(with("true", boolean), Some(true));
        assert_eq!(with("maybe", boolean), None);
    }
}
