use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use slides_core::{
    AsyncApi, Download, Error, FileLocation, OperationId, Payload, Result, Seen, StartRequest,
    StatusReply, StorageApi,
};
use slides_types::{
    DiscUsage, FileVersions, FilesList, FilesUploadResult, FontsData, ObjectExist, Operation,
    OperationError, OperationMethod, OperationProgress, OperationStatus, StorageExist,
};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::blobs::{Blobs, Spooled, Suspects};
use crate::clock::{self, Clock};
use crate::health::Health;
use crate::libreoffice::LibreOffice;
use crate::listing::Places;
use crate::options::{QueuePlace, Runner, ServiceOptions};
use crate::pressure::{self, Pressure};
use crate::queue::{
    Beat, Canceled, EndEvent, Ended, Hold, IdempotencyKey, MemoryStore, Micros, NewOperation,
    Outcome, Progress, Record, Rescue, SqliteOptions, SqliteStore, State, Store, StoreError,
    Submitted,
};
use crate::request::{self, QueuedInput, QueuedRequest, REQUEST_VERSION, Unread};
use crate::seal::Sealer;
use crate::stats::{Counters, ServiceStats};
use crate::storage::{StorageOptions, Storages};
use crate::watchers::Watchers;
use crate::webhook::{Delivery, Notice, Outbox};
use crate::worker::{
    Guard, InProcessRunner, Pool, ProcessRunner, RunJobs, SandboxReport, Worker, probe_sandbox,
};

/// What `GetOperationStatus` and `GetOperationResult` say about an unknown id (contract section 2.6).
const UNKNOWN_OPERATION: &str = "Operation does not exist";
/// What a start with an unknown storage gets, blanks as the vendor has them (contract section 2.6).
const UNKNOWN_STORAGE: &str =
    "The storage  was not found or is not associated with the application.";
/// Bytes of an idempotency key.
const MAX_KEY: usize = 128;
/// Claims before the end of a server counts as an attempt of the operations it ran.
const FREE_RESTARTS: u64 = 16;
/// Claims before a lost lease ends an operation as failed.
pub(crate) const MAX_ATTEMPTS: u32 = 2;
/// How long a start waits for the lock of a data folder, and how often it looks.
const LOCK_WAIT: Duration = Duration::from_secs(1);
const LOCK_LOOK: Duration = Duration::from_millis(20);
/// How often the queue is looked at where news of it may be missed, and for operations that became due without any.
const LOOK: Duration = Duration::from_secs(1);
/// How often leases and retention times are looked at.
const SWEEP: Duration = Duration::from_secs(5);
/// The same where leases are short.
const SHORTEST_SWEEP: Duration = Duration::from_millis(100);
/// How often blobs without an operation are looked for, and how old they must be.
const ORPHAN_AGE: Duration = Duration::from_hours(1);
/// How often the free space of the disk is looked at.
const LOOK_AT_DISK: Duration = Duration::from_secs(2);
/// When a caller may come back after the disk was nearly full.
const FULL_DISK_WAIT: Duration = Duration::from_secs(30);
/// How often someone who waits for news looks by himself.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Operations removed in one sweep.
const EXPIRE_AT_ONCE: usize = 500;
/// Names the fault to seed, for the proof that the durability test catches it. Debug builds only.
#[cfg(debug_assertions)]
const FAILPOINT: &str = "SLIDES_FAILPOINT";
/// How long the killed workers of a shutdown may take to be reaped.
const KILL_GRACE: Duration = Duration::from_secs(5);

/// The operations and storages of this machine: a queue, workers and an engine behind the traits
/// of `slides-core`.
///
/// A clone is a handle to the same service; when the last one is dropped its workers stop, and
/// what they ran is started again by the next service on the same folder.
#[derive(Clone)]
pub struct Service {
    pub(crate) inner: Arc<Inner>,
    tasks: TaskTracker,
    _stop: Arc<DropGuard>,
    /// Whose operations this handle makes and sees; empty makes nobody's and sees all.
    client: Arc<str>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service")
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}

/// What workers and callers share.
pub(crate) struct Inner {
    pub(crate) options: Arc<ServiceOptions>,
    pub(crate) storage: Storages,
    pub(crate) blobs: Blobs,
    pub(crate) runner: Box<dyn RunJobs>,
    pub(crate) libreoffice: Option<LibreOffice>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) pressure: Pressure,
    /// An operation is ready.
    pub(crate) ready: Notify,
    /// An operation ended.
    pub(crate) changed: Notify,
    pub(crate) health: Health,
    /// Those who wait for news of one operation.
    pub(crate) watchers: Arc<Watchers>,
    /// No more operations are accepted or taken.
    pub(crate) drain: CancellationToken,
    /// What runs is stopped.
    pub(crate) stop: CancellationToken,
    /// Tells this service from every other, on this machine and elsewhere.
    pub(crate) name: String,
    /// How often the queue is looked at where news of it may be missed.
    pub(crate) look: Duration,
    pub(crate) clock: Clock,
    /// How well workers are shut in; nothing where that was not tried.
    sandbox: Option<SandboxReport>,
    store: Arc<dyn Store>,
    pub(crate) sealer: Sealer,
    pub(crate) places: Places,
    running: Mutex<HashMap<String, Arc<Running>>>,
    suspects: Arc<Mutex<Suspects>>,
    work: PathBuf,
    // Dropped last: the folder belongs to this process until then.
    _lock: Option<File>,
    _temporary: Option<tempfile::TempDir>,
}

/// An operation that runs in this process.
pub(crate) struct Running {
    pub(crate) stop: CancellationToken,
    pub(crate) canceled: Notify,
    progress: Mutex<Option<Progress>>,
    id: String,
    watchers: Arc<Watchers>,
}

impl Running {
    pub(crate) fn new(id: &str, stop: CancellationToken, watchers: &Arc<Watchers>) -> Self {
        Self {
            stop,
            canceled: Notify::new(),
            progress: Mutex::new(None),
            id: id.to_owned(),
            watchers: Arc::clone(watchers),
        }
    }

    pub(crate) fn set_progress(&self, progress: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        self.watchers.tell(&self.id);
    }

