use std::io::Read;

use slides_core::{
    CallOptions, DocumentSource, Merge, Password, StartCall, StoredDocument, Target,
};
use slides_engine::Engine;
use slides_types::{ExportFormat, PresentationSource, PresentationToMerge, SlideExportFormat};

use super::*;
use crate::options::Soffice;

#[path = "../../tests/support/fake_engine.rs"]
#[expect(unreachable_pub, reason = "shared with an integration test")]
mod fake_engine;
use fake_engine::FakeEngine;

#[cfg(feature = "postgres")]
mod shared;

fn options() -> ServiceOptions {
    let engine: Arc<dyn Engine> = Arc::new(FakeEngine);
    let mut options = ServiceOptions::new(Runner::InProcess(engine)).workers(1);
    options.soffice = Soffice::Off;
    options
}

fn service() -> Service {
    Service::in_process(options()).unwrap()
}

fn deck(orders: &'static str) -> Payload {
    Payload::bytes(orders.as_bytes()).named("My Deck.pptx")
}

fn convert(format: ExportFormat, orders: &'static str) -> StartRequest {
    StartRequest::new(StartCall::Convert(Target::new(format))).document(deck(orders))
}

/// A package with the one name that makes it a presentation.
fn package() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("ppt/presentation.xml", options).unwrap();
    zip.finish().unwrap().into_inner()
}

fn convert_package(format: ExportFormat) -> StartRequest {
    StartRequest::new(StartCall::Convert(Target::new(format))).document(Payload::bytes(package()))
}

fn target(format: ExportFormat, change: impl FnOnce(&mut Target)) -> Target {
    let mut target = Target::new(format);
    change(&mut target);
    target
}

async fn run(service: &Service, request: StartRequest) -> Operation {
    let id = service.start(request).await.unwrap();
    service.ended(&id).await.unwrap().operation
}

async fn failure(service: &Service, request: StartRequest) -> (i32, String) {
    let operation = run(service, request).await;
    assert_eq!(operation.status, OperationStatus::Failed);
    assert!(operation.failed.is_some() && operation.finished.is_none());
    let error = operation.error.unwrap();
    (error.http_status_code, error.message.unwrap())
}

fn refusal(error: &Error) -> (u16, String) {
    match error {
        Error::Rejected(rejection) => (rejection.status, rejection.message.clone()),
        Error::Unavailable(unavailable) => (unavailable.status, unavailable.message.clone()),
        Error::NotFound { detail, .. } => (404, detail.clone().unwrap_or_default()),
        other => panic!("{other:?}"),
    }
}

async fn stored(service: &Service, path: &str) -> Option<String> {
    let download = service.download_file(&path.into()).await.ok()?;
    Some(String::from_utf8(download.bytes().await.unwrap().to_vec()).unwrap())
}

