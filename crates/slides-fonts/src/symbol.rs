//! Symbol faces whose characters are font positions, mapped to Unicode.

/// A symbol face of Office: its characters are positions in the face (`0x20..=0xFF`, bare or as U+F020..=U+F0FF).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SymbolMap {
    /// Symbol: Greek and mathematics.
    Symbol,
    /// Wingdings.
    Wingdings,
    /// Wingdings 2.
    Wingdings2,
    /// Wingdings 3.
    Wingdings3,
    /// Webdings.
    Webdings,
    /// Zapf Dingbats, which Monotype Sorts copies.
    Dingbats,
}

impl SymbolMap {
    /// The map for a family in lower case.
    pub(crate) fn for_family(family: &str) -> Option<Self> {
        Some(match family {
            "symbol" | "symbolmt" | "symbol mt" | "symbolps" => Self::Symbol,
            "wingdings" => Self::Wingdings,
            "wingdings 2" | "wingdings2" => Self::Wingdings2,
            "wingdings 3" | "wingdings3" => Self::Wingdings3,
            "webdings" => Self::Webdings,
            "zapf dingbats" | "zapfdingbats" | "itc zapf dingbats" | "monotype sorts" => {
                Self::Dingbats
            }
            _ => return None,
        })
    }

    /// The Unicode character drawn at a position of the face; `None` for characters that are no position
    /// (they are then what they say) and for positions without a counterpart.
    pub fn map(self, ch: char) -> Option<char> {
        let code = match u32::from(ch) {
            bare @ 0x20..=0xFF => bare,
            private @ 0xF020..=0xF0FF => private - 0xF000,
            // Word processors store cp1252 characters that stand for positions 0x80..=0x9F.
            _ => u32::from(cp1252(ch)?),
        };
        let code = u8::try_from(code).ok()?;
        let mapped = match self {
            Self::Symbol => row(SYMBOL, code),
            Self::Wingdings => row(WINGDINGS, code),
            Self::Wingdings2 => pair(WINGDINGS_2, code),
            Self::Wingdings3 => pair(WINGDINGS_3, code),
            Self::Webdings => pair(WEBDINGS, code),
            Self::Dingbats => dingbat(code),
        };
        mapped.filter(|&to| to != '\0')
    }

    /// Every position with a counterpart.
    #[cfg(all(test, feature = "core", feature = "symbols", feature = "scripts"))]
    fn targets(self) -> impl Iterator<Item = (u8, char)> {
        (0x20..=0xFF).filter_map(move |code: u8| self.map(char::from(code)).map(|to| (code, to)))
    }
}

fn row(table: &[char; 224], code: u8) -> Option<char> {
    table.get(usize::from(code.checked_sub(0x20)?)).copied()
}

fn pair(table: &[(u8, char)], code: u8) -> Option<char> {
    if code == 0x20 {
        return Some(' ');
    }
    table
        .iter()
        .find(|entry| entry.0 == code)
        .map(|entry| entry.1)
}

/// The Dingbats block of Unicode keeps the order of Zapf Dingbats, but for characters that there were before it.
fn dingbat(code: u8) -> Option<char> {
    let block = |base: u32, first: u8| char::from_u32(base + u32::from(code - first));
    match code {
        0x20 => Some(' '),
        0x25 => Some('☎'),
        0x2A => Some('☛'),
        0x2B => Some('☞'),
        0x48 => Some('★'),
        0x6C => Some('●'),
        0x6E => Some('■'),
        0x73 => Some('▲'),
        0x74 => Some('▼'),
        0x75 => Some('◆'),
        0x77 => Some('◗'),
        0x21..=0x7E => block(0x2701, 0x21),
        0xA8 => Some('♣'),
        0xA9 => Some('♦'),
        0xAA => Some('♥'),
        0xAB => Some('♠'),
        0xAC..=0xB5 => block(0x2460, 0xAC),
        0xD5 => Some('→'),
        0xD6 => Some('↔'),
        0xD7 => Some('↕'),
        0xA1..=0xFE if code != 0xF0 => block(0x2761, 0xA1),
        _ => None,
    }
}

/// Position of the characters that Windows code page 1252 has at 0x80..=0x9F.
fn cp1252(ch: char) -> Option<u8> {
    const HIGH: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0',
        '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    let at = HIGH.iter().position(|&high| high == ch && ch != '\0')?;
    Some(0x80 + at as u8)
}

const X: char = '\0';

