//! Pages to PDF.
mod canvas;
mod fonts;
mod links;
mod pictures;

use kurbo::Affine;
use slides_scene::Page;

use crate::error::{RenderError, Warning};
use crate::limits::Limits;
use crate::raster::{Shared, page_size};
use crate::walk::{Budget, walk};

use canvas::PdfCanvas;
use fonts::Fonts;
use pictures::Pictures;

/// Longest side of a PDF page in points (PDF 1.6 and later, annex C.2); larger pages are scaled down.
const MAX_SIDE: f64 = 14_400.0;
/// Shortest side in points.
const MIN_SIDE: f64 = 3.0;
/// Characters of a title in the outline.
const MAX_TITLE: usize = 512;

/// Version of the PDF format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PdfVersion {
    /// PDF 1.4.
    V1_4,
    /// PDF 1.5.
    V1_5,
    /// PDF 1.6.
    V1_6,
    /// PDF 1.7.
    #[default]
    V1_7,
    /// PDF 2.0.
    V2_0,
}

/// A moment in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// Year.
    pub year: u16,
    /// Month, 1..=12.
    pub month: u8,
    /// Day, 1..=31.
    pub day: u8,
    /// Hour.
    pub hour: u8,
    /// Minute.
    pub minute: u8,
    /// Second.
    pub second: u8,
}

/// Settings of a [`PdfWriter`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PdfOptions {
    /// Version of the format; 1.7 by default.
    pub version: PdfVersion,
    /// Title of the document.
    pub title: Option<String>,
    /// Its author.
    pub author: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// Its key words.
    pub keywords: Vec<String>,
    /// Its language as a BCP 47 tag.
    pub language: Option<String>,
    /// When it was made; left out by default, so that the same deck gives the same bytes.
    pub created: Option<DateTime>,
    /// Numbers of the slides that will be written, in order. Links between slides work only for slides named here
    /// or already written.
    pub slides: Vec<u32>,
    /// Whether page titles make an outline; yes by default.
    pub outline: bool,
    /// Whether links are written; yes by default.
    pub links: bool,
    /// Pictures that are not JPEG are averaged down to this at the size they are drawn at; `None` keeps all their
    /// pixels. 220 by default, as PowerPoint's own.
    pub max_image_dpi: Option<f64>,
    /// Resolution of shadows and other effects that have to be pictures; 150 by default.
    pub effect_dpi: f64,
    /// Limits.
    pub limits: Limits,
}

impl Default for PdfOptions {
    fn default() -> Self {
        Self {
            version: PdfVersion::default(),
            title: None,
            author: None,
            subject: None,
            keywords: Vec::new(),
            language: None,
            created: None,
            slides: Vec::new(),
            outline: true,
            links: true,
            max_image_dpi: Some(220.0),
            effect_dpi: 150.0,
            limits: Limits::default(),
        }
    }
}

/// Writes a PDF page by page. Each page is reduced to its PDF content at once; what stays in memory is the growing file.
pub struct PdfWriter {
    document: krilla::Document,
    options: PdfOptions,
    shared: Shared,
    fonts: Fonts,
    pictures: Pictures,
    written: Vec<u32>,
    titles: Vec<(usize, String)>,
    linked: Vec<(usize, u32)>,
}

impl std::fmt::Debug for PdfWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PdfWriter")
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

impl PdfWriter {
    /// An empty document.
    pub fn new(options: PdfOptions) -> Self {
        let version = match options.version {
            PdfVersion::V1_4 => krilla::configure::PdfVersion::Pdf14,
            PdfVersion::V1_5 => krilla::configure::PdfVersion::Pdf15,
            PdfVersion::V1_6 => krilla::configure::PdfVersion::Pdf16,
            PdfVersion::V1_7 => krilla::configure::PdfVersion::Pdf17,
            PdfVersion::V2_0 => krilla::configure::PdfVersion::Pdf20,
        };
        // Without a validator each version is a valid configuration.
        let configuration = krilla::configure::ConfigurationBuilder::new()
            .with_version(version)
            .finish()
            .unwrap_or_default();
        // Structure is not written yet: `Op::Tag` is where it will come from.
        let settings = krilla::SerializeSettings {
            configuration,
            enable_tagging: false,
            ..krilla::SerializeSettings::default()
        };
        let shared = Shared::new(options.limits.clone());
        Self {
            document: krilla::Document::new_with(settings),
            options,
            shared,
            fonts: Fonts::default(),
            pictures: Pictures::default(),
            written: Vec::new(),
            titles: Vec::new(),
            linked: Vec::new(),
        }
    }

