//! Several servers on one queue, while servers are killed and the database is cut off.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::clock::WallClock;
use crate::durability::{Fault, Log, ask, judge, start_operation};
use crate::has_ended;
use crate::proxy::{Mode, Proxy, Upstream};
use crate::server::{ServerProcess, call};
use crate::{PostgresServer, S3Server, fresh_schema};

/// Clients that call at the same time.
const CLIENTS: usize = 4;
/// How long a disturbance lasts, and how long until the next one.
const HARM: Duration = Duration::from_secs(2);
/// How long all operations may take to end at last.
const LAST_WAIT: Duration = Duration::from_mins(10);
/// Operations started for each disturbance, so that they end in time.
const STARTS_A_ROUND: usize = 24;

/// Name of the bucket.
const BUCKET: &str = "blobs";
/// Content of the key file.
const KEY: &str = "a key of 32 bytes or more, for the tests";
/// How long a server may take to run its first operation.
const WELL: Duration = Duration::from_mins(1);

/// What is done to the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// One of them is killed and started again.
    Kill,
    /// The database is cut off, held, slow, ended and started again, or its connections are forgotten.
    Database,
    /// The bucket of the blobs is cut off, held, slow, or its connections are forgotten.
    Bucket,
    /// The wall clocks of the database and of the servers are set by an hour, and a server is killed.
    Clock,
}

/// How to run it.
#[derive(Debug)]
pub struct Fleet {
    /// The `slides` program.
    pub program: PathBuf,
    /// A deck that is quick to convert.
    pub deck: Vec<u8>,
    /// Servers on the queue.
    pub servers: usize,
    /// What is done to them.
    pub harm: Harm,
    /// Times it is done.
    pub rounds: usize,
    /// Seed of the choices.
    pub seed: u64,
}

/// What was seen.
#[derive(Debug)]
pub struct FleetOutcome {
    /// Every broken promise.
    pub faults: Vec<Fault>,
    /// Operations that were answered.
    pub accepted: usize,
    /// Longest time from the end of a disturbance to the first start that every server answered.
    pub recovery: Duration,
}

