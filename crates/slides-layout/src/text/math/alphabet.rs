//! Letters of the mathematical alphabets, and the classes of signs that rule the space between them.

use slides_ooxml::model::{MathRun, MathScript};

/// What a sign is among its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Ordinary,
    Operator,
    Binary,
    Relation,
    Open,
    Close,
    Punctuation,
    Inner,
    /// A written space.
    Space,
    /// `&` of an equation array.
    Mark,
}

/// The character that a run draws for `ch`.
pub(super) fn styled(ch: char, run: &MathRun) -> char {
    let ch = match ch {
        '-' => return '\u{2212}',
        '\'' => return '\u{2032}',
        '*' => return '\u{2217}',
        ch => ch,
    };
    let (bold, italic) = (run.bold, run.italic);
    let letters = match run.script {
        MathScript::Roman => match (bold, italic) {
            (false, false) => return ch,
            (true, false) => 0x1D400,
            (false, true) => 0x1D434,
            (true, true) => 0x1D468,
        },
        MathScript::Script => 0x1D49C + if bold { 52 } else { 0 },
        MathScript::Fraktur => 0x1D504 + if bold { 104 } else { 0 },
        MathScript::DoubleStruck => 0x1D538,
        MathScript::SansSerif => match (bold, italic) {
            (false, false) => 0x1D5A0,
            (true, false) => 0x1D5D4,
            (false, true) => 0x1D608,
            (true, true) => 0x1D63C,
        },
        MathScript::Monospace => 0x1D670,
    };
    let code = u32::from(ch);
    let mapped = match ch {
        'A'..='Z' => letters + code - 65,
        'a'..='z' => letters + code - 97 + 26,
        '0'..='9' => match (run.script, bold) {
            (MathScript::DoubleStruck, _) => 0x1D7D8 + code - 48,
            (MathScript::SansSerif, false) => 0x1D7E2 + code - 48,
            (MathScript::SansSerif, true) => 0x1D7EC + code - 48,
            (MathScript::Monospace, _) => 0x1D7F6 + code - 48,
            (_, true) => 0x1D7CE + code - 48,
            _ => code,
        },
        _ => return greek(ch, run).unwrap_or(ch),
    };
    hole(mapped)
        .or_else(|| char::from_u32(mapped))
        .unwrap_or(ch)
}

/// Greek letters: capitals stay upright unless they are bold.
fn greek(ch: char, run: &MathRun) -> Option<char> {
    if run.script != MathScript::Roman {
        return None;
    }
    let base = match (run.bold, run.italic) {
        (true, false) => 0x1D6A8,
        (false, true) => 0x1D6E2,
        (true, true) => 0x1D71C,
        (false, false) => return None,
    };
    let code = u32::from(ch);
    let mapped = match ch {
        'Α'..='Ω' => base + code - 0x391,
        'α'..='ω' => base + code - 0x3B1 + 26,
        '∇' => base + 25,
        '∂' => base + 51,
        'ϵ' => base + 52,
        'ϑ' => base + 53,
        'ϰ' => base + 54,
        'ϕ' => base + 55,
        'ϱ' => base + 56,
        'ϖ' => base + 57,
        'ı' if !run.bold => 0x1D6A4,
        'ȷ' if !run.bold => 0x1D6A5,
        _ => return None,
    };
    char::from_u32(mapped)
}

/// Letters that were in Unicode before the alphabets.
fn hole(code: u32) -> Option<char> {
    Some(match code {
        0x1D455 => 'ℎ',
        0x1D49D => 'ℬ',
        0x1D4A0 => 'ℰ',
        0x1D4A1 => 'ℱ',
        0x1D4A3 => 'ℋ',
        0x1D4A4 => 'ℐ',
        0x1D4A7 => 'ℒ',
        0x1D4A8 => 'ℳ',
        0x1D4AD => 'ℛ',
        0x1D4BA => 'ℯ',
        0x1D4BC => 'ℊ',
        0x1D4C4 => 'ℴ',
        0x1D506 => 'ℭ',
        0x1D50B => 'ℌ',
        0x1D50C => 'ℑ',
        0x1D515 => 'ℜ',
        0x1D51D => 'ℨ',
        0x1D53A => 'ℂ',
        0x1D53F => 'ℍ',
        0x1D545 => 'ℕ',
        0x1D547 => 'ℙ',
        0x1D548 => 'ℚ',
        0x1D549 => 'ℝ',
        0x1D551 => 'ℤ',
        _ => return None,
    })
}

