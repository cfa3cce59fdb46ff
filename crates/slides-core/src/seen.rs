//! What a caller knows of an operation, and waiting until it is something else.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use slides_types::{Operation, OperationStatus};
use tokio::time::Instant;

use crate::{AsyncApi, OperationId, PhaseExt, Result, StatusReply};

/// Waits between two looks of an implementer that can only be asked.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LONGEST_LOOK: Duration = Duration::from_secs(1);

/// Where an operation stood when it was looked at last: status and step. [`AsyncApi::changed`] waits until it is
/// something else. As a text it is `Started:3`, or `Enqueued` without a step.
///
/// ```
/// use slides_core::{Seen, testing::reply};
///
/// let seen = Seen::of(&reply("op-1", "Started").progress(3, 10).operation);
/// assert_eq!(seen.to_string(), "Started:3");
/// assert_eq!("Started:3".parse(), Ok(seen));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// Its status.
    pub status: OperationStatus,
    /// How many steps (slides) were done; none before the first report.
    pub step: Option<i32>,
}

/// A text that is no [`Seen`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is a status with or without a step, such as `Enqueued` or `Started:3`")]
pub struct InvalidSeen;

impl Seen {
    /// What this status reply tells.
    pub fn of(operation: &Operation) -> Self {
        Self {
            status: operation.status.clone(),
            step: operation
                .progress
                .as_ref()
                .map(|progress| progress.step_index),
        }
    }

    /// Whether there is something new in a reply: another status or step, or an end.
    pub fn is_outdated_by(&self, operation: &Operation) -> bool {
        operation.phase().is_terminal() || *self != Self::of(operation)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Some(step) => write!(f, "{}:{step}", self.status),
            None => write!(f, "{}", self.status),
        }
    }
}

impl FromStr for Seen {
    type Err = InvalidSeen;

    fn from_str(text: &str) -> Result<Self, InvalidSeen> {
        let (status, step) = match text.split_once(':') {
            Some((status, step)) => (status, Some(step.parse().map_err(|_| InvalidSeen)?)),
            None => (text, None),
        };
        match OperationStatus::from(status) {
            OperationStatus::Unknown(_) => Err(InvalidSeen),
            status => Ok(Self { status, step }),
        }
    }
}

/// [`AsyncApi::changed`] of an implementer that tells nothing by itself: asks again and again.
pub(crate) async fn by_asking<A: AsyncApi + ?Sized>(
    api: &A,
    id: &OperationId,
    seen: &Seen,
    limit: Duration,
) -> Result<StatusReply> {
    let end = Instant::now() + limit;
    let mut wait = FIRST_LOOK;
    loop {
        let reply = api.status(id).await?;
        let left = end.saturating_duration_since(Instant::now());
        if seen.is_outdated_by(&reply.operation) || left.is_zero() {
            return Ok(reply);
        }
        tokio::time::sleep(wait.max(reply.retry_after.unwrap_or_default()).min(left)).await;
        wait = (wait * 2).min(LONGEST_LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeApi, reply};

    fn seen(text: &str) -> Seen {
        text.parse().unwrap()
    }

    #[test]
    fn texts_that_are_none_are_refused() {
        for text in ["", ":", "Started:", "Started:x", "Resting", "Started:1:2"] {
            assert_eq!(text.parse::<Seen>(), Err(InvalidSeen), "{text}");
        }
        assert_eq!(seen("started:-1").to_string(), "Started:-1");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_a_change_an_end_or_its_time() {
        let script = || {
            let step = |n| Ok(reply("op-1", "Started").progress(n, 3));
            FakeApi::new([step(1), step(1), step(2), Ok(reply("op-1", "Finished"))])
        };
        let id = OperationId::from("op-1");
        let minute = Duration::from_mins(1);
        let api = script();
        let told = api.changed(&id, seen("Started:1"), minute).await.unwrap();
        assert_eq!(Seen::of(&told.operation), seen("Started:2"));
        assert_eq!(api.status_calls(), 3);
        // An end is told at once, also to who knows it.
        let told = api.changed(&id, seen("Finished"), minute).await.unwrap();
        assert_eq!(Seen::of(&told.operation), seen("Finished"));
        assert_eq!(api.status_calls(), 4);

        let still = FakeApi::statuses(["Enqueued"]);
        let begun = Instant::now();
        let told = still.changed(&id, seen("Enqueued"), minute).await.unwrap();
        assert_eq!(told.operation.status, OperationStatus::Enqueued);
        assert_eq!(begun.elapsed(), minute);
        assert!(still.status_calls() < 100, "{}", still.status_calls());
    }
}
