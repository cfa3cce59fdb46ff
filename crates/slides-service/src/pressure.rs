//! When the queue takes no more: bounds on what waits, compared before a body is read.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::options::ServiceLimits;
use crate::queue::Waiting;

/// A queue longer than this is not counted for each call.
const LONG: u64 = 2000;
/// How old the count of a long queue may be.
const FRESH: Duration = Duration::from_millis(250);
/// Clients whose counts are kept.
const CLIENTS: usize = 1024;

/// Counts of a long queue, with what was accepted since.
#[derive(Debug, Default)]
pub(crate) struct Pressure {
    counts: Mutex<HashMap<String, (Instant, Waiting)>>,
}

impl Pressure {
    /// What waits, if it was counted a moment ago.
    pub(crate) fn recent(&self, client: &str) -> Option<Waiting> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, waiting) = counts.get(client)?;
        (at.elapsed() < FRESH).then_some(*waiting)
    }

    /// Keeps a count, if it was a long one.
    pub(crate) fn counted(&self, client: &str, waiting: Waiting) {
        if waiting.operations <= LONG {
            return;
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= CLIENTS {
            counts.clear();
        }
        counts.insert(client.to_owned(), (Instant::now(), waiting));
    }

    /// Adds an operation that was accepted.
    pub(crate) fn accepted(&self, client: &str, bytes: u64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (of, (_, waiting)) in counts.iter_mut() {
            waiting.operations += 1;
            waiting.bytes = waiting.bytes.saturating_add(bytes);
            waiting.of_client += u64::from(of == client);
        }
    }
}

/// The bound that is reached, in words.
pub(crate) fn reached(waiting: &Waiting, limits: &ServiceLimits, client: &str) -> Option<String> {
    let Waiting {
        operations,
        bytes,
        of_client,
    } = waiting;
    if *operations >= limits.max_queue_depth {
        return Some(format!(
            "{operations} operations wait already, at most {} are allowed: come back later or raise `max_queue_depth`",
            limits.max_queue_depth
        ));
    }
    if *bytes >= limits.max_queued_bytes {
        return Some(format!(
            "documents of {bytes} bytes wait already, at most {} are allowed: come back later or raise `max_queued_bytes`",
            limits.max_queued_bytes
        ));
    }
    if !client.is_empty() && *of_client >= limits.max_client_depth {
        return Some(format!(
            "{of_client} operations of this client wait already, at most {} are allowed: come back later or raise `max_client_depth`",
            limits.max_client_depth
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_is_named() {
        let limits = ServiceLimits {
            max_queue_depth: 10,
            max_queued_bytes: 1000,
            max_client_depth: 5,
            ..ServiceLimits::default()
        };
        let at = |operations, bytes, of_client| Waiting {
            operations,
            bytes,
            of_client,
        };
        let cases = [
            (at(9, 999, 4), "a", None),
            (at(10, 0, 0), "a", Some("max_queue_depth")),
            (at(9, 1000, 0), "a", Some("max_queued_bytes")),
            (at(9, 0, 5), "a", Some("max_client_depth")),
            // Without clients there are no shares.
            (at(9, 0, 9), "", None),
        ];
        for (waiting, client, name) in cases {
            let words = reached(&waiting, &limits, client);
            assert_eq!(words.is_some(), name.is_some(), "{waiting:?}");
            assert!(words.is_none_or(|words| words.contains(name.unwrap_or_default())));
        }
    }

    #[test]
    fn a_long_queue_is_remembered_and_grows_with_what_is_accepted() {
        let pressure = Pressure::default();
        let short = Waiting {
            operations: LONG,
            ..Waiting::default()
        };
        pressure.counted("a", short);
        assert_eq!(pressure.recent("a"), None);
        let long = Waiting {
            operations: LONG + 1,
            ..Waiting::default()
        };
        pressure.counted("a", long);
        pressure.accepted("b", 7);
        pressure.accepted("a", 1);
        let grown = Waiting {
            operations: LONG + 3,
            bytes: 8,
            of_client: 1,
        };
        // On a stalled machine the count may be too old by now; then it is none.
        assert!(pressure.recent("a").is_none_or(|waiting| waiting == grown));
        assert_eq!(pressure.recent("b"), None);
    }
}
