//! Glyph outlines, read once for each face of a document.
use std::collections::HashMap;
use std::sync::Arc;

use kurbo::BezPath;
use skrifa::MetadataProvider;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::raw::TableProvider;
use slides_fonts::{Face, FaceId};
use slides_scene::Rgba;

/// Outlines kept for one document.
const MAX_CACHED: usize = 20_000;
/// Layers of one glyph in colours.
const MAX_LAYERS: usize = 256;
/// Elements of one glyph's outline.
const MAX_ELEMENTS: usize = 20_000;

/// Outlines in em, y up.
#[derive(Debug, Default)]
pub(crate) struct OutlineCache {
    glyphs: HashMap<(FaceId, u32), Option<Arc<BezPath>>>,
    /// Whether a face has glyphs in colours.
    colored: HashMap<FaceId, bool>,
}

/// A part of a glyph in colours, itself a glyph; `None` is the text's own paint.
pub(crate) type Layer = (u32, Option<Rgba>);

#[derive(Default)]
struct Pen {
    path: BezPath,
    open: bool,
}

impl Pen {
    fn room(&self) -> bool {
        self.open && self.path.elements().len() < MAX_ELEMENTS
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to((f64::from(x), f64::from(y)));
        self.open = true;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        if self.room() {
            self.path.line_to((f64::from(x), f64::from(y)));
        }
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        if self.room() {
            self.path.quad_to(
                (f64::from(cx0), f64::from(cy0)),
                (f64::from(x), f64::from(y)),
            );
        }
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        if self.room() {
            self.path.curve_to(
                (f64::from(cx0), f64::from(cy0)),
                (f64::from(cx1), f64::from(cy1)),
                (f64::from(x), f64::from(y)),
            );
        }
    }

    fn close(&mut self) {
        if self.room() {
            self.path.close_path();
        }
    }
}

impl OutlineCache {
    /// A glyph's outline in em, y up; `None` for glyphs without ink.
    pub(crate) fn get(&mut self, face: &Face, glyph: u32) -> Option<Arc<BezPath>> {
        if let Some(known) = self.glyphs.get(&(face.id(), glyph)) {
            return known.clone();
        }
        let outline = read(face, glyph).map(Arc::new);
        if self.glyphs.len() >= MAX_CACHED {
            self.glyphs.clear();
        }
        self.glyphs.insert((face.id(), glyph), outline.clone());
        outline
    }

    /// Whether some glyphs of the face come in colours.
    pub(crate) fn is_colored(&mut self, face: &Face) -> bool {
        *self.colored.entry(face.id()).or_insert_with(|| {
            face.font_ref()
                .is_some_and(|font| font.colr().is_ok() && font.cpal().is_ok())
        })
    }
}

/// The layers of a glyph in colours (COLR version 0), lowest first; none of other glyphs.
pub(crate) fn layers(face: &Face, glyph: u32) -> Option<Vec<Layer>> {
    let font = face.font_ref()?;
    let colr = font.colr().ok()?;
    let range = colr.v0_base_glyph(skrifa::GlyphId::new(glyph)).ok()??;
    let palettes = font.color_palettes();
    let palette = palettes.get(0)?;
    let colors = palette.colors();
    let layers = range
        .take(MAX_LAYERS)
        .filter_map(|at| {
            let (glyph, index) = colr.v0_layer(at).ok()?;
            let color = colors.get(usize::from(index)).map(|color| Rgba {
                r: color.red,
                g: color.green,
                b: color.blue,
                a: color.alpha,
            });
            Some((glyph.to_u32(), color))
        })
        .collect();
    Some(layers)
}

fn read(face: &Face, glyph: u32) -> Option<BezPath> {
    let font = face.font_ref()?;
    let outline = font.outline_glyphs().get(skrifa::GlyphId::new(glyph))?;
    let mut pen = Pen::default();
    outline
        .draw(
            DrawSettings::unhinted(Size::new(1.0), LocationRef::default()),
            &mut pen,
        )
        .ok()?;
    let (path, _) = crate::geometry::clean_path(&pen.path, MAX_ELEMENTS)?;
    Some(path.into_owned())
}
