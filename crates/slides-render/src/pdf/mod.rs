//! Pages to PDF.
mod canvas;
mod fonts;
mod links;
mod opaque;
mod pictures;
mod prefetch;
mod protect;
mod structure;

use std::collections::BTreeMap;

use krilla::tagging::TagTree;
use kurbo::Affine;
use slides_scene::Page;

use crate::error::{RenderError, Warning};
use crate::limits::Limits;
use crate::picture::Pixels;
use crate::plain;
use crate::raster::{RasterOptions, Rasterizer, Shared, page_size};
use crate::walk::{Budget, walk};

use canvas::{Mode, PdfCanvas};
use fonts::Fonts;
use pictures::Pictures;
pub use prefetch::{PicturePrefetch, PrefetchWorker, ReadyPictures};
use structure::{PageLink, Structure};

pub use protect::{PdfPermissions, PdfProtection};

/// Longest side of a PDF page in points (PDF 1.6 and later, annex C.2); larger pages are scaled down.
const MAX_SIDE: f64 = 14_400.0;
/// Shortest side in points.
const MIN_SIDE: f64 = 3.0;
/// Resolution of a page that has to be one picture.
const FLAT_DPI: f64 = 200.0;
/// Longest side of such a picture in pixels.
const MAX_FLAT_SIDE: f64 = 6000.0;
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

/// A standard that narrows PDF down (ISO 19005 for PDF/A, ISO 14289 for PDF/UA).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PdfConformance {
    /// PDF/A-1a.
    A1a,
    /// PDF/A-1b.
    A1b,
    /// PDF/A-2a.
    A2a,
    /// PDF/A-2b.
    A2b,
    /// PDF/A-2u.
    A2u,
    /// PDF/A-3a.
    A3a,
    /// PDF/A-3b.
    A3b,
    /// PDF/UA-1.
    Ua1,
}

impl PdfConformance {
    /// Whether nothing may be seen through anything.
    fn is_opaque(self) -> bool {
        matches!(self, Self::A1a | Self::A1b)
    }

    /// Whether structure, language and descriptions have to be there.
    fn is_accessible(self) -> bool {
        matches!(self, Self::A1a | Self::A2a | Self::A3a | Self::Ua1)
    }

