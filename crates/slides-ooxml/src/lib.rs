//! PresentationML packages: bytes to a typed presentation and back.
//!
//! The package reader bounds every size, depth and count; decryption checks
//! the password; the typed [`model`] keeps what the XML says and leaves out
//! what it does not say (`None` means "inherit"), so that inheritance is the
//! layout's business.
//!
//! ```no_run
//! use slides_ooxml::{Deck, PackageLimits};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let deck = Deck::open(std::fs::read("deck.pptx")?, None, &PackageLimits::default())?;
//! for index in 0..deck.presentation().slides.len() {
//!     let slide = deck.slide(index)?;
//!     assert_eq!(slide.index as usize, index + 1);
//! }
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod crypto;
mod deck;
mod error;
mod limits;
mod merge;
pub mod model;
mod package;
mod read;
mod sniff;
#[cfg(test)]
mod tests;
mod write;
mod xml;

pub use deck::Deck;
pub use error::{Error, ErrorKind, Result};
pub use limits::PackageLimits;
pub use merge::{Composer, Composition, Warning as ComposeWarning};
pub use package::{Package, RawEntry, Relationship, Relationships, Target};
pub use sniff::{Kind, sniff};
pub use write::{Compression, PackageFormat, WriteOptions, Zip64};
