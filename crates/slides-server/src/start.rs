//! Calls that make an operation, in the background or not: path, query, headers
//! and body become one [`StartRequest`] (contract sections 2 to 2.4 and 6).

use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use slides_core::{
    CallOptions, DocumentSource, Merge, Password, Range, SplitSize, StartCall, StartRequest,
    StoredDocument, Target,
};
use slides_types::{
    ApiCall, ExportFormat, ExportOptions, OrderedMergeRequest, PresentationSource,
    PresentationToMerge, PresentationsMergeRequest, SlideExportFormat, UnknownValue,
};

use crate::body::{Expect, Upload};
use crate::error::ApiError;
use crate::path::Call;
use crate::query::{Query, header};
use crate::trace::Trace;

/// Longest address of a webhook.
const MAX_WEBHOOK: usize = 2048;
/// Longest idempotency key.
const MAX_KEY: usize = 128;

/// A call that makes an operation: what it does, and how its caller hears of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) shape: Shape,
    pub(crate) answer: Answer,
}

/// Where the presentations of a call come from and what becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An uploaded deck is converted.
    Convert,
    /// A stored deck is converted.
    Stored,
    /// Uploaded and stored decks become one.
    Merge,
    /// Stored decks are appended to a stored deck, whole.
    Append,
    /// Slides of stored decks are appended to a stored deck.
    AppendSlides,
    /// A stored deck is split.
    Split,
    /// An uploaded deck is split.
    SplitUpload,
}

/// What the caller of a call gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The id of the operation, at once; its result is fetched with the id or lies in the storage.
    Id,
    /// The id of the operation, at once; its result lies at `outPath`.
    IdOfSaved,
    /// The result.
    File,
    /// Nothing but success: the result lies at `outPath`.
    Saved,
    /// The files of a split, and nothing in the storage.
    Files,
    /// Links to the files of a split in the storage.
    Links,
    /// A link to the deck that was changed.
    Deck,
}

impl Work {
    /// What a call asks for; nothing for one that makes no operation.
    pub(crate) fn of(call: ApiCall) -> Option<Self> {
        use self::{Answer as A, Shape as S};
        let (shape, answer) = match call {
            ApiCall::StartConvert => (S::Convert, A::Id),
            ApiCall::StartConvertAndSave => (S::Convert, A::IdOfSaved),
            ApiCall::StartDownloadPresentation => (S::Stored, A::Id),
            ApiCall::StartSavePresentation => (S::Stored, A::IdOfSaved),
            ApiCall::StartMerge => (S::Merge, A::Id),
            ApiCall::StartMergeAndSave => (S::Merge, A::IdOfSaved),
            ApiCall::StartSplit => (S::Split, A::Id),
            ApiCall::StartUploadAndSplit => (S::SplitUpload, A::Id),
            ApiCall::Convert => (S::Convert, A::File),
            ApiCall::ConvertAndSave => (S::Convert, A::Saved),
            ApiCall::DownloadPresentation => (S::Stored, A::File),
            ApiCall::SavePresentation => (S::Stored, A::Saved),
            ApiCall::MergeOnline => (S::Merge, A::File),
            ApiCall::MergeAndSaveOnline => (S::Merge, A::Saved),
            ApiCall::Merge => (S::Append, A::Deck),
            ApiCall::OrderedMerge => (S::AppendSlides, A::Deck),
            ApiCall::Split => (S::Split, A::Links),
            ApiCall::SplitOnline => (S::SplitUpload, A::Files),
            ApiCall::SplitAndSaveOnline => (S::SplitUpload, A::Links),
            _ => return None,
        };
        Some(Self { shape, answer })
    }

    /// What the body holds when it is not multipart.
    pub(crate) fn body(self) -> Expect {
        match self.shape {
            Shape::Convert | Shape::SplitUpload => Expect::Document,
            Shape::Stored | Shape::Split | Shape::Append | Shape::AppendSlides => Expect::Options,
            Shape::Merge => Expect::Merge,
        }
    }

    /// Whether the call is answered before its work is done.
    pub(crate) fn in_background(self) -> bool {
        matches!(self.answer, Answer::Id | Answer::IdOfSaved)
    }
}