    fn validator(self) -> krilla::configure::Validator {
        use krilla::configure::{Accessibility, Archival};
        match self {
            Self::A1a => Archival::A1_A.into(),
            Self::A1b => Archival::A1_B.into(),
            Self::A2a => Archival::A2_A.into(),
            Self::A2b => Archival::A2_B.into(),
            Self::A2u => Archival::A2_U.into(),
            Self::A3a => Archival::A3_A.into(),
            Self::A3b => Archival::A3_B.into(),
            Self::Ua1 => Accessibility::UA1.into(),
        }
    }
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
    /// Version of the format; 1.7 by default. A standard in [`Self::conformance`] brings its own.
    pub version: PdfVersion,
    /// Standard to keep to; none by default.
    pub conformance: Option<PdfConformance>,
    /// Open password and permissions; none by default. No PDF/A may have them.
    pub protection: Option<PdfProtection>,
    /// Whether the logical structure is written, for screen readers and reflow; yes by default.
    pub tagged: bool,
    /// Whether text and drawing are compressed; yes by default.
    pub compress: bool,
    /// Quality 1..=100 of JPEG pictures that have to be coded again (cropped or recoloured ones); 95 by default.
    pub jpeg_quality: u8,
    /// Title of the document.
    pub title: Option<String>,
    /// Its author.
    pub author: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// Its key words.
    pub keywords: Vec<String>,
    /// Its language as a BCP 47 tag; by default what most pages say.
    pub language: Option<String>,
    /// When it was made; left out by default, so that the same deck gives the same bytes. PDF/A has to have one: the
    /// start of 2000 stands in.
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
            conformance: None,
            protection: None,
            tagged: true,
            compress: true,
            jpeg_quality: 95,
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

/// What a page is scaled by to be no larger than PDF allows, and whether it had to be.
fn page_scale(size: kurbo::Size) -> f64 {
    let longest = size.width.max(size.height);
    if longest > MAX_SIDE {
        MAX_SIDE / longest
    } else {
        1.0
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
    tags: TagTree,
    /// Pages by language.
    languages: BTreeMap<String, usize>,
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
        let mut builder = krilla::configure::ConfigurationBuilder::new();
        builder = match options.conformance {
            Some(standard) => builder.set_validator(standard.validator()),
            None => builder.with_version(version),
        };
        // One validator or one version is always a valid configuration.
        let configuration = builder.finish().unwrap_or_default();
        let settings = krilla::SerializeSettings {
            configuration,
            compress_content_streams: options.compress,
            enable_tagging: options.tagged
                || options
                    .conformance
                    .is_some_and(PdfConformance::is_accessible),
            ..krilla::SerializeSettings::default()
        };
        let shared = Shared::new(options.limits.clone());
        Self {
            document: krilla::Document::new_with(settings),
            shared,
            fonts: Fonts::default(),
            pictures: Pictures::new(&options),
            options,
            written: Vec::new(),
            titles: Vec::new(),
            linked: Vec::new(),
            tags: TagTree::new(),
            languages: BTreeMap::new(),
        }
    }

    /// Adds a page.
    ///
    /// # Errors
    ///
    /// [`RenderError::Pdf`] when the page has no usable size.
    pub fn page(&mut self, page: &Page) -> Result<(), RenderError> {
        self.page_with(page, ReadyPictures::default())
    }

    /// Adds a page whose pictures were made ready by a [`PicturePrefetch`]; those that were not are decoded here.
    ///
    /// # Errors
    ///
    /// [`RenderError::Pdf`] when the page has no usable size.
    pub fn page_with(&mut self, page: &Page, mut ready: ReadyPictures) -> Result<(), RenderError> {
        let index = self.written.len();
        self.shared.warnings.set_page(page.number);
        self.shared.bring_effects(ready.take_effects());
        self.pictures.begin_page(ready);
        let size = page_size(page);
        let scale = page_scale(size);
        if scale < 1.0 {
            self.shared.warnings.add("page", format!("a page of {:.0} x {:.0} points was scaled to the {MAX_SIDE} points that PDF allows", size.width, size.height));
        }
        let (width, height) = (
            (size.width * scale).max(MIN_SIDE),
            (size.height * scale).max(MIN_SIDE),
        );
        let settings = krilla::page::PageSettings::from_wh(width as f32, height as f32)
            .ok_or_else(|| RenderError::Pdf {
                message: format!("page {} has no usable size", page.number),
            })?;
        self.written.push(page.number);
        let tagged = self.options.tagged
            || self
                .options
                .conformance
                .is_some_and(PdfConformance::is_accessible);
        let language = page
            .language
            .as_deref()
            .map(plain::language)
            .filter(|tag| !tag.is_empty());
        if let Some(language) = &language {
            *self.languages.entry(language.clone()).or_default() += 1;
        }
        let opaque = self
            .options
            .conformance
            .is_some_and(PdfConformance::is_opaque)
            && opaque::is_translucent(page, &mut self.shared);
        let flat = if opaque {
            Some(self.flatten(page, size)?)
        } else {
            None
        };
        let mut areas = Vec::new();
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
                    if tagged {
                        areas.push(PageLink {
                            rect: link.rect.scale_from_origin(scale),
                            annotation: Some(pdf_page.add_tagged_annotation(annotation)),
                        });
                    } else {
                        pdf_page.add_annotation(annotation);
                    }
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
            let accessible = self
                .options
                .conformance
                .is_some_and(PdfConformance::is_accessible);
            let missing_alt = accessible.then(|| format!("Picture on slide {}", page.number));
            let mut canvas = PdfCanvas::new(
                &mut surface,
                &mut self.shared,
                &mut self.fonts,
                &mut self.pictures,
                &self.options,
                base,
                size,
                Structure::new(tagged, areas, missing_alt),
                if flat.is_some() {
                    Mode::Beneath
                } else {
                    Mode::All
                },
            );
            walk(&page.ops, &mut canvas, &self.options.limits, budget);
            if let Some(flat) = &flat {
                canvas.cover_page(flat, size);
            }
            let (tags, missing) = canvas.finish(language.as_deref());
            if let Some(tags) = tags {
                self.tags.push(tags);
            }
            if missing && accessible {
                self.shared.warnings.add(
                    "alternative text",
                    "a picture without a description was given its slide's number",
                );
            }
            if pushed {
                surface.pop();
            }
            surface.finish();
        }
        pdf_page.finish();
        self.pictures.end_page();
        let title = page
            .title
            .as_deref()
            .map(plain::plain_title)
            .filter(|title| !title.is_empty())
            // PDF/UA has to have an outline.
            .or_else(|| {
                (self.options.conformance == Some(PdfConformance::Ua1))
                    .then(|| format!("Slide {}", page.number))
            });
        if self.options.outline
            && let Some(title) = title
        {
            self.titles
                .push((index, title.chars().take(MAX_TITLE).collect()));
        }
        Ok(())
    }

