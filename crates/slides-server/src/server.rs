//! The server and its settings.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use secrecy::SecretSlice;
use slides_core::{AsyncApi, FileLocation, OperationId, StorageApi};
use slides_types::{FontsData, OperationList};
use tokio_util::sync::CancellationToken;
use tower_http::cors::AllowOrigin;

use crate::access::Access;
use crate::app::{Admit, App, Fonts, ForClient, Ready};
use crate::auth::{Authority, Credentials};
use crate::body::BodyLimits;
use crate::cors::{self, InvalidOrigin};
use crate::guard::{Guard, RateLimits};
use crate::listing::{List, ListRequest, Retry};
use crate::metrics::{Metrics, Sample, Samples};
use crate::path::Routes;
use crate::watch::{WatchLimits, Watching};

/// Times and counts of connections.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionLimits {
    /// Longest time until the head of a request is complete. Default 30 s.
    pub header_timeout: Duration,
    /// Connections at one time; more wait to be accepted. Default 4096.
    pub max_connections: usize,
    /// Longest wait for requests in flight at shutdown. Default 30 s.
    pub drain_timeout: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(30),
            max_connections: 4096,
            drain_timeout: Duration::from_secs(30),
        }
    }
}

/// HTTP in front of any implementation of the async API and the storage API.
#[derive(Debug)]
pub struct Server {
    pub(crate) app: Arc<App>,
    pub(crate) connections: ConnectionLimits,
    pub(crate) allow_open: bool,
    pub(crate) cors: Option<AllowOrigin>,
}

/// Longest wait of a synchronous call.
const SYNC_TIMEOUT: Duration = Duration::from_mins(5);

/// Settings of a [`Server`].
#[must_use]
pub struct ServerBuilder {
    api: Arc<dyn AsyncApi>,
    storage: Arc<dyn StorageApi>,
    clients: Vec<Credentials>,
    token_keys: Vec<SecretSlice<u8>>,
    rates: RateLimits,
    watch: WatchLimits,
    for_client: Option<ForClient>,
    admit: Option<Admit>,
    fonts: Option<Fonts>,
    list: Option<List>,
    retry: Option<Retry>,
    ui: bool,
    cors: Option<AllowOrigin>,
    sync_timeout: Duration,
    limits: BodyLimits,
    connections: ConnectionLimits,
    spool_dir: Option<PathBuf>,
    ready: Option<Ready>,
    remarks: Vec<String>,
    samples: Option<Samples>,
    vendor_messages: bool,
    health_only: bool,
    allow_open: bool,
}

/// Why a server does not serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// No credentials, and an address that others can reach.
    #[error(
        "`{address}` can be reached by others and no credentials are set: set some, listen on a loopback address, or allow an open server explicitly"
    )]
    Open {
        /// Where it would have listened.
        address: SocketAddr,
    },
    /// The listener has no address.
    #[error("cannot use the listening socket")]
    Listener(#[source] std::io::Error),
}

impl Server {
    /// A server for these two, open to whoever reaches it and on loopback only until told otherwise.
    pub fn builder(api: Arc<dyn AsyncApi>, storage: Arc<dyn StorageApi>) -> ServerBuilder {
        ServerBuilder {
            api,
            storage,
            clients: Vec::new(),
            token_keys: Vec::new(),
            rates: RateLimits::default(),
            watch: WatchLimits::default(),
            for_client: None,
            admit: None,
            fonts: None,
            list: None,
            retry: None,
            ui: true,
            cors: None,
            sync_timeout: SYNC_TIMEOUT,
            limits: BodyLimits::default(),
            connections: ConnectionLimits::default(),
            spool_dir: None,
            ready: None,
            remarks: Vec::new(),
            samples: None,
            vendor_messages: false,
            health_only: false,
            allow_open: false,
        }
    }

    /// A handle to change who may call while the server runs.
    pub fn access(&self) -> Access {
        Access::new(Arc::clone(&self.app.authority))
    }

    /// The same server as a router, to be mounted at the root of another one or called in tests.
    ///
    /// The limits of connections, and the refusal to listen openly, are [`serve`](Self::serve)'s.
    pub fn router(&self) -> Router {
        let app = Arc::clone(&self.app);
        let router =
            Router::new().fallback(move |request: Request| Arc::clone(&app).answer(request));
        match &self.cors {
            Some(origins) => router.layer(cors::layer(origins.clone())),
            None => router,
        }
    }
}

impl ServerBuilder {
    /// Adds a client that may get tokens. Without any the server is open.
    pub fn credentials(mut self, client: Credentials) -> Self {
        self.clients.push(client);
        self
    }

    /// Key that tokens are signed with. With the same key tokens survive a restart; the default is a random one.
    pub fn token_key(mut self, key: impl Into<SecretSlice<u8>>) -> Self {
        self.token_keys.insert(0, key.into());
        self
    }

    /// Another key whose tokens are good, though it signs none: one that was replaced, or will be used.
    pub fn old_token_key(mut self, key: impl Into<SecretSlice<u8>>) -> Self {
        self.token_keys.push(key.into());
        self
    }

