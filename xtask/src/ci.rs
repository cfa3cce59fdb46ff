//! What must pass before a change lands, beside the tests; the cheap steps come first.

use anyhow::Result;

use crate::{
    api, archival, book, browser, codegen, features, licenses, process, schema, sdk, tidy,
};

pub(crate) fn run() -> Result<()> {
    process::step("fmt", || {
        process::run(&mut process::cargo(["fmt", "--all", "--check"]))
    })?;
    process::step("tidy", tidy::run)?;
    process::step("codegen", || codegen::run(true))?;
    process::step("api", || api::run(true))?;
    process::step("book", book::run)?;
    process::step("licenses", || licenses::run(true))?;
    process::step("features", || features::run(true))?;
    process::step("clippy", || {
        process::run(&mut process::cargo([
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            "slides/blocking",
            "--",
            "--deny",
            "warnings",
        ]))
    })?;
    process::step("sdk-tests", sdk::run)?;
    process::step("pdf-tests", archival::run)?;
    process::step("browser-tests", || {
        browser::run(&browser::Arguments::for_ci())
    })?;
    process::step("schema-tests", || schema::run(&schema::Arguments::for_ci()))
}
