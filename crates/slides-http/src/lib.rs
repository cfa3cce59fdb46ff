//! HTTP client for the Slides Cloud async API over hyper with a swappable transport.
