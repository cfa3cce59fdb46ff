//! What the queue costs, beside the disk and beside the bare engine.

use std::fs;

use anyhow::Result;

use crate::{process, test, workspace};

pub(crate) fn run() -> Result<()> {
    test::postgres()?;
    let program = workspace::released()?;
    let load = workspace::example("slides-tests", "queue_load")?;
    let folder = workspace::target()?.join("bench-queue");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let deck = workspace::root().join("tests/decks/code-coverage.pptx");
    process::run(process::command(&load).arg("store").arg(&folder))?;
    for part in ["service", "fleet"] {
        let mut command = process::command(&load);
        command
            .arg(part)
            .arg(&program)
            .arg(&deck)
            .arg(folder.join(part));
        process::run(&mut command)?;
    }
    fs::remove_dir_all(&folder)?;
    Ok(())
}
