//! Pages as an XPS document: a package of a page of fixed markup each, with the fonts and pictures that they share.

use std::fmt::Write as _;
use std::io::{self, Cursor, Write};

use slides_scene::Page;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::error::{RenderError, Warning};
use crate::fixed::{Content, Dialect, Document, attribute, language};
use crate::limits::Limits;
use crate::plain::plain_title;
use crate::svg::SideFile;
use crate::svg::markup::{escape, numbers};

const XPS: &str = "http://schemas.microsoft.com/xps/2005/06";
const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const DOCUMENT: &str = "Documents/1";
/// Extensions and content types of parts.
const TYPES: [(&str, &str); 9] = [
    ("fdoc", "application/vnd.ms-package.xps-fixeddocument+xml"),
    (
        "fdseq",
        "application/vnd.ms-package.xps-fixeddocumentsequence+xml",
    ),
    ("fpage", "application/vnd.ms-package.xps-fixedpage+xml"),
    ("jpg", "image/jpeg"),
    ("odttf", "application/vnd.ms-package.obfuscated-opentype"),
    ("png", "image/png"),
    (
        "rels",
        "application/vnd.openxmlformats-package.relationships+xml",
    ),
    (
        "struct",
        "application/vnd.ms-package.xps-documentstructure+xml",
    ),
    (
        "xml",
        "application/vnd.openxmlformats-package.core-properties+xml",
    ),
];

/// Settings of an [`XpsWriter`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct XpsOptions {
    /// The document's title.
    pub title: Option<String>,
    /// Its author.
    pub author: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// Words to find it by.
    pub keywords: Option<String>,
    /// When it was made: `2023-05-31T08:15:00Z`.
    pub created: Option<String>,
    /// Numbers of the slides that will be written: links between slides lead to these alone.
    pub slides: Vec<u32>,
    /// Resolution in dots per inch of raster effects.
    pub effect_dpi: f64,
    /// Limits.
    pub limits: Limits,
}

impl Default for XpsOptions {
    fn default() -> Self {
        Self {
            title: None,
            author: None,
            subject: None,
            keywords: None,
            created: None,
            slides: Vec::new(),
            effect_dpi: 150.0,
            limits: Limits::default(),
        }
    }
}

/// Writes pages into an XPS document, one after the other. The same pages and settings give the same bytes.
pub struct XpsWriter {
    document: Document,
    options: XpsOptions,
    zip: ZipWriter<Cursor<Vec<u8>>>,
    /// What the pages are called, their sizes and titles.
    pages: Vec<PageEntry>,
}

struct PageEntry {
    number: u32,
    size: (f64, f64),
    title: Option<String>,
    /// Whether a page of this number came before: pages that are more than slides may share one.
    again: bool,
}

impl std::fmt::Debug for XpsWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("XpsWriter")
            .field("options", &self.options)
            .field("pages", &self.pages.len())
            .finish_non_exhaustive()
    }
}

fn failed(source: io::Error) -> RenderError {
    RenderError::Package {
        format: "XPS",
        source,
    }
}

impl XpsWriter {
    /// A writer with these settings.
    pub fn new(options: XpsOptions) -> Self {
        let slides = options.slides.clone();
        let limits = options.limits.clone();
        Self {
            document: Document::new(Dialect::Xps, slides, options.effect_dpi, limits),
            options,
            zip: ZipWriter::new(Cursor::new(Vec::new())),
            pages: Vec::new(),
        }
    }

