//! Rules of the workspace that no compiler checks.

mod crates;
mod links;
mod sources;
mod text;
mod trees;

use anyhow::{Result, bail};

/// Checks every rule and reports all that is wrong at once.
pub(crate) fn run() -> Result<()> {
    let mut problems = Vec::new();
    crates::check(&mut problems)?;
    trees::check(&mut problems)?;
    sources::check(&mut problems)?;
    text::check(&mut problems)?;
    links::check(&mut problems)?;
    for problem in &problems {
        eprintln!("tidy: {problem}");
    }
    match problems.len() {
        0 => Ok(()),
        1 => bail!("the workspace is not tidy: 1 problem"),
        count => bail!("the workspace is not tidy: {count} problems"),
    }
}
