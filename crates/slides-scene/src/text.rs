use std::sync::Arc;

use slides_fonts::Face;

/// Glyphs of one face, size and paint on one baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct GlyphRun {
    /// The face whose glyphs are drawn.
    pub face: Face,
    /// Size in points.
    pub size: f64,
    /// Horizontal scale of the outlines (condensed stand-ins); 1 is unscaled.
    pub scale_x: f64,
    /// Slant of a synthetic italic as dx per dy (0.2 is common); 0 is upright.
    pub skew: f64,
    /// Extra stroke width in points of a synthetic bold; 0 is none.
    pub embolden: f64,
    /// The glyphs in drawing order (left to right for horizontal text).
    pub glyphs: Vec<Glyph>,
    /// The run's source text in logical order; glyphs refer to it by byte ranges.
    pub text: Arc<str>,
}

/// One glyph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glyph {
    /// Glyph index in the face.
    pub id: u32,
    /// Pen position x in the coordinates in force, points.
    pub x: f64,
    /// Baseline y, points, down.
    pub y: f64,
    /// Advance in points, as laid out.
    pub advance: f64,
    /// First byte of the source text.
    pub start: u32,
    /// Byte after the last of the source text.
    pub end: u32,
}
