use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_core::Stream;

use crate::{Error, Result};

/// A boxed stream of byte chunks.
pub type ByteStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send + 'static>>;

type Open = dyn Fn() -> ByteStream + Send + Sync;

/// A document on its way up: bytes, a file, or a stream that is read when it is sent.
///
/// A payload knows whether it can be opened again; a one-shot payload is never
/// sent twice.
#[derive(Clone)]
pub struct Payload {
    source: Source,
    len: Option<u64>,
    name: Option<String>,
}

#[derive(Clone)]
enum Source {
    Bytes(Bytes),
    Path(PathBuf),
    Replayable(Arc<Open>),
    Once(Arc<Mutex<Option<ByteStream>>>),
}

impl Payload {
    /// Bytes of one chunk of a file or of bytes in memory: small, so that who watches a slow upload sees it move.
    pub const PIECE: usize = 64 * 1024;

    /// A document in memory.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            len: Some(bytes.len() as u64),
            source: Source::Bytes(bytes),
            name: None,
        }
    }

    /// A file, opened each time the payload is sent. Its base name becomes the payload's name.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
        Self {
            source: Source::Path(path),
            len: None,
            name,
        }
    }

    /// A stream that can be made again from the start, with its length in bytes if known.
    pub fn replayable(
        len: Option<u64>,
        open: impl Fn() -> ByteStream + Send + Sync + 'static,
    ) -> Self {
        Self {
            source: Source::Replayable(Arc::new(open)),
            len,
            name: None,
        }
    }

    /// A stream that can be read once, with its length in bytes if known.
    pub fn once(len: Option<u64>, stream: ByteStream) -> Self {
        Self {
            source: Source::Once(Arc::new(Mutex::new(Some(stream)))),
            len,
            name: None,
        }
    }

    /// Sets the file name that goes with the document.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// File name of the document, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Length in bytes where it is known without opening the payload.
    pub fn len_hint(&self) -> Option<u64> {
        self.len
    }

    /// The file behind the payload, when it is one.
    pub fn as_path(&self) -> Option<&Path> {
        match &self.source {
            Source::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The bytes behind the payload, when they are in memory.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether [`open`](Self::open) can be called more than once.
    pub fn is_replayable(&self) -> bool {
        !matches!(self.source, Source::Once(_))
    }

    /// Starts reading from the first byte: the stream, and its length if known.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be opened, or when a one-shot payload was opened before.
    pub async fn open(&self) -> Result<(ByteStream, Option<u64>)> {
        match &self.source {
            Source::Bytes(bytes) => {
                let mut left = bytes.clone();
                let pieces = std::iter::from_fn(move || {
                    let piece = left.split_to(left.len().min(Self::PIECE));
                    (!piece.is_empty()).then_some(Ok(piece))
                });
                Ok((Box::pin(futures_util::stream::iter(pieces)), self.len))
            }
            Source::Path(path) => {
                let file = tokio::fs::File::open(path)
                    .await
                    .map_err(|e| Error::io(format!("cannot open `{}`", path.display()), e))?;
                let len = file
                    .metadata()
                    .await
                    .map_err(|e| {
                        Error::io(format!("cannot read the size of `{}`", path.display()), e)
                    })?
                    .len();
                Ok((
                    Box::pin(tokio_util::io::ReaderStream::with_capacity(
                        file,
                        Self::PIECE,
                    )),
                    Some(len),
                ))
            }
            Source::Replayable(open) => Ok((open(), self.len)),
            Source::Once(cell) => {
                let stream = cell
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .take();
                match stream {
                    Some(stream) => Ok((stream, self.len)),
                    None => Err(Error::payload_consumed()),
                }
            }
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("len", &self.len)
            .field("replayable", &self.is_replayable())
            .finish_non_exhaustive()
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self::bytes(bytes)
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self::bytes(bytes)
    }
}

impl From<&Path> for Payload {
    fn from(path: &Path) -> Self {
        Self::path(path)
    }
}

impl From<PathBuf> for Payload {
    fn from(path: PathBuf) -> Self {
        Self::path(path)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, TryStreamExt};

    use super::*;

    async fn read(payload: &Payload) -> Result<Vec<u8>> {
        let (stream, len) = payload.open().await?;
        let chunks: Vec<Bytes> = stream.try_collect().await.unwrap();
        let all = chunks.concat();
        assert!(len.is_none_or(|len| len == all.len() as u64));
        Ok(all)
    }

    fn stream() -> ByteStream {
        futures_util::stream::iter([Ok(Bytes::from("PK")), Ok(Bytes::from("deck"))]).boxed()
    }

    #[tokio::test]
    async fn replayable_payloads_start_from_the_first_byte_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("My deck.pptx");
        std::fs::write(&path, "PKdeck").unwrap();
        let payload = Payload::path(&path);
        assert_eq!(payload.name(), Some("My deck.pptx"));
        for payload in [
            payload,
            Payload::bytes("PKdeck"),
            Payload::replayable(None, stream),
        ] {
            assert!(payload.is_replayable());
            for _ in 0..2 {
                assert_eq!(read(&payload).await.unwrap(), b"PKdeck", "{payload:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_one_shot_payload_says_so_the_second_time() {
        let payload = Payload::once(Some(6), stream());
        assert!(!payload.is_replayable());
        let copy = payload.clone();
        assert_eq!(read(&payload).await.unwrap(), b"PKdeck");
        let error = read(&copy).await.unwrap_err();
        assert!(error.to_string().contains("one-shot stream"), "{error}");
    }

    #[tokio::test]
    async fn a_missing_file_is_named() {
        let error = Payload::path("no/such.pptx").open().await.err().unwrap();
        assert_eq!(error.to_string(), "cannot open `no/such.pptx`");
    }

    #[test]
    fn debug_shows_neither_bytes_nor_name() {
        let payload = Payload::bytes("secret text").named("Layoffs.pptx");
        assert_eq!(
            format!("{payload:?}"),
            "Payload { len: Some(11), replayable: true, .. }"
        );
    }
}
