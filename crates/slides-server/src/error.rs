//! Failures in the vendor's shape (contract section 2.6): what the caller may
//! know goes out, what happened inside goes to the log under the request's id.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use http::header::{ALLOW, CONTENT_RANGE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use slides_core::Error;
use slides_types::{ErrorDetails, ErrorResponse, InnerError, OperationError};

use crate::respond;

/// The vendor's sentence for an object that is not there (contract section 2.6).
const VENDOR_MISSING_KEY: &str = "AmazonS3 Storage exception: The specified key does not exist.";

/// How the vendor's storage begins what it says itself.
const VENDOR_STORAGE: &str = "AmazonS3 Storage exception";

/// What the failed call was about, for the words of a 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Start,
    Operation,
    Storage,
}

/// An answer that is no success.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
    /// Never sent.
    internal: Option<String>,
    retry_after: Option<Duration>,
    allow: Option<String>,
    content_range: Option<String>,
    is_missing_object: bool,
    is_of_storage: bool,
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            status,
            code: code.into(),
            message: message.into(),
            internal: None,
            retry_after: None,
            allow: None,
            content_range: None,
            is_missing_object: false,
            is_of_storage: false,
        }))
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalidArgument", message)
    }

    pub(crate) fn no_such_route() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "notFound",
            "there is no such path in this API: paths begin with `/v3.0/slides/`, `/docs` lists them",
        )
    }

    pub(crate) fn no_page() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "notFound",
            "this server was told to serve no page (`--no-ui`): `/docs` lists its calls",
        )
    }

    pub(crate) fn health_only() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "notFound",
            "this server runs operations and takes none: ask a server of the same queue that was started without `--only-workers`",
        )
    }

    pub(crate) fn method_not_allowed(allow: String) -> Self {
        let mut error = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "methodNotAllowed",
            format!("this path does not take the method: use {allow}"),
        );
        error.0.allow = Some(allow);
        error
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// A range behind the end of a file of `len` bytes.
    pub(crate) fn range_not_satisfiable(len: u64) -> Self {
        let mut error = Self::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "rangeNotSatisfiable",
            format!("the range begins behind the end of the file, which has {len} bytes"),
        );
        error.0.content_range = Some(format!("bytes */{len}"));
        error
    }

    /// A body that was compressed on its way.
    pub(crate) fn encoded_body() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupportedMediaType",
            "the body has a `Content-Encoding`, send it as it is",
        )
    }

    /// A bad request that the vendor's storage refuses in its own name.
    pub(crate) fn of_vendors_storage(mut self) -> Self {
        self.0.is_of_storage = self.0.status == StatusCode::BAD_REQUEST;
        self
    }

    /// A synchronous call whose work took too long.
    pub(crate) fn sync_timeout(limit: Duration) -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timeout",
            format!(
                "the work did not end within {limit:?}, the limit of synchronous calls (`sync_timeout`): start it in the background under `/v3.0/slides/async/`"
            ),
        )
    }

    /// The error of an operation as the answer of a synchronous call (contract section 2.6).
    pub(crate) fn of_operation(error: &OperationError) -> Self {
        let status = u16::try_from(error.http_status_code)
            .ok()
            .and_then(|code| StatusCode::from_u16(code).ok())
            .filter(|status| status.is_client_error() || status.is_server_error());
        let status = match status {
            // Its own time limit: to the caller of a synchronous call that is no slow upload.
            Some(StatusCode::REQUEST_TIMEOUT) => StatusCode::GATEWAY_TIMEOUT,
            other => other.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        };
        let code = error.code.clone().unwrap_or_else(|| "internal".to_owned());
        let message = error.message.as_deref().unwrap_or("the work failed");
        let mut answer = Self::new(status, code, message);
        answer.0.is_missing_object = status == StatusCode::NOT_FOUND;
        answer
    }

    /// A client that asks more often than it may.
    pub(crate) fn too_many_requests(wait: Duration) -> Self {
        Self::unavailable(
            StatusCode::TOO_MANY_REQUESTS,
            "the client asks more often than the server allows (`max_requests_per_minute`)",
            Some(wait),
        )
    }

    /// A stream beyond those that there may be.
    pub(crate) fn too_many_watchers() -> Self {
        Self::unavailable(
            StatusCode::SERVICE_UNAVAILABLE,
            "as many operations are followed as the server allows (`max_watchers`): ask for the status instead",
            Some(Duration::from_secs(5)),
        )
    }

    pub(crate) fn draining() -> Self {
        Self::unavailable(
            StatusCode::SERVICE_UNAVAILABLE,
            "the server is shutting down",
            Some(Duration::from_secs(5)),
        )
    }

    /// A bug or a broken machine: the cause is logged, the caller gets the request's id.
    pub(crate) fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        if is_full(cause) {
            return Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "insufficientStorage",
                "the server has no space left for this, nothing of it was kept: delete files or come back later",
            )
            .with_internal(cause);
        }
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server failed to answer, its log has the reason under the request id",
        )
        .with_internal(cause)
    }

    fn unavailable(status: StatusCode, message: &str, retry_after: Option<Duration>) -> Self {
        let code = if status == StatusCode::TOO_MANY_REQUESTS {
            "tooManyRequests"
        } else {
            "unavailable"
        };
        let mut error = Self::new(status, code, message);
        error.0.retry_after = Some(retry_after.unwrap_or(Duration::from_secs(1)));
        error
    }

    /// Adds what happened inside, for the log: of our own errors the kind alone, since they name files.
    pub(crate) fn with_internal(mut self, cause: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = match cause.downcast_ref::<Error>() {
            Some(error) => error.kind_text().to_owned(),
            None => cause.to_string(),
        };
        let mut source = cause.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        self.0.internal = Some(text);
        self
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Turns what an implementer answered into what the wire says.
    pub(crate) fn from_core(error: &Error, subject: Subject) -> Self {
        let conflict = |message: &str| Self::new(StatusCode::CONFLICT, "conflict", message);
        match error {
            Error::NotFound { what, detail } => match subject {
                Subject::Operation => Self::new(
                    StatusCode::NOT_FOUND,
                    "notFound",
                    "Operation does not exist",
                ),
                Subject::Start | Subject::Storage => {
                    let message = detail
                        .clone()
                        .unwrap_or_else(|| format!("`{what}` does not exist"));
                    let mut error = Self::new(StatusCode::NOT_FOUND, "notFound", message);
                    error.0.is_missing_object = true;
                    error
                }
            },
            Error::Rejected(rejection) => match StatusCode::from_u16(rejection.status) {
                Ok(status @ StatusCode::TOO_MANY_REQUESTS) => {
                    Self::unavailable(status, &rejection.message, None)
                }
                Ok(status) if status.is_client_error() => {
                    Self::new(status, rejection.code.clone(), rejection.message.clone())
                }
                _ => Self::internal(error),
            },
            Error::Unavailable(down) => match StatusCode::from_u16(down.status) {
                Ok(status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)) => {
                    Self::unavailable(status, &down.message, down.retry_after)
                }
                _ => Self::unavailable(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the service behind this server is not available",
                    down.retry_after,
                )
                .with_internal(error),
            },
            // The result of an operation that has none (contract section 9, choice 2).
            Error::Failed { error, .. } => {
                conflict(error.message.as_deref().unwrap_or("the operation failed"))
            }
            Error::Canceled { .. } => conflict("the operation was canceled"),
            Error::Unsupported { what, .. } => Self::new(
                StatusCode::NOT_IMPLEMENTED,
                "notSupported",
                format!("this server does not support `{what}`"),
            ),
            Error::Auth(_)
            | Error::Transport(_)
            | Error::Protocol(_)
            | Error::UnrecognizedStatus { .. } => Self::new(
                StatusCode::BAD_GATEWAY,
                "badGateway",
                "the service behind this server did not answer as it should",
            )
            .with_internal(error),
            _ => Self::internal(error),
        }
    }

    /// Logs the inside and writes the outside.
    pub(crate) fn into_response(self, request_id: &str, vendor_messages: bool) -> Response<Body> {
        let Inner {
            status,
            code,
            mut message,
            internal,
            retry_after,
            allow,
            content_range,
            is_missing_object,
            is_of_storage,
        } = *self.0;
        if let Some(internal) = internal {
            if status.is_server_error() {
                tracing::error!(
                    request_id,
                    status = status.as_u16(),
                    error = internal,
                    "request failed"
                );
            } else {
                tracing::info!(
                    request_id,
                    status = status.as_u16(),
                    error = internal,
                    "request refused"
                );
            }
        }
        if is_missing_object && vendor_messages && !message.contains(VENDOR_MISSING_KEY) {
            message = format!("{VENDOR_MISSING_KEY} {message}");
        }
        if is_of_storage && vendor_messages {
            message = format!("{VENDOR_STORAGE}: {message}");
        }
        let mut inner = InnerError::default();
        inner.request_id = Some(request_id.to_owned());
        inner.date = Some(jiff::Timestamp::now().to_string().into());
        let mut details = ErrorDetails::default();
        details.code = Some(code.into_owned());
        details.description = status.canonical_reason().map(str::to_owned);
        details.message = Some(message);
        details.inner_error = Some(inner);
        let mut response = respond::json(status, &ErrorResponse::new(details));
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        if let Some(allow) = allow {
            headers.extend(HeaderValue::from_str(&allow).map(|value| (ALLOW, value)));
        }
        if let Some(range) = content_range {
            headers.extend(HeaderValue::from_str(&range).map(|value| (CONTENT_RANGE, value)));
        }
        response
    }
}

