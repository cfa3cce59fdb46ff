use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use skrifa::MetadataProvider;

use crate::face::FontBytes;
use crate::families::{self, Name};
use crate::packed::Packed;
use crate::rules::FontRules;
use crate::slot::{Slot, Source};
use crate::{
    Advances, Face, FaceId, LineMetrics, ScriptHint, Selection, Style, SymbolMap, advances, bundle,
    published, system,
};

/// Ids of a job's own faces start here.
const FIRST_JOB_ID: u64 = 1 << 16;
/// Ids of a deck's own faces start here.
const FIRST_EMBEDDED_ID: u64 = 1 << 24;
/// Fonts taken from a deck.
const MAX_EMBEDDED: usize = 64;
/// Answers kept; decks name a handful of families, a hostile one thousands.
const MAX_CACHED: usize = 2048;
/// Faces taken from one font file of a job.
const MAX_FACES_PER_FILE: u32 = 256;

/// The faces a conversion may draw with: the bundled ones, a job's own and, where allowed, the machine's.
///
/// Immutable once built and shared between threads; what it reads of a face is kept. Nothing is parsed before it
/// is asked for, so building one costs next to nothing.
pub struct FontBook {
    bundled: Vec<Vec<Slot>>,
    job: Vec<Slot>,
    embedded: Vec<Slot>,
    use_system: bool,
    system: OnceLock<Vec<Slot>>,
    default_family: Option<String>,
    rules: FontRules,
    selections: RwLock<HashMap<(Box<str>, Style), Selection>>,
}

impl fmt::Debug for FontBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FontBook")
            .field("bundled", &self.bundled.len())
            .field("job", &self.job.len())
            .field("use_system", &self.use_system)
            .finish_non_exhaustive()
    }
}

/// Settings of a [`FontBook`].
#[derive(Debug)]
#[must_use]
pub struct FontBookBuilder {
    bundled: bool,
    system: bool,
    fonts: Vec<JobFont>,
    embedded: Vec<Slot>,
    default_family: Option<String>,
    rules: FontRules,
}

struct JobFont(Vec<u8>);

impl fmt::Debug for JobFont {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobFont({} bytes)", self.0.len())
    }
}

impl FontBookBuilder {
    /// Whether the faces compiled in are used; yes unless told otherwise.
    pub fn bundled(mut self, yes: bool) -> Self {
        self.bundled = yes;
        self
    }

    /// Whether the machine's faces may be used, for families that no bundled face stands in for with the same
    /// widths and for characters that no bundled face has. Output then depends on the machine. No unless told otherwise.
    pub fn system_fallback(mut self, yes: bool) -> Self {
        self.system = yes;
        self
    }

    /// Adds a font file of the job; its faces win over all others. Bytes that are no font are ignored.
    pub fn font_bytes(mut self, bytes: Vec<u8>) -> Self {
        self.fonts.push(JobFont(bytes));
        self
    }

    /// Adds a font that the deck carries (`p:embeddedFont`): the bytes of its part, Embedded OpenType as Office and
    /// Google Slides write it, or a plain font file. It draws the named family before any substitution, and no
    /// other text. Nothing is unpacked before the family is asked for; a part that cannot be read is passed over.
    /// The first 64 are taken.
    pub fn embedded(mut self, family: &str, style: Style, part: Arc<[u8]>) -> Self {
        if self.embedded.len() < MAX_EMBEDDED {
            let id = FaceId(FIRST_EMBEDDED_ID + self.embedded.len() as u64);
            let names = vec![families::parse_name(family).full];
            let weight = if style.bold { 700 } else { 400 };
            let source = Source::Embedded(part);
            let slot = Slot::new(id, family.to_owned(), names, style, weight, 0, source);
            self.embedded.push(slot);
        }
        self
    }

    /// Family to draw unknown families with.
    pub fn default_family(mut self, family: impl Into<String>) -> Self {
        self.default_family = Some(family.into());
        self
    }

    /// Families in place of others, and for ranges of characters.
    pub fn rules(mut self, rules: FontRules) -> Self {
        self.rules = rules;
        self
    }

