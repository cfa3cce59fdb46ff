//! Named storages (contract section 5): in folders, in memory, or in S3-compatible services.

mod backend;
mod local;
mod object;
mod path;
#[cfg(feature = "s3")]
mod s3;
mod spec;
mod version;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use slides_core::{Download, Error, FileLocation, Payload, Result, StorageApi};
use slides_types::{
    DiscUsage, FileVersion, FileVersions, FilesList, FilesUploadResult, ObjectExist, StorageExist,
    StorageFile, Timestamp,
};

use self::backend::{Backend, Entry, conflict, too_large};
use self::local::LocalFolder;
use self::object::ObjectFolder;
use self::path::StoragePath;
pub use self::spec::{NamedStorage, S3Bucket, StorageKind, StorageOptions};
use self::version::{Version, unknown_version};
use crate::clock;

/// `modifiedDate` of folders (contract section 5).
const FOLDER_DATE: &str = "0001-01-01T00:00:00";
/// What the vendor's service says about a missing file; its generated tests look for it.
const VENDOR_MISSING: &str = "AmazonS3 Storage exception: The specified key does not exist.";
/// Files and folders of one call that takes a whole folder.
const MAX_TREE: usize = 100_000;

/// The named storages of a service.
///
/// Files are replaced as a whole, missing files and folders are no error when they are deleted, and
/// no path leads out of its storage.
#[derive(Debug, Clone)]
pub struct Storages {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    storages: BTreeMap<String, Arc<dyn Backend>>,
    options: StorageOptions,
}

/// A location that was looked up.
struct At {
    storage: Arc<dyn Backend>,
    path: StoragePath,
    version: Option<Version>,
}

impl Storages {
    /// Opens the storages; those without a place of their own are folders below `root`.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a name or setting that is not possible; [`Error::Io`] when a folder
    /// cannot be made.
    pub fn open(root: &Path, options: StorageOptions) -> Result<Self> {
        let mut storages: BTreeMap<String, Arc<dyn Backend>> = BTreeMap::new();
        let default = NamedStorage::new(&options.default, StorageKind::Folder(None));
        let is_named = options.storages.iter().any(|s| s.name == default.name);
        let default = (!is_named).then_some(&default);
        for storage in options.storages.iter().chain(default) {
            let NamedStorage { name, versions, .. } = storage;
            spec::check_name(name)?;
            let opened: Arc<dyn Backend> = match &storage.kind {
                StorageKind::Folder(folder) => {
                    let folder = folder.clone().unwrap_or_else(|| root.join(name));
                    Arc::new(LocalFolder::open(&folder, *versions, options.sync)?)
                }
                kind => {
                    let (store, prefix) = object_store(name, kind)?;
                    Arc::new(ObjectFolder::new(name, store, prefix, *versions))
                }
            };
            if storages.insert(name.clone(), opened).is_some() {
                return Err(Error::invalid(format!(
                    "there are two storages named `{name}`: give each a name of its own"
                )));
            }
        }
        Ok(Self {
            shared: Arc::new(Shared { storages, options }),
        })
    }

    /// Whether there is a storage of this name; without a name, the default one.
    pub fn has_storage(&self, name: Option<&str>) -> bool {
        self.shared.storage(name).is_ok()
    }

    /// Refuses a path that could lead out of a storage.
    pub(crate) fn check_path(path: &str) -> Result<()> {
        StoragePath::parse(path).map(|_| ())
    }

    /// The file at a location, which must exist: where it lies, or a copy of it in `scratch` when
    /// it has at most `limit` bytes. Blocks.
    pub(crate) fn existing_file(
        &self,
        file: &FileLocation,
        scratch: &Path,
        limit: u64,
    ) -> Result<PathBuf> {
        run(self.fetch(file, scratch, limit))
    }

    async fn fetch(&self, file: &FileLocation, scratch: &Path, limit: u64) -> Result<PathBuf> {
        let at = self.shared.named(file)?;
        if let Some(path) = at.storage.local_file(&at.path).await? {
            return Ok(path);
        }
        let Some((info, content)) = at.storage.read(&at.path, None).await? else {
            return Err(self.shared.missing(&file.path));
        };
        if info.size > limit {
            return Err(Error::rejected(
                413,
                "payloadTooLarge",
                format!(
                    "the file `{}` has {} bytes, at most {limit} are allowed",
                    at.path, info.size
                ),
            ));
        }
        // Beside a file of the same name that another folder had.
        let folder = tempfile::Builder::new()
            .prefix("stored-")
            .tempdir_in(scratch)
            .map_err(|e| Error::io("cannot make a folder for a stored file", e))?
            .keep();
        let path = folder
            .join("file")
            .with_extension(Path::new(at.path.name()).extension().unwrap_or_default());
        content.save(&path).await?;
        Ok(path)
    }

