//! The `Start…` calls and their synchronous twins as builders under the vendor's names: required
//! values are arguments, the others are methods named after the wire.

mod conversion;
mod merge;
mod split;

pub use conversion::{Conversion, StartConversion};
pub use merge::{OnlineMerge, StartMerge};
use slides_core::{
    Download, Error, OperationHandle, Outcome, ProtocolError, Result, Saved, StartRequest,
    SyncReply,
};
use slides_types::SplitDocumentResult;
pub use split::{OnlineSplit, StartSplit};

use crate::Client;

/// Where a deck comes from: a [`Payload`](crate::Payload) is uploaded with the call, a
/// [`StoredDocument`](crate::StoredDocument) lies in the storage.
pub(crate) mod sealed {
    use slides_core::{DocumentSource, Payload, StoredDocument};

    pub trait Deck: Send + 'static {
        fn into_parts(self) -> (DocumentSource, Option<Payload>);
    }

    impl Deck for Payload {
        fn into_parts(self) -> (DocumentSource, Option<Payload>) {
            (DocumentSource::Request, Some(self))
        }
    }

    impl Deck for StoredDocument {
        fn into_parts(self) -> (DocumentSource, Option<Payload>) {
            (DocumentSource::Storage(self), None)
        }
    }
}

/// Starts a request and follows it as the client does.
async fn send<T: Outcome>(client: &Client, request: StartRequest) -> Result<OperationHandle<T>> {
    let handle = OperationHandle::start(client.api.clone(), request).await?;
    Ok(handle.with_policy(client.policy.clone()))
}

/// How a builder's call is answered: with an id, for an operation that a handle follows.
#[derive(Debug, Clone, Copy)]
pub enum Background {}

/// How a builder's call is answered: when the work is done, with what it leaves.
#[derive(Debug, Clone, Copy)]
pub enum Foreground {}

/// How a split's call is answered: when the work is done, with the files in a ZIP.
#[derive(Debug, Clone, Copy)]
pub enum Archive {}

/// Runs a request to its end.
async fn run(client: &Client, request: StartRequest) -> Result<SyncReply> {
    request.check()?;
    client.sync.run(request).await
}

async fn file(client: &Client, request: StartRequest) -> Result<Download> {
    match run(client, request).await? {
        SyncReply::File(file) => Ok(file),
        other => Err(unexpected(&other)),
    }
}

async fn saved(client: &Client, request: StartRequest) -> Result<Saved> {
    match run(client, request).await? {
        SyncReply::Saved(saved) => Ok(saved),
        other => Err(unexpected(&other)),
    }
}

async fn slides(client: &Client, request: StartRequest) -> Result<SplitDocumentResult> {
    match run(client, request).await? {
        SyncReply::Slides(slides) => Ok(slides),
        other => Err(unexpected(&other)),
    }
}

/// An implementer that answers one request with the reply of another.
fn unexpected(reply: &SyncReply) -> Error {
    let kind = match reply {
        SyncReply::File(_) => "a file",
        SyncReply::Saved(_) => "a place in the storage",
        SyncReply::Slides(_) => "links to slides",
        _ => "something unknown",
    };
    ProtocolError::new(
        "run",
        200,
        format!("the answer is {kind}, which this call does not give"),
    )
    .into()
}

/// Awaiting a builder sends it.
macro_rules! await_sends {
    ([$($generics:tt)*] $builder:ty => $answer:ty) => {
        #[allow(private_bounds, reason = "sealed")]
        impl<$($generics)*> std::future::IntoFuture for $builder {
            type Output = Result<$answer>;
            type IntoFuture =
                std::pin::Pin<Box<dyn std::future::Future<Output = Result<$answer>> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.send())
            }
        }
    };
}

/// Methods that every builder has.
macro_rules! call_options {
    () => {
        /// Wall-time limit of the operation on the server, in whole seconds (rounded up). Not a
        /// limit of the wait: that is the [`PollPolicy`](crate::PollPolicy)'s.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.call.timeout = Some(timeout);
            self
        }
    };
}

/// Methods of the builders whose call makes an operation.
macro_rules! operation_options {
    () => {
        /// Two starts with one key make one operation, so that a start whose answer was lost can be
        /// sent again. Our servers know it, the vendor's cloud does not.
        pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
            self.call.idempotency_key = Some(key.into());
            self
        }

        /// Of what waits, the server runs operations of a higher priority first; 0 is the usual one, a
        /// lower one lets all others go first. A server may keep raised ones to itself. Our servers know it,
        /// the vendor's cloud does not.
        pub fn priority(mut self, priority: i16) -> Self {
            self.call.priority = priority;
            self
        }

        /// Address that the server tells of the operation's end, signed; a server of ours that is set up for it.
        pub fn webhook(mut self, address: impl Into<String>) -> Self {
            self.call.webhook = Some(address.into());
            self
        }
    };
}
use {await_sends, call_options, operation_options};
