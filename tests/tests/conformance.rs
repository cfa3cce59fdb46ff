//! One suite for whatever implements the traits: an implementer in memory, the
//! service in this process, and both behind HTTP.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::time::Duration;

use slides_core::types::{OperationStatus, PresentationSource};
use slides_core::{
    AsyncApi, Download, Error, FileLocation, Merge, OperationHandle, Outcome, Payload, PhaseExt,
    PollPolicy, Saved, StartCall, StartRequest, StorageApi, StoredDocument, SyncApi, SyncReply,
    Target, Waiting, types::ExportFormat,
};
use slides_http::HttpClient;
use slides_server::Server;
use slides_service::queue::PostgresOptions;
use slides_service::{QueuePlace, Runner, Service, ServiceOptions};
use slides_tests::{ENDLESS, FakeBackend, FakeEngine, fresh_schema, read, shared_postgres};

const DECK: &[u8] = include_bytes!("../decks/startup-pitch.pptx");
const UNKNOWN: &str = "96b0a57c-d9ae-453f-b56f-3b154eb10cda";

/// One implementer, and what has to live as long as it.
struct Subject {
    api: Arc<dyn AsyncApi>,
    storage: Arc<dyn StorageApi>,
    sync: Arc<dyn SyncApi>,
    /// Whether an endless deck keeps running; the one in memory ends everything by itself.
    runs: bool,
    _server: Option<tokio::task::JoinHandle<()>>,
}

fn in_memory() -> Subject {
    let backend = Arc::new(FakeBackend::default());
    Subject {
        sync: Arc::new(Waiting::new(backend.clone())),
        api: backend.clone(),
        storage: backend,
        runs: false,
        _server: None,
    }
}

fn in_process() -> Subject {
    let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine))).workers(2);
    options.soffice = slides_service::Soffice::Off;
    let service = Arc::new(Service::in_process(options).unwrap());
    Subject {
        sync: service.clone(),
        api: service.clone(),
        storage: service,
        runs: true,
        _server: None,
    }
}

/// A durable service with its queue in PostgreSQL, if there is a server, and the folder it lives in.
async fn on_postgres() -> Option<(Subject, tempfile::TempDir)> {
    let address = shared_postgres()?;
    let folder = tempfile::tempdir().unwrap();
    let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine)))
        .data_dir(folder.path())
        .workers(2);
    options.soffice = slides_service::Soffice::Off;
    let database = PostgresOptions::new(address)
        .unwrap()
        .schema(fresh_schema());
    options.queue = QueuePlace::Postgres(database);
    let service = Arc::new(Service::open(options).await.unwrap());
    let subject = Subject {
        sync: service.clone(),
        api: service.clone(),
        storage: service,
        runs: true,
        _server: None,
    };
    Some((subject, folder))
}

/// The same behind a server on loopback.
async fn over_http(inner: Subject) -> Subject {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder(inner.api, inner.storage)
        .credentials(slides_server::Credentials::new("me", "s3cret"))
        .build();
    let task = tokio::spawn(async move {
        server
            .serve(listener, std::future::pending())
            .await
            .unwrap();
    });
    let client = HttpClient::builder()
        .base_url(format!("http://{address}"))
        .credentials("me", "s3cret")
        .build()
        .unwrap();
    let client = Arc::new(client);
    Subject {
        api: client.clone(),
        sync: client.clone(),
        storage: client,
        runs: inner.runs,
        _server: Some(task),
    }
}

impl Subject {
    async fn start<T: Outcome>(&self, request: StartRequest) -> OperationHandle<T> {
        let policy = PollPolicy {
            initial: Duration::from_millis(5),
            max: Duration::from_millis(50),
            deadline: Some(Duration::from_mins(1)),
            ..PollPolicy::default()
        };
        OperationHandle::start(self.api.clone(), request)
            .await
            .unwrap()
            .with_policy(policy)
    }

    /// Follows to the end; the statuses in the order they were seen, each once.
    async fn follow<T: Outcome>(handle: &mut OperationHandle<T>) -> Vec<OperationStatus> {
        let mut seen: Vec<OperationStatus> = Vec::new();
        while let Some(operation) = handle.next().await {
            let status = operation.unwrap().status;
            if seen.last() != Some(&status) {
                seen.push(status);
            }
        }
        seen
    }
}

fn pdf() -> Target {
    Target::new(ExportFormat::Pdf)
}

fn convert(deck: impl Into<bytes::Bytes>) -> StartRequest {
    StartRequest::new(StartCall::Convert(pdf())).document(Payload::bytes(deck))
}

fn at(path: &str) -> FileLocation {
    FileLocation::new(path)
}

async fn bytes(subject: &Subject, path: &str) -> bytes::Bytes {
    subject
        .storage
        .download_file(&at(path))
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap()
}

