//! The page of `slides serve`, and what the exporters write, in a real browser.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{packages, process, server::Server, test, workspace};

const CREDENTIALS: (&str, &str) = ("browser-tests", "not-a-secret-of-anyone");
/// Names of the browser on systems that have it.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Which tests to run.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Part of the name of a test of the page; all tests when absent, those of the exporters too.
    name: Vec<String>,
}

impl Arguments {
    /// What runs before a change lands.
    pub(crate) fn for_ci() -> Self {
        Self { name: Vec::new() }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = workspace::target()?.join("browser-tests");
    let (closed, open) = (folder.join("closed"), folder.join("open"));
    for folder in [&closed, &open] {
        fs::create_dir_all(folder)
            .with_context(|| format!("`{}` cannot be made", folder.display()))?;
    }
    let browser = browser()?;
    let node = packages::node(
        &folder.join("node"),
        &workspace::path("tests/browser/package.json"),
    )?;
    let program = test::program()?;
    // One worker, so that something waits.
    let mut closed = Server::start_with(&program, &closed, Some(CREDENTIALS), &["--workers", "1"])?;
    let mut open = Server::start(&program, &open, None)?;
    let script = |name: &str| {
        let mut command = process::command("node");
        command
            .arg(workspace::path("tests/browser").join(name))
            .env("SLIDES_BASE_URL", format!("http://{}", closed.address()))
            .env("SLIDES_OPEN_URL", format!("http://{}", open.address()))
            .env("SLIDES_CLIENT_ID", CREDENTIALS.0)
            .env("SLIDES_CLIENT_SECRET", CREDENTIALS.1)
            .env("SLIDES_DECKS", workspace::path("tests/decks"))
            .env("SLIDES_BROWSER", &browser)
            .env("SLIDES_BROWSER_FOLDER", folder.join("pictures"))
            .env("NODE_PATH", &node);
        command
    };
    let page = process::step("the page in a browser", || {
        process::run(script("page.js").args(&arguments.name))
    });
    let exports = if arguments.name.is_empty() {
        process::step("exports in a browser", || {
            process::run(&mut script("exports.js"))
        })
    } else {
        Ok(())
    };
    let outcome = page.and(exports);
    if outcome.is_err() {
        eprintln!("--- log of the server\n{}{}---", closed.log(), open.log());
    }
    outcome?;
    closed.check()?;
    open.check()
}

/// A browser of this machine, installed where there is none.
fn browser() -> Result<PathBuf> {
    let find = || BROWSERS.iter().find_map(|name| process::find(name));
    if let Some(browser) = find() {
        return Ok(browser);
    }
    packages::install("no browser is installed", &["chromium"])?;
    find().context("`chromium` is still missing after it was installed")
}