    /// The files of a folder, without those below its folders, sorted by name, with their sizes. A
    /// folder that does not exist has none. Blocks.
    pub(crate) fn files_in(&self, folder: &FileLocation) -> Result<Vec<(FileLocation, u64)>> {
        run(async {
            let at = self.shared.locate(folder)?;
            let mut files = Vec::new();
            for (name, entry) in at.storage.list(&at.path).await? {
                if let Entry::File(info) = entry {
                    let file = FileLocation::new(at.path.join(&name)?.to_string());
                    files.push((file.in_storage(folder.storage.clone()), info.size));
                }
            }
            files.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
            Ok(files)
        })
    }

    /// Copies a finished file into the storage under `file`; the path holds a whole file or what
    /// it held before. Blocks.
    pub(crate) fn store(&self, from: &Path, file: &FileLocation) -> Result<()> {
        run(async {
            let at = self.shared.named(file)?;
            let (content, _) = Payload::path(from).open().await?;
            at.storage.write(&at.path, content, u64::MAX).await
        })
    }
}

/// The objects behind a kind of storage that is no folder, and what their keys begin with.
pub(crate) fn object_store(name: &str, kind: &StorageKind) -> Result<(Arc<dyn ObjectStore>, Key)> {
    match kind {
        StorageKind::Memory => Ok((Arc::new(InMemory::new()), Key::ROOT)),
        #[cfg(feature = "s3")]
        StorageKind::S3(bucket) => {
            let prefix = Key::parse(&bucket.prefix).map_err(|e| {
                Error::invalid(format!(
                    "the prefix of the storage `{name}` is not possible: {e}"
                ))
            })?;
            Ok((s3::open(bucket)?, prefix))
        }
        #[cfg(not(feature = "s3"))]
        StorageKind::S3(_) => Err(Error::invalid(format!(
            "the storage `{name}` is in S3, which this program was built without: build it with the feature `s3`"
        ))),
        StorageKind::Folder(_) => Err(Error::invalid(format!(
            "the storage `{name}` is a folder and has no objects"
        ))),
    }
}

/// Runs a call on a thread that may block.
pub(crate) fn run<R>(call: impl Future<Output = R>) -> R {
    tokio::runtime::Handle::current().block_on(call)
}

impl Shared {
    fn storage(&self, name: Option<&str>) -> Result<&Arc<dyn Backend>> {
        let name = name
            .filter(|name| !name.is_empty())
            .unwrap_or(&self.options.default);
        self.storages.get(name).ok_or_else(|| {
            Error::rejected(
                404,
                "storageNotFound",
                format!(
                    "The storage {name} was not found or is not associated with the application."
                ),
            )
        })
    }

    fn locate(&self, at: &FileLocation) -> Result<At> {
        let storage = Arc::clone(self.storage(at.storage.as_deref())?);
        let version = match at.version.as_deref().filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => Some(Version::parse(text)?),
        };
        if matches!(version, Some(Version::At(_))) && !storage.keeps_versions() {
            return Err(unknown_version(
                "this storage keeps no versions, leave `versionId` out",
            ));
        }
        let path = StoragePath::parse(&at.path)?;
        Ok(At {
            storage,
            path,
            version,
        })
    }

    /// Like [`locate`](Self::locate), for calls that need a name.
    fn named(&self, at: &FileLocation) -> Result<At> {
        let at = self.locate(at)?;
        if at.path.is_root() {
            return Err(Error::invalid(
                "the path is empty: name a file or folder of the storage",
            ));
        }
        Ok(at)
    }

    fn missing(&self, path: &str) -> Error {
        let detail = self
            .options
            .vendor_messages
            .then(|| VENDOR_MISSING.to_owned());
        Error::NotFound {
            what: path.to_owned(),
            detail,
        }
    }

    /// Why nothing could be read: the file is missing, or its version.
    fn absent(&self, at: &At) -> Error {
        match at.version {
            Some(_) if at.storage.keeps_versions() => {
                unknown_version("the file has no such version, its list of versions shows them")
            }
            _ => self.missing(&at.path.to_string()),
        }
    }

    /// Source and target of a folder call; nothing when the source is not there, which is no error
    /// (contract section 5).
    async fn folders(&self, from: &FileLocation, to: &FileLocation) -> Result<Option<(At, At)>> {
        let (from, to) = (self.named(from)?, self.named(to)?);
        if Arc::ptr_eq(&from.storage, &to.storage)
            && to.path != from.path
            && to.path.is_within(&from.path)
        {
            return Err(Error::invalid(format!(
                "the folder `{}` cannot go into its own folder `{}`",
                from.path, to.path
            )));
        }
        if let Some(Entry::File(_)) = to.storage.look(&to.path).await? {
            return Err(conflict(format!("`{}` is a file: name a folder", to.path)));
        }
        let there = matches!(from.storage.look(&from.path).await?, Some(Entry::Folder));
        Ok(there.then_some((from, to)))
    }
}

