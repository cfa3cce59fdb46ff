use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::queue::Commits;

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
    /// Webhooks that were taken.
    pub webhooks_delivered_total: u64,
    /// Tries of webhooks that failed.
    pub webhooks_failed_total: u64,
    /// Webhooks whose tries were spent.
    pub webhooks_given_up_total: u64,
    /// From the end of an operation to the delivery of its webhook, of the last one.
    pub webhook_lag: Duration,
    /// Bytes of the documents of waiting operations.
    pub waiting_bytes: u64,
    /// Free and total bytes of the data folder's disk, where it is looked at.
    pub disk: Option<(u64, u64)>,
    /// Commits of the queue and what they took, where the store knows.
    pub commits: Option<Commits>,
    /// Runs since the start of the process, by method and format.
    pub runs: Vec<RunStats>,
    /// Operations given back to the queue for another try, by cause: `crash`, `storage`.
    pub retries: Vec<(&'static str, u64)>,
    /// Worker processes that died or were killed, by cause: a limit (`memory`, `stack`, `processor_time`,
    /// `file_size`, `time_limit`), what they tried (`forbidden_call`), what became of them (`crash`, `hung`,
    /// `garbled`), or who stopped them (`cancel`, `lost_lease`, `shutdown`).
    pub kills: Vec<(&'static str, u64)>,
    /// The most memory a worker process that ended by itself has held, in bytes; 0 before the first one.
    pub worker_peak_bytes: u64,
    /// Whether worker processes are known to be shut in completely.
    pub sandboxed: bool,
}

/// Times of the runs of one method and format.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunStats {
    /// The wire's method name.
    pub method: String,
    /// Format of the result; empty where there is none or it was not read.
    pub format: &'static str,
    /// From the acceptance of an operation to its first claim.
    pub waited: Spread,
    /// From a claim to the end of the run.
    pub ran: Spread,
}

/// How times are spread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spread {
    /// Sum of all.
    pub sum: Duration,
    /// How many were up to each bound and above the one before; the last bound is [`Duration::MAX`].
    pub buckets: Vec<(Duration, u64)>,
}

/// Bounds of the buckets in milliseconds.
const BOUNDS: [u64; 12] = [
    10, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000,
];

impl Spread {
    fn add(&mut self, time: Duration) {
        if self.buckets.is_empty() {
            let bounds = BOUNDS.into_iter().map(Duration::from_millis);
            let all = bounds.chain([Duration::MAX]);
            self.buckets = all.map(|bound| (bound, 0)).collect();
        }
        self.sum = self.sum.saturating_add(time);
        if let Some((_, count)) = self.buckets.iter_mut().find(|(bound, _)| time <= *bound) {
            *count += 1;
        }
    }
}

/// Waits and runs by method and format.
type Runs = BTreeMap<(String, &'static str), (Spread, Spread)>;

/// What ended a worker process that gave no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    Memory,
    Stack,
    ProcessorTime,
    FileSize,
    TimeLimit,
    ForbiddenCall,
    /// It crashed by itself.
    Crash,
    /// It did not exit after its last message.
    Hung,
    /// It said what no worker says.
    Garbled,
    Cancel,
    LostLease,
    Shutdown,
}

