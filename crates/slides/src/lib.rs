//! Convert presentations: Slides Cloud, a self-hosted server, or in this process, behind one
//! [`Client`].
//!
//! Start an operation, report how it stands, save its result:
//!
//! ```
//! use std::path::Path;
//! use slides::{Client, ExportFormat};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> slides::Result<()> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let output = folder.path().join("MyPresentation.pdf");
//! # let client = Client::new(slides::testing::FakeApi::finishing_with("%PDF-1.7"));
//! let mut operation = client
//!     .start_convert(Path::new("MyPresentation.pptx"), ExportFormat::Pdf)
//!     .slides([1, 3])
//!     .send()
//!     .await?;
//! while let Some(now) = operation.next().await {
//!     println!("Current operation status: {}", now?.status);
//! }
//! operation.await?.save(&output).await?;
//! # assert_eq!(std::fs::read(&output).unwrap(), b"%PDF-1.7");
//! # Ok(()) }
//! ```
//!
//! Only the client differs between the places where it runs:
//!
#![cfg_attr(feature = "http", doc = "```no_run")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use slides::Client;
//!
//! # fn main() -> slides::Result<()> {
//! let cloud = Client::cloud("my_client_id", "my_client_secret")?;
//! let own_server = Client::connect("http://127.0.0.1:8080")?;
//! # Ok(()) }
//! ```
//!
//! # Features
//! | feature | |
//! |---|---|
//! | `http` (default) | `Client::cloud`, `Client::connect`: the vendor's cloud or a self-hosted server |
//! | `embedded` | `Client::embedded`: queue, workers and engine in this process |
//! | `blocking` | [`blocking`](crate::blocking): a client for programs without async code |
//! | `testing` | [`testing`](crate::testing): mocks and fakes for your own tests |
//! | `ring` (default), `aws-lc-rs` | cryptography of TLS |
//! | `native-roots` (default), `webpki-roots` | whose certificates to trust |
//!
//! Invariants: the facade adds no behaviour of its own to an operation, only names; without default
//! features it pulls in neither hyper nor the engine.
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "http")]
mod builder;
mod client;
#[cfg(feature = "embedded")]
mod embedded;
mod start;
mod storage;
mod sync;

#[cfg(feature = "http")]
pub use builder::ClientBuilder;
pub use client::Client;
#[cfg(feature = "embedded")]
pub use embedded::EmbeddedOptions;
#[cfg(feature = "testing")]
pub use slides_core::testing;
pub use slides_core::{
    AsyncApi, AuthError, ByteStream, CallOptions, Download, Error, FileLocation, MergeSource,
    OperationHandle, OperationId, Outcome, Password, Payload, Phase, PhaseExt, PollPolicy,
    ProtocolError, Rejection, Result, Saved, StartCall, StartRequest, StatusReply, StorageApi,
    StoredDeck, StoredDocument, SyncApi, SyncReply, TransportError, TransportErrorKind,
    Unavailable, Waiting, types,
};
/// The HTTP client behind `Client::cloud` and `Client::connect`, for its own settings.
#[cfg(feature = "http")]
pub use slides_http as http;
/// The service behind `Client::embedded`, for its own settings.
#[cfg(feature = "embedded")]
pub use slides_service as service;
pub use slides_types::{
    ExportFormat, ExportOptions, Operation, OperationMethod, OperationStatus, PresentationSource,
    SlideExportFormat,
};
pub use start::{
    Archive, Background, Conversion, Foreground, OnlineMerge, OnlineSplit, StartConversion,
    StartMerge, StartSplit,
};
