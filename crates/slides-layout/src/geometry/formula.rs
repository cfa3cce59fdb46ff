//! Guide formulas over named values. Lengths are EMU, angles 1/60,000 degree.

use std::collections::HashMap;

/// Most guides one geometry may define; what comes after is 0.
const MAX_GUIDES: usize = 20_000;

/// Named values of one geometry at one size.
pub(crate) struct Guides<'a> {
    width: f64,
    height: f64,
    values: HashMap<&'a str, f64>,
}

impl<'a> Guides<'a> {
    /// No guides yet; the size is in EMU.
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            values: HashMap::new(),
        }
    }

    /// Evaluates a formula and keeps it under `name`. A formula sees only what came before it, so a
    /// cycle ends in 0.
    pub(crate) fn define(&mut self, name: &'a str, formula: &str) {
        if self.values.len() < MAX_GUIDES {
            let value = self.evaluate(formula);
            self.values.insert(name, value);
        }
    }

    /// A number, a guide's or a built-in value; 0 for an unknown name.
    pub(crate) fn value(&self, token: &str) -> f64 {
        if let Some(value) = self.values.get(token) {
            return *value;
        }
        if token.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+' || c == '.')
            && let Ok(number) = token.parse::<f64>()
        {
            return finite(number);
        }
        self.built_in(token)
    }

    fn built_in(&self, name: &str) -> f64 {
        let (w, h) = (self.width, self.height);
        let short = w.min(h);
        match name {
            "w" | "r" => w,
            "h" | "b" => h,
            "hc" => w / 2.0,
            "vc" => h / 2.0,
            "ss" => short,
            "ls" => w.max(h),
            "cd2" => 10_800_000.0,
            "cd4" => 5_400_000.0,
            "cd8" => 2_700_000.0,
            "3cd4" => 16_200_000.0,
            "3cd8" => 8_100_000.0,
            "5cd8" => 13_500_000.0,
            "7cd8" => 18_900_000.0,
            _ => {
                let fraction = |prefix: &str| {
                    name.strip_prefix(prefix)
                        .and_then(|n| n.parse::<f64>().ok())
                        .filter(|n| *n > 0.0)
                };
                if let Some(n) = fraction("ssd") {
                    short / n
                } else if let Some(n) = fraction("wd") {
                    w / n
                } else if let Some(n) = fraction("hd") {
                    h / n
                } else {
                    // `l`, `t` and whatever nobody defined.
                    0.0
                }
            }
        }
    }

    /// The value of a formula such as `*/ w adj1 100000`.
    pub(crate) fn evaluate(&self, formula: &str) -> f64 {
        let mut tokens = formula.split_ascii_whitespace();
        let operator = tokens.next().unwrap_or("val");
        let mut next = || tokens.next().map_or(0.0, |token| self.value(token));
        let (x, y, z) = (next(), next(), next());
        let angle = |v: f64| (v / 60_000.0).to_radians();
        finite(match operator {
            "val" => x,
            "*/" => x * y / z,
            "+-" => x + y - z,
            "+/" => (x + y) / z,
            "?:" => {
                if x > 0.0 {
                    y
                } else {
                    z
                }
            }
            "abs" => x.abs(),
            "at2" => y.atan2(x).to_degrees() * 60_000.0,
            "cat2" => x * z.atan2(y).cos(),
            "cos" => x * angle(y).cos(),
            "max" => x.max(y),
            "min" => x.min(y),
            "mod" => (x * x + y * y + z * z).sqrt(),
            "pin" => {
                if y < x {
                    x
                } else if y > z {
                    z
                } else {
                    y
                }
            }
            "sat2" => x * z.atan2(y).sin(),
            "sin" => x * angle(y).sin(),
            "sqrt" => x.max(0.0).sqrt(),
            "tan" => x * angle(y).tan(),
            _ => 0.0,
        })
    }
}

/// Division by zero and overflow count as 0.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators() {
        let mut guides = Guides::new(4000.0, 3000.0);
        guides.define("adj", "val 25000");
        for (formula, expected) in [
            ("*/ w adj 100000", 1000.0),
            ("+- w h 500", 6500.0),
            ("+/ w h 7", 1000.0),
            ("?: 0 1 2", 2.0),
            ("?: 1 1 2", 1.0),
            ("abs -7", 7.0),
            ("at2 1 1", 2_700_000.0),
            ("mod 3 4 0", 5.0),
            ("pin 0 12 10", 10.0),
            ("pin 0 -12 10", 0.0),
            ("sqrt 81", 9.0),
            ("sqrt -81", 0.0),
            ("max 3 4", 4.0),
            ("*/ 1 1 0", 0.0),
            ("nonsense 1 2 3", 0.0),
            ("val ssd8", 375.0),
            ("val wd2", 2000.0),
            ("val 3cd4", 16_200_000.0),
            ("val undefined", 0.0),
        ] {
            assert!(
                (guides.evaluate(formula) - expected).abs() < 1e-6,
                "{formula}"
            );
        }
        assert!((guides.evaluate("cos 100 cd2") + 100.0).abs() < 1e-9);
        assert!((guides.evaluate("sat2 10 3 4") - 8.0).abs() < 1e-9);
    }

    #[test]
    fn cycles_end() {
        let mut guides = Guides::new(100.0, 100.0);
        guides.define("one", "+- two 1 0");
        guides.define("two", "+- one 1 0");
        assert_eq!((guides.value("one"), guides.value("two")), (1.0, 2.0));
    }
}
