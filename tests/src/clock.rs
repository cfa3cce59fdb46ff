//! A wall clock that a test sets for the programs it starts, by Debian's `libfaketime`. Their monotonic clock goes on.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::durability::{Fault, Log, ask, judge, start_operation};
use crate::has_ended;
use crate::server::ServerProcess;

/// Where Debian puts the library, and other systems do.
const FOLDERS: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib/faketime",
];
/// The one for programs of several threads.
const LIBRARY: &str = "libfaketimeMT.so.1";
/// How far a clock is set, in seconds: the distances that a wrong time zone makes, and none.
const JUMPS: [i64; 3] = [-3600, 0, 3600];
/// Operations started for each time that the clock is set.
const STARTS: usize = 4;
/// How long they may take to end: less than any jump.
const PATIENCE: Duration = Duration::from_mins(2);

/// The clock of some programs.
#[derive(Debug, Clone)]
pub struct WallClock {
    library: PathBuf,
    file: PathBuf,
}

impl WallClock {
    /// One that is right until it is set. Its file is in a folder that the programs may read.
    ///
    /// # Errors
    /// When the file cannot be written or the library is not there.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let mut places = FOLDERS.iter().map(|folder| Path::new(folder).join(LIBRARY));
        let library = places.find(|place| place.is_file()).ok_or_else(|| {
            let what = "libfaketime is not installed, and this test needs it: on Debian `apt-get install faketime`";
            io::Error::new(io::ErrorKind::NotFound, what)
        })?;
        let file = folder.join("clock");
        let clock = Self { library, file };
        clock.set(0)?;
        Ok(clock)
    }

    /// Sets it so many seconds off the right time.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&self, seconds: i64) -> io::Result<()> {
        // Put in place at once: programs read it at any moment.
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{seconds:+}\n"))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o644))?;
        }
        std::fs::rename(new, &self.file)
    }

    /// Sets it an hour off, or right; gives what was chosen.
    pub(crate) fn jump(&self, random: &mut StdRng) -> io::Result<i64> {
        let to = JUMPS.choose(random).copied().unwrap_or_default();
        self.set(to)?;
        Ok(to)
    }

    /// The environment of a program that is to have it.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let settings = [
            ("LD_PRELOAD", text(&self.library)),
            ("FAKETIME_TIMESTAMP_FILE", text(&self.file)),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ];
        settings
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// A server with an embedded queue whose clock is set again and again, with a kill at every third time.
#[derive(Debug)]
pub struct JumpRig {
    /// The `slides` program.
    pub program: PathBuf,
    /// A deck that is quick to convert.
    pub deck: Vec<u8>,
    /// Times the clock is set.
    pub rounds: usize,
    /// Seed of the choices.
    pub seed: u64,
}

/// What was seen.
#[derive(Debug)]
pub struct JumpOutcome {
    /// Every broken promise.
    pub faults: Vec<Fault>,
    /// Operations that were answered.
    pub accepted: usize,
    /// Starts of a server whose clock was set back meanwhile, and set ahead.
    pub starts: (usize, usize),
}

impl JumpRig {
    /// Sets the clock, and judges what the client saw.
    ///
    /// # Errors
    /// When a server cannot be started or a call is not answered.
    pub fn run(&self, folder: &Path) -> io::Result<JumpOutcome> {
        let mut random = StdRng::seed_from_u64(self.seed);
        let clock = WallClock::new(folder)?;
        let data = folder.join("data");
        let settings = clock.settings();
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let start =
            || ServerProcess::start_with(&self.program, &data, &["--lease", "2s"], &settings);
        let log = Log::default();
        let (mut back, mut ahead) = (0, 0);
        let mut at = 0;
        let mut server = start()?;
        for round in 0..self.rounds {
            let mut open = Vec::new();
            for n in 0..STARTS {
                let key = format!("{round}-{n}");
                open.extend(start_operation(&self.deck, server.address, &log, &key)?);
                // Half of them are on their way when the clock is set.
                if n == STARTS / 2 {
                    at = clock.jump(&mut random)?;
                }
            }
            if random.random_bool(1.0 / 3.0) {
                server.kill()?;
                let to = clock.jump(&mut random)?;
                back += usize::from(to < at);
                ahead += usize::from(to > at);
                at = to;
                server = start()?;
            }
            let begun = Instant::now();
            for id in open {
                while !has_ended(&ask(server.address, &log, &id, false)?)
                    && begun.elapsed() < PATIENCE
                {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }
        for id in log.ids() {
            for result in [false, true, true] {
                ask(server.address, &log, &id, result)?;
            }
        }
        Ok(JumpOutcome {
            faults: judge(&log.entries(), true),
            accepted: log.ids().len(),
            starts: (back, ahead),
        })
    }
}
