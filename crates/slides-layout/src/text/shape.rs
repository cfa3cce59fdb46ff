//! Text to clusters: a face for each character, glyphs, advances.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use slides_fonts::{ScriptHint, Style};
use unicode_bidi::{BidiInfo, Level};
use unicode_script::{Script, UnicodeScript};

use super::fonts::{Font, TextCache};
use super::style::RunStyle;
use crate::context::SlideContext;

/// The family that emoji are drawn with, whatever face the text asks for.
const EMOJI: &str = "Segoe UI Emoji";
/// Stands for `a:br` in a paragraph's text.
pub(super) const LINE_BREAK: char = '\u{2028}';
/// Bytes of text that are shaped at once; longer runs are cut, so that a hostile run cannot ask for one huge buffer.
const MAX_SHAPED: usize = 16_384;

/// A part of a paragraph's text in one style.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub style: usize,
}

/// A part of the text in one style, face, script and direction.
pub(super) struct Item {
    pub style: u32,
    pub font: Rc<Font>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClusterKind {
    Text,
    Space,
    Tab,
    Break,
}

/// What is never torn apart: a character with what belongs to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cluster {
    pub start: u32,
    pub end: u32,
    pub item: u32,
    pub glyphs: u32,
    pub glyph_count: u32,
    pub level: u8,
    pub kind: ClusterKind,
    /// A line may begin here.
    pub break_before: bool,
    /// Points.
    pub width: f64,
}

/// A glyph within its cluster; points.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShapedGlyph {
    pub id: u32,
    pub x: f64,
    pub y: f64,
    pub advance: f64,
}

/// A shaped paragraph.
#[derive(Default)]
pub(super) struct Shaped {
    pub items: Vec<Item>,
    pub clusters: Vec<Cluster>,
    pub glyphs: Vec<ShapedGlyph>,
}

/// The faces of one style, looked up when needed.
pub(super) struct StyleFonts<'c> {
    latin: OnceCell<Rc<Font>>,
    east_asian: OnceCell<Rc<Font>>,
    /// By script: a run may mix some, and each has a face of its own.
    complex: RefCell<Vec<(Script, Rc<Font>)>>,
    symbol: OnceCell<Rc<Font>>,
    cache: &'c TextCache,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Latin,
    EastAsian,
    Complex,
    Symbol,
}

/// Rounds an advance to 1/8 point, as PowerPoint does for each glyph.
pub(super) fn eighth(points: f64) -> f64 {
    (points * 8.0 + 0.5).floor() / 8.0
}

fn is_space(ch: char) -> bool {
    matches!(ch, ' ' | '\u{1680}' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200A}' | '\u{205F}' | '\u{3000}')
}

/// Ideographs, kana, hangul and the punctuation that goes with them.
pub(super) fn is_east_asian(ch: char) -> bool {
    matches!(u32::from(ch), 0x1100..=0x11FF | 0x2E80..=0xA4CF | 0xA960..=0xA97F | 0xAC00..=0xD7FF | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF)
}

/// The share of spare room that stands before a letter drawn in another face: the ink of an East Asian bracket or
/// stop lies on one side of its square, that of other letters in the middle.
fn room_before(ch: char) -> f64 {
    match ch {
        '（' | '「' | '『' | '【' | '〈' | '《' | '〔' | '［' | '｛' | '〘' | '〖' | '‘' | '“' => {
            1.0
        }
        '）' | '」' | '』' | '】' | '〉' | '》' | '〕' | '］' | '｝' | '〙' | '〗' | '、'
        | '。' | '，' | '．' | '’' | '”' => 0.0,
        _ => 0.5,
    }
}

/// Characters that only tell how their neighbours look; nothing is drawn where a face does not know them.
fn is_selector(ch: char) -> bool {
    matches!(ch, '\u{200C}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{E0000}'..='\u{E01EF}')
}

