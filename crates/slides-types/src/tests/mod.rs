//! Tests of the generated models against the samples of the wire contract.

mod check;
mod enums;
mod models;
mod options;
