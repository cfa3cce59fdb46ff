use super::locale::Locale;

/// What a digit placeholder shows where there is no digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `0`.
    Zero,
    /// `#`: nothing.
    Hash,
    /// `?`: a blank.
    Blank,
}

/// Part of a date or time; the number is how often the letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DatePart {
    Year(u8),
    /// `b`: years of the Buddhist era.
    ThaiYear(u8),
    Month(u8),
    Day(u8),
    Hour(u8),
    Minute(u8),
    Second(u8),
    /// `.0`, `.00`, `.000` after seconds.
    Fraction(u8),
    ElapsedHours(u8),
    ElapsedMinutes(u8),
    ElapsedSeconds(u8),
    /// `AM/PM`.
    HalfDay,
    /// `A/P`, upper case or not.
    HalfDayLetter(bool),
}

/// One piece of a section.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Literal(String),
    Digit(Place),
    /// 1 to 9: a fixed denominator, or itself.
    Numeral(char),
    Point,
    Comma,
    Percent,
    /// `E+` or `E-`: letter, and whether a plus is shown.
    Exponent(char, bool),
    Slash,
    General,
    Text,
    Date(DatePart),
}

impl Token {
    /// What a token shows that no number fills.
    pub(super) fn plain(&self) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Numeral(digit) => digit.to_string(),
            Self::Comma => ",".to_owned(),
            Self::Slash => "/".to_owned(),
            Self::Percent => "%".to_owned(),
            _ => String::new(),
        }
    }
}

/// `[>=100]` and its like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Condition {
    operator: Operator,
    value: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
}

impl Condition {
    pub(super) fn holds(self, value: f64) -> bool {
        match self.operator {
            Operator::Less => value < self.value,
            Operator::LessEqual => value <= self.value,
            Operator::Greater => value > self.value,
            Operator::GreaterEqual => value >= self.value,
            Operator::Equal => value == self.value,
            Operator::NotEqual => value != self.value,
        }
    }

    pub(super) fn takes_negatives_only(self) -> bool {
        match self.operator {
            Operator::Less => self.value <= 0.0,
            Operator::LessEqual | Operator::Equal => self.value < 0.0,
            _ => false,
        }
    }

    pub(super) fn takes_all_but_negatives(self) -> bool {
        self.value == 0.0 && matches!(self.operator, Operator::Greater | Operator::GreaterEqual)
    }
}

/// One of the up to four sections between semicolons.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Section {
    pub(super) condition: Option<Condition>,
    /// `0xRRGGBB`.
    pub(super) color: Option<u32>,
    /// Language of dates (`[$-407]`).
    pub(super) language: Option<&'static Locale>,
    pub(super) tokens: Vec<Token>,
}

impl Section {
    pub(super) fn is_date(&self) -> bool {
        self.tokens
            .iter()
            .any(|token| matches!(token, Token::Date(_)))
    }
}

/// Sections of a code, at least one, at most four.
pub(super) fn sections(code: &str) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut rest = code;
    while let Some(ch) = rest.chars().next() {
        if ch == ';' {
            if sections.len() == 4 {
                break;
            }
            sections.push(Section::default());
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let Some(section) = sections.last_mut() else {
            break;
        };
        let used = token(section, rest, ch).max(ch.len_utf8());
        rest = rest.get(used..).unwrap_or_default();
    }
    for section in &mut sections {
        settle(section);
    }
    sections
}

