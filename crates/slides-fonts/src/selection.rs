use std::sync::Arc;

use skrifa::MetadataProvider;

use crate::{Advances, Face, SymbolMap};

/// Weight and slant asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Style {
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
}

/// Which of the Han styles a run's language asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ScriptHint {
    /// Nothing is known.
    #[default]
    None,
    /// Japanese.
    Japanese,
    /// Korean.
    Korean,
    /// Simplified Chinese.
    SimplifiedChinese,
    /// Traditional Chinese.
    TraditionalChinese,
}

/// A face to draw with, and what has to be done so that the text takes the room of the face asked for.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The face.
    pub face: Face,
    /// Family asked for.
    pub requested: Arc<str>,
    /// Whether another family than the asked-for one is drawn.
    pub substituted: bool,
    /// Whether text takes the room it takes in the asked-for face: the face is the asked-for one, has the same
    /// widths (Carlito for Calibri), or [`advances`](Self::advances) are known.
    pub exact_metrics: bool,
    /// The face is not bold and has to be made so.
    pub synthetic_bold: bool,
    /// The face is not italic and has to be slanted.
    pub synthetic_italic: bool,
    /// Horizontal scale of outlines and of advances that [`advances`](Self::advances) does not know; 1 is unscaled.
    pub scale_x: f64,
    /// Line metrics of the asked-for face where known, else of the face.
    pub line: LineMetrics,
    /// Advance widths of the asked-for face where they are known and differ from the face's.
    pub advances: Option<&'static Advances>,
    /// Set for symbol faces: maps positions to the Unicode characters that the face (or another by fallback) has.
    pub symbol: Option<SymbolMap>,
}

/// Vertical metrics in em.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineMetrics {
    /// Height above the baseline.
    pub ascent: f64,
    /// Depth below the baseline, positive.
    pub descent: f64,
    /// Distance from the baseline down to the underline's top edge.
    pub underline_position: f64,
    /// Thickness of the underline.
    pub underline_thickness: f64,
}

impl LineMetrics {
    /// Reads a face: the usWin pair, or the typographic pair where the face says so (OS/2 fsSelection bit 7).
    pub fn of_face(face: &Face) -> Self {
        use skrifa::raw::TableProvider;
        let mut metrics = Self {
            ascent: 0.8,
            descent: 0.2,
            underline_position: 0.1,
            underline_thickness: 0.05,
        };
        let Some(font) = face.font_ref() else {
            return metrics;
        };
        let em = font
            .metrics(
                skrifa::instance::Size::unscaled(),
                skrifa::instance::LocationRef::default(),
            )
            .units_per_em;
        let em = f64::from(em.max(16));
        let pair = match (font.os2(), font.hhea()) {
            (Ok(os2), _) if os2.fs_selection().bits() & 0x80 != 0 => (
                f64::from(os2.s_typo_ascender()),
                -f64::from(os2.s_typo_descender()),
            ),
            (Ok(os2), _) => (
                f64::from(os2.us_win_ascent()),
                f64::from(os2.us_win_descent()),
            ),
            (Err(_), Ok(hhea)) => (
                f64::from(hhea.ascender().to_i16()),
                -f64::from(hhea.descender().to_i16()),
            ),
            _ => (0.0, 0.0),
        };
        if pair.0 > 0.0 && pair.1 >= 0.0 {
            metrics.ascent = pair.0 / em;
            metrics.descent = pair.1 / em;
        }
        if let Ok(post) = font.post() {
            let (position, thickness) = (
                -f64::from(post.underline_position().to_i16()) / em,
                f64::from(post.underline_thickness().to_i16()) / em,
            );
            if (0.0..1.0).contains(&position) && thickness > 0.0 && thickness < 0.5 {
                metrics.underline_position = position;
                metrics.underline_thickness = thickness;
            }
        }
        metrics
    }
}
