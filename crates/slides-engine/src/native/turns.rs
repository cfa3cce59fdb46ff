//! The two ways through a job's slides: writers that gather what pages share, and files that share nothing.

use slides_layout::Sheets;

use crate::api::{EngineError, Monitor, OutputFile, Sink};

use super::errors::stopped;
use super::export::{Export, SlideFile};
use super::pipeline::in_order;
use super::warnings::Warnings;

impl Export<'_> {
    /// Pages are laid out ahead on the workers and written here, in order.
    pub(super) fn in_turn(
        &self,
        monitor: &dyn Monitor,
        warnings: &mut Warnings,
        mut write: impl FnMut(u32, &mut Sheets) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let mut done = 0;
        in_order(
            self.keys,
            self.threads,
            || (),
            |(), number| self.lay_out(number),
            |number, mut sheets| {
                if monitor.is_stopped() {
                    return Err(stopped());
                }
                write(number, &mut sheets)?;
                warnings.add_all(number, sheets.warnings);
                done += 1;
                monitor.progress(done, self.keys.len() as u32);
                Ok(())
            },
        )
    }

    /// One file a slide, made on the workers and handed to the sink in order. `start` makes what a worker keeps.
    pub(super) fn file_a_slide<S>(
        &self,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
        warnings: &mut Warnings,
        start: impl Fn() -> S + Sync,
        make: impl Fn(&mut S, u32) -> Result<SlideFile, EngineError> + Sync,
    ) -> Result<(), EngineError> {
        let (mut done, mut written) = (0, 0);
        in_order(
            self.keys,
            self.threads,
            start,
            make,
            |number, file: SlideFile| {
                if monitor.is_stopped() {
                    return Err(stopped());
                }
                warnings.add_all(number, file.warnings);
                let place = OutputFile::slide(self.job.format, number);
                self.write(sink, &place, &file.bytes, &mut written)?;
                done += 1;
                monitor.progress(done, self.keys.len() as u32);
                Ok(())
            },
        )
    }
}