    fn progress(&self) -> Option<Progress> {
        self.progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Service {
    /// Opens the durable service on [`ServiceOptions::data_dir`]: operations of an earlier run that
    /// had not ended are back in the queue when this returns. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder, its queue or its key cannot be opened, or when another
    /// process serves the folder; [`Error::Rejected`] for a setting that makes no sense.
    pub async fn open(options: ServiceOptions) -> Result<Self> {
        let parts = tokio::task::spawn_blocking(move || durable(options))
            .await
            .map_err(|e| Error::io("the service cannot be opened", std::io::Error::other(e)))??;
        Ok(Self::start(parts))
    }

    /// Opens a service for embedded use: the queue is in memory, files are in a temporary folder (or
    /// [`ServiceOptions::data_dir`]), nothing is synced, and nothing outlives the last handle.
    /// Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be made.
    pub fn in_process(options: ServiceOptions) -> Result<Self> {
        let temporary = match options.data_dir {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new()
                    .prefix("slides-")
                    .tempdir()
                    .map_err(|e| Error::io("cannot make a temporary folder", e))?,
            ),
        };
        let folder = temporary
            .as_ref()
            .map(|t| t.path().to_owned())
            .or_else(|| options.data_dir.clone());
        let folder = absolute(&folder.unwrap_or_default())?;
        let queue = OpenQueue {
            store: Arc::new(MemoryStore::new()),
            blobs: Blobs::open(&options.blobs, &folder.join("blobs"), false)?,
            sealer: Sealer::ephemeral(),
            lock: None,
            folder,
        };
        Ok(Self::start(parts(options, queue, false, temporary)?))
    }

    fn start(inner: Inner) -> Self {
        let inner = Arc::new(inner);
        let tasks = TaskTracker::new();
        // Dropping the last handle stops what runs, and the tasks drop the rest.
        let all = CancellationToken::new();
        tokio::spawn({
            let (inner, all) = (Arc::downgrade(&inner), all.clone());
            async move {
                all.cancelled().await;
                if let Some(inner) = inner.upgrade() {
                    inner.drain.cancel();
                    inner.stop.cancel();
                }
            }
        });
        Pool::start(&inner, &tasks);
        if let Some(news) = inner.store.news() {
            // Not among the tasks that a shutdown waits for: cancels are to be heard until the end of it.
            tokio::spawn(shared::hear(Arc::clone(&inner), news));
        }
        tasks.spawn(maintain(Arc::clone(&inner)));
        if let Some(webhooks) = inner.options.webhooks.clone() {
            let outbox = Arc::clone(&inner);
            let delivery = Delivery { outbox, webhooks };
            let inner = Arc::clone(&inner);
            tasks.spawn(async move { delivery.run(&inner.changed, &inner.drain).await });
        }
        tasks.close();
        Self {
            inner,
            tasks,
            _stop: Arc::new(all.drop_guard()),
            client: Arc::from(""),
        }
    }

    /// A handle for one client: it sees the operations it or nobody made, and the idempotency keys are its own.
    /// Those of other clients are unknown to it. Files of the storage are everybody's.
    #[must_use]
    pub fn for_client(&self, client: &str) -> Self {
        Self {
            client: Arc::from(client),
            ..self.clone()
        }
    }

    /// Whose operations this handle makes.
    pub(crate) fn client(&self) -> &str {
        &self.client
    }

    /// An operation this handle may see.
    pub(crate) async fn record(&self, id: &OperationId) -> Result<Arc<Record>> {
        let record = self.inner.record(id).await?;
        let owners = [&*record.tenant, &*self.client];
        if owners.iter().any(|owner| owner.is_empty()) || owners[0] == owners[1] {
            Ok(record)
        } else {
            Err(unknown_operation(id))
        }
    }

    /// Makes an operation and the names of its uploads durable.
    ///
    /// Both at once, as each costs a sync of the disk: when the power goes in between, what is left is an operation
    /// that nobody knows of. With an idempotency key its client may ask for it again, so there the names come first.
    async fn commit(
        &self,
        request: &StartRequest,
        uploads: &Uploads,
    ) -> Result<(OperationId, bool)> {
        let inner = &self.inner;
        let names = async {
            match uploads.spooled.as_slice() {
                [] => Ok(()),
                _ => inner.blobs.sync_names().await,
            }
        };
        let row = inner.submit(request, &uploads.spooled, &self.client);
        if request.options.idempotency_key.is_some() {
            names.await?;
            return row.await;
        }
        let (named, submitted) = tokio::join!(names, row);
        match (named, submitted) {
            (Err(error), Ok((id, _))) => {
                // Its caller is told that it was not accepted.
                let _ = self.cancel(&id).await;
                Err(error)
            }
            (_, submitted) => submitted,
        }
    }

    /// Ends an operation that cannot be done, or whose stored source is not there, without waiting for a worker to be
    /// free: a client takes what still waits after three seconds for an operation that will be done (contract
    /// section 3).
    fn look_for_sources(&self, id: &OperationId, request: &StartRequest) {
        let sources = request::sources_of(&request.call, !request.documents.is_empty());
        let unfit = request.options.unfit.is_some();
        if (sources.is_empty() && !unfit) || self.inner.options.workers == 0 {
            return;
        }
        let (inner, id) = (Arc::clone(&self.inner), id.clone());
        self.tasks.spawn(async move {
            if unfit {
                return Pool::run_one(&inner, id.as_str()).await;
            }
            for source in sources {
                match inner.storage.object_exists(&source).await {
                    Ok(found) if found.exists => {}
                    Ok(_) => return Pool::run_one(&inner, id.as_str()).await,
                    // A worker tries again and says what is wrong.
                    Err(_) => return,
                }
            }
        });
    }

    /// Ends the service: takes no more work, waits for what runs at most `grace`, then stops it and
    /// gives it back to the queue for the next start.
    pub async fn shutdown(&self, grace: Duration) {
        self.inner.drain.cancel();
        if tokio::time::timeout(grace, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::info!(
                running = self.inner.running().len(),
                "stopping what still runs after the grace time"
            );
        }
        self.inner.stop.cancel();
        // What is not reaped by then is rescued at the next start.
        let _ = tokio::time::timeout(KILL_GRACE, self.tasks.wait()).await;
    }

    /// Whether operations can be accepted and run.
    pub fn is_ready(&self) -> bool {
        self.readiness().is_ok()
    }

    /// What keeps operations from being accepted and run: the service drains, the queue cannot be written, the disk of
    /// the data folder is nearly full, or no worker has shown itself for a minute.
    ///
    /// # Errors
    /// The reason, as a text for an operator.
    pub fn readiness(&self) -> Result<(), String> {
        let inner = &self.inner;
        if inner.drain.is_cancelled() {
            return Err("the server is shutting down".to_owned());
        }
        if !inner.store.is_healthy() {
            return Err("the queue cannot be written".to_owned());
        }
        if let Some(reason) = inner.health.full(&inner.options.limits) {
            return Err(reason);
        }
        if inner.options.workers > 0 && !inner.health.workers_answer() {
            return Err("no worker answers".to_owned());
        }
        Ok(())
    }

    /// Whether a start of this client would be accepted now, for a server that has not read its documents yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: 429 when the queue is full, 503 while the service drains or its disk is nearly full.
    pub async fn admit(&self) -> Result<()> {
        self.inner.is_open()?;
        self.inner.room(&self.client).await
    }

    /// The fonts of the engine, of this machine and of a folder of a storage (`GetAvailableFonts`). A folder that is
    /// not there has none.
    ///
    /// # Errors
    /// Those of the storage; [`Error::Rejected`] (413) when the folder holds more than the limits allow.
    pub async fn fonts(&self, folder: Option<FileLocation>) -> Result<FontsData> {
        crate::fonts::available(self, &self.inner.options.limits, folder).await
    }

    /// Figures for metrics.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the queue cannot be read.
    pub async fn stats(&self) -> Result<ServiceStats> {
        let stats = self
            .inner
            .with_store(Store::stats)
            .await
            .map_err(of_store)?;
        let counters = &self.inner.counters;
        let waiting = self.inner.with_store(|store| store.waiting("")).await;
        let disk = self.inner.health.disk();
        let wait = |since: i64| {
            Duration::from_micros(u64::try_from(self.inner.clock.now() - since).unwrap_or(0))
        };
        Ok(ServiceStats {
            enqueued: stats.count(State::Enqueued),
            started: stats.count(State::Started),
            finished: stats.count(State::Finished),
            failed: stats.count(State::Failed),
            canceled: stats.count(State::Canceled),
            oldest_wait: stats.oldest_enqueued.map(wait),
            workers: self.inner.options.workers,
            accepted_total: counters.accepted.get(),
            refused_total: counters.refused.get(),
            finished_total: counters.finished.get(),
            failed_total: counters.failed.get(),
            canceled_total: counters.canceled.get(),
            retried_total: counters.retried.get(),
            rescued_total: counters.rescued.get(),
            fenced_total: counters.fenced.get(),
            mean_run: counters.mean_run(),
            webhooks_delivered_total: counters.webhooks_delivered.get(),
            webhooks_failed_total: counters.webhooks_failed.get(),
            webhooks_given_up_total: counters.webhooks_given_up.get(),
            webhook_lag: counters.webhook_lag(),
            waiting_bytes: waiting.map_err(of_store)?.bytes,
            disk: disk.map(|disk| (disk.free, disk.total)),
            commits: self.inner.store.commits(),
            runs: counters.runs(),
            retries: counters.retries(),
            kills: counters.kills(),
            worker_peak_bytes: counters.peak_bytes(),
            sandboxed: self
                .inner
                .sandbox
                .as_ref()
                .is_some_and(SandboxReport::is_complete),
        })
    }

    /// How well worker processes are shut in, as tried when the service was opened; nothing for a service that runs
    /// conversions in this process, or that was opened by [`in_process`](Self::in_process) without
    /// [`ServiceOptions::require_sandbox`].
    pub fn sandbox(&self) -> Option<&SandboxReport> {
        self.inner.sandbox.as_ref()
    }

    /// Waits until an operation has ended; gives its last status.
    ///
    /// # Errors
    /// As [`status`](AsyncApi::status).
    pub async fn ended(&self, id: &OperationId) -> Result<StatusReply> {
        loop {
            let changed = self.inner.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let record = self.record(id).await?;
            if record.state.is_terminal() {
                return Ok(self.inner.reply(&record));
            }
            tokio::select! {
                () = changed => {}
                // It may end on another server, and news of that may be lost.
                () = tokio::time::sleep(self.inner.look), if self.inner.options.queue.is_shared() => {}
            }
        }
    }
}

/// Leases, retention and orphans, until the service drains.
async fn maintain(inner: Arc<Inner>) {
    let mut tick = tokio::time::interval(SWEEP.min(inner.options.lease / 4).max(SHORTEST_SWEEP));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut orphans = tokio::time::interval(ORPHAN_AGE);
    let mut looks = tokio::time::interval(LOOK_AT_DISK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = inner.drain.cancelled() => break,
            _ = tick.tick() => inner.sweep().await,
            _ = orphans.tick() => inner.sweep_orphans().await,
            _ = looks.tick() => inner.look_at_disk().await,
        }
    }
}

