//! A storage behind `object_store`: in memory, or S3-compatible.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path as Key;
use object_store::{
    Attribute, Attributes, CopyOptions, Error as StoreError, GetOptions, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions,
};
use slides_core::{Download, Error, Result};
use tokio::sync::Semaphore;

use super::backend::{
    Backend, Content, Entry, FileInfo, PathLocks, history, is_folder, is_under_a_file, too_large,
};
use super::path::{FOLDER_MARK, OWN_FOLDER, StoragePath};
use super::version::Version;

/// Bytes sent at once: the least that S3 takes for a part of an object.
const PART: usize = 5 << 20;
/// Parts in memory at one time, over all uploads.
const PARTS_AT_ONCE: usize = 8;
/// Bytes of a key, as S3 has it.
const MAX_KEY: usize = 1024;
/// How long a store may be silent while it sends a file.
const SILENCE: Duration = Duration::from_mins(1);
/// Where an object carries its version.
const VERSION: &str = "slides-version";
/// `totalSize` where there is no limit: the greatest number that every client reads exactly.
const ENDLESS: u64 = (1 << 53) - 1;

/// Objects whose keys are the paths. A folder is what objects have in front of a slash; one that
/// holds no file has an object of its own.
#[derive(Debug, Clone)]
pub(super) struct ObjectFolder(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Arc<dyn ObjectStore>,
    prefix: Key,
    name: String,
    keeps_versions: bool,
    locks: PathLocks,
    parts: Semaphore,
}

impl ObjectFolder {
    pub(super) fn new(
        name: &str,
        store: Arc<dyn ObjectStore>,
        prefix: Key,
        keeps_versions: bool,
    ) -> Self {
        Self(Arc::new(Shared {
            store,
            prefix,
            name: name.to_owned(),
            keeps_versions,
            locks: PathLocks::new(),
            parts: Semaphore::new(PARTS_AT_ONCE),
        }))
    }
}

/// A name as a part of a key: what XML cannot hold is escaped, as lists come in XML.
fn encode(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '%' => key.push_str("%25"),
            '\u{fffe}' => key.push_str("%EF%BF%BE"),
            '\u{ffff}' => key.push_str("%EF%BF%BF"),
            c => key.push(c),
        }
    }
    key
}

/// The name in a part of a key. Nothing for one that we could not have written.
fn decode(part: &str) -> Option<String> {
    let name = percent_encoding::percent_decode_str(part)
        .decode_utf8()
        .ok()?
        .into_owned();
    (encode(&name) == part).then_some(name)
}

fn if_there<T>(found: object_store::Result<T>) -> object_store::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What went wrong, without the names of objects: they are those of documents.
fn reason_of(error: &StoreError) -> String {
    match error {
        StoreError::Generic { source, .. } => {
            // The innermost cause: a status, or what the connection met. Those around it name the address.
            let mut cause: &dyn std::error::Error = source.as_ref();
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            cause.to_string()
        }
        StoreError::NotFound { .. } => "not found".to_owned(),
        StoreError::AlreadyExists { .. } => "there already".to_owned(),
        StoreError::Precondition { .. } => "a condition is not met".to_owned(),
        StoreError::PermissionDenied { .. } => "permission denied".to_owned(),
        StoreError::Unauthenticated { .. } => "the credentials are not taken".to_owned(),
        StoreError::NotSupported { .. } | StoreError::NotImplemented { .. } => {
            "not supported".to_owned()
        }
        _ => "another error".to_owned(),
    }
}

impl Shared {
    fn failed(&self, error: &StoreError) -> Error {
        tracing::error!(
            storage = self.name,
            reason = reason_of(error),
            "the storage failed"
        );
        Error::unavailable(
            503,
            format!(
                "the storage `{}` does not answer as it should, the server's log has the reason",
                self.name
            ),
            Some(Duration::from_secs(5)),
        )
    }

