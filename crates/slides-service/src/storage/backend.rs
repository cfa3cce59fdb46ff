//! What a storage must be able to do, whatever holds its files.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;
use sha2::{Digest, Sha256};
use slides_core::{Download, Error, Result};
use tokio::sync::{Mutex, MutexGuard};

use super::path::StoragePath;
use super::version::Version;
use crate::files;

/// Bytes of a file on their way.
pub(super) type Content = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Folder,
    File(FileInfo),
}

/// A file, or a version of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileInfo {
    /// Bytes.
    pub(super) size: u64,
    pub(super) modified: SystemTime,
    /// Not told in lists of folders.
    pub(super) version: Version,
}

/// One storage. Paths are never the root's unless a method says so; what takes two paths takes
/// them inside this storage.
#[async_trait]
pub(super) trait Backend: fmt::Debug + Send + Sync {
    /// Whether replaced and deleted files are kept as versions.
    fn keeps_versions(&self) -> bool;

    /// What lies at a path, the root included.
    async fn look(&self, path: &StoragePath) -> Result<Option<Entry>>;

    /// Opens a file, or a version of it; nothing when it is not there. Its length is known.
    async fn read(
        &self,
        path: &StoragePath,
        version: Option<Version>,
    ) -> Result<Option<(FileInfo, Download)>>;

    /// Writes a file whole or not at all, making its folders.
    async fn write(&self, path: &StoragePath, content: Content, limit: u64) -> Result<()>;

    /// Copies a file; false when it is not there.
    async fn copy(
        &self,
        from: &StoragePath,
        version: Option<Version>,
        to: &StoragePath,
    ) -> Result<bool>;

    /// Moves a file; false when it is not there.
    async fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<bool>;

    /// Moves a folder in one step; false when that is not possible.
    async fn rename_folder(&self, from: &StoragePath, to: &StoragePath) -> Result<bool> {
        let _ = (from, to);
        Ok(false)
    }

    /// Removes a file; one that is not there, or a folder, is left alone.
    async fn remove(&self, path: &StoragePath) -> Result<()>;

    /// Removes one version for good; the newest of the others becomes the file. False when there
    /// is no such version.
    async fn remove_version(&self, path: &StoragePath, version: Version) -> Result<bool>;

    /// The versions of a file, the newest first, and whether the first is the file itself.
    async fn versions(&self, path: &StoragePath) -> Result<(Vec<FileInfo>, bool)>;

    /// The direct children of a folder, the root included; none when it is not there.
    async fn list(&self, folder: &StoragePath) -> Result<Vec<(String, Entry)>>;

    /// Makes a folder and those above it.
    async fn make_folder(&self, path: &StoragePath) -> Result<()>;

    /// Removes a folder; false when it holds something and `recursive` is not set.
    async fn remove_folder(&self, path: &StoragePath, recursive: bool) -> Result<bool>;

    /// Bytes used and bytes in all.
    async fn usage(&self) -> Result<(u64, u64)>;

    /// Where a file lies on the local disk, for a back end that keeps it there.
    async fn local_file(&self, path: &StoragePath) -> Result<Option<PathBuf>> {
        let _ = path;
        Ok(None)
    }
}

/// Where the versions of a file are kept: a name of fixed length, so that no path is too long.
pub(super) fn history(path: &StoragePath) -> String {
    files::hex(&Sha256::digest(path.to_string()))
}

/// Keeps writers of one path apart, so that each finds the version that it replaces.
#[derive(Debug)]
pub(super) struct PathLocks([Mutex<()>; 64]);

impl PathLocks {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }

    fn of(&self, path: &StoragePath) -> Option<&Mutex<()>> {
        let mut hasher = DefaultHasher::new();
        path.to_string().hash(&mut hasher);
        self.0.get(hasher.finish() as usize % self.0.len())
    }

    pub(super) async fn lock(&self, path: &StoragePath) -> Option<MutexGuard<'_, ()>> {
        match self.of(path) {
            Some(lock) => Some(lock.lock().await),
            None => None,
        }
    }

    /// For threads that may block.
    pub(super) fn lock_blocking(&self, path: &StoragePath) -> Option<MutexGuard<'_, ()>> {
        self.of(path).map(Mutex::blocking_lock)
    }
}

pub(super) fn is_folder(path: &StoragePath) -> Error {
    conflict(format!("`{path}` is a folder: name a file"))
}

pub(super) fn is_under_a_file(path: &StoragePath) -> Error {
    conflict(format!(
        "a part of the path `{path}` is a file, not a folder"
    ))
}

pub(super) fn conflict(message: String) -> Error {
    Error::rejected(409, "conflict", message)
}

pub(super) fn too_large(path: &StoragePath, limit: u64) -> Error {
    Error::rejected(
        413,
        "payloadTooLarge",
        format!(
            "the file `{path}` is larger than the limit of {limit} bytes: raise `max_file_bytes` or send a smaller one"
        ),
    )
}
