//! The `Start…` calls as builders under the vendor's names: required values are arguments, the
//! others are methods named after the wire.

mod conversion;
mod merge;
mod split;

pub use conversion::StartConversion;
pub use merge::StartMerge;
use slides_core::{OperationHandle, Outcome, Result, StartRequest};
pub use split::StartSplit;

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

/// Methods that every builder has.
macro_rules! call_options {
    () => {
        /// Wall-time limit of the operation on the server, in whole seconds (rounded up). Not a
        /// limit of the wait: that is the [`PollPolicy`](crate::PollPolicy)'s.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.call.timeout = Some(timeout);
            self
        }

        /// Two starts with one key make one operation, so that a start whose answer was lost can be
        /// sent again. Our servers know it, the vendor's cloud does not.
        pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
            self.call.idempotency_key = Some(key.into());
            self
        }
    };
}
use call_options;
