//! The synchronous calls, over the same queue as the others.

use std::sync::Arc;

use async_trait::async_trait;
use slides_core::{FileLocation, Result, StartRequest, StoredDeck, SyncApi, SyncReply, Waiting};
use slides_types::{ApiInfo, Document, FontsData, OrderedMergeRequest, PresentationsMergeRequest};

use crate::Service;

impl Service {
    fn waiting(&self) -> Waiting {
        Waiting::new(Arc::new(self.clone()))
    }
}

#[async_trait]
impl SyncApi for Service {
    async fn run(&self, request: StartRequest) -> Result<SyncReply> {
        self.waiting().run(request).await
    }

    async fn merge(
        &self,
        deck: &StoredDeck,
        request: PresentationsMergeRequest,
    ) -> Result<Document> {
        self.waiting().merge(deck, request).await
    }

    async fn ordered_merge(
        &self,
        deck: &StoredDeck,
        request: OrderedMergeRequest,
    ) -> Result<Document> {
        self.waiting().ordered_merge(deck, request).await
    }

    async fn api_info(&self) -> Result<ApiInfo> {
        Ok(ApiInfo::new("Slides", env!("CARGO_PKG_VERSION")))
    }

    async fn available_fonts<'a>(&self, folder: Option<&'a FileLocation>) -> Result<FontsData> {
        self.fonts(folder.cloned()).await
    }
}
