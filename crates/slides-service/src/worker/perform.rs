use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use slides_engine::{
    Engine, EngineError, ErrorKind, Monitor, OutputFile, Report, Sink, SourceKind, Support, sniff,
};

use super::job::{Job, JobReport, ProducedFile, RunError};

/// Runs a job with an engine on this thread. Used in worker processes and in this process alike.
pub(super) fn perform(
    engine: &dyn Engine,
    job: &Job,
    monitor: &dyn Monitor,
) -> Result<JobReport, RunError> {
    if !job.merge.is_empty() {
        return super::merge::merge(engine, job, monitor);
    }
    let source = read(&job.source, job.limits.source_bytes)?;
    let fonts = job
        .fonts
        .iter()
        .map(|path| read(path, job.limits.source_bytes))
        .collect::<Result<Vec<_>, _>>()?;
    let kind = sniff(&source);
    // What is no known document goes to the engine all the same: it tells best what is wrong.
    if kind != SourceKind::Unknown
        && let Support::No(reason) = engine.support(kind, job.format)
    {
        return Err(RunError::Engine {
            kind: ErrorKind::UnsupportedFormat,
            message: reason,
            source: kind,
        });
    }
    let limits = job.limits.engine();
    let mut sink = FolderSink::new(&job.out_dir, limits.max_output_bytes);
    let mut engine_job = slides_engine::Job::new(&source, job.format);
    engine_job.password = job.password.as_deref();
    engine_job.options = job.export.as_ref();
    engine_job.slides = &job.slides;
    engine_job.from = job.from;
    engine_job.size = job.size;
    engine_job.per_slide = job.per_slide;
    engine_job.fonts = &fonts;
    engine_job.limits = limits;
    let output_bytes = engine_job.limits.max_output_bytes;
    let report = engine
        .convert(&engine_job, &mut sink, monitor)
        .map_err(|error| failed(&error, &sink, output_bytes, kind))?;
    finished(&report, sink, kind)
}

/// What a job tells that came to its end.
pub(super) fn finished(
    report: &Report,
    sink: FolderSink<'_>,
    source: SourceKind,
) -> Result<JobReport, RunError> {
    let files = sink.files;
    if files.is_empty() {
        let message = "the deck has no slide to write: all its slides are hidden, or it has none";
        return Err(RunError::Engine {
            kind: ErrorKind::InvalidOption,
            message: message.to_owned(),
            source,
        });
    }
    Ok(JobReport {
        files,
        slides: report.slides,
        warnings: report.warnings.iter().map(ToString::to_string).collect(),
    })
}

/// What a job tells that the engine gave up.
pub(super) fn failed(
    error: &EngineError,
    sink: &FolderSink<'_>,
    output_bytes: u64,
    source: SourceKind,
) -> RunError {
    let (kind, message) = match error.kind {
        ErrorKind::Stopped => return RunError::Stopped,
        ErrorKind::Output if sink.over => (
            ErrorKind::LimitExceeded,
            format!(
                "the result is larger than the limit of {output_bytes} bytes (`max_output_bytes`)"
            ),
        ),
        kind => (kind, with_causes(error)),
    };
    RunError::Engine {
        kind,
        message,
        source,
    }
}

/// An error and its causes on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, RunError> {
    let read = || -> io::Result<Vec<u8>> {
        let file = File::open(path)?;
        let mut bytes = Vec::with_capacity(file.metadata()?.len().min(limit) as usize);
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes =
        read().map_err(|e| RunError::Io(format!("an input of the job cannot be read: {e}")))?;
    if bytes.len() as u64 > limit {
        return Err(RunError::Engine {
            kind: ErrorKind::LimitExceeded,
            message: format!(
                "the document is larger than the limit of {limit} bytes (`max_source_bytes`)"
            ),
            source: SourceKind::Unknown,
        });
    }
    Ok(bytes)
}

/// Writes each output file into the job's folder.
pub(super) struct FolderSink<'a> {
    folder: &'a Path,
    files: Vec<ProducedFile>,
    left: u64,
    over: bool,
}

impl<'a> FolderSink<'a> {
    pub(super) fn new(folder: &'a Path, left: u64) -> Self {
        Self {
            folder,
            files: Vec::new(),
            left,
            over: false,
        }
    }
}

impl Sink for FolderSink<'_> {
    fn create(&mut self, file: &OutputFile) -> io::Result<Box<dyn Write + '_>> {
        let name = format!("{}.{}", self.files.len() + 1, file.extension);
        let path: PathBuf = self.folder.join(&name);
        self.files.push(ProducedFile {
            slide: file.slide,
            extension: file.extension.to_owned(),
            media_type: file.media_type.to_owned(),
            name,
            path: file.path.clone(),
        });
        let file = BufWriter::with_capacity(256 * 1024, File::create_new(path)?);
        Ok(Box::new(Limited {
            file,
            left: &mut self.left,
            over: &mut self.over,
        }))
    }
}

/// A file that takes no more bytes than are left for all files of the job.
struct Limited<'a> {
    file: BufWriter<File>,
    left: &'a mut u64,
    over: &'a mut bool,
}

impl Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            *self.over = true;
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        };
        let written = self.file.write(bytes)?;
        *self.left = left + (bytes.len() - written) as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
