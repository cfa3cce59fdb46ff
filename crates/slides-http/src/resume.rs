//! A download that goes on where its connection broke.

use std::io;

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use slides_core::ByteStream;

use crate::encode::Call;
use crate::{Body, HttpClient};

/// Bytes after which a download counts as one that gets on, so that earlier breaks are forgotten.
const PROGRESS: u64 = 1 << 20;

/// The answer with a body that is asked for again, from its first missing byte, when it breaks off. Only what has a
/// strong `ETag` can be joined from two answers; anything else stays as it is and ends with its error.
pub(crate) fn resuming(
    client: HttpClient,
    call: Call,
    attempts: u32,
    response: Response<Body>,
) -> Response<Body> {
    let Some(tag) = strong_tag(response.headers()).filter(|_| attempts > 1) else {
        return response;
    };
    let len = response
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let (head, body) = response.into_parts();
    let download = Resuming {
        client,
        call,
        tag,
        len,
        got: 0,
        skip: 0,
        left: attempts - 1,
        attempts,
        forget_at: PROGRESS,
        body: body.into_stream(),
        ended: false,
    };
    let stream = futures_util::stream::unfold(download, |mut download| async move {
        let item = download.next().await?;
        Some((item, download))
    });
    Response::from_parts(head, Body::from_stream(stream.boxed(), len))
}

struct Resuming {
    client: HttpClient,
    call: Call,
    tag: HeaderValue,
    len: Option<u64>,
    /// Bytes given so far.
    got: u64,
    /// Bytes of the present body that were given before.
    skip: u64,
    /// How many times more the body may be asked for.
    left: u32,
    attempts: u32,
    /// Where `left` is set back.
    forget_at: u64,
    body: ByteStream,
    ended: bool,
}

impl Resuming {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        while !self.ended {
            match self.body.next().await {
                Some(Ok(chunk)) => {
                    if let Some(chunk) = self.fresh(chunk) {
                        return Some(Ok(chunk));
                    }
                }
                None if self.len.is_none_or(|len| self.got >= len) => self.ended = true,
                broken => {
                    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
                    let error = broken.and_then(Result::err).unwrap_or_else(cut);
                    if !self.reopened().await {
                        self.ended = true;
                        return Some(Err(error));
                    }
                }
            }
        }
        None
    }

    /// What of a chunk was not given before.
    fn fresh(&mut self, mut chunk: Bytes) -> Option<Bytes> {
        let known = (chunk.len() as u64).min(self.skip);
        self.skip -= known;
        chunk.advance(known as usize);
        self.got += chunk.len() as u64;
        if self.got >= self.forget_at {
            self.left = self.attempts - 1;
            self.forget_at = self.got.saturating_add(PROGRESS);
        }
        (!chunk.is_empty()).then_some(chunk)
    }

    /// Asks for the rest; false when it cannot be had.
    async fn reopened(&mut self) -> bool {
        let Some(left) = self.left.checked_sub(1) else {
            return false;
        };
        self.left = left;
        let Ok(range) = HeaderValue::try_from(format!("bytes={}-", self.got)) else {
            return false;
        };
        self.call.headers.insert(RANGE, range);
        self.call.headers.insert(IF_RANGE, self.tag.clone());
        let operation = self.call.route.operation_id;
        tracing::debug!(
            call = operation,
            "a download broke off, asking for the rest"
        );
        let Ok(response) = self.client.send(&self.call).await else {
            return false;
        };
        let same = strong_tag(response.headers()).is_none_or(|tag| tag == self.tag);
        self.skip = match response.status() {
            StatusCode::PARTIAL_CONTENT if same && starts_at(response.headers(), self.got) => 0,
            // a server that gives no parts gives the whole; what is known of it is passed over
            StatusCode::OK if strong_tag(response.headers()).as_ref() == Some(&self.tag) => {
                self.got
            }
            _ => return false,
        };
        self.body = response.into_body().into_stream();
        true
    }
}

fn strong_tag(headers: &HeaderMap) -> Option<HeaderValue> {
    let tag = headers.get(ETAG)?;
    tag.as_bytes().starts_with(b"\"").then(|| tag.clone())
}

/// Whether `Content-Range: bytes 5-9/10` begins at this byte.
fn starts_at(headers: &HeaderMap, at: u64) -> bool {
    let start = headers.get(CONTENT_RANGE).and_then(|value| {
        let (start, _) = value
            .to_str()
            .ok()?
            .strip_prefix("bytes ")?
            .split_once('-')?;
        start.trim().parse().ok()
    });
    start == Some(at)
}
