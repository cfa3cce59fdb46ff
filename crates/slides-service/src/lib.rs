//! The durable operation queue with workers and storage, implementing the async API in this process.
