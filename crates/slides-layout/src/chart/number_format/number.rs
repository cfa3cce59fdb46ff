use super::parse::{Place, Section, Token};
use super::{Decimal, Setting, fraction};

/// A number in a section that is no date; `signed` says whether a negative value shows its sign.
pub(super) fn show(section: &Section, value: f64, signed: bool, setting: Setting<'_>) -> String {
    let tokens = &section.tokens;
    let minus = signed && value < 0.0;
    if let Some(text) = fraction::show(tokens, value, minus) {
        return text;
    }
    let has_digits = tokens
        .iter()
        .any(|token| matches!(token, Token::Digit(_) | Token::Point));
    if has_digits {
        return digits(tokens, value, minus, setting);
    }
    let has_number = tokens
        .iter()
        .any(|token| matches!(token, Token::General | Token::Text));
    let mut out = String::new();
    if minus && has_number {
        out.push('-');
    }
    for token in tokens {
        match token {
            Token::General | Token::Text => out.push_str(&general(value.abs(), setting)),
            other => out.push_str(&other.plain()),
        }
    }
    out
}

/// `General` of a value that is not negative: at most 11 characters, as a cell of any width shows it.
fn general(value: f64, setting: Setting<'_>) -> String {
    let decimal = Decimal::new(value);
    if decimal.is_zero() {
        return "0".to_owned();
    }
    let point = decimal.point();
    let rounded = decimal.clone().round((10 - point).clamp(0, 9));
    if point > 11 || (point < -3 && decimal.places() > 9) || rounded.point() > 11 {
        return scientific(&decimal, setting);
    }
    let mut out = rounded.whole();
    if out.is_empty() {
        out.push('0');
    }
    let places = rounded.places() as usize;
    if places > 0 {
        out.push_str(setting.locale.decimal);
        out.push_str(&rounded.part(places));
    }
    out
}

fn scientific(decimal: &Decimal, setting: Setting<'_>) -> String {
    let mantissa = decimal.clone().shift(1 - decimal.point()).round(5);
    // 9.999999 rounds up to the next power.
    let exponent = decimal.point() - 1 + (mantissa.point() - 1);
    let mantissa = mantissa.clone().shift(1 - mantissa.point());
    let mut out = mantissa.whole();
    let places = mantissa.places() as usize;
    if places > 0 {
        out.push_str(setting.locale.decimal);
        out.push_str(&mantissa.part(places));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    let exponent = exponent.abs();
    format!("{out}E{sign}{exponent:02}")
}

/// How the digits of a section are used.
struct Layout {
    /// Placeholders before the decimal sign, after it, in the exponent.
    whole: Vec<Place>,
    part: Vec<Place>,
    exponent: Vec<Place>,
    grouped: bool,
    /// Decimal places the value is moved by percent signs and trailing commas.
    shift: i32,
    /// What becomes of the tokens that are commas: nothing, or themselves.
    literal_commas: Vec<usize>,
}

fn layout(tokens: &[Token]) -> Layout {
    let mut layout = Layout {
        whole: Vec::new(),
        part: Vec::new(),
        exponent: Vec::new(),
        grouped: false,
        shift: 0,
        literal_commas: Vec::new(),
    };
    let (mut after_point, mut after_exponent) = (false, false);
    // Commas since the last digit: they group when another digit of the whole follows, else they scale.
    let mut commas = 0;
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Digit(place) if after_exponent => layout.exponent.push(*place),
            Token::Digit(place) if after_point => {
                layout.part.push(*place);
                layout.shift -= 3 * std::mem::take(&mut commas);
            }
            Token::Digit(place) => {
                layout.grouped |= std::mem::take(&mut commas) > 0;
                layout.whole.push(*place);
            }
            Token::Point if !after_point && !after_exponent => {
                after_point = true;
                layout.shift -= 3 * std::mem::take(&mut commas);
            }
            Token::Comma => {
                if layout.whole.is_empty() && !after_point {
                    layout.literal_commas.push(index);
                } else {
                    commas += 1;
                }
            }
            Token::Percent => layout.shift += 2,
            Token::Exponent(..) => after_exponent = true,
            _ => {}
        }
    }
    layout.shift -= 3 * commas;
    layout
}

