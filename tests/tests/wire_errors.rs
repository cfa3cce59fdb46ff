//! The vendor's generated tests of the twelve operations, in our words: a valid call, then each
//! parameter made invalid, against table 2.6 of the contract, with and without the vendor's sentences.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use serde_json::Value;
use slides_server::Server;
use slides_service::{Runner, Service, ServiceOptions, Soffice};
use slides_tests::{Answer, FakeEngine, Wire};

const DECK: &str = "PK\u{3}\u{4} a deck";
const UNKNOWN: &str = "96b0a57c-d9ae-453f-b56f-3b154eb10cda";
/// What a start says of an unknown storage: two blanks and no name.
const NO_STORAGE: &str = "The storage  was not found or is not associated with the application.";
const NO_KEY: &str = "AmazonS3 Storage exception: The specified key does not exist.";

/// What a call with a bad parameter gets.
#[derive(Debug, Clone, Copy)]
enum Gets {
    /// Refused at once: status, code, words of its message.
    Refused(u16, &'static str, &'static str),
    /// As [`Refused`](Self::Refused), with other words where the vendor's sentences are on.
    Vendor(u16, &'static str, &'static str, &'static str),
    /// Accepted; fails later with this HTTP status.
    Fails(i64),
    /// Accepted; ends well all the same.
    Finishes,
    /// Answered with 200.
    Works,
}

use Gets::{Fails, Finishes, Refused, Vendor, Works};

const BAD_FORMAT: Gets = Refused(400, "invalidArgument", "Invalid value for ");
const BAD_STORAGE: Gets = Refused(404, "storageNotFound", NO_STORAGE);
const NO_DOCUMENT: Gets = Refused(400, "invalidArgument", " required parameter");
const NO_PATH: Gets = Refused(400, "invalidArgument", "`outPath` is missing");

type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Gets,
);

