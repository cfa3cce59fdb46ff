//! HTTP front for any implementation of the async API: the vendor's wire
//! protocol over `Arc<dyn AsyncApi>` and `Arc<dyn StorageApi>`, so that it
//! serves the engine, proxies another server, or serves a mock in a test.
//!
//! Served are the token endpoint, the twelve asynchronous operations and our
//! `DELETE` of one, their synchronous twins, the storage operations, facts about
//! the service, and beside the API `/livez`, `/readyz`, `/metrics`, the API's
//! description, `/docs` to read and try it and `/ui` to work with it, which need no token.
//!
//! Invariants: a request body is never held in memory as a whole; every answer
//! that is no success has the vendor's error shape and tells nothing of the
//! inside; nothing a caller sends can panic the process.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod app;
mod archive;
mod audit;
mod auth;
mod body;
mod commands;
mod cors;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzz;
mod guard;
mod links;
mod listing;
mod metrics;
mod pages;
mod partial;
mod path;
mod query;
mod rate;
mod respond;
mod serve;
mod server;
mod start;
mod sync;
mod trace;
mod watch;

pub use access::Access;
pub use auth::{Credentials, InvalidCredentials, ReplaceError};
pub use body::BodyLimits;
pub use cors::InvalidOrigin;
pub use guard::RateLimits;
pub use listing::ListRequest;
pub use metrics::{Sample, SampleValue};
pub use server::{ConnectionLimits, ServeError, Server, ServerBuilder};
pub use watch::WatchLimits;
