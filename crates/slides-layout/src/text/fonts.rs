//! Faces as text uses them: one object per family and style, with glyphs and shaping data kept.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use harfrust::{
    Direction, Feature, FontRef, ShapeOptions, ShapePlan, ShaperData, Tag, UnicodeBuffer,
};
use skrifa::MetadataProvider;
use skrifa::instance::{LocationRef, Size};
use slides_fonts::{Face, FaceId, FontBook, ScriptHint, Selection, Style};

use crate::context::SlideContext;

/// Characters whose glyphs are kept per face; a page of a hostile deck may name every character there is.
const MAX_GLYPHS: usize = 40_000;
/// Fallback answers kept.
const MAX_FALLBACKS: usize = 20_000;
/// Families kept.
const MAX_FAMILIES: usize = 2_048;

/// A character, the language's Han style and the face that lacks it.
type FallbackKey = (char, ScriptHint, u32);
/// A face, style bits, table of advances and metrics that make one object.
type FontKey = (FaceId, u8, usize, u64);

/// Faces and shaping data in use. Not shared between threads.
#[derive(Default)]
pub(crate) struct TextCache {
    families: [RefCell<HashMap<String, Rc<Font>>>; 4],
    fallbacks: RefCell<HashMap<FallbackKey, Option<Rc<Font>>>>,
    distinct: RefCell<HashMap<FontKey, Rc<Font>>>,
    faces: RefCell<HashMap<FaceId, Rc<FaceData>>>,
    next: Cell<u32>,
    buffer: RefCell<Option<UnicodeBuffer>>,
}

impl std::fmt::Debug for TextCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextCache")
            .field("faces", &self.faces.borrow().len())
            .finish_non_exhaustive()
    }
}

/// A family in a style, as it will be drawn.
pub(super) struct Font {
    pub id: u32,
    pub style: Style,
    pub selection: Selection,
    pub data: Rc<FaceData>,
    /// Share of the line above the baseline, `ascent / (ascent + descent)`.
    pub ascent: f64,
    /// The face's own line height in em, with its leading.
    pub line_height: f64,
}

/// What is kept of a face.
pub(super) struct FaceData {
    face: Face,
    units_per_em: f64,
    /// External leading in em: what the line gap adds to the Windows pair.
    leading: f64,
    ascii: OnceCell<Box<[(u32, f64); 128]>>,
    glyphs: RefCell<HashMap<char, (u32, f64)>>,
    shaper: OnceCell<ShaperData>,
    plans: RefCell<Vec<(PlanKey, Rc<ShapePlan>)>>,
    strikeout: Cell<Option<(f64, f64)>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct PlanKey {
    rtl: bool,
    script: Option<harfrust::Script>,
    kern: bool,
    complex: bool,
}

/// One glyph of the shaper; lengths in em.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawGlyph {
    pub id: u32,
    /// Byte in the shaped text.
    pub cluster: u32,
    pub advance: f64,
    pub dx: f64,
    pub dy: f64,
}

impl FaceData {
    fn new(face: &Face) -> Self {
        let font = face.font_ref();
        let units_per_em = font.as_ref().map_or(1000.0, |font| {
            f64::from(
                font.metrics(Size::unscaled(), LocationRef::default())
                    .units_per_em
                    .max(16),
            )
        });
        let leading = font.as_ref().map_or(0.0, external_leading) / units_per_em;
        Self {
            face: face.clone(),
            units_per_em,
            leading,
            ascii: OnceCell::new(),
            glyphs: RefCell::default(),
            shaper: OnceCell::new(),
            plans: RefCell::default(),
            strikeout: Cell::new(None),
        }
    }

