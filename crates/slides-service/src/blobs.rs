use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use slides_core::{Error, Payload, Result};
use tempfile::TempPath;

use crate::files::{self, FolderSync};

const INPUTS: &str = "in";
const RESULTS: &str = "out";
/// Bytes of an upload that are handed to the disk at once.
const BLOCK: usize = 1 << 20;

/// Uploaded documents and results, one file each, under names that are never used twice.
///
/// An upload is written and synced before a row refers to it; it and its name are durable before anyone
/// is told of the row. A blob that no row refers to is swept when it is old.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    root: PathBuf,
    sync: bool,
    inputs: Arc<FolderSync>,
}

/// An uploaded document whose bytes are durable.
#[derive(Debug, Clone)]
pub(crate) struct Spooled {
    /// The blob's name.
    pub(crate) blob: String,
    /// SHA-256 of its bytes, where it was asked for.
    pub(crate) sha256: Option<String>,
}

impl Blobs {
    /// Opens the folder, which is made where it is missing.
    pub(crate) fn open(root: &Path, sync: bool) -> io::Result<Self> {
        for folder in [INPUTS, RESULTS] {
            fs::create_dir_all(root.join(folder))?;
        }
        Ok(Self {
            root: root.to_owned(),
            sync,
            inputs: Arc::default(),
        })
    }

    /// Name of the result of one claim.
    pub(crate) fn result_name(id: &str, epoch: u64) -> String {
        format!("{RESULTS}/{id}.{epoch}")
    }

    /// The file behind a blob.
    pub(crate) fn path(&self, blob: &str) -> PathBuf {
        self.root.join(blob)
    }

