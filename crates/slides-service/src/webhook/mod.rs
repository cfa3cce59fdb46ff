//! Telling callers of the end of their operations.
//!
//! The address comes with the start and is kept sealed; the event is written in the transaction that ends the
//! operation. From there it is sent until it is taken or its tries are spent: at least once, under one id.

mod delivery;
mod signature;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
pub(crate) use delivery::{Delivery, Notice, Outbox};
pub use signature::WebhookKey;

/// A signed event on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookCall {
    /// Where it goes.
    pub address: String,
    /// Value of `X-Slides-Event`: the id of the event, the same for each try.
    pub event: String,
    /// Value of `X-Slides-Signature`: `t=SECONDS,v1=HEX`, the latter once for each key.
    pub signature: String,
    /// JSON.
    pub body: Vec<u8>,
}

/// Sends events. What it may reach is its own matter.
#[async_trait]
pub trait Deliver: Send + Sync + 'static {
    /// Whether an address may be sent to at all, as far as that is known without asking anyone.
    ///
    /// # Errors
    /// [`Error::Rejected`](slides_core::Error::Rejected) (400) with what is wrong.
    fn check(&self, address: &str) -> slides_core::Result<()>;

    /// Sends once and gives the HTTP status of the answer. It must end by itself within a bounded time.
    ///
    /// # Errors
    /// When there was no answer.
    async fn deliver(&self, call: WebhookCall) -> slides_core::Result<u16>;
}

/// How a service sends webhooks.
#[derive(Clone)]
#[non_exhaustive]
pub struct Webhooks {
    /// What sends.
    pub deliver: Arc<dyn Deliver>,
    /// Keys that events are signed with, each of them, so that receivers change to a new one in their own time.
    pub keys: Vec<WebhookKey>,
}

impl Webhooks {
    /// Webhooks by this sender, signed with these keys.
    pub fn new(deliver: Arc<dyn Deliver>, keys: Vec<WebhookKey>) -> Self {
        Self { deliver, keys }
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks")
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}
