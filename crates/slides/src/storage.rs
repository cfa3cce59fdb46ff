//! The storage calls under the vendor's names (contract section 5).

use std::path::Path;

use slides_core::{Download, Error, FileLocation, Payload, Result};
use slides_types::{
    DiscUsage, FileVersions, FilesList, FilesUploadResult, ObjectExist, StorageExist,
};

use crate::Client;

/// Files and folders. A text is a path in the default storage; a [`FileLocation`] names storage and
/// version as well.
///
/// # Errors
/// Those of [`StorageApi`](crate::StorageApi), which name what cannot be and what does not exist;
/// [`Error::Unsupported`] on a client without storage.
///
/// # Cancel safety
/// Reads change nothing. A write that is dropped midway is done or not done, never half; it can be
/// called again, but for a move, whose source may be gone by then.
///
/// ```
/// # use slides::{Client, ExportFormat, testing};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> slides::Result<()> {
/// # let mut storage = testing::MockStorageApi::new();
/// # storage.expect_upload_file().returning(|_, _| Ok(Default::default()));
/// # storage.expect_download_file().returning(|_| Ok(slides::Download::from_bytes("PK")));
/// # let client = Client::new(testing::FakeApi::finishing_with("")).with_storage(storage);
/// client.upload_file("Data/deck.pptx", b"PK".to_vec()).await?;
/// let deck = client.download_file("Data/deck.pptx").await?.bytes().await?;
/// # assert_eq!(deck, "PK");
/// # Ok(()) }
/// ```
impl Client {
    /// Reads a file.
    pub async fn download_file(&self, file: impl Into<FileLocation>) -> Result<Download> {
        self.storage()?.download_file(&file.into()).await
    }

    /// Writes a file, with its parent folders, over what was there.
    pub async fn upload_file(
        &self,
        file: impl Into<FileLocation>,
        content: impl Into<Payload>,
    ) -> Result<FilesUploadResult> {
        self.storage()?
            .upload_file(&file.into(), content.into())
            .await
    }

    /// Writes a local file into a folder of a storage, under its own name, and says where it lies.
    /// The file is streamed.
    ///
    /// ```
    /// # use slides::{Client, testing};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> slides::Result<()> {
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("deck.pptx");
    /// # std::fs::write(&path, "PK").unwrap();
    /// # let mut storage = testing::MockStorageApi::new();
    /// # storage.expect_upload_file().returning(|_, _| Ok(Default::default()));
    /// # let client = Client::new(testing::FakeApi::finishing_with("")).with_storage(storage);
    /// let there = client.upload_path("Data", &path).await?;
    /// assert_eq!(there.path, "Data/deck.pptx");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`] when the path names no file or the file cannot be read.
    ///
    /// # Cancel safety
    /// A future dropped midway may leave the file written or not, never half of it.
    pub async fn upload_path(
        &self,
        folder: impl Into<FileLocation>,
        path: impl AsRef<Path>,
    ) -> Result<FileLocation> {
        let path = path.as_ref();
        let content = Payload::path(path);
        let name = content.name().ok_or_else(|| {
            let what = format!("`{}` names no file", path.display());
            Error::io(what, std::io::ErrorKind::InvalidInput.into())
        })?;
        let mut at = folder.into();
        at.path = match at.path.trim_matches('/') {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        self.upload_file(&at, content).await?;
        Ok(at)
    }

    /// Reads a file to a local path, which then holds all of it or what it held before; gives its
    /// length in bytes.
    ///
    /// # Errors
    /// As [`Download::save`].
    ///
    /// # Cancel safety
    /// A future dropped midway leaves what was there.
    pub async fn download_to(
        &self,
        file: impl Into<FileLocation>,
        path: impl AsRef<Path>,
    ) -> Result<u64> {
        self.download_file(file).await?.save(path).await
    }

    /// Deletes a file; one that does not exist is no error.
    pub async fn delete_file(&self, file: impl Into<FileLocation>) -> Result<()> {
        self.storage()?.delete_file(&file.into()).await
    }

    /// Copies a file.
    pub async fn copy_file(
        &self,
        from: impl Into<FileLocation>,
        to: impl Into<FileLocation>,
    ) -> Result<()> {
        self.storage()?.copy_file(&from.into(), &to.into()).await
    }

    /// Moves a file.
    pub async fn move_file(
        &self,
        from: impl Into<FileLocation>,
        to: impl Into<FileLocation>,
    ) -> Result<()> {
        self.storage()?.move_file(&from.into(), &to.into()).await
    }

    /// Lists a folder's direct children; the empty path is the root.
    pub async fn get_files_list(&self, folder: impl Into<FileLocation>) -> Result<FilesList> {
        self.storage()?.list_folder(&folder.into()).await
    }

    /// Creates a folder.
    pub async fn create_folder(&self, folder: impl Into<FileLocation>) -> Result<()> {
        self.storage()?.create_folder(&folder.into()).await
    }

    /// Deletes a folder; one that does not exist is no error, one that is not empty needs
    /// `recursive`.
    pub async fn delete_folder(
        &self,
        folder: impl Into<FileLocation>,
        recursive: bool,
    ) -> Result<()> {
        self.storage()?
            .delete_folder(&folder.into(), recursive)
            .await
    }

    /// Copies a folder.
    pub async fn copy_folder(
        &self,
        from: impl Into<FileLocation>,
        to: impl Into<FileLocation>,
    ) -> Result<()> {
        self.storage()?.copy_folder(&from.into(), &to.into()).await
    }

    /// Moves a folder.
    pub async fn move_folder(
        &self,
        from: impl Into<FileLocation>,
        to: impl Into<FileLocation>,
    ) -> Result<()> {
        self.storage()?.move_folder(&from.into(), &to.into()).await
    }

    /// Whether a storage exists.
    pub async fn storage_exists(&self, storage: &str) -> Result<StorageExist> {
        self.storage()?.storage_exists(storage).await
    }

    /// Whether a file or folder exists.
    pub async fn object_exists(&self, object: impl Into<FileLocation>) -> Result<ObjectExist> {
        self.storage()?.object_exists(&object.into()).await
    }

    /// Used and total bytes of a storage; the default one when there is no name.
    pub async fn get_disc_usage(&self, storage: Option<&str>) -> Result<DiscUsage> {
        self.storage()?.disc_usage(storage).await
    }

    /// Versions of a file.
    pub async fn get_file_versions(&self, file: impl Into<FileLocation>) -> Result<FileVersions> {
        self.storage()?.file_versions(&file.into()).await
    }
}
