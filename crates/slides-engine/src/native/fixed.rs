//! Laid-out pages to XPS and XAML.

use slides_render::{XamlOptions, XamlWriter, XpsOptions, XpsWriter};
use slides_types::{XamlExportOptions, XpsExportOptions};

use crate::api::{EngineError, Monitor, OutputFile, Sink};

use super::errors::{from_render, guard, stopped};
use super::export::{Export, SlideFile, note};
use super::settings::Settings;
use super::warnings::Warnings;

impl Settings {
    pub(super) fn xps(&mut self, options: &XpsExportOptions) {
        self.show_hidden = options.show_hidden_slides.unwrap_or(false);
        self.frame = options.draw_slides_frame.unwrap_or(false);
        self.default_family
            .clone_from(&options.default_regular_font);
    }

    pub(super) fn xaml(&mut self, options: &XamlExportOptions) {
        self.show_hidden = options.export_hidden_slides.unwrap_or(false);
        self.default_family
            .clone_from(&options.default_regular_font);
    }
}

impl Export<'_> {
    fn xps_options(&self, slides: Vec<u32>) -> XpsOptions {
        let presentation = self.deck.presentation();
        let mut options = XpsOptions::default();
        options.title.clone_from(&presentation.title);
        options.author.clone_from(&presentation.author);
        options.subject.clone_from(&presentation.subject);
        options.keywords.clone_from(&presentation.keywords);
        options.created = presentation
            .modified
            .as_deref()
            .or(presentation.created.as_deref())
            .and_then(super::pdf_settings::date)
            .map(|at| {
                format!(
                    "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                    at.year, at.month, at.day, at.hour, at.minute, at.second
                )
            });
        options.slides = slides;
        options.limits = self.document_limits();
        options
    }

    /// All slides in one document.
    pub(super) fn xps(
        &self,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
        warnings: &mut Warnings,
    ) -> Result<(), EngineError> {
        let mut writer = XpsWriter::new(self.xps_options(self.pages.to_vec()));
        self.in_turn(monitor, warnings, |number, sheets| {
            for page in &sheets.pages {
                guard(
                    || format!("slide {number}"),
                    || writer.page(page).map_err(from_render),
                )?;
            }
            note(&mut sheets.warnings, writer.warnings(), number);
            Ok(())
        })?;
        if monitor.is_stopped() {
            return Err(stopped());
        }
        let bytes = guard(
            || "the XPS".to_owned(),
            || writer.finish().map_err(from_render),
        )?;
        let place = OutputFile::whole(self.job.format);
        self.write(sink, &place, &bytes, &mut 0)
    }

    /// One slide as a document of its own.
    pub(super) fn xps_slide(&self, number: u32) -> Result<SlideFile, EngineError> {
        let mut sheets = self.lay_out(number)?;
        let mut writer = XpsWriter::new(self.xps_options(vec![number]));
        for page in &sheets.pages {
            writer.page(page).map_err(from_render)?;
        }
        note(&mut sheets.warnings, writer.warnings(), number);
        Ok(SlideFile {
            bytes: writer.finish().map_err(from_render)?,
            warnings: sheets.warnings,
        })
    }

    /// A file a slide, and what they share.
    pub(super) fn xaml(
        &self,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
        warnings: &mut Warnings,
    ) -> Result<(), EngineError> {
        let mut options = XamlOptions::default();
        options.slides = self.pages.to_vec();
        options.limits = self.document_limits();
        let mut writer = XamlWriter::new(options);
        let mut written = 0;
        self.in_turn(monitor, warnings, |number, sheets| {
            let page = sheets.pages.drain(..).next().unwrap_or_default();
            let bytes = guard(
                || format!("slide {number}"),
                || writer.page(&page).map_err(from_render),
            )?;
            note(&mut sheets.warnings, writer.warnings(), number);
            let place = OutputFile::slide(self.job.format, number);
            self.write(sink, &place, &bytes, &mut written)?;
            self.side_files(sink, writer.take_files(), None, &mut written)
        })?;
        let fonts = guard(|| "the fonts".to_owned(), || Ok(writer.finish()))?;
        self.side_files(sink, fonts, None, &mut written)
    }
}
