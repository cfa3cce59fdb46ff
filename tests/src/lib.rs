//! Helpers shared by the cross-crate suites.

mod fake;
mod wire;

pub use fake::{FAKE_PDF, FakeBackend, read};
pub use wire::{Answer, Wire};
