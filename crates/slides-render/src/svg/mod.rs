//! Pages as SVG: shapes as paths, pictures once each, text as text or as outlines.
//!
//! What SVG has no means for (effects, gradients along rectangles) is a picture, drawn by the rasteriser as in the PDF.

mod canvas;
pub(crate) mod markup;
mod pictures;
#[cfg(test)]
mod tests;
mod text;
mod webfont;

use std::fmt::Write as _;
use std::ops::Range;

use slides_scene::{LinkTarget, Motion, Page};

use crate::error::{RenderError, Warning};
use crate::geometry::clean_rect;
use crate::limits::Limits;
use crate::plain::clean_uri;
use crate::raster::{Shared, page_size};
use crate::walk::{Budget, walk};

use canvas::SvgCanvas;
use markup::{escape, number, numbers};
use pictures::Pictures;
pub use pictures::SideFile;
use webfont::WebFonts;

/// How text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SvgText {
    /// As text in the families of the faces; a reader's machine that lacks one shows another.
    #[default]
    Named,
    /// As text, with the glyphs in use embedded.
    Embedded,
    /// As paths.
    Outlines,
}

/// Settings of an [`SvgWriter`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SvgOptions {
    /// How text is written.
    pub text: SvgText,
    /// Resolution in dots per inch that pictures are reduced to; none keeps them as they are.
    pub max_image_dpi: Option<f64>,
    /// Quality of JPEG pictures that have to be coded again, 1 to 100.
    pub jpeg_quality: u8,
    /// Whether what is not seen of pictures is cut away.
    pub cut_pictures: bool,
    /// Resolution in dots per inch of raster effects.
    pub effect_dpi: f64,
    /// Width and height of the document in CSS pixels; absent ones follow from the page.
    pub size: (Option<u32>, Option<u32>),
    /// Numbers of the slides that links may lead to; each has the id `slide-N`. Empty where each slide is a file of
    /// its own: such links are then left out.
    pub slides: Vec<u32>,
    /// Folder for pictures beside the document; none embeds them.
    pub picture_folder: Option<String>,
    /// Begins the names of pictures beside the document, where several documents share a folder.
    pub picture_prefix: String,
    /// Limits.
    pub limits: Limits,
    /// Begins each id.
    pub(crate) id_prefix: String,
}

impl Default for SvgOptions {
    fn default() -> Self {
        Self {
            text: SvgText::default(),
            max_image_dpi: None,
            jpeg_quality: 95,
            cut_pictures: false,
            effect_dpi: 150.0,
            size: (None, None),
            slides: Vec::new(),
            picture_folder: None,
            picture_prefix: String::new(),
            limits: Limits::default(),
            id_prefix: String::new(),
        }
    }
}

/// What a document gathers while its pages are written.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) options: SvgOptions,
    pub(crate) shared: Shared,
    fonts: WebFonts,
    pictures: Pictures,
    ids: usize,
}

impl Document {
    pub(crate) fn new(options: SvgOptions) -> Self {
        Self {
            shared: Shared::new(options.limits.clone()),
            options,
            fonts: WebFonts::default(),
            pictures: Pictures::default(),
            ids: 0,
        }
    }

    fn id(&mut self) -> String {
        self.ids += 1;
        format!("{}i{}", self.options.id_prefix, self.ids)
    }

    /// `@font-face` rules of what was written so far.
    pub(crate) fn font_css(&self) -> String {
        self.fonts.css()
    }

    /// Files beside the document made since they were last taken.
    pub(crate) fn take_files(&mut self) -> Vec<SideFile> {
        std::mem::take(&mut self.pictures.files)
    }

    /// A page's content, without the `svg` element around it, to `out`.
    pub(crate) fn content(&mut self, page: &Page, out: &mut String) -> Result<(), RenderError> {
        self.moving_content(page, &[], out)
    }

    /// A page's content with groups around what appears.
    pub(crate) fn moving_content(
        &mut self,
        page: &Page,
        entrances: &[(Range<usize>, Motion)],
        out: &mut String,
    ) -> Result<(), RenderError> {
        self.shared.begin_page(page.number);
        self.pictures.begin_page();
        let limits = self.options.limits.clone();
        let size = page_size(page);
        out.push_str("<rect");
        numbers(out, &[("width", size.width), ("height", size.height)]);
        out.push_str(" fill=\"#ffffff\"/>");
        let mut budget = Budget::new(&limits);
        let mut is_over = false;
        for (ops, classes) in crate::motion::groups(page, entrances) {
            if let Some(classes) = &classes {
                let _ = write!(out, "<g class=\"{classes}\">");
            }
            let mut canvas = SvgCanvas::new(self, out, size);
            walk(ops, &mut canvas, &limits, &mut budget);
            is_over |= canvas.is_over();
            if classes.is_some() {
                out.push_str("</g>");
            }
        }
        if is_over || out.len() as u64 > limits.max_document_bytes {
            return Err(RenderError::TooManyBytes {
                page: page.number,
                limit: limits.max_document_bytes,
            });
        }
        self.links(page, out);
        Ok(())
    }

