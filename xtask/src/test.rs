//! Every test, on a machine with nothing but a Rust toolchain.

use std::path::PathBuf;

use anyhow::Result;

use crate::{packages, process, workspace};

/// The one choice of packages and features that everything of a test run is built with, so that nothing is built twice.
pub(crate) const WHOLE: [&str; 4] = [
    "test",
    "--workspace",
    "--features",
    "slides/testing,slides/blocking,slides-core/testing",
];

/// Builds all tests and the program that they start, which is given back.
pub(crate) fn program() -> Result<PathBuf> {
    process::step("build", || {
        process::run(process::cargo(WHOLE).arg("--no-run"))
    })?;
    workspace::program("debug")
}

/// Builds and runs all tests.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    tools()?;
    let program = program()?;
    process::step("tests", || {
        process::run(
            process::cargo(WHOLE)
                .args(arguments)
                .env("SLIDES_BIN", &program),
        )
    })?;
    process::step("tests with an S3-compatible server", || {
        let python = s3()?;
        process::run(
            process::cargo(WHOLE)
                .args(["--test", "storage_model", "--test", "fleet"])
                .args(["--", "--ignored"])
                .env("SLIDES_BIN", &program)
                .env("SLIDES_S3_PYTHON", python),
        )
    })
}

/// A Python with an S3-compatible server.
pub(crate) fn s3() -> Result<PathBuf> {
    let root = workspace::root();
    packages::python(
        &root.join("target/s3-tests"),
        &root.join("tests/s3/requirements.txt"),
    )
}

/// What the rigs start beside servers, and PostgreSQL.
pub(crate) fn tools() -> Result<()> {
    let tools = ["strace", "faketime"];
    packages::need(&tools, &tools)?;
    postgres()
}

/// The tests start servers of their own; they need the programs, wherever Debian or another system has them.
pub(crate) fn postgres() -> Result<()> {
    let debian = || {
        let versions = std::fs::read_dir("/usr/lib/postgresql");
        let mut versions = versions.into_iter().flatten().flatten();
        versions.any(|version| version.path().join("bin/postgres").is_file())
    };
    let named = std::env::var_os("SLIDES_TEST_POSTGRES").is_some();
    if named || debian() || process::find("postgres").is_some() {
        return Ok(());
    }
    packages::install("PostgreSQL is not installed", &["postgresql"])
}
