use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::clock;
use crate::failure::{Retry, Wrong};
use crate::queue::{Beat, Hold, Outcome, Record};
use crate::request::{QueuedRequest, Unread};
use crate::service::{Inner, Running};
use crate::stats::Death;
use crate::traces::{RunEnd, RunTrace, Traces};

/// How long an operation of a newer version waits for a worker that knows it, and how long until it is offered again.
const NEWER_WAIT: Duration = Duration::from_hours(1);
const NEWER_LOOK: Duration = Duration::from_secs(2);

/// The workers of a service.
pub(crate) struct Pool;

impl Pool {
    /// Starts workers that run until the service drains.
    pub(crate) fn start(inner: &Arc<Inner>, tasks: &TaskTracker) {
        for n in 0..inner.options.workers {
            tasks.spawn(work(Arc::clone(inner), format!("{}-{n}", inner.name)));
        }
    }

    /// Runs one operation beside the workers, if it still waits.
    pub(crate) async fn run_one(inner: &Inner, id: &str) {
        match inner.claim_one(id, &format!("{}-aside", inner.name)).await {
            Ok(Some(record)) => run(inner, record).await,
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "an operation cannot be taken from the queue"),
        }
    }
}

async fn work(inner: Arc<Inner>, name: String) {
    while !inner.drain.is_cancelled() {
        match inner.claim(&name).await {
            Ok(Some(record)) => {
                run(&inner, record).await;
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "no operation can be taken from the queue"),
        }
        tokio::select! {
            () = inner.drain.cancelled() => {}
            () = inner.ready.notified() => {}
            () = tokio::time::sleep(inner.look) => {}
        }
    }
}

/// Who told a run to stop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    TimeLimit,
    Cancel,
    Lost,
}

/// Runs a claimed operation to its end, or to the end of the hold. Each line of the log on the way names it.
async fn run(inner: &Inner, record: Record) {
    let span = tracing::info_span!(
        "operation",
        id = record.id,
        method = record.method,
        attempt = record.attempts,
        trace_id = tracing::field::Empty
    );
    run_claimed(inner, record).instrument(span).await;
}

async fn run_claimed(inner: &Inner, record: Record) {
    let hold = Hold::new(&record.id, record.epoch);
    let request = match inner.unseal(&record) {
        Err(Unread::Newer(version)) => return leave(inner, &hold, &record, version).await,
        Err(Unread::Broken(error)) => Err(error),
        Ok(request) => Ok(request),
    };
    if let Some(trace) = request.as_ref().ok().and_then(|request| request.trace_id()) {
        tracing::Span::current().record("trace_id", trace);
    }
    let stop = inner.stop.child_token();
    let running = Arc::new(Running::new(&record.id, stop, &inner.watchers));
    inner
        .running()
        .insert(record.id.clone(), Arc::clone(&running));
    inner.watchers.tell(&record.id);
    let begun = tokio::time::Instant::now();
    let mut trace = Trace::begin(inner, &record, &request);
    let waited = inner.clock.now().saturating_sub(record.created);
    let waited = Duration::from_micros(u64::try_from(waited).unwrap_or(0));
    let format = request
        .as_ref()
        .ok()
        .and_then(|request| request.call.format_text())
        .unwrap_or_default();
    // Another may have canceled between the claim and the line above.
    let mut reason = None;
    let outcome = {
        let limit = request.as_ref().map_or(inner.options.timeout, |request| {
            inner.time_limit(request.timeout)
        });
        let operate = async {
            match request {
                Ok(request) => crate::operate::operate(inner, &hold, request, &running).await,
                Err(error) => Err(Wrong::fail(500, "internal", error.to_string())),
            }
        };
        tokio::pin!(operate);
        let mut beat = tokio::time::interval(inner.options.heartbeat);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let deadline = tokio::time::sleep(limit);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                outcome = &mut operate => break outcome.map_err(|wrong| (wrong, limit)),
                () = &mut deadline, if reason.is_none() => {
                    reason = Some(Reason::TimeLimit);
                    running.stop.cancel();
                }
                () = running.canceled.notified(), if reason.is_none() => {
                    reason = Some(Reason::Cancel);
                    running.stop.cancel();
                }
                _ = beat.tick() => match inner.beat(&hold, &running).await {
                    // Without an answer the store is in trouble: the lease may end, then the end is fenced off.
                    Some(Beat::Held { cancel: false }) | None => {}
                    Some(Beat::Held { cancel: true }) => {
                        reason.get_or_insert(Reason::Cancel);
                        running.stop.cancel();
                    }
                    Some(Beat::Lost) => {
                        reason = Some(Reason::Lost);
                        running.stop.cancel();
                    }
                },
            }
        }
    };
    inner.counters.ran(begun.elapsed());
    let waited = (record.attempts <= 1).then_some(waited);
    inner
        .counters
        .took(&record.method, format, waited, begun.elapsed());
    if let Err((Wrong::Stopped, _)) = &outcome {
        inner.counters.died(match reason {
            Some(Reason::TimeLimit) => Death::TimeLimit,
            Some(Reason::Cancel) => Death::Cancel,
            Some(Reason::Lost) => Death::LostLease,
            None => Death::Shutdown,
        });
    }
    let end = match (outcome, reason) {
        (_, Some(Reason::Lost)) => {
            tracing::warn!(id = %hold.id, epoch = hold.epoch, "the hold on an operation was lost, its result is dropped");
            None
        }
        // It was faster than whatever told it to stop.
        (Ok(finished), _) => Some(finished),
        (Err((Wrong::Stopped, _)), Some(Reason::Cancel)) => Some(Outcome::Canceled),
        (Err((Wrong::Stopped, limit)), Some(Reason::TimeLimit)) => {
            Some(Outcome::Failed(too_slow(limit)))
        }
        (Err((Wrong::Stopped, _)), None) => {
            // The server shuts down: the next one starts over, and this try does not count.
            inner.give_back(&hold, Duration::ZERO, false).await;
            None
        }
        (Err((Wrong::Fail(failure), _)), _) => Some(Outcome::Failed(failure)),
        (Err((Wrong::Retry { failure, class }, _)), _) => {
            if record.attempts < class.tries() {
                tracing::warn!(id = %hold.id, attempt = record.attempts, reason = failure.code, "an operation is tried again");
                inner.counters.retried.add(1);
                match class {
                    Retry::Crash => inner.counters.retried_crash.add(1),
                    Retry::Storage => inner.counters.retried_storage.add(1),
                }
                inner
                    .give_back(&hold, Retry::back_off(record.attempts, chance()), true)
                    .await;
                None
            } else {
                Some(Outcome::Failed(failure))
            }
        }
    };
    if let Some(trace) = &mut trace {
        trace.run.end = match &end {
            None => RunEnd::GivenBack,
            Some(Outcome::Finished { .. }) => RunEnd::Finished,
            Some(Outcome::Failed(failure)) => RunEnd::Failed(failure.code.clone()),
            Some(Outcome::Canceled) => RunEnd::Canceled,
        };
    }
    if let Some(outcome) = end {
        inner.end(&hold, outcome, &record.inputs).await;
    } else {
        inner
            .remove_blob(crate::blobs::Blobs::result_name(&hold.id, hold.epoch))
            .await;
    }
    if let Some(trace) = trace {
        trace.tell(inner);
    }
    inner.running().remove(&record.id);
    inner.watchers.tell(&record.id);
    inner.changed.notify_waiters();
}

