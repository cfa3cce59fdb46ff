//! What a trace shows of an operation: when it was accepted, claimed and left by its worker.

use std::time::SystemTime;

/// One run of an operation by a worker, told when it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunTrace {
    /// The operation's id.
    pub operation: String,
    /// The contract's name of the method, such as `Convert`.
    pub method: String,
    /// The format asked for, in lower case; empty for a merge.
    pub format: String,
    /// Which run it was, from 1.
    pub attempt: u32,
    /// Who started it; empty for anyone.
    pub client: String,
    /// `traceparent` of the call that started it (W3C Trace Context), checked.
    pub traceparent: Option<String>,
    /// When it was accepted.
    pub accepted: SystemTime,
    /// When the worker took it.
    pub claimed: SystemTime,
    /// When the worker was done with it.
    pub left: SystemTime,
    /// How the run ended.
    pub end: RunEnd,
}

impl RunTrace {
    /// A run of which nothing more is known: its times are all now.
    pub fn new(operation: &str, method: &str, end: RunEnd) -> Self {
        let now = SystemTime::now();
        Self {
            operation: operation.to_owned(),
            method: method.to_owned(),
            format: String::new(),
            attempt: 1,
            client: String::new(),
            traceparent: None,
            accepted: now,
            claimed: now,
            left: now,
            end,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunEnd {
    /// The operation is finished.
    Finished,
    /// It failed; the code of the contract's section 2.6.
    Failed(String),
    /// It was canceled.
    Canceled,
    /// It has not ended: it was given back to be run again, or another worker has it.
    GivenBack,
}

/// Takes what is told of runs; called by workers, so it must not wait.
pub trait Traces: std::fmt::Debug + Send + Sync + 'static {
    /// A run is over.
    fn ran(&self, run: RunTrace);
}
