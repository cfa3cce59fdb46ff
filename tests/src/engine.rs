//! An engine without a renderer, for suites that are about everything around it.

use std::time::Duration;

use slides_core::types::ExportFormat;
use slides_engine::{
    Engine, EngineError, ErrorKind, Job, MergeJob, Monitor, OutputFile, Report, Sink, SourceKind,
    Support, Warning,
};

use crate::FAKE_PDF;

/// Bytes behind a deck that make [`FakeEngine`] work until it is stopped. What stands behind the end
/// of a package is tolerated (contract section 2.3, rule 8).
pub const ENDLESS: &[u8] = b"endless";

/// "Converts" whatever is a package, one step.
#[derive(Debug, Clone, Copy, Default)]
pub struct FakeEngine;

impl Engine for FakeEngine {
    fn support(&self, from: SourceKind, _to: ExportFormat) -> Support {
        match from {
            SourceKind::Pptx => Support::Native,
            other => Support::No(format!("{other:?} is not read here")),
        }
    }

    fn convert(
        &self,
        job: &Job<'_>,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
    ) -> Result<Report, EngineError> {
        if !job.source.starts_with(b"PK") {
            return Err(bad_deck());
        }
        monitor.progress(0, 1);
        while job.source.ends_with(ENDLESS) {
            if monitor.is_stopped() {
                return Err(EngineError::new(ErrorKind::Stopped, "stopped"));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        write(sink, &OutputFile::whole(job.format))?;
        monitor.progress(1, 1);
        let mut report = Report::default();
        report.slides = 1;
        report
            .warnings
            .push(Warning::new(Some(1), "everything", "left out"));
        Ok(report)
    }

    fn merge(
        &self,
        job: &MergeJob<'_>,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
    ) -> Result<Report, EngineError> {
        let total = job.sources.len() as u32;
        monitor.progress(0, total);
        for (done, source) in job.sources.iter().enumerate() {
            if !source.source.starts_with(b"PK") {
                return Err(bad_deck());
            }
            monitor.progress(done as u32 + 1, total);
        }
        write(sink, &OutputFile::whole(job.format))?;
        let mut report = Report::default();
        report.slides = total;
        Ok(report)
    }
}

fn bad_deck() -> EngineError {
    EngineError::new(ErrorKind::BadInput, "Failed to load the presentation")
}

fn write(sink: &mut dyn Sink, file: &OutputFile) -> Result<(), EngineError> {
    let failed =
        |error| EngineError::new(ErrorKind::Output, "cannot write the output").caused_by(error);
    let mut file = sink.create(file).map_err(failed)?;
    file.write_all(FAKE_PDF).map_err(failed)
}