fn names_in(zip: &[u8]) -> Vec<String> {
    let archive = zip::ZipArchive::new(std::io::Cursor::new(zip.to_vec())).unwrap();
    let mut names: Vec<String> = archive
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_deck_is_converted_and_fetched() {
    let service = service();
    let id = service
        .start(convert(ExportFormat::Pdf, "slides=3 warn"))
        .await
        .unwrap();
    let operation = service.ended(&id).await.unwrap().operation;
    assert_eq!(
        (operation.id.as_str(), &operation.method),
        (id.as_str(), &OperationMethod::Convert)
    );
    assert_eq!(operation.status, OperationStatus::Finished);
    assert!(
        operation.created.is_some() && operation.started.is_some() && operation.finished.is_some()
    );
    assert_eq!(operation.error, None);
    let progress = operation.progress.unwrap();
    assert_eq!((progress.step_index, progress.step_count), (3, 3));
    let result = service.result(&id).await.unwrap();
    assert_eq!(result.file_name.as_deref(), Some("My Deck.pdf"));
    assert_eq!(result.content_type.as_deref(), Some("application/pdf"));
    assert_eq!(result.warnings, ["slide 1: chart: left out"]);
    assert_eq!(result.bytes().await.unwrap(), "slide 1\nslide 2\nslide 3\n");
}

#[tokio::test]
async fn pictures_of_several_slides_come_as_a_zip() {
    let service = service();
    let id = service
        .start(convert(ExportFormat::Png, "slides=3"))
        .await
        .unwrap();
    service.ended(&id).await.unwrap();
    let result = service.result(&id).await.unwrap();
    assert_eq!(result.file_name.as_deref(), Some("My Deck.zip"));
    let names = names_in(&result.bytes().await.unwrap());
    assert_eq!(names, ["My Deck_1.png", "My Deck_2.png", "My Deck_3.png"]);

    let one = target(ExportFormat::Png, |target| target.slides = vec![2]);
    let id = service
        .start(StartRequest::new(StartCall::Convert(one)).document(deck("slides=3")))
        .await
        .unwrap();
    service.ended(&id).await.unwrap();
    let result = service.result(&id).await.unwrap();
    assert_eq!(result.content_type.as_deref(), Some("image/png"));
    assert_eq!(result.bytes().await.unwrap(), "slide 2");
}

#[tokio::test]
async fn failures_say_what_was_wrong() {
    let service = service();
    let with = |change: fn(&mut Target), orders| {
        StartRequest::new(StartCall::Convert(target(ExportFormat::Pdf, change)))
            .document(deck(orders))
    };
    let from_storage = StartCall::DownloadPresentation {
        target: Target::new(ExportFormat::Pdf),
        document: StoredDocument::in_folder("Nothing.pptx", "Data"),
    };
    let cases = [
        (
            convert(ExportFormat::Pdf, "no deck"),
            400,
            "Failed to load the presentation: it has no slides",
        ),
        (
            with(
                |t| t.password = Some(Password::new("x")),
                "slides=1 protected",
            ),
            400,
            "Invalid password.",
        ),
        (
            convert(ExportFormat::Pdf, "slides=1 protected"),
            400,
            "Invalid password. The presentation is protected: send its password in the `password` header",
        ),
        (
            with(|t| t.slides = vec![12], "slides=5"),
            400,
            "slide 12 does not exist: the deck has 5 slides",
        ),
        (
            StartRequest::new(from_storage),
            404,
            "Data/Nothing.pptx does not exist",
        ),
        (
            convert_package(ExportFormat::Xps),
            415,
            "Pptx to Xps is not supported",
        ),
        (
            StartRequest::new(StartCall::Merge(slides_core::Merge::default()))
                .document(deck("slides=1")),
            415,
            "this engine does not merge presentations",
        ),
    ];
    for (request, status, message) in cases {
        assert_eq!(
            failure(&service, request).await,
            (status, message.to_owned())
        );
    }
    let with_password = with(
        |t| t.password = Some(Password::new("secret")),
        "slides=1 protected",
    );
    assert_eq!(
        run(&service, with_password).await.status,
        OperationStatus::Finished
    );
}

#[tokio::test]
async fn what_libreoffice_could_do_is_named() {
    let service = service();
    let (status, message) = failure(&service, convert_package(ExportFormat::Odp)).await;
    assert_eq!(status, 415);
    assert!(
        message.contains(
            "Pptx to Odp is not supported; install LibreOffice (`apt install libreoffice-impress`)"
        ),
        "{message}"
    );
}

#[tokio::test]
async fn a_panic_of_the_engine_is_tried_once_more() {
    let service = service();
    let (status, message) = failure(&service, convert(ExportFormat::Pdf, "slides=1 panic")).await;
    assert_eq!((status, message.as_str()), (500, "the engine panicked"));
    assert_eq!(service.stats().await.unwrap().retried_total, 1);
    assert_eq!(
        run(&service, convert(ExportFormat::Pdf, "slides=1"))
            .await
            .status,
        OperationStatus::Finished
    );
}

#[tokio::test]
async fn results_are_saved_to_the_storage() {
    let service = service();
    service
        .upload_file(&"Data/deck.pptx".into(), deck("slides=2"))
        .await
        .unwrap();
    let save = StartCall::SavePresentation {
        target: Target::new(ExportFormat::Pdf),
        document: StoredDocument::in_folder("deck.pptx", "Data"),
        out_path: "Out/converted.pptx".to_owned(),
    };
    let id = service.start(StartRequest::new(save)).await.unwrap();
    let operation = service.ended(&id).await.unwrap().operation;
    assert_eq!(
        (operation.method, operation.status),
        (OperationMethod::SavePresentation, OperationStatus::Finished)
    );
    assert_eq!(
        stored(&service, "Out/converted.pptx").await.as_deref(),
        Some("slide 1\nslide 2\n")
    );
    let refused = refusal(&service.result(&id).await.unwrap_err());
    assert_eq!(
        refused,
        (
            400,
            "The result was saved to the storage: download the file `Out/converted.pptx`"
                .to_owned()
        )
    );
}

fn split(
    document: DocumentSource,
    range: (Option<u32>, Option<u32>),
    dest_folder: Option<&str>,
) -> StartRequest {
    StartRequest::new(StartCall::Split {
        document,
        format: SlideExportFormat::Png,
        export: None,
        range: slides_core::Range {
            from: range.0,
            to: range.1,
        },
        size: slides_core::SplitSize::default(),
        dest_folder: dest_folder.map(str::to_owned),
        password: None,
        storage: None,
        fonts_folder: None,
    })
}

#[tokio::test]
async fn a_split_lays_each_slide_into_the_storage() {
    let service = service();
    service
        .upload_file(&"Data/deck.pptx".into(), deck("slides=3"))
        .await
        .unwrap();
    let from_storage = || DocumentSource::Storage(StoredDocument::in_folder("deck.pptx", "Data"));
    let id = service
        .start(split(from_storage(), (Some(2), None), None))
        .await
        .unwrap();
    let operation = service.ended(&id).await.unwrap().operation;
    assert_eq!(
        (operation.method, operation.status),
        (OperationMethod::Split, OperationStatus::Finished)
    );
    assert_eq!(stored(&service, "Data/deck_1.png").await, None);
    assert_eq!(
        stored(&service, "Data/deck_2.png").await.as_deref(),
        Some("slide 2")
    );
    assert_eq!(
        stored(&service, "Data/deck_3.png").await.as_deref(),
        Some("slide 3")
    );
    let zip = service.result(&id).await.unwrap().bytes().await.unwrap();
    assert_eq!(names_in(&zip), ["deck_2.png", "deck_3.png"]);

    let upload = split(
        DocumentSource::Request,
        (None, Some(1)),
        Some("splitResult"),
    )
    .document(deck("slides=3"));
    assert_eq!(
        run(&service, upload).await.method,
        OperationMethod::UploadAndSplit
    );
    assert_eq!(
        stored(&service, "splitResult/sourcePresentation_1.png")
            .await
            .as_deref(),
        Some("slide 1")
    );
    assert_eq!(
        service
            .list_folder(&"splitResult".into())
            .await
            .unwrap()
            .value
            .len(),
        1
    );

    for (range, text) in [
        ((Some(3), Some(2)), "slide range `3-2` is out of bounds"),
        ((Some(0), Some(2)), "slides are numbered from 1"),
        (
            (Some(9), None),
            "slide 9 does not exist: the deck has 3 slides",
        ),
        (
            (Some(2), Some(9)),
            "slide 4 does not exist: the deck has 3 slides",
        ),
    ] {
        let (status, message) = failure(&service, split(from_storage(), range, None)).await;
        assert!(
            status == 400 && message.contains(text),
            "{status} {message}"
        );
    }
}

#[tokio::test]
async fn fonts_come_from_a_folder_of_the_storage() {
    let service = service();
    let with_fonts = || {
        let target = target(ExportFormat::Pdf, |t| {
            t.fonts_folder = Some("Fonts".to_owned());
        });
        StartRequest::new(StartCall::Convert(target)).document(deck("slides=1"))
    };
    let own = target(ExportFormat::Pdf, |t| {
        t.fonts_folder = Some(".slides/tmp".to_owned());
    });
    let own = StartRequest::new(StartCall::Convert(own)).document(deck("slides=1"));
    let refused = refusal(&service.start(own).await.unwrap_err());
    assert_eq!(refused.0, 400, "{}", refused.1);
    // A folder that is not there is no error.
    assert_eq!(
        run(&service, with_fonts()).await.status,
        OperationStatus::Finished
    );
    let mut options = options();
    options.limits.max_font_bytes = 3;
    let service = Service::in_process(options).unwrap();
    service
        .upload_file(&"Fonts/a.ttf".into(), Payload::bytes(&b"font"[..]))
        .await
        .unwrap();
    let (status, message) = failure(&service, with_fonts()).await;
    assert!(
        status == 413 && message.contains("`max_font_bytes`"),
        "{message}"
    );
}

#[tokio::test]
async fn a_pdf_by_name_is_its_own_result() {
    let service = service();
    let pdf = |name: &str| {
        let document = Payload::bytes(&b"%PDF-1.5 hello"[..]).named(name);
        StartRequest::new(StartCall::Convert(Target::new(ExportFormat::Pdf))).document(document)
    };
    // By a name that says so, or by one that says nothing.
    for name in ["test.pdf", "TEST.PDF", "document", ""] {
        let id = service.start(pdf(name)).await.unwrap();
        assert_eq!(
            service.ended(&id).await.unwrap().operation.status,
            OperationStatus::Finished,
            "{name}"
        );
        assert_eq!(
            service.result(&id).await.unwrap().bytes().await.unwrap(),
            "%PDF-1.5 hello"
        );
    }
    // Under another name it is no presentation.
    assert_eq!(failure(&service, pdf("test.pptx")).await.0, 415);
}

#[tokio::test]
async fn operations_are_canceled_before_and_while_they_run() {
    let service = service();
    let runs = service
        .start(convert(ExportFormat::Pdf, "slides=1 hang"))
        .await
        .unwrap();
    let waits = service
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap();
    let refused = refusal(&service.result(&runs).await.unwrap_err());
    assert_eq!(refused, (409, "Operation is not finished".to_owned()));
    for id in [&waits, &runs] {
        service.cancel(id).await.unwrap();
        let operation = service.ended(id).await.unwrap().operation;
        assert_eq!(operation.status, OperationStatus::Canceled);
        assert!(operation.canceled.is_some());
        // Again is no error.
        service.cancel(id).await.unwrap();
        assert_eq!(refusal(&service.result(id).await.unwrap_err()).0, 409);
    }
    let done = service
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap();
    service.ended(&done).await.unwrap();
    assert_eq!(refusal(&service.cancel(&done).await.unwrap_err()).0, 409);
}

#[tokio::test]
async fn a_missing_source_is_told_while_all_workers_are_busy() {
    let service = service();
    let endless = service
        .start(convert(ExportFormat::Pdf, "slides=1 hang"))
        .await
        .unwrap();
    let missing = || {
        let mut merge = Merge::default();
        merge.sources = vec![PresentationToMerge::new("Data/none.pptx")];
        [
            StartCall::DownloadPresentation {
                target: Target::new(ExportFormat::Pdf),
                document: StoredDocument::in_folder("none.pptx", "Data"),
            },
            StartCall::Merge(merge),
        ]
    };
    for call in missing() {
        let (status, message) = failure(&service, StartRequest::new(call)).await;
        assert_eq!((status, &*message), (404, "Data/none.pptx does not exist"));
    }
    let running = service.status(&endless).await.unwrap().operation.status;
    assert_ne!(running, OperationStatus::Failed);
    service.cancel(&endless).await.unwrap();
}

#[tokio::test]
async fn a_slow_operation_ends_at_its_time_limit() {
    let service = service();
    let mut call = CallOptions::default();
    call.timeout = Some(Duration::from_millis(30));
    let (status, message) = failure(
        &service,
        convert(ExportFormat::Pdf, "slides=1 hang").options(call),
    )
    .await;
    assert_eq!(status, 408);
    assert!(
        message.contains("0.03 s") && message.contains("x-aspose-timeout"),
        "{message}"
    );
}

#[tokio::test]
async fn a_result_over_the_limit_fails_with_the_setting() {
    let mut options = options();
    options.engine_limits.max_output_bytes = 1 << 20;
    let service = Service::in_process(options).unwrap();
    let (status, message) = failure(&service, convert(ExportFormat::Pdf, "slides=1 huge")).await;
    assert!(
        status == 413 && message.contains("`max_output_bytes`"),
        "{message}"
    );
}

#[tokio::test]
async fn one_key_makes_one_operation() {
    let service = service();
    let keyed = |orders, key: &str| {
        let mut call = CallOptions::default();
        call.idempotency_key = Some(key.to_owned());
        convert(ExportFormat::Pdf, orders).options(call)
    };
    let first = service.start(keyed("slides=1", "k")).await.unwrap();
    assert_eq!(service.start(keyed("slides=1", "k")).await.unwrap(), first);
    assert_ne!(
        service.start(keyed("slides=1", "other")).await.unwrap(),
        first
    );
    let other = service.start(keyed("slides=2", "k")).await.unwrap_err();
    assert_eq!(refusal(&other).0, 409);
    let long = "k".repeat(129);
    assert_eq!(
        refusal(&service.start(keyed("slides=1", &long)).await.unwrap_err()).0,
        400
    );
}

#[tokio::test]
async fn bad_requests_are_refused_at_once() {
    let mut options = options();
    options.limits.max_upload_bytes = 10;
    let service = Service::in_process(options).unwrap();
    let convert_in = |storage: &str| {
        let target = target(ExportFormat::Pdf, |t| t.storage = Some(storage.to_owned()));
        StartRequest::new(StartCall::Convert(target)).document(deck("slides=1"))
    };
    let save_to = |path: &str| {
        let call = StartCall::ConvertAndSave {
            target: Target::new(ExportFormat::Pdf),
            out_path: path.to_owned(),
        };
        StartRequest::new(call).document(deck("slides=1"))
    };
    let mut elsewhere = Merge::default();
    elsewhere.sources = vec![PresentationToMerge::new("http://169.254.169.254/a.pptx")];
    elsewhere.sources[0].source = Some(PresentationSource::Url);
    let bare = StartRequest::new(StartCall::Convert(Target::new(ExportFormat::Pdf)));
    for (request, status, text) in [
        (convert_in("Nowhere"), 404, UNKNOWN_STORAGE),
        (bare.clone(), 400, "no document"),
        (
            bare.document(Payload::bytes(&b""[..])),
            400,
            "the document is empty",
        ),
        (save_to("../x"), 400, "`..` is not allowed"),
        (save_to("/"), 400, "`outPath` is empty"),
        (
            convert(ExportFormat::Pdf, "slides=1 and more"),
            413,
            "`max_upload_bytes`",
        ),
        (
            StartRequest::new(StartCall::Merge(Merge::default())),
            400,
            "no document",
        ),
        (
            StartRequest::new(StartCall::Merge(elsewhere)),
            400,
            "Invalid value for `source`: this server fetches no presentations",
        ),
    ] {
        let (got, message) = refusal(&service.start(request).await.unwrap_err());
        assert!(got == status && message.contains(text), "{got} {message}");
    }
    let unknown = OperationId::new("96b0a57c-d9ae-453f-b56f-3b154eb10cda");
    for error in [
        service.status(&unknown).await.unwrap_err(),
        service.result(&unknown).await.unwrap_err(),
        service.cancel(&unknown).await.unwrap_err(),
    ] {
        assert_eq!(refusal(&error), (404, UNKNOWN_OPERATION.to_owned()));
    }
}

#[tokio::test]
async fn a_full_queue_refuses_with_a_time_to_come_back() {
    let mut options = options();
    options.limits.max_queue_depth = 2;
    let service = Service::in_process(options).unwrap();
    let running = service
        .start(convert(ExportFormat::Pdf, "slides=1 hang"))
        .await
        .unwrap();
    // The worker may not have taken the first one yet.
    let mut refused = None;
    for _ in 0..4 {
        if let Err(error) = service.start(convert(ExportFormat::Pdf, "slides=1")).await {
            refused = Some(error);
            break;
        }
    }
    let Some(Error::Unavailable(refused)) = refused else {
        panic!("nothing was refused")
    };
    assert_eq!(refused.status, 429);
    assert!(refused.retry_after.unwrap() >= Duration::from_secs(1));
    assert_eq!(service.stats().await.unwrap().refused_total, 1);
    service.cancel(&running).await.unwrap();
}

#[tokio::test]
async fn a_service_that_drains_takes_nothing_more() {
    let service = service();
    assert!(service.is_ready());
    let id = service
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap();
    service.ended(&id).await.unwrap();
    service.shutdown(Duration::from_mins(1)).await;
    assert!(!service.is_ready());
    let refused = service
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap_err();
    assert_eq!(refusal(&refused).0, 503);
    assert_eq!(
        service.status(&id).await.unwrap().operation.status,
        OperationStatus::Finished
    );
}

#[tokio::test]
async fn the_figures_follow_the_operations() {
    let service = service();
    run(&service, convert(ExportFormat::Pdf, "slides=1")).await;
    failure(&service, convert(ExportFormat::Pdf, "x")).await;
    let stats = service.stats().await.unwrap();
    assert_eq!(
        (stats.finished, stats.failed, stats.enqueued, stats.started),
        (1, 1, 0, 0)
    );
    assert_eq!(
        (
            stats.accepted_total,
            stats.finished_total,
            stats.failed_total
        ),
        (2, 1, 1)
    );
    assert!(stats.mean_run.is_some());
}

fn durable_options(dir: &Path) -> ServiceOptions {
    options().data_dir(dir)
}

#[tokio::test]
async fn a_durable_service_takes_up_what_was_left() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::open(durable_options(dir.path())).await.unwrap();
    let done = service
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap();
    service.ended(&done).await.unwrap();
    let running = service
        .start(convert(ExportFormat::Pdf, "slides=1 hang"))
        .await
        .unwrap();
    let keyed = || {
        let mut call = CallOptions::default();
        call.idempotency_key = Some("k".to_owned());
        convert(ExportFormat::Pdf, "slides=2").options(call)
    };
    let waiting = service.start(keyed()).await.unwrap();
    while service.status(&running).await.unwrap().operation.status != OperationStatus::Started {
        tokio::task::yield_now().await;
    }
    service.shutdown(Duration::ZERO).await;
    let handed_back = service.inner.record(&running).await.unwrap();
    assert_eq!(
        (handed_back.state, handed_back.attempts),
        (State::Enqueued, 0)
    );
    drop(service);

    let service = Service::open(durable_options(dir.path())).await.unwrap();
    assert_eq!(
        service.result(&done).await.unwrap().bytes().await.unwrap(),
        "slide 1\n"
    );
    // Asked for again by a client that saw the server go, it is the one that was accepted.
    assert_eq!(service.start(keyed()).await.unwrap(), waiting);
    service.cancel(&running).await.unwrap();
    assert_eq!(
        service.ended(&waiting).await.unwrap().operation.status,
        OperationStatus::Finished
    );
    assert_eq!(
        service.ended(&running).await.unwrap().operation.status,
        OperationStatus::Canceled
    );
}

