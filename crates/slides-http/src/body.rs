use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::StreamExt;
use http_body::{Frame, SizeHint};
use slides_core::ByteStream;

type Inner = Pin<Box<dyn http_body::Body<Data = Bytes, Error = io::Error> + Send>>;

/// Body of a request or an answer: a boxed stream with a length where it is known.
pub struct Body(Inner);

impl Body {
    /// No bytes.
    pub fn empty() -> Self {
        Self::from_bytes(Bytes::new())
    }

    /// Bytes in memory.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        Self::wrap(http_body_util::Full::new(bytes.into()))
    }

    /// A stream; `len` is its length in bytes where it is known, and becomes `Content-Length`.
    pub fn from_stream(stream: ByteStream, len: Option<u64>) -> Self {
        Self(Box::pin(Chunks { stream, left: len }))
    }

    /// Any body with byte chunks.
    pub fn wrap<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self(Box::pin(http_body_util::BodyExt::map_err(body, |error| {
            let error: Box<dyn std::error::Error + Send + Sync> = error.into();
            // an I/O error stays what it is, its kind is read further up
            error
                .downcast::<io::Error>()
                .map_or_else(io::Error::other, |error| *error)
        })))
    }

    /// As [`wrap`](Self::wrap), for one whose errors are what they should be.
    pub(crate) fn own(
        body: impl http_body::Body<Data = Bytes, Error = io::Error> + Send + 'static,
    ) -> Self {
        Self(Box::pin(body))
    }

    /// The chunks as they come.
    pub fn into_stream(self) -> ByteStream {
        http_body_util::BodyDataStream::new(self).boxed()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.as_mut().poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
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
