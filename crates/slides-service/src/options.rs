use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use slides_engine::Engine;

use crate::storage::StorageKind;

/// How a [`Service`](crate::Service) is set up. Every bound has a default.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServiceOptions {
    /// Folder of queue, blobs and storages. Without one, [`Service::in_process`](crate::Service::in_process)
    /// uses a temporary folder.
    pub data_dir: Option<PathBuf>,
    /// Where uploads and results are kept until they are fetched or their time is over; without a path the folder
    /// `blobs` in the data folder. Servers that share a queue share this place as well.
    pub blobs: StorageKind,
    /// Key file that requests are sealed with; `queue.key` in the data folder, made when it is missing, if absent.
    /// Servers that share a queue have the same key. It must exist and have 32 bytes or more.
    pub key_file: Option<PathBuf>,
    /// Where the queue is.
    pub queue: QueuePlace,
    /// Operations that run at the same time; with none they are accepted and kept.
    pub workers: usize,
    /// Where conversions run.
    pub runner: Runner,
    /// The second engine, for what the native one does not read or write.
    pub soffice: Soffice,
    /// Bounds on requests.
    pub limits: ServiceLimits,
    /// Bounds on what one deck may cost the engine.
    pub engine_limits: slides_engine::Limits,
    /// Bounds on a worker process.
    pub process_limits: ProcessLimits,
    /// Does not open the service unless its worker processes are refused files of others, programs and the network.
    /// Without it an incomplete sandbox is logged and shown by [`Service::sandbox`](crate::Service::sandbox).
    pub require_sandbox: bool,
    /// Wall time of an operation that names none (`x-aspose-timeout`).
    pub timeout: Duration,
    /// Longest wall time an operation may ask for.
    pub max_timeout: Duration,
    /// How long an ended operation and its result are kept (contract section 9, point 5).
    pub retention: Duration,
    /// How long a worker may be silent before its operation is given to another.
    pub lease: Duration,
    /// How often a worker shows that it is alive; a third of the lease or less.
    pub heartbeat: Duration,
    /// Name of the storage that calls without a name mean.
    pub default_storage: String,
    /// The storages; the default one is a folder in the data folder unless it is among them.
    pub storages: Vec<crate::NamedStorage>,
    /// Adds the vendor's sentence to the answer about a missing file (contract section 9, point 6).
    pub vendor_messages: bool,
    /// How callers are told of the end of their operations at addresses they name; without, they cannot name one.
    pub webhooks: Option<crate::Webhooks>,
    /// Who is told of the runs of operations; nobody without.
    pub traces: Option<std::sync::Arc<dyn crate::Traces>>,
    /// What fetches presentations from addresses that a merge names; without, it may name none.
    pub url_sources: Option<FetchesUrls>,
}

impl ServiceOptions {
    /// Defaults with conversions in a given place; as many workers as processor cores.
    pub fn new(runner: Runner) -> Self {
        Self {
            data_dir: None,
            queue: QueuePlace::DataDir,
            blobs: StorageKind::Folder(None),
            key_file: None,
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            runner,
            soffice: Soffice::Search,
            limits: ServiceLimits::default(),
            engine_limits: slides_engine::Limits::default(),
            process_limits: ProcessLimits::default(),
            require_sandbox: false,
            timeout: Duration::from_mins(2),
            max_timeout: Duration::from_mins(15),
            retention: Duration::from_hours(24),
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(10),
            default_storage: "Default".to_owned(),
            storages: Vec::new(),
            vendor_messages: false,
            webhooks: None,
            traces: None,
            url_sources: None,
        }
    }

    /// Sets the data folder.
    #[must_use]
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }

    /// Sets the number of operations that run at the same time.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }
}

/// Something that fetches presentations.
#[derive(Clone)]
pub struct FetchesUrls(Arc<dyn crate::FetchUrl>);

impl FetchesUrls {
    /// Fetches with this.
    pub fn new(client: impl crate::FetchUrl) -> Self {
        Self(Arc::new(client))
    }
}

impl std::ops::Deref for FetchesUrls {
    type Target = dyn crate::FetchUrl;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for FetchesUrls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FetchesUrls")
    }
}

/// Where the queue of a durable service is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum QueuePlace {
    /// In the data folder, for one server: SQLite.
    DataDir,
    /// In a PostgreSQL database, for any number of servers. Each has a data folder of its own; blobs
    /// ([`ServiceOptions::blobs`]), storages and key ([`ServiceOptions::key_file`]) are the same for all.
    #[cfg(feature = "postgres")]
    Postgres(
        /// The database.
        crate::queue::PostgresOptions,
    ),
}