    /// Adds a page.
    ///
    /// # Errors
    ///
    /// [`RenderError::Pdf`] when the page has no usable size.
    pub fn page(&mut self, page: &Page) -> Result<(), RenderError> {
        let index = self.written.len();
        self.shared.warnings.set_page(page.number);
        let size = page_size(page);
        let longest = size.width.max(size.height);
        let scale = if longest > MAX_SIDE {
            self.shared.warnings.add("page", format!("a page of {:.0} x {:.0} points was scaled to the {MAX_SIDE} points that PDF allows", size.width, size.height));
            MAX_SIDE / longest
        } else {
            1.0
        };
        let (width, height) = (
            (size.width * scale).max(MIN_SIDE),
            (size.height * scale).max(MIN_SIDE),
        );
        let settings = krilla::page::PageSettings::from_wh(width as f32, height as f32)
            .ok_or_else(|| RenderError::Pdf {
                message: format!("page {} has no usable size", page.number),
            })?;
        self.written.push(page.number);
        let mut pdf_page = self.document.start_page_with(settings);
        if self.options.links {
            for link in &page.links {
                let planned = if self.options.slides.is_empty() {
                    &self.written
                } else {
                    &self.options.slides
                };
                if let Some((annotation, target)) = links::annotation(link, scale, size, planned) {
                    self.linked.extend(target);
                    pdf_page.add_annotation(annotation);
                }
            }
        }
        {
            let mut surface = pdf_page.surface();
            let base = Affine::scale(scale);
            let pushed = scale != 1.0;
            if pushed {
                surface.push_transform(&canvas::transform(base));
            }
            let budget = &mut Budget::new(&self.options.limits);
            let mut canvas = PdfCanvas::new(
                &mut surface,
                &mut self.shared,
                &mut self.fonts,
                &mut self.pictures,
                &self.options,
                base,
                size,
            );
            walk(&page.ops, &mut canvas, &self.options.limits, budget);
            if pushed {
                surface.pop();
            }
            surface.finish();
        }
        pdf_page.finish();
        if self.options.outline
            && let Some(title) = page
                .title
                .as_deref()
                .map(links::plain_title)
                .filter(|title| !title.is_empty())
        {
            self.titles
                .push((index, title.chars().take(MAX_TITLE).collect()));
        }
        Ok(())
    }

    /// Numbers of the slides written so far.
    pub fn written(&self) -> &[u32] {
        &self.written
    }

    /// What was drawn differently so far.
    pub fn warnings(&self) -> &[Warning] {
        self.shared.warnings.list()
    }

    /// The file.
    ///
    /// # Errors
    ///
    /// [`RenderError::MissingPage`] when a link leads to a slide of [`PdfOptions::slides`] that was not written,
    /// [`RenderError::Pdf`] when the file cannot be assembled.
    pub fn finish(mut self) -> Result<Vec<u8>, RenderError> {
        if let Some((_, slide)) = self
            .linked
            .iter()
            .find(|(index, _)| *index >= self.written.len())
        {
            return Err(RenderError::MissingPage { slide: *slide });
        }
        if self.written.is_empty() {
            return Err(RenderError::Pdf {
                message: "no page was written".to_owned(),
            });
        }
        if !self.titles.is_empty() {
            let mut outline = krilla::outline::Outline::new();
            for (index, title) in std::mem::take(&mut self.titles) {
                let target = krilla::destination::XyzDestination::new(
                    index,
                    krilla::geom::Point::from_xy(0.0, 0.0),
                );
                outline.push_child(krilla::outline::OutlineNode::new(title, target));
            }
            self.document.set_outline(outline);
        }
        self.document.set_metadata(metadata(&self.options));
        self.document.finish().map_err(|error| RenderError::Pdf {
            message: error.to_string(),
        })
    }
}

fn metadata(options: &PdfOptions) -> krilla::metadata::Metadata {
    let mut metadata = krilla::metadata::Metadata::new()
        .producer(concat!("Slides ", env!("CARGO_PKG_VERSION")).to_owned());
    if let Some(title) = &options.title {
        metadata = metadata.title(links::plain_title(title));
    }
    if let Some(author) = &options.author {
        metadata = metadata.authors(vec![links::plain_title(author)]);
    }
    if let Some(subject) = &options.subject {
        metadata = metadata.description(links::plain_title(subject));
    }
    if !options.keywords.is_empty() {
        metadata = metadata.keywords(
            options
                .keywords
                .iter()
                .map(|word| links::plain_title(word))
                .collect(),
        );
    }
    if let Some(language) = &options.language {
        metadata = metadata.language(
            language
                .chars()
                .filter(|ch| ch.is_ascii_alphanumeric() || *ch == '-')
                .take(35)
                .collect(),
        );
    }
    if let Some(at) = options.created {
        let date = krilla::metadata::DateTime::new(at.year)
            .month(at.month)
            .day(at.day)
            .hour(at.hour)
            .minute(at.minute)
            .second(at.second);
        metadata = metadata.creation_date(date.utc_offset_hour(0).utc_offset_minute(0));
    }
    metadata
}

#[cfg(test)]
mod tests;
