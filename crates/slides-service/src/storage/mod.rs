//! Named storages as folders of the local disk (contract section 5).

mod path;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use slides_core::{Download, Error, FileLocation, Payload, Result, StorageApi};
use slides_types::{
    DiscUsage, FileVersion, FileVersions, FilesList, FilesUploadResult, ObjectExist, StorageExist,
    StorageFile, Timestamp,
};
use tokio::io::AsyncWriteExt;

use self::path::StoragePath;
use crate::{clock, files};

/// Where unfinished files lie; no storage can have this name.
const UNFINISHED: &str = ".tmp";
/// `modifiedDate` of folders (contract section 5).
const FOLDER_DATE: &str = "0001-01-01T00:00:00";
/// `versionId` of files in a storage that keeps no versions (contract section 5).
const UNVERSIONED: &str = "null";
/// What the vendor's service says about a missing file; its generated tests look for it.
const VENDOR_MISSING: &str = "AmazonS3 Storage exception: The specified key does not exist.";

/// How storages are kept.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StorageOptions {
    /// Name of the storage that calls without a name mean.
    pub default: String,
    /// Names of further storages.
    pub others: Vec<String>,
    /// Whether a file is synced before its upload is answered.
    pub sync: bool,
    /// Bytes of one uploaded file; no limit when absent.
    pub max_file_bytes: Option<u64>,
    /// Adds the vendor's sentence to the answer about a missing file, for suites that look for it.
    pub vendor_messages: bool,
}

impl Default for StorageOptions {
    fn default() -> Self {
        Self {
            default: "Default".to_owned(),
            others: Vec::new(),
            sync: true,
            max_file_bytes: None,
            vendor_messages: false,
        }
    }
}

/// Storages in folders `ROOT/<storage name>/`.
///
/// Files are replaced as a whole, missing files and folders are no error when they are deleted, and
/// no path leads out of its storage, neither by its text nor by a symbolic link.
#[derive(Debug, Clone)]
pub struct LocalStorage {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    roots: BTreeMap<String, PathBuf>,
    unfinished: PathBuf,
    options: StorageOptions,
}

impl LocalStorage {
    /// Opens the storages below `root`, making their folders.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a storage name that is no plain name; [`Error::Io`] when a folder
    /// cannot be made.
    pub fn open(root: &Path, options: StorageOptions) -> Result<Self> {
        let mut roots = BTreeMap::new();
        let make = |path: &Path| {
            fs::create_dir_all(path)
                .map_err(|e| Error::io(format!("cannot make the folder `{}`", path.display()), e))
        };
        for name in options.others.iter().chain([&options.default]) {
            if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
                return Err(Error::invalid(format!(
                    "the storage name `{name}` is not allowed: use a name without slashes that does not start with a dot"
                )));
            }
            let path = root.join(name);
            make(&path)?;
            roots.insert(name.clone(), path);
        }
        let unfinished = root.join(UNFINISHED);
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io(
                    format!("cannot clear `{}`", unfinished.display()),
                    error,
                ));
            }
            _ => make(&unfinished)?,
        }
        Ok(Self {
            shared: Arc::new(Shared {
                roots,
                unfinished,
                options,
            }),
        })
    }

    /// Whether there is a storage of this name; without a name, the default one.
    pub fn has_storage(&self, name: Option<&str>) -> bool {
        self.shared.root(name).is_ok()
    }

    /// Refuses a path that could lead out of a storage.
    pub(crate) fn check_path(path: &str) -> Result<()> {
        StoragePath::parse(path).map(|_| ())
    }

    /// The file at a location, which must exist. Blocks.
    pub(crate) fn existing_file(&self, file: &FileLocation) -> Result<PathBuf> {
        let path = self.shared.locate(file)?.1;
        if path.is_file() {
            Ok(path)
        } else {
            Err(self.shared.missing(&file.path))
        }
    }

    /// The files of a folder, without those below its folders, sorted by name. A folder that does
    /// not exist has none. Blocks.
    pub(crate) fn files_in(&self, folder: &FileLocation) -> Result<Vec<PathBuf>> {
        let path = self.shared.locate(folder)?.1;
        let mut files: Vec<_> = children(&path)?
            .into_iter()
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        Ok(files)
    }

    /// Copies a finished file into the storage under `file`; the path holds a whole file or what
    /// it held before. Blocks.
    pub(crate) fn store(&self, from: &Path, file: &FileLocation) -> Result<()> {
        self.shared.copy_in(from, file)
    }

    async fn blocking<R: Send + 'static>(
        &self,
        run: impl FnOnce(&Shared) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || run(&shared))
            .await
            .map_err(|e| Error::io("a storage call broke off", io::Error::other(e)))?
    }
}

