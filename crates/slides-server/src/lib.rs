//! HTTP front for any implementation of the async API, on the vendor's wire protocol.
