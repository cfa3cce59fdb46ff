//! The queue of operations: one [`Store`] trait, a durable and an in-memory
//! implementation, and the one table of states both obey.
//!
//! Publication is exactly once: each claim of a row raises its epoch, and only
//! the holder of the current epoch can end it. Execution is at least once.

#[cfg(debug_assertions)]
mod faults;
mod memory;
mod recent;
mod record;
mod sqlite;
mod state;
mod store;
#[cfg(test)]
mod suite;

#[cfg(debug_assertions)]
#[doc(hidden)]
pub use faults::Faults;
pub use memory::MemoryStore;
pub use record::{
    Failure, IdempotencyKey, Micros, NewOperation, Outcome, Progress, Record, ResultRef,
};
pub use sqlite::{SqliteOptions, SqliteStore};
pub use state::{Event, State, transition};
pub use store::{
    Beat, Canceled, Commits, EndEvent, Ended, Expired, Filter, Hold, News, Rescue, Rescued, Store,
    StoreError, StoreStats, Submitted, Waiting,
};
