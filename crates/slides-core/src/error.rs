use std::time::Duration;

use slides_types::{Operation, OperationError};

use crate::OperationId;

/// Result of every call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operation ended in `Failed`.
    #[error("operation `{id}` failed: {}", .error.message.as_deref().unwrap_or("no reason given"))]
    Failed {
        /// The operation.
        id: OperationId,
        /// The server's reason.
        error: Box<OperationError>,
    },
    /// The operation ended in `Canceled`.
    #[error("operation `{id}` was canceled")]
    Canceled {
        /// The operation.
        id: OperationId,
    },
    /// The deadline of the wait passed; the operation still runs and can be resumed by its id.
    #[error("operation `{}` did not end within {elapsed:?} ({polls} polls), it still runs: resume it by its id or cancel it", .last.id)]
    DeadlineExceeded {
        /// Last known state.
        last: Box<Operation>,
        /// How long the wait took.
        elapsed: Duration,
        /// How many times the status was asked for.
        polls: u32,
    },
    /// Nothing is known under this id or path (404).
    #[error("`{what}` does not exist{}", detail_suffix(.detail.as_deref()))]
    NotFound {
        /// The id or path.
        what: String,
        /// The server's words.
        detail: Option<String>,
    },
    /// The server kept answering a status this client does not know.
    #[error("operation `{id}` reports status `{status}`, which this client does not know")]
    UnrecognizedStatus {
        /// The operation.
        id: OperationId,
        /// The text as it came.
        status: String,
    },
    /// The request was refused (4xx): it will be refused again as it is.
    #[error(transparent)]
    Rejected(Box<Rejection>),
    /// No token could be had, or the server does not take it.
    #[error(transparent)]
    Auth(Box<AuthError>),
    /// The server cannot take the request now (429, 503, 5xx); later it may.
    #[error(transparent)]
    Unavailable(Box<Unavailable>),
    /// The connection failed.
    #[error(transparent)]
    Transport(Box<TransportError>),
    /// The answer makes no sense.
    #[error(transparent)]
    Protocol(Box<ProtocolError>),
    /// Reading or writing a local file or stream failed.
    #[error("{what}")]
    Io {
        /// What was being done.
        what: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The implementer does not offer this call.
    #[error("{by} does not support `{what}`")]
    Unsupported {
        /// The call.
        what: &'static str,
        /// Who does not have it.
        by: &'static str,
    },
}

/// A refusal with its place in the vendor's error model (contract section 2.6).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", code_suffix(*.status, .code))]
#[non_exhaustive]
pub struct Rejection {
    /// HTTP status, 400 to 499.
    pub status: u16,
    /// Code text: `invalidArgument`, `conflict`, `payloadTooLarge` …
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
    /// Id of the request in the server's log.
    pub request_id: Option<String>,
}

/// Why there is no usable token.
#[derive(Debug, thiserror::Error)]
#[error("not authorized: {message}")]
#[non_exhaustive]
pub struct AuthError {
    /// HTTP status when the server answered.
    pub status: Option<u16>,
    /// What was refused and what to check. Never holds a secret.
    pub message: String,
}

/// The server is overloaded, draining or broken.
#[derive(Debug, thiserror::Error)]
#[error("the service is not available: {message} (status {status}, {attempts} attempts)")]
#[non_exhaustive]
pub struct Unavailable {
    /// Last HTTP status.
    pub status: u16,
    /// Last message of the server.
    pub message: String,
    /// When to come back, if the server said so.
    pub retry_after: Option<Duration>,
    /// How many times it was tried.
    pub attempts: u32,
    /// Id of the last request in the server's log.
    pub request_id: Option<String>,
}

/// How far a request came before its connection failed.
#[derive(Debug, thiserror::Error)]
#[error("{kind}: {message}")]
#[non_exhaustive]
pub struct TransportError {
    /// What failed.
    pub kind: TransportErrorKind,
    /// Whether any byte of the request may have reached the server.
    pub request_sent: bool,
    /// Words for a person. Never holds a token, password or query.
    pub message: String,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Kinds of transport failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection could be made. Always safe to repeat.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// Nothing came in time.
    Timeout,
    /// The connection was cut.
    Interrupted,
    /// The request's or the answer's body could not be read.
    Body,
    /// Anything else.
    Other,
}

impl std::fmt::Display for TransportErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "cannot connect",
            Self::Tls => "the TLS handshake failed",
            Self::Timeout => "no answer in time",
            Self::Interrupted => "the connection was cut",
            Self::Body => "a body could not be transferred",
            Self::Other => "the request failed",
        })
    }
}