/// What such a call says outside its body: checked before the body is read.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    work: Work,
    call: &'a Call,
    query: &'a Query,
    format: Option<ExportFormat>,
    password: Option<Password>,
    options: CallOptions,
    slides: Vec<u32>,
    range: Range,
    out_path: Option<String>,
    folder: Option<String>,
    dest_folder: Option<String>,
    fonts_folder: Option<String>,
}

impl<'a> Start<'a> {
    /// Reads path, query and headers.
    pub(crate) fn parse(
        work: Work,
        call: &'a Call,
        query: &'a Query,
        headers: &HeaderMap,
    ) -> Result<Self, ApiError> {
        let format = match work.shape {
            Shape::Convert | Shape::Stored => {
                Some(parse_format::<ExportFormat>(call.value("format"))?)
            }
            // The synchronous call has it in its query (contract section 6).
            Shape::Split if work.answer == Answer::Links => Some(
                query
                    .get("format")
                    .map_or(Ok(SlideExportFormat::Jpeg), parse_format)?
                    .into(),
            ),
            Shape::Split | Shape::SplitUpload => {
                Some(parse_format::<SlideExportFormat>(call.value("format"))?.into())
            }
            Shape::Merge | Shape::Append | Shape::AppendSlides => None,
        };
        let folder = query.path("folder")?;
        let out_path = match (work.answer, work.shape) {
            (Answer::IdOfSaved | Answer::Saved, _) => Some(query.required_path("outPath")?),
            (Answer::Deck, _) => Some(stored(call.value("name"), folder.clone()).path()),
            _ => None,
        };
        let mut options = call_options(headers)?;
        options.result_only = work.answer == Answer::Files;
        let (slides, from, to) = (query.slides(), query.slide("from"), query.slide("to"));
        options.unfit = slides
            .as_ref()
            .err()
            .or(from.as_ref().err())
            .or(to.as_ref().err())
            .cloned();
        if !work.in_background() {
            // Two callers that wait must not share an operation: one of them may go away and cancel it.
            options.idempotency_key = None;
            options.webhook = None;
            if let Some(reason) = options.unfit {
                return Err(ApiError::bad_request(reason));
            }
        }
        Ok(Self {
            work,
            call,
            query,
            format,
            password: header(headers, "password").map(Password::new),
            options,
            slides: slides.unwrap_or_default(),
            range: Range {
                from: from.unwrap_or_default(),
                to: to.unwrap_or_default(),
            },
            out_path,
            folder,
            dest_folder: query.path("destFolder")?,
            fonts_folder: query.path("fontsFolder")?,
        })
    }

    /// Adds what the body held. The upload must outlive the call that takes the request.
    pub(crate) fn with_body(self, upload: &Upload) -> Result<StartRequest, ApiError> {
        let export = match (self.format, &upload.metadata) {
            (Some(format), Some(text)) => Some(parse_options(format, text)?),
            _ => None,
        };
        let mut documents: Vec<_> = upload
            .files
            .iter()
            .map(|file| file.content.clone())
            .collect();
        let storage = self.query.owned("storage");
        let deck = || stored(self.call.value("name"), self.folder.clone());
        let target = |format| {
            let mut target = Target::new(format);
            target.slides.clone_from(&self.slides);
            target.password.clone_from(&self.password);
            target.export.clone_from(&export);
            target.storage.clone_from(&storage);
            target.fonts_folder.clone_from(&self.fonts_folder);
            target
        };
        let call = match (self.work.shape, self.format, self.out_path.clone()) {
            (Shape::Convert, Some(format), out_path) => {
                one_document(upload)?;
                match out_path {
                    Some(out_path) => StartCall::ConvertAndSave {
                        target: target(format),
                        out_path,
                    },
                    None => StartCall::Convert(target(format)),
                }
            }
            (Shape::Stored, Some(format), out_path) => {
                documents.clear();
                match out_path {
                    Some(out_path) => StartCall::SavePresentation {
                        target: target(format),
                        document: deck(),
                        out_path,
                    },
                    None => StartCall::DownloadPresentation {
                        target: target(format),
                        document: deck(),
                    },
                }
            }
            (Shape::Merge, _, out_path) => {
                let merge = merge(upload, storage)?;
                match out_path {
                    Some(out_path) => StartCall::MergeAndSave { merge, out_path },
                    None => StartCall::Merge(merge),
                }
            }
            (shape @ (Shape::Append | Shape::AppendSlides), _, Some(out_path)) => {
                documents.clear();
                let mut base = PresentationToMerge::new(out_path.as_str());
                base.source = Some(PresentationSource::Storage);
                base.password = self.password.map(|password| password.expose().to_owned());
                let appended = if shape == Shape::Append {
                    appended(upload)?
                } else {
                    appended_slides(upload)?
                };
                let mut merge = Merge::default();
                merge.storage = storage;
                merge.sources = std::iter::once(base).chain(appended).collect();
                StartCall::MergeAndSave { merge, out_path }
            }
            (shape @ (Shape::Split | Shape::SplitUpload), Some(format), _) => {
                let document = if shape == Shape::Split {
                    documents.clear();
                    DocumentSource::Storage(deck())
                } else {
                    one_document(upload)?;
                    DocumentSource::Request
                };
                StartCall::Split {
                    document,
                    // The text was read as this type before.
                    format: SlideExportFormat::try_from(format)
                        .map_err(|_| ApiError::bad_request("Invalid value for `format`"))?,
                    export,
                    range: self.range,
                    size: SplitSize {
                        width: self.query.pixels("width"),
                        height: self.query.pixels("height"),
                    },
                    dest_folder: self.dest_folder,
                    password: self.password,
                    storage,
                    fonts_folder: self.fonts_folder,
                }
            }
            _ => return Err(ApiError::no_such_route()),
        };
        let mut request = StartRequest::new(call).options(self.options);
        request.documents = documents;
        Ok(request)
    }
}

