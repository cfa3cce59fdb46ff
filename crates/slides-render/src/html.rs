//! Pages as one HTML document: an SVG a page, text as text in embedded faces.

use std::fmt::Write as _;

use slides_scene::Page;

use crate::error::{RenderError, Warning};
use crate::motion;
use crate::plain::{language, plain_title};
use crate::raster::page_size;
use crate::svg::markup::escape;
use crate::svg::{Document, SideFile, SvgOptions, SvgText, TEXT_STYLE, view_box};

/// How wide pages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HtmlWidth {
    /// As wide as the window, but not wider than the slide itself.
    #[default]
    Fitting,
    /// As wide as the window.
    Full,
    /// As wide as the slide, at 96 dots to the inch.
    Fixed,
}

/// Settings of an [`HtmlWriter`].
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct HtmlOptions {
    /// How pages are drawn. Text is embedded whatever this says.
    pub svg: SvgOptions,
    /// How wide pages are shown.
    pub width: HtmlWidth,
    /// The document's title.
    pub title: Option<String>,
    /// Name of a style sheet beside the document that holds the fonts; none embeds them.
    pub style_sheet: Option<String>,
    /// Whether pages come as their motion says.
    pub animate_pages: bool,
    /// Whether shapes come as the motion of their page says.
    pub animate_shapes: bool,
}

/// Writes pages into an HTML document, one after the other. All that it gives has to be put together in order:
/// [`Self::head`], a [`Self::page`] for each, [`Self::finish`].
#[derive(Debug)]
pub struct HtmlWriter {
    document: Document,
    options: HtmlOptions,
}

impl HtmlWriter {
    /// A writer with these settings.
    pub fn new(mut options: HtmlOptions) -> Self {
        options.svg.text = SvgText::Embedded;
        Self {
            document: Document::new(options.svg.clone()),
            options,
        }
    }

