use std::fmt::{self, Write as _};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::de::DeserializeOwned;
use slides_core::{
    AsyncApi, AuthError, Download, Error, FileLocation, OperationId, Payload, Result, Saved, Seen,
    StartRequest, StatusReply, StorageApi, StoredDeck, SyncApi, SyncReply, TransportError,
    TransportErrorKind,
};
use slides_types::{
    ApiCall, ApiInfo, DiscUsage, Document, FileVersions, FilesList, FilesUploadResult, FontsData,
    ObjectExist, OrderedMergeRequest, PresentationsMergeRequest, Route, StorageExist,
};
use tokio::time::Instant;
use tracing::Instrument;

use crate::address::{self, Base};
use crate::builder::HttpClientBuilder;
use crate::connections::Turn;
use crate::content::Content;
use crate::encode::{self, Call};
use crate::exchange::Exchange;
use crate::resume::resuming;
use crate::retry::{Repeat, RetryPolicy};
use crate::{Body, Token, TokenSource, answer};

/// How long our server is asked to hold an answer back; it takes up to half a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(25);
/// The pauses between two questions to a server that does not hold answers back: the first, and the longest.
const ASK_AGAIN: Duration = Duration::from_secs(1);
const ASK_AGAIN_MAX: Duration = Duration::from_secs(5);

/// The async API and the storage over HTTP: the vendor's cloud, or any `slides serve`.
///
/// Cloning is cheap and shares connections and token.
///
/// ```
/// use slides_http::HttpClient;
///
/// # fn main() -> slides_core::Result<()> {
/// let client = HttpClient::builder()
///     .base_url("http://127.0.0.1:8080")
///     .credentials("my_client_id", "my_client_secret")
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) exchange: Exchange,
    pub(crate) retry: RetryPolicy,
    pub(crate) tokens: Option<Arc<dyn TokenSource>>,
    pub(crate) headers: HeaderMap,
    pub(crate) base: Base,
    pub(crate) async_base: Base,
}