/// Jobs run in other folders than the server does, so that no path of theirs may depend on it.
fn absolute(folder: &Path) -> Result<PathBuf> {
    std::path::absolute(folder).map_err(|e| {
        let what = format!("cannot find the data folder `{}`", folder.display());
        Error::io(what, e)
    })
}

/// A durable queue with what belongs to it.
pub(crate) struct OpenQueue {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Blobs,
    pub(crate) sealer: Sealer,
    /// Held as long as no other process may use the data folder.
    pub(crate) lock: Option<File>,
    folder: PathBuf,
}

fn cannot_in(folder: &Path) -> impl Fn(&str) -> Box<dyn Fn(std::io::Error) -> Error> + use<> {
    let folder = folder.display().to_string();
    move |what| {
        let what = format!("cannot {what} in the data folder `{folder}`");
        Box::new(move |error| Error::io(what.clone(), error))
    }
}

/// Opens the queue of a data folder: alone, or beside the server that uses it. Blocks.
pub(crate) fn open_queue(options: &ServiceOptions, alone: bool) -> Result<OpenQueue> {
    let Some(folder) = &options.data_dir else {
        return Err(Error::invalid(
            "the service has no data folder: set `data_dir`",
        ));
    };
    let folder = absolute(folder)?;
    let cannot = cannot_in(&folder);
    let database = folder.join("queue.db");
    let shared = options.queue.is_shared();
    if !alone && !shared && !database.exists() {
        return Err(cannot("find the queue `queue.db`")(
            std::io::ErrorKind::NotFound.into(),
        ));
    }
    std::fs::create_dir_all(&folder).map_err(cannot("work"))?;
    let lock = if alone { Some(lock(&folder)?) } else { None };
    let sealer = match &options.key_file {
        Some(path) => Sealer::of_file(path)
            .map_err(|e| Error::io(format!("cannot read the key file `{}`", path.display()), e))?,
        None => Sealer::open(&folder.join("queue.key"), shared || !database.exists())
            .map_err(cannot("open the key `queue.key`"))?,
    };
    let store: Arc<dyn Store> = match &options.queue {
        QueuePlace::DataDir => {
            let mut sqlite = SqliteOptions::default();
            if !alone {
                // The server has grown it.
                sqlite.log_bytes = 0;
            }
            #[cfg(debug_assertions)]
            {
                sqlite.faults = seeded_faults();
            }
            let store = SqliteStore::open(database, &sqlite)
                .map_err(|e| cannot("open the queue")(std::io::Error::other(e)))?;
            Arc::new(store)
        }
        #[cfg(feature = "postgres")]
        QueuePlace::Postgres(postgres) => {
            let postgres = postgres.clone();
            #[cfg(debug_assertions)]
            let postgres = {
                let mut postgres = postgres;
                postgres.faults = seeded_faults();
                postgres
            };
            let store = shared::open(postgres, options.workers, options.lease, &sealer)?;
            Arc::new(store)
        }
    };
    Ok(OpenQueue {
        store,
        blobs: Blobs::open(&options.blobs, &folder.join("blobs"), true)?,
        sealer,
        lock,
        folder,
    })
}

