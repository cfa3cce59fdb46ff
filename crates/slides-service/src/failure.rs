//! How what went wrong becomes the `error` of a failed operation (contract sections 2.6 and 3).

use std::time::Duration;

use slides_core::Error;
use slides_engine::ErrorKind;

use crate::queue::Failure;
use crate::stats::Death;
use crate::worker::RunError;

/// Why an operation did not finish, and whether another try may help.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// It ends as failed.
    Fail(Failure),
    /// It is tried again until its class has no more tries, then it ends as failed.
    Retry { failure: Failure, class: Retry },
    /// It was told to stop; who told it knows why.
    Stopped,
}

/// Why another try may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Its worker died: the deck may be what kills it, and must not be given many workers.
    Crash,
    /// Files or storages cannot be read or written.
    Storage,
}

/// The first wait before another try; doubled with each.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait before another try.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

impl Retry {
    /// Starts of an operation, the first one included.
    pub(crate) fn tries(self) -> u32 {
        match self {
            Self::Crash => 2,
            Self::Storage => 5,
        }
    }

    /// The wait after the start number `attempts`: a second, doubled with each, at most a minute. With `chance` from
    /// 0 to 1 up to half of it comes on top, so that what failed together does not come back together.
    pub(crate) fn back_off(attempts: u32, chance: f64) -> Duration {
        let doubled = FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(10));
        doubled
            .mul_f64(1.0 + chance.clamp(0.0, 1.0) / 2.0)
            .min(LONGEST_WAIT)
    }
}

impl Wrong {
    pub(crate) fn fail(http_status: u16, code: &str, message: impl Into<String>) -> Self {
        Self::Fail(Failure::new(http_status, code, message))
    }

    /// A stored document that is not there.
    pub(crate) fn missing(path: &str) -> Self {
        Self::fail(404, "notFound", format!("{path} does not exist"))
    }

    /// Trouble with the disk.
    pub(crate) fn disk(message: impl Into<String>) -> Self {
        Self::Retry {
            failure: Failure::new(500, "storageFailed", message),
            class: Retry::Storage,
        }
    }

    pub(crate) fn io(what: &str, error: &std::io::Error) -> Self {
        Self::disk(format!("{what}: {error}"))
    }
}

impl From<RunError> for Wrong {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Stopped => Self::Stopped,
            // Another try would pass the limit again.
            RunError::Died {
                death: Death::ProcessorTime | Death::FileSize,
                message,
            } => Self::fail(413, "limitExceeded", message),
            RunError::Died {
                death: Death::ForbiddenCall,
                message,
            } => Self::fail(500, "sandbox", message),
            RunError::Io(message) => Self::disk(message),
            RunError::Died { message, .. } => Self::Retry {
                failure: Failure::new(500, "workerCrashed", message),
                class: Retry::Crash,
            },
            RunError::Engine { kind, message, .. } => match kind {
                ErrorKind::BadInput => Self::fail(
                    400,
                    "invalidArgument",
                    format!("Failed to load the presentation: {message}"),
                ),
                // The vendor's word for both; what follows it tells them apart.
                ErrorKind::WrongPassword => Self::fail(400, "invalidArgument", "Invalid password."),
                ErrorKind::PasswordRequired => Self::fail(
                    400,
                    "invalidArgument",
                    "Invalid password. The presentation is protected: send its password in the `password` header",
                ),
                ErrorKind::UnsupportedFormat => Self::fail(415, "unsupportedFormat", message),
                ErrorKind::InvalidOption => Self::fail(400, "invalidArgument", message),
                ErrorKind::LimitExceeded => Self::fail(413, "limitExceeded", message),
                ErrorKind::Output => Self::disk(message),
                _ => Self::fail(500, "internal", message),
            },
        }
    }
}

impl From<Error> for Wrong {
    /// An error of the storage.
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { what, detail: None } => Self::missing(&what),
            Error::NotFound {
                what,
                detail: Some(detail),
            } => Self::fail(404, "notFound", format!("{what} does not exist: {detail}")),
            Error::Rejected(rejection) => {
                Self::fail(rejection.status, &rejection.code, rejection.message)
            }
            Error::Io { what, source } => Self::io(&what, &source),
            other => Self::disk(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use slides_engine::SourceKind;

    use super::*;

    #[test]
    fn engine_errors_become_the_statuses_of_the_contract() {
        let cases = [
            (
                ErrorKind::BadInput,
                400,
                "Failed to load the presentation: why",
            ),
            (ErrorKind::WrongPassword, 400, "Invalid password."),
            (ErrorKind::UnsupportedFormat, 415, "why"),
            (ErrorKind::InvalidOption, 400, "why"),
            (ErrorKind::LimitExceeded, 413, "why"),
            (ErrorKind::Internal, 500, "why"),
        ];
        for (kind, status, text) in cases {
            let error = RunError::Engine {
                kind,
                message: "why".to_owned(),
                source: SourceKind::Pptx,
            };
            let Wrong::Fail(failure) = Wrong::from(error) else {
                panic!("{kind:?} is tried again")
            };
            assert_eq!(
                (failure.http_status, failure.message.as_str()),
                (status, text)
            );
        }
    }

    #[test]
    fn only_crashes_and_disks_are_tried_again() {
        let class = |error| match Wrong::from(error) {
            Wrong::Retry { class, .. } => Some(class),
            _ => None,
        };
        let died = |death| RunError::Died {
            death,
            message: "x".to_owned(),
        };
        for (error, expected) in [
            (died(Death::Crash), Some(Retry::Crash)),
            (died(Death::Memory), Some(Retry::Crash)),
            (died(Death::Garbled), Some(Retry::Crash)),
            (died(Death::ProcessorTime), None),
            (died(Death::FileSize), None),
            (died(Death::ForbiddenCall), None),
            (RunError::Io("x".to_owned()), Some(Retry::Storage)),
            (RunError::Stopped, None),
        ] {
            let text = format!("{error:?}");
            assert_eq!(class(error), expected, "{text}");
        }
        assert!(matches!(Wrong::from(RunError::Stopped), Wrong::Stopped));
        assert_eq!((Retry::Crash.tries(), Retry::Storage.tries()), (2, 5));
    }

    #[test]
    fn waits_grow_from_a_second_to_a_minute() {
        let seconds = |attempts, chance| Retry::back_off(attempts, chance).as_secs_f64();
        assert_eq!((seconds(1, 0.0), seconds(1, 1.0)), (1.0, 1.5));
        assert_eq!((seconds(4, 0.0), seconds(4, 1.0)), (8.0, 12.0));
        for attempts in [0, 7, 50, u32::MAX] {
            assert!((1.0..=60.0).contains(&seconds(attempts, 1.0)), "{attempts}");
        }
    }
}