/// What is told of a run, where someone is told.
struct Trace {
    run: RunTrace,
    to: Arc<dyn Traces>,
}

impl Trace {
    fn begin(
        inner: &Inner,
        record: &Record,
        request: &std::io::Result<QueuedRequest>,
    ) -> Option<Self> {
        let to = Arc::clone(inner.options.traces.as_ref()?);
        let mut run = RunTrace::new(&record.id, &record.method, RunEnd::GivenBack);
        if let Ok(request) = request {
            let format = request.call.format_text();
            format.unwrap_or_default().clone_into(&mut run.format);
            run.traceparent.clone_from(&request.traceparent);
        }
        run.attempt = record.attempts;
        run.client.clone_from(&record.tenant);
        run.accepted = clock::system_time(record.created);
        run.claimed = clock::system_time(inner.clock.now());
        Some(Self { run, to })
    }

    fn tell(mut self, inner: &Inner) {
        self.run.left = clock::system_time(inner.clock.now());
        self.to.ran(self.run);
    }
}

/// Leaves an operation to a worker of a newer version, for some time.
async fn leave(inner: &Inner, hold: &Hold, record: &Record, version: u32) {
    if inner.clock.now() < clock::after(record.created, NEWER_WAIT) {
        tracing::info!(id = %hold.id, version, "an operation is left to a newer version of the server");
        inner.give_back(hold, NEWER_LOOK, false).await;
        return;
    }
    let failure = crate::queue::Failure::new(
        501,
        "notImplemented",
        format!("no server knows requests of version {version}: update the servers that are left"),
    );
    inner
        .end(hold, Outcome::Failed(failure), &record.inputs)
        .await;
    inner.changed.notify_waiters();
}

fn too_slow(limit: Duration) -> crate::queue::Failure {
    crate::queue::Failure::new(
        408,
        "timeout",
        format!(
            "the operation did not end within its time limit of {} s: ask for more with the `x-aspose-timeout` header or raise `timeout`",
            limit.as_secs_f64()
        ),
    )
}

/// A random number from 0 to 1.
fn chance() -> f64 {
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    f64::from(random as u32) / f64::from(u32::MAX)
}
