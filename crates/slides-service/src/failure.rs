//! How what went wrong becomes the `error` of a failed operation (contract sections 2.6 and 3).

use slides_core::Error;
use slides_engine::ErrorKind;

use crate::queue::Failure;
use crate::worker::RunError;

/// Why an operation did not finish, and whether another try may help.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// It ends as failed.
    Fail(Failure),
    /// It is tried again until it was started `tries` times, then it ends as failed.
    Retry { failure: Failure, tries: u32 },
    /// It was told to stop; who told it knows why.
    Stopped,
}

/// Starts of an operation whose worker crashes.
const CRASH_TRIES: u32 = 2;
/// Starts of an operation whose files cannot be read or written.
const DISK_TRIES: u32 = 5;

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
            tries: DISK_TRIES,
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
            RunError::OverLimit(message) => Self::fail(413, "limitExceeded", message),
            RunError::Io(message) => Self::disk(message),
            RunError::Crashed(message) => Self::Retry {
                failure: Failure::new(500, "workerCrashed", message),
                tries: CRASH_TRIES,
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
        let crashed = Wrong::from(RunError::Crashed("x".to_owned()));
        assert!(matches!(crashed, Wrong::Retry { tries: 2, .. }));
        assert!(matches!(
            Wrong::from(RunError::Io("x".to_owned())),
            Wrong::Retry { tries: 5, .. }
        ));
        assert!(matches!(
            Wrong::from(RunError::OverLimit("x".to_owned())),
            Wrong::Fail(_)
        ));
        assert!(matches!(Wrong::from(RunError::Stopped), Wrong::Stopped));
    }
}
