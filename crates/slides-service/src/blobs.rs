use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use slides_core::{Error, Payload, Result};
use tokio::io::AsyncWriteExt;

use crate::files::{self, FolderSync};

const INPUTS: &str = "in";
const RESULTS: &str = "out";
const UNFINISHED: &str = "tmp";

/// Uploaded documents and results, one file each, under names that are never used twice.
///
/// A blob is written to a temporary file, hashed, synced, renamed, and its folder synced, before
/// a row may refer to it.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    root: PathBuf,
    sync: bool,
    inputs: Arc<FolderSync>,
}

/// An uploaded document that is durable.
#[derive(Debug, Clone)]
pub(crate) struct Spooled {
    /// The blob's name.
    pub(crate) blob: String,
    /// SHA-256 of its bytes.
    pub(crate) sha256: String,
}

impl Blobs {
    /// Opens the folder and removes what an earlier run left unfinished.
    pub(crate) fn open(root: &Path, sync: bool) -> io::Result<Self> {
        let unfinished = root.join(UNFINISHED);
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for folder in [INPUTS, RESULTS, UNFINISHED] {
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

    /// Spools an uploaded document.
    pub(crate) async fn spool(&self, document: &Payload, limit: u64) -> Result<Spooled> {
        if document.len_hint().is_some_and(|len| len > limit) {
            return Err(too_large(limit));
        }
        let (mut stream, _) = document.open().await?;
        let cannot = |e| Error::io("the uploaded document cannot be stored", e);
        let temporary =
            tempfile::NamedTempFile::new_in(self.root.join(UNFINISHED)).map_err(cannot)?;
        let (file, temporary) = temporary.into_parts();
        let mut file =
            tokio::io::BufWriter::with_capacity(256 * 1024, tokio::fs::File::from_std(file));
        let mut hash = Sha256::new();
        let mut len: u64 = 0;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|e| Error::io("the upload broke off", e))?;
            len += chunk.len() as u64;
            if len > limit {
                return Err(too_large(limit));
            }
            hash.update(&chunk);
            file.write_all(&chunk).await.map_err(cannot)?;
        }
        file.flush().await.map_err(cannot)?;
        drop(file);
        if len == 0 {
            return Err(Error::invalid(
                "the document is empty: send the presentation's bytes as the body or as a file part",
            ));
        }
        let blob = format!("{INPUTS}/{}", uuid::Uuid::new_v4());
        let (target, sync) = (self.path(&blob), self.sync);
        let (inputs, folder) = (Arc::clone(&self.inputs), self.root.join(INPUTS));
        tokio::task::spawn_blocking(move || {
            if sync {
                fs::File::open(&temporary)?.sync_all()?;
            }
            fs::rename(&temporary, &target)?;
            if sync && let Err(error) = inputs.sync(&folder) {
                // Nothing will refer to it.
                files::remove(&target)?;
                return Err(error);
            }
            // The name is gone: there is nothing left to clean up.
            let _ = temporary.keep();
            Ok(())
        })
        .await
        .map_err(|e| cannot(io::Error::other(e)))?
        .map_err(cannot)?;
        Ok(Spooled {
            blob,
            sha256: files::hex(&hash.finalize()),
        })
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
            .spool(&Payload::bytes(&b"hello"[..]), 5)
            .await
            .unwrap();
        assert_eq!(fs::read(blobs.path(&spooled.blob)).unwrap(), b"hello");
        assert_eq!(
            spooled.sha256,
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        );
        assert_eq!(count(&dir.path().join(UNFINISHED)), 0);
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
            let error = blobs.spool(&document, 5).await.unwrap_err();
            let got = match &error {
                Error::Rejected(rejection) => Some(rejection.status),
                _ => None,
            };
            assert_eq!(got, status, "{error}");
        }
        for folder in [INPUTS, RESULTS, UNFINISHED] {
            assert_eq!(count(&dir.path().join(folder)), 0, "{folder}");
        }
    }

    #[tokio::test]
    async fn orphans_go_when_they_are_old() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = blobs(dir.path());
        let kept = blobs.spool(&Payload::bytes(&b"kept"[..]), 9).await.unwrap();
        let orphan = blobs
            .spool(&Payload::bytes(&b"orphan"[..]), 9)
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

    #[test]
    fn unfinished_files_of_an_earlier_run_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        blobs(dir.path());
        fs::write(dir.path().join(UNFINISHED).join("half"), "x").unwrap();
        blobs(dir.path());
        assert_eq!(count(&dir.path().join(UNFINISHED)), 0);
    }
}
