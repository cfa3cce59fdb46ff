//! Synchronous calls (contract section 6): what they start, and how its end is answered.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use slides_core::types::{
    ExportFormat, Operation, OperationError, OperationMethod, OperationProgress, OperationStatus,
    PresentationSource, SlideExportFormat,
};
use slides_core::{
    DocumentSource, Download, Merge, MergeSource, MockAsyncApi, MockStorageApi, Password, Range,
    SplitSize, StartCall, StartRequest, StatusReply, StoredDocument, Target,
};
use slides_server::Server;

use crate::support::{Answer, call, get, server};

const ID: &str = "6d0c9c3e-2f0b-4d0c-9a51-6b3a0f3f4f10";

fn operation(status: OperationStatus) -> Operation {
    Operation::new(ID, OperationMethod::Convert, status)
}

/// An api whose operations end as given at the third look, and what it was asked for.
fn ending(end: Operation) -> (MockAsyncApi, Arc<Mutex<Vec<StartRequest>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut api = MockAsyncApi::new();
    let log = Arc::clone(&seen);
    api.expect_start().returning(move |request| {
        log.lock().unwrap().push(request);
        Ok(ID.into())
    });
    let mut looks = 0;
    api.expect_status().returning(move |_| {
        looks += 1;
        let now = match looks {
            1 => operation(OperationStatus::Enqueued),
            2 => operation(OperationStatus::Started),
            _ => end.clone(),
        };
        Ok(StatusReply::new(now))
    });
    api.expect_result().returning(|_| {
        Ok(Download::from_bytes("%PDF")
            .with_type(Some("application/pdf".into()), Some("deck.pdf".into())))
    });
    (api, seen)
}