    /// The font book.
    pub fn build(self) -> FontBook {
        let mut next_id = 0;
        let bundled = if self.bundled { bundle::FAMILIES } else { &[] };
        let packed = Packed::all(bundled);
        let bundled = bundled
            .iter()
            .map(|faces| {
                faces
                    .iter()
                    .map(|face| {
                        let id = FaceId(next_id);
                        next_id += 1;
                        let style = Style {
                            bold: face.bold,
                            italic: face.italic,
                        };
                        let weight = if face.bold { 700 } else { 400 };
                        Slot::new(
                            id,
                            face.family.to_owned(),
                            vec![face.family.to_lowercase()],
                            style,
                            weight,
                            0,
                            Source::Packed(packed[face.path].clone()),
                        )
                    })
                    .collect()
            })
            .collect();
        let mut job = Vec::new();
        for JobFont(bytes) in self.fonts {
            let shared: FontBytes = Arc::new(bytes);
            read_job_font(&shared, &mut job);
        }
        FontBook {
            bundled,
            job,
            embedded: self.embedded,
            use_system: self.system,
            system: OnceLock::new(),
            default_family: self.default_family,
            rules: self.rules,
            selections: RwLock::default(),
        }
    }
}

fn read_job_font(shared: &FontBytes, job: &mut Vec<Slot>) {
    for index in 0..MAX_FACES_PER_FILE {
        let Ok(font) = skrifa::FontRef::from_index((**shared).as_ref(), index) else {
            break;
        };
        let attributes = font.attributes();
        let mut names: Vec<String> = Vec::new();
        for id in [
            skrifa::string::StringId::FAMILY_NAME,
            skrifa::string::StringId::TYPOGRAPHIC_FAMILY_NAME,
            skrifa::string::StringId::FULL_NAME,
        ] {
            for name in font.localized_strings(id).take(64) {
                let name = name.to_string().to_lowercase();
                if !name.is_empty() && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let family = font
            .localized_strings(skrifa::string::StringId::FAMILY_NAME)
            .english_or_first()
            .map(|name| name.to_string())
            .unwrap_or_default();
        let weight = attributes.weight.value();
        let style = Style {
            bold: weight >= 600.0,
            italic: !matches!(attributes.style, skrifa::attribute::Style::Normal),
        };
        let id = FaceId(FIRST_JOB_ID + job.len() as u64);
        job.push(Slot::new(
            id,
            family,
            names,
            style,
            weight as u16,
            index,
            Source::Shared(shared.clone()),
        ));
    }
}

impl FontBook {
    /// The bundled faces only: the same answers on every machine.
    pub fn bundled() -> Self {
        Self::builder().build()
    }

    /// Settings to change.
    pub fn builder() -> FontBookBuilder {
        FontBookBuilder {
            bundled: true,
            system: false,
            fonts: Vec::new(),
            embedded: Vec::new(),
            default_family: None,
            rules: FontRules::default(),
        }
    }

    /// Names of the families there are, each once, and whether a job brought it; by name.
    pub fn families(&self) -> Vec<(String, bool)> {
        let own = self.job.iter().map(|slot| (&slot.family, true));
        let others = self.bundled.iter().flatten().chain(self.system());
        let mut found: Vec<(String, bool)> = own
            .chain(others.map(|slot| (&slot.family, false)))
            .filter(|(family, _)| !family.is_empty())
            .map(|(family, is_own)| (family.clone(), is_own))
            .collect();
        found.sort_by_key(|(family, is_own)| (family.to_lowercase(), !is_own));
        found.dedup_by(|a, b| a.0.eq_ignore_ascii_case(&b.0));
        found
    }

    /// The face for a family and style. Never fails: an unknown family is drawn with another one and the
    /// selection says so.
    pub fn select(&self, family: &str, style: Style) -> Selection {
        let key = (Box::from(family), style);
        if let Some(known) = self
            .selections
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return known.clone();
        }
        let instead = self.rules.instead_of(family, || self.is_installed(family));
        let selection = match instead {
            // It was asked for, so nobody has to be told.
            Some(target) => Selection {
                substituted: false,
                ..self.resolve(target, style)
            },
            None => self.resolve(family, style),
        };
        let mut cache = self
            .selections
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if cache.len() < MAX_CACHED {
            cache.insert(key, selection.clone());
        }
        selection
    }

    /// What was selected so far, in no order.
    pub fn asked(&self) -> Vec<Selection> {
        let selections = self
            .selections
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        selections
            .iter()
            .map(|((family, _), selection)| Selection {
                requested: Arc::from(&**family),
                ..selection.clone()
            })
            .collect()
    }

    /// Whether a face of that very name is there.
    fn is_installed(&self, family: &str) -> bool {
        let name = families::parse_name(family).full;
        let there = |slots: &[Slot]| slots.iter().any(|slot| slot.names.contains(&name));
        there(&self.job)
            || there(&self.embedded)
            || self.bundled_family(&name, Style::default()).is_some()
            || there(self.system())
    }

    /// Whether nothing is known of a family but what a deck says of it: no face of that name is there, none stands in
    /// for it by table, and no default family was set.
    pub fn is_unfamiliar(&self, family: &str) -> bool {
        let name = families::parse_name(family);
        let there = |slots: &[Slot], own: &str| {
            slots
                .iter()
                .any(|slot| slot.names.iter().any(|known| known == own))
        };
        self.default_family.is_none()
            && [&name.full, &name.base].into_iter().all(|own| {
                families::stand_in(own, false).is_none()
                    && !there(&self.job, own)
                    && !there(&self.embedded, own)
                    && self.bundled_family(own, Style::default()).is_none()
                    && !there(self.system(), own)
            })
    }

    /// Whether nothing at all is known of a family, not even its width, and its name speaks of no weight or slant.
    pub fn is_unheard_of(&self, family: &str) -> bool {
        let name = families::parse_name(family);
        name.full == name.base
            && published::find(&name.full).is_none()
            && self.is_unfamiliar(family)
    }

    /// A face that has the character, for text whose own face has not; `None` when no face has it. `prefer` is a
    /// family to try first, such as the theme's East Asian one.
    pub fn fallback(
        &self,
        ch: char,
        style: Style,
        lang_hint: ScriptHint,
        prefer: Option<&str>,
    ) -> Option<Selection> {
        for family in self.rules.families_for(ch) {
            let selection = self.select(family, style);
            if self.covers(&selection.face, ch) {
                return Some(selection);
            }
        }
        let preferred = prefer
            .filter(|family| !family.is_empty())
            .map(|family| self.select(family, style));
        if let Some(selection) = &preferred
            && self.covers(&selection.face, ch)
        {
            return Some(selection.clone());
        }
        let script = Script::of(ch);
        let slot = nearest(self.job.iter().filter(|slot| slot.covers(ch)), style)
            .or_else(|| self.bundled_with(ch, style, script, lang_hint, prefer))
            .or_else(|| system::find(self.system(), ch, style, lang_hint))?;
        let face = slot.face()?.clone();
        let office = script.office_family(lang_hint, prefer);
        let mut selection = self.selection(slot.family.as_str(), office, face, style);
        selection.substituted = false;
        selection.exact_metrics = selection.advances.is_some();
        if script == Script::Arabic && selection.scale_x == 1.0 {
            // Office's own faces set Arabic letters closer (medians over whole decks).
            selection.scale_x = match slot.family.as_str() {
                "Noto Naskh Arabic" => 0.87,
                "Noto Sans Arabic" => 0.92,
                _ => 1.0,
            };
        }
        Some(selection)
    }

    /// Whether a face has a glyph for the character.
    pub fn covers(&self, face: &Face, ch: char) -> bool {
        match self.slot(face.id()) {
            Some(slot) => slot.covers(ch),
            None => face
                .font_ref()
                .and_then(|font| font.charmap().map(ch))
                .is_some_and(|glyph| glyph.to_u32() != 0),
        }
    }

    fn slot(&self, id: FaceId) -> Option<&Slot> {
        let system = self.system.get().map_or(&[][..], Vec::as_slice);
        self.bundled
            .iter()
            .flatten()
            .chain(&self.job)
            .chain(&self.embedded)
            .chain(system)
            .find(|slot| slot.id == id)
    }

    fn system(&self) -> &[Slot] {
        if self.use_system {
            self.system.get_or_init(system::scan)
        } else {
            &[]
        }
    }

    fn bundled_family(&self, family: &str, style: Style) -> Option<&Slot> {
        let slots = self.bundled.iter().find(|slots| {
            slots
                .iter()
                .any(|slot| slot.family.eq_ignore_ascii_case(family))
        })?;
        nearest(slots.iter(), style)
    }

    fn bundled_with(
        &self,
        ch: char,
        style: Style,
        script: Script,
        hint: ScriptHint,
        prefer: Option<&str>,
    ) -> Option<&Slot> {
        let first = script.bundled_order(hint, prefer);
        let by_name = first.iter().filter_map(|family| {
            self.bundled
                .iter()
                .find(|slots| slots.iter().any(|slot| slot.family == *family))
        });
        by_name
            .chain(&self.bundled)
            .find_map(|slots| nearest(slots.iter().filter(|slot| slot.covers(ch)), style))
    }

    fn resolve(&self, family: &str, style: Style) -> Selection {
        let name = families::parse_name(family);
        let wanted = Style {
            bold: style.bold || name.bold,
            italic: style.italic || name.italic,
        };
        let mut tries = vec![(name.full.as_str(), style, 1.0)];
        if name.base != name.full {
            tries.push((name.base.as_str(), wanted, name.scale_x));
        }
        let installed = |slots: &'_ [Slot], own: &str, style: Style| -> Option<Face> {
            nearest(
                slots
                    .iter()
                    .filter(|slot| slot.names.iter().any(|known| known == own)),
                style,
            )
            .and_then(Slot::face)
            .cloned()
        };
        for &(own, style, scale_x) in &tries {
            if let Some(face) = installed(&self.job, own, style)
                .or_else(|| installed(&self.embedded, own, style))
                .or_else(|| {
                    self.bundled_family(own, style)
                        .and_then(Slot::face)
                        .cloned()
                })
            {
                return Selection {
                    scale_x,
                    ..self.own(family, face, style)
                };
            }
            let stand_in = families::stand_in(own, style.bold);
            if !stand_in.is_some_and(|stand_in| stand_in.twin)
                && let Some(face) = installed(self.system(), own, style)
            {
                return Selection {
                    scale_x,
                    ..self.own(family, face, style)
                };
            }
            if let Some(stand_in) = stand_in
                && let Some(face) = self
                    .bundled_family(stand_in.family, style)
                    .and_then(Slot::face)
            {
                let mut selection = self.selection(family, own, face.clone(), style);
                if stand_in.twin {
                    selection.exact_metrics = true;
                    // Its own widths are the asked-for face's, and no table is as exact.
                    selection.advances = None;
                }
                let known = published::find(own).filter(|_| !stand_in.twin);
                let ratio = known.and_then(|known| known.ratio(stand_in.family, style.bold));
                if let Some(known) = known
                    && families::metrics(own).is_none()
                    && ratio.is_some()
                {
                    (selection.line.ascent, selection.line.descent) = (known.ascent, known.descent);
                }
                if selection.advances.is_none() || !is_latin_stand_in(stand_in.family) {
                    selection.scale_x = ratio.unwrap_or(stand_in.scale_x) * scale_x;
                    if let Some(advances) = selection.advances {
                        selection.scale_x *= syllable_ratio(&selection.face, advances);
                    }
                }
                return selection;
            }
        }
        self.unknown(family, &name, wanted)
    }

    /// A family that nothing is known of.
    fn unknown(&self, family: &str, name: &Name, style: Style) -> Selection {
        let default = self
            .default_family
            .as_deref()
            .filter(|default| !default.eq_ignore_ascii_case(family));
        let known = published::find(&name.full)
            .map(|known| (known, 1.0))
            .or_else(|| published::find(&name.base).map(|known| (known, name.scale_x)));
        let stand_in = known.map_or_else(
            || families::guess(&name.full),
            |(known, _)| known.stand_in(),
        );
        let other = match default {
            Some(default) => Some(self.select(default, style)),
            None => self
                .bundled_family(stand_in, style)
                .and_then(Slot::face)
                .map(|face| self.selection(family, "", face.clone(), style)),
        };
        let last_resort = || {
            let slot = nearest(self.bundled.iter().flatten(), style)
                .or_else(|| nearest(self.job.iter(), style))
                .or_else(|| nearest(self.system().iter(), style));
            // A book without any face still answers; such a face has no glyphs.
            let face = slot.and_then(Slot::face).cloned().unwrap_or_else(|| {
                Face::new(FaceId(u64::MAX), "", false, false, Arc::new(Vec::new()), 0)
            });
            self.selection(family, "", face, style)
        };
        let mut selection = other.unwrap_or_else(last_resort);
        selection.requested = Arc::from(family);
        selection.substituted = true;
        selection.exact_metrics = false;
        selection.scale_x *= name.scale_x;
        if let Some((known, scale_x)) = known
            && let Some(ratio) = known.ratio(selection.face.family(), style.bold)
        {
            selection.scale_x = ratio * scale_x;
            (selection.line.ascent, selection.line.descent) = (known.ascent, known.descent);
        }
        if let Some(line) = known_line(&name.base, style) {
            selection.line = LineMetrics {
                ascent: line.0,
                descent: line.1,
                ..selection.line
            };
        }
        selection
    }

    /// A face of the very family that was asked for.
    fn own(&self, requested: &str, face: Face, style: Style) -> Selection {
        let mut selection = self.selection(requested, "", face, style);
        selection.substituted = false;
        selection.exact_metrics = true;
        selection
    }

    /// A face standing in for a family in lower case, whose metrics are used where known.
    #[expect(clippy::unused_self, reason = "reads as one of the book's steps")]
    fn selection(&self, requested: &str, own: &str, face: Face, style: Style) -> Selection {
        let mut line = LineMetrics::of_face(&face);
        if let Some(known) = families::metrics(own) {
            line.ascent = known.ascent;
            line.descent = known.descent;
            if let Some((position, regular, bold)) = known.underline {
                line.underline_position = position;
                line.underline_thickness = if style.bold { bold } else { regular };
            }
        }
        let advances = advances::find(own, style.bold, style.italic);
        let synthetic_bold = style.bold && !face.is_bold();
        let synthetic_italic = style.italic && !face.is_italic();
        let scale_x = advances.map_or(1.0, |advances| width_ratio(&face, advances));
        Selection {
            requested: Arc::from(requested),
            substituted: true,
            exact_metrics: advances.is_some(),
            synthetic_bold,
            synthetic_italic,
            scale_x,
            line,
            advances,
            symbol: SymbolMap::for_family(own),
            face,
        }
    }
}

