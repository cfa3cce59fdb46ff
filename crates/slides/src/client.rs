use std::fmt;
use std::sync::Arc;

use slides_core::{
    AsyncApi, Error, OperationHandle, OperationId, Outcome, PollPolicy, Result, StorageApi,
    SyncApi, Waiting,
};

/// One client for every place that runs operations. Cloning is cheap.
///
/// ```
/// use slides::{Client, Error, ExportFormat, testing};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// // in a test of your own: a deck that fails
/// let mut api = testing::MockAsyncApi::new();
/// api.expect_start().returning(|_| Ok("op-1".into()));
/// api.expect_status().returning(|id| Ok(testing::reply(id, "Failed").error("bad deck")));
///
/// let client = Client::new(api);
/// let operation = client.start_convert(b"PK".to_vec(), ExportFormat::Pdf).send().await.unwrap();
/// assert!(matches!(operation.await, Err(Error::Failed { .. })));
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) api: Arc<dyn AsyncApi>,
    pub(crate) sync: Arc<dyn SyncApi>,
    storage: Option<Arc<dyn StorageApi>>,
    pub(crate) policy: PollPolicy,
}

impl Client {
    /// A client over any implementer: a mock, a decorator, your own. It has no storage until
    /// [`with_storage`](Self::with_storage).
    pub fn new(api: impl AsyncApi) -> Self {
        Self::from_parts(Arc::new(api), None)
    }

    /// A client over shared implementers. Its synchronous calls start an operation and wait for it,
    /// until [`with_sync`](Self::with_sync) says otherwise.
    pub fn from_parts(api: Arc<dyn AsyncApi>, storage: Option<Arc<dyn StorageApi>>) -> Self {
        Self {
            sync: Arc::new(Waiting::new(api.clone())),
            api,
            storage,
            policy: PollPolicy::default(),
        }
    }

    /// Sets the implementer of the storage calls.
    #[must_use]
    pub fn with_storage(mut self, storage: impl StorageApi) -> Self {
        self.storage = Some(Arc::new(storage));
        self
    }

    /// Sets the implementer of the synchronous calls.
    #[must_use]
    pub fn with_sync(mut self, sync: impl SyncApi) -> Self {
        self.sync = Arc::new(sync);
        self
    }

    /// Sets how the handles of this client wait.
    #[must_use]
    pub fn with_poll_policy(mut self, policy: PollPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The vendor's cloud.
    ///
    /// # Errors
    /// [`Error::Transport`] when no root certificates are found. Wrong credentials show with the
    /// first call, as [`Error::Auth`].
    #[cfg(feature = "http")]
    pub fn cloud(
        client_id: impl Into<String>,
        client_secret: impl Into<slides_http::SecretString>,
    ) -> Result<Self> {
        Self::builder()
            .credentials(client_id, client_secret)
            .build()
    }

    /// A self-hosted server without credentials, such as `http://127.0.0.1:8080`. Its handles follow as
    /// [`PollPolicy::following`] says.
    ///
    /// # Errors
    /// [`Error::Rejected`] when the URL is none, or is plain http to another host (see
    /// [`ClientBuilder::allow_plain_http`](crate::ClientBuilder::allow_plain_http)).
    #[cfg(feature = "http")]
    pub fn connect(url: impl Into<String>) -> Result<Self> {
        Self::builder()
            .base_url(url)
            .poll_policy(PollPolicy::following())
            .build()
    }

    /// A self-hosted server with credentials, followed as by [`connect`](Self::connect).
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    #[cfg(feature = "http")]
    pub fn connect_with(
        url: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<slides_http::SecretString>,
    ) -> Result<Self> {
        Self::builder()
            .base_url(url)
            .credentials(client_id, client_secret)
            .poll_policy(PollPolicy::following())
            .build()
    }

    /// All settings of a client over HTTP.
    #[cfg(feature = "http")]
    pub fn builder() -> crate::ClientBuilder {
        crate::ClientBuilder::default()
    }

    /// Queue, workers and engine in this process. Must be called inside a tokio runtime; when the
    /// last clone of the client is gone, the workers stop.
    ///
    /// # Errors
    /// [`Error::Io`] when there is no runtime, or no folder for the files can be made.
    #[cfg(feature = "embedded")]
    pub fn embedded(options: crate::EmbeddedOptions) -> Result<Self> {
        options.client()
    }

    /// Follows an operation that was started before, here or in another process; its id is all it
    /// takes. `T` is what it leaves: a [`Download`](crate::Download) or a [`Saved`](crate::Saved)
    /// file; waiting for the wrong one is an error.
    ///
    /// ```
    /// # use slides::{Client, Download};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> slides::Result<()> {
    /// # let client = Client::new(slides::testing::FakeApi::finishing_with("%PDF"));
    /// let download: Download = client.operation("6d0c9c3e-2f0b-4d0c-9a51-6b3a0f3f4f10").await?;
    /// # Ok(()) }
    /// ```
    pub fn operation<T: Outcome>(&self, id: impl Into<OperationId>) -> OperationHandle<T> {
        OperationHandle::new(self.api.clone(), id.into()).with_policy(self.policy.clone())
    }

    /// The implementer of the operations.
    pub fn api(&self) -> &Arc<dyn AsyncApi> {
        &self.api
    }

    /// The implementer of the synchronous calls.
    pub fn sync(&self) -> &Arc<dyn SyncApi> {
        &self.sync
    }

    /// The implementer of the storage calls.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when the client has none.
    pub fn storage(&self) -> Result<&Arc<dyn StorageApi>> {
        self.storage
            .as_ref()
            .ok_or_else(|| Error::unsupported("storage calls", "this client"))
    }
}

#[cfg(feature = "http")]
impl From<slides_http::HttpClient> for Client {
    fn from(client: slides_http::HttpClient) -> Self {
        let sync = client.clone();
        let client = Arc::new(client);
        Self::from_parts(client.clone(), Some(client)).with_sync(sync)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("with_storage", &self.storage.is_some())
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
