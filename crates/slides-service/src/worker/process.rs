use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio_util::codec::{FramedRead, LinesCodec};
use tokio_util::sync::CancellationToken;

use super::job::{Job, JobReport, Message, RunError, engine_error};
use super::{OnProgress, RunJobs};
use crate::options::WorkerProgram;

/// Bytes of one message of a worker.
const MAX_LINE: usize = 4 << 20;
/// Bytes of a worker's standard error that are kept for the log.
const MAX_COMPLAINT: u64 = 16 * 1024;
/// How long a worker may take to exit after its last message.
const EXIT_GRACE: Duration = Duration::from_secs(5);

/// Runs each job in a process of its own, which is killed and reaped when it is stopped.
pub(crate) struct ProcessRunner {
    program: WorkerProgram,
}

impl ProcessRunner {
    pub(crate) fn new(program: WorkerProgram) -> Self {
        Self { program }
    }

    fn spawn(&self) -> io::Result<Group> {
        let mut command = Command::new(&self.program.path);
        command.args(&self.program.args).env_clear();
        for name in &self.program.inherit {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        Group::spawn(
            command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        )
    }
}

/// A process and all it starts: killed as one, also when it is dropped.
pub(crate) struct Group {
    child: Child,
    leader: Option<Pid>,
}

impl Group {
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        let leader = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Ok(Self { child, leader })
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for the leader to exit by itself; what it left running is killed.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.kill_rest();
        status
    }

    /// Kills all and waits until the leader is gone.
    pub(crate) async fn kill(&mut self) {
        self.kill_rest();
        // It may have exited by itself.
        let _ = self.child.kill().await;
    }

    fn kill_rest(&mut self) {
        // Once only: after the leader is reaped and its group empty, the number may be another's.
        if let Some(leader) = self.leader.take() {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill_rest();
    }
}

#[async_trait]
impl RunJobs for ProcessRunner {
    async fn run(
        &self,
        job: &Job,
        on_progress: OnProgress<'_>,
        stop: &CancellationToken,
    ) -> Result<JobReport, RunError> {
        let cannot = |what: &str, e: io::Error| {
            RunError::Io(format!("the worker process cannot be {what}: {e}"))
        };
        let mut line = serde_json::to_vec(job)
            .map_err(|e| RunError::Io(format!("the job cannot be written: {e}")))?;
        line.push(b'\n');
        let mut group = self.spawn().map_err(|e| cannot("started", e))?;
        let child = group.child();
        let (Some(mut input), Some(output), Some(complaints)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(RunError::Io("the worker process has no pipes".to_owned()));
        };
        let mut complaint = Vec::new();
        let mut complaints = complaints.take(MAX_COMPLAINT);
        let mut messages = FramedRead::new(output, LinesCodec::new_with_max_length(MAX_LINE));

        let talk = async {
            // A worker that dies at once breaks the pipe; its exit status tells more.
            let _ = input.write_all(&line).await;
            let mut last = None;
            while let Some(line) = messages.next().await {
                match line.ok().and_then(|line| serde_json::from_str(&line).ok()) {
                    Some(Message::Progress { done, total }) => on_progress(done, total),
                    Some(message) => last = Some(message),
                    None => {
                        return Err(RunError::Crashed(
                            "the worker sent a message that cannot be read".to_owned(),
                        ));
                    }
                }
            }
            Ok(last)
        };
        let listen = async {
            // What exceeds the bound is lost; a worker blocked on it runs into its time limit.
            let _ = complaints.read_to_end(&mut complaint).await;
        };
        let last = tokio::select! {
            (last, ()) = async { tokio::join!(talk, listen) } => last,
            () = stop.cancelled() => {
                group.kill().await;
                return Err(RunError::Stopped);
            }
        };
        // The worker ends when its standard input does, if it has not ended by itself.
        drop(input);
        let exit = tokio::select! {
            exit = group.wait() => exit.map_err(|e| cannot("waited for", e))?,
            () = tokio::time::sleep(EXIT_GRACE) => {
                group.kill().await;
                return Err(RunError::Crashed("the worker did not exit".to_owned()));
            }
        };
        if !exit.success() && !complaint.is_empty() {
            // Not what it said: that may quote the deck.
            tracing::debug!(%exit, said_bytes = complaint.len(), "a worker process failed");
        }
        match last? {
            Some(Message::Done(report)) if exit.success() => Ok(report),
            Some(Message::Error {
                kind,
                message,
                source,
            }) => Err(engine_error(&kind, message, &source)),
            Some(Message::Io(message)) => Err(RunError::Io(message)),
            _ => Err(reason_of(exit, job)),
        }
    }
}

/// Why a worker ended without a result.
fn reason_of(exit: ExitStatus, job: &Job) -> RunError {
    let limits = &job.limits.process;
    match exit.signal().and_then(Signal::from_named_raw) {
        Some(Signal::XCPU) => RunError::OverLimit(format!(
            "the conversion used more than the limit of {} s processor time (`cpu_seconds`)",
            limits.cpu_seconds
        )),
        Some(Signal::XFSZ) => RunError::OverLimit(format!(
            "the conversion wrote a file larger than the limit of {} bytes (`file_bytes`)",
            limits.file_bytes
        )),
        Some(Signal::ABORT) => RunError::Crashed(format!(
            "the worker process aborted: most often the deck needs more than the limit of {} bytes memory (`memory_bytes`)",
            limits.memory_bytes
        )),
        _ => RunError::Crashed(format!(
            "the worker process ended without a result ({exit})"
        )),
    }
}
