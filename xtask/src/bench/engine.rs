//! The engine beside LibreOffice.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use wait4::Wait4 as _;

use super::{exports, packages, repeat};
use crate::{fidelity, process, workspace};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder with decks (`NAME.pptx` beside `NAME.pdf`).
    #[arg(value_name = "DIR")]
    corpus: PathBuf,
    /// Runs of ours for each deck; the median counts. LibreOffice runs once.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Only decks whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Measure splitting and merging beside python-pptx instead.
    #[arg(long, conflicts_with = "exports")]
    packages: bool,
    /// Measure the formats that LibreOffice writes as well, in place of PDF alone.
    #[arg(long)]
    exports: bool,
}

/// What one process took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) wall: f64,
    pub(super) memory: f64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let decks = fidelity::decks(&arguments.corpus, arguments.only.as_deref())?;
    if arguments.packages {
        return packages::run(&decks, arguments.rounds);
    }
    if arguments.exports {
        return exports::run(&decks, arguments.rounds);
    }
    let slides = workspace::released()?;
    let soffice = process::soffice()?;
    let folder = tempfile::tempdir()?;
    println!(
        "| deck | ours, s | LibreOffice, s | ratio | ours, MiB | LibreOffice, MiB |\n|---|---:|---:|---:|---:|---:|"
    );
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for deck in &decks {
        let deck = fs::canonicalize(deck)?;
        let mut rounds = Vec::new();
        for _ in 0..arguments.rounds.max(1) {
            rounds.push(convert(&slides, &deck, folder.path())?);
        }
        let own = middle(&rounds);
        let other = libreoffice(&soffice, &deck, folder.path(), "pdf")?;
        println!(
            "| {} | {:.3} | {:.2} | 1/{:.0} | {:.0} | {:.0} |",
            deck.file_stem().unwrap_or_default().to_string_lossy(),
            own.wall,
            other.wall,
            other.wall / own.wall,
            own.memory,
            other.memory
        );
        ours.push(own);
        theirs.push(other);
    }
    let (own, other) = (middle(&ours), middle(&theirs));
    println!(
        "| **median** | **{:.3}** | **{:.2}** | **1/{:.0}** | **{:.0}** | **{:.0}** |\n",
        own.wall,
        other.wall,
        other.wall / own.wall,
        own.memory,
        other.memory
    );
    scaling(&slides, folder.path(), arguments.rounds)
}

/// Cost by slide from 10 to 1,000 slides, and what a second core brings.
fn scaling(slides: &Path, folder: &Path, rounds: usize) -> Result<()> {
    let source = workspace::path("tests/decks/code-coverage.pptx");
    println!(
        "| slides | s | ms a slide | MiB | one core, s | two cores bring |\n|---:|---:|---:|---:|---:|---:|"
    );
    for count in [10, 100, 1000] {
        let deck = folder.join(format!("repeated-{count}.pptx"));
        repeat::deck(&source, count, &deck)?;
        let (mut free, mut bound) = (Vec::new(), Vec::new());
        for _ in 0..rounds.max(1) {
            free.push(convert(slides, &deck, folder)?);
            let mut command = process::command("taskset");
            command.args(["--cpu-list", "0"]).arg(slides);
            bound.push(measured(with_paths(&mut command, &deck, folder))?);
        }
        let (free, bound) = (middle(&free), middle(&bound));
        println!(
            "| {count} | {:.3} | {:.2} | {:.0} | {:.3} | {:.2} times |",
            free.wall,
            free.wall * 1000.0 / count as f64,
            free.memory,
            bound.wall,
            bound.wall / free.wall
        );
    }
    Ok(())
}

fn convert(slides: &Path, deck: &Path, folder: &Path) -> Result<Cost> {
    measured(with_paths(&mut process::command(slides), deck, folder))
}

fn with_paths<'a>(command: &'a mut Command, deck: &Path, folder: &Path) -> &'a mut Command {
    let target = folder.join("ours.pdf");
    let _ = fs::remove_file(&target);
    command.args(["convert", "--quiet"]).arg(deck).arg(target)
}

pub(super) fn libreoffice(
    soffice: &Path,
    deck: &Path,
    folder: &Path,
    format: &str,
) -> Result<Cost> {
    let profile = format!(
        "-env:UserInstallation=file://{}",
        folder.join("profile").display()
    );
    measured(
        process::command(soffice)
            .args([&profile, "--headless", "--convert-to", format, "--outdir"])
            .arg(folder)
            .arg(deck),
    )
}

/// Runs a command and takes its wall time and the peak memory of its largest process, in MiB.
pub(super) fn measured(command: &mut Command) -> Result<Cost> {
    let start = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("the converter cannot be started")?;
    let ended = child.wait4()?;
    ensure!(
        ended.status.success(),
        "{command:?} failed with {}",
        ended.status
    );
    Ok(Cost {
        wall: start.elapsed().as_secs_f64(),
        memory: ended.rusage.maxrss as f64 / f64::from(1 << 20),
    })
}

/// The median of each figure.
pub(super) fn middle(costs: &[Cost]) -> Cost {
    let median = |figure: fn(&Cost) -> f64| {
        let mut all: Vec<f64> = costs.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Cost {
        wall: median(|cost| cost.wall),
        memory: median(|cost| cost.memory),
    }
}