/// Adobe's Symbol encoding, from 0x20.
#[rustfmt::skip]
static SYMBOL: &[char; 224] = &[
    ' ', '!', '∀', '#', '∃', '%', '&', '∋', '(', ')', '∗', '+', ',', '−', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '≅', 'Α', 'Β', 'Χ', 'Δ', 'Ε', 'Φ', 'Γ', 'Η', 'Ι', 'ϑ', 'Κ', 'Λ', 'Μ', 'Ν', 'Ο',
    'Π', 'Θ', 'Ρ', 'Σ', 'Τ', 'Υ', 'ς', 'Ω', 'Ξ', 'Ψ', 'Ζ', '[', '∴', ']', '⊥', '_',
    '‾', 'α', 'β', 'χ', 'δ', 'ε', 'φ', 'γ', 'η', 'ι', 'ϕ', 'κ', 'λ', 'μ', 'ν', 'ο',
    'π', 'θ', 'ρ', 'σ', 'τ', 'υ', 'ϖ', 'ω', 'ξ', 'ψ', 'ζ', '{', '|', '}', '∼', X,
    X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
    X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
    '€', 'ϒ', '′', '≤', '⁄', '∞', 'ƒ', '♣', '♦', '♥', '♠', '↔', '←', '↑', '→', '↓',
    '°', '±', '″', '≥', '×', '∝', '∂', '•', '÷', '≠', '≡', '≈', '…', '⏐', '⎯', '↵',
    'ℵ', 'ℑ', 'ℜ', '\u{1D4C5}', '⊗', '⊕', '∅', '∩', '∪', '⊃', '⊇', '⊄', '⊂', '⊆', '∈', '∉',
    '∠', '∇', '®', '©', '™', '∏', '√', '⋅', '¬', '∧', '∨', '⇔', '⇐', '⇑', '⇒', '⇓',
    '◊', '⟨', '®', '©', '™', '∑', '⎛', '⎜', '⎝', '⎡', '⎢', '⎣', '⎧', '⎨', '⎩', '⎪',
    X, '⟩', '∫', '⌠', '⎮', '⌡', '⎞', '⎟', '⎠', '⎤', '⎥', '⎦', '⎫', '⎬', '⎭', X,
];

/// Wingdings, from 0x20.
#[rustfmt::skip]
static WINGDINGS: &[char; 224] = &[
    ' ', '\u{1F589}', '✂', '✁', '\u{1F453}', '\u{1F56D}', '\u{1F56E}', '\u{1F56F}', '\u{1F57F}', '✆', '\u{1F582}', '\u{1F583}', '\u{1F4EA}', '\u{1F4EB}', '\u{1F4EC}', '\u{1F4ED}',
    '\u{1F5C0}', '\u{1F5C1}', '\u{1F5CE}', '\u{1F5CF}', '\u{1F5D0}', '\u{1F5C4}', '⌛', '\u{1F5AE}', '\u{1F5B0}', '\u{1F5B2}', '\u{1F5B3}', '\u{1F5B4}', '\u{1F5AB}', '\u{1F5AC}', '✇', '✍',
    '\u{1F58E}', '✌', '\u{1F58F}', '\u{1F592}', '\u{1F593}', '☜', '☞', '☝', '☟', '\u{1F590}', '☺', X, '☹', '\u{1F4A3}', '\u{1F571}', '\u{1F3F3}',
    '\u{1F3F1}', '✈', '☼', '\u{1F322}', '❄', X, '✞', X, '✠', '✡', '☪', '☯', 'ॐ', '☸', '♈', '♉',
    '♊', '♋', '♌', '♍', '♎', '♏', '♐', '♑', '♒', '♓', '\u{1F670}', '\u{1F675}', '●', '\u{1F53E}', '■', '□',
    '\u{1F790}', '❑', '❒', '\u{2B27}', '⧫', '◆', '❖', '\u{2B25}', '⌧', '\u{2BB9}', '⌘', '\u{1F3F5}', '\u{1F3F6}', '\u{1F676}', '\u{1F677}', X,
    '⓪', '①', '②', '③', '④', '⑤', '⑥', '⑦', '⑧', '⑨', '⑩', '⓿', '❶', '❷', '❸', '❹',
    '❺', '❻', '❼', '❽', '❾', '❿', '\u{1F662}', '\u{1F660}', '\u{1F661}', '\u{1F663}', '\u{1F65E}', '\u{1F65C}', '\u{1F65D}', '\u{1F65F}', '·', '•',
    ' ', '\u{2B58}', '\u{1F786}', '\u{1F788}', '\u{1F78A}', '\u{1F78B}', '\u{1F53F}', '▪', '◻', '\u{1F7C2}', '✦', '★', '✶', '✴', '✹', '✵',
    '\u{2BD0}', '⌖', '⟡', '⌑', '\u{2BD1}', '✪', '✰', '\u{1F550}', '\u{1F551}', '\u{1F552}', '\u{1F553}', '\u{1F554}', '\u{1F555}', '\u{1F556}', '\u{1F557}', '\u{1F558}',
    '\u{1F559}', '\u{1F55A}', '\u{1F55B}', '\u{2BB0}', '\u{2BB1}', '\u{2BB2}', '\u{2BB3}', '\u{2BB4}', '\u{2BB5}', '\u{2BB6}', '\u{2BB7}', '\u{1F66A}', '\u{1F66B}', '\u{1F655}', '\u{1F654}', '\u{1F657}',
    '\u{1F656}', '\u{1F650}', '\u{1F651}', '\u{1F652}', '\u{1F653}', '⌫', '⌦', '\u{2B98}', '\u{2B9A}', '\u{2B99}', '\u{2B9B}', '\u{2B88}', '\u{2B8A}', '\u{2B89}', '\u{2B8B}', '\u{1F868}',
    '\u{1F86A}', '\u{1F869}', '\u{1F86B}', '\u{1F86C}', '\u{1F86D}', '\u{1F86F}', '\u{1F86E}', '\u{1F878}', '\u{1F87A}', '\u{1F879}', '\u{1F87B}', '\u{1F87C}', '\u{1F87D}', '\u{1F87F}', '\u{1F87E}', '⇦',
    '⇨', '⇧', '⇩', '⬄', '⇳', '⬁', '⬀', '⬃', '⬂', '\u{1F8AC}', '\u{1F8AD}', '✘', '✔', '\u{1F5F7}', '\u{1F5F9}', X,
];

