//! Requests that no SDK sends, in front of the service itself: each is read as it was meant or refused in the vendor's
//! shape, none ends in an internal error, and nothing that was refused is done.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use serde_json::Value;
use slides_core::AsyncApi;
use slides_server::Server;
use slides_service::{Runner, Service, ServiceOptions, Soffice};
use slides_tests::{Answer, FAKE_PDF, FakeEngine, Wire};

const DECK: &str = "PK\u{3}\u{4} a deck";
const PDF: &[u8] = b"%PDF-1.5 four pages";

fn service() -> Service {
    let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine))).workers(1);
    options.soffice = Soffice::Off;
    Service::in_process(options).unwrap()
}

fn wire() -> Wire {
    front(service())
}

fn front(service: Service) -> Wire {
    let service = Arc::new(service);
    Wire::new(Server::builder(service.clone(), service).build().router())
}

/// Polls to the end.
async fn ended(wire: &Wire, started: &Answer) -> Value {
    assert_eq!(started.status, 201, "{}", started.text());
    loop {
        let at = format!("/v3.0/slides/async/{}", started.text());
        let status = wire.get(&at).await.json();
        if !["Created", "Enqueued", "Started"].contains(&status["status"].as_str().unwrap()) {
            return status;
        }
        tokio::task::yield_now().await;
    }
}

async fn result(wire: &Wire, started: &Answer) -> Answer {
    let operation = ended(wire, started).await;
    assert_eq!(operation["status"], "Finished", "{operation}");
    let at = format!("/v3.0/slides/async/{}/result", started.text());
    wire.get(&at).await
}

/// The vendor's shape, with the id of the request.
fn refused(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text());
    assert!(!answer.message().is_empty(), "{what}");
    let error = &answer.json()["error"];
    let id = answer.header("x-request-id");
    assert_eq!(error["innerError"]["requestId"], id, "{what}");
    assert!(error["code"].is_string(), "{what}");
    let kind = answer.header("content-type");
    assert_eq!(kind, "application/json; charset=utf-8", "{what}");
}

#[tokio::test]
async fn slashes_are_lenient_and_letter_case_is_not() {
    let wire = wire();
    for (method, path, status) in [
        ("GET", "//v3.0//slides/info", 200),
        ("GET", "/v3.0/slides/info/", 200),
        ("POST", "/v3.0/slides/async//convert//pdf/", 201),
        ("POST", "/v3.0/slides/async/convert/PdF", 201),
        ("PUT", "/v3.0/slides/storage/file//a///b.pptx", 200),
        ("GET", "/v3.0/slides/storage/file/a/b.pptx", 200),
        ("GET", "/V3.0/slides/info", 404),
        ("POST", "/v3.0/Slides/Async/convert/pdf", 404),
        ("POST", "/v3.0/slides/async/Convert/pdf/x", 404),
        ("GET", "/v3.1/slides/info", 404),
        ("GET", "/v3.0/slides/async/", 404),
        ("GET", "/v3.0", 404),
        ("BREW", "/v3.0/slides/info", 405),
        ("DELETE", "/v3.0/slides/async/convert/pdf", 405),
    ] {
        let answer = wire.call(method, path, &[], DECK).await;
        if status < 300 {
            assert_eq!(answer.status, status, "{method} {path}");
        } else {
            refused(&answer, status, path);
        }
    }
}

/// An SDK drops the segment of an empty value (contract section 2.1).
#[tokio::test]
async fn empty_values_of_paths_mean_the_root_or_nothing() {
    let wire = wire();
    let put = "/v3.0/slides/storage/file/a.pptx";
    wire.call("PUT", put, &[], DECK).await;
    let list = wire.get("/v3.0/slides/storage/folder").await.json();
    assert_eq!(list["value"][0]["path"], "/a.pptx");
    for path in ["/v3.0/slides/storage/exist", "/v3.0/slides/storage/exist/"] {
        let root = wire.get(path).await.json();
        assert_eq!(
            root,
            serde_json::json!({"exists": true, "isFolder": true}),
            "{path}"
        );
    }
    for (method, path) in [
        ("GET", "storage/file"),
        ("DELETE", "storage/file/"),
        ("PUT", "storage/file"),
        ("DELETE", "storage/folder?recursive=true"),
        ("PUT", "storage/file/copy/a.pptx?destPath="),
        ("PUT", "storage/file/copy/a.pptx?destPath=%2F"),
        ("PUT", "storage/folder/move/a?destPath=//"),
        ("GET", "storage/version"),
        ("GET", "async/storage/file"),
        ("PUT", "async/a.pptx/pdf?outPath=%2F"),
    ] {
        let answer = wire
            .call(method, &format!("/v3.0/slides/{path}"), &[], DECK)
            .await;
        refused(&answer, 400, path);
    }
    assert_eq!(wire.get(put).await.text(), DECK);
}

