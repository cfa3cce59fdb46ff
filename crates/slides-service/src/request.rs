//! A start request as the queue keeps it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use slides_core::{CallOptions, DocumentSource, Error, FileLocation, StartCall};
use slides_types::PresentationSource;

use crate::blobs::Spooled;
use crate::fetch::FetchUrl;
use crate::files;

/// Rises when an older version would run a request wrong. A worker leaves what is newer than itself to others, so
/// that servers of two versions can share a queue while they are replaced.
pub(crate) const REQUEST_VERSION: u32 = 1;

/// Why a request cannot be run.
#[derive(Debug)]
pub(crate) enum Unread {
    /// A newer version wrote it.
    Newer(u32),
    /// It cannot be opened or read.
    Broken(std::io::Error),
}

/// Reads a request that was opened.
pub(crate) fn read(plain: &[u8]) -> Result<QueuedRequest, Unread> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(default)]
        version: u32,
    }
    let broken = |error: serde_json::Error| Unread::Broken(error.into());
    let Version { version } = serde_json::from_slice(plain).map_err(broken)?;
    if version > REQUEST_VERSION {
        return Err(Unread::Newer(version));
    }
    serde_json::from_slice(plain).map_err(broken)
}

/// What a worker needs to run an operation. It is sealed before it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct QueuedRequest {
    /// [`REQUEST_VERSION`] of the server that wrote it.
    #[serde(default)]
    pub(crate) version: u32,
    pub(crate) call: StartCall,
    /// The uploaded documents, in part order.
    pub(crate) inputs: Vec<QueuedInput>,
    /// Wall-time limit the caller asked for.
    pub(crate) timeout: Option<Duration>,
    /// Whether a split writes nothing into the storage.
    #[serde(default)]
    pub(crate) result_only: bool,
    /// What the operation fails with before anything is looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unfit: Option<String>,
    /// Trace that the start was part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) traceparent: Option<String>,
}

impl QueuedRequest {
    /// The id of its trace.
    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.traceparent.as_deref()?.split('-').nth(1)
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct QueuedInput {
    pub(crate) blob: String,
    pub(crate) name: Option<String>,
}

/// Hash under which two starts with one idempotency key are the same request. The documents need theirs.
pub(crate) fn request_hash(
    call: &StartCall,
    options: &CallOptions,
    documents: &[Spooled],
) -> serde_json::Result<String> {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(&(call, options.timeout))?);
    hash.update(options.unfit.as_deref().unwrap_or_default());
    if let Some(address) = &options.webhook {
        hash.update(address);
    }
    for document in documents {
        hash.update(document.sha256.as_deref().unwrap_or_default());
    }
    Ok(files::hex(&hash.finalize()))
}

/// The storage a call names.
pub(crate) fn storage_of(call: &StartCall) -> Option<&str> {
    match call {
        StartCall::Convert(target)
        | StartCall::ConvertAndSave { target, .. }
        | StartCall::DownloadPresentation { target, .. }
        | StartCall::SavePresentation { target, .. } => target.storage.as_deref(),
        StartCall::Merge(merge) | StartCall::MergeAndSave { merge, .. } => merge.storage.as_deref(),
        StartCall::Split { storage, .. } => storage.as_deref(),
        _ => None,
    }
}

/// Files of a storage that a call cannot do without; `has_parts` says whether it brings documents of its own, which
/// a merge may mean by a name.
pub(crate) fn sources_of(call: &StartCall, has_parts: bool) -> Vec<FileLocation> {
    let storage = storage_of(call).map(str::to_owned);
    let paths = match call {
        StartCall::DownloadPresentation { document, .. }
        | StartCall::SavePresentation { document, .. }
        | StartCall::Split {
            document: DocumentSource::Storage(document),
            ..
        } => vec![document.path()],
        StartCall::Merge(merge) | StartCall::MergeAndSave { merge, .. } => merge
            .sources
            .iter()
            .filter(|source| match source.source {
                Some(PresentationSource::Storage) => true,
                None => !has_parts,
                _ => false,
            })
            .map(|source| source.path.clone())
            .collect(),
        _ => Vec::new(),
    };
    let at = |path| FileLocation::new(path).in_storage(storage.clone());
    paths.into_iter().map(at).collect()
}

/// Refuses sources of a merge that the server does not know, and addresses that it does not fetch (contract section 7).
pub(crate) fn check_merge(call: &StartCall, client: Option<&dyn FetchUrl>) -> Result<(), Error> {
    let (StartCall::Merge(merge) | StartCall::MergeAndSave { merge, .. }) = call else {
        return Ok(());
    };
    for source in &merge.sources {
        match &source.source {
            None | Some(PresentationSource::Storage | PresentationSource::Request) => {}
            Some(PresentationSource::Url) => crate::fetch::check(client, &source.path)?,
            Some(_) => {
                return Err(Error::invalid(format!(
                    "Invalid value for `source` of `{}`: send the presentation as a part (`Request`) or name a stored file (`Storage`)",
                    source.path
                )));
            }
        }
    }
    Ok(())
}

/// Whether a call takes its deck from the request.
pub(crate) fn needs_document(call: &StartCall) -> bool {
    match call {
        StartCall::Convert(_) | StartCall::ConvertAndSave { .. } => true,
        StartCall::Split { document, .. } => *document == DocumentSource::Request,
        StartCall::Merge(merge) | StartCall::MergeAndSave { merge, .. } => merge.sources.is_empty(),
        _ => false,
    }
}

/// Every path of a call that is inside a storage.
pub(crate) fn paths_of(call: &StartCall) -> Vec<String> {
    let mut paths: Vec<String> = call.out_path().map(str::to_owned).into_iter().collect();
    match call {
        StartCall::DownloadPresentation { document, .. }
        | StartCall::SavePresentation { document, .. } => {
            paths.push(document.path());
        }
        StartCall::Split {
            document,
            dest_folder,
            ..
        } => {
            paths.extend(dest_folder.clone());
            if let DocumentSource::Storage(document) = document {
                paths.push(document.path());
            }
        }
        _ => {}
    }
    let fonts = match call {
        StartCall::Convert(target)
        | StartCall::ConvertAndSave { target, .. }
        | StartCall::DownloadPresentation { target, .. }
        | StartCall::SavePresentation { target, .. } => &target.fonts_folder,
        StartCall::Split { fonts_folder, .. } => fonts_folder,
        _ => &None,
    };
    paths.extend(fonts.clone());
    paths
}