#[tokio::test]
async fn a_folder_is_served_by_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::open(durable_options(dir.path())).await.unwrap();
    let second = Service::open(durable_options(dir.path()))
        .await
        .unwrap_err();
    assert!(
        second.to_string().contains("is in use by another process"),
        "{second}"
    );
    service.shutdown(Duration::ZERO).await;
    drop(service);
    Service::open(durable_options(dir.path())).await.unwrap();
}

#[tokio::test]
async fn a_password_is_not_readable_in_the_data_folder() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::open(durable_options(dir.path())).await.unwrap();
    let target = target(ExportFormat::Pdf, |t| {
        t.password = Some(Password::new("open-sesame-4711"));
    });
    run(
        &service,
        StartRequest::new(StartCall::Convert(target)).document(deck("slides=1")),
    )
    .await;
    let mut folders = vec![dir.path().to_owned()];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut bytes = Vec::new();
            std::fs::File::open(&path)
                .unwrap()
                .read_to_end(&mut bytes)
                .unwrap();
            assert!(
                !bytes.windows(16).any(|w| w == b"open-sesame-4711"),
                "{}",
                path.display()
            );
            read += 1;
        }
    }
    assert!(read > 3);
}

#[tokio::test(start_paused = true)]
async fn ended_operations_and_their_results_go_after_their_time() {
    let mut options = options();
    options.retention = Duration::ZERO;
    let service = Service::in_process(options).unwrap();
    let id = service
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap();
    // The end may be swept before it is seen.
    let _ = service.ended(&id).await;
    tokio::time::sleep(SWEEP * 2).await;
    for error in [
        service.status(&id).await.unwrap_err(),
        service.result(&id).await.unwrap_err(),
    ] {
        assert_eq!(refusal(&error), (404, UNKNOWN_OPERATION.to_owned()));
    }
    let left: usize = ["in", "out"]
        .into_iter()
        .map(|folder| {
            std::fs::read_dir(service.inner.work.with_file_name("blobs").join(folder))
                .unwrap()
                .count()
        })
        .sum();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn dropping_the_last_handle_stops_the_workers() {
    let service = service();
    service
        .start(convert(ExportFormat::Pdf, "slides=1 hang"))
        .await
        .unwrap();
    let inner = Arc::downgrade(&service.inner);
    let tasks = service.tasks.clone();
    drop(service);
    tasks.wait().await;
    while inner.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}

/// LibreOffice runs in a folder of its own: a data folder that is named from the server's must not
/// reach it as such.
#[cfg(unix)]
#[tokio::test]
async fn libreoffice_works_in_a_relative_data_folder() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::Builder::new()
        .prefix("with blank ")
        .tempdir()
        .unwrap();
    let soffice = folder.path().join("soffice");
    let script = "#!/bin/sh\nfor last; do :; done\ncp \"$last\" \"$HOME/out/input.odp\"\n";
    std::fs::write(&soffice, script).unwrap();
    std::fs::set_permissions(&soffice, std::fs::Permissions::from_mode(0o700)).unwrap();
    let up = std::env::current_dir()
        .unwrap()
        .components()
        .skip(1)
        .count();
    let relative: std::path::PathBuf = std::iter::repeat_n("..", up)
        .map(std::path::Path::new)
        .chain([folder.path().strip_prefix("/").unwrap()])
        .collect();

    let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine)));
    options.soffice = Soffice::At(soffice);
    let service = Service::in_process(options.data_dir(relative.join("data"))).unwrap();
    let id = service
        .start(convert_package(ExportFormat::Odp))
        .await
        .unwrap();
    let operation = service.ended(&id).await.unwrap().operation;
    assert_eq!(operation.status, OperationStatus::Finished, "{operation:?}");
    let result = service.result(&id).await.unwrap().bytes().await.unwrap();
    assert_eq!(result, package());
}

