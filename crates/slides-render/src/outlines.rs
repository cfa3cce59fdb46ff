//! Glyph outlines, read once for each face of a document.
use std::collections::HashMap;
use std::sync::Arc;

use kurbo::BezPath;
use skrifa::MetadataProvider;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use slides_fonts::{Face, FaceId};

/// Outlines kept for one document.
const MAX_CACHED: usize = 20_000;
/// Elements of one glyph's outline.
const MAX_ELEMENTS: usize = 20_000;

/// Outlines in em, y up.
#[derive(Debug, Default)]
pub(crate) struct OutlineCache {
    glyphs: HashMap<(FaceId, u32), Option<Arc<BezPath>>>,
}

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
