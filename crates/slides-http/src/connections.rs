//! Bounds on what one client keeps open, and the turns of its requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much a client has open at one time. Every clone of it counts together.
///
/// ```
/// use slides_http::{Connections, HttpClient};
///
/// # fn main() -> slides_core::Result<()> {
/// let client = HttpClient::builder()
///     .base_url("http://127.0.0.1:8080")
///     .connections(Connections { requests: 16, ..Connections::default() })
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Requests that are being sent or wait for their answer; more wait for their turn, in the order in which they came,
    /// and no timeout runs meanwhile. A file whose transfer has begun does not count any more, however long its reader
    /// takes: callers who hold many unread results cannot keep each other waiting. At least one. Default 100.
    pub requests: usize,
    /// Answers that the server is asked to hold back until there is news ([`changed`](slides_core::AsyncApi::changed)),
    /// beside the [`requests`](Self::requests). Who comes when there are as many asks again and again. Default 16.
    pub held: usize,
    /// How long an unused connection is kept; there are at most as many as `requests` for each host. Default 90 s.
    pub idle: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            requests: 100,
            held: 16,
            idle: Duration::from_secs(90),
        }
    }
}

/// The turns of a client's requests.
#[derive(Debug, Clone)]
pub(crate) struct Turns {
    requests: Arc<Semaphore>,
    held: Arc<Semaphore>,
}

/// A request's turn, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _place: OwnedSemaphorePermit,
}

impl Turns {
    pub(crate) fn new(connections: Connections) -> Self {
        let places = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Self {
            requests: places(connections.requests.max(1)),
            held: places(connections.held),
        }
    }

    /// The next turn.
    pub(crate) async fn next(&self) -> Option<Turn> {
        // the semaphore is never closed
        let place = Arc::clone(&self.requests).acquire_owned().await.ok()?;
        Some(Turn { _place: place })
    }

    /// A place for an answer that is held back, if there is one.
    pub(crate) fn hold(&self) -> Option<Turn> {
        let place = Arc::clone(&self.held).try_acquire_owned().ok()?;
        Some(Turn { _place: place })
    }
}