fn digits(tokens: &[Token], value: f64, minus: bool, setting: Setting<'_>) -> String {
    let layout = layout(tokens);
    let places = layout.part.len() as i32;
    let value = Decimal::new(value).shift(layout.shift);
    let has_exponent = tokens
        .iter()
        .any(|token| matches!(token, Token::Exponent(..)));
    let (number, exponent) = if has_exponent {
        mantissa(&value, layout.whole.len(), places)
    } else {
        (value.round(places), 0)
    };

    let mut out = String::new();
    // What rounds to nothing has no sign.
    if minus && !number.is_zero() {
        out.push('-');
    }
    let whole = Filled::new(&number.whole(), &layout.whole, layout.grouped);
    let part = number.part(layout.part.len());
    let last_shown = part.trim_end_matches('0').len();
    let mut whole_at = 0;
    let mut part_at = 0;
    let mut exponent_at = 0;
    let exponent_text = Filled::new(&exponent.abs().to_string(), &layout.exponent, false);
    let (mut after_point, mut after_exponent) = (false, false);
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Digit(_) if after_exponent => {
                exponent_text.push(&mut out, exponent_at, setting);
                exponent_at += 1;
            }
            Token::Digit(place) if after_point => {
                let digit = part.get(part_at..=part_at).unwrap_or("0");
                match place {
                    Place::Hash if part_at >= last_shown => {}
                    Place::Blank if part_at >= last_shown => out.push(' '),
                    _ => out.push_str(digit),
                }
                part_at += 1;
            }
            Token::Digit(_) => {
                whole.push(&mut out, whole_at, setting);
                whole_at += 1;
            }
            Token::Point if !after_point && !after_exponent => {
                after_point = true;
                if layout.whole.is_empty() {
                    out.push_str(&number.whole());
                }
                out.push_str(setting.locale.decimal);
            }
            Token::Point => out.push_str(setting.locale.decimal),
            Token::Exponent(letter, plus) => {
                after_exponent = true;
                out.push(*letter);
                if exponent < 0 {
                    out.push('-');
                } else if *plus {
                    out.push('+');
                }
            }
            Token::Comma if !layout.literal_commas.contains(&index) => {}
            other => out.push_str(&other.plain()),
        }
    }
    out
}

/// The value over a power of ten, with as many digits before the decimal sign as the section has places.
fn mantissa(value: &Decimal, whole: usize, places: i32) -> (Decimal, i32) {
    if value.is_zero() {
        return (value.clone(), 0);
    }
    let step = whole.clamp(1, 15) as i32;
    let power = |point: i32| (point - 1).div_euclid(step) * step;
    let exponent = power(value.point());
    let rounded = value.clone().shift(-exponent).round(places);
    if rounded.point() > step {
        return (rounded.shift(-step), exponent + step);
    }
    (rounded, exponent)
}

/// Digits given out to placeholders from the right; the first placeholder takes what is left over.
struct Filled {
    /// By placeholder: the digits it shows, and how many digits of the number stand to the right of its last.
    shown: Vec<(String, usize)>,
    grouped: bool,
}

impl Filled {
    fn new(digits: &str, places: &[Place], grouped: bool) -> Self {
        let count = places.len();
        let mut shown = Vec::with_capacity(count);
        // Outside of zeros in front, a zero placeholder makes those to its right show digits too.
        let mut required = false;
        for (index, place) in places.iter().enumerate() {
            let right = count - index - 1;
            let end = digits.len().saturating_sub(right);
            let start = if index == 0 { 0 } else { end.saturating_sub(1) };
            let own = if digits.len() > right {
                digits.get(start..end).unwrap_or_default().to_owned()
            } else {
                required |= *place == Place::Zero;
                match place {
                    _ if required => "0".to_owned(),
                    Place::Blank => " ".to_owned(),
                    Place::Zero | Place::Hash => String::new(),
                }
            };
            shown.push((own, right));
        }
        Self { shown, grouped }
    }

    fn push(&self, out: &mut String, index: usize, setting: Setting<'_>) {
        let Some((digits, right)) = self.shown.get(index) else {
            return;
        };
        let count = digits.len();
        for (at, digit) in digits.chars().enumerate() {
            out.push(digit);
            let left = right + count - at - 1;
            if self.grouped && digit != ' ' && left > 0 && left % 3 == 0 {
                out.push_str(setting.locale.thousands);
            }
        }
    }
}
