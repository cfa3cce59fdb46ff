//! Blobs in an S3-compatible bucket, for servers that share one queue.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use object_store::buffered::BufWriter;
use object_store::path::Path as Key;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};
use slides_core::Download;
use tokio::io::AsyncWriteExt;

use super::{FOLDERS, Suspects};
use crate::files;

/// Bytes of a part; a smaller blob is put at once.
const PART: usize = 5 << 20;
/// Parts of one blob on their way at the same time.
const PARTS_AT_ONCE: usize = 2;
/// Bytes read of a file at once.
const READ: usize = 256 << 10;
/// How long the bucket may be silent while it sends a blob.
const SILENCE: Duration = Duration::from_mins(1);

/// The bucket and what the keys begin with.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Key,
}

impl Bucket {
    pub(super) fn new(store: Arc<dyn ObjectStore>, prefix: Key) -> Self {
        Self { store, prefix }
    }

    fn key(&self, blob: &str) -> Key {
        blob.split('/').fold(self.prefix.clone(), Key::join)
    }

    pub(super) fn writing(&self, blob: &str, with_hash: bool) -> BucketWriting {
        let writer = BufWriter::with_capacity(Arc::clone(&self.store), self.key(blob), PART)
            .with_max_concurrency(PARTS_AT_ONCE);
        BucketWriting {
            writer,
            hash: with_hash.then(Sha256::new),
        }
    }

    /// Copies a file of the local disk into the bucket.
    pub(super) async fn put_file(&self, from: &Path, blob: &str) -> io::Result<()> {
        let file = tokio::fs::File::open(from).await?;
        let mut content = tokio_util::io::ReaderStream::with_capacity(file, READ);
        let mut writing = self.writing(blob, false);
        while let Some(chunk) = content.next().await {
            let written = match chunk {
                Ok(chunk) => writing.append(vec![chunk]).await,
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                writing.abort().await;
                return Err(error);
            }
        }
        writing.finish().await.map(|_| ())
    }

    /// A blob on its way to a reader; nothing when it is not there.
    pub(super) async fn open(&self, blob: &str) -> io::Result<Option<Download>> {
        let got = match self.store.get(&self.key(blob)).await {
            Ok(got) => got,
            Err(StoreError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(io::Error::other(error)),
        };
        let size = got.meta.size;
        let stream = futures_util::stream::try_unfold(got.into_stream(), |mut stream| async {
            match tokio::time::timeout(SILENCE, stream.next()).await {
                Ok(Some(Ok(chunk))) => Ok(Some((chunk, stream))),
                Ok(Some(Err(error))) => Err(io::Error::other(error)),
                Ok(None) => Ok(None),
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            }
        });
        Ok(Some(Download::new(Box::pin(stream), Some(size))))
    }

    /// A copy of a blob on the local disk.
    pub(super) async fn fetch(&self, blob: &str, scratch: &Path) -> io::Result<PathBuf> {
        let content = self
            .open(blob)
            .await?
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let path = scratch.join(blob.replace('/', "-"));
        content.save(&path).await.map_err(io::Error::other)?;
        Ok(path)
    }

    /// Copies a blob; false when it is not there.
    pub(super) async fn copy(&self, from: &str, to: &str) -> io::Result<bool> {
        match self.store.copy(&self.key(from), &self.key(to)).await {
            Ok(()) => Ok(true),
            Err(StoreError::NotFound { .. }) => Ok(false),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    pub(super) async fn remove(&self, blob: &str) -> io::Result<()> {
        match self.store.delete(&self.key(blob)).await {
            Err(StoreError::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// See [`Blobs::collect_orphans`](super::Blobs::collect_orphans).
    pub(super) async fn collect_orphans(
        &self,
        needed: &BTreeSet<String>,
        before: SystemTime,
        seen: &Suspects,
        next: &mut Suspects,
    ) -> io::Result<usize> {
        let mut removed = 0;
        for folder in FOLDERS {
            let mut objects = self.store.list(Some(&self.key(folder)));
            while let Some(object) = objects.try_next().await.map_err(io::Error::other)? {
                let name = object.location.filename().unwrap_or_default();
                let blob = format!("{folder}/{name}");
                let old = SystemTime::from(object.last_modified) < before;
                if old && !needed.contains(&blob) && seen.confirm(blob.clone(), next) {
                    self.remove(&blob).await?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

/// A blob on its way into the bucket: it is there whole, or not at all.
pub(super) struct BucketWriting {
    writer: BufWriter,
    hash: Option<Sha256>,
}

impl BucketWriting {
    pub(super) async fn append(&mut self, chunks: Vec<Bytes>) -> io::Result<()> {
        for chunk in chunks {
            if let Some(hash) = &mut self.hash {
                hash.update(&chunk);
            }
            self.writer.put(chunk).await.map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// Gives up: parts that were sent are removed.
    pub(super) async fn abort(&mut self) {
        if let Err(error) = self.writer.abort().await {
            tracing::warn!(%error, "parts of a blob that was given up cannot be removed from the bucket");
        }
    }

    /// Returns when the bucket has the whole blob; gives its SHA-256, if it has one.
    pub(super) async fn finish(mut self) -> io::Result<Option<String>> {
        self.writer.shutdown().await?;
        Ok(self.hash.map(|hash| files::hex(&hash.finalize())))
    }
}