    /// Writes a page.
    ///
    /// # Errors
    ///
    /// [`RenderError::TooManyBytes`] when the page or what the document has so far passes
    /// [`Limits::max_document_bytes`].
    pub fn page(&mut self, page: &Page) -> Result<(), RenderError> {
        let Content { markup, used } = self.document.content(page)?;
        let number = self.pages.len() + 1;
        let size = Document::size(page);
        let again = self.pages.iter().any(|other| other.number == page.number);
        let mut out = format!("<FixedPage xmlns=\"{XPS}\"");
        numbers(&mut out, &[("Width", size.0), ("Height", size.1)]);
        language(&mut out, page.language.as_deref());
        if !again {
            attribute(&mut out, "Name", &format!("slide{}", page.number));
        }
        out.push('>');
        out.push_str(&markup);
        out.push_str("</FixedPage>");
        drop(markup);
        let mut relations = Relations::default();
        for name in &used {
            relations.add(&format!("{XPS}/required-resource"), name);
        }
        for picture in self.document.take_pictures() {
            self.file(&picture).map_err(failed)?;
        }
        self.part(&format!("{DOCUMENT}/Pages/{number}.fpage"), &out)
            .map_err(failed)?;
        if !used.is_empty() {
            let name = format!("{DOCUMENT}/Pages/_rels/{number}.fpage.rels");
            self.part(&name, &relations.finish()).map_err(failed)?;
        }
        self.pages.push(PageEntry {
            number: page.number,
            size,
            title: page.title.as_deref().map(plain_title),
            again,
        });
        self.check_size(page.number)
    }

    fn check_size(&self, page: u32) -> Result<(), RenderError> {
        let bytes = self.zip.get_ref().map_or(0, |out| out.get_ref().len());
        let limit = self.options.limits.max_document_bytes;
        if bytes as u64 > limit {
            return Err(RenderError::TooManyBytes { page, limit });
        }
        Ok(())
    }

    /// What the document holds beside its pages, and the whole of it.
    ///
    /// # Errors
    ///
    /// [`RenderError::TooManyBytes`] when it passes [`Limits::max_document_bytes`].
    pub fn finish(mut self) -> Result<Vec<u8>, RenderError> {
        for font in self.document.fonts() {
            self.file(&font).map_err(failed)?;
        }
        self.last_parts().map_err(failed)?;
        let last = self.pages.last().map_or(0, |page| page.number);
        self.check_size(last)?;
        let done = self.zip.finish().map_err(|error| failed(error.into()))?;
        Ok(done.into_inner())
    }

    /// What was drawn differently so far.
    pub fn warnings(&self) -> &[Warning] {
        self.document.shared.warnings.list()
    }