    fn key(&self, path: &StoragePath) -> Result<Key> {
        let mut key = self.prefix.as_ref().to_owned();
        for name in path.names() {
            if !key.is_empty() {
                key.push('/');
            }
            key.push_str(&encode(name));
        }
        // The mark of the folder must fit as well.
        if key.len() + 1 + FOLDER_MARK.len() > MAX_KEY {
            return Err(Error::invalid(
                "the path is too long for the storage: with its prefix at most 1000 bytes are allowed",
            ));
        }
        Key::parse(&key).map_err(|e| {
            Error::invalid(format!(
                "the path `{path}` is not possible in the storage: {e}"
            ))
        })
    }

    /// The key below which the versions of a path lie.
    fn history(&self, path: &StoragePath) -> Key {
        let own = self.prefix.clone().join(OWN_FOLDER);
        own.join("versions").join(history(path))
    }

    fn info(&self, meta: &ObjectMeta, attributes: Option<&Attributes>) -> FileInfo {
        let modified = SystemTime::from(meta.last_modified);
        let version = attributes
            .filter(|_| self.keeps_versions)
            .and_then(|all| all.get(&Attribute::Metadata(VERSION.into())))
            .and_then(|value| Version::parse(value).ok())
            .unwrap_or(Version::Null);
        FileInfo {
            size: meta.size,
            modified: version.time().unwrap_or(modified),
            version,
        }
    }

    async fn file(&self, path: &StoragePath) -> Result<Option<FileInfo>> {
        if path.is_root() {
            return Ok(None);
        }
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        let found = if_there(self.store.get_opts(&self.key(path)?, options).await)
            .map_err(|e| self.failed(&e))?;
        Ok(found.map(|found| self.info(&found.meta, Some(&found.attributes))))
    }

    /// The key of a version, if it is there.
    async fn versioned(
        &self,
        path: &StoragePath,
        version: Option<Version>,
    ) -> Result<Option<(Key, FileInfo)>> {
        let current = self.file(path).await?;
        if let Some(info) = current
            && version.is_none_or(|version| version == info.version)
        {
            return Ok(Some((self.key(path)?, info)));
        }
        let Some(version) = version else {
            return Ok(None);
        };
        let key = self.history(path).join(version.to_string());
        let found = if_there(self.store.head(&key).await).map_err(|e| self.failed(&e))?;
        Ok(found.map(|meta| (key, kept_info(&meta, version))))
    }

    /// Versions that are no longer the file, the newest first.
    async fn kept(&self, path: &StoragePath) -> Result<Vec<FileInfo>> {
        let objects: Vec<ObjectMeta> = self
            .store
            .list(Some(&self.history(path)))
            .try_collect()
            .await
            .map_err(|e| self.failed(&e))?;
        let mut kept: Vec<_> = objects
            .iter()
            .filter_map(|meta| {
                let version = Version::parse(meta.location.filename()?).ok()?;
                Some(kept_info(meta, version))
            })
            .collect();
        kept.sort_by_key(|kept| std::cmp::Reverse(kept.version));
        Ok(kept)
    }

    /// Keeps what a path holds as a version; gives that version.
    async fn keep(&self, path: &StoragePath) -> Result<Option<Version>> {
        let Some(info) = self.file(path).await? else {
            return Ok(None);
        };
        let kept = self.history(path).join(info.version.to_string());
        if_there(self.copy_object(&self.key(path)?, &kept).await).map_err(|e| self.failed(&e))?;
        Ok(Some(info.version))
    }

    async fn copy_object(&self, from: &Key, to: &Key) -> object_store::Result<()> {
        self.store.copy_opts(from, to, CopyOptions::default()).await
    }

    async fn holds_something(&self, folder: &StoragePath) -> Result<bool> {
        let key = self.key(folder)?;
        let first = self.store.list(Some(&key)).next().await;
        Ok(first.transpose().map_err(|e| self.failed(&e))?.is_some())
    }

    /// Refuses a path that has a file above it.
    async fn check_above(&self, path: &StoragePath) -> Result<()> {
        let mut above = path.parent();
        while let Some(folder) = above {
            if self.file(&folder).await?.is_some() {
                return Err(is_under_a_file(path));
            }
            above = folder.parent();
        }
        Ok(())
    }

