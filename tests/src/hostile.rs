//! Hostile decks through a server, among good ones: the good ones must not notice.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::has_ended;
use crate::server::{ServerProcess, call};

/// Operations that are in the server at the same time.
const IN_FLIGHT: usize = 8;
/// Operations before the memory of the server counts: it has made its threads and pools by then.
const WARM_UP: usize = 40;
/// How long one operation may be in the server at most.
const PATIENCE: Duration = Duration::from_mins(10);
/// What an operation may take beyond the limit on its deck: the start and the end of a process on a busy machine.
const GRACE: f64 = 2.0;

/// How an operation may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// With a result.
    Result,
    /// With an error that has a reason; also at the start.
    Error,
    /// With either.
    Either,
}

/// A deck and what is due for it.
#[derive(Debug, Clone)]
pub struct Deck {
    /// What the report calls it.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How its conversion may end.
    pub due: Due,
    /// Seconds it may run.
    pub limit: f64,
}

impl Deck {
    /// A deck that may run as long as the server allows.
    pub fn new(name: &str, bytes: Vec<u8>, due: Due) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            due,
            limit: JOB_TIMEOUT,
        }
    }

    /// Reads the decks of a folder whose `expected.json` says what is due: name to `class` (`ok`, `error`, `either`)
    /// and `max_s`.
    ///
    /// # Errors
    /// When a file cannot be read, or says something else.
    pub fn read_folder(folder: &Path) -> io::Result<Vec<Self>> {
        let facts: Value = serde_json::from_slice(&fs::read(folder.join("expected.json"))?)?;
        let facts = facts
            .as_object()
            .ok_or_else(|| io::Error::other("expected.json is no object"))?;
        facts
            .iter()
            .map(|(name, facts)| {
                let due = match facts.get("class").and_then(Value::as_str) {
                    Some("ok") => Due::Result,
                    Some("error") => Due::Error,
                    Some("either") => Due::Either,
                    other => return Err(io::Error::other(format!("class {other:?} of `{name}`"))),
                };
                let limit = facts.get("max_s").and_then(Value::as_f64);
                let bytes = fs::read(folder.join(name))?;
                // A server gives a PDF that is asked for as PDF back as it is.
                let due = if bytes.starts_with(b"%PDF-") {
                    Due::Either
                } else {
                    due
                };
                Ok(Self {
                    name: name.clone(),
                    bytes,
                    due,
                    limit: limit.unwrap_or(JOB_TIMEOUT),
                })
            })
            .collect()
    }
}

/// Seconds an operation may run in the server of the rig.
const JOB_TIMEOUT: f64 = 60.0;

/// A server program and the decks it gets.
#[derive(Debug, Clone)]
pub struct HostileRig {
    /// The `slides` program.
    pub program: PathBuf,
    /// Decks that must be converted.
    pub good: Vec<Deck>,
    /// Decks that must not hurt.
    pub bad: Vec<Deck>,
    /// Operations to start.
    pub operations: usize,
    /// Seed of the order; printed with each outcome.
    pub seed: u64,
    /// Factor on the limits of the decks, for builds that are not optimised.
    pub slowness: f64,
}

/// What a run saw.
#[derive(Debug, Default)]
pub struct HostileOutcome {
    /// Operations with good decks that finished.
    pub good: usize,
    /// Operations with bad decks by how they ended: refused at the start, failed, finished.
    pub bad: [usize; 3],
    /// Everything that should not have been.
    pub faults: Vec<String>,
    /// Resident memory of the server in KiB, once per operation that ended.
    pub memory: Vec<u64>,
    /// The longest run of a bad deck, in seconds, and its name.
    pub slowest: (f64, String),
    /// The server's counters of workers that died or were killed.
    pub kills: Vec<String>,
}

impl HostileOutcome {
    /// Median memory in KiB of the first and the last quarter after the warm-up.
    pub fn memory_quarters(&self) -> (u64, u64) {
        let steady = self.memory.get(WARM_UP..).unwrap_or_default();
        let quarter = steady.len().div_ceil(4);
        let median = |part: &[u64]| {
            let mut part = part.to_vec();
            part.sort_unstable();
            part.get(part.len() / 2).copied().unwrap_or(0)
        };
        (
            median(&steady[..quarter]),
            median(&steady[steady.len() - quarter..]),
        )
    }
}

/// An operation that was accepted.
struct Open<'a> {
    id: String,
    deck: &'a Deck,
    is_good: bool,
    since: Instant,
}

