//! What went wrong with a call, and whether it may be made again.

use super::super::StoreError;

/// Why a call was not answered.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The answer is no.
    Refused(StoreError),
    /// It will not go better next time.
    Failed(String),
    /// Nothing was changed, and another try may do better.
    Undone(String),
    /// The connection was lost: what was asked for may have been done all the same.
    Unknown(String),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        let text = error.to_string();
        match &error {
            sqlx::Error::Database(refused) => match refused.code().as_deref() {
                Some(code) => of_code(code, text),
                None => Self::Failed(text),
            },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed => Self::Unknown(text),
            _ => Self::Failed(text),
        }
    }
}

/// By PostgreSQL's error codes (its manual's appendix A).
fn of_code(code: &str, text: String) -> Trouble {
    match code {
        // Serialization failure, deadlock, a lock or statement that took too long, a server that has become a
        // standby, too many connections, a server that starts or stops: the transaction was rolled back or never began.
        "40001" | "40P01" | "55P03" | "57014" | "25006" | "53300" | "57P03" => {
            Trouble::Undone(text)
        }
        "53100" => Trouble::Refused(StoreError::Full),
        // The server ends the session. It may do so while a commit waits for the synchronous standby.
        _ if code.starts_with("57P") || code.starts_with("08") => Trouble::Unknown(text),
        _ => Trouble::Failed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_was_ended_leaves_the_outcome_open() {
        for (code, open) in [
            ("57P01", true),
            ("08006", true),
            ("40001", false),
            ("23505", false),
        ] {
            let trouble = of_code(code, String::new());
            assert_eq!(matches!(trouble, Trouble::Unknown(_)), open, "{code}");
        }
    }
}
