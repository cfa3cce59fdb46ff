//! What a paragraph and a run inherit, nearest first.

use slides_fonts::ScriptHint;
use slides_ooxml::model::{
    Anchor, Autofit, BodyProperties, BulletColor, BulletFont, BulletKind, BulletSize, Caps,
    EffectList, Fill, FontAlign, FontRef, Hyperlink, Line, ParagraphProperties, RunProperties,
    Spacing, Strike, TabStop, TextAlign, TextWarp, Underline, VerticalText,
};

use super::TextCascade;
use crate::context::SlideContext;
use crate::points;

/// Smallest and largest font size in points; what a file says beyond is moved to the nearer one.
pub(super) const FONT_SIZES: (f64, f64) = (1.0, 4000.0);

/// Run properties with a source each, filled from the nearest on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct RunSource<'a> {
    pub size: Option<f64>,
    pub bold: Option<bool>,
    pub italic: Option<bool>,
    pub underline: Option<Underline>,
    pub underline_fill: Option<&'a Fill>,
    pub strike: Option<Strike>,
    pub caps: Option<Caps>,
    pub baseline: Option<f64>,
    pub spacing: Option<f64>,
    pub kerning: Option<f64>,
    pub language: Option<&'a str>,
    pub alt_language: Option<&'a str>,
    pub fill: Option<&'a Fill>,
    pub line: Option<&'a Line>,
    pub effects: Option<&'a EffectList>,
    pub highlight: Option<&'a slides_ooxml::model::Color>,
    pub latin: Option<&'a FontRef>,
    pub east_asian: Option<&'a FontRef>,
    pub complex_script: Option<&'a FontRef>,
    pub symbol: Option<&'a FontRef>,
    pub link: Option<&'a Hyperlink>,
}

impl<'a> RunSource<'a> {
    /// Takes over what is still open.
    pub(super) fn inherit(&mut self, from: &'a RunProperties) {
        self.size = self.size.or(from.size);
        self.bold = self.bold.or(from.bold);
        self.italic = self.italic.or(from.italic);
        self.underline = self.underline.or(from.underline);
        self.underline_fill = self.underline_fill.or(from.underline_fill.as_ref());
        self.strike = self.strike.or(from.strike);
        self.caps = self.caps.or(from.caps);
        self.baseline = self.baseline.or(from.baseline);
        self.spacing = self.spacing.or(from.spacing);
        self.kerning = self.kerning.or(from.kerning);
        self.language = self.language.or(from.language.as_deref());
        self.alt_language = self.alt_language.or(from.alt_language.as_deref());
        self.fill = self.fill.or(from.fill.as_ref());
        self.line = self.line.or(from.line.as_ref());
        self.effects = self.effects.or(from.effects.as_ref());
        self.highlight = self.highlight.or(from.highlight.as_ref());
        self.latin = self.latin.or(from.latin.as_ref());
        self.east_asian = self.east_asian.or(from.east_asian.as_ref());
        self.complex_script = self.complex_script.or(from.complex_script.as_ref());
        self.symbol = self.symbol.or(from.symbol.as_ref());
    }

    /// `self` with `base` below it; links do not inherit.
    pub(super) fn over(mut self, base: &Self) -> Self {
        self.size = self.size.or(base.size);
        self.bold = self.bold.or(base.bold);
        self.italic = self.italic.or(base.italic);
        self.underline = self.underline.or(base.underline);
        self.underline_fill = self.underline_fill.or(base.underline_fill);
        self.strike = self.strike.or(base.strike);
        self.caps = self.caps.or(base.caps);
        self.baseline = self.baseline.or(base.baseline);
        self.spacing = self.spacing.or(base.spacing);
        self.kerning = self.kerning.or(base.kerning);
        self.language = self.language.or(base.language);
        self.alt_language = self.alt_language.or(base.alt_language);
        self.fill = self.fill.or(base.fill);
        self.line = self.line.or(base.line);
        self.effects = self.effects.or(base.effects);
        self.highlight = self.highlight.or(base.highlight);
        self.latin = self.latin.or(base.latin);
        self.east_asian = self.east_asian.or(base.east_asian);
        self.complex_script = self.complex_script.or(base.complex_script);
        self.symbol = self.symbol.or(base.symbol);
        self
    }