#[tokio::test]
async fn operations_of_other_clients_are_unknown() {
    let nobody = service();
    let (me, you) = (nobody.for_client("me"), nobody.for_client("you"));
    let keyed = |key: &str| {
        let mut call = CallOptions::default();
        call.idempotency_key = Some(key.to_owned());
        convert(ExportFormat::Pdf, "slides=1").options(call)
    };
    let mine = me.start(keyed("k")).await.unwrap();
    let yours = you.start(keyed("k")).await.unwrap();
    assert_ne!(mine, yours);
    me.ended(&mine).await.unwrap();
    for error in [
        you.status(&mine).await.unwrap_err(),
        you.result(&mine).await.unwrap_err(),
        you.cancel(&mine).await.unwrap_err(),
        you.changed(&mine, seen("Created"), Duration::from_mins(1))
            .await
            .unwrap_err(),
        me.status(&yours).await.unwrap_err(),
    ] {
        assert_eq!(refusal(&error), (404, UNKNOWN_OPERATION.to_owned()));
    }
    assert!(nobody.status(&mine).await.is_ok());
    let first = me.result(&mine).await.unwrap();
    assert_eq!(first.tag.as_ref().unwrap().len(), 64);
    // What was made before there were clients is everybody's.
    let old = nobody.start(keyed("k")).await.unwrap();
    assert!(me.status(&old).await.is_ok() && you.status(&old).await.is_ok());
}

