use super::{AdjustValue, Color, EffectList, Equation, Fill, Line, PictureRef};

/// `p:txBody` and `a:txBody`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextBody {
    /// `a:bodyPr`.
    pub properties: BodyProperties,
    /// `a:lstStyle`.
    pub list_style: ListStyle,
    /// `a:p`.
    pub paragraphs: Vec<Paragraph>,
}

/// `a:bodyPr`. EMU.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BodyProperties {
    /// `@lIns`; 91440 by default.
    pub left_inset: Option<i64>,
    /// `@tIns`; 45720 by default.
    pub top_inset: Option<i64>,
    /// `@rIns`.
    pub right_inset: Option<i64>,
    /// `@bIns`.
    pub bottom_inset: Option<i64>,
    /// `@anchor`.
    pub anchor: Option<Anchor>,
    /// `@anchorCtr`.
    pub anchor_center: Option<bool>,
    /// `@wrap`: false is `none`.
    pub wrap: Option<bool>,
    /// `@vert`.
    pub vertical: Option<VerticalText>,
    /// `@rot` in degrees, of the text against its shape.
    pub rotation: Option<f64>,
    /// `@upright`.
    pub upright: Option<bool>,
    /// `@numCol`.
    pub columns: Option<u32>,
    /// `@spcCol`.
    pub column_spacing: Option<i64>,
    /// `@rtlCol`.
    pub rtl_columns: Option<bool>,
    /// Autofit child.
    pub autofit: Option<Autofit>,
    /// `@horzOverflow="clip"`, `@vertOverflow`: kept as written.
    pub vertical_overflow: Option<String>,
    /// `@spcFirstLastPara`: space before the first and after the last paragraph counts.
    pub first_last_spacing: Option<bool>,
    /// `@compatLnSpc`; off by default in stored diagrams (`dsp:txBody`), whose lines follow the faces' own heights.
    pub compatible_line_spacing: Option<bool>,
    /// `a:prstTxWarp/@prst` other than `textNoShape`.
    pub warp: Option<TextWarp>,
}

/// `a:bodyPr/@anchor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum Anchor {
    #[default]
    Top,
    Center,
    Bottom,
    Justified,
    Distributed,
}

/// `a:bodyPr/@vert`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum VerticalText {
    #[default]
    Horizontal,
    Vertical,
    Vertical270,
    EastAsian,
    MongolianVertical,
    WordArt,
    WordArtRtl,
}

/// Autofit of a body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Autofit {
    /// `a:noAutofit`.
    None,
    /// `a:normAutofit`, with the stored scale where there is one.
    Normal {
        /// `@fontScale`.
        font_scale: Option<f64>,
        /// `@lnSpcReduction`.
        line_space_reduction: Option<f64>,
    },
    /// `a:spAutoFit`.
    Shape,
}

/// Properties for the nine list levels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListStyle {
    /// `a:defPPr`.
    pub default: Option<Box<ParagraphProperties>>,
    /// `a:lvl1pPr` to `a:lvl9pPr`.
    pub levels: [Option<Box<ParagraphProperties>>; 9],
}

/// `a:prstTxWarp`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextWarp {
    /// `@prst`.
    pub preset: String,
    /// Adjust values in the order of the file.
    pub adjust: Vec<AdjustValue>,
}

/// `a:p`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Paragraph {
    /// `a:pPr`.
    pub properties: ParagraphProperties,
    /// Runs, breaks and fields in order.
    pub runs: Vec<Run>,
    /// `a:endParaRPr`.
    pub end: Option<RunProperties>,
}

/// `a:pPr`, `a:lvlNpPr`. EMU.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ParagraphProperties {
    /// `@lvl`, 0-based.
    pub level: Option<u32>,
    /// `@algn`.
    pub align: Option<TextAlign>,
    /// `@marL`.
    pub margin_left: Option<i64>,
    /// `@marR`.
    pub margin_right: Option<i64>,
    /// `@indent`.
    pub indent: Option<i64>,
    /// `@defTabSz`.
    pub default_tab: Option<i64>,
    /// `@rtl`.
    pub rtl: Option<bool>,
    /// `@eaLnBrk`.
    pub east_asian_break: Option<bool>,
    /// `@hangingPunct`.
    pub hanging_punctuation: Option<bool>,
    /// `@fontAlgn`.
    pub font_align: Option<FontAlign>,
    /// `a:lnSpc`.
    pub line_spacing: Option<Spacing>,
    /// `a:spcBef`.
    pub space_before: Option<Spacing>,
    /// `a:spcAft`.
    pub space_after: Option<Spacing>,
    /// Bullet and its parts, each inherited apart.
    pub bullet: Bullet,
    /// `a:tabLst`.
    pub tabs: Option<Vec<TabStop>>,
    /// `a:defRPr`.
    pub default_run: Option<Box<RunProperties>>,
}

/// `@algn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum TextAlign {
    #[default]
    Left,
    Center,
    Right,
    Justified,
    JustifiedLow,
    Distributed,
    ThaiDistributed,
}

/// `@fontAlgn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum FontAlign {
    #[default]
    Auto,
    Top,
    Center,
    Base,
    Bottom,
}

/// Line or paragraph spacing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spacing {
    /// `a:spcPct` as a fraction.
    Percent(f64),
    /// `a:spcPts` in points.
    Points(f64),
}

/// Bullet parts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bullet {
    /// Which mark.
    pub kind: Option<BulletKind>,
    /// `a:buClr`, `a:buClrTx`.
    pub color: Option<BulletColor>,
    /// `a:buSzPct`, `a:buSzPts`, `a:buSzTx`.
    pub size: Option<BulletSize>,
    /// `a:buFont`, `a:buFontTx`.
    pub font: Option<BulletFont>,
}

