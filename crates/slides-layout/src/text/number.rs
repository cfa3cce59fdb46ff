//! Texts of automatic numbers (ECMA-376 part 1, 20.1.10.61).

/// The number's text with its punctuation. An unknown scheme counts in Arabic digits with a period.
pub(super) fn format(scheme: &str, number: u32) -> String {
    let (body, punctuation) = split(scheme);
    let text = match body {
        "alphaLc" => alphabetic(number, 'a', 26),
        "alphaUc" => alphabetic(number, 'A', 26),
        "romanLc" => roman(number).to_lowercase(),
        "romanUc" => roman(number),
        "arabicDb" => digits(number, '\u{FF10}'),
        "circleNumDb" | "circleNumWdWhite" => circled(number, '\u{2460}', '\u{24EA}'),
        "circleNumWdBlack" => match number {
            1..=10 => offset('\u{2776}', number - 1),
            11..=20 => offset('\u{24EB}', number - 11),
            0 => "\u{24FF}".to_owned(),
            _ => number.to_string(),
        },
        "ea1Chs" | "ea1Cht" | "ea1JpnKor" | "ea1JpnChsDb" => chinese(number),
        "arabic1" => listed(number, ARABIC_ABJAD),
        "arabic2" => listed(number, ARABIC_HIJA),
        "hebrew2" => hebrew(number),
        "thaiAlpha" => listed(number, THAI),
        "thaiNum" => digits(number, '\u{0E50}'),
        "hindiAlpha" => listed(number, HINDI_CONSONANTS),
        "hindiAlpha1" => listed(number, HINDI_VOWELS),
        "hindiNum" => digits(number, '\u{0966}'),
        _ => number.to_string(),
    };
    match punctuation {
        "Plain" => text,
        "ParenR" => format!("{text})"),
        "ParenBoth" => format!("({text})"),
        "Minus" => format!("{text}-"),
        _ if body == "ea1JpnChsDb" => format!("{text}\u{FF0E}"),
        _ if body == "arabicDb" => format!("{text}\u{FF0E}"),
        _ => format!("{text}."),
    }
}

fn split(scheme: &str) -> (&str, &str) {
    for punctuation in ["ParenBoth", "ParenR", "Period", "Plain", "Minus"] {
        if let Some(body) = scheme.strip_suffix(punctuation) {
            return (body, punctuation);
        }
    }
    ("arabic", "Period")
}

fn offset(first: char, by: u32) -> String {
    char::from_u32(u32::from(first) + by)
        .map(String::from)
        .unwrap_or_default()
}

fn alphabetic(number: u32, first: char, letters: u32) -> String {
    let mut rest = number.max(1);
    let mut text = Vec::new();
    while rest > 0 {
        rest -= 1;
        text.extend(char::from_u32(u32::from(first) + rest % letters));
        rest /= letters;
    }
    text.iter().rev().collect()
}

fn roman(number: u32) -> String {
    const PARTS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..=3999).contains(&number) {
        return number.to_string();
    }
    let mut rest = number;
    let mut text = String::new();
    for (value, letters) in PARTS {
        while rest >= value {
            text.push_str(letters);
            rest -= value;
        }
    }
    text
}

fn digits(number: u32, zero: char) -> String {
    number
        .to_string()
        .bytes()
        .filter_map(|digit| char::from_u32(u32::from(zero) + u32::from(digit - b'0')))
        .collect()
}

fn circled(number: u32, one: char, zero: char) -> String {
    match number {
        0 => zero.to_string(),
        1..=20 => offset(one, number - 1),
        21..=35 => offset('\u{3251}', number - 21),
        36..=50 => offset('\u{32B1}', number - 36),
        _ => number.to_string(),
    }
}

fn chinese(number: u32) -> String {
    const DIGITS: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let digit = |value: u32| DIGITS.get(value as usize).copied().unwrap_or('〇');
    match number {
        0..=9 => digit(number).to_string(),
        10..=99 => {
            let mut text = String::new();
            if number >= 20 {
                text.push(digit(number / 10));
            }
            text.push('十');
            if !number.is_multiple_of(10) {
                text.push(digit(number % 10));
            }
            text
        }
        _ => number
            .to_string()
            .bytes()
            .map(|byte| digit(u32::from(byte - b'0')))
            .collect(),
    }
}

