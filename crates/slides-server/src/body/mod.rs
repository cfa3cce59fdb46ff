//! One reader for every body the vendor's SDKs send: raw or multipart,
//! streamed into a spool so that memory does not follow the upload
//! (contract sections 2.2 to 2.4).

mod multipart;
#[cfg(test)]
mod sdk_fixtures;
#[cfg(test)]
mod shapes;

use std::path::PathBuf;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt;
use slides_core::Payload;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use self::multipart::{Event, Parser, PartHead};
use crate::error::ApiError;

/// Names of parts that hold options or the merge request (contract 2.3, rule 3).
const METADATA_NAMES: [&str; 6] = ["pipeline", "data", "data1", "body", "request", "options"];

/// How much of a raw body is looked at before it is classified.
const PEEK: usize = 1024;

/// Bounds on an upload; each has a setting of the same name on the builder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BodyLimits {
    /// Bytes of a request body; more is answered with 413. Default 200 MiB.
    pub max_body: u64,
    /// Bytes of a file for the storage in the asynchronous `Upload`, which the vendor's clients take
    /// for files that are too large for the synchronous one. Default 2 GiB.
    pub max_file: u64,
    /// Parts of a multipart body. Default 1000.
    pub max_parts: usize,
    /// Bytes of the headers of one part, and of a preamble. Default 16 KiB.
    pub max_part_headers: usize,
    /// Bytes of the options or of the merge request. Default 4 MiB.
    pub max_metadata: usize,
    /// Bytes of documents kept in memory per request before a temporary file is used. Default 1 MiB.
    pub max_in_memory: usize,
    /// Longest silence between two chunks of a body. Default 60 s.
    pub idle_timeout: Duration,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self {
            max_body: 200 << 20,
            max_file: 2 << 30,
            max_parts: 1000,
            max_part_headers: 16 << 10,
            max_metadata: 4 << 20,
            max_in_memory: 1 << 20,
            idle_timeout: Duration::from_mins(1),
        }
    }
}

/// What a raw body is, if the body is not multipart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// One document.
    Document,
    /// The options JSON.
    Options,
    /// A merge request when it starts with `{`, else one source.
    Merge,
    /// A file for the storage, whatever it holds.
    File,
}

/// A body that was read to its end.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    /// Options or merge request; none when absent, blank or `null`.
    pub(crate) metadata: Option<Bytes>,
    /// Uploaded files in part order.
    pub(crate) files: Vec<FilePart>,
    /// Temporary files behind the payloads; removed when the upload is dropped.
    #[allow(dead_code, reason = "kept for its drop")]
    spool: Option<TempDir>,
}

/// One uploaded file.
#[derive(Debug)]
pub(crate) struct FilePart {
    pub(crate) part_name: Option<String>,
    pub(crate) file_name: Option<String>,
    /// Length in bytes.
    pub(crate) len: u64,
    /// Whether its part name is one of the metadata names.
    is_metadata: bool,
    pub(crate) content: Payload,
}

/// Reads a request body to its end; after an error its rest is still in `body`.
pub(crate) async fn read(
    content_type: Option<&str>,
    content_length: Option<u64>,
    body: &mut Body,
    expect: Expect,
    limits: &BodyLimits,
    spool_dir: Option<&PathBuf>,
) -> Result<Upload, ApiError> {
    if content_length.is_some_and(|len| len > limits.max_body) {
        return Err(too_large(limits));
    }
    let mut source = Source {
        body,
        read: 0,
        limits,
    };
    let boundary = content_type.and_then(multipart_boundary);
    let mut start = BytesMut::new();
    while boundary.is_none() && start.len() < PEEK {
        match source.chunk().await? {
            Some(chunk) => start.extend_from_slice(&chunk),
            None => break,
        }
    }
    let boundary = boundary.or_else(|| multipart::sniff_boundary(&start));
    let spool = Spool {
        limits,
        parent: spool_dir,
        dir: None,
        in_memory: 0,
        files: 0,
    };
    match boundary {
        Some(boundary) => read_parts(source, start.freeze(), &boundary, expect, spool).await,
        None => read_raw(source, start.freeze(), content_length, expect, spool).await,
    }
}

/// The boundary of a multipart type; without one the body itself says whether it is multipart.
fn multipart_boundary(content_type: &str) -> Option<Vec<u8>> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.get(..10)
        .filter(|start| start.eq_ignore_ascii_case("multipart/"))?;
    multipart::parameters(content_type)
        .into_iter()
        .find(|(key, value)| key == "boundary" && !value.is_empty())
        .map(|(_, value)| value.into_bytes())
}