/// Wingdings 2: the marks that lists use.
#[rustfmt::skip]
static WINGDINGS_2: &[(u8, char)] = &[
    (0x21, '\u{1F58A}'), (0x22, '\u{1F58B}'), (0x23, '\u{1F58C}'), (0x24, '\u{1F58D}'), (0x25, '✄'), (0x26, '✀'), (0x27, '\u{1F57E}'),
    (0x44, '\u{1F448}'), (0x45, '\u{1F449}'), (0x46, '☚'), (0x47, '☛'),
    (0x4F, '✗'), (0x50, '✓'), (0x51, '☒'), (0x52, '☑'), (0x53, '☒'), (0x54, '☒'), (0x55, '⮾'), (0x56, '⮿'), (0x57, '⦸'), (0x58, '⦸'),
    (0x69, '⓪'), (0x6A, '①'), (0x6B, '②'), (0x6C, '③'), (0x6D, '④'), (0x6E, '⑤'), (0x6F, '⑥'), (0x70, '⑦'), (0x71, '⑧'), (0x72, '⑨'), (0x73, '⑩'),
    (0x74, '⓿'), (0x75, '❶'), (0x76, '❷'), (0x77, '❸'), (0x78, '❹'), (0x79, '❺'), (0x7A, '❻'), (0x7B, '❼'), (0x7C, '❽'), (0x7D, '❾'), (0x7E, '❿'),
    (0x80, '☉'), (0x84, '☾'), (0x86, '✝'),
    (0x95, '•'), (0x96, '●'), (0x97, '⬤'), (0x98, '⬤'), (0x99, '○'), (0x9A, '○'), (0x9B, '○'), (0x9C, '◉'), (0x9D, '◎'), (0x9E, '⦿'),
    (0x9F, '▪'), (0xA0, '■'), (0xA1, '■'), (0xA2, '■'), (0xA3, '□'), (0xA4, '□'), (0xA5, '□'), (0xA6, '□'), (0xA7, '▣'), (0xA8, '▣'),
    (0xAB, '◆'), (0xAC, '◆'), (0xAD, '◆'), (0xAE, '◆'), (0xAF, '◇'), (0xB0, '◇'), (0xB1, '◈'), (0xB4, '⬥'), (0xB7, '⬧'), (0xB8, '◊'),
    (0xBD, '◖'), (0xBE, '◗'), (0xC7, '⬟'), (0xC9, '⬣'), (0xCB, '⬡'),
    (0xDD, '✦'), (0xDE, '✦'), (0xE0, '★'), (0xE1, '★'), (0xE2, '✶'), (0xE3, '✸'), (0xE4, '✺'), (0xE6, '✦'), (0xE9, '★'), (0xF8, '※'), (0xF9, '⁂'),
];