fn lock(folder: &Path) -> Result<File> {
    let cannot = cannot_in(folder);
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("lock"))
        .map_err(cannot("open `lock`"))?;
    let begun = std::time::Instant::now();
    let mut taken = lock.try_lock();
    // A server that was just killed may have been starting a worker, which has the lock until it is another program.
    while matches!(taken, Err(TryLockError::WouldBlock)) && begun.elapsed() < LOCK_WAIT {
        std::thread::sleep(LOCK_LOOK);
        taken = lock.try_lock();
    }
    match taken {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            let busy = std::io::Error::from(std::io::ErrorKind::ResourceBusy);
            let what = format!(
                "the data folder `{}` is in use by another process: stop it or use another folder",
                folder.display()
            );
            Err(Error::io(what, busy))
        }
        Err(TryLockError::Error(error)) => Err(cannot("lock `lock`")(error)),
    }
}

/// The parts of a durable service. Blocks.
fn durable(options: ServiceOptions) -> Result<Inner> {
    let queue = open_queue(&options, true)?;
    if options.queue.is_shared() {
        // What is started may run on another server: its lease says how long.
        return parts(options, queue, true, None);
    }
    let cannot = cannot_in(&queue.folder);
    let expires = clock::after(clock::now(), options.retention);
    let count_from = match options.runner {
        Runner::Process(_) => FREE_RESTARTS,
        // The deck may be what ended the process.
        Runner::InProcess(_) => 1,
    };
    let rescued = queue
        .store
        .rescue(Rescue::All { count_from }, clock::now(), expires)
        .map_err(|e| cannot("take up the queue")(std::io::Error::other(e)))?;
    if rescued != crate::queue::Rescued::default() {
        tracing::info!(
            requeued = rescued.requeued.len(),
            failed = rescued.failed.len(),
            canceled = rescued.canceled.len(),
            "took up operations of an earlier run"
        );
    }
    parts(options, queue, true, None)
}

fn parts(
    options: ServiceOptions,
    queue: OpenQueue,
    sync: bool,
    temporary: Option<tempfile::TempDir>,
) -> Result<Inner> {
    let OpenQueue {
        store,
        blobs,
        sealer,
        lock,
        folder,
    } = queue;
    let cannot = |e| {
        Error::io(
            format!("cannot work in the data folder `{}`", folder.display()),
            e,
        )
    };
    let mut storage = StorageOptions::default();
    storage.default.clone_from(&options.default_storage);
    storage.storages.clone_from(&options.storages);
    storage.sync = sync;
    storage.vendor_messages = options.vendor_messages;
    let storage = Storages::open(&folder.join("storage"), storage)?;
    let work = folder.join("work");
    match std::fs::remove_dir_all(&work) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(cannot(error)),
        _ => std::fs::create_dir_all(&work).map_err(cannot)?,
    }
    let counters = Arc::new(Counters::default());
    let sandbox = sandbox(&options, sync)?;
    let (runner, worker): (Box<dyn RunJobs>, _) = match &options.runner {
        Runner::Process(program) => {
            let worker = Worker {
                program: program.clone(),
                guard: if options.require_sandbox {
                    Guard::Require
                } else {
                    Guard::Try
                },
            };
            let runner = ProcessRunner::new(worker.clone(), Arc::clone(&counters));
            (Box::new(runner), Some(worker))
        }
        Runner::InProcess(engine) => (Box::new(InProcessRunner::new(Arc::clone(engine))), None),
    };
    // Alone in its folder, with nothing on its way yet, it may go by what an earlier run has left.
    let suspects = if options.queue.is_shared() {
        Suspects::default()
    } else {
        Suspects::all()
    };
    Ok(Inner {
        libreoffice: LibreOffice::find(&options.soffice, worker, Arc::clone(&counters)),
        sandbox,
        clock: Clock::start(),
        options: Arc::new(options),
        storage,
        blobs,
        runner,
        counters,
        pressure: Pressure::default(),
        ready: Notify::new(),
        changed: Notify::new(),
        health: Health::new(),
        watchers: Arc::default(),
        drain: CancellationToken::new(),
        stop: CancellationToken::new(),
        name: own_name(),
        look: look(),
        store,
        sealer,
        places: Places::default(),
        running: Mutex::new(HashMap::new()),
        suspects: Arc::new(Mutex::new(suspects)),
        work,
        _lock: lock,
        _temporary: temporary,
    })
}

/// Host, process and a number that is drawn: containers share names and process ids.
fn own_name() -> String {
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy();
    let drawn = uuid::Uuid::new_v4().simple().to_string();
    format!(
        "{host}-{}-{}",
        std::process::id(),
        drawn.get(..8).unwrap_or_default()
    )
}

fn look() -> Duration {
    #[cfg(debug_assertions)]
    if seeded_faults().notify_only {
        return Duration::from_hours(24);
    }
    LOOK
}

