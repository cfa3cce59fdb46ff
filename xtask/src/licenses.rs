//! The crates that are part of the program, with their licences, for `slides licenses`.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{CargoOpt, DependencyKind, MetadataCommand, Node, PackageId};

use crate::workspace;

/// The list, relative to the top of the workspace.
const OUTPUT: &str = "crates/slides-cli/src/licenses/crates.txt";
const PROGRAM: &str = "slides-cli";

/// Writes the list, or with `check` fails when it is not what `Cargo.lock` says.
pub(crate) fn run(check: bool) -> Result<()> {
    let text = list()?;
    let path = workspace::path(OUTPUT);
    if fs::read_to_string(&path).is_ok_and(|committed| committed == text) {
        return Ok(());
    }
    if check {
        bail!("`{OUTPUT}` is not what the program is made of: run `cargo xtask licenses`");
    }
    fs::write(&path, text).with_context(|| format!("`{OUTPUT}` cannot be written"))?;
    println!("wrote {OUTPUT}");
    Ok(())
}

/// One line a crate. Without versions: the list changes when the crates do.
fn list() -> Result<String> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace::path("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .exec()
        .context("`cargo metadata` failed")?;
    let resolve = metadata
        .resolve
        .as_ref()
        .context("`cargo metadata` told no graph")?;
    let nodes: HashMap<&PackageId, &Node> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let program = metadata
        .packages
        .iter()
        .find(|package| package.name == PROGRAM)
        .context("the workspace has no `slides-cli`")?;
    let mut seen = HashSet::new();
    let mut queue = vec![&program.id];
    while let Some(id) = queue.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = nodes.get(id).context("the graph has a gap")?;
        // What builds the program is no part of it.
        let parts = node.deps.iter().filter(|dependency| {
            let kinds = &dependency.dep_kinds;
            kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
        });
        queue.extend(parts.map(|dependency| &dependency.pkg));
    }
    let lines: BTreeSet<(String, String)> = metadata
        .packages
        .iter()
        .filter(|package| package.source.is_some() && seen.contains(&package.id))
        .map(|package| {
            let license = package.license.as_deref();
            let own = || {
                let file = package.license_file.as_ref();
                file.map_or_else(|| "?".to_owned(), |file| format!("see its {file}"))
            };
            (
                package.name.to_string(),
                license.map_or_else(own, |text| text.replace('/', " OR ").replace("  ", " ")),
            )
        })
        .collect();
    let mut text = String::new();
    for (name, license) in lines {
        writeln!(text, "{name}: {license}")?;
    }
    Ok(text)
}