    /// Properties of one run with its own link.
    pub(super) fn of_run(run: &'a RunProperties, base: &Self) -> Self {
        let mut own = Self::default();
        own.inherit(run);
        own.link = run.link.as_ref();
        own.over(base)
    }
}

/// A run's look in the numbers that layout needs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RunStyle<'a> {
    /// Size that rules the line, after autofit.
    pub size: f64,
    /// Size of the glyphs: smaller for superscript, subscript and small capitals.
    pub drawn: f64,
    /// Points the baseline is raised by.
    pub raise: f64,
    pub bold: bool,
    pub italic: bool,
    /// Extra room after each character in points.
    pub spacing: f64,
    pub kern: bool,
    pub latin: &'a str,
    pub east_asian: &'a str,
    pub complex_script: &'a str,
    pub symbol: &'a str,
    /// Whether the latin face came as the theme's major one, for the faces by script.
    pub major: bool,
    pub hint: ScriptHint,
    /// Where paint, underline and the like come from.
    pub source: RunSource<'a>,
    /// Advances are not rounded.
    pub ideal_advances: bool,
    /// An equation, drawn in italic letters of the mathematical face.
    pub math: bool,
}

/// Scale of a stored autofit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fit {
    /// `fontScale` as a fraction.
    pub font_scale: f64,
    /// `lnSpcReduction` as a fraction.
    pub reduction: f64,
    /// Advances are not rounded to eighths: text whose lines follow the faces' own heights is set so (measured).
    pub ideal_advances: bool,
}

impl Fit {
    pub(super) const NONE: Self = Self {
        font_scale: 1.0,
        reduction: 0.0,
        ideal_advances: false,
    };

    /// The size with the scale: whole points, halves up.
    pub(super) fn size(self, size: f64) -> f64 {
        let size = if self.font_scale == 1.0 {
            size
        } else {
            (size * self.font_scale + 0.5 + 1e-9).floor()
        };
        if size.is_finite() {
            size.clamp(FONT_SIZES.0, FONT_SIZES.1)
        } else {
            18.0
        }
    }
}

pub(super) fn script_hint(language: Option<&str>) -> ScriptHint {
    let Some(language) = language else {
        return ScriptHint::None;
    };
    let lower = language.to_ascii_lowercase();
    if lower.starts_with("ja") {
        ScriptHint::Japanese
    } else if lower.starts_with("ko") {
        ScriptHint::Korean
    } else if lower.starts_with("zh") {
        if ["hant", "-tw", "-hk", "-mo"]
            .iter()
            .any(|part| lower.contains(part))
        {
            ScriptHint::TraditionalChinese
        } else {
            ScriptHint::SimplifiedChinese
        }
    } else {
        ScriptHint::None
    }
}

impl<'a> RunStyle<'a> {
    pub(super) fn new(cx: &'a SlideContext<'_>, source: RunSource<'a>, fit: Fit) -> Self {
        let size = fit.size(source.size.unwrap_or(18.0));
        let baseline = source.baseline.unwrap_or(0.0).clamp(-4.0, 4.0);
        // Superscript: two thirds of the size, raised by the attribute (measured).
        let drawn = if baseline == 0.0 {
            size
        } else {
            size * 2.0 / 3.0
        };
        let hint = match script_hint(source.language) {
            ScriptHint::None => script_hint(source.alt_language),
            hint => hint,
        };
        let face = |font: Option<&'a FontRef>, theme: &'a str| {
            font.map_or(theme, |font| cx.typeface(font))
        };
        let minor = &cx.theme.fonts.minor;
        Self {
            size,
            drawn,
            raise: baseline * size,
            bold: source.bold.unwrap_or(false),
            italic: source.italic.unwrap_or(false),
            spacing: source.spacing.unwrap_or(0.0).clamp(-4000.0, 4000.0),
            kern: source
                .kerning
                .is_some_and(|least| least > 0.0 && size >= least),
            latin: face(source.latin, &minor.latin),
            east_asian: face(source.east_asian, &minor.east_asian),
            complex_script: face(source.complex_script, &minor.complex_script),
            symbol: source.symbol.map_or("", |font| cx.typeface(font)),
            major: source
                .latin
                .is_some_and(|font| font.typeface.starts_with("+mj")),
            hint,
            source,
            ideal_advances: fit.ideal_advances,
            math: false,
        }
    }

