//! A queue that several servers share.

use std::sync::Arc;
#[cfg(feature = "postgres")]
use std::time::Duration;

use tokio::sync::broadcast::{Receiver, error::RecvError};

#[cfg(feature = "postgres")]
use slides_core::{Error, Result};

use super::Inner;
use crate::queue::News;
#[cfg(feature = "postgres")]
use crate::{
    queue::{PostgresOptions, PostgresStore, StoreError},
    seal::Sealer,
};

/// What the servers' common key is proved with.
#[cfg(feature = "postgres")]
const KEY_PROOF: &str = "key-proof";

/// Opens the queue, unless its requests are sealed with another key than this server's. Blocks.
#[cfg(feature = "postgres")]
pub(super) fn open(
    mut options: PostgresOptions,
    workers: usize,
    lease: Duration,
    sealer: &Sealer,
) -> Result<PostgresStore> {
    let cannot =
        |error: StoreError| Error::io("cannot open the queue", std::io::Error::other(error));
    let connections = u32::try_from(workers).unwrap_or(u32::MAX);
    options
        .connections
        .get_or_insert(connections.saturating_mul(2).saturating_add(4));
    options.lease = lease;
    let store = PostgresStore::open(options).map_err(cannot)?;
    let proof = sealer
        .seal(KEY_PROOF, KEY_PROOF.as_bytes())
        .map_err(|e| Error::io("cannot use the key of the queue", e))?;
    let kept = store.keep(KEY_PROOF, &proof).map_err(cannot)?;
    sealer.open_sealed(KEY_PROOF, &kept).map_err(|_| {
        let other = std::io::Error::from(std::io::ErrorKind::InvalidInput);
        let what = "the key of this server is not the one that the queue's requests are sealed with: name the key file of the other servers";
        Error::io(what, other)
    })?;
    Ok(store)
}

/// Wakes whoever waits for what other servers do, until the service stops.
pub(super) async fn hear(inner: Arc<Inner>, mut news: Receiver<News>) {
    loop {
        let heard = tokio::select! {
            () = inner.stop.cancelled() => return,
            heard = news.recv() => heard,
        };
        match heard {
            Ok(News::Ready) => inner.ready.notify_one(),
            Ok(News::Ended(id)) => {
                inner.watchers.tell(&id);
                inner.changed.notify_waiters();
            }
            Ok(News::CancelRequested(id)) => {
                if let Some(running) = inner.running().get(&id) {
                    running.canceled.notify_one();
                }
            }
            Ok(News::Missed) | Err(RecvError::Lagged(_)) => {
                inner.ready.notify_waiters();
                inner.changed.notify_waiters();
            }
            Err(RecvError::Closed) => return,
        }
    }
}
