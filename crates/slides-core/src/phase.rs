//! The client's half of the status machine: what a status means to someone who waits.

use slides_types::{Operation, OperationStatus};

/// What a status means to someone who waits. Exhaustive on purpose: the vendor's six states fall
/// into the first four, everything a newer server may say into the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// `Created`, `Enqueued`, `Started`: ask again later.
    Pending,
    /// `Finished`: the result can be fetched.
    Succeeded,
    /// `Failed`: the operation's error says why.
    Failed,
    /// `Canceled`: there is nothing to fetch.
    Canceled,
    /// A status this client does not know.
    Unrecognized,
}

impl Phase {
    /// The phase of a status.
    pub fn of(status: &OperationStatus) -> Self {
        match status {
            OperationStatus::Created | OperationStatus::Enqueued | OperationStatus::Started => {
                Self::Pending
            }
            OperationStatus::Finished => Self::Succeeded,
            OperationStatus::Failed => Self::Failed,
            OperationStatus::Canceled => Self::Canceled,
            _ => Self::Unrecognized,
        }
    }

    /// Whether the operation has ended, well or badly.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }
}

/// Gives the [`Phase`] of anything that has a status.
///
/// ```
/// use slides_core::{Phase, PhaseExt, types::OperationStatus};
///
/// assert_eq!(OperationStatus::Enqueued.phase(), Phase::Pending);
/// ```
pub trait PhaseExt {
    /// What the status means to someone who waits.
    fn phase(&self) -> Phase;
}

impl PhaseExt for OperationStatus {
    fn phase(&self) -> Phase {
        Phase::of(self)
    }
}

impl PhaseExt for Operation {
    fn phase(&self) -> Phase {
        Phase::of(&self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_phase() {
        for (text, phase) in [
            ("Created", Phase::Pending),
            ("Enqueued", Phase::Pending),
            ("Started", Phase::Pending),
            ("Finished", Phase::Succeeded),
            ("Failed", Phase::Failed),
            ("Canceled", Phase::Canceled),
            ("Paused", Phase::Unrecognized),
        ] {
            assert_eq!(OperationStatus::from(text).phase(), phase, "{text}");
            let ended = matches!(text, "Finished" | "Failed" | "Canceled");
            assert_eq!(phase.is_terminal(), ended, "{text}");
        }
    }
}
