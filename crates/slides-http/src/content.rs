//! What a request carries: nothing, JSON, one document, or a multipart of both. Documents stream.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use http::HeaderValue;
use serde_json::Value;
use slides_core::{ByteStream, Error, Payload, Result};

use crate::Body;

/// A body that can be opened for each try, as far as its documents can.
#[derive(Debug)]
pub(crate) struct Content {
    pieces: Vec<Piece>,
    media_type: Option<HeaderValue>,
    /// A one-shot document has begun to be read.
    consumed: Arc<AtomicBool>,
}

#[derive(Debug)]
enum Piece {
    Bytes(Bytes),
    Document(Payload),
}

impl Content {
    pub(crate) fn empty() -> Self {
        Self::new(Vec::new(), None)
    }

    /// A JSON body (contract section 2.3, rule 6).
    pub(crate) fn json(value: &Value) -> Self {
        let text = Piece::Bytes(value.to_string().into());
        Self::new(
            vec![text],
            Some(HeaderValue::from_static("application/json")),
        )
    }

    /// One document as the whole body.
    pub(crate) fn document(document: Payload) -> Self {
        let content_type = HeaderValue::from_static("application/octet-stream");
        Self::new(vec![Piece::Document(document)], Some(content_type))
    }

    /// JSON in a part `pipeline`, if any, then the documents in parts `file1` to `filen` under
    /// these file names (contract sections 2.2 to 2.4).
    pub(crate) fn multipart(json: Option<&Value>, documents: Vec<(String, Payload)>) -> Self {
        let boundary = uuid::Uuid::new_v4().simple().to_string();
        let mut pieces = Vec::new();
        if let Some(json) = json {
            pieces.push(Piece::Bytes(
                format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"pipeline\"\r\n\
                     Content-Type: application/json\r\n\r\n{json}\r\n"
                )
                .into(),
            ));
        }
        for (index, (name, document)) in documents.into_iter().enumerate() {
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"file{}\"; filename=\"{}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n",
                index + 1,
                quoted(&name)
            );
            pieces.extend([
                Piece::Bytes(head.into()),
                Piece::Document(document),
                Piece::Bytes("\r\n".into()),
            ]);
        }
        pieces.push(Piece::Bytes(format!("--{boundary}--\r\n").into()));
        let content_type =
            HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
        Self::new(pieces, content_type.ok())
    }

    fn new(pieces: Vec<Piece>, media_type: Option<HeaderValue>) -> Self {
        Self {
            pieces,
            media_type,
            consumed: Arc::default(),
        }
    }

    pub(crate) fn content_type(&self) -> Option<&HeaderValue> {
        self.media_type.as_ref()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether [`open`](Self::open) gives the whole body again.
    pub(crate) fn can_repeat(&self) -> bool {
        !self.consumed.load(Ordering::Acquire)
    }

    /// The body from its first byte.
    pub(crate) async fn open(&self) -> Result<Body> {
        let whole = match self.pieces.as_slice() {
            [] => Some(Bytes::new()),
            [Piece::Bytes(bytes)] => Some(bytes.clone()),
            [Piece::Document(document)] => document.as_bytes().cloned(),
            _ => None,
        };
        if let Some(bytes) = whole {
            return Ok(Body::from_bytes(bytes));
        }
        let mut len = Some(0_u64);
        let mut streams = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let (stream, piece_len): (ByteStream, _) = match piece {
                Piece::Bytes(bytes) => {
                    let bytes = bytes.clone();
                    let len = bytes.len() as u64;
                    (
                        futures_util::stream::once(async move { Ok(bytes) }).boxed(),
                        Some(len),
                    )
                }
                Piece::Document(document) if document.is_replayable() => document.open().await?,
                Piece::Document(document) => (self.once(document.clone()), document.len_hint()),
            };
            len = len
                .zip(piece_len)
                .and_then(|(all, one)| all.checked_add(one));
            streams.push(stream);
        }
        Ok(Body::from_stream(
            futures_util::stream::iter(streams).flatten().boxed(),
            len,
        ))
    }

    /// A one-shot document is opened when the first byte is wanted: until then the request can
    /// still be sent again, after a failed connection say.
    fn once(&self, document: Payload) -> ByteStream {
        let consumed = self.consumed.clone();
        let opened = async move {
            consumed.store(true, Ordering::Release);
            document
                .open()
                .await
                .map(|(stream, _)| stream)
                .map_err(|error| match error {
                    Error::Io { what, source } => io::Error::new(source.kind(), what),
                    other => io::Error::other(other),
                })
        };
        futures_util::stream::once(opened).try_flatten().boxed()
    }
}

/// A file name in a quoted parameter, escaped as browsers do it.
fn quoted(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '"' => text.push_str("%22"),
            '\r' => text.push_str("%0D"),
            '\n' => text.push_str("%0A"),
            c if c.is_control() => {}
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::*;

    async fn read(content: &Content) -> (String, Option<u64>) {
        let body = content.open().await.unwrap();
        let len = body.size_hint().exact();
        let chunks: Vec<Bytes> = body.into_stream().try_collect().await.unwrap();
        (String::from_utf8(chunks.concat()).unwrap(), len)
    }

    #[tokio::test]
    async fn a_multipart_has_the_length_it_says() {
        let documents = vec![
            (
                "my \"deck\"\r\nX: y.pptx".to_owned(),
                Payload::bytes("PKone"),
            ),
            ("file2".to_owned(), Payload::bytes("PKtwo")),
        ];
        let content = Content::multipart(Some(&serde_json::json!({"jpegQuality": 90})), documents);
        let (text, len) = read(&content).await;
        assert_eq!(len, Some(text.len() as u64));
        let boundary = content
            .content_type()
            .unwrap()
            .to_str()
            .unwrap()
            .rsplit('=')
            .next()
            .unwrap()
            .to_owned();
        assert_eq!(
            text.replace(&boundary, "B"),
            "--B\r\nContent-Disposition: form-data; name=\"pipeline\"\r\nContent-Type: application/json\r\n\r\n\
             {\"jpegQuality\":90}\r\n\
             --B\r\nContent-Disposition: form-data; name=\"file1\"; filename=\"my %22deck%22%0D%0AX: y.pptx\"\r\n\
             Content-Type: application/octet-stream\r\n\r\nPKone\r\n\
             --B\r\nContent-Disposition: form-data; name=\"file2\"; filename=\"file2\"\r\n\
             Content-Type: application/octet-stream\r\n\r\nPKtwo\r\n--B--\r\n"
        );
        assert_eq!(read(&content).await.0, text, "it can be opened again");
    }

    #[tokio::test]
    async fn a_one_shot_document_is_spent_by_its_first_byte() {
        let stream = || futures_util::stream::iter([Ok(Bytes::from("PK"))]).boxed();
        let content = Content::document(Payload::once(None, stream()));
        let body = content.open().await.unwrap();
        assert!(content.can_repeat(), "nothing was read yet");
        assert_eq!(body.size_hint().exact(), None);
        drop(body);
        assert_eq!(read(&content).await, ("PK".to_owned(), None));
        assert!(!content.can_repeat());
    }
}
