//! The fifteen points of the wire contract that break a server first, and its
//! table of statuses and errors, each as a test by name.
//!
//! Raw requests as the vendor's SDKs write them go into our server in front of
//! an implementer in memory.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use serde_json::Value;
use slides_core::types::{OperationMethod, OperationStatus};
use slides_core::{StartCall, StartRequest, testing};
use slides_server::{Credentials, Server};
use slides_service::{Runner, Service, ServiceOptions, Soffice};
use slides_tests::{Answer, FakeBackend, FakeEngine, Wire};

const DECK: &[u8] = b"PK\x03\x04 a deck";
const ASYNC: &str = "/v3.0/slides/async";
const STORAGE: &str = "/v3.0/slides/storage";
const UNKNOWN: &str = "96b0a57c-d9ae-453f-b56f-3b154eb10cda";

fn wire() -> Wire {
    let backend = Arc::new(FakeBackend::default());
    Wire::new(Server::builder(backend.clone(), backend).build().router())
}

/// A server in front of an api that keeps what it was asked.
fn recorder() -> (Wire, Arc<testing::FakeApi>) {
    let api = Arc::new(testing::FakeApi::finishing_with("%PDF"));
    let server = Server::builder(api.clone(), Arc::new(FakeBackend::default())).build();
    (Wire::new(server.router()), api)
}

