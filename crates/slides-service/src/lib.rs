//! The durable operation queue with workers and storage, implementing the async API in this process.
//!
//! [`Service`] implements both traits of `slides-core`. [`Service::open`] is the durable one behind
//! a server: what it has answered for survives a crash. [`Service::in_process`] is the embedded
//! one: the same code with a queue in memory and the engine on a thread.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use slides_core::types::ExportFormat;
//! use slides_core::{AsyncApi, Payload, StartCall, StartRequest, Target};
//! use slides_service::{Runner, Service, ServiceOptions};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let service = Service::open(ServiceOptions::new(Runner::current_exe()?).data_dir("data")).await?;
//! let convert = StartCall::Convert(Target::new(ExportFormat::Pdf));
//! let id = service.start(StartRequest::new(convert).document(Payload::path("deck.pptx"))).await?;
//! service.ended(&id).await?;
//! service.result(&id).await?.save("deck.pdf").await?;
//! service.shutdown(Duration::from_secs(20)).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Invariants
//! - An id is answered only after its operation is committed and synced, and its documents before it.
//! - One function ([`queue::transition`]) holds the table of states; an ended operation never changes.
//! - Each claim raises the operation's epoch; only the holder of the current epoch can end it, and a
//!   result is durable before the row that refers to it.
//! - With [`Runner::Process`] no deck is parsed in this process.
//! - A request is sealed before it is written: the data folder holds no readable password.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod admin;
mod blobs;
mod clock;
mod failure;
mod fetch;
mod files;
mod fonts;
mod health;
mod libreoffice;
mod listing;
mod operate;
mod options;
mod output;
mod pressure;
pub mod queue;
mod request;
mod retry;
mod seal;
mod service;
mod stats;
mod storage;
mod sync;
mod traces;
mod watchers;
mod webhook;
mod worker;

pub use admin::{Exported, Imported, QueueAdmin};
pub use fetch::FetchUrl;
pub use libreoffice::writes as libreoffice_writes;
pub use options::{
    FetchesUrls, ProcessLimits, QueuePlace, Runner, ServiceLimits, ServiceOptions, Soffice,
    WorkerProgram,
};
pub use service::Service;
/// The engines that [`Runner::InProcess`] and [`worker_main`] take.
pub use slides_engine as engine;
pub use stats::{RunStats, ServiceStats, Spread};
pub use storage::{NamedStorage, S3Bucket, StorageKind, StorageOptions, Storages};
pub use traces::{RunEnd, RunTrace, Traces};
pub use webhook::{Deliver, WebhookCall, WebhookKey, Webhooks};
pub use worker::{SandboxReport, probe_sandbox, probe_without_sandbox, sandbox_cost, worker_main};

/// A file on its way to the caller.
fn download(file: std::fs::File, len: u64) -> slides_core::Download {
    slides_core::Download::from_file(tokio::fs::File::from_std(file), len)
}