/// The family that PowerPoint draws Hebrew letters of a free face with: machines with Office lack such faces.
fn hebrew_family(family: &str) -> &str {
    match family {
        "Liberation Sans" | "Arimo" | "DejaVu Sans" | "Nimbus Sans" => "Microsoft Sans Serif",
        "Liberation Serif" | "Tinos" | "DejaVu Serif" | "Nimbus Roman" => "Times New Roman",
        other => other,
    }
}

fn is_complex_script(ch: char) -> bool {
    matches!(u32::from(ch), 0x0590..=0x10FF | 0x1780..=0x17FF | 0x1A20..=0x1AAF | 0x1B00..=0x1C4F | 0xA980..=0xA9DF
        | 0xAA00..=0xAA7F | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFE)
        && !matches!(u32::from(ch), 0x10A0..=0x10FF)
}

/// The first complex script of a text.
fn complex_script(text: &str) -> Option<Script> {
    text.chars()
        .filter(|ch| is_complex_script(*ch))
        .map(|ch| ch.script())
        .find(|script| !matches!(script, Script::Common | Script::Inherited))
}

/// Punctuation and symbols that take the East Asian face in East Asian text.
fn is_ambiguous(ch: char) -> bool {
    matches!(u32::from(ch), 0xA1 | 0xA4 | 0xA7..=0xA8 | 0xAA | 0xAD | 0xAF..=0xB4 | 0xB6..=0xBA | 0xBC..=0xBF | 0xD7 | 0xF7
        | 0x02C7..=0x02DD | 0x2010..=0x2027 | 0x2030..=0x205E | 0x2070..=0x209F | 0x2103 | 0x2105 | 0x2109 | 0x2113 | 0x2116 | 0x2121..=0x2122
        | 0x212B | 0x2150..=0x23FF | 0x2460..=0x27BF | 0x2900..=0x2BFF)
}

/// Whether a character cannot be drawn by looking up its glyph alone.
fn needs_shaping(ch: char) -> bool {
    let code = u32::from(ch);
    if code < 0x300 {
        return false;
    }
    matches!(code, 0x0300..=0x036F | 0x0483..=0x0489 | 0x0591..=0x05C7 | 0x0600..=0x109F | 0x1100..=0x11FF | 0x135D..=0x135F
        | 0x1700..=0x18AF | 0x1900..=0x1CFF | 0x1DC0..=0x1DFF | 0x200C..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x20D0..=0x20FF
        | 0x302A..=0x302F | 0x3099..=0x309A | 0xA800..=0xABFF | 0xD7B0..=0xD7FF | 0xFB1E | 0xFB50..=0xFDFF | 0xFE00..=0xFE0F
        | 0xFE20..=0xFE2F | 0xFE70..=0xFEFF | 0x10A00..=0x11FFF | 0x1E000..=0x1E95F | 0x1F1E6..=0x1F1FF | 0x1F3FB..=0x1F3FF | 0xE0000..=0xE01FF)
}

impl<'c> StyleFonts<'c> {
    pub(super) fn new(cache: &'c TextCache) -> Self {
        Self {
            latin: OnceCell::new(),
            east_asian: OnceCell::new(),
            complex: RefCell::default(),
            symbol: OnceCell::new(),
            cache,
        }
    }

    /// The face of Latin text, which is also the paragraph mark's.
    pub(super) fn latin(&self, cx: &SlideContext<'_>, style: &RunStyle<'_>) -> &Rc<Font> {
        self.latin.get_or_init(|| {
            let family = if style.math {
                "Cambria Math"
            } else {
                style.latin
            };
            self.cache.select(cx, family, style_of(style))
        })
    }

