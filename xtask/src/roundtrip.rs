//! Decks saved again, split and merged: what comes back is what went.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::{fidelity, process};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder with decks (`NAME.pptx`).
    #[arg(value_name = "DIR")]
    decks: PathBuf,
    /// Only decks whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Use a debug build.
    #[arg(long)]
    debug: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let decks = fidelity::decks(&arguments.decks, arguments.only.as_deref())?;
    ensure!(!decks.is_empty(), "no decks");
    let decks = decks
        .iter()
        .map(std::fs::canonicalize)
        .collect::<Result<Vec<_>, _>>()?;
    let mut cargo = process::cargo([
        "run",
        "--package",
        "slides-engine",
        "--example",
        "roundtrip",
    ]);
    if !arguments.debug {
        cargo.arg("--release");
    }
    cargo.arg("--").args(decks);
    process::step("round trip", || process::run(&mut cargo))
}