impl HostileRig {
    /// Runs the server on a folder and gives it decks in random order.
    ///
    /// # Errors
    /// When the server cannot be started, dies or hangs.
    pub fn run(&self, data: &Path) -> io::Result<HostileOutcome> {
        let mut random = StdRng::seed_from_u64(self.seed);
        let timeout = format!("{}s", (JOB_TIMEOUT * self.slowness) as u64);
        let server = ServerProcess::start(&self.program, data, &["--job-timeout", &timeout])?;
        let mut outcome = HostileOutcome::default();
        let mut open: VecDeque<Open<'_>> = VecDeque::new();
        for _ in 0..self.operations {
            while open.len() >= IN_FLIGHT {
                self.look(&server, &mut open, &mut outcome)?;
            }
            let is_good = random.random_bool(0.5);
            let decks = if is_good { &self.good } else { &self.bad };
            let Some(deck) = decks.choose(&mut random) else {
                continue;
            };
            let path = "/v3.0/slides/async/convert/pdf";
            let (http, body) = call(server.address, "POST", path, &[], &deck.bytes)?;
            let text = String::from_utf8_lossy(&body).trim().to_owned();
            match http {
                201 => open.push_back(Open {
                    id: text,
                    deck,
                    is_good,
                    since: Instant::now(),
                }),
                400..=499 if deck.due != Due::Result && text.contains("message") => {
                    outcome.bad[0] += 1;
                }
                _ => outcome
                    .faults
                    .push(format!("`{}` was refused with {http}: {text}", deck.name)),
            }
        }
        while !open.is_empty() {
            self.look(&server, &mut open, &mut outcome)?;
        }
        let (_, metrics) = call(server.address, "GET", "/metrics", &[], &[])?;
        outcome.kills = String::from_utf8_lossy(&metrics)
            .lines()
            .filter(|line| line.starts_with("slides_worker_kills_total") && !line.ends_with(" 0"))
            .map(str::to_owned)
            .collect();
        Ok(outcome)
    }

    /// Takes the oldest operation off the list if it has ended, else puts it at the end.
    fn look(
        &self,
        server: &ServerProcess,
        open: &mut VecDeque<Open<'_>>,
        outcome: &mut HostileOutcome,
    ) -> io::Result<()> {
        let Some(one) = open.pop_front() else {
            return Ok(());
        };
        let path = format!("/v3.0/slides/async/{}", one.id);
        let (http, body) = call(server.address, "GET", &path, &[], &[])?;
        if http != 200 {
            return Err(io::Error::other(format!(
                "a status was answered with {http}"
            )));
        }
        let status: Value = serde_json::from_slice(&body)?;
        let text = |pointer: &str| status.pointer(pointer).and_then(Value::as_str);
        let state = text("/status").unwrap_or_default();
        if !has_ended(state) {
            if one.since.elapsed() > PATIENCE {
                return Err(io::Error::other(format!(
                    "`{}` has not ended: {status}",
                    one.deck.name
                )));
            }
            open.push_back(one);
            std::thread::sleep(Duration::from_millis(5));
            return Ok(());
        }
        outcome.memory.push(server.resident_kib()?);
        let reason = text("/error/message").unwrap_or_default();
        let fine = match (state, one.deck.due) {
            ("Finished", Due::Result | Due::Either) => true,
            ("Failed", Due::Error | Due::Either) => !reason.trim().is_empty(),
            _ => false,
        };
        if !fine {
            outcome
                .faults
                .push(format!("`{}` ended as {state}: {reason}", one.deck.name));
        }
        if one.is_good {
            outcome.good += usize::from(fine);
            return Ok(());
        }
        outcome.bad[if state == "Failed" { 1 } else { 2 }] += 1;
        let ended = text("/failed").or(text("/finished"));
        let ran = text("/started")
            .and_then(seconds)
            .zip(ended.and_then(seconds))
            .map_or(0.0, |(from, to)| (to - from).rem_euclid(86_400.0));
        if ran > outcome.slowest.0 {
            outcome.slowest = (ran, one.deck.name.clone());
        }
        if ran > one.deck.limit * self.slowness + GRACE {
            outcome.faults.push(format!(
                "`{}` ran {ran:.1} s, its limit is {} s",
                one.deck.name,
                one.deck.limit * self.slowness
            ));
        }
        Ok(())
    }
}

/// Seconds of the day of a time as the wire writes it.
fn seconds(time: &str) -> Option<f64> {
    let mut parts = time.split_once('T')?.1.trim_end_matches('Z').split(':');
    let mut next = || parts.next()?.parse::<f64>().ok();
    Some(next()? * 3600.0 + next()? * 60.0 + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_wire_are_read() {
        assert_eq!(seconds("2023-11-30T01:02:03.500000Z"), Some(3723.5));
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn memory_is_compared_by_quarters() {
        let mut outcome = HostileOutcome {
            memory: vec![1; WARM_UP],
            ..HostileOutcome::default()
        };
        outcome.memory.extend([10, 10, 11, 12, 13, 14, 40, 41]);
        assert_eq!(outcome.memory_quarters(), (10, 41));
    }
}