fn known_line(family: &str, _style: Style) -> Option<(f64, f64)> {
    families::metrics(family).map(|known| (known.ascent, known.descent))
}

/// Faces of the big scripts keep their shapes: only Latin stand-ins are scaled to the asked-for widths.
fn is_latin_stand_in(family: &str) -> bool {
    !family.starts_with("Noto ") && !family.starts_with("STIX ")
}

fn nearest<'a>(slots: impl Iterator<Item = &'a Slot>, style: Style) -> Option<&'a Slot> {
    slots.min_by_key(|slot| slot.distance(style))
}

/// How much wider the asked-for face's letters are than the stand-in's.
fn width_ratio(face: &Face, advances: &Advances) -> f64 {
    let Some(font) = face.font_ref() else {
        return 1.0;
    };
    let metrics = font.glyph_metrics(
        skrifa::instance::Size::new(1.0),
        skrifa::instance::LocationRef::default(),
    );
    let charmap = font.charmap();
    let (mut asked, mut own, mut letters) = (0.0, 0.0, 0);
    for (ch, width) in advances.iter().filter(|(ch, _)| ch.is_ascii_alphabetic()) {
        if let Some(advance) = charmap
            .map(ch)
            .and_then(|glyph| metrics.advance_width(glyph))
        {
            // Lower case letters make up most of a text.
            let weight = if ch.is_ascii_lowercase() { 5.0 } else { 1.0 };
            asked += width * weight;
            own += f64::from(advance) * weight;
            letters += 1;
        }
    }
    if letters < 10 || own <= 0.0 {
        1.0
    } else {
        (asked / own).clamp(0.75, 1.3)
    }
}