/// The bullet's mark.
#[derive(Debug, Clone, PartialEq)]
pub enum BulletKind {
    /// `a:buNone`.
    None,
    /// `a:buChar/@char`.
    Char(String),
    /// `a:buAutoNum`.
    AutoNumber {
        /// `@type`, such as `arabicPeriod`.
        scheme: String,
        /// `@startAt`; 1 by default.
        start: u32,
    },
    /// `a:buBlip`.
    Picture(PictureRef),
}

/// The bullet's colour.
#[derive(Debug, Clone, PartialEq)]
pub enum BulletColor {
    /// `a:buClrTx`.
    Text,
    /// `a:buClr`.
    Color(Color),
}

/// The bullet's size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BulletSize {
    /// `a:buSzTx`.
    Text,
    /// `a:buSzPct` as a fraction.
    Percent(f64),
    /// `a:buSzPts` in points.
    Points(f64),
}

/// The bullet's face.
#[derive(Debug, Clone, PartialEq)]
pub enum BulletFont {
    /// `a:buFontTx`.
    Text,
    /// `a:buFont`.
    Font(FontRef),
}

/// A tab stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TabStop {
    /// `@pos` in EMU.
    pub position: i64,
    /// `@algn`.
    pub align: TabAlign,
}

/// `a:tab/@algn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum TabAlign {
    #[default]
    Left,
    Center,
    Right,
    Decimal,
}

/// A run, break or field.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What it is.
    pub kind: RunKind,
    /// `a:rPr`.
    pub properties: RunProperties,
}

/// Kinds of run.
#[derive(Debug, Clone, PartialEq)]
pub enum RunKind {
    /// `a:r`: its text, which may hold tabs.
    Text(String),
    /// `a:br`.
    Break,
    /// `a:fld`.
    Field {
        /// `@type`, such as `slidenum`, `datetime1`.
        kind: String,
        /// The cached text.
        text: String,
    },
    /// `a14:m`: an equation.
    Math {
        /// Characters of the equation in order.
        text: String,
        /// Its structure.
        equation: Box<Equation>,
    },
}

/// `a:rPr`, `a:defRPr`, `a:endParaRPr`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunProperties {
    /// `@sz` in points.
    pub size: Option<f64>,
    /// `@b`.
    pub bold: Option<bool>,
    /// `@i`.
    pub italic: Option<bool>,
    /// `@u`.
    pub underline: Option<Underline>,
    /// `a:uLn`, `a:uFill`: colour of the underline when it is not the text's.
    pub underline_fill: Option<Fill>,
    /// `@strike`.
    pub strike: Option<Strike>,
    /// `@cap`.
    pub caps: Option<Caps>,
    /// `@baseline` as a fraction: 0.3 is raised by 30 %.
    pub baseline: Option<f64>,
    /// `@spc` in points.
    pub spacing: Option<f64>,
    /// `@kern` in points: smallest size that is kerned; 0 is off.
    pub kerning: Option<f64>,
    /// `@lang`.
    pub language: Option<String>,
    /// `@altLang`.
    pub alt_language: Option<String>,
    /// Text fill.
    pub fill: Option<Fill>,
    /// Text outline.
    pub line: Option<Line>,
    /// Text effects.
    pub effects: Option<EffectList>,
    /// `a:highlight`.
    pub highlight: Option<Color>,
    /// `a:latin`.
    pub latin: Option<FontRef>,
    /// `a:ea`.
    pub east_asian: Option<FontRef>,
    /// `a:cs`.
    pub complex_script: Option<FontRef>,
    /// `a:sym`.
    pub symbol: Option<FontRef>,
    /// `a:hlinkClick`.
    pub link: Option<Hyperlink>,
    /// `@rtl` of the run (`a:rtl`).
    pub rtl: Option<bool>,
}

/// A face by name; `+mj-lt`, `+mn-ea` and the like name the theme's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct FontRef {
    /// `@typeface`.
    pub typeface: String,
    /// `@charset`, where given.
    pub charset: Option<i32>,
    /// `@panose`, where given: ten bytes, the first of which is the kind of face (2 for Latin text, 0 for any).
    pub panose: Option<[u8; 10]>,
    /// `@pitchFamily`, where given: the family in bits 4 to 7 (1 roman, 2 swiss, 3 modern), the pitch in bits 0 and 1.
    pub pitch_family: Option<u8>,
}

/// `@u`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum Underline {
    #[default]
    None,
    Words,
    Single,
    Double,
    Heavy,
    Dotted,
    DottedHeavy,
    Dash,
    DashHeavy,
    DashLong,
    DashLongHeavy,
    DotDash,
    DotDashHeavy,
    DotDotDash,
    DotDotDashHeavy,
    Wavy,
    WavyHeavy,
    WavyDouble,
}

/// `@strike`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum Strike {
    #[default]
    None,
    Single,
    Double,
}

/// `@cap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum Caps {
    #[default]
    None,
    Small,
    All,
}

/// `a:hlinkClick`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hyperlink {
    /// What a click does.
    pub action: LinkAction,
    /// `@tooltip`.
    pub tooltip: Option<String>,
    /// The extension `ahyp:hlinkClr val="tx"`: keep the run's colour.
    pub keep_text_color: bool,
}

/// Target of a hyperlink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkAction {
    /// An external address, as the relationship holds it.
    Uri(String),
    /// A slide of this deck by its part name.
    SlidePart(String),
    /// `ppaction://hlinkshowjump?jump=…`: `firstslide`, `lastslide`, `nextslide`, `previousslide`, `endshow`.
    Jump(String),
    /// Nothing that can be followed.
    None,
}
