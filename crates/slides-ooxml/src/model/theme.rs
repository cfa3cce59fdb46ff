use std::collections::BTreeMap;

use super::{Color, EffectList, Fill, Line, SchemeColor};

/// `a:theme`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Theme {
    /// `@name`.
    pub name: String,
    /// `a:clrScheme`: dk1, lt1, dk2, lt2, accents, links.
    pub colors: BTreeMap<SchemeColor, Color>,
    /// `a:fontScheme`.
    pub fonts: FontScheme,
    /// `a:fmtScheme`.
    pub formats: FormatScheme,
}

/// `a:fontScheme`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FontScheme {
    /// `a:majorFont`: headings.
    pub major: FontCollection,
    /// `a:minorFont`: body.
    pub minor: FontCollection,
}

/// One half of the font scheme.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FontCollection {
    /// `a:latin`.
    pub latin: String,
    /// `a:ea`; often empty.
    pub east_asian: String,
    /// `a:cs`; often empty.
    pub complex_script: String,
    /// `a:font/@script` to `@typeface`, such as `Jpan` to `ＭＳ Ｐゴシック`.
    pub scripts: BTreeMap<String, String>,
}

/// `a:fmtScheme`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FormatScheme {
    /// `a:fillStyleLst`.
    pub fills: Vec<Fill>,
    /// `a:lnStyleLst`.
    pub lines: Vec<Line>,
    /// `a:effectStyleLst`.
    pub effects: Vec<EffectStyle>,
    /// `a:bgFillStyleLst`.
    pub background_fills: Vec<Fill>,
}

/// One `a:effectStyle`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EffectStyle {
    /// `a:effectLst`.
    pub effects: EffectList,
    /// 3-D that changes the front view, for a warning; empty for a plain `a:sp3d`.
    pub three_d: Option<String>,
}