impl HttpClient {
    /// Starts from the vendor's cloud and no credentials.
    pub fn builder() -> HttpClientBuilder {
        HttpClientBuilder::default()
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    /// A call without a body.
    fn plain(
        &self,
        route: &'static Route,
        path: &[(&str, &str)],
        query: &[(&'static str, Option<&str>)],
        what: &str,
    ) -> Result<Call> {
        let is_async = route.path.starts_with("/v3.0/slides/async");
        let base = if is_async {
            &self.inner.async_base
        } else {
            &self.inner.base
        };
        let query: Vec<_> = query
            .iter()
            .filter_map(|(key, value)| value.map(|value| (*key, value.to_owned())))
            .collect();
        Ok(Call {
            route,
            url: address::url(base, route, path, &query)?,
            headers: HeaderMap::new(),
            content: Content::empty(),
            repeat: Repeat::Harmless,
            what: what.to_owned(),
        })
    }

    async fn model<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        let (response, _turn) = self.send_in_turn(call).await?;
        answer::json(call.route.operation_id, response).await
    }

    async fn done(&self, call: &Call) -> Result<()> {
        // the body of these answers is empty and nobody reads it (contract section 5)
        self.send(call).await.map(drop)
    }

    /// A file, whose transfer goes on where it broke if the server can tell that the file is the same.
    async fn file_of(&self, call: Call) -> Result<Download> {
        let response = self.send(&call).await?;
        let attempts = self.inner.retry.attempts;
        let response = resuming(self.clone(), call, attempts, response);
        Ok(answer::download(response))
    }

    /// Sends until there is a good answer or no more right to try.
    pub(crate) async fn send(&self, call: &Call) -> Result<http::Response<Body>> {
        Ok(self.send_in_turn(call).await?.0)
    }

    /// As [`send`](Self::send), with the turn that the answer came in: who reads all of it keeps the turn until then.
    async fn send_in_turn(&self, call: &Call) -> Result<(http::Response<Body>, Option<Turn>)> {
        self.send_as(call, false).await
    }

    /// Each try has a turn of its own, unless the caller has a place for all of them.
    async fn send_as(
        &self,
        call: &Call,
        has_place: bool,
    ) -> Result<(http::Response<Body>, Option<Turn>)> {
        let policy = &self.inner.retry;
        let started = Instant::now();
        let mut tries = 0;
        let mut renewed = false;
        loop {
            let token = match &self.inner.tokens {
                Some(source) => Some(source.token().await?),
                None => None,
            };
            tries += 1;
            let turn = if has_place {
                None
            } else {
                self.inner.exchange.turns.next().await
            };
            // on the heap only now: thousands may wait for their turn, and need no room for a request until then
            let attempt = Box::pin(self.attempt(call, token.as_ref(), tries));
            let error = match attempt.await {
                Ok(response) => return Ok((response, turn)),
                Err(error) => error,
            };
            drop(turn);
            if let (Error::Auth(refusal), Some(token), Some(source)) =
                (&error, &token, &self.inner.tokens)
                && refusal.status == Some(401)
                && !renewed
            {
                source.refused(token).await;
                renewed = true;
                if !call.content.can_repeat() {
                    return Err(AuthError::new(
                        Some(401),
                        "the server wants a new token, but the document is a one-shot stream that was sent already: \
                         send it again, or use `Payload::path`, `Payload::bytes` or `Payload::replayable`",
                    )
                    .into());
                }
                tries -= 1;
                continue;
            }
            let wait = policy.wait(tries, rand::random(), error.retry_after());
            let late = started.elapsed().saturating_add(wait) > policy.total;
            let again = call.repeat.allows(&error);
            if tries >= policy.attempts || late || !again || !call.content.can_repeat() {
                return Err(finished(error, call, tries));
            }
            tracing::debug!(call = call.route.operation_id, attempt = tries, error.type = error.kind_text(), "trying again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(
        &self,
        call: &Call,
        token: Option<&Token>,
        number: u32,
    ) -> Result<http::Response<Body>> {
        let span = tracing::info_span!(
            "slides.request",
            call = call.route.operation_id,
            attempt = number,
            status = tracing::field::Empty,
            error.type = tracing::field::Empty,
        );
        async {
            let outcome = self.exchange(call, token).await;
            if let Err(error) = &outcome {
                tracing::Span::current().record("error.type", error.kind_text());
            }
            outcome
        }
        .instrument(span)
        .await
    }

    async fn exchange(&self, call: &Call, token: Option<&Token>) -> Result<http::Response<Body>> {
        let request = self.request(call, token).await?;
        let response = self.inner.exchange.send(request).await?;
        let status = response.status();
        tracing::Span::current().record("status", status.as_u16());
        if status.is_success() {
            return Ok(response);
        }
        Err(answer::error(call.route.operation_id, &call.what, response).await)
    }

    async fn request(&self, call: &Call, token: Option<&Token>) -> Result<http::Request<Body>> {
        let method = http::Method::from_bytes(call.route.method.as_bytes()).unwrap_or_default();
        let has_body = !matches!(method, http::Method::GET | http::Method::DELETE);
        let mut request = http::Request::new(call.content.open().await?);
        *request.method_mut() = method;
        *request.uri_mut() = call.url.clone();
        let headers = request.headers_mut();
        headers.clone_from(&self.inner.headers);
        headers.extend(call.headers.clone());
        if let Some(value) = call.content.content_type() {
            headers.insert(header::CONTENT_TYPE, value.clone());
        } else if has_body && call.content.is_empty() {
            // some servers refuse a POST that does not say it is empty
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        if let Some(token) = token {
            let mut value =
                HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| {
                    AuthError::new(
                        None,
                        "the token holds control characters, which a header cannot carry",
                    )
                })?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        Ok(request)
    }
}

/// The last error with what the caller must know about the tries.
fn finished(mut error: Error, call: &Call, tries: u32) -> Error {
    let spent = !call.content.can_repeat() && error.is_retryable();
    let unclear = call.repeat == Repeat::Twice && !call.repeat.allows(&error);
    let note = if spent {
        "; not sent again, since the document is a one-shot stream"
    } else if unclear && call.route.success != 201 {
        "; whether it was done is not known"
    } else if unclear {
        "; whether the operation was started is not known, an idempotency key makes it safe to repeat"
    } else {
        ""
    };
    match &mut error {
        Error::Unavailable(inner) => {
            inner.attempts = tries;
            inner.message.push_str(note);
        }
        Error::Transport(inner) => {
            if tries > 1 {
                let _ = write!(inner.message, ", {tries} attempts");
            }
            if inner.request_sent {
                inner.message.push_str(note);
            }
        }
        _ => {}
    }
    error
}

/// An answer whose body broke off while it was read whole.
pub(crate) fn broken_answer(call: &'static str, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::TimedOut => TransportErrorKind::Timeout,
        _ => TransportErrorKind::Interrupted,
    };
    TransportError::new(kind, true, format!("reading the answer to `{call}`"))
        .with_source(error)
        .into()
}

#[async_trait]
impl AsyncApi for HttpClient {
    async fn start(&self, request: StartRequest) -> Result<OperationId> {
        let call = encode::start(&self.inner.async_base, request)?;
        let (response, _turn) = self.send_in_turn(&call).await?;
        answer::id(call.route.operation_id, response).await
    }

    async fn status(&self, id: &OperationId) -> Result<StatusReply> {
        let call = self.plain(
            &Route::GET_OPERATION_STATUS,
            &[("id", id.as_str())],
            &[],
            id.as_str(),
        )?;
        let (response, _turn) = self.send_in_turn(&call).await?;
        let retry_after = answer::retry_after(response.headers());
        let mut reply = StatusReply::new(answer::json(call.route.operation_id, response).await?);
        reply.retry_after = retry_after;
        Ok(reply)
    }

    async fn result(&self, id: &OperationId) -> Result<Download> {
        let call = self.plain(
            &Route::GET_OPERATION_RESULT,
            &[("id", id.as_str())],
            &[],
            id.as_str(),
        )?;
        self.file_of(call).await
    }

    async fn cancel(&self, id: &OperationId) -> Result<()> {
        let call = self.plain(
            &Route::CANCEL_OPERATION,
            &[("id", id.as_str())],
            &[],
            id.as_str(),
        )?;
        match self.done(&call).await {
            // the vendor's cloud has no such call
            Err(error) if matches!(error.status_code(), Some(405 | 501)) => {
                Err(Error::unsupported("cancel", "the server"))
            }
            other => other,
        }
    }

    /// Our server holds the answer back until there is something new, as long as the client has a place for that
    /// ([`Connections::held`](crate::Connections::held)); else, and others, are asked again and again, after a second at
    /// first, then up to every five.
    async fn changed(&self, id: &OperationId, seen: Seen, limit: Duration) -> Result<StatusReply> {
        let end = Instant::now() + limit;
        let longest = LONGEST_WAIT.min(self.inner.exchange.timeouts.response / 2);
        let since = seen.to_string();
        let mut pause = ASK_AGAIN;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let wait = left.min(longest).as_secs_f64().to_string();
            let place = self.inner.exchange.turns.hold();
            let held = place.as_ref().map(|_| (wait.as_str(), since.as_str()));
            let call = self.plain(
                &Route::GET_OPERATION_STATUS,
                &[("id", id.as_str())],
                &[
                    ("wait", held.map(|(wait, _)| wait)),
                    ("since", held.map(|(_, since)| since)),
                ],
                id.as_str(),
            )?;
            let (response, turn) = self.send_as(&call, place.is_some()).await?;
            let has_waited = response.headers().contains_key("preference-applied");
            let retry_after = answer::retry_after(response.headers());
            let mut reply =
                StatusReply::new(answer::json(call.route.operation_id, response).await?);
            reply.retry_after = retry_after;
            drop((place, turn));
            let left = end.saturating_duration_since(Instant::now());
            if seen.is_outdated_by(&reply.operation) || left.is_zero() {
                return Ok(reply);
            }
            if !has_waited {
                let spread = pause.mul_f64(rand::random_range(0.5..=1.0));
                let wait = spread.max(retry_after.unwrap_or_default());
                tokio::time::sleep(wait.min(left)).await;
                pause = pause.mul_f64(1.5).min(ASK_AGAIN_MAX);
            }
        }
    }
}

/// The synchronous calls go to the base URL. The server is silent while it works:
/// [`Timeouts::response`](crate::Timeouts::response) must be as long as the work may take.
#[async_trait]
impl SyncApi for HttpClient {
    async fn run(&self, request: StartRequest) -> Result<SyncReply> {
        let saved = Saved::of(&request.call);
        let call = encode::run(&self.inner.base, request)?;
        let response = self.send(&call).await?;
        match call.route.call {
            ApiCall::Split | ApiCall::SplitAndSaveOnline => {
                let model = answer::json(call.route.operation_id, response).await?;
                Ok(SyncReply::Slides(model))
            }
            ApiCall::SplitOnline => Ok(SyncReply::File(answer::download(response))),
            _ => Ok(match saved {
                Some(saved) => SyncReply::Saved(saved),
                None => SyncReply::File(answer::download(response)),
            }),
        }
    }

    async fn merge(
        &self,
        deck: &StoredDeck,
        request: PresentationsMergeRequest,
    ) -> Result<Document> {
        let call = encode::append(&self.inner.base, &Route::MERGE, deck, &request)?;
        self.model(&call).await
    }

    async fn ordered_merge(
        &self,
        deck: &StoredDeck,
        request: OrderedMergeRequest,
    ) -> Result<Document> {
        let call = encode::append(&self.inner.base, &Route::ORDERED_MERGE, deck, &request)?;
        self.model(&call).await
    }

    async fn api_info(&self) -> Result<ApiInfo> {
        let call = self.plain(&Route::GET_API_INFO, &[], &[], "info")?;
        self.model(&call).await
    }

    async fn available_fonts<'a>(&self, folder: Option<&'a FileLocation>) -> Result<FontsData> {
        let path = folder.map(|folder| folder.path.as_str());
        let query = [
            ("fontsFolder", path),
            (
                "storage",
                folder.and_then(|folder| folder.storage.as_deref()),
            ),
        ];
        let what = path.unwrap_or("the fonts");
        let call = self.plain(&Route::GET_AVAILABLE_FONTS, &[], &query, what)?;
        self.model(&call).await
    }
}

impl HttpClient {
    fn file(&self, route: &'static Route, file: &FileLocation) -> Result<Call> {
        named(file)?;
        self.place(route, file, true)
    }

    fn place(&self, route: &'static Route, at: &FileLocation, versioned: bool) -> Result<Call> {
        let version = at.version.as_deref().filter(|_| versioned);
        let query = [
            ("storageName", at.storage.as_deref()),
            ("versionId", version),
        ];
        self.plain(route, &[("path", &at.path)], &query, &at.path)
    }

    fn transfer(
        &self,
        route: &'static Route,
        from: &FileLocation,
        to: &FileLocation,
        versioned: bool,
    ) -> Result<Call> {
        named(from)?;
        named(to)?;
        let query = [
            ("destPath", Some(to.path.trim_start_matches('/'))),
            ("srcStorageName", from.storage.as_deref()),
            ("destStorageName", to.storage.as_deref()),
            ("versionId", from.version.as_deref().filter(|_| versioned)),
        ];
        self.plain(route, &[("srcPath", &from.path)], &query, &from.path)
    }
}

fn named(file: &FileLocation) -> Result<()> {
    if file.path.trim_matches('/').is_empty() {
        return Err(Error::invalid(
            "the storage path is empty: name a file or folder",
        ));
    }
    Ok(())
}

/// A move that is repeated after it was done finds nothing to move.
fn once(mut call: Call) -> Call {
    call.repeat = Repeat::Twice;
    call
}

#[async_trait]
impl StorageApi for HttpClient {
    async fn download_file(&self, file: &FileLocation) -> Result<Download> {
        self.file_of(self.file(&Route::DOWNLOAD, file)?).await
    }

    async fn upload_file(
        &self,
        file: &FileLocation,
        content: Payload,
    ) -> Result<FilesUploadResult> {
        named(file)?;
        let mut call = self.place(&Route::UPLOAD, file, false)?;
        call.content = Content::document(content);
        self.model(&call).await
    }

    async fn delete_file(&self, file: &FileLocation) -> Result<()> {
        self.done(&self.file(&Route::DELETE_FILE, file)?).await
    }

    async fn copy_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        self.done(&self.transfer(&Route::COPY_FILE, from, to, true)?)
            .await
    }

    async fn move_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        self.done(&once(self.transfer(&Route::MOVE_FILE, from, to, true)?))
            .await
    }

