//! The crates that are part of the program, with their licences and the texts of those, for `slides licenses`. A crate that
//! brings no text gets that of its repository, or the standard one: none is left without.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{CargoOpt, DependencyKind, MetadataCommand, Node, Package, PackageId};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use spdx::{Expression, LicenseReq, ParseMode};

use crate::workspace;

/// The list, relative to the top of the workspace.
const OUTPUT: &str = "crates/slides-cli/src/licenses/crates.txt";
/// The texts, compressed: they are many and alike.
const TEXTS: &str = "crates/slides-cli/src/licenses/texts.zz";
const PROGRAM: &str = "slides-cli";
/// How the names of files with terms begin.
const TERMS: [&str; 7] = [
    "licen",
    "copying",
    "copyright",
    "notice",
    "unlicense",
    "patents",
    "authors",
];
/// Licences, and words that stand in their texts alone, in small letters.
const WORDS: [(&str, &str); 15] = [
    ("Apache-2.0", "apache license version 2.0, january 2004"),
    (
        "MIT",
        "permission is hereby granted, free of charge, to any",
    ),
    (
        "MIT-0",
        "permission is hereby granted, free of charge, to any",
    ),
    (
        "BSD-2-Clause",
        "redistribution and use in source and binary forms",
    ),
    ("BSD-3-Clause", "used to endorse or promote products"),
    ("ISC", "permission to use, copy, modify, and"),
    ("0BSD", "permission to use, copy, modify, and"),
    (
        "Zlib",
        "this software is provided 'as-is', without any express",
    ),
    ("Unicode-3.0", "unicode license v3"),
    ("MPL-2.0", "mozilla public license version 2.0"),
    ("BSL-1.0", "boost software license - version 1.0"),
    (
        "CDLA-Permissive-2.0",
        "community data license agreement - permissive - version 2.0",
    ),
    (
        "Unlicense",
        "free and unencumbered software released into the public",
    ),
    ("IJG", "independent jpeg group"),
    (
        "LLVM-exception",
        "llvm exceptions to the apache 2.0 license",
    ),
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

/// Texts by their words, as many differ in the ends of their lines alone, with the crates they belong to.
type Texts<'a> = BTreeMap<String, (String, BTreeSet<&'a str>)>;

