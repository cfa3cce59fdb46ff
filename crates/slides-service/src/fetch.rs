//! Presentations at addresses that a merge names (contract section 7): fetched into the folder of the run, where the
//! operator allows it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use futures_util::StreamExt;
use slides_core::{Download, Error, StartCall};
use slides_types::PresentationSource;
use tokio::io::AsyncWriteExt;

use crate::failure::Wrong;
use crate::service::{Inner, Running};

/// Fetches what is at an address. What it may reach is its own matter.
#[async_trait]
pub trait FetchUrl: Send + Sync + 'static {
    /// Whether an address may be asked at all, as far as that is known without asking anyone.
    ///
    /// # Errors
    /// [`Error::Rejected`](slides_core::Error::Rejected) (400) with what is wrong.
    fn check(&self, address: &str) -> slides_core::Result<()>;

    /// Begins to read the file at an address. The service bounds its size and the time of all of it.
    ///
    /// # Errors
    /// When there is no file.
    async fn fetch(&self, address: &str) -> slides_core::Result<Download>;
}

/// Files by the addresses they came from.
pub(crate) type Fetched = HashMap<String, PathBuf>;

/// Fetches every address of a merge once, within the limits of the service.
pub(crate) async fn sources(
    inner: &Inner,
    call: &StartCall,
    running: &Running,
    folder: &Path,
) -> Result<Fetched, Wrong> {
    let mut fetched = Fetched::new();
    let (StartCall::Merge(merge) | StartCall::MergeAndSave { merge, .. }) = call else {
        return Ok(fetched);
    };
    let limits = &inner.options.limits;
    let is_url =
        |source: &&slides_core::MergeSource| source.source == Some(PresentationSource::Url);
    let addresses = merge.sources.iter().filter(is_url);
    let all = async {
        // Together they may be as large as one stored source.
        let mut left = limits.max_source_bytes;
        for source in addresses.take(limits.max_documents) {
            if fetched.contains_key(&source.path) {
                continue;
            }
            let path = folder.join(format!("from-address-{}", fetched.len() + 1));
            left -= fetch(inner, &source.path, &path, left).await?;
            fetched.insert(source.path.clone(), path);
        }
        Ok::<(), Wrong>(())
    };
    tokio::select! {
        outcome = tokio::time::timeout(limits.max_fetch_time, all) => match outcome {
            Ok(outcome) => outcome?,
            Err(_) => {
                return Err(Wrong::fail(
                    400,
                    "invalidArgument",
                    format!(
                        "the presentations could not be fetched from their addresses within {} s (`max_fetch_time`)",
                        limits.max_fetch_time.as_secs_f64()
                    ),
                ));
            }
        },
        () = running.stop.cancelled() => return Err(Wrong::Stopped),
    }
    Ok(fetched)
}

/// Fetches one address into a file of at most `limit` bytes; gives its length.
async fn fetch(inner: &Inner, address: &str, path: &Path, limit: u64) -> Result<u64, Wrong> {
    let Some(client) = &inner.options.url_sources else {
        return Err(Wrong::fail(400, "invalidArgument", NOT_SERVED));
    };
    let refused = |error: &dyn std::fmt::Display| {
        Wrong::fail(
            400,
            "invalidArgument",
            format!("a presentation cannot be fetched from its address: {error}"),
        )
    };
    let mut chunks = client
        .fetch(address)
        .await
        .map_err(|error| refused(&error))?
        .into_stream();
    let disk = |e: std::io::Error| Wrong::io("a fetched presentation cannot be written", &e);
    let mut file = tokio::fs::File::create(path).await.map_err(disk)?;
    let mut len = 0_u64;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| refused(&error))?;
        len += chunk.len() as u64;
        if len > limit {
            return Err(Wrong::fail(
                413,
                "limitExceeded",
                format!(
                    "the presentations at the addresses have more than {} bytes together (`max_source_bytes`)",
                    inner.options.limits.max_source_bytes
                ),
            ));
        }
        file.write_all(&chunk).await.map_err(disk)?;
    }
    file.flush().await.map_err(disk)?;
    Ok(len)
}

/// What a merge with an address is told where that is not allowed.
const NOT_SERVED: &str = "this server fetches no presentations from addresses (`Url`): send the presentation as a part (`Request`) or name a stored file (`Storage`)";

/// Refuses addresses that will not be fetched.
pub(crate) fn check(client: Option<&dyn FetchUrl>, address: &str) -> Result<(), Error> {
    match client {
        Some(client) => client.check(address),
        None => Err(Error::invalid(format!(
            "Invalid value for `source`: {NOT_SERVED}"
        ))),
    }
}