impl Shared {
    fn root(&self, name: Option<&str>) -> Result<&Path> {
        let name = name
            .filter(|name| !name.is_empty())
            .unwrap_or(&self.options.default);
        self.roots
            .get(name)
            .map(PathBuf::as_path)
            .ok_or_else(|| unknown_storage(name))
    }

    fn locate(&self, at: &FileLocation) -> Result<(StoragePath, PathBuf)> {
        let root = self.root(at.storage.as_deref())?;
        if at
            .version
            .as_deref()
            .is_some_and(|v| !v.is_empty() && v != UNVERSIONED)
        {
            return Err(Error::invalid(
                "Invalid version id specified: this storage keeps no versions, leave `versionId` out",
            ));
        }
        let path = StoragePath::parse(&at.path)?;
        let file = path.under(root)?;
        Ok((path, file))
    }

    /// Like [`locate`](Self::locate), for calls that need a name.
    fn locate_named(&self, at: &FileLocation) -> Result<(StoragePath, PathBuf)> {
        let (path, file) = self.locate(at)?;
        if path.is_root() {
            return Err(Error::invalid(
                "the path is empty: name a file or folder of the storage",
            ));
        }
        Ok((path, file))
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

    fn copy_in(&self, from: &Path, to: &FileLocation) -> Result<()> {
        let (path, target) = self.locate_named(to)?;
        let cannot = |e| Error::io(format!("cannot write `{path}` into the storage"), e);
        let (mut file, temporary) = tempfile::NamedTempFile::new_in(&self.unfinished)
            .map_err(cannot)?
            .into_parts();
        io::copy(&mut fs::File::open(from).map_err(cannot)?, &mut file).map_err(cannot)?;
        drop(file);
        self.publish(temporary, &path, &target)
    }

    /// Puts a written temporary file under its name.
    fn publish(
        &self,
        temporary: tempfile::TempPath,
        path: &StoragePath,
        target: &Path,
    ) -> Result<()> {
        if target.is_dir() {
            return Err(Error::rejected(
                409,
                "conflict",
                format!("`{path}` is a folder: name a file"),
            ));
        }
        make_parent(path, target)?;
        files::publish(&temporary, target, self.options.sync)
            .map_err(|e| Error::io(format!("cannot write `{path}` into the storage"), e))?;
        // The name is gone: there is nothing left to clean up.
        let _ = temporary.keep();
        Ok(())
    }
}

/// Answer to a call that names a storage that is not there (contract section 2.6).
fn unknown_storage(name: &str) -> Error {
    Error::rejected(
        404,
        "storageNotFound",
        format!("The storage {name} was not found or is not associated with the application."),
    )
}

fn make_parent(path: &StoragePath, target: &Path) -> Result<()> {
    let Some(parent) = target.parent() else {
        return Ok(());
    };
    fs::create_dir_all(parent).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => Error::rejected(
            409,
            "conflict",
            format!("a part of the path `{path}` is a file, not a folder"),
        ),
        _ => Error::io(format!("cannot make the folder of `{path}`"), e),
    })
}

/// The entries of a folder; none when it is not there.
fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Vec::new());
        }
        Err(e) => return Err(Error::io("cannot list a folder of the storage", e)),
    };
    entries
        .map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<_>>()
        .map_err(|e| Error::io("cannot list a folder of the storage", e))
}

