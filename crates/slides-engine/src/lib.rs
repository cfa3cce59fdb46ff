//! The conversion engine: one deck in, files out, with progress by slide, a
//! stop flag and warnings.
//!
//! Synchronous and free of sockets, clocks, environment and global state: what
//! it needs is handed in. [`NativeEngine`] reads PPTX and writes PDF and PNG.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod api;

pub use api::{
    Engine, EngineError, ErrorKind, Job, Limits, MemorySink, Monitor, OutputFile, Report, Sink,
    SourceKind, Support, Unmonitored, Warning,
};
