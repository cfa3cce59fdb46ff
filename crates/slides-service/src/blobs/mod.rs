use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use slides_core::{Download, Error, Payload, Result};
use tempfile::TempPath;

use self::bucket::{Bucket, BucketWriting};
use crate::files::{self, FolderSync};
use crate::storage::{self, StorageKind};

mod bucket;

const INPUTS: &str = "in";
const RESULTS: &str = "out";
const FOLDERS: [&str; 2] = [INPUTS, RESULTS];
/// Bytes of an upload that are handed on at once.
const BLOCK: usize = 1 << 20;

/// Uploaded documents and results, one file or object each, under names that are never used twice.
///
/// An upload is whole and synced before a row refers to it; it and its name are durable before anyone
/// is told of the row. A blob that no row refers to is swept when it is old.
#[derive(Debug, Clone)]
pub(crate) struct Blobs(Place);

#[derive(Debug, Clone)]
enum Place {
    Folder {
        root: PathBuf,
        sync: bool,
        inputs: Arc<FolderSync>,
    },
    Bucket(Bucket),
}

/// An uploaded document whose bytes are durable.
#[derive(Debug, Clone)]
pub(crate) struct Spooled {
    /// The blob's name.
    pub(crate) blob: String,
    /// Its length in bytes.
    pub(crate) len: u64,
    /// SHA-256 of its bytes, where it was asked for.
    pub(crate) sha256: Option<String>,
}

impl Blobs {
    /// Opens the place of the blobs; a folder is made where it is missing. Without a path the folder is `usual`.
    pub(crate) fn open(kind: &StorageKind, usual: &Path, sync: bool) -> Result<Self> {
        let root = match kind {
            StorageKind::Folder(None) => usual,
            StorageKind::Folder(Some(path)) => path,
            kind => {
                let (store, prefix) = storage::object_store("blobs", kind)?;
                return Ok(Self(Place::Bucket(Bucket::new(store, prefix))));
            }
        };
        for folder in FOLDERS {
            fs::create_dir_all(root.join(folder)).map_err(|e| {
                Error::io(format!("cannot work in the folder `{}`", root.display()), e)
            })?;
        }
        Ok(Self(Place::Folder {
            root: root.to_owned(),
            sync,
            inputs: Arc::default(),
        }))
    }

    /// Name of the result of one claim.
    pub(crate) fn result_name(id: &str, epoch: u64) -> String {
        format!("{RESULTS}/{id}.{epoch}")
    }

    /// A file with the bytes of a blob: its own, or a copy in `scratch`. Blocks.
    pub(crate) fn fetch(&self, blob: &str, scratch: &Path) -> io::Result<PathBuf> {
        match &self.0 {
            Place::Folder { root, .. } => Ok(root.join(blob)),
            Place::Bucket(bucket) => storage::run(bucket.fetch(blob, scratch)),
        }
    }

    /// A blob on its way to a reader; nothing when it is not there.
    pub(crate) async fn read(&self, blob: &str) -> io::Result<Option<Download>> {
        let root = match &self.0 {
            Place::Folder { root, .. } => root,
            Place::Bucket(bucket) => return bucket.open(blob).await,
        };
        let file = match tokio::fs::File::open(root.join(blob)).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let len = file.metadata().await?.len();
        Ok(Some(Download::from_file(file, len)))
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
        let mut writing = match &self.0 {
            Place::Folder { root, sync, .. } => Writing::File(
                Box::new(FileWriting::new(root.join(&blob), with_hash)),
                *sync,
            ),
            Place::Bucket(bucket) => Writing::Object(Box::new(bucket.writing(&blob, with_hash))),
        };
        let (mut block, mut waiting, mut len) = (Vec::new(), 0, 0_u64);
        let whole: Result<()> = async {
            while let Some(chunk) = stream.next().await {
                let chunk = chunk.map_err(|e| Error::io("the upload broke off", e))?;
                len += chunk.len() as u64;
                if len > limit {
                    return Err(too_large(limit));
                }
                waiting += chunk.len();
                block.push(chunk);
                if waiting >= BLOCK {
                    waiting = 0;
                    writing
                        .append(std::mem::take(&mut block))
                        .await
                        .map_err(cannot)?;
                }
            }
            if len == 0 {
                return Err(Error::invalid(
                    "the document is empty: send the presentation's bytes as the body or as a file part",
                ));
            }
            writing.append(block).await.map_err(cannot)
        }
        .await;
        if let Err(error) = whole {
            writing.abort().await;
            return Err(error);
        }
        let sha256 = writing.finish().await.map_err(cannot)?;
        Ok(Spooled { blob, len, sha256 })
    }

