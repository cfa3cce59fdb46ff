use std::sync::Arc;

use slides_core::{PollPolicy, Result};
use slides_http::{
    Connections, HttpClient, HttpClientBuilder, RetryPolicy, SecretString, Timeouts, TokenSource,
    Transport,
};

use crate::Client;

/// Settings of a [`Client`] over HTTP.
///
/// ```
/// use std::time::Duration;
/// use slides::{Client, PollPolicy};
///
/// # fn main() -> slides::Result<()> {
/// let client = Client::builder()
///     .base_url("http://slides.internal:8080")
///     .allow_plain_http()
///     .credentials("my_client_id", "my_client_secret")
///     .poll_policy(PollPolicy::with_deadline(Duration::from_secs(3600)))
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder {
    http: HttpClientBuilder,
    policy: PollPolicy,
}

impl ClientBuilder {
    /// Scheme, host, port and path prefix of the API. Default: the vendor's cloud.
    pub fn base_url(self, url: impl Into<String>) -> Self {
        self.http(|http| http.base_url(url))
    }

    /// Another address for the async calls. Default: the base URL.
    pub fn async_base_url(self, url: impl Into<String>) -> Self {
        self.http(|http| http.async_base_url(url))
    }

    /// Another address for the token call. Default: the base URL.
    pub fn auth_base_url(self, url: impl Into<String>) -> Self {
        self.http(|http| http.auth_base_url(url))
    }

    /// Client id and secret. Without them requests carry no token.
    pub fn credentials(
        self,
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
    ) -> Self {
        self.http(|http| http.credentials(client_id, client_secret))
    }

    /// Another source of tokens.
    pub fn token_source(self, tokens: Arc<dyn TokenSource>) -> Self {
        self.http(|http| http.token_source(tokens))
    }

    /// Another transport.
    pub fn transport(self, transport: Arc<dyn Transport>) -> Self {
        self.http(|http| http.transport(transport))
    }

    /// How failed calls are tried again.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.http(|http| http.retry(policy))
    }

    /// How long to wait for the other side.
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        self.http(|http| http.timeouts(timeouts))
    }

    /// How much may be open at one time.
    pub fn connections(self, connections: Connections) -> Self {
        self.http(|http| http.connections(connections))
    }

    /// Trusts certificates of one's own too, such as those of a company: a PEM text with one or more authorities. Can be
    /// called more than once. The system's or the bundled ones stay trusted.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = slides::Client::builder()
    ///     .base_url("https://slides.internal")
    ///     .root_certificates(std::fs::read("company-ca.pem")?)
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    pub fn root_certificates(self, pem: impl Into<Vec<u8>>) -> Self {
        self.http(|http| http.root_certificates(pem))
    }

    /// The `User-Agent` header.
    pub fn user_agent(self, text: impl Into<String>) -> Self {
        self.http(|http| http.user_agent(text))
    }

    /// Allows plain http to other hosts: documents, tokens and passwords then cross the network
    /// readable.
    pub fn allow_plain_http(self) -> Self {
        self.http(HttpClientBuilder::allow_plain_http)
    }

    /// How handles wait for their operations.
    pub fn poll_policy(mut self, policy: PollPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Rejected`](crate::Error::Rejected) for a base URL that is none, or is plain http to
    /// another host, and for root certificates that cannot be read; [`Error::Transport`](crate::Error::Transport) when https is wanted and no root
    /// certificates are found.
    pub fn build(self) -> Result<Client> {
        let client: HttpClient = self.http.build()?;
        Ok(Client::from(client).with_poll_policy(self.policy))
    }

    fn http(mut self, change: impl FnOnce(HttpClientBuilder) -> HttpClientBuilder) -> Self {
        self.http = change(self.http);
        self
    }
}
