//! What the generated files need.

pub(crate) use std::{collections::BTreeMap, fmt};

pub(crate) use serde::ser::{Serialize, SerializeMap as _, Serializer};
pub(crate) use serde_json::Value;

pub(crate) use crate::{
    error::{OptionsError, UnknownValue},
    generated::*,
    timestamp::Timestamp,
    wire::{self, FromWire, closed_enum, deserialize_from_wire, open_enum},
};
