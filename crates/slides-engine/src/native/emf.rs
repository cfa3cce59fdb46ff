//! Laid-out pages to EMF.

use slides_render::{EmfOptions, EmfWriter};

use crate::api::{EngineError, Monitor, Sink};

use super::errors::from_render;
use super::export::{Export, SlideFile, note};
use super::warnings::Warnings;

impl Export<'_> {
    /// One EMF a slide.
    pub(super) fn emf(
        &self,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
        warnings: &mut Warnings,
    ) -> Result<(), EngineError> {
        let mut options = EmfOptions::default();
        options.limits = self.document_limits();
        self.file_a_slide(
            sink,
            monitor,
            warnings,
            || EmfWriter::new(options.clone()),
            |writer, number| {
                let mut sheets = self.lay_out(number)?;
                let page = sheets.pages.drain(..).next().unwrap_or_default();
                let (width, height) = self.settings.pixels(self.size_in_emu(&page));
                let bytes = writer.page(&page, width, height).map_err(from_render)?;
                note(&mut sheets.warnings, writer.warnings(), number);
                Ok(SlideFile {
                    bytes,
                    warnings: sheets.warnings,
                })
            },
        )
    }
}