/// A path that ends with a slash names a folder, whichever way the slash is written.
#[tokio::test]
async fn an_upload_to_a_folder_takes_the_parts_name() {
    let multipart = [("content-type", "multipart/form-data; boundary=b")];
    let body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"my deck.pptx\"\r\n\r\nPK\r\n--b--";
    for path in ["Data/", "Data%2F", "Data//"] {
        let wire = wire();
        let at = format!("/v3.0/slides/async/storage/file/{path}");
        let answer = wire.call("PUT", &at, &multipart, body).await;
        let expected = serde_json::json!({"uploaded": ["my deck.pptx"], "errors": []});
        assert_eq!(answer.json(), expected, "{path}");
        let stored = wire
            .get("/v3.0/slides/storage/file/Data/my%20deck.pptx")
            .await;
        assert_eq!(stored.text(), "PK", "{path}");
        refused(&wire.call("PUT", &at, &[], "PK").await, 400, path);
    }
}

#[tokio::test]
async fn ids_of_any_characters_are_unknown() {
    let wire = wire();
    let long = "9".repeat(60_000);
    for id in [
        "0",
        "1e400",
        "null",
        "%00",
        "%22id%22",
        "..",
        "..%2F..%2Fetc%2Fpasswd",
        "%27%20OR%201%3D1--",
        "%F0%9F%98%80",
        "a%0D%0AX-Injected:%20yes",
        &long,
    ] {
        for (method, suffix) in [("GET", ""), ("GET", "/result"), ("DELETE", "")] {
            let at = format!("/v3.0/slides/async/{id}{suffix}");
            let answer = wire.call(method, &at, &[], "").await;
            refused(&answer, 404, id);
            assert_eq!(answer.message(), "Operation does not exist", "{id}");
            assert!(answer.headers.get("x-injected").is_none());
        }
    }
    let answer = wire.get("/v3.0/slides/async/%FF%FE").await;
    refused(&answer, 400, "no UTF-8");
}

#[tokio::test]
async fn numbers_without_measure_fail_and_harm_nothing() {
    let wire = wire();
    let put = "/v3.0/slides/storage/file/deck.pptx";
    wire.call("PUT", put, &[], DECK).await;
    for (query, ends) in [
        ("from=4294967295&to=4294967295", "Finished"),
        ("from=1&to=4294967295", "Failed"),
        ("from=4294967295&to=1", "Failed"),
        ("from=0&to=0", "Finished"),
        ("width=4294967295&height=4294967295", "Finished"),
        ("width=99999999999999999999&height=-5", "Finished"),
        ("width=NaN&height=1e9", "Finished"),
    ] {
        let at = format!("/v3.0/slides/async/deck.pptx/split/png?{query}");
        let started = wire.call("POST", &at, &[], "").await;
        let operation = ended(&wire, &started).await;
        assert_eq!(operation["status"], ends, "{query}: {operation}");
    }
    // What is no number is answered with an id, and the operation fails (contract section 2.6); a call that waits for
    // its work is refused.
    for query in [
        "from=-1",
        "from=1.5",
        "to=1e3",
        "from=99999999999999999999",
        "to=%D9%A1",
    ] {
        let at = format!("/v3.0/slides/async/deck.pptx/split/png?{query}");
        let started = wire.call("POST", &at, &[], "").await;
        let operation = ended(&wire, &started).await;
        assert_eq!(operation["status"], "Failed", "{query}: {operation}");
        let error = operation["error"].to_string();
        assert!(error.contains("no slide number"), "{query}: {operation}");
        let at = format!("/v3.0/slides/deck.pptx/split?format=png&{query}");
        refused(&wire.call("POST", &at, &[], "").await, 400, query);
    }
    for slides in ["x", "1-3", "-1", "1,,y", "99999999999"] {
        let at = format!("/v3.0/slides/async/deck.pptx/pdf?slides={slides}");
        let started = wire.call("POST", &at, &[], "").await;
        let operation = ended(&wire, &started).await;
        assert_eq!(operation["status"], "Failed", "{slides}: {operation}");
        let at = format!("/v3.0/slides/deck.pptx/pdf?slides={slides}");
        refused(&wire.call("POST", &at, &[], "").await, 400, slides);
    }
    for options in [
        r#"{"jpegQuality":NaN}"#,
        r#"{"jpegQuality":1e999}"#,
        r#"{"jpegQuality":99999999999999999999}"#,
        r#"{"jpegQuality":[]}"#,
        r#"{"jpegQuality":80"#,
        "[]",
        "\"pdf\"",
        "pdf",
        "\u{0}",
        &"[".repeat(100_000),
        &format!("{{\"fontFallbackRules\":{}", "[".repeat(100_000)),
    ] {
        let at = "/v3.0/slides/async/deck.pptx/pdf";
        let answer = wire.call("POST", at, &[], options.to_owned()).await;
        refused(&answer, 400, options.get(..40).unwrap_or(options));
    }
}

