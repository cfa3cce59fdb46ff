use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Failure, Micros, NewOperation, Outcome, Progress, Record, State};

/// A worker's hold on an operation: every later call of the worker names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hold {
    /// The operation.
    pub id: String,
    /// The epoch of the claim: the fencing token.
    pub epoch: u64,
}

impl Hold {
    /// A hold on an operation.
    pub fn new(id: impl Into<String>, epoch: u64) -> Self {
        Self {
            id: id.into(),
            epoch,
        }
    }
}

/// Answer to a submit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// The operation is in the queue.
    New,
    /// An operation with this idempotency key and request is there already.
    Existing(
        /// Its id.
        String,
    ),
}

/// Answer to a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// The lease is extended.
    Held {
        /// Whether a cancel was asked for.
        cancel: bool,
    },
    /// The hold is gone: the operation ended or somebody else holds it. Stop at once.
    Lost,
}

/// Answer to the end of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Recorded, durable.
    Recorded,
    /// The hold was gone: nothing was changed, the result must be dropped.
    Fenced,
}

/// Answer to a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canceled {
    /// It had not started: it is canceled.
    Now,
    /// It runs: its worker sees the request at its next heartbeat.
    Requested,
    /// It had ended before.
    TooLate(
        /// How it ended.
        State,
    ),
    /// Nothing is known under this id.
    Unknown,
}

/// The longest that an operation is made to wait before another try, in microseconds: ten minutes.
pub(crate) const LONGEST_WAIT: Micros = 600_000_000;

/// The longest that an event waits for its next telling, and more, in microseconds: half an hour.
pub(crate) const LONGEST_EVENT_WAIT: Micros = 1_800_000_000;

/// Which started operations to rescue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rescue {
    /// Those whose lease ended.
    ///
    /// Where the clock is not the caller's (PostgreSQL), leases and events that end later than any is given for are cut
    /// short: the clock was set back since.
    Expired,
    /// All: no worker of an earlier run can be alive, because the caller holds the lock of the
    /// data folder. The claim counts as an attempt only from epoch `count_from` on: the end of a
    /// server is not the deck's fault when decks are read in processes of their own, but a deck
    /// that is there each time is suspect.
    ///
    /// Waiting operations that are due later than any is made to wait (ten minutes) become due: the clock was
    /// set back since. So do all events: whoever had taken one to tell it is gone.
    All {
        /// First epoch that counts.
        count_from: u64,
    },
}

/// What a rescue did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rescued {
    /// Back in the queue.
    pub requeued: Vec<String>,
    /// Failed, their tries being spent.
    pub failed: Vec<String>,
    /// Canceled, as was asked for before the lease ended.
    pub canceled: Vec<String>,
}

/// An operation that was removed after its retention time, with the blobs to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The operation.
    pub id: String,
    /// Input and result blobs it referred to.
    pub blobs: Vec<String>,
}

/// Figures for metrics and back-pressure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Operations by state; states without one may be absent.
    pub depth: BTreeMap<State, u64>,
    /// When the oldest waiting operation was enqueued.
    pub oldest_enqueued: Option<Micros>,
}

impl StoreStats {
    /// Number of operations in a state.
    pub fn count(&self, state: State) -> u64 {
        self.depth.get(&state).copied().unwrap_or(0)
    }
}

/// Commits since the store was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Commits {
    /// Commits.
    pub commits: u64,
    /// Calls that shared them.
    pub calls: u64,
    /// Time they took, the sync of the disk above all.
    pub time: std::time::Duration,
}

/// What waits for a worker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Operations.
    pub operations: u64,
    /// Bytes of their inputs.
    pub bytes: u64,
    /// Operations of the one client.
    pub of_client: u64,
}

/// Which operations to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In these states; in any when empty.
    pub states: Vec<State>,
    /// Of this client; of all when nothing.
    pub tenant: Option<String>,
    /// Behind this `seq`.
    pub after: i64,
    /// At most so many.
    pub limit: usize,
}

impl Filter {
    /// Whether it lets an operation through, the number of them aside.
    pub fn takes(&self, record: &Record) -> bool {
        record.seq > self.after
            && (self.states.is_empty() || self.states.contains(&record.state))
            && self
                .tenant
                .as_ref()
                .is_none_or(|tenant| *tenant == record.tenant)
    }
}