    /// Bounds on how often clients may ask.
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rates = limits;
        self
    }

    /// The api as one client sees it, by the client's id; empty on an open server. An operation of another client
    /// should be unknown there. The default is one api for all.
    pub fn for_client(
        mut self,
        api: impl Fn(&str) -> Arc<dyn AsyncApi> + Send + Sync + 'static,
    ) -> Self {
        self.for_client = Some(Arc::new(api));
        self
    }

    /// Whether work of a client (by its id, empty on an open server) would be taken now. It is asked before a body is
    /// read, so that a full queue or disk costs no upload: an [`Unavailable`](slides_core::Error::Unavailable) is
    /// answered as 429 or 503 with `Retry-After`. The api itself is asked in any case.
    pub fn admit<F>(mut self, admit: impl Fn(&str) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = slides_core::Result<()>> + Send + 'static,
    {
        self.admit = Some(Arc::new(move |client| Box::pin(admit(client))));
        self
    }

    /// What `GetAvailableFonts` answers, for a folder of a storage or none. The default is that the server cannot tell.
    pub fn fonts<F>(
        mut self,
        fonts: impl Fn(Option<FileLocation>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = slides_core::Result<FontsData>> + Send + 'static,
    {
        self.fonts = Some(Arc::new(move |folder| Box::pin(fonts(folder))));
        self
    }

    /// What `ListOperations` answers a client (by its id, empty on an open server): its operations, the newest first.
    /// The default is that the server cannot tell.
    pub fn list_operations<F>(
        mut self,
        list: impl Fn(&str, ListRequest) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = slides_core::Result<OperationList>> + Send + 'static,
    {
        self.list = Some(Arc::new(move |client, which| Box::pin(list(client, which))));
        self
    }

    /// What `RetryOperation` does for a client: it starts an ended operation once more and gives the new one's id. The
    /// default is that the server cannot.
    pub fn retry_operation<F>(
        mut self,
        retry: impl Fn(&str, OperationId) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = slides_core::Result<OperationId>> + Send + 'static,
    {
        self.retry = Some(Arc::new(move |client, id| Box::pin(retry(client, id))));
        self
    }

    /// Whether `/ui`, the page for people, is served. Default: it is.
    pub fn ui(mut self, on: bool) -> Self {
        self.ui = on;
        self
    }

    /// Origins whose pages may call the server from a browser, such as `https://slides.example`; `*` for all. The
    /// default is none.
    ///
    /// # Errors
    /// [`InvalidOrigin`] for a text that is no origin.
    pub fn cors<'a>(
        mut self,
        origins: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidOrigin> {
        self.cors = cors::origins(origins)?;
        Ok(self)
    }

    /// Longest wait of a synchronous call, after which it is answered with 504 and its work is canceled. Default 5 min.
    pub fn sync_timeout(mut self, limit: Duration) -> Self {
        self.sync_timeout = limit;
        self
    }

    /// Bounds on request bodies.
    pub fn body_limits(mut self, limits: BodyLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Bytes of a request body; more is answered with 413. Default 200 MiB.
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.limits.max_body = bytes;
        self
    }

    /// Bytes of a file in the asynchronous `Upload`. Default 2 GiB.
    pub fn max_file(mut self, bytes: u64) -> Self {
        self.limits.max_file = bytes;
        self
    }

    /// Bounds on answers that are held back and on streams of events.
    pub fn watch_limits(mut self, limits: WatchLimits) -> Self {
        self.watch = limits;
        self
    }

    /// Bounds on connections.
    pub fn connection_limits(mut self, limits: ConnectionLimits) -> Self {
        self.connections = limits;
        self
    }

    /// Folder for uploads that are too large for memory. Default: the system's temporary folder.
    pub fn spool_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.spool_dir = Some(dir.into());
        self
    }

    /// A line that `/readyz` adds to its answer: what an operator should know of a server that is ready all the same.
    pub fn remark(mut self, remark: impl Into<String>) -> Self {
        self.remarks.push(remark.into());
        self
    }

    /// What `/readyz` asks; the error text says what is missing.
    pub fn ready(mut self, ready: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.ready = Some(Arc::new(ready));
        self
    }

    /// Figures that `/metrics` shows beside the requests.
    pub fn samples<F>(mut self, samples: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<Sample>> + Send + 'static,
    {
        self.samples = Some(Arc::new(move || Box::pin(samples())));
        self
    }

    /// Puts the vendor's sentences before our own where their tests look for them (contract section 9, choice 6).
    pub fn vendor_messages(mut self, on: bool) -> Self {
        self.vendor_messages = on;
        self
    }

    /// Serves `/livez`, `/readyz` and `/metrics` alone, for a process that runs operations which others accept.
    pub fn health_only(mut self, on: bool) -> Self {
        self.health_only = on;
        self
    }

    /// Allows [`Server::serve`] on an address that others can reach without any credentials.
    pub fn allow_open(mut self, on: bool) -> Self {
        self.allow_open = on;
        self
    }

    /// The server.
    pub fn build(self) -> Server {
        let mut keys = self.token_keys;
        if keys.is_empty() {
            keys.push(rand::random::<[u8; 32]>().to_vec().into());
        }
        let drain = CancellationToken::new();
        Server {
            app: Arc::new(App {
                api: self.api,
                for_client: self.for_client,
                admit: self.admit,
                fonts: self.fonts,
                list: self.list,
                retry: self.retry,
                ui: self.ui,
                routes: Routes::new(),
                health_only: self.health_only,
                sync_timeout: self.sync_timeout,
                storage: self.storage,
                authority: Arc::new(Authority::new(self.clients, keys)),
                guard: Guard::new(&self.rates),
                limits: self.limits,
                spool_dir: self.spool_dir,
                ready: self.ready,
                ready_text: ready_text(&self.remarks),
                metrics: Metrics::new(self.samples),
                vendor_messages: self.vendor_messages,
                watching: Watching::new(self.watch, drain.clone()),
                drain,
            }),
            connections: self.connections,
            allow_open: self.allow_open,
            cors: self.cors,
        }
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("clients", &self.clients)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("authority", &self.authority)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What `/readyz` says of a server that is ready: a line, and one for each remark.
fn ready_text(remarks: &[String]) -> String {
    let mut text = "ready\n".to_owned();
    for remark in remarks {
        text.push_str(remark);
        text.push('\n');
    }
    text
}