#[tokio::test]
async fn time_limits_of_any_text_are_read_or_left_out() {
    let wire = wire();
    for limit in [
        "", "0", "-1", "NaN", "inf", "1e308", "0.5", "5", " 7 ", "5s", "ten", "é",
    ] {
        let headers = [("x-aspose-timeout", limit)];
        let started = wire
            .call("POST", "/v3.0/slides/async/convert/pdf", &headers, DECK)
            .await;
        assert_eq!(
            ended(&wire, &started).await["status"],
            "Finished",
            "{limit}"
        );
    }
}

/// A name that comes twice, in another case, or without a value.
#[tokio::test]
async fn the_first_value_that_says_something_counts() {
    let wire = wire();
    wire.call("PUT", "/v3.0/slides/storage/file/Data/deck.pptx", &[], DECK)
        .await;
    for query in [
        "folder=Data&folder=Other",
        "folder=&FOLDER=Data",
        "Folder&foldeR=Data&=&&x",
        "f%6Flder=Data&utm=%2",
        "folder=Data&slides=&from=&password=&storage=",
    ] {
        let at = format!("/v3.0/slides/async/deck.pptx/pdf?{query}");
        let started = wire.call("POST", &at, &[], "").await;
        let operation = ended(&wire, &started).await;
        assert_eq!(operation["status"], "Finished", "{query}: {operation}");
    }
    for query in ["folder=%FF", "%FF=x"] {
        let at = format!("/v3.0/slides/async/deck.pptx/pdf?{query}");
        refused(&wire.call("POST", &at, &[], "").await, 400, query);
    }
}

#[tokio::test]
async fn options_are_found_in_any_wrapping() {
    let wire = wire();
    wire.call("PUT", "/v3.0/slides/storage/file/deck.pptx", &[], DECK)
        .await;
    let bad = r#"{"jpegQuality":"high"}"#;
    let in_part = |head: &str| format!("--b\r\n{head}\r\n\r\n{bad}\r\n--b--\r\n");
    for (kind, body) in [
        ("application/json", bad.to_owned()),
        ("text/json", format!("\u{feff}{bad}")),
        ("application/octet-stream", format!(" \r\n\t{bad}\n")),
        ("", bad.to_owned()),
        ("multipart/form-data", bad.to_owned()),
        (
            "multipart/form-data; boundary=b",
            in_part("Content-Disposition: form-data; name=\"pipeline\""),
        ),
        (
            "multipart/form-data; boundary=b",
            in_part("Content-Type: multipart/mixed; boundary=c\r\nContent-Disposition: form-data"),
        ),
        (
            "application/json",
            in_part("Content-Disposition: form-data; name=data; filename="),
        ),
    ] {
        let headers = [("content-type", kind)];
        let at = "/v3.0/slides/async/deck.pptx/pdf";
        let answer = wire.call("POST", at, &headers, body).await;
        refused(&answer, 400, kind);
        // Had the options not been read, they would not be found bad.
        let message = answer.message();
        assert!(message.contains("`jpegQuality`"), "{kind}: {message}");
    }
    for nothing in ["", " ", "null", "\u{feff}", "\u{feff} null\r\n", "{}"] {
        let at = "/v3.0/slides/async/deck.pptx/pdf";
        let headers = [("content-type", "application/json")];
        let started = wire.call("POST", at, &headers, nothing).await;
        assert_eq!(
            ended(&wire, &started).await["status"],
            "Finished",
            "{nothing:?}"
        );
    }
}

