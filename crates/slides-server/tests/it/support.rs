use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use slides_core::{MockAsyncApi, MockStorageApi};
use slides_server::{Credentials, Server};
use tower::ServiceExt;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(
            self.header("content-type"),
            "application/json; charset=utf-8"
        );
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Checks the vendor's error shape and gives its message.
    pub(crate) fn error(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        let json = self.json();
        assert_eq!(json["error"]["code"], code);
        assert_eq!(
            json["error"]["innerError"]["requestId"],
            self.header("x-request-id")
        );
        assert!(
            json["error"]["innerError"]["date"]
                .as_str()
                .unwrap()
                .ends_with('Z')
        );
        json["error"]["message"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn server(api: MockAsyncApi) -> Server {
    Server::builder(Arc::new(api), Arc::new(MockStorageApi::new())).build()
}

pub(crate) fn storage_server(storage: MockStorageApi) -> Server {
    Server::builder(Arc::new(MockAsyncApi::new()), Arc::new(storage)).build()
}

pub(crate) fn closed_server() -> Server {
    Server::builder(
        Arc::new(MockAsyncApi::new()),
        Arc::new(MockStorageApi::new()),
    )
    .credentials(Credentials::new("me", "s3cret"))
    .token_key(b"a key".to_vec())
    .build()
}

pub(crate) async fn send(server: &Server, request: Request<Body>) -> Answer {
    let response: Response<Body> = server.router().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

pub(crate) async fn call(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(server, request.body(Body::from(body.to_vec())).unwrap()).await
}

pub(crate) async fn get(server: &Server, path: &str) -> Answer {
    call(server, "GET", path, &[], b"").await
}
