//! The documents as a book, and whether it has them all.

use std::{fs, path::Path};

use anyhow::{Result, bail};

use crate::{process, workspace};

/// The version that builds it. Built from source, once, without what serves and watches.
const VERSION: &str = "0.5.4";

pub(crate) fn run() -> Result<()> {
    let tools = workspace::target()?.join("tools");
    let program = tools.join("bin").join("mdbook");
    let is_there = process::output(process::command(&program).arg("--version"))
        .is_ok_and(|text| text.contains(VERSION));
    if !is_there {
        let mut install = process::cargo([
            "install",
            "mdbook",
            "--version",
            VERSION,
            "--locked",
            "--debug",
        ]);
        install
            .args(["--no-default-features", "--features", "search", "--root"])
            .arg(&tools);
        process::run(&mut install)?;
    }
    check()?;
    process::run(process::command(&program).arg("build"))
}

/// Every document of `docs` is in the summary.
fn check() -> Result<()> {
    let docs = workspace::root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md"))?;
    let mut missing = Vec::new();
    look(&docs, &docs, &summary, &mut missing)?;
    if !missing.is_empty() {
        bail!("docs/SUMMARY.md does not name {}", missing.join(", "));
    }
    Ok(())
}

fn look(docs: &Path, folder: &Path, summary: &str, missing: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            look(docs, &path, summary, missing)?;
            continue;
        }
        let name = path.strip_prefix(docs)?.to_string_lossy().into_owned();
        let is_document = path.extension().is_some_and(|text| text == "md");
        if is_document && name != "SUMMARY.md" && !summary.contains(&format!("({name})")) {
            missing.push(name);
        }
    }
    missing.sort();
    Ok(())
}