    async fn check_file(&self, path: &StoragePath) -> Result<()> {
        self.check_above(path).await?;
        if self.file(path).await?.is_none() && self.holds_something(path).await? {
            return Err(is_folder(path));
        }
        Ok(())
    }

    async fn mark(&self, folder: &StoragePath) -> Result<()> {
        let key = self.key(folder)?.join(FOLDER_MARK);
        let put = self.store.put(&key, Bytes::new().into()).await;
        put.map(|_| ()).map_err(|e| self.failed(&e))
    }

    /// The folder around a file stays when its last file goes.
    async fn mark_parent(&self, path: &StoragePath) -> Result<()> {
        match path.parent() {
            Some(parent) if !parent.is_root() => self.mark(&parent).await,
            _ => Ok(()),
        }
    }

    async fn delete(&self, key: &Key) -> Result<()> {
        if_there(self.store.delete(key).await)
            .map(|_| ())
            .map_err(|e| self.failed(&e))
    }

    async fn open(&self, key: &Key, info: FileInfo) -> Result<Option<(FileInfo, Download)>> {
        let got = if_there(self.store.get(key).await).map_err(|e| self.failed(&e))?;
        let Some(got) = got else {
            return Ok(None);
        };
        let info = FileInfo {
            size: got.meta.size,
            ..info
        };
        let tag = got.meta.e_tag.as_deref().and_then(strong_tag);
        let stream = futures_util::stream::try_unfold(got.into_stream(), |mut stream| async {
            match tokio::time::timeout(SILENCE, stream.next()).await {
                Ok(Some(Ok(chunk))) => Ok(Some((chunk, stream))),
                Ok(Some(Err(error))) => Err(std::io::Error::other(error)),
                Ok(None) => Ok(None),
                Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
            }
        });
        Ok(Some((
            info,
            Download::new(Box::pin(stream), Some(info.size)).with_tag(tag),
        )))
    }

    async fn write(&self, path: &StoragePath, mut content: Content, limit: u64) -> Result<()> {
        self.check_file(path).await?;
        let key = self.key(path)?;
        let _permit = self
            .parts
            .acquire()
            .await
            .map_err(|e| Error::io("a storage call broke off", std::io::Error::other(e)))?;
        let mut len: u64 = 0;
        let mut next = async |wanted: usize| -> Result<Bytes> {
            let mut part = BytesMut::new();
            while part.len() < wanted {
                let Some(chunk) = content.next().await else {
                    break;
                };
                let chunk = chunk.map_err(|e| Error::io("the upload broke off", e))?;
                len += chunk.len() as u64;
                if len > limit {
                    return Err(too_large(path, limit));
                }
                part.extend_from_slice(&chunk);
            }
            Ok(part.freeze())
        };
        let first = next(PART).await?;
        if first.len() < PART {
            let (_guard, attributes) = self.replace(path).await?;
            let options = PutOptions::from(attributes);
            let put = self.store.put_opts(&key, first.into(), options).await;
            return put.map(|_| ()).map_err(|e| self.failed(&e));
        }
        // Of a large object the version is told at its beginning, so it is kept apart until its end.
        let (guard, attributes) = self.replace(path).await?;
        let options = PutMultipartOptions::from(attributes);
        let mut upload = self
            .store
            .put_multipart_opts(&key, options)
            .await
            .map_err(|e| self.failed(&e))?;
        let sent = async {
            let mut part = first;
            while !part.is_empty() {
                upload
                    .put_part(part.into())
                    .await
                    .map_err(|e| self.failed(&e))?;
                part = next(PART).await?;
            }
            upload.complete().await.map_err(|e| self.failed(&e))
        }
        .await;
        drop(guard);
        if sent.is_err()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(
                storage = self.name,
                reason = reason_of(&error),
                "the parts of a broken upload cannot be removed"
            );
        }
        sent.map(|_| ())
    }

    /// Keeps the old version; gives what the new object must say about itself.
    async fn replace(
        &self,
        path: &StoragePath,
    ) -> Result<(Option<tokio::sync::MutexGuard<'_, ()>>, Attributes)> {
        let mut attributes = Attributes::new();
        if !self.keeps_versions {
            return Ok((None, attributes));
        }
        let guard = self.locks.lock(path).await;
        let version = Version::now(self.keep(path).await?);
        attributes.insert(
            Attribute::Metadata(VERSION.into()),
            version.to_string().into(),
        );
        Ok((guard, attributes))
    }
}

