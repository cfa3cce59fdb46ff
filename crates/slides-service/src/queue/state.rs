use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where an operation stands. The texts are those of the wire (contract section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// The row exists, its input is not durable yet.
    Created,
    /// Waits for a worker.
    Enqueued,
    /// A worker holds a lease on it.
    Started,
    /// Ended with a result.
    Finished,
    /// Ended with an error.
    Failed,
    /// Ended by a cancel.
    Canceled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Enqueued,
        Self::Started,
        Self::Finished,
        Self::Failed,
        Self::Canceled,
    ];

    /// Whether nothing can change any more.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Canceled)
    }

    /// The text of the wire and of the database column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Enqueued => "Enqueued",
            Self::Started => "Started",
            Self::Finished => "Finished",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("unknown operation state `{text}`"))
    }
}

/// What can happen to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// Its input is durable.
    Enqueue,
    /// A worker takes it.
    Claim,
    /// Its lease ran out, its worker gave it back, or another try is due.
    Requeue,
    /// Its worker has a result.
    Finish,
    /// Its worker gave up, or its tries are spent.
    Fail,
    /// It was canceled. Of a started operation only the holder of its lease, or
    /// the rescue of an ended lease, brings this event.
    Cancel,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 6] = [
        Self::Enqueue,
        Self::Claim,
        Self::Requeue,
        Self::Finish,
        Self::Fail,
        Self::Cancel,
    ];
}

/// The table of states: where `event` leads from `from`, or `None` when it is not allowed there.
///
/// Every store asks this function and nothing else.
pub const fn transition(from: State, event: Event) -> Option<State> {
    match (from, event) {
        (State::Created, Event::Enqueue) | (State::Started, Event::Requeue) => {
            Some(State::Enqueued)
        }
        (State::Enqueued, Event::Claim) => Some(State::Started),
        (State::Started, Event::Finish) => Some(State::Finished),
        (State::Started, Event::Fail) => Some(State::Failed),
        (State::Created | State::Enqueued | State::Started, Event::Cancel) => Some(State::Canceled),
        _ => None,
    }
}

/// What becomes of a started operation whose worker is gone. `counted` says whether the claim counts as an attempt.
pub(super) const fn rescue_event(
    cancel_requested: bool,
    counted: bool,
    attempts: u32,
    max_attempts: u32,
) -> Event {
    if cancel_requested {
        Event::Cancel
    } else if counted && attempts >= max_attempts {
        Event::Fail
    } else {
        Event::Requeue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_transitions_exist() {
        let mut allowed = Vec::new();
        for from in State::ALL {
            for event in Event::ALL {
                if let Some(to) = transition(from, event) {
                    allowed.push(format!("{from} -{event:?}-> {to}"));
                }
            }
        }
        assert_eq!(
            allowed,
            [
                "Created -Enqueue-> Enqueued",
                "Created -Cancel-> Canceled",
                "Enqueued -Claim-> Started",
                "Enqueued -Cancel-> Canceled",
                "Started -Requeue-> Enqueued",
                "Started -Finish-> Finished",
                "Started -Fail-> Failed",
                "Started -Cancel-> Canceled",
            ]
        );
    }

    #[test]
    fn nothing_leaves_a_terminal_state() {
        for from in State::ALL.into_iter().filter(|s| s.is_terminal()) {
            for event in Event::ALL {
                assert_eq!(transition(from, event), None);
            }
        }
    }

    #[test]
    fn texts_read_back() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse::<State>().unwrap(), state);
        }
        assert!("finished".parse::<State>().is_err());
    }
}
