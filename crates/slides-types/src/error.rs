//! Errors of reading values.

use std::{error::Error, fmt};

/// A text that is no value of a closed enum.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownValue {
    /// Name of the enum, such as `ExportFormat`.
    pub kind: &'static str,
    /// The text, cut to a hundred characters.
    pub value: String,
    /// The texts that are allowed.
    pub allowed: &'static [&'static str],
}

impl UnknownValue {
    pub(crate) fn new(kind: &'static str, value: &str, allowed: &'static [&'static str]) -> Self {
        Self {
            kind,
            value: shortened(value),
            allowed,
        }
    }
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "invalid value `{}` for `{}`: expected {}",
            self.value,
            self.kind,
            one_of(self.allowed)
        )
    }
}

impl Error for UnknownValue {}

/// A value of an object that is not of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionsError {
    /// Path of the field from the top of the object, such as `fontSubstRules[0].notFoundOnly`; empty for the object itself.
    pub field: String,
    /// The value as JSON, cut to a hundred characters; never that of a secret.
    pub value: String,
    /// What is allowed, such as ``one of `None`, `Flate` ``.
    pub expected: String,
}

impl OptionsError {
    pub(crate) fn new(value: &serde_json::Value, expected: impl Into<String>) -> Self {
        let text = match value {
            serde_json::Value::String(text) => shortened(text),
            serde_json::Value::Array(_) => "[..]".into(),
            serde_json::Value::Object(_) => "{..}".into(),
            other => shortened(&other.to_string()),
        };
        Self {
            field: String::new(),
            value: text,
            expected: expected.into(),
        }
    }

    pub(crate) fn missing(field: &str, allowed: &[&str]) -> Self {
        Self {
            field: field.into(),
            value: String::new(),
            expected: one_of(allowed),
        }
    }

    /// The same error seen from the object around it.
    pub(crate) fn inside(mut self, outer: &str) -> Self {
        let dot = if self.field.is_empty() || self.field.starts_with('[') {
            ""
        } else {
            "."
        };
        self.field = format!("{outer}{dot}{}", self.field);
        self
    }
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.field.as_str(), self.value.as_str()) {
            ("", value) => write!(f, "invalid value `{value}`: expected {}", self.expected),
            (field, "") => write!(
                f,
                "field `{field}` is missing or empty: expected {}",
                self.expected
            ),
            (field, value) => write!(
                f,
                "invalid value `{value}` for `{field}`: expected {}",
                self.expected
            ),
        }
    }
}

impl Error for OptionsError {}

pub(crate) fn one_of(allowed: &[&str]) -> String {
    let texts: Vec<_> = allowed.iter().map(|text| format!("`{text}`")).collect();
    format!("one of {}", texts.join(", "))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((at, _)) => format!("{}..", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
