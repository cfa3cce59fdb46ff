use async_trait::async_trait;
use slides_core::TransportError;

use crate::Body;

/// The lower seam: sends one request and gives its answer, whatever the status.
///
/// Retries, tokens, timeouts and tracing sit above it, so a fake transport tests them too. An
/// implementer follows no redirects (they would carry credentials along) and repeats nothing.
///
/// ```
/// use async_trait::async_trait;
/// use slides_core::TransportError;
/// use slides_http::{Body, Transport};
///
/// /// Answers everything with 204.
/// struct Silent;
///
/// #[async_trait]
/// impl Transport for Silent {
///     async fn send(&self, _: http::Request<Body>) -> Result<http::Response<Body>, TransportError> {
///         let mut response = http::Response::new(Body::empty());
///         *response.status_mut() = http::StatusCode::NO_CONTENT;
///         Ok(response)
///     }
/// }
/// ```
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends the request; the answer's body streams.
    ///
    /// # Errors
    /// What kept an answer from coming; `request_sent` says whether the server may have seen
    /// any of the request.
    async fn send(
        &self,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, TransportError>;
}