/// Method and path below `/v3.0/slides/async/`, the parameter that is bad, the `password` header, the body, and
/// what it gets. The first row of each call is its valid form.
const ROWS: &[Row] = &[
    // StartConvert
    ("POST", "convert/pdf", "", "", DECK, Finishes),
    ("POST", "convert/pdf", "document", "", "", NO_DOCUMENT),
    ("POST", "convert/invalid", "format", "", DECK, BAD_FORMAT),
    ("POST", "convert/pdf", "document", "", "no deck", Fails(400)),
    ("POST", "convert/pdf", "password", "wrong", DECK, Finishes),
    (
        "POST",
        "convert/pdf?storage=invalid",
        "storage",
        "",
        DECK,
        BAD_STORAGE,
    ),
    (
        "POST",
        "convert/pdf?fontsFolder=no/fonts",
        "fontsFolder",
        "",
        DECK,
        Finishes,
    ),
    // StartConvertAndSave
    ("PUT", "convert/pdf?outPath=o.pdf", "", "", DECK, Finishes),
    (
        "PUT",
        "convert/pdf?outPath=o.pdf",
        "document",
        "",
        "",
        NO_DOCUMENT,
    ),
    (
        "PUT",
        "convert/invalid?outPath=o.pdf",
        "format",
        "",
        DECK,
        BAD_FORMAT,
    ),
    ("PUT", "convert/pdf", "outPath", "", DECK, NO_PATH),
    (
        "PUT",
        "convert/pdf?outPath=odd%20%3Cname%3E.pdf",
        "outPath",
        "",
        DECK,
        Finishes,
    ),
    (
        "PUT",
        "convert/pdf?outPath=..%2Fo.pdf",
        "outPath",
        "",
        DECK,
        Refused(400, "invalidArgument", "`..`"),
    ),
    (
        "PUT",
        "convert/pdf?outPath=o.pdf",
        "password",
        "wrong",
        DECK,
        Finishes,
    ),
    (
        "PUT",
        "convert/pdf?outPath=o.pdf&storage=invalid",
        "storage",
        "",
        DECK,
        BAD_STORAGE,
    ),
    (
        "PUT",
        "convert/pdf?outPath=o.pdf&fontsFolder=none",
        "fontsFolder",
        "",
        DECK,
        Finishes,
    ),
    // StartDownloadPresentation
    ("POST", "test.pptx/pdf?folder=Data", "", "", "", Finishes),
    (
        "POST",
        "invalid.pptx/pdf?folder=Data",
        "name",
        "",
        "",
        Fails(404),
    ),
    (
        "POST",
        "test.pptx/invalid?folder=Data",
        "format",
        "",
        "",
        BAD_FORMAT,
    ),
    (
        "POST",
        "test.pptx/pdf?folder=Data",
        "options",
        "",
        "{\"jpegQuality\":",
        Refused(400, "invalidArgument", "no JSON"),
    ),
    (
        "POST",
        "test.pptx/pdf?folder=Data",
        "options",
        "",
        "{\"jpegQuality\":\"high\"}",
        Refused(400, "invalidArgument", "Invalid value for `jpegQuality`"),
    ),
    (
        "POST",
        "test.pptx/pdf?folder=Data",
        "password",
        "wrong",
        "",
        Finishes,
    ),
    (
        "POST",
        "test.pptx/pdf?folder=invalid",
        "folder",
        "",
        "",
        Fails(404),
    ),
    (
        "POST",
        "test.pptx/pdf?folder=Data&storage=invalid",
        "storage",
        "",
        "",
        BAD_STORAGE,
    ),
    (
        "POST",
        "test.pptx/pdf?folder=Data&fontsFolder=none",
        "fontsFolder",
        "",
        "",
        Finishes,
    ),
    // StartSavePresentation
    (
        "PUT",
        "test.pptx/pdf?folder=Data&outPath=o.pdf",
        "",
        "",
        "",
        Finishes,
    ),
    (
        "PUT",
        "invalid.pptx/pdf?folder=Data&outPath=o.pdf",
        "name",
        "",
        "",
        Fails(404),
    ),
    (
        "PUT",
        "test.pptx/invalid?folder=Data&outPath=o.pdf",
        "format",
        "",
        "",
        BAD_FORMAT,
    ),
    (
        "PUT",
        "test.pptx/pdf?folder=Data",
        "outPath",
        "",
        "",
        NO_PATH,
    ),
    (
        "PUT",
        "test.pptx/pdf?folder=Data&outPath=o.pdf",
        "password",
        "wrong",
        "",
        Finishes,
    ),
    (
        "PUT",
        "test.pptx/pdf?folder=invalid&outPath=o.pdf",
        "folder",
        "",
        "",
        Fails(404),
    ),
    (
        "PUT",
        "test.pptx/pdf?folder=Data&outPath=o.pdf&storage=invalid",
        "storage",
        "",
        "",
        BAD_STORAGE,
    ),
    (
        "PUT",
        "test.pptx/pdf?folder=Data&outPath=o.pdf&fontsFolder=none",
        "fontsFolder",
        "",
        "",
        Finishes,
    ),
    // StartMerge
    (
        "POST",
        "merge",
        "files",
        "",
        "",
        Refused(400, "invalidArgument", "nothing to merge"),
    ),
    (
        "POST",
        "merge?storage=invalid",
        "storage",
        "",
        DECK,
        BAD_STORAGE,
    ),
    (
        "POST",
        "merge",
        "request",
        "",
        "{\"presentations\":[{\"path\":\"\"}]}",
        Refused(400, "invalidArgument", "no `path`"),
    ),
    // StartMergeAndSave
    (
        "PUT",
        "merge?outPath=o.pptx",
        "files",
        "",
        "",
        Refused(400, "invalidArgument", "nothing to merge"),
    ),
    ("PUT", "merge", "outPath", "", DECK, NO_PATH),
    (
        "PUT",
        "merge?outPath=o.pptx&storage=invalid",
        "storage",
        "",
        DECK,
        BAD_STORAGE,
    ),
    // StartSplit
    (
        "POST",
        "test.pptx/split/png?folder=Data&destFolder=d",
        "",
        "",
        "",
        Finishes,
    ),
    (
        "POST",
        "invalid.pptx/split/png?folder=Data",
        "name",
        "",
        "",
        Fails(404),
    ),
    (
        "POST",
        "test.pptx/split/invalid?folder=Data",
        "format",
        "",
        "",
        BAD_FORMAT,
    ),
    // Not of the slides' formats.
    (
        "POST",
        "test.pptx/split/swf?folder=Data",
        "format",
        "",
        "",
        BAD_FORMAT,
    ),
    (
        "POST",
        "test.pptx/split/png?folder=Data&destFolder=d&width=-1&height=odd",
        "width",
        "",
        "",
        Finishes,
    ),
    (
        "POST",
        "test.pptx/split/png?folder=Data&destFolder=d&from=9&to=2",
        "from",
        "",
        "",
        Fails(400),
    ),
    (
        "POST",
        "test.pptx/split/png?folder=Data&from=one",
        "from",
        "",
        "",
        Fails(400),
    ),
    (
        "POST",
        "test.pptx/split/png?folder=Data&destFolder=odd%20%3Cname%3E",
        "destFolder",
        "",
        "",
        Finishes,
    ),
    (
        "POST",
        "test.pptx/split/png?folder=Data&destFolder=d",
        "password",
        "wrong",
        "",
        Finishes,
    ),
    (
        "POST",
        "test.pptx/split/png?folder=invalid",
        "folder",
        "",
        "",
        Fails(404),
    ),
    (
        "POST",
        "test.pptx/split/png?folder=Data&storage=invalid",
        "storage",
        "",
        "",
        BAD_STORAGE,
    ),
    (
        "POST",
        "test.pptx/split/png?folder=Data&destFolder=d&fontsFolder=none",
        "fontsFolder",
        "",
        "",
        Finishes,
    ),
    // StartUploadAndSplit
    ("POST", "split/png?destFolder=d", "", "", DECK, Finishes),
    (
        "POST",
        "split/png?destFolder=d",
        "document",
        "",
        "",
        NO_DOCUMENT,
    ),
    ("POST", "split/invalid", "format", "", DECK, BAD_FORMAT),
    (
        "POST",
        "split/png?destFolder=d&width=0&height=x",
        "width",
        "",
        DECK,
        Finishes,
    ),
    (
        "POST",
        "split/png?destFolder=d&from=9&to=2",
        "to",
        "",
        DECK,
        Fails(400),
    ),
    (
        "POST",
        "split/png?destFolder=d",
        "password",
        "wrong",
        DECK,
        Finishes,
    ),
    (
        "POST",
        "split/png?storage=invalid",
        "storage",
        "",
        DECK,
        BAD_STORAGE,
    ),
    (
        "POST",
        "split/png?destFolder=d&fontsFolder=none",
        "fontsFolder",
        "",
        DECK,
        Finishes,
    ),
    // GetOperationStatus, GetOperationResult
    (
        "GET",
        "96b0a57c-d9ae-453f-b56f-3b154eb10cda",
        "id",
        "",
        "",
        Refused(404, "notFound", "Operation does not exist"),
    ),
    (
        "GET",
        "96b0a57c-d9ae-453f-b56f-3b154eb10cda/result",
        "id",
        "",
        "",
        Refused(404, "notFound", "Operation does not exist"),
    ),
    (
        "GET",
        "%22quoted%22",
        "id",
        "",
        "",
        Refused(404, "notFound", "Operation does not exist"),
    ),
    // Download
    ("GET", "storage/file/Data/test.pptx", "", "", "", Works),
    (
        "GET",
        "storage/file/Data/invalid.pptx",
        "path",
        "",
        "",
        Vendor(404, "notFound", "invalid.pptx", NO_KEY),
    ),
    (
        "GET",
        "storage/file/Data/test.pptx?storageName=invalid",
        "storageName",
        "",
        "",
        Refused(
            404,
            "storageNotFound",
            "The storage invalid was not found or is not associated with the application.",
        ),
    ),
    (
        "GET",
        "storage/file/Data/test.pptx?versionId=invalid",
        "versionId",
        "",
        "",
        Refused(400, "invalidArgument", "Invalid version"),
    ),
    // Upload
    ("PUT", "storage/file/Data/other.pptx", "", "", DECK, Works),
    (
        "PUT",
        "storage/file/new/odd%20%3Cname%3E",
        "path",
        "",
        DECK,
        Works,
    ),
    (
        "PUT",
        "storage/file/Data/other.pptx?storageName=invalid",
        "storageName",
        "",
        DECK,
        Refused(404, "storageNotFound", "The storage invalid was not found"),
    ),
];

