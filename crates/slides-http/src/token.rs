use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use slides_core::{AuthError, Error, ProtocolError, Result, TransportError};
use slides_types::{Route, TokenResponse};
use tokio::time::Instant;

use crate::Body;
use crate::address::{self, Base};
use crate::answer;
use crate::exchange::Exchange;
use crate::retry::{Repeat, RetryPolicy};

/// A token is renewed when less than this, or a tenth of its life, is left.
const MARGIN: Duration = Duration::from_mins(5);

/// A bearer token. `Debug` does not show it.
#[derive(Clone)]
pub struct Token(Arc<SecretString>);

impl Token {
    /// Takes the token's text.
    pub fn new(text: impl Into<SecretString>) -> Self {
        Self(Arc::new(text.into()))
    }

    /// The text, for the one place that sends it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn same(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// Where bearer tokens come from.
#[async_trait]
pub trait TokenSource: Send + Sync + 'static {
    /// A token that should work now.
    ///
    /// # Errors
    /// [`Error::Auth`] when none can be had.
    async fn token(&self) -> Result<Token>;

    /// The server refused this token (401). A source forgets it unless it has a newer one.
    async fn refused(&self, token: &Token);
}

/// Client-credentials tokens (contract section 1.2): one request in flight, renewed before they
/// expire.
pub(crate) struct ClientCredentials {
    exchange: Exchange,
    retry: RetryPolicy,
    url: http::Uri,
    agent: http::HeaderMap,
    client_id: String,
    client_secret: SecretString,
    cached: Mutex<Option<Cached>>,
    /// Held while a token is being fetched; keeps how the last fetch failed.
    flight: tokio::sync::Mutex<Option<Error>>,
    /// How many fetches have ended.
    fetches: AtomicU32,
}

#[derive(Clone)]
struct Cached {
    token: Token,
    renew_at: Instant,
}

impl ClientCredentials {
    pub(crate) fn new(
        exchange: Exchange,
        retry: RetryPolicy,
        auth_base: &Base,
        agent: http::HeaderMap,
        client_id: String,
        client_secret: SecretString,
    ) -> Result<Self> {
        let url = address::url(auth_base, &Route::TOKEN, &[], &[])?;
        Ok(Self {
            exchange,
            retry,
            url,
            agent,
            client_id,
            client_secret,
            cached: Mutex::new(None),
            flight: tokio::sync::Mutex::new(None),
            fetches: AtomicU32::new(0),
        })
    }

    fn cached(&self) -> Option<Token> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        cached
            .as_ref()
            .filter(|cached| Instant::now() < cached.renew_at)
            .map(|cached| cached.token.clone())
    }

    fn keep(&self, cached: Option<Cached>) {
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = cached;
    }

    async fn fetch(&self) -> Result<Cached> {
        let started = Instant::now();
        let mut tries = 1;
        loop {
            let error = match self.fetch_once().await {
                Ok(cached) => return Ok(cached),
                Err(error) => error,
            };
            let wait = self.retry.wait(tries, rand::random(), error.retry_after());
            let late = started.elapsed().saturating_add(wait) > self.retry.total;
            if tries >= self.retry.attempts || late || !Repeat::Harmless.allows(&error) {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            tries += 1;
        }
    }

    async fn fetch_once(&self) -> Result<Cached> {
        let _turn = self.exchange.turns.next().await;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.client_secret.expose_secret())
            .finish();
        let mut request = http::Request::new(Body::from_bytes(form));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.url.clone();
        *request.headers_mut() = self.agent.clone();
        request.headers_mut().insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        let response = self.exchange.send(request).await?;
        let status = response.status();
        if !status.is_success() {
            let error =
                answer::error(Route::TOKEN.operation_id, "the token endpoint", response).await;
            return Err(if error.is_retryable() {
                error
            } else {
                refusal(status.as_u16(), &error)
            });
        }
        let answer: TokenResponse = answer::json(Route::TOKEN.operation_id, response).await?;
        if answer.access_token.is_empty() {
            let message = "the answer has no `access_token`";
            return Err(
                ProtocolError::new(Route::TOKEN.operation_id, status.as_u16(), message).into(),
            );
        }
        let life = Duration::from_secs(
            u64::try_from(answer.expires_in)
                .ok()
                .filter(|s| *s > 0)
                .unwrap_or(3600),
        );
        let life = life.min(Duration::from_hours(24 * 365));
        let renew_at = Instant::now() + life.saturating_sub(MARGIN.min(life / 10));
        Ok(Cached {
            token: Token::new(answer.access_token),
            renew_at,
        })
    }
}

/// The vendor answers 400 `invalid_client` to wrong credentials; for the caller that is no bad
/// argument but a missing right.
fn refusal(status: u16, error: &Error) -> Error {
    let words = match error {
        Error::Rejected(error) => error.message.clone(),
        Error::Auth(error) => error.message.clone(),
        other => other.to_string(),
    };
    let message =
        format!("the token endpoint refused the client id and secret (`{words}`), check both");
    AuthError::new(Some(status), message).into()
}

/// The same failure for another caller; its cause stays with the first one.
fn copy(error: &Error) -> Error {
    match error {
        Error::Auth(error) => AuthError::new(error.status, error.message.clone()).into(),
        Error::Transport(error) => {
            TransportError::new(error.kind, error.request_sent, error.message.clone()).into()
        }
        Error::Unavailable(error) => {
            let mut copy =
                Error::unavailable(error.status, error.message.clone(), error.retry_after);
            if let Error::Unavailable(copy) = &mut copy {
                copy.attempts = error.attempts;
            }
            copy
        }
        other => AuthError::new(
            other.status_code(),
            format!("no token could be fetched: {other}"),
        )
        .into(),
    }
}

#[async_trait]
impl TokenSource for ClientCredentials {
    async fn token(&self) -> Result<Token> {
        if let Some(token) = self.cached() {
            return Ok(token);
        }
        let before = self.fetches.load(Ordering::Acquire);
        let mut flight = self.flight.lock().await;
        if let Some(token) = self.cached() {
            return Ok(token);
        }
        // whoever waited for a fetch that failed fails with it, instead of trying one by one
        if self.fetches.load(Ordering::Acquire) != before
            && let Some(error) = flight.as_ref()
        {
            return Err(copy(error));
        }
        let fetched = self.fetch().await;
        self.fetches.fetch_add(1, Ordering::AcqRel);
        match fetched {
            Ok(cached) => {
                let token = cached.token.clone();
                self.keep(Some(cached));
                *flight = None;
                Ok(token)
            }
            Err(error) => {
                *flight = Some(copy(&error));
                Err(error)
            }
        }
    }

    async fn refused(&self, token: &Token) {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if cached
            .as_ref()
            .is_some_and(|cached| cached.token.same(token))
        {
            *cached = None;
        }
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials").finish_non_exhaustive()
    }
}
