use std::sync::{Arc, Mutex};
use std::time::Duration;

use slides_core::types::{
    ExportFormat, ExportOptions, Operation, OperationError, OperationMethod, OperationStatus,
    PresentationSource, SlideExportFormat,
};
use slides_core::{
    DocumentSource, Download, Error, Merge, MergeSource, MockAsyncApi, Password, Range, SplitSize,
    StartCall, StartRequest, StatusReply, StoredDocument, Target,
};

use crate::support::{call, closed_server, get, server};

const ID: &str = "6d0c9c3e-2f0b-4d0c-9a51-6b3a0f3f4f10";

/// An api that keeps what it was started with.
fn recorder() -> (MockAsyncApi, Arc<Mutex<Vec<StartRequest>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut api = MockAsyncApi::new();
    let log = Arc::clone(&seen);
    api.expect_start().returning(move |request| {
        log.lock().unwrap().push(request);
        Ok(ID.into())
    });
    (api, seen)
}

async fn started(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> StartRequest {
    let (api, seen) = recorder();
    let answer = call(&server(api), method, path, headers, body).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (201, ID));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    let mut seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    seen.remove(0)
}

fn pdf() -> Target {
    Target::new(ExportFormat::Pdf)
}

#[tokio::test]
async fn each_start_call_is_parsed() {
    let options = |text: &str, format| {
        ExportOptions::from_json(format, &serde_json::from_str(text).unwrap()).unwrap()
    };
    let mut full = pdf();
    full.slides = vec![2, 4];
    full.password = Some(Password::new("pässword"));
    full.storage = Some("mine".into());
    full.fonts_folder = Some("fonts".into());
    let mut optioned = pdf();
    optioned.export = Some(options(
        r#"{"jpegQuality":80,"drawSlidesFrame":true}"#,
        ExportFormat::Pdf,
    ));
    let path = "/v3.0/slides/async";
    let split = |document, range, size, dest: Option<&str>| StartCall::Split {
        document,
        format: SlideExportFormat::Png,
        export: None,
        range,
        size,
        dest_folder: dest.map(str::to_owned),
        password: None,
        storage: None,
        fonts_folder: None,
    };
    let in_folder = StoredDocument::in_folder("my deck.pptx", "Data/in");
    for (method, path, body, expected, documents) in [
        (
            "POST",
            format!("{path}/convert/PDF"),
            "deck",
            StartCall::Convert(pdf()),
            1,
        ),
        (
            "POST",
            format!("{path}/convert/pdf?Slides=2%2C4&Storage=mine&FontsFolder=fonts"),
            "deck",
            StartCall::Convert(full.clone()),
            1,
        ),
        (
            "PUT",
            format!("{path}/convert/pdf?OutPath=a%2Fb.pdf"),
            "deck",
            StartCall::ConvertAndSave {
                target: pdf(),
                out_path: "a/b.pdf".into(),
            },
            1,
        ),
        (
            "POST",
            format!("{path}/my%20deck.pptx/pdf?folder=Data/in"),
            "{\"Format\":\"tiff\",\"JpegQuality\":80,\"drawslidesframe\":1,\"password\":null}",
            StartCall::DownloadPresentation {
                target: optioned.clone(),
                document: in_folder.clone(),
            },
            0,
        ),
        (
            "PUT",
            format!("{path}/my%20deck.pptx/pdf?folder=Data/in&outPath=x.pdf"),
            "",
            StartCall::SavePresentation {
                target: pdf(),
                document: in_folder.clone(),
                out_path: "x.pdf".into(),
            },
            0,
        ),
        (
            "POST",
            format!("{path}/merge"),
            "one deck",
            StartCall::Merge(Merge::default()),
            1,
        ),
        (
            "PUT",
            format!("{path}/merge?outPath=m.pptx"),
            "one deck",
            StartCall::MergeAndSave {
                merge: Merge::default(),
                out_path: "m.pptx".into(),
            },
            1,
        ),
        (
            "POST",
            format!("{path}/deck.pptx/split/png?from=2&to=0&width=640&height=x&destFolder=out"),
            "",
            split(
                DocumentSource::Storage(StoredDocument::new("deck.pptx")),
                Range {
                    from: Some(2),
                    to: None,
                },
                SplitSize {
                    width: Some(640),
                    height: None,
                },
                Some("out"),
            ),
            0,
        ),
        (
            "POST",
            format!("{path}/split/png"),
            "deck",
            split(
                DocumentSource::Request,
                Range::default(),
                SplitSize::default(),
                None,
            ),
            1,
        ),
    ] {
        let password = if expected == StartCall::Convert(full.clone()) {
            "pässword"
        } else {
            ""
        };
        let request = started(method, &path, &[("password", password)], body.as_bytes()).await;
        assert_eq!(request.call, expected, "{method} {path}");
        assert_eq!(request.documents.len(), documents, "{method} {path}");
        for document in &request.documents {
            assert_eq!(document.as_bytes().unwrap(), body.as_bytes());
        }
    }
}

