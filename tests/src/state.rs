/// Whether a status on the wire (contract section 2.5) is one that an operation ends with. In words of the contract, so
/// that a server whose own idea of it is wrong is found out.
pub fn has_ended(status: &str) -> bool {
    matches!(status, "Finished" | "Failed" | "Canceled")
}