async fn started(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> StartRequest {
    let (wire, api) = recorder();
    let answer = wire.call(method, path, headers, body.to_vec()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    api.started().remove(0)
}

fn uploaded(request: &StartRequest) -> Vec<Vec<u8>> {
    request
        .documents
        .iter()
        .map(|document| document.as_bytes().unwrap().to_vec())
        .collect()
}

/// Polls to the end.
async fn followed(wire: &Wire, id: &str) -> Value {
    for _ in 0..10 {
        let status = wire.get(&format!("{ASYNC}/{id}")).await;
        assert_eq!(status.status, 200);
        if slides_tests::has_ended(status.json()["status"].as_str().unwrap()) {
            return status.json();
        }
    }
    panic!("the operation never ended");
}

fn multipart(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, content) in parts {
        body.extend_from_slice(format!("--b\r\n{head}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body
}

const MULTIPART: [(&str, &str); 1] = [("content-type", "multipart/form-data; boundary=b")];
const FILE1: &str = "Content-Disposition: form-data; name=\"file1\"; filename=\"file1\"";
const FILE2: &str = "Content-Disposition: form-data; name=\"file2\"; filename=\"file2\"";

#[tokio::test]
async fn point_01_starts_answer_201_and_reads_answer_200() {
    let wire = wire();
    wire.call("PUT", &format!("{STORAGE}/file/deck.pptx"), &[], DECK)
        .await;
    for (method, path, body) in [
        ("POST", "convert/pdf", DECK),
        ("PUT", "convert/pdf?outPath=out.pdf", DECK),
        ("POST", "deck.pptx/pdf", b""),
        ("PUT", "deck.pptx/pdf?outPath=out.pdf", b""),
        ("POST", "merge", DECK),
        ("PUT", "merge?outPath=out.pptx", DECK),
        ("POST", "deck.pptx/split/png", b""),
        ("POST", "split/png", DECK),
    ] {
        assert_eq!(
            wire.call(method, &format!("{ASYNC}/{path}"), &[], body)
                .await
                .status,
            201,
            "{method} {path}"
        );
    }
    for path in [
        format!("{ASYNC}/fake-operation-1"),
        format!("{STORAGE}/file/deck.pptx"),
        format!("{STORAGE}/disc"),
        "/v3.0/slides/info".into(),
    ] {
        assert_eq!(wire.get(&path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn point_02_the_id_is_raw_text() {
    let answer = wire()
        .call("POST", &format!("{ASYNC}/convert/pdf"), &[], DECK)
        .await;
    assert_eq!(answer.text(), "fake-operation-1");
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
}

#[tokio::test]
async fn point_03_the_id_is_no_json() {
    let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine))).workers(1);
    options.soffice = Soffice::Off;
    let service = Service::in_process(options).unwrap();
    let server = Server::builder(Arc::new(service.clone()), Arc::new(service)).build();
    let wire = Wire::new(server.router());
    for _ in 0..20 {
        let id = wire
            .call("POST", &format!("{ASYNC}/convert/pdf"), &[], DECK)
            .await;
        assert!(
            serde_json::from_str::<Value>(id.text()).is_err(),
            "{}",
            id.text()
        );
        let groups: Vec<_> = id.text().split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{}", id.text());
        assert!(
            id.text()
                .bytes()
                .all(|b| b == b'-' || b.is_ascii_hexdigit())
        );
    }
}

#[tokio::test]
async fn point_04_absent_fields_are_left_out_of_the_status() {
    let wire = wire();
    let id = wire
        .call("POST", &format!("{ASYNC}/convert/pdf"), &[], DECK)
        .await;
    let status = wire.get(&format!("{ASYNC}/{}", id.text())).await.json();
    let keys: Vec<_> = status
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(keys, ["created", "id", "method", "status"]);
}

#[tokio::test]
async fn point_05_keys_of_answers_are_camel_case() {
    let wire = wire();
    let id = wire
        .call(
            "POST",
            &format!("{ASYNC}/merge"),
            &MULTIPART,
            multipart(&[(FILE1, DECK), (FILE2, DECK)]),
        )
        .await;
    let status = followed(&wire, id.text()).await;
    assert_eq!(
        status["progress"],
        serde_json::json!({"stepIndex": 2, "stepCount": 2})
    );
    wire.call("PUT", &format!("{STORAGE}/file/a.pptx"), &[], DECK)
        .await;
    assert_eq!(
        wire.get(&format!("{STORAGE}/exist/a.pptx")).await.json(),
        serde_json::json!({"exists": true, "isFolder": false})
    );
}

#[tokio::test]
async fn point_06_a_merge_of_two_ends_at_two_of_two() {
    let wire = wire();
    let id = wire
        .call(
            "POST",
            &format!("{ASYNC}/merge"),
            &MULTIPART,
            multipart(&[(FILE1, DECK), (FILE2, DECK)]),
        )
        .await;
    let status = followed(&wire, id.text()).await;
    assert_eq!(
        (&status["status"], &status["method"]),
        (&"Finished".into(), &"Merge".into())
    );
    assert_eq!(
        (
            &status["progress"]["stepIndex"],
            &status["progress"]["stepCount"]
        ),
        (&2.into(), &2.into())
    );
}

#[tokio::test]
async fn point_07_names_of_queries_and_headers_have_no_case() {
    let path = format!(
        "{ASYNC}/deck.pptx/pdf?Folder=Data&Slides=2,4&FontsFolder=fonts&STORAGE=Default&OutPath=o.pdf"
    );
    let request = started("PUT", &path, &[("Password", "pw")], b"").await;
    let StartCall::SavePresentation {
        target,
        document,
        out_path,
    } = &request.call
    else {
        panic!("{:?}", request.call)
    };
    assert_eq!(
        (document.path().as_str(), out_path.as_str()),
        ("Data/deck.pptx", "o.pdf")
    );
    assert_eq!(
        (target.slides.as_slice(), target.fonts_folder.as_deref()),
        (&[2, 4][..], Some("fonts"))
    );
    assert_eq!(target.password.as_ref().unwrap().expose(), "pw");
}

#[tokio::test]
async fn point_08_booleans_come_in_two_spellings() {
    for flag in ["true", "True"] {
        let wire = wire();
        wire.call("PUT", &format!("{STORAGE}/file/full/a.txt"), &[], "x")
            .await;
        for no in ["false", "False"] {
            assert_eq!(
                wire.call(
                    "DELETE",
                    &format!("{STORAGE}/folder/full?recursive={no}"),
                    &[],
                    ""
                )
                .await
                .status,
                409
            );
        }
        assert_eq!(
            wire.call(
                "DELETE",
                &format!("{STORAGE}/folder/full?Recursive={flag}"),
                &[],
                ""
            )
            .await
            .status,
            200
        );
    }
}

#[tokio::test]
async fn point_09_segments_may_hold_escaped_slashes() {
    let wire = wire();
    wire.call(
        "PUT",
        &format!("{STORAGE}/file/TempTests%2Ftest.pptx"),
        &[],
        DECK,
    )
    .await;
    let copied = wire
        .call(
            "PUT",
            &format!("{STORAGE}/file/copy/TempTests%2Ftest.pptx?destPath=a%2Fb.pptx"),
            &[],
            "",
        )
        .await;
    assert_eq!(copied.status, 200);
    assert_eq!(
        wire.get(&format!("{STORAGE}/file/a/b.pptx")).await.body,
        DECK
    );
}

#[tokio::test]
async fn point_10_one_document_is_raw_or_one_part() {
    for (headers, body) in [
        (&[][..], DECK.to_vec()),
        (&MULTIPART[..], multipart(&[(FILE1, DECK)])),
    ] {
        let request = started("POST", &format!("{ASYNC}/convert/pdf"), headers, &body).await;
        assert_eq!(uploaded(&request), [DECK]);
    }
}

#[tokio::test]
async fn point_11_names_of_parts_do_not_matter() {
    for (first, second) in [
        ("document", "document"),
        ("attachments[]", "attachments[]"),
        ("file1", "file2"),
        ("a b", "ünïcode"),
    ] {
        let head = |name: &str| {
            format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"x.pptx\"")
        };
        let body = multipart(&[(&head(first), b"PK one"), (&head(second), b"PK two")]);
        let request = started("POST", &format!("{ASYNC}/merge"), &MULTIPART, &body).await;
        assert_eq!(uploaded(&request), [b"PK one", b"PK two"]);
    }
}

#[tokio::test]
async fn point_12_the_options_part_has_many_faces() {
    for (head, text, expected) in [
        (
            "Content-Disposition: form-data; name=\"pipeline\"",
            &b""[..],
            None,
        ),
        (
            "Content-Disposition: form-data; name=\"pipeline\"",
            b"{\"JpegQuality\":70,\"Compliance\":null}\n",
            Some(70),
        ),
        (
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Disposition: form-data",
            b"{\"JpegQuality\":70}",
            Some(70),
        ),
        (
            "Content-Disposition: form-data; name=\"data\"\r\nContent-Type: text/json",
            b"{\"jpegQuality\":70}",
            Some(70),
        ),
        (
            "Content-Disposition: form-data; name=\"body\"",
            b"{\"jpegQuality\":70}",
            Some(70),
        ),
    ] {
        let body = multipart(&[(head, text), (FILE1, DECK)]);
        let request = started("POST", &format!("{ASYNC}/convert/pdf"), &MULTIPART, &body).await;
        let StartCall::Convert(target) = &request.call else {
            panic!("{:?}", request.call)
        };
        let quality = target
            .export
            .as_ref()
            .map(|options| serde_json::to_value(options).unwrap()["jpegQuality"].clone());
        assert_eq!(quality, expected.map(Value::from), "{head}");
        assert_eq!(uploaded(&request), [DECK]);
    }
}

#[tokio::test]
async fn point_13_bytes_behind_a_part_are_kept() {
    let with_tail = [DECK, b"\r\n"].concat();
    let request = started(
        "POST",
        &format!("{ASYNC}/merge"),
        &MULTIPART,
        &multipart(&[(FILE1, &with_tail), (FILE2, DECK)]),
    )
    .await;
    assert_eq!(uploaded(&request), [with_tail, DECK.to_vec()]);
}

#[tokio::test]
async fn point_14_option_keys_have_no_case() {
    for text in [
        r#"{"format":"pdf","jpegQuality":70,"embedTrueTypeFontsForAscii":true}"#,
        r#"{"Format":"pdf","JpegQuality":70,"EmbedTrueTypeFontsForASCII":1,"DrawSlidesFrame":null}"#,
    ] {
        let request = started(
            "POST",
            &format!("{ASYNC}/deck.pptx/pdf"),
            &[("content-type", "text/json")],
            text.as_bytes(),
        )
        .await;
        let StartCall::DownloadPresentation { target, .. } = &request.call else {
            panic!("{:?}", request.call)
        };
        let options = serde_json::to_value(target.export.as_ref().unwrap()).unwrap();
        assert_eq!(
            (
                &options["jpegQuality"],
                &options["embedTrueTypeFontsForAscii"]
            ),
            (&70.into(), &true.into()),
            "{text}"
        );
    }
}

#[tokio::test]
async fn point_15_deleting_what_is_not_there_succeeds() {
    for path in ["file/none.pptx", "folder/none", "folder/some/file.pptx"] {
        assert_eq!(
            wire()
                .call("DELETE", &format!("{STORAGE}/{path}"), &[], "")
                .await
                .status,
            200,
            "{path}"
        );
    }
}

/// Checks an answer of table 2.6: the status, the words the vendor's tests look for, the shape all SDKs read.
fn refused(answer: &Answer, status: u16, code: &str, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    let error = &answer.json()["error"];
    assert_eq!(error["code"], code, "{error}");
    assert!(
        answer.message().contains(words),
        "`{}` lacks `{words}`",
        answer.message()
    );
    assert_eq!(
        error["innerError"]["requestId"],
        answer.header("x-request-id")
    );
    assert_eq!(
        answer.header("content-type"),
        "application/json; charset=utf-8"
    );
}

#[tokio::test]
async fn errors_of_operations_follow_the_table() {
    let wire = wire();
    for path in [
        format!("{ASYNC}/{UNKNOWN}"),
        format!("{ASYNC}/{UNKNOWN}/result"),
    ] {
        refused(
            &wire.get(&path).await,
            404,
            "notFound",
            "Operation does not exist",
        );
    }
    let storage = wire
        .call(
            "POST",
            &format!("{ASYNC}/deck.pptx/pdf?storage=none"),
            &[],
            "",
        )
        .await;
    refused(
        &storage,
        404,
        "storageNotFound",
        "The storage  was not found or is not associated with the application.",
    );
    refused(
        &wire
            .call("POST", &format!("{ASYNC}/convert/docx"), &[], DECK)
            .await,
        400,
        "invalidArgument",
        "Invalid value for ",
    );
    refused(
        &wire
            .call("POST", &format!("{ASYNC}/convert/pdf"), &[], "")
            .await,
        400,
        "invalidArgument",
        " required parameter",
    );

    let id = wire
        .call("POST", &format!("{ASYNC}/convert/pdf"), &[], DECK)
        .await;
    let result = format!("{ASYNC}/{}/result", id.text());
    refused(
        &wire.get(&result).await,
        409,
        "conflict",
        "Operation is not finished",
    );
    assert_eq!(followed(&wire, id.text()).await["status"], "Finished");
    assert!(wire.get(&result).await.body.starts_with(b"%PDF"));
}

#[tokio::test]
async fn wrong_decks_and_names_are_accepted_and_fail_later() {
    let wire = wire();
    for (path, body, status) in [
        ("IDoNotExist.pptx/pdf", &b""[..], 404),
        ("convert/pdf", b"no deck", 400),
        ("deck.pptx/pdf?folder=none&slides=593", b"", 404),
    ] {
        let id = wire
            .call("POST", &format!("{ASYNC}/{path}"), &[], body.to_vec())
            .await;
        assert_eq!(id.status, 201, "{path}");
        let operation = followed(&wire, id.text()).await;
        assert_eq!(
            (&operation["status"], &operation["error"]["httpStatusCode"]),
            (&"Failed".into(), &status.into())
        );
        assert!(!operation["error"]["message"].as_str().unwrap().is_empty());
        refused(
            &wire.get(&format!("{ASYNC}/{}/result", id.text())).await,
            409,
            "conflict",
            operation["error"]["message"].as_str().unwrap(),
        );
    }
}

#[tokio::test]
async fn a_saved_result_is_not_fetched_by_its_id() {
    let wire = wire();
    let id = wire
        .call(
            "PUT",
            &format!("{ASYNC}/convert/pdf?outPath=out/converted.pptx"),
            &[],
            DECK,
        )
        .await;
    assert_eq!(followed(&wire, id.text()).await["status"], "Finished");
    refused(
        &wire.get(&format!("{ASYNC}/{}/result", id.text())).await,
        400,
        "invalidArgument",
        "The result was saved to the storage",
    );
    assert_eq!(
        wire.get(&format!("{STORAGE}/exist/out/converted.pptx"))
            .await
            .json()["exists"],
        true
    );
}

#[tokio::test]
async fn errors_of_the_storage_follow_the_table() {
    let wire = wire();
    refused(
        &wire.get(&format!("{STORAGE}/file/none.pptx")).await,
        404,
        "notFound",
        "none.pptx",
    );
    let none = wire
        .get(&format!("{STORAGE}/file/a.pptx?storageName=none"))
        .await;
    refused(
        &none,
        404,
        "storageNotFound",
        "The storage none was not found or is not associated with the application.",
    );
    refused(
        &wire
            .call(
                "PUT",
                &format!("{STORAGE}/file/copy/none.pptx?destPath=x"),
                &[],
                "",
            )
            .await,
        404,
        "notFound",
        "none.pptx",
    );
    wire.call("PUT", &format!("{STORAGE}/file/full/a.txt"), &[], "x")
        .await;
    refused(
        &wire
            .call("DELETE", &format!("{STORAGE}/folder/full"), &[], "")
            .await,
        409,
        "conflict",
        " is not empty",
    );
    refused(
        &wire.get(&format!("{STORAGE}/file/%2E%2E/x")).await,
        400,
        "invalidArgument",
        "..",
    );
}

#[tokio::test]
async fn tokens_follow_the_contract() {
    let backend = Arc::new(FakeBackend::default());
    let server = Server::builder(backend.clone(), backend)
        .credentials(Credentials::new("id", "secret"))
        .build();
    let wire = Wire::new(server.router());
    let denied = wire.get("/v3.0/slides/info").await;
    refused(&denied, 401, "unauthorized", "token");
    assert_eq!(denied.header("www-authenticate"), "Bearer");
    let wrong = wire
        .call(
            "POST",
            "/connect/token",
            &[],
            "grant_type=client_credentials&client_id=id&client_secret=x",
        )
        .await;
    assert_eq!(
        (wrong.status, wrong.json()),
        (400, serde_json::json!({"error": "invalid_client"}))
    );
    let token = wire
        .call(
            "POST",
            "/connect/token",
            &[],
            "client_id=id&client_secret=secret&grant_type=client_credentials",
        )
        .await
        .json();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let info = wire
        .call(
            "GET",
            "/v3.0/slides/info",
            &[("authorization", &bearer)],
            "",
        )
        .await;
    assert_eq!(info.status, 200);
    assert!(info.json()["name"].is_string() && info.json()["version"].is_string());
}

/// The texts of statuses and methods, which SDKs compare exactly (contract section 3).
#[test]
fn texts_of_enums_are_the_vendors() {
    let mut statuses: Vec<_> = OperationStatus::ALL
        .iter()
        .map(|status| status.as_str().to_owned())
        .collect();
    statuses.sort();
    assert_eq!(
        statuses,
        [
            "Canceled", "Created", "Enqueued", "Failed", "Finished", "Started"
        ]
    );
    let mut methods: Vec<_> = OperationMethod::ALL
        .iter()
        .map(|method| method.as_str().to_owned())
        .collect();
    methods.sort();
    assert_eq!(
        methods,
        [
            "Convert",
            "ConvertAndSave",
            "DownloadPresentation",
            "Merge",
            "MergeAndSave",
            "SavePresentation",
            "Split",
            "UploadAndSplit"
        ]
    );
}