/// Each text once, behind the names of the crates that bring it, or that are under it.
fn texts(parts: &[Package]) -> Result<String> {
    let mut texts = Texts::new();
    let mut own: HashMap<&PackageId, Vec<String>> = HashMap::new();
    for package in parts {
        own.insert(&package.id, own_texts(package)?);
    }
    let mut open = Vec::new();
    for package in parts {
        let mut brought: Vec<String> = own.get(&package.id).cloned().unwrap_or_default();
        if !is_whole(package, &brought)? {
            // Of several packages of one repository often one alone has it.
            let of_one_place = |other: &&Package| {
                other.id != package.id
                    && other.repository.is_some()
                    && place(other) == place(package)
                    && other.license == package.license
            };
            for other in parts.iter().filter(of_one_place) {
                brought.extend(own.get(&other.id).into_iter().flatten().cloned());
            }
        }
        if !is_whole(package, &brought)? {
            brought.extend(standard(package, &brought)?);
        }
        if !is_whole(package, &brought)? {
            open.push(package.name.as_str());
        }
        for text in brought {
            let entry = texts.entry(words(&text)).or_insert((text, BTreeSet::new()));
            entry.1.insert(package.name.as_str());
        }
    }
    if !open.is_empty() {
        bail!("no text of the licence is known for {}", open.join(", "));
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

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The repository of a package, without the folder in it.
fn place(package: &Package) -> Option<&str> {
    let repository = package.repository.as_deref()?;
    let repository = repository.split("/tree/").next().unwrap_or_default();
    Some(repository.trim_end_matches('/').trim_end_matches(".git"))
}

/// What stands in the files with terms of a package.
fn own_texts(package: &Package) -> Result<Vec<String>> {
    let folder = package.manifest_path.parent();
    let folder = folder.context("a manifest lies nowhere")?.as_std_path();
    let mut files = terms(folder)?;
    let declared = package.license_file.as_ref();
    files.extend(
        declared
            .map(|file| folder.join(file))
            .filter(|file| !files.contains(file)),
    );
    let mut texts = Vec::new();
    for path in files {
        let bytes =
            fs::read(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        // A link within the repository was packed as the name of what it leads to.
        if text.split_whitespace().count() > 1 {
            texts.push(text);
        }
    }
    Ok(texts)
}

/// Whether texts hold the terms of a licence.
fn has(texts: &[String], name: &str) -> bool {
    let words_of = WORDS.iter().filter(|(known, _)| *known == name);
    words_of.map(|(_, phrase)| phrase).any(|phrase| {
        let mut texts = texts.iter();
        texts.any(|text| words(text).to_lowercase().contains(phrase))
    })
}

fn expression(package: &Package) -> Result<Option<Expression>> {
    let Some(license) = &package.license else {
        return Ok(None);
    };
    let parsed = Expression::parse_mode(license, ParseMode::LAX);
    parsed
        .map(Some)
        .with_context(|| format!("{}: `{license}` cannot be read", package.name))
}

/// The names of a licence and of the exception from it.
fn names(needed: &LicenseReq) -> Vec<String> {
    let addition = needed.addition.as_ref();
    let license = std::iter::once(needed.license.to_string());
    license.chain(addition.map(ToString::to_string)).collect()
}

/// Whether there is a text for each licence that applies; of those to choose from, for one.
fn is_whole(package: &Package, texts: &[String]) -> Result<bool> {
    Ok(match expression(package)? {
        Some(expression) => expression.evaluate(|needed| {
            let names = names(needed);
            names.iter().all(|name| has(texts, name))
        }),
        None => !texts.is_empty(),
    })
}

/// The standard texts that a package lacks. Where there is a choice that of Apache comes first: it is whole without the
/// names of those who hold the copyright, which only the missing file would tell.
fn standard(package: &Package, brought: &[String]) -> Result<Vec<String>> {
    let Some(expression) = expression(package)? else {
        return Ok(Vec::new());
    };
    let mut needed: Vec<String> = expression
        .requirements()
        .flat_map(|part| names(&part.req))
        .collect();
    needed.sort_by_key(|name| name != "Apache-2.0");
    let mut texts: Vec<String> = needed
        .iter()
        .filter(|name| !has(brought, name))
        .filter_map(|name| spdx::license_id(name))
        .map(|license| with_authors(license.text(), package))
        .collect();
    // Without those that nothing asks for, the last ones first.
    for index in (0..texts.len()).rev() {
        let text = texts.remove(index);
        if !is_whole(package, &[brought, &texts].concat())? {
            texts.insert(index, text);
        }
    }
    Ok(texts)
}

/// A standard text with the authors where it leaves room for them, or before it: they belong to the notice.
fn with_authors(text: &str, package: &Package) -> String {
    let mut authors = package.authors.join(", ");
    if authors.is_empty() {
        let repository = package.repository.as_deref().unwrap_or_default();
        authors = format!("the authors of {} ({repository})", package.name);
    }
    let is_open = |line: &str| line.starts_with("Copyright") && line.contains('<');
    if text.lines().any(is_open) {
        let filled = text.lines().map(|line| {
            if is_open(line) {
                format!("Copyright (c) {authors}")
            } else {
                line.to_owned()
            }
        });
        return filled.collect::<Vec<_>>().join("\n");
    }
    format!("{}: {authors}\n\n{text}", package.name)
}

/// The files of a package that hold terms, in its folder or in one named for them.
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
        } else if path.is_dir() && name == "licenses" {
            for entry in fs::read_dir(path)? {
                files.push(entry?.path());
            }
        }
    }
    files.retain(|path| path.is_file());
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
        fs::write(folder.path().join("LICENSES/MIT.txt"), "text").unwrap();
        let found = terms(folder.path()).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["COPYING", "LICENSE-MIT", "MIT.txt", "licence.txt"]);
    }

    fn package(license: &str) -> Package {
        let told = serde_json::json!({
            "name": "one", "version": "1.0.0", "id": "one", "license": license,
            "authors": ["A. Writer"], "dependencies": [], "targets": [], "features": {},
            "manifest_path": "/one/Cargo.toml",
        });
        serde_json::from_value(told).unwrap()
    }

    #[test]
    fn a_missing_text_is_the_standard_one_with_the_authors() {
        let texts = standard(&package("BSD-3-Clause"), &[]).unwrap();
        let [text] = texts.as_slice() else {
            panic!("{texts:?}");
        };
        assert!(text.contains("A. Writer"), "{text}");
        assert!(is_whole(&package("BSD-3-Clause"), &texts).unwrap());
    }

    #[test]
    fn of_a_choice_one_text_is_enough_and_of_others_each_is_needed() {
        let mit = [spdx::license_id("MIT").unwrap().text().to_owned()];
        assert!(is_whole(&package("MIT OR Apache-2.0"), &mit).unwrap());
        assert!(!is_whole(&package("(MIT OR Apache-2.0) AND IJG"), &mit).unwrap());
        let more = standard(&package("(MIT OR Apache-2.0) AND IJG"), &mit).unwrap();
        assert_eq!(more.len(), 1);
        assert_eq!(standard(&package("MIT/Apache-2.0"), &[]).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_text_does_not_count() {
        let pointer = ["MIT OR Apache-2.0".to_owned()];
        assert!(!is_whole(&package("MIT OR Apache-2.0"), &pointer).unwrap());
        assert!(!is_whole(&package("Elastic-2.0"), &[]).unwrap());
        assert!(!has(
            &[spdx::license_id("MIT").unwrap().text().to_owned()],
            "Apache-2.0"
        ));
    }

    #[test]
    fn a_crate_without_a_text_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut own = package("LicenseRef-Own");
        own.manifest_path = folder.path().join("Cargo.toml").try_into().unwrap();
        let error = texts(&[own]).unwrap_err().to_string();
        assert_eq!(error, "no text of the licence is known for one");
    }
}
