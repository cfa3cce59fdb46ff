//! Kills a server at random moments and judges what its clients were told.
//!
//! Clients write every call and its reply into one log; [`judge`] reads the log alone, so that it
//! can be tested with logs that hold a fault.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use crate::has_ended;
use crate::server::ServerProcess;

/// Clients that call at the same time.
const CLIENTS: usize = 4;
/// Share of the moments within a round at which a worker is killed.
const WORKER_KILLS: f64 = 0.3;
/// Operations that had ended which are asked for after a restart.
const ENDED_ASKED: usize = 20;
/// How long a call may take before the server counts as hung.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long all operations may take to end after the last restart.
const LAST_WAIT: Duration = Duration::from_mins(10);

/// One call and its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A start was answered with an id. Starts with one key are one request.
    Accepted {
        /// The idempotency key.
        key: String,
        /// The id.
        id: String,
    },
    /// A status was answered.
    Status {
        /// The operation.
        id: String,
        /// HTTP status.
        http: u16,
        /// The operation's status; empty unless HTTP says 200.
        status: String,
        /// When it ended, as the server wrote it.
        ended: Option<String>,
    },
    /// A result was answered with 200.
    Result {
        /// The operation.
        id: String,
        /// SHA-256 of its bytes.
        sha256: Vec<u8>,
    },
    /// The server was killed and started again.
    Restarted,
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An id that was answered is not known any more.
    Lost(String),
    /// One request got two ids.
    Twice(String, String),
    /// An ended operation ended again, in another way or at another time.
    EndedAgain(String, String, String),
    /// Two downloads of one result differ.
    ResultChanged(String),
    /// An operation never ended.
    Open(String, String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(id) => write!(f, "operation {id} was answered and is lost"),
            Self::Twice(one, two) => write!(f, "one request became operations {one} and {two}"),
            Self::EndedAgain(id, one, two) => {
                write!(f, "operation {id} ended as {one} and then as {two}")
            }
            Self::ResultChanged(id) => write!(f, "the result of operation {id} changed"),
            Self::Open(id, status) => write!(f, "operation {id} is still {status} at the end"),
        }
    }
}

/// Finds every broken promise in a log. `ended` says whether all operations had time to end.
pub fn judge(log: &[Entry], ended: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    let mut last: BTreeMap<&str, &str> = BTreeMap::new();
    let mut ends: BTreeMap<&str, (&str, &Option<String>)> = BTreeMap::new();
    let mut results: BTreeMap<&str, &[u8]> = BTreeMap::new();
    let mut lost = std::collections::BTreeSet::new();
    for entry in log {
        match entry {
            Entry::Accepted { key, id } => {
                let first = ids.entry(key).or_insert(id);
                if first != id {
                    faults.push(Fault::Twice((*first).to_owned(), id.clone()));
                }
                last.entry(id).or_insert("accepted");
            }
            Entry::Status { id, http: 404, .. } => {
                if lost.insert(id) {
                    faults.push(Fault::Lost(id.clone()));
                }
            }
            Entry::Status {
                id,
                http: 200,
                status,
                ended,
            } => {
                last.insert(id, status);
                let is_end = has_ended(status);
                match ends.get(id.as_str()) {
                    Some((first, at)) if (*first, *at) != (status.as_str(), ended) => {
                        let show = |status: &str, at: &Option<String>| {
                            format!("{status} {}", at.as_deref().unwrap_or("-"))
                        };
                        faults.push(Fault::EndedAgain(
                            id.clone(),
                            show(first, at),
                            show(status, ended),
                        ));
                    }
                    None if is_end => {
                        ends.insert(id, (status, ended));
                    }
                    _ => {}
                }
            }
            Entry::Result { id, sha256 } => {
                if results
                    .insert(id, sha256)
                    .is_some_and(|first| first != sha256)
                {
                    faults.push(Fault::ResultChanged(id.clone()));
                }
            }
            Entry::Status { .. } | Entry::Restarted => {}
        }
    }
    if ended {
        for (id, status) in last {
            if !ends.contains_key(id) && !lost.contains(&id.to_owned()) {
                faults.push(Fault::Open(id.to_owned(), status.to_owned()));
            }
        }
    }
    faults
}

/// A server program and what to do to it.
#[derive(Debug, Clone)]
pub struct Rig {
    /// The `slides` program.
    pub program: PathBuf,
    /// The deck that is converted.
    pub deck: Vec<u8>,
    /// Times the server is killed.
    pub rounds: usize,
    /// Starts per round.
    pub starts: usize,
    /// Seed of the moments; printed with each outcome.
    pub seed: u64,
    /// The PostgreSQL database of the queue and the schema there; a file in the data folder without.
    pub database: Option<(String, String)>,
    /// Fault to seed into the server (debug builds only).
    pub fault: Option<&'static str>,
    /// Ends as soon as a fault is found, and does not wait for operations to end.
    pub until_fault: bool,
}