/// The store's tag without its quotes; a weak one says nothing about single bytes (RFC 9110, section 8.8.3).
fn strong_tag(tag: &str) -> Option<String> {
    let tag = tag.trim();
    (!tag.starts_with("W/")).then(|| tag.trim_matches('"').to_owned())
}

fn kept_info(meta: &ObjectMeta, version: Version) -> FileInfo {
    FileInfo {
        size: meta.size,
        modified: version.time().unwrap_or(meta.last_modified.into()),
        version,
    }
}

#[async_trait]
impl Backend for ObjectFolder {
    fn keeps_versions(&self) -> bool {
        self.0.keeps_versions
    }

    async fn look(&self, path: &StoragePath) -> Result<Option<Entry>> {
        if path.is_root() {
            return Ok(Some(Entry::Folder));
        }
        if let Some(info) = self.0.file(path).await? {
            return Ok(Some(Entry::File(info)));
        }
        let is_folder = self.0.holds_something(path).await?;
        Ok(is_folder.then_some(Entry::Folder))
    }

    async fn read(
        &self,
        path: &StoragePath,
        version: Option<Version>,
    ) -> Result<Option<(FileInfo, Download)>> {
        match self.0.versioned(path, version).await? {
            Some((key, info)) => self.0.open(&key, info).await,
            None => Ok(None),
        }
    }

    async fn write(&self, path: &StoragePath, content: Content, limit: u64) -> Result<()> {
        // Goes on when the caller goes away, so that the parts sent so far are removed.
        let (shared, path) = (Arc::clone(&self.0), path.clone());
        tokio::spawn(async move { shared.write(&path, content, limit).await })
            .await
            .map_err(|e| Error::io("a storage call broke off", std::io::Error::other(e)))?
    }

    async fn copy(
        &self,
        from: &StoragePath,
        version: Option<Version>,
        to: &StoragePath,
    ) -> Result<bool> {
        let Some((key, info)) = self.0.versioned(from, version).await? else {
            return Ok(false);
        };
        if self.0.keeps_versions {
            // The copy has a version of its own, which the store cannot give it.
            let Some((_, content)) = self.0.open(&key, info).await? else {
                return Ok(false);
            };
            self.write(to, content.into_stream(), u64::MAX).await?;
            return Ok(true);
        }
        self.0.check_file(to).await?;
        if from == to {
            return Ok(true);
        }
        let copied = if_there(self.0.copy_object(&key, &self.0.key(to)?).await)
            .map_err(|e| self.0.failed(&e))?;
        Ok(copied.is_some())
    }

    async fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<bool> {
        if from == to {
            return Ok(self.0.file(from).await?.is_some());
        }
        if !self.copy(from, None, to).await? {
            return Ok(false);
        }
        self.remove(from).await?;
        Ok(true)
    }

    async fn remove(&self, path: &StoragePath) -> Result<()> {
        let shared = &self.0;
        if shared.file(path).await?.is_none() {
            return Ok(());
        }
        let _guard = if shared.keeps_versions {
            let guard = shared.locks.lock(path).await;
            shared.keep(path).await?;
            guard
        } else {
            None
        };
        shared.mark_parent(path).await?;
        shared.delete(&shared.key(path)?).await
    }

    async fn remove_version(&self, path: &StoragePath, version: Version) -> Result<bool> {
        let shared = &self.0;
        let _guard = shared.locks.lock(path).await;
        let history = shared.history(path);
        let kept = history.clone().join(version.to_string());
        if shared.file(path).await?.map(|info| info.version) != Some(version) {
            let found = if_there(shared.store.head(&kept).await).map_err(|e| shared.failed(&e))?;
            if found.is_some() {
                shared.delete(&kept).await?;
            }
            return Ok(found.is_some());
        }
        shared.delete(&kept).await?;
        let key = shared.key(path)?;
        if let Some(before) = shared.kept(path).await?.first() {
            let before = history.join(before.version.to_string());
            shared
                .copy_object(&before, &key)
                .await
                .map_err(|e| shared.failed(&e))?;
            shared.delete(&before).await?;
        } else {
            shared.mark_parent(path).await?;
            shared.delete(&key).await?;
        }
        Ok(true)
    }

