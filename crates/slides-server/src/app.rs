//! What happens to one request, from its first header to its answer.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::body::Body;
use axum::extract::Request;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, RETRY_AFTER,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use http_body::Body as _;
use http_body_util::BodyExt;
use slides_core::{AsyncApi, FileLocation, OperationId, StorageApi};
use slides_types::{ApiCall, FontsData, TokenResponse};
use tokio_util::sync::CancellationToken;

use crate::audit;
use crate::auth::{Authority, TokenForm, TokenRefusal};
use crate::body::{self, BodyLimits, Expect, Upload};
use crate::commands;
use crate::error::{ApiError, Subject};
use crate::guard::Guard;
use crate::links::Links;
use crate::listing::{List, Retry};
use crate::metrics::Metrics;
use crate::pages;
use crate::path::{Call, Found, Routes};
use crate::query::{Query, header};
use crate::respond;
use crate::start::{Start, Work};
use crate::sync;
use crate::trace::Trace;
use crate::watch::Watching;

pub(crate) type Ready = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;
pub(crate) type ForClient = Arc<dyn Fn(&str) -> Arc<dyn AsyncApi> + Send + Sync>;
pub(crate) type Admit =
    Arc<dyn Fn(&str) -> BoxFuture<'static, slides_core::Result<()>> + Send + Sync>;
pub(crate) type Fonts = Arc<
    dyn Fn(Option<FileLocation>) -> BoxFuture<'static, slides_core::Result<FontsData>>
        + Send
        + Sync,
>;

/// Longest request id that is taken over from the caller.
const MAX_REQUEST_ID: usize = 64;
/// Bytes of a token request.
const MAX_TOKEN_FORM: u64 = 16 << 10;
/// Bytes of a body that is read before it is known whether there is room for it.
const SMALL_BODY: u64 = 64 << 10;
/// How long the rest of a refused upload is read, so that its sender sees the answer.
const DRAIN_TIME: Duration = Duration::from_secs(30);

/// Everything a request needs.
pub(crate) struct App {
    pub(crate) api: Arc<dyn AsyncApi>,
    pub(crate) for_client: Option<ForClient>,
    pub(crate) admit: Option<Admit>,
    pub(crate) storage: Arc<dyn StorageApi>,
    pub(crate) fonts: Option<Fonts>,
    pub(crate) list: Option<List>,
    pub(crate) retry: Option<Retry>,
    /// Whether the page for people is served.
    pub(crate) ui: bool,
    pub(crate) authority: Arc<Authority>,
    pub(crate) guard: Guard,
    pub(crate) routes: Routes,
    /// Nothing but the health and the figures of this process is told.
    pub(crate) health_only: bool,
    pub(crate) limits: BodyLimits,
    pub(crate) sync_timeout: Duration,
    pub(crate) spool_dir: Option<PathBuf>,
    pub(crate) ready: Option<Ready>,
    /// What `/readyz` says when it is.
    pub(crate) ready_text: String,
    pub(crate) metrics: Metrics,
    pub(crate) vendor_messages: bool,
    pub(crate) watching: Watching,
    /// Set when the server begins to end.
    pub(crate) drain: CancellationToken,
}

