use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use slides_engine::{Engine, Monitor};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::job::{Job, JobReport, RunError};
use super::perform::perform;
use super::{OnProgress, RunJobs};
use crate::stats::Death;

/// How long a stopped job may take to notice. It asks at least once per slide.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// Runs jobs on threads of this process. A panic is caught; memory and endless loops are not.
pub(crate) struct InProcessRunner {
    engine: Arc<dyn Engine>,
}

impl InProcessRunner {
    pub(crate) fn new(engine: Arc<dyn Engine>) -> Self {
        Self { engine }
    }
}

struct ThreadMonitor {
    progress: UnboundedSender<(u32, u32)>,
    stopped: Arc<AtomicBool>,
}

impl Monitor for ThreadMonitor {
    fn progress(&self, done: u32, total: u32) {
        // Nobody may listen any more.
        let _ = self.progress.send((done, total));
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// Tells the thread to stop when nobody waits for it any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl RunJobs for InProcessRunner {
    async fn run(
        &self,
        job: &Job,
        on_progress: OnProgress<'_>,
        stop: &CancellationToken,
    ) -> Result<JobReport, RunError> {
        let (sender, mut progress) = unbounded_channel();
        let stopped = Arc::new(AtomicBool::new(false));
        let monitor = ThreadMonitor {
            progress: sender,
            stopped: Arc::clone(&stopped),
        };
        let _stop = StopOnDrop(Arc::clone(&stopped));
        let (engine, job) = (Arc::clone(&self.engine), job.clone());
        let mut thread = tokio::task::spawn_blocking(move || {
            catch_unwind(AssertUnwindSafe(|| {
                perform(engine.as_ref(), &job, &monitor)
            }))
        });
        let finished = loop {
            tokio::select! {
                Some((done, total)) = progress.recv() => on_progress(done, total),
                finished = &mut thread => break finished,
                () = stop.cancelled() => {
                    stopped.store(true, Ordering::Relaxed);
                    // A thread cannot be killed: past the grace it is left to itself.
                    let _ = tokio::time::timeout(STOP_GRACE, &mut thread).await;
                    return Err(RunError::Stopped);
                }
            }
        };
        while let Ok((done, total)) = progress.try_recv() {
            on_progress(done, total);
        }
        match finished {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(RunError::Died {
                death: Death::Crash,
                message: "the engine panicked".to_owned(),
            }),
        }
    }
}
