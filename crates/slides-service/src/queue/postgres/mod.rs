//! The queue in PostgreSQL: several servers work on one.

mod claim;
mod connect;
mod enter;
mod news;
mod options;
mod read;
mod rows;
mod schema;
mod sweep;
#[cfg(test)]
mod tests;
mod trouble;

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::broadcast;

use self::claim::Claimer;
use self::connect::{Connections, session};
use self::news::Messenger;
pub use self::options::PostgresOptions;
use self::trouble::Trouble;
use super::{
    Beat, Canceled, EndEvent, Ended, Expired, Filter, Hold, Micros, NewOperation, Newest,
    NewestPage, News, Outcome, Progress, Record, Rescue, Rescued, State, Store, StoreError,
    StoreStats, Submitted, Waiting,
};

/// Longer times than this, a hundred thousand years, are taken for it: a sum with the time of day must not overflow.
const LONGEST: i64 = i64::MAX / 3;

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The queue that several servers share: PostgreSQL 13 or newer.
///
/// Times are the database's: of those that a caller gives only the distance from its `now` counts. An answer to a
/// change follows its commit, with `synchronous_commit` on. Where a connection breaks during a change, the change is
/// looked for and made again, in a way that it cannot be made twice; when that does not succeed in time the answer is
/// [`StoreError::Uncertain`].
pub struct PostgresStore {
    shared: Arc<Shared>,
    /// Its threads drive the connections and send and hear news. No call of the store runs on them, and a call waits
    /// for nothing but them: so a call, which blocks the thread it is made on, cannot wait for itself, whatever
    /// runtime the caller has and however many of its threads wait here.
    runtime: Option<Runtime>,
}

struct Shared {
    options: PostgresOptions,
    connections: Connections,
    messenger: Arc<Messenger>,
    /// Workers whose last claim was not answered.
    unanswered: Mutex<HashSet<String>>,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("place", &self.shared.options.place())
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Opens the queue, making or migrating its schema as needed. Blocks, and so do the calls: not to be used on the
    /// asynchronous threads of a runtime.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] for a schema of a newer version; [`StoreError::Failed`] when the server cannot be
    /// reached, or refuses.
    pub fn open(options: PostgresOptions) -> Result<Self> {
        options.check()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("slides-queue")
            .enable_all()
            .build()
            .map_err(|e| StoreError::Failed {
                what: "start its thread",
                reason: e.to_string(),
            })?;
        let messenger = Arc::new(Messenger::new(&options.schema));
        let shared = Arc::new(Shared {
            connections: Connections::new(&options),
            messenger: Arc::clone(&messenger),
            unanswered: Mutex::default(),
            options,
        });
        let store = Self {
            runtime: Some(runtime),
            shared,
        };
        let options = &store.shared.options;
        store
            .call("be opened", options.patience, async |connection, _| {
                schema::migrate(connection, options).await
            })
            .map_err(|error| match error {
                StoreError::Failed { what, reason } | StoreError::Uncertain { what, reason } => {
                    let reason = format!("{}: {reason}", options.place());
                    StoreError::Failed { what, reason }
                }
                error => error,
            })?;
        // What is lost with the power was not true for long either.
        let hints = session(options, "off");
        let runtime = store.runtime()?;
        runtime.spawn(news::send(Arc::clone(&messenger), hints.clone()));
        runtime.spawn(news::listen(messenger, hints));
        Ok(store)
    }

    /// Keeps a value for all servers of this queue; gives the one that is kept, which is the first.
    pub(crate) fn keep(&self, name: &str, value: &[u8]) -> Result<Vec<u8>> {
        self.ask("keep a setting", async |connection, _| {
            schema::keep(connection, name, value).await
        })
    }

    fn runtime(&self) -> Result<&Runtime> {
        self.runtime.as_ref().ok_or(StoreError::Stopped)
    }

    fn call<T>(
        &self,
        what: &'static str,
        patience: Duration,
        run: impl AsyncFnMut(&mut sqlx::PgConnection, bool) -> Result<T, Trouble>,
    ) -> Result<T> {
        let call = self.shared.connections.call(what, patience, run);
        self.runtime()?.block_on(call)
    }

    /// A call with the usual patience; with none while the server is known not to answer, so that callers do not pile
    /// up behind it.
    fn ask<T>(
        &self,
        what: &'static str,
        run: impl AsyncFnMut(&mut sqlx::PgConnection, bool) -> Result<T, Trouble>,
    ) -> Result<T> {
        let patience = if self.shared.connections.is_up() {
            self.shared.options.patience
        } else {
            Duration::ZERO
        };
        self.call(what, patience, run)
    }

