//! An operation that has ended, started once more.

use slides_core::{Error, Result};

use crate::blobs::Blobs;
use crate::queue::{NewOperation, Record, State};
use crate::request::{self, Unread};
use crate::seal::Sealer;
use crate::service::MAX_ATTEMPTS;

/// Why an operation cannot be tried again.
const NO_DOCUMENTS: &str = "its documents are gone: those of an operation are kept only while it waits, runs, or has failed and is not yet removed";

/// Whether an operation can be started once more, as far as its row tells.
pub(crate) fn is_possible(record: &Record) -> bool {
    refusal(record).is_none()
}

fn refusal(record: &Record) -> Option<&'static str> {
    if !record.state.is_terminal() {
        Some("it has not ended yet")
    } else if record.state != State::Failed && !record.inputs.is_empty() {
        Some(NO_DOCUMENTS)
    } else {
        None
    }
}

/// The same operation as a new one, with documents of its own: what has ended never changes. The documents are to be
/// removed when it is not submitted.
///
/// # Errors
/// [`Error::Rejected`] (409) when it has not ended or its documents are gone; [`Error::Io`] when its request cannot be
/// read.
pub(crate) async fn again(record: &Record, blobs: &Blobs, sealer: &Sealer) -> Result<NewOperation> {
    let id = record.id.as_str();
    let refused = |why: &str| {
        let words = format!("the operation `{id}` cannot be started once more: {why}");
        Error::rejected(409, "conflict", words)
    };
    if let Some(why) = refusal(record) {
        return Err(refused(why));
    }
    let unread = |e| Error::io(format!("the request of `{id}` cannot be read"), e);
    let plain = sealer.open_sealed(id, &record.request).map_err(unread)?;
    let mut request = request::read(&plain).map_err(|error| match error {
        Unread::Newer(_) => refused("a newer version of the server wrote it"),
        Unread::Broken(error) => unread(error),
    })?;
    let new = uuid::Uuid::new_v4().to_string();
    let webhook = match &record.webhook {
        Some(sealed) => Some(
            sealer
                .open_sealed(id, sealed)
                .and_then(|plain| sealer.seal(&new, &plain))
                .map_err(|e| Error::io(format!("the webhook of `{id}` cannot be read"), e))?,
        ),
        None => None,
    };
    let mut copies = Vec::new();
    for input in &mut request.inputs {
        match blobs.copy(&input.blob).await {
            Ok(Some(copy)) => {
                input.blob.clone_from(&copy);
                copies.push(copy);
            }
            lost => {
                remove(blobs, copies).await;
                return Err(match lost {
                    Err(error) => Error::io("a document cannot be copied", error),
                    Ok(_) => refused(NO_DOCUMENTS),
                });
            }
        }
    }
    let sealed = serde_json::to_vec(&request)
        .map_err(std::io::Error::from)
        .and_then(|plain| sealer.seal(&new, &plain));
    let request = match sealed {
        Ok(sealed) => sealed,
        Err(error) => {
            remove(blobs, copies).await;
            return Err(Error::io("the request cannot be sealed", error));
        }
    };
    Ok(NewOperation {
        id: new,
        tenant: record.tenant.clone(),
        method: record.method.clone(),
        request,
        inputs: copies,
        input_bytes: record.input_bytes,
        priority: record.priority,
        max_attempts: MAX_ATTEMPTS,
        idempotency: None,
        webhook,
    })
}

pub(crate) async fn remove(blobs: &Blobs, names: Vec<String>) {
    for name in names {
        blobs.remove(name).await;
    }
}