/// The decks that `Merge` appends (contract section 6).
fn appended(upload: &Upload) -> Result<Vec<PresentationToMerge>, ApiError> {
    let request: PresentationsMergeRequest = merge_request(upload)?;
    let mut passwords = request.presentation_passwords.into_iter();
    let sources = request.presentation_paths.into_iter().map(|path| {
        let mut source = PresentationToMerge::new(path);
        source.password = passwords.next().filter(|password| !password.is_empty());
        source
    });
    in_storage(sources.collect())
}

/// The decks that `OrderedMerge` takes slides from (contract section 6).
fn appended_slides(upload: &Upload) -> Result<Vec<PresentationToMerge>, ApiError> {
    let request: OrderedMergeRequest = merge_request(upload)?;
    in_storage(request.presentations)
}

fn merge_request<R: serde::de::DeserializeOwned>(upload: &Upload) -> Result<R, ApiError> {
    let Some(text) = &upload.metadata else {
        return Err(ApiError::bad_request(
            "the request has no body: request is a required parameter, name the presentations to append",
        ));
    };
    serde_json::from_value(parse_json("contents", text)?).map_err(|error| {
        ApiError::bad_request(format!("the merge request cannot be read: {error}"))
    })
}

/// Sources of a call that has no files of its own.
fn in_storage(mut sources: Vec<PresentationToMerge>) -> Result<Vec<PresentationToMerge>, ApiError> {
    if sources.is_empty() {
        return Err(ApiError::bad_request(
            "the request names no presentation to append",
        ));
    }
    for (index, source) in sources.iter_mut().enumerate() {
        if source.source == Some(PresentationSource::Request) {
            return Err(ApiError::bad_request(format!(
                "Invalid value for `presentations[{index}].source`: this call takes no files, use `Storage`"
            )));
        }
        check_source(index, source)?;
        source.source.get_or_insert(PresentationSource::Storage);
    }
    Ok(sources)
}

/// A source needs a path that stays inside its storage.
fn check_source(index: usize, source: &PresentationToMerge) -> Result<(), ApiError> {
    if source.path.trim().is_empty() {
        return Err(ApiError::bad_request(format!(
            "item {} of the merge request has no `path`",
            index + 1
        )));
    }
    if source.source != Some(PresentationSource::Url) {
        crate::path::check(&source.path).map_err(|reason| {
            ApiError::bad_request(format!(
                "Invalid value for `presentations[{index}].path`: {reason}"
            ))
        })?;
    }
    Ok(())
}

fn stored(name: &str, folder: Option<String>) -> StoredDocument {
    match folder {
        Some(folder) => StoredDocument::in_folder(name, folder),
        None => StoredDocument::new(name),
    }
}

/// The format of the path, in any letter case.
fn parse_format<F: FromStr<Err = UnknownValue>>(text: &str) -> Result<F, ApiError> {
    text.parse().map_err(|error: UnknownValue| {
        ApiError::bad_request(format!(
            "Invalid value for `format`: `{}` is none of {}",
            error.value,
            error.allowed.join(", ")
        ))
    })
}