    /// Makes the names of all uploads spooled so far durable.
    pub(crate) async fn sync_names(&self) -> Result<()> {
        let Place::Folder {
            root,
            sync: true,
            inputs,
        } = &self.0
        else {
            return Ok(());
        };
        let (inputs, folder) = (Arc::clone(inputs), root.join(INPUTS));
        blocking(move || inputs.sync(&folder))
            .await
            .map_err(|e| Error::io("the uploaded document cannot be stored", e))
    }

    /// Takes a finished file as the blob `name`; gives its length and SHA-256. Blocks.
    pub(crate) fn take(&self, from: &Path, name: &str) -> io::Result<(u64, String)> {
        let digest = files::digest(from)?;
        match &self.0 {
            Place::Folder { root, sync, .. } => files::publish(from, &root.join(name), *sync)?,
            Place::Bucket(bucket) => storage::run(bucket.put_file(from, name))?,
        }
        Ok(digest)
    }

    /// Copies an upload under a new name; nothing when it is not there.
    pub(crate) async fn copy(&self, blob: &str) -> io::Result<Option<String>> {
        let name = format!("{INPUTS}/{}", uuid::Uuid::new_v4());
        let there = match &self.0 {
            Place::Bucket(bucket) => bucket.copy(blob, &name).await?,
            Place::Folder { root, sync, inputs } => {
                let (from, to) = (root.join(blob), root.join(&name));
                let (folder, sync, inputs) = (root.join(INPUTS), *sync, Arc::clone(inputs));
                blocking(move || {
                    // A blob never changes, so that two names for one are as good as two.
                    let copied = fs::hard_link(&from, &to).or_else(|_| {
                        fs::copy(&from, &to)?;
                        fs::File::open(&to)?.sync_all()
                    });
                    match copied {
                        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                        Err(error) => Err(error),
                        Ok(()) if sync => inputs.sync(&folder).map(|()| true),
                        Ok(()) => Ok(true),
                    }
                })
                .await?
            }
        };
        Ok(there.then_some(name))
    }

    /// Removes a blob; one that is not there is no error. What cannot be removed now is left to the orphan sweep.
    pub(crate) async fn remove(&self, blob: String) {
        let removed = match &self.0 {
            Place::Folder { root, .. } => {
                let path = root.join(&blob);
                blocking(move || files::remove(&path)).await
            }
            Place::Bucket(bucket) => bucket.remove(&blob).await,
        };
        if let Err(error) = removed {
            tracing::warn!(%error, blob, "a blob cannot be removed, the orphan sweep will try again");
        }
    }