    /// Glyph and advance in em; glyph 0 where the face has none.
    pub(super) fn glyph(&self, ch: char) -> (u32, f64) {
        if ch.is_ascii() {
            let table = self.ascii.get_or_init(|| {
                let mut table = Box::new([(0, 0.0); 128]);
                if let Some(font) = self.face.font_ref() {
                    let charmap = font.charmap();
                    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
                    for (code, entry) in (0u32..).zip(table.iter_mut()) {
                        let id = charmap.map(code).unwrap_or_default();
                        let advance = metrics.advance_width(id).unwrap_or(0.0);
                        *entry = (id.to_u32(), f64::from(advance) / self.units_per_em);
                    }
                }
                table
            });
            return table.get(ch as usize).copied().unwrap_or_default();
        }
        if let Some(&known) = self.glyphs.borrow().get(&ch) {
            return known;
        }
        let found = self.face.font_ref().map_or((0, 0.0), |font| {
            let id = font.charmap().map(ch).unwrap_or_default();
            let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
            (
                id.to_u32(),
                f64::from(metrics.advance_width(id).unwrap_or(0.0)) / self.units_per_em,
            )
        });
        let mut glyphs = self.glyphs.borrow_mut();
        if glyphs.len() < MAX_GLYPHS {
            glyphs.insert(ch, found);
        }
        found
    }

    /// Centre and thickness of the strike-through line in em above the baseline.
    pub(super) fn strikeout(&self) -> (f64, f64) {
        if let Some(known) = self.strikeout.get() {
            return known;
        }
        let metrics = self
            .face
            .font_ref()
            .map(|font| font.metrics(Size::unscaled(), LocationRef::default()));
        let line = metrics
            .and_then(|metrics| metrics.strikeout)
            .map_or((0.26, 0.05), |line| {
                (
                    f64::from(line.offset) / self.units_per_em,
                    f64::from(line.thickness) / self.units_per_em,
                )
            });
        let line = if (0.05..0.6).contains(&line.0) && (0.005..0.3).contains(&line.1) {
            line
        } else {
            (0.26, 0.05)
        };
        self.strikeout.set(Some(line));
        line
    }

    /// Shapes one run of a script and direction. Latin text gets no ligatures, complex scripts what they need.
    pub(super) fn shape(
        &self,
        cache: &TextCache,
        text: &str,
        rtl: bool,
        script: Option<harfrust::Script>,
        kern: bool,
        complex: bool,
    ) -> Vec<RawGlyph> {
        let Ok(font) = FontRef::from_index(self.face.data(), self.face.index()) else {
            return Vec::new();
        };
        let data = self.shaper.get_or_init(|| ShaperData::new(&font));
        let shaper = data.shaper(&font).build();
        let key = PlanKey {
            rtl,
            script,
            kern,
            complex,
        };
        let direction = if rtl {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        };
        let feature = |tag: &[u8; 4], on: bool| Feature::new(Tag::new(tag), u32::from(on), ..);
        let known = self
            .plans
            .borrow()
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, plan)| plan.clone());
        let features = [
            feature(b"kern", kern),
            feature(b"liga", complex),
            feature(b"clig", complex),
            feature(b"calt", complex),
        ];
        let plan = known.unwrap_or_else(|| {
            let plan = Rc::new(ShapePlan::new(&shaper, direction, script, None, &features));
            self.plans.borrow_mut().push((key, plan.clone()));
            plan
        });
        let mut buffer = cache.buffer.borrow_mut().take().unwrap_or_default();
        buffer.push_str(text);
        buffer.set_direction(direction);
        if let Some(script) = script {
            buffer.set_script(script);
        }
        buffer.set_cluster_level(harfrust::BufferClusterLevel::MonotoneGraphemes);
        let shaped = shaper.shape(
            buffer,
            ShapeOptions::new().plan(Some(&plan)).features(&features),
        );
        let em = self.units_per_em;
        let glyphs = shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .map(|(info, position)| RawGlyph {
                id: info.glyph_id,
                cluster: info.cluster,
                advance: f64::from(position.x_advance) / em,
                dx: f64::from(position.x_offset) / em,
                dy: f64::from(position.y_offset) / em,
            })
            .collect();
        *cache.buffer.borrow_mut() = Some(shaped.clear());
        glyphs
    }
}

/// Leading between lines in font units as Windows counts it: the part of the line gap that the Windows pair does
/// not cover already.
fn external_leading(font: &skrifa::FontRef<'_>) -> f64 {
    use skrifa::raw::TableProvider;
    let (Ok(os2), Ok(hhea)) = (font.os2(), font.hhea()) else {
        return 0.0;
    };
    if os2.fs_selection().bits() & 0x80 != 0 {
        return f64::from(os2.s_typo_line_gap()).max(0.0);
    }
    let pair = f64::from(os2.us_win_ascent()) + f64::from(os2.us_win_descent());
    let height = f64::from(hhea.ascender().to_i16()) - f64::from(hhea.descender().to_i16());
    (f64::from(hhea.line_gap().to_i16()) - (pair - height)).max(0.0)
}

