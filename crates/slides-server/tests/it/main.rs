//! The server over mocks: what goes in arrives as one request, what comes out
//! has the vendor's shape.
#![allow(clippy::unwrap_used)]

mod front;
mod listing;
mod operations;
mod sockets;
mod storage;
mod support;
mod sync;
mod watch;
