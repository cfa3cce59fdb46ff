//! What the queue costs, beside the disk and beside the bare engine.

use std::fs;

use anyhow::Result;

use crate::{process, workspace};

pub(crate) fn run() -> Result<()> {
    let program = workspace::released()?;
    let load = workspace::example("slides-tests", "queue_load")?;
    let folder = workspace::target()?.join("bench-queue");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let deck = workspace::root().join("tests/decks/code-coverage.pptx");
    process::run(process::command(&load).arg("store").arg(&folder))?;
    process::run(
        process::command(&load)
            .arg("service")
            .arg(&program)
            .arg(deck)
            .arg(folder.join("service")),
    )?;
    fs::remove_dir_all(&folder)?;
    Ok(())
}
