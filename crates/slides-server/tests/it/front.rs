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

#[tokio::test]
async fn the_page_for_people_is_served_unless_it_is_switched_off() {
    let server = closed_server();
    let root = get(&server, "/").await;
    assert_eq!(
        (root.status.as_u16(), root.header("location")),
        (303, "/ui")
    );
    let page = get(&server, "/ui").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    let script = get(&server, "/ui/main.js").await;
    assert_eq!(script.status, 200);
    assert!(script.header("content-type").starts_with("text/javascript"));

    let server = Server::builder(
        Arc::new(MockAsyncApi::new()),
        Arc::new(MockStorageApi::new()),
    )
    .ui(false)
    .build();
    for path in ["/", "/ui", "/ui/main.js", "/ui/ui.css"] {
        get(&server, path).await.error(404, "notFound");
    }
    assert_eq!(get(&server, "/docs/docs.js").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn wrong_secrets_are_refused_for_a_while_and_right_ones_with_them() {
    let server = closed_server();
    let login = async |id: &str, secret: &str| {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        call(&server, "POST", "/connect/token", &[], form.as_bytes()).await
    };
    for _ in 0..10 {
        let wrong = login("me", "guess").await;
        assert_eq!(
            (wrong.status.as_u16(), wrong.header("retry-after")),
            (400, "")
        );
        assert_eq!(wrong.json()["error"], "invalid_client");
    }
    let stopped = login("me", "s3cret").await;
    assert_eq!(
        (stopped.status.as_u16(), stopped.header("retry-after")),
        (429, "6")
    );
    assert_eq!(stopped.json()["error"], "slow_down");
    assert_eq!(login("you", "guess").await.status, 400);
    tokio::time::advance(std::time::Duration::from_secs(6)).await;
    assert_eq!(login("me", "s3cret").await.status, 200);
    // A request that is no login is no failed one.
    for _ in 0..20 {
        let form = b"grant_type=password&client_id=you&client_secret=x";
        let odd = call(&server, "POST", "/connect/token", &[], form).await;
        assert_eq!(odd.json()["error"], "unsupported_grant_type");
    }
    assert_eq!(login("you", "guess").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_client_asks_as_often_as_it_may() {
    let mut api = MockAsyncApi::new();
    api.expect_status()
        .returning(|id| Err(Error::not_found(id.as_str())));
    let mut limits = slides_server::RateLimits::default();
    limits.requests = 2;
    let server = Server::builder(Arc::new(api), Arc::new(MockStorageApi::new()))
        .credentials(Credentials::new("me", "s3cret"))
        .credentials(Credentials::new("you", "s3cret"))
        .rate_limits(limits)
        .build();
    let ask = async |id: &str| {
        let token = format!("Bearer {}", token_of(&server, id).await);
        let path = "/v3.0/slides/async/x";
        call(&server, "GET", path, &[("authorization", &token)], b"").await
    };
    for _ in 0..2 {
        assert_eq!(ask("me").await.status, 404);
    }
    let refused = ask("me").await;
    refused.error(429, "tooManyRequests");
    assert_eq!(refused.header("retry-after"), "30");
    assert_eq!(ask("you").await.status, 404);
    assert_eq!(get(&server, "/livez").await.status, 200);
}

async fn token_of(server: &Server, id: &str) -> String {
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret=s3cret");
    let answer = call(server, "POST", "/connect/token", &[], form.as_bytes()).await;
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn clients_are_replaced_while_the_server_runs() {
    let server = closed_server();
    let access = server.access();
    let token = token_of(&server, "me").await;
    let header = format!("Bearer {token}");
    let ask = async || {
        let path = "/v3.0/slides/info";
        call(&server, "GET", path, &[("authorization", &header)], b"")
            .await
            .status
    };
    assert_eq!(ask().await, 200);
    let key = || vec![b"a key".to_vec().into()];
    assert!(access.replace(Vec::new(), key()).is_err());
    assert_eq!(ask().await, 200);
    let (client, _) = Credentials::generate("you");
    access.replace(vec![client], key()).unwrap();
    assert_eq!(ask().await, 401);
}
