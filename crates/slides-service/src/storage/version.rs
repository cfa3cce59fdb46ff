use std::time::{Duration, SystemTime, UNIX_EPOCH};

use slides_core::{Error, Result};

/// `versionId` of a file that was written while its storage kept no versions (contract section 5).
const UNVERSIONED: &str = "null";

/// A version of a file. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    /// Written while no versions were kept.
    Null,
    /// When it was written, in nanoseconds since 1970; told apart within one path only.
    At(u64),
}

impl Version {
    /// Reads a `versionId`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        if text == UNVERSIONED {
            return Ok(Self::Null);
        }
        let digits = text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        match u64::from_str_radix(text, 16) {
            Ok(at) if digits && text.len() == 16 => Ok(Self::At(at)),
            _ => Err(unknown_version(
                "take `versionId` from the list of the file's versions",
            )),
        }
    }

    pub(super) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::At(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    /// The version of a file written now over `replaced`.
    pub(super) fn now(replaced: Option<Self>) -> Self {
        match replaced {
            Some(Self::At(last)) => {
                Self::of(SystemTime::now()).max(Self::At(last.saturating_add(1)))
            }
            _ => Self::of(SystemTime::now()),
        }
    }

    /// When it was written, as far as the version says so.
    pub(super) fn time(self) -> Option<SystemTime> {
        match self {
            Self::Null => None,
            Self::At(nanos) => Some(UNIX_EPOCH + Duration::from_nanos(nanos)),
        }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str(UNVERSIONED),
            Self::At(nanos) => write!(f, "{nanos:016x}"),
        }
    }
}

/// The vendor's sentence for a `versionId` that names nothing (contract section 2.6).
pub(super) fn unknown_version(advice: &str) -> Error {
    Error::invalid(format!("Invalid version id specified: {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_they_are_written() {
        for version in [
            Version::Null,
            Version::At(0),
            Version::now(None),
            Version::At(u64::MAX),
        ] {
            assert_eq!(Version::parse(&version.to_string()).unwrap(), version);
        }
        for text in [
            "",
            "7",
            "Null",
            "00000000000000000",
            "+00000000000000f",
            "000000000000000F",
            "../../../../../x",
        ] {
            let error = Version::parse(text).unwrap_err().to_string();
            assert!(
                error.contains("Invalid version id specified"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn a_later_version_is_greater_whatever_the_clock_says() {
        let ahead = Version::At(u64::MAX - 1);
        assert_eq!(Version::now(Some(ahead)), Version::At(u64::MAX));
        assert!(Version::now(Some(Version::Null)) > Version::Null);
    }
}
