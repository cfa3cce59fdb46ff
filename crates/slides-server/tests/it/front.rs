//! What holds for every path: methods, encodings, other origins, parts of files, clients, and the pages.

use std::sync::{Arc, Mutex};

use slides_core::types::{Operation, OperationMethod, OperationStatus};
use slides_core::{Download, Error, MockAsyncApi, MockStorageApi, StatusReply};
use slides_server::{Credentials, Server};

use crate::support::{Answer, call, closed_server, get, server};

const RESULT: &str = "/v3.0/slides/async/id-1/result";

fn with_result(tag: Option<&'static str>) -> Server {
    let mut api = MockAsyncApi::new();
    api.expect_result().returning(move |_| {
        let download = Download::from_bytes("0123456789")
            .with_type(Some("application/pdf".into()), Some("deck.pdf".into()));
        Ok(download.with_tag(tag.map(str::to_owned)))
    });
    server(api)
}

async fn ranged(server: &Server, headers: &[(&str, &str)]) -> Answer {
    call(server, "GET", RESULT, headers, b"").await
}

#[tokio::test]
async fn a_broken_download_is_gone_on_with() {
    let server = with_result(Some("abc"));
    let whole = ranged(&server, &[]).await;
    assert_eq!((whole.status.as_u16(), whole.text()), (200, "0123456789"));
    assert_eq!(
        (whole.header("etag"), whole.header("accept-ranges")),
        ("\"abc\"", "bytes")
    );
    for (headers, status, body, range) in [
        (&[("range", "bytes=4-")][..], 206, "456789", "bytes 4-9/10"),
        (
            &[("range", "bytes=4-"), ("if-range", "\"abc\"")],
            206,
            "456789",
            "bytes 4-9/10",
        ),
        (&[("range", "bytes=-3")], 206, "789", "bytes 7-9/10"),
        (&[("range", "bytes=0-0")], 206, "0", "bytes 0-0/10"),
        // Another file by now: all of it.
        (
            &[("range", "bytes=4-"), ("if-range", "\"old\"")],
            200,
            "0123456789",
            "",
        ),
        (
            &[
                ("range", "bytes=4-"),
                ("if-range", "Mon, 20 Jan 2025 10:00:00 GMT"),
            ],
            200,
            "0123456789",
            "",
        ),
        (&[("range", "bytes=0-1,4-5")], 200, "0123456789", ""),
        (&[("range", "pages=1")], 200, "0123456789", ""),
        (&[("if-none-match", "\"old\", W/\"abc\"")], 304, "", ""),
        (&[("if-none-match", "\"old\"")], 200, "0123456789", ""),
    ] {
        let answer = ranged(&server, headers).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (status, body),
            "{headers:?}"
        );
        assert_eq!(answer.header("content-range"), range, "{headers:?}");
        assert_eq!(answer.header("etag"), "\"abc\"", "{headers:?}");
        if status != 304 {
            assert_eq!(answer.header("content-length"), body.len().to_string());
            assert_eq!(answer.header("content-type"), "application/pdf");
        }
    }
    let behind = ranged(&server, &[("range", "bytes=10-")]).await;
    behind.error(416, "rangeNotSatisfiable");
    assert_eq!(behind.header("content-range"), "bytes */10");
    // Without a tag nothing proves that the file is the same.
    let untagged = with_result(None);
    assert_eq!(
        ranged(&untagged, &[("range", "bytes=4-")]).await.status,
        206
    );
    let guess = [("range", "bytes=4-"), ("if-range", "\"abc\"")];
    assert_eq!(ranged(&untagged, &guess).await.status, 200);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let answer = call(
        &with_result(Some("abc")),
        "HEAD",
        RESULT,
        &[("range", "bytes=4-")],
        b"",
    )
    .await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, ""));
    assert_eq!(answer.header("content-length"), "10");
    let mut api = MockAsyncApi::new();
    api.expect_status().returning(|_| {
        Ok(StatusReply::new(Operation::new(
            "id-1",
            OperationMethod::Merge,
            OperationStatus::Started,
        )))
    });
    let server = server(api);
    let status = get(&server, "/v3.0/slides/async/id-1").await;
    let head = call(&server, "HEAD", "/v3.0/slides/async/id-1", &[], b"").await;
    assert_eq!((head.status.as_u16(), head.text()), (200, ""));
    assert_eq!(head.header("content-length"), status.body.len().to_string());
}