#[tokio::test]
async fn call_options_come_from_headers() {
    let headers = [("x-aspose-timeout", "90"), ("Idempotency-Key", "k-1")];
    let request = started("POST", "/v3.0/slides/async/convert/pdf", &headers, b"deck").await;
    assert_eq!(request.options.timeout, Some(Duration::from_secs(90)));
    assert_eq!(request.options.idempotency_key.as_deref(), Some("k-1"));
    for text in ["0", "-1", "soon"] {
        let request = started(
            "POST",
            "/v3.0/slides/async/convert/pdf",
            &[("x-aspose-timeout", text)],
            b"deck",
        )
        .await;
        assert_eq!(request.options.timeout, None);
    }
    let bad = "k".repeat(129);
    let answer = call(
        &server(MockAsyncApi::new()),
        "POST",
        "/v3.0/slides/async/convert/pdf",
        &[("idempotency-key", &bad)],
        b"deck",
    )
    .await;
    assert!(
        answer
            .error(400, "invalidArgument")
            .contains("Idempotency-Key")
    );
}

#[tokio::test]
async fn a_merge_request_names_its_parts() {
    let body = b"--b\r\nContent-Disposition: form-data; name=\"pipeline\"\r\n\r\n{\"Presentations\":[\
        {\"Path\":\"second\",\"Slides\":[3,1]},{\"path\":\"a.pptx\",\"source\":\"request\"},{\"path\":\"b.pptx\",\"source\":\"Storage\",\"password\":\"pw\"},{\"path\":\"file2\"}]}\r\n\
        --b\r\nContent-Disposition: form-data; name=\"first\"; filename=\"a.pptx\"\r\n\r\nA\r\n\
        --b\r\nContent-Disposition: form-data; name=\"second\"; filename=\"b.pptx\"\r\n\r\nB\r\n--b--\r\n";
    let request = started(
        "POST",
        "/v3.0/slides/async/merge?storage=mine",
        &[("content-type", "multipart/form-data; boundary=b")],
        body,
    )
    .await;
    let StartCall::Merge(merge) = &request.call else {
        panic!("{:?}", request.call)
    };
    let mut expected = vec![
        MergeSource::new("file2"),
        MergeSource::new("a.pptx"),
        MergeSource::new("b.pptx"),
        MergeSource::new("file2"),
    ];
    expected[0].slides = vec![3, 1];
    expected[1].source = Some(PresentationSource::Request);
    expected[2].source = Some(PresentationSource::Storage);
    expected[2].password = Some("pw".into());
    assert_eq!(merge.sources, expected);
    assert_eq!(merge.storage.as_deref(), Some("mine"));
    let names: Vec<_> = request
        .documents
        .iter()
        .map(|document| document.name().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["a.pptx", "b.pptx"]);
}

