//! PresentationML packages: bytes to a typed presentation and back.
//!
//! The package reader bounds every size, depth and count; decryption checks
//! the password; the typed [`model`] keeps what the XML says and leaves out
//! what it does not say (`None` means "inherit"), so that inheritance is the
//! layout's business.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod model;