fn parse_json(what: &str, text: &Bytes) -> Result<Value, ApiError> {
    serde_json::from_slice(text).map_err(|error| {
        ApiError::bad_request(format!("the {what} of the request are no JSON: {error}"))
    })
}

/// The options, in the class of the URL's format: a `format` inside that says otherwise has no effect (contract section 4).
fn parse_options(format: ExportFormat, text: &Bytes) -> Result<ExportOptions, ApiError> {
    let value = parse_json("options", text)?;
    ExportOptions::from_json(format, &value).map_err(|error| {
        let field = if error.field.is_empty() {
            "options"
        } else {
            &error.field
        };
        ApiError::bad_request(format!(
            "Invalid value for `{field}`: `{}`, expected {}",
            error.value, error.expected
        ))
    })
}

fn one_document(upload: &Upload) -> Result<(), ApiError> {
    match upload.files.as_slice() {
        [file] if file.len > 0 => Ok(()),
        [_] => Err(ApiError::bad_request(
            "the document is empty: document is a required parameter, send the presentation as the body",
        )),
        [] => Err(ApiError::bad_request(
            "the request has no document: document is a required parameter, send the presentation as the body",
        )),
        files => Err(ApiError::bad_request(format!(
            "the request has {} documents, this call takes one",
            files.len()
        ))),
    }
}

fn merge(upload: &Upload, storage: Option<String>) -> Result<Merge, ApiError> {
    let mut merge = Merge::default();
    merge.storage = storage;
    if upload.metadata.is_some() {
        let request: OrderedMergeRequest = merge_request(upload)?;
        merge.sources = request.presentations;
        for (index, source) in merge.sources.iter_mut().enumerate() {
            check_source(index, source)?;
            name_by_position(upload, source);
        }
    }
    if merge.sources.is_empty() && upload.files.is_empty() {
        return Err(ApiError::bad_request(
            "the request has nothing to merge: send files, a merge request, or both",
        ));
    }
    Ok(merge)
}

/// A source may name its part by file name, part name or position (contract section 2.4). A payload has one name;
/// where only the part's name matches, the position says the same.
fn name_by_position(upload: &Upload, source: &mut slides_types::PresentationToMerge) {
    if matches!(
        source.source,
        Some(PresentationSource::Storage | PresentationSource::Url)
    ) || upload
        .files
        .iter()
        .any(|file| file.content.name() == Some(source.path.as_str()))
    {
        return;
    }
    if let Some(index) = upload
        .files
        .iter()
        .position(|file| file.part_name.as_deref() == Some(source.path.as_str()))
    {
        source.path = format!("file{}", index + 1);
    }
}

fn call_options(headers: &HeaderMap) -> Result<CallOptions, ApiError> {
    let mut options = CallOptions::default();
    // Zero and nonsense mean that the user set no limit (contract section 1.4).
    options.timeout = header(headers, "x-aspose-timeout")
        .and_then(|text| text.trim().parse::<f64>().ok())
        .filter(|seconds| (1.0..=86_400.0 * 365.0).contains(seconds))
        .map(|seconds| Duration::from_secs(seconds as u64));
    options.idempotency_key = header(headers, "idempotency-key");
    options.webhook = header(headers, "x-slides-webhook");
    options.traceparent = Trace::of(headers).map(|trace| trace.text().to_owned());
    if options
        .webhook
        .as_ref()
        .is_some_and(|address| address.len() > MAX_WEBHOOK)
    {
        return Err(ApiError::bad_request(format!(
            "Invalid value for `X-Slides-Webhook`: an address has at most {MAX_WEBHOOK} bytes"
        )));
    }
    if options
        .idempotency_key
        .as_ref()
        .is_some_and(|key| key.len() > MAX_KEY || !key.bytes().all(|b| b.is_ascii_graphic()))
    {
        return Err(ApiError::bad_request(format!(
            "Invalid value for `Idempotency-Key`: it takes up to {MAX_KEY} visible ASCII characters"
        )));
    }
    if let Some(priority) = header(headers, "x-slides-priority") {
        options.priority = priority.trim().parse().map_err(|_| {
            ApiError::bad_request(
                "Invalid value for `X-Slides-Priority`: it takes a whole number, 0 is the usual one",
            )
        })?;
    }
    Ok(options)
}
