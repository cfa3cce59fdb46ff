//! A storage in a folder of the local disk.
//!
//! `object_store`'s own local back end is not used: it does not sync, follows symbolic links out of
//! its root, and knows no empty folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use futures_util::StreamExt;
use slides_core::{Download, Error, Result};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::AsyncWriteExt;

use super::backend::{
    Backend, Content, Entry, FileInfo, PathLocks, history, is_folder, is_under_a_file, too_large,
};
use super::path::{OWN_FOLDER, StoragePath};
use super::version::Version;
use crate::files;

/// Bytes written to the disk at once.
const CHUNK: usize = 256 * 1024;

/// Files below `root`; what is unfinished and the versions lie in a folder of our own in there, so
/// that they are on the same disk.
///
/// Files are replaced as a whole, and no path leads out of the root, neither by its text nor by a
/// symbolic link. The version of a file is its time of change.
#[derive(Debug, Clone)]
pub(super) struct LocalFolder(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    unfinished: PathBuf,
    versions: PathBuf,
    keeps_versions: bool,
    sync: bool,
    locks: PathLocks,
}

impl LocalFolder {
    /// Opens a folder, making it, and removes what an earlier run left unfinished.
    pub(super) fn open(root: &Path, keeps_versions: bool, sync: bool) -> Result<Self> {
        let make = |path: &Path| {
            fs::create_dir_all(path)
                .map_err(|e| Error::io(format!("cannot make the folder `{}`", path.display()), e))
        };
        make(root)?;
        let own = root.join(OWN_FOLDER);
        let (unfinished, versions) = (own.join("tmp"), own.join("versions"));
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let what = format!("cannot clear `{}`", unfinished.display());
                return Err(Error::io(what, error));
            }
            _ => make(&unfinished)?,
        }
        if keeps_versions {
            make(&versions)?;
        }
        Ok(Self(Arc::new(Shared {
            root: root.to_owned(),
            unfinished,
            versions,
            keeps_versions,
            sync,
            locks: PathLocks::new(),
        })))
    }

    async fn blocking<R: Send + 'static>(
        &self,
        run: impl FnOnce(&Shared) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let shared = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || run(&shared))
            .await
            .map_err(|e| Error::io("a storage call broke off", io::Error::other(e)))?
    }
}

/// Nothing instead of an error for a file that is not there.
fn if_there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

impl Shared {
    fn info(&self, metadata: &fs::Metadata) -> FileInfo {
        let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
        FileInfo {
            size: metadata.len(),
            modified,
            version: if self.keeps_versions {
                Version::of(modified)
            } else {
                Version::Null
            },
        }
    }

    fn entry(&self, metadata: &fs::Metadata) -> Entry {
        if metadata.is_dir() {
            Entry::Folder
        } else {
            Entry::File(self.info(metadata))
        }
    }

    /// The file on the disk, if one is there.
    fn file(&self, path: &StoragePath) -> Result<Option<(PathBuf, FileInfo)>> {
        let on_disk = path.under(&self.root)?;
        let metadata = if_there(on_disk.metadata())
            .map_err(|e| Error::io(format!("cannot look up `{path}` in the storage"), e))?;
        Ok(metadata
            .filter(fs::Metadata::is_file)
            .map(|metadata| (on_disk, self.info(&metadata))))
    }

    fn history(&self, path: &StoragePath) -> PathBuf {
        self.versions.join(history(path))
    }

    /// The file of a version, if it is there.
    fn versioned(
        &self,
        path: &StoragePath,
        version: Option<Version>,
    ) -> Result<Option<(PathBuf, FileInfo)>> {
        let file = self.file(path)?;
        let Some(version) = version else {
            return Ok(file);
        };
        if let Some(file) = file
            && file.1.version == version
        {
            return Ok(Some(file));
        }
        let kept = self.history(path).join(version.to_string());
        let metadata = if_there(kept.metadata())
            .map_err(|e| Error::io(format!("cannot look up a version of `{path}`"), e))?;
        Ok(metadata.map(|metadata| (kept, kept_info(&metadata, version))))
    }

