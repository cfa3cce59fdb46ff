//! The synchronous calls: answered when the work is done (contract section 6).

use async_trait::async_trait;
use slides_types::{
    ApiInfo, Document, FontsData, OrderedMergeRequest, PresentationsMergeRequest,
    SplitDocumentResult,
};

use crate::{Download, Error, FileLocation, Password, Result, Saved, StartRequest, StoredDocument};

/// The synchronous twins of the `Start…` calls, for short work: there is no id, so what breaks off on the way is lost.
/// Object-safe; implemented over HTTP by `slides-http`, and over any [`AsyncApi`](crate::AsyncApi) by
/// [`Waiting`](crate::Waiting).
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait SyncApi: Send + Sync + 'static {
    /// Does what a request asks for. The same request that [`AsyncApi::start`](crate::AsyncApi::start) takes; what
    /// comes back follows from it:
    ///
    /// | request | call | answer |
    /// |---|---|---|
    /// | `Convert` | `Convert` | [`SyncReply::File`] |
    /// | `ConvertAndSave` | `ConvertAndSave` | [`SyncReply::Saved`] |
    /// | `DownloadPresentation` | `DownloadPresentation` | [`SyncReply::File`] |
    /// | `SavePresentation` | `SavePresentation` | [`SyncReply::Saved`] |
    /// | `Merge` | `MergeOnline` | [`SyncReply::File`] |
    /// | `MergeAndSave` | `MergeAndSaveOnline` | [`SyncReply::Saved`] |
    /// | `Split` of a stored deck | `Split` | [`SyncReply::Slides`] |
    /// | `Split` of an uploaded deck | `SplitAndSaveOnline` | [`SyncReply::Slides`] |
    /// | the same with [`result_only`](crate::CallOptions::result_only) | `SplitOnline` | [`SyncReply::File`], a ZIP |
    ///
    /// # Errors
    /// Those of the work itself ([`Error::Rejected`], [`Error::NotFound`], [`Error::Failed`]), and of the way there
    /// ([`Error::Auth`], [`Error::Unavailable`], [`Error::Transport`]).
    ///
    /// # Cancel safety
    /// A future that is dropped midway may leave the work running or done, with nobody told.
    async fn run(&self, request: StartRequest) -> Result<SyncReply>;

    /// Appends stored decks to a stored deck, whole (`Merge`).
    ///
    /// # Errors
    /// As [`run`](Self::run).
    async fn merge(
        &self,
        deck: &StoredDeck,
        request: PresentationsMergeRequest,
    ) -> Result<Document>;

    /// Appends slides of stored decks to a stored deck, in the wished order (`OrderedMerge`).
    ///
    /// # Errors
    /// As [`run`](Self::run).
    async fn ordered_merge(
        &self,
        deck: &StoredDeck,
        request: OrderedMergeRequest,
    ) -> Result<Document>;

    /// Name and version of the service (`GetApiInfo`).
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the implementer has no such call.
    async fn api_info(&self) -> Result<ApiInfo> {
        Err(Error::unsupported("api info", BY))
    }

    /// The fonts there are to draw with, and those in a folder of a storage (`GetAvailableFonts`).
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the implementer has no such call.
    async fn available_fonts<'a>(&self, folder: Option<&'a FileLocation>) -> Result<FontsData> {
        let _ = folder;
        Err(Error::unsupported("available fonts", BY))
    }
}

const BY: &str = "this implementation of the synchronous API";

/// What a synchronous call leaves.
#[derive(Debug)]
#[non_exhaustive]
pub enum SyncReply {
    /// The result itself.
    File(Download),
    /// The result lies in the storage.
    Saved(Saved),
    /// A link to each slide's file in the storage.
    Slides(SplitDocumentResult),
}

/// A deck in a storage that a call changes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredDeck {
    /// Name and folder.
    pub document: StoredDocument,
    /// Storage of this deck and of those that are appended; the default one when absent.
    pub storage: Option<String>,
    /// Open password of the deck.
    pub password: Option<Password>,
}

impl StoredDeck {
    /// A deck in the default storage.
    pub fn new(document: StoredDocument) -> Self {
        Self {
            document,
            storage: None,
            password: None,
        }
    }
}

/// A path in the default storage: `Data/deck.pptx`.
impl From<&str> for StoredDeck {
    fn from(path: &str) -> Self {
        let path = path.trim_start_matches('/');
        Self::new(match path.rsplit_once('/') {
            Some((folder, name)) => StoredDocument::in_folder(name, folder),
            None => StoredDocument::new(path),
        })
    }
}