/// Copies a file from one storage to another, or inside one. False when it is not there.
async fn copy(from: &At, to: &At) -> Result<bool> {
    if Arc::ptr_eq(&from.storage, &to.storage) {
        return from.storage.copy(&from.path, from.version, &to.path).await;
    }
    let source = from.storage.read(&from.path, from.version).await?;
    let Some((_, content)) = source else {
        return Ok(false);
    };
    // Checked for its length, so that a broken stream is no whole file.
    to.storage
        .write(&to.path, content.into_stream(), u64::MAX)
        .await?;
    Ok(true)
}

/// Copies or moves a folder, keeping what the target holds; files of the same name are replaced.
async fn transfer(from: &At, to: &At, moving: bool) -> Result<()> {
    let mut open = vec![StoragePath::parse("")?];
    let mut emptied = Vec::new();
    let mut seen = 0;
    while let Some(inner) = open.pop() {
        let inside = |folder: &StoragePath| StoragePath::parse(&format!("{folder}/{inner}"));
        let (source, target) = (inside(&from.path)?, inside(&to.path)?);
        to.storage.make_folder(&target).await?;
        for (name, entry) in from.storage.list(&source).await? {
            seen += 1;
            if seen > MAX_TREE {
                return Err(Error::invalid(format!(
                    "the folder `{}` holds more than {MAX_TREE} files and folders: take its folders one by one",
                    from.path
                )));
            }
            if entry == Entry::Folder {
                open.push(inner.join(&name)?);
                continue;
            }
            let at = |at: &At, path: StoragePath| At {
                storage: Arc::clone(&at.storage),
                path,
                version: None,
            };
            let (source, target) = (at(from, source.join(&name)?), at(to, target.join(&name)?));
            if moving && Arc::ptr_eq(&from.storage, &to.storage) {
                from.storage.rename(&source.path, &target.path).await?;
            } else {
                let copied = copy(&source, &target).await?;
                if copied && moving {
                    from.storage.remove(&source.path).await?;
                }
            }
        }
        emptied.push(source);
    }
    // Inner ones first. What came in meanwhile, or was moved into a folder of the source, stays.
    for folder in emptied.iter().rev().filter(|_| moving) {
        from.storage.remove_folder(folder, false).await?;
    }
    Ok(())
}

#[async_trait]
impl StorageApi for Storages {
    async fn download_file(&self, file: &FileLocation) -> Result<Download> {
        let at = self.shared.named(file)?;
        let Some((_, download)) = at.storage.read(&at.path, at.version).await? else {
            return Err(self.shared.absent(&at));
        };
        let name = at.path.name().to_owned();
        let media_type = mime_guess::from_path(&name).first_or_octet_stream();
        Ok(download.with_type(Some(media_type.to_string()), Some(name)))
    }

    async fn upload_file(
        &self,
        file: &FileLocation,
        content: Payload,
    ) -> Result<FilesUploadResult> {
        let mut location = file.clone();
        location.version = None;
        if location.path.is_empty() || location.path.ends_with('/') {
            let name = content.name().ok_or_else(|| {
                Error::invalid("the upload has no file name: add it to the path or send a multipart part with `filename`")
            })?;
            location.path = StoragePath::parse(&location.path)?.join(name)?.to_string();
        }
        let at = self.shared.named(&location)?;
        let limit = self.shared.options.max_file_bytes.unwrap_or(u64::MAX);
        if content.len_hint().is_some_and(|len| len > limit) {
            return Err(too_large(&at.path, limit));
        }
        let (stream, _) = content.open().await?;
        at.storage.write(&at.path, stream, limit).await?;
        let name = at.path.name().to_owned();
        Ok(FilesUploadResult::new(vec![name], Vec::new()))
    }

    async fn delete_file(&self, file: &FileLocation) -> Result<()> {
        let at = self.shared.named(file)?;
        match at.version.filter(|_| at.storage.keeps_versions()) {
            None => at.storage.remove(&at.path).await,
            Some(version) => {
                let removed = at.storage.remove_version(&at.path, version).await?;
                removed.then_some(()).ok_or_else(|| {
                    unknown_version("the file has no such version, its list of versions shows them")
                })
            }
        }
    }