    async fn list_folder(&self, folder: &FileLocation) -> Result<FilesList> {
        self.model(&self.place(&Route::GET_FILES_LIST, folder, false)?)
            .await
    }

    async fn create_folder(&self, folder: &FileLocation) -> Result<()> {
        named(folder)?;
        self.done(&self.place(&Route::CREATE_FOLDER, folder, false)?)
            .await
    }

    async fn delete_folder(&self, folder: &FileLocation, recursive: bool) -> Result<()> {
        let query = [
            ("storageName", folder.storage.as_deref()),
            ("recursive", recursive.then_some("true")),
        ];
        let call = self.plain(
            &Route::DELETE_FOLDER,
            &[("path", &folder.path)],
            &query,
            &folder.path,
        )?;
        self.done(&call).await
    }

    async fn copy_folder(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        self.done(&self.transfer(&Route::COPY_FOLDER, from, to, false)?)
            .await
    }

    async fn move_folder(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        self.done(&once(self.transfer(
            &Route::MOVE_FOLDER,
            from,
            to,
            false,
        )?))
        .await
    }

    async fn storage_exists(&self, storage: &str) -> Result<StorageExist> {
        self.model(&self.plain(
            &Route::STORAGE_EXISTS,
            &[("storageName", storage)],
            &[],
            storage,
        )?)
        .await
    }