    /// What comes before the pages; the first of them gives language and width.
    pub fn head(&self, first: &Page) -> String {
        let pixels = (page_size(first).width / 0.75).round();
        let mut out = String::from("<!DOCTYPE html>\n<html");
        if let Some(tag) = &first.language {
            out.push_str(" lang=\"");
            escape(&mut out, &language(tag));
            out.push('"');
        }
        out.push_str(">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"");
        match self.options.width {
            HtmlWidth::Fixed => {
                let _ = write!(out, "width={pixels}");
            }
            _ => out.push_str("width=device-width,initial-scale=1"),
        }
        out.push_str("\">\n<title>");
        let title = self.options.title.as_deref().or(first.title.as_deref());
        escape(&mut out, &plain_title(title.unwrap_or("Presentation")));
        out.push_str("</title>\n");
        if let Some(sheet) = &self.options.style_sheet {
            out.push_str("<link rel=\"stylesheet\" href=\"");
            escape(&mut out, &sheet.replace(' ', "%20"));
            out.push_str("\">\n");
        }
        let width = match self.options.width {
            HtmlWidth::Fitting => format!("width:100%;max-width:{pixels}px"),
            HtmlWidth::Full => "width:100%".to_owned(),
            HtmlWidth::Fixed => format!("width:{pixels}px"),
        };
        let _ = writeln!(
            out,
            "<style>body{{margin:0;background:#e8e8e8}}section{{margin:0 auto 16px;{width}}}\
             section svg{{display:block;width:100%;height:auto}}{TEXT_STYLE}\
             @media print{{body{{background:none}}section{{margin:0 auto;max-width:none;width:100%;break-after:page}}}}</style>"
        );
        if self.options.animate_pages || self.options.animate_shapes {
            let _ = writeln!(out, "<style>{}</style>", motion::css());
        }
        out.push_str("</head>\n<body>\n<main>\n");
        out
    }

    /// A page.
    ///
    /// # Errors
    ///
    /// [`RenderError::TooManyBytes`] when the page passes [`crate::Limits::max_document_bytes`].
    pub fn page(&mut self, page: &Page) -> Result<String, RenderError> {
        let own = page.motion.as_deref();
        let mut out = format!("<section id=\"slide-{}\"", page.number);
        let transition = own.and_then(|motion| motion.transition);
        if let Some(transition) = transition.filter(|_| self.options.animate_pages) {
            let _ = write!(out, " class=\"{}\"", motion::page_classes(transition));
        }
        out.push_str(" aria-label=\"");
        let title = page.title.as_deref().map(plain_title).unwrap_or_default();
        escape(&mut out, &format!("{} {title}", page.number));
        out.push_str("\"><svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"");
        view_box(&mut out, page);
        out.push_str(" xml:space=\"preserve\">");
        let entrances = own.filter(|_| self.options.animate_shapes);
        let entrances = entrances.map_or(&[][..], |motion| &motion.entrances);
        self.document.moving_content(page, entrances, &mut out)?;
        out.push_str("</svg></section>\n");
        Ok(out)
    }

    /// Pictures beside the document that came with the pages since this was last asked.
    pub fn take_files(&mut self) -> Vec<SideFile> {
        self.document.take_files()
    }

    /// What comes after the pages, and the style sheet when it is to lie beside the document.
    pub fn finish(self) -> (String, Option<SideFile>) {
        let css = self.document.font_css();
        let mut out = String::from("</main>\n");
        let sheet = if let Some(name) = self.options.style_sheet {
            Some(SideFile {
                name,
                extension: "css",
                media_type: "text/css",
                bytes: css.into_bytes(),
            })
        } else {
            if !css.is_empty() {
                out.push_str("<svg width=\"0\" height=\"0\" aria-hidden=\"true\"><style>");
                out.push_str(&css);
                out.push_str("</style></svg>\n");
            }
            None
        };
        out.push_str("</body>\n</html>\n");
        (out, sheet)
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
    use slides_scene::{Link, LinkTarget, Motion, MotionKind, Op, PageMotion, Paint, Rgba, Side};

    use super::*;

    fn page(number: u32, text: &str) -> Page {
        let face = FontBook::bundled().select("Arial", Style::default()).face;
        let run = crate::testing::run(&face, text, 10.0, 40.0, 20.0, false);
        Page {
            size: kurbo::Size::new(720.0, 405.0),
            number,
            title: Some(format!("<{text}>")),
            language: Some("de-DE".into()),
            ops: vec![Op::Text(Arc::new(run), Paint::Solid(Rgba::BLACK))],
            motion: None,
            links: vec![Link {
                rect: kurbo::Rect::new(0.0, 0.0, 50.0, 50.0),
                target: LinkTarget::Slide(2),
            }],
        }
    }

    fn document(options: HtmlOptions) -> (String, Option<SideFile>) {
        let mut writer = HtmlWriter::new(options);
        let pages = [page(1, "eins"), page(2, "zwei")];
        let mut out = writer.head(&pages[0]);
        for page in &pages {
            out += &writer.page(page).unwrap();
        }
        let (end, sheet) = writer.finish();
        (out + &end, sheet)
    }

    #[test]
    fn a_document_holds_its_pages_text_links_and_faces() {
        let mut options = HtmlOptions::default();
        options.svg.slides = vec![1, 2];
        let (html, sheet) = document(options.clone());
        assert_eq!((html.clone(), None), (document(options).0, sheet));
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"de-DE\">"));
        assert!(html.contains("<title>&lt;eins&gt;</title>"), "{html}");
        assert!(html.contains("<section id=\"slide-2\" aria-label=\"2 &lt;zwei&gt;\">"));
        assert_eq!(html.matches("href=\"#slide-2\"").count(), 4);
        assert!(html.contains(">eins</text>") && html.contains(">zwei</text>"));
        assert_eq!(html.matches("@font-face").count(), 1);
        assert!(html.contains("width=device-width") && html.contains("max-width:960px"));
    }

    #[test]
    fn what_appears_does_so_by_classes_and_when_asked_for() {
        let motion = |kind, milliseconds| Motion { kind, milliseconds };
        let mut page = page(1, "eins");
        page.motion = Some(Box::new(PageMotion {
            transition: Some(motion(MotionKind::Wipe(Side::Left), 700)),
            entrances: vec![
                (0..1, motion(MotionKind::Fade, 500)),
                // Ranges that are none are left out.
                (0..1, motion(MotionKind::Zoom, 500)),
                (7..9, motion(MotionKind::Zoom, 500)),
            ],
        }));
        let write = |animate_pages, animate_shapes| {
            let mut writer = HtmlWriter::new(HtmlOptions {
                animate_pages,
                animate_shapes,
                ..HtmlOptions::default()
            });
            writer.head(&page) + &writer.page(&page).unwrap()
        };
        let still = write(false, false);
        assert!(!still.contains("class=") && !still.contains("animation"));
        let pages = write(true, false);
        assert!(
            pages.contains("<section id=\"slide-1\" class=\"t wipe-left d3\" aria-label"),
            "{pages}"
        );
        assert!(!pages.contains("<g class="));
        let shapes = write(false, true);
        assert!(shapes.contains("<section id=\"slide-1\" aria-label"));
        assert_eq!(shapes.matches("<g class=\"e ").count(), 1);
        assert!(
            shapes.contains("<g class=\"e fade d2 o0\"><text"),
            "{shapes}"
        );
        // Nothing that a strict content policy forbids beside what the page has anyway.
        for page in [&pages, &shapes] {
            assert!(!page.contains("<script") && !page.contains(" style=\""));
            assert!(page.contains("@media screen and (prefers-reduced-motion:no-preference){"));
            let css = page.split("<style>").nth(2).unwrap();
            let css = css.split("</style>").next().unwrap();
            let count = |what: char| css.chars().filter(|ch| *ch == what).count();
            assert_eq!(count('{'), count('}'));
        }
    }

    #[test]
    fn fonts_lie_beside_the_document_when_asked_for() {
        let options = HtmlOptions {
            style_sheet: Some("my files/slides.css".into()),
            width: HtmlWidth::Fixed,
            ..HtmlOptions::default()
        };
        let (html, sheet) = document(options);
        assert!(html.contains("href=\"my%20files/slides.css\""), "{html}");
        assert!(html.contains("content=\"width=960\""));
        assert!(!html.contains("@font-face"));
        assert!(sheet.unwrap().bytes.starts_with(b"@font-face"));
    }
}