    fn font(
        &self,
        cx: &SlideContext<'_>,
        style: &RunStyle<'_>,
        slot: Slot,
        ch: char,
        around: Script,
    ) -> Rc<Font> {
        let font = match slot {
            Slot::Latin => self.latin(cx, style),
            Slot::EastAsian if style.east_asian.is_empty() => {
                let key = match (style.hint, ch) {
                    (ScriptHint::Japanese, _) | (_, '\u{3040}'..='\u{30FF}') => "Jpan",
                    (ScriptHint::Korean, _)
                    | (
                        _,
                        '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7FF}',
                    ) => "Hang",
                    (ScriptHint::TraditionalChinese, _) => "Hant",
                    (ScriptHint::SimplifiedChinese, _) => "Hans",
                    _ => "",
                };
                self.east_asian
                    .get_or_init(|| self.by_script(cx, style, key))
            }
            Slot::EastAsian => self
                .east_asian
                .get_or_init(|| self.cache.select(cx, style.east_asian, style_of(style))),
            Slot::Complex => {
                let script = match ch.script() {
                    Script::Common | Script::Inherited => around,
                    script => script,
                };
                return self.complex(cx, style, script);
            }
            Slot::Symbol if style.symbol.is_empty() => self.latin(cx, style),
            Slot::Symbol => self
                .symbol
                .get_or_init(|| self.cache.select(cx, style.symbol, style_of(style))),
        };
        font.clone()
    }

    /// The face of letters of a complex script; where no script is near, that of the style.
    fn complex(&self, cx: &SlideContext<'_>, style: &RunStyle<'_>, script: Script) -> Rc<Font> {
        let known = self.complex.borrow();
        if let Some((_, font)) = known.iter().find(|(known, _)| *known == script) {
            return font.clone();
        }
        drop(known);
        let font = match (style.complex_script, script) {
            ("", Script::Common) => self.latin(cx, style).clone(),
            ("", script) => self.by_script(cx, style, script.short_name()),
            (family, Script::Hebrew) => {
                self.cache
                    .select(cx, hebrew_family(family), style_of(style))
            }
            (family, _) => self.cache.select(cx, family, style_of(style)),
        };
        self.complex.borrow_mut().push((script, font.clone()));
        font
    }

    /// The theme's face for a script, else the latin one.
    fn by_script(&self, cx: &SlideContext<'_>, style: &RunStyle<'_>, script: &str) -> Rc<Font> {
        let fonts = &cx.theme.fonts;
        let collection = if style.major {
            &fonts.major
        } else {
            &fonts.minor
        };
        match collection
            .scripts
            .get(script)
            .filter(|family| !family.is_empty())
        {
            Some(family) => self.cache.select(cx, family, style_of(style)),
            None => self.latin(cx, style).clone(),
        }
    }

    /// The face that draws a character, and how the face is asked for it.
    fn pick(
        &self,
        cx: &SlideContext<'_>,
        style: &RunStyle<'_>,
        slot: Slot,
        (ch, around): (char, Script),
        emoji: bool,
    ) -> (Rc<Font>, Remap) {
        let asked = self.font(cx, style, slot, ch, around);
        if emoji && asked.selection.symbol.is_none() && !is_symbol_face(&asked.selection.requested)
        {
            // There is one face of them, neither bold nor italic.
            let font = self.cache.select(cx, EMOJI, Style::default());
            if font.covers(ch) {
                return (font, Remap::None);
            }
        }
        let remap = match (asked.selection.symbol, ch) {
            (Some(_), _) => Remap::Symbol(asked.clone()),
            // A symbol character whose face is lost stands for its position.
            (None, '\u{F020}'..='\u{F07E}') => Remap::Private,
            (None, _) => Remap::None,
        };
        let ch = remap.apply(ch);
        if asked.covers(ch) || ch.is_control() || is_space(ch) || ch == '\u{A0}' {
            return (asked, remap);
        }
        let latin = self.latin(cx, style);
        if latin.selection.symbol.is_none() && latin.covers(ch) {
            return (latin.clone(), remap);
        }
        let hint = match style.hint {
            ScriptHint::None => theme_hint(cx),
            hint => hint,
        };
        let font = self.cache.fallback(cx.fonts, ch, hint, &asked);
        if font.is_none() && !is_selector(ch) {
            cx.warn(
                "font",
                format!(
                    "no face has the character U+{:04X}: an empty box stands for it",
                    u32::from(ch)
                ),
            );
        }
        (font.unwrap_or(asked), remap)
    }
}

