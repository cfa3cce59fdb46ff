//! Exports beside LibreOffice's.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::engine::{Cost, libreoffice, measured, middle};
use crate::{process, workspace};

/// Formats, and whether LibreOffice writes the whole deck; of the others it writes the first slide, and so do we.
const FORMATS: [(&str, bool); 9] = [
    ("pdf", true),
    ("html", true),
    ("png", false),
    ("jpg", false),
    ("gif", false),
    ("bmp", false),
    ("tiff", false),
    ("svg", false),
    ("emf", false),
];

pub(super) fn run(decks: &[PathBuf], rounds: usize) -> Result<()> {
    let slides = workspace::released()?;
    let soffice = process::soffice()?;
    let folder = tempfile::tempdir()?;
    println!(
        "| format | slides | ours, s | LibreOffice, s | ratio | ours, MiB | LibreOffice, MiB |\n|---|---|---:|---:|---:|---:|---:|"
    );
    for (format, is_whole) in FORMATS {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for deck in decks {
            let deck = fs::canonicalize(deck)?;
            let own = (0..rounds.max(1))
                .map(|_| own(&slides, &deck, folder.path(), format, is_whole))
                .collect::<Result<Vec<_>>>()?;
            ours.push(middle(&own));
            theirs.push(libreoffice(&soffice, &deck, folder.path(), format)?);
        }
        let (own, other) = (middle(&ours), middle(&theirs));
        println!(
            "| {format} | {} | {:.3} | {:.2} | 1/{:.0} | {:.0} | {:.0} |",
            if is_whole { "all" } else { "the first" },
            own.wall,
            other.wall,
            other.wall / own.wall,
            own.memory,
            other.memory
        );
    }
    Ok(())
}

fn own(slides: &Path, deck: &Path, folder: &Path, format: &str, is_whole: bool) -> Result<Cost> {
    let target = folder.join(format!("ours.{format}"));
    let _ = fs::remove_file(&target);
    let mut command = process::command(slides);
    command.args(["convert", "--quiet"]).arg(deck).arg(target);
    if !is_whole {
        command.args(["--slides", "1"]);
    }
    measured(&mut command)
}
