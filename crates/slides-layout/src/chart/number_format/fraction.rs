use super::parse::{Place, Token};

/// Most digits of a denominator.
const MAX_DIGITS: usize = 6;

/// A value as a fraction, where the section is one: digits, a slash, digits or a fixed number.
pub(super) fn show(tokens: &[Token], value: f64, minus: bool) -> Option<String> {
    let slash = tokens.iter().position(|token| *token == Token::Slash)?;
    let blank = |token: &Token| matches!(token, Token::Literal(text) if text.trim().is_empty());
    let is_digit = |token: &Token| matches!(token, Token::Digit(_));

    // Backwards from the slash: blanks, the numerator, a gap, the whole number.
    let head = tokens.get(..slash)?;
    let top_end = head.iter().rposition(|token| !blank(token))? + 1;
    let top_start = head
        .get(..top_end)?
        .iter()
        .rposition(|token| !is_digit(token))
        .map_or(0, |at| at + 1);
    let top = places(head.get(top_start..top_end)?);
    if top.is_empty() {
        return None;
    }
    let tail = tokens.get(slash + 1..)?;
    let bottom_start = tail.iter().position(|token| !blank(token))?;
    let bottom_end = tail
        .iter()
        .skip(bottom_start)
        .position(|token| !is_digit(token) && !matches!(token, Token::Numeral(_)))
        .map_or(tail.len(), |at| at + bottom_start);
    let bottom = tail.get(bottom_start..bottom_end)?;
    let fixed = fixed(bottom);
    let bottom_places = places(bottom);
    if bottom.is_empty() {
        return None;
    }
    let before = head.get(..top_start)?;
    let has_whole = before.iter().any(is_digit);

    let value = value.abs();
    // Larger ones have no fraction that a double could hold.
    if value >= 1e15 {
        return None;
    }
    let (whole, rest) = if has_whole {
        (value.trunc(), value.fract())
    } else {
        (0.0, value)
    };
    let (mut numerator, denominator) = match fixed {
        Some(denominator) => ((rest * denominator as f64).round() as u64, denominator),
        None => nearest(
            rest,
            10_u64.pow(bottom_places.len().min(MAX_DIGITS) as u32) - 1,
        ),
    };
    let mut whole = whole as u64;
    if has_whole && numerator == denominator {
        whole += 1;
        numerator = 0;
    }
    let mut out = String::new();
    if minus && (whole > 0 || numerator > 0) {
        out.push('-');
    }
    let hidden = has_whole && numerator == 0;
    let digits = if whole > 0 || hidden {
        whole.to_string()
    } else {
        String::new()
    };
    let mut wrote = false;
    for token in before {
        match token {
            Token::Digit(_) if !wrote => {
                wrote = true;
                let whole_places = places(before);
                out.push_str(&pad_left(&digits, &whole_places));
            }
            Token::Digit(_) => {}
            other => out.push_str(&other.plain()),
        }
    }
    let bottom_text = denominator.to_string();
    let gap = |count: usize| " ".repeat(count.min(64));
    let between = |tokens: &[Token]| tokens.iter().map(Token::plain).collect::<String>();
    let above = between(head.get(top_end..)?);
    let below = between(tail.get(..bottom_start)?);
    if hidden {
        // A whole number keeps the fraction's room free.
        out.push_str(&gap(top.len()
            + above.len()
            + 1
            + below.len()
            + bottom_text.len()));
    } else {
        out.push_str(&pad_left(&numerator.to_string(), &top));
        out.push_str(&above);
        out.push('/');
        out.push_str(&below);
        out.push_str(&bottom_text);
        let room = bottom_places
            .iter()
            .skip(bottom_text.len())
            .filter(|place| **place == Place::Blank);
        out.push_str(&gap(room.count()));
    }
    out.push_str(&between(tail.get(bottom_end..)?));
    Some(out)
}

fn places(tokens: &[Token]) -> Vec<Place> {
    tokens
        .iter()
        .filter_map(|token| match token {
            Token::Digit(place) => Some(*place),
            _ => None,
        })
        .collect()
}

/// `# ?/16`: a denominator that is written out.
fn fixed(tokens: &[Token]) -> Option<u64> {
    if !tokens
        .iter()
        .any(|token| matches!(token, Token::Numeral(_)))
        || tokens.len() > MAX_DIGITS
    {
        return None;
    }
    let text: String = tokens
        .iter()
        .map(|token| match token {
            Token::Numeral(digit) => *digit,
            _ => '0',
        })
        .collect();
    text.parse().ok().filter(|number| *number > 0)
}

/// Digits at the right of their places.
fn pad_left(digits: &str, places: &[Place]) -> String {
    let missing = places.len().saturating_sub(digits.len());
    let mut out: String = places
        .iter()
        .take(missing)
        .filter_map(|place| match place {
            Place::Zero => Some('0'),
            Place::Blank => Some(' '),
            Place::Hash => None,
        })
        .collect();
    out.push_str(digits);
    out
}

/// The last convergent whose denominator is at most `most`, as spreadsheets choose it.
fn nearest(value: f64, most: u64) -> (u64, u64) {
    let (mut h0, mut h1, mut k0, mut k1) = (0_u64, 1_u64, 1_u64, 0_u64);
    let mut x = value;
    for _ in 0..40 {
        let a = x.floor();
        if !(0.0..1e15).contains(&a) {
            break;
        }
        let a = a as u64;
        let next = |one: u64, zero: u64| a.checked_mul(one).and_then(|v| v.checked_add(zero));
        let (Some(h2), Some(k2)) = (next(h1, h0), next(k1, k0)) else {
            break;
        };
        if k2 > most {
            break;
        }
        (h0, h1, k0, k1) = (h1, h2, k1, k2);
        let rest = x - x.floor();
        if rest < 1e-10 {
            break;
        }
        x = 1.0 / rest;
    }
    (h1, k1.max(1))
}
