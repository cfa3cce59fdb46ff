//! Transport-agnostic core of the Slides SDK: the traits every implementer
//! of the asynchronous conversion API answers to, the requests as plain data,
//! streaming payloads and downloads, the operation handle and its policies,
//! and typed errors.
//!
//! Nothing here opens a socket: `slides-http` sends a [`StartRequest`] over
//! the wire, `slides-service` writes it into its queue, a mock answers it.
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
pub use slides_types as types;
#[cfg(any(test, feature = "testing"))]
pub use sync::MockSyncApi;
pub use sync::{StoredDeck, SyncApi, SyncReply};
pub use waiting::Waiting;