/// Reads one token from the start of `rest`; returns how many bytes it took.
fn token(section: &mut Section, rest: &str, ch: char) -> usize {
    let after = rest.get(ch.len_utf8()..).unwrap_or_default();
    let next = after.chars().next();
    let pair = ch.len_utf8() + next.map_or(0, char::len_utf8);
    let mut push = |token: Token| section.tokens.push(token);
    match ch {
        '"' => {
            let end = after.find('"').unwrap_or(after.len());
            push(Token::Literal(
                after.get(..end).unwrap_or_default().to_owned(),
            ));
            return end + 2;
        }
        '\\' => {
            push(Token::Literal(next.into_iter().collect()));
            return pair;
        }
        // A blank as wide as a character; a blank of the face comes near it.
        '_' => {
            push(Token::Literal(" ".to_owned()));
            return pair;
        }
        // Fills a cell's width, which a label does not have.
        '*' => return pair,
        '[' => return bracket(section, after),
        '0' => push(Token::Digit(Place::Zero)),
        '#' => push(Token::Digit(Place::Hash)),
        '?' => push(Token::Digit(Place::Blank)),
        '1'..='9' => push(Token::Numeral(ch)),
        '.' => push(Token::Point),
        ',' => push(Token::Comma),
        '%' => push(Token::Percent),
        '/' => push(Token::Slash),
        '@' => push(Token::Text),
        'E' | 'e' if matches!(next, Some('+' | '-')) => {
            push(Token::Exponent(ch, next == Some('+')));
            return 2;
        }
        _ => {
            if starts_with(rest, "general") {
                push(Token::General);
                return 7;
            }
            if starts_with(rest, "am/pm") {
                push(Token::Date(DatePart::HalfDay));
                return 5;
            }
            if starts_with(rest, "a/p") {
                push(Token::Date(DatePart::HalfDayLetter(ch == 'A')));
                return 3;
            }
            let letter = ch.to_ascii_lowercase();
            let run = rest
                .chars()
                .take_while(|c| c.to_ascii_lowercase() == letter)
                .count();
            let count = run.min(9) as u8;
            let part = match letter {
                'y' | 'e' => Some(DatePart::Year(if letter == 'e' { 4 } else { count })),
                'b' => Some(DatePart::ThaiYear(count)),
                'm' => Some(DatePart::Month(count)),
                'd' => Some(DatePart::Day(count)),
                // Names of weekdays in East Asian codes.
                'a' if count >= 3 => Some(DatePart::Day(count)),
                'h' => Some(DatePart::Hour(count)),
                's' => Some(DatePart::Second(count)),
                _ => None,
            };
            if let Some(part) = part {
                push(Token::Date(part));
                return run;
            }
            if letter == 'g' {
                // Names of eras are left out, the year is shown in full.
                return run;
            }
            match section.tokens.last_mut() {
                Some(Token::Literal(text)) => text.push(ch),
                _ => section.tokens.push(Token::Literal(ch.to_string())),
            }
        }
    }
    ch.len_utf8()
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// `[…]`: colours, conditions, currency and language, elapsed time. Returns the bytes with both brackets.
fn bracket(section: &mut Section, after: &str) -> usize {
    let Some(end) = after.find(']') else {
        return after.len() + 1;
    };
    let inside = after.get(..end).unwrap_or_default();
    if let Some(rest) = inside.strip_prefix('$') {
        let (symbol, language) = rest.split_once('-').unwrap_or((rest, ""));
        if !symbol.is_empty() {
            section.tokens.push(Token::Literal(symbol.to_owned()));
        }
        let id = language.split(',').next().unwrap_or_default();
        section.language = u32::from_str_radix(id, 16)
            .ok()
            .and_then(|id| Locale::of_id(id & 0xFFFF))
            .or_else(|| Locale::of_tag(id))
            .or(section.language);
    } else if let Some(condition) = condition(inside) {
        section.condition = Some(condition);
    } else if let Some(part) = elapsed(inside) {
        section.tokens.push(Token::Date(part));
    } else if let Some(color) = color(inside) {
        section.color = Some(color);
    }
    end + 2
}

fn condition(text: &str) -> Option<Condition> {
    const OPERATORS: [(&str, Operator); 6] = [
        ("<=", Operator::LessEqual),
        (">=", Operator::GreaterEqual),
        ("<>", Operator::NotEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
        ("=", Operator::Equal),
    ];
    let (operator, rest) = OPERATORS
        .iter()
        .find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)))?;
    let value: f64 = rest.trim().parse().ok()?;
    value.is_finite().then_some(Condition { operator, value })
}

fn elapsed(text: &str) -> Option<DatePart> {
    let letter = text.chars().next()?.to_ascii_lowercase();
    let count = text.chars().count().min(9) as u8;
    if !text.chars().all(|c| c.to_ascii_lowercase() == letter) {
        return None;
    }
    match letter {
        'h' => Some(DatePart::ElapsedHours(count)),
        'm' => Some(DatePart::ElapsedMinutes(count)),
        's' => Some(DatePart::ElapsedSeconds(count)),
        _ => None,
    }
}

fn color(text: &str) -> Option<u32> {
    const NAMES: [(&str, u32); 8] = [
        ("black", 0x00_0000),
        ("white", 0xFF_FFFF),
        ("red", 0xFF_0000),
        ("green", 0x00_FF00),
        ("blue", 0x00_00FF),
        ("yellow", 0xFF_FF00),
        ("magenta", 0xFF_00FF),
        ("cyan", 0x00_FFFF),
    ];
    // `[Color 1]` to `[Color 8]` are the same eight in this order; the later ones keep the text's colour.
    let lower = text.to_ascii_lowercase();
    if let Some(number) = lower.strip_prefix("color") {
        let number: usize = number.trim().parse().ok()?;
        return Some(NAMES.get(number.checked_sub(1)?)?.1);
    }
    NAMES
        .iter()
        .find_map(|(name, rgb)| (*name == lower).then_some(*rgb))
}

/// Settles what only the neighbours tell: minutes against months, fractions of a second, digits in dates.
fn settle(section: &mut Section) {
    if !section.is_date() {
        return;
    }
    let part = |token: &Token| match token {
        Token::Date(part) => Some(*part),
        _ => None,
    };
    let parts: Vec<(usize, DatePart)> = section
        .tokens
        .iter()
        .enumerate()
        .filter_map(|(index, token)| Some((index, part(token)?)))
        .collect();
    for (at, (index, found)) in parts.iter().enumerate() {
        let DatePart::Month(count @ 1..=2) = *found else {
            continue;
        };
        let before = at.checked_sub(1).and_then(|at| parts.get(at));
        let is_minute = matches!(
            before,
            Some((_, DatePart::Hour(_) | DatePart::ElapsedHours(_)))
        ) || matches!(
            parts.get(at + 1),
            Some((_, DatePart::Second(_) | DatePart::ElapsedSeconds(_)))
        );
        if is_minute && let Some(token) = section.tokens.get_mut(*index) {
            *token = Token::Date(DatePart::Minute(count));
        }
    }
    let mut settled = Vec::with_capacity(section.tokens.len());
    let mut tokens = std::mem::take(&mut section.tokens).into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            Token::Point => {
                let mut digits = 0;
                while digits < 3 && tokens.next_if_eq(&Token::Digit(Place::Zero)).is_some() {
                    digits += 1;
                }
                settled.push(if digits > 0 {
                    Token::Date(DatePart::Fraction(digits))
                } else {
                    Token::Literal(".".to_owned())
                });
            }
            Token::Digit(_) => settled.push(Token::Literal("0".to_owned())),
            other => settled.push(other),
        }
    }
    section.tokens = settled;
}