#[tokio::test]
async fn a_start_with_no_numbers_says_what_it_will_fail_with() {
    for (path, words) in [
        (
            "convert/pdf?slides=one",
            "Invalid value for `slides`: `one`",
        ),
        ("split/png?from=x&to=2", "Invalid value for `from`: `x`"),
        ("split/png?to=-1", "Invalid value for `to`: `-1`"),
    ] {
        let mut api = MockAsyncApi::new();
        api.expect_start()
            .withf(move |request| {
                let unfit = request.options.unfit.as_deref();
                unfit.is_some_and(|reason| reason.contains(words))
            })
            .once()
            .returning(|_| Ok("one".into()));
        let path = format!("/v3.0/slides/async/{path}");
        let answer = call(&server(api), "POST", &path, &[], b"deck").await;
        assert_eq!(answer.status, 201, "{path}");
    }
}

#[tokio::test]
async fn bad_starts_are_refused_before_the_api_is_asked() {
    let multipart = [("content-type", "multipart/form-data; boundary=b")];
    let two = b"--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nA\r\n--b\r\nContent-Disposition: form-data; name=\"y\"\r\n\r\nB\r\n--b--";
    for (method, path, headers, body, words) in [
        (
            "POST",
            "convert/docx",
            &[][..],
            &b"deck"[..],
            "Invalid value for `format`: `docx` is none of Pdf, Xps",
        ),
        (
            "POST",
            "split/mpeg4",
            &[],
            b"deck",
            "Invalid value for `format`",
        ),
        (
            "POST",
            "convert/pdf",
            &[],
            b"",
            "document is a required parameter",
        ),
        ("POST", "convert/pdf", &multipart, two, "2 documents"),
        ("PUT", "convert/pdf", &[], b"deck", "`outPath` is missing"),
        (
            "PUT",
            "convert/pdf?outPath=../x",
            &[],
            b"deck",
            "Invalid value for `outPath`",
        ),
        (
            "POST",
            "deck.pptx/pdf",
            &[],
            b"{\"jpegQuality\":",
            "no JSON",
        ),
        (
            "POST",
            "deck.pptx/pdf",
            &[],
            b"[1]",
            "Invalid value for `options`",
        ),
        (
            "POST",
            "deck.pptx/pdf",
            &[],
            b"{\"compliance\":\"Pdf99\"}",
            "Invalid value for `compliance`: `Pdf99`",
        ),
        ("POST", "merge", &[], b"", "nothing to merge"),
        (
            "POST",
            "merge",
            &[],
            b"{\"presentations\":[{\"slides\":[1]}]}",
            "no `path`",
        ),
        (
            "POST",
            "merge",
            &[],
            b"{\"presentations\":[{\"path\":\"../../etc/passwd\"}]}",
            "holds `..`",
        ),
        (
            "POST",
            "merge",
            &[],
            b"{\"presentations\":3}",
            "cannot be read",
        ),
    ] {
        let answer = call(
            &server(MockAsyncApi::new()),
            method,
            &format!("/v3.0/slides/async/{path}"),
            headers,
            body,
        )
        .await;
        let message = answer.error(400, "invalidArgument");
        assert!(message.contains(words), "{path}: {message}");
    }
}

#[tokio::test]
async fn a_large_body_is_refused() {
    let api = slides_server::Server::builder(
        Arc::new(MockAsyncApi::new()),
        Arc::new(slides_core::MockStorageApi::new()),
    )
    .max_body(10)
    .build();
    let answer = call(
        &api,
        "POST",
        "/v3.0/slides/async/convert/pdf",
        &[],
        b"more than ten",
    )
    .await;
    assert!(answer.error(413, "payloadTooLarge").contains("10 bytes"));
}

fn finished() -> Operation {
    let mut operation = Operation::new(ID, OperationMethod::Convert, OperationStatus::Finished);
    operation.created = Some("2025-01-20T10:00:00.1234567Z".into());
    operation
}