#[tokio::test]
async fn a_client_lists_its_own_operations_with_what_they_were_asked() {
    let nobody = Service::in_process(options().workers(0)).unwrap();
    let (me, you) = (nobody.for_client("me"), nobody.for_client("you"));
    let one = target(ExportFormat::Png, |target| {
        target.slides = vec![2];
        target.password = Some(Password::new("secret".to_owned()));
    });
    let one = StartRequest::new(StartCall::Convert(one)).document(deck("slides=3"));
    let mut low = CallOptions::default();
    low.priority = -1;
    let last = me.start(one.options(low)).await.unwrap();
    let first = you
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap();
    let all = nobody.list(&[], None, 10).await.unwrap().operations;
    assert_eq!(
        all.iter()
            .map(|entry| (entry.operation.id.as_str(), entry.place))
            .collect::<Vec<_>>(),
        [(first.as_str(), Some(1)), (last.as_str(), Some(2))]
    );
    let mine = me.list(&[], None, 10).await.unwrap();
    let [entry] = &mine.operations[..] else {
        panic!("{mine:?}");
    };
    assert_eq!(entry.operation.status, OperationStatus::Enqueued);
    assert_eq!(
        (entry.format.as_deref(), &*entry.slides),
        (Some("Png"), &[2][..])
    );
    assert_eq!(entry.documents, ["My Deck.pptx"]);
    assert_eq!((entry.size, entry.can_retry), (Some(8), None));
    assert!(!serde_json::to_string(&mine).unwrap().contains("secret"));
    assert!(mine.before.is_none());

    // Page by page, and by state.
    let page = nobody.list(&[], None, 1).await.unwrap();
    let rest = nobody.list(&[], page.before, 1).await.unwrap();
    assert_eq!(rest.operations[0].operation.id, last.as_str());
    assert!(rest.before.is_none());
    let ended = [OperationStatus::Finished, OperationStatus::Canceled];
    assert_eq!(me.list(&ended, None, 10).await.unwrap().operations, []);
    me.cancel(&last).await.unwrap();
    let ended = me.list(&ended, None, 10).await.unwrap().operations;
    assert_eq!((ended.len(), ended[0].place), (1, None));
    assert!(ended[0].expires.is_some());
}

