//! The list of a release, gone through without changing anything.

use std::fs;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::Package;

use crate::{process, workspace};

/// The crates of the SDK that need nothing of the engine, each behind those that it needs.
const SDK: &[&str] = &["slides-types", "slides-core", "slides-http"];
/// The facade and what its feature `embedded` needs, each behind those that it needs: a registry takes no crate whose
/// dependencies it lacks, optional ones among them.
const EMBEDDED: &[&str] = &[
    "slides-ooxml",
    "slides-fonts-cjk",
    "slides-fonts",
    "slides-scene",
    "slides-layout",
    "slides-render",
    "slides-engine",
    "slides-service",
    "slides",
];
/// Bytes of a package that crates.io takes.
const LARGEST: u64 = 10 << 20;
/// The version of the program that looks at licences and advisories.
const DENY: &str = "0.20.2";
/// What it says when it cannot get the list of advisories.
const UNREACHABLE: &str = "failed to fetch advisory database";
/// A deck for the program that was built.
const DECK: &str = "tests/decks/startup-pitch.pptx";

/// Goes through the list of a release.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Look at everything, change nothing: the one form that there is, publishing is done by hand.
    #[arg(long, required = true)]
    dry_run: bool,
    /// Go on where the working tree has changes, as when the list itself is tried.
    #[arg(long)]
    allow_dirty: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut open = Vec::new();
    let mut look = |name: &str, work: &mut dyn FnMut() -> Result<()>| {
        if let Err(error) = process::step(name, work) {
            eprintln!("{error:#}");
            open.push(name.to_owned());
        }
    };
    let metadata = workspace::metadata()?;
    let version = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "slides")
        .context("there is no crate `slides`")?
        .version
        .to_string();
    look("working tree", &mut || clean(arguments.allow_dirty));
    look("versions", &mut || versions(&metadata.packages, &version));
    look("changelog", &mut || changelog(&version));
    look("packages", &mut || packages(arguments.allow_dirty));
    look("sizes of the packages", &mut || {
        sizes(&version, arguments.allow_dirty)
    });
    look("licences and advisories", &mut deny);
    look("program", &mut || program(&version));
    println!(
        "to publish, in this order: {}",
        [SDK, EMBEDDED].concat().join(", ")
    );
    match open.as_slice() {
        [] => Ok(()),
        open => bail!("not ready for {version}: {}", open.join(", ")),
    }
}

fn clean(allow_dirty: bool) -> Result<()> {
    let changes = process::output(process::command("git").args(["status", "--porcelain"]))?;
    match changes.lines().count() {
        0 => Ok(()),
        _ if allow_dirty => Ok(()),
        count => bail!("{count} files are not committed"),
    }
}

fn versions(packages: &[Package], version: &str) -> Result<()> {
    for package in packages {
        let is_published = package.publish.as_ref().is_none_or(|to| !to.is_empty());
        if is_published && package.version.to_string() != version {
            bail!(
                "{} has version {}, not {version}",
                package.name,
                package.version
            );
        }
    }
    Ok(())
}

fn changelog(version: &str) -> Result<()> {
    let text = fs::read_to_string(workspace::path("CHANGELOG.md"))?;
    let sections: Vec<&str> = text.split("\n## ").skip(1).collect();
    if !sections
        .iter()
        .any(|section| section.starts_with(&format!("{version} - ")))
    {
        bail!("CHANGELOG.md has no section `## {version} - DATE`");
    }
    let is_open = |section: &&&str| section.starts_with("Unreleased") && section.contains("\n- ");
    match sections.iter().find(is_open) {
        Some(_) => bail!("CHANGELOG.md has notes under `Unreleased`"),
        None => Ok(()),
    }
}

