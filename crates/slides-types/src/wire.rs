//! The rules values are read by (contract sections 0 and 4).

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde_json::{Map, Value};

use crate::error::OptionsError;

/// Stands for a secret wherever one might be shown.
pub(crate) const REDACTED: &str = "[redacted]";

/// Leniently read from JSON.
pub(crate) trait FromWire: Sized {
    fn from_wire(value: Value) -> Result<Self, OptionsError>;
}

impl FromWire for Value {
    fn from_wire(value: Value) -> Result<Self, OptionsError> {
        Ok(value)
    }
}

impl FromWire for String {
    fn from_wire(value: Value) -> Result<Self, OptionsError> {
        match value {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            other => Err(OptionsError::new(&other, "a text")),
        }
    }
}

impl FromWire for bool {
    fn from_wire(value: Value) -> Result<Self, OptionsError> {
        let flag = match &value {
            Value::Bool(flag) => Some(*flag),
            Value::Number(number) => match number.as_f64() {
                Some(0.0) => Some(false),
                Some(1.0) => Some(true),
                _ => None,
            },
            Value::String(text) => match text.trim() {
                "1" => Some(true),
                "0" => Some(false),
                word if word.eq_ignore_ascii_case("true") => Some(true),
                word if word.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            },
            _ => None,
        };
        flag.ok_or_else(|| OptionsError::new(&value, "`true` or `false`"))
    }
}

impl FromWire for f64 {
    fn from_wire(value: Value) -> Result<Self, OptionsError> {
        let number = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| OptionsError::new(&value, "a number"))
    }
}

impl FromWire for i64 {
    fn from_wire(value: Value) -> Result<Self, OptionsError> {
        // Doubles hold whole numbers exactly up to 2^53 only.
        let whole = |number: f64| {
            (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0)
                .then_some(number as i64)
        };
        let number = match &value {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
            Value::String(text) => {
                let text = text.trim();
                text.parse()
                    .ok()
                    .or_else(|| text.parse().ok().and_then(whole))
            }
            _ => None,
        };
        number.ok_or_else(|| OptionsError::new(&value, "a whole number"))
    }
}

impl FromWire for i32 {
    fn from_wire(value: Value) -> Result<Self, OptionsError> {
        let number = i64::from_wire(value.clone())?;
        Self::try_from(number).map_err(|_| {
            OptionsError::new(
                &value,
                format!("a whole number from {} to {}", Self::MIN, Self::MAX),
            )
        })
    }
}

impl<T: FromWire> FromWire for Option<T> {
    fn from_wire(value: Value) -> Result<Self, OptionsError> {
        match value {
            Value::Null => Ok(None),
            value => T::from_wire(value).map(Some),
        }
    }
}

impl<T: FromWire> FromWire for Vec<T> {
    fn from_wire(value: Value) -> Result<Self, OptionsError> {
        let Value::Array(items) = value else {
            return Err(OptionsError::new(&value, "a list"));
        };
        items
            .into_iter()
            .enumerate()
            .filter(|(_, item)| !item.is_null())
            .map(|(index, item)| {
                T::from_wire(item).map_err(|error| error.inside(&format!("[{index}]")))
            })
            .collect()
    }
}

/// Sets a field; `null` leaves it as it is.
pub(crate) fn set<T: FromWire>(
    slot: &mut T,
    field: &str,
    value: Value,
) -> Result<(), OptionsError> {
    if !value.is_null() {
        *slot = T::from_wire(value).map_err(|error| error.inside(field))?;
    }
    Ok(())
}

/// Sets a field whose value must not be shown.
pub(crate) fn set_secret<T: FromWire>(
    slot: &mut T,
    field: &str,
    value: Value,
) -> Result<(), OptionsError> {
    set(slot, field, value).map_err(|mut error| {
        error.value = REDACTED.into();
        error
    })
}

/// Checks the bounds of the API description.
pub(crate) fn within(
    value: Option<i32>,
    field: &str,
    low: i32,
    high: i32,
) -> Result<(), OptionsError> {
    match value {
        Some(number) if !(low..=high).contains(&number) => {
            let expected = format!("a whole number from {low} to {high}");
            Err(OptionsError::new(&number.into(), expected).inside(field))
        }
        _ => Ok(()),
    }
}