/// The storage's calls of the table, below `/v3.0/slides/storage/`.
const STORAGE_ROWS: &[Row] = &[
    (
        "GET",
        "file/Data/invalid.pptx",
        "path",
        "",
        "",
        Vendor(404, "notFound", "invalid.pptx", NO_KEY),
    ),
    (
        "GET",
        "file/Data/test.pptx?versionId=invalid",
        "versionId",
        "",
        "",
        Refused(400, "invalidArgument", "Invalid version id specified"),
    ),
    (
        "DELETE",
        "file/Data/test.pptx?versionId=invalid",
        "versionId",
        "",
        "",
        Refused(400, "invalidArgument", "Invalid version id specified"),
    ),
    ("DELETE", "file/Data/invalid.pptx", "path", "", "", Works),
    (
        "PUT",
        "file/copy/Data/invalid.pptx?destPath=x",
        "srcPath",
        "",
        "",
        Vendor(404, "notFound", "invalid.pptx", NO_KEY),
    ),
    (
        "PUT",
        "file/copy/Data/test.pptx?destPath=x&versionId=invalid",
        "versionId",
        "",
        "",
        Vendor(
            400,
            "invalidArgument",
            "Invalid version",
            "AmazonS3 Storage exception",
        ),
    ),
    (
        "PUT",
        "file/copy/Data/test.pptx",
        "destPath",
        "",
        "",
        Refused(400, "invalidArgument", "`destPath` is missing"),
    ),
    (
        "PUT",
        "file/copy/Data/test.pptx?destPath=x&srcStorageName=invalid",
        "srcStorageName",
        "",
        "",
        Refused(404, "storageNotFound", "The storage invalid was not found"),
    ),
    (
        "PUT",
        "file/copy/Data/test.pptx?destPath=x&destStorageName=invalid",
        "destStorageName",
        "",
        "",
        Refused(404, "storageNotFound", "The storage invalid was not found"),
    ),
    ("GET", "exist/Data/invalid.pptx", "path", "", "", Works),
    (
        "GET",
        "exist/Data/test.pptx?versionId=invalid",
        "versionId",
        "",
        "",
        Vendor(
            400,
            "invalidArgument",
            "Invalid version",
            "AmazonS3 Storage exception",
        ),
    ),
    (
        "DELETE",
        "folder/Data",
        "recursive",
        "",
        "",
        Refused(409, "conflict", " is not empty"),
    ),
    ("DELETE", "folder/invalid", "path", "", "", Works),
    (
        "PUT",
        "folder/copy/invalid?destPath=x",
        "srcPath",
        "",
        "",
        Works,
    ),
    (
        "PUT",
        "folder/move/invalid?destPath=x",
        "srcPath",
        "",
        "",
        Works,
    ),
    ("GET", "invalid/exist", "storageName", "", "", Works),
    (
        "GET",
        "disc?storageName=invalid",
        "storageName",
        "",
        "",
        Refused(404, "storageNotFound", "The storage invalid was not found"),
    ),
];

