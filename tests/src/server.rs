//! A `slides serve` in a process of its own.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

#[cfg(target_os = "linux")]
use rand::seq::IndexedRandom as _;
#[cfg(target_os = "linux")]
use rustix::process::{Pid, Signal, kill_process};

pub(crate) use crate::durability::call;

/// Where a server that was just started listens, from its first line. One that does not say it is killed.
pub(crate) fn listening(process: &mut Child) -> io::Result<SocketAddr> {
    let mut line = String::new();
    if let Some(output) = process.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    let line = line.trim();
    let address = line.rsplit("http://").next();
    if let Some(address) = address.and_then(|address| address.parse().ok()) {
        return Ok(address);
    }
    // It may have ended.
    let _ = process.kill();
    let exit = process.wait()?;
    Err(io::Error::other(format!(
        "the server did not say where it listens ({exit}): `{line}`"
    )))
}

/// A server process; killed when dropped.
#[derive(Debug)]
pub struct ServerProcess {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl ServerProcess {
    /// Starts a server on a data folder, without credentials, on a port of its choice.
    ///
    /// # Errors
    /// When it cannot be started or does not say where it listens.
    pub fn start(program: &Path, data: &Path, arguments: &[&str]) -> io::Result<Self> {
        Self::start_with(program, data, arguments, &[])
    }

    /// The same with settings of the environment.
    ///
    /// # Errors
    /// When it cannot be started or does not say where it listens.
    pub fn start_with(
        program: &Path,
        data: &Path,
        arguments: &[&str],
        settings: &[(&str, &str)],
    ) -> io::Result<Self> {
        let mut process = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--no-auth", "--data"])
            .arg(data)
            // How full the disk of the machine is decides nothing here.
            .args(["--min-free", "0", "--min-free-percent", "0"])
            .args(arguments)
            .env_remove("SLIDES_FAILPOINT")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let address = listening(&mut process)?;
        Ok(Self { process, address })
    }

    /// Converts a deck and waits for the result.
    ///
    /// # Errors
    /// When a call fails, or the operation ends otherwise; the text is the server's.
    pub fn convert(&self, format: &str, deck: &[u8]) -> io::Result<Vec<u8>> {
        let start = format!("/v3.0/slides/async/convert/{format}");
        let expect = |(http, body): (u16, Vec<u8>), due| {
            if http == due {
                Ok(body)
            } else {
                Err(io::Error::other(
                    String::from_utf8_lossy(&body).into_owned(),
                ))
            }
        };
        let id = expect(call(self.address, "POST", &start, &[], deck)?, 201)?;
        let path = format!("/v3.0/slides/async/{}", String::from_utf8_lossy(&id).trim());
        loop {
            let body = expect(call(self.address, "GET", &path, &[], &[])?, 200)?;
            let status: serde_json::Value = serde_json::from_slice(&body)?;
            match status.get("status").and_then(serde_json::Value::as_str) {
                Some("Finished") => break,
                Some("Failed" | "Canceled") | None => {
                    return Err(io::Error::other(status.to_string()));
                }
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        let result = call(self.address, "GET", &format!("{path}/result"), &[], &[])?;
        expect(result, 200)
    }

    /// Kills it: it gets no chance to tidy up.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        self.process.kill()?;
        self.process.wait().map(|_| ())
    }

    /// Kills one of its worker processes, if it has any just now; gives how many that were.
    #[cfg(target_os = "linux")]
    pub(crate) fn kill_a_child(&self, random: &mut impl rand::Rng) -> usize {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.id())) else {
            return 0;
        };
        let children: Vec<Pid> = threads
            .flatten()
            .flat_map(|thread| std::fs::read_to_string(thread.path().join("children")))
            .flat_map(|children| {
                let pids = children.split_whitespace().map(str::parse);
                pids.flatten().collect::<Vec<i32>>()
            })
            .filter_map(Pid::from_raw)
            .collect();
        // One that has just ended is not reaped yet: the number is nobody else's.
        let killed = children
            .choose(random)
            .map(|child| kill_process(*child, Signal::KILL));
        usize::from(matches!(killed, Some(Ok(()))))
    }

    /// Kills nothing: this system does not tell which processes are whose.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn kill_a_child(&self, _: &mut impl rand::Rng) -> usize {
        0
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Its resident memory in KiB.
    ///
    /// # Errors
    /// When the system does not tell, as when the process is gone.
    pub fn resident_kib(&self) -> io::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|line| line.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| io::Error::other("the server process is gone"))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