/// Every file and folder below a folder, folders before what they hold. Links are not entered.
fn walk(folder: &Path) -> Result<Vec<(PathBuf, fs::Metadata)>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for path in children(&folder)? {
            // What was removed meanwhile is not there.
            let Ok(metadata) = path.symlink_metadata() else {
                continue;
            };
            if metadata.is_dir() {
                open.push(path.clone());
            }
            found.push((path, metadata));
        }
    }
    Ok(found)
}

fn media_type(name: &str) -> String {
    mime_guess::from_path(name)
        .first_or_octet_stream()
        .to_string()
}

#[async_trait]
impl StorageApi for LocalStorage {
    async fn download_file(&self, file: &FileLocation) -> Result<Download> {
        let location = file.clone();
        let (name, file, len) = self
            .blocking(move |shared| {
                let (path, on_disk) = shared.locate_named(&location)?;
                let cannot = |e| Error::io(format!("cannot read `{path}` from the storage"), e);
                if !on_disk.is_file() {
                    return Err(shared.missing(&path.to_string()));
                }
                let file = fs::File::open(&on_disk).map_err(cannot)?;
                let len = file.metadata().map_err(cannot)?.len();
                Ok((path.name().to_owned(), file, len))
            })
            .await?;
        let media_type = media_type(&name);
        Ok(crate::download(file, len).with_type(Some(media_type), Some(name)))
    }