const THAI: &[char] = &[
    'ก', 'ข', 'ค', 'ง', 'จ', 'ฉ', 'ช', 'ซ', 'ฌ', 'ญ', 'ฎ', 'ฏ', 'ฐ', 'ฑ', 'ฒ', 'ณ', 'ด', 'ต', 'ถ',
    'ท', 'ธ', 'น', 'บ', 'ป', 'ผ', 'ฝ', 'พ', 'ฟ', 'ภ', 'ม', 'ย', 'ร', 'ล', 'ว', 'ศ', 'ษ', 'ส', 'ห',
    'ฬ', 'อ', 'ฮ',
];
const HINDI_CONSONANTS: &[char] = &[
    'क', 'ख', 'ग', 'घ', 'ङ', 'च', 'छ', 'ज', 'झ', 'ञ', 'ट', 'ठ', 'ड', 'ढ', 'ण', 'त', 'थ', 'द', 'ध',
    'न', 'प', 'फ', 'ब', 'भ', 'म', 'य', 'र', 'ल', 'व', 'श', 'ष', 'स', 'ह',
];
const HINDI_VOWELS: &[char] = &[
    'अ', 'आ', 'इ', 'ई', 'उ', 'ऊ', 'ऋ', 'ऌ', 'ऍ', 'ऎ', 'ए', 'ऐ', 'ऑ', 'ऒ', 'ओ', 'औ',
];
const ARABIC_ABJAD: &[char] = &[
    'أ', 'ب', 'ج', 'د', 'ه', 'و', 'ز', 'ح', 'ط', 'ي', 'ك', 'ل', 'م', 'ن', 'س', 'ع', 'ف', 'ص', 'ق',
    'ر', 'ش', 'ت', 'ث', 'خ', 'ذ', 'ض', 'ظ', 'غ',
];
const ARABIC_HIJA: &[char] = &[
    'أ', 'ب', 'ت', 'ث', 'ج', 'ح', 'خ', 'د', 'ذ', 'ر', 'ز', 'س', 'ش', 'ص', 'ض', 'ط', 'ظ', 'ع', 'غ',
    'ف', 'ق', 'ك', 'ل', 'م', 'ن', 'ه', 'و', 'ي',
];

/// Letters of a list; past its end they are doubled, tripled and so on.
fn listed(number: u32, letters: &[char]) -> String {
    let count = letters.len() as u32;
    let index = number.max(1) - 1;
    let letter = letters
        .get((index % count) as usize)
        .copied()
        .unwrap_or('?');
    let times = (index / count + 1).min(8) as usize;
    std::iter::repeat_n(letter, times).collect()
}

fn hebrew(number: u32) -> String {
    const PARTS: [(u32, char); 22] = [
        (400, 'ת'),
        (300, 'ש'),
        (200, 'ר'),
        (100, 'ק'),
        (90, 'צ'),
        (80, 'פ'),
        (70, 'ע'),
        (60, 'ס'),
        (50, 'נ'),
        (40, 'מ'),
        (30, 'ל'),
        (20, 'כ'),
        (10, 'י'),
        (9, 'ט'),
        (8, 'ח'),
        (7, 'ז'),
        (6, 'ו'),
        (5, 'ה'),
        (4, 'ד'),
        (3, 'ג'),
        (2, 'ב'),
        (1, 'א'),
    ];
    if !(1..1000).contains(&number) {
        return number.to_string();
    }
    let mut rest = number;
    let mut text = String::new();
    while rest > 0 {
        // 15 and 16 are written 9 + 6 and 9 + 7.
        if rest == 15 || rest == 16 {
            text.push('ט');
            rest -= 9;
        }
        let Some(&(value, letter)) = PARTS.iter().find(|(value, _)| *value <= rest) else {
            break;
        };
        text.push(letter);
        rest -= value;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn schemes_write_their_numbers() {
        for (scheme, number, text) in [
            ("arabicPeriod", 3, "3."),
            ("arabicParenR", 12, "12)"),
            ("arabicParenBoth", 1, "(1)"),
            ("arabicPlain", 7, "7"),
            ("alphaLcParenR", 2, "b)"),
            ("alphaUcPeriod", 27, "AA."),
            ("alphaLcPeriod", 52, "az."),
            ("romanLcPeriod", 4, "iv."),
            ("romanUcParenBoth", 1994, "(MCMXCIV)"),
            ("romanUcPeriod", 5000, "5000."),
            ("circleNumDbPlain", 20, "⑳"),
            ("circleNumWdBlackPlain", 1, "❶"),
            ("circleNumWdWhitePlain", 21, "㉑"),
            ("arabicDbPlain", 10, "１０"),
            ("ea1ChsPeriod", 21, "二十一."),
            ("ea1JpnChsDbPeriod", 10, "十．"),
            ("ea1JpnKorPlain", 100, "一〇〇"),
            ("thaiNumParenR", 25, "๒๕)"),
            ("thaiAlphaPeriod", 2, "ข."),
            ("hindiNumPeriod", 9, "९."),
            ("hindiAlphaPeriod", 1, "क."),
            ("hindiAlpha1Period", 1, "अ."),
            ("arabic1Minus", 3, "ج-"),
            ("arabic2Minus", 3, "ت-"),
            ("hebrew2Minus", 15, "טו-"),
            ("hebrew2Minus", 16, "טז-"),
            ("unheardOf", 4, "4."),
        ] {
            assert_eq!(format(scheme, number), text, "{scheme} {number}");
        }
    }

    #[test]
    fn every_number_has_a_text() {
        for scheme in [
            "alphaLcPeriod",
            "romanLcPeriod",
            "ea1ChsPlain",
            "hebrew2Minus",
            "thaiAlphaPeriod",
            "circleNumDbPlain",
        ] {
            for number in [0, 1, 26, 41, 999, 32767, u32::MAX] {
                assert!(!format(scheme, number).is_empty(), "{scheme} {number}");
            }
        }
    }
}
