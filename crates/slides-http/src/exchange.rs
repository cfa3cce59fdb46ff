//! One request and its answer over a transport, with every wait bounded.

use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use slides_core::{Error, Result, TransportError, TransportErrorKind};
use tokio::time::Instant;

use crate::connections::Turns;
use crate::{Body, Transport};

/// How long to wait for the other side. There is no limit on a whole transfer: big decks take as
/// long as they take, as long as bytes move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Name look-up, connection and TLS handshake together. Default 10 s.
    pub connect: Duration,
    /// From the last byte of the request that could be sent to the head of the answer. Default 60 s. A
    /// synchronous call is silent while the server works: raise it to what the work may take.
    pub response: Duration,
    /// Between two chunks of an answer's body. Default 60 s.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            response: Duration::from_mins(1),
            idle: Duration::from_mins(1),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) timeouts: Timeouts,
    pub(crate) turns: Turns,
}

impl Exchange {
    /// Sends once. Whose turn it is is the caller's to see to.
    pub(crate) async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>> {
        // most calls send nothing or little: then there is nothing to watch
        let upload = (!request.body().is_one_piece()).then(|| Arc::new(Upload::default()));
        let request = match &upload {
            Some(upload) => request.map(|body| {
                Body::own(Watched {
                    body,
                    upload: upload.clone(),
                })
            }),
            None => request,
        };
        let begun = Instant::now();
        let last_move = || upload.as_ref().map_or(begun, |upload| upload.last_move());
        let mut answer = pin!(self.transport.send(request));
        let response = loop {
            let until = last_move() + self.timeouts.response;
            match tokio::time::timeout_at(until, &mut answer).await {
                Ok(answer) => break answer,
                Err(_) if last_move() + self.timeouts.response > Instant::now() => {}
                Err(_) => break Err(self.no_answer()),
            }
        };
        // a document that could not be read is not the connection's fault
        if let Some(source) = upload.as_ref().and_then(|upload| upload.failure()) {
            return Err(Error::io(
                "the document could not be read while it was sent",
                source,
            ));
        }
        let idle = self.timeouts.idle;
        Ok(response?.map(|body| body.with_idle_limit(idle)))
    }

    fn no_answer(&self) -> TransportError {
        let message = format!(
            "the server sent nothing for {} s",
            self.timeouts.response.as_secs_f64()
        );
        TransportError::new(TransportErrorKind::Timeout, true, message)
    }
}

/// What is known of a request's body while it is sent.
struct Upload {
    moved: Mutex<Instant>,
    failure: Mutex<Option<io::Error>>,
}

impl Default for Upload {
    fn default() -> Self {
        Self {
            moved: Mutex::new(Instant::now()),
            failure: Mutex::new(None),
        }
    }
}

impl Upload {
    fn last_move(&self) -> Instant {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moved(&self) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn failure(&self) -> Option<io::Error> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// A request's body that tells when it moves.
struct Watched {
    body: Body,
    upload: Arc<Upload>,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.upload.moved();
        Poll::Ready(frame.map(|frame| {
            frame.map_err(|error| {
                let kind = error.kind();
                *self
                    .upload
                    .failure
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = Some(error);
                io::Error::new(kind, "the document could not be read")
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