impl Font {
    fn new(id: u32, style: Style, selection: Selection, data: Rc<FaceData>) -> Self {
        let sum = selection.line.ascent + selection.line.descent;
        let (ascent, line_height) = if sum > 0.0 {
            (
                (selection.line.ascent / sum).clamp(0.0, 1.0),
                (sum + data.leading).clamp(0.5, 4.0),
            )
        } else {
            (0.8, 1.2)
        };
        Self {
            id,
            style,
            selection,
            data,
            ascent,
            line_height,
        }
    }

    pub(super) fn covers(&self, ch: char) -> bool {
        self.data.glyph(ch).0 != 0
    }

    /// Advance in em of the face that was asked for; `natural` is that of the drawn glyph.
    pub(super) fn advance(&self, ch: char, natural: f64) -> f64 {
        self.selection
            .advances
            .and_then(|advances| advances.em(ch))
            .unwrap_or(natural * self.selection.scale_x)
    }
}

impl TextCache {
    fn face(&self, face: &Face) -> Rc<FaceData> {
        self.faces
            .borrow_mut()
            .entry(face.id())
            .or_insert_with(|| Rc::new(FaceData::new(face)))
            .clone()
    }

    fn intern(&self, style: Style, selection: &Selection) -> Rc<Font> {
        let data = self.face(&selection.face);
        let bits = u8::from(style.bold) | u8::from(style.italic) << 1;
        let table = selection
            .advances
            .map_or(0, |advances| std::ptr::from_ref(advances) as usize);
        let key = (
            selection.face.id(),
            bits,
            table,
            selection.line.ascent.to_bits() ^ selection.scale_x.to_bits().rotate_left(1),
        );
        let new = || {
            let id = self.next.get();
            self.next.set(id + 1);
            Rc::new(Font::new(id, style, selection.clone(), data.clone()))
        };
        let mut distinct = self.distinct.borrow_mut();
        if distinct.len() >= MAX_FAMILIES {
            return new();
        }
        distinct.entry(key).or_insert_with(new).clone()
    }

    /// The face for a family and style.
    pub(super) fn select(&self, cx: &SlideContext<'_>, family: &str, style: Style) -> Rc<Font> {
        let slot = usize::from(style.bold) | usize::from(style.italic) << 1;
        let Some(families) = self.families.get(slot) else {
            return self.intern(style, &cx.fonts.select(family, style));
        };
        if let Some(known) = families.borrow().get(family) {
            return known.clone();
        }
        let selection = cx.fonts.select(family, style);
        if selection.substituted
            && !selection.exact_metrics
            && selection.symbol.is_none()
            && !family.is_empty()
        {
            cx.warn(
                "font",
                format!(
                    "face `{family}` is not there: drawn with `{}`",
                    selection.face.family()
                ),
            );
        }
        // A symbol face must not share its object with a plain use of its stand-in.
        let font = if selection.symbol.is_some() {
            let id = self.next.get();
            self.next.set(id + 1);
            let data = self.face(&selection.face);
            Rc::new(Font::new(id, style, selection, data))
        } else {
            self.intern(style, &selection)
        };
        let mut families = families.borrow_mut();
        if families.len() < MAX_FAMILIES {
            families.insert(family.to_owned(), font.clone());
        }
        font
    }

    /// A face for a character that `asked` lacks.
    pub(super) fn fallback(
        &self,
        book: &FontBook,
        ch: char,
        hint: ScriptHint,
        asked: &Font,
    ) -> Option<Rc<Font>> {
        let key = (ch, hint, asked.id);
        if let Some(known) = self.fallbacks.borrow().get(&key) {
            return known.clone();
        }
        let found = book
            .fallback(ch, asked.style, hint, Some(&asked.selection.requested))
            .map(|selection| self.intern(asked.style, &selection));
        let mut fallbacks = self.fallbacks.borrow_mut();
        if fallbacks.len() < MAX_FALLBACKS {
            fallbacks.insert(key, found.clone());
        }
        found
    }
}
