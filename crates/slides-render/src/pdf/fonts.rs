//! Faces as PDF fonts.
use std::collections::HashMap;

use skrifa::MetadataProvider;
use slides_fonts::{Face, FaceId};

/// Faces with lower ids are bundled and known to embed.
const FIRST_FOREIGN_ID: FaceId = FaceId(1 << 16);

#[derive(Clone)]
pub(super) struct PdfFont {
    pub(super) font: krilla::text::Font,
    pub(super) glyphs: u32,
    /// The face cannot be embedded: its glyphs are drawn as paths.
    pub(super) as_paths: bool,
}

#[derive(Default)]
pub(super) struct Fonts(HashMap<FaceId, Option<PdfFont>>);

impl Fonts {
    /// The font of a face; `None` when its bytes are no font.
    pub(super) fn get(&mut self, face: &Face) -> Option<PdfFont> {
        self.0
            .entry(face.id())
            .or_insert_with(|| read(face))
            .clone()
    }
}

fn read(face: &Face) -> Option<PdfFont> {
    let reference = face.font_ref()?;
    let glyphs = reference
        .glyph_metrics(
            skrifa::instance::Size::unscaled(),
            skrifa::instance::LocationRef::default(),
        )
        .glyph_count()
        .min(65_535);
    let font = krilla::text::Font::new(face.shared_data().into(), face.index())?;
    let as_paths = face.id() >= FIRST_FOREIGN_ID && !embeds(&font);
    Some(PdfFont {
        font,
        glyphs,
        as_paths,
    })
}

/// Whether the PDF library can subset a face: it tells so only when a document ends, when it is too late.
fn embeds(font: &krilla::text::Font) -> bool {
    let mut document = krilla::Document::new();
    let mut page = document.start_page();
    let mut surface = page.surface();
    let glyph = krilla::text::KrillaGlyph::new(
        krilla::text::GlyphId::new(1),
        0.5,
        0.0,
        0.0,
        0.0,
        0..1,
        None,
    );
    surface.draw_glyphs(
        krilla::geom::Point::from_xy(10.0, 10.0),
        &[glyph],
        font.clone(),
        "a",
        10.0,
        false,
    );
    surface.finish();
    page.finish();
    document.finish().is_ok()
}