/// Everything an implementer owes.
async fn conforms(subject: Subject) {
    a_conversion_ends_with_a_pdf(&subject).await;
    a_failing_deck_ends_with_a_text(&subject).await;
    an_unknown_id_is_not_found(&subject).await;
    an_early_result_is_a_conflict(&subject).await;
    a_cancel_ends_the_operation(&subject).await;
    a_saved_result_lies_in_the_storage(&subject).await;
    a_stored_deck_is_converted(&subject).await;
    an_unknown_storage_is_refused_at_once(&subject).await;
    synchronous_calls_answer_with_what_they_leave(&subject).await;
    files_and_folders_behave(&subject).await;
}

async fn a_conversion_ends_with_a_pdf(subject: &Subject) {
    let mut handle: OperationHandle<Download> = subject.start(convert(DECK)).await;
    let id = handle.id().to_string();
    // An id that parses as JSON would not come through one of the SDKs (contract section 0, point 3).
    assert!(
        serde_json::from_str::<serde_json::Value>(&id).is_err(),
        "{id}"
    );
    let seen = Subject::follow(&mut handle).await;
    assert_eq!(seen.last(), Some(&OperationStatus::Finished));
    let order = |status: &OperationStatus| {
        OperationStatus::ALL
            .iter()
            .position(|known| known == status)
    };
    assert!(seen.is_sorted_by_key(order), "{seen:?}");
    let last = handle.last().unwrap().clone();
    assert_eq!((last.id, last.error), (id, None));
    assert!(last.created.is_some() && last.finished.is_some() && last.failed.is_none());
    let download = handle.wait().await.unwrap();
    assert_eq!(download.content_type.as_deref(), Some("application/pdf"));
    assert!(download.bytes().await.unwrap().starts_with(b"%PDF"));
    // The result can be fetched again.
    let again = handle.wait().await.unwrap();
    assert!(again.file_name.unwrap().contains(".pdf"));
}

async fn a_failing_deck_ends_with_a_text(subject: &Subject) {
    let mut handle: OperationHandle<Download> = subject
        .start(convert(&b"this is no presentation"[..]))
        .await;
    assert_eq!(
        Subject::follow(&mut handle).await.last(),
        Some(&OperationStatus::Failed)
    );
    let last = handle.last().unwrap().clone();
    let error = last.error.unwrap();
    let message = error.message.unwrap();
    assert!(
        !message.is_empty() && (400..500).contains(&error.http_status_code),
        "{message}"
    );
    assert!(last.failed.is_some());
    match handle.wait().await.unwrap_err() {
        Error::Failed { error, .. } => assert_eq!(error.message.as_deref(), Some(message.as_str())),
        other => panic!("{other}"),
    }
    // Asked for without a handle: a conflict with the same words (contract section 9, choice 2).
    match subject.api.result(handle.id()).await.unwrap_err() {
        Error::Rejected(rejection) => {
            assert_eq!((rejection.status, rejection.message), (409, message));
        }
        Error::Failed { error, .. } => assert_eq!(error.message.as_deref(), Some(message.as_str())),
        other => panic!("{other}"),
    }
}

async fn an_unknown_id_is_not_found(subject: &Subject) {
    let id = UNKNOWN.into();
    assert!(matches!(
        subject.api.status(&id).await,
        Err(Error::NotFound { .. })
    ));
    assert!(matches!(
        subject.api.result(&id).await,
        Err(Error::NotFound { .. })
    ));
    assert!(matches!(
        subject.api.cancel(&id).await,
        Err(Error::NotFound { .. })
    ));
}

async fn an_early_result_is_a_conflict(subject: &Subject) {
    let endless = [DECK, ENDLESS].concat();
    let mut handle: OperationHandle<Download> = subject.start(convert(endless)).await;
    match subject.api.result(handle.id()).await.unwrap_err() {
        Error::Rejected(rejection) => {
            assert_eq!(rejection.status, 409);
            assert!(
                rejection.message.contains("Operation is not finished"),
                "{}",
                rejection.message
            );
        }
        other => panic!("{other}"),
    }
    handle.cancel().await.unwrap();
    Subject::follow(&mut handle).await;
}

async fn a_cancel_ends_the_operation(subject: &Subject) {
    let endless = [DECK, ENDLESS].concat();
    let mut handle: OperationHandle<Download> = subject.start(convert(endless)).await;
    if subject.runs {
        while handle.poll().await.unwrap().status != OperationStatus::Started {}
    }
    handle.cancel().await.unwrap();
    assert_eq!(
        Subject::follow(&mut handle).await.last(),
        Some(&OperationStatus::Canceled)
    );
    assert!(handle.last().unwrap().canceled.is_some());
    assert!(matches!(handle.wait().await, Err(Error::Canceled { .. })));
    // What has ended stays as it ended.
    let again = subject.api.status(handle.id()).await.unwrap();
    assert!(again.operation.phase().is_terminal());
}

