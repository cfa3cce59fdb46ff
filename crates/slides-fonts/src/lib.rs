//! Font discovery, matching and fall-back, with bundled faces whose metrics
//! match the common Office faces, so that a bare machine draws the same bytes.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod face;

pub use face::{Face, FaceId};
