//! Laid-out pages to SVG and HTML.

use std::cell::Cell;
use std::io::Write;

use slides_render::{HtmlWriter, SideFile, SvgOptions, SvgWriter};
use slides_scene::Page;

use crate::api::{EngineError, Monitor, OutputFile, Sink};

use super::errors::{from_render, guard};
use super::export::{Bounded, Export, SlideFile, note};
use super::warnings::Warnings;

impl Export<'_> {
    fn svg_options(&self, slides: Vec<u32>) -> SvgOptions {
        let mut options = self.settings.web.svg().clone();
        options.limits = self.document_limits();
        options.slides = slides;
        let (width, height) = self.settings.size;
        options.size = (width.or(options.size.0), height.or(options.size.1));
        options
    }

    /// One SVG a slide.
    pub(super) fn svg(
        &self,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
        warnings: &mut Warnings,
    ) -> Result<(), EngineError> {
        let options = self.svg_options(Vec::new());
        self.file_a_slide(
            sink,
            monitor,
            warnings,
            || SvgWriter::new(options.clone()),
            |writer, number| {
                let mut sheets = self.lay_out(number)?;
                let page = sheets.pages.drain(..).next().unwrap_or_default();
                let bytes = writer.page(&page).map_err(from_render)?;
                note(&mut sheets.warnings, writer.warnings(), number);
                Ok(SlideFile {
                    bytes,
                    warnings: sheets.warnings,
                })
            },
        )
    }

    /// All slides in one document, or one document a slide. Its pages share faces and pictures.
    pub(super) fn html(
        &self,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
        warnings: &mut Warnings,
    ) -> Result<(), EngineError> {
        if self.job.per_slide {
            let mut written = 0;
            return self.in_turn(monitor, warnings, |number, sheets| {
                let mut writer = self.html_writer(vec![number], Some(number));
                let (mut text, mut files) = (String::new(), Vec::new());
                for page in &sheets.pages {
                    text += &html_page(&mut writer, page, text.is_empty(), number)?;
                    files.append(&mut writer.take_files());
                }
                note(&mut sheets.warnings, writer.warnings(), number);
                let (end, sheet) = writer.finish();
                text += &end;
                files.extend(sheet);
                let place = OutputFile::slide(self.job.format, number);
                self.write(sink, &place, text.as_bytes(), &mut written)?;
                self.side_files(sink, files, Some(number), &mut written)
            });
        }
        // Pages that are more than slides may be more than one each: links to them lead to the first.
        let mut writer = self.html_writer(self.keys.to_vec(), None);
        let place = OutputFile::whole(self.job.format);
        if self.settings.web.has_files() {
            // One file at a time is open: the document waits for its pictures.
            let (mut text, mut written) = (String::new(), 0);
            self.html_pages(&mut writer, monitor, warnings, |writer, page| {
                text += &page;
                let files = writer.take_files();
                self.side_files(sink, files, None, &mut written)
            })?;
            let (end, sheet) = writer.finish();
            text += &end;
            self.write(sink, &place, text.as_bytes(), &mut written)?;
            return self.side_files(sink, sheet.into_iter().collect(), None, &mut written);
        }
        let over = Cell::new(false);
        let failed = |cause| self.write_error(&place, over.get(), cause);
        let mut out = Bounded {
            out: sink.create(&place).map_err(failed)?,
            left: self.job.limits.max_output_bytes,
            over: &over,
        };
        self.html_pages(&mut writer, monitor, warnings, |_, page| {
            out.write_all(page.as_bytes()).map_err(failed)
        })?;
        let (end, _) = writer.finish();
        out.write_all(end.as_bytes())
            .and_then(|()| out.flush())
            .map_err(failed)
    }

    fn html_pages(
        &self,
        writer: &mut HtmlWriter,
        monitor: &dyn Monitor,
        warnings: &mut Warnings,
        mut out: impl FnMut(&mut HtmlWriter, String) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let mut first = true;
        self.in_turn(monitor, warnings, |number, sheets| {
            for page in &sheets.pages {
                let text = html_page(writer, page, first, number)?;
                first = false;
                out(writer, text)?;
            }
            note(&mut sheets.warnings, writer.warnings(), number);
            Ok(())
        })
    }

    /// A writer of one document; for one of a slide its files are named after it.
    fn html_writer(&self, slides: Vec<u32>, slide: Option<u32>) -> HtmlWriter {
        let mut options = self.settings.web.html.clone();
        options.svg = self.svg_options(slides);
        options.title.clone_from(&self.deck.presentation().title);
        if let Some(slide) = slide {
            options.svg.picture_prefix = format!("slide{slide}-");
            if let Some(sheet) = &mut options.style_sheet {
                *sheet = sheet.replace("/slides.css", &format!("/slide{slide}.css"));
            }
        }
        HtmlWriter::new(options)
    }

    pub(super) fn side_files(
        &self,
        sink: &mut dyn Sink,
        files: Vec<SideFile>,
        slide: Option<u32>,
        written: &mut u64,
    ) -> Result<(), EngineError> {
        for file in files {
            let place = OutputFile {
                slide,
                extension: file.extension,
                media_type: file.media_type,
                path: Some(file.name),
            };
            self.write(sink, &place, &file.bytes, written)?;
        }
        Ok(())
    }
}

/// A page, with what comes before the first.
fn html_page(
    writer: &mut HtmlWriter,
    page: &Page,
    first: bool,
    number: u32,
) -> Result<String, EngineError> {
    let head = if first {
        writer.head(page)
    } else {
        String::new()
    };
    let text = guard(
        || format!("slide {number}"),
        || writer.page(page).map_err(from_render),
    )?;
    Ok(head + &text)
}
