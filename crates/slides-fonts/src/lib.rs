//! Font discovery, matching and fall-back, with bundled faces whose metrics
//! match the common Office faces, so that a bare machine draws the same bytes.
//!
//! ```
//! use slides_fonts::{FontBook, Style};
//!
//! let book = FontBook::bundled();
//! let selection = book.select("Calibri", Style::default());
//! assert!(selection.substituted && selection.exact_metrics);
//! ```
//!
//! | feature | faces |
//! |---|---|
//! | `core` | Carlito, Caladea, Liberation Sans, Serif and Mono |
//! | `scripts` | Hebrew, Arabic, Thai, Indic and other scripts (Noto) |
//! | `symbols` | arrows, shapes, dingbats, mathematics (Noto) |
//! | `office` | twins and look-alikes of faces of Office, web faces, emoji |
//! | `cjk` | Japanese, Korean, Chinese (Noto Sans CJK subsets) |
//!
//! Licences of the faces lie beside them in `fonts/`.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod advances;
mod book;
mod bundle;
mod coverage;
mod embedded;
mod emoji;
mod face;
mod families;
mod packed;
mod published;
mod rules;
mod selection;
mod slot;
mod symbol;
mod system;

/// What the bundled faces are, who made them, and the texts of their licences, as (file, text).
pub const LICENCES: [(&str, &str); 4] = [
    ("NOTICE.md", include_str!("../fonts/NOTICE.md")),
    ("OFL-1.1.txt", include_str!("../fonts/OFL-1.1.txt")),
    ("Apache-2.0.txt", include_str!("../fonts/Apache-2.0.txt")),
    (
        "Bitstream-Vera.txt",
        include_str!("../fonts/Bitstream-Vera.txt"),
    ),
];

pub use advances::Advances;
pub use book::{FontBook, FontBookBuilder};
pub use emoji::is_emoji;
pub use face::{Face, FaceId, FontBytes};
pub use rules::FontRules;
pub use selection::{LineMetrics, ScriptHint, Selection, Style};
pub use symbol::SymbolMap;
