//! Wire models of the Slides Cloud async API.
//!
//! The models and the route table are generated from `docs/openapi/slides-async.yaml` by `cargo xtask codegen`; this
//! crate adds the rules they are read and written by:
//!
//! * keys and enum values are read without regard to case, `null` is absent, absent fields are left out when written;
//! * fields and enum values of a newer service are kept (`extra`, `Unknown`) and written back;
//! * scalars are read leniently: `"90"`, `90.0` and `90` are the same whole number, `1` and `"True"` are `true`;
//! * a required field that is missing from an answer has its default value.
//!
//! ```
//! use slides_types::{Operation, OperationStatus};
//!
//! let text = r#"{"Id":"6d0c9c3e","method":"Convert","status":"cancelled","queue":7}"#;
//! let operation: Operation = serde_json::from_str(text)?;
//! assert_eq!(operation.status, OperationStatus::Canceled);
//! assert_eq!(operation.extra["queue"], 7);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! Invariant: this crate needs serde and serde_json alone and does no I/O.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod check;
mod error;
#[rustfmt::skip]
#[allow(clippy::single_match, clippy::single_match_else, reason = "a model may have a single field")]
mod generated;
mod export;
mod prelude;
mod route;
#[cfg(test)]
mod tests;
mod timestamp;
#[macro_use]
mod wire;

pub use error::{OptionsError, UnknownValue};
pub use generated::*;
pub use route::Route;
pub use timestamp::Timestamp;