    /// Whether the language is one whose ambiguous characters take the East Asian face.
    pub(super) fn is_east_asian(&self) -> bool {
        script_hint(self.source.language) != ScriptHint::None
    }

    /// The colour of the run itself, without that of a link.
    pub(super) fn fill(&self) -> Option<&'a Fill> {
        self.source.fill
    }
}

/// A paragraph's properties; lengths in points.
#[derive(Debug, Clone)]
pub(super) struct ParagraphStyle<'a> {
    pub level: usize,
    pub align: TextAlign,
    /// Room at the leading edge (left, or right in right-to-left paragraphs).
    pub margin: f64,
    /// Room at the trailing edge.
    pub margin_end: f64,
    pub indent: f64,
    pub default_tab: f64,
    pub rtl: bool,
    pub font_align: FontAlign,
    pub hanging_punctuation: bool,
    pub line_spacing: Spacing,
    pub before: Spacing,
    pub after: Spacing,
    pub bullet: Option<&'a BulletKind>,
    pub bullet_color: Option<&'a BulletColor>,
    pub bullet_size: Option<BulletSize>,
    pub bullet_font: Option<&'a BulletFont>,
    pub tabs: &'a [TabStop],
    /// What runs of the paragraph inherit.
    pub run: RunSource<'a>,
}

const NO_SPACE: Spacing = Spacing::Points(0.0);
/// Margins beyond this (points) are no layout any more.
const MAX_MARGIN: f64 = 100_000.0;