/// Which of the newest operations to show to a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Newest {
    /// In these states; in any when empty.
    pub states: Vec<State>,
    /// Of these clients; of all when empty.
    pub tenants: Vec<String>,
    /// Before this `seq`; from the newest on when nothing.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
    /// Rows that are looked at, at most: the work is bounded however few of them are asked for.
    pub scan: usize,
}

impl Newest {
    /// Whether it lets an operation through, place and number aside.
    pub(super) fn takes(&self, state: State, tenant: &str) -> bool {
        (self.states.is_empty() || self.states.contains(&state))
            && (self.tenants.is_empty() || self.tenants.iter().any(|known| known == tenant))
    }

    /// What `seq` is less than.
    pub(super) fn below(&self) -> i64 {
        self.before.unwrap_or(i64::MAX)
    }
}

/// Answer to [`Store::newest`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewestPage {
    /// The operations, the newest first.
    pub rows: Vec<Record>,
    /// Where to go on, when not all were looked at.
    pub before: Option<i64>,
}

/// The end of an operation with a webhook, of which its caller is to be told. It is written in one change with the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndEvent {
    /// The operation.
    pub operation: String,
    /// Tries so far, this one among them.
    pub attempts: u32,
    /// When the operation ended.
    pub at: Micros,
}

/// What another process did to the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum News {
    /// An operation is ready for a worker.
    Ready,
    /// An operation ended.
    Ended(
        /// Its id.
        String,
    ),
    /// A cancel was asked for of a started operation.
    CancelRequested(
        /// Its id.
        String,
    ),
    /// Some news were missed: anything may have happened.
    Missed,
}

