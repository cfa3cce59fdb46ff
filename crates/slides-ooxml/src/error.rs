use std::fmt;

/// Why a package could not be read. The text says which part, which value and what is allowed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Error {
    /// What kind of trouble it is.
    pub kind: ErrorKind,
    /// One sentence: what failed, on which part, and what to do.
    pub message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Kinds of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are no ZIP package.
    NotAPackage,
    /// A package of another kind (Word, Excel, a plain ZIP).
    NotAPresentation,
    /// The binary PowerPoint 97-2003 format.
    LegacyPpt,
    /// An OpenDocument file.
    OpenDocument,
    /// A PDF.
    Pdf,
    /// No bytes at all.
    Empty,
    /// The deck is encrypted and no password was given.
    PasswordRequired,
    /// The deck is encrypted with another password.
    WrongPassword,
    /// The deck is encrypted in a way that is not read.
    UnsupportedEncryption,
    /// The package or one of its parts is damaged.
    Damaged,
    /// A limit was passed; the message names its setting.
    Limit,
    /// What is asked for does not fit the deck, such as a slide it does not have.
    BadRequest,
    /// The package could not be written.
    Output,
}

/// Result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn damaged(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Damaged, message)
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Limit, message)
    }

    /// The cause alone, for callers that carry the message on themselves.
    pub fn into_source(self) -> Option<Box<dyn std::error::Error + Send + Sync>> {
        self.source
    }

    pub(crate) fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}
