//! The conversion engine: one deck in, files out, with progress by slide, a
//! stop flag and warnings.
//!
//! Synchronous and free of sockets, clocks, environment and global state: what
//! it needs is handed in. [`NativeEngine`] reads PPTX and writes PDF, XPS,
//! pictures, SVG, EMF, XAML, HTML, Markdown and the PPTX family.
//!
//! ```no_run
//! use slides_engine::{Engine, Job, MemorySink, NativeEngine, NativeOptions, Unmonitored};
//! use slides_types::ExportFormat;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let deck = std::fs::read("deck.pptx")?;
//! let engine = NativeEngine::new(NativeOptions::default());
//! let mut sink = MemorySink::default();
//! let report = engine.convert(&Job::new(&deck, ExportFormat::Pdf), &mut sink, &Unmonitored)?;
//! assert_eq!(sink.files.len(), 1);
//! assert!(report.slides > 0);
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod api;
mod native;

/// Texts of the licences of the bundled faces, as (file, text).
pub use slides_fonts::LICENCES as FONT_LICENCES;

pub use api::{
    Engine, EngineError, ErrorKind, Job, Limits, MemorySink, MergeJob, MergeSource, Monitor,
    OutputFile, Report, Sink, SourceKind, Support, Unmonitored, Warning,
};
pub use native::{
    DeckInfo, FontOptions, FontUse, NativeEngine, NativeOptions, OptionSupport, font_families,
    option_support, options_in_use, refusal, sniff, writes,
};
