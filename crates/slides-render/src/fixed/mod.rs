//! Pages as the fixed markup that XPS and WPF's XAML share: canvases, paths with brushes, glyphs of embedded fonts.
//!
//! What it has no means for (effects, gradients along rectangles) is a picture, drawn by the rasteriser as in the PDF.
//! It has no blending of layers but opacity.

mod canvas;
mod fonts;
mod markup;
mod pictures;
mod text;

use std::collections::BTreeSet;

use kurbo::{Affine, Rect};
use slides_fonts::Face;
use slides_scene::{LinkTarget, Page};

use crate::error::RenderError;
use crate::geometry::{clean_rect, rect_path};
use crate::limits::Limits;
use crate::plain::clean_uri;
use crate::raster::{Shared, page_size};
use crate::svg::SideFile;
use crate::svg::markup::escape;
use crate::walk::{Budget, walk};

use canvas::FixedCanvas;
use fonts::Fonts;
pub(crate) use markup::attribute;
use pictures::Pictures;

/// Points to the unit of the format, 1/96 inch.
const UNITS: f64 = 96.0 / 72.0;

/// Where a document's files lie, and what its reader knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Parts of one package; fonts are obfuscated, areas lead to addresses.
    Xps,
    /// Files beside the markup, in this folder.
    Xaml { folder: &'static str },
}

impl Dialect {
    /// The name of a picture, as the markup has it.
    fn picture(self, number: usize, extension: &str) -> String {
        match self {
            Self::Xps => format!("/Resources/Images/{number}.{extension}"),
            Self::Xaml { folder } => format!("{folder}/picture{number}.{extension}"),
        }
    }
}

/// What a document gathers while its pages are written.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) dialect: Dialect,
    pub(crate) shared: Shared,
    pub(crate) effect_dpi: f64,
    /// Numbers of the slides that links may lead to.
    pub(crate) slides: Vec<u32>,
    fonts: Fonts,
    pictures: Pictures,
    /// Names of what the page shows.
    used: BTreeSet<String>,
}

/// A page's markup and the names of the files that it shows.
pub(crate) struct Content {
    pub(crate) markup: String,
    pub(crate) used: BTreeSet<String>,
}

impl Document {
    pub(crate) fn new(dialect: Dialect, slides: Vec<u32>, effect_dpi: f64, limits: Limits) -> Self {
        Self {
            dialect,
            shared: Shared::new(limits),
            effect_dpi,
            slides,
            fonts: Fonts::new(dialect),
            pictures: Pictures::default(),
            used: BTreeSet::new(),
        }
    }

    /// Size of a page in units of the format.
    pub(crate) fn size(page: &Page) -> (f64, f64) {
        let size = page_size(page);
        (size.width * UNITS, size.height * UNITS)
    }

    /// What a page shows, as one canvas.
    pub(crate) fn content(&mut self, page: &Page) -> Result<Content, RenderError> {
        self.shared.begin_page(page.number);
        self.pictures.begin_page();
        self.used = BTreeSet::new();
        let limits = self.shared.limits.clone();
        let mut out = String::from("<Canvas");
        markup::matrix(&mut out, "RenderTransform", Affine::scale(UNITS));
        out.push('>');
        let mut canvas = FixedCanvas::new(self, &mut out, page_size(page));
        walk(&page.ops, &mut canvas, &limits, &mut Budget::new(&limits));
        let is_over = canvas.is_over();
        if is_over || out.len() as u64 > limits.max_document_bytes {
            return Err(RenderError::TooManyBytes {
                page: page.number,
                limit: limits.max_document_bytes,
            });
        }
        self.links(page, &mut out);
        out.push_str("</Canvas>");
        Ok(Content {
            markup: out,
            used: std::mem::take(&mut self.used),
        })
    }

    /// Pictures made since they were last taken.
    pub(crate) fn take_pictures(&mut self) -> Vec<SideFile> {
        std::mem::take(&mut self.pictures.files)
    }

    /// The fonts of all pages.
    pub(crate) fn fonts(&self) -> Vec<SideFile> {
        self.fonts.files()
    }

    /// The font file of a face, and the numbers that its glyphs have there.
    fn note_font(
        &mut self,
        face: &Face,
        glyphs: &[(u32, Option<char>)],
    ) -> Option<(String, Vec<u16>)> {
        let (name, ids) = self.fonts.note(face, glyphs)?;
        self.used.insert(name.clone());
        Some((name, ids))
    }

    /// Areas over the page, unseen, that lead somewhere.
    fn links(&mut self, page: &Page, out: &mut String) {
        let whole = Rect::from_origin_size((0.0, 0.0), page_size(page));
        for link in &page.links {
            let Some(area) = clean_rect(link.rect)
                .map(|area| area.intersect(whole))
                .filter(|area| area.width() > 0.0 && area.height() > 0.0)
            else {
                continue;
            };
            let address = match &link.target {
                LinkTarget::Uri(uri) => clean_uri(uri),
                LinkTarget::Slide(slide) if self.slides.contains(slide) => {
                    Some(match self.dialect {
                        Dialect::Xps => format!("../FixedDocument.fdoc#slide{slide}"),
                        Dialect::Xaml { .. } => format!("#slide{slide}"),
                    })
                }
                LinkTarget::Slide(_) => None,
            };
            let Some(address) = address else {
                continue;
            };
            out.push_str("<Path Data=\"");
            markup::geometry(out, &rect_path(area));
            out.push_str("\" Fill=\"#00FFFFFF\"");
            match self.dialect {
                Dialect::Xps => attribute(out, "FixedPage.NavigateUri", &address),
                // A canvas leads nowhere by itself: who shows it finds the address here.
                Dialect::Xaml { .. } => {
                    attribute(out, "Tag", &address);
                    out.push_str(" Cursor=\"Hand\"");
                }
            }
            out.push_str("/>");
        }
    }
}

/// ` xml:lang="…"`, which the format asks for.
pub(crate) fn language(out: &mut String, tag: Option<&str>) {
    let tag = tag.map(crate::plain::language).unwrap_or_default();
    out.push_str(" xml:lang=\"");
    escape(out, if tag.is_empty() { "und" } else { &tag });
    out.push('"');
}