    /// Versions that are no longer the file, the newest first.
    fn kept(&self, path: &StoragePath) -> io::Result<Vec<FileInfo>> {
        let Some(entries) = if_there(fs::read_dir(self.history(path)))? else {
            return Ok(Vec::new());
        };
        let mut kept = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            // A file beside the versions is none of ours.
            let Some(version) = name.to_str().and_then(|name| Version::parse(name).ok()) else {
                continue;
            };
            kept.push(kept_info(&entry.metadata()?, version));
        }
        kept.sort_by_key(|kept| std::cmp::Reverse(kept.version));
        Ok(kept)
    }

    /// Keeps what a path holds as a version, before it is replaced or removed.
    fn keep(&self, path: &StoragePath, on_disk: &Path, version: Version) -> io::Result<()> {
        let history = self.history(path);
        fs::create_dir_all(&history)?;
        let kept = history.join(version.to_string());
        match fs::hard_link(on_disk, &kept) {
            Ok(()) => {}
            // A crash came between keeping and replacing.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            // Not every file system has links.
            Err(_) => {
                let temporary = NamedTempFile::new_in(&self.unfinished)?.into_temp_path();
                fs::copy(on_disk, &temporary)?;
                self.rename(temporary, &kept)?;
            }
        }
        if self.sync {
            files::sync_parent(&kept)?;
            files::sync_parent(&history)?;
        }
        Ok(())
    }

    fn rename(&self, temporary: TempPath, to: &Path) -> io::Result<()> {
        files::publish(&temporary, to, self.sync)?;
        // The name is gone: there is nothing left to clean up.
        let _ = temporary.keep();
        Ok(())
    }

    /// The place for a file that is about to be written, its folders made, the old one kept.
    /// The lock is held until it is there.
    fn prepare(
        &self,
        path: &StoragePath,
    ) -> Result<(
        PathBuf,
        Option<Version>,
        Option<tokio::sync::MutexGuard<'_, ()>>,
    )> {
        let target = path.under(&self.root)?;
        if target.is_dir() {
            return Err(is_folder(path));
        }
        make_parent(path, &target)?;
        if !self.keeps_versions {
            return Ok((target, None, None));
        }
        let guard = self.locks.lock_blocking(path);
        let old = self.file(path)?.map(|(_, info)| info.version);
        if let Some(old) = old {
            self.keep(path, &target, old)
                .map_err(|e| Error::io(format!("cannot keep the old version of `{path}`"), e))?;
        }
        Ok((target, Some(Version::now(old)), guard))
    }

    /// Puts a written temporary file under its name.
    fn publish(&self, temporary: TempPath, path: &StoragePath) -> Result<()> {
        let cannot = |e| Error::io(format!("cannot write `{path}` into the storage"), e);
        let (target, version, _guard) = self.prepare(path)?;
        if let Some(time) = version.and_then(Version::time) {
            set_time(&temporary, time).map_err(cannot)?;
        }
        self.rename(temporary, &target).map_err(cannot)
    }

    fn copy_in(&self, from: &Path, path: &StoragePath) -> Result<()> {
        let cannot = |e| Error::io(format!("cannot write `{path}` into the storage"), e);
        let (mut file, temporary) = NamedTempFile::new_in(&self.unfinished)
            .map_err(cannot)?
            .into_parts();
        io::copy(&mut fs::File::open(from).map_err(cannot)?, &mut file).map_err(cannot)?;
        drop(file);
        self.publish(temporary, path)
    }

    /// Keeps every file of a folder as a version.
    fn keep_all(&self, folder: &StoragePath, on_disk: &Path) -> Result<()> {
        let cannot = |e| Error::io(format!("cannot keep the files of `{folder}`"), e);
        for (file, metadata) in walk(on_disk)? {
            let inner = file.strip_prefix(on_disk).ok().and_then(Path::to_str);
            if let Some(inner) = inner.filter(|_| metadata.is_file()) {
                let path = folder.join(inner)?;
                let _guard = self.locks.lock_blocking(&path);
                self.keep(&path, &file, self.info(&metadata).version)
                    .map_err(cannot)?;
            }
        }
        Ok(())
    }
}

/// What changes whenever a file is replaced: it is written beside and renamed, so each one has an inode of its own.
fn tag(metadata: &fs::Metadata) -> Option<String> {
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let inode = 0;
    Some(format!(
        "{:x}-{inode:x}-{:x}",
        modified.as_nanos(),
        metadata.len()
    ))
}

fn kept_info(metadata: &fs::Metadata, version: Version) -> FileInfo {
    FileInfo {
        size: metadata.len(),
        modified: version
            .time()
            .or_else(|| metadata.modified().ok())
            .unwrap_or(UNIX_EPOCH),
        version,
    }
}

fn set_time(path: &Path, time: SystemTime) -> io::Result<()> {
    fs::File::options()
        .write(true)
        .open(path)?
        .set_modified(time)
}

fn make_parent(path: &StoragePath, target: &Path) -> Result<()> {
    let Some(parent) = target.parent() else {
        return Ok(());
    };
    fs::create_dir_all(parent).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => is_under_a_file(path),
        _ => Error::io(format!("cannot make the folder of `{path}`"), e),
    })
}

/// The entries of a folder; none when it is not there.
fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = |e| Error::io("cannot list a folder of the storage", e);
    let Some(entries) = if_there(fs::read_dir(folder)).map_err(cannot)? else {
        return Ok(Vec::new());
    };
    entries
        .map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<_>>()
        .map_err(cannot)
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