async fn read_raw(
    mut source: Source<'_>,
    start: Bytes,
    content_length: Option<u64>,
    expect: Expect,
    mut spool: Spool<'_>,
) -> Result<Upload, ApiError> {
    let is_metadata = match expect {
        Expect::Options => true,
        Expect::Merge => start
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(&start)
            .trim_ascii_start()
            .starts_with(b"{"),
        Expect::Document | Expect::File => false,
    };
    if is_metadata {
        let mut text = Metadata::new(spool.limits);
        text.extend(&start)?;
        while let Some(chunk) = source.chunk().await? {
            text.extend(&chunk)?;
        }
        return Ok(Upload {
            metadata: text.finish(),
            ..Upload::default()
        });
    }
    let mut file = Writer::new(PartHead::default());
    // A buffer that grows is copied over and over.
    if let Some(len) = content_length.and_then(|len| usize::try_from(len).ok())
        && len <= spool.limits.max_in_memory
    {
        file.memory.reserve(len);
    }
    spool.write(&mut file, &start).await?;
    while let Some(chunk) = source.chunk().await? {
        spool.write(&mut file, &chunk).await?;
    }
    // An empty body is no document, but it is an empty file.
    let files = if file.len == 0 && expect != Expect::File {
        Vec::new()
    } else {
        vec![spool.finish(file).await?]
    };
    Ok(Upload {
        files,
        spool: spool.dir,
        ..Upload::default()
    })
}

async fn read_parts(
    mut source: Source<'_>,
    start: Bytes,
    boundary: &[u8],
    expect: Expect,
    mut spool: Spool<'_>,
) -> Result<Upload, ApiError> {
    enum Current {
        None,
        Metadata(Metadata),
        File(Writer),
    }
    let mut parser = Parser::new(boundary, spool.limits.max_part_headers);
    parser.push(&start);
    let mut upload = Upload::default();
    let mut current = Current::None;
    let mut parts = 0;
    let mut eof = false;
    loop {
        let Some(event) = parser
            .next(eof)
            .map_err(|e| ApiError::bad_request(e.to_string()))?
        else {
            if eof {
                break;
            }
            match source.chunk().await? {
                Some(chunk) => parser.push(&chunk),
                None => eof = true,
            }
            continue;
        };
        match event {
            Event::Part(head) => {
                parts += 1;
                if parts > spool.limits.max_parts {
                    return Err(ApiError::bad_request(format!(
                        "the multipart body has more than {} parts",
                        spool.limits.max_parts
                    )));
                }
                current = if is_metadata(&head) && expect != Expect::File {
                    Current::Metadata(Metadata::new(spool.limits))
                } else {
                    Current::File(Writer::new(head))
                };
            }
            Event::Data(data) => match &mut current {
                Current::Metadata(text) => text.extend(&data)?,
                Current::File(file) => spool.write(file, &data).await?,
                Current::None => {}
            },
            Event::PartEnd => match std::mem::replace(&mut current, Current::None) {
                Current::Metadata(text) => {
                    upload.metadata = upload.metadata.take().or(text.finish());
                }
                Current::File(file) => upload.files.push(spool.finish(file).await?),
                Current::None => {}
            },
        }
    }
    if expect == Expect::File && upload.files.len() > 1 {
        // Go and others send an empty options part beside the file.
        if upload.files.iter().any(|file| !file.is_metadata) {
            upload.files.retain(|file| !file.is_metadata);
        } else {
            upload.files.retain(|file| file.len > 0);
        }
    }
    upload.spool = spool.dir;
    Ok(upload)
}

fn is_metadata(head: &PartHead) -> bool {
    match (&head.name, &head.file_name) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(name), file_name) => {
            METADATA_NAMES
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
                && (file_name.is_none() || head.is_json)
        }
    }
}

fn too_large(limits: &BodyLimits) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "payloadTooLarge",
        format!(
            "the request body is larger than {} bytes, the limit of this server",
            limits.max_body
        ),
    )
}

/// The body, counted and timed.
struct Source<'a> {
    body: &'a mut Body,
    read: u64,
    limits: &'a BodyLimits,
}