/// The queue's memory. Calls block; a durable store answers a change only after it is on disk.
///
/// Object-safe; times come from the caller.
pub trait Store: Send + Sync + 'static {
    /// Puts an operation into the queue.
    ///
    /// # Errors
    /// [`StoreError::KeyConflict`] when the idempotency key belongs to another request.
    fn submit(&self, operation: NewOperation, now: Micros) -> Result<Submitted, StoreError>;

    /// Reads one operation.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn get(&self, id: &str) -> Result<Option<Record>, StoreError>;

    /// Reads one operation when nothing has to be waited for but the row itself; nothing otherwise.
    fn get_at_once(&self, id: &str) -> Option<Result<Option<Arc<Record>>, StoreError>> {
        let _ = id;
        None
    }

    /// Hands the next ready operation to a worker, with a new epoch.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn claim(
        &self,
        worker: &str,
        lease_until: Micros,
        now: Micros,
    ) -> Result<Option<Record>, StoreError>;

    /// Hands one operation to a worker, if it waits.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn claim_one(
        &self,
        id: &str,
        worker: &str,
        lease_until: Micros,
        now: Micros,
    ) -> Result<Option<Record>, StoreError>;

    /// Extends a lease and carries the progress.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn heartbeat(
        &self,
        hold: &Hold,
        lease_until: Micros,
        progress: Option<Progress>,
        now: Micros,
    ) -> Result<Beat, StoreError>;

    /// Ends an operation. Only the current hold can.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn end(
        &self,
        hold: &Hold,
        outcome: Outcome,
        now: Micros,
        expires: Micros,
    ) -> Result<Ended, StoreError>;

    /// Gives an operation back to the queue, to be claimed at `run_at` or later. `counted` says
    /// whether the claim counts as an attempt.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn release(
        &self,
        hold: &Hold,
        run_at: Micros,
        counted: bool,
        now: Micros,
    ) -> Result<Ended, StoreError>;

    /// Takes operations away from workers that are gone.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn rescue(&self, which: Rescue, now: Micros, expires: Micros) -> Result<Rescued, StoreError>;

    /// Cancels an operation or asks its worker to.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn cancel(&self, id: &str, now: Micros, expires: Micros) -> Result<Canceled, StoreError>;

    /// Removes at most `limit` operations whose retention time is over.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn expire(&self, now: Micros, limit: usize) -> Result<Vec<Expired>, StoreError>;

    /// Removes those of the operations that have ended.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn remove(&self, ids: &[String]) -> Result<Vec<Expired>, StoreError>;

    /// Every blob that an operation refers to: inputs of pending and failed ones, results of ended ones.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn blobs(&self) -> Result<BTreeSet<String>, StoreError>;

    /// Operations in the order of their submits.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn list(&self, which: &Filter) -> Result<Vec<Record>, StoreError>;

    /// The newest operations first, of a bounded number that is looked at.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn newest(&self, which: &Newest) -> Result<NewestPage, StoreError>;

    /// The first of those that wait for a worker, by their `seq`, in the order in which they would be handed out if all
    /// were due.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn line(&self, limit: usize) -> Result<Vec<i64>, StoreError>;

    /// Puts an operation in as another store held it; only its `seq` is given anew. A started one comes back as it
    /// is, to be rescued when its lease ends. `untold` says that its caller was not told of its end yet.
    ///
    /// # Errors
    /// [`StoreError::DuplicateId`] when it is there, [`StoreError::KeyConflict`] when its key is.
    fn insert(&self, record: &Record, untold: bool) -> Result<(), StoreError>;

    /// Counts.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn stats(&self) -> Result<StoreStats, StoreError>;

    /// What waits for a worker, of all clients and of one.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn waiting(&self, tenant: &str) -> Result<Waiting, StoreError>;

    /// Takes up to `limit` events of which nobody was told yet and whose time has come. They come again at `again`,
    /// unless [`event_done`](Self::event_done) or [`event_later`](Self::event_later) says otherwise by then.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn events_due(
        &self,
        limit: usize,
        again: Micros,
        now: Micros,
    ) -> Result<Vec<EndEvent>, StoreError>;

    /// Forgets the event of an operation: it was told, or telling was given up.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn event_done(&self, operation: &str) -> Result<(), StoreError>;

    /// Puts the next try of an event off.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn event_later(&self, operation: &str, at: Micros, now: Micros) -> Result<(), StoreError>;

    /// How changes were made durable so far, where the store knows.
    fn commits(&self) -> Option<Commits> {
        None
    }

    /// News of other processes that share the store; nothing where it has one process.
    fn news(&self) -> Option<tokio::sync::broadcast::Receiver<News>> {
        None
    }

    /// Whether a round of work that one of the processes has to do, such as a search, is due: the first that asks is
    /// told so, and the next round is due after `every`. Where there is one process it is always due.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn takes_round(&self, what: &str, every: Micros, now: Micros) -> Result<bool, StoreError> {
        let _ = (what, every, now);
        Ok(true)
    }

    /// Whether changes can still be made durable.
    fn is_healthy(&self) -> bool {
        true
    }
}

/// Why the store did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The idempotency key belongs to another request.
    #[error("the idempotency key `{key}` was used for another request")]
    KeyConflict {
        /// The key.
        key: String,
    },
    /// An operation with this id exists.
    #[error("an operation with the id `{id}` exists already")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// The store was written by a newer version.
    #[error(
        "the queue at `{path}` has schema {found}, this version knows schemas up to {known}: use a newer version"
    )]
    NewerSchema {
        /// The database: a file, or server, database and schema.
        path: String,
        /// Its schema.
        found: i64,
        /// The newest schema this version knows.
        known: i64,
    },
    /// A commit failed earlier: what the disk holds is uncertain, so nothing more is written.
    #[error("the queue stopped after a failed commit: check the disk and restart")]
    Stopped,
    /// There is no room for the change, which was not made.
    #[error("the disk of the queue is full")]
    Full,
    /// The connection to the database was lost and did not come back in time: it may have been done all the same.
    #[error("the queue cannot {what}, or has and cannot say so: {reason}")]
    Uncertain {
        /// What was being done.
        what: &'static str,
        /// What is known of the loss.
        reason: String,
    },
    /// The store failed.
    #[error("the queue cannot {what}: {reason}")]
    Failed {
        /// What was being done.
        what: &'static str,
        /// The database's words.
        reason: String,
    },
}

/// The failure of an operation whose worker was lost too often.
pub(crate) fn attempts_spent(attempts: u32) -> Failure {
    Failure::new(
        500,
        "workerLost",
        format!(
            "the conversion was started {attempts} times and its worker was lost each time: the deck may need more memory or time than the limits allow"
        ),
    )
}