#[async_trait]
impl Backend for LocalFolder {
    fn keeps_versions(&self) -> bool {
        self.0.keeps_versions
    }

    async fn look(&self, path: &StoragePath) -> Result<Option<Entry>> {
        let path = path.clone();
        self.blocking(move |shared| {
            let metadata = if_there(path.under(&shared.root)?.metadata())
                .map_err(|e| Error::io(format!("cannot look up `{path}` in the storage"), e))?;
            Ok(metadata.map(|metadata| shared.entry(&metadata)))
        })
        .await
    }

    async fn read(
        &self,
        path: &StoragePath,
        version: Option<Version>,
    ) -> Result<Option<(FileInfo, Download)>> {
        let path = path.clone();
        self.blocking(move |shared| {
            let cannot = |e| Error::io(format!("cannot read `{path}` from the storage"), e);
            let Some((on_disk, info)) = shared.versioned(&path, version)? else {
                return Ok(None);
            };
            let Some(file) = if_there(fs::File::open(&on_disk)).map_err(cannot)? else {
                return Ok(None);
            };
            // The file may have been replaced since it was looked up.
            let metadata = file.metadata().map_err(cannot)?;
            let size = metadata.len();
            Ok(Some((
                FileInfo { size, ..info },
                crate::download(file, size).with_tag(tag(&metadata)),
            )))
        })
        .await
    }

    async fn write(&self, path: &StoragePath, mut content: Content, limit: u64) -> Result<()> {
        let at = path.clone();
        let temporary = self
            .blocking(move |shared| {
                // Refused before it is read, where that can be known.
                at.under(&shared.root)?;
                NamedTempFile::new_in(&shared.unfinished)
                    .map_err(|e| Error::io(format!("cannot write `{at}` into the storage"), e))
            })
            .await?;
        let cannot = |e| Error::io(format!("cannot write `{path}` into the storage"), e);
        let (out, temporary) = temporary.into_parts();
        let mut out = tokio::io::BufWriter::with_capacity(CHUNK, tokio::fs::File::from_std(out));
        let mut len = 0;
        while let Some(chunk) = content.next().await {
            let chunk = chunk.map_err(|e| Error::io("the upload broke off", e))?;
            len += chunk.len() as u64;
            if len > limit {
                return Err(too_large(path, limit));
            }
            out.write_all(&chunk).await.map_err(cannot)?;
        }
        out.flush().await.map_err(cannot)?;
        drop(out);
        let path = path.clone();
        self.blocking(move |shared| shared.publish(temporary, &path))
            .await
    }

    async fn copy(
        &self,
        from: &StoragePath,
        version: Option<Version>,
        to: &StoragePath,
    ) -> Result<bool> {
        let (from, to) = (from.clone(), to.clone());
        self.blocking(move |shared| {
            let Some((source, _)) = shared.versioned(&from, version)? else {
                return Ok(false);
            };
            shared.copy_in(&source, &to)?;
            Ok(true)
        })
        .await
    }

    async fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<bool> {
        let (from, to) = (from.clone(), to.clone());
        self.blocking(move |shared| {
            let cannot = |e| Error::io(format!("cannot move `{from}` to `{to}`"), e);
            let Some((source, info)) = shared.file(&from)? else {
                return Ok(false);
            };
            if from == to {
                return Ok(true);
            }
            if shared.keeps_versions {
                let _guard = shared.locks.lock_blocking(&from);
                shared.keep(&from, &source, info.version).map_err(cannot)?;
            }
            let (target, version, _guard) = shared.prepare(&to)?;
            files::publish(&source, &target, shared.sync).map_err(cannot)?;
            if let Some(time) = version.and_then(Version::time) {
                set_time(&target, time).map_err(cannot)?;
            }
            Ok(true)
        })
        .await
    }

    async fn rename_folder(&self, from: &StoragePath, to: &StoragePath) -> Result<bool> {
        let (from, to) = (from.clone(), to.clone());
        self.blocking(move |shared| {
            let (source, target) = (from.under(&shared.root)?, to.under(&shared.root)?);
            // The target is there: what it holds stays. Versions stay with each file's path.
            if shared.keeps_versions || target.exists() {
                return Ok(false);
            }
            make_parent(&to, &target)?;
            files::publish(&source, &target, false)
                .map_err(|e| Error::io(format!("cannot move `{from}` to `{to}`"), e))?;
            Ok(true)
        })
        .await
    }

    async fn remove(&self, path: &StoragePath) -> Result<()> {
        let path = path.clone();
        self.blocking(move |shared| {
            let cannot = |e| Error::io(format!("cannot delete `{path}` from the storage"), e);
            let _guard = shared
                .keeps_versions
                .then(|| shared.locks.lock_blocking(&path));
            // As in an object storage, a folder is no file: there is nothing of that name to delete.
            let Some((on_disk, info)) = shared.file(&path)? else {
                return Ok(());
            };
            if shared.keeps_versions {
                shared.keep(&path, &on_disk, info.version).map_err(cannot)?;
            }
            files::remove(&on_disk).map_err(cannot)
        })
        .await
    }