    fn links(&mut self, page: &Page, out: &mut String) {
        let whole = kurbo::Rect::from_origin_size((0.0, 0.0), page_size(page));
        for link in &page.links {
            let Some(area) = clean_rect(link.rect)
                .map(|area| area.intersect(whole))
                .filter(|area| area.width() > 0.0 && area.height() > 0.0)
            else {
                continue;
            };
            let target = match &link.target {
                LinkTarget::Uri(uri) => clean_uri(uri).map(|uri| (uri, true)),
                LinkTarget::Slide(slide) if self.options.slides.contains(slide) => {
                    Some((format!("#slide-{slide}"), false))
                }
                LinkTarget::Slide(_) => {
                    if self.options.slides.is_empty() {
                        self.shared.warnings.add(
                            "link",
                            "links between slides were left out: each slide is a file of its own",
                        );
                    }
                    None
                }
            };
            let Some((address, outside)) = target else {
                continue;
            };
            out.push_str("<a xlink:href=\"");
            escape(out, &address);
            out.push_str("\" href=\"");
            escape(out, &address);
            out.push_str(if outside {
                "\" target=\"_blank\" rel=\"noopener noreferrer\">"
            } else {
                "\">"
            });
            out.push_str("<rect");
            numbers(
                out,
                &[
                    ("x", area.x0),
                    ("y", area.y0),
                    ("width", area.width()),
                    ("height", area.height()),
                ],
            );
            out.push_str(" fill=\"#000000\" fill-opacity=\"0\"/></a>");
        }
    }
}

/// ` viewBox="0 0 w h"`.
pub(crate) fn view_box(out: &mut String, page: &Page) {
    let size = page_size(page);
    out.push_str(" viewBox=\"0 0 ");
    number(out, size.width);
    out.push(' ');
    number(out, size.height);
    out.push('"');
}

/// Style of all text: kerning and ligatures are the layout's business.
pub(crate) const TEXT_STYLE: &str = "text{white-space:pre;font-kerning:none;font-variant-ligatures:none;text-rendering:geometricPrecision}image{image-orientation:none}";

/// Writes pages as SVG files. Keeps glyph outlines from page to page, so use one for a deck (or one for each thread).
#[derive(Debug)]
pub struct SvgWriter {
    document: Document,
}

impl SvgWriter {
    /// A writer with these settings.
    pub fn new(options: SvgOptions) -> Self {
        Self {
            document: Document::new(options),
        }
    }

    /// Writes a page; the same page and settings give the same bytes.
    ///
    /// # Errors
    ///
    /// [`RenderError::TooManyBytes`] when the file passes [`Limits::max_document_bytes`].
    pub fn page(&mut self, page: &Page) -> Result<Vec<u8>, RenderError> {
        // A file holds what it shows, whatever came before it.
        self.document.fonts = WebFonts::default();
        self.document.pictures = Pictures::default();
        self.document.ids = 0;
        let mut content = String::new();
        self.document.content(page, &mut content)?;
        let mut out = String::with_capacity(content.len() + 1024);
        out.push_str(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"",
        );
        let size = page_size(page);
        let (width, height) = match self.document.options.size {
            (Some(width), Some(height)) => (f64::from(width), f64::from(height)),
            (Some(width), None) => {
                let width = f64::from(width);
                (width, width * size.height / size.width)
            }
            (None, Some(height)) => {
                let height = f64::from(height);
                (height * size.width / size.height, height)
            }
            (None, None) => (size.width / 0.75, size.height / 0.75),
        };
        numbers(&mut out, &[("width", width), ("height", height)]);
        view_box(&mut out, page);
        // Both sides given: the page is stretched to them, as pictures are.
        if self.document.options.size.0.is_some() && self.document.options.size.1.is_some() {
            out.push_str(" preserveAspectRatio=\"none\"");
        }
        if let Some(language) = &page.language {
            out.push_str(" xml:lang=\"");
            escape(&mut out, &crate::plain::language(language));
            out.push('"');
        }
        out.push_str(" xml:space=\"preserve\">");
        if let Some(title) = &page.title {
            out.push_str("<title>");
            escape(&mut out, &crate::plain::plain_title(title));
            out.push_str("</title>");
        }
        out.push_str("<style>");
        out.push_str(TEXT_STYLE);
        out.push_str(&self.document.font_css());
        out.push_str("</style>");
        out.push_str(&content);
        out.push_str("</svg>\n");
        Ok(out.into_bytes())
    }

    /// What was drawn differently so far.
    pub fn warnings(&self) -> &[Warning] {
        self.document.shared.warnings.list()
    }
}
