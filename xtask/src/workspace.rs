//! Where things lie in the workspace.

use std::path::{Path, PathBuf};

/// The top folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// A path below the top folder.
pub(crate) fn path(relative: &str) -> PathBuf {
    root().join(relative)
}
