use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;
use slides_core::{Error, Result};

use crate::client::{HttpClient, Inner, agent};
use crate::connections::{Connections, Turns};
use crate::exchange::Exchange;
use crate::hyper_transport::{HyperTransport, Trust};
use crate::token::ClientCredentials;
use crate::{RetryPolicy, Timeouts, TokenSource, Transport, address};

/// Address of the vendor's cloud (contract section 1.1).
pub const CLOUD_URL: &str = "https://api.aspose.cloud";

/// Settings of an [`HttpClient`].
#[must_use = "a builder does nothing until `build`"]
pub struct HttpClientBuilder {
    base: String,
    async_base: Option<String>,
    auth_base: Option<String>,
    credentials: Option<(String, SecretString)>,
    tokens: Option<Arc<dyn TokenSource>>,
    transport: Option<Arc<dyn Transport>>,
    retry: RetryPolicy,
    timeouts: Timeouts,
    connections: Connections,
    roots: Vec<Vec<u8>>,
    user_agent: String,
    plain_http: bool,
}

impl Default for HttpClientBuilder {
    fn default() -> Self {
        Self {
            base: CLOUD_URL.to_owned(),
            async_base: None,
            auth_base: None,
            credentials: None,
            tokens: None,
            transport: None,
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            connections: Connections::default(),
            roots: Vec::new(),
            user_agent: concat!("slides-rust/", env!("CARGO_PKG_VERSION")).to_owned(),
            plain_http: false,
        }
    }
}

impl HttpClientBuilder {
    /// Scheme, host, port and path prefix of the API; `/v3.0/…` is added to it. Default: the
    /// vendor's cloud.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base = url.into();
        self
    }

    /// Another address for the `/v3.0/slides/async` calls. Default: the base URL.
    pub fn async_base_url(mut self, url: impl Into<String>) -> Self {
        self.async_base = Some(url.into());
        self
    }

    /// Another address for `/connect/token`. Default: the base URL.
    pub fn auth_base_url(mut self, url: impl Into<String>) -> Self {
        self.auth_base = Some(url.into());
        self
    }

    /// Client id and secret of the client-credentials grant. Without them requests carry no token.
    pub fn credentials(
        mut self,
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
    ) -> Self {
        self.credentials = Some((client_id.into(), client_secret.into()));
        self
    }

    /// Another source of tokens; it takes the place of [`credentials`](Self::credentials).
    pub fn token_source(mut self, tokens: Arc<dyn TokenSource>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Another transport; it takes the place of [`HyperTransport`].
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// How failed calls are tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How long to wait for the other side.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// How much may be open at one time.
    pub fn connections(mut self, connections: Connections) -> Self {
        self.connections = connections;
        self
    }

    /// Trusts certificates of one's own too, such as those of a company: a PEM text with one or more
    /// authorities. Can be called more than once. The system's or the bundled ones stay trusted. A [`transport`](Self::transport) of one's own brings its trust along.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// The `User-Agent` header.
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = text.into();
        self
    }

    /// Allows plain http to hosts other than this one: documents, tokens and passwords then cross
    /// the network readable.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a base URL that is none, or is plain http to another host, and for root certificates that
    /// cannot be read;
    /// [`Error::Transport`] of kind `Tls` when https is wanted and no root certificates are found.
    pub fn build(self) -> Result<HttpClient> {
        let base = address::base(&self.base, self.plain_http)?;
        let other = |url: Option<String>| {
            url.map_or(Ok(base.clone()), |url| address::base(&url, self.plain_http))
        };
        let async_base = other(self.async_base)?;
        let auth_base = other(self.auth_base)?;
        let https = [&base, &async_base, &auth_base]
            .iter()
            .any(|base| base.is_https());
        let transport = self.transport.map_or_else(
            || {
                let hyper = HyperTransport::with(
                    self.timeouts.connect,
                    if https { Trust::Needed } else { Trust::Unused },
                    &self.roots,
                    self.connections,
                )?;
                Ok::<_, Error>(Arc::new(hyper) as Arc<dyn Transport>)
            },
            Ok,
        )?;
        let exchange = Exchange {
            transport,
            timeouts: self.timeouts,
            turns: Turns::new(self.connections),
        };
        let headers = agent(&self.user_agent)?;
        let tokens = match (self.tokens, self.credentials) {
            (Some(tokens), _) => Some(tokens),
            (None, Some((id, _))) if id.is_empty() => {
                return Err(Error::invalid(
                    "the client id is empty: leave out the credentials for a server without",
                ));
            }
            (None, Some((id, secret))) => {
                let source = ClientCredentials::new(
                    exchange.clone(),
                    self.retry,
                    &auth_base,
                    headers.clone(),
                    id,
                    secret,
                )?;
                Some(Arc::new(source) as Arc<dyn TokenSource>)
            }
            (None, None) => None,
        };
        Ok(HttpClient::from_inner(Inner {
            exchange,
            retry: self.retry,
            tokens,
            headers,
            base,
            async_base,
        }))
    }
}

impl fmt::Debug for HttpClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // base URLs are unchecked here and may hold credentials
        f.debug_struct("HttpClientBuilder")
            .field("retry", &self.retry)
            .field("timeouts", &self.timeouts)
            .field("connections", &self.connections)
            .field(
                "with_credentials",
                &(self.credentials.is_some() || self.tokens.is_some()),
            )
            .finish_non_exhaustive()
    }
}
