use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use rustix::process::{Signal, getpgrp, kill_process_group};
use slides_engine::{Engine, Monitor};

use super::job::{Job, Message};
use super::order::{Order, ProgramOrder};
use super::perform::perform;
use super::sandbox::{Calls, attempt, confine};

/// Exit status of a worker whose server is gone.
const ORPHANED: i32 = 3;
/// Exit statuses above this tell the signal that ended a program.
pub(super) const SIGNALED: i32 = 128;
/// Bytes of an order.
const MAX_ORDER: u64 = 16 << 20;
/// Bytes of the kernel's account of a process.
const MAX_ACCOUNT: u64 = 64 * 1024;

/// The body of a worker process: one order on standard input, its messages on standard output.
///
/// The executable that a [`WorkerProgram`](crate::WorkerProgram) names calls this for its hidden
/// subcommand `__worker`, and nothing else before that writes to standard output or starts a thread.
pub fn worker_main(engine: impl FnOnce() -> Arc<dyn Engine>) -> ExitCode {
    let done = match read_order() {
        Ok(Order::Convert {
            job,
            guard,
            readable,
        }) => {
            let reach = job.reach(readable);
            // Opened before files are out of reach.
            let account = File::open("/proc/self/status").ok();
            confine(&job.limits.process, &reach, Calls::Engine, guard)
                .and_then(|_| convert(engine, &job, account))
        }
        Ok(Order::Run(order)) => confine(&order.limits, &order.reach, Calls::Office, order.guard)
            .and_then(|_| run(order)),
        Ok(Order::Probe(order)) => confine(&order.limits, &order.reach, Calls::Engine, order.guard)
            .map(|layers| {
                send(&Message::Layers(layers));
                send(&Message::Probed(attempt(&order.deeds)));
                ExitCode::SUCCESS
            }),
        Err(error) => Err(format!("the worker got no orders: {error}")),
    };
    done.unwrap_or_else(|why| {
        send(&Message::Io(why));
        ExitCode::FAILURE
    })
}

fn read_order() -> io::Result<Order> {
    let mut line = String::new();
    io::stdin().lock().take(MAX_ORDER).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

fn convert(
    engine: impl FnOnce() -> Arc<dyn Engine>,
    job: &Job,
    account: Option<File>,
) -> Result<ExitCode, String> {
    watch_server(|| std::process::exit(ORPHANED))?;
    let engine = engine();
    let outcome = perform(engine.as_ref(), job, &LineMonitor);
    if let Some(bytes) = account.and_then(peak_bytes) {
        send(&Message::Peak(bytes));
    }
    match outcome {
        Ok(report) => send(&Message::Done(report)),
        Err(error) => send(&Message::from(&error)),
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs another program, and ends as it does.
fn run(order: ProgramOrder) -> Result<ExitCode, String> {
    // Whatever the program started is in the group of this process.
    watch_server(|| {
        let _ = kill_process_group(getpgrp(), Signal::KILL);
    })?;
    let exit = Command::new(&order.program)
        .args(&order.arguments)
        .env_clear()
        .envs(order.environment)
        .current_dir(&order.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|e| format!("`{}` cannot be started: {e}", order.program.display()))?;
    // As shells do: the number of a signal above 128.
    let code = exit
        .code()
        .or_else(|| exit.signal().map(|signal| SIGNALED + signal));
    let code = code.and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Does something when the server is gone: it keeps the worker's standard input open as long as it lives. Works for
/// each way a server can end, on every system.
fn watch_server(gone: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let watch = move || {
        let mut byte = [0];
        while matches!(io::stdin().lock().read(&mut byte), Ok(1..)) {}
        gone();
    };
    std::thread::Builder::new()
        .name("watch".to_owned())
        .stack_size(64 * 1024)
        .spawn(watch)
        .map(|_| ())
        .map_err(|e| format!("the worker cannot start a thread: {e}"))
}

/// The most memory this process has held.
fn peak_bytes(account: File) -> Option<u64> {
    let mut text = String::new();
    account.take(MAX_ACCOUNT).read_to_string(&mut text).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1024)
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
