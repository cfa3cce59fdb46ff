//! Splitting and merging beside python-pptx.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use super::engine::{Cost, measured, middle};
use crate::{packages, process, workspace};

/// What users of python-pptx do.
const PEER: &str = include_str!("decks.py");
const REQUIREMENTS: &str = "python-pptx==1.0.2\n";

/// Splits each deck into its slides, and merges those again.
pub(super) fn run(decks: &[PathBuf], rounds: usize) -> Result<()> {
    let ours = workspace::example("slides-engine", "package")?;
    let home = workspace::target()?.join("bench");
    fs::create_dir_all(&home)?;
    let requirements = home.join("pptx-requirements.txt");
    fs::write(&requirements, REQUIREMENTS)?;
    let python = packages::python(&home.join("python-pptx"), &requirements)?;
    let script = home.join("decks.py");
    fs::write(&script, PEER)?;
    println!(
        "| deck | slides | split, s | python-pptx, s | ratio | MiB | its MiB | merge, s | python-pptx, s | ratio | MiB | its MiB |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    );
    let mut all: [Vec<Cost>; 4] = Default::default();
    for deck in decks {
        let deck = fs::canonicalize(deck)?;
        let folder = tempfile::tempdir()?;
        let split = |program: &[&Path], to: &str| -> Result<(Cost, PathBuf)> {
            let out = folder.path().join(to);
            let mut costs = Vec::new();
            for _ in 0..rounds.max(1) {
                let _ = fs::remove_dir_all(&out);
                fs::create_dir_all(&out)?;
                let (first, more) = program.split_first().context("no program")?;
                let mut command = process::command(first);
                costs.push(measured(
                    command.args(more).arg("split").arg(&deck).arg(&out),
                )?);
            }
            Ok((middle(&costs), out))
        };
        let merge = |program: &[&Path], parts: &[PathBuf]| -> Result<Cost> {
            let mut costs = Vec::new();
            for _ in 0..rounds.max(1) {
                let (first, more) = program.split_first().context("no program")?;
                let mut command = process::command(first);
                let out = folder.path().join("merged.pptx");
                costs.push(measured(
                    command.args(more).arg("merge").arg(out).args(parts),
                )?);
            }
            Ok(middle(&costs))
        };
        let (own, parts) = split(&[&ours], "ours")?;
        let (peer, _) = split(&[&python, &script], "theirs")?;
        // Both merge the same files.
        let mut parts: Vec<PathBuf> = fs::read_dir(parts)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        parts.sort_by_key(|path| {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            stem.parse::<u32>().unwrap_or_default()
        });
        let own_merge = merge(&[&ours], &parts)?;
        let peer_merge = merge(&[&python, &script], &parts)?;
        let name = deck.file_stem().unwrap_or_default().to_string_lossy();
        row(
            &name,
            &parts.len().to_string(),
            [own, peer, own_merge, peer_merge],
        );
        for (list, cost) in all.iter_mut().zip([own, peer, own_merge, peer_merge]) {
            list.push(cost);
        }
    }
    row("**median**", "", all.each_ref().map(|costs| middle(costs)));
    Ok(())
}

fn row(name: &str, slides: &str, [own, peer, own_merge, peer_merge]: [Cost; 4]) {
    let pair = |own: Cost, peer: Cost| {
        format!(
            "{:.3} | {:.2} | 1/{:.0} | {:.0} | {:.0} |",
            own.wall,
            peer.wall,
            peer.wall / own.wall,
            own.memory,
            peer.memory
        )
    };
    println!(
        "| {name} | {slides} | {} {}",
        pair(own, peer),
        pair(own_merge, peer_merge)
    );
}