#[tokio::test]
async fn a_status_leaves_out_what_is_absent() {
    let mut api = MockAsyncApi::new();
    api.expect_status().returning(|_| {
        let mut reply = StatusReply::new(finished());
        reply.retry_after = Some(Duration::from_millis(1500));
        Ok(reply)
    });
    let answer = get(&server(api), &format!("/v3.0/slides/async/{ID}")).await;
    let expected = serde_json::json!({"id": ID, "method": "Convert", "status": "Finished", "created": "2025-01-20T10:00:00.1234567Z"});
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    assert_eq!(answer.header("retry-after"), "2");
}

#[tokio::test]
async fn a_result_is_a_file_with_its_warnings() {
    let mut api = MockAsyncApi::new();
    api.expect_result().returning(|_| {
        Ok(Download::from_bytes(&b"%PDF-1.7"[..])
            .with_type(Some("application/pdf".into()), Some("my deck.pdf".into()))
            .with_warnings(vec!["slide 3: chart: drawn as a table".into()]))
    });
    let answer = get(&server(api), &format!("/v3.0/slides/async/{ID}/result")).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "%PDF-1.7"));
    assert_eq!(answer.header("content-type"), "application/pdf");
    assert_eq!(answer.header("content-length"), "8");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"my_deck.pdf\"; filename*=UTF-8''my%20deck.pdf"
    );
    assert_eq!(
        answer.header("x-slides-warnings"),
        "[\"slide 3: chart: drawn as a table\"]"
    );
}

#[tokio::test]
async fn failures_of_operations_have_their_status() {
    type Fail = fn() -> Error;
    let cases: [(Fail, u16, &str, &str); 6] = [
        (
            || Error::not_found(ID),
            404,
            "notFound",
            "Operation does not exist",
        ),
        (
            || Error::rejected(409, "conflict", "Operation is not finished"),
            409,
            "conflict",
            "Operation is not finished",
        ),
        (
            || {
                let mut error = OperationError::new(400);
                error.message = Some("Invalid password.".into());
                Error::Failed {
                    id: ID.into(),
                    error: Box::new(error),
                }
            },
            409,
            "conflict",
            "Invalid password.",
        ),
        (
            || Error::unavailable(503, "draining", Some(Duration::from_secs(7))),
            503,
            "unavailable",
            "draining",
        ),
        (
            || Error::unavailable(429, "the queue is full", Some(Duration::from_secs(7))),
            429,
            "tooManyRequests",
            "the queue is full",
        ),
        (
            || Error::io("cannot open `/var/lib/x`", std::io::Error::other("boom")),
            500,
            "internal",
            "the server failed",
        ),
    ];
    for (fail, status, code, words) in cases {
        let mut api = MockAsyncApi::new();
        api.expect_result().returning(move |_| Err(fail()));
        let answer = get(&server(api), &format!("/v3.0/slides/async/{ID}/result")).await;
        let message = answer.error(status, code);
        assert!(
            message.contains(words) && !answer.text().contains("/var/lib"),
            "{message}"
        );
        assert_eq!(
            answer.header("retry-after"),
            if status == 429 || status == 503 {
                "7"
            } else {
                ""
            }
        );
    }
}

#[tokio::test]
async fn a_cancel_reaches_the_operation() {
    let mut api = MockAsyncApi::new();
    api.expect_cancel()
        .withf(|id| id.as_str() == ID)
        .times(1)
        .returning(|_| Ok(()));
    let answer = call(
        &server(api),
        "DELETE",
        &format!("/v3.0/slides/async/{ID}"),
        &[],
        b"",
    )
    .await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, ""));
}

#[tokio::test]
async fn a_panic_is_an_internal_error() {
    let mut api = MockAsyncApi::new();
    api.expect_status().returning(|_| panic!("a secret"));
    let answer = get(&server(api), &format!("/v3.0/slides/async/{ID}")).await;
    answer.error(500, "internal");
    assert!(!answer.text().contains("secret"));
}

