//! Options of an export, chosen by its format.

use serde_json::Value;

use crate::{ExportFormat, ExportOptions, ExportOptionsClass, OptionsError};

impl ExportOptions {
    /// The class of options a format takes.
    pub const fn class_of(format: ExportFormat) -> ExportOptionsClass {
        format.options_class()
    }

    /// Reads options for an export to `format` (contract section 4).
    ///
    /// Keys and enum texts are read in any letter case, enums also as the index of their value, booleans also as 1 and 0
    /// or as text, numbers also as text; `null` is absent, unknown keys are kept in `extra`. A `format` inside the object
    /// has no effect.
    ///
    /// # Errors
    /// The value is no object, or that of a field is not allowed; the error names the field and what is allowed.
    pub fn from_json(format: ExportFormat, value: &Value) -> Result<Self, OptionsError> {
        Self::read_as(Self::class_of(format), value.clone())
    }

    /// The options as they are sent with an export to `format`: camelCase, absent fields left out, `format` naming the
    /// class that `format` takes.
    pub fn to_json(&self, format: ExportFormat) -> Value {
        // Writing plain data into a `Value` cannot fail; an empty object would still be a valid request.
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Value::Object(map) = &mut value {
            map.insert("format".into(), Self::class_of(format).as_str().into());
        }
        value
    }
}