/// Whether a disk or a quota was full.
fn is_full(cause: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    std::iter::successors(Some(cause), |cause| cause.source()).any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| matches!(error.kind(), StorageFull | QuotaExceeded))
    })
}

/// Seconds for `Retry-After`, rounded up and at least one.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_as_such() {
        for kind in [
            std::io::ErrorKind::StorageFull,
            std::io::ErrorKind::QuotaExceeded,
        ] {
            let error = Error::io("cannot write `x` into the storage", kind.into());
            let answer = ApiError::from_core(&error, Subject::Storage);
            assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE);
            assert!(answer.message().contains("no space left"));
        }
        let other = Error::io("x", std::io::ErrorKind::PermissionDenied.into());
        let answer = ApiError::from_core(&other, Subject::Storage);
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    fn failed(message: &str) -> Error {
        let mut error = OperationError::new(400);
        error.message = Some(message.into());
        Error::Failed {
            id: "1".into(),
            error: Box::new(error),
        }
    }

    #[test]
    fn each_kind_of_error_has_its_status() {
        use Subject::{Operation, Start, Storage};
        let io = || {
            Error::io(
                "cannot read `/secret/path`",
                std::io::Error::other("disk on fire"),
            )
        };
        for (error, subject, status, message) in [
            (
                Error::not_found("1"),
                Operation,
                404,
                "Operation does not exist",
            ),
            (
                Error::not_found("a/b.pptx"),
                Storage,
                404,
                "`a/b.pptx` does not exist",
            ),
            (
                Error::rejected(404, "storageNotFound", "The storage  was not found"),
                Start,
                404,
                "The storage  was not found",
            ),
            (
                Error::rejected(409, "conflict", "Operation is not finished"),
                Operation,
                409,
                "Operation is not finished",
            ),
            (
                Error::rejected(302, "odd", "elsewhere"),
                Operation,
                500,
                "the server failed",
            ),
            (
                Error::unavailable(429, "the queue is full", None),
                Start,
                429,
                "the queue is full",
            ),
            (
                Error::unavailable(500, "stack trace", None),
                Start,
                503,
                "the service behind",
            ),
            (
                failed("Invalid password."),
                Operation,
                409,
                "Invalid password.",
            ),
            (
                Error::Canceled { id: "1".into() },
                Operation,
                409,
                "the operation was canceled",
            ),
            (
                Error::unsupported("cancel", "the cloud"),
                Operation,
                501,
                "`cancel`",
            ),
            (io(), Storage, 500, "the server failed"),
        ] {
            let answer = ApiError::from_core(&error, subject);
            assert_eq!(answer.status().as_u16(), status, "{error}");
            assert!(
                answer.message().contains(message),
                "{error}: {}",
                answer.message()
            );
            assert!(!answer.message().contains("secret") && !answer.message().contains("trace"));
        }
    }

    #[test]
    fn retry_after_is_rounded_up() {
        for (wait, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (59_999, 60)] {
            assert_eq!(whole_seconds(Duration::from_millis(wait)), seconds);
        }
    }
}
