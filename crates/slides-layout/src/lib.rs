//! Presentation to scene: inheritance, text, shapes, tables.
//!
//! [`layout_slide`] turns one slide of a [`slides_ooxml::Deck`] into one
//! [`slides_scene::Page`]. Layout is a function of its input: the same deck,
//! fonts and options give the same page. What cannot be drawn is named in a
//! warning, never dropped silently. Lengths inside are points unless a name
//! says EMU (12,700 EMU to the point).
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod chart;
mod color;
mod compound;
mod context;
mod diagram;
mod effect;
mod fill;
mod frame;
mod geometry;
mod gradient;
mod handout;
mod inherit;
mod language;
mod line;
mod metafile;
mod motion;
mod overlay;
mod page;
mod pattern;
mod picture;
mod raster;
mod recolor;
mod rings;
mod shape;
mod svg_text;
mod table;
#[cfg(test)]
mod testing;
mod text;
mod transform;

pub use handout::{Arranger, CommentsPlace, HandoutLayout, NotesLayout, NotesPlace, Sheets};
pub use page::{LaidOut, LayoutOptions, layout_slide};

/// EMU to points.
pub(crate) fn points(emu: i64) -> f64 {
    emu as f64 / 12_700.0
}
