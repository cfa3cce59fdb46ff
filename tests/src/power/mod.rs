//! Cuts the power at every sync of a server's run, and looks at what is left.
//!
//! The server runs under `strace`, which writes every write, rename and sync in their order, and every answer to a
//! client. From that the disk is built anew as it may be at each moment: what was synced is there, of the rest any
//! part may be. Every operation whose id was answered by then must be there with its documents.

mod broken;
mod disk;
mod trace;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::StdRng;
use sha2::{Digest, Sha256};
use slides_service::queue::{Record, SqliteOptions, SqliteStore, State, Store};

pub use self::broken::{BrokenOutcome, Refusal, break_disk};
use self::disk::Disk;
use self::trace::{Call, Reader};
use crate::durability::call;
use crate::has_ended;
use crate::server::listening;

/// Calls that the disk and the clients see.
const CALLS: &str = "openat,open,creat,write,writev,pwrite64,sendto,sendmsg,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,fsync,fdatasync,copy_file_range,sendfile";
/// Clients that start operations at the same time.
const CLIENTS: usize = 4;
/// How long the operations may take to end.
const PATIENCE: Duration = Duration::from_mins(10);

/// Whether this machine lets a process be traced. Some containers do not, and nothing can be shown there.
///
/// # Panics
/// When `strace` is not installed.
pub fn can_trace() -> bool {
    let probe = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output();
    match probe {
        Ok(probe) => probe.status.success(),
        Err(error) => panic!("`strace` cannot be started, install it: {error}"),
    }
}

/// A folder in memory, where there is one: a disk that is built again a thousand times need not wait for a real one.
///
/// # Panics
/// When no folder can be made.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a temporary folder can be made")
}

/// How to run it.
#[derive(Debug)]
pub struct PowerCut {
    /// The `slides` program.
    pub program: PathBuf,
    /// A deck that is quick to convert.
    pub deck: Vec<u8>,
    /// Operations to start.
    pub jobs: usize,
    /// Seed of what the disk keeps beside what was synced.
    pub seed: u64,
    /// Fault to seed into the server (debug builds only).
    pub fault: Option<&'static str>,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Moments at which the power was cut.
    pub cuts: usize,
    /// Operations whose id was answered.
    pub acknowledged: usize,
    /// Operations that had finished at the last cut.
    pub finished: usize,
    /// What was not as it must be, in words.
    pub faults: Vec<String>,
}

/// A program under `strace`; both are killed when dropped.
struct Traced {
    strace: Child,
    address: SocketAddr,
}

impl Traced {
    fn start(rig: &PowerCut, data: &Path, trace: &Path) -> io::Result<Self> {
        let mut command = Command::new("strace");
        command
            .args(["-f", "-y", "-xx", "-s", "33554432", "-e"])
            .arg(format!("trace={CALLS}"))
            .arg("-o")
            .arg(trace)
            .arg(&rig.program)
            .args(["serve", "--listen", "127.0.0.1:0", "--no-auth"])
            .args(["--min-free", "0", "--min-free-percent", "0"])
            .args(["--workers", "1", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env_remove("SLIDES_FAILPOINT");
        if let Some(fault) = rig.fault {
            command.env("SLIDES_FAILPOINT", fault);
        }
        let mut strace = command.spawn().map_err(|error| {
            let words = format!("`strace` cannot be started, install it: {error}");
            io::Error::new(error.kind(), words)
        })?;
        let address = listening(&mut strace)?;
        Ok(Self { strace, address })
    }

    /// Ends the server, and with it the trace.
    fn end(&mut self) -> io::Result<()> {
        let id = self.strace.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
        let server = children.split_whitespace().next().unwrap_or_default();
        Command::new("kill").arg(server).status()?;
        self.strace.wait().map(|_| ())
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        let id = self.strace.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        for child in children.unwrap_or_default().split_whitespace() {
            let _ = Command::new("kill").args(["-9", child]).status();
        }
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}

impl PowerCut {
    /// Runs the server on a folder and cuts the power at every sync.
    ///
    /// # Errors
    /// When the server or `strace` does not start, or a call is not answered.
    pub fn run(&self, folder: &Path) -> io::Result<Outcome> {
        let (data, trace) = (folder.join("data"), folder.join("trace"));
        let mut server = Traced::start(self, &data, &trace)?;
        let ids = self.start_all(server.address)?;
        for id in &ids {
            wait_for_end(server.address, id)?;
        }
        server.end()?;
        drop(server);
        self.judge(&data, &trace, folder)
    }

    fn start_all(&self, address: SocketAddr) -> io::Result<Vec<String>> {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let start = || {
                let mut ids = Vec::new();
                while next.fetch_add(1, Ordering::Relaxed) < self.jobs {
                    let path = "/v3.0/slides/async/convert/pdf?slides=1";
                    let (http, body) = call(address, "POST", path, &[], &self.deck)?;
                    if http != 201 {
                        let words = format!("a start was answered with {http}");
                        return Err(io::Error::other(words));
                    }
                    ids.push(String::from_utf8_lossy(&body).trim().to_owned());
                }
                Ok(ids)
            };
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(start)).collect();
            let mut ids = Vec::new();
            for client in clients {
                let done = client
                    .join()
                    .map_err(|_| io::Error::other("a client panicked"))?;
                ids.extend(done?);
            }
            Ok(ids)
        })
    }

