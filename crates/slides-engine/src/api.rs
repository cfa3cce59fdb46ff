use std::io::{self, Write};

use slides_types::{ExportFormat, ExportOptions};

/// What an engine is asked to do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Job<'a> {
    /// The deck's bytes. Bytes behind the end of the container are tolerated (contract 2.3, rule 8).
    pub source: &'a [u8],
    /// Open password of the deck; ignored when the deck is not protected.
    pub password: Option<&'a str>,
    /// Format to write.
    pub format: ExportFormat,
    /// Export options, already typed.
    pub options: Option<&'a ExportOptions>,
    /// Slides to keep, 1-based, in the deck's order; empty means all that are not hidden. For formats of the
    /// PPTX family: in this order; empty means all.
    pub slides: &'a [u32],
    /// First slide to keep, 1-based, where the last one is the deck's; only with empty `slides`.
    pub from: Option<u32>,
    /// Output size in pixels for raster formats; absent means the format's default.
    pub size: (Option<u32>, Option<u32>),
    /// One file per slide even for paged formats (split).
    pub per_slide: bool,
    /// Font files that come with the job (`fontsFolder`).
    pub fonts: &'a [Vec<u8>],
    /// Bounds on what a deck may cost.
    pub limits: Limits,
}

impl<'a> Job<'a> {
    /// All slides of a deck in one format, default limits.
    pub fn new(source: &'a [u8], format: ExportFormat) -> Self {
        Self {
            source,
            password: None,
            format,
            options: None,
            slides: &[],
            from: None,
            size: (None, None),
            per_slide: false,
            fonts: &[],
            limits: Limits::default(),
        }
    }
}

/// One source of a [`MergeJob`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MergeSource<'a> {
    /// What errors and warnings call it: a file name.
    pub name: &'a str,
    /// The deck's bytes.
    pub source: &'a [u8],
    /// Open password of the deck; ignored when the deck is not protected.
    pub password: Option<&'a str>,
    /// Slides to take, 1-based, in this order; empty means all.
    pub slides: &'a [u32],
}

impl<'a> MergeSource<'a> {
    /// All slides of a deck.
    pub fn new(name: &'a str, source: &'a [u8]) -> Self {
        Self {
            name,
            source,
            password: None,
            slides: &[],
        }
    }
}

/// Decks to merge into one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MergeJob<'a> {
    /// The decks, in order. The first gives slide size, properties and macros.
    pub sources: &'a [MergeSource<'a>],
    /// Format of the PPTX family to write.
    pub format: ExportFormat,
    /// Export options, already typed.
    pub options: Option<&'a ExportOptions>,
    /// Bounds on what each deck, and the result, may cost.
    pub limits: Limits,
}

impl<'a> MergeJob<'a> {
    /// A PPTX with default limits.
    pub fn new(sources: &'a [MergeSource<'a>]) -> Self {
        Self {
            sources,
            format: ExportFormat::Pptx,
            options: None,
            limits: Limits::default(),
        }
    }
}

/// Bounds on what one deck may cost. Each is an error that names the setting when passed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Inflated bytes of one XML part.
    pub max_xml_part_bytes: u64,
    /// Inflated bytes of one media part.
    pub max_media_part_bytes: u64,
    /// Inflated bytes of all parts read.
    pub max_total_bytes: u64,
    /// Inflated-to-deflated ratio of a part above 1 MiB.
    pub max_ratio: u64,
    /// Entries of the package.
    pub max_parts: usize,
    /// Slides of one job.
    pub max_slides: usize,
    /// Pixels of one decoded picture.
    pub max_image_pixels: u64,
    /// Pixels of one rendered page.
    pub max_page_pixels: u64,
    /// Bytes of all output files of one job.
    pub max_output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_xml_part_bytes: 64 << 20,
            max_media_part_bytes: 128 << 20,
            max_total_bytes: 1 << 30,
            max_ratio: 200,
            max_parts: 20_000,
            max_slides: 25_000,
            max_image_pixels: 64_000_000,
            max_page_pixels: 100_000_000,
            max_output_bytes: 1 << 30,
        }
    }
}

/// One output file, as the engine announces it to its [`Sink`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputFile {
    /// Number of the slide that the file holds, 1-based; none when it holds the whole deck.
    pub slide: Option<u32>,
    /// File extension without a dot.
    pub extension: &'static str,
    /// Media type.
    pub media_type: &'static str,
    /// Where a file lies that others show, such as `Images/1.png`, with `/` between folders, below the place of those
    /// others; none for the results themselves.
    pub path: Option<String>,
}

impl OutputFile {
    /// A file that holds the whole deck.
    pub fn whole(format: ExportFormat) -> Self {
        Self {
            slide: None,
            extension: format.extension(),
            media_type: format.media_type(),
            path: None,
        }
    }

