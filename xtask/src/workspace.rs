//! Where things lie in the workspace.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cargo_metadata::{Metadata, MetadataCommand};

use crate::process;

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

/// The crates of the workspace and their declared dependencies.
pub(crate) fn metadata() -> Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(path("Cargo.toml"))
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")
}

/// The folder builds go to.
pub(crate) fn target() -> Result<PathBuf> {
    Ok(metadata()?.target_directory.into_std_path_buf())
}

/// Builds the program as it is measured and gives its path.
pub(crate) fn released() -> Result<PathBuf> {
    process::run(&mut process::cargo([
        "build",
        "--release",
        "--package",
        "slides-cli",
        "--bin",
        "slides",
    ]))?;
    program("release")
}

/// Where a build of the program lies.
pub(crate) fn program(profile: &str) -> Result<PathBuf> {
    let name = format!("slides{}", std::env::consts::EXE_SUFFIX);
    Ok(target()?.join(profile).join(name))
}

/// Builds an example for a measurement and gives the path of the program.
pub(crate) fn example(package: &str, name: &str) -> Result<PathBuf> {
    process::run(&mut process::cargo([
        "build",
        "--release",
        "--package",
        package,
        "--example",
        name,
    ]))?;
    Ok(target()?.join("release/examples").join(name))
}

/// Files git knows or would add, relative to the top folder.
pub(crate) fn files() -> Result<Vec<PathBuf>> {
    let list = process::output(process::command("git").args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    let mut files: Vec<_> = list
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .filter(|name| root().join(name).is_file())
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}
