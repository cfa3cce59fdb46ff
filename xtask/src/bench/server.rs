//! What the server takes, beside the least that a server can do.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
};

use anyhow::{Context as _, Result};

use crate::{process, server::Server, workspace};

/// Ends with its value.
struct Bare(Child);

impl Drop for Bare {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

pub(crate) fn run() -> Result<()> {
    let program = workspace::released()?;
    let load = workspace::example("slides-tests", "server_load")?;
    let folder = workspace::target()?.join("bench-server");
    let files = folder.join("bare");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&files)?;
    let mut bare = Bare(
        process::command(&load)
            .arg("bare")
            .arg(&files)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{}` cannot be started", load.display()))?,
    );
    let mut address = String::new();
    BufReader::new(bare.0.stdout.take().context("no standard output")?).read_line(&mut address)?;
    // Nothing is converted, as this is about accepting.
    let slides = Server::start_with(
        &program,
        &folder,
        None,
        &["--workers", "0", "--max-queue", "1000000"],
    )?;
    let measured = process::run(
        process::command(&load)
            .arg("measure")
            .args([slides.address(), address.trim()])
            .arg(slides.id().to_string()),
    );
    drop(slides);
    drop(bare);
    fs::remove_dir_all(&folder)?;
    measured
}