#[tokio::test]
async fn a_failed_operation_is_tried_again_by_its_client_alone() {
    let nobody = service();
    let (me, you) = (nobody.for_client("me"), nobody.for_client("you"));
    let id = me
        .start(convert(ExportFormat::Pdf, "no deck"))
        .await
        .unwrap();
    me.ended(&id).await.unwrap();
    let unknown = you.retry(&id).await.unwrap_err();
    assert_eq!(refusal(&unknown), (404, UNKNOWN_OPERATION.to_owned()));
    let [entry] = &me.list(&[], None, 10).await.unwrap().operations[..] else {
        panic!("one is there");
    };
    assert_eq!(entry.can_retry, Some(true));
    let again = me.retry(&id).await.unwrap();
    assert_ne!(again, id);
    let operation = me.ended(&again).await.unwrap().operation;
    assert_eq!(operation.status, OperationStatus::Failed);
    assert!(you.status(&again).await.is_err());
    // What went well has left no documents.
    let fine = me
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap();
    me.ended(&fine).await.unwrap();
    let refused = refusal(&me.retry(&fine).await.unwrap_err());
    assert_eq!(refused.0, 409, "{refused:?}");
}

fn seen(text: &str) -> Seen {
    text.parse().unwrap()
}

#[tokio::test]
async fn news_of_an_operation_is_told_as_it_comes() {
    let service = service();
    let hour = Duration::from_hours(1);
    let id = service
        .start(convert(ExportFormat::Pdf, "slides=3"))
        .await
        .unwrap();
    let mut last = seen("Created");
    let mut steps = Vec::new();
    loop {
        let reply = service.changed(&id, last.clone(), hour).await.unwrap();
        let now = Seen::of(&reply.operation);
        assert_ne!(now, last);
        steps.extend(now.step);
        last = now;
        if last.status == OperationStatus::Finished {
            break;
        }
    }
    assert!(steps.is_sorted() && steps.last() == Some(&3), "{steps:?}");
    // An end is told to whoever asks, and a cancel of what waits to whoever waits.
    service.changed(&id, last.clone(), hour).await.unwrap();
    let idle = Service::in_process(options().workers(0)).unwrap();
    let waits = idle
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap();
    let (told, canceled) = tokio::join!(idle.changed(&waits, seen("Enqueued"), hour), async {
        tokio::task::yield_now().await;
        idle.cancel(&waits).await
    });
    canceled.unwrap();
    assert_eq!(told.unwrap().operation.status, OperationStatus::Canceled);
    let limited = idle
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap();
    let now = idle
        .changed(&limited, seen("Enqueued"), Duration::ZERO)
        .await;
    assert_eq!(now.unwrap().operation.status, OperationStatus::Enqueued);
}

