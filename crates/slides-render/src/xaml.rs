//! Pages as XAML files for WPF: a canvas each, with the fonts and pictures that they share in a folder beside them.

use slides_scene::Page;

use crate::error::{RenderError, Warning};
use crate::fixed::{Content, Dialect, Document, attribute, language};
use crate::limits::Limits;
use crate::plain::plain_title;
use crate::svg::SideFile;
use crate::svg::markup::numbers;

/// Folder of fonts and pictures.
const FOLDER: &str = "slides_files";

/// Settings of a [`XamlWriter`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct XamlOptions {
    /// Numbers of the slides that will be written: links between slides lead to these alone.
    pub slides: Vec<u32>,
    /// Resolution in dots per inch of raster effects.
    pub effect_dpi: f64,
    /// Limits.
    pub limits: Limits,
}

impl Default for XamlOptions {
    fn default() -> Self {
        Self {
            slides: Vec::new(),
            effect_dpi: 150.0,
            limits: Limits::default(),
        }
    }
}

/// Writes pages as XAML files, one after the other. The same pages and settings give the same bytes.
#[derive(Debug)]
pub struct XamlWriter {
    document: Document,
}

impl XamlWriter {
    /// A writer with these settings.
    pub fn new(options: XamlOptions) -> Self {
        let XamlOptions {
            slides,
            effect_dpi,
            limits,
        } = options;
        let dialect = Dialect::Xaml { folder: FOLDER };
        Self {
            document: Document::new(dialect, slides, effect_dpi, limits),
        }
    }

    /// The file of a page.
    ///
    /// # Errors
    ///
    /// [`RenderError::TooManyBytes`] when the file passes [`Limits::max_document_bytes`].
    pub fn page(&mut self, page: &Page) -> Result<Vec<u8>, RenderError> {
        let Content { markup, .. } = self.document.content(page)?;
        let (width, height) = Document::size(page);
        let mut out = String::from(
            "<Canvas xmlns=\"http://schemas.microsoft.com/winfx/2006/xaml/presentation\"",
        );
        numbers(&mut out, &[("Width", width), ("Height", height)]);
        attribute(&mut out, "Name", &format!("slide{}", page.number));
        if let Some(title) = page.title.as_deref().map(plain_title) {
            attribute(&mut out, "AutomationProperties.Name", &title);
        }
        language(&mut out, page.language.as_deref());
        out.push_str(" Background=\"#FFFFFFFF\" ClipToBounds=\"True\">");
        out.push_str(&markup);
        out.push_str("</Canvas>\n");
        Ok(out.into_bytes())
    }

    /// Pictures that came with the pages since this was last asked.
    pub fn take_files(&mut self) -> Vec<SideFile> {
        self.document.take_pictures()
    }

    /// The fonts of all pages.
    pub fn finish(self) -> Vec<SideFile> {
        self.document.fonts()
    }

    /// What was drawn differently so far.
    pub fn warnings(&self) -> &[Warning] {
        self.document.shared.warnings.list()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use slides_fonts::{FontBook, Style};
    use slides_scene::{ImageOp, Link, LinkTarget, Op, Paint, Rgba};

    use super::*;
    use crate::picture::samples;

    #[test]
    fn a_page_is_a_canvas_whose_files_lie_beside_it() {
        let face = FontBook::bundled().select("Arial", Style::default()).face;
        let run = crate::testing::run(&face, "{eins}", 10.0, 40.0, 20.0, false);
        let image = samples::image("a", samples::png_of(2, 2, &[9; 16]));
        let page = Page {
            size: kurbo::Size::new(720.0, 405.0),
            number: 3,
            title: Some("a\"b".into()),
            language: None,
            ops: vec![
                Op::Text(Arc::new(run), Paint::Solid(Rgba::BLACK)),
                Op::Image(Box::new(ImageOp::of_fill(&image, 1.0, &[]))),
            ],
            motion: None,
            links: vec![Link {
                rect: kurbo::Rect::new(0.0, 0.0, 50.0, 50.0),
                target: LinkTarget::Uri("https://example.org".into()),
            }],
        };
        let mut writer = XamlWriter::new(XamlOptions::default());
        let text = String::from_utf8(writer.page(&page).unwrap()).unwrap();
        let mut files = writer.take_files();
        files.extend(writer.finish());
        let document = roxmltree::Document::parse(&text).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("Width"), Some("960"));
        let mut named: Vec<&str> = document
            .descendants()
            .filter_map(|node| node.attribute("ImageSource").or(node.attribute("FontUri")))
            .collect();
        named.sort_unstable();
        let mut names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(named, names);
        assert_eq!(
            names,
            ["slides_files/font1.ttf", "slides_files/picture1.png"]
        );
        assert!(text.contains("UnicodeString=\"{}{eins}\""), "{text}");
        assert!(text.contains(" Tag=\"https://example.org\""));
        // Beside other files fonts are as they are.
        let font = files.iter().find(|file| file.extension == "ttf").unwrap();
        assert!(skrifa::FontRef::new(&font.bytes).is_ok());
    }
}
