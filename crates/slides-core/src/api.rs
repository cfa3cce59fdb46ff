use std::time::Duration;

use async_trait::async_trait;
use slides_types::{
    DiscUsage, FileVersions, FilesList, FilesUploadResult, ObjectExist, Operation, StorageExist,
};

use crate::{Download, Error, OperationId, Payload, Result, Seen, StartRequest};

/// Anything that can run the asynchronous operations: the vendor's cloud, a
/// self-hosted server, the service in this process, a mock, or a decorator
/// around any of them. Object-safe on purpose.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AsyncApi: Send + Sync + 'static {
    /// Accepts the work. When this returns, the implementer answers for the id.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a request that cannot be, [`Error::NotFound`] for an unknown storage,
    /// [`Error::Io`] when a document cannot be read, [`Error::Unavailable`] when there is no room now;
    /// over a network also [`Error::Auth`], [`Error::Transport`] and [`Error::Protocol`]. What is wrong
    /// with a deck shows later, in the operation.
    ///
    /// # Cancel safety
    /// A future dropped midway may have started the operation, whose id is then lost; an
    /// [idempotency key](crate::CallOptions::idempotency_key) makes it safe to start again.
    async fn start(&self, request: StartRequest) -> Result<OperationId>;

    /// Asks once where the operation stands (`GetOperationStatus`).
    ///
    /// # Errors
    /// [`Error::NotFound`] for an id that is not known, or no longer; over a network also
    /// [`Error::Auth`], [`Error::Unavailable`], [`Error::Transport`] and [`Error::Protocol`]. An
    /// operation that failed is no error here.
    ///
    /// # Cancel safety
    /// A future dropped midway changes nothing.
    async fn status(&self, id: &OperationId) -> Result<StatusReply>;

    /// Fetches the file of a finished operation (`GetOperationResult`).
    ///
    /// # Errors
    /// As [`status`](Self::status); [`Error::Rejected`] with status 409 before the end and for an
    /// operation that failed or was canceled, with 400 where the result went into the storage.
    ///
    /// # Cancel safety
    /// A future dropped midway changes nothing; the result can be fetched again.
    async fn result(&self, id: &OperationId) -> Result<Download>;

    /// Cancels an operation. Our extension: the vendor's cloud has no such call. Success means that
    /// the request was taken; the status tells when and how the operation ends.
    ///
    /// # Errors
    /// As [`status`](Self::status); [`Error::Unsupported`] where there is no such call,
    /// [`Error::Rejected`] with status 409 for an operation that has ended.
    ///
    /// # Cancel safety
    /// A future dropped midway may have canceled the operation; it can be called again.
    async fn cancel(&self, id: &OperationId) -> Result<()> {
        let _ = id;
        Err(Error::unsupported(
            "cancel",
            "this implementation of the async API",
        ))
    }

    /// Waits until an operation is something else than what was seen of it, and tells where it stands then: at once
    /// if it is so already or has ended, and as it was when `limit` has passed. Our extension: an implementer that
    /// does not know of changes by itself asks for the status again and again, as this default does.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    ///
    /// # Cancel safety
    /// A future dropped midway changes nothing.
    async fn changed(&self, id: &OperationId, seen: Seen, limit: Duration) -> Result<StatusReply> {
        crate::seen::by_asking(self, id, &seen, limit).await
    }
}

/// Answer to one status call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StatusReply {
    /// The operation as the server describes it.
    pub operation: Operation,
    /// When the server asked to come back (`Retry-After`).
    pub retry_after: Option<Duration>,
}

impl StatusReply {
    /// A reply without a `Retry-After`.
    pub fn new(operation: Operation) -> Self {
        Self {
            operation,
            retry_after: None,
        }
    }
}

/// A path in a storage. Paths use `/`; a leading slash is ignored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FileLocation {
    /// Path inside the storage, decoded; empty for the root folder.
    pub path: String,
    /// Storage name; the default storage when absent.
    pub storage: Option<String>,
    /// File version; the latest when absent.
    pub version: Option<String>,
}