/// Wingdings 3: arrows and triangles.
#[rustfmt::skip]
static WINGDINGS_3: &[(u8, char)] = &[
    (0x21, '←'), (0x22, '→'), (0x23, '↑'), (0x24, '↓'), (0x25, '↖'), (0x26, '↗'), (0x27, '↙'), (0x28, '↘'),
    (0x2B, '↰'), (0x2C, '↱'), (0x2D, '↲'), (0x2E, '↳'), (0x31, '⇤'), (0x32, '⇥'),
    (0x66, '←'), (0x67, '→'), (0x68, '↑'), (0x69, '↓'), (0x6A, '↖'), (0x6B, '↗'), (0x6C, '↙'), (0x6D, '↘'), (0x6E, '↔'), (0x6F, '↕'),
    (0x70, '▲'), (0x71, '▼'), (0x72, '△'), (0x73, '▽'), (0x74, '◀'), (0x75, '▶'), (0x76, '◁'), (0x77, '▷'), (0x78, '◣'), (0x79, '◢'), (0x7A, '◤'), (0x7B, '◥'),
    (0x7C, '◂'), (0x7D, '▸'), (0x7E, '▴'), (0x80, '▾'), (0x81, '▲'), (0x82, '▼'), (0x83, '◀'), (0x84, '▶'),
    (0x85, '⮜'), (0x86, '⮞'), (0x87, '⮝'), (0x88, '⮟'), (0x8E, '⇦'), (0x8F, '⇨'), (0x90, '⇧'), (0x91, '⇩'),
];

/// Webdings: media keys, marks and shapes.
#[rustfmt::skip]
static WEBDINGS: &[(u8, char)] = &[
    (0x21, '\u{1F577}'), (0x22, '\u{1F578}'), (0x24, '\u{1F576}'), (0x25, '\u{1F3C6}'), (0x26, '\u{1F396}'),
    (0x31, '▫'), (0x33, '◀'), (0x34, '▶'), (0x35, '▲'), (0x36, '▼'), (0x37, '⏪'), (0x38, '⏩'), (0x39, '⏮'), (0x3A, '⏭'), (0x3B, '⏸'), (0x3C, '⏹'), (0x3D, '⏺'),
    (0x3F, '\u{1F5E3}'), (0x48, '\u{1F3E0}'), (0x4B, '\u{1F3ED}'), (0x4E, '\u{1F441}'), (0x59, '♥'),
    (0x60, '↻'), (0x61, '✔'), (0x63, '□'), (0x65, '⛏'), (0x67, '■'), (0x69, 'ⓘ'), (0x6A, '✈'), (0x6E, '●'), (0x71, '↻'), (0x72, '✖'), (0x73, '❓'),
    (0x76, '⛔'), (0x77, '⊖'), (0x78, '⊘'), (0x7C, '|'), (0x7E, '⚡'), (0x99, '\u{1F5C3}'), (0x9A, '\u{1F5CE}'),
    (0xCE, '\u{1F550}'), (0xD2, '☂'), (0xD5, '☁'), (0xD7, '☀'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_map_bare_private_and_as_cp1252() {
        assert_eq!(SymbolMap::Wingdings.map('\u{A7}'), Some('▪'));
        assert_eq!(SymbolMap::Wingdings.map('\u{F0A7}'), Some('▪'));
        assert_eq!(SymbolMap::Wingdings.map('ü'), Some('✔'));
        assert_eq!(SymbolMap::Wingdings.map('Ø'), Some('\u{2B9A}'));
        assert_eq!(SymbolMap::Wingdings.map('\u{F06E}'), Some('■'));
        assert_eq!(
            SymbolMap::Wingdings2.map('—'),
            Some('⬤'),
            "0x97 as code page 1252 writes it"
        );
        assert_eq!(SymbolMap::Symbol.map('a'), Some('α'));
        assert_eq!(SymbolMap::Dingbats.map('4'), Some('✔'));
        assert_eq!(SymbolMap::Dingbats.map('n'), Some('■'));
        assert_eq!(SymbolMap::Dingbats.map('\u{F0D4}'), Some('➔'));
        assert_eq!(SymbolMap::Dingbats.map('\u{FE}'), Some('➾'));
        assert_eq!(SymbolMap::Symbol.map('\u{F0B7}'), Some('•'));
        assert_eq!(SymbolMap::Wingdings.map('漢'), None);
        assert_eq!(SymbolMap::Symbol.map('\u{7F}'), None);
    }

    #[cfg(all(feature = "core", feature = "symbols", feature = "scripts"))]
    #[test]
    fn every_position_can_be_drawn_by_the_bundled_faces() {
        use crate::{FontBook, ScriptHint, Style};

        let book = FontBook::bundled();
        let mut missing = Vec::new();
        for map in [
            SymbolMap::Symbol,
            SymbolMap::Wingdings,
            SymbolMap::Wingdings2,
            SymbolMap::Wingdings3,
            SymbolMap::Webdings,
            SymbolMap::Dingbats,
        ] {
            for (code, to) in map.targets().filter(|(_, to)| !to.is_whitespace()) {
                // in the East Asian faces alone
                if !cfg!(feature = "cjk") && matches!(to, '\u{203B}' | '\u{2042}') {
                    continue;
                }
                if book
                    .fallback(to, Style::default(), ScriptHint::None, None)
                    .is_none()
                {
                    missing.push(format!("{map:?} {code:#x} U+{:04X}", u32::from(to)));
                }
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
    }
}