    /// The page as one picture on white.
    fn flatten(&mut self, page: &Page, size: kurbo::Size) -> Result<Pixels, RenderError> {
        self.shared.warnings.add(
            "transparency",
            "the page is translucent, which PDF/A-1 forbids: it was drawn as a picture over its text",
        );
        let options = RasterOptions {
            background: Some(slides_scene::Rgba::WHITE),
            limits: self.options.limits.clone(),
        };
        let longest = size.width.max(size.height);
        let scale = (FLAT_DPI / 72.0).min(MAX_FLAT_SIDE / longest);
        let side = |length: f64| (length * scale).round().clamp(1.0, MAX_FLAT_SIDE) as u32;
        let pixmap = Rasterizer::new(options).page(page, side(size.width), side(size.height))?;
        Ok(Pixels {
            width: pixmap.width(),
            height: pixmap.height(),
            rgba: pixmap.into_rgba(),
            opaque: true,
        })
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
        if self.options.language.is_none() {
            // Of equally frequent languages the first by name.
            let most = self.languages.iter().rev().max_by_key(|(_, pages)| **pages);
            self.options.language = most.map(|(language, _)| language.clone()).or_else(|| {
                let accessible = self
                    .options
                    .conformance
                    .is_some_and(PdfConformance::is_accessible);
                accessible.then(|| "en-US".to_owned())
            });
        }
        if self.options.conformance.is_some() {
            self.options.created.get_or_insert(DateTime {
                year: 2000,
                month: 1,
                day: 1,
                hour: 0,
                minute: 0,
                second: 0,
            });
            self.options
                .title
                .get_or_insert_with(|| "Slides".to_owned());
        }
        self.document.set_metadata(metadata(&self.options));
        self.tags.lang.clone_from(&self.options.language);
        self.document.set_tag_tree(self.tags);
        let bytes = self.document.finish().map_err(|error| RenderError::Pdf {
            message: describe(&error),
        })?;
        match &self.options.protection {
            Some(protection) => protect::encrypt(&bytes, protection),
            None => Ok(bytes),
        }
    }
}

/// What the PDF library says, with the reasons that a standard gives.
fn describe(error: &krilla::error::KrillaError) -> String {
    let krilla::error::KrillaError::Validation(errors) = error else {
        return error.to_string();
    };
    let mut reasons: Vec<String> = errors
        .iter()
        .map(|(error, _)| {
            let debug = format!("{error:?}");
            // The variant's name says it; what follows may be a whole font.
            debug
                .split(['(', ' '])
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    reasons.sort();
    reasons.dedup();
    reasons.truncate(8);
    format!(
        "it does not keep to the standard asked for ({})",
        reasons.join(", ")
    )
}

fn metadata(options: &PdfOptions) -> krilla::metadata::Metadata {
    let mut metadata = krilla::metadata::Metadata::new()
        .producer(concat!("Slides ", env!("CARGO_PKG_VERSION")).to_owned());
    if let Some(title) = &options.title {
        metadata = metadata.title(plain::plain_title(title));
    }
    if let Some(author) = &options.author {
        metadata = metadata.authors(vec![plain::plain_title(author)]);
    }
    if let Some(subject) = &options.subject {
        metadata = metadata.description(plain::plain_title(subject));
    }
    if !options.keywords.is_empty() {
        metadata = metadata.keywords(
            options
                .keywords
                .iter()
                .map(|word| plain::plain_title(word))
                .collect(),
        );
    }
    if let Some(language) = &options.language {
        metadata = metadata.language(plain::language(language));
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
