use std::time::Duration;

use serde::{Deserialize, Serialize};
use slides_types::{ExportFormat, ExportOptions, OperationMethod, SlideExportFormat};

use crate::{Password, Payload};

/// Everything one `Start…` call carries: plain data, the documents, and how to make the call.
///
/// The same value is what a builder makes, what `slides-http` sends, what
/// `slides-server` parses and what `slides-service` writes into its queue.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StartRequest {
    /// What is asked for; serialisable, without document bytes.
    pub call: StartCall,
    /// The uploaded documents, in part order. [`DocumentSource::Request`] and
    /// [`MergeSource::Request`] refer to them.
    pub documents: Vec<Payload>,
    /// Time limit, idempotency key and webhook.
    pub options: CallOptions,
}

impl StartRequest {
    /// A call without uploaded documents.
    pub fn new(call: StartCall) -> Self {
        Self {
            call,
            documents: Vec::new(),
            options: CallOptions::default(),
        }
    }

    /// Adds an uploaded document.
    #[must_use]
    pub fn document(mut self, document: Payload) -> Self {
        self.documents.push(document);
        self
    }

    /// Sets the call options.
    #[must_use]
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }
}

/// Options of the call itself, sent as headers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallOptions {
    /// Wall-time limit of the operation on the server (`x-aspose-timeout`, whole seconds).
    pub timeout: Option<Duration>,
    /// `Idempotency-Key`: two starts with one key make one operation. Our extension.
    pub idempotency_key: Option<String>,
    /// `X-Slides-Priority`: of what waits, operations of a higher priority run first; 0 is the usual one. Our
    /// extension.
    #[serde(default)]
    pub priority: i16,
    /// Address that the server tells of the operation's end (`X-Slides-Webhook`), where it is set up for that. Our
    /// extension.
    #[serde(default)]
    pub webhook: Option<String>,
    /// Trace that the call is part of (`traceparent` of W3C Trace Context); a server of ours names it in its log.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// A split gives its files as its result alone and writes none into the storage. Our extension, for the
    /// synchronous call that answers with them; it is not sent.
    #[serde(default)]
    pub result_only: bool,
    /// What is wrong with the call although it is answered with an id: slide numbers that are none, for which the wire
    /// has the operation fail (contract section 2.6). A server that reads a call sets it; it is not sent.
    #[serde(default)]
    pub unfit: Option<String>,
}

/// One variant for each `Start…` method of the contract (section 2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method")]
#[non_exhaustive]
pub enum StartCall {
    /// `StartConvert`: an uploaded deck to a result that is fetched by id.
    Convert(Target),
    /// `StartConvertAndSave`: an uploaded deck to a file in the storage.
    ConvertAndSave {
        /// Format, slides, password, options.
        #[serde(flatten)]
        target: Target,
        /// Full path of the result inside the storage; its extension is not checked.
        out_path: String,
    },
    /// `StartDownloadPresentation`: a stored deck to a result that is fetched by id.
    DownloadPresentation {
        /// Format, slides, password, options.
        #[serde(flatten)]
        target: Target,
        /// The deck.
        document: StoredDocument,
    },
    /// `StartSavePresentation`: a stored deck to a file in the storage.
    SavePresentation {
        /// Format, slides, password, options.
        #[serde(flatten)]
        target: Target,
        /// The deck.
        document: StoredDocument,
        /// Full path of the result inside the storage.
        out_path: String,
    },
    /// `StartMerge`: several decks to one, fetched by id.
    Merge(Merge),
    /// `StartMergeAndSave`: several decks to one file in the storage.
    MergeAndSave {
        /// The sources.
        #[serde(flatten)]
        merge: Merge,
        /// Full path of the result inside the storage.
        out_path: String,
    },
    /// `StartSplit` (stored deck) and `StartUploadAndSplit` (uploaded deck).
    Split {
        /// The deck: uploaded or stored.
        document: DocumentSource,
        /// Format of each slide's file.
        format: SlideExportFormat,
        /// Export options of the format.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        export: Option<ExportOptions>,
        /// First and last slide, 1-based and inclusive.
        #[serde(default)]
        range: Range,
        /// Size of the output images in pixels.
        #[serde(default)]
        size: SplitSize,
        /// Folder in the storage for the files; without it the source's folder (contract section 7).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dest_folder: Option<String>,
        /// Open password of the deck.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<Password>,
        /// Storage to read from and write to; the default one when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        storage: Option<String>,
        /// Storage folder with font files.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fonts_folder: Option<String>,
    },
}