#[cfg(debug_assertions)]
fn seeded_faults() -> crate::queue::Faults {
    std::env::var(FAILPOINT)
        .map(|faults| crate::queue::Faults::parse(&faults))
        .unwrap_or_default()
}

/// Tries what workers can do: always where a server's service is opened, else only when it is required. Blocks.
fn sandbox(options: &ServiceOptions, is_durable: bool) -> Result<Option<SandboxReport>> {
    let refused = |why: &str| {
        Error::invalid(format!(
            "a sandbox is required (`require_sandbox`), and workers are not shut in: {why}"
        ))
    };
    let Runner::Process(program) = &options.runner else {
        return if options.require_sandbox {
            Err(refused("conversions run in this process"))
        } else {
            Ok(None)
        };
    };
    if !is_durable && !options.require_sandbox {
        return Ok(None);
    }
    match probe_sandbox(program) {
        Ok(report) if report.is_complete() => {
            tracing::debug!(sandbox = %report, "workers are shut in");
            Ok(Some(report))
        }
        Ok(report) if options.require_sandbox => Err(refused(&report.to_string())),
        Err(error) if options.require_sandbox => Err(refused(&error.to_string())),
        Ok(report) => {
            tracing::warn!(sandbox = %report, "workers are not shut in completely: a hostile deck that takes one over reaches more than its own files");
            Ok(Some(report))
        }
        Err(error) => {
            tracing::warn!(%error, "it is not known how well workers are shut in");
            Ok(None)
        }
    }
}

/// An error of the queue as a caller sees it.
pub(crate) fn of_store(error: StoreError) -> Error {
    match error {
        StoreError::KeyConflict { .. } => Error::rejected(
            409,
            "conflict",
            format!("{error}: use a new `Idempotency-Key` for each request that differs"),
        ),
        StoreError::Full => Error::rejected(
            507,
            "insufficientStorage",
            "the disk of the server is full: come back later",
        ),
        error => {
            tracing::error!(%error, "the queue failed");
            Error::unavailable(
                503,
                "the queue of the server does not work",
                Some(Duration::from_secs(5)),
            )
        }
    }
}

fn unknown_operation(id: &OperationId) -> Error {
    Error::NotFound {
        what: id.to_string(),
        detail: Some(UNKNOWN_OPERATION.to_owned()),
    }
}