    /// Builds the disk again call by call.
    fn judge(&self, data: &Path, trace: &Path, folder: &Path) -> io::Result<Outcome> {
        let mut lines = BufReader::new(File::open(trace)?);
        let mut reader = Reader::default();
        let mut disk = Disk::new(data);
        let mut random = StdRng::seed_from_u64(self.seed);
        let mut outcome = Outcome::default();
        let mut acknowledged: Vec<String> = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            for call in reader.read(&String::from_utf8_lossy(&line)) {
                if let Call::Sent(bytes) = &call {
                    acknowledged.extend(answered_id(bytes));
                }
                if !disk.apply(call) {
                    continue;
                }
                outcome.cuts += 1;
                for lucky in [false, true] {
                    let left = tempfile::tempdir_in(folder)?;
                    disk.leave(left.path(), lucky.then_some(&mut random))?;
                    let seen = look(left.path(), &acknowledged, &self.deck);
                    let at = format!(
                        "cut {}{}",
                        outcome.cuts,
                        if lucky { ", with luck" } else { "" }
                    );
                    match seen {
                        Ok(finished) => outcome.finished = finished,
                        Err(fault) => outcome.faults.push(format!("{at}: {fault}")),
                    }
                }
            }
        }
        outcome.acknowledged = acknowledged.len();
        Ok(outcome)
    }
}

/// The id in an answer to a start: alone, as head and body may be sent apart, or behind the head.
fn answered_id(sent: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(sent).ok()?;
    let body = match text.strip_prefix("HTTP/1.1 201") {
        Some(head) => head.split_once("\r\n\r\n")?.1,
        None => text,
    };
    let id = body.trim();
    uuid::Uuid::try_parse(id).is_ok().then(|| id.to_owned())
}

fn wait_for_end(address: SocketAddr, id: &str) -> io::Result<()> {
    let begun = Instant::now();
    let path = format!("/v3.0/slides/async/{id}");
    while begun.elapsed() < PATIENCE {
        let (http, body) = call(address, "GET", &path, &[], &[])?;
        let operation: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&body)?;
        let status = operation.get("status").and_then(|status| status.as_str());
        if http == 200 && status.is_some_and(has_ended) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        format!("the operation {id} did not end"),
    ))
}

/// Looks at what a cut left as the next server would; gives the number of finished operations.
fn look(left: &Path, acknowledged: &[String], deck: &[u8]) -> Result<usize, String> {
    let queue = left.join("queue.db");
    if acknowledged.is_empty() {
        return Ok(0);
    }
    let mut options = SqliteOptions::default();
    // The log is read, not written.
    options.log_bytes = 0;
    let store = SqliteStore::open(queue, &options).map_err(|error| error.to_string())?;
    if !left.join("queue.key").exists() {
        return Err("the key of the queue is lost".to_owned());
    }
    let mut finished = 0;
    for id in acknowledged {
        let row = store.get(id).map_err(|error| error.to_string())?;
        let row = row.ok_or_else(|| format!("operation {id} was answered and is lost"))?;
        look_at(left, &row, deck)?;
        finished += usize::from(row.state == State::Finished);
    }
    Ok(finished)
}

fn look_at(left: &Path, row: &Record, deck: &[u8]) -> Result<(), String> {
    let id = &row.id;
    let read = |blob: &str| {
        let mut bytes = Vec::new();
        let mut file = File::open(left.join("blobs").join(blob))?;
        file.read_to_end(&mut bytes)?;
        io::Result::Ok(bytes)
    };
    if !row.state.is_terminal() {
        for input in &row.inputs {
            let bytes = read(input).map_err(|e| format!("the document of {id} is lost: {e}"))?;
            if bytes != deck {
                return Err(format!(
                    "the document of {id} is damaged: {} of {} bytes",
                    bytes.len(),
                    deck.len()
                ));
            }
        }
    }
    if let Some(result) = &row.result {
        let bytes = read(&result.blob).map_err(|e| format!("the result of {id} is lost: {e}"))?;
        if format!("{:x}", Sha256::digest(&bytes)) != result.sha256 {
            return Err(format!("the result of {id} is damaged"));
        }
    }
    Ok(())
}