impl App {
    /// Answers a request; never fails, never panics.
    pub(crate) async fn answer(self: Arc<Self>, request: Request) -> Response<Body> {
        let begun = Instant::now();
        let _in_flight = self.metrics.begin();
        let request_id = request_id(request.headers());
        let (parts, body) = request.into_parts();
        let mut exchange = Exchange {
            parts,
            body,
            name: "unknown",
            caller: Caller::default(),
        };
        exchange.caller.trace = Trace::of(&exchange.parts.headers);
        let answer = AssertUnwindSafe(self.handle(&mut exchange))
            .catch_unwind()
            .await;
        let result = answer.unwrap_or_else(|_| Err(ApiError::internal(&Panicked)));
        let mut response = match result {
            Ok(response) => response,
            Err(error) => {
                exchange.drain(self.limits.max_body);
                error.into_response(&request_id, self.vendor_messages)
            }
        };
        if exchange.parts.method == Method::HEAD {
            without_body(&mut response);
        }
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response
                .headers_mut()
                .insert(HeaderName::from_static("x-request-id"), value);
        }
        if let Some(trace) = &exchange.caller.trace {
            trace.echo(response.headers_mut());
        }
        let (status, took) = (response.status().as_u16(), begun.elapsed());
        self.metrics.record(exchange.name, status, took);
        exchange.log(&request_id, status, took);
        response
    }

    async fn handle(&self, exchange: &mut Exchange) -> Result<Response<Body>, ApiError> {
        let path = exchange.parts.uri.path();
        if matches!(exchange.parts.method, Method::GET | Method::HEAD)
            && let Some((name, asset)) = pages::asset(path, self.ui && !self.health_only)
        {
            exchange.name = name;
            return Ok(asset);
        }
        let found = self.routes.find(&exchange.parts.method, path);
        if let Ok(Found::Call(call)) = &found {
            exchange.name = call.name();
        }
        let caller = &mut exchange.caller;
        caller.address = self
            .guard
            .address(&exchange.parts.headers, &exchange.parts.extensions);
        if let Ok(Found::Call(call)) = &found {
            caller.is_kept = audit::is_kept(call.call());
            caller.operation = audit::operation_id(call.value("id")).map(str::to_owned);
        }
        let is_free = matches!(&found, Ok(Found::Call(call)) if !call.route.token);
        if !is_free {
            caller.client = self.client_of(&exchange.parts.headers)?;
            self.guard
                .request(&caller.client, caller.address)
                .map_err(ApiError::too_many_requests)?;
        }
        let call = match found? {
            Found::Call(call) => call,
            Found::OtherMethods(methods) if exchange.parts.method == Method::OPTIONS => {
                return Ok(respond::methods(&methods));
            }
            Found::OtherMethods(methods) => return Err(ApiError::method_not_allowed(methods)),
            Found::Nothing => return Err(ApiError::no_such_route()),
        };
        match call.call() {
            ApiCall::Livez => return Ok(respond::text("ok\n".into())),
            ApiCall::Readyz => return Ok(self.readiness()),
            ApiCall::Metrics => return Box::pin(self.figures()).await,
            _ if self.health_only => return Err(ApiError::health_only()),
            ApiCall::Docs => return Ok(pages::docs()),
            ApiCall::Ui if self.ui => return Ok(pages::ui()),
            ApiCall::Ui => return Err(ApiError::no_page()),
            ApiCall::DescriptionYaml => return Ok(pages::yaml()),
            ApiCall::DescriptionJson => return Ok(pages::json()),
            ApiCall::Token => return Box::pin(self.token(exchange)).await,
            _ => {}
        }
        let api = match &self.for_client {
            Some(for_client) => for_client(&exchange.caller.client),
            None => Arc::clone(&self.api),
        };
        let query = Query::parse(exchange.parts.uri.query())?;
        // Asked far more often than all others: their futures are boxed, so that this one's is small.
        if call.call() == ApiCall::GetOperationStatus {
            let Some(wait) = query.seconds("wait")? else {
                return commands::status(&call, api.as_ref()).await;
            };
            let id = OperationId::from(call.value("id"));
            return Box::pin(self.watching.status(api.as_ref(), &id, &query, wait)).await;
        }
        if call.call() == ApiCall::GetOperationEvents {
            let id = OperationId::from(call.value("id"));
            return Box::pin(self.watching.events(api, id, &exchange.parts.headers)).await;
        }
        match Work::of(call.call()) {
            Some(work) => Box::pin(self.work(work, &call, &query, &api, exchange)).await,
            None => Box::pin(self.command(&call, &query, api.as_ref(), exchange)).await,
        }
    }

    /// Who calls; the empty name is anyone.
    fn client_of(&self, headers: &HeaderMap) -> Result<String, ApiError> {
        let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        self.authority
            .client_of(authorization, SystemTime::now())
            .ok_or_else(|| {
                ApiError::unauthorized(if authorization.is_some() {
                    "the access token is not valid or has expired, get a new one from `/connect/token`"
                } else {
                    "the request has no access token, get one from `/connect/token`"
                })
            })
    }

    async fn figures(&self) -> Result<Response<Body>, ApiError> {
        let text = self.metrics.text().await;
        let mut response = respond::text(text.map_err(|e| ApiError::internal(&e))?);
        response.headers_mut().insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8"),
        );
        Ok(response)
    }

    fn readiness(&self) -> Response<Body> {
        let state = if self.drain.is_cancelled() {
            Err("shutting down".to_owned())
        } else {
            self.ready.as_ref().map_or(Ok(()), |ready| ready())
        };
        match state {
            Ok(()) => respond::text(self.ready_text.clone()),
            Err(reason) => {
                let mut response = respond::text(format!("not ready: {reason}\n"));
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                response
                    .headers_mut()
                    .insert(RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
        }
    }

    async fn token(&self, exchange: &mut Exchange) -> Result<Response<Body>, ApiError> {
        exchange.check_encoding()?;
        let limits = BodyLimits {
            max_body: MAX_TOKEN_FORM,
            ..self.limits.clone()
        };
        let upload = body::read(
            None,
            exchange.content_length(),
            &mut exchange.body,
            Expect::Options,
            &limits,
            None,
        )
        .await?;
        let form = upload.metadata.unwrap_or_default();
        let form = TokenForm::parse(&form);
        let (id, address) = (form.id(), exchange.caller.address);
        if let Err(wait) = self.guard.check_login(&id, address) {
            return Ok(respond::retry_after(
                refused_token(StatusCode::TOO_MANY_REQUESTS, "slow_down"),
                wait,
            ));
        }
        Ok(match self.authority.grant(&form, SystemTime::now()) {
            Ok(grant) => {
                exchange.caller.client = grant.client;
                let seconds = i64::try_from(grant.seconds).unwrap_or(i64::MAX);
                respond::json(
                    StatusCode::OK,
                    &TokenResponse::new(grant.token, seconds, "Bearer"),
                )
            }
            Err(refusal) => {
                if refusal == TokenRefusal::InvalidClient {
                    self.guard.failed_login(&id, address);
                }
                refused_token(StatusCode::BAD_REQUEST, refusal.code())
            }
        })
    }

    async fn work(
        &self,
        work: Work,
        call: &Call,
        query: &Query,
        api: &Arc<dyn AsyncApi>,
        exchange: &mut Exchange,
    ) -> Result<Response<Body>, ApiError> {
        if self.drain.is_cancelled() {
            return Err(ApiError::draining());
        }
        let start = Start::parse(work, call, query, &exchange.parts.headers)?;
        self.admit(&exchange.caller.client, exchange.content_length())
            .await?;
        let upload = self.read_body(exchange, work.body(), &self.limits).await?;
        let request = start.with_body(&upload)?;
        if !work.in_background() {
            let links = Links::of(&exchange.parts);
            // The spooled files go with this future, when the caller does.
            return sync::run(api, request, work.answer, self.sync_timeout, &links).await;
        }
        let id = api
            .start(request)
            .await
            .map_err(|e| ApiError::from_core(&e, Subject::Start))?;
        exchange.caller.operation = audit::operation_id(id.as_str()).map(str::to_owned);
        // The spooled files are the implementer's until here.
        drop(upload);
        Ok(respond::accepted(&id))
    }

    /// Refuses before the body is read what would be refused after it. A small one is in memory by then; for it
    /// the queue would be asked twice.
    async fn admit(&self, client: &str, length: Option<u64>) -> Result<(), ApiError> {
        match &self.admit {
            Some(admit) if length.is_none_or(|len| len > SMALL_BODY) => admit(client)
                .await
                .map_err(|error| ApiError::from_core(&error, Subject::Start)),
            _ => Ok(()),
        }
    }

    pub(crate) async fn read_body(
        &self,
        exchange: &mut Exchange,
        expect: Expect,
        limits: &BodyLimits,
    ) -> Result<Upload, ApiError> {
        exchange.check_encoding()?;
        let content_type = header(&exchange.parts.headers, CONTENT_TYPE.as_str());
        let length = exchange.content_length();
        body::read(
            content_type.as_deref(),
            length,
            &mut exchange.body,
            expect,
            limits,
            self.spool_dir.as_ref(),
        )
        .await
    }
}

/// A request while it is answered.
pub(crate) struct Exchange {
    pub(crate) parts: http::request::Parts,
    body: Body,
    /// Name of the call, for logs and metrics.
    name: &'static str,
    pub(crate) caller: Caller,
}

/// Who asks for what, for the log.
#[derive(Default)]
pub(crate) struct Caller {
    /// Empty for anyone.
    pub(crate) client: String,
    address: Option<IpAddr>,
    operation: Option<String>,
    trace: Option<Trace>,
    /// Whether the audit keeps it.
    is_kept: bool,
}

impl Exchange {
    /// Writes the lines of an answered request; never the path or the query: they hold document names.
    fn log(&self, request_id: &str, status: u16, took: Duration) {
        let (call, ms) = (self.name, took.as_millis() as u64);
        let operation = self.caller.operation.as_deref();
        let trace_id = self.caller.trace.as_ref().map(Trace::id);
        // Clients poll: a line for each answer would hide the others.
        if call == "GetOperationStatus" && (200..300).contains(&status) {
            tracing::debug!(request_id, trace_id, call, operation, status, ms, "request");
        } else {
            tracing::info!(request_id, trace_id, call, operation, status, ms, "request");
        }
        if self.caller.is_kept || status == 401 {
            let line = audit::Line {
                call,
                client: &self.caller.client,
                operation,
                address: self.caller.address,
                status,
                request_id,
            };
            line.write();
        }
    }

    fn content_length(&self) -> Option<u64> {
        self.parts
            .headers
            .get(CONTENT_LENGTH)?
            .to_str()
            .ok()?
            .parse()
            .ok()
    }

    /// Bodies are read as they are; one that was compressed on the way would be stored so.
    fn check_encoding(&self) -> Result<(), ApiError> {
        match header(&self.parts.headers, CONTENT_ENCODING.as_str()) {
            Some(encoding) if !encoding.trim().eq_ignore_ascii_case("identity") => {
                Err(ApiError::encoded_body())
            }
            _ => Ok(()),
        }
    }

    /// Reads what is left of an upload beside the answer: an HTTP/1 client that is still sending would
    /// see a cut connection in place of it. One that waits for `100 Continue` has sent nothing.
    fn drain(&mut self, max: u64) {
        let mut body = std::mem::take(&mut self.body);
        if body.is_end_stream()
            || self.parts.headers.contains_key(EXPECT)
            || self.parts.version == Version::HTTP_2
        {
            return;
        }
        let mut left = max;
        let read = async move {
            while let Some(Ok(frame)) = body.frame().await {
                left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
                if left == 0 {
                    break;
                }
            }
        };
        // What does not come in time is cut off.
        tokio::spawn(tokio::time::timeout(DRAIN_TIME, read));
    }
}

/// Why there is no token. A text, not an object: two SDKs have code for exactly this (contract section 1.2).
fn refused_token(status: StatusCode, code: &str) -> Response<Body> {
    respond::json(status, &serde_json::json!({ "error": code }))
}

/// Takes the body off, keeping what its headers say of it.
fn without_body(response: &mut Response<Body>) {
    let body = std::mem::take(response.body_mut());
    if let Some(len) = http_body::Body::size_hint(&body).exact() {
        let headers = response.headers_mut();
        headers
            .entry(CONTENT_LENGTH)
            .or_insert(HeaderValue::from(len));
    }
}

/// The caller's request id if it is harmless, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    header(headers, "x-request-id")
        .filter(|id| {
            id.len() <= MAX_REQUEST_ID
                && id
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
        .unwrap_or_else(|| {
            // From the generator of the thread: an id needs no system call.
            uuid::Builder::from_random_bytes(rand::random())
                .into_uuid()
                .to_string()
        })
}

#[derive(Debug, thiserror::Error)]
#[error("a handler panicked")]
struct Panicked;
