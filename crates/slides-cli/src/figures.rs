//! The figures of the service as `/metrics` shows them.

use std::time::Duration;

use slides_server::Sample;
use slides_service::{ServiceStats, Spread};

pub(crate) fn samples(stats: &ServiceStats) -> Vec<Sample> {
    let seconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64();
    let retries = stats.retries.iter().map(|(cause, count)| {
        Sample::counter(
            "operation_retries",
            "Operations given back to the queue for another try, by cause",
            *count,
        )
        .label("cause", *cause)
    });
    let kills = stats.kills.iter().map(|(cause, count)| {
        Sample::counter(
            "worker_kills",
            "Worker processes that died or were killed, by cause",
            *count,
        )
        .label("cause", *cause)
    });
    let mut samples = vec![
        Sample::gauge(
            "operations_enqueued",
            "Operations that wait for a worker",
            stats.enqueued as f64,
        ),
        Sample::gauge(
            "operations_started",
            "Operations that run",
            stats.started as f64,
        ),
        Sample::gauge(
            "operations_oldest_wait_seconds",
            "How long the oldest waiting operation has been waiting",
            seconds(stats.oldest_wait),
        ),
        Sample::gauge(
            "operations_mean_run_seconds",
            "Mean time of a run, lately",
            seconds(stats.mean_run),
        ),
        Sample::gauge(
            "workers",
            "Operations that can run at the same time",
            stats.workers as f64,
        ),
        Sample::counter(
            "operations_accepted",
            "Operations accepted",
            stats.accepted_total,
        ),
        Sample::counter(
            "operations_refused",
            "Operations refused because the queue was full",
            stats.refused_total,
        ),
        Sample::counter(
            "operations_finished",
            "Operations that ended well",
            stats.finished_total,
        ),
        Sample::counter(
            "operations_failed",
            "Operations that failed",
            stats.failed_total,
        ),
        Sample::counter(
            "operations_canceled",
            "Operations that were canceled",
            stats.canceled_total,
        ),
        Sample::counter(
            "operations_retried",
            "Operations given back to the queue for another try",
            stats.retried_total,
        ),
        Sample::counter(
            "operations_rescued",
            "Operations taken back from workers that were gone",
            stats.rescued_total,
        ),
        Sample::counter(
            "operations_fenced",
            "Ends of operations that came too late",
            stats.fenced_total,
        ),
        Sample::gauge(
            "sandbox",
            "1 when worker processes are shut in completely, 0 otherwise",
            f64::from(u8::from(stats.sandboxed)),
        ),
        Sample::gauge(
            "worker_peak_memory_bytes",
            "The most memory a worker process that ended by itself has held",
            stats.worker_peak_bytes as f64,
        ),
        Sample::gauge(
            "operations_waiting_bytes",
            "Bytes of the documents of operations that wait",
            stats.waiting_bytes as f64,
        ),
        Sample::counter(
            "webhooks_delivered",
            "Webhooks that were taken",
            stats.webhooks_delivered_total,
        ),
        Sample::counter(
            "webhooks_tries_failed",
            "Tries of webhooks that failed",
            stats.webhooks_failed_total,
        ),
        Sample::counter(
            "webhooks_given_up",
            "Webhooks whose tries were spent",
            stats.webhooks_given_up_total,
        ),
        Sample::gauge(
            "webhook_lag_seconds",
            "From the end of an operation to the delivery of its webhook, of the last one",
            stats.webhook_lag.as_secs_f64(),
        ),
    ];
    samples.extend(retries);
    samples.extend(kills);
    let kept = [
        ("Enqueued", stats.enqueued),
        ("Started", stats.started),
        ("Finished", stats.finished),
        ("Failed", stats.failed),
        ("Canceled", stats.canceled),
    ];
    samples.extend(kept.map(|(status, count)| {
        Sample::gauge(
            "operations",
            "Operations in the queue and kept after it",
            count as f64,
        )
        .label("status", status)
    }));
    if let Some(commits) = &stats.commits {
        samples.extend([
            Sample::counter("queue_commits", "Commits of the queue", commits.commits),
            Sample::counter(
                "queue_commit_calls",
                "Calls that shared the commits of the queue",
                commits.calls,
            ),
            Sample::counter(
                "queue_commit_microseconds",
                "Time that commits of the queue took, the sync of the disk above all",
                u64::try_from(commits.time.as_micros()).unwrap_or(u64::MAX),
            ),
        ]);
    }
    if let Some((free, total)) = stats.disk {
        samples.extend([
            Sample::gauge(
                "disk_free_bytes",
                "Free space of the data folder's disk",
                free as f64,
            ),
            Sample::gauge(
                "disk_size_bytes",
                "Size of the data folder's disk",
                total as f64,
            ),
        ]);
    }
    let waits = stats.runs.iter().map(|run| {
        (
            "operations_queue_wait_seconds",
            "From the acceptance of an operation to its first claim",
            run,
            &run.waited,
        )
    });
    let runs = stats.runs.iter().map(|run| {
        (
            "operations_run_seconds",
            "From the claim of an operation to the end of the run",
            run,
            &run.ran,
        )
    });
    samples.extend(waits.chain(runs).map(|(name, help, run, spread)| {
        Sample::histogram(name, help, spread.sum.as_secs_f64(), buckets(spread))
            .label("method", &run.method)
            .label("format", run.format)
    }));
    samples
}

fn buckets(spread: &Spread) -> Vec<(f64, u64)> {
    let bound = |time: Duration| match time {
        Duration::MAX => f64::MAX,
        time => time.as_secs_f64(),
    };
    let buckets = spread.buckets.iter();
    buckets
        .map(|(time, count)| (bound(*time), *count))
        .collect()
}