/// Tells the test what is sent.
struct Told(tokio::sync::mpsc::UnboundedSender<crate::WebhookCall>);

#[async_trait]
impl crate::Deliver for Told {
    fn check(&self, address: &str) -> Result<()> {
        match address {
            "https://10.0.0.1/" => Err(Error::invalid("it is private")),
            _ => Ok(()),
        }
    }

    async fn deliver(&self, call: crate::WebhookCall) -> Result<u16> {
        self.0.send(call).unwrap();
        Ok(200)
    }
}

#[tokio::test]
async fn the_end_of_an_operation_is_told_where_its_caller_says() {
    let (told, mut calls) = tokio::sync::mpsc::unbounded_channel();
    let mut with_webhooks = options();
    let key = crate::WebhookKey::new(vec![7; 32]);
    with_webhooks.webhooks = Some(crate::Webhooks::new(Arc::new(Told(told)), vec![key]));
    let service = Service::in_process(with_webhooks).unwrap();
    let start = |orders, address: &str| {
        let mut call = CallOptions::default();
        call.webhook = Some(address.to_owned());
        convert(ExportFormat::Pdf, orders).options(call)
    };
    let me = service.for_client("me");
    for (orders, status) in [("slides=1", "Finished"), ("no deck", "Failed")] {
        let id = me
            .start(start(orders, "https://hooks.example/?k=v"))
            .await
            .unwrap();
        let call = calls.recv().await.unwrap();
        assert_eq!(call.address, "https://hooks.example/?k=v");
        let event: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(event["operation"]["id"], id.as_str());
        let ended = me.ended(&id).await.unwrap().operation.status;
        assert_eq!(event["operation"]["status"], status);
        assert_eq!(ended.to_string(), status);
    }
    let refused = me.start(start("slides=1", "https://10.0.0.1/")).await;
    assert_eq!(refusal(&refused.unwrap_err()).0, 400);
    // Without them an address is not taken in silence.
    let none = Service::in_process(options()).unwrap();
    let refused = none
        .start(start("slides=1", "https://hooks.example/"))
        .await;
    assert_eq!(refusal(&refused.unwrap_err()).0, 400);
}

/// Gives a file for each address by what it is called.
struct Files;

#[async_trait]
impl crate::FetchUrl for Files {
    fn check(&self, address: &str) -> Result<()> {
        if address.starts_with("https://decks.example/") {
            Ok(())
        } else {
            Err(Error::invalid("it is none of ours"))
        }
    }

    async fn fetch(&self, address: &str) -> Result<Download> {
        match address.rsplit('/').next() {
            Some("missing") => Err(Error::invalid("it answered with 404")),
            Some("never") => std::future::pending().await,
            Some("big") => Ok(Download::from_bytes(vec![0_u8; 4096])),
            _ => Ok(Download::from_bytes("slides=2 merge")),
        }
    }
}

#[tokio::test]
async fn a_merge_takes_presentations_from_addresses_where_that_is_allowed() {
    let merge = |addresses: &[&str]| {
        let mut merge = Merge::default();
        merge.sources = addresses
            .iter()
            .map(|address| {
                let mut source = PresentationToMerge::new(*address);
                source.source = Some(PresentationSource::Url);
                source
            })
            .collect();
        StartRequest::new(StartCall::Merge(merge))
    };
    let address = |name: &str| format!("https://decks.example/{name}");
    let mut allowing = options();
    allowing.url_sources = Some(crate::FetchesUrls::new(Files));
    allowing.limits.max_source_bytes = 1000;
    allowing.limits.max_fetch_time = Duration::from_millis(50);
    let service = Service::in_process(allowing).unwrap();
    let good = merge(&[&address("a.pptx?key=k"), &address("b.pptx")]);
    let operation = run(&service, good).await;
    assert_eq!(operation.status, OperationStatus::Finished, "{operation:?}");
    let result = service.result(&operation.id.as_str().into()).await.unwrap();
    assert_eq!(
        result.bytes().await.unwrap(),
        "a.pptx: slides=2 merge\nb.pptx: slides=2 merge\n"
    );
    let progress = operation.progress.unwrap();
    assert_eq!(progress.description.as_deref(), Some("Processed b.pptx"));
    for (name, status, words) in [
        ("missing", 400, "404"),
        ("big", 413, "`max_source_bytes`"),
        ("never", 400, "`max_fetch_time`"),
    ] {
        let (code, message) = failure(&service, merge(&[&address(name)])).await;
        assert!(
            code == status && message.contains(words),
            "{name}: {code} {message}"
        );
    }
    let refused = service.start(merge(&["https://10.0.0.1/a.pptx"])).await;
    assert_eq!(refusal(&refused.unwrap_err()).0, 400);
}