impl Source<'_> {
    async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            let frame =
                match tokio::time::timeout(self.limits.idle_timeout, self.body.frame()).await {
                    Ok(Some(Ok(frame))) => frame,
                    Ok(Some(Err(error))) => {
                        return Err(ApiError::bad_request("the request body broke off")
                            .with_internal(&error));
                    }
                    Ok(None) => return Ok(None),
                    Err(_) => {
                        return Err(ApiError::new(
                            StatusCode::REQUEST_TIMEOUT,
                            "timeout",
                            format!(
                                "nothing of the request body came for {:?}",
                                self.limits.idle_timeout
                            ),
                        ));
                    }
                };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.read += data.len() as u64;
            if self.read > self.limits.max_body {
                return Err(too_large(self.limits));
            }
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }
}

/// Options or merge request on their way in.
struct Metadata {
    text: BytesMut,
    max: usize,
}

impl Metadata {
    fn new(limits: &BodyLimits) -> Self {
        Self {
            text: BytesMut::new(),
            max: limits.max_metadata,
        }
    }

    fn extend(&mut self, data: &[u8]) -> Result<(), ApiError> {
        if self.text.len() + data.len() > self.max {
            return Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "payloadTooLarge",
                format!("the JSON of the request is larger than {} bytes", self.max),
            ));
        }
        self.text.extend_from_slice(data);
        Ok(())
    }

    /// Blank, empty and `null` mean that there is none.
    fn finish(self) -> Option<Bytes> {
        let text = self.text.freeze();
        let start = text
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(&text)
            .trim_ascii();
        (!start.is_empty() && start != b"null").then(|| text.slice_ref(start))
    }
}

/// Where uploaded files wait: memory first, then a temporary folder.
struct Spool<'a> {
    limits: &'a BodyLimits,
    parent: Option<&'a PathBuf>,
    dir: Option<TempDir>,
    in_memory: usize,
    files: usize,
}

/// A file on its way into the spool.
struct Writer {
    head: PartHead,
    len: u64,
    memory: BytesMut,
    file: Option<(PathBuf, tokio::fs::File)>,
}

impl Writer {
    fn new(head: PartHead) -> Self {
        Self {
            head,
            len: 0,
            memory: BytesMut::new(),
            file: None,
        }
    }
}

impl Spool<'_> {
    async fn write(&mut self, writer: &mut Writer, data: &[u8]) -> Result<(), ApiError> {
        writer.len += data.len() as u64;
        if writer.file.is_none() && self.in_memory + data.len() <= self.limits.max_in_memory {
            self.in_memory += data.len();
            writer.memory.extend_from_slice(data);
            return Ok(());
        }
        if writer.file.is_none() {
            let path = self.new_path().map_err(|e| spool_error(&e))?;
            let mut file = tokio::fs::File::create_new(&path)
                .await
                .map_err(|e| spool_error(&e))?;
            file.write_all(&writer.memory)
                .await
                .map_err(|e| spool_error(&e))?;
            self.in_memory -= writer.memory.len();
            writer.memory = BytesMut::new();
            writer.file = Some((path, file));
        }
        if let Some((_, file)) = &mut writer.file {
            file.write_all(data).await.map_err(|e| spool_error(&e))?;
        }
        Ok(())
    }

    fn new_path(&mut self) -> std::io::Result<PathBuf> {
        if self.dir.is_none() {
            let mut builder = tempfile::Builder::new();
            builder.prefix("slides-upload-");
            self.dir = Some(match self.parent {
                Some(parent) => builder.tempdir_in(parent)?,
                None => builder.tempdir()?,
            });
        }
        self.files += 1;
        let dir = self
            .dir
            .as_ref()
            .ok_or_else(|| std::io::Error::other("no spool folder"))?;
        Ok(dir.path().join(format!("document-{}", self.files)))
    }

    async fn finish(&mut self, writer: Writer) -> Result<FilePart, ApiError> {
        let is_metadata = is_metadata(&writer.head);
        let content = match writer.file {
            Some((path, mut file)) => {
                file.flush().await.map_err(|e| spool_error(&e))?;
                Payload::path(path)
            }
            None => Payload::bytes(writer.memory.freeze()),
        };
        let PartHead {
            name, file_name, ..
        } = writer.head;
        // A temporary file's own name says nothing about the document.
        let content = content.named(file_name.clone().or(name.clone()).unwrap_or_default());
        Ok(FilePart {
            part_name: name,
            file_name,
            len: writer.len,
            is_metadata,
            content,
        })
    }
}

fn spool_error(error: &std::io::Error) -> ApiError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return ApiError::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "insufficientStorage",
            "the server has no space left for the upload",
        )
        .with_internal(error);
    }
    ApiError::internal(error)
}
