//! The list of a release, gone through without changing anything.

use std::fs;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::Package;

use crate::{process, workspace};

/// The crates of the SDK, each behind those that it needs.
const SDK: &[&str] = &["slides-types", "slides-core", "slides-http"];
/// The version of the program that looks at licences and advisories.
const DENY: &str = "0.20.2";
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
    look("licences and advisories", &mut deny);
    look("program", &mut || program(&version));
    println!("to publish, in this order: {}, slides", SDK.join(", "));
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

/// The crates of the SDK as they would be published. The facade needs the engine's crates only for `embedded`, and is
/// listed without being built from its package.
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
    // The database of advisories lies on another host, which not every machine reaches.
    process::run(process::command(&program).args(["check", "licenses", "bans", "sources"]))?;
    if process::run(process::command(&program).args(["check", "advisories"])).is_err() {
        eprintln!("note: advisories were not looked at, or there are some: see above");
    }
    Ok(())
}

fn program(version: &str) -> Result<()> {
    process::run(&mut process::cargo([
        "build",
        "--profile",
        "dist",
        "--locked",
        "--package",
        "slides-cli",
        "--bin",
        "slides",
    ]))?;
    let program = workspace::program("dist")?;
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