    fn tell(&self, news: News) {
        self.shared.messenger.tell(news);
    }

    fn unanswered(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.shared
            .unanswered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn take(
        &self,
        id: Option<&str>,
        worker: &str,
        lease_until: Micros,
        now: Micros,
    ) -> Result<Option<Record>> {
        let claimer = Claimer {
            worker,
            lease: distance(lease_until, now),
            #[cfg(debug_assertions)]
            keep_epoch: self.shared.options.faults.claim_without_bump,
        };
        let before = self.unanswered().remove(worker);
        let now = self.shared.now(now);
        let claimed = self.ask("hand out an operation", async |connection, again| {
            if (again || before)
                && let Some(record) = claim::adopt(connection, claimer, id, now).await?
            {
                return Ok(Some(record));
            }
            claim::claim(connection, claimer, id, now).await
        });
        if before && claimed.is_err() || matches!(claimed, Err(StoreError::Uncertain { .. })) {
            self.unanswered().insert(worker.to_owned());
        }
        claimed
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        // In the background, as the last handle may be dropped on an asynchronous thread.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    /// The caller's time, where it counts.
    fn now(&self, now: Micros) -> Option<i64> {
        self.options.callers_clock.then_some(now)
    }
}

/// How far ahead of the caller's now a time is.
fn distance(at: Micros, now: Micros) -> i64 {
    at.saturating_sub(now).clamp(-LONGEST, LONGEST)
}

impl Store for PostgresStore {
    fn submit(&self, operation: NewOperation, now: Micros) -> Result<Submitted> {
        let now = self.shared.now(now);
        #[cfg(debug_assertions)]
        if self.shared.options.faults.ack_before_commit {
            let shared = Arc::clone(&self.shared);
            self.runtime()?.spawn(async move {
                // Makes the window between answer and commit wide.
                tokio::time::sleep(Duration::from_millis(40)).await;
                let submit = shared.connections.once(async |connection| {
                    enter::submit(connection, &operation, false, now).await
                });
                if submit.await.is_ok() {
                    shared.messenger.tell(News::Ready);
                }
            });
            return Ok(Submitted::New);
        }
        let submitted = self.ask("take an operation", async |connection, again| {
            enter::submit(connection, &operation, again, now).await
        })?;
        if submitted == Submitted::New {
            self.tell(News::Ready);
        }
        Ok(submitted)
    }

    fn get(&self, id: &str) -> Result<Option<Record>> {
        self.ask("read", async |connection, _| {
            read::get(connection, id).await
        })
    }

    fn claim(&self, worker: &str, lease_until: Micros, now: Micros) -> Result<Option<Record>> {
        self.take(None, worker, lease_until, now)
    }

    fn claim_one(
        &self,
        id: &str,
        worker: &str,
        lease_until: Micros,
        now: Micros,
    ) -> Result<Option<Record>> {
        self.take(Some(id), worker, lease_until, now)
    }

    fn heartbeat(
        &self,
        hold: &Hold,
        lease_until: Micros,
        progress: Option<Progress>,
        now: Micros,
    ) -> Result<Beat> {
        let (lease, now) = (distance(lease_until, now), self.shared.now(now));
        self.ask("extend a lease", async |connection, _| {
            claim::heartbeat(connection, hold, lease, progress.as_ref(), now).await
        })
    }

    fn end(&self, hold: &Hold, outcome: Outcome, now: Micros, expires: Micros) -> Result<Ended> {
        let (keep, now) = (distance(expires, now), self.shared.now(now));
        let patience = self.shared.options.end_patience;
        let ended = self.call("end an operation", patience, async |connection, again| {
            #[cfg(debug_assertions)]
            let hold = &if self.shared.options.faults.no_epoch_check {
                let current = read::get(connection, &hold.id).await?;
                Hold::new(&hold.id, current.map_or(hold.epoch, |row| row.epoch))
            } else {
                hold.clone()
            };
            claim::end(connection, hold, &outcome, keep, again, now).await
        })?;
        if ended == Ended::Recorded {
            self.tell(News::Ended(hold.id.clone()));
        }
        Ok(ended)
    }

    fn release(&self, hold: &Hold, run_at: Micros, counted: bool, now: Micros) -> Result<Ended> {
        let (wait, now) = (distance(run_at, now), self.shared.now(now));
        let patience = self.shared.options.end_patience;
        let released = self.call(
            "give an operation back",
            patience,
            async |connection, again| {
                claim::release(connection, hold, wait, counted, again, now).await
            },
        )?;
        if released == Ended::Recorded && wait <= 0 {
            self.tell(News::Ready);
        }
        Ok(released)
    }

    fn rescue(&self, which: Rescue, now: Micros, expires: Micros) -> Result<Rescued> {
        let (keep, now) = (distance(expires, now), self.shared.now(now));
        let (schema, lease) = (&self.shared.options.schema, self.shared.options.lease);
        let lease = i64::try_from(lease.as_micros()).unwrap_or(LONGEST);
        let rescued = self.ask("take operations back", async |connection, _| {
            sweep::rescue(connection, schema, &which, keep, lease, now).await
        })?;
        if !rescued.requeued.is_empty() {
            self.tell(News::Ready);
        }
        for id in rescued.failed.iter().chain(&rescued.canceled) {
            self.tell(News::Ended(id.clone()));
        }
        Ok(rescued)
    }

    fn cancel(&self, id: &str, now: Micros, expires: Micros) -> Result<Canceled> {
        let (keep, now) = (distance(expires, now), self.shared.now(now));
        let canceled = self.ask("cancel an operation", async |connection, again| {
            sweep::cancel(connection, id, keep, again, now).await
        })?;
        match canceled {
            Canceled::Now => self.tell(News::Ended(id.to_owned())),
            Canceled::Requested => self.tell(News::CancelRequested(id.to_owned())),
            Canceled::TooLate(_) | Canceled::Unknown => {}
        }
        Ok(canceled)
    }

    fn expire(&self, now: Micros, limit: usize) -> Result<Vec<Expired>> {
        let now = self.shared.now(now);
        let schema = &self.shared.options.schema;
        self.ask("remove operations", async |connection, _| {
            sweep::expire(connection, schema, limit, now).await
        })
    }

    fn remove(&self, ids: &[String]) -> Result<Vec<Expired>> {
        self.ask("remove operations", async |connection, _| {
            sweep::remove(connection, ids).await
        })
    }

    fn blobs(&self) -> Result<BTreeSet<String>> {
        let mut blobs = BTreeSet::new();
        let mut after = Some(i64::MIN);
        while let Some(from) = after {
            after = self.ask("read", async |connection, _| {
                read::blobs(connection, from, &mut blobs).await
            })?;
        }
        Ok(blobs)
    }

    fn list(&self, which: &Filter) -> Result<Vec<Record>> {
        self.ask("read", async |connection, _| {
            read::list(connection, which).await
        })
    }

    fn newest(&self, which: &Newest) -> Result<NewestPage> {
        self.ask("read", async |connection, _| {
            read::newest(connection, which).await
        })
    }

    fn line(&self, limit: usize) -> Result<Vec<i64>> {
        self.ask("read", async |connection, _| {
            read::line(connection, limit).await
        })
    }

    fn insert(&self, record: &Record, untold: bool) -> Result<()> {
        self.ask("take an operation", async |connection, again| {
            enter::insert(connection, record, untold, again).await
        })?;
        if record.state == State::Enqueued {
            self.tell(News::Ready);
        }
        Ok(())
    }

    fn stats(&self) -> Result<StoreStats> {
        self.ask("read", async |connection, _| read::stats(connection).await)
    }

    fn waiting(&self, tenant: &str) -> Result<Waiting> {
        self.ask("read", async |connection, _| {
            read::waiting(connection, tenant).await
        })
    }

    fn events_due(&self, limit: usize, again: Micros, now: Micros) -> Result<Vec<EndEvent>> {
        let (wait, now) = (distance(again, now), self.shared.now(now));
        self.ask("hand out an event", async |connection, _| {
            sweep::events_due(connection, limit, wait, now).await
        })
    }

    fn event_done(&self, operation: &str) -> Result<()> {
        self.ask("forget an event", async |connection, _| {
            sweep::event_done(connection, operation).await
        })
    }

    fn event_later(&self, operation: &str, at: Micros, now: Micros) -> Result<()> {
        let (wait, now) = (distance(at, now), self.shared.now(now));
        self.ask("put an event off", async |connection, _| {
            sweep::event_later(connection, operation, wait, now).await
        })
    }

    fn news(&self) -> Option<broadcast::Receiver<News>> {
        Some(self.shared.messenger.subscribe())
    }

    fn takes_round(&self, what: &str, every: Micros, now: Micros) -> Result<bool> {
        let now = self.shared.now(now);
        self.ask("take a round", async |connection, _| {
            sweep::takes_round(connection, what, every, now).await
        })
    }

    fn is_healthy(&self) -> bool {
        self.shared.connections.is_up()
    }
}
