//! Colours, matrices and geometries as attribute values.
use std::fmt::Write;

use kurbo::{Affine, BezPath, Rect};
use slides_scene::{FillRule, Rgba};

use crate::svg::markup::{escape, number, path_between};

/// `#AARRGGBB`.
pub(super) fn color(color: Rgba) -> String {
    format!(
        "#{:02X}{:02X}{:02X}{:02X}",
        color.a, color.r, color.g, color.b
    )
}

/// ` name="text"`.
pub(crate) fn attribute(out: &mut String, name: &str, text: &str) {
    // Writing to a string does not fail.
    let _ = write!(out, " {name}=\"");
    escape(out, text);
    out.push('"');
}

/// ` name="a,b,…"`.
pub(super) fn list(out: &mut String, name: &str, values: &[f64]) {
    let _ = write!(out, " {name}=\"");
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        number(out, *value);
    }
    out.push('"');
}

/// ` name="x,y,width,height"`.
pub(super) fn rect(out: &mut String, name: &str, rect: Rect) {
    list(out, name, &[rect.x0, rect.y0, rect.width(), rect.height()]);
}

/// A matrix; nothing for one that changes nothing. Scales are as fine as they come.
pub(super) fn matrix(out: &mut String, name: &str, affine: Affine) {
    if affine == Affine::IDENTITY {
        return;
    }
    let _ = write!(out, " {name}=\"");
    for (at, value) in affine.as_coeffs().iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        if at < 4 {
            // No exponents: `Display` of numbers writes none.
            let _ = write!(out, "{}", (value * 1e9).round() / 1e9 + 0.0);
        } else {
            number(out, *value);
        }
    }
    out.push('"');
}

/// `F1 ` where the rule is not the format's own.
pub(super) fn rule(out: &mut String, rule: FillRule) {
    if rule == FillRule::NonZero {
        out.push_str("F1 ");
    }
}

/// A path in the geometry's own language.
pub(super) fn geometry(out: &mut String, path: &BezPath) {
    path_between(out, path, ',');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_no_exponents() {
        let mut out = String::new();
        matrix(
            &mut out,
            "T",
            Affine::new([1e-7, -0.0, 1e15, 1.0 / 3.0, 2.5, 0.0]),
        );
        assert_eq!(out, " T=\"0.0000001,0,1000000000000000,0.333333333,2.5,0\"");
        assert_eq!(color(Rgba::WHITE.with_alpha(16)), "#10FFFFFF");
    }
}