/// How much wider the asked-for face's Hangul syllables are than the stand-in's; all have one width.
fn syllable_ratio(face: &Face, advances: &Advances) -> f64 {
    let asked = advances
        .iter()
        .find(|(ch, _)| ('\u{AC00}'..='\u{D7A3}').contains(ch));
    let own = asked.zip(face.font_ref()).and_then(|((ch, _), font)| {
        let metrics = font.glyph_metrics(
            skrifa::instance::Size::new(1.0),
            skrifa::instance::LocationRef::default(),
        );
        metrics.advance_width(font.charmap().map(ch)?)
    });
    match (asked, own) {
        (Some((_, asked)), Some(own)) if own > 0.1 => (asked / f64::from(own)).clamp(0.85, 1.15),
        _ => 1.0,
    }
}

/// What a character needs of a fallback face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Kana,
    Han,
    Hangul,
    Hebrew,
    Arabic,
    Devanagari,
    Thai,
    Symbol,
    Math,
    Other,
}

impl Script {
    fn of(ch: char) -> Self {
        match u32::from(ch) {
            0x3040..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9F => Self::Kana,
            0x1100..=0x11FF | 0x3130..=0x318F | 0xA960..=0xA97F | 0xAC00..=0xD7FF => Self::Hangul,
            0x2E80..=0x303F
            | 0x3100..=0x312F
            | 0x31A0..=0x31EF
            | 0x3200..=0x4DBF
            | 0x4E00..=0x9FFF
            | 0xF900..=0xFAFF
            | 0xFE30..=0xFE4F
            | 0xFF00..=0xFF65
            | 0xFFA0..=0xFFEF
            | 0x20000..=0x3FFFF => Self::Han,
            0x0590..=0x05FF | 0xFB1D..=0xFB4F => Self::Hebrew,
            0x0600..=0x06FF
            | 0x0750..=0x077F
            | 0x08A0..=0x08FF
            | 0xFB50..=0xFDFF
            | 0xFE70..=0xFEFF => Self::Arabic,
            0x0900..=0x097F => Self::Devanagari,
            0x0E00..=0x0E7F => Self::Thai,
            0x2200..=0x22FF | 0x27C0..=0x27EF | 0x2980..=0x2AFF | 0x1D400..=0x1D7FF => Self::Math,
            0x2100..=0x21FF
            | 0x2300..=0x27BF
            | 0x2900..=0x297F
            | 0x2B00..=0x2BFF
            | 0x1F000..=0x1FAFF => Self::Symbol,
            _ => Self::Other,
        }
    }