/// An answer that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("unexpected answer to `{call}` (status {status}): {message}")]
#[non_exhaustive]
pub struct ProtocolError {
    /// Which call.
    pub call: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What is wrong with it.
    pub message: String,
}

/// A bad argument is told by its message, and may never have been sent; other refusals name their code.
fn code_suffix(status: u16, code: &str) -> String {
    if status == 400 && code == "invalidArgument" {
        String::new()
    } else {
        format!(" (status {status}, code `{code}`)")
    }
}

fn detail_suffix(detail: Option<&str>) -> String {
    detail.map(|d| format!(": {d}")).unwrap_or_default()
}

impl Error {
    /// An I/O failure with what was being done.
    pub fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io {
            what: what.into(),
            source,
        }
    }

    /// A call that an implementer does not have.
    pub fn unsupported(what: &'static str, by: &'static str) -> Self {
        Self::Unsupported { what, by }
    }

    /// A refusal: `status` 400 to 499, `code` as in contract section 2.6.
    pub fn rejected(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Rejected(Box::new(Rejection {
            status,
            code: code.into(),
            message: message.into(),
            request_id: None,
        }))
    }

    /// A bad argument (400 `invalidArgument`).
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::rejected(400, "invalidArgument", message)
    }

    /// An id or path that is not known.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound {
            what: what.into(),
            detail: None,
        }
    }

    /// A service that cannot take work now.
    pub fn unavailable(
        status: u16,
        message: impl Into<String>,
        retry_after: Option<Duration>,
    ) -> Self {
        Self::Unavailable(Box::new(Unavailable {
            status,
            message: message.into(),
            retry_after,
            attempts: 1,
            request_id: None,
        }))
    }

    /// Whether the same call may succeed later: the service is not available now (429, 5xx), or
    /// the connection failed. It says nothing about whether repeating is *safe*: a start that
    /// failed unclearly may have been accepted.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Transport(error) => !matches!(
                error.kind,
                TransportErrorKind::Tls | TransportErrorKind::Other
            ),
            _ => false,
        }
    }

    /// The operation this error is about, to resume or cancel it.
    pub fn operation_id(&self) -> Option<OperationId> {
        match self {
            Self::Failed { id, .. }
            | Self::Canceled { id }
            | Self::UnrecognizedStatus { id, .. } => Some(id.clone()),
            Self::DeadlineExceeded { last, .. } => Some(OperationId::new(last.id.as_str())),
            _ => None,
        }
    }

    /// HTTP status behind the error, where there is one. For a failed operation, the status the
    /// service gives as its reason.
    pub fn status_code(&self) -> Option<u16> {
        match self {
            Self::Failed { error, .. } => u16::try_from(error.http_status_code)
                .ok()
                .filter(|code| *code != 0),
            Self::NotFound { .. } => Some(404),
            Self::Rejected(error) => Some(error.status),
            Self::Auth(error) => error.status,
            Self::Unavailable(error) => Some(error.status),
            Self::Protocol(error) => Some(error.status),
            _ => None,
        }
    }

    /// Id of the request in the server's log, to quote when asking its operator.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Rejected(error) => error.request_id.as_deref(),
            Self::Unavailable(error) => error.request_id.as_deref(),
            _ => None,
        }
    }

    /// When the server asked to come back.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable(error) => error.retry_after,
            _ => None,
        }
    }

    /// The kind as one of a fixed set of texts, for the `error.type` of spans and metrics.
    pub fn kind_text(&self) -> &'static str {
        match self {
            Self::Failed { .. } => "failed",
            Self::Canceled { .. } => "canceled",
            Self::DeadlineExceeded { .. } => "deadline_exceeded",
            Self::NotFound { .. } => "not_found",
            Self::UnrecognizedStatus { .. } => "unrecognized_status",
            Self::Rejected(_) => "rejected",
            Self::Auth(_) => "auth",
            Self::Unavailable(_) => "unavailable",
            Self::Transport(error) => match error.kind {
                TransportErrorKind::Connect => "transport.connect",
                TransportErrorKind::Tls => "transport.tls",
                TransportErrorKind::Timeout => "transport.timeout",
                TransportErrorKind::Interrupted => "transport.interrupted",
                TransportErrorKind::Body => "transport.body",
                TransportErrorKind::Other => "transport.other",
            },
            Self::Protocol(_) => "protocol",
            Self::Io { .. } => "io",
            Self::Unsupported { .. } => "unsupported",
        }
    }

    /// A one-shot payload that was opened before.
    pub(crate) fn payload_consumed() -> Self {
        Self::io(
            "the document is a one-shot stream that was read before: use `Payload::path`, `Payload::bytes` or `Payload::replayable` to allow a second send",
            std::io::Error::other("one-shot payload already read"),
        )
    }
}

