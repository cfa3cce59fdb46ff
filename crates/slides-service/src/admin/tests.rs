use std::path::Path;
use std::time::Duration;

use slides_core::{AsyncApi, Payload, StartCall, StartRequest, Target};
use slides_types::ExportFormat;

use super::*;
use crate::{Runner, Service};

/// A service without workers: what it accepts waits.
fn options(folder: &Path) -> ServiceOptions {
    let program = crate::WorkerProgram::new("no such program");
    ServiceOptions::new(Runner::Process(program))
        .data_dir(folder)
        .workers(0)
}

async fn start(folder: &Path, decks: &[&'static str]) -> Vec<String> {
    let service = Service::open(options(folder)).await.unwrap();
    let mut ids = Vec::new();
    for deck in decks {
        let call = StartCall::Convert(Target::new(ExportFormat::Pdf));
        let request = StartRequest::new(call).document(Payload::bytes(deck.as_bytes()));
        ids.push(service.start(request).await.unwrap().to_string());
    }
    service.shutdown(Duration::ZERO).await;
    ids
}

/// Runs on a thread that may block, as the command line does.
async fn blocking<R: Send + 'static>(run: impl FnOnce() -> R + Send + 'static) -> R {
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn finish(admin: &QueueAdmin, id: &str, failed: bool) {
    use crate::queue::{Failure, Hold, Outcome};
    let now = clock::now();
    let row = admin.store.claim_one(id, "w", now + 1000, now).unwrap();
    let hold = Hold::new(id, row.unwrap().epoch);
    let outcome = if failed {
        Outcome::Failed(Failure::new(500, "internal", "broken"))
    } else {
        Outcome::Canceled
    };
    admin.store.end(&hold, outcome, now, now + 1000).unwrap();
}

#[tokio::test]
async fn a_failed_operation_starts_again_with_documents_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let ids = start(folder.path(), &["deck one", "deck two"]).await;
    let path = folder.path().to_owned();
    blocking(move || {
        let admin = QueueAdmin::open(options(&path), true).unwrap();
        let [failed, other] = &ids[..] else { panic!() };
        let waits = admin.retry(failed).unwrap_err();
        assert!(waits.to_string().contains("has not ended"), "{waits}");
        finish(&admin, failed, true);
        let again = admin.retry(failed).unwrap();
        let row = admin.get(again.as_str()).unwrap().unwrap();
        assert_eq!((row.state, row.attempts), (State::Enqueued, 0));
        // The first is removed with its documents; the second has its own.
        let future = clock::now() + 1_000_000;
        assert_eq!(admin.prune(future, &[]).unwrap(), 1);
        assert!(admin.get(failed).unwrap().is_none());
        let scratch = tempfile::tempdir().unwrap();
        let deck = admin.blobs.fetch(&row.inputs[0], scratch.path()).unwrap();
        assert_eq!(std::fs::read(deck).unwrap(), b"deck one");

        assert_eq!(admin.cancel(other).unwrap(), Canceled::Now);
        let gone = admin.retry(other).unwrap_err();
        assert!(gone.to_string().contains("documents are gone"), "{gone}");
        assert!(matches!(
            admin.retry("x").unwrap_err(),
            Error::NotFound { .. }
        ));
    })
    .await;
}

#[tokio::test]
async fn a_queue_moves_to_another_folder_and_key() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ids = start(from.path(), &["deck one", "deck two"]).await;
    start(to.path(), &["here before"]).await;
    let (old, new) = (from.path().to_owned(), to.path().to_owned());
    blocking(move || {
        let source = QueueAdmin::open(options(&old), true).unwrap();
        let mut archive = Vec::new();
        let exported = source.export(&mut archive).unwrap();
        assert_eq!(
            (exported.operations, exported.blobs, exported.bytes),
            (2, 2, 16)
        );

        let target = QueueAdmin::open(options(&new), true).unwrap();
        let strange = target.import(&archive[..], None).unwrap_err();
        assert!(strange.to_string().contains("another key"), "{strange}");
        let key = old.join("queue.key");
        let imported = target.import(&archive[..], Some(&key)).unwrap();
        assert_eq!((imported.operations, imported.known), (2, 0));
        // Once more changes nothing.
        let again = target.import(&archive[..], Some(&key)).unwrap();
        assert_eq!((again.operations, again.known), (0, 2));
        for id in &ids {
            let before = source.get(id).unwrap().unwrap();
            let after = target.get(id).unwrap().unwrap();
            let plain = target.sealer.open_sealed(id, &after.request).unwrap();
            assert_eq!(
                plain,
                source.sealer.open_sealed(id, &before.request).unwrap()
            );
            let scratch = tempfile::tempdir().unwrap();
            let deck = target
                .blobs
                .fetch(&after.inputs[0], scratch.path())
                .unwrap();
            assert!(std::fs::read(deck).unwrap().starts_with(b"deck "));
        }

        for damaged in [&b""[..], b"no archive at all", &archive[..700]] {
            target.import(damaged, Some(&key)).unwrap_err();
        }
        // What runs cannot be moved.
        let now = clock::now();
        source.store.claim("w", now + 1000, now).unwrap();
        let runs = source.export(Vec::new()).unwrap_err();
        assert!(runs.to_string().contains("runs"), "{runs}");
    })
    .await;
}

#[tokio::test]
async fn an_operator_works_beside_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let none = QueueAdmin::open(options(&path), false).unwrap_err();
    assert!(none.to_string().contains("cannot find the queue"), "{none}");
    let service = Service::open(options(&path)).await.unwrap();
    let call = StartCall::Convert(Target::new(ExportFormat::Pdf));
    let request = StartRequest::new(call).document(Payload::bytes(&b"deck"[..]));
    let id = service.start(request).await.unwrap();
    let of = id.to_string();
    blocking(move || {
        assert!(
            QueueAdmin::open(options(&path), true).is_err(),
            "the folder is in use"
        );
        let admin = QueueAdmin::open(options(&path), false).unwrap();
        assert_eq!(admin.cancel(&of).unwrap(), Canceled::Now);
    })
    .await;
    let status = service.ended(&id).await.unwrap();
    assert_eq!(status.operation.status.as_str(), "Canceled");
}