async fn a_saved_result_lies_in_the_storage(subject: &Subject) {
    let call = StartCall::ConvertAndSave {
        target: pdf(),
        out_path: "out/deep/converted.pptx".into(),
    };
    let mut handle: OperationHandle<Saved> = subject
        .start(StartRequest::new(call).document(Payload::bytes(DECK)))
        .await;
    assert_eq!(
        Subject::follow(&mut handle).await.last(),
        Some(&OperationStatus::Finished)
    );
    assert!(
        subject
            .storage
            .object_exists(&at("out/deep/converted.pptx"))
            .await
            .unwrap()
            .exists
    );
    assert!(
        bytes(subject, "out/deep/converted.pptx")
            .await
            .starts_with(b"%PDF")
    );
    match subject.api.result(handle.id()).await.unwrap_err() {
        Error::Rejected(rejection) => {
            assert_eq!(rejection.status, 400);
            assert!(
                rejection
                    .message
                    .contains("The result was saved to the storage"),
                "{}",
                rejection.message
            );
        }
        other => panic!("{other}"),
    }
}

async fn a_stored_deck_is_converted(subject: &Subject) {
    subject
        .storage
        .upload_file(&at("Data/my deck.pptx"), Payload::bytes(DECK))
        .await
        .unwrap();
    let stored = |name| {
        StartRequest::new(StartCall::DownloadPresentation {
            target: pdf(),
            document: StoredDocument::in_folder(name, "Data"),
        })
    };
    let handle: OperationHandle<Download> = subject.start(stored("my deck.pptx")).await;
    assert!(
        handle
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap()
            .starts_with(b"%PDF")
    );

    let mut missing: OperationHandle<Download> = subject.start(stored("IDoNotExist.pptx")).await;
    assert_eq!(
        Subject::follow(&mut missing).await.last(),
        Some(&OperationStatus::Failed)
    );
    let error = missing.last().unwrap().error.clone().unwrap();
    assert_eq!(error.http_status_code, 404);
    assert!(error.message.is_some());
}

async fn synchronous_calls_answer_with_what_they_leave(subject: &Subject) {
    let SyncReply::File(file) = subject.sync.run(convert(DECK)).await.unwrap() else {
        panic!("a conversion gives a file")
    };
    assert!(file.bytes().await.unwrap().starts_with(b"%PDF"));

    let save = StartRequest::new(StartCall::ConvertAndSave {
        target: pdf(),
        out_path: "sync/out.pdf".into(),
    });
    let reply = subject.sync.run(save.document(Payload::bytes(DECK))).await;
    let SyncReply::Saved(saved) = reply.unwrap() else {
        panic!("the result lies in the storage")
    };
    assert_eq!(saved.path.as_deref(), Some("sync/out.pdf"));
    assert!(bytes(subject, "sync/out.pdf").await.starts_with(b"%PDF"));

    match subject.sync.api_info().await {
        Ok(info) => assert_eq!(info.name, "Slides"),
        Err(error) => assert!(matches!(error, Error::Unsupported { .. }), "{error}"),
    }

    let missing = StartRequest::new(StartCall::DownloadPresentation {
        target: pdf(),
        document: StoredDocument::in_folder("IDoNotExist.pptx", "Data"),
    });
    let error = subject.sync.run(missing).await.unwrap_err();
    assert_eq!(error.status_code(), Some(404), "{error}");
}

async fn an_unknown_storage_is_refused_at_once(subject: &Subject) {
    let mut target = pdf();
    target.storage = Some("nowhere".into());
    let request = StartRequest::new(StartCall::DownloadPresentation {
        target,
        document: StoredDocument::new("a.pptx"),
    });
    let words = match subject.api.start(request).await.unwrap_err() {
        Error::Rejected(rejection) if rejection.status == 404 => rejection.message,
        Error::NotFound { what, detail } => detail.unwrap_or(what),
        other => panic!("{other}"),
    };
    assert!(
        words.contains("was not found or is not associated with the application."),
        "{words}"
    );
}

