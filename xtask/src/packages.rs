//! Programs and packages of other languages that tasks need.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use crate::process;

/// Installs Debian packages when a program is missing and this is the root user of a Debian machine.
pub(crate) fn need(programs: &[&str], debian: &[&str]) -> Result<()> {
    let missing = || {
        programs
            .iter()
            .find(|program| process::find(program).is_none())
    };
    let Some(program) = missing() else {
        return Ok(());
    };
    install(&format!("`{program}` is not installed"), debian)?;
    match missing() {
        Some(program) => bail!(
            "`{program}` is still missing after installing {}",
            debian.join(" ")
        ),
        None => Ok(()),
    }
}

/// Installs Debian packages, if this is the root user of a Debian machine.
pub(crate) fn install(reason: &str, debian: &[&str]) -> Result<()> {
    let root = process::output(process::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || process::find("apt-get").is_none() {
        bail!(
            "{reason}: install it, on Debian with `apt-get install {}`",
            debian.join(" ")
        );
    }
    let apt = || {
        let mut command = process::command("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::run(apt().args(["update", "--quiet"]))?;
    process::run(
        apt()
            .args(["install", "--quiet", "--yes", "--no-install-recommends"])
            .args(debian),
    )
}

/// A Python with the packages of a requirements file, made under `folder`.
pub(crate) fn python(folder: &Path, requirements: &Path) -> Result<PathBuf> {
    let python = folder.join("bin").join("python");
    fresh(folder, requirements, || {
        need(&["python3"], &["python3", "python3-venv", "python3-pip"])?;
        let make = || process::run(process::command("python3").args(["-m", "venv"]).arg(folder));
        if make().is_err() {
            // Debian ships Python without the parts that make an environment.
            install(
                "`python3 -m venv` does not work",
                &["python3-venv", "python3-pip"],
            )?;
            make()?;
        }
        process::run(
            process::command(&python)
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--requirement",
                ])
                .arg(requirements),
        )
    })?;
    Ok(python)
}

/// The `node_modules` folder with the packages of a `package.json`, made under `folder`.
pub(crate) fn node(folder: &Path, package: &Path) -> Result<PathBuf> {
    need(&["node", "npm"], &["nodejs", "npm"])?;
    fresh(folder, package, || {
        fs::create_dir_all(folder)?;
        fs::copy(package, folder.join("package.json"))?;
        process::run(
            process::command("npm")
                .args(["install", "--no-fund", "--no-audit", "--silent", "--prefix"])
                .arg(folder),
        )
    })?;
    Ok(folder.join("node_modules"))
}

/// Makes a folder unless it was made from the same list of packages before.
fn fresh(folder: &Path, list: &Path, make: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted =
        fs::read_to_string(list).with_context(|| format!("`{}` cannot be read", list.display()))?;
    let stamp = folder.join("packages.stamp");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("`{}` cannot be emptied", folder.display()))?;
    }
    make()?;
    fs::write(&stamp, wanted).with_context(|| format!("`{}` cannot be written", stamp.display()))
}