/// What a run of a rig saw.
#[derive(Debug)]
pub struct Outcome {
    /// Every call and reply.
    pub log: Vec<Entry>,
    /// Every broken promise.
    pub faults: Vec<Fault>,
    /// Worker processes that were killed beside the servers.
    pub workers_killed: usize,
}

impl Outcome {
    /// Number of different operations that were answered.
    pub fn accepted(&self) -> usize {
        let ids = self.log.iter().filter_map(|entry| match entry {
            Entry::Accepted { id, .. } => Some(id),
            _ => None,
        });
        ids.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Number of restarts that found operations which had not ended.
    pub fn restarts_in_flight(&self) -> usize {
        let mut open: BTreeMap<&str, bool> = BTreeMap::new();
        let mut count = 0;
        for entry in &self.log {
            match entry {
                Entry::Accepted { id, .. } => {
                    open.entry(id).or_insert(true);
                }
                Entry::Status {
                    id, ended: Some(_), ..
                } => {
                    open.insert(id, false);
                }
                Entry::Restarted if open.values().any(|open| *open) => count += 1,
                _ => {}
            }
        }
        count
    }
}

impl Rig {
    /// Starts, kills and restarts the server, and judges what its clients saw.
    ///
    /// # Errors
    /// When the server cannot be started or hangs.
    pub fn run(&self, data: &Path) -> io::Result<Outcome> {
        let mut random = StdRng::seed_from_u64(self.seed);
        let log = Log::default();
        let mut workers_killed = 0;
        for round in 0..self.rounds {
            let mut server = self.server(data)?;
            if round > 0 {
                log.add(Entry::Restarted);
                // Nothing that was promised may be gone after the crash. Of what had ended some are asked for: what
                // is lost is lost until the end, when all are.
                for id in log.to_ask(&mut random) {
                    ask(server.address, &log, &id, false)?;
                }
                if self.until_fault && !judge(&log.entries(), false).is_empty() {
                    break;
                }
            }
            workers_killed += self.bother(&mut server, &log, round, random.random())?;
        }
        if !self.until_fault {
            let server = self.server(data)?;
            log.add(Entry::Restarted);
            // Each must be known as the operation it became.
            for key in log.keys().into_keys() {
                start_operation(&self.deck, server.address, &log, &key)?;
            }
            wait_for_all(server.address, &log)?;
        }
        let log = log.entries();
        let faults = judge(&log, !self.until_fault);
        Ok(Outcome {
            log,
            faults,
            workers_killed,
        })
    }

    fn server(&self, data: &Path) -> io::Result<ServerProcess> {
        let mut arguments = Vec::new();
        let mut settings = Vec::new();
        if let Some((database, schema)) = &self.database {
            settings.push(("SLIDES_DATABASE", database.as_str()));
            arguments.extend(["--database-schema", schema, "--lease", "2s"]);
        }
        if let Some(fault) = self.fault {
            settings.push(("SLIDES_FAILPOINT", fault));
        }
        ServerProcess::start_with(&self.program, data, &arguments, &settings)
    }