impl AuthError {
    /// What was refused, with the HTTP status when the server answered. Never pass a secret.
    pub fn new(status: Option<u16>, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }
}

impl TransportError {
    /// A failure of the connection. Never pass a token, password or query in the message.
    pub fn new(kind: TransportErrorKind, request_sent: bool, message: impl Into<String>) -> Self {
        Self {
            kind,
            request_sent,
            message: message.into(),
            source: None,
        }
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl ProtocolError {
    /// An answer that cannot be read.
    pub fn new(call: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self {
            call,
            status,
            message: message.into(),
        }
    }
}

impl From<Rejection> for Error {
    fn from(error: Rejection) -> Self {
        Self::Rejected(Box::new(error))
    }
}

impl From<AuthError> for Error {
    fn from(error: AuthError) -> Self {
        Self::Auth(Box::new(error))
    }
}

impl From<Unavailable> for Error {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        Self::Transport(Box::new(error))
    }
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn an_error_is_small_and_can_cross_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<Error>();
        assert!(
            std::mem::size_of::<Error>() <= 64,
            "{}",
            std::mem::size_of::<Error>()
        );
    }

    #[test]
    fn the_cause_comes_by_source_and_not_in_the_text() {
        let cause = std::io::Error::other("connection refused");
        let error = Error::from(
            TransportError::new(TransportErrorKind::Connect, false, "host `127.0.0.1`")
                .with_source(cause),
        );
        assert_eq!(error.to_string(), "cannot connect: host `127.0.0.1`");
        assert_eq!(error.source().unwrap().to_string(), "connection refused");
        assert_eq!(error.kind_text(), "transport.connect");
    }

    #[test]
    fn kinds_are_texts_of_a_fixed_set() {
        let id = || OperationId::new("op-1");
        let transport = |kind| Error::from(TransportError::new(kind, true, "secret"));
        let errors = [
            Error::Failed {
                id: id(),
                error: Box::default(),
            },
            Error::Canceled { id: id() },
            Error::not_found("secret"),
            Error::UnrecognizedStatus {
                id: id(),
                status: "secret".into(),
            },
            Error::invalid("secret"),
            Error::from(AuthError::new(Some(401), "secret")),
            Error::unavailable(503, "secret", None),
            transport(TransportErrorKind::Connect),
            transport(TransportErrorKind::Tls),
            transport(TransportErrorKind::Timeout),
            transport(TransportErrorKind::Interrupted),
            transport(TransportErrorKind::Body),
            transport(TransportErrorKind::Other),
            Error::from(ProtocolError::new("call", 200, "secret")),
            Error::io("secret", std::io::ErrorKind::Other.into()),
            Error::unsupported("cancel", "secret"),
        ];
        let kinds: std::collections::BTreeSet<_> = errors.iter().map(Error::kind_text).collect();
        assert_eq!(kinds.len(), errors.len(), "one for each: {kinds:?}");
        assert!(kinds.iter().all(|kind| !kind.contains("secret")));
    }

    #[test]
    fn what_can_be_tried_again() {
        let transport = |kind| Error::from(TransportError::new(kind, true, ""));
        assert!(Error::unavailable(429, "", None).is_retryable());
        assert!(transport(TransportErrorKind::Interrupted).is_retryable());
        assert!(!transport(TransportErrorKind::Tls).is_retryable());
        assert!(!Error::invalid("no").is_retryable());
        assert!(!Error::not_found("id").is_retryable());
    }

    #[test]
    fn a_failure_knows_its_operation_and_status() {
        let mut reason = OperationError::default();
        reason.http_status_code = 404;
        reason.message = Some("Data/Nothing.pptx does not exist".into());
        let error = Error::Failed {
            id: "op-1".into(),
            error: Box::new(reason),
        };
        assert_eq!(
            error.to_string(),
            "operation `op-1` failed: Data/Nothing.pptx does not exist"
        );
        assert_eq!(error.operation_id(), Some("op-1".into()));
        assert_eq!(error.status_code(), Some(404));
    }
}