    /// A part of markup.
    fn part(&mut self, name: &str, markup: &str) -> io::Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, options)?;
        self.zip.write_all(DECLARATION.as_bytes())?;
        self.zip.write_all(markup.as_bytes())
    }

    fn file(&mut self, file: &SideFile) -> io::Result<()> {
        // Pictures are compressed in themselves.
        let method = if file.media_type.starts_with("image/") {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default().compression_method(method);
        self.zip.start_file(file.name.as_str(), options)?;
        self.zip.write_all(&file.bytes)
    }

    fn last_parts(&mut self) -> io::Result<()> {
        let mut fdoc = format!("<FixedDocument xmlns=\"{XPS}\">");
        for (at, page) in self.pages.iter().enumerate() {
            let _ = write!(fdoc, "<PageContent Source=\"Pages/{}.fpage\"", at + 1);
            numbers(
                &mut fdoc,
                &[("Width", page.size.0), ("Height", page.size.1)],
            );
            fdoc.push('>');
            if !page.again {
                let _ = write!(
                    fdoc,
                    "<PageContent.LinkTargets><LinkTarget Name=\"slide{}\"/></PageContent.LinkTargets>",
                    page.number
                );
            }
            fdoc.push_str("</PageContent>");
        }
        fdoc.push_str("</FixedDocument>");
        self.part(&format!("{DOCUMENT}/FixedDocument.fdoc"), &fdoc)?;
        if let Some(outline) = self.outline() {
            self.part(
                &format!("{DOCUMENT}/Structure/DocStructure.struct"),
                &outline,
            )?;
            let mut relations = Relations::default();
            relations.add(
                &format!("{XPS}/documentstructure"),
                &format!("/{DOCUMENT}/Structure/DocStructure.struct"),
            );
            let name = format!("{DOCUMENT}/_rels/FixedDocument.fdoc.rels");
            self.part(&name, &relations.finish())?;
        }
        let sequence = format!(
            "<FixedDocumentSequence xmlns=\"{XPS}\"><DocumentReference Source=\"{DOCUMENT}/FixedDocument.fdoc\"/></FixedDocumentSequence>"
        );
        self.part("FixedDocumentSequence.fdseq", &sequence)?;
        let core = self.properties();
        self.part("docProps/core.xml", &core)?;
        let mut relations = Relations::default();
        relations.add(
            &format!("{XPS}/fixedrepresentation"),
            "/FixedDocumentSequence.fdseq",
        );
        relations.add(
            &format!("{RELATIONSHIPS}/metadata/core-properties"),
            "/docProps/core.xml",
        );
        self.part("_rels/.rels", &relations.finish())?;
        let mut types = String::from(
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">",
        );
        for (extension, kind) in TYPES {
            let _ = write!(
                types,
                "<Default Extension=\"{extension}\" ContentType=\"{kind}\"/>"
            );
        }
        types.push_str("</Types>");
        self.part("[Content_Types].xml", &types)
    }

    /// The slides by their titles; none where no slide has one.
    fn outline(&self) -> Option<String> {
        let mut out = format!(
            "<DocumentStructure xmlns=\"{XPS}/documentstructure\"><DocumentStructure.Outline><DocumentOutline xml:lang=\"und\">"
        );
        let mut has_entries = false;
        for page in self.pages.iter().filter(|page| !page.again) {
            let Some(title) = page.title.as_deref().filter(|title| !title.is_empty()) else {
                continue;
            };
            has_entries = true;
            out.push_str("<OutlineEntry OutlineLevel=\"1\"");
            attribute(&mut out, "Description", title);
            let target = format!("../FixedDocument.fdoc#slide{}", page.number);
            attribute(&mut out, "OutlineTarget", &target);
            out.push_str("/>");
        }
        out.push_str("</DocumentOutline></DocumentStructure.Outline></DocumentStructure>");
        has_entries.then_some(out)
    }

    fn properties(&self) -> String {
        let mut out = format!(
            "<coreProperties xmlns=\"{}/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">",
            RELATIONSHIPS.trim_end_matches("/relationships")
        );
        let XpsOptions {
            title,
            author,
            subject,
            keywords,
            created,
            ..
        } = &self.options;
        for (name, value) in [
            ("dc:title", title),
            ("dc:creator", author),
            ("dc:subject", subject),
            ("keywords", keywords),
        ] {
            if let Some(value) = value
                .as_deref()
                .map(plain_title)
                .filter(|text| !text.is_empty())
            {
                let _ = write!(out, "<{name}>");
                escape(&mut out, &value);
                let _ = write!(out, "</{name}>");
            }
        }
        if let Some(created) = created {
            out.push_str("<dcterms:created xsi:type=\"dcterms:W3CDTF\">");
            escape(&mut out, created);
            out.push_str("</dcterms:created>");
        }
        out.push_str("</coreProperties>");
        out
    }
}

/// The relationships of one part.
#[derive(Default)]
struct Relations {
    out: String,
    count: usize,
}

impl Relations {
    fn add(&mut self, kind: &str, target: &str) {
        self.count += 1;
        let _ = write!(self.out, "<Relationship Id=\"R{}\"", self.count);
        attribute(&mut self.out, "Type", kind);
        attribute(&mut self.out, "Target", target);
        self.out.push_str("/>");
    }

