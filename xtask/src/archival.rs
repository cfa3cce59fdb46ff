//! PDF/A and PDF/UA before a checker that is not ours.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{packages, process, test, workspace};

/// A deck that is written in each level.
const DECK: &str = "tests/decks/startup-pitch.pptx";
/// Levels by their names in the API and in the checker.
const LEVELS: [(&str, &str); 8] = [
    ("PdfA1b", "1b"),
    ("PdfA1a", "1a"),
    ("PdfA2b", "2b"),
    ("PdfA2u", "2u"),
    ("PdfA2a", "2a"),
    ("PdfA3b", "3b"),
    ("PdfA3a", "3a"),
    ("PdfUa", "ua"),
];
/// Levels that all feature decks are written in: the strictest of each kind.
const STRICT: [(&str, &str); 3] = [("PdfA1a", "1a"), ("PdfA2a", "2a"), ("PdfUa", "ua")];

pub(crate) fn run() -> Result<()> {
    let folder = workspace::target()?.join("pdf-tests");
    let written = folder.join("written");
    fs::create_dir_all(&written)
        .with_context(|| format!("`{}` cannot be made", written.display()))?;
    let python = packages::python(
        &folder.join("python"),
        &workspace::path("tests/pdf/requirements.txt"),
    )?;
    let program = test::program()?;
    let write = |deck: &Path, level: Option<&str>| -> Result<PathBuf> {
        let stem = deck.file_stem().unwrap_or_default().to_string_lossy();
        let path = written.join(format!("{stem}-{}.pdf", level.unwrap_or("plain")));
        let mut command = process::command(&program);
        command.args(["convert", "--quiet"]).arg(deck).arg(&path);
        if let Some(level) = level {
            command.arg("--option").arg(format!("compliance={level}"));
        }
        process::run(&mut command)?;
        Ok(path)
    };
    let deck = workspace::path(DECK);
    let plain = write(&deck, None)?;
    let mut checks = vec![
        format!("!2b={}", plain.display()),
        format!("!ua={}", plain.display()),
    ];
    for (level, name) in LEVELS {
        checks.push(format!("{name}={}", write(&deck, Some(level))?.display()));
    }
    for entry in fs::read_dir(workspace::path("tests/decks/features"))? {
        let deck = entry?.path();
        if deck.extension().is_none_or(|text| text != "pptx") {
            continue;
        }
        for (level, name) in STRICT {
            checks.push(format!("{name}={}", write(&deck, Some(level))?.display()));
        }
    }
    let mut check = process::command(python);
    check
        .arg(workspace::path("tests/pdf/check.py"))
        .args(checks);
    process::run(&mut check)
}
