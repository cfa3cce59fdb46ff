//! The synchronous calls that have no request of a `Start…` call (contract section 6).

use slides_core::{FileLocation, Result, StoredDeck};
use slides_types::{ApiInfo, Document, FontsData, OrderedMergeRequest, PresentationsMergeRequest};

use crate::Client;

/// Decks that are appended to a deck in the storage, and what a service says about itself.
impl Client {
    /// Appends stored decks, whole, to a stored deck and waits for it (`Merge`).
    ///
    /// ```
    /// # use slides::{Client, types::PresentationsMergeRequest};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> slides::Result<()> {
    /// # let client = Client::new(slides::testing::FakeApi::finishing_with(""));
    /// let others = PresentationsMergeRequest::new(vec!["Data/b.pptx".into(), "Data/c.pptx".into()]);
    /// client.merge("Data/a.pptx", others).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Conversion::send`](crate::Conversion::send).
    ///
    /// # Cancel safety
    /// A future dropped midway may leave the deck changed, with nobody told.
    pub async fn merge(
        &self,
        deck: impl Into<StoredDeck>,
        request: PresentationsMergeRequest,
    ) -> Result<Document> {
        self.sync.merge(&deck.into(), request).await
    }

    /// Appends slides of stored decks, in the wished order, to a stored deck and waits for it
    /// (`OrderedMerge`).
    ///
    /// # Errors
    /// As [`merge`](Self::merge).
    ///
    /// # Cancel safety
    /// As [`merge`](Self::merge).
    pub async fn ordered_merge(
        &self,
        deck: impl Into<StoredDeck>,
        request: OrderedMergeRequest,
    ) -> Result<Document> {
        self.sync.ordered_merge(&deck.into(), request).await
    }

    /// Name and version of the service (`GetApiInfo`).
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) for a client that is no service.
    pub async fn get_api_info(&self) -> Result<ApiInfo> {
        self.sync.api_info().await
    }

    /// The fonts there are to draw with, and those in a folder of a storage (`GetAvailableFonts`).
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) for a client that is no service,
    /// [`Error::NotFound`](crate::Error::NotFound) for a folder that does not exist.
    pub async fn get_available_fonts(&self, folder: Option<&FileLocation>) -> Result<FontsData> {
        self.sync.available_fonts(folder).await
    }
}