#[tokio::test]
async fn files_of_no_bytes_are_files_and_no_documents() {
    let wire = wire();
    let multipart = [("content-type", "multipart/form-data; boundary=b")];
    let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"empty\"\r\n\r\n\r\n--b--\r\n";
    for (headers, body) in [(&[][..], ""), (&multipart[..], part)] {
        let at = "/v3.0/slides/storage/file/empty.pptx";
        assert_eq!(wire.call("PUT", at, headers, body).await.status, 200);
        let empty = wire.get(at).await;
        assert_eq!((empty.status, empty.body.len()), (200, 0));
        assert_eq!(empty.header("content-length"), "0");
        let range = wire.call("GET", at, &[("range", "bytes=0-")], "").await;
        refused(&range, 416, "a range of nothing");
        for call in ["POST async/convert/pdf", "POST async/split/png"] {
            let (method, path) = call.split_once(' ').unwrap();
            let at = format!("/v3.0/slides/{path}");
            refused(&wire.call(method, &at, headers, body).await, 400, call);
        }
    }
    let started = wire
        .call("POST", "/v3.0/slides/async/empty.pptx/pdf", &[], "")
        .await;
    let operation = ended(&wire, &started).await;
    assert_eq!(operation["error"]["httpStatusCode"], 400, "{operation}");
    refused(
        &wire
            .call(
                "PUT",
                "/v3.0/slides/storage/file/x",
                &multipart,
                "--b--\r\n",
            )
            .await,
        400,
        "a multipart body without a part",
    );
}

#[tokio::test]
async fn one_key_starts_one_operation_on_the_wire() {
    let service = service();
    let wire = front(service.clone());
    let call = async |key: &str, body: &'static str| {
        let headers = [("Idempotency-Key", key)];
        wire.call("POST", "/v3.0/slides/async/convert/pdf", &headers, body)
            .await
    };
    let first = call("key-1", DECK).await;
    assert_eq!(first.status, 201);
    let again = call("key-1", DECK).await;
    assert_eq!((again.status, again.text()), (201, first.text()));
    refused(&call("key-1", "PK another").await, 409, "another request");
    assert_ne!(call("key-2", DECK).await.text(), first.text());
    for key in [&"k".repeat(129), "a b", "é"] {
        refused(&call(key, DECK).await, 400, key);
    }
    // Nothing was started by what was refused.
    let stats = service.stats().await.unwrap();
    assert_eq!(stats.accepted_total, 2);
    assert!(service.status(&first.text().into()).await.is_ok());
}

