//! The status machine: what a status means to a waiting client, and which moves a store may make.

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

/// Whether a store may move an operation from one status to another.
///
/// Created → Enqueued → Started → Finished, Failed or Canceled; Created and Enqueued → Canceled;
/// Started → Enqueued when a lease runs out. Nothing leaves an ended state.
pub fn can_move(from: &OperationStatus, to: &OperationStatus) -> bool {
    use OperationStatus::{Canceled, Created, Enqueued, Failed, Finished, Started};
    matches!(
        (from, to),
        (Created, Enqueued | Canceled)
            | (Enqueued, Started | Canceled)
            | (Started, Finished | Failed | Canceled | Enqueued)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<OperationStatus> {
        use OperationStatus::{Canceled, Created, Enqueued, Failed, Finished, Started};
        vec![Created, Enqueued, Started, Finished, Failed, Canceled]
    }

    #[test]
    fn each_status_has_its_phase() {
        let phases: Vec<_> = all().iter().map(PhaseExt::phase).collect();
        use Phase::{Canceled, Failed, Pending, Succeeded};
        assert_eq!(
            phases,
            [Pending, Pending, Pending, Succeeded, Failed, Canceled]
        );
        assert_eq!(
            OperationStatus::Unknown("Paused".into()).phase(),
            Phase::Unrecognized
        );
    }

    #[test]
    fn exactly_the_eight_moves_of_the_design_are_allowed() {
        let mut moves = Vec::new();
        for from in all() {
            for to in all() {
                if can_move(&from, &to) {
                    moves.push(format!("{from:?}>{to:?}"));
                }
                assert!(
                    !(from.phase().is_terminal() && can_move(&from, &to)),
                    "{from:?} is final"
                );
            }
        }
        assert_eq!(
            moves,
            [
                "Created>Enqueued",
                "Created>Canceled",
                "Enqueued>Started",
                "Enqueued>Canceled",
                "Started>Enqueued",
                "Started>Finished",
                "Started>Failed",
                "Started>Canceled"
            ]
        );
    }
}
