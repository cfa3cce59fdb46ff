//! The description of the API against a running server, by `schemathesis`.

use std::fs;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{http, packages, process, server::Server, test, workspace};

const CREDENTIALS: (&str, &str) = ("schema-tests", "not-a-secret-of-anyone");
const FOLDER: &str = "tests/schemathesis";

/// How much is tried.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Cases per call in the phase of random ones.
    #[arg(long, default_value_t = 12)]
    examples: u32,
    /// Seconds for all of it.
    #[arg(long, default_value_t = 120)]
    seconds: u32,
    /// Seed of the random cases.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Calls to try, such as `StartConvert`; all when absent.
    #[arg(long)]
    call: Vec<String>,
}

impl Arguments {
    /// What runs before a change lands.
    pub(crate) fn for_ci() -> Self {
        Self {
            examples: 6,
            seconds: 80,
            seed: 1,
            call: Vec::new(),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = workspace::target()?.join("schema-tests");
    fs::create_dir_all(&folder)
        .with_context(|| format!("`{}` cannot be made", folder.display()))?;
    let python = packages::python(
        &folder.join("python"),
        &workspace::path(FOLDER).join("requirements.txt"),
    )?;
    let program = test::program()?;
    let mut server = Server::start(&program, &folder, Some(CREDENTIALS))?;
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        CREDENTIALS.0, CREDENTIALS.1
    );
    let answer = http::call(server.address(), "POST", "/connect/token", form.as_bytes())?;
    let answer: serde_json::Value = serde_json::from_slice(&answer.body)?;
    let token = answer
        .get("access_token")
        .and_then(serde_json::Value::as_str)
        .context("the server gives no token")?;

    let base = format!("http://{}", server.address());
    let mut command = process::command(python.with_file_name("schemathesis"));
    command
        .arg("--config-file")
        .arg(workspace::path(FOLDER).join("schemathesis.toml"))
        .arg("run")
        .arg(format!("{base}/openapi.json"))
        .args(["--url", &base])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--max-examples", &arguments.examples.to_string()])
        .args(["--max-time", &arguments.seconds.to_string()])
        .args(["--seed", &arguments.seed.to_string()])
        .args(["--phases", "examples,coverage,fuzzing"])
        // One: what draws the values keeps sources in a cache that two threads break for each other now and then.
        .args(["--workers", "1", "--no-color", "--warnings", "off"])
        .args(["--suppress-health-check", "all"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(&folder);
    for call in &arguments.call {
        command.args(["--include-operation-id", call]);
    }
    let outcome = process::step("schemathesis", || process::run(&mut command));
    if outcome.is_err() {
        eprintln!("--- log of the server\n{}---", server.log());
    }
    outcome?;
    server.check()
}
