//! One line for each call that starts, fetches, stops or changes something, under the target `audit`.
//!
//! Never a path, a query or a header: they hold document names and passwords.

use std::net::IpAddr;

use slides_types::ApiCall;

/// Longest id that is written as it came.
const MAX_ID: usize = 64;

/// Whether calls of this kind are written: reads of states and lists tell nothing of the documents.
pub(crate) fn is_kept(call: ApiCall) -> bool {
    !matches!(
        call,
        ApiCall::GetOperationStatus
            | ApiCall::GetApiInfo
            | ApiCall::GetAvailableFonts
            | ApiCall::GetFilesList
            | ApiCall::ObjectExists
            | ApiCall::StorageExists
            | ApiCall::GetDiscUsage
            | ApiCall::GetFileVersions
            | ApiCall::Livez
            | ApiCall::Readyz
            | ApiCall::Metrics
            | ApiCall::DescriptionYaml
            | ApiCall::DescriptionJson
            | ApiCall::Docs
            | ApiCall::Ui
            | ApiCall::ListOperations
    )
}

/// What a line says.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) call: &'static str,
    /// Empty where nobody has said who it is.
    pub(crate) client: &'a str,
    pub(crate) operation: Option<&'a str>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) status: u16,
    pub(crate) request_id: &'a str,
}

impl Line<'_> {
    pub(crate) fn write(&self) {
        let address = self.address.map(tracing::field::display);
        let outcome = match self.status {
            200..400 => "done",
            401 | 403 => "denied",
            400..500 => "refused",
            _ => "failed",
        };
        tracing::info!(
            target: "audit",
            call = self.call,
            client = self.client,
            operation = self.operation,
            address,
            outcome,
            status = self.status,
            request_id = self.request_id,
            "audit"
        );
    }
}

/// An id of an operation, if it looks like one: the caller may have sent anything.
pub(crate) fn operation_id(text: &str) -> Option<&str> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    (!text.is_empty() && text.len() <= MAX_ID && text.bytes().all(is_plain)).then_some(text)
}