/// How a character is turned into the one that the face knows.
#[derive(Clone)]
enum Remap {
    None,
    /// A position of this symbol face.
    Symbol(Rc<Font>),
    /// A position without its symbol face.
    Private,
}

impl Remap {
    fn apply(&self, ch: char) -> char {
        match self {
            Self::None => ch,
            Self::Symbol(font) => font
                .selection
                .symbol
                .and_then(|map| map.map(ch))
                .unwrap_or(ch),
            Self::Private => u32::from(ch)
                .checked_sub(0xF000)
                .and_then(char::from_u32)
                .unwrap_or(ch),
        }
    }

    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) | (Self::Private, Self::Private) => true,
            (Self::Symbol(a), Self::Symbol(b)) => a.id == b.id,
            _ => false,
        }
    }
}

/// The script that the theme's East Asian face speaks for, when the run's language says nothing.
fn theme_hint(cx: &SlideContext<'_>) -> ScriptHint {
    let name = &cx.theme.fonts.minor.east_asian;
    if name.is_empty() {
        return ScriptHint::None;
    }
    if name.contains("Gothic") && name.contains("MS")
        || name.contains('ゴ')
        || name.starts_with("Meiryo")
        || name.starts_with("Yu ")
    {
        ScriptHint::Japanese
    } else if name.starts_with("Malgun")
        || name
            .chars()
            .any(|ch| ('\u{AC00}'..='\u{D7A3}').contains(&ch))
    {
        ScriptHint::Korean
    } else {
        ScriptHint::None
    }
}

/// Whether a face draws emoji in black and white itself.
fn is_symbol_face(family: &str) -> bool {
    family.eq_ignore_ascii_case("Segoe UI Symbol")
}

fn style_of(style: &RunStyle<'_>) -> Style {
    Style {
        bold: style.bold,
        italic: style.italic || style.math,
    }
}

fn slot_of(style: &RunStyle<'_>, ch: char) -> Slot {
    if ch < '\u{A0}' {
        Slot::Latin
    } else if is_complex_script(ch) {
        Slot::Complex
    } else if is_east_asian(ch) || style.is_east_asian() && is_ambiguous(ch) {
        Slot::EastAsian
    } else if matches!(ch, '\u{F000}'..='\u{F0FF}') {
        Slot::Symbol
    } else {
        Slot::Latin
    }
}

fn is_right_to_left(ch: char) -> bool {
    matches!(u32::from(ch), 0x0590..=0x08FF | 0x200F | 0x202B | 0x202E | 0x2067 | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFE | 0x10800..=0x10FFF | 0x1E800..=0x1EFFF)
}

/// Embedding levels per byte; empty when the whole text runs left to right.
fn levels(text: &str, rtl: bool) -> Vec<Level> {
    if !rtl && !text.chars().any(is_right_to_left) {
        return Vec::new();
    }
    let base = if rtl { Level::rtl() } else { Level::ltr() };
    BidiInfo::new(text, Some(base)).levels
}

/// Text waiting to be shaped with one face.
struct Pending {
    start: usize,
    style: usize,
    font: Rc<Font>,
    remap: Remap,
    level: u8,
    script: Option<Script>,
    complex: bool,
}

