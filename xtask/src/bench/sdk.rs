//! What the SDK costs beside a bare hyper client that sends the same requests.

use anyhow::Result;

use crate::{process, workspace};

pub(crate) fn run() -> Result<()> {
    process::run(&mut process::cargo([
        "build",
        "--release",
        "--package",
        "slides-http",
        "--example",
        "sdk_load",
    ]))?;
    let load = workspace::target()?.join("release/examples/sdk_load");
    process::run(&mut process::command(&load))
}
