//! Numbers, text and paths as markup.
use std::fmt::Write;

use kurbo::{Affine, BezPath, PathEl, Point};
use slides_scene::Rgba;

/// A number with at most `digits` decimals.
fn number_to(out: &mut String, value: f64, digits: u32) {
    let factor = 10_i64.pow(digits);
    let scaled = value * factor as f64;
    // Anything that large lies far off the page.
    let whole = if scaled.is_finite() {
        scaled.round().clamp(-1e15, 1e15) as i64
    } else {
        0
    };
    if whole < 0 {
        out.push('-');
    }
    let whole = whole.unsigned_abs();
    let (units, rest) = (whole / factor as u64, whole % factor as u64);
    // Writing to a string does not fail.
    if rest == 0 {
        let _ = write!(out, "{units}");
        return;
    }
    if units > 0 {
        let _ = write!(out, "{units}");
    }
    let _ = write!(out, ".{rest:0width$}", width = digits as usize);
    while out.ends_with('0') {
        out.pop();
    }
}

/// A length in points, to a thousandth.
pub(crate) fn number(out: &mut String, value: f64) {
    number_to(out, value, 3);
}

/// Attributes of numbers: ` x="1" y="2"`.
pub(crate) fn numbers(out: &mut String, attributes: &[(&str, f64)]) {
    for (name, value) in attributes {
        let _ = write!(out, " {name}=\"");
        number(out, *value);
        out.push('"');
    }
}

/// ` transform="matrix(…)"`; nothing for one that changes nothing.
pub(crate) fn transform(out: &mut String, name: &str, affine: Affine) {
    if affine == Affine::IDENTITY {
        return;
    }
    let _ = write!(out, " {name}=\"");
    let [a, b, c, d, e, f] = affine.as_coeffs();
    if [a, b, c, d] == [1.0, 0.0, 0.0, 1.0] {
        out.push_str("translate(");
        number(out, e);
        out.push(' ');
        number(out, f);
    } else {
        out.push_str("matrix(");
        for value in [a, b, c, d] {
            number_to(out, value, 9);
            out.push(' ');
        }
        number(out, e);
        out.push(' ');
        number(out, f);
    }
    out.push_str(")\"");
}

/// `#rrggbb`.
pub(crate) fn color(color: Rgba) -> String {
    format!("#{:02x}{:02x}{:02x}", color.r, color.g, color.b)
}

/// The value of a `d` attribute.
pub(crate) fn path(out: &mut String, path: &BezPath) {
    path_between(out, path, ' ');
}

/// The same with what stands between the coordinates of a point: the geometries of XPS and XAML are written alike.
pub(crate) fn path_between(out: &mut String, path: &BezPath, between: char) {
    let points = |out: &mut String, letter: char, points: &[Point]| {
        out.push(letter);
        for (at, point) in points.iter().enumerate() {
            if at > 0 {
                out.push(' ');
            }
            number(out, point.x);
            out.push(between);
            number(out, point.y);
        }
    };
    for element in path.elements() {
        match *element {
            PathEl::MoveTo(a) => points(out, 'M', &[a]),
            PathEl::LineTo(a) => points(out, 'L', &[a]),
            PathEl::QuadTo(a, b) => points(out, 'Q', &[a, b]),
            PathEl::CurveTo(a, b, c) => points(out, 'C', &[a, b, c]),
            PathEl::ClosePath => out.push('Z'),
        }
    }
}

/// Text between tags or in an attribute, without what XML cannot hold.
pub(crate) fn escape(out: &mut String, text: &str) {
    for ch in text.chars() {
        match ch {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            ch => out.push(ch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: f64) -> String {
        let mut out = String::new();
        number(&mut out, value);
        out
    }

    #[test]
    fn numbers_are_short() {
        for (value, wanted) in [
            (0.0, "0"),
            (-0.0001, "0"),
            (1.0, "1"),
            (12.5, "12.5"),
            (0.25, ".25"),
            (-0.5, "-.5"),
            (-6.54321, "-6.543"),
            (f64::NAN, "0"),
            (f64::INFINITY, "0"),
            (1e300, "1000000000000"),
        ] {
            assert_eq!(text(value), wanted, "{value}");
        }
    }

    #[test]
    fn markup_in_text_stays_text() {
        let mut out = String::new();
        escape(&mut out, "<a href=\"x\">&\u{1}\u{B}b</a>");
        assert_eq!(out, "&lt;a href=&quot;x&quot;&gt;&amp;b&lt;/a&gt;");
    }
}