#[tokio::test]
async fn methods_are_told() {
    let server = server(MockAsyncApi::new());
    let options = call(
        &server,
        "OPTIONS",
        "/v3.0/slides/async/convert/pdf",
        &[],
        b"",
    )
    .await;
    assert_eq!(
        (options.status.as_u16(), options.header("allow")),
        (204, "POST, PUT")
    );
    let wrong = call(&server, "PATCH", "/v3.0/slides/async/id-1", &[], b"").await;
    wrong.error(405, "methodNotAllowed");
    assert_eq!(wrong.header("allow"), "DELETE, GET, HEAD");
    call(&server, "OPTIONS", "/nowhere", &[], b"")
        .await
        .error(404, "notFound");
}

#[tokio::test]
async fn compressed_bodies_are_refused() {
    let server = server(MockAsyncApi::new());
    for (method, path) in [
        ("POST", "/v3.0/slides/async/convert/pdf"),
        ("POST", "/v3.0/slides/convert/pdf"),
        ("PUT", "/v3.0/slides/storage/file/a.pptx"),
        ("POST", "/connect/token"),
    ] {
        let answer = call(&server, method, path, &[("content-encoding", "gzip")], b"x").await;
        answer.error(415, "unsupportedMediaType");
    }
}

#[tokio::test]
async fn other_origins_are_let_in_by_name_alone() {
    let ask = [
        ("origin", "https://slides.example"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "authorization,password"),
    ];
    let path = "/v3.0/slides/info";
    let builder = || {
        Server::builder(
            Arc::new(MockAsyncApi::new()),
            Arc::new(MockStorageApi::new()),
        )
    };
    let off = call(&builder().build(), "GET", path, &ask[..1], b"").await;
    assert_eq!(off.header("access-control-allow-origin"), "");
    let on = builder().cors(["https://slides.example"]).unwrap().build();
    let asked = call(&on, "OPTIONS", path, &ask, b"").await;
    assert_eq!(
        asked.header("access-control-allow-origin"),
        "https://slides.example"
    );
    assert!(asked.header("access-control-allow-methods").contains("PUT"));
    assert_eq!(
        asked.header("access-control-allow-headers"),
        "authorization,password"
    );
    let read = call(&on, "GET", path, &ask[..1], b"").await;
    assert_eq!(read.status, 200);
    assert!(
        read.header("access-control-expose-headers")
            .contains("x-request-id")
    );
    let stranger = call(&on, "GET", path, &[("origin", "https://evil.example")], b"").await;
    assert_eq!(stranger.header("access-control-allow-origin"), "");
    assert!(builder().cors(["slides.example"]).is_err());
}

#[tokio::test]
async fn each_client_has_its_own_operations() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let server = Server::builder(
        Arc::new(MockAsyncApi::new()),
        Arc::new(MockStorageApi::new()),
    )
    .credentials(Credentials::new("me", "s3cret"))
    .for_client(move |client| {
        log.lock().unwrap().push(client.to_owned());
        let mut api = MockAsyncApi::new();
        api.expect_status()
            .returning(|id| Err(Error::not_found(id.as_str())));
        Arc::new(api)
    })
    .build();
    let form = b"grant_type=client_credentials&client_id=me&client_secret=s3cret";
    let token = call(&server, "POST", "/connect/token", &[], form)
        .await
        .json();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    let answer = call(&server, "GET", "/v3.0/slides/async/id-1", &headers, b"").await;
    assert_eq!(answer.error(404, "notFound"), "Operation does not exist");
    assert_eq!(*asked.lock().unwrap(), ["me"]);
}

#[tokio::test]
async fn the_description_and_its_page_are_handed_out_to_all() {
    let server = closed_server();
    let yaml = get(&server, "/openapi.yaml").await;
    assert_eq!(
        (yaml.status.as_u16(), yaml.header("content-type")),
        (200, "application/yaml")
    );
    assert!(yaml.text().starts_with("openapi: 3.1"));
    let json = get(&server, "/openapi.json").await.json();
    assert_eq!(
        json["paths"]["/v3.0/slides/info"]["get"]["operationId"],
        "GetApiInfo"
    );
    let page = get(&server, "/docs").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    for (path, kind) in [
        ("/docs/docs.js", "text/javascript"),
        ("/docs/docs.css", "text/css"),
    ] {
        assert!(page.text().contains(path));
        let asset = get(&server, path).await;
        assert_eq!(asset.status, 200);
        assert!(asset.header("content-type").starts_with(kind));
    }
    get(&server, "/docs/other.js")
        .await
        .error(401, "unauthorized");
}