#[tokio::test]
async fn nothing_is_accepted_on_a_disk_that_is_nearly_full() {
    let folder = tempfile::tempdir().unwrap();
    let mut full = options().data_dir(folder.path());
    full.limits.min_free_bytes = u64::MAX;
    let service = Service::open(full).await.unwrap();
    service.inner.look_at_disk().await;
    let (status, message) = refusal(&service.admit().await.unwrap_err());
    assert!(
        status == 503 && message.contains("min_free_bytes"),
        "{message}"
    );
    let refused = service.start(convert(ExportFormat::Pdf, "slides=1")).await;
    assert_eq!(refusal(&refused.unwrap_err()).0, 503);
    assert!(service.readiness().unwrap_err().contains("MiB free"));
}

#[tokio::test]
async fn a_split_may_leave_the_storage_alone() {
    let service = service();
    let mut call = CallOptions::default();
    call.result_only = true;
    let upload = split(DocumentSource::Request, (None, None), Some("splitResult"))
        .document(deck("slides=2"))
        .options(call);
    let id = service.start(upload).await.unwrap();
    service.ended(&id).await.unwrap();
    let zip = service.result(&id).await.unwrap().bytes().await.unwrap();
    assert_eq!(
        names_in(&zip),
        ["sourcePresentation_1.png", "sourcePresentation_2.png"]
    );
    assert!(
        !service
            .object_exists(&"splitResult".into())
            .await
            .unwrap()
            .exists
    );
}

#[tokio::test]
async fn fonts_are_listed_with_those_of_a_folder() {
    let service = service();
    let own = service.fonts(None).await.unwrap();
    let named = |fonts: &slides_types::FontsData, name: &str| {
        let found = fonts.list.iter().find(|font| font.font_name == name);
        found.and_then(|font| font.is_custom)
    };
    assert_eq!(named(&own, "Carlito"), Some(false));
    assert!(
        own.list
            .is_sorted_by_key(|font| font.font_name.to_lowercase())
    );
    // Bytes that are no font, and a folder that is not there, are no error.
    service
        .upload_file(&"Fonts/a.ttf".into(), Payload::bytes(&b"no font"[..]))
        .await
        .unwrap();
    for folder in ["Fonts", "nowhere"] {
        assert_eq!(service.fonts(Some(folder.into())).await.unwrap(), own);
    }
    let elsewhere = FileLocation::new("Fonts").in_storage(Some("none".to_owned()));
    assert_eq!(
        refusal(&service.fonts(Some(elsewhere)).await.unwrap_err()).0,
        404
    );
}

#[tokio::test]
async fn a_request_of_a_newer_version_is_left_to_a_newer_server() {
    let service = Service::in_process(options().workers(0)).unwrap();
    let inner = &service.inner;
    let submit = |id: &'static str, plain: &'static str, created: i64| {
        let operation = NewOperation {
            id: id.to_owned(),
            tenant: String::new(),
            method: "Convert".to_owned(),
            request: inner.sealer.seal(id, plain.as_bytes()).unwrap(),
            inputs: Vec::new(),
            input_bytes: 0,
            priority: 0,
            max_attempts: MAX_ATTEMPTS,
            idempotency: None,
            webhook: None,
        };
        inner.store.submit(operation, created).unwrap();
    };
    let newer = r#"{"version":99,"call":"of another shape"}"#;
    submit("fresh", newer, clock::now());
    submit("old", newer, 0);
    submit("broken", r#"{"version":1}"#, clock::now());
    for id in ["fresh", "old", "broken"] {
        Pool::run_one(inner, id).await;
    }
    let row = |id: &str| inner.store.get(id).unwrap().unwrap();
    let fresh = row("fresh");
    assert_eq!((fresh.state, fresh.attempts), (State::Enqueued, 0));
    assert!(fresh.run_at > fresh.enqueued, "it is offered again later");
    let codes = ["old", "broken"].map(|id| (row(id).state, row(id).error.unwrap().http_status));
    assert_eq!(codes, [(State::Failed, 501), (State::Failed, 500)]);
}

#[tokio::test]
async fn a_priority_is_cut_to_what_the_server_allows() {
    let service = Service::in_process(options().workers(0)).unwrap();
    let mut ids = Vec::new();
    for priority in [5, -3] {
        let mut request = convert(ExportFormat::Pdf, "slides=1");
        request.options.priority = priority;
        ids.push(service.start(request).await.unwrap());
    }
    let of = |id: &OperationId| {
        service
            .inner
            .store
            .get(id.as_str())
            .unwrap()
            .unwrap()
            .priority
    };
    assert_eq!((of(&ids[0]), of(&ids[1])), (0, -3));
}

#[tokio::test]
async fn a_client_with_its_share_of_the_queue_is_refused_and_others_are_not() {
    let mut options = options().workers(0);
    options.limits.max_client_depth = 1;
    options.limits.max_queued_bytes = 40;
    let service = Service::in_process(options).unwrap();
    let (one, other) = (service.for_client("one"), service.for_client("other"));
    let deck = || convert(ExportFormat::Pdf, "slides=1 and some more");
    one.start(deck()).await.unwrap();
    let (status, words) = refusal(&one.start(deck()).await.unwrap_err());
    assert_eq!(status, 429);
    assert!(words.contains("of this client"), "{words}");
    other.start(deck()).await.unwrap();
    let (status, words) = refusal(&service.for_client("third").start(deck()).await.unwrap_err());
    assert_eq!(status, 429);
    assert!(words.contains("max_queued_bytes"), "{words}");
}
