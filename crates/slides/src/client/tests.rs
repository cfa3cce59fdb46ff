use std::sync::Arc;
use std::time::Duration;

use slides_core::testing::{FakeApi, MockStorageApi};
use slides_core::{Download, PollPolicy, StartCall};
use slides_types::{ExportFormat, OperationMethod, SlideExportFormat};

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
