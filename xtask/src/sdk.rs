//! The vendor's SDKs against a server of ours.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use crate::{packages, process, server::Server, test, workspace};

const CREDENTIALS: (&str, &str) = ("sdk-tests", "not-a-secret-of-anyone");
const DECK: &str = "tests/decks/startup-pitch.pptx";

pub(crate) fn run() -> Result<()> {
    let folder = workspace::target()?.join("sdk-tests");
    fs::create_dir_all(&folder)
        .with_context(|| format!("`{}` cannot be made", folder.display()))?;
    let python = packages::python(
        &folder.join("python"),
        &workspace::path("tests/sdk/python/requirements.txt"),
    )?;
    let node = packages::node(
        &folder.join("node"),
        &workspace::path("tests/sdk/node/package.json"),
    )?;
    let program = test::program()?;
    let mut server = Server::start(&program, &folder, Some(CREDENTIALS))?;
    let scratch = folder.join("tmp");
    fs::create_dir_all(&scratch)?;
    let outcome = tutorials(&server, &python, &node, &scratch);
    if outcome.is_err() {
        eprintln!("--- log of the server\n{}---", server.log());
    }
    outcome?;
    server.check()
}

fn tutorials(server: &Server, python: &Path, node: &Path, scratch: &Path) -> Result<()> {
    let tutorial = |program: &Path, script: &str| {
        let mut command = process::command(program);
        command
            .arg(workspace::path(script))
            .arg(workspace::path(DECK))
            .env("SLIDES_BASE_URL", format!("http://{}", server.address()))
            .env("SLIDES_CLIENT_ID", CREDENTIALS.0)
            .env("SLIDES_CLIENT_SECRET", CREDENTIALS.1)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONWARNINGS", "ignore")
            .env("TMPDIR", scratch)
            .env("NODE_PATH", node)
            .env("NODE_NO_WARNINGS", "1");
        command
    };
    let python = process::step("vendor SDK for Python", || {
        process::run(&mut tutorial(python, "tests/sdk/python/tutorial.py"))
    });
    let node = process::step("vendor SDK for Node.js", || {
        process::run(&mut tutorial(
            Path::new("node"),
            "tests/sdk/node/tutorial.js",
        ))
    });
    python.and(node)
}
