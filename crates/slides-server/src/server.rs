//! The server and its settings.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use secrecy::SecretSlice;
use slides_core::{AsyncApi, StorageApi};

use crate::app::{App, Ready};
use crate::auth::{Authority, Credentials};
use crate::body::BodyLimits;
use crate::metrics::{Metrics, Sample, Samples};

/// Times and counts of connections.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionLimits {
    /// Longest time until the head of a request is complete. Default 30 s.
    pub header_timeout: Duration,
    /// Connections at one time; more wait to be accepted. Default 1024.
    pub max_connections: usize,
    /// Longest wait for requests in flight at shutdown. Default 30 s.
    pub drain_timeout: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(30),
            max_connections: 1024,
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
}

/// Settings of a [`Server`].
#[must_use]
pub struct ServerBuilder {
    api: Arc<dyn AsyncApi>,
    storage: Arc<dyn StorageApi>,
    clients: Vec<Credentials>,
    token_key: Option<SecretSlice<u8>>,
    limits: BodyLimits,
    connections: ConnectionLimits,
    spool_dir: Option<PathBuf>,
    ready: Option<Ready>,
    samples: Option<Samples>,
    vendor_messages: bool,
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
            token_key: None,
            limits: BodyLimits::default(),
            connections: ConnectionLimits::default(),
            spool_dir: None,
            ready: None,
            samples: None,
            vendor_messages: false,
            allow_open: false,
        }
    }

    /// The same server as a router, to be mounted at the root of another one or called in tests.
    ///
    /// The limits of connections, and the refusal to listen openly, are [`serve`](Self::serve)'s.
    pub fn router(&self) -> Router {
        let app = Arc::clone(&self.app);
        Router::new().fallback(move |request: Request| Arc::clone(&app).answer(request))
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
        self.token_key = Some(key.into());
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

    /// Allows [`Server::serve`] on an address that others can reach without any credentials.
    pub fn allow_open(mut self, on: bool) -> Self {
        self.allow_open = on;
        self
    }

    /// The server.
    pub fn build(self) -> Server {
        let key = self
            .token_key
            .unwrap_or_else(|| rand::random::<[u8; 32]>().to_vec().into());
        Server {
            app: Arc::new(App {
                api: self.api,
                storage: self.storage,
                authority: Authority::new(self.clients, key),
                limits: self.limits,
                spool_dir: self.spool_dir,
                ready: self.ready,
                metrics: Metrics::new(self.samples),
                vendor_messages: self.vendor_messages,
                draining: AtomicBool::new(false),
            }),
            connections: self.connections,
            allow_open: self.allow_open,
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