/// The crates of the SDK as they would be published, built from their packages. The facade is not: that would build the
/// engine once more.
fn packages(allow_dirty: bool) -> Result<()> {
    for name in SDK.iter().copied().chain(["slides"]) {
        let mut list = process::cargo(["package", "--list", "--package", name]);
        if allow_dirty {
            list.arg("--allow-dirty");
        }
        let files = process::output(&mut list)?;
        let has = |file: &str| files.lines().any(|line| line == file);
        if !has("src/lib.rs") || !has("Cargo.toml") {
            bail!("the package of {name} lacks its source");
        }
        for text in ["LICENSE-MIT", "LICENSE-APACHE"] {
            // A link to the text, which a system without links writes as the name of what it leads to.
            let ours = fs::read(workspace::path(&format!("crates/{name}/{text}")));
            if !has(text) || ours.ok() != Some(fs::read(workspace::path(text))?) {
                bail!("the package of {name} lacks {text}");
            }
        }
        println!("{name}: {} files", files.lines().count());
    }
    let mut build = process::cargo(["package", "--quiet"]);
    for name in SDK {
        build.args(["--package", name]);
    }
    if allow_dirty {
        build.arg("--allow-dirty");
    }
    process::run(&mut build)
}

/// Packs what is to be published, without building it, and holds each package against what the registry takes.
fn sizes(version: &str, allow_dirty: bool) -> Result<()> {
    let names = [SDK, EMBEDDED].concat();
    let mut pack = process::cargo(["package", "--quiet", "--no-verify"]);
    for name in &names {
        pack.args(["--package", name]);
    }
    if allow_dirty {
        pack.arg("--allow-dirty");
    }
    process::run(&mut pack)?;
    let folder = workspace::target()?.join("package");
    let mut large = Vec::new();
    for name in names {
        let size = fs::metadata(folder.join(format!("{name}-{version}.crate")))?.len();
        println!("{name}: {:.2} MB", size as f64 / 1e6);
        if size > LARGEST {
            large.push(name);
        }
    }
    if !large.is_empty() {
        bail!(
            "crates.io takes packages of up to {:.1} MB, not {}, nor what needs them",
            LARGEST as f64 / 1e6,
            large.join(", ")
        );
    }
    Ok(())
}

fn deny() -> Result<()> {
    let tools = workspace::target()?.join("tools");
    let program = tools.join("bin").join("cargo-deny");
    let is_there = process::output(process::command(&program).arg("--version"))
        .is_ok_and(|text| text.contains(DENY));
    if !is_there {
        let mut install = process::cargo([
            "install",
            "cargo-deny",
            "--version",
            DENY,
            "--locked",
            "--debug",
            "--root",
        ]);
        process::run(install.arg(&tools))?;
    }
    // Not every machine reaches the database of advisories: it is looked at apart.
    process::run(process::command(&program).args(["check", "licenses", "bans", "sources"]))?;
    match process::output(process::command(&program).args(["check", "advisories"])) {
        Err(error) if error.to_string().contains(UNREACHABLE) => {
            eprintln!("note: advisories were not looked at, their database cannot be reached");
            Ok(())
        }
        looked => looked.map(drop),
    }
}

fn program(version: &str) -> Result<()> {
    process::run(&mut process::cargo([
        "build",
        "--release",
        "--locked",
        "--package",
        "slides-cli",
        "--bin",
        "slides",
    ]))?;
    let program = workspace::program("release")?;
    let said = process::output(process::command(&program).arg("--version"))?;
    if said.trim() != format!("slides {version}") {
        bail!("the program says it is `{}`", said.trim());
    }
    let pdf = workspace::target()?.join("release.pdf");
    process::run(
        process::command(&program)
            .args(["convert", "--quiet", DECK])
            .arg(&pdf),
    )?;
    let bytes = fs::read(&pdf)?;
    fs::remove_file(&pdf)?;
    if !bytes.starts_with(b"%PDF-") {
        bail!("the program's PDF is none");
    }
    let size = fs::metadata(&program)?.len();
    println!("{}: {:.1} MB", program.display(), size as f64 / 1e6);
    Ok(())
}
