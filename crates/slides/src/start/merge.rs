use std::marker::PhantomData;

use slides_core::{
    CallOptions, Download, Merge, MergeSource, OperationHandle, Outcome, Payload, Result, Saved,
    StartCall, StartRequest,
};

use super::{Background, Foreground, await_sends, call_options, operation_options};
use crate::Client;

/// A merge of several decks, ready to be sent. `T` is what the operation leaves, `M` how the call is
/// answered.
#[derive(Debug)]
#[must_use = "nothing is sent until `send`"]
pub struct StartMerge<T: Outcome = Download, M = Background> {
    client: Client,
    documents: Vec<Payload>,
    merge: Merge,
    out_path: Option<String>,
    call: CallOptions,
    kind: PhantomData<fn() -> (T, M)>,
}

/// A merge that is answered when it is done.
pub type OnlineMerge<T = Download> = StartMerge<T, Foreground>;

impl Client {
    /// Merges uploaded decks, whole and in order, unless [`presentations`](StartMerge::presentations)
    /// says more; the result is fetched through the handle.
    ///
    /// ```
    /// # use slides::{Client, MergeSource, Payload, PresentationSource};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> slides::Result<()> {
    /// # let client = Client::new(slides::testing::FakeApi::finishing_with("PK"));
    /// // slides 3 and 1 of a stored deck, then all of an uploaded one
    /// let mut stored = MergeSource::new("Data/a.pptx");
    /// stored.source = Some(PresentationSource::Storage);
    /// stored.slides = vec![3, 1];
    /// let mut uploaded = MergeSource::new("file1");
    /// uploaded.source = Some(PresentationSource::Request);
    /// let deck = client.start_merge([Payload::path("b.pptx")]).presentations([stored, uploaded]).send().await?.await?;
    /// # assert_eq!(deck.bytes().await?, "PK");
    /// # Ok(()) }
    /// ```
    pub fn start_merge<P: Into<Payload>>(
        &self,
        documents: impl IntoIterator<Item = P>,
    ) -> StartMerge {
        StartMerge::new(self, documents, None)
    }

    /// Merges decks to a file in the storage. `out_path` is a full path inside it.
    pub fn start_merge_and_save<P: Into<Payload>>(
        &self,
        documents: impl IntoIterator<Item = P>,
        out_path: impl Into<String>,
    ) -> StartMerge<Saved> {
        StartMerge::new(self, documents, Some(out_path.into()))
    }

    /// Merges decks and waits for the result.
    ///
    /// ```
    /// # use slides::{Client, Payload};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> slides::Result<()> {
    /// # let client = Client::new(slides::testing::FakeApi::finishing_with("PK"));
    /// let deck = client.merge_online([Payload::path("a.pptx"), Payload::path("b.pptx")]).send().await?;
    /// # assert_eq!(deck.bytes().await?, "PK");
    /// # Ok(()) }
    /// ```
    pub fn merge_online<P: Into<Payload>>(
        &self,
        documents: impl IntoIterator<Item = P>,
    ) -> OnlineMerge {
        StartMerge::new(self, documents, None)
    }

    /// Merges decks to a file in the storage and waits for it. `out_path` is a full path inside it.
    pub fn merge_and_save_online<P: Into<Payload>>(
        &self,
        documents: impl IntoIterator<Item = P>,
        out_path: impl Into<String>,
    ) -> OnlineMerge<Saved> {
        StartMerge::new(self, documents, Some(out_path.into()))
    }
}

impl<T: Outcome> StartMerge<T> {
    operation_options!();
}

impl<T: Outcome, M> StartMerge<T, M> {
    fn new<P: Into<Payload>>(
        client: &Client,
        documents: impl IntoIterator<Item = P>,
        out_path: Option<String>,
    ) -> Self {
        Self {
            client: client.clone(),
            documents: documents.into_iter().map(Into::into).collect(),
            merge: Merge::default(),
            out_path,
            call: CallOptions::default(),
            kind: PhantomData,
        }
    }

    /// The sources in the wished order; only these are used. A source from the request names an
    /// uploaded deck by its position, `file1` to `filen`, or by its file name.
    pub fn presentations(mut self, sources: impl IntoIterator<Item = MergeSource>) -> Self {
        self.merge.sources = sources.into_iter().collect();
        self
    }

    /// Storage of the stored sources and of the result. Without it, the default one.
    pub fn storage(mut self, storage: impl Into<String>) -> Self {
        self.merge.storage = Some(storage.into());
        self
    }

    call_options!();

    fn into_request(self) -> (Client, StartRequest) {
        let Self {
            client,
            documents,
            merge,
            out_path,
            call: options,
            ..
        } = self;
        let call = match out_path {
            None => StartCall::Merge(merge),
            Some(out_path) => StartCall::MergeAndSave { merge, out_path },
        };
        let mut request = StartRequest::new(call).options(options);
        request.documents = documents;
        (client, request)
    }
}

impl<T: Outcome> StartMerge<T> {
    /// Sends the call.
    ///
    /// # Errors
    /// As [`StartConversion::send`](crate::StartConversion::send).
    ///
    /// # Cancel safety
    /// As [`StartConversion::send`](crate::StartConversion::send).
    pub async fn send(self) -> Result<OperationHandle<T>> {
        let (client, request) = self.into_request();
        super::send(&client, request).await
    }
}

impl OnlineMerge {
    /// Sends the call and gives the merged deck.
    ///
    /// # Errors
    /// As [`Conversion::send`](crate::Conversion::send).
    ///
    /// # Cancel safety
    /// As [`Conversion::send`](crate::Conversion::send).
    pub async fn send(self) -> Result<Download> {
        let (client, request) = self.into_request();
        super::file(&client, request).await
    }
}

impl OnlineMerge<Saved> {
    /// Sends the call and says where the merged deck lies.
    ///
    /// # Errors
    /// As [`Conversion::send`](crate::Conversion::send).
    ///
    /// # Cancel safety
    /// As [`Conversion::send`](crate::Conversion::send).
    pub async fn send(self) -> Result<Saved> {
        let (client, request) = self.into_request();
        super::saved(&client, request).await
    }
}

await_sends!([T: Outcome] StartMerge<T> => OperationHandle<T>);
await_sends!([] OnlineMerge => Download);
await_sends!([] OnlineMerge<Saved> => Saved);
