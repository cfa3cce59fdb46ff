//! Raw calls of a server without a socket.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use bytes::Bytes;
use http_body_util::BodyExt;
use tower::ServiceExt;

/// A server that is called with raw requests.
#[derive(Debug, Clone)]
pub struct Wire(Router);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Wire {
    /// Calls of this router.
    pub fn new(router: Router) -> Self {
        Self(router)
    }

    /// One call with headers and a body.
    ///
    /// # Panics
    /// When the request is not valid HTTP.
    #[allow(clippy::expect_used, reason = "for tests")]
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Body::from(body.into()))
            .expect("a valid request");
        let (parts, body) = self
            .0
            .clone()
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {})
            .into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    /// One call without a body.
    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], Bytes::new()).await
    }
}

impl Answer {
    /// The body as text, or why it is none.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or("(no UTF-8)")
    }

    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's text; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// `error.message` of the vendor's error shape; empty when the body has another.
    pub fn message(&self) -> String {
        self.json()
            .pointer("/error/message")
            .and_then(|text| text.as_str())
            .unwrap_or_default()
            .to_owned()
    }
}
