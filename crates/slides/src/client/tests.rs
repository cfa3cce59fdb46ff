use std::sync::Arc;
use std::time::Duration;

use slides_core::testing::{FakeApi, MockStorageApi, MockSyncApi};
use slides_core::{Download, FileLocation, PollPolicy, Saved, StartCall, SyncReply};
use slides_types::{
    ExportFormat, FilesUploadResult, OperationMethod, SlideExportFormat, SplitDocumentResult,
};

use super::*;

fn client() -> (Client, Arc<FakeApi>) {
    let api = Arc::new(FakeApi::finishing_with("%PDF"));
    (Client::from_parts(api.clone(), None), api)
}

#[tokio::test(start_paused = true)]
async fn each_builder_makes_its_call() {
    fn ok<T: Outcome>(handle: Result<OperationHandle<T>>) {
        assert_eq!(handle.unwrap().last(), None);
    }
    let (client, api) = client();
    let deck = || b"PK".to_vec();
    let (pdf, png) = (ExportFormat::Pdf, SlideExportFormat::Png);
    ok(client.start_convert(deck(), pdf).send().await);
    ok(client
        .start_convert_and_save(deck(), pdf, "a.pdf")
        .send()
        .await);
    ok(client
        .start_download_presentation("a.pptx", pdf)
        .folder("Data")
        .send()
        .await);
    ok(client
        .start_save_presentation("a.pptx", pdf, "a.pdf")
        .send()
        .await);
    ok(client.start_merge([deck(), deck()]).send().await);
    ok(client.start_merge_and_save([deck()], "m.pptx").send().await);
    ok(client.start_split("a.pptx", png).send().await);
    ok(client.start_upload_and_split(deck(), png).send().await);

    use OperationMethod as M;
    let started: Vec<_> = api
        .started()
        .iter()
        .map(|r| (r.call.method(), r.documents.len()))
        .collect();
    assert_eq!(
        started,
        [
            (M::Convert, 1),
            (M::ConvertAndSave, 1),
            (M::DownloadPresentation, 0),
            (M::SavePresentation, 0),
            (M::Merge, 2),
            (M::MergeAndSave, 1),
            (M::Split, 0),
            (M::UploadAndSplit, 1)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn settings_reach_the_call() {
    let (client, api) = client();
    let _operation = client
        .start_download_presentation("a.pptx", ExportFormat::Pdf)
        .folder("Data")
        .slides([3, 1])
        .password("pw")
        .storage("S")
        .fonts_folder("fonts")
        .options(slides_types::PdfExportOptions::default())
        .timeout(Duration::from_secs(9))
        .idempotency_key("k")
        .send()
        .await
        .unwrap();
    let request = api.started().remove(0);
    assert_eq!(request.options.timeout, Some(Duration::from_secs(9)));
    assert_eq!(request.options.idempotency_key.as_deref(), Some("k"));
    let StartCall::DownloadPresentation { target, document } = request.call else {
        unreachable!()
    };
    assert_eq!(document.path(), "Data/a.pptx");
    assert_eq!(target.slides, [3, 1]);
    assert_eq!(target.password, Some("pw".into()));
    assert_eq!(
        (target.storage.as_deref(), target.fonts_folder.as_deref()),
        (Some("S"), Some("fonts"))
    );
    assert!(target.export.is_some());
}

#[tokio::test(start_paused = true)]
async fn the_clients_policy_is_its_handles() {
    let api = FakeApi::statuses(["Started"]);
    let client =
        Client::new(api).with_poll_policy(PollPolicy::with_deadline(Duration::from_secs(3)));
    let started = tokio::time::Instant::now();
    let operation = client
        .start_convert(b"PK".to_vec(), ExportFormat::Pdf)
        .send()
        .await
        .unwrap();
    assert!(matches!(
        operation.await,
        Err(Error::DeadlineExceeded { .. })
    ));
    assert!(matches!(
        client.operation::<Download>("op-1").await,
        Err(Error::DeadlineExceeded { .. })
    ));
    assert_eq!(started.elapsed(), Duration::from_secs(6));
}

#[tokio::test(start_paused = true)]
async fn an_id_is_all_it_takes_to_resume() {
    let (client, api) = client();
    let operation = client
        .start_convert(b"PK".to_vec(), ExportFormat::Pdf)
        .send()
        .await
        .unwrap();
    let id = operation.id().to_string();
    drop((operation, client));

    let later = Client::from_parts(api, None);
    let pdf: Download = later.operation(id).await.unwrap();
    assert_eq!(pdf.bytes().await.unwrap(), "%PDF");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_told_before_anything_is_sent() {
    let (client, api) = client();
    let deck = || b"PK".to_vec();
    let quality = slides_types::PdfExportOptions::default().jpeg_quality(101);
    let wrong = [
        client
            .start_convert(deck(), ExportFormat::Pdf)
            .options(quality)
            .send()
            .await
            .map(drop),
        client
            .start_convert(deck(), ExportFormat::Pdf)
            .slides([0])
            .send()
            .await
            .map(drop),
        client
            .start_convert_and_save(deck(), ExportFormat::Pdf, "")
            .send()
            .await
            .map(drop),
        client
            .start_split("a.pptx", SlideExportFormat::Png)
            .from(3)
            .to(2)
            .send()
            .await
            .map(drop),
    ];
    let texts = wrong.map(|outcome| outcome.unwrap_err().to_string());
    assert_eq!(
        texts,
        [
            "invalid value `101` for `jpegQuality`: expected a whole number from 0 to 100",
            "slide `0` is out of bounds: slides are numbered from 1",
            "`outPath` is empty: name a file in the storage",
            "slide range `3-2` is empty: `from` is at most `to`",
        ]
    );
    assert!(api.started().is_empty());
}

#[tokio::test]
async fn each_synchronous_builder_makes_its_call() {
    use OperationMethod as M;
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut sync = MockSyncApi::new();
    let tells = told.clone();
    sync.expect_run().returning(move |request| {
        let (method, only) = (request.call.method(), request.options.result_only);
        tells.lock().unwrap().push((method.clone(), only));
        Ok(match (Saved::of(&request.call), method) {
            (_, M::UploadAndSplit) if only => SyncReply::File(Download::from_bytes("PK")),
            (_, M::Split | M::UploadAndSplit) => SyncReply::Slides(SplitDocumentResult::default()),
            (Some(saved), _) => SyncReply::Saved(saved),
            (None, _) => SyncReply::File(Download::from_bytes("PK")),
        })
    });
    let client = client().0.with_sync(sync);
    let deck = || b"PK".to_vec();
    let (pdf, png) = (ExportFormat::Pdf, SlideExportFormat::Png);
    client.convert(deck(), pdf).send().await.unwrap();
    let saved = client.convert_and_save(deck(), pdf, "a.pdf").send().await;
    assert_eq!(saved.unwrap().path.as_deref(), Some("a.pdf"));
    client
        .download_presentation("a.pptx", pdf)
        .folder("Data")
        .await
        .unwrap();
    client
        .save_presentation("a.pptx", pdf, "a.pdf")
        .await
        .unwrap();
    client.merge_online([deck(), deck()]).await.unwrap();
    client
        .merge_and_save_online([deck()], "m.pptx")
        .await
        .unwrap();
    client.split("a.pptx", png).await.unwrap();
    client.split_online(deck(), png).await.unwrap();
    client.split_and_save_online(deck(), png).await.unwrap();
    assert_eq!(
        *told.lock().unwrap(),
        [
            (M::Convert, false),
            (M::ConvertAndSave, false),
            (M::DownloadPresentation, false),
            (M::SavePresentation, false),
            (M::Merge, false),
            (M::MergeAndSave, false),
            (M::Split, false),
            (M::UploadAndSplit, true),
            (M::UploadAndSplit, false),
        ]
    );
    // a bad value is told before the implementer hears of it
    let error = client.convert(deck(), pdf).slides([0]).await.unwrap_err();
    assert_eq!(error.status_code(), Some(400));
    assert_eq!(told.lock().unwrap().len(), 9);
}

#[tokio::test]
async fn a_reply_of_another_kind_is_an_error() {
    let mut sync = MockSyncApi::new();
    sync.expect_run()
        .returning(|_| Ok(SyncReply::Slides(SplitDocumentResult::default())));
    let client = client().0.with_sync(sync);
    let error = client
        .convert(b"PK".to_vec(), ExportFormat::Pdf)
        .await
        .unwrap_err();
    assert_eq!(error.kind_text(), "protocol");
}

#[tokio::test]
async fn files_go_up_under_their_names_and_come_down_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b.pptx");
    std::fs::write(&path, "PK").unwrap();
    let mut storage = MockStorageApi::new();
    storage
        .expect_upload_file()
        .withf(|at, content| {
            matches!(at.path.as_str(), "Data/x/a b.pptx" | "a b.pptx")
                && at.storage.as_deref() == Some("S")
                && content.as_path().is_some()
        })
        .times(2)
        .returning(|_, _| Ok(FilesUploadResult::default()));
    storage
        .expect_download_file()
        .returning(|_| Ok(Download::from_bytes("%PDF")));
    let client = client().0.with_storage(storage);
    let at = |folder: &str| FileLocation::new(folder).in_storage(Some("S".into()));
    let there = client.upload_path(at("/Data/x/"), &path).await.unwrap();
    assert_eq!(there, at("Data/x/a b.pptx"));
    client.upload_path(at("/"), &path).await.unwrap();
    let error = client.upload_path("Data", "/").await.unwrap_err();
    assert_eq!(error.to_string(), "`/` names no file");

    let local = folder.path().join("a.pdf");
    assert_eq!(client.download_to("a.pdf", &local).await.unwrap(), 4);
    assert_eq!(std::fs::read(&local).unwrap(), b"%PDF");
}

#[tokio::test]
async fn storage_calls_need_a_storage() {
    let (client, _) = client();
    let error = client.download_file("a.pptx").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "this client does not support `storage calls`"
    );

    let mut storage = MockStorageApi::new();
    storage
        .expect_delete_file()
        .withf(|file| file.path == "a.pptx")
        .times(1)
        .returning(|_| Ok(()));
    client
        .with_storage(storage)
        .delete_file("a.pptx")
        .await
        .unwrap();
}

#[cfg(feature = "http")]
#[test]
fn addresses_are_checked_when_the_client_is_made() {
    Client::connect("http://127.0.0.1:8080").unwrap();
    Client::connect_with("http://[::1]:8080", "id", "secret").unwrap();
    assert_eq!(
        Client::connect("http://slides.lan")
            .unwrap_err()
            .status_code(),
        Some(400)
    );
    assert_eq!(
        Client::connect("nonsense").unwrap_err().status_code(),
        Some(400)
    );
    Client::builder()
        .base_url("http://slides.lan")
        .allow_plain_http()
        .build()
        .unwrap();
}

/// Answers each status call with an operation that goes on.
#[cfg(feature = "http")]
struct Running(std::sync::atomic::AtomicUsize);

#[cfg(feature = "http")]
#[async_trait::async_trait]
impl slides_http::Transport for Running {
    async fn send(
        &self,
        _: http::Request<slides_http::Body>,
    ) -> std::result::Result<http::Response<slides_http::Body>, slides_core::TransportError> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let body = r#"{"id":"op-1","method":"Convert","status":"Started"}"#;
        Ok(http::Response::new(slides_http::Body::from_bytes(body)))
    }
}

#[cfg(feature = "http")]
#[tokio::test(start_paused = true)]
async fn the_policy_of_a_client_holds_over_http_too() {
    let server = Arc::new(Running(0.into()));
    let policy = PollPolicy {
        initial: Duration::from_secs(4),
        max: Duration::from_secs(4),
        ..PollPolicy::with_deadline(Duration::from_secs(10))
    };
    let client = Client::builder()
        .base_url("https://slides.test")
        .transport(server.clone())
        .poll_policy(policy)
        .build()
        .unwrap();
    let error = client.operation::<Download>("op-1").await.unwrap_err();
    let Error::DeadlineExceeded { last, polls, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(
        (last.id.as_str(), error.operation_id()),
        ("op-1", Some("op-1".into()))
    );
    let asked = server.0.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(asked, usize::try_from(*polls).unwrap());
    // at 0, 4 and 8 s, and at the deadline itself; jitter may add some
    assert!((4..=8).contains(&asked), "{asked}");
}
