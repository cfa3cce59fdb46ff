//! Runs the fuzz targets of `fuzz/` one after the other.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{process, workspace};

const TARGETS: &[&str] = &[
    "package", "slide", "text", "picture", "metafile", "chart", "exporter", "request",
];

/// Needs a nightly toolchain and `cargo-fuzz`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Targets to run; all of them when none is named.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(TARGETS))]
    targets: Vec<String>,
    /// Seconds for each target.
    #[arg(long, default_value_t = 900)]
    seconds: u32,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let chosen: Vec<&str> = if arguments.targets.is_empty() {
        TARGETS.to_vec()
    } else {
        arguments.targets.iter().map(String::as_str).collect()
    };
    for target in chosen {
        let corpus = workspace::target()?
            .join("fuzz")
            .join("corpus")
            .join(target);
        fs::create_dir_all(&corpus)
            .with_context(|| format!("`{}` cannot be made", corpus.display()))?;
        process::step(&format!("fuzz {target}"), || {
            let status = process::command("cargo")
                .env_remove("RUSTUP_TOOLCHAIN")
                .env_remove("CARGO")
                // Memory safety is the language's here: the sanitizer would only halve the runs.
                .args(["+nightly", "fuzz", "run", "--fuzz-dir", "fuzz", "--sanitizer", "none", target])
                .arg(&corpus)
                .arg(workspace::path("fuzz/seeds").join(target))
                .args(["--", "-timeout=30", "-rss_limit_mb=1500", "-max_len=16384"])
                .arg(format!("-max_total_time={}", arguments.seconds))
                .arg(format!("-dict={}", workspace::path("fuzz/xml.dict").display()))
                .status()
                .context("`cargo +nightly fuzz` cannot be started: install a nightly toolchain and `cargo-fuzz`")?;
            ensure!(
                status.success(),
                "a finding: keep its input as a file of `fuzz/seeds/{target}` with the fix"
            );
            Ok(())
        })?;
    }
    Ok(())
}
