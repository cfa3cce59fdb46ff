//! Helpers shared by the cross-crate suites.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod clock;
pub mod command;
pub mod durability;
mod engine;
mod fake;
pub mod fleet;
pub mod hostile;
mod postgres;
pub mod power;
mod program;
pub mod proxy;
mod s3;
mod server;
pub mod soak;
mod state;
pub mod stopped;
mod wire;

pub use engine::{ENDLESS, FakeEngine};
pub use fake::{FAKE_PDF, FakeBackend, read};
pub use postgres::{PostgresServer, fresh_schema, shared_postgres};
pub use program::{example_program, slides_program};
pub use s3::S3Server;
pub use server::ServerProcess;
pub use state::has_ended;
pub use wire::{Answer, Wire};
