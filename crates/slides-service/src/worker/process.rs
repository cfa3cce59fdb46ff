use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio_util::codec::{FramedRead, LinesCodec};
use tokio_util::sync::CancellationToken;

use super::child::SIGNALED;
use super::death;
use super::job::{Job, JobReport, Message, RunError, engine_error};
use super::order::{Order, ProgramOrder};
use super::output::{checked, cut};
use super::sandbox::Guard;
use super::{OnProgress, RunJobs};
use crate::options::{ProcessLimits, WorkerProgram};
use crate::stats::{Counters, Death};

/// Bytes of one message of a worker.
const MAX_LINE: usize = 4 << 20;
/// Bytes of a worker's standard error that are kept for the log.
const MAX_COMPLAINT: u64 = 16 * 1024;
/// How long a worker may take to exit after its last message.
const EXIT_GRACE: Duration = Duration::from_secs(5);

/// How worker processes are started.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    pub(crate) program: WorkerProgram,
    /// What one does when its sandbox is not complete.
    pub(crate) guard: Guard,
}

/// Runs each job in a process of its own, which is killed and reaped when it is stopped.
pub(crate) struct ProcessRunner {
    worker: Worker,
    counters: Arc<Counters>,
}

impl ProcessRunner {
    pub(crate) fn new(worker: Worker, counters: Arc<Counters>) -> Self {
        Self { worker, counters }
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

/// How a worker ended, and what it said.
pub(crate) struct Ended {
    exit: ExitStatus,
    last: Option<Message>,
    complaint: Vec<u8>,
}

impl Worker {
    /// Starts a worker that runs another program in a sandbox and waits until it ends, or kills it when it is told
    /// to stop. Without an error the program exited with 0.
    pub(crate) async fn run(
        &self,
        mut order: ProgramOrder,
        counters: &Counters,
        stop: &CancellationToken,
    ) -> Result<ExitStatus, RunError> {
        let limits = order.limits;
        order.guard = self.guard;
        let order = Order::Run(order);
        let Ended {
            exit,
            last,
            complaint,
        } = self.talk(&order, &|_, _| {}, counters, stop).await?;
        match last {
            Some(Message::Io(message)) => Err(RunError::Io(message)),
            _ => match exit.code() {
                Some(code) if code <= SIGNALED => Ok(exit),
                Some(code) => {
                    let exit = ExitStatus::from_raw(code - SIGNALED);
                    Err(counted(counters, death::of(exit, &complaint, &limits)))
                }
                None => Err(counted(counters, death::of(exit, &complaint, &limits))),
            },
        }
    }

    /// Starts a worker, gives it an order and listens to its end.
    async fn talk(
        &self,
        order: &Order,
        on_progress: OnProgress<'_>,
        counters: &Counters,
        stop: &CancellationToken,
    ) -> Result<Ended, RunError> {
        let cannot = |what: &str, e: io::Error| {
            RunError::Io(format!("the worker process cannot be {what}: {e}"))
        };
        let mut line = serde_json::to_vec(order)
            .map_err(|e| RunError::Io(format!("the job cannot be written: {e}")))?;
        line.push(b'\n');
        let mut command = Command::from(self.program.command());
        if let Order::Convert { job, .. } = order {
            // The one folder it can write in.
            command.env("TMPDIR", &job.out_dir);
        }
        let mut group = Group::spawn(
            command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        )
        .map_err(|e| cannot("started", e))?;
        let pipes = (
            group.child.stdin.take(),
            group.child.stdout.take(),
            group.child.stderr.take(),
        );
        let (Some(mut input), Some(output), Some(complaints)) = pipes else {
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
                    Some(Message::Peak(bytes)) => counters.peak(bytes),
                    Some(message) => last = Some(message),
                    None => return Err("the worker sent a message that cannot be read"),
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
        let hopeless = |death, message: &str| {
            let message = message.to_owned();
            counted(counters, RunError::Died { death, message })
        };
        let last = match last {
            Ok(last) => last,
            Err(message) => {
                group.kill().await;
                return Err(hopeless(Death::Garbled, message));
            }
        };
        let Some(exit) = leave(&mut group, input).await else {
            return Err(hopeless(Death::Hung, "the worker did not exit"));
        };
        let exit = exit.map_err(|e| cannot("waited for", e))?;
        if !exit.success() && !complaint.is_empty() {
            // Not what it said: that may quote the deck.
            tracing::debug!(%exit, said_bytes = complaint.len(), "a worker process failed");
        }
        Ok(Ended {
            exit,
            last,
            complaint,
        })
    }
}

/// Waits for a worker that has nothing more to say; nothing when it had to be killed.
async fn leave(group: &mut Group, input: ChildStdin) -> Option<io::Result<ExitStatus>> {
    // The worker ends when its standard input does, if it has not ended by itself.
    drop(input);
    if let Ok(exit) = tokio::time::timeout(EXIT_GRACE, group.wait()).await {
        return Some(exit);
    }
    group.kill().await;
    None
}

fn counted(counters: &Counters, error: RunError) -> RunError {
    if let RunError::Died { death, .. } = &error {
        counters.died(*death);
    }
    error
}

#[async_trait]
impl RunJobs for ProcessRunner {
    async fn run(
        &self,
        job: &Job,
        on_progress: OnProgress<'_>,
        stop: &CancellationToken,
    ) -> Result<JobReport, RunError> {
        let limits: ProcessLimits = job.limits.process;
        let order = Order::Convert {
            job: Box::new(job.clone()),
            guard: self.worker.guard,
            readable: self.worker.program.readable.clone(),
        };
        let ended = self.worker.talk(&order, on_progress, &self.counters, stop);
        let Ended {
            exit,
            last,
            complaint,
        } = ended.await?;
        match last {
            Some(Message::Done(report)) if exit.success() => {
                let folder = job.out_dir.clone();
                let report = tokio::task::spawn_blocking(move || checked(report, &folder))
                    .await
                    .map_err(|e| RunError::Io(format!("the files cannot be looked at: {e}")))?;
                report.map_err(|message| {
                    let death = Death::Garbled;
                    counted(&self.counters, RunError::Died { death, message })
                })
            }
            Some(Message::Error {
                kind,
                mut message,
                source,
            }) => {
                cut(&mut message);
                Err(engine_error(&kind, message, &source))
            }
            Some(Message::Io(mut message)) => {
                cut(&mut message);
                Err(RunError::Io(message))
            }
            _ => Err(counted(
                &self.counters,
                death::of(exit, &complaint, &limits),
            )),
        }
    }
}