    async fn copy_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let (from, to) = (self.shared.named(from)?, self.shared.named(to)?);
        if copy(&from, &to).await? {
            Ok(())
        } else {
            Err(self.shared.absent(&from))
        }
    }

    async fn move_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let (from, to) = (self.shared.named(from)?, self.shared.named(to)?);
        let same = Arc::ptr_eq(&from.storage, &to.storage);
        let moved = if same && from.version.is_none_or(|version| version == Version::Null) {
            from.storage.rename(&from.path, &to.path).await?
        } else if copy(&from, &to).await? {
            if !same || from.path != to.path {
                match from.version.filter(|_| from.storage.keeps_versions()) {
                    Some(version) => {
                        from.storage.remove_version(&from.path, version).await?;
                    }
                    None => from.storage.remove(&from.path).await?,
                }
            }
            true
        } else {
            false
        };
        if moved {
            Ok(())
        } else {
            Err(self.shared.absent(&from))
        }
    }

    async fn list_folder(&self, folder: &FileLocation) -> Result<FilesList> {
        let at = self.shared.locate(folder)?;
        let mut value = Vec::new();
        for (name, entry) in at.storage.list(&at.path).await? {
            let inner = at.path.join(&name)?;
            let (size, modified, path) = match entry {
                Entry::Folder => (0, Timestamp::from(FOLDER_DATE), format!("/{inner}/")),
                Entry::File(info) => (
                    info.size,
                    clock::file_date(info.modified),
                    format!("/{inner}"),
                ),
            };
            let mut shown = StorageFile::new(name, entry == Entry::Folder, signed(size), path);
            shown.modified_date = Some(modified);
            value.push(shown);
        }
        value.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(FilesList::new(value))
    }

    async fn create_folder(&self, folder: &FileLocation) -> Result<()> {
        let at = self.shared.named(folder)?;
        at.storage.make_folder(&at.path).await
    }

    async fn delete_folder(&self, folder: &FileLocation, recursive: bool) -> Result<()> {
        let at = self.shared.named(folder)?;
        // A client deletes a file through this call (contract section 0, point 15).
        if let Some(Entry::File(_)) = at.storage.look(&at.path).await? {
            return at.storage.remove(&at.path).await;
        }
        if at.storage.remove_folder(&at.path, recursive).await? {
            return Ok(());
        }
        Err(conflict(format!(
            "the folder `{}` is not empty: delete its files first or set `recursive=true`",
            at.path
        )))
    }

    async fn copy_folder(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        match self.shared.folders(from, to).await? {
            Some((from, to))
                if !(Arc::ptr_eq(&from.storage, &to.storage) && from.path == to.path) =>
            {
                transfer(&from, &to, false).await
            }
            _ => Ok(()),
        }
    }

    async fn move_folder(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let Some((from, to)) = self.shared.folders(from, to).await? else {
            return Ok(());
        };
        if Arc::ptr_eq(&from.storage, &to.storage)
            && (from.path == to.path || from.storage.rename_folder(&from.path, &to.path).await?)
        {
            return Ok(());
        }
        transfer(&from, &to, true).await
    }

    async fn storage_exists(&self, storage: &str) -> Result<StorageExist> {
        Ok(StorageExist::new(
            self.shared.storages.contains_key(storage),
        ))
    }

    async fn object_exists(&self, object: &FileLocation) -> Result<ObjectExist> {
        let at = self.shared.locate(object)?;
        if let Some(version) = at.version.filter(|_| !at.path.is_root()) {
            let (versions, _) = at.storage.versions(&at.path).await?;
            let there = versions.iter().any(|info| info.version == version);
            return Ok(ObjectExist::new(there, false));
        }
        Ok(match at.storage.look(&at.path).await? {
            Some(entry) => ObjectExist::new(true, entry == Entry::Folder),
            None => ObjectExist::new(false, false),
        })
    }

    async fn disc_usage<'a>(&self, storage: Option<&'a str>) -> Result<DiscUsage> {
        let (used, total) = self.shared.storage(storage)?.usage().await?;
        Ok(DiscUsage::new(signed(used), signed(total)))
    }

    async fn file_versions(&self, file: &FileLocation) -> Result<FileVersions> {
        let at = self.shared.named(file)?;
        let (versions, has_current) = at.storage.versions(&at.path).await?;
        if versions.is_empty() {
            return Err(self.shared.missing(&at.path.to_string()));
        }
        let shown = versions.iter().enumerate().map(|(index, info)| {
            let mut version = FileVersion::new(
                at.path.name(),
                false,
                signed(info.size),
                format!("/{}", at.path),
                info.version.to_string(),
                has_current && index == 0,
            );
            version.modified_date = Some(clock::file_date(info.modified));
            version
        });
        Ok(FileVersions::new(shown.collect()))
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
