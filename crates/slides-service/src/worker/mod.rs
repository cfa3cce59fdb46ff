//! Running one conversion: the job as data, the process or thread it runs on,
//! and what comes out.

mod child;
mod death;
mod in_process;
mod job;
mod merge;
mod order;
mod output;
mod perform;
mod pool;
mod process;
mod sandbox;

pub use child::worker_main;
pub(crate) use in_process::InProcessRunner;
pub(crate) use job::{Job, JobLimits, JobReport, MergeInput, ProducedFile, RunError};
pub(crate) use merge::password_failure;
pub(crate) use order::ProgramOrder;
pub(crate) use pool::Pool;
pub(crate) use process::{Group, ProcessRunner, Worker};
pub(crate) use sandbox::{Guard, Reach};
pub use sandbox::{SandboxReport, probe_sandbox, probe_without_sandbox, sandbox_cost};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

/// Receives progress: `done` of `total` slides.
pub(crate) type OnProgress<'a> = &'a (dyn Fn(u32, u32) + Send + Sync);

/// Something that runs conversions one by one.
#[async_trait]
pub(crate) trait RunJobs: Send + Sync {
    /// Runs a job to its end. When `stop` is set it ends soon, with [`RunError::Stopped`], and
    /// nothing of the job is left running.
    async fn run(
        &self,
        job: &Job,
        on_progress: OnProgress<'_>,
        stop: &CancellationToken,
    ) -> Result<JobReport, RunError>;
}
