use serde::{Deserialize, Serialize};

use super::State;

/// Microseconds since the Unix epoch (UTC). Stores never read a clock: the caller says what time it is.
pub type Micros = i64;

/// An operation on its way into the queue. Its input blobs are durable already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperation {
    /// Identifier, a hyphenated UUID (contract section 0, point 3).
    pub id: String,
    /// Whose operation it is; empty for a single-tenant server.
    pub tenant: String,
    /// The wire's method name.
    pub method: String,
    /// The request, sealed.
    pub request: Vec<u8>,
    /// Names of the input blobs.
    pub inputs: Vec<String>,
    /// Bytes of the input blobs.
    pub input_bytes: u64,
    /// Operations of a higher priority are claimed first; 0 is the usual one.
    pub priority: i16,
    /// Claims before a lost lease ends the operation as failed.
    pub max_attempts: u32,
    /// Idempotency key of the caller.
    pub idempotency: Option<IdempotencyKey>,
    /// Where to tell of its end, sealed.
    pub webhook: Option<Vec<u8>>,
}

/// A key under which a caller may repeat a start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyKey {
    /// The key as it came.
    pub key: String,
    /// Hash of the request it belongs to.
    pub request_hash: String,
}

/// How far a running operation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub step_index: u32,
    /// Steps in all.
    pub step_count: u32,
    /// What the last step was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Why an operation failed, as the status reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Code text of the contract's section 2.6.
    pub code: String,
    /// HTTP status that a synchronous call would have answered.
    pub http_status: u16,
    /// What was wrong and what to do.
    pub message: String,
    /// The chain of causes, where it helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Failure {
    /// A failure without a further description.
    pub fn new(http_status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            http_status,
            message: message.into(),
            description: None,
        }
    }
}

/// The file of a finished operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRef {
    /// Name of the result blob.
    pub blob: String,
    /// Length in bytes.
    pub len: u64,
    /// SHA-256 in lower-case hexadecimal digits.
    pub sha256: String,
    /// Media type.
    pub media_type: String,
    /// File name for the person who downloads it.
    pub file_name: String,
}

/// How an operation ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With a result, or with files in the storage when there is no result blob.
    Finished {
        /// The result blob.
        result: Option<ResultRef>,
        /// What was drawn otherwise than the deck asks.
        warnings: Vec<String>,
        /// The last progress: all steps done.
        progress: Option<Progress>,
    },
    /// With an error.
    Failed(Failure),
    /// By a cancel that reached the worker.
    Canceled,
}

/// One operation as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The place in the order of submits, from 1.
    pub seq: i64,
    /// Identifier.
    pub id: String,
    /// Whose operation it is.
    pub tenant: String,
    /// The wire's method name.
    pub method: String,
    /// Where it stands.
    pub state: State,
    /// The request, sealed.
    pub request: Vec<u8>,
    /// Names of the input blobs.
    pub inputs: Vec<String>,
    /// Bytes of the input blobs.
    pub input_bytes: u64,
    /// Operations of a higher priority are claimed first.
    pub priority: i16,
    /// The place among those of the same priority, by which the clients take turns (see [`turn`]).
    pub turn: i64,
    /// Idempotency key of the caller.
    pub idempotency: Option<IdempotencyKey>,
    /// Where to tell of its end, sealed.
    pub webhook: Option<Vec<u8>>,
    /// Fencing token: the number of claims so far.
    pub epoch: u64,
    /// Who holds or held the lease.
    pub worker: Option<String>,
    /// When the lease ends.
    pub lease_until: Option<Micros>,
    /// Claims that count against `max_attempts`.
    pub attempts: u32,
    /// Claims before a lost lease ends the operation as failed.
    pub max_attempts: u32,
    /// When a cancel was asked for while it ran.
    pub cancel_requested: Option<Micros>,
    /// Not to be claimed before.
    pub run_at: Micros,
    /// How far it is.
    pub progress: Option<Progress>,
    /// Why it failed.
    pub error: Option<Failure>,
    /// The result.
    pub result: Option<ResultRef>,
    /// What was drawn otherwise than the deck asks.
    pub warnings: Vec<String>,
    /// When it was accepted.
    pub created: Micros,
    /// When it became ready for a worker.
    pub enqueued: Micros,
    /// When a worker first took it.
    pub started: Option<Micros>,
    /// When it ended.
    pub ended: Option<Micros>,
    /// When row and result may be removed.
    pub expires: Option<Micros>,
}

/// The turn of a new operation: start-time fair queueing, with one operation as the unit.
///
/// `first` is the smallest turn of all that wait at its priority, `last` the largest one of its own client. A client
/// with much in the queue takes every turn after its last one; a client that comes new takes the turn that is up.
pub(super) fn turn(first: Option<i64>, last: Option<i64>) -> i64 {
    match last {
        Some(last) => last.saturating_add(1),
        None => first.unwrap_or(0),
    }
}
