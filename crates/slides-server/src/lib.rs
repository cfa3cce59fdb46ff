//! HTTP front for any implementation of the async API: the vendor's wire
//! protocol over `Arc<dyn AsyncApi>` and `Arc<dyn StorageApi>`, so that it
//! serves the engine, proxies another server, or serves a mock in a test.
//!
//! Served are the token endpoint, the twelve asynchronous operations and our
//! `DELETE` of one, the storage operations, `GET /v3.0/slides/info`, and beside
//! the API `/livez`, `/readyz` and `/metrics`, which need no token.
//!
//! Invariants: a request body is never held in memory as a whole; every answer
//! that is no success has the vendor's error shape and tells nothing of the
//! inside; nothing a caller sends can panic the process.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod app;
mod auth;
mod body;
mod error;
mod metrics;
mod path;
mod query;
mod respond;
mod serve;
mod server;
mod start;

pub use auth::Credentials;
pub use body::BodyLimits;
pub use metrics::{Sample, SampleValue};
pub use server::{ConnectionLimits, ServeError, Server, ServerBuilder};