impl Fleet {
    /// Runs servers and clients, does the harm, and judges what the clients saw.
    ///
    /// # Errors
    /// When a server cannot be started, or does not recover.
    pub fn run(&self, folder: &Path) -> io::Result<FleetOutcome> {
        let mut clocks = Vec::new();
        let mut database = PostgresServer::start_in(&[], |folder| match self.harm {
            Harm::Clock => {
                clocks.push(WallClock::new(folder));
                clocks
                    .iter()
                    .flatten()
                    .flat_map(WallClock::settings)
                    .collect()
            }
            _ => Vec::new(),
        });
        if self.harm == Harm::Clock {
            clocks.push(WallClock::new(folder));
        }
        let clocks = clocks.into_iter().collect::<io::Result<Vec<_>>>()?;
        let proxy = Proxy::start(Upstream::Unix(database.socket()))?;
        std::fs::write(folder.join("key"), KEY)?;
        let schema = fresh_schema();
        let bucket = match self.harm {
            Harm::Bucket => {
                let s3 = S3Server::start(BUCKET);
                let proxy = Proxy::start(Upstream::Tcp(s3.address()))?;
                Some((s3, proxy))
            }
            _ => None,
        };
        let blobs = match &bucket {
            Some((_, proxy)) => format!("s3://{BUCKET}?endpoint=http://{}", proxy.address),
            None => format!("local:{}", folder.join("blobs").display()),
        };
        let place = Place {
            database: address_of(&proxy),
            schema,
            blobs,
        };
        let settings = clocks.last().map(WallClock::settings).unwrap_or_default();
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let start = |n: usize| start_server(&self.program, folder, n, &place, "1", &settings);
        let servers = (0..self.servers)
            .map(|n| start(n).map(Mutex::new))
            .collect::<io::Result<Vec<_>>>()?;
        let (log, done) = (Log::default(), AtomicBool::new(false));
        let started = AtomicUsize::new(0);
        let address = |n: usize| {
            let server = servers[n % servers.len()].lock();
            server.unwrap_or_else(PoisonError::into_inner).address
        };
        let recovery = std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (log, done, started, address) = (&log, &done, &started, &address);
                scope.spawn(move || {
                    let mut random = StdRng::seed_from_u64(self.seed ^ (client as u64 + 1));
                    let mut known: Vec<String> = Vec::new();
                    while !done.load(Ordering::Acquire) {
                        let at = address(random.random_range(0..self.servers));
                        if known.is_empty() || random.random_bool(0.05) {
                            known = log.ids();
                        }
                        // A call that is refused or cut off promises nothing.
                        let starts = known.len() < STARTS_A_ROUND * self.rounds;
                        let done = if known.is_empty() || starts && random.random_bool(0.2) {
                            let n = started.fetch_add(1, Ordering::Relaxed);
                            start_operation(&self.deck, at, log, &format!("{client}-{n}"))
                                .map(|_| ())
                        } else {
                            let id = &known[random.random_range(0..known.len())];
                            ask(at, log, id, random.random_bool(0.3)).map(|_| ())
                        };
                        drop(done);
                        std::thread::sleep(Duration::from_millis(10));
                    }
                });
            }
            let network = bucket.as_ref().map_or(&proxy, |(_, proxy)| proxy);
            let harmed = self.harm(&mut database, network, &clocks, &servers, &start, &address);
            done.store(true, Ordering::Release);
            harmed
        })?;
        let begun = Instant::now();
        for (n, id) in log.ids().into_iter().enumerate() {
            loop {
                let status = ask(address(n), &log, &id, false)?;
                if has_ended(&status) || begun.elapsed() > LAST_WAIT {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            // From two servers, the same.
            for server in [n, n + 1] {
                ask(address(server), &log, &id, true)?;
            }
        }
        Ok(FleetOutcome {
            faults: judge(&log.entries(), true),
            accepted: log.ids().len(),
            recovery,
        })
    }

    fn harm(
        &self,
        database: &mut PostgresServer,
        proxy: &Proxy,
        clocks: &[WallClock],
        servers: &[Mutex<ServerProcess>],
        start: &impl Fn(usize) -> io::Result<ServerProcess>,
        address: &impl Fn(usize) -> std::net::SocketAddr,
    ) -> io::Result<Duration> {
        let mut random = StdRng::seed_from_u64(self.seed);
        let mut worst = Duration::ZERO;
        for round in 0..self.rounds {
            std::thread::sleep(HARM);
            match self.harm {
                Harm::Kill | Harm::Clock => {
                    for clock in clocks {
                        clock.jump(&mut random)?;
                    }
                    let n = random.random_range(0..servers.len());
                    let mut server = servers[n].lock().unwrap_or_else(PoisonError::into_inner);
                    server.kill()?;
                    *server = start(n)?;
                }
                Harm::Database | Harm::Bucket => {
                    let modes = [Mode::Cut, Mode::Hold, Mode::Slow, Mode::Strand];
                    match modes.get(round % (modes.len() + 1)) {
                        Some(mode) => proxy.set(*mode),
                        None if self.harm == Harm::Database => {
                            database.stop();
                            std::thread::sleep(HARM);
                            database.run();
                        }
                        // What the bucket holds is in the memory of its server.
                        None => proxy.set(Mode::Cut),
                    }
                    std::thread::sleep(HARM);
                    proxy.set(Mode::Pass);
                }
            }
            let begun = Instant::now();
            for n in 0..servers.len() {
                while !self.is_well(address(n)) {
                    if begun.elapsed() > Duration::from_mins(1) {
                        let words = format!("server {n} does not recover after round {round}");
                        return Err(io::Error::new(io::ErrorKind::TimedOut, words));
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            worst = worst.max(begun.elapsed());
        }
        Ok(worst)
    }

    /// Whether a server takes operations.
    fn is_well(&self, address: std::net::SocketAddr) -> bool {
        let path = "/v3.0/slides/async/convert/pdf?slides=1";
        call(address, "POST", path, &[], &self.deck).is_ok_and(|(http, _)| http == 201)
    }
}

fn address_of(proxy: &Proxy) -> String {
    format!(
        "postgres://slides@{}/postgres?sslmode=disable",
        proxy.address
    )
}

/// What servers share.
#[derive(Debug)]
struct Place {
    database: String,
    schema: String,
    /// Where documents and results are.
    blobs: String,
}

/// Starts server `n`.
fn start_server(
    program: &Path,
    folder: &Path,
    n: usize,
    place: &Place,
    workers: &str,
    settings: &[(&str, &str)],
) -> io::Result<ServerProcess> {
    let key = folder.join("key");
    let arguments = [
        "--database",
        &place.database,
        "--database-schema",
        &place.schema,
        "--blobs",
        &place.blobs,
        "--key-file",
        &key.to_string_lossy(),
        "--lease",
        "3s",
        "--workers",
        workers,
    ];
    let data = folder.join(n.to_string());
    let mut all = vec![
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    all.extend(settings);
    ServerProcess::start_with(program, &data, &arguments, &all)
}

/// A server takes operations; another one, which is to run them, cannot hear of it, as the network has forgotten its
/// connections. Judges what the client saw after the given time.
///
/// # Errors
/// When a server cannot be started or a call is not answered.
pub fn lose_a_notice(
    program: &Path,
    deck: &[u8],
    folder: &Path,
    patience: Duration,
    fault: Option<&str>,
) -> io::Result<Vec<Fault>> {
    let database = PostgresServer::start(&[]);
    let (front, back) = (
        Proxy::start(Upstream::Unix(database.socket()))?,
        Proxy::start(Upstream::Unix(database.socket()))?,
    );
    std::fs::write(folder.join("key"), KEY)?;
    let schema = fresh_schema();
    let settings: Vec<_> = fault
        .map(|fault| ("SLIDES_FAILPOINT", fault))
        .into_iter()
        .collect();
    let start = |n, proxy: &Proxy, workers| {
        let place = Place {
            database: address_of(proxy),
            schema: schema.clone(),
            blobs: format!("local:{}", folder.join("blobs").display()),
        };
        start_server(program, folder, n, &place, workers, &settings)
    };
    let taker = start(0, &front, "0")?;
    let _runner = start(1, &back, "1")?;
    let log = Log::default();
    // It is at work before it is cut off.
    start_operation(deck, taker.address, &log, "before")?;
    wait(&log, taker.address, WELL)?;
    back.set(Mode::Strand);
    for n in 0..3 {
        start_operation(deck, taker.address, &log, &format!("after-{n}"))?;
    }
    wait(&log, taker.address, patience)?;
    Ok(judge(&log.entries(), true))
}

/// Waits until all have ended, or for a time.
fn wait(log: &Log, address: std::net::SocketAddr, patience: Duration) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        let mut open = false;
        for id in log.ids() {
            let status = ask(address, log, &id, false)?;
            open |= !has_ended(&status);
        }
        if !open || begun.elapsed() > patience {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
