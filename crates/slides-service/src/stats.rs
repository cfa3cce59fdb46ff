use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Figures of a service, for metrics and for an operator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceStats {
    /// Operations that wait for a worker.
    pub enqueued: u64,
    /// Operations that run.
    pub started: u64,
    /// Ended operations that are still kept, by how they ended.
    pub finished: u64,
    /// See `finished`.
    pub failed: u64,
    /// See `finished`.
    pub canceled: u64,
    /// How long the oldest waiting operation has been waiting.
    pub oldest_wait: Option<Duration>,
    /// Number of workers.
    pub workers: usize,
    /// Operations accepted since the start of the process.
    pub accepted_total: u64,
    /// Operations refused because the queue was full.
    pub refused_total: u64,
    /// Operations ended as finished since the start of the process.
    pub finished_total: u64,
    /// Operations ended as failed since the start of the process.
    pub failed_total: u64,
    /// Operations ended as canceled since the start of the process.
    pub canceled_total: u64,
    /// Operations given back to the queue for another try.
    pub retried_total: u64,
    /// Operations taken back from workers that were gone.
    pub rescued_total: u64,
    /// Ends that came too late and were fenced off.
    pub fenced_total: u64,
    /// Mean time of a run, lately.
    pub mean_run: Option<Duration>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: Counter,
    pub(crate) refused: Counter,
    pub(crate) finished: Counter,
    pub(crate) failed: Counter,
    pub(crate) canceled: Counter,
    pub(crate) retried: Counter,
    pub(crate) rescued: Counter,
    pub(crate) fenced: Counter,
    mean_run_micros: AtomicU64,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: usize) {
        self.0.fetch_add(n as u64, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// Takes the time of a run into a mean that follows the last ones.
    pub(crate) fn ran(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
        let old = self.mean_run_micros.load(Ordering::Relaxed);
        let mean = if old == 0 {
            time
        } else {
            old - old / 8 + time / 8
        };
        self.mean_run_micros.store(mean, Ordering::Relaxed);
    }

    pub(crate) fn mean_run(&self) -> Option<Duration> {
        let mean = self.mean_run_micros.load(Ordering::Relaxed);
        (mean > 0).then(|| Duration::from_micros(mean))
    }

    /// When a caller that was refused may come back: one place will be free by then.
    pub(crate) fn retry_after(&self, depth: u64, workers: usize) -> Duration {
        let mean = self.mean_run().unwrap_or(Duration::from_secs(1));
        let seconds = mean.as_secs_f64() * depth as f64 / workers.max(1) as f64;
        Duration::from_secs(seconds.clamp(1.0, 60.0).ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_follows_depth_and_run_time() {
        let counters = Counters::default();
        assert_eq!(counters.retry_after(0, 2), Duration::from_secs(1));
        counters.ran(Duration::from_millis(500));
        assert_eq!(counters.retry_after(40, 2), Duration::from_secs(10));
        assert_eq!(counters.retry_after(1_000_000, 2), Duration::from_mins(1));
    }
}