    async fn object_exists(&self, object: &FileLocation) -> Result<ObjectExist> {
        self.model(&self.file(&Route::OBJECT_EXISTS, object)?).await
    }

    async fn disc_usage<'a>(&self, storage: Option<&'a str>) -> Result<DiscUsage> {
        let what = storage.unwrap_or("the default storage");
        self.model(&self.plain(
            &Route::GET_DISC_USAGE,
            &[],
            &[("storageName", storage)],
            what,
        )?)
        .await
    }

    async fn file_versions(&self, file: &FileLocation) -> Result<FileVersions> {
        named(file)?;
        self.model(&self.place(&Route::GET_FILE_VERSIONS, file, false)?)
            .await
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("base_url", &self.inner.base)
            .field("async_base_url", &self.inner.async_base)
            .field("with_credentials", &self.inner.tokens.is_some())
            .finish_non_exhaustive()
    }
}

/// The headers every request carries.
pub(crate) fn agent(user_agent: &str) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::try_from(user_agent).map_err(|_| {
        Error::invalid(format!(
            "user agent `{}` holds control characters",
            user_agent.escape_debug()
        ))
    })?;
    headers.insert(header::USER_AGENT, value);
    headers.insert(
        header::ACCEPT,
        HeaderValue::from_static("application/json, */*"),
    );
    let client = concat!("rust sdk v", env!("CARGO_PKG_VERSION"));
    headers.insert(
        HeaderName::from_static("x-aspose-client"),
        HeaderValue::from_static(client),
    );
    Ok(headers)
}

#[cfg(test)]
mod tests;