impl StartCall {
    /// The method name that `GetOperationStatus` reports for this call.
    pub fn method(&self) -> OperationMethod {
        match self {
            Self::Convert(_) => OperationMethod::Convert,
            Self::ConvertAndSave { .. } => OperationMethod::ConvertAndSave,
            Self::DownloadPresentation { .. } => OperationMethod::DownloadPresentation,
            Self::SavePresentation { .. } => OperationMethod::SavePresentation,
            Self::Merge(_) => OperationMethod::Merge,
            Self::MergeAndSave { .. } => OperationMethod::MergeAndSave,
            Self::Split {
                document: DocumentSource::Request,
                ..
            } => OperationMethod::UploadAndSplit,
            Self::Split {
                document: DocumentSource::Storage(_),
                ..
            } => OperationMethod::Split,
        }
    }

    /// Text of the format that is asked for; a merge has none.
    pub fn format_text(&self) -> Option<&'static str> {
        match self {
            Self::Convert(target)
            | Self::ConvertAndSave { target, .. }
            | Self::DownloadPresentation { target, .. }
            | Self::SavePresentation { target, .. } => Some(target.format.as_str()),
            Self::Split { format, .. } => Some(format.as_str()),
            Self::Merge(_) | Self::MergeAndSave { .. } => None,
        }
    }

    /// Where an `…AndSave`/`SavePresentation` result goes in the storage.
    pub fn out_path(&self) -> Option<&str> {
        match self {
            Self::ConvertAndSave { out_path, .. }
            | Self::SavePresentation { out_path, .. }
            | Self::MergeAndSave { out_path, .. } => Some(out_path),
            _ => None,
        }
    }
}

/// What a conversion of one deck makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Target {
    /// Format of the result.
    pub format: ExportFormat,
    /// Slides to keep, 1-based; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slides: Vec<u32>,
    /// Open password of the deck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// Export options of the format (contract section 4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<ExportOptions>,
    /// Storage to read from and write to; the default one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// Storage folder with font files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fonts_folder: Option<String>,
}

impl Target {
    /// All slides of a deck in a format.
    pub fn new(format: ExportFormat) -> Self {
        Self {
            format,
            slides: Vec::new(),
            password: None,
            export: None,
            storage: None,
            fonts_folder: None,
        }
    }
}

/// A deck in the storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredDocument {
    /// File name: the `{name}` path segment, decoded.
    pub name: String,
    /// Folder that holds it; the storage's root when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

impl StoredDocument {
    /// A deck in the storage's root folder.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            folder: None,
        }
    }

    /// A deck in a folder.
    pub fn in_folder(name: impl Into<String>, folder: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            folder: Some(folder.into()),
        }
    }

    /// `folder/name`, without doubled slashes.
    pub fn path(&self) -> String {
        match self.folder.as_deref().map(|f| f.trim_matches('/')) {
            Some(folder) if !folder.is_empty() => format!("{folder}/{}", self.name),
            _ => self.name.clone(),
        }
    }
}

/// Where the deck of a split comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DocumentSource {
    /// The first uploaded document of the request.
    Request,
    /// A deck in the storage.
    Storage(StoredDocument),
}

/// Slide range of a split; both ends are 1-based and inclusive, absent ends are open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First slide.
    pub from: Option<u32>,
    /// Last slide.
    pub to: Option<u32>,
}

/// Output size of a split in pixels; absent means the format's default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitSize {
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
}

/// Sources of a merge, in order (contract section 2.4).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Merge {
    /// The items of `OrderedMergeRequest`; empty means every uploaded document, whole, in order.
    #[serde(default)]
    pub sources: Vec<MergeSource>,
    /// Storage of the stored sources and of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
}

/// One source of a merge: the wire model, kept as it is so that nothing is lost on the way.
pub type MergeSource = slides_types::PresentationToMerge;
