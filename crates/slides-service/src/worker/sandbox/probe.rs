//! Proves in real processes that the sandbox holds.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use super::{Guard, Layers, Reach};
use crate::options::{ProcessLimits, WorkerProgram};
use crate::worker::job::Message;
use crate::worker::order::Order;

/// How long one attempt may take, the start of its process included.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of what a process says.
const MAX_ANSWER: u64 = 64 * 1024;

/// Something no worker may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::worker) enum Deed {
    /// Read a file that is not its own.
    Read(PathBuf),
    /// Make a file in a folder that is not its own.
    Write(PathBuf),
    /// Become another program.
    Execute(PathBuf),
    /// Connect to a server.
    Tcp(SocketAddr),
    /// Send a datagram.
    Udp(SocketAddr),
    /// Open a socket of this machine.
    Unix,
}

impl Deed {
    fn name(&self) -> &'static str {
        match self {
            Self::Read(_) => "read",
            Self::Write(_) => "write",
            Self::Execute(_) => "execute",
            Self::Tcp(_) => "TCP",
            Self::Udp(_) => "UDP",
            Self::Unix => "unix sockets",
        }
    }

    /// Does it; the error is the system's refusal.
    fn attempt(&self) -> io::Result<()> {
        match self {
            Self::Read(path) => File::open(path)?.read(&mut [0]).map(|_| ()),
            Self::Write(path) => File::create(path)?.write_all(b"written"),
            Self::Execute(program) => {
                use std::os::unix::process::CommandExt;
                // It has no standard input, so as a worker it says that it got no orders.
                let mut command = std::process::Command::new(program);
                Err(command.arg("__worker").stdin(Stdio::null()).exec())
            }
            Self::Tcp(address) => TcpStream::connect(address).map(|_| ()),
            Self::Udp(address) => UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?
                .send_to(b"sent", address)
                .map(|_| ()),
            Self::Unix => UnixDatagram::unbound().map(|_| ()),
        }
    }
}

/// What a probing process is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::worker) struct ProbeOrder {
    pub(in crate::worker) guard: Guard,
    pub(in crate::worker) limits: ProcessLimits,
    pub(in crate::worker) reach: Reach,
    pub(in crate::worker) deeds: Vec<Deed>,
}

/// Tries deeds in this process, which may not survive it; gives the names of those that were done.
pub(in crate::worker) fn attempt(deeds: &[Deed]) -> Vec<String> {
    let done = deeds.iter().filter(|deed| deed.attempt().is_ok());
    done.map(|deed| deed.name().to_owned()).collect()
}

/// How well worker processes of this machine are shut in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxReport {
    /// The version of landlock that bounds their files, if there is one.
    pub landlock: Option<u8>,
    /// Whether their calls are filtered.
    pub seccomp: bool,
    /// What a worker could do all the same, of reading and writing files of others, executing programs, TCP, UDP and
    /// unix sockets; empty when all was refused.
    pub allowed: Vec<String>,
}

impl SandboxReport {
    /// Whether every layer is there and everything was refused.
    pub fn is_complete(&self) -> bool {
        self.landlock.is_some() && self.seccomp && self.allowed.is_empty()
    }
}

impl fmt::Display for SandboxReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers = Layers {
            landlock: self.landlock,
            seccomp: self.seccomp,
        };
        write!(f, "{layers}: ")?;
        if self.allowed.is_empty() {
            f.write_str("workers are refused files of others, programs and the network")
        } else {
            write!(f, "workers can use: {}", self.allowed.join(", "))
        }
    }
}

/// Starts workers that try what none may do, and tells what was refused. Blocks for some tens of milliseconds.
///
/// # Errors
/// When the program cannot be started or does not answer like a worker.
pub fn probe_sandbox(program: &WorkerProgram) -> io::Result<SandboxReport> {
    probe(program, Guard::Try)
}

/// The control of [`probe_sandbox`]: the same attempts by workers without a sandbox, which must all succeed. Without it
/// a probe whose targets are broken would look like a sandbox that holds.
///
/// # Errors
/// As [`probe_sandbox`].
pub fn probe_without_sandbox(program: &WorkerProgram) -> io::Result<SandboxReport> {
    probe(program, Guard::Off)
}

