//! The queue of operations: one [`Store`] trait, durable implementations and one in memory,
//! and the one table of states they all obey.
//!
//! Publication is exactly once: each claim of a row raises its epoch, and only
//! the holder of the current epoch can end it. Execution is at least once.

#[cfg(debug_assertions)]
mod faults;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
mod recent;
mod record;
mod sqlite;
mod state;
mod store;
#[cfg(test)]
mod suite;
#[cfg(all(test, feature = "postgres"))]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the workspace's tests"
)]
#[path = "../../../../tests/src/postgres.rs"]
pub(crate) mod test_postgres;

#[cfg(debug_assertions)]
#[doc(hidden)]
pub use faults::Faults;
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore};
pub use record::{
    Failure, IdempotencyKey, Micros, NewOperation, Outcome, Progress, Record, ResultRef,
};
pub use sqlite::{SqliteOptions, SqliteStore};
pub use state::{Event, State, transition};
pub use store::{
    Beat, Canceled, Commits, EndEvent, Ended, Expired, Filter, Hold, Newest, NewestPage, News,
    Rescue, Rescued, Store, StoreError, StoreStats, Submitted, Waiting,
};
