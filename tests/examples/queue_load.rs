//! What the queue costs beside the disk and beside the bare engine: `cargo xtask bench queue`.
//!
//! `queue_load store FOLDER` measures the SQLite store alone, `queue_load service SLIDES DECK FOLDER` the way of a
//! job through queue, worker process and blob store, `queue_load fleet SLIDES DECK FOLDER` two servers on a queue in
//! PostgreSQL beside one.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::expect_used,
    missing_docs
)]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::thread::{CpuSet, sched_setaffinity};
use slides_core::{AsyncApi, Payload, StartCall, StartRequest, Target};
use slides_service::engine::{Engine, Job, MemorySink, NativeEngine, NativeOptions, Unmonitored};
use slides_service::queue::{
    Filter, Hold, NewOperation, Outcome, SqliteOptions, SqliteStore, Store, Submitted,
};
use slides_service::{Runner, Service, ServiceOptions, WorkerProgram};
use slides_tests::{PostgresServer, ServerProcess, fresh_schema};
use slides_types::ExportFormat;

/// Bytes of the raw write that a commit of one row is compared with: what such a commit writes.
const COMMIT_BYTES: usize = 20 << 10;
const ROUND: Duration = Duration::from_secs(3);
const CLIENTS: usize = 64;
/// Runs of a comparison, half of them in either order.
const RUNS: usize = 4;
const LONG_QUEUE: usize = 1_000_000;
const JOBS: usize = 200;
/// Clients of the servers in PostgreSQL.
const FLEET_CLIENTS: usize = 8;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["store", folder] => store(Path::new(folder)),
        ["service", slides, deck, folder] => service(slides, deck, Path::new(folder)),
        ["fleet", slides, deck, folder] => fleet(Path::new(slides), deck, Path::new(folder)),
        _ => panic!("usage: queue_load store FOLDER | service|fleet SLIDES DECK FOLDER"),
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_micros() as i64
}

fn operation() -> NewOperation {
    NewOperation {
        id: uuid::Uuid::new_v4().to_string(),
        tenant: String::new(),
        method: "Convert".to_owned(),
        request: vec![7; 400],
        inputs: vec!["in/0123456789abcdef".to_owned()],
        input_bytes: 1 << 20,
        priority: 0,
        max_attempts: 2,
        idempotency: None,
        webhook: None,
    }
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or(0.0)
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// Keeps one core from sleeping, so that a sync is not waited for with the timer's tick. It has the lowest priority.
struct Spinner(Arc<AtomicBool>, Option<std::thread::JoinHandle<()>>);

impl Spinner {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            rustix::process::nice(19).unwrap();
            while !seen.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        Self(stop, Some(thread))
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.take().map(|thread| thread.join().ok());
    }
}

/// Everything on the last core: threads take the mask of the one that starts them.
fn pin() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut mask = CpuSet::new();
    mask.set(cores - 1);
    sched_setaffinity(None, &mask).unwrap();
}

fn store(folder: &Path) {
    pin();
    let _spinner = Spinner::start();
    single_commits(folder);
    let mut per_job = Vec::new();
    for (name, queued) in [("empty", 0), ("a million queued", LONG_QUEUE)] {
        let path = folder.join(format!("load-{queued}.db"));
        let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
        fill(&store, queued);
        let mut cpu: Vec<f64> = (0..RUNS).map(|_| many_clients(&store, name)).collect();
        cpu.sort_by(f64::total_cmp);
        per_job.push(cpu[RUNS / 2]);
    }
    println!(
        "writer CPU per job: {:.1} us empty, {:.1} us with {LONG_QUEUE} queued: {:.2} times (goal 1.5)",
        per_job[0],
        per_job[1],
        per_job[1] / per_job[0]
    );
}