async fn server(vendor_messages: bool) -> Wire {
    let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine))).workers(2);
    options.soffice = Soffice::Off;
    options.vendor_messages = vendor_messages;
    let service = Service::in_process(options).unwrap();
    let server = Server::builder(Arc::new(service.clone()), Arc::new(service))
        .vendor_messages(vendor_messages)
        .build();
    let wire = Wire::new(server.router());
    let put = "/v3.0/slides/storage/file/Data/test.pptx";
    assert_eq!(wire.call("PUT", put, &[], DECK).await.status, 200);
    wire
}

/// The vendor's error shape, its code and its words.
fn refused(answer: &Answer, status: u16, code: &str, words: &str, row: &str) {
    assert_eq!(answer.status, status, "{row}: {}", answer.text());
    let error = &answer.json()["error"];
    assert_eq!(error["code"], code, "{row}");
    let message = answer.message();
    assert!(
        message.contains(words),
        "{row}: `{message}` lacks `{words}`"
    );
    assert_eq!(
        error["innerError"]["requestId"],
        answer.header("x-request-id"),
        "{row}"
    );
    assert!(error["innerError"]["date"].is_string(), "{row}");
}

async fn ended(wire: &Wire, answer: &Answer, row: &str) -> Value {
    assert_eq!(answer.status, 201, "{row}: {}", answer.text());
    loop {
        let status = wire
            .get(&format!("/v3.0/slides/async/{}", answer.text()))
            .await;
        let status = status.json();
        if !["Created", "Enqueued", "Started"].contains(&status["status"].as_str().unwrap()) {
            return status;
        }
        tokio::task::yield_now().await;
    }
}