impl Inner {
    pub(crate) fn running(&self) -> MutexGuard<'_, HashMap<String, Arc<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the store off the asynchronous threads: a durable one waits for the disk.
    pub(crate) async fn with_store<R: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Store) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let store = Arc::clone(&self.store);
        tokio::task::spawn_blocking(move || call(store.as_ref()))
            .await
            .map_err(|e| StoreError::Failed {
                what: "answer",
                reason: e.to_string(),
            })?
    }

    pub(crate) async fn claim(&self, worker: &str) -> Result<Option<Record>, StoreError> {
        let clock = self.clock;
        let (worker, lease) = (worker.to_owned(), self.options.lease);
        self.with_store(move |store| {
            let now = clock.now();
            store.claim(&worker, clock::after(now, lease), now)
        })
        .await
        .inspect(|_| self.health.worker_seen())
    }

    pub(crate) async fn claim_one(
        &self,
        id: &str,
        worker: &str,
    ) -> Result<Option<Record>, StoreError> {
        let clock = self.clock;
        let (id, worker, lease) = (id.to_owned(), worker.to_owned(), self.options.lease);
        self.with_store(move |store| {
            let now = clock.now();
            store.claim_one(&id, &worker, clock::after(now, lease), now)
        })
        .await
    }

    /// Shows that the worker is alive; nothing when the store does not answer.
    pub(crate) async fn beat(&self, hold: &Hold, running: &Running) -> Option<Beat> {
        let clock = self.clock;
        let (hold, progress, lease) = (hold.clone(), running.progress(), self.options.lease);
        self.with_store(move |store| {
            let now = clock.now();
            store.heartbeat(&hold, clock::after(now, lease), progress, now)
        })
        .await
        .inspect(|_| self.health.worker_seen())
        .inspect_err(|error| tracing::error!(%error, "a lease cannot be extended"))
        .ok()
    }

    /// Ends an operation, unless the hold is gone.
    pub(crate) async fn end(&self, hold: &Hold, outcome: Outcome, inputs: &[String]) {
        let clock = self.clock;
        let counter = match &outcome {
            Outcome::Finished { .. } => &self.counters.finished,
            Outcome::Failed(_) => &self.counters.failed,
            Outcome::Canceled => &self.counters.canceled,
        };
        // An operator may try a failed one again.
        let keeps_inputs = matches!(&outcome, Outcome::Failed(_));
        let keeps_result = matches!(
            &outcome,
            Outcome::Finished {
                result: Some(_),
                ..
            }
        );
        let (at, retention) = (hold.clone(), self.options.retention);
        let ended = self
            .with_store(move |store| {
                store.end(
                    &at,
                    outcome,
                    clock.now(),
                    clock::after(clock.now(), retention),
                )
            })
            .await;
        match ended {
            Ok(Ended::Recorded) => {
                counter.add(1);
                for blob in inputs.iter().filter(|_| !keeps_inputs) {
                    self.remove_blob(blob.clone()).await;
                }
                if !keeps_result {
                    self.remove_blob(Blobs::result_name(&hold.id, hold.epoch))
                        .await;
                }
            }
            Ok(Ended::Fenced) => {
                self.counters.fenced.add(1);
                tracing::warn!(id = %hold.id, epoch = hold.epoch, "a late end was fenced off");
                self.remove_blob(Blobs::result_name(&hold.id, hold.epoch))
                    .await;
            }
            // The lease ends, and the operation is started again.
            Err(error) => {
                tracing::error!(%error, id = %hold.id, "the end of an operation cannot be recorded");
            }
        }
    }

    /// Puts an operation back into the queue.
    pub(crate) async fn give_back(&self, hold: &Hold, wait: Duration, counted: bool) {
        let clock = self.clock;
        let hold = hold.clone();
        let released = self
            .with_store(move |store| {
                let now = clock.now();
                store.release(&hold, clock::after(now, wait), counted, now)
            })
            .await;
        if let Err(error) = released {
            tracing::error!(%error, "an operation cannot be given back, its lease has to end first");
        }
    }

    pub(crate) async fn remove_blob(&self, blob: String) {
        self.blobs.remove(blob).await;
    }

    pub(crate) fn unseal(&self, record: &Record) -> Result<QueuedRequest, Unread> {
        let plain = self
            .sealer
            .open_sealed(&record.id, &record.request)
            .map_err(Unread::Broken)?;
        request::read(&plain)
    }

    pub(crate) fn time_limit(&self, asked: Option<Duration>) -> Duration {
        asked
            .filter(|limit| !limit.is_zero())
            .unwrap_or(self.options.timeout)
            .min(self.options.max_timeout)
    }

    /// The folder of one run.
    pub(crate) fn work_folder(&self, hold: &Hold) -> PathBuf {
        self.work.join(format!("{}.{}", hold.id, hold.epoch))
    }

    async fn sweep(&self) {
        let clock = self.clock;
        let expires = clock::after(clock.now(), self.options.retention);
        match self
            .with_store(move |store| store.rescue(Rescue::Expired, clock.now(), expires))
            .await
        {
            Ok(rescued) => {
                self.counters.rescued.add(rescued.requeued.len());
                for _ in &rescued.requeued {
                    self.ready.notify_one();
                }
                if rescued != crate::queue::Rescued::default() {
                    tracing::warn!(?rescued, "took operations back from workers that are gone");
                    let moved = [&rescued.requeued, &rescued.failed, &rescued.canceled];
                    for id in moved.into_iter().flatten() {
                        self.watchers.tell(id);
                    }
                    self.changed.notify_waiters();
                }
            }
            Err(error) => tracing::error!(%error, "leases cannot be checked"),
        }
        match self
            .with_store(move |store| store.expire(clock.now(), EXPIRE_AT_ONCE))
            .await
        {
            Ok(expired) => {
                // The rows are gone first: no row ever refers to a blob that is not there.
                for blob in expired.into_iter().flat_map(|expired| expired.blobs) {
                    self.remove_blob(blob).await;
                }
            }
            Err(error) => tracing::error!(%error, "ended operations cannot be removed"),
        }
    }

    /// A file system that does not answer keeps a thread, and what was seen last.
    async fn look_at_disk(self: &Arc<Self>) {
        if self.options.data_dir.is_none() {
            return;
        }
        let inner = Arc::clone(self);
        let look = tokio::task::spawn_blocking(move || inner.health.look(&inner.work));
        let _ = tokio::time::timeout(LOOK_AT_DISK, look).await;
    }

    async fn sweep_orphans(&self) {
        let blobs = self.blobs.clone();
        let suspects = Arc::clone(&self.suspects);
        let swept = self
            .with_store(move |store| {
                if !store.takes_round("orphans", clock::micros(ORPHAN_AGE), clock::now())? {
                    return Ok(0);
                }
                let before = SystemTime::now() - ORPHAN_AGE;
                let needed = store.blobs()?;
                let mut suspects = suspects.lock().unwrap_or_else(PoisonError::into_inner);
                blobs
                    .collect_orphans(&needed, before, &mut suspects)
                    .map_err(|e| StoreError::Failed {
                        what: "remove blobs without an operation",
                        reason: e.to_string(),
                    })
            })
            .await;
        match swept {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "removed blobs without an operation"),
            Err(error) => tracing::error!(%error, "blobs without an operation cannot be removed"),
        }
    }

    async fn record(&self, id: &OperationId) -> Result<Arc<Record>> {
        // A row by its key is read faster than a thread is woken for it.
        let record = if let Some(record) = self.store.get_at_once(id.as_str()) {
            record
        } else {
            let text = id.as_str().to_owned();
            self.with_store(move |store| store.get(&text))
                .await
                .map(|found| found.map(Arc::new))
        }
        .map_err(of_store)?;
        record.ok_or_else(|| unknown_operation(id))
    }

    /// A record as the wire shows it.
    pub(crate) fn reply(&self, record: &Record) -> StatusReply {
        let status = match record.state {
            State::Created => OperationStatus::Created,
            State::Enqueued => OperationStatus::Enqueued,
            State::Started => OperationStatus::Started,
            State::Finished => OperationStatus::Finished,
            State::Failed => OperationStatus::Failed,
            State::Canceled => OperationStatus::Canceled,
        };
        let mut operation = Operation::new(
            &record.id,
            OperationMethod::from(record.method.as_str()),
            status,
        );
        operation.created = Some(clock::timestamp(record.created));
        operation.started = record.started.map(clock::timestamp);
        let ended = record.ended.map(clock::timestamp);
        match record.state {
            State::Finished => operation.finished = ended,
            State::Failed => operation.failed = ended,
            State::Canceled => operation.canceled = ended,
            _ => {}
        }
        // What runs here is ahead of what the last heartbeat wrote.
        let live = match record.state {
            State::Started => self
                .running()
                .get(&record.id)
                .and_then(|running| running.progress()),
            _ => None,
        };
        operation.progress = live.or_else(|| record.progress.clone()).map(|progress| {
            let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
            let mut wire =
                OperationProgress::new(number(progress.step_index), number(progress.step_count));
            wire.description = progress.description;
            wire
        });
        operation.error = record.error.as_ref().map(|failure| {
            let mut error = OperationError::new(i32::from(failure.http_status));
            error.code = Some(failure.code.clone());
            error.message = Some(failure.message.clone());
            error.description.clone_from(&failure.description);
            error
        });
        StatusReply::new(operation)
    }

    /// What can be refused before a document is read.
    async fn check(&self, request: &StartRequest, client: &str) -> Result<()> {
        self.is_open()?;
        let storage = request::storage_of(&request.call);
        if !self.storage.has_storage(storage) {
            return Err(Error::rejected(404, "storageNotFound", UNKNOWN_STORAGE));
        }
        for path in request::paths_of(&request.call) {
            Storages::check_path(&path)?;
        }
        request::check_merge(&request.call, self.options.url_sources.as_deref())?;
        if request
            .call
            .out_path()
            .is_some_and(|path| path.trim_matches('/').is_empty())
        {
            return Err(Error::invalid(
                "`outPath` is empty: name the file of the storage that takes the result",
            ));
        }
        let limits = &self.options.limits;
        if request::needs_document(&request.call) && request.documents.is_empty() {
            return Err(Error::invalid(
                "the request has no document: send it as the body or as a file part",
            ));
        }
        if request.documents.len() > limits.max_documents {
            return Err(Error::invalid(format!(
                "the request has {} documents, at most {} are allowed (`max_documents`)",
                request.documents.len(),
                limits.max_documents
            )));
        }
        if let Some(key) = &request.options.idempotency_key
            && (key.is_empty() || key.len() > MAX_KEY)
        {
            return Err(Error::invalid(format!(
                "`Idempotency-Key` has {} bytes, 1 to {MAX_KEY} are allowed",
                key.len()
            )));
        }
        if let Some(address) = &request.options.webhook {
            let Some(webhooks) = &self.options.webhooks else {
                return Err(Error::invalid(
                    "`X-Slides-Webhook` is not served here: leave it out and ask for the status, or have the operator set up webhooks",
                ));
            };
            webhooks.deliver.check(address)?;
        }
        self.room(client).await
    }

    /// Whether the server still takes work.
    pub(crate) fn is_open(&self) -> Result<()> {
        if self.drain.is_cancelled() {
            return Err(Error::unavailable(
                503,
                "the server is shutting down",
                Some(Duration::from_secs(5)),
            ));
        }
        Ok(())
    }

    /// Whether there is room for one more operation of a client.
    pub(crate) async fn room(&self, client: &str) -> Result<()> {
        if let Some(reason) = self.health.full(&self.options.limits) {
            self.counters.refused.add(1);
            return Err(Error::unavailable(503, reason, Some(FULL_DISK_WAIT)));
        }
        let waiting = if let Some(waiting) = self.pressure.recent(client) {
            waiting
        } else {
            let of = client.to_owned();
            let counted = self.with_store(move |store| store.waiting(&of)).await;
            let waiting = counted.map_err(of_store)?;
            self.pressure.counted(client, waiting);
            waiting
        };
        if let Some(reason) = pressure::reached(&waiting, &self.options.limits, client) {
            self.counters.refused.add(1);
            let wait = self
                .counters
                .retry_after(waiting.operations, self.options.workers);
            return Err(Error::unavailable(429, reason, Some(wait)));
        }
        Ok(())
    }

    async fn submit(
        &self,
        request: &StartRequest,
        spooled: &[Spooled],
        client: &str,
    ) -> Result<(OperationId, bool)> {
        let clock = self.clock;
        let id = uuid::Uuid::new_v4().to_string();
        let cannot = |e| Error::io("the request cannot be stored", e);
        let StartRequest {
            call,
            documents,
            options,
            ..
        } = request;
        let idempotency = match &options.idempotency_key {
            None => None,
            Some(key) => Some(IdempotencyKey {
                key: key.clone(),
                request_hash: request::request_hash(call, options, spooled)
                    .map_err(|e| cannot(e.into()))?,
            }),
        };
        let queued = QueuedRequest {
            version: REQUEST_VERSION,
            call: call.clone(),
            inputs: spooled
                .iter()
                .zip(documents)
                .map(|(spooled, document)| QueuedInput {
                    blob: spooled.blob.clone(),
                    name: document.name().map(str::to_owned),
                })
                .collect(),
            timeout: options.timeout,
            result_only: options.result_only,
            unfit: options.unfit.clone(),
            traceparent: options.traceparent.clone(),
        };
        let plain = serde_json::to_vec(&queued).map_err(|e| cannot(e.into()))?;
        let operation = NewOperation {
            request: self.sealer.seal(&id, &plain).map_err(cannot)?,
            tenant: client.to_owned(),
            method: call.method().as_str().to_owned(),
            inputs: spooled.iter().map(|spooled| spooled.blob.clone()).collect(),
            input_bytes: spooled.iter().map(|spooled| spooled.len).sum(),
            priority: options.priority.min(self.options.limits.max_priority),
            max_attempts: MAX_ATTEMPTS,
            idempotency,
            webhook: match &options.webhook {
                Some(address) => Some(self.sealer.seal(&id, address.as_bytes()).map_err(cannot)?),
                None => None,
            },
            id: id.clone(),
        };
        match self
            .with_store(move |store| store.submit(operation, clock.now()))
            .await
            .map_err(of_store)?
        {
            Submitted::New => Ok((OperationId::new(id), true)),
            Submitted::Existing(first) => Ok((OperationId::new(first), false)),
        }
    }
}