    async fn remove_version(&self, path: &StoragePath, version: Version) -> Result<bool> {
        let path = path.clone();
        self.blocking(move |shared| {
            let cannot = |e| Error::io(format!("cannot delete a version of `{path}`"), e);
            let _guard = shared.locks.lock_blocking(&path);
            let history = shared.history(&path);
            let kept = history.join(version.to_string());
            let current = shared.file(&path)?;
            let Some((on_disk, _)) = current.filter(|(_, info)| info.version == version) else {
                return Ok(if_there(fs::remove_file(&kept)).map_err(cannot)?.is_some());
            };
            files::remove(&kept).map_err(cannot)?;
            let before = shared.kept(&path).map_err(cannot)?;
            match before.first() {
                Some(before) => {
                    let kept = history.join(before.version.to_string());
                    // A copy: a file that was moved may share its bytes, and its time, with this one.
                    let temporary = NamedTempFile::new_in(&shared.unfinished)
                        .map_err(cannot)?
                        .into_temp_path();
                    fs::copy(&kept, &temporary).map_err(cannot)?;
                    set_time(&temporary, before.modified).map_err(cannot)?;
                    shared.rename(temporary, &on_disk).map_err(cannot)?;
                    files::remove(&kept).map_err(cannot)?;
                }
                None => files::remove(&on_disk).map_err(cannot)?,
            }
            Ok(true)
        })
        .await
    }

    async fn versions(&self, path: &StoragePath) -> Result<(Vec<FileInfo>, bool)> {
        let path = path.clone();
        self.blocking(move |shared| {
            let mut versions: Vec<_> = shared
                .file(&path)?
                .map(|(_, info)| info)
                .into_iter()
                .collect();
            let current = versions.first().map(|info| info.version);
            let kept = shared
                .kept(&path)
                .map_err(|e| Error::io(format!("cannot list the versions of `{path}`"), e))?;
            versions.extend(
                kept.into_iter()
                    .filter(|kept| Some(kept.version) != current),
            );
            Ok((versions, current.is_some()))
        })
        .await
    }

    async fn list(&self, folder: &StoragePath) -> Result<Vec<(String, Entry)>> {
        let folder = folder.clone();
        self.blocking(move |shared| {
            let mut list = Vec::new();
            for child in children(&folder.under(&shared.root)?)? {
                // What has no name of ours, and a link that leads out or nowhere, cannot be opened.
                let Some(name) = child.file_name().and_then(|name| name.to_str()) else {
                    continue;
                };
                let shown = folder
                    .join(name)
                    .is_ok_and(|inner| inner.under(&shared.root).is_ok());
                if let Some(metadata) = child.metadata().ok().filter(|_| shown) {
                    list.push((name.to_owned(), shared.entry(&metadata)));
                }
            }
            Ok(list)
        })
        .await
    }

    async fn make_folder(&self, path: &StoragePath) -> Result<()> {
        let path = path.clone();
        self.blocking(move |shared| make_parent(&path, &path.under(&shared.root)?.join("-")))
            .await
    }

    async fn remove_folder(&self, path: &StoragePath, recursive: bool) -> Result<bool> {
        let path = path.clone();
        self.blocking(move |shared| {
            let on_disk = path.under(&shared.root)?;
            if recursive && shared.keeps_versions {
                shared.keep_all(&path, &on_disk)?;
            }
            let removed = if recursive {
                fs::remove_dir_all(&on_disk)
            } else {
                fs::remove_dir(&on_disk)
            };
            match if_there(removed) {
                Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
                Err(e) => Err(Error::io(
                    format!("cannot delete the folder `{path}` from the storage"),
                    e,
                )),
                Ok(_) => Ok(true),
            }
        })
        .await
    }

    async fn usage(&self) -> Result<(u64, u64)> {
        self.blocking(|shared| {
            let used = walk(&shared.root)?
                .iter()
                .filter(|(path, m)| m.is_file() && !path.starts_with(&shared.unfinished))
                .map(|(_, m)| m.len())
                .sum();
            let disk = rustix::fs::statvfs(&shared.root)
                .map_err(|e| Error::io("cannot read the size of the disk", e.into()))?;
            Ok((used, disk.f_blocks.saturating_mul(disk.f_frsize)))
        })
        .await
    }

    async fn local_file(&self, path: &StoragePath) -> Result<Option<PathBuf>> {
        let path = path.clone();
        self.blocking(move |shared| Ok(shared.file(&path)?.map(|(on_disk, _)| on_disk)))
            .await
    }
}
