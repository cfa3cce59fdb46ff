//! Two servers on one queue in PostgreSQL.

use slides_engine::{EngineError, Job, Monitor, Report, Sink, SourceKind, Support};

use super::*;
use crate::options::QueuePlace;
use crate::queue::PostgresOptions;
use crate::queue::test_postgres::{fresh_schema, shared_postgres};
use crate::storage::StorageKind;

/// Does not hang when it is ordered to.
#[derive(Debug)]
struct Willing;

impl Engine for Willing {
    fn support(&self, from: SourceKind, to: ExportFormat) -> Support {
        FakeEngine.support(from, to)
    }

    fn convert(
        &self,
        job: &Job<'_>,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
    ) -> std::result::Result<Report, EngineError> {
        let orders = String::from_utf8_lossy(job.source).replace("hang", "");
        let mut job = job.clone();
        job.source = orders.as_bytes();
        FakeEngine.convert(&job, sink, monitor)
    }
}

/// What servers of one installation have in common.
struct Installation {
    folder: tempfile::TempDir,
    database: PostgresOptions,
}

impl Installation {
    /// Nothing without a database server.
    fn new() -> Option<Self> {
        let database = PostgresOptions::new(shared_postgres()?).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), [7; 32]).unwrap();
        Some(Self {
            folder,
            database: database.schema(fresh_schema()),
        })
    }

    fn options(&self, name: &str) -> ServiceOptions {
        let mut options = options().data_dir(self.folder.path().join(name));
        options.blobs = StorageKind::Folder(Some(self.folder.path().join("blobs")));
        options.key_file = Some(self.folder.path().join("key"));
        options.queue = QueuePlace::Postgres(self.database.clone());
        // So long that nothing below can be due to them.
        options.heartbeat = Duration::from_hours(1);
        options.lease = Duration::from_hours(3);
        options
    }
}

async fn started(service: &Service, request: StartRequest) -> OperationId {
    let id = service.start(request).await.unwrap();
    while service.status(&id).await.unwrap().operation.status != OperationStatus::Started {
        tokio::task::yield_now().await;
    }
    id
}

fn hangs() -> StartRequest {
    convert(ExportFormat::Pdf, "slides=2 hang")
}

#[tokio::test]
async fn any_server_answers_for_any_operation() {
    let Some(all) = Installation::new() else {
        return;
    };
    let one = Service::open(all.options("one")).await.unwrap();
    let other = Service::open(all.options("other").workers(0))
        .await
        .unwrap();
    // Its workers are another server's, and so is its end.
    let done = run(&other, convert(ExportFormat::Pdf, "slides=2")).await;
    assert_eq!(done.status, OperationStatus::Finished);
    let result = other.result(&done.id.as_str().into()).await.unwrap();
    assert!(!result.bytes().await.unwrap().is_empty());
    // A cancel reaches the server that runs it.
    let running = started(&one, hangs()).await;
    other.cancel(&running).await.unwrap();
    let ended = other.ended(&running).await.unwrap().operation;
    assert_eq!(ended.status, OperationStatus::Canceled);
    for service in [one, other] {
        service.shutdown(Duration::ZERO).await;
    }
}

#[tokio::test]
async fn what_a_server_ran_when_it_ended_is_done_by_the_other() {
    let Some(all) = Installation::new() else {
        return;
    };
    let one = Service::open(all.options("one")).await.unwrap();
    let running = started(&one, hangs()).await;
    let waiting = one
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap();
    let mut options = all.options("other");
    options.runner = Runner::InProcess(Arc::new(Willing));
    let other = Service::open(options).await.unwrap();
    // The other one's start leaves alone what runs.
    let ended = other.ended(&waiting).await.unwrap().operation;
    assert_eq!(ended.status, OperationStatus::Finished);
    let row = other.inner.record(&running).await.unwrap();
    assert_eq!((row.state, row.epoch), (State::Started, 1));
    one.shutdown(Duration::ZERO).await;
    assert!(!one.is_ready());
    let ended = other.ended(&running).await.unwrap().operation;
    assert_eq!(ended.status, OperationStatus::Finished);
    let row = other.inner.record(&running).await.unwrap();
    assert_eq!((row.epoch, row.attempts), (2, 1));
    other.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn work_of_a_server_that_is_gone_is_taken_over_after_its_lease() {
    let Some(all) = Installation::new() else {
        return;
    };
    let front = Service::open(all.options("front").workers(0))
        .await
        .unwrap();
    let id = front
        .start(convert(ExportFormat::Pdf, "slides=1"))
        .await
        .unwrap();
    // A worker that is never heard of again.
    let gone = front.inner.with_store(|store| {
        let now = clock::now();
        store.claim("gone", clock::after(now, Duration::from_millis(1)), now)
    });
    assert_eq!(gone.await.unwrap().unwrap().epoch, 1);
    let other = Service::open(all.options("other")).await.unwrap();
    let ended = front.ended(&id).await.unwrap().operation;
    assert_eq!(ended.status, OperationStatus::Finished);
    let row = other.inner.record(&id).await.unwrap();
    assert_eq!((row.epoch, row.attempts), (2, 2));
    for service in [front, other] {
        service.shutdown(Duration::ZERO).await;
    }
}

#[tokio::test]
async fn a_server_with_another_key_is_refused() {
    let Some(all) = Installation::new() else {
        return;
    };
    let one = Service::open(all.options("one")).await.unwrap();
    let key = all.folder.path().join("other-key");
    std::fs::write(&key, [8; 32]).unwrap();
    let mut options = all.options("other");
    options.key_file = Some(key);
    let error = Service::open(options).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the key of this server is not the one"),
        "{error}"
    );
    one.shutdown(Duration::ZERO).await;
}