    /// Removes blobs behind the caller's back.
    pub(crate) fn discard(&self, blobs: Vec<String>) {
        if let Place::Folder { root, .. } = &self.0 {
            for blob in blobs {
                if let Err(error) = files::remove(&root.join(&blob)) {
                    tracing::warn!(%error, blob, "a blob cannot be removed, the orphan sweep will try again");
                }
            }
            return;
        }
        let this = self.clone();
        let remove = async move {
            for blob in blobs {
                this.remove(blob).await;
            }
        };
        // Without a runtime the process ends; the orphan sweep of the next one finds them.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(remove);
        }
    }

    /// Removes blobs that no operation refers to, that are older than `before` and that are suspects already: what
    /// crashes between writing a blob and its row leave behind. Blocks.
    pub(crate) fn collect_orphans(
        &self,
        needed: &BTreeSet<String>,
        before: SystemTime,
        suspects: &mut Suspects,
    ) -> io::Result<usize> {
        let seen = std::mem::take(suspects);
        let root = match &self.0 {
            Place::Folder { root, .. } => root,
            Place::Bucket(bucket) => {
                let collect = bucket.collect_orphans(needed, before, &seen, suspects);
                return storage::run(collect);
            }
        };
        let mut removed = 0;
        for folder in FOLDERS {
            for entry in fs::read_dir(root.join(folder))? {
                let entry = entry?;
                let blob = format!("{folder}/{}", entry.file_name().to_string_lossy());
                let old = entry.metadata()?.modified()? < before;
                if old && !needed.contains(&blob) && seen.confirm(blob, suspects) {
                    files::remove(&entry.path())?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

/// What looked like an orphan when it was last looked.
///
/// Ages are told by clocks that may be set by an hour at any moment, and by those of other machines. What was seen twice,
/// with the time between two sweeps from one look to the other, is not on its way.
#[derive(Debug, Default)]
pub(crate) struct Suspects {
    names: BTreeSet<String>,
    all: bool,
}

impl Suspects {
    /// Suspects at one time; more wait for the next look.
    const MOST: usize = 100_000;

    /// Everything, where nothing can be on its way.
    pub(crate) fn all() -> Self {
        Self {
            names: BTreeSet::new(),
            all: true,
        }
    }

    /// Whether it was a suspect; it is one of the next look's otherwise.
    fn confirm(&self, blob: String, next: &mut Self) -> bool {
        let known = self.all || self.names.contains(&blob);
        if !known && next.names.len() < Self::MOST {
            next.names.insert(blob);
        }
        known
    }
}

/// An upload on its way.
enum Writing {
    File(Box<FileWriting>, bool),
    Object(Box<BucketWriting>),
}

impl Writing {
    async fn append(&mut self, block: Vec<Bytes>) -> io::Result<()> {
        match self {
            Self::Object(object) => object.append(block).await,
            Self::File(file, _) => {
                let mut writing = std::mem::take(&mut **file);
                **file = blocking(move || {
                    writing.append(&block)?;
                    Ok(writing)
                })
                .await?;
                Ok(())
            }
        }
    }

    async fn abort(&mut self) {
        // A file goes with the value.
        if let Self::Object(object) = self {
            object.abort().await;
        }
    }

    async fn finish(self) -> io::Result<Option<String>> {
        match self {
            Self::File(file, sync) => blocking(move || file.finish(sync)).await,
            Self::Object(object) => object.finish().await,
        }
    }
}

/// A blob on its way to the disk; what is not finished is removed with it.
///
/// It is written under its own name: no row refers to it before it is durable, and a name that is
/// changed behind the file's sync would cost the folder's a second write of the disk's journal.
#[derive(Default)]
struct FileWriting {
    path: PathBuf,
    /// Made with the first bytes, as that may wait for the disk.
    file: Option<(fs::File, TempPath)>,
    hash: Option<Sha256>,
}

impl FileWriting {
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
        Blobs::open(&StorageKind::Folder(None), dir, true).unwrap()
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
        assert_eq!(fs::read(dir.path().join(&spooled.blob)).unwrap(), b"hello");
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
        let collect = |before, suspects: &mut Suspects| {
            let removed = blobs.collect_orphans(&needed, before, suspects);
            removed.unwrap()
        };
        let past = SystemTime::now() - Duration::from_mins(1);
        assert_eq!(collect(past, &mut Suspects::all()), 0);
        // As a clock that was set ahead sees it: it looks old, but nobody has seen it before.
        let future = SystemTime::now() + Duration::from_mins(1);
        let mut suspects = Suspects::default();
        assert_eq!(collect(future, &mut suspects), 0);
        assert!(dir.path().join(&orphan.blob).exists());
        assert_eq!(collect(future, &mut suspects), 1);
        assert!(dir.path().join(&kept.blob).exists());
        assert!(!dir.path().join(&orphan.blob).exists());
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
        assert_eq!(fs::read(dir.path().join(&spooled.blob)).unwrap(), bytes);
        let expected = files::hex(&Sha256::digest(&bytes));
        assert_eq!(spooled.sha256, Some(expected));

        let path = dir.path().join("in/swept");
        let mut writing = FileWriting::new(path.clone(), false);
        writing.append(&["x".into()]).unwrap();
        fs::remove_file(&path).unwrap();
        let error = writing.finish(false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn a_bucket_keeps_what_a_folder_keeps() {
        let scratch = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&StorageKind::Memory, scratch.path(), true).unwrap();
        let bytes: Vec<u8> = (0..12 * BLOCK + 5).map(|n| (n % 251) as u8).collect();
        let spooled = blobs
            .spool(&Payload::bytes(bytes.clone()), 1 << 30, true)
            .await
            .unwrap();
        assert_eq!(spooled.sha256, Some(files::hex(&Sha256::digest(&bytes))));
        assert_eq!(spooled.len, bytes.len() as u64);
        blobs.sync_names().await.unwrap();
        let (of, name, folder) = (
            blobs.clone(),
            spooled.blob.clone(),
            scratch.path().to_owned(),
        );
        let copy = blocking(move || of.fetch(&name, &folder)).await.unwrap();
        assert_eq!(fs::read(&copy).unwrap(), bytes);

        let (of, name) = (blobs.clone(), Blobs::result_name("id", 1));
        let (len, _) = blocking(move || of.take(&copy, &name)).await.unwrap();
        assert_eq!(len, bytes.len() as u64);
        let read = blobs.read("out/id.1").await.unwrap().unwrap();
        assert_eq!(read.bytes().await.unwrap(), bytes);

        // What is refused is not there, what is not needed goes.
        blobs
            .spool(&Payload::bytes(bytes), 9 << 20, false)
            .await
            .unwrap_err();
        let needed = BTreeSet::from(["out/id.1".to_owned()]);
        let future = SystemTime::now() + Duration::from_mins(1);
        let (of, kept) = (blobs.clone(), needed.clone());
        let removed =
            blocking(move || of.collect_orphans(&kept, future, &mut Suspects::all())).await;
        assert_eq!(removed.unwrap(), 1);
        assert!(blobs.read(&spooled.blob).await.unwrap().is_none());
        blobs.remove("out/id.1".to_owned()).await;
        assert!(blobs.read("out/id.1").await.unwrap().is_none());
    }
}
