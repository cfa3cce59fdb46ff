use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http_body::{Frame, SizeHint};
use slides_core::{ByteStream, Payload};
use tokio::time::Sleep;

/// Body of a request or an answer: a stream of bytes with a length where it is known.
///
/// A pointer, as requests and answers are moved from hand to hand by hyper; one without bytes is none.
pub struct Body(Option<Box<Held>>);

struct Held {
    source: Source,
    idle: Option<Idle>,
}

enum Source {
    /// What is left of bytes in memory.
    Bytes(Bytes),
    Incoming(hyper::body::Incoming),
    Other(Pin<Box<dyn http_body::Body<Data = Bytes, Error = io::Error> + Send>>),
}

impl Body {
    /// No bytes.
    pub fn empty() -> Self {
        Self(None)
    }

    /// Bytes in memory.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() {
            return Self::empty();
        }
        Self::of(Source::Bytes(bytes))
    }

    /// A stream; `len` is its length in bytes where it is known, and becomes `Content-Length`.
    pub fn from_stream(stream: ByteStream, len: Option<u64>) -> Self {
        Self::own(Chunks { stream, left: len })
    }

    /// Any body with byte chunks.
    pub fn wrap<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self::own(http_body_util::BodyExt::map_err(body, |error| {
            io_error(error.into())
        }))
    }

    /// As [`wrap`](Self::wrap), for one whose errors are what they should be.
    pub(crate) fn own(
        body: impl http_body::Body<Data = Bytes, Error = io::Error> + Send + 'static,
    ) -> Self {
        Self::of(Source::Other(Box::pin(body)))
    }

    /// The body of hyper's answer.
    pub(crate) fn incoming(body: hyper::body::Incoming) -> Self {
        Self::of(Source::Incoming(body))
    }

    fn of(source: Source) -> Self {
        Self(Some(Box::new(Held { source, idle: None })))
    }

    /// Gives up when nothing comes for this long.
    pub(crate) fn with_idle_limit(mut self, limit: Duration) -> Self {
        if let Some(held) = &mut self.0 {
            held.idle = Some(Idle { limit, sleep: None });
        }
        self
    }

    /// Whether it is so short that there is nothing to see of how it moves.
    pub(crate) fn is_one_piece(&self) -> bool {
        match self.0.as_deref() {
            None => true,
            Some(held) => {
                matches!(&held.source, Source::Bytes(bytes) if bytes.len() <= Payload::PIECE)
            }
        }
    }

    /// The chunks as they come.
    pub fn into_stream(self) -> ByteStream {
        http_body_util::BodyDataStream::new(self).boxed()
    }
}

/// An I/O error stays what it is, its kind is read further up.
fn io_error(error: Box<dyn StdError + Send + Sync>) -> io::Error {
    error
        .downcast::<io::Error>()
        .map_or_else(io::Error::other, |error| *error)
}

impl Source {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self {
            Self::Bytes(left) if left.is_empty() => Poll::Ready(None),
            Self::Bytes(left) => {
                let piece = left.split_to(left.len().min(Payload::PIECE));
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Self::Incoming(body) => http_body::Body::poll_frame(Pin::new(body), cx)
                .map_err(|error| io_error(error.into())),
            Self::Other(body) => body.as_mut().poll_frame(cx),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Some(held) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let frame = held.source.poll_frame(cx);
        match &mut held.idle {
            Some(idle) => idle.watch(frame, cx),
            None => frame,
        }
    }

    fn is_end_stream(&self) -> bool {
        match self.0.as_deref().map(|held| &held.source) {
            None => true,
            Some(Source::Bytes(left)) => left.is_empty(),
            Some(Source::Incoming(body)) => body.is_end_stream(),
            Some(Source::Other(body)) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self.0.as_deref().map(|held| &held.source) {
            None => SizeHint::with_exact(0),
            Some(Source::Bytes(left)) => SizeHint::with_exact(left.len() as u64),
            Some(Source::Incoming(body)) => body.size_hint(),
            Some(Source::Other(body)) => body.size_hint(),
        }
    }
}

/// Gives up on an answer when nothing comes. Only waiting counts: a reader that takes its time is not the server's
/// silence.
struct Idle {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Idle {
    fn watch<T>(
        &mut self,
        frame: Poll<Option<io::Result<T>>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<T>>> {
        if frame.is_ready() {
            self.sleep = None;
            return frame;
        }
        let limit = self.limit;
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        std::task::ready!(sleep.as_mut().poll(cx));
        let text = format!("no byte of the answer came for {} s", limit.as_secs_f64());
        Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, text))))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("len", &http_body::Body::size_hint(self).exact())
            .finish_non_exhaustive()
    }
}

struct Chunks {
    stream: ByteStream,
    left: Option<u64>,
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let chunk = std::task::ready!(self.stream.poll_next_unpin(cx));
        if let (Some(left), Some(Ok(chunk))) = (&mut self.left, &chunk) {
            *left = left.saturating_sub(chunk.len() as u64);
        }
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map(SizeHint::with_exact).unwrap_or_default()
    }
}
