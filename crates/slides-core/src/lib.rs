//! Transport-agnostic core of the Slides SDK: the traits every implementer
//! of the asynchronous conversion API answers to, the requests as plain data,
//! streaming payloads and downloads, the operation handle and its policies,
//! and typed errors.
//!
//! Nothing here opens a socket: `slides-http` sends a [`StartRequest`] over
//! the wire, `slides-service` writes it into its queue, a mock answers it.
//!
//! ```
//! use std::sync::Arc;
//! use slides_core::{
//!     Download, OperationHandle, Payload, StartCall, StartRequest, Target, testing::FakeApi,
//!     types::ExportFormat,
//! };
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> slides_core::Result<()> {
//! let api = Arc::new(FakeApi::finishing_with("%PDF-1.7")); // or `HttpClient`, `Service`, your own
//! let call = StartCall::Convert(Target::new(ExportFormat::Pdf));
//! let request = StartRequest::new(call).document(Payload::bytes("PK"));
//! let operation = OperationHandle::<Download>::start(api, request).await?;
//! println!("resume it as {}", operation.id());
//! let pdf = operation.await?.bytes().await?;
//! # assert_eq!(pdf, "%PDF-1.7");
//! # Ok(()) }
//! ```
//!
//! | part | |
//! |---|---|
//! | [`AsyncApi`], [`SyncApi`], [`StorageApi`] | what an implementer answers to; object-safe |
//! | [`StartRequest`] | one call as data, with its documents; [`StartRequest::check`] tells what is wrong with it |
//! | [`OperationHandle`], [`PollPolicy`] | follow an operation to its end |
//! | [`Payload`], [`Download`] | documents on their way, in constant memory |
//! | [`Error`] | by what the caller can do about it |
//! | [`testing`](crate::testing) (feature) | mocks and fakes |
//!
//! Sizes are in bytes, pictures in pixels, slides are numbered from 1. Invariant: no socket, no HTTP type.
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg_attr(
    any(test, feature = "testing"),
    allow(clippy::ref_option_ref, reason = "in the code of the mocks")
)]
mod api;
mod check;
mod download;
mod error;
mod handle;
mod id;
mod outcome;
mod payload;
mod phase;
mod policy;
mod request;
mod save;
mod secret;
mod seen;
#[cfg_attr(
    any(test, feature = "testing"),
    allow(clippy::ref_option_ref, reason = "in the code of the mocks")
)]
mod sync;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod waiting;

pub use api::{AsyncApi, FileLocation, StatusReply, StorageApi};
#[cfg(any(test, feature = "testing"))]
pub use api::{MockAsyncApi, MockStorageApi};
pub use download::Download;
pub use error::{
    AuthError, Error, ProtocolError, Rejection, Result, TransportError, TransportErrorKind,
    Unavailable,
};
pub use handle::OperationHandle;
pub use id::OperationId;
pub use outcome::{Outcome, Saved};
pub use payload::{ByteStream, Payload};
pub use phase::{Phase, PhaseExt};
pub use policy::PollPolicy;
pub use request::{
    CallOptions, DocumentSource, Merge, MergeSource, Range, SplitSize, StartCall, StartRequest,
    StoredDocument, Target,
};
pub use secret::Password;
pub use seen::{InvalidSeen, Seen};
pub use slides_types as types;
#[cfg(any(test, feature = "testing"))]
pub use sync::MockSyncApi;
pub use sync::{StoredDeck, SyncApi, SyncReply};
pub use waiting::Waiting;