/// The class of a character in mathematics.
pub(super) fn class(ch: char) -> Class {
    match ch {
        ' ' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{205F}' | '\u{3000}' => Class::Space,
        '&' => Class::Mark,
        '+'
        | '\u{2212}'
        | '±'
        | '∓'
        | '×'
        | '÷'
        | '∗'
        | '∘'
        | '∙'
        | '·'
        | '⋅'
        | '∩'
        | '∪'
        | '∧'
        | '∨'
        | '⊕'..='⊙'
        | '⊎'
        | '⊓'
        | '⊔'
        | '⋆'
        | '∖'
        | '⋄'
        | '⨯'
        | '⋈'
        | '⊢'
        | '†'
        | '‡' => Class::Binary,
        '='
        | '<'
        | '>'
        | '∈'..='∍'
        | '∝'
        | '∣'
        | '∥'
        | '∼'..='≿'
        | '⊂'..='⊋'
        | '⊏'..='⊒'
        | '⊣'..='⊿'
        | '⋐'
        | '⋑'
        | '⋖'..='⋪'
        | '←'..='⇿'
        | '⟵'..='⟿'
        | '⩽'
        | '⩾'
        | '⪯'
        | '⪰'
        | '∴'
        | '∵'
        | '∶' => Class::Relation,
        '(' | '[' | '{' | '⌈' | '⌊' | '⟨' | '⟦' | '⟪' => Class::Open,
        ')' | ']' | '}' | '⌉' | '⌋' | '⟩' | '⟧' | '⟫' | '!' => Class::Close,
        ',' | ';' | ':' => Class::Punctuation,
        '∏'..='∑' | '∫'..='∳' | '⋀'..='⋃' | '⨀'..='⨆' | '⨌' => Class::Operator,
        _ => Class::Ordinary,
    }
}

/// Space between two neighbours in ems, outside scripts.
pub(super) fn gap(left: Class, right: Class) -> f64 {
    const THIN: f64 = 3.0 / 18.0;
    const MEDIUM: f64 = 4.0 / 18.0;
    const THICK: f64 = 5.0 / 18.0;
    use Class::{Binary, Close, Inner, Mark, Open, Operator, Ordinary, Punctuation, Relation};
    let is = |class: Class| left == class || right == class;
    if is(Class::Space) || is(Mark) || left == Relation && right == Relation {
        return 0.0;
    }
    match (left, right) {
        (Relation, right) if right != Close && right != Punctuation => THICK,
        (left, Relation) if left != Open => THICK,
        (Binary, Ordinary | Operator | Open | Inner)
        | (Ordinary | Close | Inner | Operator, Binary) => MEDIUM,
        (Operator, Ordinary | Operator | Inner)
        | (Ordinary | Close | Inner, Operator)
        | (Punctuation, _)
        | (Inner, Ordinary | Open | Inner | Punctuation)
        | (Ordinary | Close, Inner) => THIN,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_take_their_alphabet() {
        let run = |script, bold, italic| MathRun {
            script,
            bold,
            italic,
            ..MathRun::default()
        };
        let draws = |script, bold, italic, from: &str| -> String {
            let run = run(script, bold, italic);
            from.chars().map(|ch| styled(ch, &run)).collect()
        };
        assert_eq!(draws(MathScript::Roman, false, true, "ah1α∂-"), "𝑎ℎ1𝛼𝜕−");
        assert_eq!(draws(MathScript::Roman, false, false, "sin"), "sin");
        assert_eq!(draws(MathScript::Roman, true, false, "Ax9"), "𝐀𝐱𝟗");
        assert_eq!(draws(MathScript::DoubleStruck, false, true, "RZk"), "ℝℤ𝕜");
        assert_eq!(draws(MathScript::Script, false, true, "BLC"), "ℬℒ𝒞");
        assert_eq!(draws(MathScript::Fraktur, true, true, "g"), "𝖌");
    }
}
