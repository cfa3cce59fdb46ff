//! Points in time as they are sent.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{
    error::OptionsError,
    wire::{FromWire, deserialize_from_wire},
};

/// A point in time, kept as the text it was sent as.
///
/// Services differ in the number of fraction digits and in the offset (`Z`, `+00:00`, none), and a date that cannot be
/// read must not make an answer unreadable; so the text is kept, and read only by who needs it.
/// ISO 8601 in UTC is expected, such as `2023-11-30T15:38:48.8103587Z`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Timestamp(String);

impl Timestamp {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, taken out.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl AsRef<str> for Timestamp {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl FromWire for Timestamp {
    fn from_wire(value: Value) -> Result<Self, OptionsError> {
        Ok(Self(match value {
            Value::String(text) => text,
            other => other.to_string(),
        }))
    }
}

deserialize_from_wire!(Timestamp);
