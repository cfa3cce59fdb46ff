//! The committed pictures of the feature decks: `tests/tests/reference_pictures.rs` compares, this updates.

use anyhow::Result;
use clap::Args;

use crate::process;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Take over what is drawn now. Look at each changed picture before you commit it.
    #[arg(long)]
    update: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut command = process::cargo([
        "test",
        "--package",
        "slides-tests",
        "--test",
        "reference_pictures",
    ]);
    if arguments.update {
        command.env("SLIDES_UPDATE_REFERENCES", "1");
    } else {
        command.env_remove("SLIDES_UPDATE_REFERENCES");
    }
    process::run(&mut command)
}