async fn answered(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (Answer, StartRequest) {
    let (api, seen) = ending(operation(OperationStatus::Finished));
    let path = format!("/v3.0/slides/{path}");
    let answer = call(&server(api), method, &path, headers, body).await;
    let request = seen.lock().unwrap().remove(0);
    (answer, request)
}

#[tokio::test]
async fn each_twin_starts_what_its_background_call_starts() {
    let mut slides = Target::new(ExportFormat::Pdf);
    (slides.slides, slides.password) = (vec![2, 4], Some(Password::new("pw")));
    let target = || Target::new(ExportFormat::Pdf);
    let deck = || StoredDocument::in_folder("deck.pptx", "Data");
    let split = |document, format, dest_folder: Option<&str>| StartCall::Split {
        document,
        format,
        export: None,
        range: Range {
            from: Some(2),
            to: None,
        },
        size: SplitSize::default(),
        dest_folder: dest_folder.map(str::to_owned),
        password: None,
        storage: None,
        fonts_folder: None,
    };
    let source = |path: &str, password: Option<&str>, slides: &[i32]| {
        let mut source = MergeSource::new(path);
        source.source = Some(PresentationSource::Storage);
        source.password = password.map(str::to_owned);
        source.slides = slides.to_vec();
        source
    };
    let merged = |sources: Vec<MergeSource>| {
        let mut merge = Merge::default();
        merge.sources = sources;
        StartCall::MergeAndSave {
            merge,
            out_path: "Data/deck.pptx".into(),
        }
    };
    let stored = || DocumentSource::Storage(deck());
    for (method, path, body, expected) in [
        (
            "POST",
            "convert/pdf?slides=2,4",
            "PK",
            StartCall::Convert(slides.clone()),
        ),
        (
            "PUT",
            "convert/pdf?slides=2,4&outPath=x.pdf",
            "PK",
            StartCall::ConvertAndSave {
                target: slides.clone(),
                out_path: "x.pdf".into(),
            },
        ),
        (
            "POST",
            "deck.pptx/pdf?folder=Data",
            "",
            StartCall::DownloadPresentation {
                target: target(),
                document: deck(),
            },
        ),
        (
            "PUT",
            "deck.pptx/pdf?folder=Data&outPath=x.pdf",
            "",
            StartCall::SavePresentation {
                target: target(),
                document: deck(),
                out_path: "x.pdf".into(),
            },
        ),
        ("POST", "merge", "PK", StartCall::Merge(Merge::default())),
        (
            "PUT",
            "merge?outPath=x.pptx",
            "PK",
            StartCall::MergeAndSave {
                merge: Merge::default(),
                out_path: "x.pptx".into(),
            },
        ),
        (
            "POST",
            "deck.pptx/merge?folder=Data",
            r#"{"PresentationPaths":["Data/b.pptx","c.pptx","d.pptx"],"presentationPasswords":["","pw2"]}"#,
            merged(vec![
                source("Data/deck.pptx", Some("pw"), &[]),
                source("Data/b.pptx", None, &[]),
                source("c.pptx", Some("pw2"), &[]),
                source("d.pptx", None, &[]),
            ]),
        ),
        (
            "PUT",
            "deck.pptx/merge?folder=Data",
            r#"{"presentations":[{"path":"b.pptx","slides":[2,1],"source":null}]}"#,
            merged(vec![
                source("Data/deck.pptx", Some("pw"), &[]),
                source("b.pptx", None, &[2, 1]),
            ]),
        ),
        (
            "POST",
            "deck.pptx/split?folder=Data&from=2&destFolder=out",
            "",
            split(stored(), SlideExportFormat::Jpeg, Some("out")),
        ),
        (
            "POST",
            "deck.pptx/split?Format=PNG&folder=Data&from=2",
            "",
            split(stored(), SlideExportFormat::Png, None),
        ),
        (
            "POST",
            "split/png?from=2",
            "PK",
            split(DocumentSource::Request, SlideExportFormat::Png, None),
        ),
        (
            "PUT",
            "split/png?from=2&destFolder=out",
            "PK",
            split(DocumentSource::Request, SlideExportFormat::Png, Some("out")),
        ),
    ] {
        let opens = path.starts_with("convert") || path.contains("/merge");
        let headers: &[(&str, &str)] = if opens { &[("password", "pw")] } else { &[] };
        let (answer, request) = answered(method, path, headers, body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        assert_eq!(request.call, expected, "{method} {path}");
        assert_eq!(
            request.documents.len(),
            usize::from(body == "PK"),
            "{method} {path}"
        );
        assert_eq!(
            request.options.result_only,
            path.starts_with("split") && method == "POST"
        );
        let is_file = method == "POST"
            && !path.starts_with("deck.pptx/merge")
            && !path.starts_with("deck.pptx/split");
        assert_eq!(
            answer.header("content-disposition").is_empty(),
            !is_file,
            "{method} {path}"
        );
        if path.contains("outPath") {
            assert!(answer.body.is_empty(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_failed_operation_is_the_answers_error() {
    for (status, code, message, expected) in [
        (400, "invalidArgument", "Invalid password.", 400),
        (
            400,
            "invalidArgument",
            "Failed to load the presentation: no slides",
            400,
        ),
        (404, "notFound", "Data/deck.pptx does not exist", 404),
        (
            415,
            "unsupportedFormat",
            "Pptx to Xaml is not supported",
            415,
        ),
        (408, "timeout", "the operation took longer than 5 s", 504),
        (500, "workerCrashed", "the worker crashed", 500),
        (0, "odd", "no status", 500),
    ] {
        let mut failed = operation(OperationStatus::Failed);
        let mut error = OperationError::new(status);
        (error.code, error.message) = (Some(code.into()), Some(message.into()));
        failed.error = Some(error);
        let server = server(ending(failed).0);
        let answer = call(&server, "POST", "/v3.0/slides/convert/pdf", &[], b"PK").await;
        assert_eq!(answer.error(expected, code), message);
    }
}

#[tokio::test]
async fn bad_arguments_start_nothing() {
    for (method, path, body, words) in [
        ("POST", "convert/docx", "PK", "Invalid value for `format`"),
        ("POST", "convert/pdf", "", " required parameter"),
        ("PUT", "convert/pdf", "PK", "`outPath` is missing"),
        (
            "POST",
            "a.pptx/split?format=swf",
            "",
            "Invalid value for `format`",
        ),
        ("POST", "a.pptx/merge", "", " required parameter"),
        (
            "POST",
            "a.pptx/merge",
            "{\"presentationPaths\":[]}",
            "no presentation to append",
        ),
        (
            "POST",
            "a.pptx/merge",
            "{\"presentationPaths\":[\"../b\"]}",
            "`..`",
        ),
        ("PUT", "a.pptx/merge", "[", "no JSON"),
        (
            "PUT",
            "a.pptx/merge",
            r#"{"presentations":[{"path":"file1","source":"Request"}]}"#,
            "takes no files",
        ),
        ("POST", "merge", "", "nothing to merge"),
    ] {
        let path = format!("/v3.0/slides/{path}");
        let answer = call(
            &server(MockAsyncApi::new()),
            method,
            &path,
            &[],
            body.as_bytes(),
        )
        .await;
        let message = answer.error(400, "invalidArgument");
        assert!(message.contains(words), "{method} {path}: {message}");
    }
}

/// An api whose operation never ends, and how often it was canceled.
fn endless() -> (MockAsyncApi, Arc<Mutex<u32>>) {
    let mut api = MockAsyncApi::new();
    api.expect_start().returning(|_| Ok(ID.into()));
    api.expect_status()
        .returning(|_| Ok(StatusReply::new(operation(OperationStatus::Started))));
    let canceled = Arc::new(Mutex::new(0));
    let count = Arc::clone(&canceled);
    api.expect_cancel().returning(move |id| {
        assert_eq!(id.as_str(), ID);
        *count.lock().unwrap() += 1;
        Ok(())
    });
    (api, canceled)
}

#[tokio::test(start_paused = true)]
async fn work_that_takes_too_long_is_canceled() {
    let (api, canceled) = endless();
    let server = Server::builder(Arc::new(api), Arc::new(MockStorageApi::new()))
        .sync_timeout(Duration::from_secs(90))
        .build();
    let answer = call(&server, "POST", "/v3.0/slides/convert/pdf", &[], b"PK").await;
    let message = answer.error(504, "timeout");
    assert!(
        message.contains("90s") && message.contains("`sync_timeout`"),
        "{message}"
    );
    tokio::task::yield_now().await;
    assert_eq!(*canceled.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn work_that_nobody_waits_for_is_canceled() {
    let (api, canceled) = endless();
    let server = server(api);
    let waiting = call(&server, "POST", "/v3.0/slides/convert/pdf", &[], b"PK");
    let gone = tokio::time::timeout(Duration::from_secs(2), waiting).await;
    assert!(gone.is_err());
    tokio::task::yield_now().await;
    assert_eq!(*canceled.lock().unwrap(), 1);
}

#[tokio::test]
async fn two_callers_never_share_an_operation() {
    let (_, request) = answered("POST", "convert/pdf", &[("idempotency-key", "k")], b"PK").await;
    assert_eq!(request.options.idempotency_key, None);
}

#[tokio::test]
async fn links_of_a_split_name_its_files() {
    let host = [("host", "slides.test:8080")];
    let at = "http://slides.test:8080/v3.0/slides/storage/file";
    let mut finished = operation(OperationStatus::Finished);
    finished.progress = Some(OperationProgress::new(2, 2));
    // The result is no archive: the names follow from the steps.
    let answer = call(
        &server(ending(finished).0),
        "POST",
        "/v3.0/slides/my%20deck.pptx/split?folder=Data&from=3&storage=mine",
        &host,
        b"",
    )
    .await;
    let slides = &answer.json()["slides"];
    assert_eq!(
        slides[0],
        serde_json::json!({
            "href": format!("{at}/Data/my%20deck_3.jpeg?storageName=mine"), "relation": "self",
            "linkType": "image/jpeg", "title": "Slide 3", "slideIndex": 3,
        })
    );
    assert_eq!(slides[1]["title"], "Slide 4");
    assert_eq!(slides.as_array().unwrap().len(), 2);

    // An archive names the files that there are: slide 2 may be hidden.
    let answer = call(
        &server(with_archive(&[
            "sourcePresentation_1.png",
            "sourcePresentation_3.png",
        ])),
        "PUT",
        "/v3.0/slides/split/png?destFolder=out",
        &host,
        b"PK",
    )
    .await;
    let links: Vec<String> = answer.json()["slides"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slide| slide["href"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        links,
        [1, 3].map(|n| format!("{at}/out/sourcePresentation_{n}.png"))
    );
}

/// An api whose result is an archive of empty files: its directory and its end.
fn with_archive(names: &[&str]) -> MockAsyncApi {
    let mut zip = b"the files".to_vec();
    let start = zip.len() as u32;
    for name in names {
        zip.extend_from_slice(b"PK\x01\x02");
        zip.extend_from_slice(&[0; 24]);
        zip.extend_from_slice(&(name.len() as u16).to_le_bytes());
        zip.extend_from_slice(&[0; 16]);
        zip.extend_from_slice(name.as_bytes());
    }
    let size = zip.len() as u32 - start;
    zip.extend_from_slice(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
    zip.extend_from_slice(&size.to_le_bytes());
    zip.extend_from_slice(&start.to_le_bytes());
    zip.extend_from_slice(&[0, 0]);
    let mut api = MockAsyncApi::new();
    api.expect_start().returning(|_| Ok(ID.into()));
    api.expect_status()
        .returning(|_| Ok(StatusReply::new(operation(OperationStatus::Finished))));
    api.expect_result()
        .returning(move |_| Ok(Download::from_bytes(zip.clone())));
    api
}

#[tokio::test]
async fn a_merge_into_a_deck_answers_with_a_link_to_it() {
    let body = br#"{"presentationPaths":["b.pptx"]}"#;
    let (answer, _) = answered("POST", "a.pptx/merge?folder=Data", &[("host", "h")], body).await;
    let uri = &answer.json()["selfUri"];
    assert_eq!(uri["href"], "http://h/v3.0/slides/storage/file/Data/a.pptx");
    assert_eq!(uri["title"], "a.pptx");
}

#[tokio::test]
async fn fonts_come_from_whoever_knows_them() {
    let answer = get(&server(MockAsyncApi::new()), "/v3.0/slides/fonts/available").await;
    answer.error(501, "notSupported");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let server = Server::builder(
        Arc::new(MockAsyncApi::new()),
        Arc::new(MockStorageApi::new()),
    )
    .fonts(move |folder| {
        log.lock().unwrap().push(folder);
        async {
            let font = slides_core::types::FontData::new("Carlito");
            Ok(slides_core::types::FontsData::new(vec![font]))
        }
    })
    .build();
    let answer = get(
        &server,
        "/v3.0/slides/fonts/available?FontsFolder=Fonts&storage=mine",
    )
    .await;
    assert_eq!(
        answer.json(),
        serde_json::json!({"list": [{"fontName": "Carlito"}]})
    );
    let asked = asked.lock().unwrap().remove(0).unwrap();
    assert_eq!(
        (asked.path.as_str(), asked.storage.as_deref()),
        ("Fonts", Some("mine"))
    );
}