#[async_trait]
impl Outbox for Inner {
    async fn due(&self, limit: usize, again: Micros) -> Result<Vec<EndEvent>, StoreError> {
        self.with_store(move |store| store.events_due(limit, again, clock::now()))
            .await
    }

    async fn notice(&self, operation: &str) -> Result<Option<Notice>, StoreError> {
        let id = operation.to_owned();
        let Some(record) = self.with_store(move |store| store.get(&id)).await? else {
            return Ok(None);
        };
        let Some(sealed) = &record.webhook else {
            return Ok(None);
        };
        let address = self.sealer.open_sealed(&record.id, sealed);
        Ok(address
            .inspect_err(|error| tracing::error!(%error, id = operation, "the address of a webhook cannot be read"))
            .ok()
            .and_then(|address| String::from_utf8(address).ok())
            .map(|address| Notice {
                address,
                client: record.tenant.clone(),
                operation: self.reply(&record).operation,
            }))
    }

    async fn done(&self, operation: &str) -> Result<(), StoreError> {
        let id = operation.to_owned();
        self.with_store(move |store| store.event_done(&id)).await
    }

    async fn later(&self, operation: &str, at: Micros) -> Result<(), StoreError> {
        let id = operation.to_owned();
        self.with_store(move |store| store.event_later(&id, at, clock::now()))
            .await
    }

    fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// Uploads that no operation refers to yet: removed unless they are kept, also when the caller
/// goes away in between.
struct Uploads {
    blobs: Blobs,
    spooled: Vec<Spooled>,
}

impl Uploads {
    fn keep(mut self) {
        self.spooled.clear();
    }
}

impl Drop for Uploads {
    fn drop(&mut self) {
        let blobs = self.spooled.drain(..).map(|spooled| spooled.blob);
        self.blobs.discard(blobs.collect());
    }
}

#[async_trait]
impl AsyncApi for Service {
    async fn start(&self, request: StartRequest) -> Result<OperationId> {
        let inner = &self.inner;
        inner.check(&request, &self.client).await?;
        let mut uploads = Uploads {
            blobs: inner.blobs.clone(),
            spooled: Vec::new(),
        };
        for document in &request.documents {
            uploads.spooled.push(
                inner
                    .blobs
                    .spool(
                        document,
                        inner.options.limits.max_upload_bytes,
                        request.options.idempotency_key.is_some(),
                    )
                    .await?,
            );
        }
        // From here on it is done even when the caller goes away: the row may be in already.
        let service = self.clone();
        tokio::spawn(async move {
            let bytes = uploads.spooled.iter().map(|spooled| spooled.len).sum();
            let submitted = service.commit(&request, &uploads).await;
            match &submitted {
                Ok((id, true)) => {
                    uploads.keep();
                    service.inner.counters.accepted.add(1);
                    service.inner.pressure.accepted(&service.client, bytes);
                    service.inner.ready.notify_one();
                    service.look_for_sources(id, &request);
                }
                // After a failed commit the row may be on the disk all the same.
                Err(Error::Unavailable(_)) => uploads.keep(),
                _ => {}
            }
            submitted.map(|(id, _)| id)
        })
        .await
        .map_err(|e| Error::io("the request cannot be stored", std::io::Error::other(e)))?
    }

