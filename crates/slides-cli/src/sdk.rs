//! What the commands use of the SDK, in one place.

pub(crate) use slides::http::{AllowedHost, OutsideClient, OutsideLimits, SecretString};
#[cfg(feature = "otlp")]
pub(crate) use slides::http::{Body, HyperTransport, Transport};
pub(crate) use slides::{
    Client, Download, Error, ExportFormat, ExportOptions, Operation, OperationHandle, OperationId,
    OperationMethod, OperationStatus, Outcome, Password, Payload, PollPolicy, Saved,
    StartConversion,
};