    async fn upload_file(
        &self,
        file: &FileLocation,
        content: Payload,
    ) -> Result<FilesUploadResult> {
        let mut location = file.clone();
        if location.path.is_empty() || location.path.ends_with('/') {
            let name = content.name().ok_or_else(|| {
                Error::invalid("the upload has no file name: add it to the path or send a multipart part with `filename`")
            })?;
            location.path = StoragePath::parse(&location.path)?.join(name)?.to_string();
        }
        let (temporary, path, target) = self
            .blocking(move |shared| {
                let (path, target) = shared.locate_named(&location)?;
                let temporary = tempfile::NamedTempFile::new_in(&shared.unfinished)
                    .map_err(|e| Error::io(format!("cannot write `{path}` into the storage"), e))?;
                Ok((temporary, path, target))
            })
            .await?;
        let limit = self.shared.options.max_file_bytes.unwrap_or(u64::MAX);
        let too_large = || {
            Error::rejected(
                413,
                "payloadTooLarge",
                format!(
                    "the file `{path}` is larger than the limit of {limit} bytes: raise `max_file_bytes` or send a smaller one"
                ),
            )
        };
        if content.len_hint().is_some_and(|len| len > limit) {
            return Err(too_large());
        }
        let cannot = |e| Error::io(format!("cannot write `{path}` into the storage"), e);
        let (out, temporary) = temporary.into_parts();
        let mut out =
            tokio::io::BufWriter::with_capacity(256 * 1024, tokio::fs::File::from_std(out));
        let (mut stream, _) = content.open().await?;
        let mut len = 0;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|e| Error::io("the upload broke off", e))?;
            len += chunk.len() as u64;
            if len > limit {
                return Err(too_large());
            }
            out.write_all(&chunk).await.map_err(cannot)?;
        }
        out.flush().await.map_err(cannot)?;
        drop(out);
        let name = path.name().to_owned();
        self.blocking(move |shared| shared.publish(temporary, &path, &target))
            .await?;
        Ok(FilesUploadResult::new(vec![name], Vec::new()))
    }

    async fn delete_file(&self, file: &FileLocation) -> Result<()> {
        let location = file.clone();
        self.blocking(move |shared| {
            let (path, on_disk) = shared.locate_named(&location)?;
            // As in an object storage, a folder is no file: there is nothing of that name to delete.
            if on_disk.is_dir() {
                return Ok(());
            }
            match files::remove(&on_disk) {
                Err(e) if e.kind() != io::ErrorKind::NotADirectory => Err(Error::io(
                    format!("cannot delete `{path}` from the storage"),
                    e,
                )),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn copy_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let (from, to) = (from.clone(), to.clone());
        self.blocking(move |shared| {
            let (path, source) = shared.locate_named(&from)?;
            if !source.is_file() {
                return Err(shared.missing(&path.to_string()));
            }
            shared.copy_in(&source, &to)
        })
        .await
    }

    async fn move_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let (from, to) = (from.clone(), to.clone());
        self.blocking(move |shared| {
            let (path, source) = shared.locate_named(&from)?;
            if !source.is_file() {
                return Err(shared.missing(&path.to_string()));
            }
            let (to, target) = shared.locate_named(&to)?;
            if target.is_dir() {
                return Err(Error::rejected(
                    409,
                    "conflict",
                    format!("`{to}` is a folder: name a file"),
                ));
            }
            make_parent(&to, &target)?;
            files::publish(&source, &target, shared.options.sync)
                .map_err(|e| Error::io(format!("cannot move `{path}` to `{to}`"), e))
        })
        .await
    }

    async fn list_folder(&self, folder: &FileLocation) -> Result<FilesList> {
        let location = folder.clone();
        self.blocking(move |shared| {
            let (path, on_disk) = shared.locate(&location)?;
            let mut value = Vec::new();
            for child in children(&on_disk)? {
                // A link that leads out or nowhere is not shown, as it cannot be opened.
                let name = child
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let Ok(inner) = path.join(&name) else {
                    continue;
                };
                let shown = inner
                    .under(shared.root(location.storage.as_deref())?)
                    .is_ok();
                let Some(metadata) = child.metadata().ok().filter(|_| shown) else {
                    continue;
                };
                value.push(if metadata.is_dir() {
                    entry(
                        name,
                        true,
                        Timestamp::from(FOLDER_DATE),
                        0,
                        format!("/{inner}/"),
                    )
                } else {
                    let date =
                        clock::file_date(metadata.modified().unwrap_or(std::time::UNIX_EPOCH));
                    entry(name, false, date, metadata.len(), format!("/{inner}"))
                });
            }
            value.sort_by(|a, b| a.path.cmp(&b.path));
            Ok(FilesList::new(value))
        })
        .await
    }

    async fn create_folder(&self, folder: &FileLocation) -> Result<()> {
        let location = folder.clone();
        self.blocking(move |shared| {
            let (path, on_disk) = shared.locate_named(&location)?;
            make_parent(&path, &on_disk.join("-"))
        })
        .await
    }

    async fn delete_folder(&self, folder: &FileLocation, recursive: bool) -> Result<()> {
        let location = folder.clone();
        self.blocking(move |shared| {
            let (path, on_disk) = shared.locate_named(&location)?;
            let cannot = |e| Error::io(format!("cannot delete the folder `{path}` from the storage"), e);
            // A client deletes a file through this call (contract section 0, point 15).
            if on_disk.is_file() {
                return files::remove(&on_disk).map_err(cannot);
            }
            let done = if recursive { fs::remove_dir_all(&on_disk) } else { fs::remove_dir(&on_disk) };
            match done {
                Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
                Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => Err(Error::rejected(
                    409,
                    "conflict",
                    format!("the folder `{path}` is not empty: delete its files first or set `recursive=true`"),
                )),
                other => other.map_err(cannot),
            }
        })
        .await
    }

    async fn copy_folder(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let (from, to) = (from.clone(), to.clone());
        self.blocking(move |shared| {
            let Some((source, target)) = folders(shared, &from, &to)? else {
                return Ok(());
            };
            let cannot = |e| Error::io("cannot copy a folder of the storage", e);
            fs::create_dir_all(&target).map_err(cannot)?;
            for (path, metadata) in walk(&source)? {
                let Ok(inner) = path.strip_prefix(&source) else {
                    continue;
                };
                let into = target.join(inner);
                if metadata.is_dir() {
                    fs::create_dir_all(&into).map_err(cannot)?;
                } else if metadata.is_file() {
                    let temporary =
                        tempfile::NamedTempFile::new_in(&shared.unfinished).map_err(cannot)?;
                    fs::copy(&path, temporary.path()).map_err(cannot)?;
                    files::publish(temporary.path(), &into, shared.options.sync).map_err(cannot)?;
                    let _ = temporary.into_temp_path().keep();
                }
            }
            Ok(())
        })
        .await
    }

    async fn move_folder(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let (from, to) = (from.clone(), to.clone());
        self.blocking(move |shared| {
            let Some((source, target)) = folders(shared, &from, &to)? else {
                return Ok(());
            };
            let cannot = |e| Error::io("cannot move a folder of the storage", e);
            if source == target {
                return Ok(());
            }
            if !target.is_dir() {
                make_parent(&StoragePath::parse(&to.path)?, &target)?;
                return files::publish(&source, &target, false).map_err(cannot);
            }
            // The target is there: what it holds stays, files of the same name are replaced.
            for (path, metadata) in walk(&source)? {
                let Ok(inner) = path.strip_prefix(&source) else {
                    continue;
                };
                let into = target.join(inner);
                if metadata.is_dir() {
                    fs::create_dir_all(&into).map_err(cannot)?;
                } else {
                    fs::rename(&path, &into).map_err(cannot)?;
                }
            }
            fs::remove_dir_all(&source).map_err(cannot)
        })
        .await
    }

    async fn storage_exists(&self, storage: &str) -> Result<StorageExist> {
        Ok(StorageExist::new(self.shared.roots.contains_key(storage)))
    }

    async fn object_exists(&self, object: &FileLocation) -> Result<ObjectExist> {
        let location = object.clone();
        self.blocking(move |shared| {
            let (_, on_disk) = shared.locate(&location)?;
            Ok(match on_disk.metadata() {
                Ok(metadata) => ObjectExist::new(true, metadata.is_dir()),
                Err(_) => ObjectExist::new(false, false),
            })
        })
        .await
    }

    async fn disc_usage<'a>(&self, storage: Option<&'a str>) -> Result<DiscUsage> {
        let storage = storage.map(str::to_owned);
        self.blocking(move |shared| {
            let root = shared.root(storage.as_deref())?;
            let used: u64 = walk(root)?
                .iter()
                .filter(|(_, m)| m.is_file())
                .map(|(_, m)| m.len())
                .sum();
            let disk = rustix::fs::statvfs(root)
                .map_err(|e| Error::io("cannot read the size of the disk", e.into()))?;
            let total = disk.f_blocks.saturating_mul(disk.f_frsize);
            Ok(DiscUsage::new(signed(used), signed(total)))
        })
        .await
    }

    async fn file_versions(&self, file: &FileLocation) -> Result<FileVersions> {
        let location = file.clone();
        self.blocking(move |shared| {
            let (path, on_disk) = shared.locate_named(&location)?;
            let Some(metadata) = on_disk.metadata().ok().filter(fs::Metadata::is_file) else {
                return Err(shared.missing(&path.to_string()));
            };
            let mut version = FileVersion::new(
                path.name(),
                false,
                signed(metadata.len()),
                format!("/{path}"),
                UNVERSIONED,
                true,
            );
            version.modified_date = Some(clock::file_date(
                metadata.modified().unwrap_or(std::time::UNIX_EPOCH),
            ));
            Ok(FileVersions::new(vec![version]))
        })
        .await
    }
}

/// Source and target of a folder call; nothing when the source is not there, which is no error
/// (contract section 5).
fn folders(
    shared: &Shared,
    from: &FileLocation,
    to: &FileLocation,
) -> Result<Option<(PathBuf, PathBuf)>> {
    let (from_path, source) = shared.locate_named(from)?;
    let (to_path, target) = shared.locate_named(to)?;
    let same_storage =
        shared.root(from.storage.as_deref())? == shared.root(to.storage.as_deref())?;
    if same_storage && to_path != from_path && to_path.is_within(&from_path) {
        return Err(Error::invalid(format!(
            "the folder `{from_path}` cannot go into its own folder `{to_path}`"
        )));
    }
    if target.is_file() {
        return Err(Error::rejected(
            409,
            "conflict",
            format!("`{to_path}` is a file: name a folder"),
        ));
    }
    Ok(source.is_dir().then_some((source, target)))
}

fn entry(
    name: String,
    is_folder: bool,
    modified: Timestamp,
    size: u64,
    path: String,
) -> StorageFile {
    let mut file = StorageFile::new(name, is_folder, signed(size), path);
    file.modified_date = Some(modified);
    file
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