pub(crate) fn object(value: Value) -> Result<Map<String, Value>, OptionsError> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(OptionsError::new(&other, "an object")),
    }
}

/// The value under a key, compared in lower case; `null` is none.
pub(crate) fn tag<'a>(value: &'a Value, lower_case_key: &str) -> Option<&'a Value> {
    value
        .as_object()?
        .iter()
        .find(|(key, value)| key.eq_ignore_ascii_case(lower_case_key) && !value.is_null())
        .map(|(_, value)| value)
}

/// The class that knows most of the keys of an object without a tag, the first of equals; none if no class knows any.
pub(crate) fn likely_class<C: Copy>(
    value: &Value,
    classes: &[C],
    keys: impl Fn(C) -> &'static [&'static str],
) -> Option<C> {
    let map = value.as_object()?;
    let mut best = (0, None);
    for class in classes {
        let known = map
            .iter()
            .filter(|(key, value)| {
                !value.is_null()
                    && keys(*class)
                        .iter()
                        .any(|known| key.eq_ignore_ascii_case(known))
            })
            .count();
        if known > best.0 {
            best = (known, Some(*class));
        }
    }
    best.1
}

/// Writes fields of a newer service back, unless they collide with known ones.
pub(crate) fn write_extra<M: SerializeMap>(
    map: &mut M,
    extra: &BTreeMap<String, Value>,
    known: &[&str],
) -> Result<(), M::Error> {
    for (key, value) in extra {
        if !known.iter().any(|known| key.eq_ignore_ascii_case(known)) {
            map.serialize_entry(key, value)?;
        }
    }
    Ok(())
}

macro_rules! deserialize_from_wire {
    ($name:ident) => {
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let value =
                    <::serde_json::Value as ::serde::Deserialize>::deserialize(deserializer)?;
                <$name as $crate::wire::FromWire>::from_wire(value)
                    .map_err(<D::Error as ::serde::de::Error>::custom)
            }
        }
    };
}

macro_rules! enum_text {
    ($name:ident) => {
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl $name {
            /// The known value of a text, in any letter case.
            fn known(text: &str) -> Option<Self> {
                let aliases = Self::ALIASES.iter().map(|(alias, value)| (*alias, value));
                let mut texts = Self::ALL
                    .iter()
                    .map(|value| (value.as_str(), value))
                    .chain(aliases);
                texts
                    .find(|(known, _)| text.eq_ignore_ascii_case(known))
                    .map(|(_, value)| value.clone())
            }
        }
        $crate::wire::deserialize_from_wire!($name);
    };
}

/// Reading and writing of an enum whose texts are all known.
macro_rules! closed_enum {
    ($name:ident) => {
        $crate::wire::enum_text!($name);
        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::known(text.trim())
                    .ok_or_else(|| $crate::UnknownValue::new(stringify!($name), text, Self::TEXTS))
            }
        }
        impl $crate::wire::FromWire for $name {
            fn from_wire(value: ::serde_json::Value) -> Result<Self, $crate::OptionsError> {
                let known = match &value {
                    ::serde_json::Value::String(text) => text.parse().ok(),
                    // An index into the list of values (contract section 4).
                    ::serde_json::Value::Number(number) => number
                        .as_u64()
                        .and_then(|index| usize::try_from(index).ok())
                        .and_then(|index| Self::ALL.get(index))
                        .copied(),
                    _ => None,
                };
                known.ok_or_else(|| {
                    $crate::OptionsError::new(&value, $crate::error::one_of(Self::TEXTS))
                })
            }
        }
    };
}

/// Reading and writing of an enum that keeps texts it does not know.
macro_rules! open_enum {
    ($name:ident) => {
        $crate::wire::enum_text!($name);
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::known(text.trim()).unwrap_or_else(|| Self::Unknown(text.into()))
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }
        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(text))
            }
        }
        impl Default for $name {
            /// An empty text, as read from an answer that lacks the field.
            fn default() -> Self {
                Self::Unknown(Box::default())
            }
        }
        impl $crate::wire::FromWire for $name {
            fn from_wire(value: ::serde_json::Value) -> Result<Self, $crate::OptionsError> {
                String::from_wire(value).map(Self::from)
            }
        }
    };
}

pub(crate) use {closed_enum, deserialize_from_wire, enum_text, open_enum};
