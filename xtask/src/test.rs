//! Every test, on a machine with nothing but a Rust toolchain.

use anyhow::Result;

use crate::{packages, process, workspace};

/// Builds and checks that differ from what the tests build.
const CHECKS: &[&[&str]] = &[
    &["--package", "slides", "--no-default-features"],
    &[
        "--package",
        "slides",
        "--no-default-features",
        "--features",
        "embedded",
    ],
    &[
        "--package",
        "slides",
        "--no-default-features",
        "--features",
        "http,ring,webpki-roots",
    ],
    &["--package", "slides-http", "--no-default-features"],
];

/// Builds the program the integration tests start, then builds and runs all tests.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut program = None;
    process::step("build the slides program", || {
        program = Some(workspace::slides(false)?);
        Ok(())
    })?;
    process::step("tests", || {
        let mut command = process::cargo([
            "test",
            "--workspace",
            "--features",
            "slides/testing,slides/blocking,slides-core/testing",
        ]);
        if let Some(program) = &program {
            command.env("SLIDES_BIN", program);
        }
        process::run(command.args(arguments))
    })?;
    process::step("tests with an S3-compatible server", || {
        let root = workspace::root();
        let python = packages::python(
            &root.join("target/s3-tests"),
            &root.join("tests/s3/requirements.txt"),
        )?;
        process::run(
            process::cargo([
                "test",
                "--package",
                "slides-tests",
                "--test",
                "storage_model",
            ])
            .args(["--", "--ignored"])
            .env("SLIDES_S3_PYTHON", python),
        )
    })?;
    for check in CHECKS {
        process::step(&format!("check {}", check.join(" ")), || {
            process::run(process::cargo(["check", "--quiet"]).args(*check))
        })?;
    }
    Ok(())
}
