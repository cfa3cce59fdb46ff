//! Merging: several decks in, one out.

use std::collections::HashMap;

use slides_engine::{Engine, ErrorKind, MergeJob, MergeSource, Monitor, SourceKind};

use super::job::{Job, JobReport, RunError};
use super::perform::{FolderSink, failed, finished, read};

/// Merges the decks of a job with an engine on this thread.
pub(super) fn merge(
    engine: &dyn Engine,
    job: &Job,
    monitor: &dyn Monitor,
) -> Result<JobReport, RunError> {
    // A deck that comes more than once is read once.
    let mut documents = HashMap::new();
    let mut left = job.limits.total_bytes();
    for input in &job.merge {
        if documents.contains_key(&input.path) {
            continue;
        }
        let bytes = read(&input.path, job.limits.source_bytes.min(left))?;
        left = left.saturating_sub(bytes.len() as u64);
        documents.insert(&input.path, bytes);
    }
    let limits = job.limits.engine();
    let mut sink = FolderSink::new(&job.out_dir, limits.max_output_bytes);
    let sources: Vec<MergeSource<'_>> = job
        .merge
        .iter()
        .map(|input| {
            let bytes = documents.get(&input.path).map_or(&[][..], Vec::as_slice);
            let mut source = MergeSource::new(&input.name, bytes);
            source.password = input.password.as_deref();
            source.slides = &input.slides;
            source
        })
        .collect();
    let output_bytes = limits.max_output_bytes;
    let mut merge = MergeJob::new(&sources);
    merge.format = job.format;
    merge.options = job.export.as_ref();
    merge.limits = limits;
    let report = engine
        .merge(&merge, &mut sink, monitor)
        .map_err(|error| failed(&error, &sink, output_bytes, SourceKind::Pptx))?;
    finished(&report, sink, SourceKind::Pptx)
}

/// Passwords are told apart by source, which the usual text of the vendor does not do.
pub(crate) fn password_failure(error: &RunError) -> Option<String> {
    match error {
        RunError::Engine {
            kind: ErrorKind::WrongPassword | ErrorKind::PasswordRequired,
            message,
            ..
        } => Some(format!("Invalid password. {message}")),
        _ => None,
    }
}