    async fn versions(&self, path: &StoragePath) -> Result<(Vec<FileInfo>, bool)> {
        let current = self.0.file(path).await?;
        let mut versions: Vec<_> = current.into_iter().collect();
        if self.0.keeps_versions {
            let kept = self.0.kept(path).await?;
            let current = current.map(|info| info.version);
            versions.extend(
                kept.into_iter()
                    .filter(|kept| Some(kept.version) != current),
            );
        }
        Ok((versions, current.is_some()))
    }

    async fn list(&self, folder: &StoragePath) -> Result<Vec<(String, Entry)>> {
        let key = self.0.key(folder)?;
        let listed = self
            .0
            .store
            .list_with_delimiter(Some(&key))
            .await
            .map_err(|e| self.0.failed(&e))?;
        let files = listed.objects.iter().filter_map(|meta| {
            let entry = Entry::File(self.0.info(meta, None));
            Some((decode(meta.location.filename()?)?, entry))
        });
        let folders = listed
            .common_prefixes
            .iter()
            .filter_map(|prefix| Some((decode(prefix.filename()?)?, Entry::Folder)));
        // What cannot be a path here is not shown, our own objects among it.
        Ok(files
            .chain(folders)
            .filter(|(name, _)| folder.join(name).is_ok_and(|path| path != *folder))
            .collect())
    }

    async fn make_folder(&self, path: &StoragePath) -> Result<()> {
        self.0.check_above(path).await?;
        if self.0.file(path).await?.is_some() {
            return Err(is_under_a_file(path));
        }
        self.0.mark(path).await
    }

    async fn remove_folder(&self, path: &StoragePath, recursive: bool) -> Result<bool> {
        let shared = &self.0;
        let key = shared.key(path)?;
        let mark = key.clone().join(FOLDER_MARK);
        let mut objects = shared.store.list(Some(&key));
        let mut marked = false;
        while let Some(object) = objects.next().await {
            let location = object.map_err(|e| shared.failed(&e))?.location;
            if !recursive && location != mark {
                return Ok(false);
            }
            if !marked {
                shared.mark_parent(path).await?;
                marked = true;
            }
            if shared.keeps_versions && location.filename() != Some(FOLDER_MARK) {
                let parts = location.prefix_match(&key);
                let inner: Option<Vec<_>> =
                    parts.and_then(|parts| parts.map(|part| decode(part.as_ref())).collect());
                if let Some(inner) = inner {
                    let file = path.join(&inner.join("/"))?;
                    let _guard = shared.locks.lock(&file).await;
                    shared.keep(&file).await?;
                }
            }
            // The mark goes last, so that a folder that is removed halfway is still one.
            if location != mark {
                shared.delete(&location).await?;
            }
        }
        shared.delete(&mark).await?;
        Ok(true)
    }

    async fn usage(&self) -> Result<(u64, u64)> {
        let used = self
            .0
            .store
            .list(Some(&self.0.prefix))
            .try_fold(0_u64, async |sum, meta| Ok(sum.saturating_add(meta.size)))
            .await
            .map_err(|e| self.0.failed(&e))?;
        Ok((used, ENDLESS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_parts_of_keys_and_back() {
        for name in [
            "a",
            "100%",
            "%2F",
            "..x",
            "a b",
            "имя",
            "a\u{fffe}",
            "\u{202e}x",
            "a\\b",
            "~#?*",
        ] {
            assert_eq!(decode(&encode(name)).as_deref(), Some(name));
        }
        // A second spelling of a name would be a second file.
        assert_eq!(decode("%61"), None);
        assert_eq!(decode("a%2Fb"), None);
    }
}
