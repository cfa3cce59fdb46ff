//! What happens to one request, from its first header to its answer.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use axum::body::Body;
use axum::extract::Request;
use futures_util::FutureExt;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use http_body_util::BodyExt;
use slides_core::{AsyncApi, FileLocation, OperationId, StorageApi};
use slides_types::{ApiInfo, TokenResponse};

use crate::auth::Authority;
use crate::body::{self, BodyLimits, Expect, Upload};
use crate::error::{ApiError, Subject, whole_seconds};
use crate::metrics::Metrics;
use crate::path::Call;
use crate::query::{Query, header};
use crate::respond;
use crate::start::{self, Start};

pub(crate) type Ready = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Longest request id that is taken over from the caller.
const MAX_REQUEST_ID: usize = 64;
/// Bytes of a token request.
const MAX_TOKEN_FORM: u64 = 16 << 10;
/// How long the rest of a refused upload is read, so that its sender sees the answer.
const DRAIN_TIME: Duration = Duration::from_secs(30);

/// Everything a request needs.
pub(crate) struct App {
    pub(crate) api: Arc<dyn AsyncApi>,
    pub(crate) storage: Arc<dyn StorageApi>,
    pub(crate) authority: Authority,
    pub(crate) limits: BodyLimits,
    pub(crate) spool_dir: Option<PathBuf>,
    pub(crate) ready: Option<Ready>,
    pub(crate) metrics: Metrics,
    pub(crate) vendor_messages: bool,
    pub(crate) draining: AtomicBool,
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
            name: "other",
        };
        let answer = AssertUnwindSafe(self.handle(&mut exchange))
            .catch_unwind()
            .await;
        let result = answer.unwrap_or_else(|_| Err(ApiError::internal(&Panicked)));
        let mut response = match result {
            Ok(response) => response,
            Err(error) => {
                exchange.drain(self.limits.max_body).await;
                error.into_response(&request_id, self.vendor_messages)
            }
        };
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response
                .headers_mut()
                .insert(HeaderName::from_static("x-request-id"), value);
        }
        let (status, took) = (response.status().as_u16(), begun.elapsed());
        self.metrics.record(exchange.name, status, took);
        // Never the path or the query: they hold document names.
        tracing::info!(
            request_id,
            call = exchange.name,
            status,
            ms = took.as_millis() as u64,
            "request"
        );
        response
    }

    async fn handle(&self, exchange: &mut Exchange) -> Result<Response<Body>, ApiError> {
        match (exchange.parts.uri.path(), &exchange.parts.method) {
            ("/livez", &Method::GET | &Method::HEAD) => {
                exchange.name = "livez";
                return Ok(respond::text("ok\n".into()));
            }
            ("/readyz", &Method::GET | &Method::HEAD) => {
                exchange.name = "readyz";
                return Ok(self.readiness());
            }
            ("/metrics", &Method::GET | &Method::HEAD) => {
                exchange.name = "metrics";
                let mut response = respond::text(
                    self.metrics
                        .text()
                        .await
                        .map_err(|e| ApiError::internal(&e))?,
                );
                response.headers_mut().insert(
                    CONTENT_TYPE,
                    HeaderValue::from_static(
                        "application/openmetrics-text; version=1.0.0; charset=utf-8",
                    ),
                );
                return Ok(response);
            }
            ("/connect/token", &Method::POST) => {
                exchange.name = "token";
                return self.token(exchange).await;
            }
            ("/connect/token", _) => return Err(ApiError::method_not_allowed("POST")),
            _ => {}
        }
        let call = Call::find(&exchange.parts.method, exchange.parts.uri.path());
        exchange.name = call.as_ref().map_or("unknown", Call::name);
        let authorization = exchange
            .parts
            .headers
            .get(AUTHORIZATION)
            .map(HeaderValue::as_bytes);
        if !self.authority.admits(authorization, SystemTime::now()) {
            let message = if authorization.is_some() {
                "the access token is not valid or has expired, get a new one from `/connect/token`"
            } else {
                "the request has no access token, get one from `/connect/token`"
            };
            return Err(ApiError::unauthorized(message));
        }
        let call = call?;
        let query = Query::parse(exchange.parts.uri.query())?;
        match start::expected_body(&call) {
            Some(expect) => self.start(&call, &query, expect, exchange).await,
            None => self.command(call, &query, exchange).await,
        }
    }

    fn readiness(&self) -> Response<Body> {
        let state = if self.draining.load(Ordering::Relaxed) {
            Err("shutting down".to_owned())
        } else {
            self.ready.as_ref().map_or(Ok(()), |ready| ready())
        };
        match state {
            Ok(()) => respond::text("ready\n".into()),
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
        Ok(match self.authority.grant(&form, SystemTime::now()) {
            Ok((token, seconds)) => respond::json(
                StatusCode::OK,
                &TokenResponse::new(token, i64::try_from(seconds).unwrap_or(i64::MAX), "Bearer"),
            ),
            // A text, not an object: two SDKs have code for exactly this (contract section 1.2).
            Err(refusal) => respond::json(
                StatusCode::BAD_REQUEST,
                &serde_json::json!({ "error": refusal.code() }),
            ),
        })
    }

    async fn start(
        &self,
        call: &Call,
        query: &Query,
        expect: Expect,
        exchange: &mut Exchange,
    ) -> Result<Response<Body>, ApiError> {
        if self.draining.load(Ordering::Relaxed) {
            return Err(ApiError::draining());
        }
        let start = Start::parse(call, query, &exchange.parts.headers)?;
        let upload = self.read_body(exchange, expect).await?;
        let request = start.with_body(&upload)?;
        let id = self
            .api
            .start(request)
            .await
            .map_err(|e| ApiError::from_core(&e, Subject::Start))?;
        // The spooled files are the implementer's until here.
        drop(upload);
        Ok(respond::accepted(&id))
    }

    async fn command(
        &self,
        call: Call,
        query: &Query,
        exchange: &mut Exchange,
    ) -> Result<Response<Body>, ApiError> {
        let operation = |error| ApiError::from_core(&error, Subject::Operation);
        let storage = |error| ApiError::from_core(&error, Subject::Storage);
        let at = |path: String| {
            let location = FileLocation::new(path).in_storage(query.owned("storageName"));
            location.version(query.owned("versionId"))
        };
        let from = |path: String| {
            let location = FileLocation::new(path).in_storage(query.owned("srcStorageName"));
            location.version(query.owned("versionId"))
        };
        let to = || -> Result<FileLocation, ApiError> {
            Ok(FileLocation::new(query.required_path("destPath")?)
                .in_storage(query.owned("destStorageName")))
        };
        Ok(match call {
            Call::Info => respond::json(
                StatusCode::OK,
                &ApiInfo::new("Slides", env!("CARGO_PKG_VERSION")),
            ),
            Call::Status { id } => {
                let reply = self
                    .api
                    .status(&OperationId::from(id))
                    .await
                    .map_err(operation)?;
                let mut response = respond::json(StatusCode::OK, &reply.operation);
                if let Some(wait) = reply.retry_after {
                    response
                        .headers_mut()
                        .insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
                }
                response
            }
            Call::Result { id } => respond::file(
                self.api
                    .result(&OperationId::from(id))
                    .await
                    .map_err(operation)?,
            ),
            Call::Cancel { id } => {
                self.api
                    .cancel(&OperationId::from(id))
                    .await
                    .map_err(operation)?;
                respond::empty()
            }
            Call::DownloadFile { path, .. } => {
                let name = path.rsplit('/').next().map(str::to_owned);
                let mut download = self
                    .storage
                    .download_file(&at(path))
                    .await
                    .map_err(storage)?;
                download.file_name = download.file_name.or(name);
                respond::file(download)
            }
            Call::UploadFile {
                path, is_folder, ..
            } => {
                let upload = self.read_body(exchange, Expect::File).await?;
                let file = match upload.files.as_slice() {
                    [file] => file,
                    files => {
                        return Err(ApiError::bad_request(format!(
                            "the request has {} files, this call takes one",
                            files.len()
                        )));
                    }
                };
                let path = match (is_folder, &file.file_name) {
                    (false, _) => path,
                    (true, Some(name)) if path.is_empty() => name.clone(),
                    (true, Some(name)) => format!("{path}/{name}"),
                    (true, None) => {
                        return Err(ApiError::bad_request(
                            "the path names no file: `/v3.0/slides/storage/file/{path}`",
                        ));
                    }
                };
                crate::path::check(&path).map_err(|reason| {
                    ApiError::bad_request(format!("Invalid value for the path: {reason}"))
                })?;
                let done = self
                    .storage
                    .upload_file(&at(path), file.content.clone())
                    .await
                    .map_err(storage)?;
                respond::json(StatusCode::OK, &done)
            }
            Call::DeleteFile { path } => {
                self.storage.delete_file(&at(path)).await.map_err(storage)?;
                respond::empty()
            }
            Call::CopyFile { path } => {
                self.storage
                    .copy_file(&from(path), &to()?)
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            Call::MoveFile { path } => {
                self.storage
                    .move_file(&from(path), &to()?)
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            Call::ListFolder { path } => respond::json(
                StatusCode::OK,
                &self.storage.list_folder(&at(path)).await.map_err(storage)?,
            ),
            Call::CreateFolder { path } => {
                self.storage
                    .create_folder(&at(path))
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            Call::DeleteFolder { path } => {
                self.storage
                    .delete_folder(&at(path), query.flag("recursive")?)
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            Call::CopyFolder { path } => {
                self.storage
                    .copy_folder(&from(path), &to()?)
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            Call::MoveFolder { path } => {
                self.storage
                    .move_folder(&from(path), &to()?)
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            Call::ObjectExists { path } => respond::json(
                StatusCode::OK,
                &self
                    .storage
                    .object_exists(&at(path))
                    .await
                    .map_err(storage)?,
            ),
            Call::StorageExists { storage: name } => respond::json(
                StatusCode::OK,
                &self.storage.storage_exists(&name).await.map_err(storage)?,
            ),
            Call::DiscUsage => respond::json(
                StatusCode::OK,
                &self
                    .storage
                    .disc_usage(query.get("storageName"))
                    .await
                    .map_err(storage)?,
            ),
            Call::FileVersions { path } => respond::json(
                StatusCode::OK,
                &self
                    .storage
                    .file_versions(&at(path))
                    .await
                    .map_err(storage)?,
            ),
            Call::Convert { .. }
            | Call::Stored { .. }
            | Call::Merge { .. }
            | Call::Split { .. }
            | Call::UploadAndSplit { .. } => {
                return Err(ApiError::no_such_route());
            }
        })
    }

    async fn read_body(&self, exchange: &mut Exchange, expect: Expect) -> Result<Upload, ApiError> {
        let content_type = header(&exchange.parts.headers, CONTENT_TYPE.as_str());
        let length = exchange.content_length();
        body::read(
            content_type.as_deref(),
            length,
            &mut exchange.body,
            expect,
            &self.limits,
            self.spool_dir.as_ref(),
        )
        .await
    }
}

/// A request while it is answered.
struct Exchange {
    parts: http::request::Parts,
    body: Body,
    /// Name of the call, for logs and metrics.
    name: &'static str,
}

impl Exchange {
    fn content_length(&self) -> Option<u64> {
        self.parts
            .headers
            .get(CONTENT_LENGTH)?
            .to_str()
            .ok()?
            .parse()
            .ok()
    }

    /// Reads what is left of an upload: an HTTP/1 client that is still sending would see a cut
    /// connection in place of the answer. One that waits for `100 Continue` has sent nothing.
    async fn drain(&mut self, max: u64) {
        if self.parts.headers.contains_key(EXPECT) || self.parts.version == Version::HTTP_2 {
            return;
        }
        let mut left = max;
        let read = async {
            while let Some(Ok(frame)) = self.body.frame().await {
                left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
                if left == 0 {
                    break;
                }
            }
        };
        // What does not come in time is cut off.
        let _ = tokio::time::timeout(DRAIN_TIME, read).await;
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
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string())
}

#[derive(Debug, thiserror::Error)]
#[error("a handler panicked")]
struct Panicked;