impl FileLocation {
    /// A path in the default storage.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            storage: None,
            version: None,
        }
    }

    /// The same path in a named storage.
    #[must_use]
    pub fn in_storage(mut self, storage: Option<String>) -> Self {
        self.storage = storage;
        self
    }

    /// A version of the file.
    #[must_use]
    pub fn version(mut self, version: Option<String>) -> Self {
        self.version = version;
        self
    }
}

impl From<&str> for FileLocation {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

impl From<String> for FileLocation {
    fn from(path: String) -> Self {
        Self::new(path)
    }
}

impl From<&FileLocation> for FileLocation {
    fn from(location: &FileLocation) -> Self {
        location.clone()
    }
}

/// Files and folders beside the operations (contract section 5).
///
/// Every method has a default that answers [`Error::Unsupported`], so that an
/// implementer offers what it has and says so about the rest.
///
/// # Errors
/// Of every method: [`Error::NotFound`] for a storage, file or folder that does not exist, where
/// nothing else is said; [`Error::Rejected`] with status 400 for a path that cannot be (empty where a
/// name is needed, `..`) or a version that is none, with 409 for a folder that is not empty;
/// [`Error::Io`] when a document cannot be read. Over a network also [`Error::Auth`],
/// [`Error::Unavailable`], [`Error::Transport`] and [`Error::Protocol`].
///
/// # Cancel safety
/// Reads change nothing. A write that is dropped midway is done or not done, never half: it can be
/// called again, but for a move, whose source may be gone by then.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait StorageApi: Send + Sync + 'static {
    /// Reads a file (`DownloadFile`, `Download`).
    async fn download_file(&self, file: &FileLocation) -> Result<Download> {
        let _ = file;
        Err(no("download file"))
    }
    /// Writes a file, creating parent folders and replacing what was there (`UploadFile`, `Upload`).
    async fn upload_file(
        &self,
        file: &FileLocation,
        content: Payload,
    ) -> Result<FilesUploadResult> {
        let _ = (file, content);
        Err(no("upload file"))
    }
    /// Deletes a file; one that does not exist is no error (`DeleteFile`).
    async fn delete_file(&self, file: &FileLocation) -> Result<()> {
        let _ = file;
        Err(no("delete file"))
    }
    /// Copies a file (`CopyFile`).
    async fn copy_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let _ = (from, to);
        Err(no("copy file"))
    }
    /// Moves a file (`MoveFile`).
    async fn move_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let _ = (from, to);
        Err(no("move file"))
    }
    /// Lists a folder's direct children (`GetFilesList`).
    async fn list_folder(&self, folder: &FileLocation) -> Result<FilesList> {
        let _ = folder;
        Err(no("list folder"))
    }
    /// Creates a folder (`CreateFolder`).
    async fn create_folder(&self, folder: &FileLocation) -> Result<()> {
        let _ = folder;
        Err(no("create folder"))
    }
    /// Deletes a folder; one that does not exist is no error (`DeleteFolder`).
    async fn delete_folder(&self, folder: &FileLocation, recursive: bool) -> Result<()> {
        let _ = (folder, recursive);
        Err(no("delete folder"))
    }
    /// Copies a folder (`CopyFolder`).
    async fn copy_folder(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let _ = (from, to);
        Err(no("copy folder"))
    }
    /// Moves a folder (`MoveFolder`).
    async fn move_folder(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let _ = (from, to);
        Err(no("move folder"))
    }
    /// Whether a storage exists (`StorageExists`).
    async fn storage_exists(&self, storage: &str) -> Result<StorageExist> {
        let _ = storage;
        Err(no("storage exists"))
    }
    /// Whether a file or folder exists (`ObjectExists`).
    async fn object_exists(&self, object: &FileLocation) -> Result<ObjectExist> {
        let _ = object;
        Err(no("object exists"))
    }
    /// Used and total bytes of a storage (`GetDiscUsage`).
    async fn disc_usage<'a>(&self, storage: Option<&'a str>) -> Result<DiscUsage> {
        let _ = storage;
        Err(no("disc usage"))
    }
    /// Versions of a file (`GetFileVersions`).
    async fn file_versions(&self, file: &FileLocation) -> Result<FileVersions> {
        let _ = file;
        Err(no("file versions"))
    }
}

fn no(what: &'static str) -> Error {
    Error::unsupported(what, "this implementation of the storage API")
}
