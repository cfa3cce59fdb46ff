//! Stops a server past its leases and lets it go on: what was started before comes too late.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::durability::{Fault, Log, ask, judge, start_operation};
use crate::has_ended;
use crate::server::{ServerProcess, call};

/// The lease of the server of the rig, in seconds.
const LEASE: u64 = 1;
/// How long an operation may take to start, and all of them to end.
const PATIENCE: Duration = Duration::from_mins(5);
/// Operations started in each round.
const STARTS: usize = 3;

/// A server program and how often to stop it.
#[derive(Debug, Clone)]
pub struct StopRig {
    /// The `slides` program.
    pub program: PathBuf,
    /// The deck that is converted.
    pub deck: Vec<u8>,
    /// Times the server is stopped.
    pub rounds: usize,
}

/// What a run saw.
#[derive(Debug)]
pub struct StopOutcome {
    /// Every broken promise.
    pub faults: Vec<Fault>,
    /// Operations that were answered.
    pub accepted: usize,
    /// Operations taken from workers whose lease had ended.
    pub rescued: u64,
    /// Ends that were refused because they came too late.
    pub fenced: u64,
    /// Workers killed because their hold was gone.
    pub lost: u64,
}

impl StopRig {
    /// Stops the server and lets it go on, round after round, and judges what its client saw.
    ///
    /// # Errors
    /// When the server cannot be started, dies or hangs.
    pub fn run(&self, data: &Path) -> io::Result<StopOutcome> {
        let lease = format!("{LEASE}s");
        let arguments = ["--lease", &lease, "--workers", "2"];
        let server = ServerProcess::start(&self.program, data, &arguments)?;
        let id = i32::try_from(server.id()).ok().and_then(Pid::from_raw);
        let id = id.ok_or_else(|| io::Error::other("the server has no process id"))?;
        let log = Log::default();
        let mut open = Open::default();
        for round in 0..self.rounds {
            for n in 0..STARTS {
                let key = format!("{round}-{n}");
                open.ids
                    .extend(start_operation(&self.deck, server.address, &log, &key)?);
            }
            let begun = Instant::now();
            while !open.look(server.address, &log)? && !open.ids.is_empty() {
                if begun.elapsed() > PATIENCE {
                    return Err(io::Error::other("no operation was started"));
                }
            }
            kill_process(id, Signal::STOP)?;
            // Its lease ends while it cannot extend it; the workers go on and finish.
            std::thread::sleep(Duration::from_millis(LEASE * 1000 + 200));
            kill_process(id, Signal::CONT)?;
            open.look(server.address, &log)?;
        }
        let begun = Instant::now();
        while !open.ids.is_empty() && begun.elapsed() < PATIENCE {
            open.look(server.address, &log)?;
            std::thread::sleep(Duration::from_millis(20));
        }
        // What has ended stays as it is.
        for id in log.ids() {
            for result in [false, true, true] {
                ask(server.address, &log, &id, result)?;
            }
        }
        let (_, metrics) = call(server.address, "GET", "/metrics", &[], &[])?;
        let metrics = String::from_utf8_lossy(&metrics).into_owned();
        let figure = |name: &str| {
            let line = metrics.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.trim().parse::<u64>().ok())
                .ok_or_else(|| io::Error::other(format!("`/metrics` has no `{name}`")))
        };
        Ok(StopOutcome {
            faults: judge(&log.entries(), true),
            accepted: log.ids().len(),
            rescued: figure("slides_operations_rescued_total ")?,
            fenced: figure("slides_operations_fenced_total ")?,
            lost: figure("slides_worker_kills_total{cause=\"lost_lease\"} ")?,
        })
    }
}

/// The operations that were not seen to end.
#[derive(Debug, Default)]
struct Open {
    ids: Vec<String>,
}

impl Open {
    /// Asks for each, and forgets those that have ended; gives whether one was seen at work.
    fn look(&mut self, address: SocketAddr, log: &Log) -> io::Result<bool> {
        let mut at_work = false;
        let mut left = Vec::new();
        for id in self.ids.drain(..) {
            let status = ask(address, log, &id, false)?;
            at_work |= status == "Started";
            if !has_ended(&status) {
                left.push(id);
            }
        }
        self.ids = left;
        Ok(at_work)
    }
}
