//! Synchronous calls over the same queue as the others, so that its limits,
//! its sandbox and its fairness hold for them too (contract section 6).

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Response, StatusCode};
use slides_core::{
    AsyncApi, DocumentSource, OperationId, Phase, PhaseExt, StartCall, StartRequest,
};
use slides_types::{Document, ExportFormat, Operation, ResourceUri, SplitDocumentResult};

use crate::archive;
use crate::error::{ApiError, Subject};
use crate::links::Links;
use crate::respond;
use crate::start::Answer;

/// Wait before the second look at an operation; each later one is half as long again.
const FIRST_WAIT: Duration = Duration::from_millis(2);
/// Longest wait between two looks.
const LONGEST_WAIT: Duration = Duration::from_millis(200);
/// Name of an uploaded deck in the names of a split's files (contract section 7).
const UPLOADED: &str = "sourcePresentation";

/// Starts the work, waits for its end and answers with what is left of it. Work that nobody waits
/// for any more is canceled.
pub(crate) async fn run(
    api: &Arc<dyn AsyncApi>,
    request: StartRequest,
    answer: Answer,
    limit: Duration,
    links: &Links,
) -> Result<Response<Body>, ApiError> {
    let call = request.call.clone();
    let id = api
        .start(request)
        .await
        .map_err(|e| ApiError::from_core(&e, Subject::Start))?;
    let mut waiting = Waiting {
        api: Arc::clone(api),
        id: Some(id.clone()),
    };
    let operation = tokio::time::timeout(limit, ended(api.as_ref(), &id))
        .await
        .map_err(|_| ApiError::sync_timeout(limit))??;
    waiting.id = None;
    match operation.phase() {
        Phase::Succeeded => {}
        Phase::Failed => {
            return Err(ApiError::of_operation(&operation.error.unwrap_or_default()));
        }
        _ => {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "conflict",
                "the work was canceled",
            ));
        }
    }
    let result = || async {
        let result = api.result(&id).await;
        result.map_err(|e| ApiError::from_core(&e, Subject::Operation))
    };
    Ok(match answer {
        Answer::File | Answer::Files => respond::file(result().await?),
        Answer::Links => {
            let names = archive::names(api.as_ref(), &id).await;
            respond::json(
                StatusCode::OK,
                &split_result(&call, &operation, names, links),
            )
        }
        Answer::Deck => respond::json(StatusCode::OK, &document(&call, links)),
        Answer::Saved | Answer::Id | Answer::IdOfSaved => respond::empty(),
    })
}

/// Looks at an operation until it has ended.
async fn ended(api: &dyn AsyncApi, id: &OperationId) -> Result<Operation, ApiError> {
    let mut wait = FIRST_WAIT;
    loop {
        let reply = api
            .status(id)
            .await
            .map_err(|e| ApiError::from_core(&e, Subject::Operation))?;
        if reply.operation.phase().is_terminal() {
            return Ok(reply.operation);
        }
        tokio::time::sleep(wait.max(reply.retry_after.unwrap_or_default())).await;
        wait = (wait * 3 / 2).min(LONGEST_WAIT);
    }
}

/// Cancels its operation when it is dropped with it: the caller went away, or the time is up.
struct Waiting {
    api: Arc<dyn AsyncApi>,
    id: Option<OperationId>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            let api = Arc::clone(&self.api);
            tokio::spawn(async move {
                if let Err(error) = api.cancel(&id).await {
                    tracing::debug!(error = %error, "an operation nobody waits for runs on");
                }
            });
        }
    }
}

/// The files of a split: those of its archive, or one for each step where the implementer gives none.
fn split_result(
    call: &StartCall,
    operation: &Operation,
    names: Option<Vec<String>>,
    links: &Links,
) -> SplitDocumentResult {
    let mut result = SplitDocumentResult::default();
    let StartCall::Split {
        document,
        format,
        range,
        dest_folder,
        storage,
        ..
    } = call
    else {
        return result;
    };
    let format = ExportFormat::from(*format);
    let (folder, name) = match document {
        DocumentSource::Storage(deck) => (
            dest_folder.as_deref().or(deck.folder.as_deref()),
            deck.name.as_str(),
        ),
        _ => (dest_folder.as_deref(), UPLOADED),
    };
    let names = names.unwrap_or_else(|| {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let first = range.from.unwrap_or(1);
        let count = operation.progress.as_ref().map_or(0, |p| p.step_count);
        let count = u32::try_from(count).unwrap_or_default();
        (first..first.saturating_add(count))
            .map(|number| format!("{stem}_{number}.{}", format.extension()))
            .collect()
    });
    // Files in folders are shown by others.
    let slides = names.iter().filter(|name| !name.contains('/'));
    let uris = slides.map(|name| {
        let number = number_of(name);
        let mut uri = links.file(folder.unwrap_or_default(), name, storage.as_deref());
        uri.link_type = Some(format.media_type().to_owned());
        uri.title = Some(number.map_or_else(|| name.clone(), |number| format!("Slide {number}")));
        uri.slide_index = number;
        uri
    });
    result.slides = Some(uris.collect());
    result
}

/// The number in `deck_3.png`.
fn number_of(name: &str) -> Option<i32> {
    let (_, number) = name.rsplit_once('.')?.0.rsplit_once('_')?;
    number.parse().ok()
}

/// The deck that a merge was written to.
fn document(call: &StartCall, links: &Links) -> Document {
    let mut document = Document::default();
    if let StartCall::MergeAndSave { merge, out_path } = call {
        let mut uri: ResourceUri = links.file("", out_path, merge.storage.as_deref());
        uri.link_type = Some(ExportFormat::Pptx.media_type().to_owned());
        uri.title = out_path.rsplit('/').next().map(str::to_owned);
        document.self_uri = Some(uri);
    }
    document
}
