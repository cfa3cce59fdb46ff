//! The tutorial's example in the request shape of each language's SDK, on the service with the real engine: a real deck,
//! a protected one and a bad one.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use slides_engine::NativeEngine;
use slides_server::Server;
use slides_service::{Runner, Service, ServiceOptions, Soffice};
use slides_tests::Wire;

const LANGUAGES: [&str; 11] = [
    "python", "nodejs", "go", "csharp", "java", "php", "ruby", "perl", "cpp", "swift", "curl",
];

/// `tests/wire/LANGUAGE/convert.http` with another document and password.
fn request(language: &str, document: &[u8], password: &str) -> (Vec<(String, String)>, Vec<u8>) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let recorded = std::fs::read(tests.join("wire").join(language).join("convert.http")).unwrap();
    let find = |what: &[u8]| recorded.windows(what.len()).position(|at| at == what);
    let end = find(b"\r\n\r\n").unwrap();
    let stub = [
        format!("PK\x03\x04 deck 1 of {language} ").as_bytes(),
        b"\xff\x00\r\n--no boundary\r\n tail",
    ]
    .concat();
    let at = find(&stub).unwrap();
    // Some SDKs say the length of a part in its header.
    let before = std::str::from_utf8(&recorded[end + 4..at]).unwrap();
    let before = before.replace(
        &format!("Content-Length: {}\r\n", stub.len()),
        &format!("Content-Length: {}\r\n", document.len()),
    );
    let body = [before.as_bytes(), document, &recorded[at + stub.len()..]].concat();
    let head = std::str::from_utf8(&recorded[..end]).unwrap();
    let mut lines = head.split("\r\n");
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("POST /v3.0/slides/async/convert/pdf")
    );
    let mut replaced = 0;
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| {
            let value = match name.to_ascii_lowercase().as_str() {
                "content-length" => body.len().to_string(),
                "password" => password.to_owned(),
                _ => return (name.to_owned(), value.to_owned()),
            };
            replaced += 1;
            (name.to_owned(), value)
        })
        .collect();
    assert_eq!(replaced, 2, "{language}");
    (headers, body)
}

async fn convert(wire: &Wire, language: &str, document: &[u8], password: &str) -> (String, Value) {
    let (headers, body) = request(language, document, password);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (&**n, &**v)).collect();
    let at = "/v3.0/slides/async/convert/pdf";
    let started = wire.call("POST", at, &headers, body).await;
    assert_eq!(started.status, 201, "{language}: {}", started.text());
    let id = started.text().to_owned();
    loop {
        let status = wire.get(&format!("/v3.0/slides/async/{id}")).await.json();
        if !["Created", "Enqueued", "Started"].contains(&status["status"].as_str().unwrap()) {
            return (id, status);
        }
        tokio::task::yield_now().await;
    }
}

fn failed(status: &Value, language: &str) -> String {
    assert_eq!(status["status"], "Failed", "{language}: {status}");
    assert_eq!(status["error"]["httpStatusCode"], 400, "{language}");
    assert!(status["failed"].is_string(), "{language}");
    status["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_language_converts_a_real_a_protected_and_a_bad_deck() {
    let decks = Path::new(env!("CARGO_MANIFEST_DIR")).join("decks");
    let real = std::fs::read(decks.join("startup-pitch.pptx")).unwrap();
    let protected = std::fs::read(decks.join("protected.pptx")).unwrap();
    let engine = Arc::new(NativeEngine::default());
    let mut options = ServiceOptions::new(Runner::InProcess(engine)).workers(1);
    options.soffice = Soffice::Off;
    let service = Arc::new(Service::in_process(options).unwrap());
    let wire = Wire::new(Server::builder(service.clone(), service).build().router());
    for language in LANGUAGES {
        // The password of a deck that needs none is ignored.
        for (deck, password) in [(&real, "password"), (&protected, "secret")] {
            let (id, status) = convert(&wire, language, deck, password).await;
            assert_eq!(status["status"], "Finished", "{language}: {status}");
            assert!(status.get("error").is_none(), "{language}");
            let at = format!("/v3.0/slides/async/{id}/result");
            let result = wire.get(&at).await;
            assert_eq!(result.header("content-type"), "application/pdf");
            assert!(result.header("content-disposition").contains("filename="));
            assert!(result.body.starts_with(b"%PDF-"), "{language}");
            assert!(result.body.ends_with(b"%%EOF") || result.body.ends_with(b"%%EOF\n"));
        }
        let (_, status) = convert(&wire, language, &protected, "wrong").await;
        let message = failed(&status, language);
        assert!(message.contains("Invalid password."), "{message}");
        let (id, status) = convert(&wire, language, b"this is no deck", "").await;
        let message = failed(&status, language);
        assert!(!message.is_empty(), "{language}");
        let result = wire.get(&format!("/v3.0/slides/async/{id}/result")).await;
        assert_eq!((result.status, result.message()), (409, message));
    }
}
