//! `Start…` calls: path, query, headers and body become one [`StartRequest`]
//! (contract sections 2 to 2.4).

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
    ExportFormat, ExportOptions, OrderedMergeRequest, PresentationSource, SlideExportFormat,
    UnknownValue,
};

use crate::body::{Expect, Upload};
use crate::error::ApiError;
use crate::path::Call;
use crate::query::{Query, header};

/// Longest idempotency key.
const MAX_KEY: usize = 128;

/// What the body of a `Start…` call holds when it is not multipart.
pub(crate) fn expected_body(call: &Call) -> Option<Expect> {
    match call {
        Call::Convert { .. } | Call::UploadAndSplit { .. } => Some(Expect::Document),
        Call::Stored { .. } | Call::Split { .. } => Some(Expect::Options),
        Call::Merge { .. } => Some(Expect::Merge),
        _ => None,
    }
}

/// What a `Start…` call says outside its body: checked before the body is read.
#[derive(Debug)]
pub(crate) struct Start<'a> {
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
        call: &'a Call,
        query: &'a Query,
        headers: &HeaderMap,
    ) -> Result<Self, ApiError> {
        let format = match call {
            Call::Convert { format, .. } | Call::Stored { format, .. } => {
                Some(parse_format::<ExportFormat>(format)?)
            }
            Call::Split { format, .. } | Call::UploadAndSplit { format } => {
                Some(parse_format::<SlideExportFormat>(format)?.into())
            }
            _ => None,
        };
        let saves = matches!(
            call,
            Call::Convert { save: true, .. }
                | Call::Stored { save: true, .. }
                | Call::Merge { save: true }
        );
        Ok(Self {
            call,
            query,
            format,
            password: header(headers, "password").map(Password::new),
            options: call_options(headers)?,
            slides: query.slides()?,
            range: Range {
                from: query.slide("from")?,
                to: query.slide("to")?,
            },
            out_path: if saves {
                Some(query.required_path("outPath")?)
            } else {
                None
            },
            folder: query.path("folder")?,
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
        let target = |format| {
            let mut target = Target::new(format);
            target.slides.clone_from(&self.slides);
            target.password.clone_from(&self.password);
            target.export.clone_from(&export);
            target.storage.clone_from(&storage);
            target.fonts_folder.clone_from(&self.fonts_folder);
            target
        };
        let call = match (self.call, self.format, self.out_path) {
            (Call::Convert { .. }, Some(format), out_path) => {
                one_document(upload)?;
                match out_path {
                    Some(out_path) => StartCall::ConvertAndSave {
                        target: target(format),
                        out_path,
                    },
                    None => StartCall::Convert(target(format)),
                }
            }
            (Call::Stored { name, .. }, Some(format), out_path) => {
                documents.clear();
                let document = stored(name, self.folder);
                match out_path {
                    Some(out_path) => StartCall::SavePresentation {
                        target: target(format),
                        document,
                        out_path,
                    },
                    None => StartCall::DownloadPresentation {
                        target: target(format),
                        document,
                    },
                }
            }
            (Call::Merge { .. }, _, out_path) => {
                let merge = merge(upload, storage)?;
                match out_path {
                    Some(out_path) => StartCall::MergeAndSave { merge, out_path },
                    None => StartCall::Merge(merge),
                }
            }
            (Call::Split { .. } | Call::UploadAndSplit { .. }, Some(format), _) => {
                let document = if let Call::Split { name, .. } = self.call {
                    documents.clear();
                    DocumentSource::Storage(stored(name, self.folder))
                } else {
                    one_document(upload)?;
                    DocumentSource::Request
                };
                StartCall::Split {
                    document,
                    // The path's text was read as this type before.
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
    if let Some(text) = &upload.metadata {
        let value = parse_json("contents", text)?;
        let request: OrderedMergeRequest = serde_json::from_value(value).map_err(|error| {
            ApiError::bad_request(format!("the merge request cannot be read: {error}"))
        })?;
        merge.sources = request.presentations;
        for (index, source) in merge.sources.iter_mut().enumerate() {
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
    if options
        .idempotency_key
        .as_ref()
        .is_some_and(|key| key.len() > MAX_KEY || !key.bytes().all(|b| b.is_ascii_graphic()))
    {
        return Err(ApiError::bad_request(format!(
            "Invalid value for `Idempotency-Key`: it takes up to {MAX_KEY} visible ASCII characters"
        )));
    }
    Ok(options)
}