/// One durable submit beside one raw write and sync of the same size, in turn.
fn single_commits(folder: &Path) {
    let store = SqliteStore::open(folder.join("single.db"), &SqliteOptions::default()).unwrap();
    let raw = File::create(folder.join("raw")).unwrap();
    let block = vec![1; COMMIT_BYTES];
    for n in 0..256 {
        raw.write_all_at(&block, n * COMMIT_BYTES as u64).unwrap();
    }
    raw.sync_all().unwrap();
    let written = || -> u64 {
        let io = std::fs::read_to_string("/proc/self/io").unwrap();
        let line = io.lines().find_map(|line| line.strip_prefix("wchar: "));
        line.unwrap().parse().unwrap()
    };
    let (mut ours, mut bare, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    let begun = Instant::now();
    while begun.elapsed() < ROUND * 3 {
        let place = (bare.len() % 256 * COMMIT_BYTES) as u64;
        let at = Instant::now();
        raw.write_all_at(&block, place).unwrap();
        raw.sync_data().unwrap();
        bare.push(at.elapsed().as_secs_f64());
        let before = written();
        let at = Instant::now();
        let submitted = store.submit(operation(), now()).unwrap();
        ours.push(at.elapsed().as_secs_f64());
        bytes.push((written() - before) as f64);
        assert_eq!(submitted, Submitted::New);
    }
    let (ours, bare, bytes) = (sorted(ours), sorted(bare), sorted(bytes));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    println!(
        "single durable commit: {:.0} % of the raw sync by median, {:.0} % by mean (goals 70, 60); medians {:.0} and {:.0} us, {} of each; a commit wrote {:.0} bytes, the raw write {COMMIT_BYTES}",
        100.0 * percentile(&bare, 0.5) / percentile(&ours, 0.5),
        100.0 * mean(&bare) / mean(&ours),
        percentile(&ours, 0.5) * 1e6,
        percentile(&bare, 0.5) * 1e6,
        ours.len(),
        percentile(&bytes, 0.5),
    );
}

fn fill(store: &SqliteStore, queued: usize) {
    let left = AtomicU64::new(queued as u64);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS * 2 {
            scope.spawn(|| {
                while left
                    .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                        left.checked_sub(1)
                    })
                    .is_ok()
                {
                    store.submit(operation(), now()).unwrap();
                }
            });
        }
    });
}

/// CPU time of the writer thread in microseconds.
fn writer_cpu() -> f64 {
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let folder = task.unwrap().path();
        let name = std::fs::read_to_string(folder.join("comm")).unwrap_or_default();
        if name.trim() == "slides-queue" {
            let stat = std::fs::read_to_string(folder.join("schedstat")).unwrap();
            let nanos: f64 = stat.split(' ').next().unwrap().parse().unwrap();
            return nanos / 1000.0;
        }
    }
    panic!("the store has no writer thread");
}