    /// Bundled families to try first.
    fn bundled_order(self, hint: ScriptHint, prefer: Option<&str>) -> &'static [&'static str] {
        const JAPANESE: &[&str] = &[
            "Noto Sans CJK JP",
            "Noto Sans CJK SC",
            "Noto Sans CJK TC",
            "Noto Sans CJK KR",
        ];
        const KOREAN: &[&str] = &[
            "Noto Sans CJK KR",
            "Noto Sans CJK JP",
            "Noto Sans CJK TC",
            "Noto Sans CJK SC",
        ];
        const SIMPLIFIED: &[&str] = &[
            "Noto Sans CJK SC",
            "Noto Sans CJK TC",
            "Noto Sans CJK JP",
            "Noto Sans CJK KR",
        ];
        const TRADITIONAL: &[&str] = &[
            "Noto Sans CJK TC",
            "Noto Sans CJK SC",
            "Noto Sans CJK JP",
            "Noto Sans CJK KR",
        ];
        match self {
            Self::Kana => JAPANESE,
            Self::Hangul => KOREAN,
            Self::Han => match hint {
                // Without a language the face with the most characters keeps a sentence in one style.
                ScriptHint::None | ScriptHint::SimplifiedChinese => SIMPLIFIED,
                ScriptHint::Japanese => JAPANESE,
                ScriptHint::Korean => KOREAN,
                ScriptHint::TraditionalChinese => TRADITIONAL,
            },
            Self::Arabic if prefer.is_some_and(has_book_arabic) => {
                &["Noto Naskh Arabic", "Noto Sans Arabic"]
            }
            Self::Arabic => &["Noto Sans Arabic", "Noto Naskh Arabic"],
            Self::Math => &["Liberation Sans", "Noto Sans Math"],
            _ => &[],
        }
    }

    /// Family (in lower case) that Office itself falls back to, for its line metrics and widths.
    fn office_family(self, hint: ScriptHint, prefer: Option<&str>) -> &'static str {
        match self {
            Self::Kana => "ms pgothic",
            Self::Han => match hint {
                ScriptHint::None | ScriptHint::Japanese => "ms pgothic",
                ScriptHint::Korean => "malgun gothic",
                ScriptHint::SimplifiedChinese | ScriptHint::TraditionalChinese => "",
            },
            Self::Hangul => "malgun gothic",
            Self::Hebrew | Self::Arabic => match prefer
                .map(|family| families::parse_name(family).base)
                .as_deref()
            {
                Some("times new roman") => "times new roman",
                Some("courier new") => "courier new",
                Some("tahoma") => "tahoma",
                Some("segoe ui") => "segoe ui",
                _ => "arial",
            },
            Self::Devanagari => "mangal",
            Self::Thai => "tahoma",
            Self::Symbol | Self::Math => "segoe ui symbol",
            Self::Other => "",
        }
    }
}