    fn finish(self) -> String {
        format!(
            "<Relationships xmlns=\"{RELATIONSHIPS}\">{}</Relationships>",
            self.out
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;
    use std::sync::Arc;

    use slides_fonts::{FontBook, Style};
    use slides_scene::kurbo::{Point, Rect, Size};
    use slides_scene::{
        FillRule, GradientStop, ImageOp, Link, LinkTarget, Op, Paint, Rgba, StrokeStyle, Tag,
    };

    use super::*;
    use crate::picture::samples;

    fn page(number: u32, text: &str) -> Page {
        let face = FontBook::bundled().select("Arial", Style::default()).face;
        let run = crate::testing::run(&face, text, 10.0, 40.0, 20.0, false);
        let shape = Arc::new(crate::geometry::rect_path(Rect::new(5.0, 5.0, 60.0, 30.0)));
        let stop = |offset, color| GradientStop { offset, color };
        let stops = vec![stop(0.0, Rgba::BLACK), stop(1.0, Rgba::WHITE.with_alpha(8))];
        let image = samples::image("a", samples::png_of(2, 2, &[9; 16]));
        let mut picture = ImageOp::of_fill(&image, 0.5, &[]);
        picture.dst = Rect::new(20.0, 20.0, 40.0, 40.0);
        Page {
            size: Size::new(720.0, 405.0),
            number,
            title: Some(format!("<{text}>")),
            language: Some("de-DE".into()),
            ops: vec![
                Op::Tag(Tag::Figure(Some("a \"b\"".into()))),
                Op::Fill(
                    shape.clone(),
                    FillRule::NonZero,
                    Paint::Linear {
                        start: Point::new(0.0, 0.0),
                        end: Point::new(60.0, 0.0),
                        stops,
                    },
                ),
                Op::EndTag,
                Op::Stroke(
                    shape,
                    StrokeStyle {
                        dashes: vec![4.0, 2.0, 1.0],
                        ..StrokeStyle::new(2.0)
                    },
                    Paint::Solid(Rgba::BLACK),
                ),
                Op::Image(Box::new(picture)),
                Op::Text(Arc::new(run), Paint::Solid(Rgba::BLACK)),
            ],
            motion: None,
            links: vec![
                Link {
                    rect: Rect::new(0.0, 0.0, 50.0, 50.0),
                    target: LinkTarget::Slide(2),
                },
                Link {
                    rect: Rect::new(0.0, 50.0, 50.0, 99.0),
                    target: LinkTarget::Uri("https://example.org/?a&b".into()),
                },
                Link {
                    rect: Rect::new(0.0, 50.0, 50.0, 99.0),
                    target: LinkTarget::Uri("javascript:x".into()),
                },
            ],
        }
    }

    fn package() -> Vec<u8> {
        let mut writer = XpsWriter::new(XpsOptions {
            title: Some("A & B".into()),
            created: Some("2023-05-31T08:15:00Z".into()),
            slides: vec![1, 2],
            ..XpsOptions::default()
        });
        writer.page(&page(1, "eins {}")).unwrap();
        writer.page(&page(2, "zwei")).unwrap();
        writer.finish().unwrap()
    }

    fn parts(package: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
        let mut archive = zip::ZipArchive::new(Cursor::new(package)).unwrap();
        (0..archive.len())
            .map(|at| {
                let mut entry = archive.by_index(at).unwrap();
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).unwrap();
                (entry.name().unwrap().into_owned(), bytes)
            })
            .collect()
    }

    #[test]
    fn a_package_has_what_its_parts_name() {
        let bytes = package();
        assert_eq!(bytes, package());
        let parts = parts(bytes);
        let is_typed = |name: &str| {
            let extension = name.rsplit('.').next().unwrap();
            name == "[Content_Types].xml" || TYPES.iter().any(|(known, _)| *known == extension)
        };
        let mut named = Vec::new();
        for (name, bytes) in &parts {
            assert!(is_typed(name), "{name}");
            let extension = name.rsplit('.').next().unwrap();
            if matches!(extension, "png" | "jpg" | "odttf") {
                continue;
            }
            let text = std::str::from_utf8(bytes).unwrap();
            let document = roxmltree::Document::parse(text).unwrap_or_else(|error| {
                panic!("{name}: {error}");
            });
            if extension == "rels" {
                for relation in document.root_element().children() {
                    named.push(relation.attribute("Target").unwrap()[1..].to_owned());
                }
            }
        }
        for name in &named {
            assert!(parts.contains_key(name), "{name}");
        }
        // Fonts and pictures are required by each page that shows them.
        for page in [1, 2] {
            let text = std::str::from_utf8(&parts[&format!("Documents/1/Pages/{page}.fpage")]);
            let rels = &parts[&format!("Documents/1/Pages/_rels/{page}.fpage.rels")];
            let rels = std::str::from_utf8(rels).unwrap();
            let document = roxmltree::Document::parse(text.unwrap()).unwrap();
            let mut count = 0;
            for node in document.descendants() {
                for name in ["FontUri", "ImageSource"] {
                    if let Some(part) = node.attribute(name) {
                        assert!(rels.contains(&format!("Target=\"{part}\"")), "{part}");
                        count += 1;
                    }
                }
            }
            assert_eq!(count, 2);
        }
        assert_eq!(
            parts
                .keys()
                .filter(|name| name.starts_with("Resources/Images/"))
                .count(),
            1
        );
    }

    #[test]
    fn pages_have_text_links_and_titles() {
        let parts = parts(package());
        let text = |name: &str| String::from_utf8(parts[name].clone()).unwrap();
        let one = text("Documents/1/Pages/1.fpage");
        assert!(one.contains("UnicodeString=\"eins {}\""), "{one}");
        assert!(one.contains(" Width=\"960\" Height=\"540\" xml:lang=\"de-DE\" Name=\"slide1\""));
        assert!(one.contains("FixedPage.NavigateUri=\"../FixedDocument.fdoc#slide2\""));
        assert!(one.contains("FixedPage.NavigateUri=\"https://example.org/?a&amp;b\""));
        assert!(!one.contains("javascript"));
        assert!(one.contains("StrokeDashArray=\"2 1 .5 2 1 .5\""), "{one}");
        assert!(one.contains("AutomationProperties.Name=\"a &quot;b&quot;\""));
        assert!(one.contains("Color=\"#08FFFFFF\" Offset=\"1\""));
        let outline = text("Documents/1/Structure/DocStructure.struct");
        assert!(outline.contains(
            "Description=\"&lt;zwei&gt;\" OutlineTarget=\"../FixedDocument.fdoc#slide2\""
        ));
        let core = text("docProps/core.xml");
        assert!(core.contains("<dc:title>A &amp; B</dc:title>"));
        assert!(core.contains(">2023-05-31T08:15:00Z</dcterms:created>"));
    }

    #[test]
    fn text_that_is_set_right_to_left_is_read_in_its_order() {
        let face = FontBook::bundled().select("Arial", Style::default()).face;
        let mut page = page(1, "x");
        let run = crate::testing::run(&face, "שלום", 10.0, 40.0, 20.0, true);
        let right: f64 = run.glyphs.iter().map(|glyph| glyph.advance).sum::<f64>() + 10.0;
        page.ops = vec![Op::Text(Arc::new(run), Paint::Solid(Rgba::BLACK))];
        let mut writer = XpsWriter::new(XpsOptions::default());
        writer.page(&page).unwrap();
        let parts = parts(writer.finish().unwrap());
        let text = String::from_utf8(parts["Documents/1/Pages/1.fpage"].clone()).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let glyphs = document
            .descendants()
            .find(|node| node.has_tag_name((XPS, "Glyphs")))
            .unwrap();
        assert_eq!(glyphs.attribute("BidiLevel"), Some("1"));
        assert_eq!(glyphs.attribute("UnicodeString"), Some("שלום"));
        let origin: f64 = glyphs.attribute("OriginX").unwrap().parse().unwrap();
        assert!((origin - right).abs() < 0.01, "{origin} {right}");
    }

    #[test]
    fn a_document_that_passes_its_size_is_an_error() {
        let mut options = XpsOptions::default();
        options.limits.max_document_bytes = 300;
        let mut writer = XpsWriter::new(options);
        let error = writer.page(&page(1, "eins")).unwrap_err();
        assert!(matches!(
            error,
            RenderError::TooManyBytes { limit: 300, .. }
        ));
    }
}