fn probe(program: &WorkerProgram, guard: Guard) -> io::Result<SandboxReport> {
    // Real targets: each of the deeds would be done if nothing refused it.
    let folder = tempfile::Builder::new().prefix("slides-probe-").tempdir()?;
    let (secret, own) = (folder.path().join("secret"), folder.path().join("own"));
    std::fs::write(&secret, "secret")?;
    std::fs::create_dir(&own)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let receiver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    // What only makes an error can be tried in one process; what kills needs one each.
    let batches = [
        vec![Deed::Read(secret), Deed::Write(folder.path().join("made"))],
        vec![Deed::Execute(program.path.clone())],
        vec![Deed::Tcp(listener.local_addr()?)],
        vec![Deed::Udp(receiver.local_addr()?)],
        vec![Deed::Unix],
    ];
    let running = batches
        .into_iter()
        .map(|deeds| {
            let order = ProbeOrder {
                guard,
                limits: ProcessLimits::default(),
                reach: Reach {
                    write: vec![own.clone()],
                    ..Reach::default()
                },
                deeds,
            };
            Probing::start(program, order)
        })
        .collect::<io::Result<Vec<_>>>()?;
    let mut report = SandboxReport::default();
    let deadline = Instant::now() + PATIENCE;
    for probing in running {
        probing.end(&mut report, deadline)?;
    }
    Ok(report)
}

/// What shutting a worker in costs: the time from the start of a process to its end, without a sandbox and with it,
/// `rounds` times one after the other. The process does nothing else. Blocks.
///
/// # Errors
/// As [`probe_sandbox`], and when the sandbox is not complete.
pub fn sandbox_cost(
    program: &WorkerProgram,
    rounds: usize,
) -> io::Result<Vec<(Duration, Duration)>> {
    let own = tempfile::Builder::new().prefix("slides-probe-").tempdir()?;
    let once = |guard| -> io::Result<Duration> {
        let order = ProbeOrder {
            guard,
            limits: ProcessLimits::default(),
            reach: Reach {
                write: vec![own.path().to_owned()],
                ..Reach::default()
            },
            deeds: Vec::new(),
        };
        let begun = Instant::now();
        Probing::start(program, order)?.end(&mut SandboxReport::default(), begun + PATIENCE)?;
        Ok(begun.elapsed())
    };
    // Which comes first takes turns as well.
    (0..rounds)
        .map(|round| {
            if round % 2 == 0 {
                Ok((once(Guard::Off)?, once(Guard::Require)?))
            } else {
                let inside = once(Guard::Require)?;
                Ok((once(Guard::Off)?, inside))
            }
        })
        .collect()
}

/// A process that tries something; killed when dropped.
struct Probing {
    child: Child,
    deeds: Vec<Deed>,
}

impl Probing {
    fn start(program: &WorkerProgram, order: ProbeOrder) -> io::Result<Self> {
        let deeds = order.deeds.clone();
        let mut child = program
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = serde_json::to_vec(&Order::Probe(order))?;
        line.push(b'\n');
        if let Some(mut input) = child.stdin.take() {
            // Without a reader it ends without an answer.
            let _ = input.write_all(&line);
        }
        Ok(Self { child, deeds })
    }

    /// Takes what became of it into the report.
    fn end(mut self, report: &mut SandboxReport, deadline: Instant) -> io::Result<()> {
        let wrong = |why: &str| io::Error::other(format!("the probe of the sandbox failed: {why}"));
        let output = self.child.stdout.take().ok_or_else(|| wrong("no output"))?;
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(output.take(MAX_ANSWER)).lines();
            let messages = lines
                .map_while(Result::ok)
                .filter_map(|line| serde_json::from_str::<Message>(&line).ok());
            // Nobody may wait any more.
            let _ = sender.send(messages.collect::<Vec<_>>());
        });
        let messages = receiver
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            .map_err(|_| wrong("a worker did not answer"))?;
        let exit = self.child.wait()?;
        let killed = exit.signal() == Some(Signal::SYS.as_raw());
        let mut tried = false;
        for message in messages {
            match message {
                Message::Layers(layers) => {
                    report.landlock = layers.landlock;
                    report.seccomp = layers.seccomp;
                    tried = true;
                }
                Message::Probed(done) => {
                    report.allowed.extend(done);
                    return Ok(());
                }
                Message::Io(why) if !tried => return Err(wrong(&why)),
                _ => {}
            }
        }
        match &*self.deeds {
            _ if !tried => Err(wrong(&format!("a worker ended without an answer ({exit})"))),
            _ if killed => Ok(()),
            // It became the other program.
            [Deed::Execute(_)] => {
                report.allowed.push(self.deeds[0].name().to_owned());
                Ok(())
            }
            _ => Err(wrong(&format!("a worker broke off ({exit})"))),
        }
    }
}

impl Drop for Probing {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
