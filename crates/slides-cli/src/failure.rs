//! Why a command did not do its work, for people, scripts and the shell.

use std::error::Error as StdError;
use std::io;

use serde_json::{Value, json};
use slides_service::engine::{EngineError, ErrorKind};

use crate::sdk::{Error, OperationId};

/// What helps when a deck cannot be read.
pub(crate) const DAMAGED: &str = "PowerPoint can often open and save a deck that is damaged";

/// Exit status of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The operation failed or was canceled, or its files could not be read or written.
    Failed = 1,
    /// The command line asks for something that cannot be.
    Usage = 2,
    /// The time was up; the operation may still run.
    Deadline = 3,
    /// The service or the network said no.
    Service = 4,
}

/// What went wrong, its causes, and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) causes: Vec<String>,
    pub(crate) hint: Option<String>,
    pub(crate) id: Option<OperationId>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            causes: Vec::new(),
            hint: None,
            id: None,
        }
    }

    /// What an engine says, in words that name the deck, with its cause and what helps.
    pub(crate) fn of_engine(error: &EngineError, message: impl Into<String>) -> Self {
        let mut failure = Self::new(Exit::Failed, message);
        failure.hint = match error.kind {
            ErrorKind::PasswordRequired | ErrorKind::WrongPassword => {
                Some(crate::password::HINT.to_owned())
            }
            ErrorKind::BadInput => Some(DAMAGED.to_owned()),
            _ => None,
        };
        match error.source() {
            Some(cause) => failure.caused_by(cause),
            None => failure,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What to do when a file cannot be written, where the system says why.
    pub(crate) fn hint_of_writing(self, error: &io::Error) -> Self {
        match writing(error) {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    pub(crate) fn caused_by(mut self, error: &(dyn StdError + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            let text = cause.to_string();
            if self.causes.last() != Some(&text) && self.message != text {
                self.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    /// What JSON readers are told.
    pub(crate) fn event(&self) -> Value {
        json!({
            "event": "error",
            "error": self.message,
            "causes": self.causes,
            "hint": self.hint,
            "id": self.id.as_ref().map(ToString::to_string),
            "exit": self.exit as u8,
        })
    }

    /// A failed call of the SDK.
    pub(crate) fn from_sdk(error: &Error) -> Self {
        let exit = match error {
            Error::Failed { .. } | Error::Canceled { .. } | Error::Io { .. } => Exit::Failed,
            // Asking for the result of such an operation is refused, but it is the operation that failed.
            Error::Rejected(rejection)
                if matches!(
                    rejection.code.as_str(),
                    "operationFailed" | "operationCanceled"
                ) =>
            {
                Exit::Failed
            }
            Error::DeadlineExceeded { .. } => Exit::Deadline,
            _ => Exit::Service,
        };
        let message = match error {
            // The id says nothing to someone who converts a file.
            Error::Failed { error, .. } => error
                .message
                .clone()
                .unwrap_or_else(|| "the operation failed without a reason".to_owned()),
            Error::Rejected(rejection) => rejection.message.clone(),
            other => other.to_string(),
        };
        let mut failure = Self::new(exit, message);
        if let Some(source) = error.source() {
            failure = failure.caused_by(source);
        }
        failure.id = match error {
            Error::Failed { id, .. }
            | Error::Canceled { id }
            | Error::UnrecognizedStatus { id, .. } => Some(id.clone()),
            Error::DeadlineExceeded { last, .. } => Some(OperationId::new(last.id.clone())),
            _ => None,
        };
        failure.hint = hint(error, &failure.message).or_else(|| {
            let cause = error.source()?.downcast_ref()?;
            writing(cause).map(str::to_owned)
        });
        failure
    }
}

fn writing(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::StorageFull => {
            Some("the disk is full: make room (`df -h` says where), or write to another one")
        }
        io::ErrorKind::PermissionDenied => {
            Some("you may not write there: `ls -ld` says who may; write to a folder of your own")
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            Some("nothing can be written on that disk: write to another one")
        }
        _ => None,
    }
}

fn hint(error: &Error, message: &str) -> Option<String> {
    let text = match error {
        Error::Failed { .. } | Error::Rejected(_)
            if message.to_ascii_lowercase().contains("password") =>
        {
            crate::password::HINT
        }
        Error::Failed { .. } if message.contains("LibreOffice") => {
            "`slides doctor` says what this machine has and how to install the rest"
        }
        Error::DeadlineExceeded { .. } => {
            "the operation goes on: `slides watch ID` follows it, `slides cancel ID` ends it"
        }
        Error::Auth(_) => {
            "log in with `slides login`, or set SLIDES_CLIENT_ID and SLIDES_CLIENT_SECRET to what the server expects"
        }
        Error::Transport(_) => {
            "is the server there? `slides serve` starts one, `--server URL` or SLIDES_SERVER names another"
        }
        Error::Rejected(rejection) if rejection.code == "operationNotFinished" => {
            "`slides watch ID` follows the operation to its end"
        }
        // Storages and files can be missing as well.
        Error::NotFound { .. } if error.to_string().contains("Operation") => {
            "ids are kept for a day after the end of an operation, and only by the server that made them"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let inner = std::io::Error::other("disk full");
        let failure = Failure::from_sdk(&Error::io("cannot write `x`", inner));
        assert_eq!(
            (failure.message.as_str(), failure.causes.as_slice()),
            ("cannot write `x`", &["disk full".to_owned()][..])
        );
        assert_eq!(failure.exit, Exit::Failed);
    }

    #[test]
    fn kinds_of_errors_have_their_exit_status() {
        assert_eq!(
            Failure::from_sdk(&Error::Canceled { id: "1".into() }).exit,
            Exit::Failed
        );
        assert_eq!(
            Failure::from_sdk(&Error::rejected(409, "operationFailed", "x")).exit,
            Exit::Failed
        );
        assert_eq!(
            Failure::from_sdk(&Error::not_found("1")).exit,
            Exit::Service
        );
        assert_eq!(
            Failure::from_sdk(&Error::unavailable(503, "draining", None)).exit,
            Exit::Service
        );
    }
}