/// Families whose own Arabic letters are drawn in the style of books.
fn has_book_arabic(family: &str) -> bool {
    let base = families::parse_name(family).base;
    matches!(
        base.as_str(),
        "arial"
            | "times new roman"
            | "courier new"
            | "simplified arabic"
            | "traditional arabic"
            | "sakkal majalla"
            | "arabic typesetting"
    ) || base.starts_with("b ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGULAR: Style = Style {
        bold: false,
        italic: false,
    };
    const BOLD: Style = Style {
        bold: true,
        italic: false,
    };

    #[test]
    fn office_families_get_their_twins() {
        let book = FontBook::bundled();
        for (asked, drawn) in [
            ("Calibri", "Carlito"),
            ("Cambria", "Caladea"),
            ("Arial", "Liberation Sans"),
            ("Times New Roman", "Liberation Serif"),
            ("Courier New", "Liberation Mono"),
            ("Georgia", "Gelasio"),
            ("Segoe UI", "Selawik"),
            ("Century Gothic", "TeX Gyre Adventor"),
            ("Bookman Old Style", "TeX Gyre Bonum"),
            ("Book Antiqua", "TeX Gyre Pagella"),
            ("Century Schoolbook", "TeX Gyre Schola"),
        ] {
            let selection = book.select(asked, BOLD);
            assert_eq!(selection.face.family(), drawn, "{asked}");
            assert!(
                selection.face.is_bold()
                    && !selection.synthetic_bold
                    && selection.substituted
                    && selection.exact_metrics,
                "{asked}: {selection:?}"
            );
        }
        let calibri = book.select("Calibri (Body)", REGULAR).line;
        assert!((calibri.ascent / (calibri.ascent + calibri.descent) - 0.78).abs() < 1e-9);
        assert_eq!(book.select("Arial Narrow", REGULAR).scale_x, 0.82);
    }

    #[test]
    fn unknown_families_are_drawn_and_reported() {
        let book = FontBook::bundled();
        let selection = book.select("Fabulous Serif Display", REGULAR);
        assert_eq!(
            (
                selection.face.family(),
                selection.substituted,
                selection.exact_metrics
            ),
            ("Liberation Serif", true, false)
        );
        let book = FontBook::builder().default_family("Cambria").build();
        assert_eq!(book.select("Fabulous", REGULAR).face.family(), "Caladea");
        assert!(
            book.select("Carlito", REGULAR).face.family() == "Carlito"
                && !book.select("Carlito", REGULAR).substituted
        );
    }

    #[test]
    fn only_families_without_any_face_are_unfamiliar() {
        let book = FontBook::bundled();
        assert!(book.is_unfamiliar("Fabulous") && book.is_unfamiliar("Exo 2"));
        assert!(book.is_unheard_of("Fabulous"));
        assert!(!book.is_unheard_of("Exo 2") && !book.is_unheard_of("Fabulous Bold"));
        for family in ["Calibri", "Montserrat", "Segoe UI Semibold", "Carlito"] {
            assert!(!book.is_unfamiliar(family), "{family}");
        }
        let book = FontBook::builder().default_family("Cambria").build();
        assert!(!book.is_unfamiliar("Fabulous"));
    }

    #[test]
    fn known_widths_of_other_faces_are_carried() {
        let book = FontBook::bundled();
        let verdana = book.select("Verdana", REGULAR);
        assert!(verdana.exact_metrics && verdana.advances.is_some());
        assert!(
            (0.95..1.05).contains(&verdana.scale_x),
            "Verdana is as wide as its look-alike, scale {}",
            verdana.scale_x
        );
        assert!((verdana.line.ascent - 2059.0 / 2048.0).abs() < 1e-9);
    }

    #[test]
    fn stand_ins_are_drawn_as_wide_as_the_face_asked_for() {
        let book = FontBook::bundled();
        let wide = book.select("Inter", REGULAR);
        assert_eq!(wide.face.family(), "Liberation Sans");
        assert!((1.02..1.2).contains(&wide.scale_x), "{wide:?}");
        assert!((wide.line.ascent - 0.969).abs() < 0.001, "{wide:?}");
        let narrow = book.select("Archivo Narrow", BOLD);
        assert!(narrow.scale_x < 0.9 && narrow.substituted, "{narrow:?}");
        let serif = book.select("Lora", REGULAR);
        assert_eq!(serif.face.family(), "Liberation Serif");
        assert_eq!(book.select("Arial", REGULAR).scale_x, 1.0);
    }

    #[test]
    fn weights_in_the_name_count() {
        let book = FontBook::bundled();
        assert!(book.select("Segoe UI Semibold", REGULAR).face.is_bold());
        // A face that is black as it is gets no bold made on top.
        let black = book.select("Arial Black", REGULAR);
        assert!(black.face.family() == "Archivo Black" && !black.synthetic_bold);
        let light = book.select("Calibri Light", REGULAR);
        assert!(light.face.family() == "Humanist Light" && !light.synthetic_bold);
        let bold = book.select("Calibri Light", BOLD);
        assert!(bold.face.family() == "Carlito" && bold.face.is_bold());
    }

    #[test]
    fn faces_that_decks_name_most_are_there_themselves() {
        let book = FontBook::bundled();
        for family in ["Open Sans", "Roboto", "Lato", "Montserrat", "Poppins"] {
            let selection = book.select(family, BOLD);
            assert!(
                !selection.substituted && selection.face.is_bold(),
                "{selection:?}"
            );
        }
        // Their own weights, else the nearest.
        let light = book.select("Open Sans Light", REGULAR);
        assert!(light.face.family() == "Open Sans Light" && !light.substituted);
        assert_eq!(
            book.select("Oswald ExtraLight", REGULAR).face.family(),
            "Oswald"
        );
    }

    #[test]
    fn rules_put_families_in_place_of_others() {
        let rules = FontRules::default()
            .substitute("calibri", "Courier New", true)
            .substitute("Carlito", "Courier New", true)
            .substitute("Arial", "Times New Roman", false)
            .fall_back(
                0x0600,
                0x06FF,
                vec!["Arial".into(), "Noto Naskh Arabic".into()],
            );
        let book = FontBook::builder().rules(rules).build();
        let drawn = |family: &str| book.select(family, REGULAR).face.family().to_owned();
        assert_eq!(drawn("Calibri"), "Liberation Mono");
        // A face of that very name is there.
        assert_eq!(drawn("Carlito"), "Carlito");
        assert_eq!(drawn("Arial"), "Liberation Serif");
        assert_eq!(drawn("Georgia"), "Gelasio");
        let arabic = book.fallback('ع', REGULAR, ScriptHint::None, None).unwrap();
        assert_eq!(arabic.face.family(), "Noto Naskh Arabic");
    }

    #[test]
    fn missing_slants_are_made() {
        let book = FontBook::bundled();
        let selection = book.select(
            "David",
            Style {
                bold: false,
                italic: true,
            },
        );
        assert!(selection.synthetic_italic && !selection.synthetic_bold);
    }

    #[test]
    fn fallback_finds_scripts_and_symbols() {
        let book = FontBook::bundled();
        for (ch, family) in [
            ('ש', "Liberation Sans"),
            ('ع', "Noto Sans Arabic"),
            ('ไ', "Noto Sans Thai"),
            ('क', "Noto Sans Devanagari"),
            ('✔', "Noto Sans Symbols2"),
            ('∰', "Noto Sans Math"),
        ] {
            let selection = book.fallback(ch, REGULAR, ScriptHint::None, None).unwrap();
            assert_eq!(selection.face.family(), family, "{ch}");
            assert!(book.covers(&selection.face, ch));
        }
        assert_eq!(
            book.fallback('ع', REGULAR, ScriptHint::None, Some("Arial"))
                .unwrap()
                .face
                .family(),
            "Noto Naskh Arabic"
        );
        assert!(
            book.fallback('\u{10FFFD}', REGULAR, ScriptHint::None, None)
                .is_none()
        );
    }

    #[cfg(feature = "cjk")]
    #[test]
    fn east_asian_text_follows_its_language() {
        let book = FontBook::bundled();
        let family = |ch, hint| {
            book.fallback(ch, REGULAR, hint, None)
                .unwrap()
                .face
                .family()
                .to_owned()
        };
        assert_eq!(family('か', ScriptHint::None), "Noto Sans CJK JP");
        assert_eq!(family('한', ScriptHint::None), "Noto Sans CJK KR");
        assert_eq!(family('骨', ScriptHint::Japanese), "Noto Sans CJK JP");
        assert_eq!(
            family('骨', ScriptHint::SimplifiedChinese),
            "Noto Sans CJK SC"
        );
        assert_eq!(
            family('骨', ScriptHint::TraditionalChinese),
            "Noto Sans CJK TC"
        );
        let meiryo = book.select("Meiryo", BOLD);
        assert!(
            meiryo.face.is_bold()
                && meiryo.face.family() == "Noto Sans CJK JP"
                && meiryo.advances.is_some()
                && meiryo.scale_x == 1.0
        );
    }

    #[test]
    fn a_jobs_own_faces_win() {
        let bundled = FontBook::bundled().select("Caladea", REGULAR).face;
        let bytes = bundled.data().to_vec();
        let book = FontBook::builder()
            .bundled(false)
            .font_bytes(bytes)
            .font_bytes(b"no font".to_vec())
            .build();
        let selection = book.select("Caladea", REGULAR);
        assert!(!selection.substituted && selection.face.id().0 >= FIRST_JOB_ID);
        assert!(book.select("Anything", REGULAR).substituted);
    }

    #[test]
    fn a_decks_own_fonts_draw_their_family_only() {
        let part: Arc<[u8]> = include_bytes!("../testdata/orbitron.fntdata")[..].into();
        let book = FontBook::builder()
            .embedded("Orbitron", REGULAR, part)
            .embedded("Damaged", REGULAR, Arc::from(&b"no font"[..]))
            .build();
        let selection = book.select("Orbitron", BOLD);
        assert!(!selection.substituted && selection.synthetic_bold);
        assert_eq!(selection.face.family(), "Orbitron");
        assert!(book.covers(&selection.face, 'A'));
        assert!(book.select("Damaged", REGULAR).substituted);
        assert_eq!(
            book.select("Arial", REGULAR).face.family(),
            "Liberation Sans"
        );
    }

    #[test]
    fn a_book_without_faces_still_answers() {
        let book = FontBook::builder().bundled(false).build();
        let selection = book.select("Arial", REGULAR);
        assert!(selection.face.font_ref().is_none());
        assert!(
            !book.covers(&selection.face, 'a')
                && book
                    .fallback('a', REGULAR, ScriptHint::None, Some("Arial"))
                    .is_none()
        );
    }

    #[test]
    fn hostile_names_do_no_harm() {
        let book = FontBook::bundled();
        for at in 0..3000 {
            book.select(&format!("family {at}"), REGULAR);
        }
        assert!(book.selections.read().unwrap().len() <= MAX_CACHED);
        book.select(&"x ".repeat(1 << 16), REGULAR);
    }
}
