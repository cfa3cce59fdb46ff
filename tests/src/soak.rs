//! A server at its limit for a long time, which must not grow.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::server::{ServerProcess, call};

/// Clients that start operations as fast as the server takes them.
const CLIENTS: usize = 6;
/// How long ended operations are kept.
const RETENTION: Duration = Duration::from_secs(2);
/// Time between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// How long it may take until nothing is left when nobody calls any more.
const TIDY: Duration = Duration::from_mins(2);

/// What to run, and for how long.
#[derive(Debug)]
pub struct Soak {
    /// The `slides` program.
    pub program: PathBuf,
    /// A deck that is quick to convert.
    pub deck: Vec<u8>,
    /// How long clients call.
    pub time: Duration,
}

/// What a server holds at one time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Held {
    /// Resident memory of the server, its workers left out.
    pub memory_kib: u64,
    /// Files that it has open, sockets among them.
    pub handles: usize,
    /// Files in its data folder.
    pub files: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// Operations in its queue, ended ones among them.
    pub rows: u64,
}

/// What was seen.
#[derive(Debug)]
pub struct SoakOutcome {
    /// Before the first call.
    pub before: Held,
    /// While clients called, in equal steps of time.
    pub looks: Vec<Held>,
    /// When all had ended and was forgotten.
    pub after: Held,
    /// Operations that ended well.
    pub finished: usize,
    /// Answers that no client should get, and ends other than well.
    pub wrong: Vec<String>,
}

impl SoakOutcome {
    /// The most that was held in the middle third and in the last third of the time, the first one being taken by
    /// filling up to what is kept.
    pub fn thirds(&self, what: impl Fn(&Held) -> u64) -> (u64, u64) {
        let third = self.looks.len() / 3;
        let most = |looks: &[Held]| looks.iter().map(&what).max().unwrap_or(0);
        (
            most(&self.looks[third..2 * third]),
            most(&self.looks[2 * third..]),
        )
    }
}

impl Soak {
    /// Runs server and clients.
    ///
    /// # Errors
    /// When the server cannot be started, ends, or does not forget what it kept.
    pub fn run(&self, data: &Path) -> io::Result<SoakOutcome> {
        let kept = format!("{}s", RETENTION.as_secs());
        let arguments = ["--workers", "2", "--retention", &kept];
        let server = ServerProcess::start(&self.program, data, &arguments)?;
        let before = look(&server, data)?;
        let done = AtomicBool::new(false);
        let finished = AtomicUsize::new(0);
        let (looks, wrong) = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| scope.spawn(|| self.call(&server, &done, &finished)))
                .collect();
            let begun = Instant::now();
            let mut looks = Vec::new();
            let mut outcome = Ok(());
            while begun.elapsed() < self.time && outcome.is_ok() {
                std::thread::sleep(LOOK);
                outcome = look(&server, data).map(|held| looks.push(held));
            }
            done.store(true, Ordering::Release);
            let wrong: Vec<String> = clients
                .into_iter()
                .filter_map(|client| client.join().unwrap_or(None))
                .collect();
            outcome.map(|()| (looks, wrong))
        })?;
        let begun = Instant::now();
        let after = loop {
            let after = look(&server, data)?;
            let tidy = after.rows == 0 && after.files <= before.files;
            if tidy || begun.elapsed() > TIDY {
                break after;
            }
            std::thread::sleep(LOOK);
        };
        Ok(SoakOutcome {
            before,
            looks,
            after,
            finished: finished.into_inner(),
            wrong,
        })
    }

    /// Converts deck after deck; gives what was wrong.
    fn call(
        &self,
        server: &ServerProcess,
        done: &AtomicBool,
        finished: &AtomicUsize,
    ) -> Option<String> {
        while !done.load(Ordering::Acquire) {
            match server.convert("pdf", &self.deck) {
                Ok(_) => {
                    finished.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => return Some(error.to_string()),
            }
        }
        None
    }
}

fn look(server: &ServerProcess, data: &Path) -> io::Result<Held> {
    let (http, text) = call(server.address, "GET", "/metrics", &[], &[])?;
    if http != 200 {
        return Err(io::Error::other(format!("`/metrics` answers with {http}")));
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let rows = text
        .lines()
        .filter(|line| line.starts_with("slides_operations{"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum::<f64>();
    let mut held = Held {
        memory_kib: server.resident_kib()?,
        handles: std::fs::read_dir(format!("/proc/{}/fd", server.id()))?.count(),
        rows: rows as u64,
        ..Held::default()
    };
    count(data, &mut held);
    Ok(held)
}

/// Counts files; one may go while it is looked at.
fn count(folder: &Path, held: &mut Held) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(about) if about.is_dir() => count(&entry.path(), held),
            Ok(about) => {
                held.files += 1;
                held.bytes += about.len();
            }
            Err(_) => {}
        }
    }
}
