//! The crates that are part of the program, with their licences and the texts of those, for `slides licenses`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{CargoOpt, DependencyKind, MetadataCommand, Node, Package, PackageId};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

use crate::workspace;

/// The list, relative to the top of the workspace.
const OUTPUT: &str = "crates/slides-cli/src/licenses/crates.txt";
/// The texts, compressed: they are many and alike.
const TEXTS: &str = "crates/slides-cli/src/licenses/texts.zz";
const PROGRAM: &str = "slides-cli";
/// How the names of files with terms begin.
const TERMS: [&str; 6] = [
    "licen",
    "copying",
    "copyright",
    "notice",
    "unlicense",
    "patents",
];

/// Writes the list and the texts, or with `check` fails when they are not what `Cargo.lock` says.
pub(crate) fn run(check: bool) -> Result<()> {
    let parts = parts()?;
    let list = list(&parts)?;
    let texts = texts(&parts)?;
    // Another version of the library may compress to other bytes.
    let committed = fs::read(workspace::path(TEXTS)).and_then(|bytes| {
        let mut text = String::new();
        ZlibDecoder::new(bytes.as_slice()).read_to_string(&mut text)?;
        Ok(text)
    });
    let has_list = fs::read_to_string(workspace::path(OUTPUT)).is_ok_and(|text| text == list);
    if has_list && committed.is_ok_and(|committed| committed == texts) {
        return Ok(());
    }
    if check {
        bail!(
            "`{OUTPUT}` and `{TEXTS}` are not what the program is made of: run `cargo xtask licenses`"
        );
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(texts.as_bytes())?;
    for (output, bytes) in [(OUTPUT, list.into_bytes()), (TEXTS, encoder.finish()?)] {
        fs::write(workspace::path(output), bytes)
            .with_context(|| format!("`{output}` cannot be written"))?;
        println!("wrote {output}");
    }
    Ok(())
}

/// The packages that the program is made of, without the workspace's own.
fn parts() -> Result<Vec<Package>> {
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
    let parts = metadata.packages.iter();
    Ok(parts
        .filter(|package| package.source.is_some() && seen.contains(&package.id))
        .cloned()
        .collect())
}

/// One line a crate. Without versions: the list changes when the crates do.
fn list(parts: &[Package]) -> Result<String> {
    let lines: BTreeSet<(String, String)> = parts
        .iter()
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

/// Each text once, behind the names of the crates that bring it.
fn texts(parts: &[Package]) -> Result<String> {
    // By its words: many differ in the ends of their lines alone.
    let mut texts: BTreeMap<String, (String, BTreeSet<&str>)> = BTreeMap::new();
    for package in parts {
        let folder = package
            .manifest_path
            .parent()
            .context("a manifest lies nowhere")?;
        for path in terms(folder.as_std_path())? {
            let bytes =
                fs::read(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let entry = texts.entry(words).or_insert((text, BTreeSet::new()));
            entry.1.insert(package.name.as_str());
        }
    }
    let mut texts: Vec<_> = texts.into_values().collect();
    texts.sort_by(|(_, a), (_, b)| a.cmp(b));
    let mut all = String::new();
    for (text, names) in texts {
        let names: Vec<_> = names.into_iter().collect();
        write!(
            all,
            "\n---- {}\n\n{}\n",
            names.join(", "),
            text.trim_matches('\n')
        )?;
    }
    Ok(all)
}

/// The files of a package that hold terms.
fn terms(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("`{}` cannot be listed", folder.display()))?
    {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_lowercase();
        if path.is_file() && TERMS.iter().any(|start| name.starts_with(start)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_with_terms_are_found_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "LICENSE-MIT",
            "licence.txt",
            "COPYING",
            "src.rs",
            "README.md",
        ] {
            fs::write(folder.path().join(name), "text").unwrap();
        }
        fs::create_dir(folder.path().join("LICENSES")).unwrap();
        let found = terms(folder.path()).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["COPYING", "LICENSE-MIT", "licence.txt"]);
    }
}
