//! Operations followed: answers held back until there is something new, and server-sent events. Both are ours, not
//! the vendor's.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use slides_core::{AsyncApi, Error, OperationId, PhaseExt, Result, Seen, StatusReply};
use slides_types::Operation;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::error::{ApiError, Subject};
use crate::query::{Query, header};

/// Bounds on answers that are held back and on streams of events.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchLimits {
    /// Longest time that an answer is held back (`?wait=`). Default 30 s.
    pub max_wait: Duration,
    /// Answers held back and streams of events at one time. Beyond it, an answer is not held back and a stream is
    /// refused with 503. Default 1024.
    pub max_watchers: usize,
    /// Time between comments that keep a silent stream alive. Default 15 s.
    pub heartbeat: Duration,
    /// Longest life of a stream, after which its client comes back. Default 1 h.
    pub max_stream: Duration,
}

impl Default for WatchLimits {
    fn default() -> Self {
        Self {
            max_wait: Duration::from_secs(30),
            max_watchers: 1024,
            heartbeat: Duration::from_secs(15),
            max_stream: Duration::from_hours(1),
        }
    }
}

/// Those who watch, and what they may.
#[derive(Debug)]
pub(crate) struct Watching {
    limits: WatchLimits,
    places: Arc<Semaphore>,
    /// Set when the server ends: nobody is kept waiting then.
    drain: CancellationToken,
}

impl Watching {
    pub(crate) fn new(limits: WatchLimits, drain: CancellationToken) -> Self {
        let places = Arc::new(Semaphore::new(
            limits.max_watchers.min(Semaphore::MAX_PERMITS),
        ));
        Self {
            limits,
            places,
            drain,
        }
    }

    /// Where an operation stands, as soon as there is something new.
    pub(crate) async fn status(
        &self,
        api: &dyn AsyncApi,
        id: &OperationId,
        query: &Query,
        wait: Duration,
    ) -> std::result::Result<Response<Body>, ApiError> {
        let failed = |error: Error| ApiError::from_core(&error, Subject::Operation);
        let since = match query.get("since") {
            None => None,
            Some(text) => Some(text.parse::<Seen>().map_err(|error| {
                ApiError::bad_request(format!("Invalid value for `since`: `{text}`, {error}"))
            })?),
        };
        let now = api.status(id).await.map_err(failed)?;
        let seen = since.unwrap_or_else(|| Seen::of(&now.operation));
        let place = self.places.try_acquire();
        let (Ok(_place), false) = (place, self.drain.is_cancelled()) else {
            // It is the caller who waits then, as the vendor's do.
            return Ok(commands::status_of(&now));
        };
        let reply = if seen.is_outdated_by(&now.operation) || wait.is_zero() {
            now
        } else {
            tokio::select! {
                reply = api.changed(id, seen, wait.min(self.limits.max_wait)) => reply.map_err(failed)?,
                () = self.drain.cancelled() => now,
            }
        };
        let mut response = commands::status_of(&reply);
        response.headers_mut().insert(
            HeaderName::from_static("preference-applied"),
            HeaderValue::from_static("wait"),
        );
        Ok(response)
    }

    /// An operation's events until its end.
    pub(crate) async fn events(
        &self,
        api: Arc<dyn AsyncApi>,
        id: OperationId,
        headers: &HeaderMap,
    ) -> std::result::Result<Response<Body>, ApiError> {
        let last = header(headers, "last-event-id").and_then(|text| text.parse::<Seen>().ok());
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| ApiError::too_many_watchers())?;
        if self.drain.is_cancelled() {
            return Err(ApiError::draining());
        }
        let now = api
            .status(&id)
            .await
            .map_err(|error| ApiError::from_core(&error, Subject::Operation))?;
        let knows = last.as_ref() == Some(&Seen::of(&now.operation));
        if knows && now.operation.phase().is_terminal() {
            // A browser comes back after the end of a stream until it is told not to.
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            return Ok(response);
        }
        let events = Events {
            api,
            id,
            seen: last,
            next: if knows {
                Next::Changed
            } else {
                Next::Told(Box::new(now))
            },
            ends: Instant::now() + self.limits.max_stream,
            heartbeat: self.limits.heartbeat,
            drain: self.drain.clone(),
            _place: place,
        };
        let body = stream::unfold(events, |mut events| async move {
            let text = events.next().await?;
            Some((Ok::<_, std::convert::Infallible>(Bytes::from(text)), events))
        });
        let mut response = Response::new(Body::from_stream(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // A proxy that collects answers would hold all of them back.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        Ok(response)
    }
}

/// A stream of events; one at a time is made, when the reader has taken the one before.
struct Events {
    api: Arc<dyn AsyncApi>,
    id: OperationId,
    /// What the reader was told last.
    seen: Option<Seen>,
    next: Next,
    ends: Instant,
    heartbeat: Duration,
    drain: CancellationToken,
    _place: OwnedSemaphorePermit,
}

enum Next {
    Told(Box<StatusReply>),
    Changed,
    Over,
}

impl Events {
    async fn next(&mut self) -> Option<String> {
        match std::mem::replace(&mut self.next, Next::Changed) {
            Next::Told(reply) => Some(self.tell(&reply.operation)),
            Next::Changed => Some(self.wait().await),
            Next::Over => None,
        }
    }

    async fn wait(&mut self) -> String {
        let Some(seen) = self.seen.clone() else {
            // Unreachable: something is told before anything is waited for.
            self.next = Next::Over;
            return String::new();
        };
        if Instant::now() >= self.ends {
            return self.over("come back");
        }
        let changed = self.api.changed(&self.id, seen.clone(), self.heartbeat);
        let reply: Result<StatusReply> = tokio::select! {
            reply = changed => reply,
            () = self.drain.cancelled() => return self.over("the server shuts down"),
        };
        match reply {
            Ok(reply) if seen.is_outdated_by(&reply.operation) => self.tell(&reply.operation),
            Ok(_) => ": alive\n\n".to_owned(),
            // Whoever comes back is told what is wrong.
            Err(error) => {
                tracing::debug!(id = %self.id, error.type = error.kind_text(), "a stream of events ends early");
                self.over("come back")
            }
        }
    }

    fn tell(&mut self, operation: &Operation) -> String {
        let now = Seen::of(operation);
        let is_new_status = self
            .seen
            .as_ref()
            .is_none_or(|seen| seen.status != now.status);
        let name = if operation.phase().is_terminal() {
            self.next = Next::Over;
            "end"
        } else if is_new_status {
            "status"
        } else {
            "progress"
        };
        // The models are plain data; writing them cannot fail. The text has no line breaks.
        let data = serde_json::to_string(operation).unwrap_or_default();
        let text = format!("event: {name}\nid: {now}\ndata: {data}\n\n");
        self.seen = Some(now);
        text
    }

    /// A last comment, with when to come back in milliseconds.
    fn over(&mut self, why: &str) -> String {
        self.next = Next::Over;
        format!(": {why}\nretry: 1000\n\n")
    }
}
