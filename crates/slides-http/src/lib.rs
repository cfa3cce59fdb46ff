//! The Slides Cloud async API and its storage over HTTP: [`HttpClient`] implements the traits of
//! `slides-core` for the vendor's cloud and for any `slides serve`.
//!
//! Layers, from the top: retries and tokens ([`HttpClient`]), bounded waits ([`Timeouts`]), and the
//! swappable [`Transport`] ([`HyperTransport`] by default). Documents stream both ways.
//!
//! ```no_run
//! use slides_core::{AsyncApi, Payload, StartCall, StartRequest, Target, types::ExportFormat};
//! use slides_http::HttpClient;
//!
//! # async fn run() -> slides_core::Result<()> {
//! let client = HttpClient::builder().base_url("http://127.0.0.1:8080").build()?;
//! let call = StartCall::Convert(Target::new(ExportFormat::Pdf));
//! let id = client.start(StartRequest::new(call).document(Payload::path("deck.pptx"))).await?;
//! println!("{}", client.status(&id).await?.operation.status);
//! # Ok(()) }
//! ```
//!
//! # Features
//! | feature | |
//! |---|---|
//! | `ring` (default), `aws-lc-rs` | cryptography of TLS; passed to rustls by name, `ring` wins |
//! | `native-roots` (default), `webpki-roots` | whose certificates to trust; the bundled ones step in where the system has none |
//!
//! Invariants: hyper and rustls stay behind [`Transport`] and appear in no public type; no secret,
//! query or document name is in any `Debug`, span or log event; credentials go to the configured
//! hosts only, and redirects are not followed.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod address;
mod answer;
mod body;
mod builder;
mod client;
mod connections;
mod content;
mod encode;
mod exchange;
mod hyper_transport;
mod outside;
mod resume;
mod retry;
mod token;
mod transport;

pub use body::Body;
pub use builder::{CLOUD_URL, HttpClientBuilder};
pub use client::HttpClient;
pub use connections::Connections;
pub use exchange::Timeouts;
pub use hyper_transport::HyperTransport;
pub use outside::{AllowedHost, InvalidHost, OutsideClient, OutsideLimits};
pub use retry::RetryPolicy;
pub use secrecy::SecretString;
pub use token::{Token, TokenSource};
pub use transport::Transport;
