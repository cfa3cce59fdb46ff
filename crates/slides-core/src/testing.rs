//! Fakes for tests: of the SDK, of programs that use it, and of servers in front of it.
//!
//! [`MockAsyncApi`], [`MockSyncApi`] and [`MockStorageApi`] take expectations; [`FakeApi`] plays an operation from
//! a script.
//!
//! ```
//! use std::sync::Arc;
//! use slides_core::{AsyncApi, Download, Error, OperationHandle, testing};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let mut api = testing::MockAsyncApi::new();
//! api.expect_status().returning(|id| Ok(testing::reply(id, "Failed").error("bad deck")));
//!
//! let handle = OperationHandle::<Download>::new(Arc::new(api), "op-1".into());
//! let error = handle.await.unwrap_err();
//! assert!(matches!(error, Error::Failed { .. }));
//! # }
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use slides_types::{
    Operation, OperationError, OperationMethod, OperationProgress, OperationStatus,
};

pub use crate::api::{MockAsyncApi, MockStorageApi};
pub use crate::sync::MockSyncApi;
use crate::{AsyncApi, Download, Error, OperationId, PhaseExt, Result, StartRequest, StatusReply};

/// An operation `Convert` with an id and a status; an unknown status text is kept.
pub fn operation(id: impl fmt::Display, status: &str) -> Operation {
    let mut operation = Operation::default();
    operation.id = id.to_string();
    operation.method = OperationMethod::Convert;
    operation.status = OperationStatus::from(status);
    operation
}

/// A reply to a status call, with [`operation`] inside.
pub fn reply(id: impl fmt::Display, status: &str) -> StatusReply {
    StatusReply::new(operation(id, status))
}

impl StatusReply {
    /// Sets the operation's error text.
    #[must_use]
    pub fn error(mut self, message: impl Into<String>) -> Self {
        let mut error = OperationError::default();
        error.http_status_code = 400;
        error.message = Some(message.into());
        self.operation.error = Some(error);
        self
    }

    /// Sets the operation's progress.
    #[must_use]
    pub fn progress(mut self, step: i32, of: i32) -> Self {
        let mut progress = OperationProgress::default();
        progress.step_index = step;
        progress.step_count = of;
        self.operation.progress = Some(progress);
        self
    }

    /// Sets the operation's method.
    #[must_use]
    pub fn method(mut self, method: OperationMethod) -> Self {
        self.operation.method = method;
        self
    }

    /// Sets when the server wants to be asked again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

/// An implementer in memory that plays one script: each status call takes the next entry, the
/// last one is repeated. It keeps what it was asked.
#[derive(Debug)]
pub struct FakeApi {
    state: Mutex<State>,
    result: Bytes,
    latency: Duration,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Result<StatusReply>>,
    last: Option<StatusReply>,
    method: Option<OperationMethod>,
    started: Vec<StartRequest>,
    status_calls: usize,
    canceled: bool,
}

impl FakeApi {
    /// Plays these entries.
    pub fn new(script: impl IntoIterator<Item = Result<StatusReply>>) -> Self {
        let state = State {
            script: script.into_iter().collect(),
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
            result: Bytes::new(),
            latency: Duration::ZERO,
        }
    }

    /// Plays statuses by their texts.
    pub fn statuses<'a>(statuses: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(
            statuses
                .into_iter()
                .map(|status| Ok(reply("op-1", status)))
                .collect::<Vec<_>>(),
        )
    }

    /// Created, Started, Finished, and this result.
    pub fn finishing_with(result: impl Into<Bytes>) -> Self {
        Self::statuses(["Created", "Started", "Finished"]).with_result(result)
    }

    /// Started, then Failed with this text.
    pub fn failing_with(message: impl Into<String>) -> Self {
        Self::new([
            Ok(reply("op-1", "Started")),
            Ok(reply("op-1", "Failed").error(message)),
        ])
    }

    /// Sets the bytes of the result.
    #[must_use]
    pub fn with_result(mut self, result: impl Into<Bytes>) -> Self {
        self.result = result.into();
        self
    }

    /// Makes each status call take this long.
    #[must_use]
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The requests that were started.
    pub fn started(&self) -> Vec<StartRequest> {
        self.state().started.clone()
    }

    /// How many status calls have been answered.
    pub fn status_calls(&self) -> usize {
        self.state().status_calls
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl AsyncApi for FakeApi {
    async fn start(&self, request: StartRequest) -> Result<OperationId> {
        let mut state = self.state();
        state.method = Some(request.call.method());
        state.started.push(request);
        Ok(OperationId::new(format!("op-{}", state.started.len())))
    }

    async fn status(&self, id: &OperationId) -> Result<StatusReply> {
        tokio::time::sleep(self.latency).await;
        let mut state = self.state();
        state.status_calls += 1;
        let mut reply = match state.script.pop_front() {
            Some(entry) => entry?,
            None => state
                .last
                .clone()
                .ok_or_else(|| Error::not_found(id.as_str()))?,
        };
        state.last = Some(reply.clone());
        if state.canceled && !reply.phase_is_terminal() {
            reply.operation.status = OperationStatus::Canceled;
        }
        id.as_str().clone_into(&mut reply.operation.id);
        if let Some(method) = &state.method {
            reply.operation.method = method.clone();
        }
        Ok(reply)
    }

    async fn result(&self, _id: &OperationId) -> Result<Download> {
        Ok(Download::from_bytes(self.result.clone()))
    }

    async fn cancel(&self, _id: &OperationId) -> Result<()> {
        self.state().canceled = true;
        Ok(())
    }
}

impl StatusReply {
    fn phase_is_terminal(&self) -> bool {
        self.operation.phase().is_terminal()
    }
}