/// Shapes a paragraph. Spans lie in order and cover the text.
pub(super) fn shape(
    cx: &SlideContext<'_>,
    cache: &TextCache,
    text: &str,
    spans: &[Span],
    styles: &[RunStyle<'_>],
    fonts: &[StyleFonts<'_>],
    rtl: bool,
) -> Shaped {
    let levels = levels(text, rtl);
    let base = u8::from(rtl);
    let mut shaper = Shaper {
        cache,
        styles,
        text,
        out: Shaped {
            clusters: Vec::with_capacity(text.len()),
            glyphs: Vec::with_capacity(text.len()),
            items: Vec::new(),
        },
    };
    // What belongs to no script takes the face of the letters near it, whichever run they are in.
    let mut around = complex_script(text).unwrap_or(Script::Common);
    for span in spans {
        let (Some(style), Some(faces), Some(part)) = (
            styles.get(span.style),
            fonts.get(span.style),
            text.get(span.start..span.end),
        ) else {
            continue;
        };
        let mut pending: Option<Pending> = None;
        let mut last_slot = Slot::Latin;
        around = complex_script(part).unwrap_or(around);
        for (offset, ch) in part.char_indices() {
            let at = span.start + offset;
            let level = levels.get(at).map_or(base, Level::number);
            let mark = match ch {
                '\t' => Some(ClusterKind::Tab),
                LINE_BREAK => Some(ClusterKind::Break),
                _ => None,
            };
            if let Some(kind) = mark {
                shaper.flush(pending.take(), at);
                shaper.mark(
                    at,
                    at + ch.len_utf8(),
                    kind,
                    span.style,
                    faces.latin(cx, style),
                    level,
                );
                continue;
            }
            let mut slot = slot_of(style, ch);
            let script = ch.script();
            if slot == Slot::Complex && !matches!(script, Script::Common | Script::Inherited) {
                around = script;
            }
            // Spaces and punctuation that run right to left stay in the face of the letters around them, and what
            // leans on a letter in that letter's.
            if level % 2 == 1 && script == Script::Common && !ch.is_ascii_digit()
                || last_slot == Slot::Complex && matches!(ch, ' ' | '\u{A0}')
            {
                slot = Slot::Complex;
            } else if ch > '\u{2FF}' && script == Script::Inherited {
                slot = last_slot;
            }
            let leans = matches!(ch, '\u{0300}'..='\u{036F}' | '\u{FE00}'..='\u{FE0F}' | '\u{200C}' | '\u{200D}' | '\u{20D0}'..='\u{20FF}'
                | '\u{1F3FB}'..='\u{1F3FF}');
            let (font, remap) = match &pending {
                Some(open) if leans => (open.font.clone(), open.remap.clone()),
                _ => {
                    let emoji = match part
                        .get(offset + ch.len_utf8()..)
                        .and_then(|rest| rest.chars().next())
                    {
                        Some('\u{FE0F}') => true,
                        Some('\u{FE0E}') => false,
                        _ => slides_fonts::is_emoji(ch),
                    };
                    faces.pick(cx, style, slot, (ch, around), emoji)
                }
            };
            last_slot = slot;
            let odd = level % 2 == 1;
            let complex = needs_shaping(ch) || odd;
            let strong = if complex || is_complex_script(ch) {
                Some(ch.script()).filter(|script| {
                    !matches!(script, Script::Common | Script::Inherited | Script::Unknown)
                })
            } else {
                None
            };
            let joins = pending.as_ref().is_some_and(|open| {
                open.font.id == font.id
                    && open.level == level
                    && open.remap.same(&remap)
                    && (at - open.start < MAX_SHAPED || leans)
                    && (open.script.is_none() || strong.is_none() || open.script == strong)
            });
            if !joins {
                shaper.flush(pending.take(), at);
            }
            let open = pending.get_or_insert_with(|| Pending {
                start: at,
                style: span.style,
                font,
                remap,
                level,
                script: None,
                complex: false,
            });
            open.script = open.script.or(strong);
            open.complex |= complex;
        }
        shaper.flush(pending.take(), span.end);
    }
    shaper.out
}

/// How advances become widths.
#[derive(Clone, Copy)]
struct Setting {
    size: f64,
    spacing: f64,
    round: fn(f64) -> f64,
}

struct Shaper<'s, 'a> {
    cache: &'s TextCache,
    styles: &'s [RunStyle<'a>],
    text: &'s str,
    out: Shaped,
}

impl Shaper<'_, '_> {
    fn item(&mut self, style: usize, font: &Rc<Font>) -> u32 {
        if let Some(last) = self.out.items.last()
            && last.style == style as u32
            && last.font.id == font.id
        {
            return self.out.items.len() as u32 - 1;
        }
        self.out.items.push(Item {
            style: style as u32,
            font: font.clone(),
        });
        self.out.items.len() as u32 - 1
    }

    fn mark(
        &mut self,
        start: usize,
        end: usize,
        kind: ClusterKind,
        style: usize,
        font: &Rc<Font>,
        level: u8,
    ) {
        let item = self.item(style, font);
        let glyphs = self.out.glyphs.len() as u32;
        self.out.clusters.push(Cluster {
            start: start as u32,
            end: end as u32,
            item,
            glyphs,
            glyph_count: 0,
            level,
            kind,
            break_before: false,
            width: 0.0,
        });
    }

    fn flush(&mut self, pending: Option<Pending>, end: usize) {
        let Some(run) = pending else { return };
        let (Some(style), Some(text)) = (self.styles.get(run.style), self.text.get(run.start..end))
        else {
            return;
        };
        let round: fn(f64) -> f64 = if style.ideal_advances {
            std::convert::identity
        } else {
            eighth
        };
        let item = self.item(run.style, &run.font);
        let symbol = !run.remap.same(&Remap::None);
        if (run.complex || style.kern) && !symbol {
            self.shaped(
                &run,
                text,
                item,
                Setting {
                    size: style.drawn,
                    spacing: style.spacing,
                    round,
                },
                style.kern,
            );
        } else {
            self.nominal(
                &run,
                text,
                item,
                Setting {
                    size: style.drawn,
                    spacing: style.spacing,
                    round,
                },
            );
        }
    }

    /// Glyphs straight from the character map.
    fn nominal(&mut self, run: &Pending, text: &str, item: u32, setting: Setting) {
        let Setting {
            size,
            spacing,
            round,
        } = setting;
        for (offset, ch) in text.char_indices() {
            let start = run.start + offset;
            let shown = run.remap.apply(ch);
            let (mut id, mut natural) = run.font.data.glyph(shown);
            let glyphs = self.out.glyphs.len() as u32;
            let invisible = matches!(ch, '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}')
                || ch.is_control()
                || id == 0 && is_selector(ch);
            if id == 0 && (is_space(ch) || ch == '\u{A0}') {
                let (space, advance) = run.font.data.glyph(' ');
                id = space;
                natural = match ch {
                    '\u{2000}' | '\u{2002}' => 0.5,
                    '\u{2001}' | '\u{2003}' | '\u{3000}' => 1.0,
                    _ => advance,
                };
            }
            let mut width = 0.0;
            let mut glyph_count = 0;
            if !invisible {
                let own = natural * run.font.selection.scale_x;
                let asked = match &run.remap {
                    Remap::Symbol(font) => {
                        let position = u32::from(ch);
                        let private = if position < 0x100 {
                            char::from_u32(0xF000 + position).unwrap_or(ch)
                        } else {
                            ch
                        };
                        font.selection
                            .advances
                            .and_then(|advances| {
                                advances
                                    .em(private)
                                    .or_else(|| advances.em(ch))
                                    .or_else(|| advances.em(shown))
                            })
                            .unwrap_or(own)
                    }
                    _ => run.font.advance(ch, natural),
                };
                width = round(asked * size);
                self.out.glyphs.push(ShapedGlyph {
                    id,
                    x: (asked - own) * size * room_before(ch),
                    y: 0.0,
                    advance: width,
                });
                glyph_count = 1;
                width = (width + spacing).max(0.0);
            }
            self.out.clusters.push(Cluster {
                start: start as u32,
                end: (start + ch.len_utf8()) as u32,
                item,
                glyphs,
                glyph_count,
                level: run.level,
                kind: if is_space(ch) {
                    ClusterKind::Space
                } else {
                    ClusterKind::Text
                },
                break_before: false,
                width,
            });
        }
    }

    /// Glyphs from the shaper.
    fn shaped(&mut self, run: &Pending, text: &str, item: u32, setting: Setting, kern: bool) {
        let Setting {
            size,
            spacing,
            round,
        } = setting;
        let rtl = run.level % 2 == 1;
        let script = run
            .script
            .and_then(|script| <[u8; 4]>::try_from(script.short_name().as_bytes()).ok())
            .and_then(|tag| harfrust::Script::from_iso15924_tag(harfrust::Tag::new(&tag)))
            .or(Some(harfrust::script::LATIN));
        let mut raw = run
            .font
            .data
            .shape(self.cache, text, rtl, script, kern, run.complex);
        if raw.is_empty() {
            return self.nominal(run, text, item, setting);
        }
        if rtl {
            // Clusters in logical order; glyphs within a cluster stay in the order they are drawn.
            let mut logical = Vec::with_capacity(raw.len());
            let mut end = raw.len();
            while end > 0 {
                let cluster = raw.get(end - 1).map(|glyph| glyph.cluster);
                let start = raw.get(..end).map_or(0, |part| {
                    part.iter()
                        .rposition(|glyph| Some(glyph.cluster) != cluster)
                        .map_or(0, |at| at + 1)
                });
                logical.extend_from_slice(raw.get(start..end).unwrap_or_default());
                end = start;
            }
            raw = logical;
        }
        let selection = &run.font.selection;
        let mut at = 0;
        while let Some(first) = raw.get(at) {
            let count = raw
                .get(at..)
                .map_or(1, |rest| {
                    rest.iter()
                        .take_while(|glyph| glyph.cluster == first.cluster)
                        .count()
                })
                .max(1);
            let next = raw
                .get(at + count)
                .map_or(text.len(), |glyph| glyph.cluster as usize);
            let start = first.cluster as usize;
            let next = next.max(start);
            let part = text.get(start..next).unwrap_or_default();
            let mut chars = part.chars();
            let (ch, single) = (chars.next(), chars.next().is_none());
            let glyphs = self.out.glyphs.len() as u32;
            let mut width = 0.0;
            for glyph in raw.get(at..at + count).unwrap_or_default() {
                let nominal = ch
                    .filter(|_| single && count == 1)
                    .map(|ch| (ch, run.font.data.glyph(ch)));
                let (asked, kerned, own) = match nominal {
                    Some((ch, (id, natural))) if id == glyph.id => (
                        run.font.advance(ch, natural),
                        glyph.advance - natural,
                        natural * selection.scale_x,
                    ),
                    _ => (
                        glyph.advance * selection.scale_x,
                        0.0,
                        glyph.advance * selection.scale_x,
                    ),
                };
                if glyph.id == 0 && ch.is_some_and(is_selector) {
                    continue;
                }
                let advance = round(asked * size) + round(kerned * size);
                let before = ch.map_or(0.5, room_before);
                self.out.glyphs.push(ShapedGlyph {
                    id: glyph.id,
                    x: width + glyph.dx * selection.scale_x * size + (asked - own) * size * before,
                    y: -glyph.dy * size,
                    advance,
                });
                width += advance;
            }
            let kind = if single && ch.is_some_and(is_space) {
                ClusterKind::Space
            } else {
                ClusterKind::Text
            };
            self.out.clusters.push(Cluster {
                start: (run.start + start) as u32,
                end: (run.start + next) as u32,
                item,
                glyphs,
                glyph_count: self.out.glyphs.len() as u32 - glyphs,
                level: run.level,
                kind,
                break_before: false,
                width: (width + spacing).max(0.0),
            });
            at += count;
        }
    }
}