    /// A file that holds one slide.
    pub fn slide(format: ExportFormat, slide: u32) -> Self {
        Self {
            slide: Some(slide),
            ..Self::whole(format)
        }
    }
}

/// Where output files go.
pub trait Sink {
    /// Opens the next output file; the writer is dropped before the next call.
    ///
    /// # Errors
    /// Whatever keeps the file from being made.
    fn create(&mut self, file: &OutputFile) -> io::Result<Box<dyn Write + '_>>;
}

/// A sink that keeps the files in memory.
#[derive(Debug, Default)]
pub struct MemorySink {
    /// The files in the order they were made.
    pub files: Vec<(OutputFile, Vec<u8>)>,
}

impl Sink for MemorySink {
    fn create(&mut self, file: &OutputFile) -> io::Result<Box<dyn Write + '_>> {
        self.files.push((file.clone(), Vec::new()));
        match self.files.last_mut() {
            Some((_, bytes)) => Ok(Box::new(bytes)),
            None => Err(io::Error::other("no file")),
        }
    }
}

/// Watches a job: progress goes out, the stop flag comes in.
pub trait Monitor: Sync {
    /// `done` of `total` slides are written. Called from the job's thread.
    fn progress(&self, done: u32, total: u32);
    /// Whether the job should stop; asked at least once per slide.
    fn is_stopped(&self) -> bool;
}

/// A monitor that neither listens nor stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unmonitored;

impl Monitor for Unmonitored {
    fn progress(&self, _done: u32, _total: u32) {}
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Something that was drawn otherwise than the deck asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Warning {
    /// Slide number, 1-based; none when it concerns the deck.
    pub slide: Option<u32>,
    /// The feature: `chart`, `3-D`, `font` …
    pub feature: String,
    /// What was done instead.
    pub message: String,
}

impl Warning {
    /// A warning about one slide or the deck.
    pub fn new(slide: Option<u32>, feature: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            slide,
            feature: feature.into(),
            message: message.into(),
        }
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(slide) = self.slide {
            write!(f, "slide {slide}: ")?;
        }
        write!(f, "{}: {}", self.feature, self.message)
    }
}

/// What a finished job tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Slides written.
    pub slides: u32,
    /// What was approximated, in slide order, each once.
    pub warnings: Vec<Warning>,
}

/// Which bytes lie before the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceKind {
    /// A PresentationML package.
    Pptx,
    /// An encrypted PresentationML package (CFB with an `EncryptedPackage` stream).
    EncryptedPptx,
    /// The binary PowerPoint 97 format.
    Ppt,
    /// An OpenDocument presentation (ZIP or flat XML).
    Odp,
    /// A PDF.
    Pdf,
    /// Anything else.
    Unknown,
}

/// Whether an engine does a pair of formats.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Support {
    /// Yes.
    Native,
    /// No, and why.
    No(String),
}

/// A way to convert decks.
pub trait Engine: Send + Sync {
    /// Whether this engine reads `from` and writes `to`.
    fn support(&self, from: SourceKind, to: ExportFormat) -> Support;

    /// Converts. Output files are complete when this returns `Ok`.
    ///
    /// # Errors
    /// [`EngineError`]; its kind says whose fault it is and whether another try can help.
    fn convert(
        &self,
        job: &Job<'_>,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
    ) -> Result<Report, EngineError>;

    /// Merges decks into one file. Progress counts sources.
    ///
    /// # Errors
    /// [`EngineError`]; the message names the source at fault. An engine that does not merge says so with
    /// [`ErrorKind::UnsupportedFormat`].
    fn merge(
        &self,
        job: &MergeJob<'_>,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
    ) -> Result<Report, EngineError> {
        let _ = (job, sink, monitor);
        Err(EngineError::new(
            ErrorKind::UnsupportedFormat,
            "this engine does not merge presentations",
        ))
    }
}

/// Why a job ended without output.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct EngineError {
    /// Whose fault it is.
    pub kind: ErrorKind,
    /// What was wrong, where, and what to do.
    pub message: String,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl EngineError {
    /// An error without a further cause.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// Kinds of engine error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are no readable presentation.
    BadInput,
    /// The deck is protected and no password was given.
    PasswordRequired,
    /// The password is wrong.
    WrongPassword,
    /// This engine does not do that pair of formats.
    UnsupportedFormat,
    /// An option has a value that cannot be honoured; the message names it.
    InvalidOption,
    /// A limit was passed; the message names its setting.
    LimitExceeded,
    /// The monitor asked to stop.
    Stopped,
    /// The sink failed.
    Output,
    /// A bug of the engine.
    Internal,
}