impl QueuePlace {
    /// Whether other servers may use it at the same time.
    pub(crate) fn is_shared(&self) -> bool {
        !matches!(self, Self::DataDir)
    }
}

/// Where conversions run.
#[derive(Clone)]
#[non_exhaustive]
pub enum Runner {
    /// Each in a process of its own: the current executable with the hidden subcommand `__worker`.
    /// A deck that exhausts memory or time, or breaks the engine, ends that process only.
    Process(WorkerProgram),
    /// On threads of this process, for embedded use with decks that are trusted.
    InProcess(Arc<dyn Engine>),
}

impl Runner {
    /// Worker processes of the current executable.
    ///
    /// # Errors
    /// When the path of the executable cannot be read.
    pub fn current_exe() -> std::io::Result<Self> {
        Ok(Self::Process(WorkerProgram::new(std::env::current_exe()?)))
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(program) => f.debug_tuple("Process").field(program).finish(),
            Self::InProcess(_) => f.write_str("InProcess"),
        }
    }
}

/// The program behind a worker process: it calls [`worker_main`](crate::worker_main).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WorkerProgram {
    /// The executable.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Environment variables it inherits; all others are withheld.
    pub inherit: Vec<OsString>,
    /// Files and folders its sandbox lets it read beside those of its job: fonts, where the engine uses those of the
    /// machine.
    pub readable: Vec<PathBuf>,
}

impl WorkerProgram {
    /// An executable with the hidden subcommand `__worker`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            args: vec!["__worker".into()],
            inherit: ["LD_LIBRARY_PATH", "RUST_BACKTRACE", "TMPDIR"]
                .map(OsString::from)
                .to_vec(),
            readable: Vec::new(),
        }
    }

    /// The command that starts it.
    pub(crate) fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(&self.path);
        command.args(&self.args).env_clear();
        for name in &self.inherit {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }
}

/// Where the optional second engine, LibreOffice, is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Soffice {
    /// `soffice` on `PATH`, if it is there.
    Search,
    /// This executable.
    At(
        /// Its path.
        PathBuf,
    ),
    /// Not to be used.
    Off,
}

/// Bounds on requests and on the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceLimits {
    /// Bytes of one uploaded document (413 above).
    pub max_upload_bytes: u64,
    /// Uploaded documents of one request (400 above).
    pub max_documents: usize,
    /// Waiting operations (429 above).
    pub max_queue_depth: u64,
    /// Bytes of the documents of all waiting operations (429 above).
    pub max_queued_bytes: u64,
    /// Waiting operations of one client, where there are clients (429 above).
    pub max_client_depth: u64,
    /// Free space of the data folder's disk in percent; with less nothing is accepted (503).
    pub min_free_percent: u8,
    /// Free bytes of the data folder's disk; with less nothing is accepted (503).
    pub min_free_bytes: u64,
    /// Highest priority that a caller may ask for; what asks for more gets this one.
    pub max_priority: i16,
    /// Time to fetch all presentations that a merge names by address.
    pub max_fetch_time: Duration,
    /// Bytes of a stored document that is read as a source, and of all that are fetched from addresses.
    pub max_source_bytes: u64,
    /// Bytes of all fonts of one `fontsFolder`.
    pub max_font_bytes: u64,
    /// Font files of one `fontsFolder`.
    pub max_fonts: usize,
}

impl Default for ServiceLimits {
    fn default() -> Self {
        Self {
            max_upload_bytes: 200 << 20,
            max_documents: 100,
            max_queue_depth: 1000,
            max_queued_bytes: 10 << 30,
            max_client_depth: u64::MAX,
            min_free_percent: 1,
            min_free_bytes: 2 << 30,
            max_priority: 0,
            max_fetch_time: Duration::from_mins(1),
            max_source_bytes: 1 << 30,
            max_font_bytes: 256 << 20,
            max_fonts: 200,
        }
    }
}

/// Bounds on a worker process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct ProcessLimits {
    /// Memory in bytes that it can write and shares with nobody (`RLIMIT_DATA`); elsewhere than on Linux its address
    /// space.
    pub memory_bytes: u64,
    /// Processor time in seconds, all threads together.
    pub cpu_seconds: u64,
    /// Bytes of one file it writes.
    pub file_bytes: u64,
    /// Files it has open.
    pub open_files: u64,
}

impl Default for ProcessLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 2 << 30,
            cpu_seconds: 300,
            file_bytes: 1 << 30,
            open_files: 256,
        }
    }
}
