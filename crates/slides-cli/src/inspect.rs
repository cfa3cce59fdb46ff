//! Decks that are looked at in this process, without a queue in front.

use std::path::Path;

use slides_service::engine::{EngineError, ErrorKind, SourceKind, sniff};

use crate::failure::{Exit, Failure};
use crate::{convert, password};

/// A deck and the password that opens it, in memory.
pub(crate) struct OpenDeck {
    pub(crate) bytes: Vec<u8>,
    password: Option<String>,
    name: String,
}

impl OpenDeck {
    /// Reads a deck; asks for its password when it is protected and none is given. What the native engine does not read
    /// is refused.
    pub(crate) fn read(
        path: &Path,
        arguments: &crate::arguments::PasswordArguments,
        may_ask: bool,
    ) -> Result<Self, Failure> {
        convert::check_input(path)?;
        let name = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| Failure::usage(format!("cannot read `{name}`")).caused_by(&error))?;
        let kind = sniff(&bytes);
        if matches!(kind, SourceKind::Ppt | SourceKind::Odp) {
            let what = if kind == SourceKind::Ppt {
                "a PowerPoint 97-2003 file"
            } else {
                "an OpenDocument presentation"
            };
            return Err(Failure::new(
                Exit::Failed,
                format!("`{name}` is {what}, and only the PPTX family is looked into"),
            )
            .hint(format!(
                "convert it first, with LibreOffice: `slides convert {name} --to pptx`"
            )));
        }
        let mut given = password::given(arguments)?;
        if given.is_none() && may_ask && kind == SourceKind::EncryptedPptx {
            given = password::asked_for([path])?;
        }
        let password = given.map(|password| password.expose().to_owned());
        Ok(Self {
            bytes,
            password,
            name,
        })
    }

    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// What the engine says, with the name of the deck.
    pub(crate) fn failure(&self, error: &EngineError) -> Failure {
        let name = &self.name;
        let message = match error.kind {
            ErrorKind::PasswordRequired => {
                format!("`{name}` is protected and no password was given")
            }
            ErrorKind::WrongPassword => format!("the password does not open `{name}`"),
            _ => format!("`{name}`: {}", error.message),
        };
        Failure::of_engine(error, message)
    }
}