    /// Spools an uploaded document; hashes it if asked, which costs as much as writing it. Its name is durable
    /// after [`sync_names`](Self::sync_names).
    pub(crate) async fn spool(
        &self,
        document: &Payload,
        limit: u64,
        with_hash: bool,
    ) -> Result<Spooled> {
        if document.len_hint().is_some_and(|len| len > limit) {
            return Err(too_large(limit));
        }
        let (mut stream, _) = document.open().await?;
        let cannot = |e| Error::io("the uploaded document cannot be stored", e);
        let blob = format!("{INPUTS}/{}", uuid::Uuid::new_v4());
        let mut writing = Writing::new(self.path(&blob), with_hash);
        let (mut block, mut waiting, mut len) = (Vec::new(), 0, 0_u64);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|e| Error::io("the upload broke off", e))?;
            len += chunk.len() as u64;
            if len > limit {
                return Err(too_large(limit));
            }
            waiting += chunk.len();
            block.push(chunk);
            if waiting >= BLOCK {
                let block = std::mem::take(&mut block);
                waiting = 0;
                writing = blocking(move || {
                    writing.append(&block)?;
                    Ok(writing)
                })
                .await
                .map_err(cannot)?;
            }
        }
        if len == 0 {
            return Err(Error::invalid(
                "the document is empty: send the presentation's bytes as the body or as a file part",
            ));
        }
        let sync = self.sync;
        let sha256 = blocking(move || {
            writing.append(&block)?;
            writing.finish(sync)
        })
        .await
        .map_err(cannot)?;
        Ok(Spooled { blob, sha256 })
    }

    /// Makes the names of all uploads spooled so far durable.
    pub(crate) async fn sync_names(&self) -> Result<()> {
        if !self.sync {
            return Ok(());
        }
        let (inputs, folder) = (Arc::clone(&self.inputs), self.root.join(INPUTS));
        blocking(move || inputs.sync(&folder))
            .await
            .map_err(|e| Error::io("the uploaded document cannot be stored", e))
    }

    /// Takes a finished file as the blob `name`; gives its length and SHA-256. Blocks.
    pub(crate) fn take(&self, from: &Path, name: &str) -> io::Result<(u64, String)> {
        let digest = files::digest(from)?;
        files::publish(from, &self.path(name), self.sync)?;
        Ok(digest)
    }

    /// Removes a blob; one that is not there is no error. Blocks.
    pub(crate) fn remove(&self, blob: &str) {
        if let Err(error) = files::remove(&self.path(blob)) {
            tracing::warn!(%error, blob, "a blob cannot be removed, the orphan sweep will try again");
        }
    }

    /// Removes blobs that no operation refers to and that are older than `before`: what crashes
    /// between writing a blob and its row leave behind. Blocks.
    pub(crate) fn collect_orphans(
        &self,
        needed: &BTreeSet<String>,
        before: SystemTime,
    ) -> io::Result<usize> {
        let mut removed = 0;
        for folder in [INPUTS, RESULTS] {
            for entry in fs::read_dir(self.root.join(folder))? {
                let entry = entry?;
                let blob = format!("{folder}/{}", entry.file_name().to_string_lossy());
                let old = entry.metadata()?.modified()? < before;
                if old && !needed.contains(&blob) {
                    files::remove(&entry.path())?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

/// A blob on its way to the disk; what is not finished is removed with it.
///
/// It is written under its own name: no row refers to it before it is durable, and a name that is
/// changed behind the file's sync would cost the folder's a second write of the disk's journal.
struct Writing {
    path: PathBuf,
    /// Made with the first bytes, as that may wait for the disk.
    file: Option<(fs::File, TempPath)>,
    hash: Option<Sha256>,
}

impl Writing {
    fn new(path: PathBuf, with_hash: bool) -> Self {
        Self {
            path,
            file: None,
            hash: with_hash.then(Sha256::new),
        }
    }

    /// Blocks.
    fn append(&mut self, chunks: &[Bytes]) -> io::Result<()> {
        let (file, _) = match &mut self.file {
            Some(made) => made,
            none => none.insert((
                fs::File::create_new(&self.path)?,
                TempPath::try_from_path(&self.path)?,
            )),
        };
        for chunk in chunks {
            if let Some(hash) = &mut self.hash {
                hash.update(chunk);
            }
            file.write_all(chunk)?;
        }
        Ok(())
    }

    /// Makes the file durable, if asked; gives its SHA-256, if it has one. Blocks.
    fn finish(self, sync: bool) -> io::Result<Option<String>> {
        let (file, path) = self.file.ok_or(io::ErrorKind::NotFound)?;
        if sync {
            file.sync_all()?;
        }
        // An upload that stood still for hours may have been swept as an orphan.
        fs::metadata(&path)?;
        path.keep().map_err(|refused| refused.error)?;
        Ok(self.hash.map(|hash| files::hex(&hash.finalize())))
    }
}

/// Runs what blocks on a thread for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

fn too_large(limit: u64) -> Error {
    Error::rejected(
        413,
        "payloadTooLarge",
        format!(
            "the document is larger than the limit of {limit} bytes: raise `max_upload_bytes` or send a smaller one"
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn blobs(dir: &Path) -> Blobs {
        Blobs::open(dir, true).unwrap()
    }

    fn count(path: &Path) -> usize {
        fs::read_dir(path).unwrap().count()
    }

    #[tokio::test]
    async fn an_upload_is_kept_whole_with_its_hash() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = blobs(dir.path());
        let spooled = blobs
            .spool(&Payload::bytes(&b"hello"[..]), 5, true)
            .await
            .unwrap();
        assert_eq!(fs::read(blobs.path(&spooled.blob)).unwrap(), b"hello");
        assert_eq!(
            spooled.sha256.unwrap(),
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        );
        assert_eq!(count(&dir.path().join(INPUTS)), 1);
    }

    #[tokio::test]
    async fn what_is_refused_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = blobs(dir.path());
        let unknown_length = || {
            Payload::once(
                None,
                Box::pin(futures_util::stream::iter([
                    Ok("abc".into()),
                    Ok("def".into()),
                ])),
            )
        };
        let broken = || {
            let cut = io::Error::from(io::ErrorKind::ConnectionReset);
            Payload::once(
                None,
                Box::pin(futures_util::stream::iter([Ok("abc".into()), Err(cut)])),
            )
        };
        for (document, status) in [
            (Payload::bytes(&b"abcdef"[..]), Some(413)),
            (unknown_length(), Some(413)),
            (Payload::bytes(&b""[..]), Some(400)),
            (broken(), None),
        ] {
            let error = blobs.spool(&document, 5, false).await.unwrap_err();
            let got = match &error {
                Error::Rejected(rejection) => Some(rejection.status),
                _ => None,
            };
            assert_eq!(got, status, "{error}");
        }
        for folder in [INPUTS, RESULTS] {
            assert_eq!(count(&dir.path().join(folder)), 0, "{folder}");
        }
    }

    #[tokio::test]
    async fn orphans_go_when_they_are_old() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = blobs(dir.path());
        let kept = blobs
            .spool(&Payload::bytes(&b"kept"[..]), 9, false)
            .await
            .unwrap();
        let orphan = blobs
            .spool(&Payload::bytes(&b"orphan"[..]), 9, false)
            .await
            .unwrap();
        let needed = BTreeSet::from([kept.blob.clone()]);
        let past = SystemTime::now() - Duration::from_mins(1);
        assert_eq!(blobs.collect_orphans(&needed, past).unwrap(), 0);
        let future = SystemTime::now() + Duration::from_mins(1);
        assert_eq!(blobs.collect_orphans(&needed, future).unwrap(), 1);
        assert!(blobs.path(&kept.blob).exists());
        assert!(!blobs.path(&orphan.blob).exists());
    }

    #[tokio::test]
    async fn an_upload_of_many_blocks_is_whole_and_one_that_was_swept_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = blobs(dir.path());
        let bytes: Vec<u8> = (0..3 * BLOCK + 5).map(|n| (n % 251) as u8).collect();
        let chunks = bytes
            .chunks(BLOCK / 3)
            .map(|c| Ok(Bytes::copy_from_slice(c)));
        let chunks: Vec<io::Result<Bytes>> = chunks.collect();
        let payload = Payload::once(None, Box::pin(futures_util::stream::iter(chunks)));
        let spooled = blobs.spool(&payload, 1 << 30, true).await.unwrap();
        assert_eq!(fs::read(blobs.path(&spooled.blob)).unwrap(), bytes);
        let expected = files::hex(&Sha256::digest(&bytes));
        assert_eq!(spooled.sha256, Some(expected));

        let path = blobs.path("in/swept");
        let mut writing = Writing::new(path.clone(), false);
        writing.append(&["x".into()]).unwrap();
        fs::remove_file(&path).unwrap();
        let error = writing.finish(false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