/// Clients that each submit, claim and finish, every call durable; gives the writer's CPU time per job.
fn many_clients(store: &SqliteStore, name: &str) -> f64 {
    let jobs = AtomicU64::new(0);
    let (cpu, commits) = (writer_cpu(), store.commits());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let jobs = &jobs;
            scope.spawn(move || {
                let worker = client.to_string();
                while begun.elapsed() < ROUND {
                    store.submit(operation(), now()).unwrap();
                    let lease = now() + 30_000_000;
                    let row = store.claim(&worker, lease, now()).unwrap().unwrap();
                    let hold = Hold::new(row.id, row.epoch);
                    let expires = now() + 86_400_000_000;
                    store.end(&hold, Outcome::Canceled, now(), expires).unwrap();
                    jobs.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let (jobs, seconds) = (
        jobs.load(Ordering::Relaxed) as f64,
        begun.elapsed().as_secs_f64(),
    );
    let per_commit = jobs * 3.0 / (store.commits() - commits) as f64;
    let cpu = (writer_cpu() - cpu) / jobs;
    println!(
        "{CLIENTS} clients, {name}: {:.0} jobs/s, {per_commit:.1} operations a commit (goal 10), writer {cpu:.1} us a job",
        jobs / seconds
    );
    cpu
}

/// Jobs through the whole service beside the bare engine in a loop, in turn.
fn service(slides: &str, deck: &str, folder: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let deck = bytes::Bytes::from(std::fs::read(deck).unwrap());
        let runner = Runner::Process(WorkerProgram::new(slides));
        let mut options = ServiceOptions::new(runner).data_dir(folder).workers(1);
        options.limits.max_queue_depth = 1_000_000;
        let service = Service::open(options).await.unwrap();
        let request = || {
            let call = StartCall::Convert(Target::new(ExportFormat::Pdf));
            StartRequest::new(call).document(Payload::bytes(deck.clone()))
        };
        let engine = Arc::new(NativeEngine::new(NativeOptions::default()));
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..JOBS {
            let at = Instant::now();
            let (of, engine) = (deck.clone(), Arc::clone(&engine));
            let job = tokio::task::spawn_blocking(move || convert(&engine, &of));
            let bytes = job.await.unwrap();
            bare.push(at.elapsed().as_secs_f64() * 1000.0);
            let at = Instant::now();
            let id = service.start(request()).await.unwrap();
            service.ended(&id).await.unwrap();
            let result = service.result(&id).await.unwrap().bytes().await.unwrap();
            ours.push(at.elapsed().as_secs_f64() * 1000.0);
            assert_eq!(result.len(), bytes, "the same deck gives the same bytes");
        }
        let (ours, bare) = (sorted(ours), sorted(bare));
        println!(
            "a job from start to result: {:.1} ms, the bare engine {:.1} ms: {:.1} ms more by median (goal 15); p99 {:.1} and {:.1} ms",
            percentile(&ours, 0.5),
            percentile(&bare, 0.5),
            percentile(&ours, 0.5) - percentile(&bare, 0.5),
            percentile(&ours, 0.99),
            percentile(&bare, 0.99),
        );
        let mut last = None;
        for _ in 0..JOBS {
            last = Some(service.start(request()).await.unwrap());
        }
        service.ended(&last.unwrap()).await.unwrap();
        service.shutdown(Duration::from_secs(5)).await;
    });
    let store = SqliteStore::open(folder.join("queue.db"), &SqliteOptions::default()).unwrap();
    let all = Filter {
        limit: usize::MAX,
        ..Filter::default()
    };
    let rows = store.list(&all).unwrap();
    let queued = rows.get(JOBS..).unwrap();
    let gaps = queued
        .windows(2)
        .map(|pair| (pair[1].started.unwrap() - pair[0].ended.unwrap()) as f64 / 1000.0);
    let gaps = sorted(gaps.collect());
    println!(
        "from the end of a job to the start of the next: p50 {:.2} ms, p99 {:.2} ms (goal 10), {} jobs",
        percentile(&gaps, 0.5),
        percentile(&gaps, 0.99),
        gaps.len()
    );
}

/// Servers of one worker each on one queue, and clients that wait for a result before they start the next.
fn fleet(slides: &Path, deck: &str, folder: &Path) {
    let deck = std::fs::read(deck).unwrap();
    let database = PostgresServer::start(&[]);
    std::fs::create_dir_all(folder).unwrap();
    let key = folder.join("key");
    std::fs::write(&key, "a key of 32 bytes or more, to measure with").unwrap();
    let rate = |count: usize| {
        let schema = fresh_schema();
        let place = folder.join(&schema);
        let blobs = format!("local:{}", place.join("blobs").display());
        let (key, address) = (key.to_string_lossy(), database.address());
        let servers: Vec<ServerProcess> = (0..count)
            .map(|n| {
                let mut arguments = vec!["--workers", "1", "--database-schema", &schema];
                arguments.extend(["--blobs", &blobs, "--key-file", &key]);
                let settings = [("SLIDES_DATABASE", address.as_str())];
                let data = place.join(n.to_string());
                ServerProcess::start_with(slides, &data, &arguments, &settings).unwrap()
            })
            .collect();
        servers[0].convert("pdf", &deck).unwrap();
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for client in 0..FLEET_CLIENTS {
                let (server, deck) = (&servers[client % count], &deck);
                scope.spawn(move || {
                    for _ in 0..JOBS / FLEET_CLIENTS {
                        server.convert("pdf", deck).unwrap();
                    }
                });
            }
        });
        JOBS as f64 / begun.elapsed().as_secs_f64()
    };
    let mut ratios = Vec::new();
    for run in 0..RUNS {
        let (one, two) = if run % 2 == 0 {
            let one = rate(1);
            (one, rate(2))
        } else {
            let two = rate(2);
            (rate(1), two)
        };
        println!("PostgreSQL, jobs a second: one server {one:.1}, two servers {two:.1}");
        ratios.push(two / one);
    }
    println!(
        "two servers beside one: {:.2} times by median (goal 1.5)",
        percentile(&sorted(ratios), 0.5)
    );
}

fn convert(engine: &NativeEngine, deck: &[u8]) -> usize {
    let mut sink = MemorySink::default();
    let job = Job::new(deck, ExportFormat::Pdf);
    engine.convert(&job, &mut sink, &Unmonitored).unwrap();
    sink.files.iter().map(|(_, bytes)| bytes.len()).sum()
}