#[tokio::test]
async fn a_closed_server_wants_a_token() {
    let server = closed_server();
    let info = "/v3.0/slides/info";
    let answer = get(&server, info).await;
    answer.error(401, "unauthorized");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    call(
        &server,
        "GET",
        info,
        &[("authorization", "Bearer garbage")],
        b"",
    )
    .await
    .error(401, "unauthorized");

    let refused = call(
        &server,
        "POST",
        "/connect/token",
        &[],
        b"grant_type=client_credentials&client_id=me&client_secret=no",
    )
    .await;
    assert_eq!(
        (refused.status.as_u16(), refused.json()),
        (400, serde_json::json!({"error": "invalid_client"}))
    );

    let granted = call(
        &server,
        "POST",
        "/connect/token",
        &[("content-type", "application/x-www-form-urlencoded")],
        b"client_id=me&client_secret=s3cret&grant_type=client_credentials",
    )
    .await;
    let token = granted.json();
    assert_eq!(
        (&token["token_type"], &token["expires_in"]),
        (&"Bearer".into(), &86400.into())
    );
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let answer = call(&server, "GET", info, &[("authorization", &bearer)], b"").await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.json()["name"], "Slides");
    assert!(!answer.json()["version"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn health_and_metrics_need_no_token() {
    let server = slides_server::Server::builder(
        Arc::new(MockAsyncApi::new()),
        Arc::new(slides_core::MockStorageApi::new()),
    )
    .credentials(slides_server::Credentials::new("me", "s3cret"))
    .ready(|| Err("the disk is full".into()))
    .samples(|| async {
        vec![slides_server::Sample::gauge(
            "queue_depth",
            "Operations that wait",
            2.0,
        )]
    })
    .build();
    assert_eq!(get(&server, "/livez").await.status.as_u16(), 200);
    let ready = get(&server, "/readyz").await;
    assert_eq!(
        (ready.status.as_u16(), ready.text()),
        (503, "not ready: the disk is full\n")
    );
    get(&server, "/v3.0/slides/info").await;
    let metrics = get(&server, "/metrics").await;
    for line in [
        "slides_queue_depth 2.0",
        "slides_http_requests_total{call=\"GetApiInfo\",status=\"401\"} 1",
    ] {
        assert!(metrics.text().contains(line), "{}", metrics.text());
    }
}

#[tokio::test]
async fn a_server_of_workers_tells_its_health_and_takes_nothing() {
    let server = slides_server::Server::builder(
        Arc::new(MockAsyncApi::new()),
        Arc::new(slides_core::MockStorageApi::new()),
    )
    .health_only(true)
    .build();
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(get(&server, path).await.status.as_u16(), 200, "{path}");
    }
    let start = "/v3.0/slides/async/convert/pdf";
    let answer = call(&server, "POST", start, &[], b"deck").await;
    assert_eq!(answer.status.as_u16(), 404);
    assert!(
        answer.text().contains("--only-workers"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_harmless_request_id_is_kept() {
    let server = server(MockAsyncApi::new());
    let kept = call(
        &server,
        "GET",
        "/v3.0/slides/info",
        &[("x-request-id", "abc-1")],
        b"",
    )
    .await;
    assert_eq!(kept.header("x-request-id"), "abc-1");
    let replaced = call(
        &server,
        "GET",
        "/v3.0/slides/info",
        &[("x-request-id", "a b\"c")],
        b"",
    )
    .await;
    assert_eq!(replaced.header("x-request-id").len(), 36);
    get(&server, "/nowhere").await.error(404, "notFound");
    let wrong = call(&server, "PATCH", "/v3.0/slides/info", &[], b"").await;
    wrong.error(405, "methodNotAllowed");
    assert_eq!(wrong.header("allow"), "GET, HEAD");
}