/// All causes in the order of [`Death`], with their names.
const DEATHS: [(Death, &str); 12] = [
    (Death::Memory, "memory"),
    (Death::Stack, "stack"),
    (Death::ProcessorTime, "processor_time"),
    (Death::FileSize, "file_size"),
    (Death::TimeLimit, "time_limit"),
    (Death::ForbiddenCall, "forbidden_call"),
    (Death::Crash, "crash"),
    (Death::Hung, "hung"),
    (Death::Garbled, "garbled"),
    (Death::Cancel, "cancel"),
    (Death::LostLease, "lost_lease"),
    (Death::Shutdown, "shutdown"),
];

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
    pub(crate) webhooks_delivered: Counter,
    pub(crate) webhooks_failed: Counter,
    pub(crate) webhooks_given_up: Counter,
    /// From the end of an operation to the delivery of its webhook, of the last one.
    webhook_lag_micros: AtomicU64,
    pub(crate) retried_crash: Counter,
    pub(crate) retried_storage: Counter,
    deaths: [Counter; DEATHS.len()],
    peak_bytes: AtomicU64,
    mean_run_micros: AtomicU64,
    /// By method and format: there are a few of each.
    runs: Mutex<Runs>,
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
    /// Counts a worker process that gave no result.
    pub(crate) fn died(&self, death: Death) {
        if let Some(counter) = self.deaths.get(death as usize) {
            counter.add(1);
        }
    }

    pub(crate) fn kills(&self) -> Vec<(&'static str, u64)> {
        let counts = DEATHS.iter().zip(&self.deaths);
        counts
            .map(|((_, name), count)| (*name, count.get()))
            .collect()
    }

    pub(crate) fn retries(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("crash", self.retried_crash.get()),
            ("storage", self.retried_storage.get()),
        ]
    }

    /// Takes the memory of a worker process that ended.
    pub(crate) fn peak(&self, bytes: u64) {
        self.peak_bytes.fetch_max(bytes, Ordering::Relaxed);
    }

    pub(crate) fn peak_bytes(&self) -> u64 {
        self.peak_bytes.load(Ordering::Relaxed)
    }

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

    /// Takes note of how long a webhook took to be delivered, in microseconds.
    pub(crate) fn webhook_took(&self, micros: i64) {
        let micros = u64::try_from(micros).unwrap_or(0);
        self.webhook_lag_micros.store(micros, Ordering::Relaxed);
    }

    pub(crate) fn webhook_lag(&self) -> Duration {
        Duration::from_micros(self.webhook_lag_micros.load(Ordering::Relaxed))
    }

    /// Takes note of a run and, where it was the first of its operation, of the wait before it.
    pub(crate) fn took(
        &self,
        method: &str,
        format: &'static str,
        waited: Option<Duration>,
        ran: Duration,
    ) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let (waits, times) = runs.entry((method.to_owned(), format)).or_default();
        if let Some(waited) = waited {
            waits.add(waited);
        }
        times.add(ran);
    }

    pub(crate) fn runs(&self) -> Vec<RunStats> {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = runs
            .iter()
            .map(|((method, format), (waited, ran))| RunStats {
                method: method.clone(),
                format,
                waited: waited.clone(),
                ran: ran.clone(),
            });
        runs.collect()
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
    fn each_cause_is_counted_under_its_name() {
        let counters = Counters::default();
        for (at, (death, _)) in DEATHS.into_iter().enumerate() {
            assert_eq!(death as usize, at);
            (0..=at).for_each(|_| counters.died(death));
        }
        for ((at, (_, name)), found) in DEATHS.into_iter().enumerate().zip(counters.kills()) {
            assert_eq!(found, (name, at as u64 + 1));
        }
        counters.peak(7);
        counters.peak(5);
        assert_eq!(counters.peak_bytes(), 7);
    }

    #[test]
    fn the_wait_follows_depth_and_run_time() {
        let counters = Counters::default();
        assert_eq!(counters.retry_after(0, 2), Duration::from_secs(1));
        counters.ran(Duration::from_millis(500));
        assert_eq!(counters.retry_after(40, 2), Duration::from_secs(10));
        assert_eq!(counters.retry_after(1_000_000, 2), Duration::from_mins(1));
    }

    #[test]
    fn runs_are_told_by_method_and_format() {
        let counters = Counters::default();
        let ms = Duration::from_millis;
        counters.took("Convert", "Pdf", Some(ms(5)), ms(700));
        counters.took("Convert", "Pdf", None, ms(1000));
        counters.took("Merge", "", Some(ms(400_000)), ms(10));
        let runs = counters.runs();
        assert_eq!(runs.len(), 2);
        let filled = |spread: &Spread| {
            let filled = spread.buckets.iter().filter(|(_, count)| *count > 0);
            filled.copied().collect::<Vec<_>>()
        };
        assert_eq!(
            (runs[0].method.as_str(), runs[0].format),
            ("Convert", "Pdf")
        );
        assert_eq!(filled(&runs[0].waited), [(ms(10), 1)]);
        assert_eq!(filled(&runs[0].ran), [(ms(1000), 2)]);
        assert_eq!(runs[0].ran.sum, ms(1700));
        assert_eq!(filled(&runs[1].waited), [(Duration::MAX, 1)]);
    }
}