async fn files_and_folders_behave(subject: &Subject) {
    let storage = &subject.storage;
    let done = storage
        .upload_file(&at("a/b/one.txt"), Payload::bytes(&b"one"[..]))
        .await
        .unwrap();
    assert_eq!(
        (done.uploaded.as_slice(), done.errors.len()),
        (&["one.txt".to_owned()][..], 0)
    );
    assert_eq!(bytes(subject, "a/b/one.txt").await, "one");
    storage
        .upload_file(&at("a/b/one.txt"), Payload::bytes(&b"replaced"[..]))
        .await
        .unwrap();
    assert_eq!(bytes(subject, "a/b/one.txt").await, "replaced");

    storage
        .copy_file(&at("a/b/one.txt"), &at("c/two.txt"))
        .await
        .unwrap();
    storage
        .move_file(&at("a/b/one.txt"), &at("a/b/three.txt"))
        .await
        .unwrap();
    assert!(matches!(
        storage.download_file(&at("a/b/one.txt")).await,
        Err(Error::NotFound { .. })
    ));
    assert!(
        storage
            .copy_file(&at("none.txt"), &at("x.txt"))
            .await
            .is_err()
    );
    let exists = storage.object_exists(&at("a/b/three.txt")).await.unwrap();
    assert_eq!((exists.exists, exists.is_folder), (true, false));
    let folder = storage.object_exists(&at("a/b")).await.unwrap();
    assert_eq!((folder.exists, folder.is_folder), (true, true));
    assert!(!storage.object_exists(&at("a/none")).await.unwrap().exists);

    storage.create_folder(&at("a/empty")).await.unwrap();
    let list = storage.list_folder(&at("a")).await.unwrap();
    let mut names: Vec<_> = list
        .value
        .iter()
        .map(|file| (file.name.as_str(), file.is_folder))
        .collect();
    names.sort_unstable();
    assert_eq!(names, [("b", true), ("empty", true)]);
    assert!(
        list.value
            .iter()
            .all(|file| file.path.starts_with("/a/") && file.path.ends_with('/') && file.size == 0)
    );

    match storage.delete_folder(&at("a"), false).await.unwrap_err() {
        Error::Rejected(rejection) => assert!(
            rejection.status == 409 && rejection.message.contains(" is not empty"),
            "{rejection}"
        ),
        other => panic!("{other}"),
    }
    storage.delete_folder(&at("a"), true).await.unwrap();
    assert!(
        !storage
            .object_exists(&at("a/b/three.txt"))
            .await
            .unwrap()
            .exists
    );
    storage.delete_file(&at("c/two.txt")).await.unwrap();
    // What is not there can be deleted (contract section 0, point 15).
    storage.delete_file(&at("c/two.txt")).await.unwrap();
    storage.delete_folder(&at("never/was"), true).await.unwrap();
    assert!(!storage.storage_exists("nowhere").await.unwrap().exists);
    assert!(storage.disc_usage(None).await.unwrap().total_size > 0);
}

#[tokio::test]
async fn the_implementer_in_memory_conforms() {
    conforms(in_memory()).await;
}

#[tokio::test]
async fn the_service_in_this_process_conforms() {
    conforms(in_process()).await;
}

#[tokio::test]
async fn the_implementer_in_memory_conforms_over_http() {
    conforms(over_http(in_memory()).await).await;
}

#[tokio::test]
async fn the_service_conforms_over_http() {
    conforms(over_http(in_process()).await).await;
}

#[tokio::test]
async fn a_service_on_postgres_conforms() {
    if let Some((subject, _folder)) = on_postgres().await {
        conforms(subject).await;
    }
}

#[tokio::test]
async fn a_service_on_postgres_conforms_over_http() {
    if let Some((subject, _folder)) = on_postgres().await {
        conforms(over_http(subject).await).await;
    }
}

#[tokio::test]
async fn a_server_in_front_of_a_server_conforms() {
    conforms(over_http(over_http(in_memory()).await).await).await;
}

/// A merge keeps its documents apart on the whole way.
#[tokio::test]
async fn the_documents_of_a_merge_arrive_in_order() {
    let api = Arc::new(slides_core::testing::FakeApi::finishing_with("%PDF"));
    let seen = api.clone();
    let subject = over_http(Subject {
        sync: Arc::new(Waiting::new(api.clone())),
        api,
        storage: Arc::new(FakeBackend::default()),
        runs: false,
        _server: None,
    })
    .await;
    let mut merge = Merge::default();
    let mut source = slides_core::MergeSource::new("b.pptx");
    source.source = Some(PresentationSource::Request);
    merge.sources = vec![source, slides_core::MergeSource::new("file1")];
    let request = StartRequest::new(StartCall::Merge(merge))
        .document(Payload::bytes(&b"PK a"[..]).named("a.pptx"))
        .document(Payload::bytes(&b"PK b"[..]).named("b.pptx"));
    subject.api.start(request).await.unwrap();
    let started = seen.started().remove(0);
    let mut documents = Vec::new();
    for document in &started.documents {
        documents.push((
            document.name().unwrap().to_owned(),
            read(document).await.unwrap(),
        ));
    }
    assert_eq!(
        documents,
        [
            ("a.pptx".to_owned(), "PK a".into()),
            ("b.pptx".to_owned(), "PK b".into())
        ]
    );
}