impl<'a> ParagraphStyle<'a> {
    pub(super) fn new(own: &'a ParagraphProperties, cascade: &'a TextCascade<'a>) -> Self {
        let level = own.level.unwrap_or(0).min(8) as usize;
        let mut chain: Vec<(&'a ParagraphProperties, usize)> =
            Vec::with_capacity(2 * cascade.list_styles.len() + 1);
        chain.push((own, 0));
        for (rank, list) in cascade.list_styles.iter().enumerate() {
            chain.extend(
                list.levels
                    .get(level)
                    .and_then(Option::as_deref)
                    .map(|level| (level, rank)),
            );
            chain.extend(list.default.as_deref().map(|default| (default, rank)));
        }
        let first = |read: &dyn Fn(&ParagraphProperties) -> Option<i64>| {
            chain
                .iter()
                .find_map(|(p, _)| read(p))
                .map(|emu| points(emu).clamp(-MAX_MARGIN, MAX_MARGIN))
        };
        let spacing = |read: &dyn Fn(&ParagraphProperties) -> Option<Spacing>, none| {
            chain.iter().find_map(|(p, _)| read(p)).unwrap_or(none)
        };
        let mut run = RunSource::default();
        let mut styled = false;
        for &(properties, rank) in &chain {
            if !styled && rank >= cascade.own_styles && !std::ptr::eq(properties, own) {
                if let Some(style) = &cascade.style_run {
                    run.inherit(style);
                }
                styled = true;
            }
            if let Some(default) = properties.default_run.as_deref() {
                run.inherit(default);
            }
        }
        if !styled && let Some(style) = &cascade.style_run {
            run.inherit(style);
        }
        let margin = first(&|p| p.margin_left).unwrap_or(0.0).max(0.0);
        Self {
            level,
            align: chain.iter().find_map(|(p, _)| p.align).unwrap_or_default(),
            margin,
            margin_end: first(&|p| p.margin_right).unwrap_or(0.0).max(0.0),
            indent: first(&|p| p.indent).unwrap_or(0.0),
            default_tab: first(&|p| p.default_tab)
                .filter(|&tab| tab >= 1.0)
                .unwrap_or(72.0),
            rtl: chain.iter().find_map(|(p, _)| p.rtl).unwrap_or(false),
            font_align: chain
                .iter()
                .find_map(|(p, _)| p.font_align)
                .unwrap_or_default(),
            hanging_punctuation: chain
                .iter()
                .find_map(|(p, _)| p.hanging_punctuation)
                .unwrap_or(true),
            line_spacing: spacing(&|p| p.line_spacing, Spacing::Percent(1.0)),
            before: spacing(&|p| p.space_before, NO_SPACE),
            after: spacing(&|p| p.space_after, NO_SPACE),
            bullet: chain.iter().find_map(|(p, _)| p.bullet.kind.as_ref()),
            bullet_color: chain.iter().find_map(|(p, _)| p.bullet.color.as_ref()),
            bullet_size: chain.iter().find_map(|(p, _)| p.bullet.size),
            bullet_font: chain.iter().find_map(|(p, _)| p.bullet.font.as_ref()),
            tabs: chain
                .iter()
                .find_map(|(p, _)| p.tabs.as_deref())
                .unwrap_or(&[]),
            run,
        }
    }
}

/// The body's properties; lengths in points.
#[derive(Debug, Clone)]
pub(super) struct BodyStyle {
    pub insets: [f64; 4],
    pub anchor: Anchor,
    pub anchor_center: bool,
    pub wrap: bool,
    pub vertical: VerticalText,
    pub rotation: f64,
    pub upright: bool,
    pub columns: usize,
    pub column_spacing: f64,
    pub rtl_columns: bool,
    pub fit: Fit,
    /// Space before the first and after the last paragraph counts.
    pub first_last_spacing: bool,
    /// Lines follow the faces' own heights instead of 1.2 em.
    pub natural_lines: bool,
    pub warp: Option<TextWarp>,
}

/// Columns beyond this are drawn as this many.
const MAX_COLUMNS: u32 = 16;

impl BodyStyle {
    pub(super) fn new(own: &BodyProperties, cascade: &TextCascade<'_>) -> Self {
        let chain = || std::iter::once(own).chain(cascade.body.iter().copied());
        let inset = |read: &dyn Fn(&BodyProperties) -> Option<i64>, default: f64| {
            chain()
                .find_map(read)
                .map_or(default, points)
                .clamp(-MAX_MARGIN, MAX_MARGIN)
        };
        let natural_lines = chain().find_map(|body| body.compatible_line_spacing) == Some(false);
        let mut fit = match chain().find_map(|body| body.autofit) {
            Some(Autofit::Normal {
                font_scale,
                line_space_reduction,
            }) => Fit {
                font_scale: font_scale
                    .filter(|scale| (0.01..=10.0).contains(scale))
                    .unwrap_or(1.0),
                reduction: line_space_reduction.unwrap_or(0.0).clamp(0.0, 0.9),
                ideal_advances: false,
            },
            _ => Fit::NONE,
        };
        fit.ideal_advances = natural_lines;
        Self {
            insets: [
                inset(&|body| body.left_inset, 7.2),
                inset(&|body| body.top_inset, 3.6),
                inset(&|body| body.right_inset, 7.2),
                inset(&|body| body.bottom_inset, 3.6),
            ],
            anchor: chain().find_map(|body| body.anchor).unwrap_or_default(),
            anchor_center: chain().find_map(|body| body.anchor_center).unwrap_or(false),
            wrap: chain().find_map(|body| body.wrap).unwrap_or(true),
            vertical: chain().find_map(|body| body.vertical).unwrap_or_default(),
            rotation: chain()
                .find_map(|body| body.rotation)
                .filter(|angle| angle.is_finite())
                .unwrap_or(0.0),
            upright: chain().find_map(|body| body.upright).unwrap_or(false),
            columns: chain()
                .find_map(|body| body.columns)
                .unwrap_or(1)
                .clamp(1, MAX_COLUMNS) as usize,
            column_spacing: inset(&|body| body.column_spacing, 0.0).max(0.0),
            rtl_columns: chain().find_map(|body| body.rtl_columns).unwrap_or(false),
            fit,
            first_last_spacing: chain()
                .find_map(|body| body.first_last_spacing)
                .unwrap_or(false),
            natural_lines,
            warp: chain().find_map(|body| body.warp.clone()),
        }
    }
}