/// A PDF is taken as it is where a PDF is asked for; elsewhere the operation says what it cannot do.
#[tokio::test]
async fn a_pdf_may_come_in_every_call() {
    let wire = wire();
    wire.call("PUT", "/v3.0/slides/storage/file/test.pdf", &[], PDF)
        .await;
    let password = [("password", "password")];
    for (path, body) in [("convert/pdf", PDF), ("test.pdf/pdf", b"")] {
        let at = format!("/v3.0/slides/async/{path}");
        let started = wire.call("POST", &at, &password, body).await;
        let answer = result(&wire, &started).await;
        assert_eq!(answer.body, PDF, "{path}");
        assert_eq!(answer.header("content-type"), "application/pdf");
        let at = format!("/v3.0/slides/{path}");
        let twin = wire.call("POST", &at, &password, body).await;
        assert_eq!((twin.status, &twin.body[..]), (200, PDF), "{path}");
    }
    for (method, path) in [
        ("PUT", "convert/pdf?outPath=o.pdf"),
        ("PUT", "test.pdf/pdf?outPath=o.pdf"),
    ] {
        let at = format!("/v3.0/slides/async/{path}");
        let started = wire.call(method, &at, &password, PDF).await;
        // The stored one takes no document: what stands in its body is no options either.
        if path.starts_with("test") {
            refused(&started, 400, path);
            continue;
        }
        assert_eq!(ended(&wire, &started).await["status"], "Finished", "{path}");
        assert_eq!(wire.get("/v3.0/slides/storage/file/o.pdf").await.body, PDF);
    }
    for (path, body, status) in [
        ("convert/pptx", PDF, 415),
        ("convert/png", PDF, 415),
        ("convert/pdf?slides=1", PDF, 415),
        ("test.pdf/html5", b"", 415),
        ("test.pdf/split/png", b"", 415),
        ("split/pdf", PDF, 415),
        ("merge", PDF, 400),
    ] {
        let at = format!("/v3.0/slides/async/{path}");
        let started = wire.call("POST", &at, &[], body).await;
        let operation = ended(&wire, &started).await;
        assert_eq!(operation["status"], "Failed", "{path}: {operation}");
        let error = &operation["error"];
        assert_eq!(error["httpStatusCode"], status, "{path}: {operation}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_large_folder_is_listed_whole_and_in_order() {
    let wire = wire();
    for n in (0..1500).rev() {
        let at = format!("/v3.0/slides/storage/file/many/{n:04}.txt");
        assert_eq!(wire.call("PUT", &at, &[], "x").await.status, 200);
    }
    let list = wire.get("/v3.0/slides/storage/folder/many").await.json();
    let list = list["value"].as_array().unwrap();
    let names: Vec<_> = list.iter().map(|file| file["name"].clone()).collect();
    let expected: Vec<_> = (0..1500).map(|n| format!("{n:04}.txt")).collect();
    assert_eq!(names, expected);
    let copy = "/v3.0/slides/storage/folder/copy/many?destPath=again";
    assert_eq!(wire.call("PUT", copy, &[], "").await.status, 200);
    let again = wire.get("/v3.0/slides/storage/folder/again").await.json();
    assert_eq!(again["value"].as_array().unwrap().len(), 1500);
}

#[tokio::test]
async fn a_file_onto_itself_stays_as_it_is() {
    let wire = wire();
    wire.call("PUT", "/v3.0/slides/storage/file/a/b.pptx", &[], DECK)
        .await;
    for call in [
        "file/copy/a/b.pptx?destPath=",
        "file/move/a/b.pptx?destPath=",
    ] {
        for target in ["a/b.pptx", "%2Fa%2Fb.pptx", "a//b.pptx", "a/./b.pptx"] {
            let at = format!("/v3.0/slides/storage/{call}{target}");
            assert_eq!(wire.call("PUT", &at, &[], "").await.status, 200, "{at}");
            let file = wire.get("/v3.0/slides/storage/file/a/b.pptx").await;
            assert_eq!(file.text(), DECK, "{at}");
        }
    }
    for call in [
        "folder/copy/a?destPath=a",
        "folder/move/a?destPath=a/",
        // Into itself: refused, and nothing is lost.
        "folder/copy/a?destPath=a/c",
        "folder/move/a?destPath=a/c",
        "file/copy/a/b.pptx?destPath=a",
        "file/move/a/b.pptx?destPath=a/b.pptx/c",
    ] {
        let at = format!("/v3.0/slides/storage/{call}");
        let status = wire.call("PUT", &at, &[], "").await.status;
        assert!([200, 400, 409].contains(&status), "{call}: {status}");
        let file = wire.get("/v3.0/slides/storage/file/a/b.pptx").await;
        assert_eq!(file.text(), DECK, "{call}");
    }
}

#[tokio::test]
async fn a_failure_has_no_body_for_head() {
    let wire = wire();
    for path in [
        "/v3.0/slides/async/unknown",
        "/v3.0/slides/storage/file/none.pptx",
        "/nowhere",
    ] {
        let answer = wire.call("HEAD", path, &[], "").await;
        assert_eq!((answer.status, answer.body.len()), (404, 0), "{path}");
        assert!(!answer.header("x-request-id").is_empty());
        let len: usize = answer.header("content-length").parse().unwrap();
        assert!(len > 0);
    }
    let started = wire
        .call("POST", "/v3.0/slides/async/convert/pdf", &[], DECK)
        .await;
    assert_eq!(result(&wire, &started).await.body, FAKE_PDF);
    let at = format!("/v3.0/slides/async/{}/result", started.text());
    let head = wire.call("HEAD", &at, &[], "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), FAKE_PDF.len().to_string());
}
