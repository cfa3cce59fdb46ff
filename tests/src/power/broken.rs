//! A disk that refuses: calls of a running server fail as `strace` orders.

use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::server::{ServerProcess, call};

/// Starts before and while the disk refuses.
const STARTS: usize = 4;
/// How long the operations may take to end on a disk that works again.
const PATIENCE: Duration = Duration::from_mins(5);

/// How long the first refused call may take to come.
const TURN: Duration = Duration::from_secs(30);

/// How long `strace` may take to let go.
const LET_GO: Duration = Duration::from_secs(3);

/// What fails, and how.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    /// The system call.
    pub call: &'static str,
    /// The error it gives.
    pub error: &'static str,
}

/// What was seen.
#[derive(Debug)]
pub struct BrokenOutcome {
    /// Starts that were answered with an id while the disk refused.
    pub accepted: usize,
    /// Calls that failed as ordered.
    pub hits: usize,
    /// What keeps the server from being ready when the disk works again.
    pub unready: Option<String>,
    /// Operations that were answered and are not there, or did not end well, after the next start.
    pub faults: Vec<String>,
}

/// `strace` on a running server; it lets go of it when dropped.
struct Attached(Child);

impl Attached {
    fn to(server: u32, what: Refusal, trace: &Path) -> io::Result<Self> {
        let Refusal { call, error } = what;
        let mut strace = Command::new("strace")
            .args(["-f", "-e", &format!("trace={call}"), "-e"])
            .arg(format!("inject={call}:error={error}"))
            .args(["-p", &server.to_string(), "-o"])
            .arg(trace)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                let words = format!("`strace` cannot be started, install it: {error}");
                io::Error::new(error.kind(), words)
            })?;
        let said = strace.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut said = BufReader::new(said);
        let mut line = String::new();
        said.read_line(&mut line)?;
        // It names every new thread: without a reader it would die of it, in the middle of a call that it holds.
        std::thread::spawn(move || io::copy(&mut said, &mut io::sink()));
        let attached = Self(strace);
        if line.contains("attached") {
            Ok(attached)
        } else {
            Err(io::Error::other(format!("strace: {}", line.trim())))
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .args(["-INT", &self.0.id().to_string()])
            .status();
        // A process that is being made while it lets go may hold it for ever; the system frees what a dead one held.
        let begun = Instant::now();
        while begun.elapsed() < LET_GO {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Calls that failed as ordered so far.
fn refused(trace: &Path) -> io::Result<usize> {
    let trace = std::fs::read_to_string(trace)?;
    Ok(trace.matches("(INJECTED)").count())
}

fn start(server: &ServerProcess, deck: &[u8]) -> io::Result<Option<String>> {
    let path = "/v3.0/slides/async/convert/pdf?slides=1";
    let (http, body) = call(server.address, "POST", path, &[], deck)?;
    let text = String::from_utf8_lossy(&body).trim().to_owned();
    match http {
        201 => Ok(Some(text)),
        500..=599 => Ok(None),
        _ => Err(io::Error::other(format!(
            "a start was answered with {http}: {text}"
        ))),
    }
}

/// Starts operations before and while the disk refuses, kills the server and looks what the next one has.
///
/// # Errors
/// When a server or `strace` cannot be started, or a call is not answered.
pub fn break_disk(
    program: &Path,
    deck: &[u8],
    data: &Path,
    what: Refusal,
) -> io::Result<BrokenOutcome> {
    let trace = data.with_extension("trace");
    let server = ServerProcess::start(program, data, &["--workers", "1"])?;
    let mut ids = Vec::new();
    for _ in 0..STARTS {
        ids.extend(start(&server, deck)?);
    }
    let before = ids.len();
    let attached = Attached::to(server.id(), what, &trace)?;
    for _ in 0..STARTS {
        ids.extend(start(&server, deck)?);
    }
    // Some calls belong to the end of an operation and come when its turn has come.
    let begun = Instant::now();
    while refused(&trace)? == 0 && begun.elapsed() < TURN {
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(attached);
    let hits = refused(&trace)?;
    let (ready, said) = call(server.address, "GET", "/readyz", &[], &[])?;
    let unready = (ready != 200).then(|| String::from_utf8_lossy(&said).trim().to_owned());
    let accepted = ids.len() - before;
    drop(server);

    let server = ServerProcess::start(program, data, &["--workers", "2"])?;
    let mut faults = Vec::new();
    let begun = Instant::now();
    for id in &ids {
        loop {
            let path = format!("/v3.0/slides/async/{id}");
            let (http, body) = call(server.address, "GET", &path, &[], &[])?;
            if http != 200 {
                faults.push(format!("operation {id} was answered and is lost ({http})"));
                break;
            }
            let status: serde_json::Value = serde_json::from_slice(&body)?;
            match status.get("status").and_then(serde_json::Value::as_str) {
                Some("Finished") => break,
                Some("Failed" | "Canceled") => {
                    faults.push(format!("operation {id} did not end well: {status}"));
                    break;
                }
                _ if begun.elapsed() > PATIENCE => {
                    faults.push(format!("operation {id} did not end: {status}"));
                    break;
                }
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
    Ok(BrokenOutcome {
        accepted,
        hits,
        unready,
        faults,
    })
}