async fn check(rows: &[Row], prefix: &str) {
    for vendor_messages in [false, true] {
        let wire = server(vendor_messages).await;
        for (method, path, parameter, password, body, gets) in rows {
            let row = format!("{method} {path} ({parameter}, vendor's words: {vendor_messages})");
            let headers: &[(&str, &str)] = if password.is_empty() {
                &[]
            } else {
                &[("password", password)]
            };
            let path = format!("/v3.0/slides/{prefix}/{path}");
            let answer = wire.call(method, &path, headers, *body).await;
            match *gets {
                Refused(status, code, words) => refused(&answer, status, code, words, &row),
                Vendor(status, code, ours, theirs) => {
                    let words = if vendor_messages { theirs } else { ours };
                    refused(&answer, status, code, words, &row);
                    assert_eq!(answer.message().contains(theirs), vendor_messages, "{row}");
                }
                Fails(status) => {
                    let operation = ended(&wire, &answer, &row).await;
                    assert_eq!(operation["status"], "Failed", "{row}");
                    assert_eq!(
                        operation["error"]["httpStatusCode"], status,
                        "{row}: {operation}"
                    );
                }
                Finishes => {
                    let operation = ended(&wire, &answer, &row).await;
                    assert_eq!(operation["status"], "Finished", "{row}: {operation}");
                }
                Works => assert_eq!(answer.status, 200, "{row}: {}", answer.text()),
            }
        }
    }
}

#[tokio::test]
async fn each_parameter_of_the_twelve_operations_is_judged() {
    check(ROWS, "async").await;
}

#[tokio::test]
async fn each_parameter_of_the_storage_is_judged() {
    check(STORAGE_ROWS, "storage").await;
}

/// Every operation of the contract's section 2 has its rows.
#[test]
fn no_operation_is_left_out() {
    for operation in [
        "convert/",
        "test.pptx/pdf",
        "merge",
        "/split/",
        "split/",
        "storage/file/",
    ] {
        assert!(
            ROWS.iter().any(|row| row.1.contains(operation)),
            "{operation}"
        );
    }
    assert!(ROWS.iter().any(|row| row.1.contains(UNKNOWN)));
}

/// The synchronous twins refuse at once what fails later in the background.
#[tokio::test]
async fn synchronous_calls_answer_with_the_failure() {
    for vendor_messages in [false, true] {
        let wire = server(vendor_messages).await;
        for (method, path, body, status, code, words) in [
            (
                "POST",
                "convert/pdf",
                "no deck",
                400,
                "invalidArgument",
                "Failed to load the presentation",
            ),
            (
                "PUT",
                "convert/pdf?outPath=o.pdf",
                "no deck",
                400,
                "invalidArgument",
                "Failed to load the presentation",
            ),
            (
                "POST",
                "none.pptx/pdf?folder=Data",
                "",
                404,
                "notFound",
                "Data/none.pptx",
            ),
            (
                "PUT",
                "none.pptx/pdf?outPath=x",
                "",
                404,
                "notFound",
                "none.pptx",
            ),
            ("POST", "none.pptx/split", "", 404, "notFound", "none.pptx"),
            (
                "POST",
                "convert/pdf?storage=invalid",
                DECK,
                404,
                "storageNotFound",
                NO_STORAGE,
            ),
            (
                "POST",
                "test.pptx/invalid?folder=Data",
                "",
                400,
                "invalidArgument",
                "Invalid value for ",
            ),
        ] {
            let answer = wire
                .call(method, &format!("/v3.0/slides/{path}"), &[], body)
                .await;
            refused(&answer, status, code, words, path);
            if code == "notFound" {
                assert_eq!(answer.message().contains(NO_KEY), vendor_messages, "{path}");
            }
        }
        let pdf = wire
            .call("POST", "/v3.0/slides/test.pptx/pdf?folder=Data", &[], "")
            .await;
        assert_eq!(
            (pdf.status, pdf.header("content-type")),
            (200, "application/pdf")
        );
        assert!(pdf.body.starts_with(b"%PDF"));
        let saved = wire
            .call(
                "PUT",
                "/v3.0/slides/convert/pdf?outPath=Out/x.pdf",
                &[],
                DECK,
            )
            .await;
        assert_eq!((saved.status, saved.body.len()), (200, 0));
        let exists = wire.get("/v3.0/slides/storage/exist/Out/x.pdf").await;
        assert_eq!(exists.json()["exists"], true);
        let split = wire
            .call(
                "POST",
                "/v3.0/slides/test.pptx/split?folder=Data&destFolder=Parts",
                &[("host", "h")],
                "",
            )
            .await;
        let href = split.json()["slides"][0]["href"]
            .as_str()
            .unwrap()
            .to_owned();
        // The way the vendor's test follows the link.
        let path = href.split_once("/storage/file/").unwrap().1;
        let exists = wire
            .get(&format!("/v3.0/slides/storage/exist/{path}"))
            .await;
        assert_eq!(exists.json()["exists"], true, "{href}");
    }
}
