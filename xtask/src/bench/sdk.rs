//! What the SDK costs beside a bare hyper client that sends the same requests.

use anyhow::Result;

use crate::{process, workspace};

pub(crate) fn run() -> Result<()> {
    let load = workspace::example("slides-http", "sdk_load")?;
    process::run(&mut process::command(&load))
}