    /// Lets clients call the server, kills workers of it and itself in the middle; gives the number of the workers.
    fn bother(
        &self,
        server: &mut ServerProcess,
        log: &Log,
        round: usize,
        seed: u64,
    ) -> io::Result<usize> {
        let mut random = StdRng::seed_from_u64(seed);
        let delay = Duration::from_millis(random.random_range(20..700));
        let killed = AtomicBool::new(false);
        let started = AtomicUsize::new(0);
        let seeds: Vec<u64> = (0..CLIENTS).map(|_| random.random()).collect();
        let address = server.address;
        std::thread::scope(|scope| {
            for (client, seed) in seeds.into_iter().enumerate() {
                let (killed, started) = (&killed, &started);
                scope.spawn(move || {
                    let mut random = StdRng::seed_from_u64(seed);
                    let mut n = 0;
                    while !killed.load(Ordering::Acquire) {
                        let known = log.some_id(&mut random);
                        let start = started.load(Ordering::Relaxed) < self.starts
                            && random.random_bool(0.5);
                        let done = match known {
                            Some(id) if !start => {
                                ask(address, log, &id, random.random_bool(0.3)).map(Some)
                            }
                            _ => {
                                started.fetch_add(1, Ordering::Relaxed);
                                n += 1;
                                let key = format!("{round}-{client}-{n}");
                                start_operation(&self.deck, address, log, &key)
                            }
                        };
                        // A call that the kill cut off has no reply; there is nothing to log.
                        if done.is_err() {
                            break;
                        }
                    }
                });
            }
            let begun = Instant::now();
            let mut workers = 0;
            while let Some(left) = delay.checked_sub(begun.elapsed()) {
                std::thread::sleep(left.min(Duration::from_millis(random.random_range(20..200))));
                if random.random_bool(WORKER_KILLS) {
                    workers += server.kill_a_child(&mut random);
                }
            }
            let dead = server.kill();
            killed.store(true, Ordering::Release);
            dead.map(|()| workers)
        })
    }
}

/// Waits until every operation has ended, and fetches each result twice.
fn wait_for_all(address: SocketAddr, log: &Log) -> io::Result<()> {
    let begun = Instant::now();
    for id in log.ids() {
        loop {
            let status = ask(address, log, &id, false)?;
            let pending = matches!(status.as_str(), "Created" | "Enqueued" | "Started");
            if !pending || begun.elapsed() > LAST_WAIT {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        for _ in 0..2 {
            ask(address, log, &id, true)?;
        }
    }
    Ok(())
}

/// The log that all clients write.
#[derive(Debug, Default)]
pub(crate) struct Log {
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    /// Each with its place in time.
    entries: Vec<(usize, Entry)>,
    /// Ids that were answered, each once, in that order.
    ids: Vec<String>,
    /// Whether they were seen to have ended.
    ended: BTreeMap<String, bool>,
}

impl Written {
    fn push(&mut self, time: usize, entry: Entry) {
        match &entry {
            Entry::Accepted { id, .. } if !self.ended.contains_key(id) => {
                self.ids.push(id.clone());
                self.ended.insert(id.clone(), false);
            }
            Entry::Status {
                id, ended: Some(_), ..
            } => {
                self.ended.insert(id.clone(), true);
            }
            _ => {}
        }
        self.entries.push((time, entry));
    }
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time now: behind all entries so far, in front of all that come.
    fn now(&self) -> usize {
        2 * self.lock().entries.len()
    }

    pub(crate) fn add(&self, entry: Entry) {
        let mut written = self.lock();
        let now = 2 * written.entries.len() + 1;
        written.push(now, entry);
    }

    /// Adds what was true at some time since then: two calls that overlap may be answered in one order and
    /// written in the other.
    fn add_as_of(&self, then: usize, entry: Entry) {
        self.lock().push(then, entry);
    }

    /// The entries in the order of time.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let mut entries = self.lock().entries.clone();
        entries.sort_by_key(|(time, _)| *time);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// Ids that were answered, each once.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.lock().ids.clone()
    }

    fn some_id(&self, random: &mut StdRng) -> Option<String> {
        self.lock().ids.choose(random).cloned()
    }

    /// What a client asks for after a restart: all that was open, and some of the rest.
    fn to_ask(&self, random: &mut StdRng) -> Vec<String> {
        let written = self.lock();
        let (ended, mut open): (Vec<_>, Vec<_>) = written
            .ids
            .iter()
            .cloned()
            .partition(|id| written.ended.get(id) == Some(&true));
        open.extend(ended.choose_multiple(random, ENDED_ASKED).cloned());
        open
    }

    fn keys(&self) -> BTreeMap<String, String> {
        let written = self.lock();
        let keys = written.entries.iter().filter_map(|(_, entry)| match entry {
            Entry::Accepted { key, id } => Some((key.clone(), id.clone())),
            _ => None,
        });
        keys.collect()
    }
}

/// Starts an operation under a key; gives its id unless the queue is full.
pub(crate) fn start_operation(
    deck: &[u8],
    address: SocketAddr,
    log: &Log,
    key: &str,
) -> io::Result<Option<String>> {
    let path = "/v3.0/slides/async/convert/pdf?slides=1";
    let (http, body) = call(address, "POST", path, &[("Idempotency-Key", key)], deck)?;
    match http {
        201 => {
            let id = String::from_utf8_lossy(&body).trim().to_owned();
            log.add(Entry::Accepted {
                key: key.to_owned(),
                id: id.clone(),
            });
            Ok(Some(id))
        }
        // The queue is full: a refusal promises nothing.
        429 => Ok(None),
        _ => Err(unexpected("start", http, &body)),
    }
}

/// Asks for a status, which it gives, or for a result.
pub(crate) fn ask(address: SocketAddr, log: &Log, id: &str, result: bool) -> io::Result<String> {
    if result {
        let (http, body) = call(
            address,
            "GET",
            &format!("/v3.0/slides/async/{id}/result"),
            &[],
            &[],
        )?;
        if http == 200 {
            log.add(Entry::Result {
                id: id.to_owned(),
                sha256: Sha256::digest(&body).to_vec(),
            });
        }
        return Ok(String::new());
    }
    let asked = log.now();
    let (http, body) = call(
        address,
        "GET",
        &format!("/v3.0/slides/async/{id}"),
        &[],
        &[],
    )?;
    let operation: serde_json::Value = match http {
        200 => serde_json::from_slice(&body)?,
        404 => serde_json::Value::Null,
        _ => return Err(unexpected("status", http, &body)),
    };
    let text = |key: &str| {
        operation
            .get(key)
            .and_then(serde_json::Value::as_str)
            .map(str::to_owned)
    };
    let status = text("status").unwrap_or_default();
    let entry = Entry::Status {
        id: id.to_owned(),
        http,
        status: status.clone(),
        ended: text("finished")
            .or_else(|| text("failed"))
            .or_else(|| text("canceled")),
    };
    // That it had not ended was true when it was asked; an end, or that it is unknown, when it was answered.
    match &entry {
        Entry::Status {
            http: 200,
            ended: None,
            ..
        } => log.add_as_of(asked, entry),
        _ => log.add(entry),
    }
    Ok(status)
}

fn unexpected(what: &str, http: u16, body: &[u8]) -> io::Error {
    io::Error::other(format!(
        "a {what} call was answered with {http}: {}",
        String::from_utf8_lossy(body)
    ))
}

/// One HTTP call on a connection of its own. A reply that is cut short is an error.
pub(crate) fn call(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut reply = BufReader::new(stream);
    let mut line = String::new();
    reply.read_line(&mut line)?;
    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let http: u16 = line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(cut)?;
    let mut length = None;
    loop {
        line.clear();
        if reply.read_line(&mut line)? == 0 {
            return Err(cut());
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<u64>().ok();
        }
    }
    let mut body = Vec::new();
    let length = length.ok_or_else(|| io::Error::other("the reply has no length"))?;
    reply.take(length).read_to_end(&mut body)?;
    if body.len() as u64 == length {
        Ok((http, body))
    } else {
        Err(cut())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(key: &str, id: &str) -> Entry {
        Entry::Accepted {
            key: key.to_owned(),
            id: id.to_owned(),
        }
    }

    fn status(id: &str, status: &str, ended: Option<&str>) -> Entry {
        Entry::Status {
            id: id.to_owned(),
            http: 200,
            status: status.to_owned(),
            ended: ended.map(str::to_owned),
        }
    }

    fn gone(id: &str) -> Entry {
        Entry::Status {
            id: id.to_owned(),
            http: 404,
            status: String::new(),
            ended: None,
        }
    }

    fn result(id: &str, byte: u8) -> Entry {
        Entry::Result {
            id: id.to_owned(),
            sha256: vec![byte],
        }
    }

    #[test]
    fn a_clean_log_has_no_fault() {
        let log = [
            accepted("k", "a"),
            status("a", "Started", None),
            Entry::Restarted,
            status("a", "Enqueued", None),
            accepted("k", "a"),
            status("a", "Finished", Some("1")),
            status("a", "Finished", Some("1")),
            result("a", 1),
            result("a", 1),
        ];
        assert_eq!(judge(&log, true), []);
    }

    #[test]
    fn calls_that_overlap_may_be_written_in_another_order() {
        let log = Log::default();
        log.add(accepted("k", "a"));
        let asked = log.now();
        log.add(status("a", "Finished", Some("1")));
        log.add_as_of(asked, status("a", "Started", None));
        assert_eq!(judge(&log.entries(), true), []);
        // Asked behind the end, it is a fault.
        log.add_as_of(log.now(), status("a", "Started", None));
        assert_eq!(judge(&log.entries(), true).len(), 1);
    }

    #[test]
    fn every_kind_of_fault_is_found() {
        let id = || "a".to_owned();
        let cases = [
            (
                vec![accepted("k", "a"), gone("a"), gone("a")],
                vec![Fault::Lost(id())],
            ),
            (
                vec![
                    accepted("k", "a"),
                    accepted("k", "b"),
                    status("a", "Failed", Some("1")),
                    status("b", "Failed", Some("1")),
                ],
                vec![Fault::Twice(id(), "b".to_owned())],
            ),
            (
                vec![
                    status("a", "Finished", Some("1")),
                    status("a", "Finished", Some("2")),
                ],
                vec![Fault::EndedAgain(
                    id(),
                    "Finished 1".to_owned(),
                    "Finished 2".to_owned(),
                )],
            ),
            (
                vec![
                    status("a", "Failed", Some("1")),
                    status("a", "Started", None),
                ],
                vec![Fault::EndedAgain(
                    id(),
                    "Failed 1".to_owned(),
                    "Started -".to_owned(),
                )],
            ),
            (
                vec![
                    status("a", "Finished", Some("1")),
                    result("a", 1),
                    result("a", 2),
                ],
                vec![Fault::ResultChanged(id())],
            ),
            (
                vec![accepted("k", "a"), status("a", "Started", None)],
                vec![Fault::Open(id(), "Started".to_owned())],
            ),
        ];
        for (log, faults) in cases {
            assert_eq!(judge(&log, true), faults);
        }
    }
}
