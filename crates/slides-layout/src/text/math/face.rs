//! The MATH table of a face (OpenType): constants, glyph variants and assemblies.

use std::rc::Rc;

use ttf_parser::GlyphId;
use ttf_parser::math::{Constants, GlyphConstruction};

use super::super::fonts::Font;

/// Pieces of one assembled sign.
const MAX_PIECES: usize = 200;

/// A mathematical face. Lengths are in em.
pub(super) struct MathFace<'f> {
    pub font: &'f Rc<Font>,
    face: ttf_parser::Face<'f>,
    em: f64,
}

/// Ink and advance of a glyph in em.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent {
    pub advance: f64,
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// A sign stretched to a length: glyphs with their offset along it, and the length reached.
#[derive(Debug, Clone, Default)]
pub(super) struct Stretched {
    pub pieces: Vec<(u32, f64)>,
    pub length: f64,
    /// One glyph, whose ink says where it lies; else the pieces start at 0.
    pub is_single: bool,
}

type Constant = fn(&Constants<'_>) -> i16;

macro_rules! constants {
    ($($name:ident = $default:literal, $read:expr;)*) => {
        /// Constants of the layout in em.
        #[derive(Debug, Clone, Copy)]
        #[allow(clippy::struct_field_names)]
        pub(super) struct Metrics { $(pub $name: f64,)* pub script: f64, pub script_script: f64 }
        impl Metrics {
            pub(super) fn of(face: &MathFace<'_>) -> Self {
                let table = face.face.tables().math.and_then(|math| math.constants);
                $(let read: Constant = $read;
                let $name = table.as_ref().map_or($default, |table| f64::from(read(table)) / face.em);)*
                // Scripts are as large as in Cambria Math.
                Self { $($name,)* script: 0.73, script_script: 0.6 }
            }
        }
    };
}

constants! {
    axis = 0.26, |c| c.axis_height().value;
    accent_base = 0.48, |c| c.accent_base_height().value;
    sub_shift = 0.21, |c| c.subscript_shift_down().value;
    sub_top_max = 0.37, |c| c.subscript_top_max().value;
    sub_drop = 0.16, |c| c.subscript_baseline_drop_min().value;
    sup_shift = 0.36, |c| c.superscript_shift_up().value;
    sup_shift_cramped = 0.25, |c| c.superscript_shift_up_cramped().value;
    sup_bottom_min = 0.12, |c| c.superscript_bottom_min().value;
    sup_drop = 0.23, |c| c.superscript_baseline_drop_max().value;
    script_gap = 0.15, |c| c.sub_superscript_gap_min().value;
    sup_bottom_max = 0.38, |c| c.superscript_bottom_max_with_subscript().value;
    after_script = 0.04, |c| c.space_after_script().value;
    upper_gap = 0.135, |c| c.upper_limit_gap_min().value;
    upper_rise = 0.3, |c| c.upper_limit_baseline_rise_min().value;
    lower_gap = 0.135, |c| c.lower_limit_gap_min().value;
    lower_drop = 0.67, |c| c.lower_limit_baseline_drop_min().value;
    stack_top = 0.47, |c| c.stack_top_shift_up().value;
    stack_top_display = 0.78, |c| c.stack_top_display_style_shift_up().value;
    stack_bottom = 0.385, |c| c.stack_bottom_shift_down().value;
    stack_bottom_display = 0.69, |c| c.stack_bottom_display_style_shift_down().value;
    stack_gap = 0.15, |c| c.stack_gap_min().value;
    stack_gap_display = 0.3, |c| c.stack_display_style_gap_min().value;
    numerator = 0.585, |c| c.fraction_numerator_shift_up().value;
    numerator_display = 0.64, |c| c.fraction_numerator_display_style_shift_up().value;
    denominator = 0.585, |c| c.fraction_denominator_shift_down().value;
    denominator_display = 0.64, |c| c.fraction_denominator_display_style_shift_down().value;
    numerator_gap = 0.068, |c| c.fraction_numerator_gap_min().value;
    numerator_gap_display = 0.15, |c| c.fraction_num_display_style_gap_min().value;
    denominator_gap = 0.068, |c| c.fraction_denominator_gap_min().value;
    denominator_gap_display = 0.15, |c| c.fraction_denom_display_style_gap_min().value;
    rule = 0.068, |c| c.fraction_rule_thickness().value;
    bar_gap = 0.175, |c| c.overbar_vertical_gap().value;
    bar_extra = 0.068, |c| c.overbar_extra_ascender().value;
    radical_gap = 0.085, |c| c.radical_vertical_gap().value;
    radical_gap_display = 0.17, |c| c.radical_display_style_vertical_gap().value;
    radical_rule = 0.068, |c| c.radical_rule_thickness().value;
    radical_extra = 0.078, |c| c.radical_extra_ascender().value;
    degree_before = 0.065, |c| c.radical_kern_before_degree().value;
    degree_after = -0.335, |c| c.radical_kern_after_degree().value;
    operator_min = 1.8, |c| i16::try_from(c.display_operator_min_height()).unwrap_or(i16::MAX);
}

impl<'f> MathFace<'f> {
    pub(super) fn new(font: &'f Rc<Font>) -> Option<Self> {
        let source = &font.selection.face;
        let face = ttf_parser::Face::parse(source.data(), source.index()).ok()?;
        let em = f64::from(face.units_per_em().max(16));
        Some(Self { font, face, em })
    }

    /// Ink and advance of a glyph.
    pub(super) fn extent(&self, glyph: u32) -> Extent {
        let id = glyph_id(glyph);
        let advance = f64::from(self.face.glyph_hor_advance(id).unwrap_or(0)) / self.em;
        self.face.glyph_bounding_box(id).map_or(
            Extent {
                advance,
                ..Extent::default()
            },
            |ink| Extent {
                advance,
                left: f64::from(ink.x_min) / self.em,
                right: f64::from(ink.x_max) / self.em,
                top: f64::from(ink.y_max) / self.em,
                bottom: f64::from(ink.y_min) / self.em,
            },
        )
    }

    /// How far the top of a slanted glyph leans over its advance.
    pub(super) fn italic(&self, glyph: u32) -> f64 {
        self.info(glyph, |info, id| info.italic_corrections?.get(id))
            .unwrap_or(0.0)
    }

    /// Where an accent sits on a glyph, from its origin.
    pub(super) fn attachment(&self, glyph: u32) -> Option<f64> {
        self.info(glyph, |info, id| info.top_accent_attachments?.get(id))
    }

    fn info(
        &self,
        glyph: u32,
        read: impl Fn(
            &ttf_parser::math::GlyphInfo<'f>,
            GlyphId,
        ) -> Option<ttf_parser::math::MathValue<'f>>,
    ) -> Option<f64> {
        let info = self.face.tables().math?.glyph_info?;
        read(&info, glyph_id(glyph)).map(|value| f64::from(value.value) / self.em)
    }

    /// The sign at least `length` em tall (or wide), or as large as it gets.
    pub(super) fn stretch(&self, glyph: u32, length: f64, vertical: bool) -> Stretched {
        self.variant(glyph, length, vertical, false)
    }

    /// The widest variant of an accent that is not wider than `length` em.
    pub(super) fn widest(&self, glyph: u32, length: f64) -> u32 {
        self.variant(glyph, length, false, true)
            .pieces
            .first()
            .map_or(glyph, |piece| piece.0)
    }

    fn variant(&self, glyph: u32, length: f64, vertical: bool, below: bool) -> Stretched {
        let own = self.extent(glyph);
        let mut best = Stretched {
            pieces: vec![(glyph, 0.0)],
            length: if vertical {
                own.top - own.bottom
            } else {
                own.right - own.left
            },
            is_single: true,
        };
        let Some(variants) = self.face.tables().math.and_then(|math| math.variants) else {
            return best;
        };
        let table = if vertical {
            variants.vertical_constructions
        } else {
            variants.horizontal_constructions
        };
        let Some(construction) = table.get(glyph_id(glyph)) else {
            return best;
        };
        if best.length >= length && !below {
            return best;
        }
        for variant in construction.variants {
            let size = f64::from(variant.advance_measurement) / self.em;
            if below && size > length {
                break;
            }
            best.pieces = vec![(u32::from(variant.variant_glyph.0), 0.0)];
            best.length = size;
            if size >= length && !below {
                return best;
            }
        }
        if below {
            return best;
        }
        let overlap = f64::from(variants.min_connector_overlap) / self.em;
        self.assemble(&construction, length, overlap)
            .unwrap_or(best)
    }

    /// Puts a sign together from its parts, extenders repeated until it is long enough.
    fn assemble(
        &self,
        construction: &GlyphConstruction<'_>,
        length: f64,
        overlap: f64,
    ) -> Option<Stretched> {
        let assembly = construction.assembly?;
        let parts: Vec<(u32, f64, f64, bool)> = assembly
            .parts
            .into_iter()
            .take(32)
            .map(|part| {
                (
                    u32::from(part.glyph_id.0),
                    f64::from(part.full_advance) / self.em,
                    f64::from(part.start_connector_length.min(part.end_connector_length)) / self.em,
                    part.part_flags.extender(),
                )
            })
            .collect();
        let sum = |extender: bool| -> (f64, usize) {
            parts
                .iter()
                .filter(|part| part.3 == extender)
                .fold((0.0, 0), |(sum, count), part| (sum + part.1, count + 1))
        };
        let ((fixed, fixed_count), (growing, growing_count)) = (sum(false), sum(true));
        let gain = growing - overlap * growing_count as f64;
        let short = length - (fixed - overlap * fixed_count.saturating_sub(1) as f64);
        let most = MAX_PIECES / growing_count.max(1);
        let repeats = if growing_count == 0 || gain <= 1e-6 {
            usize::from(growing_count > 0)
        } else {
            ((short / gain).ceil().max(0.0) as usize).min(most)
        };
        let pieces: Vec<_> = parts
            .iter()
            .flat_map(|part| std::iter::repeat_n(part, if part.3 { repeats } else { 1 }))
            .collect();
        let total: f64 = pieces.iter().map(|part| part.1).sum();
        let joints = pieces.len().saturating_sub(1) as f64;
        // More overlap than the least where the parts allow it, so that the sign is as long as asked.
        let room = pieces
            .iter()
            .map(|part| part.2)
            .fold(f64::INFINITY, f64::min);
        let wanted = if joints > 0.0 {
            (total - length) / joints
        } else {
            overlap
        };
        let overlap = wanted.clamp(overlap, room.max(overlap));
        let mut at = 0.0;
        let mut out = Stretched::default();
        for part in pieces {
            out.pieces.push((part.0, at));
            out.length = at + part.1;
            at += part.1 - overlap;
        }
        (!out.pieces.is_empty()).then_some(out)
    }
}

fn glyph_id(glyph: u32) -> GlyphId {
    GlyphId(u16::try_from(glyph).unwrap_or(0))
}
