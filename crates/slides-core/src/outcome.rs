use async_trait::async_trait;
use slides_types::OperationMethod;

use crate::{AsyncApi, DocumentSource, Download, FileLocation, OperationId, Result, StartCall};

/// What is left of an operation whose result lies in the storage.
///
/// The path is known to the process that started the operation; a handle made from an id alone
/// does not know it, since the status does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// Storage that holds the result; the default one when absent.
    pub storage: Option<String>,
    /// Path of the file, or for a split of the folder with the files (empty: the root folder).
    pub path: Option<String>,
}

impl Saved {
    /// Where the result of a call will lie; none for a call whose result is fetched.
    pub fn of(call: &StartCall) -> Option<Self> {
        location(call).map(|at| Self {
            storage: at.storage,
            path: Some(at.path),
        })
    }

    /// Where the result lies, ready for a storage call.
    pub fn location(&self) -> Option<FileLocation> {
        self.path
            .as_ref()
            .map(|path| FileLocation::new(path.as_str()).in_storage(self.storage.clone()))
    }
}

/// What awaiting an [`OperationHandle`](crate::OperationHandle) gives: [`Download`] or [`Saved`].
/// Sealed: the contract has no third kind.
#[allow(private_bounds, reason = "sealed")]
pub trait Outcome: sealed::Fetch {}

impl Outcome for Download {}
impl Outcome for Saved {}

pub(crate) mod sealed {
    use super::{AsyncApi, FileLocation, OperationId, OperationMethod, Result, async_trait};

    #[async_trait]
    pub trait Fetch: Sized + Send + 'static {
        /// Whether an operation of this method ends in this kind.
        fn fits(method: &OperationMethod) -> bool;

        /// Name of the kind in errors.
        const NAME: &'static str;

        async fn fetch(
            api: &dyn AsyncApi,
            id: &OperationId,
            at: Option<&FileLocation>,
        ) -> Result<Self>;
    }
}

#[async_trait]
impl sealed::Fetch for Download {
    const NAME: &'static str = "Download";

    fn fits(method: &OperationMethod) -> bool {
        !matches!(
            method,
            OperationMethod::ConvertAndSave
                | OperationMethod::SavePresentation
                | OperationMethod::MergeAndSave
        )
    }

    async fn fetch(
        api: &dyn AsyncApi,
        id: &OperationId,
        _at: Option<&FileLocation>,
    ) -> Result<Self> {
        api.result(id).await
    }
}

#[async_trait]
impl sealed::Fetch for Saved {
    const NAME: &'static str = "Saved";

    fn fits(method: &OperationMethod) -> bool {
        !matches!(
            method,
            OperationMethod::Convert
                | OperationMethod::DownloadPresentation
                | OperationMethod::Merge
        )
    }

    async fn fetch(
        _api: &dyn AsyncApi,
        _id: &OperationId,
        at: Option<&FileLocation>,
    ) -> Result<Self> {
        Ok(Self {
            storage: at.and_then(|at| at.storage.clone()),
            path: at.map(|at| at.path.clone()),
        })
    }
}

/// Where the result of a call will lie in the storage, when it goes there.
pub(crate) fn location(call: &StartCall) -> Option<FileLocation> {
    let (path, storage) = match call {
        StartCall::ConvertAndSave { target, out_path }
        | StartCall::SavePresentation {
            target, out_path, ..
        } => (out_path.clone(), target.storage.clone()),
        StartCall::MergeAndSave { merge, out_path } => (out_path.clone(), merge.storage.clone()),
        StartCall::Split {
            document,
            dest_folder,
            storage,
            ..
        } => {
            // contract section 7: without a folder, the folder of the source; an upload has none
            let source = match document {
                DocumentSource::Storage(deck) => deck.folder.clone(),
                DocumentSource::Request => None,
            };
            (
                dest_folder.clone().or(source).unwrap_or_default(),
                storage.clone(),
            )
        }
        _ => return None,
    };
    Some(FileLocation::new(path).in_storage(storage))
}