    async fn status(&self, id: &OperationId) -> Result<StatusReply> {
        let record = self.record(id).await?;
        Ok(self.inner.reply(&record))
    }

    async fn result(&self, id: &OperationId) -> Result<Download> {
        let inner = &self.inner;
        let record = self.record(id).await?;
        match record.state {
            State::Created | State::Enqueued | State::Started => {
                return Err(Error::rejected(
                    409,
                    "operationNotFinished",
                    "Operation is not finished",
                ));
            }
            State::Failed => {
                let reason = record.error.as_ref().map_or_else(
                    || "the operation failed".to_owned(),
                    |failure| failure.message.clone(),
                );
                return Err(Error::rejected(409, "operationFailed", reason));
            }
            State::Canceled => {
                return Err(Error::rejected(
                    409,
                    "operationCanceled",
                    "the operation was canceled",
                ));
            }
            State::Finished => {}
        }
        let Some(result) = record.result.clone() else {
            let path = inner
                .unseal(&record)
                .ok()
                .and_then(|request| request.call.out_path().map(str::to_owned));
            return Err(Error::invalid(match path {
                Some(path) => {
                    format!("The result was saved to the storage: download the file `{path}`")
                }
                None => "The result was saved to the storage".to_owned(),
            }));
        };
        let cannot = |e| Error::io("the result cannot be read", e);
        // Without one its retention time ended a moment ago.
        let content = inner.blobs.read(&result.blob).await.map_err(cannot)?;
        Ok(content
            .ok_or_else(|| unknown_operation(id))?
            .with_type(Some(result.media_type), Some(result.file_name))
            .with_tag(Some(result.sha256))
            .with_warnings(record.warnings.clone()))
    }

    async fn cancel(&self, id: &OperationId) -> Result<()> {
        let clock = self.inner.clock;
        let inner = &self.inner;
        let inputs = self.record(id).await?.inputs.clone();
        let (text, retention) = (id.as_str().to_owned(), inner.options.retention);
        let canceled = inner
            .with_store(move |store| {
                store.cancel(&text, clock.now(), clock::after(clock.now(), retention))
            })
            .await
            .map_err(of_store)?;
        match canceled {
            Canceled::Now => {
                inner.counters.canceled.add(1);
                for blob in inputs {
                    inner.remove_blob(blob).await;
                }
                inner.watchers.tell(id.as_str());
                inner.changed.notify_waiters();
                Ok(())
            }
            Canceled::Requested => {
                if let Some(running) = inner.running().get(id.as_str()) {
                    running.canceled.notify_one();
                }
                Ok(())
            }
            // Asked for twice, done once.
            Canceled::TooLate(State::Canceled) => Ok(()),
            Canceled::TooLate(state) => Err(Error::rejected(
                409,
                "conflict",
                format!("the operation has ended as {state}: it cannot be canceled any more"),
            )),
            Canceled::Unknown => Err(unknown_operation(id)),
        }
    }

    async fn changed(&self, id: &OperationId, seen: Seen, limit: Duration) -> Result<StatusReply> {
        let end = tokio::time::Instant::now() + limit;
        let watch = self.inner.watchers.watch(id.as_str());
        loop {
            let news = watch.news();
            let record = self.record(id).await?;
            let reply = self.inner.reply(&record);
            let now = tokio::time::Instant::now();
            if seen.is_outdated_by(&reply.operation) || now >= end {
                return Ok(reply);
            }
            // Another server may run it: then there is no news here.
            let look = end.min(now + LOOK_AGAIN);
            let _ = tokio::time::timeout_at(look, news).await;
        }
    }
}

#[async_trait]
impl StorageApi for Service {
    async fn download_file(&self, file: &FileLocation) -> Result<Download> {
        self.inner.storage.download_file(file).await
    }
    async fn upload_file(
        &self,
        file: &FileLocation,
        content: Payload,
    ) -> Result<FilesUploadResult> {
        self.inner.storage.upload_file(file, content).await
    }
    async fn delete_file(&self, file: &FileLocation) -> Result<()> {
        self.inner.storage.delete_file(file).await
    }
    async fn copy_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        self.inner.storage.copy_file(from, to).await
    }
    async fn move_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        self.inner.storage.move_file(from, to).await
    }
    async fn list_folder(&self, folder: &FileLocation) -> Result<FilesList> {
        self.inner.storage.list_folder(folder).await
    }
    async fn create_folder(&self, folder: &FileLocation) -> Result<()> {
        self.inner.storage.create_folder(folder).await
    }
    async fn delete_folder(&self, folder: &FileLocation, recursive: bool) -> Result<()> {
        self.inner.storage.delete_folder(folder, recursive).await
    }
    async fn copy_folder(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        self.inner.storage.copy_folder(from, to).await
    }
    async fn move_folder(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        self.inner.storage.move_folder(from, to).await
    }
    async fn storage_exists(&self, storage: &str) -> Result<StorageExist> {
        self.inner.storage.storage_exists(storage).await
    }
    async fn object_exists(&self, object: &FileLocation) -> Result<ObjectExist> {
        self.inner.storage.object_exists(object).await
    }
    async fn disc_usage<'a>(&self, storage: Option<&'a str>) -> Result<DiscUsage> {
        self.inner.storage.disc_usage(storage).await
    }
    async fn file_versions(&self, file: &FileLocation) -> Result<FileVersions> {
        self.inner.storage.file_versions(file).await
    }
}

mod shared;
#[cfg(test)]
mod tests;
