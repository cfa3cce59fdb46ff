use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use slides_engine::{ErrorKind, Limits, SourceKind};
use slides_types::{ExportFormat, ExportOptions};

use super::sandbox::Layers;
use crate::options::ProcessLimits;
use crate::stats::Death;

/// One conversion as plain data, so that it can go to another process.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The deck.
    pub(crate) source: PathBuf,
    pub(crate) password: Option<String>,
    pub(crate) format: ExportFormat,
    pub(crate) export: Option<ExportOptions>,
    /// Slides to keep, 1-based; empty means all.
    pub(crate) slides: Vec<u32>,
    /// First slide to keep of a split without an end: the number of slides is not known yet.
    pub(crate) from: Option<u32>,
    /// Width and height in pixels.
    pub(crate) size: (Option<u32>, Option<u32>),
    pub(crate) per_slide: bool,
    pub(crate) fonts: Vec<PathBuf>,
    /// Folder for the output files.
    pub(crate) out_dir: PathBuf,
    pub(crate) limits: JobLimits,
    /// Decks to merge; when there are any, `source`, `slides` and `password` do not count.
    #[serde(default)]
    pub(crate) merge: Vec<MergeInput>,
}

/// A deck of a merge.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MergeInput {
    pub(crate) path: PathBuf,
    /// What errors and progress call it.
    pub(crate) name: String,
    pub(crate) password: Option<String>,
    /// Slides to take, 1-based, in this order; empty means all.
    pub(crate) slides: Vec<u32>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the password nor the names of a person's files belong into a log.
        f.debug_struct("Job")
            .field("format", &self.format)
            .field("slides", &self.slides)
            .finish_non_exhaustive()
    }
}

/// The engine's limits and the process's, as they go to the worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct JobLimits {
    pub(crate) process: ProcessLimits,
    pub(crate) source_bytes: u64,
    xml_part_bytes: u64,
    media_part_bytes: u64,
    total_bytes: u64,
    ratio: u64,
    parts: usize,
    slides: usize,
    image_pixels: u64,
    page_pixels: u64,
    output_bytes: u64,
}

impl JobLimits {
    pub(crate) fn new(engine: &Limits, process: ProcessLimits, source_bytes: u64) -> Self {
        Self {
            process,
            source_bytes,
            xml_part_bytes: engine.max_xml_part_bytes,
            media_part_bytes: engine.max_media_part_bytes,
            total_bytes: engine.max_total_bytes,
            ratio: engine.max_ratio,
            parts: engine.max_parts,
            slides: engine.max_slides,
            image_pixels: engine.max_image_pixels,
            page_pixels: engine.max_page_pixels,
            output_bytes: engine.max_output_bytes,
        }
    }

    /// Bytes of all documents of one job together.
    pub(crate) fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    pub(crate) fn engine(&self) -> Limits {
        let mut limits = Limits::default();
        limits.max_xml_part_bytes = self.xml_part_bytes;
        limits.max_media_part_bytes = self.media_part_bytes;
        limits.max_total_bytes = self.total_bytes;
        limits.max_ratio = self.ratio;
        limits.max_parts = self.parts;
        limits.max_slides = self.slides;
        limits.max_image_pixels = self.image_pixels;
        limits.max_page_pixels = self.page_pixels;
        limits.max_output_bytes = self.output_bytes;
        limits
    }
}

/// An output file in the job's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProducedFile {
    /// Slide it holds, 1-based; none when it holds the whole deck.
    pub(crate) slide: Option<u32>,
    pub(crate) extension: String,
    pub(crate) media_type: String,
    /// Its name in the job's folder.
    pub(crate) name: String,
    /// Where it lies beside the results that show it, with `/` between folders; none for the results themselves.
    #[serde(default)]
    pub(crate) path: Option<String>,
}

/// What a finished job tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobReport {
    pub(crate) files: Vec<ProducedFile>,
    pub(crate) slides: u32,
    pub(crate) warnings: Vec<String>,
}

/// Why a job has no report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RunError {
    /// The engine refused.
    Engine {
        kind: ErrorKind,
        message: String,
        /// What the source's bytes look like: decides whether the second engine may help.
        source: SourceKind,
    },
    /// The worker died or had to be killed.
    Died {
        /// What ended it: decides whether another try may help.
        death: Death,
        message: String,
    },
    /// Files of the job could not be read or written; another try may help.
    Io(String),
    /// It was asked to stop.
    Stopped,
}

/// A line from worker to server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Message {
    Progress {
        done: u32,
        total: u32,
    },
    /// Bytes of memory it held at most.
    Peak(u64),
    Done(JobReport),
    /// The layers of the sandbox it is in.
    Layers(Layers),
    /// What it could do that no worker should.
    Probed(Vec<String>),
    Error {
        kind: String,
        message: String,
        source: String,
    },
    Io(String),
}

const ERROR_KINDS: [(ErrorKind, &str); 9] = [
    (ErrorKind::BadInput, "badInput"),
    (ErrorKind::PasswordRequired, "passwordRequired"),
    (ErrorKind::WrongPassword, "wrongPassword"),
    (ErrorKind::UnsupportedFormat, "unsupportedFormat"),
    (ErrorKind::InvalidOption, "invalidOption"),
    (ErrorKind::LimitExceeded, "limitExceeded"),
    (ErrorKind::Stopped, "stopped"),
    (ErrorKind::Output, "output"),
    (ErrorKind::Internal, "internal"),
];

const SOURCE_KINDS: [(SourceKind, &str); 6] = [
    (SourceKind::Pptx, "pptx"),
    (SourceKind::EncryptedPptx, "encryptedPptx"),
    (SourceKind::Ppt, "ppt"),
    (SourceKind::Odp, "odp"),
    (SourceKind::Pdf, "pdf"),
    (SourceKind::Unknown, "unknown"),
];

fn text_of<T: PartialEq>(table: &[(T, &'static str)], value: &T, other: &'static str) -> String {
    table
        .iter()
        .find(|(known, _)| known == value)
        .map_or(other, |(_, text)| *text)
        .to_owned()
}

fn value_of<T: Copy>(table: &[(T, &'static str)], text: &str, other: T) -> T {
    table
        .iter()
        .find(|(_, known)| *known == text)
        .map_or(other, |(value, _)| *value)
}

impl From<&RunError> for Message {
    fn from(error: &RunError) -> Self {
        match error {
            RunError::Engine {
                kind,
                message,
                source,
            } => Self::Error {
                kind: text_of(&ERROR_KINDS, kind, "internal"),
                message: message.clone(),
                source: text_of(&SOURCE_KINDS, source, "unknown"),
            },
            RunError::Io(message) | RunError::Died { message, .. } => Self::Io(message.clone()),
            RunError::Stopped => Self::Error {
                kind: "stopped".to_owned(),
                message: "the job was stopped".to_owned(),
                source: "unknown".to_owned(),
            },
        }
    }
}

/// The error behind an `error` line.
pub(super) fn engine_error(kind: &str, message: String, source: &str) -> RunError {
    match value_of(&ERROR_KINDS, kind, ErrorKind::Internal) {
        ErrorKind::Stopped => RunError::Stopped,
        kind => RunError::Engine {
            kind,
            message,
            source: value_of(&SOURCE_KINDS, source, SourceKind::Unknown),
        },
    }
}
