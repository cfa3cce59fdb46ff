use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, setrlimit};
use slides_engine::{Engine, Monitor};

use super::job::{Job, Message};
use super::perform::perform;
use crate::options::ProcessLimits;

/// Exit status of a worker whose server is gone.
const ORPHANED: i32 = 3;
/// Bytes of a job description.
const MAX_JOB: u64 = 16 << 20;

/// The body of a worker process: one job on standard input, its messages on standard output.
///
/// The executable that a [`WorkerProgram`](crate::WorkerProgram) names calls this for its hidden
/// subcommand `__worker`, and nothing else before that writes to standard output.
pub fn worker_main(engine: impl FnOnce() -> Arc<dyn Engine>) -> ExitCode {
    let job = match read_job() {
        Ok(job) => job,
        Err(error) => {
            send(&Message::Io(format!("the worker got no job: {error}")));
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = confine(&job.limits.process) {
        send(&Message::Io(format!(
            "the worker cannot set its limits: {error}"
        )));
        return ExitCode::FAILURE;
    }
    if std::thread::Builder::new()
        .name("watch".to_owned())
        .stack_size(64 * 1024)
        .spawn(exit_with_server)
        .is_err()
    {
        send(&Message::Io("the worker cannot start a thread".to_owned()));
        return ExitCode::FAILURE;
    }
    let engine = engine();
    match perform(engine.as_ref(), &job, &LineMonitor) {
        Ok(report) => send(&Message::Done(report)),
        Err(error) => send(&Message::from(&error)),
    }
    ExitCode::SUCCESS
}

fn read_job() -> io::Result<Job> {
    let mut line = String::new();
    io::stdin().lock().take(MAX_JOB).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// The server keeps the worker's standard input open as long as it lives. Works for each way a
/// server can end, on every system.
fn exit_with_server() {
    let mut byte = [0];
    while matches!(io::stdin().lock().read(&mut byte), Ok(1..)) {}
    std::process::exit(ORPHANED);
}

/// Sets what the process may use, before it looks at the deck.
fn confine(limits: &ProcessLimits) -> io::Result<()> {
    let set = |resource, value| {
        let limit = Rlimit {
            current: Some(value),
            maximum: Some(value),
        };
        setrlimit(resource, limit).map_err(io::Error::from)
    };
    set(Resource::Core, 0)?;
    set(Resource::As, limits.memory_bytes)?;
    set(Resource::Fsize, limits.file_bytes)?;
    set(Resource::Nofile, limits.open_files)?;
    // The soft limit's signal tells the server which limit it was; the hard one comes after it.
    let cpu = Rlimit {
        current: Some(limits.cpu_seconds),
        maximum: Some(limits.cpu_seconds.saturating_add(5)),
    };
    setrlimit(Resource::Cpu, cpu)?;
    #[cfg(target_os = "linux")]
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

struct LineMonitor;

impl Monitor for LineMonitor {
    fn progress(&self, done: u32, total: u32) {
        send(&Message::Progress { done, total });
    }

    fn is_stopped(&self) -> bool {
        // A stopped worker is killed.
        false
    }
}

fn send(message: &Message) {
    let Ok(mut line) = serde_json::to_string(message) else {
        return;
    };
    line.push('\n');
    let mut out = io::stdout().lock();
    // A server that does not listen any more has given the job up.
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
}
